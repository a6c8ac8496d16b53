/*
 * attribution.c
 *		SQL wrappers of the aggregate attribution.
 *
 * The final function works on a sorted copy: the state stays as it is, so it
 * can be called again and between rows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "attribution/attribution.h"
#include "fmgr.h"
#include "funcapi.h"
#include "funnel/aggregate.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(smk_attribution_step);
PG_FUNCTION_INFO_V1(smk_attribution_combine);
PG_FUNCTION_INFO_V1(smk_attribution_serialize);
PG_FUNCTION_INFO_V1(smk_attribution_deserialize);
PG_FUNCTION_INFO_V1(smk_attribution_final);

#define DEFAULT_LOOKBACK	(90 * USECS_PER_DAY)
#define DEFAULT_HALF_LIFE	(7 * USECS_PER_DAY)
#define DEFAULT_DIRECT		"direct"
#define UNATTRIBUTED		"(unattributed)"

/* Columns of the type credit. */
enum
{
	CREDIT_CONVERTED_AT,
	CREDIT_VALUE,
	CREDIT_TOUCHED_AT,
	CREDIT_TOUCH,
	CREDIT_POSITION,
	CREDIT_TOUCHES,
	CREDIT_FIRST_MODEL,
	CREDIT_NATTS = CREDIT_FIRST_MODEL + SMK_MODELS
};

/* A credit is never smaller in an array: 14 columns and a header. */
#define MIN_CREDIT_SIZE		96

/* Arguments of the aggregate, after the state. */
enum
{
	ARG_AT = 1,
	ARG_TOUCH,
	ARG_CONVERSION,
	ARG_MILESTONE,
	ARG_LOOKBACK,
	ARG_HALF_LIFE,
	ARG_DIRECT
};

/* Transition */

/* An aggregate's arguments cannot have defaults: null stands for them. */
static SmkAttributionRule
rule_args(FunctionCallInfo fcinfo)
{
	SmkAttributionRule rule = {DEFAULT_LOOKBACK, DEFAULT_HALF_LIFE,
	DEFAULT_DIRECT, sizeof(DEFAULT_DIRECT) - 1};

	if (PG_NARGS() <= ARG_LOOKBACK)
		return rule;
	if (!PG_ARGISNULL(ARG_LOOKBACK))
		rule.lookback = smk_span_arg(fcinfo, ARG_LOOKBACK, "lookback");
	if (!PG_ARGISNULL(ARG_HALF_LIFE))
		rule.half_life = smk_span_arg(fcinfo, ARG_HALF_LIFE, "half_life");
	if (rule.half_life == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("half_life must be positive")));
	if (!PG_ARGISNULL(ARG_DIRECT))
	{
		text	   *direct = PG_GETARG_TEXT_PP(ARG_DIRECT);

		rule.direct = VARDATA_ANY(direct);
		rule.direct_length = VARSIZE_ANY_EXHDR(direct);
	}
	return rule;
}

static bool
text_is(const text *value, const char *name)
{
	return VARSIZE_ANY_EXHDR(value) == strlen(name) &&
		memcmp(VARDATA_ANY(value), name, strlen(name)) == 0;
}

static uint32
milestone_arg(FunctionCallInfo fcinfo)
{
	text	   *milestone;

	if (PG_NARGS() <= ARG_MILESTONE || PG_ARGISNULL(ARG_MILESTONE))
		return 0;
	milestone = PG_GETARG_TEXT_PP(ARG_MILESTONE);
	if (text_is(milestone, "lead"))
		return 1 << SMK_LEAD_CREATED;
	if (text_is(milestone, "opportunity"))
		return 1 << SMK_OPPORTUNITY_CREATED;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown milestone \"%s\"", text_to_cstring(milestone)),
			 errhint("The milestones are lead and opportunity; use null for a row that is none.")));
}

static void
refuse_change(const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must not change inside a group", argument)));
}

/* Every row of a group must follow the group's rule, in every process. */
static void
check_rule(const SmkAttributionRule *rule, const SmkAttributionRule *now)
{
	if (unlikely(rule->lookback != now->lookback))
		refuse_change("lookback");
	if (unlikely(rule->half_life != now->half_life))
		refuse_change("half_life");
	if (unlikely(rule->direct_length != now->direct_length ||
				 memcmp(rule->direct, now->direct, rule->direct_length) != 0))
		refuse_change("direct");
}

