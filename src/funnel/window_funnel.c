/*
 * window_funnel.c
 *		SQL wrappers of the funnel aggregates.
 *
 * Every transition function checks its arguments on each row, also on those
 * that it then leaves out because their time is null: a wrong call must not
 * depend on the data.  The final functions sort the state, a multiset, and
 * change nothing else, so they can be called again and between rows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "funnel/aggregate.h"
#include "funnel/funnel.h"
#include "libpq/pqformat.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(smk_funnel_step);
PG_FUNCTION_INFO_V1(smk_funnel_mode_step);
PG_FUNCTION_INFO_V1(smk_funnel_coded_step);
PG_FUNCTION_INFO_V1(smk_funnel_entry_step);
PG_FUNCTION_INFO_V1(smk_funnel_combine);
PG_FUNCTION_INFO_V1(smk_funnel_serialize);
PG_FUNCTION_INFO_V1(smk_funnel_deserialize);
PG_FUNCTION_INFO_V1(smk_funnel_level_final);
PG_FUNCTION_INFO_V1(smk_funnel_times_final);
PG_FUNCTION_INFO_V1(smk_funnel_entry_final);

/* Columns of the type funnel_chain. */
enum
{
	CHAIN_LEVEL,
	CHAIN_TIMES,
	CHAIN_ATTRIBUTE,
	CHAIN_NATTS
};

static const char *const mode_names[SMK_FUNNEL_MODES] = {
	"ordered", "increase", "strict", "unique"
};

/* What a row says about its group, which must not change inside it. */
typedef struct Shape
{
	SmkFunnelMode mode;
	int			nsteps;
	int64		within;
} Shape;

static SmkFunnelMode
mode_arg(FunctionCallInfo fcinfo, int arg)
{
	text	   *name;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the funnel mode must not be null")));
	name = PG_GETARG_TEXT_PP(arg);
	for (int mode = 0; mode < SMK_FUNNEL_MODES; mode++)
		if (strlen(mode_names[mode]) == VARSIZE_ANY_EXHDR(name) &&
			memcmp(mode_names[mode], VARDATA_ANY(name),
				   VARSIZE_ANY_EXHDR(name)) == 0)
			return (SmkFunnelMode) mode;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown funnel mode \"%s\"", text_to_cstring(name)),
			 errhint("The modes are ordered, increase, strict and unique.")));
}

static void
check_steps(const ArrayType *array, int nsteps)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the steps must be a one-dimensional array")));
	if (nsteps < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a funnel needs at least one step")));
	if (nsteps > SMK_MAX_STEPS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a funnel can have at most %d steps", SMK_MAX_STEPS),
				 errdetail("This call has %d.", nsteps)));
}

/* The steps that hold for the row, as bits; a null one does not hold. */
static uint64
steps_arg(FunctionCallInfo fcinfo, int arg, int *nsteps)
{
	ArrayType  *array;
	const uint8 *notnull;
	const bool *value;
	uint64		steps = 0;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the array of steps must not be null")));
	array = PG_GETARG_ARRAYTYPE_P(arg);
	*nsteps = ARR_NDIM(array) == 1 ? ARR_DIMS(array)[0] : 0;
	check_steps(array, *nsteps);
	notnull = ARR_NULLBITMAP(array);
	/* ARR_DATA_PTR, without its mix of signed and unsigned */
	value = (const bool *) array +
		(notnull ? (Size) array->dataoffset : ARR_OVERHEAD_NONULLS(1));
	for (int i = 0; i < *nsteps; i++)
	{
		if (notnull && !(notnull[i / 8] & (1 << (i % 8))))
			continue;
		steps |= (uint64) (*value++ ? 1 : 0) << i;
	}
	return steps;
}

static void
refuse_change(const char *what, const char *then, const char *now)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the %s of a funnel must not change inside a group", what),
			 errdetail("It was %s and is %s.", then, now)));
}

/* Every row of a group must be of the group's shape, in every process. */
static void
check_shape(const SmkFunnel *funnel, const Shape *shape)
{
	if (likely(funnel->mode == shape->mode &&
			   funnel->nsteps == shape->nsteps &&
			   funnel->within == shape->within))
		return;
	if (funnel->mode != shape->mode)
		refuse_change("mode", mode_names[funnel->mode],
					  mode_names[shape->mode]);
	if (funnel->nsteps != shape->nsteps)
		refuse_change("number of steps", psprintf("%d", funnel->nsteps),
					  psprintf("%d", shape->nsteps));
	refuse_change("window",
				  funnel->within < 0 ? "unlimited" :
				  psprintf(INT64_FORMAT " microseconds", funnel->within),
				  shape->within < 0 ? "unlimited" :
				  psprintf(INT64_FORMAT " microseconds", shape->within));
}

