/*
 * rescore.c
 *		Whole workspaces: rescore, purge of old activities, the what-if, and
 *		the proof that stored scores are what the activities give.
 */
#include "scoring/recompute.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define BATCH_LEADS 10000
#define PROGRESS_SECONDS 5

/* Leads by ranges of their ids. */
typedef struct Walk
{
	SmkWorkspace *ws;
	const SmkRules *rules;
	int64		from;			/* next id */
	int64		to;				/* last id */
	int64		ids[BATCH_LEADS];
	int			n;
	int64		done;
	TimestampTz reported;
	MemoryContext context;		/* of a batch */
	HTAB	   *leads;
} Walk;

static void
keep_id(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Walk	   *walk = arg;
	bool		isnull;

	walk->ids[walk->n++] = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
}

/* The next batch of ids, which text selects by $1 to $2 (and locks); false: none. */
static bool
next_batch(Walk *walk, const char *text, int nargs, Datum *values)
{
	static const Oid types[] = {INT8OID, INT8OID, TIMESTAMPTZOID};
	SmkStatement statement = {0};

	CHECK_FOR_INTERRUPTS();
	values[0] = Int64GetDatum(walk->from);
	values[1] = Int64GetDatum(walk->to);
	walk->n = 0;
	statement.text = text;
	statement.nargs = nargs;
	statement.types = types;
	statement.values = values;
	statement.callback = keep_id;
	statement.arg = walk;
	if (walk->from > walk->to || smk_run(walk->ws, SMK_BY_SCORE, NULL, &statement) == 0)
		return false;
	walk->from = walk->ids[walk->n - 1];
	if (walk->from == PG_INT64_MAX)
		walk->to = PG_INT64_MIN;
	else
		walk->from++;
	return true;
}

static Walk *
begin_walk(SmkWorkspace *ws, int64 from, int64 to)
{
	Walk	   *walk = palloc0(sizeof(Walk));

	walk->ws = ws;
	walk->rules = smk_rules(ws);
	walk->from = from;
	walk->to = to;
	walk->reported = GetCurrentTimestamp();
	walk->context = AllocSetContextCreate(CurrentMemoryContext, "smarketing batch of leads",
										  ALLOCSET_DEFAULT_SIZES);
	return walk;
}

/* Now and then, for who waits. */
static void
report_progress(Walk *walk)
{
	TimestampTz now = GetCurrentTimestamp();

	if (!TimestampDifferenceExceeds(walk->reported, now, PROGRESS_SECONDS * 1000))
		return;
	walk->reported = now;
	ereport(NOTICE,
			(errmsg(INT64_FORMAT " leads done, up to id " INT64_FORMAT, walk->done,
					walk->ids[walk->n - 1])));
}

static int64
rescore_range(SmkWorkspace *ws, int64 from, int64 to)
{
	Walk	   *walk;
	Datum		values[2];

	smk_pin(ws);
	walk = begin_walk(ws, from, to);
	while (next_batch(walk, "SELECT l.id FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.>=) $1"
					  " AND l.id OPERATOR(pg_catalog.<=) $2 AND l.excluded IS NULL"
					  " ORDER BY l.id LIMIT 10000 FOR NO KEY UPDATE OF l", 2, values))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->context);

		walk->leads = smk_leads_create();
		smk_recompute(ws, walk->rules, walk->leads, walk->ids, walk->n);
		smk_write_leads(ws, SMK_BY_SCORE, walk->leads, walk->ids, walk->n);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->context);
		walk->done += walk->n;
		report_progress(walk);
	}
	smk_unpin(ws);
	return walk->done;
}

PG_FUNCTION_INFO_V1(smk_rescore);

/* rescore(workspace text, from_id bigint, to_id bigint) returns bigint */
Datum
smk_rescore(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_INT64(rescore_range(smk_owned_workspace(PG_GETARG_TEXT_PP(0)),
								  PG_ARGISNULL(1) ? PG_INT64_MIN : PG_GETARG_INT64(1),
								  PG_ARGISNULL(2) ? PG_INT64_MAX : PG_GETARG_INT64(2)));
}

