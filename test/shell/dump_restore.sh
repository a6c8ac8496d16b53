# A dump holds a workspace whole: after a restore, rows, triggers, views and comments are there, and the law holds again.
. "$SMK_SRC/test/tap.sh"
work=$(mktemp -d)
odd='"Ção ""x"""'

# Everything that a restore must bring back, as text.
contents() { # DATABASE SCHEMA...
	local database=$1 schema
	shift
	for schema in "$@"; do
		psql -XqAt -v ON_ERROR_STOP=1 -v schema="$schema" -d "$database" <<-'SQL' | LC_ALL=C sort
			CREATE TEMPORARY VIEW r AS SELECT * FROM pg_class WHERE relnamespace = :'schema'::regnamespace;
			SELECT relname, relkind, relowner::regrole, reloptions, relacl, obj_description(oid, 'pg_class') FROM r;
			SELECT relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
				pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)
			FROM pg_attribute JOIN r ON r.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
			WHERE attnum > 0 AND NOT attisdropped;
			SELECT pg_get_triggerdef(t.oid), tgenabled, tgdeferrable, tginitdeferred
			FROM pg_trigger AS t JOIN r ON r.oid = tgrelid WHERE NOT tgisinternal;
			SELECT conrelid::regclass, conname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c JOIN r ON r.oid = conrelid;
			SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN r ON r.oid = indexrelid;
			SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = (SELECT nspname FROM pg_namespace WHERE oid = :'schema'::regnamespace);
			SELECT format('SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %s AS t', relname, oid::regclass)
			FROM r WHERE relkind = 'r' \gexec
			-- a view's text changes when it is read again; what it shows must not
			SELECT format('SELECT %L, count(*) FROM %s', relname, oid::regclass) FROM r WHERE relkind = 'v' \gexec
		SQL
	done
}

refused() { # DATABASE STATEMENT: its SQLSTATE
	printf '%s\n' '\set VERBOSITY sqlstate' "$2;" | psql -XqAt -d "$1" 2>&1 | sed -n 's/.*ERROR:  *//p'
}

law() { # DATABASE SCHEMA WHO
	local database=$1 schema=$2 who=$3
	is "$(refused "$database" "UPDATE $schema.lead SET stage = 'customer' WHERE name = 'ana'")" SM001 "$who: an illegal move is refused"
	is "$(refused "$database" "DELETE FROM $schema.stage_change")" SM005 "$who: history is append-only"
	is "$(refused "$database" "INSERT INTO $schema.persona (name, condition) VALUES ('x', '\$.nothing == 1')")" SM007 "$who: a rule that cannot work is refused"
	is "$(sql "$database" "UPDATE $schema.lead SET stage = 'mql' WHERE name = 'ana' RETURNING stage")" mql "$who: a legal move is made"
	is "$(sql "$database" "SELECT from_stage, to_stage FROM $schema.stage_change ORDER BY at DESC, id DESC LIMIT 1")" 'lead|mql' "$who: and recorded"
	is "$(sql "$database" "SELECT owner FROM $schema.handoff WHERE decision IS NULL ORDER BY id DESC LIMIT 1")" bob "$who: it opens a handoff, routed by the restored rule"
	is "$(sql "$database" "INSERT INTO $schema.lead (name) VALUES ('new') RETURNING id > 1000")" t "$who: identity goes on where it was"
	is "$(sql "$database" "SELECT count(*) FROM smarketing.verify((SELECT nspname FROM pg_namespace WHERE oid = '$schema'::regnamespace))")" 0 "$who: verify finds nothing"
}

fill() { # SCHEMA
	PGUSER=smk_owner sql dump "INSERT INTO $1.team (name, department) VALUES ('north', 'sales');
		INSERT INTO $1.member (name, department, team) VALUES ('bob', 'sales', 'north'), ('mia', 'marketing', NULL);
		INSERT INTO $1.routing_rule (team, condition) VALUES ('north', '\$.country == \"PT\" || !(\$.country == \"PT\")');
		UPDATE $1.transition SET condition = '\$.email != null || !(\$.employees >= 50)' WHERE to_stage = 'sql';
		INSERT INTO $1.account (name, is_customer) VALUES ('ação', false);
		ALTER TABLE $1.lead ADD COLUMN shoe_size numeric DEFAULT 42, ADD CONSTRAINT shoe CHECK (shoe_size > 0);
		INSERT INTO $1.lead (id, name, email, account_id, attributes) OVERRIDING SYSTEM VALUE VALUES (1000, 'ana', 'ana@x.pt', 1, '{\"a\": [1, null]}');
		SELECT setval(pg_get_serial_sequence('$1.lead', 'id'), 1000);
		INSERT INTO $1.lead (name, stage, note) SELECT 'lead ' || i, 'mql', repeat('é', 5000) FROM generate_series(1, 50) AS i;
		UPDATE $1.lead SET stage = 'recycled', reason = 'not_ready' WHERE id % 3 = 0;
		INSERT INTO $1.activity (lead_id, kind, at) SELECT id, 'call', now() - interval '1 year' FROM $1.lead WHERE stage = 'mql';
		INSERT INTO $1.deal (lead_id, amount, won) SELECT id, 12.50, id % 2 = 0 OR NULL FROM $1.lead WHERE id % 7 = 0;
		INSERT INTO $1.event_consumer (name) VALUES ('mail');
		CREATE VIEW $1.big AS SELECT id, name FROM $1.lead WHERE employees > 10;
		COMMENT ON COLUMN $1.lead.shoe_size IS 'mine';
		GRANT SELECT, INSERT, UPDATE ON $1.lead TO smk_marketing; GRANT USAGE ON SCHEMA $1 TO smk_marketing" >/dev/null
}

