/*
 * funnel_state.c
 *		The events of a group: added in any order, sorted once, sent between
 *		the processes of a parallel plan.
 */
#include "funnel/funnel.h"

#include "funnel/aggregate.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

/* The bytes of a state that no worker has grown: a power of two for aset.c. */
StaticAssertDecl(sizeof(SmkFunnel) <= 128, "a small group takes 128 bytes");

typedef struct WideEvent
{
	uint64		at;				/* a TimestampTz */
	uint64		steps;
} WideEvent;

static inline int
compare_words(const uint64 *a, const uint64 *b)
{
	return (*a > *b) - (*a < *b);
}

static inline int
compare_wide(const WideEvent *a, const WideEvent *b)
{
	if (a->at != b->at)
		return (TimestampTz) a->at > (TimestampTz) b->at ? 1 : -1;
	return (a->steps > b->steps) - (a->steps < b->steps);
}

#define ST_SORT sort_words
#define ST_ELEMENT_TYPE uint64
#define ST_COMPARE(a, b) compare_words(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_wide
#define ST_ELEMENT_TYPE WideEvent
#define ST_COMPARE(a, b) compare_wide(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

SmkFunnel *
smk_funnel_new(MemoryContext context, SmkFunnelMode mode, int nsteps,
			   int64 within, bool entries)
{
	SmkFunnel  *funnel = MemoryContextAlloc(context, sizeof(SmkFunnel));

	memset(funnel, 0, offsetof(SmkFunnel, inlined));
	funnel->words = funnel->inlined;
	funnel->room = SMK_INLINE_WORDS;
	funnel->within = within;
	funnel->mode = (uint8) mode;
	funnel->nsteps = (uint8) nsteps;
	if (entries)
		funnel->entries = MemoryContextAllocZero(context,
												 sizeof(SmkFunnelEntries));
	return funnel;
}

/* Make room for wanted events, of one or of two words. */
static void
reserve(SmkFunnel *funnel, uint64 wanted, bool wide)
{
	MemoryContext context = GetMemoryChunkContext(funnel);
	Size		width = wide ? sizeof(WideEvent) : sizeof(uint64);
	bool		inlined = funnel->words == funnel->inlined;
	uint32		room = wide && inlined ? SMK_INLINE_WORDS / 2 : funnel->room;

	if (wanted <= room)
		return;
	if (inlined)
	{
		uint64	   *words = smk_grow(context, NULL, &room, wanted, width);

		memcpy(words, funnel->inlined, sizeof(funnel->inlined));
		funnel->words = words;
	}
	else
		funnel->words = smk_grow(context, funnel->words, &room, wanted, width);
	funnel->room = room;
}

/* From here on, events are kept in 16 bytes. */
static void
widen(SmkFunnel *funnel)
{
	uint32		count = funnel->count;

	if (funnel->words != funnel->inlined || count > SMK_INLINE_WORDS / 2)
	{
		MemoryContext context = GetMemoryChunkContext(funnel);
		uint32		room = 0;
		uint64	   *words = smk_grow(context, NULL, &room,
									 Max(funnel->room, 8), sizeof(WideEvent));

		memcpy(words, funnel->words, count * sizeof(uint64));
		if (funnel->words != funnel->inlined)
			pfree(funnel->words);
		funnel->words = words;
		funnel->room = room;
	}
	else
		funnel->room = SMK_INLINE_WORDS / 2;
	/* from the last, so that no word is overwritten before it is read */
	for (uint32 i = count; i > 0; i--)
	{
		SmkEvent	event = smk_funnel_event(funnel, i - 1);

		funnel->words[2 * (Size) (i - 1)] = (uint64) event.at;
		funnel->words[2 * (Size) (i - 1) + 1] = event.steps;
	}
	funnel->wide = true;
}

static inline bool
fits_word(TimestampTz at, uint64 steps)
{
	return (steps & (steps - 1)) == 0 &&
		at >= -SMK_AT_BIAS && at < SMK_AT_BIAS;
}

