/*
 * trigger.c
 *		Checks that every trigger function makes, and the pins of statements.
 */
#include "lifecycle/trigger.h"
#include "lifecycle/nested.h"

#include "catalog/pg_inherits.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

TriggerData *
smk_trigger_data(FunctionCallInfo fcinfo, const char *function, bool row, bool before)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by the trigger manager", function)));
	if ((bool) TRIGGER_FIRED_FOR_ROW(data->tg_event) != row ||
		(bool) TRIGGER_FIRED_BEFORE(data->tg_event) != before)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired %s %s", function,
						before ? "BEFORE" : "AFTER", row ? "ROW" : "STATEMENT"),
				 errhint("Let smarketing.repair_workspace() create the triggers.")));
	return data;
}

TupleTableSlot *
smk_rows_begin(Relation rel, Tuplestorestate *store)
{
	tuplestore_rescan(store);
	return MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
}

bool
smk_next_row(Tuplestorestate *store, TupleTableSlot *slot)
{
	CHECK_FOR_INTERRUPTS();
	if (!tuplestore_gettupleslot(store, true, false, slot))
		return false;
	slot_getallattrs(slot);
	return true;
}

bool
smk_no_rows(Tuplestorestate *store)
{
	return store == NULL || tuplestore_tuple_count(store) == 0;
}

AttrNumber
smk_column(Relation rel, const char *name, Oid type)
{
	TupleDesc	desc = RelationGetDescr(rel);
	int			attnum = SPI_fnumber(desc, name);

	if (attnum <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_SMK_WORKSPACE),
				 errmsg("table \"%s\" has no column \"%s\"", RelationGetRelationName(rel), name),
				 errhint("Give the column its name back, or add it again as the manual describes it."),
				 errtable(rel)));
	if (!smk_type_fits(TupleDescAttr(desc, attnum - 1)->atttypid, type))
		ereport(ERROR,
				(errcode(ERRCODE_SMK_WORKSPACE),
				 errmsg("column \"%s\" of table \"%s\" is of type %s, not %s", name, RelationGetRelationName(rel),
						format_type_be(TupleDescAttr(desc, attnum - 1)->atttypid), format_type_be(type)),
				 errhint("Give the column its type back."),
				 errtablecol(rel, attnum)));
	return attnum;
}

void
smk_columns(Relation rel, const char *const *names, const Oid *types, int n, AttrNumber *numbers)
{
	for (int i = 0; i < n; i++)
		numbers[i] = smk_column(rel, names[i], types[i]);
}

void
smk_refuse_children(Relation rel)
{
	/* relhassubclass may stay set after the last child is gone */
	if (!rel->rd_rel->relhassubclass ||
		rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ||
		find_inheritance_children(RelationGetRelid(rel), NoLock) == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SMK_WORKSPACE),
			 errmsg("table \"%s\" has inheritance children, whose rows the agreement does not reach",
					RelationGetRelationName(rel)),
			 errhint("ALTER TABLE ... NO INHERIT the children, or move their rows into the table."),
			 errtable(rel)));
}

/*
 * Rows that come in through a partition's parent fire the parent's statement
 * triggers, rows that are written to the partition itself the partition's
 * own: it must have them, or such rows would slip past.
 */
void
smk_refuse_unarmed_partition(Relation rel, const char *trigger)
{
	TriggerDesc *triggers = rel->trigdesc;

	if (!rel->rd_rel->relispartition)
		return;
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (strcmp(triggers->triggers[i].tgname, trigger) == 0 &&
			triggers->triggers[i].tgenabled != TRIGGER_DISABLED)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_SMK_WORKSPACE),
			 errmsg("partition \"%s\" lacks the workspace's triggers", RelationGetRelationName(rel)),
			 errhint("SELECT smarketing.repair_workspace('…') gives them to new partitions."),
			 errtable(rel)));
}

PG_FUNCTION_INFO_V1(smk_partition_guard);

/* BEFORE INSERT on partitioned history and outbox; its argument: the trigger that a partition needs. */
Datum
smk_partition_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "partition_guard", true, true);

	if (data->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"partition_guard\" takes the name of a trigger"),
				 errhint("Let smarketing.repair_workspace() create the triggers.")));
	smk_refuse_unarmed_partition(data->tg_relation, data->tg_trigger->tgargs[0]);
	return PointerGetDatum(data->tg_trigtuple);
}

void
smk_statement_ends(SmkWorkspace *ws)
{
	smk_unpin(ws);
	smk_unpin(ws);
}

PG_FUNCTION_INFO_V1(smk_statement_begins);

/* BEFORE STATEMENT: one generation of the rules until the statement ends. */
Datum
smk_statement_begins(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "statement_begins", false, true);

	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);

	smk_pin(ws);
	if (RelationGetRelid(data->tg_relation) == ws->tables[SMK_TABLE_LEAD])
		smk_nested_begin(ws);
	return PointerGetDatum(NULL);
}
