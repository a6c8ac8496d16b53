/*
 * attribution.h
 *		The rows of one group (a lead), and who gets the credit for its
 *		conversions.
 */
#ifndef SMK_ATTRIBUTION_H
#define SMK_ATTRIBUTION_H

#include "smarketing.h"

#include "datatype/timestamp.h"
#include "funnel/names.h"
#include "lib/stringinfo.h"
#include "utils/numeric.h"

/* The models, in the order of the columns of the type credit. */
typedef enum SmkModel
{
	SMK_FIRST_TOUCH,
	SMK_LAST_TOUCH,
	SMK_LAST_NON_DIRECT,
	SMK_LINEAR,
	SMK_POSITION_BASED,
	SMK_W_SHAPED,
	SMK_FULL_PATH,
	SMK_TIME_DECAY
} SmkModel;

#define SMK_MODELS	8

typedef enum SmkMilestone
{
	SMK_LEAD_CREATED,
	SMK_OPPORTUNITY_CREATED
} SmkMilestone;

#define SMK_MILESTONES	2

#define SMK_NO_NAME		PG_UINT32_MAX
#define SMK_NO_VALUE	PG_UINT32_MAX

/* A row is a touch, a conversion or a milestone, or several at once. */
typedef struct SmkJourneyRow
{
	TimestampTz at;
	uint32		name;			/* of the touch, or SMK_NO_NAME */
	uint32		value:30;		/* number of the conversion + 1, or 0 */
	uint32		milestones:2;	/* bits by SmkMilestone */
} SmkJourneyRow;

#define SMK_MAX_VALUES	((1 << 30) - 2)

/* What the call says about the whole group. */
typedef struct SmkAttributionRule
{
	int64		lookback;		/* microseconds, or SMK_SPAN_UNLIMITED */
	int64		half_life;		/* SMK_SPAN_UNLIMITED: no decay */
	const char *direct;			/* the name of a direct touch */
	Size		direct_length;
} SmkAttributionRule;

typedef struct SmkJourney
{
	SmkAttributionRule rule;
	SmkJourneyRow *rows;
	Numeric    *values;			/* of the conversions */
	SmkNames	names;			/* of the touches */
	uint32		count;
	uint32		room;
	uint32		nvalues;
	uint32		values_room;
} SmkJourney;

/* Of the bytes between the processes of a parallel plan. */
#define SMK_JOURNEY_STATE_VERSION	1

/* journey.c: memory is the context's in which the journey was made. */
extern SmkJourney *smk_journey_new(MemoryContext context,
								   const SmkAttributionRule *rule);
extern void smk_journey_add(SmkJourney *journey, TimestampTz at, uint32 name,
							Numeric value, uint32 milestones);
extern uint32 smk_journey_name(SmkJourney *journey, const char *name,
							   Size length);
extern void smk_journey_merge(SmkJourney *into, const SmkJourney *from);
extern void smk_journey_send(StringInfo buf, const SmkJourney *journey);
extern SmkJourney *smk_journey_receive(StringInfo buf, MemoryContext context);

/* A finite number, not negative, or an error. */
extern void smk_check_conversion(Numeric value);

typedef struct SmkTouch
{
	TimestampTz at;
	uint32		name;
} SmkTouch;

typedef struct SmkConversion
{
	TimestampTz at;
	Numeric		value;
	uint32		own;			/* the touch in its own row, or SMK_NO_NAME */
} SmkConversion;

/* A journey in order; a copy, the journey stays as it is. */
typedef struct SmkSorted
{
	SmkTouch   *touches;
	SmkConversion *conversions;
	TimestampTz *milestones[SMK_MILESTONES];
	uint32		ntouches;
	uint32		nconversions;
	uint32		nmilestones[SMK_MILESTONES];
} SmkSorted;

extern void smk_journey_sort(const SmkJourney *journey, SmkSorted *sorted);

/* The touches that a conversion takes: first, first + 1, ... of the sorted. */
typedef struct SmkWindow
{
	uint32		first;
	uint32		count;
	uint32		own;			/* position that the last one was taken from */
} SmkWindow;

/* Conversions must be asked for in their order: the window moves on. */
extern void smk_journey_window(const SmkJourney *journey,
							   const SmkSorted *sorted, uint32 conversion,
							   SmkWindow *window);

/* The touch at a position of the window, counted from 0. */
static inline const SmkTouch *
smk_window_touch(const SmkSorted *sorted, const SmkWindow *window,
				 uint32 position)
{
	if (position >= window->own)
		position = position == window->count - 1 ? window->own : position + 1;
	return &sorted->touches[window->first + position];
}

/*
 * model.c: the weights of a model for the touches of a window; or, returned as
 * a position, the one touch that gets all: then no weights are set.
 */
#define SMK_SHARED		PG_UINT32_MAX

extern uint32 smk_model_weights(SmkModel model, const SmkJourney *journey,
							  const SmkSorted *sorted, uint32 conversion,
							  const SmkWindow *window, uint64 *weights);

/*
 * amount.c: a value, divided exactly.  Credits are numeric datums at the
 * value's own scale, at least 2 digits.
 */
#define SMK_AMOUNT_MEMO		16

typedef struct SmkAmount
{
	int			scale;			/* of the credits */
	bool		small;			/* units holds the value */
	uint64		units;			/* the value in units of the scale's last digit */
	Numeric		big;			/* the same, if it is not small */
	Numeric		unit;			/* one unit, if it is not small */
	struct
	{
		uint64		units;
		Datum		credit;
	}			memo[SMK_AMOUNT_MEMO];	/* credits made; 0 = none yet */
} SmkAmount;

extern void smk_amount_init(SmkAmount *amount, Numeric value);

/* All of it, at the credits' scale. */
extern Datum smk_amount_whole(SmkAmount *amount);

/* All of it to one of count credits. */
extern void smk_amount_give(SmkAmount *amount, uint32 position, uint32 count,
							Datum *credits);

/*
 * Divide by the weights (each at most 2^60, not all 0), largest remainder, the
 * earlier one first on ties.  The credits' sum is the value to the last digit.
 */
extern void smk_amount_divide(SmkAmount *amount, const uint64 *weights,
							  uint32 count, Datum *credits);

#endif							/* SMK_ATTRIBUTION_H */
