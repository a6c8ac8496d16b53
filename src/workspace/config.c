/*
 * config.c
 *		The triggers on configuration tables: a rule is checked when it is
 *		written, every session hears of it, and the change is kept.
 */
#include "lifecycle/actor.h"
#include "lifecycle/trigger.h"
#include "scoring/scoring.h"
#include "working_hours/working_hours.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/jsonpath.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

static void
refuse(Relation rel, const char *column, char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SMK_CONFIGURATION),
			 errmsg("%s", message),
			 hint ? errhint("%s", hint) : 0,
			 err_generic_string(PG_DIAG_SCHEMA_NAME, get_namespace_name(RelationGetNamespace(rel))),
			 err_generic_string(PG_DIAG_TABLE_NAME, RelationGetRelationName(rel)),
			 column ? err_generic_string(PG_DIAG_COLUMN_NAME, column) : 0));
}

static char *
text_column(HeapTuple tuple, TupleDesc desc, const char *name)
{
	int			attnum = SPI_fnumber(desc, name);

	return attnum > 0 ? SPI_getvalue(tuple, desc, attnum) : NULL;
}

/* BEFORE ROW comes before the NOT NULL constraints: any column may be null. */
static bool
column_is(HeapTuple tuple, TupleDesc desc, const char *name, const char *value)
{
	char	   *found = text_column(tuple, desc, name);

	return found != NULL && strcmp(found, value) == 0;
}

/* ---------- conditions ---------- */

/*
 * What the guard computes, in this order: a persona's condition comes before
 * all of it, a fit rule's after the persona.
 */
static const char *const computed[] = {
	"persona", "fit", "engagement", "engagement_state", "engagement_purged", "engagement_purged_at",
	"engagement_at", "score_generation", "score", "band"
};

static void
refuse_computed_columns(Relation rel, const char *column, SmkCondition *condition, TupleDesc rows)
{
	const char *table = RelationGetRelationName(rel);
	bool		persona = strcmp(table, "persona") == 0;

	if (!persona && strcmp(table, "scoring_rule") != 0)
		return;
	for (int i = persona ? 0 : 1; i < (int) lengthof(computed); i++)
	{
		int			attnum = SPI_fnumber(rows, computed[i]);

		if (attnum > 0 && bms_is_member(attnum, smk_condition_columns(condition)))
			refuse(rel, column, psprintf("a %s condition cannot read \"%s\"",
										 persona ? "persona's" : "fit rule's", computed[i]),
				   persona ? "It is computed after the persona." : "It is computed after the fit.");
	}
}

static void
refuse_points(Relation rel, const char *column, SmkCondition *condition, TupleDesc rows)
{
	int			attnum = SPI_fnumber(rows, "points");

	if (attnum > 0 && bms_is_member(attnum, smk_condition_columns(condition)))
		refuse(rel, column, pstrdup("an engagement rule's condition cannot read \"points\""),
			   "It is what the rule gives.");
}

/* Is it a rule over activities? */
static bool
judges_activities(Relation rel, HeapTuple tuple)
{
	return strcmp(RelationGetRelationName(rel), "scoring_rule") == 0 &&
		text_column(tuple, RelationGetDescr(rel), "activity_kind") != NULL;
}

static void
check_condition(Relation rel, HeapTuple tuple, int attnum, Oid rows_relid)
{
	Relation	rows = relation_open(rows_relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	const char *column = NameStr(TupleDescAttr(desc, attnum - 1)->attname);
	SmkConditionProblem problem = {0};
	SmkCondition *condition;
	bool		isnull;
	Datum		value = heap_getattr(tuple, attnum, desc, &isnull);

	if (!isnull)
	{
		condition = smk_condition_compile(DatumGetJsonPathP(value), RelationGetDescr(rows), &problem);
		if (condition == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SMK_CONFIGURATION),
					 errmsg("%s", problem.message),
					 problem.detail ? errdetail("%s", problem.detail) :
					 errdetail("The condition is %s.", SPI_getvalue(tuple, desc, attnum)),
					 problem.hint ? errhint("%s", problem.hint) : 0,
					 err_generic_string(PG_DIAG_SCHEMA_NAME, get_namespace_name(RelationGetNamespace(rel))),
					 err_generic_string(PG_DIAG_TABLE_NAME, RelationGetRelationName(rel)),
					 err_generic_string(PG_DIAG_COLUMN_NAME, column)));
		if (judges_activities(rel, tuple))
			refuse_points(rel, column, condition, RelationGetDescr(rows));
		else
			refuse_computed_columns(rel, column, condition, RelationGetDescr(rows));
	}
	relation_close(rows, AccessShareLock);
}

