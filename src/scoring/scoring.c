/*
 * scoring.c
 *		The arithmetic of scores.  No SPI, no clock: time is a parameter.
 *
 * The half-life formula is that of exponential decay, N(t) = N0 * 2^(-t/h);
 * clamping comes after decay and per category, since every event decays and
 * the decayed values are what a category's limit is about.
 */
#include "scoring/scoring.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"

double
smk_decay(double half_life, TimestampTz from, TimestampTz to)
{
	if (half_life == 0 || from == to)
		return 1;
	if (TIMESTAMP_IS_NOEND(to) || TIMESTAMP_IS_NOBEGIN(from))
		return 0;
	/* as doubles: the difference of two timestamps may overflow int64 */
	return exp2(((double) from - (double) to) / half_life);
}

double
smk_clamp(const SmkCategory *category, double sum)
{
	return Min(Max(sum, category->min_points), category->max_points);
}

/* Rules stand in the order of their categories. */
double
smk_fit(const SmkScoring *scoring, const Datum *values, const bool *nulls)
{
	const SmkScoringRule *rule = scoring->rules;
	const SmkScoringRule *end = rule + scoring->nrules;
	double		fit = 0;

	for (int i = 0; i < scoring->ncategories; i++)
	{
		const SmkCategory *category = &scoring->categories[i];
		double		sum = 0;

		for (; rule < end && rule->category == category; rule++)
		{
			if (category->fit && smk_rule_gives(rule, values, nulls))
				sum += rule->points;
		}
		if (category->fit)
			fit += smk_clamp(category, sum);
	}
	return fit;
}

void
smk_carry(const SmkScoring *scoring, SmkEngagement *engagement, TimestampTz to)
{
	if (engagement->at == to)
		return;
	for (int i = 0; i < scoring->ncategories; i++)
	{
		const SmkCategory *category = &scoring->categories[i];

		engagement->sums[category->slot - 1] *= smk_decay(category->half_life, engagement->at, to);
	}
	engagement->at = to;
}

void
smk_engagement_add(const SmkScoring *scoring, SmkEngagement *engagement,
				   const SmkEngagement *other, double sign)
{
	if (other->sums != NULL)
		smk_points_add(scoring, engagement, other->sums, other->at, sign);
}

void
smk_points_add(const SmkScoring *scoring, SmkEngagement *engagement,
			   const double *points, TimestampTz at, double sign)
{
	if (at > engagement->at)
		smk_carry(scoring, engagement, at);
	for (int i = 0; i < scoring->ncategories; i++)
	{
		const SmkCategory *category = &scoring->categories[i];
		double		given = points[category->slot - 1];

		if (given != 0)
			engagement->sums[category->slot - 1] +=
				sign * given * smk_decay(category->half_life, at, engagement->at);
	}
}

double
smk_engagement_at(const SmkScoring *scoring, const SmkEngagement *engagement, TimestampTz at)
{
	double		total = 0;

	for (int i = 0; i < scoring->ncategories; i++)
	{
		const SmkCategory *category = &scoring->categories[i];
		double		sum;

		if (category->fit)
			continue;
		sum = engagement->sums[category->slot - 1];
		if (sum != 0)
			sum *= smk_decay(category->half_life, engagement->at, at);
		total += smk_clamp(category, sum);
	}
	return total;
}

const SmkBand *
smk_band(const SmkScoring *scoring, double fit, double engagement)
{
	for (int i = 0; i < scoring->nbands; i++)
	{
		const SmkBand *band = &scoring->bands[i];

		if (fit >= band->min_fit && engagement >= band->min_engagement &&
			fit + engagement >= band->min_score)
			return band;
	}
	return NULL;
}

bool
smk_activity_points(const SmkScoring *scoring, int kind, const Datum *values, const bool *nulls,
					double *points)
{
	const SmkKindRules *rules = &scoring->kinds[kind];
	bool		gives = false;

	memset(points, 0, sizeof(double) * scoring->nslots);
	for (int i = 0; i < rules->nrules; i++)
	{
		const SmkScoringRule *rule = rules->rules[i];

		if (smk_rule_gives(rule, values, nulls))
			points[rule->category->slot - 1] += rule->points;
	}
	for (int i = 0; i < scoring->nslots; i++)
		gives |= points[i] != 0;
	return gives;
}

/* ---------- float8[] by slot ---------- */

bool
smk_sums_of_datum(const SmkScoring *scoring, Datum value, bool isnull, double *sums)
{
	ArrayType  *array;
	int			n;

	memset(sums, 0, sizeof(double) * scoring->nslots);
	if (isnull)
		return false;
	array = DatumGetArrayTypeP(value);
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != FLOAT8OID)
		return ARR_NDIM(array) != 0;
	n = Min(ARR_DIMS(array)[0], scoring->nslots);
	memcpy(sums, ARR_DATA_PTR(array), sizeof(double) * n);
	return true;
}

Datum
smk_sums_to_datum(const SmkScoring *scoring, const double *sums, bool *isnull)
{
	int			n = scoring->nslots;
	ArrayType  *array;
	Size		size;

	while (n > 0 && sums[n - 1] == 0)
		n--;
	*isnull = n == 0;
	if (n == 0)
		return (Datum) 0;
	size = ARR_OVERHEAD_NONULLS(1) + sizeof(double) * n;
	array = palloc0(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = n;
	ARR_LBOUND(array)[0] = 1;
	memcpy(ARR_DATA_PTR(array), sums, sizeof(double) * n);
	return PointerGetDatum(array);
}
