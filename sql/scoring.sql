SET intervalstyle = 'postgres';
-- scores: what is refused, decayed_sum, and the functions on odd rows
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET extra_float_digits = 0;
SET intervalstyle = 'postgres';
SELECT smarketing.create_workspace('sc');

-- the template
SELECT name, slot, dimension, position, min_points, max_points, half_life FROM sc.scoring_category ORDER BY position;
SELECT category, name, activity_kind, points, active, description FROM sc.scoring_rule ORDER BY category COLLATE "C", name COLLATE "C";
SELECT name, position, min_fit, min_engagement, min_score FROM sc.score_band ORDER BY position;

-- categories that cannot work
INSERT INTO sc.scoring_category (name, dimension) VALUES ('x', 'luck');
INSERT INTO sc.scoring_category (name, dimension, half_life) VALUES ('x', 'engagement', '1 month');
INSERT INTO sc.scoring_category (name, dimension, half_life) VALUES ('x', 'engagement', '0');
INSERT INTO sc.scoring_category (name, dimension, half_life) VALUES ('x', 'engagement', '1 day -25 hours');
INSERT INTO sc.scoring_category (name, dimension, half_life) VALUES ('x', 'fit', '1 day');
INSERT INTO sc.scoring_category (name, dimension, min_points) VALUES ('x', 'fit', 'NaN');
INSERT INTO sc.scoring_category (name, dimension, max_points) VALUES ('x', 'fit', 'Infinity');
INSERT INTO sc.scoring_category (name, dimension, min_points, max_points) VALUES ('x', 'fit', 2, 1);
INSERT INTO sc.scoring_category (name, dimension, slot) VALUES ('x', 'fit', 0);
INSERT INTO sc.scoring_category (name, dimension, slot) VALUES ('x', 'fit', 1);
UPDATE sc.scoring_category SET slot = 77 WHERE name = 'intent';
UPDATE sc.scoring_category SET dimension = 'fit', half_life = NULL WHERE name = 'intent';
UPDATE sc.scoring_category SET name = 'buying' WHERE name = 'intent';
SELECT count(*) FROM sc.scoring_rule WHERE category = 'buying';
DELETE FROM sc.scoring_category WHERE name = 'buying';
TRUNCATE sc.scoring_category, sc.scoring_rule;

-- rules that cannot work
INSERT INTO sc.scoring_rule (name, category, points) VALUES ('x', 'nowhere', 1);
INSERT INTO sc.scoring_rule (name, category, points) VALUES ('x', 'buying', 1);
INSERT INTO sc.scoring_rule (name, category, activity_kind, points) VALUES ('x', 'company', 'webinar', 1);
INSERT INTO sc.scoring_rule (name, category, activity_kind, points) VALUES ('x', 'buying', 'dance', 1);
INSERT INTO sc.scoring_rule (name, category, points) VALUES ('x', 'company', 'NaN');
INSERT INTO sc.scoring_rule (name, category, points) VALUES ('x', 'company', '-Infinity');
INSERT INTO sc.scoring_rule (name, category, points) VALUES ('x', 'company', 1e16);
INSERT INTO sc.scoring_rule (name, category) VALUES ('x', 'company');
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('x', 'company', '$.nothing > 1', 1);
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('x', 'company', '$.properties.path == "/"', 1);
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('x', 'company', '$.fit > 1', 1);
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('x', 'company', '$.score > 1', 1);
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('x', 'company', '$.band == "hot"', 1);
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('x', 'company', '$.engagement_state[0] > 1', 1);
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('x', 'company', '$v > 1', 1);
INSERT INTO sc.scoring_rule (name, category, activity_kind, condition, points) VALUES ('x', 'buying', 'webinar', '$.employees > 1', 1);
INSERT INTO sc.scoring_rule (name, category, activity_kind, condition, points) VALUES ('x', 'buying', 'webinar', '$.points[2] > 1', 1);
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('ok', 'company', '$.persona == "boss" && $.stage == "lead"', 1);
INSERT INTO sc.scoring_rule (name, category, activity_kind, condition, points) VALUES ('ok too', 'buying', 'webinar', '$.properties.minutes >= 30', 1);
UPDATE sc.scoring_rule SET category = 'buying' WHERE name = 'ok';
UPDATE sc.scoring_rule SET activity_kind = NULL WHERE name = 'ok too';
DELETE FROM sc.activity_kind WHERE name = 'webinar';
DELETE FROM sc.scoring_rule WHERE name LIKE 'ok%';

