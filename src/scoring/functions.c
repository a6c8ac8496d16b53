/*
 * functions.c
 *		Scores for SQL: of any row of a workspace's lead table, at any time.
 *
 * A lead that is current is read from its state; one that is stale, or a time
 * before the state's, from the activities that the caller may see.  So the
 * same row gives the same score whichever way it is computed.
 */
#include "scoring/recompute.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* What one call site remembers, in fn_extra. */
typedef struct Scorer
{
	Oid			typid;
	SmkWorkspace *ws;			/* entries of that cache are never removed */
	int			natts;
	SmkLead		lead;			/* room for a row */
	const SmkRules *rules;		/* of the present call only */
} Scorer;

/* ---------- the row ---------- */

static void
refuse_row(Oid typid)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("a score is that of a row of a workspace's lead table, not of type %s",
					format_type_be(typid)),
			 errhint("Pass the table's alias, as in SELECT smarketing.lead_score(l) FROM crm.lead AS l.")));
}

static SmkWorkspace *
workspace_of_type(Oid typid)
{
	Oid			relid = get_typ_typrelid(typid);
	char	   *name = OidIsValid(relid) ? get_rel_name(relid) : NULL;
	SmkWorkspace *ws;

	if (name == NULL || strcmp(name, "lead") != 0 ||
		!OidIsValid(get_relname_relid("scoring_rule", get_rel_namespace(relid))))
		refuse_row(typid);
	ws = smk_workspace_by_schema(get_rel_namespace(relid));
	if (ws->tables[SMK_TABLE_LEAD] != relid)
		refuse_row(typid);
	return ws;
}

/* anyelement may be anything at all: only a row has a header to look into. */
static Scorer *
new_scorer(FmgrInfo *flinfo)
{
	Oid			typid = get_fn_expr_argtype(flinfo, 0);

	if (OidIsValid(typid) && !type_is_rowtype(getBaseType(typid)))
		refuse_row(typid);
	return flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(Scorer));
}

static Scorer *
scorer_of(FmgrInfo *flinfo, HeapTupleHeader row)
{
	Scorer	   *scorer = flinfo->fn_extra;
	Oid			typid = HeapTupleHeaderGetTypeId(row);

	if (scorer->typid != typid)
	{
		scorer->typid = InvalidOid;
		scorer->ws = workspace_of_type(typid);
		scorer->typid = typid;
	}
	scorer->rules = smk_rules(scorer->ws);
	if (scorer->natts < scorer->rules->natts)
	{
		scorer->lead.values = MemoryContextAlloc(flinfo->fn_mcxt, sizeof(Datum) * scorer->rules->natts);
		scorer->lead.nulls = MemoryContextAlloc(flinfo->fn_mcxt, sizeof(bool) * scorer->rules->natts);
		scorer->natts = scorer->rules->natts;
	}
	return scorer;
}

static Scorer *
scorer_of_call(FunctionCallInfo fcinfo)
{
	HeapTupleHeader row;
	Scorer	   *scorer;

	if (fcinfo->flinfo->fn_extra == NULL)
		new_scorer(fcinfo->flinfo);
	row = PG_GETARG_HEAPTUPLEHEADER(0);
	scorer = scorer_of(fcinfo->flinfo, row);
	smk_row_columns(HeapTupleHeaderGetDatum(row), scorer->rules->scoring->lead,
					scorer->lead.values, scorer->lead.nulls);
	return scorer;
}

/* For a function of two arguments that returns a set; NULL: it is empty, one of them is null. */
static Scorer *
scorer_of_set(FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
	return PG_ARGISNULL(0) || PG_ARGISNULL(1) ? NULL : scorer_of_call(fcinfo);
}

static bool
is_excluded(const Scorer *scorer)
{
	return !smk_lead_null(scorer->rules, &scorer->lead, SMK_LEAD_EXCLUDED);
}

/* ---------- activities, as the caller sees them ---------- */

typedef struct Seen
{
	const Scorer *scorer;
	SmkEngagement engagement;
	double	   *points;
	Datum	   *values;
	bool	   *nulls;
	struct Explanation *explanation;	/* or NULL */
} Seen;

