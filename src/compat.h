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
