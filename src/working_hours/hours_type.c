/*
 * hours_type.c
 *		The type working_hours: input and output, comparison, and the cache of
 *		compiled calendars.
 *
 * A value is a 64-bit digest, for the cache and for hashing, and the bytes of
 * hours_value.c.  As these are canonical, equal hours are equal bytes.
 */
#include "working_hours.h"

#include "hours_calendar.h"

#include "common/hashfn.h"
#include "lib/ilist.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define DIGEST_SIZE ((int) sizeof(uint64))
#define WIRE_VERSION 1

/* The cache holds no more than this, whatever the number of calendars. */
#define CACHE_ENTRIES 1024
#define CACHE_BYTES (32 * 1024 * 1024)

/* A value, unpacked but not copied. */
typedef struct Value
{
	const char *data;			/* digest and bytes */
	int			length;
} Value;

typedef struct CacheEntry
{
	uint64		digest;			/* hash key */
	dlist_node	used;			/* most recently used first */
	SmkCalendar *calendar;
	char	   *data;			/* the whole value, against collisions */
	int			length;
	Size		size;
} CacheEntry;

static HTAB *cache = NULL;
static dlist_head cache_used = DLIST_STATIC_INIT(cache_used);
static Size cache_size = 0;
static CacheEntry *cache_last = NULL;

PG_FUNCTION_INFO_V1(smk_working_hours_in);
PG_FUNCTION_INFO_V1(smk_working_hours_out);
PG_FUNCTION_INFO_V1(smk_working_hours_recv);
PG_FUNCTION_INFO_V1(smk_working_hours_send);
PG_FUNCTION_INFO_V1(smk_working_hours_eq);
PG_FUNCTION_INFO_V1(smk_working_hours_ne);
PG_FUNCTION_INFO_V1(smk_working_hours_lt);
PG_FUNCTION_INFO_V1(smk_working_hours_le);
PG_FUNCTION_INFO_V1(smk_working_hours_gt);
PG_FUNCTION_INFO_V1(smk_working_hours_ge);
PG_FUNCTION_INFO_V1(smk_working_hours_cmp);
PG_FUNCTION_INFO_V1(smk_working_hours_hash);
PG_FUNCTION_INFO_V1(smk_working_hours_hash_extended);

void
smk_working_hours_init(void)
{
	smk_calendar_init();
}

static inline Value
unpack(const struct varlena *packed)
{
	Value		value;

	value.data = VARDATA_ANY(packed);
	value.length = VARSIZE_ANY_EXHDR(packed);
	return value;
}

static Value
get_value(Datum datum)
{
	return unpack(PG_DETOAST_DATUM_PACKED(datum));
}

static inline uint64
get_digest(Value value)
{
	uint64		digest;

	memcpy(&digest, value.data, DIGEST_SIZE);
	return digest;
}

Datum
smk_working_hours_parse(const char *text, SmkHoursProblem *problem)
{
	SmkHoursRules *rules = smk_hours_parse(text, problem);
	StringInfoData data;
	struct varlena *value;
	uint64		digest = 0;

	if (rules != NULL)
		rules = smk_hours_canonical(rules, problem);
	if (rules == NULL)
		return (Datum) 0;
	initStringInfo(&data);
	appendBinaryStringInfo(&data, (char *) &digest, DIGEST_SIZE);
	smk_hours_encode(rules, &data);
	digest = hash_bytes_extended((unsigned char *) data.data + DIGEST_SIZE,
								 data.len - DIGEST_SIZE, 0);
	memcpy(data.data, &digest, DIGEST_SIZE);
	value = palloc(VARHDRSZ + data.len);
	SET_VARSIZE(value, VARHDRSZ + data.len);
	memcpy(VARDATA(value), data.data, data.len);
	return PointerGetDatum(value);
}

static SmkHoursRules *
get_rules(Value value)
{
	if (value.length < DIGEST_SIZE)
		elog(ERROR, "working_hours value is damaged");
	return smk_hours_decode(value.data + DIGEST_SIZE,
							value.length - DIGEST_SIZE);
}

Datum
smk_working_hours_in(PG_FUNCTION_ARGS)
{
	SmkHoursProblem problem;
	Datum		value = smk_working_hours_parse(PG_GETARG_CSTRING(0), &problem);

	if (value == (Datum) 0)
		smk_ereturn(fcinfo, (Datum) 0,
					(errcode(problem.sqlstate),
					 errmsg("%s", problem.message),
					 problem.detail ? errdetail("%s", problem.detail) : 0,
					 problem.hint ? errhint("%s", problem.hint) : 0));
	PG_RETURN_DATUM(value);
}

Datum
smk_working_hours_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(smk_hours_text(get_rules(get_value(PG_GETARG_DATUM(0)))));
}

/* The wire carries a version and the text: a peer's bytes are never trusted. */
Datum
smk_working_hours_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(message);
	SmkHoursProblem problem;
	Datum		value;
	char	   *text;
	int			length;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported working_hours version number %d", version)));
	text = pq_getmsgtext(message, message->len - message->cursor, &length);
	if ((int) strlen(text) != length)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid working_hours in binary form")));
	value = smk_working_hours_parse(text, &problem);
	if (value == (Datum) 0)
		ereport(ERROR,
				(errcode(problem.sqlstate),
				 errmsg("%s", problem.message),
				 problem.detail ? errdetail("%s", problem.detail) : 0,
				 problem.hint ? errhint("%s", problem.hint) : 0));
	PG_RETURN_DATUM(value);
}

