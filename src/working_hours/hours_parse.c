/*
 * hours_parse.c
 *		Text to rules, as written.  Errors name the offending rule.
 *
 *		zone { ";" rule }
 *		rule  = "24/7" | days "off" | days [ "extra" | "closed" ] times
 *		days  = weekdays | MM-DD | YYYY-MM-DD [ "/" YYYY-MM-DD ]
 *		times = HH:MM[:SS] "-" HH:MM[:SS] { "," ... }
 *
 * Case and white space between the words are free.
 */
#include "hours_rules.h"

#include "hours_zone.h"

#include "mb/pg_wchar.h"
#include "utils/datetime.h"

#define RULE_SHOWN 80			/* bytes of a rule in a message */
#define TIMES_PER_RULE 1440		/* as written; canonical.c has a lower limit */

typedef struct Parser
{
	const char *rule;			/* the rule at hand */
	const char *at;
	const char *end;
	SmkHoursProblem *problem;
} Parser;

static bool fail(Parser *parser, int sqlstate, const char *what,
				 const char *detail, const char *hint);

static const char *const days_hint =
"Days are Mo Tu We Th Fr Sa Su in ranges and lists (Mo-We,Fr), a date YYYY-MM-DD, a range of dates FROM/TO, or a yearly date MM-DD.";
static const char *const times_hint =
"Times are HH:MM-HH:MM or HH:MM:SS-HH:MM:SS, several separated by commas.";

/* Fills the problem with the rule at hand in front; returns false. */
static bool
fail(Parser *parser, int sqlstate, const char *what,
	 const char *detail, const char *hint)
{
	int			length = parser->end - parser->rule;
	int			shown = pg_mbcliplen(parser->rule, length, RULE_SHOWN);

	parser->problem->sqlstate = sqlstate;
	parser->problem->message =
		psprintf("invalid working hours: \"%.*s%s\": %s", shown, parser->rule,
				 shown < length ? "..." : "", what);
	parser->problem->detail = detail ? pstrdup(detail) : NULL;
	parser->problem->hint = hint ? pstrdup(hint) : NULL;
	return false;
}

static bool
fail_at(Parser *parser, const char *expected, const char *hint)
{
	int			left = parser->end - parser->at;
	int			shown = pg_mbcliplen(parser->at, left, 20);
	char	   *what;

	if (left == 0)
		what = psprintf("%s expected at the end", expected);
	else
		what = psprintf("%s expected at \"%.*s%s\"", expected,
						shown, parser->at, shown < left ? "..." : "");
	return fail(parser, ERRCODE_INVALID_TEXT_REPRESENTATION, what, NULL, hint);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
		c == '\v' || c == '\f';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
skip_spaces(Parser *parser)
{
	while (parser->at < parser->end && is_space(*parser->at))
		parser->at++;
}

/* Takes one character, with the white space around it, if it stands here. */
static bool
take(Parser *parser, char c)
{
	const char *before = parser->at;

	skip_spaces(parser);
	if (parser->at < parser->end && *parser->at == c)
	{
		parser->at++;
		skip_spaces(parser);
		return true;
	}
	parser->at = before;
	return false;
}

/* Takes a word of ASCII letters, whatever its case. */
static bool
take_word(Parser *parser, const char *word)
{
	int			length = strlen(word);

	if (parser->end - parser->at < length ||
		pg_strncasecmp(parser->at, word, length) != 0)
		return false;
	if (parser->at + length < parser->end && is_letter(parser->at[length]))
		return false;
	parser->at += length;
	skip_spaces(parser);
	return true;
}

/* A run of min to max digits, or -1. */
static int
take_number(Parser *parser, int min, int max)
{
	int			digits = 0;
	int			number = 0;

	while (parser->at + digits < parser->end && is_digit(parser->at[digits]))
	{
		if (++digits > max)
			return -1;
		number = number * 10 + (parser->at[digits - 1] - '0');
	}
	if (digits < min)
		return -1;
	parser->at += digits;
	return number;
}

/* Monday = 0; -1 if no weekday stands here. */
static int
take_weekday(Parser *parser)
{
	static const char names[7][3] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

	for (int i = 0; i < 7; i++)
	{
		if (take_word(parser, names[i]))
			return i;
	}
	return -1;
}

static bool
parse_weekdays(Parser *parser, SmkHoursRule *rule)
{
	rule->days = SMK_WEEKDAYS;
	rule->first = rule->last = 0;
	do
	{
		int			from = take_weekday(parser);
		int			to = from;

		if (from >= 0 && take(parser, '-'))
			to = take_weekday(parser);
		if (from < 0 || to < 0)
			return fail_at(parser, "a weekday", days_hint);
		rule->first |= 1 << to;
		for (int day = from; day != to; day = (day + 1) % 7)
			rule->first |= 1 << day;
	} while (take(parser, ','));
	return true;
}

/* Checks month and day; year 0 stands for any year. */
static bool
check_day(Parser *parser, int year, int month, int day)
{
	int			length;

	if (month < 1 || month > 12)
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"month out of range", NULL, NULL);
	length = day_tab[year == 0 || isleap(year)][month - 1];
	if (day < 1 || day > length)
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"day out of range",
					year == 0 ?
					psprintf("Month %02d has %d days at most.", month, length) :
					psprintf("%04d-%02d has %d days.", year, month, length),
					NULL);
	return true;
}

