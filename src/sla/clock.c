/*
 * clock.c
 *		Clocks are ended, cancelled, paused and started set-based.
 *
 * A statement collects what has happened to leads.  Ends come first, since an
 * event may end one clock and start the next; then cancellations, the new
 * clocks, and pauses.  An event only says which clocks to look at: what became
 * of them is derived from the tables (clock_outcome.c), whatever the order of
 * arrival, so that an activity which arrives late ends a clock at its own time,
 * and one that is taken back opens it again.
 */
#include "sla/clock.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "sla/sla_status.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

extern Datum smk_working_hours_in(PG_FUNCTION_ARGS);

static const SmkBatchColumn start_columns[] = {
	{"lead_id", INT8OID}, {"event", TEXTOID}, {"at", TIMESTAMPTZOID}
};

static const SmkBatchColumn pause_columns[] = {
	{"lead_id", INT8OID}, {"at", TIMESTAMPTZOID}, {"until", TIMESTAMPTZOID}
};

static const SmkBatchColumn cancel_columns[] = {
	{"lead_id", INT8OID}, {"at", TIMESTAMPTZOID}, {"reason", TEXTOID}, {"direction", TEXTOID}
};

static const SmkBatchColumn clock_columns[] = {
	{"commitment_id", INT8OID}, {"siblings", INT8ARRAYOID}, {"lead_id", INT8OID}, {"handoff_id", INT8OID},
	{"cycle", INT4OID}, {"owner", TEXTOID}, {"started_at", TIMESTAMPTZOID}, {"target", INTERVALOID},
	{"due_at", TIMESTAMPTZOID}, {"warn_due_at", TIMESTAMPTZOID}, {"calendar_version", INT8OID}
};

static const SmkBatchColumn told_columns[] = {
	{"lead_id", INT8OID}, {"at", TIMESTAMPTZOID}, {"starts", BOOLOID}
};

static const SmkBatchColumn recount_columns[] = {{"lead_id", INT8OID}};

/* ---------- collecting ---------- */

SmkClocks *
smk_clocks_begin(SmkWorkspace *ws, const SmkRules *rules, const SmkActor *actor)
{
	SmkClocks  *clocks = palloc0(sizeof(SmkClocks));

	clocks->ws = ws;
	clocks->rules = rules;
	clocks->opens = actor->batch == NULL;
	clocks->context = CurrentMemoryContext;
	return clocks;
}

/* One that may start a clock, for the statement that looks which. */
static void
add_start(SmkClocks *clocks, int64 lead_id, const char *event, TimestampTz at)
{
	Datum		values[3] = {Int64GetDatum(lead_id), CStringGetTextDatum(event), TimestampTzGetDatum(at)};
	bool		nulls[3] = {false, false, false};

	smk_batch_add(smk_batch_of(&clocks->starts, clocks->context, "smk_start",
							   start_columns, lengthof(start_columns)), values, nulls);
}

void
smk_clocks_event(SmkClocks *clocks, int64 lead_id, int event, TimestampTz at, bool implied)
{
	MemoryContext old;
	SmkTold    *told;
	SmkClockLead *lead;

	if (event == SMK_NO_EVENT)
		return;
	old = MemoryContextSwitchTo(clocks->context);
	if (clocks->told == NULL)
		clocks->told = smk_clock_leads_create();
	lead = smk_clock_leads_enter(clocks->told, lead_id);
	told = palloc(sizeof(SmkTold));
	told->event = clocks->rules->sla->events[event];
	told->at = at;
	told->starts = clocks->opens && !implied && clocks->rules->sla->starts[event];
	told->next = lead->told;
	lead->told = told;
	clocks->told_events = bms_add_member(clocks->told_events, event);
	MemoryContextSwitchTo(old);
	if (told->starts)
		add_start(clocks, lead_id, told->event, at);
}

void
smk_clocks_pause(SmkClocks *clocks, int64 lead_id, TimestampTz at, TimestampTz until)
{
	Datum		values[3] = {Int64GetDatum(lead_id), TimestampTzGetDatum(at), TimestampTzGetDatum(until)};
	bool		nulls[3] = {false, false, false};

	smk_batch_add(smk_batch_of(&clocks->pauses, clocks->context, "smk_pause",
							   pause_columns, lengthof(pause_columns)), values, nulls);
}

