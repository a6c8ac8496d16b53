/*
 * Verify: re-derive what is stored from the history and say what differs.
 * Each feature brings a function of plain SQL on the workspace's tables, which
 * search_path points at; STABLE, so that all of them see one snapshot.
 */

/* The tables of a workspace, with what is wrong with their children. */
CREATE FUNCTION workspace_check_children(workspace text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    child record;
BEGIN
    SELECT p.relname AS parent, c.oid::regclass::text AS name INTO child
    FROM pg_class AS p
    JOIN pg_inherits AS i ON i.inhparent = p.oid
    JOIN pg_class AS c ON c.oid = i.inhrelid AND NOT c.relispartition
    WHERE p.relnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = workspace)
      AND p.relname = ANY (smarketing.workspace_table_names())
    ORDER BY 1, 2 LIMIT 1;
    IF child.parent IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SM010', SCHEMA = workspace, TABLE = child.parent,
            MESSAGE = format('table "%s" of workspace "%s" has inheritance children', child.parent, workspace),
            DETAIL = format('No trigger sees the rows of %s.', child.name),
            HINT = format('ALTER TABLE %s NO INHERIT %I.%I.', child.name, workspace, child.parent);
    END IF;
END
$body$;
COMMENT ON FUNCTION workspace_check_children(text) IS
'Raises SM010 if a table of the workspace has inheritance children. Internal.';

CREATE FUNCTION verify(workspace text)
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    part text;
BEGIN
    PERFORM smarketing.workspace_check_owner(workspace);
    PERFORM smarketing.workspace_check_children(workspace);
    PERFORM set_config('search_path', format('%I, pg_temp', workspace), true);
    FOREACH part IN ARRAY smarketing.workspace_parts('checks') LOOP
        RETURN QUERY EXECUTE format('SELECT c.check_name, c.object, c.expected, c.found FROM smarketing.%I() AS c', part);
    END LOOP;
END
$body$;
COMMENT ON FUNCTION verify(text) IS
'Re-derives every stored fact of a workspace from its history, and lists what differs: which check, on which object, what it expected and what it found. No row: all is well. Reads whole tables. Only the owner of the workspace''s tables (42501); SM010 if one of them has inheritance children.';

/*
 * Conditions of rules whose columns have been renamed or dropped since they
 * were written: such a rule is no match.
 */
