-- Deals: sales opens one, and its lead is an opportunity; it is won or lost, and the lead follows.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

INSERT INTO crm.member (name, department) VALUES ('mara', 'marketing'), ('saul', 'sales');
INSERT INTO crm.account (id, name) VALUES (101, 'Acme'), (102, 'Bolt'), (103, 'Cato');
INSERT INTO crm.lead (external_id, stage, account_id) VALUES ('one', 'sql', 101), ('two', 'sql', 102), ('three', 'sql', 102), ('four', 'lead', NULL), ('five', 'mql', NULL), ('six', 'subscriber', NULL);

-- opened, won
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, lead_id, amount) VALUES ('d1', pg_temp.id('one'), 1000)$$, 1, 'a deal is opened');
SELECT is(pg_temp.stage('one'), 'opportunity', 'its lead is an opportunity');
SELECT pg_temp.recorded($$UPDATE crm.deal SET amount = 1200, probability = 0.7 WHERE external_id = 'd1'$$, 0, 'another amount moves nobody');
SELECT is((SELECT is_customer FROM crm.account WHERE id = 101), false, 'the account is no customer yet');
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = true WHERE external_id = 'd1'$$, 1, 'it is won');
SELECT results_eq($$SELECT l.stage, l.customer_since = d.closed_at, d.closed_at = l.stage_since, a.is_customer, l.cycle FROM crm.lead AS l JOIN crm.deal AS d ON d.lead_id = l.id JOIN crm.account AS a ON a.id = l.account_id
                    WHERE l.external_id = 'one'$$, $$VALUES ('customer'::text, true, true, true, 1)$$, 'its lead is a customer since then, and so is the account');

-- lost: with a reason
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, lead_id) VALUES ('d2', pg_temp.id('two')), ('d3', pg_temp.id('two'))$$, 1, 'two deals of one lead: one move');
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = false, reason = 'price' WHERE external_id = 'd2'$$, 0, 'one lost, one open: still an opportunity');
SELECT pg_temp.refused($$UPDATE crm.deal SET won = false WHERE external_id = 'd3'$$, 'SM004', 'the last one lost without a reason');
SELECT pg_temp.refused($$UPDATE crm.deal SET won = false, reason = 'not_ready' WHERE external_id = 'd3'$$, 'SM004', 'for a reason of another kind');
SELECT pg_temp.refused($$UPDATE crm.deal SET won = false, reason = 'dunno' WHERE external_id = 'd3'$$, '23503', 'for one that is none');
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = false, reason = 'chose_competitor' WHERE external_id = 'd3'$$, 1, 'lost');
SELECT results_eq($$SELECT stage, reason, customer_since FROM crm.lead WHERE external_id = 'two'$$, $$VALUES ('closed_lost'::text, 'chose_competitor'::text, NULL::timestamptz)$$, 'its lead is lost for the same reason');

-- reopened
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = NULL WHERE external_id = 'd3'$$, 1, 'the deal is reopened');
SELECT results_eq($$SELECT l.stage, l.reason, d.closed_at FROM crm.lead AS l JOIN crm.deal AS d ON d.lead_id = l.id WHERE d.external_id = 'd3'$$, $$VALUES ('opportunity'::text, NULL::text, NULL::timestamptz)$$, 'and so is its lead');
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = true WHERE external_id = 'd3'$$, 1, 'won after all: one of two is enough');
SELECT is(pg_temp.history('two'), 'sql opportunity closed_lost opportunity customer', 'the whole story');
SELECT is((SELECT is_customer FROM crm.account WHERE id = 102), true, 'account Bolt is a customer');

-- a customer buys again, wins or loses
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, lead_id) VALUES ('d4', pg_temp.id('one'))$$, 1, 'a customer opens another deal');
SELECT results_eq($$SELECT stage, cycle, customer_since < now() FROM crm.lead WHERE external_id = 'one'$$, $$VALUES ('opportunity'::text, 2, true)$$, 'in a second cycle, still a customer since the first');
SELECT is((SELECT is_customer FROM crm.account WHERE id = 101), true, 'and so is the account');
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = false WHERE external_id = 'd4'$$, 1, 'it is lost, no reason is needed');
SELECT is(pg_temp.stage('one'), 'customer', 'since a customer remains one');
INSERT INTO crm.deal (external_id, lead_id) VALUES ('d5', pg_temp.id('one'));
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = true WHERE external_id = 'd5'$$, 1, 'the third is won');
SELECT results_eq($$SELECT stage, cycle FROM crm.lead WHERE external_id = 'one'$$, $$VALUES ('customer'::text, 3)$$, 'in its third cycle');
UPDATE crm.lead SET stage = 'former_customer', reason = 'left' WHERE external_id = 'one';
SELECT is((SELECT is_customer FROM crm.account WHERE id = 101), false, 'who has left is a customer no longer, nor is the account');
SELECT pg_temp.recorded($$UPDATE crm.deal SET name = 'old', amount = 7 WHERE external_id = 'd5'$$, 0, 'an edit of an old deal does not bring it back');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, lead_id) VALUES ('d6', pg_temp.id('one'))$$, 1, 'a former customer comes back');
SELECT results_eq($$SELECT stage, cycle FROM crm.lead WHERE external_id = 'one'$$, $$VALUES ('opportunity'::text, 4)$$, 'as an opportunity, in another cycle');
SELECT is((SELECT is_customer FROM crm.account WHERE id = 101), true, 'and the account is a customer again');