void
smk_clocks_cancel(SmkClocks *clocks, int64 lead_id, TimestampTz at, const char *reason,
				  const char *direction)
{
	Datum		values[4];
	bool		nulls[4] = {false, false, false, false};

	if (clocks->rules->sla->ncommitments == 0)
		return;
	values[0] = Int64GetDatum(lead_id);
	values[1] = TimestampTzGetDatum(at);
	values[2] = CStringGetTextDatum(reason);
	nulls[3] = direction == NULL;
	values[3] = direction ? CStringGetTextDatum(direction) : (Datum) 0;
	smk_batch_add(smk_batch_of(&clocks->cancels, clocks->context, "smk_cancel",
							   cancel_columns, lengthof(cancel_columns)), values, nulls);
}

void
smk_clocks_recount(SmkClocks *clocks, int64 lead_id)
{
	Datum		value = Int64GetDatum(lead_id);
	bool		isnull = false;

	if (clocks->rules->sla->ncommitments == 0)
		return;
	smk_batch_add(smk_batch_of(&clocks->recounts, clocks->context, "smk_recount",
							   recount_columns, lengthof(recount_columns)), &value, &isnull);
}

/* ---------- ends, releases, cancellations, pauses ---------- */

/* Whose clocks may open again, and whose activities are all there. */
#define MAY_BE_WORKED \
	"l.excluded IS NULL AND NOT l.do_not_contact AND l.engagement_purged_at IS NULL"

static void
ask_for_all_clocks(HeapTuple tuple, TupleDesc desc, void *arg)
{
	bool		isnull;

	smk_clock_leads_enter(arg, DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull)))->from_clock = 0;
}

/*
 * All clocks of leads whose activities have been changed or deleted, but for
 * those whose old activities have been purged: what they ended stays ended.
 */
static void
recount_clocks(SmkWorkspace *ws, SmkBatch *recounts)
{
	HTAB	   *leads = smk_clock_leads_create();
	SmkStatement statement = {0};

	if (recounts == NULL)
		statement.text = "SELECT l.id FROM %s.lead AS l WHERE " MAY_BE_WORKED
			" AND l.id OPERATOR(pg_catalog.=) ANY (SELECT c.lead_id FROM %s.sla_clock AS c)";
	else
		statement.text = "SELECT l.id FROM %s.lead AS l WHERE " MAY_BE_WORKED
			" AND l.id OPERATOR(pg_catalog.=) ANY (SELECT lead_id FROM smk_recount)";
	statement.batches[0] = recounts;
	statement.callback = ask_for_all_clocks;
	statement.arg = leads;
	smk_run(ws, SMK_BY_LEAD, NULL, &statement);
	smk_clocks_derive(ws, leads, true);
	hash_destroy(leads);
}

void
smk_clocks_recount_all(SmkWorkspace *ws)
{
	recount_clocks(ws, NULL);
}

/* Clocks that are about to start: an earlier one of the same commitment is over. */
static void
supersede_clocks(SmkClocks *clocks, SmkBatch *started)
{
	smk_run_batch(clocks->ws, SMK_BY_LEAD,
				 "WITH late AS (SELECT c.id, n.started_at,"
				 " (c.due_at OPERATOR(pg_catalog.<) n.started_at) IS TRUE AS late"
				 " FROM smk_clock AS n JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) n.lead_id"
				 " AND c.commitment_id OPERATOR(pg_catalog.=) ANY (n.siblings)"
				 " WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL"
				 " AND c.cycle OPERATOR(pg_catalog.<) n.cycle"
				 " AND c.started_at OPERATOR(pg_catalog.<=) n.started_at)"
				 " UPDATE %s.sla_clock AS c SET cancel_reason = 'superseded',"
				 " ended_at = CASE WHEN x.late THEN x.started_at END,"
				 " cancelled_at = CASE WHEN x.late THEN NULL ELSE x.started_at END,"
				 " ended_recorded_at = pg_catalog.now()"
				 " FROM late AS x WHERE c.id OPERATOR(pg_catalog.=) x.id", started);
}

