/*
 * check.c
 *		Scoring configuration that cannot work is refused when it is written.
 */
#include "condition/condition_compat.h"
#include "scoring/scoring.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Sums of points must stay finite whatever happens. */
#define MAX_POINTS 1e15

pg_noreturn static void refuse(Relation rel, const char *column, const char *message, const char *hint);

static void
refuse(Relation rel, const char *column, const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_CONFIGURATION),
			 errmsg("%s", message),
			 errhint("%s", hint),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, get_namespace_name(RelationGetNamespace(rel))),
			 err_generic_string(PG_DIAG_TABLE_NAME, RelationGetRelationName(rel)),
			 err_generic_string(PG_DIAG_COLUMN_NAME, column)));
}

static Datum
column(Relation rel, HeapTuple tuple, const char *name, bool *isnull)
{
	int			attnum = SPI_fnumber(RelationGetDescr(rel), name);

	*isnull = true;
	return attnum > 0 ? heap_getattr(tuple, attnum, RelationGetDescr(rel), isnull) : (Datum) 0;
}

static char *
text_column(Relation rel, HeapTuple tuple, const char *name)
{
	bool		isnull;
	Datum		value = column(rel, tuple, name, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* False for a null. */
static bool
finite_column(Relation rel, HeapTuple tuple, const char *name, double *value)
{
	bool		isnull;
	Datum		datum = column(rel, tuple, name, &isnull);

	if (isnull)
		return false;
	*value = DatumGetFloat8(datum);
	if (!(fabs(*value) <= MAX_POINTS))
		refuse(rel, name, psprintf("%s cannot be %g", name, *value),
			   "Points are finite, and at most 1e15 either way; null means no limit.");
	return true;
}

static void
check_half_life(Relation rel, HeapTuple tuple, bool fit)
{
	bool		isnull;
	Datum		value = column(rel, tuple, "half_life", &isnull);
	Interval   *span;

	if (isnull)
		return;
	span = DatumGetIntervalP(value);
	if (fit)
		refuse(rel, "half_life", "a category of dimension fit has no half-life",
			   "Fit is what a lead is, and does not decay: leave half_life null.");
	if (smk_interval_special(span) != NULL)
		refuse(rel, "half_life", "a half-life must be finite", "Null means no decay.");
	if (span->month != 0)
		refuse(rel, "half_life", "a half-life cannot be in months or years",
			   "Their length varies: say it in days, as in 30 days.");
	if ((double) span->day * USECS_PER_DAY + (double) span->time <= 0)
		refuse(rel, "half_life", "a half-life must be positive", "Null means no decay.");
}

typedef struct Found
{
	char	   *value;
} Found;

static void
keep_value(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Found	   *found = arg;
	char	   *value = SPI_getvalue(tuple, desc, 1);

	found->value = value ? MemoryContextStrdup(CurTransactionContext, value) : NULL;
}

static char *
look_up(Relation rel, const char *text, Datum name)
{
	static const Oid types[] = {TEXTOID};
	SmkStatement statement = {0};
	Found		found = {NULL};

	statement.text = text;
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = &name;
	statement.latest_snapshot = true;
	statement.callback = keep_value;
	statement.arg = &found;
	smk_run(smk_workspace_of(rel), SMK_BY_CLIENT, NULL, &statement);
	return found.value;
}

static void
check_slot(Relation rel, HeapTuple old, HeapTuple new)
{
	bool		isnull;
	int			slot = DatumGetInt16(column(rel, new, "slot", &isnull));

	if (old != NULL && !isnull && DatumGetInt16(column(rel, old, "slot", &isnull)) != slot)
		refuse(rel, "slot", "the slot of a category cannot change",
			   "It is the category's place in each lead's engagement_state.");
}

static void
check_category(Relation rel, HeapTuple old, HeapTuple new)
{
	char	   *dimension = text_column(rel, new, "dimension");
	double		min_points;
	double		max_points;
	bool		has_min = finite_column(rel, new, "min_points", &min_points);
	bool		has_max = finite_column(rel, new, "max_points", &max_points);
	bool		isnull;
	char	   *rule;

	if (has_min && has_max && min_points > max_points)
		refuse(rel, "min_points", "min_points cannot be above max_points",
			   "A category's sum is kept between the two.");
	check_slot(rel, old, new);
	if (dimension == NULL)
		return;
	check_half_life(rel, new, strcmp(dimension, "fit") == 0);
	if (old == NULL || strcmp(dimension, text_column(rel, old, "dimension")) == 0)
		return;
	rule = look_up(rel, "SELECT r.name FROM %s.scoring_rule AS r"
				   " WHERE r.category OPERATOR(pg_catalog.=) $1 LIMIT 1", column(rel, old, "name", &isnull));
	if (rule != NULL)
		refuse(rel, "dimension", psprintf("the dimension of a category with rules cannot change, it has \"%s\"", rule),
			   "Make another category, and move the rules that belong there.");
}

static void
check_rule(Relation rel, HeapTuple new)
{
	double		points;
	bool		isnull;
	bool		no_kind;
	Datum		category = column(rel, new, "category", &isnull);
	char	   *dimension;

	finite_column(rel, new, "points", &points);
	if (isnull)
		return;
	(void) column(rel, new, "activity_kind", &no_kind);
	dimension = look_up(rel, "SELECT c.dimension FROM %s.scoring_category AS c"
						" WHERE c.name OPERATOR(pg_catalog.=) $1", category);
	if (dimension == NULL)
		return;					/* the foreign key will say so */
	if (strcmp(dimension, "fit") == 0 && !no_kind)
		refuse(rel, "activity_kind",
			   psprintf("a rule with an activity_kind cannot be in category \"%s\", which is of dimension fit",
						TextDatumGetCString(category)),
			   "Activities give engagement: choose a category of that dimension.");
	if (strcmp(dimension, "engagement") == 0 && no_kind)
		refuse(rel, "activity_kind",
			   psprintf("a rule in category \"%s\", which is of dimension engagement, needs an activity_kind",
						TextDatumGetCString(category)),
			   "Say which activity gives the points, or choose a category of dimension fit.");
}

static void
check_band(Relation rel, HeapTuple new)
{
	double		value;

	finite_column(rel, new, "min_fit", &value);
	finite_column(rel, new, "min_engagement", &value);
	finite_column(rel, new, "min_score", &value);
}

void
smk_scoring_check(Relation rel, HeapTuple old, HeapTuple new)
{
	const char *table = RelationGetRelationName(rel);

	if (new == NULL)
		return;
	if (strcmp(table, "scoring_category") == 0)
		check_category(rel, old, new);
	else if (strcmp(table, "scoring_rule") == 0)
		check_rule(rel, new);
	else if (strcmp(table, "score_band") == 0)
		check_band(rel, new);
}
