/*
 * clock.c
 *		Clocks are ended, cancelled, paused and started set-based.
 *
 * A statement collects what has happened to leads.  Ends come first, since an
 * event may end one clock and start the next; then cancellations, the new
 * clocks, and pauses.  An event only says which clocks to look at: what became
 * of them is derived from the tables, whatever the order of arrival, so that an
 * activity which arrives late ends a clock at its own time, and one that is
 * taken back opens it again.
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

static const SmkBatchColumn event_columns[] = {
	{"lead_id", INT8OID}, {"event", TEXTOID}, {"at", TIMESTAMPTZOID}, {"starts", BOOLOID}
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

	if (event == SMK_NO_EVENT)
		return;
	starts = clocks->opens && !implied && clocks->rules->sla->starts[event];
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

	smk_batch_add(batch_of(clocks, &clocks->pauses, "smk_pause", pause_columns, lengthof(pause_columns)),
				  values, nulls);
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
	smk_batch_add(batch_of(clocks, &clocks->cancels, "smk_cancel", cancel_columns, lengthof(cancel_columns)),
				  values, nulls);
}

void
smk_clocks_recount(SmkClocks *clocks, int64 lead_id)
{
	Datum		value = Int64GetDatum(lead_id);
	bool		isnull = false;

	if (clocks->rules->sla->ncommitments == 0)
		return;
	smk_batch_add(batch_of(clocks, &clocks->recounts, "smk_recount", recount_columns,
						   lengthof(recount_columns)), &value, &isnull);
}

/* ---------- ends, releases, cancellations, pauses ---------- */

/*
 * What became of the clocks in CTE hit (id), from the tables.
 *
 * A clock ends at its min_count-th event.  A touch, attempt or contact counts
 * if it is of the department that owes, or of none; the activity that started
 * the clock does not count, nor does a decision on an earlier handoff.  An
 * event that releases from the obligation, or a later clock of the same
 * commitment (a second cycle), cancels the clock if it comes in time, and
 * counts as a late answer afterwards.  verify() derives the same.
 *
 * The steps are fenced off, and ids compared so that no index is tempting: a
 * planner without statistics would choose what is quadratic in the clocks.
 */
#define IS_KIND(name) \
	"CASE WHEN " name " OPERATOR(pg_catalog.=) 'touch' THEN k.is_touch" \
	" WHEN " name " OPERATOR(pg_catalog.=) 'attempt' THEN k.is_attempt" \
	" WHEN " name " OPERATOR(pg_catalog.=) 'contact' THEN k.is_contact" \
	" ELSE " name " OPERATOR(pg_catalog.=) ('activity:' OPERATOR(pg_catalog.||) k.name) END"

#define AFTER_START(at) \
	" WHERE x.lead_id OPERATOR(pg_catalog.=) h.lead_id AND " at " OPERATOR(pg_catalog.>=) h.started_at"

