-- Funnel of 5 steps in 30 days over 5,000,000 events of 500,000 leads: ours
-- against the best exact plain SQL, array_agg with PL/pgSQL, and the floor of
-- the plan.  psql -f bench/funnel.sql in a scratch database; a few minutes.
-- -v events=... -v leads=... for another size, -v kind=kinds for an enum in
-- place of text.  Trust the ratios of one run.
\set QUIET 1
\set ON_ERROR_STOP 1
\pset pager off
\if :{?events} \else \set events 5000000 \endif
\if :{?leads} \else \set leads 500000 \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET work_mem = '512MB';
CREATE EXTENSION IF NOT EXISTS smarketing;
DROP SCHEMA IF EXISTS funnel_bench CASCADE;
CREATE SCHEMA funnel_bench;
SET search_path = funnel_bench;

\if :{?kind} \else \set kind text \endif
CREATE TYPE kinds AS ENUM ('visit', 'signup', 'demo', 'offer', 'won');
SELECT setseed(0.5) \g /dev/null
CREATE UNLOGGED TABLE event AS
	SELECT (random() * random() * :leads)::int AS lead, timestamptz '2025-01-01' + i * (interval '180 days' / :events) AS at,
		(ARRAY['visit', 'visit', 'visit', 'visit', 'signup', 'signup', 'demo', 'demo', 'offer', 'won'])[1 + floor(random() * 10)]::text:::kind AS kind
	FROM generate_series(1, :events) i;
CREATE INDEX ON event(lead, at) INCLUDE (kind);
VACUUM ANALYZE event;

CREATE TABLE run(form text, plan text, ms float8, answer text, n int GENERATED ALWAYS AS IDENTITY);
-- runs the query, which gives one text, and notes its time
CREATE PROCEDURE measure(form text, plan text, query text, times int DEFAULT 3) LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz;
	answer text;
BEGIN
	FOR i IN 1..times LOOP
		began := clock_timestamp();
		EXECUTE query INTO answer;
		INSERT INTO run VALUES (form, plan, extract(epoch FROM clock_timestamp() - began) * 1000, answer);
		COMMIT;
	END LOOP;
END $$;
-- how many leads got how far
CREATE FUNCTION by_level(form text) RETURNS text LANGUAGE sql RETURN
	format('SELECT string_agg(level || '':'' || leads, '' '' ORDER BY level) FROM (SELECT level, count(*) AS leads FROM %I WHERE level > 0 GROUP BY level) l', form);

CREATE FUNCTION scan(ats timestamptz[], kinds text[]) RETURNS int LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	start timestamptz[] := array_fill(NULL::timestamptz, ARRAY[5]);
	best int := 0;
	k int;
BEGIN
	FOR i IN 1..cardinality(ats) LOOP
		k := CASE kinds[i] WHEN 'visit' THEN 1 WHEN 'signup' THEN 2 WHEN 'demo' THEN 3 WHEN 'offer' THEN 4 ELSE 5 END;
		IF k = 1 THEN
			start[1] := ats[i];
		ELSIF ats[i] <= start[k - 1] + interval '30 days' THEN
			start[k] := start[k - 1];
		ELSE
			CONTINUE;
		END IF;
		IF k > best THEN
			best := k;
		END IF;
		EXIT WHEN best = 5;
	END LOOP;
	RETURN best;
END $$;

CREATE VIEW ours AS
	SELECT lead, smarketing.window_funnel('30 days', at, kind = 'visit', kind = 'signup', kind = 'demo', kind = 'offer', kind = 'won') AS level
	FROM event GROUP BY lead;
CREATE VIEW times AS
	SELECT lead, cardinality(smarketing.funnel_times('30 days', at, kind = 'visit', kind = 'signup', kind = 'demo', kind = 'offer', kind = 'won')) AS level
	FROM event GROUP BY lead;
CREATE VIEW coded AS
	SELECT lead, smarketing.window_funnel_step('30 days', at, CASE kind WHEN 'visit' THEN 1 WHEN 'signup' THEN 2 WHEN 'demo' THEN 3 WHEN 'offer' THEN 4 ELSE 5 END) AS level
	FROM event GROUP BY lead;
-- the same conditions, counted: what reading them costs in any form
CREATE VIEW conditions AS
	SELECT lead, count(*) FILTER (WHERE kind = 'visit') + count(*) FILTER (WHERE kind = 'signup') + count(*) FILTER (WHERE kind = 'demo')
		+ count(*) FILTER (WHERE kind = 'offer') + count(*) FILTER (WHERE kind = 'won') AS level
	FROM event GROUP BY lead;
