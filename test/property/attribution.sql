-- Attribution against a slow reference in plain SQL: join, rank, exact numeric
-- shares; and what must hold for every journey.
-- pgTAP; run in a database of its own with pg_prove.
\set QUIET 1
\set ON_ERROR_STOP 1
\pset format unaligned
\pset tuples_only true
\pset pager off
SET client_min_messages = warning;
SET timezone = 'UTC';
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS smarketing;
CREATE SCHEMA IF NOT EXISTS attribution_property;
SET LOCAL search_path = attribution_property, public;
SELECT plan(24);

-- Random journeys: few instants, so that rows tie; a row can be all at once.
SELECT setseed(0.577215) \g /dev/null
CREATE TABLE lead AS
	SELECT id AS lead, (ARRAY[NULL, 0, 3, 10, 90])[1 + id % 5] * interval '1 day' AS lookback, (ARRAY[NULL, 1, 7])[1 + id % 3] * interval '1 day' AS half_life,
		(ARRAY['direct', NULL, 'ads'])[1 + id % 3] AS direct
	FROM generate_series(1, 3000) id;
CREATE TABLE raw AS
	SELECT lead, row_number() OVER () AS id, timestamptz '2026-01-01' + floor(random() * 12) * interval '1 day' AS at,
		CASE WHEN random() < 0.6 THEN (ARRAY['ads', 'direct', 'e-mail', 'Fair', 'érudit'])[1 + floor(random() * 5)] END AS touch,
		random() AS is_conversion, round((random() * 10 ^ (random() * 12))::numeric, (random() * 4)::int) * (1 + (random() < 0.2)::int * 1e18) AS value,
		CASE WHEN random() < 0.25 THEN (ARRAY['lead', 'opportunity'])[1 + floor(random() * 2)] END AS milestone, random() AS shuffle
	FROM lead, generate_series(1, 12) i WHERE random() < 0.8;
CREATE TABLE event AS
	SELECT lead, id, at, touch, CASE WHEN is_conversion < 0.2 THEN value END AS conversion, milestone, lookback, half_life, direct, shuffle
	FROM raw JOIN lead USING (lead) ORDER BY shuffle;
ALTER TABLE event SET (parallel_workers = 2);
CREATE INDEX ON event(lead);
ANALYZE event;

-- The reference.  Weights are whole: 12 * 27720 = lcm(1..4) * lcm(1..12), so
-- that every share of 90 and of 10 is.
CREATE TABLE conversion AS
	SELECT c.lead, c.id, c.at AS converted_at, c.conversion AS value, greatest(scale(c.conversion), 2) AS s, c.lookback, c.half_life, c.direct,
		(SELECT max(m.at) FROM event m WHERE m.lead = c.lead AND m.milestone = 'lead' AND m.at <= c.at) AS lead_at,
		(SELECT max(m.at) FROM event m WHERE m.lead = c.lead AND m.milestone = 'opportunity' AND m.at <= c.at) AS opportunity_at
	FROM (SELECT lead, id, at, conversion, coalesce(lookback, interval '90 days') AS lookback, coalesce(half_life, interval '7 days') AS half_life,
		coalesce(direct, 'direct') AS direct FROM event) c WHERE conversion IS NOT NULL;
CREATE TABLE touch AS
	SELECT c.*, t.at AS touched_at, t.touch, row_number() OVER w AS pos, count(*) OVER (PARTITION BY c.id) AS n,
		count(*) FILTER (WHERE t.at <= lead_at) OVER (PARTITION BY c.id) AS lead_pos,
		count(*) FILTER (WHERE t.at <= opportunity_at) OVER (PARTITION BY c.id) AS opportunity_pos,
		max(t.at) OVER (PARTITION BY c.id) AS newest_at
	FROM conversion c JOIN event t ON t.lead = c.lead AND t.touch IS NOT NULL AND t.at <= c.converted_at AND t.at > c.converted_at - c.lookback
	WINDOW w AS (PARTITION BY c.id ORDER BY t.at, t.id = c.id, t.touch COLLATE "C");
CREATE TABLE keyed AS
	SELECT *, (pos = 1)::int + (pos = lead_pos)::int + (pos = opportunity_pos)::int AS w_keys,
		(pos = 1)::int + (pos = lead_pos)::int + (pos = opportunity_pos)::int + (pos = n)::int AS f_keys,
		1 + (lead_pos > 0)::int + (opportunity_pos > 0)::int AS w_present, 2 + (lead_pos > 0)::int + (opportunity_pos > 0)::int AS f_present,
		coalesce(max(pos) FILTER (WHERE touch <> direct) OVER (PARTITION BY id), n) AS non_direct_pos
	FROM touch;
