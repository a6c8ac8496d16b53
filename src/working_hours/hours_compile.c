/*
 * hours_compile.c
 *		Canonical rules to a calendar for queries.
 *
 * What is open on one local day is worked out by day_set, the one place where
 * the layers meet; the rest finds the days that differ from the regular week
 * and lays them out as steps.
 */
#include "hours_calendar.h"

#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

int32		smk_year_start[SMK_CYCLE_YEARS + 1];
uint8		smk_year_kind[SMK_CYCLE_YEARS];

/* The rules, arranged for looking up one day. */
typedef struct Lookup
{
	SmkSet		week[SMK_LAYERS][7];
	const SmkHoursRule *yearly[SMK_LAYERS][SMK_YEARLY_KEYS];
	const SmkHoursRule **dated[SMK_LAYERS];	/* in order, disjoint */
	int			n_dated[SMK_LAYERS];
	bool		has_yearly;
	bool		regular_extra;	/* extra on weekdays or yearly dates */
} Lookup;

/* One day, as every layer names it. */
typedef struct Day
{
	int			weekday;		/* Monday = 0 */
	int			key;			/* yearly key, 0 where only weekdays count */
	int			key_before;
	bool		dated;			/* do dated rules count? */
	int32		date;
} Day;

/* Steps while they are collected; the first is below everything. */
typedef struct StepList
{
	int			n;
	int			capacity;
	int64	   *at;
	uint8	   *mode;
} StepList;

typedef int64 (*CountBelow) (const void *context, int64 x);

/* The tables of the 400-year cycle. */
void
smk_calendar_init(void)
{
	for (int i = 0; i <= SMK_CYCLE_YEARS; i++)
	{
		int32		start = date2j(2000 + i, 1, 1) - POSTGRES_EPOCH_JDATE;

		if (i < SMK_CYCLE_YEARS)
			smk_year_kind[i] = ((start + 7 - SMK_FIRST_MONDAY) % 7) << 1 |
				isleap(2000 + i);
		smk_year_start[i] = start;
	}
}

static Lookup *
make_lookup(const SmkHoursRules *rules)
{
	Lookup	   *lookup = palloc0_object(Lookup);

	for (int layer = 0; layer < SMK_LAYERS; layer++)
		lookup->dated[layer] = palloc_array(const SmkHoursRule *, rules->n + 1);
	for (int i = 0; i < rules->n; i++)
	{
		const SmkHoursRule *rule = &rules->rule[i];

		if (rule->days == SMK_DATES)
			lookup->dated[rule->layer][lookup->n_dated[rule->layer]++] = rule;
		else if (rule->days == SMK_YEARLY)
		{
			lookup->yearly[rule->layer][rule->first] = rule;
			lookup->has_yearly = true;
		}
		else
		{
			for (int k = 0; k < 7; k++)
			{
				if (rule->first & (1 << k))
					lookup->week[rule->layer][k] = rule->open;
			}
		}
		if (rule->layer == SMK_LAYER_EXTRA && rule->days != SMK_DATES)
			lookup->regular_extra = true;
	}
	return lookup;
}

static const SmkHoursRule *
find_dated(const Lookup *lookup, SmkHoursLayer layer, int32 date)
{
	int			low = 0;
	int			high = lookup->n_dated[layer];

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (lookup->dated[layer][middle]->last < date)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < lookup->n_dated[layer] &&
		lookup->dated[layer][low]->first <= date)
		return lookup->dated[layer][low];
	return NULL;
}

/* What a rule of the day and one of the day before give to this day. */
static SmkSet
own_and_tail(const SmkHoursRule *own, const SmkHoursRule *before)
{
	SmkSet		set = {0, NULL};

	if (own)
		set = smk_set_within(own->open);
	if (before && smk_set_has_tail(before->open))
		set = smk_set_union(set, smk_set_tail(before->open));
	return set;
}

/* All that an adding layer (extra, closed) names on this day. */
static SmkSet
layer_set(const Lookup *lookup, SmkHoursLayer layer, const Day *day)
{
	const SmkSet *week = lookup->week[layer];
	SmkSet		set = smk_set_union(smk_set_within(week[day->weekday]),
									smk_set_tail(week[(day->weekday + 6) % 7]));

	set = smk_set_union(set, own_and_tail(lookup->yearly[layer][day->key],
										  lookup->yearly[layer][day->key_before]));
	if (day->dated)
		set = smk_set_union(set,
							own_and_tail(find_dated(lookup, layer, day->date),
										 find_dated(lookup, layer, day->date - 1)));
	return set;
}

