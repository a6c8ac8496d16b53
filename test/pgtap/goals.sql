-- Goals: refused unless SMART, agreed by both departments, then immutable; and how far they have come.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();
\ir include/sla.psql
INSERT INTO crm.member (name, department, active) VALUES ('max', 'marketing', true), ('old', 'sales', false);

CREATE FUNCTION pg_temp.goal(name text) RETURNS bigint LANGUAGE sql STABLE AS $$SELECT g.id FROM crm.goal AS g WHERE g.name = $1$$;
-- 'SM007 metric M': the SQLSTATE of a statement, the column it is about and the quality that its detail begins with
CREATE FUNCTION pg_temp.fault(statement text) RETURNS text LANGUAGE plpgsql
AS $$
DECLARE
    state text; col text; detail text; hint text; tab text;
BEGIN
    EXECUTE statement;
    RETURN 'passed';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, col = COLUMN_NAME, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, tab = TABLE_NAME;
    RETURN concat_ws(' ', state, nullif(tab || coalesce('.' || nullif(col, ''), ''), ''), substring(detail FROM '^([SMART]), '), CASE WHEN state LIKE 'SM%' AND hint = '' THEN 'no hint' END);
END
$$;
-- a goal below the year's revenue, with some of its terms changed
CREATE FUNCTION pg_temp.child(terms jsonb) RETURNS text LANGUAGE sql
AS $$
    SELECT pg_temp.fault(format('INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, marketing_owner, sales_owner, parent, rationale)
            SELECT name, metric, target, unit, starts_on, ends_on, marketing_owner, sales_owner, parent, rationale FROM jsonb_populate_record(NULL::crm.goal, %L)',
        jsonb_build_object('name', 'spring', 'metric', 'mqls', 'target', 5, 'unit', 'leads', 'starts_on', '2025-04-01', 'ends_on', '2025-06-30',
                           'parent', pg_temp.goal('year')) || terms))
$$;

-- what has been: a lead in December, from then on MQLs, 2 in January, 3 in March
BEGIN;
SET LOCAL smarketing.import = 'history';
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('first', 'lead', '2024-12-30 10:00Z'), ('last', 'lead', '2025-05-05 10:00Z');
INSERT INTO crm.lead (external_id, stage, stage_since)
SELECT 'm' || i, 'mql', CASE WHEN i <= 2 THEN timestamptz '2025-01-10Z' ELSE '2025-03-10Z' END FROM generate_series(2, 5) AS i;
COMMIT;
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('m1', 'mql', '2025-01-10Z');

-- ---- SMART, or refused ----
SELECT is(pg_temp.fault($$INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on) VALUES ('year', 'revenue', 500000, 'EUR', '2025-01-01', '2025-12-31')$$),
    'passed', 'the year''s revenue stands on its own');