static void explain_activity(Seen *seen, Datum id, TimestampTz at, int kind);

/* One activity: id, at, kind, row */
static void
see_activity(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Seen	   *seen = arg;
	const SmkRules *rules = seen->scorer->rules;
	Datum		values[4];
	bool		nulls[4];
	TimestampTz at;
	int			kind;

	heap_deform_tuple(tuple, desc, values, nulls);
	at = DatumGetTimestampTz(values[1]);
	kind = smk_kind_of_datum(rules, values[2]);
	if (kind < 0)
		return;
	if (!nulls[3])
		smk_row_columns(values[3], rules->scoring->activity, seen->values, seen->nulls);
	if (seen->explanation != NULL)
		explain_activity(seen, values[0], at, kind);
	if (smk_activity_points(rules->scoring, kind, seen->values, seen->nulls, seen->points))
		smk_points_add(rules->scoring, &seen->engagement, seen->points, at, 1);
}

/* Everything up to an instant; what was purged is part of it from its own instant on. */
static SmkEngagement
read_activities(const Scorer *scorer, TimestampTz at, struct Explanation *explanation)
{
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID, TEXTARRAYOID, TEXTARRAYOID};
	const SmkRules *rules = scorer->rules;
	SmkEngagement purged = smk_lead_purged(rules, &scorer->lead);
	SmkStatement statement = {0};
	Datum		values[4];
	Seen		seen = {0};

	seen.scorer = scorer;
	seen.explanation = explanation;
	seen.engagement = smk_no_engagement(rules->scoring, at);
	seen.points = palloc(sizeof(double) * Max(rules->scoring->nslots, 1));
	seen.values = palloc(sizeof(Datum) * rules->scoring->activity->natts);
	seen.nulls = palloc(sizeof(bool) * rules->scoring->activity->natts);
	values[0] = smk_lead_value(rules, &scorer->lead, SMK_LEAD_ID);
	values[1] = TimestampTzGetDatum(at);
	values[2] = smk_scored_kinds(rules, true);
	values[3] = smk_scored_kinds(rules, false);
	statement.text = "SELECT a.id, a.at, a.kind,"
		" CASE WHEN a.kind OPERATOR(pg_catalog.=) ANY ($3) THEN a END"
		" FROM %s.activity AS a WHERE a.lead_id OPERATOR(pg_catalog.=) $1"
		" AND a.at OPERATOR(pg_catalog.<=) $2 AND a.kind OPERATOR(pg_catalog.=) ANY ($4)"
		" ORDER BY a.at, a.id";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.as_caller = true;
	statement.read_only = true;
	statement.callback = see_activity;
	statement.arg = &seen;
	if (!smk_lead_null(rules, &scorer->lead, SMK_LEAD_ID))
		smk_run(scorer->ws, SMK_BY_CLIENT, NULL, &statement);
	if (purged.sums != NULL && purged.at <= at)
		smk_engagement_add(rules->scoring, &seen.engagement, &purged, 1);
	return seen.engagement;
}

static double
engagement_of(const Scorer *scorer, TimestampTz at)
{
	const SmkRules *rules = scorer->rules;
	SmkEngagement engagement;

	if (is_excluded(scorer))
		return 0;
	if (!smk_lead_stale(rules, &scorer->lead))
	{
		engagement = smk_lead_engagement(rules, &scorer->lead);
		if (at >= engagement.at)
			return smk_engagement_at(rules->scoring, &engagement, at);
	}
	engagement = read_activities(scorer, at, NULL);
	return smk_engagement_at(rules->scoring, &engagement, at);
}

static double
fit_of(const Scorer *scorer)
{
	return is_excluded(scorer) ? 0 :
		smk_fit(scorer->rules->scoring, scorer->lead.values, scorer->lead.nulls);
}

/* ---------- scores ---------- */

PG_FUNCTION_INFO_V1(smk_fit_score);
PG_FUNCTION_INFO_V1(smk_engagement_score);
PG_FUNCTION_INFO_V1(smk_lead_score);
PG_FUNCTION_INFO_V1(smk_lead_band);