/* The open hours of one local day: every layer, in order. */
static SmkSet
day_set(const Lookup *lookup, const Day *day)
{
	const SmkSet *week = lookup->week[SMK_LAYER_SET];
	const SmkHoursRule *own = lookup->yearly[SMK_LAYER_SET][day->key];
	const SmkHoursRule *before = lookup->yearly[SMK_LAYER_SET][day->key_before];
	SmkSet		set = smk_set_union(smk_set_within(week[day->weekday]),
									smk_set_tail(week[(day->weekday + 6) % 7]));

	/* own closes the day first, and the night before if that rule is earlier */
	if (own)
		set = own_and_tail(own, before > own ? before : NULL);
	else if (before)
		set = smk_set_union(set, own_and_tail(NULL, before));
	if (day->dated)
	{
		own = find_dated(lookup, SMK_LAYER_SET, day->date);
		before = find_dated(lookup, SMK_LAYER_SET, day->date - 1);
		if (own)
			set = smk_set_within(own->open);
		else if (before)
			set = smk_set_union(set, own_and_tail(NULL, before));
	}
	set = smk_set_union(set, layer_set(lookup, SMK_LAYER_EXTRA, day));
	return smk_set_minus(set, layer_set(lookup, SMK_LAYER_CLOSED, day));
}

/* ---- steps ---- */

static void
start_steps(StepList *list, int64 at)
{
	list->n = 1;
	list->capacity = 64;
	list->at = palloc_array(int64, list->capacity);
	list->mode = palloc_array(uint8, list->capacity);
	list->at[0] = at;
	list->mode[0] = SMK_HOURS_BELOW;
}

/* From `at` on, `mode`; `at` never falls. */
static void
add_step(StepList *list, int64 at, SmkHoursMode mode)
{
	if (list->at[list->n - 1] == at)
	{
		list->mode[list->n - 1] = mode;
		if (list->n > 1 && list->mode[list->n - 2] == mode)
			list->n--;
		return;
	}
	if (list->mode[list->n - 1] == mode)
		return;
	if (list->n == list->capacity)
	{
		list->capacity *= 2;
		list->at = repalloc_array(list->at, int64, list->capacity);
		list->mode = repalloc_array(list->mode, uint8, list->capacity);
	}
	list->at[list->n] = at;
	list->mode[list->n++] = mode;
}

/* A whole local day, from its midnight, by its set. */
static void
add_day_steps(StepList *list, int64 midnight, SmkSet set)
{
	int64		at = 0;

	for (int i = 0; i < set.n; i++)
	{
		if (set.piece[i].start > at)
			add_step(list, midnight + at * USECS_PER_SEC, SMK_HOURS_CLOSED);
		add_step(list, midnight + set.piece[i].start * USECS_PER_SEC,
				 SMK_HOURS_OPEN);
		at = set.piece[i].end;
	}
	if (at < SMK_DAY_SECONDS)
		add_step(list, midnight + at * USECS_PER_SEC, SMK_HOURS_CLOSED);
}

/* The count at each step, and what to add to the function below. */
static SmkSteps
finish_steps(MemoryContext memory, const StepList *list, CountBelow below,
			 const void *context, int64 base)
{
	SmkSteps	steps;
	int			n = list->n;

	steps.n = n;
	steps.at = MemoryContextAlloc(memory, n * (3 * sizeof(int64) + 1));
	steps.value = steps.at + n;
	steps.base = steps.value + n;
	steps.mode = (uint8 *) (steps.base + n);
	memcpy(steps.at, list->at, sizeof(int64) * n);
	memcpy(steps.mode, list->mode, n);
	steps.value[0] = 0;
	steps.base[0] = base;
	for (int j = 1; j < n; j++)
	{
		int64		value = steps.value[j - 1];

		if (steps.mode[j - 1] == SMK_HOURS_BELOW)
			value = steps.base[j - 1] + below(context, steps.at[j]);
		else if (steps.mode[j - 1] == SMK_HOURS_OPEN)
			value += steps.at[j] - steps.at[j - 1];
		steps.value[j] = value;
		steps.base[j] = value - below(context, steps.at[j]);
	}
	return steps;
}

