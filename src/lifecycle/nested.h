/*
 * nested.h
 *		Statements on leads inside statements on leads.
 *
 * A user's own AFTER ROW trigger on lead fires before our AFTER STATEMENT
 * trigger.  What it writes to leads would be judged and recorded before the
 * statement that it belongs to: the history would tell the second move first,
 * and the handoff that the first one opens would miss its answer.  So the rows
 * of such an inner statement are kept, and the outermost statement records
 * them after its own.  An inner move that is refused then fails the outer
 * statement: a user's trigger cannot catch it.
 */
#ifndef SMK_NESTED_H
#define SMK_NESTED_H

#include "lifecycle/actor.h"

#include "executor/tuptable.h"
#include "nodes/pg_list.h"

/* What one inner statement has done to leads: pairs of rows, NULL for none. */
typedef struct SmkNested
{
	SmkOrigin	origin;
	SmkActor	actor;
	SubTransactionId subid;
	List	   *old;			/* of MinimalTuple */
	List	   *new;			/* of MinimalTuple, as long */
} SmkNested;

/* BEFORE STATEMENT on lead. */
extern void smk_nested_begin(SmkWorkspace *ws);

/*
 * AFTER STATEMENT on lead: the statement itself waits no longer.  True if
 * another one, outside of it, does.
 */
extern bool smk_nested_end(const SmkWorkspace *ws);

/* Rows of an inner statement are to be kept for the outermost one. */
extern SmkNested *smk_nested_keep(const SmkWorkspace *ws, SmkOrigin origin, const SmkActor *actor);
extern void smk_nested_add(SmkNested *nested, TupleTableSlot *old, TupleTableSlot *new);

/*
 * What inner statements have left, of SmkNested, the oldest first; NIL while a
 * statement still waits that must be recorded before.
 */
extern List *smk_nested_take(const SmkWorkspace *ws);
extern void smk_nested_free(SmkNested *nested);

extern void smk_nested_init(void);

#endif							/* SMK_NESTED_H */
