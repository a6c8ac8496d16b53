/*
 * SLA: calendars have versions, agreements two signatures, feedback an event.
 */
CREATE FUNCTION current_actor(workspace text) RETURNS text
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'smk_current_actor';
COMMENT ON FUNCTION current_actor(text) IS
'The member on whose behalf this session writes to a workspace: the one named in smarketing.actor, else the one whose db_role is the session''s role; NULL if unknown. SM009 for a name that this session may not claim.';

CREATE FUNCTION clock_target(
    hours       working_hours,
    counted     text,
    within      interval,
    cutoff      time,
    zone        text,
    started_at  timestamptz
) RETURNS interval
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'smk_clock_target_sql';
COMMENT ON FUNCTION clock_target(working_hours, text, interval, time, text, timestamptz) IS
'The working time that a commitment grants from started_at on: within itself where it counts working time or around the clock; until the close of the working day and within''s days more where counted is working_day_end, one day more for what arrives after cutoff (read in zone). NULL if the calendar never gets there, or an argument but within and cutoff is NULL.';

CREATE FUNCTION feedback_recorder() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_feedback_recorder';
COMMENT ON FUNCTION feedback_recorder() IS
'Trigger, AFTER INSERT STATEMENT on feedback: tells the clocks that wait for feedback.';

CREATE FUNCTION raise_follow_ups(workspace text, as_of timestamptz, max_rows int) RETURNS bigint
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'smk_raise_follow_ups';
COMMENT ON FUNCTION raise_follow_ups(text, timestamptz, int) IS
'Raises follow_up_due once for each lead whose follow_up_on has come, in lead order, at most max_rows. Gives their number. Part of tick(), which calls it; for the workspace''s owner (42501).';

/*
 * A calendar gets a new version: kept, and the due times of open clocks follow.
 * Closed clocks keep theirs.
 */
