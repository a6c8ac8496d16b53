/*
 * condition_eval.c
 *		Does a lowered condition hold for a row?
 *
 * What jsonpath means is written once more here, over our own tree: sequences
 * of items, arrays unwrapped in lax mode, predicates of three values, errors
 * as a result rather than as a throw.  Where PostgreSQL's order of evaluation
 * decides the result (a path that fails half-way has yielded some items), it
 * is kept.
 */
#include "condition/condition_compat.h"
#include "condition/condition_tree.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#define ITEMS_INLINE	2
#define VALUE_SHOWN		80		/* bytes of a value shown to people */

/* A sequence of items. */
typedef struct Items
{
	int			count;
	int			room;
	JsonbValue *more;			/* NULL: inline */
	JsonbValue	few[ITEMS_INLINE];
} Items;

typedef enum Outcome
{
	FOUND,
	NOT_FOUND,
	FAILED
} Outcome;

typedef struct Slot
{
	bool		ready;
	JsonbValue	item;
	char		buffer[SMK_RENDER_BUFFER];
} Slot;

typedef struct Evaluation
{
	const SmkCondition *condition;
	const Datum *values;
	const bool *nulls;
	bool		lax;
	Slot	   *slots;			/* of the columns that were made items */
	JsonbValue *current;		/* @ */
	int			innermost_size; /* of the array that last counts in */
} Evaluation;

typedef SmkTruth (*PairFunction) (const SmkNode *node, const JsonbValue *left,
								  const JsonbValue *right);

static Outcome walk(Evaluation *evaluation, const SmkNode *node,
					JsonbValue *item, Items *found, bool unwrap);
static SmkTruth judge(Evaluation *evaluation, const SmkNode *node);

/* ---------- sequences ---------- */

static inline void
items_init(Items *items)
{
	items->count = 0;
	items->room = ITEMS_INLINE;
	items->more = NULL;
}

static inline JsonbValue *
items_at(Items *items, int i)
{
	return items->more ? &items->more[i] : &items->few[i];
}

static void
items_add(Items *items, const JsonbValue *item)
{
	if (items->count == items->room)
	{
		Size		size = (Size) items->room * 2 * sizeof(JsonbValue);

		if (items->more)
			items->more = repalloc_huge(items->more, size);
		else
		{
			items->more = palloc(size);
			memcpy(items->more, items->few, sizeof(items->few));
		}
		items->room *= 2;
	}
	*items_at(items, items->count++) = *item;
}

/* ---------- items ---------- */

static inline bool
is_array(const JsonbValue *item)
{
	return item->type == jbvBinary &&
		JsonContainerIsArray(item->val.binary.data);
}

static inline bool
is_object(const JsonbValue *item)
{
	return item->type == jbvBinary &&
		JsonContainerIsObject(item->val.binary.data);
}

/* -1 for what is no array. */
static inline int
array_size(const JsonbValue *item)
{
	return is_array(item) ? (int) JsonContainerSize(item->val.binary.data) : -1;
}

static void
item_integer(JsonbValue *item, int64 value)
{
	item->type = jbvNumeric;
	item->val.numeric = int64_to_numeric(value);
}

/* A column as an item: made once per row, so that a long jsonb is unpacked once. */
static JsonbValue *
column_item(Evaluation *evaluation, const SmkColumn *column)
{
	Slot	   *slot;

	if (!evaluation->slots)
	{
		int			count = evaluation->condition->ncolumns;

		evaluation->slots = palloc(count * sizeof(Slot));
		for (int i = 0; i < count; i++)
			evaluation->slots[i].ready = false;
	}
	slot = &evaluation->slots[column->slot];
	if (slot->ready)
		return &slot->item;
	if (evaluation->nulls[column->attno - 1])
		slot->item.type = jbvNull;
	else
		smk_value_render(&column->type, evaluation->values[column->attno - 1],
						 &slot->item, slot->buffer);
	slot->ready = true;
	return &slot->item;
}

/* ---------- steps ---------- */

/* Hand an item to the path's next step, or to the result. */
static Outcome
pass_on(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
		Items *found)
{
	if (node->next)
		return walk(evaluation, node->next, item, found, evaluation->lax);
	if (found)
		items_add(found, item);
	return FOUND;
}

/* Whether more items are of no interest: one was found, none is collected. */
static inline bool
settled(Outcome outcome, const Items *found)
{
	return outcome == FAILED || (outcome == FOUND && !found);
}

