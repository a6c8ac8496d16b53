/*
 * hours_canon.c
 *		Brings rules to their canonical form: the layers in order (weekdays,
 *		yearly dates, dates, extra, closed), inside a layer the days in order,
 *		one rule for each day, equal neighbours together.
 *
 * In the written form the order of the rules of a layer matters: the last rule
 * that names a day is that day's rule, and a night shift that runs into a day
 * with a rule of the same layer survives there only if it was written later.
 * Here each dated or yearly day whose next day has a rule too is cut at that
 * midnight, and what survives is given to the next day, so that the order no
 * longer matters and the rules can be sorted.  (One exception: see
 * canon_yearly.)
 */
#include "hours_rules.h"

#include "miscadmin.h"

#define MAX_EXPANDED 40000		/* days times pieces that a value may stand for */
#define MAX_UNIONS 200000		/* work for overlapping ranges */
#define MAX_PIECES 250			/* in one day of one rule */

/* Where the days of dated rules begin and end, sorted, each once. */
typedef struct Cuts
{
	int			n;
	int32	   *at;
} Cuts;

static bool
too_much(SmkHoursProblem *problem, const char *what)
{
	problem->sqlstate = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	problem->message = psprintf("invalid working hours: %s", what);
	problem->detail = psprintf("Dated rules with times may cover %d days in all, and one day %d times.",
							   MAX_EXPANDED, MAX_PIECES);
	problem->hint = pstrdup("Use weekdays for the regular hours, and \"off\" for a long range without any.");
	return false;
}

/* One set of hours for each weekday; equal days share a rule. */
static void
canon_weekdays(const SmkHoursRules *in, SmkHoursLayer layer, SmkHoursRules *out)
{
	SmkSet		day[7];
	int			done = 0;

	memset(day, 0, sizeof(day));
	for (int i = 0; i < in->n; i++)
	{
		const SmkHoursRule *rule = &in->rule[i];

		if (rule->layer != layer || rule->days != SMK_WEEKDAYS)
			continue;
		for (int k = 0; k < 7; k++)
		{
			if (rule->first & (1 << k))
				day[k] = layer == SMK_LAYER_SET ? rule->open :
					smk_set_union(day[k], rule->open);
		}
	}
	for (int k = 0; k < 7; k++)
	{
		int			mask = 0;

		if (day[k].n == 0 || (done & (1 << k)))
			continue;
		for (int other = k; other < 7; other++)
		{
			if (smk_set_equal(day[other], day[k]))
				mask |= 1 << other;
		}
		done |= mask;
		smk_hours_append(out, layer, SMK_WEEKDAYS, mask, 0, day[k]);
	}
}

/* The days of a leap year's months. */
static const int month_length[13] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static int
previous_key(int key)
{
	int			month = key / 32 == 1 ? 12 : key / 32 - 1;

	if (key % 32 > 1)
		return key - 1;
	return SMK_YEARLY_KEY(month, month_length[month]);
}

static int
next_key(int key)
{
	if (key % 32 < month_length[key / 32])
		return key + 1;
	return SMK_YEARLY_KEY(key / 32 % 12 + 1, 1);
}

/* Does the night shift of day `from` survive the rule of day `to`? */
static bool
survives(const SmkHoursRules *in, const int *rule_of, int from, int to)
{
	return rule_of[from] >= 0 && rule_of[from] > rule_of[to] &&
		smk_set_has_tail(in->rule[rule_of[from]].open);
}

/* The canonical hours of a yearly date that has a rule. */
static SmkSet
yearly_set(const SmkHoursRules *in, const int *rule_of, int key)
{
	const int	feb28 = SMK_YEARLY_KEY(2, 28);
	const int	feb29 = SMK_YEARLY_KEY(2, 29);
	const int	mar01 = SMK_YEARLY_KEY(3, 1);
	SmkSet		open = in->rule[rule_of[key]].open;
	int			before = previous_key(key);
	bool		keep = rule_of[next_key(key)] < 0;

	if (key == feb28)
		keep |= rule_of[mar01] < 0;
	if (key == feb28 || key == feb29)
		keep |= survives(in, rule_of, key, mar01);
	if (!keep)
		open = smk_set_within(open);
	if (key != mar01 && survives(in, rule_of, before, key))
		open = smk_set_union(open,
							 smk_set_tail(in->rule[rule_of[before]].open));
	return open;
}

/*
 * Yearly dates in order.  What follows 28 February depends on the year, so a
 * night shift of the last days of February that survives a rule of 1 March
 * cannot be given to that day: those rules stand behind 1 March instead, which
 * says the same.
 */
