/*
 * verify's checks of agreements and clocks: what became of each clock is
 * derived again from activities, moves, handoffs, feedback and deals, and its
 * due time from calendar, target and pauses.
 */
CREATE FUNCTION workspace_sla_checks()
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'agreement_signature', format('agreement %s version %s', a.name, a.version),
           format('a signature of %s with a time', k.department), format('signed by %s at %s', coalesce(k.signer, 'nobody'), coalesce(k.at::text, 'no time'))
    FROM agreement AS a
    CROSS JOIN LATERAL (VALUES ('marketing', a.marketing_signed_by, a.marketing_signed_at),
                               ('sales', a.sales_signed_by, a.sales_signed_at)) AS k (department, signer, at)
    WHERE (k.signer IS NULL) <> (k.at IS NULL)
       OR k.at IS NULL AND EXISTS (SELECT FROM sla_clock AS c JOIN commitment AS m ON m.id = c.commitment_id WHERE m.agreement_id = a.id)
    ORDER BY a.id, k.department;

    RETURN QUERY
    SELECT 'agreement_in_force', format('agreement %s version %s', a.name, a.version), 'one agreement on each day',
           format('%s version %s on %s', b.name, b.version, a.valid * b.valid)
    FROM agreement AS a
    JOIN agreement AS b ON b.id > a.id AND b.valid && a.valid
    WHERE a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL
      AND b.marketing_signed_at IS NOT NULL AND b.sales_signed_at IS NOT NULL
    ORDER BY a.id, b.id;

    RETURN QUERY
    SELECT 'clock_open', format('lead %s, commitment %s', c.lead_id, m.key), 'one open clock', format('%s open clocks', count(*))
    FROM sla_clock AS c
    JOIN commitment AS m ON m.id = c.commitment_id
    WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL
    GROUP BY c.lead_id, m.key
    HAVING count(*) > 1
    ORDER BY c.lead_id, m.key;

    -- an open clock belongs to a lead that somebody may work on, and to the agreement of the day of its start
    RETURN QUERY
    SELECT 'clock_open', format('clock %s of lead %s', c.id, c.lead_id), 'a lead that may be worked on',
           CASE WHEN l.id IS NULL THEN 'no lead' WHEN l.excluded IS NOT NULL THEN 'an excluded lead' ELSE 'do_not_contact' END
    FROM sla_clock AS c
    LEFT JOIN lead AS l ON l.id = c.lead_id
    WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL AND (l.id IS NULL OR l.excluded IS NOT NULL OR l.do_not_contact)
    ORDER BY c.id;

    -- due times, of the version of the calendar that the clock names
    RETURN QUERY
    WITH calendars AS MATERIALIZED (
        SELECT v.id, v.hours::smarketing.working_hours AS hours, v.hours AS text
        FROM calendar_version AS v WHERE v.id IN (SELECT c.calendar_version FROM sla_clock AS c)
    ), derived AS (
        SELECT c.id, c.lead_id, c.due_at, c.warn_due_at, c.target, c.ended_at IS NULL AND c.cancelled_at IS NULL AS open, x.target AS granted,
               (smarketing.sla_status(h.hours, c.started_at, c.target, NULL, c.paused)).due_at AS due,
               (smarketing.sla_status(h.hours, c.started_at, c.target * m.warn_at, NULL, c.paused)).due_at AS warn_due
        FROM sla_clock AS c
        JOIN commitment AS m ON m.id = c.commitment_id
        LEFT JOIN calendars AS v ON v.id = c.calendar_version
        CROSS JOIN LATERAL (SELECT coalesce(v.hours, 'UTC; 24/7'::smarketing.working_hours) AS hours) AS h
        CROSS JOIN LATERAL (SELECT smarketing.clock_target(h.hours, m.counted, m.within, m.cutoff,
            coalesce(v.text, (SELECT s.value #>> '{}' FROM setting AS s WHERE s.name = 'timezone'), 'UTC'), c.started_at) AS target) AS x
    )
    SELECT k.check_name, format('clock %s of lead %s', d.id, d.lead_id), coalesce(k.expected, 'null'), coalesce(k.found, 'null')
    FROM derived AS d
    CROSS JOIN LATERAL (VALUES ('clock_due_at', d.due::text, d.due_at::text),
                               ('clock_warn_due_at', d.warn_due::text, d.warn_due_at::text),
                               ('clock_target', d.granted::text, d.target::text)) AS k (check_name, expected, found)
    WHERE k.expected IS DISTINCT FROM k.found
    ORDER BY d.id;

    -- what became of it, as clock.c derives it
    RETURN QUERY
    WITH clocks AS (
        SELECT c.*, m.key, m.department, m.starts_on, m.ends_on, m.min_count, coalesce(m.released_on, '{}') AS released_on,
               l.engagement_purged_at IS NULL AND l.excluded IS NULL AND NOT l.do_not_contact AS all_there
        FROM sla_clock AS c
        JOIN commitment AS m ON m.id = c.commitment_id
        -- what was over before the lead was created is of a deleted one with the same id
        JOIN lead AS l ON l.id = c.lead_id AND (c.ended_recorded_at < l.created_at) IS NOT TRUE
    ), watched AS (
        SELECT c.*
        FROM clocks AS c
        WHERE (c.cancelled_at IS NULL OR c.cancel_reason = 'superseded' OR c.cancel_reason = ANY (c.released_on))
          -- activities that ended a clock may have been purged
          AND c.all_there
          AND 'follow_up_due' <> ALL (c.ends_on || c.released_on)
    ), happened AS (
        SELECT h.id, x.at,
               h.ends_on ~ '^(touch|attempt|contact|activity:)' AND e.ends AND (k.department IS NULL OR k.department = h.department OR h.ends_on LIKE 'activity:%')
               AND (x.at > h.started_at OR NOT e.starts) AS ends,
               (SELECT min(r.name COLLATE "C") FROM unnest(h.released_on) AS r (name)
                WHERE CASE r.name WHEN 'touch' THEN k.is_touch WHEN 'attempt' THEN k.is_attempt WHEN 'contact' THEN k.is_contact
                                  ELSE r.name = 'activity:' || k.name END) AS releases
        FROM watched AS h
        JOIN activity AS x ON x.lead_id = h.lead_id AND x.at >= h.started_at
        JOIN activity_kind AS k ON k.name = x.kind
        CROSS JOIN LATERAL (SELECT
            CASE h.ends_on WHEN 'touch' THEN k.is_touch WHEN 'attempt' THEN k.is_attempt WHEN 'contact' THEN k.is_contact
                           ELSE h.ends_on = 'activity:' || k.name END AS ends,
            CASE h.starts_on WHEN 'touch' THEN k.is_touch WHEN 'attempt' THEN k.is_attempt WHEN 'contact' THEN k.is_contact
                             ELSE h.starts_on = 'activity:' || k.name END AS starts) AS e
        UNION ALL
        SELECT h.id, e.at, e.name = h.ends_on, (SELECT min(r.name) FROM unnest(h.released_on) AS r (name) WHERE r.name = e.name)
        FROM watched AS h
        CROSS JOIN LATERAL (
            SELECT 'stage:' || x.to_stage AS name, x.at FROM stage_change AS x WHERE x.lead_id = h.lead_id AND x.at >= h.started_at
            UNION
            SELECT n.name, n.at
            FROM handoff AS x
            CROSS JOIN LATERAL (VALUES
                (CASE x.direction WHEN 'to_sales' THEN 'handoff:offered' ELSE 'handoff:returned' END, x.offered_at),
                (CASE WHEN x.decision IN ('accepted', 'auto_accepted') THEN 'handoff:accepted'
                      WHEN x.decision IN ('rejected', 'merged') THEN 'handoff:rejected' END, x.decided_at),
                (CASE WHEN x.decision <> 'withdrawn' THEN 'handoff:decided' END, x.decided_at)) AS n (name, at)
            WHERE x.lead_id = h.lead_id AND n.at >= h.started_at AND (h.handoff_id <= x.id) IS NOT FALSE
              AND (n.name IN ('handoff:offered', 'handoff:returned') OR x.direction = 'to_sales')
              AND NOT (n.name = h.starts_on AND x.id IS NOT DISTINCT FROM h.handoff_id)
            UNION
            SELECT 'feedback', x.at FROM feedback AS x WHERE x.lead_id = h.lead_id AND x.at >= h.started_at
            UNION
            SELECT CASE WHEN x.won THEN 'deal:won' ELSE 'deal:lost' END, x.closed_at
            FROM deal AS x WHERE x.lead_id = h.lead_id AND x.closed_at >= h.started_at AND x.won IS NOT NULL) AS e
        WHERE e.at > h.started_at OR e.name <> h.starts_on
        UNION ALL
        SELECT h.id, x.started_at, false, 'superseded'
        FROM watched AS h
        JOIN clocks AS x ON x.lead_id = h.lead_id AND x.key = h.key AND (x.started_at, x.id) > (h.started_at, h.id)
    ), judged AS (
        SELECT h.id, h.lead_id, h.due_at, h.ended_at, h.cancelled_at, h.cancel_reason, h.counted_events, h.min_count,
               o.ends, o.ends_at, o.released_at, o.released_by
        FROM watched AS h
        LEFT JOIN LATERAL (
            SELECT array_agg(v.at) FILTER (WHERE v.ends) AS ends,
                   (array_agg(v.at ORDER BY v.at) FILTER (WHERE v.ends))[h.min_count] AS ends_at,
                   min(v.at) FILTER (WHERE v.releases IS NOT NULL) AS released_at,
                   (array_agg(v.releases ORDER BY v.at, v.releases COLLATE "C") FILTER (WHERE v.releases IS NOT NULL))[1] AS released_by
            FROM happened AS v WHERE v.id = h.id) AS o ON true
    ), outcome AS (
        SELECT j.*, CASE WHEN j.ends_at <= coalesce(j.released_at, 'infinity') THEN j.ends_at WHEN j.due_at < j.released_at THEN j.released_at END AS expected_end,
               CASE WHEN (j.ends_at <= coalesce(j.released_at, 'infinity')) IS NOT TRUE AND (j.due_at < j.released_at) IS NOT TRUE
                    THEN j.released_at END AS expected_cancel,
               CASE WHEN (j.ends_at <= coalesce(j.released_at, 'infinity')) IS NOT TRUE THEN j.released_by END AS expected_reason,
               least((SELECT count(*) FROM unnest(j.ends) AS e (at) WHERE e.at <= coalesce(j.released_at, 'infinity')), j.min_count) AS expected_count
        FROM judged AS j
    )
    SELECT k.check_name, format('clock %s of lead %s', o.id, o.lead_id), coalesce(k.expected, 'null'), coalesce(k.found, 'null')
    FROM outcome AS o
    CROSS JOIN LATERAL (VALUES ('clock_ended_at', o.expected_end::text, o.ended_at::text),
                               ('clock_cancelled_at', o.expected_cancel::text, o.cancelled_at::text),
                               ('clock_cancel_reason', o.expected_reason, o.cancel_reason),
                               ('clock_counted_events', o.expected_count::text, o.counted_events::text)) AS k (check_name, expected, found)
    WHERE k.expected IS DISTINCT FROM k.found
    ORDER BY o.id, k.check_name;
END
$body$;
COMMENT ON FUNCTION workspace_sla_checks() IS
'verify''s checks of agreements and clocks. Internal.';