CREATE VIEW floor AS SELECT lead, count(*) AS level FROM event GROUP BY lead;
CREATE VIEW plpgsql AS
	SELECT lead, scan(array_agg(at), array_agg(kind::text)) AS level FROM (SELECT lead, at, kind FROM event ORDER BY lead, at) o GROUP BY lead;
-- s_k: the latest entry of a chain that has reached step k
CREATE VIEW nested AS
	SELECT lead, max(CASE WHEN s5 IS NOT NULL THEN 5 WHEN s4 IS NOT NULL THEN 4 WHEN s3 IS NOT NULL THEN 3 WHEN s2 IS NOT NULL THEN 2 WHEN s1 IS NOT NULL THEN 1 ELSE 0 END) AS level
	FROM (SELECT *, max(s4) FILTER (WHERE kind = 'won' AND at <= s4 + interval '30 days') OVER w AS s5
		FROM (SELECT *, max(s3) FILTER (WHERE kind = 'offer' AND at <= s3 + interval '30 days') OVER w AS s4
			FROM (SELECT *, max(s2) FILTER (WHERE kind = 'demo' AND at <= s2 + interval '30 days') OVER w AS s3
				FROM (SELECT *, max(s1) FILTER (WHERE kind = 'signup' AND at <= s1 + interval '30 days') OVER w AS s2
					FROM (SELECT lead, at, kind, max(at) FILTER (WHERE kind = 'visit') OVER w AS s1 FROM event
						WINDOW w AS (PARTITION BY lead ORDER BY at ROWS UNBOUNDED PRECEDING)) a
					WINDOW w AS (PARTITION BY lead ORDER BY at ROWS UNBOUNDED PRECEDING)) b
				WINDOW w AS (PARTITION BY lead ORDER BY at ROWS UNBOUNDED PRECEDING)) c
			WINDOW w AS (PARTITION BY lead ORDER BY at ROWS UNBOUNDED PRECEDING)) d
		WINDOW w AS (PARTITION BY lead ORDER BY at ROWS UNBOUNDED PRECEDING)) e
	GROUP BY lead;

\echo One worker, index (lead, at) INCLUDE (kind); no plan is forced
SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT * FROM ours;
-- the floor must be that of the same plan
SET enable_hashagg = off;
CALL measure('floor count(*)', 'index', by_level('floor'));
CALL measure('floor, 5 conditions counted', 'index', by_level('conditions'));
RESET enable_hashagg;
CALL measure('window_funnel', 'index', by_level('ours'));
CALL measure('window_funnel_step', 'index', by_level('coded'));
CALL measure('funnel_times', 'index', by_level('times'));
CALL measure('nested window functions', 'index', by_level('nested'), 2);
CALL measure('array_agg + PL/pgSQL', 'index', by_level('plpgsql'), 2);
\echo Two workers
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
EXPLAIN (COSTS OFF) SELECT * FROM ours;
SET enable_hashagg = off;
CALL measure('floor count(*)', 'two workers', by_level('floor'));
RESET enable_hashagg;
CALL measure('window_funnel', 'two workers', by_level('ours'));
CALL measure('nested window functions', 'two workers', by_level('nested'), 1);
CALL measure('array_agg + PL/pgSQL', 'two workers', by_level('plpgsql'), 1);
\echo One worker, the hash table that the planner takes for states declared small
SET max_parallel_workers_per_gather = 0;
SET enable_indexonlyscan = off;
SET enable_indexscan = off;
SET enable_sort = off;
CALL measure('floor count(*)', 'hash', by_level('floor'), 2);
CALL measure('window_funnel', 'hash', by_level('ours'), 2);
\echo One worker, no index
SET enable_sort = on;
SET enable_hashagg = off;
CALL measure('window_funnel', 'sort', by_level('ours'), 2);
CALL measure('nested window functions', 'sort', by_level('nested'), 1);

\echo Times are the best of the runs; answers must be equal
WITH best AS (SELECT plan, form, min(ms) AS ms, min(n) AS n, min(answer) AS answer FROM run GROUP BY plan, form),
	base AS (SELECT plan, max(ms) FILTER (WHERE form = 'window_funnel') AS ours, max(ms) FILTER (WHERE form = 'floor count(*)') AS floor FROM best GROUP BY plan)
SELECT plan, form, round(ms) AS ms, round((ms / ours)::numeric, 2) AS "times window_funnel", round((ms / floor)::numeric, 2) AS "times floor",
	CASE WHEN form !~ 'floor' THEN answer END AS answer
FROM best JOIN base USING (plan) ORDER BY min(n) OVER (PARTITION BY plan), n;
DROP SCHEMA funnel_bench CASCADE;