static void
check_conditions(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	Oid			rows = get_relname_relid(judges_activities(rel, tuple) ? "activity" : "lead",
										 RelationGetNamespace(rel));

	if (!OidIsValid(rows))
		return;					/* the recorder will say so */
	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped && TupleDescAttr(desc, i)->atttypid == JSONPATHOID)
			check_condition(rel, tuple, i + 1, rows);
	}
}

/* ---------- settings ---------- */

typedef struct Setting
{
	Relation	rel;
	const char *name;
	char	   *text;			/* the value: a JSON string's content, else its JSON; NULL for null */
	bool		is_string;
} Setting;

typedef struct KnownSetting
{
	const char *name;
	void		(*check) (const Setting *setting);
	const char *const *choices;
} KnownSetting;

static void
refuse_setting(const Setting *setting, char *message, const char *hint)
{
	refuse(setting->rel, "value", message, hint);
}

static char *
name_list(const char *const *names)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; names[i] != NULL; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "", names[i]);
	return list.data;
}

static void
check_choice(const Setting *setting, const char *const *choices)
{
	for (int i = 0; choices[i] != NULL; i++)
	{
		if (setting->text != NULL && strcmp(setting->text, choices[i]) == 0)
			return;
	}
	refuse_setting(setting, psprintf("setting %s cannot be %s", setting->name,
									 setting->text ? setting->text : "null"),
				   psprintf("It is one of: %s.", name_list(choices)));
}

/* An interval, or NULL where the text is none. */
static Interval *
try_interval(char *text)
{
	Interval   *volatile span = NULL;
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		span = DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(text),
													 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	}
	PG_CATCH();
	{
		/* interval_in leaves nothing behind that a subtransaction would have to undo */
		MemoryContextSwitchTo(caller);
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return span;
}

static void
check_span(const Setting *setting)
{
	Interval	zero = {0};
	Interval   *span = setting->is_string ? try_interval(setting->text) : NULL;

	if (span == NULL)
		refuse_setting(setting, psprintf("setting %s must be an interval", setting->name), "Say \"1 day\".");
	if (DatumGetInt32(DirectFunctionCall2(interval_cmp, IntervalPGetDatum(span),
										  IntervalPGetDatum(&zero))) < 0)
		refuse_setting(setting, psprintf("setting %s cannot be negative", setting->name), "Say \"1 day\".");
}

/*
 * What attribution() takes: days of 24 hours, so no months; and not so many
 * that one cannot reckon back from any date.
 */
static void
check_days(const Setting *setting)
{
	Interval   *span = setting->is_string ? try_interval(setting->text) : NULL;
	double		days = span ? span->day + span->time / (double) USECS_PER_DAY : 0;

	if (span == NULL || span->month != 0 || !(days > 0 && days <= 100 * DAYS_PER_YEAR))
		refuse_setting(setting, psprintf("setting %s must be a number of days or hours", setting->name),
					   "Say \"90 days\"; it may be up to 100 years, and has no months.");
}

static void
check_zone(const Setting *setting)
{
	pg_tz	   *zone = setting->is_string ? pg_tzset(setting->text) : NULL;

	if (zone == NULL || !pg_tz_acceptable(zone))
		refuse_setting(setting, psprintf("time zone \"%s\" does not exist",
										 setting->text ? setting->text : "null"), "See pg_timezone_names.");
}

/* A day of the week as ISO numbers them, Monday is 1. */
static void
check_weekday(const Setting *setting)
{
	const char *text = setting->text;

	if (text == NULL || strlen(text) != 1 || text[0] < '1' || text[0] > '7')
		refuse_setting(setting, psprintf("setting %s must be a day of the week", setting->name),
					   "Say 1 for Monday, 7 for Sunday.");
}