/* Each element, or each key's value; node NULL: they are the result. */
static Outcome
walk_members(Evaluation *evaluation, const SmkNode *node,
			 JsonbContainer *container, Items *found, bool unwrap)
{
	JsonbIterator *iterator = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	member;
	Outcome		outcome = NOT_FOUND;

	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM && token != WJB_VALUE)
			continue;
		CHECK_FOR_INTERRUPTS();
		if (node)
			outcome = walk(evaluation, node, &member, found, unwrap);
		else if (found)
			items_add(found, &member);
		else
			outcome = FOUND;
		if (settled(outcome, found))
			break;
	}
	return outcome;
}

/* The same step on each element of an array. */
static inline Outcome
walk_unwrapped(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
			   Items *found)
{
	return walk_members(evaluation, node, item->val.binary.data, found, false);
}

/* What a step does with an item of the wrong kind. */
static inline Outcome
structural_error(const Evaluation *evaluation)
{
	return evaluation->lax ? NOT_FOUND : FAILED;
}

static Outcome
walk_key(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
		 Items *found, bool unwrap)
{
	JsonbValue	value;

	if (is_object(item))
	{
		if (getKeyJsonValueFromContainer(item->val.binary.data,
										 node->literal.val.string.val,
										 node->literal.val.string.len, &value))
			return pass_on(evaluation, node, &value, found);
		return structural_error(evaluation);
	}
	if (unwrap && is_array(item))
		return walk_unwrapped(evaluation, node, item, found);
	return structural_error(evaluation);
}

static Outcome
walk_any_key(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
			 Items *found, bool unwrap)
{
	if (is_object(item))
		return walk_members(evaluation, node->next, item->val.binary.data,
							found, evaluation->lax);
	if (unwrap && is_array(item))
		return walk_unwrapped(evaluation, node, item, found);
	return structural_error(evaluation);
}

static Outcome
walk_any_element(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
				 Items *found)
{
	if (is_array(item))
		return walk_members(evaluation, node->next, item->val.binary.data,
							found, evaluation->lax);
	if (evaluation->lax)
		return pass_on(evaluation, node, item, found);
	return FAILED;
}

static bool
subscript_value(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
				int32 *index)
{
	Items		items;
	Datum		truncated;
	bool		overflow = false;

	items_init(&items);
	if (walk(evaluation, node, item, &items, evaluation->lax) == FAILED)
		return false;
	if (items.count != 1 || items_at(&items, 0)->type != jbvNumeric)
		return false;
	truncated = DirectFunctionCall2(numeric_trunc,
									NumericGetDatum(items_at(&items, 0)->val.numeric),
									Int32GetDatum(0));
	*index = smk_numeric_int4(DatumGetNumeric(truncated), &overflow);
	return !overflow;
}

static Outcome
walk_range(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
		   int32 from, int32 to, Items *found)
{
	Outcome		outcome = NOT_FOUND;
	bool		array = is_array(item);

	for (int32 i = from; i <= to; i++)
	{
		JsonbValue *element = item;

		CHECK_FOR_INTERRUPTS();
		if (array)
			element = getIthJsonbValueFromContainer(item->val.binary.data, i);
		if (!element)
			continue;
		outcome = pass_on(evaluation, node, element, found);
		if (settled(outcome, found))
			break;
	}
	return outcome;
}

/*
 * One subscript: its bounds, checked in strict mode, cut in lax mode.
 *
 * Where PostgreSQL returns from the midst of its loop it does not set back
 * what `last` counts in, and a `last` further right in an enclosing subscript
 * then counts in the wrong array.  *leave says where, so that a condition
 * means the same here.
 */
static Outcome
walk_subscript(Evaluation *evaluation, const SmkNode *node, int i,
			   JsonbValue *item, int size, Items *found, bool *leave)
{
	int32		from;
	int32		to;

	if (!subscript_value(evaluation, node->from[i], item, &from))
		return FAILED;
	to = from;
	if (node->to[i] &&
		!subscript_value(evaluation, node->to[i], item, &to))
		return FAILED;
	*leave = !evaluation->lax && (from < 0 || from > to || to >= size);
	if (*leave)
		return FAILED;
	*leave = !found && !node->next && Max(from, 0) <= Min(to, size - 1);
	return walk_range(evaluation, node, item, Max(from, 0),
					  Min(to, size - 1), found);
}

