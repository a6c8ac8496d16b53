/*
 * deal.c
 *		A deal moves its lead: any open deal makes it an opportunity, else any
 *		won one a customer, else it is lost.
 */
#include "lifecycle/move.h"
#include "lifecycle/trigger.h"
#include "sla/clock.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

typedef enum Column
{
	LEAD_ID, OPENED_AT, CLOSED_AT, WON, REASON, COLUMNS
} Column;

static const char *const column_names[COLUMNS] = {
	[LEAD_ID] = "lead_id", [OPENED_AT] = "opened_at", [CLOSED_AT] = "closed_at", [WON] = "won",
	[REASON] = "reason"
};

static const Oid column_types[COLUMNS] = {
	[LEAD_ID] = INT8OID, [OPENED_AT] = TIMESTAMPTZOID, [CLOSED_AT] = TIMESTAMPTZOID, [WON] = BOOLOID,
	[REASON] = TEXTOID
};

typedef struct Shape
{
	AttrNumber	column[COLUMNS];
} Shape;

static const SmkBatchColumn lead_columns[] = {{"lead_id", INT8OID}, {"closed", BOOLOID}};

static Shape
shape_of(Relation rel)
{
	Shape		shape = {{0}};

	smk_columns(rel, column_names, column_types, COLUMNS, shape.column);
	return shape;
}

PG_FUNCTION_INFO_V1(smk_deal_guard);

/* BEFORE ROW on deal: its times, where the client leaves them out. */
Datum
smk_deal_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "deal_guard", true, true);
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	Shape		shape = shape_of(data->tg_relation);
	HeapTuple	tuple = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	bool		opened_null;
	bool		closed_null;
	bool		won_null;
	TimestampTz opened = DatumGetTimestampTz(heap_getattr(tuple, shape.column[OPENED_AT], desc, &opened_null));
	TimestampTz closed = DatumGetTimestampTz(heap_getattr(tuple, shape.column[CLOSED_AT], desc, &closed_null));
	int			columns[2] = {shape.column[OPENED_AT], shape.column[CLOSED_AT]};
	Datum		values[2];
	bool		nulls[2];

	(void) heap_getattr(tuple, shape.column[WON], desc, &won_null);
	if (opened_null)
		opened = closed_null ? now : Min(now, closed);
	/* the column's own default came after the close: an old deal in one row */
	else if (TRIGGER_FIRED_BY_INSERT(data->tg_event) && opened == now && !closed_null && closed < now)
		opened = closed;
	if (!won_null && closed_null)
		closed = Max(now, opened);
	values[0] = TimestampTzGetDatum(opened);
	nulls[0] = false;
	values[1] = TimestampTzGetDatum(closed);
	nulls[1] = won_null;		/* a deal that is open again has no end */
	return PointerGetDatum(heap_modify_tuple_by_cols(tuple, desc, 2, columns, values, nulls));
}

/* ---------- the recorder ---------- */

static void
add_lead(SmkBatch *batch, const Shape *shape, const TupleTableSlot *row, bool closed)
{
	Datum		values[2] = {row->tts_values[shape->column[LEAD_ID] - 1], BoolGetDatum(closed)};
	bool		nulls[2] = {false, false};

	if (!row->tts_isnull[shape->column[LEAD_ID] - 1])
		smk_batch_add(batch, values, nulls);
}

static bool
same(const Shape *shape, const TupleTableSlot *a, const TupleTableSlot *b, Column column)
{
	int			i = shape->column[column] - 1;

	return a->tts_isnull[i] == b->tts_isnull[i] &&
		(a->tts_isnull[i] || a->tts_values[i] == b->tts_values[i]);
}

static bool
is_closed(const Shape *shape, const TupleTableSlot *row)
{
	return !row->tts_isnull[shape->column[LEAD_ID] - 1] && !row->tts_isnull[shape->column[WON] - 1];
}

