/*
 * clock.h
 *		The clocks of the service level agreement: what starts, ends, pauses
 *		and cancels them, in the statement that causes it.
 */
#ifndef SMK_CLOCK_H
#define SMK_CLOCK_H

#include "lifecycle/move.h"
#include "working_hours/working_hours.h"

#include "utils/date.h"

#define SMK_NO_EVENT	(-1)

/* Handoffs to sales; returned: one to marketing opens. */
typedef enum SmkHandoffEvent
{
	SMK_OFFERED,
	SMK_ACCEPTED,
	SMK_REJECTED,
	SMK_DECIDED,
	SMK_RETURNED,
	SMK_HANDOFF_EVENTS
} SmkHandoffEvent;

typedef enum SmkCounted
{
	SMK_COUNT_WORKING,
	SMK_COUNT_AROUND_THE_CLOCK,
	SMK_COUNT_WORKING_DAY_END
} SmkCounted;

typedef enum SmkCalendarOf
{
	SMK_CALENDAR_OF_COMMITMENT,
	SMK_CALENDAR_OF_OWNER,
	SMK_CALENDAR_OF_TEAM
} SmkCalendarOf;

/* The version in force of a calendar; hours are read at the first use. */
typedef struct SmkHours
{
	char	   *name;
	int64		version;
	char	   *text;
	Datum		hours;			/* of type working_hours; 0 until read */
} SmkHours;

/* A response that is owed, of an agreement that both departments signed. */
typedef struct SmkCommitment
{
	int64		id;
	char	   *key;
	Datum		siblings;		/* int8[]: this commitment in all signed versions */
	SmkDepartment department;
	int			starts_on;		/* an event */
	Bitmapset  *decided_by;		/* events that end it or release from it */
	SmkRuleCondition condition;
	SmkCounted	counted;
	Interval   *within;			/* NULL: nothing, due at once */
	TimeADT		cutoff;			/* -1: none */
	char	   *calendar;		/* or NULL */
	SmkCalendarOf calendar_of;
	double		warn_at;		/* -1: no warning */
	DateADT		from;			/* the agreement's days, end excluded */
	DateADT		to;
} SmkCommitment;

/* What the rules hold of the agreements; events are numbered. */
typedef struct SmkSlaRules
{
	pg_tz	   *timezone;		/* setting timezone */
	int			ncommitments;
	SmkCommitment *commitments;
	int			ncalendars;
	SmkHours   *calendars;
	int			nevents;
	char	  **events;
	bool	   *starts;			/* by event: some commitment starts on it */
	/* numbers of the events that C raises, or SMK_NO_EVENT */
	int		   *stage;			/* by stage */
	int			handoff[SMK_HANDOFF_EVENTS];
	int			touch;
	int			attempt;
	int			contact;
	int		   *kind;			/* by activity kind */
	int			feedback;
	int			won;
	int			lost;
	int			follow_up_due;
} SmkSlaRules;

extern SmkSlaRules *smk_sla_rules_load(SmkWorkspace *ws, SmkRules *rules, TupleDesc lead,
									   Snapshot snapshot);

/* The working hours of a calendar, or NULL; an error if they cannot be read. */
extern SmkHours *smk_hours_find(const SmkRules *rules, const char *name);

/* The time that a commitment grants from started_at on, in microseconds. */
extern int64 smk_clock_target(const SmkCalendar *calendar, pg_tz *zone, SmkCounted counted,
							  const Interval *within, TimeADT cutoff, TimestampTz started_at);
extern SmkCounted smk_counted_of(const char *name);

/* The time zone that a calendar's text begins with. */
extern pg_tz *smk_hours_zone(const char *text);

/* An event that a statement tells of. */
typedef struct SmkTold
{
	struct SmkTold *next;		/* of the same lead */
	const char *event;
	TimestampTz at;
	bool		starts;			/* may start a clock */
} SmkTold;

/* A lead whose clocks are to be derived; hashed by id. */
typedef struct SmkClockLead
{
	int64		id;
	int64		from_clock;		/* clocks from this id on, whatever is told */
	SmkTold    *told;			/* and those that one of these may end */
} SmkClockLead;

extern HTAB *smk_clock_leads_create(void);
extern SmkClockLead *smk_clock_leads_enter(HTAB *leads, int64 id);
extern int64 *smk_clock_leads_sorted(HTAB *leads);

/*
 * What became of these leads' clocks, from the tables.  What is over stays
 * over, unless it may reopen: the activities that ended it may be purged.
 */
extern void smk_clocks_derive(SmkWorkspace *ws, HTAB *leads, bool reopens);

/* What one statement means for clocks; an import opens none. */
typedef struct SmkClocks
{
	SmkWorkspace *ws;
	const SmkRules *rules;
	bool		opens;			/* no import */
	bool		leads_locked;	/* by the statement that has caused it all */
	MemoryContext context;
	HTAB	   *told;			/* SmkClockLead; or NULL, as the others */
	Bitmapset  *told_events;
	SmkBatch   *starts;			/* events that may start a clock */
	SmkBatch   *recounts;
	SmkBatch   *pauses;
	SmkBatch   *cancels;
} SmkClocks;

extern SmkClocks *smk_clocks_begin(SmkWorkspace *ws, const SmkRules *rules, const SmkActor *actor);

/* Something happened to a lead; implied events end clocks and start none. */
extern void smk_clocks_event(SmkClocks *clocks, int64 lead_id, int event, TimestampTz at, bool implied);

/* From at on the lead's open clocks stand still until until; DT_NOEND: open
 * end, DT_NOBEGIN: they run again. */
extern void smk_clocks_pause(SmkClocks *clocks, int64 lead_id, TimestampTz at, TimestampTz until);

/*
 * Until when a lead's clocks stand still: DT_NOEND while its stage pauses
 * them, the start of the day of a follow-up, DT_NOBEGIN if they run.
 */
extern TimestampTz smk_paused_until(const SmkRules *rules, const SmkLead *lead, TimestampTz now);

/* Nothing is owed for this lead any more; in one direction of handoffs, or (NULL) at all. */
extern void smk_clocks_cancel(SmkClocks *clocks, int64 lead_id, TimestampTz at,
							  const char *reason, const char *direction);

/* Derive this lead's clocks again: some of its activities are changed or gone. */
extern void smk_clocks_recount(SmkClocks *clocks, int64 lead_id);

/* Derive all clocks again, at once: all activities are gone. */
extern void smk_clocks_recount_all(SmkWorkspace *ws);

/*
 * Lock the leads whose clocks may change, before handoffs are: for a statement
 * that has not locked them itself.  smk_clocks_write does it at the latest.
 */
extern void smk_clocks_lock(SmkClocks *clocks);

extern void smk_clocks_write(SmkClocks *clocks);

#endif							/* SMK_CLOCK_H */
