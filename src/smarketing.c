/*
 * smarketing.c
 *		Module magic and start-up: each feature initialises itself.
 */
#include "smarketing.h"

#include "fmgr.h"
#include "lifecycle/actor.h"
#include "lifecycle/nested.h"
#include "working_hours/working_hours.h"
#include "workspace/workspace.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	smk_workspace_init();
	smk_actor_init();
	smk_nested_init();
	smk_working_hours_init();
}
