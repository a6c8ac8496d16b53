/*
 * Goals: the metrics, computed, and what has become of the goals.  All but
 * goal_progress are plain SQL and outlive DROP EXTENSION.
 *
 * A metric is a sum over days, a quotient of two such sums, or the median of
 * samples: the same formula serves weeks, years and the dates of a goal.  Each
 * name is a constant of its own branch of a UNION ALL, so that who reads one
 * metric runs nothing of the others; what several have in common is a
 * materialized CTE, which who reads them all runs once.
 */
CREATE FUNCTION workspace_goal_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    /*
     * Functions of the workspace, as period_of() is.
     */
    CREATE OR REPLACE FUNCTION days_to(first_day date, last_day date) RETURNS SETOF date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1000
    BEGIN ATOMIC
        SELECT d.first_day + n
        FROM (SELECT CASE WHEN isfinite(days_to.first_day) THEN least(days_to.first_day, last_day) ELSE last_day END AS first_day) AS d
        CROSS JOIN generate_series(0, last_day - d.first_day) AS n;
    END;
    COMMENT ON FUNCTION days_to(date, date) IS
        'The days from first_day to last_day; only the last one where the first is null, infinite or later.';

    CREATE OR REPLACE FUNCTION metric_result(bases bigint, amount numeric, base numeric, median float8) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(median::numeric, CASE WHEN bases = 0 THEN amount ELSE amount / nullif(base, 0) END);
    COMMENT ON FUNCTION metric_result(bigint, numeric, numeric, float8) IS
        'What the rows of a metric in metric_figure come to, of count(base), sum(amount), sum(base) and the median of sample. Null where there was nothing to measure.';

    /*
     * A conversion belongs to the day on which the lead reached the first of
     * its two stages, whenever it reaches the other one.
     */
    CREATE OR REPLACE VIEW metric_figure WITH (security_invoker = true) AS
    WITH today AS MATERIALIZED (
        SELECT timezone(g.timezone, now())::date AS day FROM setting_values AS g
    ), entered AS MATERIALIZED (
        SELECT timezone(g.timezone, e.at)::date AS day,
               count(*) FILTER (WHERE e.step = 'lead') AS leads,
               count(*) FILTER (WHERE e.step = 'lead' AND e.went_on) AS leads_won,
               count(*) FILTER (WHERE e.step = 'mql') AS mqls,
               count(*) FILTER (WHERE e.step = 'mql' AND e.went_on) AS mqls_to_sal,
               count(*) FILTER (WHERE e.step = 'mql' AND r.lead_id IS NOT NULL) AS mqls_rejected,
               count(*) FILTER (WHERE e.step = 'sal') AS sals,
               count(*) FILTER (WHERE e.step = 'sal' AND e.went_on) AS sals_to_sql,
               count(*) FILTER (WHERE e.step = 'sql') AS sqls,
               count(*) FILTER (WHERE e.step = 'sql' AND e.went_on) AS sqls_to_opportunity,
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
                                   ('customer', f.won_at, NULL)) AS e (step, at, went_on)
        WHERE e.at IS NOT NULL
        GROUP BY 1
    ), flow AS MATERIALIZED (
        SELECT s.day, coalesce(e.leads, 0) AS leads, coalesce(e.leads_won, 0) AS leads_won, coalesce(e.mqls, 0) AS mqls,
               coalesce(e.mqls_to_sal, 0) AS mqls_to_sal, coalesce(e.mqls_rejected, 0) AS mqls_rejected,
               coalesce(e.sals, 0) AS sals, coalesce(e.sals_to_sql, 0) AS sals_to_sql, coalesce(e.sqls, 0) AS sqls,
               coalesce(e.sqls_to_opportunity, 0) AS sqls_to_opportunity, coalesce(e.opportunities, 0) AS opportunities,
               coalesce(e.customers, 0) AS customers
        FROM today AS t
        CROSS JOIN LATERAL days_to((SELECT min(n.day) FROM entered AS n), t.day) AS s (day)
        LEFT JOIN entered AS e ON e.day = s.day
    ), known_deal AS MATERIALIZED (
        SELECT d.state, d.amount, d.campaign, timezone(g.timezone, d.opened_at)::date AS opened_on,
               timezone(g.timezone, d.closed_at)::date AS closed_on
        FROM deal_fact AS d
        CROSS JOIN setting_values AS g
    ), dealt AS MATERIALIZED (
        -- a win stands a year later once more, for growth
        SELECT x.day, x.what = 'won_before' AS is_echo,
               count(*) FILTER (WHERE x.what = 'won') AS won,
               count(*) FILTER (WHERE x.what = 'lost') AS lost,
               count(d.amount) FILTER (WHERE x.what = 'won') AS won_with_amount,
               sum(d.amount) FILTER (WHERE x.what = 'opened') AS pipeline,
               sum(d.amount) FILTER (WHERE x.what = 'won') AS revenue,
               sum(d.amount) FILTER (WHERE x.what = 'won' AND d.campaign IS NOT NULL) AS campaign_revenue,
               sum(d.amount) FILTER (WHERE x.what = 'won_before') AS revenue_before
        FROM known_deal AS d
        CROSS JOIN today AS t
        CROSS JOIN LATERAL (VALUES ('opened', d.opened_on), (d.state, d.closed_on),
                                   ('won_before', CASE WHEN d.state = 'won' THEN (d.closed_on + interval '1 year')::date END)) AS x (what, day)
        WHERE x.day <= t.day
        GROUP BY 1, 2
    ), sale AS MATERIALIZED (
        SELECT s.day, coalesce(sum(e.won), 0) AS won, coalesce(sum(e.lost), 0) AS lost,
               coalesce(sum(e.won_with_amount), 0) AS won_with_amount, coalesce(sum(e.pipeline), 0) AS pipeline,
               coalesce(sum(e.revenue), 0) AS revenue, coalesce(sum(e.campaign_revenue), 0) AS campaign_revenue,
               coalesce(sum(e.revenue_before), 0) AS revenue_before
        FROM today AS t
        CROSS JOIN LATERAL days_to((SELECT min(n.day) FROM dealt AS n WHERE NOT n.is_echo), t.day) AS s (day)
        LEFT JOIN dealt AS e ON e.day = s.day
        GROUP BY s.day
    ), spent AS MATERIALIZED (
        SELECT c.day, sum(c.amount) AS cost FROM campaign_cost AS c GROUP BY c.day
    ), cost AS MATERIALIZED (
        SELECT s.day, e.cost
        FROM today AS t
        CROSS JOIN LATERAL days_to((SELECT min(n.day) FROM spent AS n), t.day) AS s (day)
        LEFT JOIN spent AS e ON e.day = s.day
    ), answered AS MATERIALIZED (
        SELECT timezone(g.timezone, c.started_at)::date AS day,
               count(*) FILTER (WHERE m.department = 'sales') AS sales,
               count(*) FILTER (WHERE m.department = 'sales' AND NOT x.late) AS sales_kept,
               count(*) FILTER (WHERE m.department = 'marketing') AS marketing,
               count(*) FILTER (WHERE m.department = 'marketing' AND NOT x.late) AS marketing_kept,
               count(*) FILTER (WHERE y.is_first) AS firsts,
               count(*) FILTER (WHERE y.is_first AND NOT x.late) AS firsts_kept
        FROM sla_clock AS c
        JOIN commitment AS m ON m.id = c.commitment_id
        LEFT JOIN lead AS l ON l.id = c.lead_id
        CROSS JOIN setting_values AS g
        CROSS JOIN LATERAL (SELECT coalesce(coalesce(c.ended_at, now()) > c.due_at, false) AS late) AS x
        CROSS JOIN LATERAL (SELECT m.starts_on = 'handoff:offered' AND m.ends_on IN ('touch', 'attempt', 'contact')
                                   AND m.min_count = 1 AS is_first) AS y
        WHERE l.excluded IS NULL AND (c.ended_at IS NOT NULL OR c.cancelled_at IS NULL AND x.late)
        GROUP BY 1
    ), answer AS MATERIALIZED (
        SELECT s.day, coalesce(e.sales, 0) AS sales, coalesce(e.sales_kept, 0) AS sales_kept,
               coalesce(e.marketing, 0) AS marketing, coalesce(e.marketing_kept, 0) AS marketing_kept,
               coalesce(e.firsts, 0) AS firsts, coalesce(e.firsts_kept, 0) AS firsts_kept
        FROM today AS t
        CROSS JOIN LATERAL days_to((SELECT min(n.day) FROM answered AS n), t.day) AS s (day)
        LEFT JOIN answered AS e ON e.day = s.day
    ), responded AS MATERIALIZED (
        SELECT timezone(g.timezone, f.offered_at)::date AS day, (extract(epoch FROM f.response_working) / 60)::float8 AS minutes
        FROM lead_fact AS f
        CROSS JOIN setting_values AS g
        WHERE f.offered_at IS NOT NULL AND f.decision IS DISTINCT FROM 'withdrawn' AND f.response_working IS NOT NULL
    ), bought AS MATERIALIZED (
        SELECT timezone(g.timezone, f.won_at)::date AS day, (extract(epoch FROM f.won_at - f.entered_at) / 86400)::float8 AS days
        FROM lead_fact AS f
        CROSS JOIN setting_values AS g
        WHERE f.won_at IS NOT NULL
    )
    SELECT 'leads'::text AS metric, f.day, f.leads::numeric AS amount, NULL::numeric AS base, NULL::float8 AS sample FROM flow AS f
    UNION ALL SELECT 'mqls', f.day, f.mqls, NULL, NULL FROM flow AS f
    UNION ALL SELECT 'accepted_mqls', f.day, f.mqls - f.mqls_rejected, NULL, NULL FROM flow AS f
    UNION ALL SELECT 'sals', f.day, f.sals, NULL, NULL FROM flow AS f
    UNION ALL SELECT 'sqls', f.day, f.sqls, NULL, NULL FROM flow AS f
    UNION ALL SELECT 'opportunities', f.day, f.opportunities, NULL, NULL FROM flow AS f
    UNION ALL SELECT 'customers', f.day, f.customers, NULL, NULL FROM flow AS f
    UNION ALL SELECT 'mql_to_sal', f.day, f.mqls_to_sal, f.mqls, NULL FROM flow AS f
    UNION ALL SELECT 'sal_to_sql', f.day, f.sals_to_sql, f.sals, NULL FROM flow AS f
    UNION ALL SELECT 'sql_to_opportunity', f.day, f.sqls_to_opportunity, f.sqls, NULL FROM flow AS f
    UNION ALL SELECT 'lead_to_customer', f.day, f.leads_won, f.leads, NULL FROM flow AS f
    UNION ALL SELECT 'rejected_share', f.day, f.mqls_rejected, f.mqls, NULL FROM flow AS f
    UNION ALL SELECT 'revenue', s.day, s.revenue, NULL, NULL FROM sale AS s
    UNION ALL SELECT 'revenue_growth', s.day, s.revenue - s.revenue_before, s.revenue_before, NULL FROM sale AS s
    UNION ALL SELECT 'pipeline', s.day, s.pipeline, NULL, NULL FROM sale AS s
    UNION ALL SELECT 'win_rate', s.day, s.won, s.won + s.lost, NULL FROM sale AS s
    UNION ALL SELECT 'average_deal', s.day, s.revenue, s.won_with_amount, NULL FROM sale AS s
    UNION ALL SELECT 'first_response_in_time', a.day, a.firsts_kept, a.firsts, NULL FROM answer AS a
    UNION ALL SELECT 'sla_kept_sales', a.day, a.sales_kept, a.sales, NULL FROM answer AS a
    UNION ALL SELECT 'sla_kept_marketing', a.day, a.marketing_kept, a.marketing, NULL FROM answer AS a
    UNION ALL SELECT 'cost', c.day, coalesce(c.cost, 0), NULL, NULL FROM cost AS c
    UNION ALL SELECT 'cost_per_mql', coalesce(f.day, c.day), c.cost, coalesce(f.mqls, 0), NULL
              FROM flow AS f FULL JOIN cost AS c ON c.day = f.day
    UNION ALL SELECT 'cost_per_customer', coalesce(f.day, c.day), c.cost, coalesce(f.customers, 0), NULL
              FROM flow AS f FULL JOIN cost AS c ON c.day = f.day
    UNION ALL SELECT 'roi', coalesce(s.day, c.day), coalesce(s.campaign_revenue, 0) - coalesce(c.cost, 0), coalesce(c.cost, 0), NULL
              FROM sale AS s FULL JOIN cost AS c ON c.day = s.day
    UNION ALL SELECT 'median_response_minutes', s.day, NULL, NULL, r.minutes
              FROM today AS t
              CROSS JOIN LATERAL days_to((SELECT min(n.day) FROM responded AS n), t.day) AS s (day)
              LEFT JOIN responded AS r ON r.day = s.day
    UNION ALL SELECT 'sales_cycle_days', s.day, NULL, NULL, b.days
              FROM today AS t
              CROSS JOIN LATERAL days_to((SELECT min(n.day) FROM bought AS n), t.day) AS s (day)
              LEFT JOIN bought AS b ON b.day = s.day;

    COMMENT ON VIEW metric_figure IS
        'What the metrics are made of, per day of setting timezone, without a gap from the first day on which there was anything to today. Over any days a metric is sum(amount), or sum(amount) / sum(base), or the median of sample. Excluded and deleted leads are left out.';
    COMMENT ON COLUMN metric_figure.metric IS 'Name of the metric.';
    COMMENT ON COLUMN metric_figure.day IS 'The day.';
    COMMENT ON COLUMN metric_figure.amount IS 'The figure, or the numerator of the quotient; null where nothing is known, and for medians.';
    COMMENT ON COLUMN metric_figure.base IS 'The denominator; null for sums and medians.';
    COMMENT ON COLUMN metric_figure.sample IS 'Of a median: the value of one lead, a row each; null on a day without one.';

    CREATE OR REPLACE VIEW metric_value WITH (security_invoker = true) AS
    SELECT f.metric, p.per, period_of(p.per, f.day::timestamp, g.week_starts_on) AS period,
           metric_result(count(f.base), sum(f.amount), sum(f.base), percentile_cont(0.5) WITHIN GROUP (ORDER BY f.sample)) AS value,
           coalesce(sum(f.base), CASE WHEN count(f.amount) = 0 THEN count(f.sample) END) AS base,
           period_of(p.per, f.day::timestamp, g.week_starts_on) + period_length(p.per) <= timezone(g.timezone, now()) AS is_over
    FROM metric_figure AS f
    CROSS JOIN setting_values AS g
    CROSS JOIN (VALUES ('week'), ('month'), ('quarter'), ('year')) AS p (per)
    GROUP BY f.metric, p.per, period_of(p.per, f.day::timestamp, g.week_starts_on), g.timezone;

    COMMENT ON VIEW metric_value IS
        'The metrics per week, month, quarter and year, from the first one in which there was anything to the current one: the same number for everybody. Table metric says what they mean.';
    COMMENT ON COLUMN metric_value.metric IS 'Name of the metric.';
    COMMENT ON COLUMN metric_value.per IS 'week, month, quarter or year.';
    COMMENT ON COLUMN metric_value.period IS 'First day of the period, cut in setting timezone; weeks begin on setting week_starts_on.';
    COMMENT ON COLUMN metric_value.value IS 'The value, in metric.unit; shares are 0 to 1. Null where there was nothing to measure.';
    COMMENT ON COLUMN metric_value.base IS 'What it is a share, an average or a median of: how many leads, deals or answers, or how much money. Null for a sum.';
    COMMENT ON COLUMN metric_value.is_over IS 'Is the period over?';

    /*
     * A sum should be there in proportion to the working time that is gone; a
     * quotient or a median at any time.  Figures of the goal's own days: the
     * lateral names the metric, so that only what goals are about is computed.
     */
    CREATE OR REPLACE VIEW goal_progress WITH (security_invoker = true) AS
    WITH RECURSIVE tree AS (
        SELECT g.id, 1 AS level, ARRAY[g.name] AS path FROM goal AS g WHERE g.parent IS NULL
        UNION ALL
        SELECT g.id, t.level + 1, t.path || g.name FROM tree AS t JOIN goal AS g ON g.parent = t.id
    ), office AS MATERIALIZED (
        SELECT coalesce((SELECT c.hours FROM department_calendar AS c WHERE c.department = 'sales'), 'UTC; 24/7')::smarketing.working_hours AS hours
    ), term AS (
        SELECT g.*, g.marketing_signed_at IS NOT NULL AND g.sales_signed_at IS NOT NULL AS agreed,
               timezone(v.timezone, g.starts_on::timestamp) AS from_at, timezone(v.timezone, (g.ends_on + 1)::timestamp) AS to_at,
               o.hours, m.label AS metric_label, m.unit = 'currency' AND g.unit <> v.currency AS is_foreign
        FROM goal AS g
        CROSS JOIN setting_values AS v
        CROSS JOIN office AS o
        LEFT JOIN metric AS m ON m.name = g.metric
    ), measured AS (
        SELECT t.*, now() >= t.from_at AS has_begun, now() >= t.to_at AS is_over, f.is_sum,
               CASE WHEN NOT t.is_foreign AND now() >= t.from_at THEN CASE WHEN f.is_sum THEN coalesce(f.value, 0) ELSE f.value END END AS actual,
               extract(epoch FROM smarketing.working_time(t.hours, t.from_at, t.to_at)) AS part,
               extract(epoch FROM smarketing.working_time(t.hours, t.from_at, least(greatest(now(), t.from_at), t.to_at))) AS gone
        FROM term AS t
        CROSS JOIN LATERAL (SELECT count(x.amount) > 0 AND count(x.base) = 0 AS is_sum,
                                   metric_result(count(x.base), sum(x.amount) FILTER (WHERE d.inside), sum(x.base) FILTER (WHERE d.inside),
                                                 percentile_cont(0.5) WITHIN GROUP (ORDER BY x.sample) FILTER (WHERE d.inside)) AS value
                            FROM metric_figure AS x
                            CROSS JOIN LATERAL (SELECT x.day BETWEEN t.starts_on AND t.ends_on AS inside) AS d
                            WHERE x.metric = t.metric) AS f
    ), paced AS (
        SELECT s.*, CASE WHEN s.part > 0 THEN s.gone / s.part WHEN s.is_over THEN 1 ELSE 0 END AS share_gone
        FROM measured AS s
    ), judged AS (
        SELECT p.*, CASE p.direction WHEN 'at_most' THEN p.actual <= p.target ELSE p.actual >= p.target END AS is_reached,
               CASE WHEN p.is_sum THEN p.target * p.share_gone ELSE p.target END AS expected
        FROM paced AS p
    ), result AS (
        SELECT j.*,
               CASE WHEN j.is_foreign THEN NULL
                    WHEN NOT j.has_begun OR NOT j.is_over AND j.actual IS NULL THEN 'not_yet'
                    WHEN j.is_over THEN CASE WHEN j.is_reached THEN 'met' ELSE 'missed' END
                    WHEN NOT j.is_sum THEN CASE WHEN j.is_reached THEN 'on_track' ELSE 'at_risk' END
                    WHEN j.direction = 'at_most' THEN CASE WHEN NOT j.is_reached THEN 'missed' WHEN j.actual <= j.expected THEN 'on_track' ELSE 'at_risk' END
                    WHEN j.is_reached THEN 'met'
                    WHEN j.actual >= j.expected THEN 'on_track' ELSE 'at_risk' END AS state
        FROM judged AS j
    )
    SELECT r.id AS goal_id, r.name AS goal, r.metric, coalesce(r.metric_label, r.metric) AS label, r.direction, r.unit, r.starts_on, r.ends_on,
           r.marketing_owner, r.sales_owner, r.target, r.actual, round(r.expected, 4) AS expected,
           (r.actual / nullif(r.target, 0))::float8 AS share, r.share_gone::float8 AS share_gone, r.state,
           CASE WHEN r.is_sum THEN round(r.actual / nullif(r.share_gone, 0), 2) ELSE r.actual END AS forecast,
           r.is_over, r.agreed, r.marketing_signed_by, r.sales_signed_by, r.warning, r.rationale,
           r.parent, u.name AS parent_goal, coalesce(t.level, 1) AS level, coalesce(array_to_string(t.path, ' / '), r.name) AS path,
           b.children, b.children_behind, b.children_target, b.children_actual
    FROM result AS r
    LEFT JOIN goal AS u ON u.id = r.parent
    LEFT JOIN tree AS t ON t.id = r.id
    CROSS JOIN LATERAL (SELECT count(*) AS children, count(*) FILTER (WHERE c.state IN ('at_risk', 'missed')) AS children_behind,
                               sum(c.target) FILTER (WHERE c.metric = r.metric AND c.unit = r.unit AND c.is_sum) AS children_target,
                               sum(c.actual) FILTER (WHERE c.metric = r.metric AND c.unit = r.unit AND c.is_sum) AS children_actual
                        FROM result AS c WHERE c.parent = r.id) AS b
    ORDER BY coalesce(t.path, ARRAY[r.name]), r.id;

    COMMENT ON VIEW goal_progress IS
        'The goals, each below the one that it contributes to: what has been reached, what should have been by now, and where it leads. A goal''s figure is that of its own days, by the formula of metric_value.';
    COMMENT ON COLUMN goal_progress.goal_id IS 'Number of the goal.';
    COMMENT ON COLUMN goal_progress.goal IS 'Name of the goal.';
    COMMENT ON COLUMN goal_progress.metric IS 'Its metric.';
    COMMENT ON COLUMN goal_progress.label IS 'Label of the metric.';
    COMMENT ON COLUMN goal_progress.direction IS 'at_least or at_most.';
    COMMENT ON COLUMN goal_progress.unit IS 'What target, actual, expected and forecast are in.';
    COMMENT ON COLUMN goal_progress.starts_on IS 'First day.';
    COMMENT ON COLUMN goal_progress.ends_on IS 'Last day.';
    COMMENT ON COLUMN goal_progress.marketing_owner IS 'Who answers for it in marketing; null if nobody.';
    COMMENT ON COLUMN goal_progress.sales_owner IS 'Who answers for it in sales; null if nobody.';
    COMMENT ON COLUMN goal_progress.target IS 'What is to be reached.';
    COMMENT ON COLUMN goal_progress.actual IS 'What has been reached. Null before the goal begins, where there is nothing to measure, and where setting currency is no longer the goal''s.';
    COMMENT ON COLUMN goal_progress.expected IS 'What should have been reached by now: of a sum, target x share_gone; else the target.';
    COMMENT ON COLUMN goal_progress.share IS 'actual / target; null for a target of 0.';
    COMMENT ON COLUMN goal_progress.share_gone IS 'Share of the working time of its period that is gone, 0 to 1, in the calendar of sales (department_calendar); around the clock where there is none.';
    COMMENT ON COLUMN goal_progress.state IS 'not_yet (not begun, or nothing to measure so far), on_track, at_risk, met or missed; a sum is met, or at_most missed, as soon as it is there. Nothing to measure by the end is missed. Null where setting currency is no longer the goal''s.';
    COMMENT ON COLUMN goal_progress.forecast IS 'Where this pace leads to by the end, of a sum; null before any working time is gone. Else as it stands.';
    COMMENT ON COLUMN goal_progress.is_over IS 'Is its period over?';
    COMMENT ON COLUMN goal_progress.agreed IS 'Have both departments signed it?';
    COMMENT ON COLUMN goal_progress.marketing_signed_by IS 'Who signed for marketing; null if nobody has.';
    COMMENT ON COLUMN goal_progress.sales_signed_by IS 'Who signed for sales; null if nobody has.';
    COMMENT ON COLUMN goal_progress.warning IS 'What spoke against reaching it when it was set; null if nothing did.';
    COMMENT ON COLUMN goal_progress.rationale IS 'Why it can be reached all the same.';
    COMMENT ON COLUMN goal_progress.parent IS 'Number of the goal that it contributes to; null if none.';
    COMMENT ON COLUMN goal_progress.parent_goal IS 'Name of that goal.';
    COMMENT ON COLUMN goal_progress.level IS '1 for a goal that contributes to no other, 2 for those below it, and so on.';
    COMMENT ON COLUMN goal_progress.path IS 'The goals above it and its own name, from the top.';
    COMMENT ON COLUMN goal_progress.children IS 'Number of goals that contribute to it directly.';
    COMMENT ON COLUMN goal_progress.children_behind IS 'Those of them that are at_risk or missed.';
    COMMENT ON COLUMN goal_progress.children_target IS 'Sum of the targets of those that are on the same metric, if it is a sum: less than target means that they do not add up to it. Null if there is none.';
    COMMENT ON COLUMN goal_progress.children_actual IS 'What they have reached together.';
END
$body$;
COMMENT ON FUNCTION workspace_goal_views() IS
'Makes or replaces the views of metrics and goals and their comments in the workspace that search_path points at. Internal.';