SELECT is(pg_temp.child('{"metric": "happiness"}'), 'SM007 goal.metric S', 'not specific: no such metric');
SELECT is(pg_temp.child('{"metric": null}'), 'SM007 goal.metric S', 'or none');
INSERT INTO crm.metric (name, unit, definition) VALUES ('happiness', 'leads', 'How happy they are.');
SELECT is(pg_temp.child('{"metric": "happiness"}'), 'SM007 goal.metric S', 'a definition alone does not make it one that is computed');
SELECT is(pg_temp.child('{"target": null}'), 'SM007 goal.target M', 'not measurable: no target');
SELECT is(pg_temp.child('{"target": "NaN"}'), 'SM007 goal.target M', 'or none that is a number');
SELECT is(pg_temp.child('{"target": -1}'), 'SM007 goal.target M', 'or a negative one');
SELECT is(pg_temp.child('{"unit": null}'), 'SM007 goal.unit M', 'no unit');
SELECT is(pg_temp.child('{"unit": "EUR"}'), 'SM007 goal.unit M', 'or another than the metric''s');
SELECT is(pg_temp.child('{"metric": "mql_to_sal", "unit": "share", "target": 40}'), 'SM007 goal.target M', 'a share of 4000 %');
SELECT is(pg_temp.child('{"metric": "pipeline", "unit": "USD"}'), 'SM007 goal.unit M', 'an amount in another currency');
SELECT is(pg_temp.child('{"parent": null}'), 'SM007 goal.parent R', 'not relevant: it contributes to nothing');
SELECT is(pg_temp.child('{"parent": -1}'), 'SM007 goal.parent R', 'or to what is not there');
SELECT is(pg_temp.child('{"starts_on": "2024-04-01"}'), 'SM007 goal.parent R', 'or begins before what it contributes to');
SELECT is(pg_temp.child('{"ends_on": "2026-01-01"}'), 'SM007 goal.parent R', 'or ends after it');
SELECT is(pg_temp.child('{"starts_on": null}'), 'SM007 goal.starts_on T', 'not time-bound: no first day');
SELECT is(pg_temp.child('{"ends_on": null}'), 'SM007 goal.ends_on T', 'no last day');
SELECT is(pg_temp.child('{"ends_on": "infinity"}'), 'SM007 goal.ends_on T', 'or never');
SELECT is(pg_temp.child('{"ends_on": "2025-03-31"}'), 'SM007 goal.ends_on T', 'the last one before the first one');
SELECT is(pg_temp.child('{"sales_owner": "mia"}'), 'SM007 goal.sales_owner', 'marketing cannot answer for it in sales');
SELECT is(pg_temp.child('{"sales_owner": "old"}'), 'SM007 goal.sales_owner', 'nor who has left');
SELECT is(pg_temp.child('{"marketing_owner": "sam"}'), 'SM007 goal.marketing_owner', 'nor sales in marketing');
SELECT is(pg_temp.child('{"name": null}'), '23502 goal.name', 'it has a name');
SELECT is((SELECT count(*) FROM crm.goal), 1::bigint, 'nothing is kept of what was refused');

-- ---- attainable: what has been reached, and what can be worked ----
SELECT is(pg_temp.child('{"target": 6}'), 'SM007 goal.rationale A', 'six MQLs: the quarter before had five');
SELECT is(pg_temp.child('{"target": 6, "rationale": " "}'), 'SM007 goal.rationale A', 'a blank is no reason');
SELECT is(pg_temp.child('{"target": 5}'), 'passed', 'five have been there');
SELECT results_eq($$SELECT warning, best_value, best_period FROM crm.goal WHERE name = 'spring'$$, $$VALUES (NULL, 5::numeric, daterange('2025-01-01', '2025-04-01'))$$,
    'no warning; what it was compared with is kept');
