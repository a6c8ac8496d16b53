-- What arrives late, is corrected, or happens while a clock stands still.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();

-- ---- a late entry ends a clock at its own time ----
SELECT pg_temp.offer('late', '2025-03-03 10:00Z') \g /dev/null
SELECT is((SELECT done FROM smarketing.tick('crm', '2025-03-04 09:00Z') WHERE action = 'breaches recorded'), 2::bigint, 'decision and call are overdue');
SELECT pg_temp.did('late', 'call', '2025-03-05 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('late', 'first_attempt'), 'met_late 2025-03-05 10:00', 'the call comes two days later');
SELECT results_eq($$SELECT met, late, met_by_late_entry, rate FROM crm.sla_scorecard WHERE commitment = 'first_attempt'$$,
                  $$VALUES (0::numeric, 1::numeric, 0::bigint, 0::float8)$$, 'and stands on the scorecard as late');
SELECT pg_temp.did('late', 'email', '2025-03-03 17:00Z') \g /dev/null
SELECT is(pg_temp.clock('late', 'first_attempt'), 'met 2025-03-03 17:00', 'an e-mail of the first day, written down on the third, ends it at its own time');
SELECT results_eq($$SELECT met, late, met_by_late_entry, rate FROM crm.sla_scorecard WHERE commitment = 'first_attempt'$$,
                  $$VALUES (1::numeric, 0::numeric, 1::bigint, 1::float8)$$, 'met, by a late entry');
SELECT is((SELECT count(*) FROM crm.event WHERE kind = 'sla_breached' AND payload ->> 'commitment' = 'first_attempt'), 1::bigint, 'the breach was told once');
SELECT pg_temp.did('late', 'call', '2025-03-03 09:59Z') \g /dev/null
SELECT is(pg_temp.clock('late', 'first_attempt'), 'met 2025-03-03 17:00', 'a call before the offer answers nothing');

-- ---- an activity is corrected, or was none ----
UPDATE crm.activity SET at = '2025-03-03 17:30Z' WHERE lead_id = pg_temp.id('late') AND at = '2025-03-03 17:00Z';
SELECT is(pg_temp.clock('late', 'first_attempt'), 'met 2025-03-03 17:30', 'its time is corrected');
UPDATE crm.activity SET kind = 'note' WHERE lead_id = pg_temp.id('late') AND at = '2025-03-03 17:30Z';
SELECT is(pg_temp.clock('late', 'first_attempt'), 'met_late 2025-03-05 10:00', 'it was a note: the call counts');
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('late') AND at = '2025-03-05 10:00Z';
SELECT is(pg_temp.clock('late', 'first_attempt'), 'breached 2025-03-03 18:00', 'and when that is deleted, the answer is owed again');
SELECT pg_temp.offer('other', '2025-03-03 10:00Z') \g /dev/null
SELECT pg_temp.did('late', 'call', '2025-03-03 16:00Z') \g /dev/null
UPDATE crm.activity SET lead_id = pg_temp.id('other') WHERE lead_id = pg_temp.id('late') AND kind = 'call' AND at = '2025-03-03 16:00Z';
SELECT is(pg_temp.clock('late', 'first_attempt') || ', ' || pg_temp.clock('other', 'first_attempt'), 'breached 2025-03-03 18:00, met 2025-03-03 16:00', 'the call was to another lead');
SELECT pg_temp.did('other', 'conversation', '2025-03-04 16:00Z') \g /dev/null
SELECT is(pg_temp.clock('other', 'six_attempts'), 'cancelled contact', 'contact releases');
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('other') AND kind = 'conversation';
SELECT is(pg_temp.clock('other', 'six_attempts', '2025-03-05'), 'running 2025-03-17 18:00', 'contact that never was does not');
SELECT pg_temp.offer('truncated', '2025-03-03 10:00Z'), pg_temp.did('truncated', 'call', '2025-03-03 12:00Z') \g /dev/null
BEGIN;
TRUNCATE crm.activity;
SELECT is(pg_temp.clock('truncated', 'first_attempt'), 'breached 2025-03-03 18:00', 'nor do activities that are all swept away');
ROLLBACK;
UPDATE crm.lead SET excluded = 'spam' WHERE external_id = 'truncated';
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('truncated');
SELECT is((SELECT count(*) FROM crm.sla_board WHERE lead_id = pg_temp.id('truncated')), 0::bigint, 'a lead that nobody works on is owed nothing for it');

-- ---- a lead is excluded after it was answered ----
SELECT pg_temp.offer('spam', '2025-03-03 10:00Z'), pg_temp.did('spam', 'call', '2025-03-03 12:00Z'), pg_temp.move('spam', 'sal', '2025-03-03 12:00Z') \g /dev/null
CREATE FUNCTION pg_temp.scored() RETURNS numeric[] LANGUAGE sql STABLE
AS $$SELECT ARRAY[sum(s.owed), sum(s.met), sum(s.late), sum(s.cancelled)] FROM crm.sla_scorecard AS s WHERE s.kind = 'response'$$;
SELECT pg_temp.scored() AS before \gset
SELECT results_eq($$SELECT commitment, owner, team, state, week, weeks_ago > 50 FROM crm.sla_answer WHERE lead_id = pg_temp.id('spam') ORDER BY 1$$,
    $$VALUES ('first_attempt', 'sam', 'inside', 'met', '2025-03-03'::date, true), ('handoff_decision', 'sam', 'inside', 'met', '2025-03-03', true),
             ('six_attempts', 'sam', 'inside', 'breached', '2025-03-03', true)$$, 'each answer, and whose it was');
UPDATE crm.lead SET excluded = 'spam' WHERE external_id = 'spam';
SELECT is(pg_temp.scored(), ARRAY[(:'before'::numeric[])[1] - 3, (:'before'::numeric[])[2] - 2, (:'before'::numeric[])[3], (:'before'::numeric[])[4]],
    'an excluded lead is on no scorecard, whether it was answered or not');
SELECT is_empty($$SELECT FROM crm.sla_answer WHERE lead_id = pg_temp.id('spam')$$, 'nor among the answers');
UPDATE crm.lead SET excluded = NULL WHERE external_id = 'spam';
SELECT is((pg_temp.scored())[2], (:'before'::numeric[])[2], 'and comes back with them');

-- ---- the start itself arrives late, after what ends it, or with it ----
INSERT INTO crm.agreement (name, valid) VALUES ('draft', '[2024-01-01,2025-01-01)') RETURNING id AS draft \gset
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, within, counted, calendar) VALUES
    (:draft, 'demo', 'sales', 'activity:demo_request', 'contact', '2 hours', 'working', 'office'),
    (:draft, 'again', 'sales', 'attempt', 'attempt', '1 day', 'around_the_clock', NULL),
    (:draft, 'echo', 'marketing', 'touch', 'activity:newsletter', '1 day', 'around_the_clock', NULL);
