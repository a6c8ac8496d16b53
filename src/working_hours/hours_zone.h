/*
 * hours_zone.h
 *		Time zones as stretches of constant offset from UTC.
 *
 * Instants are microseconds since 2000-01-01 00:00 UTC (as timestamptz); a
 * local reading is instant + offset, counted the same way.
 */
#ifndef SMK_HOURS_ZONE_H
#define SMK_HOURS_ZONE_H

#include "smarketing.h"

#include "datatype/timestamp.h"

/* The Gregorian calendar repeats after 400 years, which are whole weeks. */
#define SMK_CYCLE_DAYS INT64CONST(146097)
#define SMK_CYCLE (SMK_CYCLE_DAYS * USECS_PER_DAY)

/*
 * The window that holds every change that is not part of an endless rule:
 * 1300-01-10 to 2500-01-10.  Before and behind it the first and the last 400
 * years of the window repeat.  No zone changes its offset near a 10 January.
 */
#define SMK_WINDOW_FIRST_DAY INT64CONST(-255660)
#define SMK_WINDOW_LAST_DAY INT64CONST(182631)
#define SMK_WINDOW_FIRST (SMK_WINDOW_FIRST_DAY * USECS_PER_DAY)
#define SMK_WINDOW_LAST (SMK_WINDOW_LAST_DAY * USECS_PER_DAY)

#define SMK_ZONE_HINT_SHIFT 43	/* 102 days */
#define SMK_ZONE_HINTS (((SMK_WINDOW_LAST - SMK_WINDOW_FIRST) >> SMK_ZONE_HINT_SHIFT) + 1)

/* No zone's reading is further from UTC. */
#define SMK_ZONE_MARGIN (2 * USECS_PER_DAY)

typedef struct SmkZone
{
	char		name[256];		/* hash key */
	int			n;				/* stretches in the window */
	int			front;			/* the one that begins 400 years into it */
	int			back;			/* ... and 400 years before its end */
	int64	   *at;				/* n + 1: where they begin, and the end */
	int64	   *offset;			/* n: microseconds east of UTC */
	uint16	   *hint;			/* where to begin to look */
} SmkZone;

/* A stretch anywhere in time: number `i`, moved by whole cycles. */
typedef struct SmkStretch
{
	const SmkZone *zone;
	int			i;
	int64		moved;
} SmkStretch;

typedef enum SmkZoneCheck
{
	SMK_ZONE_FOUND,
	SMK_ZONE_UNKNOWN,
	SMK_ZONE_OFFSET,			/* POSIX style: "UTC+3" */
	SMK_ZONE_LEAP_SECONDS
} SmkZoneCheck;

extern SmkZoneCheck smk_zone_check(const char *name, char **canonical);
extern const SmkZone *smk_zone_get(const char *name);

extern SmkStretch smk_zone_stretch(const SmkZone *zone, int64 at);
extern bool smk_stretch_next(SmkStretch *stretch);
extern int64 smk_stretch_from(const SmkStretch *stretch);
extern int64 smk_stretch_to(const SmkStretch *stretch);
extern int64 smk_stretch_offset(const SmkStretch *stretch);
extern int64 smk_zone_first_reading(const SmkZone *zone, int64 reading);

/* Rounds towards minus infinity; divisor > 0. */
static inline int64
smk_floor_div(int64 a, int64 divisor)
{
	int64		quotient = a / divisor;

	return a % divisor < 0 ? quotient - 1 : quotient;
}

/* The last of n ascending numbers that is not above x; the first counts as not. */
static inline int
smk_last_not_above(const int64 *at, int n, int64 x)
{
	int			base = 0;

	while (n > 1)
	{
		int			half = n / 2;

		base = at[base + half] <= x ? base + half : base;
		n -= half;
	}
	return base;
}

/* Moves an instant into the window by whole cycles; *cycles says how many. */
static inline int64
smk_zone_reduce(int64 at, int64 *cycles)
{
	if (likely(at >= SMK_WINDOW_FIRST && at < SMK_WINDOW_LAST))
	{
		*cycles = 0;
		return at;
	}
	if (at < SMK_WINDOW_FIRST)
		*cycles = smk_floor_div(at - SMK_WINDOW_FIRST, SMK_CYCLE);
	else
		*cycles = (at - (SMK_WINDOW_LAST - SMK_CYCLE)) / SMK_CYCLE;
	return at - *cycles * SMK_CYCLE;
}

/* The stretch of an instant in the window. */
static inline int
smk_zone_index(const SmkZone *zone, int64 at)
{
	int			i = zone->hint[(at - SMK_WINDOW_FIRST) >> SMK_ZONE_HINT_SHIFT];

	while (zone->at[i + 1] <= at)
		i++;
	return i;
}

#endif							/* SMK_HOURS_ZONE_H */
