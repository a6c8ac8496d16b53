/*
 * Reviews: what is written once stays.  Trigger functions run as the caller;
 * events are appended by record_event() as the tables' owner.
 */
CREATE FUNCTION record_event() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'smk_record_event';
COMMENT ON FUNCTION record_event() IS
'Trigger, AFTER ROW: appends an event of the kind in its first argument, with the row''s id under the name in the second, and the columns named in the others. None in imports, for excluded leads, or while setting live is false.';

CREATE FUNCTION review_actor(workspace text, table_name text) RETURNS text
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'smk_review_actor';
COMMENT ON FUNCTION review_actor(text, text) IS
'As current_actor(), for a write to a table; SM009 where setting require_actor asks for an actor and there is none. Internal.';

CREATE FUNCTION is_import() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('smarketing.import', true), '') <> '';
COMMENT ON FUNCTION is_import() IS
'Is this session importing (smarketing.import)? Internal.';

CREATE FUNCTION refuse_change_of_record(workspace text, table_name text, message text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'SM005', SCHEMA = workspace, TABLE = table_name, MESSAGE = message, HINT = hint;
END
$body$;
COMMENT ON FUNCTION refuse_change_of_record(text, text, text, text) IS
'Raises SM005. Internal.';

/* The department of a member: 23503 if there is no such (active) member. */
CREATE FUNCTION review_member_department(workspace text, table_name text, column_name text, name text, must_be_active boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    found_department text;
BEGIN
    EXECUTE format('SELECT m.department FROM %I.member AS m WHERE m.name = $1 AND (m.active OR NOT $2)', workspace)
        INTO found_department USING name, must_be_active;
    IF found_department IS NULL AND name IS NOT NULL THEN
        RAISE EXCEPTION '"%" is no% member', name, CASE WHEN must_be_active THEN ' active' ELSE '' END
            USING ERRCODE = 'foreign_key_violation', SCHEMA = workspace, TABLE = table_name, COLUMN = column_name,
            HINT = format('Write members by their name, as in %I.member.', workspace);
    END IF;
    RETURN found_department;
END
$body$;
COMMENT ON FUNCTION review_member_department(text, text, text, text, boolean) IS
'The department of a member who is named in a review; 23503 where there is none. Internal.';

/* SM005 where a review is closed; imports write what was decided then. */
CREATE FUNCTION review_must_be_open(workspace text, table_name text, review_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    closed timestamptz;
BEGIN
    IF smarketing.is_import() THEN
        PERFORM smarketing.current_actor(workspace); -- who may not import is refused there
        RETURN;
    END IF;
    EXECUTE format('SELECT r.closed_at FROM %I.review AS r WHERE r.id = $1', workspace) INTO closed USING review_id;
    IF closed IS NOT NULL THEN
        PERFORM smarketing.refuse_change_of_record(workspace, table_name, format('review %s is closed', review_id),
            'What it decided cannot be changed; the next review can decide otherwise.');
    END IF;
END
$body$;
COMMENT ON FUNCTION review_must_be_open(text, text, bigint) IS
'Raises SM005 if a review is closed. Internal.';

/* What a review is of: its period and its kind, or why there can be none. */
CREATE FUNCTION review_frame(workspace text, period daterange, OUT frame daterange, OUT per text, OUT begins_at timestamptz) RETURNS record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    today date;
    taken record;
BEGIN
    frame := coalesce(period, smarketing.review_period(workspace));
    EXECUTE format('SELECT p.per, timezone(g.timezone, now())::date, timezone(g.timezone, lower($1)::timestamp)
        FROM %1$I.setting_values AS g
        LEFT JOIN unnest(ARRAY[''week'', ''month'', ''quarter'']) AS p (per)
            ON NOT lower_inf($1) AND daterange(%1$I.period_of(p.per, lower($1)::timestamp, g.week_starts_on),
                         (%1$I.period_of(p.per, lower($1)::timestamp, g.week_starts_on) + %1$I.period_length(p.per))::date) = $1', workspace)
        INTO per, today, begins_at USING frame;
    IF per IS NULL THEN
        RAISE EXCEPTION 'no review can be of %', frame USING ERRCODE = 'invalid_parameter_value',
            SCHEMA = workspace, TABLE = 'review', COLUMN = 'period',
            HINT = 'Say one whole week, month or quarter; weeks begin on setting week_starts_on.';
    END IF;
    IF lower(frame) > today THEN
        RAISE EXCEPTION 'the % of % has not begun', per, lower(frame) USING ERRCODE = 'SM011',
            SCHEMA = workspace, TABLE = 'review', COLUMN = 'period',
            DETAIL = format('It is %s in the workspace''s time zone.', today), HINT = 'Leave the period out: it is the last week that is over.';
    END IF;
    EXECUTE format('SELECT r.id, r.opened_at, r.opened_by FROM %I.review AS r WHERE r.period = $1', workspace)
        INTO taken USING frame;
    IF taken.id IS NOT NULL THEN
        RAISE EXCEPTION 'the % of % has been reviewed already', per, lower(frame) USING ERRCODE = 'unique_violation',
            SCHEMA = workspace, TABLE = 'review', CONSTRAINT = 'review_period_key',
            DETAIL = format('Review %s was opened%s at %s.', taken.id, ' by ' || taken.opened_by, taken.opened_at),
            HINT = 'Its pack stays as it was frozen then; go on with that review.';
    END IF;
END
$body$;
COMMENT ON FUNCTION review_frame(text, daterange) IS
'The period of a new review and whether it is a week, month or quarter; 22023, SM011 or 23505 where there can be none. Part of review_guard().';

/* The times and names of a new review: in an import those of then. */
CREATE FUNCTION review_opens(workspace text, opened anyelement) RETURNS anyelement
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    actor CONSTANT text := smarketing.review_actor(workspace, 'review');
    begins_at timestamptz;
BEGIN
    SELECT f.frame, f.per, f.begins_at INTO opened.period, opened.per, begins_at
    FROM smarketing.review_frame(workspace, opened.period) AS f;
    IF NOT smarketing.is_import() THEN
        opened.opened_at := now();
        opened.opened_by := actor;
        opened.closed_at := NULL;
        opened.closed_by := NULL;
    ELSIF opened.opened_at > clock_timestamp() OR opened.opened_at < begins_at THEN
        RAISE EXCEPTION 'the review of % cannot have been opened at %', opened.period, opened.opened_at USING ERRCODE = 'SM011',
            SCHEMA = workspace, TABLE = 'review', COLUMN = 'opened_at',
            HINT = 'Give the time of the meeting: after the period began, and not in the future.';
    END IF;
    PERFORM set_config('search_path', format('%I, pg_temp', workspace), true);
    opened.pack := smarketing.workspace_review_pack(opened.per, opened.period);
    opened.pack_hash := smarketing.review_pack_hash(opened.pack);
    RETURN opened;
END
$body$;
COMMENT ON FUNCTION review_opens(text, anyelement) IS
'A new row of review, completed: period, times, names, pack and hash. Part of review_guard().';

CREATE FUNCTION review_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RETURN smarketing.review_opens(TG_TABLE_SCHEMA, NEW);
    END IF;
    IF TG_OP = 'DELETE' THEN
        PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'a review cannot be deleted',
            'It keeps what both departments saw and decided.');
    END IF;
    IF OLD.closed_at IS NOT NULL AND (NEW.closed_at IS DISTINCT FROM OLD.closed_at OR NEW.notes IS DISTINCT FROM OLD.notes) THEN
        PERFORM smarketing.review_must_be_open(TG_TABLE_SCHEMA, TG_TABLE_NAME, OLD.id);
    END IF;
    IF (NEW.id, NEW.period, NEW.per, NEW.opened_at, NEW.opened_by, NEW.pack, NEW.pack_hash)
        IS DISTINCT FROM (OLD.id, OLD.period, OLD.per, OLD.opened_at, OLD.opened_by, OLD.pack, OLD.pack_hash) THEN
        PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME, format('the pack of review %s is frozen', OLD.id),
            'Only notes and closed_at can be changed, until the review is closed.');
    END IF;
    NEW.closed_by := OLD.closed_by;
    IF OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL THEN
        NEW.closed_at := now();
        NEW.closed_by := smarketing.review_actor(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION review_guard() IS
'Trigger, BEFORE ROW on review: freezes the pack of a new review; refuses to change it or to delete a review (SM005), to review a period twice (23505), one that is no week, month or quarter (22023) or has not begun (SM011).';

CREATE FUNCTION review_attendance_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM smarketing.review_must_be_open(TG_TABLE_SCHEMA, TG_TABLE_NAME, CASE TG_OP WHEN 'DELETE' THEN OLD.review_id ELSE NEW.review_id END);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW IS DISTINCT FROM OLD THEN
            PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'who took part cannot be changed into somebody else',
                'Delete the row and insert another one.');
        END IF;
        RETURN NEW;
    END IF;
    NEW.department := smarketing.review_member_department(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'member', NEW.member, false);
    NEW.recorded_at := now();
    NEW.recorded_by := smarketing.review_actor(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION review_attendance_guard() IS
'Trigger, BEFORE ROW on review_attendance: sets the department of the member (23503 if unknown) and who wrote it down; refuses changes once the review is closed (SM005).';

CREATE FUNCTION review_decision_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    actor CONSTANT text := smarketing.review_actor(TG_TABLE_SCHEMA, TG_TABLE_NAME);
BEGIN
    PERFORM smarketing.review_must_be_open(TG_TABLE_SCHEMA, TG_TABLE_NAME, NEW.review_id);
    IF NOT smarketing.is_import() THEN
        NEW.at := now();
        NEW.actor := actor;
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION review_decision_guard() IS
'Trigger, BEFORE INSERT ROW on review_decision: sets when it was decided and who wrote it down; SM005 if the review is closed.';

/*
 * A metric's value: of one period, or of the last one that was over at an
 * instant.  The workspace's view is read as the caller.
 */
CREATE FUNCTION metric_at(workspace text, metric text, per text, INOUT period date, at timestamptz, OUT value numeric) RETURNS record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF period IS NULL THEN
        EXECUTE format('SELECT (%1$I.period_of($1, timezone(g.timezone, $2), g.week_starts_on) - %1$I.period_length($1))::date
            FROM %1$I.setting_values AS g', workspace) INTO period USING per, at;
    END IF;
    EXECUTE format('SELECT trim_scale(round(v.value, 4)) FROM %I.metric_value AS v WHERE v.metric = $1 AND v.per = $2 AND v.period = $3', workspace)
        INTO value USING metric, per, period;
END
$body$;
COMMENT ON FUNCTION metric_at(text, text, text, date, timestamptz) IS
'The value of a metric in a period, or in the last one that was over at an instant, and that period. Internal.';

/* A new action: whose it is, since when, and where its metric stands. */
CREATE FUNCTION action_opens(workspace text, opened anyelement) RETURNS anyelement
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    actor CONSTANT text := smarketing.review_actor(workspace, 'action_item');
    decided_in bigint;
    about record;
BEGIN
    IF opened.decision_id IS NOT NULL THEN
        EXECUTE format('SELECT d.review_id FROM %I.review_decision AS d WHERE d.id = $1', workspace) INTO decided_in USING opened.decision_id;
        IF opened.review_id <> decided_in THEN
            RAISE EXCEPTION 'decision % is of review %', opened.decision_id, decided_in USING ERRCODE = 'foreign_key_violation',
                SCHEMA = workspace, TABLE = 'action_item', COLUMN = 'decision_id', HINT = 'Leave review_id out.';
        END IF;
        opened.review_id := coalesce(opened.review_id, decided_in);
    END IF;
    PERFORM smarketing.review_must_be_open(workspace, 'action_item', opened.review_id);
    IF NOT smarketing.is_import() THEN
        opened.created_at := now();
        opened.created_by := actor;
        opened.done_by := NULL;
    END IF;
    opened.department := smarketing.review_member_department(workspace, 'action_item', 'owner', opened.owner, NOT smarketing.is_import());
    opened.first_due := coalesce(CASE WHEN smarketing.is_import() THEN opened.first_due END, opened.due);
    opened.metric_per := NULL;
    opened.metric_before := NULL;
    opened.metric_before_period := NULL;
    opened.metric_after := NULL;
    opened.metric_after_period := NULL;
    IF opened.metric IS NOT NULL THEN
        EXECUTE format('SELECT r.per, lower(r.period) AS period FROM %I.review AS r WHERE r.id = $1', workspace) INTO about USING opened.review_id;
        opened.metric_per := coalesce(about.per, 'week');
        SELECT m.period, m.value INTO opened.metric_before_period, opened.metric_before
        FROM smarketing.metric_at(workspace, opened.metric, opened.metric_per, about.period, opened.created_at) AS m;
    END IF;
    RETURN opened;
END
$body$;
COMMENT ON FUNCTION action_opens(text, anyelement) IS
'A new row of action_item, completed. Part of action_item_guard().';

/* It is done, or is not done after all. */
CREATE FUNCTION action_done(workspace text, item anyelement) RETURNS anyelement
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    actor CONSTANT text := smarketing.review_actor(workspace, 'action_item');
BEGIN
    item.metric_after := NULL;
    item.metric_after_period := NULL;
    IF item.done IS NULL THEN
        item.done_by := NULL;
        RETURN item;
    END IF;
    IF NOT smarketing.is_import() THEN
        item.done := now();
        item.done_by := actor;
    ELSIF item.done > clock_timestamp() OR item.done < item.created_at THEN
        RAISE EXCEPTION 'the action cannot have been done at %', item.done USING ERRCODE = 'SM011',
            SCHEMA = workspace, TABLE = 'action_item', COLUMN = 'done', HINT = 'Give the time when it was done.';
    END IF;
    IF item.metric IS NOT NULL THEN
        SELECT m.period, m.value INTO item.metric_after_period, item.metric_after
        FROM smarketing.metric_at(workspace, item.metric, item.metric_per, NULL, item.done) AS m;
    END IF;
    RETURN item;
END
$body$;
COMMENT ON FUNCTION action_done(text, anyelement) IS
'A row of action_item that becomes done, or open again, completed. Part of action_item_guard().';

CREATE FUNCTION action_item_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'an action cannot be deleted',
            'Set it done, with the effect that it was dropped.');
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW := smarketing.action_opens(TG_TABLE_SCHEMA, NEW);
        RETURN CASE WHEN NEW.done IS NULL THEN NEW ELSE smarketing.action_done(TG_TABLE_SCHEMA, NEW) END;
    END IF;
    IF (NEW.id, NEW.review_id, NEW.decision_id, NEW.feedback_id, NEW.created_at, NEW.created_by, NEW.first_due, NEW.metric, NEW.metric_per,
        NEW.metric_before, NEW.metric_before_period)
        IS DISTINCT FROM (OLD.id, OLD.review_id, OLD.decision_id, OLD.feedback_id, OLD.created_at, OLD.created_by, OLD.first_due, OLD.metric,
        OLD.metric_per, OLD.metric_before, OLD.metric_before_period) THEN
        PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME,
            format('where action %s comes from, and its metric before, cannot be changed', OLD.id), 'Write another action.');
    END IF;
    -- erasure empties what may name a person
    IF OLD.done IS NOT NULL AND NEW.done IS NOT NULL AND (NEW.owner, NEW.due, nullif(NEW.body, ''))
        IS DISTINCT FROM (OLD.owner, OLD.due, CASE WHEN NEW.body <> '' THEN OLD.body END) THEN
        PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME, format('action %s is done', OLD.id),
            'Its effect can be written; UPDATE … SET done = NULL opens it again.');
    END IF;
    NEW.department := OLD.department;
    IF NEW.owner IS DISTINCT FROM OLD.owner THEN
        NEW.department := smarketing.review_member_department(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'owner', NEW.owner, true);
    END IF;
    IF (NEW.done IS NULL) <> (OLD.done IS NULL) THEN
        RETURN smarketing.action_done(TG_TABLE_SCHEMA, NEW);
    END IF;
    NEW.done := OLD.done;
    NEW.done_by := OLD.done_by;
    NEW.metric_after := OLD.metric_after;
    NEW.metric_after_period := OLD.metric_after_period;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION action_item_guard() IS
'Trigger, BEFORE ROW on action_item: sets department, times, names and the metric before and after; an owner who is no active member: 23503; a change of what is frozen, or a DELETE: SM005.';

CREATE FUNCTION feedback_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    actor text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'feedback cannot be deleted',
            'Resolve it: UPDATE … SET resolution = ''…''.');
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.lead_id, NEW.handoff_id, NEW.at, NEW.actor) IS DISTINCT FROM (OLD.id, OLD.lead_id, OLD.handoff_id, OLD.at, OLD.actor) THEN
        PERFORM smarketing.refuse_change_of_record(TG_TABLE_SCHEMA, TG_TABLE_NAME,
            format('who gave feedback %s, when and on whom, cannot be changed', OLD.id), 'Write another one.');
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.resolution IS NULL) = (OLD.resolution IS NULL) THEN
        NEW.resolved_at := OLD.resolved_at;
        NEW.resolved_by := OLD.resolved_by;
        RETURN NEW;
    END IF;
    actor := smarketing.review_actor(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    IF TG_OP = 'INSERT' THEN
        NEW.actor := coalesce(NEW.actor, actor);
    END IF;
    IF NEW.resolution IS NULL THEN
        NEW.resolved_at := NULL;
        NEW.resolved_by := NULL;
    ELSIF NOT smarketing.is_import() OR NEW.resolved_at IS NULL THEN
        NEW.resolved_at := now();
        NEW.resolved_by := actor;
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION feedback_guard() IS
'Trigger, BEFORE ROW on feedback: sets who gave it where the row names nobody, and when and by whom it was resolved: with its resolution; refuses to change who gave it, when and on whom, or to delete it (SM005).';

CREATE FUNCTION workspace_review_triggers() RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['review', 'review_attendance', 'action_item', 'feedback'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_append_only BEFORE TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION smarketing.append_only()', kept);
        EXECUTE format('CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE OR DELETE ON %I
            FOR EACH ROW EXECUTE FUNCTION smarketing.%I()', kept, kept || '_guard');
    END LOOP;
    CREATE OR REPLACE TRIGGER smarketing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON review_decision
        FOR EACH STATEMENT EXECUTE FUNCTION smarketing.append_only();
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT ON review_decision
        FOR EACH ROW EXECUTE FUNCTION smarketing.review_decision_guard();

    CREATE OR REPLACE TRIGGER smarketing_event_opened AFTER INSERT ON review
        FOR EACH ROW EXECUTE FUNCTION smarketing.record_event('review_opened', 'review', 'per', 'opened_by', 'pack_hash');
    CREATE OR REPLACE TRIGGER smarketing_event_closed AFTER UPDATE ON review
        FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
        EXECUTE FUNCTION smarketing.record_event('review_closed', 'review', 'per', 'closed_by');
    CREATE OR REPLACE TRIGGER smarketing_event_opened AFTER INSERT ON action_item
        FOR EACH ROW EXECUTE FUNCTION smarketing.record_event('action_opened', 'action', 'review_id', 'feedback_id', 'owner', 'department', 'due');
    CREATE OR REPLACE TRIGGER smarketing_event_done AFTER UPDATE ON action_item
        FOR EACH ROW WHEN (OLD.done IS NULL AND NEW.done IS NOT NULL)
        EXECUTE FUNCTION smarketing.record_event('action_done', 'action', 'review_id', 'feedback_id', 'owner', 'department', 'due', 'done_by');
    CREATE OR REPLACE TRIGGER smarketing_event_given AFTER INSERT ON feedback
        FOR EACH ROW EXECUTE FUNCTION smarketing.record_event('feedback_given', 'feedback', 'kind', 'handoff_id', 'campaign', 'persona', 'rule', 'actor');
    CREATE OR REPLACE TRIGGER smarketing_event_resolved AFTER UPDATE ON feedback
        FOR EACH ROW WHEN (OLD.resolved_at IS NULL AND NEW.resolved_at IS NOT NULL)
        EXECUTE FUNCTION smarketing.record_event('feedback_resolved', 'feedback', 'kind', 'handoff_id', 'campaign', 'persona', 'rule', 'resolved_by');
END
$body$;
COMMENT ON FUNCTION workspace_review_triggers() IS
'Creates or replaces the triggers of reviews, actions and feedback in the workspace that search_path points at. Internal.';
