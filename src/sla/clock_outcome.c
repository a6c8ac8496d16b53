/*
 * clock_outcome.c
 *		What became of clocks, derived from the tables: from activities, moves,
 *		handoffs, feedback, deals, and later clocks of the same lead.
 *
 * A clock ends at its min_count-th event.  A touch, attempt or contact counts
 * if it is of the department that owes, or of none; the activity that started
 * the clock does not count, nor does a decision on an earlier handoff.  An
 * event that releases from the obligation, or a later clock of the same
 * commitment (a second cycle), cancels the clock if it comes in time, and
 * counts as a late answer afterwards.  verify() derives the same in SQL.
 *
 * It is done for some leads at a time: their clocks are read, then what has
 * happened to them since the first of these began, then the clocks that have
 * come out otherwise are written.
 */
#include "sla/clock.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/qunique.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define LEADS_AT_ONCE 50000

/* Instants that are not there, and come after all others. */
#define NEVER DT_NOEND

typedef enum Source
{
	ACTIVITIES, STAGES, HANDOFFS, FEEDBACK, DEALS, FOLLOW_UPS, SOURCES
} Source;

/* A commitment, as its clocks are judged by it; hashed by id. */
typedef struct Promise
{
	int64		id;
	char	   *key;
	char	   *department;
	char	   *starts_on;
	char	   *ends_on;
	List	   *released_on;	/* of char * */
	int			min_count;
	bool		reads[SOURCES]; /* where its events stand */
} Promise;

typedef struct Clock
{
	struct Clock *next;			/* of the same lead */
	const Promise *promise;
	int64		id;
	int64		handoff_id;		/* 0: none */
	TimestampTz started_at;
	TimestampTz due_at;
	int			counted;
	TimestampTz ended_at;
	TimestampTz cancelled_at;
	char	   *cancel_reason;
	TimestampTz recorded_at;
	bool		hit;			/* to be derived */
	/* what has happened */
	TimestampTz *ends;
	int			nends;
	int			max_ends;
	TimestampTz released_at;
	const char *released_by;
} Clock;

typedef struct Lead
{
	int64		id;				/* hash key */
	Clock	   *clocks;
} Lead;

typedef struct Derivation
{
	SmkWorkspace *ws;
	HTAB	   *asked;			/* SmkClockLead */
	bool		reopens;
	const int64 *ids;			/* of the leads at hand, in order */
	int			nids;
	MemoryContext context;		/* of what is known of them */
	HTAB	   *promises;
	HTAB	   *leads;
	bool		reads[SOURCES];
	SmkBatch   *outcomes;
} Derivation;

static const SmkBatchColumn lead_columns[] = {{"id", INT8OID}};

static const SmkBatchColumn watched_columns[] = {
	{"lead_id", INT8OID}, {"since", TIMESTAMPTZOID}
};

static const SmkBatchColumn outcome_columns[] = {
	{"id", INT8OID}, {"n", INT4OID}, {"ended_at", TIMESTAMPTZOID}, {"cancelled_at", TIMESTAMPTZOID},
	{"cancel_reason", TEXTOID}, {"recorded_at", TIMESTAMPTZOID}
};

static HTAB *
create_table(const char *name, Size entrysize, MemoryContext context)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(int64);
	ctl.entrysize = entrysize;
	ctl.hcxt = context;
	return hash_create(name, 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

HTAB *
smk_clock_leads_create(void)
{
	return create_table("smarketing leads with clocks", sizeof(SmkClockLead), CurrentMemoryContext);
}

SmkClockLead *
smk_clock_leads_enter(HTAB *leads, int64 id)
{
	bool		found;
	SmkClockLead *lead = hash_search(leads, &id, HASH_ENTER, &found);

	if (!found)
	{
		lead->from_clock = PG_INT64_MAX;
		lead->told = NULL;
	}
	return lead;
}

/* ---------- commitments ---------- */

static Source
source_of(const char *event)
{
	if (strncmp(event, "stage:", 6) == 0)
		return STAGES;
	if (strncmp(event, "handoff:", 8) == 0)
		return HANDOFFS;
	if (strncmp(event, "deal:", 5) == 0)
		return DEALS;
	if (strcmp(event, "feedback") == 0)
		return FEEDBACK;
	if (strcmp(event, "follow_up_due") == 0)
		return FOLLOW_UPS;
	return ACTIVITIES;
}

static void
read_released_on(Promise *promise, Datum array)
{
	Datum	   *names;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		char	   *name;

		if (nulls[i])
			continue;
		name = TextDatumGetCString(names[i]);
		promise->released_on = lappend(promise->released_on, name);
		promise->reads[source_of(name)] = true;
	}
}

