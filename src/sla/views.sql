/*
 * Views of the agreement: what is due, what has been kept, what has changed.
 * They call our functions, so DROP EXTENSION ... CASCADE takes those that do;
 * repair_workspace() puts them back.  Columns are only ever appended.
 */
CREATE FUNCTION workspace_sla_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    -- sorted by the columns of sla_clock_due_idx, so that the top of the board is an index scan
    CREATE OR REPLACE VIEW sla_board WITH (security_invoker = true) AS
    SELECT c.id AS clock_id, m.key AS commitment, m.department, coalesce(s.state, 'running') AS state, c.lead_id, l.name,
           l.company, l.stage, coalesce(w.owner, c.owner) AS owner, p.team, c.handoff_id, c.cycle, c.started_at, c.due_at,
           s.ended_at, c.target, s.elapsed, s.remaining, s.progress, m.min_count, c.counted_events, m.description,
           a.name AS agreement, a.version, l.band, l.score
    FROM sla_clock AS c
    JOIN commitment AS m ON m.id = c.commitment_id
    JOIN agreement AS a ON a.id = m.agreement_id
    LEFT JOIN lead AS l ON l.id = c.lead_id
    LEFT JOIN member AS o ON o.name = l.owner
    CROSS JOIN LATERAL (SELECT CASE WHEN o.department IS NULL OR o.department IN (m.department, 'operations') THEN l.owner END AS owner) AS w
    LEFT JOIN member AS p ON p.name = coalesce(w.owner, c.owner)
    LEFT JOIN calendar_version AS v ON v.id = c.calendar_version
    CROSS JOIN LATERAL smarketing.sla_status(coalesce(v.hours, 'UTC; 24/7')::smarketing.working_hours, c.started_at, c.target,
                                             NULL, c.paused, m.warn_at, now()) AS s
    WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL
    ORDER BY c.due_at, c.id;

    COMMENT ON VIEW sla_board IS
        'What is owed now: the open clocks of the agreement with their status, most urgent first; clocks that stand still with no known end come last. Reading fails where a calendar''s time zone is unknown to this server.';
    COMMENT ON COLUMN sla_board.clock_id IS 'The clock; explain_sla() says how its verdict comes about.';
    COMMENT ON COLUMN sla_board.commitment IS 'Key of the commitment.';
    COMMENT ON COLUMN sla_board.department IS 'Department that owes it.';
    COMMENT ON COLUMN sla_board.state IS 'running, at_risk, paused or breached (open and late).';
    COMMENT ON COLUMN sla_board.lead_id IS 'The lead.';
    COMMENT ON COLUMN sla_board.name IS 'Name of the person; null if not known.';
    COMMENT ON COLUMN sla_board.company IS 'Company; null if not known.';
    COMMENT ON COLUMN sla_board.stage IS 'Stage in which the lead stands.';
    COMMENT ON COLUMN sla_board.owner IS 'Who has to answer: the lead''s owner if he may belong to the department that owes, else who owed it at the start; null if nobody is named.';
    COMMENT ON COLUMN sla_board.team IS 'Team of that owner; null if none.';
    COMMENT ON COLUMN sla_board.handoff_id IS 'The handoff that started it; null if none did.';
    COMMENT ON COLUMN sla_board.cycle IS 'The lead''s cycle at the start.';
    COMMENT ON COLUMN sla_board.started_at IS 'When it started.';
    COMMENT ON COLUMN sla_board.due_at IS 'When it is due; null while a pause without end keeps that from being known, or if its calendar never opens.';
    COMMENT ON COLUMN sla_board.ended_at IS 'Always null: the clock is open.';
    COMMENT ON COLUMN sla_board.target IS 'Working time that the answer may take.';
    COMMENT ON COLUMN sla_board.elapsed IS 'Unpaused working time since the start.';
    COMMENT ON COLUMN sla_board.remaining IS 'target - elapsed; negative when it has been exceeded.';
    COMMENT ON COLUMN sla_board.progress IS 'elapsed / target; null for a target of zero.';
    COMMENT ON COLUMN sla_board.min_count IS 'How many events it takes to end it.';
    COMMENT ON COLUMN sla_board.counted_events IS 'How many there have been.';
    COMMENT ON COLUMN sla_board.description IS 'The commitment in words.';
    COMMENT ON COLUMN sla_board.agreement IS 'The agreement.';
    COMMENT ON COLUMN sla_board.version IS 'Its version.';
    COMMENT ON COLUMN sla_board.band IS 'Band of the lead; null if none.';
    COMMENT ON COLUMN sla_board.score IS 'Score of the lead, as of its last activity.';

    /*
     * Volume and rate.  An entry is a lead's first move into the stage in a
     * cycle; it belongs to the period in which it was made, and so does what
     * sales say of it later.  Marketing delivers what it hands over: an entry
     * of a stage of sales that sales made on their own is not marketing's.
     */
    CREATE OR REPLACE VIEW commitment_progress WITH (security_invoker = true) AS
    WITH term AS (
        SELECT m.*, a.name AS agreement, a.version, g.timezone AS zone,
               period_of(m.per, coalesce(lower(a.valid), timezone(g.timezone, greatest(a.marketing_signed_at, a.sales_signed_at))::date),
                         g.week_starts_on) AS first_period,
               coalesce(timezone(g.timezone, lower(a.valid)::timestamp), '-infinity') AS begins_at,
               coalesce(timezone(g.timezone, upper(a.valid)::timestamp), 'infinity') AS ends_at,
               coalesce((SELECT c.hours FROM calendar AS c WHERE c.name = m.calendar), 'UTC; 24/7')::smarketing.working_hours AS hours
        FROM commitment AS m
        JOIN agreement AS a ON a.id = m.agreement_id
        CROSS JOIN setting_values AS g
        WHERE m.kind IN ('volume', 'rate') AND a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL
    ), period AS (
        SELECT t.*, g.first_day, b.from_at, b.to_at, greatest(b.from_at, t.begins_at) AS part_from, least(b.to_at, t.ends_at) AS part_to
        FROM term AS t
        CROSS JOIN LATERAL generate_series(t.first_period::timestamp, timezone(t.zone, least(now(), t.ends_at - interval '1 microsecond')),
                                           period_length(t.per)) AS g (first_day)
        CROSS JOIN LATERAL (SELECT timezone(t.zone, g.first_day) AS from_at,
                                   timezone(t.zone, g.first_day + period_length(t.per)) AS to_at) AS b
        WHERE b.to_at > t.begins_at
    ), measured AS (
        SELECT p.*, now() >= p.part_to AS is_over,
               extract(epoch FROM smarketing.working_time(p.hours, p.from_at, p.to_at)) AS whole,
               extract(epoch FROM smarketing.working_time(p.hours, p.part_from, p.part_to)) AS part,
               extract(epoch FROM smarketing.working_time(p.hours, p.part_from, least(greatest(now(), p.part_from), p.part_to))) AS gone
        FROM period AS p
    ), entry AS (
        SELECT c.lead_id, c.cycle, c.to_stage, min(c.at) AS at, (array_agg(c.from_stage ORDER BY c.at, c.id))[1] AS from_stage
        FROM stage_change AS c
        WHERE c.to_stage IN (SELECT t.stage FROM term AS t UNION ALL SELECT t.basis_stage FROM term AS t)
        GROUP BY c.lead_id, c.cycle, c.to_stage
    ), counted AS (
        SELECT t.id, e.at, x.rejected, x.accepted,
               CASE WHEN t.kind = 'volume' THEN NOT (t.accepted_only AND x.rejected)
                    WHEN t.ends_on = 'handoff:rejected' THEN x.rejected
                    ELSE EXISTS (SELECT FROM entry AS r WHERE r.lead_id = e.lead_id AND r.cycle = e.cycle
                                   AND r.to_stage = t.stage AND r.at >= e.at) END AS hit
        FROM term AS t
        JOIN entry AS e ON e.to_stage = CASE t.kind WHEN 'volume' THEN t.stage ELSE t.basis_stage END
        JOIN stage AS s ON s.name = e.to_stage
        LEFT JOIN stage AS f ON f.name = e.from_stage
        JOIN lead AS l ON l.id = e.lead_id AND l.excluded IS NULL
        CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT FROM handoff AS h JOIN reason AS r ON r.name = h.reason AND r.counts_as_rejection
            WHERE h.lead_id = e.lead_id AND h.cycle = e.cycle AND h.direction = 'to_sales'
              AND h.decision IN ('rejected', 'merged')) AS rejected, EXISTS (
            SELECT FROM handoff AS h
            WHERE h.lead_id = e.lead_id AND h.cycle = e.cycle AND h.direction = 'to_sales'
              AND h.decision IN ('accepted', 'auto_accepted')) AS accepted) AS x
        WHERE (t.condition IS NULL OR smarketing.matches(l, t.condition))
          AND (t.department <> 'marketing' OR s.department <> 'sales'
               OR CASE WHEN s.kind = 'handoff' THEN f.department IS DISTINCT FROM 'sales'
                       ELSE EXISTS (SELECT FROM handoff AS h WHERE h.lead_id = e.lead_id AND h.cycle = e.cycle
                                      AND h.direction = 'to_sales') END)
    ), result AS (
        SELECT p.*, n.entries, n.rejected, n.accepted,
               CASE p.kind WHEN 'volume' THEN n.hits::numeric ELSE round(n.hits::numeric / nullif(n.entries, 0), 4) END AS delivered,
               CASE WHEN p.kind = 'rate' OR p.part = p.whole THEN p.target
                    ELSE round(p.target * p.part / nullif(p.whole, 0), 2) END AS target_part,
               CASE WHEN p.part > 0 THEN p.gone / p.part WHEN p.is_over THEN 1 ELSE 0 END AS share_gone
        FROM measured AS p
        CROSS JOIN LATERAL (SELECT count(*) AS entries, count(*) FILTER (WHERE c.rejected) AS rejected,
                                   count(*) FILTER (WHERE c.accepted) AS accepted,
                                   count(*) FILTER (WHERE c.hit) AS hits
                            FROM counted AS c WHERE c.id = p.id AND c.at >= p.part_from AND c.at < p.part_to) AS n
    )
    SELECT r.department, r.key AS commitment, r.kind, r.agreement, r.version, r.per, r.first_day::date AS period_start,
           (r.first_day + period_length(r.per))::date - 1 AS period_end, r.entries, r.rejected, r.delivered,
           r.target_part AS target,
           CASE r.kind WHEN 'volume' THEN round(r.target_part * r.share_gone, 2) ELSE r.target_part END AS expected,
           CASE WHEN r.kind = 'volume' THEN
                    CASE WHEN r.delivered >= r.target_part THEN 'met' WHEN r.is_over THEN 'missed'
                         WHEN r.delivered >= r.target_part * r.share_gone THEN 'on_track' ELSE 'at_risk' END
                WHEN r.delivered IS NULL OR CASE r.direction WHEN 'at_most' THEN r.delivered <= r.target ELSE r.delivered >= r.target END
                    THEN CASE WHEN r.is_over THEN 'met' ELSE 'on_track' END
                ELSE CASE WHEN r.is_over THEN 'missed' ELSE 'at_risk' END END AS state,
           CASE r.kind WHEN 'volume' THEN round(r.delivered / nullif(r.share_gone, 0), 2) ELSE r.delivered END AS forecast,
           r.share_gone::float8 AS share_gone, r.direction, r.is_over, r.description, r.accepted
    FROM result AS r
    ORDER BY r.department, r.key, r.first_day, r.version;

    COMMENT ON VIEW commitment_progress IS
        'Volume and rate commitments of signed agreements, one row per version and period, in setting timezone. Who counts is judged on the lead''s row as it is now (commitment.condition); excluded and deleted leads are left out. An entry belongs to the period in which it was made, and so does its rejection, whenever it comes.';
    COMMENT ON COLUMN commitment_progress.department IS 'Department that owes it.';
    COMMENT ON COLUMN commitment_progress.commitment IS 'Key of the commitment.';
    COMMENT ON COLUMN commitment_progress.kind IS 'volume or rate.';
    COMMENT ON COLUMN commitment_progress.agreement IS 'The agreement.';
    COMMENT ON COLUMN commitment_progress.version IS 'Its version. A version that is valid for a part of a period has a row for that part.';
    COMMENT ON COLUMN commitment_progress.per IS 'week, month or quarter.';
    COMMENT ON COLUMN commitment_progress.period_start IS 'First day of the period.';
    COMMENT ON COLUMN commitment_progress.period_end IS 'Last day of the period.';
    COMMENT ON COLUMN commitment_progress.entries IS 'Leads that entered the stage (of a rate: the basis stage) in the version''s part of the period, once per cycle.';
    COMMENT ON COLUMN commitment_progress.rejected IS 'Of these, those that sales rejected for a reason that counts.';
    COMMENT ON COLUMN commitment_progress.delivered IS 'Volume: leads that count; where accepted_only, without those rejected. Rate: the share, 0 to 1, to 4 digits; null without entries.';
    COMMENT ON COLUMN commitment_progress.target IS 'What is owed: of a volume the version''s share of it, by working time, where it is valid for a part of the period.';
    COMMENT ON COLUMN commitment_progress.expected IS 'Volume: what should be there by now, by the working time that is gone. Rate: the target.';
    COMMENT ON COLUMN commitment_progress.state IS 'on_track or at_risk while the period runs, met or missed; a volume is met as soon as it is there. A rate without entries is kept.';
    COMMENT ON COLUMN commitment_progress.forecast IS 'Volume: where this pace leads to by the end; null before any working time is gone. Rate: as it stands.';
    COMMENT ON COLUMN commitment_progress.share_gone IS 'Share of the working time that is gone, 0 to 1.';
    COMMENT ON COLUMN commitment_progress.direction IS 'Rate: at_least or at_most.';
    COMMENT ON COLUMN commitment_progress.is_over IS 'Is the period, or the version''s part of it, over?';
    COMMENT ON COLUMN commitment_progress.description IS 'The commitment in words.';
    COMMENT ON COLUMN commitment_progress.accepted IS 'Of entries, those that sales accepted, by hand or by the deadline; the others were rejected, or wait.';

    /*
     * One row per answer owed: how it is judged has its home here.  A deleted
     * lead's clocks stay, as in metric_figure; what was excluded counts for nobody.
     */
    CREATE OR REPLACE VIEW sla_answer WITH (security_invoker = true) AS
    SELECT c.id AS clock_id, m.key AS commitment, m.department, a.name AS agreement, a.version, c.commitment_id,
           c.owner, o.team, c.lead_id, l.campaign, c.handoff_id, c.cycle, c.started_at, c.due_at, c.ended_at,
           CASE WHEN c.cancelled_at IS NOT NULL THEN 'cancelled'
                WHEN c.ended_at IS NOT NULL THEN CASE WHEN c.ended_at > c.due_at THEN 'late' ELSE 'met' END
                WHEN c.due_at < now() THEN 'breached' ELSE 'open' END AS state,
           c.cancelled_at IS NULL AND c.ended_at IS NOT NULL AND (c.ended_at > c.due_at) IS NOT TRUE
               AND (c.ended_recorded_at > c.breach_recorded_at) IS TRUE AS late_entry,
           w.week, (period_of('week', timezone(g.timezone, now()), g.week_starts_on) - w.week) / 7 AS weeks_ago,
           coalesce(m.per, 'month') AS per,
           period_of(coalesce(m.per, 'month'), timezone(g.timezone, c.started_at), g.week_starts_on) AS period_start
    FROM sla_clock AS c
    JOIN commitment AS m ON m.id = c.commitment_id
    JOIN agreement AS a ON a.id = m.agreement_id
    CROSS JOIN setting_values AS g
    LEFT JOIN lead AS l ON l.id = c.lead_id
    LEFT JOIN member AS o ON o.name = c.owner
    CROSS JOIN LATERAL (SELECT period_of('week', timezone(g.timezone, c.started_at), g.week_starts_on) AS week) AS w
    WHERE l.excluded IS NULL;

    COMMENT ON VIEW sla_answer IS
        'One row per answer that the agreement has asked for: who owed it, and whether it came in time. The scorecard''s answers, to be counted by team, campaign or week. Excluded leads are left out.';
    COMMENT ON COLUMN sla_answer.clock_id IS 'The clock; explain_sla() says how its verdict comes about.';
    COMMENT ON COLUMN sla_answer.commitment IS 'Key of the commitment.';
    COMMENT ON COLUMN sla_answer.department IS 'Department that owes it.';
    COMMENT ON COLUMN sla_answer.agreement IS 'The agreement.';
    COMMENT ON COLUMN sla_answer.version IS 'Its version.';
    COMMENT ON COLUMN sla_answer.commitment_id IS 'The commitment of that version.';
    COMMENT ON COLUMN sla_answer.owner IS 'Who was to answer when the clock started; null if nobody was named.';
    COMMENT ON COLUMN sla_answer.team IS 'Team of that owner, as it is now; null if none.';
    COMMENT ON COLUMN sla_answer.lead_id IS 'The lead.';
    COMMENT ON COLUMN sla_answer.campaign IS 'First campaign of the lead; null if none.';
    COMMENT ON COLUMN sla_answer.handoff_id IS 'The handoff that started it; null if none did.';
    COMMENT ON COLUMN sla_answer.cycle IS 'The lead''s cycle at the start.';
    COMMENT ON COLUMN sla_answer.started_at IS 'When it started.';
    COMMENT ON COLUMN sla_answer.due_at IS 'When it is due; null as in sla_clock.';
    COMMENT ON COLUMN sla_answer.ended_at IS 'When the answer came; null if it has not.';
    COMMENT ON COLUMN sla_answer.state IS 'met or late (answered), open, breached (open and past its due time) or cancelled (no longer owed). In time is met of met, late and breached.';
    COMMENT ON COLUMN sla_answer.late_entry IS 'Was it met, but written down only after the breach had been recorded?';
    COMMENT ON COLUMN sla_answer.week IS 'First day of the week in which it started, in setting timezone.';
    COMMENT ON COLUMN sla_answer.weeks_ago IS '0: it started this week; 1: last week; and so on.';
    COMMENT ON COLUMN sla_answer.per IS 'week, month or quarter, by which the scorecard counts it; month where the commitment does not say.';
    COMMENT ON COLUMN sla_answer.period_start IS 'First day of that period.';

    CREATE OR REPLACE VIEW sla_scorecard WITH (security_invoker = true) AS
    WITH response AS (
        SELECT j.commitment_id, j.owner, j.period_start,
               count(*) FILTER (WHERE j.state <> 'cancelled') AS owed,
               count(*) FILTER (WHERE j.state = 'met') AS met,
               count(*) FILTER (WHERE j.state = 'late') AS late,
               count(*) FILTER (WHERE j.state IN ('open', 'breached')) AS open,
               count(*) FILTER (WHERE j.state = 'breached') AS breached_open,
               count(*) FILTER (WHERE j.state = 'cancelled') AS cancelled,
               count(*) FILTER (WHERE j.late_entry) AS met_by_late_entry
        FROM sla_answer AS j
        GROUP BY j.commitment_id, j.owner, j.period_start
    )
    SELECT m.department, m.key AS commitment, m.kind, a.name AS agreement, a.version, coalesce(m.per, 'month') AS per, r.period_start,
           (r.period_start + period_length(coalesce(m.per, 'month')))::date - 1 AS period_end, r.owner,
           r.owed::numeric AS owed, r.met::numeric AS met, r.late::numeric AS late, r.open::numeric AS open,
           r.breached_open::numeric AS breached_open, r.cancelled, r.met_by_late_entry,
           r.met::float8 / nullif(r.met + r.late + r.breached_open, 0) AS rate, NULL::numeric AS target, NULL::text AS state, m.description
    FROM response AS r
    JOIN commitment AS m ON m.id = r.commitment_id
    JOIN agreement AS a ON a.id = m.agreement_id
    UNION ALL
    SELECT p.department, p.commitment, p.kind, p.agreement, p.version, p.per, p.period_start, p.period_end, NULL,
           CASE p.kind WHEN 'volume' THEN p.target ELSE p.entries END,
           CASE WHEN p.kind = 'volume' THEN p.delivered
                WHEN p.direction = 'at_most' THEN round(p.entries * (1 - coalesce(p.delivered, 0)))
                ELSE round(p.entries * coalesce(p.delivered, 0)) END,
           0, CASE p.kind WHEN 'volume' THEN greatest(p.target - p.delivered, 0) ELSE 0 END,
           CASE WHEN p.kind = 'volume' AND p.is_over THEN greatest(p.target - p.delivered, 0) ELSE 0 END, 0, 0,
           CASE p.kind WHEN 'volume' THEN p.delivered / nullif(p.target, 0) ELSE p.delivered END::float8, p.target, p.state, p.description
    FROM commitment_progress AS p
    ORDER BY 1, 2, 7, 5, 9;

    COMMENT ON VIEW sla_scorecard IS
        'What both departments have kept of the agreement, per commitment, version, period and owner. Periods are cut in setting timezone; a clock belongs to the period in which it started. Excluded leads are left out.';
    COMMENT ON COLUMN sla_scorecard.department IS 'Department that owes it.';
    COMMENT ON COLUMN sla_scorecard.commitment IS 'Key of the commitment.';
    COMMENT ON COLUMN sla_scorecard.kind IS 'response, volume or rate.';
    COMMENT ON COLUMN sla_scorecard.agreement IS 'The agreement.';
    COMMENT ON COLUMN sla_scorecard.version IS 'Its version; both versions of an amended agreement have rows in the period of the change.';
    COMMENT ON COLUMN sla_scorecard.per IS 'week, month or quarter; month where the commitment does not say.';
    COMMENT ON COLUMN sla_scorecard.period_start IS 'First day of the period.';
    COMMENT ON COLUMN sla_scorecard.period_end IS 'Last day of the period.';
    COMMENT ON COLUMN sla_scorecard.owner IS 'Who was to answer when the clock started; null if nobody was named, and for volume and rate.';
    COMMENT ON COLUMN sla_scorecard.owed IS 'Answers owed, those cancelled left out: met + late + open. Volume: the target. Rate: the leads that it is a share of.';
    COMMENT ON COLUMN sla_scorecard.met IS 'Answers in time. Volume: leads delivered. Rate: leads as they should be.';
    COMMENT ON COLUMN sla_scorecard.late IS 'Answers that came late.';
    COMMENT ON COLUMN sla_scorecard.open IS 'Answers that are outstanding. Volume: leads that are lacking.';
    COMMENT ON COLUMN sla_scorecard.breached_open IS 'Of these, those past their due time; of a volume, once the period is over.';
    COMMENT ON COLUMN sla_scorecard.cancelled IS 'Answers that were no longer owed before they were due, such as for a withdrawn handoff.';
    COMMENT ON COLUMN sla_scorecard.met_by_late_entry IS 'Of the answers in time, those that were written down only after the breach had been recorded.';
    COMMENT ON COLUMN sla_scorecard.rate IS 'met / (met + late + breached_open). Volume: delivered / target. Rate: the share itself. Null if there is nothing to judge.';
    COMMENT ON COLUMN sla_scorecard.target IS 'Volume and rate: what is owed; null for responses.';
    COMMENT ON COLUMN sla_scorecard.state IS 'Volume and rate: on_track, at_risk, met or missed; null for responses.';
    COMMENT ON COLUMN sla_scorecard.description IS 'The commitment in words.';

    CREATE OR REPLACE VIEW agreement_drift WITH (security_invoker = true) AS
    SELECT a.name AS agreement, a.version, g.at, g.table_name, g.key,
           CASE WHEN g.old IS NULL THEN 'added' WHEN g.new IS NULL THEN 'removed' ELSE 'changed' END AS change,
           (SELECT array_agg(k.name ORDER BY k.name COLLATE "C")
            FROM jsonb_object_keys(coalesce(g.new, g.old)) AS k (name)
            WHERE g.old IS NOT NULL AND g.new IS NOT NULL AND g.old -> k.name IS DISTINCT FROM g.new -> k.name) AS columns,
           g.old, g.new, g.actor, g.reason, g.id AS config_change_id
    FROM agreement AS a
    JOIN config_change AS g ON g.at > greatest(a.marketing_signed_at, a.sales_signed_at)
        AND g.table_name IN ('stage', 'transition', 'reason', 'score_band', 'scoring_category', 'scoring_rule', 'persona',
                             'activity_kind', 'routing_rule', 'calendar')
    WHERE a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL
      AND (upper_inf(a.valid) OR upper(a.valid) > timezone((SELECT v.timezone FROM setting_values AS v), now())::date)
      AND g.old IS DISTINCT FROM g.new
    ORDER BY a.name, a.version, g.at, g.id;

    COMMENT ON VIEW agreement_drift IS
        'What has changed under an agreement since both departments signed it: stages, transitions, reasons, bands, rules of scoring and routing, personas, what counts as an attempt, calendars. Agreements that are over are left out.';
    COMMENT ON COLUMN agreement_drift.agreement IS 'The agreement.';
    COMMENT ON COLUMN agreement_drift.version IS 'Its version.';
    COMMENT ON COLUMN agreement_drift.at IS 'When the change was made.';
    COMMENT ON COLUMN agreement_drift.table_name IS 'The table of rules that was changed.';
    COMMENT ON COLUMN agreement_drift.key IS 'The row, by its name or number.';
    COMMENT ON COLUMN agreement_drift.change IS 'added, removed or changed.';
    COMMENT ON COLUMN agreement_drift.columns IS 'The columns that changed; null for a row that was added or removed.';
    COMMENT ON COLUMN agreement_drift.old IS 'The row as it was; null if it was added.';
    COMMENT ON COLUMN agreement_drift.new IS 'The row as it is; null if it was removed.';
    COMMENT ON COLUMN agreement_drift.actor IS 'Who changed it; null if unknown.';
    COMMENT ON COLUMN agreement_drift.reason IS 'Why; null if not said.';
    COMMENT ON COLUMN agreement_drift.config_change_id IS 'Number of the change in config_change.';

    CREATE OR REPLACE VIEW agreement_status WITH (security_invoker = true) AS
    SELECT a.id AS agreement_id, a.name AS agreement, a.version,
           CASE WHEN a.marketing_signed_at IS NULL OR a.sales_signed_at IS NULL THEN 'draft'
                WHEN a.valid @> t.today THEN 'in_force'
                WHEN lower(a.valid) > t.today THEN 'not_yet' ELSE 'ended' END AS state,
           lower(a.valid) AS first_day, upper(a.valid) - 1 AS last_day,
           a.marketing_signed_by, a.marketing_signed_at, a.sales_signed_by, a.sales_signed_at, a.review_every,
           CASE WHEN a.next_review < t.today AND a.review_every > interval '0' THEN
                    (SELECT min(g)::date FROM generate_series(a.next_review::timestamp, t.today + a.review_every, a.review_every) AS g
                     WHERE g >= t.today)
                ELSE a.next_review END AS next_review,
           n.commitments, n.owed_by_marketing, n.owed_by_sales, k.open_clocks, k.overdue_clocks, d.changes AS drift
    FROM agreement AS a
    CROSS JOIN (SELECT timezone(v.timezone, now())::date AS today FROM setting_values AS v) AS t
    CROSS JOIN LATERAL (SELECT count(*) AS commitments, count(*) FILTER (WHERE m.department = 'marketing') AS owed_by_marketing,
                               count(*) FILTER (WHERE m.department = 'sales') AS owed_by_sales
                        FROM commitment AS m WHERE m.agreement_id = a.id) AS n
    CROSS JOIN LATERAL (SELECT count(*) AS open_clocks, count(*) FILTER (WHERE c.due_at < now()) AS overdue_clocks
                        FROM commitment AS m JOIN sla_clock AS c ON c.commitment_id = m.id
                        WHERE m.agreement_id = a.id AND c.ended_at IS NULL AND c.cancelled_at IS NULL) AS k
    CROSS JOIN LATERAL (SELECT count(*) AS changes FROM agreement_drift AS x WHERE x.agreement = a.name AND x.version = a.version) AS d
    ORDER BY a.name, a.version;

    COMMENT ON VIEW agreement_status IS
        'The agreements and their versions: who has signed, which one is in force, when it is reviewed, what is open under it.';
    COMMENT ON COLUMN agreement_status.agreement_id IS 'The version''s id.';
    COMMENT ON COLUMN agreement_status.agreement IS 'Name of the agreement.';
    COMMENT ON COLUMN agreement_status.version IS 'Version, from 1.';
    COMMENT ON COLUMN agreement_status.state IS 'draft (not signed by both), not_yet, in_force or ended.';
    COMMENT ON COLUMN agreement_status.first_day IS 'First day on which it is valid; null: without beginning.';
    COMMENT ON COLUMN agreement_status.last_day IS 'Last day on which it is valid; null: without end.';
    COMMENT ON COLUMN agreement_status.marketing_signed_by IS 'Who signed for marketing; null if nobody has.';
    COMMENT ON COLUMN agreement_status.marketing_signed_at IS 'When.';
    COMMENT ON COLUMN agreement_status.sales_signed_by IS 'Who signed for sales; null if nobody has.';
    COMMENT ON COLUMN agreement_status.sales_signed_at IS 'When.';
    COMMENT ON COLUMN agreement_status.review_every IS 'How often it is reviewed; null: never.';
    COMMENT ON COLUMN agreement_status.next_review IS 'Day of the next review; null if none is planned.';
    COMMENT ON COLUMN agreement_status.commitments IS 'Number of commitments.';
    COMMENT ON COLUMN agreement_status.owed_by_marketing IS 'Those of marketing.';
    COMMENT ON COLUMN agreement_status.owed_by_sales IS 'Those of sales.';
    COMMENT ON COLUMN agreement_status.open_clocks IS 'Answers owed under it now.';
    COMMENT ON COLUMN agreement_status.overdue_clocks IS 'Those past their due time.';
    COMMENT ON COLUMN agreement_status.drift IS 'Changes of the rules since both signed; see agreement_drift. 0 for drafts and agreements that are over.';

    CREATE OR REPLACE VIEW speed_to_lead WITH (security_invoker = true) AS
    WITH band (counted, position, band, more_than, up_to) AS (
        SELECT c.counted, b.position, b.band, b.more_than, b.up_to
        FROM (VALUES ('elapsed'), ('working')) AS c (counted)
        CROSS JOIN (VALUES (1, '5 minutes', NULL, interval '5 minutes'),
                           (2, '30 minutes', interval '5 minutes', interval '30 minutes'),
                           (3, '1 hour', interval '30 minutes', interval '1 hour'),
                           (4, '4 hours', interval '1 hour', interval '4 hours'),
                           (5, '8 hours', interval '4 hours', interval '8 hours'),
                           (6, '24 hours', interval '8 hours', interval '24 hours'),
                           (7, 'later', interval '24 hours', NULL),
                           (8, 'never', NULL, NULL)) AS b (position, band, more_than, up_to)
    ), offered AS (
        SELECT c.counted, f.sql_at IS NOT NULL OR f.opportunity_at IS NOT NULL OR f.won_at IS NOT NULL AS qualified,
               f.won_at IS NOT NULL AS won, f.first_attempt_at IS NULL AS never,
               CASE c.counted WHEN 'elapsed' THEN f.first_attempt_at - f.offered_at ELSE f.response_working END AS response
        FROM lead_fact AS f
        CROSS JOIN (VALUES ('elapsed'), ('working')) AS c (counted)
        WHERE f.offered_at IS NOT NULL AND f.decision IS DISTINCT FROM 'withdrawn'
    ), counted AS (
        SELECT b.counted, b.position, count(o.counted) AS leads, count(o.counted) FILTER (WHERE o.qualified) AS qualified,
               count(o.counted) FILTER (WHERE o.won) AS won,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM o.response)) AS median
        FROM band AS b
        LEFT JOIN offered AS o ON o.counted = b.counted AND CASE b.position
            WHEN 8 THEN o.never
            WHEN 7 THEN o.response > b.more_than
            WHEN 1 THEN o.response <= b.up_to
            ELSE o.response > b.more_than AND o.response <= b.up_to END
        GROUP BY b.counted, b.position
    )
    SELECT b.counted, b.position, b.band, b.more_than, b.up_to, c.leads,
           c.leads::float8 / nullif(sum(c.leads) OVER (PARTITION BY b.counted), 0)::float8 AS share,
           c.qualified, c.qualified::float8 / nullif(c.leads, 0) AS conversion, c.won, c.won::float8 / nullif(c.leads, 0) AS win_rate,
           make_interval(secs => c.median) AS median_response
    FROM band AS b
    JOIN counted AS c USING (counted, position)
    ORDER BY b.counted, b.position;

    COMMENT ON VIEW speed_to_lead IS
        'How fast sales make the first attempt on what they are offered, and what becomes of it: one row per band of time, by the wall clock and in working time. Cycles of leads that were offered; withdrawn offers and excluded leads are left out.';
    COMMENT ON COLUMN speed_to_lead.counted IS 'elapsed (by the wall clock) or working (lead_fact.response_working; leads without a calendar are left out).';
    COMMENT ON COLUMN speed_to_lead.position IS 'Order of the bands, fastest first.';
    COMMENT ON COLUMN speed_to_lead.band IS 'The band: up to so much time, later than the longest one, or never.';
    COMMENT ON COLUMN speed_to_lead.more_than IS 'The time is longer than this; null: no bound.';
    COMMENT ON COLUMN speed_to_lead.up_to IS 'And not longer than this; null: no bound.';
    COMMENT ON COLUMN speed_to_lead.leads IS 'Leads of this band, per cycle.';
    COMMENT ON COLUMN speed_to_lead.share IS 'Of all, 0 to 1; null if there is none.';
    COMMENT ON COLUMN speed_to_lead.qualified IS 'Those that sales qualified in that cycle: the stages sql, opportunity or customer of the settings.';
    COMMENT ON COLUMN speed_to_lead.conversion IS 'qualified / leads; null if there is none.';
    COMMENT ON COLUMN speed_to_lead.won IS 'Those that were won in that cycle.';
    COMMENT ON COLUMN speed_to_lead.win_rate IS 'won / leads; null if there is none.';
    COMMENT ON COLUMN speed_to_lead.median_response IS 'Median time to the first attempt in this band; null if there is none.';
END
$body$;
COMMENT ON FUNCTION workspace_sla_views() IS
'Makes or replaces the agreement''s views and their comments in the workspace that search_path points at. Internal.';
