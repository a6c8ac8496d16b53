/*
 * activity.c
 *		What an activity does: it may move its lead, and marketing's first touch
 *		accepts a lead that sales has given back.  An activity that does none of
 *		it does not touch table lead.
 */
#include "handoff/handoff.h"
#include "lifecycle/move.h"
#include "lifecycle/trigger.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

typedef enum Column
{
	LEAD_ID, KIND, AT, RECORDED_AT, ACTOR, COLUMNS
} Column;

static const char *const column_names[COLUMNS] = {
	[LEAD_ID] = "lead_id", [KIND] = "kind", [AT] = "at", [RECORDED_AT] = "recorded_at",
	[ACTOR] = "actor"
};

static const Oid column_types[COLUMNS] = {
	[LEAD_ID] = INT8OID, [KIND] = TEXTOID, [AT] = TIMESTAMPTZOID, [RECORDED_AT] = TIMESTAMPTZOID,
	[ACTOR] = TEXTOID
};

typedef struct Shape
{
	AttrNumber	column[COLUMNS];
} Shape;

typedef struct Activities
{
	SmkWorkspace *ws;
	const SmkRules *rules;
	SmkActor	actor;
	Shape		shape;
	TimestampTz now;
	TimestampTz clock;
	HTAB	   *asking;			/* SmkActivityLead: leads that may move */
	SmkClocks  *clocks;
	HTAB	   *touched;		/* TouchedLead: leads that marketing has touched */
} Activities;

typedef struct TouchedLead
{
	int64		id;
	TimestampTz at;				/* of the latest touch */
} TouchedLead;

static const SmkBatchColumn asking_columns[] = {{"lead_id", INT8OID}, {"stages", TEXTARRAYOID}};

static Shape
shape_of(Relation rel)
{
	Shape		shape;

	for (int i = 0; i < COLUMNS; i++)
		shape.column[i] = smk_column(rel, column_names[i], column_types[i]);
	return shape;
}

/* ---------- the guard ---------- */

PG_FUNCTION_INFO_V1(smk_activity_guard);

/* BEFORE ROW on activity: who did it, where the row does not say; when it was recorded. */
Datum
smk_activity_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "activity_guard", true, true);
	Relation	rel = data->tg_relation;
	SmkWorkspace *ws = smk_workspace_of(rel);
	const SmkRules *rules = smk_rules(ws);
	Shape		shape = shape_of(rel);
	HeapTuple	tuple = data->tg_trigtuple;
	SmkActor	actor;
	int			columns[3];
	Datum		values[3];
	bool		nulls[3] = {false, false, false};
	bool		isnull;
	int			n = 0;

	smk_refuse_unarmed_partition(rel, "smarketing_record_insert");
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		return PointerGetDatum(data->tg_newtuple);
	columns[n] = shape.column[RECORDED_AT];
	values[n++] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	heap_getattr(tuple, shape.column[AT], RelationGetDescr(rel), &isnull);
	if (isnull)
	{
		columns[n] = shape.column[AT];
		values[n++] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	}
	heap_getattr(tuple, shape.column[ACTOR], RelationGetDescr(rel), &isnull);
	actor = smk_actor(ws, rules);
	if (isnull && actor.member != NULL)
	{
		columns[n] = shape.column[ACTOR];
		values[n++] = CStringGetTextDatum(actor.member->name);
	}
	return PointerGetDatum(heap_modify_tuple_by_cols(tuple, RelationGetDescr(rel), n, columns,
													 values, nulls));
}

/* ---------- the recorder ---------- */

static HTAB *
ids_of_leads(const char *name, Size entrysize)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(int64);
	ctl.entrysize = entrysize;
	ctl.hcxt = CurrentMemoryContext;
	return hash_create(name, 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
refuse_unknown_kind(const Activities *activities, const char *kind)
{
	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("activity kind \"%s\" does not exist", kind),
			 errdetail("Key (name)=(%s) is not present in table \"activity_kind\".", kind),
			 errhint("Insert it into table activity_kind, with what it counts as."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, activities->ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "activity"),
			 err_generic_string(PG_DIAG_COLUMN_NAME, "kind")));
}

