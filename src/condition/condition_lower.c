/*
 * condition_lower.c
 *		jsonpath to a tree over a row's columns.
 *
 * The row itself is never an item: `$` (and `@`, in a filter on the row) must
 * be followed by a column's name, or by a filter and then a name.  Which of
 * the two an expression is can be told from the path alone.
 */
#include "condition/condition_compat.h"
#include "condition/condition_tree.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/varlena.h"

typedef struct Lowering
{
	TupleDesc	desc;
	int			flags;
	SmkCondition *condition;
	SmkConditionProblem *problem;
	bool		current_is_row; /* what @ means here */
} Lowering;

static SmkNode *lower_path(Lowering *lowering, JsonPathItem *item,
						   bool row_allowed);
static SmkNode *lower_steps(Lowering *lowering, JsonPathItem *item);

/* ---------- problems ---------- */

static SmkNode *
refuse(Lowering *lowering, char *message, char *detail, char *hint)
{
	lowering->problem->message = message;
	lowering->problem->detail = detail;
	lowering->problem->hint = hint;
	return NULL;
}

static SmkNode *
refuse_row(Lowering *lowering)
{
	return refuse(lowering,
				  "condition refers to the whole row",
				  "A condition reads columns; the row is no value that it could compare, search or list.",
				  "Name a column, as in $.industry == \"software\".");
}

static SmkNode *
refuse_item(Lowering *lowering, JsonPathItem *item)
{
	char	   *name;

	switch (item->type)
	{
		case jpiVariable:
			name = jspGetString(item, NULL);
			return refuse(lowering,
						  psprintf("variable \"$%s\" is not allowed in a condition",
								   name),
						  "A condition sees its row and nothing else.",
						  psprintf("If a column is meant, write $.%s.", name));
		case jpiDatetime:
			return refuse(lowering,
						  "method .datetime() is not allowed in a condition",
						  "Dates and times are strings in a condition, as to_jsonb() renders them, in UTC.",
						  "Compare with a string such as \"2024-06-30\".");
		case jpiKeyValue:
			return refuse(lowering,
						  "method .keyvalue() is not allowed in a condition",
						  NULL, NULL);
		case jpiAny:
			return refuse(lowering,
						  "accessor .** is not allowed in a condition",
						  NULL, "Name the keys on the way.");
		default:
			return refuse(lowering,
						  "condition uses a jsonpath method that conditions do not know",
						  NULL, NULL);
	}
}

/*
 * PostgreSQL prints some jsonpaths without parentheses that matter:
 * ($.a - $.b).abs() == 1 comes out as $.a - $.b.abs() == 1.  A condition that
 * pg_dump would change, or make unreadable, is not to be stored.
 */
static bool
survives_dump(const Lowering *lowering, JsonPathItem *item)
{
	if ((lowering->flags & SMK_CONDITION_AD_HOC) || !jspHasNext(item))
		return true;
	switch (item->type)
	{
		case jpiCurrent:
		case jpiLast:
		case jpiNull:
		case jpiBool:
		case jpiString:
			return true;
		default:
			return false;
	}
}

static SmkNode *
refuse_parentheses(Lowering *lowering)
{
	return refuse(lowering,
				  "condition has an accessor after parentheses",
				  "PostgreSQL prints such a jsonpath without the parentheses, so that a dump would change it.",
				  "Apply the method to each operand, or compare with both bounds.");
}

/* The existing column whose name is nearest to a misspelt one, or NULL. */
static char *
nearest_column(TupleDesc desc, const char *key, int length)
{
	const char *best = NULL;
	int			best_distance = Max(2, length / 2);

	if (length >= NAMEDATALEN)
		return NULL;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		int			distance;

		if (attr->attisdropped)
			continue;
		distance = varstr_levenshtein_less_equal(key, length,
												 NameStr(attr->attname),
												 strlen(NameStr(attr->attname)),
												 1, 1, 1, best_distance, true);
		if (distance < best_distance)
		{
			best = NameStr(attr->attname);
			best_distance = distance;
		}
	}
	return best ? psprintf("Perhaps you meant the column \"%s\".", best) : NULL;
}

