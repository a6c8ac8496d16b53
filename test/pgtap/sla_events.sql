-- What starts a clock and what ends it, event by event; whose calendar it goes by; and what leaves it alone.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();

-- an agreement for the year before: its Mondays are 2024-03-04, 11, 18, …
INSERT INTO crm.calendar (name, hours) VALUES ('denver', 'America/Denver; Mo-Fr 09:00-17:00'), ('long', 'UTC; Mo-Fr 09:00-21:00');
INSERT INTO crm.agreement (name, valid) VALUES ('events', '[2024-01-01,2025-01-01)') RETURNING id AS events \gset
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, within, counted, calendar, calendar_of, cutoff, warn_at, released_on)
SELECT :events, v.key, v.department, v.starts_on, v.ends_on, v.within, v.counted, v.calendar, v.calendar_of, v.cutoff, v.warn_at, v.released_on
FROM (VALUES
    ('accept', 'sales', 'handoff:offered', 'handoff:accepted', interval '4 hours', 'working', 'office', 'commitment', NULL::time, 0.5::float8, NULL::text[]),
    ('reject', 'sales', 'handoff:offered', 'handoff:rejected', '4 hours', 'working', 'office', 'owner', NULL, 0.8, NULL),
    ('decide', 'sales', 'handoff:offered', 'handoff:decided', '4 hours', 'working', 'office', 'team', NULL, 0.8, '{stage:lead}'),
    ('once more', 'marketing', 'handoff:offered', 'handoff:offered', '9 hours', 'working', 'office', 'commitment', NULL, NULL, NULL),
    ('take up', 'marketing', 'handoff:returned', 'touch', '4 hours', 'working', 'office', 'commitment', NULL, 0.8, NULL),
    ('their call', 'marketing', 'handoff:offered', 'activity:call', '1 hour', 'around_the_clock', NULL, 'commitment', NULL, 0.8, NULL),
    ('work', 'sales', 'stage:sal', 'stage:sql', '9 hours', 'working', 'office', 'owner', NULL, 0.8, NULL),
    ('after yes', 'sales', 'handoff:accepted', 'contact', '9 hours', 'working', 'office', 'owner', NULL, 0.8, NULL),
    ('offer', 'marketing', 'stage:mql', 'stage:sal', '9 hours', 'working', 'office', 'owner', NULL, 0.8, NULL),
    ('close', 'sales', 'handoff:offered', 'deal:won', '90 hours', 'working', 'office', 'commitment', NULL, 0.8, NULL),
    ('lose', 'sales', 'handoff:offered', 'deal:lost', '90 hours', 'working', 'office', 'commitment', NULL, 0.8, NULL),
    ('welcome', 'marketing', 'deal:won', 'activity:newsletter', '1 day', 'around_the_clock', NULL, 'commitment', NULL, 0.8, NULL),
    ('tell', 'sales', 'deal:lost', 'feedback', '9 hours', 'working', 'office', 'commitment', NULL, 0.8, NULL),
    ('learn', 'marketing', 'feedback', 'touch', '9 hours', 'working', 'office', 'commitment', NULL, 0.8, NULL),
    ('by evening', 'sales', 'activity:demo_request', 'contact', NULL, 'working_day_end', 'office', 'owner', '16:00', 0.8, NULL)
) AS v (key, department, starts_on, ends_on, within, counted, calendar, calendar_of, cutoff, warn_at, released_on);
SELECT pg_temp.sign(:events) \g /dev/null

-- ---- handoffs ----
SELECT pg_temp.offer('yes', '2024-03-04 10:00Z'), pg_temp.move('yes', 'sal', '2024-03-04 12:00Z') \g /dev/null
SELECT is(ARRAY[pg_temp.clock('yes', 'accept'), pg_temp.clock('yes', 'decide'), pg_temp.clock('yes', 'reject')], ARRAY['met 2024-03-04 12:00', 'met 2024-03-04 12:00', 'breached 2024-03-04 14:00'],
          'an acceptance is a decision and no rejection');
