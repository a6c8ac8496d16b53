/*
 * hours_calendar.h
 *		Working hours compiled for queries.
 *
 * Everything is a function that counts open time up to x; its slope is 1 where
 * it is open and 0 where it is closed.  Three of them are stacked:
 *	 pattern	G(reading): weeks, and years where yearly dates have rules;
 *				closed form, periodic for ever in local readings
 *	 zone		Wz(instant) = K[i] + G(instant + offset[i]) on each stretch i of
 *				constant offset; so the clock's jumps need no special case
 *	 dated		W(instant) = Wz + what dated rules add or take, as steps in
 *				instants
 * and the same three count working dates, on an axis whose unit is the day.
 */
#ifndef SMK_HOURS_CALENDAR_H
#define SMK_HOURS_CALENDAR_H

#include "hours_rules.h"
#include "hours_zone.h"
#include "working_hours.h"

typedef enum SmkHoursMode
{
	SMK_HOURS_BELOW,				/* as the function below says */
	SMK_HOURS_OPEN,
	SMK_HOURS_CLOSED
} SmkHoursMode;

/*
 * Steps: from at[j] on, `mode`.  The first begins before everything.  value is
 * the count at at[j]; base, where the mode is BELOW, what to add to the
 * function below.
 */
typedef struct SmkSteps
{
	int			n;
	int64	   *at;
	int64	   *value;
	int64	   *base;
	uint8	   *mode;
} SmkSteps;

/* The 14 kinds of year: weekday of 1 January, leap or not. */
#define SMK_YEAR_KINDS 14
#define SMK_CYCLE_YEARS 400

typedef struct SmkYears
{
	SmkSteps	kind[SMK_YEAR_KINDS];	/* from the year's start */
	int64		total[SMK_YEAR_KINDS];
	int64		upto[SMK_CYCLE_YEARS + 1];	/* open before year 2000 + i */
} SmkYears;

/* A week, counted from Monday: edges where it may open or close. */
typedef struct SmkPattern
{
	int			n;
	int64	   *at;				/* n + 1, the last is the week's length */
	int64	   *value;			/* n + 1 */
	SmkYears   *years;			/* NULL if no yearly date has a rule */
} SmkPattern;

typedef struct SmkDays
{
	SmkPattern	pattern;		/* unit: one day */
	SmkSteps	gone;			/* in the window: dates whose open readings the
								 * clock skips */
	int64		first;			/* count at the window's edges */
	int64		front;
	int64		back;
	int64		last;
	SmkSteps	dated;
} SmkDays;

struct SmkCalendar
{
	MemoryContext context;
	const SmkZone *zone;
	SmkPattern	pattern;		/* unit: one microsecond */
	int64	   *count;			/* zone->n + 1: Wz at the stretches' starts */
	int64	   *base;			/* zone->n: K */
	SmkSteps	dated;
	SmkDays    *days;			/* NULL until smk_calendar_add_days */
};

/* Days since 2000-01-01 of 1 January 2000 + i, and the year's kind. */
extern int32 smk_year_start[SMK_CYCLE_YEARS + 1];
extern uint8 smk_year_kind[SMK_CYCLE_YEARS];

/* Weekday of 1 January, Monday = 0. */
#define SMK_KIND_WEEKDAY(kind) ((kind) >> 1)
#define SMK_KIND_LEAP(kind) ((kind) & 1)

/* Day 2 of the epoch is a Monday. */
#define SMK_FIRST_MONDAY 2

/* hours_compile.c */
extern void smk_calendar_init(void);
extern SmkCalendar *smk_calendar_compile(const SmkHoursRules *rules,
										 MemoryContext parent);
extern void smk_calendar_add_days(SmkCalendar *calendar,
								  const SmkHoursRules *rules);

/* hours_count.c: the functions and their inverses, no allocation */
extern int64 smk_pattern_count(const SmkPattern *pattern, int64 reading);
extern int64 smk_day_pattern_count(const SmkPattern *pattern, int64 date);
extern int64 smk_week_count(const SmkPattern *pattern, int64 x, int64 week);
extern int64 smk_zone_count(const SmkCalendar *calendar, int64 at);
extern SmkReach smk_working_stretch_end(const SmkCalendar *calendar,
										TimestampTz at, TimestampTz *end);
extern int64 smk_days_zone_count(const SmkDays *days, int64 date);
extern int64 smk_days_count(const SmkDays *days, int64 date);
extern SmkReach smk_days_reach(const SmkDays *days, int64 count, bool latest,
							   int64 *date);

/* hours_query.c */
typedef struct SmkSpan
{
	int64		from;
	int64		to;
} SmkSpan;

/* A local date is read in this many stretches of time at most. */
#define SMK_DATE_SPANS 8
extern int	smk_date_spans(const SmkZone *zone, int64 date, SmkSpan *span);

#endif							/* SMK_HOURS_CALENDAR_H */
