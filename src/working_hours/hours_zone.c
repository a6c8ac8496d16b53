/*
 * hours_zone.c
 *		Time zones as stretches of constant offset, from PostgreSQL's own time
 *		zone library.  Only the offset is used, never the daylight flag (Dublin
 *		and Casablanca set it in winter).
 */
#include "hours_zone.h"

#include "common/int.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define MAX_STRETCHES 4096		/* of one zone; the longest has about 1,200 */
#define UNIX_EPOCH ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* One entry for each zone used, for the life of the backend: 20 kB at most. */
static HTAB *zones = NULL;

/* Does the zone database hold this name, digits and all? */
static bool
is_listed(const char *name)
{
	pg_tzenum  *all = pg_tzenumerate_start();
	pg_tz	   *zone;
	bool		found = false;

	while (!found && (zone = pg_tzenumerate_next(all)) != NULL)
		found = pg_strcasecmp(pg_get_timezone_name(zone), name) == 0;
	pg_tzenumerate_end(all);
	return found;
}

static void
make_table(void)
{
	HASHCTL		control;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(((SmkZone *) NULL)->name);
	control.entrysize = sizeof(SmkZone);
	control.hcxt = TopMemoryContext;
	zones = hash_create("smarketing time zones", 16, &control,
						HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static const SmkZone *
find_loaded(const char *name)
{
	if (zones == NULL)
		make_table();
	return hash_search(zones, name, HASH_FIND, NULL);
}

/*
 * Is this a zone of the database?  pg_tzset also takes POSIX strings such as
 * "UTC+3", which means three hours WEST: a trap, and without history.  Only
 * those contain digits, but for a few real names (Etc/GMT-3, EST5EDT), which
 * are looked for among all zones once and then kept loaded.
 */
SmkZoneCheck
smk_zone_check(const char *name, char **canonical)
{
	pg_tz	   *zone;

	if (name[0] == '\0' || strlen(name) > TZ_STRLEN_MAX)
		return SMK_ZONE_UNKNOWN;
	zone = pg_tzset(name);
	if (zone == NULL)
		return SMK_ZONE_UNKNOWN;
	if (!pg_tz_acceptable(zone))
		return SMK_ZONE_LEAP_SECONDS;
	*canonical = pstrdup(pg_get_timezone_name(zone));
	if (strpbrk(name, "0123456789") != NULL && find_loaded(*canonical) == NULL)
	{
		if (!is_listed(name))
			return SMK_ZONE_OFFSET;
		smk_zone_get(*canonical);
	}
	return SMK_ZONE_FOUND;
}

/* Adds a stretch, or nothing if the offset stays the same. */
static void
add_stretch(SmkZone *zone, int64 at, int64 offset)
{
	if (zone->n > 0 && zone->offset[zone->n - 1] == offset &&
		at != SMK_WINDOW_FIRST + SMK_CYCLE &&
		at != SMK_WINDOW_LAST - SMK_CYCLE)
		return;
	if (zone->n == MAX_STRETCHES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("time zone \"%s\" changes too often", zone->name)));
	zone->at[zone->n] = at;
	zone->offset[zone->n++] = offset;
}

/*
 * The ends of the window and of its outer cycles must be calm: there, a local
 * day of one cycle is the same day of the next.
 */
static void
check_calm(const SmkZone *zone, int64 at)
{
	static const int64 edges[] = {SMK_WINDOW_FIRST, SMK_WINDOW_FIRST + SMK_CYCLE,
	SMK_WINDOW_LAST - SMK_CYCLE, SMK_WINDOW_LAST};

	for (int i = 0; i < (int) lengthof(edges); i++)
	{
		if (at > edges[i] - 2 * SMK_ZONE_MARGIN && at < edges[i] + 2 * SMK_ZONE_MARGIN)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("time zone \"%s\" changes its offset in early January of the years 1300, 1700, 2100 or 2500",
							zone->name)));
	}
}

/* Walks through the zone's changes and collects those of the offset. */
static void
collect_stretches(SmkZone *zone, pg_tz *tz)
{
	pg_time_t	at = SMK_WINDOW_FIRST / USECS_PER_SEC + UNIX_EPOCH;
	int64		split[] = {SMK_WINDOW_FIRST + SMK_CYCLE,
	SMK_WINDOW_LAST - SMK_CYCLE, SMK_WINDOW_LAST};
	int			next_split = 0;
	int64		from = SMK_WINDOW_FIRST;

	while (from < SMK_WINDOW_LAST)
	{
		long int	before;
		long int	after;
		int			ignored;
		pg_time_t	boundary;
		int			more = pg_next_dst_boundary(&at, &before, &ignored,
												&boundary, &after, &ignored, tz);
		int64		to = SMK_WINDOW_LAST;

		if (more < 0)
			elog(ERROR, "could not read time zone \"%s\"", zone->name);
		if (more > 0 && boundary < SMK_WINDOW_LAST / USECS_PER_SEC + UNIX_EPOCH)
			to = (boundary - UNIX_EPOCH) * USECS_PER_SEC;
		add_stretch(zone, from, before * USECS_PER_SEC);
		for (; split[next_split] < to; next_split++)
			add_stretch(zone, split[next_split], before * USECS_PER_SEC);
		if (more > 0 && to < SMK_WINDOW_LAST && before != after)
			check_calm(zone, to);
		from = to;
		/* at its very last entry the library would not go on by the rule */
		at = boundary + 1;
	}
	zone->at[zone->n] = SMK_WINDOW_LAST;
}

