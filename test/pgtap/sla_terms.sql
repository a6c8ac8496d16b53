-- The edges of what is agreed on: a hot lead, an agreement that is over, hours that this server cannot read.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();

-- ---- a hot lead is called within five working minutes ----
INSERT INTO crm.lead (external_id, owner, job_title, industry, employees, country) VALUES ('hot', 'sam', 'Head of Operations', 'Software', 200, 'US');
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('hot'), 'demo_request');
SELECT is((SELECT row(l.stage, l.band)::text FROM crm.lead AS l WHERE l.external_id = 'hot'), '(mql,hot)', 'a demo request makes it an MQL at once, and hot');
SELECT results_eq($$SELECT c.target, c.owner, c.due_at = smarketing.add_working_time('UTC; Mo-Fr 09:00-18:00', c.started_at, '5 minutes'), c.started_at = l.stage_since
                    FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id JOIN crm.lead AS l ON l.id = c.lead_id WHERE m.key = 'hot_lead'$$,
                  $$VALUES (interval '5 minutes', 'sam'::text, true, true)$$, 'its clock runs from that instant on, for five minutes');
DELETE FROM crm.score_band WHERE name = 'warm';
UPDATE crm.score_band SET min_fit = 20, min_engagement = NULL, min_score = NULL WHERE name = 'hot';
CREATE FUNCTION pg_temp.offer_fitting(external_id text, at timestamptz, title text) RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_temp.act_begins();
    INSERT INTO crm.lead (external_id, stage, stage_since, owner, job_title, industry, employees) VALUES ($1, 'mql', $2, 'sam', $3, 'Software', 200);
    PERFORM pg_temp.act_ends();
END
$$;
SELECT pg_temp.offer_fitting('noon', '2025-03-03 12:00Z', 'Head of Operations'), pg_temp.offer_fitting('weekend', '2025-03-07 17:58Z', 'Head of Operations'),
       pg_temp.offer('lukewarm', '2025-03-03 12:00Z') \g /dev/null
SELECT is(pg_temp.due('noon', 'hot_lead'), '2025-03-03 12:05Z', 'at noon: five past twelve');
SELECT is(pg_temp.due('weekend', 'hot_lead'), '2025-03-10 09:03Z', 'two minutes before the weekend: three on Monday');
SELECT is(pg_temp.clock('noon', 'hot_lead', '2025-03-03 12:04:00Z') || ', ' || pg_temp.clock('noon', 'hot_lead', '2025-03-03 12:05:01Z'),
          'at_risk 2025-03-03 12:05, breached 2025-03-03 12:05', 'it is soon at risk, and soon late');
SELECT is((SELECT count(*) FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'first_attempt' WHERE c.lead_id = pg_temp.id('noon')), 1::bigint,
          'the call of that day is owed beside it');
SELECT pg_temp.did('noon', 'call', '2025-03-03 12:04:59Z') \g /dev/null
SELECT is(pg_temp.clock('noon', 'hot_lead') || ', ' || pg_temp.clock('noon', 'first_attempt'), 'met 2025-03-03 12:04, met 2025-03-03 12:04', 'one call answers both');
UPDATE crm.lead SET job_title = 'Head of Operations', industry = 'Software', employees = 200 WHERE external_id = 'lukewarm';
SELECT is((SELECT band FROM crm.lead WHERE external_id = 'lukewarm') || coalesce(pg_temp.clock('lukewarm', 'hot_lead'), ' without'), 'hot without', 'who turns hot later was not when the clock would have started');
UPDATE crm.lead SET job_title = NULL, industry = NULL, employees = NULL WHERE external_id = 'weekend';
SELECT is(pg_temp.clock('weekend', 'hot_lead', '2025-03-10 09:00Z'), 'running 2025-03-10 09:03', 'and who cools down is owed what he was owed');

-- ---- an agreement that is over: what began under it ends under it ----
UPDATE crm.setting SET value = '"America/Sao_Paulo"' WHERE name = 'timezone';
INSERT INTO crm.agreement (name, valid) VALUES ('spring', '[2024-01-01,2024-04-01)') RETURNING id AS spring \gset
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, released_on, within, calendar, min_count) VALUES
    (:spring, 'answer', 'sales', 'handoff:offered', 'attempt', '{handoff:rejected}', '4 hours', 'office', 1),
    (:spring, 'twice', 'sales', 'handoff:offered', 'attempt', NULL, '9 hours', 'office', 2);
SELECT pg_temp.sign(:spring) \g /dev/null
-- 2024-03-29 is a Friday; São Paulo is three hours behind UTC
SELECT pg_temp.offer('first', '2024-01-01 03:00Z'), pg_temp.offer('too early', '2024-01-01 02:59:59.999999Z'), pg_temp.offer('last', '2024-04-01 02:59:59.999999Z'),
       pg_temp.offer('too late', '2024-04-01 03:00Z'), pg_temp.offer('friday', '2024-03-29 17:00Z'), pg_temp.offer('forgotten', '2024-03-29 17:00Z'), pg_temp.offer('given back', '2024-03-29 17:00Z') \g /dev/null
SELECT is((SELECT string_agg(DISTINCT l.external_id, ', ' ORDER BY l.external_id) FROM crm.sla_clock AS c JOIN crm.lead AS l ON l.id = c.lead_id WHERE c.started_at < '2025-01-01'),
          'first, forgotten, friday, given back, last', 'it binds from the first to the last instant of its days, in the workspace''s time zone');
