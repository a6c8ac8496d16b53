/*
 * condition_value.c
 *		Columns' values as JSON items, and their comparison without items.
 *
 * The rules are those of to_jsonb(), with the settings pinned: timezone UTC,
 * extra_float_digits 1, IntervalStyle postgres, DateStyle ISO, bytea_output
 * hex.  A type whose text depends on anything else cannot be lowered.
 */
#include "condition/condition_compat.h"
#include "condition/condition_tree.h"

#include <limits.h>
#include <math.h>

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/tupmacs.h"
#include "catalog/namespace.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* A numeric with a short header, unpacked without palloc. */
typedef union NumericBuffer
{
	int32		align;
	char		data[VARHDRSZ + VARATT_SHORT_MAX];
} NumericBuffer;

/* ---------- which types ---------- */

/* Built-in types whose output functions read no setting. */
static bool
output_is_fixed(Oid typid)
{
	switch (typid)
	{
		case CHAROID:
		case OIDOID:
		case XIDOID:
		case XID8OID:
		case CIDOID:
		case TIDOID:
		case PG_LSNOID:
		case INETOID:
		case CIDROID:
		case MACADDROID:
		case MACADDR8OID:
		case BITOID:
		case VARBITOID:
		case TSVECTOROID:
		case TSQUERYOID:
		case JSONPATHOID:
		case INT4RANGEOID:
		case INT8RANGEOID:
		case NUMRANGEOID:
		case INT4MULTIRANGEOID:
		case INT8MULTIRANGEOID:
		case NUMMULTIRANGEOID:
			return true;
		default:
			return false;
	}
}

static bool
builtin_kind(Oid typid, SmkValueKind *kind)
{
	static const struct
	{
		Oid			typid;
		SmkValueKind kind;
	}			kinds[] = {
		{BOOLOID, SMK_VALUE_BOOL},
		{INT2OID, SMK_VALUE_INT2},
		{INT4OID, SMK_VALUE_INT4},
		{INT8OID, SMK_VALUE_INT8},
		{FLOAT4OID, SMK_VALUE_FLOAT4},
		{FLOAT8OID, SMK_VALUE_FLOAT8},
		{NUMERICOID, SMK_VALUE_NUMERIC},
		{TEXTOID, SMK_VALUE_TEXT},
		{VARCHAROID, SMK_VALUE_TEXT},
		{BPCHAROID, SMK_VALUE_TEXT},
		{NAMEOID, SMK_VALUE_NAME},
		{UUIDOID, SMK_VALUE_UUID},
		{DATEOID, SMK_VALUE_DATETIME},
		{TIMESTAMPOID, SMK_VALUE_DATETIME},
		{TIMESTAMPTZOID, SMK_VALUE_DATETIME},
		{TIMEOID, SMK_VALUE_DATETIME},
		{TIMETZOID, SMK_VALUE_TIMETZ},
		{INTERVALOID, SMK_VALUE_INTERVAL},
		{BYTEAOID, SMK_VALUE_BYTEA},
		{JSONBOID, SMK_VALUE_JSONB},
	};

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (kinds[i].typid == typid)
		{
			*kind = kinds[i].kind;
			return true;
		}
	}
	return false;
}

/* A cast to json decides what to_jsonb() gives for a user's type or enum. */
static bool
has_json_cast(Oid typid)
{
	Oid			cast;

	return typid >= FirstNormalObjectId &&
		find_coercion_pathway(JSONOID, typid, COERCION_EXPLICIT, &cast) ==
		COERCION_PATH_FUNC;
}

/*
 * Of built-in types a few are known; of extensions' and users' types an output
 * function declared immutable is taken at its word.
 */
static bool
output_type(SmkValueType *type, const char **why)
{
	Oid			output;
	bool		varlena;

	if (get_typtype(type->typid) == TYPTYPE_PSEUDO)
	{
		*why = "It has no type of its own.";
		return false;
	}
	getTypeOutputInfo(type->typid, &output, &varlena);
	if (type->typid < FirstNormalObjectId ?
		!output_is_fixed(type->typid) && output != F_TEXTOUT :
		func_volatile(output) != PROVOLATILE_IMMUTABLE)
	{
		*why = "Its text depends on the session's settings.";
		return false;
	}
	if (output == F_TEXTOUT && type->typlen == -1)
	{
		type->kind = SMK_VALUE_TEXT;
		return true;
	}
	type->kind = SMK_VALUE_OUTPUT;
	type->output = palloc(sizeof(FmgrInfo));
	fmgr_info(output, type->output);
	return true;
}

