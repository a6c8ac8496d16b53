/*
 * Reviews: opening one.
 */

/*
 * What a text names: a day's week, a week, month, quarter, or a range.  The
 * week of 2026-W47 is the workspace's week that holds the Thursday of ISO week
 * 47, so that weeks which begin on another day have the most of it.
 */
CREATE FUNCTION review_period(workspace text, period text DEFAULT NULL) RETURNS daterange
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    week CONSTANT text := 'IYYY-"W"IW';
    per text := CASE WHEN period ~ '^\d{4}-\d\d$' THEN 'month' WHEN period ~ '^\d{4}-Q[1-4]$' THEN 'quarter' ELSE 'week' END;
    day date;
    named daterange;
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    IF period ~ '^[\[(]' THEN
        RETURN period::daterange;
    ELSIF period ~ '^\d{4}-W\d\d$' THEN
        day := to_date(period, week) + 3;
        IF to_char(day, week) <> period THEN
            day := NULL;
        END IF;
    ELSIF per = 'quarter' THEN
        day := make_date(left(period, 4)::int, right(period, 1)::int * 3, 1);
    ELSIF period ~ '^\d{4}-\d\d(-\d\d)?$' THEN
        day := (period || CASE per WHEN 'month' THEN '-01' ELSE '' END)::date;
    ELSIF period IS NULL THEN
        EXECUTE format('SELECT timezone(g.timezone, now())::date - 7 FROM %I.setting_values AS g', workspace) INTO day;
    END IF;
    IF day IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('"%s" is no period', period),
            HINT = 'Say 2026-W47, 2026-11, 2026-Q4, a day of the week that you mean, or a range such as [2026-11-16,2026-11-23).';
    END IF;
    EXECUTE format('SELECT daterange(f.day, (f.day + %1$I.period_length($1))::date)
        FROM %1$I.setting_values AS g
        CROSS JOIN LATERAL (SELECT %1$I.period_of($1, $2::timestamp, g.week_starts_on) AS day) AS f', workspace)
        INTO named USING per, day;
    RETURN named;
END
$body$;
COMMENT ON FUNCTION review_period(text, text) IS
'The days that a text names in a workspace: 2026-W47 (its week that holds the Thursday of that ISO week), 2026-11, 2026-Q4, a day (the week that holds it), a range as it is, or NULL (the last week that is over). Weeks begin on setting week_starts_on, today is of setting timezone. 22023 for any other text, 22008 for a day that does not exist.';

CREATE FUNCTION open_review(workspace text, period daterange) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    opened bigint;
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    EXECUTE format('INSERT INTO %I.review (period) VALUES ($1) RETURNING id', workspace) INTO opened USING period;
    RETURN opened;
END
$body$;
COMMENT ON FUNCTION open_review(text, daterange) IS
'Opens the review of a period, which must be one of the workspace''s weeks, months or quarters (22023), and freezes its pack; gives its number. NULL: the last week that is over. Runs as the caller, who needs INSERT on review and SELECT on what the pack shows: under row-level security he freezes what he sees. 23505 where the period has a review already; SM011 where it has not begun; SM009 without an actor where setting require_actor asks for one.';

CREATE FUNCTION open_review(workspace text, period text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN smarketing.open_review(workspace, smarketing.review_period(workspace, period));
COMMENT ON FUNCTION open_review(text, text) IS
'The same, of the period that a text names: 2026-W47, 2026-11, 2026-Q4, a day (the week that holds it) or a range; see review_period(). Without it: the last week that is over.';

CREATE FUNCTION open_review(workspace text, day date) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN smarketing.open_review(workspace, to_char(day, 'YYYY-MM-DD'));
COMMENT ON FUNCTION open_review(text, date) IS
'The same, of the week that holds a day.';
