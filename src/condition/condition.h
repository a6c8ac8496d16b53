/*
 * condition.h
 *		Rules' conditions: jsonpath predicates over a row, compiled.
 *
 * A condition means exactly what jsonb_path_match(to_jsonb(row), condition,
 * '{}', true) IS TRUE means under timezone = 'UTC' and extra_float_digits = 1.
 * It is lowered once, to comparisons on the tuple's own columns, and then
 * evaluated without SPI, without an error handler and without any setting of
 * the session.
 */
#ifndef SMK_CONDITION_H
#define SMK_CONDITION_H

#include "smarketing.h"

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"
#include "utils/jsonpath.h"

typedef struct SmkCondition SmkCondition;

/* Why a condition could not be lowered: ready to put into an ereport. */
typedef struct SmkConditionProblem
{
	char	   *message;		/* lower case, no full stop */
	char	   *detail;			/* a sentence, or NULL */
	char	   *hint;			/* a sentence, or NULL */
	char	   *column;			/* the column at fault, or NULL */
} SmkConditionProblem;

/*
 * Compile for rows of desc.  The result and all that hangs on it live in the
 * current memory context and copy what they need: neither path nor desc is
 * referenced afterwards.  Returns NULL and fills problem if the condition
 * cannot be lowered, or should not be stored: it reads a generated column, or
 * PostgreSQL would print it as another condition.
 */
extern SmkCondition *smk_condition_compile(JsonPath *path, TupleDesc desc,
										   SmkConditionProblem *problem);

/*
 * Does the condition hold for this row?  values and nulls are what
 * heap_deform_tuple gives for the desc it was compiled for.  Never raises an
 * error for what the data holds.  Scratch memory is of the current context.
 */
extern bool smk_condition_holds(const SmkCondition *condition,
								const Datum *values, const bool *nulls);

/*
 * The columns that the condition reads, as attribute numbers (not shifted, as
 * there are no system columns among them); NULL if it reads none.  Values and
 * nulls need to be filled up to the greatest of them only.
 */
extern const Bitmapset *smk_condition_columns(const SmkCondition *condition);

/*
 * The values that it reads in this row, for people:
 * "employees is 12, industry is null".  Long values are cut.
 */
extern char *smk_condition_values(const SmkCondition *condition,
								  const Datum *values, const bool *nulls);

/*
 * Raise ERRCODE_SMK_CONFIGURATION unless rows of desc can be judged by path.
 * what names the condition at fault and becomes the error's context line, as
 * in "condition of transition lead -> mql"; NULL: none.
 */
extern void smk_condition_check(JsonPath *path, TupleDesc desc,
								const char *what);

#endif							/* SMK_CONDITION_H */
