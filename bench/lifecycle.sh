#!/bin/bash
# lifecycle.sh: what the lifecycle's triggers cost, beside the same table without triggers (bare), the same rows written
# by set-based SQL in the same transaction (hand), and the same rules as PL/pgSQL row triggers (rows, bench/rival).
# Runs alternate, the best of RUNS counts.
#	LEADS=1000000   leads per load; the PL/pgSQL rival loads a tenth of them, and is compared per row, which
#	                favours it a little: its indexes stay smaller
#	RUNS=3  SECONDS_EACH=8
set -u
leads=${LEADS:-1000000}
few=$((leads / 10))
runs=${RUNS:-3}
seconds=${SECONDS_EACH:-8}
src=${SMK_SRC:-$(cd "$(dirname "$0")/.." && pwd)}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

sql() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

sql >/dev/null <<-SQL || exit 1
	SET client_min_messages = warning;
	SELECT smarketing.create_workspace(name) FROM unnest(ARRAY['ours', 'bare', 'rows']) AS name;
	-- the rivals have the same tables, indexes and constraints, without our triggers
	SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger
	WHERE tgname LIKE 'smarketing%' AND tgrelid::regclass::text ~ '^(bare|rows)[.]' \gexec
	SET search_path = rows;
	\i $src/bench/rival/lifecycle.sql
	RESET search_path;
	CREATE UNLOGGED TABLE input AS
	SELECT i AS n, 'X-' || i AS external_id, 'p' || i || '@c' || i / 7 || '.example' AS email, 'Person ' || i AS name,
	    'Company ' || i / 7 AS company, (ARRAY['BR', 'PT', 'ES', 'IT', 'DE'])[1 + i % 5] AS country,
	    (ARRAY['software', 'textiles', 'food', 'machinery'])[1 + i % 4] AS industry, i % 900 AS employees,
	    'google' AS source, 'search-brand' AS campaign, jsonb_build_object('seats', i % 40, 'role', 'operations') AS attributes
	FROM generate_series(1, $leads) AS i;
	VACUUM ANALYZE input;
SQL
# the PL/pgSQL triggers name no schema; ours does not look at it
export PGOPTIONS='-c search_path=rows,public'
columns='external_id, email, name, company, country, industry, employees, source, campaign, attributes'
for stage in lead mql; do
	for n in $leads $few; do
		psql -Xqc "\\copy (SELECT $columns, '$stage' FROM input WHERE n <= $n ORDER BY n) TO '$work/$stage.$n'" || exit 1
	done
