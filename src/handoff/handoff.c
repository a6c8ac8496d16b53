/*
 * handoff.c
 *		Handoffs as the recorder of leads finds them: decided and opened
 *		set-based, in the statement that moves the leads.
 */
#include "handoff/handoff.h"
#include "workspace/payload.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static const SmkBatchColumn decision_columns[] = {
	{"lead_id", INT8OID}, {"direction", TEXTOID}, {"decision", TEXTOID}, {"at", TIMESTAMPTZOID},
	{"actor", TEXTOID}, {"reason", TEXTOID}, {"note", TEXTOID}, {"silent", BOOLOID},
	{"by_touch", BOOLOID}
};

static const SmkBatchColumn offer_columns[] = {
	{"lead_id", INT8OID}, {"cycle", INT4OID}, {"direction", TEXTOID}, {"from_stage", TEXTOID},
	{"to_stage", TEXTOID}, {"offered_at", TIMESTAMPTZOID}, {"offered_by", TEXTOID}, {"team", TEXTOID},
	{"owner", TEXTOID}, {"routed_by", TEXTOID}, {"decision", TEXTOID}, {"decided_at", TIMESTAMPTZOID},
	{"decided_by", TEXTOID}, {"reason", TEXTOID}, {"note", TEXTOID}, {"payload", JSONBOID}
};

static const SmkBatchColumn owner_columns[] = {
	{"lead_id", INT8OID}, {"owner", TEXTOID}
};

SmkHandoffs *
smk_handoffs_begin(SmkWorkspace *ws, const SmkRules *rules, const SmkActor *actor, bool events,
				   SmkClocks *clocks)
{
	SmkHandoffs *handoffs = palloc0(sizeof(SmkHandoffs));

	handoffs->ws = ws;
	handoffs->rules = rules;
	handoffs->actor = actor;
	handoffs->events = events;
	handoffs->clocks = clocks;
	handoffs->context = CurrentMemoryContext;
	return handoffs;
}

static void
set_text(Datum *value, bool *isnull, const char *string)
{
	*isnull = string == NULL;
	*value = string ? CStringGetTextDatum(string) : (Datum) 0;
}

static const char *
direction_name(const SmkOffer *offer)
{
	return offer->to_sales ? "to_sales" : "to_marketing";
}

static const char *
actor_name(const SmkHandoffs *handoffs)
{
	return handoffs->actor->member ? handoffs->actor->member->name : NULL;
}

void
smk_handoff_decided(SmkClocks *clocks, int64 lead_id, const char *decision, TimestampTz at)
{
	const int  *events = clocks->rules->sla->handoff;

	if (strcmp(decision, "withdrawn") == 0)
	{
		smk_clocks_cancel(clocks, lead_id, at, "withdrawn", "to_sales");
		return;
	}
	if (strcmp(decision, "accepted") == 0 || strcmp(decision, "auto_accepted") == 0)
		smk_clocks_event(clocks, lead_id, events[SMK_ACCEPTED], at, false);
	else if (strcmp(decision, "rerouted") != 0) /* it goes on with somebody else */
		smk_clocks_event(clocks, lead_id, events[SMK_REJECTED], at, false);
	smk_clocks_event(clocks, lead_id, events[SMK_DECIDED], at, false);
	if (strcmp(decision, "merged") == 0)
		smk_clocks_cancel(clocks, lead_id, at, "merged", NULL);
}

/* Offers that are open now start clocks. */
static void
tell_clocks(const SmkHandoffs *handoffs)
{
	const int  *events = handoffs->rules->sla->handoff;
	ListCell   *lc;

	foreach(lc, handoffs->offers)
	{
		const SmkOffer *offer = lfirst(lc);

		if (offer->decision == NULL && !offer->silent)
			smk_clocks_event(handoffs->clocks, offer->lead_id,
							 events[offer->to_sales ? SMK_OFFERED : SMK_RETURNED], offer->at, false);
	}
}