/*
 * Find how values of typid are read.  False, and why as a sentence, if it
 * cannot be done without the session's settings.
 */
bool
smk_value_type(Oid typid, SmkValueType *type, const char **why)
{
	Oid			element;

	memset(type, 0, sizeof(*type));
	type->typid = getBaseType(typid);
	get_typlenbyvalalign(type->typid, &type->typlen, &type->typbyval,
						 &type->typalign);
	if (builtin_kind(type->typid, &type->kind))
		return true;
	if (type->typid == JSONOID)
	{
		*why = "A json is parsed again for each use, and may turn out not to be convertible.";
		return false;
	}
	element = get_element_type(type->typid);
	if (OidIsValid(element))
	{
		type->kind = SMK_VALUE_ARRAY;
		type->element = palloc(sizeof(SmkValueType));
		return smk_value_type(element, type->element, why);
	}
	if (type_is_rowtype(type->typid))
	{
		*why = "It is composite, and its type may change.";
		return false;
	}
	if (has_json_cast(type->typid))
	{
		*why = "Its JSON is made by a cast to json.";
		return false;
	}
	if (type_is_enum(type->typid))
	{
		type->kind = SMK_VALUE_ENUM;
		return true;
	}
	return output_type(type, why);
}

/* ---------- values as items ---------- */

static inline void
item_string(JsonbValue *item, const char *text, int length)
{
	item->type = jbvString;
	item->val.string.val = unconstify(char *, text);
	item->val.string.len = length;
}

static inline void
item_numeric(JsonbValue *item, Numeric value)
{
	item->type = jbvNumeric;
	item->val.numeric = value;
}

static void
render_float(bool single, double value, JsonbValue *item, char *buffer)
{
	int			length;

	if (isnan(value))
		item_string(item, "NaN", 3);
	else if (isinf(value))
		item_string(item, value > 0 ? "Infinity" : "-Infinity",
					value > 0 ? 8 : 9);
	else
	{
		length = single ?
			float_to_shortest_decimal_bufn((float) value, buffer) :
			double_to_shortest_decimal_bufn(value, buffer);
		buffer[length] = '\0';
		item_numeric(item,
					 DatumGetNumeric(DirectFunctionCall3(numeric_in,
														 CStringGetDatum(buffer),
														 ObjectIdGetDatum(InvalidOid),
														 Int32GetDatum(-1))));
	}
}

static void
render_numeric(Numeric value, JsonbValue *item)
{
	if (numeric_is_nan(value))
		item_string(item, "NaN", 3);
	else if (numeric_is_inf(value))
	{
		bool		positive;

		positive = DatumGetBool(DirectFunctionCall2(numeric_gt,
													NumericGetDatum(value),
													NumericGetDatum(int64_to_numeric(0))));
		item_string(item, positive ? "Infinity" : "-Infinity",
					positive ? 8 : 9);
	}
	else
		item_numeric(item, value);
}

static void
render_enum(Oid label, JsonbValue *item, char *buffer)
{
	HeapTuple	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(label));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "invalid internal value for enum: %u", label);
	strlcpy(buffer, NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel),
			NAMEDATALEN);
	ReleaseSysCache(tuple);
	item_string(item, buffer, strlen(buffer));
}

static void
render_uuid(const pg_uuid_t *uuid, JsonbValue *item, char *buffer)
{
	static const char digits[] = "0123456789abcdef";
	char	   *p = buffer;

	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[uuid->data[i] >> 4];
		*p++ = digits[uuid->data[i] & 0x0F];
	}
	item_string(item, buffer, p - buffer);
}

static void
render_timetz(TimeTzADT *value, JsonbValue *item, char *buffer)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;

	timetz2tm(value, &tm, &fsec, &tz);
	EncodeTimeOnly(&tm, fsec, true, tz, USE_ISO_DATES, buffer);
	item_string(item, buffer, strlen(buffer));
}

