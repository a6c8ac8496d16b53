/*
 * workspace.c
 *		The per-backend cache of workspaces, keyed by schema: tables, owner,
 *		compiled rules and saved plans; and internal statements.
 *
 * Invalidation callbacks only mark an entry stale.  It is refreshed, whole, by
 * the next statement on one of its tables, never while a statement has it
 * pinned.  An error half-way leaves the old copy, still stale.
 */
#include "workspace/workspace.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lifecycle/rules.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Memory for a batch of moves, so that a usual one does not go to disk. */
#define BATCH_KILOBYTES 16384

/* From so many rows on a batch is worth a plan of its own. */
#define BULK_ROWS 100

typedef struct SmkPlan
{
	const char *text;			/* the literal: compared by address */
	SPIPlanPtr	plan;
	int			running;		/* statements that execute it now */
	uint64		uses;
	uint64		renew_at;		/* the use before which it is planned anew */
} SmkPlan;

typedef struct SmkPin
{
	SmkWorkspace *ws;
	SubTransactionId subid;
	int			depth;			/* of triggers, where it was made */
} SmkPin;

static const char *const table_names[SMK_TABLE_COUNT] = {
	[SMK_TABLE_SETTING] = "setting",
	[SMK_TABLE_STAGE] = "stage",
	[SMK_TABLE_TRANSITION] = "transition",
	[SMK_TABLE_REASON] = "reason",
	[SMK_TABLE_PERSONA] = "persona",
	[SMK_TABLE_TEAM] = "team",
	[SMK_TABLE_MEMBER] = "member",
	[SMK_TABLE_ABSENCE] = "absence",
	[SMK_TABLE_ACTIVITY_KIND] = "activity_kind",
	[SMK_TABLE_SCORING_CATEGORY] = "scoring_category",
	[SMK_TABLE_SCORING_RULE] = "scoring_rule",
	[SMK_TABLE_SCORE_BAND] = "score_band",
	[SMK_TABLE_ROUTING_RULE] = "routing_rule",
	[SMK_TABLE_ROUTING_TURN] = "routing_turn",
	[SMK_TABLE_ACCOUNT] = "account",
	[SMK_TABLE_LEAD] = "lead",
	[SMK_TABLE_STAGE_CHANGE] = "stage_change",
	[SMK_TABLE_ACTIVITY] = "activity",
	[SMK_TABLE_DEAL] = "deal",
	[SMK_TABLE_HANDOFF] = "handoff",
	[SMK_TABLE_EVENT] = "event",
	[SMK_TABLE_EVENT_CONSUMER] = "event_consumer",
	[SMK_TABLE_EVENT_DELIVERY] = "event_delivery",
	[SMK_TABLE_CALENDAR] = "calendar",
	[SMK_TABLE_CALENDAR_VERSION] = "calendar_version",
	[SMK_TABLE_AGREEMENT] = "agreement",
	[SMK_TABLE_COMMITMENT] = "commitment",
	[SMK_TABLE_SLA_CLOCK] = "sla_clock",
	[SMK_TABLE_FEEDBACK] = "feedback",
	[SMK_TABLE_CONFIG_CHANGE] = "config_change",
};

static HTAB *workspaces = NULL;
static SmkCause *current_cause = NULL;

static SmkPin *pins = NULL;		/* a stack, in TopMemoryContext */
static int	npins = 0;
static int	maxpins = 0;

/* ---------- invalidation ---------- */

static void
mark_all_stale(void)
{
	HASH_SEQ_STATUS seq;
	SmkWorkspace *ws;

	hash_seq_init(&seq, workspaces);
	while ((ws = hash_seq_search(&seq)) != NULL)
		ws->stale = true;
}

