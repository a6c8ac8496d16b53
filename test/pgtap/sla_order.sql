-- What became of a clock does not depend on the order in which it is told: late starts, corrections of leads that
-- nobody works on, offers that are made and decided in one move, reminders, and leads that take a deleted one's number.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();

INSERT INTO crm.agreement (name, valid) VALUES ('orders', '[2024-01-01,2025-01-01)') RETURNING id AS orders \gset
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, released_on, min_count, within, counted) VALUES
    (:orders, 'demo', 'sales', 'activity:demo_request', 'contact', '{stage:disqualified}', 1, '2 hours', 'around_the_clock'),
    (:orders, 'three', 'sales', 'activity:demo_request', 'attempt', '{contact}', 3, '2 days', 'around_the_clock'),
    (:orders, 'nurture', 'marketing', 'activity:newsletter', 'stage:customer', '{handoff:offered}', 1, '90 days', 'around_the_clock'),
    (:orders, 'return', 'marketing', 'stage:recycled', 'stage:recycled', NULL, 1, '1 day', 'around_the_clock'),
    (:orders, 'listen', 'marketing', 'feedback', 'feedback', NULL, 1, '1 day', 'around_the_clock'),
    (:orders, 'ask twice', 'sales', 'activity:demo_request', 'feedback', NULL, 2, '1 day', 'around_the_clock'),
    (:orders, 'call on', 'sales', 'handoff:offered', 'follow_up_due', NULL, 1, '30 days', 'around_the_clock'),
    (:orders, 'accept', 'sales', 'handoff:offered', 'handoff:accepted', NULL, 1, '1 day', 'around_the_clock');
SELECT pg_temp.sign(:orders) \g /dev/null

-- 'number of the clock in the order of their starts: cycle, counted': what the lead's clocks on a commitment have
CREATE FUNCTION pg_temp.counted(external_id text, key text) RETURNS text LANGUAGE sql STABLE
AS $$
    SELECT string_agg(c.cycle || ':' || c.counted_events, ', ' ORDER BY c.started_at, c.id)
    FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = $2 WHERE c.lead_id = pg_temp.id($1)
$$;
CREATE FUNCTION pg_temp.sets(external_id text, setting text) RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_temp.act_begins();
    EXECUTE format('UPDATE crm.lead SET %s WHERE external_id = %L', setting, external_id);
    PERFORM pg_temp.act_ends();
END
$$;
CREATE FUNCTION pg_temp.undo(external_id text, kind text, at timestamptz) RETURNS void LANGUAGE sql
AS $$DELETE FROM crm.activity AS a WHERE a.lead_id = pg_temp.id($1) AND a.kind = $2 AND a.at = $3$$;

INSERT INTO crm.lead (external_id, stage, stage_since)
SELECT e, 'lead', '2024-03-01Z' FROM unnest(ARRAY['late', 'edge', 'between', 'again', 'three', 'spam', 'mute', 'quick', 'no', 'soon', 'slow']) AS e;

-- ---- a start that is told late ----
SELECT pg_temp.did('late', 'demo_request', '2024-03-04 10:00Z'), pg_temp.did('late', 'meeting', '2024-03-04 12:00Z') \g /dev/null
SELECT pg_temp.did('late', 'demo_request', '2024-03-04 11:00Z') \g /dev/null
SELECT is(pg_temp.clock('late', 'demo'), 'met 2024-03-04 12:00', 'a second request while the clock ran, told when it is over: there was one clock');
SELECT pg_temp.did('edge', 'demo_request', '2024-03-04 10:00Z'), pg_temp.did('edge', 'meeting', '2024-03-04 12:00Z') \g /dev/null
SELECT pg_temp.did('edge', 'demo_request', '2024-03-04 12:00Z') \g /dev/null
SELECT is(pg_temp.clock('edge', 'demo'), 'met 2024-03-04 12:00, met 2024-03-04 12:00', 'one at the very end starts another, which the same answer meets');
SELECT pg_temp.did('edge', 'demo_request', '2024-03-04 12:00Z'), pg_temp.undo('edge', 'meeting', '2024-03-04 12:00Z') \g /dev/null
SELECT is(pg_temp.clock('edge', 'demo'), 'cancelled superseded, cancelled superseded, breached 2024-03-04 14:00', 'of two that start together the first gives way');