/* ---- pattern ---- */

/* The edges of a week; `unit` is what one second, or day, is worth. */
static void
make_week(SmkPattern *pattern, MemoryContext memory, const Lookup *lookup,
		  bool in_days)
{
	StepList	list;
	int64		length = in_days ? 7 : 7 * USECS_PER_DAY;

	start_steps(&list, 0);
	for (int weekday = 0; weekday < 7; weekday++)
	{
		Day			day = {.weekday = weekday};
		SmkSet		set = day_set(lookup, &day);

		if (in_days)
			add_step(&list, weekday,
					 set.n > 0 ? SMK_HOURS_OPEN : SMK_HOURS_CLOSED);
		else
			add_day_steps(&list, weekday * USECS_PER_DAY, set);
	}
	pattern->n = list.n;
	pattern->at = MemoryContextAlloc(memory, sizeof(int64) * (list.n + 1));
	pattern->value = MemoryContextAlloc(memory, sizeof(int64) * (list.n + 1));
	memcpy(pattern->at, list.at, sizeof(int64) * list.n);
	pattern->at[list.n] = length;
	pattern->value[0] = 0;
	for (int j = 0; j < list.n; j++)
	{
		int64		open = pattern->at[j + 1] - pattern->at[j];

		pattern->value[j + 1] = pattern->value[j] +
			(list.mode[j] == SMK_HOURS_OPEN ? open : 0);
	}
	pattern->years = NULL;
}

/* Has a layer a yearly rule for this day, or one that runs into it? */
static bool
is_touched(const Lookup *lookup, const Day *day)
{
	for (int layer = 0; layer < SMK_LAYERS; layer++)
	{
		const SmkHoursRule *before = lookup->yearly[layer][day->key_before];

		if (lookup->yearly[layer][day->key] ||
			(before && smk_set_has_tail(before->open)))
			return true;
	}
	return false;
}

typedef struct YearBelow
{
	const SmkPattern *pattern;
	int64		weekday;		/* of 1 January, in units */
	int64		week;
} YearBelow;

static int64
year_below(const void *context, int64 x)
{
	const YearBelow *below = context;

	return smk_week_count(below->pattern, x + below->weekday, below->week);
}

/* One kind of year: the days that yearly dates change. */
static void
make_kind(SmkPattern *pattern, MemoryContext memory, const Lookup *lookup,
		  bool in_days, int kind)
{
	SmkYears   *years = pattern->years;
	int64		unit = in_days ? 1 : USECS_PER_DAY;
	YearBelow	below = {pattern, SMK_KIND_WEEKDAY(kind) * unit, 7 * unit};
	StepList	list;
	Day			day = {.weekday = SMK_KIND_WEEKDAY(kind)};
	int			x = 0;
	SmkSteps   *steps = &years->kind[kind];

	start_steps(&list, 0);
	day.key_before = SMK_YEARLY_KEY(12, 31);
	for (int month = 1; month <= 12; month++)
	{
		for (int n = 1; n <= day_tab[SMK_KIND_LEAP(kind)][month - 1]; n++)
		{
			day.key = SMK_YEARLY_KEY(month, n);
			if (!is_touched(lookup, &day))
				add_step(&list, x * unit, SMK_HOURS_BELOW);
			else if (in_days)
				add_step(&list, x, day_set(lookup, &day).n > 0 ?
						 SMK_HOURS_OPEN : SMK_HOURS_CLOSED);
			else
				add_day_steps(&list, x * unit, day_set(lookup, &day));
			day.key_before = day.key;
			day.weekday = (day.weekday + 1) % 7;
			x++;
		}
	}
	*steps = finish_steps(memory, &list, year_below, &below,
						  -year_below(&below, 0));
	years->total[kind] = steps->value[steps->n - 1];
	if (steps->mode[steps->n - 1] == SMK_HOURS_BELOW)
		years->total[kind] = steps->base[steps->n - 1] +
			year_below(&below, x * unit);
	else if (steps->mode[steps->n - 1] == SMK_HOURS_OPEN)
		years->total[kind] += x * unit - steps->at[steps->n - 1];
}

