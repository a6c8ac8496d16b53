/*
 * recorder.c
 *		AFTER STATEMENT on lead: judges every row that was really inserted or
 *		changed, and writes what follows from it, set-based.
 *
 * The rows come from the transition tables.  For an UPDATE the n-th old row
 * belongs to the n-th new one: both are appended by the same call for each
 * row.  Moves are collected in batches, which internal statements read as
 * relations; a batch is written out every BATCH_ROWS rows, so that memory is
 * bounded whatever the statement's size.
 */
#include "handoff/handoff.h"
#include "lifecycle/move.h"
#include "lifecycle/nested.h"
#include "lifecycle/trigger.h"
#include "scoring/scoring.h"
#include "workspace/payload.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define BATCH_ROWS 20000

typedef struct Recorder
{
	SmkWorkspace *ws;
	const SmkRules *rules;
	const SmkCause *cause;
	SmkActor	actor;
	TimestampTz now;
	TimestampTz clock;
	MemoryContext context;		/* of the statement */
	MemoryContext batch_context;	/* of what is written out together */
	MemoryContext row_context;
	SmkBatch   *moves;			/* NULL where there are none, as the others */
	SmkBatch   *fixes;			/* of own columns, at the end */
	SmkBatch   *dues;			/* automatic moves on entry, at the end */
	HTAB	   *included;		/* leads that are excluded no more: scored at the end */
	SmkBatch   *accounts;		/* whose is_customer may have changed */
	SmkHandoffs *handoffs;
	SmkClocks  *clocks;
	int			rows;			/* in the current batches */
} Recorder;

static const SmkBatchColumn move_columns[] = {
	{"lead_id", INT8OID}, {"cycle", INT4OID}, {"from_stage", TEXTOID}, {"to_stage", TEXTOID},
	{"at", TIMESTAMPTZOID}, {"actor", TEXTOID}, {"department", TEXTOID}, {"reason", TEXTOID},
	{"note", TEXTOID}, {"fit", FLOAT8OID}, {"engagement", FLOAT8OID}, {"score", FLOAT8OID},
	{"automatic", BOOLOID}, {"implied", BOOLOID}, {"violation", TEXTOID}, {"import_batch", TEXTOID},
	{"payload", JSONBOID}
};

static const SmkBatchColumn fix_columns[] = {
	{"lead_id", INT8OID}, {"stage_since", TIMESTAMPTZOID}, {"stage_automatic", BOOLOID},
	{"cycle", INT4OID}, {"sales_cycle", INT4OID}, {"customer_since", TIMESTAMPTZOID}
};

static const SmkBatchColumn due_columns[] = {
	{"lead_id", INT8OID}, {"from_stage", TEXTOID}, {"to_stage", TEXTOID}
};

static const SmkBatchColumn account_columns[] = {
	{"account_id", INT8OID}
};

static bool
writes_events(const Recorder *recorder)
{
	return recorder->rules->live && recorder->actor.batch == NULL;
}

static void
new_batches(Recorder *recorder)
{
	MemoryContext old = MemoryContextSwitchTo(recorder->batch_context);

	recorder->moves = NULL;
	recorder->clocks = smk_clocks_begin(recorder->ws, recorder->rules, &recorder->actor);
	recorder->clocks->leads_locked = true;
	recorder->handoffs = smk_handoffs_begin(recorder->ws, recorder->rules, &recorder->actor,
											writes_events(recorder), recorder->clocks);
	recorder->rows = 0;
	MemoryContextSwitchTo(old);
}

static Recorder *
begin(SmkWorkspace *ws)
{
	Recorder   *recorder = palloc0(sizeof(Recorder));

	recorder->ws = ws;
	recorder->rules = smk_rules(ws);
	recorder->cause = smk_cause(ws);
	recorder->actor = smk_actor(ws, recorder->rules);
	recorder->now = GetCurrentTransactionStartTimestamp();
	recorder->clock = GetCurrentTimestamp();
	recorder->context = CurrentMemoryContext;
	recorder->batch_context = AllocSetContextCreate(CurrentMemoryContext, "smarketing batch",
													ALLOCSET_DEFAULT_SIZES);
	recorder->row_context = AllocSetContextCreate(CurrentMemoryContext, "smarketing row",
												  ALLOCSET_DEFAULT_SIZES);
	new_batches(recorder);
	return recorder;
}

/* ---------- writing ---------- */

#define INSERT_HISTORY \
	"INSERT INTO %s.stage_change (lead_id, cycle, from_stage, to_stage, at, actor," \
	" department, reason, note, fit, engagement, score, automatic, implied, violation, import_batch)" \
	" SELECT lead_id, cycle, from_stage, to_stage, at, actor, department, reason, note," \
	" fit, engagement, score, automatic, implied, violation, import_batch FROM smk_move"