void
smk_score_truncated(SmkWorkspace *ws)
{
	rescore_range(ws, PG_INT64_MIN, PG_INT64_MAX);
}

PG_FUNCTION_INFO_V1(smk_scoring_generation);

/* scoring_generation(workspace text) returns bigint */
Datum
smk_scoring_generation(PG_FUNCTION_ARGS)
{
	SmkWorkspace *ws = smk_workspace_by_name(PG_GETARG_TEXT_PP(0));

	PG_RETURN_INT64(smk_rules(ws)->scoring->generation);
}

/* ---------- purge ---------- */

typedef struct Purge
{
	Walk	   *walk;
	int64		deleted;
} Purge;

/* A deleted activity: lead_id, at, points */
static void
keep_points(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Purge	   *purge = arg;
	const SmkScoring *scoring = purge->walk->rules->scoring;
	Datum		values[3];
	bool		nulls[3];
	double	   *points = palloc(sizeof(double) * Max(scoring->nslots, 1));
	SmkActivityLead *lead;

	heap_deform_tuple(tuple, desc, values, nulls);
	lead = smk_leads_enter(purge->walk->leads, DatumGetInt64(values[0]));
	if (!nulls[2] && lead->purged.sums != NULL)
	{
		smk_sums_of_datum(scoring, values[2], false, points);
		smk_points_add(scoring, &lead->purged, points, DatumGetTimestampTz(values[1]), 1);
	}
	purge->deleted++;
	pfree(points);
}

/* Where nothing that was purged gave points, the purge's own bound tells of it. */
static void
mark_purged(Walk *walk, TimestampTz before)
{
	for (int i = 0; i < walk->n; i++)
	{
		SmkEngagement *purged = &smk_leads_enter(walk->leads, walk->ids[i])->purged;

		if (TIMESTAMP_IS_NOBEGIN(purged->at))
			purged->at = Min(before, GetCurrentTransactionStartTimestamp());
	}
}

static void
purge_batch(Purge *purge, Datum before)
{
	static const Oid types[] = {INT8OID, INT8OID, TIMESTAMPTZOID};
	Walk	   *walk = purge->walk;
	SmkStatement statement = {0};
	Datum		values[3];

	/* current first, so that what is kept is what the rules of now give */
	walk->leads = smk_leads_create();
	smk_recompute(walk->ws, walk->rules, walk->leads, walk->ids, walk->n);
	smk_write_leads(walk->ws, SMK_BY_SCORE, walk->leads, walk->ids, walk->n);
	for (int i = 0; i < walk->n; i++)
		smk_leads_enter(walk->leads, walk->ids[i])->purged =
			smk_no_engagement(walk->rules->scoring, DT_NOBEGIN);
	values[0] = Int64GetDatum(walk->ids[0]);
	values[1] = Int64GetDatum(walk->ids[walk->n - 1]);
	values[2] = before;
	statement.text = "DELETE FROM %s.activity AS a WHERE a.lead_id OPERATOR(pg_catalog.>=) $1"
		" AND a.lead_id OPERATOR(pg_catalog.<=) $2 AND a.at OPERATOR(pg_catalog.<) $3"
		" RETURNING a.lead_id, a.at, a.points";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.callback = keep_points;
	statement.arg = purge;
	smk_run(walk->ws, SMK_BY_SCORE, NULL, &statement);
	mark_purged(walk, DatumGetTimestampTz(before));
	smk_write_leads(walk->ws, SMK_BY_SCORE, walk->leads, walk->ids, walk->n);
}

PG_FUNCTION_INFO_V1(smk_purge_activities);