#define DERIVE_CLOCKS \
	" watched AS MATERIALIZED (SELECT c.*, m.key, m.department, m.starts_on, m.ends_on, m.min_count," \
	" COALESCE(m.released_on, '{}') AS released_on," \
	" pg_catalog.array_to_string(m.ends_on OPERATOR(pg_catalog.||) m.released_on, ' ') AS names" \
	" FROM hit JOIN %s.sla_clock AS c ON c.id OPERATOR(pg_catalog.=) hit.id" \
	" JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id)," \
	" judged AS MATERIALIZED (SELECT h.id, h.due_at, o.n, o.ended_at, o.released_at, o.released_by" \
	" FROM watched AS h CROSS JOIN LATERAL (SELECT" \
	" pg_catalog.count(*) FILTER (WHERE v.ends)::pg_catalog.int4 AS n," \
	" (pg_catalog.array_agg(v.at ORDER BY v.at) FILTER (WHERE v.ends))[h.min_count] AS ended_at," \
	" pg_catalog.min(v.at) FILTER (WHERE v.releases IS NOT NULL) AS released_at," \
	" (pg_catalog.array_agg(v.releases ORDER BY v.at, v.releases COLLATE pg_catalog.\"C\")" \
	" FILTER (WHERE v.releases IS NOT NULL))[1] AS released_by FROM (" \
	/* activities */ \
	"SELECT x.at, (h.ends_on OPERATOR(pg_catalog.~) '^(touch|attempt|contact|activity:)')" \
	" AND (" IS_KIND("h.ends_on") ")" \
	" AND (k.department OPERATOR(pg_catalog.=) h.department OR k.department IS NULL" \
	" OR pg_catalog.starts_with(h.ends_on, 'activity:'))" \
	" AND (x.at OPERATOR(pg_catalog.>) h.started_at OR NOT (" IS_KIND("h.starts_on") ")) AS ends," \
	" (SELECT pg_catalog.min(r.name COLLATE pg_catalog.\"C\") FROM pg_catalog.unnest(h.released_on) AS r (name)" \
	" WHERE " IS_KIND("r.name") ") AS releases" \
	" FROM %s.activity AS x JOIN %s.activity_kind AS k ON k.name OPERATOR(pg_catalog.=) x.kind" \
	AFTER_START("x.at") \
	" AND h.names OPERATOR(pg_catalog.~) '(^| )(touch|attempt|contact|activity:)'" \
	/* all others have a name */ \
	" UNION ALL SELECT e.at, e.name OPERATOR(pg_catalog.=) h.ends_on, pg_catalog.min(r.name)" \
	" FROM (" \
	"SELECT 'stage:' OPERATOR(pg_catalog.||) x.to_stage AS name, x.at FROM %s.stage_change AS x" \
	AFTER_START("x.at") " AND pg_catalog.strpos(h.names, 'stage:') OPERATOR(pg_catalog.>) 0" \
	" UNION ALL SELECT n.name, n.at FROM %s.handoff AS x CROSS JOIN LATERAL (VALUES" \
	" (CASE WHEN x.direction OPERATOR(pg_catalog.=) 'to_sales' THEN 'handoff:offered'" \
	" ELSE 'handoff:returned' END, x.offered_at)," \
	" (CASE WHEN x.decision OPERATOR(pg_catalog.=) ANY (ARRAY['accepted', 'auto_accepted'])" \
	" THEN 'handoff:accepted' WHEN x.decision OPERATOR(pg_catalog.=) ANY (ARRAY['rejected', 'merged'])" \
	" THEN 'handoff:rejected' END, x.decided_at)," \
	" (CASE WHEN x.decision OPERATOR(pg_catalog.<>) 'withdrawn' THEN 'handoff:decided' END," \
	" x.decided_at)) AS n (name, at)" \
	AFTER_START("n.at") \
	" AND (h.handoff_id OPERATOR(pg_catalog.<=) x.id) IS NOT FALSE" \
	" AND (n.name OPERATOR(pg_catalog.=) ANY (ARRAY['handoff:offered', 'handoff:returned'])" \
	" OR x.direction OPERATOR(pg_catalog.=) 'to_sales')" \
	" AND NOT (n.name OPERATOR(pg_catalog.=) h.starts_on AND x.id OPERATOR(pg_catalog.=) h.handoff_id)" \
	" AND pg_catalog.strpos(h.names, 'handoff:') OPERATOR(pg_catalog.>) 0" \
	" UNION ALL SELECT 'feedback', x.at FROM %s.feedback AS x" \
	AFTER_START("x.at") " AND pg_catalog.strpos(h.names, 'feedback') OPERATOR(pg_catalog.>) 0" \
	" UNION ALL SELECT CASE WHEN x.won THEN 'deal:won' ELSE 'deal:lost' END, x.closed_at FROM %s.deal AS x" \
	AFTER_START("x.closed_at") " AND x.won IS NOT NULL" \
	" AND pg_catalog.strpos(h.names, 'deal:') OPERATOR(pg_catalog.>) 0" \
	" UNION ALL SELECT 'follow_up_due', x.at FROM %s.event AS x" \
	AFTER_START("x.at") " AND x.kind OPERATOR(pg_catalog.=) 'follow_up_due'" \
	" AND pg_catalog.strpos(h.names, 'follow_up_due') OPERATOR(pg_catalog.>) 0" \
	") AS e LEFT JOIN LATERAL pg_catalog.unnest(h.released_on) AS r (name)" \
	" ON r.name OPERATOR(pg_catalog.=) e.name" \
	" WHERE e.at OPERATOR(pg_catalog.>) h.started_at OR e.name OPERATOR(pg_catalog.<>) h.starts_on" \
	" GROUP BY e.name, e.at" \
	" UNION ALL SELECT x.started_at, false, 'superseded' FROM %s.sla_clock AS x" \
	AFTER_START("x.started_at") \
	" AND (x.id OPERATOR(pg_catalog.-) h.id) OPERATOR(pg_catalog.>) 0" \
	" AND (SELECT y.key FROM %s.commitment AS y" \
	" WHERE y.id OPERATOR(pg_catalog.=) x.commitment_id) OPERATOR(pg_catalog.=) h.key" \
	") AS v) AS o)," \
	" outcome AS (SELECT j.id, j.n," \
	" CASE WHEN (j.ended_at OPERATOR(pg_catalog.<=) COALESCE(j.released_at, 'infinity')) THEN j.ended_at" \
	" WHEN j.due_at OPERATOR(pg_catalog.<) j.released_at THEN j.released_at END AS ended_at," \
	" CASE WHEN (j.ended_at OPERATOR(pg_catalog.<=) COALESCE(j.released_at, 'infinity')) IS NOT TRUE" \
	" AND (j.due_at OPERATOR(pg_catalog.<) j.released_at) IS NOT TRUE THEN j.released_at END AS cancelled_at," \
	" CASE WHEN (j.ended_at OPERATOR(pg_catalog.<=) COALESCE(j.released_at, 'infinity')) IS NOT TRUE" \
	" THEN j.released_by END AS cancel_reason FROM judged AS j)" \
	" UPDATE %s.sla_clock AS c SET counted_events = o.n, ended_at = o.ended_at," \
	" cancelled_at = o.cancelled_at, cancel_reason = o.cancel_reason," \
	" ended_recorded_at = CASE WHEN o.ended_at IS NOT NULL OR o.cancelled_at IS NOT NULL" \
	" THEN CASE WHEN o.ended_at OPERATOR(pg_catalog.=) c.ended_at" \
	" OR o.cancelled_at OPERATOR(pg_catalog.=) c.cancelled_at" \
	" THEN c.ended_recorded_at ELSE pg_catalog.now() END END" \
	" FROM outcome AS o WHERE c.id OPERATOR(pg_catalog.=) o.id" \
	" AND (c.counted_events OPERATOR(pg_catalog.<>) o.n" \
	" OR COALESCE(c.ended_at, '-infinity') OPERATOR(pg_catalog.<>) COALESCE(o.ended_at, '-infinity')" \
	" OR COALESCE(c.cancelled_at, '-infinity') OPERATOR(pg_catalog.<>) COALESCE(o.cancelled_at, '-infinity')" \
	" OR COALESCE(c.cancel_reason, '') OPERATOR(pg_catalog.<>) COALESCE(o.cancel_reason, ''))"

