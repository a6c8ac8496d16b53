/*
 * SLA: the periodic work, all of it.  Nothing depends on when it runs: a
 * breach is a fact of the clock, tick() only tells of it.
 */
CREATE FUNCTION decide_overdue(workspace text, as_of timestamptz, accept boolean, max_rows int) RETURNS bigint
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'smk_decide_overdue';
COMMENT ON FUNCTION decide_overdue(text, timestamptz, boolean, int) IS
'Decides handoffs to sales whose clock on handoff:decided was due before as_of: accepted automatically, or rejected with reason no_answer; their leads move. At most max_rows, in lead order; leads that another session has locked are left for the next call. Gives the number decided. Part of tick(), which calls it; for the workspace''s owner (42501).';

/*
 * Tell once of clocks that are due: an event for each, and a mark on the clock.
 * column_name is due_at or warn_due_at.
 */
CREATE FUNCTION tell_of_clocks(workspace text, as_of timestamptz, max_rows int, breach boolean, escalate boolean)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    done bigint;
BEGIN
    EXECUTE format($sql$
        WITH due AS (
            SELECT c.id, l.owner AS lead_owner
            FROM %1$I.sla_clock AS c
            LEFT JOIN %1$I.lead AS l ON l.id = c.lead_id
            WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL AND c.breach_recorded_at IS NULL
              AND CASE WHEN $3 THEN c.due_at < $1
                  ELSE c.warn_recorded_at IS NULL AND c.warn_due_at < $1 AND (c.due_at >= $1 OR c.due_at IS NULL) END
            ORDER BY c.lead_id, c.id LIMIT $2
            FOR UPDATE OF c SKIP LOCKED
        ), told AS (
            UPDATE %1$I.sla_clock AS c
            SET breach_recorded_at = CASE WHEN $3 THEN now() END,
                owner_at_breach = CASE WHEN $3 THEN coalesce(d.lead_owner, c.owner) END,
                warn_recorded_at = CASE WHEN $3 THEN c.warn_recorded_at ELSE now() END
            FROM due AS d WHERE c.id = d.id
            RETURNING c.*
        ), events AS (
            INSERT INTO %1$I.event (at, kind, lead_id, payload)
            SELECT CASE WHEN $3 THEN t.due_at ELSE t.warn_due_at END, k.kind, t.lead_id, jsonb_build_object(
                'clock', t.id, 'commitment', m.key, 'department', m.department, 'handoff', t.handoff_id,
                'owner', coalesce(t.owner_at_breach, t.owner), 'started_at', t.started_at, 'due_at', t.due_at)
            FROM told AS t
            JOIN %1$I.commitment AS m ON m.id = t.commitment_id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN $3 THEN 'sla_breached' ELSE 'sla_at_risk' END AS kind
                UNION ALL SELECT 'handoff_escalated' WHERE $3 AND $4 AND m.ends_on = 'handoff:decided') AS k
            ORDER BY t.lead_id, t.id
        )
        SELECT count(*) FROM told
        $sql$, workspace) INTO done USING as_of, max_rows, breach, escalate;
    RETURN done;
END
$body$;
COMMENT ON FUNCTION tell_of_clocks(text, timestamptz, int, boolean, boolean) IS
'Records breaches (or warnings) of open clocks as events, each once. Part of tick().';

