/*
 * activity.c
 *		What an activity does: it gives its lead points, it may move it, and
 *		marketing's first touch accepts a lead that sales has given back.  An
 *		activity that does none of it does not touch table lead.
 */
#include "handoff/handoff.h"
#include "lifecycle/move.h"
#include "lifecycle/trigger.h"
#include "scoring/scoring.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

typedef enum Column
{
	LEAD_ID, KIND, AT, RECORDED_AT, ACTOR, POINTS, COLUMNS
} Column;

static const char *const column_names[COLUMNS] = {
	[LEAD_ID] = "lead_id", [KIND] = "kind", [AT] = "at", [RECORDED_AT] = "recorded_at",
	[ACTOR] = "actor", [POINTS] = "points"
};

static const Oid column_types[COLUMNS] = {
	[LEAD_ID] = INT8OID, [KIND] = TEXTOID, [AT] = TIMESTAMPTZOID, [RECORDED_AT] = TIMESTAMPTZOID,
	[ACTOR] = TEXTOID, [POINTS] = FLOAT8ARRAYOID
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
	AttrMap    *map;			/* of the transition tables' rows, as in Arrival */
	TimestampTz now;
	TimestampTz clock;
	HTAB	   *leads;			/* SmkActivityLead: what they mean for leads */
	SmkClocks  *clocks;
	HTAB	   *touched;		/* TouchedLead: leads that marketing has touched */
} Activities;

typedef struct TouchedLead
{
	int64		id;
	TimestampTz at;				/* of the latest touch */
} TouchedLead;

static const SmkBatchColumn asking_columns[] = {
	{"lead_id", INT8OID}, {"gives", BOOLOID}, {"stages", TEXTARRAYOID}
};

static Shape
shape_of(Relation rel)
{
	Shape		shape = {{0}};

	smk_columns(rel, column_names, column_types, COLUMNS, shape.column);
	return shape;
}

/* ---------- the guard ---------- */

/* What a statement's call site of the guard knows of its table. */
typedef struct Arrival
{
	Shape		shape;
	AttrMap    *map;			/* to the order that conditions are compiled for; or NULL */
} Arrival;

/*
 * What the activity gives by the rules, per slot; false: nothing.  Rows of a
 * partition may have another order of columns than their root.
 */
static bool
points_of_row(const SmkRules *rules, const Shape *shape, const AttrMap *map,
			  const Datum *values, const bool *nulls, double *points)
{
	const SmkScoring *scoring = rules->scoring;
	int			kind = smk_kind_of_datum(rules, values[shape->column[KIND] - 1]);
	Datum	   *mapped_values;
	bool	   *mapped_nulls;

	if (kind < 0 || scoring->kinds[kind].nrules == 0)
	{
		memset(points, 0, sizeof(double) * scoring->nslots);
		return false;
	}
	if (map == NULL || !scoring->kinds[kind].conditional)
		return smk_activity_points(scoring, kind, values, nulls, points);
	mapped_values = palloc0(sizeof(Datum) * map->maplen);
	mapped_nulls = palloc(sizeof(bool) * map->maplen);
	for (int i = 0; i < map->maplen; i++)
	{
		AttrNumber	attnum = map->attnums[i];

		mapped_nulls[i] = attnum == 0 || nulls[attnum - 1];
		if (attnum != 0)
			mapped_values[i] = values[attnum - 1];
	}
	return smk_activity_points(scoring, kind, mapped_values, mapped_nulls, points);
}

static AttrMap *
map_to_root(SmkWorkspace *ws, const SmkRules *rules, Relation rel)
{
	if (RelationGetRelid(rel) == ws->tables[SMK_TABLE_ACTIVITY])
		return NULL;
	return smk_attrmap(RelationGetDescr(rel), rules->scoring->activity);
}

static const Arrival *
arrival_of(FmgrInfo *flinfo, SmkWorkspace *ws, const SmkRules *rules, Relation rel)
{
	Arrival    *arrival = flinfo->fn_extra;
	MemoryContext old;

	if (arrival != NULL)
		return arrival;
	smk_refuse_unarmed_partition(rel, "smarketing_record_insert");
	old = MemoryContextSwitchTo(flinfo->fn_mcxt);
	arrival = palloc(sizeof(Arrival));
	arrival->shape = shape_of(rel);
	arrival->map = map_to_root(ws, rules, rel);
	flinfo->fn_extra = arrival;
	MemoryContextSwitchTo(old);
	return arrival;
}

