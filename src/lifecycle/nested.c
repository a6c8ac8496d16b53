/*
 * nested.c
 *		Statements on leads inside statements on leads: see nested.h.
 *
 * Both lists live in the transaction's memory.  What a subtransaction has put
 * there goes with it.
 */
#include "lifecycle/nested.h"
#include "lifecycle/trigger.h"

#include "access/xact.h"
#include "utils/memutils.h"

/* A statement on leads that has begun and is not recorded yet. */
typedef struct Waiting
{
	SmkWorkspace *ws;
	int			depth;			/* of triggers */
	SubTransactionId subid;
} Waiting;

/* Rows that wait for their outermost statement. */
typedef struct Kept
{
	SmkNested	nested;			/* first: smk_nested_free gets its address */
	const SmkWorkspace *ws;
} Kept;

static List *waiting = NIL;		/* of Waiting */
static List *kept = NIL;		/* of Kept */

void
smk_nested_begin(SmkWorkspace *ws)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	Waiting    *statement = palloc(sizeof(Waiting));

	statement->ws = ws;
	statement->depth = smk_trigger_depth();
	statement->subid = GetCurrentSubTransactionId();
	waiting = lappend(waiting, statement);
	MemoryContextSwitchTo(old);
}

bool
smk_nested_end(const SmkWorkspace *ws)
{
	int			depth = smk_trigger_depth();
	bool		inside = false;
	bool		removed = false;

	for (int i = list_length(waiting) - 1; i >= 0; i--)
	{
		Waiting    *statement = list_nth(waiting, i);

		if (statement->ws != ws)
			continue;
		if (statement->depth < depth)
			inside = true;
		else if (!removed)
		{
			waiting = list_delete_nth_cell(waiting, i);
			pfree(statement);
			removed = true;
		}
	}
	return inside;
}

SmkNested *
smk_nested_keep(const SmkWorkspace *ws, SmkOrigin origin, const SmkActor *actor)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	Kept	   *entry = palloc0(sizeof(Kept));

	entry->ws = ws;
	entry->nested.origin = origin;
	entry->nested.actor = *actor;
	if (actor->batch != NULL)
		entry->nested.actor.batch = pstrdup(actor->batch);
	entry->nested.subid = GetCurrentSubTransactionId();
	kept = lappend(kept, entry);
	MemoryContextSwitchTo(old);
	return &entry->nested;
}

void
smk_nested_add(SmkNested *nested, TupleTableSlot *old, TupleTableSlot *new)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	nested->old = lappend(nested->old, old ? ExecCopySlotMinimalTuple(old) : NULL);
	nested->new = lappend(nested->new, new ? ExecCopySlotMinimalTuple(new) : NULL);
	MemoryContextSwitchTo(caller);
}

List *
smk_nested_take(const SmkWorkspace *ws)
{
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, waiting)
	{
		if (((Waiting *) lfirst(lc))->ws == ws)
			return NIL;
	}
	foreach(lc, kept)
	{
		Kept	   *entry = lfirst(lc);

		if (entry->ws != ws)
			continue;
		taken = lappend(taken, &entry->nested);
		kept = foreach_delete_current(kept, lc);
	}
	return taken;
}

static void
free_rows(List *rows)
{
	ListCell   *lc;

	foreach(lc, rows)
	{
		if (lfirst(lc) != NULL)
			pfree(lfirst(lc));
	}
	list_free(rows);
}

/* A long transaction may have a million statements. */
void
smk_nested_free(SmkNested *nested)
{
	free_rows(nested->old);
	free_rows(nested->new);
	pfree(nested);
}

static void
transaction_ends(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
	{
		if (kept == NIL)
			return;
		ereport(ERROR,
				(errcode(ERRCODE_SMK_WORKSPACE),
				 errmsg("leads of workspace \"%s\" were changed, and their history was not written",
						((Kept *) linitial(kept))->ws->name),
				 errdetail("A statement on table lead began, and its trigger that records did not fire."),
				 errhint("Let smarketing.repair_workspace() create the triggers, and enable those that are disabled.")));
	}
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		waiting = kept = NIL;	/* their memory goes with the transaction's */
}

static void
subtransaction_ends(SubXactEvent event, SubTransactionId mySubid,
					SubTransactionId parentSubid, void *arg)
{
	ListCell   *lc;

	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	foreach(lc, waiting)
	{
		Waiting    *statement = lfirst(lc);

		if (statement->subid != mySubid)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			statement->subid = parentSubid;
		else
			waiting = foreach_delete_current(waiting, lc);
	}
	foreach(lc, kept)
	{
		Kept	   *entry = lfirst(lc);

		if (entry->nested.subid != mySubid)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			entry->nested.subid = parentSubid;
		else
			kept = foreach_delete_current(kept, lc);
	}
}

void
smk_nested_init(void)
{
	RegisterXactCallback(transaction_ends, NULL);
	RegisterSubXactCallback(subtransaction_ends, NULL);
}
