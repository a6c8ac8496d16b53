/*
 * Comments on the lifecycle: process, people, leads, activities, deals, history.
 */
CREATE FUNCTION workspace_lifecycle_comments() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    COMMENT ON TABLE stage IS
        'The stages of the lifecycle. The name of a stage in use cannot change; its label can.';
    COMMENT ON COLUMN stage.name IS
        'Name that rules, clients and the history use.';
    COMMENT ON COLUMN stage.position IS
        'Order of the stages, smallest first; ties by name.';
    COMMENT ON COLUMN stage.department IS
        'Who is accountable while a lead is here: marketing or sales.';
    COMMENT ON COLUMN stage.kind IS
        'inventory (worked on), handoff (offered, waits for a decision), success, detour (out of the line for a while), exit.';
    COMMENT ON COLUMN stage.label IS
        'Name for people, in their language; null means the name.';
    COMMENT ON COLUMN stage.definition IS
        'What is true of a lead that stands here, agreed by both departments.';
    COMMENT ON COLUMN stage.pauses_clocks IS
        'Do clocks stand still while a lead is here?';

    COMMENT ON TABLE transition IS
        'The legal moves. What is not here is refused (SM001).';
    COMMENT ON COLUMN transition.id IS
        'Number of the transition.';
    COMMENT ON COLUMN transition.from_stage IS
        'Stage that the move leaves; null means entry, a new lead.';
    COMMENT ON COLUMN transition.to_stage IS
        'Stage that the move goes to.';
    COMMENT ON COLUMN transition.condition IS
        'jsonpath predicate over the lead that must hold for every such move (SM002); null means none.';
    COMMENT ON COLUMN transition.automatic_when IS
        'jsonpath predicate; the move is made by itself when it becomes true. Null means never by itself.';
    COMMENT ON COLUMN transition.department IS
        'Who may make the move by hand (SM003): marketing or sales; null means anyone. Operations may make all.';
    COMMENT ON COLUMN transition.reason_kind IS
        'Kind of reason that the move needs (SM004); null means none.';
    COMMENT ON COLUMN transition.automatic_on IS
        'Kinds of activity that make the move if automatic_when holds, whether or not it held before; null means none.';

    COMMENT ON TABLE reason IS
        'Why a lead is rejected, recycled, disqualified, lost or leaves.';
    COMMENT ON COLUMN reason.name IS
        'Name that clients write into lead.reason.';
    COMMENT ON COLUMN reason.kind IS
        'Which moves it explains: reject, recycle, disqualify, lost or churn.';
    COMMENT ON COLUMN reason.label IS
        'Name for people, in their language; null means the name.';
    COMMENT ON COLUMN reason.outcome IS
        'Where a rejected lead goes: return (to marketing), reroute (to another owner), merge (a duplicate), disqualify.';
    COMMENT ON COLUMN reason.counts_as_rejection IS
        'Does it count against the quality of marketing''s leads?';
    COMMENT ON COLUMN reason.recycle_after IS
        'How long to leave the lead alone; null means not said.';
    COMMENT ON COLUMN reason.needs_note IS
        'Must there be a note with it (SM004)?';

    COMMENT ON TABLE team IS
        'Teams of members.';
    COMMENT ON COLUMN team.name IS
        'Name of the team.';
    COMMENT ON COLUMN team.department IS
        'marketing, sales or operations.';
    COMMENT ON COLUMN team.manager IS
        'Member who is told of escalations; null if nobody.';
    COMMENT ON COLUMN team.territory IS
        'What the team covers, for people and for routing rules; null if not said.';
    COMMENT ON COLUMN team.calendar IS
        'Working hours of the team; null means those of the commitment.';

    COMMENT ON TABLE member IS
        'People and services that act in the workspace.';
    COMMENT ON COLUMN member.name IS
        'Name that smarketing.actor, owners and signatures use.';
    COMMENT ON COLUMN member.display_name IS
        'Name for people; null means the name.';
    COMMENT ON COLUMN member.kind IS
        'person or service (a program: needs a db_role).';
    COMMENT ON COLUMN member.department IS
        'marketing, sales or operations.';
    COMMENT ON COLUMN member.team IS
        'Team of the member; null if none.';
    COMMENT ON COLUMN member.db_role IS
        'Database role that alone may claim this name (SM009); null means that the name is a label and no authentication.';
    COMMENT ON COLUMN member.calendar IS
        'Working hours of the member; null means those of the team.';
    COMMENT ON COLUMN member.weight IS
        'Share in round robin; 2 gets twice as many handoffs as 1.';
    COMMENT ON COLUMN member.capacity IS
        'Leads in work (in stages of sales of kind handoff or inventory) from which on no rule routes to the member; null means no limit.';
    COMMENT ON COLUMN member.active IS
        'Does the member take part? Inactive members get nothing routed.';

    COMMENT ON TABLE absence IS
        'When a member is away: nothing is routed to him.';
    COMMENT ON COLUMN absence.id IS
        'Number of the absence.';
    COMMENT ON COLUMN absence.member IS
        'Who is away.';
    COMMENT ON COLUMN absence.during IS
        'From when to when; an open end means for good.';

    COMMENT ON TABLE persona IS
        'Kinds of buyer; the first whose condition holds is the lead''s.';
    COMMENT ON COLUMN persona.name IS
        'Name of the persona.';
    COMMENT ON COLUMN persona.condition IS
        'jsonpath predicate over the lead; null never holds.';
    COMMENT ON COLUMN persona.position IS
        'Order in which the personas are tried, smallest first; ties by name.';
    COMMENT ON COLUMN persona.description IS
        'Who this is, for people; null if not said.';

    COMMENT ON TABLE campaign IS
        'Campaigns of marketing.';
    COMMENT ON COLUMN campaign.name IS
        'Name that leads and activities carry.';
    COMMENT ON COLUMN campaign.channel IS
        'Channel, such as paid_search; null if not said.';
    COMMENT ON COLUMN campaign.persona IS
        'Whom it is meant for; null if for all.';
    COMMENT ON COLUMN campaign.goal IS
        'What it is to achieve: once there are goals, the name of one, or campaign_without_goal lists it; null if not said.';
    COMMENT ON COLUMN campaign.offer IS
        'What it offers; null if not said.';
    COMMENT ON COLUMN campaign.starts_on IS
        'First day; null if not said.';
    COMMENT ON COLUMN campaign.ends_on IS
        'Last day; null means open.';
    COMMENT ON COLUMN campaign.budget IS
        'What it may cost, in setting currency; null if not said.';

    COMMENT ON TABLE campaign_cost IS
        'What a campaign cost on a day.';
    COMMENT ON COLUMN campaign_cost.campaign IS
        'The campaign.';
    COMMENT ON COLUMN campaign_cost.day IS
        'The day, in setting timezone.';
    COMMENT ON COLUMN campaign_cost.amount IS
        'Cost in setting currency; negative for a refund.';

    COMMENT ON TABLE account IS
        'Companies.';
    COMMENT ON COLUMN account.id IS
        'Number of the account.';
    COMMENT ON COLUMN account.external_id IS
        'Its id in another system; null if none.';
    COMMENT ON COLUMN account.name IS
        'Name of the company.';
    COMMENT ON COLUMN account.domain IS
        'Its internet domain; null if not known.';
    COMMENT ON COLUMN account.parent IS
        'Account that it belongs to; null if none.';
    COMMENT ON COLUMN account.owner IS
        'Member who looks after it; null if nobody.';
    COMMENT ON COLUMN account.territory IS
        'Where it belongs; null if not said.';
    COMMENT ON COLUMN account.is_customer IS
        'Is one of its leads a customer? Kept by smarketing.';
    COMMENT ON COLUMN account.attributes IS
        'Whatever else is known, as JSON; null means nothing.';

    COMMENT ON TABLE lead IS
        'Leads, one row per person. UPDATE lead SET stage = ... moves one.';
    COMMENT ON COLUMN lead.id IS
        'Number of the lead.';
    COMMENT ON COLUMN lead.external_id IS
        'Its id in another system; null if none.';
    COMMENT ON COLUMN lead.email IS
        'Address; unique regardless of case and blanks around it, unless setting on_duplicate allows more. Null if not known.';
    COMMENT ON COLUMN lead.name IS
        'Name of the person; null if not known.';
    COMMENT ON COLUMN lead.account_id IS
        'Account; null if none.';
    COMMENT ON COLUMN lead.company IS
        'Company as the lead gave it; null if not known.';
    COMMENT ON COLUMN lead.job_title IS
        'Role; null if not known.';
    COMMENT ON COLUMN lead.phone IS
        'Telephone number; null if not known.';
    COMMENT ON COLUMN lead.country IS
        'Country; null if not known.';
    COMMENT ON COLUMN lead.region IS
        'Region or state; null if not known.';
    COMMENT ON COLUMN lead.industry IS
        'Industry; null if not known.';
    COMMENT ON COLUMN lead.employees IS
        'Size of the company; null if not known.';
    COMMENT ON COLUMN lead.annual_revenue IS
        'Annual revenue of the company; null if not known.';
    COMMENT ON COLUMN lead.language IS
        'Language to write in; null if not known.';
    COMMENT ON COLUMN lead.origin IS
        'inbound, outbound, partner, referral, event, customer or import; set on entry, fixed afterwards.';
    COMMENT ON COLUMN lead.source IS
        'First source; stays once it is set. Null if not known.';
    COMMENT ON COLUMN lead.campaign IS
        'First campaign; stays once it is set. Null if none.';
    COMMENT ON COLUMN lead.latest_campaign IS
        'Last campaign; null if none.';
    COMMENT ON COLUMN lead.persona IS
        'First persona whose condition holds, null if none. Kept by smarketing.';
    COMMENT ON COLUMN lead.stage IS
        'Stage where the lead stands. Change it to move the lead.';
    COMMENT ON COLUMN lead.stage_since IS
        'Since when it stands there. May be set together with stage, within setting max_backdate.';
    COMMENT ON COLUMN lead.stage_automatic IS
        'Was the last move made by a rule? Kept by smarketing.';
    COMMENT ON COLUMN lead.reason IS
        'Reason of the last move, where it needed one; null otherwise.';
    COMMENT ON COLUMN lead.note IS
        'Note to the last move; null if none.';
    COMMENT ON COLUMN lead.cycle IS
        'Which round through the lifecycle this is, from 1; rises when a recycled lead qualifies again and when a customer opens another opportunity. Kept by smarketing.';
    COMMENT ON COLUMN lead.sales_cycle IS
        'The last cycle in which the lead stood in a stage that sales works; 0 means never in a stage of sales, -1 that sales has only closed it. Kept by smarketing.';
    COMMENT ON COLUMN lead.customer_since IS
        'When the lead first became a customer; null if never. Kept by smarketing.';
    COMMENT ON COLUMN lead.owner IS
        'Member who works on the lead; null if nobody.';
    COMMENT ON COLUMN lead.follow_up_on IS
        'Day to come back to it; null if none.';
    COMMENT ON COLUMN lead.follow_up_raised_on IS
        'The follow_up_on for which follow_up_due has been raised; null if none. Kept by smarketing.';
    COMMENT ON COLUMN lead.do_not_contact IS
        'Has the lead asked not to be contacted?';
    COMMENT ON COLUMN lead.excluded IS
        'test, spam, internal or competitor: no scoring, routing, clock, event or metric. Null means a real lead.';
    COMMENT ON COLUMN lead.attributes IS
        'Whatever else is known, as JSON; null means nothing.';
    COMMENT ON COLUMN lead.fit IS
        'Points for who the lead is. Kept by smarketing.';
    COMMENT ON COLUMN lead.engagement IS
        'Points for what the lead does, decayed to the last write of the row; smarketing.engagement_score() gives them as of now. Kept by smarketing.';
    COMMENT ON COLUMN lead.score IS
        'fit + engagement, as of the last write of the row. Kept by smarketing.';
    COMMENT ON COLUMN lead.band IS
        'hot, warm, warming or cold, or whatever the bands are called; null if none. Kept by smarketing.';
    COMMENT ON COLUMN lead.engagement_state IS
        'Sum of the decayed points per category slot, without floor and cap, at engagement_at; null means none. Kept by smarketing.';
    COMMENT ON COLUMN lead.engagement_purged IS
        'Sum of the decayed points per category slot of activities that have been purged, at engagement_purged_at; null means none. Part of engagement_state too. Kept by smarketing.';
    COMMENT ON COLUMN lead.engagement_purged_at IS
        'Instant that engagement_purged stands for: the time of the last activity purged that gave points, else the bound of the purge; null means that nothing was purged. Kept by smarketing.';
    COMMENT ON COLUMN lead.engagement_at IS
        'Instant that engagement_state stands for; null means no activity that gave points yet. Kept by smarketing.';
    COMMENT ON COLUMN lead.score_generation IS
        'Generation of the scoring rules that engagement_state was summed up by; another one than now means stale, null that there is none. Kept by smarketing.';
    COMMENT ON COLUMN lead.duplicate_allowed IS
        'May another lead have the same address? Taken from setting on_duplicate. Kept by smarketing.';
    COMMENT ON COLUMN lead.created_at IS
        'When the row was created. Kept by smarketing.';
    COMMENT ON COLUMN lead.updated_at IS
        'When the row was last changed. Kept by smarketing.';

    COMMENT ON TABLE stage_change IS
        'History: every move of every lead. Append-only (SM005); rows of deleted leads stay. The order is (at, id).';
    COMMENT ON COLUMN stage_change.id IS
        'Number of the move.';
    COMMENT ON COLUMN stage_change.lead_id IS
        'The lead; without a foreign key, since history outlives it.';
    COMMENT ON COLUMN stage_change.cycle IS
        'The lead''s cycle after the move.';
    COMMENT ON COLUMN stage_change.from_stage IS
        'Stage that it left; null means entry.';
    COMMENT ON COLUMN stage_change.to_stage IS
        'Stage that it went to.';
    COMMENT ON COLUMN stage_change.at IS
        'When the move took place.';
    COMMENT ON COLUMN stage_change.recorded_at IS
        'When it was written down.';
    COMMENT ON COLUMN stage_change.actor IS
        'Member who made it; null if unknown.';
    COMMENT ON COLUMN stage_change.department IS
        'Department of the actor; null if unknown.';
    COMMENT ON COLUMN stage_change.reason IS
        'Reason given; null if none.';
    COMMENT ON COLUMN stage_change.note IS
        'Note given; null if none.';
    COMMENT ON COLUMN stage_change.fit IS
        'Fit at the move.';
    COMMENT ON COLUMN stage_change.engagement IS
        'Engagement at the move.';
    COMMENT ON COLUMN stage_change.score IS
        'Score at the move.';
    COMMENT ON COLUMN stage_change.automatic IS
        'Was it made by a rule?';
    COMMENT ON COLUMN stage_change.implied IS
        'Is it a stage between, that a longer move stepped over? Counts as reached, in no median, and opens no clock.';
    COMMENT ON COLUMN stage_change.violation IS
        'SQLSTATE that would have refused it, in mode observe; null if it was legal.';
    COMMENT ON COLUMN stage_change.import_batch IS
        'Batch of the import that wrote it; null if none.';

    COMMENT ON TABLE activity_kind IS
        'Kinds of activity: what counts as a touch, an attempt, a contact.';
    COMMENT ON COLUMN activity_kind.name IS
        'Name that activities carry.';
    COMMENT ON COLUMN activity_kind.department IS
        'Whose work it is; null means either.';
    COMMENT ON COLUMN activity_kind.is_touch IS
        'Is it outreach of any kind?';
    COMMENT ON COLUMN activity_kind.is_attempt IS
        'Is it an attempt by a person to reach the lead?';
    COMMENT ON COLUMN activity_kind.is_contact IS
        'Did the lead answer or talk?';
    COMMENT ON COLUMN activity_kind.automated IS
        'Was it sent by a machine? A touch, but neither attempt nor contact.';
    COMMENT ON COLUMN activity_kind.label IS
        'Name for people, in their language; null means the name.';
    COMMENT ON COLUMN activity_kind.credited IS
        'May it get credit for a deal (deal_touch)? Not a bounce, nor a good-bye.';

    COMMENT ON TABLE activity IS
        'What leads did, and what was done to reach them.';
    COMMENT ON COLUMN activity.id IS
        'Number of the activity.';
    COMMENT ON COLUMN activity.lead_id IS
        'The lead; its activities go with it.';
    COMMENT ON COLUMN activity.kind IS
        'Kind of activity.';
    COMMENT ON COLUMN activity.at IS
        'When it happened; not in the future (SM011).';
    COMMENT ON COLUMN activity.recorded_at IS
        'When it was written down.';
    COMMENT ON COLUMN activity.actor IS
        'Member who did it; null if the lead did, or unknown.';
    COMMENT ON COLUMN activity.campaign IS
        'Campaign it belongs to; null if none.';
    COMMENT ON COLUMN activity.channel IS
        'Channel it came through; null if not said.';
    COMMENT ON COLUMN activity.direction IS
        'in (by the lead) or out (by us); null if not said.';
    COMMENT ON COLUMN activity.properties IS
        'The particulars as JSON; null means none.';
    COMMENT ON COLUMN activity.points IS
        'Points that it gave, per category slot; null means none. Kept by smarketing.';

    COMMENT ON TABLE deal IS
        'Deals. A deal moves its lead: open to opportunity, won to customer, lost to closed lost.';
    COMMENT ON COLUMN deal.id IS
        'Number of the deal.';
    COMMENT ON COLUMN deal.external_id IS
        'Its id in another system; null if none.';
    COMMENT ON COLUMN deal.lead_id IS
        'The lead; null if it has only an account.';
    COMMENT ON COLUMN deal.account_id IS
        'The account; null if it has only a lead.';
    COMMENT ON COLUMN deal.name IS
        'Name for people.';
    COMMENT ON COLUMN deal.amount IS
        'Worth, in currency; null if not known.';
    COMMENT ON COLUMN deal.currency IS
        'Currency; null means setting currency.';
    COMMENT ON COLUMN deal.probability IS
        'Probability of winning, 0 to 1; null if not said.';
    COMMENT ON COLUMN deal.opened_at IS
        'When it was opened.';
    COMMENT ON COLUMN deal.expected_close IS
        'Day on which it is expected to close; null if not said.';
    COMMENT ON COLUMN deal.closed_at IS
        'When it was closed; null while it is open.';
    COMMENT ON COLUMN deal.won IS
        'Was it won? Null while it is open.';
    COMMENT ON COLUMN deal.reason IS
        'Why it was lost; null if it was not, or not said.';
    COMMENT ON COLUMN deal.owner IS
        'Member who works on it; null if nobody.';

    COMMENT ON TABLE deal_contact IS
        'People with a part in a deal, beside its lead.';
    COMMENT ON COLUMN deal_contact.deal_id IS
        'The deal.';
    COMMENT ON COLUMN deal_contact.lead_id IS
        'The person.';
    COMMENT ON COLUMN deal_contact.role IS
        'Part in the deal, such as champion or economic_buyer; null if not said.';
END
$body$;
COMMENT ON FUNCTION workspace_lifecycle_comments() IS
'Comments on the tables and columns of a workspace, which search_path points at. Internal.';
COMMENT ON FUNCTION workspace_lifecycle_tables() IS
'Creates the tables of the lifecycle in a new workspace, which search_path points at. Internal: create_workspace() calls it.';
