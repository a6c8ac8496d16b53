#!/bin/sh
# Attribution vectors: TAP on stdout.  Needs a running server (PGHOST, PGPORT,
# ...) with the extension installed; makes a database of its own and drops it.
# A case of a model, or with an argument, that smarketing does not have is
# skipped, and says so.
set -eu
dir=${SMK_SHARED:-$(cd "$(dirname "$0")/../.." && pwd)/../shared}/vectors
file=$dir/attribution.jsonl
if [ ! -r "$file" ]; then
	echo "1..0 # SKIP no vectors: $file is absent"
	exit 0
fi
db=smk_attribution_vectors_$$
psql -qX -v ON_ERROR_STOP=1 -d "${PGDATABASE:-postgres}" -c "CREATE DATABASE $db" >&2
trap 'psql -qX -d "${PGDATABASE:-postgres}" -c "DROP DATABASE IF EXISTS $db" >&2' EXIT
load=$(mktemp)
{
	cat <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION smarketing;
CREATE TABLE vector(no int GENERATED ALWAYS AS IDENTITY, v jsonb);
COPY vector(v) FROM stdin WITH (FORMAT csv, DELIMITER E'\t', QUOTE E'\b');
SQL
	grep -v '^#' "$file"
	printf '%s\n' '\.'
	cat <<'SQL'
CREATE FUNCTION at(numeric) RETURNS timestamptz LANGUAGE sql IMMUTABLE
	RETURN 'epoch'::timestamptz + $1::float8 * interval '1 second';
CREATE VIEW runnable AS
	SELECT no, v->>'model' AS model, v->'args' AS args, v->'input' AS input
	FROM vector WHERE v->>'model' IN ('first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based',
		'w_shaped', 'full_path', 'time_decay')
		AND NOT EXISTS (SELECT FROM jsonb_each(v->'args') a(k, x) WHERE k NOT IN ('direct', 'half_life_s', 'lookback_s')
			AND NOT (k IN ('first', 'last') AND x = '0.4'));
CREATE VIEW journey AS
	SELECT no, o AS journey, j FROM runnable, jsonb_array_elements(input->'journeys') WITH ORDINALITY AS x(j, o);
-- values get 9 more digits, as the vectors' credits are not rounded to cents
CREATE VIEW event AS
	SELECT no, journey, at((t->>0)::numeric) AS at, t->>1 AS touch, NULL::numeric AS value, NULL AS milestone
	FROM journey, jsonb_array_elements(j->'touches') t
	UNION ALL
	SELECT no, journey, at((j->>'conv_ts')::numeric), NULL, (j->>'value')::numeric + 0.000000000, NULL
	FROM journey WHERE j->>'conv_ts' IS NOT NULL
	UNION ALL
	SELECT no, journey, at((j->'touches'->(j->'marks'->>m)::int->>0)::numeric), NULL, NULL, (ARRAY['lead', 'opportunity'])[m]
	FROM journey, generate_series(1, 2) m WHERE j->'marks'->>m IS NOT NULL;
CREATE TABLE credits AS
	SELECT no, model, g.journey, c.* FROM runnable, LATERAL (
		SELECT journey, smarketing.attribution(at, touch, value, milestone,
			coalesce((args->>'lookback_s')::float8 * interval '1 second', interval '90 days'),
			coalesce((args->>'half_life_s')::float8 * interval '1 second', interval '7 days'),
			coalesce(args->>'direct', 'direct')) AS credits
		FROM event e WHERE e.no = runnable.no GROUP BY journey) g, unnest(credits) c;
CREATE TABLE found AS
	SELECT no, jsonb_object_agg(touch, credit) AS found
	FROM (SELECT no, touch, sum((to_jsonb(c)->>model)::numeric) AS credit FROM credits c GROUP BY no, touch) s
	WHERE credit <> 0 GROUP BY no;
SELECT '1..' || count(*) + 1 FROM vector;
SELECT CASE WHEN r.no IS NULL THEN format('ok %s - %s %s # SKIP model or argument not offered', v.no, v.v->>'id', v.v->>'model')
	WHEN NOT EXISTS (SELECT FROM jsonb_each_text(v->'expected') e(k, x) FULL JOIN jsonb_each_text(found) f(k, x) USING (k)
		WHERE abs(coalesce(e.x::numeric, 0) - coalesce(f.x::numeric, 0)) > (v->>'tol')::numeric)
	THEN format('ok %s - %s %s', v.no, v.v->>'id', v.v->>'model')
	ELSE format(E'not ok %s - %s %s\n# expected %s\n# found    %s', v.no, v.v->>'id', v.v->>'model', v->'expected', found) END
FROM vector v LEFT JOIN runnable r USING (no) LEFT JOIN found f USING (no) ORDER BY v.no;
SELECT format('%s %s - credits of every case sum to the value',
	CASE WHEN bool_and(s = value) THEN 'ok' ELSE 'not ok' END, (SELECT count(*) + 1 FROM vector))
FROM (SELECT sum((to_jsonb(c)->>model)::numeric) AS s, value
	FROM credits c GROUP BY no, journey, converted_at, value) x;
SQL
} > "$load"
psql -qXAt -v ON_ERROR_STOP=1 -d "$db" -f "$load"
rm -f "$load"
