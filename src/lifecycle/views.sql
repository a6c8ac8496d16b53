/*
 * Views of the lifecycle.  Plain SQL on the workspace's own tables: they
 * outlive DROP EXTENSION.  Columns are only ever appended.
 *
 * A lead that is excluded, or deleted, is in no figure; lead_timeline and
 * violations show it, since they are records and no figures.
 */
CREATE FUNCTION workspace_lifecycle_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    /*
     * A function of the workspace, not of the extension: its body is read when
     * it runs, so that lead_fact outlives DROP EXTENSION.
     */
    CREATE OR REPLACE FUNCTION response_working(hours text, from_at timestamptz, to_at timestamptz) RETURNS interval
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 20 SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        IF to_regtype('smarketing.working_hours') IS NULL THEN
            RETURN NULL;
        END IF;
        RETURN smarketing.working_time(hours::smarketing.working_hours, from_at, to_at);
    END
    $function$;
    COMMENT ON FUNCTION response_working(text, timestamptz, timestamptz) IS
        'Working time between two instants, of working hours as text; for lead_fact.response_working. Null if an argument is null, or while the extension is not there.';

    /*
     * The settings that views read, typed, in one row: a view says
     * CROSS JOIN setting_values AS g.  One that is missing or unreadable has
     * the template's value.
     */
    CREATE OR REPLACE VIEW setting_values WITH (security_invoker = true) AS
    SELECT coalesce(max(s.value #>> '{}') FILTER (WHERE s.name = 'timezone'), 'UTC') AS timezone,
           coalesce(max(s.value #>> '{}') FILTER (WHERE s.name = 'week_starts_on'), '1')::int AS week_starts_on,
           coalesce(max(s.value #>> '{}') FILTER (WHERE s.name = 'currency'), 'EUR') AS currency,
           coalesce(max(s.value #>> '{}') FILTER (WHERE s.name = 'language'), 'en') AS language,
           max(s.value #>> '{}') FILTER (WHERE s.name = 'deal_open_stage') AS deal_open_stage,
           max(s.value #>> '{}') FILTER (WHERE s.name = 'deal_won_stage') AS deal_won_stage,
           max(s.value #>> '{}') FILTER (WHERE s.name = 'deal_lost_stage') AS deal_lost_stage,
           coalesce(max(s.value #>> '{}') FILTER (WHERE s.name = 'attribution_lookback'), '90 days')::interval AS attribution_lookback,
           coalesce(max(s.value #>> '{}') FILTER (WHERE s.name = 'attribution_half_life'), '7 days')::interval AS attribution_half_life
    FROM setting AS s;

    COMMENT ON VIEW setting_values IS
        'The settings that views read, as one row with types; a missing one has the standard value.';
    COMMENT ON COLUMN setting_values.timezone IS 'Time zone in which periods are cut; UTC if not set.';
    COMMENT ON COLUMN setting_values.week_starts_on IS 'First day of the week: 1 (Monday, also if not set) to 7.';
    COMMENT ON COLUMN setting_values.currency IS 'Currency of amounts; EUR if not set.';
    COMMENT ON COLUMN setting_values.language IS 'Language of labels; en if not set.';
    COMMENT ON COLUMN setting_values.deal_open_stage IS 'Stage of a lead with an open deal; null if not set.';
    COMMENT ON COLUMN setting_values.deal_won_stage IS 'Stage of a lead with a won deal; null if not set.';
    COMMENT ON COLUMN setting_values.deal_lost_stage IS 'Stage of a lead whose deals are all lost; null if not set.';
    COMMENT ON COLUMN setting_values.attribution_lookback IS 'How long before a deal is won touches get credit for it; 90 days if not set.';
    COMMENT ON COLUMN setting_values.attribution_half_life IS 'Half-life of a touch''s credit by time decay; 7 days if not set.';

    /*
     * Functions of the workspace, like response_working(), so that views that
     * use them outlive DROP EXTENSION.  Plain expressions: the planner puts
     * them in line.  The zone and the first day of the week come from
     * setting_values.
     */
    CREATE OR REPLACE FUNCTION period_of(per text, local timestamp, week_starts_on int) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE per WHEN 'week' THEN date_trunc('week', local - (week_starts_on - 1) * interval '1 day')::date + (week_starts_on - 1)
                    WHEN 'month' THEN date_trunc('month', local)::date
                    WHEN 'quarter' THEN date_trunc('quarter', local)::date
                    WHEN 'year' THEN date_trunc('year', local)::date END;
    COMMENT ON FUNCTION period_of(text, timestamp, int) IS
        'First day of the week, month, quarter or year that a local time falls into; weeks begin on week_starts_on, 1 (Monday) to 7. Null for another period, or if an argument is null.';

    CREATE OR REPLACE FUNCTION period_length(per text) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE per WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month'
                    WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END;
    COMMENT ON FUNCTION period_length(text) IS
        'How long a week, month, quarter or year is: period + period_length(per) begins the next one. Null for anything else.';

    /*
     * What a deal is worth in setting currency has its home here.  Settings
     * are scalar subqueries, read once a query also where this view is inside
     * of a lateral one; the rate is looked up once a deal.
     */
    CREATE OR REPLACE VIEW deal_value WITH (security_invoker = true) AS
    SELECT v.deal_id, v.external_id, v.name, v.lead_id, v.account_id, v.owner, v.opened_at, v.expected_close, v.closed_at, v.won,
           v.reason, v.probability, v.given_amount, v.currency, v.rate, v.given_amount * v.rate AS amount,
           v.given_amount IS NOT NULL AND v.rate IS NULL AS unconverted
    FROM (SELECT d.id AS deal_id, d.external_id, d.name, d.lead_id, d.account_id, d.owner, d.opened_at, d.expected_close, d.closed_at,
                 d.won, d.reason, d.probability, d.amount AS given_amount,
                 coalesce(d.currency, (SELECT g.currency FROM setting_values AS g)) AS currency,
                 CASE WHEN d.currency <> (SELECT g.currency FROM setting_values AS g) THEN x.rate ELSE 1 END AS rate
          FROM deal AS d
          LEFT JOIN LATERAL (SELECT r.rate
                             FROM exchange_rate AS r
                             WHERE d.currency <> (SELECT g.currency FROM setting_values AS g) AND r.currency = d.currency
                               AND r.day <= timezone((SELECT g.timezone FROM setting_values AS g), coalesce(d.closed_at, now()))::date
                             ORDER BY r.day DESC LIMIT 1) AS x ON true) AS v;

    COMMENT ON VIEW deal_value IS
        'Deals with what they are worth in setting currency: at the rate of the day on which they were closed, of today while they are open. Deals of excluded leads too.';
    COMMENT ON COLUMN deal_value.deal_id IS 'The deal.';
    COMMENT ON COLUMN deal_value.external_id IS 'Its id in another system; null if none.';
    COMMENT ON COLUMN deal_value.name IS 'Name for people.';
    COMMENT ON COLUMN deal_value.lead_id IS 'Its lead; null if it has only an account.';
    COMMENT ON COLUMN deal_value.account_id IS 'Its account; null if it has only a lead.';
    COMMENT ON COLUMN deal_value.owner IS 'Member who works on the deal; null if nobody.';
    COMMENT ON COLUMN deal_value.opened_at IS 'When it was opened.';
    COMMENT ON COLUMN deal_value.expected_close IS 'Day on which it is expected to close; null if not said.';
    COMMENT ON COLUMN deal_value.closed_at IS 'When it was closed; null while it is open.';
    COMMENT ON COLUMN deal_value.won IS 'Was it won? Null while it is open.';
    COMMENT ON COLUMN deal_value.reason IS 'Why it was lost; null if it was not, or not said.';
    COMMENT ON COLUMN deal_value.probability IS 'Probability of winning, 0 to 1; null if not said.';
    COMMENT ON COLUMN deal_value.given_amount IS 'Worth as it was written down, in currency; null if not known.';
    COMMENT ON COLUMN deal_value.currency IS 'Currency of given_amount; setting currency where the deal names none.';
    COMMENT ON COLUMN deal_value.rate IS 'Units of setting currency for one unit of currency; null where exchange_rate has none for the day.';
    COMMENT ON COLUMN deal_value.amount IS 'given_amount x rate, not rounded: worth in setting currency. Null where either is not known.';
    COMMENT ON COLUMN deal_value.unconverted IS 'Is there an amount, but no rate for it? Such a deal is listed and never summed.';

    /*
     * Whose working time a department's is, where a member or a team has no
     * calendar: that of the newest agreement that both have signed.
     */
    CREATE OR REPLACE VIEW department_calendar WITH (security_invoker = true) AS
    SELECT d.department, c.calendar, y.hours
    FROM (VALUES ('marketing'), ('sales')) AS d (department)
    CROSS JOIN LATERAL (SELECT coalesce((SELECT o.calendar FROM commitment AS o JOIN agreement AS e ON e.id = o.agreement_id
                                         WHERE o.kind = 'response' AND o.department = d.department AND o.calendar IS NOT NULL
                                           AND e.marketing_signed_at IS NOT NULL AND e.sales_signed_at IS NOT NULL
                                         ORDER BY e.valid DESC, o.id LIMIT 1),
                                        (SELECT min(n.name) FROM calendar AS n HAVING count(*) = 1)) AS calendar) AS c
    LEFT JOIN calendar AS y ON y.name = c.calendar;

    COMMENT ON VIEW department_calendar IS
        'The calendar of each department, for views: the one by which it owes answers in the newest agreement that both have signed, else the only calendar that there is.';
    COMMENT ON COLUMN department_calendar.department IS 'marketing or sales.';
    COMMENT ON COLUMN department_calendar.calendar IS 'Name of the calendar; null if nothing is signed and there are none or several.';
    COMMENT ON COLUMN department_calendar.hours IS 'Its working hours, as text; null without a calendar.';

    /*
     * A cycle lasts from its first move to the first move of the next one.
     * What has no cycle of its own falls into one by its time: an activity by
     * when it happened, a deal by when it was closed; an open deal is in the
     * last cycle.  What happened before the first move is in the first cycle.
     */
    CREATE OR REPLACE VIEW lead_fact WITH (security_invoker = true) AS
    SELECT l.id AS lead_id, c.cycle, l.account_id, l.origin, l.source, l.campaign, ca.channel, l.persona, l.country,
           w.owner, coalesce(m.team, h.team) AS team,
           c.entered_at, c.mql_at, h.offered_at, h.decided_at, h.decision,
           CASE WHEN h.decision IN ('rejected', 'merged') THEN h.reason END AS reject_reason,
           c.sal_at, a.first_attempt_at, a.first_contact_at, a.attempts, c.sql_at, c.opportunity_at, c.won_at, c.lost_at,
           c.recycled_at, d.open_amount, d.won_amount,
           c.next_at IS NULL AND EXISTS (SELECT FROM stage AS s
                                         WHERE s.name = l.stage AND s.kind IN ('inventory', 'handoff')) AS is_open,
           response_working((SELECT y.hours FROM calendar AS y WHERE y.name = coalesce(m.calendar, t.calendar, g.calendar)),
                            h.offered_at, a.first_attempt_at) AS response_working
    FROM (SELECT x.lead_id, x.cycle, min(x.at) AS entered_at,
                 lead(min(x.at)) OVER (PARTITION BY x.lead_id ORDER BY x.cycle) AS next_at,
                 row_number() OVER (PARTITION BY x.lead_id ORDER BY x.cycle) = 1 AS is_first,
                 min(x.at) FILTER (WHERE s.kind = 'handoff') AS mql_at,
                 min(x.at) FILTER (WHERE x.to_stage = 'sal') AS sal_at,
                 min(x.at) FILTER (WHERE x.to_stage = 'sql') AS sql_at,
                 min(x.at) FILTER (WHERE x.to_stage = k.deal_open_stage) AS opportunity_at,
                 min(x.at) FILTER (WHERE x.to_stage = k.deal_won_stage) AS won_at,
                 min(x.at) FILTER (WHERE x.to_stage = k.deal_lost_stage) AS lost_at,
                 min(x.at) FILTER (WHERE s.kind = 'detour') AS recycled_at
          FROM stage_change AS x
          LEFT JOIN stage AS s ON s.name = x.to_stage
          CROSS JOIN setting_values AS k
          GROUP BY x.lead_id, x.cycle) AS c
    JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
    LEFT JOIN campaign AS ca ON ca.name = l.campaign
    -- a subquery of its own, so that it is sorted once, and not at all where none of its columns is read
    LEFT JOIN (SELECT DISTINCT ON (o.lead_id, o.cycle) o.lead_id, o.cycle,
                      min(o.offered_at) OVER (PARTITION BY o.lead_id, o.cycle) AS offered_at,
                      o.decided_at, o.decision, o.reason, o.owner, o.team
               FROM handoff AS o
               WHERE o.direction = 'to_sales'
               ORDER BY o.lead_id, o.cycle, o.offered_at DESC, o.id DESC) AS h ON h.lead_id = c.lead_id AND h.cycle = c.cycle
    CROSS JOIN LATERAL (SELECT CASE WHEN c.next_at IS NULL THEN coalesce(l.owner, h.owner) ELSE h.owner END AS owner) AS w
    LEFT JOIN member AS m ON m.name = w.owner
    LEFT JOIN team AS t ON t.name = coalesce(m.team, h.team)
    JOIN department_calendar AS g ON g.department = 'sales'
    CROSS JOIN (SELECT array_agg(name) FILTER (WHERE is_attempt) AS attempts,
                       array_agg(name) FILTER (WHERE is_contact) AS contacts
                FROM activity_kind
                WHERE department IS DISTINCT FROM 'marketing') AS k
    LEFT JOIN LATERAL (SELECT min(v.at) FILTER (WHERE v.kind = ANY (k.attempts)) AS first_attempt_at,
                              min(v.at) FILTER (WHERE v.kind = ANY (k.contacts)) AS first_contact_at,
                              count(*) FILTER (WHERE v.kind = ANY (k.attempts)) AS attempts
                       FROM activity AS v
                       WHERE v.lead_id = c.lead_id
                         AND v.at >= coalesce(h.offered_at, CASE WHEN c.is_first THEN '-infinity' ELSE c.entered_at END)
                         AND (c.next_at IS NULL OR v.at < c.next_at)) AS a ON true
    LEFT JOIN LATERAL (SELECT sum(e.amount) FILTER (WHERE e.won IS NULL) AS open_amount,
                              sum(e.amount) FILTER (WHERE e.won) AS won_amount
                       FROM deal_value AS e
                       WHERE e.lead_id = c.lead_id
                         AND (c.is_first OR e.closed_at IS NULL OR e.closed_at >= c.entered_at)
                         AND (c.next_at IS NULL OR e.closed_at < c.next_at)) AS d ON true;

    COMMENT ON VIEW lead_fact IS
        'One row per lead and cycle: what became of it, and when. Times are those of the first such event in the cycle, null if there was none. Excluded and deleted leads are left out.';
    COMMENT ON COLUMN lead_fact.lead_id IS 'The lead.';
    COMMENT ON COLUMN lead_fact.cycle IS 'Its round through the lifecycle, from 1.';
    COMMENT ON COLUMN lead_fact.account_id IS 'Account of the lead, as it is now; null if none.';
    COMMENT ON COLUMN lead_fact.origin IS 'Origin of the lead.';
    COMMENT ON COLUMN lead_fact.source IS 'First source; null if not known.';
    COMMENT ON COLUMN lead_fact.campaign IS 'First campaign; null if none.';
    COMMENT ON COLUMN lead_fact.channel IS 'Channel of the first campaign; null if not known.';
    COMMENT ON COLUMN lead_fact.persona IS 'Persona, as it is now; null if none.';
    COMMENT ON COLUMN lead_fact.country IS 'Country, as it is now; null if not known.';
    COMMENT ON COLUMN lead_fact.owner IS 'Last cycle: owner of the lead, else of its last handoff to sales. Earlier cycles: owner of the last handoff to sales in the cycle. Null if nobody.';
    COMMENT ON COLUMN lead_fact.team IS 'Team of the owner, else the one that the handoff was routed to; null if none.';
    COMMENT ON COLUMN lead_fact.entered_at IS 'First move of the cycle; in cycle 1 the lead''s entry.';
    COMMENT ON COLUMN lead_fact.mql_at IS 'Entry into a stage of kind handoff.';
    COMMENT ON COLUMN lead_fact.offered_at IS 'First handoff to sales.';
    COMMENT ON COLUMN lead_fact.decided_at IS 'Decision of the cycle''s last handoff to sales; null while it is open.';
    COMMENT ON COLUMN lead_fact.decision IS 'What the decision was.';
    COMMENT ON COLUMN lead_fact.reject_reason IS 'Why the last handoff to sales was rejected; null if it was not.';
    COMMENT ON COLUMN lead_fact.sal_at IS 'Entry into the stage sal.';
    COMMENT ON COLUMN lead_fact.first_attempt_at IS 'First attempt that is not marketing''s, since the offer, or since the cycle began where there was no offer.';
    COMMENT ON COLUMN lead_fact.first_contact_at IS 'First contact, counted from the same instant as the attempts.';
    COMMENT ON COLUMN lead_fact.attempts IS 'Number of such attempts.';
    COMMENT ON COLUMN lead_fact.sql_at IS 'Entry into the stage sql.';
    COMMENT ON COLUMN lead_fact.opportunity_at IS 'Entry into the stage of setting deal_open_stage.';
    COMMENT ON COLUMN lead_fact.won_at IS 'Entry into the stage of setting deal_won_stage.';
    COMMENT ON COLUMN lead_fact.lost_at IS 'Entry into the stage of setting deal_lost_stage.';
    COMMENT ON COLUMN lead_fact.recycled_at IS 'Entry into a stage of kind detour.';
    COMMENT ON COLUMN lead_fact.open_amount IS 'Sum of the lead''s open deals, in the last cycle, in setting currency; deals in a currency without a rate are left out. Null if there is none.';
    COMMENT ON COLUMN lead_fact.won_amount IS 'Sum of the lead''s deals won in the cycle, in setting currency; deals in a currency without a rate are left out. Null if there is none.';
    COMMENT ON COLUMN lead_fact.is_open IS 'Does the lead stand, in this cycle, in a stage of kind inventory or handoff? A recycled lead is not open.';
    COMMENT ON COLUMN lead_fact.response_working IS 'Working time from the first handoff to sales to the first attempt: in the calendar of the owner, else of the team, else of what sales have signed, else the only calendar. Null without an attempt or a calendar, and while the extension is dropped.';

    CREATE OR REPLACE VIEW lead_board WITH (security_invoker = true) AS
    SELECT l.id AS lead_id, l.name, l.company, l.email, l.stage, coalesce(s.label, s.name) AS stage_label, s.position, s.department,
           s.kind AS stage_kind, l.stage_since, now() - l.stage_since AS in_stage, l.cycle, l.owner, m.team, l.persona, l.campaign,
           l.fit, l.engagement, l.score, l.band, l.reason, l.follow_up_on, h.id AS open_handoff,
           a.at AS last_activity_at, a.kind AS last_activity, d.open_deals, d.open_amount
    FROM lead AS l
    LEFT JOIN stage AS s ON s.name = l.stage
    LEFT JOIN member AS m ON m.name = l.owner
    LEFT JOIN handoff AS h ON h.lead_id = l.id AND h.direction = 'to_sales' AND h.decision IS NULL
    LEFT JOIN LATERAL (SELECT v.at, v.kind FROM activity AS v WHERE v.lead_id = l.id
                       ORDER BY v.at DESC, v.id DESC LIMIT 1) AS a ON true
    LEFT JOIN LATERAL (SELECT count(*) AS open_deals, sum(e.amount) AS open_amount
                       FROM deal_value AS e WHERE e.lead_id = l.id AND e.won IS NULL) AS d ON true
    WHERE l.excluded IS NULL
    ORDER BY s.position, l.stage, l.stage_since, l.id;

    COMMENT ON VIEW lead_board IS
        'Where each lead stands, by stage and then longest there first. Excluded leads are left out.';
    COMMENT ON COLUMN lead_board.lead_id IS 'The lead.';
    COMMENT ON COLUMN lead_board.name IS 'Name of the person; null if not known.';
    COMMENT ON COLUMN lead_board.company IS 'Company; null if not known.';
    COMMENT ON COLUMN lead_board.email IS 'Address; null if not known.';
    COMMENT ON COLUMN lead_board.stage IS 'Stage where it stands.';
    COMMENT ON COLUMN lead_board.stage_label IS 'Label of the stage.';
    COMMENT ON COLUMN lead_board.position IS 'Position of the stage.';
    COMMENT ON COLUMN lead_board.department IS 'Department accountable for the stage.';
    COMMENT ON COLUMN lead_board.stage_kind IS 'Kind of the stage.';
    COMMENT ON COLUMN lead_board.stage_since IS 'Since when it stands there.';
    COMMENT ON COLUMN lead_board.in_stage IS 'How long it has stood there, by the wall clock.';
    COMMENT ON COLUMN lead_board.cycle IS 'Its round through the lifecycle.';
    COMMENT ON COLUMN lead_board.owner IS 'Who works on it; null if nobody.';
    COMMENT ON COLUMN lead_board.team IS 'Team of the owner; null if none.';
    COMMENT ON COLUMN lead_board.persona IS 'Persona; null if none.';
    COMMENT ON COLUMN lead_board.campaign IS 'First campaign; null if none.';
    COMMENT ON COLUMN lead_board.fit IS 'Points for who it is.';
    COMMENT ON COLUMN lead_board.engagement IS 'Points for what it does, as of its last activity.';
    COMMENT ON COLUMN lead_board.score IS 'fit + engagement, as of its last activity.';
    COMMENT ON COLUMN lead_board.band IS 'Band of the score; null if none.';
    COMMENT ON COLUMN lead_board.reason IS 'Reason of the last move; null if it needed none.';
    COMMENT ON COLUMN lead_board.follow_up_on IS 'Day to come back to it; null if none.';
    COMMENT ON COLUMN lead_board.open_handoff IS 'Its open handoff to sales; null if there is none.';
    COMMENT ON COLUMN lead_board.last_activity_at IS 'When its last activity was; null if there is none.';
    COMMENT ON COLUMN lead_board.last_activity IS 'Kind of its last activity; null if there is none.';
    COMMENT ON COLUMN lead_board.open_deals IS 'Number of its open deals.';
    COMMENT ON COLUMN lead_board.open_amount IS 'Sum of its open deals in setting currency; those in a currency without a rate are left out. Null if there is none.';

    -- at one instant: what caused it, the moves, what they decide, what they open
    CREATE OR REPLACE VIEW lead_timeline WITH (security_invoker = true) AS
    SELECT t.lead_id, t.at, t.what, t.title, t.detail, t.actor, t.cycle, t.id
    FROM (SELECT v.lead_id, v.at, 1 AS ordinal, 'activity' AS what, coalesce(k.label, v.kind) AS title,
                 nullif(concat_ws(', ', v.campaign, v.channel, v.direction), '') AS detail, v.actor, NULL::int AS cycle, v.id
          FROM activity AS v
          LEFT JOIN activity_kind AS k ON k.name = v.kind
          UNION ALL
          SELECT d.lead_id, d.opened_at, 2, 'deal_opened', coalesce(d.name, 'deal ' || d.id),
                 nullif(concat_ws(' ', d.amount, d.currency), ''), d.owner, NULL, d.id
          FROM deal AS d
          WHERE d.lead_id IS NOT NULL
          UNION ALL
          SELECT d.lead_id, d.closed_at, 3, CASE WHEN d.won THEN 'deal_won' ELSE 'deal_lost' END, coalesce(d.name, 'deal ' || d.id),
                 nullif(concat_ws(' ', d.amount, d.currency, coalesce(r.label, d.reason)), ''), d.owner, NULL, d.id
          FROM deal AS d
          LEFT JOIN reason AS r ON r.name = d.reason
          WHERE d.lead_id IS NOT NULL AND d.closed_at IS NOT NULL
          UNION ALL
          SELECT c.lead_id, c.at, 4, 'move', concat_ws(' → ', coalesce(f.label, c.from_stage), coalesce(s.label, c.to_stage)),
                 nullif(concat_ws('; ', coalesce(r.label, c.reason), c.note,
                                  CASE WHEN c.automatic THEN 'automatic' END, CASE WHEN c.implied THEN 'implied' END,
                                  'violation ' || c.violation, 'import ' || c.import_batch), ''),
                 c.actor, c.cycle, c.id
          FROM stage_change AS c
          LEFT JOIN stage AS f ON f.name = c.from_stage
          LEFT JOIN stage AS s ON s.name = c.to_stage
          LEFT JOIN reason AS r ON r.name = c.reason
          UNION ALL
          SELECT h.lead_id, h.offered_at, 6, 'handoff_offered', h.direction,
                 nullif(concat_ws(', ', h.team, h.owner), ''), h.offered_by, h.cycle, h.id
          FROM handoff AS h
          UNION ALL
          SELECT h.lead_id, h.decided_at, CASE WHEN h.decided_at > h.offered_at THEN 5 ELSE 7 END, 'handoff_decided', h.decision,
                 -- a lead given back carries why sales gave it back: no word of marketing's, who take it on
                 CASE WHEN h.direction = 'to_sales' THEN nullif(concat_ws('; ', coalesce(r.label, h.reason), h.note), '') END,
                 h.decided_by, h.cycle, h.id
          FROM handoff AS h
          LEFT JOIN reason AS r ON r.name = h.reason
          WHERE h.decided_at IS NOT NULL) AS t
    ORDER BY t.lead_id, t.at, t.ordinal, t.id;

    COMMENT ON VIEW lead_timeline IS
        'Everything that happened to a lead, in order: activities, deals, moves, handoffs. Excluded leads, and what is left of deleted ones, are shown too.';
    COMMENT ON COLUMN lead_timeline.lead_id IS 'The lead.';
    COMMENT ON COLUMN lead_timeline.at IS 'When it happened.';
    COMMENT ON COLUMN lead_timeline.what IS 'activity, deal_opened, deal_won, deal_lost, move, handoff_offered or handoff_decided.';
    COMMENT ON COLUMN lead_timeline.title IS 'What happened, with the labels of the workspace.';
    COMMENT ON COLUMN lead_timeline.detail IS 'The particulars; null if there are none.';
    COMMENT ON COLUMN lead_timeline.actor IS 'Who did it; null if the lead did, a rule did, or it is unknown.';
    COMMENT ON COLUMN lead_timeline.cycle IS 'Cycle of moves and handoffs; null for the others.';
    COMMENT ON COLUMN lead_timeline.id IS 'Number of the activity, deal, move or handoff.';

    CREATE OR REPLACE VIEW violations WITH (security_invoker = true) AS
    SELECT c.id, c.lead_id, l.name, c.at, c.from_stage, c.to_stage, c.actor, c.department, c.reason, c.violation,
           CASE c.violation
               WHEN 'SM001' THEN 'no such transition'
               WHEN 'SM002' THEN 'the condition of the transition did not hold'
               WHEN 'SM003' THEN 'not by this department'
               WHEN 'SM004' THEN 'reason missing, unknown or of the wrong kind'
               WHEN 'SM009' THEN 'unknown actor'
               WHEN 'SM011' THEN 'time out of bounds'
           END AS meaning,
           c.recorded_at, c.import_batch
    FROM stage_change AS c
    LEFT JOIN lead AS l ON l.id = c.lead_id
    WHERE c.violation IS NOT NULL
    ORDER BY c.at DESC, c.id DESC;

    COMMENT ON VIEW violations IS
        'Moves that setting transition_mode = observe let through and enforce would have refused; newest first.';
    COMMENT ON COLUMN violations.id IS 'Number of the move in stage_change.';
    COMMENT ON COLUMN violations.lead_id IS 'The lead.';
    COMMENT ON COLUMN violations.name IS 'Name of the person; null if not known, or deleted.';
    COMMENT ON COLUMN violations.at IS 'When the move took place.';
    COMMENT ON COLUMN violations.from_stage IS 'Stage that it left; null means entry.';
    COMMENT ON COLUMN violations.to_stage IS 'Stage that it went to.';
    COMMENT ON COLUMN violations.actor IS 'Who made it; null if unknown.';
    COMMENT ON COLUMN violations.department IS 'Department of the actor; null if unknown.';
    COMMENT ON COLUMN violations.reason IS 'Reason given; null if none.';
    COMMENT ON COLUMN violations.violation IS 'SQLSTATE that would have refused it.';
    COMMENT ON COLUMN violations.meaning IS 'What the SQLSTATE means; null for one that is not a move''s.';
    COMMENT ON COLUMN violations.recorded_at IS 'When it was written down.';
    COMMENT ON COLUMN violations.import_batch IS 'Batch of the import that wrote it; null if none.';
END
$body$;
COMMENT ON FUNCTION workspace_lifecycle_views() IS
'Makes or replaces the lifecycle''s views and their comments in the workspace that search_path points at. Internal.';
