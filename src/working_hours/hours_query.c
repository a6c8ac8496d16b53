/*
 * hours_query.c
 *		The questions that working hours answer.  All but the dates follow from
 *		one function, smk_working_count, and its inverses.
 */
#include "hours_calendar.h"

#include "common/int.h"

static int64
local_reading(const SmkZone *zone, TimestampTz at)
{
	SmkStretch	stretch = smk_zone_stretch(zone, at);

	return at + smk_stretch_offset(&stretch);
}

/*
 * The stretches of time in which the local clock shows this date, in order:
 * usually one; two where the clock was set back over midnight; none where it
 * skipped the date.
 */
int
smk_date_spans(const SmkZone *zone, int64 date, SmkSpan *span)
{
	int64		start = date * USECS_PER_DAY;
	SmkStretch	stretch = smk_zone_stretch(zone, start - SMK_ZONE_MARGIN);
	int			n = 0;

	do
	{
		int64		offset = smk_stretch_offset(&stretch);
		int64		from = Max(smk_stretch_from(&stretch), start - offset);
		int64		to = Min(smk_stretch_to(&stretch),
							 start - offset + USECS_PER_DAY);

		if (from < to && n < SMK_DATE_SPANS)
		{
			span[n].from = from;
			span[n++].to = to;
		}
	} while (smk_stretch_to(&stretch) < start + USECS_PER_DAY + SMK_ZONE_MARGIN &&
			 smk_stretch_next(&stretch));
	return n;
}

bool
smk_working_is_open(const SmkCalendar *calendar, TimestampTz at)
{
	return smk_working_count(calendar, at + 1) >
		smk_working_count(calendar, at);
}

SmkReach
smk_working_add(const SmkCalendar *calendar, TimestampTz at, int64 amount,
				TimestampTz *result)
{
	int64		count;

	*result = at;
	if (amount == 0)
		return SMK_REACHED;
	if (pg_add_s64_overflow(smk_working_count(calendar, at), amount, &count))
		count = amount > 0 ? PG_INT64_MAX : PG_INT64_MIN;
	return smk_working_reach(calendar, count, amount < 0, result);
}

SmkReach
smk_working_next_opening(const SmkCalendar *calendar, TimestampTz at,
						 TimestampTz *result)
{
	return smk_working_reach(calendar, smk_working_count(calendar, at), true,
							 result);
}

SmkReach
smk_working_previous_closing(const SmkCalendar *calendar, TimestampTz at,
							 TimestampTz *result)
{
	return smk_working_reach(calendar, smk_working_count(calendar, at), false,
							 result);
}

SmkReach
smk_working_next_closing(const SmkCalendar *calendar, TimestampTz at,
						 TimestampTz *result)
{
	SmkReach	reach = smk_working_next_opening(calendar, at, result);

	if (reach != SMK_REACHED)
		return reach;
	return smk_working_stretch_end(calendar, *result, result);
}

/*
 * The n-th working date after `date` (n > 0) or before it (n < 0).
 */
static SmkReach
nth_working_date(const SmkCalendar *calendar, int64 date, int32 n,
				 int64 *result)
{
	const SmkDays *days = calendar->days;
	SmkReach	reach;

	if (n > 0)
	{
		reach = smk_days_reach(days, smk_days_count(days, date + 1) + n, false,
							   result);
		*result -= 1;
	}
	else
		reach = smk_days_reach(days, smk_days_count(days, date) + n, true,
							   result);
	if (reach != SMK_REACHED)
		return reach;
	if (*result < MIN_TIMESTAMP / USECS_PER_DAY - 1 ||
		*result > END_TIMESTAMP / USECS_PER_DAY)
		return SMK_OUT_OF_RANGE;
	return SMK_REACHED;
}

SmkReach
smk_working_add_days(const SmkCalendar *calendar, TimestampTz at, int32 days,
					 TimestampTz *result)
{
	int64		reading = local_reading(calendar->zone, at);
	int64		date = smk_floor_div(reading, USECS_PER_DAY);
	int64		target;
	SmkReach	reach;

	*result = at;
	if (days == 0)
		return SMK_REACHED;
	reach = nth_working_date(calendar, date, days, &target);
	if (reach != SMK_REACHED)
		return reach;
	*result = smk_zone_first_reading(calendar->zone,
									 reading + (target - date) * USECS_PER_DAY);
	return IS_VALID_TIMESTAMP(*result) ? SMK_REACHED : SMK_OUT_OF_RANGE;
}

/* Is anything open on this local date at `at` or later? */
static bool
is_open_later(const SmkCalendar *calendar, int64 date, TimestampTz at)
{
	SmkSpan		span[SMK_DATE_SPANS];
	int			n = smk_date_spans(calendar->zone, date, span);

	for (int i = 0; i < n; i++)
	{
		if (span[i].to > at && smk_working_count(calendar, span[i].to) >
			smk_working_count(calendar, Max(span[i].from, at)))
			return true;
	}
	return false;
}

/* The last instant of open time on a working date. */
static SmkReach
last_closing(const SmkCalendar *calendar, int64 date, TimestampTz *result)
{
	SmkSpan		span[SMK_DATE_SPANS];
	int			n = smk_date_spans(calendar->zone, date, span);

	while (--n >= 0)
	{
		int64		count = smk_working_count(calendar, span[n].to);

		if (count > smk_working_count(calendar, span[n].from))
			return smk_working_reach(calendar, count, false, result);
	}
	return SMK_NEVER;
}

SmkReach
smk_working_day_end(const SmkCalendar *calendar, TimestampTz at, int32 days,
					TimestampTz *result)
{
	int64		date = smk_floor_div(local_reading(calendar->zone, at),
									 USECS_PER_DAY);
	SmkReach	reach = SMK_REACHED;

	if (!is_open_later(calendar, date, at))
		reach = nth_working_date(calendar, date, 1, &date);
	if (reach == SMK_REACHED && days != 0)
		reach = nth_working_date(calendar, date, days, &date);
	if (reach != SMK_REACHED)
		return reach;
	return last_closing(calendar, date, result);
}
