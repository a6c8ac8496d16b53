/*
 * condition_tree.h
 *		A lowered condition: what condition_lower.c builds and
 *		condition_eval.c walks.  Private to the condition engine.
 */
#ifndef SMK_CONDITION_TREE_H
#define SMK_CONDITION_TREE_H

#include "condition/condition.h"

#include "regex/regex.h"
#include "utils/numeric.h"

/* How a column's value becomes a JSON item; to_jsonb() sets the rules. */
typedef enum SmkValueKind
{
	SMK_VALUE_BOOL,
	SMK_VALUE_INT2,
	SMK_VALUE_INT4,
	SMK_VALUE_INT8,
	SMK_VALUE_FLOAT4,
	SMK_VALUE_FLOAT8,
	SMK_VALUE_NUMERIC,
	SMK_VALUE_TEXT,				/* a varlena whose bytes are its text */
	SMK_VALUE_NAME,
	SMK_VALUE_ENUM,
	SMK_VALUE_UUID,
	SMK_VALUE_DATETIME,			/* date, timestamp, timestamptz, time */
	SMK_VALUE_TIMETZ,
	SMK_VALUE_INTERVAL,
	SMK_VALUE_BYTEA,
	SMK_VALUE_OUTPUT,			/* through the type's output function */
	SMK_VALUE_JSONB,
	SMK_VALUE_ARRAY
} SmkValueKind;

typedef struct SmkValueType
{
	SmkValueKind kind;
	Oid			typid;			/* no domain */
	int16		typlen;
	bool		typbyval;
	char		typalign;
	FmgrInfo   *output;			/* of SMK_VALUE_OUTPUT */
	struct SmkValueType *element;	/* of SMK_VALUE_ARRAY */
} SmkValueType;

typedef struct SmkColumn
{
	AttrNumber	attno;
	int			slot;			/* its place among the condition's columns */
	char	   *name;
	SmkValueType type;
} SmkColumn;

typedef enum SmkTruth
{
	SMK_FALSE,
	SMK_TRUE,
	SMK_UNKNOWN
} SmkTruth;

typedef enum SmkCompareOp
{
	SMK_EQ,
	SMK_NE,
	SMK_LT,
	SMK_GT,
	SMK_LE,
	SMK_GE
} SmkCompareOp;

typedef enum SmkNodeKind
{
	/* predicates */
	SMK_NODE_AND,
	SMK_NODE_OR,
	SMK_NODE_NOT,
	SMK_NODE_IS_UNKNOWN,
	SMK_NODE_COMPARE,
	SMK_NODE_EXISTS,
	SMK_NODE_STARTS_WITH,
	SMK_NODE_LIKE_REGEX,
	/* where a path begins */
	SMK_NODE_LITERAL,
	SMK_NODE_COLUMN,			/* $.column */
	SMK_NODE_ROW_FILTER,		/* $ ? (...) */
	SMK_NODE_CURRENT,
	SMK_NODE_LAST,
	SMK_NODE_BINARY,
	SMK_NODE_UNARY,
	/* how it goes on */
	SMK_NODE_KEY,
	SMK_NODE_ANY_KEY,
	SMK_NODE_ANY_ELEMENT,
	SMK_NODE_SUBSCRIPT,
	SMK_NODE_FILTER,
	SMK_NODE_TYPE,
	SMK_NODE_SIZE,
	SMK_NODE_NUMERIC_METHOD,
	SMK_NODE_DOUBLE
} SmkNodeKind;

typedef Numeric (*SmkBinaryFunction) (Numeric, Numeric, bool *);

/*
 * A comparison of one column with one literal, for which no item is built:
 * the literal in the form in which the column's type compares with it.
 */
typedef struct SmkNative
{
	const SmkColumn *column;
	JsonbValue	literal;
	SmkCompareOp op;			/* column op literal */
	SmkTruth	if_null;		/* the result for a null column */
	SmkTruth	if_other;		/* ... for an item of another JSON type */
	/* a number against integers: its floor, and where the number lies */
	int64		floor;
	bool		above_floor;
	int			beyond;			/* -1: below every int8, 1: above, else 0 */
	/* a number against floats: the nearest, and where that one's text lies */
	double		nearest;
	int			nearest_sign;
	/* a string against dates and times from least to most (see there) */
	bool		ordered;
	int64		least;
	int64		most;
	int64		threshold;
	bool		at_threshold;
} SmkNative;

typedef struct SmkWords SmkWords;

typedef struct SmkNode
{
	SmkNodeKind kind;
	struct SmkNode *next;		/* the path's next step */
	struct SmkNode *left;		/* operand, argument, filter */
	struct SmkNode *right;
	const SmkColumn *column;
	JsonbValue	literal;		/* literal; key, as a string */
	SmkCompareOp op;
	SmkNative  *native;			/* a comparison's short cut, or NULL */
	SmkBinaryFunction binary;
	PGFunction	unary;			/* NULL: unary plus */
	regex_t    *regex;
	SmkWords   *words;			/* what the regex lists, if it only lists words */
	int			nsubscripts;
	struct SmkNode **from;
	struct SmkNode **to;		/* element NULL: no range */
} SmkNode;

struct SmkCondition
{
	SmkNode    *root;
	bool		lax;
	int			ncolumns;
	SmkColumn **columns;
	Bitmapset  *attnos;
};

/*
 * A condition that is not stored: generated columns have their values, and it
 * will never be dumped.
 */
#define SMK_CONDITION_AD_HOC	0x01

extern SmkCondition *smk_condition_lower(JsonPath *path, TupleDesc desc,
										 int flags,
										 SmkConditionProblem *problem);

/* condition_sql.c */
extern bool smk_argument_is_constant(const FmgrInfo *flinfo, int argument);

/* condition_value.c */
#define SMK_RENDER_BUFFER	136

extern bool smk_value_type(Oid typid, SmkValueType *type, const char **why);
extern void smk_value_render(const SmkValueType *type, Datum value,
							 JsonbValue *item, char *buffer);
extern int	smk_string_compare(const char *a, int alen,
							   const char *b, int blen);
extern SmkTruth smk_compare_items(SmkCompareOp op, const JsonbValue *a,
								  const JsonbValue *b);
extern SmkNative *smk_native_compare(const SmkColumn *column, SmkCompareOp op,
									 const JsonbValue *literal, bool lax);
extern bool smk_native_holds(const SmkNative *native, Datum value,
							 SmkTruth *result);

/* condition_regex.c */
#define SMK_REGEX_MAX_LENGTH	1000

extern regex_t *smk_regex_compile(const char *pattern, int length, int cflags,
								  char **error);
extern bool smk_regex_matches(regex_t *regex, const char *text, int length);
extern SmkWords *smk_regex_words(const char *pattern, int length, int cflags);
extern bool smk_words_hold(const SmkWords *words, const char *text, int length);

#endif							/* SMK_CONDITION_TREE_H */