/*
 * What clocks hear of a deal: that it was closed; and where one was that is
 * now open, gone, another lead's, or closed otherwise, to look again.
 */
static void
tell_clocks(SmkClocks *clocks, const Shape *shape, const TupleTableSlot *old, const TupleTableSlot *new)
{
	const struct SmkSlaRules *sla = clocks->rules->sla;

	if (sla->won == SMK_NO_EVENT && sla->lost == SMK_NO_EVENT)
		return;
	if (old != NULL && new != NULL && same(shape, old, new, LEAD_ID) && same(shape, old, new, WON) &&
		same(shape, old, new, CLOSED_AT))
		return;
	if (old != NULL && is_closed(shape, old))
		smk_clocks_recount(clocks, DatumGetInt64(old->tts_values[shape->column[LEAD_ID] - 1]));
	if (new != NULL && is_closed(shape, new))
		smk_clocks_event(clocks, DatumGetInt64(new->tts_values[shape->column[LEAD_ID] - 1]),
						 DatumGetBool(new->tts_values[shape->column[WON] - 1]) ? sla->won : sla->lost,
						 DatumGetTimestampTz(new->tts_values[shape->column[CLOSED_AT] - 1]), false);
}

/* Leads whose deals have changed in a way that matters. */
static SmkBatch *
collect_leads(TriggerData *data, SmkClocks *clocks)
{
	SmkBatch   *batch = smk_batch_create("smk_deal", lead_columns, lengthof(lead_columns));
	Shape		shape = shape_of(data->tg_relation);
	TupleTableSlot *old = data->tg_oldtable ? smk_rows_begin(data->tg_relation, data->tg_oldtable) : NULL;
	TupleTableSlot *new = data->tg_newtable ? smk_rows_begin(data->tg_relation, data->tg_newtable) : NULL;

	while ((old == NULL || smk_next_row(data->tg_oldtable, old)) &&
		   (new == NULL || smk_next_row(data->tg_newtable, new)))
	{
		bool		closed = new != NULL && !new->tts_isnull[shape.column[WON] - 1];

		tell_clocks(clocks, &shape, old, new);
		if (old != NULL && new != NULL && same(&shape, old, new, LEAD_ID) && same(&shape, old, new, WON))
			continue;
		if (old != NULL && (new == NULL || !same(&shape, old, new, LEAD_ID)))
			add_lead(batch, &shape, old, false);
		if (new != NULL)
			add_lead(batch, &shape, new, closed);
	}
	if (old)
		ExecDropSingleTupleTableSlot(old);
	if (new)
		ExecDropSingleTupleTableSlot(new);
	return batch;
}

/*
 * Where each lead belongs, now that its deals are what they are.  A lead that
 * was closed by something else than a deal (it churned) is left alone unless a
 * deal is open or was closed just now.  With no deal left, an opportunity goes
 * back to the stage before it.  The instant is now(), in an import the deal's.
 */