SELECT pg_temp.offer('no', '2024-03-04 10:00Z'), pg_temp.move('no', 'recycled', '2024-03-04 12:00Z', 'wrong_size') \g /dev/null
SELECT is(ARRAY[pg_temp.clock('no', 'accept'), pg_temp.clock('no', 'decide'), pg_temp.clock('no', 'reject')], ARRAY['breached 2024-03-04 14:00', 'met 2024-03-04 12:00', 'met 2024-03-04 12:00'],
          'a rejection is a decision and no acceptance');
SELECT pg_temp.did('no', 'marketing_call', '2024-03-04 13:00Z') \g /dev/null
SELECT is((SELECT string_agg(h.decision, ' ' ORDER BY h.id) FROM crm.handoff AS h WHERE h.lead_id = pg_temp.id('no')), 'rejected accepted', 'marketing takes it up');
SELECT is(ARRAY[pg_temp.clock('no', 'accept'), pg_temp.clock('no', 'take up')], ARRAY['breached 2024-03-04 14:00', 'met 2024-03-04 13:00'], 'which is not what sales have to accept');
SELECT pg_temp.did('no', 'note', '2024-03-04 13:30Z') \g /dev/null
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('no') AND kind = 'note';
SELECT is(pg_temp.clock('no', 'accept'), 'breached 2024-03-04 14:00', 'however often it is looked at');
SELECT is((SELECT string_agg(m.key || ' ' || h.direction, ', ' ORDER BY m.key) FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id LEFT JOIN crm.handoff AS h ON h.id = c.handoff_id
           WHERE c.lead_id = pg_temp.id('no') AND m.key IN ('accept', 'take up', 'offer')), 'accept to_sales, offer to_sales, take up to_marketing', 'each clock knows its handoff');
SELECT is((SELECT c.handoff_id FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id WHERE c.lead_id = pg_temp.id('yes') AND m.key = 'work'), NULL, 'and one of a stage without an offer has none');

SELECT pg_temp.offer('twice', '2024-03-04 10:00Z'), pg_temp.move('twice', 'recycled', '2024-03-05 10:00Z', 'not_ready'), pg_temp.move('twice', 'mql', '2024-03-11 10:00Z') \g /dev/null
SELECT is(pg_temp.clock('twice', 'once more', '2024-03-11 11:00Z'), 'met_late 2024-03-11 10:00, running 2024-03-12 10:00', 'an offer ends the clock of the offer before, and starts its own');
SELECT is(pg_temp.clock('twice', 'decide', '2024-03-11 11:00Z'), 'met_late 2024-03-05 10:00, running 2024-03-11 14:00', 'and what was decided before it does not decide it');
SELECT pg_temp.offer('back', '2024-03-04 10:00Z') \g /dev/null
INSERT INTO crm.transition (from_stage, to_stage, department) VALUES ('mql', 'lead', 'marketing'), ('sal', 'mql', 'sales');
SET smarketing.actor = 'mia';
SELECT pg_temp.move('back', 'lead', '2024-03-04 11:00Z') \g /dev/null
RESET smarketing.actor;
SELECT is(pg_temp.clock('back', 'decide'), 'cancelled stage:lead', 'an offer that is taken back was not decided');
SELECT is(pg_temp.clock('back', 'accept'), 'cancelled withdrawn', 'nor accepted');

-- rerouted: the new offer is open, although the old one was decided at its very instant
SELECT pg_temp.offer('reroute', now() - interval '2 hours') \g /dev/null
SELECT pg_temp.decide('crm', (SELECT h.id FROM crm.handoff AS h WHERE h.lead_id = pg_temp.id('reroute')), 'rejected', 'wrong_territory') \g /dev/null
SELECT pg_temp.did('reroute', 'note', now()) \g /dev/null
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('reroute');
SELECT results_eq($$SELECT c.ended_at IS NOT NULL, c.cancelled_at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id
                    WHERE m.key = 'handoff_decision' AND c.lead_id = pg_temp.id('reroute') ORDER BY c.id$$, $$VALUES (true, NULL::timestamptz), (false, NULL)$$, 'a reroute decides the old offer, not the new one');
