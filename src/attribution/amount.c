/*
 * amount.c
 *		A conversion's value, divided exactly by whole weights.
 *
 * Values of up to 18 digits are divided in 128-bit integers; larger ones, and
 * all where the compiler has no such integers, in numeric.  Both ways give the
 * same credits: the quotient's whole units, and one more unit each for the
 * largest remainders, the earlier one first on ties (Hamilton's method).
 */
#include "attribution/attribution.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define SMALL_LIMIT		(UINT64CONST(1) << 62)
#define SMALL_SCALE		18		/* 10^18 units fit int64 */

static Numeric
numeric_from(const char *text)
{
	return DatumGetNumeric(DirectFunctionCall3(numeric_in,
											   CStringGetDatum(text),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

/* The value in units of its scale, without the point, if it is small enough. */
static bool
read_units(const char *text, int zeros, uint64 *units)
{
#ifdef HAVE_INT128
	uint64		result = 0;

	while (*text || zeros > 0)
	{
		int			digit = *text ? *text - '0' : 0;

		if (*text == '\0')
			zeros--;
		else if (*text++ == '.')
			continue;
		if (result >= SMALL_LIMIT / 10)
			return false;
		result = result * 10 + (uint64) digit;
	}
	*units = result;
	return true;
#else
	return false;
#endif
}

/* The same as a numeric: the text without the point, and zeros behind it. */
static Numeric
read_big(const char *text, int zeros)
{
	StringInfoData digits;

	initStringInfo(&digits);
	for (; *text; text++)
		if (*text != '.')
			appendStringInfoChar(&digits, *text);
	for (; zeros > 0; zeros--)
		appendStringInfoChar(&digits, '0');
	return numeric_from(digits.data);
}

/* By the value's text, as numeric has no other public way to its digits. */
void
smk_amount_init(SmkAmount *amount, Numeric value)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumericGetDatum(value)));
	const char *point = strchr(text, '.');
	int			scale = point ? (int) strlen(point + 1) : 0;
	int			zeros = Max(2 - scale, 0);

	amount->scale = scale + zeros;
	amount->small = amount->scale <= SMALL_SCALE &&
		read_units(text, zeros, &amount->units);
	if (!amount->small)
	{
		amount->big = read_big(text, zeros);
		amount->unit = numeric_from(psprintf("1e-%d", amount->scale));
	}
	for (int i = 0; i < SMK_AMOUNT_MEMO; i++)
		amount->memo[i].credit = (Datum) 0;
}

/* Most credits of a conversion are alike: 0, the whole, one share. */
static Datum
credit_of_units(SmkAmount *amount, uint64 units)
{
	int			slot = (int) (units % SMK_AMOUNT_MEMO);

	if (amount->memo[slot].credit == (Datum) 0 ||
		amount->memo[slot].units != units)
	{
		amount->memo[slot].units = units;
		amount->memo[slot].credit =
			NumericGetDatum(int64_div_fast_to_numeric((int64) units,
													  amount->scale));
	}
	return amount->memo[slot].credit;
}

static Datum
credit_of_big(const SmkAmount *amount, Datum units)
{
	return DirectFunctionCall2(numeric_mul, units,
							   NumericGetDatum(amount->unit));
}

Datum
smk_amount_whole(SmkAmount *amount)
{
	return amount->small ? credit_of_units(amount, amount->units)
		: credit_of_big(amount, NumericGetDatum(amount->big));
}

#ifdef HAVE_INT128

typedef struct Share
{
	uint128		remainder;
	uint64		units;
	uint32		position;
} Share;

/* Larger remainders first, then earlier positions: a total order. */
static inline int
compare_shares(const Share *a, const Share *b)
{
	if (a->remainder != b->remainder)
		return a->remainder < b->remainder ? 1 : -1;
	return (a->position > b->position) - (a->position < b->position);
}

#define ST_SORT sort_shares
#define ST_ELEMENT_TYPE Share
#define ST_COMPARE(a, b) compare_shares(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Whole units and remainders; returns the units that are left. */
static uint64
split_small(uint64 units, const uint64 *weights, uint32 count, Share *shares)
{
	uint128		sum = 0;
	uint64		largest = 0;
	uint64		left = units;
	bool		fits;

	for (uint32 i = 0; i < count; i++)
	{
		sum += weights[i];
		largest = Max(largest, weights[i]);
	}
	/* 128-bit divisions are slow, and rarely needed */
	fits = (uint128) units * largest <= PG_UINT64_MAX && sum <= PG_UINT64_MAX;
	for (uint32 i = 0; i < count; i++)
	{
		if (fits)
		{
			uint64		product = units * weights[i];

			shares[i].units = product / (uint64) sum;
			shares[i].remainder = product % (uint64) sum;
		}
		else
		{
			uint128		product = (uint128) units * weights[i];

			shares[i].units = (uint64) (product / sum);
			shares[i].remainder = product - shares[i].units * sum;
		}
		shares[i].position = i;
		left -= shares[i].units;
	}
	return left;
}

