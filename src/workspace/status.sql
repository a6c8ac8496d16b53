/*
 * Status: one row per workspace, for whoever watches over them.
 */

/* What has to be read from the workspace's own tables, which search_path points at. */
CREATE FUNCTION workspace_figures(OUT schema_version text, OUT transition_mode text, OUT live boolean, OUT broken_conditions text[],
                                  OUT leads bigint, OUT leads_without_owner bigint, OUT open_handoffs bigint,
                                  OUT oldest_handoff timestamptz, OUT unread_events bigint, OUT violations bigint,
                                  OUT last_tick timestamptz, OUT open_clocks bigint, OUT overdue_clocks bigint, OUT agreement_in_force text,
                                  OUT stale_scores bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    SELECT max(s.value #>> '{}') FILTER (WHERE s.name = 'schema_version'),
           max(s.value #>> '{}') FILTER (WHERE s.name = 'transition_mode'),
           bool_or(s.value = 'true') FILTER (WHERE s.name = 'live')
    INTO schema_version, transition_mode, live
    FROM setting AS s;
    stale_scores := smarketing.stale_scores(pg_catalog.current_schema()::text);
    broken_conditions := ARRAY(SELECT format('%s: %s', b.object, b.problem) FROM smarketing.workspace_broken_conditions() AS b);
    SELECT count(*), count(*) FILTER (WHERE l.owner IS NULL AND s.department = 'sales' AND s.kind IN ('inventory', 'handoff'))
    INTO leads, leads_without_owner
    FROM lead AS l
    LEFT JOIN stage AS s ON s.name = l.stage
    WHERE l.excluded IS NULL;
    SELECT count(*), min(h.offered_at) INTO open_handoffs, oldest_handoff FROM handoff AS h WHERE h.decision IS NULL;
    SELECT count(*) INTO unread_events FROM event_delivery AS d WHERE d.delivered_at IS NULL;
    SELECT count(*) INTO violations FROM stage_change AS c WHERE c.violation IS NOT NULL;
    SELECT max(t.last_at) INTO last_tick FROM tick_run AS t;
    SELECT count(*), count(*) FILTER (WHERE c.due_at < now()) INTO open_clocks, overdue_clocks
    FROM sla_clock AS c WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL;
    SELECT min(format('%s, version %s', a.name, a.version)) INTO agreement_in_force
    FROM agreement AS a
    WHERE a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL
      AND a.valid @> timezone(coalesce((SELECT s.value #>> '{}' FROM setting AS s WHERE s.name = 'timezone'), 'UTC'), now())::date;
END
$body$;
COMMENT ON FUNCTION workspace_figures() IS
'The part of workspace_status() that is read from the tables of the workspace that search_path points at. Internal.';

CREATE FUNCTION workspace_status()
RETURNS TABLE (workspace text, owner text, schema_version text, extension_version text, transition_mode text, live boolean,
               missing_triggers text[], broken_conditions text[], leads bigint, leads_without_owner bigint,
               open_handoffs bigint, oldest_handoff timestamptz, unread_events bigint, violations bigint, bytes bigint,
               last_tick timestamptz, tick_lag interval, open_clocks bigint, overdue_clocks bigint, agreement_in_force text, stale_scores bigint)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $body$
#variable_conflict use_column
DECLARE
    tables CONSTANT text[] := ARRAY['setting', 'stage', 'transition', 'persona', 'routing_rule', 'scoring_rule', 'lead', 'handoff',
                                    'event_delivery', 'stage_change', 'agreement', 'commitment', 'sla_clock', 'tick_run'];
    place record;
    figures record;
BEGIN
    FOR place IN
        SELECT w.workspace, w.owner, n.oid,
               (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c
                WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'm')) AS bytes,
               (SELECT count(*) FROM pg_class AS c
                WHERE c.relnamespace = n.oid AND c.relname = ANY (tables) AND c.relkind IN ('r', 'p')
                  AND has_table_privilege(c.oid, 'SELECT')) = cardinality(tables) AS readable
        FROM smarketing.workspaces() AS w
        JOIN pg_namespace AS n ON n.nspname = w.workspace
        WHERE has_schema_privilege(n.oid, 'USAGE')
    LOOP
        workspace := place.workspace;
        owner := place.owner;
        extension_version := (SELECT e.extversion FROM pg_extension AS e WHERE e.extname = 'smarketing');
        missing_triggers := ARRAY(SELECT format('%s.%s: %s', m.table_name, m.trigger_name, m.problem)
                                  FROM smarketing.workspace_missing_triggers(place.workspace) AS m);
        bytes := place.bytes;
        figures := NULL;
        IF place.readable THEN
            PERFORM set_config('search_path', format('%I, pg_temp', place.workspace), true);
            SELECT f.* INTO figures FROM smarketing.workspace_figures() AS f;
            PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
            schema_version := figures.schema_version;
            transition_mode := figures.transition_mode;
            live := figures.live;
            broken_conditions := figures.broken_conditions;
            leads := figures.leads;
            leads_without_owner := figures.leads_without_owner;
            open_handoffs := figures.open_handoffs;
            oldest_handoff := figures.oldest_handoff;
            unread_events := figures.unread_events;
            violations := figures.violations;
            last_tick := figures.last_tick;
            tick_lag := now() - figures.last_tick;
            open_clocks := figures.open_clocks;
            overdue_clocks := figures.overdue_clocks;
            agreement_in_force := figures.agreement_in_force;
            stale_scores := figures.stale_scores;
        ELSE
            schema_version := NULL; transition_mode := NULL; live := NULL; broken_conditions := NULL;
            leads := NULL; leads_without_owner := NULL; open_handoffs := NULL; oldest_handoff := NULL;
            unread_events := NULL; violations := NULL; last_tick := NULL; tick_lag := NULL; open_clocks := NULL;
            overdue_clocks := NULL; agreement_in_force := NULL; stale_scores := NULL;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$body$;
COMMENT ON FUNCTION workspace_status() IS
'One row per workspace whose schema the caller may use. missing_triggers and broken_conditions are empty where all is well; repair_workspace() puts triggers back. leads counts those that are not excluded, leads_without_owner those of them that sales work, stale_scores those whose scores are still of rules that have been changed since (rescore() computes them anew). bytes is the size of all tables of the schema with their indexes. last_tick and tick_lag tell when tick() last ran (null: never), open_clocks and overdue_clocks what is owed and late, agreement_in_force which agreement binds both today (null: none). What is read from the tables is null where the caller may not read them.';
