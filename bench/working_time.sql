-- How fast is working time?  Operations per second of one core's time, beside a
-- PL/pgSQL day loop and the best plain SQL: open intervals materialised with
-- running sums, two index look-ups.  All in one run, on the same instants.
--
--   psql -X -f bench/working_time.sql          (a database with the extension)
--   psql -X -v rows=200000 -v rival_rows=500 -f bench/working_time.sql
\set QUIET on
\if :{?rows} \else \set rows 1000000 \endif
\if :{?rival_rows} \else \set rival_rows 2000 \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
SET search_path = smarketing, pg_catalog;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET work_mem = '256MB';
SELECT setseed(0.5) \g /dev/null

-- ---- data: New York, nine to five, 350 holidays; and 100 like it ----
CREATE TEMP TABLE holiday AS
	SELECT DISTINCT day FROM (
		SELECT date '2005-01-01' + floor(random() * 31 * 365)::int AS day FROM generate_series(1, 600)) AS d
	WHERE extract(isodow FROM day) < 6 ORDER BY day LIMIT 350;
CREATE TEMP TABLE cal (id int PRIMARY KEY, hours working_hours);
INSERT INTO cal
	SELECT n, (z || '; Mo-Fr ' || to_char(time '07:00' + n * interval '1 minute', 'HH24:MI') || '-' ||
		CASE WHEN n = 0 THEN '17:00' ELSE '18:30' END || '; ' ||
		(SELECT string_agg(to_char(day + n % 7, 'YYYY-MM-DD') || ' off', '; ') FROM holiday))::working_hours
	FROM generate_series(1, 100) AS n,
		LATERAL (SELECT (ARRAY['America/New_York','Europe/Rome','America/Sao_Paulo','Asia/Kolkata','Australia/Sydney'])[1 + n % 5] AS z) AS x;
CREATE TEMP TABLE one AS
	SELECT ('America/New_York; Mo-Fr 09:00-17:00; ' || string_agg(to_char(day, 'YYYY-MM-DD') || ' off', '; '))::working_hours AS hours FROM holiday;
CREATE TEMP TABLE probe AS
	SELECT n, 1 + floor(random() * 100)::int AS cal, at, at + interval '24 hours' AS day, at + interval '8766 hours' AS year, at + interval '87660 hours' AS decade,
		interval '8 hours' AS h8, interval '2000 hours' AS h2000, interval '20000 hours' AS h20000
	FROM (SELECT n, timestamptz '2006-01-01' + random() * interval '157788 hours' AS at FROM generate_series(1, :rows) AS n) AS x;
CREATE TEMP TABLE few AS SELECT * FROM probe LIMIT :rival_rows;
CREATE TEMP TABLE lots AS SELECT p.* FROM probe AS p LIMIT 100 * :rival_rows;
ANALYZE cal, one, probe, few, lots;

-- ---- rival 1: the day loop that everybody writes ----
CREATE FUNCTION pg_temp.loop_working_time(a timestamptz, b timestamptz) RETURNS interval LANGUAGE plpgsql STABLE AS $$
DECLARE
	d date := (a AT TIME ZONE 'America/New_York')::date;
	last date := (b AT TIME ZONE 'America/New_York')::date;
	total interval := '0';
	opens timestamptz;
	closes timestamptz;
BEGIN
	WHILE d <= last LOOP
		IF extract(isodow FROM d) < 6 AND NOT EXISTS (SELECT FROM holiday AS h WHERE h.day = d) THEN
			opens := greatest(a, (d + time '09:00') AT TIME ZONE 'America/New_York');
			closes := least(b, (d + time '17:00') AT TIME ZONE 'America/New_York');
			IF closes > opens THEN
				total := total + (closes - opens);
			END IF;
		END IF;
		d := d + 1;
	END LOOP;
	RETURN total;
END
$$;
CREATE FUNCTION pg_temp.loop_add(a timestamptz, n interval) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
	d date := (a AT TIME ZONE 'America/New_York')::date;
	rest interval := n;
	opens timestamptz;
	closes timestamptz;
