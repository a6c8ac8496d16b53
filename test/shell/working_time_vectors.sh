#!/bin/sh
# Working time against recorded answers (TAP).
#
# The answers and calendars lie outside the repository: in $SMK_SHARED/vectors,
# by default ../shared/vectors beside the repository.  Where they are absent
# the test says so and is skipped.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
vectors="${SMK_SHARED:-$root/../shared}/vectors"

if [ ! -r "$vectors/working_time.tsv" ] || [ ! -r "$vectors/calendars.tsv" ]; then
	echo "1..0 # SKIP no recorded answers in $vectors (set SMK_SHARED)"
	exit 0
fi

database=working_time_vectors_$$
psql -X -q -d postgres -c "CREATE DATABASE $database TEMPLATE smk_template"
export PGDATABASE="$database"
trap 'psql -X -q -d postgres -c "DROP DATABASE $database"' EXIT

# A JSON string may hold a quote, never a tab: COPY's csv format with quotes
# that cannot occur takes the lines as they are.
psql -X -q -A -t -v ON_ERROR_STOP=1 <<SQL
SET client_min_messages = warning;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
CREATE TEMP TABLE calendar_text (name text, hours text);
CREATE TEMP TABLE vector (id text, calendar text, function text,
	a1 text, a2 text, a3 text, a4 text, expected text);
\\copy calendar_text FROM '$vectors/calendars.tsv' (FORMAT csv, DELIMITER E'\t', QUOTE E'\b')
\\copy vector FROM '$vectors/working_time.tsv' (FORMAT csv, DELIMITER E'\t', QUOTE E'\b', HEADER)
CREATE TEMP TABLE calendar AS
	SELECT name, hours::smarketing.working_hours AS hours FROM calendar_text;

CREATE FUNCTION pg_temp.pauses(j json) RETURNS tstzmultirange LANGUAGE sql AS \$\$
	SELECT coalesce(range_agg(tstzrange((p ->> 0)::timestamptz, (p ->> 1)::timestamptz)), '{}')
	FROM json_array_elements(j) AS p
\$\$;

CREATE FUNCTION pg_temp.answer(h smarketing.working_hours, v vector) RETURNS text
LANGUAGE plpgsql AS \$\$
DECLARE
	at timestamptz := v.a1;
	t timestamptz;
	s smarketing.sla_status;
BEGIN
	CASE v.function
		WHEN 'working_time' THEN
			RETURN (extract(epoch FROM smarketing.working_time(h, at, v.a2::timestamptz)))::float8;
		WHEN 'is_working' THEN
			RETURN CASE WHEN smarketing.is_working(h, at) THEN 't' ELSE 'f' END;
		WHEN 'add_working_time' THEN
			t := smarketing.add_working_time(h, at, make_interval(secs => v.a2::float8));
		WHEN 'add_working_days' THEN
			t := smarketing.add_working_days(h, at, v.a2::int);
		WHEN 'next_opening' THEN t := smarketing.next_opening(h, at);
		WHEN 'next_closing' THEN t := smarketing.next_closing(h, at);
		WHEN 'previous_closing' THEN t := smarketing.previous_closing(h, at);
		WHEN 'sla_status' THEN
			s := smarketing.sla_status(h, at, make_interval(secs => v.a2::float8),
				paused => pg_temp.pauses(v.a3::json), as_of => v.a4::timestamptz);
			RETURN jsonb_build_object(
				'elapsed', (extract(epoch FROM s.elapsed))::float8,
				'remaining', (extract(epoch FROM s.remaining))::float8,
				'due', to_char(s.due_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'breached', s.state = 'breached');
	END CASE;
	RETURN coalesce(to_char(t, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '\\N');
END
\$\$;

CREATE TEMP TABLE result AS
	SELECT v.id, v.calendar, v.function,
		CASE WHEN v.function = 'sla_status' THEN v.expected::jsonb::text ELSE v.expected END AS expected,
		CASE WHEN c.hours IS NULL THEN 'no such calendar'
			ELSE pg_temp.answer(c.hours, v) END AS found
	FROM vector v LEFT JOIN calendar c ON c.name = v.calendar;

SELECT '1..' || count(*) FROM (SELECT DISTINCT function FROM result) AS f;
SELECT CASE WHEN failed = 0 AND cases > 0 THEN 'ok ' ELSE 'not ok ' END
	|| row_number() OVER (ORDER BY function COLLATE "C") || ' - ' || function
	|| ': ' || cases - failed || ' of ' || cases || ' answers'
	|| coalesce(E'\n' || differences, '')
FROM (SELECT function, count(*) AS cases,
		count(*) FILTER (WHERE found IS DISTINCT FROM expected) AS failed,
		string_agg(format('# %s %s: expected %s, found %s', id, calendar, expected, found), E'\n')
			FILTER (WHERE found IS DISTINCT FROM expected) AS differences
	FROM result GROUP BY function) AS f
ORDER BY function COLLATE "C";
SQL