static Outcome
walk_subscripts(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
				Items *found)
{
	int			size = array_size(item);
	int			saved = evaluation->innermost_size;
	bool		leave = false;
	Outcome		outcome = NOT_FOUND;

	if (size < 0 && !evaluation->lax)
		return FAILED;
	if (size < 0)
		size = 1;
	evaluation->innermost_size = size;
	for (int i = 0; i < node->nsubscripts; i++)
	{
		outcome = walk_subscript(evaluation, node, i, item, size, found,
								 &leave);
		if (settled(outcome, found))
			break;
	}
	if (!leave)
		evaluation->innermost_size = saved;
	return outcome;
}

static Outcome
walk_filter(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
			Items *found, bool unwrap)
{
	JsonbValue *saved = evaluation->current;
	SmkTruth	truth;

	if (unwrap && is_array(item))
		return walk_unwrapped(evaluation, node, item, found);
	evaluation->current = item;
	truth = judge(evaluation, node->left);
	evaluation->current = saved;
	if (truth != SMK_TRUE)
		return NOT_FOUND;
	return pass_on(evaluation, node, item, found);
}

/* A filter on the row; the row itself is never an item (condition_lower.c). */
static Outcome
walk_row_filter(Evaluation *evaluation, const SmkNode *node, Items *found)
{
	JsonbValue	row;

	if (judge(evaluation, node->left) != SMK_TRUE)
		return NOT_FOUND;
	row.type = jbvNull;
	return pass_on(evaluation, node, &row, found);
}

static const char *
type_name(const JsonbValue *item)
{
	switch (item->type)
	{
		case jbvNull:
			return "null";
		case jbvBool:
			return "boolean";
		case jbvNumeric:
			return "number";
		case jbvString:
			return "string";
		default:
			return is_array(item) ? "array" : "object";
	}
}

static Outcome
walk_type(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
		  Items *found)
{
	JsonbValue	name;

	name.type = jbvString;
	name.val.string.val = unconstify(char *, type_name(item));
	name.val.string.len = strlen(name.val.string.val);
	return pass_on(evaluation, node, &name, found);
}

static Outcome
walk_size(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
		  Items *found)
{
	int			size = array_size(item);
	JsonbValue	number;

	if (size < 0 && !evaluation->lax)
		return FAILED;
	item_integer(&number, size < 0 ? 1 : size);
	return pass_on(evaluation, node, &number, found);
}

static Outcome
walk_numeric_method(Evaluation *evaluation, const SmkNode *node,
					JsonbValue *item, Items *found, bool unwrap)
{
	JsonbValue	number;

	if (unwrap && is_array(item))
		return walk_unwrapped(evaluation, node, item, found);
	if (item->type != jbvNumeric)
		return FAILED;
	number.type = jbvNumeric;
	number.val.numeric =
		DatumGetNumeric(DirectFunctionCall1(node->unary,
											NumericGetDatum(item->val.numeric)));
	return pass_on(evaluation, node, &number, found);
}

/*
 * .double(): a number must be in a float8's range and stays what it is; a
 * string becomes the float8 that it names, in numeric's 15 digits.
 */
static Outcome
walk_double(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
			Items *found, bool unwrap)
{
	JsonbValue	number = *item;
	char	   *text;
	double		value;

	if (unwrap && is_array(item))
		return walk_unwrapped(evaluation, node, item, found);
	if (item->type == jbvNumeric)
		text = DatumGetCString(DirectFunctionCall1(numeric_out,
												   NumericGetDatum(item->val.numeric)));
	else if (item->type == jbvString)
		text = pnstrdup(item->val.string.val, item->val.string.len);
	else
		return FAILED;
	if (!smk_float8_parse(text, &value) || isinf(value) || isnan(value))
		return FAILED;
	if (item->type == jbvString)
	{
		number.type = jbvNumeric;
		number.val.numeric =
			DatumGetNumeric(DirectFunctionCall1(float8_numeric,
												Float8GetDatum(value)));
	}
	return pass_on(evaluation, node, &number, found);
}

/* ---------- expressions ---------- */

/* An operand's sequence; in lax mode its arrays are replaced by their elements. */
static Outcome
collect(Evaluation *evaluation, const SmkNode *node, bool unwrap, Items *items)
{
	Items		packed;
	Outcome		outcome;

	items_init(items);
	if (!unwrap || !evaluation->lax)
		return walk(evaluation, node, NULL, items, evaluation->lax);
	items_init(&packed);
	outcome = walk(evaluation, node, NULL, &packed, true);
	if (outcome == FAILED)
		return FAILED;
	for (int i = 0; i < packed.count; i++)
	{
		JsonbValue *item = items_at(&packed, i);

		if (is_array(item))
			walk_unwrapped(evaluation, NULL, item, items);
		else
			items_add(items, item);
	}
	return FOUND;
}

