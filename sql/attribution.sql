-- Attribution: models, windows, ties, exactness, errors
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SET intervalstyle = 'postgres';
SET client_min_messages = warning;

CREATE SCHEMA attribution_test;
SET search_path = attribution_test;

-- a journey: 'day:what' where what is a touch's name, =value, !milestone, or several at once
CREATE FUNCTION rows_of(spec text, OUT at timestamptz, OUT touch text, OUT conversion numeric, OUT milestone text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE AS $$
	SELECT timestamptz '2026-01-01' + m[1]::float8 * interval '1 day', NULLIF(m[2], ''), m[4]::numeric, m[6]
	FROM regexp_split_to_table(spec, ' ') r, regexp_match(r, '^([-0-9.]+):([^=!]*)(=([^!]+))?(!(.*))?$') m
$$;
CREATE FUNCTION credits(spec text, lookback interval DEFAULT '90 days', half_life interval DEFAULT '7 days', direct text DEFAULT 'direct')
RETURNS SETOF smarketing.credit LANGUAGE sql IMMUTABLE AS $$
	SELECT c.* FROM (SELECT smarketing.attribution(at, touch, conversion, milestone, lookback, half_life, direct) AS a FROM rows_of(spec)) x, unnest(a) c
$$;
CREATE FUNCTION path(spec text, model text, lookback interval DEFAULT '90 days', half_life interval DEFAULT '7 days', direct text DEFAULT 'direct')
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(c.touch || ' ' || (to_jsonb(c)->>model), ', ' ORDER BY o)
	FROM credits(spec, lookback, half_life, direct) WITH ORDINALITY AS c(converted_at, value, touched_at, touch, "position", touches,
		first_touch, last_touch, last_non_direct, linear, position_based, w_shaped, full_path, time_decay, o)
$$;

-- the shape of the answer
SELECT * FROM credits('0:ads 1:e-mail 2:direct 3:=100');
SELECT * FROM credits('0:ads 1:e-mail 2:direct 3:=100') LIMIT 0;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'smarketing.credit'::regclass ORDER BY attnum;
-- the short form has the defaults, and so has null
SELECT smarketing.attribution(at, touch, conversion) = smarketing.attribution(at, touch, conversion, NULL, '90 days', '7 days', 'direct') FROM rows_of('0:direct 1:ads 2:direct 3:=100 95:=7');
SELECT smarketing.attribution(at, touch, conversion) = smarketing.attribution(at, touch, conversion, NULL, NULL, NULL, NULL) FROM rows_of('0:direct 1:ads 2:direct 3:=100 95:=7');
-- rows in any order, several conversions, a row that is touch and conversion at once
SELECT converted_at::date, value, touched_at::date, touch, "position", touches, linear FROM credits('9:=30.00 0:a 5:b=10.00 2:c');
SELECT converted_at::date, value, touched_at::date, touch, "position", touches, linear FROM credits('2:c 9:=30.00 5:b=10.00 0:a');

-- models, by number of touches
SELECT n, path(spec, 'first_touch') AS first_touch, path(spec, 'last_touch') AS last_touch, path(spec, 'linear') AS linear, path(spec, 'position_based') AS position_based
FROM (VALUES (1, '0:a 9:=100'), (2, '0:a 1:b 9:=100'), (3, '0:a 1:b 2:c 9:=100'), (4, '0:a 1:b 2:c 3:d 9:=100')) v(n, spec);
-- last non-direct; all direct; another name for direct
SELECT path('0:a 1:b 2:direct 3:direct 9:=100', 'last_non_direct');
SELECT path('0:direct 1:direct 9:=100', 'last_non_direct');
SELECT path('0:a 1:direct 2:(none) 9:=100', 'last_non_direct', direct => '(none)');
SELECT path('0:a 1:direct 9:=100', 'last_non_direct', direct => NULL), path('0:a 1:direct 9:=100', 'last_non_direct', direct => '');
SELECT path('0:a 1:Direct 9:=100', 'last_non_direct');
-- W-shaped: 30/30/30 and 10; milestones on the last touch at or before them
SELECT path('0:a 1:b 2:c 3:d 4:e 5:f 2.5:!lead 4:!opportunity 6:=100', 'w_shaped');
SELECT path('0:a 1:b 2:c 3:d 4:e 5:f 2.5:!lead 4:!opportunity 6:=100', 'full_path');
-- shares that fall on one touch add up
SELECT path('0:a!lead 1:b 2:c!opportunity 6:=100', 'w_shaped'), path('0:a!lead 1:b 2:c!opportunity 6:=100', 'full_path');
SELECT path('0:a 1:b 1.5:!lead 1.6:!opportunity 2:c 6:=100', 'w_shaped'), path('0:a 1:b 1.5:!lead 1.6:!opportunity 2:c 6:=100', 'full_path');
-- with no other touch the 10 go to the key touches pro rata
SELECT path('0:a 1:b 1:!lead 2:c 2:!opportunity 6:=90', 'w_shaped'), path('0:a 1:b 1:!lead 2:c 2:!opportunity 3:d 6:=100', 'full_path');
SELECT path('0:a 0.5:!lead 0.6:!opportunity 1:b 6:=100', 'full_path'), path('0:a 6:=100', 'w_shaped'), path('0:a 6:=100', 'full_path');
-- a missing milestone's share goes to the present ones
SELECT path('0:a 1:b 2:c 3:d 1:!lead 6:=100', 'w_shaped'), path('0:a 1:b 2:c 3:d 1:!lead 6:=100', 'full_path');
SELECT path('0:a 1:b 2:c 3:d 6:=100', 'w_shaped'), path('0:a 1:b 2:c 3:d 6:=100', 'full_path');
-- before the first touch, after the conversion: missing; of several the latest before the conversion
SELECT path('-1:!lead 0:a 1:b 2:c 3:d 7:!opportunity 6:=100', 'w_shaped');
SELECT path('0:a 1:b 1:!lead 2:c 2:!lead 3:d 6:=100 7:!lead', 'w_shaped');
SELECT path('0:a 1:b 1:!lead 2:c 3:d 3:!opportunity 6:=100', 'w_shaped', '5 days');
-- time decay, from the newest touch
SELECT path('0:a 7:b 14:c 14:=700', 'time_decay');
SELECT path('0:a 7:b 14:c 80:=700', 'time_decay');
SELECT path('0:a 7:b 14:c 14:=700', 'time_decay', '90 days', '1 hour');
SELECT path('0:a 7:b 14:c 89:=700', 'time_decay', '90 days', '1 microsecond');
SELECT path('0:a 7:b 14:c 14:=700', 'time_decay', '90 days', NULL);
SELECT path('0:a 0:b 14:=100', 'time_decay', '90 days', '7 days');

-- the window: (converted_at - lookback, converted_at]
SELECT path('0:a 10:b 20:c 30:=100', 'linear', '20 days'), path('0:a 10:b 20:c 30:=100', 'linear', '20 days 00:00:00.000001');
SELECT path('0:a 10:b 20:c 30:=100 30:d 31:e', 'linear', '15 days'), path('0:a 30:=100', 'linear', '0');
SELECT path('0:a 80000:=100', 'linear', '80001 days'), path('0:a 90:=100', 'linear'), path('0:a 89.999:=100', 'linear');
-- windows that move, overlap and are empty
SELECT converted_at::date, touch, touched_at::date, "position", touches, linear, time_decay FROM credits('0:a 1:=1 3:b 5:=2 6:=3 40:=4 41:c 41:=5', '5 days');
SELECT * FROM credits('0:=12.5');
SELECT * FROM credits('0:=12.5 1:a');
-- one instant: by name, C collation; the one in the conversion's own row last
SELECT path('0:b 0:a 0:Z 0:é 0:=100', 'last_touch'), path('0:b 0:a=100 0:Z', 'last_touch'), path('0:b 0:a=100 0:Z', 'linear');
SELECT value, touch, "position", last_touch FROM credits('0:b=1 0:a=2 0:a=2 0:c 0:=3');
SELECT path('0:a 0:a 0:a=1', 'linear');

-- exact, at the value's own scale and at least 2 digits; the earlier touch first
SELECT path('0:a 1:b 2:c 9:=100', 'linear'), path('0:a 1:b 2:c 9:=0.02', 'linear'), path('0:a 1:b 2:c 9:=0.01', 'linear'), path('0:a 1:b 2:c 9:=0', 'linear');
SELECT path('0:a 1:b 2:c 9:=0.1', 'linear'), path('0:a 1:b 2:c 9:=0.1000', 'linear'), path('0:a 1:b 2:c 9:=1.000000000000000000000001', 'linear');
SELECT path('0:a 1:b 2:c 3:d 9:=0.05', 'position_based'), path('0:a 1:b 2:c 3:d 9:=0.01', 'position_based');
SELECT path('0:a 1:b 2:c 9:=1e50', 'linear'), path('0:a 1:b 2:c 9:=1e50', 'position_based');
SELECT path('0:a 1:b 2:c 9:=46116860184273879.03', 'linear'), path('0:a 1:b 2:c 9:=46116860184273879.04', 'linear'), path('0:a 1:b 2:c 9:=461168601842738790.41', 'linear');
SELECT value, value = sum(linear) AND value = sum(position_based) AND value = sum(w_shaped) AND value = sum(full_path) AND value = sum(time_decay)
	AND value = sum(first_touch) AND value = sum(last_touch) AND value = sum(last_non_direct) AS conserved, min(scale(linear)), max(scale(time_decay))
FROM (VALUES ('0'), ('0.001'), ('1'), ('0.01'), ('99999999999999999.99'), ('1e17'), ('1e-18'), ('1.1e-19'), ('123456789012345678901234567890.123'), ('1e-30')) v(v),
	credits('0:a 0.1:b 0.2:c 0.3:!lead 0.4:d 0.9:e 3:f 3:!opportunity 4:g 5:=' || v) GROUP BY value ORDER BY value;
SELECT length(value::text), scale(value), value = sum(linear) AND value = sum(w_shaped) AND value = sum(time_decay) AS conserved
FROM (VALUES (repeat('9', 120000)), ('0.' || repeat('0', 16000) || '7')) v(v), LATERAL credits('0:a 1:b 2:c 5:=' || v) GROUP BY value ORDER BY value;

-- null and nothing
SELECT smarketing.attribution(at, touch, conversion) FROM (VALUES (NULL::timestamptz, 'a', 5), (NULL, NULL, NULL), ('2026-01-01', NULL, NULL), ('2026-01-01', 'a', NULL)) v(at, touch, conversion);
SELECT smarketing.attribution(now(), 'a', 1) WHERE false;
SELECT smarketing.attribution(now(), 'a', 1, NULL, NULL, NULL, NULL) WHERE false;
SELECT (unnest(smarketing.attribution(timestamptz '2026-01-01', '', 1))).*;
-- far away
SELECT path, count(*) FROM (SELECT converted_at, touched_at, touch AS path FROM (SELECT smarketing.attribution(at, k, CASE k WHEN 'z' THEN 100 END, NULL, '106751990 days', '1 day', NULL) AS a
	FROM (VALUES (timestamptz '4714-11-24 00:00:00+00 BC', 'a'), ('0044-03-15 BC', 'b'), ('9999-12-31', 'c'), ('280000-12-31 23:59:59.999999+00', 'z')) v(at, k)) x, unnest(a)) y GROUP BY path ORDER BY path COLLATE "C";

-- many names, long names
SELECT count(*), count(DISTINCT touch), sum(linear), max(length(touch)) FROM (SELECT smarketing.attribution(timestamptz '2026-01-01' + i * interval '1 s', CASE WHEN i < 3000 THEN repeat('é', i % 100) || i % 997 END,
	CASE i WHEN 3000 THEN 1000 END) AS a FROM generate_series(1, 3000) i) x, unnest(a);

-- as a window function
SELECT i, (SELECT string_agg(touch || ' ' || linear, ', ') FROM unnest(a)) FROM (
	SELECT i, smarketing.attribution(timestamptz '2026-01-01' + i * interval '1 day', 'c' || i, CASE WHEN i % 2 = 0 THEN i END)
		OVER (ORDER BY i ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS a FROM generate_series(1, 4) i) x ORDER BY i;
SELECT smarketing.attribution(now(), 'a', NULL) FILTER (WHERE false);

-- errors
SELECT smarketing.attribution(now(), 'a', -0.01);
SELECT smarketing.attribution(now(), 'a', 'NaN');
SELECT smarketing.attribution(now(), 'a', 'infinity');
SELECT smarketing.attribution(NULL, 'a', '-infinity');
SELECT smarketing.attribution('infinity', 'a', 1);
SELECT smarketing.attribution('-infinity', NULL, NULL);
SELECT smarketing.attribution(now(), 'a', 1, 'mql', NULL, NULL, NULL);
SELECT smarketing.attribution(now(), 'a', 1, NULL, '1 month', NULL, NULL);
SELECT smarketing.attribution(now(), 'a', 1, NULL, '-1 day', NULL, NULL);
SELECT smarketing.attribution(now(), 'a', 1, NULL, NULL, '1 year', NULL);
SELECT smarketing.attribution(now(), 'a', 1, NULL, NULL, '0', NULL);
SELECT smarketing.attribution(now(), 'a', 1, NULL, NULL, '-1 s', NULL);
SELECT smarketing.attribution(now(), 'a', 1, NULL, i * interval '90 days', NULL, NULL), smarketing.attribution(now(), 'a', 1, NULL, NULLIF(i, 1) * interval '45 days', NULL, NULL) FROM generate_series(1, 2) i;
SELECT smarketing.attribution(now(), 'a', 1, NULL, NULL, i * interval '1 day', NULL) FROM generate_series(1, 2) i;
SELECT smarketing.attribution(now(), 'a', 1, NULL, NULL, NULL, NULLIF(i, 1)::text) FROM generate_series(1, 2) i;
SELECT smarketing.attribution(now(), 'a', 1, NULL, NULL, NULL, i::text) FROM generate_series(1, 2) i;
-- more credits than an array holds: refused before they are made
SELECT smarketing.attribution(timestamptz '2026-01-01' + i * interval '1 s', 'a', 1) FROM generate_series(1, 5000) i;
-- their SQLSTATEs
CREATE FUNCTION state_of(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT state_of(format('SELECT smarketing.attribution(%s)', call)), call FROM unnest(ARRAY[
	$$now(), 'a', -1$$, $$now(), 'a', 'NaN'$$, $$now(), 'a', 'infinity'$$, $$'infinity', 'a', 1$$, $$now(), 'a', 1, 'x', NULL, NULL, NULL$$,
	$$now(), 'a', 1, NULL, '1 month', NULL, NULL$$, $$now(), 'a', 1, NULL, NULL, '0', NULL$$]) call;

-- everything is commented, immutable, parallel safe
SELECT p.oid::regprocedure FROM pg_proc p
WHERE pronamespace = 'smarketing'::regnamespace AND proname ~ '^attribution'
	AND (obj_description(p.oid, 'pg_proc') IS NULL OR provolatile <> 'i' OR proparallel <> 's');
SELECT attname FROM pg_attribute WHERE attrelid = 'smarketing.credit'::regclass AND col_description(attrelid, attnum) IS NULL;

DROP SCHEMA attribution_test CASCADE;
