/*
 * rules.c
 *		Loads one generation of a workspace's rules.
 *
 * The tables are read with the latest snapshot: a cache that was filled under
 * an old one would stay wrong for the whole session.  What the rules hold is
 * already checked when it is written (SM007); what cannot be understood here
 * all the same (a column that was dropped since) becomes a rule that never
 * matches, so that a broken rule stops itself and not every write.
 */
#include "lifecycle/rules.h"
#include "scoring/scoring.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "sla/clock.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonpath.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* The schema version that this build works with: no workspace newer than it. */
#define SCHEMA_MAJOR	0
#define SCHEMA_MINOR	1

#define FIRST_ROOM		16		/* elements; a power of two */

typedef struct Loading
{
	SmkWorkspace *ws;
	SmkRules   *rules;
	Snapshot	snapshot;		/* one for all tables: they refer to each other */
	TupleDesc	lead;			/* the lead table's row type */
} Loading;

typedef struct LeadColumn
{
	const char *name;
	Oid			type;			/* TEXTOID: any kind of string will do */
} LeadColumn;

static const LeadColumn lead_columns[SMK_LEAD_COLUMNS] = {
	[SMK_LEAD_ID] = {"id", INT8OID},
	[SMK_LEAD_EMAIL] = {"email", TEXTOID},
	[SMK_LEAD_ACCOUNT_ID] = {"account_id", INT8OID},
	[SMK_LEAD_ORIGIN] = {"origin", TEXTOID},
	[SMK_LEAD_SOURCE] = {"source", TEXTOID},
	[SMK_LEAD_CAMPAIGN] = {"campaign", TEXTOID},
	[SMK_LEAD_LATEST_CAMPAIGN] = {"latest_campaign", TEXTOID},
	[SMK_LEAD_PERSONA] = {"persona", TEXTOID},
	[SMK_LEAD_STAGE] = {"stage", TEXTOID},
	[SMK_LEAD_STAGE_SINCE] = {"stage_since", TIMESTAMPTZOID},
	[SMK_LEAD_STAGE_AUTOMATIC] = {"stage_automatic", BOOLOID},
	[SMK_LEAD_REASON] = {"reason", TEXTOID},
	[SMK_LEAD_NOTE] = {"note", TEXTOID},
	[SMK_LEAD_CYCLE] = {"cycle", INT4OID},
	[SMK_LEAD_SALES_CYCLE] = {"sales_cycle", INT4OID},
	[SMK_LEAD_CUSTOMER_SINCE] = {"customer_since", TIMESTAMPTZOID},
	[SMK_LEAD_OWNER] = {"owner", TEXTOID},
	[SMK_LEAD_FOLLOW_UP_ON] = {"follow_up_on", DATEOID},
	[SMK_LEAD_FOLLOW_UP_RAISED_ON] = {"follow_up_raised_on", DATEOID},
	[SMK_LEAD_DO_NOT_CONTACT] = {"do_not_contact", BOOLOID},
	[SMK_LEAD_EXCLUDED] = {"excluded", TEXTOID},
	[SMK_LEAD_FIT] = {"fit", FLOAT8OID},
	[SMK_LEAD_ENGAGEMENT] = {"engagement", FLOAT8OID},
	[SMK_LEAD_SCORE] = {"score", FLOAT8OID},
	[SMK_LEAD_BAND] = {"band", TEXTOID},
	[SMK_LEAD_ENGAGEMENT_STATE] = {"engagement_state", FLOAT8ARRAYOID},
	[SMK_LEAD_ENGAGEMENT_PURGED] = {"engagement_purged", FLOAT8ARRAYOID},
	[SMK_LEAD_ENGAGEMENT_PURGED_AT] = {"engagement_purged_at", TIMESTAMPTZOID},
	[SMK_LEAD_ENGAGEMENT_AT] = {"engagement_at", TIMESTAMPTZOID},
	[SMK_LEAD_SCORE_GENERATION] = {"score_generation", INT8OID},
	[SMK_LEAD_DUPLICATE_ALLOWED] = {"duplicate_allowed", BOOLOID},
	[SMK_LEAD_CREATED_AT] = {"created_at", TIMESTAMPTZOID},
	[SMK_LEAD_UPDATED_AT] = {"updated_at", TIMESTAMPTZOID},
};

/* ---------- small readers of an SPI row ---------- */

static char *
column_text(HeapTuple tuple, TupleDesc desc, int attnum)
{
	return SPI_getvalue(tuple, desc, attnum);
}

static bool
column_bool(HeapTuple tuple, TupleDesc desc, int attnum)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, attnum, &isnull);

	return !isnull && DatumGetBool(value);
}