SELECT is(pg_temp.fault($$UPDATE crm.goal SET target = 6 WHERE name = 'spring'$$), 'SM007 goal.rationale A', 'six afterwards is no easier');
SELECT is(pg_temp.fault($$UPDATE crm.goal SET target = 6, rationale = 'a fair in May' WHERE name = 'spring'$$), 'passed', 'with a reason it is a goal');
SELECT is((SELECT warning FROM crm.goal WHERE name = 'spring'), 'Better than the best comparable period so far: 5 (2025-01-01 to 2025-03-31).', 'that carries its warning');
UPDATE crm.goal SET warning = NULL, best_value = 99, capacity = 7 WHERE name = 'spring';
SELECT results_eq($$SELECT warning IS NOT NULL, best_value, capacity FROM crm.goal WHERE name = 'spring'$$, $$VALUES (true, 5::numeric, NULL::bigint)$$, 'which nobody takes off it');
UPDATE crm.goal SET target = 5 WHERE name = 'spring';
SELECT is((SELECT warning FROM crm.goal WHERE name = 'spring'), NULL, 'but a target that has been reached before');
SELECT is(pg_temp.child('{"name": "april", "target": 4, "ends_on": "2025-04-30"}'), 'SM007 goal.rationale A', 'of a month: three in March');
SELECT is(pg_temp.child('{"name": "april", "target": 3, "ends_on": "2025-04-30"}'), 'passed', 'were the most');
SELECT is(pg_temp.child('{"name": "ten days", "target": 4, "starts_on": "2025-04-05", "ends_on": "2025-04-14"}'), 'SM007 goal.rationale A', 'of ten days: three');
SELECT is(pg_temp.child('{"name": "ten days", "target": 3, "starts_on": "2025-04-05", "ends_on": "2025-04-14"}'), 'passed', 'in those of March the 10th');
SELECT is((SELECT best_period @> date '2025-03-10' AND upper(best_period) - lower(best_period) = 10 FROM crm.goal WHERE name = 'ten days'), true, 'which were ten too');
SELECT is(pg_temp.child('{"name": "clean", "metric": "rejected_share", "unit": "share", "target": 0}'), 'passed', 'where less is better, none rejected has been reached');
SELECT pg_temp.move('m1', 'recycled', '2025-01-11Z', 'wrong_size') \g /dev/null
SELECT is(pg_temp.child('{"name": "cleaner", "metric": "rejected_share", "unit": "share", "target": 0.1}'), 'SM007 goal.rationale A', 'until one in five is');
SELECT is(pg_temp.child('{"name": "cleaner", "metric": "rejected_share", "unit": "share", "target": 0.2}'), 'passed', 'one in five has been reached');
UPDATE crm.member SET capacity = 2 WHERE name = 'sam';
SELECT is(pg_temp.child('{"name": "no limit", "target": 6}') || ' ' || coalesce((SELECT capacity FROM crm.goal WHERE name = 'no limit')::text, '-'), 'SM007 goal.rationale A -', 'capacity is not known while one has no limit');
UPDATE crm.member SET capacity = 2 WHERE name = 'sue';
SELECT is(pg_temp.child('{"name": "five", "target": 5}'), 'SM007 goal.rationale A', 'two who work two leads each: five at once are more');
SELECT is(pg_temp.child('{"name": "five", "target": 5, "rationale": "a third one starts in April"}'), 'passed', 'unless there is a reason');
SELECT is((SELECT warning FROM crm.goal WHERE name = 'five'), 'More than the recorded capacity: 4 leads in work at once.', 'the warning says so');
SELECT is(pg_temp.child('{"name": "both", "target": 7, "rationale": "yes"}'), 'passed', 'more than both');
SELECT is((SELECT warning FROM crm.goal WHERE name = 'both'), 'Better than the best comparable period so far: 5 (2025-01-01 to 2025-03-31). More than the recorded capacity: 4 leads in work at once.', 'is warned of both');
SELECT is(pg_temp.child('{"name": "leads", "metric": "leads", "target": 5}'), 'passed', 'new leads are not sales'' to work');
SELECT is(pg_temp.child('{"name": "no history", "metric": "pipeline", "unit": "currency", "target": 1000000}'), 'passed', 'without a history nothing speaks against it');
SELECT is((SELECT unit FROM crm.goal WHERE name = 'no history'), 'EUR', 'an amount keeps its currency');
SELECT smarketing.create_workspace('vendas', 'pt') \g /dev/null
INSERT INTO vendas.member (name, department, capacity) VALUES ('sara', 'sales', 3);
INSERT INTO vendas.goal (name, metric, target, unit, starts_on, ends_on) VALUES ('ano', 'revenue', 1, 'EUR', '2025-01-01', '2025-12-31');
INSERT INTO vendas.goal (name, metric, target, unit, starts_on, ends_on, parent, rationale) SELECT 'mqls', 'mqls', 4, 'leads', starts_on, ends_on, id, 'sim' FROM vendas.goal;
SELECT is((SELECT warning FROM vendas.goal WHERE name = 'mqls'), 'Mais que a capacidade registrada: 3 leads em trabalho ao mesmo tempo.', 'in the workspace''s language');

-- ---- the tree ----
SELECT is(pg_temp.fault(format('UPDATE crm.goal SET parent = %s WHERE name = ''year''', pg_temp.goal('spring'))), 'SM007 goal.parent R', 'no circle');
SELECT is(pg_temp.fault('UPDATE crm.goal SET parent = id WHERE name = ''spring'''), 'SM007 goal.parent R', 'of one neither');
SELECT is(pg_temp.fault($$UPDATE crm.goal SET starts_on = '2025-05-01' WHERE name = 'year'$$), 'SM007 goal.ends_on R', 'a goal contains those below it');
SELECT is(pg_temp.fault($$DELETE FROM crm.goal WHERE name = 'year'$$), '23503 goal', 'and cannot go while they are there');
DELETE FROM crm.goal WHERE name NOT IN ('year', 'spring', 'april', 'cleaner', 'leads');
SELECT is((SELECT count(*) FROM crm.goal), 5::bigint, 'a draft can go');

