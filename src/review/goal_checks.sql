/*
 * verify's checks of goals: what the guard has refused since, a restore or a
 * role that triggers do not fire for may have written.
 */
CREATE FUNCTION workspace_goal_checks()
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'goal_signature', format('goal %s', g.name), format('a signature of %s with a time', k.department),
           format('signed by %s at %s', coalesce(k.signer, 'nobody'), coalesce(k.at::text, 'no time'))
    FROM goal AS g
    CROSS JOIN LATERAL (VALUES ('marketing', g.marketing_signed_by, g.marketing_signed_at),
                               ('sales', g.sales_signed_by, g.sales_signed_at)) AS k (department, signer, at)
    WHERE (k.signer IS NULL) <> (k.at IS NULL)
    ORDER BY g.id, k.department;

    RETURN QUERY
    SELECT 'goal_warning', format('goal %s', g.name), 'a rationale', g.warning
    FROM goal AS g
    WHERE g.warning IS NOT NULL AND btrim(coalesce(g.rationale, '')) = ''
    ORDER BY g.id;

    RETURN QUERY
    SELECT 'goal_metric', format('goal %s', g.name), 'a metric that is computed', g.metric
    FROM goal AS g
    WHERE NOT EXISTS (SELECT FROM metric_figure AS f WHERE f.metric = g.metric)
    ORDER BY g.id;

    -- each goal leads up to one on revenue, and lies within the one above it
    RETURN QUERY
    WITH RECURSIVE reached AS (
        SELECT g.id FROM goal AS g WHERE g.parent IS NULL AND g.metric = 'revenue'
        UNION ALL
        SELECT g.id FROM reached AS r JOIN goal AS g ON g.parent = r.id
    )
    SELECT 'goal_parent', format('goal %s', g.name), 'a way up to a goal on revenue', coalesce('goal ' || p.name, 'no parent')
    FROM goal AS g
    LEFT JOIN goal AS p ON p.id = g.parent
    WHERE NOT EXISTS (SELECT FROM reached AS r WHERE r.id = g.id)
    ORDER BY g.id;

    RETURN QUERY
    SELECT 'goal_period', format('goal %s', g.name), format('within %s to %s', p.starts_on, p.ends_on), format('%s to %s', g.starts_on, g.ends_on)
    FROM goal AS g
    JOIN goal AS p ON p.id = g.parent
    WHERE g.starts_on < p.starts_on OR g.ends_on > p.ends_on
    ORDER BY g.id;
END
$body$;
COMMENT ON FUNCTION workspace_goal_checks() IS
'verify''s checks of goals. Internal.';