/* What ISO 4217 could list: views compare it with deals' currencies, letter by letter. */
static void
check_currency(const Setting *setting)
{
	if (!setting->is_string || strlen(setting->text) != 3 ||
		strspn(setting->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		refuse_setting(setting, psprintf("setting %s must be a currency's code", setting->name),
					   "Say three capital letters, as in \"EUR\".");
}

/* The member, or nobody: routing passes over who is not of sales. */
static void
check_sales_member(const Setting *setting)
{
	const SmkMember *member;

	if (setting->text == NULL)
		return;
	member = setting->is_string ? smk_member_find(smk_rules(smk_workspace_of(setting->rel)), setting->text) : NULL;
	if (member == NULL || member->department != SMK_SALES)
		refuse_setting(setting, psprintf("setting %s names \"%s\", who is no member of sales",
										 setting->name, setting->text), "Name a member of sales, or say null.");
}

/* Which stages there are is known at commit, see problems_text. */
static void
check_stage_name(const Setting *setting)
{
	if (!setting->is_string)
		refuse_setting(setting, psprintf("setting %s must be the name of a stage", setting->name),
					   "See table stage.");
}

static const char *const modes[] = {"enforce", "step", "observe", NULL};
static const char *const truths[] = {"true", "false", NULL};
static const char *const duplicates[] = {"refuse", "allow", NULL};
static const char *const policies[] = {"accept", "recycle", "escalate", NULL};
static const char *const languages[] = {"en", "pt", "es", "it", NULL};

/* All settings that there are: what reads one reads it from here on. */
static const KnownSetting known_settings[] = {
	{"attribution_half_life", check_days, NULL},
	{"attribution_lookback", check_days, NULL},
	{"currency", check_currency, NULL},
	{"deal_lost_stage", check_stage_name, NULL},
	{"deal_open_stage", check_stage_name, NULL},
	{"deal_won_stage", check_stage_name, NULL},
	{"entry_stage", check_stage_name, NULL},
	{"fallback_owner", check_sales_member, NULL},
	{"handoff_policy", NULL, policies},
	{"language", NULL, languages},
	{"live", NULL, truths},
	{"max_backdate", check_span, NULL},
	{"notify", NULL, truths},
	{"on_duplicate", NULL, duplicates},
	{"require_actor", NULL, truths},
	{"schema_version", NULL, NULL},	/* judged where it is read */
	{"timezone", check_zone, NULL},
	{"transition_mode", NULL, modes},
	{"week_starts_on", check_weekday, NULL},
};

static void
refuse_unknown_setting(Relation rel, const char *name)
{
	const char *names[lengthof(known_settings) + 1] = {NULL};

	for (int i = 0; i < (int) lengthof(known_settings); i++)
		names[i] = known_settings[i].name;
	refuse(rel, "name", psprintf("setting \"%s\" does not exist", name),
		   psprintf("Settings are: %s.", name_list(names)));
}

static void
read_value(Setting *setting, Jsonb *value)
{
	JsonbValue	scalar;

	setting->is_string = JB_ROOT_IS_SCALAR(value) &&
		JsonbExtractScalar(&value->root, &scalar) && scalar.type == jbvString;
	if (setting->is_string)
		setting->text = pnstrdup(scalar.val.string.val, scalar.val.string.len);
	else if (!JB_ROOT_IS_SCALAR(value) || scalar.type != jbvNull)
		setting->text = JsonbToCString(NULL, &value->root, VARSIZE(value));
}

static const KnownSetting *
find_setting(const char *name)
{
	for (int i = 0; i < (int) lengthof(known_settings); i++)
	{
		if (name != NULL && strcmp(known_settings[i].name, name) == 0)
			return &known_settings[i];
	}
	return NULL;
}

static void
check_setting(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	Setting		setting = {rel, text_column(tuple, desc, "name"), NULL, false};
	const KnownSetting *known = find_setting(setting.name);
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, SPI_fnumber(desc, "value"), &isnull);

	if (setting.name == NULL)
		return;					/* the column's own constraint says it */
	if (known == NULL)
		refuse_unknown_setting(rel, setting.name);
	if (!isnull)
		read_value(&setting, DatumGetJsonbP(value));
	if (known->choices != NULL)
		check_choice(&setting, known->choices);
	if (known->check != NULL)
		known->check(&setting);
}

/* What reads a setting counts on its row. */
static void
keep_setting(Relation rel, HeapTuple tuple)
{
	char	   *name = text_column(tuple, RelationGetDescr(rel), "name");

	if (find_setting(name) != NULL)
		refuse(rel, "name", psprintf("setting \"%s\" cannot be deleted", name), "UPDATE its value.");
}

/* ---------- single tables ---------- */

/* Shares of the round robin are computed in floating point. */
static void
check_weight(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, SPI_fnumber(desc, "weight"), &isnull);
	double		weight = isnull ? 1 : DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));

	if (!(weight >= 1e-6 && weight <= 1e6))
		refuse(rel, "weight", pstrdup("weight is out of range"), "It is a share, from 0.000001 to 1000000.");
}

