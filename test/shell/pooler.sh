# Behind a pooler one session serves many users: what one of them sets for his transaction is gone with it, and what
# a session keeps (compiled rules, plans) outlives DISCARD ALL and other workspaces.
. "$SMK_SRC/test/tap.sh"
export PGOPTIONS='-c client_min_messages=warning'
new_database pooler template1
sql pooler "CREATE EXTENSION smarketing; SELECT smarketing.create_workspace('crm'), smarketing.create_workspace('crm2')" >/dev/null
sql pooler "INSERT INTO crm.member (name, department) VALUES ('ana', 'sales'), ('mia', 'marketing');
	INSERT INTO crm.lead (name) SELECT 'lead ' || i FROM generate_series(1, 40) AS i;
	INSERT INTO crm2.lead (name) VALUES ('x');
	UPDATE crm2.transition SET condition = '\$.employees >= 50' WHERE to_stage = 'mql'" >/dev/null
say() { psql -XqAt -v VERBOSITY=sqlstate -d pooler 2>&1 | sed 's/^.*ERROR:  */error /'; }
actors() { sql pooler "SELECT coalesce(actor, '-') || '/' || coalesce(import_batch, '-') FROM crm.stage_change WHERE lead_id = $1 ORDER BY id DESC LIMIT 1"; }

say <<'SQL' >/dev/null
BEGIN; SET LOCAL smarketing.actor = 'mia'; UPDATE crm.lead SET stage = 'mql' WHERE id = 1; COMMIT;
BEGIN; UPDATE crm.lead SET stage = 'mql' WHERE id = 2; COMMIT;
BEGIN; SET LOCAL smarketing.actor = 'mia'; UPDATE crm.lead SET stage = 'sal' WHERE id = 3; ROLLBACK;
UPDATE crm.lead SET stage = 'mql' WHERE id = 3;
BEGIN; SET LOCAL smarketing.import = 'old'; UPDATE crm.lead SET stage = 'mql', stage_since = now() WHERE id = 4; COMMIT;
UPDATE crm.lead SET stage = 'mql' WHERE id = 5;
SET smarketing.actor = 'mia';
UPDATE crm.lead SET stage = 'mql' WHERE id = 6;
DISCARD ALL;
UPDATE crm.lead SET stage = 'mql' WHERE id = 7;
BEGIN; SAVEPOINT a; SET LOCAL smarketing.actor = 'mia'; ROLLBACK TO a; UPDATE crm.lead SET stage = 'mql' WHERE id = 8; COMMIT;
SQL
is "$(actors 1) $(actors 2) $(actors 3)" 'mia/- -/- -/-' 'SET LOCAL smarketing.actor ends with its transaction'
is "$(actors 4) $(actors 5)" '-/old -/-' 'SET LOCAL smarketing.import does too'
is "$(actors 6) $(actors 7)" 'mia/- -/-' 'DISCARD ALL takes a name back'
is "$(actors 8)" '-/-' 'so does a savepoint'
is "$(sql pooler 'SELECT count(*) FROM crm.handoff WHERE lead_id = 4')" 0 'an import opens no handoff'

# errors that are caught leave nothing in the session: not a pin, not a cause, not another generation of rules
is "$(say <<'SQL'
DO $$
BEGIN
	FOR i IN 1..300 LOOP
		BEGIN
			UPDATE crm.lead SET stage = 'customer' WHERE id = 9;
		EXCEPTION WHEN SQLSTATE 'SM001' THEN NULL;
		END;
		BEGIN
			INSERT INTO crm.activity (lead_id, kind) VALUES (9, 'nonsense');
		EXCEPTION WHEN foreign_key_violation THEN NULL;
		END;
		BEGIN
			INSERT INTO crm.deal (lead_id, amount) VALUES (9, 1);
			RAISE EXCEPTION 'x';
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
	END LOOP;
	UPDATE crm.transition SET condition = '$.employees >= 50' WHERE from_stage = 'lead' AND to_stage = 'mql';
	BEGIN
		UPDATE crm.lead SET stage = 'mql' WHERE id = 9;
	EXCEPTION WHEN SQLSTATE 'SM002' THEN RAISE WARNING 'judged by the new rule';
	END;
	BEGIN
		UPDATE crm.transition SET condition = NULL WHERE from_stage = 'lead' AND to_stage = 'mql';
		UPDATE crm.lead SET stage = 'mql' WHERE id = 9;
		RAISE EXCEPTION 'x';
	EXCEPTION WHEN raise_exception THEN NULL;
	END;
	BEGIN
		UPDATE crm.lead SET stage = 'mql' WHERE id = 9;
	EXCEPTION WHEN SQLSTATE 'SM002' THEN RAISE WARNING 'and again';
	END;
