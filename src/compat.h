/*
 * compat.h
 *		The only file that names PG_VERSION_NUM: differences between the
 *		PostgreSQL versions that smarketing compiles for.
 */
#ifndef SMK_COMPAT_H
#define SMK_COMPAT_H

#include "postgres.h"

#include "access/attmap.h"
#include "access/tupdesc.h"
#include "utils/jsonb.h"

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

/* A function that does not return: said after its declaration before 18. */
#ifndef pg_noreturn
#define pg_noreturn _Noreturn
#endif

/* Errors that a function reports instead of raising them. */
#define SMK_HAS_SOFT_ERRORS			(PG_VERSION_NUM >= 160000)
/* A Var knows the outer joins that may null it. */
#define SMK_HAS_NULLING_RELS		(PG_VERSION_NUM >= 160000)
/* Intervals may be infinite. */
#define SMK_HAS_INFINITE_INTERVALS	(PG_VERSION_NUM >= 170000)
/* RETURNING old and new. */
#define SMK_HAS_RETURNING_TYPES		(PG_VERSION_NUM >= 180000)
/* Arithmetic of numeric reports errors as input functions do. */
#define SMK_HAS_SAFE_NUMERIC		(PG_VERSION_NUM >= 190000)

/* make_range may raise soft errors since 16. */
#if SMK_HAS_SOFT_ERRORS
#define smk_make_range(range, lower, upper) \
	make_range(range, lower, upper, false, NULL)
#else
#define smk_make_range(range, lower, upper) \
	make_range(range, lower, upper, false)
#endif

/* An input function's error: soft where the caller asks for that (16+). */
#if SMK_HAS_SOFT_ERRORS
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

/* A descriptor that was made column by column has to be told so since 19. */
#if PG_VERSION_NUM >= 190000
#define smk_tupdesc_complete(desc) TupleDescFinalize(desc)
#else
#define smk_tupdesc_complete(desc) ((void) (desc))
#endif

/* A jsonb under construction; result is complete after the last WJB_END_.... */
#if PG_VERSION_NUM >= 190000
typedef JsonbInState SmkJsonbState;
#define smk_jsonb_push(state, token, value) pushJsonbValue(state, token, value)
#else
typedef struct SmkJsonbState
{
	JsonbParseState *parse;
	JsonbValue *result;
} SmkJsonbState;

static inline void
smk_jsonb_push(SmkJsonbState *state, JsonbIteratorToken token, JsonbValue *value)
{
	state->result = pushJsonbValue(&state->parse, token, value);
}
#endif

#endif							/* SMK_COMPAT_H */