static void
cancel_clocks(SmkClocks *clocks)
{
	smk_run_batch(clocks->ws, SMK_BY_LEAD,
				 "WITH hit AS (SELECT c.id, pg_catalog.min(x.at) AS at,"
				 " pg_catalog.min(x.reason COLLATE pg_catalog.\"C\") AS reason FROM smk_cancel AS x"
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) x.lead_id"
				 " AND c.ended_at IS NULL AND c.cancelled_at IS NULL"
				 " WHERE x.direction IS NULL OR EXISTS (SELECT FROM %s.handoff AS h"
				 " WHERE h.id OPERATOR(pg_catalog.=) c.handoff_id"
				 " AND h.direction OPERATOR(pg_catalog.=) x.direction) GROUP BY c.id)"
				 " UPDATE %s.sla_clock AS c SET cancelled_at = GREATEST(x.at, c.started_at),"
				 " cancel_reason = x.reason, ended_recorded_at = pg_catalog.now()"
				 " FROM hit AS x WHERE c.id OPERATOR(pg_catalog.=) x.id", clocks->cancels);
}

/*
 * From an instant on, a pause that was planned is replaced by the one that
 * holds now; due times follow from the pauses.
 */
static void
pause_clocks(SmkClocks *clocks)
{
	smk_run_batch(clocks->ws, SMK_BY_LEAD,
				 "WITH planned AS (SELECT DISTINCT ON (c.id) c.id, c.started_at, c.target,"
				 " c.calendar_version, m.warn_at, (c.paused OPERATOR(pg_catalog.-)"
				 " pg_catalog.tstzmultirange(pg_catalog.tstzrange(p.at, NULL))) OPERATOR(pg_catalog.+)"
				 " CASE WHEN p.until OPERATOR(pg_catalog.<=) p.at THEN '{}'::pg_catalog.tstzmultirange"
				 " ELSE pg_catalog.tstzmultirange(pg_catalog.tstzrange(p.at,"
				 " CASE WHEN p.until OPERATOR(pg_catalog.<) 'infinity' THEN p.until END)) END"
				 " AS paused, c.paused AS before FROM smk_pause AS p"
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) p.lead_id"
				 " JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
				 " WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL ORDER BY c.id, p.at),"
				 " calendars AS MATERIALIZED (SELECT v.id, v.hours::smarketing.working_hours AS hours"
				 " FROM %s.calendar_version AS v WHERE v.id OPERATOR(pg_catalog.=) ANY"
				 " (SELECT calendar_version FROM planned)"
				 " UNION ALL SELECT NULL, 'UTC; 24/7'::smarketing.working_hours),"
				 " due AS MATERIALIZED (SELECT p.id, p.paused,"
				 " (smarketing.sla_status(v.hours, p.started_at, p.target, NULL, p.paused)).due_at,"
				 " (smarketing.sla_status(v.hours, p.started_at,"
				 " p.target OPERATOR(pg_catalog.*) p.warn_at, NULL, p.paused)).due_at AS warn_due_at"
				 " FROM planned AS p JOIN calendars AS v ON v.id OPERATOR(pg_catalog.=) p.calendar_version"
				 " OR (v.id IS NULL AND p.calendar_version IS NULL)"
				 " WHERE p.paused OPERATOR(pg_catalog.<>) p.before)"
				 " UPDATE %s.sla_clock AS c SET paused = d.paused, due_at = d.due_at,"
				 " warn_due_at = d.warn_due_at FROM due AS d WHERE c.id OPERATOR(pg_catalog.=) d.id",
				 clocks->pauses);
}

TimestampTz
smk_paused_until(const SmkRules *rules, const SmkLead *lead, TimestampTz now)
{
	int			stage = smk_stage_of_datum(rules, smk_lead_value(rules, lead, SMK_LEAD_STAGE));
	struct pg_tm tm = {0};
	TimestampTz until;
	DateADT		day;
	int			tz;

	if (stage != SMK_NO_STAGE && rules->stages[stage].pauses_clocks)
		return DT_NOEND;
	if (smk_lead_null(rules, lead, SMK_LEAD_FOLLOW_UP_ON))
		return DT_NOBEGIN;
	day = DatumGetDateADT(smk_lead_value(rules, lead, SMK_LEAD_FOLLOW_UP_ON));
	if (DATE_IS_NOEND(day))
		return DT_NOEND;
	if (DATE_IS_NOBEGIN(day))
		return DT_NOBEGIN;
	j2date(day + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	tz = DetermineTimeZoneOffset(&tm, rules->sla->timezone);
	if (tm2timestamp(&tm, 0, &tz, &until) != 0 || until <= now)
		return DT_NOBEGIN;
	return until;
}

/* ---------- starts ---------- */

typedef struct Starting
{
	SmkClocks  *clocks;
	TupleDesc	lead;
	SmkBatch   *batch;
	bool		again;			/* some lead is not in its first cycle */
	bool		may_be_over;	/* what ends them is told at once, or they are told late */
	HTAB	   *started;		/* SmkClockLead: clocks that have really started */
	MemoryContext context;
} Starting;

static DateADT
local_date(pg_tz *zone, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;

	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

static TimeADT
local_time(pg_tz *zone, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;

	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, zone) != 0)
		return 0;
	return ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * USECS_PER_SEC + fsec;
}