/* purge_activities(workspace text, before timestamptz) returns bigint */
Datum
smk_purge_activities(PG_FUNCTION_ARGS)
{
	SmkWorkspace *ws = smk_owned_workspace(PG_GETARG_TEXT_PP(0));
	Datum		before = PG_GETARG_DATUM(1);
	Datum		values[3];
	Purge		purge = {NULL, 0};

	smk_pin(ws);
	purge.walk = begin_walk(ws, PG_INT64_MIN, PG_INT64_MAX);
	values[2] = before;
	while (next_batch(purge.walk, "SELECT l.id FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.>=) $1"
					  " AND l.id OPERATOR(pg_catalog.<=) $2 AND EXISTS (SELECT FROM %s.activity AS a"
					  " WHERE a.lead_id OPERATOR(pg_catalog.=) l.id AND a.at OPERATOR(pg_catalog.<) $3)"
					  " ORDER BY l.id LIMIT 1000 FOR NO KEY UPDATE OF l", 3, values))
	{
		MemoryContext old = MemoryContextSwitchTo(purge.walk->context);

		purge_batch(&purge, before);
		MemoryContextSwitchTo(old);
		MemoryContextReset(purge.walk->context);
		purge.walk->done += purge.walk->n;
		report_progress(purge.walk);
	}
	smk_unpin(ws);
	PG_RETURN_INT64(purge.deleted);
}

/* ---------- comparing stored scores with the activities ---------- */

/*
 * One batch of leads as they are stored, beside what they should be: fresh of
 * the walk's leads, at the instant of the stored scores.
 */
typedef struct Comparison
{
	Walk	   *walk;
	ReturnSetInfo *result;
	bool		diff;			/* score_diff, else score_problems */
	SmkLead    *rows;
} Comparison;

static void
keep_row(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Comparison *comparison = arg;
	Walk	   *walk = comparison->walk;
	MemoryContext old = MemoryContextSwitchTo(walk->context);
	bool		isnull;
	Datum		row = datumCopy(SPI_getbinval(tuple, desc, 1, &isnull), false, -1);
	SmkLead    *lead = &comparison->rows[walk->n];

	*lead = smk_lead_of_row(row, walk->rules->scoring->lead);
	walk->ids[walk->n++] = DatumGetInt64(smk_lead_value(walk->rules, lead, SMK_LEAD_ID));
	MemoryContextSwitchTo(old);
}

/* The instant of the scores in a row. */
static TimestampTz
scored_at(const SmkRules *rules, const SmkLead *lead)
{
	TimestampTz at = DatumGetTimestampTz(smk_lead_value(rules, lead, SMK_LEAD_UPDATED_AT));

	if (smk_lead_null(rules, lead, SMK_LEAD_ENGAGEMENT_AT))
		return at;
	return Max(at, DatumGetTimestampTz(smk_lead_value(rules, lead, SMK_LEAD_ENGAGEMENT_AT)));
}

static bool
is_close(double a, double b)
{
	return a == b || fabs(a - b) <= 1e-9 * Max(1.0, Max(fabs(a), fabs(b)));
}

static bool
same_band(const SmkRules *rules, const SmkLead *lead, const SmkBand *band)
{
	char	   *name = smk_lead_text(rules, lead, SMK_LEAD_BAND);

	return band == NULL ? name == NULL : name != NULL && strcmp(name, band->name) == 0;
}

static Datum
band_datum(const SmkBand *band, bool *isnull)
{
	*isnull = band == NULL;
	return band ? CStringGetTextDatum(band->name) : (Datum) 0;
}

static double
lead_float(const SmkRules *rules, const SmkLead *lead, SmkLeadColumn column)
{
	return DatumGetFloat8(smk_lead_value(rules, lead, column));
}

/* The stage that these scores would have moved the lead to, had they come about by a write. */
static const SmkTransition *
move_by_scores(const SmkRules *rules, const SmkLead *old, double fit, double engagement)
{
	SmkLead		new = smk_lead_copy(rules, old);
	int			stage = smk_stage_of_datum(rules, smk_lead_value(rules, old, SMK_LEAD_STAGE));

	smk_set_scores(rules, &new, fit, engagement);
	return smk_due_transition(rules, stage, old, &new, NULL);
}

