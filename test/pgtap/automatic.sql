-- Automatic moves are edges: a lead moves by itself when a rule begins to hold for it, or when it does what the rule
-- waits for, and never because somebody touched its row again.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

UPDATE crm.transition SET automatic_when = '$.employees >= 100' WHERE automatic_when IS NOT NULL;
INSERT INTO crm.member (name, department) VALUES ('mara', 'marketing'), ('saul', 'sales');

-- an edge
INSERT INTO crm.lead (external_id, employees) VALUES ('small', 5), ('edge', 99), ('null', NULL);
SELECT pg_temp.recorded($$UPDATE crm.lead SET name = 'Edge', employees = 99 WHERE external_id = 'edge'$$, 0, 'a rule that does not hold moves nobody');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 100 WHERE external_id = 'edge'$$, 1, 'a rule that begins to hold moves the lead');
SELECT results_eq($$SELECT c.from_stage, c.to_stage, c.automatic, c.implied, c.reason, c.at = l.stage_since, l.stage, l.stage_automatic
                    FROM crm.stage_change AS c JOIN crm.lead AS l ON l.id = c.lead_id WHERE l.external_id = 'edge' AND c.from_stage IS NOT NULL$$,
                  $$VALUES ('lead'::text, 'mql'::text, true, false, NULL::text, true, 'mql'::text, true)$$, 'the history and the lead say that it was automatic');
SELECT is(pg_temp.handoffs('edge'), 'to_sales open', 'and it is offered to sales, as by hand');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 200 WHERE external_id = 'edge'$$, 0, 'a rule that goes on holding moves nobody');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 100 WHERE external_id = 'null'$$, 1, 'from null it is an edge, too');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 100, stage_automatic = true WHERE external_id = 'small'$$, 1, 'stage_automatic of a client changes nothing in it');

-- marketing's and sales' people edit leads: the move is the rule's
INSERT INTO crm.lead (external_id, employees) VALUES ('by sales', 5);
SET smarketing.actor = 'saul';
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 150 WHERE external_id = 'by sales'$$, 1, 'sales completes a lead, and marketing''s rule moves it');
SELECT is((SELECT actor || automatic FROM crm.stage_change WHERE lead_id = pg_temp.id('by sales') ORDER BY id DESC LIMIT 1), 'saultrue', 'the history says who wrote');
RESET smarketing.actor;

-- on entry
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, employees) VALUES ('entry', 500), ('entry too', 3), ('entry three', 100)$$, 5, 'on entry the row before counts as false');
SELECT is(ARRAY[pg_temp.history('entry'), pg_temp.history('entry too'), pg_temp.history('entry three')], ARRAY['lead mql!', 'lead', 'lead mql!'],
          'the entry first, then the automatic move');
SELECT is(pg_temp.handoffs('entry'), 'to_sales open', 'which is offered');
SELECT is((SELECT row(stage, stage_automatic, cycle)::text FROM crm.lead WHERE external_id = 'entry'), '(mql,t,1)', 'and the row says so');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, employees, stage) VALUES ('sub', 500, 'subscriber'), ('own', 500, 'sal')$$, 2, 'an entry elsewhere stays there');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, employees) VALUES ('sub', 500), ('fresh', 600)
                          ON CONFLICT (external_id) DO UPDATE SET employees = excluded.employees, name = 'again'$$, 2, 'of an upsert only what is inserted enters');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, employees) SELECT 'bulk' || n, n FROM generate_series(1, 200) AS n$$, 301, 'two hundred enter, a hundred and one move on');

-- no bounce
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id = 'edge'$$, 1, 'sales sends the lead back');
SELECT pg_temp.recorded($$UPDATE crm.lead SET name = 'Edge & Sons', phone = '1' WHERE external_id = 'edge'$$, 0, 'it does not bounce on the value that it had');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 180 WHERE external_id = 'edge'$$, 0, 'nor on a better one');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('edge'), 'page_view'), (pg_temp.id('edge'), 'email_open')$$, 0, 'nor on any activity');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 50 WHERE external_id = 'edge'$$, 0, 'it shrinks');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 100 WHERE external_id = 'edge'$$, 1, 'and grows again: a new edge');
SELECT is((SELECT row(stage, stage_automatic, cycle)::text FROM crm.lead WHERE external_id = 'edge'), '(mql,t,2)', 'it is in its second cycle');
SELECT is(pg_temp.handoffs('edge'), 'to_sales rejected not_ready, to_marketing accepted not_ready, to_sales open', 'marketing''s rule has accepted what came back');