/*
 * Until the close of the working day, and within's days more.  What arrives
 * after the cutoff, while that day is still open, counts for the next one.
 */
static int64
target_of_day_end(const SmkCalendar *calendar, pg_tz *zone, const Interval *within,
				  TimeADT cutoff, TimestampTz started_at)
{
	int32		more_days = within ? within->day : 0;
	TimestampTz close = started_at;
	SmkReach	reach = smk_working_day_end(calendar, started_at, 0, &close);

	if (!smk_working_found(reach, close))
		return -1;
	if (cutoff >= 0 && local_time(zone, started_at) > cutoff &&
		local_date(zone, close) == local_date(zone, started_at))
		more_days++;
	if (more_days != 0)
		reach = smk_working_day_end(calendar, started_at, more_days, &close);
	if (!smk_working_found(reach, close))
		return -1;
	return smk_working_count(calendar, close) - smk_working_count(calendar, started_at);
}

int64
smk_clock_target(const SmkCalendar *calendar, pg_tz *zone, SmkCounted counted,
				 const Interval *within, TimeADT cutoff, TimestampTz started_at)
{
	if (counted == SMK_COUNT_WORKING_DAY_END)
		return target_of_day_end(calendar, zone, within, cutoff, started_at);
	if (within == NULL)
		return 0;
	if (counted == SMK_COUNT_AROUND_THE_CLOCK)
		return within->time + within->day * USECS_PER_DAY;
	return within->time;
}

static const char *
calendar_name(const SmkRules *rules, const SmkCommitment *commitment, const char *owner)
{
	const SmkMember *member = owner ? smk_member_find(rules, owner) : NULL;
	const char *name = NULL;

	if (commitment->calendar_of == SMK_CALENDAR_OF_OWNER && member != NULL)
		name = member->calendar;
	if (name == NULL && commitment->calendar_of != SMK_CALENDAR_OF_COMMITMENT && member != NULL)
		name = member->team_calendar;
	return name ? name : commitment->calendar;
}

/* The lead's owner, unless he is known to belong to the other department. */
static char *
who_owes(const SmkRules *rules, const SmkCommitment *commitment, char *owner)
{
	const SmkMember *member = owner ? smk_member_find(rules, owner) : NULL;
	SmkDepartment other = commitment->department == SMK_SALES ? SMK_MARKETING : SMK_SALES;

	return member != NULL && member->department == other ? NULL : owner;
}

static Datum
interval_of(int64 microseconds)
{
	Interval   *interval = palloc0(sizeof(Interval));

	interval->time = microseconds;
	return IntervalPGetDatum(interval);
}

static Datum
due_time(const SmkCalendar *calendar, TimestampTz started_at, int64 target, bool *isnull)
{
	TimestampTz due = started_at;
	SmkReach	reach = target < 0 ? SMK_NEVER : smk_working_add(calendar, started_at, target, &due);

	*isnull = !smk_working_found(reach, due);
	return *isnull ? (Datum) 0 : TimestampTzGetDatum(due);
}

static const SmkCalendar *
around_the_clock(void)
{
	static Datum hours = (Datum) 0;

	if (hours == (Datum) 0)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		hours = DirectFunctionCall1(smk_working_hours_in, CStringGetDatum("UTC; 24/7"));
		MemoryContextSwitchTo(old);
	}
	return smk_working_hours_calendar(hours, true);
}

/* NULL: around the clock. */
static SmkHours *
hours_of_clock(const SmkRules *rules, const SmkCommitment *commitment, const char *owner)
{
	const char *name = calendar_name(rules, commitment, owner);

	if (commitment->counted == SMK_COUNT_AROUND_THE_CLOCK || name == NULL)
		return NULL;
	return smk_hours_find(rules, name);
}