void
smk_funnel_add(SmkFunnel *funnel, TimestampTz at, uint64 steps)
{
	uint32		last = funnel->count;

	if (!funnel->wide && unlikely(!fits_word(at, steps)))
		widen(funnel);
	if (funnel->count >= funnel->room)
		reserve(funnel, (uint64) funnel->count + 1, funnel->wide);
	funnel->count++;
	if (funnel->wide)
	{
		WideEvent  *events = (WideEvent *) funnel->words;

		events[last].at = (uint64) at;
		events[last].steps = steps;
		if (funnel->sorted == last &&
			(last == 0 || compare_wide(&events[last - 1], &events[last]) <= 0))
			funnel->sorted++;
	}
	else
	{
		uint64		step = steps ? pg_leftmost_one_pos64(steps) + 1 : 0;
		uint64	   *words = funnel->words;

		words[last] = (uint64) (at + SMK_AT_BIAS) << 6 | step;
		if (funnel->sorted == last &&
			(last == 0 || words[last - 1] <= words[last]))
			funnel->sorted++;
	}
}

void
smk_funnel_add_entry(SmkFunnel *funnel, TimestampTz at, uint64 steps,
					 uint32 name)
{
	SmkFunnelEntries *entries = funnel->entries;
	SmkFunnelEntry *row;

	entries->rows = smk_grow(GetMemoryChunkContext(funnel), entries->rows,
							 &entries->room, (uint64) entries->count + 1,
							 sizeof(SmkFunnelEntry));
	row = &entries->rows[entries->count++];
	row->at = at;
	row->steps = steps;
	row->name = name;
}

static void
merge_entries(SmkFunnel *into, const SmkFunnelEntries *from)
{
	MemoryContext context = GetMemoryChunkContext(into);
	SmkNames   *names = &into->entries->names;
	uint32	   *renamed = palloc_extended(smk_array_size(from->names.count + 1,
														 sizeof(uint32)),
										  MCXT_ALLOC_HUGE);

	for (uint32 i = 0; i < from->names.count; i++)
	{
		const SmkName *name = &from->names.names[i];

		renamed[i] = smk_names_add(names, context,
								   from->names.bytes + name->offset,
								   name->length);
	}
	for (uint32 i = 0; i < from->count; i++)
	{
		const SmkFunnelEntry *row = &from->rows[i];

		CHECK_FOR_INTERRUPTS();
		smk_funnel_add_entry(into, row->at, row->steps,
							 row->name == SMK_NO_NAME ? SMK_NO_NAME
							 : renamed[row->name]);
	}
	pfree(renamed);
}

/* Both are of the same mode, steps and window: the caller has checked. */
void
smk_funnel_merge(SmkFunnel *into, const SmkFunnel *from)
{
	if (from->wide && !into->wide)
		widen(into);
	reserve(into, (uint64) into->count + from->count, into->wide);
	for (uint32 i = 0; i < from->count; i++)
	{
		SmkEvent	event = smk_funnel_event(from, i);

		CHECK_FOR_INTERRUPTS();
		smk_funnel_add(into, event.at, event.steps);
	}
	if (from->entries)
		merge_entries(into, from->entries);
}

/* Merge the sorted tail, count - head words, into the sorted head. */
static void
merge_words(uint64 *words, uint32 head, uint32 count)
{
	Size		size = (Size) (count - head) * sizeof(uint64);
	uint64	   *tail = palloc_extended(size, MCXT_ALLOC_HUGE);
	uint32		i = head,
				j = count - head;

	memcpy(tail, words + head, size);
	for (uint32 to = count; j > 0; to--)
		words[to - 1] = (i > 0 && words[i - 1] > tail[j - 1])
			? words[--i] : tail[--j];
	pfree(tail);
}

static void
merge_wide(WideEvent *events, uint32 head, uint32 count)
{
	Size		size = (Size) (count - head) * sizeof(WideEvent);
	WideEvent  *tail = palloc_extended(size, MCXT_ALLOC_HUGE);
	uint32		i = head,
				j = count - head;

	memcpy(tail, events + head, size);
	for (uint32 to = count; j > 0; to--)
		events[to - 1] =
			(i > 0 && compare_wide(&events[i - 1], &tail[j - 1]) > 0)
			? events[--i] : tail[--j];
	pfree(tail);
}

/*
 * Sort what came out of order and merge it into the rest, so that a growing
 * window frame, or the two runs of a combine, are not sorted from scratch.  A
 * head that is shorter than the tail is not worth a merge.
 *
 * Interrupts are served while the tail is sorted: the head stays intact, and
 * a tail half sorted is still the same multiset.
 */
