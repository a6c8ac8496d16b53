/*
 * condition_compat.h
 *		What the condition engine does differently on different versions.
 */
#ifndef SMK_CONDITION_COMPAT_H
#define SMK_CONDITION_COMPAT_H

#include "smarketing.h"

#include "datatype/timestamp.h"
#include "nodes/pathnodes.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/jsonpath.h"
#include "utils/numeric.h"
#if SMK_HAS_SOFT_ERRORS
#include "nodes/miscnodes.h"
#endif

/* Flags of like_regex as flags of a regular expression's compiler. */
static inline int
smk_regex_flags(uint32 flags)
{
#if SMK_HAS_SOFT_ERRORS
	int			result = 0;

	(void) jspConvertRegexFlags(flags, &result, NULL);
	return result;
#else
	return jspConvertRegexFlags(flags);
#endif
}

/* Read a float8 from text; false if it is none.  Raises no error. */
static inline bool
smk_float8_parse(char *text, double *value)
{
#if SMK_HAS_SOFT_ERRORS
	ErrorSaveContext context = {T_ErrorSaveContext};

	*value = float8in_internal(text, NULL, "double precision", text,
							   (struct Node *) &context);
	return !context.error_occurred;
#else
	bool		failed = false;

	*value = float8in_internal_opt_error(text, NULL, "double precision", text,
										 &failed);
	return !failed;
#endif
}

/*
 * Arithmetic of numeric that raises no error: *failed is set where there is
 * no result, and left alone otherwise.
 */
#if SMK_HAS_SAFE_NUMERIC
#define SMK_NUMERIC_OPERATOR(name) \
static inline Numeric \
smk_numeric_##name(Numeric left, Numeric right, bool *failed) \
{ \
	ErrorSaveContext context = {T_ErrorSaveContext}; \
	Numeric		result = numeric_##name##_safe(left, right, (struct Node *) &context); \
\
	if (context.error_occurred) \
		*failed = true; \
	return result; \
}

SMK_NUMERIC_OPERATOR(add)
SMK_NUMERIC_OPERATOR(sub)
SMK_NUMERIC_OPERATOR(mul)
SMK_NUMERIC_OPERATOR(div)
SMK_NUMERIC_OPERATOR(mod)

static inline int32
smk_numeric_int4(Numeric value, bool *failed)
{
	ErrorSaveContext context = {T_ErrorSaveContext};
	int32		result = numeric_int4_safe(value, (struct Node *) &context);

	if (context.error_occurred)
		*failed = true;
	return result;
}
#else
#define smk_numeric_add		numeric_add_opt_error
#define smk_numeric_sub		numeric_sub_opt_error
#define smk_numeric_mul		numeric_mul_opt_error
#define smk_numeric_div		numeric_div_opt_error
#define smk_numeric_mod		numeric_mod_opt_error
#define smk_numeric_int4	numeric_int4_opt_error
#endif

/* The text of an infinite interval, which PostgreSQL 17 brought, or NULL. */
static inline const char *
smk_interval_special(const Interval *value)
{
#if SMK_HAS_INFINITE_INTERVALS
	if (INTERVAL_IS_NOBEGIN(value))
		return EARLY;
	if (INTERVAL_IS_NOEND(value))
		return LATE;
#else
	(void) value;
#endif
	return NULL;
}

/*
 * Could the table's row that var stands for be missing, as on the outer side
 * of a join?  Before PostgreSQL 16 this cannot be told for one table.
 */
static inline bool
smk_row_may_be_missing(const PlannerInfo *root, const Var *var)
{
#if SMK_HAS_RETURNING_TYPES
	if (var->varreturningtype != VAR_RETURNING_DEFAULT)
		return true;
#endif
#if SMK_HAS_NULLING_RELS
	(void) root;
	return var->varnullingrels != NULL;
#else
	ListCell   *cell;

	(void) var;
	foreach(cell, root->parse->rtable)
	{
		const RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);

		if (rte->rtekind == RTE_JOIN && IS_OUTER_JOIN(rte->jointype))
			return true;
	}
	return false;
#endif
}

#endif							/* SMK_CONDITION_COMPAT_H */
