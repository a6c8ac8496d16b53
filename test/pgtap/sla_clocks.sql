-- The clocks of the agreement, told as what happens to leads: what starts, ends, releases, pauses and cancels them.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();

-- ---- a lead is offered on Monday at ten ----
SELECT pg_temp.offer('monday', '2025-03-03 10:00Z') \g /dev/null
SELECT is(pg_temp.due('monday', 'handoff_decision'), '2025-03-03 14:00Z', 'sales decide within 4 working hours');
SELECT is(pg_temp.due('monday', 'first_attempt'), '2025-03-03 18:00Z', 'and call the same day');
SELECT is(pg_temp.due('monday', 'six_attempts'), '2025-03-17 18:00Z', 'and six times within 10 working days');
SELECT is(pg_temp.clock('monday', 'hot_lead'), NULL, 'a lead that is not hot need not be called in 5 minutes');
SELECT is(pg_temp.clock('monday', 'handoff_decision', '2025-03-03 11:00Z'), 'running 2025-03-03 14:00', 'it is early');
SELECT is(pg_temp.clock('monday', 'handoff_decision', '2025-03-03 13:30Z'), 'at_risk 2025-03-03 14:00', 'it is nearly late');
SELECT is(pg_temp.clock('monday', 'handoff_decision', '2025-03-03 14:00Z'), 'at_risk 2025-03-03 14:00', 'not late at the very instant');
SELECT is(pg_temp.clock('monday', 'handoff_decision', '2025-03-03 14:00:00.000001Z'), 'breached 2025-03-03 14:00', 'late after it');
SELECT is((SELECT count(DISTINCT (c.owner, c.handoff_id, c.cycle)) FROM crm.sla_clock AS c WHERE c.lead_id = pg_temp.id('monday')), 1::bigint,
    'its clocks know owner, handoff and cycle');
SELECT pg_temp.move('monday', 'sal', '2025-03-03 13:00Z') \g /dev/null
SELECT is(pg_temp.clock('monday', 'handoff_decision'), 'met 2025-03-03 13:00', 'sales accept in time');
SELECT pg_temp.did('monday', 'call', '2025-03-03 17:00Z') \g /dev/null
SELECT is(pg_temp.clock('monday', 'first_attempt'), 'met 2025-03-03 17:00', 'and call in time');
SELECT pg_temp.did('monday', 'marketing_call', '2025-03-04 09:00Z') \g /dev/null
SELECT is((SELECT c.counted_events FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'six_attempts'
           WHERE c.lead_id = pg_temp.id('monday')), 1, 'a call by marketing is no attempt of sales');
