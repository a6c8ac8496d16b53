/*
 * decision.c
 *		A client decides a handoff: UPDATE handoff SET decision = ….
 *
 * The guard (BEFORE ROW) fills and protects columns.  The recorder (AFTER
 * STATEMENT) judges the decisions, moves the leads where the decision or the
 * reason's outcome says, and offers a rerouted lead to somebody else.
 */
#include "handoff/handoff.h"
#include "lifecycle/trigger.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* The handoff table's columns that a decision touches, found by name. */
typedef enum Column
{
	ID, LEAD_ID, CYCLE, DIRECTION, TO_STAGE, OFFERED_AT, OWNER, TEAM,
	DECISION, DECIDED_AT, DECIDED_BY, REASON, NOTE, RATING, COLUMNS
} Column;

static const char *const column_names[COLUMNS] = {
	[ID] = "id", [LEAD_ID] = "lead_id", [CYCLE] = "cycle", [DIRECTION] = "direction",
	[TO_STAGE] = "to_stage", [OFFERED_AT] = "offered_at", [OWNER] = "owner", [TEAM] = "team",
	[DECISION] = "decision", [DECIDED_AT] = "decided_at", [DECIDED_BY] = "decided_by",
	[REASON] = "reason", [NOTE] = "note", [RATING] = "rating"
};

static const Oid column_types[COLUMNS] = {
	[ID] = INT8OID, [LEAD_ID] = INT8OID, [CYCLE] = INT4OID, [DIRECTION] = TEXTOID,
	[TO_STAGE] = TEXTOID, [OFFERED_AT] = TIMESTAMPTZOID, [OWNER] = TEXTOID, [TEAM] = TEXTOID,
	[DECISION] = TEXTOID, [DECIDED_AT] = TIMESTAMPTZOID, [DECIDED_BY] = TEXTOID,
	[REASON] = TEXTOID, [NOTE] = TEXTOID, [RATING] = INT4OID
};

typedef struct Row
{
	Datum	   *values;
	bool	   *nulls;
} Row;

typedef struct Shape
{
	Relation	rel;
	AttrNumber	column[COLUMNS];
} Shape;

static const SmkBatchColumn goal_columns[] = {
	{"lead_id", INT8OID}, {"to_stage", TEXTOID}, {"reason", TEXTOID}, {"note", TEXTOID}, {"at", TIMESTAMPTZOID}
};

static const SmkBatchColumn decided_columns[] = {{"id", INT8OID}};

static Shape
shape_of(Relation rel)
{
	Shape		shape = {rel, {0}};

	smk_columns(rel, column_names, column_types, COLUMNS, shape.column);
	return shape;
}

#define VALUE(shape, row, c)	((row)->values[(shape)->column[c] - 1])
#define ISNULL(shape, row, c)	((row)->nulls[(shape)->column[c] - 1])

static char *
text_of(const Shape *shape, const Row *row, Column column)
{
	return ISNULL(shape, row, column) ? NULL : TextDatumGetCString(VALUE(shape, row, column));
}

static int64
id_of(const Shape *shape, const Row *row)
{
	return DatumGetInt64(VALUE(shape, row, ID));
}

/* ---------- the guard ---------- */

static void
refuse_client_write(Relation rel, const char *verb, const char *hint, int sqlstate)
{
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("a handoff cannot be %s", verb),
			 errhint("%s", hint),
			 errtable(rel)));
}

/* What a client may set; everything else is put back. */
static bool
is_clients(Column column, bool decided)
{
	if (column == RATING || column == NOTE)
		return true;
	if (decided)
		return column == DECISION;	/* judged, and refused, by the recorder */
	return column == DECISION || column == REASON || column == OWNER || column == TEAM;
}

static void
put_columns_back(const Shape *shape, const Row *old, Row *new)
{
	bool		decided = !ISNULL(shape, old, DECISION);
	TupleDesc	desc = RelationGetDescr(shape->rel);

	for (int i = 0; i < desc->natts; i++)
	{
		bool		clients = true;

		for (int c = 0; c < COLUMNS; c++)
		{
			if (shape->column[c] == i + 1)
				clients = is_clients(c, decided);
		}
		/* columns of ours that are not named above are nobody's to change */
		if (!clients || strcmp(NameStr(TupleDescAttr(desc, i)->attname), "from_stage") == 0 ||
			strcmp(NameStr(TupleDescAttr(desc, i)->attname), "offered_by") == 0 ||
			strcmp(NameStr(TupleDescAttr(desc, i)->attname), "routed_by") == 0)
		{
			new->values[i] = old->values[i];
			new->nulls[i] = old->nulls[i];
		}
	}
}