static int
column_int(HeapTuple tuple, TupleDesc desc, int attnum)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, attnum, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

static double
column_float(HeapTuple tuple, TupleDesc desc, int attnum)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, attnum, &isnull);

	return isnull ? 0 : DatumGetFloat8(value);
}

SmkRuleCondition
smk_rule_condition(HeapTuple tuple, TupleDesc desc, int attnum, TupleDesc rows)
{
	SmkRuleCondition condition = {false, NULL, NULL};
	SmkConditionProblem problem = {0};
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, attnum, &isnull);

	if (isnull)
		return condition;
	condition.present = true;
	condition.text = column_text(tuple, desc, attnum);
	condition.compiled = smk_condition_compile(DatumGetJsonPathP(value), rows, &problem);
	return condition;
}

static SmkRuleCondition
column_condition(const Loading *loading, HeapTuple tuple, TupleDesc desc, int attnum)
{
	return smk_rule_condition(tuple, desc, attnum, loading->lead);
}

static SmkDepartment
department_of(const char *name)
{
	if (name == NULL)
		return SMK_ANY_DEPARTMENT;
	if (strcmp(name, "marketing") == 0)
		return SMK_MARKETING;
	if (strcmp(name, "sales") == 0)
		return SMK_SALES;
	if (strcmp(name, "operations") == 0)
		return SMK_OPERATIONS;
	return SMK_ANY_DEPARTMENT;
}

const char *
smk_department_name(SmkDepartment department)
{
	switch (department)
	{
		case SMK_MARKETING:
			return "marketing";
		case SMK_SALES:
			return "sales";
		case SMK_OPERATIONS:
			return "operations";
		case SMK_ANY_DEPARTMENT:
			break;
	}
	return NULL;
}

static SmkStageKind
stage_kind_of(const char *name)
{
	if (strcmp(name, "handoff") == 0)
		return SMK_HANDOFF;
	if (strcmp(name, "success") == 0)
		return SMK_SUCCESS;
	if (strcmp(name, "detour") == 0)
		return SMK_DETOUR;
	if (strcmp(name, "exit") == 0)
		return SMK_EXIT;
	return SMK_INVENTORY;
}

static SmkOutcome
outcome_of(const char *name)
{
	if (strcmp(name, "reroute") == 0)
		return SMK_REROUTE;
	if (strcmp(name, "merge") == 0)
		return SMK_MERGE;
	if (strcmp(name, "disqualify") == 0)
		return SMK_DISQUALIFY;
	return SMK_RETURN;
}

void *
smk_append(void **array, int *count, Size size)
{
	char	   *element;

	if (*count == 0)
		*array = palloc(FIRST_ROOM * size);
	else if (*count >= FIRST_ROOM && (*count & (*count - 1)) == 0)
		*array = repalloc(*array, 2 * *count * size);
	element = (char *) *array + *count * size;
	memset(element, 0, size);
	(*count)++;
	return element;
}

/* ---------- the tables, one callback each ---------- */

static void
refuse_schema_version(const SmkWorkspace *ws, const char *version)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_WORKSPACE),
			 errmsg("workspace \"%s\" has schema version %s, this extension knows up to %d.%d",
					ws->name, version ? version : "(none)", SCHEMA_MAJOR, SCHEMA_MINOR),
			 errhint("Install a newer version of the extension and run ALTER EXTENSION smarketing UPDATE."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "setting")));
}

static void
check_schema_version(const SmkWorkspace *ws, const char *version)
{
	int			major;
	int			minor;

	if (version == NULL || sscanf(version, "%d.%d", &major, &minor) != 2 ||
		major > SCHEMA_MAJOR || (major == SCHEMA_MAJOR && minor > SCHEMA_MINOR))
		refuse_schema_version(ws, version);
}

static int64
microseconds(const char *text)
{
	Interval   *span = DatumGetIntervalP(DirectFunctionCall3(interval_in,
															 CStringGetDatum(text),
															 ObjectIdGetDatum(InvalidOid),
															 Int32GetDatum(-1)));

	double		total = span->time +
		((double) span->month * DAYS_PER_MONTH + span->day) * USECS_PER_DAY;

	/* longer than time itself is long enough */
	return total < 2e18 ? (int64) total : INT64CONST(2000000000000000000);
}

