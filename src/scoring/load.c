/*
 * load.c
 *		The scoring rules in force, compiled.
 *
 * The generation is a hash of what the rules say, not a counter: it is the
 * same in every session and after a restore, and a rule that is put back as it
 * was makes the leads current again that nothing has touched in between.
 * Names and descriptions are no part of it.
 */
#include "condition/condition_compat.h"
#include "scoring/scoring.h"

#include "access/relation.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

typedef struct Loading
{
	const SmkRules *rules;
	SmkScoring *scoring;
	uint64		hash;
} Loading;

static double
column_float(HeapTuple tuple, TupleDesc desc, int attnum, double otherwise)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, attnum, &isnull);

	return isnull ? otherwise : DatumGetFloat8(value);
}

/* An interval as microseconds; 0 for a null. */
static double
column_half_life(HeapTuple tuple, TupleDesc desc, int attnum)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, attnum, &isnull);
	Interval   *span;

	if (isnull)
		return 0;
	span = DatumGetIntervalP(value);
	if (smk_interval_special(span))
		return 0;
	return (double) span->day * USECS_PER_DAY + (double) span->time;
}

/* A sum of hashes: the order of the rules is no matter. */
static void
hash_in(Loading *loading, const uint64 *items, int n)
{
	loading->hash += hash_bytes_extended((const unsigned char *) items, sizeof(uint64) * n, 0);
}

