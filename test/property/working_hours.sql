-- Properties of working time on random calendars and instants.
--
-- Run with psql in a database that has the extension:
--   psql -X -v ON_ERROR_STOP=1 -v cases=300 -v seed=0.42 -f test/property/working_hours.sql
--
-- The model is written from the rules' definition, in SQL, with nothing of the
-- extension in it: it works out which minutes of a local date are open, and
-- asks PostgreSQL's own AT TIME ZONE what the local clock reads.  The first
-- difference raises an error that shows the calendar.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?cases} \else \set cases 300 \endif
\if :{?seed} \else \set seed 0.42 \endif
SET client_min_messages = notice;
SET timezone = 'UTC';
SET search_path = smarketing, pg_catalog;
SET intervalstyle = 'postgres';
SET max_parallel_workers_per_gather = 0;
SELECT set_config('smk.cases', :'cases', false), setseed(:seed) \g /dev/null

CREATE TEMP TABLE rule (
	ord int,				-- as written
	layer text,				-- set, extra, closed
	kind text,				-- week, year, date
	weekdays int[],			-- ISO: Monday = 1
	month_day text,
	first date,
	last date,
	open int4multirange		-- minutes from midnight, up to 2880
);
CREATE TEMP TABLE day_model (day date PRIMARY KEY, open int4multirange);
CREATE TEMP TABLE minute (at timestamptz PRIMARY KEY, reading timestamp, open boolean);
CREATE TEMP TABLE tally (property text PRIMARY KEY, cases bigint);
CREATE TEMP TABLE calendar (hours smarketing.working_hours, hours_text text);

-- ---- the model ----

CREATE FUNCTION pg_temp.tail(p int4multirange) RETURNS int4multirange LANGUAGE sql AS $$
	SELECT coalesce(range_agg(int4range(lower(r) - 1440, upper(r) - 1440)), '{}')
	FROM unnest(p * '{[1440,2880)}'::int4multirange) AS r
$$;

CREATE FUNCTION pg_temp.names(r rule, d date) RETURNS boolean LANGUAGE sql AS $$
	SELECT CASE r.kind
		WHEN 'week' THEN extract(isodow FROM d) = ANY (r.weekdays)
		WHEN 'year' THEN to_char(d, 'MM-DD') = r.month_day
		ELSE d BETWEEN r.first AND r.last END
$$;

CREATE FUNCTION pg_temp.model(d date) RETURNS int4multirange LANGUAGE plpgsql AS $$
DECLARE
	whole CONSTANT int4multirange := '{[0,1440)}';
	s int4multirange := '{}';
	k text;
	own rule;
	before rule;
BEGIN
	SELECT open INTO s FROM day_model WHERE day = d;
	IF FOUND THEN
		RETURN s;
	END IF;
	s := '{}';
	FOREACH k IN ARRAY ARRAY['week', 'year', 'date'] LOOP
		own := NULL;
		before := NULL;
		SELECT r.* INTO own FROM rule AS r
			WHERE r.layer = 'set' AND r.kind = k AND pg_temp.names(r, d) ORDER BY ord DESC LIMIT 1;
		SELECT r.* INTO before FROM rule AS r
			WHERE r.layer = 'set' AND r.kind = k AND pg_temp.names(r, d - 1) ORDER BY ord DESC LIMIT 1;
		IF own.ord IS NOT NULL THEN
			s := CASE WHEN k = 'week' THEN s ELSE '{}' END + own.open * whole;
		END IF;
		IF before.ord IS NOT NULL AND
			(k = 'week' OR own.ord IS NULL OR before.ord >= own.ord) THEN
			s := s + pg_temp.tail(before.open);
		END IF;
	END LOOP;
	s := s + coalesce((SELECT range_agg(p) FROM rule AS r, unnest(
		CASE WHEN pg_temp.names(r, d) THEN r.open * whole ELSE '{}' END +
		CASE WHEN pg_temp.names(r, d - 1) THEN pg_temp.tail(r.open) ELSE '{}' END) AS p
		WHERE r.layer = 'extra'), '{}');
	s := s - coalesce((SELECT range_agg(p) FROM rule AS r, unnest(
		CASE WHEN pg_temp.names(r, d) THEN r.open * whole ELSE '{}' END +
		CASE WHEN pg_temp.names(r, d - 1) THEN pg_temp.tail(r.open) ELSE '{}' END) AS p
		WHERE r.layer = 'closed'), '{}');
	INSERT INTO day_model VALUES (d, s);
	RETURN s;
