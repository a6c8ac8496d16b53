/*
 * decayed_sum.c
 *		The aggregate decayed_sum(points, at, half_life, as_of), for any table:
 *		sum of points * 2^(-(as_of - at) / half_life) over what has happened
 *		by as_of.
 *
 * The sum is kept with Neumaier's compensation, so that a parallel plan and a
 * serial one agree to the last digits.
 */
#include "condition/condition_compat.h"
#include "scoring/scoring.h"

#include <math.h>

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#define STATE_VERSION 1

typedef struct DecayedSum
{
	int64		n;
	double		sum;
	double		lost;			/* what rounding has cut off the sum */
} DecayedSum;

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo, const char *function)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "%s called in non-aggregate context", function);
	return context;
}

static DecayedSum *
new_state(MemoryContext context)
{
	return MemoryContextAllocZero(context, sizeof(DecayedSum));
}

static void
add(DecayedSum *state, double value)
{
	double		sum = state->sum + value;

	if (isinf(sum) || isnan(sum))
		state->lost = 0;
	else if (fabs(state->sum) >= fabs(value))
		state->lost += (state->sum - sum) + value;
	else
		state->lost += (value - sum) + state->sum;
	if (isinf(sum) && !isinf(value) && !isinf(state->sum))
		float_overflow_error();
	state->sum = sum;
}

/* Microseconds; 0: no decay. */
static double
half_life_of(const Interval *span)
{
	double		half_life;

	if (smk_interval_special(span) != NULL && span->time > 0)
		return 0;
	half_life = (double) span->day * USECS_PER_DAY + (double) span->time;
	if (span->month != 0 || half_life <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a half-life must be a positive time without months"),
				 errhint("Say '30 days'; null means no decay.")));
	return half_life;
}

PG_FUNCTION_INFO_V1(smk_decayed_sum_transition);

Datum
smk_decayed_sum_transition(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo, "decayed_sum_transition");
	DecayedSum *state = PG_ARGISNULL(0) ? new_state(context) : (DecayedSum *) PG_GETARG_POINTER(0);
	double		half_life = PG_ARGISNULL(3) ? 0 : half_life_of(PG_GETARG_INTERVAL_P(3));
	double		points;
	double		rest;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(4) ||
		PG_GETARG_TIMESTAMPTZ(2) > PG_GETARG_TIMESTAMPTZ(4))
		PG_RETURN_POINTER(state);
	points = PG_GETARG_FLOAT8(1);
	rest = smk_decay(half_life, PG_GETARG_TIMESTAMPTZ(2), PG_GETARG_TIMESTAMPTZ(4));
	add(state, rest == 0 && isinf(points) ? points : points * rest);
	state->n++;
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(smk_decayed_sum_combine);

Datum
smk_decayed_sum_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo, "decayed_sum_combine");
	DecayedSum *a = PG_ARGISNULL(0) ? NULL : (DecayedSum *) PG_GETARG_POINTER(0);
	DecayedSum *b = PG_ARGISNULL(1) ? NULL : (DecayedSum *) PG_GETARG_POINTER(1);

	if (a == NULL && b == NULL)
		PG_RETURN_NULL();
	if (a == NULL)
		a = new_state(context);
	if (b != NULL)
	{
		add(a, b->sum);
		add(a, b->lost);
		a->n += b->n;
	}
	PG_RETURN_POINTER(a);
}

PG_FUNCTION_INFO_V1(smk_decayed_sum_serialize);

Datum
smk_decayed_sum_serialize(PG_FUNCTION_ARGS)
{
	const DecayedSum *state = (DecayedSum *) PG_GETARG_POINTER(0);
	StringInfoData buf;

	aggregate_context(fcinfo, "decayed_sum_serialize");
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, STATE_VERSION);
	pq_sendint64(&buf, state->n);
	pq_sendfloat8(&buf, state->sum);
	pq_sendfloat8(&buf, state->lost);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(smk_decayed_sum_deserialize);

Datum
smk_decayed_sum_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	DecayedSum *state;
	StringInfoData buf;

	aggregate_context(fcinfo, "decayed_sum_deserialize");
	state = new_state(CurrentMemoryContext);
	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	if (pq_getmsgbyte(&buf) != STATE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid state of decayed_sum")));
	state->n = pq_getmsgint64(&buf);
	state->sum = pq_getmsgfloat8(&buf);
	state->lost = pq_getmsgfloat8(&buf);
	pq_getmsgend(&buf);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(smk_decayed_sum_final);

Datum
smk_decayed_sum_final(PG_FUNCTION_ARGS)
{
	const DecayedSum *state = PG_ARGISNULL(0) ? NULL : (DecayedSum *) PG_GETARG_POINTER(0);

	if (state == NULL || state->n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(state->sum + state->lost);
}
