/*
 * Views of revenue: deals, pipeline, velocity, cycles, campaigns, attribution.
 * All amounts are in setting currency; a deal in a currency without a rate is
 * listed and never summed.  Excluded leads, with their deals and touches, are
 * in no figure; a deal that has only an account is in all of them.
 *
 * Only those named attribution_... call the extension and go with it.
 */
CREATE FUNCTION workspace_attribution_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    CREATE OR REPLACE VIEW deal_fact WITH (security_invoker = true) AS
    SELECT v.deal_id, v.external_id, v.name, v.lead_id, v.account_id, coalesce(v.owner, l.owner, a.owner) AS owner,
           CASE v.won WHEN true THEN 'won' WHEN false THEN 'lost' ELSE 'open' END AS state,
           v.opened_at, v.expected_close, v.closed_at,
           period_of('month', coalesce(timezone(g.timezone, v.closed_at), v.expected_close), g.week_starts_on) AS month,
           v.given_amount, v.currency, v.rate, v.amount, v.unconverted, v.probability,
           CASE WHEN v.won IS NULL THEN v.amount * v.probability::numeric END AS weighted,
           CASE WHEN isfinite(v.opened_at) AND isfinite(v.closed_at)
                THEN (extract(epoch FROM v.closed_at - v.opened_at) / 86400)::float8 END AS cycle_days, v.reason,
           l.campaign, c.channel, l.persona, l.origin, l.source
    FROM deal_value AS v
    CROSS JOIN setting_values AS g
    LEFT JOIN lead AS l ON l.id = v.lead_id
    LEFT JOIN campaign AS c ON c.name = l.campaign
    LEFT JOIN account AS a ON a.id = v.account_id
    WHERE l.excluded IS NULL AND (v.lead_id IS NULL OR l.id IS NOT NULL);

    COMMENT ON VIEW deal_fact IS
        'One row per deal, with its worth in setting currency and what is known of its lead. Deals of excluded leads are left out; what stands for the lead is null where a deal has only an account.';
    COMMENT ON COLUMN deal_fact.deal_id IS 'The deal.';
    COMMENT ON COLUMN deal_fact.external_id IS 'Its id in another system; null if none.';
    COMMENT ON COLUMN deal_fact.name IS 'Name for people.';
    COMMENT ON COLUMN deal_fact.lead_id IS 'Its lead; null if it has only an account.';
    COMMENT ON COLUMN deal_fact.account_id IS 'Its account; null if it has only a lead.';
    COMMENT ON COLUMN deal_fact.owner IS 'Owner of the deal, else of its lead, else of its account; null if nobody.';
    COMMENT ON COLUMN deal_fact.state IS 'open, won or lost.';
    COMMENT ON COLUMN deal_fact.opened_at IS 'When it was opened.';
    COMMENT ON COLUMN deal_fact.expected_close IS 'Day on which it is expected to close; null if not said.';
    COMMENT ON COLUMN deal_fact.closed_at IS 'When it was closed; null while it is open.';
    COMMENT ON COLUMN deal_fact.month IS 'First day of the month in which it was closed, in setting timezone; of an open deal, in which it is expected to close. Null if that is not said.';
    COMMENT ON COLUMN deal_fact.given_amount IS 'Worth as it was written down, in currency; null if not known.';
    COMMENT ON COLUMN deal_fact.currency IS 'Currency of given_amount; setting currency where the deal names none.';
    COMMENT ON COLUMN deal_fact.rate IS 'Units of setting currency for one unit of currency, on the day of the close, today for an open deal; null where exchange_rate has none.';
    COMMENT ON COLUMN deal_fact.amount IS 'given_amount x rate, not rounded: worth in setting currency. Null where either is not known.';
    COMMENT ON COLUMN deal_fact.unconverted IS 'Is there an amount, but no rate for it? Such a deal is listed and never summed.';
    COMMENT ON COLUMN deal_fact.probability IS 'Probability of winning, 0 to 1; null if not said.';
    COMMENT ON COLUMN deal_fact.weighted IS 'amount x probability of an open deal; null where either is not known, and once it is closed.';
    COMMENT ON COLUMN deal_fact.cycle_days IS 'Days of 24 hours from opening to close; null while it is open.';
    COMMENT ON COLUMN deal_fact.reason IS 'Why it was lost; null if it was not, or not said.';
    COMMENT ON COLUMN deal_fact.campaign IS 'First campaign of the lead; null if none.';
    COMMENT ON COLUMN deal_fact.channel IS 'Channel of that campaign; null if not known.';
    COMMENT ON COLUMN deal_fact.persona IS 'Persona of the lead; null if none.';
    COMMENT ON COLUMN deal_fact.origin IS 'Origin of the lead; null without a lead.';
    COMMENT ON COLUMN deal_fact.source IS 'First source of the lead; null if not known.';

    CREATE OR REPLACE VIEW deal_person WITH (security_invoker = true) AS
    SELECT d.id AS deal_id, l.id AS lead_id, true AS is_lead, d.closed_at
    FROM deal AS d
    JOIN lead AS l ON l.id = d.lead_id AND l.excluded IS NULL
    UNION ALL
    SELECT d.id, l.id, false, d.closed_at
    FROM deal AS d
    JOIN deal_contact AS c ON c.deal_id = d.id AND c.lead_id IS DISTINCT FROM d.lead_id
    JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL;

    COMMENT ON VIEW deal_person IS
        'Who has a part in a deal: its lead, and the people in deal_contact. Excluded leads are left out.';
    COMMENT ON COLUMN deal_person.deal_id IS 'The deal.';
    COMMENT ON COLUMN deal_person.lead_id IS 'The person.';
    COMMENT ON COLUMN deal_person.is_lead IS 'Is it the deal''s own lead?';
    COMMENT ON COLUMN deal_person.closed_at IS 'When the deal was closed; null while it is open.';

    CREATE OR REPLACE VIEW deal_touch WITH (security_invoker = true) AS
    SELECT p.deal_id, p.lead_id, v.id AS activity_id, v.at, v.kind, v.campaign,
           coalesce(v.channel, c.channel, CASE WHEN v.campaign IS NULL THEN 'direct' ELSE '(unknown)' END) AS channel
    FROM deal_person AS p
    JOIN activity AS v ON v.lead_id = p.lead_id AND v.at <= coalesce(p.closed_at, 'infinity')
    LEFT JOIN activity_kind AS k ON k.name = v.kind
    LEFT JOIN campaign AS c ON c.name = v.campaign
    WHERE (v.campaign IS NOT NULL OR k.department = 'marketing') AND coalesce(k.credited, true);

    COMMENT ON VIEW deal_touch IS
        'The touches of a deal: activities of a kind of marketing''s, and those that name a campaign, if their kind may get credit (activity_kind.credited), of everybody who has a part in it (deal_person), up to its close. Other people of the account, whom nobody has named in the deal, do not count.';
    COMMENT ON COLUMN deal_touch.deal_id IS 'The deal.';
    COMMENT ON COLUMN deal_touch.lead_id IS 'The person who was touched.';
    COMMENT ON COLUMN deal_touch.activity_id IS 'The activity.';
    COMMENT ON COLUMN deal_touch.at IS 'When it happened.';
    COMMENT ON COLUMN deal_touch.kind IS 'Kind of the activity.';
    COMMENT ON COLUMN deal_touch.campaign IS 'Campaign of the activity; null if none.';
    COMMENT ON COLUMN deal_touch.channel IS 'Channel of the activity, else of its campaign, else (unknown); direct where there is neither channel nor campaign.';

    /*
     * The goal of a month is its days' part of the agreed goal on revenue that
     * has most of them; of several the shortest one.
     */
    CREATE OR REPLACE VIEW pipeline WITH (security_invoker = true) AS
    WITH part AS (
        SELECT f.month, f.owner, f.origin, f.state, count(*) AS deals, sum(f.amount) AS amount, sum(f.weighted) AS weighted,
               count(*) FILTER (WHERE f.unconverted) AS unconverted,
               count(*) FILTER (WHERE f.given_amount IS NULL) AS without_amount,
               count(*) FILTER (WHERE f.probability IS NULL) AS without_probability,
               count(*) FILTER (WHERE f.expected_close < timezone(g.timezone, now())::date) AS overdue
        FROM deal_fact AS f
        CROSS JOIN setting_values AS g
        WHERE f.state <> 'lost'
        GROUP BY f.month, f.owner, f.origin, f.state
    ), due AS (
        SELECT m.month, m.goal, CASE WHEN m.goal > m.won THEN m.goal - m.won ELSE 0 * m.goal END AS to_win
        FROM (SELECT p.month, coalesce(sum(p.amount) FILTER (WHERE p.state = 'won'), 0) AS won,
                     (SELECT b.target * d.overlap / d.days
                      FROM goal AS b
                      CROSS JOIN LATERAL (SELECT least(b.ends_on, (p.month + interval '1 month')::date - 1) - greatest(b.starts_on, p.month) + 1 AS overlap,
                                                 b.ends_on - b.starts_on + 1 AS days) AS d
                      WHERE b.metric = 'revenue' AND b.direction = 'at_least' AND d.overlap > 0
                        AND b.unit = (SELECT g.currency FROM setting_values AS g)
                        AND b.marketing_signed_at IS NOT NULL AND b.sales_signed_at IS NOT NULL
                      ORDER BY d.overlap DESC, d.days, b.id LIMIT 1) AS goal
              FROM part AS p
              GROUP BY p.month) AS m
    )
    SELECT p.month, p.owner, p.origin, p.deals, p.amount, p.weighted, p.unconverted, p.without_amount, p.without_probability, p.overdue,
           u.goal, u.to_win, (p.amount / nullif(u.to_win, 0))::float8 AS coverage
    FROM part AS p
    LEFT JOIN due AS u ON u.month = p.month
    WHERE p.state = 'open'
    ORDER BY p.month, p.owner, p.origin;

    COMMENT ON VIEW pipeline IS
        'Open deals by the month in which they are expected to close, owner and origin, and how far they cover the goal on revenue.';
    COMMENT ON COLUMN pipeline.month IS 'First day of the month of expected_close; null for deals that do not say.';
    COMMENT ON COLUMN pipeline.owner IS 'Owner of the deals, else of their leads, else of their accounts; null if nobody.';
    COMMENT ON COLUMN pipeline.origin IS 'Origin of their leads; null for deals without a lead.';
    COMMENT ON COLUMN pipeline.deals IS 'Number of open deals.';
    COMMENT ON COLUMN pipeline.amount IS 'What they are worth in setting currency; deals without amount or rate are not in it. Null if none has both.';
    COMMENT ON COLUMN pipeline.weighted IS 'The same, each times its probability; deals that have none are not in it either.';
    COMMENT ON COLUMN pipeline.unconverted IS 'Deals that are not in amount, since exchange_rate has no rate for their currency.';
    COMMENT ON COLUMN pipeline.without_amount IS 'Deals that are not in amount, since they have none.';
    COMMENT ON COLUMN pipeline.without_probability IS 'Deals that are not in weighted, since they have no probability.';
    COMMENT ON COLUMN pipeline.overdue IS 'Deals that were expected to close before today.';
    COMMENT ON COLUMN pipeline.goal IS 'The month''s part, by days, of the agreed goal on revenue that it lies in, the shortest one. The same in all rows of a month: not to be added up. Null without such a goal.';
    COMMENT ON COLUMN pipeline.to_win IS 'goal, less what has been won in the month, not below 0. The same in all rows of a month.';
    COMMENT ON COLUMN pipeline.coverage IS 'amount / to_win: 3 covers it three times. The rows of a month add up to its coverage. Null without a goal, or once it is reached.';

    CREATE OR REPLACE VIEW pipeline_by_campaign WITH (security_invoker = true) AS
    WITH part AS (
        SELECT f.deal_id, f.month, f.campaign, true AS sourced, f.campaign IS NOT NULL AS influenced, f.amount, f.weighted, f.unconverted
        FROM deal_fact AS f
        WHERE f.state = 'open'
        UNION ALL
        SELECT f.deal_id, f.month, t.campaign, false, true, f.amount, f.weighted, f.unconverted
        FROM (SELECT DISTINCT u.deal_id, u.campaign FROM deal_touch AS u WHERE u.campaign IS NOT NULL) AS t
        JOIN deal_fact AS f ON f.deal_id = t.deal_id AND f.state = 'open' AND t.campaign IS DISTINCT FROM f.campaign
    )
    SELECT p.month, p.campaign, c.channel,
           count(*) FILTER (WHERE p.sourced) AS sourced_deals, sum(p.amount) FILTER (WHERE p.sourced) AS sourced_amount,
           sum(p.weighted) FILTER (WHERE p.sourced) AS sourced_weighted,
           count(*) FILTER (WHERE p.influenced) AS influenced_deals, sum(p.amount) FILTER (WHERE p.influenced) AS influenced_amount,
           sum(p.weighted) FILTER (WHERE p.influenced) AS influenced_weighted,
           count(*) FILTER (WHERE p.unconverted) AS unconverted
    FROM part AS p
    LEFT JOIN campaign AS c ON c.name = p.campaign
    GROUP BY p.month, p.campaign, c.channel
    ORDER BY p.month, p.campaign;

    COMMENT ON VIEW pipeline_by_campaign IS
        'Open deals by the month in which they are expected to close and campaign: sourced by it, and influenced by it. Sourced figures add up to the pipeline; influenced ones overlap, since many campaigns touch one deal: never add them up.';
    COMMENT ON COLUMN pipeline_by_campaign.month IS 'First day of the month of expected_close; null for deals that do not say.';
    COMMENT ON COLUMN pipeline_by_campaign.campaign IS 'The campaign; null for deals that no campaign has sourced.';
    COMMENT ON COLUMN pipeline_by_campaign.channel IS 'Its channel; null if not known.';
    COMMENT ON COLUMN pipeline_by_campaign.sourced_deals IS 'Open deals whose lead came with this campaign: its first one.';
    COMMENT ON COLUMN pipeline_by_campaign.sourced_amount IS 'What they are worth in setting currency; deals without amount or rate are not in it.';
    COMMENT ON COLUMN pipeline_by_campaign.sourced_weighted IS 'The same, each times its probability.';
    COMMENT ON COLUMN pipeline_by_campaign.influenced_deals IS 'Open deals that it has sourced, or touched before they were opened or since (deal_touch).';
    COMMENT ON COLUMN pipeline_by_campaign.influenced_amount IS 'What they are worth in setting currency. Overlaps with other campaigns.';
    COMMENT ON COLUMN pipeline_by_campaign.influenced_weighted IS 'The same, each times its probability. Overlaps with other campaigns.';
    COMMENT ON COLUMN pipeline_by_campaign.unconverted IS 'Deals of either kind whose currency has no rate: counted, in no amount.';

    /*
     * Deals that open and close move the number of opportunities; a row that
     * moves none stands for each period in between, so that there are no gaps.
     */
    CREATE OR REPLACE VIEW pipeline_velocity WITH (security_invoker = true) AS
    WITH daily AS (
        SELECT d.dimension, d.value, m.opens, m.at::date AS day, count(*) AS deals,
               count(*) FILTER (WHERE f.state = 'won') AS won, count(*) FILTER (WHERE f.state = 'lost') AS lost,
               sum(f.amount) FILTER (WHERE f.state = 'won') AS won_amount,
               count(f.amount) FILTER (WHERE f.state = 'won') AS won_with_amount,
               sum(f.cycle_days) FILTER (WHERE f.state = 'won') AS won_days,
               count(*) FILTER (WHERE f.unconverted AND f.state = 'won') AS unconverted
        FROM deal_fact AS f
        CROSS JOIN setting_values AS g
        CROSS JOIN LATERAL (VALUES (true, timezone(g.timezone, f.opened_at)), (false, timezone(g.timezone, f.closed_at))) AS m (opens, at)
        CROSS JOIN LATERAL (VALUES ('all', NULL), ('owner', f.owner), ('origin', f.origin), ('channel', f.channel),
                                   ('campaign', f.campaign), ('persona', f.persona)) AS d (dimension, value)
        WHERE isfinite(m.at) AND isfinite(f.opened_at)
        GROUP BY d.dimension, d.value, m.opens, m.at::date
    ), moved AS (
        SELECT p.per, d.dimension, d.value, period_of(p.per, d.day, g.week_starts_on) AS period,
               sum(CASE WHEN d.opens THEN d.deals ELSE -d.deals END) AS change,
               coalesce(sum(d.won) FILTER (WHERE NOT d.opens), 0) AS won, coalesce(sum(d.lost) FILTER (WHERE NOT d.opens), 0) AS lost,
               sum(d.won_amount) FILTER (WHERE NOT d.opens) AS won_amount,
               sum(d.won_with_amount) FILTER (WHERE NOT d.opens) AS won_with_amount,
               sum(d.won_days) FILTER (WHERE NOT d.opens) AS won_days, sum(d.unconverted) FILTER (WHERE NOT d.opens) AS unconverted
        FROM daily AS d
        CROSS JOIN setting_values AS g
        CROSS JOIN (VALUES ('all'), ('week'), ('month'), ('quarter')) AS p (per)
        GROUP BY p.per, d.dimension, d.value, period_of(p.per, d.day, g.week_starts_on)
    ), standing AS (
        SELECT s.per, s.dimension, s.value, s.period,
               sum(sum(s.change)) OVER (PARTITION BY s.per, s.dimension, s.value ORDER BY s.period) AS opportunities,
               sum(s.won) AS won, sum(s.lost) AS lost, sum(s.won_amount) / nullif(sum(s.won_with_amount), 0) AS average_value,
               sum(s.won)::float8 / nullif(sum(s.won) + sum(s.lost), 0)::float8 AS win_rate,
               sum(s.won_days) / nullif(sum(s.won), 0)::float8 AS cycle_days, sum(s.unconverted) AS unconverted
        FROM (SELECT m.per, m.dimension, m.value, m.period, m.change, m.won, m.lost, m.won_amount, m.won_with_amount, m.won_days,
                     m.unconverted
              FROM moved AS m
              UNION ALL
              SELECT b.per, b.dimension, b.value, e.period::date, 0, 0, 0, NULL, 0, NULL, 0
              FROM (SELECT m.per, m.dimension, m.value, min(m.period) AS first
                    FROM moved AS m
                    WHERE m.period IS NOT NULL
                    GROUP BY m.per, m.dimension, m.value) AS b
              CROSS JOIN setting_values AS g
              CROSS JOIN LATERAL generate_series(b.first::timestamp, timezone(g.timezone, now()), period_length(b.per)) AS e (period)) AS s
        GROUP BY s.per, s.dimension, s.value, s.period
    )
    SELECT s.per, s.period, s.dimension, s.value, s.opportunities::bigint AS opportunities, s.average_value, s.win_rate, s.cycle_days,
           s.opportunities::float8 * s.average_value::float8 * s.win_rate / nullif(s.cycle_days, 0) AS velocity,
           s.won::bigint AS won, s.lost::bigint AS lost, coalesce(s.unconverted, 0)::bigint AS unconverted
    FROM standing AS s
    WHERE s.opportunities > 0 OR s.won > 0 OR s.lost > 0
    ORDER BY array_position(ARRAY['all', 'week', 'month', 'quarter'], s.per), s.period,
             array_position(ARRAY['all', 'owner', 'origin', 'channel', 'campaign', 'persona'], s.dimension), s.value;

    COMMENT ON VIEW pipeline_velocity IS
        'What the pipeline yields a day: opportunities x average value x win rate / cycle days; 18 x 42,000 x 24 % / 78 days = 2,326.15. For all deals, and by owner, origin, channel, campaign and persona; now and per period.';
    COMMENT ON COLUMN pipeline_velocity.per IS 'all (open deals now, closed ones of all time), week, month or quarter.';
    COMMENT ON COLUMN pipeline_velocity.period IS 'First day of the period, in setting timezone; null for all.';
    COMMENT ON COLUMN pipeline_velocity.dimension IS 'all, owner, origin, channel, campaign or persona: what value is.';
    COMMENT ON COLUMN pipeline_velocity.value IS 'The owner of the deals, the origin of their leads, and so on; null if there is none, and for all.';
    COMMENT ON COLUMN pipeline_velocity.opportunities IS 'Deals that were open at the end of the period; now, if it is not over.';
    COMMENT ON COLUMN pipeline_velocity.average_value IS 'Average amount, in setting currency, of the deals won in the period; null if none has one.';
    COMMENT ON COLUMN pipeline_velocity.win_rate IS 'Of the deals closed in the period, the part that was won: 0 to 1; null if none was closed.';
    COMMENT ON COLUMN pipeline_velocity.cycle_days IS 'Average days from opening to close of the deals won in the period; null if none was.';
    COMMENT ON COLUMN pipeline_velocity.velocity IS 'Amount a day, in setting currency; null if one of its factors is.';
    COMMENT ON COLUMN pipeline_velocity.won IS 'Deals won in the period.';
    COMMENT ON COLUMN pipeline_velocity.lost IS 'Deals lost in the period.';
    COMMENT ON COLUMN pipeline_velocity.unconverted IS 'Deals won that are not in average_value, since their currency has no rate.';

    CREATE OR REPLACE VIEW sales_cycle WITH (security_invoker = true) AS
    SELECT s.per, s.period, s.dimension, s.value, s.from_step, s.step_label, s.won,
           justify_hours(make_interval(secs => s.average_seconds)) AS average, s.average_seconds,
           justify_hours(make_interval(secs => s.median_seconds)) AS median, s.median_seconds,
           justify_hours(make_interval(secs => s.p90_seconds)) AS p90, s.p90_seconds
    FROM (SELECT p.per, period_of(p.per, timezone(g.timezone, f.won_at), g.week_starts_on) AS period, d.dimension, d.value,
                 t.from_step, t.step_label, count(*) AS won, avg(w.seconds) AS average_seconds,
                 percentile_cont(0.5) WITHIN GROUP (ORDER BY w.seconds) AS median_seconds,
                 percentile_cont(0.9) WITHIN GROUP (ORDER BY w.seconds) AS p90_seconds
          FROM lead_fact AS f
          CROSS JOIN setting_values AS g
          CROSS JOIN LATERAL (VALUES ('entry', '01 Entry', f.entered_at), ('mql', '02 MQL', f.mql_at),
                                     ('opportunity', '03 Opportunity', f.opportunity_at)) AS t (from_step, step_label, at)
          CROSS JOIN LATERAL (SELECT extract(epoch FROM f.won_at - t.at)::float8 AS seconds) AS w
          CROSS JOIN LATERAL (VALUES ('all', NULL), ('persona', f.persona), ('campaign', f.campaign), ('channel', f.channel),
                                     ('origin', f.origin)) AS d (dimension, value)
          CROSS JOIN (VALUES ('all'), ('week'), ('month'), ('quarter')) AS p (per)
          WHERE isfinite(t.at) AND isfinite(f.won_at) AND t.at <= f.won_at
          GROUP BY p.per, period_of(p.per, timezone(g.timezone, f.won_at), g.week_starts_on), d.dimension, d.value,
                   t.from_step, t.step_label) AS s
    ORDER BY array_position(ARRAY['all', 'week', 'month', 'quarter'], s.per), s.period,
             array_position(ARRAY['all', 'persona', 'campaign', 'channel', 'origin'], s.dimension), s.value, s.step_label;

    COMMENT ON VIEW sales_cycle IS
        'How long it takes to win, by the wall clock: from entry, from MQL and from opportunity, for all leads and by persona, campaign, channel and origin; of all time and per period of the win. Counts leads won, each cycle for itself.';
    COMMENT ON COLUMN sales_cycle.per IS 'all, week, month or quarter.';
    COMMENT ON COLUMN sales_cycle.period IS 'First day of the period of the win, in setting timezone; null for all.';
    COMMENT ON COLUMN sales_cycle.dimension IS 'all, persona, campaign, channel or origin: what value is.';
    COMMENT ON COLUMN sales_cycle.value IS 'The persona, campaign and so on of the leads; null if there is none, and for all.';
    COMMENT ON COLUMN sales_cycle.from_step IS 'entry (the first move of the cycle), mql or opportunity.';
    COMMENT ON COLUMN sales_cycle.step_label IS 'The same, so that text sorts in order.';
    COMMENT ON COLUMN sales_cycle.won IS 'Leads won that had been there.';
    COMMENT ON COLUMN sales_cycle.average IS 'Average time from there to the win.';
    COMMENT ON COLUMN sales_cycle.average_seconds IS 'The same in seconds.';
    COMMENT ON COLUMN sales_cycle.median IS 'Median of that time.';
    COMMENT ON COLUMN sales_cycle.median_seconds IS 'The same in seconds.';
    COMMENT ON COLUMN sales_cycle.p90 IS 'Nine in ten took no longer.';
    COMMENT ON COLUMN sales_cycle.p90_seconds IS 'The same in seconds.';

    -- each sum is made before it meets another: a join would count a cost once per deal
    CREATE OR REPLACE VIEW campaign_results WITH (security_invoker = true) AS
    WITH reached AS (
        SELECT w.campaign, count(*) AS leads, count(*) FILTER (WHERE l.fit > 0) AS fitting, count(*) FILTER (WHERE w.mql) AS mqls,
               count(*) FILTER (WHERE h.accepted) AS accepted, count(*) FILTER (WHERE h.rejected) AS rejected,
               count(*) FILTER (WHERE w.sql) AS sqls, count(*) FILTER (WHERE w.opportunity) AS opportunities,
               count(*) FILTER (WHERE w.customer) AS customers, min(w.entered_at) AS first_at, max(w.entered_at) AS last_at
        FROM (SELECT f.lead_id, f.campaign, min(f.entered_at) AS entered_at, bool_or(f.mql_at IS NOT NULL) AS mql,
                     bool_or(f.sql_at IS NOT NULL) AS sql, bool_or(f.opportunity_at IS NOT NULL) AS opportunity,
                     bool_or(f.won_at IS NOT NULL) AS customer
              FROM lead_fact AS f
              WHERE f.campaign IS NOT NULL
              GROUP BY f.lead_id, f.campaign) AS w
        JOIN lead AS l ON l.id = w.lead_id
        LEFT JOIN (SELECT o.lead_id, bool_or(o.decision IN ('accepted', 'auto_accepted')) AS accepted,
                          bool_or(o.decision = 'rejected') AS rejected
                   FROM handoff AS o
                   WHERE o.direction = 'to_sales'
                   GROUP BY o.lead_id) AS h ON h.lead_id = w.lead_id
        GROUP BY w.campaign
    ), sold AS (
        SELECT f.campaign, sum(f.amount) FILTER (WHERE f.state = 'open') AS pipeline, sum(f.amount) FILTER (WHERE f.state = 'won') AS revenue,
               count(*) FILTER (WHERE f.state = 'won') AS deals_won, count(*) FILTER (WHERE f.unconverted AND f.state <> 'lost') AS unconverted
        FROM deal_fact AS f
        WHERE f.campaign IS NOT NULL
        GROUP BY f.campaign
    ), spent AS (
        SELECT k.campaign, sum(k.amount) AS cost FROM campaign_cost AS k GROUP BY k.campaign
    ), figure AS (
        SELECT n.campaign, coalesce(r.leads, 0) AS leads, coalesce(r.fitting, 0) AS fitting, coalesce(r.mqls, 0) AS mqls,
               coalesce(r.accepted, 0) AS accepted, coalesce(r.rejected, 0) AS rejected, coalesce(r.sqls, 0) AS sqls,
               coalesce(r.opportunities, 0) AS opportunities, coalesce(r.customers, 0) AS customers,
               coalesce(s.deals_won, 0) AS deals_won, coalesce(s.unconverted, 0) AS unconverted,
               coalesce(s.pipeline, 0) AS pipeline, coalesce(s.revenue, 0) AS revenue, k.cost, r.first_at, r.last_at
        FROM (SELECT c.name AS campaign FROM campaign AS c UNION SELECT r.campaign FROM reached AS r) AS n
        LEFT JOIN reached AS r ON r.campaign = n.campaign
        LEFT JOIN sold AS s ON s.campaign = n.campaign
        LEFT JOIN spent AS k ON k.campaign = n.campaign
    )
    SELECT f.campaign, c.channel, c.persona, c.goal, c.name IS NOT NULL AS is_described, c.starts_on, c.ends_on, c.budget, f.cost,
           f.leads, f.fitting, f.mqls, f.accepted, f.rejected, f.sqls, f.opportunities, f.customers, f.deals_won, f.pipeline, f.revenue,
           f.unconverted, f.cost / nullif(f.leads, 0) AS cost_per_lead, f.cost / nullif(f.mqls, 0) AS cost_per_mql,
           f.cost / nullif(f.sqls, 0) AS cost_per_sql, f.cost / nullif(f.opportunities, 0) AS cost_per_opportunity,
           f.cost / nullif(f.customers, 0) AS cost_per_customer,
           CASE WHEN f.cost > 0 THEN ((f.revenue - f.cost) / f.cost)::float8 END AS roi,
           timezone(g.timezone, f.first_at)::date AS first_day, timezone(g.timezone, f.last_at)::date AS last_day
    FROM figure AS f
    CROSS JOIN setting_values AS g
    LEFT JOIN campaign AS c ON c.name = f.campaign
    ORDER BY f.campaign;

    COMMENT ON VIEW campaign_results IS
        'What came of each campaign: leads whose first campaign it is, how far they got, what they bought and what it cost. A lead that gets somewhere in several cycles counts once. Campaigns that leads name and table campaign does not have are listed too.';
    COMMENT ON COLUMN campaign_results.campaign IS 'The campaign.';
    COMMENT ON COLUMN campaign_results.channel IS 'Its channel; null if not said.';
    COMMENT ON COLUMN campaign_results.persona IS 'Whom it is meant for; null if for all.';
    COMMENT ON COLUMN campaign_results.goal IS 'What it is to achieve; null if not said.';
    COMMENT ON COLUMN campaign_results.is_described IS 'Is it in table campaign? If not, only leads name it.';
    COMMENT ON COLUMN campaign_results.starts_on IS 'First day as planned; null if not said.';
    COMMENT ON COLUMN campaign_results.ends_on IS 'Last day as planned; null if open.';
    COMMENT ON COLUMN campaign_results.budget IS 'What it may cost, in setting currency; null if not said.';
    COMMENT ON COLUMN campaign_results.cost IS 'What it has cost, in setting currency; null if campaign_cost has nothing.';
    COMMENT ON COLUMN campaign_results.leads IS 'Leads whose first campaign it is.';
    COMMENT ON COLUMN campaign_results.fitting IS 'Those with a fit above 0.';
    COMMENT ON COLUMN campaign_results.mqls IS 'Those that entered a stage of kind handoff.';
    COMMENT ON COLUMN campaign_results.accepted IS 'Those that sales accepted, by hand or by the deadline.';
    COMMENT ON COLUMN campaign_results.rejected IS 'Those that sales rejected, for any reason; one that was accepted another time counts in both.';
    COMMENT ON COLUMN campaign_results.sqls IS 'Those that entered the stage sql.';
    COMMENT ON COLUMN campaign_results.opportunities IS 'Those that entered the stage of setting deal_open_stage.';
    COMMENT ON COLUMN campaign_results.customers IS 'Those that entered the stage of setting deal_won_stage.';
    COMMENT ON COLUMN campaign_results.deals_won IS 'Deals that they have won.';
    COMMENT ON COLUMN campaign_results.pipeline IS 'What their open deals are worth, in setting currency.';
    COMMENT ON COLUMN campaign_results.revenue IS 'What the deals won are worth, in setting currency.';
    COMMENT ON COLUMN campaign_results.unconverted IS 'Deals, open or won, that are in neither, since their currency has no rate.';
    COMMENT ON COLUMN campaign_results.cost_per_lead IS 'cost / leads; null if there is none, or no cost. So with the others.';
    COMMENT ON COLUMN campaign_results.cost_per_mql IS 'cost / mqls.';
    COMMENT ON COLUMN campaign_results.cost_per_sql IS 'cost / sqls.';
    COMMENT ON COLUMN campaign_results.cost_per_opportunity IS 'cost / opportunities.';
    COMMENT ON COLUMN campaign_results.cost_per_customer IS 'cost / customers.';
    COMMENT ON COLUMN campaign_results.roi IS '(revenue - cost) / cost: 9 is 900 %; null without a cost.';
    COMMENT ON COLUMN campaign_results.first_day IS 'Day on which its first lead entered, in setting timezone; null without leads.';
    COMMENT ON COLUMN campaign_results.last_day IS 'Day on which its last lead entered; null without leads.';

    CREATE OR REPLACE VIEW campaign_without_goal WITH (security_invoker = true) AS
    SELECT n.campaign, c.channel, c.name IS NOT NULL AS is_described, c.starts_on, c.ends_on, c.budget, k.cost, coalesce(r.leads, 0) AS leads,
           c.goal
    FROM (SELECT b.name AS campaign FROM campaign AS b
          UNION
          SELECT l.campaign FROM lead AS l WHERE l.campaign IS NOT NULL AND l.excluded IS NULL) AS n
    LEFT JOIN campaign AS c ON c.name = n.campaign
    LEFT JOIN (SELECT l.campaign, count(*) AS leads FROM lead AS l WHERE l.excluded IS NULL GROUP BY l.campaign) AS r ON r.campaign = n.campaign
    LEFT JOIN (SELECT x.campaign, sum(x.amount) AS cost FROM campaign_cost AS x GROUP BY x.campaign) AS k ON k.campaign = n.campaign
    WHERE btrim(coalesce(c.goal, '')) = ''
       OR NOT EXISTS (SELECT FROM goal AS g WHERE g.name = c.goal) AND EXISTS (SELECT FROM goal)
    ORDER BY n.campaign;

    COMMENT ON VIEW campaign_without_goal IS
        'Campaigns that do not say what they are to achieve, or, once there are goals, that name none of them; those too that only leads name.';
    COMMENT ON COLUMN campaign_without_goal.campaign IS 'The campaign.';
    COMMENT ON COLUMN campaign_without_goal.channel IS 'Its channel; null if not said.';
    COMMENT ON COLUMN campaign_without_goal.is_described IS 'Is it in table campaign? If not, only leads name it.';
    COMMENT ON COLUMN campaign_without_goal.starts_on IS 'First day as planned; null if not said.';
    COMMENT ON COLUMN campaign_without_goal.ends_on IS 'Last day as planned; null if open.';
    COMMENT ON COLUMN campaign_without_goal.budget IS 'What it may cost, in setting currency; null if not said.';
    COMMENT ON COLUMN campaign_without_goal.cost IS 'What it has cost, in setting currency; null if campaign_cost has nothing.';
    COMMENT ON COLUMN campaign_without_goal.leads IS 'Leads whose first campaign it is.';
    COMMENT ON COLUMN campaign_without_goal.goal IS 'What it says; no name in table goal. Null if it says nothing.';

    /*
     * A touch's name is its channel and, behind U+001F, its campaign.  A deal
     * that is worth nothing, or nobody knows what, is shared out as if it were
     * worth 1: that tells which touches have a part in it.
     */
    CREATE OR REPLACE VIEW attribution_journey WITH (security_invoker = true) AS
    SELECT f.deal_id, f.lead_id, f.account_id, f.closed_at AS converted_at, f.amount AS value, f.unconverted, b.basis, j.credits
    FROM deal_fact AS f
    CROSS JOIN setting_values AS g
    CROSS JOIN LATERAL (SELECT coalesce(nullif(f.amount, 0), 1) AS basis) AS b
    CROSS JOIN LATERAL (
        SELECT smarketing.attribution(e.at, e.touch, e.conversion, e.milestone,
                                      g.attribution_lookback, g.attribution_half_life, 'direct') AS credits
        FROM (SELECT f.closed_at AS at, NULL::text AS touch, b.basis AS conversion, NULL::text AS milestone
              UNION ALL
              SELECT t.at, translate(t.channel, chr(31), '') || coalesce(chr(31) || t.campaign, ''), NULL, NULL
              FROM deal_touch AS t
              WHERE t.deal_id = f.deal_id
                AND t.at > f.closed_at - extract(epoch FROM g.attribution_lookback)::float8 * interval '1 second'
              UNION ALL
              SELECT m.at, NULL, NULL, m.milestone
              FROM lead_fact AS l
              CROSS JOIN LATERAL (VALUES (l.entered_at, 'lead'),
                                         (CASE WHEN f.opened_at = f.closed_at THEN l.opportunity_at END, 'opportunity')) AS m (at, milestone)
              WHERE l.lead_id = f.lead_id AND isfinite(m.at)
              UNION ALL
              SELECT f.opened_at, NULL, NULL, 'opportunity'
              WHERE f.opened_at < f.closed_at AND isfinite(f.opened_at)) AS e) AS j
    WHERE f.state = 'won' AND isfinite(f.closed_at);

    COMMENT ON VIEW attribution_journey IS
        'Deals won, each with the journey to it as smarketing.attribution() returns it: the credit of each touch by each model. attribution_touch has the same in rows.';
    COMMENT ON COLUMN attribution_journey.deal_id IS 'The deal: one conversion.';
    COMMENT ON COLUMN attribution_journey.lead_id IS 'Its lead; null if it has only an account.';
    COMMENT ON COLUMN attribution_journey.account_id IS 'Its account; null if it has only a lead.';
    COMMENT ON COLUMN attribution_journey.converted_at IS 'When it was won.';
    COMMENT ON COLUMN attribution_journey.value IS 'What it is worth in setting currency; null if not known, or without a rate.';
    COMMENT ON COLUMN attribution_journey.unconverted IS 'Is there an amount, but no rate for it?';
    COMMENT ON COLUMN attribution_journey.basis IS 'What the credits sum to: value; 1 where that is 0 or not known.';
    COMMENT ON COLUMN attribution_journey.credits IS 'The credits. A touch is named by its channel and, if it has a campaign, the character U+001F and the campaign. Milestones are the lead''s entry, in each cycle, and the opening of the deal; of a deal that was written down when it was closed, the lead''s opportunity (lead_fact).';

    CREATE OR REPLACE VIEW attribution_touch WITH (security_invoker = true) AS
    SELECT j.deal_id, j.lead_id, j.account_id, j.converted_at, period_of('month', timezone(g.timezone, j.converted_at), g.week_starts_on) AS month,
           j.value, j.unconverted, c.touched_at, split_part(c.touch, chr(31), 1) AS channel,
           nullif(substr(c.touch, length(split_part(c.touch, chr(31), 1)) + 2), '') AS campaign, c."position", c.touches,
           c.first_touch * k.known AS first_touch, c.last_touch * k.known AS last_touch, c.last_non_direct * k.known AS last_non_direct,
           c.linear * k.known AS linear, c.position_based * k.known AS position_based, c.w_shaped * k.known AS w_shaped,
           c.full_path * k.known AS full_path, c.time_decay * k.known AS time_decay
    FROM attribution_journey AS j
    CROSS JOIN setting_values AS g
    CROSS JOIN LATERAL (SELECT sign(j.value) AS known) AS k
    CROSS JOIN LATERAL unnest(j.credits) AS c;

    COMMENT ON VIEW attribution_touch IS
        'One row per deal won and touch on the way to it, with its credit by each model. A deal without a touch in setting attribution_lookback has one row, channel (unattributed); so each model sums to what was won, to the last digit.';
    COMMENT ON COLUMN attribution_touch.deal_id IS 'The deal: one conversion.';
    COMMENT ON COLUMN attribution_touch.lead_id IS 'Its lead; null if it has only an account. The touch may have been of another person of the deal.';
    COMMENT ON COLUMN attribution_touch.account_id IS 'Its account; null if it has only a lead.';
    COMMENT ON COLUMN attribution_touch.converted_at IS 'When it was won.';
    COMMENT ON COLUMN attribution_touch.month IS 'First day of the month in which it was won, in setting timezone.';
    COMMENT ON COLUMN attribution_touch.value IS 'What the deal is worth in setting currency; null if not known, or without a rate: then its credits are null too.';
    COMMENT ON COLUMN attribution_touch.unconverted IS 'Is there an amount, but no rate for it?';
    COMMENT ON COLUMN attribution_touch.touched_at IS 'When the touch happened; null where there was none.';
    COMMENT ON COLUMN attribution_touch.channel IS 'Channel of the touch, else of its campaign, else (unknown); direct where it has neither; (unattributed) where there was none.';
    COMMENT ON COLUMN attribution_touch.campaign IS 'Campaign of the touch; null if none.';
    COMMENT ON COLUMN attribution_touch."position" IS 'Place of the touch among those of the deal, from 1; null where there was none.';
    COMMENT ON COLUMN attribution_touch.touches IS 'Touches of the deal; 0 where there was none.';
    COMMENT ON COLUMN attribution_touch.first_touch IS 'All to the first touch.';
    COMMENT ON COLUMN attribution_touch.last_touch IS 'All to the last touch.';
    COMMENT ON COLUMN attribution_touch.last_non_direct IS 'All to the last touch that is not direct; to the last one if all are.';
    COMMENT ON COLUMN attribution_touch.linear IS 'The same to each touch.';
    COMMENT ON COLUMN attribution_touch.position_based IS '40 % to the first, 40 % to the last, 20 % over those between.';
    COMMENT ON COLUMN attribution_touch.w_shaped IS '30 % each to the first touch, and to the last ones before the lead''s entry and before the deal''s opening; 10 % over the others.';
    COMMENT ON COLUMN attribution_touch.full_path IS '22.5 % each to these and to the last touch, 10 % over the others.';
    COMMENT ON COLUMN attribution_touch.time_decay IS 'By age: half for each setting attribution_half_life.';

    CREATE OR REPLACE VIEW attribution_period WITH (security_invoker = true) AS
    SELECT q.per, q.period, q.model, q.channel, sum(q.conversions)::bigint AS conversions, sum(q.value) AS value,
           (sum(q.value) / nullif(sum(sum(q.value)) OVER (PARTITION BY q.per, q.period, q.model), 0))::float8 AS share,
           sum(q.cost) AS cost, CASE WHEN sum(q.cost) > 0 THEN (sum(q.value) / sum(q.cost))::float8 END AS roas
    FROM (SELECT p.per, period_of(p.per, timezone(g.timezone, d.converted_at), g.week_starts_on) AS period, m.model, d.channel,
                 count(*) FILTER (WHERE m.credit > 0) AS conversions, coalesce(sum(m.credit * d.known), 0) AS value, NULL::numeric AS cost
          FROM (SELECT j.deal_id, j.converted_at, sign(j.value) AS known, split_part(c.touch, chr(31), 1) AS channel,
                       sum(c.first_touch) AS first_touch, sum(c.last_touch) AS last_touch, sum(c.last_non_direct) AS last_non_direct,
                       sum(c.linear) AS linear, sum(c.position_based) AS position_based, sum(c.w_shaped) AS w_shaped,
                       sum(c.full_path) AS full_path, sum(c.time_decay) AS time_decay
                FROM attribution_journey AS j
                CROSS JOIN LATERAL unnest(j.credits) AS c
                GROUP BY j.deal_id, j.converted_at, sign(j.value), split_part(c.touch, chr(31), 1)) AS d
          CROSS JOIN setting_values AS g
          CROSS JOIN LATERAL (VALUES ('first_touch', d.first_touch), ('last_touch', d.last_touch), ('last_non_direct', d.last_non_direct),
                                     ('linear', d.linear), ('position_based', d.position_based), ('w_shaped', d.w_shaped),
                                     ('full_path', d.full_path), ('time_decay', d.time_decay)) AS m (model, credit)
          CROSS JOIN (VALUES ('week'), ('month'), ('quarter')) AS p (per)
          GROUP BY p.per, period_of(p.per, timezone(g.timezone, d.converted_at), g.week_starts_on), m.model, d.channel
          UNION ALL
          SELECT p.per, period_of(p.per, k.day, g.week_starts_on), m.model, coalesce(c.channel, '(unknown)'), 0, 0, sum(k.amount)
          FROM campaign_cost AS k
          JOIN campaign AS c ON c.name = k.campaign
          CROSS JOIN setting_values AS g
          CROSS JOIN (VALUES ('first_touch'), ('last_touch'), ('last_non_direct'), ('linear'), ('position_based'), ('w_shaped'),
                             ('full_path'), ('time_decay')) AS m (model)
          CROSS JOIN (VALUES ('week'), ('month'), ('quarter')) AS p (per)
          GROUP BY p.per, period_of(p.per, k.day, g.week_starts_on), m.model, coalesce(c.channel, '(unknown)')) AS q
    GROUP BY q.per, q.period, q.model, q.channel;

    COMMENT ON VIEW attribution_period IS
        'What each channel has brought, by model and period: a deal belongs to the period in which it was won, a cost to that of its day. Values sum over the channels to what was won, to the last digit.';
    COMMENT ON COLUMN attribution_period.per IS 'week, month or quarter.';
    COMMENT ON COLUMN attribution_period.period IS 'First day of the period, in setting timezone.';
    COMMENT ON COLUMN attribution_period.model IS 'first_touch, last_touch, last_non_direct, linear, position_based, w_shaped, full_path or time_decay.';
    COMMENT ON COLUMN attribution_period.channel IS 'Channel of the touches, as in attribution_touch.';
    COMMENT ON COLUMN attribution_period.conversions IS 'Deals won in which it has a part by this model; those too whose value is not known. Overlap between channels.';
    COMMENT ON COLUMN attribution_period.value IS 'Its part of what they are worth, in setting currency.';
    COMMENT ON COLUMN attribution_period.share IS 'value by that of all channels, 0 to 1; null if nothing was won.';
    COMMENT ON COLUMN attribution_period.cost IS 'What the campaigns of the channel have cost; null if campaign_cost has nothing.';
    COMMENT ON COLUMN attribution_period.roas IS 'value / cost; null without a cost.';

    CREATE OR REPLACE VIEW attribution_channel WITH (security_invoker = true) AS
    SELECT q.model, q.channel, sum(q.conversions)::bigint AS conversions, sum(q.value) AS value,
           (sum(q.value) / nullif(sum(sum(q.value)) OVER (PARTITION BY q.model), 0))::float8 AS share,
           sum(q.cost) AS cost, CASE WHEN sum(q.cost) > 0 THEN (sum(q.value) / sum(q.cost))::float8 END AS roas
    FROM attribution_period AS q
    WHERE q.per = 'month'
    GROUP BY q.model, q.channel
    ORDER BY array_position(ARRAY['first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'w_shaped', 'full_path',
                                  'time_decay'], q.model), sum(q.value) DESC, q.channel;

    COMMENT ON VIEW attribution_channel IS
        'What each channel has brought, by model, of all time. Values sum over the channels to what was won, to the last digit.';
    COMMENT ON COLUMN attribution_channel.model IS 'first_touch, last_touch, last_non_direct, linear, position_based, w_shaped, full_path or time_decay.';
    COMMENT ON COLUMN attribution_channel.channel IS 'Channel of the touches, as in attribution_touch.';
    COMMENT ON COLUMN attribution_channel.conversions IS 'Deals won in which it has a part by this model; those too whose value is not known. Overlap between channels.';
    COMMENT ON COLUMN attribution_channel.value IS 'Its part of what they are worth, in setting currency.';
    COMMENT ON COLUMN attribution_channel.share IS 'value by that of all channels, 0 to 1; null if nothing was won.';
    COMMENT ON COLUMN attribution_channel.cost IS 'What the campaigns of the channel have cost; null if campaign_cost has nothing.';
    COMMENT ON COLUMN attribution_channel.roas IS 'value / cost; null without a cost.';
END
$body$;
COMMENT ON FUNCTION workspace_attribution_views() IS
'Makes or replaces the views of revenue and their comments in the workspace that search_path points at. Internal.';
