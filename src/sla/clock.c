/*
 * clock.c
 *		Clocks are ended, cancelled, paused and started set-based.
 *
 * A statement collects what has happened to leads.  Ends come first, since an
 * event may end one clock and start the next; then releases, cancellations,
 * pauses, and the new clocks.  A clock that activities end is counted anew from
 * the activities, so that one which arrives late ends it at its own time.
 */
#include "sla/clock.h"

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

static const SmkBatchColumn event_columns[] = {
	{"lead_id", INT8OID}, {"event", TEXTOID}, {"at", TIMESTAMPTZOID}, {"starts", BOOLOID}
};

static const SmkBatchColumn pause_columns[] = {
	{"lead_id", INT8OID}, {"at", TIMESTAMPTZOID}, {"until", TIMESTAMPTZOID}
};

static const SmkBatchColumn cancel_columns[] = {
	{"lead_id", INT8OID}, {"at", TIMESTAMPTZOID}, {"reason", TEXTOID}, {"handoff_only", BOOLOID}
};

static const SmkBatchColumn clock_columns[] = {
	{"commitment_id", INT8OID}, {"lead_id", INT8OID}, {"handoff_id", INT8OID}, {"cycle", INT4OID},
	{"owner", TEXTOID}, {"started_at", TIMESTAMPTZOID}, {"target", INTERVALOID},
	{"due_at", TIMESTAMPTZOID}, {"warn_due_at", TIMESTAMPTZOID}, {"calendar_version", INT8OID}
};

/* ---------- collecting ---------- */

SmkClocks *
smk_clocks_begin(SmkWorkspace *ws, const SmkRules *rules, const SmkActor *actor)
{
	SmkClocks  *clocks = palloc0(sizeof(SmkClocks));

	clocks->ws = ws;
	clocks->rules = rules;
	clocks->active = actor->batch == NULL;
	clocks->context = CurrentMemoryContext;
	return clocks;
}

static SmkBatch *
batch_of(SmkClocks *clocks, SmkBatch **batch, const char *name, const SmkBatchColumn *columns, int n)
{
	if (*batch == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(clocks->context);

		*batch = smk_batch_create(name, columns, n);
		MemoryContextSwitchTo(old);
	}
	return *batch;
}

void
smk_clocks_event(SmkClocks *clocks, int64 lead_id, int event, TimestampTz at, bool implied)
{
	bool		starts;
	Datum		values[4];
	bool		nulls[4] = {false, false, false, false};

	if (!clocks->active || event == SMK_NO_EVENT)
		return;
	starts = !implied && clocks->rules->sla->starts[event];
	clocks->starts |= starts;
	values[0] = Int64GetDatum(lead_id);
	values[1] = CStringGetTextDatum(clocks->rules->sla->events[event]);
	values[2] = TimestampTzGetDatum(at);
	values[3] = BoolGetDatum(starts);
	smk_batch_add(batch_of(clocks, &clocks->events, "smk_sla_event", event_columns, lengthof(event_columns)),
				  values, nulls);
}

void
smk_clocks_pause(SmkClocks *clocks, int64 lead_id, TimestampTz at, TimestampTz until)
{
	Datum		values[3] = {Int64GetDatum(lead_id), TimestampTzGetDatum(at), TimestampTzGetDatum(until)};
	bool		nulls[3] = {false, false, false};

	if (!clocks->active)
		return;
	smk_batch_add(batch_of(clocks, &clocks->pauses, "smk_pause", pause_columns, lengthof(pause_columns)),
				  values, nulls);
}

void
smk_clocks_cancel(SmkClocks *clocks, int64 lead_id, TimestampTz at, const char *reason, bool handoff_only)
{
	Datum		values[4];
	bool		nulls[4] = {false, false, false, false};

	if (!clocks->active || clocks->rules->sla->ncommitments == 0)
		return;
	values[0] = Int64GetDatum(lead_id);
	values[1] = TimestampTzGetDatum(at);
	values[2] = CStringGetTextDatum(reason);
	values[3] = BoolGetDatum(handoff_only);
	smk_batch_add(batch_of(clocks, &clocks->cancels, "smk_cancel", cancel_columns, lengthof(cancel_columns)),
				  values, nulls);
}