static void
load_setting(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	char	   *name = column_text(tuple, desc, 1);
	char	   *value = column_text(tuple, desc, 2);
	bool		truth = value != NULL && strcmp(value, "true") == 0;

	if (strcmp(name, "schema_version") == 0)
		check_schema_version(loading->ws, value);
	else if (strcmp(name, "transition_mode") == 0 && value)
		rules->mode = strcmp(value, "observe") == 0 ? SMK_OBSERVE :
			strcmp(value, "step") == 0 ? SMK_STEP : SMK_ENFORCE;
	else if (strcmp(name, "require_actor") == 0)
		rules->require_actor = truth;
	else if (strcmp(name, "on_duplicate") == 0)
		rules->allow_duplicates = value && strcmp(value, "allow") == 0;
	else if (strcmp(name, "live") == 0)
		rules->live = value == NULL || truth;
	else if (strcmp(name, "notify") == 0)
		rules->notify = truth;
	else if (strcmp(name, "max_backdate") == 0 && value)
		rules->max_backdate = microseconds(value);
	else if (strcmp(name, "fallback_owner") == 0)
		rules->fallback_owner = value;
	else if (strcmp(name, "entry_stage") == 0 && value)
		rules->entry_stage = value;
	else if (strcmp(name, "deal_open_stage") == 0 && value)
		rules->deal_open_stage = value;
	else if (strcmp(name, "deal_won_stage") == 0 && value)
		rules->deal_won_stage = value;
	else if (strcmp(name, "deal_lost_stage") == 0 && value)
		rules->deal_lost_stage = value;
	MemoryContextSwitchTo(old);
}

static void
load_stage(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkStage   *stage = smk_append((void **) &rules->stages, &rules->nstages, sizeof(SmkStage));

	stage->name = column_text(tuple, desc, 1);
	stage->position = column_int(tuple, desc, 2);
	stage->department = department_of(column_text(tuple, desc, 3));
	stage->kind = stage_kind_of(column_text(tuple, desc, 4));
	stage->pauses_clocks = column_bool(tuple, desc, 5);
	MemoryContextSwitchTo(old);
}

static void
load_kind(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkActivityKind *kind = smk_append((void **) &rules->kinds, &rules->nkinds, sizeof(SmkActivityKind));

	kind->name = column_text(tuple, desc, 1);
	kind->department = department_of(column_text(tuple, desc, 2));
	kind->is_touch = column_bool(tuple, desc, 3);
	kind->is_attempt = column_bool(tuple, desc, 4);
	kind->is_contact = column_bool(tuple, desc, 5);
	MemoryContextSwitchTo(old);
}

static Bitmapset *
kinds_of_array(SmkRules *rules, Datum array)
{
	Bitmapset  *set = NULL;
	Datum	   *names;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		int			kind = nulls[i] ? -1 : smk_kind_of_datum(rules, names[i]);

		if (kind < 0)
			continue;
		set = bms_add_member(set, kind);
		rules->kinds[kind].moves = true;
	}
	return set;
}

/* False where the row names a stage that is not there, as on a subscriber that is being filled. */
static bool
stage_of_column(const SmkRules *rules, HeapTuple tuple, TupleDesc desc, int attnum, int *stage)
{
	char	   *name = column_text(tuple, desc, attnum);

	*stage = name == NULL ? SMK_NO_STAGE : smk_stage_find(rules, name, strlen(name));
	return name == NULL || *stage != SMK_NO_STAGE;
}

static void
load_transition(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkTransition *transition = palloc0(sizeof(SmkTransition));
	bool		isnull;
	Datum		kinds;

	if (!stage_of_column(rules, tuple, desc, 1, &transition->from) ||
		!stage_of_column(rules, tuple, desc, 2, &transition->to) ||
		transition->to == SMK_NO_STAGE)
	{
		MemoryContextSwitchTo(old);
		return;
	}
	transition->condition = column_condition(loading, tuple, desc, 3);
	transition->automatic_when = column_condition(loading, tuple, desc, 4);
	transition->department = department_of(column_text(tuple, desc, 5));
	transition->reason_kind = column_text(tuple, desc, 6);
	kinds = SPI_getbinval(tuple, desc, 7, &isnull);
	if (!isnull)
		transition->automatic_on = kinds_of_array(rules, kinds);
	if (transition->automatic_when.present || transition->automatic_on != NULL)
		rules->moves_automatically = true;
	rules->transitions[(transition->from + 1) * rules->nstages + transition->to] = transition;
	MemoryContextSwitchTo(old);
}

static void
load_reason(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkReason  *reason = smk_append((void **) &rules->reasons, &rules->nreasons, sizeof(SmkReason));

	reason->name = column_text(tuple, desc, 1);
	reason->kind = column_text(tuple, desc, 2);
	reason->outcome = outcome_of(column_text(tuple, desc, 3));
	reason->needs_note = column_bool(tuple, desc, 4);
	MemoryContextSwitchTo(old);
}

