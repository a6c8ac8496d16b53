/*
 * model.c
 *		The models: how the touches of a window weigh, in whole numbers.
 *
 * Formulas: first, last, linear, position-based (40/20/40) and time decay as
 * the common web analytics tools have them; W-shaped and full path as
 * published by Bizible (30/30/30 + 10 and 22.5 four times + 10), with the
 * rules for missing and coinciding milestones of the manual.
 */
#include "attribution/attribution.h"

#include <math.h>

#include "funnel/aggregate.h"

/* The weight of the newest touch in time_decay: 2^60. */
#define DECAY_BITS	60

#define NO_POSITION	PG_UINT32_MAX

static uint32
last_non_direct(const SmkJourney *journey, const SmkSorted *sorted,
				const SmkWindow *window)
{
	for (uint32 i = window->count; i > 0; i--)
		if (!smk_names_equal(&journey->names,
							 smk_window_touch(sorted, window, i - 1)->name,
							 journey->rule.direct,
							 journey->rule.direct_length))
			return i - 1;
	return window->count - 1;
}

/* 40/20/40; 50/50 of two; all of one. */
static void
position_based(uint32 count, uint64 *weights)
{
	uint64		end = count > 2 ? 2 * ((uint64) count - 2) : 1;

	for (uint32 i = 0; i < count; i++)
		weights[i] = 1;
	weights[0] = weights[count - 1] = end;
}

/* How many of the sorted times are at or before this one? */
static uint32
count_until(const TimestampTz *times, uint32 count, TimestampTz at)
{
	uint32		low = 0,
				high = count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (times[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The position of the last touch at or before the milestone: the latest of its
 * kind that is not after the conversion.  NO_POSITION if there is no such
 * milestone, or no touch of the window was there before it.
 */
static uint32
milestone_position(const SmkSorted *sorted, SmkMilestone milestone,
				   TimestampTz converted_at, const SmkWindow *window)
{
	uint32		n = count_until(sorted->milestones[milestone],
								sorted->nmilestones[milestone], converted_at);
	TimestampTz at;
	uint32		low = 0,
				high = window->count;

	if (n == 0)
		return NO_POSITION;
	at = sorted->milestones[milestone][n - 1];
	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (smk_window_touch(sorted, window, middle)->at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : NO_POSITION;
}

/*
 * 90 over the key touches, equally per milestone that is there, and 10 over
 * the others; all over the key touches if there are no others.
 */
static void
shaped(const uint32 *keys, int nkeys, uint32 count, uint64 *weights)
{
	uint64		present = 0;
	uint64		others = count;

	memset(weights, 0, count * sizeof(uint64));
	for (int k = 0; k < nkeys; k++)
	{
		if (keys[k] == NO_POSITION)
			continue;
		present++;
		if (weights[keys[k]]++ == 0)
			others--;
	}
	if (others == 0)
		return;
	for (uint32 i = 0; i < count; i++)
		weights[i] = weights[i] ? 90 * weights[i] * others : 10 * present;
}

/*
 * 2^(-age / half-life), the age counted from the newest touch, whose weight is
 * thus never 0.  Whole numbers of 2^-60: what a touch loses by it is less than
 * that part of the value.
 */
static void
time_decay(int64 half_life, const SmkSorted *sorted, const SmkWindow *window,
		   uint64 *weights)
{
	TimestampTz newest = smk_window_touch(sorted, window, window->count - 1)->at;

	for (uint32 i = 0; i < window->count; i++)
	{
		TimestampTz at = smk_window_touch(sorted, window, i)->at;
		double		age = (double) ((uint64) newest - (uint64) at);

		weights[i] = half_life < 0 ? 1 :
			(uint64) rint(ldexp(exp2(-age / (double) half_life), DECAY_BITS));
	}
}

uint32
smk_model_weights(SmkModel model, const SmkJourney *journey,
				  const SmkSorted *sorted, uint32 conversion,
				  const SmkWindow *window, uint64 *weights)
{
	uint32		count = window->count;
	TimestampTz at = sorted->conversions[conversion].at;
	uint32		keys[4];

	if (count == 1)
		return 0;
	switch (model)
	{
		case SMK_FIRST_TOUCH:
			return 0;
		case SMK_LAST_TOUCH:
			return count - 1;
		case SMK_LAST_NON_DIRECT:
			return last_non_direct(journey, sorted, window);
		case SMK_LINEAR:
			for (uint32 i = 0; i < count; i++)
				weights[i] = 1;
			break;
		case SMK_POSITION_BASED:
			position_based(count, weights);
			break;
		case SMK_W_SHAPED:
		case SMK_FULL_PATH:
			keys[0] = 0;
			keys[1] = milestone_position(sorted, SMK_LEAD_CREATED, at, window);
			keys[2] = milestone_position(sorted, SMK_OPPORTUNITY_CREATED, at,
										 window);
			keys[3] = count - 1;
			shaped(keys, model == SMK_FULL_PATH ? 4 : 3, count, weights);
			break;
		case SMK_TIME_DECAY:
			time_decay(journey->rule.half_life, sorted, window, weights);
			break;
	}
	return SMK_SHARED;
}
