-- tick(): breaches and warnings are told once, handoffs past their deadline decided by the policy, follow-ups and reviews raised.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.ticked(as_of timestamptz DEFAULT now(), max_rows int DEFAULT 10000) RETURNS text LANGUAGE sql
AS $$SELECT string_agg(concat_ws(' ', t.action, t.done, CASE WHEN t.left_over > 0 THEN '(' || t.left_over || ' left)' END), ', ')
     FROM smarketing.tick('crm', $1, $2) AS t WHERE t.done > 0 OR t.left_over > 0$$;
CREATE FUNCTION pg_temp.told(kind text) RETURNS text LANGUAGE sql STABLE
AS $$SELECT string_agg(l.external_id || ' ' || coalesce(e.payload ->> 'commitment', ''), ', ' ORDER BY e.id)
     FROM crm.event AS e JOIN crm.lead AS l ON l.id = e.lead_id WHERE e.kind = $1$$;

SELECT is(pg_temp.ticked(), NULL, 'nothing to do');
SELECT is((SELECT count(*) FROM crm.tick_run), 1::bigint, 'but it ran');
SELECT pg_temp.offer('a', '2025-03-03 10:00Z'), pg_temp.offer('b', '2025-03-03 10:00Z') \g /dev/null
SELECT is(pg_temp.ticked('2025-03-03 13:00Z'), NULL, 'three of four hours are gone: no warning yet');
SELECT is(pg_temp.ticked('2025-03-03 13:30Z', 1), 'warnings recorded 1 (1 left)', 'one at a time');
SELECT is(pg_temp.ticked('2025-03-03 13:30Z'), 'warnings recorded 1', 'then the other one');
SELECT is(pg_temp.ticked('2025-03-03 13:30Z'), NULL, 'and none twice');
SELECT is(pg_temp.told('sla_at_risk'), 'a handoff_decision, b handoff_decision', 'each told once');
SELECT is((SELECT min(e.at) FROM crm.event AS e WHERE e.kind = 'sla_at_risk'), '2025-03-03 13:12Z', 'the warning has the time of the warning: four fifths of the four hours');
UPDATE crm.lead SET owner = 'sue' WHERE external_id = 'b';
BEGIN;
SELECT is(pg_temp.ticked('2025-03-03 18:30Z', 1), 'breaches recorded 1 (3 left)', 'a breach that is told later is not told as a warning meanwhile');
SELECT is(pg_temp.told('sla_breached'), 'a handoff_decision', 'the first lead comes first');
ROLLBACK;
SELECT is(pg_temp.ticked('2025-03-10 13:30Z'), 'breaches recorded 4', 'a week late');
SELECT is(pg_temp.ticked('2025-03-10 13:30Z'), NULL, 'once');
SELECT is(pg_temp.told('sla_breached'), 'a handoff_decision, a first_attempt, b handoff_decision, b first_attempt', 'decision and call of both');
SELECT is(pg_temp.told('handoff_escalated'), 'a handoff_decision, b handoff_decision', 'the policy is to escalate');
SELECT is((SELECT min(e.at) FROM crm.event AS e WHERE e.kind = 'sla_breached'), '2025-03-03 14:00Z', 'the breach has the time of the breach');
SELECT is((SELECT string_agg(DISTINCT e.payload ->> 'owner', ' ' ORDER BY e.payload ->> 'owner') FROM crm.event AS e WHERE e.kind = 'sla_breached'), 'sam sue', 'and the owner of the breach: b had been given to sue');
SELECT is(pg_temp.ticked('2025-03-05 00:00Z'), NULL, 'an earlier instant has nothing to tell');
SELECT cmp_ok((SELECT t.last_at FROM crm.tick_run AS t), '>', '2025-03-10 13:30Z'::timestamptz, 'and is not the last that it ran for');
SELECT is(pg_temp.handoffs('a'), 'to_sales open', 'and decides nothing');
SELECT throws_ok($$SELECT smarketing.tick('crm', now() + interval '1 hour')$$, 'SM011', NULL, 'not of the future');
SELECT throws_ok($$SELECT smarketing.tick('crm', NULL)$$, 'SM011', NULL, 'nor of no time');
SELECT throws_ok($$SELECT smarketing.tick('crm', max_rows => 0)$$, '22023', NULL, 'nor nothing at a time');

-- ---- policies ----
UPDATE crm.setting SET value = '"accept"' WHERE name = 'handoff_policy';
SELECT is(pg_temp.ticked('2025-03-10 13:30Z', 1), 'handoffs decided 1 (1 left)', 'one of two');
SELECT is(pg_temp.handoffs('a'), 'to_sales auto_accepted', 'silence is consent');
SELECT is(pg_temp.stage('a'), 'sal', 'sales have it');
SELECT is((SELECT c.ended_at > c.due_at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'handoff_decision'
           WHERE c.lead_id = pg_temp.id('a')), true, 'late all the same');