static void
divide_small(SmkAmount *amount, const uint64 *weights, uint32 count,
			 Datum *credits)
{
	/* aligned for uint128, which palloc need not be */
	Share		few[32];
	Share	   *shares = few;
	uint64		left;

	if (count > lengthof(few))
		shares = (Share *) TYPEALIGN(sizeof(uint128),
									 palloc_extended((Size) count * sizeof(Share) +
													 sizeof(uint128),
													 MCXT_ALLOC_HUGE));
	left = split_small(amount->units, weights, count, shares);
	if (left > 0)
		sort_shares(shares, count);
	for (uint32 i = 0; i < count; i++)
		credits[shares[i].position] =
			credit_of_units(amount, shares[i].units + (i < left ? 1 : 0));
}

#endif							/* HAVE_INT128 */

typedef struct BigShare
{
	Datum		remainder;
	Datum		units;
	uint32		position;
} BigShare;

static int
compare_big_shares(const BigShare *a, const BigShare *b)
{
	int			order = DatumGetInt32(DirectFunctionCall2(numeric_cmp,
														  b->remainder,
														  a->remainder));

	if (order != 0)
		return order;
	return (a->position > b->position) - (a->position < b->position);
}

#define ST_SORT sort_big_shares
#define ST_ELEMENT_TYPE BigShare
#define ST_COMPARE(a, b) compare_big_shares(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static uint32
split_big(Datum units, const uint64 *weights, uint32 count, BigShare *shares)
{
	Datum		sum = NumericGetDatum(int64_to_numeric(0));
	Datum		left = units;

	for (uint32 i = 0; i < count; i++)
		sum = DirectFunctionCall2(numeric_add, sum,
								  NumericGetDatum(int64_to_numeric((int64) weights[i])));
	for (uint32 i = 0; i < count; i++)
	{
		Datum		product;
		BigShare   *share = &shares[i];

		CHECK_FOR_INTERRUPTS();
		product = DirectFunctionCall2(numeric_mul, units,
									  NumericGetDatum(int64_to_numeric((int64) weights[i])));
		share->units = DirectFunctionCall2(numeric_div_trunc, product, sum);
		share->remainder =
			DirectFunctionCall2(numeric_sub, product,
								DirectFunctionCall2(numeric_mul, share->units,
													sum));
		share->position = i;
		left = DirectFunctionCall2(numeric_sub, left, share->units);
	}
	return (uint32) DatumGetInt32(DirectFunctionCall1(numeric_int4, left));
}

static void
divide_big(SmkAmount *amount, const uint64 *weights, uint32 count,
		   Datum *credits)
{
	BigShare   *shares = palloc_extended((Size) count * sizeof(BigShare),
										 MCXT_ALLOC_HUGE);
	Datum		one = NumericGetDatum(int64_to_numeric(1));
	uint32		left;

	left = split_big(NumericGetDatum(amount->big), weights, count, shares);
	if (left > 0)
		sort_big_shares(shares, count);
	for (uint32 i = 0; i < count; i++)
	{
		Datum		units = shares[i].units;

		if (i < left)
			units = DirectFunctionCall2(numeric_add, units, one);
		credits[shares[i].position] = credit_of_big(amount, units);
	}
}

/* All to one. */
void
smk_amount_give(SmkAmount *amount, uint32 position, uint32 count,
				Datum *credits)
{
	Datum		zero = amount->small ? credit_of_units(amount, 0)
		: credit_of_big(amount, NumericGetDatum(int64_to_numeric(0)));

	for (uint32 i = 0; i < count; i++)
		credits[i] = zero;
	credits[position] = smk_amount_whole(amount);
}

void
smk_amount_divide(SmkAmount *amount, const uint64 *weights, uint32 count,
				  Datum *credits)
{
#ifdef HAVE_INT128
	if (amount->small)
	{
		divide_small(amount, weights, count, credits);
		return;
	}
#endif
	divide_big(amount, weights, count, credits);
}