/* lead_id, old_score, new_score, old_band, new_band, would_move, to_stage */
static void
report_diff(const Comparison *comparison, const SmkLead *lead, double fit, double engagement)
{
	const SmkRules *rules = comparison->walk->rules;
	const SmkBand *band = smk_band(rules->scoring, fit, engagement);
	const SmkTransition *move = move_by_scores(rules, lead, fit, engagement);
	double		old_score = lead_float(rules, lead, SMK_LEAD_SCORE);
	Datum		values[7];
	bool		nulls[7] = {0};

	if (is_close(old_score, fit + engagement) && same_band(rules, lead, band) && move == NULL)
		return;
	values[0] = smk_lead_value(rules, lead, SMK_LEAD_ID);
	values[1] = Float8GetDatum(old_score);
	values[2] = Float8GetDatum(fit + engagement);
	values[3] = smk_lead_value(rules, lead, SMK_LEAD_BAND);
	nulls[3] = smk_lead_null(rules, lead, SMK_LEAD_BAND);
	values[4] = band_datum(band, &nulls[4]);
	values[5] = BoolGetDatum(move != NULL);
	nulls[6] = move == NULL;
	values[6] = move ? CStringGetTextDatum(rules->stages[move->to].name) : (Datum) 0;
	tuplestore_putvalues(comparison->result->setResult, comparison->result->setDesc, values, nulls);
}

static void
report_problem(const Comparison *comparison, const char *check, const char *object,
			   const char *expected, const char *found)
{
	Datum		values[4];
	bool		nulls[4] = {0};

	values[0] = CStringGetTextDatum(check);
	values[1] = CStringGetTextDatum(object);
	values[2] = CStringGetTextDatum(expected);
	values[3] = CStringGetTextDatum(found);
	tuplestore_putvalues(comparison->result->setResult, comparison->result->setDesc, values, nulls);
}

static void
report_float(const Comparison *comparison, const SmkLead *lead, const char *check, double expected,
			 double found)
{
	if (is_close(expected, found))
		return;
	report_problem(comparison, check,
				   psprintf("lead " INT64_FORMAT, DatumGetInt64(smk_lead_value(comparison->walk->rules, lead, SMK_LEAD_ID))),
				   psprintf("%.15g", expected), psprintf("%.15g", found));
}

static void
report_problems(const Comparison *comparison, const SmkLead *lead, double fit, double engagement)
{
	const SmkRules *rules = comparison->walk->rules;
	const SmkBand *band = smk_band(rules->scoring, lead_float(rules, lead, SMK_LEAD_FIT),
								   lead_float(rules, lead, SMK_LEAD_ENGAGEMENT));

	report_float(comparison, lead, "fit", fit, lead_float(rules, lead, SMK_LEAD_FIT));
	report_float(comparison, lead, "engagement", engagement, lead_float(rules, lead, SMK_LEAD_ENGAGEMENT));
	report_float(comparison, lead, "score", fit + engagement, lead_float(rules, lead, SMK_LEAD_SCORE));
	if (!same_band(rules, lead, band))
	{
		char	   *found = smk_lead_text(rules, lead, SMK_LEAD_BAND);

		report_problem(comparison, "band",
					   psprintf("lead " INT64_FORMAT, DatumGetInt64(smk_lead_value(rules, lead, SMK_LEAD_ID))),
					   band ? band->name : "null", found ? found : "null");
	}
}

static void
report_points(int64 id, const double *points, const double *stored, void *arg)
{
	Comparison *comparison = arg;
	const SmkScoring *scoring = comparison->walk->rules->scoring;

	for (int i = 0; i < scoring->nslots; i++)
	{
		if (points[i] != stored[i])
			report_problem(comparison, "points", psprintf("activity " INT64_FORMAT, id),
						   psprintf("%.15g in slot %d", points[i], i + 1),
						   psprintf("%.15g in slot %d", stored[i], i + 1));
	}
}

/* The purged part counts from the instant of what was purged last. */
static double
compare_engagement(const SmkRules *rules, const SmkLead *lead, SmkEngagement *fresh)
{
	SmkEngagement purged = smk_lead_purged(rules, lead);

	if (purged.sums != NULL && purged.at <= fresh->at)
		smk_engagement_add(rules->scoring, fresh, &purged, 1);
	return smk_engagement_at(rules->scoring, fresh, fresh->at);
}

