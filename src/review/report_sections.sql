/*
 * The page of report_html(): its sections.  Each reads the workspace that
 * search_path points at, as the caller, and returns html.
 */

/*
 * What all sections need to know, and the words that they say it in.  Figures
 * can be written without any label.
 */
CREATE FUNCTION report_page(workspace text, period daterange) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    page jsonb;
BEGIN
    SELECT jsonb_build_object('workspace', workspace, 'language', g.language, 'currency', g.currency, 'timezone', g.timezone,
               'now', n.local, 'per', f.per, 'first_day', f.first_day, 'last_day', (f.first_day + period_length(f.per))::date - 1,
               'before', (f.first_day - period_length(f.per))::date,
               'labels', jsonb_build_object('report.thousands', ',', 'report.decimal', '.', 'report.percent', '{1}%', 'report.money', '{2} {1}',
                                            'report.date', 'YYYY-MM-DD', 'report.days', '{1} d', 'report.hours', '{1} h', 'report.minutes', '{1} min')
                         || (SELECT coalesce(jsonb_object_agg(l.name, l.text), '{}') FROM label AS l))
        INTO page
    FROM setting_values AS g
    CROSS JOIN LATERAL (SELECT timezone(g.timezone, now()) AS local) AS n
    CROSS JOIN LATERAL (SELECT p.per, period_of(p.per, coalesce(lower(period)::timestamp, n.local), g.week_starts_on) AS first_day
                        FROM (VALUES ('month'), ('week'), ('quarter')) AS p (per)) AS f
    WHERE period IS NULL AND f.per = 'month' OR daterange(f.first_day, (f.first_day + period_length(f.per))::date) = period;
    IF page IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', SCHEMA = workspace, MESSAGE = format('no report can be of %s', period),
            HINT = 'Say one whole week, month or quarter; weeks begin on setting week_starts_on.';
    END IF;
    RETURN page;
END
$body$;
COMMENT ON FUNCTION report_page(text, daterange) IS
'Labels, settings and period (the current month if null) of the workspace that search_path points at, for the functions that make its page; 22023 for a period that is no week, month or quarter. Internal.';