-- ---- agreed by both ----
SELECT is(pg_temp.fault($$UPDATE crm.goal SET marketing_signed_by = 'sam' WHERE name = 'spring'$$), 'SM003 goal.marketing_signed_by', 'sales cannot sign for marketing');
SELECT is(pg_temp.fault($$UPDATE crm.goal SET sales_signed_by = 'old' WHERE name = 'spring'$$), 'SM003 goal.sales_signed_by', 'nor who has left');
SET smarketing.actor = 'max';
SELECT is(pg_temp.fault($$UPDATE crm.goal SET marketing_signed_by = 'mia' WHERE name = 'spring'$$), 'SM003 goal.marketing_signed_by', 'nobody signs in the name of another');
SET smarketing.actor = 'mia';
UPDATE crm.goal SET marketing_signed_by = 'mia', marketing_signed_at = '2001-01-01' WHERE name = 'spring';
SELECT ok((SELECT marketing_signed_at > now() - interval '1 hour' FROM crm.goal WHERE name = 'spring'), 'the time is not the signer''s to choose');
SELECT is((SELECT agreed FROM crm.goal_progress WHERE goal = 'spring'), false, 'one signature does not agree');
UPDATE crm.goal SET marketing_signed_by = NULL WHERE name = 'spring';
SELECT is((SELECT marketing_signed_at FROM crm.goal WHERE name = 'spring'), NULL, 'the first one may be withdrawn');
UPDATE crm.goal SET marketing_signed_by = 'mia' WHERE name = 'spring';
RESET smarketing.actor;
UPDATE crm.goal SET target = 4 WHERE name = 'spring';
SELECT is((SELECT marketing_signed_by FROM crm.goal WHERE name = 'spring'), NULL, 'and falls when the goal becomes another');
UPDATE crm.goal SET marketing_signed_by = 'mia' WHERE name = 'spring';
UPDATE crm.goal SET sales_signed_by = 'sam', target = 4.0 WHERE name = 'spring';
SELECT is((SELECT agreed FROM crm.goal_progress WHERE goal = 'spring'), true, 'two signatures do, whatever else is written as it was');
SELECT is(pg_temp.fault($$UPDATE crm.goal SET target = 1 WHERE name = 'spring'$$), 'SM008 goal', 'then it cannot change');
SELECT is(pg_temp.fault($$UPDATE crm.goal SET sales_signed_by = NULL WHERE name = 'spring'$$), 'SM008 goal', 'nor lose a signature');
SELECT is(pg_temp.fault($$DELETE FROM crm.goal WHERE name = 'spring'$$), 'SM008 goal', 'nor go');
SELECT is(pg_temp.fault($$UPDATE crm.metric SET name = 'other' WHERE name = 'mqls'$$), 'SM008 goal', 'nor be of another metric');
SELECT is(pg_temp.fault($$TRUNCATE crm.goal$$), 'SM007 goal', 'nor be swept away');
SELECT results_eq($$SELECT new ->> 'target', old IS NULL FROM crm.config_change WHERE table_name = 'goal' AND key = pg_temp.goal('spring')::text ORDER BY id LIMIT 2$$,
    $$VALUES ('5', true), ('6', false)$$, 'every change is on record');
UPDATE crm.metric SET direction = 'at_most' WHERE name = 'mqls';
SELECT is((SELECT direction FROM crm.goal_progress WHERE goal = 'spring'), 'at_least', 'a metric that turns round turns no goal round');
UPDATE crm.metric SET direction = 'at_least' WHERE name = 'mqls';

