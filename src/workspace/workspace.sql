/*
 * Workspace: create, repair and upgrade one, list them, and say what a
 * DROP EXTENSION ... CASCADE would take with it.
 *
 * The list of features stands here and nowhere else.
 */

-- the functions are for everyone: each admin function checks who calls it
GRANT USAGE ON SCHEMA smarketing TO PUBLIC;

-- The version of the tables that this extension creates.
CREATE FUNCTION workspace_version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '0.1'::text;
COMMENT ON FUNCTION workspace_version() IS
'The schema_version that this extension creates and brings workspaces up to.';

/*
 * What each feature brings to a workspace, in the order in which it has to
 * run.  tables and template run once; triggers, views and comments may run
 * again at any time (repair); checks are verify's, erasure is erase_lead's.
 */
CREATE FUNCTION workspace_parts(kind text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(p.function_name ORDER BY p.ordinal), '{}')
    FROM (VALUES
        (11, 'tables', 'workspace_plumbing_tables'),
        (12, 'tables', 'workspace_lifecycle_tables'),
        (13, 'tables', 'workspace_handoff_tables'),
        (14, 'tables', 'workspace_sla_tables'),
        (15, 'tables', 'workspace_scoring_tables'),
        (16, 'tables', 'workspace_attribution_tables'),
        (17, 'tables', 'workspace_label_tables'),
        (18, 'tables', 'workspace_goal_tables'),
        (19, 'tables', 'workspace_review_tables'),
        (21, 'template', 'workspace_template'),
        (22, 'template', 'workspace_sla_template'),
        (23, 'template', 'workspace_scoring_template'),
        (24, 'template', 'workspace_attribution_template'),
        (27, 'template', 'workspace_label_template'),
        (28, 'template', 'workspace_goal_template'),
        (29, 'template', 'workspace_report_template'),
        (31, 'triggers', 'workspace_plumbing_triggers'),
        (32, 'triggers', 'workspace_lifecycle_triggers'),
        (33, 'triggers', 'workspace_handoff_triggers'),
        (34, 'triggers', 'workspace_sla_triggers'),
        (38, 'triggers', 'workspace_goal_triggers'),
        (39, 'triggers', 'workspace_review_triggers'),
        (41, 'views', 'workspace_label_views'),
        (42, 'views', 'workspace_lifecycle_views'),
        (43, 'views', 'workspace_handoff_views'),
        (44, 'views', 'workspace_sla_views'),
        (45, 'views', 'workspace_funnel_views'),
        (46, 'views', 'workspace_attribution_views'),
        (48, 'views', 'workspace_goal_views'),
        (49, 'views', 'workspace_review_views'),
        (51, 'comments', 'workspace_plumbing_comments'),
        (52, 'comments', 'workspace_lifecycle_comments'),
        (53, 'comments', 'workspace_handoff_comments'),
        (54, 'comments', 'workspace_sla_comments'),
        (55, 'comments', 'workspace_scoring_comments'),
        (56, 'comments', 'workspace_attribution_comments'),
        (57, 'comments', 'workspace_label_comments'),
        (58, 'comments', 'workspace_goal_comments'),
        (59, 'comments', 'workspace_review_comments'),
        (61, 'checks', 'workspace_plumbing_checks'),
        (62, 'checks', 'workspace_lifecycle_checks'),
        (63, 'checks', 'workspace_handoff_checks'),
        (64, 'checks', 'workspace_sla_checks'),
        (65, 'checks', 'workspace_scoring_checks'),
        (68, 'checks', 'workspace_goal_checks'),
        (69, 'checks', 'workspace_review_checks'),
        (71, 'erasure', 'workspace_plumbing_erasure'),
        (72, 'erasure', 'workspace_lifecycle_erasure'),
        (74, 'erasure', 'workspace_sla_erasure'),
        (79, 'erasure', 'workspace_review_erasure')
    ) AS p (ordinal, part, function_name)
    WHERE p.part = workspace_parts.kind;
END;
COMMENT ON FUNCTION workspace_parts(text) IS
'Names of the functions that make up one kind of part (tables, template, triggers, views, comments, checks, erasure) of a workspace, in order; empty for an unknown kind.';