/* (state, at, touch, conversion [, milestone, lookback, half_life, direct]) */
Datum
smk_attribution_step(PG_FUNCTION_ARGS)
{
	MemoryContext context = smk_aggregate_context(fcinfo);
	SmkAttributionRule rule = rule_args(fcinfo);
	uint32		milestones = milestone_arg(fcinfo);
	uint32		name = SMK_NO_NAME;
	Numeric		value = NULL;
	SmkJourney *journey;
	TimestampTz at;

	if (PG_ARGISNULL(0))
		journey = smk_journey_new(context, &rule);
	else
	{
		journey = (SmkJourney *) PG_GETARG_POINTER(0);
		check_rule(&journey->rule, &rule);
	}
	if (!PG_ARGISNULL(ARG_CONVERSION))
	{
		value = PG_GETARG_NUMERIC(ARG_CONVERSION);
		smk_check_conversion(value);
	}
	if (PG_ARGISNULL(ARG_AT))
		PG_RETURN_POINTER(journey);
	at = smk_finite_at(PG_GETARG_TIMESTAMPTZ(ARG_AT));
	if (!PG_ARGISNULL(ARG_TOUCH))
	{
		text	   *touch = PG_GETARG_TEXT_PP(ARG_TOUCH);

		name = smk_journey_name(journey, VARDATA_ANY(touch),
								VARSIZE_ANY_EXHDR(touch));
	}
	if (name != SMK_NO_NAME || value != NULL || milestones != 0)
		smk_journey_add(journey, at, name, value, milestones);
	PG_RETURN_POINTER(journey);
}

/*
 * Both null: null; the first null: a copy of the second, which lives in a
 * shorter context; the second null: the first; else the second into the first.
 */
Datum
smk_attribution_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = smk_aggregate_context(fcinfo);
	SmkJourney *into = PG_ARGISNULL(0) ? NULL : (SmkJourney *) PG_GETARG_POINTER(0);
	SmkJourney *from = PG_ARGISNULL(1) ? NULL : (SmkJourney *) PG_GETARG_POINTER(1);

	if (from == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	if (into == NULL)
		into = smk_journey_new(context, &from->rule);
	else
		check_rule(&into->rule, &from->rule);
	smk_journey_merge(into, from);
	PG_RETURN_POINTER(into);
}

Datum
smk_attribution_serialize(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	smk_aggregate_context(fcinfo);
	smk_journey_send(&buf, (SmkJourney *) PG_GETARG_POINTER(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
smk_attribution_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *state = PG_GETARG_BYTEA_PP(0);
	StringInfoData buf;

	smk_aggregate_context(fcinfo);
	smk_read_state(&buf, state, SMK_JOURNEY_STATE_VERSION);
	/* short-lived: the combine function copies what it keeps */
	PG_RETURN_POINTER(smk_journey_receive(&buf, CurrentMemoryContext));
}

/* Final */

/* What the rows of one group's answer are made with. */
typedef struct Output
{
	TupleDesc	desc;
	const SmkJourney *journey;
	SmkSorted	sorted;
	MemoryContext scratch;		/* reset for each conversion */
	Datum	   *credits;		/* the rows */
	Datum	   *names;			/* texts of the touches' names, made when used */
	uint32		count;
} Output;

/* The element type of the array that the query expects, once a query. */
static TupleDesc
credit_type(FunctionCallInfo fcinfo)
{
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	MemoryContext old;
	Oid			element;

	if (desc)
		return desc;
	element = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	desc = OidIsValid(element) ? lookup_rowtype_tupdesc_copy(element, -1) : NULL;
	if (desc == NULL || desc->natts != CREDIT_NATTS)
		elog(ERROR, "attribution must return an array of the type credit");
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = desc;
	return desc;
}

/*
 * An array's size is limited to 1 GB: say so before it is built.  Returns the
 * number of credits and, in *widest, the touches of the largest window.
 */
static uint64
count_credits(const SmkJourney *journey, const SmkSorted *sorted,
			  uint32 *widest)
{
	SmkWindow	window = {0, 0, 0};
	uint64		count = 0;

	*widest = 0;
	for (uint32 i = 0; i < sorted->nconversions; i++)
	{
		CHECK_FOR_INTERRUPTS();
		smk_journey_window(journey, sorted, i, &window);
		count += Max(window.count, 1);
		*widest = Max(*widest, window.count);
	}
	if (count > MaxAllocSize / MIN_CREDIT_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many credits in one group"),
				 errdetail("Its conversions have %llu touches in their windows.",
						   (unsigned long long) count),
				 errhint("Use a shorter lookback, or leave out rows that robots made.")));
	return count;
}

/* One row of the answer; it outlives the scratch memory. */
static void
form_credit(Output *out, Datum *values, bool *nulls)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(out->credits));
	HeapTuple	tuple = heap_form_tuple(out->desc, values, nulls);

	out->credits[out->count++] = HeapTupleGetDatum(tuple);
	MemoryContextSwitchTo(old);
}

