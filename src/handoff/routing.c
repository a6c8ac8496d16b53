/*
 * routing.c
 *		Who gets a lead that is offered to sales.
 *
 * In this order: the lead's owner, the account's owner, a member of the team
 * of the first routing rule that matches, the workspace's fallback owner.  A
 * member who is absent, inactive or of another department is passed over.
 *
 * Inside a team the turn is taken by virtual time (weighted fair queueing):
 * each lead costs a member 1/weight, and the member with the least time gets
 * the next one.  The rows of routing_turn are locked until the transaction
 * ends, so the shares are exact with any number of sessions.  Somebody who
 * comes back does not have to catch up: his time is raised to the others'.
 */
#include "handoff/handoff.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

typedef struct Candidate
{
	const SmkMember *member;
	bool		available;
	bool		changed;
	double		turns;
	TimestampTz last_at;		/* DT_NOBEGIN: never */
	int64		load;			/* leads in work; only where it matters */
} Candidate;

typedef struct Routing
{
	SmkHandoffs *handoffs;
	TimestampTz now;
	Candidate  *candidates;		/* sorted by name, as the members are */
	int			ncandidates;
} Routing;

static const SmkBatchColumn candidate_columns[] = {{"member", TEXTOID}};
static const SmkBatchColumn turn_columns[] = {
	{"member", TEXTOID}, {"turns", FLOAT8OID}, {"last_at", TIMESTAMPTZOID}
};
static const SmkBatchColumn account_columns[] = {{"account_id", INT8OID}};

int
smk_routing_rule_of(const SmkRules *rules, const SmkLead *lead)
{
	for (int i = 0; i < rules->nrouting_rules; i++)
	{
		if (!rules->routing_rules[i].condition.present ||
			smk_rule_holds(&rules->routing_rules[i].condition, lead->values, lead->nulls))
			return i;
	}
	return -1;
}

static bool
is_absent(const SmkRules *rules, const SmkMember *member, TimestampTz now)
{
	for (int i = 0; i < rules->nabsences; i++)
	{
		if (rules->absences[i].member == member &&
			rules->absences[i].from <= now && now < rules->absences[i].to)
			return true;
	}
	return false;
}

static bool
is_available(const Routing *routing, const SmkMember *member)
{
	return member->active && !member->service && member->department == SMK_SALES &&
		!is_absent(routing->handoffs->rules, member, routing->now);
}

/* Offer to this member, if there is one of that name who can take it. */
static bool
offer_to(const Routing *routing, SmkOffer *offer, const char *name, const char *why)
{
	const SmkMember *member = name ? smk_member_find(routing->handoffs->rules, name) : NULL;

	if (member == NULL || !is_available(routing, member) ||
		(offer->not_to != NULL && strcmp(offer->not_to, name) == 0))
		return false;
	offer->owner = member->name;
	offer->team = member->team;
	offer->routed_by = why;
	return true;
}

/* ---------- account owners ---------- */

typedef struct AccountOwner
{
	int64		account_id;
	char	   *owner;
} AccountOwner;

static void
keep_account_owner(HeapTuple tuple, TupleDesc desc, void *arg)
{
	HTAB	   *owners = arg;
	bool		isnull;
	int64		id = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
	AccountOwner *entry = hash_search(owners, &id, HASH_ENTER, NULL);
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(owners));

	entry->owner = SPI_getvalue(tuple, desc, 2);
	MemoryContextSwitchTo(old);
}

