# A server process that is killed in the middle of a bulk UPDATE leaves nothing half-done behind.
. "$SMK_SRC/test/tap.sh"
# a cluster of its own: a crash takes all sessions with it
data=$TMPDIR/crash
log=$data.log
initdb -D "$data" -U postgres -A trust -N -E UTF8 --locale=C >"$log" 2>&1 || skip_all "no cluster of its own"
cat >>"$data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$data'
fsync = off
timezone = 'UTC'
max_prepared_transactions = 5
restart_after_crash = on
END
pg_ctl -s -w -D "$data" -l "$log" start
# tap.sh prints the plan at the end
trap 'pg_ctl -s -D "$data" -m immediate stop; rm -rf "$data" "$log" "$TMPDIR"/crash.*; echo "1..$tap_count"' EXIT
export PGHOST=$data PGOPTIONS='-c client_min_messages=warning'
ready() {
	for _ in $(seq 300); do
		[ "$(psql -XqAt -d crash -c 'SELECT 1' 2>/dev/null)" = 1 ] && return 0
		sleep 0.1
	done
	return 1
}
rows() {
	psql -XqAt -d crash <<-'SQL' | LC_ALL=C sort
		SELECT format('SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %s AS t', oid::regclass, oid::regclass)
		FROM pg_class WHERE relkind = 'r' AND relnamespace = 'crm'::regnamespace \gexec
	SQL
}
sql postgres 'CREATE DATABASE crash' >/dev/null
sql crash "CREATE EXTENSION smarketing; SELECT smarketing.create_workspace('crm')" >/dev/null
sql crash "INSERT INTO crm.team (name, department) VALUES ('north', 'sales');
	INSERT INTO crm.member (name, department, team) VALUES ('bob', 'sales', 'north'), ('ana', 'sales', 'north');
	INSERT INTO crm.routing_rule (team) VALUES ('north'); INSERT INTO crm.event_consumer (name) VALUES ('mail');
	INSERT INTO crm.lead (name) SELECT 'lead ' || i FROM generate_series(1, 60000) AS i" >/dev/null
rows >"$TMPDIR/crash.before"

pid_of() { # CONDITION on pg_stat_activity: the process that it comes to be true of
	local pid=
	for _ in $(seq 600); do
		pid=$(sql crash "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND $1")
		[ -n "$pid" ] && break
		sleep 0.1
	done
	echo "$pid"
}
# Another session's lock stops the statement where it is to write that table: there it is killed.
kill_before() { # TABLE: what the statement said
	local client
	psql -XqAt -d crash -c "BEGIN; LOCK crm.$1 IN SHARE MODE; SELECT pg_sleep(600)" >/dev/null 2>&1 &
	pid_of "wait_event = 'PgSleep'" >/dev/null
	sql crash "UPDATE crm.lead SET stage = 'mql'" >"$TMPDIR/crash.out" &
	client=$!
	kill -KILL "$(pid_of "wait_event_type = 'Lock' AND query LIKE 'UPDATE crm.lead%'")"
	wait "$client"
	wait
	cat "$TMPDIR/crash.out"
}
for table in stage_change handoff routing_turn event_delivery; do
	like "$(kill_before $table)" 'server closed the connection|connection to server' "killed before $table is written"
	ok 'the server recovers' ready
	is "$(rows | diff - "$TMPDIR/crash.before")" '' 'and nothing is half-done'
done
is "$(sql crash "WITH moved AS (UPDATE crm.lead SET stage = 'mql' RETURNING 1) SELECT count(*) FROM moved")" 60000 'the same statement then goes through'
is "$(sql crash "SELECT count(*) FROM crm.handoff GROUP BY owner")" "$(printf '30000\n30000')" 'with its handoffs'
is "$(sql crash "SELECT string_agg(DISTINCT check_name, ' ') FROM smarketing.verify('crm')")" '' 'verify finds nothing'

# a transaction that was prepared survives, with its rules and history
sql crash "BEGIN; UPDATE crm.setting SET value = '\"observe\"' WHERE name = 'transition_mode'; INSERT INTO crm.lead (name) VALUES ('prepared'); PREPARE TRANSACTION 'p'" >/dev/null
psql -XqAt -d crash -c 'SELECT pg_sleep(600)' >/dev/null 2>&1 &
kill -KILL "$(pid_of "wait_event = 'PgSleep'")"
wait
ok 'the server recovers with a prepared transaction' ready
like "$(sql crash "UPDATE crm.lead SET stage = 'customer' WHERE id = 1")" 'cannot move' 'whose rules do not hold yet'
sql crash "COMMIT PREPARED 'p'" >/dev/null
is "$(sql crash "UPDATE crm.lead SET stage = 'customer' WHERE id = 1 RETURNING stage")" customer 'and hold once it is committed'
is "$(sql crash "SELECT count(*) FROM crm.lead AS l JOIN crm.stage_change AS c ON c.lead_id = l.id WHERE l.name = 'prepared'")" 1 'as its history does'