/* Not what was cancelled for good: withdrawn, merged, excluded and the like. */
#define MAY_CHANGE \
	"(c.cancelled_at IS NULL OR c.cancel_reason OPERATOR(pg_catalog.=) 'superseded'" \
	" OR c.cancel_reason OPERATOR(pg_catalog.=) ANY (m.released_on))"

/* Whose clocks may open again, and whose activities are all there. */
#define MAY_BE_WORKED \
	"l.excluded IS NULL AND NOT l.do_not_contact AND l.engagement_purged_at IS NULL"

/*
 * The clocks that an event ends, releases or brings nearer to their end.  What
 * is over stays over: the activities that ended it may have been purged.
 */
static void
end_clocks(SmkClocks *clocks)
{
	smk_run_batch(clocks->ws, SMK_BY_LEAD,
				 "WITH hit AS MATERIALIZED (SELECT DISTINCT c.id FROM smk_sla_event AS e"
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) e.lead_id"
				 " JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
				 " AND (m.ends_on OPERATOR(pg_catalog.=) e.event"
				 " OR e.event OPERATOR(pg_catalog.=) ANY (m.released_on))"
				 " WHERE e.at OPERATOR(pg_catalog.>=) c.started_at AND " MAY_CHANGE
				 " AND e.at OPERATOR(pg_catalog.<=) COALESCE(c.ended_at, c.cancelled_at, 'infinity')),"
				 DERIVE_CLOCKS
				 " AND (o.ended_at IS NOT NULL OR o.cancelled_at IS NOT NULL"
				 " OR (c.ended_at IS NULL AND c.cancelled_at IS NULL))", clocks->events);
}