static void
check_member(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);

	if (text_column(tuple, desc, "db_role") == NULL &&
		(column_is(tuple, desc, "kind", "service") ||
		 column_is(tuple, desc, "department", "operations")))
		refuse(rel, "db_role",
			   psprintf("member \"%s\" needs a db_role", text_column(tuple, desc, "name")),
			   "A service, or a member of operations, may do more than a label may claim: name the database role that it connects as.");
	check_weight(rel, tuple);
}

static void
check_transition(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);

	if (text_column(tuple, desc, "reason_kind") != NULL &&
		(text_column(tuple, desc, "automatic_when") != NULL ||
		 text_column(tuple, desc, "automatic_on") != NULL))
		refuse(rel, "automatic_when", pstrdup("an automatic move cannot need a reason"),
			   "Nobody is there to give it: leave reason_kind or automatic_when empty.");
}

static void
check_calendar(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	char	   *hours = text_column(tuple, desc, "hours");
	SmkHoursProblem problem = {0};

	if (hours != NULL && smk_working_hours_parse(hours, &problem) == (Datum) 0)
		refuse(rel, "hours", psprintf("calendar \"%s\": %s", text_column(tuple, desc, "name"), problem.message),
			   problem.hint);
}

/* ---------- commitments ---------- */

static const char *const event_names[] = {
	"handoff:offered", "handoff:accepted", "handoff:rejected", "handoff:decided", "handoff:returned",
	"touch", "attempt", "contact", "feedback", "deal:won", "deal:lost", "follow_up_due", NULL
};

static void
check_event(Relation rel, const char *column, const char *event)
{
	SmkWorkspace *ws = smk_workspace_of(rel);
	const SmkRules *rules = smk_rules(ws);

	for (int i = 0; event_names[i] != NULL; i++)
	{
		if (strcmp(event, event_names[i]) == 0)
			return;
	}
	if (strncmp(event, "stage:", 6) == 0 && smk_stage_find(rules, event + 6, strlen(event + 6)) != SMK_NO_STAGE)
		return;
	if (strncmp(event, "activity:", 9) == 0)
	{
		for (int i = 0; i < rules->nkinds; i++)
		{
			if (strcmp(rules->kinds[i].name, event + 9) == 0)
				return;
		}
	}
	refuse(rel, column, psprintf("\"%s\" is no event that a clock knows", event),
		   "Say stage:<name>, handoff:offered, handoff:accepted, handoff:rejected, handoff:decided, handoff:returned, touch, attempt, contact, activity:<kind>, feedback, deal:won, deal:lost or follow_up_due.");
}

static void
need(Relation rel, HeapTuple tuple, const char *kind, const char *column)
{
	if (text_column(tuple, RelationGetDescr(rel), column) == NULL)
		refuse(rel, column, psprintf("a commitment of kind %s needs %s", kind, column), NULL);
}

static void
check_within(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, SPI_fnumber(desc, "within"), &isnull);
	bool		day_end = strcmp(text_column(tuple, desc, "counted"), "working_day_end") == 0;
	Interval   *within = isnull ? NULL : DatumGetIntervalP(value);

	if (within == NULL)
		return;
	if (within->month != 0 || within->time < 0 || within->day < 0)
		refuse(rel, "within", pstrdup("within is no negative time and has no months"),
			   "Say it in hours; in days where counted is working_day_end.");
	if (day_end && within->time != 0)
		refuse(rel, "within", pstrdup("within is whole working days where counted is working_day_end"),
			   "Leave it out for the same day, or say \"2 days\".");
	if (!day_end && within->day != 0 &&
		strcmp(text_column(tuple, desc, "counted"), "working") == 0)
		refuse(rel, "within", pstrdup("within is working time and has no days"),
			   "How long is a day? Say it in hours, or count to the working_day_end.");
}

static void
check_released(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, SPI_fnumber(desc, "released_on"), &isnull);
	Datum	   *names;
	bool	   *nulls;
	int			n;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			check_event(rel, "released_on", TextDatumGetCString(names[i]));
	}
}