/* Who did it, where the row does not say; when it was recorded. */
static void
complete_activity(SmkWorkspace *ws, const SmkRules *rules, const Shape *shape, Datum *values, bool *nulls)
{
	SmkActor	actor = smk_actor(ws, rules);

	values[shape->column[RECORDED_AT] - 1] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	nulls[shape->column[RECORDED_AT] - 1] = false;
	if (nulls[shape->column[AT] - 1])
	{
		values[shape->column[AT] - 1] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
		nulls[shape->column[AT] - 1] = false;
	}
	if (nulls[shape->column[ACTOR] - 1] && actor.member != NULL)
	{
		values[shape->column[ACTOR] - 1] = CStringGetTextDatum(actor.member->name);
		nulls[shape->column[ACTOR] - 1] = false;
	}
}

/*
 * May the points of an updated row differ?  Only if its kind has changed, or
 * something that the kind's rules read; or its lead, since the points that it
 * has may be those of rules that were in force when its lead was summed up.
 */
static bool
points_may_differ(const SmkRules *rules, const Arrival *arrival, TupleDesc desc,
				  const Datum *old_values, const bool *old_nulls,
				  const Datum *values, const bool *nulls)
{
	int			kind_column = arrival->shape.column[KIND] - 1;
	int			lead_column = arrival->shape.column[LEAD_ID] - 1;
	int			kind = smk_kind_of_datum(rules, values[kind_column]);
	int			root = -1;

	if (kind < 0 || kind != smk_kind_of_datum(rules, old_values[kind_column]) ||
		DatumGetInt64(old_values[lead_column]) != DatumGetInt64(values[lead_column]))
		return true;
	while ((root = bms_next_member(rules->scoring->kinds[kind].columns, root)) >= 0)
	{
		AttrNumber	attnum = arrival->map ? arrival->map->attnums[root - 1] : root;
		Form_pg_attribute att;

		if (attnum == 0)
			continue;
		att = TupleDescAttr(desc, attnum - 1);
		if (old_nulls[attnum - 1] != nulls[attnum - 1])
			return true;
		if (!nulls[attnum - 1] &&
			!datum_image_eq(old_values[attnum - 1], values[attnum - 1], att->attbyval, att->attlen))
			return true;
	}
	return false;
}

/* An UPDATE that the rules do not see leaves the points as they are, whatever the client says. */
static bool
keep_points(SmkWorkspace *ws, const SmkRules *rules, const Arrival *arrival, TupleDesc desc,
			HeapTuple old, Datum *values, bool *nulls)
{
	SmkOrigin	origin = smk_cause(ws)->origin;
	int			given = arrival->shape.column[POINTS] - 1;
	int			kind = arrival->shape.column[KIND] - 1;
	Datum	   *old_values;
	bool	   *old_nulls;

	if (origin == SMK_BY_SCORE || nulls[kind])
		return false;
	old_values = palloc(sizeof(Datum) * desc->natts);
	old_nulls = palloc(sizeof(bool) * desc->natts);
	heap_deform_tuple(old, desc, old_values, old_nulls);
	if (origin != SMK_BY_ERASURE &&
		points_may_differ(rules, arrival, desc, old_values, old_nulls, values, nulls))
		return false;
	values[given] = old_values[given];
	nulls[given] = old_nulls[given];
	return true;
}

PG_FUNCTION_INFO_V1(smk_activity_guard);

/* BEFORE ROW on activity: fills what the row does not say, and computes its points. */
Datum
smk_activity_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "activity_guard", true, true);
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);
	const SmkRules *rules = smk_rules(ws);
	const Arrival *arrival = arrival_of(fcinfo->flinfo, ws, rules, data->tg_relation);
	bool		update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	HeapTuple	tuple = update ? data->tg_newtuple : data->tg_trigtuple;
	Datum	   *values = palloc(sizeof(Datum) * desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * desc->natts);
	double	   *points = palloc(sizeof(double) * Max(rules->scoring->nslots, 1));
	int			given = arrival->shape.column[POINTS] - 1;

	heap_deform_tuple(tuple, desc, values, nulls);
	if (!update)
		complete_activity(ws, rules, &arrival->shape, values, nulls);
	else if (keep_points(ws, rules, arrival, desc, data->tg_trigtuple, values, nulls))
		return PointerGetDatum(heap_form_tuple(desc, values, nulls));
	nulls[given] = nulls[arrival->shape.column[KIND] - 1] ||
		!points_of_row(rules, &arrival->shape, arrival->map, values, nulls, points);
	values[given] = (Datum) 0;
	if (!nulls[given])
		values[given] = smk_sums_to_datum(rules->scoring, points, &nulls[given]);
	return PointerGetDatum(heap_form_tuple(desc, values, nulls));
}