static void
render_interval(Interval *value, JsonbValue *item, char *buffer)
{
	struct pg_itm itm;
	const char *special = smk_interval_special(value);

	if (special)
		strlcpy(buffer, special, SMK_RENDER_BUFFER);
	else
	{
		interval2itm(*value, &itm);
		EncodeInterval(&itm, INTSTYLE_POSTGRES, buffer);
	}
	item_string(item, buffer, strlen(buffer));
}

static void
render_bytea(struct varlena *value, JsonbValue *item)
{
	Size		length = VARSIZE_ANY_EXHDR(value);
	char	   *text = palloc_extended(length * 2 + 2, MCXT_ALLOC_HUGE);

	text[0] = '\\';
	text[1] = 'x';
	hex_encode(VARDATA_ANY(value), length, text + 2);
	item_string(item, text, length * 2 + 2);
}

/* A scalar stands for itself, as to_jsonb() embeds it. */
static void
render_jsonb(Jsonb *jsonb, JsonbValue *item)
{
	if (JB_ROOT_IS_SCALAR(jsonb))
	{
		JsonbExtractScalar(&jsonb->root, item);
		return;
	}
	item->type = jbvBinary;
	item->val.binary.data = &jsonb->root;
	item->val.binary.len = VARSIZE_ANY_EXHDR(jsonb);
}

/* One dimension of an array, and those within it; index walks the elements. */
static void
push_dimension(SmkJsonbState *state, const SmkValueType *element, int ndim,
			   const int *dims, const Datum *values, const bool *nulls,
			   int *index)
{
	char		buffer[SMK_RENDER_BUFFER];
	JsonbValue	item;

	smk_jsonb_push(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < dims[0]; i++)
	{
		if (ndim > 1)
		{
			push_dimension(state, element, ndim - 1, dims + 1, values, nulls,
						   index);
			continue;
		}
		if (nulls[*index])
			item.type = jbvNull;
		else
			smk_value_render(element, values[*index], &item, buffer);
		if (item.type == jbvString && item.val.string.val == buffer)
			item.val.string.val = pnstrdup(buffer, item.val.string.len);
		smk_jsonb_push(state, WJB_ELEM, &item);
		(*index)++;
	}
	smk_jsonb_push(state, WJB_END_ARRAY, NULL);
}

static void
render_array(const SmkValueType *type, ArrayType *array, JsonbValue *item)
{
	const SmkValueType *element = type->element;
	SmkJsonbState state = {0};
	Datum	   *values;
	bool	   *nulls;
	int			count;
	int			index = 0;
	static const int empty = 0;

	deconstruct_array(array, ARR_ELEMTYPE(array), element->typlen,
					  element->typbyval, element->typalign,
					  &values, &nulls, &count);
	push_dimension(&state, element, count ? ARR_NDIM(array) : 1,
				   count ? ARR_DIMS(array) : &empty, values, nulls, &index);
	render_jsonb(JsonbValueToJsonb(state.result), item);
}

static void
render_datetime(const SmkValueType *type, Datum value, JsonbValue *item,
				char *buffer)
{
	int			utc = 0;

	JsonEncodeDateTime(buffer, value, type->typid,
					   type->typid == TIMESTAMPTZOID ? &utc : NULL);
	item_string(item, buffer, strlen(buffer));
}

static void
render_text(struct varlena *value, JsonbValue *item)
{
	struct varlena *text = pg_detoast_datum_packed(value);

	item_string(item, VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text));
}

static void
render_output(const SmkValueType *type, Datum value, JsonbValue *item)
{
	char	   *text = OutputFunctionCall(type->output, value);

	item_string(item, text, strlen(text));
}

/* The kinds whose values are numbers, or strings such as NaN. */
static bool
render_number(const SmkValueType *type, Datum value, JsonbValue *item,
			  char *buffer)
{
	switch (type->kind)
	{
		case SMK_VALUE_INT2:
			item_numeric(item, int64_to_numeric(DatumGetInt16(value)));
			return true;
		case SMK_VALUE_INT4:
			item_numeric(item, int64_to_numeric(DatumGetInt32(value)));
			return true;
		case SMK_VALUE_INT8:
			item_numeric(item, int64_to_numeric(DatumGetInt64(value)));
			return true;
		case SMK_VALUE_FLOAT4:
			render_float(true, DatumGetFloat4(value), item, buffer);
			return true;
		case SMK_VALUE_FLOAT8:
			render_float(false, DatumGetFloat8(value), item, buffer);
			return true;
		case SMK_VALUE_NUMERIC:
			render_numeric(DatumGetNumeric(value), item);
			return true;
		default:
			return false;
	}
}

