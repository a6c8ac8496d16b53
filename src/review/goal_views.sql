/*
 * Goals: the metrics, computed.  Plain SQL: they outlive DROP EXTENSION.
 *
 * A metric is a figure of a day, amount, or a share of one, amount / base:
 * whatever the period, the sums are taken first and divided then.  The others
 * are medians of samples.  Each name is a constant of its own branch of a
 * UNION ALL, so that a reader of one metric runs nothing of the others; what
 * several share is a materialized CTE, read once by whoever asks for all.
 */
CREATE FUNCTION workspace_goal_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    /*
     * A conversion belongs to the day on which the lead reached the first of
     * its two stages, whenever it reaches the other one.
     */
    CREATE OR REPLACE VIEW metric_day WITH (security_invoker = true) AS
    WITH today AS MATERIALIZED (
        SELECT timezone(g.timezone, now())::date AS day FROM setting_values AS g
    ), entered AS MATERIALIZED (
        SELECT timezone(g.timezone, e.at)::date AS day,
               count(*) FILTER (WHERE e.step = 'lead') AS leads,
               count(*) FILTER (WHERE e.step = 'lead' AND e.next_step) AS leads_won,
               count(*) FILTER (WHERE e.step = 'mql') AS mqls,
               count(*) FILTER (WHERE e.step = 'mql' AND e.next_step) AS mqls_to_sal,
               count(*) FILTER (WHERE e.step = 'mql' AND r.lead_id IS NOT NULL) AS mqls_rejected,
               count(*) FILTER (WHERE e.step = 'sal') AS sals,
               count(*) FILTER (WHERE e.step = 'sal' AND e.next_step) AS sals_to_sql,
               count(*) FILTER (WHERE e.step = 'sql') AS sqls,
               count(*) FILTER (WHERE e.step = 'sql' AND e.next_step) AS sqls_to_opportunity,
               count(*) FILTER (WHERE e.step = 'opportunity') AS opportunities,
               count(*) FILTER (WHERE e.step = 'customer') AS customers
        FROM lead_fact AS f
        CROSS JOIN setting_values AS g
        LEFT JOIN (SELECT DISTINCT c.lead_id FROM stage_change AS c
                   WHERE c.to_stage = (SELECT v.deal_won_stage FROM setting_values AS v)) AS w ON w.lead_id = f.lead_id
        LEFT JOIN (SELECT DISTINCT h.lead_id, h.cycle
                   FROM handoff AS h
                   JOIN reason AS x ON x.name = h.reason AND x.counts_as_rejection
                   WHERE h.direction = 'to_sales' AND h.decision IN ('rejected', 'merged')) AS r
               ON r.lead_id = f.lead_id AND r.cycle = f.cycle
        CROSS JOIN LATERAL (VALUES ('lead', CASE WHEN f.cycle = 1 THEN f.entered_at END, w.lead_id IS NOT NULL),
                                   ('mql', f.mql_at, f.sal_at IS NOT NULL),
                                   ('sal', f.sal_at, f.sql_at IS NOT NULL),
                                   ('sql', f.sql_at, f.opportunity_at IS NOT NULL),
                                   ('opportunity', f.opportunity_at, NULL),
                                   ('customer', f.won_at, NULL)) AS e (step, at, next_step)
        WHERE e.at IS NOT NULL
        GROUP BY 1
    ), flow AS MATERIALIZED (
        SELECT s.day::date AS day, coalesce(e.leads, 0) AS leads, coalesce(e.leads_won, 0) AS leads_won, coalesce(e.mqls, 0) AS mqls,
               coalesce(e.mqls_to_sal, 0) AS mqls_to_sal, coalesce(e.mqls_rejected, 0) AS mqls_rejected,
               coalesce(e.sals, 0) AS sals, coalesce(e.sals_to_sql, 0) AS sals_to_sql, coalesce(e.sqls, 0) AS sqls,
               coalesce(e.sqls_to_opportunity, 0) AS sqls_to_opportunity, coalesce(e.opportunities, 0) AS opportunities,
               coalesce(e.customers, 0) AS customers
        FROM today AS t
        CROSS JOIN LATERAL generate_series(least((SELECT min(n.day) FROM entered AS n), t.day)::timestamp, t.day, interval '1 day') AS s (day)
        LEFT JOIN entered AS e ON e.day = s.day::date
    ), dealt AS MATERIALIZED (
        SELECT x.day, x.what <> 'won_before' AS is_own,
               count(*) FILTER (WHERE x.what = 'won') AS won,
               count(*) FILTER (WHERE x.what = 'lost') AS lost,
               count(v.amount) FILTER (WHERE x.what = 'won') AS won_with_amount,
               sum(v.amount) FILTER (WHERE x.what = 'opened') AS pipeline,
               sum(v.amount) FILTER (WHERE x.what = 'won') AS revenue,
               sum(v.amount) FILTER (WHERE x.what = 'won' AND l.campaign IS NOT NULL) AS campaign_revenue,
               sum(v.amount) FILTER (WHERE x.what = 'won_before') AS revenue_before
        FROM deal AS d
        LEFT JOIN lead AS l ON l.id = d.lead_id
        CROSS JOIN setting_values AS g
        CROSS JOIN today AS t
        CROSS JOIN LATERAL (SELECT CASE WHEN d.currency IS NULL OR d.currency = g.currency THEN d.amount END AS amount) AS v
        CROSS JOIN LATERAL (VALUES ('opened', timezone(g.timezone, d.opened_at)::date),
                                   (CASE WHEN d.won THEN 'won' ELSE 'lost' END, timezone(g.timezone, d.closed_at)::date),
                                   ('won_before', (CASE WHEN d.won THEN timezone(g.timezone, d.closed_at)::date END + interval '1 year')::date)) AS x (what, day)
        WHERE l.excluded IS NULL AND x.day <= t.day
        GROUP BY 1, 2
    ), sale AS MATERIALIZED (
        SELECT s.day::date AS day, coalesce(sum(e.won), 0) AS won, coalesce(sum(e.lost), 0) AS lost,
               coalesce(sum(e.won_with_amount), 0) AS won_with_amount, coalesce(sum(e.pipeline), 0) AS pipeline,
               coalesce(sum(e.revenue), 0) AS revenue, coalesce(sum(e.campaign_revenue), 0) AS campaign_revenue,
               coalesce(sum(e.revenue_before), 0) AS revenue_before
        FROM today AS t
        CROSS JOIN LATERAL generate_series(least((SELECT min(n.day) FROM dealt AS n WHERE n.is_own), t.day)::timestamp,
                                           t.day, interval '1 day') AS s (day)
        LEFT JOIN dealt AS e ON e.day = s.day::date
        GROUP BY 1
    ), cost AS MATERIALIZED (
        SELECT s.day::date AS day, sum(c.amount) AS cost
        FROM today AS t
        CROSS JOIN LATERAL generate_series(least((SELECT min(n.day) FROM campaign_cost AS n), t.day)::timestamp, t.day, interval '1 day') AS s (day)
        LEFT JOIN campaign_cost AS c ON c.day = s.day::date
        GROUP BY 1
    ), answered AS MATERIALIZED (
        SELECT timezone(g.timezone, c.started_at)::date AS day,
               count(*) FILTER (WHERE m.department = 'sales') AS sales,
               count(*) FILTER (WHERE m.department = 'sales' AND NOT x.late) AS sales_kept,
               count(*) FILTER (WHERE m.department = 'marketing') AS marketing,
               count(*) FILTER (WHERE m.department = 'marketing' AND NOT x.late) AS marketing_kept,
               count(*) FILTER (WHERE y.first) AS first,
               count(*) FILTER (WHERE y.first AND NOT x.late) AS first_kept
        FROM sla_clock AS c
        JOIN commitment AS m ON m.id = c.commitment_id
        LEFT JOIN lead AS l ON l.id = c.lead_id
        CROSS JOIN setting_values AS g
        CROSS JOIN LATERAL (SELECT coalesce(coalesce(c.ended_at, now()) > c.due_at, false) AS late) AS x
        CROSS JOIN LATERAL (SELECT m.starts_on = 'handoff:offered' AND m.ends_on IN ('touch', 'attempt', 'contact')
                                   AND m.min_count = 1 AS first) AS y
        WHERE l.excluded IS NULL AND (c.ended_at IS NOT NULL OR c.cancelled_at IS NULL AND x.late)
        GROUP BY 1
    ), answer AS MATERIALIZED (
        SELECT s.day::date AS day, coalesce(e.sales, 0) AS sales, coalesce(e.sales_kept, 0) AS sales_kept,
               coalesce(e.marketing, 0) AS marketing, coalesce(e.marketing_kept, 0) AS marketing_kept,
               coalesce(e.first, 0) AS first, coalesce(e.first_kept, 0) AS first_kept
        FROM today AS t
        CROSS JOIN LATERAL generate_series(least((SELECT min(n.day) FROM answered AS n), t.day)::timestamp, t.day, interval '1 day') AS s (day)
        LEFT JOIN answered AS e ON e.day = s.day::date
    )
    SELECT 'leads'::text AS metric, f.day, f.leads::numeric AS amount, NULL::numeric AS base FROM flow AS f
    UNION ALL SELECT 'mqls', f.day, f.mqls, NULL FROM flow AS f
    UNION ALL SELECT 'accepted_mqls', f.day, f.mqls - f.mqls_rejected, NULL FROM flow AS f
    UNION ALL SELECT 'sals', f.day, f.sals, NULL FROM flow AS f
    UNION ALL SELECT 'sqls', f.day, f.sqls, NULL FROM flow AS f
    UNION ALL SELECT 'opportunities', f.day, f.opportunities, NULL FROM flow AS f
    UNION ALL SELECT 'customers', f.day, f.customers, NULL FROM flow AS f
    UNION ALL SELECT 'revenue', s.day, s.revenue, NULL FROM sale AS s
    UNION ALL SELECT 'pipeline', s.day, s.pipeline, NULL FROM sale AS s
    UNION ALL SELECT 'mql_to_sal', f.day, f.mqls_to_sal, f.mqls FROM flow AS f
    UNION ALL SELECT 'sal_to_sql', f.day, f.sals_to_sql, f.sals FROM flow AS f
    UNION ALL SELECT 'sql_to_opportunity', f.day, f.sqls_to_opportunity, f.sqls FROM flow AS f
    UNION ALL SELECT 'win_rate', s.day, s.won, s.won + s.lost FROM sale AS s
    UNION ALL SELECT 'lead_to_customer', f.day, f.leads_won, f.leads FROM flow AS f
    UNION ALL SELECT 'rejected_share', f.day, f.mqls_rejected, f.mqls FROM flow AS f
    UNION ALL SELECT 'first_response_in_time', a.day, a.first_kept, a.first FROM answer AS a
    UNION ALL SELECT 'sla_kept_sales', a.day, a.sales_kept, a.sales FROM answer AS a
    UNION ALL SELECT 'sla_kept_marketing', a.day, a.marketing_kept, a.marketing FROM answer AS a
    UNION ALL SELECT 'cost', c.day, coalesce(c.cost, 0), NULL FROM cost AS c
    UNION ALL SELECT 'cost_per_mql', coalesce(f.day, c.day), c.cost, coalesce(f.mqls, 0) FROM flow AS f FULL JOIN cost AS c ON c.day = f.day
    UNION ALL SELECT 'cost_per_customer', coalesce(f.day, c.day), c.cost, coalesce(f.customers, 0) FROM flow AS f FULL JOIN cost AS c ON c.day = f.day
    UNION ALL SELECT 'roi', coalesce(s.day, c.day), coalesce(s.campaign_revenue, 0) - coalesce(c.cost, 0), coalesce(c.cost, 0)
              FROM sale AS s FULL JOIN cost AS c ON c.day = s.day
    UNION ALL SELECT 'average_deal', s.day, s.revenue, s.won_with_amount FROM sale AS s
    UNION ALL SELECT 'revenue_growth', s.day, s.revenue - s.revenue_before, s.revenue_before FROM sale AS s;

    COMMENT ON VIEW metric_day IS
        'Metrics that are sums, or quotients of sums, one row per metric and day of setting timezone, from the first day on which there was anything to today. A period''s value is sum(amount), or sum(amount) / sum(base). Excluded and deleted leads are left out.';
    COMMENT ON COLUMN metric_day.metric IS 'Name of the metric.';
    COMMENT ON COLUMN metric_day.day IS 'The day.';
    COMMENT ON COLUMN metric_day.amount IS 'The figure, or the numerator of the quotient.';
    COMMENT ON COLUMN metric_day.base IS 'The denominator; null for a metric that is a sum.';

    CREATE OR REPLACE VIEW metric_sample WITH (security_invoker = true) AS
    WITH response AS MATERIALIZED (
        SELECT timezone(g.timezone, f.offered_at)::date AS day, extract(epoch FROM f.response_working) / 60 AS value
        FROM lead_fact AS f
        CROSS JOIN setting_values AS g
        WHERE f.offered_at IS NOT NULL AND f.decision IS DISTINCT FROM 'withdrawn' AND f.response_working IS NOT NULL
    ), won AS MATERIALIZED (
        SELECT timezone(g.timezone, f.won_at)::date AS day, extract(epoch FROM f.won_at - f.entered_at) / 86400 AS value
        FROM lead_fact AS f
        CROSS JOIN setting_values AS g
        WHERE f.won_at IS NOT NULL
    ), today AS (
        SELECT timezone(g.timezone, now())::date AS day FROM setting_values AS g
    )
    SELECT 'median_response_minutes'::text AS metric, r.day, r.value FROM response AS r
    UNION ALL SELECT 'median_response_minutes', s.day::date, NULL
              FROM today AS t
              CROSS JOIN LATERAL generate_series(least((SELECT min(n.day) FROM response AS n), t.day)::timestamp, t.day, interval '1 day') AS s (day)
    UNION ALL SELECT 'sales_cycle_days', w.day, w.value FROM won AS w
    UNION ALL SELECT 'sales_cycle_days', s.day::date, NULL
              FROM today AS t
              CROSS JOIN LATERAL generate_series(least((SELECT min(n.day) FROM won AS n), t.day)::timestamp, t.day, interval '1 day') AS s (day);

    COMMENT ON VIEW metric_sample IS
        'What the metrics that are medians are medians of: one row per lead and cycle, on its day, and one without a value for each day from the first one to today. Excluded and deleted leads are left out.';
    COMMENT ON COLUMN metric_sample.metric IS 'Name of the metric.';
    COMMENT ON COLUMN metric_sample.day IS 'The day, in setting timezone.';
    COMMENT ON COLUMN metric_sample.value IS 'The value of one lead; null in a day''s own row.';

    CREATE OR REPLACE VIEW metric_value WITH (security_invoker = true) AS
    SELECT d.metric, p.per, period_of(p.per, d.day::timestamp, g.week_starts_on) AS period,
           CASE WHEN count(d.base) = 0 THEN sum(d.amount) ELSE sum(d.amount) / nullif(sum(d.base), 0) END AS value,
           sum(d.base) AS base
    FROM metric_day AS d
    CROSS JOIN setting_values AS g
    CROSS JOIN (VALUES ('week'), ('month'), ('quarter'), ('year')) AS p (per)
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT s.metric, p.per, period_of(p.per, s.day::timestamp, g.week_starts_on),
           (percentile_cont(0.5) WITHIN GROUP (ORDER BY s.value::float8))::numeric, count(s.value)::numeric
    FROM metric_sample AS s
    CROSS JOIN setting_values AS g
    CROSS JOIN (VALUES ('week'), ('month'), ('quarter'), ('year')) AS p (per)
    GROUP BY 1, 2, 3;

    COMMENT ON VIEW metric_value IS
        'The metrics per week, month, quarter and year, from the first one in which there was anything to the current one: the same number for everybody. What they mean is in table metric.';
    COMMENT ON COLUMN metric_value.metric IS 'Name of the metric.';
    COMMENT ON COLUMN metric_value.per IS 'week, month, quarter or year, cut in setting timezone; weeks begin on setting week_starts_on.';
    COMMENT ON COLUMN metric_value.period IS 'First day of the period.';
    COMMENT ON COLUMN metric_value.value IS 'The value, in metric.unit; shares are 0 to 1. Null where there was nothing to measure.';
    COMMENT ON COLUMN metric_value.base IS 'What it is a share, an average or a median of: how many leads, deals, answers, or how much money. Null for a sum.';
END
$body$;
COMMENT ON FUNCTION workspace_goal_views() IS
'Makes or replaces the views of metrics and goals and their comments in the workspace that search_path points at. Internal.';