static HTAB *
account_owners(const Routing *routing)
{
	SmkBatch   *batch = smk_batch_create("smk_account", account_columns, lengthof(account_columns));
	SmkStatement statement = {0};
	HASHCTL		ctl = {0};
	HTAB	   *owners;
	ListCell   *lc;

	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(AccountOwner);
	ctl.hcxt = CurrentMemoryContext;
	owners = hash_create("smarketing account owners", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(lc, routing->handoffs->offers)
	{
		const SmkOffer *offer = lfirst(lc);
		Datum		value = Int64GetDatum(offer->account_id);
		bool		isnull = false;

		if (offer->account_id != 0 && offer->to_sales && offer->decision == NULL)
			smk_batch_add(batch, &value, &isnull);
	}
	statement.text = "SELECT a.id, a.owner FROM %s.account AS a WHERE a.owner IS NOT NULL"
		" AND a.id OPERATOR(pg_catalog.=) ANY (SELECT account_id FROM smk_account)";
	statement.batches[0] = batch;
	statement.callback = keep_account_owner;
	statement.arg = owners;
	if (batch->rows > 0)
		smk_run(routing->handoffs->ws, SMK_BY_LEAD, NULL, &statement);
	smk_batch_end(batch);
	return owners;
}

/* ---------- the turn inside a team ---------- */

static Candidate *
candidate_of(Routing *routing, const char *name)
{
	for (int i = 0; i < routing->ncandidates; i++)
	{
		if (strcmp(routing->candidates[i].member->name, name) == 0)
			return &routing->candidates[i];
	}
	return NULL;
}

static void
read_turn(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Candidate  *candidate = candidate_of(arg, SPI_getvalue(tuple, desc, 1));
	bool		isnull;
	Datum		last_at;

	if (candidate == NULL)
		return;
	candidate->turns = DatumGetFloat8(SPI_getbinval(tuple, desc, 2, &isnull));
	last_at = SPI_getbinval(tuple, desc, 3, &isnull);
	candidate->last_at = isnull ? DT_NOBEGIN : DatumGetTimestampTz(last_at);
}

static void
read_load(HeapTuple tuple, TupleDesc desc, void *arg)
{
	Candidate  *candidate = candidate_of(arg, SPI_getvalue(tuple, desc, 1));
	bool		isnull;

	if (candidate != NULL)
		candidate->load = DatumGetInt64(SPI_getbinval(tuple, desc, 2, &isnull));
}

static void
run_on_batch(Routing *routing, const char *text, SmkBatch *batch, SmkRowCallback callback)
{
	SmkStatement statement = {0};

	statement.text = text;
	statement.batches[0] = batch;
	statement.callback = callback;
	statement.arg = routing;
	smk_run(routing->handoffs->ws, SMK_BY_LEAD, NULL, &statement);
}

/* Members of the teams that some offer of this statement goes to. */
static void
collect_candidates(Routing *routing)
{
	const SmkRules *rules = routing->handoffs->rules;
	bool	   *wanted = palloc0(sizeof(bool) * Max(rules->nrouting_rules, 1));
	ListCell   *lc;

	foreach(lc, routing->handoffs->offers)
	{
		const SmkOffer *offer = lfirst(lc);

		if (offer->rule >= 0 && offer->owner == NULL && offer->decision == NULL && !offer->silent)
			wanted[offer->rule] = true;
	}
	routing->candidates = palloc0(sizeof(Candidate) * Max(rules->nmembers, 1));
	for (int m = 0; m < rules->nmembers; m++)
	{
		const SmkMember *member = &rules->members[m];
		bool		candidate = false;

		for (int i = 0; i < rules->nrouting_rules; i++)
			candidate |= wanted[i] && member->team != NULL &&
				strcmp(member->team, rules->routing_rules[i].team) == 0;
		if (!candidate || !is_available(routing, member))
			continue;
		routing->candidates[routing->ncandidates].member = member;
		routing->candidates[routing->ncandidates].available = true;
		routing->candidates[routing->ncandidates].last_at = DT_NOBEGIN;
		routing->ncandidates++;
	}
}

/* Lock the candidates' rows, in order of name, and read them. */
static void
take_turns(Routing *routing)
{
	SmkBatch   *batch = smk_batch_create("smk_candidate", candidate_columns, lengthof(candidate_columns));

	for (int i = 0; i < routing->ncandidates; i++)
	{
		Datum		value = CStringGetTextDatum(routing->candidates[i].member->name);
		bool		isnull = false;

		smk_batch_add(batch, &value, &isnull);
	}
	run_on_batch(routing, "INSERT INTO %s.routing_turn (member) SELECT member FROM smk_candidate"
				 " ON CONFLICT DO NOTHING", batch, NULL);
	run_on_batch(routing, "SELECT t.member, t.turns, t.last_at FROM %s.routing_turn AS t"
				 " WHERE t.member OPERATOR(pg_catalog.=) ANY (SELECT member FROM smk_candidate)"
				 " ORDER BY t.member COLLATE pg_catalog.\"C\" FOR UPDATE", batch, read_turn);
	run_on_batch(routing, "SELECT l.owner, pg_catalog.count(*) FROM %s.lead AS l"
				 " JOIN %s.stage AS s ON s.name OPERATOR(pg_catalog.=) l.stage"
				 " WHERE l.owner OPERATOR(pg_catalog.=) ANY (SELECT member FROM smk_candidate)"
				 " AND s.department OPERATOR(pg_catalog.=) 'sales'"
				 " AND s.kind OPERATOR(pg_catalog.=) ANY (ARRAY['handoff', 'inventory'])"
				 " GROUP BY l.owner", batch, read_load);
	smk_batch_end(batch);
}

static bool
can_take(const Candidate *candidate, const SmkRoutingRule *rule, const SmkOffer *offer)
{
	const SmkMember *member = candidate->member;

	return member->team != NULL && strcmp(member->team, rule->team) == 0 &&
		(member->capacity < 0 || candidate->load < member->capacity) &&
		(offer->not_to == NULL || strcmp(offer->not_to, member->name) != 0);
}

static bool
comes_before(const Candidate *a, const Candidate *b, bool least_open)
{
	if (least_open && a->load / a->member->weight != b->load / b->member->weight)
		return a->load / a->member->weight < b->load / b->member->weight;
	if (a->turns != b->turns)
		return a->turns < b->turns;
	return a->last_at < b->last_at; /* who has waited longest; else by name */
}

/*
 * While all take part, nobody lags behind another by more than that one's
 * step.  Who lags behind more was away, or is new: he joins there.
 */
static void
raise_laggards(Routing *routing, const SmkRoutingRule *rule)
{
	for (int i = 0; i < routing->ncandidates; i++)
	{
		Candidate  *self = &routing->candidates[i];
		double		least = self->turns;

		if (strcmp(self->member->team, rule->team) != 0)
			continue;
		for (int j = 0; j < routing->ncandidates; j++)
		{
			const Candidate *other = &routing->candidates[j];

			if (j != i && strcmp(other->member->team, rule->team) == 0)
				least = Max(least, other->turns - 1 / other->member->weight);
		}
		self->turns = least;
	}
}

static bool
offer_to_team(Routing *routing, SmkOffer *offer)
{
	const SmkRoutingRule *rule = &routing->handoffs->rules->routing_rules[offer->rule];
	Candidate  *best = NULL;

	for (int i = 0; i < routing->ncandidates; i++)
	{
		Candidate  *candidate = &routing->candidates[i];

		if (can_take(candidate, rule, offer) &&
			(best == NULL || comes_before(candidate, best, rule->least_open)))
			best = candidate;
	}
	if (best == NULL)
		return false;
	best->turns += 1 / best->member->weight;
	best->last_at = routing->now;
	best->load++;
	best->changed = true;
	offer->owner = best->member->name;
	offer->team = rule->team;
	offer->routed_by = psprintf("rule %d: %s of team %s", rule->position,
								rule->least_open ? "least open" : "round robin", rule->team);
	return true;
}

static void
keep_turns(Routing *routing)
{
	SmkBatch   *batch = smk_batch_create("smk_turn", turn_columns, lengthof(turn_columns));

	for (int i = 0; i < routing->ncandidates; i++)
	{
		const Candidate *candidate = &routing->candidates[i];
		Datum		values[3];
		bool		nulls[3] = {false, false, false};

		if (!candidate->changed)
			continue;
		values[0] = CStringGetTextDatum(candidate->member->name);
		values[1] = Float8GetDatum(candidate->turns);
		values[2] = TimestampTzGetDatum(candidate->last_at);
		smk_batch_add(batch, values, nulls);
	}
	if (batch->rows > 0)
		run_on_batch(routing, "UPDATE %s.routing_turn AS t SET turns = n.turns, last_at = n.last_at"
					 " FROM smk_turn AS n WHERE t.member OPERATOR(pg_catalog.=) n.member", batch, NULL);
	smk_batch_end(batch);
}

/* ---------- the whole ---------- */

static bool
needs_route(const SmkOffer *offer)
{
	return offer->to_sales && offer->decision == NULL && !offer->silent;
}

/* Owners that are known already; gives the number of offers left to teams. */
static int
offer_to_known_owners(Routing *routing, HTAB *owners)
{
	int			left = 0;
	ListCell   *lc;

	foreach(lc, routing->handoffs->offers)
	{
		SmkOffer   *offer = lfirst(lc);
		AccountOwner *account;

		if (!needs_route(offer) || offer_to(routing, offer, offer->lead_owner, "lead owner"))
			continue;
		account = hash_search(owners, &offer->account_id, HASH_FIND, NULL);
		if (account != NULL && offer_to(routing, offer, account->owner, "account owner"))
			continue;
		if (offer->rule >= 0)
			left++;
	}
	return left;
}

static void
offer_to_teams(Routing *routing)
{
	ListCell   *lc;

	collect_candidates(routing);
	if (routing->ncandidates == 0)
		return;
	take_turns(routing);
	for (int i = 0; i < routing->handoffs->rules->nrouting_rules; i++)
		raise_laggards(routing, &routing->handoffs->rules->routing_rules[i]);
	foreach(lc, routing->handoffs->offers)
	{
		SmkOffer   *offer = lfirst(lc);

		if (needs_route(offer) && offer->owner == NULL && offer->rule >= 0)
			offer_to_team(routing, offer);
	}
	keep_turns(routing);
}

void
smk_route(SmkHandoffs *handoffs)
{
	Routing		routing = {handoffs, GetCurrentTransactionStartTimestamp(), NULL, 0};
	HTAB	   *owners = account_owners(&routing);
	ListCell   *lc;

	if (offer_to_known_owners(&routing, owners) > 0)
		offer_to_teams(&routing);
	foreach(lc, handoffs->offers)
	{
		SmkOffer   *offer = lfirst(lc);

		if (!needs_route(offer) || offer->owner != NULL)
			continue;
		if (!offer_to(&routing, offer, handoffs->rules->fallback_owner, "fallback owner") &&
			offer->rule >= 0)
			offer->team = handoffs->rules->routing_rules[offer->rule].team;
	}
}
