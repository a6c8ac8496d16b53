/*
 * calendar.c
 *		A calendar's text, checked before it is kept.
 */
#include "sla/calendar.h"

#include "working_hours/hours_rules.h"

char *
smk_calendar_problem(const char *text, char **hint)
{
	SmkProblem	problem = {0};
	SmkRules   *rules = smk_rules_parse(text, &problem);

	if (rules != NULL)
		rules = smk_rules_canonical(rules, &problem);
	*hint = problem.hint;
	return rules != NULL ? NULL : problem.message;
}
