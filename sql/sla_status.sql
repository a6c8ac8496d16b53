-- The status of an SLA clock: pure arithmetic, on any table.
\set VERBOSITY terse
\pset null '(null)'
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET extra_float_digits = 0;
SET search_path = smarketing, pg_catalog;

CREATE TEMP TABLE nine AS SELECT 'America/New_York; Mo-Fr 09:00-17:00'::working_hours AS h;
CREATE FUNCTION pg_temp.ny(t text) RETURNS timestamptz LANGUAGE sql AS $$ SELECT t::timestamp AT TIME ZONE 'America/New_York' $$;
CREATE FUNCTION pg_temp.pause(VARIADIC t text[]) RETURNS tstzmultirange LANGUAGE sql AS $$
	SELECT range_agg(tstzrange(pg_temp.ny(t[i]), pg_temp.ny(t[i + 1]))) FROM generate_series(1, cardinality(t), 2) AS i
$$;

-- ---- an open clock, hour by hour ----
-- started on Monday at nine: four hours
SELECT as_of, s.state, s.due_at, s.elapsed, s.remaining, round(s.progress::numeric, 4) AS progress
	FROM nine, unnest(ARRAY['2024-06-03 08:00', '2024-06-03 09:00', '2024-06-03 12:00', '2024-06-03 12:12', '2024-06-03 13:00', '2024-06-03 13:00:00.000001', '2024-06-04 09:00']) AS as_of,
	sla_status(h, pg_temp.ny('2024-06-03 09:00'), '4 hours', as_of => pg_temp.ny(as_of)) AS s;
-- used up exactly at closing: due at closing, and late at the next opening though nothing more has passed
SELECT as_of, s.state, s.due_at, s.elapsed, s.remaining
	FROM nine, unnest(ARRAY['2024-06-03 17:00', '2024-06-03 17:01', '2024-06-04 09:00']) AS as_of,
	sla_status(h, pg_temp.ny('2024-06-03 13:00'), '4 hours', as_of => pg_temp.ny(as_of)) AS s;
SELECT answered, s.state, s.elapsed FROM nine, unnest(ARRAY['2024-06-03 17:00', '2024-06-03 17:01', '2024-06-04 09:00']) AS answered,
	sla_status(h, pg_temp.ny('2024-06-03 13:00'), '4 hours', pg_temp.ny(answered)) AS s;
-- the whole row
SELECT s.* FROM nine, sla_status(h, pg_temp.ny('2024-06-03 09:00'), '4 hours', pg_temp.ny('2024-06-03 10:00'), as_of => '1999-01-01') AS s;
SELECT sla_status(h, pg_temp.ny('2024-06-03 09:00'), '4 hours', pg_temp.ny('2024-06-05 10:00')) FROM nine;
-- started outside working time, ended before it opens
SELECT s.state, s.due_at, s.elapsed FROM nine, sla_status(h, pg_temp.ny('2024-06-01 12:00'), '1 hour', pg_temp.ny('2024-06-02 12:00')) AS s;

-- ---- at risk ----
SELECT warn_at, s.state FROM nine, unnest('{NULL,-1,0,0.5,0.75,0.76,1,2,infinity}'::float8[]) AS warn_at,
	sla_status(h, pg_temp.ny('2024-06-03 09:00'), '4 hours', warn_at => warn_at, as_of => pg_temp.ny('2024-06-03 12:00')) AS s;

-- ---- pauses ----
SELECT n, as_of, s.state, s.due_at, s.elapsed, s.remaining FROM nine,
	(VALUES (1, NULL::tstzmultirange), (2, '{}'),
		(3, pg_temp.pause('2024-06-03 10:00', '2024-06-03 12:00')),
		(4, pg_temp.pause('2024-06-03 15:00', '2024-06-04 11:00')),				-- over night
		(5, pg_temp.pause('2024-06-01 00:00', '2024-06-03 10:00')),				-- from before the start
		(6, pg_temp.pause('2024-06-03 18:00', '2024-06-04 08:00')),				-- outside working time
		(7, pg_temp.pause('2024-06-03 10:00', '2024-06-03 11:00', '2024-06-03 11:00', '2024-06-03 12:00')),
		(8, pg_temp.pause('2024-06-03 10:00', NULL)),							-- still open
		(9, pg_temp.pause('2024-06-03 17:00', NULL)),							-- opened when it was due
		(10, pg_temp.pause('2024-06-03 10:00', 'infinity')),
		(11, pg_temp.pause(NULL, '2024-06-03 12:00')),
		(12, '{(,)}'),
		(13, pg_temp.pause('2024-06-03 10:00', '2024-06-03 11:00', '2024-06-04 10:00', NULL))) AS p(n, paused),
	unnest(ARRAY['2024-06-03 11:30', '2024-06-04 12:00']) AS as_of,
	sla_status(h, pg_temp.ny('2024-06-03 09:00'), '8 hours', paused => paused, as_of => pg_temp.ny(as_of)) AS s ORDER BY n, as_of;
