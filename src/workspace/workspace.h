/*
 * workspace.h
 *		A workspace as C sees it: the schema that a trigger's table stands in,
 *		its tables, its compiled rules, its saved plans, and the way to run
 *		internal statements as the tables' owner.
 */
#ifndef SMK_WORKSPACE_H
#define SMK_WORKSPACE_H

#include "smarketing.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"
#include "utils/tuplestore.h"

struct SmkRules;

/* Tables that C reads or writes; one owner for all of them, or SM010. */
typedef enum SmkTable
{
	SMK_TABLE_SETTING,
	SMK_TABLE_STAGE,
	SMK_TABLE_TRANSITION,
	SMK_TABLE_REASON,
	SMK_TABLE_PERSONA,
	SMK_TABLE_TEAM,
	SMK_TABLE_MEMBER,
	SMK_TABLE_ABSENCE,
	SMK_TABLE_ACTIVITY_KIND,
	SMK_TABLE_SCORING_CATEGORY,
	SMK_TABLE_SCORING_RULE,
	SMK_TABLE_SCORE_BAND,
	SMK_TABLE_ROUTING_RULE,
	SMK_TABLE_ROUTING_TURN,
	SMK_TABLE_ACCOUNT,
	SMK_TABLE_LEAD,
	SMK_TABLE_STAGE_CHANGE,
	SMK_TABLE_ACTIVITY,
	SMK_TABLE_DEAL,
	SMK_TABLE_HANDOFF,
	SMK_TABLE_EVENT,
	SMK_TABLE_EVENT_CONSUMER,
	SMK_TABLE_EVENT_DELIVERY,
	SMK_TABLE_CALENDAR,
	SMK_TABLE_CALENDAR_VERSION,
	SMK_TABLE_AGREEMENT,
	SMK_TABLE_COMMITMENT,
	SMK_TABLE_SLA_CLOCK,
	SMK_TABLE_FEEDBACK,
	SMK_TABLE_CONFIG_CHANGE,
	SMK_TABLE_COUNT
} SmkTable;

typedef struct SmkWorkspace
{
	Oid			nspid;			/* hash key */
	bool		stale;			/* set by invalidation callbacks, no more */
	bool		provisional;	/* loaded in parallel mode, under an older snapshot */
	Oid			owner;
	char	   *name;			/* the schema, unquoted */
	char	   *quoted;			/* the schema, quoted where needed */
	Oid			tables[SMK_TABLE_COUNT];
	struct SmkRules *rules;		/* the current generation, or NULL */
	int			pins;			/* while > 0, the generation stays */
	List	   *plans;			/* of SmkPlan: saved plans by statement text */
} SmkWorkspace;

/*
 * The workspace that a trigger's table belongs to, ready for use.  Raises
 * SM010 where tables are missing or have several owners, or where the table
 * itself is not the owner's.
 */
extern SmkWorkspace *smk_workspace_of(Relation rel);

/* SM010 unless rel is that table: its columns are read by their numbers there. */
extern void smk_check_table(const SmkWorkspace *ws, Relation rel, SmkTable table);

/* The workspace of a schema; SM010 if it is none. */
extern SmkWorkspace *smk_workspace_by_schema(Oid nspid);

/* The workspace that an SQL function is told by name. */
extern SmkWorkspace *smk_workspace_by_name(const text *name);

/* The same, where the caller must own its tables (42501). */
extern SmkWorkspace *smk_owned_workspace(const text *name);

/*
 * One statement is judged by one set of rules: BEFORE STATEMENT pins the
 * generation that is current after pending invalidations, AFTER STATEMENT
 * lets go.  Pins nest; those of a failed subtransaction vanish with it.
 */
extern void smk_pin(SmkWorkspace *ws);
extern void smk_unpin(SmkWorkspace *ws);

/* How many triggers are running, one inside the other. */
extern int	smk_trigger_depth(void);

/* The rules in force: the pinned generation, else the newest one. */
extern const struct SmkRules *smk_rules(SmkWorkspace *ws);