/* A rejection whose reason reroutes or merges is stored as what it comes to. */
static void
set_decision(const Shape *shape, const SmkRules *rules, const SmkActor *actor, Row *new)
{
	char	   *decision = text_of(shape, new, DECISION);
	char	   *name = text_of(shape, new, REASON);
	const SmkReason *reason = name ? smk_reason_find(rules, name) : NULL;
	TimestampTz offered = DatumGetTimestampTz(VALUE(shape, new, OFFERED_AT));

	if (strcmp(decision, "rejected") == 0 && reason != NULL)
	{
		if (reason->outcome == SMK_REROUTE)
			VALUE(shape, new, DECISION) = CStringGetTextDatum("rerouted");
		else if (reason->outcome == SMK_MERGE)
			VALUE(shape, new, DECISION) = CStringGetTextDatum("merged");
	}
	VALUE(shape, new, DECIDED_AT) =
		TimestampTzGetDatum(Max(GetCurrentTransactionStartTimestamp(), offered));
	ISNULL(shape, new, DECIDED_AT) = false;
	ISNULL(shape, new, DECIDED_BY) = actor->member == NULL;
	VALUE(shape, new, DECIDED_BY) = actor->member ? CStringGetTextDatum(actor->member->name) : (Datum) 0;
}

static Row
deform(HeapTuple tuple, TupleDesc desc)
{
	Row			row;

	row.values = palloc(sizeof(Datum) * desc->natts);
	row.nulls = palloc(sizeof(bool) * desc->natts);
	heap_deform_tuple(tuple, desc, row.values, row.nulls);
	return row;
}

PG_FUNCTION_INFO_V1(smk_handoff_guard);

Datum
smk_handoff_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "handoff_guard", true, true);
	Relation	rel = data->tg_relation;
	SmkWorkspace *ws = smk_workspace_of(rel);
	bool		update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	Shape		shape;
	Row			old;
	Row			new;

	smk_check_table(ws, rel, SMK_TABLE_HANDOFF);
	if (smk_cause(ws)->origin != SMK_BY_CLIENT)
		return PointerGetDatum(update ? data->tg_newtuple : data->tg_trigtuple);
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
		refuse_client_write(rel, "inserted",
							"A handoff opens when its lead is moved into a stage of kind handoff.",
							ERRCODE_SMK_DECISION);
	if (TRIGGER_FIRED_BY_DELETE(data->tg_event))
		refuse_client_write(rel, "deleted",
							"History is append-only: decide the handoff instead.",
							ERRCODE_SMK_APPEND_ONLY);
	shape = shape_of(rel);
	old = deform(data->tg_trigtuple, RelationGetDescr(rel));
	new = deform(data->tg_newtuple, RelationGetDescr(rel));
	put_columns_back(&shape, &old, &new);
	if (ISNULL(&shape, &new, DECISION))
	{
		/* a reason is the decision's: it is judged with it, or not kept */
		VALUE(&shape, &new, REASON) = VALUE(&shape, &old, REASON);
		ISNULL(&shape, &new, REASON) = ISNULL(&shape, &old, REASON);
	}
	else if (ISNULL(&shape, &old, DECISION))
	{
		const SmkRules *rules = smk_rules(ws);
		SmkActor	actor = smk_actor(ws, rules);

		set_decision(&shape, rules, &actor, &new);
	}
	return PointerGetDatum(heap_form_tuple(RelationGetDescr(rel), new.values, new.nulls));
}

/* ---------- judgement ---------- */

typedef struct Judge
{
	SmkWorkspace *ws;
	const SmkRules *rules;
	SmkActor	actor;
	SmkClocks  *clocks;
	Shape		shape;
	SmkBatch   *goals;			/* leads that a decision moves */
	SmkBatch   *decided;		/* handoffs that were decided */
	List	   *reroutes;		/* of SmkOffer */
	bool		accepts;		/* the policy for what is overdue */
} Judge;

static void
refuse(const Judge *judge, int sqlstate, const char *column, char *message, char *detail, char *hint)
{
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("%s", message),
			 detail ? errdetail("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0,
			 err_generic_string(PG_DIAG_SCHEMA_NAME, judge->ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "handoff"),
			 err_generic_string(PG_DIAG_COLUMN_NAME, column)));
}