-- requests of Monday and Wednesday are told, answered both; then one of Tuesday
SELECT pg_temp.did('between', 'demo_request', '2024-03-04 10:00Z'), pg_temp.did('between', 'meeting', '2024-03-04 11:00Z') \g /dev/null
SELECT pg_temp.did('between', 'demo_request', '2024-03-06 10:00Z'), pg_temp.did('between', 'meeting', '2024-03-06 11:00Z') \g /dev/null
SELECT pg_temp.did('between', 'demo_request', '2024-03-05 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('between', 'demo'), 'met 2024-03-04 11:00, met_late 2024-03-06 10:00, met 2024-03-06 11:00', 'Wednesday''s clock takes over from Tuesday''s, which is late by then');
SELECT lives_ok($$SELECT pg_temp.undo('between', 'meeting', '2024-03-06 11:00Z')$$, 'when Wednesday''s answer was none');
SELECT is(pg_temp.clock('between', 'demo'), 'met 2024-03-04 11:00, met_late 2024-03-06 10:00, breached 2024-03-06 12:00', 'one clock is open, the last');
SELECT pg_temp.did('between', 'meeting', '2024-03-05 11:30Z') \g /dev/null
SELECT is(pg_temp.clock('between', 'demo'), 'met 2024-03-04 11:00, met 2024-03-05 11:30, breached 2024-03-06 12:00', 'Tuesday''s own answer counts for Tuesday');

-- a call of the first cycle, told in the second, restarts nothing
SELECT pg_temp.did('again', 'demo_request', '2024-03-04 10:00Z') \g /dev/null
SELECT pg_temp.move('again', 'mql', '2024-03-05 10:00Z'), pg_temp.move('again', 'recycled', '2024-03-06 10:00Z', 'not_ready'), pg_temp.move('again', 'mql', '2024-03-11 10:00Z') \g /dev/null
SELECT pg_temp.did('again', 'demo_request', '2024-03-04 11:00Z') \g /dev/null
SELECT is(pg_temp.clock('again', 'demo'), 'breached 2024-03-04 12:00', 'what is told late of its own cycle leaves the open clock alone');
SELECT pg_temp.did('again', 'demo_request', '2024-03-11 11:00Z') \g /dev/null
SELECT is(pg_temp.clock('again', 'demo') || '; ' || pg_temp.counted('again', 'demo'), 'met_late 2024-03-11 11:00, breached 2024-03-11 13:00; 1:0, 2:0', 'a request of the second cycle takes its place');
SELECT pg_temp.did('again', 'meeting', '2024-03-11 12:00Z'), pg_temp.did('again', 'demo_request', '2024-03-12 12:00Z'), pg_temp.did('again', 'meeting', '2024-03-12 13:00Z') \g /dev/null
SELECT pg_temp.move('again', 'recycled', '2024-03-13 10:00Z', 'not_ready'), pg_temp.move('again', 'mql', '2024-03-18 10:00Z'), pg_temp.did('again', 'demo_request', '2024-03-11 13:00Z') \g /dev/null
SELECT is(pg_temp.counted('again', 'demo'), '1:0, 2:1, 2:0, 2:1', 'a clock is of the cycle in which it starts');

-- ---- events count until a clock is over ----
SELECT pg_temp.did('three', 'demo_request', '2024-03-04 10:00Z'), pg_temp.did('three', 'call', '2024-03-04 12:00Z', '2024-03-04 13:00Z') \g /dev/null
SELECT is(pg_temp.counted('three', 'three'), '1:2', 'two calls of three');
SELECT pg_temp.did('three', 'conversation', '2024-03-04 14:00Z'), pg_temp.did('three', 'call', '2024-03-04 15:00Z', '2024-03-04 16:00Z') \g /dev/null
SELECT is(pg_temp.clock('three', 'three'), 'met 2024-03-04 14:00', 'the conversation is an attempt, the third, and answers at the instant at which it would release');
SELECT is(pg_temp.counted('three', 'three'), '1:3', 'more than asked for are not counted');
SELECT pg_temp.undo('three', 'call', '2024-03-04 12:00Z') \g /dev/null
SELECT is(pg_temp.clock('three', 'three') || '; ' || pg_temp.counted('three', 'three'), 'cancelled contact; 1:2', 'nor what comes after the release, however often it is looked at');

SELECT pg_temp.did(e, 'demo_request', '2024-03-04 10:00Z') FROM unnest(ARRAY['soon', 'slow']) AS e \g /dev/null
SELECT pg_temp.did('soon', 'conversation', '2024-03-05 10:00Z'), pg_temp.did('slow', 'conversation', '2024-03-07 10:00Z') \g /dev/null
CREATE TEMPORARY TABLE written AS SELECT c.id, c.ended_recorded_at AS at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'three';
SELECT pg_temp.did(e, 'call', '2024-03-04 11:00Z') FROM unnest(ARRAY['soon', 'slow']) AS e \g /dev/null
SELECT is(ARRAY[pg_temp.clock('soon', 'three'), pg_temp.counted('soon', 'three'), pg_temp.clock('slow', 'three'), pg_temp.counted('slow', 'three')],
          ARRAY['cancelled contact', '1:2', 'met_late 2024-03-07 10:00', '1:2'], 'one that is told late counts');
SELECT is((SELECT count(*) FROM crm.sla_clock AS c JOIN pg_temp.written AS w ON w.id = c.id AND w.at = c.ended_recorded_at WHERE c.lead_id IN (pg_temp.id('soon'), pg_temp.id('slow'))), 2::bigint,
          'when the end was written down stays, where the end does');
INSERT INTO crm.feedback (lead_id, body, at) VALUES (pg_temp.id('three'), 'x', '2024-03-04 11:00Z'), (pg_temp.id('three'), 'y', '2024-03-04 11:00Z');
SELECT is(pg_temp.counted('three', 'ask twice'), '1:1', 'feedback of one instant is one answer');
INSERT INTO crm.feedback (lead_id, body, at) VALUES (pg_temp.id('three'), 'z', '2024-03-04 12:00Z');
SELECT is(pg_temp.clock('three', 'ask twice'), 'met 2024-03-04 12:00', 'the next one is the second');

-- ---- what is corrected while nobody works on a lead ----
SELECT pg_temp.did(e, 'demo_request', '2024-03-04 10:00Z'), pg_temp.did(e, 'meeting', '2024-03-04 11:00Z') FROM unnest(ARRAY['spam', 'mute']) AS e \g /dev/null
SELECT pg_temp.sets('spam', 'excluded = ''spam'''), pg_temp.sets('mute', 'do_not_contact = true') \g /dev/null
SELECT pg_temp.undo(e, 'meeting', '2024-03-04 11:00Z') FROM unnest(ARRAY['spam', 'mute']) AS e \g /dev/null
SELECT is(ARRAY[pg_temp.clock('spam', 'demo'), pg_temp.clock('mute', 'demo')], ARRAY['met 2024-03-04 11:00', 'met 2024-03-04 11:00'], 'nothing is owed for it');
SELECT pg_temp.sets('mute', 'excluded = ''test''') \g /dev/null
SELECT pg_temp.sets('mute', 'excluded = NULL'), pg_temp.sets('spam', 'excluded = NULL') \g /dev/null
SELECT is(ARRAY[pg_temp.clock('spam', 'demo'), pg_temp.clock('mute', 'demo')], ARRAY['breached 2024-03-04 12:00', 'met 2024-03-04 11:00'], 'until it comes back; the other one still may not be contacted');
SELECT pg_temp.sets('mute', 'do_not_contact = false') \g /dev/null
SELECT is(pg_temp.clock('mute', 'demo'), 'breached 2024-03-04 12:00', 'and then the answer that was none is owed');

-- ---- offered and decided in one move ----
UPDATE crm.setting SET value = '"step"' WHERE name = 'transition_mode';
SELECT pg_temp.did(e, 'newsletter', '2024-03-04 10:00Z') FROM unnest(ARRAY['quick', 'no']) AS e \g /dev/null
UPDATE crm.transition SET department = NULL WHERE from_stage = 'sal' AND to_stage = 'sql';
SET smarketing.actor = 'mia';
SELECT pg_temp.move('quick', 'sql', '2024-03-05 10:00Z') \g /dev/null
RESET smarketing.actor;
SELECT is(concat_ws('; ', pg_temp.history('quick'), pg_temp.handoffs('quick')), 'lead mql~ sal~ sql; to_sales accepted', 'a lead is moved over the offer');
SELECT is(pg_temp.clock('quick', 'nurture'), 'cancelled handoff:offered', 'which releases from what waited for one');
SELECT is(pg_temp.clock('quick', 'accept'), NULL, 'and starts nothing');
BEGIN;
SET LOCAL smarketing.import = 'old moves';
UPDATE crm.lead SET stage = 'mql', stage_since = '2024-03-05 10:00Z' WHERE external_id = 'no';
UPDATE crm.lead SET stage = 'recycled', stage_since = '2024-03-06 10:00Z', reason = 'not_ready' WHERE external_id = 'no';
COMMIT;
SELECT is(pg_temp.handoffs('no'), 'to_sales rejected not_ready', 'an import knows of the offer when it is decided');
SELECT is((SELECT c.cancel_reason || ' ' || c.cancelled_at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'nurture' WHERE c.lead_id = pg_temp.id('no')),
          'handoff:offered 2024-03-05 10:00:00+00', 'and the clock is released as of the offer');

-- ---- two releases at one instant: the first by name is told ----
SELECT pg_temp.offer('none', '2025-03-03 10:00Z'), pg_temp.move('none', 'disqualified', '2025-03-03 12:00Z', 'spam') \g /dev/null
SELECT is((SELECT c.cancel_reason FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'first_attempt' WHERE c.lead_id = pg_temp.id('none')), 'handoff:rejected', 'to disqualify an offered lead is to reject it');

-- ---- rerouted, and accepted as of a day before ----
UPDATE crm.setting SET value = '"enforce"' WHERE name = 'transition_mode';
SELECT smarketing.amend_agreement('crm', 'standard') \g /dev/null
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, within, counted)
SELECT a.id, 'welcome', 'sales', 'handoff:accepted', 'contact', '1 day', 'around_the_clock' FROM crm.agreement AS a WHERE a.name = 'standard' AND a.version = 2;
SELECT pg_temp.sign(a.id) FROM crm.agreement AS a WHERE a.name = 'standard' AND a.version = 2 \g /dev/null
SELECT pg_temp.offer('passed on', now() - interval '2 days') \g /dev/null
SELECT pg_temp.decide('crm', (SELECT h.id FROM crm.handoff AS h WHERE h.lead_id = pg_temp.id('passed on')), 'rejected', 'wrong_territory') \g /dev/null
SELECT pg_temp.move('passed on', 'sal', now() - interval '1 day') \g /dev/null
SELECT results_eq($$SELECT c.ended_at = h.decided_at, h.decided_at = h.offered_at, h.decision FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'handoff_decision'
                    JOIN crm.handoff AS h ON h.id = c.handoff_id WHERE c.lead_id = pg_temp.id('passed on') ORDER BY c.id DESC LIMIT 1$$,
                  $$VALUES (true, true, 'accepted')$$, 'the new offer is accepted at its own instant');
