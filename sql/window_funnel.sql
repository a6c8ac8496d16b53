-- Funnel aggregates: rules, nulls, errors, extremes
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SET intervalstyle = 'postgres';
SET client_min_messages = warning;

CREATE SCHEMA funnel_test;
SET search_path = funnel_test;

-- a group: rows as 'minute:steps', steps as letters (- for none)
CREATE FUNCTION rows_of(spec text, n int, OUT at timestamptz, OUT filled boolean[]) RETURNS SETOF record
LANGUAGE sql IMMUTABLE AS $$
	SELECT timestamptz '2026-01-01' + split_part(r, ':', 1)::float8 * interval '1 minute',
		ARRAY(SELECT strpos(split_part(r, ':', 2), chr(96 + k)) > 0 FROM generate_series(1, n) k ORDER BY k)
	FROM regexp_split_to_table(spec, ' ') r
$$;
CREATE FUNCTION funnel(spec text, n int, within interval DEFAULT NULL, mode text DEFAULT 'ordered',
	OUT level int, OUT minutes text) LANGUAGE sql IMMUTABLE AS $$
	SELECT smarketing.window_funnel(within, mode, at, VARIADIC filled),
		(SELECT string_agg(round(extract(epoch FROM t - timestamptz '2026-01-01') / 60, 2)::float8::text, ' ' ORDER BY o)
			FROM unnest(smarketing.funnel_times(within, mode, at, VARIADIC filled)) WITH ORDINALITY AS x(t, o))
	FROM rows_of(spec, n)
$$;

-- ordered: the longest chain, from any entry
SELECT * FROM funnel('0:a 1:b 2:c', 3);
SELECT * FROM funnel('2:c 0:a 1:b', 3);
SELECT * FROM funnel('0:c 1:b 2:a', 3);
SELECT * FROM funnel('0:b 1:c', 3);
SELECT * FROM funnel('0:a 1:- 2:- 3:b', 2);
-- the window is inclusive, and counts from step 1
SELECT * FROM funnel('0:a 10:b 20:c', 3, '20 minutes');
SELECT * FROM funnel('0:a 10:b 20:c', 3, '19 minutes 59.999999 seconds');
SELECT * FROM funnel('0:a 0:b 0.1:b', 2, '0');
-- a later entry that gets further, an earlier one that a later one does not lose
SELECT * FROM funnel('0:a 30:a 31:b 32:c', 3, '5 minutes');
SELECT * FROM funnel('0:a 1:b 2:a 6:c', 3, '10 minutes');
SELECT * FROM funnel('0:a 1:b 2:a 12:c', 3, '10 minutes');
-- equal chains: completed first, latest entry, earliest steps between
SELECT * FROM funnel('0:a 1:a 2:b 3:b 4:c 5:c', 3);
SELECT * FROM funnel('0:a 1:b 2:b 3:a 4:b', 2);
SELECT * FROM funnel('0:a 1:a', 2);
-- a row fills one step; a repeated step needs a repeated row
SELECT * FROM funnel('0:ab', 2);
SELECT * FROM funnel('0:ab 1:ab', 2);
SELECT * FROM funnel('0:abc 1:abc 2:abc', 3);
-- one instant: by the set of steps, step 1 lowest
SELECT * FROM funnel('0:c 0:b 0:a', 3);
SELECT * FROM funnel('0:ab 0:a', 2);
SELECT * FROM funnel('0:ab 0:b', 2);
-- increase
SELECT * FROM funnel('0:a 0:b', 2, NULL, 'increase');
SELECT * FROM funnel('0:a 1:a 1:b', 2, NULL, 'increase');
SELECT * FROM funnel('0:a 1:ab 1:b 2:c', 3, NULL, 'increase');
-- strict
SELECT * FROM funnel('0:a 1:- 2:b', 2, NULL, 'strict');
SELECT * FROM funnel('0:a 1:b 2:b 3:c', 3, NULL, 'strict');
SELECT * FROM funnel('0:a 1:b 2:a 3:c', 3, NULL, 'strict');
SELECT * FROM funnel('0:a 1:b 2:d 3:a 4:b 5:c', 4, NULL, 'strict');
SELECT * FROM funnel('0:a 0:- 1:b', 2, NULL, 'strict');
SELECT * FROM funnel('0:a 1:a 2:b', 2, '1 minute', 'strict');
SELECT * FROM funnel('0:a 1:ab 2:b 3:c', 3, NULL, 'strict');
-- unique
SELECT * FROM funnel('0:a 1:b 2:b 3:c', 3, NULL, 'unique');
SELECT * FROM funnel('0:a 1:b 2:a 3:c', 3, NULL, 'unique');
SELECT * FROM funnel('0:a 1:b 2:b 3:a 4:b 5:c', 3, NULL, 'unique');
SELECT * FROM funnel('0:a 1:b 3:b 3:c', 3, NULL, 'unique');
SELECT * FROM funnel('0:a 1:b 3:b 3:c 4:d', 4, NULL, 'unique');
SELECT * FROM funnel('0:a 1:ab 2:b 3:c', 3, NULL, 'unique');
SELECT * FROM funnel('0:a 1:b 2:a 2:b 3:c', 3, NULL, 'unique');
SELECT * FROM funnel('0:a 1:c 2:b 3:c', 3, NULL, 'unique');
SELECT * FROM funnel('0:a 9:b 9:a 9:b', 2, '5 minutes', 'unique');