static void
make_pattern(SmkPattern *pattern, MemoryContext memory, const Lookup *lookup,
			 bool in_days)
{
	make_week(pattern, memory, lookup, in_days);
	if (!lookup->has_yearly)
		return;
	pattern->years = MemoryContextAllocZero(memory, sizeof(SmkYears));
	for (int kind = 0; kind < SMK_YEAR_KINDS; kind++)
		make_kind(pattern, memory, lookup, in_days, kind);
	for (int i = 0; i < SMK_CYCLE_YEARS; i++)
		pattern->years->upto[i + 1] = pattern->years->upto[i] +
			pattern->years->total[smk_year_kind[i]];
}

/* ---- zone ---- */

/* Wz at each stretch's start, 0 at the epoch. */
static void
make_zone_counts(SmkCalendar *calendar)
{
	const SmkZone *zone = calendar->zone;
	int64		count = 0;
	int64		epoch;

	calendar->count = MemoryContextAlloc(calendar->context,
										 sizeof(int64) * (zone->n + 1));
	calendar->base = MemoryContextAlloc(calendar->context,
										sizeof(int64) * zone->n);
	for (int i = 0; i < zone->n; i++)
	{
		int64		offset = zone->offset[i];

		calendar->count[i] = count;
		calendar->base[i] = count -
			smk_pattern_count(&calendar->pattern, zone->at[i] + offset);
		count = calendar->base[i] +
			smk_pattern_count(&calendar->pattern, zone->at[i + 1] + offset);
	}
	calendar->count[zone->n] = count;
	epoch = smk_zone_count(calendar, 0);
	for (int i = 0; i <= zone->n; i++)
		calendar->count[i] -= epoch;
	for (int i = 0; i < zone->n; i++)
		calendar->base[i] -= epoch;
}

/* ---- dated rules ---- */

static int
compare_dates(const void *a, const void *b)
{
	int32		left = *(const int32 *) a;
	int32		right = *(const int32 *) b;

	return (left > right) - (left < right);
}

/* A long range without hours, which is not worked out day by day? */
static bool
is_block(const Lookup *lookup, const SmkHoursRule *rule)
{
	return rule->layer == SMK_LAYER_SET && rule->open.n == 0 &&
		!lookup->regular_extra;
}

/* The dates whose set must be worked out, in order; blocks not among them. */
static int32 *
find_touched(const Lookup *lookup, int *n)
{
	int			capacity = 1024;
	int32	   *date = palloc_array(int32, capacity);
	int			unique = 0;

	*n = 0;
	for (int layer = 0; layer < SMK_LAYERS; layer++)
	{
		for (int i = 0; i < lookup->n_dated[layer]; i++)
		{
			const SmkHoursRule *rule = lookup->dated[layer][i];
			int			in_days = rule->last - rule->first + 1 +
				smk_set_has_tail(rule->open);

			if (is_block(lookup, rule))
				continue;
			while (*n + in_days > capacity)
			{
				capacity *= 2;
				date = repalloc_array(date, int32, capacity);
			}
			for (int k = 0; k < in_days; k++)
				date[(*n)++] = rule->first + k;
		}
	}
	qsort(date, *n, sizeof(int32), compare_dates);
	for (int i = 0; i < *n; i++)
	{
		if (unique == 0 || date[unique - 1] != date[i])
			date[unique++] = date[i];
	}
	*n = unique;
	return date;
}

/* Called for each stretch of dates [from, to) that dated rules change. */
typedef void (*DateVisitor) (void *context, int64 from, int64 to, bool block);

/* Visits touched dates one by one and the blocks between them, in order. */
static void
visit_dates(const Lookup *lookup, DateVisitor visit, void *context)
{
	int			n;
	int32	   *touched = find_touched(lookup, &n);
	int			t = 0;

	for (int i = 0; i < lookup->n_dated[SMK_LAYER_SET]; i++)
	{
		const SmkHoursRule *rule = lookup->dated[SMK_LAYER_SET][i];
		int32		from = rule->first;

		if (!is_block(lookup, rule))
			continue;
		for (; t < n && touched[t] <= rule->last; t++)
		{
			if (touched[t] > from && touched[t] > rule->first)
				visit(context, from, touched[t], true);
			visit(context, touched[t], touched[t] + 1, false);
			from = Max(from, touched[t] + 1);
		}
		if (from <= rule->last)
			visit(context, from, rule->last + 1, true);
	}
	for (; t < n; t++)
		visit(context, touched[t], touched[t] + 1, false);
}

