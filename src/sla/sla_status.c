/*
 * sla_status.c
 *		The status of one clock, on any table: pure function and SQL wrapper.
 */
#include "sla_status.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type_d.h"
#include "common/int.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/multirangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* The columns of the composite type. */
enum
{
	Anum_commitment = 0,
	Anum_department,
	Anum_state,
	Anum_started_at,
	Anum_due_at,
	Anum_ended_at,
	Anum_target,
	Anum_elapsed,
	Anum_remaining,
	Anum_progress,
	Natts_sla_status
};

PG_FUNCTION_INFO_V1(smk_sla_status);

const char *
smk_sla_state_name(SmkSlaState state)
{
	static const char *const name[] = {"running", "at_risk", "paused",
	"breached", "met", "met_late"};

	return name[state];
}

/*
 * Working time from one instant to another, pauses left out; negative if `to`
 * is earlier.  False if it is beyond 64 bits.
 */
static bool
unpaused_time(const SmkCalendar *calendar, const SmkSlaQuestion *question,
			  TimestampTz from, TimestampTz to, int64 *time)
{
	TimestampTz low = Min(from, to);
	TimestampTz high = Max(from, to);
	int64		sum;

	if (pg_sub_s64_overflow(smk_working_count(calendar, high),
							smk_working_count(calendar, low), &sum))
		return false;
	for (int i = 0; i < question->n_pauses; i++)
	{
		TimestampTz start = Max(question->pause[i].from, low);
		TimestampTz end = Min(question->pause[i].to, high);

		if (start < end)
			sum -= smk_working_count(calendar, end) -
				smk_working_count(calendar, start);
	}
	*time = to < from ? -sum : sum;
	return true;
}

/*
 * The earliest instant by which the target has passed.  Working time is spent
 * between the pauses; an open pause before the rest is spent hides the answer.
 */
static SmkReach
due_time(const SmkCalendar *calendar, const SmkSlaQuestion *question,
		 TimestampTz *due_at)
{
	TimestampTz at = question->started_at;
	int64		left = question->target;

	*due_at = at;
	if (left == 0)
		return SMK_REACHED;
	for (int i = 0; i < question->n_pauses; i++)
	{
		const SmkPause *pause = &question->pause[i];

		if (pause->to <= at)
			continue;
		if (pause->from > at)
		{
			int64		count = smk_working_count(calendar, at);
			int64		open;

			/* more than 64 bits hold is enough for any target */
			if (pg_sub_s64_overflow(smk_working_count(calendar, pause->from),
									count, &open) || left <= open)
				return smk_working_add(calendar, at, left, due_at);
			left -= open;
		}
		if (TIMESTAMP_IS_NOEND(pause->to))
			return SMK_NEVER;
		at = pause->to;
	}
	return smk_working_add(calendar, at, left, due_at);
}

static bool
is_paused(const SmkSlaQuestion *question, TimestampTz at)
{
	for (int i = 0; i < question->n_pauses; i++)
	{
		const SmkPause *pause = &question->pause[i];

		if ((pause->from < at || (pause->from == at && pause->from_inclusive)) &&
			(at < pause->to || (at == pause->to && pause->to_inclusive)))
			return true;
	}
	return false;
}

static SmkSlaState
find_state(const SmkSlaQuestion *question, const SmkSlaAnswer *answer)
{
	/* a due time out of range or unknown is later than anything */
	bool		late = answer->due == SMK_REACHED &&
		(question->ended ? question->ended_at : question->as_of) > answer->due_at;

	if (question->ended)
		return late ? SMK_SLA_MET_LATE : SMK_SLA_MET;
	if (late)
		return SMK_SLA_BREACHED;
	if (is_paused(question, question->as_of))
		return SMK_SLA_PAUSED;
	if (question->warns &&
		(!answer->has_progress || answer->progress >= question->warn_at))
		return SMK_SLA_AT_RISK;
	return SMK_SLA_RUNNING;
}

SmkSlaAnswer
smk_sla_answer(const SmkCalendar *calendar, const SmkSlaQuestion *question)
{
	SmkSlaAnswer answer;
	TimestampTz until = question->ended ? question->ended_at : question->as_of;

	memset(&answer, 0, sizeof(answer));
	answer.due = due_time(calendar, question, &answer.due_at);
	answer.overflow =
		!unpaused_time(calendar, question, question->started_at, until,
					   &answer.elapsed) ||
		pg_sub_s64_overflow(question->target, answer.elapsed,
							&answer.remaining);
	answer.has_progress = question->target > 0;
	if (answer.has_progress)
		answer.progress = (double) answer.elapsed / (double) question->target;
	answer.state = find_state(question, &answer);
	return answer;
}