static void
refuse_future(const Activities *activities, TimestampTz at)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_TIME),
			 errmsg("an activity cannot have happened at %s", timestamptz_to_str(at)),
			 TIMESTAMP_IS_NOBEGIN(at) ? errdetail("An activity has a time.") :
			 errdetail("It is %s.", pstrdup(timestamptz_to_str(activities->clock))),
			 errhint("Record an activity when it has happened; plans belong elsewhere."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, activities->ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "activity"),
			 err_generic_string(PG_DIAG_COLUMN_NAME, "at")));
}

static void
tell_clocks(const Activities *activities, const SmkActivityKind *kind, int number,
			int64 lead_id, TimestampTz at)
{
	const SmkSlaRules *sla = activities->rules->sla;

	if (sla->nevents == 0)
		return;
	smk_clocks_event(activities->clocks, lead_id, sla->kind[number], at, false);
	if (kind->is_touch)
		smk_clocks_event(activities->clocks, lead_id, sla->touch, at, false);
	if (kind->is_attempt)
		smk_clocks_event(activities->clocks, lead_id, sla->attempt, at, false);
	if (kind->is_contact)
		smk_clocks_event(activities->clocks, lead_id, sla->contact, at, false);
}

static void
note_touch(Activities *activities, int64 lead_id, TimestampTz at)
{
	bool		found;
	TouchedLead *lead = hash_search(activities->touched, &lead_id, HASH_ENTER, &found);

	lead->at = found ? Max(lead->at, at) : at;
}

static void
consider(Activities *activities, TupleTableSlot *slot)
{
	const SmkRules *rules = activities->rules;
	AttrNumber *column = activities->shape.column;
	int64		lead_id = DatumGetInt64(slot->tts_values[column[LEAD_ID] - 1]);
	TimestampTz at = DatumGetTimestampTz(slot->tts_values[column[AT] - 1]);
	int			kind = smk_kind_of_datum(rules, slot->tts_values[column[KIND] - 1]);
	SmkActivityLead *lead;
	bool		found;

	if (kind < 0)
		refuse_unknown_kind(activities, TextDatumGetCString(slot->tts_values[column[KIND] - 1]));
	if ((at > activities->clock && at > activities->now) || TIMESTAMP_IS_NOBEGIN(at))
		refuse_future(activities, at);
	tell_clocks(activities, &rules->kinds[kind], kind, lead_id, at);
	if (rules->kinds[kind].is_touch && rules->kinds[kind].department == SMK_MARKETING)
		note_touch(activities, lead_id, at);
	if (!rules->kinds[kind].moves || activities->actor.batch != NULL)
		return;
	lead = hash_search(activities->asking, &lead_id, HASH_ENTER, &found);
	if (!found)
		lead->kinds = NULL;
	lead->kinds = bms_add_member(lead->kinds, kind);
}

