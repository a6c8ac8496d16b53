/*
 * names.h
 *		The distinct texts of a group (channels, attributes), each kept once.
 */
#ifndef SMK_NAMES_H
#define SMK_NAMES_H

#include "smarketing.h"

#include "lib/stringinfo.h"

typedef struct SmkName
{
	Size		offset;			/* into bytes */
	uint32		length;
	uint32		hash;			/* 0 until there is a table */
} SmkName;

typedef struct SmkNames
{
	SmkName    *names;
	char	   *bytes;
	Size		used;			/* of bytes */
	Size		size;
	uint32	   *slots;			/* open addressing, once names are many */
	uint32		nslots;			/* a power of two, or 0 */
	uint32		count;
	uint32		room;
} SmkNames;

/* The number of a text, which stays the same; new ones go to the context. */
extern uint32 smk_names_add(SmkNames *names, MemoryContext context,
							const char *text, Size length);

/* The order of COLLATE "C". */
extern int	smk_names_compare(const SmkNames *names, uint32 a, uint32 b);

/* A copy as a text datum, in the current context. */
extern text *smk_names_text(const SmkNames *names, uint32 name);

extern bool smk_names_equal(const SmkNames *names, uint32 name,
							const char *text, Size length);

/* For serialize and deserialize. */
extern uint64 smk_names_sent_size(const SmkNames *names);
extern void smk_names_send(StringInfo buf, const SmkNames *names);
extern void smk_names_receive(StringInfo buf, SmkNames *names,
							  MemoryContext context);

#endif							/* SMK_NAMES_H */