static bool
is_observing(const Judge *judge)
{
	return judge->rules->mode == SMK_OBSERVE;
}

static void
refuse_second_decision(const Judge *judge, const Row *old)
{
	const Shape *shape = &judge->shape;
	char	   *by = text_of(shape, old, DECIDED_BY);

	refuse(judge, ERRCODE_SMK_DECISION, "decision",
		   psprintf("handoff " INT64_FORMAT " is decided already", id_of(shape, old)),
		   psprintf("It was %s%s%s at %s.", text_of(shape, old, DECISION), by ? " by " : "", by ? by : "",
					timestamptz_to_str(DatumGetTimestampTz(VALUE(shape, old, DECIDED_AT)))),
		   pstrdup("Move the lead instead; if it goes back to marketing it can be offered again."));
}

static void
judge_actor(const Judge *judge, const Row *row, bool to_sales)
{
	const SmkMember *member = judge->actor.member;

	if (is_observing(judge))
		return;
	if (!smk_actor_is(&judge->actor, to_sales ? SMK_SALES : SMK_MARKETING))
		refuse(judge, ERRCODE_SMK_DECISION, "decision",
			   psprintf("handoff " INT64_FORMAT " is not offered to \"%s\"", id_of(&judge->shape, row), member->name),
			   psprintf("It is offered to %s; \"%s\" belongs to %s.", to_sales ? "sales" : "marketing",
						member->name, smk_department_name(member->department)),
			   psprintf("Let a member of %s decide it.", to_sales ? "sales" : "marketing"));
}

static bool
is_one_of_ours(const char *decision)
{
	return strcmp(decision, "withdrawn") == 0 || strcmp(decision, "auto_accepted") == 0;
}

static void
judge_decision(const Judge *judge, const Row *row, bool to_sales, const char *decision)
{
	if (is_one_of_ours(decision))
		refuse(judge, ERRCODE_SMK_DECISION, "decision",
			   psprintf("decision \"%s\" is not made by a client", decision),
			   pstrdup("A handoff is withdrawn when its lead goes back, and accepted automatically when its deadline has passed."),
			   pstrdup("Decide accepted or rejected."));
	if (!to_sales && strcmp(decision, "accepted") != 0)
		refuse(judge, ERRCODE_SMK_DECISION, "decision",
			   psprintf("handoff " INT64_FORMAT " is a lead given back: it can only be accepted",
						id_of(&judge->shape, row)),
			   NULL, pstrdup("Move the lead where it shall go."));
}

static SmkOutcome
judge_reason(const Judge *judge, const Row *row, const char *decision)
{
	const Shape *shape = &judge->shape;
	char	   *name = text_of(shape, row, REASON);
	char	   *note = text_of(shape, row, NOTE);
	const SmkReason *reason = name ? smk_reason_find(judge->rules, name) : NULL;

	if (strcmp(decision, "accepted") == 0)
		return SMK_RETURN;
	if (reason == NULL && !(is_observing(judge) && strcmp(decision, "rejected") == 0))
		refuse(judge, ERRCODE_SMK_REASON, "reason",
			   name ? psprintf("reason \"%s\" does not exist", name) :
			   psprintf("handoff " INT64_FORMAT " needs a reason to be %s", id_of(shape, row), decision),
			   psprintf("Reasons of kind reject: %s.", smk_reasons_of_kind(judge->rules, "reject")),
			   pstrdup("Set reason in the statement that decides."));
	if (reason == NULL)
		return SMK_RETURN;
	if (strcmp(decision, "rerouted") == 0 && reason->outcome != SMK_REROUTE)
		refuse(judge, ERRCODE_SMK_REASON, "reason",
			   psprintf("reason \"%s\" does not reroute", name), NULL,
			   pstrdup("Decide rejected: the reason's outcome says what happens next."));
	if (strcmp(decision, "merged") == 0 && reason->outcome != SMK_MERGE)
		refuse(judge, ERRCODE_SMK_REASON, "reason",
			   psprintf("reason \"%s\" does not merge", name), NULL,
			   pstrdup("Decide rejected: the reason's outcome says what happens next."));
	if (reason->needs_note && !is_observing(judge) &&
		(note == NULL || strspn(note, " \t\n") == strlen(note)))
		refuse(judge, ERRCODE_SMK_REASON, "note", psprintf("reason \"%s\" needs a note", name), NULL,
			   pstrdup("Set note in the statement that decides."));
	return reason->outcome;
}

