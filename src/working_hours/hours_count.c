/*
 * hours_count.c
 *		How much is open up to x, and where a count is reached.
 *
 * The inverses come in four kinds.  "latest": the largest x with count <= w
 * instead of the smallest with count >= w.  "other": the count of closed time,
 * x - count, instead of open time.
 */
#include "hours_calendar.h"

#include "common/int.h"

/* No instant of the timestamptz range has a count beyond these. */
#define COUNT_MIN (2 * MIN_TIMESTAMP)
#define COUNT_MAX (END_TIMESTAMP + USECS_PER_DAY)

/* The count at place j, of open or of other time. */
static inline int64
place_count(const int64 *at, const int64 *value, int j, bool other)
{
	return other ? at[j] - value[j] : value[j];
}

/*
 * The place after which the count w is reached: the last whose count is below
 * w (latest: not above w).  Place 0 counts as below.
 */
static inline int
find_place(const int64 *at, const int64 *value, int n, int64 w,
		   bool latest, bool other)
{
	int			low = 0;
	int64		limit = latest ? w : w - 1;

	while (n > 1)
	{
		int			half = n / 2;

		if (place_count(at, value, low + half, other) <= limit)
			low += half;
		n -= half;
	}
	return low;
}

/* Splits w into whole periods of `total` and a rest that is reached in one. */
static inline int64
split_periods(int64 w, int64 total, bool latest, int64 *rest)
{
	int64		periods = smk_floor_div(latest ? w : w - 1, total);

	*rest = w - periods * total;
	return periods;
}

static inline int64
week_count(const SmkPattern *pattern, int64 x, int64 week)
{
	int64		weeks = smk_floor_div(x, week);
	int64		rest = x - weeks * week;
	int			j = smk_last_not_above(pattern->at, pattern->n, rest);
	int64		count = pattern->value[j];

	if (pattern->value[j + 1] > count)
		count += rest - pattern->at[j];
	return weeks * pattern->value[pattern->n] + count;
}

/* The week must have some of what is counted. */
static inline int64
week_reach(const SmkPattern *pattern, int64 w, bool latest, bool other,
		   int64 week)
{
	int64		open = pattern->value[pattern->n];
	int64		rest;
	int64		weeks = split_periods(w, other ? week - open : open, latest,
									  &rest);
	int			j = find_place(pattern->at, pattern->value, pattern->n, rest,
							   latest, other);

	return weeks * week + pattern->at[j] +
		(rest - place_count(pattern->at, pattern->value, j, other));
}

/* The year, counted from 2000, of a day of the 400-year cycle. */
static inline int
year_of_day(int64 day)
{
	int			year = (int) (day * SMK_CYCLE_YEARS / SMK_CYCLE_DAYS);

	if (smk_year_start[year] > day)
		year--;
	else if (smk_year_start[year + 1] <= day)
		year++;
	return year;
}

static int64
year_count(const SmkPattern *pattern, int64 reading, int64 day)
{
	const SmkYears *years = pattern->years;
	int64		cycles = smk_floor_div(reading, SMK_CYCLE_DAYS * day);
	int64		rest = reading - cycles * SMK_CYCLE_DAYS * day;
	int			year = year_of_day(rest / day);
	int			kind = smk_year_kind[year];
	const SmkSteps *steps = &years->kind[kind];
	int64		x = rest - smk_year_start[year] * day;
	int			j = smk_last_not_above(steps->at, steps->n, x);
	int64		count;

	if (steps->mode[j] == SMK_HOURS_BELOW)
		count = steps->base[j] +
			week_count(pattern, x + SMK_KIND_WEEKDAY(kind) * day, 7 * day);
	else if (steps->mode[j] == SMK_HOURS_OPEN)
		count = steps->value[j] + x - steps->at[j];
	else
		count = steps->value[j];
	return cycles * years->upto[SMK_CYCLE_YEARS] + years->upto[year] + count;
}

static inline int64
upto_count(const SmkYears *years, int year, int64 day, bool other)
{
	return other ? smk_year_start[year] * day - years->upto[year] :
		years->upto[year];
}

static int64
year_reach(const SmkPattern *pattern, int64 w, bool latest, bool other,
		   int64 day)
{
	const SmkYears *years = pattern->years;
	int64		rest;
	int64		cycles = split_periods(w, upto_count(years, SMK_CYCLE_YEARS, day, other),
									   latest, &rest);
	int			year = 0;
	int64		start;
	int64		weekday;
	const SmkSteps *steps;
	int			j;

	for (int n = SMK_CYCLE_YEARS; n > 1; n -= n / 2)
	{
		if (upto_count(years, year + n / 2, day, other) <= (latest ? rest : rest - 1))
			year += n / 2;
	}
	start = (cycles * SMK_CYCLE_DAYS + smk_year_start[year]) * day;
	rest -= upto_count(years, year, day, other);
	steps = &years->kind[smk_year_kind[year]];
	weekday = SMK_KIND_WEEKDAY(smk_year_kind[year]) * day;
	j = find_place(steps->at, steps->value, steps->n, rest, latest, other);
	if (steps->mode[j] != SMK_HOURS_BELOW)
		return start + steps->at[j] +
			(rest - place_count(steps->at, steps->value, j, other));
	if (other)
		rest += steps->base[j] + weekday;
	else
		rest -= steps->base[j];
	return start - weekday + week_reach(pattern, rest, latest, other, 7 * day);
}