static bool
parse_date(Parser *parser, int32 *date)
{
	int			year;
	int			month = -1;
	int			day = -1;

	year = take_number(parser, 4, 4);
	if (year >= 0 && parser->at < parser->end && *parser->at == '-')
	{
		parser->at++;
		month = take_number(parser, 2, 2);
	}
	if (month >= 0 && parser->at < parser->end && *parser->at == '-')
	{
		parser->at++;
		day = take_number(parser, 2, 2);
	}
	if (day < 0)
		return fail_at(parser, "a date YYYY-MM-DD or MM-DD", days_hint);
	if (year == 0)
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"year out of range", "Years are 0001 to 9999.", NULL);
	if (!check_day(parser, year, month, day))
		return false;
	*date = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return true;
}

static bool
parse_yearly(Parser *parser, SmkHoursRule *rule)
{
	int			month = take_number(parser, 2, 2);
	int			day;

	parser->at++;				/* the caller has seen the hyphen */
	day = take_number(parser, 2, 2);
	if (day < 0)
		return fail_at(parser, "a date YYYY-MM-DD or MM-DD", days_hint);
	if (!check_day(parser, 0, month, day))
		return false;
	rule->days = SMK_YEARLY;
	rule->first = rule->last = SMK_YEARLY_KEY(month, day);
	if (parser->at < parser->end && *parser->at == '/')
		return fail(parser, ERRCODE_INVALID_TEXT_REPRESENTATION,
					"a yearly date cannot begin a range", NULL,
					"Write one rule for each yearly date.");
	return true;
}

static bool
parse_dates(Parser *parser, SmkHoursRule *rule)
{
	rule->days = SMK_DATES;
	if (!parse_date(parser, &rule->first))
		return false;
	rule->last = rule->first;
	if (!take(parser, '/'))
		return true;
	if (!parse_date(parser, &rule->last))
		return false;
	if (rule->last < rule->first)
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"the range ends before it starts", NULL, NULL);
	return true;
}

static bool
parse_days(Parser *parser, SmkHoursRule *rule)
{
	bool		parsed;

	if (!is_digit(*parser->at))
		parsed = parse_weekdays(parser, rule);
	else if (parser->end - parser->at > 3 && parser->at[2] == '-' &&
			 is_digit(parser->at[1]))
		parsed = parse_yearly(parser, rule);
	else
		parsed = parse_dates(parser, rule);
	if (parsed && parser->at < parser->end && !is_space(*parser->at) &&
		!is_space(parser->at[-1]))
		return fail_at(parser, "a space", days_hint);
	skip_spaces(parser);
	return parsed;
}

/* H:MM or HH:MM, with seconds or without; 24:00 only where it ends a piece. */
static bool
parse_time(Parser *parser, bool is_end, int32 *seconds)
{
	int			hour = take_number(parser, 1, 2);
	int			minute = -1;
	int			second = 0;

	if (hour >= 0 && parser->at < parser->end && *parser->at == ':')
	{
		parser->at++;
		minute = take_number(parser, 2, 2);
	}
	if (minute >= 0 && parser->at < parser->end && *parser->at == ':')
	{
		parser->at++;
		second = take_number(parser, 2, 2);
	}
	if (minute < 0 || second < 0)
		return fail_at(parser, "a time HH:MM", times_hint);
	if (hour > 24 || (hour == 24 && !is_end))
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"hour out of range",
					"An hour is 0 to 23, and 24:00 ends a day.", NULL);
	if (minute > 59)
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"minute out of range", NULL, NULL);
	if (second > 59)
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"second out of range", NULL, NULL);
	*seconds = (hour * 60 + minute) * 60 + second;
	if (*seconds > SMK_DAY_SECONDS)
		return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
					"hour out of range", "Nothing is later than 24:00.",
					"A time that ends before it starts runs into the next day, as in 22:00-06:00.");
	return true;
}

