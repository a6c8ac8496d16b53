/*
 * verify's checks of the lifecycle.  What a lead's row says of itself is
 * derived again from stage_change; each move is judged again by the rules,
 * unless they have been changed since it was recorded.
 */
CREATE FUNCTION workspace_lifecycle_checks()
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
DECLARE
    -- moves recorded later were made under the stages, transitions, personas of today
    stages_since timestamptz;
    transitions_since timestamptz;
    personas_since timestamptz;
BEGIN
    SELECT coalesce(max(g.at) FILTER (WHERE g.table_name = 'stage' AND g.old IS NOT NULL
                                      AND (g.old -> 'department', g.old -> 'kind')
                                          IS DISTINCT FROM (g.new -> 'department', g.new -> 'kind')), '-infinity'),
           coalesce(max(g.at) FILTER (WHERE g.table_name = 'transition'), '-infinity'),
           coalesce(max(g.at) FILTER (WHERE g.table_name = 'persona'), '-infinity')
    INTO stages_since, transitions_since, personas_since
    FROM config_change AS g;

    -- the lead's row repeats its last move
    RETURN QUERY
    WITH last AS (
        SELECT DISTINCT ON (c.lead_id) c.lead_id, c.to_stage, c.at, c.cycle, c.automatic
        FROM stage_change AS c
        ORDER BY c.lead_id DESC, c.at DESC, c.id DESC
    )
    SELECT k.check_name, format('lead %s', l.id), k.expected, k.found
    FROM lead AS l
    LEFT JOIN last AS m ON m.lead_id = l.id
    CROSS JOIN LATERAL (VALUES
        ('stage', coalesce(m.to_stage, '(a history)'), l.stage),
        ('stage_since', m.at::text, l.stage_since::text),
        ('cycle', m.cycle::text, l.cycle::text),
        ('stage_automatic', m.automatic::text, l.stage_automatic::text)) AS k (check_name, expected, found)
    WHERE (m.to_stage, m.at, m.cycle, m.automatic) IS DISTINCT FROM (l.stage, l.stage_since, l.cycle, l.stage_automatic)
      AND (k.check_name = 'stage' OR m.lead_id IS NOT NULL)
      AND k.expected IS DISTINCT FROM k.found
    ORDER BY l.id;

    /*
     * Each move starts where the one before it ended, and the cycle rises when
     * it should.  A move with from_stage null begins a life: the id of a
     * deleted lead may have been used again.
     */
    RETURN QUERY
    WITH lived AS (
        SELECT c.id, c.lead_id, count(*) FILTER (WHERE c.from_stage IS NULL) OVER (PARTITION BY c.lead_id ORDER BY c.at, c.id) AS life,
               c.cycle, c.from_stage, c.to_stage, c.at, c.recorded_at
        FROM stage_change AS c
    ), stood AS (
        SELECT v.*, f.department AS from_department, f.kind AS from_kind, s.kind AS to_kind,
               s.department = 'sales' AND s.kind IN ('inventory', 'handoff', 'success') AS sales_works,
               bool_or(s.department = 'sales' AND s.kind IN ('inventory', 'handoff', 'success')) OVER same_cycle AS worked,
               bool_or(s.kind = 'success') OVER history AS customer
        FROM lived AS v
        LEFT JOIN stage AS s ON s.name = v.to_stage
        LEFT JOIN stage AS f ON f.name = v.from_stage
        WINDOW history AS (PARTITION BY v.lead_id, v.life ORDER BY v.at, v.id),
               same_cycle AS (PARTITION BY v.lead_id, v.life, v.cycle ORDER BY v.at, v.id)
    ), before AS (
        SELECT t.*, lag(t.to_stage) OVER history AS previous_stage, lag(t.cycle) OVER history AS previous_cycle,
               coalesce(lag(t.worked) OVER history, false) AS worked_before,
               coalesce(lag(t.customer) OVER history, false) AS customer_before
        FROM stood AS t
        WINDOW history AS (PARTITION BY t.lead_id, t.life ORDER BY t.at, t.id)
    )
    SELECT k.check_name, format('stage_change %s of lead %s', b.id, b.lead_id), k.expected, k.found
    FROM before AS b
    CROSS JOIN LATERAL (VALUES
        ('history_chain', coalesce(b.previous_stage, '(entry)'), coalesce(b.from_stage, '(entry)')),
        ('history_cycle',
         (coalesce(b.previous_cycle, 1) + CASE
              WHEN b.previous_cycle IS NULL OR NOT b.sales_works THEN 0
              WHEN b.from_department = 'marketing' AND b.worked_before THEN 1
              WHEN b.to_kind = 'inventory' AND (b.from_kind = 'success' OR b.from_kind = 'exit' AND b.customer_before) THEN 1
              ELSE 0 END)::text,
         b.cycle::text)) AS k (check_name, expected, found)
    WHERE k.expected <> k.found
      AND (k.check_name = 'history_chain' OR b.recorded_at > stages_since)
    ORDER BY b.lead_id, b.at, b.id;

    -- what the lead's row sums up of its present life
    RETURN QUERY
    WITH lived AS (
        SELECT c.lead_id, count(*) FILTER (WHERE c.from_stage IS NULL) OVER (PARTITION BY c.lead_id ORDER BY c.at DESC, c.id DESC)
                          - (c.from_stage IS NULL)::int AS lives_after,
               c.cycle, c.at, c.recorded_at, s.kind = 'success' AS success,
               s.department = 'sales' AS of_sales,
               s.department = 'sales' AND s.kind IN ('inventory', 'handoff', 'success') AS sales_works
        FROM stage_change AS c
        LEFT JOIN stage AS s ON s.name = c.to_stage
    ), summed AS (
        SELECT v.lead_id, min(v.recorded_at) AS recorded_at, min(v.at) FILTER (WHERE v.success) AS customer_since,
               coalesce(max(v.cycle) FILTER (WHERE v.sales_works), CASE WHEN bool_or(v.of_sales) THEN -1 ELSE 0 END) AS sales_cycle
        FROM lived AS v
        WHERE v.lives_after = 0
        GROUP BY v.lead_id
    )
    SELECT k.check_name, format('lead %s', l.id), k.expected, k.found
    FROM summed AS m
    JOIN lead AS l ON l.id = m.lead_id
    CROSS JOIN LATERAL (VALUES
        ('customer_since', coalesce(m.customer_since::text, 'null'), coalesce(l.customer_since::text, 'null')),
        ('sales_cycle', m.sales_cycle::text, l.sales_cycle::text)) AS k (check_name, expected, found)
    WHERE (m.customer_since, m.sales_cycle) IS DISTINCT FROM (l.customer_since, l.sales_cycle)
      AND k.expected <> k.found AND m.recorded_at > stages_since
    ORDER BY l.id;

    -- a move without a violation was legal: its transition is there, or was
    RETURN QUERY
    SELECT 'transition', format('stage_change %s of lead %s', c.id, c.lead_id), 'a transition, or a violation',
           format('%s to %s', coalesce(c.from_stage, '(entry)'), c.to_stage)
    FROM stage_change AS c
    WHERE c.violation IS NULL
      AND NOT EXISTS (SELECT FROM transition AS t
                      WHERE t.to_stage = c.to_stage AND t.from_stage IS NOT DISTINCT FROM c.from_stage)
      AND NOT EXISTS (SELECT FROM config_change AS g
                      CROSS JOIN LATERAL (VALUES (g.old), (g.new)) AS r (row)
                      WHERE g.table_name = 'transition' AND r.row ->> 'to_stage' = c.to_stage
                        AND r.row ->> 'from_stage' IS NOT DISTINCT FROM c.from_stage)
    ORDER BY c.id;

    RETURN QUERY
    SELECT k.check_name, format('stage_change %s of lead %s', c.id, c.lead_id), k.expected, k.found
    FROM stage_change AS c
    JOIN transition AS t ON t.to_stage = c.to_stage AND t.from_stage IS NOT DISTINCT FROM c.from_stage
    CROSS JOIN LATERAL (VALUES
        ('reason', format('a reason of kind %s', t.reason_kind), 'none', t.reason_kind IS NOT NULL AND c.reason IS NULL),
        ('department', t.department, c.department, NOT c.automatic AND c.department NOT IN (t.department, 'operations')))
        AS k (check_name, expected, found, wrong)
    WHERE c.violation IS NULL AND NOT c.implied AND c.recorded_at > transitions_since AND k.wrong
    ORDER BY c.id;

    -- the first persona whose condition holds; leads not written since the personas were changed keep theirs
    RETURN QUERY
    SELECT 'persona', format('lead %s', l.id), coalesce(p.name, 'null'), coalesce(l.persona, 'null')
    FROM lead AS l
    LEFT JOIN LATERAL (SELECT q.name
                       FROM persona AS q
                       WHERE smarketing.condition_problem('lead'::regclass, q.condition) IS NULL
                         AND smarketing.matches(l, q.condition)
                       ORDER BY q.position, q.name COLLATE "C"
                       LIMIT 1) AS p ON true
    WHERE l.excluded IS NULL AND l.updated_at > personas_since AND p.name IS DISTINCT FROM l.persona
    ORDER BY l.id;

    RETURN QUERY
    SELECT 'is_customer', format('account %s', a.id), j.is_customer::text, a.is_customer::text
    FROM account AS a
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT
                                       FROM lead AS l
                                       JOIN stage AS s ON s.name = l.stage
                                       WHERE l.account_id = a.id AND l.customer_since IS NOT NULL AND s.kind <> 'exit') AS is_customer) AS j
    WHERE a.is_customer <> j.is_customer
    ORDER BY a.id;
END
$body$;
COMMENT ON FUNCTION workspace_lifecycle_checks() IS
'verify''s checks of leads, their history and their accounts. Internal.';
