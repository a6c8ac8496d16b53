/*
 * move.c
 *		The path that a move takes, and the judgement of it.
 */
#include "lifecycle/move.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* ---------- a lead's row ---------- */

void
smk_row_columns(Datum row, TupleDesc desc, Datum *values, bool *nulls)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(row);
	HeapTupleData tuple = {0};

	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	tuple.t_data = header;
	heap_deform_tuple(&tuple, desc, values, nulls);
}

static SmkLead
lead_of(int natts)
{
	SmkLead		lead;

	lead.values = palloc(sizeof(Datum) * natts);
	lead.nulls = palloc(sizeof(bool) * natts);
	return lead;
}

SmkLead
smk_lead_of_tuple(HeapTuple tuple, TupleDesc desc)
{
	SmkLead		lead = lead_of(desc->natts);

	heap_deform_tuple(tuple, desc, lead.values, lead.nulls);
	return lead;
}

SmkLead
smk_lead_of_row(Datum row, TupleDesc desc)
{
	SmkLead		lead = lead_of(desc->natts);

	smk_row_columns(row, desc, lead.values, lead.nulls);
	return lead;
}

SmkLead
smk_lead_copy(const SmkRules *rules, const SmkLead *lead)
{
	SmkLead		copy = lead_of(rules->natts);

	memcpy(copy.values, lead->values, sizeof(Datum) * rules->natts);
	memcpy(copy.nulls, lead->nulls, sizeof(bool) * rules->natts);
	return copy;
}

char *
smk_lead_text(const SmkRules *rules, const SmkLead *row, SmkLeadColumn column)
{
	if (smk_lead_null(rules, row, column))
		return NULL;
	return TextDatumGetCString(smk_lead_value(rules, row, column));
}

/* Equal, or both null.  Bytewise: collations do not matter to a name. */
bool
smk_same_text(const SmkRules *rules, const SmkLead *a, const SmkLead *b, SmkLeadColumn column)
{
	bool		anull = smk_lead_null(rules, a, column);
	bool		bnull = smk_lead_null(rules, b, column);
	text	   *x;
	text	   *y;

	if (anull || bnull)
		return anull && bnull;
	x = DatumGetTextPP(smk_lead_value(rules, a, column));
	y = DatumGetTextPP(smk_lead_value(rules, b, column));
	return VARSIZE_ANY_EXHDR(x) == VARSIZE_ANY_EXHDR(y) &&
		memcmp(VARDATA_ANY(x), VARDATA_ANY(y), VARSIZE_ANY_EXHDR(x)) == 0;
}

SmkCycle
smk_lead_cycle(const SmkRules *rules, const SmkLead *row)
{
	SmkCycle	cycle;

	cycle.cycle = DatumGetInt32(smk_lead_value(rules, row, SMK_LEAD_CYCLE));
	cycle.sales_cycle = DatumGetInt32(smk_lead_value(rules, row, SMK_LEAD_SALES_CYCLE));
	cycle.customer_since = smk_lead_null(rules, row, SMK_LEAD_CUSTOMER_SINCE) ? DT_NOBEGIN :
		DatumGetTimestampTz(smk_lead_value(rules, row, SMK_LEAD_CUSTOMER_SINCE));
	return cycle;
}

/* ---------- paths ---------- */

/*
 * A starred move: made from a stage by another department than the one that
 * is accountable for it (sales calls a lead in before marketing offers it).
 */
static bool
is_starred(const SmkRules *rules, const SmkTransition *transition)
{
	return transition->from != SMK_NO_STAGE &&
		transition->department != SMK_ANY_DEPARTMENT &&
		transition->department != rules->stages[transition->from].department;
}

static bool
may_step(const SmkMove *move, const SmkTransition *transition)
{
	return !is_starred(move->rules, transition) ||
		smk_actor_is(move->actor, transition->department);
}

/* May this move pass through stages that it does not name? */
static bool
may_pass_through(const SmkMove *move)
{
	if (move->origin == SMK_BY_DEAL)
		return true;
	return move->rules->mode == SMK_STEP &&
		(move->from == SMK_NO_STAGE ||
		 move->rules->stages[move->to].position > move->rules->stages[move->from].position);
}