/* The stages from which some of these kinds move a lead. */
static Datum
stages_moved_by(const SmkRules *rules, const Bitmapset *kinds)
{
	Datum	   *names = palloc(sizeof(Datum) * Max(rules->nstages, 1));
	int			n = 0;

	for (int from = 0; from < rules->nstages; from++)
	{
		bool		moved = false;

		for (int to = 0; to < rules->nstages; to++)
		{
			const SmkTransition *transition = smk_transition(rules, from, to);

			moved |= transition != NULL && bms_overlap(transition->automatic_on, kinds);
		}
		if (moved)
			names[n++] = CStringGetTextDatum(rules->stages[from].name);
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* One UPDATE, in id order, of the leads that stand where an activity moves them from. */
static void
move_asking_leads(Activities *activities)
{
	SmkBatch   *batch = smk_batch_create("smk_asking", asking_columns, lengthof(asking_columns));
	SmkStatement statement = {0};
	HASH_SEQ_STATUS seq;
	SmkActivityLead *lead;

	hash_seq_init(&seq, activities->asking);
	while ((lead = hash_seq_search(&seq)) != NULL)
	{
		Datum		values[2] = {Int64GetDatum(lead->id), stages_moved_by(activities->rules, lead->kinds)};
		bool		nulls[2] = {false, false};

		smk_batch_add(batch, values, nulls);
	}
	statement.text = "WITH locked AS (SELECT l.id FROM %s.lead AS l"
		" JOIN smk_asking AS a ON l.id OPERATOR(pg_catalog.=) a.lead_id"
		" WHERE l.stage OPERATOR(pg_catalog.=) ANY (a.stages) AND l.excluded IS NULL"
		" ORDER BY l.id FOR NO KEY UPDATE OF l)"
		" UPDATE %s.lead AS l SET updated_at = pg_catalog.now() FROM locked"
		" WHERE l.id OPERATOR(pg_catalog.=) locked.id";
	statement.batches[0] = batch;
	smk_run(activities->ws, SMK_BY_ACTIVITY, activities->asking, &statement);
	smk_batch_end(batch);
}

/* Marketing's first touch accepts what sales has given back. */
static void
accept_returned_leads(Activities *activities)
{
	SmkHandoffs *handoffs = smk_handoffs_begin(activities->ws, activities->rules, &activities->actor,
											   activities->rules->live && activities->actor.batch == NULL,
											   activities->clocks);
	HASH_SEQ_STATUS seq;
	TouchedLead *lead;

	hash_seq_init(&seq, activities->touched);
	while ((lead = hash_seq_search(&seq)) != NULL)
	{
		SmkOffer	offer = {0};

		offer.lead_id = lead->id;
		offer.at = lead->at;
		offer.by_touch = true;
		offer.decision = "accepted";
		smk_handoffs_decide(handoffs, &offer);
	}
	smk_handoffs_write_decisions(handoffs);
}

static void
record(Activities *activities, TriggerData *data)
{
	TupleTableSlot *slot = smk_rows_begin(data->tg_relation, data->tg_newtable);

	if (smk_cause(activities->ws)->origin == SMK_BY_CLIENT)
		smk_require_actor(activities->ws, activities->rules, &activities->actor, "activity");
	while (smk_next_row(data->tg_newtable, slot))
		consider(activities, slot);
	ExecDropSingleTupleTableSlot(slot);
	smk_clocks_lock(activities->clocks);
	/* leads are locked before handoffs, and those before clocks; a move may accept what a touch would */
	if (hash_get_num_entries(activities->asking) > 0)
		move_asking_leads(activities);
	if (hash_get_num_entries(activities->touched) > 0)
		accept_returned_leads(activities);
	smk_clocks_write(activities->clocks);
}

PG_FUNCTION_INFO_V1(smk_activity_recorder);

Datum
smk_activity_recorder(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "activity_recorder", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);

	smk_pin(ws);
	if (data->tg_relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		smk_refuse_children(data->tg_relation);
	if (!smk_no_rows(data->tg_newtable))
	{
		Activities	activities = {0};

		activities.ws = ws;
		activities.rules = smk_rules(ws);
		activities.actor = smk_actor(ws, activities.rules);
		activities.clocks = smk_clocks_begin(ws, activities.rules, &activities.actor);
		activities.shape = shape_of(data->tg_relation);
		activities.now = GetCurrentTransactionStartTimestamp();
		activities.clock = GetCurrentTimestamp();
		activities.asking = ids_of_leads("smarketing asking leads", sizeof(SmkActivityLead));
		activities.touched = ids_of_leads("smarketing touched leads", sizeof(TouchedLead));
		record(&activities, data);
	}
	smk_statement_ends(ws);
	return PointerGetDatum(NULL);
}
