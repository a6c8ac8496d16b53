SET intervalstyle = 'postgres';
-- creating, listing, repairing and leaving a workspace
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE ROLE smk_ws_owner;
CREATE ROLE smk_ws_other;
SELECT format('GRANT CREATE ON DATABASE %I TO smk_ws_owner', current_database()) AS statement \gset
:statement;

-- names that cannot be
SELECT smarketing.create_workspace(NULL);
SELECT smarketing.create_workspace('ws', NULL);
SELECT smarketing.create_workspace('');
SELECT smarketing.create_workspace('pg_crm');
SELECT smarketing.create_workspace('smarketing');
SELECT smarketing.create_workspace('information_schema');
SELECT smarketing.create_workspace('$user');
SELECT smarketing.create_workspace(repeat('é', 32));
SELECT smarketing.create_workspace('ws', 'de');
SELECT smarketing.create_workspace('ws', '');

-- a role without CREATE on the database; nothing stays behind
SET ROLE smk_ws_other;
\set VERBOSITY sqlstate
SELECT smarketing.create_workspace('ws_none');
\set VERBOSITY default
RESET ROLE;
SELECT count(*) FROM pg_namespace WHERE nspname = 'ws_none';

-- a plain role
SET ROLE smk_ws_owner;
SELECT smarketing.create_workspace('ws_a');
SELECT smarketing.create_workspace('ws_a');
RESET ROLE;

-- the owner owns all of it, and the search path is as it was
SHOW search_path;
SELECT relkind, count(*) > 0 AS some, bool_and(relowner = 'smk_ws_owner'::regrole) AS his
FROM pg_class WHERE relnamespace = 'ws_a'::regnamespace AND relkind IN ('r', 'S', 'v', 'i')
GROUP BY relkind ORDER BY relkind;

-- existing schemas: empty and full, one's own and another's, a temporary table in the way
CREATE SCHEMA ws_empty AUTHORIZATION smk_ws_owner;
CREATE SCHEMA ws_foreign;
CREATE SCHEMA ws_full AUTHORIZATION smk_ws_owner;
CREATE FUNCTION ws_full.f() RETURNS int LANGUAGE sql RETURN 1;
SET ROLE smk_ws_owner;
CREATE TEMPORARY TABLE lead (id int);
CREATE TEMPORARY TABLE stage (name text);
ALTER DEFAULT PRIVILEGES IN SCHEMA ws_empty GRANT SELECT ON TABLES TO smk_ws_other;
SELECT smarketing.create_workspace('ws_empty');
SELECT smarketing.create_workspace('ws_foreign');
SELECT smarketing.create_workspace('ws_full');
SELECT (SELECT count(*) FROM pg_temp.stage) AS in_temp, (SELECT count(*) FROM ws_empty.stage) AS in_workspace;
DROP TABLE pg_temp.lead, pg_temp.stage;

-- odd names, an empty search path, and an error in the middle of a transaction
SET search_path = '';
SELECT smarketing.create_workspace('Ção "ü"; DROP TABLE lead --', 'pt');
SELECT smarketing.create_workspace('123', 'es');
SELECT smarketing.create_workspace(repeat('w', 63), 'it');
SHOW search_path;
RESET search_path;
BEGIN;
SELECT smarketing.create_workspace('ws_gone');
ROLLBACK;
RESET ROLE;
SELECT * FROM smarketing.workspaces() WHERE workspace <> 'crm' AND owner = 'smk_ws_owner';

-- the template: the same process in each language
SELECT name, position, department, kind, label FROM ws_a.stage ORDER BY position;
SELECT coalesce(from_stage, '(entry)') AS from_stage,
       string_agg(concat_ws(' ', t.to_stage, t.department, t.reason_kind, t.automatic_when::text, t.automatic_on::text), ', '
                  ORDER BY t.to_stage COLLATE "C") AS to_stages
