/*
 * Reviews: the pack.  One function per section, of plain SQL on the
 * workspace's tables, which search_path points at; STABLE, so that all see one
 * snapshot.  A section is an array of objects with key, value, previous (the
 * same of the period before) and unit, and what else there is to say.
 */

/* The metrics of both departments, in the order of table metric. */
CREATE FUNCTION workspace_review_metrics(per text, first_day date, previous_day date) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'key', m.name, 'label', coalesce(m.label, m.name), 'direction', m.direction, 'unit', m.unit,
                   'value', trim_scale(round(v.value, 4)), 'previous', trim_scale(round(v.previous, 4))) ORDER BY m.position, m.name), '[]')
        FROM metric AS m
        LEFT JOIN (SELECT x.metric, max(x.value) FILTER (WHERE x.period = first_day) AS value,
                          max(x.value) FILTER (WHERE x.period = previous_day) AS previous
                   FROM metric_value AS x
                   WHERE x.per = workspace_review_metrics.per AND x.period IN (first_day, previous_day)
                   GROUP BY x.metric) AS v ON v.metric = m.name);
END
$body$;
COMMENT ON FUNCTION workspace_review_metrics(text, date, date) IS
'The metrics in a review''s pack. Internal.';

/* The goals whose time has come; before: where they stood in the last review of such a period. */
CREATE FUNCTION workspace_review_goals(per text, first_day date, last_day date) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'key', g.goal, 'label', g.goal, 'goal', g.goal_id, 'metric', g.metric, 'direction', g.direction, 'unit', g.unit,
                   'value', trim_scale(round(g.actual, 4)), 'previous', b.value, 'target', g.target, 'expected', g.expected,
                   'forecast', trim_scale(round(g.forecast, 4)), 'state', g.state, 'starts_on', g.starts_on, 'ends_on', g.ends_on,
                   'marketing_owner', g.marketing_owner, 'sales_owner', g.sales_owner, 'agreed', g.agreed, 'level', g.level)
               ORDER BY g.path COLLATE "C", g.goal_id), '[]')
        FROM goal_progress AS g
        LEFT JOIN LATERAL (
            SELECT (i.item -> 'value') AS value
            FROM review AS r
            CROSS JOIN LATERAL jsonb_array_elements(r.pack -> 'goals') AS i (item)
            WHERE r.per = workspace_review_goals.per AND lower(r.period) < first_day AND i.item ->> 'goal' = g.goal_id::text
            ORDER BY r.period DESC LIMIT 1) AS b ON true
        WHERE g.starts_on <= last_day AND g.ends_on >= first_day);
END
$body$;
COMMENT ON FUNCTION workspace_review_goals(text, date, date) IS
'The goals in a review''s pack. Internal.';

