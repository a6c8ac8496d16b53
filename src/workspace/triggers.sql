/*
 * Workspace: the triggers on configuration, history and outbox.
 */
CREATE FUNCTION statement_begins() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_statement_begins';
COMMENT ON FUNCTION statement_begins() IS
'Trigger, BEFORE STATEMENT: pins one generation of the workspace''s rules, so that one statement is judged by one set of them.';

CREATE FUNCTION config_guard() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_config_guard';
COMMENT ON FUNCTION config_guard() IS
'Trigger, BEFORE ROW on configuration tables: refuses a rule that cannot work (SM007).';

CREATE FUNCTION config_checked() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_config_checked';
COMMENT ON FUNCTION config_checked() IS
'Trigger, deferred to commit: refuses a configuration that does not hold together, such as a stage that nothing leads to (SM007).';

CREATE FUNCTION config_changed() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_config_changed';
COMMENT ON FUNCTION config_changed() IS
'Trigger, AFTER ROW, enabled always: makes every session load the workspace''s rules anew.';

CREATE FUNCTION config_truncated() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_config_truncated';
COMMENT ON FUNCTION config_truncated() IS
'Trigger, BEFORE TRUNCATE on configuration tables: refuses it (SM007), since no change may go unrecorded.';

CREATE FUNCTION config_audit() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_config_audit';
COMMENT ON FUNCTION config_audit() IS
'Trigger, AFTER ROW on configuration tables: writes the change to config_change.';

CREATE FUNCTION append_only() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_append_only';
COMMENT ON FUNCTION append_only() IS
'Trigger, BEFORE UPDATE, DELETE or TRUNCATE of history: refuses it (SM005), to the owner too.';

CREATE FUNCTION partition_guard() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_partition_guard';
COMMENT ON FUNCTION partition_guard() IS
'Trigger, BEFORE INSERT on event and config_change where they are partitioned: refuses rows of a partition that lacks the trigger named in the argument (SM010).';

CREATE FUNCTION event_recorder() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_event_recorder';
COMMENT ON FUNCTION event_recorder() IS
'Trigger, AFTER INSERT STATEMENT on event: one row of event_delivery for each consumer that wants the event.';

CREATE FUNCTION erase_history(workspace text, lead_id bigint, lead_columns text[]) RETURNS void
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'smk_erase_history';
COMMENT ON FUNCTION erase_history(text, bigint, text[]) IS
'Nulls the columns named of a lead, as they are: no rule is judged by the emptied row; and the free text about it in stage_change and handoff. Part of erase_lead(), which calls it; for the workspace''s owner only (42501).';

/* The tables whose rows are rules: checked, announced and audited. */
CREATE FUNCTION workspace_config_tables() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['setting', 'stage', 'transition', 'reason', 'team', 'member', 'absence', 'persona',
    'activity_kind', 'scoring_category', 'scoring_rule', 'score_band', 'routing_rule', 'campaign', 'event_consumer', 'calendar', 'agreement', 'commitment', 'label',
    'metric', 'goal'];
COMMENT ON FUNCTION workspace_config_tables() IS
'The workspace tables that hold configuration: each change of them is checked, announced to every session and kept in config_change.';

/* A table and, where it is partitioned, its partitions. */
CREATE FUNCTION workspace_table_tree(root regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT root UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(root) AS t;
END;
COMMENT ON FUNCTION workspace_table_tree(regclass) IS
'A table and all its partitions, if it has any.';

CREATE FUNCTION workspace_plumbing_triggers() RETURNS void
LANGUAGE plpgsql SET client_min_messages = warning AS $body$
DECLARE
    config text;
    needed text;
    part regclass;
BEGIN
    FOREACH config IN ARRAY smarketing.workspace_config_tables() LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_config_guard
            BEFORE INSERT OR UPDATE OR DELETE ON %I
            FOR EACH ROW EXECUTE FUNCTION smarketing.config_guard()', config);
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_config_changed
            AFTER INSERT OR UPDATE OR DELETE ON %I
            FOR EACH ROW EXECUTE FUNCTION smarketing.config_changed()', config);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER smarketing_config_changed', config);
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_config_audit
            AFTER INSERT OR UPDATE OR DELETE ON %I
            FOR EACH ROW EXECUTE FUNCTION smarketing.config_audit()', config);
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_config_truncated
            BEFORE TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.config_truncated()', config);
    END LOOP;

    FOREACH config IN ARRAY ARRAY['setting', 'stage', 'transition', 'reason', 'activity_kind', 'score_band'] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS smarketing_config_checked ON %I', config);
        EXECUTE format('CREATE CONSTRAINT TRIGGER smarketing_config_checked
            AFTER INSERT OR UPDATE OR DELETE ON %I DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION smarketing.config_checked()', config);
    END LOOP;

    FOR part IN SELECT smarketing.workspace_table_tree('config_change') LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_append_only
            BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.append_only()', part);
    END LOOP;

    FOR part IN SELECT smarketing.workspace_table_tree('event') LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_record_insert
            AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.event_recorder()', part);
    END LOOP;

    -- a partitioned table gives its row triggers to each new partition, statement triggers it does not
    FOR config, needed IN
        SELECT t.name, t.needed
        FROM (VALUES ('event', 'smarketing_record_insert'), ('config_change', 'smarketing_append_only')) AS t (name, needed)
        WHERE (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = t.name::regclass) = 'p'
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_partition_guard BEFORE INSERT ON %I
            FOR EACH ROW EXECUTE FUNCTION smarketing.partition_guard(%L)', config, needed);
    END LOOP;
END
$body$;
COMMENT ON FUNCTION workspace_plumbing_triggers() IS
'Creates or replaces the triggers of configuration, history and outbox in the workspace that search_path points at. Internal.';
