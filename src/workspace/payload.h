/*
 * payload.h
 *		The payload of an event, a JSON object, put together in C.  Strings
 *		must last until it is complete.
 */
#ifndef SMK_PAYLOAD_H
#define SMK_PAYLOAD_H

#include "smarketing.h"

typedef struct SmkPayload
{
	SmkJsonbState state;
} SmkPayload;

extern SmkPayload smk_payload_begin(void);

/* NULL is null. */
extern void smk_payload_string(SmkPayload *payload, const char *key, const char *value);
extern void smk_payload_text(SmkPayload *payload, const char *key, Datum value, bool isnull);
extern void smk_payload_int(SmkPayload *payload, const char *key, int64 value);
extern void smk_payload_bool(SmkPayload *payload, const char *key, bool value);

/* A value of type jsonb, as jsonb_build_object would give it. */
extern Datum smk_payload_end(SmkPayload *payload);

#endif							/* SMK_PAYLOAD_H */
