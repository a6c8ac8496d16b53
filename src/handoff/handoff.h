/*
 * handoff.h
 *		Offers between the departments and their decisions, as the recorder of
 *		leads finds them.
 */
#ifndef SMK_HANDOFF_H
#define SMK_HANDOFF_H

#include "lifecycle/move.h"
#include "sla/clock.h"

/* One handoff to be opened; one that is decided already has a decision. */
typedef struct SmkOffer
{
	int64		lead_id;
	int			cycle;
	bool		to_sales;
	int			from;			/* SMK_NO_STAGE: an entry */
	int			to;
	TimestampTz at;
	const char *decision;		/* NULL: open */
	TimestampTz decided_at;
	const char *reason;
	const char *note;
	bool		silent;			/* excluded: no event */
	bool		by_touch;		/* decided by a touch at this time: of no older offer */
	/* routing */
	const char *lead_owner;		/* or NULL */
	int64		account_id;		/* 0: none */
	int			rule;			/* index of a routing rule, or -1 */
	const char *not_to;			/* a rerouted lead's previous owner, or NULL */
	const char *owner;			/* the outcome */
	const char *team;
	const char *routed_by;
} SmkOffer;

/* What one statement on leads means for handoffs. */
typedef struct SmkHandoffs
{
	SmkWorkspace *ws;
	const SmkRules *rules;
	const SmkActor *actor;
	bool		events;			/* does anything write events? */
	SmkClocks  *clocks;			/* told of offers and decisions */
	MemoryContext context;		/* of the offers */
	List	   *offers;			/* of SmkOffer */
	SmkBatch   *decisions;		/* of open handoffs, or NULL */
} SmkHandoffs;

extern SmkHandoffs *smk_handoffs_begin(SmkWorkspace *ws, const SmkRules *rules,
									   const SmkActor *actor, bool events, SmkClocks *clocks);

/* Tell the clocks of a decision on a handoff to sales. */
extern void smk_handoff_decided(SmkClocks *clocks, int64 lead_id, const char *decision, TimestampTz at,
								bool implied);

/* An open handoff of a lead gets its decision, if there is one. */
extern void smk_handoffs_decide(SmkHandoffs *handoffs, const SmkOffer *offer);

/* A handoff is to be opened; the offer is copied, its strings are not. */
extern SmkOffer *smk_handoffs_offer(SmkHandoffs *handoffs, const SmkOffer *offer);

/* Write the decisions found so far: before the history of the same moves. */
extern void smk_handoffs_write_decisions(SmkHandoffs *handoffs);

/* Route and write the offers: after the history. */
extern void smk_handoffs_write_offers(SmkHandoffs *handoffs);

/* How leaving a handoff stage decides its handoff. */
extern const char *smk_decision_of_move(const SmkRules *rules, const SmkActor *actor,
										int to, const char *reason, bool automatic);

/* Fill owner, team and routed_by of open offers to sales. */
extern void smk_route(SmkHandoffs *handoffs);

/* The routing rule for a lead's row, or -1. */
extern int	smk_routing_rule_of(const SmkRules *rules, const SmkLead *lead);

#endif							/* SMK_HANDOFF_H */