void
smk_handoffs_decide(SmkHandoffs *handoffs, const SmkOffer *offer)
{
	Datum		values[lengthof(decision_columns)];
	bool		nulls[lengthof(decision_columns)] = {0};

	values[0] = Int64GetDatum(offer->lead_id);
	values[1] = CStringGetTextDatum(direction_name(offer));
	values[2] = CStringGetTextDatum(offer->decision);
	values[3] = TimestampTzGetDatum(offer->at);
	set_text(&values[4], &nulls[4], actor_name(handoffs));
	set_text(&values[5], &nulls[5], offer->reason);
	set_text(&values[6], &nulls[6], offer->note);
	values[7] = BoolGetDatum(offer->silent);
	values[8] = BoolGetDatum(offer->by_touch);
	smk_batch_add(smk_batch_of(&handoffs->decisions, handoffs->context, "smk_decision",
							   decision_columns, lengthof(decision_columns)), values, nulls);
	if (offer->to_sales)
		smk_handoff_decided(handoffs->clocks, offer->lead_id, offer->decision, offer->at);
	else if (strcmp(offer->decision, "withdrawn") == 0)
		smk_clocks_cancel(handoffs->clocks, offer->lead_id, offer->at, "withdrawn", "to_marketing");
}

SmkOffer *
smk_handoffs_offer(SmkHandoffs *handoffs, const SmkOffer *offer)
{
	MemoryContext old = MemoryContextSwitchTo(handoffs->context);
	SmkOffer   *copy = palloc(sizeof(SmkOffer));

	*copy = *offer;
	handoffs->offers = lappend(handoffs->offers, copy);
	MemoryContextSwitchTo(old);
	return copy;
}

const char *
smk_decision_of_move(const SmkRules *rules, const SmkActor *actor, int to,
					 const char *reason, bool automatic)
{
	const SmkStage *goal = &rules->stages[to];
	const SmkReason *known = reason ? smk_reason_find(rules, reason) : NULL;

	if (smk_sales_works(goal))
		return "accepted";
	if (goal->department == SMK_MARKETING && !automatic && actor->member != NULL &&
		actor->member->department == SMK_MARKETING)
		return "withdrawn";
	if (known != NULL && known->outcome == SMK_MERGE)
		return "merged";
	return "rejected";
}

/* ---------- writing ---------- */

/*
 * An import opens no handoff, so the one that its moves decide is written
 * here, decided, from the move that would have opened it.
 */
static void
write_imported_decisions(const SmkHandoffs *handoffs)
{
	smk_run_batch(handoffs->ws, SMK_BY_LEAD,
				 "INSERT INTO %s.handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at,"
				 " offered_by, decision, decided_at, decided_by, reason, note)"
				 " SELECT d.lead_id, c.cycle, d.direction, c.from_stage, c.to_stage, c.at, c.actor,"
				 " d.decision, d.at, d.actor, COALESCE(d.reason, c.reason), COALESCE(d.note, c.note)"
				 " FROM smk_decision AS d CROSS JOIN LATERAL ("
				 "SELECT x.* FROM %s.stage_change AS x WHERE x.lead_id OPERATOR(pg_catalog.=) d.lead_id"
				 " ORDER BY x.at DESC, x.id DESC LIMIT 1) AS c"
				 " JOIN %s.stage AS goal ON goal.name OPERATOR(pg_catalog.=) c.to_stage"
				 " LEFT JOIN %s.stage AS source ON source.name OPERATOR(pg_catalog.=) c.from_stage"
				 " WHERE c.import_batch IS NOT NULL AND (NOT d.by_touch OR d.at OPERATOR(pg_catalog.>=) c.at)"
				 " AND CASE WHEN d.direction OPERATOR(pg_catalog.=) 'to_sales'"
				 " THEN goal.kind OPERATOR(pg_catalog.=) 'handoff'"
				 " AND (source.department OPERATOR(pg_catalog.<>) 'sales') IS NOT FALSE"
				 " ELSE goal.department OPERATOR(pg_catalog.=) 'marketing'"
				 " AND source.department OPERATOR(pg_catalog.=) 'sales' END"
				 " AND NOT EXISTS (SELECT FROM %s.handoff AS h WHERE h.lead_id OPERATOR(pg_catalog.=) d.lead_id"
				 " AND h.direction OPERATOR(pg_catalog.=) d.direction"
				 " AND h.offered_at OPERATOR(pg_catalog.>=) c.at)", handoffs->decisions);
}