/*
 * Breadth first, neighbours in order of position: the first path found has
 * the fewest steps and, among those, the lowest positions.
 */
static bool
search_path_of_stages(const SmkMove *move, SmkPath *path)
{
	const SmkRules *rules = move->rules;
	int		   *parent = palloc(sizeof(int) * rules->nstages);
	int		   *queue = palloc(sizeof(int) * (rules->nstages + 1));
	int			head = 0;
	int			tail = 0;
	int			length = 0;

	for (int i = 0; i < rules->nstages; i++)
		parent[i] = -2;			/* not seen */
	if (move->from != SMK_NO_STAGE)
		parent[move->from] = move->from;
	queue[tail++] = move->from;
	while (head < tail && parent[move->to] == -2)
	{
		int			stage = queue[head++];

		/* a path may begin or end where leads leave the process, not pass there */
		if (stage != move->from && rules->stages[stage].kind == SMK_EXIT)
			continue;
		for (int next = 0; next < rules->nstages; next++)
		{
			const SmkTransition *transition = smk_transition(rules, stage, next);

			if (transition == NULL || parent[next] != -2 || !may_step(move, transition))
				continue;
			parent[next] = stage;
			queue[tail++] = next;
		}
	}
	if (parent[move->to] == -2)
		return false;
	for (int stage = move->to; stage != move->from; stage = parent[stage])
		length++;
	if (length > (int) lengthof(path->stages))
		return false;
	path->length = length;
	for (int stage = move->to; stage != move->from; stage = parent[stage])
		path->stages[--length] = stage;
	return true;
}

bool
smk_find_path(const SmkMove *move, SmkPath *path)
{
	path->length = 1;
	path->stages[0] = move->to;
	if (move->to == SMK_NO_STAGE)
		return false;
	if (smk_transition(move->rules, move->from, move->to) != NULL)
		return true;
	return may_pass_through(move) && search_path_of_stages(move, path);
}

/*
 * The cycle rises when a lead that sales has worked in this cycle comes from
 * marketing again, and when a customer opens another opportunity.
 */
void
smk_advance(const SmkRules *rules, int from, int to, TimestampTz at, SmkCycle *cycle)
{
	const SmkStage *source = from == SMK_NO_STAGE ? NULL : &rules->stages[from];
	const SmkStage *goal = &rules->stages[to];

	if (smk_sales_works(goal))
	{
		bool		again = source != NULL && source->department == SMK_MARKETING &&
			cycle->sales_cycle >= cycle->cycle;
		bool		reopened = source != NULL && goal->kind == SMK_INVENTORY &&
			(source->kind == SMK_SUCCESS ||
			 (source->kind == SMK_EXIT && cycle->customer_since != DT_NOBEGIN));

		if (again || reopened)
			cycle->cycle++;
		cycle->sales_cycle = cycle->cycle;
	}
	else if (goal->department == SMK_SALES && cycle->sales_cycle == 0)
		cycle->sales_cycle = SMK_CLOSED_UNWORKED;
	if (goal->kind == SMK_SUCCESS && cycle->customer_since == DT_NOBEGIN)
		cycle->customer_since = at;
}

/* ---------- judgement ---------- */

static const char *
lead_label(const SmkMove *move)
{
	return psprintf("lead " INT64_FORMAT,
					DatumGetInt64(smk_lead_value(move->rules, &move->new, SMK_LEAD_ID)));
}

static char *
stage_label(const SmkMove *move)
{
	char	   *name = smk_lead_text(move->rules, &move->new, SMK_LEAD_STAGE);

	return name ? name : pstrdup("(null)");
}

static char *
allowed_stages(const SmkMove *move)
{
	const SmkRules *rules = move->rules;
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < rules->nstages; i++)
	{
		if (move->from >= 0 || move->entry)
		{
			if (smk_transition(rules, move->from, i) != NULL)
				appendStringInfo(&buf, "%s%s", buf.len ? ", " : "", rules->stages[i].name);
		}
	}
	return buf.len ? buf.data : "(none)";
}