END
$$;

CREATE FUNCTION pg_temp.model_open(reading timestamp) RETURNS boolean LANGUAGE sql AS $$
	SELECT pg_temp.model(reading::date) @>
		(extract(hour FROM reading) * 60 + extract(minute FROM reading))::int
$$;

-- ---- random calendars ----

CREATE FUNCTION pg_temp.pick(a text[]) RETURNS text LANGUAGE sql AS $$
	SELECT a[1 + floor(random() * cardinality(a))::int]
$$;

-- Minutes of one or two pieces, some of them over midnight.
CREATE FUNCTION pg_temp.random_pieces(OUT open int4multirange, OUT txt text) LANGUAGE plpgsql AS $$
DECLARE
	a int;
	b int;
BEGIN
	open := '{}';
	txt := '';
	FOR i IN 1 .. 1 + floor(random() * random() * 4)::int LOOP
		IF random() < 0.1 THEN
			a := 0;
			b := 1440;
		ELSE
			a := floor(random() * 1440);
			a := CASE WHEN random() < 0.5 THEN a / 30 * 30 ELSE a END;
			b := CASE WHEN random() < 0.6 THEN a + 1 + floor(random() * (1440 - a))::int
				ELSE a + 1 + floor(random() * 1439)::int END;
		END IF;
		open := open + int4multirange(int4range(a, b));
		txt := txt || CASE WHEN i > 1 THEN ',' ELSE '' END || format('%s:%s-%s:%s',
			lpad((a / 60)::text, 2, '0'), lpad((a % 60)::text, 2, '0'),
			lpad((CASE WHEN b > 1440 THEN b - 1440 ELSE b END / 60)::text, 2, '0'),
			lpad((b % 60)::text, 2, '0'));
	END LOOP;
END
$$;