/* ---------- ends, releases, cancellations, pauses ---------- */

static void
run_on_batch(SmkClocks *clocks, const char *text, SmkBatch *batch)
{
	SmkStatement statement = {0};

	statement.text = text;
	statement.batches[0] = batch;
	smk_run(clocks->ws, SMK_BY_LEAD, NULL, &statement);
}

/*
 * A clock ends at its min_count-th event.  Activities are counted from the
 * table, whatever their order of arrival; a touch, attempt or contact counts
 * if it is of the department that owes.  Other events are counted as they come.
 */
static void
end_clocks(SmkClocks *clocks)
{
	run_on_batch(clocks,
				 "WITH hit AS (SELECT c.id, m.ends_on, m.min_count, m.department, c.lead_id, c.started_at,"
				 " c.counted_events, c.ended_at, pg_catalog.count(*)::pg_catalog.int4 AS n,"
				 " pg_catalog.array_agg(e.at ORDER BY e.at) AS ats"
				 " FROM smk_sla_event AS e"
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) e.lead_id"
				 " JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
				 " AND m.ends_on OPERATOR(pg_catalog.=) e.event"
				 " WHERE c.cancelled_at IS NULL AND e.at OPERATOR(pg_catalog.>=) c.started_at"
				 " AND (c.ended_at IS NULL OR e.at OPERATOR(pg_catalog.<) c.ended_at)"
				 " GROUP BY c.id, m.id),"
				 " judged AS (SELECT h.id, x.n AS counted, x.ended_at FROM hit AS h CROSS JOIN LATERAL ("
				 "SELECT pg_catalog.count(*)::pg_catalog.int4 AS n,"
				 " (pg_catalog.array_agg(a.at ORDER BY a.at))[h.min_count] AS ended_at"
				 " FROM %s.activity AS a JOIN %s.activity_kind AS k ON k.name OPERATOR(pg_catalog.=) a.kind"
				 " WHERE a.lead_id OPERATOR(pg_catalog.=) h.lead_id AND a.at OPERATOR(pg_catalog.>=) h.started_at"
				 " AND CASE WHEN h.ends_on OPERATOR(pg_catalog.=) 'touch' THEN k.is_touch"
				 " WHEN h.ends_on OPERATOR(pg_catalog.=) 'attempt' THEN k.is_attempt"
				 " WHEN h.ends_on OPERATOR(pg_catalog.=) 'contact' THEN k.is_contact"
				 " ELSE h.ends_on OPERATOR(pg_catalog.=) ('activity:' OPERATOR(pg_catalog.||) k.name) END"
				 " AND (k.department OPERATOR(pg_catalog.=) h.department OR k.department IS NULL"
				 " OR pg_catalog.starts_with(h.ends_on, 'activity:'))) AS x"
				 " WHERE h.ends_on OPERATOR(pg_catalog.=) ANY (ARRAY['touch', 'attempt', 'contact'])"
				 " OR pg_catalog.starts_with(h.ends_on, 'activity:')"
				 " UNION ALL SELECT h.id, h.counted_events OPERATOR(pg_catalog.+) h.n,"
				 " h.ats[h.min_count OPERATOR(pg_catalog.-) h.counted_events] FROM hit AS h"
				 " WHERE h.ended_at IS NULL"
				 " AND NOT h.ends_on OPERATOR(pg_catalog.=) ANY (ARRAY['touch', 'attempt', 'contact'])"
				 " AND NOT pg_catalog.starts_with(h.ends_on, 'activity:'))"
				 " UPDATE %s.sla_clock AS c SET counted_events = j.counted, ended_at = j.ended_at,"
				 " ended_recorded_at = CASE WHEN j.ended_at IS NOT NULL THEN pg_catalog.now() END"
				 " FROM judged AS j WHERE c.id OPERATOR(pg_catalog.=) j.id", clocks->events);
}