static void
index_stretches(SmkZone *zone)
{
	int			i = 0;

	for (int64 k = 0; k < SMK_ZONE_HINTS; k++)
	{
		int64		at = SMK_WINDOW_FIRST + (k << SMK_ZONE_HINT_SHIFT);

		while (i + 1 < zone->n && zone->at[i + 1] <= at)
			i++;
		zone->hint[k] = i;
	}
	zone->front = smk_last_not_above(zone->at, zone->n,
									 SMK_WINDOW_FIRST + SMK_CYCLE);
	zone->back = smk_last_not_above(zone->at, zone->n,
									SMK_WINDOW_LAST - SMK_CYCLE);
}

/* Everything in one piece of memory, so that an error leaves nothing behind. */
static SmkZone *
load_zone(const char *name)
{
	pg_tz	   *tz = pg_tzset(name);
	SmkZone    *zone = palloc0_object(SmkZone);

	if (tz == NULL || !pg_tz_acceptable(tz))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", name),
				 errdetail("Working hours were stored with a zone that this server's time zone database does not know.")));
	strlcpy(zone->name, name, sizeof(zone->name));
	zone->at = palloc_array(int64, MAX_STRETCHES + 1);
	zone->offset = palloc_array(int64, MAX_STRETCHES);
	zone->hint = palloc_array(uint16, SMK_ZONE_HINTS);
	collect_stretches(zone, tz);
	index_stretches(zone);
	return zone;
}

/* Never NULL: a zone that is gone is an error.  Lives as long as the backend. */
const SmkZone *
smk_zone_get(const char *name)
{
	const SmkZone *found = find_loaded(name);
	SmkZone    *zone;
	SmkZone    *loaded;
	char	   *memory;
	Size		at_size;
	Size		offset_size;

	if (found != NULL)
		return found;
	loaded = load_zone(name);
	at_size = sizeof(int64) * (loaded->n + 1);
	offset_size = sizeof(int64) * loaded->n;
	memory = MemoryContextAlloc(TopMemoryContext, at_size + offset_size +
								sizeof(uint16) * SMK_ZONE_HINTS);
	loaded->at = memcpy(memory, loaded->at, at_size);
	loaded->offset = memcpy(memory + at_size, loaded->offset, offset_size);
	loaded->hint = memcpy(memory + at_size + offset_size, loaded->hint,
						  sizeof(uint16) * SMK_ZONE_HINTS);
	zone = hash_search(zones, name, HASH_ENTER, NULL);
	memcpy(zone, loaded, sizeof(SmkZone));
	return zone;
}

SmkStretch
smk_zone_stretch(const SmkZone *zone, int64 at)
{
	SmkStretch	stretch;
	int64		cycles;

	stretch.zone = zone;
	stretch.i = smk_zone_index(zone, smk_zone_reduce(at, &cycles));
	stretch.moved = cycles * SMK_CYCLE;
	return stretch;
}

/* False at the end of what 64 bits hold. */
bool
smk_stretch_next(SmkStretch *stretch)
{
	const SmkZone *zone = stretch->zone;

	if (smk_stretch_to(stretch) == PG_INT64_MAX)
		return false;
	stretch->i++;
	if (stretch->moved < 0 && stretch->i == zone->front)
	{
		stretch->i = 0;
		stretch->moved += SMK_CYCLE;
	}
	else if (stretch->i == zone->n)
	{
		stretch->i = zone->back;
		stretch->moved += SMK_CYCLE;
	}
	return true;
}

int64
smk_stretch_from(const SmkStretch *stretch)
{
	return stretch->zone->at[stretch->i] + stretch->moved;
}

/* PG_INT64_MAX if it ends beyond. */
int64
smk_stretch_to(const SmkStretch *stretch)
{
	int64		to;

	if (pg_add_s64_overflow(stretch->zone->at[stretch->i + 1],
							stretch->moved, &to))
		return PG_INT64_MAX;
	return to;
}

int64
smk_stretch_offset(const SmkStretch *stretch)
{
	return stretch->zone->offset[stretch->i];
}

/* The first instant at which the local clock reads `reading` or later. */
int64
smk_zone_first_reading(const SmkZone *zone, int64 reading)
{
	SmkStretch	stretch = smk_zone_stretch(zone, reading - SMK_ZONE_MARGIN);

	while (smk_stretch_to(&stretch) <= reading - smk_stretch_offset(&stretch))
	{
		if (!smk_stretch_next(&stretch))
			break;
	}
	return Max(smk_stretch_from(&stretch),
			   reading - smk_stretch_offset(&stretch));
}
