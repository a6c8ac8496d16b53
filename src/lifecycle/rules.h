/*
 * rules.h
 *		One generation of a workspace's rules, compiled: what the guard and the
 *		recorder judge by.  Read-only once it is loaded.
 */
#ifndef SMK_RULES_H
#define SMK_RULES_H

#include "workspace/workspace.h"
#include "condition/condition.h"

#include "datatype/timestamp.h"

typedef enum SmkDepartment
{
	SMK_ANY_DEPARTMENT,
	SMK_MARKETING,
	SMK_SALES,
	SMK_OPERATIONS
} SmkDepartment;

typedef enum SmkStageKind
{
	SMK_INVENTORY,
	SMK_HANDOFF,
	SMK_SUCCESS,
	SMK_DETOUR,
	SMK_EXIT
} SmkStageKind;

typedef enum SmkOutcome
{
	SMK_RETURN,
	SMK_REROUTE,
	SMK_MERGE,
	SMK_DISQUALIFY
} SmkOutcome;

typedef enum SmkMode
{
	SMK_ENFORCE,
	SMK_STEP,
	SMK_OBSERVE
} SmkMode;

struct SmkSlaRules;

#define SMK_NO_STAGE	(-1)	/* a from_stage of entries */

typedef struct SmkStage
{
	char	   *name;
	int			position;
	SmkDepartment department;
	SmkStageKind kind;
	bool		pauses_clocks;
} SmkStage;

/* A stored condition; compiled is NULL where its columns are gone: no match. */
typedef struct SmkRuleCondition
{
	bool		present;
	char	   *text;
	SmkCondition *compiled;
} SmkRuleCondition;

/* Compiled for rows of desc, in the current memory context. */
extern SmkRuleCondition smk_rule_condition(HeapTuple tuple, TupleDesc desc, int attnum, TupleDesc rows);

typedef struct SmkTransition
{
	int			from;			/* index of a stage, or SMK_NO_STAGE */
	int			to;
	SmkRuleCondition condition;
	SmkRuleCondition automatic_when;
	SmkDepartment department;
	char	   *reason_kind;	/* or NULL */
	Bitmapset  *automatic_on;	/* indexes of activity kinds */
} SmkTransition;

typedef struct SmkReason
{
	char	   *name;
	char	   *kind;
	SmkOutcome	outcome;
	bool		needs_note;
} SmkReason;

typedef struct SmkPersona
{
	char	   *name;
	SmkRuleCondition condition;
} SmkPersona;

typedef struct SmkActivityKind
{
	char	   *name;
	SmkDepartment department;
	bool		is_touch;
	bool		is_attempt;
	bool		is_contact;
	bool		moves;			/* some transition has it in automatic_on */
} SmkActivityKind;

typedef struct SmkMember
{
	char	   *name;
	bool		service;
	SmkDepartment department;
	char	   *team;			/* or NULL */
	char	   *db_role;		/* or NULL */
	bool		active;
	double		weight;
	int			capacity;		/* -1: no limit */
	char	   *calendar;		/* or NULL */
	char	   *team_calendar;	/* or NULL */
} SmkMember;

typedef struct SmkAbsence
{
	const SmkMember *member;
	TimestampTz from;
	TimestampTz to;
} SmkAbsence;

typedef struct SmkRoutingRule
{
	SmkRuleCondition condition;
	char	   *team;
	bool		least_open;		/* else round robin */
	int			position;
} SmkRoutingRule;

