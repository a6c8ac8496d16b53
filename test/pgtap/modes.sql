-- How strict a workspace is: enforce as in the other stories; step, for teams that set the stage where the lead really
-- is; observe, for the month beside the old CRM.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

INSERT INTO crm.member (name, department) VALUES ('mara', 'marketing'), ('saul', 'sales');
INSERT INTO crm.member (name, department, db_role) VALUES ('olga', 'operations', 'smk_service'), ('ana', 'sales', 'smk_sales');

-- step
UPDATE crm.setting SET value = '"step"' WHERE name = 'transition_mode';
INSERT INTO crm.lead (external_id) SELECT 's' || n FROM generate_series(1, 20) AS n;
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'opportunity' WHERE external_id = 's1'$$, 3, 'a lead is an opportunity, says an unknown actor');
SELECT is(pg_temp.history('s1'), 'lead sal~ sql~ opportunity', 'the path with the fewest steps, starred moves included');
SELECT results_eq($$SELECT count(DISTINCT at), bool_and(at = l.stage_since), count(*) FILTER (WHERE implied) FROM crm.stage_change AS c
                    JOIN crm.lead AS l ON l.id = c.lead_id WHERE l.external_id = 's1' AND from_stage IS NOT NULL$$, $$VALUES (1::bigint, true, 2::bigint)$$,
                  'the stages between are recorded at the same instant');
SELECT is((SELECT row(stage, cycle, sales_cycle)::text FROM crm.lead WHERE external_id = 's1'), '(opportunity,1,1)', 'the row');
SELECT is(pg_temp.handoffs('s1'), NULL, 'a lead that was called in was offered to nobody');
SET smarketing.actor = 'saul';
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'sql' WHERE external_id = 's2'$$, 2, 'sales');
SELECT is(pg_temp.history('s2'), 'lead sal~ sql', 'calls it in');
SET smarketing.actor = 'mara';
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'sql' WHERE external_id = 's3'$$, 'SM003', 'marketing has a path, whose last step is not marketing''s');
UPDATE crm.transition SET department = NULL WHERE from_stage = 'sal' AND to_stage = 'sql';
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'sql' WHERE external_id = 's3'$$, 3, 'where the last step is everybody''s, the departments between are not judged');
SELECT is(pg_temp.history('s3'), 'lead mql~ sal~ sql', 'without starred moves the path goes over the handoff');
SELECT is(pg_temp.handoffs('s3'), 'to_sales accepted', 'which is recorded as accepted');
SELECT results_eq($$SELECT h.offered_at = h.decided_at, h.from_stage, h.to_stage, h.decided_by FROM crm.handoff AS h WHERE h.lead_id = pg_temp.id('s3')$$,
                  $$VALUES (true, 'lead'::text, 'mql'::text, 'mara'::text)$$, 'at that instant');
UPDATE crm.transition SET department = 'sales' WHERE from_stage = 'sal' AND to_stage = 'sql';
RESET smarketing.actor;
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage) VALUES ('s30', 'opportunity')$$, 1, 'an entry that is one is direct');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 's4'$$, 1, 'a move that is one is direct');
SELECT is(pg_temp.history('s4'), 'lead mql', 'and nothing is implied');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'lead' WHERE external_id = 's1'$$, 'SM001', 'backward it takes no path');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 's1'$$, 'SM001', 'not to the handoff either');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'no such' WHERE external_id = 's5'$$, 'SM001', 'nor to a stage that is not there');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'closed_lost' WHERE external_id = 's5'$$, 'SM004', 'the last step needs its reason');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'closed_lost', reason = 'price', note = 'too dear' WHERE external_id = 's5'$$, 4, 'and with it goes all the way');
SELECT results_eq($$SELECT to_stage, reason, note, implied FROM crm.stage_change WHERE lead_id = pg_temp.id('s5') AND from_stage IS NOT NULL ORDER BY id$$,
                  $$VALUES ('sal'::text, NULL::text, NULL::text, true), ('sql', NULL, NULL, true), ('opportunity', NULL, NULL, true), ('closed_lost', 'price', 'too dear', false)$$,
                  'the reason belongs to the last step');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'customer', stage_since = now() - interval '2 days' WHERE external_id = 's6'$$, 'SM011', 'and its time is judged');

