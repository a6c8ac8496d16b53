/*
 * working_hours.h
 *		The type working_hours and the arithmetic of working time.
 *
 * Queries are pure: no SPI, no fmgr, no clock, no allocation, no error.
 * Instants are timestamptz values and must be finite; counts are microseconds.
 * A calendar is valid until the next smk_working_hours_calendar call.
 */
#ifndef SMK_WORKING_HOURS_H
#define SMK_WORKING_HOURS_H

#include "smarketing.h"

#include "datatype/timestamp.h"
#include "fmgr.h"

typedef struct SmkCalendar SmkCalendar;

typedef enum SmkReach
{
	SMK_REACHED,
	SMK_NEVER,					/* the calendar never gets there */
	SMK_OUT_OF_RANGE			/* it does, but beyond what timestamptz holds */
} SmkReach;

/* Why a text is no working hours: ready to put into an ereport. */
typedef struct SmkHoursProblem
{
	int			sqlstate;
	char	   *message;
	char	   *detail;			/* a sentence, or NULL */
	char	   *hint;			/* a sentence, or NULL */
} SmkHoursProblem;

extern void smk_working_hours_init(void);

/* The value that a text stands for; 0 and a problem if it stands for none. */
extern Datum smk_working_hours_parse(const char *text, SmkHoursProblem *problem);

/*
 * The compiled form of a value, from a cache.  `days` must be true for the
 * functions that count working days.
 */
extern const SmkCalendar *smk_working_hours_calendar(Datum hours, bool days);

/* Open time from an arbitrary, fixed origin up to an instant. */
extern int64 smk_working_count(const SmkCalendar *calendar, TimestampTz at);

/*
 * The earliest (or latest) instant whose count is at least (at most) this one:
 * where nothing is open the count stays, so these differ.
 */
extern SmkReach smk_working_reach(const SmkCalendar *calendar, int64 count,
								  bool latest, TimestampTz *at);

extern bool smk_working_is_open(const SmkCalendar *calendar, TimestampTz at);
extern SmkReach smk_working_add(const SmkCalendar *calendar, TimestampTz at,
								int64 amount, TimestampTz *result);
extern SmkReach smk_working_add_days(const SmkCalendar *calendar,
									 TimestampTz at, int32 days,
									 TimestampTz *result);
extern SmkReach smk_working_next_opening(const SmkCalendar *calendar,
										 TimestampTz at, TimestampTz *result);
extern SmkReach smk_working_next_closing(const SmkCalendar *calendar,
										 TimestampTz at, TimestampTz *result);
extern SmkReach smk_working_previous_closing(const SmkCalendar *calendar,
											 TimestampTz at,
											 TimestampTz *result);
extern SmkReach smk_working_day_end(const SmkCalendar *calendar,
									TimestampTz at, int32 days,
									TimestampTz *result);

/* The microseconds of an interval; refuses months and days (22023). */
extern int64 smk_working_amount(const Interval *amount, const char *name);

/* Refuses infinity (22008). */
extern void smk_working_check_instant(TimestampTz at);

/* The reached instant, or null (false), or an error (22008). */
extern bool smk_working_found(SmkReach reach, TimestampTz at);

#endif							/* SMK_WORKING_HOURS_H */