SELECT is((SELECT state FROM crm.agreement_status WHERE agreement = 'spring'), 'ended', 'it is over');
SELECT is(pg_temp.due('friday', 'answer'), '2024-04-01 12:00Z', 'what began on its last Friday is due on a Monday when it is over');
SELECT is(pg_temp.clock('friday', 'answer', '2024-04-01 11:00Z'), 'running 2024-04-01 12:00', 'and runs on');
SELECT pg_temp.did('friday', 'call', '2024-04-01 11:30Z') \g /dev/null
SELECT is(pg_temp.clock('friday', 'answer'), 'met 2024-04-01 11:30', 'an answer then is in time');
SELECT is((SELECT counted_events FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'twice' WHERE c.lead_id = pg_temp.id('friday')), 1, 'and counts');
SELECT pg_temp.did('friday', 'call', '2024-04-02 09:30Z') \g /dev/null
SELECT is(pg_temp.clock('friday', 'twice'), 'met_late 2024-04-02 09:30', 'the second one is late');
SELECT pg_temp.did('friday', 'call', '2024-04-01 16:00Z') \g /dev/null
SELECT is(pg_temp.clock('friday', 'twice'), 'met 2024-04-01 16:00', 'one that is told later was in time');
SELECT pg_temp.move('given back', 'recycled', '2024-04-01 09:30Z', 'wrong_size') \g /dev/null
SELECT is(pg_temp.clock('given back', 'answer') || ', ' || pg_temp.clock('given back', 'twice', '2024-04-01 10:00Z'), 'cancelled handoff:rejected, running 2024-04-01 17:00', 'what releases from it still does');
SELECT is((SELECT done FROM smarketing.tick('crm', '2024-04-01 12:00:01Z') WHERE action = 'breaches recorded'), 3::bigint, 'tick tells of what is broken after its end');
SELECT is((SELECT string_agg(DISTINCT l.external_id, ', ' ORDER BY l.external_id) FROM crm.event AS e JOIN crm.lead AS l ON l.id = e.lead_id WHERE e.kind = 'sla_breached'), 'first, forgotten', 'where nobody has answered');
SELECT is((SELECT string_agg(DISTINCT b.name, ', ') FROM crm.sla_board AS b WHERE b.agreement = 'spring' AND b.lead_id = pg_temp.id('friday')), NULL, 'the board has what is still open');
SELECT is((SELECT count(*) FROM crm.sla_board AS b WHERE b.agreement = 'spring' AND b.lead_id = pg_temp.id('forgotten')), 2::bigint, 'under its own agreement');
SELECT is((SELECT sum(owed) FROM crm.sla_scorecard WHERE commitment = 'answer'), 4::numeric, 'so has the scorecard');
UPDATE crm.setting SET value = '"UTC"' WHERE name = 'timezone';

-- ---- hours that this server cannot read, as after a restore under other tzdata ----
ALTER TABLE crm.calendar DISABLE TRIGGER smarketing_config_guard;
INSERT INTO crm.calendar (name, hours) VALUES ('mars', 'Mars/Olympus; Mo-Fr 09:00-18:00');
ALTER TABLE crm.calendar ENABLE TRIGGER smarketing_config_guard;
SELECT lives_ok($$UPDATE crm.member SET calendar = 'mars' WHERE name = 'sue'$$, 'loaded they are, and may be referred to');
SELECT lives_ok($$INSERT INTO crm.lead (external_id, stage, stage_since, owner) VALUES ('of sam', 'mql', '2025-03-03 10:00Z', 'sam')$$, 'who needs other hours does not notice');
SELECT lives_ok($$INSERT INTO crm.lead (external_id, owner) VALUES ('of sue', 'sue')$$, 'nor does who needs none');
SELECT throws_ok($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'of sue'$$, '22023', NULL, 'what has to be counted in them is refused');
SELECT throws_like($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'of sue'$$, '%Mars/Olympus%', 'and the error names the zone');
SELECT throws_ok($$UPDATE crm.calendar SET valid_from = '2025-01-01' WHERE name = 'mars'$$, 'SM007', NULL, 'nobody can write them');
SELECT throws_ok($$INSERT INTO crm.calendar (name, hours) VALUES ('venus', 'Venus/Lakshmi; 24/7')$$, 'SM007', NULL, 'nor others like them');
SELECT pg_temp.offer('was sue''s', '2025-03-03 10:00Z') \g /dev/null
UPDATE crm.sla_clock SET calendar_version = (SELECT max(v.id) FROM crm.calendar_version AS v) WHERE lead_id = pg_temp.id('was sue''s');
SELECT throws_ok($$SELECT * FROM crm.sla_board$$, '22023', NULL, 'the board says so where an open clock runs on them');
SELECT lives_ok($$SELECT * FROM crm.sla_scorecard$$, 'the scorecard goes by stored times');
SELECT lives_ok($$UPDATE crm.calendar SET hours = 'America/Denver; Mo-Fr 09:00-18:00' WHERE name = 'mars'$$, 'hours of a zone that there is put it right');
SELECT lives_ok($$SELECT * FROM crm.sla_board$$, 'the board can be read again');
SELECT is(pg_temp.due('was sue''s', 'handoff_decision'), '2025-03-03 20:00Z', 'the clock''s due time is that of the new hours');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql', stage_since = stage_since WHERE external_id = 'of sue'$$, 'and leads can be offered');

\ir include/end.psql