static SmkRefusal
refuse_transition(const SmkMove *move)
{
	SmkRefusal	refusal = {ERRCODE_SMK_NO_TRANSITION, NULL, NULL, NULL, "stage", "lead_transition"};

	if (move->entry)
	{
		refusal.message = psprintf("a lead cannot enter at stage \"%s\"", stage_label(move));
		refusal.detail = psprintf("A lead may enter at: %s.", allowed_stages(move));
	}
	else
	{
		refusal.message = psprintf("%s cannot move from stage \"%s\" to \"%s\"", lead_label(move),
								   smk_lead_text(move->rules, &move->old, SMK_LEAD_STAGE),
								   stage_label(move));
		refusal.detail = psprintf("From \"%s\" it may move to: %s.",
								  smk_lead_text(move->rules, &move->old, SMK_LEAD_STAGE),
								  allowed_stages(move));
	}
	refusal.hint = move->to == SMK_NO_STAGE ?
		psprintf("There is no stage \"%s\": see table stage.", stage_label(move)) :
		pstrdup("Make one of the moves listed, or add the move to table transition.");
	return refusal;
}

static SmkRefusal
refuse_condition(const SmkMove *move, const SmkTransition *transition)
{
	SmkRefusal	refusal = {ERRCODE_SMK_CONDITION, NULL, NULL, NULL, "stage", "transition_condition"};
	const SmkRuleCondition *condition = &transition->condition;

	refusal.message = psprintf("%s does not meet the condition for stage \"%s\"",
							   lead_label(move), stage_label(move));
	if (condition->compiled == NULL)
	{
		refusal.detail = psprintf("The condition %s reads a column that the table no longer has.",
								  condition->text);
		refusal.hint = pstrdup("Change the transition's condition.");
		return refusal;
	}
	refusal.detail = psprintf("The condition is %s, and %s.", condition->text,
							  smk_condition_values(condition->compiled, move->new.values, move->new.nulls));
	refusal.hint = pstrdup("Complete the lead, in the same statement if you like, and move it again.");
	return refusal;
}

static SmkRefusal
refuse_department(const SmkMove *move, const SmkTransition *transition)
{
	SmkRefusal	refusal = {ERRCODE_SMK_DEPARTMENT, NULL, NULL, NULL, "stage", "transition_department"};
	const char *department = smk_department_name(transition->department);

	refusal.message = psprintf("%s may not make the move to stage \"%s\"",
							   smk_department_name(move->actor->member->department), stage_label(move));
	refusal.detail = psprintf("The move is made by %s; \"%s\" belongs to %s.", department,
							  move->actor->member->name,
							  smk_department_name(move->actor->member->department));
	refusal.hint = psprintf("Let a member of %s make it.", department);
	return refusal;
}

/* Names of the reasons of a kind, for a message. */
char *
smk_reasons_of_kind(const SmkRules *rules, const char *kind)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < rules->nreasons; i++)
	{
		if (strcmp(rules->reasons[i].kind, kind) == 0)
			appendStringInfo(&buf, "%s%s", buf.len ? ", " : "", rules->reasons[i].name);
	}
	return buf.len ? buf.data : "(none)";
}

static SmkRefusal
refuse_reason(const SmkMove *move, const SmkTransition *transition, char *message)
{
	SmkRefusal	refusal = {ERRCODE_SMK_REASON, NULL, NULL, NULL, "reason", "transition_reason_kind"};

	refusal.message = message;
	if (transition->reason_kind != NULL)
		refusal.detail = psprintf("Reasons of kind %s: %s.", transition->reason_kind,
								  smk_reasons_of_kind(move->rules, transition->reason_kind));
	refusal.hint = pstrdup("Set reason in the statement that makes the move.");
	return refusal;
}