-- The agreement in force, and whose word stands under it.
CREATE FUNCTION report_agreement(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
BEGIN
    RETURN coalesce(
        (SELECT smarketing.report_label(page, 'report.agreement', smarketing.report_name(a.agreement), a.version::text,
                    smarketing.report_name(a.marketing_signed_by), smarketing.report_name(a.sales_signed_by))
                || coalesce('; ' || smarketing.report_label(page, 'report.next_review', smarketing.report_date(page, a.next_review)), '')
                || CASE WHEN a.drift > 0 THEN '; ' || smarketing.report_label(page, 'report.drift', smarketing.report_number(page, a.drift))
                        ELSE '' END
         FROM agreement_status AS a WHERE a.state = 'in_force' ORDER BY a.agreement, a.version LIMIT 1),
        smarketing.report_label(page, 'report.agreement_none'));
END
$body$;
COMMENT ON FUNCTION report_agreement(jsonb) IS 'The agreement in force, in one sentence of html. Internal.';

CREATE FUNCTION report_header(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
BEGIN
    RETURN format(E'<header><p class="workspace"><bdi>%s</bdi></p><h1>%s</h1>\n<p>%s</p>\n<p>%s</p></header>\n',
        smarketing.report_escape(page ->> 'workspace'),
        smarketing.report_label(page, 'report.title'),
        smarketing.report_label(page, 'report.as_of',
            smarketing.report_date(page, (page ->> 'now')::timestamp::date),
            smarketing.report_escape(to_char((page ->> 'now')::timestamp, 'HH24:MI')),
            smarketing.report_escape(page ->> 'timezone')),
        smarketing.report_agreement(page));
END
$body$;
COMMENT ON FUNCTION report_header(jsonb) IS 'The page''s header as html. Internal.';

-- What the meeting begins with; a metric that the workspace does not have is left out.
CREATE FUNCTION report_figures(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    shown CONSTANT text[] := ARRAY['leads', 'accepted_mqls', 'mql_to_sal', 'first_response_in_time', 'median_response_minutes',
                                   'win_rate', 'pipeline', 'revenue'];
    figures text;
BEGIN
    SELECT string_agg(format(E'<div><dt>%s</dt><dd><span class="value">%s</span> <span class="before">%s</span></dd></div>\n',
                             smarketing.report_name(coalesce(m.label, m.name)), smarketing.report_value(page, v.value, m.unit),
                             smarketing.report_label(page, 'report.before', smarketing.report_value(page, v.before, m.unit))),
                      '' ORDER BY array_position(shown, m.name))
        INTO figures
    FROM metric AS m
    LEFT JOIN (SELECT x.metric, max(x.value) FILTER (WHERE x.period = (page ->> 'first_day')::date) AS value,
                      max(x.value) FILTER (WHERE x.period = (page ->> 'before')::date) AS before
               FROM metric_value AS x
               WHERE x.per = page ->> 'per' AND x.period IN ((page ->> 'first_day')::date, (page ->> 'before')::date)
                 AND x.metric = ANY (shown)
               GROUP BY x.metric) AS v ON v.metric = m.name
    WHERE m.name = ANY (shown);
    RETURN '<p class="legend">' || smarketing.report_days(page, (page ->> 'first_day')::date, (page ->> 'last_day')::date)
        || CASE WHEN (page ->> 'last_day')::date >= (page ->> 'now')::timestamp::date
                THEN ', ' || smarketing.report_label(page, 'report.so_far') ELSE '' END || '</p>'
        || '<dl class="figures">' || figures || E'</dl>\n';
END
$body$;
COMMENT ON FUNCTION report_figures(jsonb) IS 'The key figures of the period and of the one before, as html; null without metrics. Internal.';

CREATE FUNCTION report_stages(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    line text[];
    beside text;
BEGIN
    SELECT array_agg(ARRAY[
               '<span class="dot ' || f.department || '"></span>' || smarketing.report_name(f.label),
               smarketing.report_bar(f.reached / f.most::float8, f.department,
                   smarketing.report_label(page, 'report.funnel_bar', smarketing.report_escape(f.label),
                                           smarketing.report_number(page, f.reached), smarketing.report_percent(page, f.conversion))),
               smarketing.report_number(page, f.reached), smarketing.report_percent(page, f.conversion),
               smarketing.report_number(page, f.now), smarketing.report_duration(page, f.median_time)] ORDER BY f.position, f.stage)
               FILTER (WHERE f.on_line),
           string_agg(smarketing.report_name(f.label) || ' <b>' || smarketing.report_number(page, f.reached) || '</b>', ' · '
                      ORDER BY f.position, f.stage) FILTER (WHERE NOT f.on_line AND f.reached > 0)
        INTO line, beside
    FROM (SELECT s.*, s.kind IN ('inventory', 'handoff', 'success') AS on_line, max(s.reached) OVER () AS most
          FROM funnel AS s) AS f
    WHERE f.most > 0;
    RETURN smarketing.report_legend(page)
        || smarketing.report_table(page, 'report.funnel_caption',
               ARRAY['report.stage', 'report.reached', 'report.leads', 'report.conversion', 'report.there_now', 'report.median_stay'],
               'hbnnnn', line)
        || coalesce('<p class="note">' || smarketing.report_label(page, 'report.beside', beside) || '</p>', '');
END
$body$;
COMMENT ON FUNCTION report_stages(jsonb) IS 'The funnel as html; null without leads. Internal.';

CREATE FUNCTION report_legend(page jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('<p class="legend">%s: <span class="dot marketing"></span>%s <span class="dot sales"></span>%s</p>',
              smarketing.report_label(page, 'report.accountable'), smarketing.report_label(page, 'department.marketing'),
              smarketing.report_label(page, 'department.sales'));
COMMENT ON FUNCTION report_legend(jsonb) IS 'The colours of the departments, as html. Internal.';

/*
 * The commitments in force of one department, each with the latest period, up
 * to the page's, in which anything was owed, and the rate of the one before.
 */
CREATE FUNCTION report_scorecard(page jsonb, department text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
DECLARE
    cells text[];
BEGIN
    WITH owed AS (
        SELECT s.commitment, s.kind, s.period_start, s.period_end, sum(s.owed) AS owed, sum(s.met) AS met, sum(s.late) AS late,
               sum(s.breached_open) AS overdue,
               CASE s.kind WHEN 'response' THEN (sum(s.met) / nullif(sum(s.met + s.late + s.breached_open), 0))::float8
                           ELSE (array_agg(s.rate ORDER BY s.version DESC))[1] END AS rate,
               (array_agg(s.state ORDER BY s.version DESC))[1] AS state,
               row_number() OVER (PARTITION BY s.commitment, s.kind ORDER BY s.period_start DESC) AS age
        FROM sla_scorecard AS s
        WHERE s.department = report_scorecard.department AND s.period_start <= (page ->> 'last_day')::date
        GROUP BY s.commitment, s.kind, s.period_start, s.period_end
    )
    SELECT array_agg(ARRAY[
               smarketing.report_name(coalesce(m.description, m.key))
               || CASE WHEN o.period_start IS NULL THEN ''
                       ELSE '<span class="period">' || smarketing.report_days(page, o.period_start, o.period_end) || '</span>' END,
               smarketing.report_number(page, o.owed), smarketing.report_number(page, o.met),
               CASE m.kind WHEN 'response' THEN smarketing.report_number(page, o.late) END,
               CASE m.kind WHEN 'response' THEN smarketing.report_number(page, o.overdue) END,
               smarketing.report_percent(page, o.rate)
               || coalesce('<span class="target">' || CASE m.direction WHEN 'at_most' THEN '≤ ' ELSE '≥ ' END
                           || CASE m.kind WHEN 'rate' THEN smarketing.report_percent(page, m.target::float8) END || '</span>', ''),
               smarketing.report_percent(page, b.rate),
               CASE WHEN o.state IN ('met', 'on_track') THEN smarketing.report_state('good', smarketing.report_label(page, 'state.' || o.state))
                    WHEN o.state = 'at_risk' THEN smarketing.report_state('warn', smarketing.report_label(page, 'state.at_risk'))
                    WHEN o.state IS NOT NULL THEN smarketing.report_state('bad', smarketing.report_label(page, 'state.' || o.state))
                    WHEN o.overdue > 0 THEN smarketing.report_state('bad', smarketing.report_label(page, 'state.overdue'))
                    WHEN o.late > 0 THEN smarketing.report_state('warn', smarketing.report_label(page, 'report.state_late'))
                    WHEN o.met > 0 THEN smarketing.report_state('good', smarketing.report_label(page, 'state.met'))
                    WHEN o.owed > 0 THEN smarketing.report_state('plain', smarketing.report_label(page, 'state.open')) END]
               ORDER BY m.kind = 'response', m.id)
        INTO cells
    FROM commitment AS m
    JOIN agreement_status AS a ON a.agreement_id = m.agreement_id AND a.state = 'in_force'
    LEFT JOIN owed AS o ON o.commitment = m.key AND o.kind = m.kind AND o.age = 1
    LEFT JOIN owed AS b ON b.commitment = m.key AND b.kind = m.kind AND b.age = 2
    WHERE m.department = report_scorecard.department;
    RETURN smarketing.report_table(page, 'report.' || department || '_caption',
        ARRAY['report.commitment', 'report.owed', 'report.kept', 'report.late', 'report.overdue', 'report.kept_rate', 'column.previous', 'column.state'],
        'hnnnnnnt', cells);
END
$body$;
COMMENT ON FUNCTION report_scorecard(jsonb, text) IS
'What a department has kept of the agreement in force, as html; null if nothing is owed. Internal.';

/*
 * By the working time that the agreement counts, or by the clock where no
 * calendar says what working time is.
 */
CREATE FUNCTION report_speed(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    way text;
    cells text[];
    summary text;
BEGIN
    WITH band AS (
        SELECT s.*, sum(s.leads) FILTER (WHERE s.band <> 'never') OVER (PARTITION BY s.counted) AS answered,
               sum(s.leads) OVER (PARTITION BY s.counted) AS offered, max(s.leads) OVER (PARTITION BY s.counted) AS most
        FROM speed_to_lead AS s
    ), chosen AS (
        SELECT b.*,
               CASE WHEN b.up_to IS NULL AND b.more_than IS NULL THEN smarketing.report_label(page, 'report.never')
                    WHEN b.up_to IS NULL THEN smarketing.report_label(page, 'report.more_than', smarketing.report_duration(page, b.more_than))
                    WHEN b.more_than IS NULL THEN smarketing.report_label(page, 'report.up_to', smarketing.report_duration(page, b.up_to))
                    ELSE smarketing.report_duration(page, b.more_than) || ' – ' || smarketing.report_duration(page, b.up_to) END AS label
        FROM band AS b
        WHERE b.offered > 0
          AND b.counted = CASE WHEN (SELECT max(w.answered) FROM band AS w WHERE w.counted = 'working') > 0 THEN 'working' ELSE 'elapsed' END
    )
    SELECT min(c.counted),
           array_agg(ARRAY[
               c.label,
               smarketing.report_bar(c.leads / c.most::float8, CASE WHEN c.band = 'never' THEN 'bad' ELSE 'sales' END,
                   smarketing.report_label(page, 'report.speed_bar', c.label, smarketing.report_number(page, c.leads),
                                           smarketing.report_percent(page, c.share), smarketing.report_percent(page, c.conversion))),
               smarketing.report_number(page, c.leads), smarketing.report_percent(page, c.share),
               smarketing.report_percent(page, c.conversion), smarketing.report_percent(page, c.win_rate)] ORDER BY c.position),
           smarketing.report_label(page, 'report.speed_summary',
               smarketing.report_percent(page, sum(c.share) FILTER (WHERE c.up_to <= interval '1 hour')),
               smarketing.report_percent(page, sum(c.share) FILTER (WHERE c.band = 'never')))
        INTO way, cells, summary
    FROM chosen AS c;
    RETURN '<p class="lead">' || summary || '</p>'
        || smarketing.report_table(page, 'report.speed_' || way,
               ARRAY['report.first_attempt', 'report.share_bar', 'report.leads', 'report.share', 'report.qualified', 'report.won'],
               'hbnnnn', cells);
END
$body$;
COMMENT ON FUNCTION report_speed(jsonb) IS 'Speed to lead as html; null where nothing was offered. Internal.';

CREATE FUNCTION report_reasons(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    reasons text[];
    campaigns text[];
BEGIN
    SELECT array_agg(ARRAY[
               smarketing.report_name(r.label),
               smarketing.report_bar(r.rejections / max::float8, CASE WHEN r.counts THEN 'marketing' ELSE 'plain' END,
                   smarketing.report_label(page, 'report.reason_bar', smarketing.report_escape(r.label), smarketing.report_number(page, r.rejections),
                                           smarketing.report_percent(page, r.share))),
               smarketing.report_number(page, r.rejections), smarketing.report_percent(page, r.share),
               smarketing.report_label(page, CASE WHEN r.counts THEN 'report.yes' ELSE 'report.no' END)] ORDER BY r.rejections DESC, r.reason)
        INTO reasons
    FROM (SELECT f.reason, f.label, f.counts_as_rejection AS counts, sum(f.rejections) AS rejections,
                 max(sum(f.rejections)) OVER () AS max, (sum(f.rejections) / sum(sum(f.rejections)) OVER ())::float8 AS share
          FROM handoff_feedback AS f GROUP BY f.reason, f.label, f.counts_as_rejection) AS r;
    SELECT array_agg(ARRAY[
               smarketing.report_name(c.campaign), smarketing.report_number(page, c.decided), smarketing.report_number(page, c.rejections),
               smarketing.report_percent(page, c.share)] ORDER BY c.share DESC, c.campaign)
        INTO campaigns
    FROM (SELECT f.campaign, sum(f.decided) AS decided, sum(f.rejections) AS rejections,
                 (sum(f.rejections) / sum(f.decided))::float8 AS share
          FROM (SELECT g.campaign, g.source, g.decided, sum(g.rejections) AS rejections FROM handoff_feedback AS g
                WHERE g.counts_as_rejection AND g.campaign IS NOT NULL GROUP BY g.campaign, g.source, g.decided) AS f
          GROUP BY f.campaign ORDER BY share DESC, f.campaign LIMIT 5) AS c;
    RETURN smarketing.report_table(page, 'report.reasons_caption',
               ARRAY['report.reason', 'report.share_bar', 'report.handoffs', 'report.share', 'report.counts'], 'hbnnt', reasons)
        || coalesce(smarketing.report_table(page, 'report.campaigns_caption',
               ARRAY['report.campaign', 'report.decided', 'report.sent_back', 'report.share'], 'hnnn', campaigns), '');
END
$body$;
COMMENT ON FUNCTION report_reasons(jsonb) IS 'Why sales send leads back, as html; null where they sent none back. Internal.';

CREATE FUNCTION report_channel(page jsonb, channel text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(smarketing.report_escape(page #>> ARRAY['labels', 'channel.' || channel]), smarketing.report_name(channel));
COMMENT ON FUNCTION report_channel(jsonb, text) IS
'A channel as html: by its label, where attribution made it up, else by its name. Internal.';

-- The ten largest channels; the others in one row, so that columns add up.
CREATE FUNCTION report_channels(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    models CONSTANT text[] := ARRAY['first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'w_shaped', 'full_path', 'time_decay'];
    cells text[];
    total numeric;
BEGIN
    WITH amount AS MATERIALIZED (
        SELECT a.channel, max(a.cost) AS cost, jsonb_object_agg(a.model, a.value) AS value,
               row_number() OVER (ORDER BY max(a.value) FILTER (WHERE a.model = 'linear') DESC, a.channel) AS place
        FROM attribution_channel AS a GROUP BY a.channel
    ), shown AS (
        SELECT least(m.place, 11) AS place, min(m.channel) AS channel, count(*) AS channels, sum(m.cost) AS cost
        FROM amount AS m GROUP BY least(m.place, 11)
    )
    SELECT array_agg(ARRAY[CASE WHEN s.channels > 1 THEN smarketing.report_label(page, 'report.others', s.channels::text)
                                ELSE smarketing.report_channel(page, s.channel) END]
                     || v.credits || smarketing.report_number(page, s.cost) ORDER BY s.place),
           sum(v.linear)
        INTO cells, total
    FROM shown AS s
    CROSS JOIN LATERAL (SELECT array_agg(smarketing.report_number(page, c.credit) ORDER BY c.ordinal) AS credits,
                               sum(c.credit) FILTER (WHERE c.model = 'linear') AS linear
                        FROM (SELECT o.model, o.ordinal, sum((m.value ->> o.model)::numeric) AS credit
                              FROM unnest(models) WITH ORDINALITY AS o (model, ordinal)
                              CROSS JOIN amount AS m
                              WHERE least(m.place, 11) = s.place
                              GROUP BY o.model, o.ordinal) AS c) AS v;
    RETURN '<p class="lead">' || smarketing.report_label(page, 'report.channels_summary', smarketing.report_money(page, total)) || '</p>'
        || smarketing.report_table(page, 'report.channels_caption',
               'report.channel'::text || (SELECT array_agg('model.' || o.model ORDER BY o.ordinal)
                                          FROM unnest(models) WITH ORDINALITY AS o (model, ordinal)) || 'report.cost'::text,
               'hnnnnnnnnn', cells);
END
$body$;
COMMENT ON FUNCTION report_channels(jsonb) IS 'What each channel has brought by each model of attribution, as html; null where nothing was won or spent. Internal.';

-- The goals of the page's period, each below the one that it contributes to.  A mark shows where it should be by now.
CREATE FUNCTION report_goals(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    cells text[];
BEGIN
    SELECT array_agg(ARRAY[
               format('<span class="below" style="--level: %s">', g.level - 1) || smarketing.report_name(g.goal)
               || '<span class="period">' || smarketing.report_name(g.label) || ', ' || smarketing.report_days(page, g.starts_on, g.ends_on)
               || coalesce(', <bdi>' || smarketing.report_escape(g.marketing_owner) || '</bdi>', '')
               || coalesce(', <bdi>' || smarketing.report_escape(g.sales_owner) || '</bdi>', '')
               || '</span></span>',
               smarketing.report_bar((g.actual / nullif(g.target, 0))::float8, k.kind,
                   smarketing.report_label(page, 'report.goal_bar', smarketing.report_escape(g.goal), smarketing.report_value(k.own, g.actual, k.unit),
                                           smarketing.report_value(k.own, g.target, k.unit), smarketing.report_value(k.own, g.expected, k.unit)),
                   (g.expected / nullif(g.target, 0))::float8),
               smarketing.report_value(k.own, g.actual, k.unit),
               CASE g.direction WHEN 'at_most' THEN '≤ ' ELSE '' END || smarketing.report_value(k.own, g.target, k.unit),
               smarketing.report_value(k.own, g.expected, k.unit), smarketing.report_value(k.own, g.forecast, k.unit),
               smarketing.report_state(k.kind, smarketing.report_label(page, CASE g.state WHEN 'not_yet' THEN 'report.state_not_yet' ELSE 'state.' || g.state END))] ORDER BY g.path, g.goal_id)
        INTO cells
    FROM goal_progress AS g
    LEFT JOIN metric AS m ON m.name = g.metric
    -- an amount is in the currency that the goal was set in
    CROSS JOIN LATERAL (SELECT CASE m.unit WHEN 'currency' THEN page || jsonb_build_object('currency', g.unit) ELSE page END AS own, m.unit,
                               CASE WHEN g.state IN ('met', 'on_track') THEN 'good' WHEN g.state = 'at_risk' THEN 'warn'
                                    WHEN g.state = 'missed' THEN 'bad' ELSE 'plain' END AS kind) AS k
    WHERE g.starts_on <= (page ->> 'last_day')::date AND g.ends_on >= (page ->> 'first_day')::date;
    RETURN smarketing.report_table(page, 'report.goals_caption',
        ARRAY['report.goal', 'report.progress', 'report.actual', 'column.target', 'report.expected', 'report.forecast', 'column.state'],
        'hbnnnnt', cells);
END
$body$;
COMMENT ON FUNCTION report_goals(jsonb) IS 'The goals of the period as html; null without any. Internal.';

-- What was agreed on and is late, longest late first; the rest is a number.
CREATE FUNCTION report_actions(page jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    shown CONSTANT int := 12;
    cells text[];
    late bigint;
    open bigint;
BEGIN
    SELECT array_agg(ARRAY[
               smarketing.report_name(a.body), smarketing.report_name(a.owner),
               smarketing.report_label(page, 'department.' || a.department),
               smarketing.report_date(page, a.due),
               smarketing.report_state('bad', smarketing.report_number(page, a.days_late))] ORDER BY a.place) FILTER (WHERE a.place <= shown),
           count(*) FILTER (WHERE a.state = 'overdue'), count(*)
        INTO cells, late, open
    FROM (SELECT b.*, CASE b.state WHEN 'overdue' THEN row_number() OVER (PARTITION BY b.state ORDER BY b.due, b.action_id) END AS place
          FROM (SELECT o.action_id, o.state, o.body, o.owner, o.department, o.due, o.days_late FROM action_board AS o) AS b) AS a;
    RETURN CASE WHEN open > 0 THEN
        '<p class="lead">' || smarketing.report_label(page, 'report.actions_summary', smarketing.report_number(page, late),
                                                      smarketing.report_number(page, open)) || '</p>'
        || coalesce(smarketing.report_table(page, 'report.actions_caption',
               ARRAY['report.action', 'column.owner', 'column.department', 'column.due', 'column.days_late'], 'htttn', cells), '') END;
END
$body$;
COMMENT ON FUNCTION report_actions(jsonb) IS 'Overdue actions as html; null where no action is open. Internal.';