/* ---------- what follows ---------- */

/* The first stage, by position, that a decision may move a lead to. */
static int
goal_of(const SmkRules *rules, int stage, bool accepted, SmkOutcome outcome)
{
	for (int to = 0; to < rules->nstages; to++)
	{
		const SmkStage *goal = &rules->stages[to];

		if (smk_transition(rules, stage, to) == NULL)
			continue;
		if (accepted ? smk_sales_works(goal) :
			outcome == SMK_RETURN ? goal->department == SMK_MARKETING && goal->kind == SMK_DETOUR :
			goal->kind == SMK_EXIT)
			return to;
	}
	return SMK_NO_STAGE;
}

static void
add_goal(Judge *judge, const Row *row, bool accepted, SmkOutcome outcome)
{
	const Shape *shape = &judge->shape;
	int			stage = smk_stage_of_datum(judge->rules, VALUE(shape, row, TO_STAGE));
	int			goal = stage == SMK_NO_STAGE ? SMK_NO_STAGE : goal_of(judge->rules, stage, accepted, outcome);
	Datum		values[lengthof(goal_columns)];
	bool		nulls[lengthof(goal_columns)] = {0};

	if (goal == SMK_NO_STAGE)
		refuse(judge, ERRCODE_SMK_DECISION, "decision",
			   psprintf("no transition leads from stage \"%s\" where this decision would take the lead",
						text_of(shape, row, TO_STAGE)),
			   NULL, pstrdup("Add it to table transition."));
	values[0] = VALUE(shape, row, LEAD_ID);
	values[1] = CStringGetTextDatum(judge->rules->stages[goal].name);
	values[2] = VALUE(shape, row, REASON);
	nulls[2] = ISNULL(shape, row, REASON);
	values[3] = VALUE(shape, row, NOTE);
	nulls[3] = ISNULL(shape, row, NOTE);
	values[4] = VALUE(shape, row, DECIDED_AT);
	smk_batch_add(judge->goals, values, nulls);
}

static void
add_reroute(Judge *judge, const Row *row)
{
	const Shape *shape = &judge->shape;
	SmkOffer   *offer = palloc0(sizeof(SmkOffer));

	offer->lead_id = DatumGetInt64(VALUE(shape, row, LEAD_ID));
	offer->cycle = DatumGetInt32(VALUE(shape, row, CYCLE));
	offer->to_sales = true;
	offer->from = offer->to = smk_stage_of_datum(judge->rules, VALUE(shape, row, TO_STAGE));
	offer->at = DatumGetTimestampTz(VALUE(shape, row, DECIDED_AT));
	offer->rule = -1;
	offer->not_to = text_of(shape, row, OWNER);
	judge->reroutes = lappend(judge->reroutes, offer);
}

static void
judge_row(Judge *judge, const Row *old, const Row *new)
{
	const Shape *shape = &judge->shape;
	char	   *decision = text_of(shape, new, DECISION);
	char	   *before = text_of(shape, old, DECISION);
	bool		to_sales;
	bool		isnull = false;
	SmkOutcome	outcome;

	if (before != NULL && (decision == NULL || strcmp(before, decision) != 0))
		refuse_second_decision(judge, old);
	if (before != NULL || decision == NULL)
		return;
	to_sales = strcmp(text_of(shape, new, DIRECTION), "to_sales") == 0;
	judge_actor(judge, new, to_sales);
	judge_decision(judge, new, to_sales, decision);
	outcome = judge_reason(judge, new, decision);
	smk_batch_add(judge->decided, &VALUE(shape, new, ID), &isnull);
	if (!to_sales)
		return;
	smk_handoff_decided(judge->clocks, DatumGetInt64(VALUE(shape, new, LEAD_ID)), decision,
						DatumGetTimestampTz(VALUE(shape, new, DECIDED_AT)));
	if (strcmp(decision, "rerouted") == 0)
		add_reroute(judge, new);
	else
		add_goal(judge, new, strcmp(decision, "accepted") == 0, outcome);
}

/* ---------- offers for leads that stay where they are ---------- */

typedef struct OfferLookup
{
	const SmkRules *rules;
	List	   *offers;
	TupleDesc	desc;
	MemoryContext context;
} OfferLookup;