static void
compare_batch(Comparison *comparison)
{
	Walk	   *walk = comparison->walk;
	const SmkRules *rules = walk->rules;
	SmkLead    *rows = comparison->rows;

	walk->leads = smk_leads_create();
	for (int i = 0; i < walk->n; i++)
		smk_leads_enter(walk->leads, walk->ids[i])->fresh =
			smk_no_engagement(rules->scoring, scored_at(rules, &rows[i]));
	smk_compute(walk->ws, rules, walk->leads, walk->ids, walk->n,
				comparison->diff ? NULL : report_points, comparison);
	for (int i = 0; i < walk->n; i++)
	{
		SmkLead		now = rows[i];
		double		engagement = compare_engagement(rules, &rows[i],
													&smk_leads_enter(walk->leads, walk->ids[i])->fresh);
		double		fit;

		if (comparison->diff)
		{
			now = smk_lead_copy(rules, &rows[i]);
			smk_set_persona(rules, &now);
		}
		fit = smk_fit(rules->scoring, now.values, now.nulls);
		if (comparison->diff)
			report_diff(comparison, &rows[i], fit, engagement);
		else
			report_problems(comparison, &rows[i], fit, engagement);
	}
}

static void
compare(Comparison *comparison, SmkWorkspace *ws, const char *text)
{
	static const Oid types[] = {INT8OID, INT8OID};
	Walk	   *walk = begin_walk(ws, PG_INT64_MIN, PG_INT64_MAX);

	comparison->walk = walk;
	comparison->rows = palloc(sizeof(SmkLead) * BATCH_LEADS);
	for (;;)
	{
		SmkStatement statement = {0};
		Datum		values[2] = {Int64GetDatum(walk->from), Int64GetDatum(walk->rules->scoring->generation)};
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		walk->n = 0;
		statement.text = text;
		statement.nargs = lengthof(types);
		statement.types = types;
		statement.values = values;
		statement.read_only = true;
		statement.callback = keep_row;
		statement.arg = comparison;
		if (smk_run(ws, SMK_BY_SCORE, NULL, &statement) == 0)
			break;
		old = MemoryContextSwitchTo(walk->context);
		compare_batch(comparison);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->context);
		if (walk->ids[walk->n - 1] == PG_INT64_MAX)
			break;
		walk->from = walk->ids[walk->n - 1] + 1;
	}
}

/*
 * Leads as they were before this transaction: under a snapshot that sees none
 * of its own changes.  So it is all the same whether rescore() has run in it.
 */
static void
push_snapshot_before(void)
{
	PushCopiedSnapshot(GetActiveSnapshot());
	GetActiveSnapshot()->curcid = FirstCommandId;
}

PG_FUNCTION_INFO_V1(smk_score_diff);

/* score_diff(workspace text) returns table (...) */
Datum
smk_score_diff(PG_FUNCTION_ARGS)
{
	SmkWorkspace *ws = smk_owned_workspace(PG_GETARG_TEXT_PP(0));
	Comparison	comparison = {0};

	InitMaterializedSRF(fcinfo, 0);
	comparison.result = (ReturnSetInfo *) fcinfo->resultinfo;
	comparison.diff = true;
	smk_pin(ws);
	push_snapshot_before();
	compare(&comparison, ws, "SELECT l FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.>=) $1"
			" AND l.excluded IS NULL AND $2 IS NOT NULL ORDER BY l.id LIMIT 10000");
	PopActiveSnapshot();
	smk_unpin(ws);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(smk_score_problems);

/* score_problems(workspace text) returns table (check_name, object, expected, found) */
Datum
smk_score_problems(PG_FUNCTION_ARGS)
{
	SmkWorkspace *ws = smk_owned_workspace(PG_GETARG_TEXT_PP(0));
	Comparison	comparison = {0};

	InitMaterializedSRF(fcinfo, 0);
	comparison.result = (ReturnSetInfo *) fcinfo->resultinfo;
	smk_pin(ws);
	compare(&comparison, ws, "SELECT l FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.>=) $1"
			" AND l.excluded IS NULL AND l.score_generation OPERATOR(pg_catalog.=) $2"
			/* an erased lead keeps what the rules had made of it */
			" AND NOT (l.do_not_contact AND l.external_id IS NULL AND l.email IS NULL AND l.name IS NULL"
			" AND l.company IS NULL AND l.job_title IS NULL AND l.phone IS NULL) ORDER BY l.id LIMIT 10000");
	smk_unpin(ws);
	return (Datum) 0;
}