/* What became of the answers that both departments owed, and of volumes and rates. */
CREATE FUNCTION workspace_review_commitments(first_day date, last_day date, from_at timestamptz, to_at timestamptz, previous_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN (
        WITH term AS (
            SELECT DISTINCT ON (m.key) m.id, m.key, m.department, m.kind, m.description, m.per, m.direction, a.name AS agreement, a.version,
                   period_of(m.per, least(last_day, timezone(g.timezone, now())::date)::timestamp, g.week_starts_on) AS period_start
            FROM commitment AS m
            JOIN agreement AS a ON a.id = m.agreement_id
            CROSS JOIN setting_values AS g
            WHERE a.marketing_signed_at IS NOT NULL AND a.sales_signed_at IS NOT NULL AND a.valid && daterange(first_day, last_day, '[]')
            ORDER BY m.key, a.valid DESC, m.id DESC
        ), answer AS (
            -- as sla_scorecard counts them, cut by this period
            SELECT x.commitment AS key, x.started_at >= from_at AS is_current, count(*) FILTER (WHERE x.state <> 'cancelled') AS owed,
                   count(*) FILTER (WHERE x.state = 'met') AS met, count(*) FILTER (WHERE x.state = 'late') AS late,
                   count(*) FILTER (WHERE x.state IN ('open', 'breached')) AS open,
                   count(*) FILTER (WHERE x.state = 'breached') AS breached_open, count(*) FILTER (WHERE x.state = 'cancelled') AS cancelled
            FROM sla_answer AS x
            WHERE x.started_at >= previous_at AND x.started_at < to_at
            GROUP BY 1, 2
        ), progress AS (
            SELECT t.key, p.period_start = t.period_start AS is_current, sum(p.target) FILTER (WHERE t.kind = 'volume') AS volume,
                   (array_agg(p.target ORDER BY p.version DESC))[1] AS rate, (array_agg(p.state ORDER BY p.version DESC))[1] AS state,
                   sum(p.expected) FILTER (WHERE t.kind = 'volume') AS expected,
                   CASE t.kind WHEN 'volume' THEN sum(p.delivered)
                               ELSE round(sum(round(p.delivered * p.entries)) / nullif(sum(p.entries), 0), 4) END AS delivered
            FROM term AS t
            JOIN commitment_progress AS p ON p.commitment = t.key AND p.agreement = t.agreement AND p.per = t.per
                AND p.period_start IN (t.period_start, (t.period_start - period_length(t.per))::date)
            WHERE t.kind <> 'response'
            GROUP BY t.key, t.kind, t.period_start, p.period_start
        )
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'key', t.key, 'department', t.department, 'kind', t.kind, 'label', coalesce(t.description, t.key),
                   'agreement', t.agreement, 'version', t.version)
               || CASE t.kind WHEN 'response' THEN jsonb_build_object(
                   'value', trim_scale(round(n.met::numeric / nullif(n.met + n.late + n.breached_open, 0), 4)),
                   'previous', trim_scale(round(b.met::numeric / nullif(b.met + b.late + b.breached_open, 0), 4)), 'unit', 'share',
                   'owed', coalesce(n.owed, 0), 'met', coalesce(n.met, 0), 'late', coalesce(n.late, 0), 'open', coalesce(n.open, 0),
                   'breached_open', coalesce(n.breached_open, 0), 'cancelled', coalesce(n.cancelled, 0))
               ELSE jsonb_build_object('value', p.delivered, 'previous', q.delivered,
                   'unit', CASE t.kind WHEN 'volume' THEN 'leads' ELSE 'share' END, 'per', t.per, 'period', t.period_start,
                   'target', CASE t.kind WHEN 'volume' THEN p.volume ELSE p.rate END, 'expected', p.expected,
                   'state', p.state, 'direction', t.direction) END
               ORDER BY t.department, t.id), '[]')
        FROM term AS t
        LEFT JOIN answer AS n ON n.key = t.key AND n.is_current
        LEFT JOIN answer AS b ON b.key = t.key AND NOT b.is_current
        LEFT JOIN progress AS p ON p.key = t.key AND p.is_current
        LEFT JOIN progress AS q ON q.key = t.key AND NOT q.is_current);
END
$body$;
COMMENT ON FUNCTION workspace_review_commitments(date, date, timestamptz, timestamptz, timestamptz) IS
'The commitments in a review''s pack. Internal.';

/* Leads that reached each stage; one that comes back in the same cycle counts once. */
CREATE FUNCTION workspace_review_stages(from_at timestamptz, to_at timestamptz, previous_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN (
        WITH entry AS (
            SELECT c.to_stage, count(DISTINCT (c.lead_id, c.cycle)) FILTER (WHERE c.at >= from_at) AS value,
                   count(DISTINCT (c.lead_id, c.cycle)) FILTER (WHERE c.at < from_at) AS previous
            FROM stage_change AS c
            JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
            WHERE c.at >= previous_at AND c.at < to_at
              AND NOT EXISTS (SELECT FROM stage_change AS b
                              WHERE b.lead_id = c.lead_id AND b.cycle = c.cycle AND b.to_stage = c.to_stage
                                AND (b.at, b.id) < (c.at, c.id))
            GROUP BY c.to_stage
        ), standing AS (
            SELECT l.stage, count(*) AS leads FROM lead AS l WHERE l.excluded IS NULL GROUP BY l.stage
        )
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'key', s.name, 'label', coalesce(s.label, s.name), 'department', s.department, 'value', coalesce(e.value, 0),
                   'previous', coalesce(e.previous, 0), 'unit', 'leads', 'now', coalesce(t.leads, 0)) ORDER BY s.position, s.name), '[]')
        FROM stage AS s
        LEFT JOIN entry AS e ON e.to_stage = s.name
        LEFT JOIN standing AS t ON t.stage = s.name);
