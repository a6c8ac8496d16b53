#!/bin/bash
# scoring_insert.sh: one activity per transaction that gives its lead points, at 16 clients on 100,000 leads, beside the
# bare insert into the same table without triggers (keys, indexes and foreign key are there), and beside an insert that
# scores nothing.  Runs alternate, the best of RUNS counts.
#	LEADS=100000  CLIENTS=16  SECONDS_EACH=10  RUNS=3
set -u
leads=${LEADS:-100000}
clients=${CLIENTS:-16}
seconds=${SECONDS_EACH:-10}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
export PGOPTIONS='-c client_min_messages=warning'

psql -XqAt -v ON_ERROR_STOP=1 >/dev/null <<-SQL || exit 1
	SELECT smarketing.create_workspace('t');
	INSERT INTO t.lead (external_id, employees, industry) SELECT n, n % 2000, 'software' FROM generate_series(1, $leads) AS n;
	CREATE TABLE t.bare (LIKE t.activity INCLUDING ALL);
	ALTER TABLE t.bare ADD FOREIGN KEY (lead_id) REFERENCES t.lead ON DELETE CASCADE;
	VACUUM ANALYZE t.lead;
SQL
script() { printf '\\set id random(1, %s)\nINSERT INTO t.%s (lead_id, kind) VALUES (:id, %s);\n' "$leads" "$2" "'$3'" >"$work/$1"; }
script bare bare page_view
script scored activity page_view
script unscored activity note

declare -A best
for _ in $(seq "${RUNS:-3}"); do
	for way in bare scored unscored; do
		tps=$(pgbench -n -M prepared -f "$work/$way" -c "$clients" -j 2 -T "$seconds" 2>/dev/null | sed -n 's/^tps = \([0-9]*\).*/\1/p')
		[ "${tps:-0}" -le "${best[$way]:-0}" ] || best[$way]=$tps
	done
done
echo "activity inserts per second at $clients clients, $leads leads"
for way in bare scored unscored; do
	printf '%-9s %7d  %d %%\n' "$way" "${best[$way]}" $((100 * best[$way] / best[bare]))
done
psql -XqAt -c 'DROP SCHEMA t CASCADE'