CREATE FUNCTION calendar_versioned() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    new_version bigint;
    changed bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.hours = OLD.hours AND NEW.name = OLD.name
        AND NEW.valid_from IS NOT DISTINCT FROM OLD.valid_from THEN
        RETURN NULL;
    END IF;
    EXECUTE format('INSERT INTO %I.calendar_version (calendar, hours, valid_from, reason)
            VALUES ($1, $2, $3, nullif(current_setting(''smarketing.change_reason'', true), ''''))
            RETURNING id', TG_TABLE_SCHEMA)
        INTO new_version USING NEW.name, NEW.hours, NEW.valid_from;
    IF TG_OP = 'INSERT' THEN
        RETURN NULL;
    END IF;
    EXECUTE format($sql$
        WITH due AS (
            SELECT c.id, t.target,
                   (smarketing.sla_status($2::smarketing.working_hours, c.started_at, t.target, NULL, c.paused)).due_at,
                   (smarketing.sla_status($2::smarketing.working_hours, c.started_at, t.target * m.warn_at, NULL, c.paused)).due_at AS warn_due_at
            FROM %1$I.sla_clock AS c
            JOIN %1$I.commitment AS m ON m.id = c.commitment_id
            CROSS JOIN LATERAL (SELECT CASE m.counted WHEN 'working_day_end'
                THEN smarketing.clock_target($2::smarketing.working_hours, m.counted, m.within, m.cutoff, $2, c.started_at)
                ELSE c.target END AS target OFFSET 0) AS t
            WHERE c.calendar_version IN (SELECT v.id FROM %1$I.calendar_version AS v WHERE v.calendar = $3)
              AND c.ended_at IS NULL AND c.cancelled_at IS NULL
        )
        UPDATE %1$I.sla_clock AS c
        SET calendar_version = $1, target = d.target, due_at = d.due_at, warn_due_at = d.warn_due_at
        FROM due AS d WHERE c.id = d.id
        $sql$, TG_TABLE_SCHEMA)
        USING new_version, NEW.hours, OLD.name;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed > 0 THEN
        EXECUTE format('INSERT INTO %1$I.event (kind, payload)
            SELECT ''clocks_recomputed'', jsonb_build_object(''calendar'', $1, ''version'', $2, ''clocks'', $3)
            WHERE NOT EXISTS (SELECT FROM %1$I.setting AS s WHERE s.name = ''live'' AND s.value = ''false'')', TG_TABLE_SCHEMA)
            USING NEW.name, new_version, changed;
    END IF;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION calendar_versioned() IS
'Trigger, AFTER ROW on calendar: keeps each version of the hours in calendar_version and recomputes the due times of the open clocks that run on it.';

/*
 * Signatures.  Signed by both, an agreement is immutable (SM008); only the
 * second signature on its next version may end it.
 */
CREATE FUNCTION agreement_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    signed_before boolean := TG_OP <> 'INSERT' AND OLD.marketing_signed_at IS NOT NULL AND OLD.sales_signed_at IS NOT NULL;
    today date;
    beside record;
BEGIN
    IF signed_before THEN
        IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 AND lower(NEW.valid) IS NOT DISTINCT FROM lower(OLD.valid)
            AND NOT upper_inf(NEW.valid) AND NEW.valid <@ OLD.valid
            AND to_jsonb(NEW) - 'valid' = to_jsonb(OLD) - 'valid' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'agreement "%" version % is signed and cannot be changed', OLD.name, OLD.version
            USING ERRCODE = 'SM008', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
            DETAIL = format('Marketing signed it at %s, sales at %s.', OLD.marketing_signed_at, OLD.sales_signed_at),
            HINT = format('SELECT smarketing.amend_agreement(%L, %L) opens the next version.', TG_TABLE_SCHEMA, OLD.name);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    -- nobody is bound to what he has not read
    IF TG_OP = 'UPDATE' AND ROW(NEW.name, NEW.version, NEW.valid, NEW.review_every, NEW.next_review)
        IS DISTINCT FROM ROW(OLD.name, OLD.version, OLD.valid, OLD.review_every, OLD.next_review) THEN
        NEW.marketing_signed_by := nullif(NEW.marketing_signed_by, OLD.marketing_signed_by);
        NEW.sales_signed_by := nullif(NEW.sales_signed_by, OLD.sales_signed_by);
    END IF;
    NEW.marketing_signed_at := smarketing.signed_at(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'marketing', NEW.marketing_signed_by,
        CASE TG_OP WHEN 'UPDATE' THEN OLD.marketing_signed_by END, CASE TG_OP WHEN 'UPDATE' THEN OLD.marketing_signed_at END);
    NEW.sales_signed_at := smarketing.signed_at(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'sales', NEW.sales_signed_by,
        CASE TG_OP WHEN 'UPDATE' THEN OLD.sales_signed_by END, CASE TG_OP WHEN 'UPDATE' THEN OLD.sales_signed_at END);
    IF NEW.marketing_signed_at IS NULL OR NEW.sales_signed_at IS NULL THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT timezone((SELECT s.value #>> ''{}'' FROM %I.setting AS s WHERE s.name = ''timezone''),
        now())::date', TG_TABLE_SCHEMA) INTO today;
    IF NEW.version > 1 AND (lower_inf(NEW.valid) OR lower(NEW.valid) < today) THEN
        IF upper(NEW.valid) <= today THEN
            RAISE EXCEPTION 'agreement "%" version % would be over before it begins', NEW.name, NEW.version
                USING ERRCODE = 'SM007', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = 'valid',
                HINT = 'Let it be valid beyond today.';
        END IF;
        NEW.valid := daterange(today, upper(NEW.valid));
    END IF;
    EXECUTE format('UPDATE %I.agreement AS a SET valid = daterange(lower(a.valid), $3)
        WHERE a.name = $1 AND a.version < $2 AND a.marketing_signed_at IS NOT NULL
          AND a.sales_signed_at IS NOT NULL AND (upper_inf(a.valid) OR upper(a.valid) > $3)
          AND (lower_inf(a.valid) OR lower(a.valid) < $3)', TG_TABLE_SCHEMA)
        USING NEW.name, NEW.version, lower(NEW.valid);
    EXECUTE format('SELECT a.name, a.version, a.valid FROM %I.agreement AS a
        WHERE a.id <> $1 AND a.valid && $2 AND a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL
        ORDER BY a.valid LIMIT 1', TG_TABLE_SCHEMA) INTO beside USING NEW.id, NEW.valid;
    IF beside.name IS NOT NULL THEN
        RAISE EXCEPTION 'agreement "%" version % would be in force beside agreement "%" version %', NEW.name, NEW.version, beside.name, beside.version
            USING ERRCODE = 'exclusion_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = 'valid',
            CONSTRAINT = 'agreement_in_force_excl',
            DETAIL = format('It would be valid in %s, the signed one is in %s: one agreement is in force on each day.', NEW.valid, beside.valid),
            HINT = format('Let it be valid on other days, or SELECT smarketing.amend_agreement(%L, %L) to change the other one.', TG_TABLE_SCHEMA, beside.name);
    END IF;
    NEW.next_review := coalesce(NEW.next_review,
        (greatest(lower(NEW.valid), today) + NEW.review_every)::date);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION agreement_guard() IS
'Trigger, BEFORE ROW on agreement: sets the time of a signature, refuses a signer of another department (SM003), voids a signature on terms that change after it, refuses any change once both have signed (SM008) and a term in which another agreement is in force (23P01), and ends the version before.';

/* The time of a department's signature, after checking who signs. */
CREATE FUNCTION signed_at(workspace text, table_name text, department text, signer text, signer_before text,
                          at_before timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    signers_department text;
    actor text := smarketing.current_actor(workspace);
BEGIN
    IF signer IS NULL THEN
        RETURN NULL;
    END IF;
    IF signer = signer_before THEN
        RETURN at_before;
    END IF;
    EXECUTE format('SELECT m.department FROM %I.member AS m WHERE m.name = $1 AND m.active', workspace)
        INTO signers_department USING signer;
    IF signers_department IS DISTINCT FROM department THEN
        RAISE EXCEPTION '"%" cannot sign for %', signer, department
            USING ERRCODE = 'SM003', SCHEMA = workspace, TABLE = table_name, COLUMN = department || '_signed_by',
            DETAIL = CASE WHEN signers_department IS NULL THEN format('"%s" is no active member.', signer)
                ELSE format('"%s" belongs to %s.', signer, signers_department) END,
            HINT = format('Let a member of %s sign.', department);
    END IF;
    IF actor <> signer THEN
        RAISE EXCEPTION '"%" cannot sign in the name of "%"', actor, signer
            USING ERRCODE = 'SM003', SCHEMA = workspace, TABLE = table_name, COLUMN = department || '_signed_by',
            HINT = 'Whoever signs does it himself.';
    END IF;
    RETURN now();
END
$body$;
COMMENT ON FUNCTION signed_at(text, text, text, text, text, timestamptz) IS
'The time of a department''s signature on an agreement or a goal; SM003 where the signer is no active member of it, or another known actor signs for him. Part of agreement_guard() and goal_guard().';

/*
 * The agreement's row is locked first: a signature and a change of what is
 * signed come one after the other.
 */
CREATE FUNCTION commitment_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    agreed record;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW *= OLD THEN
        RETURN NEW;
    END IF;
    FOR agreed IN EXECUTE format('SELECT a.* FROM %I.agreement AS a WHERE a.id IN ($1, $2) ORDER BY a.id
        FOR NO KEY UPDATE', TG_TABLE_SCHEMA)
        USING CASE WHEN TG_OP <> 'INSERT' THEN OLD.agreement_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.agreement_id END
    LOOP
        IF agreed.marketing_signed_at IS NOT NULL AND agreed.sales_signed_at IS NOT NULL THEN
            RAISE EXCEPTION 'agreement "%" version % is signed: its commitments cannot be changed', agreed.name, agreed.version
                USING ERRCODE = 'SM008', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
                HINT = format('SELECT smarketing.amend_agreement(%L, %L) opens the next version.', TG_TABLE_SCHEMA, agreed.name);
        END IF;
        IF agreed.marketing_signed_at IS NOT NULL OR agreed.sales_signed_at IS NOT NULL THEN
            EXECUTE format('UPDATE %I.agreement AS a SET marketing_signed_by = NULL, sales_signed_by = NULL WHERE a.id = $1',
                TG_TABLE_SCHEMA) USING agreed.id;
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$body$;
COMMENT ON FUNCTION commitment_guard() IS
'Trigger, BEFORE ROW on commitment: refuses to change what both departments have signed (SM008); what one of them has signed may change, and its signature is void then.';

CREATE FUNCTION workspace_sla_triggers() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    CREATE OR REPLACE TRIGGER smarketing_versioned AFTER INSERT OR UPDATE ON calendar
        FOR EACH ROW EXECUTE FUNCTION smarketing.calendar_versioned();
    CREATE OR REPLACE TRIGGER smarketing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calendar_version
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.append_only();
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE OR DELETE ON agreement
        FOR EACH ROW EXECUTE FUNCTION smarketing.agreement_guard();
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE OR DELETE ON commitment
        FOR EACH ROW EXECUTE FUNCTION smarketing.commitment_guard();
    CREATE OR REPLACE TRIGGER smarketing_record_insert AFTER INSERT ON feedback
        REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.feedback_recorder();
END
$body$;
COMMENT ON FUNCTION workspace_sla_triggers() IS
'Creates or replaces the agreement''s triggers in the workspace that search_path points at. Internal.';
