/*
 * Comments on the tables of the agreement.
 */
CREATE FUNCTION workspace_sla_comments() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    COMMENT ON TABLE calendar IS
        'Working hours by name; each version of them is kept in calendar_version.';
    COMMENT ON COLUMN calendar.name IS 'Name of the calendar.';
    COMMENT ON COLUMN calendar.hours IS
        'Working hours as text of type smarketing.working_hours: a time zone and rules. Checked when written (SM007); an unknown zone, as after a restore under other time zone data, is an error when it is read.';
    COMMENT ON COLUMN calendar.valid_from IS 'Day from which these hours hold, for people; null means always.';

    COMMENT ON TABLE calendar_version IS
        'Every version that a calendar has had; append-only (SM005). Clocks name the version that their due time follows from.';
    COMMENT ON COLUMN calendar_version.id IS 'Number of the version.';
    COMMENT ON COLUMN calendar_version.calendar IS 'Name of the calendar.';
    COMMENT ON COLUMN calendar_version.hours IS 'Its working hours in this version.';
    COMMENT ON COLUMN calendar_version.valid_from IS 'As in calendar.';
    COMMENT ON COLUMN calendar_version.recorded_at IS 'When the version was written.';
    COMMENT ON COLUMN calendar_version.reason IS 'Why: smarketing.change_reason at that time; null if none was given.';

    COMMENT ON TABLE agreement IS
        'The service level agreement between marketing and sales, by version. Signed by both and valid today means in force; one is in force per day. Signed by both, it and its commitments are immutable (SM008).';
    COMMENT ON COLUMN agreement.id IS 'Number of the agreement''s version.';
    COMMENT ON COLUMN agreement.name IS 'Name, the same in all versions.';
    COMMENT ON COLUMN agreement.version IS 'Version, from 1.';
    COMMENT ON COLUMN agreement.valid IS 'Days on which it holds once both have signed; unbounded by default. Days are of the workspace''s time zone.';
    COMMENT ON COLUMN agreement.review_every IS 'How often both departments review it; null means never.';
    COMMENT ON COLUMN agreement.next_review IS 'Day of the next review; set by the second signature; null if none is planned.';
    COMMENT ON COLUMN agreement.marketing_signed_by IS 'Member of marketing who signed; null if nobody has, or if what he signed has changed before both had. Another department''s member, or a known actor who signs for somebody else: SM003.';
    COMMENT ON COLUMN agreement.marketing_signed_at IS 'When marketing signed; set by smarketing.';
    COMMENT ON COLUMN agreement.sales_signed_by IS 'Member of sales who signed; null as for marketing.';
    COMMENT ON COLUMN agreement.sales_signed_at IS 'When sales signed; set by smarketing.';

    COMMENT ON TABLE commitment IS
        'What one department owes the other: a response in time, a volume of leads, or a rate.';
    COMMENT ON COLUMN commitment.id IS 'Number of the commitment.';
    COMMENT ON COLUMN commitment.agreement_id IS 'The agreement''s version that it is part of.';
    COMMENT ON COLUMN commitment.key IS 'Name that stays the same over the agreement''s versions.';
    COMMENT ON COLUMN commitment.department IS 'Department that owes it: marketing or sales.';
    COMMENT ON COLUMN commitment.kind IS 'response, volume or rate.';
    COMMENT ON COLUMN commitment.description IS 'The commitment in words, for agreement_text().';
    COMMENT ON COLUMN commitment.condition IS 'Response: which leads it is owed for, judged when the clock starts; null means all.';
    COMMENT ON COLUMN commitment.starts_on IS 'Response: the event that starts the clock: stage:<name>, handoff:offered|accepted|rejected|decided|returned, touch, attempt, contact, activity:<kind>, feedback, deal:won|lost, follow_up_due.';
    COMMENT ON COLUMN commitment.ends_on IS 'Response: the event that ends the clock, as in starts_on; a touch, attempt or contact must be of the department that owes. Rate: handoff:rejected counts rejections, null entries of stage.';
    COMMENT ON COLUMN commitment.released_on IS 'Response: events after which nothing is owed any more; in time the clock is cancelled, afterwards it counts as met late. Null means none.';
    COMMENT ON COLUMN commitment.min_count IS 'Response: the how-manieth event ends the clock.';
    COMMENT ON COLUMN commitment.within IS 'Response: time that the answer may take: working time, time around the clock, or whole working days where counted is working_day_end (null: the same day).';
    COMMENT ON COLUMN commitment.counted IS 'Response: working, around_the_clock, or working_day_end (until the close of the working day).';
    COMMENT ON COLUMN commitment.calendar IS 'The calendar that it counts in; null means around the clock.';
    COMMENT ON COLUMN commitment.calendar_of IS 'Whose calendar: commitment, owner (else the owner''s team, else the commitment''s) or team (else the commitment''s).';
    COMMENT ON COLUMN commitment.cutoff IS 'Where counted is working_day_end: what starts after this time of the calendar''s day counts for the next working day; null means no cutoff.';
    COMMENT ON COLUMN commitment.warn_at IS 'Share of the time after which a clock is at risk, 0 to 1; null means no warning.';
    COMMENT ON COLUMN commitment.stage IS 'Volume and rate: the stage whose entries count.';
    COMMENT ON COLUMN commitment.basis_stage IS 'Rate: the stage whose entries it is a share of.';
    COMMENT ON COLUMN commitment.target IS 'Volume: leads per period. Rate: share, 0 to 1.';
    COMMENT ON COLUMN commitment.direction IS 'Rate: at_least or at_most.';
    COMMENT ON COLUMN commitment.per IS 'Volume and rate: week, month or quarter, of the workspace''s time zone.';
    COMMENT ON COLUMN commitment.accepted_only IS 'Volume: entries that sales rejected, by a reason that counts as a rejection, do not count.';

    COMMENT ON TABLE sla_clock IS
        'A response that is owed, or was, for one lead. Its state is derived when it is read; see view sla_board.';
    COMMENT ON COLUMN sla_clock.id IS 'Number of the clock.';
    COMMENT ON COLUMN sla_clock.commitment_id IS 'The commitment, of the agreement''s version that was valid on the day of the start.';
    COMMENT ON COLUMN sla_clock.lead_id IS 'The lead; stays when the lead is deleted.';
    COMMENT ON COLUMN sla_clock.handoff_id IS 'The handoff whose event started it; null if none did.';
    COMMENT ON COLUMN sla_clock.cycle IS 'The lead''s cycle at the start.';
    COMMENT ON COLUMN sla_clock.owner IS 'Who was to answer when it started; a reassignment does not restart it.';
    COMMENT ON COLUMN sla_clock.started_at IS 'When it started.';
    COMMENT ON COLUMN sla_clock.target IS 'Working time that it grants; null if the calendar never gets there.';
    COMMENT ON COLUMN sla_clock.due_at IS 'The earliest instant by which the target of unpaused working time has passed; null while a pause without end keeps it from being known. On time means ended_at <= due_at.';
    COMMENT ON COLUMN sla_clock.warn_due_at IS 'When warn_at of the target has passed; null if no warning is wanted, or as due_at.';
    COMMENT ON COLUMN sla_clock.paused IS 'When it stood still, by the lead''s stage or follow_up_on.';
    COMMENT ON COLUMN sla_clock.counted_events IS 'Events so far that count towards min_count.';
    COMMENT ON COLUMN sla_clock.ended_at IS 'When the obligation was met, at the event''s own time; null while it is not.';
    COMMENT ON COLUMN sla_clock.cancelled_at IS 'When nothing was owed any more; null otherwise.';
    COMMENT ON COLUMN sla_clock.cancel_reason IS 'Why nothing was owed any more: withdrawn, merged, excluded, do_not_contact, deleted, superseded (a clock of the next cycle began), or the event that released from it; with ended_at where that came too late to cancel it.';
    COMMENT ON COLUMN sla_clock.ended_recorded_at IS 'When its end became known; later than ended_at for a late entry.';
    COMMENT ON COLUMN sla_clock.warn_recorded_at IS 'When tick() told of the warning; null before.';
    COMMENT ON COLUMN sla_clock.breach_recorded_at IS 'When tick() told of the breach; null before. The breach itself is a fact of due_at.';
    COMMENT ON COLUMN sla_clock.owner_at_breach IS 'The lead''s owner when the breach was recorded.';
    COMMENT ON COLUMN sla_clock.calendar_version IS 'The version of the calendar that due_at follows from; null around the clock.';

    COMMENT ON TABLE tick_run IS 'When tick() last ran; one row, none before the first run.';
    COMMENT ON COLUMN tick_run.only_one IS 'True: there is one row.';
    COMMENT ON COLUMN tick_run.last_at IS 'The as_of of the latest run.';

    COMMENT ON TABLE feedback IS
        'What sales tells marketing about a lead, a campaign, a persona or a rule, and what came of it.';
    COMMENT ON COLUMN feedback.id IS 'Number of the feedback.';
    COMMENT ON COLUMN feedback.lead_id IS 'The lead it is about; null if none.';
    COMMENT ON COLUMN feedback.handoff_id IS 'The handoff it is about; null if none.';
    COMMENT ON COLUMN feedback.campaign IS 'The campaign it is about; null if none.';
    COMMENT ON COLUMN feedback.persona IS 'The persona it is about; null if none.';
    COMMENT ON COLUMN feedback.rule IS 'The scoring or routing rule it is about; null if none.';
    COMMENT ON COLUMN feedback.kind IS 'What kind of feedback it is, in the users'' own words.';
    COMMENT ON COLUMN feedback.body IS 'What is said.';
    COMMENT ON COLUMN feedback.actor IS 'Who says it: the actor of the write where it is left out; null if unknown.';
    COMMENT ON COLUMN feedback.at IS 'When it was said.';
    COMMENT ON COLUMN feedback.resolved_at IS 'When it was settled: set with its resolution; null while it is open.';
    COMMENT ON COLUMN feedback.resolution IS 'What was done about it: writing it settles the feedback, null opens it again; empty where it has been erased.';
    COMMENT ON COLUMN feedback.resolved_by IS 'Who settled it; null if open or unknown.';
END
$body$;
COMMENT ON FUNCTION workspace_sla_comments() IS
'Comments the agreement''s tables in the workspace that search_path points at. Internal.';