static void
canon_yearly(const SmkHoursRules *in, SmkHoursRules *out)
{
	const int	feb28 = SMK_YEARLY_KEY(2, 28);
	const int	feb29 = SMK_YEARLY_KEY(2, 29);
	const int	mar01 = SMK_YEARLY_KEY(3, 1);
	int			rule_of[SMK_YEARLY_KEYS];
	bool		late28;
	bool		late29;

	memset(rule_of, -1, sizeof(rule_of));
	for (int i = 0; i < in->n; i++)
	{
		if (in->rule[i].layer == SMK_LAYER_SET && in->rule[i].days == SMK_YEARLY)
			rule_of[in->rule[i].first] = i;
	}
	late28 = rule_of[mar01] >= 0 && survives(in, rule_of, feb28, mar01);
	late29 = rule_of[mar01] >= 0 && rule_of[feb29] >= 0 &&
		(late28 || survives(in, rule_of, feb29, mar01));
	for (int key = 0; key < SMK_YEARLY_KEYS; key++)
	{
		if (rule_of[key] >= 0 &&
			!(key == feb28 && late28) && !(key == feb29 && late29))
			smk_hours_append(out, SMK_LAYER_SET, SMK_YEARLY, key, key,
							 yearly_set(in, rule_of, key));
		if (key == mar01 && late28)
			smk_hours_append(out, SMK_LAYER_SET, SMK_YEARLY, feb28, feb28,
							 yearly_set(in, rule_of, feb28));
		if (key == mar01 && late29)
			smk_hours_append(out, SMK_LAYER_SET, SMK_YEARLY, feb29, feb29,
							 yearly_set(in, rule_of, feb29));
	}
}

/* Extra or closed hours of yearly dates: those of one day add up. */
static void
canon_yearly_union(const SmkHoursRules *in, SmkHoursLayer layer, SmkHoursRules *out)
{
	SmkSet		open[SMK_YEARLY_KEYS];

	memset(open, 0, sizeof(open));
	for (int i = 0; i < in->n; i++)
	{
		const SmkHoursRule *rule = &in->rule[i];

		if (rule->layer == layer && rule->days == SMK_YEARLY)
			open[rule->first] = smk_set_union(open[rule->first], rule->open);
	}
	for (int key = 0; key < SMK_YEARLY_KEYS; key++)
	{
		if (open[key].n > 0)
			smk_hours_append(out, layer, SMK_YEARLY, key, key, open[key]);
	}
}

static int
compare_int32(const void *a, const void *b)
{
	int32		left = *(const int32 *) a;
	int32		right = *(const int32 *) b;

	return (left > right) - (left < right);
}

static Cuts
find_cuts(const SmkHoursRules *in, SmkHoursLayer layer)
{
	Cuts		cuts;
	int			n = 0;

	cuts.at = palloc_array(int32, 2 * in->n + 1);
	for (int i = 0; i < in->n; i++)
	{
		if (in->rule[i].layer == layer && in->rule[i].days == SMK_DATES)
		{
			cuts.at[n++] = in->rule[i].first;
			cuts.at[n++] = in->rule[i].last + 1;
		}
	}
	qsort(cuts.at, n, sizeof(int32), compare_int32);
	cuts.n = 0;
	for (int i = 0; i < n; i++)
	{
		if (cuts.n == 0 || cuts.at[cuts.n - 1] != cuts.at[i])
			cuts.at[cuts.n++] = cuts.at[i];
	}
	return cuts;
}