FROM ws_a.transition AS t LEFT JOIN ws_a.stage AS s ON s.name = t.from_stage
GROUP BY t.from_stage, s.position ORDER BY s.position NULLS FIRST;
SELECT kind, name, outcome, counts_as_rejection, recycle_after, needs_note, label
FROM ws_a.reason ORDER BY kind COLLATE "C", name COLLATE "C";
SELECT name, department, is_touch, is_attempt, is_contact, automated
FROM ws_a.activity_kind ORDER BY name COLLATE "C";
SELECT name, value FROM ws_a.setting ORDER BY name COLLATE "C";
SELECT s.name, s.label, p.label, e.label, i.label
FROM ws_a.stage AS s JOIN "Ção ""ü""; DROP TABLE lead --".stage AS p USING (name)
JOIN "123".stage AS e USING (name)
JOIN wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww.stage AS i USING (name)
ORDER BY s.position;
SELECT bool_and(label <> '' AND definition <> '') FROM "123".stage;
SELECT bool_and(label <> '') FROM "123".reason;
SELECT bool_and(label <> '') FROM "123".activity_kind;
SELECT count(*) AS differ
FROM (SELECT t::text FROM ws_a.transition AS t EXCEPT SELECT t::text FROM "123".transition AS t) AS x;
-- every move that leaves for recycled, disqualified, closed_lost or former_customer has its kind of reason
SELECT count(*) FROM ws_a.transition
WHERE (to_stage IN ('recycled', 'disqualified', 'closed_lost', 'former_customer')) <> (reason_kind IS NOT NULL);
-- every automatic_on names a kind of activity, every reason_kind has reasons
SELECT count(*) FROM ws_a.transition AS t CROSS JOIN unnest(t.automatic_on) AS k
WHERE NOT EXISTS (SELECT FROM ws_a.activity_kind AS a WHERE a.name = k);
SELECT count(*) FROM ws_a.transition AS t WHERE t.reason_kind NOT IN (SELECT kind FROM ws_a.reason);

-- every table, view and column says what it is
SELECT c.relname, a.attname
FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'ws_a'::regnamespace AND c.relkind IN ('r', 'v')
  AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)
ORDER BY 1, 2;
-- and every function
SELECT p.oid::regprocedure
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'smarketing'
WHERE obj_description(p.oid, 'pg_proc') IS NULL AND p.proname ~ '^(create_|repair_|upgrade_|removal_|workspace)' AND p.proname !~ '_triggers$'
ORDER BY 1;
-- the views are those that the extension knows as its own
SELECT coalesce(v.name, c.relname) AS differs
FROM unnest(smarketing.workspace_view_names()) AS v (name)
FULL JOIN (SELECT relname FROM pg_class WHERE relnamespace = 'ws_a'::regnamespace AND relkind = 'v') AS c
    ON c.relname = v.name
WHERE v.name IS NULL OR c.relname IS NULL;

-- and the triggers those that verify expects
SELECT coalesce(e.table_name, t.table_name) AS table_name, coalesce(e.trigger_name, t.trigger_name) AS differs
FROM smarketing.expected_triggers() AS e
FULL JOIN (SELECT c.relname::text AS table_name, t.tgname::text AS trigger_name
           FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
           WHERE c.relnamespace = 'ws_a'::regnamespace AND NOT t.tgisinternal) AS t USING (table_name, trigger_name)
WHERE e.table_name IS NULL OR t.table_name IS NULL
ORDER BY 1, 2;
-- and the tables those that the owner is asked for
SELECT coalesce(v.name, c.relname) AS differs
FROM unnest(smarketing.workspace_table_names()) AS v (name)
FULL JOIN (SELECT relname FROM pg_class WHERE relnamespace = 'ws_a'::regnamespace AND relkind = 'r') AS c
    ON c.relname = v.name
WHERE v.name IS NULL OR c.relname IS NULL;

-- a workspace's columns, defaults, indexes and constraints need nothing of the extension
SELECT count(*) AS not_triggers_or_views
FROM smarketing.removal_objects() AS o
WHERE smarketing.removal_schema(o.classid, o.objid, o.objsubid) = 'ws_a' AND NOT smarketing.removal_is_own(o.classid, o.objid)
  AND o.classid NOT IN ('pg_rewrite'::regclass, 'pg_type'::regclass);

-- admin functions are the owner's; a schema must be there and be a workspace
SET ROLE smk_ws_other;
SELECT smarketing.repair_workspace('ws_a');
SELECT smarketing.upgrade_workspace('ws_a');
SELECT smarketing.removal_report('ws_a');
RESET ROLE;
SELECT smarketing.repair_workspace('nowhere');
SELECT smarketing.repair_workspace('WS_A');
SELECT smarketing.repair_workspace('ws_full');
SELECT smarketing.repair_workspace(NULL);

-- repair puts back what was lost, as the owner even when a superuser repairs, and loses no grant
GRANT SELECT ON ws_a.lead_fact TO smk_ws_other;
COMMENT ON TABLE ws_a.lead IS NULL;
DROP VIEW ws_a.funnel_chart;
SELECT smarketing.repair_workspace('ws_a');
SELECT obj_description('ws_a.lead'::regclass, 'pg_class') LIKE 'Leads%' AS comment_is_back,
       (SELECT relowner::regrole FROM pg_class WHERE oid = 'ws_a.funnel_chart'::regclass) AS view_owner,
       has_table_privilege('smk_ws_other', 'ws_a.lead_fact', 'SELECT') AS grant_stayed, current_user = session_user AS role_is_back;