-- bands: what nobody could be in is refused at commit
INSERT INTO sc.score_band (name, position, min_score) VALUES ('x', 15, 'Infinity');
BEGIN;
INSERT INTO sc.score_band (name, position, min_fit, min_engagement) VALUES ('hotter', 15, 30, 50);
COMMIT;
BEGIN;
UPDATE sc.score_band SET position = 5 WHERE name = 'cold';
UPDATE sc.score_band SET position = 50 WHERE name = 'cold';
COMMIT;
INSERT INTO sc.score_band (name, position, min_fit, min_engagement) VALUES ('hottest', 5, 30, 50);
SELECT string_agg(name, ' ' ORDER BY position) FROM sc.score_band;

-- rows that are no leads
SELECT smarketing.lead_score(s) FROM sc.stage AS s LIMIT 1;
SELECT smarketing.lead_score(ROW(1, 2));
SELECT smarketing.lead_score(l) FROM (SELECT id, email FROM sc.lead) AS l;
SELECT smarketing.lead_score('x'::text);
SELECT * FROM smarketing.explain_score(1);
CREATE TABLE public.lead (id int);
INSERT INTO public.lead VALUES (1);
SELECT smarketing.fit_score(l) FROM public.lead AS l;
DROP TABLE public.lead;
-- and rows that are
SELECT smarketing.fit_score(NULL::sc.lead), smarketing.lead_band(NULL::sc.lead), smarketing.lead_score(NULL::sc.lead, now());
SELECT count(*) FROM smarketing.explain_score(NULL::sc.lead);
SELECT count(*) FROM smarketing.missing_for(NULL::sc.lead, 'mql');
SELECT smarketing.fit_score(jsonb_populate_record(NULL::sc.lead, '{"employees": 200, "industry": "SaaS"}')),
       smarketing.lead_score(jsonb_populate_record(NULL::sc.lead, '{"employees": 200}')), smarketing.lead_band(jsonb_populate_record(NULL::sc.lead, '{}'));
SELECT dimension, category, rule, contribution FROM smarketing.explain_score(jsonb_populate_record(NULL::sc.lead, '{"employees": 200, "job_title": "CEO and founder", "email": "x@gmail.com"}'));

-- times: the year 1, before Christ, the end of time, a leap day
INSERT INTO sc.lead (external_id) VALUES ('t');
INSERT INTO sc.activity (lead_id, kind, at) SELECT id, 'webinar', a::timestamptz FROM sc.lead, unnest('{"0001-01-01 00:00+00","4713-01-01 00:00+00 BC","2024-02-29 12:00+00"}'::text[]) AS a;
SELECT engagement < 12, round(smarketing.engagement_score(l, '2024-03-30 12:00Z')::numeric, 9), round(smarketing.engagement_score(l, '4713-01-31 00:00+00 BC')::numeric, 9),
       smarketing.engagement_score(l, '294276-12-31 23:59:59Z'), smarketing.engagement_score(l, 'infinity'), smarketing.engagement_score(l, '-infinity'), smarketing.engagement_score(l, NULL) IS NULL
FROM sc.lead AS l;
\set VERBOSITY terse
INSERT INTO sc.activity (lead_id, kind, at) SELECT id, 'webinar', 'infinity' FROM sc.lead;
\set VERBOSITY default
SELECT round(sum(contribution)::numeric, 6), count(*) FROM sc.lead AS l, smarketing.explain_score(l, '2024-03-30 12:00Z');

-- decayed_sum: 10 points, 30 days, read after 45 days
SELECT smarketing.decayed_sum(10, '2026-01-01Z', '30 days', '2026-02-15Z');
SELECT smarketing.decayed_sum(p, at, h, '2026-03-01Z')
FROM (VALUES (8, '2026-02-27Z'::timestamptz, '1 day'::interval), (8, '2026-03-01Z', '1 day'), (100, '2026-03-02Z', '1 day'), (5, '2020-01-01Z', NULL),
             (NULL, '2026-02-27Z', '1 day'), (3, NULL, '1 day'), (-1, '2026-03-01Z', NULL), (1, '-infinity', '1 day'), (2, '-infinity', NULL)) AS v (p, at, h);