/* Give the offers of one lead what routing reads from its row. */
static void
complete_offer(HeapTuple tuple, TupleDesc desc, void *arg)
{
	OfferLookup *lookup = arg;
	bool		isnull;
	Datum		row = SPI_getbinval(tuple, desc, 1, &isnull);
	MemoryContext old = MemoryContextSwitchTo(lookup->context);
	SmkLead		lead = smk_lead_of_row(row, lookup->desc);
	ListCell   *lc;

	foreach(lc, lookup->offers)
	{
		SmkOffer   *offer = lfirst(lc);

		if (offer->lead_id != DatumGetInt64(smk_lead_value(lookup->rules, &lead, SMK_LEAD_ID)))
			continue;
		offer->lead_owner = smk_lead_text(lookup->rules, &lead, SMK_LEAD_OWNER);
		if (!smk_lead_null(lookup->rules, &lead, SMK_LEAD_ACCOUNT_ID))
			offer->account_id = DatumGetInt64(smk_lead_value(lookup->rules, &lead, SMK_LEAD_ACCOUNT_ID));
		offer->rule = smk_routing_rule_of(lookup->rules, &lead);
	}
	MemoryContextSwitchTo(old);
}

static void
write_reroutes(Judge *judge)
{
	SmkActor	offerer = judge->actor;
	SmkHandoffs *handoffs = smk_handoffs_begin(judge->ws, judge->rules, &offerer,
											   judge->rules->live, judge->clocks);
	SmkBatch   *batch = smk_batch_create("smk_candidate", decided_columns, lengthof(decided_columns));
	Relation	lead = RelationIdGetRelation(judge->ws->tables[SMK_TABLE_LEAD]);
	OfferLookup lookup = {judge->rules, judge->reroutes, RelationGetDescr(lead), CurrentMemoryContext};
	SmkStatement statement = {0};
	ListCell   *lc;

	offerer.batch = NULL;		/* somebody has to decide, also in an import */
	foreach(lc, judge->reroutes)
	{
		Datum		value = Int64GetDatum(((SmkOffer *) lfirst(lc))->lead_id);
		bool		isnull = false;

		smk_batch_add(batch, &value, &isnull);
	}
	statement.text = "SELECT l FROM %s.lead AS l"
		" WHERE l.id OPERATOR(pg_catalog.=) ANY (SELECT id FROM smk_candidate) ORDER BY l.id FOR NO KEY UPDATE";
	statement.batches[0] = batch;
	statement.callback = complete_offer;
	statement.arg = &lookup;
	smk_run(judge->ws, SMK_BY_LEAD, NULL, &statement);
	foreach(lc, judge->reroutes)
		smk_handoffs_offer(handoffs, lfirst(lc));
	smk_handoffs_write_offers(handoffs);
	smk_clocks_write(judge->clocks);
	smk_batch_end(batch);
	RelationClose(lead);
}

static void
move_leads(Judge *judge)
{
	SmkStatement statement = {0};

	statement.text = "WITH locked AS (SELECT l.id, g.to_stage, g.reason, g.note, g.at FROM smk_goal AS g"
		" JOIN %s.lead AS l ON l.id OPERATOR(pg_catalog.=) g.lead_id ORDER BY l.id FOR NO KEY UPDATE OF l)"
		" UPDATE %s.lead AS l SET stage = g.to_stage, reason = g.reason, note = g.note,"
		" stage_since = GREATEST(g.at, l.stage_since)"
		" FROM locked AS g WHERE l.id OPERATOR(pg_catalog.=) g.id";
	statement.batches[0] = judge->goals;
	smk_run(judge->ws, SMK_BY_DECISION, NULL, &statement);
}

static void
write_events(Judge *judge)
{
	SmkStatement statement = {0};

	statement.text = "INSERT INTO %s.event (kind, lead_id, payload)"
		" SELECT 'handoff_decided', h.lead_id, pg_catalog.jsonb_build_object("
		"'handoff', h.id, 'direction', h.direction, 'decision', h.decision,"
		" 'reason', h.reason, 'actor', h.decided_by)"
		" FROM %s.handoff AS h WHERE h.id OPERATOR(pg_catalog.=) ANY (SELECT id FROM smk_decided)";
	statement.batches[0] = judge->decided;
	smk_run(judge->ws, SMK_BY_LEAD, NULL, &statement);
}

