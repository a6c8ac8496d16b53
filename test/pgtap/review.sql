-- The weekly review: what it freezes, who came, what was decided, what that did; in all languages and time zones.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();
UPDATE crm.setting SET value = '"UTC"' WHERE name = 'timezone';

-- 'value previous' of one thing in a review's pack, 'x/y' for two numbers
CREATE FUNCTION pg_temp.packed(review bigint, section text, key text, VARIADIC fields text[] DEFAULT '{value,previous}') RETURNS text LANGUAGE sql STABLE
AS $$
    SELECT string_agg(concat_ws(' ', VARIADIC ARRAY(SELECT coalesce(i.item ->> f.name, '-') FROM unnest($4) WITH ORDINALITY AS f (name, n) ORDER BY n)), ', '
                      ORDER BY i.n)
    FROM crm.review AS r
    CROSS JOIN LATERAL jsonb_array_elements(r.pack -> $2) WITH ORDINALITY AS i (item, n)
    WHERE r.id = $1 AND i.item ->> 'key' = $3
$$;

-- ---- nobody there yet ----
SELECT is((SELECT count(*) FROM crm.weekly_review) + (SELECT count(*) FROM crm.action_board) + (SELECT count(*) FROM crm.feedback_board), 0::bigint,
    'no review, no action, no feedback');
SELECT is((SELECT count(*) FROM crm.review_cadence), 0::bigint, 'no week of the agreement is over yet');

-- ---- two weeks, by hand ----
-- the first: a1 is called and accepted in time, a2 is accepted in time and called a day late
SELECT pg_temp.offer('a1', '2025-03-03 10:00'), pg_temp.did('a1', 'call', '2025-03-03 10:30'), pg_temp.move('a1', 'sal', '2025-03-03 11:00') \g /dev/null
SELECT pg_temp.offer('a2', '2025-03-04 10:00'), pg_temp.move('a2', 'sal', '2025-03-04 12:00'), pg_temp.did('a2', 'call', '2025-03-05 10:00') \g /dev/null
-- the second: b1 in time; b2 in time, but sent back; b3 sent back after 7 hours, uncalled; b4 of sue's waits to this day;
-- a1 qualifies, becomes an opportunity, and falls back
SELECT pg_temp.move('a1', 'sql', '2025-03-10 09:00') \g /dev/null
SELECT pg_temp.offer('b1', '2025-03-10 10:00'), pg_temp.did('b1', 'call', '2025-03-10 10:10'), pg_temp.move('b1', 'sal', '2025-03-10 10:20') \g /dev/null
SELECT pg_temp.offer('b2', '2025-03-10 10:00'), pg_temp.did('b2', 'call', '2025-03-10 11:00'), pg_temp.move('b2', 'recycled', '2025-03-10 11:30', 'not_ready') \g /dev/null
INSERT INTO crm.campaign (name, channel) VALUES ('fair', 'event');
INSERT INTO crm.lead (external_id, stage, stage_since, owner, origin, campaign) VALUES ('b3', 'mql', '2025-03-11 10:00', 'sam', 'inbound', 'fair');
SELECT pg_temp.move('b3', 'recycled', '2025-03-11 17:00', 'wrong_size'), pg_temp.move('a1', 'opportunity', '2025-03-11 09:00'),
       pg_temp.offer('b4', '2025-03-12 10:00', 'sue'), pg_temp.move('a1', 'sql', '2025-03-12 09:00') \g /dev/null
INSERT INTO crm.lead (external_id, stage, stage_since, owner, origin, excluded) VALUES ('spam', 'mql', '2025-03-12 10:00', 'sam', 'inbound', 'spam');
-- what sales say
INSERT INTO crm.feedback (lead_id, campaign, kind, body, actor, at) SELECT pg_temp.id('a2'), NULL, 'lead', 'Zé asked for an offer twice', 'sam', '2025-03-05 15:00';
INSERT INTO crm.feedback (campaign, kind, body, actor, at) VALUES ('fair', 'campaign', 'The fair brings students', 'sue', '2025-03-11 18:00');
INSERT INTO crm.feedback (lead_id, kind, body, actor, at) SELECT pg_temp.id('spam'), 'lead', 'Spam', 'sam', '2025-03-12 15:00';
BEGIN;
SET LOCAL smarketing.import = 'minutes of March';
INSERT INTO crm.feedback (kind, body, actor, at, resolution, resolved_at, resolved_by)
    VALUES ('content', 'The price list is old', 'sam', '2025-03-06 10:00', 'A new one is out', '2025-03-13 10:00', 'mia');