-- a pause that opens after the target has passed changes nothing; late beats paused
SELECT s.state, s.due_at, s.elapsed FROM nine, sla_status(h, pg_temp.ny('2024-06-03 09:00'), '2 hours', paused => pg_temp.pause('2024-06-03 12:00', NULL), as_of => pg_temp.ny('2024-06-03 14:00')) AS s;
-- ended in an open pause: the target had not passed
SELECT s.state, s.due_at, s.elapsed FROM nine, sla_status(h, pg_temp.ny('2024-06-03 09:00'), '2 hours', pg_temp.ny('2024-06-03 14:00'), paused => pg_temp.pause('2024-06-03 10:00', NULL)) AS s;
-- the instant at which a pause begins and ends
SELECT bounds, sla_status(h, pg_temp.ny('2024-06-03 09:00'), '8 hours', paused => tstzmultirange(tstzrange(pg_temp.ny('2024-06-03 10:00'), pg_temp.ny('2024-06-03 11:00'), bounds)), as_of => pg_temp.ny('2024-06-03 10:00')) AS at_begin,
	(sla_status(h, pg_temp.ny('2024-06-03 09:00'), '8 hours', paused => tstzmultirange(tstzrange(pg_temp.ny('2024-06-03 10:00'), pg_temp.ny('2024-06-03 11:00'), bounds)), as_of => pg_temp.ny('2024-06-03 11:00'))).state AS at_end
	FROM nine, unnest(ARRAY['[)', '(]', '[]', '()']) AS bounds;
-- any number of pauses adds up
SELECT s.elapsed, s.due_at, s.elapsed + sum(working_time(h, lower(p), upper(p))) = working_time(h, '2024-06-03', '2024-12-01') AS adds_up
	FROM nine, (SELECT range_agg(tstzrange(t, t + interval '10 minutes')) AS paused FROM generate_series(timestamptz '2024-06-03', '2024-11-30', '1 hour') AS t) AS x,
	unnest(paused) AS p, sla_status(h, '2024-06-03', '100 hours', paused => paused, as_of => '2024-12-01') AS s GROUP BY s.elapsed, s.due_at, h;

-- ---- corners ----
-- a target of zero is due at the start
SELECT as_of, s.state, s.due_at, s.elapsed, s.remaining, s.progress FROM nine, unnest(ARRAY['2024-06-03 09:00', '2024-06-03 09:00:00.000001', '2024-06-03 10:00']) AS as_of,
	sla_status(h, pg_temp.ny('2024-06-03 09:00'), '0', as_of => pg_temp.ny(as_of)) AS s;
SELECT s.state FROM nine, sla_status(h, pg_temp.ny('2024-06-03 09:00'), '0', pg_temp.ny('2024-06-03 09:00')) AS s;
-- nobody ever works: never due, never late
SELECT s.state, s.due_at, s.elapsed FROM sla_status('UTC', '2024-06-03', '1 hour', as_of => '2034-06-03') AS s;
-- before the start
SELECT s.state, s.elapsed, s.progress FROM nine, sla_status(h, pg_temp.ny('2024-06-03 10:00'), '4 hours', as_of => pg_temp.ny('2024-06-03 09:00')) AS s;
SELECT s.state, s.elapsed FROM nine, sla_status(h, pg_temp.ny('2024-06-03 10:00'), '4 hours', pg_temp.ny('2024-06-03 09:00')) AS s;
-- now() is the default
SELECT s.state, s.elapsed FROM sla_status('UTC; 24/7', now() - interval '1 hour', '2 hours') AS s;
SELECT s.state, s.elapsed FROM sla_status('UTC; 24/7', now() - interval '3 hours', '2 hours') AS s;
-- null
SELECT sla_status(NULL, now(), '1 hour') IS NULL, sla_status('UTC', NULL, '1 hour') IS NULL, sla_status('UTC', now(), NULL) IS NULL,
	sla_status('UTC', now(), '1 hour', as_of => NULL) IS NULL, (sla_status('UTC', now(), '1 hour', paused => NULL)).state;
-- errors
SELECT sla_status('UTC', now(), '-1 hour');
SELECT sla_status('UTC', now(), '1 day');
SELECT sla_status('UTC', now(), '1 hour', warn_at => 'NaN');
SELECT sla_status('UTC', 'infinity', '1 hour');
SELECT sla_status('UTC', now(), '1 hour', 'infinity');
SELECT sla_status('UTC', now(), '1 hour', as_of => '-infinity');
SELECT sla_status('UTC; Mo 09:00-09:01', '2024-06-03', '2562047788 hours');
SELECT sla_status('UTC; 24/7', '4714-11-24 00:00Z BC', '1 hour', '294276-12-31 23:59:59Z');
-- on a table
CREATE TEMP TABLE ticket (id int, opened timestamptz, answered timestamptz);
INSERT INTO ticket VALUES (1, '2024-06-03 14:00Z', '2024-06-03 15:00Z'), (2, '2024-06-03 14:00Z', '2024-06-04 15:00Z'), (3, '2024-06-03 14:00Z', NULL), (4, '2024-06-03 18:00Z', NULL);
SELECT id, (s).state, (s).due_at, (s).remaining FROM (SELECT id, sla_status(h, opened, '4 hours', answered, as_of => '2024-06-03 18:00Z') AS s FROM ticket, nine) AS x ORDER BY (s).due_at, id;
SELECT provolatile, proparallel, proisstrict FROM pg_proc WHERE oid = 'sla_status(working_hours,timestamptz,interval,timestamptz,tstzmultirange,float8,timestamptz)'::regprocedure;