static void
check_commitment(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	char	   *kind = text_column(tuple, desc, "kind");
	char	   *starts_on = text_column(tuple, desc, "starts_on");
	char	   *ends_on = text_column(tuple, desc, "ends_on");

	if (starts_on != NULL)
		check_event(rel, "starts_on", starts_on);
	if (ends_on != NULL)
		check_event(rel, "ends_on", ends_on);
	check_released(rel, tuple);
	check_within(rel, tuple);
	if (strcmp(kind, "response") == 0)
	{
		need(rel, tuple, kind, "starts_on");
		need(rel, tuple, kind, "ends_on");
		if (strcmp(text_column(tuple, desc, "counted"), "working_day_end") != 0)
			need(rel, tuple, kind, "within");
		return;
	}
	need(rel, tuple, kind, "target");
	need(rel, tuple, kind, "per");
	if (strcmp(kind, "volume") == 0)
	{
		need(rel, tuple, kind, "stage");
		return;
	}
	need(rel, tuple, kind, "basis_stage");
	need(rel, tuple, kind, "direction");
	if (ends_on == NULL || strcmp(ends_on, "handoff:rejected") != 0)
		need(rel, tuple, kind, "stage");
}

typedef struct StageUse
{
	char	   *user;
} StageUse;

static void
keep_user(HeapTuple tuple, TupleDesc desc, void *arg)
{
	StageUse   *use = arg;

	use->user = MemoryContextStrdup(TopTransactionContext, SPI_getvalue(tuple, desc, 1));
}

/* Stage names cannot change, nor stages go, while leads stand in them. */
static void
check_stage_use(Relation rel, HeapTuple old, HeapTuple new)
{
	static const Oid types[] = {TEXTOID};
	TupleDesc	desc = RelationGetDescr(rel);
	char	   *name = text_column(old, desc, "name");
	Datum		value = CStringGetTextDatum(name);
	SmkStatement statement = {0};
	StageUse	use = {NULL};

	if (new != NULL && column_is(new, desc, "name", name))
		return;
	statement.text = "SELECT l.id::pg_catalog.text FROM %s.lead AS l"
		" WHERE l.stage OPERATOR(pg_catalog.=) $1 LIMIT 1";
	statement.nargs = 1;
	statement.types = types;
	statement.values = &value;
	statement.latest_snapshot = true;
	statement.callback = keep_user;
	statement.arg = &use;
	smk_run(smk_workspace_of(rel), SMK_BY_CLIENT, NULL, &statement);
	if (use.user != NULL)
		refuse(rel, "name",
			   psprintf("stage \"%s\" is in use, by lead %s", name, use.user),
			   new ? "Change its label; names stay." : "Move the leads out of it first.");
}

PG_FUNCTION_INFO_V1(smk_config_guard);

/* BEFORE ROW on a configuration table: what can be known of one row. */
Datum
smk_config_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "config_guard", true, true);
	Relation	rel = data->tg_relation;
	const char *table = RelationGetRelationName(rel);
	bool		delete = TRIGGER_FIRED_BY_DELETE(data->tg_event);
	HeapTuple	tuple = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;

	if (strcmp(table, "stage") == 0 && !TRIGGER_FIRED_BY_INSERT(data->tg_event))
		check_stage_use(rel, data->tg_trigtuple, delete ? NULL : tuple);
	smk_scoring_check(rel, TRIGGER_FIRED_BY_INSERT(data->tg_event) ? NULL : data->tg_trigtuple,
					  delete ? NULL : tuple);
	if (delete && strcmp(table, "setting") == 0)
		keep_setting(rel, tuple);
	if (delete)
		return PointerGetDatum(tuple);
	check_conditions(rel, tuple);
	if (strcmp(table, "setting") == 0)
		check_setting(rel, tuple);
	else if (strcmp(table, "member") == 0)
		check_member(rel, tuple);
	else if (strcmp(table, "transition") == 0)
		check_transition(rel, tuple);
	else if (strcmp(table, "calendar") == 0)
		check_calendar(rel, tuple);
	else if (strcmp(table, "commitment") == 0)
		check_commitment(rel, tuple);
	return PointerGetDatum(tuple);
}

/* ---------- the whole configuration, at commit ---------- */