END
$body$;
COMMENT ON FUNCTION workspace_review_stages(timestamptz, timestamptz, timestamptz) IS
'The funnel in a review''s pack. Internal.';

/* What sales said of the leads that they were offered: by reason, and the campaigns with the most of each. */
CREATE FUNCTION workspace_review_rejections(from_at timestamptz, to_at timestamptz, previous_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN (
        WITH decided AS (
            SELECT h.decided_at >= from_at AS is_current, l.campaign,
                   CASE WHEN h.decision IN ('rejected', 'rerouted', 'merged') THEN h.reason END AS reason
            FROM handoff AS h
            JOIN lead AS l ON l.id = h.lead_id AND l.excluded IS NULL
            WHERE h.direction = 'to_sales' AND h.decision <> 'withdrawn' AND h.decided_at >= previous_at AND h.decided_at < to_at
        ), counted AS (
            SELECT d.reason, count(*) FILTER (WHERE d.is_current) AS value, count(*) FILTER (WHERE NOT d.is_current) AS previous
            FROM decided AS d GROUP BY GROUPING SETS ((), (d.reason)) HAVING grouping(d.reason) = 1 OR d.reason IS NOT NULL
        )
        SELECT jsonb_agg(CASE WHEN c.reason IS NULL THEN jsonb_build_object('key', 'decided')
                   ELSE jsonb_build_object('key', c.reason, 'label', coalesce(r.label, c.reason),
                       'counts_as_rejection', coalesce(r.counts_as_rejection, false), 'campaigns', k.campaigns) END
               || jsonb_build_object('value', c.value, 'previous', c.previous, 'unit', 'leads')
               ORDER BY c.reason IS NOT NULL, c.value DESC, c.previous DESC, c.reason COLLATE "C")
        FROM counted AS c
        LEFT JOIN reason AS r ON r.name = c.reason
        CROSS JOIN LATERAL (
            SELECT coalesce(jsonb_agg(jsonb_build_object('campaign', t.campaign, 'leads', t.leads) ORDER BY t.leads DESC, t.campaign COLLATE "C"),
                            '[]') AS campaigns
            FROM (SELECT d.campaign, count(*) AS leads FROM decided AS d
                  WHERE d.is_current AND d.reason = c.reason AND d.campaign IS NOT NULL
                  GROUP BY d.campaign ORDER BY 2 DESC, d.campaign COLLATE "C" LIMIT 3) AS t) AS k);
END
$body$;
COMMENT ON FUNCTION workspace_review_rejections(timestamptz, timestamptz, timestamptz) IS
'The reasons for rejection in a review''s pack. Internal.';

/* Answers that are late at this moment, and whose they are; before: one period ago. */
CREATE FUNCTION workspace_review_breaches(before_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN (
        WITH late AS (
            SELECT m.key, m.department, w.owner,
                   (array_agg(m.description ORDER BY m.id DESC))[1] AS label,
                   count(*) FILTER (WHERE k.open) AS value, min(c.due_at) FILTER (WHERE k.open) AS oldest_due,
                   count(*) FILTER (WHERE c.started_at <= before_at AND c.due_at < before_at
                       AND coalesce(c.ended_at, c.cancelled_at, 'infinity') > before_at) AS previous
            FROM sla_clock AS c
            JOIN commitment AS m ON m.id = c.commitment_id
            LEFT JOIN lead AS l ON l.id = c.lead_id
            LEFT JOIN member AS o ON o.name = l.owner
            -- as on sla_board
            CROSS JOIN LATERAL (SELECT coalesce(CASE WHEN o.department IS NULL OR o.department IN (m.department, 'operations')
                                                     THEN l.owner END, c.owner) AS owner) AS w
            CROSS JOIN LATERAL (SELECT c.ended_at IS NULL AND c.cancelled_at IS NULL AND c.due_at < now() AS open) AS k
            WHERE l.excluded IS NULL AND (k.open OR c.started_at <= before_at AND c.due_at < before_at
                                          AND coalesce(c.ended_at, c.cancelled_at, 'infinity') > before_at)
            GROUP BY m.key, m.department, w.owner
        )
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'key', t.key, 'department', t.department, 'owner', t.owner, 'label', coalesce(t.label, t.key), 'value', t.value,
                   'previous', t.previous, 'unit', 'answers', 'oldest_due', t.oldest_due)
               ORDER BY t.value DESC, t.oldest_due, t.key COLLATE "C", t.owner COLLATE "C"), '[]')
        FROM late AS t
        WHERE t.value > 0);