/* values: as read_clocks gives them, from the commitment's id on */
static const Promise *
promise_of(Derivation *derivation, const Datum *values, const bool *nulls)
{
	int64		id = DatumGetInt64(values[0]);
	bool		found;
	Promise    *promise = hash_search(derivation->promises, &id, HASH_ENTER, &found);

	if (found)
		return promise;
	memset(&promise->key, 0, sizeof(Promise) - offsetof(Promise, key));
	promise->key = TextDatumGetCString(values[1]);
	promise->department = TextDatumGetCString(values[2]);
	promise->starts_on = TextDatumGetCString(values[3]);
	promise->ends_on = TextDatumGetCString(values[4]);
	promise->min_count = DatumGetInt32(values[5]);
	promise->reads[source_of(promise->ends_on)] = true;
	if (!nulls[6])
		read_released_on(promise, values[6]);
	return promise;
}

static bool
releases(const Promise *promise, const char *event)
{
	ListCell   *lc;

	foreach(lc, promise->released_on)
	{
		if (strcmp(lfirst(lc), event) == 0)
			return true;
	}
	return false;
}

/* ---------- the clocks ---------- */

static TimestampTz
instant_of(const Datum *values, const bool *nulls, int i)
{
	return nulls[i] ? NEVER : DatumGetTimestampTz(values[i]);
}

#define CLOCK_COLUMNS 17

static void
take_clock(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Derivation *derivation = arg;
	MemoryContext old = MemoryContextSwitchTo(derivation->context);
	Clock	   *clock = palloc0(sizeof(Clock));
	Datum		values[CLOCK_COLUMNS];
	bool		nulls[CLOCK_COLUMNS];
	Lead	   *lead;
	bool		found;

	heap_deform_tuple(tuple, desc, values, nulls);
	clock->id = DatumGetInt64(values[0]);
	clock->handoff_id = nulls[2] ? 0 : DatumGetInt64(values[2]);
	clock->started_at = DatumGetTimestampTz(values[3]);
	clock->due_at = instant_of(values, nulls, 4);
	clock->counted = DatumGetInt32(values[5]);
	clock->ended_at = instant_of(values, nulls, 6);
	clock->cancelled_at = instant_of(values, nulls, 7);
	clock->cancel_reason = nulls[8] ? NULL : TextDatumGetCString(values[8]);
	clock->recorded_at = instant_of(values, nulls, 9);
	clock->released_at = NEVER;
	clock->promise = promise_of(derivation, values + 10, nulls + 10);
	lead = hash_search(derivation->leads, &values[1], HASH_ENTER, &found);
	clock->next = found ? lead->clocks : NULL;
	lead->clocks = clock;
	MemoryContextSwitchTo(old);
}

static void
read_clocks(Derivation *derivation, SmkBatch *leads)
{
	SmkStatement statement = {0};

	statement.text = "SELECT c.id, c.lead_id, c.handoff_id, c.started_at, c.due_at, c.counted_events,"
		" c.ended_at, c.cancelled_at, c.cancel_reason, c.ended_recorded_at,"
		" m.id, m.key, m.department, m.starts_on, m.ends_on, m.min_count, m.released_on"
		" FROM %s.sla_clock AS c JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
		" WHERE c.lead_id OPERATOR(pg_catalog.=) ANY (SELECT id FROM smk_lead)";
	statement.batches[0] = leads;
	statement.callback = take_clock;
	statement.arg = derivation;
	smk_run(derivation->ws, SMK_BY_LEAD, NULL, &statement);
}

/* Not what was cancelled for good: withdrawn, merged, excluded and the like. */
static bool
may_change(const Clock *clock)
{
	return clock->cancelled_at == NEVER ||
		strcmp(clock->cancel_reason, "superseded") == 0 ||
		releases(clock->promise, clock->cancel_reason);
}

/*
 * Does an event that the statement tells of end the clock, release from it or
 * bring it nearer to its end?  What was over by then is not looked at.
 */
static bool
is_told(const Clock *clock, const SmkClockLead *asked)
{
	TimestampTz over = clock->ended_at != NEVER ? clock->ended_at : clock->cancelled_at;

	for (const SmkTold *told = asked->told; told != NULL; told = told->next)
	{
		if (told->at >= clock->started_at && told->at <= over &&
			(strcmp(told->event, clock->promise->ends_on) == 0 || releases(clock->promise, told->event)))
			return true;
	}
	return false;
}