COMMIT;

-- what both want to reach
INSERT INTO crm.goal (id, name, metric, target, unit, starts_on, ends_on, rationale) VALUES (1, 'Revenue', 'revenue', 1000, 'EUR', '2025-01-01', '2025-12-31', 'We begin');
INSERT INTO crm.goal (id, name, metric, target, unit, starts_on, ends_on, parent, marketing_owner, rationale) VALUES
    (2, 'March', 'mqls', 12, 'leads', '2025-03-01', '2025-03-31', 1, 'mia', 'The fair'), (3, 'April', 'mqls', 12, 'leads', '2025-04-01', '2025-04-30', 1, 'mia', 'As March');

-- ---- the review of the second week ----
SET smarketing.actor = 'mia';
SELECT smarketing.open_review('crm', '2025-03-12') AS second \gset
RESET smarketing.actor;
SELECT results_eq(format($$SELECT period, per, opened_by, closed_at, opened_at > now() - interval '1 minute' FROM crm.review WHERE id = %s$$, :second),
    $$VALUES ('[2025-03-10,2025-03-17)'::daterange, 'week', 'mia', NULL::timestamptz, true)$$, 'the review of the week that holds a day');
SELECT is((SELECT (pack -> 'period') - 'frozen_at'::text FROM crm.review WHERE id = :second),
    '{"per": "week", "from": "2025-03-10", "to": "2025-03-16", "previous_from": "2025-03-03", "is_over": true, "timezone": "UTC", "week_starts_on": 1, "currency": "EUR"}'::jsonb,
    'it says what it is of');

SELECT is(pg_temp.packed(:second, 'commitments', 'handoff_decision', 'department', 'value', 'previous', 'owed', 'met', 'late', 'open', 'breached_open', 'cancelled'),
    'sales 0.5 1 4 2 1 1 1 0', 'decisions: b1 and b2 in time, b3 late, b4 outstanding; both in time the week before');
SELECT is(pg_temp.packed(:second, 'commitments', 'first_attempt', 'value', 'previous', 'owed', 'met', 'late', 'open', 'cancelled'),
    '0.6667 0.5 3 2 0 1 1', 'first calls: b1 and b2 in time, b4 not, b3 was sent back before one was due; a2 was called late');
SELECT is(pg_temp.packed(:second, 'commitments', 'hot_lead', 'value', 'previous', 'owed'), '- - 0', 'nobody was hot: no rate, not zero');
SELECT is(pg_temp.packed(:second, 'commitments', 'returned_touch', 'department', 'value', 'previous', 'owed', 'breached_open'), 'marketing 0 - 2 2',
    'marketing has not taken b2 and b3 up again');
SELECT is(pg_temp.packed(:second, 'commitments', 'accepted_mqls', 'value', 'previous', 'unit', 'target', 'per', 'period', 'state'), '4 0 leads 100 month 2025-03-01 missed',
    'March: six inbound leads, two of them rejected');
SELECT is(pg_temp.packed(:second, 'commitments', 'rejected_share', 'value', 'previous', 'unit', 'target', 'direction', 'state'), '0.3333 - share 0.2 at_most missed', 'two of six');

SELECT is(pg_temp.packed(:second, 'funnel', 'mql', 'value', 'previous', 'now'), '4 2 1', 'the funnel: four were offered, two before; spam is none');
SELECT is(pg_temp.packed(:second, 'funnel', 'sal', 'value', 'previous', 'now'), '1 2 2', 'one was accepted');
SELECT is(pg_temp.packed(:second, 'funnel', 'sql', 'value', 'previous', 'now'), '1 0 1', 'a1 was qualified once, though it came back to that stage');
SELECT is(pg_temp.packed(:second, 'funnel', 'recycled', 'value', 'previous', 'now'), '2 0 2', 'two were sent back');
SELECT is((SELECT string_agg(i ->> 'key', ' ') FROM crm.review AS r, jsonb_array_elements(r.pack -> 'funnel') AS i WHERE r.id = :second),
    'subscriber lead mql sal sql opportunity customer recycled disqualified closed_lost former_customer', 'stages in their order');