Datum
smk_fit_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(fit_of(scorer_of_call(fcinfo)));
}

Datum
smk_engagement_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(engagement_of(scorer_of_call(fcinfo), PG_GETARG_TIMESTAMPTZ(1)));
}

Datum
smk_lead_score(PG_FUNCTION_ARGS)
{
	const Scorer *scorer = scorer_of_call(fcinfo);

	PG_RETURN_FLOAT8(fit_of(scorer) + engagement_of(scorer, PG_GETARG_TIMESTAMPTZ(1)));
}

Datum
smk_lead_band(PG_FUNCTION_ARGS)
{
	const Scorer *scorer = scorer_of_call(fcinfo);
	const SmkBand *band;

	if (is_excluded(scorer))
		PG_RETURN_NULL();
	band = smk_band(scorer->rules->scoring, fit_of(scorer), engagement_of(scorer, PG_GETARG_TIMESTAMPTZ(1)));
	if (band == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(band->name));
}

/* ---------- explain_score ---------- */

typedef struct Explanation
{
	const SmkScoring *scoring;
	ReturnSetInfo *result;
	TimestampTz at;
} Explanation;

typedef struct ExplainedRow
{
	const SmkCategory *category;
	const char *rule;
	Datum		activity_id;
	bool		has_activity;
	TimestampTz at;
	bool		has_at;
	double		points;
	double		decayed;
	double		contribution;
} ExplainedRow;

static void
explain_row(const Explanation *explanation, const ExplainedRow *row)
{
	Datum		values[8];
	bool		nulls[8] = {0};

	values[0] = CStringGetTextDatum(row->category->fit ? "fit" : "engagement");
	values[1] = CStringGetTextDatum(row->category->name);
	values[2] = CStringGetTextDatum(row->rule);
	values[3] = row->activity_id;
	nulls[3] = !row->has_activity;
	values[4] = TimestampTzGetDatum(row->at);
	nulls[4] = !row->has_at;
	values[5] = Float8GetDatum(row->points);
	values[6] = Float8GetDatum(row->decayed);
	values[7] = Float8GetDatum(row->contribution);
	tuplestore_putvalues(explanation->result->setResult, explanation->result->setDesc, values, nulls);
}

/* What a clamp takes away or adds. */
static void
explain_cap(const Explanation *explanation, const SmkCategory *category, double sum)
{
	ExplainedRow row = {0};

	if (smk_clamp(category, sum) == sum)
		return;
	row.category = category;
	row.rule = "(cap)";
	row.points = row.decayed = row.contribution = smk_clamp(category, sum) - sum;
	explain_row(explanation, &row);
}

static void
explain_fit(const Explanation *explanation, const SmkLead *lead)
{
	const SmkScoring *scoring = explanation->scoring;
	const SmkScoringRule *rule = scoring->rules;

	for (int i = 0; i < scoring->ncategories; i++)
	{
		const SmkCategory *category = &scoring->categories[i];
		double		sum = 0;

		for (; rule < scoring->rules + scoring->nrules && rule->category == category; rule++)
		{
			ExplainedRow row = {0};

			if (!category->fit || !smk_rule_gives(rule, lead->values, lead->nulls))
				continue;
			row.category = category;
			row.rule = rule->name;
			row.points = row.decayed = row.contribution = rule->points;
			explain_row(explanation, &row);
			sum += rule->points;
		}
		if (category->fit)
			explain_cap(explanation, category, sum);
	}
}

static void
explain_activity(Seen *seen, Datum id, TimestampTz at, int kind)
{
	const Explanation *explanation = seen->explanation;
	const SmkKindRules *rules = &explanation->scoring->kinds[kind];

	for (int i = 0; i < rules->nrules; i++)
	{
		const SmkScoringRule *rule = rules->rules[i];
		ExplainedRow row = {0};

		if (!smk_rule_gives(rule, seen->values, seen->nulls))
			continue;
		row.category = rule->category;
		row.rule = rule->name;
		row.activity_id = id;
		row.has_activity = row.has_at = true;
		row.at = at;
		row.points = rule->points;
		row.decayed = row.contribution = rule->points *
			smk_decay(rule->category->half_life, at, explanation->at);
		explain_row(explanation, &row);
	}
}

