/*
 * Comments on scoring.
 */
CREATE FUNCTION workspace_scoring_comments() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    COMMENT ON TABLE scoring_category IS
        'Categories of points: each adds up its rules and keeps the sum between a floor and a cap. Fit is the sum of the fit categories, engagement that of the others, score both.';
    COMMENT ON COLUMN scoring_category.name IS
        'Name of the category.';
    COMMENT ON COLUMN scoring_category.slot IS
        'Its place in lead.engagement_state and activity.points. Given by the table; never changes, and is not used again.';
    COMMENT ON COLUMN scoring_category.dimension IS
        'fit (what a lead is) or engagement (what it does).';
    COMMENT ON COLUMN scoring_category.position IS
        'Order of the categories, smallest first; ties by name.';
    COMMENT ON COLUMN scoring_category.min_points IS
        'Floor of the category''s sum, after decay; null means none.';
    COMMENT ON COLUMN scoring_category.max_points IS
        'Cap of the category''s sum, after decay; null means none.';
    COMMENT ON COLUMN scoring_category.half_life IS
        'Time after which half of an activity''s points is left; null means that they do not decay. Without months; null for fit.';

    COMMENT ON TABLE scoring_rule IS
        'What gives points. A change makes the leads'' scores stale until rescore(), or a lead''s next activity; it moves nobody.';
    COMMENT ON COLUMN scoring_rule.name IS
        'Name of the rule; explain_score() shows it.';
    COMMENT ON COLUMN scoring_rule.category IS
        'Category that the points go to.';
    COMMENT ON COLUMN scoring_rule.activity_kind IS
        'Kind of activity that gives the points (dimension engagement); null means a fit rule.';
    COMMENT ON COLUMN scoring_rule.condition IS
        'jsonpath predicate over the lead, or over the activity where activity_kind is given; null means always.';
    COMMENT ON COLUMN scoring_rule.points IS
        'Points that it gives; negative ones take away.';
    COMMENT ON COLUMN scoring_rule.active IS
        'Does the rule count?';
    COMMENT ON COLUMN scoring_rule.description IS
        'Why marketing and sales have agreed on it; null if not said.';

    COMMENT ON TABLE score_band IS
        'Bands of leads: the first one, by position, whose minima a lead reaches is its band.';
    COMMENT ON COLUMN score_band.name IS
        'Name of the band.';
    COMMENT ON COLUMN score_band.position IS
        'Order of the bands, smallest first; ties by name.';
    COMMENT ON COLUMN score_band.min_fit IS
        'Least fit of a lead in the band; null means any.';
    COMMENT ON COLUMN score_band.min_engagement IS
        'Least engagement of a lead in the band; null means any.';
    COMMENT ON COLUMN score_band.min_score IS
        'Least score of a lead in the band; null means any.';
END
$body$;
COMMENT ON FUNCTION workspace_scoring_comments() IS
'Comments on the tables and columns of scoring in the workspace that search_path points at. Internal.';
COMMENT ON FUNCTION workspace_scoring_tables() IS
'Creates the tables of scoring in a new workspace, which search_path points at. Internal: create_workspace() calls it.';
