/*
 * hours_sql.c
 *		Working time as SQL functions: unpack, check, ask, pack.
 */
#include "working_hours.h"

#include "hours_calendar.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(smk_working_time);
PG_FUNCTION_INFO_V1(smk_add_working_time);
PG_FUNCTION_INFO_V1(smk_add_working_days);
PG_FUNCTION_INFO_V1(smk_is_working);
PG_FUNCTION_INFO_V1(smk_next_opening);
PG_FUNCTION_INFO_V1(smk_next_closing);
PG_FUNCTION_INFO_V1(smk_previous_closing);
PG_FUNCTION_INFO_V1(smk_working_day_end_sql);
PG_FUNCTION_INFO_V1(smk_working_periods);

void
smk_working_check_instant(TimestampTz at)
{
	if (unlikely(TIMESTAMP_NOT_FINITE(at)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("working time needs a finite timestamp")));
}

int64
smk_working_amount(const Interval *amount, const char *name)
{
	if (unlikely(amount->month != 0 || amount->day != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not have months or days", name),
				 errdetail("How long a working day is depends on the day."),
				 errhint("Say hours, as in interval '16 hours', or use add_working_days.")));
	return amount->time;
}

bool
smk_working_found(SmkReach reach, TimestampTz at)
{
	if (likely(reach == SMK_REACHED) && likely(IS_VALID_TIMESTAMP(at)))
		return true;
	if (reach == SMK_NEVER)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

static TimestampTz
instant_argument(FunctionCallInfo fcinfo, int n)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(n);

	smk_working_check_instant(at);
	return at;
}

static Datum
return_instant(FunctionCallInfo fcinfo, SmkReach reach, TimestampTz at)
{
	if (!smk_working_found(reach, at))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(at);
}

Datum
smk_working_time(PG_FUNCTION_ARGS)
{
	TimestampTz from = instant_argument(fcinfo, 1);
	TimestampTz to = instant_argument(fcinfo, 2);
	const SmkCalendar *calendar =
		smk_working_hours_calendar(PG_GETARG_DATUM(0), false);
	Interval   *result = palloc0_object(Interval);

	if (pg_sub_s64_overflow(smk_working_count(calendar, to),
							smk_working_count(calendar, from),
							&result->time))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("interval out of range")));
	PG_RETURN_INTERVAL_P(result);
}

Datum
smk_add_working_time(PG_FUNCTION_ARGS)
{
	TimestampTz at = instant_argument(fcinfo, 1);
	int64		amount = smk_working_amount(PG_GETARG_INTERVAL_P(2), "amount");
	SmkReach	reach;

	reach = smk_working_add(smk_working_hours_calendar(PG_GETARG_DATUM(0), false),
							at, amount, &at);
	return return_instant(fcinfo, reach, at);
}

Datum
smk_add_working_days(PG_FUNCTION_ARGS)
{
	TimestampTz at = instant_argument(fcinfo, 1);
	SmkReach	reach;

	reach = smk_working_add_days(smk_working_hours_calendar(PG_GETARG_DATUM(0), true),
								 at, PG_GETARG_INT32(2), &at);
	return return_instant(fcinfo, reach, at);
}

Datum
smk_is_working(PG_FUNCTION_ARGS)
{
	TimestampTz at = instant_argument(fcinfo, 1);

	PG_RETURN_BOOL(smk_working_is_open(smk_working_hours_calendar(PG_GETARG_DATUM(0), false),
									   at));
}

Datum
smk_next_opening(PG_FUNCTION_ARGS)
{
	TimestampTz at = instant_argument(fcinfo, 1);
	SmkReach	reach;

	reach = smk_working_next_opening(smk_working_hours_calendar(PG_GETARG_DATUM(0), false),
									 at, &at);
	return return_instant(fcinfo, reach, at);
}

Datum
smk_next_closing(PG_FUNCTION_ARGS)
{
	TimestampTz at = instant_argument(fcinfo, 1);
	SmkReach	reach;

	reach = smk_working_next_closing(smk_working_hours_calendar(PG_GETARG_DATUM(0), false),
									 at, &at);
	return return_instant(fcinfo, reach, at);
}

Datum
smk_previous_closing(PG_FUNCTION_ARGS)
{
	TimestampTz at = instant_argument(fcinfo, 1);
	SmkReach	reach;

	reach = smk_working_previous_closing(smk_working_hours_calendar(PG_GETARG_DATUM(0), false),
										 at, &at);
	return return_instant(fcinfo, reach, at);
}

Datum
smk_working_day_end_sql(PG_FUNCTION_ARGS)
{
	TimestampTz at = instant_argument(fcinfo, 1);
	SmkReach	reach;

	reach = smk_working_day_end(smk_working_hours_calendar(PG_GETARG_DATUM(0), true),
								at, PG_GETARG_INT32(2), &at);
	return return_instant(fcinfo, reach, at);
}

/* ---- working_periods ---- */

typedef struct Periods
{
	Datum		hours;			/* copied: the calendar is looked up each time */
	TimestampTz at;
	TimestampTz to;
	TypeCacheEntry *range;
} Periods;

static Periods *
start_periods(FunctionCallInfo fcinfo, FuncCallContext *call)
{
	MemoryContext old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	Periods    *periods = palloc_object(Periods);

	periods->hours = PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)));
	periods->at = instant_argument(fcinfo, 1);
	periods->to = instant_argument(fcinfo, 2);
	periods->range = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	MemoryContextSwitchTo(old);
	return periods;
}

/* The next stretch that begins before `to`, cut there; false if none is left. */
static bool
next_period(Periods *periods, RangeBound *lower, RangeBound *upper)
{
	const SmkCalendar *calendar = smk_working_hours_calendar(periods->hours, false);
	TimestampTz from;
	TimestampTz to = periods->to;

	if (smk_working_next_opening(calendar, periods->at, &from) != SMK_REACHED ||
		from >= periods->to)
		return false;
	if (smk_working_next_closing(calendar, from, &to) != SMK_REACHED)
		to = periods->to;
	to = Min(to, periods->to);
	periods->at = to;
	lower->val = TimestampTzGetDatum(from);
	upper->val = TimestampTzGetDatum(to);
	return true;
}

Datum
smk_working_periods(PG_FUNCTION_ARGS)
{
	RangeBound	lower = {0};
	RangeBound	upper = {0};
	FuncCallContext *call;
	Periods    *periods;

	lower.inclusive = true;
	lower.lower = true;
	if (SRF_IS_FIRSTCALL())
	{
		call = SRF_FIRSTCALL_INIT();
		call->user_fctx = start_periods(fcinfo, call);
	}
	call = SRF_PERCALL_SETUP();
	periods = call->user_fctx;
	if (periods->at >= periods->to || !next_period(periods, &lower, &upper))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, RangeTypePGetDatum(smk_make_range(periods->range,
															&lower, &upper)));
}