static void
release(Clock *clock, TimestampTz at, const char *by)
{
	if (at < clock->released_at ||
		(at == clock->released_at && clock->released_by != NULL && strcmp(by, clock->released_by) < 0))
	{
		clock->released_at = at;
		clock->released_by = by;
	}
}

/* A later clock of the same commitment, in any version of the agreement. */
static void
supersede(const Lead *lead, Clock *clock)
{
	for (const Clock *later = lead->clocks; later != NULL; later = later->next)
	{
		if (later->id > clock->id && later->started_at >= clock->started_at &&
			strcmp(later->promise->key, clock->promise->key) == 0)
			release(clock, later->started_at, "superseded");
	}
}

/* Which clocks are to be derived, and from when on their events are read. */
static void
mark_hits(Derivation *derivation, const Lead *lead, SmkBatch *watched)
{
	const SmkClockLead *asked = smk_clock_leads_enter(derivation->asked, lead->id);
	TimestampTz since = NEVER;
	Datum		values[2] = {Int64GetDatum(lead->id), (Datum) 0};
	bool		nulls[2] = {false, false};

	for (Clock *clock = lead->clocks; clock != NULL; clock = clock->next)
	{
		clock->hit = may_change(clock) && (clock->id >= asked->from_clock || is_told(clock, asked));
		if (!clock->hit)
			continue;
		supersede(lead, clock);
		since = Min(since, clock->started_at);
		for (int i = 0; i < SOURCES; i++)
			derivation->reads[i] |= clock->promise->reads[i];
	}
	if (since == NEVER)
		return;
	values[1] = TimestampTzGetDatum(since);
	smk_batch_add(watched, values, nulls);
}

/* ---------- what has happened ---------- */

/* One row of read_events. */
typedef struct Happening
{
	Source		source;
	TimestampTz at;
	TimestampTz decided_at;
	const char *name;			/* kind, stage, decision, won or lost */
	const char *department;		/* of the kind; or the handoff's direction */
	int64		handoff_id;
	bool		is_touch;
	bool		is_attempt;
	bool		is_contact;
} Happening;

static void
add_end(Clock *clock, TimestampTz at)
{
	if (clock->nends == clock->max_ends)
	{
		clock->max_ends = Max(clock->max_ends * 2, 4);
		clock->ends = clock->ends == NULL ? palloc_array(TimestampTz, clock->max_ends) :
			repalloc_array(clock->ends, TimestampTz, clock->max_ends);
	}
	clock->ends[clock->nends++] = at;
}

static bool
is_kind(const Happening *activity, const char *event)
{
	if (strcmp(event, "touch") == 0)
		return activity->is_touch;
	if (strcmp(event, "attempt") == 0)
		return activity->is_attempt;
	if (strcmp(event, "contact") == 0)
		return activity->is_contact;
	return strncmp(event, "activity:", 9) == 0 && strcmp(event + 9, activity->name) == 0;
}

static void
consider_activity(Clock *clock, const Happening *activity)
{
	const Promise *promise = clock->promise;
	ListCell   *lc;

	if (activity->at < clock->started_at)
		return;
	if (is_kind(activity, promise->ends_on) &&
		(activity->department == NULL || strcmp(activity->department, promise->department) == 0 ||
		 strncmp(promise->ends_on, "activity:", 9) == 0) &&
		(activity->at > clock->started_at || !is_kind(activity, promise->starts_on)))
		add_end(clock, activity->at);
	foreach(lc, promise->released_on)
	{
		if (is_kind(activity, lfirst(lc)))
			release(clock, activity->at, lfirst(lc));
	}
}

/* All events but activities have a name, and happen once at an instant. */
static void
consider_event(Clock *clock, const char *prefix, const char *name, TimestampTz at)
{
	const Promise *promise = clock->promise;
	Size		length = strlen(prefix);
	ListCell   *lc;

#define IS_CALLED(event) (strncmp(event, prefix, length) == 0 && strcmp((event) + length, name) == 0)
	if (at < clock->started_at || (at == clock->started_at && IS_CALLED(promise->starts_on)))
		return;
	if (IS_CALLED(promise->ends_on))
		add_end(clock, at);
	foreach(lc, promise->released_on)
	{
		if (IS_CALLED((char *) lfirst(lc)))
			release(clock, at, lfirst(lc));
	}
#undef IS_CALLED
}

