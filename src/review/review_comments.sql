/*
 * Comments on the tables of reviews.
 */
CREATE FUNCTION workspace_review_comments() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    COMMENT ON TABLE review IS
        'A joint review of one period, with the figures that both departments had before them. INSERT INTO review (period) opens one, as open_review() does: the pack is frozen in that statement. Rows are never deleted (SM005).';
    COMMENT ON COLUMN review.id IS 'Number of the review.';
    COMMENT ON COLUMN review.period IS 'What it is about: a week, month or quarter of the workspace; left out, the last week that is over. One review per period (23505).';
    COMMENT ON COLUMN review.per IS 'week, month or quarter, as period is long.';
    COMMENT ON COLUMN review.opened_at IS 'When it was opened and the pack frozen; in an import, when the meeting was.';
    COMMENT ON COLUMN review.opened_by IS 'Member who opened it; null if unknown.';
    COMMENT ON COLUMN review.pack IS 'The figures as they were then, each with that of the period before: sections metrics, goals, commitments, funnel, rejections, breaches, feedback, actions. Leads, feedback and actions are in it by number only. Cannot be changed (SM005).';
    COMMENT ON COLUMN review.pack_hash IS 'SHA-256 of the pack''s text, in hexadecimal; verify() computes it again. A pack holds the hash of the one before it.';
    COMMENT ON COLUMN review.closed_at IS 'When it was closed: set it to any time, it becomes now(). Null while it is open. What was said and decided cannot be changed afterwards.';
    COMMENT ON COLUMN review.closed_by IS 'Member who closed it; null if open or unknown.';
    COMMENT ON COLUMN review.notes IS 'Minutes; can be written until the review is closed.';

    COMMENT ON TABLE review_attendance IS
        'Who took part in a review: INSERT INTO review_attendance (review_id, member); a row written by mistake can be deleted until the review is closed.';
    COMMENT ON COLUMN review_attendance.review_id IS 'The review.';
    COMMENT ON COLUMN review_attendance.member IS 'The member.';
    COMMENT ON COLUMN review_attendance.department IS 'The department that the member belonged to then; set by smarketing.';
    COMMENT ON COLUMN review_attendance.recorded_at IS 'When it was written down.';
    COMMENT ON COLUMN review_attendance.recorded_by IS 'Who wrote it down; null if unknown.';

    COMMENT ON TABLE review_decision IS
        'What a review decided. Append-only (SM005): a decision is taken back by another one.';
    COMMENT ON COLUMN review_decision.id IS 'Number of the decision.';
    COMMENT ON COLUMN review_decision.review_id IS 'The review; it must be open.';
    COMMENT ON COLUMN review_decision.body IS 'What was decided.';
    COMMENT ON COLUMN review_decision.at IS 'When; set by smarketing outside an import.';
    COMMENT ON COLUMN review_decision.actor IS 'Who wrote it down; null if unknown.';

    COMMENT ON TABLE action_item IS
        'Who does what until when, and what it did to a metric. Rows are never deleted (SM005).';
    COMMENT ON COLUMN action_item.id IS 'Number of the action.';
    COMMENT ON COLUMN action_item.review_id IS 'The review that asked for it; that of the decision where it is left out; null if none.';
    COMMENT ON COLUMN action_item.decision_id IS 'The decision that it carries out; null if none.';
    COMMENT ON COLUMN action_item.feedback_id IS 'The feedback that it answers; null if none.';
    COMMENT ON COLUMN action_item.body IS 'What is to be done.';
    COMMENT ON COLUMN action_item.owner IS 'Member who does it; he must be active when he is named (23503).';
    COMMENT ON COLUMN action_item.department IS 'The owner''s department when he was named; set by smarketing.';
    COMMENT ON COLUMN action_item.due IS 'Last day on which it is done in time, in setting timezone.';
    COMMENT ON COLUMN action_item.first_due IS 'The first due date that it had; set by smarketing.';
    COMMENT ON COLUMN action_item.created_at IS 'When it was written; set by smarketing outside an import.';
    COMMENT ON COLUMN action_item.created_by IS 'Who wrote it; null if unknown.';
    COMMENT ON COLUMN action_item.done IS 'When it was done: set it to any time, it becomes now() outside an import. Set back to null, the action is open again.';
    COMMENT ON COLUMN action_item.done_by IS 'Who said so; null if open or unknown.';
    COMMENT ON COLUMN action_item.effect IS 'What came of it, in words; may be written later.';
    COMMENT ON COLUMN action_item.metric IS 'The metric that it is to move, a row of metric; null if none.';
    COMMENT ON COLUMN action_item.metric_per IS 'week, month or quarter in which the metric is read: as its review, else week. Null without a metric.';
    COMMENT ON COLUMN action_item.metric_before IS 'The metric when the action was written: of metric_before_period, to four digits. Frozen; null if the metric had no value.';
    COMMENT ON COLUMN action_item.metric_before_period IS 'First day of the review''s period, else of the last one that was over.';
    COMMENT ON COLUMN action_item.metric_after IS 'The metric when the action was done: of metric_after_period. Frozen; null while it is open.';
    COMMENT ON COLUMN action_item.metric_after_period IS 'First day of the last period that was over when it was done.';
END
$body$;
COMMENT ON FUNCTION workspace_review_comments() IS
'Comments on the tables of reviews of a workspace, which search_path points at. Internal.';