static void
judge_rows(Judge *judge, TriggerData *data)
{
	TupleTableSlot *old = smk_rows_begin(data->tg_relation, data->tg_oldtable);
	TupleTableSlot *new = smk_rows_begin(data->tg_relation, data->tg_newtable);

	while (smk_next_row(data->tg_oldtable, old) && smk_next_row(data->tg_newtable, new))
	{
		Row			before = {old->tts_values, old->tts_isnull};
		Row			after = {new->tts_values, new->tts_isnull};

		judge_row(judge, &before, &after);
	}
	ExecDropSingleTupleTableSlot(old);
	ExecDropSingleTupleTableSlot(new);
}

PG_FUNCTION_INFO_V1(smk_handoff_recorder);

Datum
smk_handoff_recorder(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "handoff_recorder", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);

	smk_check_table(ws, data->tg_relation, SMK_TABLE_HANDOFF);
	smk_pin(ws);
	if (!smk_no_rows(data->tg_newtable) && smk_cause(ws)->origin == SMK_BY_CLIENT)
	{
		Judge		judge = {0};

		judge.ws = ws;
		judge.rules = smk_rules(ws);
		judge.actor = smk_actor(ws, judge.rules);
		judge.clocks = smk_clocks_begin(ws, judge.rules, &judge.actor);
		judge.shape = shape_of(data->tg_relation);
		smk_require_actor(ws, judge.rules, &judge.actor, "handoff");
		judge.goals = smk_batch_create("smk_goal", goal_columns, lengthof(goal_columns));
		judge.decided = smk_batch_create("smk_decided", decided_columns, lengthof(decided_columns));
		judge_rows(&judge, data);
		if (judge.decided->rows > 0 && judge.rules->live)
			write_events(&judge);
		smk_clocks_write(judge.clocks);
		if (judge.reroutes != NIL)
			write_reroutes(&judge);
		if (judge.goals->rows > 0)
			move_leads(&judge);
		smk_batch_end(judge.goals);
		smk_batch_end(judge.decided);
	}
	smk_statement_ends(ws);
	return PointerGetDatum(NULL);
}

/* ---------- imported leads ---------- */

typedef struct Activation
{
	const SmkRules *rules;
	TupleDesc	desc;
	MemoryContext context;
	TimestampTz now;
	List	   *offers;
} Activation;

static void
collect_imported(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Activation *activation = arg;
	MemoryContext old = MemoryContextSwitchTo(activation->context);
	SmkOffer   *offer = palloc0(sizeof(SmkOffer));
	OfferLookup lookup = {activation->rules, list_make1(offer), activation->desc, activation->context};
	char	   *from = SPI_getvalue(tuple, desc, 3);
	bool		isnull;

	offer->lead_id = DatumGetInt64(SPI_getbinval(tuple, desc, 2, &isnull));
	offer->from = from ? smk_stage_find(activation->rules, from, strlen(from)) : SMK_NO_STAGE;
	offer->to = smk_stage_of_datum(activation->rules, SPI_getbinval(tuple, desc, 4, &isnull));
	offer->cycle = DatumGetInt32(SPI_getbinval(tuple, desc, 5, &isnull));
	offer->to_sales = true;
	offer->at = activation->now;
	complete_offer(tuple, desc, &lookup);
	activation->offers = lappend(activation->offers, offer);
	MemoryContextSwitchTo(old);
}

/* The imported leads that wait for an offer; $1 is the batch. */
#define WAITING_LEADS \
	" FROM %s.lead AS l" \
	" JOIN %s.stage AS s ON s.name OPERATOR(pg_catalog.=) l.stage" \
	" CROSS JOIN LATERAL (SELECT x.from_stage, x.import_batch FROM %s.stage_change AS x" \
	" WHERE x.lead_id OPERATOR(pg_catalog.=) l.id ORDER BY x.at DESC, x.id DESC LIMIT 1) AS c" \
	" LEFT JOIN %s.stage AS f ON f.name OPERATOR(pg_catalog.=) c.from_stage" \
	" WHERE s.kind OPERATOR(pg_catalog.=) 'handoff' AND c.import_batch OPERATOR(pg_catalog.=) $1" \
	" AND (f.department OPERATOR(pg_catalog.<>) 'sales') IS NOT FALSE AND l.excluded IS NULL" \
	" AND NOT EXISTS (SELECT FROM %s.handoff AS h WHERE h.lead_id OPERATOR(pg_catalog.=) l.id" \
	" AND h.direction OPERATOR(pg_catalog.=) 'to_sales' AND h.decision IS NULL)"

