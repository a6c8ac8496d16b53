/*
 * Goals: SMART or refused, agreed by both departments, then immutable.
 *
 * A target is judged by what has been reached, so who writes a goal needs
 * SELECT on what metric_value reads; and UPDATE on goal, since the goals above
 * it are locked: no two sessions may close a circle between them.
 */
CREATE FUNCTION refuse_goal(workspace text, goal text, quality text, column_name text, detail text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION 'goal "%" is not %', goal, lower(quality)
        USING ERRCODE = 'SM007', SCHEMA = workspace, TABLE = 'goal', COLUMN = column_name,
        DETAIL = format('%s, %s: %s', left(quality, 1), lower(quality), detail), HINT = hint;
END
$body$;
COMMENT ON FUNCTION refuse_goal(text, text, text, text, text, text) IS
'Refuses a goal (SM007) that lacks one of the five qualities: Specific, Measurable, Attainable, Relevant, Time-bound. Part of goal_guard().';

/* S and M; the best comparable value, which A needs, says whether the metric is computed at all. */
CREATE FUNCTION check_goal_target(workspace text, goal text, metric text, target numeric, unit text, currency text,
                                  OUT metric_direction text, OUT target_unit text, OUT capacity_of text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    metrics CONSTANT text := format('SELECT name, unit, definition FROM %I.metric lists them.', workspace);
    metric_unit text;
BEGIN
    EXECUTE format('SELECT m.direction, m.unit, m.capacity_of FROM %I.metric AS m WHERE m.name = $1', workspace)
        INTO metric_direction, metric_unit, capacity_of USING metric;
    IF metric_unit IS NULL THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Specific', 'metric',
            CASE WHEN metric IS NULL THEN 'It names no metric.' ELSE format('There is no metric "%s".', metric) END,
            'Name a metric of the workspace: ' || metrics);
    END IF;
    IF target IS NULL OR target IN ('NaN', 'Infinity', '-Infinity') THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Measurable', 'target', 'It has no target that is a number.',
            'Say how much, in the unit of the metric.');
    END IF;
    target_unit := CASE metric_unit WHEN 'currency' THEN currency ELSE metric_unit END;
    IF unit IS NULL OR unit NOT IN (metric_unit, target_unit) THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Measurable', 'unit',
            format('Metric "%s" is measured in %s, not in %s.', metric, target_unit, coalesce(unit, 'nothing')),
            format('Say unit = ''%s''.', target_unit));
    END IF;
    IF metric_unit = 'share' AND target NOT BETWEEN 0 AND 1 OR metric_unit <> 'ratio' AND target < 0 THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Measurable', 'target',
            format('Metric "%s" cannot be %s.', metric, trim_scale(target)),
            CASE metric_unit WHEN 'share' THEN 'A share is 0 to 1: 20 % is 0.2.' ELSE 'It is never negative.' END);
    END IF;
END
$body$;
COMMENT ON FUNCTION check_goal_target(text, text, text, numeric, text, text) IS
'Refuses (SM007) a goal whose metric does not exist, or whose target or unit does not fit it; gives what is known of the metric, an amount''s unit being the currency. Part of goal_guard().';

CREATE FUNCTION check_goal_period(workspace text, goal text, starts_on date, ends_on date) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF starts_on IS NULL OR ends_on IS NULL OR NOT isfinite(starts_on) OR NOT isfinite(ends_on) OR starts_on > ends_on THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Time-bound',
            CASE WHEN starts_on IS NULL OR NOT isfinite(starts_on) THEN 'starts_on' ELSE 'ends_on' END,
            CASE WHEN starts_on > ends_on AND isfinite(starts_on) AND isfinite(ends_on)
                 THEN format('It ends on %s, before it starts on %s.', ends_on, starts_on)
                 ELSE 'Its first or its last day is not said.' END,
            'Say both: starts_on and ends_on belong to the goal.');
    END IF;
END
$body$;
COMMENT ON FUNCTION check_goal_period(text, text, date, date) IS
'Refuses (SM007) a goal without a first and a last day, in this order. Part of goal_guard().';