/* A table has changed, or a config trigger says that its rows have. */
static void
relation_changed(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS seq;
	SmkWorkspace *ws;

	if (workspaces == NULL)
		return;
	if (!OidIsValid(relid))
	{
		mark_all_stale();
		return;
	}
	hash_seq_init(&seq, workspaces);
	while ((ws = hash_seq_search(&seq)) != NULL)
	{
		for (int i = 0; i < SMK_TABLE_COUNT; i++)
		{
			if (ws->tables[i] == relid)
				ws->stale = true;
		}
	}
}

static void
namespace_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	if (workspaces != NULL)
		mark_all_stale();
}

void
smk_workspace_changed(Oid nspid)
{
	Oid			relid = get_relname_relid(table_names[SMK_TABLE_SETTING], nspid);

	if (OidIsValid(relid))
		CacheInvalidateRelcacheByRelid(relid);
}

/* ---------- the cache ---------- */

static void
resolve_tables(Oid nspid, const char *name, Oid *tables, Oid *owner)
{
	*owner = InvalidOid;
	for (int i = 0; i < SMK_TABLE_COUNT; i++)
	{
		HeapTuple	tuple;
		Oid			relowner;

		tables[i] = get_relname_relid(table_names[i], nspid);
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(tables[i]));
		if (!HeapTupleIsValid(tuple))
			ereport(ERROR,
					(errcode(ERRCODE_SMK_WORKSPACE),
					 errmsg("schema \"%s\" is not a complete workspace", name),
					 errdetail("Table \"%s\" is missing.", table_names[i]),
					 errhint("Restore the table, or create another workspace with smarketing.create_workspace()."),
					 err_generic_string(PG_DIAG_SCHEMA_NAME, name),
					 err_generic_string(PG_DIAG_TABLE_NAME, table_names[i])));
		relowner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
		if (OidIsValid(*owner) && relowner != *owner)
			ereport(ERROR,
					(errcode(ERRCODE_SMK_WORKSPACE),
					 errmsg("the tables of workspace \"%s\" have different owners", name),
					 errdetail("Table \"%s\" belongs to \"%s\", the ones before it to \"%s\".",
							   table_names[i], GetUserNameFromId(relowner, true),
							   GetUserNameFromId(*owner, true)),
					 errhint("Give all tables of the workspace to one role with ALTER TABLE ... OWNER TO."),
					 err_generic_string(PG_DIAG_SCHEMA_NAME, name),
					 err_generic_string(PG_DIAG_TABLE_NAME, table_names[i])));
		*owner = relowner;
	}
}

bool
smk_type_fits(Oid type, Oid expected)
{
	Oid			base = type == expected ? type : getBaseType(type);
	char		category;
	bool		preferred;

	if (base == expected)
		return true;
	if (expected != TEXTOID || base == BPCHAROID)
		return false;
	get_type_category_preferred(base, &category, &preferred);
	return category == TYPCATEGORY_STRING && get_typlen(base) == -1;
}

static void
drop_plans(SmkWorkspace *ws)
{
	ListCell   *lc;

	foreach(lc, ws->plans)
	{
		if (((SmkPlan *) lfirst(lc))->plan != NULL)
			SPI_freeplan(((SmkPlan *) lfirst(lc))->plan);
	}
	list_free_deep(ws->plans);
	ws->plans = NIL;
}

/* Take a new name over; saved plans name the old one. */
static void
adopt_name(SmkWorkspace *ws, const char *name)
{
	MemoryContext old;

	if (ws->name != NULL && strcmp(ws->name, name) == 0)
		return;
	drop_plans(ws);
	old = MemoryContextSwitchTo(CacheMemoryContext);
	ws->name = pstrdup(name);
	ws->quoted = pstrdup(quote_identifier(name));
	MemoryContextSwitchTo(old);
}

