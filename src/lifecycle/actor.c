/*
 * actor.c
 *		The actor of a write: the name in smarketing.actor, else the member
 *		whose db_role is the session's role, else unknown.
 */
#include "lifecycle/actor.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"

static char *actor_setting = NULL;
static char *import_setting = NULL;
static char *change_reason_setting = NULL;

static void
refuse_name(const char *name, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_ACTOR),
			 errmsg("this session may not act as \"%s\"", name),
			 errdetail("%s", detail),
			 errhint("%s", hint)));
}

/* SET ROLE or the session's user: our own change of owner does not alter it. */
static const SmkMember *
member_of_role(const SmkRules *rules)
{
	char	   *role = GetUserNameFromId(GetOuterUserId(), true);

	if (role == NULL)
		return NULL;
	for (int i = 0; i < rules->nmembers; i++)
	{
		const SmkMember *member = &rules->members[i];

		if (member->active && member->db_role != NULL && strcmp(member->db_role, role) == 0)
			return member;
	}
	return NULL;
}

static const SmkMember *
claimed_member(const SmkRules *rules, const char *name)
{
	const SmkMember *member = smk_member_find(rules, name);
	Oid			role;

	if (member == NULL)
		return NULL;
	if (!member->active)
		refuse_name(name, "The member is not active.",
					"Set member.active, or act under another name.");
	if (member->db_role == NULL)
		return member;
	role = get_role_oid(member->db_role, true);
	if (!OidIsValid(role) || !is_member_of_role(GetOuterUserId(), role))
		refuse_name(name,
					psprintf("The name belongs to the database role \"%s\", of which this session's role is no member.",
							 member->db_role),
					"Connect or SET ROLE as that role, or RESET smarketing.actor.");
	return member;
}

static void
check_import(const SmkWorkspace *ws, const SmkActor *actor)
{
	if (has_privs_of_role(GetOuterUserId(), ws->owner))
		return;
	if (actor->member != NULL && actor->member->service)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to import into workspace \"%s\"", ws->name),
			 errdetail("Only the workspace's owner and its members of kind service may import."),
			 errhint("RESET smarketing.import, or connect as one of them.")));
}

bool
smk_importing(void)
{
	return import_setting != NULL && import_setting[0] != '\0';
}

SmkActor
smk_actor(const SmkWorkspace *ws, const SmkRules *rules)
{
	SmkActor	actor = {NULL, NULL};

	if (actor_setting != NULL && actor_setting[0] != '\0')
		actor.member = claimed_member(rules, actor_setting);
	else
		actor.member = member_of_role(rules);
	if (smk_importing())
	{
		check_import(ws, &actor);
		actor.batch = pstrdup(import_setting);
	}
	return actor;
}

void
smk_actor_init(void)
{
	DefineCustomStringVariable("smarketing.actor",
							   "The member on whose behalf this session writes.",
							   "Empty: the member whose db_role is the current role, else unknown.",
							   &actor_setting, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("smarketing.import",
							   "The name of the batch that this session imports.",
							   "Empty: no import.  Imported rows may carry old times; they open no handoff and no clock.",
							   &import_setting, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("smarketing.change_reason",
							   "Why this session changes the configuration; kept in config_change.",
							   NULL,
							   &change_reason_setting, "", PGC_USERSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("smarketing");
}