-- merged, and decided by nobody
SELECT pg_temp.offer('same', '2024-03-04 10:00Z') \g /dev/null
SELECT pg_temp.decide('crm', (SELECT h.id FROM crm.handoff AS h WHERE h.lead_id = pg_temp.id('same')), 'rejected', 'duplicate') \g /dev/null
SELECT is((SELECT string_agg(c.cancel_reason || (c.ended_at IS NULL), ' ') FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id WHERE c.lead_id = pg_temp.id('same') AND m.key = 'accept'), 'mergedtrue', 'a duplicate is owed no acceptance');
SELECT is((SELECT c.ended_at = h.decided_at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id JOIN crm.handoff AS h ON h.id = c.handoff_id WHERE c.lead_id = pg_temp.id('same') AND m.key = 'reject'), true, 'to call it one was a rejection');
UPDATE crm.setting SET value = '"accept"' WHERE name = 'handoff_policy';
SELECT pg_temp.offer('silence', '2024-03-04 10:00Z') \g /dev/null
SELECT done FROM smarketing.tick('crm') WHERE action = 'handoffs decided' \g /dev/null
SELECT is((SELECT c.ended_at = h.decided_at FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id JOIN crm.handoff AS h ON h.id = c.handoff_id
           WHERE c.lead_id = pg_temp.id('silence') AND m.key = 'accept' AND h.decision = 'auto_accepted'), true, 'silence is consent, and ends what waits for it');
UPDATE crm.setting SET value = '"escalate"' WHERE name = 'handoff_policy';

-- ---- what sales take back from marketing stays owed ----
SELECT pg_temp.offer('called back', '2024-03-04 10:00Z'), pg_temp.move('called back', 'recycled', '2024-03-04 11:00Z', 'not_ready') \g /dev/null
SET smarketing.actor = 'sam';
SELECT pg_temp.move('called back', 'sal', '2024-03-04 12:00Z') \g /dev/null
RESET smarketing.actor;
SELECT is(ARRAY[pg_temp.clock('called back', 'take up'), pg_temp.clock('called back', 'close', '2024-03-04 13:00Z')], ARRAY['cancelled withdrawn', 'running 2024-03-18 10:00'], 'marketing owes nothing any more, sales go on owing theirs');

-- ---- activities of the other department, where one kind is named ----
SELECT pg_temp.offer('rung', '2024-03-04 10:00Z'), pg_temp.did('rung', 'call', '2024-03-04 10:30Z') \g /dev/null
SELECT is(pg_temp.clock('rung', 'their call'), 'met 2024-03-04 10:30', 'a kind that is named counts, whosever it is');

-- ---- stages, deals, feedback ----
SELECT is(ARRAY[pg_temp.clock('yes', 'offer'), pg_temp.clock('yes', 'work', '2024-03-04 13:00Z')], ARRAY['met 2024-03-04 12:00', 'running 2024-03-05 12:00'], 'a stage ends one and starts another');
SELECT pg_temp.move('yes', 'sql', '2024-03-05 12:00Z') \g /dev/null
SELECT is(pg_temp.clock('yes', 'work'), 'met 2024-03-05 12:00', 'the next stage ends it');
INSERT INTO crm.deal (external_id, lead_id, opened_at) VALUES ('d', pg_temp.id('yes'), '2024-03-06 10:00Z');
UPDATE crm.deal SET won = false, closed_at = '2024-03-07 10:00Z', reason = 'price' WHERE external_id = 'd';
SELECT is(ARRAY[pg_temp.clock('yes', 'lose'), pg_temp.clock('yes', 'close', '2024-03-07 11:00Z'), pg_temp.clock('yes', 'tell', '2024-03-07 11:00Z'), pg_temp.clock('yes', 'welcome')],
          ARRAY['met 2024-03-07 10:00', 'running 2024-03-18 10:00', 'running 2024-03-08 10:00', NULL], 'a deal that is lost is not won');