CREATE FUNCTION tick(workspace text, as_of timestamptz DEFAULT now(), max_rows int DEFAULT 10000)
RETURNS TABLE (action text, done bigint, left_over bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 5 SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    setting jsonb;
    policy text;
BEGIN
    PERFORM smarketing.workspace_check_owner(workspace);
    IF as_of IS NULL OR as_of > clock_timestamp() THEN
        RAISE EXCEPTION 'tick cannot run as of %', coalesce(as_of::text, 'null') USING ERRCODE = 'SM011',
            DETAIL = format('It is %s.', clock_timestamp()), HINT = 'Leave as_of out.';
    END IF;
    IF max_rows IS NULL OR max_rows < 1 THEN
        RAISE EXCEPTION 'max_rows must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format('SELECT jsonb_object_agg(s.name, s.value) FROM %I.setting AS s', workspace) INTO setting;
    IF setting -> 'live' = 'false' THEN
        RETURN;
    END IF;
    policy := coalesce(setting ->> 'handoff_policy', 'escalate');

    action := 'breaches recorded';
    done := smarketing.tell_of_clocks(workspace, as_of, max_rows, true, policy = 'escalate');
    EXECUTE format('SELECT count(*) FROM %I.sla_clock AS c WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL
        AND c.breach_recorded_at IS NULL AND c.due_at < $1', workspace) INTO left_over USING as_of;
    RETURN NEXT;

    action := 'warnings recorded';
    done := smarketing.tell_of_clocks(workspace, as_of, max_rows, false, false);
    EXECUTE format('SELECT count(*) FROM %I.sla_clock AS c WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL
        AND c.breach_recorded_at IS NULL AND c.warn_recorded_at IS NULL AND c.warn_due_at < $1
        AND (c.due_at >= $1 OR c.due_at IS NULL)', workspace) INTO left_over USING as_of;
    RETURN NEXT;

    action := 'handoffs decided';
    done := CASE WHEN policy <> 'escalate'
        THEN smarketing.decide_overdue(workspace, as_of, policy = 'accept', max_rows) ELSE 0 END;
    EXECUTE format('SELECT count(*) FROM %1$I.handoff AS h WHERE h.decision IS NULL AND $2 <> ''escalate''
        AND h.direction = ''to_sales'' AND EXISTS (SELECT FROM %1$I.sla_clock AS c
            JOIN %1$I.commitment AS m ON m.id = c.commitment_id
            WHERE c.handoff_id = h.id AND m.ends_on = ''handoff:decided'' AND c.ended_at IS NULL
              AND c.cancelled_at IS NULL AND c.due_at < $1)', workspace) INTO left_over USING as_of, policy;
    RETURN NEXT;

    action := 'follow-ups raised';
    done := smarketing.raise_follow_ups(workspace, as_of, max_rows);
    EXECUTE format('SELECT count(*) FROM %I.lead AS l WHERE l.follow_up_on <= timezone($2, $1)::date
        AND l.follow_up_raised_on IS DISTINCT FROM l.follow_up_on AND l.excluded IS NULL', workspace)
        INTO left_over USING as_of, setting ->> 'timezone';
    RETURN NEXT;

    action := 'reviews due';
    -- a statement of its own: the next one sees what another session has told meanwhile
    EXECUTE format('SELECT FROM %I.agreement AS a WHERE a.next_review <= timezone($2, $1)::date
        ORDER BY a.id FOR NO KEY UPDATE', workspace) USING as_of, setting ->> 'timezone';
    EXECUTE format($sql$
        WITH due AS (
            SELECT a.id, a.name, a.version, r.review_on
            FROM %1$I.agreement AS a
            CROSS JOIN LATERAL (
                SELECT max(g)::date AS review_on FROM generate_series(a.next_review::timestamp,
                    timezone($2, $1), coalesce(a.review_every, interval '1000 years')) AS g) AS r
            WHERE a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL
              AND a.valid @> timezone($2, $1)::date AND a.next_review <= timezone($2, $1)::date
              AND NOT EXISTS (SELECT FROM %1$I.event AS e WHERE e.kind = 'review_due'
                  AND e.payload @> jsonb_build_object('agreement', a.id, 'review_on', r.review_on))
        ), told AS (
            INSERT INTO %1$I.event (at, kind, payload)
            SELECT $1, 'review_due', jsonb_build_object('agreement', d.id, 'name', d.name,
                'version', d.version, 'review_on', d.review_on) FROM due AS d RETURNING id)
        SELECT count(*) FROM told $sql$, workspace) INTO done USING as_of, setting ->> 'timezone';
    left_over := 0;
    RETURN NEXT;

    EXECUTE format('INSERT INTO %1$I.tick_run AS t (last_at) VALUES ($1)
        ON CONFLICT (only_one) DO UPDATE SET last_at = greatest(t.last_at, excluded.last_at)', workspace)
        USING as_of;
END
$body$;
COMMENT ON FUNCTION tick(text, timestamptz, int) IS
'The periodic work of a workspace, for any scheduler: records breaches and warnings of clocks as events, each once; decides handoffs past their deadline as setting handoff_policy says (accept, recycle, escalate); raises follow_up_due; tells of reviews that are due. One row per action: what was done, and how much is left for the next call, since at most max_rows of each are done in one, in lead order. Run twice, late or in two sessions at once, it changes nothing more. Nothing where setting live is false. For the workspace''s owner (42501); an as_of that is NULL or in the future: SM011.';
