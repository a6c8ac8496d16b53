/*
 * smarketing.c
 *		Module magic and start-up: each feature initialises itself.
 */
#include "smarketing.h"

#include "fmgr.h"

#include "working_hours/working_hours.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	smk_working_hours_init();
}