/*
 * All clocks of leads whose activities have been changed or deleted, but for
 * those whose old activities have been purged: what they ended stays ended.
 */
static void
recount_clocks(SmkClocks *clocks)
{
	smk_run_batch(clocks->ws, SMK_BY_LEAD,
				 "WITH hit AS MATERIALIZED (SELECT DISTINCT c.id FROM smk_recount AS e"
				 " JOIN %s.lead AS l ON l.id OPERATOR(pg_catalog.=) e.lead_id AND " MAY_BE_WORKED
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) e.lead_id"
				 " JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
				 " WHERE " MAY_CHANGE ")," DERIVE_CLOCKS, clocks->recounts);
}

void
smk_clocks_recount_all(SmkWorkspace *ws)
{
	SmkStatement statement = {0};

	statement.text = "WITH hit AS MATERIALIZED (SELECT c.id FROM %s.sla_clock AS c"
		" JOIN %s.lead AS l ON l.id OPERATOR(pg_catalog.=) c.lead_id AND " MAY_BE_WORKED
		" JOIN %s.commitment AS m ON m.id OPERATOR(pg_catalog.=) c.commitment_id"
		" WHERE " MAY_CHANGE ")," DERIVE_CLOCKS;
	smk_run(ws, SMK_BY_LEAD, NULL, &statement);
}

/* Clocks that have just started: an earlier one of the same commitment is over. */
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

/* The event's row: lead, lead_id, event, at, handoff_id, owner */
static void
start_clock(Starting *starting, const SmkCommitment *commitment, HeapTuple tuple, TupleDesc desc,
			TimestampTz at, const SmkLead *lead)
{
	const SmkRules *rules = starting->clocks->rules;
	char	   *owner = who_owes(rules, commitment, SPI_getvalue(tuple, desc, 6));
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
	values[1] = commitment->siblings;
	values[2] = SPI_getbinval(tuple, desc, 2, &nulls[2]);
	values[3] = SPI_getbinval(tuple, desc, 5, &nulls[3]);
	values[4] = smk_lead_value(rules, lead, SMK_LEAD_CYCLE);
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
			start_clock(starting, commitment, tuple, desc, at, &lead);
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

	statement.text = "SELECT l, l.id, e.event, e.at, h.id, COALESCE(h.owner, l.owner)"
		" FROM (SELECT lead_id, event, pg_catalog.min(at) AS at FROM smk_sla_event"
		" WHERE starts GROUP BY lead_id, event) AS e"
		" JOIN %s.lead AS l ON l.id OPERATOR(pg_catalog.=) e.lead_id"
		" LEFT JOIN LATERAL (SELECT x.id, x.owner FROM %s.handoff AS x"
		" WHERE x.lead_id OPERATOR(pg_catalog.=) l.id AND x.direction OPERATOR(pg_catalog.=)"
		" CASE WHEN e.event OPERATOR(pg_catalog.=) 'handoff:returned' THEN 'to_marketing' ELSE 'to_sales' END"
		" AND (pg_catalog.starts_with(e.event, 'handoff:') OR x.offered_at OPERATOR(pg_catalog.=) e.at)"
		" ORDER BY x.id DESC LIMIT 1) AS h ON pg_catalog.starts_with(e.event, 'handoff:')"
		" OR pg_catalog.starts_with(e.event, 'stage:')"
		" WHERE l.excluded IS NULL AND NOT l.do_not_contact ORDER BY l.id";
	statement.batches[0] = clocks->events;
	statement.callback = consider_event;
	statement.arg = starting;
	smk_run(clocks->ws, SMK_BY_LEAD, NULL, &statement);
}