static SmkNode *
refuse_column(Lowering *lowering, const char *name, char *message,
			  char *detail, char *hint)
{
	lowering->problem->column = pstrdup(name);
	return refuse(lowering, message, detail, hint);
}

/* ---------- columns ---------- */

static const SmkColumn *
known_column(SmkCondition *condition, AttrNumber attno)
{
	for (int i = 0; i < condition->ncolumns; i++)
	{
		if (condition->columns[i]->attno == attno)
			return condition->columns[i];
	}
	return NULL;
}

/* Register a column, or say why its values cannot be read. */
static const SmkColumn *
add_column(Lowering *lowering, Form_pg_attribute attr)
{
	SmkCondition *condition = lowering->condition;
	const char *name = NameStr(attr->attname);
	const char *why = NULL;
	SmkColumn  *column;

	if (attr->attgenerated != '\0' &&
		!(lowering->flags & SMK_CONDITION_AD_HOC))
	{
		refuse_column(lowering, name,
					  psprintf("column \"%s\" is generated", name),
					  "A generated column has no value yet when a row is judged.",
					  "Use the columns that it is computed from.");
		return NULL;
	}
	column = palloc0(sizeof(SmkColumn));
	if (!smk_value_type(attr->atttypid, &column->type, &why))
	{
		refuse_column(lowering, name,
					  psprintf("column \"%s\" of type %s cannot be read by a condition",
							   name, format_type_be(attr->atttypid)),
					  pstrdup(why), NULL);
		return NULL;
	}
	column->attno = attr->attnum;
	column->slot = condition->ncolumns;
	column->name = pstrdup(name);
	condition->columns[condition->ncolumns++] = column;
	condition->attnos = bms_add_member(condition->attnos, attr->attnum);
	return column;
}

static const SmkColumn *
find_column(Lowering *lowering, const char *key, int length)
{
	TupleDesc	desc = lowering->desc;
	char	   *text;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		const SmkColumn *column;

		if (attr->attisdropped || strlen(NameStr(attr->attname)) != (Size) length ||
			memcmp(NameStr(attr->attname), key, length) != 0)
			continue;
		column = known_column(lowering->condition, attr->attnum);
		return column ? column : add_column(lowering, attr);
	}
	text = pnstrdup(key, length);
	refuse_column(lowering, text,
				  psprintf("column \"%s\" does not exist", text),
				  NULL, nearest_column(desc, key, length));
	return NULL;
}

/* ---------- nodes ---------- */

static SmkNode *
make_node(SmkNodeKind kind)
{
	SmkNode    *node = palloc0(sizeof(SmkNode));

	node->kind = kind;
	return node;
}

static void
copy_string(JsonPathItem *item, JsonbValue *value)
{
	int			length;
	char	   *text = jspGetString(item, &length);

	value->type = jbvString;
	value->val.string.val = pnstrdup(text, length);
	value->val.string.len = length;
}

static SmkNode *
lower_literal(JsonPathItem *item)
{
	SmkNode    *node = make_node(SMK_NODE_LITERAL);
	Numeric		number;

	switch (item->type)
	{
		case jpiNull:
			node->literal.type = jbvNull;
			break;
		case jpiBool:
			node->literal.type = jbvBool;
			node->literal.val.boolean = jspGetBool(item);
			break;
		case jpiNumeric:
			number = jspGetNumeric(item);
			node->literal.type = jbvNumeric;
			node->literal.val.numeric = palloc(VARSIZE_ANY(number));
			memcpy(node->literal.val.numeric, number, VARSIZE_ANY(number));
			break;
		default:
			copy_string(item, &node->literal);
			break;
	}
	return node;
}

/* Lower the step that follows item, if there is one. */
static bool
lower_next(Lowering *lowering, JsonPathItem *item, SmkNode *node)
{
	JsonPathItem next;

	if (!jspGetNext(item, &next))
		return true;
	node->next = lower_steps(lowering, &next);
	return node->next != NULL;
}