/* The lead's columns that C knows by name, in any order in the table. */
typedef enum SmkLeadColumn
{
	SMK_LEAD_ID,
	SMK_LEAD_EMAIL,
	SMK_LEAD_ACCOUNT_ID,
	SMK_LEAD_ORIGIN,
	SMK_LEAD_SOURCE,
	SMK_LEAD_CAMPAIGN,
	SMK_LEAD_LATEST_CAMPAIGN,
	SMK_LEAD_PERSONA,
	SMK_LEAD_STAGE,
	SMK_LEAD_STAGE_SINCE,
	SMK_LEAD_STAGE_AUTOMATIC,
	SMK_LEAD_REASON,
	SMK_LEAD_NOTE,
	SMK_LEAD_CYCLE,
	SMK_LEAD_SALES_CYCLE,
	SMK_LEAD_CUSTOMER_SINCE,
	SMK_LEAD_OWNER,
	SMK_LEAD_FOLLOW_UP_ON,
	SMK_LEAD_FOLLOW_UP_RAISED_ON,
	SMK_LEAD_DO_NOT_CONTACT,
	SMK_LEAD_EXCLUDED,
	SMK_LEAD_FIT,
	SMK_LEAD_ENGAGEMENT,
	SMK_LEAD_SCORE,
	SMK_LEAD_BAND,
	SMK_LEAD_ENGAGEMENT_STATE,
	SMK_LEAD_ENGAGEMENT_PURGED,
	SMK_LEAD_ENGAGEMENT_PURGED_AT,
	SMK_LEAD_ENGAGEMENT_AT,
	SMK_LEAD_SCORE_GENERATION,
	SMK_LEAD_DUPLICATE_ALLOWED,
	SMK_LEAD_CREATED_AT,
	SMK_LEAD_UPDATED_AT,
	SMK_LEAD_COLUMNS
} SmkLeadColumn;

typedef struct SmkRules
{
	MemoryContext context;

	/* the lead table's shape */
	int			natts;
	AttrNumber	lead[SMK_LEAD_COLUMNS];

	/* settings */
	SmkMode		mode;
	bool		require_actor;
	bool		allow_duplicates;
	bool		live;
	bool		notify;
	bool		has_consumers;	/* somebody reads the outbox */
	int64		max_backdate;	/* microseconds */
	char	   *fallback_owner; /* or NULL */
	char	   *entry_stage;
	char	   *deal_open_stage;
	char	   *deal_won_stage;
	char	   *deal_lost_stage;

	int			nstages;
	SmkStage   *stages;			/* by position, then name */
	SmkTransition **transitions;	/* [from + 1][to], NULL where there is none */
	int			nreasons;
	SmkReason  *reasons;
	int			npersonas;
	SmkPersona *personas;
	int			nkinds;
	SmkActivityKind *kinds;
	int			nmembers;
	SmkMember  *members;
	int			nabsences;		/* those that are not over */
	SmkAbsence *absences;
	int			nrouting_rules;
	SmkRoutingRule *routing_rules;
	bool		moves_automatically;	/* some transition is made without a client */
	struct SmkScoring *scoring;
	struct SmkSlaRules *sla;	/* agreements in force: sla/clock.h */
} SmkRules;

/* Load the rules as they are now; lives in a context of its own. */
extern SmkRules *smk_rules_load(SmkWorkspace *ws);

/*
 * One more element, zeroed, at the end of an array that has *count of them and
 * that only this function fills; it may move.
 */
extern void *smk_append(void **array, int *count, Size size);

extern int	smk_stage_find(const SmkRules *rules, const char *name, int len);
extern int	smk_stage_of_datum(const SmkRules *rules, Datum name);
extern const SmkReason *smk_reason_find(const SmkRules *rules, const char *name);
extern const SmkMember *smk_member_find(const SmkRules *rules, const char *name);
extern int	smk_kind_of_datum(const SmkRules *rules, Datum name);
extern const char *smk_department_name(SmkDepartment department);
extern bool smk_rule_holds(const SmkRuleCondition *condition, const Datum *values, const bool *nulls);

/* The transition, or NULL; from may be SMK_NO_STAGE. */
static inline const SmkTransition *
smk_transition(const SmkRules *rules, int from, int to)
{
	return rules->transitions[(from + 1) * rules->nstages + to];
}

/* Does sales work leads in this stage? */
static inline bool
smk_sales_works(const SmkStage *stage)
{
	return stage->department == SMK_SALES &&
		(stage->kind == SMK_INVENTORY || stage->kind == SMK_HANDOFF || stage->kind == SMK_SUCCESS);
}

#endif							/* SMK_RULES_H */