END
$body$;
COMMENT ON FUNCTION workspace_review_breaches(timestamptz) IS
'The breaches in a review''s pack. Internal.';

/* What was said, what was settled, and what is open, longest first. */
CREATE FUNCTION workspace_review_feedback(from_at timestamptz, to_at timestamptz, previous_at timestamptz, before_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN (
        WITH said AS (
            SELECT f.*
            FROM feedback AS f
            WHERE NOT EXISTS (SELECT FROM lead AS l WHERE l.id = f.lead_id AND l.excluded IS NOT NULL)
        ), line AS (
            SELECT 1 AS part, n.ordinal, n.key, n.value, n.previous, 'count' AS unit, NULL::jsonb AS particulars
            FROM (SELECT count(*) FILTER (WHERE f.at >= from_at AND f.at < to_at) AS given,
                         count(*) FILTER (WHERE f.at >= previous_at AND f.at < from_at) AS given_before,
                         count(*) FILTER (WHERE f.resolved_at >= from_at AND f.resolved_at < to_at) AS resolved,
                         count(*) FILTER (WHERE f.resolved_at >= previous_at AND f.resolved_at < from_at) AS resolved_before,
                         count(*) FILTER (WHERE f.resolved_at IS NULL) AS open,
                         count(*) FILTER (WHERE f.at <= before_at AND coalesce(f.resolved_at, 'infinity') > before_at) AS open_before
                  FROM said AS f) AS c
            CROSS JOIN LATERAL (VALUES (1, 'given', c.given, c.given_before), (2, 'resolved', c.resolved, c.resolved_before),
                                       (3, 'open', c.open, c.open_before)) AS n (ordinal, key, value, previous)
            UNION ALL
            (SELECT 2, row_number() OVER (ORDER BY f.at, f.id), f.id::text, floor(extract(epoch FROM now() - f.at) / 86400), NULL, 'days',
                    jsonb_build_object('feedback', f.id, 'kind', f.kind, 'lead', f.lead_id, 'handoff', f.handoff_id,
                        'campaign', f.campaign, 'persona', f.persona, 'rule', f.rule, 'actor', f.actor, 'at', f.at)
             FROM said AS f WHERE f.resolved_at IS NULL ORDER BY f.at, f.id LIMIT 100)
        )
        SELECT jsonb_agg(jsonb_build_object('key', n.key, 'value', n.value, 'previous', n.previous, 'unit', n.unit)
                         || coalesce(n.particulars, '{}') ORDER BY n.part, n.ordinal)
        FROM line AS n);
END
$body$;
COMMENT ON FUNCTION workspace_review_feedback(timestamptz, timestamptz, timestamptz, timestamptz) IS
'The feedback in a review''s pack. Internal.';

/* What was done, and what is still to be done: overdue first, with the metric that each action is to move. */
CREATE FUNCTION workspace_review_actions(from_at timestamptz, to_at timestamptz, previous_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
#variable_conflict use_column
BEGIN
    RETURN (
        SELECT jsonb_agg(a.item ORDER BY a.part, a.ordinal)
        FROM (SELECT 1 AS part, 1 AS ordinal, jsonb_build_object('key', 'done', 'unit', 'count',
                         'value', count(*) FILTER (WHERE i.done >= from_at AND i.done < to_at),
                         'previous', count(*) FILTER (WHERE i.done >= previous_at AND i.done < from_at)) AS item
              FROM action_item AS i
              UNION ALL
              SELECT 2, row_number() OVER (ORDER BY b.due, b.action_id), jsonb_build_object(
                         'key', b.action_id::text, 'action', b.action_id, 'owner', b.owner, 'department', b.department, 'due', b.due,
                         'days_late', b.days_late, 'state', b.state, 'review', b.review_id, 'metric', b.metric,
                         'value', b.metric_now, 'previous', b.metric_before, 'unit', b.unit)
              FROM action_board AS b) AS a);
END
$body$;
COMMENT ON FUNCTION workspace_review_actions(timestamptz, timestamptz, timestamptz) IS
'The actions in a review''s pack. Internal.';

/* The pack as a whole; its times are those of UTC, whatever the session's zone. */
CREATE FUNCTION workspace_review_pack(per text, period daterange) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET timezone = 'UTC' AS $body$
#variable_conflict use_variable
DECLARE
    first_day CONSTANT date := lower(period);
    last_day CONSTANT date := upper(period) - 1;
    settings record;
    previous_day date;
    from_at timestamptz;
    to_at timestamptz;
    previous_at timestamptz;
    before_at timestamptz;
BEGIN
    SELECT g.*, g.timezone AS zone INTO settings FROM setting_values AS g;
    previous_day := (first_day - period_length(per))::date;
    from_at := timezone(settings.zone, first_day::timestamp);
    to_at := timezone(settings.zone, upper(period)::timestamp);
    previous_at := timezone(settings.zone, previous_day::timestamp);
    before_at := timezone(settings.zone, timezone(settings.zone, now()) - period_length(per));
    RETURN jsonb_build_object(
        'period', jsonb_build_object('per', per, 'from', first_day, 'to', last_day, 'previous_from', previous_day,
            'is_over', now() >= to_at, 'frozen_at', now(), 'timezone', settings.zone, 'week_starts_on', settings.week_starts_on,
            'currency', settings.currency),
        'follows', (SELECT jsonb_build_object('review', r.id, 'pack_hash', r.pack_hash) FROM review AS r ORDER BY r.id DESC LIMIT 1),
        'metrics', smarketing.workspace_review_metrics(per, first_day, previous_day),
        'goals', smarketing.workspace_review_goals(per, first_day, last_day),
        'commitments', smarketing.workspace_review_commitments(first_day, last_day, from_at, to_at, previous_at),
        'funnel', smarketing.workspace_review_stages(from_at, to_at, previous_at),
        'rejections', smarketing.workspace_review_rejections(from_at, to_at, previous_at),
        'breaches', smarketing.workspace_review_breaches(before_at),
        'feedback', smarketing.workspace_review_feedback(from_at, to_at, previous_at, before_at),
        'actions', smarketing.workspace_review_actions(from_at, to_at, previous_at));
END
$body$;
COMMENT ON FUNCTION workspace_review_pack(text, daterange) IS
'What a review of a period has before it, from the tables of the workspace that search_path points at. Internal.';

CREATE FUNCTION review_pack_hash(pack jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(sha256(convert_to(pack::text, 'UTF8')), 'hex');
COMMENT ON FUNCTION review_pack_hash(jsonb) IS
'The hash of a review''s pack: SHA-256 of its text in UTF-8, in hexadecimal. Needs nothing of the extension to be computed again: encode(sha256(convert_to(pack::text, ''UTF8'')), ''hex'').';
