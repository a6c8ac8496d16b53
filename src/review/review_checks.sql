/*
 * verify's checks of reviews: packs are what they were, times and words go
 * together.
 */
CREATE FUNCTION workspace_review_checks()
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'review_pack', format('review %s', r.id), smarketing.review_pack_hash(r.pack), r.pack_hash
    FROM review AS r
    WHERE r.pack_hash <> smarketing.review_pack_hash(r.pack)
    ORDER BY r.id;

    -- each pack holds the hash of the one before it
    RETURN QUERY
    SELECT 'review_chain', format('review %s', b.id), r.pack #>> '{follows,pack_hash}', b.pack_hash
    FROM review AS r
    JOIN review AS b ON b.id = (r.pack #>> '{follows,review}')::bigint
    WHERE b.pack_hash IS DISTINCT FROM r.pack #>> '{follows,pack_hash}'
    ORDER BY r.id;

    RETURN QUERY
    SELECT 'review_period', format('review %s', r.id), p.packed, p.stored
    FROM review AS r
    CROSS JOIN LATERAL (SELECT concat_ws(' ', r.pack #>> '{period,per}', r.pack #>> '{period,from}', r.pack #>> '{period,to}') AS packed,
                               concat_ws(' ', r.per, to_char(lower(r.period), 'YYYY-MM-DD'), to_char(upper(r.period) - 1, 'YYYY-MM-DD')) AS stored) AS p
    WHERE p.packed <> p.stored
    ORDER BY r.id;

    RETURN QUERY
    SELECT 'feedback_resolution', format('feedback %s', f.id), 'a resolution with its time',
           CASE WHEN f.resolution IS NULL THEN 'a time without resolution' ELSE 'a resolution without time' END
    FROM feedback AS f
    WHERE (f.resolution IS NULL) <> (f.resolved_at IS NULL)
    ORDER BY f.id;

    RETURN QUERY
    SELECT 'action_item', format('action %s', a.id), k.expected, k.found
    FROM action_item AS a
    LEFT JOIN review_decision AS d ON d.id = a.decision_id
    CROSS JOIN LATERAL (VALUES
        (a.done IS NULL AND (a.done_by IS NOT NULL OR a.metric_after IS NOT NULL OR a.metric_after_period IS NOT NULL),
         'nothing of its end while it is open', coalesce(a.done_by, a.metric_after::text, a.metric_after_period::text)),
        (a.decision_id IS NOT NULL AND a.review_id IS DISTINCT FROM d.review_id,
         format('review %s of its decision', d.review_id), format('review %s', coalesce(a.review_id::text, 'null')))) AS k (wrong, expected, found)
    WHERE k.wrong
    ORDER BY a.id;
END
$body$;
COMMENT ON FUNCTION workspace_review_checks() IS
'verify''s checks of reviews, actions and feedback. Internal.';

/* What an action says of a person is what the feedback that it answers said. */
CREATE FUNCTION workspace_review_erasure(erased bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    UPDATE action_item AS a SET body = '', effect = NULL
    WHERE a.feedback_id IN (SELECT f.id FROM feedback AS f WHERE f.lead_id = erased);
END
$body$;
COMMENT ON FUNCTION workspace_review_erasure(bigint) IS
'erase_lead''s part of the actions that answer feedback on a lead. Internal.';
