-- The type working_hours and the arithmetic of working time.
\set VERBOSITY terse
\pset null '(null)'
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = smarketing, pg_catalog;

-- SQLSTATE, message, detail and hint of what a text raises
CREATE FUNCTION pg_temp.problem(txt text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	m text;
	d text;
	h text;
BEGIN
	PERFORM txt::smarketing.working_hours;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || m || coalesce(E'\n  ' || nullif(d, ''), '') || coalesce(E'\n  ' || nullif(h, ''), '');
END
$$;

-- ---- text: canonical, and the same again ----
CREATE TEMP TABLE txt (n int GENERATED ALWAYS AS IDENTITY, written text);
INSERT INTO txt (written) VALUES
	('UTC'),
	('  europe/rome  ;  mo - fr  9:00 - 17:00  '),
	('America/Sao_Paulo; Mo-Fr 09:00-12:00,13:00-18:00; Sa 09:00-12:00; 12-25 off; 2026-12-24 09:00-12:00; 2026-02-16/2026-02-17 off; 2026-03-03 closed 14:00-16:00'),
	(E'Europe/Rome;\n\tMO,tu , We 08:00-12:00 , 13:30-17:30:30;\n\tTH-FR OFF'),
	('Europe/Rome; 24/7'),
	('Europe/Rome; Mo,Tu,We,Th,Fr,Sa,Su 00:00-24:00'),
	('Europe/Rome; 24/7; Su off'),
	('Europe/Rome; Sa-Tu 10:00-11:00'),
	('Europe/Rome; Sa,Su 10:00-11:00'),
	('Europe/Rome; Mo 09:00-12:00; Mo 13:00-18:00'),
	('Europe/Rome; Mo 09:00-12:00,11:00-14:00,14:00-15:00,13:00-13:30'),
	('Europe/Rome; Mo-Fr 22:00-06:00'),
	('Europe/Rome; Mo-Fr 22:00-00:00'),
	('Europe/Rome; Mo 06:00-14:00,14:00-22:00,22:00-06:00'),
	('Europe/Rome; Mo 00:00-24:00,22:00-06:00'),
	('Europe/Rome; Mo 23:59:59-23:59:58'),
	('Europe/Rome; 2026-12-26 off; 2026-12-25 off; 2026-12-28 off'),
	('Europe/Rome; 2026-12-20/2026-12-31 off; 2026-12-24 09:00-12:00'),
	('Europe/Rome; 2026-12-24 09:00-12:00; 2026-12-20/2026-12-31 off'),
	('Europe/Rome; 2026-12-24 22:00-06:00; 2026-12-25 off'),
	('Europe/Rome; 2026-12-25 off; 2026-12-24 22:00-06:00'),
	('Europe/Rome; 2026-08-01/2026-08-31 22:00-06:00'),
	('Europe/Rome; 12-31 22:00-06:00; 01-01 off'),
	('Europe/Rome; 01-01 off; 12-31 22:00-06:00'),
	('Europe/Rome; 02-28 22:00-06:00; 03-01 off'),
	('Europe/Rome; 03-01 off; 02-29 off; 02-28 22:00-06:00'),
	('Europe/Rome; 03-01 off; 02-28 22:00-06:00; 02-29 22:00-03:00'),
	('Europe/Rome; 02-29 off; 0001-01-01/1999-12-31 off; 9999-12-31 off'),
	('Europe/Rome; Mo closed 12:00-13:00; Mo closed 15:00-16:00; Tu closed 12:00-13:00,15:00-16:00; 12-24 closed 12:00-24:00; Mo extra 19:00-20:00; 2026-01-02/2026-01-04 extra 08:00-09:00; 2026-01-03 extra 20:00-21:00'),
	('etc/gmt-3; Mo 09:00-10:00'),
	('Etc/UTC; Mo 09:00-10:00');
SELECT n, written::working_hours AS canonical FROM txt ORDER BY n;
SELECT n, written FROM txt WHERE written::working_hours::text::working_hours <> written::working_hours
	OR written::working_hours::text::working_hours::text <> written::working_hours::text;
-- the order of writing does not matter where the meaning is the same
SELECT 'UTC; 2026-01-01 off; 2026-12-25 off; Mo 09:00-10:00'::working_hours
	= 'UTC; Mo 09:00-10:00; 2026-12-25 off; 2026-01-01 off'::working_hours AS equal;

-- ---- errors point at the rule ----
SELECT t || E'\n' || pg_temp.problem(t) AS problem FROM unnest(ARRAY[
	'', ' ; Mo 09:00-10:00', 'Mo-Fr 09:00-17:00', 'Mars/Olympus; Mo 09:00-10:00', 'UTC+3; Mo 09:00-10:00', '<+03>-3', 'EST9', 'Etc/GMT+99',
	repeat('x', 300), 'Europe/Rome;', 'Europe/Rome; ; Mo 09:00-10:00', 'Europe/Rome; Mo 09:00-10:00;',
	'Europe/Rome; Mo-Fr 9:00-25:00', 'Europe/Rome; Mo-Fr 24:00-25:00', 'Europe/Rome; Mo 24:00-06:00', 'Europe/Rome; Mo 09:00-24:00:01', 'Europe/Rome; Mo 09:60-10:00',
	'Europe/Rome; Mo 09:00:60-10:00', 'Europe/Rome; Mo 09:00-09:00', 'Europe/Rome; Mo 00:00-00:00', 'Europe/Rome; Mo 9-17', 'Europe/Rome; Mo 09:00', 'Europe/Rome; Mo 09:00-', 'Europe/Rome; Mo 09:00-10:00,',
	'Europe/Rome; Mo 09:00-10:00 x', 'Europe/Rome; Mo 09:00-10:00 off', 'Europe/Rome; Mo09:00-10:00', 'Europe/Rome; Mo', 'Europe/Rome; Mo extra', 'Europe/Rome; Mo closed off', 'Europe/Rome; Mon 09:00-10:00', 'Europe/Rome; Mo- 09:00-10:00', 'Europe/Rome; Mo, 09:00-10:00',
	'Europe/Rome; lunedì 09:00-10:00', 'Europe/Rome; 09:00-10:00', 'Europe/Rome; 24/7 09:00-10:00', 'Europe/Rome; off',
	'Europe/Rome; 02-31 off', 'Europe/Rome; 2026-02-31 off', 'Europe/Rome; 2026-02-29 off', 'Europe/Rome; 13-01 off', 'Europe/Rome; 00-10 off', 'Europe/Rome; 2026-00-10 off', 'Europe/Rome; 2026-01-00 off', 'Europe/Rome; 0000-01-01 off', 'Europe/Rome; 12026-01-01 off', 'Europe/Rome; 2026-1-1 off', 'Europe/Rome; 1-1 off',
	'Europe/Rome; 2026-12-31/2026-12-01 off', 'Europe/Rome; 12-24/12-26 off', 'Europe/Rome; 2026-12-24/ off', 'Europe/Rome; 2026-12-24,2026-12-25 off',
	'Europe/Rome; 2026-01-01/9999-12-31 09:00-10:00', 'Europe/Rome; Mo extra 09:00-10:00; 2026-01-01/9999-12-31 off',
	'Europe/Rome; Mo 09:00-10:00 ' || repeat('ü', 100)]) WITH ORDINALITY AS x(t, n) ORDER BY n \g (format=unaligned tuples_only=on)
SELECT pg_temp.problem('UTC; Mo ' || string_agg(format('%s:%s-%s:%s:30', h, lpad(m::text, 2, '0'), h, lpad(m::text, 2, '0')), ','))
	FROM generate_series(0, 23) AS h, generate_series(0, 50, 5) AS m;
-- with leap seconds, where the server has such zones
SELECT pg_temp.problem('right/UTC; Mo 09:00-10:00') LIKE '22023 invalid working hours: "right/UTC": %' AS refused;

-- ---- comparison ----
CREATE TEMP TABLE h (hours working_hours);
INSERT INTO h VALUES ('UTC; Mo 09:00-10:00'), ('Europe/Rome; 24/7'), ('UTC'), ('utc; mo 9:00-10:00'), (NULL), ('UTC; 2026-01-01 off');
SELECT hours, count(*) FROM h GROUP BY hours ORDER BY hours;
SELECT DISTINCT hours FROM h ORDER BY hours DESC;
SELECT a.hours, b.hours, a.hours = b.hours AS eq, a.hours <> b.hours AS ne, a.hours < b.hours AS lt, a.hours <= b.hours AS le,
	a.hours > b.hours AS gt, a.hours >= b.hours AS ge, working_hours_cmp(a.hours, b.hours) AS cmp
	FROM h AS a, h AS b WHERE a.hours < 'UTC; 24/7' AND b.hours < 'UTC; 24/7' ORDER BY 1, 2;
SELECT working_hours_hash(a) = working_hours_hash(b) AS hash, working_hours_hash_extended(a, 7) = working_hours_hash_extended(b, 7) AS extended,
	working_hours_hash_extended(a, 7) <> working_hours_hash_extended(b, 8) AS seeded,
	working_hours_hash_extended(a, 0) & 4294967295 = working_hours_hash(b)::bigint & 4294967295 AS low_half
	FROM (SELECT 'UTC; Mo 09:00-10:00'::working_hours AS a, 'utc; mo 9:00-10:00'::working_hours AS b) AS x;
CREATE INDEX h_btree ON h (hours);
CREATE INDEX h_hash ON h USING hash (hours);
SET enable_seqscan = off;
SELECT count(*) FROM h WHERE hours = 'UTC; Mo 09:00-10:00';
RESET enable_seqscan;
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT count(*) FROM h AS a JOIN h AS b USING (hours);
RESET enable_hashjoin; SET enable_mergejoin = off;
SELECT count(*) FROM h AS a JOIN h AS b USING (hours);
RESET enable_nestloop; RESET enable_mergejoin;

-- ---- binary form ----
SELECT encode(working_hours_send('UTC; Mo 09:00-10:00'), 'escape');
-- 350 holidays stay below 2 kB, 4 bytes each
SELECT pg_column_size(hours) AS bytes, pg_column_size(hours) < 2048 AS small FROM (SELECT
	('America/New_York; Mo-Fr 09:00-17:00; ' || string_agg(to_char(date '2005-01-01' + 31 * n, 'YYYY-MM-DD') || ' off', '; '))::working_hours AS hours
	FROM generate_series(1, 350) AS n) AS x;
SELECT pg_column_size('UTC'::working_hours) AS empty, pg_column_size('UTC; 2026-01-01 09:00-10:00'::working_hours) AS date_with_hours,
	pg_column_size('UTC; 2026-01-01 09:00-10:00:30'::working_hours) AS with_seconds, pg_column_size('UTC; 2026-01-01/2026-02-01 off'::working_hours) AS range;

-- ---- a working week ----
CREATE TEMP TABLE c (name text PRIMARY KEY, hours working_hours);
INSERT INTO c VALUES
	('office', 'Europe/Rome; Mo-Fr 09:00-13:00,14:00-18:00; 12-25 off; 2026-12-24 09:00-12:00; 2026-12-19 extra 10:00-12:00; 2026-12-22 closed 16:00-24:00'),
	('night', 'Europe/Rome; Mo-Fr 22:00-06:00; 2026-12-24 off; 2026-12-25 22:00-02:00'),
	('always', 'Europe/Rome; 24/7'),
	('never', 'Europe/Rome'),
	('once', 'Europe/Rome; 2026-12-24 09:00-12:00; 2026-12-28 09:00-12:00');
SELECT name, working_time(hours, '2026-12-14 00:00+01', '2026-12-28 00:00+01') AS fortnight,
	working_time(hours, '2026-12-28 00:00+01', '2026-12-14 00:00+01') AS back,
	working_time(hours, '2026-12-22 10:00+01', '2026-12-22 10:00+01') AS nothing
	FROM c ORDER BY name;
SELECT name, at AT TIME ZONE 'Europe/Rome' AS at, is_working(hours, at) AS open, next_opening(hours, at) AT TIME ZONE 'Europe/Rome' AS opening,
	next_closing(hours, at) AT TIME ZONE 'Europe/Rome' AS closing, previous_closing(hours, at) AT TIME ZONE 'Europe/Rome' AS last_closing,
	working_day_end(hours, at) AT TIME ZONE 'Europe/Rome' AS day_end
	FROM c, unnest('{2026-12-21 08:59:59.999999+01,2026-12-21 09:00+01,2026-12-21 13:00+01,2026-12-22 15:30+01,2026-12-24 03:00+01,2026-12-24 11:00+01,2026-12-26 01:30+01,2026-12-31 23:30+01}'::timestamptz[]) AS at
	ORDER BY name, at;
-- opening is in, closing is out
SELECT at, is_working('UTC; Mo 09:00-10:00', at) FROM unnest('{2026-12-21 08:59:59.999999,2026-12-21 09:00,2026-12-21 09:59:59.999999,2026-12-21 10:00}'::timestamptz[]) AS at;
SELECT name, amount, add_working_time(hours, '2026-12-23 10:00+01', amount) AT TIME ZONE 'Europe/Rome' AS later
	FROM c, unnest('{0,1 microsecond,3 hours,7 hours,40 hours,-1 microseconds,-1 hour,-9 hours,-400 hours}'::interval[]) AS amount ORDER BY name, amount;
SELECT name, days, add_working_days(hours, '2026-12-23 10:00+01', days) AT TIME ZONE 'Europe/Rome' AS later,
	working_day_end(hours, '2026-12-23 10:00+01', days) AT TIME ZONE 'Europe/Rome' AS day_end
	FROM c, unnest('{0,1,2,3,-1,-2,1000}'::int[]) AS days ORDER BY name, days;
SELECT name, p FROM c, working_periods(hours, '2026-12-23 10:00+01', '2026-12-26 00:00+01') AS p WHERE name <> 'office' ORDER BY name, p;
SELECT count(*) FROM working_periods('UTC; 24/7', '2026-01-02', '2026-01-01');
SELECT count(*) FROM working_periods('UTC; 24/7', '2026-01-01', '2026-01-01');
SELECT count(*), sum(upper(p) - lower(p)) FROM working_periods('UTC; Mo-Su 09:00-17:00', '2026-01-01', '2046-01-01') AS p;
SELECT working_periods('UTC; Mo-Su 09:00-17:00', '2026-01-01', '2046-01-01') LIMIT 2;

-- the tail of a night shift: a holiday closes its own day, from midnight to midnight
SELECT p FROM working_periods('UTC; Mo-Fr 22:00-06:00; 2026-12-24 off', '2026-12-22', '2026-12-26') AS p;
-- unless a later rule of the same layer opens into it
SELECT p FROM working_periods('UTC; 2026-12-24 off; 2026-12-23 22:00-06:00', '2026-12-22', '2026-12-26') AS p;
SELECT p FROM working_periods('UTC; 2026-12-23 22:00-06:00; 2026-12-24 off', '2026-12-22', '2026-12-26') AS p;
-- what follows 28 February depends on the year
SELECT lower(p)::timestamp AS opens, upper(p)::timestamp AS closes, written FROM unnest(ARRAY['UTC; 03-01 off; 02-28 22:00-06:00', 'UTC; 02-28 22:00-06:00; 03-01 off', 'UTC; 03-01 off; 02-29 22:00-05:00; 02-28 22:00-06:00']) WITH ORDINALITY AS w(written, n),
	working_periods(written::working_hours, '2027-01-01', '2029-01-01') AS p ORDER BY n, p;
-- extra opens what is off, closed wins over extra; both for weekdays and yearly dates, too
SELECT p FROM working_periods('UTC; Mo-Fr 09:00-17:00; 12-24 off; 12-24 extra 10:00-12:00; Th closed 11:00-11:30; 2026-12-23 extra 20:00-02:00', '2026-12-23', '2026-12-26') AS p;
-- 29 February
SELECT date(p) FROM (SELECT lower(p) AS p FROM working_periods('UTC; 02-29 10:00-12:00', '1890-01-01', '1910-01-01') AS p) AS x;

-- ---- null ----
SELECT working_time(NULL, now(), now()), working_time('UTC', NULL, now()), working_time('UTC', now(), NULL), add_working_time('UTC', now(), NULL),
	add_working_days('UTC', NULL, 1), is_working(NULL, now()), next_opening('UTC', NULL), next_closing('UTC', NULL),
	previous_closing('UTC', NULL), working_day_end('UTC', now(), NULL), (SELECT count(*) FROM working_periods('UTC', NULL, now()));

-- ---- errors of the functions ----
SELECT working_time('UTC; 24/7', '-infinity', '2026-01-01');
SELECT working_time('UTC; 24/7', '2026-01-01', 'infinity');
SELECT add_working_time('UTC; 24/7', 'infinity', '1 hour');
SELECT add_working_days('UTC; 24/7', 'infinity', 1);
SELECT is_working('UTC; 24/7', 'infinity');
SELECT next_opening('UTC; 24/7', 'infinity');
SELECT next_closing('UTC; 24/7', '-infinity');
SELECT previous_closing('UTC; 24/7', 'infinity');
SELECT working_day_end('UTC; 24/7', 'infinity');
SELECT working_periods('UTC; 24/7', '2026-01-01', 'infinity');
SELECT add_working_time('UTC; 24/7', '2026-01-01', '1 day');
\set VERBOSITY default
SELECT add_working_time('UTC; 24/7', '2026-01-01', '1 month');
\set VERBOSITY terse
SELECT add_working_time('UTC; 24/7', '294276-12-31', '1000000 hours');
SELECT add_working_time('UTC; Mo 09:00-10:00', '2026-01-01', '2562047788 hours');
SELECT add_working_time('UTC; Mo 09:00-10:00', '2026-01-01', '-2562047788 hours');
SELECT add_working_time('UTC', '2026-01-01', '2562047788 hours');
SELECT add_working_days('UTC; 02-29 09:00-10:00', '2026-01-01', 2147483647);
SELECT add_working_days('UTC; 24/7', '2026-01-01', -2147483648);
SELECT working_day_end('UTC; 24/7', '2026-01-01', 2147483647);
SELECT add_working_days('UTC', '2026-01-01', 2147483647), working_day_end('UTC', '2026-01-01', -5);
SELECT working_time('UTC; 24/7', '4714-11-24 00:00Z BC', '294276-12-31 23:59:59.999999Z');

-- ---- the clock jumps ----
CREATE FUNCTION pg_temp.local(h working_hours, a timestamp, b timestamp) RETURNS TABLE (opens timestamptz, closes timestamptz, opens_local timestamp, closes_local timestamp, lasts interval)
LANGUAGE sql AS $$
	SELECT lower(p), upper(p), lower(p) AT TIME ZONE z, upper(p) AT TIME ZONE z, upper(p) - lower(p)
	FROM split_part(h::text, ';', 1) AS z, working_periods(h, a AT TIME ZONE z, b AT TIME ZONE z) AS p
$$;
-- spring: what the gap skips does not count, a shift in it opens at the jump
SELECT * FROM pg_temp.local('America/New_York; Su 01:30-06:00', '2024-03-10', '2024-03-11');
SELECT * FROM pg_temp.local('America/New_York; Su 02:15-02:45', '2024-03-03', '2024-03-18');
SELECT * FROM pg_temp.local('America/New_York; Su 02:30-03:30', '2024-03-10', '2024-03-11');
-- autumn: what the clock reads twice counts twice
SELECT * FROM pg_temp.local('America/New_York; Su 01:15-01:45', '2024-11-03', '2024-11-04');
SELECT * FROM pg_temp.local('America/New_York; Su 00:00-01:30', '2024-11-03', '2024-11-04');
SELECT working_time('America/New_York; 24/7', '2024-11-03 00:00 America/New_York', '2024-11-04 00:00 America/New_York') AS day_of_25_hours;
-- half an hour
SELECT * FROM pg_temp.local('Australia/Lord_Howe; Su 01:45-02:15', '2024-04-07', '2024-04-08');
SELECT * FROM pg_temp.local('Australia/Lord_Howe; Su 01:45-02:45', '2024-10-06', '2024-10-07');
-- a date that was skipped is no working day, and midnights that were
SELECT add_working_days('Pacific/Apia; 24/7', '2011-12-29 10:00-10', 1) AT TIME ZONE 'Pacific/Apia' AS next_day,
	add_working_days('Pacific/Apia; 24/7', '2011-12-31 10:00+14', -1) AT TIME ZONE 'Pacific/Apia' AS day_before,
	working_day_end('Pacific/Apia; Mo-Su 09:00-17:00', '2011-12-29 18:00-10') AT TIME ZONE 'Pacific/Apia' AS day_end,
	working_time('Pacific/Apia; Mo-Su 09:00-17:00', '2011-12-29 00:00-10', '2012-01-01 00:00+14') AS two_days;
SELECT * FROM pg_temp.local('Pacific/Apia; 2011-12-30 09:00-17:00', '2011-12-25', '2012-01-05');
SELECT * FROM pg_temp.local('America/Sao_Paulo; Sa,Su 22:00-02:00', '2018-11-03', '2018-11-05');
SELECT * FROM pg_temp.local('America/Sao_Paulo; Sa,Su 22:00-02:00', '2019-02-16', '2019-02-18');
SELECT add_working_days('America/Sao_Paulo; 24/7', '2018-11-03 00:00-03', 1) AT TIME ZONE 'America/Sao_Paulo' AS midnight_skipped,
	working_day_end('America/Sao_Paulo; 24/7', '2019-02-16 12:00-02') AS end_of_25_hours;
-- set back at one minute past midnight: one date in two parts
SELECT * FROM pg_temp.local('America/St_Johns; Sa 23:30-00:30', '2006-10-28', '2006-10-30');
SELECT working_day_end('America/St_Johns; Sa 10:00-24:00', '2006-10-28 12:00-02:30') AS second_time_midnight,
	working_day_end('America/St_Johns; Sa 10:00-23:01; Su 00:00-00:01', '2006-10-28 12:00-02:30') AS not_on_sunday;
-- "winter time" that is negative daylight saving
SELECT * FROM pg_temp.local('Europe/Dublin; Su 00:30-02:30', '2024-03-31', '2024-04-01');
SELECT * FROM pg_temp.local('Europe/Dublin; Su 00:30-02:30', '2024-10-27', '2024-10-28');
SELECT * FROM pg_temp.local('Africa/Casablanca; Su 01:30-04:00', '2024-03-10', '2024-03-11');
SELECT * FROM pg_temp.local('Africa/Casablanca; Su 01:30-04:00', '2024-04-14', '2024-04-15');
SELECT * FROM pg_temp.local('Pacific/Chatham; Su 02:00-04:00', '2024-04-07', '2024-04-08');
SELECT * FROM pg_temp.local('Pacific/Chatham; Su 02:00-04:00', '2024-09-29', '2024-09-30');
-- only open in the gap: not a working day that year
SELECT add_working_days('America/New_York; Su 02:00-03:00', '2024-03-03 12:00-05', 1) AS skips, add_working_days('America/New_York; Su 02:00-03:00', '9999-03-01 12:00-05', 3) AS far;

-- ---- far away ----
SELECT y, working_time('America/New_York; Mo-Fr 09:00-17:00', make_timestamptz(y, 7, 1, 0, 0, 0, 'America/New_York'), make_timestamptz(y, 8, 1, 0, 0, 0, 'America/New_York')) AS july,
	next_opening('America/New_York; Mo-Fr 09:00-17:00', make_timestamptz(y, 7, 1, 0, 0, 0, 'America/New_York')) AT TIME ZONE 'America/New_York' AS opens
	FROM unnest('{-4712,-1,1,1582,1883,1900,2038,2100,2500,2900,9999,294276}'::int[]) AS y;
SELECT next_opening('Europe/Rome; Mo 09:00-10:00', '4714-11-24 00:00Z BC'), previous_closing('Europe/Rome; 24/7; 0001-01-01 off', '4714-11-24 00:00Z BC'), is_working('Europe/Rome; 24/7', '294276-12-31 23:59:59.999999Z');
SELECT next_opening('UTC; Mo 09:00-10:00', '294276-12-31 23:00Z');
SELECT previous_closing('UTC; Mo 09:00-10:00', '4714-11-24 00:00Z BC');
SELECT working_time('UTC; Mo-Su 00:00-12:00', '4714-11-24 00:00Z BC', '294276-12-31 23:59:59.999999Z') AS half_of_everything;
SELECT add_working_time('UTC; Mo-Su 00:00-12:00', '4714-11-24 00:00Z BC', '1310419068:00:00') AS to_the_end;
-- dated rules may be anywhere
SELECT p FROM working_periods('Europe/Rome; 0001-01-01 09:00-10:00; 9999-12-31 22:00-02:00', '0001-01-01 BC', '10000-01-05') AS p;
SELECT working_time('UTC; Mo-Fr 09:00-17:00; 0001-01-01/2025-12-31 off; 2027-01-01/9999-12-31 off', '4000-01-01 BC', '0001-01-01') > interval '0' AS before_them,
	working_time('UTC; Mo-Fr 09:00-17:00; 0001-01-01/2025-12-31 off; 2027-01-01/9999-12-31 off', '0001-01-01', '9999-12-31') AS one_year;
-- four hundred years are always the same
SELECT count(DISTINCT working_time(hours, y, y + interval '400 years')) FROM
	(SELECT 'Europe/Rome; Mo-Fr 09:00-17:00; 12-25 off; 02-29 02:00-03:30'::working_hours AS hours) AS h,
	generate_series(timestamptz '2101-01-01 00:00', '9000-01-01', '37 years 5 days') AS y;

-- ---- attributes ----
SELECT proname, provolatile AS volatility, proisstrict AS strict, proparallel AS parallel, procost AS cost FROM pg_proc
	WHERE pronamespace = 'smarketing'::regnamespace AND prosrc LIKE 'smk\_%' AND 'working_hours'::regtype = proargtypes[0] AND proname NOT LIKE 'working_hours%' AND proname NOT IN ('sla_status', 'clock_target')
	ORDER BY proname COLLATE "C";
-- more calendars than the cache of compiled ones holds
SELECT count(*) AS calendars, sum(extract(epoch FROM working_time(('UTC; Mo ' || to_char(time '00:00' + n * interval '30 seconds', 'HH24:MI:SS') || '-24:00')::working_hours, '2026-01-05', '2026-01-06'))) AS seconds
	FROM generate_series(1, 2000) AS n;