static void
unattributed(Output *out, SmkAmount *amount, Datum *values, bool *nulls)
{
	nulls[CREDIT_TOUCHED_AT] = nulls[CREDIT_POSITION] = true;
	values[CREDIT_TOUCH] = CStringGetTextDatum(UNATTRIBUTED);
	values[CREDIT_TOUCHES] = Int32GetDatum(0);
	for (int model = 0; model < SMK_MODELS; model++)
		values[CREDIT_FIRST_MODEL + model] = smk_amount_whole(amount);
	form_credit(out, values, nulls);
}

static Datum
touch_name(Output *out, uint32 name)
{
	if (out->names[name] == (Datum) 0)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(out->credits));

		out->names[name] =
			PointerGetDatum(smk_names_text(&out->journey->names, name));
		MemoryContextSwitchTo(old);
	}
	return out->names[name];
}

static void
attributed(Output *out, uint32 conversion, const SmkWindow *window,
		   SmkAmount *amount, Datum *values, bool *nulls)
{
	Size		size = (Size) window->count * sizeof(Datum);
	uint64	   *weights = palloc_extended((Size) window->count * sizeof(uint64),
										  MCXT_ALLOC_HUGE);
	Datum	   *credits[SMK_MODELS];

	for (int model = 0; model < SMK_MODELS; model++)
	{
		uint32		winner = smk_model_weights((SmkModel) model, out->journey,
											   &out->sorted, conversion, window,
											   weights);

		credits[model] = palloc_extended(size, MCXT_ALLOC_HUGE);
		if (winner != SMK_SHARED)
			smk_amount_give(amount, winner, window->count, credits[model]);
		else
			smk_amount_divide(amount, weights, window->count, credits[model]);
	}
	values[CREDIT_TOUCHES] = Int32GetDatum((int32) window->count);
	for (uint32 i = 0; i < window->count; i++)
	{
		const SmkTouch *touch = smk_window_touch(&out->sorted, window, i);

		CHECK_FOR_INTERRUPTS();
		values[CREDIT_TOUCHED_AT] = TimestampTzGetDatum(touch->at);
		values[CREDIT_TOUCH] = touch_name(out, touch->name);
		values[CREDIT_POSITION] = Int32GetDatum((int32) i + 1);
		for (int model = 0; model < SMK_MODELS; model++)
			values[CREDIT_FIRST_MODEL + model] = credits[model][i];
		form_credit(out, values, nulls);
	}
}

static void
give_credit(Output *out, uint32 conversion, const SmkWindow *window)
{
	const SmkConversion *c = &out->sorted.conversions[conversion];
	MemoryContext old = MemoryContextSwitchTo(out->scratch);
	SmkAmount	amount;
	Datum		values[CREDIT_NATTS] = {0};
	bool		nulls[CREDIT_NATTS] = {false};

	smk_amount_init(&amount, c->value);
	values[CREDIT_CONVERTED_AT] = TimestampTzGetDatum(c->at);
	values[CREDIT_VALUE] = NumericGetDatum(c->value);
	if (window->count == 0)
		unattributed(out, &amount, values, nulls);
	else
		attributed(out, conversion, window, &amount, values, nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(out->scratch);
}

static ArrayType *
credit_array(const SmkJourney *journey, TupleDesc desc)
{
	Output		out = {.desc = desc,.journey = journey};
	SmkWindow	window = {0, 0, 0};
	ArrayType  *array;
	uint32		widest;
	uint64		count;

	smk_journey_sort(journey, &out.sorted);
	count = count_credits(journey, &out.sorted, &widest);
	out.credits = palloc((Size) (count + 1) * sizeof(Datum));
	out.names = palloc_extended(smk_array_size((uint64) journey->names.count + 1,
											   sizeof(Datum)),
								MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	out.scratch = AllocSetContextCreate(CurrentMemoryContext,
										"smarketing attribution",
										ALLOCSET_SMALL_SIZES);
	for (uint32 i = 0; i < out.sorted.nconversions; i++)
	{
		smk_journey_window(journey, &out.sorted, i, &window);
		give_credit(&out, i, &window);
	}
	MemoryContextDelete(out.scratch);
	array = construct_array(out.credits, (int) out.count, desc->tdtypeid,
							-1, false, TYPALIGN_DOUBLE);
	return array;
}

Datum
smk_attribution_final(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;

	smk_aggregate_context(fcinfo);
	desc = credit_type(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(desc->tdtypeid));
	PG_RETURN_ARRAYTYPE_P(credit_array((SmkJourney *) PG_GETARG_POINTER(0),
									   desc));
}