/* A touch from before the offer does not decide it. */
#define IS_DECIDED \
	" h.lead_id OPERATOR(pg_catalog.=) d.lead_id" \
	" AND h.direction OPERATOR(pg_catalog.=) d.direction AND h.decision IS NULL" \
	" AND (NOT d.by_touch OR d.at OPERATOR(pg_catalog.>=) h.offered_at)"

#define DECIDE \
	"UPDATE %s.handoff AS h SET decision = d.decision," \
	" decided_at = GREATEST(d.at, h.offered_at), decided_by = d.actor," \
	" reason = COALESCE(d.reason, h.reason), note = COALESCE(d.note, h.note)"

/* Several are locked in the order of their ids first. */
#define DECIDE_MANY \
	"WITH locked AS (SELECT h.id, d.decision, d.at, d.actor, d.reason, d.note, d.silent" \
	" FROM smk_decision AS d JOIN %s.handoff AS h ON" IS_DECIDED \
	" ORDER BY h.id FOR UPDATE OF h), decided AS (" DECIDE \
	" FROM locked AS d WHERE h.id OPERATOR(pg_catalog.=) d.id AND h.decision IS NULL" \
	" RETURNING h.*, d.silent)"

#define DECIDE_ONE \
	"WITH decided AS (" DECIDE " FROM smk_decision AS d WHERE" IS_DECIDED " RETURNING h.*, d.silent)"

#define TELL_DECISIONS \
	" INSERT INTO %s.event (kind, lead_id, payload)" \
	" SELECT 'handoff_decided', h.lead_id, pg_catalog.jsonb_build_object(" \
	"'handoff', h.id, 'direction', h.direction, 'decision', h.decision," \
	" 'reason', h.reason, 'actor', h.decided_by)" \
	" FROM decided AS h WHERE NOT h.silent"

void
smk_handoffs_write_decisions(SmkHandoffs *handoffs)
{
	SmkBatch   *decisions = handoffs->decisions;

	if (decisions == NULL)
		return;
	if (!handoffs->events)
		smk_run_batch(handoffs->ws, SMK_BY_LEAD, DECIDE_MANY " SELECT FROM decided", decisions);
	else if (decisions->rows > 1)
		smk_run_batch(handoffs->ws, SMK_BY_LEAD, DECIDE_MANY TELL_DECISIONS, decisions);
	else
		smk_run_batch(handoffs->ws, SMK_BY_LEAD, DECIDE_ONE TELL_DECISIONS, decisions);
	if (handoffs->actor->batch != NULL)
		write_imported_decisions(handoffs);
	smk_batch_end(decisions);
	handoffs->decisions = NULL;
}

static Datum
payload_of(const SmkHandoffs *handoffs, const SmkOffer *offer)
{
	const SmkStage *stages = handoffs->rules->stages;
	SmkPayload	payload = smk_payload_begin();

	smk_payload_string(&payload, "direction", direction_name(offer));
	smk_payload_int(&payload, "cycle", offer->cycle);
	smk_payload_string(&payload, "from", offer->from == SMK_NO_STAGE ? NULL : stages[offer->from].name);
	smk_payload_string(&payload, "to", stages[offer->to].name);
	smk_payload_string(&payload, "team", offer->team);
	smk_payload_string(&payload, "owner", offer->owner);
	smk_payload_string(&payload, "decision", offer->decision);
	smk_payload_string(&payload, "reason", offer->reason);
	return smk_payload_end(&payload);
}

