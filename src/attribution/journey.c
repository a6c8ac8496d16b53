/*
 * journey.c
 *		The rows of a group: kept in 16 bytes each, in any order, and put in
 *		order in a copy when credit is given.
 */
#include "attribution/attribution.h"

#include "funnel/aggregate.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

SmkJourney *
smk_journey_new(MemoryContext context, const SmkAttributionRule *rule)
{
	SmkJourney *journey = MemoryContextAllocZero(context, sizeof(SmkJourney));
	char	   *direct = MemoryContextAlloc(context, rule->direct_length + 1);

	memcpy(direct, rule->direct, rule->direct_length);
	direct[rule->direct_length] = '\0';
	journey->rule = *rule;
	journey->rule.direct = direct;
	return journey;
}

uint32
smk_journey_name(SmkJourney *journey, const char *name, Size length)
{
	return smk_names_add(&journey->names, GetMemoryChunkContext(journey),
						 name, length);
}

static uint32
keep_value(SmkJourney *journey, Numeric value)
{
	MemoryContext context = GetMemoryChunkContext(journey);
	Numeric		copy;

	if (journey->nvalues >= SMK_MAX_VALUES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many conversions in one group")));
	copy = MemoryContextAlloc(context, VARSIZE_ANY(value));
	memcpy(copy, value, VARSIZE_ANY(value));
	journey->values = smk_grow(context, journey->values,
							   &journey->values_room,
							   (uint64) journey->nvalues + 1, sizeof(Numeric));
	journey->values[journey->nvalues] = copy;
	return journey->nvalues++;
}

/* value: NULL for a row that is no conversion; it is copied. */
void
smk_journey_add(SmkJourney *journey, TimestampTz at, uint32 name,
				Numeric value, uint32 milestones)
{
	uint32		number = value ? keep_value(journey, value) + 1 : 0;
	SmkJourneyRow *row;

	if (journey->count >= journey->room)
		journey->rows = smk_grow(GetMemoryChunkContext(journey), journey->rows,
								 &journey->room, (uint64) journey->count + 1,
								 sizeof(SmkJourneyRow));
	row = &journey->rows[journey->count++];
	row->at = at;
	row->name = name;
	row->value = number;
	row->milestones = milestones;
}

/* Both follow the same rule: the caller has checked. */
void
smk_journey_merge(SmkJourney *into, const SmkJourney *from)
{
	uint32	   *renamed = palloc_extended(smk_array_size((uint64) from->names.count + 1,
														 sizeof(uint32)),
										  MCXT_ALLOC_HUGE);

	for (uint32 i = 0; i < from->names.count; i++)
		renamed[i] = smk_journey_name(into,
									  from->names.bytes + from->names.names[i].offset,
									  from->names.names[i].length);
	for (uint32 i = 0; i < from->count; i++)
	{
		const SmkJourneyRow *row = &from->rows[i];

		CHECK_FOR_INTERRUPTS();
		smk_journey_add(into, row->at,
						row->name == SMK_NO_NAME ? SMK_NO_NAME
						: renamed[row->name],
						row->value ? from->values[row->value - 1] : NULL,
						row->milestones);
	}
	pfree(renamed);
}

/* By its text: numeric.h has no test of the sign. */
void
smk_check_conversion(Numeric value)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumericGetDatum(value)));

	if (numeric_is_nan(value) || numeric_is_inf(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the value of a conversion must be a finite number"),
				 errdetail("It is %.50s.", text)));
	if (text[0] == '-')
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the value of a conversion must not be negative"),
				 errdetail("It is %.50s.", text)));
	pfree(text);
}

/* Serialize and deserialize */

static void
send_rule(StringInfo buf, const SmkAttributionRule *rule)
{
	pq_sendint64(buf, (uint64) rule->lookback);
	pq_sendint64(buf, (uint64) rule->half_life);
	pq_sendint32(buf, (uint32) rule->direct_length);
	pq_sendbytes(buf, rule->direct, (int) rule->direct_length);
}

static void
receive_rule(StringInfo buf, SmkAttributionRule *rule)
{
	rule->lookback = pq_getmsgint64(buf);
	rule->half_life = pq_getmsgint64(buf);
	if (rule->lookback < SMK_SPAN_UNLIMITED ||
		rule->half_life < SMK_SPAN_UNLIMITED || rule->half_life == 0)
		smk_bad_state();
	rule->direct_length = smk_read_count(buf, 1);
	rule->direct = pq_getmsgbytes(buf, (int) rule->direct_length);
}