static void
write_history(Recorder *recorder)
{
	if (recorder->moves == NULL)
		return;
	if (writes_events(recorder))
		smk_run_batch(recorder->ws, SMK_BY_LEAD,
					 "WITH history AS (" INSERT_HISTORY ")"
					 " INSERT INTO %s.event (at, kind, lead_id, payload)"
					 " SELECT at, 'stage_changed', lead_id, payload FROM smk_move"
					 " WHERE payload IS NOT NULL", recorder->moves);
	else
		smk_run_batch(recorder->ws, SMK_BY_LEAD, INSERT_HISTORY, recorder->moves);
	smk_batch_end(recorder->moves);
}

/* Decisions first: a lead's open handoff must be closed before a new one opens. */
static void
write_batches(Recorder *recorder)
{
	smk_handoffs_write_decisions(recorder->handoffs);
	write_history(recorder);
	smk_handoffs_write_offers(recorder->handoffs);
	smk_clocks_write(recorder->clocks);
	MemoryContextReset(recorder->batch_context);
	new_batches(recorder);
}

/*
 * Our own columns, past the users' triggers: one that has changed them would
 * only change them again.
 */
static void
write_fixes(Recorder *recorder)
{
	int			role = SessionReplicationRole;

	if (recorder->fixes == NULL)
		return;
	PG_TRY();
	{
		SessionReplicationRole = SESSION_REPLICATION_ROLE_REPLICA;
		smk_run_batch(recorder->ws, SMK_BY_CORRECTION,
					 "UPDATE %s.lead AS l SET stage_since = f.stage_since,"
					 " stage_automatic = f.stage_automatic, cycle = f.cycle,"
					 " sales_cycle = f.sales_cycle, customer_since = f.customer_since"
					 " FROM smk_fix AS f WHERE l.id OPERATOR(pg_catalog.=) f.lead_id",
					 recorder->fixes);
	}
	PG_FINALLY();
	{
		SessionReplicationRole = role;
	}
	PG_END_TRY();
}

static void
write_rest(Recorder *recorder)
{
	write_fixes(recorder);
	if (recorder->accounts != NULL)
	{
		/* a statement of its own: the next one sees what we have waited for */
		smk_run_batch(recorder->ws, SMK_BY_LEAD,
					 "SELECT FROM %s.account AS a"
					 " WHERE a.id OPERATOR(pg_catalog.=) ANY (SELECT account_id FROM smk_account)"
					 " ORDER BY a.id FOR NO KEY UPDATE", recorder->accounts);
		smk_run_batch(recorder->ws, SMK_BY_LEAD,
					 "WITH judged AS (SELECT a.id, EXISTS (SELECT FROM %s.lead AS l"
					 " JOIN %s.stage AS s ON s.name OPERATOR(pg_catalog.=) l.stage"
					 " WHERE l.account_id OPERATOR(pg_catalog.=) a.id"
					 " AND l.customer_since IS NOT NULL AND s.kind OPERATOR(pg_catalog.<>) 'exit') AS is_customer"
					 " FROM %s.account AS a"
					 " WHERE a.id OPERATOR(pg_catalog.=) ANY (SELECT account_id FROM smk_account))"
					 " UPDATE %s.account AS a SET is_customer = j.is_customer FROM judged AS j"
					 " WHERE a.id OPERATOR(pg_catalog.=) j.id"
					 " AND a.is_customer OPERATOR(pg_catalog.<>) j.is_customer",
					 recorder->accounts);
	}
	if (recorder->dues != NULL)
		smk_run_batch(recorder->ws, SMK_BY_RULE,
					 "UPDATE %s.lead AS l SET stage = d.to_stage FROM smk_due AS d"
					 " WHERE l.id OPERATOR(pg_catalog.=) d.lead_id"
					 " AND l.stage OPERATOR(pg_catalog.=) d.from_stage", recorder->dues);
}

static void
finish(Recorder *recorder)
{
	write_batches(recorder);
	write_rest(recorder);
	if (recorder->included != NULL)
		smk_score_included(recorder->ws, recorder->rules, recorder->included);
}

/* ---------- one row ---------- */

static Datum
text_or_null(const char *string, bool *isnull)
{
	*isnull = string == NULL;
	return string ? CStringGetTextDatum(string) : (Datum) 0;
}

static void
copy_column(const Recorder *recorder, const SmkLead *lead, SmkLeadColumn column,
			Datum *value, bool *isnull)
{
	*value = smk_lead_value(recorder->rules, lead, column);
	*isnull = smk_lead_null(recorder->rules, lead, column);
}

static const char *
stage_name(const SmkRules *rules, int stage)
{
	return stage == SMK_NO_STAGE ? NULL : rules->stages[stage].name;
}

static TimestampTz
moved_at(const SmkMove *move)
{
	return DatumGetTimestampTz(smk_lead_value(move->rules, &move->new, SMK_LEAD_STAGE_SINCE));
}

static bool
is_silent(const SmkMove *move)
{
	return !smk_lead_null(move->rules, &move->new, SMK_LEAD_EXCLUDED);
}

