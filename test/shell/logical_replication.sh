# A workspace on a publisher and on its subscriber: rows arrive as they are, history is written once, and a change of
# rules on the publisher reaches the subscriber's sessions.
. "$SMK_SRC/test/tap.sh"
[ "$(sql postgres 'SHOW wal_level')" = logical ] || skip_all "wal_level is not logical"
export PGOPTIONS='-c client_min_messages=warning'

refused() { printf '%s\n' '\set VERBOSITY sqlstate' "$1;" | psql -XqAt -d repl_sub 2>&1 | sed -n 's/.*ERROR:  *//p'; }
# Waits until the subscriber has what the publisher has committed by now.
catch_up() {
	local lsn
	lsn=$(sql postgres 'SELECT pg_current_wal_insert_lsn()')
	for _ in $(seq 300); do
		[ "$(sql postgres "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = 'smk_sub'")" = t ] && return 0
		sleep 0.1
	done
	note "the subscriber has not caught up"
	return 1
}
synced() {
	for _ in $(seq 300); do
		[ "$(sql repl_sub "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'")" = 0 ] && return 0
		sleep 0.1
	done
	note "the first copy has not ended"
	return 1
}
tables() { # DATABASE: every row of every table
	psql -XqAt -d "$1" <<-'SQL' | LC_ALL=C sort
		SELECT format('SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %s AS t', oid::regclass, oid::regclass)
		FROM pg_class WHERE relkind = 'r' AND relnamespace = 'crm'::regnamespace \gexec
	SQL
}
# psql that stays open, so that its cached rules are those of before: say STATEMENT, then hear
open_session() {
	coproc SESSION { psql -XqAt -d repl_sub 2>&1; }
	echo '\set VERBOSITY sqlstate' >&"${SESSION[1]}"
}
ask() {
	local line answer=
	printf '%s;\n\\echo done\n' "$1" >&"${SESSION[1]}"
	while IFS= read -r -t 60 line <&"${SESSION[0]}"; do
		[ "$line" = done ] && break
		answer=$answer${line##*ERROR:  }
	done
	echo "$answer"
}

new_database repl_pub template1
new_database repl_sub template1
sql repl_pub "CREATE EXTENSION smarketing; SELECT smarketing.create_workspace('crm')" >/dev/null
sql repl_pub "INSERT INTO crm.member (name, department) VALUES ('bob', 'sales');
	INSERT INTO crm.lead (name, stage) SELECT 'lead ' || i, 'mql' FROM generate_series(1, 20) AS i;
	INSERT INTO crm.stage (name, position, department) VALUES ('meeting', 45, 'sales');
	INSERT INTO crm.transition (from_stage, to_stage) VALUES ('sal', 'meeting')" >/dev/null

# the subscriber: the same tables with their triggers, and no row
sql repl_sub 'CREATE EXTENSION smarketing' >/dev/null
pg_dump --schema-only --schema=crm repl_pub | psql -Xq -v ON_ERROR_STOP=1 -d repl_sub >/dev/null
is "$(refused "INSERT INTO crm.lead (name) VALUES ('too early')")" SM001 'a workspace without its rules takes no lead'
sql repl_pub 'CREATE PUBLICATION smk_pub FOR ALL TABLES' >/dev/null
sql repl_pub "SELECT pg_create_logical_replication_slot('smk_sub', 'pgoutput')" >/dev/null
sql repl_sub "CREATE SUBSCRIPTION smk_sub CONNECTION 'host=$PGHOST port=$PGPORT dbname=repl_pub user=$PGUSER'
	PUBLICATION smk_pub WITH (create_slot = false, slot_name = 'smk_sub')" >/dev/null
ok 'the first copy ends' synced
is "$(tables repl_sub | diff - <(tables repl_pub))" '' 'and is the same, row by row: no history, handoff or event of its own'
is "$(sql repl_sub "SELECT string_agg(DISTINCT check_name, ' ') FROM smarketing.verify('crm')")" '' 'verify finds nothing on the subscriber'

# what goes on
sql repl_pub "UPDATE crm.lead SET stage = 'sal' WHERE id <= 5; INSERT INTO crm.deal (lead_id, amount) VALUES (6, 1);
	UPDATE crm.deal SET won = true; DELETE FROM crm.lead WHERE id = 7; INSERT INTO crm.activity (lead_id, kind) VALUES (8, 'call')" >/dev/null
ok 'changes arrive' catch_up
is "$(tables repl_sub | diff - <(tables repl_pub))" '' 'once'
is "$(sql repl_sub 'SELECT count(*), count(DISTINCT (lead_id, cycle, to_stage)) FROM crm.stage_change')" '29|29' 'no move is recorded twice'

# sequences are not replicated: who writes on the subscriber sets them first, as after a failover
sql repl_sub "SELECT setval(format('crm.%I', sequencename), 1000) FROM pg_sequences WHERE schemaname = 'crm'" >/dev/null

# rules: the session on the subscriber has loaded them before they change
open_session
is "$(ask 'BEGIN; UPDATE crm.lead SET stage = '"'meeting'"' WHERE id = 1; ROLLBACK')" '' 'the rules of the publisher hold on the subscriber'
is "$(ask 'UPDATE crm.lead SET stage = '"'customer'"' WHERE id = 1')" SM001 'for its own writes too'
sql repl_pub "DELETE FROM crm.transition WHERE to_stage = 'meeting' AND from_stage = 'sal';
	INSERT INTO crm.transition (to_stage) VALUES ('meeting');
	UPDATE crm.transition SET condition = '\$.employees >= 50' WHERE from_stage = 'sal' AND to_stage = 'sql'" >/dev/null
ok 'a change of rules arrives' catch_up
is "$(ask 'UPDATE crm.lead SET stage = '"'meeting'"' WHERE id = 1')" SM001 'a move that was taken out is refused in a session that knew it'
is "$(ask 'UPDATE crm.lead SET stage = '"'sql'"' WHERE id = 1')" SM002 'a condition that was put in is judged'
sql repl_pub "BEGIN; DELETE FROM crm.transition WHERE from_stage = 'mql' AND to_stage = 'sal'; ROLLBACK" >/dev/null
ok 'the publisher goes on' catch_up
is "$(ask 'BEGIN; UPDATE crm.lead SET stage = '"'sal'"' WHERE id = 10; ROLLBACK')" '' 'what is rolled back there changes nothing here'

# a subscriber that is half filled: moves whose stages are not there yet are no entries, and harm nothing
is "$(ask 'SET session_replication_role = replica; DELETE FROM crm.stage WHERE name = '"'subscriber'"'; RESET session_replication_role')" '' 'a stage is missing'
is "$(ask "INSERT INTO crm.lead (name, stage, reason) VALUES ('x', 'disqualified', 'spam')")" SM001 'a move from it is no entry'
is "$(ask 'SET session_replication_role = replica; DELETE FROM crm.stage; RESET session_replication_role')" '' 'all stages are missing'
is "$(ask "INSERT INTO crm.lead (name) VALUES ('x')")" SM001 'there is no entry at all'
exec {SESSION[1]}>&-
wait

sql repl_sub 'ALTER SUBSCRIPTION smk_sub DISABLE; ALTER SUBSCRIPTION smk_sub SET (slot_name = NONE)' >/dev/null
sql repl_sub 'DROP SUBSCRIPTION smk_sub' >/dev/null
for _ in $(seq 100); do
	[ "$(sql repl_pub "SELECT pg_drop_replication_slot('smk_sub')" 2>&1)" = '' ] && break
	sleep 0.1
done
for database in repl_pub repl_sub; do sql postgres "DROP DATABASE $database WITH (FORCE)" >/dev/null; done