static void
refresh(SmkWorkspace *ws)
{
	char	   *name = get_namespace_name(ws->nspid);
	SmkRules   *rules;

	if (name == NULL)
		elog(ERROR, "cache lookup failed for schema %u", ws->nspid);
	resolve_tables(ws->nspid, name, ws->tables, &ws->owner);
	adopt_name(ws, name);
	rules = smk_rules_load(ws);
	if (ws->rules != NULL)
		MemoryContextDelete(ws->rules->context);
	ws->rules = rules;
	ws->provisional = IsInParallelMode();
}

/*
 * Bring a stale entry up to date.  stale is lowered first, so that a message
 * that arrives while we load raises it again; an error raises it as well.
 */
static void
refresh_if_stale(SmkWorkspace *ws)
{
	bool		provisional = ws->provisional && !IsInParallelMode();

	if ((!ws->stale && !provisional) || ws->pins > 0)
		return;
	ws->stale = false;
	PG_TRY();
	{
		ws->pins++;				/* no second refresh inside this one */
		refresh(ws);
	}
	PG_CATCH();
	{
		ws->pins--;
		ws->stale = true;
		PG_RE_THROW();
	}
	PG_END_TRY();
	ws->pins--;
}

static void
create_cache(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(SmkWorkspace);
	ctl.hcxt = CacheMemoryContext;
	workspaces = hash_create("smarketing workspaces", 8, &ctl,
							 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

SmkWorkspace *
smk_workspace_by_schema(Oid nspid)
{
	SmkWorkspace *ws;
	bool		found;

	if (workspaces == NULL)
		create_cache();
	ws = hash_search(workspaces, &nspid, HASH_ENTER, &found);
	if (!found)
	{
		memset((char *) ws + sizeof(Oid), 0, sizeof(SmkWorkspace) - sizeof(Oid));
		ws->stale = true;
	}
	refresh_if_stale(ws);
	if (ws->rules == NULL)
		elog(ERROR, "workspace %u is used while it is being loaded", nspid);
	return ws;
}

/*
 * A table that somebody else has made in the workspace's schema, with one of
 * our triggers: its rows would be written into the owner's history.
 */
static void
refuse_foreign_table(const SmkWorkspace *ws, Relation rel)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_WORKSPACE),
			 errmsg("table \"%s\" does not belong to the owner of workspace \"%s\"",
					RelationGetRelationName(rel), ws->name),
			 errdetail("It belongs to \"%s\", the workspace to \"%s\".",
					   GetUserNameFromId(rel->rd_rel->relowner, true), GetUserNameFromId(ws->owner, true)),
			 errhint("Give all tables of the workspace to one role with ALTER TABLE ... OWNER TO."),
			 errtable(rel)));
}

SmkWorkspace *
smk_workspace_by_name(const text *name)
{
	return smk_workspace_by_schema(get_namespace_oid(text_to_cstring(name), false));
}

SmkWorkspace *
smk_owned_workspace(const text *name)
{
	SmkWorkspace *ws = smk_workspace_by_name(name);

	if (!has_privs_of_role(GetUserId(), ws->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of workspace \"%s\"", ws->name),
				 err_generic_string(PG_DIAG_SCHEMA_NAME, ws->name)));
	return ws;
}

/* A partition may stand in another schema: its root tells the workspace. */
SmkWorkspace *
smk_workspace_of(Relation rel)
{
	Oid			nspid = RelationGetNamespace(rel);
	SmkWorkspace *ws;

	if (rel->rd_rel->relispartition)
	{
		List	   *ancestors = get_partition_ancestors(RelationGetRelid(rel));

		if (ancestors != NIL)
			nspid = get_rel_namespace(llast_oid(ancestors));
	}
	ws = smk_workspace_by_schema(nspid);
	if (rel->rd_rel->relowner != ws->owner)
		refuse_foreign_table(ws, rel);
	return ws;
}

void
smk_check_table(const SmkWorkspace *ws, Relation rel, SmkTable table)
{
	if (RelationGetRelid(rel) == ws->tables[table])
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SMK_WORKSPACE),
			 errmsg("a trigger of table \"%s\" cannot be on table \"%s\"", table_names[table],
					RelationGetRelationName(rel)),
			 errhint("Let smarketing.repair_workspace() create the triggers."),
			 errtable(rel)));
}

