/*
 * trigger.h
 *		What our trigger functions check about their call.
 */
#ifndef SMK_TRIGGER_H
#define SMK_TRIGGER_H

#include "smarketing.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "workspace/workspace.h"

/* The call's trigger data; an error unless it is fired as event says. */
extern TriggerData *smk_trigger_data(FunctionCallInfo fcinfo, const char *function,
									 bool row, bool before);

/*
 * A cheap way through a transition table: one slot, reused for each row.
 * smk_next_row gives false at the end.
 */
extern TupleTableSlot *smk_rows_begin(Relation rel, Tuplestorestate *store);
extern bool smk_next_row(Tuplestorestate *store, TupleTableSlot *slot);
extern bool smk_no_rows(Tuplestorestate *store);

/*
 * The end of an AFTER STATEMENT trigger that has pinned the rules itself:
 * lets go of its own pin and of the one that statement_begins has set.
 */
extern void smk_statement_ends(SmkWorkspace *ws);

/* The number of a column of ours; SM010 if it is not there or of another type. */
extern AttrNumber smk_column(Relation rel, const char *name, Oid type);

/* The same for several: all of names, of these types, into numbers. */
extern void smk_columns(Relation rel, const char *const *names, const Oid *types, int n,
						AttrNumber *numbers);

/* SM010 where a table has inheritance children, whose rows no trigger sees. */
extern void smk_refuse_children(Relation rel);

/* SM010 where a partition lacks the statement trigger that its parent has. */
extern void smk_refuse_unarmed_partition(Relation rel, const char *trigger);

#endif							/* SMK_TRIGGER_H */