-- conditions are judged on the last step only
UPDATE crm.transition SET condition = '$.employees >= 10' WHERE to_stage IN ('sal', 'sql', 'opportunity');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'customer' WHERE external_id = 's7'$$, 4, 'conditions of the steps between are not judged');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'opportunity' WHERE external_id = 's8'$$, 'SM002', 'that of the last step is');
UPDATE crm.transition SET condition = NULL;
-- of two paths with as many steps, the one over the lower positions
BEGIN;
INSERT INTO crm.stage (name, position, department) VALUES ('early', 45, 'sales'), ('late', 47, 'sales'), ('goal', 65, 'sales');
INSERT INTO crm.transition (from_stage, to_stage, department) VALUES ('sal', 'late', 'sales'), ('sal', 'early', 'sales'), ('late', 'goal', 'sales'), ('early', 'goal', 'sales');
COMMIT;
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'goal' WHERE external_id = 's9'$$, 3, 'two paths are as short');
SELECT is(pg_temp.history('s9'), 'lead sal~ early~ goal', 'the one by position is taken');
UPDATE crm.stage SET position = 48 WHERE name = 'early';
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'goal' WHERE external_id = 's10'$$, 3, 'positions change');
SELECT is(pg_temp.history('s10'), 'lead sal~ late~ goal', 'and so does the path');
-- many leads from many stages
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'opportunity' WHERE external_id IN ('s11', 's12', 's2', 's4')$$, 3 + 3 + 1 + 3, 'each lead on its own path');
SELECT is(ARRAY[pg_temp.history('s4'), pg_temp.handoffs('s4')], ARRAY['lead mql sal~ sql~ opportunity', 'to_sales accepted'], 'an open handoff is accepted by it');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id IN ('s13', 's14', 's9')$$, 'SM001', 'one without a path takes the others with it');
-- the legal path may lead through marketing
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'goal' WHERE external_id = 's1'$$, 4, 'an opportunity whose only path leads through marketing');
SELECT is(ARRAY[pg_temp.history('s1'), pg_temp.handoffs('s1')],
          ARRAY['lead sal~ sql~ opportunity recycled~ sal~ late~ goal', 'to_marketing accepted'], 'what goes back on it does not wait for marketing for ever');
-- a customer through the middle: counters
SELECT is((SELECT row(stage, cycle, customer_since IS NOT NULL)::text FROM crm.lead WHERE external_id = 's7'), '(customer,1,t)', 'a customer at once');
SELECT is_empty($$SELECT lead_id FROM crm.stage_change AS c WHERE from_stage IS NOT NULL
                  AND NOT EXISTS (SELECT FROM crm.transition AS t WHERE t.from_stage = c.from_stage AND t.to_stage = c.to_stage)$$,
                'each recorded step is a transition');

-- observe
UPDATE crm.setting SET value = '"observe"' WHERE name = 'transition_mode';
INSERT INTO crm.lead (id, external_id) SELECT 2000 + n, 'o' || n FROM generate_series(1, 20) AS n;
SELECT pg_temp.recorded(statement, moves, 'observed: ' || statement)
FROM (VALUES (1, $$UPDATE crm.lead SET stage = 'customer' WHERE id = 2001$$),
    (1, $$UPDATE crm.lead SET stage = 'lead' WHERE id = 2001$$),
    (1, $$INSERT INTO crm.lead (id, stage) VALUES (2050, 'closed_lost')$$),
    (1, $$UPDATE crm.lead SET stage = 'recycled' WHERE id = 2002$$),
    (1, $$UPDATE crm.lead SET stage = 'disqualified', reason = 'ação "x"' WHERE id = 2003$$),
    (1, $$UPDATE crm.lead SET stage = 'disqualified', reason = 'price' WHERE id = 2004$$),
    (1, $$UPDATE crm.lead SET stage = 'mql', stage_since = now() + interval '1 year' WHERE id = 2005$$),
    (1, $$UPDATE crm.lead SET stage = 'mql', stage_since = 'infinity' WHERE id = 2006$$),
    (1, $$UPDATE crm.lead SET stage = 'mql', stage_since = '-infinity' WHERE id = 2007$$),
    (1, $$UPDATE crm.lead SET stage = 'mql', stage_since = now() - interval '1 year' WHERE id = 2008$$),
    (1, $$INSERT INTO crm.lead (id, stage, stage_since) VALUES (2051, 'lead', 'infinity')$$),
    (1, $$INSERT INTO crm.lead (id, stage, stage_since) VALUES (2052, 'lead', now() - interval '1 year')$$),
    (0, $$UPDATE crm.lead SET reason = 'whatever' WHERE id = 2009$$),
    (1, $$UPDATE crm.lead SET stage = 'mql' WHERE id = 2010$$)) AS v (moves, statement);