SELECT is((SELECT c.started_at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'welcome' WHERE c.lead_id = pg_temp.id('passed on')),
          (SELECT max(h.decided_at) FROM crm.handoff AS h WHERE h.lead_id = pg_temp.id('passed on')), 'from which on the acceptance obliges');

-- ---- what starts a clock does not end it, whatever it is ----
SELECT pg_temp.move('late', 'mql', '2024-04-01 10:00Z'), pg_temp.move('late', 'recycled', '2024-04-02 10:00Z', 'not_ready') \g /dev/null
INSERT INTO crm.feedback (lead_id, body, at) VALUES (pg_temp.id('late'), 'x', '2024-04-02 10:00Z');
SELECT is(ARRAY[pg_temp.clock('late', 'return'), pg_temp.clock('late', 'listen')], ARRAY['breached 2024-04-03 10:00', 'breached 2024-04-03 10:00'], 'a stage and feedback that wait for the next of their kind');
SELECT pg_temp.move('late', 'mql', '2024-04-03 08:00Z'), pg_temp.move('late', 'recycled', '2024-04-03 09:00Z', 'not_ready') \g /dev/null
INSERT INTO crm.feedback (lead_id, body, at) VALUES (pg_temp.id('late'), 'x', '2024-04-03 09:00Z');
SELECT is(ARRAY[pg_temp.clock('late', 'return'), pg_temp.clock('late', 'listen')], array_fill('met 2024-04-03 09:00, breached 2024-04-04 09:00'::text, ARRAY[2]), 'have it, and wait again');