/*
 * What follows the row: a column's name, or a filter.  Where only existence
 * counts, a filter may be the end.
 */
static SmkNode *
lower_row(Lowering *lowering, JsonPathItem *item, bool row_allowed)
{
	JsonPathItem step;
	JsonPathItem argument;
	SmkNode    *node;
	bool		saved = lowering->current_is_row;

	check_stack_depth();
	if (!jspGetNext(item, &step))
		return refuse_row(lowering);
	if (step.type == jpiKey)
	{
		int			length;
		char	   *key = jspGetString(&step, &length);

		node = make_node(SMK_NODE_COLUMN);
		node->column = find_column(lowering, key, length);
		if (!node->column || !lower_next(lowering, &step, node))
			return NULL;
		return node;
	}
	if (step.type == jpiAny || step.type == jpiKeyValue)
		return refuse_item(lowering, &step);
	if (step.type != jpiFilter)
		return refuse_row(lowering);

	node = make_node(SMK_NODE_ROW_FILTER);
	jspGetArg(&step, &argument);
	lowering->current_is_row = true;
	node->left = lower_path(lowering, &argument, false);
	lowering->current_is_row = saved;
	if (!node->left)
		return NULL;
	if (row_allowed && !jspHasNext(&step))
		return node;
	node->next = lower_row(lowering, &step, row_allowed);
	return node->next ? node : NULL;
}

static SmkNode *
lower_two(Lowering *lowering, JsonPathItem *item, SmkNodeKind kind)
{
	SmkNode    *node = make_node(kind);
	JsonPathItem argument;

	jspGetLeftArg(item, &argument);
	node->left = lower_path(lowering, &argument, false);
	if (!node->left)
		return NULL;
	jspGetRightArg(item, &argument);
	node->right = lower_path(lowering, &argument, false);
	return node->right ? node : NULL;
}

static SmkNode *
lower_one(Lowering *lowering, JsonPathItem *item, SmkNodeKind kind)
{
	SmkNode    *node = make_node(kind);
	JsonPathItem argument;

	jspGetArg(item, &argument);
	node->left = lower_path(lowering, &argument, kind == SMK_NODE_EXISTS);
	return node->left ? node : NULL;
}

static SmkNode *
lower_binary(Lowering *lowering, JsonPathItem *item)
{
	SmkNode    *node = lower_two(lowering, item, SMK_NODE_BINARY);

	if (!node)
		return NULL;
	switch (item->type)
	{
		case jpiAdd:
			node->binary = smk_numeric_add;
			break;
		case jpiSub:
			node->binary = smk_numeric_sub;
			break;
		case jpiMul:
			node->binary = smk_numeric_mul;
			break;
		case jpiDiv:
			node->binary = smk_numeric_div;
			break;
		default:
			node->binary = smk_numeric_mod;
			break;
	}
	return node;
}

static SmkNode *
lower_unary(Lowering *lowering, JsonPathItem *item)
{
	SmkNode    *node = lower_one(lowering, item, SMK_NODE_UNARY);

	if (node && item->type == jpiMinus)
		node->unary = numeric_uminus;
	return node;
}

static bool
is_plain_literal(const SmkNode *node)
{
	return node->kind == SMK_NODE_LITERAL && !node->next;
}

/* A column, or in lax mode all its elements, and nothing further. */
static bool
is_plain_column(const SmkNode *node, bool lax)
{
	if (node->kind != SMK_NODE_COLUMN)
		return false;
	if (!node->next)
		return true;
	return lax && node->next->kind == SMK_NODE_ANY_ELEMENT && !node->next->next;
}

static SmkCompareOp
compare_op(JsonPathItemType type)
{
	switch (type)
	{
		case jpiEqual:
			return SMK_EQ;
		case jpiNotEqual:
			return SMK_NE;
		case jpiLess:
			return SMK_LT;
		case jpiGreater:
			return SMK_GT;
		case jpiLessOrEqual:
			return SMK_LE;
		default:
			return SMK_GE;
	}
}

