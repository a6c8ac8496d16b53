/*
 * verify's checks of scores.
 */
CREATE FUNCTION workspace_scoring_checks()
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE AS $body$
BEGIN
    RETURN QUERY
    SELECT p.check_name, p.object, p.expected, p.found
    FROM smarketing.score_problems(pg_catalog.current_schema()::text) AS p;
END
$body$;
COMMENT ON FUNCTION workspace_scoring_checks() IS
'verify''s checks of scores. Internal.';