/* The event's row: lead, lead_id, event, at, handoff_id, owner, cycle at that instant */
static void
start_clock(Starting *starting, const SmkCommitment *commitment, HeapTuple tuple, TupleDesc desc,
			TimestampTz at)
{
	const SmkRules *rules = starting->clocks->rules;
	char	   *owner = who_owes(rules, commitment, SPI_getvalue(tuple, desc, 6));
	SmkHours   *hours = hours_of_clock(rules, commitment, owner);
	const SmkCalendar *calendar = hours ? smk_working_hours_calendar(hours->hours, true) : around_the_clock();
	pg_tz	   *zone = hours ? smk_hours_zone(hours->text) : rules->sla->timezone;
	Datum		values[lengthof(clock_columns)];
	bool		nulls[lengthof(clock_columns)] = {0};
	int64		target;

	target = smk_clock_target(calendar, zone, commitment->counted, commitment->within,
							  commitment->cutoff, at);
	values[0] = Int64GetDatum(commitment->id);
	values[1] = commitment->siblings;
	values[2] = SPI_getbinval(tuple, desc, 2, &nulls[2]);
	values[3] = SPI_getbinval(tuple, desc, 5, &nulls[3]);
	values[4] = SPI_getbinval(tuple, desc, 7, &nulls[4]);
	nulls[5] = owner == NULL;
	values[5] = owner ? CStringGetTextDatum(owner) : (Datum) 0;
	values[6] = TimestampTzGetDatum(at);
	values[7] = interval_of(target);
	nulls[7] = target < 0;
	values[8] = due_time(calendar, at, target, &nulls[8]);
	values[9] = due_time(calendar, at, commitment->warn_at < 0 ? -1 : (int64) rint(target * commitment->warn_at),
						 &nulls[9]);
	values[10] = Int64GetDatum(hours ? hours->version : 0);
	nulls[10] = hours == NULL;
	smk_batch_add(starting->batch, values, nulls);
	starting->again |= DatumGetInt32(values[4]) > 1;
	starting->may_be_over |= at < GetCurrentTransactionStartTimestamp() ||
		bms_overlap(commitment->decided_by, starting->clocks->told_events);
}

/* It stands still from the start where the lead's stage or follow-up says so. */
static void
pause_new_clock(Starting *starting, const SmkLead *lead, TimestampTz at)
{
	const SmkRules *rules = starting->clocks->rules;
	TimestampTz until = smk_paused_until(rules, lead, at);
	TimestampTz since = DatumGetTimestampTz(smk_lead_value(rules, lead, SMK_LEAD_STAGE_SINCE));

	if (until == DT_NOBEGIN)
		return;
	if (until == DT_NOEND)
		at = Max(at, since);	/* an event that is told late was before the pause */
	smk_clocks_pause(starting->clocks, DatumGetInt64(smk_lead_value(rules, lead, SMK_LEAD_ID)), at, until);
}

static void
consider_event(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Starting   *starting = arg;
	const SmkRules *rules = starting->clocks->rules;
	MemoryContext old = MemoryContextSwitchTo(starting->context);
	bool		isnull;
	SmkLead		lead = smk_lead_of_row(SPI_getbinval(tuple, desc, 1, &isnull), starting->lead);
	char	   *event = SPI_getvalue(tuple, desc, 3);
	TimestampTz at = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 4, &isnull));
	DateADT		day = local_date(rules->sla->timezone, at);
	int64		before = starting->batch->rows;

	for (int i = 0; i < rules->sla->ncommitments; i++)
	{
		const SmkCommitment *commitment = &rules->sla->commitments[i];

		if (strcmp(rules->sla->events[commitment->starts_on], event) == 0 &&
			commitment->from <= day && day < commitment->to &&
			(!commitment->condition.present ||
			 smk_rule_holds(&commitment->condition, lead.values, lead.nulls)))
			start_clock(starting, commitment, tuple, desc, at);
	}
	if (starting->batch->rows > before)
		pause_new_clock(starting, &lead, at);
	MemoryContextSwitchTo(old);
	MemoryContextReset(starting->context);
}