static void
explain_purged(const Explanation *explanation, const SmkEngagement *purged)
{
	for (int i = 0; i < explanation->scoring->ncategories; i++)
	{
		const SmkCategory *category = &explanation->scoring->categories[i];
		ExplainedRow row = {0};

		if (category->fit || purged->sums[category->slot - 1] == 0)
			continue;
		row.category = category;
		row.rule = "(purged)";
		row.at = purged->at;
		row.has_at = true;
		row.points = purged->sums[category->slot - 1];
		row.decayed = row.contribution = row.points *
			smk_decay(category->half_life, purged->at, explanation->at);
		explain_row(explanation, &row);
	}
}

PG_FUNCTION_INFO_V1(smk_explain_score);

Datum
smk_explain_score(PG_FUNCTION_ARGS)
{
	const Scorer *scorer = scorer_of_set(fcinfo);
	const SmkRules *rules;
	Explanation explanation = {0};
	SmkEngagement engagement;
	SmkEngagement purged;

	if (scorer == NULL)
		return (Datum) 0;
	rules = scorer->rules;
	explanation.scoring = rules->scoring;
	explanation.result = (ReturnSetInfo *) fcinfo->resultinfo;
	explanation.at = PG_GETARG_TIMESTAMPTZ(1);
	if (is_excluded(scorer))
		return (Datum) 0;
	explain_fit(&explanation, &scorer->lead);
	engagement = read_activities(scorer, explanation.at, &explanation);
	purged = smk_lead_purged(rules, &scorer->lead);
	if (purged.sums != NULL && purged.at <= explanation.at)
		explain_purged(&explanation, &purged);
	for (int i = 0; i < rules->scoring->ncategories; i++)
	{
		const SmkCategory *category = &rules->scoring->categories[i];

		if (!category->fit)
			explain_cap(&explanation, category, engagement.sums[category->slot - 1]);
	}
	return (Datum) 0;
}

/* ---------- missing_for ---------- */

typedef struct Missing
{
	const Scorer *scorer;
	SmkLead		lead;			/* the row with its scores of now */
	ReturnSetInfo *result;
} Missing;

static void
add_missing(const Missing *missing, const char *condition, const char *column,
			const char *found, const char *needed)
{
	const char *texts[4] = {condition, column, found, needed};
	Datum		values[4];
	bool		nulls[4];

	for (int i = 0; i < 4; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = texts[i] ? CStringGetTextDatum(texts[i]) : (Datum) 0;
	}
	tuplestore_putvalues(missing->result->setResult, missing->result->setDesc, values, nulls);
}

/* The end of a quoted string that begins here, past its closing quote. */
static const char *
skip_string(const char *c)
{
	for (c++; *c != '\0' && *c != '"'; c++)
	{
		if (*c == '\\' && c[1] != '\0')
			c++;
	}
	return *c == '"' ? c + 1 : c;
}

/* Is the whole text one pair of parentheses? */
static bool
is_wrapped(const char *text, int length)
{
	int			depth = 0;

	if (length < 2 || text[0] != '(')
		return false;
	for (const char *c = text; c < text + length;)
	{
		if (*c == '"')
		{
			c = skip_string(c);
			continue;
		}
		if (*c == '(')
			depth++;
		else if (*c == ')' && --depth == 0)
			return c == text + length - 1;
		c++;
	}
	return false;
}

/*
 * The && at the outermost level of what jsonpath's output function wrote, or
 * NULL: there, binary operators stand in parentheses and between blanks.
 */
static const char *
find_and(const char *text, int length)
{
	int			depth = 0;

	for (const char *c = text; c < text + length;)
	{
		if (*c == '"')
		{
			c = skip_string(c);
			continue;
		}
		if (*c == '(')
			depth++;
		else if (*c == ')')
			depth--;
		else if (depth == 0 && strncmp(c, " && ", 4) == 0)
			return c;
		c++;
	}
	return NULL;
}

