/*
 * Comments on the handoff.
 */
CREATE FUNCTION workspace_handoff_comments() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    COMMENT ON TABLE handoff IS
        'Handoffs: what one department offered the other, and what became of it. UPDATE handoff SET decision = ... decides one.';
    COMMENT ON COLUMN handoff.id IS
        'Number of the handoff.';
    COMMENT ON COLUMN handoff.lead_id IS
        'The lead; without a foreign key, since history outlives it.';
    COMMENT ON COLUMN handoff.cycle IS
        'The lead''s cycle when it was offered.';
    COMMENT ON COLUMN handoff.direction IS
        'to_sales, or to_marketing (a lead sent back).';
    COMMENT ON COLUMN handoff.from_stage IS
        'Stage that the lead came from; null means entry.';
    COMMENT ON COLUMN handoff.to_stage IS
        'Stage that it was offered in.';
    COMMENT ON COLUMN handoff.offered_at IS
        'When it was offered.';
    COMMENT ON COLUMN handoff.offered_by IS
        'Member who offered it; null if unknown, or a rule.';
    COMMENT ON COLUMN handoff.team IS
        'Team that it was routed to; null if to none.';
    COMMENT ON COLUMN handoff.owner IS
        'Member who is to decide; null if nobody yet.';
    COMMENT ON COLUMN handoff.routed_by IS
        'How the owner was found: the routing rule, the owner that the lead had, or a fallback; null if there is none.';
    COMMENT ON COLUMN handoff.decision IS
        'accepted, rejected, auto_accepted, withdrawn, rerouted or merged; null while it is open.';
    COMMENT ON COLUMN handoff.decided_at IS
        'When it was decided; null while it is open.';
    COMMENT ON COLUMN handoff.decided_by IS
        'Member who decided; null if unknown, or by deadline.';
    COMMENT ON COLUMN handoff.reason IS
        'Why it was rejected; null if it was not.';
    COMMENT ON COLUMN handoff.note IS
        'Note to the decision; null if none.';
    COMMENT ON COLUMN handoff.rating IS
        'How good the lead was, 1 (worst) to 5, said by who received it; null if not said.';

    COMMENT ON TABLE routing_rule IS
        'Who gets which handoff: the first rule whose condition holds names the team.';
    COMMENT ON COLUMN routing_rule.id IS
        'Number of the rule.';
    COMMENT ON COLUMN routing_rule.position IS
        'Order in which the rules are tried, smallest first; ties by id.';
    COMMENT ON COLUMN routing_rule.condition IS
        'jsonpath predicate over the lead; null holds for every lead.';
    COMMENT ON COLUMN routing_rule.team IS
        'Team that gets the handoff.';
    COMMENT ON COLUMN routing_rule.method IS
        'Who in the team: round_robin (by weight) or least_open (fewest leads in work, by weight).';

    COMMENT ON TABLE routing_turn IS
        'State of the weighted round robin.';
    COMMENT ON COLUMN routing_turn.member IS
        'The member.';
    COMMENT ON COLUMN routing_turn.turns IS
        'Virtual time: grows by 1 / weight with each handoff routed to the member; who has the least is next.';
    COMMENT ON COLUMN routing_turn.last_at IS
        'When the member last got one; null if never.';
END
$body$;
COMMENT ON FUNCTION workspace_handoff_comments() IS
'Comments on the tables and columns of a workspace, which search_path points at. Internal.';
COMMENT ON FUNCTION workspace_handoff_tables() IS
'Creates the tables of the handoff in a new workspace, which search_path points at. Internal: create_workspace() calls it.';