/* A reroute leaves the lead where it is, so it cannot be a move's reason. */
static SmkRefusal
refuse_reroute(const SmkMove *move, const SmkReason *reason)
{
	SmkRefusal	refusal = {ERRCODE_SMK_REASON, NULL, NULL, NULL, "reason", "transition_reason_kind"};

	refusal.message = psprintf("reason \"%s\" reroutes a handoff and moves no lead", reason->name);
	refusal.detail = psprintf("With it, %s stays in its stage and is offered to somebody else.",
							  lead_label(move));
	refusal.hint = pstrdup("Decide the handoff: UPDATE handoff SET decision = 'rejected', reason = ….");
	return refusal;
}

static SmkRefusal
judge_reason(const SmkMove *move, const SmkTransition *transition)
{
	SmkRefusal	fine = {0};
	char	   *name = smk_lead_text(move->rules, &move->new, SMK_LEAD_REASON);
	const SmkReason *reason = name ? smk_reason_find(move->rules, name) : NULL;

	if (transition->reason_kind == NULL)
		return fine;
	if (name == NULL)
		return refuse_reason(move, transition,
							 psprintf("%s needs a reason to move to stage \"%s\"",
									  lead_label(move), stage_label(move)));
	if (reason == NULL)
		return refuse_reason(move, transition, psprintf("reason \"%s\" does not exist", name));
	if (move->origin != SMK_BY_DECISION && reason->outcome == SMK_REROUTE)
		return refuse_reroute(move, reason);
	if (move->origin != SMK_BY_DECISION && strcmp(reason->kind, transition->reason_kind) != 0)
		return refuse_reason(move, transition,
							 psprintf("reason \"%s\" is of kind %s, the move to stage \"%s\" needs one of kind %s",
									  name, reason->kind, stage_label(move), transition->reason_kind));
	if (reason->needs_note &&
		(smk_lead_null(move->rules, &move->new, SMK_LEAD_NOTE) ||
		 strspn(smk_lead_text(move->rules, &move->new, SMK_LEAD_NOTE), " \t\n") ==
		 strlen(smk_lead_text(move->rules, &move->new, SMK_LEAD_NOTE))))
		return refuse_reason(move, transition, psprintf("reason \"%s\" needs a note", name));
	return fine;
}

SmkRefusal
smk_judge_time(const SmkMove *move)
{
	SmkRefusal	refusal = {0};
	const SmkRules *rules = move->rules;
	TimestampTz at = DatumGetTimestampTz(smk_lead_value(rules, &move->new, SMK_LEAD_STAGE_SINCE));
	TimestampTz last = move->entry ? DT_NOBEGIN :
		DatumGetTimestampTz(smk_lead_value(rules, &move->old, SMK_LEAD_STAGE_SINCE));

	/* the default time is now(), or the last change where that lies later */
	if (at > move->clock && at > move->now && at != last)
		refusal.detail = psprintf("It is %s.", timestamptz_to_str(move->clock));
	else if (at < last)
		refusal.detail = psprintf("Its last change was at %s.", timestamptz_to_str(last));
	else if (TIMESTAMP_NOT_FINITE(at))
		refusal.detail = pstrdup("A move has a time.");
	else if (move->actor->batch == NULL && at != last && at < move->now - rules->max_backdate)
		refusal.detail = pstrdup("It lies further back than setting max_backdate allows.");
	else
		return refusal;
	refusal.sqlstate = ERRCODE_SMK_TIME;
	refusal.message = psprintf("%s cannot have entered stage \"%s\" at %s", lead_label(move),
							   stage_label(move), timestamptz_to_str(at));
	refusal.hint = pstrdup("Leave stage_since out for a move that happens now; old histories are loaded with SET LOCAL smarketing.import = '…'.");
	refusal.column = "stage_since";
	refusal.constraint = "lead_stage_since";
	return refusal;
}

static SmkRefusal
judge_actor(const SmkMove *move)
{
	SmkRefusal	refusal = {0};

	if (!move->actor->impostor && (!move->rules->require_actor || move->actor->member != NULL))
		return refusal;
	refusal.sqlstate = ERRCODE_SMK_ACTOR;
	refusal.message = psprintf("workspace \"%s\" requires every write to name its actor", move->ws->name);
	refusal.detail = pstrdup("Neither smarketing.actor nor the session's role names a member.");
	refusal.hint = pstrdup("SET LOCAL smarketing.actor = '…', or give the role a row in table member (db_role).");
	refusal.constraint = "setting_require_actor";
	return refusal;
}