/* The kinds whose values are strings. */
static bool
render_string(const SmkValueType *type, Datum value, JsonbValue *item,
			  char *buffer)
{
	switch (type->kind)
	{
		case SMK_VALUE_TEXT:
			render_text((struct varlena *) DatumGetPointer(value), item);
			return true;
		case SMK_VALUE_NAME:
			item_string(item, NameStr(*DatumGetName(value)),
						strlen(NameStr(*DatumGetName(value))));
			return true;
		case SMK_VALUE_ENUM:
			render_enum(DatumGetObjectId(value), item, buffer);
			return true;
		case SMK_VALUE_UUID:
			render_uuid(DatumGetUUIDP(value), item, buffer);
			return true;
		case SMK_VALUE_DATETIME:
			render_datetime(type, value, item, buffer);
			return true;
		case SMK_VALUE_TIMETZ:
			render_timetz(DatumGetTimeTzADTP(value), item, buffer);
			return true;
		case SMK_VALUE_INTERVAL:
			render_interval(DatumGetIntervalP(value), item, buffer);
			return true;
		case SMK_VALUE_BYTEA:
			render_bytea(PG_DETOAST_DATUM_PACKED(value), item);
			return true;
		case SMK_VALUE_OUTPUT:
			render_output(type, value, item);
			return true;
		default:
			return false;
	}
}

/*
 * A value that is not null as a JSON item.  The item may point into the
 * value, into buffer (SMK_RENDER_BUFFER bytes), or into the current context.
 */
void
smk_value_render(const SmkValueType *type, Datum value, JsonbValue *item,
				 char *buffer)
{
	if (render_number(type, value, item, buffer) ||
		render_string(type, value, item, buffer))
		return;
	if (type->kind == SMK_VALUE_BOOL)
	{
		item->type = jbvBool;
		item->val.boolean = DatumGetBool(value);
	}
	else if (type->kind == SMK_VALUE_JSONB)
		render_jsonb(DatumGetJsonbP(value), item);
	else
		render_array(type, DatumGetArrayTypeP(value), item);
}

/* ---------- comparison of items ---------- */

/* In UTF-8 for all encodings, so that order is that of code points. */
static char *
to_utf8(const char *text, int length, int *converted)
{
	Size		size = (Size) length * MAX_CONVERSION_GROWTH + 1;
	char	   *result = palloc_extended(size, MCXT_ALLOC_HUGE);
	Oid			conversion;

	conversion = FindDefaultConversionProc(GetDatabaseEncoding(), PG_UTF8);
	if (!OidIsValid(conversion))
		return NULL;
	pg_do_encoding_conversion_buf(conversion, GetDatabaseEncoding(), PG_UTF8,
								  (unsigned char *) unconstify(char *, text),
								  length, (unsigned char *) result,
								  (int) Min(size, INT_MAX), true);
	*converted = strlen(result);
	return result;
}

static inline int
bytes_compare(const char *a, int alen, const char *b, int blen)
{
	int			cmp = memcmp(a, b, Min(alen, blen));

	if (cmp != 0)
		return cmp;
	return alen < blen ? -1 : alen > blen ? 1 : 0;
}

/* Order of strings in jsonpath: by code points, no collation. */
int
smk_string_compare(const char *a, int alen, const char *b, int blen)
{
	int			cmp = bytes_compare(a, alen, b, blen);
	char	   *autf8;
	char	   *butf8;

	if (cmp == 0 || GetDatabaseEncoding() == PG_UTF8 ||
		GetDatabaseEncoding() == PG_SQL_ASCII)
		return cmp;
	autf8 = to_utf8(a, alen, &alen);
	butf8 = to_utf8(b, blen, &blen);
	if (!autf8 || !butf8)
		return cmp;
	return bytes_compare(autf8, alen, butf8, blen);
}