static void
end_new_clocks(SmkClocks *clocks, SmkBatch *started)
{
	end_clocks(clocks);
	smk_run_batch(clocks->ws, SMK_BY_LEAD,
				 "WITH hit AS MATERIALIZED (SELECT DISTINCT c.id FROM smk_clock AS n"
				 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) n.lead_id"
				 " AND c.commitment_id OPERATOR(pg_catalog.=) n.commitment_id"
				 " AND c.started_at OPERATOR(pg_catalog.=) n.started_at"
				 " WHERE c.ended_at IS NULL AND c.cancelled_at IS NULL"
				 " AND n.started_at OPERATOR(pg_catalog.<) pg_catalog.now())," DERIVE_CLOCKS, started);
}

/*
 * One open clock per lead and commitment, whatever the agreement's version:
 * what has started already goes on, unless the lead is in another cycle.  A
 * clock whose start is told late, or together with what ends it, is looked at
 * at once.
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
	{
		supersede_clocks(clocks, starting.batch);
		smk_run_batch(clocks->ws, SMK_BY_LEAD,
					 "INSERT INTO %s.sla_clock (commitment_id, lead_id, handoff_id, cycle, owner,"
					 " started_at, target, due_at, warn_due_at, calendar_version)"
					 " SELECT n.commitment_id, n.lead_id, n.handoff_id, n.cycle, n.owner,"
					 " n.started_at, n.target, n.due_at, n.warn_due_at, n.calendar_version"
					 " FROM smk_clock AS n WHERE NOT EXISTS (SELECT FROM %s.sla_clock AS c"
					 " WHERE c.lead_id OPERATOR(pg_catalog.=) n.lead_id"
					 " AND c.commitment_id OPERATOR(pg_catalog.=) ANY (n.siblings)"
					 " AND c.ended_at IS NULL AND c.cancelled_at IS NULL)"
					 " ON CONFLICT DO NOTHING", starting.batch);
		end_new_clocks(clocks, starting.batch);
	}
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
	if (clocks->events != NULL)
		smk_run_batch(clocks->ws, SMK_BY_LEAD,
					 "SELECT FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.=) ANY"
					 " (SELECT e.lead_id FROM smk_sla_event AS e WHERE e.starts"
					 " UNION ALL SELECT e.lead_id FROM smk_sla_event AS e"
					 " JOIN %s.sla_clock AS c ON c.lead_id OPERATOR(pg_catalog.=) e.lead_id"
					 " WHERE e.at OPERATOR(pg_catalog.<=) COALESCE(c.ended_at, c.cancelled_at, 'infinity'))"
					 " ORDER BY l.id FOR NO KEY UPDATE", clocks->events);
	if (clocks->recounts != NULL)
		smk_run_batch(clocks->ws, SMK_BY_LEAD,
					 "SELECT FROM %s.lead AS l WHERE l.id OPERATOR(pg_catalog.=) ANY"
					 " (SELECT lead_id FROM smk_recount) ORDER BY l.id FOR NO KEY UPDATE", clocks->recounts);
	clocks->leads_locked = true;
}

void
smk_clocks_write(SmkClocks *clocks)
{
	if (clocks->events != NULL || clocks->recounts != NULL)
		smk_clocks_lock(clocks);
	if (clocks->recounts != NULL)
		recount_clocks(clocks);
	if (clocks->events != NULL)
		end_clocks(clocks);
	if (clocks->cancels != NULL)
		cancel_clocks(clocks);
	if (clocks->starts)
		start_clocks(clocks);
	if (clocks->pauses != NULL)
		pause_clocks(clocks);
	clocks->starts = false;
	end_batch(&clocks->recounts);
	end_batch(&clocks->events);
	end_batch(&clocks->cancels);
	end_batch(&clocks->pauses);
}