CREATE FUNCTION workspace_broken_conditions()
RETURNS TABLE (object text, condition jsonpath, problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.object, r.condition, smarketing.condition_problem(r.rows, r.condition)
    FROM (SELECT format('transition %s', t.id) AS object, c.condition, 'lead'::regclass AS rows
          FROM transition AS t
          CROSS JOIN LATERAL (VALUES (t.condition), (t.automatic_when)) AS c (condition)
          UNION ALL
          SELECT format('persona %s', p.name), p.condition, 'lead' FROM persona AS p
          UNION ALL
          SELECT format('scoring_rule %s', g.name), g.condition,
                 CASE WHEN g.activity_kind IS NULL THEN 'lead' ELSE 'activity' END::regclass
          FROM scoring_rule AS g WHERE g.active
          UNION ALL
          SELECT format('routing_rule %s', u.id), u.condition, 'lead' FROM routing_rule AS u
          UNION ALL
          SELECT format('commitment %s', m.id), m.condition, 'lead' FROM commitment AS m) AS r
    WHERE smarketing.condition_problem(r.rows, r.condition) IS NOT NULL
    ORDER BY r.object COLLATE "C";
END
$body$;
COMMENT ON FUNCTION workspace_broken_conditions() IS
'Rules of the workspace that search_path points at whose condition can no longer be evaluated, and why. Internal.';

/*
 * The triggers that the features make; their firing modes as in
 * pg_trigger.tgenabled.  Statement triggers of a partitioned table are needed
 * on each partition.
 */
CREATE FUNCTION expected_triggers()
RETURNS TABLE (table_name text, trigger_name text, enabled text[], in_partitions boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 80
BEGIN ATOMIC
    SELECT c.name, 'smarketing_config_' || t.name, t.enabled, false
    FROM unnest(workspace_config_tables()) AS c (name)
    CROSS JOIN (VALUES ('guard', ARRAY['O', 'A']), ('changed', ARRAY['A']), ('audit', ARRAY['O', 'A']),
                       ('truncated', ARRAY['O', 'A'])) AS t (name, enabled)
    UNION ALL
    SELECT c.name, 'smarketing_config_checked', ARRAY['O', 'A'], false
    FROM unnest(ARRAY['setting', 'stage', 'transition', 'reason', 'activity_kind', 'score_band']) AS c (name)
    UNION ALL
    SELECT t.table_name, 'smarketing_' || t.name, ARRAY['O', 'A'], t.in_partitions
    FROM (VALUES
        ('config_change', 'append_only', true),
        ('event', 'record_insert', true),
        ('lead', 'begin', false),
        ('lead', 'guard', false),
        ('lead', 'record_insert', false),
        ('lead', 'record_update', false),
        ('lead', 'record_delete', false),
        ('lead', 'record_truncate', false),
        ('stage_change', 'append_only', false),
        ('activity', 'guard', true),
        ('activity', 'begin', true),
        ('activity', 'record_insert', true),
        ('activity', 'record_update', true),
        ('activity', 'record_delete', true),
        ('activity', 'record_truncate', false),
        ('deal', 'begin', false),
        ('deal', 'guard', false),
        ('deal', 'record_insert', false),
        ('deal', 'record_update', false),
        ('deal', 'record_delete', false),
        ('deal', 'record_truncate', false),
        ('handoff', 'append_only', false),
        ('handoff', 'begin', false),
        ('handoff', 'guard', false),
        ('handoff', 'append_only', false),
        ('handoff', 'record_update', false),
        ('calendar', 'versioned', false),
        ('calendar_version', 'append_only', false),
        ('agreement', 'guard', false),
        ('commitment', 'guard', false),
        ('feedback', 'record_insert', false),
        ('goal', 'guard', false),
        ('feedback', 'append_only', false),
        ('feedback', 'guard', false),
        ('feedback', 'event_given', false),
        ('feedback', 'event_resolved', false),
        ('review', 'append_only', false),
        ('review', 'guard', false),
        ('review', 'event_opened', false),
        ('review', 'event_closed', false),
        ('review_attendance', 'append_only', false),
        ('review_attendance', 'guard', false),
        ('review_decision', 'append_only', false),
        ('review_decision', 'guard', false),
        ('action_item', 'append_only', false),
        ('action_item', 'guard', false),
        ('action_item', 'event_opened', false),
        ('action_item', 'event_done', false)) AS t (table_name, name, in_partitions);
END;
COMMENT ON FUNCTION expected_triggers() IS
'The triggers that a complete workspace has: table, name, the values that pg_trigger.tgenabled may have, and whether each partition of the table needs it too.';

CREATE FUNCTION workspace_missing_triggers(workspace text)
RETURNS TABLE (table_name text, trigger_name text, problem text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
    SELECT coalesce(r.relname::text, e.table_name), e.trigger_name, CASE WHEN t.oid IS NULL THEN 'missing' ELSE 'disabled' END
    FROM expected_triggers() AS e
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = workspace_missing_triggers.workspace
    LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = e.table_name
    LEFT JOIN LATERAL (SELECT w.relid FROM workspace_table_tree(c.oid) AS w (relid)
                       WHERE e.in_partitions OR w.relid = c.oid) AS p ON true
    LEFT JOIN pg_catalog.pg_class AS r ON r.oid = p.relid
    LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid AND t.tgname = e.trigger_name
    WHERE t.oid IS NULL OR t.tgenabled::text <> ALL (e.enabled)
    ORDER BY 1, e.trigger_name COLLATE "C";
END;
COMMENT ON FUNCTION workspace_missing_triggers(text) IS
'Triggers that the features make in a workspace and that are missing there, or on a partition, or are disabled. Internal.';

CREATE FUNCTION workspace_plumbing_checks()
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'trigger', format('%I on %I', m.trigger_name, m.table_name), 'enabled', m.problem
    FROM smarketing.workspace_missing_triggers(pg_catalog.current_schema()::text) AS m;

    RETURN QUERY
    SELECT 'table', 'lead', 'an ordinary table', 'a partitioned table'
    FROM pg_class AS c
    WHERE c.oid = 'lead'::regclass AND c.relkind = 'p';

    RETURN QUERY
    SELECT 'condition', b.object, 'can be evaluated', b.problem
    FROM smarketing.workspace_broken_conditions() AS b;
END
$body$;
COMMENT ON FUNCTION workspace_plumbing_checks() IS
'verify''s checks of triggers, tables and conditions. Internal.';