static const char *const problems_text =
"WITH RECURSIVE reached (name) AS ("
"SELECT to_stage FROM %s.transition WHERE from_stage IS NULL"
" UNION SELECT t.to_stage FROM %s.transition AS t JOIN reached AS r"
" ON t.from_stage OPERATOR(pg_catalog.=) r.name)"
" SELECT pg_catalog.format('nothing leads to stage \"%%s\"', s.name),"
" 'Add a transition to it, from another stage or as an entry (from_stage null).', 'transition'"
" FROM %s.stage AS s WHERE NOT EXISTS (SELECT FROM reached AS r WHERE r.name OPERATOR(pg_catalog.=) s.name)"
" UNION ALL SELECT pg_catalog.format('no reason is of kind %%s, which the move from \"%%s\" to \"%%s\" needs',"
" t.reason_kind, t.from_stage, t.to_stage), 'Add one to table reason.', 'reason' FROM %s.transition AS t"
" WHERE t.reason_kind IS NOT NULL AND NOT EXISTS (SELECT FROM %s.reason AS r"
" WHERE r.kind OPERATOR(pg_catalog.=) t.reason_kind)"
" UNION ALL SELECT pg_catalog.format('automatic_on names activity kind \"%%s\", which does not exist', k.name),"
" 'Insert it into table activity_kind first.', 'transition' FROM %s.transition AS t"
" CROSS JOIN LATERAL pg_catalog.unnest(t.automatic_on) AS k (name)"
" WHERE NOT EXISTS (SELECT FROM %s.activity_kind AS a WHERE a.name OPERATOR(pg_catalog.=) k.name)"
" UNION ALL SELECT pg_catalog.format('setting %%s names stage \"%%s\", which does not exist', x.name,"
" x.value OPERATOR(pg_catalog.#>>) '{}'), 'See table stage.', 'setting' FROM %s.setting AS x"
" WHERE x.name OPERATOR(pg_catalog.=) ANY (ARRAY['entry_stage', 'deal_open_stage', 'deal_won_stage',"
" 'deal_lost_stage']) AND NOT EXISTS (SELECT FROM %s.stage AS s WHERE s.name OPERATOR(pg_catalog.=)"
" (x.value OPERATOR(pg_catalog.#>>) '{}'))"
" UNION ALL SELECT pg_catalog.format('no lead can be in score band \"%%s\", since \"%%s\" before it asks for no more',"
" b.name, a.name), 'Put the band that asks for more first.', 'score_band'"
" FROM %s.score_band AS a JOIN %s.score_band AS b ON a.position OPERATOR(pg_catalog.<) b.position"
" OR a.position OPERATOR(pg_catalog.=) b.position AND a.name COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.<) b.name COLLATE pg_catalog.\"C\""
" WHERE COALESCE(a.min_fit, '-infinity') OPERATOR(pg_catalog.<=) COALESCE(b.min_fit, '-infinity')"
" AND COALESCE(a.min_engagement, '-infinity') OPERATOR(pg_catalog.<=) COALESCE(b.min_engagement, '-infinity')"
" AND COALESCE(a.min_score, '-infinity') OPERATOR(pg_catalog.<=) COALESCE(b.min_score, '-infinity')"
" ORDER BY 1 LIMIT 1";

static void
refuse_problem(HeapTuple tuple, TupleDesc desc, void *arg)
{
	const SmkWorkspace *ws = arg;

	ereport(ERROR,
			(errcode(ERRCODE_SMK_CONFIGURATION),
			 errmsg("%s", SPI_getvalue(tuple, desc, 1)),
			 errhint("%s", SPI_getvalue(tuple, desc, 2)),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, ws->name),
			 err_generic_string(PG_DIAG_TABLE_NAME, SPI_getvalue(tuple, desc, 3))));
}

PG_FUNCTION_INFO_V1(smk_config_checked);

/* A deferred constraint trigger: what can only be known of all rows together. */
Datum
smk_config_checked(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "config_checked", true, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);
	SmkStatement statement = {0};

	statement.text = problems_text;
	statement.latest_snapshot = true;
	statement.callback = refuse_problem;
	statement.arg = ws;
	smk_run(ws, SMK_BY_CLIENT, NULL, &statement);
	return PointerGetDatum(NULL);
}

/* ---------- changes ---------- */

PG_FUNCTION_INFO_V1(smk_config_changed);

