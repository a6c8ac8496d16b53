/*
 * recompute.h
 *		Engagement of many leads, computed from their activities.
 */
#ifndef SMK_RECOMPUTE_H
#define SMK_RECOMPUTE_H

#include "scoring/scoring.h"

/* An activity whose stored points are not what the rules give. */
typedef void (*SmkActivitySeen) (int64 id, const double *points, const double *stored, void *arg);

/* The ids of a table of leads, in order; palloc'd. */
extern int64 *smk_leads_sorted(HTAB *leads);

extern SmkEngagement smk_no_engagement(const SmkScoring *scoring, TimestampTz at);

/* Names of the kinds of activity that give points, as text[]. */
extern Datum smk_scored_kinds(const SmkRules *rules, bool conditional);

/*
 * Fill fresh of these leads, which the caller has locked, from all their
 * activities, and put activity.points right.  Without what was purged.
 */
extern void smk_recompute(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads,
						  const int64 *ids, int64 n);

/*
 * The same without a write, under the caller's snapshot, of the activities up
 * to the instant in fresh.at, where the caller has set fresh.
 */
extern void smk_compute(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads,
						const int64 *ids, int64 n, SmkActivitySeen seen, void *arg);

/* One UPDATE of these leads; the guard takes what is to be written from leads. */
extern void smk_write_leads(SmkWorkspace *ws, SmkOrigin origin, HTAB *leads,
							const int64 *ids, int64 n);

#endif							/* SMK_RECOMPUTE_H */