static Datum
payload_of(const Recorder *recorder, const SmkMove *move, int from, int to, int cycle, bool implied)
{
	const SmkMember *member = recorder->actor.member;
	SmkPayload	payload = smk_payload_begin();

	smk_payload_string(&payload, "from", stage_name(move->rules, from));
	smk_payload_string(&payload, "to", move->rules->stages[to].name);
	smk_payload_int(&payload, "cycle", cycle);
	smk_payload_string(&payload, "actor", member ? member->name : NULL);
	smk_payload_text(&payload, "reason", smk_lead_value(move->rules, &move->new, SMK_LEAD_REASON),
					 implied || smk_lead_null(move->rules, &move->new, SMK_LEAD_REASON));
	smk_payload_bool(&payload, "automatic", move->automatic);
	return smk_payload_end(&payload);
}

/* One step into the history.  Reason and note belong to the last one. */
static void
add_move(Recorder *recorder, const SmkMove *move, int from, int to, int cycle,
		 bool implied, const char *violation)
{
	const SmkMember *member = recorder->actor.member;
	Datum		values[lengthof(move_columns)];
	bool		nulls[lengthof(move_columns)] = {0};
	int			i = 0;

	values[i++] = smk_lead_value(move->rules, &move->new, SMK_LEAD_ID);
	values[i++] = Int32GetDatum(cycle);
	values[i] = text_or_null(stage_name(move->rules, from), &nulls[i]);
	i++;
	values[i++] = CStringGetTextDatum(move->rules->stages[to].name);
	values[i++] = TimestampTzGetDatum(moved_at(move));
	values[i] = text_or_null(member ? member->name : NULL, &nulls[i]);
	i++;
	values[i] = text_or_null(member ? smk_department_name(member->department) : NULL, &nulls[i]);
	i++;
	copy_column(recorder, &move->new, SMK_LEAD_REASON, &values[i], &nulls[i]);
	nulls[i] |= implied;
	i++;
	copy_column(recorder, &move->new, SMK_LEAD_NOTE, &values[i], &nulls[i]);
	nulls[i] |= implied;
	i++;
	copy_column(recorder, &move->new, SMK_LEAD_FIT, &values[i], &nulls[i]);
	i++;
	copy_column(recorder, &move->new, SMK_LEAD_ENGAGEMENT, &values[i], &nulls[i]);
	i++;
	copy_column(recorder, &move->new, SMK_LEAD_SCORE, &values[i], &nulls[i]);
	i++;
	values[i++] = BoolGetDatum(move->automatic);
	values[i++] = BoolGetDatum(implied);
	values[i] = text_or_null(violation, &nulls[i]);
	i++;
	values[i] = text_or_null(recorder->actor.batch, &nulls[i]);
	i++;
	nulls[i] = is_silent(move) || !writes_events(recorder);
	values[i] = nulls[i] ? (Datum) 0 : payload_of(recorder, move, from, to, cycle, implied);
	smk_batch_add(smk_batch_of(&recorder->moves, recorder->batch_context, "smk_move",
							   move_columns, lengthof(move_columns)), values, nulls);
}

/* The strings of an offer must outlive the row. */
static SmkOffer
describe_offer(Recorder *recorder, const SmkMove *move, int from, int to, int cycle)
{
	MemoryContext old = MemoryContextSwitchTo(recorder->batch_context);
	const SmkRules *rules = move->rules;
	SmkOffer	offer = {0};

	offer.lead_id = DatumGetInt64(smk_lead_value(rules, &move->new, SMK_LEAD_ID));
	offer.cycle = cycle;
	offer.from = from;
	offer.to = to;
	offer.at = moved_at(move);
	offer.silent = is_silent(move);
	offer.reason = smk_lead_text(rules, &move->new, SMK_LEAD_REASON);
	offer.note = smk_lead_text(rules, &move->new, SMK_LEAD_NOTE);
	offer.rule = -1;
	MemoryContextSwitchTo(old);
	return offer;
}

static SmkOffer *
open_to_sales(Recorder *recorder, const SmkMove *move, SmkOffer *offer)
{
	MemoryContext old = MemoryContextSwitchTo(recorder->batch_context);
	const SmkRules *rules = move->rules;

	offer->to_sales = true;
	offer->reason = offer->note = NULL;
	offer->lead_owner = smk_lead_text(rules, &move->new, SMK_LEAD_OWNER);
	if (!smk_lead_null(rules, &move->new, SMK_LEAD_ACCOUNT_ID))
		offer->account_id = DatumGetInt64(smk_lead_value(rules, &move->new, SMK_LEAD_ACCOUNT_ID));
	offer->rule = smk_routing_rule_of(rules, &move->new);
	MemoryContextSwitchTo(old);
	return smk_handoffs_offer(recorder->handoffs, offer);
}

