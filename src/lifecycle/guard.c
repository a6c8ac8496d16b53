/*
 * guard.c
 *		BEFORE ROW on lead: computes, and refuses no move.
 *
 * Nothing is judged before a row is written, because a BEFORE INSERT trigger
 * also fires for the proposed row of INSERT … ON CONFLICT DO UPDATE, which may
 * never be inserted.  So on INSERT the guard fills what nobody else can; on
 * UPDATE it protects its own columns, makes the automatic move that is due,
 * and keeps the lead's counters.  No SPI, no side effect.
 */
#include "lifecycle/move.h"
#include "lifecycle/trigger.h"
#include "scoring/scoring.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* A client's value for these is ignored. */
static const SmkLeadColumn own_columns[] = {
	SMK_LEAD_FIT, SMK_LEAD_ENGAGEMENT, SMK_LEAD_SCORE, SMK_LEAD_BAND, SMK_LEAD_PERSONA,
	SMK_LEAD_ENGAGEMENT_STATE, SMK_LEAD_ENGAGEMENT_PURGED, SMK_LEAD_ENGAGEMENT_PURGED_AT,
	SMK_LEAD_ENGAGEMENT_AT,
	SMK_LEAD_SCORE_GENERATION, SMK_LEAD_DUPLICATE_ALLOWED, SMK_LEAD_CREATED_AT,
	SMK_LEAD_CYCLE, SMK_LEAD_SALES_CYCLE, SMK_LEAD_CUSTOMER_SINCE,
	SMK_LEAD_STAGE_AUTOMATIC, SMK_LEAD_FOLLOW_UP_RAISED_ON, SMK_LEAD_UPDATED_AT
};

/* The first value of these stays. */
static const SmkLeadColumn first_touch_columns[] = {
	SMK_LEAD_ORIGIN, SMK_LEAD_SOURCE, SMK_LEAD_CAMPAIGN
};

typedef struct Guard
{
	SmkWorkspace *ws;
	const SmkRules *rules;
	const SmkCause *cause;
	SmkLead		old;
	SmkLead		new;
	bool		import;
	SmkActivityLead *change;	/* what an internal statement brings; or NULL */
	TimestampTz scored_at;		/* the instant of the new row's scores */
} Guard;

static void
set_value(Guard *guard, SmkLeadColumn column, Datum value)
{
	smk_lead_value(guard->rules, &guard->new, column) = value;
	smk_lead_null(guard->rules, &guard->new, column) = false;
}

static void
set_null(Guard *guard, SmkLeadColumn column)
{
	smk_lead_null(guard->rules, &guard->new, column) = true;
	smk_lead_value(guard->rules, &guard->new, column) = (Datum) 0;
}

static void
copy_value(Guard *guard, const SmkLead *from, SmkLeadColumn source, SmkLeadColumn goal)
{
	smk_lead_value(guard->rules, &guard->new, goal) = smk_lead_value(guard->rules, from, source);
	smk_lead_null(guard->rules, &guard->new, goal) = smk_lead_null(guard->rules, from, source);
}

static bool
is_null(const Guard *guard, SmkLeadColumn column)
{
	return smk_lead_null(guard->rules, &guard->new, column);
}

static void
set_cycle(Guard *guard, const SmkCycle *cycle)
{
	set_value(guard, SMK_LEAD_CYCLE, Int32GetDatum(cycle->cycle));
	set_value(guard, SMK_LEAD_SALES_CYCLE, Int32GetDatum(cycle->sales_cycle));
	if (cycle->customer_since == DT_NOBEGIN)
		set_null(guard, SMK_LEAD_CUSTOMER_SINCE);
	else
		set_value(guard, SMK_LEAD_CUSTOMER_SINCE, TimestampTzGetDatum(cycle->customer_since));
}