/* What releases from an obligation: in time it is cancelled, afterwards it was met late. */
static void
release_clocks(SmkClocks *clocks)
{
	run_on_batch(clocks,
				 "WITH hit AS (SELECT c.id, pg_catalog.min(e.at) AS at,"
				 " (pg_catalog.array_agg(e.event ORDER BY e.at))[1] AS event"
				 " FROM smk_sla_event AS e"
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) e.lead_id"
				 " JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
				 " AND e.event OPERATOR(pg_catalog.=) ANY (m.released_on)"
				 " WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL"
				 " AND e.at OPERATOR(pg_catalog.>=) c.started_at GROUP BY c.id)"
				 " UPDATE %s.sla_clock AS c SET"
				 " cancelled_at = CASE WHEN c.due_at OPERATOR(pg_catalog.<) h.at THEN NULL ELSE h.at END,"
				 " cancel_reason = CASE WHEN c.due_at OPERATOR(pg_catalog.<) h.at THEN NULL ELSE h.event END,"
				 " ended_at = CASE WHEN c.due_at OPERATOR(pg_catalog.<) h.at THEN h.at END,"
				 " ended_recorded_at = pg_catalog.now()"
				 " FROM hit AS h WHERE c.id OPERATOR(pg_catalog.=) h.id", clocks->events);
}

static void
cancel_clocks(SmkClocks *clocks)
{
	run_on_batch(clocks,
				 "UPDATE %s.sla_clock AS c SET cancelled_at = GREATEST(x.at, c.started_at),"
				 " cancel_reason = x.reason, ended_recorded_at = pg_catalog.now()"
				 " FROM smk_cancel AS x WHERE c.lead_id OPERATOR(pg_catalog.=) x.lead_id"
				 " AND c.ended_at IS NULL AND c.cancelled_at IS NULL"
				 " AND (NOT x.handoff_only OR c.handoff_id IS NOT NULL)", clocks->cancels);
}

/*
 * From an instant on, a pause that was planned is replaced by the one that
 * holds now; due times follow from the pauses.
 */
static void
pause_clocks(SmkClocks *clocks)
{
	run_on_batch(clocks,
				 "WITH planned AS (SELECT c.id, (c.paused OPERATOR(pg_catalog.-)"
				 " pg_catalog.tstzmultirange(pg_catalog.tstzrange(p.at, NULL))) OPERATOR(pg_catalog.+)"
				 " CASE WHEN p.until OPERATOR(pg_catalog.<=) p.at THEN '{}'::pg_catalog.tstzmultirange"
				 " ELSE pg_catalog.tstzmultirange(pg_catalog.tstzrange(p.at,"
				 " CASE WHEN p.until OPERATOR(pg_catalog.<) 'infinity' THEN p.until END)) END"
				 " AS paused FROM smk_pause AS p"
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) p.lead_id"
				 " WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL)"
				 " UPDATE %s.sla_clock AS c SET paused = p.paused,"
				 " due_at = (smarketing.sla_status(v.hours, c.started_at, c.target, NULL, p.paused)).due_at,"
				 " warn_due_at = (smarketing.sla_status(v.hours, c.started_at,"
				 " c.target OPERATOR(pg_catalog.*) m.warn_at, NULL, p.paused)).due_at"
				 " FROM planned AS p, %s.commitment AS m, %s.sla_clock AS own"
				 " LEFT JOIN %s.calendar_version AS w ON w.id OPERATOR(pg_catalog.=) own.calendar_version"
				 " CROSS JOIN LATERAL (SELECT COALESCE(w.hours, 'UTC; 24/7')::smarketing.working_hours AS hours) AS v"
				 " WHERE c.id OPERATOR(pg_catalog.=) p.id AND own.id OPERATOR(pg_catalog.=) p.id"
				 " AND m.id OPERATOR(pg_catalog.=) c.commitment_id"
				 " AND c.paused OPERATOR(pg_catalog.<>) p.paused", clocks->pauses);
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
	int32		days = within ? within->day : 0;
	TimestampTz close = started_at;
	SmkReach	reach = smk_working_day_end(calendar, started_at, 0, &close);

	if (!smk_working_found(reach, close))
		return -1;
	if (cutoff >= 0 && local_time(zone, started_at) > cutoff &&
		local_date(zone, close) == local_date(zone, started_at))
		days++;
	if (days != 0)
		reach = smk_working_day_end(calendar, started_at, days, &close);
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