-- the modes differ
SELECT mode, (funnel('0:a 1:b 1:c 2:a 3:d 4:b 5:- 6:c 7:d', 4, NULL, mode)).*
FROM unnest(ARRAY['ordered', 'increase', 'strict', 'unique']) mode;

-- coded steps: 1 to 63, 0 and null are no step, n need not be known
SELECT smarketing.window_funnel_step('1 hour', at, step)
FROM (VALUES (timestamptz '2026-01-01 00:00', 1), ('2026-01-01 00:01', 0), ('2026-01-01 00:02', NULL), ('2026-01-01 00:03', 2), ('2026-01-01 00:02', 3), (NULL, 3)) e(at, step);
SELECT smarketing.window_funnel_step(NULL, timestamptz '2026-01-01' + i * interval '1 day', i) FROM generate_series(63, 1, -1) i;

-- the attribute of the entry does not split the chain
SELECT (smarketing.funnel_entry('1 hour', at, channel, kind = 'visit', kind = 'demo', kind = 'won')).*
FROM (VALUES (timestamptz '2026-01-01 00:00', 'visit', 'ads'), ('2026-01-01 00:10', 'visit', 'e-mail'), ('2026-01-01 00:20', 'demo', 'ads'), ('2026-01-01 00:30', 'won', NULL)) e(at, kind, channel);
SELECT (smarketing.funnel_entry('1 hour', at, channel, kind = 'visit', kind = 'demo')).*
FROM (VALUES (timestamptz '2026-01-01', 'visit', NULL), ('2026-01-01', 'visit', 'élan'), ('2026-01-01', 'visit', 'zoo'), ('2026-01-01', 'demo', 'a')) e(at, kind, channel);
SELECT (smarketing.funnel_entry('1 hour', now(), NULL, true)).level, (smarketing.funnel_entry('1 hour', now(), NULL, true)).attribute IS NULL;
SELECT (smarketing.funnel_entry('1 hour', now(), 'x', false)).*;
SELECT (smarketing.funnel_entry(NULL, timestamptz '2026-01-01' + i * interval '1 s', 'channel ' || i, i % 7 = 3, i = 4999)).* FROM generate_series(1, 5000) i;

-- nulls and nothing
SELECT smarketing.window_funnel('1 hour', at, a, b), smarketing.funnel_times('1 hour', at, a, b)
FROM (VALUES (timestamptz '2026-01-01', true, NULL), (NULL, false, true), ('2026-01-02', NULL, NULL)) e(at, a, b);
SELECT smarketing.window_funnel('1 hour', now(), true), smarketing.window_funnel('1 hour', 'unique', now(), true), smarketing.window_funnel_step('1 hour', now(), 1),
	smarketing.funnel_times('1 hour', now(), true), smarketing.funnel_times('1 hour', 'strict', now(), true), smarketing.funnel_entry('1 hour', now(), 'x', true) WHERE false;