CREATE TABLE weight AS
	SELECT k.id, k.pos, k.value * 10::numeric ^ k.s AS units, m.model, m.weight
	FROM (SELECT *, count(*) FILTER (WHERE w_keys = 0) OVER (PARTITION BY id) AS w_others, count(*) FILTER (WHERE f_keys = 0) OVER (PARTITION BY id) AS f_others FROM keyed) k,
	LATERAL (VALUES
		('first_touch', (pos = 1)::int::numeric), ('last_touch', (pos = n)::int), ('last_non_direct', (pos = non_direct_pos)::int), ('linear', 1),
		('position_based', CASE WHEN n <= 2 THEN 1 WHEN pos IN (1, n) THEN 40 * 332640 ELSE 20 * 332640 / (n - 2) END),
		('w_shaped', CASE WHEN w_others = 0 THEN w_keys WHEN w_keys > 0 THEN 90 * 332640 * w_keys / w_present ELSE 10 * 332640 / w_others END),
		('full_path', CASE WHEN f_others = 0 THEN f_keys WHEN f_keys > 0 THEN 90 * 332640 * f_keys / f_present ELSE 10 * 332640 / f_others END),
		('time_decay', round(power(2::numeric, 100 - extract(epoch FROM newest_at - touched_at) / extract(epoch FROM half_life))))
	) m(model, weight);
CREATE TABLE reference AS
	SELECT id, pos, model, floor_units + (row_number() OVER (PARTITION BY id, model ORDER BY rest DESC, pos) <= units - sum(floor_units) OVER (PARTITION BY id, model))::int AS credit_units
	FROM (SELECT *, div(units * weight, total) AS floor_units, units * weight - div(units * weight, total) * total AS rest
		FROM (SELECT *, sum(weight) OVER (PARTITION BY id, model) AS total FROM weight) w) x;
CREATE TABLE expected AS
	SELECT t.lead, t.converted_at, t.value, t.touched_at, t.touch, t.pos::int AS "position", t.n::int AS touches, r.*
	FROM touch t JOIN (SELECT id, pos, max(c) FILTER (WHERE model = 'first_touch') AS first_touch, max(c) FILTER (WHERE model = 'last_touch') AS last_touch,
			max(c) FILTER (WHERE model = 'last_non_direct') AS last_non_direct, max(c) FILTER (WHERE model = 'linear') AS linear,
			max(c) FILTER (WHERE model = 'position_based') AS position_based, max(c) FILTER (WHERE model = 'w_shaped') AS w_shaped,
			max(c) FILTER (WHERE model = 'full_path') AS full_path, max(c) FILTER (WHERE model = 'time_decay') AS time_decay
		FROM (SELECT r.id, pos, model, credit_units / 10::numeric ^ s AS c FROM reference r JOIN conversion USING (id)) u GROUP BY id, pos) r USING (id, pos);

CREATE TABLE found AS
	SELECT g.lead, c.* FROM (SELECT lead, smarketing.attribution(at, touch, conversion, milestone, lookback, half_life, direct) AS a FROM event GROUP BY lead) g, unnest(a) c;

SELECT cmp_ok((SELECT count(*) FROM conversion), '>', 4000::bigint, 'the conversions are there');
SELECT cmp_ok((SELECT count(*) FROM touch), '>', 8000::bigint, 'and their touches');
SELECT cmp_ok((SELECT count(*) FROM touch WHERE lead_pos > 0 AND opportunity_pos > 0 AND n > 4), '>', 100::bigint, 'and whole paths');
SELECT bag_eq(format('SELECT lead, converted_at, value, touched_at, touch, "position", touches, %1$I FROM found WHERE touches > 0', model),
	format('SELECT lead, converted_at, value, touched_at, touch, "position", touches, %1$I FROM expected', model), model || ': as the reference')
FROM unnest(ARRAY['first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'w_shaped', 'full_path']) model;
-- weights of 53 bits against weights of 100: the last digit may differ
SELECT is_empty($$
	SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY lead, converted_at, value, "position" ORDER BY touch, time_decay) AS twin FROM found WHERE touches > 0) f
	FULL JOIN (SELECT *, row_number() OVER (PARTITION BY lead, converted_at, value, "position" ORDER BY touch, time_decay) AS twin FROM expected) e
		USING (lead, converted_at, value, "position", twin)
	WHERE abs(f.time_decay - e.time_decay) IS NULL OR abs(f.time_decay - e.time_decay) > greatest(10::numeric ^ -greatest(scale(value), 2), value * 1e-14)$$,
	'time_decay: as the reference, up to the last digit');
