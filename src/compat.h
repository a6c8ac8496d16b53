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

/* The macros of variable-length values have a header of their own since 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#endif							/* SMK_COMPAT_H */