CREATE FUNCTION check_goal_owner(workspace text, goal text, department text, owner text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    owners_department text;
BEGIN
    EXECUTE format('SELECT m.department FROM %I.member AS m WHERE m.name = $1 AND m.active', workspace)
        INTO owners_department USING owner;
    IF owner IS NOT NULL AND owners_department IS DISTINCT FROM department THEN
        RAISE EXCEPTION '"%" cannot answer for goal "%" in %', owner, goal, department
            USING ERRCODE = 'SM007', SCHEMA = workspace, TABLE = 'goal', COLUMN = department || '_owner',
            DETAIL = CASE WHEN owners_department IS NULL THEN format('"%s" is no active member.', owner)
                ELSE format('"%s" belongs to %s.', owner, owners_department) END,
            HINT = format('Name a member of %s.', department);
    END IF;
END
$body$;
COMMENT ON FUNCTION check_goal_owner(text, text, text, text) IS
'Refuses (SM007) an owner who is no active member of the department. Part of goal_guard().';

/* R.  Walks up, locking, so that what it has found stays so until the commit. */
CREATE FUNCTION check_goal_parent(workspace text, goal text, goal_id bigint, metric text, parent bigint, starts_on date, ends_on date)
RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    above record;
    next_id bigint := parent;
    direct_name text;
    direct_period daterange;
BEGIN
    IF parent IS NULL AND metric IS DISTINCT FROM 'revenue' THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Relevant', 'parent', 'It contributes to no other goal.',
            'Name the goal that it contributes to in parent; only a goal on revenue stands on its own.');
    END IF;
    WHILE next_id IS NOT NULL LOOP
        EXECUTE format('SELECT g.id, g.name, g.parent, daterange(g.starts_on, g.ends_on, ''[]'') AS during
            FROM %I.goal AS g WHERE g.id = $1 FOR SHARE', workspace) INTO above USING next_id;
        IF next_id = goal_id THEN
            PERFORM smarketing.refuse_goal(workspace, goal, 'Relevant', 'parent', 'It would contribute to itself.',
                'Name a goal that does not contribute to this one.');
        ELSIF above.id IS NULL THEN
            PERFORM smarketing.refuse_goal(workspace, goal, 'Relevant', 'parent', format('There is no goal %s.', next_id),
                'Write the goal that it contributes to first.');
        END IF;
        IF next_id = parent THEN
            direct_name := above.name;
            direct_period := above.during;
        END IF;
        next_id := above.parent;
    END LOOP;
    IF NOT direct_period @> daterange(starts_on, ends_on, '[]') THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Relevant', 'parent',
            format('Goal "%s", to which it contributes, is from %s to %s.', direct_name, lower(direct_period), upper(direct_period) - 1),
            'Let it lie within that period, or contribute to another goal.');
    END IF;
END
$body$;
COMMENT ON FUNCTION check_goal_parent(text, text, bigint, text, bigint, date, date) IS
'Refuses (SM007) a goal that contributes to none, unless it is on revenue, to one that does not exist, to itself, or to one whose period does not contain its own. Part of goal_guard().';

