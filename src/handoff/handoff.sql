/*
 * Handoff: what a client calls.
 */
CREATE FUNCTION decide(
    workspace   text,
    handoff_id  bigint,
    decision    text,
    reason      text DEFAULT NULL,
    note        text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lead bigint;
    outcome text;
    before record;
BEGIN
    IF decision IS NULL THEN
        RAISE EXCEPTION 'a decision cannot be null' USING ERRCODE = 'SM006',
            HINT = 'Decide accepted or rejected.';
    END IF;
    IF workspace IS NULL OR to_regclass(format('%I.handoff', workspace)) IS NULL THEN
        PERFORM smarketing.workspace_check(workspace);
    END IF;
    EXECUTE format('SELECT h.lead_id FROM %I.handoff AS h WHERE h.id = $1', workspace)
        INTO lead USING handoff_id;
    IF lead IS NULL THEN
        RAISE EXCEPTION 'handoff % does not exist', handoff_id USING ERRCODE = 'SM006',
            SCHEMA = workspace, TABLE = 'handoff',
            HINT = 'See view handoff_board for the open ones.';
    END IF;
    -- the lead first, as every statement of ours does: so this cannot deadlock
    EXECUTE format('SELECT FROM %I.lead AS l WHERE l.id = $1 FOR NO KEY UPDATE', workspace) USING lead;
    -- an UPDATE that writes the same decision back is no decision; a call is one
    EXECUTE format('SELECT h.decision, h.decided_by, h.decided_at FROM %I.handoff AS h WHERE h.id = $1', workspace)
        INTO before USING handoff_id;
    IF before.decision IS NOT NULL THEN
        RAISE EXCEPTION 'handoff % is decided already', handoff_id USING ERRCODE = 'SM006',
            SCHEMA = workspace, TABLE = 'handoff', COLUMN = 'decision',
            DETAIL = format('It was %s%s at %s.', before.decision, ' by ' || before.decided_by, before.decided_at),
            HINT = 'Move the lead instead; if it goes back to marketing it can be offered again.';
    END IF;
    EXECUTE format('UPDATE %I.handoff AS h SET decision = $2, reason = coalesce($3, h.reason),
            note = coalesce($4, h.note) WHERE h.id = $1 RETURNING h.decision', workspace)
        INTO outcome USING handoff_id, decision, reason, note;
    RETURN outcome;
END
$$;
COMMENT ON FUNCTION decide(text, bigint, text, text, text) IS
'Decides a handoff: accepted or rejected, with the reason and note that a rejection needs. Gives the decision as it is stored (rerouted or merged where the reason''s outcome says so). Locks the lead before the handoff, and so cannot deadlock with a session that moves the lead. SM006 where the handoff does not exist, is decided already or is not offered to the actor; SM004 for a reason that is missing or unknown; 3F000 or SM010 where there is no such workspace.';

CREATE FUNCTION activate_leads(workspace text, batch text, max_rows int DEFAULT 10000) RETURNS bigint
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'smk_activate_leads';
COMMENT ON FUNCTION activate_leads(text, text, int) IS
'Offers to sales the leads of an import batch that stand in a handoff stage and are not offered yet, at most max_rows of them in id order, routed as always, with offered_at = now(). Gives the number of leads offered; call it until it gives 0. For the workspace''s owner (42501). NULL for a NULL argument; 22023 where max_rows is below 1.';