SELECT is(pg_temp.packed(:second, 'rejections', 'decided'), '3 2', 'sales decided on three');
SELECT is(pg_temp.packed(:second, 'rejections', 'wrong_size', 'label', 'value', 'previous', 'counts_as_rejection', 'campaigns'),
    'Wrong company size 1 0 true [{"leads": 1, "campaign": "fair"}]', 'b3 was of the wrong size, and of the fair');
SELECT is(pg_temp.packed(:second, 'rejections', 'not_ready', 'value', 'previous', 'campaigns'), '1 0 []', 'b2 was not ready');
SELECT is(pg_temp.packed(:second, 'breaches', 'six_attempts', 'owner', 'value'), 'sam 2, sue 1', 'overdue: six attempts on a2, b1 and b4; a1 was qualified before');
SELECT is(pg_temp.packed(:second, 'breaches', 'handoff_decision', 'owner', 'value', 'previous', 'oldest_due'), 'sue 1 1 2025-03-12T14:00:00+00:00',
    'and sue''s decision, due after four hours');
SELECT is(pg_temp.packed(:second, 'feedback', 'given') || '; ' || pg_temp.packed(:second, 'feedback', 'resolved') || '; ' || pg_temp.packed(:second, 'feedback', 'open'),
    '1 2; 1 0; 2 2', 'feedback: one and two before, one settled, two open; that on spam is none');
SELECT ok((SELECT pack::text !~ 'Zé|students' FROM crm.review WHERE id = :second), 'what is said is not in the pack: it must stay erasable');
SELECT is(pg_temp.packed(:second, 'metrics', 'mqls'), '4 2', 'metrics are those of metric_value');
SELECT is(pg_temp.packed(:second, 'metrics', 'mql_to_sal', 'unit', 'value', 'previous'), 'share 0.25 1', 'and shares');
SELECT is((SELECT string_agg(i ->> 'key', ' ' ORDER BY n) FROM crm.review AS r, jsonb_array_elements(r.pack -> 'goals') WITH ORDINALITY AS x (i, n) WHERE r.id = :second),
    'Revenue March', 'goals whose time it is, the higher ones first');
SELECT is(pg_temp.packed(:second, 'goals', 'March', 'metric', 'value', 'previous', 'target', 'unit', 'state', 'marketing_owner', 'agreed'), 'mqls 6 - 12 leads missed mia false',
    'six of twelve; no review before');
SELECT is((SELECT count(*) FROM crm.metric), (SELECT jsonb_array_length(pack -> 'metrics')::bigint FROM crm.review WHERE id = :second), 'all of them');

-- the same numbers as the scorecard's, for a period that both have
SELECT smarketing.open_review('crm', '2025-03') AS march \gset
SELECT results_eq(format($$SELECT i ->> 'key', (i ->> 'owed')::numeric, (i ->> 'met')::numeric, (i ->> 'late')::numeric, (i ->> 'open')::numeric,
                                  (i ->> 'breached_open')::numeric, (i ->> 'cancelled')::numeric
                           FROM crm.review AS r, jsonb_array_elements(r.pack -> 'commitments') AS i
                           WHERE r.id = %s AND i ->> 'kind' = 'response' AND (i ->> 'owed')::int + (i ->> 'cancelled')::int > 0 ORDER BY 1$$, :march),
    $$SELECT s.commitment, sum(s.owed), sum(s.met), sum(s.late), sum(s.open), sum(s.breached_open), sum(s.cancelled)
      FROM crm.sla_scorecard AS s WHERE s.kind = 'response' AND s.period_start = '2025-03-01' GROUP BY 1 ORDER BY 1$$,
    'the month''s answers are those of sla_scorecard');