/* The event's row: lead, lead_id, event, at, handoff_id, owner */
static void
start_clock(Starting *starting, const SmkCommitment *commitment, HeapTuple tuple, TupleDesc desc,
			TimestampTz at, const SmkLead *lead)
{
	const SmkRules *rules = starting->clocks->rules;
	char	   *owner = SPI_getvalue(tuple, desc, 6);
	const char *name = calendar_name(rules, commitment, owner);
	SmkHours   *hours = NULL;
	const SmkCalendar *calendar;
	pg_tz	   *zone = rules->sla->timezone;
	Datum		values[lengthof(clock_columns)];
	bool		nulls[lengthof(clock_columns)] = {0};
	int64		target;

	if (commitment->counted == SMK_COUNT_AROUND_THE_CLOCK)
		calendar = around_the_clock();
	else
	{
		hours = name ? smk_hours_find(rules, name) : NULL;
		calendar = hours ? smk_working_hours_calendar(hours->hours, true) : around_the_clock();
		if (hours)
			zone = smk_hours_zone(hours->text);
	}
	target = smk_clock_target(calendar, zone, commitment->counted, commitment->within,
							  commitment->cutoff, at);
	values[0] = Int64GetDatum(commitment->id);
	values[1] = SPI_getbinval(tuple, desc, 2, &nulls[1]);
	values[2] = SPI_getbinval(tuple, desc, 5, &nulls[2]);
	values[3] = smk_lead_value(rules, lead, SMK_LEAD_CYCLE);
	values[4] = SPI_getbinval(tuple, desc, 6, &nulls[4]);
	values[5] = TimestampTzGetDatum(at);
	values[6] = interval_of(target);
	nulls[6] = target < 0;
	values[7] = due_time(calendar, at, target, &nulls[7]);
	values[8] = due_time(calendar, at, commitment->warn_at < 0 ? -1 : (int64) (target * commitment->warn_at),
						 &nulls[8]);
	values[9] = Int64GetDatum(hours ? hours->version : 0);
	nulls[9] = hours == NULL;
	smk_batch_add(starting->batch, values, nulls);
}

static void
consider_event(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Starting   *starting = arg;
	const SmkRules *rules = starting->clocks->rules;
	MemoryContext old = MemoryContextSwitchTo(starting->context);
	bool		isnull;
	HeapTupleHeader row = DatumGetHeapTupleHeader(SPI_getbinval(tuple, desc, 1, &isnull));
	HeapTupleData lead_tuple = {0};
	char	   *event = SPI_getvalue(tuple, desc, 3);
	TimestampTz at = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 4, &isnull));
	DateADT		day = local_date(rules->sla->timezone, at);
	SmkLead		lead;

	lead_tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	lead_tuple.t_data = row;
	lead.values = palloc(sizeof(Datum) * starting->lead->natts);
	lead.nulls = palloc(sizeof(bool) * starting->lead->natts);
	heap_deform_tuple(&lead_tuple, starting->lead, lead.values, lead.nulls);
	for (int i = 0; i < rules->sla->ncommitments; i++)
	{
		const SmkCommitment *commitment = &rules->sla->commitments[i];

		if (strcmp(rules->sla->events[commitment->starts_on], event) == 0 &&
			commitment->from <= day && day < commitment->to &&
			(!commitment->condition.present ||
			 smk_rule_holds(&commitment->condition, lead.values, lead.nulls)))
			start_clock(starting, commitment, tuple, desc, at, &lead);
	}
	if (smk_paused_until(rules, &lead, at) != DT_NOBEGIN)
		smk_clocks_pause(starting->clocks, DatumGetInt64(smk_lead_value(rules, &lead, SMK_LEAD_ID)),
						 at, smk_paused_until(rules, &lead, at));
	MemoryContextSwitchTo(old);
	MemoryContextReset(starting->context);
}

