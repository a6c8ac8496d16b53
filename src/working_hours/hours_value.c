/*
 * hours_value.c
 *		Canonical rules as text, and as the bytes of a value.
 *
 * Bytes: version, length of the zone's name, the name, then the rules:
 *	head	bits 0-1 layer, 2-3 days (0 weekdays, 1 yearly, 2 date, 3 range),
 *			4 times in seconds, 5-7 number of times (7: a byte follows)
 *	days	weekday mask: 1 byte; yearly: 2; date: 3 (days since 0001-01-01);
 *			range: 3 + 3 (first, last)
 *	times	3 bytes (minutes: start << 11 | length) or 5 (seconds: start << 17 |
 *			length), big-endian
 * So a holiday takes 4 bytes, and a date with one piece of hours 7.
 */
#include "hours_rules.h"

#include "utils/datetime.h"

#define VALUE_VERSION 1
#define FIRST_DATE (-730119)	/* 0001-01-01, days since 2000-01-01 */
#define MANY_PIECES 7			/* more of them do not fit into the head */

static const char *const weekday_name[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

/*
 * A piece of 24 hours and more that does not begin at midnight has no notation
 * of its own: it is written as two that touch.  Returns where to cut, or 0.
 */
static int32
cut_long_piece(SmkPiece piece)
{
	int32		after = Max(piece.start, piece.end - SMK_DAY_SECONDS);
	int32		cut = after + (SMK_DAY_SECONDS - after) / 2;

	if (piece.end - piece.start < SMK_DAY_SECONDS ||
		(piece.start == 0 && piece.end == SMK_DAY_SECONDS))
		return 0;
	for (int unit = 3600; unit > 0; unit /= 60)
	{
		if (cut - cut % unit > after)
			return cut - cut % unit;
	}
	return SMK_DAY_SECONDS - 1;
}

/* The pieces as they are written. */
static SmkSet
written_pieces(SmkSet open)
{
	SmkSet		set;

	set.n = 0;
	set.piece = palloc_array(SmkPiece, 2 * open.n + 1);
	for (int i = 0; i < open.n; i++)
	{
		int32		cut = cut_long_piece(open.piece[i]);

		set.piece[set.n++] = open.piece[i];
		if (cut > 0)
		{
			set.piece[set.n - 1].end = cut;
			set.piece[set.n].start = cut;
			set.piece[set.n++].end = open.piece[i].end;
		}
	}
	return set;
}

static void
put_time(StringInfo into, int32 seconds)
{
	appendStringInfo(into, "%02d:%02d", seconds / 3600, seconds / 60 % 60);
	if (seconds % 60 != 0)
		appendStringInfo(into, ":%02d", seconds % 60);
}

static void
put_times(StringInfo into, SmkSet open)
{
	SmkSet		written = written_pieces(open);

	for (int i = 0; i < written.n; i++)
	{
		SmkPiece	piece = written.piece[i];

		appendStringInfoChar(into, i > 0 ? ',' : ' ');
		put_time(into, piece.start);
		appendStringInfoChar(into, '-');
		put_time(into, piece.end > SMK_DAY_SECONDS ?
				 piece.end - SMK_DAY_SECONDS : piece.end);
	}
}

/* Three days and more in a row make a range: "Mo-Fr", but "Sa,Su". */
static void
put_weekdays(StringInfo into, int mask)
{
	const char *separator = "";

	for (int day = 0; day < 7; day++)
	{
		int			last = day;

		if (!(mask & (1 << day)))
			continue;
		while (last < 6 && (mask & (1 << (last + 1))))
			last++;
		appendStringInfo(into, "%s%s", separator, weekday_name[day]);
		separator = ",";
		if (last > day + 1)
		{
			appendStringInfo(into, "-%s", weekday_name[last]);
			day = last;
		}
	}
}

static void
put_date(StringInfo into, int32 date)
{
	int			year;
	int			month;
	int			day;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	appendStringInfo(into, "%04d-%02d-%02d", year, month, day);
}

static void
put_days(StringInfo into, const SmkHoursRule *rule)
{
	if (rule->days == SMK_WEEKDAYS)
		put_weekdays(into, rule->first);
	else if (rule->days == SMK_YEARLY)
		appendStringInfo(into, "%02d-%02d", rule->first / 32, rule->first % 32);
	else
	{
		put_date(into, rule->first);
		if (rule->last > rule->first)
		{
			appendStringInfoChar(into, '/');
			put_date(into, rule->last);
		}
	}
}

static bool
is_around_the_clock(const SmkHoursRule *rule)
{
	return rule->layer == SMK_LAYER_SET && rule->days == SMK_WEEKDAYS &&
		rule->first == 0x7f && rule->open.n == 1 &&
		rule->open.piece[0].start == 0 &&
		rule->open.piece[0].end == SMK_DAY_SECONDS;
}

char *
smk_hours_text(const SmkHoursRules *rules)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, rules->zone);
	for (int i = 0; i < rules->n; i++)
	{
		const SmkHoursRule *rule = &rules->rule[i];

		appendStringInfoString(&text, "; ");
		if (is_around_the_clock(rule))
		{
			appendStringInfoString(&text, "24/7");
			continue;
		}
		put_days(&text, rule);
		if (rule->layer == SMK_LAYER_EXTRA)
			appendStringInfoString(&text, " extra");
		else if (rule->layer == SMK_LAYER_CLOSED)
			appendStringInfoString(&text, " closed");
		if (rule->open.n == 0)
			appendStringInfoString(&text, " off");
		else
			put_times(&text, rule->open);
	}
	return text.data;
}

