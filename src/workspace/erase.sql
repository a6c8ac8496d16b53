/*
 * Erasure: a person asks to be forgotten.  What identifies him goes, in every
 * table; what counts him stays, so that no figure of the past changes.
 */

/*
 * Columns that a workspace's owner has added to one of our tables and that may
 * hold anything: text, documents, addresses.  Numbers, times and booleans stay.
 */
CREATE FUNCTION erasable_columns(relation regclass, ours text[]) RETURNS TABLE (column_name name, nullable boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
    SELECT a.attname, NOT a.attnotnull
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND a.attname::text <> ALL (ours)
      AND coalesce(b.typcategory, t.typcategory)::text NOT IN ('B', 'D', 'N', 'T', 'E', 'R')
    ORDER BY a.attnum;
END;
COMMENT ON FUNCTION erasable_columns(regclass, text[]) IS
'Columns of a table beside ours that may identify a person: all but numbers, dates, times, ranges, enums and booleans; generated ones are left out. Internal.';

/* One that is NOT NULL is the owner's to clear. */
CREATE FUNCTION warn_of_kept_columns(relation regclass, ours text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
DECLARE
    added record;
BEGIN
    FOR added IN SELECT e.column_name FROM smarketing.erasable_columns(relation, ours) AS e WHERE NOT e.nullable LOOP
        RAISE WARNING USING MESSAGE = format('column "%s" of %s is not null and keeps its value', added.column_name, relation),
            HINT = 'If it identifies a person, clear it yourself.';
    END LOOP;
END
$body$;
COMMENT ON FUNCTION warn_of_kept_columns(regclass, text[]) IS
'Warns of columns that a workspace''s owner has added to a table and that erasure cannot null. Internal.';

/* NULL in each of them. */
CREATE FUNCTION erase_added_columns(relation regclass, ours text[], key text, lead_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
DECLARE
    assignments text;
BEGIN
    PERFORM smarketing.warn_of_kept_columns(relation, ours);
    SELECT string_agg(format('%I = NULL', e.column_name), ', ') INTO assignments
    FROM smarketing.erasable_columns(relation, ours) AS e WHERE e.nullable;
    IF assignments IS NOT NULL THEN
        EXECUTE format('UPDATE %s SET %s WHERE %I = $1', relation, assignments, key) USING lead_id;
    END IF;
END
$body$;
COMMENT ON FUNCTION erase_added_columns(regclass, text[], text, bigint) IS
'Nulls the columns that a workspace''s owner has added to a table, in the rows of one lead. Internal.';

/* Events keep what says what happened: numbers, and the names of stages, reasons, members and teams. */
CREATE FUNCTION workspace_plumbing_erasure(erased bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    UPDATE event AS e
    SET payload = (SELECT jsonb_object_agg(p.key, p.value)
                   FROM jsonb_each(e.payload) AS p
                   WHERE jsonb_typeof(p.value) IN ('number', 'boolean', 'null')
                      OR jsonb_typeof(p.value) = 'string'
                         AND p.key IN ('from', 'to', 'actor', 'reason', 'direction', 'decision', 'team', 'owner', 'commitment'))
    WHERE e.lead_id = erased AND jsonb_typeof(e.payload) = 'object' AND e.kind <> 'lead_erased';
    UPDATE event AS e SET payload = NULL
    WHERE e.lead_id = erased AND jsonb_typeof(e.payload) <> 'object';
END
$body$;
COMMENT ON FUNCTION workspace_plumbing_erasure(bigint) IS
'erase_lead''s part of the events of a lead. Internal.';

CREATE FUNCTION workspace_lifecycle_erasure(erased bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
DECLARE
    ours CONSTANT text[] := ARRAY['external_id', 'email', 'name', 'company', 'job_title',
        'phone', 'country', 'region', 'industry', 'language', 'origin', 'source', 'campaign', 'latest_campaign', 'persona', 'stage',
        'reason', 'note', 'owner', 'excluded', 'attributes', 'band', 'engagement_state', 'engagement_purged'];
BEGIN
    PERFORM smarketing.warn_of_kept_columns('lead'::regclass, ours);
    PERFORM smarketing.erase_history((SELECT n.nspname FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = 'lead'::regclass), erased,
        ARRAY['external_id', 'email', 'name', 'company', 'job_title', 'phone', 'note', 'attributes', 'follow_up_on']
        || ARRAY(SELECT e.column_name::text FROM smarketing.erasable_columns('lead'::regclass, ours) AS e WHERE e.nullable));
    PERFORM smarketing.erase_added_columns('activity'::regclass,
        ARRAY['kind', 'actor', 'campaign', 'channel', 'direction', 'properties', 'points'], 'lead_id', erased);
    UPDATE deal SET name = NULL WHERE lead_id = erased AND name IS NOT NULL;
END
$body$;
COMMENT ON FUNCTION workspace_lifecycle_erasure(bigint) IS
'erase_lead''s part of a lead, its activities and its deals. Internal.';

CREATE FUNCTION workspace_sla_erasure(erased bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    -- emptied, not null: what was settled stays settled
    UPDATE feedback SET body = NULL, resolution = CASE WHEN resolution IS NOT NULL THEN '' END WHERE lead_id = erased;
END
$body$;
COMMENT ON FUNCTION workspace_sla_erasure(bigint) IS
'erase_lead''s part of the feedback on a lead. Internal.';

CREATE FUNCTION erase_lead(workspace text, id bigint, basis text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    known boolean;
BEGIN
    PERFORM smarketing.workspace_check_owner(workspace);
    IF basis IS NULL OR btrim(basis) = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'an erasure needs a basis',
            HINT = 'Say why the person is erased, such as a request and its date; the event lead_erased keeps it.';
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I.lead AS l WHERE l.id = $1)'
                   ' OR EXISTS (SELECT FROM %1$I.stage_change AS c WHERE c.lead_id = $1)', workspace)
        INTO known USING id;
    IF NOT known OR id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', SCHEMA = workspace, TABLE = 'lead',
            MESSAGE = format('lead %s does not exist and has no history', coalesce(id::text, 'null'));
    END IF;
    PERFORM smarketing.workspace_run(workspace, 'erasure', id::text);
    EXECUTE format('INSERT INTO %I.event (kind, lead_id, payload) VALUES (''lead_erased'', $1, $2)', workspace)
        USING id, jsonb_build_object('basis', basis, 'actor', nullif(current_setting('smarketing.actor', true), ''));
END
$body$;
COMMENT ON FUNCTION erase_lead(text, bigint, text) IS
'Forgets a person: nulls what identifies him in lead (also in columns that you have added, but for numbers, dates, ranges, enums and booleans), activity, deal, event, feedback and the actions that answer it, and the notes in stage_change and handoff; marks the lead do_not_contact. Stages, times, scores and amounts stay, and so do country, region, industry and the account. Works for a deleted lead''s history too. basis says why and is kept in the event lead_erased. The audit of the configuration is left alone; old row versions go with VACUUM. Only the owner of the workspace''s tables (42501); 22023 without a basis; P0002 if there is no such lead.';