/*
 * AFTER ROW, ENABLE ALWAYS, so that a subscriber's sessions hear of it too:
 * the message goes out at commit, and is taken back with the transaction.
 */
Datum
smk_config_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "config_changed", true, false);

	smk_workspace_changed(RelationGetNamespace(data->tg_relation));
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(smk_config_truncated);

/* BEFORE TRUNCATE: no row trigger would see what goes. */
Datum
smk_config_truncated(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "config_truncated", false, true);

	refuse(data->tg_relation, NULL,
		   psprintf("table \"%s\" cannot be truncated", RelationGetRelationName(data->tg_relation)),
		   "DELETE its rows: each change of the configuration is kept.");
	return PointerGetDatum(NULL);
}

/* The row's primary key, for people: its first column, or what a move is known by. */
static char *
key_of(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	char	   *from;

	if (strcmp(RelationGetRelationName(rel), "transition") != 0)
		return SPI_getvalue(tuple, desc, 1);
	from = text_column(tuple, desc, "from_stage");
	return psprintf("%s -> %s", from ? from : "(entry)", text_column(tuple, desc, "to_stage"));
}

static Datum
row_as_json(HeapTuple tuple, TupleDesc desc)
{
	return DirectFunctionCall1(row_to_json, heap_copy_tuple_as_datum(tuple, desc));
}

PG_FUNCTION_INFO_V1(smk_config_audit);

/* AFTER ROW: the change goes to config_change, as the tables' owner. */
Datum
smk_config_audit(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, TEXTOID, JSONOID, JSONOID, TEXTOID, TEXTOID};
	TriggerData *data = smk_trigger_data(fcinfo, "config_audit", true, false);
	Relation	rel = data->tg_relation;
	TupleDesc	desc = RelationGetDescr(rel);
	SmkWorkspace *ws = smk_workspace_of(rel);
	SmkActor	actor = smk_actor(ws, smk_rules(ws));
	const char *reason = GetConfigOption("smarketing.change_reason", true, false);
	HeapTuple	new = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple :
		TRIGGER_FIRED_BY_INSERT(data->tg_event) ? data->tg_trigtuple : NULL;
	HeapTuple	old = TRIGGER_FIRED_BY_INSERT(data->tg_event) ? NULL : data->tg_trigtuple;
	Datum		values[6];
	char		nulls[7] = "      ";
	SmkStatement statement = {0};

	values[0] = CStringGetTextDatum(RelationGetRelationName(rel));
	values[1] = CStringGetTextDatum(key_of(rel, new ? new : old));
	values[2] = old ? row_as_json(old, desc) : (Datum) 0;
	nulls[2] = old ? ' ' : 'n';
	values[3] = new ? row_as_json(new, desc) : (Datum) 0;
	nulls[3] = new ? ' ' : 'n';
	values[4] = actor.member ? CStringGetTextDatum(actor.member->name) : (Datum) 0;
	nulls[4] = actor.member ? ' ' : 'n';
	values[5] = reason && reason[0] ? CStringGetTextDatum(reason) : (Datum) 0;
	nulls[5] = reason && reason[0] ? ' ' : 'n';
	statement.text = "INSERT INTO %s.config_change (table_name, key, old, new, actor, reason)"
		" VALUES ($1, $2, $3::pg_catalog.jsonb, $4::pg_catalog.jsonb, $5, $6)";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.nulls = nulls;
	smk_run(ws, SMK_BY_LEAD, NULL, &statement);
	return PointerGetDatum(NULL);
}

/* ---------- history and outbox ---------- */

PG_FUNCTION_INFO_V1(smk_append_only);

/* BEFORE UPDATE, DELETE or TRUNCATE of history: refused, to its owner too. */
Datum
smk_append_only(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "append_only", false, true);
	Relation	rel = data->tg_relation;

	if (smk_cause(smk_workspace_of(rel))->origin == SMK_BY_ERASURE)
		return PointerGetDatum(NULL);
	ereport(ERROR,
			(errcode(ERRCODE_SMK_APPEND_ONLY),
			 errmsg("table \"%s\" is append-only", RelationGetRelationName(rel)),
			 errdetail("It keeps what has happened."),
			 errhint("What identifies a person is removed by smarketing.erase_lead()."),
			 errtable(rel)));
	return PointerGetDatum(NULL);
}

