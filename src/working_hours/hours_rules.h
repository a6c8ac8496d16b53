/*
 * hours_rules.h
 *		The rules of working hours as data: parsed, brought to canonical form,
 *		encoded.  No SPI, no fmgr, no clock; errors are returned, not raised.
 */
#ifndef SMK_HOURS_RULES_H
#define SMK_HOURS_RULES_H

#include "working_hours.h"

#include "lib/stringinfo.h"

#define SMK_DAY_SECONDS 86400

/*
 * A span of seconds from the midnight of the day that it belongs to, end
 * excluded.  start < 86400; end may lie in the next day, up to 172800.
 */
typedef struct SmkPiece
{
	int32		start;
	int32		end;
} SmkPiece;

/* Pieces in order, neither overlapping nor touching. */
typedef struct SmkSet
{
	int			n;
	SmkPiece   *piece;
} SmkSet;

typedef enum SmkHoursLayer
{
	SMK_LAYER_SET,				/* "off" (no piece) or times */
	SMK_LAYER_EXTRA,
	SMK_LAYER_CLOSED
} SmkHoursLayer;

#define SMK_LAYERS 3

typedef enum SmkDayKind
{
	SMK_WEEKDAYS,				/* first = mask, bit 0 = Monday */
	SMK_YEARLY,					/* first = SMK_YEARLY_KEY(month, day) */
	SMK_DATES					/* first..last, days since 2000-01-01 */
} SmkDayKind;

#define SMK_YEARLY_KEY(month, day) ((month) * 32 + (day))
#define SMK_YEARLY_KEYS (13 * 32)

typedef struct SmkHoursRule
{
	SmkHoursLayer layer;
	SmkDayKind	days;
	int32		first;
	int32		last;
	SmkSet		open;
} SmkHoursRule;

typedef struct SmkHoursRules
{
	const char *zone;
	int			n;
	int			capacity;
	SmkHoursRule *rule;
} SmkHoursRules;

/* hours_set.c: sets; the results are palloc'd and share nothing. */
extern SmkSet smk_set_make(const SmkPiece *piece, int n);
extern SmkSet smk_set_union(SmkSet a, SmkSet b);
extern SmkSet smk_set_minus(SmkSet a, SmkSet b);
extern SmkSet smk_set_clip(SmkSet a, int32 from, int32 to, int32 shift);
extern bool smk_set_equal(SmkSet a, SmkSet b);
extern SmkSet smk_set_within(SmkSet a);
extern SmkSet smk_set_tail(SmkSet a);
extern bool smk_set_has_tail(SmkSet a);

extern SmkHoursRules *smk_hours_make(const char *zone);
extern SmkHoursRule *smk_hours_append(SmkHoursRules *rules, SmkHoursLayer layer,
								 SmkDayKind days, int32 first, int32 last,
								 SmkSet open);

/* hours_parse.c: the rules as written; NULL and a problem if they are none. */
extern SmkHoursRules *smk_hours_parse(const char *text, SmkHoursProblem *problem);

/* hours_canon.c: the same hours in the one canonical form. */
extern SmkHoursRules *smk_hours_canonical(const SmkHoursRules *written,
									 SmkHoursProblem *problem);

/* hours_value.c: canonical rules as text, and as the bytes of a value. */
extern char *smk_hours_text(const SmkHoursRules *rules);
extern void smk_hours_encode(const SmkHoursRules *rules, StringInfo into);
extern SmkHoursRules *smk_hours_decode(const char *bytes, int length);

#endif							/* SMK_HOURS_RULES_H */
