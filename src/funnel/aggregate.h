/*
 * aggregate.h
 *		What the funnel and the attribution aggregates share: argument checks,
 *		and the bytes that a parallel worker sends to the leader.
 */
#ifndef SMK_AGGREGATE_H
#define SMK_AGGREGATE_H

#include "smarketing.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"

/* A span without an end: no event is too old. */
#define SMK_SPAN_UNLIMITED	(-1)

/* The memory that lives as long as the group; an error outside an aggregate. */
extern MemoryContext smk_aggregate_context(FunctionCallInfo fcinfo);

/*
 * An interval as microseconds, a day as 24 hours; name is the argument's, for
 * the message.  Refuses months (their length depends on where they begin) and
 * negative intervals; an infinite one is SMK_SPAN_UNLIMITED.
 */
extern int64 smk_span_usecs(const Interval *span, const char *name);

/* SMK_SPAN_UNLIMITED for a NULL argument, else as smk_span_usecs. */
extern int64 smk_span_arg(FunctionCallInfo fcinfo, int arg, const char *name);

/* Refuses infinity and -infinity. */
extern TimestampTz smk_finite_at(TimestampTz at);

/* Is an event at the earlier instant within span of the later one? */
static inline bool
smk_within(int64 span, TimestampTz earlier, TimestampTz later)
{
	/* the difference of two timestamps can exceed int64, not uint64 */
	return span < 0 ||
		(uint64) later - (uint64) earlier <= (uint64) span;
}

/* Room for count elements, or an error that says what a group may hold. */
extern Size smk_array_size(uint64 count, Size width);

/*
 * Double the array (NULL or a chunk of its own) until it holds wanted elements;
 * *room is updated.
 */
extern void *smk_grow(MemoryContext context, void *array, uint32 *room,
					  uint64 wanted, Size width);

/* A state's bytes, from and to an aggregate's argument. */
extern void smk_begin_state(StringInfo buf, int version, uint64 size);
extern void smk_read_state(StringInfo buf, bytea *state, int version);

/* A count of elements of at least width bytes each, checked to be there. */
extern uint32 smk_read_count(StringInfo buf, Size width);

/* For can't-happen contents of a state. */
pg_noreturn extern void smk_bad_state(void);

#endif							/* SMK_AGGREGATE_H */
