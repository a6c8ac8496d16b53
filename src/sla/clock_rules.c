/*
 * clock_rules.c
 *		What the rules hold of the agreements in force: commitments, calendars,
 *		and the events that either of them names.
 */
#include "sla/clock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

extern Datum smk_working_hours_in(PG_FUNCTION_ARGS);

typedef struct Loading
{
	SmkRules   *rules;
	SmkSlaRules *sla;
	TupleDesc	lead;
} Loading;

static int
event_number(const SmkSlaRules *sla, const char *name)
{
	for (int i = 0; i < sla->nevents; i++)
	{
		if (strcmp(sla->events[i], name) == 0)
			return i;
	}
	return SMK_NO_EVENT;
}

static int
add_event(Loading *loading, const char *name)
{
	SmkSlaRules *sla = loading->sla;
	int			number = event_number(sla, name);

	if (number != SMK_NO_EVENT)
		return number;
	number = sla->nevents;
	smk_append((void **) &sla->starts, &number, sizeof(bool));
	*(char **) smk_append((void **) &sla->events, &sla->nevents, sizeof(char *)) = pstrdup(name);
	return sla->nevents - 1;
}

/* ---------- the tables ---------- */

static void
load_calendar(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkSlaRules *sla = loading->sla;
	MemoryContext old = MemoryContextSwitchTo(loading->rules->context);
	SmkHours   *hours;
	bool		isnull;

	hours = smk_append((void **) &sla->calendars, &sla->ncalendars, sizeof(SmkHours));
	hours->name = SPI_getvalue(tuple, desc, 1);
	hours->text = SPI_getvalue(tuple, desc, 2);
	hours->version = DatumGetInt64(SPI_getbinval(tuple, desc, 3, &isnull));
	MemoryContextSwitchTo(old);
}

SmkCounted
smk_counted_of(const char *name)
{
	if (strcmp(name, "around_the_clock") == 0)
		return SMK_COUNT_AROUND_THE_CLOCK;
	if (strcmp(name, "working_day_end") == 0)
		return SMK_COUNT_WORKING_DAY_END;
	return SMK_COUNT_WORKING;
}

static SmkCalendarOf
calendar_of(const char *name)
{
	if (strcmp(name, "owner") == 0)
		return SMK_CALENDAR_OF_OWNER;
	if (strcmp(name, "team") == 0)
		return SMK_CALENDAR_OF_TEAM;
	return SMK_CALENDAR_OF_COMMITMENT;
}

static void
add_released_events(Loading *loading, SmkCommitment *commitment, Datum array)
{
	Datum	   *names;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			commitment->decided_by = bms_add_member(commitment->decided_by,
													add_event(loading, TextDatumGetCString(names[i])));
	}
}

static SmkRuleCondition
read_condition(const Loading *loading, HeapTuple tuple, TupleDesc desc, int attnum)
{
	SmkRuleCondition condition = {false, NULL, NULL};
	SmkConditionProblem problem = {0};
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, attnum, &isnull);

	if (!isnull)
	{
		condition.present = true;
		condition.text = SPI_getvalue(tuple, desc, attnum);
		condition.compiled = smk_condition_compile(DatumGetJsonPathP(value), loading->lead, &problem);
	}
	return condition;
}

/* id, starts_on, ends_on, released_on, condition, counted, within, cutoff,
 * calendar, calendar_of, warn_at, from, to, key, department, siblings */
static void
load_commitment(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	SmkSlaRules *sla = loading->sla;
	MemoryContext old = MemoryContextSwitchTo(loading->rules->context);
	SmkCommitment *commitment;
	Datum		value;
	bool		isnull;

	commitment = smk_append((void **) &sla->commitments, &sla->ncommitments, sizeof(SmkCommitment));
	commitment->id = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
	commitment->starts_on = add_event(loading, SPI_getvalue(tuple, desc, 2));
	commitment->decided_by = bms_make_singleton(add_event(loading, SPI_getvalue(tuple, desc, 3)));
	value = SPI_getbinval(tuple, desc, 4, &isnull);
	if (!isnull)
		add_released_events(loading, commitment, value);
	sla->starts[commitment->starts_on] = true;
	commitment->condition = read_condition(loading, tuple, desc, 5);
	commitment->counted = smk_counted_of(SPI_getvalue(tuple, desc, 6));
	value = SPI_getbinval(tuple, desc, 7, &isnull);
	commitment->within = isnull ? NULL : DatumGetIntervalP(datumCopy(value, false, sizeof(Interval)));
	value = SPI_getbinval(tuple, desc, 8, &isnull);
	commitment->cutoff = isnull ? -1 : DatumGetTimeADT(value);
	commitment->calendar = SPI_getvalue(tuple, desc, 9);
	commitment->calendar_of = calendar_of(SPI_getvalue(tuple, desc, 10));
	value = SPI_getbinval(tuple, desc, 11, &isnull);
	commitment->warn_at = isnull ? -1 : DatumGetFloat8(value);
	commitment->from = DatumGetDateADT(SPI_getbinval(tuple, desc, 12, &isnull));
	commitment->to = DatumGetDateADT(SPI_getbinval(tuple, desc, 13, &isnull));
	commitment->key = SPI_getvalue(tuple, desc, 14);
	commitment->department = strcmp(SPI_getvalue(tuple, desc, 15), "sales") == 0 ? SMK_SALES : SMK_MARKETING;
	commitment->siblings = datumCopy(SPI_getbinval(tuple, desc, 16, &isnull), false, -1);
	MemoryContextSwitchTo(old);
}

