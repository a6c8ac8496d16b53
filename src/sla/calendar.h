/*
 * calendar.h
 *		A calendar's text, checked before it is kept.
 */
#ifndef SMK_CALENDAR_H
#define SMK_CALENDAR_H

#include "smarketing.h"

/* Why a text is no working hours, or NULL; hint may be set to NULL. */
extern char *smk_calendar_problem(const char *text, char **hint);

#endif							/* SMK_CALENDAR_H */
