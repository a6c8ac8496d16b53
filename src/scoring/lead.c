/*
 * lead.c
 *		The scores in a lead's row: what the guard computes, BEFORE ROW.
 *
 * The state is engagement_state at engagement_at.  A plain update of a lead
 * leaves it as it is and only reads it at the instant of the write; activities
 * carry it on.  score_generation says under which rules it was summed up; a
 * lead of another generation is stale.  An excluded lead has no scores.
 */
#include "scoring/scoring.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

static void
set_value(const SmkRules *rules, SmkLead *lead, SmkLeadColumn column, Datum value, bool isnull)
{
	smk_lead_value(rules, lead, column) = isnull ? (Datum) 0 : value;
	smk_lead_null(rules, lead, column) = isnull;
}

static void
set_float(const SmkRules *rules, SmkLead *lead, SmkLeadColumn column, double value)
{
	set_value(rules, lead, column, Float8GetDatum(value), false);
}

static double
get_float(const SmkRules *rules, const SmkLead *lead, SmkLeadColumn column)
{
	return smk_lead_null(rules, lead, column) ? 0 : DatumGetFloat8(smk_lead_value(rules, lead, column));
}

static bool
is_excluded(const SmkRules *rules, const SmkLead *lead)
{
	return !smk_lead_null(rules, lead, SMK_LEAD_EXCLUDED);
}

bool
smk_lead_stale(const SmkRules *rules, const SmkLead *lead)
{
	return smk_lead_null(rules, lead, SMK_LEAD_SCORE_GENERATION) ||
		DatumGetInt64(smk_lead_value(rules, lead, SMK_LEAD_SCORE_GENERATION)) != rules->scoring->generation;
}

static SmkEngagement
stored_engagement(const SmkRules *rules, const SmkLead *lead, SmkLeadColumn sums, SmkLeadColumn at)
{
	SmkEngagement engagement;

	engagement.sums = palloc(sizeof(double) * Max(rules->scoring->nslots, 1));
	smk_sums_of_datum(rules->scoring, smk_lead_value(rules, lead, sums),
					  smk_lead_null(rules, lead, sums) || smk_lead_null(rules, lead, at),
					  engagement.sums);
	engagement.at = smk_lead_null(rules, lead, at) ? DT_NOBEGIN :
		DatumGetTimestampTz(smk_lead_value(rules, lead, at));
	return engagement;
}

SmkEngagement
smk_lead_engagement(const SmkRules *rules, const SmkLead *lead)
{
	return stored_engagement(rules, lead, SMK_LEAD_ENGAGEMENT_STATE, SMK_LEAD_ENGAGEMENT_AT);
}

SmkEngagement
smk_lead_purged(const SmkRules *rules, const SmkLead *lead)
{
	SmkEngagement nothing = {DT_NOBEGIN, NULL};

	if (smk_lead_null(rules, lead, SMK_LEAD_ENGAGEMENT_PURGED) ||
		smk_lead_null(rules, lead, SMK_LEAD_ENGAGEMENT_PURGED_AT))
		return nothing;
	return stored_engagement(rules, lead, SMK_LEAD_ENGAGEMENT_PURGED, SMK_LEAD_ENGAGEMENT_PURGED_AT);
}

static void
store_engagement(const SmkRules *rules, SmkLead *lead, const SmkEngagement *engagement)
{
	bool		isnull;
	Datum		sums = smk_sums_to_datum(rules->scoring, engagement->sums, &isnull);

	set_value(rules, lead, SMK_LEAD_ENGAGEMENT_STATE, sums, isnull);
	set_value(rules, lead, SMK_LEAD_ENGAGEMENT_AT, TimestampTzGetDatum(engagement->at),
			  TIMESTAMP_IS_NOBEGIN(engagement->at));
}

/* The first persona whose condition holds. */
void
smk_set_persona(const SmkRules *rules, SmkLead *lead)
{
	set_value(rules, lead, SMK_LEAD_PERSONA, (Datum) 0, true);
	for (int i = 0; i < rules->npersonas; i++)
	{
		if (smk_rule_holds(&rules->personas[i].condition, lead->values, lead->nulls))
		{
			set_value(rules, lead, SMK_LEAD_PERSONA, CStringGetTextDatum(rules->personas[i].name), false);
			return;
		}
	}
}