new_database dump template1
sql dump "CREATE EXTENSION smarketing; GRANT CREATE ON DATABASE dump TO smk_owner; SET ROLE smk_owner;
	SELECT smarketing.create_workspace('crm'), smarketing.create_workspace('Ção \"x\"', 'pt')" >/dev/null
fill crm
fill "$odd"
is "$(sql dump 'SELECT count(*) FROM crm.deal')" 8 'the workspaces have rows of all kinds'
contents dump crm "$odd" >"$work/before"
ok 'there is something to compare' test "$(wc -l <"$work/before")" -gt 1000

compare() { # DATABASE NAME
	contents "$1" crm "$odd" >"$work/after"
	ok "$2: rows, columns, triggers, views, comments, grants and sequences are the same" diff "$work/before" "$work/after"
}

# plain SQL, with everything
pg_dump dump >"$work/plain.sql"
sql postgres 'CREATE DATABASE plain'
is "$(psql -XqAt -v ON_ERROR_STOP=1 -d plain -f "$work/plain.sql" -o /dev/null 2>&1)" '' 'plain: restores without a word'
compare plain plain
law plain crm plain
law plain "$odd" 'plain, odd name'

# custom format, in one transaction
pg_dump -Fc -f "$work/custom" dump
sql postgres 'CREATE DATABASE custom'
is "$(pg_restore --single-transaction --exit-on-error -d custom "$work/custom" 2>&1)" '' 'custom: restores in one transaction'
compare custom custom
law custom crm custom

# directory format with two jobs, data and triggers in parallel
pg_dump -Fd --jobs=2 -f "$work/directory" dump
sql postgres 'CREATE DATABASE directory'
is "$(pg_restore --jobs=2 --exit-on-error -d directory "$work/directory" 2>&1)" '' 'directory: restores with two jobs'
compare directory directory
law directory "$odd" directory

# the data only, as INSERTs, into a workspace that is emptied with its triggers off
pg_dump --data-only --disable-triggers --inserts --schema=crm dump >"$work/data.sql" 2>/dev/null
new_database data
pg_dump --section=pre-data --schema=crm dump | psql -Xq -d data >/dev/null 2>&1
is "$(psql -XqAt -v ON_ERROR_STOP=1 -d data -f "$work/data.sql" -o /dev/null 2>&1)" '' 'data only: loads with triggers off'
pg_dump --section=post-data --schema=crm dump | psql -Xq -v ON_ERROR_STOP=1 -d data >/dev/null
law data crm 'data only'

# by the owner, who is no superuser: one workspace, into a database that has the extension
is "$(PGOPTIONS='-c role=smk_owner' pg_dump -Fc --role=smk_owner --schema=crm -f "$work/owner" dump 2>&1)" '' 'owner: may dump his workspace'
new_database owner_restore
sql owner_restore 'GRANT CREATE ON DATABASE owner_restore TO smk_owner' >/dev/null
is "$(pg_restore -U smk_owner --exit-on-error -d owner_restore "$work/owner" 2>&1)" '' 'owner: may restore it'
is "$(sql owner_restore "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'crm'::regnamespace")" smk_owner 'owner: and owns it'
contents dump crm >"$work/before"
contents owner_restore crm >"$work/after"
ok 'owner: it is the same' diff "$work/before" "$work/after"
PGUSER=smk_owner law owner_restore crm owner
is "$(sql owner_restore 'SELECT workspace FROM smarketing.workspaces()')" crm 'owner: there is one workspace'

# the dump is one of our own tables and rows: not a word of the extension's objects
ok 'no object of the extension is dumped' sh -c "! grep -Eq 'CREATE (FUNCTION|TYPE|AGGREGATE|TABLE) smarketing\.' '$work/plain.sql'"
for database in dump plain custom directory data owner_restore; do sql postgres "DROP DATABASE $database WITH (FORCE)" >/dev/null; done
rm -rf "$work"
