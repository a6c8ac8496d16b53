/*
 * names.c
 *		The distinct texts of a group, numbered in the order of their arrival.
 *
 * A group has few channels as a rule: a list, searched from the end, does.  A
 * hash table is added when there are many, so that a group with a million
 * different ones stays linear.
 */
#include "funnel/names.h"

#include "common/hashfn.h"
#include "funnel/aggregate.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define LIST_LIMIT		16		/* names that are searched without a table */
#define EMPTY_SLOT		PG_UINT32_MAX
#define FIRST_BYTES		48

bool
smk_names_equal(const SmkNames *names, uint32 name, const char *text,
				Size length)
{
	const SmkName *n = &names->names[name];

	return n->length == length &&
		memcmp(names->bytes + n->offset, text, length) == 0;
}

static uint32
hash_of(const char *text, Size length)
{
	return hash_bytes((const unsigned char *) text, (int) length);
}

static void
put_in_table(SmkNames *names, uint32 name)
{
	uint32		mask = names->nslots - 1;
	uint32		slot = names->names[name].hash & mask;

	while (names->slots[slot] != EMPTY_SLOT)
		slot = (slot + 1) & mask;
	names->slots[slot] = name;
}

/* Keeps the table at most half full. */
static void
grow_table(SmkNames *names, MemoryContext context)
{
	uint64		nslots = names->nslots ? (uint64) names->nslots * 2 : 64;

	while (nslots < (uint64) names->count * 2)
		nslots *= 2;
	if (names->slots)
		pfree(names->slots);
	names->slots = MemoryContextAllocHuge(context,
										  smk_array_size(nslots, sizeof(uint32)));
	memset(names->slots, 0xff, nslots * sizeof(uint32));
	names->nslots = (uint32) nslots;
	for (uint32 i = 0; i < names->count; i++)
	{
		SmkName    *n = &names->names[i];

		n->hash = hash_of(names->bytes + n->offset, n->length);
		put_in_table(names, i);
	}
}

static uint32
find_in_list(const SmkNames *names, const char *text, Size length)
{
	for (uint32 i = names->count; i > 0; i--)
		if (smk_names_equal(names, i - 1, text, length))
			return i - 1;
	return EMPTY_SLOT;
}

static uint32
find_in_table(const SmkNames *names, uint32 hash, const char *text,
			  Size length)
{
	uint32		mask = names->nslots - 1;

	for (uint32 slot = hash & mask; names->slots[slot] != EMPTY_SLOT;
		 slot = (slot + 1) & mask)
	{
		uint32		name = names->slots[slot];

		if (names->names[name].hash == hash &&
			smk_names_equal(names, name, text, length))
			return name;
	}
	return EMPTY_SLOT;
}

static void
copy_bytes(SmkNames *names, MemoryContext context, const char *text,
		   Size length)
{
	/* also for an empty first name: bytes is never null where names are */
	if (names->bytes == NULL || names->size - names->used < length)
	{
		Size		size = Max(names->size * 2, FIRST_BYTES);

		if (length > MaxAllocHugeSize / 4 - names->used)
			smk_array_size(PG_UINT64_MAX, 1);
		while (size - names->used < length)
			size *= 2;
		if (names->bytes)
			names->bytes = repalloc_huge(names->bytes, size);
		else
			names->bytes = MemoryContextAllocHuge(context, size);
		names->size = size;
	}
	memcpy(names->bytes + names->used, text, length);
	names->used += length;
}

uint32
smk_names_add(SmkNames *names, MemoryContext context, const char *text,
			  Size length)
{
	uint32		hash = names->nslots ? hash_of(text, length) : 0;
	uint32		name = names->nslots ? find_in_table(names, hash, text, length)
		: find_in_list(names, text, length);

	if (name != EMPTY_SLOT)
		return name;
	names->names = smk_grow(context, names->names, &names->room,
							(uint64) names->count + 1, sizeof(SmkName));
	names->names[names->count].offset = names->used;
	names->names[names->count].length = (uint32) length;
	names->names[names->count].hash = hash;
	copy_bytes(names, context, text, length);
	name = names->count++;
	if (names->count > LIST_LIMIT && names->count > names->nslots / 2)
		grow_table(names, context);
	else if (names->nslots)
		put_in_table(names, name);
	return name;
}

int
smk_names_compare(const SmkNames *names, uint32 a, uint32 b)
{
	const SmkName *x = &names->names[a];
	const SmkName *y = &names->names[b];
	int			order;

	if (a == b)
		return 0;
	order = memcmp(names->bytes + x->offset, names->bytes + y->offset,
				   Min(x->length, y->length));
	if (order != 0)
		return order;
	return (x->length > y->length) - (x->length < y->length);
}

text *
smk_names_text(const SmkNames *names, uint32 name)
{
	const SmkName *n = &names->names[name];

	return cstring_to_text_with_len(names->bytes + n->offset, (int) n->length);
}

uint64
smk_names_sent_size(const SmkNames *names)
{
	return 4 + (uint64) names->count * 4 + names->used;
}

void
smk_names_send(StringInfo buf, const SmkNames *names)
{
	pq_sendint32(buf, names->count);
	for (uint32 i = 0; i < names->count; i++)
	{
		pq_sendint32(buf, names->names[i].length);
		pq_sendbytes(buf, names->bytes + names->names[i].offset,
					 (int) names->names[i].length);
	}
}

void
smk_names_receive(StringInfo buf, SmkNames *names, MemoryContext context)
{
	uint32		count = smk_read_count(buf, 4);

	for (uint32 i = 0; i < count; i++)
	{
		uint32		length = smk_read_count(buf, 1);
		const char *text = pq_getmsgbytes(buf, (int) length);

		/* numbers are positions, so every name must be a new one */
		if (smk_names_add(names, context, text, length) != i)
			smk_bad_state();
	}
}