static void
load_zone(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Loading    *loading = arg;
	char	   *name = SPI_getvalue(tuple, desc, 1);
	pg_tz	   *zone = name ? pg_tzset(name) : NULL;

	if (zone != NULL)
		loading->sla->timezone = zone;
}

/* ---------- events ---------- */

static int
event_called(const SmkSlaRules *sla, const char *prefix, const char *name)
{
	return event_number(sla, psprintf("%s%s", prefix, name));
}

static void
number_events(const SmkRules *rules, SmkSlaRules *sla)
{
	static const char *const handoff[SMK_HANDOFF_EVENTS] = {
		"offered", "accepted", "rejected", "decided", "returned"
	};

	sla->stage = palloc(sizeof(int) * Max(rules->nstages, 1));
	for (int i = 0; i < rules->nstages; i++)
		sla->stage[i] = event_called(sla, "stage:", rules->stages[i].name);
	sla->kind = palloc(sizeof(int) * Max(rules->nkinds, 1));
	for (int i = 0; i < rules->nkinds; i++)
		sla->kind[i] = event_called(sla, "activity:", rules->kinds[i].name);
	for (int i = 0; i < SMK_HANDOFF_EVENTS; i++)
		sla->handoff[i] = event_called(sla, "handoff:", handoff[i]);
	sla->touch = event_number(sla, "touch");
	sla->attempt = event_number(sla, "attempt");
	sla->contact = event_number(sla, "contact");
	sla->feedback = event_number(sla, "feedback");
	sla->won = event_number(sla, "deal:won");
	sla->lost = event_number(sla, "deal:lost");
	sla->follow_up_due = event_number(sla, "follow_up_due");
}

SmkSlaRules *
smk_sla_rules_load(SmkWorkspace *ws, SmkRules *rules, TupleDesc lead, Snapshot snapshot)
{
	SmkSlaRules *sla = MemoryContextAllocZero(rules->context, sizeof(SmkSlaRules));
	Loading		loading = {rules, sla, lead};
	MemoryContext old;

	sla->timezone = pg_tzset("UTC");
	smk_read_rows(ws, "SELECT value OPERATOR(pg_catalog.#>>) '{}' FROM %s.setting"
		 " WHERE name OPERATOR(pg_catalog.=) 'timezone'", snapshot, load_zone, &loading);
	smk_read_rows(ws, "SELECT c.name, c.hours, (SELECT pg_catalog.max(v.id) FROM %s.calendar_version AS v"
		 " WHERE v.calendar OPERATOR(pg_catalog.=) c.name) FROM %s.calendar AS c", snapshot, load_calendar, &loading);
	smk_read_rows(ws, "SELECT c.id, c.starts_on, c.ends_on, c.released_on, c.condition, c.counted,"
		 " c.within, c.cutoff, c.calendar, c.calendar_of, c.warn_at,"
		 " COALESCE(pg_catalog.lower(a.valid), '-infinity'), COALESCE(pg_catalog.upper(a.valid), 'infinity'), c.key, c.department,"
		 " (SELECT pg_catalog.array_agg(s.id ORDER BY s.id) FROM %s.commitment AS s"
		 " WHERE s.key OPERATOR(pg_catalog.=) c.key)"
		 " FROM %s.commitment AS c JOIN %s.agreement AS a ON a.id OPERATOR(pg_catalog.=) c.agreement_id"
		 " WHERE c.kind OPERATOR(pg_catalog.=) 'response' AND a.marketing_signed_at IS NOT NULL"
		 " AND a.sales_signed_at IS NOT NULL AND c.starts_on IS NOT NULL AND c.ends_on IS NOT NULL"
		 " ORDER BY c.id", snapshot, load_commitment, &loading);
	old = MemoryContextSwitchTo(rules->context);
	number_events(rules, sla);
	MemoryContextSwitchTo(old);
	return sla;
}

pg_tz *
smk_hours_zone(const char *text)
{
	char	   *name = pnstrdup(text, strcspn(text, ";"));
	pg_tz	   *zone;

	while (*name == ' ')
		name++;
	for (int i = strlen(name) - 1; i >= 0 && name[i] == ' '; i--)
		name[i] = '\0';
	zone = pg_tzset(name);
	return zone ? zone : pg_tzset("UTC");
}

SmkHours *
smk_hours_find(const SmkRules *rules, const char *name)
{
	for (int i = 0; i < rules->sla->ncalendars; i++)
	{
		SmkHours   *hours = &rules->sla->calendars[i];

		if (strcmp(hours->name, name) != 0)
			continue;
		if (hours->hours == (Datum) 0)
		{
			MemoryContext old = MemoryContextSwitchTo(rules->context);

			hours->hours = DirectFunctionCall1(smk_working_hours_in, CStringGetDatum(hours->text));
			MemoryContextSwitchTo(old);
		}
		return hours;
	}
	return NULL;
}