/* An event of the handoff that started the clock, which is not that start. */
static void
consider_handoff_event(Clock *clock, const Happening *handoff, const char *name, TimestampTz at)
{
	bool		own = handoff->handoff_id == clock->handoff_id || clock->handoff_id == 0;

	if (!own || strcmp(clock->promise->starts_on + strlen("handoff:"), name) != 0 ||
		source_of(clock->promise->starts_on) != HANDOFFS)
		consider_event(clock, "handoff:", name, at);
}

static void
consider_handoff(Clock *clock, const Happening *handoff)
{
	bool		to_sales = strcmp(handoff->department, "to_sales") == 0;
	const char *decision = handoff->name;

	if (clock->handoff_id > handoff->handoff_id)
		return;
	consider_handoff_event(clock, handoff, to_sales ? "offered" : "returned", handoff->at);
	if (decision == NULL || !to_sales)
		return;
	if (strcmp(decision, "accepted") == 0 || strcmp(decision, "auto_accepted") == 0)
		consider_handoff_event(clock, handoff, "accepted", handoff->decided_at);
	if (strcmp(decision, "rejected") == 0 || strcmp(decision, "merged") == 0)
		consider_handoff_event(clock, handoff, "rejected", handoff->decided_at);
	if (strcmp(decision, "withdrawn") != 0)
		consider_handoff_event(clock, handoff, "decided", handoff->decided_at);
}

static void
consider(Clock *clock, const Happening *happening)
{
	switch (happening->source)
	{
		case ACTIVITIES:
			consider_activity(clock, happening);
			break;
		case STAGES:
			consider_event(clock, "stage:", happening->name, happening->at);
			break;
		case HANDOFFS:
			consider_handoff(clock, happening);
			break;
		case FEEDBACK:
			consider_event(clock, "", "feedback", happening->at);
			break;
		case DEALS:
			consider_event(clock, "deal:", happening->name, happening->at);
			break;
		default:
			consider_event(clock, "", "follow_up_due", happening->at);
			break;
	}
}

#define EVENT_COLUMNS 10

static void
take_event(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Derivation *derivation = arg;
	MemoryContext old = MemoryContextSwitchTo(derivation->context);
	Datum		values[EVENT_COLUMNS];
	bool		nulls[EVENT_COLUMNS];
	Happening	happening;
	Lead	   *lead;

	heap_deform_tuple(tuple, desc, values, nulls);
	lead = hash_search(derivation->leads, &values[1], HASH_FIND, NULL);
	happening.source = DatumGetInt32(values[0]);
	happening.at = DatumGetTimestampTz(values[2]);
	happening.name = nulls[3] ? NULL : TextDatumGetCString(values[3]);
	happening.department = nulls[4] ? NULL : TextDatumGetCString(values[4]);
	happening.decided_at = instant_of(values, nulls, 5);
	happening.handoff_id = nulls[6] ? 0 : DatumGetInt64(values[6]);
	happening.is_touch = !nulls[7] && DatumGetBool(values[7]);
	happening.is_attempt = !nulls[8] && DatumGetBool(values[8]);
	happening.is_contact = !nulls[9] && DatumGetBool(values[9]);
	for (Clock *clock = lead->clocks; clock != NULL; clock = clock->next)
	{
		if (clock->hit)
			consider(clock, &happening);
	}
	MemoryContextSwitchTo(old);
}

#define OF_WATCHED(table) \
	" FROM smk_watched AS w JOIN %s." table " AS x ON x.lead_id OPERATOR(pg_catalog.=) w.lead_id"