SELECT is((SELECT pack #>> '{follows,review}' FROM crm.review WHERE id = :march), :'second', 'a pack names the one before it');

-- ---- the same things as a page ----
DELETE FROM crm.review_attendance;
SELECT is((SELECT review_id FROM crm.weekly_review LIMIT 1), :march::bigint, 'the current review is the one that was opened last');
SELECT results_eq(format($$SELECT section, label, value, previous, change, unit, note FROM crm.review_line
                           WHERE review_id = %s AND section_key || ' ' || key IN ('metrics mqls', 'marketing rejected_share', 'sales handoff_decision', 'funnel sql', 'rejections wrong_size') ORDER BY ordinal$$, :second),
    $$VALUES ('Metrics', 'MQLs', 4.0, 2.0, 2.0, 'leads', NULL),
             ('What marketing owe', 'Marketing keep the share of these leads that sales reject for lack of quality at or below 20 %.', 33.3, NULL, NULL, '%', 'missed, Target 20 %, month'),
             ('What sales owe', 'Sales accept or reject every lead that marketing hand over within 4 working hours; a rejection names its reason.', 50, 100, -50, '%', '2 of 4 in time, 1 late, 1 open'),
             ('Funnel: leads that reached the stage', 'Sales qualified', 1, 0, 1, 'leads', '1 there now'),
             ('Why sales send leads back', 'Wrong company size', 1, 0, 1, 'leads', 'fair (1)')$$, 'lines that a person reads');
SELECT results_eq(format($$SELECT label, value, unit, note FROM crm.review_line WHERE review_id = %s AND section_key = 'feedback' AND value > 100 ORDER BY ordinal$$, :second),
    $$SELECT b.body, floor(extract(epoch FROM now() - b.at) / 86400), 'days', b.note
      FROM (VALUES ('Zé asked for an offer twice', timestamptz '2025-03-05 15:00', 'sam, 2025-03-05'),
                   ('The fair brings students', '2025-03-11 18:00', 'sue, 2025-03-11, fair')) AS b (body, at, note)$$, 'with what was said, read as it is');
SELECT is((SELECT array_agg(ordinal ORDER BY ordinal) FROM crm.weekly_review), (SELECT array_agg(n) FROM generate_series(1, (SELECT count(*) FROM crm.weekly_review)) AS n),
    'in order');

-- ---- who came, what was decided, who does what ----
INSERT INTO crm.review_attendance (review_id, member) VALUES (:second, 'mia'), (:second, 'sam');
SELECT throws_ok(format($$INSERT INTO crm.review_attendance (review_id, member) VALUES (%s, 'nobody')$$, :second), '23503', NULL, 'nobody is no member');
SELECT throws_ok(format($$UPDATE crm.review_attendance SET member = 'sue' WHERE review_id = %s$$, :second), 'SM005', NULL, 'sam does not become sue');
UPDATE crm.member SET department = 'marketing' WHERE name = 'sam';
SELECT results_eq($$SELECT member, department FROM crm.review_attendance ORDER BY 1$$, $$VALUES ('mia', 'marketing'), ('sam', 'sales')$$, 'a department is that of then');
UPDATE crm.member SET department = 'sales' WHERE name = 'sam';
SET smarketing.actor = 'sam';
INSERT INTO crm.review_decision (review_id, body, at, actor) VALUES (:second, 'No students from fairs', '2001-01-01', 'mia') RETURNING id AS decision \gset
SELECT results_eq($$SELECT at > now() - interval '1 minute', actor FROM crm.review_decision$$, $$VALUES (true, 'sam')$$, 'a decision has its time and its actor');
SELECT throws_ok($$UPDATE crm.review_decision SET body = 'Students'$$, 'SM005', NULL, 'it is not rewritten');
SELECT throws_ok($$DELETE FROM crm.review_decision$$, 'SM005', NULL, 'nor deleted');
SELECT id AS students FROM crm.feedback WHERE campaign = 'fair' \gset
INSERT INTO crm.action_item (decision_id, feedback_id, body, owner, due, metric, metric_before, created_at, department, first_due)
    VALUES (:decision, :students, 'Ask for the employer in the form', 'mia', current_date - 3, 'mqls', 77, '2001-01-01', 'sales', '2001-01-01') RETURNING id AS action \gset
RESET smarketing.actor;
SELECT results_eq($$SELECT review_id, department, due, first_due, created_by, metric_per, metric_before, metric_before_period, metric_after FROM crm.action_item$$,
    format($$VALUES (%s::bigint, 'marketing', current_date - 3, current_date - 3, 'sam', 'week', 4::numeric, '2025-03-10'::date, NULL::numeric)$$, :second),
    'an action belongs to its decision''s review and its owner''s department; its metric is that of the reviewed week');
SELECT throws_ok($$INSERT INTO crm.action_item (body, owner, due) VALUES ('x', 'nobody', '2030-01-01')$$, '23503', NULL, 'nobody owns nothing');
SELECT throws_ok($$INSERT INTO crm.action_item (body, owner, due, metric) VALUES ('x', 'mia', '2030-01-01', 'happiness')$$, '23503', NULL, 'nor is happiness a metric');
SELECT throws_ok(format($$INSERT INTO crm.action_item (review_id, decision_id, body, owner, due) VALUES (%s, %s, 'x', 'mia', '2030-01-01')$$, :march, :decision), '23503', NULL,
    'a decision is of one review');
SELECT throws_ok(format($$UPDATE crm.action_item SET %s$$, s), 'SM005', NULL, s || ': frozen')
FROM unnest(ARRAY['metric_before = 0', 'metric = NULL', 'feedback_id = NULL', 'review_id = NULL', 'first_due = due + 1', 'created_by = NULL']) AS s;
SELECT throws_ok($$DELETE FROM crm.action_item$$, 'SM005', NULL, 'an action is not deleted');
SELECT throws_ok($$TRUNCATE crm.action_item$$, 'SM005', NULL, 'nor swept away');
UPDATE crm.action_item SET due = current_date - 2, department = 'sales';
INSERT INTO crm.action_item (body, owner, due) VALUES ('Call b4', 'sue', current_date), ('Write the price list', 'mia', current_date - 10);
SELECT results_eq($$SELECT state, body, owner, department, days_late, first_due = due, decision, feedback, metric, metric_before, metric_now, change FROM crm.action_board$$,
    $$VALUES ('overdue', 'Write the price list', 'mia', 'marketing', 10, true, NULL, NULL, NULL, NULL::numeric, NULL::numeric, NULL::numeric),
             ('overdue', 'Ask for the employer in the form', 'mia', 'marketing', 2, false, 'No students from fairs', 'The fair brings students', 'mqls', 4, 0, -4),
             ('open', 'Call b4', 'sue', 'sales', 0, true, NULL, NULL, NULL, NULL, NULL, NULL)$$, 'the board: the longest overdue first, one was put off; today is in time');
SELECT results_eq($$SELECT state, body, actions, open_actions, owners FROM crm.feedback_board WHERE state <> 'resolved'$$,
    $$VALUES ('open', 'Zé asked for an offer twice', 0::bigint, 0::bigint, NULL::text[]), ('in_work', 'The fair brings students', 1, 1, ARRAY['mia'])$$,
    'an action answers the feedback');

-- the next review sees what is open, and a lead more
SELECT pg_temp.offer('c1', '2025-03-19 10:00'), pg_temp.move('a1', 'opportunity', '2025-03-18 09:00'), pg_temp.move('a1', 'sql', '2025-03-19 09:00') \g /dev/null
SELECT smarketing.open_review('crm', '[2025-03-17,2025-03-24)'::daterange) AS third \gset
SELECT is((SELECT string_agg(concat_ws(' ', i ->> 'owner', i ->> 'state', i ->> 'days_late', i ->> 'metric', i ->> 'value', i ->> 'previous'), ', ' ORDER BY n)
           FROM crm.review AS r, jsonb_array_elements(r.pack -> 'actions') WITH ORDINALITY AS x (i, n) WHERE r.id = :third AND i ? 'action'),
    'mia overdue 10, mia overdue 2 mqls 0 4, sue open 0', 'open actions in the pack, with their metric now and before');
SELECT is(pg_temp.packed(:third, 'funnel', 'sql') || ', ' || pg_temp.packed(:third, 'funnel', 'opportunity'), '0 1, 0 1', 'a1 went to and fro in stages that it had reached before');
SELECT is(pg_temp.packed(:third, 'goals', 'March', 'value', 'previous', 'target'), '7 6 12', 'the goal, and where it stood in the review of the week before');
SELECT results_eq(format($$SELECT label, value, previous, change, unit, note FROM crm.review_line WHERE review_id = %s AND section_key = 'goals' ORDER BY ordinal$$, :third),
    $$VALUES ('Revenue', 0::numeric, 0::numeric, 0::numeric, 'EUR', 'missed, Target 1000'), ('March', 7, 6, 1, 'leads', 'missed, Target 12')$$, 'on the page');

-- ---- done, with its effect ----
SET smarketing.actor = 'mia';
UPDATE crm.action_item SET done = '2001-01-01', metric_after = 5, effect = 'No student since' WHERE id = :action;
SELECT results_eq(format($$SELECT done > now() - interval '1 minute', done_by, metric_after, metric_after_period = date_trunc('week', now())::date - 7 FROM crm.action_item WHERE id = %s$$, :action),
    $$VALUES (true, 'mia', 0::numeric, true)$$, 'done now, by whom, and where the metric stands after the last week that is over');
SELECT throws_ok(format($$UPDATE crm.action_item SET due = '2030-01-01' WHERE id = %s$$, :action), 'SM005', NULL, 'what is done is done');
UPDATE crm.action_item SET effect = 'No student since March', metric_after = 9 WHERE id = :action;
SELECT results_eq(format($$SELECT effect, metric_after FROM crm.action_item WHERE id = %s$$, :action), $$VALUES ('No student since March', 0::numeric)$$, 'its effect may be written later');
UPDATE crm.feedback SET resolution = 'The form asks for the employer', resolved_at = '2001-01-01', resolved_by = 'sam' WHERE id = :students;
SELECT results_eq(format($$SELECT state, effects, resolution, resolved_at > now() - interval '1 minute', resolved_by FROM crm.feedback_board WHERE feedback_id = %s$$, :students),
    $$VALUES ('resolved', ARRAY['No student since March'], 'The form asks for the employer', true, 'mia')$$, 'feedback, action, effect, resolution: the trace');
UPDATE crm.feedback SET resolved_at = NULL WHERE id = :students;
SELECT ok((SELECT resolved_at IS NOT NULL FROM crm.feedback WHERE id = :students), 'a resolution has its time');
UPDATE crm.feedback SET resolution = NULL WHERE id = :students;
SELECT ok((SELECT resolved_at IS NULL AND resolved_by IS NULL FROM crm.feedback WHERE id = :students), 'without one it is open again');
UPDATE crm.feedback SET resolution = 'The form asks for the employer' WHERE id = :students;
UPDATE crm.action_item SET done = NULL WHERE id = :action;
SELECT ok((SELECT done_by IS NULL AND metric_after IS NULL AND metric_after_period IS NULL FROM crm.action_item WHERE id = :action), 'an action that was not done after all');
UPDATE crm.action_item SET done = now() WHERE id = :action;
RESET smarketing.actor;
SELECT throws_ok($$DELETE FROM crm.feedback$$, 'SM005', NULL, 'feedback is not deleted');
SELECT throws_ok($$UPDATE crm.feedback SET actor = 'sue'$$, 'SM005', NULL, 'nor put into another mouth');
SELECT results_eq($$SELECT kind, count(*), bool_and(payload ? 'resolved_by' OR kind NOT LIKE '%resolved') FROM crm.event WHERE kind ~ '^(review|action|feedback)_' GROUP BY 1 ORDER BY 1$$,
    $$VALUES ('action_done', 2::bigint, true), ('action_opened', 3, true), ('feedback_given', 2, true), ('feedback_resolved', 2, true), ('review_opened', 3, true)$$,
    'events: none of an import, none of spam');
SELECT is((SELECT payload FROM crm.event WHERE kind = 'action_opened' ORDER BY id LIMIT 1),
    jsonb_build_object('action', :action::bigint, 'review_id', :second::bigint, 'feedback_id', :students::bigint, 'owner', 'mia', 'department', 'marketing', 'due', current_date - 3),
    'with what another system needs');

-- ---- the pack stays ----
SELECT pack::text AS pack, pack_hash FROM crm.review WHERE id = :second \gset before_
SELECT ok(:'before_pack_hash' = encode(sha256(convert_to(:'before_pack', 'UTF8')), 'hex'), 'its hash is PostgreSQL''s own sha256 of its text');
SELECT pg_temp.move('b4', 'disqualified', '2025-03-14 10:00', 'spam') \g /dev/null
UPDATE crm.stage SET label = 'SQL!' WHERE name = 'sql';
UPDATE crm.member SET active = false WHERE name = 'sue';
SELECT is((SELECT pack::text FROM crm.review WHERE id = :second), :'before_pack', 'b4 is decided at last, a label is another one: not in the pack');
SELECT is((SELECT label FROM crm.review_line WHERE review_id = :second AND section_key = 'funnel' AND key = 'sql'), 'Sales qualified', 'nor on its page');
SELECT throws_ok(format($$UPDATE crm.review SET %s WHERE id = %s$$, s, :second), 'SM005', NULL, s || ': frozen')
FROM unnest(ARRAY['pack = ''{}''', 'pack_hash = ''x''', 'period = ''[2025-01-06,2025-01-13)''', 'opened_at = now()', 'opened_by = ''sam''', 'per = ''month''', 'id = 99']) AS s;
SELECT throws_ok($$DELETE FROM crm.review$$, 'SM005', NULL, 'a review is not deleted');
SELECT throws_ok($$TRUNCATE crm.review CASCADE$$, 'SM005', NULL, 'nor swept away');
SELECT throws_ok($$INSERT INTO crm.review (period, pack, pack_hash) VALUES ('[2025-03-10,2025-03-17)', '{}', 'x') ON CONFLICT DO NOTHING$$, '23505', NULL, 'nor written over');
INSERT INTO crm.review (period, per, pack, pack_hash, opened_at) VALUES ('[2025-03-24,2025-03-31)', 'quarter', '{}', 'x', '2001-01-01') RETURNING id AS fourth \gset
SELECT ok((SELECT pack ? 'funnel' AND per = 'week' AND opened_at > now() - interval '1 minute' AND pack_hash = smarketing.review_pack_hash(pack) FROM crm.review WHERE id = :fourth),
    'a client''s own pack is not taken');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'all is well');

-- the owner can do what he likes, but not unseen
ALTER TABLE crm.review DISABLE TRIGGER smarketing_guard;
UPDATE crm.review SET pack = jsonb_set(pack, '{funnel,2,value}', '400') WHERE id = :second;
SELECT results_eq($$SELECT check_name, object, expected = found FROM smarketing.verify('crm') WHERE check_name <> 'trigger'$$,
    format($$VALUES ('review_pack', 'review %s', false)$$, :second), 'one figure changed: verify finds it');
UPDATE crm.review SET pack_hash = smarketing.review_pack_hash(pack) WHERE id = :second;
SELECT results_eq($$SELECT check_name, object, expected, found FROM smarketing.verify('crm') WHERE check_name <> 'trigger'$$,
    format($$SELECT 'review_chain', 'review %s', %L, pack_hash FROM crm.review WHERE id = %1$s$$, :second, :'before_pack_hash'), 'its hash too: the next pack remembers the old one');
UPDATE crm.review SET pack = :'before_pack', pack_hash = :'before_pack_hash' WHERE id = :second;
UPDATE crm.review SET per = 'month' WHERE id = :fourth;
SELECT is((SELECT check_name FROM smarketing.verify('crm') WHERE check_name <> 'trigger'), 'review_period', 'a period that the pack does not know');
UPDATE crm.review SET per = 'week' WHERE id = :fourth;
ALTER TABLE crm.review ENABLE TRIGGER smarketing_guard;
ALTER TABLE crm.feedback DISABLE TRIGGER smarketing_guard;
UPDATE crm.feedback SET resolution = NULL WHERE id = :students;
SELECT is((SELECT found FROM smarketing.verify('crm') WHERE check_name = 'feedback_resolution'), 'a time without resolution', 'a resolution that went');
UPDATE crm.feedback SET resolution = 'The form asks for the employer' WHERE id = :students;
ALTER TABLE crm.feedback ENABLE TRIGGER smarketing_guard;
ALTER TABLE crm.action_item DISABLE TRIGGER smarketing_guard;
UPDATE crm.action_item SET review_id = NULL WHERE id = :action;
SELECT is((SELECT expected FROM smarketing.verify('crm') WHERE check_name = 'action_item'), format('review %s of its decision', :second), 'an action that lost its review');
UPDATE crm.action_item SET review_id = :second WHERE id = :action;
ALTER TABLE crm.action_item ENABLE TRIGGER smarketing_guard;

-- ---- closed ----
SET smarketing.actor = 'sam';
UPDATE crm.review SET notes = 'We were all there' WHERE id = :second;
UPDATE crm.review SET closed_at = '2001-01-01', closed_by = 'mia' WHERE id = :second;
SELECT results_eq(format($$SELECT closed_at > now() - interval '1 minute', closed_by, notes FROM crm.review WHERE id = %s$$, :second), $$VALUES (true, 'sam', 'We were all there')$$, 'closed, by whom');
RESET smarketing.actor;
SELECT throws_ok(format(s, :second), 'SM005', NULL, 'closed: ' || s)
FROM unnest(ARRAY['UPDATE crm.review SET notes = ''No'' WHERE id = %s', 'UPDATE crm.review SET closed_at = NULL WHERE id = %s', 'DELETE FROM crm.review_attendance WHERE review_id = %s',
    'INSERT INTO crm.review_attendance (review_id, member) VALUES (%s, ''sue'')', 'INSERT INTO crm.review_decision (review_id, body) VALUES (%s, ''x'')',
    'INSERT INTO crm.action_item (review_id, body, owner, due) VALUES (%s, ''x'', ''mia'', ''2030-01-01'')']) AS s;
UPDATE crm.action_item SET effect = 'None after all' WHERE id = :action;
SELECT is((SELECT effect FROM crm.action_item WHERE id = :action), 'None after all', 'its actions go on');

-- ---- somebody asks to be forgotten ----
INSERT INTO crm.action_item (feedback_id, body, owner, due) SELECT f.id, 'Send Zé his offer', 'sam', current_date + 7 FROM crm.feedback AS f WHERE f.body LIKE 'Zé%';
UPDATE crm.feedback SET resolution = 'Zé has his offer' WHERE body LIKE 'Zé%';
UPDATE crm.setting SET value = 'true' WHERE name = 'require_actor';
SELECT smarketing.erase_lead('crm', pg_temp.id('a2'), 'he asked') \g /dev/null
UPDATE crm.setting SET value = 'false' WHERE name = 'require_actor';
SELECT results_eq($$SELECT f.body, f.resolution, f.resolved_at IS NOT NULL, a.body, f.actor FROM crm.feedback AS f JOIN crm.action_item AS a ON a.feedback_id = f.id WHERE f.lead_id = pg_temp.id('a2') OR a.body = ''$$,
    $$VALUES (NULL, '', true, '', 'sam')$$, 'what was said of him is gone, that it was settled stays');
SELECT ok(NOT EXISTS (SELECT FROM crm.review_line WHERE label LIKE '%Zé%' OR note LIKE '%Zé%'), 'from all reviews');

-- ---- who sees only his own leads freezes only these ----
GRANT USAGE ON SCHEMA crm TO smk_sales;
GRANT SELECT ON ALL TABLES IN SCHEMA crm TO smk_sales;
GRANT INSERT ON crm.review TO smk_sales;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON crm.lead TO smk_sales USING (owner = 'sue');
SET ROLE smk_sales;
SELECT smarketing.open_review('crm', '2025-04-10') AS sues \gset
RESET ROLE;
SELECT smarketing.open_review('crm', '2025-04-17') AS all_ \gset
SELECT is((SELECT string_agg(concat_ws(' ', i ->> 'key', i ->> 'now'), ', ' ORDER BY n) FROM crm.review AS r, jsonb_array_elements(r.pack -> 'funnel') WITH ORDINALITY AS x (i, n)
           WHERE r.id = :sues AND i ->> 'now' <> '0'), 'disqualified 1', 'sue''s lead alone');
SELECT is((SELECT sum((i ->> 'now')::int) FROM crm.review AS r, jsonb_array_elements(r.pack -> 'funnel') AS i WHERE r.id = :all_), 7::bigint, 'the owner of the tables freezes all seven');
ALTER TABLE crm.lead DISABLE ROW LEVEL SECURITY;

\ir include/end.psql