INSERT INTO crm.feedback (lead_id, kind, body, at) VALUES (pg_temp.id('yes'), 'price', 'too dear for them', '2024-03-08 09:30Z');
SELECT is(ARRAY[pg_temp.clock('yes', 'tell'), pg_temp.clock('yes', 'learn', '2024-03-08 10:00Z')], ARRAY['met 2024-03-08 09:30', 'running 2024-03-11 09:30'], 'sales tell why, and marketing has to learn from it');
UPDATE crm.feedback SET resolved_at = now(), resolution = 'a smaller plan';
SELECT is(pg_temp.clock('yes', 'learn', '2024-03-08 10:00Z'), 'running 2024-03-11 09:30', 'that it is resolved is no second feedback');
UPDATE crm.deal SET won = true, closed_at = '2024-03-11 10:00Z' WHERE external_id = 'd';
SELECT is(ARRAY[pg_temp.clock('yes', 'close'), pg_temp.clock('yes', 'welcome', '2024-03-11 11:00Z')], ARRAY['met 2024-03-11 10:00', 'running 2024-03-12 10:00'], 'won after all');
SELECT is(pg_temp.clock('yes', 'lose', '2024-03-12'), 'running 2024-03-18 10:00', 'and so not lost: what the loss had ended is owed again');
UPDATE crm.deal SET closed_at = '2024-03-12 10:00Z' WHERE external_id = 'd';
SELECT is(pg_temp.clock('yes', 'close'), 'met 2024-03-12 10:00', 'its day is corrected');
UPDATE crm.deal SET lead_id = pg_temp.id('rung') WHERE external_id = 'd';
SELECT is(ARRAY[pg_temp.clock('yes', 'close', '2024-03-13'), pg_temp.clock('rung', 'close')], ARRAY['running 2024-03-18 10:00', 'met 2024-03-12 10:00'], 'it was another one''s');
DELETE FROM crm.deal WHERE external_id = 'd';
SELECT is(pg_temp.clock('rung', 'close', '2024-03-13'), 'running 2024-03-18 10:00', 'it was none');

-- ---- stages that were only stepped over start none, and end what waits for them ----
SELECT pg_temp.offer('stepped', '2024-03-04 10:00Z') \g /dev/null
INSERT INTO crm.deal (lead_id, opened_at) VALUES (pg_temp.id('stepped'), '2024-03-04 12:00Z');
SELECT is(pg_temp.history('stepped'), 'mql sal~ sql~ opportunity', 'a deal takes its lead over two stages');
SELECT is(ARRAY[pg_temp.clock('stepped', 'work'), (SELECT (c.ended_at IS NOT NULL)::text FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id WHERE m.key = 'offer' AND c.lead_id = pg_temp.id('stepped'))],
          ARRAY[NULL, 'true'], 'what has been stepped over is owed to nobody, and was reached');
BEGIN;
SET LOCAL smarketing.import = 'old';
INSERT INTO crm.lead (external_id, stage, stage_since, owner) VALUES ('imported', 'sal', '2024-03-04 10:00Z', 'sam');
INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('imported'), 'demo_request', '2024-03-04 11:00Z');
COMMIT;
SELECT is((SELECT count(*) FROM crm.sla_clock WHERE lead_id = pg_temp.id('imported')), 0::bigint, 'an import starts none, neither by a stage nor by an activity');

-- ---- whose calendar, and its own time of day ----
UPDATE crm.team SET calendar = 'long' WHERE name = 'inside';
UPDATE crm.member SET calendar = 'denver' WHERE name = 'sue';
SELECT pg_temp.offer('sue''s', '2024-03-04 15:00Z', 'sue'), pg_temp.offer('sam''s', '2024-03-04 15:00Z', 'sam') \g /dev/null
SELECT is(ARRAY[pg_temp.due('sue''s', 'accept'), pg_temp.due('sue''s', 'reject'), pg_temp.due('sue''s', 'decide')], ARRAY['2024-03-05 10:00Z', '2024-03-04 20:00Z', '2024-03-04 19:00Z']::timestamptz[],
          'the commitment''s, her own (Denver opens at 16:00 UTC), her team''s');
