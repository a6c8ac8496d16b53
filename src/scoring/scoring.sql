/*
 * Scoring: what a client calls.
 *
 *		score = fit + engagement
 *		fit = sum over its categories of clamp(sum of the points of the rules that hold)
 *		engagement = sum over its categories of clamp(sum of p * 2^(-(t - at) / half_life))
 */

-- ---------- scores of a lead ----------

CREATE FUNCTION fit_score(lead anyelement) RETURNS float8
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'smk_fit_score';
COMMENT ON FUNCTION fit_score(anyelement) IS
'Points for what a lead is: the fit rules applied to this row of a workspace''s lead table, each category kept within its floor and cap. 0 for an excluded lead; NULL for a NULL row. 42804 where the row is of another table.';

CREATE FUNCTION engagement_score(lead anyelement, at timestamptz DEFAULT now()) RETURNS float8
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'smk_engagement_score';
COMMENT ON FUNCTION engagement_score(anyelement, timestamptz) IS
'Points for what a lead has done by an instant: each activity''s points halve with every half-life of their category, then each category is kept within its floor and cap. Read from the lead''s state; computed from the activities that the caller may see where the instant lies before engagement_at, or the rules have changed since. Activities that were purged count from the last of them on. 0 for an excluded lead; NULL for a NULL argument. 42804 where the row is of another table.';

CREATE FUNCTION lead_score(lead anyelement, at timestamptz DEFAULT now()) RETURNS float8
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 30 AS 'MODULE_PATHNAME', 'smk_lead_score';
COMMENT ON FUNCTION lead_score(anyelement, timestamptz) IS
'fit_score(lead) + engagement_score(lead, at). The fit is that of the row as it is.';

