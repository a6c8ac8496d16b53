/*
 * verify's checks of the handoff, against the moves of its lead.
 */
CREATE FUNCTION workspace_handoff_checks()
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
DECLARE
    stages_since timestamptz;
BEGIN
    SELECT coalesce(max(g.at), '-infinity') INTO stages_since
    FROM config_change AS g
    WHERE g.table_name = 'stage' AND g.old IS NOT NULL
      AND (g.old -> 'department', g.old -> 'kind') IS DISTINCT FROM (g.new -> 'department', g.new -> 'kind');

    -- a handoff by itself
    RETURN QUERY
    SELECT k.check_name, format('handoff %s of lead %s', h.id, h.lead_id), k.expected, k.found
    FROM handoff AS h
    CROSS JOIN LATERAL (VALUES
        ('handoff_decided_at', CASE WHEN h.decision IS NULL THEN 'null' ELSE format('not before %s', h.offered_at) END,
         coalesce(h.decided_at::text, 'null'),
         (h.decision IS NULL) <> (h.decided_at IS NULL) OR h.decided_at < h.offered_at),
        ('handoff_reason', 'a reason', 'null', h.decision IN ('rejected', 'rerouted', 'merged') AND h.reason IS NULL
         AND NOT EXISTS (SELECT FROM stage_change AS c
                         WHERE c.lead_id = h.lead_id AND c.cycle = h.cycle AND c.violation IS NOT NULL)))
        AS k (check_name, expected, found, wrong)
    WHERE k.wrong
    ORDER BY h.id;

    -- an open one: its lead is there, counts, and stands where it was offered
    RETURN QUERY
    SELECT 'handoff_open', format('handoff %s of lead %s', h.id, h.lead_id),
           CASE h.direction WHEN 'to_sales' THEN format('the lead in %s', h.to_stage) ELSE 'the lead with marketing' END,
           CASE WHEN l.id IS NULL THEN 'no lead' WHEN l.excluded IS NOT NULL THEN 'an excluded lead'
                ELSE format('the lead in %s, cycle %s', l.stage, l.cycle) END
    FROM handoff AS h
    LEFT JOIN lead AS l ON l.id = h.lead_id
    LEFT JOIN stage AS s ON s.name = l.stage
    WHERE h.decision IS NULL AND h.offered_at > stages_since
      AND (l.id IS NULL OR l.excluded IS NOT NULL OR l.cycle <> h.cycle
           OR CASE h.direction WHEN 'to_sales' THEN l.stage <> h.to_stage ELSE s.department <> 'marketing' END)
    ORDER BY h.id;

    /*
     * A lead that came from marketing into a handoff stage has been offered.
     * One that was excluded then, or imported, has not; that it counted is
     * known from the event of the move.
     */
    RETURN QUERY
    WITH waiting AS MATERIALIZED (
        SELECT l.id, l.stage
        FROM lead AS l
        JOIN stage AS s ON s.name = l.stage AND s.kind = 'handoff'
        WHERE l.excluded IS NULL
          AND NOT EXISTS (SELECT FROM handoff AS h
                          WHERE h.lead_id = l.id AND h.direction = 'to_sales' AND h.offered_at >= l.stage_since)
    ), entered AS MATERIALIZED (
        SELECT w.id, w.stage, m.at
        FROM waiting AS w
        CROSS JOIN LATERAL (SELECT c.* FROM stage_change AS c WHERE c.lead_id = w.id ORDER BY c.at DESC, c.id DESC LIMIT 1) AS m
        LEFT JOIN stage AS f ON f.name = m.from_stage
        WHERE m.to_stage = w.stage AND m.import_batch IS NULL AND f.department IS DISTINCT FROM 'sales'
          AND m.recorded_at > stages_since
    )
    SELECT 'handoff_missing', format('lead %s', n.id), format('a handoff to sales, offered %s', n.at), 'none'
    FROM entered AS n
    WHERE EXISTS (SELECT FROM event AS e
                  WHERE e.lead_id = n.id AND e.kind = 'stage_changed' AND e.at = n.at AND e.payload ->> 'to' = n.stage)
    ORDER BY n.id;

    -- a decided one: the lead's next move out of the stage says the same, at the same time (an import has its own)
    RETURN QUERY
    SELECT 'handoff_decision', format('handoff %s of lead %s', h.id, h.lead_id), h.decision,
           CASE WHEN n.id IS NULL THEN format('lead never left %s', h.to_stage)
                ELSE format('moved to %s at %s, decided at %s', n.to_stage, n.at, h.decided_at) END
    FROM handoff AS h
    LEFT JOIN LATERAL (
        SELECT c.id, c.to_stage, c.at, c.import_batch, s.department = 'sales' AND s.kind IN ('inventory', 'handoff', 'success') AS sales_works
        FROM stage_change AS c
        LEFT JOIN stage AS s ON s.name = c.to_stage
        WHERE c.lead_id = h.lead_id AND c.cycle = h.cycle AND c.from_stage = h.to_stage
          AND c.at >= (SELECT max(x.at) FROM stage_change AS x
                       WHERE x.lead_id = h.lead_id AND x.cycle = h.cycle AND x.to_stage = h.to_stage AND x.at <= h.offered_at)
        ORDER BY c.at, c.id
        LIMIT 1) AS n ON true
    WHERE h.direction = 'to_sales' AND h.decision IN ('accepted', 'auto_accepted', 'rejected', 'merged')
      AND h.decided_at > stages_since
      AND (n.id IS NULL OR n.sales_works <> (h.decision IN ('accepted', 'auto_accepted'))
           OR n.import_batch IS NULL AND h.decided_at <> greatest(n.at, h.offered_at))
    ORDER BY h.id;

    -- a rerouted one was offered to somebody else at once
    RETURN QUERY
    SELECT 'handoff_reroute', format('handoff %s of lead %s', h.id, h.lead_id), format('another one offered at %s', h.decided_at), 'none'
    FROM handoff AS h
    WHERE h.direction = 'to_sales' AND h.decision = 'rerouted'
      AND NOT EXISTS (SELECT FROM handoff AS o
                      WHERE o.lead_id = h.lead_id AND o.direction = 'to_sales' AND o.cycle = h.cycle
                        AND o.id <> h.id AND o.offered_at = h.decided_at)
    ORDER BY h.id;
END
$body$;
COMMENT ON FUNCTION workspace_handoff_checks() IS
'verify''s checks of handoffs against the moves of their leads. Internal.';