-- ---- how far: in 2025, all over ----
CREATE FUNCTION pg_temp.add(name text, metric text, target numeric, unit text, from_day date, to_day date) RETURNS void LANGUAGE sql
AS $$INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, parent, rationale) VALUES ($1, $2, $3, $4, $5, $6, pg_temp.goal('year'), 'we think so')$$;
CREATE FUNCTION pg_temp.progress(name text) RETURNS text LANGUAGE sql STABLE
AS $$SELECT concat_ws(' ', trim_scale(actual), 'of', trim_scale(target), state, trim_scale(forecast)) FROM crm.goal_progress WHERE goal = $1$$;
SELECT pg_temp.add('q1', 'mqls', 5, 'leads', '2025-01-01', '2025-03-31'), pg_temp.add('q1 more', 'mqls', 6, 'leads', '2025-01-01', '2025-03-31'),
       pg_temp.add('some days', 'mqls', 2, 'leads', '2025-01-05', '2025-03-09'), pg_temp.add('q2', 'mqls', 1, 'leads', '2025-04-01', '2025-06-30'),
       pg_temp.add('rejected', 'rejected_share', 0.2, 'share', '2025-01-01', '2025-03-31'), pg_temp.add('rejected less', 'rejected_share', 0.1, 'share', '2025-01-01', '2025-03-31'),
       pg_temp.add('accepted', 'mql_to_sal', 0.5, 'share', '2025-04-01', '2025-06-30'), pg_temp.add('spend', 'cost', 100, 'currency', '2025-01-01', '2025-03-31') \g /dev/null
SELECT is(pg_temp.progress('q1'), '5 of 5 met 5', 'five of five');
SELECT is(pg_temp.progress('q1 more'), '5 of 6 missed 5', 'five of six');
SELECT is(pg_temp.progress('some days'), '2 of 2 met 2', 'the days of the goal count, not those of a calendar''s periods');
SELECT is(pg_temp.progress('q2'), '0 of 1 missed 0', 'none');
SELECT is(pg_temp.progress('rejected'), '0.2 of 0.2 met 0.2', 'at most a fifth');
SELECT is(pg_temp.progress('rejected less'), '0.2 of 0.1 missed 0.2', 'is more than a tenth');
SELECT is(pg_temp.progress('accepted'), 'of 0.5 missed', 'what could not be measured by the end is missed');
SELECT is(pg_temp.progress('spend'), '0 of 100 met 0', 'of money, less is better');
SELECT is((SELECT share FROM crm.goal_progress WHERE goal = 'q1 more'), 5 / 6::float8, 'share of the target');
SELECT is((SELECT value FROM crm.metric_value WHERE metric = 'mqls' AND per = 'quarter' AND period = '2025-01-01'), (SELECT actual FROM crm.goal_progress WHERE goal = 'q1'), 'the number that metric_value has');
SELECT results_eq($$SELECT goal, level, path, parent_goal FROM crm.goal_progress WHERE goal IN ('year', 'april')$$,
    $$VALUES ('year', 1, 'year', NULL), ('april', 2, 'year / april', 'year')$$, 'the goals stand below what they contribute to');
SELECT pg_temp.fault(format($$INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, parent, rationale) VALUES
    ('new business', 'revenue', 300000, 'EUR', '2025-01-01', '2025-12-31', %1$s, 'x'), ('old customers', 'revenue', 150000, 'EUR', '2025-01-01', '2025-12-31', %1$s, 'x')$$, pg_temp.goal('year'))) \g /dev/null
SELECT results_eq($$SELECT target, children, children_behind, children_target, children_actual FROM crm.goal_progress WHERE goal = 'year'$$,
    $$SELECT 500000::numeric, 14::bigint, (SELECT count(*) FROM crm.goal_progress WHERE state = 'missed' AND goal <> 'year'), 450000::numeric, 0::numeric$$,
    'together they leave 50,000 of the year open');

