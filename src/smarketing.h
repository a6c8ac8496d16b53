/*
 * smarketing.h
 *		What every feature shares: the SQLSTATEs and the features' start-up
 *		functions, which _PG_init calls.
 */
#ifndef SMARKETING_H
#define SMARKETING_H

#include "compat.h"

/* SQLSTATEs; doc/smarketing.md, "Errors", has their meaning. */
#define ERRCODE_SMK_NO_TRANSITION		MAKE_SQLSTATE('S','M','0','0','1')
#define ERRCODE_SMK_CONDITION			MAKE_SQLSTATE('S','M','0','0','2')
#define ERRCODE_SMK_DEPARTMENT			MAKE_SQLSTATE('S','M','0','0','3')
#define ERRCODE_SMK_REASON				MAKE_SQLSTATE('S','M','0','0','4')
#define ERRCODE_SMK_APPEND_ONLY			MAKE_SQLSTATE('S','M','0','0','5')
#define ERRCODE_SMK_DECISION			MAKE_SQLSTATE('S','M','0','0','6')
#define ERRCODE_SMK_CONFIGURATION		MAKE_SQLSTATE('S','M','0','0','7')
#define ERRCODE_SMK_SIGNED				MAKE_SQLSTATE('S','M','0','0','8')
#define ERRCODE_SMK_ACTOR				MAKE_SQLSTATE('S','M','0','0','9')
#define ERRCODE_SMK_WORKSPACE			MAKE_SQLSTATE('S','M','0','1','0')
#define ERRCODE_SMK_TIME				MAKE_SQLSTATE('S','M','0','1','1')

#endif							/* SMARKETING_H */