int64
smk_week_count(const SmkPattern *pattern, int64 x, int64 week)
{
	return week_count(pattern, x, week);
}

int64
smk_pattern_count(const SmkPattern *pattern, int64 reading)
{
	if (pattern->years)
		return year_count(pattern, reading, USECS_PER_DAY);
	return week_count(pattern, reading - SMK_FIRST_MONDAY * USECS_PER_DAY,
					  7 * USECS_PER_DAY);
}

static int64
pattern_reach(const SmkPattern *pattern, int64 w, bool latest, bool other)
{
	const int64 monday = SMK_FIRST_MONDAY * USECS_PER_DAY;

	if (pattern->years)
		return year_reach(pattern, w, latest, other, USECS_PER_DAY);
	return monday + week_reach(pattern, other ? w - monday : w, latest, other,
							   7 * USECS_PER_DAY);
}

int64
smk_day_pattern_count(const SmkPattern *pattern, int64 date)
{
	if (pattern->years)
		return year_count(pattern, date, 1);
	return week_count(pattern, date - SMK_FIRST_MONDAY, 7);
}

static int64
day_pattern_reach(const SmkPattern *pattern, int64 w, bool latest)
{
	if (pattern->years)
		return year_reach(pattern, w, latest, false, 1);
	return SMK_FIRST_MONDAY + week_reach(pattern, w, latest, false, 7);
}

/* Open time without the dated rules. */
int64
smk_zone_count(const SmkCalendar *calendar, int64 at)
{
	const SmkZone *zone = calendar->zone;
	int64		cycles;
	int64		inside = smk_zone_reduce(at, &cycles);
	int			i = smk_zone_index(zone, inside);
	int64		count = calendar->base[i] +
		smk_pattern_count(&calendar->pattern, inside + zone->offset[i]);

	if (cycles < 0)
		count += cycles * (calendar->count[zone->front] - calendar->count[0]);
	else if (cycles > 0)
		count += cycles * (calendar->count[zone->n] - calendar->count[zone->back]);
	return count;
}

/*
 * Brings a count into the window by whole cycles of `total`, which begin at
 * the count `start`.  False if a cycle has nothing.
 */
static bool
reduce_count(int64 *w, int64 start, int64 total, bool latest, int64 *cycles)
{
	int64		rest;

	if (total == 0)
		return false;
	*cycles = split_periods(*w - start, total, latest, &rest);
	*w = start + rest;
	return true;
}

static SmkReach
zone_reach(const SmkCalendar *calendar, int64 w, bool latest, bool other,
		   int64 *at)
{
	const SmkZone *zone = calendar->zone;
	const int64 *count = calendar->count;
	int64		first = place_count(zone->at, count, 0, other);
	int64		last = place_count(zone->at, count, zone->n, other);
	int64		cycles = 0;
	int64		moved;
	int			i;

	if (latest ? w < first : w <= first)
	{
		int64		front = place_count(zone->at, count, zone->front, other);

		if (!reduce_count(&w, first, front - first, latest, &cycles))
			return SMK_NEVER;
	}
	else if (latest ? w >= last : w > last)
	{
		int64		back = place_count(zone->at, count, zone->back, other);

		if (!reduce_count(&w, back, last - back, latest, &cycles))
			return SMK_NEVER;
	}
	i = find_place(zone->at, count, zone->n, w, latest, other);
	if (other)
		w += calendar->base[i] + zone->offset[i];
	else
		w -= calendar->base[i];
	*at = pattern_reach(&calendar->pattern, w, latest, other) - zone->offset[i];
	if (pg_mul_s64_overflow(cycles, SMK_CYCLE, &moved) ||
		pg_add_s64_overflow(*at, moved, at))
		return SMK_OUT_OF_RANGE;
	return SMK_REACHED;
}

int64
smk_working_count(const SmkCalendar *calendar, TimestampTz at)
{
	const SmkSteps *dated = &calendar->dated;
	int			j = smk_last_not_above(dated->at, dated->n, at);

	if (dated->mode[j] == SMK_HOURS_BELOW)
		return dated->base[j] + smk_zone_count(calendar, at);
	if (dated->mode[j] == SMK_HOURS_OPEN)
		return dated->value[j] + (at - dated->at[j]);
	return dated->value[j];
}

