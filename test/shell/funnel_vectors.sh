#!/bin/sh
# Funnel vectors: TAP on stdout.  Needs a running server (PGHOST, PGPORT, ...)
# with the extension installed; makes a database of its own and drops it.
set -eu
dir=${SMK_SHARED:-$(cd "$(dirname "$0")/../.." && pwd)/../shared}/vectors
file=$dir/window_funnel.tsv
if [ ! -r "$file" ]; then
	echo "1..0 # SKIP no vectors: $file is absent"
	exit 0
fi
db=smk_funnel_vectors_$$
psql -qX -v ON_ERROR_STOP=1 -d "${PGDATABASE:-postgres}" -c "CREATE DATABASE $db" >&2
trap 'psql -qX -d "${PGDATABASE:-postgres}" -c "DROP DATABASE IF EXISTS $db" >&2' EXIT
load=$(mktemp)
{
	cat <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION smarketing;
CREATE TABLE vector(no int GENERATED ALWAYS AS IDENTITY, id text, mode text, within bigint, steps int,
	events jsonb, level int, times jsonb);
COPY vector(id, mode, within, steps, events, level, times) FROM stdin
	WITH (FORMAT csv, DELIMITER E'\t', QUOTE E'\b', NULL '');
SQL
	grep -v '^#' "$file"
	printf '%s\n' '\.'
	cat <<'SQL'
CREATE FUNCTION at(bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
	RETURN 'epoch'::timestamptz + $1 * interval '1 microsecond';
CREATE TABLE event AS
	SELECT v.no, v.mode, v.steps, v.within * interval '1 microsecond' AS within, at((e->>0)::bigint) AS at,
		(SELECT array_agg(e->1 @> to_jsonb(k) ORDER BY k) FROM generate_series(1, v.steps) k) AS filled
	FROM vector v, jsonb_array_elements(v.events) e;
CREATE TABLE expected AS
	SELECT v.no, v.id, v.mode, v.level, ARRAY(SELECT at(t::bigint)
		FROM jsonb_array_elements_text(v.times) WITH ORDINALITY AS x(t, o) ORDER BY o) AS times
	FROM vector v;
CREATE TABLE found AS
	SELECT no, coalesce(f.level, 0) AS level, coalesce(f.times, '{}') AS times,
		CASE WHEN v.mode = 'ordered' THEN coalesce(f.plain, 0) ELSE coalesce(f.level, 0) END AS plain
	FROM vector v LEFT JOIN (
		SELECT no, smarketing.window_funnel(within, mode, at, VARIADIC filled) AS level,
			smarketing.funnel_times(within, mode, at, VARIADIC filled) AS times,
			smarketing.window_funnel(within, at, VARIADIC filled) AS plain
		FROM event GROUP BY no) f USING (no);
SELECT '1..' || count(*) FROM vector;
SELECT CASE WHEN e.level = f.level AND e.level = f.plain AND e.times = f.times
		THEN format('ok %s - %s %s', e.no, e.id, e.mode)
		ELSE format(E'not ok %s - %s %s\n# expected %s %s\n# found    %s %s, without a mode %s', e.no, e.id, e.mode,
			e.level, e.times, f.level, f.times, f.plain) END
	FROM expected e JOIN found f USING (no) ORDER BY e.no;
SQL
} > "$load"
psql -qXAt -v ON_ERROR_STOP=1 -d "$db" -f "$load"
rm -f "$load"
