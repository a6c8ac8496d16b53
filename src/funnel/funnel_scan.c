/*
 * funnel_scan.c
 *		The longest chain of steps 1..n in a group.
 *
 * One pass over the sorted rows.  Per level k it keeps the chain of steps 1..k
 * with the latest entry, and of those with one entry the one whose steps came
 * first.  Entries only grow from level to level, so a chain that is replaced
 * could never have gone further than the one that replaces it: the result is
 * that of trying every chain (test/property/funnel.sql does).
 *
 * Sources of the rules: ordered, the default scan of ClickHouse's windowFunnel
 * with a row used once, as its strict_once; increase, its strict_increase
 * without the loss at ties; strict and unique, PostHog's strict order and
 * Doris' deduplication, which begin again after a break.
 */
#include "funnel/funnel.h"

#include "funnel/aggregate.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"

typedef struct Scan
{
	int			nsteps;
	int64		within;
	uint64		alive;			/* the levels that have a chain; bit k - 1 */
	TimestampTz start[SMK_MAX_STEPS];	/* their entries */
	TimestampTz *times;			/* nsteps a level, or NULL: not wanted */
	SmkChain   *best;
} Scan;

/* The chain of the given level has become one step longer, at this instant. */
static inline void
reach(Scan *scan, int level, TimestampTz at)
{
	TimestampTz *times = NULL;

	if (scan->times)
	{
		times = scan->times + level * scan->nsteps;
		if (level > 0)
			memcpy(times, times - scan->nsteps, level * sizeof(TimestampTz));
		times[level] = at;
	}
	if (level >= scan->best->level)
	{
		scan->best->level = level + 1;
		if (times)
			memcpy(scan->best->times, times, (level + 1) * sizeof(TimestampTz));
	}
}

/*
 * One row: every level that it can make or better, from the highest down, so
 * that it fills one step of a chain only.  The same entry again is no better:
 * the steps between have come earlier.
 */
static inline void
take_row(Scan *scan, TimestampTz at, uint64 steps)
{
	uint64		todo = steps & (scan->alive << 1 | 1);

	while (todo != 0)
	{
		int			level = pg_leftmost_one_pos64(todo);
		uint64		bit = UINT64CONST(1) << level;
		TimestampTz start;

		todo &= ~bit;
		start = level == 0 ? at : scan->start[level - 1];
		if (!smk_within(scan->within, start, at))
			continue;
		if ((scan->alive & bit) && scan->start[level] >= start)
			continue;
		scan->start[level] = start;
		scan->alive |= bit;
		reach(scan, level, at);
	}
}

static void
scan_ordered(Scan *scan, const SmkFunnel *funnel)
{
	for (uint32 i = 0; i < funnel->count; i++)
	{
		SmkEvent	event = smk_funnel_event(funnel, i);

		CHECK_FOR_INTERRUPTS();
		take_row(scan, event.at, event.steps);
		if (scan->best->level == scan->nsteps)
			break;
	}
}

/*
 * The rows of one instant read the levels as they were before it, so no two of
 * them stand in one chain: they count as one row with the steps of all.
 */
static void
scan_increase(Scan *scan, const SmkFunnel *funnel)
{
	uint32		i = 0;

	while (i < funnel->count && scan->best->level < scan->nsteps)
	{
		SmkEvent	event = smk_funnel_event(funnel, i);
		uint64		steps = 0;
		SmkEvent	next = event;

		while (next.at == event.at)
		{
			CHECK_FOR_INTERRUPTS();
			steps |= next.steps;
			if (++i == funnel->count)
				break;
			next = smk_funnel_event(funnel, i);
		}
		take_row(scan, event.at, steps);
	}
}

/* A chain lives on only if the row before was its current step. */
static void
scan_strict(Scan *scan, const SmkFunnel *funnel)
{
	for (uint32 i = 0; i < funnel->count; i++)
	{
		SmkEvent	event = smk_funnel_event(funnel, i);

		CHECK_FOR_INTERRUPTS();
		take_row(scan, event.at, event.steps);
		scan->alive &= event.steps;
		if (scan->best->level == scan->nsteps)
			break;
	}
}

/* What the rows of one instant do to the chain of mode unique. */
typedef struct Climb
{
	int			level;
	bool		repeated;		/* a step that was reached has fired again */
	uint32		entry;			/* the last row that fires step 1 again */
} Climb;

#define NO_ENTRY	PG_UINT32_MAX