/* Names of the columns that a condition reads, for people. */
static char *
columns_of(const Missing *missing, const SmkCondition *condition)
{
	TupleDesc	desc = missing->scorer->rules->scoring->lead;
	StringInfoData buf;
	int			attnum = -1;

	initStringInfo(&buf);
	while ((attnum = bms_next_member(smk_condition_columns(condition), attnum)) >= 0)
		appendStringInfo(&buf, "%s%s", buf.len ? ", " : "", NameStr(TupleDescAttr(desc, attnum - 1)->attname));
	return buf.data;
}

/* "column is value": the value alone, where there is but one column. */
static char *
found_of(const Missing *missing, const SmkCondition *condition, const char *columns)
{
	char	   *text = smk_condition_values(condition, missing->lead.values, missing->lead.nulls);
	int			length = strlen(columns);

	if (strncmp(text, columns, length) == 0 && strncmp(text + length, " is ", 4) == 0)
		return text + length + 4;
	return text;
}

/*
 * What is needed, for a comparison of one column with a number: the operator
 * and the number, and for a score the points that it is short of.
 */
static char *
needed_of(const Missing *missing, const char *text, const char *columns)
{
	static const SmkLeadColumn scores[] = {SMK_LEAD_FIT, SMK_LEAD_ENGAGEMENT, SMK_LEAD_SCORE};
	static const char *const names[] = {"fit", "engagement", "score"};
	const SmkRules *rules = missing->scorer->rules;
	char	   *head = psprintf("$.\"%s\" ", columns);
	double		goal;

	if (strncmp(text, head, strlen(head)) != 0 || strstr(text + strlen(head), "&&") != NULL)
		return pstrdup(text);
	text += strlen(head);
	if (strchr("=!<>", *text) == NULL)
		return pstrdup(text);
	for (int i = 0; i < (int) lengthof(scores); i++)
	{
		double		value = DatumGetFloat8(smk_lead_value(rules, &missing->lead, scores[i]));

		if (strcmp(names[i], columns) == 0 && *text == '>' &&
			sscanf(text + strcspn(text, " "), "%lf", &goal) == 1 && goal > value)
			return psprintf("%s (%.4g points short)", text, goal - value);
	}
	return pstrdup(text);
}

static void
explain_part(const Missing *missing, const char *part)
{
	SmkConditionProblem problem = {0};
	JsonPath   *path = DatumGetJsonPathP(DirectFunctionCall1(jsonpath_in, CStringGetDatum(part)));
	SmkCondition *condition = smk_condition_compile(path, missing->scorer->rules->scoring->lead, &problem);
	char	   *columns;

	if (condition == NULL)
	{
		add_missing(missing, part, problem.column, NULL, problem.message);
		return;
	}
	if (smk_condition_holds(condition, missing->lead.values, missing->lead.nulls))
		return;
	columns = columns_of(missing, condition);
	add_missing(missing, part, columns, found_of(missing, condition, columns),
				needed_of(missing, part, columns));
}

/* Each part of a conjunction that does not hold. */
static void
explain_condition(const Missing *missing, const char *text)
{
	int			length = strlen(text);
	const char *and;

	if (strncmp(text, "strict ", 7) == 0)
	{
		explain_part(missing, text);
		return;
	}
	while (is_wrapped(text, length))
	{
		text++;
		length -= 2;
	}
	and = find_and(text, length);
	if (and == NULL)
	{
		explain_part(missing, pnstrdup(text, length));
		return;
	}
	explain_condition(missing, pnstrdup(text, and - text));
	explain_condition(missing, pnstrdup(and + 4, length - (and + 4 - text)));
}

static char *
kinds_that_move(const SmkRules *rules, const SmkTransition *transition)
{
	StringInfoData buf;
	int			kind = -1;

	initStringInfo(&buf);
	while ((kind = bms_next_member(transition->automatic_on, kind)) >= 0)
		appendStringInfo(&buf, "%s%s", buf.len ? " or " : "", rules->kinds[kind].name);
	return buf.data;
}

