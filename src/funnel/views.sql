/*
 * Views of the funnel: how far leads get, how long it takes them, what becomes
 * of those that come back, and who is next.  Plain SQL on the workspace's own
 * tables: they outlive DROP EXTENSION.  Columns are only ever appended.
 *
 * Excluded and deleted leads are in no figure.  A lead counts once per stage
 * and cycle, by its first entry; only funnel, which knows no time, counts it
 * once for all its cycles.  Stages that a longer move stepped over (implied)
 * are reached, and their times count in no median.
 */
CREATE FUNCTION workspace_funnel_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    /*
     * Of the workspace, like response_working(), and for many stays in one
     * call, because a call for each costs more than all the rest of the view.
     */
    CREATE OR REPLACE FUNCTION working_quantiles(hours text, from_at timestamptz[], to_at timestamptz[], fractions float8[]) RETURNS float8[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        IF to_regtype('smarketing.working_hours') IS NULL THEN
            RETURN NULL;
        END IF;
        RETURN (SELECT percentile_cont(fractions) WITHIN GROUP
                           (ORDER BY date_part('epoch', smarketing.working_time(hours::smarketing.working_hours, t.from_at, t.to_at)))
                FROM unnest(from_at, to_at) AS t (from_at, to_at));
    END
    $function$;
    COMMENT ON FUNCTION working_quantiles(text, timestamptz[], timestamptz[], float8[]) IS
        'Quantiles of the working time, in seconds, between pairs of instants; hours is working hours as text. For stage_velocity. Null if an argument is null, of no pairs, or while the extension is not there.';

    /*
     * Which columns the conditions read is known only when it runs, and
     * to_jsonb(lead) would take ten times as long as all the rest.
     */
    CREATE OR REPLACE FUNCTION unknown_traits(leads regclass, paths jsonb, OUT persona text, OUT unknown float8) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    DECLARE
        unknowns text;
    BEGIN
        SELECT string_agg(CASE WHEN a.attname IS NULL THEN '1'
                               WHEN a.atttypid = 'jsonb'::regtype THEN format('(l.%I #>> %L IS NULL)::int', a.attname, t.keys[2:])
                               ELSE format('(l.%I IS NULL)::int', a.attname) END, ' + ')
        INTO unknowns
        FROM jsonb_array_elements(paths) AS p (path)
        CROSS JOIN LATERAL (SELECT array_agg(e.key ORDER BY e.ordinal) AS keys
                            FROM jsonb_array_elements_text(p.path) WITH ORDINALITY AS e (key, ordinal)) AS t
        LEFT JOIN pg_attribute AS a ON a.attrelid = leads AND a.attname = t.keys[1] AND a.attnum > 0 AND NOT a.attisdropped;
        RETURN QUERY EXECUTE format('SELECT l.persona, avg(%s)::float8 FROM %s AS l WHERE l.excluded IS NULL GROUP BY l.persona',
                                    coalesce(unknowns, '0'), leads);
    END
    $function$;
    COMMENT ON FUNCTION unknown_traits(regclass, jsonb) IS
        'How many of these paths into a lead''s row (arrays of keys, the first a column) are null or missing, in the mean, by persona; for persona_coverage. Excluded leads are left out. Nothing if an argument is null.';

    /*
     * Scalar subqueries with LIMIT 1 in place of EXISTS: they stop at the
     * first lead, where the planner would join whole tables for an EXISTS.
     */
    CREATE OR REPLACE VIEW stage_line WITH (security_invoker = true) AS
    WITH ranked AS (
        SELECT s.name AS stage, coalesce(s.label, s.name) AS label, s.position, s.department, s.kind,
               s.kind IN ('inventory', 'handoff', 'success') AS on_line,
               row_number() OVER (ORDER BY s.position, s.name) AS ordinal,
               greatest(2, length((count(*) OVER ())::text)) AS digits
        FROM stage AS s
    ), line AS (
        SELECT r.stage, lag(r.stage) OVER w AS previous_stage, lead(r.stage) OVER w AS next_stage
        FROM ranked AS r
        WHERE r.on_line
          AND (SELECT true FROM stage_change AS c JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
               WHERE c.to_stage = r.stage LIMIT 1)
        WINDOW w AS (ORDER BY r.ordinal)
    )
    SELECT r.stage, r.label, lpad(r.ordinal::text, r.digits, '0') || ' ' || r.label AS step_label, r.position, r.department, r.kind,
           r.on_line, n.previous_stage, n.next_stage
    FROM ranked AS r
    LEFT JOIN line AS n ON n.stage = r.stage
    ORDER BY r.ordinal;

    COMMENT ON VIEW stage_line IS
        'The stages in order, and the line that leads follow: the stages of kind inventory, handoff and success that any lead has reached; detours and exits stand beside it.';
    COMMENT ON COLUMN stage_line.stage IS 'Name of the stage.';
    COMMENT ON COLUMN stage_line.label IS 'Label of the stage.';
    COMMENT ON COLUMN stage_line.step_label IS 'Label with its number in front, for tools that sort by text: 02 Lead.';
    COMMENT ON COLUMN stage_line.position IS 'Position of the stage.';
    COMMENT ON COLUMN stage_line.department IS 'Department accountable for it.';
    COMMENT ON COLUMN stage_line.kind IS 'Kind of the stage.';
    COMMENT ON COLUMN stage_line.on_line IS 'Is it of a kind that stands on the line?';
    COMMENT ON COLUMN stage_line.previous_stage IS 'The stage before it on the line; null for the first one, and for stages that no lead has reached or that stand beside the line.';
    COMMENT ON COLUMN stage_line.next_stage IS 'The stage after it on the line; null for the last one, and for stages that no lead has reached or that stand beside the line.';

    -- one sort serves DISTINCT ON and the window; leads are joined after it, so that it stays narrow
    CREATE OR REPLACE VIEW stage_entry WITH (security_invoker = true) AS
    SELECT e.lead_id, e.cycle, e.stage, e.entered_at, e.implied, e.cycle_entered_at, e.previous_stage, e.next_stage, e.next_at, e.next_implied,
           e.cycle = l.cycle AS is_last_cycle, l.stage AS lead_stage, l.origin, l.source, l.campaign, l.persona, l.country
    FROM (SELECT f.lead_id, f.cycle, f.stage, f.place, f.entered_at, f.implied,
                 min(f.entered_at) OVER w AS cycle_entered_at,
                 lag(f.stage) OVER w AS previous_stage, lead(f.stage) OVER w AS next_stage,
                 lead(f.entered_at) OVER w AS next_at, lead(f.implied) OVER w AS next_implied
          FROM (SELECT DISTINCT ON (c.lead_id, c.cycle, s.place)
                       c.lead_id, c.cycle, s.place, c.to_stage AS stage, c.at AS entered_at, c.implied
                FROM stage_change AS c
                LEFT JOIN (SELECT t.name, row_number() OVER (ORDER BY t.kind IN ('detour', 'exit'), t.position, t.name) AS place
                           FROM stage AS t) AS s ON s.name = c.to_stage
                ORDER BY c.lead_id, c.cycle, s.place, c.at, c.id) AS f
          WINDOW w AS (PARTITION BY f.lead_id, f.cycle ORDER BY f.place
                       ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS e
    JOIN lead AS l ON l.id = e.lead_id AND l.excluded IS NULL
    WHERE e.place IS NOT NULL;

    COMMENT ON VIEW stage_entry IS
        'One row per lead, cycle and stage reached: its first entry there. Stages that exist no longer, and excluded and deleted leads, are left out.';
    COMMENT ON COLUMN stage_entry.lead_id IS 'The lead.';
    COMMENT ON COLUMN stage_entry.cycle IS 'Its round through the lifecycle, from 1.';
    COMMENT ON COLUMN stage_entry.stage IS 'The stage.';
    COMMENT ON COLUMN stage_entry.entered_at IS 'First entry in this cycle.';
    COMMENT ON COLUMN stage_entry.implied IS 'Did a longer move step over the stage?';
    COMMENT ON COLUMN stage_entry.cycle_entered_at IS 'First move of the cycle; in cycle 1 the lead''s entry.';
    COMMENT ON COLUMN stage_entry.previous_stage IS 'The stage before it, by position, that the lead has reached in this cycle; those beside the line (detour, exit) come after all others. Null if there is none.';
    COMMENT ON COLUMN stage_entry.next_stage IS 'The stage after it in the same order that the lead has reached in this cycle; null if there is none.';
    COMMENT ON COLUMN stage_entry.next_at IS 'First entry into next_stage, which may be earlier than this one; null if there is none.';
    COMMENT ON COLUMN stage_entry.next_implied IS 'Was next_stage stepped over? Null if there is none.';
    COMMENT ON COLUMN stage_entry.is_last_cycle IS 'Is it the lead''s last cycle?';
    COMMENT ON COLUMN stage_entry.lead_stage IS 'Stage where the lead stands now.';
    COMMENT ON COLUMN stage_entry.origin IS 'Origin of the lead.';
    COMMENT ON COLUMN stage_entry.source IS 'First source; null if not known.';
    COMMENT ON COLUMN stage_entry.campaign IS 'First campaign; null if none.';
    COMMENT ON COLUMN stage_entry.persona IS 'Persona, as it is now; null if none.';
    COMMENT ON COLUMN stage_entry.country IS 'Country, as it is now; null if not known.';

    CREATE OR REPLACE VIEW stage_stay WITH (security_invoker = true) AS
    SELECT y.lead_id, y.cycle, y.stage, y.entered_at, y.left_at, y.left_to, y.implied
    FROM (SELECT c.lead_id, c.cycle, c.to_stage AS stage, c.at AS entered_at, lead(c.at) OVER w AS left_at,
                 lead(c.to_stage) OVER w AS left_to, c.implied
          FROM stage_change AS c
          WINDOW w AS (PARTITION BY c.lead_id ORDER BY c.at, c.id)) AS y
    JOIN lead AS l ON l.id = y.lead_id AND l.excluded IS NULL;

    COMMENT ON VIEW stage_stay IS
        'One row per stay of a lead in a stage, from one move to the next; a lead that comes back has another stay. Excluded and deleted leads are left out.';
    COMMENT ON COLUMN stage_stay.lead_id IS 'The lead.';
    COMMENT ON COLUMN stage_stay.cycle IS 'Its cycle when the stay began.';
    COMMENT ON COLUMN stage_stay.stage IS 'The stage.';
    COMMENT ON COLUMN stage_stay.entered_at IS 'When it came.';
    COMMENT ON COLUMN stage_stay.left_at IS 'When it went; null while it stands there.';
    COMMENT ON COLUMN stage_stay.left_to IS 'The stage that it went to; null while it stands there.';
    COMMENT ON COLUMN stage_stay.implied IS 'Did a longer move step over the stage?';

    /*
     * Conversion asks of the leads that reached the stage before how many
     * reached this one too, so that it is never above 1, whatever way leads
     * come in.  A lead has reached both if they follow one another among all
     * that it has reached: nobody has reached a stage between them.
     */
    CREATE OR REPLACE VIEW funnel WITH (security_invoker = true) AS
    WITH pair AS (
        SELECT x.stage, x.previous_stage, count(*) AS leads
        FROM (SELECT d.stage, lag(d.stage) OVER (PARTITION BY d.lead_id ORDER BY d.place) AS previous_stage
              FROM (SELECT DISTINCT c.lead_id, s.place, s.name AS stage
                    FROM stage_change AS c
                    JOIN (SELECT t.name, row_number() OVER (ORDER BY t.kind IN ('detour', 'exit'), t.position, t.name) AS place
                          FROM stage AS t) AS s ON s.name = c.to_stage) AS d
              JOIN lead AS l ON l.id = d.lead_id AND l.excluded IS NULL) AS x
        GROUP BY x.stage, x.previous_stage
    ), reached AS (
        SELECT p.stage, sum(p.leads)::bigint AS leads FROM pair AS p GROUP BY p.stage
    ), standing AS (
        SELECT l.stage, count(*) AS leads FROM lead AS l WHERE l.excluded IS NULL GROUP BY l.stage
    ), stay AS (
        SELECT y.stage, min(y.entered_at) AS first_at,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', y.left_at - y.entered_at))
                   FILTER (WHERE NOT y.implied) AS median_seconds
        FROM stage_stay AS y
        GROUP BY y.stage
    )
    SELECT s.stage, s.label, s.position, s.department, s.kind,
           coalesce(t.leads, 0) AS now, coalesce(r.leads, 0) AS reached, s.previous_stage,
           coalesce(p.leads, 0)::float8 / b.leads AS conversion,
           justify_hours(make_interval(secs => y.median_seconds)) AS median_time,
           s.step_label, y.median_seconds,
           timezone(g.timezone, min(y.first_at) OVER ())::date AS period_start, timezone(g.timezone, now())::date AS period_end
    FROM stage_line AS s
    CROSS JOIN setting_values AS g
    LEFT JOIN standing AS t ON t.stage = s.stage
    LEFT JOIN reached AS r ON r.stage = s.stage
    LEFT JOIN reached AS b ON b.stage = s.previous_stage
    LEFT JOIN pair AS p ON p.stage = s.stage AND p.previous_stage = s.previous_stage
    LEFT JOIN stay AS y ON y.stage = s.stage
    ORDER BY s.position, s.stage;

    COMMENT ON VIEW funnel IS
        'The lifecycle as a funnel, one row per stage in position order. Counts leads, over all time; excluded and deleted ones are left out.';
    COMMENT ON COLUMN funnel.stage IS 'Name of the stage.';
    COMMENT ON COLUMN funnel.label IS 'Label of the stage.';
    COMMENT ON COLUMN funnel.position IS 'Position of the stage.';
    COMMENT ON COLUMN funnel.department IS 'Department accountable for it.';
    COMMENT ON COLUMN funnel.kind IS 'Kind of the stage.';
    COMMENT ON COLUMN funnel.now IS 'Leads that stand there now.';
    COMMENT ON COLUMN funnel.reached IS 'Leads that have ever stood there; one that comes back counts once. Stages stepped over by a longer move count.';
    COMMENT ON COLUMN funnel.previous_stage IS 'The stage of kind inventory, handoff or success before it that any lead has reached; null for the first one, for stages not reached, and beside the line.';
    COMMENT ON COLUMN funnel.conversion IS 'Of the leads that reached previous_stage, the part that has reached this one too: 0 to 1; null without a previous stage.';
    COMMENT ON COLUMN funnel.median_time IS 'Median of the stays that have ended, by the wall clock; stages stepped over do not count. Null if none has.';
    COMMENT ON COLUMN funnel.step_label IS 'Label with its number in front, for tools that sort by text.';
    COMMENT ON COLUMN funnel.median_seconds IS 'median_time in seconds.';
    COMMENT ON COLUMN funnel.period_start IS 'Day of the first entry of any lead, in setting timezone; null if there is none.';
    COMMENT ON COLUMN funnel.period_end IS 'Today, in setting timezone.';

    -- eighths of a block, so that a short bar still says something
    CREATE OR REPLACE VIEW funnel_chart WITH (security_invoker = true) AS
    SELECT f.label AS stage,
           repeat('█', b.eighths / 8) || CASE WHEN b.eighths % 8 > 0 THEN substr('▏▎▍▌▋▊▉', b.eighths % 8, 1) ELSE '' END AS bar,
           f.reached AS leads, round(100.0 * f.reached / nullif(f.leads, 0), 1) AS percent, f.now
    FROM (SELECT g.stage, g.label, g.position, g.reached, g.now, max(g.reached) OVER () AS most,
                 sum(g.now) OVER () AS leads FROM funnel AS g) AS f
    CROSS JOIN LATERAL (SELECT CASE WHEN f.reached = 0 THEN 0
                                    ELSE greatest(1, round(320.0 * f.reached / f.most)) END::int AS eighths) AS b
    ORDER BY f.position, f.stage;

    COMMENT ON VIEW funnel_chart IS
        'The funnel as a bar chart for a terminal: one row per stage in position order. The longest bar is 40 characters.';
    COMMENT ON COLUMN funnel_chart.stage IS 'Label of the stage.';
    COMMENT ON COLUMN funnel_chart.bar IS 'Bar as long as leads, in eighths of a character; empty for none.';
    COMMENT ON COLUMN funnel_chart.leads IS 'Leads that have ever stood there.';
    COMMENT ON COLUMN funnel_chart.percent IS 'Of all leads, in percent; null if there is none.';
    COMMENT ON COLUMN funnel_chart.now IS 'Leads that stand there now.';

    /*
     * way: the leads of a cohort by what they have in common; some thousand
     * rows, from which all counts follow.  Their times ride along in arrays,
     * so that the moves are read and sorted once.
     */
    CREATE OR REPLACE VIEW funnel_cohort WITH (security_invoker = true) AS
    WITH way AS (
        SELECT period_of('month', timezone(g.timezone, e.cycle_entered_at), g.week_starts_on) AS period,
               CASE WHEN e.cycle = 1 THEN 'first' ELSE 'later' END AS cycles, e.stage, e.previous_stage,
               CASE WHEN e.is_last_cycle AND o.kind IN ('inventory', 'handoff') THEN o.position END AS open_at,
               count(*) AS leads, max(e.cycle_entered_at) AS youngest_at,
               array_agg(date_part('epoch', e.entered_at - e.cycle_entered_at)) FILTER (WHERE NOT e.implied) AS seconds
        FROM stage_entry AS e
        JOIN stage AS o ON o.name = e.lead_stage
        CROSS JOIN setting_values AS g
        GROUP BY 1, 2, 3, 4, 5
    ), counted AS MATERIALIZED (
        SELECT w.period, w.cycles, w.stage, w.previous_stage, w.open_at, w.leads, w.youngest_at FROM way AS w
    ), timed AS (
        SELECT w.period, w.cycles, w.stage, percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY u.seconds) AS quantile
        FROM (SELECT * FROM way AS v ORDER BY v.period, v.cycles, v.stage) AS w
        CROSS JOIN LATERAL unnest(w.seconds) AS u (seconds)
        GROUP BY w.period, w.cycles, w.stage
    ), cohort AS (
        SELECT c.period, c.cycles, sum(c.leads) FILTER (WHERE c.previous_stage IS NULL)::bigint AS leads, max(c.youngest_at) AS youngest_at
        FROM (SELECT n.period, n.cycles, n.previous_stage, n.leads, n.youngest_at FROM counted AS n
              UNION ALL
              SELECT period_of('month', timezone(g.timezone, now()), g.week_starts_on), 'first', NULL, 0, NULL FROM setting_values AS g) AS c
        GROUP BY c.period, c.cycles
    ), measured AS (
        SELECT h.period, h.cycles, h.leads AS cohort, h.youngest_at, s.stage, s.step_label, s.label, s.position, s.kind, s.previous_stage,
               coalesce(r.reached, 0)::bigint AS reached, coalesce(r.both_reached, 0)::bigint AS both_reached, r.previous_reached,
               coalesce(r.open_before - r.open_beyond, 0)::bigint AS still_open,
               t.quantile[1] AS median_seconds, t.quantile[2] AS p90_seconds
        FROM cohort AS h
        CROSS JOIN stage_line AS s
        CROSS JOIN LATERAL (
            SELECT sum(c.leads) FILTER (WHERE c.stage = s.stage) AS reached,
                   sum(c.leads) FILTER (WHERE c.stage = s.stage AND c.previous_stage = s.previous_stage) AS both_reached,
                   sum(c.leads) FILTER (WHERE c.stage = s.previous_stage) AS previous_reached,
                   sum(c.leads) FILTER (WHERE c.previous_stage IS NULL AND c.open_at < s.position) AS open_before,
                   coalesce(sum(c.leads) FILTER (WHERE c.stage = s.stage AND c.open_at < s.position), 0) AS open_beyond
            FROM counted AS c
            WHERE c.period = h.period AND c.cycles = h.cycles) AS r
        LEFT JOIN timed AS t ON t.period = h.period AND t.cycles = h.cycles AND t.stage = s.stage
    ), judged AS (
        SELECT m.*, sum(m.p90_seconds * m.reached) OVER older
                    / nullif(sum(m.reached) FILTER (WHERE m.p90_seconds IS NOT NULL) OVER older, 0)::float8 AS usual_seconds
        FROM measured AS m
        WINDOW older AS (PARTITION BY m.cycles, m.stage ORDER BY m.period ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT 'month' AS per, j.period, j.cycles, j.stage, j.step_label, j.label, j.position, j.kind, j.cohort, j.reached,
           j.reached::float8 / nullif(j.cohort, 0) AS conversion, j.previous_stage,
           j.both_reached::float8 / nullif(j.previous_reached, 0)::float8 AS conversion_from_previous, j.still_open,
           j.still_open = 0 OR coalesce(date_part('epoch', now() - j.youngest_at) >= j.usual_seconds, false) AS is_mature,
           justify_hours(make_interval(secs => j.median_seconds)) AS median_time, j.median_seconds,
           justify_hours(make_interval(secs => j.p90_seconds)) AS p90_time, j.p90_seconds,
           justify_hours(make_interval(secs => j.usual_seconds)) AS usual_time, j.usual_seconds
    FROM judged AS j
    ORDER BY j.period, j.cycles, j.position, j.stage;

    COMMENT ON VIEW funnel_cohort IS
        'What becomes of the leads of a month: one row per month of entry and stage, in setting timezone. First cycles and later ones are cohorts of their own: what a lead does in a later cycle belongs to the month in which that began. The current month is always there.';
    COMMENT ON COLUMN funnel_cohort.per IS 'month.';
    COMMENT ON COLUMN funnel_cohort.period IS 'First day of the month in which the cycle began.';
    COMMENT ON COLUMN funnel_cohort.cycles IS 'first: new leads, in their first cycle; later: leads that came again.';
    COMMENT ON COLUMN funnel_cohort.stage IS 'The stage.';
    COMMENT ON COLUMN funnel_cohort.step_label IS 'Label with its number in front, for tools that sort by text.';
    COMMENT ON COLUMN funnel_cohort.label IS 'Label of the stage.';
    COMMENT ON COLUMN funnel_cohort.position IS 'Position of the stage.';
    COMMENT ON COLUMN funnel_cohort.kind IS 'Kind of the stage.';
    COMMENT ON COLUMN funnel_cohort.cohort IS 'Leads of the cohort.';
    COMMENT ON COLUMN funnel_cohort.reached IS 'Of these, those that have reached the stage in that cycle, up to now.';
    COMMENT ON COLUMN funnel_cohort.conversion IS 'reached / cohort: 0 to 1; null for an empty cohort.';
    COMMENT ON COLUMN funnel_cohort.previous_stage IS 'The stage before it on the line; null for the first one, for stages that no lead has reached, and beside the line.';
    COMMENT ON COLUMN funnel_cohort.conversion_from_previous IS 'Of the cohort''s leads that reached previous_stage, the part that has reached this one too: 0 to 1; null if none did.';
    COMMENT ON COLUMN funnel_cohort.still_open IS 'Leads of the cohort that could still get there: the cycle goes on, they stand in an inventory or handoff stage before this one and have not been here.';
    COMMENT ON COLUMN funnel_cohort.is_mature IS 'May the conversion be compared? When no lead could still get there, or the youngest lead of the cohort is at least usual_time old. A young cohort is not a bad one.';
    COMMENT ON COLUMN funnel_cohort.median_time IS 'Median time from the cycle''s entry to the stage, by the wall clock; null if none is known.';
    COMMENT ON COLUMN funnel_cohort.median_seconds IS 'median_time in seconds.';
    COMMENT ON COLUMN funnel_cohort.p90_time IS 'Within this time nine of ten of those that reached it did; null if none is known.';
    COMMENT ON COLUMN funnel_cohort.p90_seconds IS 'p90_time in seconds.';
    COMMENT ON COLUMN funnel_cohort.usual_time IS 'p90_time of all older cohorts together: their mean, weighted by the leads that reached the stage; null if none of them did.';
    COMMENT ON COLUMN funnel_cohort.usual_seconds IS 'usual_time in seconds.';

    /*
     * One pass over the moves for each dimension and kind of period that is
     * asked for: LATERAL makes the planner take the two lists first, so that a
     * condition on dimension or per spares the others.  Owner and team need
     * the handoffs too, which the rest does without.
     */
    CREATE OR REPLACE VIEW funnel_by WITH (security_invoker = true) AS
    SELECT d.dimension, f.value, p.per, f.period, f.stage, f.step_label, f.label, f.position, f.kind, f.reached, f.now,
           f.next_stage, f.converted, f.converted::float8 / nullif(f.reached, 0) AS conversion,
           justify_hours(make_interval(secs => f.median_seconds)) AS median_time, f.median_seconds
    FROM (VALUES ('all'), ('campaign'), ('channel'), ('persona'), ('source'), ('origin'), ('owner'), ('team'), ('country')) AS d (dimension)
    CROSS JOIN (VALUES ('week'), ('month'), ('quarter')) AS p (per)
    CROSS JOIN LATERAL (
        WITH counted AS (
            SELECT coalesce(e.value, '(none)') AS value,
                   period_of(p.per, timezone(g.timezone, e.entered_at), g.week_starts_on) AS period, e.stage, count(*) AS reached,
                   count(*) FILTER (WHERE e.is_last_cycle AND e.lead_stage = e.stage) AS now,
                   count(*) FILTER (WHERE e.next_stage = s.next_stage AND e.next_at >= e.entered_at) AS converted,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', e.next_at - e.entered_at))
                       FILTER (WHERE e.next_stage = s.next_stage AND e.next_at >= e.entered_at
                                 AND NOT e.implied AND NOT e.next_implied) AS median_seconds
            FROM (SELECT CASE d.dimension WHEN 'all' THEN '(all)' WHEN 'campaign' THEN x.campaign WHEN 'channel' THEN c.channel
                                          WHEN 'persona' THEN x.persona WHEN 'source' THEN x.source WHEN 'origin' THEN x.origin
                                          WHEN 'country' THEN x.country END AS value,
                         x.stage, x.entered_at, x.implied, x.next_stage, x.next_at, x.next_implied, x.is_last_cycle, x.lead_stage
                  FROM stage_entry AS x
                  LEFT JOIN campaign AS c ON c.name = x.campaign
                  WHERE d.dimension NOT IN ('owner', 'team')
                  UNION ALL
                  SELECT CASE d.dimension WHEN 'owner' THEN a.owner ELSE a.team END,
                         x.stage, x.entered_at, x.implied, x.next_stage, x.next_at, x.next_implied, x.is_last_cycle, x.lead_stage
                  FROM stage_entry AS x
                  JOIN lead_fact AS a ON a.lead_id = x.lead_id AND a.cycle = x.cycle
                  WHERE d.dimension IN ('owner', 'team')) AS e
            JOIN stage_line AS s ON s.stage = e.stage
            CROSS JOIN setting_values AS g
            GROUP BY 1, 2, 3
        ), shown AS (
            SELECT c.value, c.period FROM counted AS c
            UNION
            SELECT '(all)', period_of(p.per, timezone(g.timezone, now()), g.week_starts_on) FROM setting_values AS g WHERE d.dimension = 'all'
        )
        SELECT v.value, v.period, s.stage, s.step_label, s.label, s.position, s.kind, coalesce(c.reached, 0) AS reached,
               coalesce(c.now, 0) AS now, s.next_stage,
               CASE WHEN s.next_stage IS NOT NULL THEN coalesce(c.converted, 0) END AS converted, c.median_seconds
        FROM shown AS v
        CROSS JOIN stage_line AS s
        LEFT JOIN counted AS c ON c.value = v.value AND c.period = v.period AND c.stage = s.stage) AS f
    ORDER BY d.dimension, f.value, p.per, f.period, f.position, f.stage;

    COMMENT ON VIEW funnel_by IS
        'The funnel by period and one dimension of the lead: who reached a stage in the period, and what part of them has gone on since. Each row of dimension and per costs a pass over the history: name both. Counts a lead once per cycle and stage, by its first entry; cuts periods in setting timezone. Stages without any have rows with zeros.';
    COMMENT ON COLUMN funnel_by.dimension IS 'all, campaign, channel, persona, source, origin, owner, team or country, as in lead_fact.';
    COMMENT ON COLUMN funnel_by.value IS 'Value of the dimension; (none) where the lead has none, (all) for all.';
    COMMENT ON COLUMN funnel_by.per IS 'week, month or quarter.';
    COMMENT ON COLUMN funnel_by.period IS 'First day of the period.';
    COMMENT ON COLUMN funnel_by.stage IS 'The stage.';
    COMMENT ON COLUMN funnel_by.step_label IS 'Label with its number in front, for tools that sort by text.';
    COMMENT ON COLUMN funnel_by.label IS 'Label of the stage.';
    COMMENT ON COLUMN funnel_by.position IS 'Position of the stage.';
    COMMENT ON COLUMN funnel_by.kind IS 'Kind of the stage.';
    COMMENT ON COLUMN funnel_by.reached IS 'Leads whose first entry into the stage, in a cycle, fell into the period.';
    COMMENT ON COLUMN funnel_by.now IS 'Of these, those that stand there now.';
    COMMENT ON COLUMN funnel_by.next_stage IS 'The next stage of the line (see stage_line); null for the last one, for stages that no lead has reached, and beside the line.';
    COMMENT ON COLUMN funnel_by.converted IS 'Of these, those that have entered next_stage since, in that cycle, up to now; null without a next stage.';
    COMMENT ON COLUMN funnel_by.conversion IS 'converted / reached: 0 to 1; null without a next stage, and if none reached it.';
    COMMENT ON COLUMN funnel_by.median_time IS 'Median time from the entry into the stage to that into next_stage, by the wall clock; null if none is known.';
    COMMENT ON COLUMN funnel_by.median_seconds IS 'median_time in seconds.';

    -- each stay is counted where it began and, once over, where it ended
    CREATE OR REPLACE VIEW stage_velocity WITH (security_invoker = true) AS
    SELECT p.per, f.period, f.stage, f.step_label, f.label, f.position, f.department, f.kind, f.entered, f.open, f.departed,
           f.converted, f.converted::float8 / nullif(f.departed, 0) AS conversion, f.returned, f.lost,
           f.lost::float8 / nullif(f.departed, 0) AS loss_rate,
           justify_hours(make_interval(secs => f.elapsed[1])) AS median_time, f.elapsed[1] AS median_seconds,
           justify_hours(make_interval(secs => f.elapsed[2])) AS p90_time, f.elapsed[2] AS p90_seconds,
           make_interval(secs => f.worked[1]) AS median_working, f.worked[1] AS median_working_seconds,
           make_interval(secs => f.worked[2]) AS p90_working, f.worked[2] AS p90_working_seconds,
           justify_hours(make_interval(secs => f.median_age)) AS median_open_age, f.median_age AS median_open_age_seconds,
           justify_hours(make_interval(secs => f.oldest_age)) AS oldest_open_age, f.oldest_age AS oldest_open_age_seconds, f.calendar
    FROM (VALUES ('all'), ('week'), ('month'), ('quarter')) AS p (per)
    CROSS JOIN LATERAL (
        WITH counted AS (
            SELECT period_of(p.per, timezone(g.timezone, v.at), g.week_starts_on) AS period, y.stage,
                   count(*) FILTER (WHERE v.begins) AS entered,
                   count(*) FILTER (WHERE v.begins AND y.left_at IS NULL) AS open,
                   count(*) FILTER (WHERE NOT v.begins) AS departed,
                   count(*) FILTER (WHERE NOT v.begins AND t.on_line AND (NOT s.on_line OR (t.position, t.stage) > (s.position, s.stage))) AS converted,
                   count(*) FILTER (WHERE NOT v.begins AND t.kind = 'exit') AS lost,
                   percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY date_part('epoch', y.left_at - y.entered_at))
                       FILTER (WHERE NOT v.begins AND NOT y.implied) AS elapsed,
                   array_agg(y.entered_at) FILTER (WHERE NOT v.begins AND NOT y.implied) AS from_at,
                   array_agg(y.left_at) FILTER (WHERE NOT v.begins AND NOT y.implied) AS to_at,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', now() - y.entered_at))
                       FILTER (WHERE v.begins AND y.left_at IS NULL) AS median_age,
                   max(date_part('epoch', now() - y.entered_at)) FILTER (WHERE v.begins AND y.left_at IS NULL) AS oldest_age
            FROM stage_stay AS y
            JOIN stage_line AS s ON s.stage = y.stage
            LEFT JOIN stage_line AS t ON t.stage = y.left_to
            CROSS JOIN setting_values AS g
            CROSS JOIN LATERAL (VALUES (true, y.entered_at), (false, y.left_at)) AS v (begins, at)
            WHERE v.at IS NOT NULL
            GROUP BY 1, 2
        ), shown AS (
            SELECT c.period FROM counted AS c UNION SELECT NULL WHERE p.per = 'all'
        )
        SELECT v.period, s.stage, s.step_label, s.label, s.position, s.department, s.kind, coalesce(c.entered, 0) AS entered,
               coalesce(c.open, 0) AS open, coalesce(c.departed, 0) AS departed, coalesce(c.converted, 0) AS converted,
               coalesce(c.departed - c.converted - c.lost, 0) AS returned, coalesce(c.lost, 0) AS lost, c.elapsed,
               working_quantiles(k.hours, c.from_at, c.to_at, ARRAY[0.5, 0.9]) AS worked, c.median_age, c.oldest_age, k.calendar
        FROM shown AS v
        CROSS JOIN stage_line AS s
        JOIN department_calendar AS k ON k.department = s.department
        LEFT JOIN counted AS c ON c.stage = s.stage AND c.period IS NOT DISTINCT FROM v.period
        OFFSET 0) AS f
    ORDER BY p.per, f.period, f.position, f.stage;

    COMMENT ON VIEW stage_velocity IS
        'How long leads stay in each stage, and where they go: over all time, and per week, month and quarter in setting timezone. A lead that comes back has another stay. Each kind of period costs a pass over the history: name per. Stages without any have rows with zeros.';
    COMMENT ON COLUMN stage_velocity.per IS 'all, week, month or quarter.';
    COMMENT ON COLUMN stage_velocity.period IS 'First day of the period; null for all.';
    COMMENT ON COLUMN stage_velocity.stage IS 'The stage.';
    COMMENT ON COLUMN stage_velocity.step_label IS 'Label with its number in front, for tools that sort by text.';
    COMMENT ON COLUMN stage_velocity.label IS 'Label of the stage.';
    COMMENT ON COLUMN stage_velocity.position IS 'Position of the stage.';
    COMMENT ON COLUMN stage_velocity.department IS 'Department accountable for it.';
    COMMENT ON COLUMN stage_velocity.kind IS 'Kind of the stage.';
    COMMENT ON COLUMN stage_velocity.entered IS 'Stays that began in the period.';
    COMMENT ON COLUMN stage_velocity.open IS 'Of these, those that go on.';
    COMMENT ON COLUMN stage_velocity.departed IS 'Stays that ended in the period: converted + returned + lost.';
    COMMENT ON COLUMN stage_velocity.converted IS 'Of these, those that went on to a later stage of the line; from beside the line, back onto it.';
    COMMENT ON COLUMN stage_velocity.conversion IS 'converted / departed: 0 to 1; null if none did.';
    COMMENT ON COLUMN stage_velocity.returned IS 'Those that went back on the line, or to a detour.';
    COMMENT ON COLUMN stage_velocity.lost IS 'Those that went to an exit.';
    COMMENT ON COLUMN stage_velocity.loss_rate IS 'lost / departed: 0 to 1; null if none did.';
    COMMENT ON COLUMN stage_velocity.median_time IS 'Median of the stays that ended in the period, by the wall clock; stages stepped over do not count. Null if there is none.';
    COMMENT ON COLUMN stage_velocity.median_seconds IS 'median_time in seconds.';
    COMMENT ON COLUMN stage_velocity.p90_time IS 'Nine of ten of them were not longer than this.';
    COMMENT ON COLUMN stage_velocity.p90_seconds IS 'p90_time in seconds.';
    COMMENT ON COLUMN stage_velocity.median_working IS 'Median of the same stays in working time, in calendar; null also without a calendar, and while the extension is dropped.';
    COMMENT ON COLUMN stage_velocity.median_working_seconds IS 'median_working in seconds.';
    COMMENT ON COLUMN stage_velocity.p90_working IS 'Nine of ten of them were not longer than this in working time.';
    COMMENT ON COLUMN stage_velocity.p90_working_seconds IS 'p90_working in seconds.';
    COMMENT ON COLUMN stage_velocity.median_open_age IS 'Median of how long the open stays have lasted so far; they are in no other median. Null if there is none.';
    COMMENT ON COLUMN stage_velocity.median_open_age_seconds IS 'median_open_age in seconds.';
    COMMENT ON COLUMN stage_velocity.oldest_open_age IS 'The longest of them.';
    COMMENT ON COLUMN stage_velocity.oldest_open_age_seconds IS 'oldest_open_age in seconds.';
    COMMENT ON COLUMN stage_velocity.calendar IS 'Calendar of the department: see department_calendar. Null if there is none.';

    /*
     * What follows a return belongs to it until the next one.  A lead counts
     * once per cycle for each department that sent it back.
     */
    CREATE OR REPLACE VIEW recycle_outcome WITH (security_invoker = true) AS
    WITH back AS (
        SELECT r.*, lead(r.at) OVER w AS until_at, lead(r.id) OVER w AS until_id
        FROM (SELECT DISTINCT ON (c.lead_id, c.cycle, f.department) c.lead_id, c.id, c.at, c.reason, f.department AS returned_by
              FROM stage_change AS c
              JOIN stage AS f ON f.name = c.from_stage
              JOIN stage AS t ON t.name = c.to_stage
              WHERE t.department = 'marketing' AND (f.department = 'sales' OR t.kind = 'detour' AND f.kind <> 'detour')
              ORDER BY c.lead_id, c.cycle, f.department, c.at, c.id) AS r
        WINDOW w AS (PARTITION BY r.lead_id ORDER BY r.at, r.id)
    ), outcome AS (
        SELECT b.*, l.campaign, v.touched_at, m.*, d.won_amount, b.until_at IS NULL AND n.department = 'marketing' AS waits
        FROM back AS b
        JOIN lead AS l ON l.id = b.lead_id AND l.excluded IS NULL
        LEFT JOIN stage AS n ON n.name = l.stage
        CROSS JOIN setting_values AS g
        CROSS JOIN LATERAL (SELECT min(x.at) FILTER (WHERE s.kind = 'handoff') AS requalified_at,
                                   count(*) FILTER (WHERE s.kind = 'inventory' AND s.department = 'sales') > 0 AS accepted,
                                   count(*) FILTER (WHERE s.name = g.deal_open_stage) > 0 AS opportunity,
                                   count(*) FILTER (WHERE s.name = g.deal_won_stage) > 0 AS won,
                                   count(*) FILTER (WHERE s.name = g.deal_lost_stage) > 0 AS lost,
                                   count(*) FILTER (WHERE s.kind = 'exit' AND s.name IS DISTINCT FROM g.deal_lost_stage) > 0 AS disqualified
                            FROM stage_change AS x
                            JOIN stage AS s ON s.name = x.to_stage
                            WHERE x.lead_id = b.lead_id AND (x.at, x.id) > (b.at, b.id)
                              AND (b.until_at IS NULL OR (x.at, x.id) < (b.until_at, b.until_id))) AS m
        CROSS JOIN LATERAL (SELECT min(a.at) AS touched_at
                            FROM activity AS a
                            JOIN activity_kind AS k ON k.name = a.kind AND k.is_touch AND k.department = 'marketing'
                            WHERE a.lead_id = b.lead_id AND a.at >= b.at AND (b.until_at IS NULL OR a.at < b.until_at)) AS v
        CROSS JOIN LATERAL (SELECT sum(e.amount) AS won_amount
                            FROM deal_value AS e
                            WHERE e.lead_id = b.lead_id AND e.won AND e.closed_at >= b.at AND (b.until_at IS NULL OR e.closed_at < b.until_at)) AS d
    ), counted AS (
        SELECT p.per, period_of(p.per, timezone(g.timezone, o.at), g.week_starts_on) AS period, o.returned_by, o.reason, o.campaign,
               count(*) AS returned, count(o.touched_at) AS touched,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', o.touched_at - o.at)) AS touch_seconds,
               count(o.requalified_at) AS requalified,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', o.requalified_at - o.at)) AS requalify_seconds,
               count(*) FILTER (WHERE o.accepted) AS accepted, count(*) FILTER (WHERE o.opportunity) AS opportunities,
               count(*) FILTER (WHERE o.won) AS won, sum(o.won_amount) AS won_amount, count(*) FILTER (WHERE o.lost) AS lost,
               count(*) FILTER (WHERE o.disqualified) AS disqualified, count(*) FILTER (WHERE o.waits) AS waiting
        FROM outcome AS o
        CROSS JOIN setting_values AS g
        CROSS JOIN (VALUES ('week'), ('month'), ('quarter')) AS p (per)
        GROUP BY 1, 2, 3, 4, 5
    )
    SELECT c.per, c.period, c.returned_by, coalesce(c.reason, '(none)') AS reason, coalesce(r.label, c.reason, '(none)') AS reason_label,
           coalesce(c.campaign, '(none)') AS campaign, c.returned, c.touched, c.touched::float8 / c.returned AS touch_rate,
           justify_hours(make_interval(secs => c.touch_seconds)) AS median_time_to_touch, c.touch_seconds AS median_time_to_touch_seconds,
           c.requalified, c.requalified::float8 / c.returned AS requalification_rate,
           justify_hours(make_interval(secs => c.requalify_seconds)) AS median_time_to_requalify,
           c.requalify_seconds AS median_time_to_requalify_seconds, c.accepted, c.accepted::float8 / c.returned AS acceptance_rate,
           c.opportunities, c.won, c.won::float8 / c.returned AS win_rate, c.won_amount, c.lost, c.disqualified, c.waiting
    FROM counted AS c
    LEFT JOIN reason AS r ON r.name = c.reason
    ORDER BY c.per, c.period, c.returned_by, 4, 6;

    COMMENT ON VIEW recycle_outcome IS
        'What became of leads that sales sent back to marketing, or that marketing put aside, by period of the return, reason and campaign. What happens until the lead is sent back again, in any later cycle, belongs to the return. Periods are cut in setting timezone; a lead counts once per cycle and department.';
    COMMENT ON COLUMN recycle_outcome.per IS 'week, month or quarter.';
    COMMENT ON COLUMN recycle_outcome.period IS 'First day of the period of the return.';
    COMMENT ON COLUMN recycle_outcome.returned_by IS 'sales: the lead came from a stage of sales. marketing: marketing moved it to a detour.';
    COMMENT ON COLUMN recycle_outcome.reason IS 'Reason of the return; (none) if none was given.';
    COMMENT ON COLUMN recycle_outcome.reason_label IS 'Label of the reason.';
    COMMENT ON COLUMN recycle_outcome.campaign IS 'First campaign of the leads; (none) if they have none.';
    COMMENT ON COLUMN recycle_outcome.returned IS 'Leads that were returned.';
    COMMENT ON COLUMN recycle_outcome.touched IS 'Of these, those that marketing has touched since.';
    COMMENT ON COLUMN recycle_outcome.touch_rate IS 'touched / returned: 0 to 1.';
    COMMENT ON COLUMN recycle_outcome.median_time_to_touch IS 'Median time from the return to that touch; null if there is none.';
    COMMENT ON COLUMN recycle_outcome.median_time_to_touch_seconds IS 'median_time_to_touch in seconds.';
    COMMENT ON COLUMN recycle_outcome.requalified IS 'Those that have entered a stage of kind handoff again.';
    COMMENT ON COLUMN recycle_outcome.requalification_rate IS 'requalified / returned: 0 to 1.';
    COMMENT ON COLUMN recycle_outcome.median_time_to_requalify IS 'Median time from the return to that entry; null if there is none.';
    COMMENT ON COLUMN recycle_outcome.median_time_to_requalify_seconds IS 'median_time_to_requalify in seconds.';
    COMMENT ON COLUMN recycle_outcome.accepted IS 'Those that sales work on again, or did: they have entered an inventory stage of sales.';
    COMMENT ON COLUMN recycle_outcome.acceptance_rate IS 'accepted / returned: 0 to 1.';
    COMMENT ON COLUMN recycle_outcome.opportunities IS 'Those that have entered the stage of setting deal_open_stage.';
    COMMENT ON COLUMN recycle_outcome.won IS 'Those that have entered the stage of setting deal_won_stage.';
    COMMENT ON COLUMN recycle_outcome.win_rate IS 'won / returned: 0 to 1.';
    COMMENT ON COLUMN recycle_outcome.won_amount IS 'Sum of their deals won since, in setting currency; deals without a rate are left out. Null if there is none.';
    COMMENT ON COLUMN recycle_outcome.lost IS 'Those that have entered the stage of setting deal_lost_stage.';
    COMMENT ON COLUMN recycle_outcome.disqualified IS 'Those that have entered another exit.';
    COMMENT ON COLUMN recycle_outcome.waiting IS 'Those that stand in a stage of marketing now.';

    /*
     * A trait is a path from $ in a condition, as jsonpath writes it: keys in
     * double quotes.  The second alternative takes a string whole, so that
     * what looks like a path inside of it is none.
     */
    CREATE OR REPLACE VIEW persona_coverage WITH (security_invoker = true) AS
    WITH trait AS (
        SELECT DISTINCT k.path
        FROM (SELECT p.condition FROM persona AS p
              UNION ALL
              SELECT r.condition FROM scoring_rule AS r WHERE r.active AND r.activity_kind IS NULL) AS c
        CROSS JOIN LATERAL regexp_matches(c.condition::text, '\$((?:\."(?:[^"\\]|\\.)*")+)|"(?:[^"\\]|\\.)*"', 'g') AS m (found)
        CROSS JOIN LATERAL (SELECT array_agg(q.key[1]::jsonb #>> '{}' ORDER BY q.ordinal) AS path
                            FROM regexp_matches(m.found[1], '"(?:[^"\\]|\\.)*"', 'g') WITH ORDINALITY AS q (key, ordinal)) AS k
        WHERE m.found[1] IS NOT NULL AND k.path[1] <> 'persona'
    ), reached AS (
        SELECT f.lead_id, bool_or(f.mql_at IS NOT NULL) AS mql, bool_or(f.sql_at IS NOT NULL) AS sql, bool_or(f.won_at IS NOT NULL) AS won
        FROM lead_fact AS f
        GROUP BY f.lead_id
    ), counted AS (
        SELECT l.persona, count(*) AS leads, count(*) FILTER (WHERE r.mql) AS mql,
               count(*) FILTER (WHERE r.sql) AS sql, count(*) FILTER (WHERE r.won) AS won
        FROM lead AS l
        LEFT JOIN reached AS r ON r.lead_id = l.id
        WHERE l.excluded IS NULL
        GROUP BY l.persona
    ), unknown AS (
        SELECT x.persona, x.unknown
        FROM (SELECT coalesce(jsonb_agg(t.path), '[]') AS paths FROM trait AS t) AS v
        CROSS JOIN LATERAL unknown_traits('lead'::regclass, v.paths) AS x
    )
    SELECT coalesce(p.name, '(none)') AS persona, s.position, s.description, coalesce(c.leads, 0) AS leads,
           coalesce(c.leads, 0)::float8 / nullif(sum(c.leads) OVER (), 0)::float8 AS share,
           t.traits, u.unknown AS unknown_traits, u.unknown / nullif(t.traits, 0) AS unknown_share,
           coalesce(c.mql, 0) AS mql, c.mql::float8 / c.leads AS mql_conversion, coalesce(c.sql, 0) AS sql,
           c.sql::float8 / c.leads AS sql_conversion, coalesce(c.won, 0) AS customers, c.won::float8 / c.leads AS customer_conversion,
           a.campaigns, a.campaign_names
    FROM (SELECT q.name FROM persona AS q UNION SELECT n.persona FROM counted AS n UNION SELECT NULL) AS p (name)
    LEFT JOIN persona AS s ON s.name = p.name
    LEFT JOIN counted AS c ON c.persona IS NOT DISTINCT FROM p.name
    CROSS JOIN (SELECT count(*) AS traits FROM trait) AS t
    LEFT JOIN unknown AS u ON u.persona IS NOT DISTINCT FROM p.name
    CROSS JOIN LATERAL (SELECT count(*) AS campaigns, coalesce(array_agg(v.name ORDER BY v.name), '{}') AS campaign_names
                        FROM campaign AS v WHERE v.persona IS NOT DISTINCT FROM p.name) AS a
    ORDER BY s.position, p.name;

    COMMENT ON VIEW persona_coverage IS
        'Whom we know and whom we do not: leads by persona, one row for each persona and one, (none), for leads without. What is unknown of them, how they convert, which campaigns address them. All time; each lead counts once.';
    COMMENT ON COLUMN persona_coverage.persona IS 'Persona, as it is now; (none) for leads without one.';
    COMMENT ON COLUMN persona_coverage.position IS 'Order in which the personas are tried; null for (none), and for one that is no longer defined.';
    COMMENT ON COLUMN persona_coverage.description IS 'Who they are; null if not said.';
    COMMENT ON COLUMN persona_coverage.leads IS 'Leads of this persona.';
    COMMENT ON COLUMN persona_coverage.share IS 'Of all leads: 0 to 1; null if there is none.';
    COMMENT ON COLUMN persona_coverage.traits IS 'Number of traits: columns of the lead, and keys in its attributes, that the conditions of personas and of active fit rules read.';
    COMMENT ON COLUMN persona_coverage.unknown_traits IS 'How many of these are null or missing, in the mean over the persona''s leads; null without leads.';
    COMMENT ON COLUMN persona_coverage.unknown_share IS 'unknown_traits / traits: 0 to 1; null without leads or traits.';
    COMMENT ON COLUMN persona_coverage.mql IS 'Leads that have reached a stage of kind handoff, in any cycle.';
    COMMENT ON COLUMN persona_coverage.mql_conversion IS 'mql / leads: 0 to 1; null without leads.';
    COMMENT ON COLUMN persona_coverage.sql IS 'Leads that have reached the stage sql.';
    COMMENT ON COLUMN persona_coverage.sql_conversion IS 'sql / leads: 0 to 1; null without leads.';
    COMMENT ON COLUMN persona_coverage.customers IS 'Leads that have reached the stage of setting deal_won_stage.';
    COMMENT ON COLUMN persona_coverage.customer_conversion IS 'customers / leads: 0 to 1; null without leads.';
    COMMENT ON COLUMN persona_coverage.campaigns IS 'Number of campaigns that address the persona; for (none), of those that address none.';
    COMMENT ON COLUMN persona_coverage.campaign_names IS 'Their names.';

    /*
     * A condition on owner reaches both halves, and an index in each; the
     * rest is looked up for the leads that are left.  An owner answers the
     * clocks of his own department, as on sla_board.
     */
    CREATE OR REPLACE VIEW work_queue WITH (security_invoker = true) AS
    WITH best_band AS (
        SELECT b.name FROM score_band AS b ORDER BY b.position, b.name LIMIT 1
    ), kinds AS (
        SELECT coalesce(array_agg(k.name), '{}') AS attempts FROM activity_kind AS k WHERE k.is_attempt AND k.department IS DISTINCT FROM 'marketing'
    ), todo AS (
        SELECT q.*, s.position, coalesce(s.label, s.name) AS stage_label, o.team, c.commitment, c.due_at, c.state, h.offered_at, h.id AS handoff_id,
               q.follow_up_on <= timezone(g.timezone, now())::date AS follow_up_due, b.name IS NOT NULL AS is_best,
               v.last_activity_at, t.last_attempt_at, t.attempts, coalesce(t.last_attempt_at, q.stage_since) AS untouched_since, g.timezone
        FROM (SELECT l.id AS lead_id, l.owner, l.name, l.company, l.stage, l.stage_since, l.cycle, l.score, l.band, l.follow_up_on
              FROM lead AS l
              WHERE l.owner IS NOT NULL AND l.excluded IS NULL AND NOT l.do_not_contact
              UNION ALL
              SELECT l.id, a.owner, l.name, l.company, l.stage, l.stage_since, l.cycle, l.score, l.band, l.follow_up_on
              FROM handoff AS a
              JOIN lead AS l ON l.id = a.lead_id
              WHERE a.owner IS NOT NULL AND a.decision IS NULL AND a.direction = 'to_sales'
                AND l.owner IS NULL AND l.excluded IS NULL AND NOT l.do_not_contact) AS q
        JOIN stage AS s ON s.name = q.stage AND s.kind IN ('inventory', 'handoff')
        CROSS JOIN setting_values AS g
        CROSS JOIN kinds AS k
        LEFT JOIN member AS o ON o.name = q.owner
        LEFT JOIN best_band AS b ON b.name = q.band
        LEFT JOIN handoff AS h ON h.lead_id = q.lead_id AND h.direction = 'to_sales' AND h.decision IS NULL
        LEFT JOIN LATERAL (SELECT m.key AS commitment, x.due_at,
                                  CASE WHEN x.due_at IS NULL THEN 'paused' WHEN x.due_at < now() THEN 'breached'
                                       WHEN x.warn_due_at <= now() THEN 'at_risk' ELSE 'running' END AS state
                           FROM sla_clock AS x
                           JOIN commitment AS m ON m.id = x.commitment_id
                           WHERE x.lead_id = q.lead_id AND x.ended_at IS NULL AND x.cancelled_at IS NULL
                             AND (o.department IS NULL OR o.department IN (m.department, 'operations'))
                           ORDER BY x.due_at, x.id LIMIT 1) AS c ON true
        LEFT JOIN LATERAL (SELECT max(a.at) AS last_activity_at FROM activity AS a WHERE a.lead_id = q.lead_id) AS v ON true
        CROSS JOIN LATERAL (SELECT count(*) AS attempts, max(a.at) AS last_attempt_at
                            FROM activity AS a
                            WHERE a.lead_id = q.lead_id AND a.kind = ANY (k.attempts)
                              AND a.at >= coalesce((SELECT min(w.offered_at) FROM handoff AS w
                                                    WHERE w.lead_id = q.lead_id AND w.cycle = q.cycle AND w.direction = 'to_sales'),
                                                   (SELECT CASE WHEN min(y.cycle) < q.cycle THEN min(y.at) FILTER (WHERE y.cycle = q.cycle) END
                                                    FROM stage_change AS y WHERE y.lead_id = q.lead_id),
                                                   '-infinity')) AS t
        WHERE q.follow_up_on IS NULL OR q.follow_up_on <= timezone(g.timezone, now())::date
    ), graded AS (
        SELECT d.*, CASE WHEN d.due_at IS NOT NULL THEN 1 WHEN d.handoff_id IS NOT NULL THEN 2 WHEN d.is_best THEN 3
                         WHEN d.follow_up_due THEN 4 ELSE 5 END AS priority
        FROM todo AS d
    ), word AS MATERIALIZED (
        SELECT label_of('why.overdue') AS overdue, label_of('why.due') AS due, label_of('why.to_decide') AS to_decide,
               label_of('why.follow_up') AS follow_up, label_of('why.no_attempt') AS no_attempt, label_of('why.last_attempt') AS last_attempt
    )
    SELECT n.owner, n.team,
           row_number() OVER (PARTITION BY n.owner ORDER BY n.priority, n.due_at, n.score DESC, n.untouched_since, n.lead_id) AS rank,
           n.lead_id, n.name, n.company,
           concat_ws('; ', CASE WHEN n.state <> 'paused' THEN
                         replace(replace(CASE n.state WHEN 'breached' THEN w.overdue ELSE w.due END, '{commitment}', n.commitment),
                                 '{at}', to_char(timezone(n.timezone, n.due_at), 'YYYY-MM-DD HH24:MI')) END,
                     replace(w.to_decide, '{at}', to_char(timezone(n.timezone, n.offered_at), 'YYYY-MM-DD HH24:MI')),
                     CASE WHEN n.is_best THEN n.band END,
                     CASE WHEN n.follow_up_due THEN replace(w.follow_up, '{at}', n.follow_up_on::text) END,
                     coalesce(replace(w.last_attempt, '{at}', to_char(timezone(n.timezone, n.last_attempt_at), 'YYYY-MM-DD')), w.no_attempt)) AS why,
           n.due_at, n.state, n.commitment, n.score, n.band, n.stage, n.stage_label, n.follow_up_on, n.handoff_id, n.last_activity_at,
           n.last_attempt_at, n.attempts, justify_hours(now() - n.untouched_since) AS untouched,
           date_part('epoch', now() - n.untouched_since) AS untouched_seconds, n.priority
    FROM graded AS n
    CROSS JOIN word AS w
    ORDER BY n.owner, rank;

    COMMENT ON VIEW work_queue IS
        'Who is next: the open leads of each owner, best first. In this order: what the agreement''s clocks ask for, by due time; handoffs to be decided; leads in the best band; follow-ups that are due; the others; and among equals the higher score, then the longer untouched. Left out: leads that may not be contacted, and those whose follow-up is in the future. Name an owner: his leads alone are read.';
    COMMENT ON COLUMN work_queue.owner IS 'Owner of the lead; where it has none, the one whom its open handoff was routed to.';
    COMMENT ON COLUMN work_queue.team IS 'Team of the owner; null if none.';
    COMMENT ON COLUMN work_queue.rank IS 'Place in the owner''s queue, from 1.';
    COMMENT ON COLUMN work_queue.lead_id IS 'The lead.';
    COMMENT ON COLUMN work_queue.name IS 'Name of the person; null if not known.';
    COMMENT ON COLUMN work_queue.company IS 'Company; null if not known.';
    COMMENT ON COLUMN work_queue.why IS 'Why it stands there, for people, in the words of table label; times in setting timezone.';
    COMMENT ON COLUMN work_queue.due_at IS 'Due time of the most urgent clock that the owner''s department owes; null if there is none, or a pause keeps it from being known.';
    COMMENT ON COLUMN work_queue.state IS 'State of that clock: running, at_risk, paused or breached; null if there is none.';
    COMMENT ON COLUMN work_queue.commitment IS 'Key of its commitment; null if there is none.';
    COMMENT ON COLUMN work_queue.score IS 'Score of the lead, as of its last activity.';
    COMMENT ON COLUMN work_queue.band IS 'Band of the lead; null if none.';
    COMMENT ON COLUMN work_queue.stage IS 'Stage where it stands: one of kind inventory or handoff.';
    COMMENT ON COLUMN work_queue.stage_label IS 'Label of the stage.';
    COMMENT ON COLUMN work_queue.follow_up_on IS 'Day to come back to it, today or earlier; null if none.';
    COMMENT ON COLUMN work_queue.handoff_id IS 'The handoff to sales that waits for a decision; null if there is none.';
    COMMENT ON COLUMN work_queue.last_activity_at IS 'When its last activity was, of any kind and by anybody; null if there is none.';
    COMMENT ON COLUMN work_queue.last_attempt_at IS 'Last attempt that is not marketing''s, counted as in lead_fact; null if there is none.';
    COMMENT ON COLUMN work_queue.attempts IS 'Number of such attempts in this cycle.';
    COMMENT ON COLUMN work_queue.untouched IS 'Time since the last such attempt, else since it came into its stage.';
    COMMENT ON COLUMN work_queue.untouched_seconds IS 'untouched in seconds.';
    COMMENT ON COLUMN work_queue.priority IS '1 a clock is due, 2 a handoff is to be decided, 3 best band, 4 a follow-up is due, 5 the others.';
END
$body$;
COMMENT ON FUNCTION workspace_funnel_views() IS
'Makes or replaces the funnel''s views and their comments in the workspace that search_path points at. Internal.';
