/*
 * payload.c
 *		The payload of an event, put together in C: one object of strings,
 *		numbers and truth values.
 */
#include "workspace/payload.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

SmkPayload
smk_payload_begin(void)
{
	SmkPayload	payload = {{0}};

	smk_jsonb_push(&payload.state, WJB_BEGIN_OBJECT, NULL);
	return payload;
}

static void
push(SmkPayload *payload, const char *name, JsonbValue *value)
{
	JsonbValue	key;

	key.type = jbvString;
	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	smk_jsonb_push(&payload->state, WJB_KEY, &key);
	smk_jsonb_push(&payload->state, WJB_VALUE, value);
}

static void
push_string(SmkPayload *payload, const char *key, const char *string, int length)
{
	JsonbValue	value;

	value.type = string ? jbvString : jbvNull;
	if (string)
	{
		value.val.string.val = (char *) string;
		value.val.string.len = length;
	}
	push(payload, key, &value);
}

void
smk_payload_string(SmkPayload *payload, const char *key, const char *value)
{
	push_string(payload, key, value, value ? strlen(value) : 0);
}

void
smk_payload_text(SmkPayload *payload, const char *key, Datum value, bool isnull)
{
	text	   *string = isnull ? NULL : DatumGetTextPP(value);

	push_string(payload, key, string ? VARDATA_ANY(string) : NULL, string ? VARSIZE_ANY_EXHDR(string) : 0);
}

void
smk_payload_int(SmkPayload *payload, const char *key, int64 value)
{
	JsonbValue	number;

	number.type = jbvNumeric;
	number.val.numeric = int64_to_numeric(value);
	push(payload, key, &number);
}

void
smk_payload_bool(SmkPayload *payload, const char *key, bool value)
{
	JsonbValue	truth;

	truth.type = jbvBool;
	truth.val.boolean = value;
	push(payload, key, &truth);
}

Datum
smk_payload_end(SmkPayload *payload)
{
	smk_jsonb_push(&payload->state, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(payload->state.result));
}