static void
put_bytes(StringInfo into, uint64 value, int bytes)
{
	while (--bytes >= 0)
		appendStringInfoCharMacro(into, (char) (value >> (8 * bytes)));
}

static void
encode_rule(const SmkHoursRule *rule, StringInfo into)
{
	SmkSet		written = written_pieces(rule->open);
	bool		seconds = false;
	int			kind = rule->days;

	for (int i = 0; i < written.n; i++)
		seconds |= written.piece[i].start % 60 || written.piece[i].end % 60;
	if (rule->days == SMK_DATES && rule->last > rule->first)
		kind++;
	put_bytes(into, rule->layer | kind << 2 | seconds << 4 |
			  Min(written.n, MANY_PIECES) << 5, 1);
	if (written.n >= MANY_PIECES)
		put_bytes(into, written.n, 2);
	if (rule->days == SMK_DATES)
	{
		put_bytes(into, rule->first - FIRST_DATE, 3);
		if (rule->last > rule->first)
			put_bytes(into, rule->last - FIRST_DATE, 3);
	}
	else
		put_bytes(into, rule->first, rule->days == SMK_YEARLY ? 2 : 1);
	for (int i = 0; i < written.n; i++)
	{
		uint64		start = written.piece[i].start;
		uint64		length = written.piece[i].end - start;

		if (seconds)
			put_bytes(into, start << 17 | length, 5);
		else
			put_bytes(into, start / 60 << 11 | length / 60, 3);
	}
}

void
smk_hours_encode(const SmkHoursRules *rules, StringInfo into)
{
	int			length = strlen(rules->zone);

	put_bytes(into, VALUE_VERSION, 1);
	put_bytes(into, length, 1);
	appendBinaryStringInfo(into, rules->zone, length);
	for (int i = 0; i < rules->n; i++)
		encode_rule(&rules->rule[i], into);
}

typedef struct Reader
{
	const unsigned char *at;
	const unsigned char *end;
} Reader;

static uint64
get_bytes(Reader *reader, int bytes)
{
	uint64		value = 0;

	if (reader->end - reader->at < bytes)
		elog(ERROR, "working_hours value is damaged");
	while (--bytes >= 0)
		value = value << 8 | *reader->at++;
	return value;
}

static void
decode_rule(Reader *reader, SmkHoursRules *rules)
{
	int			head = get_bytes(reader, 1);
	int			kind = head >> 2 & 3;
	bool		seconds = (head & 1 << 4) != 0;
	int			n = head >> 5;
	SmkPiece   *piece;
	int32		first;
	int32		last;

	if (n == MANY_PIECES)
		n = get_bytes(reader, 2);
	first = kind >= 2 ? (int32) get_bytes(reader, 3) + FIRST_DATE :
		(int32) get_bytes(reader, kind == SMK_YEARLY ? 2 : 1);
	last = kind == 3 ? (int32) get_bytes(reader, 3) + FIRST_DATE : first;
	piece = palloc_array(SmkPiece, n + 1);
	for (int i = 0; i < n; i++)
	{
		uint64		code = get_bytes(reader, seconds ? 5 : 3);
		int			unit = seconds ? 1 : 60;
		int			shift = seconds ? 17 : 11;

		piece[i].start = (int32) (code >> shift) * unit;
		piece[i].end = piece[i].start +
			(int32) (code & ((1 << shift) - 1)) * unit;
	}
	smk_hours_append(rules, head & 3, kind >= 2 ? SMK_DATES : kind, first,
					 last, smk_set_make(piece, n));
	pfree(piece);
}

/* The bytes are those of a stored value: only sanity is checked. */
SmkHoursRules *
smk_hours_decode(const char *bytes, int length)
{
	Reader		reader;
	SmkHoursRules *rules;
	int			zone_length;

	reader.at = (const unsigned char *) bytes;
	reader.end = reader.at + length;
	if (get_bytes(&reader, 1) != VALUE_VERSION)
		elog(ERROR, "working_hours value is of an unknown version");
	zone_length = get_bytes(&reader, 1);
	if (reader.end - reader.at < zone_length)
		elog(ERROR, "working_hours value is damaged");
	rules = smk_hours_make(pnstrdup((const char *) reader.at, zone_length));
	reader.at += zone_length;
	while (reader.at < reader.end)
		decode_rule(&reader, rules);
	return rules;
}
