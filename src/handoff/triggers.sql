/*
 * Handoff: a client decides by UPDATE, or by decide().
 */
CREATE FUNCTION handoff_guard() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_handoff_guard';
COMMENT ON FUNCTION handoff_guard() IS
'Trigger, BEFORE ROW on handoff: sets who decided and when, and keeps what a client may not change. A client''s INSERT is refused (SM006), a DELETE too (SM005).';

CREATE FUNCTION handoff_recorder() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_handoff_recorder';
COMMENT ON FUNCTION handoff_recorder() IS
'Trigger, AFTER UPDATE STATEMENT on handoff: judges decisions (SM004, SM006, SM009), moves the leads accordingly and offers rerouted ones again.';

CREATE FUNCTION workspace_handoff_triggers() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    CREATE OR REPLACE TRIGGER smarketing_begin BEFORE UPDATE ON handoff
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.statement_begins();
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE OR DELETE ON handoff
        FOR EACH ROW EXECUTE FUNCTION smarketing.handoff_guard();
    CREATE OR REPLACE TRIGGER smarketing_append_only BEFORE TRUNCATE ON handoff
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.append_only();
    CREATE OR REPLACE TRIGGER smarketing_record_update AFTER UPDATE ON handoff
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.handoff_recorder();
END
$body$;
COMMENT ON FUNCTION workspace_handoff_triggers() IS
'Creates or replaces the handoff''s triggers in the workspace that search_path points at. Internal.';