static void
collect_starts(Starting *starting)
{
	SmkClocks  *clocks = starting->clocks;
	SmkStatement statement = {0};

	statement.text = "SELECT l, l.id, e.event, e.at, h.id, COALESCE(h.owner, l.owner)"
		" FROM (SELECT lead_id, event, pg_catalog.min(at) AS at FROM smk_sla_event"
		" WHERE starts GROUP BY lead_id, event) AS e"
		" JOIN %s.lead AS l ON l.id OPERATOR(pg_catalog.=) e.lead_id"
		" LEFT JOIN LATERAL (SELECT x.id, x.owner FROM %s.handoff AS x"
		" WHERE x.lead_id OPERATOR(pg_catalog.=) l.id AND x.direction OPERATOR(pg_catalog.=)"
		" CASE WHEN e.event OPERATOR(pg_catalog.=) 'handoff:returned' THEN 'to_marketing' ELSE 'to_sales' END"
		" ORDER BY x.id DESC LIMIT 1) AS h ON pg_catalog.starts_with(e.event, 'handoff:')"
		" WHERE l.excluded IS NULL AND NOT l.do_not_contact ORDER BY l.id";
	statement.batches[0] = clocks->events;
	statement.callback = consider_event;
	statement.arg = starting;
	smk_run(clocks->ws, SMK_BY_LEAD, NULL, &statement);
}

/*
 * One open clock per lead and commitment: what has started already goes on.
 * It stands still from the start where the lead's stage or follow-up says so.
 */
static void
start_clocks(SmkClocks *clocks)
{
	Relation	lead = relation_open(clocks->ws->tables[SMK_TABLE_LEAD], AccessShareLock);
	Starting	starting = {clocks, RelationGetDescr(lead), NULL, NULL};

	starting.batch = smk_batch_create("smk_clock", clock_columns, lengthof(clock_columns));
	starting.context = AllocSetContextCreate(CurrentMemoryContext, "smarketing clock",
											 ALLOCSET_SMALL_SIZES);
	collect_starts(&starting);
	if (starting.batch->rows > 0)
		run_on_batch(clocks,
					 "INSERT INTO %s.sla_clock (commitment_id, lead_id, handoff_id, cycle, owner,"
					 " started_at, target, due_at, warn_due_at, calendar_version)"
					 " SELECT n.commitment_id, n.lead_id, n.handoff_id, n.cycle, n.owner,"
					 " n.started_at, n.target, n.due_at, n.warn_due_at, n.calendar_version"
					 " FROM smk_clock AS n WHERE NOT EXISTS (SELECT FROM %s.sla_clock AS c"
					 " WHERE c.lead_id OPERATOR(pg_catalog.=) n.lead_id"
					 " AND c.commitment_id OPERATOR(pg_catalog.=) n.commitment_id"
					 " AND c.ended_at IS NULL AND c.cancelled_at IS NULL)", starting.batch);
	smk_batch_end(starting.batch);
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

void
smk_clocks_write(SmkClocks *clocks)
{
	if (clocks->events != NULL)
	{
		end_clocks(clocks);
		release_clocks(clocks);
	}
	if (clocks->cancels != NULL)
		cancel_clocks(clocks);
	if (clocks->starts)
		start_clocks(clocks);
	if (clocks->pauses != NULL)
		pause_clocks(clocks);
	clocks->starts = false;
	end_batch(&clocks->events);
	end_batch(&clocks->cancels);
	end_batch(&clocks->pauses);
}
