/*
 * Views of the handoff.  Plain SQL on the workspace's own tables: they
 * outlive DROP EXTENSION.  Columns are only ever appended.
 */
CREATE FUNCTION workspace_handoff_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    CREATE OR REPLACE VIEW handoff_board WITH (security_invoker = true) AS
    SELECT h.id AS handoff_id, h.lead_id, l.name, l.company, h.direction, h.from_stage, h.to_stage, h.offered_at,
           now() - h.offered_at AS waiting, h.offered_by, h.team, h.owner, h.routed_by,
           EXISTS (SELECT FROM absence AS a WHERE a.member = h.owner AND a.during @> now()) AS owner_away,
           h.cycle, l.score, l.band, l.persona, l.source, l.campaign
    FROM handoff AS h
    JOIN lead AS l ON l.id = h.lead_id AND l.excluded IS NULL
    WHERE h.decision IS NULL
    ORDER BY h.offered_at, h.id;

    COMMENT ON VIEW handoff_board IS
        'Handoffs that wait for a decision, longest first. Excluded leads are left out.';
    COMMENT ON COLUMN handoff_board.handoff_id IS 'The handoff.';
    COMMENT ON COLUMN handoff_board.lead_id IS 'The lead.';
    COMMENT ON COLUMN handoff_board.name IS 'Name of the person; null if not known.';
    COMMENT ON COLUMN handoff_board.company IS 'Company; null if not known.';
    COMMENT ON COLUMN handoff_board.direction IS 'to_sales or to_marketing.';
    COMMENT ON COLUMN handoff_board.from_stage IS 'Stage that the lead came from; null means entry.';
    COMMENT ON COLUMN handoff_board.to_stage IS 'Stage that it was offered in.';
    COMMENT ON COLUMN handoff_board.offered_at IS 'When it was offered.';
    COMMENT ON COLUMN handoff_board.waiting IS 'How long it has waited, by the wall clock.';
    COMMENT ON COLUMN handoff_board.offered_by IS 'Who offered it; null if unknown, or a rule.';
    COMMENT ON COLUMN handoff_board.team IS 'Team that it was routed to; null if to none.';
    COMMENT ON COLUMN handoff_board.owner IS 'Who is to decide; null if nobody yet.';
    COMMENT ON COLUMN handoff_board.routed_by IS 'How the owner was found; null if there is none.';
    COMMENT ON COLUMN handoff_board.owner_away IS 'Is the owner absent at this moment?';
    COMMENT ON COLUMN handoff_board.cycle IS 'The lead''s cycle.';
    COMMENT ON COLUMN handoff_board.score IS 'Score of the lead, as of its last activity.';
    COMMENT ON COLUMN handoff_board.band IS 'Band of the lead; null if none.';
    COMMENT ON COLUMN handoff_board.persona IS 'Persona of the lead; null if none.';
    COMMENT ON COLUMN handoff_board.source IS 'First source of the lead; null if not known.';
    COMMENT ON COLUMN handoff_board.campaign IS 'First campaign of the lead; null if none.';

    CREATE OR REPLACE VIEW handoff_feedback WITH (security_invoker = true) AS
    WITH decided AS (
        SELECT l.campaign, l.source, h.decision, h.reason, h.decided_at, h.rating,
               count(*) OVER (PARTITION BY l.campaign, l.source) AS offers,
               avg(h.rating) OVER (PARTITION BY l.campaign, l.source) AS average_rating
        FROM handoff AS h
        JOIN lead AS l ON l.id = h.lead_id AND l.excluded IS NULL
        WHERE h.direction = 'to_sales' AND h.decision IS NOT NULL AND h.decision <> 'withdrawn'
    )
    SELECT d.reason, coalesce(r.label, d.reason) AS label, d.campaign, d.source, count(*) AS rejections, d.offers AS decided,
           count(*)::float8 / d.offers AS share, coalesce(r.counts_as_rejection, false) AS counts_as_rejection,
           max(d.decided_at) AS last_at, round(d.average_rating, 2) AS average_rating
    FROM decided AS d
    LEFT JOIN reason AS r ON r.name = d.reason
    WHERE d.decision IN ('rejected', 'rerouted', 'merged')
    GROUP BY d.reason, r.label, r.counts_as_rejection, d.campaign, d.source, d.offers, d.average_rating
    ORDER BY rejections DESC, d.reason, d.campaign, d.source;

    COMMENT ON VIEW handoff_feedback IS
        'What sales say of marketing''s leads: handoffs to sales that were sent back, by reason, campaign and source; most frequent first. Excluded leads are left out.';
    COMMENT ON COLUMN handoff_feedback.reason IS 'Reason of the rejection.';
    COMMENT ON COLUMN handoff_feedback.label IS 'Label of the reason.';
    COMMENT ON COLUMN handoff_feedback.campaign IS 'First campaign of the leads; null if none.';
    COMMENT ON COLUMN handoff_feedback.source IS 'First source of the leads; null if not known.';
    COMMENT ON COLUMN handoff_feedback.rejections IS 'Handoffs rejected, rerouted or merged for this reason.';
    COMMENT ON COLUMN handoff_feedback.decided IS 'Handoffs of this campaign and source that were decided in any way but withdrawn.';
    COMMENT ON COLUMN handoff_feedback.share IS 'rejections / decided: 0 to 1.';
    COMMENT ON COLUMN handoff_feedback.counts_as_rejection IS 'Does the reason count against the quality of marketing''s leads?';
    COMMENT ON COLUMN handoff_feedback.last_at IS 'The latest of these decisions.';
    COMMENT ON COLUMN handoff_feedback.average_rating IS 'Average rating of the decided handoffs of this campaign and source, 1 (worst) to 5; null if none was rated.';
END
$body$;
COMMENT ON FUNCTION workspace_handoff_views() IS
'Makes or replaces the handoff''s views and their comments in the workspace that search_path points at. Internal.';
