/*
 * scoring.h
 *		Scores: fit of a row, engagement with per-event half-life, bands.
 *
 * score = fit + engagement.  Engagement is kept per category slot as the
 * unclamped sum of decayed points at one instant; s(t) = sum of
 * p_i * 2^(-(t - t_i)/h) is linear in the points, so a sum can be carried to
 * any later instant by one factor, and an activity added or taken away at any
 * time.  The core (scoring.c) knows no SPI, no fmgr call and no clock.
 */
#ifndef SMK_SCORING_H
#define SMK_SCORING_H

#include "lifecycle/move.h"
#include "lifecycle/rules.h"

typedef struct SmkCategory
{
	char	   *name;
	int			slot;			/* from 1 */
	bool		fit;			/* else engagement */
	double		min_points;		/* -infinity: no floor */
	double		max_points;		/* infinity: no cap */
	double		half_life;		/* microseconds; 0: no decay */
} SmkCategory;

typedef struct SmkScoringRule
{
	char	   *name;
	const SmkCategory *category;
	int			kind;			/* index of an activity kind; -1: a fit rule */
	SmkRuleCondition condition;
	double		points;
} SmkScoringRule;

/* The engagement rules of one kind of activity. */
typedef struct SmkKindRules
{
	int			nrules;
	const SmkScoringRule **rules;
	bool		conditional;	/* some rule reads the activity's row */
	Bitmapset  *columns;		/* of activity, that they read */
} SmkKindRules;

typedef struct SmkBand
{
	char	   *name;
	double		min_fit;		/* -infinity: none */
	double		min_engagement;
	double		min_score;
} SmkBand;

typedef struct SmkScoring
{
	int64		generation;		/* a hash of what the rules say */
	int			nslots;			/* the highest slot */
	int			ncategories;
	SmkCategory *categories;	/* by position, then name */
	int			nrules;
	SmkScoringRule *rules;		/* active ones, by category, then name */
	Bitmapset  *fit_columns;	/* of lead, that some fit rule reads */
	SmkKindRules *kinds;		/* by index of the kind */
	int			nbands;
	SmkBand    *bands;			/* by position, then name */
	TupleDesc	lead;			/* the tables' row types */
	TupleDesc	activity;
} SmkScoring;

/* ---------- the core ---------- */

/* What is left at "to" of a point given at "from" (not after it). */
extern double smk_decay(double half_life, TimestampTz from, TimestampTz to);

extern double smk_clamp(const SmkCategory *category, double sum);
extern double smk_fit(const SmkScoring *scoring, const Datum *values, const bool *nulls);

/* Carry a sum per slot from one instant to a later one. */
extern void smk_carry(const SmkScoring *scoring, SmkEngagement *engagement, TimestampTz to);

/* Add another sum, times sign; its instant may lie on either side. */
extern void smk_engagement_add(const SmkScoring *scoring, SmkEngagement *engagement,
							   const SmkEngagement *other, double sign);

/* Add the points of one activity, times sign; carries the sum if it is later. */
extern void smk_points_add(const SmkScoring *scoring, SmkEngagement *engagement,
						   const double *points, TimestampTz at, double sign);

/* The dimension's value at an instant not before the sum's. */
extern double smk_engagement_at(const SmkScoring *scoring, const SmkEngagement *engagement,
								TimestampTz at);

extern const SmkBand *smk_band(const SmkScoring *scoring, double fit, double engagement);

/*
 * What an activity gives, per slot; false if nothing.  values and nulls, of
 * the activity table's row type, are looked at only if the kind's rules are
 * conditional.
 */
extern bool smk_activity_points(const SmkScoring *scoring, int kind,
								const Datum *values, const bool *nulls, double *points);

static inline bool
smk_rule_gives(const SmkScoringRule *rule, const Datum *values, const bool *nulls)
{
	return !rule->condition.present || smk_rule_holds(&rule->condition, values, nulls);
}

/* ---------- float8[] by slot ---------- */

/* Always fills nslots; slots that the array lacks are 0.  False for a null. */
extern bool smk_sums_of_datum(const SmkScoring *scoring, Datum value, bool isnull, double *sums);

/* Without trailing zeros; isnull if all are 0. */
extern Datum smk_sums_to_datum(const SmkScoring *scoring, const double *sums, bool *isnull);

/* ---------- a lead's row (lead.c) ---------- */

extern bool smk_lead_stale(const SmkRules *rules, const SmkLead *lead);
extern SmkEngagement smk_lead_engagement(const SmkRules *rules, const SmkLead *lead);

/* What was purged, at engagement_purged_at; sums is NULL if nothing was. */
extern SmkEngagement smk_lead_purged(const SmkRules *rules, const SmkLead *lead);

extern void smk_set_persona(const SmkRules *rules, SmkLead *lead);

/* Write these scores, their sum and its band into a lead's row. */
extern void smk_set_scores(const SmkRules *rules, SmkLead *lead, double fit, double engagement);

/* A new lead's scores. */
extern void smk_score_entry(const SmkRules *rules, SmkLead *lead, TimestampTz now);

/*
 * A lead's scores after a change of its row, and of its engagement if change
 * is not NULL.  False: the lead is stale, change says so now, and the row is
 * not to be written.  The instant of the scores goes to *instant.
 */
extern bool smk_score_update(const SmkRules *rules, const SmkLead *old, SmkLead *new,
							 SmkActivityLead *change, TimestampTz now, TimestampTz *instant);

/* Once more, after the guard has moved the lead. */
extern void smk_score_again(const SmkRules *rules, const SmkLead *old, SmkLead *new, TimestampTz instant);

/*
 * The row as it was just before the write, under the rules of now and at the
 * same instant: so neither decay nor a change of rules makes an edge.
 */
extern SmkLead smk_score_before(const SmkRules *rules, const SmkLead *old,
								const SmkActivityLead *change, TimestampTz instant);

/* ---------- many leads (recompute.c) ---------- */

/* A table of SmkActivityLead by id, in the current memory context. */
extern HTAB *smk_leads_create(void);
extern SmkActivityLead *smk_leads_enter(HTAB *leads, int64 id);

/* Count an activity's points (float8[]) for its lead, or no longer (sign -1). */
extern void smk_lead_gets(const SmkRules *rules, SmkActivityLead *lead, Datum points, bool isnull,
						  TimestampTz at, double sign);

/*
 * The same for one that goes, or changes; by_rules_of_now is what it would
 * give today, which matters where the lead is stale.
 */
extern void smk_lead_loses(const SmkRules *rules, SmkActivityLead *lead, Datum points, bool isnull,
						   const double *by_rules_of_now, TimestampTz at);

/* Leads that are excluded no more; leads has their ids. */
extern void smk_score_included(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads);

/* All activities are gone at once: their points too. */
extern void smk_score_truncated(SmkWorkspace *ws);

/*
 * Computes the leads that the guard has found stale from their activities and
 * writes them, with the moves that are due.
 */
extern void smk_refresh_stale(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads);

/* ---------- configuration ---------- */

/* Load what is in force; everything lives in the current memory context. */
extern SmkScoring *smk_scoring_load(SmkWorkspace *ws, const SmkRules *rules, TupleDesc lead,
									Snapshot snapshot);

/* SM007 for a row of a scoring table that cannot work; new is NULL on DELETE. */
extern void smk_scoring_check(Relation rel, HeapTuple old, HeapTuple new);

#endif							/* SMK_SCORING_H */