UPDATE crm.setting SET value = '"recycle"' WHERE name = 'handoff_policy';
SELECT is(pg_temp.ticked('2025-03-10 13:30Z'), 'handoffs decided 1', 'the other one');
SELECT is(pg_temp.handoffs('b'), 'to_sales rejected no_answer, to_marketing open no_answer', 'goes back to marketing');
SELECT is(pg_temp.stage('b'), 'recycled', 'where it stands');
SELECT is((SELECT delivered FROM crm.commitment_progress WHERE commitment = 'accepted_mqls' AND period_start = '2025-03-01'), 2::numeric,
    'that nobody answered does not count against marketing');

-- ---- follow-ups and reviews ----
UPDATE crm.lead SET follow_up_on = current_date WHERE external_id = 'a';
SELECT is(pg_temp.ticked(now()), 'breaches recorded 1, follow-ups raised 1', 'a follow-up is due, and the six calls have not been made');
SELECT is(pg_temp.ticked(now()), NULL, 'once');
UPDATE crm.lead SET follow_up_on = current_date + 1 WHERE external_id = 'a';
UPDATE crm.lead SET follow_up_on = current_date WHERE external_id = 'a';
SELECT is(pg_temp.ticked(now()), NULL, 'and not again for the same day');
SELECT smarketing.amend_agreement('crm', 'standard') AS second \gset
UPDATE crm.agreement SET next_review = current_date - 1 WHERE id = :second;
SELECT pg_temp.sign(:second) \g /dev/null
INSERT INTO crm.agreement (name, valid, next_review) VALUES ('long ago', '[2020-01-01,2021-01-01)', '2020-06-01') RETURNING id AS ago \gset
SELECT pg_temp.sign(:ago) \g /dev/null
SELECT is(pg_temp.ticked(now()), 'reviews due 1', 'a review is due, of the agreement that is in force');
SELECT is((SELECT e.payload ->> 'name' FROM crm.event AS e WHERE e.kind = 'review_due'), 'standard', 'and no other');
SELECT is(pg_temp.ticked(now()), NULL, 'told once');

-- ---- a copy that is not live ----
UPDATE crm.setting SET value = 'false' WHERE name = 'live';
SELECT pg_temp.offer('quiet', '2025-03-03 10:00Z') \g /dev/null
SELECT is(pg_temp.ticked(), NULL, 'a staging copy does not tick');
SELECT is(pg_temp.clock('quiet', 'handoff_decision'), 'breached 2025-03-03 14:00', 'though its clocks run');
UPDATE crm.setting SET value = 'true' WHERE name = 'live';

-- ---- a calendar is edited ----
SELECT pg_temp.offer('open', '2025-03-03 10:00Z') \g /dev/null
SET smarketing.change_reason = 'carnival';
UPDATE crm.calendar SET hours = 'UTC; Mo-Fr 09:00-18:00; 2025-03-03/2025-03-04 off' WHERE name = 'office';
SELECT is(pg_temp.due('open', 'handoff_decision'), '2025-03-05 13:00Z', 'the due times of open clocks follow');
SELECT is(pg_temp.due('open', 'first_attempt'), '2025-03-05 18:00Z', 'those until the end of the day too');
SELECT is((SELECT c.due_at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'handoff_decision' WHERE c.lead_id = pg_temp.id('b')),
    '2025-03-03 14:00Z', 'those of closed clocks do not');
SELECT is((SELECT payload ->> 'calendar' FROM crm.event WHERE kind = 'clocks_recomputed'), 'office', 'told as an event');
SELECT is((SELECT reason FROM crm.calendar_version ORDER BY id DESC LIMIT 1), 'carnival', 'and kept with its reason');
SELECT throws_ok($$UPDATE crm.calendar_version SET hours = ''$$, 'SM005', NULL, 'versions are history');
SELECT throws_ok($$DELETE FROM crm.calendar$$, '23503', NULL, 'a calendar that is agreed on stays');

-- ---- whose calendar ----
INSERT INTO crm.calendar (name, hours) VALUES ('lisbon', 'Europe/Lisbon; Mo-Fr 10:00-19:00'), ('sao_paulo', 'America/Sao_Paulo; Mo-Fr 09:00-18:00');
UPDATE crm.team SET calendar = 'lisbon' WHERE name = 'inside';
UPDATE crm.member SET calendar = 'sao_paulo' WHERE name = 'sue';
SELECT pg_temp.offer('of sam', '2025-07-04 12:00Z'), pg_temp.offer('of sue', '2025-07-04 12:00Z', 'sue'), pg_temp.offer('of nobody', '2025-07-04 12:00Z', NULL) \g /dev/null
SELECT is(pg_temp.due('of sam', 'first_attempt'), '2025-07-04 18:00Z', 'the team''s calendar: 19:00 in Lisbon');
SELECT is(pg_temp.due('of sue', 'first_attempt'), '2025-07-04 21:00Z', 'her own: 18:00 in São Paulo');
SELECT is(pg_temp.due('of nobody', 'first_attempt'), '2025-07-04 18:00Z', 'nobody''s: that of the commitment');

\ir include/end.psql