CREATE FUNCTION workspace_table_names() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[
    'setting', 'config_change', 'event', 'event_consumer', 'event_delivery',
    'stage', 'transition', 'reason', 'team', 'member', 'absence', 'persona', 'campaign', 'campaign_cost',
    'account', 'lead', 'stage_change', 'activity_kind', 'activity', 'deal', 'deal_contact', 'exchange_rate',
    'handoff', 'routing_rule', 'routing_turn',
    'scoring_category', 'scoring_rule', 'score_band',
    'calendar', 'calendar_version', 'agreement', 'commitment', 'sla_clock', 'tick_run', 'feedback',
    'label', 'metric', 'goal', 'review', 'review_attendance', 'review_decision', 'action_item'
]::text[];
COMMENT ON FUNCTION workspace_table_names() IS
'The tables that the features create in a workspace.';

CREATE FUNCTION workspace_view_names() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[
    'setting_values', 'department_calendar', 'deal_value', 'lead_fact', 'lead_board', 'lead_timeline', 'violations',
    'handoff_board', 'handoff_feedback',
    'sla_board', 'sla_answer', 'sla_scorecard', 'commitment_progress', 'agreement_status', 'agreement_drift', 'speed_to_lead',
    'stage_line', 'stage_entry', 'stage_stay', 'funnel', 'funnel_chart', 'funnel_cohort', 'funnel_by', 'stage_velocity',
    'recycle_outcome', 'persona_coverage', 'work_queue',
    'deal_fact', 'deal_person', 'deal_touch', 'pipeline', 'pipeline_by_campaign', 'pipeline_velocity', 'sales_cycle',
    'campaign_results', 'campaign_without_goal',
    'attribution_journey', 'attribution_touch', 'attribution_period', 'attribution_channel',
    'metric_figure', 'metric_value', 'goal_progress',
    'action_board', 'decision_board', 'feedback_board', 'review_cadence', 'review_line', 'weekly_review'
]::text[];
COMMENT ON FUNCTION workspace_view_names() IS
'The views that the features create in a workspace.';

/*
 * Run the parts of one kind with the workspace first and pg_temp last in
 * search_path.  The SET clause gives the caller his own path back, also after
 * an error.  A template takes the language, erasure the lead's id.
 */
CREATE FUNCTION workspace_run(workspace text, kind text, VARIADIC arguments text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    part text;
    list text := (SELECT coalesce(string_agg(quote_literal(a), ', '), '') FROM unnest(arguments) AS a);
    messages CONSTANT text := current_setting('client_min_messages');
BEGIN
    PERFORM set_config('search_path', format('%I, pg_temp', workspace), true);
    -- what DROP ... IF EXISTS has to say is nobody's business
    IF messages NOT IN ('warning', 'error') THEN
        PERFORM set_config('client_min_messages', 'warning', true);
    END IF;
    FOREACH part IN ARRAY smarketing.workspace_parts(kind) LOOP
        EXECUTE format('SELECT smarketing.%I(%s)', part, list);
    END LOOP;
    PERFORM set_config('client_min_messages', messages, true);
END
$body$;
COMMENT ON FUNCTION workspace_run(text, text, text[]) IS
'Runs the parts of one kind in a workspace, with search_path set to it. Internal.';

/* The tables by which a schema is known to be a workspace. */
CREATE FUNCTION workspaces(OUT workspace text, OUT owner text) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT n.nspname::text, pg_catalog.pg_get_userbyid(l.relowner)::text
    FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_class AS l ON l.relnamespace = n.oid AND l.relname = 'lead' AND l.relkind IN ('r', 'p')
    WHERE (SELECT count(*)
           FROM pg_catalog.pg_class AS c
           WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
             AND c.relname IN ('setting', 'stage', 'transition', 'stage_change', 'activity', 'handoff')) = 6
      AND EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = l.oid AND a.attname = 'score_generation' AND NOT a.attisdropped)
    ORDER BY n.nspname COLLATE "C";
END;
COMMENT ON FUNCTION workspaces() IS
'The workspaces of this database, derived from the catalogs (there is no registry): name of the schema, unquoted, and the owner of its lead table. Lists also those that the caller may not read.';