/* Does leaving a stage of marketing decide a lead that sales gave back? */
static const char *
decision_of_marketing(const SmkMove *move, int to)
{
	const SmkMember *member = move->actor->member;
	bool		by_sales = !move->automatic && member != NULL && member->department == SMK_SALES;

	if (by_sales && move->rules->stages[to].department == SMK_SALES)
		return "withdrawn";
	return "accepted";
}

/* Handoffs that earlier steps of the same path have opened, or NULL. */
typedef struct Pending
{
	SmkOffer   *to_sales;
	SmkOffer   *to_marketing;
} Pending;

/*
 * An offer of this path is decided where it stands; an older one in the table.
 */
static void
decide_handoff(Recorder *recorder, const SmkOffer *offer, SmkOffer **pending)
{
	if (*pending == NULL)
		smk_handoffs_decide(recorder->handoffs, offer);
	else
	{
		(*pending)->decision = offer->decision;
		(*pending)->decided_at = offer->at;
		if (offer->to_sales)
		{
			(*pending)->reason = offer->reason;
			(*pending)->note = offer->note;
		}
	}
	*pending = NULL;
}

/* A handoff stage is left: what that says of the offer to sales. */
static void
leave_handoff_stage(Recorder *recorder, const SmkMove *move, const SmkOffer *step, Pending *pending)
{
	SmkOffer	offer = *step;

	if (move->origin == SMK_BY_DECISION && pending->to_sales == NULL)
		return;					/* the client has decided it */
	offer.to_sales = true;
	offer.decision = smk_decision_of_move(move->rules, &recorder->actor, step->to, step->reason,
										  move->automatic);
	decide_handoff(recorder, &offer, &pending->to_sales);
}

/* A stage of marketing is left: a lead that sales had given back is taken on. */
static void
leave_marketing(Recorder *recorder, const SmkMove *move, const SmkOffer *step, Pending *pending)
{
	SmkOffer	offer = *step;

	offer.to_sales = false;
	offer.decision = decision_of_marketing(move, step->to);
	offer.reason = offer.note = NULL;
	decide_handoff(recorder, &offer, &pending->to_marketing);
}

/* Has the lead stood in a stage of sales, which may have given it back? */
static bool
may_be_given_back(const SmkMove *move, const Pending *pending)
{
	return pending->to_marketing != NULL ||
		(!move->entry &&
		 DatumGetInt32(smk_lead_value(move->rules, &move->old, SMK_LEAD_SALES_CYCLE)) != 0);
}

/* What one step means for handoffs. */
static void
step_handoffs(Recorder *recorder, const SmkMove *move, int from, int to, int cycle,
			  Pending *pending)
{
	const SmkStage *source = from == SMK_NO_STAGE ? NULL : &move->rules->stages[from];
	const SmkStage *goal = &move->rules->stages[to];
	bool		from_sales = source && source->department == SMK_SALES;
	bool		leaves_handoff = source && source->kind == SMK_HANDOFF;
	bool		leaves_marketing = source && !from_sales && may_be_given_back(move, pending);
	bool		opens_to_sales = goal->kind == SMK_HANDOFF && !from_sales;
	bool		opens_to_marketing = from_sales && goal->department == SMK_MARKETING;
	SmkOffer	offer;

	if (!opens_to_sales && !opens_to_marketing && !leaves_handoff && !leaves_marketing)
		return;
	offer = describe_offer(recorder, move, from, to, cycle);
	if (leaves_handoff)
		leave_handoff_stage(recorder, move, &offer, pending);
	if (leaves_marketing)
		leave_marketing(recorder, move, &offer, pending);
	if (offer.silent)
		return;
	if (opens_to_sales)
		pending->to_sales = open_to_sales(recorder, move, &offer);
	if (opens_to_marketing)
		pending->to_marketing = smk_handoffs_offer(recorder->handoffs, &offer);
}

static void
note_account(Recorder *recorder, const SmkLead *lead)
{
	Datum		value;
	bool		isnull;

	copy_column(recorder, lead, SMK_LEAD_ACCOUNT_ID, &value, &isnull);
	if (!isnull)
		smk_batch_add(smk_batch_of(&recorder->accounts, recorder->context, "smk_account",
								   account_columns, lengthof(account_columns)), &value, &isnull);
}

/* Record each step of a path; gives the lead's counters afterwards. */
static SmkCycle
record_path(Recorder *recorder, const SmkMove *move, const SmkPath *path, const char *violation)
{
	const SmkRules *rules = move->rules;
	SmkCycle	cycle = {1, 0, DT_NOBEGIN};
	Pending		pending = {NULL, NULL};
	int64		id = DatumGetInt64(smk_lead_value(rules, &move->new, SMK_LEAD_ID));
	int			from = move->from;
	bool		success = from != SMK_NO_STAGE && rules->stages[from].kind == SMK_SUCCESS;

	if (!move->entry)
		cycle = smk_lead_cycle(rules, &move->old);
	for (int i = 0; i < path->length; i++)
	{
		int			to = path->stages[i];

		smk_advance(rules, from, to, moved_at(move), &cycle);
		add_move(recorder, move, from, to, cycle.cycle, i < path->length - 1, violation);
		step_handoffs(recorder, move, from, to, cycle.cycle, &pending);
		if (!is_silent(move))
			smk_clocks_event(recorder->clocks, id, recorder->rules->sla->stage[to], moved_at(move),
							 i < path->length - 1);
		success |= rules->stages[to].kind == SMK_SUCCESS;
		from = to;
	}
	if (success || cycle.customer_since != DT_NOBEGIN)
		note_account(recorder, &move->new);
	recorder->rows++;
	return cycle;
}