SELECT bag_eq('SELECT lead, converted_at, value FROM found WHERE touches = 0',
	'SELECT lead, converted_at, value FROM conversion WHERE id NOT IN (SELECT id FROM touch)', 'unattributed: the conversions without a touch');
SELECT is_empty($$
	SELECT * FROM found WHERE touches = 0 AND (touch, first_touch, last_touch, last_non_direct, linear, position_based, w_shaped, full_path, time_decay)
		IS DISTINCT FROM ('(unattributed)', value, value, value, value, value, value, value, value)$$, 'unattributed: the whole value in every model');

SELECT is_empty($$
	SELECT FROM (SELECT lead, sum(conversion) AS value FROM event GROUP BY lead HAVING count(conversion) > 0) e FULL JOIN
		(SELECT lead, sum(first_touch) AS a, sum(last_touch) AS b, sum(last_non_direct) AS c, sum(linear) AS d, sum(position_based) AS e, sum(w_shaped) AS f,
			sum(full_path) AS g, sum(time_decay) AS h FROM found GROUP BY lead) f USING (lead)
	WHERE (a, b, c, d, f.e, f, g, h) IS DISTINCT FROM (value, value, value, value, value, value, value, value)$$, 'conserved to the last digit, in every model');
SELECT is_empty($$
	SELECT FROM found, unnest(ARRAY[first_touch, last_touch, last_non_direct, linear, position_based, w_shaped, full_path, time_decay]) c
	WHERE scale(c) <> greatest(scale(value), 2) OR c < 0 OR c > value$$, 'a credit is at the value''s scale, and between nothing and all');

-- Plans: workers, hash and sort, window frames.
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	result text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		result := result || line || E'\n';
	END LOOP;
	RETURN result;
END $$;
CREATE FUNCTION all_leads() RETURNS text LANGUAGE sql RETURN
	'SELECT lead, smarketing.attribution(at, touch, conversion, milestone, lookback, half_life, direct) AS a, smarketing.attribution(at, touch, conversion) AS b
	FROM event GROUP BY lead';
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT format('CREATE TABLE serial AS %s', all_leads()) \gexec
SET LOCAL parallel_setup_cost = 0;
-- dear rows and dear functions: workers make groups and hand those over
SET LOCAL parallel_tuple_cost = 2;
SET LOCAL cpu_operator_cost = 2;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL work_mem = '64kB';
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL enable_sort = off;
SELECT matches(plan_of(all_leads()), 'Partial HashAggregate', 'two workers, hash: partial aggregates');
SELECT bag_eq(all_leads(), 'SELECT * FROM serial', 'two workers, hash: the same');
SET LOCAL enable_sort = on;
SET LOCAL enable_hashagg = off;
SELECT matches(plan_of(all_leads()), 'Partial GroupAggregate', 'two workers, sort: partial aggregates');
SELECT bag_eq(all_leads(), 'SELECT * FROM serial', 'two workers, sort: the same');
SET LOCAL parallel_leader_participation = off;
SELECT bag_eq(all_leads(), 'SELECT * FROM serial', 'two workers without the leader: the same');
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT bag_eq(all_leads(), 'SELECT * FROM serial', 'no worker, sort: the same');
SET LOCAL enable_hashagg = on;
SET LOCAL enable_sort = off;
SELECT bag_eq(all_leads(), 'SELECT * FROM serial', 'no worker, hash at work_mem = 64kB: the same');
SET LOCAL enable_sort = on;
SELECT is_empty($$
	SELECT FROM (SELECT lead, shuffle, smarketing.attribution(at, touch, conversion) OVER w AS a, array_agg(id) OVER w AS ids FROM event WHERE lead <= 200
		WINDOW w AS (PARTITION BY lead ORDER BY shuffle ROWS BETWEEN 5 PRECEDING AND 1 FOLLOWING)) o
	WHERE a IS DISTINCT FROM (SELECT smarketing.attribution(at, touch, conversion) FROM event e WHERE e.lead = o.lead AND e.id = ANY (o.ids))$$,
	'a moving window frame = the aggregate of its rows');

-- A worker's bytes are checked, not believed.
CREATE AGGREGATE damaged(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, SERIALFUNC = numeric_avg_serialize,
	DESERIALFUNC = smarketing.attribution_deserialize, COMBINEFUNC = smarketing.attribution_combine, FINALFUNC = numeric_avg, PARALLEL = SAFE);
SET LOCAL max_parallel_workers_per_gather = 2;
SELECT throws_ok('SELECT damaged(lead) FROM event', '22P03', NULL, 'bytes of another aggregate are refused');

SELECT * FROM finish();
ROLLBACK;