CREATE FUNCTION pg_temp.random_rule(n int, near date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r rule;
	days text;
	what text;
	x float8 := random();
BEGIN
	r.ord := n;
	r.layer := pg_temp.pick('{set,set,set,set,extra,closed}');
	r.kind := pg_temp.pick('{week,week,year,date,date}');
	IF r.kind = 'week' THEN
		SELECT array_agg(i) INTO r.weekdays FROM generate_series(1, 7) AS i WHERE random() < 0.5 OR i = 1 + floor(x * 7);
		SELECT string_agg((ARRAY['Mo','Tu','We','Th','Fr','Sa','Su'])[i], ',') INTO days FROM unnest(r.weekdays) AS i;
	ELSIF r.kind = 'year' THEN
		r.month_day := CASE WHEN x < 0.4 THEN pg_temp.pick('{01-01,12-31,02-28,02-29,03-01,03-02}')
			ELSE to_char(near + floor(random() * 12)::int - 4, 'MM-DD') END;
		days := r.month_day;
		-- nights about the end of February, in any order
		IF to_char(near, 'MM-DD') BETWEEN '02-26' AND '03-02' THEN
			r.month_day := pg_temp.pick('{02-27,02-28,02-29,03-01}');
			days := r.month_day;
			r.layer := 'set';
		END IF;
	ELSE
		r.first := near + floor(random() * 14)::int - 5;
		r.last := r.first + CASE WHEN x < 0.6 THEN 0 ELSE floor(random() * 5)::int END;
		IF x > 0.97 THEN
			r.last := DATE '9999-12-31';
		ELSIF x > 0.94 THEN
			r.first := DATE '0001-01-01';
		END IF;
		days := CASE WHEN r.first = r.last THEN to_char(r.first, 'YYYY-MM-DD')
			ELSE to_char(r.first, 'YYYY-MM-DD') || '/' || to_char(r.last, 'YYYY-MM-DD') END;
	END IF;
	SELECT * INTO r.open, what FROM pg_temp.random_pieces();
	IF r.layer = 'set' AND (random() < 0.25 OR r.last - r.first > 1000) THEN
		r.open := '{}';
		what := 'off';
	ELSIF r.last - r.first > 1000 THEN
		r.last := r.first;
		days := to_char(r.first, 'YYYY-MM-DD');
	END IF;
	IF r.layer = 'set' AND r.kind = 'week' AND random() < 0.05 THEN
		r.weekdays := '{1,2,3,4,5,6,7}';
		r.open := '{[0,1440)}';
		INSERT INTO rule SELECT r.*;
		RETURN '24/7';
	END IF;
	INSERT INTO rule SELECT r.*;
	RETURN days || CASE r.layer WHEN 'set' THEN ' ' ELSE ' ' || r.layer || ' ' END || what;
END
$$;

-- Long ranges and regular extra hours do not go together: try again.
CREATE FUNCTION pg_temp.random_calendar(zone text, near date) RETURNS smarketing.working_hours LANGUAGE plpgsql AS $$
DECLARE
	txt text;
BEGIN
	LOOP
		DELETE FROM rule;
		DELETE FROM day_model;
		txt := zone;
		FOR i IN 1 .. floor(random() * 12)::int LOOP
			txt := txt || '; ' || pg_temp.random_rule(i, near);
		END LOOP;
		BEGIN
			INSERT INTO calendar VALUES (txt::smarketing.working_hours, txt);
			RETURN txt::smarketing.working_hours;
		EXCEPTION WHEN program_limit_exceeded THEN
			CONTINUE;
		END;
	END LOOP;
END
$$;

-- ---- checks ----

CREATE FUNCTION pg_temp.count_case(p text, n bigint DEFAULT 1) RETURNS void LANGUAGE sql AS $$
	INSERT INTO tally VALUES (p, n) ON CONFLICT (property) DO UPDATE SET cases = tally.cases + n
$$;

CREATE FUNCTION pg_temp.must(ok boolean, property text, detail text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF ok IS NOT TRUE THEN
		RAISE EXCEPTION 'property violated: %', property USING DETAIL = detail,
			HINT = (SELECT hours_text FROM calendar ORDER BY ctid DESC LIMIT 1);
	END IF;
	PERFORM pg_temp.count_case(property);
END
$$;

CREATE FUNCTION pg_temp.us(i interval) RETURNS bigint LANGUAGE sql AS $$
	SELECT (extract(epoch FROM i) * 1000000)::bigint
$$;

-- Twelve days of minutes around an instant, counted one by one.
CREATE FUNCTION pg_temp.check_minutes(h smarketing.working_hours, zone text, near timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	low timestamptz := near - interval '6 days';
	a timestamptz;
	b timestamptz;
	n bigint;
	x record;
BEGIN
	TRUNCATE minute;
	INSERT INTO minute
		SELECT t, t AT TIME ZONE zone, false
		FROM generate_series(low, near + interval '6 days', interval '1 minute') AS t;
	PERFORM pg_temp.model(d.day) FROM (SELECT DISTINCT reading::date AS day FROM minute) AS d;
	UPDATE minute SET open = m.open @> (extract(hour FROM reading) * 60 + extract(minute FROM reading))::int
		FROM day_model AS m WHERE m.day = reading::date;
	FOR i IN 1 .. 6 LOOP
		a := low + floor(random() * 17280) * interval '1 minute';
		b := low + floor(random() * 17280) * interval '1 minute';
		SELECT count(*) INTO n FROM minute WHERE at >= a AND at < b AND open;
		PERFORM pg_temp.must(smarketing.working_time(h, a, greatest(a, b)) = n * interval '1 minute',
			'working_time counts the open minutes', format('%s to %s: %s, not %s minutes', a, b,
			smarketing.working_time(h, a, greatest(a, b)), n));
	END LOOP;
	SELECT m.at INTO x FROM minute AS m WHERE smarketing.is_working(h, m.at) IS DISTINCT FROM m.open LIMIT 1;
	PERFORM pg_temp.must(NOT FOUND, 'is_working agrees with each minute', x::text);
	PERFORM pg_temp.check_dates(h, low);
END
$$;

-- Working dates and their ends, from the minutes.
CREATE FUNCTION pg_temp.check_dates(h smarketing.working_hours, low timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	a timestamptz;
	here date;
	clock interval;
	days date[];
	n int;
	base date;
	target date;
	expected timestamptz;
BEGIN
	-- only dates that lie in the minutes as a whole
	SELECT array_agg(day ORDER BY day) INTO days
		FROM (SELECT reading::date AS day FROM minute
			WHERE open AND at BETWEEN low + interval '2 days' AND low + interval '10 days'
			GROUP BY 1) AS d;
	FOR i IN 1 .. 6 LOOP
		a := low + interval '4 days' + floor(random() * 5760) * interval '1 minute';
		SELECT reading::date, reading - reading::date INTO here, clock FROM minute WHERE at = a;
		n := (ARRAY[-3, -2, -1, 1, 2, 3])[1 + floor(random() * 6)::int];
		IF n > 0 THEN
			SELECT d INTO target FROM unnest(days) AS d WHERE d > here ORDER BY d OFFSET n - 1 LIMIT 1;
		ELSE
			SELECT d INTO target FROM unnest(days) AS d WHERE d < here ORDER BY d DESC OFFSET -n - 1 LIMIT 1;
		END IF;
		IF target IS NOT NULL
			AND target BETWEEN (low + interval '3 days')::date AND (low + interval '9 days')::date THEN
			SELECT min(at) INTO expected FROM minute WHERE reading >= target + clock;
			PERFORM pg_temp.must(smarketing.add_working_days(h, a, n) = expected,
				'add_working_days agrees with the minutes', format('%s + %s days: %s, not %s', a, n,
				smarketing.add_working_days(h, a, n), expected));
		END IF;
		SELECT reading::date INTO base FROM minute WHERE at >= a AND reading::date = here AND open LIMIT 1;
		IF base IS NULL THEN
			SELECT d INTO base FROM unnest(days) AS d WHERE d > here ORDER BY d LIMIT 1;
		END IF;
		IF base IS NOT NULL AND base <= (low + interval '9 days')::date THEN
			SELECT max(at) + interval '1 minute' INTO expected FROM minute WHERE reading::date = base AND open;
			PERFORM pg_temp.must(smarketing.working_day_end(h, a) = expected,
				'working_day_end agrees with the minutes', format('%s: %s, not %s', a,
				smarketing.working_day_end(h, a), expected));
		END IF;
	END LOOP;
END
$$;

-- Laws that hold at any three instants.
CREATE FUNCTION pg_temp.check_laws(h smarketing.working_hours, a timestamptz, b timestamptz, c timestamptz, n interval)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	microsecond CONSTANT interval := '1 microsecond';
	t timestamptz;
	o timestamptz;
	e timestamptz;
BEGIN
	-- every other time an amount that ends exactly at an opening or closing
	IF b < c THEN
		n := coalesce(smarketing.working_time(h, a, CASE WHEN a < b THEN smarketing.next_opening(h, b)
			ELSE smarketing.previous_closing(h, b) END), n);
	END IF;
	PERFORM pg_temp.must(
		smarketing.working_time(h, a, b) + smarketing.working_time(h, b, c) = smarketing.working_time(h, a, c),
		'working_time is additive', format('%s %s %s', a, b, c));
	PERFORM pg_temp.must(smarketing.working_time(h, least(a, b), greatest(a, b)) BETWEEN interval '0'
		AND (greatest(a, b) - least(a, b)), 'working_time is monotone', format('%s %s', a, b));
	PERFORM pg_temp.must(smarketing.is_working(h, a) = (smarketing.working_time(h, a, a + microsecond) > interval '0'),
		'is_working is the slope of working_time', a::text);
	BEGIN
		t := smarketing.add_working_time(h, a, n);
	EXCEPTION WHEN datetime_field_overflow THEN
		-- a few minutes a year: the instant lies beyond what timestamptz holds
		PERFORM pg_temp.must(abs(pg_temp.us(smarketing.working_time(h, a, CASE WHEN n > interval '0'
			THEN timestamptz '294276-12-31 23:59:59.999999Z' ELSE timestamptz '4714-11-24 00:00Z BC' END))) < abs(pg_temp.us(n)), 'add_working_time is out of range where it must be', format('%s + %s', a, n));
	END;
	IF t IS NOT NULL THEN
		PERFORM pg_temp.must(smarketing.working_time(h, a, t) = n, 'add_working_time is the inverse of working_time',
			format('%s + %s = %s', a, n, t));
		PERFORM pg_temp.must(n = interval '0' OR
			CASE WHEN n > interval '0' THEN smarketing.working_time(h, a, t - microsecond) < n
			ELSE smarketing.working_time(h, a, t + microsecond) > n END,
			'add_working_time is the earliest (latest) one', format('%s + %s = %s', a, n, t));
	END IF;
	o := smarketing.next_opening(h, a);
	e := smarketing.next_closing(h, a);
	t := smarketing.previous_closing(h, a);
	IF o IS NOT NULL THEN
		PERFORM pg_temp.must(o >= a AND smarketing.is_working(h, o) AND smarketing.working_time(h, a, o) = interval '0'
			AND (o = a) = smarketing.is_working(h, a), 'next_opening opens', format('%s: %s', a, o));
	ELSE
		PERFORM pg_temp.must(e IS NULL AND NOT smarketing.is_working(h, a), 'never open, never closing', a::text);
	END IF;
	IF e IS NOT NULL THEN
		PERFORM pg_temp.must(e > o AND NOT smarketing.is_working(h, e) AND smarketing.working_time(h, o, e) = e - o
			AND smarketing.previous_closing(h, e) = e
			AND smarketing.next_opening(h, e) IS DISTINCT FROM e, 'openings and closings alternate',
			format('%s: %s %s', a, o, e));
	END IF;
	IF t IS NOT NULL THEN
		PERFORM pg_temp.must(t <= a AND smarketing.working_time(h, t, a) = interval '0'
			AND smarketing.is_working(h, t - microsecond), 'previous_closing closes', format('%s: %s', a, t));
	END IF;
END
$$;

CREATE FUNCTION pg_temp.check_periods(h smarketing.working_hours, a timestamptz, b timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.must(
		(SELECT coalesce(sum(upper(p) - lower(p)), interval '0') FROM smarketing.working_periods(h, a, b) AS p)
		= smarketing.working_time(h, a, greatest(a, b)), 'working_periods sum to working_time', format('%s %s', a, b));
	PERFORM pg_temp.must(
		(SELECT coalesce(bool_and(NOT isempty(p) AND lower(p) >= a AND upper(p) <= b
			AND smarketing.is_working(h, lower(p)) AND lower_inc(p) AND NOT upper_inc(p)), true)
			AND count(*) = coalesce(cardinality(array(SELECT unnest(range_agg(p)))), 0)
		FROM smarketing.working_periods(h, a, b) AS p), 'working_periods are apart and open', format('%s %s', a, b));
END
$$;

-- ---- run ----

DO $$
DECLARE
	zones CONSTANT text[] := '{UTC,America/New_York,Europe/Rome,Europe/Dublin,Africa/Casablanca,Australia/Lord_Howe,
		Pacific/Apia,Pacific/Chatham,America/Sao_Paulo,America/St_Johns,Asia/Kolkata,Asia/Tehran,Africa/Cairo,
		Atlantic/Azores,America/Havana,Asia/Amman,Pacific/Kwajalein,Antarctica/Troll,Europe/Lisbon}';
	fixed CONSTANT timestamptz[] := '{2500-01-10 00:00Z,2900-01-10 00:00Z,1300-01-10 00:00Z,2100-01-10 00:00Z,
		2011-12-30 12:00Z,1993-08-21 00:00Z,2024-02-29 00:00Z,2023-02-28 12:00Z,2028-02-28 12:00Z,2027-03-01 00:00Z,2025-12-31 20:00Z,2000-01-01 00:00Z}';
	zone text;
	near timestamptz;
	h smarketing.working_hours;
	t timestamptz;
	at timestamptz[];
BEGIN
	FOR i IN 1 .. current_setting('smk.cases')::int LOOP
		zone := pg_temp.pick(zones);
		near := CASE WHEN i % 4 = 0 THEN fixed[1 + i / 4 % cardinality(fixed)]
			ELSE timestamptz '1975-01-01' + floor(random() * 145 * 525600) * interval '1 minute' END;
		-- every other time at a change of the clock
		IF i % 2 = 1 THEN
			SELECT s INTO t FROM generate_series(near, near + interval '1 year', interval '1 day') AS s
				WHERE s AT TIME ZONE zone - (s - interval '1 day') AT TIME ZONE zone <> interval '1 day' LIMIT 1;
			near := coalesce(t, near);
		END IF;
		h := pg_temp.random_calendar(zone, near::date);
		PERFORM pg_temp.must(h::text::smarketing.working_hours = h AND h::text::smarketing.working_hours::text = h::text,
			'text round trip', h::text);
		IF near > '1700-01-01' THEN		-- before, clocks differ from UTC by odd seconds
			PERFORM pg_temp.check_minutes(h, zone, near);
		END IF;
		FOR j IN 1 .. 10 LOOP
			SELECT array_agg(near + (random() - 0.5) * (ARRAY[interval '20 days', '3000 hours', '20 years', '2000 years'])[1 + k % 4])
				INTO at FROM generate_series(j, j + 2) AS k;
			PERFORM pg_temp.check_laws(h, at[1], at[2], at[3],
				(random() - 0.5) * interval '1 hour' * (10 ^ (j % 5)));
		END LOOP;
		PERFORM pg_temp.check_periods(h, near - random() * interval '20 days', near + random() * interval '20 days');
		-- any instant at all
		FOR j IN 1 .. 20 LOOP
			t := to_timestamp(-210866803200 + random() * (9224318016000 + 210866803200 - 86400));
			IF j % 2 = 0 THEN
				t := timestamptz '0001-01-01' + random() * 3000 * interval '8766 hours';
			END IF;
			PERFORM pg_temp.must(smarketing.is_working(h, t) = pg_temp.model_open(t AT TIME ZONE zone),
				'is_working agrees with AT TIME ZONE from 4713 BC to 294276', t::text);
		END LOOP;
	END LOOP;
END
$$;

-- every time zone that the server knows (AT TIME ZONE takes names such as CET
-- for abbreviations with a fixed offset, so these cannot be compared)
DO $$
DECLARE
	z record;
	h smarketing.working_hours;
	t timestamptz;
	n bigint := 0;
BEGIN
	FOR z IN SELECT name FROM pg_timezone_names WHERE name !~ '^(right|posix)/|^posixrules$|^localtime$'
		AND upper(name) NOT IN (SELECT abbrev FROM pg_timezone_abbrevs) ORDER BY name LOOP
		h := z.name || '; Mo-Su 05:00-11:00; Su 17:00-23:00';
		INSERT INTO calendar VALUES (h, h::text);
		SELECT s.at INTO t FROM (
			SELECT timestamptz '1800-01-01' + random() * 300 * interval '8766 hours' AS at FROM generate_series(1, 60)
			UNION ALL SELECT timestamptz '2030-01-01' + random() * 290000 * interval '8766 hours' FROM generate_series(1, 20)
			UNION ALL SELECT timestamptz '4700-01-01 BC' + random() * 6500 * interval '8766 hours' FROM generate_series(1, 20)) AS s
			WHERE smarketing.is_working(h, s.at) IS DISTINCT FROM
				CASE WHEN extract(isodow FROM s.at AT TIME ZONE z.name) = 7
					THEN (s.at AT TIME ZONE z.name)::time >= '17:00' AND (s.at AT TIME ZONE z.name)::time < '23:00'
					ELSE (s.at AT TIME ZONE z.name)::time >= '05:00' AND (s.at AT TIME ZONE z.name)::time < '11:00' END
			LIMIT 1;
		PERFORM pg_temp.must(NOT FOUND, 'each time zone agrees with AT TIME ZONE', z.name || ' ' || t);
	END LOOP;
END
$$;

-- the cache of compiled calendars is bounded (seen by those who may look)
DO $$
BEGIN
	PERFORM smarketing.is_working(hours, now()) FROM calendar;
	PERFORM smarketing.is_working(('UTC; Mo ' || to_char(time '00:00' + n * interval '30 seconds', 'HH24:MI:SS')
		|| '-24:00')::smarketing.working_hours, now()) FROM generate_series(1, 1500) AS n;
	IF pg_has_role('pg_read_all_stats', 'usage') THEN
		PERFORM pg_temp.must(count(*) BETWEEN 100 AND 1024 AND sum(total_bytes) <= 33554432,
			'the cache is bounded', count(*) || ' calendars, ' || sum(total_bytes) || ' bytes')
			FROM pg_backend_memory_contexts WHERE name = 'smarketing calendar';
	END IF;
END
$$;

-- binary round trip
CREATE TEMP TABLE back (hours smarketing.working_hours, hours_text text);
\copy (SELECT hours, hours_text FROM calendar) TO 'working_hours_property.bin' (FORMAT binary)
\copy back FROM 'working_hours_property.bin' (FORMAT binary)
\! rm -f working_hours_property.bin
DO $$
BEGIN
	PERFORM pg_temp.must((SELECT count(*) FROM back) = (SELECT count(*) FROM calendar)
		AND NOT EXISTS (SELECT FROM calendar JOIN back USING (hours_text)
			WHERE calendar.hours <> back.hours OR calendar.hours::text <> back.hours::text),
		'binary round trip', 'see temporary tables calendar and back');
	PERFORM pg_temp.count_case('binary round trip', (SELECT count(*) - 1 FROM back));
END
$$;

\pset format unaligned
\pset tuples_only on
SELECT 'ok - ' || property || ': ' || cases || ' cases' FROM tally ORDER BY property COLLATE "C";
SELECT 'ok - ' || sum(cases) || ' cases in all, seed ' || :'seed' FROM tally;
SELECT '1..' || count(*) + 1 FROM tally;