-- events
UPDATE crm.transition SET automatic_on = '{demo_request,webinar}' WHERE automatic_when IS NOT NULL;
INSERT INTO crm.lead (external_id, employees) VALUES ('asks', 3);
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('asks'), 'demo_request')$$, 0, 'a demo request of a lead that does not fit');
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id = 'edge';
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('edge'), 'demo_request')$$, 1, 'a demo request of a recycled lead that fits: edge or not');
SELECT is(pg_temp.history('edge'), 'lead mql! recycled mql! recycled mql!', 'it is an automatic move');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('edge'), 'demo_request')$$, 0, 'once it is there, another one does nothing');
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id IN ('edge', 'entry');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) SELECT l.id, k FROM crm.lead AS l, unnest(ARRAY['webinar', 'webinar', 'call', 'demo_request']) AS k
                          WHERE l.external_id IN ('edge', 'entry', 'asks', 'bulk150', 'own')$$, 2, 'many activities of many leads: each moves at most once');
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id = 'edge';
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('edge'), 'webinar', now() - interval '20 days')$$, 1, 'an event that is told late is an event');
SELECT is((SELECT stage_since > 'today' FROM crm.lead WHERE external_id = 'edge'), true, 'its move is made now');
UPDATE crm.transition SET automatic_when = NULL, automatic_on = '{bounce}' WHERE from_stage = 'subscriber' AND to_stage = 'lead';
INSERT INTO crm.lead (external_id, stage) VALUES ('bouncer', 'subscriber');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('bouncer'), 'bounce')$$, 1, 'an event without a rule');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 200 WHERE external_id = 'sub'$$, 0, 'and no rule is no edge');

-- an explicit move of the client wins
INSERT INTO crm.lead (external_id, employees) VALUES ('explicit', 3), ('explicit too', 3), ('stays', 3);
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 300, stage = 'sal' WHERE external_id = 'explicit'$$, 1, 'a client''s move wins over the rule''s');
SELECT is(pg_temp.history('explicit'), 'lead sal', 'and is no automatic one');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 300, stage = 'mql' WHERE external_id = 'explicit too'$$, 1, 'also where both say the same');
SELECT is((SELECT stage_automatic FROM crm.lead WHERE external_id = 'explicit too'), false, 'it is the client''s');
SELECT pg_temp.refused($$UPDATE crm.lead SET employees = 300, stage = 'customer' WHERE external_id = 'stays'$$, 'SM001', 'an illegal one is refused, and no rule saves it');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 300, stage = 'disqualified', reason = 'spam' WHERE external_id = 'stays'$$, 1, 'out of reach');
UPDATE crm.lead SET stage = 'lead' WHERE external_id = 'stays';
SELECT pg_temp.recorded($$UPDATE crm.lead SET phone = '2' WHERE external_id = 'stays'$$, 0, 'what already held when it came back is no edge');

-- a change of the rules moves nobody
INSERT INTO crm.lead (external_id, employees) VALUES ('quiet', 60);
SELECT pg_temp.recorded($$UPDATE crm.transition SET automatic_when = '$.employees >= 50' WHERE automatic_when IS NOT NULL$$, 0, 'a laxer rule moves nobody');
SELECT pg_temp.recorded($$UPDATE crm.lead SET name = 'Quiet', employees = 70 WHERE external_id = 'quiet'$$, 0, 'nor does a write to a lead for which it held before the write, too');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 49 WHERE external_id = 'quiet'$$, 0, 'down');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 50 WHERE external_id = 'quiet'$$, 1, 'and up');