static const char *const move_leads_text =
"WITH wanted AS (SELECT lead_id, pg_catalog.bool_or(closed) AS closed FROM smk_deal GROUP BY lead_id),"
" locked AS (SELECT l.id, l.stage, l.customer_since, w.closed FROM %s.lead AS l"
" JOIN wanted AS w ON l.id OPERATOR(pg_catalog.=) w.lead_id),"
" goal AS (SELECT k.id, k.stage,"
" CASE WHEN pg_catalog.bool_or(d.won IS NULL AND d.id IS NOT NULL) THEN $1"
" WHEN pg_catalog.bool_or(d.won) THEN $2"
" WHEN k.customer_since IS NOT NULL THEN $2"
" WHEN pg_catalog.count(d.id) OPERATOR(pg_catalog.>) 0 THEN $3"
" WHEN k.stage OPERATOR(pg_catalog.=) $1 THEN $4 END AS stage_wanted,"
" pg_catalog.bool_or(d.won IS NULL AND d.id IS NOT NULL) AS open, k.closed,"
" pg_catalog.max(CASE WHEN d.won IS NULL THEN d.opened_at ELSE d.closed_at END) AS at,"
" (pg_catalog.array_agg(d.reason ORDER BY d.closed_at DESC, d.id DESC)"
" FILTER (WHERE d.won IS FALSE))[1] AS reason"
" FROM locked AS k LEFT JOIN %s.deal AS d ON d.lead_id OPERATOR(pg_catalog.=) k.id"
" GROUP BY k.id, k.stage, k.customer_since, k.closed)"
" UPDATE %s.lead AS l SET stage = g.stage_wanted,"
" stage_since = CASE WHEN $5 THEN g.at ELSE l.stage_since END,"
" reason = CASE WHEN g.stage_wanted OPERATOR(pg_catalog.=) $3 THEN g.reason ELSE l.reason END"
" FROM goal AS g WHERE l.id OPERATOR(pg_catalog.=) g.id"
" AND g.stage_wanted OPERATOR(pg_catalog.<>) g.stage"
" AND (g.open OR g.closed OR g.stage OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2, $3]))";

/* The stage that an opportunity steps back to when its only deal is deleted. */
static const char *
stage_before_opportunity(const SmkRules *rules)
{
	int			open = smk_stage_find(rules, rules->deal_open_stage, strlen(rules->deal_open_stage));

	if (open == SMK_NO_STAGE)
		return NULL;
	for (int i = open - 1; i >= 0; i--)
	{
		if (smk_sales_works(&rules->stages[i]) && smk_transition(rules, open, i) != NULL)
			return rules->stages[i].name;
	}
	return NULL;
}

static void
move_leads(SmkWorkspace *ws, const SmkRules *rules, bool import, SmkBatch *batch)
{
	static const Oid types[] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID};
	const char *before = stage_before_opportunity(rules);
	Datum		values[5];
	SmkStatement statement = {0};

	/* a statement of its own: the next one sees what we have waited for */
	statement.text = "SELECT FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.=) ANY"
		" (SELECT lead_id FROM smk_deal) ORDER BY l.id FOR NO KEY UPDATE";
	statement.batches[0] = batch;
	smk_run(ws, SMK_BY_DEAL, NULL, &statement);

	values[0] = CStringGetTextDatum(rules->deal_open_stage);
	values[1] = CStringGetTextDatum(rules->deal_won_stage);
	values[2] = CStringGetTextDatum(rules->deal_lost_stage);
	values[3] = before ? CStringGetTextDatum(before) : (Datum) 0;
	values[4] = BoolGetDatum(import);
	statement.text = move_leads_text;
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.nulls = before ? NULL : "   n ";
	smk_run(ws, SMK_BY_DEAL, NULL, &statement);
}

PG_FUNCTION_INFO_V1(smk_deal_recorder);

Datum
smk_deal_recorder(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "deal_recorder", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);

	smk_check_table(ws, data->tg_relation, SMK_TABLE_DEAL);
	smk_pin(ws);
	smk_refuse_children(data->tg_relation);
	if (!smk_no_rows(data->tg_oldtable) || !smk_no_rows(data->tg_newtable))
	{
		const SmkRules *rules = smk_rules(ws);
		SmkActor	actor = smk_actor(ws, rules);
		SmkClocks  *clocks = smk_clocks_begin(ws, rules, &actor);
		SmkBatch   *batch = collect_leads(data, clocks);

		if (smk_cause(ws)->origin == SMK_BY_CLIENT)
			smk_require_actor(ws, rules, &actor, "deal");
		if (batch->rows > 0)
			move_leads(ws, rules, actor.batch != NULL, batch);
		smk_clocks_write(clocks);
		smk_batch_end(batch);
	}
	smk_statement_ends(ws);
	return PointerGetDatum(NULL);
}