/* Rows first..end-1, all at one instant, advance a chain from this level. */
static Climb
climb(Scan *scan, const SmkFunnel *funnel, uint32 first, uint32 end, int level)
{
	Climb		result = {level, false, NO_ENTRY};

	for (uint32 i = first; i < end; i++)
	{
		SmkEvent	event = smk_funnel_event(funnel, i);
		uint64		reached = (UINT64CONST(1) << result.level) - 1;

		CHECK_FOR_INTERRUPTS();
		if (event.steps & reached)
			result.repeated = true;
		if (event.steps & reached & 1)
			result.entry = i;
		if (result.level < scan->nsteps &&
			(event.steps >> result.level & 1))
		{
			if (result.level == 0)
				scan->start[0] = event.at;
			if (scan->times)
				scan->times[result.level] = event.at;
			result.level++;
			if (result.level > scan->best->level)
			{
				scan->best->level = result.level;
				if (scan->times)
					memcpy(scan->best->times, scan->times,
						   result.level * sizeof(TimestampTz));
			}
		}
	}
	return result;
}

/*
 * There is one chain at a time, as step 1 again ends it too.  At one instant
 * the rows advance the chain first; then, if any of them fired a step that
 * the chain had reached when its turn came, the chain is over.  The last such
 * row that fires step 1 begins the next one, which the rows after it advance.
 */
static void
scan_unique(Scan *scan, const SmkFunnel *funnel)
{
	uint32		i = 0;
	int			level = 0;

	while (i < funnel->count && scan->best->level < scan->nsteps)
	{
		TimestampTz at = smk_funnel_event(funnel, i).at;
		uint32		end = i + 1;
		Climb		result;

		while (end < funnel->count && smk_funnel_event(funnel, end).at == at)
			end++;
		if (level > 0 && !smk_within(scan->within, scan->start[0], at))
			level = 0;
		result = climb(scan, funnel, i, end, level);
		if (result.repeated && result.entry != NO_ENTRY)
			result = climb(scan, funnel, result.entry, end, 0);
		level = result.repeated ? 0 : result.level;
		i = end;
	}
}

void
smk_funnel_scan(SmkFunnel *funnel, SmkChain *chain, bool want_times)
{
	Scan		scan;

	smk_funnel_sort(funnel);
	chain->level = 0;
	scan.nsteps = funnel->nsteps;
	scan.within = funnel->within;
	scan.alive = 0;
	scan.best = chain;
	scan.times = NULL;
	if (want_times && funnel->count > 0)
		scan.times = palloc((Size) scan.nsteps * scan.nsteps *
							sizeof(TimestampTz));
	switch ((SmkFunnelMode) funnel->mode)
	{
		case SMK_FUNNEL_ORDERED:
			scan_ordered(&scan, funnel);
			break;
		case SMK_FUNNEL_INCREASE:
			scan_increase(&scan, funnel);
			break;
		case SMK_FUNNEL_STRICT:
			scan_strict(&scan, funnel);
			break;
		case SMK_FUNNEL_UNIQUE:
			scan_unique(&scan, funnel);
			break;
	}
	if (scan.times)
		pfree(scan.times);
}

/* Is row a a better entry than b: fewer steps, then the name, null last? */
static bool
comes_before(const SmkNames *names, const SmkFunnelEntry *a,
			 const SmkFunnelEntry *b)
{
	if (a->steps != b->steps)
		return a->steps < b->steps;
	if (a->name == SMK_NO_NAME || b->name == SMK_NO_NAME)
		return b->name == SMK_NO_NAME && a->name != SMK_NO_NAME;
	return smk_names_compare(names, a->name, b->name) < 0;
}

/*
 * A chain keeps the first row of its entry's instant.  Rows of one instant and
 * with the same steps are ordered by the attribute, so that the answer does
 * not depend on the order of arrival.
 */
uint32
smk_funnel_entry_name(const SmkFunnel *funnel, const SmkChain *chain)
{
	const SmkFunnelEntries *entries = funnel->entries;
	const SmkFunnelEntry *entry = NULL;

	if (chain->level == 0)
		return SMK_NO_NAME;
	for (uint32 i = 0; i < entries->count; i++)
	{
		const SmkFunnelEntry *row = &entries->rows[i];

		CHECK_FOR_INTERRUPTS();
		if (row->at == chain->times[0] &&
			(entry == NULL || comes_before(&entries->names, row, entry)))
			entry = row;
	}
	return entry ? entry->name : SMK_NO_NAME;
}