UPDATE crm.transition SET condition = '$.employees > 10' WHERE from_stage = 'lead' AND to_stage = 'mql';
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'mql' WHERE id = 2011$$, 1, 'observed: a condition');
SET smarketing.actor = 'mara';
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'sal' WHERE id = 2012$$, 1, 'observed: another department');
RESET smarketing.actor;
UPDATE crm.setting SET value = 'true' WHERE name = 'require_actor';
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'sal' WHERE id = 2013$$, 1, 'observed: no actor');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (2013, 'call')$$, 0, 'observed: an activity without one');
UPDATE crm.setting SET value = 'false' WHERE name = 'require_actor';
SET smarketing.actor = 'ana';
GRANT USAGE ON SCHEMA crm TO smk_stranger;
GRANT SELECT, UPDATE ON crm.lead TO smk_stranger;
SET ROLE smk_stranger;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 2014$$, 'observed: a name that is not the session''s');
RESET ROLE;
RESET smarketing.actor;

SELECT results_eq($$SELECT lead_id, to_stage, violation, actor FROM crm.stage_change WHERE lead_id > 2000 AND (from_stage IS NOT NULL OR violation IS NOT NULL) ORDER BY id$$,
    $$VALUES (2001::bigint, 'customer'::text, 'SM001'::text, NULL::text), (2001, 'lead', 'SM001', NULL), (2050, 'closed_lost', 'SM001', NULL), (2002, 'recycled', 'SM004', NULL),
        (2003, 'disqualified', 'SM004', NULL), (2004, 'disqualified', 'SM004', NULL), (2005, 'mql', 'SM011', NULL), (2006, 'mql', 'SM011', NULL), (2007, 'mql', 'SM011', NULL),
        (2008, 'mql', 'SM011', NULL), (2051, 'lead', 'SM011', NULL), (2052, 'lead', 'SM011', NULL), (2010, 'mql', NULL, NULL), (2011, 'mql', 'SM002', NULL),
        (2012, 'sal', 'SM003', 'mara'), (2013, 'sal', 'SM009', NULL), (2014, 'sal', 'SM009', NULL)$$,
    'each is recorded with the SQLSTATE that it would have got, and a legal one with none');
SELECT is_empty($$SELECT c.lead_id, c.at FROM crm.stage_change AS c WHERE c.lead_id > 2000
                  AND (c.at > clock_timestamp() OR NOT isfinite(c.at) OR c.at < (SELECT max(p.at) FROM crm.stage_change AS p WHERE p.lead_id = c.lead_id AND p.id < c.id))$$,
                'no recorded time is in the future, infinite or before the one before it');
SELECT is_empty($$SELECT l.id, l.stage_since, c.at FROM crm.lead AS l CROSS JOIN LATERAL
                  (SELECT x.to_stage, x.at FROM crm.stage_change AS x WHERE x.lead_id = l.id ORDER BY x.at DESC, x.id DESC LIMIT 1) AS c
                  WHERE l.stage <> c.to_stage OR l.stage_since <> c.at$$, 'every lead stands, since when, as the history says');
SELECT results_eq($$SELECT violation, count(*) FROM crm.violations GROUP BY 1 ORDER BY 1$$,
                  $$VALUES ('SM001'::text, 3::bigint), ('SM002', 1), ('SM003', 1), ('SM004', 3), ('SM009', 2), ('SM011', 6)$$, 'view violations has them all');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'no such stage' WHERE id = 2015$$, 'SM001', 'a stage that is not there cannot be recorded in any mode');
SELECT pg_temp.refused($$INSERT INTO crm.lead (stage) VALUES ('no such stage')$$, 'SM001', 'nor entered');
SELECT pg_temp.refused($$UPDATE crm.lead SET id = 99999 WHERE id = 2015$$, 'SM005', 'history stays history');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) VALUES (2016), (2050)$$, 4, 'deals move their leads');
SELECT pg_temp.recorded($$UPDATE crm.deal SET won = false WHERE lead_id = 2016$$, 1, 'a deal lost without a reason');
SELECT is((SELECT violation FROM crm.stage_change WHERE lead_id = 2016 ORDER BY id DESC LIMIT 1), 'SM004', 'is a violation');
INSERT INTO crm.lead (id, stage, employees) VALUES (2060, 'mql', 50), (2061, 'mql', 50);
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'rejected' WHERE lead_id = 2060$$, 1, 'a rejection without a reason');
SELECT is((SELECT stage || violation FROM crm.lead JOIN crm.stage_change AS c ON c.lead_id = lead.id WHERE lead.id = 2060 ORDER BY c.id DESC LIMIT 1), 'recycledSM004', 'goes back all the same');
SET smarketing.actor = 'mara';
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'accepted' WHERE lead_id = 2061$$, 1, 'marketing accepts for sales');
RESET smarketing.actor;
SELECT is((SELECT violation FROM crm.stage_change WHERE lead_id = 2061 ORDER BY id DESC LIMIT 1), 'SM003', 'which is a violation, too');

-- back to strict: what was observed stays, and is no excuse
UPDATE crm.setting SET value = '"enforce"' WHERE name = 'transition_mode';
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'customer' WHERE id = 2001$$, 'SM001', 'enforce again');

\ir include/end.psql