static uint64
hash_float(double value)
{
	uint64		bits;

	value += 0.0;				/* no -0 */
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static uint64
hash_text(const char *text)
{
	return text ? hash_bytes_extended((const unsigned char *) text, strlen(text), 1) : 0;
}

static void
hash_category(Loading *loading, const SmkCategory *category)
{
	const uint64 items[] = {
		1, category->slot, category->fit, hash_float(category->min_points),
		hash_float(category->max_points), hash_float(category->half_life)
	};

	hash_in(loading, items, lengthof(items));
}

static void
load_category(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkScoring *scoring = loading->scoring;
	MemoryContext old = MemoryContextSwitchTo(loading->rules->context);
	SmkCategory *category = smk_append((void **) &scoring->categories,
									   &scoring->ncategories, sizeof(SmkCategory));
	bool		isnull;

	category->name = SPI_getvalue(tuple, desc, 1);
	category->slot = DatumGetInt16(SPI_getbinval(tuple, desc, 2, &isnull));
	category->fit = strcmp(SPI_getvalue(tuple, desc, 3), "fit") == 0;
	category->min_points = column_float(tuple, desc, 4, -get_float8_infinity());
	category->max_points = column_float(tuple, desc, 5, get_float8_infinity());
	category->half_life = column_half_life(tuple, desc, 6);
	scoring->nslots = Max(scoring->nslots, category->slot);
	hash_category(loading, category);
	MemoryContextSwitchTo(old);
}

static const SmkCategory *
category_of(const SmkScoring *scoring, const char *name)
{
	for (int i = 0; i < scoring->ncategories; i++)
	{
		if (strcmp(scoring->categories[i].name, name) == 0)
			return &scoring->categories[i];
	}
	return NULL;
}

static int
kind_of(const SmkRules *rules, const char *name)
{
	for (int i = 0; i < rules->nkinds; i++)
	{
		if (strcmp(rules->kinds[i].name, name) == 0)
			return i;
	}
	return -1;
}

/* Whether it can still be judged is part of what a rule says. */
static void
hash_rule(Loading *loading, const SmkScoringRule *rule, const char *kind)
{
	const uint64 items[] = {
		2, rule->category->slot, hash_text(kind), hash_text(rule->condition.text),
		rule->condition.compiled != NULL, hash_float(rule->points)
	};

	hash_in(loading, items, lengthof(items));
}

static void
load_rule(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkScoring *scoring = loading->scoring;
	MemoryContext old = MemoryContextSwitchTo(loading->rules->context);
	const SmkCategory *category = category_of(scoring, SPI_getvalue(tuple, desc, 2));
	char	   *kind = SPI_getvalue(tuple, desc, 3);
	SmkScoringRule *rule;

	/* what does not go together gives nothing (and is refused when it is written) */
	if (category != NULL && category->fit == (kind == NULL))
	{
		rule = smk_append((void **) &scoring->rules, &scoring->nrules, sizeof(SmkScoringRule));
		rule->name = SPI_getvalue(tuple, desc, 1);
		rule->category = category;
		rule->kind = kind ? kind_of(loading->rules, kind) : -1;
		rule->condition = smk_rule_condition(tuple, desc, 4, kind ? scoring->activity : scoring->lead);
		rule->points = column_float(tuple, desc, 5, 0);
		hash_rule(loading, rule, kind);
		if (kind == NULL && rule->condition.compiled != NULL)
			scoring->fit_columns = bms_add_members(scoring->fit_columns,
												   smk_condition_columns(rule->condition.compiled));
	}
	MemoryContextSwitchTo(old);
}

static void
hash_band(Loading *loading, const SmkBand *band, int place)
{
	const uint64 items[] = {
		3, place, hash_text(band->name), hash_float(band->min_fit),
		hash_float(band->min_engagement), hash_float(band->min_score)
	};

	hash_in(loading, items, lengthof(items));
}

static void
load_band(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkScoring *scoring = loading->scoring;
	MemoryContext old = MemoryContextSwitchTo(loading->rules->context);
	SmkBand    *band = smk_append((void **) &scoring->bands, &scoring->nbands, sizeof(SmkBand));

	band->name = SPI_getvalue(tuple, desc, 1);
	band->min_fit = column_float(tuple, desc, 2, -get_float8_infinity());
	band->min_engagement = column_float(tuple, desc, 3, -get_float8_infinity());
	band->min_score = column_float(tuple, desc, 4, -get_float8_infinity());
	hash_band(loading, band, scoring->nbands);
	MemoryContextSwitchTo(old);
}

/* Rules came in the order of their categories; each kind gets its own list. */
static void
sort_by_kind(Loading *loading)
{
	SmkScoring *scoring = loading->scoring;

	scoring->kinds = palloc0(sizeof(SmkKindRules) * Max(loading->rules->nkinds, 1));
	for (int i = 0; i < scoring->nrules; i++)
	{
		const SmkScoringRule *rule = &scoring->rules[i];
		SmkKindRules *kind;

		if (rule->kind < 0)
			continue;
		kind = &scoring->kinds[rule->kind];
		if (kind->nrules == 0)
			kind->rules = palloc(sizeof(SmkScoringRule *) * scoring->nrules);
		kind->rules[kind->nrules++] = rule;
		kind->conditional |= rule->condition.present;
		if (rule->condition.compiled != NULL)
			kind->columns = bms_add_members(kind->columns, smk_condition_columns(rule->condition.compiled));
	}
}

SmkScoring *
smk_scoring_load(SmkWorkspace *ws, const SmkRules *rules, TupleDesc lead, Snapshot snapshot)
{
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkScoring *scoring = palloc0(sizeof(SmkScoring));
	Relation	activity = relation_open(ws->tables[SMK_TABLE_ACTIVITY], AccessShareLock);
	Loading		loading = {rules, scoring, 0};

	scoring->lead = CreateTupleDescCopyConstr(lead);
	scoring->activity = CreateTupleDescCopyConstr(RelationGetDescr(activity));
	relation_close(activity, AccessShareLock);
	smk_read_rows(ws, "SELECT name, slot, dimension, min_points, max_points, half_life"
		 " FROM %s.scoring_category ORDER BY position, name COLLATE pg_catalog.\"C\"", snapshot, load_category, &loading);
	smk_read_rows(ws, "SELECT r.name, r.category, r.activity_kind, r.condition, r.points"
		 " FROM %s.scoring_rule AS r JOIN %s.scoring_category AS c ON c.name OPERATOR(pg_catalog.=) r.category"
		 " WHERE r.active ORDER BY c.position, c.name COLLATE pg_catalog.\"C\", r.name COLLATE pg_catalog.\"C\"", snapshot, load_rule, &loading);
	smk_read_rows(ws, "SELECT name, min_fit, min_engagement, min_score"
		 " FROM %s.score_band ORDER BY position, name COLLATE pg_catalog.\"C\"", snapshot, load_band, &loading);
	sort_by_kind(&loading);
	scoring->generation = (int64) loading.hash;
	MemoryContextSwitchTo(old);
	return scoring;
}
