# DROP EXTENSION smarketing CASCADE takes triggers and views and nothing else; with the extension back, repair_workspace()
# puts them back, and removal_report() has named everything else that went.
. "$SMK_SRC/test/tap.sh"
work=$(mktemp -d)

# The objects of the users: of their schemas, by identity and definition.
objects() { # WHAT
	psql -XqAt -v ON_ERROR_STOP=1 -d dropext <<-'SQL' | LC_ALL=C sort
		CREATE TEMPORARY VIEW mine AS SELECT oid FROM pg_namespace WHERE nspname IN ('crm', 'brand 2', 'report');
		CREATE TEMPORARY VIEW r AS SELECT * FROM pg_class WHERE relnamespace IN (SELECT oid FROM mine);
		SELECT 'relation', oid::regclass, relkind, relowner::regrole, relacl, reloptions,
			CASE WHEN relkind IN ('i', 'I') THEN pg_get_indexdef(oid) WHEN relkind IN ('v', 'm') THEN 'view' END
		FROM r;
		SELECT 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
			pg_get_expr(adbin, adrelid)
		FROM pg_attribute JOIN r ON r.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm');
		SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c JOIN r ON r.oid = conrelid AND contype <> 't';
		SELECT 'trigger', tgrelid::regclass, tgname, pg_get_triggerdef(t.oid), tgenabled
		FROM pg_trigger AS t JOIN r ON r.oid = tgrelid WHERE NOT tgisinternal;
		SELECT 'function', oid::regprocedure FROM pg_proc WHERE pronamespace IN (SELECT oid FROM mine);
		SELECT 'policy', polrelid::regclass, polname, pg_get_expr(polqual, polrelid) FROM pg_policy JOIN r ON r.oid = polrelid;
		SELECT 'comment', classoid::regclass, pg_describe_object(classoid, objoid, objsubid), description
		FROM pg_description JOIN r ON r.oid = objoid AND classoid = 'pg_class'::regclass;
		SELECT 'extension', oid::regclass FROM r WHERE EXISTS (SELECT FROM pg_depend
			WHERE classid = 'pg_class'::regclass AND objid = r.oid AND deptype = 'e');
	SQL
}

# Every row of every table, and where its identity stands.
rows() {
	psql -XqAt -v ON_ERROR_STOP=1 -d dropext <<-'SQL' | LC_ALL=C sort
		SELECT format('SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %s AS t', oid::regclass, oid::regclass)
		FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('crm', '"brand 2"') \gexec
		SELECT * FROM pg_sequences WHERE schemaname IN ('crm', 'brand 2');
	SQL
}

new_database dropext template1
sql dropext 'CREATE EXTENSION smarketing; GRANT CREATE ON DATABASE dropext TO smk_owner' >/dev/null
export PGUSER=smk_owner
sql dropext "SELECT smarketing.create_workspace('crm'), smarketing.create_workspace('brand 2')" >/dev/null
sql dropext "
	INSERT INTO crm.member (name, department) VALUES ('bob', 'sales');
	INSERT INTO crm.lead (name, stage) SELECT 'lead ' || i, 'mql' FROM generate_series(1, 20) AS i;
	UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE id > 15;
	INSERT INTO crm.deal (lead_id, amount) VALUES (1, 10), (2, 20);
	INSERT INTO \"brand 2\".lead (name) VALUES ('x');
	ALTER TABLE crm.lead ADD COLUMN shoe_size int DEFAULT 42;
	CREATE INDEX lead_shoe ON crm.lead (shoe_size);
	GRANT SELECT ON crm.lead_fact TO smk_marketing;
	GRANT SELECT, UPDATE (name) ON crm.lead TO smk_sales WITH GRANT OPTION" >/dev/null
rows >"$work/rows_before"
objects >"$work/plain_before"

# Without objects of the user's own on our functions the report has nothing but grants on views that go.
is "$(sql dropext "SELECT count(*) FROM smarketing.removal_report('crm') AS r WHERE r !~ '^GRANT '")" 0 'nothing of a workspace itself is in the report'

