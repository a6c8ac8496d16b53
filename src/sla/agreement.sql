/*
 * SLA: amending the agreement.
 */
CREATE FUNCTION amend_agreement(workspace text, name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    latest record;
    draft bigint;
BEGIN
    PERFORM smarketing.workspace_check_owner(workspace);
    EXECUTE format('SELECT a.*, timezone((SELECT s.value #>> ''{}'' FROM %1$I.setting AS s WHERE s.name = ''timezone''),
            now())::date AS today
        FROM %1$I.agreement AS a WHERE a.name = $1 ORDER BY a.version DESC LIMIT 1 FOR UPDATE OF a', workspace)
        INTO latest USING amend_agreement.name;
    IF latest.id IS NULL THEN
        RAISE EXCEPTION 'agreement "%" does not exist', amend_agreement.name
            USING ERRCODE = 'undefined_object', SCHEMA = workspace, TABLE = 'agreement',
            HINT = format('INSERT INTO %I.agreement (name) VALUES (…) begins one.', workspace);
    END IF;
    IF latest.marketing_signed_at IS NULL OR latest.sales_signed_at IS NULL THEN
        RAISE EXCEPTION 'version % of agreement "%" is still a draft', latest.version, latest.name
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = workspace, TABLE = 'agreement',
            HINT = 'Change the draft; it can be changed until both departments have signed.';
    END IF;
    EXECUTE format('INSERT INTO %1$I.agreement (name, version, valid, review_every)
        VALUES ($1, $2, daterange(greatest($3, lower($4)), upper($4)), $5) RETURNING id', workspace)
        INTO draft USING latest.name, latest.version + 1, latest.today,
            CASE WHEN upper(latest.valid) <= latest.today THEN daterange(latest.today, NULL) ELSE latest.valid END,
            latest.review_every;
    EXECUTE format('INSERT INTO %1$I.commitment (%2$s) SELECT $1, %3$s FROM %1$I.commitment AS c
        WHERE c.agreement_id = $2 ORDER BY c.id', workspace,
        'agreement_id, ' || array_to_string(smarketing.workspace_commitment_terms(), ', '),
        'c.' || array_to_string(smarketing.workspace_commitment_terms(), ', c.'))
        USING draft, latest.id;
    RETURN draft;
END
$body$;
COMMENT ON FUNCTION amend_agreement(text, text) IS
'Opens the next version of an agreement as a draft, with the commitments of the one before, and gives its id. It comes into force, and ends the version before, with the second signature. 42704 where there is no such agreement; 55000 where its latest version is still a draft; 42501 unless the caller owns the workspace.';

CREATE FUNCTION workspace_commitment_terms() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['key', 'department', 'kind', 'description', 'condition', 'starts_on', 'ends_on', 'released_on',
    'min_count', 'within', 'counted', 'calendar', 'calendar_of', 'cutoff', 'warn_at', 'stage', 'basis_stage',
    'target', 'direction', 'per', 'accepted_only'];
COMMENT ON FUNCTION workspace_commitment_terms() IS
'The columns of commitment that a new version takes over. Internal.';