static Outcome
walk_binary(Evaluation *evaluation, const SmkNode *node, Items *found)
{
	Items		left;
	Items		right;
	JsonbValue	result;
	bool		error = false;

	if (collect(evaluation, node->left, true, &left) == FAILED ||
		collect(evaluation, node->right, true, &right) == FAILED)
		return FAILED;
	if (left.count != 1 || items_at(&left, 0)->type != jbvNumeric ||
		right.count != 1 || items_at(&right, 0)->type != jbvNumeric)
		return FAILED;
	result.type = jbvNumeric;
	result.val.numeric = node->binary(items_at(&left, 0)->val.numeric,
									  items_at(&right, 0)->val.numeric,
									  &error);
	if (error)
		return FAILED;
	return pass_on(evaluation, node, &result, found);
}

static Outcome
walk_unary(Evaluation *evaluation, const SmkNode *node, Items *found)
{
	Items		operand;
	Outcome		outcome = NOT_FOUND;

	if (collect(evaluation, node->left, true, &operand) == FAILED)
		return FAILED;
	for (int i = 0; i < operand.count; i++)
	{
		JsonbValue *item = items_at(&operand, i);

		if (item->type != jbvNumeric)
		{
			/* where only existence counts, what is no number is skipped */
			if (!found && !node->next)
				continue;
			return FAILED;
		}
		if (node->unary)
			item->val.numeric =
				DatumGetNumeric(DirectFunctionCall1(node->unary,
													NumericGetDatum(item->val.numeric)));
		switch (pass_on(evaluation, node, item, found))
		{
			case FAILED:
				return FAILED;
			case FOUND:
				if (!found)
					return FOUND;
				outcome = FOUND;
				break;
			case NOT_FOUND:
				break;
		}
	}
	return outcome;
}

/* A predicate where an item is wanted: unknown is null. */
static Outcome
walk_predicate(Evaluation *evaluation, const SmkNode *node, Items *found)
{
	SmkTruth	truth = judge(evaluation, node);
	JsonbValue	item;

	item.type = truth == SMK_UNKNOWN ? jbvNull : jbvBool;
	item.val.boolean = truth == SMK_TRUE;
	return pass_on(evaluation, node, &item, found);
}

static Outcome
walk_last(Evaluation *evaluation, const SmkNode *node, Items *found)
{
	JsonbValue	number;

	item_integer(&number, (int64) evaluation->innermost_size - 1);
	return pass_on(evaluation, node, &number, found);
}

/*
 * Apply a path to an item.  found NULL: it is enough to know whether there is
 * any.  unwrap: an array that the step cannot take counts as its elements.
 */
static Outcome
walk(Evaluation *evaluation, const SmkNode *node, JsonbValue *item,
	 Items *found, bool unwrap)
{
	JsonbValue	copy;

	check_stack_depth();
	switch (node->kind)
	{
		case SMK_NODE_LITERAL:
			copy = node->literal;
			return pass_on(evaluation, node, &copy, found);
		case SMK_NODE_COLUMN:
			return pass_on(evaluation, node,
						   column_item(evaluation, node->column), found);
		case SMK_NODE_ROW_FILTER:
			return walk_row_filter(evaluation, node, found);
		case SMK_NODE_CURRENT:
			return pass_on(evaluation, node, evaluation->current, found);
		case SMK_NODE_LAST:
			return walk_last(evaluation, node, found);
		case SMK_NODE_BINARY:
			return walk_binary(evaluation, node, found);
		case SMK_NODE_UNARY:
			return walk_unary(evaluation, node, found);
		case SMK_NODE_KEY:
			return walk_key(evaluation, node, item, found, unwrap);
		case SMK_NODE_ANY_KEY:
			return walk_any_key(evaluation, node, item, found, unwrap);
		case SMK_NODE_ANY_ELEMENT:
			return walk_any_element(evaluation, node, item, found);
		case SMK_NODE_SUBSCRIPT:
			return walk_subscripts(evaluation, node, item, found);
		case SMK_NODE_FILTER:
			return walk_filter(evaluation, node, item, found, unwrap);
		case SMK_NODE_TYPE:
			return walk_type(evaluation, node, item, found);
		case SMK_NODE_SIZE:
			return walk_size(evaluation, node, item, found);
		case SMK_NODE_NUMERIC_METHOD:
			return walk_numeric_method(evaluation, node, item, found, unwrap);
		case SMK_NODE_DOUBLE:
			return walk_double(evaluation, node, item, found, unwrap);
		default:
			return walk_predicate(evaluation, node, found);
	}
}

