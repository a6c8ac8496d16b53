/*
 * leads_needed.c
 *		How many trials make it likely enough that so many of them succeed.
 *
 * P(Binomial(n, rate) >= k) is the regularized incomplete beta function
 * I_rate(k, n - k + 1).  Its continued fraction (DLMF 8.17.22) converges
 * within some sqrt(n) steps; the factor before it is a binomial probability,
 * taken by Loader's saddle-point expansion: logarithms of factorials would
 * cancel each other's digits away.
 */
#include "smarketing.h"

#include "fmgr.h"
#include "miscadmin.h"

#include <math.h>

#define MAX_TRIALS		1e12	/* below this, one trial more is far above rounding */

/* log(n!) - log(sqrt(2 pi n) (n / e)^n) */
static double
stirling_error(double n)
{
	double		square = n * n;

	if (n < 16)
		return lgamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * M_PI);
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) / square) / n;
}

/* x log(x / mean) + mean - x, without cancellation where they are close */
static double
deviance(double x, double mean)
{
	double		v = (x - mean) / (x + mean);
	double		term = 2 * x * v;
	double		sum = (x - mean) * v;

	if (fabs(v) >= 0.1)
		return x * log(x / mean) + mean - x;
	for (int i = 3;; i += 2)
	{
		double		next;

		term *= v * v;
		next = sum + term / i;
		if (next == sum)
			return sum;
		sum = next;
	}
}

/* P(Binomial(n, rate) = k), 0 < k <= n, 0 < rate < 1 */
static double
probability(double k, double n, double rate)
{
	double		rest = n - k;

	if (rest == 0)
		return exp(n * log(rate));
	return sqrt(n / (2 * M_PI * k * rest)) *
		exp(stirling_error(n) - stirling_error(k) - stirling_error(rest) -
			deviance(k, n * rate) - deviance(rest, n * (1 - rate)));
}

/*
 * The continued fraction of I_x(a, b), for x < (a + 1) / (a + b + 2), by
 * Lentz's method: numerator and denominator as quotients of neighbours.
 */
static double
beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double		above = 1;
	double		below = 1 - (a + b) * x / (a + 1);
	double		value;

	below = 1 / (fabs(below) < tiny ? tiny : below);
	value = below;
	for (double m = 1;; m++)
	{
		double		even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double		odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double		change;

		below = 1 + even * below;
		above = 1 + even / above;
		below = 1 / (fabs(below) < tiny ? tiny : below);
		above = fabs(above) < tiny ? tiny : above;
		value *= below * above;
		below = 1 + odd * below;
		above = 1 + odd / above;
		below = 1 / (fabs(below) < tiny ? tiny : below);
		above = fabs(above) < tiny ? tiny : above;
		change = below * above;
		value *= change;
		if (fabs(change - 1) < 1e-16)
			return value;
		if (fmod(m, 65536) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/* P(Binomial(n, rate) >= k), 0 < k <= n, 0 < rate < 1 */
static double
upper_tail(double k, double n, double rate)
{
	double		a = k;
	double		b = n - k + 1;
	double		factor = probability(k, n, rate) * (1 - rate);

	if (rate < (a + 1) / (a + b + 2))
		return factor * beta_fraction(a, b, rate);
	return 1 - factor * a / b * beta_fraction(b, a, 1 - rate);
}

/*
 * Where it is exactly the confidence, rounding must not say that it is less:
 * the fraction's steps add up to some sqrt(n) ulps.  That is still far below
 * what one trial more brings.
 */
static bool
is_enough(double n, double k, double rate, double confidence)
{
	double		rounding = 1e-13 + 4e-15 * sqrt(n);

	return upper_tail(k, n, rate) >= confidence * (1 - rounding);
}

/* z for which the normal distribution is below it with this probability; a starting point needs few digits */
static double
normal_quantile(double probability_below)
{
	double		low = -40;
	double		high = 40;

	for (int i = 0; i < 60; i++)
	{
		double		middle = (low + high) / 2;

		if (0.5 * erfc(-middle / M_SQRT2) < probability_below)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* Where the normal approximation says that it is enough. */
static double
first_guess(double k, double rate, double confidence)
{
	double		z = normal_quantile(confidence) * sqrt(1 - rate);
	double		root = (z + sqrt(z * z + 4 * (k - 0.5))) / 2;

	return fmax(k, ceil(root * root / rate));
}

/*
 * The smallest n that is enough, between one that is not and one that is:
 * both found from the guess in growing strides.  More than MAX_TRIALS where
 * there is none up to there.
 */
static double
smallest_trials(double k, double rate, double confidence)
{
	double		enough = fmin(first_guess(k, rate, confidence), MAX_TRIALS);
	double		too_few = enough - 1;

	for (double stride = 1; !is_enough(enough, k, rate, confidence); stride *= 2)
	{
		if (enough >= MAX_TRIALS)
			return MAX_TRIALS + 1;
		too_few = enough;
		enough = fmin(enough + stride, MAX_TRIALS);
	}
	for (double stride = 1; too_few >= k && is_enough(too_few, k, rate, confidence); stride *= 2)
	{
		enough = too_few;
		too_few = fmax(too_few - stride, k - 1);
	}
	while (enough - too_few > 1)
	{
		double		middle = floor((enough + too_few) / 2);

		if (is_enough(middle, k, rate, confidence))
			enough = middle;
		else
			too_few = middle;
	}
	return enough;
}

PG_FUNCTION_INFO_V1(smk_binomial_trials);

Datum
smk_binomial_trials(PG_FUNCTION_ARGS)
{
	int64		successes = PG_GETARG_INT64(0);
	double		rate = PG_GETARG_FLOAT8(1);
	double		confidence = PG_GETARG_FLOAT8(2);
	double		trials;

	if (successes < 1 || !(rate > 0 && rate <= 1) || !(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no number of trials has these properties"),
				 errdetail("successes is at least 1, rate is above 0 and at most 1, confidence is between 0 and 1.")));
	if (successes > MAX_TRIALS)
		trials = MAX_TRIALS + 1;
	else
		trials = rate == 1 ? successes : smallest_trials(successes, rate, confidence);
	if (trials > MAX_TRIALS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("more than 10^12 leads are needed")));
	PG_RETURN_INT64((int64) trials);
}