-- ---- reminders are as of the day that was set, whenever tick runs ----
SELECT pg_temp.offer('remind', '2024-03-04 10:00Z'), pg_temp.sets('remind', 'follow_up_on = ''2024-03-07''') \g /dev/null
SELECT done FROM smarketing.tick('crm', '2024-03-20 10:00Z') WHERE action = 'follow-ups raised' \g /dev/null
SELECT is(pg_temp.clock('remind', 'call on'), 'met 2024-03-07 00:00', 'it is told as of the day, two weeks later');
SELECT is((SELECT e.at FROM crm.event AS e WHERE e.kind = 'follow_up_due' AND e.lead_id = pg_temp.id('remind')), '2024-03-07 00:00Z', 'so says its event');
SELECT pg_temp.did('remind', 'note', '2024-03-01Z'), pg_temp.undo('remind', 'note', '2024-03-01Z') \g /dev/null
SELECT is(pg_temp.clock('remind', 'call on'), 'met 2024-03-07 00:00', 'and whoever looks again');

-- ---- a deleted lead's number is given once more ----
INSERT INTO crm.lead (id, external_id, stage, stage_since) VALUES (4711, 'first', 'lead', '2024-03-01Z');
SELECT pg_temp.did('first', 'demo_request', '2024-03-04 10:00Z'), pg_temp.did('first', 'meeting', '2024-03-04 11:00Z') \g /dev/null
DELETE FROM crm.lead WHERE id = 4711;
INSERT INTO crm.lead (id, external_id, stage, stage_since) VALUES (4711, 'second', 'lead', '2024-03-01Z');
SELECT pg_temp.did('second', 'note', '2024-03-01Z'), pg_temp.undo('second', 'note', '2024-03-01Z') \g /dev/null
SELECT is(pg_temp.clock('second', 'demo'), 'met 2024-03-04 11:00', 'what the first one was owed is over');

-- ---- what purged activities have ended stays ended ----
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('purged', 'lead', '2024-03-01Z');
SELECT pg_temp.did('purged', 'demo_request', '2024-03-04 10:00Z'), pg_temp.did('purged', 'call', '2024-03-05 10:00Z', '2024-03-05 11:00Z', '2024-03-05 12:00Z') \g /dev/null
SELECT smarketing.purge_activities('crm', '2024-03-06Z') \g /dev/null
SELECT pg_temp.did('purged', 'call', '2024-03-04 18:00Z') \g /dev/null
SELECT is(pg_temp.clock('purged', 'three'), 'met 2024-03-05 12:00', 'although a late entry has it looked at, and the calls are gone');
\ir include/end.psql
