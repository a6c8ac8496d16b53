#!/bin/bash
# sla.sh: the agreement's clocks: opening them, ending them, reading the board, editing their calendar.
#	CLOCKS=1000000   open clocks under the board and the calendar's edit
#	OFFERS=100000    leads offered in one statement
set -u
clocks=${CLOCKS:-1000000}
offers=${OFFERS:-100000}

sql() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
# once TEXT: milliseconds
once() {
	sql <<-SQL | tail -n 1
		SELECT clock_timestamp() AS started \gset
		$1
		SELECT round(1000 * extract(epoch FROM clock_timestamp() - :'started'));
	SQL
}
row() { printf '%-66s %10s %12s\n' "$@"; }
each() { awk -v ms="$1" -v n="$2" 'BEGIN { printf "%.2f us", ms * 1000 / n }'; }

workspace() { # NAME SIGNED
	sql >/dev/null <<-SQL || exit 1
		SET client_min_messages = warning;
		SELECT smarketing.create_workspace('$1');
		INSERT INTO $1.team (name, department) VALUES ('inside', 'sales');
		INSERT INTO $1.member (name, department) VALUES ('mia', 'marketing'), ('sam', 'sales');
		UPDATE $1.calendar SET hours = 'Europe/Rome; Mo-Fr 09:00-13:00,14:00-18:00; 12-25 off; 01-01 off; 08-15 off' WHERE name = 'office';
	SQL
	[ "$2" = no ] || sql -c "UPDATE $1.agreement SET marketing_signed_by = 'mia'" -c "UPDATE $1.agreement SET sales_signed_by = 'sam'"
}
workspace plain no
workspace crm yes
row "-- $offers leads" ms each

insert() { echo "INSERT INTO $1.lead (email, stage, owner, origin) SELECT 'p' || i || '@example.com', 'mql', 'sam', 'inbound' FROM generate_series(1, $offers) AS i;"; }
plain=$(once "$(insert plain)")
signed=$(once "$(insert crm)")
opened=$(sql -c 'SELECT count(*) FROM crm.sla_clock')
row 'offered in one statement, no agreement signed' "$plain" "$(each "$plain" "$offers")"
row "the same under the template's agreement: $opened clocks" "$signed" "$(each "$signed" "$offers")"
row '  which is, per clock' "$((signed - plain))" "$(each $((signed - plain)) "$opened")"
call=$(once "INSERT INTO crm.activity (lead_id, kind) SELECT id, 'call' FROM crm.lead;")
bare=$(once "INSERT INTO plain.activity (lead_id, kind) SELECT id, 'call' FROM plain.lead;")
row 'a call to each, no agreement' "$bare" "$(each "$bare" "$offers")"
row 'a call to each, which ends one clock and counts for another' "$call" "$(each "$call" "$offers")"
accept=$(once "UPDATE crm.lead SET stage = 'sal';")
bare=$(once "UPDATE plain.lead SET stage = 'sal';")
row 'all accepted, no agreement' "$bare" "$(each "$bare" "$offers")"
row 'all accepted, which ends one clock' "$accept" "$(each "$accept" "$offers")"

# the board: clocks of one commitment as the recorder writes them, ten to a lead, without the key that forbids that
sql >/dev/null <<-SQL || exit 1
	SET session_replication_role = replica;
	DROP INDEX crm.sla_clock_open_key;
	TRUNCATE crm.sla_clock;
	INSERT INTO crm.sla_clock (commitment_id, lead_id, cycle, owner, started_at, target, due_at, warn_due_at, calendar_version)
	SELECT (SELECT id FROM crm.commitment WHERE key = 'handoff_decision'), (SELECT min(id) FROM crm.lead) + i % $offers, 1, 'sam', s.at,
	       interval '4 hours', smarketing.add_working_time(v.hours, s.at, '4 hours'),
	       smarketing.add_working_time(v.hours, s.at, '3 hours 12 minutes'), v.id
	FROM (SELECT i, now() - interval '40 days' + i * interval '3 seconds' AS at FROM generate_series(0, $clocks - 1) AS i) AS s
	CROSS JOIN (SELECT id, hours::smarketing.working_hours AS hours FROM crm.calendar_version ORDER BY id DESC LIMIT 1) AS v;
SQL
sql -c 'VACUUM ANALYZE' >/dev/null
have=$(sql -c 'SELECT count(*) FROM crm.sla_clock WHERE ended_at IS NULL AND cancelled_at IS NULL')
row "-- $have open clocks" ms each
board='SELECT * FROM crm.sla_board LIMIT 50'
sql -c "EXPLAIN $board" | grep -q 'Index Scan using sla_clock_due_idx' || echo 'NOT an index scan:' "$(sql -c "EXPLAIN $board")"
for what in Planning Execution; do
	ms=$(sql -c "EXPLAIN (ANALYZE, TIMING off, SUMMARY on) $board" -c "EXPLAIN (ANALYZE, TIMING off, SUMMARY on) $board" \
		-c "EXPLAIN (ANALYZE, TIMING off, SUMMARY on) $board" | sed -n "s/^$what Time: \(.*\) ms/\1/p" | tail -n 1)
	row "sla_board, top 50: $what, in a session that has asked before" "$ms" ''
done
whole=$(once 'SELECT state, count(*) FROM crm.sla_board GROUP BY state;')
row 'the whole board, counted by state' "$whole" "$(each "$whole" "$have")"
score=$(once 'SELECT count(*) FROM crm.sla_scorecard;')
row 'sla_scorecard' "$score" "$(each "$score" "$have")"
told=$(once "SELECT * FROM smarketing.tick('crm', max_rows => 10000);")
row 'tick(), 10,000 breaches and warnings of them' "$told" "$(each "$told" 10000)"
edit=$(once "UPDATE crm.calendar SET hours = hours || '; 2026-12-24 off' WHERE name = 'office';")
row 'the calendar gets a holiday: due times of all open clocks' "$edit" "$(each "$edit" "$have")"