/*
 * A user's own trigger may have changed what the guard had computed: put our
 * columns right.
 */
static void
fix_own_columns(Recorder *recorder, const SmkMove *move, const SmkCycle *cycle,
				TimestampTz stored_since, bool stored_automatic)
{
	const SmkRules *rules = move->rules;
	SmkCycle	stored = smk_lead_cycle(rules, &move->new);
	Datum		values[lengthof(fix_columns)];
	bool		nulls[lengthof(fix_columns)] = {0};

	if (stored.cycle == cycle->cycle && stored.sales_cycle == cycle->sales_cycle &&
		stored.customer_since == cycle->customer_since &&
		stored_since == moved_at(move) && stored_automatic == move->automatic)
		return;
	values[0] = smk_lead_value(rules, &move->new, SMK_LEAD_ID);
	values[1] = TimestampTzGetDatum(moved_at(move));
	values[2] = BoolGetDatum(move->automatic);
	values[3] = Int32GetDatum(cycle->cycle);
	values[4] = Int32GetDatum(cycle->sales_cycle);
	values[5] = TimestampTzGetDatum(cycle->customer_since);
	nulls[5] = cycle->customer_since == DT_NOBEGIN;
	smk_batch_add(smk_batch_of(&recorder->fixes, recorder->context, "smk_fix",
							   fix_columns, lengthof(fix_columns)), values, nulls);
}

static void
set_since(SmkMove *move, TimestampTz at)
{
	smk_lead_value(move->rules, &move->new, SMK_LEAD_STAGE_SINCE) = TimestampTzGetDatum(at);
}

/*
 * What a refusal comes to: an error, or in observe mode a mark in the
 * history.  A stage that does not exist cannot be recorded in any mode.
 */
static const char *
settle(Recorder *recorder, SmkMove *move, const SmkRefusal *refusal)
{
	if (refusal->sqlstate == 0)
		return NULL;
	if (recorder->rules->mode != SMK_OBSERVE || move->to == SMK_NO_STAGE)
		smk_refuse(move, refusal);
	/* history stays in order, whatever else is wrong with the move */
	if (smk_judge_time(move).sqlstate != 0)
	{
		TimestampTz last = move->entry ? DT_NOBEGIN :
			DatumGetTimestampTz(smk_lead_value(move->rules, &move->old, SMK_LEAD_STAGE_SINCE));

		set_since(move, Max(Min(moved_at(move), recorder->now), last));
		if (TIMESTAMP_NOT_FINITE(moved_at(move)))
			set_since(move, recorder->now);
	}
	return pstrdup(unpack_sql_state(refusal->sqlstate));
}

static SmkMove
describe_move(Recorder *recorder, const SmkLead *old, const SmkLead *new)
{
	const SmkRules *rules = recorder->rules;
	SmkMove		move = {0};

	move.ws = recorder->ws;
	move.rules = rules;
	move.actor = &recorder->actor;
	move.origin = recorder->cause->origin;
	move.now = recorder->now;
	move.clock = recorder->clock;
	move.entry = old == NULL;
	move.from = SMK_NO_STAGE;
	move.new = *new;
	if (old != NULL)
	{
		move.old = *old;
		move.from = smk_stage_of_datum(rules, smk_lead_value(rules, old, SMK_LEAD_STAGE));
	}
	move.to = smk_stage_of_datum(rules, smk_lead_value(rules, new, SMK_LEAD_STAGE));
	return move;
}

static void
judge_and_record(Recorder *recorder, SmkMove *move, TimestampTz stored_since, bool stored_automatic)
{
	SmkPath		path;
	bool		found = smk_find_path(move, &path);
	SmkRefusal	refusal = smk_judge(move, &path, found);
	const char *violation = settle(recorder, move, &refusal);
	SmkCycle	cycle = record_path(recorder, move, &path, violation);

	fix_own_columns(recorder, move, &cycle, stored_since, stored_automatic);
}

static bool
stored_automatic(const SmkMove *move)
{
	return DatumGetBool(smk_lead_value(move->rules, &move->new, SMK_LEAD_STAGE_AUTOMATIC));
}