-- deleted
SELECT pg_temp.recorded($$DELETE FROM crm.deal WHERE external_id = 'd6'$$, 1, 'the deal was a mistake');
SELECT is(pg_temp.stage('one'), 'customer', 'one who has won deals is a customer without it');
INSERT INTO crm.deal (external_id, lead_id) VALUES ('d7', pg_temp.id('three'));
SELECT pg_temp.recorded($$DELETE FROM crm.deal WHERE external_id = 'd7'$$, 1, 'the only deal of an opportunity was a mistake');
SELECT is(pg_temp.history('three'), 'sql opportunity sql', 'it goes back to where it came from');
INSERT INTO crm.deal (external_id, lead_id) VALUES ('d8', pg_temp.id('three')), ('d9', pg_temp.id('three'));
SELECT pg_temp.recorded($$DELETE FROM crm.deal WHERE external_id = 'd8'$$, 0, 'one of two open ones');

-- one lead's deal given to another
SELECT pg_temp.recorded($$UPDATE crm.deal SET lead_id = pg_temp.id('five') WHERE external_id = 'd9'$$, 4, 'a deal moves to another lead, and both leads move');
SELECT is(ARRAY[pg_temp.stage('three'), pg_temp.stage('five')], ARRAY['sql', 'opportunity'], 'each to where its deals say');
SELECT is(ARRAY[pg_temp.history('five'), pg_temp.handoffs('five')], ARRAY['mql sal~ sql~ opportunity', 'to_sales accepted'], 'an open handoff is accepted on the way');

-- stepping, whatever the mode
SET smarketing.actor = 'mara';
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('four'))$$, 'SM003', 'marketing opens no deals');
SET smarketing.actor = 'saul';
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, lead_id) VALUES ('d10', pg_temp.id('four'))$$, 3, 'sales opens one for a lead that it calls in');
SELECT is(ARRAY[pg_temp.history('four'), pg_temp.handoffs('four')], ARRAY['lead sal~ sql~ opportunity', NULL], 'over the starred move, which is no handoff');
RESET smarketing.actor;
DELETE FROM crm.transition WHERE from_stage IN ('lead', 'subscriber', 'recycled') AND to_stage = 'sal';
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, lead_id, opened_at, won, closed_at, amount) VALUES ('d11', pg_temp.id('six'), now() - interval '5 days', true, now(), 10)$$, 5, 'a deal that is won when we hear of it');
SELECT is(ARRAY[pg_temp.history('six'), pg_temp.handoffs('six')], ARRAY['subscriber mql~ sal~ sql~ opportunity~ customer', 'to_sales accepted'],
          'without a starred move the path has a handoff, recorded as accepted');
SELECT results_eq($$SELECT offered_at = decided_at, offered_at = (SELECT stage_since FROM crm.lead WHERE external_id = 'six') FROM crm.handoff WHERE lead_id = pg_temp.id('six')$$, $$VALUES (true, true)$$, 'at one instant, now()');
SELECT is((SELECT count(*) FROM crm.event WHERE kind = 'stage_changed' AND lead_id = pg_temp.id('six')), 6::bigint, 'each step is an event');

-- on leads that were given up
INSERT INTO crm.lead (external_id, stage) SELECT 'gone' || n, 'sal' FROM generate_series(1, 4) AS n;
UPDATE crm.lead SET stage = 'disqualified', reason = 'not_a_fit' WHERE external_id = 'gone1';
UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id IN ('gone2', 'gone3');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('gone1'))$$, 5, 'a deal on a disqualified lead reopens it');
SELECT is(ARRAY[pg_temp.history('gone1'), pg_temp.handoffs('gone1')], ARRAY['sal disqualified lead~ mql~ sal~ sql~ opportunity', 'to_marketing accepted, to_sales accepted'], 'along legal moves, with all its handoffs answered');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('gone2'))$$, 4, 'a deal on a recycled lead');
SELECT is((SELECT string_agg(pg_temp.handoffs(e), '; ' ORDER BY e) FROM unnest(ARRAY['gone2', 'gone3']) AS e), 'to_marketing accepted timing, to_sales accepted; to_marketing open timing', 'answers what marketing had');
DELETE FROM crm.transition WHERE from_stage = 'recycled';
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('gone3'))$$, 'SM001', 'where no legal move leads back, it is refused whole');
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('gone4')), (pg_temp.id('gone3'))$$, 'SM001', 'with the deals beside it');