void
smk_set_scores(const SmkRules *rules, SmkLead *lead, double fit, double engagement)
{
	const SmkBand *band = smk_band(rules->scoring, fit, engagement);

	set_float(rules, lead, SMK_LEAD_FIT, fit);
	set_float(rules, lead, SMK_LEAD_ENGAGEMENT, engagement);
	set_float(rules, lead, SMK_LEAD_SCORE, fit + engagement);
	set_value(rules, lead, SMK_LEAD_BAND, band ? CStringGetTextDatum(band->name) : (Datum) 0, band == NULL);
}

/* The scores of this instant; fit itself only if it is asked for. */
static void
set_scores_at(const SmkRules *rules, SmkLead *lead, const SmkEngagement *engagement,
			  TimestampTz at, bool compute_fit)
{
	const SmkScoring *scoring = rules->scoring;
	double		fit = compute_fit ? smk_fit(scoring, lead->values, lead->nulls) :
		get_float(rules, lead, SMK_LEAD_FIT);

	smk_set_scores(rules, lead, fit, smk_engagement_at(scoring, engagement, at));
}

/* What was purged stays: it cannot be computed again. */
static void
clear_scores(const SmkRules *rules, SmkLead *lead)
{
	set_float(rules, lead, SMK_LEAD_FIT, 0);
	set_float(rules, lead, SMK_LEAD_ENGAGEMENT, 0);
	set_float(rules, lead, SMK_LEAD_SCORE, 0);
	set_value(rules, lead, SMK_LEAD_BAND, (Datum) 0, true);
	set_value(rules, lead, SMK_LEAD_ENGAGEMENT_STATE, (Datum) 0, true);
	set_value(rules, lead, SMK_LEAD_ENGAGEMENT_AT, (Datum) 0, true);
	set_value(rules, lead, SMK_LEAD_SCORE_GENERATION, (Datum) 0, true);
}

void
smk_score_entry(const SmkRules *rules, SmkLead *lead, TimestampTz now)
{
	SmkEngagement nothing;

	clear_scores(rules, lead);
	if (is_excluded(rules, lead))
		return;
	nothing = smk_lead_engagement(rules, lead);
	set_value(rules, lead, SMK_LEAD_SCORE_GENERATION, Int64GetDatum(rules->scoring->generation), false);
	set_scores_at(rules, lead, &nothing, now, true);
}

/* Has a column changed that a fit rule reads? */
static bool
fit_may_differ(const SmkRules *rules, const SmkLead *old, const SmkLead *new)
{
	const SmkScoring *scoring = rules->scoring;
	int			attnum = -1;

	while ((attnum = bms_next_member(scoring->fit_columns, attnum)) >= 0)
	{
		Form_pg_attribute att = TupleDescAttr(scoring->lead, attnum - 1);

		if (old->nulls[attnum - 1] != new->nulls[attnum - 1])
			return true;
		if (!old->nulls[attnum - 1] &&
			!datum_image_eq(old->values[attnum - 1], new->values[attnum - 1], att->attbyval, att->attlen))
			return true;
	}
	return false;
}

/*
 * Has a change taken away nearly all that was there?  What is left is then
 * mostly rounding error of what has gone.
 */
static bool
is_cancelled(const SmkRules *rules, const SmkEngagement *before, const SmkEngagement *after)
{
	for (int i = 0; i < rules->scoring->nslots; i++)
	{
		double		rest = fabs(after->sums[i]);

		if (rest != 0 && rest < 1e-4 * fabs(before->sums[i] - after->sums[i]))
			return true;
	}
	return false;
}

/* The state after the change, in the row too; false: it must be computed from the activities. */
static bool
change_engagement(const SmkRules *rules, SmkLead *lead, const SmkActivityLead *change,
				  SmkEngagement *result)
{
	SmkEngagement engagement = smk_lead_engagement(rules, lead);

	if (change->fresh.sums != NULL)
	{
		SmkEngagement purged = smk_lead_purged(rules, lead);

		memcpy(engagement.sums, change->fresh.sums, sizeof(double) * rules->scoring->nslots);
		engagement.at = change->fresh.at;
		smk_engagement_add(rules->scoring, &engagement, &purged, 1);
		set_value(rules, lead, SMK_LEAD_SCORE_GENERATION, Int64GetDatum(rules->scoring->generation), false);
	}
	else if (change->delta.sums != NULL)
	{
		SmkEngagement before = smk_lead_engagement(rules, lead);

		smk_engagement_add(rules->scoring, &engagement, &change->delta, 1);
		smk_carry(rules->scoring, &before, engagement.at);
		if (is_cancelled(rules, &before, &engagement))
			return false;
	}
	store_engagement(rules, lead, &engagement);
	*result = engagement;
	return true;
}

