/*
 * sla_status.h
 *		What a clock of the agreement says at an instant: pure arithmetic on
 *		working time.
 */
#ifndef SMK_SLA_STATUS_H
#define SMK_SLA_STATUS_H

#include "working_hours/working_hours.h"

typedef enum SmkSlaState
{
	SMK_SLA_RUNNING,
	SMK_SLA_AT_RISK,
	SMK_SLA_PAUSED,
	SMK_SLA_BREACHED,
	SMK_SLA_MET,
	SMK_SLA_MET_LATE
} SmkSlaState;

/*
 * A pause.  Unbounded ends are DT_NOBEGIN and DT_NOEND.  Bounds: is the
 * instant itself part of it?  Only for the state at that very instant.
 */
typedef struct SmkPause
{
	TimestampTz from;
	TimestampTz to;
	bool		from_inclusive;
	bool		to_inclusive;
} SmkPause;

typedef struct SmkSlaQuestion
{
	TimestampTz started_at;
	int64		target;			/* working microseconds, not negative */
	bool		ended;
	TimestampTz ended_at;
	const SmkPause *pause;		/* in order, disjoint */
	int			n_pauses;
	bool		warns;
	double		warn_at;		/* share of the target */
	TimestampTz as_of;
} SmkSlaQuestion;

typedef struct SmkSlaAnswer
{
	SmkSlaState state;
	SmkReach	due;			/* SMK_NEVER: not known, or never */
	TimestampTz due_at;
	bool		overflow;		/* elapsed is beyond 64 bits */
	int64		elapsed;
	int64		remaining;
	bool		has_progress;
	double		progress;
} SmkSlaAnswer;

extern SmkSlaAnswer smk_sla_answer(const SmkCalendar *calendar,
								   const SmkSlaQuestion *question);
extern const char *smk_sla_state_name(SmkSlaState state);

#endif							/* SMK_SLA_STATUS_H */