-- conditions and departments are judged on the last step only
INSERT INTO crm.lead (external_id, stage) VALUES ('cond', 'lead'), ('cond 2', 'lead');
UPDATE crm.transition SET condition = '$.employees > 10' WHERE to_stage IN ('mql', 'sal', 'sql');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('cond'))$$, 4, 'conditions on the way are not judged');
UPDATE crm.transition SET condition = '$.employees > 10' WHERE to_stage = 'opportunity';
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('cond 2'))$$, 'SM002', 'that of the last one is');
UPDATE crm.transition SET condition = NULL;

-- deals of an account only, and of nobody
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, account_id) VALUES ('acc', 103)$$, 0, 'a deal of an account moves no lead');
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = true WHERE external_id = 'acc'$$, 0, 'nor when it is won');
SELECT pg_temp.refused($$INSERT INTO crm.deal (name) VALUES ('nobody''s')$$, '23514', 'a deal is somebody''s');
SELECT pg_temp.recorded($$UPDATE crm.deal SET lead_id = pg_temp.id('cond 2') WHERE external_id = 'acc'$$, 5, 'given to a lead, it moves it');
SELECT is(pg_temp.stage('cond 2'), 'customer', 'to where it stands');

-- times
SELECT pg_temp.refused($$UPDATE crm.deal SET closed_at = opened_at - interval '1 hour' WHERE external_id = 'd1'$$, '23514', 'closed before it was opened');
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id, amount) VALUES (pg_temp.id('gone4'), 'NaN')$$, '23514', 'an amount that is none');
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id, amount) VALUES (pg_temp.id('gone4'), -1)$$, '23514', 'a negative one');
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id, amount) VALUES (pg_temp.id('gone4'), 'Infinity')$$, '23514', 'an infinite one');
SELECT pg_temp.refused($$DELETE FROM crm.lead WHERE external_id = 'four'$$, '23503', 'a lead with deals cannot be deleted');

SELECT pg_temp.refused('TRUNCATE crm.deal CASCADE', '0A000', 'deals do not go without their leads being moved');

-- an upsert of deals, and many in one statement
SELECT pg_temp.recorded($$INSERT INTO crm.deal (external_id, lead_id, won) VALUES ('d10', pg_temp.id('four'), true) ON CONFLICT (external_id) DO UPDATE SET won = excluded.won, amount = 5$$, 1, 'an upsert closes a deal');
INSERT INTO crm.lead (external_id, stage) SELECT 'many' || n, 'sql' FROM generate_series(1, 300) AS n;
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) SELECT pg_temp.id('many' || n) FROM generate_series(1, 300) AS n$$, 300, 'three hundred deals');
SELECT pg_temp.recorded($$UPDATE crm.deal AS d SET won = d.id % 2 = 0, reason = 'price' FROM crm.lead AS l WHERE l.id = d.lead_id AND starts_with(l.external_id, 'many')$$, 300, 'half of them won');
SELECT is((SELECT string_agg(stage || ' ' || n, ', ' ORDER BY stage) FROM (SELECT stage, count(*) AS n FROM crm.lead WHERE starts_with(external_id, 'many') GROUP BY 1) AS x), 'closed_lost 150, customer 150', 'and half lost');

-- a lead that changes its account takes its being a customer with it
UPDATE crm.lead SET account_id = 103 WHERE external_id = 'one';
SELECT results_eq($$SELECT id, is_customer FROM crm.account ORDER BY id$$, $$VALUES (101::bigint, false), (102, true), (103, true)$$, 'from one account to another');
UPDATE crm.lead SET account_id = NULL WHERE external_id = 'one';
SELECT is((SELECT is_customer FROM crm.account WHERE id = 103), false, 'and away');

-- excluded leads have deals, too; nothing of it is told
INSERT INTO crm.lead (external_id, stage, excluded) VALUES ('friend', 'sql', 'internal');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('friend'))$$, 1, 'an excluded lead''s deal moves it');
SELECT is((SELECT count(*) FROM crm.event WHERE lead_id = pg_temp.id('friend')), 0::bigint, 'silently');

\ir include/end.psql