/* ---------- predicates ---------- */

/*
 * True for any pair of the two operands' items (right NULL: for any item).
 * In strict mode one pair that is unknown makes the whole unknown.
 */
static SmkTruth
judge_pairs(Evaluation *evaluation, const SmkNode *node, PairFunction function,
			const SmkNode *right, bool unwrap_right)
{
	Items		lefts;
	Items		rights;
	bool		unknown = false;
	bool		found = false;
	int			count = 1;

	if (collect(evaluation, node->left, true, &lefts) == FAILED)
		return SMK_UNKNOWN;
	if (right)
	{
		if (collect(evaluation, right, unwrap_right, &rights) == FAILED)
			return SMK_UNKNOWN;
		count = rights.count;
	}
	for (int i = 0; i < lefts.count; i++)
	{
		for (int j = 0; j < count; j++)
		{
			SmkTruth	truth;

			CHECK_FOR_INTERRUPTS();
			truth = function(node, items_at(&lefts, i),
							 right ? items_at(&rights, j) : NULL);
			if (truth == SMK_UNKNOWN && !evaluation->lax)
				return SMK_UNKNOWN;
			if (truth == SMK_TRUE && evaluation->lax)
				return SMK_TRUE;
			unknown |= truth == SMK_UNKNOWN;
			found |= truth == SMK_TRUE;
		}
	}
	return found ? SMK_TRUE : unknown ? SMK_UNKNOWN : SMK_FALSE;
}

static SmkTruth
pair_compare(const SmkNode *node, const JsonbValue *left,
			 const JsonbValue *right)
{
	return smk_compare_items(node->op, left, right);
}

static SmkTruth
pair_starts_with(const SmkNode *node, const JsonbValue *left,
				 const JsonbValue *right)
{
	(void) node;
	if (left->type != jbvString || right->type != jbvString)
		return SMK_UNKNOWN;
	return left->val.string.len >= right->val.string.len &&
		memcmp(left->val.string.val, right->val.string.val,
			   right->val.string.len) == 0 ? SMK_TRUE : SMK_FALSE;
}

static SmkTruth
pair_like_regex(const SmkNode *node, const JsonbValue *left,
				const JsonbValue *right)
{
	(void) right;
	if (left->type != jbvString)
		return SMK_UNKNOWN;
	if (node->words)
		return smk_words_hold(node->words, left->val.string.val, left->val.string.len) ? SMK_TRUE : SMK_FALSE;
	return smk_regex_matches(node->regex, left->val.string.val,
							 left->val.string.len) ? SMK_TRUE : SMK_FALSE;
}

static SmkTruth
judge_comparison(Evaluation *evaluation, const SmkNode *node)
{
	const SmkNative *native = node->native;
	SmkTruth	result;

	if (native)
	{
		int			i = native->column->attno - 1;

		if (evaluation->nulls[i])
			return native->if_null;
		if (smk_native_holds(native, evaluation->values[i], &result))
			return result;
	}
	return judge_pairs(evaluation, node, pair_compare, node->right, true);
}

static SmkTruth
judge_exists(Evaluation *evaluation, const SmkNode *node)
{
	Items		items;
	Outcome		outcome;

	if (evaluation->lax)
		outcome = walk(evaluation, node->left, NULL, NULL, true);
	else
	{
		outcome = collect(evaluation, node->left, false, &items);
		if (outcome != FAILED)
			outcome = items.count > 0 ? FOUND : NOT_FOUND;
	}
	return outcome == FAILED ? SMK_UNKNOWN :
		outcome == FOUND ? SMK_TRUE : SMK_FALSE;
}

/* && and ||: decisive is the value of the left side that settles it. */
static SmkTruth
judge_both(Evaluation *evaluation, const SmkNode *node, SmkTruth decisive)
{
	SmkTruth	left = judge(evaluation, node->left);
	SmkTruth	right;

	if (left == decisive)
		return decisive;
	right = judge(evaluation, node->right);
	if (right == decisive)
		return decisive;
	return left == SMK_UNKNOWN ? SMK_UNKNOWN : right;
}

