-- The ten questions of a weekly meeting, read from doc/howto.md, on a history whose answers are worked out by hand.
\ir include/begin.psql
SELECT no_plan();
\set q1 `awk -v n=1 -f test/pgtap/include/question.awk doc/howto.md`
\set q2 `awk -v n=2 -f test/pgtap/include/question.awk doc/howto.md`
\set q3 `awk -v n=3 -f test/pgtap/include/question.awk doc/howto.md`
\set q4 `awk -v n=4 -f test/pgtap/include/question.awk doc/howto.md`
\set q5 `awk -v n=5 -f test/pgtap/include/question.awk doc/howto.md`
\set q6 `awk -v n=6 -f test/pgtap/include/question.awk doc/howto.md`
\set q7 `awk -v n=7 -f test/pgtap/include/question.awk doc/howto.md`
\set q8 `awk -v n=8 -f test/pgtap/include/question.awk doc/howto.md`
\set q9 `awk -v n=9 -f test/pgtap/include/question.awk doc/howto.md`
\set q10 `awk -v n=10 -f test/pgtap/include/question.awk doc/howto.md`
CREATE TEMPORARY TABLE question AS
SELECT n::int, rtrim(sql, E';\n') AS sql
FROM unnest(ARRAY[:'q1', :'q2', :'q3', :'q4', :'q5', :'q6', :'q7', :'q8', :'q9', :'q10']) WITH ORDINALITY AS q (sql, n);
CREATE FUNCTION pg_temp.answers(n int, answer text, description text) RETURNS text LANGUAGE sql
AS $$SELECT results_eq((SELECT q.sql FROM pg_temp.question AS q WHERE q.n = $1), $2, $3)$$;

SELECT smarketing.create_workspace('acme') \g /dev/null
SELECT is_empty(sql, 'an empty workspace has no answer: ' || n) FROM pg_temp.question ORDER BY n;

-- ---- what is owed, and the goals ----
UPDATE acme.setting SET value = '"1000 days"' WHERE name = 'max_backdate';
UPDATE acme.setting SET value = '"America/Sao_Paulo"' WHERE name = 'timezone';
UPDATE acme.setting SET value = '7' WHERE name = 'week_starts_on';
INSERT INTO acme.team (name, department) VALUES ('inside', 'sales'), ('field', 'sales');
INSERT INTO acme.member (name, department, team) VALUES ('mia', 'marketing', NULL), ('sam', 'sales', 'inside'), ('sue', 'sales', 'inside'), ('tom', 'sales', 'field'), ('ulf', 'sales', NULL);
DELETE FROM acme.commitment WHERE kind = 'response';
UPDATE acme.commitment SET per = 'quarter', condition = NULL;
UPDATE acme.commitment SET target = 4 WHERE kind = 'volume';
INSERT INTO acme.commitment (agreement_id, key, department, starts_on, ends_on, within, counted)
SELECT a.id, c.key, c.department, c.starts_on, c.ends_on, c.within::interval, 'around_the_clock'
FROM acme.agreement AS a, (VALUES ('call_back', 'sales', 'activity:demo_request', 'attempt', '1 hour'), ('take_back', 'marketing', 'handoff:returned', 'touch', '3 days'),
    ('demo', 'sales', 'stage:sql', 'activity:demo', '900 days')) AS c (key, department, starts_on, ends_on, within);
UPDATE acme.agreement SET valid = '[2020-01-01,)', marketing_signed_by = 'mia', sales_signed_by = 'sam';
INSERT INTO acme.goal (name, metric, target, unit, starts_on, ends_on) VALUES
    ('Revenue', 'revenue', 1000, 'EUR', current_date - 120, current_date + 60), ('Before', 'revenue', 1, 'EUR', current_date - 200, current_date - 150);