static void
record_entry(Recorder *recorder, const SmkLead *lead)
{
	SmkMove		move = describe_move(recorder, NULL, lead);
	const SmkTransition *due;
	Datum		values[lengthof(due_columns)];
	bool		nulls[lengthof(due_columns)] = {0};

	judge_and_record(recorder, &move, moved_at(&move), stored_automatic(&move));
	if (recorder->actor.batch != NULL || is_silent(&move))
		return;
	due = smk_due_transition(recorder->rules, move.to, NULL, lead, NULL);
	if (due == NULL)
		return;
	values[0] = smk_lead_value(recorder->rules, lead, SMK_LEAD_ID);
	values[1] = CStringGetTextDatum(recorder->rules->stages[move.to].name);
	values[2] = CStringGetTextDatum(recorder->rules->stages[due->to].name);
	smk_batch_add(smk_batch_of(&recorder->dues, recorder->context, "smk_due",
							   due_columns, lengthof(due_columns)), values, nulls);
}

/*
 * Was the move automatic, as the row says?  Only if a rule makes it; the kinds
 * of an activity are taken for granted.
 */
static bool
is_automatic(const Recorder *recorder, SmkMove *move)
{
	const SmkRules *rules = move->rules;
	const SmkTransition *transition;
	Datum		stage = smk_lead_value(rules, &move->new, SMK_LEAD_STAGE);
	bool		holds;

	if (move->origin == SMK_BY_RULE)
		return true;
	if (!stored_automatic(move) || move->to == SMK_NO_STAGE)
		return false;
	transition = smk_transition(rules, move->from, move->to);
	if (transition == NULL ||
		(!transition->automatic_when.present && move->origin != SMK_BY_ACTIVITY))
		return false;
	if (!transition->automatic_when.present)
		return true;
	/* automatic_when sees the stage before the move */
	smk_lead_value(rules, &move->new, SMK_LEAD_STAGE) = smk_lead_value(rules, &move->old, SMK_LEAD_STAGE);
	holds = smk_rule_holds(&transition->automatic_when, move->new.values, move->new.nulls);
	smk_lead_value(rules, &move->new, SMK_LEAD_STAGE) = stage;
	return holds;
}

static void
record_move(Recorder *recorder, const SmkLead *old, const SmkLead *new)
{
	SmkMove		move = describe_move(recorder, old, new);
	TimestampTz since = moved_at(&move);
	TimestampTz last = DatumGetTimestampTz(smk_lead_value(move.rules, old, SMK_LEAD_STAGE_SINCE));
	bool		automatic = stored_automatic(&move);

	move.automatic = is_automatic(recorder, &move);
	/* a stage that was changed behind the guard's back has the old time */
	if (since == last && recorder->actor.batch == NULL)
		set_since(&move, Max(last, recorder->now));
	judge_and_record(recorder, &move, since, automatic);
}

static void
refuse_new_id(const Recorder *recorder, const SmkLead *old)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_APPEND_ONLY),
			 errmsg("the id of lead " INT64_FORMAT " cannot change",
					DatumGetInt64(smk_lead_value(recorder->rules, old, SMK_LEAD_ID))),
			 errdetail("The lead's history refers to it."),
			 errhint("Keep keys of other systems in external_id."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, recorder->ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "lead"),
			 err_generic_string(PG_DIAG_COLUMN_NAME, "id")));
}

static void
check_new_reason(const Recorder *recorder, const SmkLead *old, const SmkLead *new)
{
	char	   *name = smk_lead_text(recorder->rules, new, SMK_LEAD_REASON);

	if (name == NULL || recorder->rules->mode == SMK_OBSERVE ||
		smk_same_text(recorder->rules, old, new, SMK_LEAD_REASON) ||
		smk_reason_find(recorder->rules, name) != NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SMK_REASON),
			 errmsg("reason \"%s\" does not exist", name),
			 errhint("See table reason for the ones agreed on."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, recorder->ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "lead"),
			 err_generic_string(PG_DIAG_COLUMN_NAME, "reason")));
}

static void
withdraw_handoffs(Recorder *recorder, const SmkLead *lead, TimestampTz at)
{
	SmkOffer	offer = {0};

	offer.lead_id = DatumGetInt64(smk_lead_value(recorder->rules, lead, SMK_LEAD_ID));
	offer.cycle = DatumGetInt32(smk_lead_value(recorder->rules, lead, SMK_LEAD_CYCLE));
	offer.at = at;
	offer.decision = "withdrawn";
	offer.to_sales = true;
	smk_handoffs_decide(recorder->handoffs, &offer);
	offer.to_sales = false;
	smk_handoffs_decide(recorder->handoffs, &offer);
	recorder->rows++;
}

/* A lead that stays where it is: our columns must not have moved either. */
static void
check_unmoved(Recorder *recorder, const SmkLead *old, const SmkLead *new)
{
	const SmkRules *rules = recorder->rules;
	SmkMove		move = describe_move(recorder, old, new);
	TimestampTz since = moved_at(&move);
	SmkCycle	cycle = smk_lead_cycle(rules, old);

	check_new_reason(recorder, old, new);
	set_since(&move, DatumGetTimestampTz(smk_lead_value(rules, old, SMK_LEAD_STAGE_SINCE)));
	move.automatic = DatumGetBool(smk_lead_value(rules, old, SMK_LEAD_STAGE_AUTOMATIC));
	fix_own_columns(recorder, &move, &cycle, since, stored_automatic(&move));
}