SELECT pg_temp.did('monday', 'email_sent', '2025-03-04 09:00Z') \g /dev/null
SELECT pg_temp.did('monday', 'call', '2025-03-04 10:00Z', '2025-03-05 10:00Z', '2025-03-06 10:00Z', '2025-03-07 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('monday', 'six_attempts', '2025-03-08'), 'running 2025-03-17 18:00', 'five attempts are not six');
SELECT pg_temp.did('monday', 'voicemail', '2025-03-17 18:00Z') \g /dev/null
SELECT is(pg_temp.clock('monday', 'six_attempts'), 'met 2025-03-17 18:00', 'the sixth one at the last instant is in time');

-- ---- the cutoff ----
SELECT pg_temp.offer('four', '2025-03-03 16:00Z'), pg_temp.offer('later', '2025-03-03 16:00:01Z'),
       pg_temp.offer('night', '2025-03-03 20:00Z'), pg_temp.offer('sunday', '2025-03-02 12:00Z'), pg_temp.offer('friday', '2025-03-07 17:00Z') \g /dev/null
SELECT is(pg_temp.due('four', 'first_attempt'), '2025-03-03 18:00Z', 'received at 16:00: the same day');
SELECT is(pg_temp.due('later', 'first_attempt'), '2025-03-04 18:00Z', 'received after 16:00: the next working day');
SELECT is(pg_temp.due('night', 'first_attempt'), '2025-03-04 18:00Z', 'received after closing: the next working day, not the one after it');
SELECT is(pg_temp.due('sunday', 'first_attempt'), '2025-03-03 18:00Z', 'received on a Sunday at noon: Monday');
SELECT is(pg_temp.due('friday', 'first_attempt'), '2025-03-10 18:00Z', 'received on Friday after 16:00: Monday');
SELECT is(pg_temp.due('friday', 'handoff_decision'), '2025-03-10 12:00Z', 'one of 4 hours on Friday, the rest on Monday');

-- ---- contact, rejection and disqualification release ----
SELECT pg_temp.offer('contact', '2025-03-03 10:00Z') \g /dev/null
SELECT pg_temp.did('contact', 'conversation', '2025-03-04 11:00Z') \g /dev/null
SELECT is(pg_temp.clock('contact', 'six_attempts'), 'cancelled contact', 'who has been reached need not be called six times');
SELECT is(pg_temp.clock('contact', 'first_attempt'), 'met_late 2025-03-04 11:00', 'the call came late all the same');
SELECT pg_temp.offer('refused', '2025-03-03 10:00Z') \g /dev/null
SELECT pg_temp.move('refused', 'recycled', '2025-03-03 12:00Z', 'wrong_size') \g /dev/null
SELECT is(pg_temp.clock('refused', 'handoff_decision'), 'met 2025-03-03 12:00', 'a rejection is a decision');
SELECT is(pg_temp.clock('refused', 'first_attempt'), 'cancelled handoff:rejected', 'and nobody need call');
SELECT pg_temp.offer('refused late', '2025-03-03 10:00Z') \g /dev/null
SELECT pg_temp.move('refused late', 'recycled', '2025-03-05 12:00Z', 'wrong_size') \g /dev/null
SELECT is(pg_temp.clock('refused late', 'first_attempt'), 'met_late 2025-03-05 12:00', 'a rejection after the deadline does not undo the delay');
SELECT is(pg_temp.clock('refused late', 'six_attempts'), 'cancelled handoff:rejected', 'what was not due yet is cancelled');

-- ---- marketing owes too ----
SELECT is(pg_temp.due('refused', 'returned_touch'), '2025-03-06 18:00Z', 'marketing takes it up again within 3 working days');
SELECT is((SELECT c.owner FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'returned_touch'
           WHERE c.lead_id = pg_temp.id('refused')), NULL, 'a debt of marketing is not the sales rep''s');
SELECT pg_temp.did('refused', 'call', '2025-03-04 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('refused', 'returned_touch', '2025-03-04 12:00Z'), 'running 2025-03-06 18:00', 'a call by sales is no touch of marketing');
SELECT pg_temp.did('refused', 'email_sent', '2025-03-05 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('refused', 'returned_touch'), 'met 2025-03-05 10:00', 'an e-mail is');
SELECT pg_temp.offer('called back', '2025-03-03 10:00Z'), pg_temp.move('called back', 'recycled', '2025-03-03 11:00Z', 'not_ready') \g /dev/null
SET smarketing.actor = 'sam';
SELECT pg_temp.move('called back', 'sal', '2025-03-03 12:00Z') \g /dev/null
RESET smarketing.actor;
SELECT is(pg_temp.clock('called back', 'returned_touch'), 'cancelled withdrawn', 'sales take a lead back that they had returned: marketing owes nothing');

-- ---- a second cycle ----
SELECT pg_temp.offer('again', '2025-03-03 10:00Z'), pg_temp.move('again', 'sal', '2025-03-03 11:00Z') \g /dev/null
SELECT pg_temp.move('again', 'recycled', '2025-03-04 11:00Z', 'timing') \g /dev/null
SELECT pg_temp.move('again', 'mql', '2025-03-10 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('again', 'handoff_decision', '2025-03-10 11:00Z'), 'met 2025-03-03 11:00, running 2025-03-10 14:00', 'a second cycle has a clock of its own');
SELECT is(pg_temp.clock('again', 'first_attempt', '2025-03-10 11:00Z'), 'met_late 2025-03-10 10:00, running 2025-03-10 18:00', 'one that was never answered is late for good');
SELECT is(pg_temp.clock('again', 'six_attempts', '2025-03-10 11:00Z'), 'cancelled superseded, running 2025-03-24 18:00', 'one that was not due yet is replaced');
SELECT is(pg_temp.clock('again', 'returned_touch'), 'met_late 2025-03-10 10:00', 'marketing offered it anew after its own deadline');
SELECT pg_temp.did('again', 'call', '2025-03-10 10:30Z') \g /dev/null
SELECT is(pg_temp.clock('again', 'first_attempt', '2025-03-10 11:00Z'), 'met_late 2025-03-10 10:00, met 2025-03-10 10:30', 'a call ends the clock of its cycle');

-- ---- a reassignment does not restart ----
SELECT pg_temp.offer('passed on', '2025-03-03 10:00Z') \g /dev/null
UPDATE crm.lead SET owner = 'sue' WHERE external_id = 'passed on';
SELECT is(pg_temp.clock('passed on', 'first_attempt', '2025-03-03 11:00Z'), 'running 2025-03-03 18:00', 'a new owner gets no new time');
UPDATE crm.handoff SET owner = 'sue' WHERE lead_id = pg_temp.id('passed on');
SELECT is(pg_temp.clock('passed on', 'handoff_decision', '2025-03-03 11:00Z'), 'running 2025-03-03 14:00', 'nor does a handoff that is given to somebody else');
UPDATE crm.handoff SET decision = 'rejected', reason = 'wrong_territory' WHERE lead_id = pg_temp.id('passed on') AND decision IS NULL;
SELECT is(pg_temp.clock('passed on', 'first_attempt', '2025-03-03 11:00Z'), 'running 2025-03-03 18:00', 'nor does one that is rerouted: the lead still waits for its call');
SELECT is((SELECT count(*) FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'handoff_decision'
           WHERE c.lead_id = pg_temp.id('passed on')), 2::bigint, 'the new handoff has to be decided in its own time');

-- ---- withdrawn, merged, excluded, do_not_contact, deleted ----
SELECT pg_temp.offer(x, '2025-03-03 10:00Z') FROM unnest(ARRAY['withdrawn', 'merged', 'excluded', 'quiet', 'deleted']) AS x \g /dev/null
INSERT INTO crm.transition (from_stage, to_stage, department) VALUES ('mql', 'lead', 'marketing');
SET smarketing.actor = 'mia';
SELECT pg_temp.move('withdrawn', 'lead', '2025-03-03 11:00Z') \g /dev/null
RESET smarketing.actor;
SELECT is(pg_temp.clock('withdrawn', 'handoff_decision'), 'cancelled withdrawn', 'marketing takes an offer back: nothing is to be decided');
SELECT is(pg_temp.clock('withdrawn', 'six_attempts'), 'cancelled withdrawn', 'and nobody need be called');
UPDATE crm.handoff SET decision = 'rejected', reason = 'duplicate' WHERE lead_id = pg_temp.id('merged');
SELECT is((SELECT array_agg(m.key ORDER BY m.key) FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id
           WHERE c.lead_id = pg_temp.id('merged') AND c.ended_at IS NULL AND c.cancelled_at IS NULL), NULL, 'a duplicate is owed nothing');
UPDATE crm.lead SET excluded = 'test' WHERE external_id = 'excluded';
SELECT is((SELECT array_agg(DISTINCT c.cancel_reason) FROM crm.sla_clock AS c WHERE c.lead_id = pg_temp.id('excluded')), ARRAY['excluded'], 'a test lead is owed nothing');
UPDATE crm.lead SET do_not_contact = true WHERE external_id = 'quiet';
SELECT is((SELECT array_agg(DISTINCT c.cancel_reason) FROM crm.sla_clock AS c WHERE c.lead_id = pg_temp.id('quiet')), ARRAY['do_not_contact'], 'nor one who wants to be left alone');
SELECT pg_temp.id('deleted') AS deleted \gset
DELETE FROM crm.lead WHERE external_id = 'deleted';
SELECT is((SELECT array_agg(DISTINCT c.cancel_reason) FROM crm.sla_clock AS c WHERE c.lead_id = :deleted), ARRAY['deleted'], 'nor one that is gone');
INSERT INTO crm.lead (external_id, stage, do_not_contact) VALUES ('born quiet', 'mql', true);
INSERT INTO crm.lead (external_id, stage, excluded) VALUES ('born test', 'mql', 'test');
SELECT is((SELECT count(*) FROM crm.sla_clock AS c WHERE c.lead_id IN (pg_temp.id('born quiet'), pg_temp.id('born test'))), 0::bigint, 'no clock starts for them');

\ir include/end.psql