-- a condition on the transition, beside the rule
UPDATE crm.transition SET condition = '$.country == "BR" && $.stage == "mql"' WHERE from_stage = 'lead' AND to_stage = 'mql';
INSERT INTO crm.lead (external_id, employees) VALUES ('abroad', 3), ('home', 3);
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 500 WHERE external_id = 'abroad'$$, 0, 'a move whose condition does not hold is not made, and the write passes');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 500, country = 'BR' WHERE external_id = 'home'$$, 1, 'it reads the lead as it will be stored, its stage, too');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, employees, country) VALUES ('abroad 2', 500, 'PT'), ('home 2', 500, 'BR')$$, 3, 'on entry as well');
UPDATE crm.transition SET condition = NULL;

-- at most one move per lead and statement, and the first by position
UPDATE crm.transition SET automatic_when = '$.employees >= 50' WHERE from_stage = 'mql' AND to_stage = 'sal';
UPDATE crm.transition SET automatic_when = '$.employees >= 50' WHERE from_stage = 'lead' AND to_stage = 'sal';
INSERT INTO crm.lead (external_id, employees) VALUES ('one step', 3);
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 500 WHERE external_id = 'one step'$$, 1, 'two rules begin to hold: one move');
SELECT is(pg_temp.history('one step'), 'lead mql!', 'to the first stage by position');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, employees) VALUES ('one step in', 500)$$, 2, 'an entry and one move');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 600 WHERE external_id = 'one step'$$, 0, 'the next rule held already');
UPDATE crm.transition SET automatic_when = NULL WHERE to_stage = 'sal';

-- automatic_when sees the stage before the move, and the time in it
UPDATE crm.transition SET automatic_when = '$.stage == "lead" && $.employees >= 50' WHERE from_stage = 'lead' AND to_stage = 'mql';
INSERT INTO crm.lead (external_id, employees) VALUES ('sees', 3);
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 500 WHERE external_id = 'sees'$$, 1, 'automatic_when sees the stage before the move');
SELECT is(pg_temp.history('sees'), 'lead mql!', 'and the history that it was automatic');
UPDATE crm.transition SET automatic_when = '$.persona == "boss"' WHERE from_stage = 'lead' AND to_stage = 'mql';
INSERT INTO crm.persona (name, condition) VALUES ('boss', '$.job_title == "CEO"');
INSERT INTO crm.lead (external_id) VALUES ('promoted');
SELECT pg_temp.recorded($$UPDATE crm.lead SET job_title = 'CEO' WHERE external_id = 'promoted'$$, 1, 'and what the guard has computed in this write');
UPDATE crm.transition SET automatic_when = '$.employees >= 100' WHERE from_stage = 'lead' AND to_stage = 'mql';

-- excluded leads
INSERT INTO crm.lead (external_id, employees, excluded) VALUES ('tester', 3, 'test'), ('tester in', 300, 'internal');
SELECT is(pg_temp.history('tester in'), 'lead', 'an excluded lead does not move on entry');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 300 WHERE external_id = 'tester'$$, 0, 'nor on an edge');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('tester'), 'demo_request')$$, 0, 'nor on an event');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'tester'$$, 1, 'by hand it does');
SELECT is((SELECT pg_temp.handoffs('tester')), NULL, 'and is offered to nobody');
SELECT is((SELECT count(*) FROM crm.event WHERE lead_id IN (pg_temp.id('tester'), pg_temp.id('tester in'))), 0::bigint, 'and no event tells of it');

-- automatic is the rule's word, not the client's
INSERT INTO crm.lead (external_id, employees, stage_automatic) VALUES ('liar', 3, true);
UPDATE crm.lead SET stage = 'mql', stage_automatic = true WHERE external_id = 'liar';
SELECT is((SELECT stage_automatic FROM crm.lead WHERE external_id = 'liar'), false, 'a client cannot say that its move is automatic');
SELECT is(pg_temp.history('liar'), 'lead mql', 'nor in the history');
SELECT throws_ok($$UPDATE crm.transition SET automatic_when = '$.employees > 1' WHERE reason_kind IS NOT NULL$$, 'SM007', NULL,
                 'a move that needs a reason cannot be automatic');

\ir include/end.psql