Datum
smk_working_hours_send(PG_FUNCTION_ARGS)
{
	char	   *text = smk_hours_text(get_rules(get_value(PG_GETARG_DATUM(0))));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, WIRE_VERSION);
	pq_sendtext(&message, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* ---- comparison ---- */

/* By the bytes behind the digest: zone first, then the rules in order. */
static int
compare_values(FunctionCallInfo fcinfo)
{
	Value		a = get_value(PG_GETARG_DATUM(0));
	Value		b = get_value(PG_GETARG_DATUM(1));
	int			order = memcmp(a.data + DIGEST_SIZE, b.data + DIGEST_SIZE,
							   Min(a.length, b.length) - DIGEST_SIZE);

	if (order != 0)
		return order < 0 ? -1 : 1;
	return (a.length > b.length) - (a.length < b.length);
}

static bool
equal_values(FunctionCallInfo fcinfo)
{
	Value		a = get_value(PG_GETARG_DATUM(0));
	Value		b = get_value(PG_GETARG_DATUM(1));

	return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

Datum
smk_working_hours_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(equal_values(fcinfo));
}

Datum
smk_working_hours_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!equal_values(fcinfo));
}

Datum
smk_working_hours_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_values(fcinfo) < 0);
}

Datum
smk_working_hours_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_values(fcinfo) <= 0);
}

Datum
smk_working_hours_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_values(fcinfo) > 0);
}

Datum
smk_working_hours_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_values(fcinfo) >= 0);
}

Datum
smk_working_hours_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_values(fcinfo));
}

Datum
smk_working_hours_hash(PG_FUNCTION_ARGS)
{
	uint64		digest = get_digest(get_value(PG_GETARG_DATUM(0)));

	PG_RETURN_INT32((int32) (digest ^ digest >> 32));
}

/* With seed 0 the low half must be that of the plain hash. */
Datum
smk_working_hours_hash_extended(PG_FUNCTION_ARGS)
{
	uint64		digest = get_digest(get_value(PG_GETARG_DATUM(0)));
	uint64		seed = PG_GETARG_INT64(1);

	if (seed == 0)
		PG_RETURN_INT64((int64) ((digest & ~UINT64CONST(0xffffffff)) |
								 (uint32) (digest ^ digest >> 32)));
	PG_RETURN_INT64((int64) hash_bytes_extended((unsigned char *) &digest,
												DIGEST_SIZE, seed));
}

/* ---- the cache of compiled calendars ---- */

static void
make_cache(void)
{
	HASHCTL		control;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(CacheEntry);
	control.hcxt = TopMemoryContext;
	cache = hash_create("smarketing calendars", 64, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
forget(CacheEntry *entry)
{
	if (entry == cache_last)
		cache_last = NULL;
	dlist_delete(&entry->used);
	cache_size -= entry->size;
	MemoryContextDelete(entry->calendar->context);
	hash_search(cache, &entry->digest, HASH_REMOVE, NULL);
}

static bool
same_value(const CacheEntry *entry, Value value)
{
	return entry->length == value.length &&
		memcmp(entry->data, value.data, value.length) == 0;
}

static void
measure(CacheEntry *entry)
{
	cache_size -= entry->size;
	entry->size = MemoryContextMemAllocated(entry->calendar->context, true);
	cache_size += entry->size;
}

/*
 * Compiles in the current context first, so that an error half-way leaves the
 * cache as it was.
 */
static CacheEntry *
remember(Value value)
{
	uint64		digest = get_digest(value);
	CacheEntry *entry = hash_search(cache, &digest, HASH_FIND, NULL);
	SmkCalendar *calendar;
	char	   *data;

	calendar = smk_calendar_compile(get_rules(value), CurrentMemoryContext);
	data = MemoryContextAlloc(calendar->context, value.length);
	memcpy(data, value.data, value.length);
	if (entry != NULL)			/* another value with this digest */
		forget(entry);
	while (!dlist_is_empty(&cache_used) &&
		   (hash_get_num_entries(cache) >= CACHE_ENTRIES ||
			cache_size > CACHE_BYTES))
		forget(dlist_tail_element(CacheEntry, used, &cache_used));
	entry = hash_search(cache, &digest, HASH_ENTER, NULL);
	entry->calendar = calendar;
	entry->data = data;
	entry->length = value.length;
	entry->size = 0;
	MemoryContextSetParent(calendar->context, TopMemoryContext);
	dlist_push_head(&cache_used, &entry->used);
	measure(entry);
	return entry;
}

/* Scratch memory for compiling, thrown away at once. */
static CacheEntry *
find_or_compile(Value value, CacheEntry *entry, bool days)
{
	MemoryContext scratch;
	MemoryContext old;

	if (entry != NULL && (!days || entry->calendar->days != NULL))
		return entry;
	scratch = AllocSetContextCreate(CurrentMemoryContext,
									"smarketing calendar compilation",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	if (entry == NULL)
		entry = remember(value);
	if (days && entry->calendar->days == NULL)
	{
		smk_calendar_add_days(entry->calendar, get_rules(value));
		measure(entry);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	return entry;
}

const SmkCalendar *
smk_working_hours_calendar(Datum hours, bool days)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(hours);
	Value		value = unpack(packed);
	CacheEntry *entry = cache_last;

	if (entry == NULL || !same_value(entry, value))
	{
		uint64		digest = get_digest(value);

		if (cache == NULL)
			make_cache();
		entry = hash_search(cache, &digest, HASH_FIND, NULL);
		if (entry != NULL && !same_value(entry, value))
			entry = NULL;
		if (entry != NULL)
			dlist_move_head(&cache_used, &entry->used);
	}
	if (entry == NULL || (days && entry->calendar->days == NULL))
		entry = find_or_compile(value, entry, days);
	cache_last = entry;
	if ((Pointer) packed != DatumGetPointer(hours))
		pfree(packed);
	return entry->calendar;
}