const SmkRules *
smk_rules(SmkWorkspace *ws)
{
	refresh_if_stale(ws);
	return ws->rules;
}

/* ---------- pins ---------- */

int
smk_trigger_depth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

void
smk_pin(SmkWorkspace *ws)
{
	if (ws->pins == 0)
	{
		AcceptInvalidationMessages();
		refresh_if_stale(ws);
	}
	if (npins == maxpins)
	{
		int			newmax = maxpins == 0 ? 16 : maxpins * 2;

		if (pins == NULL)
			pins = MemoryContextAlloc(TopMemoryContext, newmax * sizeof(SmkPin));
		else
			pins = repalloc(pins, newmax * sizeof(SmkPin));
		maxpins = newmax;
	}
	pins[npins].ws = ws;
	pins[npins].subid = GetCurrentSubTransactionId();
	pins[npins].depth = smk_trigger_depth();
	npins++;
	ws->pins++;
}

static void
remove_pin(int i)
{
	pins[i].ws->pins--;
	memmove(&pins[i], &pins[i + 1], (npins - i - 1) * sizeof(SmkPin));
	npins--;
}

void
smk_unpin(SmkWorkspace *ws)
{
	for (int i = npins - 1; i >= 0; i--)
	{
		if (pins[i].ws != ws)
			continue;
		/* not an outer statement's, if ours has none since its trigger is off */
		if (pins[i].depth >= smk_trigger_depth())
			remove_pin(i);
		return;
	}
}

static void
transaction_ended(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PREPARE)
		return;
	while (npins > 0)
		remove_pin(npins - 1);
	current_cause = NULL;
}

static void
subtransaction_ended(SubXactEvent event, SubTransactionId mySubid,
					 SubTransactionId parentSubid, void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	for (int i = npins - 1; i >= 0; i--)
	{
		if (pins[i].subid != mySubid)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			pins[i].subid = parentSubid;
		else
			remove_pin(i);
	}
}

/* ---------- internal statements ---------- */

const SmkCause *
smk_cause(const SmkWorkspace *ws)
{
	static const SmkCause client = {SMK_BY_CLIENT, NULL, 0, NULL};

	if (current_cause != NULL && current_cause->ws == ws &&
		current_cause->depth == smk_trigger_depth())
		return current_cause;
	return &client;
}

/* What a batch with these columns looks like; they are of built-in types, and static. */
typedef struct BatchShape
{
	const SmkBatchColumn *columns;
	TupleDesc	desc;
} BatchShape;

static TupleDesc
batch_desc(const SmkBatchColumn *columns, int ncolumns)
{
	static List *shapes = NIL;
	ListCell   *lc;
	MemoryContext old;
	BatchShape *shape;

	foreach(lc, shapes)
	{
		shape = lfirst(lc);
		if (shape->columns == columns)
			return shape->desc;
	}
	old = MemoryContextSwitchTo(TopMemoryContext);
	shape = palloc(sizeof(BatchShape));
	shape->columns = columns;
	shape->desc = CreateTemplateTupleDesc(ncolumns);
	for (int i = 0; i < ncolumns; i++)
		TupleDescInitEntry(shape->desc, i + 1, columns[i].name, columns[i].type, -1, 0);
	smk_tupdesc_complete(shape->desc);
	shapes = lappend(shapes, shape);
	MemoryContextSwitchTo(old);
	return shape->desc;
}

SmkBatch *
smk_batch_create(const char *name, const SmkBatchColumn *columns, int ncolumns)
{
	SmkBatch   *batch = palloc0(sizeof(SmkBatch));

	batch->name = name;
	batch->desc = batch_desc(columns, ncolumns);
	batch->store = tuplestore_begin_heap(false, false, Max(work_mem, BATCH_KILOBYTES));
	return batch;
}

