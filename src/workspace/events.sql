/*
 * Events: reading the outbox.
 *
 * The trigger on event writes a delivery row for each consumer in the
 * statement that appends the event, so one that commits late is not lost: it
 * becomes visible, with its deliveries, when it commits.
 */

/*
 * Rows that another session is taking are skipped, not waited for; if it
 * rolls back they are there for the next call.
 */
CREATE FUNCTION take_events(workspace text, consumer text, n int DEFAULT 100)
RETURNS TABLE (id bigint, at timestamptz, kind text, lead_id bigint, payload jsonb)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    known boolean;
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    IF n IS NULL OR n <= 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('cannot take %s events', coalesce(n::text, 'null')),
            HINT = 'n is the largest number of events to take: 1 or more.';
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.event_consumer AS c WHERE c.name = $1)', workspace)
        INTO known USING consumer;
    IF NOT known THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object', SCHEMA = workspace, TABLE = 'event_consumer',
            MESSAGE = format('event consumer %s does not exist', coalesce('"' || consumer || '"', 'null')),
            HINT = format('INSERT INTO %I.event_consumer (name) VALUES (…); it gets the events from then on.', workspace);
    END IF;
    RETURN QUERY EXECUTE format($sql$
        WITH waiting AS (
            SELECT d.event_id
            FROM %1$I.event_delivery AS d
            WHERE d.consumer = $1 AND d.delivered_at IS NULL
            ORDER BY d.event_id
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE %1$I.event_delivery AS d SET delivered_at = now()
            FROM waiting AS w
            WHERE d.consumer = $1 AND d.event_id = w.event_id
            RETURNING d.event_id
        )
        SELECT e.id, e.at, e.kind, e.lead_id, e.payload
        FROM taken AS t JOIN %1$I.event AS e ON e.id = t.event_id
        ORDER BY e.id
        $sql$, workspace) USING consumer, n;
END
$body$;
COMMENT ON FUNCTION take_events(text, text, int) IS
'Takes up to n waiting events for a consumer, oldest first, each exactly once; they come back if the transaction rolls back. Sessions that call at the same time get different events. A consumer (a row in event_consumer) gets the events of transactions that begin after it was created, of its kinds. Needs SELECT on event and event_consumer, SELECT and UPDATE on event_delivery. Errors: 42704 no such consumer; 22023 n is null or not positive; SM010 no workspace.';