SELECT smarketing.decayed_sum(1, now(), '1 day', NULL), smarketing.decayed_sum(1, now(), '1 day', now()) FILTER (WHERE false);
SELECT smarketing.decayed_sum(1, now(), '1 mon', now());
SELECT smarketing.decayed_sum(1, now(), '0', now());
SELECT smarketing.decayed_sum(1, now(), '-1 day', now());
SELECT smarketing.decayed_sum(p, now(), NULL, now()) FROM (VALUES (1e308), (1e308)) AS v (p);
SELECT smarketing.decayed_sum('NaN', now(), NULL, now()), smarketing.decayed_sum('Infinity', now(), NULL, now());
SELECT smarketing.decayed_sum(p, now(), NULL, now()) FROM (VALUES (1e16), (1), (-1e16)) AS v (p);

-- parallel = serial; the scores too, also where rules are loaded by a worker
CREATE TABLE sc.point AS SELECT n % 7 AS g, sin(n) * 10 AS p, '2026-01-01Z'::timestamptz - n * interval '1 minute' AS at FROM generate_series(1, 50000) AS n;
INSERT INTO sc.lead (external_id, employees, job_title) SELECT 'p' || n, n % 2000, CASE n % 3 WHEN 0 THEN 'CEO' WHEN 1 THEN 'Manager' END FROM generate_series(1, 3000) AS n;
INSERT INTO sc.activity (lead_id, kind, at) SELECT id, 'pricing_view', now() - id * interval '1 hour' FROM sc.lead;
ANALYZE sc.point, sc.lead;
CREATE TABLE sc.serial AS SELECT g, smarketing.decayed_sum(p, at, '3 days', '2026-01-02Z') AS s FROM sc.point GROUP BY g;
CREATE TABLE sc.serial_score AS SELECT sum(smarketing.lead_score(l, '2030-01-01Z')) AS s, sum(smarketing.lead_score(l, now() - interval '3 days')) AS past FROM sc.lead AS l WHERE external_id LIKE 'p%';
\c -
SET client_min_messages = warning;
SET timezone = 'UTC';
SET extra_float_digits = 0;
SET intervalstyle = 'postgres';
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE sc.point SET (parallel_workers = 2);
ALTER TABLE sc.lead SET (parallel_workers = 2);
SET parallel_leader_participation = off;
CREATE FUNCTION sc.plan_of(query text) RETURNS text LANGUAGE plpgsql AS
$$DECLARE line text; plan text := ''; BEGIN FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line; END LOOP; RETURN plan; END$$;
SELECT sc.plan_of($$SELECT g, smarketing.decayed_sum(p, at, '3 days', '2026-01-02Z') FROM sc.point GROUP BY g$$) ~ 'Partial' AS aggregate_is_parallel,
       sc.plan_of($$SELECT sum(smarketing.lead_score(l, '2030-01-01Z')) FROM sc.lead AS l$$) ~ 'Partial' AS score_is_parallel;
SELECT count(*) AS differ FROM (SELECT g, smarketing.decayed_sum(p, at, '3 days', '2026-01-02Z') AS s FROM sc.point GROUP BY g) AS x JOIN sc.serial AS y USING (g)
WHERE abs(x.s - y.s) > 1e-12 * greatest(1, abs(y.s));
SELECT abs(sum(smarketing.lead_score(l, '2030-01-01Z')) - max(s)) < 1e-6 AS same FROM sc.lead AS l, sc.serial_score WHERE external_id LIKE 'p%';
SELECT abs(sum(smarketing.lead_score(l, now() - interval '3 days')) - max(past)) < 1 AS same_past FROM sc.lead AS l, sc.serial_score WHERE external_id LIKE 'p%';
SET parallel_leader_participation = on;
UPDATE sc.scoring_rule SET points = 11 WHERE name = 'pricing_view';
SELECT count(*), bool_and(smarketing.lead_score(l, now()) IS NOT NULL) FROM sc.lead AS l;
SELECT smarketing.engagement_score(l, a.at) FROM sc.lead AS l JOIN sc.activity AS a ON a.lead_id = l.id WHERE l.external_id = 'p1';
DROP FUNCTION sc.plan_of;