/* The instant tells of the purge also where what was purged had given no points. */
static void
store_purged(const SmkRules *rules, SmkLead *lead, const SmkEngagement *more)
{
	SmkEngagement purged = stored_engagement(rules, lead, SMK_LEAD_ENGAGEMENT_PURGED,
											 SMK_LEAD_ENGAGEMENT_PURGED_AT);
	bool		isnull;
	Datum		sums;

	(void) smk_sums_to_datum(rules->scoring, more->sums, &isnull);
	if (isnull && !TIMESTAMP_IS_NOBEGIN(purged.at))
		return;
	if (smk_lead_null(rules, lead, SMK_LEAD_ENGAGEMENT_PURGED))
		purged.at = DT_NOBEGIN;
	smk_engagement_add(rules->scoring, &purged, more, 1);
	sums = smk_sums_to_datum(rules->scoring, purged.sums, &isnull);
	set_value(rules, lead, SMK_LEAD_ENGAGEMENT_PURGED, sums, isnull);
	set_value(rules, lead, SMK_LEAD_ENGAGEMENT_PURGED_AT, TimestampTzGetDatum(purged.at), false);
}

bool
smk_score_update(const SmkRules *rules, const SmkLead *old, SmkLead *new,
				 SmkActivityLead *change, TimestampTz now, TimestampTz *instant)
{
	SmkEngagement engagement;
	bool		stale = smk_lead_stale(rules, new);

	*instant = now;
	if (change != NULL && change->purged.sums != NULL)
	{
		store_purged(rules, new, &change->purged);
		change = NULL;
	}
	if (is_excluded(rules, new))
	{
		clear_scores(rules, new);
		return true;
	}
	if (change == NULL)
		engagement = smk_lead_engagement(rules, new);
	else if ((stale && change->fresh.sums == NULL) ||
			 !change_engagement(rules, new, change, &engagement))
	{
		change->stale = true;
		return false;
	}
	*instant = Max(now, engagement.at);
	/* all is computed afresh, or what the fit reads is another: also what a trigger after ours wrote */
	set_scores_at(rules, new, &engagement, *instant,
				  stale || (change != NULL && change->fresh.sums != NULL) ||
				  is_excluded(rules, old) || fit_may_differ(rules, old, new));
	return true;
}

void
smk_score_again(const SmkRules *rules, const SmkLead *old, SmkLead *new, TimestampTz instant)
{
	SmkEngagement engagement;

	if (is_excluded(rules, new))
		return;
	smk_set_persona(rules, new);
	engagement = smk_lead_engagement(rules, new);
	set_scores_at(rules, new, &engagement, instant,
				  smk_lead_stale(rules, new) || fit_may_differ(rules, old, new));
}

/* The engagement that the lead would have without the change. */
static SmkEngagement
engagement_before(const SmkRules *rules, const SmkLead *old, const SmkActivityLead *change)
{
	SmkEngagement engagement = smk_lead_engagement(rules, old);

	if (change != NULL && change->fresh.sums != NULL)
	{
		SmkEngagement purged = smk_lead_purged(rules, old);

		memcpy(engagement.sums, change->fresh.sums, sizeof(double) * rules->scoring->nslots);
		engagement.at = change->fresh.at;
		smk_engagement_add(rules->scoring, &engagement, &purged, 1);
		smk_engagement_add(rules->scoring, &engagement, &change->delta, -1);
		smk_engagement_add(rules->scoring, &engagement, &change->revised, 1);
	}
	return engagement;
}

SmkLead
smk_score_before(const SmkRules *rules, const SmkLead *old, const SmkActivityLead *change,
				 TimestampTz instant)
{
	SmkLead		before = smk_lead_copy(rules, old);
	SmkEngagement engagement;

	if (is_excluded(rules, old))
		return before;
	smk_set_persona(rules, &before);
	engagement = engagement_before(rules, old, change);
	set_scores_at(rules, &before, &engagement, instant,
				  smk_lead_stale(rules, old) || fit_may_differ(rules, old, &before));
	return before;
}