SELECT smarketing.upgrade_workspace('ws_a');
BEGIN;
ALTER TABLE ws_a.setting DISABLE TRIGGER USER;
UPDATE ws_a.setting SET value = '"9.9"' WHERE name = 'schema_version';
SELECT smarketing.upgrade_workspace('ws_a');
ROLLBACK;

-- leaving and coming back: tables, data and plain views stay, triggers return with repair
INSERT INTO ws_a.lead (email) VALUES ('stays@example.com');
BEGIN;
CREATE TEMPORARY TABLE before ON COMMIT DROP AS
SELECT c.relname, c.relkind, a.attname
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
WHERE c.relnamespace = 'ws_a'::regnamespace;
CREATE TEMPORARY TABLE defaults ON COMMIT DROP AS
SELECT d.adrelid, d.adnum FROM pg_attrdef AS d JOIN pg_class AS c ON c.oid = d.adrelid WHERE c.relnamespace = 'ws_a'::regnamespace;
DROP EXTENSION smarketing CASCADE;
SELECT b.relname AS view_gone
FROM before AS b
WHERE b.relkind = 'v' AND NOT EXISTS (SELECT FROM pg_class AS c
                                      WHERE c.relnamespace = 'ws_a'::regnamespace AND c.relname = b.relname)
GROUP BY 1 ORDER BY 1;
SELECT b.relname, b.attname AS lost
FROM before AS b
WHERE b.relkind <> 'v' AND NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
                  WHERE c.relnamespace = 'ws_a'::regnamespace AND c.relname = b.relname AND a.attname = b.attname)
  -- views that call our functions go
  AND b.relname NOT IN ('sla_board', 'sla_scorecard', 'commitment_progress')
ORDER BY 1, 2;
SELECT count(*) AS lost_defaults
FROM defaults AS b
WHERE NOT EXISTS (SELECT FROM pg_attrdef AS d WHERE d.adrelid = b.adrelid AND d.adnum = b.adnum);
SELECT count(*) AS triggers FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'ws_a'::regnamespace AND NOT t.tgisinternal;
SELECT l.email, f.cycle, f.is_open FROM ws_a.lead_fact AS f JOIN ws_a.lead AS l ON l.id = f.lead_id;
CREATE EXTENSION smarketing;
SELECT check_name, count(*) > 0 AS missing FROM smarketing.verify('ws_a') GROUP BY check_name;
SELECT smarketing.repair_workspace('ws_a');
SELECT * FROM smarketing.verify('ws_a');
SELECT b.relname, b.attname AS not_back
FROM before AS b
WHERE NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
                  WHERE c.relnamespace = 'ws_a'::regnamespace AND c.relname = b.relname AND a.attname = b.attname)
ORDER BY 1, 2;
ROLLBACK;

-- what CASCADE would take: users' own objects on our functions, and no table's data of ours
CREATE SCHEMA ws_user;
CREATE FUNCTION ws_user.languages() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT smarketing.workspace_version(); END;
CREATE VIEW ws_user.versions AS SELECT smarketing.workspace_version() AS version;
CREATE VIEW ws_user.on_it WITH (security_invoker = true) AS SELECT count(*) AS n FROM ws_user.versions;
GRANT SELECT ON ws_user.on_it TO smk_ws_other;
GRANT SELECT (n) ON ws_user.on_it TO smk_ws_owner WITH GRANT OPTION;
CREATE TABLE ws_user.t (a text DEFAULT smarketing.workspace_version(), b text CHECK (b <> smarketing.workspace_version()));
ALTER TABLE ws_user.t ADD c text GENERATED ALWAYS AS (a || smarketing.workspace_version()) STORED;
CREATE INDEX t_idx ON ws_user.t ((a || smarketing.workspace_version()));
CREATE TABLE ws_user.desk (name text, hours smarketing.working_hours, slots smarketing.working_hours[]);
CREATE TYPE ws_user.shift AS (name text, hours smarketing.working_hours);
CREATE INDEX desk_idx ON ws_user.desk (hours);
ALTER TABLE ws_a.account ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON ws_a.account FOR SELECT TO smk_ws_other USING (name = smarketing.workspace_version());
SELECT smarketing.removal_report('ws_a');
SELECT count(*) FILTER (WHERE r LIKE '%ws_user%') AS users, count(*) FILTER (WHERE r LIKE '%ws_a%') AS of_another
FROM smarketing.removal_report('123') AS r;
DROP SCHEMA ws_user CASCADE;

DROP SCHEMA ws_a, ws_empty, ws_foreign, ws_full, "Ção ""ü""; DROP TABLE lead --", "123",
    wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww CASCADE;
DROP OWNED BY smk_ws_owner, smk_ws_other;
DROP ROLE smk_ws_owner, smk_ws_other;