/* The other way round: the goals below one whose period changes. */
CREATE FUNCTION check_goal_children(workspace text, goal text, goal_id bigint, starts_on date, ends_on date) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    below record;
BEGIN
    EXECUTE format('SELECT g.name, g.starts_on, g.ends_on FROM %I.goal AS g
        WHERE g.parent = $1 AND NOT daterange($2, $3, ''[]'') @> daterange(g.starts_on, g.ends_on, ''[]'') ORDER BY g.id LIMIT 1', workspace)
        INTO below USING goal_id, starts_on, ends_on;
    IF below.name IS NOT NULL THEN
        PERFORM smarketing.refuse_goal(workspace, goal, 'Relevant', 'ends_on',
            format('Goal "%s", which contributes to it, is from %s to %s.', below.name, below.starts_on, below.ends_on),
            'Let it contain the periods of the goals below it.');
    END IF;
END
$body$;
COMMENT ON FUNCTION check_goal_children(text, text, bigint, date, date) IS
'Refuses (SM007) a period of a goal that does not contain those of the goals below it. Part of goal_guard().';

/*
 * Comparable periods are those that lead up to the goal's, each as long as it:
 * whole months where it is whole months, else days.  They are over, and not
 * before there was anything to measure: who has just begun has no history.
 */
CREATE FUNCTION best_before(workspace text, metric text, direction text, starts_on date, ends_on date, today date,
                            OUT is_computed boolean, OUT best numeric, OUT during daterange)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    months CONSTANT interval := age(ends_on + 1, starts_on);
    step CONSTANT interval := CASE
        WHEN starts_on = date_trunc('month', starts_on)::date AND ends_on + 1 = date_trunc('month', ends_on + 1)::date THEN months
        ELSE (ends_on - starts_on + 1) * interval '1 day' END;
BEGIN
    EXECUTE format($sql$
        WITH figure AS MATERIALIZED (
            SELECT f.day, f.amount, f.base, f.sample FROM %1$I.metric_figure AS f WHERE f.metric = %2$L
        ), measured AS (
            SELECT count(*) > 0 AS is_computed,
                   min(f.day) FILTER (WHERE f.amount <> 0 OR f.base <> 0 OR f.sample IS NOT NULL) AS first_day
            FROM figure AS f
        )
        SELECT m.is_computed, r.value, CASE WHEN r.value IS NOT NULL THEN daterange(r.first_day, r.last_day, '[]') END
        FROM measured AS m
        LEFT JOIN LATERAL (
            SELECT p.first_day, p.last_day, v.value
            FROM generate_series(1, ($1 - m.first_day) / ($2 - $1 + 1) + 2) AS n
            CROSS JOIN LATERAL (SELECT ($1 - n * $3)::date AS first_day, ($1 - (n - 1) * $3)::date - 1 AS last_day) AS p
            CROSS JOIN LATERAL (SELECT %1$I.metric_result(count(f.base), sum(f.amount), sum(f.base),
                                                          percentile_cont(0.5) WITHIN GROUP (ORDER BY f.sample)) AS value
                                FROM figure AS f WHERE f.day BETWEEN p.first_day AND p.last_day) AS v
            WHERE p.last_day >= m.first_day AND p.last_day < $4 AND v.value IS NOT NULL
            ORDER BY CASE $5 WHEN 'at_most' THEN v.value ELSE -v.value END, p.first_day DESC LIMIT 1) AS r ON true
        $sql$, workspace, metric)
        INTO is_computed, best, during USING starts_on, ends_on, step, today, direction;
END
$body$;
COMMENT ON FUNCTION best_before(text, text, text, date, date, date) IS
'The best value of a metric in the periods as long as this one that lead up to it, and whether metric_figure has the metric at all. Part of goal_guard().';

CREATE FUNCTION department_capacity(workspace text, department text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    capacity bigint;
BEGIN
    EXECUTE format('SELECT CASE WHEN bool_and(m.capacity IS NOT NULL) THEN sum(m.capacity) END FROM %I.member AS m
        WHERE m.department = $1 AND m.active AND m.kind = ''person''', workspace) INTO capacity USING department;
    RETURN capacity;
END
$body$;
COMMENT ON FUNCTION department_capacity(text, text) IS
'Leads that the active members of a department can have in work at once; null if there is none, or one without a limit. Part of goal_guard().';

/* In the workspace's language, as labels are: it is shown, not raised. */
CREATE FUNCTION goal_warning(language text, direction text, target numeric, best numeric, during daterange, capacity bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    lang CONSTANT int := coalesce(array_position(ARRAY['en', 'pt', 'es', 'it'], language), 1);
    better CONSTANT text := (ARRAY['Better than the best comparable period so far: %s (%s to %s).',
                                   'Melhor que o melhor período comparável até agora: %s (%s a %s).',
                                   'Mejor que el mejor periodo comparable hasta ahora: %s (%s a %s).',
                                   'Meglio del miglior periodo confrontabile finora: %s (%s – %s).'])[lang];
    more CONSTANT text := (ARRAY['More than the recorded capacity: %s leads in work at once.',
                                 'Mais que a capacidade registrada: %s leads em trabalho ao mesmo tempo.',
                                 'Más que la capacidad registrada: %s leads en trabajo a la vez.',
                                 'Più della capacità registrata: %s lead in lavorazione contemporaneamente.'])[lang];
BEGIN
    RETURN nullif(concat_ws(' ',
        CASE WHEN CASE direction WHEN 'at_most' THEN target < best ELSE target > best END
             THEN format(better, trim_scale(round(best, 4)), lower(during), upper(during) - 1) END,
        CASE WHEN direction = 'at_least' AND target > capacity THEN format(more, capacity) END), '');
END
$body$;
COMMENT ON FUNCTION goal_warning(text, text, numeric, numeric, daterange, bigint) IS
'What speaks against reaching a target, in words; null if nothing does. Part of goal_guard().';

CREATE FUNCTION goal_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    derived CONSTANT text[] := ARRAY['best_value', 'best_period', 'capacity', 'warning', 'marketing_signed_by', 'marketing_signed_at',
                                     'sales_signed_by', 'sales_signed_at'];
    signed_before boolean := TG_OP <> 'INSERT' AND OLD.marketing_signed_at IS NOT NULL AND OLD.sales_signed_at IS NOT NULL;
BEGIN
    IF signed_before THEN
        RAISE EXCEPTION 'goal "%" is agreed and cannot be changed', OLD.name
            USING ERRCODE = 'SM008', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
            DETAIL = format('Marketing signed it at %s, sales at %s.', OLD.marketing_signed_at, OLD.sales_signed_at),
            HINT = 'Agree on another goal.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW := smarketing.judged_goal(TG_TABLE_SCHEMA, NEW);
    ELSIF to_jsonb(NEW) - derived <> to_jsonb(OLD) - derived THEN
        -- whoever has signed has signed something else
        NEW.marketing_signed_by := nullif(NEW.marketing_signed_by, OLD.marketing_signed_by);
        NEW.sales_signed_by := nullif(NEW.sales_signed_by, OLD.sales_signed_by);
        PERFORM smarketing.check_goal_children(TG_TABLE_SCHEMA, NEW.name, NEW.id, NEW.starts_on, NEW.ends_on);
        NEW := smarketing.judged_goal(TG_TABLE_SCHEMA, NEW);
    ELSE
        NEW.best_value := OLD.best_value;
        NEW.best_period := OLD.best_period;
        NEW.capacity := OLD.capacity;
        NEW.warning := OLD.warning;
    END IF;
    NEW.marketing_signed_at := smarketing.signed_at(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'marketing', NEW.marketing_signed_by,
        CASE TG_OP WHEN 'UPDATE' THEN OLD.marketing_signed_by END, CASE TG_OP WHEN 'UPDATE' THEN OLD.marketing_signed_at END);
    NEW.sales_signed_at := smarketing.signed_at(TG_TABLE_SCHEMA, TG_TABLE_NAME, 'sales', NEW.sales_signed_by,
        CASE TG_OP WHEN 'UPDATE' THEN OLD.sales_signed_by END, CASE TG_OP WHEN 'UPDATE' THEN OLD.sales_signed_at END);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION goal_guard() IS
'Trigger, BEFORE ROW on goal: refuses one that is not specific, measurable, attainable, relevant and time-bound (SM007), a signer of another department (SM003), and any change once both have signed (SM008); keeps what speaks against reaching it, and the time of a signature.';

CREATE FUNCTION judged_goal(workspace text, INOUT goal anyelement)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    setting record;
    known record;
    past record;
BEGIN
    EXECUTE format('SELECT g.language, g.currency, timezone(g.timezone, now())::date AS today FROM %I.setting_values AS g', workspace)
        INTO setting;
    known := smarketing.check_goal_target(workspace, goal.name, goal.metric, goal.target, goal.unit, setting.currency);
    goal.unit := known.target_unit;
    goal.direction := coalesce(goal.direction, known.metric_direction);
    PERFORM smarketing.check_goal_period(workspace, goal.name, goal.starts_on, goal.ends_on);
    PERFORM smarketing.check_goal_owner(workspace, goal.name, 'marketing', goal.marketing_owner);
    PERFORM smarketing.check_goal_owner(workspace, goal.name, 'sales', goal.sales_owner);
    PERFORM smarketing.check_goal_parent(workspace, goal.name, goal.id, goal.metric, goal.parent, goal.starts_on, goal.ends_on);
    past := smarketing.best_before(workspace, goal.metric, goal.direction, goal.starts_on, goal.ends_on, setting.today);
    IF NOT past.is_computed THEN
        PERFORM smarketing.refuse_goal(workspace, goal.name, 'Specific', 'metric',
            format('Metric "%s" is defined, but metric_value does not compute it.', goal.metric),
            'Choose a metric that has values: ' || format('SELECT DISTINCT metric FROM %I.metric_value.', workspace));
    END IF;
    goal.best_value := past.best;
    goal.best_period := past.during;
    goal.capacity := smarketing.department_capacity(workspace, known.capacity_of);
    goal.warning := smarketing.goal_warning(setting.language, goal.direction, goal.target, past.best, past.during, goal.capacity);
    IF goal.warning IS NOT NULL AND btrim(coalesce(goal.rationale, '')) = '' THEN
        PERFORM smarketing.refuse_goal(workspace, goal.name, 'Attainable', 'rationale', goal.warning,
            'Say in rationale why it can be reached all the same; the warning stays with the goal.');
    END IF;
END
$body$;
COMMENT ON FUNCTION judged_goal(text, anyelement) IS
'A row of goal with its unit and direction as the metric has them and what speaks against reaching it; refuses it (SM007) if it is not SMART. Part of goal_guard().';

CREATE FUNCTION workspace_goal_triggers() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    CREATE OR REPLACE TRIGGER smarketing_guard BEFORE INSERT OR UPDATE OR DELETE ON goal
        FOR EACH ROW EXECUTE FUNCTION smarketing.goal_guard();
END
$body$;
COMMENT ON FUNCTION workspace_goal_triggers() IS
'Creates or replaces the goals'' triggers in the workspace that search_path points at. Internal.';
