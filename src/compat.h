/*
 * compat.h
 *		The only file that names PG_VERSION_NUM: differences between the
 *		PostgreSQL versions that smarketing compiles for.
 */
#ifndef SMK_COMPAT_H
#define SMK_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 150000
#error "smarketing needs PostgreSQL 15 or later"
#endif

/* The early minor versions of 15 lack these. */
#ifndef palloc_object
#define palloc_object(type) ((type *) palloc(sizeof(type)))
#define palloc0_object(type) ((type *) palloc0(sizeof(type)))
#define palloc_array(type, count) ((type *) palloc(sizeof(type) * (count)))
#define palloc0_array(type, count) ((type *) palloc0(sizeof(type) * (count)))
#define repalloc_array(pointer, type, count) \
	((type *) repalloc(pointer, sizeof(type) * (count)))
#endif

#include "access/attmap.h"
#include "datatype/timestamp.h"
#include "nodes/pathnodes.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/jsonpath.h"

/* Flags of like_regex as flags of a regular expression's compiler. */
static inline int
smk_regex_flags(uint32 flags)
{
#if PG_VERSION_NUM >= 160000
	int			result = 0;

	(void) jspConvertRegexFlags(flags, &result, NULL);
	return result;
#else
	return jspConvertRegexFlags(flags);
#endif
}

#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif

/* Read a float8 from text; false if it is none.  Raises no error. */
static inline bool
smk_float8_parse(char *text, double *value)
{
#if PG_VERSION_NUM >= 160000
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

/* The text of an infinite interval, which PostgreSQL 17 brought, or NULL. */
static inline const char *
smk_interval_special(const Interval *value)
{
#if PG_VERSION_NUM >= 170000
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
#if PG_VERSION_NUM >= 180000
	if (var->varreturningtype != VAR_RETURNING_DEFAULT)
		return true;
#endif
#if PG_VERSION_NUM >= 160000
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

/* make_range may raise soft errors since 16. */
#if PG_VERSION_NUM >= 160000
#define smk_make_range(range, lower, upper) \
	make_range(range, lower, upper, false, NULL)
#else
#define smk_make_range(range, lower, upper) \
	make_range(range, lower, upper, false)
#endif

/* An input function's error: soft where the caller asks for that (16+). */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define smk_ereturn(fcinfo, dummy, ...) \
	ereturn((fcinfo)->context, dummy, __VA_ARGS__)
#else
#define smk_ereturn(fcinfo, dummy, ...) ereport(ERROR, __VA_ARGS__)
#endif

/* Where outdesc's columns stand in indesc; NULL: just where they are. */
static inline AttrMap *
smk_attrmap(TupleDesc indesc, TupleDesc outdesc)
{
#if PG_VERSION_NUM >= 160000
	return build_attrmap_by_name_if_req(indesc, outdesc, true);
#else
	return build_attrmap_by_name_if_req(indesc, outdesc);
#endif
}

/* The macros of variable-length values have a header of their own since 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#endif							/* SMK_COMPAT_H */