static void
collect_starts(Starting *starting)
{
	SmkClocks  *clocks = starting->clocks;
	SmkStatement statement = {0};

	statement.text = "SELECT l, l.id, e.event, GREATEST(e.at, h.offered_at), h.id, COALESCE(h.owner, l.owner),"
		" CASE WHEN l.cycle OPERATOR(pg_catalog.>) 1 AND e.at OPERATOR(pg_catalog.<) l.stage_since"
		" THEN COALESCE((SELECT x.cycle FROM %s.stage_change AS x WHERE x.lead_id OPERATOR(pg_catalog.=) l.id"
		" AND x.at OPERATOR(pg_catalog.<=) e.at ORDER BY x.at DESC, x.id DESC LIMIT 1), 1) ELSE l.cycle END"
		" FROM (SELECT lead_id, event, pg_catalog.min(at) AS at FROM smk_start"
		" GROUP BY lead_id, event) AS e"
		" JOIN %s.lead AS l ON l.id OPERATOR(pg_catalog.=) e.lead_id"
		" LEFT JOIN LATERAL (SELECT x.id, x.owner, x.offered_at FROM %s.handoff AS x"
		" WHERE x.lead_id OPERATOR(pg_catalog.=) l.id AND x.direction OPERATOR(pg_catalog.=)"
		" CASE WHEN e.event OPERATOR(pg_catalog.=) 'handoff:returned' THEN 'to_marketing' ELSE 'to_sales' END"
		" AND (pg_catalog.starts_with(e.event, 'handoff:') OR x.offered_at OPERATOR(pg_catalog.=) e.at)"
		" ORDER BY x.id DESC LIMIT 1) AS h ON pg_catalog.starts_with(e.event, 'handoff:')"
		" OR pg_catalog.starts_with(e.event, 'stage:')"
		" WHERE l.excluded IS NULL AND NOT l.do_not_contact ORDER BY l.id";
	statement.batches[0] = clocks->starts;
	statement.callback = consider_event;
	statement.arg = starting;
	smk_run(clocks->ws, SMK_BY_LEAD, NULL, &statement);
}

static void
note_started(HeapTuple tuple, TupleDesc desc, void *arg)
{
	bool		isnull;
	int64		clock = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
	SmkClockLead *lead = smk_clock_leads_enter(arg, DatumGetInt64(SPI_getbinval(tuple, desc, 2, &isnull)));

	lead->from_clock = Min(lead->from_clock, clock);
}

/* In an order of its own, since clocks that are due at one instant are told by id. */
static void
insert_clocks(Starting *starting)
{
	SmkStatement statement = {0};

	statement.text = "INSERT INTO %s.sla_clock (commitment_id, lead_id, handoff_id, cycle, owner,"
		" started_at, target, due_at, warn_due_at, calendar_version)"
		" SELECT n.commitment_id, n.lead_id, n.handoff_id, n.cycle, n.owner,"
		" n.started_at, n.target, n.due_at, n.warn_due_at, n.calendar_version"
		" FROM smk_clock AS n WHERE NOT EXISTS (SELECT FROM %s.sla_clock AS c"
		" WHERE c.lead_id OPERATOR(pg_catalog.=) n.lead_id"
		" AND c.commitment_id OPERATOR(pg_catalog.=) ANY (n.siblings)"
		" AND (c.ended_at IS NULL AND c.cancelled_at IS NULL"
		" OR c.started_at OPERATOR(pg_catalog.<=) n.started_at"
		" AND COALESCE(c.ended_at, c.cancelled_at) OPERATOR(pg_catalog.>) n.started_at))"
		" ORDER BY n.lead_id, n.started_at, n.commitment_id"
		" ON CONFLICT DO NOTHING RETURNING id, lead_id";
	statement.batches[0] = starting->batch;
	statement.callback = note_started;
	statement.arg = starting->started;
	smk_run(starting->clocks->ws, SMK_BY_LEAD, NULL, &statement);
}

/*
 * One clock at a time per lead and commitment, whatever the agreement's version:
 * what has started already goes on, unless the lead is in another cycle, and so
 * did what was running at a start that is told late.  A clock whose start is
 * told late, or together with what ends it, is looked at at once.
 */