-- ---- how far: while it runs; the office never closes, so that half of the days is half of the time ----
UPDATE crm.calendar SET hours = 'UTC; 24/7';
INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, rationale) VALUES ('now', 'revenue', 1, 'EUR', now()::date - 400, now()::date + 400, 'x');
CREATE FUNCTION pg_temp.running(name text, metric text, target numeric, unit text, direction text DEFAULT NULL) RETURNS void LANGUAGE sql
AS $$INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, parent, rationale, direction)
     VALUES ($1, $2, $3, $4, timezone('UTC', now())::date - 10, timezone('UTC', now())::date + 9, pg_temp.goal('now'), 'we think so', $5)$$;
BEGIN;
SET LOCAL smarketing.import = 'recent';
INSERT INTO crm.lead (external_id, stage, stage_since) SELECT 'n' || i, 'lead', now() - interval '5 days' FROM generate_series(1, 60) AS i;
COMMIT;
SELECT pg_temp.running('hundred', 'leads', 100, 'leads'), pg_temp.running('150', 'leads', 150, 'leads'), pg_temp.running('sixty', 'leads', 60, 'leads'),
       pg_temp.running('few', 'leads', 150, 'leads', 'at_most'), pg_temp.running('fewer', 'leads', 100, 'leads', 'at_most'), pg_temp.running('fewest', 'leads', 50, 'leads', 'at_most'),
       pg_temp.running('won', 'lead_to_customer', 0.1, 'share'), pg_temp.running('wins', 'win_rate', 0.3, 'share'), pg_temp.running('unqualified', 'lead_to_customer', 0, 'share', 'at_most') \g /dev/null
SELECT results_eq($$SELECT goal, actual, state FROM crm.goal_progress WHERE parent_goal = 'now' ORDER BY goal_id$$,
    $$VALUES ('hundred', 60::numeric, 'on_track'), ('150', 60, 'at_risk'), ('sixty', 60, 'met'), ('few', 60, 'on_track'), ('fewer', 60, 'at_risk'), ('fewest', 60, 'missed'),
             ('won', 0, 'at_risk'), ('wins', NULL, 'not_yet'), ('unqualified', 0, 'on_track')$$, 'after ten days of twenty');
INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, rationale) SELECT 'later', 'revenue', 1, 'EUR', d - 15, d + 4, 'x' FROM (SELECT timezone('UTC', now())::date AS d) AS x;
INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, parent, rationale)
SELECT t || ' later', 'leads', t, 'leads', starts_on, ends_on, id, 'x' FROM crm.goal, unnest(ARRAY[70, 100]) AS t WHERE name = 'later';
SELECT results_eq($$SELECT goal, state FROM crm.goal_progress WHERE parent_goal = 'later' ORDER BY goal_id$$, $$VALUES ('70 later', 'on_track'), ('100 later', 'at_risk')$$, 'after fifteen of twenty');
SELECT pg_temp.fault($$INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, parent, rationale)
    SELECT 'to come', 'leads', 50, 'leads', d + 10, d + 29, pg_temp.goal('now'), 'x' FROM (SELECT timezone('UTC', now())::date AS d) AS x$$) \g /dev/null
SELECT results_eq($$SELECT warning IS NOT NULL, best_value < 50, upper(best_period) <= timezone('UTC', now())::date FROM crm.goal WHERE name = 'to come'$$,
    $$VALUES (true, true, true)$$, 'the sixty of a period that still runs are no history yet');
DELETE FROM crm.goal WHERE name = 'to come';
SELECT is_empty($$SELECT goal, share_gone FROM crm.goal_progress WHERE parent_goal = 'now'
    AND abs(share_gone - extract(epoch FROM now() - (timezone('UTC', now())::date - 10)::timestamp AT TIME ZONE 'UTC') / 1728000) > 1e-6$$, 'half of the time is gone, and what of today is');
SELECT is_empty($$SELECT goal, expected, forecast FROM crm.goal_progress WHERE goal IN ('hundred', '150', 'sixty')
    AND (abs(expected - target * share_gone::numeric) > 0.001 OR abs(forecast - 60 / share_gone::numeric) > 0.01)$$, 'as much should be there, and this pace leads on');