done
chmod 644 "$work"/*

# What set-based SQL has to add, for leads that enter at mql.
by_hand="
	INSERT INTO bare.stage_change (lead_id, cycle, to_stage, at, fit, engagement, score)
	SELECT id, cycle, stage, stage_since, fit, engagement, score FROM bare.lead;
	INSERT INTO bare.event (at, kind, lead_id, payload)
	SELECT stage_since, 'stage_changed', id, jsonb_build_object('from', NULL, 'to', stage, 'cycle', cycle,
	    'actor', NULL, 'reason', reason, 'automatic', false) FROM bare.lead;
	INSERT INTO bare.handoff (lead_id, cycle, direction, to_stage, offered_at)
	SELECT id, cycle, 'to_sales', stage, stage_since FROM bare.lead;
	INSERT INTO bare.event (at, kind, lead_id, payload)
	SELECT stage_since, 'handoff_offered', id, jsonb_build_object('direction', 'to_sales', 'cycle', cycle, 'from', NULL,
	    'to', stage, 'team', NULL, 'owner', NULL, 'decision', NULL, 'reason', NULL) FROM bare.lead;"

# load HOW STAGE RIVAL: milliseconds that it takes
load() {
	local how=$1 stage=$2 rival=$3 schema=$3 n=$leads after='' source
	[ "$rival" != rows ] || n=$few
	if [ "$rival" = hand ]; then schema=bare after=$by_hand; fi
	source="SELECT $columns, '$stage' FROM input WHERE n <= $n ORDER BY n"
	sql -c 'SET client_min_messages = error' -c 'SET session_replication_role = replica' \
		-c "TRUNCATE $schema.lead, $schema.stage_change, $schema.handoff, $schema.event CASCADE" -c CHECKPOINT
	if [ "$how" = copy ]; then
		how="COPY $schema.lead ($columns, stage) FROM '$work/$stage.$n';"
	else
		how="INSERT INTO $schema.lead ($columns, stage) $source;"
	fi
	sql <<-SQL
		SELECT clock_timestamp() AS started \gset
		BEGIN;
		$how
		$after
		COMMIT;
		SELECT round(1000 * extract(epoch FROM clock_timestamp() - :'started'));
	SQL
}

# least FILE: the best of its runs
least() { sort -n "$1" | head -n 1; }

# ratio MS ROWS MS ROWS, per row
ratio() { awk -v a="$1" -v n="$2" -v b="$3" -v m="$4" 'BEGIN { printf "%.2f", (a / n) / (b / m) }'; }

row() { printf '%-42s %10s %10s   %s\n' "$@"; }

echo "-- $leads leads in one statement (PL/pgSQL row triggers: $few), best of $runs"
row '' 'ms' 'us/lead' 'ours, as a multiple of it'
for stage in lead mql; do
	for how in insert copy; do
		rivals='bare ours rows'
		[ $stage = lead ] || rivals='bare ours hand rows'
		for _ in $(seq "$runs"); do
			for rival in $rivals; do
				load "$how" "$stage" "$rival" >>"$work/$stage.$how.$rival" || exit 1
			done
		done
		ours=$(least "$work/$stage.$how.ours")
		bare=$(least "$work/$stage.$how.bare")
		for rival in $rivals; do
			n=$leads
			[ "$rival" != rows ] || n=$few
			ms=$(least "$work/$stage.$how.$rival")
			case $rival in
				bare) what='no triggers' ;; ours) what=smarketing ;;
				hand) what='the same rows by set-based SQL' ;; rows) what='PL/pgSQL row triggers' ;;
			esac
			row "$stage, $how: $what" "$ms" "$(ratio "$ms" "$n" 0.001 1)" "$(ratio "$ours" "$leads" "$ms" "$n")"
			[ "$rival" != rows ] || awk -v o="$ours" -v b="$bare" -v r="$ms" -v n="$leads" -v m="$n" 'BEGIN {
				printf "    what the triggers add: PL/pgSQL %.1f us/lead, %.1f times ours\n",
					1000 * (r / m - b / n), (r / m - b / n) / (o / n - b / n) }'
		done
	done
done

# ---- one UPDATE by primary key ---------------------------------------------------------------------------------

# refill SCHEMA STAGE: leads that all stand in one stage
refill() {
	sql -c 'SET client_min_messages = error' -c 'SET session_replication_role = replica' \
		-c "TRUNCATE $1.lead, $1.stage_change, $1.handoff, $1.event RESTART IDENTITY CASCADE" \
		-c 'SET session_replication_role = origin' \
		-c "INSERT INTO $1.lead ($columns, stage) SELECT $columns, '$2' FROM input WHERE n <= $few ORDER BY n" \
		-c "VACUUM ANALYZE $1.lead" -c "ANALYZE $1.stage_change" -c "ANALYZE $1.handoff" || exit 1
}

for schema in ours bare rows; do
	# within sales: history and event
	cat >"$work/move.$schema" <<-SQL
		\set id random(1, $few)
		UPDATE $schema.lead SET stage = CASE stage WHEN 'sql' THEN 'opportunity' ELSE 'sql' END WHERE id = :id;
	SQL
	# all round: offered, accepted, given back, taken back; two handoffs are opened and decided
	cat >"$work/round.$schema" <<-SQL
		\set id random(1, $few)
		UPDATE $schema.lead SET stage = CASE stage WHEN 'lead' THEN 'mql' WHEN 'mql' THEN 'sal' WHEN 'sal' THEN 'recycled'
		    ELSE 'lead' END, reason = 'timing' WHERE id = :id;
	SQL
	# a column that no rule reads
	cat >"$work/other.$schema" <<-SQL
		\set id random(1, $few)
		UPDATE $schema.lead SET phone = 'x' WHERE id = :id;
	SQL
done

# latency SCRIPT CLIENTS: average milliseconds
latency() {
	pgbench -n -M prepared -f "$1" -c "$2" -j "$(($2 < 2 ? 1 : 2))" -T "$seconds" 2>"$work/errors" |
		sed -n 's/^latency average = \([0-9.]*\) ms/\1/p' | grep . || { cat "$work/errors" >&2; exit 1; }
}

echo
echo "-- one UPDATE by primary key, prepared, $seconds s each, best of $runs; ms (8 clients share $(nproc) processors)"
row '' 'bare' 'ours' '  added   (PL/pgSQL row triggers)'
for clients in 1 8; do
	for script in other move round; do
		for _ in $(seq "$runs"); do
			for schema in bare ours rows; do
				case $script in round) refill $schema mql ;; *) refill $schema sql ;; esac
				latency "$work/$script.$schema" $clients >>"$work/$script.$clients.$schema" || exit 1
			done
		done
		bare=$(least "$work/$script.$clients.bare")
		ours=$(least "$work/$script.$clients.ours")
		case $script in
			other) what='a column without a rule' ;; move) what='a move within sales' ;;
			round) what='moves with handoffs' ;;
		esac
		row "$what, $clients client(s)" "$bare" "$ours" "$(awk -v a="$ours" -v b="$bare" -v c="$(least "$work/$script.$clients.rows")" \
			'BEGIN { printf "%+.3f   (%+.3f)", a - b, c - b }')"
	done
done

# ---- one UPDATE of all -----------------------------------------------------------------------------------------

echo
echo "-- $few leads accepted by one UPDATE (mql to sal), best of $runs"
row '' 'ms' 'us/lead' 'ours, as a multiple of it'
for _ in $(seq "$runs"); do
	for schema in bare ours rows; do
		refill $schema mql
		sql <<-SQL >>"$work/accept.$schema" || exit 1
			SELECT clock_timestamp() AS started \gset
			UPDATE $schema.lead SET stage = 'sal';
			SELECT round(1000 * extract(epoch FROM clock_timestamp() - :'started'));
		SQL
	done
done
for schema in bare ours rows; do
	ms=$(least "$work/accept.$schema")
	row "$(case $schema in bare) echo 'no triggers' ;; ours) echo smarketing ;; *) echo 'PL/pgSQL row triggers' ;; esac)" \
		"$ms" "$(ratio "$ms" "$few" 0.001 1)" "$(ratio "$(least "$work/accept.ours")" 1 "$ms" 1)"
done

# ---- a representative's UPDATE beside somebody's import ---------------------------------------------------------

# quantiles FILE...: p50 and p99 in ms, from pgbench's log of microseconds
quantiles() {
	cat "$@" | awk '{ print $3 }' | sort -n |
		awk '{ a[NR] = $1 } END { printf "%.3f %.3f\n", a[int(NR * 0.5) + 1] / 1000, a[int(NR * 0.99) + 1] / 1000 }'
}

echo
echo "-- a representative's move (one client) while another session's COPY of 100,000 activities on other leads is open; ms"
half=$((few / 2))
refill ours lead
psql -Xqc "\\copy (SELECT $half + 1 + i % $half, (ARRAY['page_view', 'email_open', 'call', 'form_submit'])[1 + i % 4], now() - interval '1 hour' FROM generate_series(1, 100000) AS i) TO '$work/activities'" || exit 1
chmod 644 "$work/activities"
sed -i "s/random(1, $few)/random(1, $half)/" "$work/round.ours"
copy="COPY ours.activity (lead_id, kind, at) FROM '$work/activities'"
row '' 'p50' 'p99' ''
for what in 'alone' 'COPY done, not committed' 'COPY after COPY running'; do
	rm -f "$work"/log*
	sql -c 'SET session_replication_role = replica' -c 'TRUNCATE ours.activity CASCADE'
	case $what in
		alone) other=:; sql -c "$copy" ;;
		*committed) sql -c "BEGIN; $copy; SELECT pg_sleep($seconds + 2); ROLLBACK" >/dev/null 2>&1 & other=$!; sleep 2 ;;
		*running) { for _ in $(seq 30); do printf '%s\n' 'BEGIN;' "$copy;" 'ROLLBACK;'; done | sql; } 2>/dev/null & other=$! ;;
	esac
	(cd "$work" && pgbench -n -M prepared -f round.ours -c 1 -T "$seconds" -l --log-prefix=log >/dev/null 2>errors) ||
		{ cat "$work/errors"; exit 1; }
	# shellcheck disable=SC2046 # two numbers
	row "$what" $(quantiles "$work"/log*) ''
	[ "$other" = : ] || { sql -c "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep|^COPY|ROLLBACK' AND pid <> pg_backend_pid()" >/dev/null
		wait "$other" 2>/dev/null; }
done
exit 0