END $$;
SELECT stage FROM crm.lead WHERE id = 9;
SQL
)" "$(printf 'WARNING:  01000\nWARNING:  01000\nlead')" 'after many errors in savepoints the newest rule judges'
sql pooler "UPDATE crm.transition SET condition = NULL WHERE to_stage = 'mql'" >/dev/null

# one session, several workspaces, and their tables changed in the transaction that writes
is "$(say <<'SQL'
UPDATE crm2.lead SET stage = 'mql';
BEGIN;
UPDATE crm.lead SET stage = 'mql' WHERE id = 10;
ALTER TABLE crm.lead ADD COLUMN size int DEFAULT 7, DROP COLUMN language;
UPDATE crm.transition SET condition = '$.size == 7' WHERE from_stage = 'mql' AND to_stage = 'sal';
UPDATE crm.lead SET stage = 'sal' WHERE id = 10 RETURNING stage, size;
ALTER TABLE crm.lead ALTER COLUMN size TYPE text USING 'seven';
UPDATE crm.lead SET stage = 'sal' WHERE id = 7;
ROLLBACK;
UPDATE crm.lead SET stage = 'mql' WHERE id = 10 RETURNING stage;
ALTER SCHEMA crm RENAME TO sold;
UPDATE sold.lead SET stage = 'sal' WHERE id = 10 RETURNING stage;
SELECT to_stage FROM sold.stage_change WHERE lead_id = 10 ORDER BY id DESC LIMIT 1;
ALTER SCHEMA crm2 RENAME TO crm;
UPDATE crm.lead SET stage = 'mql';
ALTER SCHEMA crm RENAME TO crm2;
ALTER SCHEMA sold RENAME TO crm;
DISCARD ALL;
UPDATE crm.lead SET stage = 'sql' WHERE id = 10 RETURNING stage;
DISCARD PLANS;
INSERT INTO crm.lead (name, stage) VALUES ('new', 'mql') RETURNING stage;
SQL
)" "$(printf '%s\n' 'error SM002' 'sal|7' 'error SM002' mql sal sal 'error SM002' sql mql)" 'tables and schemas may change under a session'

# big statements, wide rows, values that are stored out of line
is "$(say <<'SQL'
INSERT INTO crm.lead (external_id, name, note, attributes)
SELECT 'w' || i, 'wide', repeat(md5(i::text), 2000), jsonb_build_object('a', repeat(md5(i::text), 500), 'n', i) FROM generate_series(1, 300) AS i;
UPDATE crm.transition SET condition = '$.attributes.n >= 0 && $.attributes.a starts with ""' WHERE from_stage = 'lead' AND to_stage = 'recycled';
UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id LIKE 'w%';
SELECT count(*), count(DISTINCT note), min(length(note)) FROM crm.stage_change WHERE to_stage = 'recycled';
UPDATE crm.lead SET stage = 'lead' WHERE external_id LIKE 'w%';
SELECT count(*) FROM crm.lead WHERE external_id LIKE 'w%' AND note IS NULL AND reason IS NULL;
INSERT INTO crm.lead (name, stage) SELECT 'bulk ' || i, 'mql' FROM generate_series(1, 50000) AS i;
SELECT count(*) FROM crm.handoff WHERE decision IS NULL;
UPDATE crm.lead SET stage = 'sal' WHERE name LIKE 'bulk%';
SELECT count(*) FROM crm.handoff WHERE decision = 'accepted';
DELETE FROM crm.lead WHERE name LIKE 'bulk%';
SELECT count(*) FROM crm.stage_change WHERE to_stage = 'sal';
SQL
)" "$(printf '%s\n' '300|300|64000' 300 50008 50001 50001)" 'wide and many rows'
is "$(sql pooler "SELECT string_agg(DISTINCT check_name, ' ') FROM smarketing.verify('crm')")" '' 'verify finds nothing'
sql postgres 'DROP DATABASE pooler WITH (FORCE)' >/dev/null