CREATE FUNCTION lead_band(lead anyelement, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 30 AS 'MODULE_PATHNAME', 'smk_lead_band';
COMMENT ON FUNCTION lead_band(anyelement, timestamptz) IS
'The first band, by position, whose minima the lead''s fit, engagement and score reach at an instant. NULL if none, for an excluded lead, and for a NULL argument. 42804 where the row is of another table.';

CREATE FUNCTION explain_score(lead anyelement, at timestamptz DEFAULT now())
RETURNS TABLE (dimension text, category text, rule text, activity_id bigint, at timestamptz,
               points float8, decayed float8, contribution float8)
LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 20 AS 'MODULE_PATHNAME', 'smk_explain_score';
COMMENT ON FUNCTION explain_score(anyelement, timestamptz) IS
'Where a score comes from: a row for each fit rule that holds, and for each activity and rule that it meets, with its points, what is left of them at the instant, and what it contributes; activity_id and at are NULL for fit. What a floor or cap adds or takes away is a row of its own with rule (cap), what came from activities purged since one with rule (purged). The contributions sum to lead_score(lead, at). No row for an excluded lead or a NULL argument. Reads the activities that the caller may see. 42804 where the row is of another table.';

CREATE FUNCTION missing_for(lead anyelement, to_stage text)
RETURNS TABLE (condition text, column_name text, found text, needed text)
LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 3 AS 'MODULE_PATHNAME', 'smk_missing_for';
COMMENT ON FUNCTION missing_for(anyelement, text) IS
'What is missing for the automatic move of a lead to a stage, by its scores of now: a row for each part of the move''s automatic_when and condition that does not hold, with the columns that it reads, what they are, and what they would have to be (for a score, how many points it is short). condition is NULL where no condition is at fault: there is no such move from the lead''s stage, the lead is excluded, or the move is made by hand or by an activity only. No row: nothing is missing, or an argument is NULL. 22023 where the stage does not exist, 42804 where the row is of another table.';

-- ---------- any table ----------

CREATE FUNCTION decayed_sum_transition(internal, float8, timestamptz, interval, timestamptz) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'smk_decayed_sum_transition';
COMMENT ON FUNCTION decayed_sum_transition(internal, float8, timestamptz, interval, timestamptz) IS
'Part of decayed_sum: one row. Internal.';

CREATE FUNCTION decayed_sum_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'smk_decayed_sum_combine';
COMMENT ON FUNCTION decayed_sum_combine(internal, internal) IS
'Part of decayed_sum: two states become one. Internal.';

CREATE FUNCTION decayed_sum_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'smk_decayed_sum_serialize';
COMMENT ON FUNCTION decayed_sum_serialize(internal) IS
'Part of decayed_sum: a state for another process. Internal.';

CREATE FUNCTION decayed_sum_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'smk_decayed_sum_deserialize';
COMMENT ON FUNCTION decayed_sum_deserialize(bytea, internal) IS
'Part of decayed_sum: a state from another process. Internal.';

CREATE FUNCTION decayed_sum_final(internal) RETURNS float8
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'smk_decayed_sum_final';
COMMENT ON FUNCTION decayed_sum_final(internal) IS
'Part of decayed_sum: the sum. Internal.';

CREATE AGGREGATE decayed_sum(points float8, at timestamptz, half_life interval, as_of timestamptz) (
    SFUNC = decayed_sum_transition,
    STYPE = internal,
    SSPACE = 32,
    COMBINEFUNC = decayed_sum_combine,
    SERIALFUNC = decayed_sum_serialize,
    DESERIALFUNC = decayed_sum_deserialize,
    FINALFUNC = decayed_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE decayed_sum(float8, timestamptz, interval, timestamptz) IS
'Sum of points * 2^(-(as_of - at) / half_life) over the rows whose at is not after as_of, for any table. A NULL half_life means no decay; a row with points, at or as_of NULL is left out. NULL if no row counts. 22023 for a half-life that is not positive or has months.';

-- ---------- workspaces ----------

CREATE FUNCTION scoring_generation(workspace text) RETURNS bigint
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'smk_scoring_generation';
COMMENT ON FUNCTION scoring_generation(text) IS
'A hash of what the workspace''s scoring categories, rules and bands say now: a lead whose score_generation is another is stale. 3F000 if there is no such schema, SM010 if it is no workspace.';

CREATE FUNCTION stale_scores(workspace text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    result bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %I.lead AS l WHERE l.excluded IS NULL AND (l.score_generation = $1) IS NOT TRUE', workspace)
        INTO result USING smarketing.scoring_generation(workspace);
    RETURN result;
END
$body$;
COMMENT ON FUNCTION stale_scores(text) IS
'How many leads have scores by rules that have been changed since. Internal: workspace_status() shows it.';

CREATE FUNCTION rescore(workspace text, from_id bigint DEFAULT NULL, to_id bigint DEFAULT NULL) RETURNS bigint
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'smk_rescore';
COMMENT ON FUNCTION rescore(text, bigint, bigint) IS
'Computes the scores of all leads (of those from from_id to to_id, where given) anew from their activities, by the rules of now, and gives their number; excluded leads are left out. Moves nobody. In portions of 10000 leads in id order, each locked as a whole; with ranges of ids, one transaction each, it can be stopped and taken up again. Says every few seconds how far it is. NULL for a NULL workspace. Only the owner of the workspace''s tables (42501).';

CREATE FUNCTION purge_activities(workspace text, before timestamptz) RETURNS bigint
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'smk_purge_activities';
COMMENT ON FUNCTION purge_activities(text, timestamptz) IS
'Deletes the activities that happened before an instant and gives their number. What they give stays, summed up per category in lead.engagement_purged: no score changes. Reports that count activities lose them. NULL for a NULL argument. Only the owner of the workspace''s tables (42501).';

CREATE FUNCTION score_diff(workspace text)
RETURNS TABLE (lead_id bigint, old_score float8, new_score float8, old_band text, new_band text,
               would_move boolean, to_stage text)
LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME', 'smk_score_diff';
COMMENT ON FUNCTION score_diff(text) IS
'What a change of the rules means: the leads whose score or band differs between what was stored before this transaction and what the rules give now, both at the instant of the stored score, so that decay is no difference. would_move: the new scores would make an automatic move, to to_stage, had they come about by a write; a change of rules itself moves nobody. Change rules in a transaction, look, and roll back. NULL bands are leads in none. Only the owner of the workspace''s tables (42501).';

CREATE FUNCTION score_problems(workspace text)
RETURNS TABLE (check_name text, object text, expected text, found text)
LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 10000 ROWS 10 AS 'MODULE_PATHNAME', 'smk_score_problems';
COMMENT ON FUNCTION score_problems(text) IS
'Leads whose stored scores are not what their row and activities give, and activities whose points are not what the rules give; stale and excluded leads are left out. Part of verify().';

/*
 * Each lead and cycle counts once, with the score at its first entry into a
 * handoff stage; a cycle converts if it reaches a stage of kind success later.
 */
CREATE FUNCTION score_backtest(workspace text, thresholds numeric[])
RETURNS TABLE (threshold numeric, volume bigint, customers bigint, "precision" float8, recall float8, lift float8,
               rejected bigint, rejection_rate float8, rejection_recall float8, rejection_lift float8)
LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $body$
#variable_conflict use_column
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', workspace), true);
    RETURN QUERY EXECUTE $query$
        WITH entered AS (
            SELECT DISTINCT ON (c.lead_id, c.cycle) c.lead_id, c.cycle, c.at, c.id, c.score
            FROM stage_change AS c
            JOIN stage AS s ON s.name = c.to_stage AND s.kind = 'handoff'
            JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
            ORDER BY c.lead_id, c.cycle, c.at, c.id
        ), judged AS (
            SELECT e.score,
                   EXISTS (SELECT
                           FROM stage_change AS w
                           JOIN stage AS s ON s.name = w.to_stage AND s.kind = 'success'
                           WHERE w.lead_id = e.lead_id AND w.cycle = e.cycle AND (w.at, w.id) > (e.at, e.id)) AS won,
                   EXISTS (SELECT
                           FROM handoff AS h
                           JOIN reason AS r ON r.name = h.reason AND r.counts_as_rejection
                           WHERE h.lead_id = e.lead_id AND h.cycle = e.cycle AND h.direction = 'to_sales'
                             AND h.decision = 'rejected') AS rejected
            FROM entered AS e
            WHERE e.score IS NOT NULL
        ), base AS (
            SELECT count(*) AS leads, count(*) FILTER (WHERE j.won) AS won, count(*) FILTER (WHERE j.rejected) AS rejected
            FROM judged AS j
        )
        SELECT t.threshold, k.leads, k.won,
               k.won::float8 / nullif(k.leads, 0), k.won::float8 / nullif(b.won, 0),
               k.won::float8 * b.leads / nullif(k.leads * b.won, 0),
               k.rejected,
               k.rejected::float8 / nullif(k.leads, 0), k.rejected::float8 / nullif(b.rejected, 0),
               k.rejected::float8 * b.leads / nullif(k.leads * b.rejected, 0)
        FROM unnest($1) WITH ORDINALITY AS t (threshold, ordinal)
        CROSS JOIN base AS b
        CROSS JOIN LATERAL (SELECT count(*) AS leads, count(*) FILTER (WHERE j.won) AS won,
                                   count(*) FILTER (WHERE j.rejected) AS rejected
                            FROM judged AS j WHERE j.score >= t.threshold::float8) AS k
        ORDER BY t.ordinal
    $query$ USING thresholds;
END
$body$;
COMMENT ON FUNCTION score_backtest(text, numeric[]) IS
'How well a threshold of the score would have told customers from others, on the scores as they stood when each lead first entered a handoff stage, once per lead and cycle. A row per threshold: volume (leads at or above it), customers among them, precision (their share), recall (the share of all customers that it keeps), lift (precision over the share of customers among all); then the same for handoffs that sales rejected for a reason that counts: a good threshold has a rejection_lift below 1. A share of nothing is NULL. Excluded and deleted leads are left out. The caller needs SELECT on lead, stage, stage_change, handoff and reason. NULL arguments give no row; 3F000 if there is no such schema, SM010 if it is no workspace.';