static void
collect_locked(HeapTuple tuple, TupleDesc desc, void *arg)
{
	bool		isnull;
	Datum		id = SPI_getbinval(tuple, desc, 1, &isnull);

	smk_batch_add(arg, &id, &isnull);
}

/*
 * Lock some, then look at them again: another session may have offered them
 * while we waited, which the statement that waited does not see.  Gives the
 * number of leads locked.
 */
static int64
select_imported(SmkWorkspace *ws, Activation *activation, Datum import, int max_rows)
{
	static const Oid types[] = {TEXTOID, INT4OID};
	Datum		values[2] = {import, Int32GetDatum(max_rows)};
	SmkBatch   *locked = smk_batch_create("smk_candidate", decided_columns, lengthof(decided_columns));
	SmkStatement lock = {0};
	SmkStatement look = {0};

	lock.text = "SELECT l.id" WAITING_LEADS " ORDER BY l.id LIMIT $2 FOR NO KEY UPDATE OF l";
	lock.nargs = 2;
	lock.types = types;
	lock.values = values;
	lock.callback = collect_locked;
	lock.arg = locked;
	smk_run(ws, SMK_BY_LEAD, NULL, &lock);
	look.text = "SELECT l, l.id, c.from_stage, l.stage, l.cycle" WAITING_LEADS
		" AND l.id OPERATOR(pg_catalog.=) ANY (SELECT id FROM smk_candidate) ORDER BY l.id";
	look.nargs = 1;
	look.types = types;
	look.values = values;
	look.batches[0] = locked;
	look.callback = collect_imported;
	look.arg = activation;
	smk_run(ws, SMK_BY_LEAD, NULL, &look);
	smk_batch_end(locked);
	return locked->rows;
}

PG_FUNCTION_INFO_V1(smk_activate_leads);