static void
add_offer(const SmkHandoffs *handoffs, SmkBatch *batch, const SmkOffer *offer)
{
	const SmkStage *stages = handoffs->rules->stages;
	Datum		values[lengthof(offer_columns)];
	bool		nulls[lengthof(offer_columns)] = {0};

	values[0] = Int64GetDatum(offer->lead_id);
	values[1] = Int32GetDatum(offer->cycle);
	values[2] = CStringGetTextDatum(direction_name(offer));
	set_text(&values[3], &nulls[3], offer->from == SMK_NO_STAGE ? NULL : stages[offer->from].name);
	values[4] = CStringGetTextDatum(stages[offer->to].name);
	values[5] = TimestampTzGetDatum(offer->at);
	set_text(&values[6], &nulls[6], actor_name(handoffs));
	set_text(&values[7], &nulls[7], offer->team);
	set_text(&values[8], &nulls[8], offer->owner);
	set_text(&values[9], &nulls[9], offer->routed_by);
	set_text(&values[10], &nulls[10], offer->decision);
	values[11] = TimestampTzGetDatum(offer->decided_at);
	nulls[11] = offer->decision == NULL;
	set_text(&values[12], &nulls[12], offer->decision ? actor_name(handoffs) : NULL);
	set_text(&values[13], &nulls[13], offer->reason);
	set_text(&values[14], &nulls[14], offer->note);
	nulls[15] = offer->silent || !handoffs->events;
	values[15] = nulls[15] ? (Datum) 0 : payload_of(handoffs, offer);
	smk_batch_add(batch, values, nulls);
}

/* A lead belongs to whom it is offered to. */
static void
write_owners(const SmkHandoffs *handoffs)
{
	SmkBatch   *batch = smk_batch_create("smk_owner", owner_columns, lengthof(owner_columns));
	ListCell   *lc;

	foreach(lc, handoffs->offers)
	{
		const SmkOffer *offer = lfirst(lc);
		Datum		values[2];
		bool		nulls[2] = {false, false};

		if (offer->owner == NULL ||
			(offer->lead_owner != NULL && strcmp(offer->owner, offer->lead_owner) == 0))
			continue;
		values[0] = Int64GetDatum(offer->lead_id);
		values[1] = CStringGetTextDatum(offer->owner);
		smk_batch_add(batch, values, nulls);
	}
	if (batch->rows > 0)
		smk_run_batch(handoffs->ws, SMK_BY_CORRECTION,
					 "UPDATE %s.lead AS l SET owner = o.owner FROM smk_owner AS o"
					 " WHERE l.id OPERATOR(pg_catalog.=) o.lead_id", batch);
	smk_batch_end(batch);
}

#define INSERT_OFFERS \
	"INSERT INTO %s.handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at," \
	" offered_by, team, owner, routed_by, decision, decided_at, decided_by, reason, note)" \
	" SELECT lead_id, cycle, direction, from_stage, to_stage, offered_at, offered_by," \
	" team, owner, routed_by, decision, decided_at, decided_by, reason, note FROM smk_offer"

static void
insert_offers(const SmkHandoffs *handoffs, SmkBatch *batch)
{
	if (handoffs->events)
		smk_run_batch(handoffs->ws, SMK_BY_LEAD,
					 "WITH offered AS (" INSERT_OFFERS ")"
					 " INSERT INTO %s.event (at, kind, lead_id, payload)"
					 " SELECT offered_at, 'handoff_offered', lead_id, payload FROM smk_offer"
					 " WHERE payload IS NOT NULL", batch);
	else
		smk_run_batch(handoffs->ws, SMK_BY_LEAD, INSERT_OFFERS, batch);
}

void
smk_handoffs_write_offers(SmkHandoffs *handoffs)
{
	bool		import = handoffs->actor->batch != NULL;
	SmkBatch   *batch;
	ListCell   *lc;

	if (handoffs->offers == NIL)
		return;
	if (!import)
		smk_route(handoffs);
	batch = smk_batch_create("smk_offer", offer_columns, lengthof(offer_columns));
	foreach(lc, handoffs->offers)
	{
		const SmkOffer *offer = lfirst(lc);

		if (!import || offer->decision != NULL)
			add_offer(handoffs, batch, offer);
	}
	if (batch->rows > 0)
		insert_offers(handoffs, batch);
	smk_batch_end(batch);
	if (!import)
	{
		write_owners(handoffs);
		tell_clocks(handoffs);
	}
	handoffs->offers = NIL;
}