SELECT pg_temp.sign(:draft) \g /dev/null
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('demo', 'lead', '2024-03-01Z'), ('demo2', 'lead', '2024-03-01Z'), ('chain', 'lead', '2024-03-01Z');
SELECT pg_temp.did('demo', 'meeting', '2024-03-04 11:00Z') \g /dev/null
SELECT pg_temp.did('demo', 'demo_request', '2024-03-04 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('demo', 'demo'), 'met 2024-03-04 11:00', 'a request that is told after its answer');
INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('demo2'), 'meeting', '2024-03-04 11:30Z'), (pg_temp.id('demo2'), 'demo_request', '2024-03-04 10:00Z');
SELECT is(pg_temp.clock('demo2', 'demo'), 'met 2024-03-04 11:30', 'and one that comes together with it');
SELECT pg_temp.did('chain', 'call', '2024-03-04 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('chain', 'again', '2024-03-04 11:00Z'), 'running 2024-03-05 10:00', 'what starts a clock does not end it');
SELECT pg_temp.did('chain', 'call', '2024-03-05 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('chain', 'again', '2024-03-05 11:00Z'), 'met 2024-03-05 10:00, running 2024-03-06 10:00', 'the next one does, and starts another');

-- ---- pauses ----
UPDATE crm.stage SET pauses_clocks = true WHERE name = 'sal';
SELECT pg_temp.offer('waits', '2025-03-03 10:00Z') \g /dev/null
SELECT pg_temp.move('waits', 'sal', '2025-03-03 12:00Z') \g /dev/null
SELECT is(pg_temp.clock('waits', 'first_attempt', '2025-03-10'), 'paused', 'a stage that pauses: nobody knows when it is due');
SELECT is((SELECT string_agg(state, ' ') FROM (SELECT state FROM crm.sla_board WHERE lead_id = pg_temp.id('waits')) AS b), 'paused paused', 'the board says so, and lists it last');
SELECT pg_temp.move('waits', 'recycled', '2025-03-05 12:00Z', 'timing') \g /dev/null
SELECT is(pg_temp.due('waits', 'first_attempt'), '2025-03-05 18:00Z', 'leaving the stage resumes: the 6 hours that were left begin then');
SELECT results_eq(format($$SELECT kind, reason, sum(counted) FROM smarketing.explain_sla('crm', %s, '2025-03-05 13:00Z') GROUP BY kind, reason, from_at ORDER BY from_at$$,
        (SELECT c.id FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'first_attempt' WHERE c.lead_id = pg_temp.id('waits'))),
    $$VALUES ('open', 'calendar office', interval '2 hours'), ('paused', 'stage sal', '0'), ('open', 'calendar office', '1 hour')$$, 'explained');
UPDATE crm.stage SET pauses_clocks = false WHERE name = 'sal';
SELECT is((SELECT count(*) FROM crm.sla_clock AS c, LATERAL smarketing.explain_sla('crm', c.id) AS x
           JOIN crm.sla_clock AS d ON d.id = d.id WHERE d.id = c.id AND x.from_at >= x.to_at), 0::bigint, 'no interval is empty');
SELECT is_empty($$
    SELECT c.id, s.elapsed, e.sum
    FROM crm.sla_clock AS c
    LEFT JOIN crm.calendar_version AS v ON v.id = c.calendar_version
    CROSS JOIN (VALUES (timestamptz '2025-03-03 10:00:00.000001Z'), ('2025-03-08 00:00Z'), ('2025-06-17 13:37:11.123457Z')) AS t (at)
    CROSS JOIN LATERAL smarketing.sla_status(coalesce(v.hours, 'UTC; 24/7')::smarketing.working_hours, c.started_at, c.target,
        c.ended_at, c.paused, 0.8, t.at) AS s
    CROSS JOIN LATERAL (SELECT sum(x.counted) AS sum, min(x.from_at) AS first, max(x.to_at) AS last, range_agg(tstzrange(x.from_at, x.to_at)) AS all
        FROM smarketing.explain_sla('crm', c.id, t.at) AS x) AS e
    WHERE c.cancelled_at IS NULL AND coalesce(c.ended_at, t.at) > c.started_at
      AND (s.elapsed IS DISTINCT FROM e.sum OR e.all <> tstzmultirange(tstzrange(c.started_at, coalesce(c.ended_at, t.at))))$$,
    'the intervals cover the whole time, and sum to what has elapsed');

-- a planned follow-up
SELECT pg_temp.offer('later', now() - interval '1 minute') \g /dev/null
SELECT pg_temp.due('later', 'six_attempts') AS before \gset
UPDATE crm.lead SET follow_up_on = (now() + interval '15 days')::date WHERE external_id = 'later';
SELECT ok((SELECT c.due_at > :'before' AND c.paused @> now() FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'six_attempts'
           WHERE c.lead_id = pg_temp.id('later')), 'a planned follow-up moves the due time');
UPDATE crm.lead SET follow_up_on = NULL WHERE external_id = 'later';
SELECT ok((SELECT NOT c.paused @> now() + interval '1 day' FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'six_attempts'
           WHERE c.lead_id = pg_temp.id('later')), 'giving it up lets the clock run on');

-- ---- an import opens no clock, but ends those that are open ----
SELECT pg_temp.offer('synced', '2025-03-03 10:00Z') \g /dev/null
BEGIN;
SET LOCAL smarketing.import = 'calls of March';
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('old', 'mql', '2025-03-03 10:00Z');
SELECT pg_temp.did('synced', 'call', '2025-03-03 15:00Z') \g /dev/null
COMMIT;
SELECT is((SELECT count(*) FROM crm.sla_clock WHERE lead_id = pg_temp.id('old')), 0::bigint, 'an imported lead is owed nothing');
SELECT is(pg_temp.clock('synced', 'first_attempt'), 'met 2025-03-03 15:00', 'an imported call is a call');
SELECT is(smarketing.activate_leads('crm', 'calls of March'), 1::bigint, 'offered to sales, it is owed an answer') ;
SELECT is((SELECT count(*) FROM crm.sla_clock WHERE lead_id = pg_temp.id('old')), 3::bigint, 'from then on');

-- ---- deals and feedback ----
SELECT throws_ok($$INSERT INTO crm.feedback (lead_id, body, at) VALUES (1, 'x', now() + interval '1 day')$$, 'SM011', NULL, 'feedback of tomorrow');

\ir include/end.psql