static void
start_clocks(SmkClocks *clocks)
{
	Relation	lead = relation_open(clocks->ws->tables[SMK_TABLE_LEAD], AccessShareLock);
	Starting	starting = {0};

	starting.clocks = clocks;
	starting.lead = RelationGetDescr(lead);
	starting.batch = smk_batch_create("smk_clock", clock_columns, lengthof(clock_columns));
	starting.started = smk_clock_leads_create();
	starting.context = AllocSetContextCreate(CurrentMemoryContext, "smarketing clock",
											 ALLOCSET_SMALL_SIZES);
	collect_starts(&starting);
	if (starting.batch->rows > 0)
	{
		if (starting.again)
			supersede_clocks(clocks, starting.batch);
		insert_clocks(&starting);
		if (starting.may_be_over)
			smk_clocks_derive(clocks->ws, starting.started, false);
	}
	smk_batch_end(starting.batch);
	hash_destroy(starting.started);
	MemoryContextDelete(starting.context);
	relation_close(lead, AccessShareLock);
}

/* ---------- the whole ---------- */

static void
end_batch(SmkBatch **batch)
{
	if (*batch != NULL)
		smk_batch_end(*batch);
	*batch = NULL;
}

/* Leads that the statement tells of, each once, from the first of its events on. */
static SmkBatch *
batch_of_told(const SmkClocks *clocks)
{
	SmkBatch   *batch = smk_batch_create("smk_told", told_columns, lengthof(told_columns));
	int64		n = hash_get_num_entries(clocks->told);
	int64	   *ids = smk_clock_leads_sorted(clocks->told);

	for (int64 i = 0; i < n; i++)
	{
		SmkClockLead *lead = smk_clock_leads_enter(clocks->told, ids[i]);
		TimestampTz first = DT_NOEND;
		bool		starts = false;
		Datum		values[3];
		bool		nulls[3] = {false, false, false};

		for (const SmkTold *told = lead->told; told != NULL; told = told->next)
		{
			first = Min(first, told->at);
			starts |= told->starts;
		}
		values[0] = Int64GetDatum(lead->id);
		values[1] = TimestampTzGetDatum(first);
		values[2] = BoolGetDatum(starts);
		smk_batch_add(batch, values, nulls);
	}
	pfree(ids);
	return batch;
}

static void
lock_told_leads(SmkClocks *clocks)
{
	SmkBatch   *told = batch_of_told(clocks);

	smk_run_batch(clocks->ws, SMK_BY_LEAD,
				  "SELECT FROM smk_told AS e JOIN %s.lead AS l ON l.id OPERATOR(pg_catalog.=) e.lead_id"
				  " WHERE e.starts OR EXISTS (SELECT FROM %s.sla_clock AS c"
				  " WHERE c.lead_id OPERATOR(pg_catalog.=) e.lead_id"
				  " AND e.at OPERATOR(pg_catalog.<=) COALESCE(c.ended_at, c.cancelled_at, 'infinity'))"
				  " ORDER BY l.id FOR NO KEY UPDATE OF l", told);
	smk_batch_end(told);
}

/*
 * Who counts the events of a lead, or looks whether its clock runs, must be
 * alone with it: locked in a statement of its own, so that the next ones see
 * what this one has waited for.  Leads come before clocks in the order of locks.
 */
void
smk_clocks_lock(SmkClocks *clocks)
{
	if (clocks->leads_locked)
		return;
	if (clocks->told != NULL)
		lock_told_leads(clocks);
	if (clocks->recounts != NULL)
		smk_run_batch(clocks->ws, SMK_BY_LEAD,
					 "SELECT FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.=) ANY"
					 " (SELECT lead_id FROM smk_recount) ORDER BY l.id FOR NO KEY UPDATE", clocks->recounts);
	clocks->leads_locked = true;
}

void
smk_clocks_write(SmkClocks *clocks)
{
	if (clocks->told != NULL || clocks->recounts != NULL)
		smk_clocks_lock(clocks);
	if (clocks->recounts != NULL)
		recount_clocks(clocks->ws, clocks->recounts);
	if (clocks->told != NULL)
		smk_clocks_derive(clocks->ws, clocks->told, false);
	if (clocks->cancels != NULL)
		cancel_clocks(clocks);
	if (clocks->starts != NULL)
		start_clocks(clocks);
	if (clocks->pauses != NULL)
		pause_clocks(clocks);
	clocks->told = NULL;
	clocks->told_events = NULL;
	end_batch(&clocks->recounts);
	end_batch(&clocks->starts);
	end_batch(&clocks->cancels);
	end_batch(&clocks->pauses);
}