/* The cut of this day, which must be there. */
static int
cut_index(const Cuts *cuts, int32 day)
{
	int			low = 0;
	int			high = cuts->n - 1;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (cuts->at[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first cut at or after k that nothing has painted yet. */
static int
unpainted(int *next, int k)
{
	int			root = k;

	while (next[root] != root)
		root = next[root];
	while (next[k] != root)
	{
		int			step = next[k];

		next[k] = root;
		k = step;
	}
	return root;
}

/* For each stretch between two cuts the last rule that names it, or -1. */
static int *
paint_owners(const SmkHoursRules *in, const Cuts *cuts)
{
	int		   *owner = palloc_array(int, cuts->n + 1);
	int		   *next = palloc_array(int, cuts->n + 1);

	for (int k = 0; k <= cuts->n; k++)
	{
		owner[k] = -1;
		next[k] = k;
	}
	for (int i = in->n - 1; i >= 0; i--)
	{
		int			stop;

		if (in->rule[i].layer != SMK_LAYER_SET ||
			in->rule[i].days != SMK_DATES)
			continue;
		stop = cut_index(cuts, in->rule[i].last + 1);
		for (int k = unpainted(next, cut_index(cuts, in->rule[i].first));
			 k < stop; k = unpainted(next, k))
		{
			owner[k] = i;
			next[k] = k + 1;
		}
	}
	pfree(next);
	return owner;
}

/* Appends days first..last, together with an equal neighbour before them. */
static void
append_dates(SmkHoursRules *out, SmkHoursLayer layer, int32 first, int32 last,
			 SmkSet open)
{
	SmkHoursRule *before = out->n > 0 ? &out->rule[out->n - 1] : NULL;

	if (first > last)
		return;
	if (before && before->layer == layer && before->days == SMK_DATES &&
		before->last == first - 1 && smk_set_equal(before->open, open))
		before->last = last;
	else
		smk_hours_append(out, layer, SMK_DATES, first, last, open);
}

/*
 * Days first..last of one rule: `inflow` is what survives of the night before
 * the first of them, `next_has_rule` cuts the last night at midnight.
 */
static void
append_run(SmkHoursRules *out, int32 first, int32 last, SmkSet open,
		   SmkSet inflow, bool next_has_rule)
{
	SmkSet		within = smk_set_within(open);
	SmkSet		middle = smk_set_union(within, smk_set_tail(open));
	SmkSet		start = smk_set_union(within, inflow);

	if (!next_has_rule && smk_set_has_tail(open))
	{
		SmkSet		end = smk_set_union(open, first == last ? inflow :
										smk_set_tail(open));

		if (first < last)
			append_dates(out, SMK_LAYER_SET, first, first, start);
		append_dates(out, SMK_LAYER_SET, first + 1, last - 1, middle);
		append_dates(out, SMK_LAYER_SET, last, last, end);
		return;
	}
	append_dates(out, SMK_LAYER_SET, first, first, start);
	append_dates(out, SMK_LAYER_SET, first + 1, last, middle);
}

static void
canon_dates(const SmkHoursRules *in, SmkHoursRules *out)
{
	Cuts		cuts = find_cuts(in, SMK_LAYER_SET);
	int		   *owner = paint_owners(in, &cuts);
	int			before = -1;

	for (int k = 0; k + 1 < cuts.n;)
	{
		int			rule = owner[k];
		int			stop = k + 1;
		SmkSet		inflow = {0, NULL};

		while (stop + 1 < cuts.n && owner[stop] == rule)
			stop++;
		if (rule >= 0)
		{
			if (before > rule)
				inflow = smk_set_tail(in->rule[before].open);
			append_run(out, cuts.at[k], cuts.at[stop] - 1,
					   in->rule[rule].open, inflow,
					   stop + 1 < cuts.n && owner[stop] >= 0);
		}
		before = rule;
		k = stop;
	}
}

/* Extra or closed hours of dates: those of one day add up. */
static bool
canon_dates_union(const SmkHoursRules *in, SmkHoursLayer layer, SmkHoursRules *out,
				  SmkHoursProblem *problem)
{
	Cuts		cuts = find_cuts(in, layer);
	SmkSet	   *open = palloc0(sizeof(SmkSet) * (cuts.n + 1));
	int			unions = 0;

	for (int i = 0; i < in->n; i++)
	{
		const SmkHoursRule *rule = &in->rule[i];
		int			stop;

		if (rule->layer != layer || rule->days != SMK_DATES)
			continue;
		stop = cut_index(&cuts, rule->last + 1);
		for (int k = cut_index(&cuts, rule->first); k < stop; k++)
		{
			CHECK_FOR_INTERRUPTS();
			if (++unions > MAX_UNIONS)
				return too_much(problem, "too many overlapping ranges");
			open[k] = smk_set_union(open[k], rule->open);
		}
	}
	for (int k = 0; k + 1 < cuts.n; k++)
	{
		if (open[k].n > 0)
			append_dates(out, layer, cuts.at[k], cuts.at[k + 1] - 1, open[k]);
	}
	return true;
}

/* What the compiler would have to expand day by day is bounded. */
static bool
check_size(const SmkHoursRules *rules, SmkHoursProblem *problem)
{
	bool		regular_extra = false;
	int64		expanded = 0;

	for (int i = 0; i < rules->n; i++)
		regular_extra |= rules->rule[i].layer == SMK_LAYER_EXTRA &&
			rules->rule[i].days != SMK_DATES;
	for (int i = 0; i < rules->n; i++)
	{
		const SmkHoursRule *rule = &rules->rule[i];
		int64		days = (int64) rule->last - rule->first + 1;

		if (rule->open.n > MAX_PIECES)
			return too_much(problem, "too many times on one day");
		if (rule->days != SMK_DATES)
			continue;
		if (rule->open.n == 0 && !regular_extra)
			days = 1;
		expanded += days * Max(rule->open.n, 1);
		if (expanded > MAX_EXPANDED)
			return too_much(problem, "dated rules cover too many days");
	}
	return true;
}

SmkHoursRules *
smk_hours_canonical(const SmkHoursRules *written, SmkHoursProblem *problem)
{
	SmkHoursRules *out = smk_hours_make(written->zone);

	canon_weekdays(written, SMK_LAYER_SET, out);
	canon_yearly(written, out);
	canon_dates(written, out);
	for (SmkHoursLayer layer = SMK_LAYER_EXTRA; layer <= SMK_LAYER_CLOSED; layer++)
	{
		canon_weekdays(written, layer, out);
		canon_yearly_union(written, layer, out);
		if (!canon_dates_union(written, layer, out, problem))
			return NULL;
	}
	return check_size(out, problem) ? out : NULL;
}