SmkBatch *
smk_batch_of(SmkBatch **batch, MemoryContext context, const char *name,
			 const SmkBatchColumn *columns, int ncolumns)
{
	if (*batch == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		*batch = smk_batch_create(name, columns, ncolumns);
		MemoryContextSwitchTo(old);
	}
	return *batch;
}

void
smk_batch_end(SmkBatch *batch)
{
	tuplestore_end(batch->store);
	batch->store = NULL;
}

void
smk_batch_add(SmkBatch *batch, const Datum *values, const bool *nulls)
{
	tuplestore_putvalues(batch->store, batch->desc, (Datum *) values, (bool *) nulls);
	batch->rows++;
}

static void
register_batches(const SmkStatement *statement)
{
	for (int i = 0; i < (int) lengthof(statement->batches) && statement->batches[i]; i++)
	{
		SmkBatch   *batch = statement->batches[i];
		EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));

		enr->md.name = (char *) batch->name;
		enr->md.reliddesc = InvalidOid;
		enr->md.tupdesc = batch->desc;
		enr->md.enrtype = ENR_NAMED_TUPLESTORE;
		enr->md.enrtuples = batch->by_index ? 1 : batch->rows;
		enr->reldata = batch->store;
		tuplestore_rescan(batch->store);
		if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
			elog(ERROR, "could not register \"%s\"", batch->name);
	}
}

/* The text with the workspace's schema in each place of %s, and % for %%. */
static char *
name_schema(const SmkWorkspace *ws, const char *text)
{
	StringInfoData buf;
	const char *rest = text;
	const char *mark;

	initStringInfo(&buf);
	while ((mark = strchr(rest, '%')) != NULL)
	{
		appendBinaryStringInfo(&buf, rest, mark - rest);
		appendStringInfoString(&buf, mark[1] == 's' ? ws->quoted : "%");
		rest = mark + 2;
	}
	appendStringInfoString(&buf, rest);
	return buf.data;
}

static SPIPlanPtr
prepare(const SmkWorkspace *ws, const SmkStatement *statement)
{
	SPIPlanPtr	plan = SPI_prepare(name_schema(ws, statement->text), statement->nargs,
								   (Oid *) statement->types);

	if (plan == NULL)
		elog(ERROR, "could not prepare an internal statement: %s",
			 SPI_result_code_string(SPI_result));
	return plan;
}

static void
keep_plan(SmkPlan *entry, SPIPlanPtr plan)
{
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep an internal plan");
	if (entry->plan != NULL)
		SPI_freeplan(entry->plan);
	entry->plan = plan;
}

/*
 * A saved plan, prepared at its first use in this session.  The plan cache
 * revalidates it, but not for a table that has only grown: a plan that was
 * made when the workspace was empty may read a whole index for each row.  So
 * it is planned anew now and then, unless an outer statement is running it.
 */
static SmkPlan *
saved_plan(SmkWorkspace *ws, const SmkStatement *statement)
{
	ListCell   *lc;
	SmkPlan    *entry = NULL;
	MemoryContext old;

	foreach(lc, ws->plans)
	{
		entry = lfirst(lc);
		if (entry->text == statement->text)
			break;
		entry = NULL;
	}
	if (entry == NULL)
	{
		old = MemoryContextSwitchTo(CacheMemoryContext);
		entry = palloc0(sizeof(SmkPlan));
		entry->text = statement->text;
		entry->renew_at = 8;
		ws->plans = lappend(ws->plans, entry);
		MemoryContextSwitchTo(old);
	}
	if (entry->plan == NULL)
		keep_plan(entry, prepare(ws, statement));
	else if (++entry->uses >= entry->renew_at && entry->running == 0)
	{
		keep_plan(entry, prepare(ws, statement));
		entry->renew_at *= 8;
	}
	return entry;
}