BEGIN
	LOOP
		IF extract(isodow FROM d) < 6 AND NOT EXISTS (SELECT FROM holiday AS h WHERE h.day = d) THEN
			opens := greatest(a, (d + time '09:00') AT TIME ZONE 'America/New_York');
			closes := (d + time '17:00') AT TIME ZONE 'America/New_York';
			IF closes > opens THEN
				IF closes - opens >= rest THEN
					RETURN opens + rest;
				END IF;
				rest := rest - (closes - opens);
			END IF;
		END IF;
		d := d + 1;
	END LOOP;
END
$$;
CREATE UNIQUE INDEX ON holiday (day);

-- ---- rival 2: materialised intervals with running sums ----
CREATE TEMP TABLE iv AS
	SELECT lower(p) AS opens, upper(p) AS closes,
		coalesce(sum(upper(p) - lower(p)) OVER (ORDER BY p ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), interval '0') AS before,
		sum(upper(p) - lower(p)) OVER (ORDER BY p) AS upto
	FROM one, working_periods(hours, '2005-01-01', '2046-01-01') AS p;
CREATE INDEX ON iv (opens) INCLUDE (closes, before);
CREATE INDEX ON iv (upto) INCLUDE (opens, before);
VACUUM ANALYZE iv;
ANALYZE holiday;

-- ---- measuring: processor time, best of three, the scan subtracted ----
-- A busy machine must not decide: the backend's own processor time where the
-- system tells it (Linux, a superuser), else the clock.
CREATE FUNCTION pg_temp.now_in_seconds() RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e9;
EXCEPTION WHEN OTHERS THEN
	RETURN extract(epoch FROM clock_timestamp());