static void
load_persona(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkPersona *persona = smk_append((void **) &rules->personas, &rules->npersonas, sizeof(SmkPersona));

	persona->name = column_text(tuple, desc, 1);
	persona->condition = column_condition(loading, tuple, desc, 2);
	MemoryContextSwitchTo(old);
}

static void
load_member(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkMember  *member = smk_append((void **) &rules->members, &rules->nmembers, sizeof(SmkMember));

	member->name = column_text(tuple, desc, 1);
	member->service = strcmp(column_text(tuple, desc, 2), "service") == 0;
	member->department = department_of(column_text(tuple, desc, 3));
	member->team = column_text(tuple, desc, 4);
	member->db_role = column_text(tuple, desc, 5);
	member->active = column_bool(tuple, desc, 6);
	member->weight = column_float(tuple, desc, 7);
	member->capacity = column_int(tuple, desc, 8);
	member->calendar = column_text(tuple, desc, 9);
	member->team_calendar = column_text(tuple, desc, 10);
	MemoryContextSwitchTo(old);
}

static void
load_absence(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkAbsence *absence = smk_append((void **) &rules->absences, &rules->nabsences, sizeof(SmkAbsence));
	bool		isnull;

	absence->member = smk_member_find(rules, column_text(tuple, desc, 1));
	absence->from = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 2, &isnull));
	absence->to = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 3, &isnull));
	MemoryContextSwitchTo(old);
}

static void
load_routing_rule(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkRules   *rules = loading->rules;
	MemoryContext old = MemoryContextSwitchTo(rules->context);
	SmkRoutingRule *rule = smk_append((void **) &rules->routing_rules, &rules->nrouting_rules,
									  sizeof(SmkRoutingRule));

	rule->condition = column_condition(loading, tuple, desc, 1);
	rule->team = column_text(tuple, desc, 2);
	rule->least_open = strcmp(column_text(tuple, desc, 3), "least_open") == 0;
	rule->position = column_int(tuple, desc, 4);
	MemoryContextSwitchTo(old);
}

static void
load_consumer(HeapTuple tuple, TupleDesc desc, void *arg)
{
	((Loading *) arg)->rules->has_consumers = true;
}

/* ---------- the whole ---------- */

static void
load(Loading *loading, const char *text, SmkRowCallback callback)
{
	smk_read_rows(loading->ws, text, loading->snapshot, callback, loading);
}

static void
load_tables(Loading *loading)
{
	SmkRules   *rules = loading->rules;

	load(loading, "SELECT name, value OPERATOR(pg_catalog.#>>) '{}' FROM %s.setting", load_setting);
	load(loading, "SELECT name, position, department, kind, pauses_clocks FROM %s.stage ORDER BY position, name COLLATE pg_catalog.\"C\"",
		 load_stage);
	rules->transitions = MemoryContextAllocZero(rules->context,
												(rules->nstages + 1) * Max(rules->nstages, 1) *
												sizeof(SmkTransition *));
	load(loading, "SELECT name, department, is_touch, is_attempt, is_contact FROM %s.activity_kind", load_kind);
	load(loading, "SELECT from_stage, to_stage, condition, automatic_when, department, reason_kind, automatic_on"
		 " FROM %s.transition", load_transition);
	load(loading, "SELECT name, kind, outcome, needs_note FROM %s.reason ORDER BY name COLLATE pg_catalog.\"C\"", load_reason);
	load(loading, "SELECT name, condition FROM %s.persona ORDER BY position, name COLLATE pg_catalog.\"C\"", load_persona);
	load(loading, "SELECT m.name, m.kind, m.department, m.team, m.db_role, m.active, m.weight::pg_catalog.float8,"
		 " COALESCE(m.capacity, -1), m.calendar, t.calendar FROM %s.member AS m"
		 " LEFT JOIN %s.team AS t ON t.name OPERATOR(pg_catalog.=) m.team"
		 " ORDER BY m.name COLLATE pg_catalog.\"C\"", load_member);
	load(loading, "SELECT member, COALESCE(pg_catalog.lower(during), '-infinity'),"
		 " COALESCE(pg_catalog.upper(during), 'infinity') FROM %s.absence"
		 " WHERE NOT pg_catalog.upper(during) OPERATOR(pg_catalog.<) pg_catalog.now()"
		 " OR pg_catalog.upper_inf(during)", load_absence);
	load(loading, "SELECT condition, team, method, position FROM %s.routing_rule ORDER BY position, id",
		 load_routing_rule);
	load(loading, "SELECT FROM %s.event_consumer LIMIT 1", load_consumer);
}

