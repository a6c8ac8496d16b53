/*
 * Lifecycle: the law.  Guards compute before a row is written, recorders judge
 * after the statement.
 */
CREATE FUNCTION lead_guard() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_lead_guard';
COMMENT ON FUNCTION lead_guard() IS
'Trigger, BEFORE ROW on lead: computes persona, scores and counters, protects its own columns and makes the automatic move that is due. Refuses no move.';

CREATE FUNCTION lead_recorder() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_lead_recorder';
COMMENT ON FUNCTION lead_recorder() IS
'Trigger, AFTER STATEMENT on lead: judges every row that was inserted or changed (SM001 to SM004, SM009, SM011) and records history, handoffs and events.';

CREATE FUNCTION lead_truncated() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_lead_truncated';
COMMENT ON FUNCTION lead_truncated() IS
'Trigger, AFTER TRUNCATE on lead: withdraws all open handoffs; the history stays.';

CREATE FUNCTION activity_guard() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_activity_guard';
COMMENT ON FUNCTION activity_guard() IS
'Trigger, BEFORE ROW on activity: sets recorded_at, the actor where the row names none, and the points that the activity gives. Refuses rows of a partition without triggers (SM010).';

CREATE FUNCTION activity_recorder() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_activity_recorder';
COMMENT ON FUNCTION activity_recorder() IS
'Trigger, AFTER STATEMENT on activity: adds the points to the leads or takes them away, and makes the moves that activities ask for; marketing''s touch accepts a lead given back. Unknown kind: 23503; a time in the future: SM011.';

CREATE FUNCTION activity_truncated() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_activity_truncated';
COMMENT ON FUNCTION activity_truncated() IS
'Trigger, AFTER TRUNCATE on activity: takes their points from all leads.';

CREATE FUNCTION deal_guard() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_deal_guard';
COMMENT ON FUNCTION deal_guard() IS
'Trigger, BEFORE ROW on deal: sets opened_at and closed_at where they are left out; a reopened deal has no closed_at.';

CREATE FUNCTION deal_recorder() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_deal_recorder';
COMMENT ON FUNCTION deal_recorder() IS
'Trigger, AFTER STATEMENT on deal: moves the leads to where their deals say, along legal moves, or refuses the statement (SM001 to SM004, SM011).';

/* With the leads, in one TRUNCATE, the deals may go: then there is nobody left to move. */
CREATE FUNCTION deal_truncated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    leads_remain boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.lead)', TG_TABLE_SCHEMA) INTO leads_remain;
    IF leads_remain THEN
        RAISE EXCEPTION 'deals cannot be truncated while there are leads' USING ERRCODE = 'feature_not_supported',
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
            DETAIL = 'A deal that goes moves its lead, and TRUNCATE does not say which ones go.',
            HINT = format('DELETE FROM %I.deal moves the leads.', TG_TABLE_SCHEMA);
    END IF;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION deal_truncated() IS
'Trigger, AFTER TRUNCATE on deal: refuses it (0A000) while there are leads, which it could not move.';

CREATE FUNCTION workspace_lifecycle_triggers() RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE
    part regclass;
BEGIN
    -- lead
    CREATE OR REPLACE TRIGGER smarketing_begin BEFORE INSERT OR UPDATE OR DELETE ON lead
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.statement_begins();
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE ON lead
        FOR EACH ROW EXECUTE FUNCTION smarketing.lead_guard();
    CREATE OR REPLACE TRIGGER smarketing_record_insert AFTER INSERT ON lead
        REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.lead_recorder();
    CREATE OR REPLACE TRIGGER smarketing_record_update AFTER UPDATE ON lead
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.lead_recorder();
    CREATE OR REPLACE TRIGGER smarketing_record_delete AFTER DELETE ON lead
        REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.lead_recorder();
    CREATE OR REPLACE TRIGGER smarketing_record_truncate AFTER TRUNCATE ON lead
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.lead_truncated();

    -- stage_change
    CREATE OR REPLACE TRIGGER smarketing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stage_change
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.append_only();

    -- activity; a partition needs statement triggers of its own
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE ON activity
        FOR EACH ROW EXECUTE FUNCTION smarketing.activity_guard();
    FOR part IN SELECT smarketing.workspace_table_tree('activity') LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_begin BEFORE INSERT OR UPDATE OR DELETE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.statement_begins()', part);
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_record_insert AFTER INSERT ON %s
            REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.activity_recorder()', part);
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_record_update AFTER UPDATE ON %s
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.activity_recorder()', part);
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_record_delete AFTER DELETE ON %s
            REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.activity_recorder()', part);
    END LOOP;
    CREATE OR REPLACE TRIGGER smarketing_record_truncate AFTER TRUNCATE ON activity
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.activity_truncated();

    -- deal
    CREATE OR REPLACE TRIGGER smarketing_begin BEFORE INSERT OR UPDATE OR DELETE ON deal
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.statement_begins();
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE ON deal
        FOR EACH ROW EXECUTE FUNCTION smarketing.deal_guard();
    CREATE OR REPLACE TRIGGER smarketing_record_insert AFTER INSERT ON deal
        REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.deal_recorder();
    CREATE OR REPLACE TRIGGER smarketing_record_update AFTER UPDATE ON deal
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.deal_recorder();
    CREATE OR REPLACE TRIGGER smarketing_record_delete AFTER DELETE ON deal
        REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.deal_recorder();
    CREATE OR REPLACE TRIGGER smarketing_record_truncate AFTER TRUNCATE ON deal
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.deal_truncated();
END
$body$;
COMMENT ON FUNCTION workspace_lifecycle_triggers() IS
'Creates or replaces the lifecycle''s triggers in the workspace that search_path points at. Internal.';