/* The group of this call, made on its first row. */
static SmkFunnel *
group_arg(FunctionCallInfo fcinfo, const Shape *shape, bool entries)
{
	SmkFunnel  *funnel;

	if (PG_ARGISNULL(0))
		return smk_funnel_new(smk_aggregate_context(fcinfo), shape->mode,
							  shape->nsteps, shape->within, entries);
	/* only an aggregate can have a state: no need to ask on each row */
	funnel = (SmkFunnel *) PG_GETARG_POINTER(0);
	check_shape(funnel, shape);
	return funnel;
}

/*
 * Rows without any step matter to mode strict only, where they break a chain.
 */
static void
add_row(FunctionCallInfo fcinfo, SmkFunnel *funnel, int at_arg, uint64 steps)
{
	TimestampTz at;

	if (PG_ARGISNULL(at_arg))
		return;
	at = smk_finite_at(PG_GETARG_TIMESTAMPTZ(at_arg));
	if (steps != 0 || funnel->mode == SMK_FUNNEL_STRICT)
		smk_funnel_add(funnel, at, steps);
}

/* (state, within interval, at timestamptz, steps boolean[]) */
Datum
smk_funnel_step(PG_FUNCTION_ARGS)
{
	Shape		shape = {SMK_FUNNEL_ORDERED, 0, smk_span_arg(fcinfo, 1, "within")};
	uint64		steps = steps_arg(fcinfo, 3, &shape.nsteps);
	SmkFunnel  *funnel = group_arg(fcinfo, &shape, false);

	add_row(fcinfo, funnel, 2, steps);
	PG_RETURN_POINTER(funnel);
}

/* (state, within interval, mode text, at timestamptz, steps boolean[]) */
Datum
smk_funnel_mode_step(PG_FUNCTION_ARGS)
{
	Shape		shape = {mode_arg(fcinfo, 2), 0, smk_span_arg(fcinfo, 1, "within")};
	uint64		steps = steps_arg(fcinfo, 4, &shape.nsteps);
	SmkFunnel  *funnel = group_arg(fcinfo, &shape, false);

	add_row(fcinfo, funnel, 3, steps);
	PG_RETURN_POINTER(funnel);
}

/* (state, within interval, at timestamptz, step bigint) */
Datum
smk_funnel_coded_step(PG_FUNCTION_ARGS)
{
	Shape		shape = {SMK_FUNNEL_ORDERED, SMK_MAX_STEPS,
	smk_span_arg(fcinfo, 1, "within")};
	int64		step = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);
	SmkFunnel  *funnel;

	if (step < 0 || step > SMK_MAX_STEPS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a step must be between 1 and %d", SMK_MAX_STEPS),
				 errdetail("This row has " INT64_FORMAT ".", step),
				 errhint("Use 0 or null for a row that is no step.")));
	funnel = group_arg(fcinfo, &shape, false);
	add_row(fcinfo, funnel, 2, step ? UINT64CONST(1) << (step - 1) : 0);
	PG_RETURN_POINTER(funnel);
}

/* (state, within interval, at timestamptz, attribute text, steps boolean[]) */
Datum
smk_funnel_entry_step(PG_FUNCTION_ARGS)
{
	Shape		shape = {SMK_FUNNEL_ORDERED, 0, smk_span_arg(fcinfo, 1, "within")};
	uint64		steps = steps_arg(fcinfo, 4, &shape.nsteps);
	SmkFunnel  *funnel = group_arg(fcinfo, &shape, true);

	add_row(fcinfo, funnel, 2, steps);
	if ((steps & 1) && !PG_ARGISNULL(2))
	{
		uint32		name = SMK_NO_NAME;

		if (!PG_ARGISNULL(3))
		{
			text	   *attribute = PG_GETARG_TEXT_PP(3);

			name = smk_names_add(&funnel->entries->names,
								 smk_aggregate_context(fcinfo),
								 VARDATA_ANY(attribute),
								 VARSIZE_ANY_EXHDR(attribute));
		}
		smk_funnel_add_entry(funnel, PG_GETARG_TIMESTAMPTZ(2), steps, name);
	}
	PG_RETURN_POINTER(funnel);
}