static SmkSet
dated_set(const Lookup *lookup, int32 date)
{
	Day			day;
	int			year;
	int			month;
	int			n;

	day.weekday = (int) ((date - SMK_FIRST_MONDAY) -
						 7 * smk_floor_div(date - SMK_FIRST_MONDAY, 7));
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &n);
	day.key = SMK_YEARLY_KEY(month, n);
	j2date(date - 1 + POSTGRES_EPOCH_JDATE, &year, &month, &n);
	day.key_before = SMK_YEARLY_KEY(month, n);
	day.dated = true;
	day.date = date;
	return day_set(lookup, &day);
}

typedef struct ReadingSteps
{
	const Lookup *lookup;
	StepList	list;
	int64		end;			/* of the dates visited so far */
} ReadingSteps;

static void
visit_readings(void *context, int64 from, int64 to, bool block)
{
	ReadingSteps *steps = context;

	CHECK_FOR_INTERRUPTS();
	if (steps->list.n > 1 && steps->end < from)
		add_step(&steps->list, steps->end * USECS_PER_DAY, SMK_HOURS_BELOW);
	if (block)
		add_step(&steps->list, from * USECS_PER_DAY, SMK_HOURS_CLOSED);
	else
		add_day_steps(&steps->list, from * USECS_PER_DAY,
					  dated_set(steps->lookup, (int32) from));
	steps->end = to;
}

/*
 * Steps in local readings to steps in instants: each stretch of the zone reads
 * a range of the clock.
 */
static void
read_steps(const SmkZone *zone, const StepList *readings, StepList *instants)
{
	int64		first = readings->at[1];
	int64		last = readings->at[readings->n - 1];
	SmkStretch	stretch = smk_zone_stretch(zone, first - SMK_ZONE_MARGIN);
	int64		from = first - SMK_ZONE_MARGIN;

	do
	{
		int64		offset = smk_stretch_offset(&stretch);
		int64		to = Min(smk_stretch_to(&stretch), last + SMK_ZONE_MARGIN);
		int			j = smk_last_not_above(readings->at, readings->n,
										   from + offset);

		add_step(instants, from, readings->mode[j]);
		while (++j < readings->n && readings->at[j] < to + offset)
			add_step(instants, readings->at[j] - offset, readings->mode[j]);
		from = to;
	} while (from < last + SMK_ZONE_MARGIN && smk_stretch_next(&stretch));
}

static int64
zone_below(const void *context, int64 at)
{
	return smk_zone_count(context, at);
}

static void
make_dated(SmkCalendar *calendar, const Lookup *lookup)
{
	ReadingSteps readings;
	StepList	instants;

	readings.lookup = lookup;
	readings.end = 0;
	start_steps(&readings.list, PG_INT64_MIN);
	start_steps(&instants, PG_INT64_MIN);
	visit_dates(lookup, visit_readings, &readings);
	if (readings.list.n > 1)
	{
		add_step(&readings.list, readings.end * USECS_PER_DAY, SMK_HOURS_BELOW);
		read_steps(calendar->zone, &readings.list, &instants);
	}
	calendar->dated = finish_steps(calendar->context, &instants, zone_below,
								   calendar, 0);
}

/* ---- working dates ---- */

static int64
days_below(const void *context, int64 date)
{
	return smk_day_pattern_count(&((const SmkDays *) context)->pattern, date);
}

static int64
days_zone_below(const void *context, int64 date)
{
	return smk_days_zone_count(context, date);
}

/* Is anything open on this date, its dated rules left out? */
static bool
has_regular_time(const SmkCalendar *calendar, int64 date)
{
	SmkSpan		span[SMK_DATE_SPANS];
	int			n = smk_date_spans(calendar->zone, date, span);

	for (int i = 0; i < n; i++)
	{
		if (smk_zone_count(calendar, span[i].to) >
			smk_zone_count(calendar, span[i].from))
			return true;
	}
	return false;
}