# What people build on the extension's functions
sql dropext "
	CREATE SCHEMA report;
	CREATE VIEW report.fit AS SELECT id, smarketing.matches(l, '\$.employees >= 50') AS fits FROM crm.lead AS l;
	CREATE VIEW report.over WITH (security_invoker = true) AS SELECT count(*) AS n FROM report.fit WHERE fits;
	CREATE MATERIALIZED VIEW report.spaces AS SELECT workspace FROM smarketing.workspaces();
	CREATE FUNCTION report.spaces() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM smarketing.workspaces(); END;
	CREATE FUNCTION report.loose() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM smarketing.workspaces()';
	CREATE TABLE report.snapshot (version text DEFAULT smarketing.workspace_version(), a text,
		CONSTRAINT known CHECK (version <= smarketing.workspace_version()),
		b text GENERATED ALWAYS AS (a || smarketing.workspace_version()) STORED);
	CREATE INDEX snapshot_idx ON report.snapshot ((a || smarketing.workspace_version()));
	CREATE POLICY fitting ON crm.account USING (smarketing.matches(account, '\$.is_customer == true'));
	CREATE INDEX lead_matches ON crm.lead (id) WHERE employees > 10;
	CREATE TRIGGER mine BEFORE UPDATE ON crm.campaign FOR EACH STATEMENT EXECUTE FUNCTION smarketing.append_only();
	GRANT SELECT ON report.fit TO smk_stranger" >/dev/null
objects >"$work/before"
sql dropext "SELECT smarketing.removal_report('crm')" >"$work/report"

is "$(sql dropext 'DROP EXTENSION smarketing')" "$(sql dropext 'DROP EXTENSION smarketing')" 'without CASCADE nothing happens'
is "$(rows | diff - "$work/rows_before")" '' 'no row has gone yet'
PGUSER=postgres sql dropext 'DROP EXTENSION smarketing CASCADE' >/dev/null
rows >"$work/rows_after"
objects >"$work/after"
ok 'not one row or sequence is lost' diff "$work/rows_before" "$work/rows_after"
is "$(grep -E '^(relation|column|constraint)\|"?(crm|brand 2)"?\.' "$work/before" | grep -v '|v|' | while IFS='|' read -r kind name rest; do
	printf '%s|%s|%s\n' "$kind" "$name" "$rest"; done | comm -23 - "$work/after" | grep -v '^column|.*_\(board\|fact\|chart\|timeline\|status\|queue\|feedback\)|' |
	grep -vFf <(sed -n 's/^relation|\([^|]*\)|v|.*/column|\1|/p' "$work/before"))" '' 'not one table, column, default, index or constraint of a workspace'
is "$(sql dropext "UPDATE crm.lead SET stage = 'customer' WHERE id = 3 RETURNING stage")" customer 'without the law a table is a table'
sql dropext "UPDATE crm.lead SET stage = 'mql' WHERE id = 3" >/dev/null

# The report is a true list: what went and is not put back by repair_workspace() is what it names, and it can be run.
comm -23 "$work/before" "$work/after" >"$work/gone"
PGUSER=postgres sql dropext 'CREATE EXTENSION smarketing' >/dev/null
is "$(sql dropext "SELECT smarketing.repair_workspace('crm')"; sql dropext "SELECT smarketing.repair_workspace('brand 2')")" '' 'the owner repairs both workspaces'
objects >"$work/repaired"
is "$(comm -23 "$work/plain_before" "$work/repaired" | grep -v 'lead_fact|v|')" '' 'all that the workspaces had is back'
psql -XqAt -v ON_ERROR_STOP=1 -d dropext -f "$work/report" >"$work/run" 2>&1
is "$(grep -c -e '^$' -e 'by hand' "$work/report")" 0 'it leaves nothing to be made by hand'
is "$(cat "$work/run")" '' 'the report runs, as it is, as SQL'
objects >"$work/again"
# a column comes back as the last one, a default and its column as one line
is "$(diff "$work/before" "$work/again")" '' 'and then everything is back'
rows >"$work/rows_after"
ok 'repair has changed no row' diff "$work/rows_before" "$work/rows_after"
refused() { printf '%s\n' '\set VERBOSITY sqlstate' "$1;" | psql -XqAt -d dropext 2>&1 | sed -n 's/.*ERROR:  *//p'; }
is "$(refused "UPDATE crm.lead SET stage = 'customer' WHERE id = 3")" SM001 'the law holds again'
is "$(sql dropext "SELECT count(*) FROM smarketing.verify('crm')")" 0 'verify finds nothing'
is "$(PGUSER=postgres sql dropext "SELECT count(*) FROM pg_depend AS d JOIN pg_extension AS e ON d.refobjid = e.oid AND e.extname = 'smarketing'
	WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e'
	  AND EXISTS (SELECT FROM pg_class WHERE oid = d.objid AND relkind IN ('r', 'p', 'f', 'S', 'm'))")" 0 'the extension owns no table'
export PGUSER=postgres
sql postgres 'DROP DATABASE dropext WITH (FORCE)' >/dev/null
rm -rf "$work"