/* ---------- the recorder ---------- */

static HTAB *
touched_leads(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(TouchedLead);
	ctl.hcxt = CurrentMemoryContext;
	return hash_create("smarketing touched leads", 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
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

/* What a row says, in either transition table. */
typedef struct Row
{
	int64		lead_id;
	TimestampTz at;
	int			kind;
	Datum		points;
	bool		no_points;
} Row;

static Row
row_of(const Activities *activities, TupleTableSlot *slot)
{
	const AttrNumber *column = activities->shape.column;
	Row			row;

	row.lead_id = DatumGetInt64(slot->tts_values[column[LEAD_ID] - 1]);
	row.at = DatumGetTimestampTz(slot->tts_values[column[AT] - 1]);
	row.kind = smk_kind_of_datum(activities->rules, slot->tts_values[column[KIND] - 1]);
	row.points = slot->tts_values[column[POINTS] - 1];
	row.no_points = slot->tts_isnull[column[POINTS] - 1];
	return row;
}

static void
judge(const Activities *activities, const Row *row, TupleTableSlot *slot)
{
	if (row->kind < 0)
		refuse_unknown_kind(activities,
							TextDatumGetCString(slot->tts_values[activities->shape.column[KIND] - 1]));
	if ((row->at > activities->clock && row->at > activities->now) || TIMESTAMP_IS_NOBEGIN(row->at))
		refuse_future(activities, row->at);
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
	Row			row = row_of(activities, slot);
	SmkActivityLead *lead;

	judge(activities, &row, slot);
	tell_clocks(activities, &rules->kinds[row.kind], row.kind, row.lead_id, row.at);
	if (rules->kinds[row.kind].is_touch && rules->kinds[row.kind].department == SMK_MARKETING)
		note_touch(activities, row.lead_id, row.at);
	lead = smk_leads_enter(activities->leads, row.lead_id);
	smk_lead_gets(rules, lead, row.points, row.no_points, row.at, 1);
	if (rules->kinds[row.kind].moves && activities->actor.batch == NULL)
		lead->kinds = bms_add_member(lead->kinds, row.kind);
}

static void
consider_loss(Activities *activities, TupleTableSlot *slot)
{
	const SmkRules *rules = activities->rules;
	Row			row = row_of(activities, slot);
	double	   *points = palloc(sizeof(double) * Max(rules->scoring->nslots, 1));

	smk_clocks_recount(activities->clocks, row.lead_id);
	points_of_row(rules, &activities->shape, activities->map, slot->tts_values, slot->tts_isnull, points);
	smk_lead_loses(rules, smk_leads_enter(activities->leads, row.lead_id),
				   row.points, row.no_points, points, row.at);
	pfree(points);
}

/* A change that leaves lead, time and points alone is none to a score. */
static void
consider_change(Activities *activities, TupleTableSlot *old, TupleTableSlot *new)
{
	Row			before = row_of(activities, old);
	Row			after = row_of(activities, new);

	judge(activities, &after, new);
	if (before.lead_id != after.lead_id || before.at != after.at || before.kind != after.kind)
	{
		smk_clocks_recount(activities->clocks, before.lead_id);
		smk_clocks_recount(activities->clocks, after.lead_id);
	}
	if (before.lead_id == after.lead_id && before.at == after.at && before.no_points == after.no_points &&
		(before.no_points || datum_image_eq(before.points, after.points, false, -1)))
	{
		smk_leads_enter(activities->leads, after.lead_id);
		return;
	}
	consider_loss(activities, old);
	smk_lead_gets(activities->rules, smk_leads_enter(activities->leads, after.lead_id),
				  after.points, after.no_points, after.at, 1);
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

static SmkBatch *
batch_of_leads(const Activities *activities)
{
	SmkBatch   *batch = smk_batch_create("smk_asking", asking_columns, lengthof(asking_columns));
	HASH_SEQ_STATUS seq;
	SmkActivityLead *lead;

	hash_seq_init(&seq, activities->leads);
	while ((lead = hash_seq_search(&seq)) != NULL)
	{
		Datum		values[3] = {Int64GetDatum(lead->id), BoolGetDatum(lead->delta.sums != NULL), (Datum) 0};
		bool		nulls[3] = {false, false, lead->kinds == NULL};

		if (lead->kinds != NULL)
			values[2] = stages_moved_by(activities->rules, lead->kinds);
		smk_batch_add(batch, values, nulls);
	}
	return batch;
}

/*
 * One UPDATE, in id order, of the leads that get or lose points, stand where
 * an activity moves them from, or are stale.  The guard passes over stale ones
 * and says so: they are computed from all their activities and come second.
 */
static void
update_leads(Activities *activities)
{
	static const Oid types[] = {INT8OID};
	Datum		generation = Int64GetDatum(activities->rules->scoring->generation);
	SmkBatch   *batch = batch_of_leads(activities);
	SmkStatement statement = {0};

	statement.text = "WITH locked AS (SELECT l.id FROM %s.lead AS l"
		" JOIN smk_asking AS a ON l.id OPERATOR(pg_catalog.=) a.lead_id"
		" WHERE l.excluded IS NULL AND (a.gives OR l.stage OPERATOR(pg_catalog.=) ANY (a.stages)"
		" OR (l.score_generation OPERATOR(pg_catalog.=) $1) IS NOT TRUE)"
		" ORDER BY l.id FOR NO KEY UPDATE OF l)"
		" UPDATE %s.lead AS l SET updated_at = pg_catalog.now() FROM locked"
		" WHERE l.id OPERATOR(pg_catalog.=) locked.id";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = &generation;
	statement.batches[0] = batch;
	smk_run(activities->ws, SMK_BY_ACTIVITY, activities->leads, &statement);
	smk_batch_end(batch);
	smk_refresh_stale(activities->ws, activities->rules, activities->leads);
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
read_changes(Activities *activities, TriggerData *data)
{
	TupleTableSlot *old = data->tg_oldtable ? smk_rows_begin(data->tg_relation, data->tg_oldtable) : NULL;
	TupleTableSlot *new = data->tg_newtable ? smk_rows_begin(data->tg_relation, data->tg_newtable) : NULL;

	while ((old == NULL || smk_next_row(data->tg_oldtable, old)) &&
		   (new == NULL || smk_next_row(data->tg_newtable, new)))
	{
		if (old == NULL)
			consider(activities, new);
		else if (new == NULL)
			consider_loss(activities, old);
		else
			consider_change(activities, old, new);
	}
	if (old)
		ExecDropSingleTupleTableSlot(old);
	if (new)
		ExecDropSingleTupleTableSlot(new);
}

static void
record(Activities *activities, TriggerData *data)
{
	if (data->tg_newtable != NULL && smk_cause(activities->ws)->origin == SMK_BY_CLIENT)
		smk_require_actor(activities->ws, activities->rules, &activities->actor, "activity");
	read_changes(activities, data);
	smk_clocks_lock(activities->clocks);
	/* leads are locked before handoffs, and those before clocks; a move may accept what a touch would */
	update_leads(activities);
	if (hash_get_num_entries(activities->touched) > 0)
		accept_returned_leads(activities);
	smk_clocks_write(activities->clocks);
}

PG_FUNCTION_INFO_V1(smk_activity_recorder);

/* AFTER STATEMENT on activity, for INSERT, UPDATE and DELETE. */
Datum
smk_activity_recorder(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "activity_recorder", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);

	smk_pin(ws);
	if (data->tg_relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		smk_refuse_children(data->tg_relation);
	if ((!smk_no_rows(data->tg_newtable) || !smk_no_rows(data->tg_oldtable)) &&
		smk_cause(ws)->origin != SMK_BY_SCORE && smk_cause(ws)->origin != SMK_BY_ERASURE)
	{
		Activities	activities = {0};

		activities.ws = ws;
		activities.rules = smk_rules(ws);
		activities.actor = smk_actor(ws, activities.rules);
		activities.clocks = smk_clocks_begin(ws, activities.rules, &activities.actor);
		activities.shape = shape_of(data->tg_relation);
		activities.map = map_to_root(ws, activities.rules, data->tg_relation);
		activities.now = GetCurrentTransactionStartTimestamp();
		activities.clock = GetCurrentTimestamp();
		activities.leads = smk_leads_create();
		activities.touched = touched_leads();
		record(&activities, data);
	}
	smk_statement_ends(ws);
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(smk_activity_truncated);

/* AFTER TRUNCATE on activity: what they gave is gone, and what they ended is open. */
Datum
smk_activity_truncated(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "activity_truncated", false, false);

	smk_score_truncated(smk_workspace_of(data->tg_relation));
	smk_clocks_recount_all(smk_workspace_of(data->tg_relation));
	return PointerGetDatum(NULL);
}
