/*
 * smarketing.c
 *		Module magic and start-up: each feature initialises itself.
 */
#include "smarketing.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
}
