/*
 * review.c
 *		What the triggers of reviews need C for: who writes, by the compiled
 *		rules, and events that are appended as the tables' owner.
 */
#include "lifecycle/actor.h"
#include "lifecycle/rules.h"
#include "lifecycle/trigger.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"

PG_FUNCTION_INFO_V1(smk_review_actor);

/* review_actor(workspace, table): the member who writes, or null; SM009 where one is required. */
Datum
smk_review_actor(PG_FUNCTION_ARGS)
{
	SmkWorkspace *ws = smk_workspace_by_name(PG_GETARG_TEXT_PP(0));
	const SmkRules *rules = smk_rules(ws);
	SmkActor	actor = smk_actor(ws, rules);

	smk_require_actor(ws, rules, &actor, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (actor.member == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(actor.member->name));
}

/* The trigger's arguments from the nth on, as text[]. */
static Datum
arguments_from(const Trigger *trigger, int n)
{
	Datum	   *names = palloc(sizeof(Datum) * trigger->tgnargs);

	for (int i = n; i < trigger->tgnargs; i++)
		names[i - n] = CStringGetTextDatum(trigger->tgargs[i]);
	return PointerGetDatum(construct_array(names, trigger->tgnargs - n, TEXTOID, -1, false, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(smk_record_event);

/*
 * AFTER ROW, with the arguments kind, name of the id, and columns: an event.
 * A column that is not there is left out.
 */
Datum
smk_record_event(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, TEXTOID, TEXTARRAYOID, JSONOID};
	TriggerData *data = smk_trigger_data(fcinfo, "record_event", true, false);
	const Trigger *trigger = data->tg_trigger;
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);
	HeapTuple	row = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	SmkStatement statement = {0};
	Datum		values[lengthof(types)];

	if (trigger->tgnargs < 2)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"record_event\" takes the kind of the event and the name of the row's id"),
				 errhint("Let smarketing.repair_workspace() create the triggers.")));
	if (!smk_rules(ws)->live || smk_importing())
		return PointerGetDatum(NULL);
	values[0] = CStringGetTextDatum(trigger->tgargs[0]);
	values[1] = CStringGetTextDatum(trigger->tgargs[1]);
	values[2] = arguments_from(trigger, 2);
	values[3] = DirectFunctionCall1(row_to_json,
									heap_copy_tuple_as_datum(row, RelationGetDescr(data->tg_relation)));
	statement.text = "WITH told AS (SELECT $4::pg_catalog.jsonb AS told),"
		" about AS (SELECT t.told, (t.told OPERATOR(pg_catalog.->>) 'lead_id')::pg_catalog.int8 AS lead_id FROM told AS t)"
		" INSERT INTO %s.event (kind, lead_id, payload) SELECT $1, a.lead_id,"
		" pg_catalog.jsonb_build_object($2, a.told OPERATOR(pg_catalog.->) 'id') OPERATOR(pg_catalog.||)"
		" COALESCE((SELECT pg_catalog.jsonb_object_agg(c.name, a.told OPERATOR(pg_catalog.->) c.name)"
		" FROM pg_catalog.unnest($3) AS c (name) WHERE a.told OPERATOR(pg_catalog.?) c.name), '{}')"
		" FROM about AS a WHERE NOT EXISTS (SELECT FROM %s.lead AS l"
		" WHERE l.id OPERATOR(pg_catalog.=) a.lead_id AND l.excluded IS NOT NULL)";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	smk_run(ws, SMK_BY_LEAD, NULL, &statement);
	return PointerGetDatum(NULL);
}