CREATE FUNCTION workspace_check(workspace text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF workspace IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'the workspace may not be null';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = workspace) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name', SCHEMA = workspace,
            MESSAGE = format('schema "%s" does not exist', workspace),
            HINT = 'The name of a workspace is written as in pg_namespace: unquoted, in its own case.';
    END IF;
    IF NOT EXISTS (SELECT FROM smarketing.workspaces() AS w WHERE w.workspace = workspace_check.workspace) THEN
        RAISE EXCEPTION USING ERRCODE = 'SM010', SCHEMA = workspace,
            MESSAGE = format('schema "%s" is not a workspace', workspace),
            HINT = 'SELECT * FROM smarketing.workspaces() lists the workspaces; smarketing.create_workspace() creates one.';
    END IF;
END
$body$;
COMMENT ON FUNCTION workspace_check(text) IS
'Raises 3F000 if there is no such schema, SM010 if it is no workspace. Internal.';

/*
 * First thing that each admin function does.  The tables' owner, a member of
 * the owner's role, or a superuser passes.
 */
CREATE FUNCTION workspace_check_owner(workspace text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    foreign_table pg_class;
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    SELECT c.* INTO foreign_table
    FROM pg_class AS c
    WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = workspace)
      AND c.relkind IN ('r', 'p') AND c.relname = ANY (smarketing.workspace_table_names())
      AND NOT pg_has_role(c.relowner, 'USAGE')
    ORDER BY c.relname <> 'lead', c.relname COLLATE "C" LIMIT 1;
    IF foreign_table.oid IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', SCHEMA = workspace, TABLE = foreign_table.relname,
            MESSAGE = format('must be owner of workspace "%s"', workspace),
            HINT = format('Its table "%s" belongs to "%s".', foreign_table.relname, pg_get_userbyid(foreign_table.relowner));
    END IF;
END
$body$;
COMMENT ON FUNCTION workspace_check_owner(text) IS
'Raises 3F000 if there is no such schema, SM010 if it is no workspace, 42501 if the caller does not own its tables. Internal.';

