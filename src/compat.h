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

#endif							/* SMK_COMPAT_H */