/* The operator for exchanged operands. */
static SmkCompareOp
mirrored(SmkCompareOp op)
{
	switch (op)
	{
		case SMK_LT:
			return SMK_GT;
		case SMK_GT:
			return SMK_LT;
		case SMK_LE:
			return SMK_GE;
		case SMK_GE:
			return SMK_LE;
		default:
			return op;
	}
}

static SmkNode *
lower_comparison(Lowering *lowering, JsonPathItem *item)
{
	SmkNode    *node = lower_two(lowering, item, SMK_NODE_COMPARE);
	bool		lax = lowering->condition->lax;

	if (!node)
		return NULL;
	node->op = compare_op(item->type);
	if (is_plain_column(node->left, lax) && is_plain_literal(node->right))
		node->native = smk_native_compare(node->left->column, node->op,
										  &node->right->literal, lax);
	else if (is_plain_literal(node->left) && is_plain_column(node->right, lax))
		node->native = smk_native_compare(node->right->column,
										  mirrored(node->op),
										  &node->left->literal, lax);
	return node;
}

static SmkNode *
lower_regex(Lowering *lowering, JsonPathItem *item)
{
	SmkNode    *node = make_node(SMK_NODE_LIKE_REGEX);
	int			cflags = smk_regex_flags(item->content.like_regex.flags);
	JsonPathItem argument;
	char	   *error = NULL;

	jspInitByBuffer(&argument, item->base, item->content.like_regex.expr);
	node->left = lower_path(lowering, &argument, false);
	if (!node->left)
		return NULL;
	node->regex = smk_regex_compile(item->content.like_regex.pattern,
									item->content.like_regex.patternlen,
									cflags, &error);
	node->words = smk_regex_words(item->content.like_regex.pattern,
								  item->content.like_regex.patternlen, cflags);
	if (node->regex)
		return node;
	if (error)
		return refuse(lowering,
					  psprintf("invalid regular expression: %s", error),
					  NULL, NULL);
	return refuse(lowering, "regular expression is too long",
				  psprintf("A condition's regular expression has at most %d characters.",
						   SMK_REGEX_MAX_LENGTH), NULL);
}

static SmkNode *
lower_subscripts(Lowering *lowering, JsonPathItem *item)
{
	SmkNode    *node = make_node(SMK_NODE_SUBSCRIPT);
	int			n = item->content.array.nelems;

	node->nsubscripts = n;
	node->from = palloc0(n * sizeof(SmkNode *));
	node->to = palloc0(n * sizeof(SmkNode *));
	for (int i = 0; i < n; i++)
	{
		JsonPathItem from;
		JsonPathItem to;
		bool		range = jspGetArraySubscript(item, &from, &to, i);

		node->from[i] = lower_path(lowering, &from, false);
		if (!node->from[i])
			return NULL;
		if (!range)
			continue;
		node->to[i] = lower_path(lowering, &to, false);
		if (!node->to[i])
			return NULL;
	}
	return node;
}

static SmkNode *
lower_filter(Lowering *lowering, JsonPathItem *item)
{
	bool		saved = lowering->current_is_row;
	SmkNode    *node;

	lowering->current_is_row = false;
	node = lower_one(lowering, item, SMK_NODE_FILTER);
	lowering->current_is_row = saved;
	return node;
}

static SmkNode *
lower_method(PGFunction function)
{
	SmkNode    *node = make_node(SMK_NODE_NUMERIC_METHOD);

	node->unary = function;
	return node;
}