END
$$;
CREATE TEMP TABLE result (n int GENERATED ALWAYS AS IDENTITY, what text, who text, ops float8);
CREATE FUNCTION pg_temp.seconds(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	best float8 := 'infinity';
	t float8;
BEGIN
	FOR i IN 1 .. 3 LOOP
		t := pg_temp.now_in_seconds();
		EXECUTE query;
		best := least(best, pg_temp.now_in_seconds() - t);
	END LOOP;
	RETURN best;
END
$$;
CREATE FUNCTION pg_temp.bench(what text, who text, tab text, scan text, expression text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	rows bigint;
	took float8;
BEGIN
	EXECUTE 'SELECT count(*) FROM ' || tab INTO rows;
	took := pg_temp.seconds(format('SELECT max(%s) FROM %s', expression, tab)) - pg_temp.seconds(format('SELECT max(%s) FROM %s', scan, tab));
	INSERT INTO result (what, who, ops) VALUES (what, who, rows / greatest(took, 1e-6));
END
$$;

-- they must agree before they are compared
DO $$
DECLARE
	wrong bigint;
BEGIN
	SELECT count(*) INTO wrong FROM few, one WHERE working_time(hours, at, year) <> pg_temp.loop_working_time(at, year)
		OR working_time(hours, at, year) <> (SELECT i.before + least(i.closes, year) - i.opens FROM iv AS i WHERE i.opens <= year ORDER BY i.opens DESC LIMIT 1)
			- (SELECT i.before + least(i.closes, at) - i.opens FROM iv AS i WHERE i.opens <= at ORDER BY i.opens DESC LIMIT 1)
		OR add_working_time(hours, at, h8) <> pg_temp.loop_add(at, h8);
	IF wrong > 0 THEN
		RAISE EXCEPTION 'the rivals disagree on % rows', wrong;
	END IF;
END
$$;

DO $$
DECLARE
	span text;
	amount text;
BEGIN
	FOREACH span IN ARRAY ARRAY['day', 'year', 'decade'] LOOP
		PERFORM pg_temp.bench('working_time, 1 ' || span, 'smarketing', 'probe, one', span, format('working_time(hours, at, %I)', span));
		PERFORM pg_temp.bench('working_time, 1 ' || span, 'smarketing, one of 100 calendars', 'probe JOIN cal ON id = cal', span, format('working_time(hours, at, %I)', span));
		PERFORM pg_temp.bench('working_time, 1 ' || span, 'SQL, materialised intervals', 'lots', span, format(
			'(SELECT i.before + least(i.closes, %1$I) - i.opens FROM iv AS i WHERE i.opens <= %1$I ORDER BY i.opens DESC LIMIT 1)
			- (SELECT i.before + least(i.closes, at) - i.opens FROM iv AS i WHERE i.opens <= at ORDER BY i.opens DESC LIMIT 1)', span));
		PERFORM pg_temp.bench('working_time, 1 ' || span, 'PL/pgSQL day loop', CASE WHEN span = 'day' THEN 'few' ELSE '(SELECT * FROM few LIMIT 100) AS f' END, span, format('pg_temp.loop_working_time(at, %I)', span));
	END LOOP;
	FOREACH amount IN ARRAY ARRAY['h8', 'h2000', 'h20000'] LOOP
		PERFORM pg_temp.bench('add_working_time, ' || substr(amount, 2) || ' h', 'smarketing', 'probe, one', amount, format('add_working_time(hours, at, %I)', amount));
		PERFORM pg_temp.bench('add_working_time, ' || substr(amount, 2) || ' h', 'smarketing, one of 100 calendars', 'probe JOIN cal ON id = cal', amount, format('add_working_time(hours, at, %I)', amount));
		PERFORM pg_temp.bench('add_working_time, ' || substr(amount, 2) || ' h', 'SQL, materialised intervals', 'lots', amount, format(
			'(SELECT j.opens + (w.w - j.before) FROM (SELECT i.before + least(i.closes, at) - i.opens + %1$I AS w FROM iv AS i WHERE i.opens <= at ORDER BY i.opens DESC LIMIT 1) AS w,
			LATERAL (SELECT i.opens, i.before FROM iv AS i WHERE i.upto >= w.w ORDER BY i.upto LIMIT 1) AS j)', amount));
		PERFORM pg_temp.bench('add_working_time, ' || substr(amount, 2) || ' h', 'PL/pgSQL day loop', CASE WHEN amount = 'h8' THEN 'few' ELSE '(SELECT * FROM few LIMIT 100) AS f' END, amount, format('pg_temp.loop_add(at, %I)', amount));
	END LOOP;
	PERFORM pg_temp.bench('is_working', 'smarketing', 'probe, one', '(at > day)::int', '(is_working(hours, at))::int');
	PERFORM pg_temp.bench('next_opening', 'smarketing', 'probe, one', 'at', 'next_opening(hours, at)');
	PERFORM pg_temp.bench('next_closing', 'smarketing', 'probe, one', 'at', 'next_closing(hours, at)');
	PERFORM pg_temp.bench('add_working_days, 20', 'smarketing', 'probe, one', 'at', 'add_working_days(hours, at, 20)');
	PERFORM pg_temp.bench('working_day_end', 'smarketing', 'probe, one', 'at', 'working_day_end(hours, at)');
	PERFORM pg_temp.bench('sla_status', 'smarketing', 'probe, one', 'at', '(sla_status(hours, at, h8, as_of => year)).due_at');
	PERFORM pg_temp.bench('AT TIME ZONE', 'PostgreSQL', 'probe', 'at', '(at AT TIME ZONE ''America/New_York'')');
END
$$;

\pset footer off
SELECT what, who, to_char(ops, 'FM999,999,999') AS "op/s", round((ours / ops)::numeric, 1) AS "smarketing is faster by"
FROM (SELECT *, first_value(ops) OVER (PARTITION BY what ORDER BY n) AS ours FROM result) AS r ORDER BY n;
SELECT round((a.ops / b.ops)::numeric, 2) AS "ten years cost, in days" FROM result AS a, result AS b
	WHERE a.what = 'working_time, 1 day' AND b.what = 'working_time, 1 decade' AND a.who = 'smarketing' AND b.who = 'smarketing';
-- compiling: a new calendar in each row
DO $$
DECLARE
	t float8 := pg_temp.now_in_seconds();
BEGIN
	PERFORM max(is_working((split_part(hours::text, ';', 1) || '; Mo 09:' || lpad((n % 60)::text, 2, '0') || '-' || 10 + n / 60 || ':00; ' || substr(hours::text, strpos(hours::text, 'Mo-Fr')))::working_hours, '2026-01-01')::int)
		FROM one, generate_series(0, 599) AS n;
	RAISE WARNING 'parse and compile a calendar with 350 holidays: % us', round(((pg_temp.now_in_seconds() - t) / 600 * 1e6)::numeric);
END
$$;