-- admin functions on what is no workspace
SELECT smarketing.rescore('nowhere');
SELECT smarketing.rescore('public');
SELECT smarketing.rescore(NULL);
SELECT smarketing.purge_activities('sc', NULL), smarketing.purge_activities('sc', '-infinity');
SELECT * FROM smarketing.score_diff('public');
SELECT * FROM smarketing.score_backtest('public', '{1}');
SELECT * FROM smarketing.score_backtest('sc', NULL);
SELECT * FROM smarketing.score_backtest('sc', '{NULL, 50}');
SELECT smarketing.rescore('sc');
SELECT * FROM smarketing.verify('sc');

-- a column that a rule reads goes, and comes back: the rule is no match, status and verify say so, scores are stale
INSERT INTO sc.scoring_category (name, dimension) VALUES ('own', 'fit');
ALTER TABLE sc.lead ADD seats int;
INSERT INTO sc.scoring_rule (name, category, condition, points) VALUES ('seats', 'own', '$.seats > 5', 9);
INSERT INTO sc.lead (external_id, seats) VALUES ('seated', 6);
SELECT fit FROM sc.lead WHERE external_id = 'seated';
ALTER TABLE sc.lead RENAME seats TO chairs;
SELECT smarketing.fit_score(l), l.score_generation = smarketing.scoring_generation('sc') AS current FROM sc.lead AS l WHERE external_id = 'seated';
SELECT broken_conditions, stale_scores = leads AS all_stale FROM smarketing.workspace_status() WHERE workspace = 'sc';
SELECT check_name, object FROM smarketing.verify('sc');
ALTER TABLE sc.lead RENAME chairs TO seats;
SELECT smarketing.fit_score(l) FROM sc.lead AS l WHERE external_id = 'seated';

-- partitions of activity, one of them with its columns in another order
CREATE TABLE sc.old_activity (LIKE sc.activity INCLUDING ALL);
DROP TABLE sc.activity CASCADE;
CREATE TABLE sc.activity (LIKE sc.old_activity INCLUDING DEFAULTS INCLUDING STORAGE) PARTITION BY RANGE (at);
ALTER TABLE sc.activity ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;
CREATE INDEX ON sc.activity (lead_id, at);
CREATE TABLE sc.activity_now PARTITION OF sc.activity FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE TABLE sc.activity_old (properties jsonb, points float8[], kind text NOT NULL, gone int, lead_id bigint NOT NULL, at timestamptz NOT NULL, id bigint NOT NULL,
    recorded_at timestamptz NOT NULL, actor text, campaign text, channel text, direction text);
ALTER TABLE sc.activity_old DROP gone;
ALTER TABLE sc.activity ATTACH PARTITION sc.activity_old FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
SELECT smarketing.repair_workspace('sc');
INSERT INTO sc.scoring_rule (name, category, activity_kind, condition, points) VALUES ('long webinar', 'interest', 'webinar', '$.properties.minutes >= 30', 8);
DELETE FROM sc.lead;
INSERT INTO sc.lead (external_id) VALUES ('part');
INSERT INTO sc.activity (lead_id, kind, at, properties) SELECT id, 'webinar', a::timestamptz, '{"minutes": 45}' FROM sc.lead, unnest('{2024-12-31,2025-06-01}'::text[]) AS a;
SELECT tableoid::regclass, points FROM sc.activity ORDER BY at;
SELECT round(smarketing.engagement_score(l, '2025-01-30')::numeric, 6), (SELECT round(sum(contribution)::numeric, 6) FROM smarketing.explain_score(l, '2025-01-30')) FROM sc.lead AS l;
UPDATE sc.activity SET at = '2024-11-30' WHERE at > '2025-01-01';
SELECT tableoid::regclass, points FROM sc.activity ORDER BY at;
SELECT round(smarketing.engagement_score(l, '2024-12-31')::numeric, 6) FROM sc.lead AS l;
INSERT INTO sc.activity_old (id, lead_id, kind, at, recorded_at, properties) SELECT 99, id, 'webinar', '2024-10-31', now(), '{"minutes": 30}' FROM sc.lead;
DELETE FROM sc.activity_old WHERE at = '2024-12-31';
SELECT smarketing.rescore('sc');
SELECT check_name, object FROM smarketing.verify('sc') WHERE check_name NOT IN ('trigger');

DROP SCHEMA sc CASCADE;
