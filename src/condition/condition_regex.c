/*
 * condition_regex.c
 *		like_regex: compiled once with the condition, freed with its memory.
 *
 * PostgreSQL's cache of regular expressions holds 32 and is searched
 * linearly; a workspace has more, and each is used for each row.
 */
#include "condition/condition_tree.h"

#include "catalog/pg_collation.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#define REGEX_STACK_LENGTH	256

static void
regex_free(void *regex)
{
	pg_regfree((regex_t *) regex);
}

/*
 * Compile with the semantics of jsonpath: default collation, no submatches.
 * NULL and a message if it is no regular expression.  The expression's own
 * memory is malloc'ed before PostgreSQL 16, hence the callback.
 */
regex_t *
smk_regex_compile(const char *pattern, int length, int cflags, char **error)
{
	regex_t    *regex = palloc0(sizeof(regex_t));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));
	pg_wchar   *wide = palloc((length + 1) * sizeof(pg_wchar));
	int			wide_length;
	int			code;

	callback->func = regex_free;
	callback->arg = regex;
	wide_length = pg_mb2wchar_with_len(pattern, wide, length);
	if (wide_length > SMK_REGEX_MAX_LENGTH)
	{
		*error = NULL;
		return NULL;
	}
	code = pg_regcomp(regex, wide, wide_length, cflags | REG_NOSUB,
					  DEFAULT_COLLATION_OID);
	if (code != REG_OKAY)
	{
		char		text[100];

		CHECK_FOR_INTERRUPTS();
		pg_regerror(code, regex, text, sizeof(text));
		*error = pstrdup(text);
		return NULL;
	}
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	pfree(wide);
	return regex;
}

/*
 * Does it match?  A failure for want of memory or because the expression is
 * too complex for this text is no match: a condition raises no error.
 */
bool
smk_regex_matches(regex_t *regex, const char *text, int length)
{
	pg_wchar	stack[REGEX_STACK_LENGTH + 1];
	pg_wchar   *wide = stack;
	int			wide_length;
	int			code;

	if (length > REGEX_STACK_LENGTH)
		wide = palloc_extended(((Size) length + 1) * sizeof(pg_wchar),
							   MCXT_ALLOC_HUGE);
	wide_length = pg_mb2wchar_with_len(text, wide, length);
	code = pg_regexec(regex, wide, wide_length, 0, NULL, 0, NULL, 0);
	if (wide != stack)
		pfree(wide);
	if (code == REG_OKAY)
		return true;
	/* a cancelled query ends here */
	CHECK_FOR_INTERRUPTS();
	return false;
}