static char *
stages_before(const SmkRules *rules, int to)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int from = 0; from < rules->nstages; from++)
	{
		if (smk_transition(rules, from, to) != NULL)
			appendStringInfo(&buf, "%s%s", buf.len ? ", " : "", rules->stages[from].name);
	}
	return buf.data;
}

static void
explain_transition(const Missing *missing, const SmkTransition *transition)
{
	const SmkRules *rules = missing->scorer->rules;
	const SmkRuleCondition *when = &transition->automatic_when;
	SmkLead		goal = missing->lead;
	Missing		at_goal = *missing;

	if (!when->present && transition->automatic_on == NULL)
	{
		const char *department = smk_department_name(transition->department);

		add_missing(missing, NULL, "stage", smk_lead_text(rules, &missing->lead, SMK_LEAD_STAGE),
					department ? psprintf("a move by hand, by %s", department) : "a move by hand");
	}
	else if (!when->present)
		add_missing(missing, NULL, NULL, NULL, psprintf("an activity of kind %s", kinds_that_move(rules, transition)));
	else if (smk_rule_holds(when, missing->lead.values, missing->lead.nulls))
		add_missing(missing, when->text, NULL, "holds already, which makes no move",
					transition->automatic_on == NULL ? "that it becomes true" :
					psprintf("that it becomes true, or an activity of kind %s", kinds_that_move(rules, transition)));
	else
		explain_condition(missing, when->text);
	if (!transition->condition.present)
		return;
	/* the condition of a move reads the lead in the stage that it goes to */
	goal = smk_lead_copy(rules, &goal);
	smk_lead_value(rules, &goal, SMK_LEAD_STAGE) = CStringGetTextDatum(rules->stages[transition->to].name);
	at_goal.lead = goal;
	explain_condition(&at_goal, transition->condition.text);
}

/* The row as the guard would see it now. */
static SmkLead
lead_of_now(const Scorer *scorer, TimestampTz now)
{
	const SmkRules *rules = scorer->rules;
	SmkLead		lead = scorer->lead;
	double		engagement = engagement_of(scorer, now);

	smk_set_persona(rules, &lead);
	smk_set_scores(rules, &lead, fit_of(scorer), engagement);
	return lead;
}

PG_FUNCTION_INFO_V1(smk_missing_for);

/* missing_for(lead anyelement, to_stage text) returns table (condition, column_name, found, needed) */
Datum
smk_missing_for(PG_FUNCTION_ARGS)
{
	const Scorer *scorer = scorer_of_set(fcinfo);
	const SmkRules *rules;
	const SmkTransition *transition;
	Missing		missing = {0};
	int			from;
	int			to;

	if (scorer == NULL)
		return (Datum) 0;
	rules = scorer->rules;
	missing.scorer = scorer;
	missing.result = (ReturnSetInfo *) fcinfo->resultinfo;
	missing.lead = lead_of_now(scorer, GetCurrentTransactionStartTimestamp());
	to = smk_stage_of_datum(rules, PG_GETARG_DATUM(1));
	if (to == SMK_NO_STAGE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("stage \"%s\" does not exist", text_to_cstring(PG_GETARG_TEXT_PP(1))),
				 errhint("See table stage.")));
	if (is_excluded(scorer))
		add_missing(&missing, NULL, "excluded", smk_lead_text(rules, &missing.lead, SMK_LEAD_EXCLUDED), "null");
	from = smk_lead_null(rules, &missing.lead, SMK_LEAD_STAGE) ? SMK_NO_STAGE :
		smk_stage_of_datum(rules, smk_lead_value(rules, &missing.lead, SMK_LEAD_STAGE));
	transition = from == SMK_NO_STAGE ? NULL : smk_transition(rules, from, to);
	if (transition == NULL)
		add_missing(&missing, NULL, "stage", smk_lead_text(rules, &missing.lead, SMK_LEAD_STAGE),
					psprintf("one of: %s", stages_before(rules, to)));
	else
		explain_transition(&missing, transition);
	return (Datum) 0;
}