static bool
parse_times(Parser *parser, SmkHoursRule *rule)
{
	SmkPiece   *piece = palloc_array(SmkPiece, TIMES_PER_RULE);
	int			n = 0;

	do
	{
		SmkPiece	next;

		if (!parse_time(parser, false, &next.start))
			return false;
		if (!take(parser, '-'))
			return fail_at(parser, "a hyphen", times_hint);
		if (!parse_time(parser, true, &next.end))
			return false;
		if (next.start == next.end)
			return fail(parser, ERRCODE_INVALID_DATETIME_FORMAT,
						"a time ends where it starts", NULL,
						"Write 00:00-24:00 for the whole day.");
		if (next.end < next.start)
			next.end += SMK_DAY_SECONDS;
		if (n == TIMES_PER_RULE)
			return fail(parser, ERRCODE_PROGRAM_LIMIT_EXCEEDED,
						"too many times in one rule", NULL, NULL);
		piece[n++] = next;
	} while (take(parser, ','));
	rule->open = smk_set_make(piece, n);
	pfree(piece);
	return true;
}

static bool
parse_what(Parser *parser, SmkHoursRule *rule)
{
	rule->layer = SMK_LAYER_SET;
	rule->open.n = 0;
	rule->open.piece = NULL;
	if (take_word(parser, "off"))
		return true;
	if (take_word(parser, "extra"))
		rule->layer = SMK_LAYER_EXTRA;
	else if (take_word(parser, "closed"))
		rule->layer = SMK_LAYER_CLOSED;
	if (parser->at == parser->end || !is_digit(*parser->at))
		return fail_at(parser, rule->layer == SMK_LAYER_SET ?
					   "off, extra, closed or a time" : "a time", times_hint);
	return parse_times(parser, rule);
}

static bool
parse_rule(Parser *parser, SmkHoursRules *rules)
{
	static SmkPiece whole_day = {0, SMK_DAY_SECONDS};
	SmkHoursRule		rule;

	if (parser->at == parser->end)
		return fail(parser, ERRCODE_INVALID_TEXT_REPRESENTATION, "empty rule",
					psprintf("Rule %d has no text.", rules->n + 1),
					"Rules are separated by one semicolon, and none follows the last.");
	if (parser->end - parser->at == 4 && memcmp(parser->at, "24/7", 4) == 0)
	{
		smk_hours_append(rules, SMK_LAYER_SET, SMK_WEEKDAYS, 0x7f, 0,
						 smk_set_make(&whole_day, 1));
		return true;
	}
	if (!parse_days(parser, &rule) || !parse_what(parser, &rule))
		return false;
	skip_spaces(parser);
	if (parser->at < parser->end)
		return fail_at(parser, "the end of the rule", times_hint);
	smk_hours_append(rules, rule.layer, rule.days, rule.first, rule.last,
					 rule.open);
	return true;
}

/* Narrows the parser to the text up to the next semicolon, trimmed. */
static const char *
next_part(Parser *parser, const char *from)
{
	const char *stop = from + strcspn(from, ";");

	parser->at = from;
	parser->end = stop;
	while (parser->end > from && is_space(parser->end[-1]))
		parser->end--;
	skip_spaces(parser);
	parser->rule = parser->at;
	return stop;
}

static bool
parse_zone(Parser *parser, char **zone)
{
	char	   *name = pnstrdup(parser->at, parser->end - parser->at);

	switch (smk_zone_check(name, zone))
	{
		case SMK_ZONE_FOUND:
			return true;
		case SMK_ZONE_OFFSET:
			return fail(parser, ERRCODE_INVALID_PARAMETER_VALUE,
						"not a name in the time zone database",
						"A POSIX-style zone carries no history and counts hours west of Greenwich.",
						"Name a place, such as Europe/Rome; a fixed three hours east of Greenwich is Etc/GMT-3.");
		case SMK_ZONE_LEAP_SECONDS:
			return fail(parser, ERRCODE_INVALID_PARAMETER_VALUE,
						"the time zone uses leap seconds",
						"PostgreSQL does not support leap seconds.", NULL);
		case SMK_ZONE_UNKNOWN:
			break;
	}
	return fail(parser, ERRCODE_INVALID_PARAMETER_VALUE,
				name[0] == '\0' ? "time zone missing" :
				"time zone not recognized", NULL,
				"Working hours begin with a time zone's name, as in \"Europe/Rome; Mo-Fr 09:00-17:00\".");
}

SmkHoursRules *
smk_hours_parse(const char *text, SmkHoursProblem *problem)
{
	Parser		parser;
	SmkHoursRules *rules;
	char	   *zone;
	const char *stop;

	parser.problem = problem;
	stop = next_part(&parser, text);
	if (!parse_zone(&parser, &zone))
		return NULL;
	rules = smk_hours_make(zone);
	while (*stop == ';')
	{
		stop = next_part(&parser, stop + 1);
		if (!parse_rule(&parser, rules))
			return NULL;
	}
	return rules;
}
