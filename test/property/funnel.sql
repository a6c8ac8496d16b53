-- The funnel aggregates against brute force: every chain of every random group
-- is written down, and the best one is looked up by the rule.
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
CREATE SCHEMA IF NOT EXISTS funnel_property;
SET LOCAL search_path = funnel_property, public;
SELECT plan(31);

-- Random groups: few instants, so that many rows tie; overlapping steps in
-- half of the groups, one step a row in the others; some rows without a step.
SELECT setseed(0.271828) \g /dev/null
CREATE TABLE grp AS
	SELECT g, 1 + g % 4 AS n, (ARRAY[NULL, 0, 1, 2, 3, 5])[1 + g % 6] * interval '1 second' AS within,
		(g / 24) % 2 = 0 AS disjoint
	FROM generate_series(1, 4800) g;
CREATE TABLE ev AS
	SELECT g, n, within, timestamptz '2026-01-01' + floor(random() * 7) * interval '1 second' AS at,
		CASE WHEN disjoint THEN (1 << floor(random() * (n + 1))::int) >> 1 ELSE floor(random() * (1 << n))::int END AS mask,
		random() AS shuffle
	FROM grp, generate_series(1, 9) i WHERE random() < 0.75;
CREATE FUNCTION steps(mask int, n int) RETURNS boolean[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (SELECT array_agg(mask >> k & 1 = 1 ORDER BY k) FROM generate_series(0, n - 1) k);
CREATE TABLE event AS
	SELECT g, n, within, at, mask, steps(mask, n) AS filled, shuffle,
		row_number() OVER (PARTITION BY g ORDER BY at, mask) AS rn,
		dense_rank() OVER (PARTITION BY g ORDER BY at) AS instant
	FROM ev ORDER BY shuffle;
ALTER TABLE event SET (parallel_workers = 2);
CREATE INDEX ON event(g, rn);
ANALYZE event;

-- Every chain.  done: the row (increase: the instant) that completed it.
CREATE TABLE chain AS
WITH RECURSIVE c(mode, g, n, within, level, rn, done, entry, times) AS (
	SELECT m, g, n, within, 1, rn, CASE m WHEN 'increase' THEN instant ELSE rn END, at, ARRAY[at]
	FROM event, unnest(ARRAY['ordered', 'increase']) m WHERE mask & 1 = 1
	UNION ALL
	SELECT c.mode, c.g, c.n, c.within, level + 1, e.rn, CASE mode WHEN 'increase' THEN e.instant ELSE e.rn END, entry, times || e.at
	FROM c JOIN event e USING (g)
	WHERE level < c.n AND e.rn > c.rn AND e.mask >> level & 1 = 1 AND (c.within IS NULL OR e.at - entry <= c.within)
		AND (mode = 'ordered' OR e.at > times[level])
)
SELECT mode, g, level, done, entry, times FROM c;

-- Strict: runs of consecutive rows, each the current step or the next one.
INSERT INTO chain
WITH RECURSIVE c(g, n, within, level, rn, done, entry, times) AS (
	SELECT g, n, within, 1, rn, rn, at, ARRAY[at] FROM event WHERE mask & 1 = 1
	UNION ALL
	SELECT c.g, c.n, c.within, level + up, e.rn, CASE up WHEN 1 THEN e.rn ELSE c.done END, entry,
		CASE up WHEN 1 THEN times || e.at ELSE times END
	FROM c JOIN event e ON e.g = c.g AND e.rn = c.rn + 1, generate_series(0, 1) up
	WHERE level + up <= c.n AND e.mask >> (level + up - 1) & 1 = 1
		AND (up = 0 OR c.within IS NULL OR e.at - entry <= c.within)
)
SELECT 'strict', g, level, done, entry, times FROM c;

-- Unique: the chain from one entry, instant by instant.
CREATE FUNCTION unique_chain(e_g int, e_rn bigint) RETURNS TABLE(level int, done bigint, times timestamptz[])
LANGUAGE plpgsql AS $$
DECLARE
	r record;
	now_at timestamptz;
	over boolean := false;
BEGIN
	level := 0;
	times := '{}';
	FOR r IN SELECT * FROM event WHERE g = e_g AND rn >= e_rn ORDER BY rn LOOP
		IF r.at IS DISTINCT FROM now_at THEN
			EXIT WHEN over;
			now_at := r.at;
		END IF;
		IF r.mask & ((1 << level) - 1) <> 0 THEN
			over := true;
		END IF;
		IF level < r.n AND r.mask >> level & 1 = 1 AND (level = 0 OR r.within IS NULL OR r.at - times[1] <= r.within) THEN
			level := level + 1;
			times := times || r.at;
			done := r.rn;
			RETURN NEXT;
		END IF;
	END LOOP;
END $$;
INSERT INTO chain
	SELECT 'unique', e.g, u.level, u.done, e.at, u.times FROM event e, unique_chain(e.g, e.rn) u WHERE e.mask & 1 = 1;

-- The rule: longest, completed first, latest entry, earliest steps between.
CREATE TABLE best AS
	SELECT DISTINCT ON (mode, g) mode, g, level, done, times FROM chain
	ORDER BY mode, g, level DESC, done, entry DESC, times;
ANALYZE chain;
ANALYZE best;

CREATE VIEW found AS
	SELECT m.mode, f.*
	FROM (VALUES ('ordered'), ('increase'), ('strict'), ('unique')) m(mode), LATERAL (
		SELECT g, smarketing.window_funnel(within, m.mode, at, VARIADIC filled) AS level,
			smarketing.funnel_times(within, m.mode, at, VARIADIC filled) AS times
		FROM event GROUP BY g) f;

SELECT cmp_ok(count(*), '>', 4500::bigint, 'the groups are there') FROM (SELECT DISTINCT g FROM event) x;
SELECT cmp_ok(count(*), '>', 1000::bigint, 'groups of ' || mode || ' reach a level above 1') FROM best WHERE level > 1 GROUP BY mode ORDER BY mode COLLATE "C";

SELECT is_empty(format($$
	SELECT g, b.level, f.level, b.times, f.times FROM best b FULL JOIN (SELECT * FROM found WHERE mode = %1$L) f USING (mode, g)
	WHERE mode = %1$L AND (f.level <> coalesce(b.level, 0) OR f.times <> coalesce(b.times, '{}') OR f.g IS NULL)$$, mode),
	mode || ': the best of all chains')
FROM unnest(ARRAY['ordered', 'increase', 'strict']) mode;
SELECT is_empty($$
	SELECT g, b.level, f.level FROM best b FULL JOIN (SELECT * FROM found WHERE mode = 'unique') f USING (mode, g)
	WHERE mode = 'unique' AND (f.level <> coalesce(b.level, 0) OR cardinality(f.times) <> f.level)$$,
	'unique: the level of the best of all chains');
SELECT is_empty($$
	SELECT g, f.times FROM found f JOIN best b USING (mode, g) WHERE mode = 'unique'
	AND NOT EXISTS (SELECT FROM chain c WHERE c.mode = 'unique' AND c.g = f.g AND c.times = f.times AND c.done = b.done)$$,
	'unique: the times are those of a chain that was completed first');

-- Properties
SELECT is_empty($$
	SELECT g FROM (SELECT g, smarketing.window_funnel(within, at, VARIADIC filled) AS level,
		smarketing.funnel_times(within, at, VARIADIC filled) AS times FROM event GROUP BY g) p JOIN found f USING (g)
	WHERE f.mode = 'ordered' AND (p.level, p.times) IS DISTINCT FROM (f.level, f.times)$$, 'without a mode = ordered');
SELECT is_empty($$
	SELECT g FROM (SELECT g, smarketing.window_funnel_step(within, at, CASE mask WHEN 0 THEN NULLIF(rn % 2, 1) ELSE log(2, mask)::int + 1 END) AS level
		FROM event JOIN grp USING (g, n, within) WHERE disjoint GROUP BY g) p JOIN found f USING (g)
	WHERE f.mode = 'ordered' AND p.level <> f.level$$, 'coded steps = disjoint steps');
SELECT is_empty($$
	SELECT o.g FROM found o JOIN found x USING (g) WHERE o.mode = 'ordered' AND x.level > o.level$$,
	'no mode gets further than ordered');
SELECT is_empty($$
	SELECT a.g FROM (SELECT g, smarketing.window_funnel(interval '1 second', at, VARIADIC filled) AS level FROM event GROUP BY g) a
	JOIN (SELECT g, smarketing.window_funnel(interval '2 seconds', at, VARIADIC filled) AS level FROM event GROUP BY g) b USING (g)
	WHERE a.level > b.level$$, 'a longer window gets at least as far');
SELECT is_empty($$
	SELECT f.g FROM found f JOIN grp USING (g) WHERE EXISTS (SELECT FROM generate_subscripts(times, 1) i
		WHERE times[i] < times[i - 1] OR times[i] - times[1] > within OR (mode = 'increase' AND times[i] = times[i - 1]))$$,
	'times are in order and within the window');

-- The entry's attribute: first row of step 1 at the entry's instant.
SELECT is_empty($$
	SELECT g FROM (SELECT g, (smarketing.funnel_entry(within, at, NULLIF(chr(97 + (shuffle * 4)::int), 'c'), VARIADIC filled)).* FROM event GROUP BY g) p
	JOIN found f USING (g) WHERE f.mode = 'ordered' AND ((p.level, p.times) IS DISTINCT FROM (f.level, f.times)
		OR p.attribute IS DISTINCT FROM (SELECT NULLIF(chr(97 + (shuffle * 4)::int), 'c') COLLATE "C" AS a FROM event e
			WHERE e.g = p.g AND e.at = p.times[1] AND e.mask & 1 = 1 ORDER BY mask, a NULLS LAST LIMIT 1))$$,
	'funnel_entry: level, times and attribute');

-- Called as a window function: each prefix of the rows, in the order of arrival.
SELECT is_empty($$
	SELECT g FROM (
		SELECT g, shuffle, smarketing.window_funnel(within, at, VARIADIC filled) OVER w AS level,
			smarketing.funnel_times(within, 'unique', at, VARIADIC filled) OVER w AS times
		FROM event WHERE g <= 600 WINDOW w AS (PARTITION BY g ORDER BY shuffle ROWS UNBOUNDED PRECEDING)) o,
	LATERAL (SELECT smarketing.window_funnel(within, at, VARIADIC filled) AS level,
			smarketing.funnel_times(within, 'unique', at, VARIADIC filled) AS times
		FROM event e WHERE e.g = o.g AND e.shuffle <= o.shuffle) p
	WHERE (o.level, o.times) IS DISTINCT FROM (p.level, p.times)$$, 'a growing window frame = the aggregate of each prefix');
SELECT is_empty($$
	SELECT g FROM (
		SELECT g, shuffle, smarketing.window_funnel(within, at, VARIADIC filled) OVER w AS level, array_agg(rn) OVER w AS rows
		FROM event WHERE g <= 600 WINDOW w AS (PARTITION BY g ORDER BY shuffle ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)) o,
	LATERAL (SELECT smarketing.window_funnel(within, at, VARIADIC filled) AS level FROM event e WHERE e.g = o.g AND e.rn = ANY (o.rows)) p
	WHERE o.level <> p.level$$, 'a moving window frame = the aggregate of its rows');

-- Plans: workers, hash and sort, spilling.
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
CREATE FUNCTION all_at_once() RETURNS text LANGUAGE sql RETURN
	'SELECT g, smarketing.window_funnel(within, at, VARIADIC filled) AS level,
		smarketing.funnel_times(within, ''increase'', at, VARIADIC filled) AS increase,
		smarketing.funnel_times(within, ''strict'', at, VARIADIC filled) AS strict,
		smarketing.funnel_times(within, ''unique'', at, VARIADIC filled) AS uniq,
		smarketing.funnel_entry(within, at, NULLIF(chr(97 + (shuffle * 4)::int), ''c''), VARIADIC filled) AS entry,
		smarketing.window_funnel_step(within, at, mask & 3) AS coded
	FROM event GROUP BY g';
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT format('CREATE TABLE serial AS %s', all_at_once()) \gexec
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
SELECT matches(plan_of(all_at_once()), 'Partial HashAggregate', 'two workers, hash: partial aggregates');
SELECT bag_eq(all_at_once(), 'SELECT * FROM serial', 'two workers, hash: the same');
SET LOCAL enable_sort = on;
SET LOCAL enable_hashagg = off;
SELECT matches(plan_of(all_at_once()), 'Partial GroupAggregate', 'two workers, sort: partial aggregates');
SELECT bag_eq(all_at_once(), 'SELECT * FROM serial', 'two workers, sort: the same');
SET LOCAL parallel_leader_participation = off;
SELECT bag_eq(all_at_once(), 'SELECT * FROM serial', 'two workers without the leader: the same');
SELECT matches(plan_of('SELECT smarketing.window_funnel(NULL, at, mask = 1, mask = 2) FROM event'), 'Partial Aggregate', 'one group: partial aggregate');
SELECT is((SELECT smarketing.funnel_times(NULL, at, mask & 1 = 1, mask & 2 = 2, mask & 4 = 4) FROM event),
	(SELECT ARRAY[min(at), min(at), min(at)] FROM event), 'one group of all rows: the same in parallel');
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT matches(plan_of(all_at_once()), 'GroupAggregate', 'no worker, sort');
SELECT bag_eq(all_at_once(), 'SELECT * FROM serial', 'no worker, sort: the same');
SET LOCAL enable_hashagg = on;
SET LOCAL enable_sort = off;
SELECT matches(plan_of(all_at_once()), 'HashAggregate', 'no worker, hash');
SELECT bag_eq(all_at_once(), 'SELECT * FROM serial', 'no worker, hash, spilling at work_mem = 64kB: the same');
SELECT is_empty($$ SELECT * FROM serial EXCEPT SELECT s.* FROM serial s JOIN found f USING (g)
	WHERE f.mode = 'strict' AND f.times = s.strict $$, 'all aggregates in one query = each in its own');

-- A worker's bytes are checked, not believed.
CREATE AGGREGATE damaged(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, SERIALFUNC = numeric_avg_serialize,
	DESERIALFUNC = smarketing.funnel_deserialize, COMBINEFUNC = smarketing.funnel_combine, FINALFUNC = numeric_avg, PARALLEL = SAFE);
SET LOCAL max_parallel_workers_per_gather = 2;
SELECT throws_ok('SELECT damaged(g) FROM event', '22P03', NULL, 'bytes of another aggregate are refused');

SELECT * FROM finish();
ROLLBACK;