/* A predicate or an expression: what can stand at the start of a path. */
static SmkNode *
lower_head(Lowering *lowering, JsonPathItem *item)
{
	switch (item->type)
	{
		case jpiNull:
		case jpiBool:
		case jpiNumeric:
		case jpiString:
			return lower_literal(item);
		case jpiAnd:
			return lower_two(lowering, item, SMK_NODE_AND);
		case jpiOr:
			return lower_two(lowering, item, SMK_NODE_OR);
		case jpiNot:
			return lower_one(lowering, item, SMK_NODE_NOT);
		case jpiIsUnknown:
			return lower_one(lowering, item, SMK_NODE_IS_UNKNOWN);
		case jpiEqual:
		case jpiNotEqual:
		case jpiLess:
		case jpiGreater:
		case jpiLessOrEqual:
		case jpiGreaterOrEqual:
			return lower_comparison(lowering, item);
		case jpiExists:
			return lower_one(lowering, item, SMK_NODE_EXISTS);
		case jpiStartsWith:
			return lower_two(lowering, item, SMK_NODE_STARTS_WITH);
		case jpiLikeRegex:
			return lower_regex(lowering, item);
		case jpiAdd:
		case jpiSub:
		case jpiMul:
		case jpiDiv:
		case jpiMod:
			return lower_binary(lowering, item);
		case jpiPlus:
		case jpiMinus:
			return lower_unary(lowering, item);
		case jpiCurrent:
			return make_node(SMK_NODE_CURRENT);
		case jpiLast:
			return make_node(SMK_NODE_LAST);
		default:
			return refuse_item(lowering, item);
	}
}

static SmkNode *
lower_step(Lowering *lowering, JsonPathItem *item)
{
	SmkNode    *node;

	switch (item->type)
	{
		case jpiKey:
			node = make_node(SMK_NODE_KEY);
			copy_string(item, &node->literal);
			return node;
		case jpiAnyKey:
			return make_node(SMK_NODE_ANY_KEY);
		case jpiAnyArray:
			return make_node(SMK_NODE_ANY_ELEMENT);
		case jpiIndexArray:
			return lower_subscripts(lowering, item);
		case jpiFilter:
			return lower_filter(lowering, item);
		case jpiType:
			return make_node(SMK_NODE_TYPE);
		case jpiSize:
			return make_node(SMK_NODE_SIZE);
		case jpiAbs:
			return lower_method(numeric_abs);
		case jpiFloor:
			return lower_method(numeric_floor);
		case jpiCeiling:
			return lower_method(numeric_ceil);
		case jpiDouble:
			return make_node(SMK_NODE_DOUBLE);
		default:
			return refuse_item(lowering, item);
	}
}

static SmkNode *
lower_steps(Lowering *lowering, JsonPathItem *item)
{
	SmkNode    *node;

	check_stack_depth();
	node = lower_step(lowering, item);
	if (!node || !lower_next(lowering, item, node))
		return NULL;
	return node;
}

/* A whole path: its start, and all that follows. */
static SmkNode *
lower_path(Lowering *lowering, JsonPathItem *item, bool row_allowed)
{
	SmkNode    *node;

	check_stack_depth();
	if (item->type == jpiRoot ||
		(item->type == jpiCurrent && lowering->current_is_row))
		return lower_row(lowering, item, row_allowed);
	node = lower_head(lowering, item);
	if (node && !survives_dump(lowering, item))
		return refuse_parentheses(lowering);
	if (!node || !lower_next(lowering, item, node))
		return NULL;
	return node;
}

/* smk_condition_compile, with a choice of what may pass. */
SmkCondition *
smk_condition_lower(JsonPath *path, TupleDesc desc, int flags,
					SmkConditionProblem *problem)
{
	Lowering	lowering = {0};
	JsonPathItem item;

	memset(problem, 0, sizeof(*problem));
	lowering.desc = desc;
	lowering.flags = flags;
	lowering.problem = problem;
	lowering.current_is_row = true;
	lowering.condition = palloc0(sizeof(SmkCondition));
	lowering.condition->lax = (path->header & JSONPATH_LAX) != 0;
	lowering.condition->columns = palloc0((desc->natts + 1) *
										  sizeof(SmkColumn *));
	jspInit(&item, path);
	lowering.condition->root = lower_path(&lowering, &item, false);
	return lowering.condition->root ? lowering.condition : NULL;
}

SmkCondition *
smk_condition_compile(JsonPath *path, TupleDesc desc,
					  SmkConditionProblem *problem)
{
	return smk_condition_lower(path, desc, 0, problem);
}

const Bitmapset *
smk_condition_columns(const SmkCondition *condition)
{
	return condition->attnos;
}