INSERT INTO acme.goal (name, metric, target, unit, starts_on, ends_on, parent, marketing_owner, sales_owner)
SELECT 'MQLs', 'mqls', 500, 'leads', starts_on, ends_on, id, 'mia', 'sam' FROM acme.goal WHERE name = 'Revenue';
UPDATE acme.goal SET marketing_signed_by = 'mia', sales_signed_by = 'sam';
INSERT INTO acme.goal (name, metric, target, unit, starts_on, ends_on, parent)
SELECT 'A draft', 'sqls', 1, 'leads', starts_on, ends_on, id FROM acme.goal WHERE name = 'Revenue';

-- ---- what has happened ----
INSERT INTO acme.campaign (name, channel) VALUES ('ads', 'web'), ('fair', 'event');
INSERT INTO acme.campaign_cost (campaign, day, amount) VALUES ('ads', current_date - 90, 600), ('ads', current_date, 400);
CREATE FUNCTION pg_temp.lead(name text, owner text, campaign text, at timestamptz DEFAULT now()) RETURNS void LANGUAGE sql
AS $$INSERT INTO acme.lead (name, owner, campaign, stage, stage_since) VALUES ($1, $2, $3, 'mql', $4)$$;
CREATE FUNCTION pg_temp.move(name text, stage text, at timestamptz DEFAULT now(), reason text DEFAULT NULL) RETURNS void LANGUAGE sql
AS $$UPDATE acme.lead SET stage = $2, stage_since = $3, reason = $4 WHERE lead.name = $1$$;
CREATE FUNCTION pg_temp.did(name text, kind text, at timestamptz DEFAULT now()) RETURNS void LANGUAGE sql
AS $$INSERT INTO acme.activity (lead_id, kind, at) SELECT l.id, $2, $3 FROM acme.lead AS l WHERE l.name = $1$$;
CREATE FUNCTION pg_temp.ago(days interval) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now() - $1';

-- two quarters ago and before
SELECT pg_temp.lead('old', 'sam', 'ads', pg_temp.ago('6 months')), pg_temp.move('old', 'sal', pg_temp.ago('6 months -1 hour')), pg_temp.move('old', 'sql', pg_temp.ago('20 days')),
       pg_temp.lead('bad', 'sue', 'ads', pg_temp.ago('9 months')), pg_temp.move('bad', 'recycled', pg_temp.ago('9 months -1 hour'), 'bad_contact_data'),
       pg_temp.did('bad', 'marketing_call', pg_temp.ago('8 months')) \g /dev/null
-- last quarter
SELECT pg_temp.lead('won', 'sam', 'ads', pg_temp.ago('3 months')), pg_temp.move('won', 'sal', pg_temp.ago('3 months -1 hour')), pg_temp.move('won', 'sql', pg_temp.ago('3 months -2 hours')),
       pg_temp.lead('small', 'sue', 'ads', pg_temp.ago('3 months')), pg_temp.move('small', 'recycled', pg_temp.ago('3 months -1 hour'), 'wrong_size'),
       pg_temp.did('small', 'marketing_call', pg_temp.ago('80 days')),
       pg_temp.lead('deal', 'tom', 'fair', pg_temp.ago('3 months')), pg_temp.move('deal', 'sal', pg_temp.ago('3 months -1 hour')), pg_temp.move('deal', 'sql', pg_temp.ago('3 months -2 hours')),
       pg_temp.lead('mute', 'ulf', NULL, pg_temp.ago('3 months')), pg_temp.move('mute', 'recycled', pg_temp.ago('3 months -1 hour'), 'no_answer'),
       pg_temp.did('mute', 'newsletter', pg_temp.ago('80 days')),
       pg_temp.lead('cold', 'tom', 'fair', pg_temp.ago('3 months')), pg_temp.move('cold', 'sal', pg_temp.ago('8 days')),
       pg_temp.lead('back', 'tom', 'fair', pg_temp.ago('3 months')), pg_temp.move('back', 'sal', pg_temp.ago('11 days')),
       pg_temp.move('back', 'recycled', pg_temp.ago('10 days'), 'timing'),
       pg_temp.lead('test', 'sam', 'ads', pg_temp.ago('3 months')), pg_temp.move('test', 'sal', pg_temp.ago('3 months -1 hour')), pg_temp.move('test', 'sql', pg_temp.ago('9 days')) \g /dev/null
