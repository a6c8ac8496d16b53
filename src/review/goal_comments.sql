/*
 * Comments on metrics and goals.
 */
CREATE FUNCTION workspace_goal_comments() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    COMMENT ON TABLE metric IS
        'What is measured: one definition for both departments. The values are in view metric_value.';
    COMMENT ON COLUMN metric.name IS 'Name that metric_value and goals use.';
    COMMENT ON COLUMN metric.position IS 'Order of the metrics, smallest first; ties by name.';
    COMMENT ON COLUMN metric.label IS 'Name for people, in their language; null means the name.';
    COMMENT ON COLUMN metric.definition IS 'What it counts, and how.';
    COMMENT ON COLUMN metric.direction IS 'at_least: more is better; at_most: less is better.';
    COMMENT ON COLUMN metric.unit IS
        'leads, customers, deals, currency (of the setting), share (0 to 1), ratio (1 = 100 %), minutes or days.';
    COMMENT ON COLUMN metric.capacity_of IS
        'Department whose members have to work what it counts: a goal above their member.capacity needs a rationale. Null if nobody''s.';

    COMMENT ON TABLE goal IS
        'Goals of both departments: specific, measurable, attainable, relevant and time-bound, else refused (SM007); immutable once both have signed (SM008). See view goal_progress.';
    COMMENT ON COLUMN goal.id IS 'Number of the goal.';
    COMMENT ON COLUMN goal.name IS 'Name of the goal, which campaign.goal may say.';
    COMMENT ON COLUMN goal.metric IS 'What is to be reached: a metric that metric_value computes.';
    COMMENT ON COLUMN goal.direction IS 'at_least or at_most; where not said, the metric''s when the goal was set.';
    COMMENT ON COLUMN goal.target IS 'How much of it: over the whole period, in unit.';
    COMMENT ON COLUMN goal.unit IS 'Unit of the target: the metric''s; of an amount its currency, that of the setting.';
    COMMENT ON COLUMN goal.starts_on IS 'First day, in setting timezone.';
    COMMENT ON COLUMN goal.ends_on IS 'Last day.';
    COMMENT ON COLUMN goal.marketing_owner IS 'Who answers for it in marketing; null if nobody.';
    COMMENT ON COLUMN goal.sales_owner IS 'Who answers for it in sales; null if nobody.';
    COMMENT ON COLUMN goal.parent IS 'The goal that it contributes to; its period lies within that one''s. Null only for a goal on revenue.';
    COMMENT ON COLUMN goal.rationale IS 'Why it can be reached, where it is above all that has been reached or can be worked.';
    COMMENT ON COLUMN goal.best_value IS 'The best value of a comparable period when the goal was set; null if there was none.';
    COMMENT ON COLUMN goal.best_period IS 'That period.';
    COMMENT ON COLUMN goal.capacity IS 'Leads that the department of metric.capacity_of could have in work at once when the goal was set; null if that does not apply, or a member has no limit.';
    COMMENT ON COLUMN goal.warning IS 'What speaks against reaching it, computed when the goal was set; null if nothing does.';
    COMMENT ON COLUMN goal.marketing_signed_by IS 'Member of marketing who agreed; null if nobody has.';
    COMMENT ON COLUMN goal.marketing_signed_at IS 'When he agreed: set by the trigger.';
    COMMENT ON COLUMN goal.sales_signed_by IS 'Member of sales who agreed; null if nobody has.';
    COMMENT ON COLUMN goal.sales_signed_at IS 'When he agreed: set by the trigger.';
END
$body$;
COMMENT ON FUNCTION workspace_goal_comments() IS
'Comments on the tables of metrics and goals in the workspace that search_path points at. Internal.';