/* Only from the tables that some clock waits for: numbered as enum Source. */
static void
read_events(Derivation *derivation, SmkBatch *watched)
{
	static const Oid types[SOURCES] = {BOOLOID, BOOLOID, BOOLOID, BOOLOID, BOOLOID, BOOLOID};
	Datum		values[SOURCES];
	SmkStatement statement = {0};

	for (int i = 0; i < SOURCES; i++)
		values[i] = BoolGetDatum(derivation->reads[i]);
	statement.text = "SELECT 0, x.lead_id, x.at, x.kind, k.department, NULL::pg_catalog.timestamptz,"
		" NULL::pg_catalog.int8, k.is_touch, k.is_attempt, k.is_contact" OF_WATCHED("activity")
		" AND x.at OPERATOR(pg_catalog.>=) w.since"
		" JOIN %s.activity_kind AS k ON k.name OPERATOR(pg_catalog.=) x.kind WHERE $1"
		" UNION ALL SELECT 1, x.lead_id, x.at, x.to_stage, NULL, NULL, NULL, NULL, NULL, NULL"
		OF_WATCHED("stage_change") " AND x.at OPERATOR(pg_catalog.>=) w.since WHERE $2"
		" UNION ALL SELECT 2, x.lead_id, x.offered_at, x.decision, x.direction, x.decided_at, x.id, NULL, NULL, NULL"
		OF_WATCHED("handoff") " WHERE $3"
		" UNION ALL SELECT 3, x.lead_id, x.at, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
		OF_WATCHED("feedback") " WHERE $4"
		" UNION ALL SELECT 4, x.lead_id, x.closed_at, CASE WHEN x.won THEN 'won' ELSE 'lost' END,"
		" NULL, NULL, NULL, NULL, NULL, NULL"
		OF_WATCHED("deal") " WHERE $5 AND x.won IS NOT NULL AND x.closed_at IS NOT NULL"
		" UNION ALL SELECT 5, x.lead_id, x.at, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
		OF_WATCHED("event") " AND x.at OPERATOR(pg_catalog.>=) w.since"
		" WHERE $6 AND x.kind OPERATOR(pg_catalog.=) 'follow_up_due'";
	statement.nargs = lengthof(types);
	statement.types = types;
	statement.values = values;
	statement.batches[0] = watched;
	statement.callback = take_event;
	statement.arg = derivation;
	smk_run(derivation->ws, SMK_BY_LEAD, NULL, &statement);
}

/* ---------- the outcome ---------- */

static int
compare_instants(const void *a, const void *b)
{
	TimestampTz left = *(const TimestampTz *) a;
	TimestampTz right = *(const TimestampTz *) b;

	return left < right ? -1 : left > right;
}

/* Sort what ends a clock; gives its end by itself, or NEVER. */
static TimestampTz
count_ends(Clock *clock)
{
	if (clock->nends > 1)
	{
		qsort(clock->ends, clock->nends, sizeof(TimestampTz), compare_instants);
		if (source_of(clock->promise->ends_on) != ACTIVITIES)
			clock->nends = qunique(clock->ends, clock->nends, sizeof(TimestampTz), compare_instants);
	}
	return clock->nends < clock->promise->min_count ? NEVER : clock->ends[clock->promise->min_count - 1];
}

static void
add_outcome(Derivation *derivation, const Clock *clock, TimestampTz ended_at, TimestampTz cancelled_at,
			const char *reason)
{
	bool		over = ended_at != NEVER || cancelled_at != NEVER;
	bool		known = (ended_at != NEVER && ended_at == clock->ended_at) ||
		(cancelled_at != NEVER && cancelled_at == clock->cancelled_at);
	TimestampTz recorded_at = known ? clock->recorded_at : GetCurrentTransactionStartTimestamp();
	Datum		values[lengthof(outcome_columns)];
	bool		nulls[lengthof(outcome_columns)] = {0};

	values[0] = Int64GetDatum(clock->id);
	values[1] = Int32GetDatum(clock->nends);
	values[2] = TimestampTzGetDatum(ended_at);
	nulls[2] = ended_at == NEVER;
	values[3] = TimestampTzGetDatum(cancelled_at);
	nulls[3] = cancelled_at == NEVER;
	values[4] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	nulls[4] = reason == NULL;
	values[5] = TimestampTzGetDatum(recorded_at);
	nulls[5] = !over || recorded_at == NEVER;
	smk_batch_add(derivation->outcomes, values, nulls);
}

static void
conclude(Derivation *derivation, Clock *clock)
{
	TimestampTz end = count_ends(clock);
	bool		answered = end != NEVER && end <= clock->released_at;
	bool		late = !answered && clock->due_at < clock->released_at && clock->released_at != NEVER;
	TimestampTz ended_at = answered ? end : late ? clock->released_at : NEVER;
	TimestampTz cancelled_at = answered || late ? NEVER : clock->released_at;
	const char *reason = answered ? NULL : clock->released_by;
	bool		was_over = clock->ended_at != NEVER || clock->cancelled_at != NEVER;

	if (!derivation->reopens && was_over && ended_at == NEVER && cancelled_at == NEVER)
		return;
	if (clock->counted != clock->nends || clock->ended_at != ended_at || clock->cancelled_at != cancelled_at ||
		strcmp(clock->cancel_reason ? clock->cancel_reason : "", reason ? reason : "") != 0)
		add_outcome(derivation, clock, ended_at, cancelled_at, reason);
}