/* ---- SQL ---- */

/* A bound that is infinite is an end that is not there. */
static TimestampTz
bound_value(const RangeBound *bound)
{
	if (bound->infinite)
		return bound->lower ? DT_NOBEGIN : DT_NOEND;
	return DatumGetTimestampTz(bound->val);
}

static SmkPause *
read_pauses(Datum datum, int *n)
{
	MultirangeType *ranges = DatumGetMultirangeTypeP(datum);
	TypeCacheEntry *type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	SmkPause   *pause = palloc_array(SmkPause, ranges->rangeCount + 1);

	*n = ranges->rangeCount;
	for (int i = 0; i < *n; i++)
	{
		RangeBound	lower;
		RangeBound	upper;

		multirange_get_bounds(type, ranges, i, &lower, &upper);
		pause[i].from = bound_value(&lower);
		pause[i].to = bound_value(&upper);
		pause[i].from_inclusive = lower.inclusive;
		pause[i].to_inclusive = upper.inclusive;
	}
	return pause;
}

static int64
read_target(const Interval *target)
{
	int64		amount = smk_working_amount(target, "target");

	if (amount < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("target must not be negative")));
	return amount;
}

/* False if the answer is null: hours, start, target or as_of missing. */
static bool
read_question(FunctionCallInfo fcinfo, SmkSlaQuestion *question)
{
	memset(question, 0, sizeof(*question));
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(6))
		return false;
	question->started_at = PG_GETARG_TIMESTAMPTZ(1);
	question->target = read_target(PG_GETARG_INTERVAL_P(2));
	question->ended = !PG_ARGISNULL(3);
	if (question->ended)
		question->ended_at = PG_GETARG_TIMESTAMPTZ(3);
	if (!PG_ARGISNULL(4))
		question->pause = read_pauses(PG_GETARG_DATUM(4), &question->n_pauses);
	question->warns = !PG_ARGISNULL(5);
	if (question->warns)
		question->warn_at = PG_GETARG_FLOAT8(5);
	question->as_of = PG_GETARG_TIMESTAMPTZ(6);
	smk_working_check_instant(question->started_at);
	smk_working_check_instant(question->ended_at);
	smk_working_check_instant(question->as_of);
	if (question->warns && isnan(question->warn_at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("warn_at must not be NaN")));
	return true;
}

/* The row type, looked up once for each call site. */
static TupleDesc
result_type(FunctionCallInfo fcinfo)
{
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	MemoryContext old;

	if (desc != NULL)
		return desc;
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != Natts_sla_status)
		elog(ERROR, "sla_status has an unexpected row type");
	desc = BlessTupleDesc(CreateTupleDescCopy(desc));
	fcinfo->flinfo->fn_extra = desc;
	MemoryContextSwitchTo(old);
	return desc;
}

static Datum
pack_interval(int64 time)
{
	Interval   *result = palloc0_object(Interval);

	result->time = time;
	return IntervalPGetDatum(result);
}

Datum
smk_sla_status(PG_FUNCTION_ARGS)
{
	SmkSlaQuestion question;
	SmkSlaAnswer answer;
	Datum		value[Natts_sla_status] = {0};
	bool		null[Natts_sla_status] = {0};

	if (!read_question(fcinfo, &question))
		PG_RETURN_NULL();
	answer = smk_sla_answer(smk_working_hours_calendar(PG_GETARG_DATUM(0), false),
							&question);
	if (answer.overflow)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("interval out of range")));
	null[Anum_commitment] = null[Anum_department] = true;
	value[Anum_state] = CStringGetTextDatum(smk_sla_state_name(answer.state));
	value[Anum_started_at] = TimestampTzGetDatum(question.started_at);
	null[Anum_due_at] = !smk_working_found(answer.due, answer.due_at);
	value[Anum_due_at] = TimestampTzGetDatum(answer.due_at);
	null[Anum_ended_at] = !question.ended;
	value[Anum_ended_at] = TimestampTzGetDatum(question.ended_at);
	value[Anum_target] = pack_interval(question.target);
	value[Anum_elapsed] = pack_interval(answer.elapsed);
	value[Anum_remaining] = pack_interval(answer.remaining);
	null[Anum_progress] = !answer.has_progress;
	value[Anum_progress] = Float8GetDatum(answer.progress);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_type(fcinfo),
													  value, null)));
}
