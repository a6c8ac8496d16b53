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

typedef enum SmkLayer
{
	SMK_LAYER_SET,				/* "off" (no piece) or times */
	SMK_LAYER_EXTRA,
	SMK_LAYER_CLOSED
} SmkLayer;

#define SMK_LAYERS 3

typedef enum SmkDayKind
{
	SMK_WEEKDAYS,				/* first = mask, bit 0 = Monday */
	SMK_YEARLY,					/* first = SMK_YEARLY_KEY(month, day) */
	SMK_DATES					/* first..last, days since 2000-01-01 */
} SmkDayKind;

#define SMK_YEARLY_KEY(month, day) ((month) * 32 + (day))
#define SMK_YEARLY_KEYS (13 * 32)

typedef struct SmkRule
{
	SmkLayer	layer;
	SmkDayKind	days;
	int32		first;
	int32		last;
	SmkSet		open;
} SmkRule;

typedef struct SmkRules
{
	const char *zone;
	int			n;
	int			capacity;
	SmkRule    *rule;
} SmkRules;

/* hours_set.c: sets; the results are palloc'd and share nothing. */
extern SmkSet smk_set_make(const SmkPiece *piece, int n);
extern SmkSet smk_set_union(SmkSet a, SmkSet b);
extern SmkSet smk_set_minus(SmkSet a, SmkSet b);
extern SmkSet smk_set_clip(SmkSet a, int32 from, int32 to, int32 shift);
extern bool smk_set_equal(SmkSet a, SmkSet b);
extern SmkSet smk_set_within(SmkSet a);
extern SmkSet smk_set_tail(SmkSet a);
extern bool smk_set_has_tail(SmkSet a);

extern SmkRules *smk_rules_make(const char *zone);
extern SmkRule *smk_rules_append(SmkRules *rules, SmkLayer layer,
								 SmkDayKind days, int32 first, int32 last,
								 SmkSet open);

/* hours_parse.c: the rules as written; NULL and a problem if they are none. */
extern SmkRules *smk_rules_parse(const char *text, SmkProblem *problem);

/* hours_canon.c: the same hours in the one canonical form. */
extern SmkRules *smk_rules_canonical(const SmkRules *written,
									 SmkProblem *problem);

/* hours_value.c: canonical rules as text, and as the bytes of a value. */
extern char *smk_rules_text(const SmkRules *rules);
extern void smk_rules_encode(const SmkRules *rules, StringInfo into);
extern SmkRules *smk_rules_decode(const char *bytes, int length);

#endif							/* SMK_HOURS_RULES_H */
