/*
 * hours_set.c
 *		Sets of seconds of a day, and the list of rules.
 */
#include "hours_rules.h"

static int
compare_pieces(const void *a, const void *b)
{
	const SmkPiece *left = a;
	const SmkPiece *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return (left->end > right->end) - (left->end < right->end);
}

/* Pieces in any order, which may overlap or touch: sorted and merged. */
SmkSet
smk_set_make(const SmkPiece *piece, int n)
{
	SmkSet		set = {0, NULL};
	SmkPiece   *sorted;

	if (n == 0)
		return set;
	sorted = palloc_array(SmkPiece, n);
	memcpy(sorted, piece, sizeof(SmkPiece) * n);
	qsort(sorted, n, sizeof(SmkPiece), compare_pieces);
	set.piece = sorted;
	for (int i = 0; i < n; i++)
	{
		SmkPiece	next = sorted[i];

		if (set.n > 0 && next.start <= set.piece[set.n - 1].end)
			set.piece[set.n - 1].end = Max(set.piece[set.n - 1].end, next.end);
		else
			set.piece[set.n++] = next;
	}
	return set;
}

SmkSet
smk_set_union(SmkSet a, SmkSet b)
{
	SmkPiece   *both = palloc_array(SmkPiece, a.n + b.n + 1);

	if (a.n > 0)
		memcpy(both, a.piece, sizeof(SmkPiece) * a.n);
	if (b.n > 0)
		memcpy(both + a.n, b.piece, sizeof(SmkPiece) * b.n);
	return smk_set_make(both, a.n + b.n);
}

SmkSet
smk_set_minus(SmkSet a, SmkSet b)
{
	SmkSet		rest;

	rest.n = 0;
	rest.piece = palloc_array(SmkPiece, a.n + b.n + 1);
	for (int i = 0; i < a.n; i++)
	{
		SmkPiece	left = a.piece[i];

		for (int j = 0; j < b.n && left.start < left.end; j++)
		{
			SmkPiece	hole = b.piece[j];

			if (hole.end <= left.start || hole.start >= left.end)
				continue;
			if (hole.start > left.start)
			{
				rest.piece[rest.n].start = left.start;
				rest.piece[rest.n++].end = hole.start;
			}
			left.start = hole.end;
		}
		if (left.start < left.end)
			rest.piece[rest.n++] = left;
	}
	return rest;
}

/* What of a lies in [from, to), moved back by shift. */
SmkSet
smk_set_clip(SmkSet a, int32 from, int32 to, int32 shift)
{
	SmkSet		part;

	part.n = 0;
	part.piece = palloc_array(SmkPiece, a.n + 1);
	for (int i = 0; i < a.n; i++)
	{
		int32		start = Max(a.piece[i].start, from);
		int32		end = Min(a.piece[i].end, to);

		if (start < end)
		{
			part.piece[part.n].start = start - shift;
			part.piece[part.n++].end = end - shift;
		}
	}
	return part;
}

bool
smk_set_equal(SmkSet a, SmkSet b)
{
	return a.n == b.n &&
		(a.n == 0 || memcmp(a.piece, b.piece, sizeof(SmkPiece) * a.n) == 0);
}

/* The part of the day itself. */
SmkSet
smk_set_within(SmkSet a)
{
	return smk_set_clip(a, 0, SMK_DAY_SECONDS, 0);
}

/* The part that runs into the next day, counted from that day's midnight. */
SmkSet
smk_set_tail(SmkSet a)
{
	return smk_set_clip(a, SMK_DAY_SECONDS, 2 * SMK_DAY_SECONDS,
						SMK_DAY_SECONDS);
}

bool
smk_set_has_tail(SmkSet a)
{
	return a.n > 0 && a.piece[a.n - 1].end > SMK_DAY_SECONDS;
}

SmkHoursRules *
smk_hours_make(const char *zone)
{
	SmkHoursRules *rules = palloc0_object(SmkHoursRules);

	rules->zone = zone;
	rules->capacity = 8;
	rules->rule = palloc_array(SmkHoursRule, rules->capacity);
	return rules;
}

SmkHoursRule *
smk_hours_append(SmkHoursRules *rules, SmkHoursLayer layer, SmkDayKind days,
				 int32 first, int32 last, SmkSet open)
{
	SmkHoursRule *rule;

	if (rules->n == rules->capacity)
	{
		rules->capacity *= 2;
		rules->rule = repalloc(rules->rule, sizeof(SmkHoursRule) * rules->capacity);
	}
	rule = &rules->rule[rules->n++];
	rule->layer = layer;
	rule->days = days;
	rule->first = first;
	rule->last = last;
	rule->open = open;
	return rule;
}