static SmkTruth
judge(Evaluation *evaluation, const SmkNode *node)
{
	SmkTruth	truth;

	check_stack_depth();
	switch (node->kind)
	{
		case SMK_NODE_COMPARE:
			return judge_comparison(evaluation, node);
		case SMK_NODE_AND:
			return judge_both(evaluation, node, SMK_FALSE);
		case SMK_NODE_OR:
			return judge_both(evaluation, node, SMK_TRUE);
		case SMK_NODE_NOT:
			truth = judge(evaluation, node->left);
			return truth == SMK_UNKNOWN ? SMK_UNKNOWN :
				truth == SMK_TRUE ? SMK_FALSE : SMK_TRUE;
		case SMK_NODE_IS_UNKNOWN:
			truth = judge(evaluation, node->left);
			return truth == SMK_UNKNOWN ? SMK_TRUE : SMK_FALSE;
		case SMK_NODE_EXISTS:
			return judge_exists(evaluation, node);
		case SMK_NODE_STARTS_WITH:
			return judge_pairs(evaluation, node, pair_starts_with,
							   node->right, false);
		case SMK_NODE_LIKE_REGEX:
			return judge_pairs(evaluation, node, pair_like_regex, NULL, false);
		default:
			elog(ERROR, "condition's node is no predicate: %d",
				 (int) node->kind);
			return SMK_UNKNOWN;
	}
}

static inline bool
is_predicate(const SmkNode *node)
{
	return node->kind <= SMK_NODE_LIKE_REGEX;
}

/*
 * A condition that is no predicate holds if it yields one item and that is
 * true, even if it failed afterwards: so jsonb_path_match().
 */
bool
smk_condition_holds(const SmkCondition *condition, const Datum *values,
					const bool *nulls)
{
	Evaluation	evaluation;
	Items		items;

	evaluation.condition = condition;
	evaluation.values = values;
	evaluation.nulls = nulls;
	evaluation.lax = condition->lax;
	evaluation.slots = NULL;
	evaluation.current = NULL;
	evaluation.innermost_size = -1;
	if (is_predicate(condition->root) && !condition->root->next)
		return judge(&evaluation, condition->root) == SMK_TRUE;
	items_init(&items);
	(void) walk(&evaluation, condition->root, NULL, &items, evaluation.lax);
	return items.count == 1 && items_at(&items, 0)->type == jbvBool &&
		items_at(&items, 0)->val.boolean;
}

/* ---------- for people ---------- */

static void
append_item(StringInfo out, const JsonbValue *item)
{
	StringInfoData text;
	char	   *string;
	int			length;

	initStringInfo(&text);
	if (item->type == jbvNull)
		appendStringInfoString(&text, "null");
	else if (item->type == jbvBool)
		appendStringInfoString(&text, item->val.boolean ? "true" : "false");
	else if (item->type == jbvNumeric)
		appendStringInfoString(&text,
							   DatumGetCString(DirectFunctionCall1(numeric_out,
																   NumericGetDatum(item->val.numeric))));
	else if (item->type == jbvBinary)
		JsonbToCString(&text, item->val.binary.data, item->val.binary.len);
	else
	{
		length = pg_mbcliplen(item->val.string.val, item->val.string.len,
							  VALUE_SHOWN + MAX_MULTIBYTE_CHAR_LEN);
		string = pnstrdup(item->val.string.val, length);
		escape_json(&text, string);
	}
	length = pg_mbcliplen(text.data, text.len, VALUE_SHOWN);
	appendBinaryStringInfo(out, text.data, length);
	if (length < text.len)
		appendStringInfoString(out, "...");
}

char *
smk_condition_values(const SmkCondition *condition, const Datum *values,
					 const bool *nulls)
{
	StringInfoData out;
	int			attno = -1;

	initStringInfo(&out);
	while ((attno = bms_next_member(condition->attnos, attno)) >= 0)
	{
		char		buffer[SMK_RENDER_BUFFER];
		JsonbValue	item;
		int			i = 0;

		while (condition->columns[i]->attno != attno)
			i++;
		item.type = jbvNull;
		if (!nulls[attno - 1])
			smk_value_render(&condition->columns[i]->type, values[attno - 1],
							 &item, buffer);
		if (out.len > 0)
			appendStringInfoString(&out, ", ");
		appendStringInfo(&out, "%s is ", condition->columns[i]->name);
		append_item(&out, &item);
	}
	return out.data;
}