/* activate_leads(workspace, batch, max_rows): gives the number of leads offered. */
Datum
smk_activate_leads(PG_FUNCTION_ARGS)
{
	int			max_rows = PG_GETARG_INT32(2);
	SmkWorkspace *ws = smk_owned_workspace(PG_GETARG_TEXT_PP(0));
	const SmkRules *rules;
	SmkActor	actor;
	SmkHandoffs *handoffs;
	SmkClocks  *clocks;
	Relation	lead;
	Activation	activation = {0};
	ListCell   *lc;

	if (max_rows < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_rows must be at least 1")));
	smk_pin(ws);
	rules = smk_rules(ws);
	actor = smk_actor(ws, rules);
	actor.batch = NULL;			/* this is what an import leaves out */
	clocks = smk_clocks_begin(ws, rules, &actor);
	handoffs = smk_handoffs_begin(ws, rules, &actor, rules->live, clocks);
	lead = relation_open(ws->tables[SMK_TABLE_LEAD], AccessShareLock);
	activation.rules = rules;
	activation.desc = RelationGetDescr(lead);
	activation.context = CurrentMemoryContext;
	activation.now = GetCurrentTransactionStartTimestamp();
	while (select_imported(ws, &activation, PG_GETARG_DATUM(1), max_rows) > 0 &&
		   activation.offers == NIL)
		;						/* others were faster: take the next ones */
	foreach(lc, activation.offers)
		smk_handoffs_offer(handoffs, lfirst(lc));
	smk_handoffs_write_offers(handoffs);
	smk_clocks_write(clocks);
	relation_close(lead, AccessShareLock);
	smk_unpin(ws);
	PG_RETURN_INT64(list_length(activation.offers));
}

/* ---------- handoffs past their deadline ---------- */

static void
add_overdue(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Judge	   *judge = arg;
	bool		nulls[lengthof(goal_columns)] = {false, false, false, true, false};
	Datum		values[lengthof(goal_columns)];
	bool		isnull;
	bool		accept = judge->accepts;
	int			stage = smk_stage_of_datum(judge->rules, SPI_getbinval(tuple, desc, 3, &isnull));
	int			goal = stage == SMK_NO_STAGE ? SMK_NO_STAGE :
		goal_of(judge->rules, stage, accept, SMK_RETURN);

	if (goal == SMK_NO_STAGE)
		return;
	values[0] = SPI_getbinval(tuple, desc, 1, &isnull);
	smk_batch_add(judge->decided, values, nulls);
	values[0] = SPI_getbinval(tuple, desc, 2, &isnull);
	values[1] = CStringGetTextDatum(judge->rules->stages[goal].name);
	values[2] = CStringGetTextDatum("no_answer");
	nulls[2] = accept;
	values[3] = (Datum) 0;
	values[4] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	smk_batch_add(judge->goals, values, nulls);
	smk_handoff_decided(judge->clocks, DatumGetInt64(values[0]), accept ? "auto_accepted" : "rejected",
						GetCurrentTransactionStartTimestamp());
}

static void
select_overdue(Judge *judge, TimestampTz as_of, int max_rows)
{
	static const Oid types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[2] = {TimestampTzGetDatum(as_of), Int32GetDatum(max_rows)};
	SmkStatement statement = {0};

	/* the leads are locked first, in their order, as everywhere */
	statement.text = "WITH overdue AS (SELECT h.id, h.lead_id, h.to_stage FROM %s.handoff AS h"
		" WHERE h.decision IS NULL AND h.direction OPERATOR(pg_catalog.=) 'to_sales'"
		" AND EXISTS (SELECT FROM %s.sla_clock AS c"
		" JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
		" WHERE c.handoff_id OPERATOR(pg_catalog.=) h.id"
		" AND m.ends_on OPERATOR(pg_catalog.=) 'handoff:decided'"
		" AND c.ended_at IS NULL AND c.cancelled_at IS NULL"
		" AND c.due_at OPERATOR(pg_catalog.<) $1) ORDER BY h.lead_id LIMIT $2),"
		" leads AS MATERIALIZED (SELECT l.id FROM %s.lead AS l"
		" WHERE l.id OPERATOR(pg_catalog.=) ANY (SELECT lead_id FROM overdue)"
		" ORDER BY l.id FOR NO KEY UPDATE SKIP LOCKED)"
		" SELECT h.id, h.lead_id, h.to_stage FROM %s.handoff AS h"
		" JOIN overdue AS o ON o.id OPERATOR(pg_catalog.=) h.id"
		" JOIN leads AS l ON l.id OPERATOR(pg_catalog.=) h.lead_id"
		" WHERE h.decision IS NULL ORDER BY h.lead_id FOR UPDATE OF h SKIP LOCKED";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.callback = add_overdue;
	statement.arg = judge;
	smk_run(judge->ws, SMK_BY_LEAD, NULL, &statement);
}

static void
write_overdue_decisions(Judge *judge)
{
	static const Oid types[] = {BOOLOID};
	Datum		values[1] = {BoolGetDatum(judge->accepts)};
	SmkStatement statement = {0};

	statement.text = "UPDATE %s.handoff AS h SET"
		" decision = CASE WHEN $1 THEN 'auto_accepted' ELSE 'rejected' END,"
		" reason = CASE WHEN $1 THEN h.reason ELSE 'no_answer' END,"
		" decided_at = GREATEST(pg_catalog.now(), h.offered_at)"
		" WHERE h.id OPERATOR(pg_catalog.=) ANY (SELECT id FROM smk_decided)";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.batches[0] = judge->decided;
	smk_run(judge->ws, SMK_BY_LEAD, NULL, &statement);
}

PG_FUNCTION_INFO_V1(smk_decide_overdue);

/* decide_overdue(workspace, as_of, accept, max_rows): part of tick. */
Datum
smk_decide_overdue(PG_FUNCTION_ARGS)
{
	SmkWorkspace *ws = smk_owned_workspace(PG_GETARG_TEXT_PP(0));
	Judge		judge = {0};
	int64		done;

	smk_pin(ws);
	judge.ws = ws;
	judge.rules = smk_rules(ws);
	judge.accepts = PG_GETARG_BOOL(2);
	judge.clocks = smk_clocks_begin(ws, judge.rules, &judge.actor);
	judge.goals = smk_batch_create("smk_goal", goal_columns, lengthof(goal_columns));
	judge.decided = smk_batch_create("smk_decided", decided_columns, lengthof(decided_columns));
	select_overdue(&judge, PG_GETARG_TIMESTAMPTZ(1), PG_GETARG_INT32(3));
	done = judge.decided->rows;
	if (done > 0)
	{
		write_overdue_decisions(&judge);
		if (judge.rules->live)
			write_events(&judge);
		smk_clocks_write(judge.clocks);
		move_leads(&judge);
	}
	smk_batch_end(judge.goals);
	smk_batch_end(judge.decided);
	smk_unpin(ws);
	PG_RETURN_INT64(done);
}