/* In the leads' order, which is nearly that of their clocks in the table. */
static void
write_outcomes(Derivation *derivation)
{
	derivation->outcomes = smk_batch_create("smk_outcome", outcome_columns, lengthof(outcome_columns));
	for (int i = 0; i < derivation->nids; i++)
	{
		Lead	   *lead = hash_search(derivation->leads, &derivation->ids[i], HASH_FIND, NULL);

		for (Clock *clock = lead ? lead->clocks : NULL; clock != NULL; clock = clock->next)
		{
			if (clock->hit)
				conclude(derivation, clock);
		}
	}
	if (derivation->outcomes->rows > 0)
		smk_run_batch(derivation->ws, SMK_BY_LEAD,
					  "UPDATE %s.sla_clock AS c SET counted_events = o.n, ended_at = o.ended_at,"
					  " cancelled_at = o.cancelled_at, cancel_reason = o.cancel_reason,"
					  " ended_recorded_at = o.recorded_at"
					  " FROM smk_outcome AS o WHERE c.id OPERATOR(pg_catalog.=) o.id", derivation->outcomes);
	smk_batch_end(derivation->outcomes);
}

/* ---------- some leads at a time ---------- */

static SmkBatch *
batch_of_leads(const Derivation *derivation)
{
	SmkBatch   *leads = smk_batch_create("smk_lead", lead_columns, lengthof(lead_columns));
	bool		isnull = false;

	for (int i = 0; i < derivation->nids; i++)
	{
		Datum		value = Int64GetDatum(derivation->ids[i]);

		smk_batch_add(leads, &value, &isnull);
	}
	return leads;
}

static void
derive_some(Derivation *derivation)
{
	SmkBatch   *leads = batch_of_leads(derivation);
	SmkBatch   *watched = smk_batch_create("smk_watched", watched_columns, lengthof(watched_columns));

	derivation->promises = create_table("smarketing promises", sizeof(Promise), derivation->context);
	derivation->leads = create_table("smarketing clocks of leads", sizeof(Lead), derivation->context);
	memset(derivation->reads, 0, sizeof(derivation->reads));
	read_clocks(derivation, leads);
	for (int i = 0; i < derivation->nids; i++)
	{
		Lead	   *lead = hash_search(derivation->leads, &derivation->ids[i], HASH_FIND, NULL);

		if (lead != NULL)
			mark_hits(derivation, lead, watched);
	}
	if (watched->rows > 0)
	{
		read_events(derivation, watched);
		write_outcomes(derivation);
	}
	smk_batch_end(leads);
	smk_batch_end(watched);
}

static int
compare_ids(const void *a, const void *b)
{
	int64		left = *(const int64 *) a;
	int64		right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

int64 *
smk_clock_leads_sorted(HTAB *leads)
{
	int64		n = hash_get_num_entries(leads);
	int64	   *ids = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(int64));
	HASH_SEQ_STATUS seq;
	SmkClockLead *lead;

	n = 0;
	hash_seq_init(&seq, leads);
	while ((lead = hash_seq_search(&seq)) != NULL)
		ids[n++] = lead->id;
	qsort(ids, n, sizeof(int64), compare_ids);
	return ids;
}

void
smk_clocks_derive(SmkWorkspace *ws, HTAB *asked, bool reopens)
{
	int64		n = hash_get_num_entries(asked);
	int64	   *ids = smk_clock_leads_sorted(asked);
	Derivation	derivation = {0};

	derivation.ws = ws;
	derivation.asked = asked;
	derivation.reopens = reopens;
	derivation.context = AllocSetContextCreate(CurrentMemoryContext, "smarketing clocks",
											   ALLOCSET_DEFAULT_SIZES);
	for (int64 i = 0; i < n; i += LEADS_AT_ONCE)
	{
		MemoryContext old = MemoryContextSwitchTo(derivation.context);

		derivation.ids = ids + i;
		derivation.nids = Min(LEADS_AT_ONCE, n - i);
		derive_some(&derivation);
		MemoryContextSwitchTo(old);
		MemoryContextReset(derivation.context);
	}
	MemoryContextDelete(derivation.context);
	pfree(ids);
}