void
smk_funnel_sort(SmkFunnel *funnel)
{
	uint32		count = funnel->count;
	uint32		head = funnel->sorted;

	if (head == count)
		return;
	if (head < count / 2)
		funnel->sorted = head = 0;
	if (funnel->wide)
	{
		WideEvent  *events = (WideEvent *) funnel->words;

		sort_wide(events + head, count - head);
		if (head > 0)
			merge_wide(events, head, count);
	}
	else
	{
		sort_words(funnel->words + head, count - head);
		if (head > 0)
			merge_words(funnel->words, head, count);
	}
	funnel->sorted = count;
}

static void
send_entries(StringInfo buf, const SmkFunnelEntries *entries)
{
	smk_names_send(buf, &entries->names);
	pq_sendint32(buf, entries->count);
	for (uint32 i = 0; i < entries->count; i++)
	{
		pq_sendint64(buf, (uint64) entries->rows[i].at);
		pq_sendint64(buf, entries->rows[i].steps);
		pq_sendint32(buf, entries->rows[i].name);
	}
}

void
smk_funnel_send(StringInfo buf, const SmkFunnel *funnel)
{
	uint64		words = (uint64) funnel->count * (funnel->wide ? 2 : 1);
	uint64		size = words * 8;

	if (funnel->entries)
		size += smk_names_sent_size(&funnel->entries->names) +
			(uint64) funnel->entries->count * 20;
	smk_begin_state(buf, SMK_FUNNEL_STATE_VERSION, size);
	pq_sendbyte(buf, funnel->mode);
	pq_sendbyte(buf, funnel->nsteps);
	pq_sendbyte(buf, funnel->wide);
	pq_sendbyte(buf, funnel->entries != NULL);
	pq_sendint64(buf, (uint64) funnel->within);
	pq_sendint32(buf, funnel->count);
	for (Size i = 0; i < words; i++)
		pq_sendint64(buf, funnel->words[i]);
	if (funnel->entries)
		send_entries(buf, funnel->entries);
}

static void
receive_entries(StringInfo buf, SmkFunnel *funnel, MemoryContext context)
{
	uint32		count;

	smk_names_receive(buf, &funnel->entries->names, context);
	count = smk_read_count(buf, 20);
	for (uint32 i = 0; i < count; i++)
	{
		TimestampTz at = pq_getmsgint64(buf);
		uint64		steps = (uint64) pq_getmsgint64(buf);
		uint32		name = pq_getmsgint(buf, 4);

		if (name != SMK_NO_NAME && name >= funnel->entries->names.count)
			smk_bad_state();
		smk_funnel_add_entry(funnel, at, steps, name);
	}
}

/* The events are added one by one: their order is found out, not believed. */
static void
receive_events(StringInfo buf, SmkFunnel *funnel, bool wide)
{
	uint32		count = smk_read_count(buf, wide ? 16 : 8);
	uint64		known = funnel->nsteps == 63 ? PG_UINT64_MAX >> 1
		: (UINT64CONST(1) << funnel->nsteps) - 1;

	if (wide)
		widen(funnel);
	reserve(funnel, count, wide);
	for (uint32 i = 0; i < count; i++)
	{
		TimestampTz at;
		uint64		steps;

		if (wide)
		{
			at = pq_getmsgint64(buf);
			steps = (uint64) pq_getmsgint64(buf);
		}
		else
		{
			uint64		word = (uint64) pq_getmsgint64(buf);

			at = (TimestampTz) (word >> 6) - SMK_AT_BIAS;
			steps = word & 63 ? UINT64CONST(1) << ((word & 63) - 1) : 0;
		}
		if ((steps & ~known) != 0 || TIMESTAMP_NOT_FINITE(at))
			smk_bad_state();
		smk_funnel_add(funnel, at, steps);
	}
}

SmkFunnel *
smk_funnel_receive(StringInfo buf, MemoryContext context)
{
	int			mode = pq_getmsgbyte(buf);
	int			nsteps = pq_getmsgbyte(buf);
	bool		wide = pq_getmsgbyte(buf) != 0;
	bool		entries = pq_getmsgbyte(buf) != 0;
	int64		within = pq_getmsgint64(buf);
	SmkFunnel  *funnel;

	if (mode >= SMK_FUNNEL_MODES || nsteps < 1 || nsteps > SMK_MAX_STEPS ||
		within < SMK_SPAN_UNLIMITED)
		smk_bad_state();
	funnel = smk_funnel_new(context, (SmkFunnelMode) mode, nsteps, within,
							entries);
	receive_events(buf, funnel, wide);
	if (entries)
		receive_entries(buf, funnel, context);
	pq_getmsgend(buf);
	return funnel;
}