SELECT is(ARRAY[pg_temp.due('sam''s', 'accept'), pg_temp.due('sam''s', 'reject'), pg_temp.due('sam''s', 'decide')], ARRAY['2024-03-05 10:00Z', '2024-03-04 19:00Z', '2024-03-04 19:00Z']::timestamptz[],
          'who has none of his own goes by his team''s');
INSERT INTO crm.lead (external_id, stage, stage_since, owner) VALUES ('asks', 'lead', '2024-03-01 10:00Z', 'sue'), ('asks late', 'lead', '2024-03-01 10:00Z', 'sue'), ('asks sam', 'lead', '2024-03-01 10:00Z', 'sam');
SELECT pg_temp.did('asks', 'demo_request', '2024-03-04 22:59Z'), pg_temp.did('asks late', 'demo_request', '2024-03-04 23:00:01Z'), pg_temp.did('asks sam', 'demo_request', '2024-03-04 16:00:01Z') \g /dev/null
SELECT is(ARRAY[pg_temp.due('asks', 'by evening'), pg_temp.due('asks late', 'by evening'), pg_temp.due('asks sam', 'by evening')], ARRAY['2024-03-05 00:00Z', '2024-03-06 00:00Z', '2024-03-05 21:00Z']::timestamptz[],
          'the cutoff is read on the calendar''s own clock: 16:00 in Denver is 23:00 UTC');
UPDATE crm.handoff SET owner = 'sue' WHERE lead_id = pg_temp.id('sam''s');
SELECT pg_temp.move('sam''s', 'sal', '2024-03-04 17:00Z') \g /dev/null
SELECT is((SELECT c.owner FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id WHERE m.key = 'after yes' AND c.lead_id = pg_temp.id('sam''s')), 'sue', 'who owes it is whom it was offered to');

-- ---- warnings: half of the time, and none ----
SELECT is((SELECT array_agg(c.warn_due_at ORDER BY m.key) FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id WHERE m.key IN ('accept', 'once more') AND c.lead_id = pg_temp.id('rung')),
          ARRAY['2024-03-04 12:00Z', NULL]::timestamptz[], 'a warning at half the time, and one that is never given');

-- ---- pauses ----
UPDATE crm.stage SET pauses_clocks = true WHERE name = 'sal';
INSERT INTO crm.lead (external_id, stage, stage_since, owner) VALUES ('rests', 'sal', '2024-03-04 12:00Z', 'sam'), ('rests 2', 'lead', '2024-03-04 09:00Z', 'sam');
SELECT is(pg_temp.clock('rests', 'work', '2024-03-05 12:00Z'), 'paused', 'a clock that starts in a stage that pauses stands still from its start');
SELECT pg_temp.move('rests 2', 'sal', '2024-03-04 12:00Z') \g /dev/null
SELECT pg_temp.did('rests 2', 'demo_request', '2024-03-04 10:00Z') \g /dev/null
SELECT is((SELECT c.paused::text FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id WHERE m.key = 'by evening' AND c.lead_id = pg_temp.id('rests 2')),
          '{["2024-03-04 12:00:00+00",)}', 'one whose start is told late ran until then');
UPDATE crm.stage SET pauses_clocks = false WHERE name = 'sal';

-- ---- what was cancelled for good, and what was purged, stays so ----
SELECT pg_temp.offer('quiet', '2024-03-04 10:00Z') \g /dev/null
UPDATE crm.lead SET do_not_contact = true WHERE external_id = 'quiet';
SELECT pg_temp.did('quiet', 'call', '2024-03-04 11:00Z') \g /dev/null
SELECT is(pg_temp.clock('quiet', 'their call'), 'cancelled do_not_contact', 'a call that is told afterwards ends nothing');
UPDATE crm.activity SET at = '2024-03-04 10:30Z' WHERE lead_id = pg_temp.id('quiet');
SELECT is(pg_temp.clock('quiet', 'their call'), 'cancelled do_not_contact', 'nor does its correction');
SELECT pg_temp.offer('old', '2024-03-04 10:00Z'), pg_temp.did('old', 'call', '2024-03-04 10:30Z', '2024-06-04 10:30Z'), pg_temp.did('old', 'demo_request', '2024-03-04 10:10Z') \g /dev/null
SELECT smarketing.purge_activities('crm', '2024-05-01Z') \g /dev/null
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('old');
SELECT is(pg_temp.clock('old', 'their call'), 'met 2024-03-04 10:30', 'what purged activities have ended stays ended');
UPDATE crm.activity SET kind = 'note' WHERE lead_id = pg_temp.id('rung');
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('rung'), 'note');
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('rung');
SELECT is(pg_temp.clock('rung', 'their call'), 'met 2024-03-04 10:30', 'also where they gave no points');