static inline SmkTruth
truth_of(SmkCompareOp op, int cmp)
{
	bool		result;

	switch (op)
	{
		case SMK_EQ:
			result = cmp == 0;
			break;
		case SMK_NE:
			result = cmp != 0;
			break;
		case SMK_LT:
			result = cmp < 0;
			break;
		case SMK_GT:
			result = cmp > 0;
			break;
		case SMK_LE:
			result = cmp <= 0;
			break;
		default:
			result = cmp >= 0;
			break;
	}
	return result ? SMK_TRUE : SMK_FALSE;
}

static inline int
numeric_compare(Numeric a, Numeric b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a),
											 NumericGetDatum(b)));
}

static SmkTruth
compare_strings(SmkCompareOp op, const JsonbValue *a, const JsonbValue *b)
{
	int			alen = a->val.string.len;
	int			blen = b->val.string.len;

	if (op == SMK_EQ || op == SMK_NE)
		return truth_of(op, alen != blen ||
						memcmp(a->val.string.val, b->val.string.val, alen));
	return truth_of(op, smk_string_compare(a->val.string.val, alen,
										   b->val.string.val, blen));
}

/*
 * null differs from all else and is neither less nor greater; other items of
 * unlike types, arrays and objects do not compare.
 */
SmkTruth
smk_compare_items(SmkCompareOp op, const JsonbValue *a, const JsonbValue *b)
{
	if (a->type != b->type)
	{
		if (a->type == jbvNull || b->type == jbvNull)
			return op == SMK_NE ? SMK_TRUE : SMK_FALSE;
		return SMK_UNKNOWN;
	}
	switch (a->type)
	{
		case jbvNull:
			return truth_of(op, 0);
		case jbvBool:
			return truth_of(op, (int) a->val.boolean - (int) b->val.boolean);
		case jbvNumeric:
			return truth_of(op, numeric_compare(a->val.numeric,
												b->val.numeric));
		case jbvString:
			return compare_strings(op, a, b);
		default:
			return SMK_UNKNOWN;
	}
}

/* ---------- comparison without items ---------- */

static Numeric
numeric_unpacked(Datum value, NumericBuffer *buffer)
{
	struct varlena *packed = (struct varlena *) DatumGetPointer(value);
	Size		length;

	/* the pointer to a value stored elsewhere has a short header, too */
	if (VARATT_IS_EXTERNAL(packed) || !VARATT_IS_SHORT(packed))
		return DatumGetNumeric(value);
	length = VARSIZE_SHORT(packed) - VARHDRSZ_SHORT;
	SET_VARSIZE(buffer->data, length + VARHDRSZ);
	memcpy(buffer->data + VARHDRSZ, VARDATA_SHORT(packed), length);
	return (Numeric) buffer->data;
}

/* Find the number's place among the int8: floor, and what lies beyond. */
static void
prepare_integer(SmkNative *native)
{
	Numeric		number = native->literal.val.numeric;
	Numeric		least = int64_to_numeric(PG_INT64_MIN);
	Numeric		most = int64_to_numeric(PG_INT64_MAX);
	Numeric		floor;

	if (numeric_compare(number, least) < 0)
		native->beyond = -1;
	else if (numeric_compare(number, most) > 0)
		native->beyond = 1;
	if (native->beyond != 0)
		return;
	floor = DatumGetNumeric(DirectFunctionCall1(numeric_floor,
												NumericGetDatum(number)));
	native->above_floor = numeric_compare(number, floor) > 0;
	native->floor = DatumGetInt64(DirectFunctionCall1(numeric_int8,
													  NumericGetDatum(floor)));
}

/*
 * A float is compared by its shortest text.  That text lies among the numbers
 * that are read as this float, and these lie in the order of the floats; so
 * it is enough to know the float that the literal is read as, and where that
 * one's own text lies.
 */
static void
prepare_float(SmkNative *native, bool single)
{
	char	   *text;
	char		buffer[SMK_RENDER_BUFFER];
	JsonbValue	item;

	text = DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(native->literal.val.numeric)));
	native->nearest = single ? (double) strtof(text, NULL) : strtod(text, NULL);
	if (isinf(native->nearest))
		return;
	render_float(single, native->nearest, &item, buffer);
	native->nearest_sign = numeric_compare(item.val.numeric,
										   native->literal.val.numeric);
}

