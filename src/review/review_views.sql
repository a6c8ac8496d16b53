/*
 * Views of reviews.  Plain SQL: they outlive DROP EXTENSION.  Columns are only
 * ever appended.
 */
CREATE FUNCTION workspace_review_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    -- each metric is computed once, however many actions are to move it
    CREATE OR REPLACE VIEW action_board WITH (security_invoker = true) AS
    WITH today AS (
        SELECT timezone(g.timezone, now())::date AS day, g.week_starts_on FROM setting_values AS g
    ), wanted AS MATERIALIZED (
        SELECT DISTINCT a.metric, a.metric_per, (period_of(a.metric_per, t.day::timestamp, t.week_starts_on) - period_length(a.metric_per))::date AS period
        FROM action_item AS a
        CROSS JOIN today AS t
        WHERE a.done IS NULL AND a.metric IS NOT NULL
    ), measured AS MATERIALIZED (
        SELECT w.metric, w.metric_per, (SELECT trim_scale(round(v.value, 4)) FROM metric_value AS v
                                        WHERE v.metric = w.metric AND v.per = w.metric_per AND v.period = w.period) AS value
        FROM wanted AS w
    )
    SELECT a.id AS action_id, CASE WHEN a.due < t.day THEN 'overdue' ELSE 'open' END AS state, a.body, a.owner, a.department, a.due,
           greatest(t.day - a.due, 0) AS days_late, a.first_due, a.review_id, r.period, d.body AS decision, a.feedback_id, f.body AS feedback,
           a.metric, m.unit, m.direction, a.metric_before, n.value AS metric_now, n.value - a.metric_before AS change, a.created_at, a.created_by
    FROM action_item AS a
    CROSS JOIN today AS t
    LEFT JOIN review AS r ON r.id = a.review_id
    LEFT JOIN review_decision AS d ON d.id = a.decision_id
    LEFT JOIN feedback AS f ON f.id = a.feedback_id
    LEFT JOIN metric AS m ON m.name = a.metric
    LEFT JOIN measured AS n ON n.metric = a.metric AND n.metric_per = a.metric_per
    WHERE a.done IS NULL
    ORDER BY a.due, a.id;

    COMMENT ON VIEW action_board IS
        'What was agreed on and is not done yet: overdue actions first, longest late first.';
    COMMENT ON COLUMN action_board.action_id IS 'The action.';
    COMMENT ON COLUMN action_board.state IS 'overdue (its last day is over, in setting timezone) or open.';
    COMMENT ON COLUMN action_board.body IS 'What is to be done.';
    COMMENT ON COLUMN action_board.owner IS 'Who does it.';
    COMMENT ON COLUMN action_board.department IS 'Department of the owner.';
    COMMENT ON COLUMN action_board.due IS 'Last day on which it is done in time.';
    COMMENT ON COLUMN action_board.days_late IS 'Days since then; 0 if it is not overdue.';
    COMMENT ON COLUMN action_board.first_due IS 'The first due date that it had; another one than due where it was put off.';
    COMMENT ON COLUMN action_board.review_id IS 'The review that asked for it; null if none.';
    COMMENT ON COLUMN action_board.period IS 'Period of that review.';
    COMMENT ON COLUMN action_board.decision IS 'The decision that it carries out; null if none.';
    COMMENT ON COLUMN action_board.feedback_id IS 'The feedback that it answers; null if none.';
    COMMENT ON COLUMN action_board.feedback IS 'What that feedback says.';
    COMMENT ON COLUMN action_board.metric IS 'The metric that it is to move; null if none.';
    COMMENT ON COLUMN action_board.unit IS 'Unit of the metric.';
    COMMENT ON COLUMN action_board.direction IS 'at_least: more is better; at_most: less is better.';
    COMMENT ON COLUMN action_board.metric_before IS 'The metric when the action was written.';
    COMMENT ON COLUMN action_board.metric_now IS 'The metric in the last period that is over, of the same length.';
    COMMENT ON COLUMN action_board.change IS 'metric_now - metric_before; null if one of them is.';
    COMMENT ON COLUMN action_board.created_at IS 'When it was written.';
    COMMENT ON COLUMN action_board.created_by IS 'Who wrote it; null if unknown.';

    CREATE OR REPLACE VIEW decision_board WITH (security_invoker = true) AS
    SELECT d.id AS decision_id, d.review_id, r.period, r.per,
           dense_rank() OVER (PARTITION BY r.per ORDER BY r.period DESC) = 1 AS is_latest, d.body AS decision, d.at AS decided_at,
           a.id AS action_id, a.body AS action, a.owner, a.department, a.due,
           CASE WHEN a.id IS NULL THEN 'no_action' WHEN a.done IS NOT NULL THEN 'done' WHEN a.due < t.day THEN 'overdue' ELSE 'open' END AS state,
           a.done, a.effect, a.metric, a.metric_before, a.metric_after
    FROM review_decision AS d
    JOIN review AS r ON r.id = d.review_id
    LEFT JOIN action_item AS a ON a.decision_id = d.id
    CROSS JOIN (SELECT timezone(g.timezone, now())::date AS day FROM setting_values AS g) AS t
    ORDER BY r.period DESC, d.id, a.due, a.id;

    COMMENT ON VIEW decision_board IS
        'What was decided, and whether it is done: the decisions of all reviews, latest review first, each with the actions that carry it out; one row where there is none.';
    COMMENT ON COLUMN decision_board.decision_id IS 'The decision.';
    COMMENT ON COLUMN decision_board.review_id IS 'Its review.';
    COMMENT ON COLUMN decision_board.period IS 'Period of the review.';
    COMMENT ON COLUMN decision_board.per IS 'week, month or quarter: the length of that period.';
    COMMENT ON COLUMN decision_board.is_latest IS 'Is it of the latest review of such periods in which anything was decided?';
    COMMENT ON COLUMN decision_board.decision IS 'What was decided.';
    COMMENT ON COLUMN decision_board.decided_at IS 'When.';
    COMMENT ON COLUMN decision_board.action_id IS 'An action that carries it out; null if there is none.';
    COMMENT ON COLUMN decision_board.action IS 'What is to be done.';
    COMMENT ON COLUMN decision_board.owner IS 'Who does it.';
    COMMENT ON COLUMN decision_board.department IS 'Department of the owner.';
    COMMENT ON COLUMN decision_board.due IS 'Last day on which it is done in time.';
    COMMENT ON COLUMN decision_board.state IS 'done, open, overdue (its last day is over, in setting timezone) or no_action.';
    COMMENT ON COLUMN decision_board.done IS 'When it was done; null if it is not.';
    COMMENT ON COLUMN decision_board.effect IS 'What came of it, in words; null if not said.';
    COMMENT ON COLUMN decision_board.metric IS 'The metric that it is to move; null if none.';
    COMMENT ON COLUMN decision_board.metric_before IS 'The metric when the action was written.';
    COMMENT ON COLUMN decision_board.metric_after IS 'The metric in the last period that was over when it was done; null if it is not done.';

    CREATE OR REPLACE VIEW feedback_board WITH (security_invoker = true) AS
    SELECT f.id AS feedback_id, CASE WHEN f.resolved_at IS NOT NULL THEN 'resolved' WHEN n.actions > 0 THEN 'in_work' ELSE 'open' END AS state,
           f.at, f.actor, f.kind, f.body, f.lead_id, f.handoff_id, f.campaign, f.persona, f.rule, coalesce(f.resolved_at, now()) - f.at AS waiting,
           n.actions, n.open_actions, n.owners, n.next_due, n.effects, f.resolution, f.resolved_at, f.resolved_by
    FROM feedback AS f
    LEFT JOIN lead AS l ON l.id = f.lead_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS actions, count(*) FILTER (WHERE a.done IS NULL) AS open_actions,
               array_agg(DISTINCT a.owner ORDER BY a.owner) AS owners, min(a.due) FILTER (WHERE a.done IS NULL) AS next_due,
               array_agg(a.effect ORDER BY a.id) FILTER (WHERE a.effect IS NOT NULL) AS effects
        FROM action_item AS a WHERE a.feedback_id = f.id) AS n
    WHERE l.excluded IS NULL
    ORDER BY f.resolved_at IS NOT NULL, f.at, f.id;

    COMMENT ON VIEW feedback_board IS
        'Every feedback with what was done about it: open ones first, oldest first. Feedback on excluded leads is left out.';
    COMMENT ON COLUMN feedback_board.feedback_id IS 'The feedback.';
    COMMENT ON COLUMN feedback_board.state IS 'open, in_work (an action answers it) or resolved.';
    COMMENT ON COLUMN feedback_board.at IS 'When it was given.';
    COMMENT ON COLUMN feedback_board.actor IS 'By whom; null if unknown.';
    COMMENT ON COLUMN feedback_board.kind IS 'What kind of feedback it is.';
    COMMENT ON COLUMN feedback_board.body IS 'What is said; null where it has been erased.';
    COMMENT ON COLUMN feedback_board.lead_id IS 'The lead it is about; null if none.';
    COMMENT ON COLUMN feedback_board.handoff_id IS 'The handoff it is about; null if none.';
    COMMENT ON COLUMN feedback_board.campaign IS 'The campaign it is about; null if none.';
    COMMENT ON COLUMN feedback_board.persona IS 'The persona it is about; null if none.';
    COMMENT ON COLUMN feedback_board.rule IS 'The rule it is about; null if none.';
    COMMENT ON COLUMN feedback_board.waiting IS 'How long it waited to be resolved, or has waited, by the wall clock.';
    COMMENT ON COLUMN feedback_board.actions IS 'Actions that answer it.';
    COMMENT ON COLUMN feedback_board.open_actions IS 'Those that are not done.';
    COMMENT ON COLUMN feedback_board.owners IS 'Whose actions these are; null if there is none.';
    COMMENT ON COLUMN feedback_board.next_due IS 'When the next open one is due.';
    COMMENT ON COLUMN feedback_board.effects IS 'What came of the actions; null if nothing is written.';
    COMMENT ON COLUMN feedback_board.resolution IS 'What was done about it; null while it is not resolved.';
    COMMENT ON COLUMN feedback_board.resolved_at IS 'When it was resolved.';
    COMMENT ON COLUMN feedback_board.resolved_by IS 'By whom; null if unknown.';

    /*
     * A meeting is owed for each week from the first one that was reviewed, or
     * the one in which an agreement came into force, whichever is earlier.
     */
    CREATE OR REPLACE VIEW review_cadence WITH (security_invoker = true) AS
    WITH today AS (
        SELECT g.timezone, g.week_starts_on, timezone(g.timezone, now())::date AS day,
               period_of('week', timezone(g.timezone, now()), g.week_starts_on) AS this_week
        FROM setting_values AS g
    ), begun AS (
        SELECT least((SELECT min(lower(r.period)) FROM review AS r WHERE r.per = 'week'),
                     (SELECT min(period_of('week', greatest(lower(a.valid), timezone(t.timezone, greatest(a.marketing_signed_at, a.sales_signed_at))::date)::timestamp,
                                           t.week_starts_on))
                      FROM agreement AS a
                      WHERE a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL)) AS week
        FROM today AS t
    ), week AS (
        SELECT s.week::date AS week, (s.week + interval '6 days')::date AS last_day, s.week::date + 7 < t.this_week AS is_past, t.timezone
        FROM today AS t
        CROSS JOIN begun AS b
        CROSS JOIN LATERAL generate_series(period_of('week', b.week::timestamp, t.week_starts_on)::timestamp, t.this_week, interval '7 days') AS s (week)
        WHERE s.week < t.this_week OR EXISTS (SELECT FROM review AS r WHERE r.per = 'week' AND r.period @> s.week::date + 3)
    ), met AS (
        SELECT w.week, w.last_day, w.is_past, w.timezone, r.id, r.opened_at, timezone(w.timezone, r.opened_at)::date - w.last_day AS days_after,
               p.people, p.marketing, p.sales
        FROM week AS w
        -- by its middle: weeks may have begun on another day then
        LEFT JOIN review AS r ON r.per = 'week' AND r.period @> w.week + 3
        CROSS JOIN LATERAL (SELECT count(*) AS people, count(*) FILTER (WHERE x.department = 'marketing') AS marketing,
                                   count(*) FILTER (WHERE x.department = 'sales') AS sales
                            FROM review_attendance AS x WHERE x.review_id = r.id) AS p
    )
    SELECT m.week, m.last_day,
           CASE WHEN m.marketing > 0 AND m.sales > 0 THEN 'held' WHEN m.people > 0 THEN 'one_sided'
                WHEN m.is_past THEN 'missed' ELSE 'due' END AS state,
           m.people > 0 AS held, m.id AS review_id, m.opened_at, m.days_after, m.days_after > 7 AS is_late,
           m.marketing AS marketing_present, m.sales AS sales_present,
           CASE WHEN m.people > 0 THEN array_remove(ARRAY[CASE WHEN m.marketing = 0 THEN 'marketing' END, CASE WHEN m.sales = 0 THEN 'sales' END], NULL)
           END AS missing,
           (SELECT count(*) FROM review_decision AS d WHERE d.review_id = m.id) AS decisions,
           (SELECT count(*) FROM action_item AS a WHERE a.review_id = m.id) AS actions,
           (SELECT count(*) FROM action_item AS a
            WHERE timezone(m.timezone, a.created_at)::date <= m.last_day AND a.due <= m.last_day
              AND coalesce(timezone(m.timezone, a.done)::date > m.last_day, true)) AS overdue_actions
    FROM met AS m
    ORDER BY m.week;

    COMMENT ON VIEW review_cadence IS
        'Do both departments meet every week? One row per week, from the first one that was reviewed, or in which an agreement came into force, to the last one that is over (the current one too, once it is being reviewed). Reviews of months and quarters are none of a week.';
    COMMENT ON COLUMN review_cadence.week IS 'First day of the week, in setting timezone; weeks begin on setting week_starts_on.';
    COMMENT ON COLUMN review_cadence.last_day IS 'Its last day.';
    COMMENT ON COLUMN review_cadence.state IS 'held (both departments took part), one_sided (one was missing), missed (nobody took part by the end of the following week), or due (the following week is not over yet).';
    COMMENT ON COLUMN review_cadence.held IS 'Did anybody take part? A review that was only opened has not been held.';
    COMMENT ON COLUMN review_cadence.review_id IS 'The review of the week; null if none was opened.';
    COMMENT ON COLUMN review_cadence.opened_at IS 'When it was opened.';
    COMMENT ON COLUMN review_cadence.days_after IS 'Days from the week''s last day until then: 1 on the next day.';
    COMMENT ON COLUMN review_cadence.is_late IS 'Was it opened after the following week?';
    COMMENT ON COLUMN review_cadence.marketing_present IS 'Members of marketing who took part.';
    COMMENT ON COLUMN review_cadence.sales_present IS 'Members of sales who took part.';
    COMMENT ON COLUMN review_cadence.missing IS 'Departments that were missing; null if nobody took part.';
    COMMENT ON COLUMN review_cadence.decisions IS 'Decisions that it made.';
    COMMENT ON COLUMN review_cadence.actions IS 'Actions that it asked for.';
    COMMENT ON COLUMN review_cadence.overdue_actions IS 'Actions that were overdue when the week was over.';

    /*
     * A review as a page: what was frozen, with the words of now; who took
     * part and what was decided, as it is written.
     */
    CREATE OR REPLACE VIEW review_line WITH (security_invoker = true) AS
    WITH item AS (
        SELECT r.id AS review_id, s.position, CASE s.name WHEN 'commitments' THEN i.item ->> 'department' ELSE s.name END AS section,
               i.ordinal, i.item, i.item ->> 'key' AS key, i.item ->> 'unit' AS unit,
               (i.item ->> 'value')::numeric AS value, (i.item ->> 'previous')::numeric AS previous, r.pack #>> '{period,currency}' AS currency
        FROM review AS r
        CROSS JOIN (VALUES (2, 'metrics'), (3, 'goals'), (4, 'commitments'), (6, 'funnel'), (7, 'rejections'), (8, 'breaches'),
                           (9, 'feedback'), (10, 'actions')) AS s (position, name)
        CROSS JOIN LATERAL jsonb_array_elements(r.pack -> s.name) WITH ORDINALITY AS i (item, ordinal)
    ), line AS (
        SELECT i.review_id, i.position + CASE i.section WHEN 'sales' THEN 1 ELSE 0 END AS position, i.section, i.ordinal, i.key,
               CASE i.section WHEN 'feedback' THEN coalesce(f.body, i.item ->> 'kind', label_of('row.' || i.key))
                              WHEN 'actions' THEN coalesce(a.body, label_of('row.' || i.key))
                              ELSE coalesce(i.item ->> 'label', label_of('row.' || i.key)) END AS label,
               i.value, i.previous, i.unit, i.currency,
               CASE i.section
                   WHEN 'feedback' THEN CASE WHEN i.item ? 'feedback' THEN concat_ws(', ', i.item ->> 'actor', left(i.item ->> 'at', 10), i.item ->> 'campaign') END
                   WHEN 'actions' THEN CASE WHEN i.item ? 'action' THEN concat_ws(', ', i.item ->> 'owner', label_of('column.due') || ' ' || (i.item ->> 'due'),
                       CASE WHEN (i.item ->> 'days_late')::int > 0 THEN label_of('column.days_late') || ' ' || (i.item ->> 'days_late') END, m.label) END
                   WHEN 'breaches' THEN concat_ws(', ', coalesce(i.item ->> 'owner', label_of('row.nobody')),
                       replace(label_of('note.oldest_due'), '{at}', left(i.item ->> 'oldest_due', 10)))
                   WHEN 'funnel' THEN replace(label_of('note.now'), '{now}', i.item ->> 'now')
                   WHEN 'rejections' THEN (SELECT string_agg(format('%s (%s)', c.item ->> 'campaign', c.item ->> 'leads'), ', ' ORDER BY c.ordinal)
                                           FROM jsonb_array_elements(i.item -> 'campaigns') WITH ORDINALITY AS c (item, ordinal))
                   ELSE concat_ws(', ', label_of('state.' || (i.item ->> 'state')),
                       label_of('column.target') || ' ' || CASE WHEN i.unit IN ('share', 'ratio') THEN trim_scale((i.item ->> 'target')::numeric * 100) || ' %'
                                                                ELSE i.item ->> 'target' END,
                       label_of('per.' || (i.item ->> 'per')),
                       CASE WHEN i.item ? 'owed' THEN replace(replace(replace(replace(label_of('note.answers'), '{met}', i.item ->> 'met'),
                           '{owed}', i.item ->> 'owed'), '{late}', i.item ->> 'late'), '{open}', i.item ->> 'open') END)
               END AS note
        FROM item AS i
        LEFT JOIN feedback AS f ON i.section = 'feedback' AND f.id = (i.item ->> 'feedback')::bigint
        LEFT JOIN action_item AS a ON i.section = 'actions' AND a.id = (i.item ->> 'action')::bigint
        LEFT JOIN metric AS m ON m.name = a.metric
        UNION ALL
        SELECT r.id, 1, 'review', x.ordinal, x.key, label_of(x.label), x.value, NULL, x.unit, NULL, x.note
        FROM review AS r
        CROSS JOIN LATERAL (
            SELECT 1 AS ordinal, 'period' AS key, 'row.period' AS label, NULL::numeric AS value, NULL AS unit,
                   concat_ws(' ', label_of('per.' || r.per), to_char(lower(r.period), 'YYYY-MM-DD'), '–', to_char(upper(r.period) - 1, 'YYYY-MM-DD')) AS note
            UNION ALL
            SELECT 2, 'opened', 'row.opened', NULL, NULL,
                   concat_ws(', ', to_char(timezone(g.timezone, r.opened_at), 'YYYY-MM-DD HH24:MI'), r.opened_by) FROM setting_values AS g
            UNION ALL
            SELECT 2 + d.ordinal, d.name, 'department.' || d.name, count(p.member), 'people', string_agg(p.member, ', ' ORDER BY p.member)
            FROM (VALUES (1, 'marketing'), (2, 'sales'), (3, 'operations')) AS d (ordinal, name)
            LEFT JOIN review_attendance AS p ON p.review_id = r.id AND p.department = d.name
            GROUP BY d.ordinal, d.name
            HAVING d.name <> 'operations' OR count(p.member) > 0) AS x
        UNION ALL
        SELECT d.review_id, 11, 'decisions', row_number() OVER (PARTITION BY d.review_id ORDER BY d.at, d.id), d.id::text, d.body, NULL, NULL, NULL, NULL, d.actor
        FROM review_decision AS d
    )
    SELECT n.review_id, row_number() OVER (PARTITION BY n.review_id ORDER BY n.position, n.ordinal) AS ordinal,
           label_of('section.' || n.section) AS section, n.label, s.value, s.previous, s.value - s.previous AS change,
           nullif(CASE n.unit WHEN 'currency' THEN n.currency ELSE label_of('unit.' || n.unit) END, '') AS unit,
           nullif(n.note, '') AS note, n.section AS section_key, n.key
    FROM line AS n
    CROSS JOIN LATERAL (SELECT CASE WHEN n.unit IN ('share', 'ratio') THEN trim_scale(round(n.value * 100, 1)) ELSE trim_scale(round(n.value, 2)) END AS value,
                               CASE WHEN n.unit IN ('share', 'ratio') THEN trim_scale(round(n.previous * 100, 1)) ELSE trim_scale(round(n.previous, 2)) END AS previous) AS s
    ORDER BY n.review_id, ordinal;

    COMMENT ON VIEW review_line IS
        'Every review as lines that a person reads, in the workspace''s language: its frozen figures with those of the period before, who took part, and what was decided. What feedback and actions say is read as it is now, so that it can be erased.';
    COMMENT ON COLUMN review_line.review_id IS 'The review.';
    COMMENT ON COLUMN review_line.ordinal IS 'Order of the lines in it, from 1.';
    COMMENT ON COLUMN review_line.section IS 'Part of the review, in words.';
    COMMENT ON COLUMN review_line.label IS 'What the line is about.';
    COMMENT ON COLUMN review_line.value IS 'The figure of the period; of overdue answers, feedback and actions as of the opening. Shares in percent.';
    COMMENT ON COLUMN review_line.previous IS 'The same of the period before; of an action''s metric, when the action was written.';
    COMMENT ON COLUMN review_line.change IS 'value - previous; of shares in percentage points.';
    COMMENT ON COLUMN review_line.unit IS 'What it is counted in; null if in nothing.';
    COMMENT ON COLUMN review_line.note IS 'What else there is to say; null if nothing.';
    COMMENT ON COLUMN review_line.section_key IS 'Part of the review, for programs: review, metrics, goals, marketing, sales, funnel, rejections, breaches, feedback, actions or decisions.';
    COMMENT ON COLUMN review_line.key IS 'What the line is about, for programs: name of the metric, goal, commitment, stage or reason; number of the feedback, action or decision.';

    CREATE OR REPLACE VIEW weekly_review WITH (security_invoker = true) AS
    SELECT l.section, l.ordinal, l.label, l.value, l.previous, l.change, l.unit, l.note, l.section_key, l.key, l.review_id
    FROM review_line AS l
    WHERE l.review_id = (SELECT r.id FROM review AS r ORDER BY r.opened_at DESC, r.id DESC LIMIT 1)
    ORDER BY l.ordinal;

    COMMENT ON VIEW weekly_review IS
        'The current review: the lines of the one that was opened last.';
    COMMENT ON COLUMN weekly_review.section IS 'Part of the review, in words.';
    COMMENT ON COLUMN weekly_review.ordinal IS 'Order of the lines, from 1.';
    COMMENT ON COLUMN weekly_review.label IS 'What the line is about.';
    COMMENT ON COLUMN weekly_review.value IS 'The figure of the period; shares in percent.';
    COMMENT ON COLUMN weekly_review.previous IS 'The same of the period before.';
    COMMENT ON COLUMN weekly_review.change IS 'value - previous; of shares in percentage points.';
    COMMENT ON COLUMN weekly_review.unit IS 'What it is counted in; null if in nothing.';
    COMMENT ON COLUMN weekly_review.note IS 'What else there is to say; null if nothing.';
    COMMENT ON COLUMN weekly_review.section_key IS 'As in review_line.';
    COMMENT ON COLUMN weekly_review.key IS 'As in review_line.';
    COMMENT ON COLUMN weekly_review.review_id IS 'The review.';
END
$body$;
COMMENT ON FUNCTION workspace_review_views() IS
'Makes or replaces the views of reviews and their comments in the workspace that search_path points at. Internal.';