/* Dates that the pattern opens only at readings that the clock skips. */
static void
make_gone(SmkDays *in_days, const SmkCalendar *calendar)
{
	const SmkZone *zone = calendar->zone;
	StepList	list;
	int64		done = SMK_WINDOW_FIRST_DAY;

	start_steps(&list, PG_INT64_MIN);
	for (int i = 1; i < zone->n; i++)
	{
		int64		skipped = zone->at[i] + zone->offset[i - 1];
		int64		resumed = zone->at[i] + zone->offset[i];
		int64		date = Max(done, smk_floor_div(skipped, USECS_PER_DAY));

		for (; resumed > skipped &&
			 date <= smk_floor_div(resumed - 1, USECS_PER_DAY); date++)
		{
			done = date + 1;
			if (smk_day_pattern_count(&in_days->pattern, date + 1) ==
				smk_day_pattern_count(&in_days->pattern, date) ||
				has_regular_time(calendar, date))
				continue;
			add_step(&list, date, SMK_HOURS_CLOSED);
			add_step(&list, date + 1, SMK_HOURS_BELOW);
		}
	}
	in_days->gone = finish_steps(calendar->context, &list, days_below, in_days, 0);
	in_days->first = smk_days_zone_count(in_days, SMK_WINDOW_FIRST_DAY);
	in_days->front = smk_days_zone_count(in_days, SMK_WINDOW_FIRST_DAY + SMK_CYCLE_DAYS);
	in_days->back = smk_days_zone_count(in_days, SMK_WINDOW_LAST_DAY - SMK_CYCLE_DAYS);
	in_days->last = smk_days_zone_count(in_days, SMK_WINDOW_LAST_DAY - 1) +
		(smk_day_pattern_count(&in_days->pattern, SMK_WINDOW_LAST_DAY) -
		 smk_day_pattern_count(&in_days->pattern, SMK_WINDOW_LAST_DAY - 1));
}

typedef struct DateSteps
{
	const SmkCalendar *calendar;
	StepList	list;
	int64		end;
} DateSteps;

static void
visit_working_dates(void *context, int64 from, int64 to, bool block)
{
	DateSteps  *steps = context;
	SmkSpan		span[SMK_DATE_SPANS];
	SmkHoursMode		mode = SMK_HOURS_CLOSED;
	int			n = block ? 0 : smk_date_spans(steps->calendar->zone, from, span);

	for (int i = 0; i < n; i++)
	{
		if (smk_working_count(steps->calendar, span[i].to) >
			smk_working_count(steps->calendar, span[i].from))
			mode = SMK_HOURS_OPEN;
	}
	if (steps->list.n > 1 && steps->end < from)
		add_step(&steps->list, steps->end, SMK_HOURS_BELOW);
	add_step(&steps->list, from, mode);
	steps->end = to;
}

/*
 * What the functions that count working days need besides.  The scratch memory
 * is of the current context, the result of the calendar's.
 */
void
smk_calendar_add_days(SmkCalendar *calendar, const SmkHoursRules *rules)
{
	Lookup	   *lookup = make_lookup(rules);
	SmkDays    *in_days = MemoryContextAllocZero(calendar->context,
											  sizeof(SmkDays));
	DateSteps	steps;

	make_pattern(&in_days->pattern, calendar->context, lookup, true);
	make_gone(in_days, calendar);
	steps.calendar = calendar;
	steps.end = 0;
	start_steps(&steps.list, PG_INT64_MIN);
	visit_dates(lookup, visit_working_dates, &steps);
	if (steps.list.n > 1)
		add_step(&steps.list, steps.end, SMK_HOURS_BELOW);
	in_days->dated = finish_steps(calendar->context, &steps.list,
							   days_zone_below, in_days, 0);
	calendar->days = in_days;
}

/*
 * A calendar in a memory context of its own below `parent`; scratch memory is
 * of the current context.
 */
SmkCalendar *
smk_calendar_compile(const SmkHoursRules *rules, MemoryContext parent)
{
	const SmkZone *zone = smk_zone_get(rules->zone);
	Lookup	   *lookup;
	MemoryContext context;
	SmkCalendar *calendar;

	lookup = make_lookup(rules);
	context = AllocSetContextCreate(parent, "smarketing calendar",
									ALLOCSET_SMALL_SIZES);
	calendar = MemoryContextAllocZero(context, sizeof(SmkCalendar));
	calendar->context = context;
	calendar->zone = zone;
	make_pattern(&calendar->pattern, context, lookup, false);
	make_zone_counts(calendar);
	make_dated(calendar, lookup);
	return calendar;
}