/*
 * Both null: null; the first null: a copy of the second, which lives in a
 * shorter context; the second null: the first; else the second into the first.
 */
Datum
smk_funnel_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = smk_aggregate_context(fcinfo);
	SmkFunnel  *into = PG_ARGISNULL(0) ? NULL : (SmkFunnel *) PG_GETARG_POINTER(0);
	SmkFunnel  *from = PG_ARGISNULL(1) ? NULL : (SmkFunnel *) PG_GETARG_POINTER(1);

	if (from == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	if (into == NULL)
		into = smk_funnel_new(context, (SmkFunnelMode) from->mode,
							  from->nsteps, from->within,
							  from->entries != NULL);
	else
	{
		Shape		shape = {(SmkFunnelMode) from->mode, from->nsteps,
		from->within};

		check_shape(into, &shape);
	}
	smk_funnel_merge(into, from);
	PG_RETURN_POINTER(into);
}

Datum
smk_funnel_serialize(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	smk_aggregate_context(fcinfo);
	smk_funnel_send(&buf, (SmkFunnel *) PG_GETARG_POINTER(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
smk_funnel_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *state = PG_GETARG_BYTEA_PP(0);
	StringInfoData buf;

	smk_aggregate_context(fcinfo);
	smk_read_state(&buf, state, SMK_FUNNEL_STATE_VERSION);
	/* short-lived: the combine function copies what it keeps */
	PG_RETURN_POINTER(smk_funnel_receive(&buf, CurrentMemoryContext));
}

/* The chain of the group in argument 0; no rows: of level 0. */
static void
scan_group(FunctionCallInfo fcinfo, SmkChain *chain, bool want_times)
{
	smk_aggregate_context(fcinfo);
	chain->level = 0;
	if (!PG_ARGISNULL(0))
		smk_funnel_scan((SmkFunnel *) PG_GETARG_POINTER(0), chain, want_times);
}

static Datum
times_array(const SmkChain *chain)
{
	Datum		times[SMK_MAX_STEPS];

	for (int i = 0; i < chain->level; i++)
		times[i] = TimestampTzGetDatum(chain->times[i]);
	return PointerGetDatum(construct_array(times, chain->level, TIMESTAMPTZOID,
										   sizeof(TimestampTz),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
smk_funnel_level_final(PG_FUNCTION_ARGS)
{
	SmkChain	chain;

	scan_group(fcinfo, &chain, false);
	PG_RETURN_INT32(chain.level);
}

Datum
smk_funnel_times_final(PG_FUNCTION_ARGS)
{
	SmkChain	chain;

	scan_group(fcinfo, &chain, true);
	PG_RETURN_DATUM(times_array(&chain));
}

/* The row type that the query expects, looked up once a query. */
static TupleDesc
chain_type(FunctionCallInfo fcinfo)
{
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	MemoryContext old;

	if (desc)
		return desc;
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != CHAIN_NATTS)
		elog(ERROR, "funnel_entry must return the type funnel_chain");
	desc = BlessTupleDesc(CreateTupleDescCopy(desc));
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = desc;
	return desc;
}

Datum
smk_funnel_entry_final(PG_FUNCTION_ARGS)
{
	TupleDesc	desc = chain_type(fcinfo);
	SmkChain	chain;
	uint32		name = SMK_NO_NAME;
	Datum		values[CHAIN_NATTS] = {0};
	bool		nulls[CHAIN_NATTS] = {false, false, false};

	scan_group(fcinfo, &chain, true);
	values[CHAIN_LEVEL] = Int32GetDatum(chain.level);
	values[CHAIN_TIMES] = times_array(&chain);
	if (chain.level > 0)
	{
		SmkFunnel  *funnel = (SmkFunnel *) PG_GETARG_POINTER(0);

		name = smk_funnel_entry_name(funnel, &chain);
		if (name != SMK_NO_NAME)
			values[CHAIN_ATTRIBUTE] =
				PointerGetDatum(smk_names_text(&funnel->entries->names, name));
	}
	nulls[CHAIN_ATTRIBUTE] = name == SMK_NO_NAME;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
