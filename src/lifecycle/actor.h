/*
 * actor.h
 *		Who acts: the member behind a statement, and whether it is an import.
 */
#ifndef SMK_ACTOR_H
#define SMK_ACTOR_H

#include "lifecycle/rules.h"

typedef struct SmkActor
{
	const SmkMember *member;	/* NULL: unknown */
	const char *batch;			/* the import's name, or NULL outside one */
	bool		impostor;		/* observe: claims a name that is not the session's */
} SmkActor;

/*
 * The actor of the running statement.  Raises SM009 for a name that this
 * session may not claim, and 42501 for an import that it may not make.
 */
extern SmkActor smk_actor(const SmkWorkspace *ws, const SmkRules *rules);

/* Is the running statement an import?  Cheaper than smk_actor, no checks. */
extern bool smk_importing(void);

/* May the actor do what this department does? */
static inline bool
smk_actor_is(const SmkActor *actor, SmkDepartment department)
{
	return department == SMK_ANY_DEPARTMENT || actor->member == NULL ||
		actor->member->department == department ||
		actor->member->department == SMK_OPERATIONS;
}

/* Where the workspace wants every write to name its actor: does this one? (SM009) */
extern void smk_require_actor(const SmkWorkspace *ws, const SmkRules *rules,
							  const SmkActor *actor, const char *table);

extern void smk_actor_init(void);

#endif							/* SMK_ACTOR_H */