-- ---- volume: cycle by cycle; sales' own are not marketing's ----
SELECT pg_temp.offer('two cycles', '2025-06-02 10:00Z'), pg_temp.move('two cycles', 'recycled', '2025-06-03 10:00Z', 'wrong_size'), pg_temp.move('two cycles', 'mql', '2025-06-04 10:00Z'), pg_temp.move('two cycles', 'sal', '2025-06-05 10:00Z') \g /dev/null
SELECT results_eq($$SELECT entries, rejected, delivered FROM crm.commitment_progress WHERE commitment = 'accepted_mqls' AND period_start = '2025-06-01'$$, $$VALUES (2::bigint, 1::bigint, 1::numeric)$$, 'rejected in the first cycle, accepted in the second: one of two');
INSERT INTO crm.lead (external_id, stage, stage_since, owner, origin) VALUES ('sales'' own', 'sal', '2025-07-01 10:00Z', 'sam', 'inbound');
SELECT pg_temp.move('sales'' own', 'mql', '2025-07-02 10:00Z') \g /dev/null
SELECT results_eq($$SELECT entries, delivered FROM crm.commitment_progress WHERE commitment = 'accepted_mqls' AND period_start = '2025-07-01'$$, $$VALUES (0::bigint, 0::numeric)$$, 'what sales put into the handoff stage themselves is not marketing''s');

INSERT INTO crm.lead (external_id, stage, stage_since, owner, origin) VALUES ('bought in', 'mql', '2025-07-03 10:00Z', 'sam', 'outbound');
SELECT results_eq($$SELECT entries, delivered FROM crm.commitment_progress WHERE commitment = 'accepted_mqls' AND period_start = '2025-07-01'$$, $$VALUES (0::bigint, 0::numeric)$$, 'nor is one that the commitment is not about');

-- ---- a period that runs: what should be there by now ----
-- of the quarter's time a share is gone; 50 leads are what a target of 50 / share asks for by now
SELECT timezone('UTC', now()) AS local \gset
SELECT extract(epoch FROM :'local'::timestamp - date_trunc('quarter', :'local'::timestamp))
       / extract(epoch FROM date_trunc('quarter', :'local'::timestamp) + interval '3 months' - date_trunc('quarter', :'local'::timestamp)) AS share \gset
INSERT INTO crm.agreement (name, valid) VALUES ('running', daterange((now() - interval '300 days')::date, NULL)) RETURNING id AS running \gset
INSERT INTO crm.commitment (agreement_id, key, department, kind, condition, stage, target, per) VALUES
    (:running, 'easy', 'marketing', 'volume', '$.source == "fair"', 'mql', 50, 'quarter'), (:running, 'enough', 'marketing', 'volume', '$.source == "fair"', 'mql', floor(50 / :share) - 1, 'quarter'),
    (:running, 'too few', 'marketing', 'volume', '$.source == "fair"', 'mql', ceil(50 / :share) + 2, 'quarter');
BEGIN;
ALTER TABLE crm.agreement DISABLE TRIGGER smarketing_guard;
UPDATE crm.agreement SET valid = daterange('2025-01-01', (now() - interval '300 days')::date) WHERE name = 'standard';
ALTER TABLE crm.agreement ENABLE TRIGGER smarketing_guard;
COMMIT;
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, within, counted) VALUES (:running, 'work now', 'sales', 'stage:sal', 'stage:sql', '1 hour', 'around_the_clock'),
    (:running, 'remind', 'marketing', 'stage:recycled', 'follow_up_due', '5 days', 'around_the_clock'), (:running, 'ring', 'sales', 'follow_up_due', 'attempt', '2 days', 'around_the_clock');