SELECT g, smarketing.window_funnel('1 hour', timestamptz '2026-01-01', i = 1) FILTER (WHERE i > 1) FROM generate_series(1, 2) g, generate_series(1, 2) i GROUP BY g ORDER BY g;
SELECT smarketing.window_funnel('1 hour', now(), NULL, NULL), smarketing.window_funnel(NULL, 'strict'::text, NULL, true);

-- extremes: year 1, 9999, BC, the first and the last instant; a window of 200,000 years
SELECT smarketing.window_funnel(NULL, at, k = 1, k = 2, k = 3, k = 4, k = 5), smarketing.funnel_times(NULL, at, k = 1, k = 2, k = 3, k = 4, k = 5),
	smarketing.window_funnel('73000000 days', at, k = 1, k = 2, k = 3, k = 4, k = 5)
FROM (VALUES (timestamptz '4714-11-24 00:00:00+00 BC', 1), ('0044-03-15 BC', 2), ('0001-01-01', 3), ('9999-12-31', 4), ('294276-12-31 23:59:59.999999+00', 5)) e(at, k);
SELECT smarketing.window_funnel('106751991 days', at, k = 1, k = 2) FROM (VALUES (timestamptz '4714-11-24 00:00:00+00 BC', 1), ('294276-12-31 23:59:59.999999+00', 2)) e(at, k);
-- 8-byte rows that become 16-byte rows late, and early
SELECT smarketing.window_funnel(NULL, timestamptz '2026-01-01' + i * interval '1 s', i = 1, i = 2, i = 500, i >= 999, i >= 1000) FROM generate_series(1000, 1, -1) i;
SELECT smarketing.window_funnel(NULL, timestamptz '2026-01-01' + i * interval '1 s', i <= 3, i <= 3, i = 4) FROM generate_series(1, 4) i;
SELECT smarketing.window_funnel(NULL, timestamptz '2026-01-01' + i * interval '1 s', i <= 3, i <= 3, i = 8) FROM generate_series(8, 1, -1) i;
-- a day is 24 hours, also over a change of the clocks
SET timezone = 'Europe/Berlin';
SELECT smarketing.window_funnel('1 day', at, k = 1, k = 2), smarketing.window_funnel('23 hours', at, k = 1, k = 2)
FROM (VALUES (timestamptz '2026-03-28 12:00', 1), ('2026-03-29 12:00', 2)) e(at, k);
SELECT smarketing.window_funnel('1 day', at, k = 1, k = 2), smarketing.window_funnel('1 day 01:00', at, k = 1, k = 2)
FROM (VALUES (timestamptz '2026-10-24 12:00', 1), ('2026-10-25 12:00', 2)) e(at, k);
SET timezone = 'UTC';
-- 63 steps, overlapping and not
SELECT smarketing.window_funnel(NULL, timestamptz '2026-01-01' + i * interval '1 s', VARIADIC ARRAY(SELECT i = k FROM generate_series(1, 63) k)) FROM generate_series(63, 1, -1) i;
SELECT smarketing.window_funnel(NULL, timestamptz '2026-01-01' + i * interval '1 s', VARIADIC array_fill(true, ARRAY[63])),
	cardinality(smarketing.funnel_times(NULL, timestamptz '2026-01-01' + i * interval '1 s', VARIADIC array_fill(true, ARRAY[63], ARRAY[-5]))) FROM generate_series(1, 100) i;
SELECT smarketing.window_funnel(NULL, mode, timestamptz '2026-01-01' + i * interval '1 s', VARIADIC array_fill(true, ARRAY[63])), mode
FROM generate_series(1, 100) i, unnest(ARRAY['increase', 'strict', 'unique']) mode GROUP BY mode ORDER BY mode;

-- as window functions, and DISTINCT, FILTER, ORDER BY in the call
SELECT i, smarketing.window_funnel('1 hour', timestamptz '2026-01-01' + i * interval '1 minute', i % 3 = 0, i % 3 = 1, i % 3 = 2) OVER w AS level,
	smarketing.funnel_times('1 hour', timestamptz '2026-01-01' + i * interval '1 minute', i % 3 = 0, i % 3 = 1, i % 3 = 2) OVER w AS times