static inline int64
datetime_number(Oid typid, Datum value)
{
	return typid == DATEOID ? DatumGetDateADT(value) : DatumGetInt64(value);
}

static int
compare_datetime(const SmkNative *native, const SmkValueType *type,
				 int64 number)
{
	char		buffer[SMK_RENDER_BUFFER];
	JsonbValue	item;
	Datum		value;

	value = type->typid == DATEOID ? DateADTGetDatum((DateADT) number) :
		Int64GetDatum(number);
	render_datetime(type, value, &item, buffer);
	return smk_string_compare(item.val.string.val, item.val.string.len,
							  native->literal.val.string.val,
							  native->literal.val.string.len);
}

/*
 * In the years 1 to 9999 the texts of dates and times sort as these do, so
 * the literal, whatever it is, has a place among them: the first date or time
 * whose text is not less.  Others are compared by their texts.
 */
static void
prepare_datetime(SmkNative *native, const SmkValueType *type)
{
	int64		first = date2j(1, 1, 1) - POSTGRES_EPOCH_JDATE;
	int64		after = date2j(10000, 1, 1) - POSTGRES_EPOCH_JDATE;
	int64		low;
	int64		high;

	if (type->typid == TIMEOID)
	{
		first = 0;
		after = 1;
	}
	if (type->typid != DATEOID)
	{
		first *= USECS_PER_DAY;
		after *= USECS_PER_DAY;
	}
	native->least = low = first;
	native->most = after - 1;
	high = after;
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (compare_datetime(native, type, middle) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	native->threshold = low;
	native->at_threshold = low < after &&
		compare_datetime(native, type, low) == 0;
	native->ordered = true;
}

static bool
is_native_kind(const SmkValueType *type, bool lax)
{
	if (type->kind == SMK_VALUE_ARRAY)
		return lax && type->element->kind != SMK_VALUE_ARRAY &&
			type->element->kind != SMK_VALUE_JSONB;
	return type->kind != SMK_VALUE_JSONB;
}

/*
 * Prepare `column op literal`, or return NULL if the column's values are not
 * all scalars.  In lax mode an array of scalars counts as its elements.
 */
SmkNative *
smk_native_compare(const SmkColumn *column, SmkCompareOp op,
				   const JsonbValue *literal, bool lax)
{
	const SmkValueType *type = &column->type;
	SmkNative  *native;
	JsonbValue	null;

	if (!is_native_kind(type, lax))
		return NULL;
	native = palloc0(sizeof(SmkNative));
	native->column = column;
	native->op = op;
	native->literal = *literal;
	null.type = jbvNull;
	native->if_null = smk_compare_items(op, &null, literal);
	native->if_other = literal->type != jbvNull ? SMK_UNKNOWN :
		smk_compare_items(op, literal, &(JsonbValue) {.type = jbvBool});
	if (type->kind == SMK_VALUE_ARRAY)
		type = type->element;
	if (literal->type == jbvString && type->kind == SMK_VALUE_DATETIME)
		prepare_datetime(native, type);
	if (literal->type != jbvNumeric)
		return native;
	if (type->kind == SMK_VALUE_FLOAT4 || type->kind == SMK_VALUE_FLOAT8)
		prepare_float(native, type->kind == SMK_VALUE_FLOAT4);
	else if (type->kind <= SMK_VALUE_INT8 && type->kind != SMK_VALUE_BOOL)
		prepare_integer(native);
	return native;
}

static inline SmkTruth
native_integer(const SmkNative *native, int64 value)
{
	int			cmp;

	if (native->literal.type != jbvNumeric)
		return native->if_other;
	if (native->beyond != 0)
		cmp = -native->beyond;
	else if (value > native->floor)
		cmp = 1;
	else
		cmp = value < native->floor || native->above_floor ? -1 : 0;
	return truth_of(native->op, cmp);
}

static SmkTruth
native_float(const SmkNative *native, double value)
{
	JsonbValue	item;
	int			cmp;

	if (isnan(value) || isinf(value))
	{
		render_float(false, value, &item, NULL);
		return smk_compare_items(native->op, &item, &native->literal);
	}
	if (native->literal.type != jbvNumeric)
		return native->if_other;
	if (value == native->nearest)
		cmp = native->nearest_sign;
	else
		cmp = value < native->nearest ? -1 : 1;
	return truth_of(native->op, cmp);
}

static SmkTruth
native_numeric(const SmkNative *native, Datum value)
{
	NumericBuffer buffer;
	JsonbValue	item;

	render_numeric(numeric_unpacked(value, &buffer), &item);
	return smk_compare_items(native->op, &item, &native->literal);
}

static SmkTruth
native_datetime(const SmkNative *native, const SmkValueType *type, Datum value)
{
	int64		number = datetime_number(type->typid, value);
	char		buffer[SMK_RENDER_BUFFER];
	JsonbValue	item;
	int			cmp;

	if (!native->ordered)
		return native->if_other;
	if (number < native->least || number > native->most)
	{
		render_datetime(type, value, &item, buffer);
		return compare_strings(native->op, &item, &native->literal);
	}
	if (number < native->threshold)
		cmp = -1;
	else
		cmp = number == native->threshold && native->at_threshold ? 0 : 1;
	return truth_of(native->op, cmp);
}

static SmkTruth
native_text(const SmkNative *native, Datum value)
{
	JsonbValue	item;

	if (native->literal.type != jbvString)
		return native->if_other;
	render_text((struct varlena *) DatumGetPointer(value), &item);
	return compare_strings(native->op, &item, &native->literal);
}

static SmkTruth
native_scalar(const SmkNative *native, const SmkValueType *type, Datum value)
{
	char		buffer[SMK_RENDER_BUFFER];
	JsonbValue	item;

	switch (type->kind)
	{
		case SMK_VALUE_TEXT:
			return native_text(native, value);
		case SMK_VALUE_INT2:
			return native_integer(native, DatumGetInt16(value));
		case SMK_VALUE_INT4:
			return native_integer(native, DatumGetInt32(value));
		case SMK_VALUE_INT8:
			return native_integer(native, DatumGetInt64(value));
		case SMK_VALUE_FLOAT4:
			return native_float(native, DatumGetFloat4(value));
		case SMK_VALUE_FLOAT8:
			return native_float(native, DatumGetFloat8(value));
		case SMK_VALUE_NUMERIC:
			return native_numeric(native, value);
		case SMK_VALUE_DATETIME:
			return native_datetime(native, type, value);
		default:
			smk_value_render(type, value, &item, buffer);
			return smk_compare_items(native->op, &item, &native->literal);
	}
}

/* True for any element, else unknown for any, else false. */
static SmkTruth
native_array(const SmkNative *native, const SmkValueType *type,
			 ArrayType *array)
{
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const uint8 *bitmap = ARR_NULLBITMAP(array);
	char	   *data = (char *) array;
	SmkTruth	result = SMK_FALSE;

	data += bitmap ? (Size) array->dataoffset :
		ARR_OVERHEAD_NONULLS(ARR_NDIM(array));
	for (int i = 0; i < count; i++)
	{
		SmkTruth	one = native->if_null;

		CHECK_FOR_INTERRUPTS();
		if (!bitmap || (bitmap[i / 8] & (1 << (i % 8))))
		{
			one = native_scalar(native, type, fetch_att(data, type->typbyval,
														type->typlen));
			data = att_addlength_pointer(data, type->typlen, data);
			data = (char *) att_align_nominal(data, type->typalign);
		}
		if (one == SMK_TRUE)
			return SMK_TRUE;
		if (one == SMK_UNKNOWN)
			result = SMK_UNKNOWN;
	}
	return result;
}

/*
 * Compare a value that is not null.  False if this value needs the long way:
 * an array of several dimensions.
 */
bool
smk_native_holds(const SmkNative *native, Datum value, SmkTruth *result)
{
	const SmkValueType *type = &native->column->type;
	ArrayType  *array;

	if (type->kind != SMK_VALUE_ARRAY)
	{
		*result = native_scalar(native, type, value);
		return true;
	}
	array = DatumGetArrayTypeP(value);
	if (ARR_NDIM(array) > 1)
		return false;
	*result = native_array(native, type->element, array);
	return true;
}