static void
deliver(SmkWorkspace *ws, TriggerData *data)
{
	static const SmkBatchColumn columns[] = {{"id", INT8OID}, {"kind", TEXTOID}};
	SmkBatch   *batch = smk_batch_create("smk_event", columns, lengthof(columns));
	int			id = smk_column(data->tg_relation, "id", INT8OID);
	int			kind = smk_column(data->tg_relation, "kind", TEXTOID);
	TupleTableSlot *slot = smk_rows_begin(data->tg_relation, data->tg_newtable);
	SmkStatement statement = {0};

	while (smk_next_row(data->tg_newtable, slot))
	{
		Datum		values[2] = {slot->tts_values[id - 1], slot->tts_values[kind - 1]};
		bool		nulls[2] = {false, false};

		smk_batch_add(batch, values, nulls);
	}
	ExecDropSingleTupleTableSlot(slot);
	statement.text = "INSERT INTO %s.event_delivery (consumer, event_id)"
		" SELECT c.name, e.id FROM %s.event_consumer AS c JOIN smk_event AS e"
		" ON c.kinds IS NULL OR e.kind OPERATOR(pg_catalog.=) ANY (c.kinds)";
	statement.batches[0] = batch;
	smk_run(ws, SMK_BY_LEAD, NULL, &statement);
	smk_batch_end(batch);
}

PG_FUNCTION_INFO_V1(smk_event_recorder);

/* AFTER INSERT on event: one delivery for each consumer that wants it. */
Datum
smk_event_recorder(PG_FUNCTION_ARGS)
{
	TriggerData *data = smk_trigger_data(fcinfo, "event_recorder", false, false);
	SmkWorkspace *ws = smk_workspace_of(data->tg_relation);
	const SmkRules *rules = smk_rules(ws);

	if (smk_no_rows(data->tg_newtable))
		return PointerGetDatum(NULL);
	if (rules->notify)
		Async_Notify("smarketing", ws->name);
	if (rules->has_consumers)
		deliver(ws, data);
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(smk_erase_history);

/* UPDATE … SET each column = NULL: what the rules have made of them stays. */
static char *
erasing_text(ArrayType *columns)
{
	StringInfoData buf;
	Datum	   *names;
	bool	   *nulls;
	int			n;

	deconstruct_array(columns, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	initStringInfo(&buf);
	appendStringInfoString(&buf, "UPDATE %s.lead SET do_not_contact = true");
	for (int i = 0; i < n; i++)
	{
		char	   *name = nulls[i] ? NULL : TextDatumGetCString(names[i]);

		appendStringInfoString(&buf, ", ");
		for (const char *c = name ? quote_identifier(name) : "\"\""; *c; c++)
			appendStringInfo(&buf, *c == '%' ? "%%%c" : "%c", *c);
		appendStringInfoString(&buf, " = NULL");
	}
	appendStringInfoString(&buf, " WHERE id OPERATOR(pg_catalog.=) $1");
	return buf.data;
}

/*
 * erase_history(workspace, lead, columns): nulls columns of a lead and the free
 * text about it in its history.  Called by erase_lead, which checks who may.
 */
Datum
smk_erase_history(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {INT8OID};
	SmkWorkspace *ws = smk_owned_workspace(PG_GETARG_TEXT_PP(0));
	Datum		lead = PG_GETARG_DATUM(1);
	SmkStatement statement = {0};

	statement.nargs = 1;
	statement.types = types;
	statement.values = &lead;
	statement.text = erasing_text(PG_GETARG_ARRAYTYPE_P(2));
	statement.once = true;
	smk_run(ws, SMK_BY_ERASURE, NULL, &statement);
	statement.once = false;
	statement.text = "UPDATE %s.activity SET properties = NULL"
		" WHERE lead_id OPERATOR(pg_catalog.=) $1 AND properties IS NOT NULL";
	smk_run(ws, SMK_BY_ERASURE, NULL, &statement);
	statement.text = "UPDATE %s.stage_change SET note = NULL"
		" WHERE lead_id OPERATOR(pg_catalog.=) $1 AND note IS NOT NULL";
	smk_run(ws, SMK_BY_ERASURE, NULL, &statement);
	statement.text = "UPDATE %s.handoff SET note = NULL"
		" WHERE lead_id OPERATOR(pg_catalog.=) $1 AND note IS NOT NULL";
	smk_run(ws, SMK_BY_ERASURE, NULL, &statement);
	PG_RETURN_VOID();
}
