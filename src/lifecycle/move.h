/*
 * move.h
 *		One lead's move: the path that it takes and the judgement of it.
 *		No SPI, no clock: the guard and the recorder both stand on this.
 */
#ifndef SMK_MOVE_H
#define SMK_MOVE_H

#include "lifecycle/actor.h"

#include "utils/hsearch.h"

/* A lead's row as the triggers see it. */
typedef struct SmkLead
{
	Datum	   *values;
	bool	   *nulls;
} SmkLead;

/* The stages that a move passes through; the last one is its goal. */
typedef struct SmkPath
{
	int			length;
	int			stages[64];
} SmkPath;

/* sales_cycle of a lead that was closed by sales without having been worked */
#define SMK_CLOSED_UNWORKED (-1)

/* What the lifecycle keeps of a lead beside its stage. */
typedef struct SmkCycle
{
	int			cycle;
	int			sales_cycle;	/* the last one in which sales worked it; 0: never
								 * in a stage of sales, or SMK_CLOSED_UNWORKED */
	TimestampTz customer_since; /* DT_NOBEGIN: never a customer */
} SmkCycle;

typedef struct SmkMove
{
	const SmkWorkspace *ws;
	const SmkRules *rules;
	const SmkActor *actor;
	SmkOrigin	origin;
	bool		automatic;
	TimestampTz now;			/* the transaction's */
	TimestampTz clock;			/* the wall's: what "in the future" means */
	bool		entry;
	int			from;			/* SMK_NO_STAGE for an entry */
	int			to;				/* SMK_NO_STAGE: no stage of that name */
	SmkLead		old;			/* not set for an entry */
	SmkLead		new;
} SmkMove;

/* Why a move is refused; sqlstate 0: it is not. */
typedef struct SmkRefusal
{
	int			sqlstate;
	char	   *message;
	char	   *detail;			/* or NULL */
	char	   *hint;			/* or NULL */
	const char *column;			/* of lead */
	const char *constraint;
} SmkRefusal;

/*
 * The path from one stage to another: the direct move, else, where stepping is
 * allowed, the one with the fewest steps, then by position.  False: none.
 */
extern bool smk_find_path(const SmkMove *move, SmkPath *path);

/* The lead's counters after one step of a path. */
extern void smk_advance(const SmkRules *rules, int from, int to, TimestampTz at, SmkCycle *cycle);

/* Judge a move whose path is known; found tells whether there is one. */
extern SmkRefusal smk_judge(const SmkMove *move, const SmkPath *path, bool found);

/* Only its time. */
extern SmkRefusal smk_judge_time(const SmkMove *move);

extern char *smk_reasons_of_kind(const SmkRules *rules, const char *kind);

/* Raise a refusal as an error on the lead table. */
pg_noreturn extern void smk_refuse(const SmkMove *move, const SmkRefusal *refusal);

/* The automatic move that is due from this stage, or NULL. */
extern const SmkTransition *smk_due_transition(const SmkRules *rules, int stage,
											   const SmkLead *before, const SmkLead *after,
											   const Bitmapset *kinds);

/* Is there any move from this stage that no client has to make? */
extern bool smk_moves_automatically(const SmkRules *rules, int stage);

/* A sum of decayed points per category slot, at one instant (scoring/scoring.h). */
typedef struct SmkEngagement
{
	TimestampTz at;
	double	   *sums;			/* NULL: nothing is known, or to be done */
} SmkEngagement;

/* What a batch of activities means for one lead; hashed by id. */
typedef struct SmkActivityLead
{
	int64		id;
	Bitmapset  *kinds;			/* kinds in the statement that move leads */
	SmkEngagement delta;		/* points that it gets, or loses */
	SmkEngagement revised;		/* lost points: by the rules of now, less those they gave */
	bool		stale;			/* set by the guard: it needs fresh */
	SmkEngagement fresh;		/* computed from all its activities, delta included */
	SmkEngagement purged;		/* becomes its engagement_purged */
} SmkActivityLead;

/* Columns of a lead's row */
#define smk_lead_value(rules, row, column)	((row)->values[(rules)->lead[column] - 1])
#define smk_lead_null(rules, row, column)	((row)->nulls[(rules)->lead[column] - 1])

/* A row that a query gives as one value, column by column. */
extern void smk_row_columns(Datum row, TupleDesc desc, Datum *values, bool *nulls);

/* The same for a row of table lead; a tuple of it; and a copy, whose columns may be set. */
extern SmkLead smk_lead_of_row(Datum row, TupleDesc desc);
extern SmkLead smk_lead_of_tuple(HeapTuple tuple, TupleDesc desc);
extern SmkLead smk_lead_copy(const SmkRules *rules, const SmkLead *lead);
extern char *smk_lead_text(const SmkRules *rules, const SmkLead *row, SmkLeadColumn column);
extern bool smk_same_text(const SmkRules *rules, const SmkLead *a, const SmkLead *b, SmkLeadColumn column);
extern SmkCycle smk_lead_cycle(const SmkRules *rules, const SmkLead *row);

#endif							/* SMK_MOVE_H */