static void
clear_own_columns(Guard *guard)
{
	set_null(guard, SMK_LEAD_ENGAGEMENT_PURGED);
	set_null(guard, SMK_LEAD_ENGAGEMENT_PURGED_AT);
	set_null(guard, SMK_LEAD_FOLLOW_UP_RAISED_ON);
	set_value(guard, SMK_LEAD_STAGE_AUTOMATIC, BoolGetDatum(false));
	set_value(guard, SMK_LEAD_DUPLICATE_ALLOWED, BoolGetDatum(guard->rules->allow_duplicates));
	set_value(guard, SMK_LEAD_CREATED_AT, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
}

static void
guard_insert(Guard *guard)
{
	const SmkRules *rules = guard->rules;
	SmkCycle	cycle = {1, 0, DT_NOBEGIN};
	int			stage;

	clear_own_columns(guard);
	set_value(guard, SMK_LEAD_UPDATED_AT, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	if (is_null(guard, SMK_LEAD_STAGE))
		set_value(guard, SMK_LEAD_STAGE, CStringGetTextDatum(rules->entry_stage));
	if (is_null(guard, SMK_LEAD_STAGE_SINCE))
		set_value(guard, SMK_LEAD_STAGE_SINCE,
				  TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	if (is_null(guard, SMK_LEAD_ORIGIN))
		set_value(guard, SMK_LEAD_ORIGIN, CStringGetTextDatum(guard->import ? "import" : "inbound"));
	if (is_null(guard, SMK_LEAD_LATEST_CAMPAIGN))
		copy_value(guard, &guard->new, SMK_LEAD_CAMPAIGN, SMK_LEAD_LATEST_CAMPAIGN);
	smk_set_persona(rules, &guard->new);
	stage = smk_stage_of_datum(rules, smk_lead_value(rules, &guard->new, SMK_LEAD_STAGE));
	if (stage != SMK_NO_STAGE)
		smk_advance(rules, SMK_NO_STAGE, stage,
					DatumGetTimestampTz(smk_lead_value(rules, &guard->new, SMK_LEAD_STAGE_SINCE)),
					&cycle);
	set_cycle(guard, &cycle);
	smk_score_entry(rules, &guard->new, GetCurrentTransactionStartTimestamp());
}

/* A later source or campaign does not replace the first one. */
static void
keep_first_touch(Guard *guard)
{
	if (!is_null(guard, SMK_LEAD_CAMPAIGN) &&
		!smk_same_text(guard->rules, &guard->old, &guard->new, SMK_LEAD_CAMPAIGN) &&
		smk_same_text(guard->rules, &guard->old, &guard->new, SMK_LEAD_LATEST_CAMPAIGN))
		copy_value(guard, &guard->new, SMK_LEAD_CAMPAIGN, SMK_LEAD_LATEST_CAMPAIGN);
	for (int i = 0; i < (int) lengthof(first_touch_columns); i++)
	{
		if (!smk_lead_null(guard->rules, &guard->old, first_touch_columns[i]))
			copy_value(guard, &guard->old, first_touch_columns[i], first_touch_columns[i]);
	}
}

static void
keep_own_columns(Guard *guard)
{
	for (int i = 0; i < (int) lengthof(own_columns); i++)
		copy_value(guard, &guard->old, own_columns[i], own_columns[i]);
	if (!smk_same_text(guard->rules, &guard->old, &guard->new, SMK_LEAD_EMAIL))
		set_value(guard, SMK_LEAD_DUPLICATE_ALLOWED, BoolGetDatum(guard->rules->allow_duplicates));
}

/*
 * The time of a move: what the client set, if it set anything; else now, or
 * the last change where that is later (another transaction that began after
 * ours may have committed it).
 */
static TimestampTz
move_time(const Guard *guard)
{
	TimestampTz last = DatumGetTimestampTz(smk_lead_value(guard->rules, &guard->old, SMK_LEAD_STAGE_SINCE));
	TimestampTz given;

	if (!is_null(guard, SMK_LEAD_STAGE_SINCE))
	{
		given = DatumGetTimestampTz(smk_lead_value(guard->rules, &guard->new, SMK_LEAD_STAGE_SINCE));
		if (guard->import || given != last)
			return given;
	}
	return Max(GetCurrentTransactionStartTimestamp(), last);
}

/* A move into a stage that needs no reason clears reason and note. */
static void
clear_reason(Guard *guard, const SmkMove *move, const SmkPath *path, bool found)
{
	const SmkTransition *last;

	if (!found)
		return;
	last = smk_transition(guard->rules,
						  path->length > 1 ? path->stages[path->length - 2] : move->from, move->to);
	if (last->reason_kind == NULL)
	{
		set_null(guard, SMK_LEAD_REASON);
		set_null(guard, SMK_LEAD_NOTE);
	}
}

static void
follow_move(Guard *guard, int from, int to)
{
	SmkActor	actor = smk_actor(guard->ws, guard->rules);
	SmkMove		move = {0};
	SmkPath		path;
	SmkCycle	cycle = smk_lead_cycle(guard->rules, &guard->old);
	TimestampTz at = move_time(guard);
	bool		found;

	move.ws = guard->ws;
	move.rules = guard->rules;
	move.actor = &actor;
	move.origin = guard->cause->origin;
	move.from = from;
	move.to = to;
	found = smk_find_path(&move, &path);
	set_value(guard, SMK_LEAD_STAGE_SINCE, TimestampTzGetDatum(at));
	if (to != SMK_NO_STAGE)
	{
		for (int i = 0; i < path.length; i++)
		{
			smk_advance(guard->rules, from, path.stages[i], at, &cycle);
			from = path.stages[i];
		}
	}
	set_cycle(guard, &cycle);
	clear_reason(guard, &move, &path, found);
	smk_score_again(guard->rules, &guard->old, &guard->new, guard->scored_at);
}

/* What the internal statement that updates this lead has to say of it. */
static SmkActivityLead *
change_of_lead(const Guard *guard)
{
	int64		id = DatumGetInt64(smk_lead_value(guard->rules, &guard->old, SMK_LEAD_ID));

	if (guard->cause->origin != SMK_BY_ACTIVITY && guard->cause->origin != SMK_BY_SCORE)
		return NULL;
	return hash_search((HTAB *) guard->cause->data, &id, HASH_FIND, NULL);
}

static void
make_automatic_move(Guard *guard, int from)
{
	const SmkTransition *due;
	SmkLead		before;

	if (guard->import || !is_null(guard, SMK_LEAD_EXCLUDED) || guard->cause->origin == SMK_BY_SCORE ||
		!smk_moves_automatically(guard->rules, from))
		return;
	before = smk_score_before(guard->rules, &guard->old, guard->change, guard->scored_at);
	due = smk_due_transition(guard->rules, from, &before, &guard->new,
							 guard->change ? guard->change->kinds : NULL);
	if (due == NULL)
		return;
	set_value(guard, SMK_LEAD_STAGE, CStringGetTextDatum(guard->rules->stages[due->to].name));
	copy_value(guard, &guard->old, SMK_LEAD_STAGE_SINCE, SMK_LEAD_STAGE_SINCE);
	set_value(guard, SMK_LEAD_STAGE_AUTOMATIC, BoolGetDatum(true));
	follow_move(guard, from, due->to);
}

/* False: the row is not to be written now. */
static bool
guard_update(Guard *guard)
{
	const SmkRules *rules = guard->rules;
	bool		automatic = guard->cause->origin == SMK_BY_RULE;
	int			from;

	guard->change = change_of_lead(guard);
	keep_own_columns(guard);
	keep_first_touch(guard);
	set_value(guard, SMK_LEAD_UPDATED_AT, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	smk_set_persona(rules, &guard->new);
	if (!smk_score_update(rules, &guard->old, &guard->new, guard->change,
						  GetCurrentTransactionStartTimestamp(), &guard->scored_at))
		return false;
	if (is_null(guard, SMK_LEAD_STAGE))
		return true;			/* the column's own constraint says it */
	from = smk_stage_of_datum(rules, smk_lead_value(rules, &guard->old, SMK_LEAD_STAGE));
	if (smk_same_text(rules, &guard->old, &guard->new, SMK_LEAD_STAGE))
	{
		copy_value(guard, &guard->old, SMK_LEAD_STAGE_SINCE, SMK_LEAD_STAGE_SINCE);
		make_automatic_move(guard, from);
		return true;
	}
	set_value(guard, SMK_LEAD_STAGE_AUTOMATIC, BoolGetDatum(automatic));
	follow_move(guard, from,
				smk_stage_of_datum(rules, smk_lead_value(rules, &guard->new, SMK_LEAD_STAGE)));
	return true;
}

static void
refuse_partition(Relation rel)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_WORKSPACE),
			 errmsg("table \"lead\" of a workspace cannot be partitioned"),
			 errdetail("Rows of partition \"%s\" would slip past the agreement.",
					   RelationGetRelationName(rel)),
			 errhint("Keep the leads in one table; activity, event and config_change may be partitioned."),
			 errtable(rel)));
}

PG_FUNCTION_INFO_V1(smk_lead_guard);

Datum
smk_lead_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "lead_guard", true, true);
	Relation	rel = data->tg_relation;
	TupleDesc	desc = RelationGetDescr(rel);
	bool		update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	Guard		guard = {0};

	if (rel->rd_rel->relispartition)
		refuse_partition(rel);
	guard.ws = smk_workspace_of(rel);
	smk_check_table(guard.ws, rel, SMK_TABLE_LEAD);
	guard.rules = smk_rules(guard.ws);
	guard.cause = smk_cause(guard.ws);
	guard.import = smk_importing();
	guard.new = smk_lead_of_tuple(update ? data->tg_newtuple : data->tg_trigtuple, desc);
	if (update && (guard.cause->origin == SMK_BY_CORRECTION || guard.cause->origin == SMK_BY_ERASURE))
		return PointerGetDatum(data->tg_newtuple);
	if (update)
	{
		guard.old = smk_lead_of_tuple(data->tg_trigtuple, desc);
		if (!guard_update(&guard))
			return PointerGetDatum(NULL);
	}
	else
		guard_insert(&guard);
	return PointerGetDatum(heap_form_tuple(desc, guard.new.values, guard.new.nulls));
}
