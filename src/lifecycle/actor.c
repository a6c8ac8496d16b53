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
refuse_name(const SmkWorkspace *ws, const char *name, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_ACTOR),
			 errmsg("this session may not act as \"%s\"", name),
			 errdetail("%s", detail),
			 errhint("%s", hint),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "member")));
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

/*
 * The member of this name, if there is one; claimable tells whether the
 * session may be it.
 */
static const SmkMember *
claimed_member(const SmkRules *rules, const char *name, bool *claimable)
{
	const SmkMember *member = smk_member_find(rules, name);
	Oid			role;

	*claimable = true;
	if (member == NULL)
		return NULL;
	if (!member->active)
		*claimable = false;
	else if (member->db_role != NULL)
	{
		role = get_role_oid(member->db_role, true);
		*claimable = OidIsValid(role) && is_member_of_role(GetOuterUserId(), role);
	}
	return member;
}

static void
refuse_claim(const SmkWorkspace *ws, const SmkMember *member)
{
	if (!member->active)
		refuse_name(ws, member->name, "The member is not active.",
					"Set member.active, or act under another name.");
	refuse_name(ws, member->name,
				psprintf("The name belongs to the database role \"%s\", of which this session's role is no member.",
						 member->db_role),
				"Connect or SET ROLE as that role, or RESET smarketing.actor.");
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
	SmkActor	actor = {NULL, NULL, false};
	bool		claimable;

	if (actor_setting != NULL && actor_setting[0] != '\0')
	{
		actor.member = claimed_member(rules, actor_setting, &claimable);
		if (!claimable)
		{
			/* observe refuses nothing: the write is nobody's, and its moves violations */
			if (rules->mode != SMK_OBSERVE)
				refuse_claim(ws, actor.member);
			actor.member = NULL;
			actor.impostor = true;
		}
	}
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
smk_require_actor(const SmkWorkspace *ws, const SmkRules *rules, const SmkActor *actor, const char *table)
{
	if (!rules->require_actor || actor->member != NULL || rules->mode == SMK_OBSERVE)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SMK_ACTOR),
			 errmsg("workspace \"%s\" requires every write to name its actor", ws->name),
			 errdetail("Neither smarketing.actor nor the session's role names a member."),
			 errhint("SET LOCAL smarketing.actor = '…', or give the role a row in table member (db_role)."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, table),
			 err_generic_string(PG_DIAG_CONSTRAINT_NAME, "setting_require_actor")));
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