/*
 * Rows of a batch are counted when a statement is parsed: the saved plan is
 * that of a few rows.
 */
static bool
is_bulk(const SmkStatement *statement)
{
	for (int i = 0; i < (int) lengthof(statement->batches) && statement->batches[i]; i++)
	{
		if (statement->batches[i]->rows >= BULK_ROWS && !statement->batches[i]->by_index)
			return true;
	}
	return false;
}

static void
hand_rows_over(const SmkStatement *statement)
{
	SPITupleTable *table = SPI_tuptable;

	if (statement->callback == NULL || table == NULL)
		return;
	for (uint64 i = 0; i < table->numvals; i++)
		statement->callback(table->vals[i], table->tupdesc, statement->arg);
}

/* In parallel mode no newer snapshot can be had: what is loaded is provisional. */
Snapshot
smk_latest_snapshot(void)
{
	return IsInParallelMode() ? GetActiveSnapshot() : GetLatestSnapshot();
}

/* *saved is the saved plan while it runs: the caller lowers its count. */
static uint64
execute(SmkWorkspace *ws, const SmkStatement *statement, SmkPlan *volatile *saved)
{
	SPIPlanPtr	plan;
	int			result;

	register_batches(statement);
	if (statement->once || is_bulk(statement))
		plan = prepare(ws, statement);
	else
	{
		SmkPlan    *entry = saved_plan(ws, statement);

		plan = entry->plan;
		entry->running++;
		*saved = entry;
	}
	if (statement->latest_snapshot || statement->snapshot)
		result = SPI_execute_snapshot(plan, (Datum *) statement->values, statement->nulls,
									  statement->snapshot ? statement->snapshot : smk_latest_snapshot(),
									  InvalidSnapshot, true, false, 0);
	else
		result = SPI_execute_plan(plan, (Datum *) statement->values, statement->nulls,
								  statement->read_only, 0);
	if (result < 0)
		elog(ERROR, "an internal statement failed: %s", SPI_result_code_string(result));
	hand_rows_over(statement);
	return SPI_processed;
}

uint64
smk_run(SmkWorkspace *ws, SmkOrigin origin, void *data, const SmkStatement *statement)
{
	SmkCause	cause = {origin, ws, smk_trigger_depth() + 1, data};
	SmkCause   *outer = current_cause;
	Oid			userid;
	int			sec_context;
	uint64		processed = 0;
	SmkPlan    *volatile saved = NULL;

	GetUserIdAndSecContext(&userid, &sec_context);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	current_cause = &cause;
	if (!statement->as_caller)
		SetUserIdAndSecContext(ws->owner,
							   sec_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	PG_TRY();
	{
		processed = execute(ws, statement, &saved);
	}
	PG_FINALLY();
	{
		if (saved != NULL)
			saved->running--;
		current_cause = outer;
		SetUserIdAndSecContext(userid, sec_context);
	}
	PG_END_TRY();
	SPI_finish();
	return processed;
}

uint64
smk_run_batch(SmkWorkspace *ws, SmkOrigin origin, const char *text, SmkBatch *batch)
{
	SmkStatement statement = {0};

	statement.text = text;
	statement.batches[0] = batch;
	return smk_run(ws, origin, NULL, &statement);
}

void
smk_read_rows(SmkWorkspace *ws, const char *text, Snapshot snapshot,
			  SmkRowCallback callback, void *arg)
{
	SmkStatement statement = {0};

	statement.text = text;
	statement.snapshot = snapshot;
	statement.callback = callback;
	statement.arg = arg;
	smk_run(ws, SMK_BY_CLIENT, NULL, &statement);
}

void
smk_workspace_init(void)
{
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, namespace_changed, (Datum) 0);
	RegisterXactCallback(transaction_ended, NULL);
	RegisterSubXactCallback(subtransaction_ended, NULL);
}