static void
forget_lead(Recorder *recorder, const SmkLead *lead)
{
	withdraw_handoffs(recorder, lead, recorder->now);
	if (!smk_lead_null(recorder->rules, lead, SMK_LEAD_CUSTOMER_SINCE))
		note_account(recorder, lead);
	smk_clocks_cancel(recorder->clocks, DatumGetInt64(smk_lead_value(recorder->rules, lead, SMK_LEAD_ID)),
					  recorder->now, "deleted", NULL);
}

static bool
truth(const Recorder *recorder, const SmkLead *lead, SmkLeadColumn column)
{
	return !smk_lead_null(recorder->rules, lead, column) &&
		DatumGetBool(smk_lead_value(recorder->rules, lead, column));
}

/* Clocks stop for a lead that nobody may work on, and stand still while it waits. */
static void
follow_clocks(Recorder *recorder, const SmkLead *old, const SmkLead *new)
{
	const SmkRules *rules = recorder->rules;
	int64		id = DatumGetInt64(smk_lead_value(rules, new, SMK_LEAD_ID));
	TimestampTz at = DatumGetTimestampTz(smk_lead_value(rules, new, SMK_LEAD_STAGE_SINCE));
	TimestampTz until = smk_paused_until(rules, new, recorder->now);

	if (smk_lead_null(rules, old, SMK_LEAD_EXCLUDED) && !smk_lead_null(rules, new, SMK_LEAD_EXCLUDED))
		smk_clocks_cancel(recorder->clocks, id, recorder->now, "excluded", NULL);
	if (!truth(recorder, old, SMK_LEAD_DO_NOT_CONTACT) && truth(recorder, new, SMK_LEAD_DO_NOT_CONTACT))
		smk_clocks_cancel(recorder->clocks, id, recorder->now, "do_not_contact", NULL);
	if (until != smk_paused_until(rules, old, recorder->now))
		smk_clocks_pause(recorder->clocks, id,
						 smk_same_text(rules, old, new, SMK_LEAD_STAGE) ? recorder->now : at, until);
}

static void
note_included(Recorder *recorder, const SmkLead *lead)
{
	MemoryContext old = MemoryContextSwitchTo(recorder->context);

	if (recorder->included == NULL)
		recorder->included = smk_leads_create();
	smk_leads_enter(recorder->included, DatumGetInt64(smk_lead_value(recorder->rules, lead, SMK_LEAD_ID)));
	MemoryContextSwitchTo(old);
}

static void
record_change(Recorder *recorder, const SmkLead *old, const SmkLead *new)
{
	const SmkRules *rules = recorder->rules;

	if (smk_lead_value(rules, old, SMK_LEAD_ID) != smk_lead_value(rules, new, SMK_LEAD_ID))
		refuse_new_id(recorder, old);
	if (smk_same_text(rules, old, new, SMK_LEAD_STAGE))
		check_unmoved(recorder, old, new);
	else
		record_move(recorder, old, new);
	if (smk_lead_null(rules, old, SMK_LEAD_EXCLUDED) && !smk_lead_null(rules, new, SMK_LEAD_EXCLUDED))
		withdraw_handoffs(recorder, new, recorder->now);
	if (!smk_lead_null(rules, old, SMK_LEAD_EXCLUDED) && smk_lead_null(rules, new, SMK_LEAD_EXCLUDED))
		note_included(recorder, new);
	if (rules->sla->ncommitments > 0)
		follow_clocks(recorder, old, new);
	if (!smk_lead_null(rules, new, SMK_LEAD_CUSTOMER_SINCE) &&
		(smk_lead_null(rules, old, SMK_LEAD_ACCOUNT_ID) != smk_lead_null(rules, new, SMK_LEAD_ACCOUNT_ID) ||
		 smk_lead_value(rules, old, SMK_LEAD_ACCOUNT_ID) != smk_lead_value(rules, new, SMK_LEAD_ACCOUNT_ID)))
	{
		note_account(recorder, old);
		note_account(recorder, new);
	}
}

/* ---------- the triggers ---------- */

static SmkLead
row_of(TupleTableSlot *slot)
{
	SmkLead		lead = {slot ? slot->tts_values : NULL, slot ? slot->tts_isnull : NULL};

	return lead;
}

static void
record_row(Recorder *recorder, TupleTableSlot *old, TupleTableSlot *new)
{
	MemoryContext caller = MemoryContextSwitchTo(recorder->row_context);
	SmkLead		before = row_of(old);
	SmkLead		after = row_of(new);

	if (old == NULL)
		record_entry(recorder, &after);
	else if (new == NULL)
		forget_lead(recorder, &before);
	else
		record_change(recorder, &before, &after);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(recorder->row_context);
	if (recorder->rows >= BATCH_ROWS)
		write_batches(recorder);
}