SmkRefusal
smk_judge(const SmkMove *move, const SmkPath *path, bool found)
{
	const SmkTransition *last;
	SmkRefusal	refusal = judge_actor(move);

	if (refusal.sqlstate != 0)
		return refusal;
	if (!found)
		return refuse_transition(move);
	last = smk_transition(move->rules,
						  path->length > 1 ? path->stages[path->length - 2] : move->from,
						  move->to);
	if (last->condition.present &&
		!smk_rule_holds(&last->condition, move->new.values, move->new.nulls))
		return refuse_condition(move, last);
	if (!move->automatic && !smk_actor_is(move->actor, last->department))
		return refuse_department(move, last);
	refusal = judge_reason(move, last);
	if (refusal.sqlstate != 0)
		return refusal;
	return smk_judge_time(move);
}

void
smk_refuse(const SmkMove *move, const SmkRefusal *refusal)
{
	ereport(ERROR,
			(errcode(refusal->sqlstate),
			 errmsg("%s", refusal->message),
			 refusal->detail ? errdetail("%s", refusal->detail) : 0,
			 refusal->hint ? errhint("%s", refusal->hint) : 0,
			 err_generic_string(PG_DIAG_SCHEMA_NAME, move->ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "lead"),
			 refusal->column ? err_generic_string(PG_DIAG_COLUMN_NAME, refusal->column) : 0,
			 refusal->constraint ? err_generic_string(PG_DIAG_CONSTRAINT_NAME, refusal->constraint) : 0));
}

/* ---------- automatic moves ---------- */

/* The condition of a move reads the lead in the stage that it goes to. */
static bool
meets_condition_at_goal(const SmkRules *rules, const SmkTransition *transition, const SmkLead *lead)
{
	Datum		stage = smk_lead_value(rules, lead, SMK_LEAD_STAGE);
	bool		holds;

	if (!transition->condition.present)
		return true;
	smk_lead_value(rules, lead, SMK_LEAD_STAGE) =
		CStringGetTextDatum(rules->stages[transition->to].name);
	holds = smk_rule_holds(&transition->condition, lead->values, lead->nulls);
	smk_lead_value(rules, lead, SMK_LEAD_STAGE) = stage;
	return holds;
}

static bool
is_due(const SmkRules *rules, const SmkTransition *transition, const SmkLead *before,
	   const SmkLead *after, const Bitmapset *kinds)
{
	bool		asked = bms_overlap(kinds, transition->automatic_on);

	if (transition->reason_kind != NULL)
		return false;
	if (!transition->automatic_when.present)
		return asked;
	if (!smk_rule_holds(&transition->automatic_when, after->values, after->nulls))
		return false;
	return asked || before == NULL ||
		!smk_rule_holds(&transition->automatic_when, before->values, before->nulls);
}

bool
smk_moves_automatically(const SmkRules *rules, int stage)
{
	if (!rules->moves_automatically || stage == SMK_NO_STAGE)
		return false;
	for (int to = 0; to < rules->nstages; to++)
	{
		const SmkTransition *transition = smk_transition(rules, stage, to);

		if (transition != NULL &&
			(transition->automatic_when.present || transition->automatic_on != NULL))
			return true;
	}
	return false;
}

/*
 * Due is an edge: automatic_when holds after the write and did not before it
 * (before is NULL on entry); or an event: one of kinds is in automatic_on.  A
 * move whose condition does not hold, or that needs a reason, is not made.
 */
const SmkTransition *
smk_due_transition(const SmkRules *rules, int stage, const SmkLead *before,
				   const SmkLead *after, const Bitmapset *kinds)
{
	if (!smk_moves_automatically(rules, stage))
		return NULL;
	for (int to = 0; to < rules->nstages; to++)
	{
		const SmkTransition *transition = smk_transition(rules, stage, to);

		if (transition != NULL &&
			is_due(rules, transition, before, after, kinds) &&
			meets_condition_at_goal(rules, transition, after))
			return transition;
	}
	return NULL;
}