SELECT pg_temp.sign(:running) \g /dev/null
INSERT INTO crm.lead (external_id, stage, owner, origin) VALUES ('stepped now', 'lead', 'sam', 'outbound'), ('walked now', 'sal', 'sam', 'outbound');
INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('stepped now'));
SELECT is((SELECT string_agg(l.external_id, ', ') FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id JOIN crm.lead AS l ON l.id = c.lead_id WHERE m.key = 'work now'),
          'walked now', 'nor does a stage that a deal has stepped over today start a clock');
INSERT INTO crm.lead (external_id, stage, owner, source) SELECT 'fair ' || n, 'mql', 'sam', 'fair' FROM generate_series(1, 50) AS n;
SELECT is((SELECT string_agg(p.commitment || ' ' || p.state, ', ' ORDER BY p.commitment) FROM crm.commitment_progress AS p WHERE p.agreement = 'running' AND NOT p.is_over),
          CASE WHEN floor(50 / :share) - 1 <= 50 THEN 'easy met, enough met, too few at_risk' ELSE 'easy met, enough on_track, too few at_risk' END, 'met as soon as it is there; on track while it keeps up with the time');
SELECT ok((SELECT abs(p.share_gone - :share) < 1e-3 AND abs(p.forecast - 50 / :share) < 1 FROM crm.commitment_progress AS p WHERE p.commitment = 'easy' AND NOT p.is_over), 'its forecast is where this pace leads to');

-- ---- a follow-up that is due ----
INSERT INTO crm.lead (external_id, stage, stage_since, owner, origin) VALUES ('later', 'sal', now() - interval '3 days', 'sam', 'outbound');
UPDATE crm.lead SET stage = 'recycled', stage_since = now() - interval '2 days', reason = 'timing', follow_up_on = timezone('UTC', now())::date WHERE external_id = 'later';
SELECT is(pg_temp.clock('later', 'ring', now()), NULL, 'a day that has come is not told of before tick');
SELECT is((SELECT done FROM smarketing.tick('crm') WHERE action = 'follow-ups raised'), 1::bigint, 'tick tells of it');
SELECT is(ARRAY[split_part(pg_temp.clock('later', 'ring', now()), ' ', 1), split_part(pg_temp.clock('later', 'remind', now()), ' ', 1)], ARRAY['running', 'met'], 'which starts what begins with it, and ends what waits for it');

-- ---- the board names who has to answer; the speed of the answers ----
SELECT pg_temp.offer('board', now()) \g /dev/null
INSERT INTO crm.agreement (name, valid) VALUES ('one', '[2019-01-01,2020-01-01)') RETURNING id AS one \gset
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, within, counted) VALUES (:one, 'the only one', 'sales', 'stage:mql', 'attempt', '1 hour', 'around_the_clock');
SELECT pg_temp.sign(:one), pg_temp.offer('of 2019', '2019-06-03 10:00Z') \g /dev/null
UPDATE crm.lead SET owner = 'mia' WHERE external_id = 'of 2019';
SELECT is((SELECT owner FROM crm.sla_board WHERE commitment = 'the only one'), 'sam', 'a lead in the hands of the other department is still owed by whom it was offered to');
UPDATE crm.lead SET owner = 'sue' WHERE external_id = 'of 2019';
SELECT is((SELECT owner FROM crm.sla_board WHERE commitment = 'the only one'), 'sue', 'one that was passed on in the department by its new owner');
UPDATE crm.lead SET excluded = 'internal' WHERE external_id NOT IN ('of 2019', 'back', 'rung') OR external_id IS NULL;
SELECT pg_temp.did('of 2019', 'call', '2019-06-03 10:05Z') \g /dev/null
SELECT results_eq($$SELECT band, leads FROM crm.speed_to_lead WHERE counted = 'elapsed' AND leads > 0 ORDER BY position$$, $$VALUES ('5 minutes'::text, 1::bigint), ('never', 1)$$,
                  'five minutes are five minutes; an offer that was withdrawn is left out');

\ir include/end.psql