static void
refuse_lead_column(const SmkWorkspace *ws, const LeadColumn *column, Oid type)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_WORKSPACE),
			 OidIsValid(type) ?
			 errmsg("column \"%s\" of table \"lead\" of workspace \"%s\" is of type %s, not %s", column->name,
					ws->name, format_type_be(type), format_type_be(column->type)) :
			 errmsg("table \"lead\" of workspace \"%s\" has no column \"%s\"", ws->name, column->name),
			 OidIsValid(type) ?
			 errhint("Give the column its type back; conditions and columns of your own may be of any type.") :
			 errhint("Give the column its name back, or add it again as the manual describes it."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, "lead"),
			 err_generic_string(PG_DIAG_COLUMN_NAME, column->name)));
}

static void
find_lead_columns(const SmkWorkspace *ws, SmkRules *rules, TupleDesc desc)
{
	rules->natts = desc->natts;
	for (int column = 0; column < SMK_LEAD_COLUMNS; column++)
	{
		const LeadColumn *wanted = &lead_columns[column];

		for (int i = 0; i < desc->natts; i++)
		{
			Form_pg_attribute att = TupleDescAttr(desc, i);

			if (att->attisdropped || strcmp(NameStr(att->attname), wanted->name) != 0)
				continue;
			if (!smk_type_fits(att->atttypid, wanted->type))
				refuse_lead_column(ws, wanted, att->atttypid);
			rules->lead[column] = att->attnum;
		}
		if (rules->lead[column] == 0)
			refuse_lead_column(ws, wanted, InvalidOid);
	}
}

SmkRules *
smk_rules_load(SmkWorkspace *ws)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "smarketing rules",
												  ALLOCSET_SMALL_SIZES);
	SmkRules   *rules = MemoryContextAllocZero(context, sizeof(SmkRules));
	Loading		loading = {ws, rules, NULL, NULL};
	Relation	lead = relation_open(ws->tables[SMK_TABLE_LEAD], AccessShareLock);

	rules->context = context;
	rules->live = true;
	rules->max_backdate = USECS_PER_DAY;
	rules->entry_stage = "lead";
	rules->deal_open_stage = "opportunity";
	rules->deal_won_stage = "customer";
	rules->deal_lost_stage = "closed_lost";
	loading.lead = RelationGetDescr(lead);
	find_lead_columns(ws, rules, loading.lead);
	loading.snapshot = RegisterSnapshot(smk_latest_snapshot());
	load_tables(&loading);
	rules->scoring = smk_scoring_load(ws, rules, loading.lead, loading.snapshot);
	rules->sla = smk_sla_rules_load(ws, rules, loading.lead, loading.snapshot);
	UnregisterSnapshot(loading.snapshot);
	relation_close(lead, AccessShareLock);

	/* complete: from now on it lives until it is replaced */
	MemoryContextSetParent(context, CacheMemoryContext);
	return rules;
}

/* ---------- look-ups ---------- */

int
smk_stage_find(const SmkRules *rules, const char *name, int len)
{
	for (int i = 0; i < rules->nstages; i++)
	{
		if (strncmp(rules->stages[i].name, name, len) == 0 && rules->stages[i].name[len] == '\0')
			return i;
	}
	return SMK_NO_STAGE;
}

int
smk_stage_of_datum(const SmkRules *rules, Datum name)
{
	text	   *t = DatumGetTextPP(name);

	return smk_stage_find(rules, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
}

const SmkReason *
smk_reason_find(const SmkRules *rules, const char *name)
{
	for (int i = 0; i < rules->nreasons; i++)
	{
		if (strcmp(rules->reasons[i].name, name) == 0)
			return &rules->reasons[i];
	}
	return NULL;
}

const SmkMember *
smk_member_find(const SmkRules *rules, const char *name)
{
	int			low = 0;
	int			high = rules->nmembers - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = strcmp(name, rules->members[middle].name);

		if (order == 0)
			return &rules->members[middle];
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return NULL;
}

int
smk_kind_of_datum(const SmkRules *rules, Datum name)
{
	text	   *t = DatumGetTextPP(name);
	char	   *data = VARDATA_ANY(t);
	int			len = VARSIZE_ANY_EXHDR(t);

	for (int i = 0; i < rules->nkinds; i++)
	{
		if (strncmp(rules->kinds[i].name, data, len) == 0 && rules->kinds[i].name[len] == '\0')
			return i;
	}
	return -1;
}

bool
smk_rule_holds(const SmkRuleCondition *condition, const Datum *values, const bool *nulls)
{
	return condition->compiled != NULL &&
		smk_condition_holds(condition->compiled, values, nulls);
}
