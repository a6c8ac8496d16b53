/*
 * aggregate.c
 *		Helpers of the funnel and the attribution aggregates.
 */
#include "funnel/aggregate.h"

#include "common/int.h"
#include "libpq/pqformat.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

MemoryContext
smk_aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function %u can only be called as part of an aggregate",
						fcinfo->flinfo->fn_oid)));
	return context;
}

int64
smk_span_usecs(const Interval *span, const char *name)
{
	int64		days;
	int64		usecs;

#ifdef INTERVAL_IS_NOEND
	if (INTERVAL_IS_NOEND(span))
		return SMK_SPAN_UNLIMITED;
#endif
	if (span->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain months or years", name),
				 errdetail("The length of a month depends on where it begins."),
				 errhint("Say it in days, for example interval '30 days'.")));
	if (pg_mul_s64_overflow(span->day, USECS_PER_DAY, &days) ||
		pg_add_s64_overflow(days, span->time, &usecs))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range", name)));
	if (usecs < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", name)));
	return usecs;
}

int64
smk_span_arg(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		return SMK_SPAN_UNLIMITED;
	return smk_span_usecs(PG_GETARG_INTERVAL_P(arg), name);
}

TimestampTz
smk_finite_at(TimestampTz at)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time of an event must be finite"),
				 errhint("Leave the row out with FILTER, or use null for an unknown time.")));
	return at;
}

Size
smk_array_size(uint64 count, Size width)
{
	if (count > PG_INT32_MAX || count > MaxAllocHugeSize / width)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many events in one group"),
				 errdetail("A group can hold %d events.", PG_INT32_MAX)));
	return (Size) count * width;
}

void *
smk_grow(MemoryContext context, void *array, uint32 *room, uint64 wanted,
		 Size width)
{
	uint64		target = array ? Max(*room, 4) : 4;
	Size		size;

	if (wanted <= *room)
		return array;
	while (target < wanted)
		target *= 2;
	if (target > PG_INT32_MAX && wanted <= PG_INT32_MAX)
		target = PG_INT32_MAX;
	size = smk_array_size(target, width);
	if (array == NULL)
		array = MemoryContextAllocHuge(context, size);
	else
		array = repalloc_huge(array, size);
	*room = (uint32) target;
	return array;
}

/*
 * Begin a bytea that will take size more bytes.  One bytea is the limit of
 * what PostgreSQL can hand from a worker to the leader.
 */
void
smk_begin_state(StringInfo buf, int version, uint64 size)
{
	if (size > MaxAllocSize - 1024)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a group is too large for a parallel plan"),
				 errdetail("Its state takes %llu bytes.",
						   (unsigned long long) size),
				 errhint("Set max_parallel_workers_per_gather to 0 for this query.")));
	pq_begintypsend(buf);
	enlargeStringInfo(buf, (int) size + 64);
	pq_sendbyte(buf, version);
}

void
smk_read_state(StringInfo buf, bytea *state, int version)
{
	buf->data = VARDATA_ANY(state);
	buf->len = VARSIZE_ANY_EXHDR(state);
	buf->maxlen = buf->len;
	buf->cursor = 0;
	if (pq_getmsgbyte(buf) != version)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("the state of an aggregate is of another version")));
}

uint32
smk_read_count(StringInfo buf, Size width)
{
	uint32		count = pq_getmsgint(buf, 4);

	if (count > (uint32) (buf->len - buf->cursor) / width)
		smk_bad_state();
	return count;
}

void
smk_bad_state(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("the state of an aggregate is damaged")));
}