INSERT INTO acme.deal (lead_id, amount, opened_at, closed_at, won)
SELECT l.id, v.amount, now() - interval '80 days', v.closed_at, v.won
FROM (VALUES ('won', 900, now() - interval '70 days', true), ('deal', 700, NULL, NULL)) AS v (name, amount, closed_at, won) JOIN acme.lead AS l USING (name);
-- this quarter
SELECT pg_temp.lead('n1', 'sam', 'ads'), pg_temp.lead('n2', 'sam', 'ads'), pg_temp.lead('n3', 'tom', 'fair'), pg_temp.lead('n4', 'ulf', NULL) \g /dev/null
SELECT pg_temp.move('n1', 'sal'), pg_temp.move('n1', 'sql'), pg_temp.move('n2', 'sal'), pg_temp.move('n3', 'recycled', now(), 'wrong_title'), pg_temp.move('small', 'mql') \g /dev/null
-- who asked for a demo, and when somebody called: two weeks ago, last week, this week
SELECT pg_temp.did('won', 'demo_request', pg_temp.ago('14 days')), pg_temp.did('won', 'call', pg_temp.ago('14 days -5 minutes')),
       pg_temp.did('won', 'demo_request', pg_temp.ago('7 days')), pg_temp.did('won', 'call', pg_temp.ago('7 days -20 minutes')),
       pg_temp.did('deal', 'demo_request', pg_temp.ago('7 days')), pg_temp.did('deal', 'call', pg_temp.ago('7 days -2 hours')),
       pg_temp.did('test', 'demo_request', pg_temp.ago('7 days')), pg_temp.did('test', 'call', pg_temp.ago('7 days -2 hours')),
       pg_temp.did('cold', 'demo_request', pg_temp.ago('7 days')) \g /dev/null
SELECT pg_temp.did('n1', 'demo_request'), pg_temp.did('n2', 'demo_request'), pg_temp.did('n4', 'demo_request') \g /dev/null
SELECT pg_temp.did('n1', 'call'), pg_temp.did('n4', 'call') \g /dev/null
UPDATE acme.lead SET do_not_contact = true WHERE name = 'n2';
UPDATE acme.lead SET excluded = 'test' WHERE name = 'test';
-- meetings: of two weeks, and of the month before
SELECT smarketing.open_review('acme', current_date - 14) AS first \gset
SELECT smarketing.open_review('acme', current_date - 7) AS second \gset
SELECT smarketing.open_review('acme', to_char(current_date - interval '1 month', 'YYYY-MM')) AS month \gset
INSERT INTO acme.review_decision (id, review_id, body) VALUES (1, :first, 'long ago'), (2, :month, 'for the month'), (3, :second, 'call'), (4, :second, 'ask'), (5, :second, 'think');
INSERT INTO acme.action_item (id, decision_id, body, owner, due) VALUES
    (1, 1, 'old', 'sam', current_date + 30), (2, 3, 'a rota', 'sam', current_date - 2), (3, 4, 'a form', 'mia', current_date - 2), (4, 4, 'a list', 'mia', current_date + 30);
UPDATE acme.action_item SET done = now(), effect = 'they say' WHERE id = 3;

-- ---- the answers ----
SELECT pg_temp.answers(1, $$VALUES ('accepted_mqls', 'quarter', 5::bigint, 2::bigint, 1::bigint, 4::numeric, 4::numeric, 'met')$$,
    'five delivered this quarter, one of them again; two accepted, one rejected, two wait');
SELECT pg_temp.answers(2, $$VALUES
    (0, 'inside', '(team)', 1::bigint, 1::bigint, 1.00), (0, 'inside', 'sam', 1, 1, 1.00), (0, NULL, '(team)', 1, 1, 1.00), (0, NULL, 'ulf', 1, 1, 1.00),
    (1, 'field', '(team)', 0, 2, 0.00), (1, 'field', 'tom', 0, 2, 0.00), (1, 'inside', '(team)', 1, 1, 1.00), (1, 'inside', 'sam', 1, 1, 1.00)$$,
    'late and unanswered are not in time; what is not due yet, was cancelled, or is of the week before, is not judged; nor an excluded lead');