CREATE FUNCTION workspace_check_name(name text, language text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF name IS NULL OR language IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'name and language of a workspace may not be null';
    END IF;
    IF name = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'the name of a workspace may not be empty';
    END IF;
    IF octet_length(name) > 63 THEN
        RAISE EXCEPTION USING ERRCODE = 'name_too_long',
            MESSAGE = format('name of workspace "%s" is too long', name),
            DETAIL = format('It takes %s bytes; a schema''s name may take 63.', octet_length(name));
    END IF;
    IF name ~ '^pg_' OR name IN ('smarketing', 'information_schema', '$user') THEN
        RAISE EXCEPTION USING ERRCODE = 'reserved_name',
            MESSAGE = format('"%s" cannot be the name of a workspace', name),
            DETAIL = 'PostgreSQL keeps "information_schema", "$user" and names that begin with "pg_" for itself; "smarketing" is the extension''s own schema.';
    END IF;
    IF language NOT IN ('en', 'pt', 'es', 'it') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('there is no template in language "%s"', language),
            HINT = 'Languages are en, pt, es and it.';
    END IF;
END
$body$;
COMMENT ON FUNCTION workspace_check_name(text, text) IS
'Raises an error if a workspace may not have this name, or there is no template in this language. Internal.';

CREATE FUNCTION create_workspace(name text, language text DEFAULT 'en') RETURNS regnamespace
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
#variable_conflict use_column
DECLARE
    workspace CONSTANT text := create_workspace.name;
    existing pg_namespace;
BEGIN
    PERFORM smarketing.workspace_check_name(workspace, create_workspace.language);
    SELECT n.* INTO existing FROM pg_namespace AS n WHERE n.nspname = workspace;
    IF existing.oid IS NULL THEN
        EXECUTE format('CREATE SCHEMA %I', workspace);
    ELSIF EXISTS (SELECT FROM smarketing.workspaces() AS w WHERE w.workspace = existing.nspname) THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_schema', SCHEMA = workspace,
            MESSAGE = format('workspace "%s" already exists', workspace),
            HINT = 'smarketing.repair_workspace() puts its triggers, views and comments back.';
    ELSIF NOT pg_has_role(existing.nspowner, 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', SCHEMA = workspace,
            MESSAGE = format('must be owner of schema "%s"', workspace);
    ELSIF EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = existing.oid
                    AND d.classid <> 'pg_default_acl'::regclass) THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_schema', SCHEMA = workspace,
            MESSAGE = format('schema "%s" already exists and is not empty', workspace),
            HINT = 'A workspace has a schema of its own: choose another name.';
    END IF;
    PERFORM smarketing.workspace_run(workspace, 'tables');
    PERFORM smarketing.workspace_run(workspace, 'template', create_workspace.language);
    PERFORM smarketing.workspace_run(workspace, 'triggers');
    PERFORM smarketing.workspace_run(workspace, 'views');
    PERFORM smarketing.workspace_run(workspace, 'comments');
    RETURN quote_ident(workspace)::regnamespace;
END
$body$;
COMMENT ON FUNCTION create_workspace(text, text) IS
'Creates a workspace: a schema of this name with tables, triggers and views that the caller owns, filled with the standard template whose labels are in language (en, pt, es, it). An existing empty schema of the caller is used. The name is unquoted and keeps its case. Needs CREATE on the database. Errors: 42P06 the schema exists and is not empty; 42939 a reserved name; 22023 an empty name or unknown language; 42501.';

/* Runs the repeatable parts as the tables' owner, so that what a superuser repairs is still the owner's. */
CREATE FUNCTION repair_workspace(workspace text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    caller CONSTANT text := current_setting('role');
    table_owner text;
BEGIN
    PERFORM smarketing.workspace_check_owner(workspace);
    SELECT w.owner INTO table_owner FROM smarketing.workspaces() AS w WHERE w.workspace = repair_workspace.workspace;
    IF table_owner <> current_user THEN
        PERFORM set_config('role', table_owner, true);
    END IF;
    PERFORM smarketing.workspace_run(workspace, 'triggers');
    PERFORM smarketing.workspace_run(workspace, 'views');
    PERFORM smarketing.workspace_run(workspace, 'comments');
    IF current_setting('role') <> caller THEN
        PERFORM set_config('role', caller, true);
    END IF;
END
$body$;
COMMENT ON FUNCTION repair_workspace(text) IS
'Puts the triggers, views and comments of a workspace back as this version has them, after DROP EXTENSION ... CASCADE and CREATE EXTENSION, or after somebody dropped some. Changes no table and no row. Only the owner of the workspace''s tables (42501).';

CREATE FUNCTION workspace_schema_version(workspace text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    version text;
BEGIN
    EXECUTE format('SELECT s.value #>> ''{}'' FROM %I.setting AS s WHERE s.name = ''schema_version''', workspace)
        INTO version;
    RETURN version;
END
$body$;
COMMENT ON FUNCTION workspace_schema_version(text) IS
'setting(schema_version) of a workspace, null if the row is missing. Internal.';

CREATE FUNCTION upgrade_workspace(workspace text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    version text;
BEGIN
    PERFORM smarketing.workspace_check_owner(workspace);
    version := smarketing.workspace_schema_version(workspace);
    IF version IS DISTINCT FROM smarketing.workspace_version() THEN
        RAISE EXCEPTION USING ERRCODE = 'SM010', SCHEMA = workspace, TABLE = 'setting',
            MESSAGE = format('workspace "%s" is of version %s, which this extension does not know',
                             workspace, coalesce('"' || version || '"', 'null')),
            DETAIL = format('This extension knows version "%s".', smarketing.workspace_version()),
            HINT = 'Run ALTER EXTENSION smarketing UPDATE, or put the setting schema_version right.';
    END IF;
    PERFORM smarketing.repair_workspace(workspace);
END
$body$;
COMMENT ON FUNCTION upgrade_workspace(text) IS
'Brings a workspace up to this version of the extension and repairs it; one that is up to date is only repaired. Only the owner of the workspace''s tables (42501). SM010 if the workspace is of a version that this extension does not know.';