void
smk_journey_send(StringInfo buf, const SmkJourney *journey)
{
	uint64		size = 32 + journey->rule.direct_length +
		smk_names_sent_size(&journey->names) + (uint64) journey->count * 17;

	for (uint32 i = 0; i < journey->nvalues; i++)
		size += 4 + VARSIZE_ANY(journey->values[i]);
	smk_begin_state(buf, SMK_JOURNEY_STATE_VERSION, size);
	send_rule(buf, &journey->rule);
	smk_names_send(buf, &journey->names);
	pq_sendint32(buf, journey->count);
	for (uint32 i = 0; i < journey->count; i++)
	{
		const SmkJourneyRow *row = &journey->rows[i];

		pq_sendint64(buf, (uint64) row->at);
		pq_sendint32(buf, row->name);
		pq_sendbyte(buf, (uint8) row->milestones);
		if (row->value)
		{
			bytea	   *value = DatumGetByteaPP(DirectFunctionCall1(numeric_send,
																	NumericGetDatum(journey->values[row->value - 1])));

			pq_sendint32(buf, VARSIZE_ANY_EXHDR(value));
			pq_sendbytes(buf, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
			pfree(value);
		}
		else
			pq_sendint32(buf, 0);
	}
}

/* NULL for a row without a conversion. */
static Numeric
receive_value(StringInfo buf)
{
	uint32		length = smk_read_count(buf, 1);
	StringInfoData part;
	Numeric		value;

	if (length == 0)
		return NULL;
	part.data = unconstify(char *, pq_getmsgbytes(buf, (int) length));
	part.len = part.maxlen = (int) length;
	part.cursor = 0;
	value = DatumGetNumeric(DirectFunctionCall3(numeric_recv,
												PointerGetDatum(&part),
												ObjectIdGetDatum(InvalidOid),
												Int32GetDatum(-1)));
	pq_getmsgend(&part);
	smk_check_conversion(value);
	return value;
}

SmkJourney *
smk_journey_receive(StringInfo buf, MemoryContext context)
{
	SmkAttributionRule rule;
	SmkJourney *journey;
	uint32		count;

	receive_rule(buf, &rule);
	journey = smk_journey_new(context, &rule);
	smk_names_receive(buf, &journey->names, context);
	count = smk_read_count(buf, 17);
	for (uint32 i = 0; i < count; i++)
	{
		TimestampTz at = pq_getmsgint64(buf);
		uint32		name = pq_getmsgint(buf, 4);
		uint32		milestones = pq_getmsgbyte(buf);

		if (TIMESTAMP_NOT_FINITE(at) || milestones >= 1 << SMK_MILESTONES ||
			(name != SMK_NO_NAME && name >= journey->names.count))
			smk_bad_state();
		smk_journey_add(journey, at, name, receive_value(buf), milestones);
	}
	pq_getmsgend(buf);
	return journey;
}

/* Order */

static inline int
compare_touches(const SmkTouch *a, const SmkTouch *b, const SmkNames *names)
{
	if (a->at != b->at)
		return a->at > b->at ? 1 : -1;
	return smk_names_compare(names, a->name, b->name);
}

/*
 * Two conversions of one instant: by value, then by its digits (1.0, 1.00),
 * then by the touch in the own row, so that the order is total.
 */
static int
compare_conversions(const SmkConversion *a, const SmkConversion *b,
					const SmkNames *names)
{
	int			order;

	if (a->at != b->at)
		return a->at > b->at ? 1 : -1;
	order = DatumGetInt32(DirectFunctionCall2(numeric_cmp,
											  NumericGetDatum(a->value),
											  NumericGetDatum(b->value)));
	if (order == 0)
		order = (int) VARSIZE_ANY(a->value) - (int) VARSIZE_ANY(b->value);
	if (order == 0)
		order = memcmp(a->value, b->value, VARSIZE_ANY(a->value));
	if (order == 0 && a->own != b->own)
	{
		if (a->own == SMK_NO_NAME || b->own == SMK_NO_NAME)
			return a->own == SMK_NO_NAME ? -1 : 1;
		order = smk_names_compare(names, a->own, b->own);
	}
	return order;
}

static inline int
compare_times(const TimestampTz *a, const TimestampTz *b)
{
	return (*a > *b) - (*a < *b);
}

#define ST_SORT sort_touches
#define ST_ELEMENT_TYPE SmkTouch
#define ST_COMPARE(a, b, names) compare_touches(a, b, names)
#define ST_COMPARE_ARG_TYPE const SmkNames
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_conversions
#define ST_ELEMENT_TYPE SmkConversion
#define ST_COMPARE(a, b, names) compare_conversions(a, b, names)
#define ST_COMPARE_ARG_TYPE const SmkNames
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_times
#define ST_ELEMENT_TYPE TimestampTz
#define ST_COMPARE(a, b) compare_times(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Count the parts of the rows, and make room for them. */
static void
allocate_sorted(const SmkJourney *journey, SmkSorted *sorted)
{
	uint32		touches = 0;
	uint32		milestones[SMK_MILESTONES] = {0};

	for (uint32 i = 0; i < journey->count; i++)
	{
		touches += journey->rows[i].name != SMK_NO_NAME;
		for (int m = 0; m < SMK_MILESTONES; m++)
			milestones[m] += journey->rows[i].milestones >> m & 1;
	}
	memset(sorted, 0, sizeof(SmkSorted));
	sorted->touches = palloc_extended(smk_array_size(touches + 1, sizeof(SmkTouch)),
									  MCXT_ALLOC_HUGE);
	sorted->conversions =
		palloc_extended(smk_array_size(journey->nvalues + 1,
									   sizeof(SmkConversion)),
						MCXT_ALLOC_HUGE);
	for (int m = 0; m < SMK_MILESTONES; m++)
		if (milestones[m] > 0)
			sorted->milestones[m] =
				palloc_extended(smk_array_size(milestones[m],
											   sizeof(TimestampTz)),
								MCXT_ALLOC_HUGE);
}

void
smk_journey_sort(const SmkJourney *journey, SmkSorted *sorted)
{
	allocate_sorted(journey, sorted);
	for (uint32 i = 0; i < journey->count; i++)
	{
		const SmkJourneyRow *row = &journey->rows[i];

		CHECK_FOR_INTERRUPTS();
		if (row->name != SMK_NO_NAME)
			sorted->touches[sorted->ntouches++] =
				(SmkTouch) {row->at, row->name};
		if (row->value)
			sorted->conversions[sorted->nconversions++] =
				(SmkConversion) {row->at, journey->values[row->value - 1], row->name};
		for (int m = 0; m < SMK_MILESTONES; m++)
			if (row->milestones >> m & 1)
				sorted->milestones[m][sorted->nmilestones[m]++] = row->at;
	}
	sort_touches(sorted->touches, sorted->ntouches, &journey->names);
	sort_conversions(sorted->conversions, sorted->nconversions,
					 &journey->names);
	for (int m = 0; m < SMK_MILESTONES; m++)
		if (sorted->nmilestones[m] > 0)
			sort_times(sorted->milestones[m], sorted->nmilestones[m]);
}

/*
 * The touches in (converted_at - lookback, converted_at].  The caller begins
 * with a zeroed window and hands in the one before.
 */
void
smk_journey_window(const SmkJourney *journey, const SmkSorted *sorted,
				   uint32 conversion, SmkWindow *window)
{
	const SmkConversion *c = &sorted->conversions[conversion];
	int64		lookback = journey->rule.lookback;
	uint32		end = window->first + window->count;

	while (end < sorted->ntouches && sorted->touches[end].at <= c->at)
		end++;
	while (window->first < end && lookback >= 0 &&
		   (uint64) c->at - (uint64) sorted->touches[window->first].at >=
		   (uint64) lookback)
		window->first++;
	window->count = end - window->first;
	window->own = PG_UINT32_MAX;
	if (c->own == SMK_NO_NAME || window->count == 0)
		return;
	/* the touch in the conversion's own row stands last at its instant */
	for (uint32 i = window->count; i > 0; i--)
	{
		const SmkTouch *touch = &sorted->touches[window->first + i - 1];

		if (touch->at != c->at)
			break;
		if (touch->name == c->own)
		{
			window->own = i - 1;
			break;
		}
	}
}
