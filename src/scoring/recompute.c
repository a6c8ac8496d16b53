/*
 * recompute.c
 *		Many leads at once: what activities give them, and their engagement
 *		computed afresh from their activities.
 *
 * Leads are locked in id order before their activities are read, so whoever
 * adds an activity at the same time waits, and adds it to what is written
 * here.  activity.points is kept to what an activity gives by the rules under
 * which its lead's state was summed up: a later DELETE subtracts just that.
 */
#include "scoring/recompute.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Leads that are recomputed together. */
#define BATCH_LEADS 5000

static const SmkBatchColumn lead_columns[] = {{"lead_id", INT8OID}};
static const SmkBatchColumn activity_columns[] = {{"id", INT8OID}, {"lead_id", INT8OID}};

typedef struct Reading
{
	const SmkRules *rules;
	HTAB	   *leads;
	bool		past;			/* only up to the instant in fresh.at */
	SmkBatch   *changed;		/* activities whose points are to be written; or NULL */
	MemoryContext row_context;
	double	   *points;
	double	   *stored;
	Datum	   *values;
	bool	   *nulls;
	SmkActivitySeen seen;
	void	   *arg;
} Reading;

/* ---------- leads by id ---------- */

HTAB *
smk_leads_create(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(SmkActivityLead);
	ctl.hcxt = CurrentMemoryContext;
	return hash_create("smarketing leads", 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

SmkActivityLead *
smk_leads_enter(HTAB *leads, int64 id)
{
	bool		found;
	SmkActivityLead *lead = hash_search(leads, &id, HASH_ENTER, &found);

	if (!found)
	{
		memset(lead, 0, sizeof(SmkActivityLead));
		lead->id = id;
	}
	return lead;
}

static int
compare_ids(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

int64 *
smk_leads_sorted(HTAB *leads)
{
	int64	   *ids = MemoryContextAllocHuge(CurrentMemoryContext,
											 sizeof(int64) * Max(hash_get_num_entries(leads), 1));
	HASH_SEQ_STATUS seq;
	SmkActivityLead *lead;
	int64		n = 0;

	hash_seq_init(&seq, leads);
	while ((lead = hash_seq_search(&seq)) != NULL)
		ids[n++] = lead->id;
	qsort(ids, n, sizeof(int64), compare_ids);
	return ids;
}

/* ---------- what activities give ---------- */

SmkEngagement
smk_no_engagement(const SmkScoring *scoring, TimestampTz at)
{
	SmkEngagement engagement;

	engagement.at = at;
	engagement.sums = palloc0(sizeof(double) * Max(scoring->nslots, 1));
	return engagement;
}

void
smk_lead_gets(const SmkRules *rules, SmkActivityLead *lead, Datum points, bool isnull,
			  TimestampTz at, double sign)
{
	const SmkScoring *scoring = rules->scoring;
	double		stack[32];
	double	   *sums = scoring->nslots <= (int) lengthof(stack) ? stack :
		palloc(sizeof(double) * scoring->nslots);

	if (isnull || !smk_sums_of_datum(scoring, points, isnull, sums))
		return;
	if (lead->delta.sums == NULL)
		lead->delta = smk_no_engagement(scoring, GetCurrentTransactionStartTimestamp());
	smk_points_add(scoring, &lead->delta, sums, at, sign);
}

void
smk_lead_loses(const SmkRules *rules, SmkActivityLead *lead, Datum points, bool isnull,
			   const double *by_rules_of_now, TimestampTz at)
{
	const SmkScoring *scoring = rules->scoring;
	double	   *sums = palloc(sizeof(double) * Max(scoring->nslots, 1));

	smk_lead_gets(rules, lead, points, isnull, at, -1);
	smk_sums_of_datum(scoring, points, isnull, sums);
	if (memcmp(sums, by_rules_of_now, sizeof(double) * scoring->nslots) != 0)
	{
		if (lead->revised.sums == NULL)
			lead->revised = smk_no_engagement(scoring, GetCurrentTransactionStartTimestamp());
		smk_points_add(scoring, &lead->revised, by_rules_of_now, at, 1);
		smk_points_add(scoring, &lead->revised, sums, at, -1);
	}
	pfree(sums);
}

/* ---------- reading activities ---------- */

/* Names of the kinds that have rules; only the conditional ones if so asked. */
Datum
smk_scored_kinds(const SmkRules *rules, bool conditional)
{
	Datum	   *names = palloc(sizeof(Datum) * Max(rules->nkinds, 1));
	int			n = 0;

	for (int i = 0; i < rules->nkinds; i++)
	{
		const SmkKindRules *kind = &rules->scoring->kinds[i];

		if (kind->nrules > 0 && (kind->conditional || !conditional))
			names[n++] = CStringGetTextDatum(rules->kinds[i].name);
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
note_changed_points(Reading *reading, Datum id, Datum lead_id)
{
	Datum		values[2] = {id, lead_id};
	bool		nulls[2] = {false, false};

	smk_batch_add(reading->changed, values, nulls);
}

/* One activity: lead_id, id, at, kind, points, row */
static void
read_activity(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Reading    *reading = arg;
	const SmkScoring *scoring = reading->rules->scoring;
	MemoryContext old = MemoryContextSwitchTo(reading->row_context);
	Datum		columns[6];
	bool		nulls[6];
	SmkActivityLead *lead;
	TimestampTz at;
	int			kind;

	heap_deform_tuple(tuple, desc, columns, nulls);
	lead = smk_leads_enter(reading->leads, DatumGetInt64(columns[0]));
	at = DatumGetTimestampTz(columns[2]);
	kind = smk_kind_of_datum(reading->rules, columns[3]);
	if (!nulls[5])
		smk_row_columns(columns[5], scoring->activity, reading->values, reading->nulls);
	if (kind < 0)
		memset(reading->points, 0, sizeof(double) * scoring->nslots);
	else
		smk_activity_points(scoring, kind, reading->values, reading->nulls, reading->points);
	if (reading->changed != NULL || reading->seen != NULL)
	{
		smk_sums_of_datum(scoring, columns[4], nulls[4], reading->stored);
		if (memcmp(reading->points, reading->stored, sizeof(double) * scoring->nslots) != 0)
		{
			if (reading->changed != NULL)
				note_changed_points(reading, columns[1], columns[0]);
			if (reading->seen != NULL)
				reading->seen(DatumGetInt64(columns[1]), reading->points, reading->stored, reading->arg);
		}
	}
	if (!reading->past || at <= lead->fresh.at)
		smk_points_add(scoring, &lead->fresh, reading->points, at, 1);
	MemoryContextSwitchTo(old);
	MemoryContextReset(reading->row_context);
}

static void
read_activities(SmkWorkspace *ws, Reading *reading, SmkBatch *batch)
{
	static const Oid types[] = {TEXTARRAYOID, TEXTARRAYOID};
	const SmkScoring *scoring = reading->rules->scoring;
	SmkStatement statement = {0};
	Datum		values[2];

	values[0] = smk_scored_kinds(reading->rules, true);
	values[1] = smk_scored_kinds(reading->rules, false);
	reading->row_context = AllocSetContextCreate(CurrentMemoryContext, "smarketing activity",
												 ALLOCSET_DEFAULT_SIZES);
	reading->points = palloc(sizeof(double) * Max(scoring->nslots, 1));
	reading->stored = palloc(sizeof(double) * Max(scoring->nslots, 1));
	reading->values = palloc(sizeof(Datum) * scoring->activity->natts);
	reading->nulls = palloc(sizeof(bool) * scoring->activity->natts);
	statement.text = "SELECT a.lead_id, a.id, a.at, a.kind, a.points,"
		" CASE WHEN a.kind OPERATOR(pg_catalog.=) ANY ($1) THEN a END"
		" FROM smk_lead AS l JOIN %s.activity AS a ON a.lead_id OPERATOR(pg_catalog.=) l.lead_id"
		" WHERE a.kind OPERATOR(pg_catalog.=) ANY ($2) OR a.points IS NOT NULL";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.batches[0] = batch;
	statement.read_only = reading->past;
	statement.callback = read_activity;
	statement.arg = reading;
	smk_run(ws, SMK_BY_SCORE, NULL, &statement);
	MemoryContextDelete(reading->row_context);
}

static SmkBatch *
batch_of(const int64 *ids, int64 n)
{
	SmkBatch   *batch = smk_batch_create("smk_lead", lead_columns, lengthof(lead_columns));

	batch->by_index = true;
	for (int64 i = 0; i < n; i++)
	{
		Datum		value = Int64GetDatum(ids[i]);
		bool		isnull = false;

		smk_batch_add(batch, &value, &isnull);
	}
	return batch;
}

/*
 * The points column of these activities, computed anew: the activity guard
 * does it, whatever it is set to.
 */
static void
rewrite_points(SmkWorkspace *ws, SmkBatch *changed)
{
	SmkStatement statement = {0};

	if (changed->rows == 0)
		return;
	statement.text = "UPDATE %s.activity AS a SET points = NULL FROM smk_changed AS c"
		" WHERE a.id OPERATOR(pg_catalog.=) c.id AND a.lead_id OPERATOR(pg_catalog.=) c.lead_id";
	statement.batches[0] = changed;
	smk_run(ws, SMK_BY_SCORE, NULL, &statement);
}

void
smk_recompute(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads, const int64 *ids, int64 n)
{
	Reading		reading = {0};
	SmkBatch   *batch = batch_of(ids, n);

	for (int64 i = 0; i < n; i++)
		smk_leads_enter(leads, ids[i])->fresh =
			smk_no_engagement(rules->scoring, GetCurrentTransactionStartTimestamp());
	reading.rules = rules;
	reading.leads = leads;
	reading.changed = smk_batch_create("smk_changed", activity_columns, lengthof(activity_columns));
	reading.changed->by_index = true;
	read_activities(ws, &reading, batch);
	rewrite_points(ws, reading.changed);
	smk_batch_end(reading.changed);
	smk_batch_end(batch);
}

void
smk_compute(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads, const int64 *ids, int64 n,
			SmkActivitySeen seen, void *arg)
{
	Reading		reading = {0};
	SmkBatch   *batch = batch_of(ids, n);

	reading.rules = rules;
	reading.leads = leads;
	reading.past = true;
	reading.seen = seen;
	reading.arg = arg;
	read_activities(ws, &reading, batch);
	smk_batch_end(batch);
}

/* ---------- writing ---------- */

void
smk_write_leads(SmkWorkspace *ws, SmkOrigin origin, HTAB *leads, const int64 *ids, int64 n)
{
	SmkBatch   *batch = batch_of(ids, n);
	SmkStatement statement = {0};

	statement.text = "UPDATE %s.lead AS l SET updated_at = pg_catalog.now() FROM smk_lead AS b"
		" WHERE l.id OPERATOR(pg_catalog.=) b.lead_id";
	statement.batches[0] = batch;
	smk_run(ws, origin, leads, &statement);
	smk_batch_end(batch);
}

/* A batch's memory goes before the next one comes. */
static void
refresh_batch(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads, const int64 *ids, int64 n)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "smarketing batch of leads",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);

	smk_recompute(ws, rules, leads, ids, n);
	smk_write_leads(ws, SMK_BY_ACTIVITY, leads, ids, n);
	for (int64 i = 0; i < n; i++)
		smk_leads_enter(leads, ids[i])->fresh.sums = NULL;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

void
smk_refresh_stale(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads)
{
	int64	   *ids = smk_leads_sorted(leads);
	int64		all = hash_get_num_entries(leads);
	int64		n = 0;

	for (int64 i = 0; i < all; i++)
	{
		if (smk_leads_enter(leads, ids[i])->stale)
			ids[n++] = ids[i];
	}
	for (int64 i = 0; i < n; i += BATCH_LEADS)
		refresh_batch(ws, rules, leads, ids + i, Min(n - i, BATCH_LEADS));
	pfree(ids);
}

/* Leads that are excluded no more: they come in with all that they have done. */
void
smk_score_included(SmkWorkspace *ws, const SmkRules *rules, HTAB *leads)
{
	int64	   *ids = smk_leads_sorted(leads);
	int64		n = hash_get_num_entries(leads);

	if (n == 0)
		return;
	smk_recompute(ws, rules, leads, ids, n);
	for (int64 i = 0; i < n; i++)
	{
		SmkActivityLead *lead = smk_leads_enter(leads, ids[i]);

		lead->delta = smk_no_engagement(rules->scoring, lead->fresh.at);
		smk_engagement_add(rules->scoring, &lead->delta, &lead->fresh, 1);
	}
	smk_write_leads(ws, SMK_BY_ACTIVITY, leads, ids, n);
}
