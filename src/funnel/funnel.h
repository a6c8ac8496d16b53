/*
 * funnel.h
 *		The events of one group, and the longest chain of steps in them.
 *
 * Pure: no fmgr, no SPI, no clock.  A group is a multiset of events: sorting
 * it changes nothing that a caller can see, so it may be read, added to and
 * read again (window frames).
 */
#ifndef SMK_FUNNEL_H
#define SMK_FUNNEL_H

#include "smarketing.h"

#include "datatype/timestamp.h"
#include "funnel/names.h"
#include "lib/stringinfo.h"

#define SMK_MAX_STEPS	63

typedef enum SmkFunnelMode
{
	SMK_FUNNEL_ORDERED,			/* in time order */
	SMK_FUNNEL_INCREASE,		/* each step strictly later */
	SMK_FUNNEL_STRICT,			/* consecutive rows */
	SMK_FUNNEL_UNIQUE			/* a step that fires again ends the chain */
} SmkFunnelMode;

#define SMK_FUNNEL_MODES	4

/* Of the bytes between the processes of a parallel plan. */
#define SMK_FUNNEL_STATE_VERSION	1

/* A row: step k is bit k - 1. */
typedef struct SmkEvent
{
	TimestampTz at;
	uint64		steps;
} SmkEvent;

/*
 * Rows are kept in 8 bytes, (at << 6 | step), while each fills one step at
 * most and lies within 4,567 years of 2000; from the first other one on in 16.
 */
#define SMK_INLINE_WORDS	11

typedef struct SmkFunnelEntries SmkFunnelEntries;

typedef struct SmkFunnel
{
	uint64	   *words;			/* inlined, or a chunk of its own */
	SmkFunnelEntries *entries;	/* rows of step 1 with attributes, or NULL */
	int64		within;			/* microseconds, or SMK_SPAN_UNLIMITED */
	uint32		count;
	uint32		sorted;			/* so many from the start are in order */
	uint32		room;
	uint8		mode;
	uint8		nsteps;
	bool		wide;			/* two words an event: at, steps */
	uint64		inlined[SMK_INLINE_WORDS];
} SmkFunnel;

#define SMK_NO_NAME		PG_UINT32_MAX

/* For funnel_entry: the rows that step 1 holds for. */
typedef struct SmkFunnelEntry
{
	TimestampTz at;
	uint64		steps;
	uint32		name;			/* of the attribute, or SMK_NO_NAME for null */
} SmkFunnelEntry;

struct SmkFunnelEntries
{
	SmkFunnelEntry *rows;
	uint32		count;
	uint32		room;
	SmkNames	names;
};

/* How far a group got, and when each step of that chain happened. */
typedef struct SmkChain
{
	int			level;
	TimestampTz times[SMK_MAX_STEPS];
} SmkChain;

/* funnel_state.c: memory is the context's in which the group was made. */
extern SmkFunnel *smk_funnel_new(MemoryContext context, SmkFunnelMode mode,
								 int nsteps, int64 within, bool entries);
extern void smk_funnel_add(SmkFunnel *funnel, TimestampTz at, uint64 steps);
extern void smk_funnel_add_entry(SmkFunnel *funnel, TimestampTz at,
								 uint64 steps, uint32 name);
extern void smk_funnel_merge(SmkFunnel *into, const SmkFunnel *from);
extern void smk_funnel_sort(SmkFunnel *funnel);
extern void smk_funnel_send(StringInfo buf, const SmkFunnel *funnel);
extern SmkFunnel *smk_funnel_receive(StringInfo buf, MemoryContext context);

/* funnel_scan.c: sorts the group; the times are left out if not wanted. */
extern void smk_funnel_scan(SmkFunnel *funnel, SmkChain *chain,
							bool want_times);

/* The attribute of the row that the chain begins with, or SMK_NO_NAME. */
extern uint32 smk_funnel_entry_name(const SmkFunnel *funnel,
									const SmkChain *chain);

#define SMK_AT_BITS		57
#define SMK_AT_BIAS		(INT64CONST(1) << SMK_AT_BITS)

/* The i-th event in either form. */
static inline SmkEvent
smk_funnel_event(const SmkFunnel *funnel, uint32 i)
{
	SmkEvent	event;

	if (funnel->wide)
	{
		event.at = (TimestampTz) funnel->words[2 * (Size) i];
		event.steps = funnel->words[2 * (Size) i + 1];
	}
	else
	{
		uint64		word = funnel->words[i];
		int			step = (int) (word & 63);

		event.at = (TimestampTz) (word >> 6) - SMK_AT_BIAS;
		event.steps = step ? UINT64CONST(1) << (step - 1) : 0;
	}
	return event;
}

#endif							/* SMK_FUNNEL_H */