static SmkReach
working_reach(const SmkCalendar *calendar, int64 w, bool latest, bool other,
			  TimestampTz *at)
{
	const SmkSteps *dated = &calendar->dated;
	SmkReach	reach = SMK_REACHED;
	int			j;

	/* far outside: only whether it is reached at all matters, and no overflow */
	w = Min(Max(w, COUNT_MIN), COUNT_MAX);
	j = find_place(dated->at, dated->value, dated->n, w, latest, other);
	if (dated->mode[j] != SMK_HOURS_BELOW)
		*at = dated->at[j] +
			(w - place_count(dated->at, dated->value, j, other));
	else
	{
		if (other ? pg_add_s64_overflow(w, dated->base[j], &w) :
			pg_sub_s64_overflow(w, dated->base[j], &w))
			return SMK_OUT_OF_RANGE;
		reach = zone_reach(calendar, w, latest, other, at);
	}
	if (reach == SMK_REACHED && !IS_VALID_TIMESTAMP(*at))
		return SMK_OUT_OF_RANGE;
	return reach;
}

/* The usual two kinds, compiled apart so that the flags cost nothing. */
SmkReach
smk_working_reach(const SmkCalendar *calendar, int64 count, bool latest,
				  TimestampTz *at)
{
	if (latest)
		return working_reach(calendar, count, true, false, at);
	return working_reach(calendar, count, false, false, at);
}

/* The end of the open stretch that holds `at`. */
SmkReach
smk_working_stretch_end(const SmkCalendar *calendar, TimestampTz at,
						TimestampTz *end)
{
	return working_reach(calendar, at - smk_working_count(calendar, at),
						 true, true, end);
}

/* Working dates without the dated rules, before this date. */
int64
smk_days_zone_count(const SmkDays *days, int64 date)
{
	const SmkSteps *gone = &days->gone;
	int64		cycles = 0;
	int64		count;
	int			j;

	if (date < SMK_WINDOW_FIRST_DAY)
		cycles = smk_floor_div(date - SMK_WINDOW_FIRST_DAY, SMK_CYCLE_DAYS);
	else if (date >= SMK_WINDOW_LAST_DAY)
		cycles = (date - (SMK_WINDOW_LAST_DAY - SMK_CYCLE_DAYS)) / SMK_CYCLE_DAYS;
	date -= cycles * SMK_CYCLE_DAYS;
	j = smk_last_not_above(gone->at, gone->n, date);
	if (gone->mode[j] == SMK_HOURS_BELOW)
		count = gone->base[j] + smk_day_pattern_count(&days->pattern, date);
	else
		count = gone->value[j];
	if (cycles < 0)
		count += cycles * (days->front - days->first);
	else
		count += cycles * (days->last - days->back);
	return count;
}

static SmkReach
days_zone_reach(const SmkDays *days, int64 w, bool latest, int64 *date)
{
	const SmkSteps *gone = &days->gone;
	int64		cycles = 0;
	int64		moved;
	int			j;

	if (latest ? w < days->first : w <= days->first)
	{
		if (!reduce_count(&w, days->first, days->front - days->first, latest,
						  &cycles))
			return SMK_NEVER;
	}
	else if (latest ? w >= days->last : w > days->last)
	{
		if (!reduce_count(&w, days->back, days->last - days->back, latest,
						  &cycles))
			return SMK_NEVER;
	}
	j = find_place(gone->at, gone->value, gone->n, w, latest, false);
	*date = day_pattern_reach(&days->pattern, w - gone->base[j], latest);
	if (pg_mul_s64_overflow(cycles, SMK_CYCLE_DAYS, &moved) ||
		pg_add_s64_overflow(*date, moved, date))
		return SMK_OUT_OF_RANGE;
	return SMK_REACHED;
}

/* Working dates before this date, from an arbitrary, fixed origin. */
int64
smk_days_count(const SmkDays *days, int64 date)
{
	const SmkSteps *dated = &days->dated;
	int			j = smk_last_not_above(dated->at, dated->n, date);

	if (dated->mode[j] == SMK_HOURS_BELOW)
		return dated->base[j] + smk_days_zone_count(days, date);
	if (dated->mode[j] == SMK_HOURS_OPEN)
		return dated->value[j] + (date - dated->at[j]);
	return dated->value[j];
}

SmkReach
smk_days_reach(const SmkDays *days, int64 count, bool latest, int64 *date)
{
	const SmkSteps *dated = &days->dated;
	int			j = find_place(dated->at, dated->value, dated->n, count,
							   latest, false);

	if (dated->mode[j] == SMK_HOURS_BELOW)
		return days_zone_reach(days, count - dated->base[j], latest, date);
	*date = dated->at[j] + (count - dated->value[j]);
	return SMK_REACHED;
}