FROM generate_series(0, 6) i WINDOW w AS (ORDER BY i ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) ORDER BY i;
SELECT i, smarketing.window_funnel('1 hour', timestamptz '2026-01-01' + i * interval '1 minute', i = 3, i = 5, i = 6) OVER (ORDER BY i DESC) AS level FROM generate_series(1, 6) i ORDER BY i;
SELECT smarketing.window_funnel(NULL, timestamptz '2026-01-01' + i * interval '1 s', i < 3, i < 3, i = 3 ORDER BY i DESC) FILTER (WHERE i > 0) FROM generate_series(0, 3) i;

-- errors
SELECT smarketing.window_funnel('1 hour', 'infinity', true);
SELECT smarketing.window_funnel('1 hour', '-infinity', false);
SELECT smarketing.window_funnel('1 month', now(), true);
SELECT smarketing.window_funnel('1 year -11 mons', now(), true);
SELECT smarketing.window_funnel('-1 second', now(), true);
SELECT smarketing.window_funnel('1 day -25 hours', NULL, true);
SELECT smarketing.window_funnel('2147483647 days', now(), true);
SELECT smarketing.window_funnel('1 hour', now(), VARIADIC '{}'::boolean[]);
SELECT smarketing.window_funnel('1 hour', now(), VARIADIC NULL::boolean[]);
SELECT smarketing.window_funnel('1 hour', now(), VARIADIC array_fill(true, ARRAY[64]));
SELECT smarketing.window_funnel('1 hour', now(), VARIADIC '{{t,f},{f,t}}'::boolean[]);
SELECT smarketing.window_funnel('1 hour', 'any', now(), true);
SELECT smarketing.window_funnel('1 hour', 'ORDERED', now(), true);
SELECT smarketing.window_funnel('1 hour', NULL::text, now(), true);
SELECT smarketing.window_funnel('1 hour', now(), VARIADIC array_fill(true, ARRAY[i])) FROM generate_series(1, 2) i;
SELECT smarketing.window_funnel('1 hour', CASE i WHEN 1 THEN 'strict' ELSE 'unique' END, now(), true) FROM generate_series(1, 2) i;
SELECT smarketing.window_funnel(i * interval '1 hour', now(), true) FROM generate_series(1, 2) i;
SELECT smarketing.window_funnel(NULLIF(i, 1) * interval '1 hour', NULL, true) FROM generate_series(1, 2) i;
SELECT smarketing.window_funnel_step('1 hour', now(), 64);
SELECT smarketing.window_funnel_step('1 hour', now(), -1);
SELECT smarketing.funnel_times('1 hour', 'bad', now(), true);
SELECT smarketing.funnel_entry('-1 hour', now(), 'x', true);
\set VERBOSITY terse
SELECT smarketing.funnel_entry('1 hour', now(), 'x');
\set VERBOSITY default
-- their SQLSTATEs
CREATE FUNCTION state_of(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT state_of(format('SELECT smarketing.window_funnel(%s)', call)), call FROM unnest(ARRAY[
	$$'1 hour', 'infinity', true$$, $$'1 month', now(), true$$, $$'-1 s', now(), true$$, $$'2147483647 days', now(), true$$, $$'1 hour', now(), VARIADIC '{}'$$,
	$$'1 hour', now(), VARIADIC NULL::boolean[]$$, $$'1 hour', 'any', now(), true$$, $$'1 hour', NULL::text, now(), true$$, $$'1 hour', now(), VARIADIC '{{t}}'$$]) call;
-- everything is commented, immutable, parallel safe
SELECT p.oid::regprocedure FROM pg_proc p
WHERE pronamespace = 'smarketing'::regnamespace AND proname ~ 'funnel' AND proname !~ '^workspace_'
	AND (obj_description(p.oid, 'pg_proc') IS NULL OR provolatile <> 'i' OR proparallel <> 's');
SELECT attname FROM pg_attribute WHERE attrelid = 'smarketing.funnel_chain'::regclass AND col_description(attrelid, attnum) IS NULL;

DROP SCHEMA funnel_test CASCADE;