SELECT results_eq($$SELECT expected, forecast FROM crm.goal_progress WHERE goal = 'won'$$, $$VALUES (0.1, 0.0)$$, 'a share is what it is');
INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, rationale) VALUES ('next', 'revenue', 1, 'EUR', now()::date + 30, now()::date + 60, 'x');
SELECT results_eq($$SELECT actual, state, share_gone, forecast FROM crm.goal_progress WHERE goal = 'next'$$, $$VALUES (NULL::numeric, 'not_yet', 0::float8, NULL::numeric)$$, 'what has not begun');
UPDATE crm.setting SET value = '"USD"' WHERE name = 'currency';
SELECT results_eq($$SELECT unit, actual, state FROM crm.goal_progress WHERE goal = 'year'$$, $$VALUES ('EUR', NULL::numeric, NULL)$$, 'euros are not compared with dollars');
UPDATE crm.setting SET value = '"EUR"' WHERE name = 'currency';
-- a week of office hours, of which the working time counts: Monday 2025-03-03 to Sunday 2025-03-09 in São Paulo begins three hours later
UPDATE crm.setting SET value = '"America/Sao_Paulo"' WHERE name = 'timezone';
BEGIN;
SET LOCAL smarketing.import = 'midnight';
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('late', 'lead', '2025-06-01 02:00Z');
COMMIT;
SELECT pg_temp.add('may', 'leads', 2, 'leads', '2025-05-01', '2025-05-31') \g /dev/null
SELECT is(pg_temp.progress('may'), '2 of 2 met 2', 'two in the morning in UTC is still the last of May in São Paulo');
UPDATE crm.setting SET value = '"UTC"' WHERE name = 'timezone';
SELECT is(pg_temp.progress('may'), '1 of 2 missed 1', 'and June in UTC');

-- ---- who may ----
GRANT USAGE ON SCHEMA crm TO smk_marketing, smk_stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA crm TO smk_marketing;
GRANT INSERT, UPDATE ON crm.goal TO smk_marketing, smk_stranger;
GRANT SELECT ON crm.goal TO smk_stranger;
SET ROLE smk_marketing;
SELECT is(pg_temp.fault($$INSERT INTO crm.goal (name, metric, target, unit, starts_on, ends_on, rationale) VALUES ('theirs', 'revenue', 1, 'EUR', '2025-01-01', '2025-12-31', 'x')$$), 'passed', 'who reads the figures and writes goals');
SELECT is(pg_temp.fault($$UPDATE crm.goal SET target = 2 WHERE name = 'theirs'$$), 'passed', 'may set them');
SET ROLE smk_stranger;
SELECT is(pg_temp.fault($$UPDATE crm.goal SET target = 3 WHERE name = 'theirs'$$), '42501', 'who cannot read what they are judged by may not');
SELECT throws_ok('SELECT * FROM crm.goal_progress', '42501', NULL, 'nor see how far they are');
RESET ROLE;

-- ---- what slips past the triggers is found ----
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'so far all is well');
ALTER TABLE crm.goal DISABLE TRIGGER smarketing_guard;
UPDATE crm.goal SET sales_signed_at = now() WHERE name = 'april';
UPDATE crm.goal SET rationale = NULL WHERE name = 'q1 more';
INSERT INTO crm.goal (name, metric, direction, target, unit, starts_on, ends_on) VALUES ('lost', 'happiness', 'at_least', 1, 'leads', '2025-01-01', '2025-01-31');
UPDATE crm.goal SET ends_on = '2026-02-01' WHERE name = 'q2';
ALTER TABLE crm.goal ENABLE TRIGGER smarketing_guard;
SELECT results_eq($$SELECT check_name, object FROM smarketing.verify('crm') ORDER BY 1, 2$$,
    $$VALUES ('goal_metric', 'goal lost'), ('goal_parent', 'goal lost'), ('goal_period', 'goal q2'), ('goal_signature', 'goal april'), ('goal_warning', 'goal q1 more')$$, 'verify lists it');
ALTER TABLE crm.goal DISABLE TRIGGER smarketing_guard;
DELETE FROM crm.goal WHERE name IN ('lost', 'q2', 'april', 'q1 more');
ALTER TABLE crm.goal ENABLE TRIGGER smarketing_guard;

\ir include/end.psql