/* Does it matter for a row whether outer statements are recorded before it? */
static bool
has_its_turn(const Recorder *recorder, TupleTableSlot *old, TupleTableSlot *new)
{
	SmkLead		before = row_of(old);
	SmkLead		after = row_of(new);

	return old == NULL || new == NULL ||
		!smk_same_text(recorder->rules, &before, &after, SMK_LEAD_STAGE) ||
		!smk_same_text(recorder->rules, &before, &after, SMK_LEAD_EXCLUDED);
}

static void
end_slot(TupleTableSlot *slot)
{
	if (slot)
		ExecDropSingleTupleTableSlot(slot);
}

/* Rows that are read back from disk are the slot's: they must not stand in row_context. */
static void
for_each_row(Recorder *recorder, TriggerData *data, bool inside)
{
	Tuplestorestate *old_store = data->tg_oldtable;
	Tuplestorestate *new_store = data->tg_newtable;
	TupleTableSlot *old = old_store ? smk_rows_begin(data->tg_relation, old_store) : NULL;
	TupleTableSlot *new = new_store ? smk_rows_begin(data->tg_relation, new_store) : NULL;
	SmkNested  *nested = NULL;

	while ((old == NULL || smk_next_row(old_store, old)) &&
		   (new == NULL || smk_next_row(new_store, new)))
	{
		if (!inside || !has_its_turn(recorder, old, new))
			record_row(recorder, old, new);
		else
		{
			if (nested == NULL)
				nested = smk_nested_keep(recorder->ws, recorder->cause->origin, &recorder->actor);
			smk_nested_add(nested, old, new);
		}
	}
	end_slot(old);
	end_slot(new);
}

static void
store_row(TupleTableSlot *slot, MinimalTuple row)
{
	ExecStoreMinimalTuple(row, slot, false);
	slot_getallattrs(slot);
}

/* What an inner statement has left, as if it came now. */
static void
record_nested(Relation rel, SmkWorkspace *ws, const SmkNested *nested)
{
	Recorder   *recorder = begin(ws);
	SmkCause	cause = *recorder->cause;
	TupleTableSlot *old = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	TupleTableSlot *new = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	ListCell   *before;
	ListCell   *after;

	cause.origin = nested->origin;
	recorder->cause = &cause;
	recorder->actor = nested->actor;
	forboth(before, nested->old, after, nested->new)
	{
		if (lfirst(before) != NULL)
			store_row(old, lfirst(before));
		if (lfirst(after) != NULL)
			store_row(new, lfirst(after));
		record_row(recorder, lfirst(before) ? old : NULL, lfirst(after) ? new : NULL);
	}
	finish(recorder);
	end_slot(old);
	end_slot(new);
}

PG_FUNCTION_INFO_V1(smk_lead_recorder);

Datum
smk_lead_recorder(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "lead_recorder", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);
	bool		inside;
	ListCell   *lc;

	smk_check_table(ws, data->tg_relation, SMK_TABLE_LEAD);
	smk_pin(ws);
	smk_refuse_children(data->tg_relation);
	inside = smk_nested_end(ws);
	if ((!smk_no_rows(data->tg_oldtable) || !smk_no_rows(data->tg_newtable)) &&
		smk_cause(ws)->origin != SMK_BY_CORRECTION && smk_cause(ws)->origin != SMK_BY_SCORE)
	{
		Recorder   *recorder = begin(ws);

		if (recorder->cause->origin == SMK_BY_CLIENT)
			smk_require_actor(ws, recorder->rules, &recorder->actor, "lead");
		for_each_row(recorder, data, inside);
		finish(recorder);
	}
	foreach(lc, smk_nested_take(ws))
	{
		record_nested(data->tg_relation, ws, lfirst(lc));
		smk_nested_free(lfirst(lc));
	}
	smk_statement_ends(ws);
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(smk_lead_truncated);

/* AFTER TRUNCATE on lead: what was open is withdrawn, the history stays. */
Datum
smk_lead_truncated(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "lead_truncated", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);
	SmkStatement statement = {0};

	smk_check_table(ws, data->tg_relation, SMK_TABLE_LEAD);
	statement.text = "UPDATE %s.handoff SET decision = 'withdrawn', decided_at = pg_catalog.now()"
		" WHERE decision IS NULL";
	smk_run(ws, SMK_BY_LEAD, NULL, &statement);
	statement.text = "UPDATE %s.sla_clock SET cancelled_at = GREATEST(pg_catalog.now(), started_at),"
		" cancel_reason = 'deleted', ended_recorded_at = pg_catalog.now()"
		" WHERE ended_at IS NULL AND cancelled_at IS NULL";
	smk_run(ws, SMK_BY_LEAD, NULL, &statement);
	return PointerGetDatum(NULL);
}