/* What caused an internal statement: how its rows are to be judged. */
typedef enum SmkOrigin
{
	SMK_BY_CLIENT,				/* no internal statement */
	SMK_BY_CORRECTION,			/* our own columns put right; no move */
	SMK_BY_RULE,				/* an automatic move that was due on entry */
	SMK_BY_ACTIVITY,			/* activities that may move their leads */
	SMK_BY_DECISION,			/* a handoff's decision moves its lead */
	SMK_BY_DEAL,				/* a deal moves its lead */
	SMK_BY_SCORE,				/* scores computed anew; no move */
	SMK_BY_LEAD,				/* a lead's move decides or opens handoffs */
	SMK_BY_ERASURE				/* erase_lead: history may be changed */
} SmkOrigin;

typedef struct SmkCause
{
	SmkOrigin	origin;
	SmkWorkspace *ws;
	int			depth;			/* trigger depth of the statement's triggers */
	void	   *data;			/* whatever the origin needs */
} SmkCause;

/*
 * The cause of the statement that fires the running trigger.  A user's own
 * trigger inside an internal statement is a client again: its statements'
 * triggers run one level deeper.
 */
extern const SmkCause *smk_cause(const SmkWorkspace *ws);

/* Rows handed to an internal statement, which reads them as a relation. */
typedef struct SmkBatch
{
	const char *name;
	TupleDesc	desc;
	Tuplestorestate *store;
	int64		rows;
	bool		by_index;		/* one of many: planned for few rows, whatever it holds */
} SmkBatch;

typedef struct SmkBatchColumn
{
	const char *name;
	Oid			type;
} SmkBatchColumn;

/* The columns must be static. */
extern SmkBatch *smk_batch_create(const char *name, const SmkBatchColumn *columns, int ncolumns);
/* One that is created, in a context, for its first row. */
extern SmkBatch *smk_batch_of(SmkBatch **batch, MemoryContext context, const char *name,
							  const SmkBatchColumn *columns, int ncolumns);
extern void smk_batch_end(SmkBatch *batch);
extern void smk_batch_add(SmkBatch *batch, const Datum *values, const bool *nulls);

/*
 * Run one internal statement as the owner of the workspace's tables, with a
 * saved plan.  The text names the schema as %s wherever it needs it, must be a
 * literal, and qualifies each name and operator, since it runs under the
 * session's search_path (so no IN, BETWEEN, LIKE, IS DISTINCT FROM, simple CASE
 * or JOIN USING: they look an operator up by its name); batches are visible to it under their names.  Rows,
 * if wanted, go to the callback.
 */
typedef void (*SmkRowCallback) (HeapTuple tuple, TupleDesc desc, void *arg);

typedef struct SmkStatement
{
	const char *text;
	int			nargs;
	const Oid  *types;
	const Datum *values;
	const char *nulls;			/* as SPI wants them, or NULL */
	SmkBatch   *batches[3];
	bool		once;			/* the text is no literal: keep no plan */
	bool		latest_snapshot;	/* read the configuration as it is now */
	bool		as_caller;		/* no change of user: his rights, his rows */
	bool		read_only;		/* under the caller's snapshot */
	Snapshot	snapshot;		/* read it as of this one, or NULL */
	SmkRowCallback callback;
	void	   *arg;
} SmkStatement;

/* The newest snapshot that there is: what configuration is read with. */
extern Snapshot smk_latest_snapshot(void);

extern uint64 smk_run(SmkWorkspace *ws, SmkOrigin origin, void *data, const SmkStatement *statement);

/* One that reads a batch and takes no other argument. */
extern uint64 smk_run_batch(SmkWorkspace *ws, SmkOrigin origin, const char *text, SmkBatch *batch);

/* One that reads the configuration, as of a snapshot. */
extern void smk_read_rows(SmkWorkspace *ws, const char *text, Snapshot snapshot,
						  SmkRowCallback callback, void *arg);

/* Tell every session, this one too, that the workspace's rules have changed. */
extern void smk_workspace_changed(Oid nspid);

/*
 * May C read and write values of this type as the expected one?  A column of
 * another type would be read as what it is not.  Any varlena string is a text.
 */
extern bool smk_type_fits(Oid type, Oid expected);

extern void smk_workspace_init(void);

#endif							/* SMK_WORKSPACE_H */
