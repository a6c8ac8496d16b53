/*
 * sla_sql.c
 *		SQL functions and triggers of the agreement: who acts, what a
 *		commitment grants, feedback, follow-ups, handoffs past their deadline.
 */
#include "handoff/handoff.h"
#include "lifecycle/trigger.h"
#include "sla/clock.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(smk_current_actor);

/* current_actor(workspace): the member who acts, or null. */
Datum
smk_current_actor(PG_FUNCTION_ARGS)
{
	SmkWorkspace *ws = smk_workspace_by_name(PG_GETARG_TEXT_PP(0));
	SmkActor	actor = smk_actor(ws, smk_rules(ws));

	if (actor.member == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(actor.member->name));
}

PG_FUNCTION_INFO_V1(smk_clock_target_sql);

/* clock_target(hours, counted, within, cutoff, zone, started_at) */
Datum
smk_clock_target_sql(PG_FUNCTION_ARGS)
{
	const SmkCalendar *calendar;
	pg_tz	   *zone;
	Interval   *result;
	int64		target;

	for (int i = 0; i < 6; i++)
	{
		if (PG_ARGISNULL(i) && i != 2 && i != 3)
			PG_RETURN_NULL();
	}
	calendar = smk_working_hours_calendar(PG_GETARG_DATUM(0), true);
	zone = smk_hours_zone(text_to_cstring(PG_GETARG_TEXT_PP(4)));
	smk_working_check_instant(PG_GETARG_TIMESTAMPTZ(5));
	target = smk_clock_target(calendar, zone, smk_counted_of(text_to_cstring(PG_GETARG_TEXT_PP(1))),
							  PG_ARGISNULL(2) ? NULL : PG_GETARG_INTERVAL_P(2),
							  PG_ARGISNULL(3) ? -1 : PG_GETARG_TIMEADT(3),
							  PG_GETARG_TIMESTAMPTZ(5));
	if (target < 0)
		PG_RETURN_NULL();
	result = palloc0(sizeof(Interval));
	result->time = target;
	PG_RETURN_INTERVAL_P(result);
}

static void
refuse_future(Relation rel, TimestampTz at)
{
	if (at <= GetCurrentTimestamp() && !TIMESTAMP_IS_NOBEGIN(at))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SMK_TIME),
			 errmsg("feedback cannot have been given at %s", timestamptz_to_str(at)),
			 errhint("Leave at out: it is now."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, get_namespace_name(RelationGetNamespace(rel))),
			 err_generic_string(PG_DIAG_TABLE_NAME, RelationGetRelationName(rel)),
			 err_generic_string(PG_DIAG_COLUMN_NAME, "at")));
}

PG_FUNCTION_INFO_V1(smk_feedback_recorder);

/* AFTER INSERT STATEMENT on feedback: an event, and one for the clocks. */
Datum
smk_feedback_recorder(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "feedback_recorder", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			lead_id = SPI_fnumber(desc, "lead_id");
	int			at = SPI_fnumber(desc, "at");
	const SmkRules *rules;
	SmkActor	actor;
	SmkClocks  *clocks;
	TupleTableSlot *slot;

	if (smk_no_rows(data->tg_newtable) || lead_id <= 0 || at <= 0)
		return PointerGetDatum(NULL);
	smk_pin(ws);
	rules = smk_rules(ws);
	actor = smk_actor(ws, rules);
	clocks = smk_clocks_begin(ws, rules, &actor);
	slot = smk_rows_begin(data->tg_relation, data->tg_newtable);
	while (smk_next_row(data->tg_newtable, slot))
	{
		refuse_future(data->tg_relation, DatumGetTimestampTz(slot->tts_values[at - 1]));
		if (!slot->tts_isnull[lead_id - 1])
			smk_clocks_event(clocks, DatumGetInt64(slot->tts_values[lead_id - 1]), rules->sla->feedback,
							 DatumGetTimestampTz(slot->tts_values[at - 1]), false);
	}
	ExecDropSingleTupleTableSlot(slot);
	smk_clocks_write(clocks);
	smk_unpin(ws);
	return PointerGetDatum(NULL);
}

/* ---------- follow-ups ---------- */

typedef struct Due
{
	SmkClocks  *clocks;
	int64		done;
} Due;

static void
note_follow_up(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Due		   *due = arg;
	bool		isnull;
	int64		lead_id = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
	TimestampTz at = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 2, &isnull));

	smk_clocks_event(due->clocks, lead_id, due->clocks->rules->sla->follow_up_due, at, false);
	due->done++;
}

PG_FUNCTION_INFO_V1(smk_raise_follow_ups);

/* raise_follow_ups(workspace, as_of, max_rows): part of tick. */
Datum
smk_raise_follow_ups(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TIMESTAMPTZOID, INT4OID, BOOLOID};
	SmkWorkspace *ws = smk_owned_workspace(PG_GETARG_TEXT_PP(0));
	Datum		values[3] = {PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), BoolGetDatum(true)};
	SmkStatement statement = {0};
	SmkActor	actor = {0};
	Due			due = {NULL, 0};

	smk_pin(ws);
	due.clocks = smk_clocks_begin(ws, smk_rules(ws), &actor);
	values[2] = BoolGetDatum(smk_rules(ws)->live);
	statement.text = "WITH zone AS (SELECT value OPERATOR(pg_catalog.#>>) '{}' AS name FROM %s.setting"
		" WHERE name OPERATOR(pg_catalog.=) 'timezone'),"
		" due AS (SELECT l.id FROM %s.lead AS l, zone AS z"
		" WHERE l.follow_up_on OPERATOR(pg_catalog.<=)"
		" pg_catalog.timezone(z.name, $1)::pg_catalog.date"
		" AND (l.follow_up_raised_on OPERATOR(pg_catalog.=) l.follow_up_on) IS NOT TRUE AND l.excluded IS NULL"
		" ORDER BY l.id LIMIT $2 FOR NO KEY UPDATE OF l SKIP LOCKED),"
		" raised AS (UPDATE %s.lead AS l SET follow_up_raised_on = l.follow_up_on FROM due AS d, zone AS z"
		" WHERE l.id OPERATOR(pg_catalog.=) d.id RETURNING l.id, l.follow_up_on, l.owner,"
		" GREATEST(pg_catalog.timezone(z.name, l.follow_up_on::pg_catalog.timestamp), '-infinity') AS at),"
		" told AS (INSERT INTO %s.event (at, kind, lead_id, payload) SELECT r.at, 'follow_up_due', r.id,"
		" pg_catalog.jsonb_build_object('follow_up_on', r.follow_up_on, 'owner', r.owner)"
		" FROM raised AS r WHERE $3)"
		" SELECT r.id, r.at FROM raised AS r";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.callback = note_follow_up;
	statement.arg = &due;
	smk_run(ws, SMK_BY_CORRECTION, NULL, &statement);
	smk_clocks_write(due.clocks);
	smk_unpin(ws);
	PG_RETURN_INT64(due.done);
}