SELECT pg_temp.answers(3, $$VALUES ('marketing', NULL::text, NULL::text, 'take_back', 'back', 'breached', '7 days'::interval),
                                   ('sales', 'field', 'tom', 'call_back', 'cold', 'breached', '6 days 23:00')$$, 'a lead that marketing has not taken up, a call that was not made');
SELECT pg_temp.answers(4, $$VALUES ('sam', 'old', 'Sales qualified', 20::float8, 'demo', 'running'), ('tom', 'cold', 'Sales accepted', 8, 'call_back', 'breached')$$,
    'who has been waiting for a first attempt');
SELECT pg_temp.answers(5, $$VALUES ('ads', 'Wrong company size', 1::bigint, 6::bigint, 0.17), ('fair', 'Wrong role', 1, 4, 0.25)$$,
    'reasons that count, of the last half year, of all that was decided');
SELECT pg_temp.answers(6, $$VALUES ('(none)', 'this quarter', 1::bigint, 0::bigint, 0.00), ('(none)', 'last quarter', 1, 0, 0.00),
    ('event', 'this quarter', 1, 0, 0.00), ('event', 'last quarter', 3, 1, 0.33), ('web', 'this quarter', 3, 1, 0.33), ('web', 'last quarter', 2, 1, 0.50)$$,
    'a lead that comes back is an MQL of both quarters; older ones are of neither');
SELECT pg_temp.answers(7, $$VALUES ('ads', 1000::numeric, 167::numeric, 167::numeric, 333::numeric, 1000::numeric, 1000::numeric, 0::numeric, 900::numeric, -0.10),
    ('fair', NULL, NULL, NULL, NULL, NULL, NULL, 700, 0, NULL)$$, '1,000 for six leads, six MQLs, three SQLs, one opportunity, one customer; of the fair no cost is known');
SELECT pg_temp.answers(8, $$VALUES ('Bad contact data', 1::numeric, 1::numeric, 0::numeric, 0::numeric, 0::numeric, NULL::numeric, 1::numeric),
    ('Nobody answered in time', 1, 1, 0, 0, 0, NULL, 1), ('Not the right time', 1, 0, 0, 0, 0, NULL, 1), ('Wrong company size', 1, 1, 1, 0, 0, NULL, 0),
    ('Wrong role', 1, 0, 0, 0, 0, NULL, 1)$$, 'touched, offered again, waiting');
SELECT pg_temp.answers(9, $$VALUES ('Revenue', NULL::text, NULL::text, 1000::numeric, 900::numeric, true, 'on_track'),
    ('Revenue / MQLs', 'mia', 'sam', 500, 11, false, 'at_risk')$$, 'at two thirds of its time 900 of 1,000 are more than enough; drafts and what is over are left out');
SELECT pg_temp.answers(10, $$VALUES ('call', 'a rota', 'sam', 'overdue', NULL::text), ('ask', 'a form', 'mia', 'done', 'they say'),
    ('ask', 'a list', 'mia', 'open', NULL), ('think', NULL, NULL, 'no_action', NULL)$$, 'of the last weekly meeting');
SELECT is((SELECT count(*) FROM acme.decision_board), 6::bigint, 'the others are on the board too');

-- ---- who may read the views may ask ----
GRANT USAGE ON SCHEMA acme TO smk_stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA acme TO smk_stranger;
SET ROLE smk_stranger;
SET search_path = '';
SELECT lives_ok(rtrim(sql, E';\n'), 'a reader asks question ' || n)
FROM unnest(ARRAY[:'q1', :'q2', :'q3', :'q4', :'q5', :'q6', :'q7', :'q8', :'q9', :'q10']) WITH ORDINALITY AS q (sql, n);
RESET ROLE;
SELECT is_empty($$SELECT * FROM smarketing.verify('acme')$$, 'verify finds it all right');
SELECT * FROM finish();
