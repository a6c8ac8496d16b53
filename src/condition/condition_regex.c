/*
 * condition_regex.c
 *		like_regex: compiled once with the condition, freed with its memory.
 *
 * PostgreSQL's cache of regular expressions holds 32 and is searched
 * linearly; a workspace has more, and each is used for each row.  One that
 * only lists whole words, as ^(BR|PT)$, is compared with them: the engine
 * takes microseconds to start.
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

/* ---------- lists of words ---------- */

typedef struct Word
{
	const char *text;
	int			length;
} Word;

struct SmkWords
{
	bool		ignore_case;
	int			n;
	Word		words[FLEXIBLE_ARRAY_MEMBER];
};

/* Stands for itself, in any encoding and locale, and folds as ASCII does. */
static bool
is_plain(char c)
{
	return c >= ' ' && c <= '~' && strchr("\\^$.[](){}*+?|", c) == NULL;
}

/* The words between two characters, or -1 where one is empty or not plain. */
static int
split_words(const char *text, const char *end, Word *words)
{
	int			n = 0;

	words[0].text = text;
	for (; text <= end; text++)
	{
		if (text < end && is_plain(*text))
			continue;
		if ((text < end && *text != '|') || text == words[n].text)
			return -1;
		words[n].length = text - words[n].text;
		words[++n].text = text + 1;
	}
	return n;
}

/*
 * The words of a pattern ^word$ or ^(word|word)$, or NULL.  In the default
 * collation an ASCII letter of a pattern stands for its two ASCII cases only.
 */
SmkWords *
smk_regex_words(const char *pattern, int length, int cflags)
{
	bool		grouped = length > 4 && pattern[1] == '(' && pattern[length - 2] == ')';
	const char *copy = pnstrdup(pattern, length);
	int			margin = grouped ? 2 : 1;
	SmkWords   *words;

	if ((cflags & (REG_NLANCH | REG_EXPANDED | REG_QUOTE)) != 0 || length < 3 ||
		pattern[0] != '^' || pattern[length - 1] != '$')
		return NULL;
	words = palloc(offsetof(SmkWords, words) + (length + 1) * sizeof(Word));
	words->ignore_case = (cflags & REG_ICASE) != 0;
	words->n = split_words(copy + margin, copy + length - margin, words->words);
	if (words->n < 1 || (words->n > 1 && !grouped))
		return NULL;
	return words;
}

static bool
is_word(const Word *word, const char *text, bool ignore_case)
{
	if (!ignore_case)
		return memcmp(word->text, text, word->length) == 0;
	for (int i = 0; i < word->length; i++)
	{
		if (pg_ascii_tolower((unsigned char) word->text[i]) != pg_ascii_tolower((unsigned char) text[i]))
			return false;
	}
	return true;
}

bool
smk_words_hold(const SmkWords *words, const char *text, int length)
{
	for (int i = 0; i < words->n; i++)
	{
		if (words->words[i].length == length && is_word(&words->words[i], text, words->ignore_case))
			return true;
	}
	return false;
}
