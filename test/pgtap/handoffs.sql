-- A handoff is an offer with an answer: marketing offers a lead to sales, sales accepts it or sends it back with a
-- reason, and marketing takes on what came back.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

INSERT INTO crm.member (name, department) VALUES ('mara', 'marketing'), ('saul', 'sales');
CREATE FUNCTION pg_temp.open_handoff(external_id text) RETURNS bigint LANGUAGE sql STABLE
AS $$SELECT h.id FROM crm.handoff AS h WHERE h.lead_id = pg_temp.id($1) AND h.decision IS NULL$$;

-- opened
SET smarketing.actor = 'mara';
INSERT INTO crm.lead (external_id, stage) VALUES ('a1', 'lead'), ('a2', 'mql'), ('a3', 'subscriber');
UPDATE crm.lead SET stage = 'mql' WHERE external_id IN ('a1', 'a3');
RESET smarketing.actor;
SELECT results_eq($$SELECT l.external_id, h.cycle, h.direction, h.from_stage, h.to_stage, h.offered_at = l.stage_since, h.offered_by, h.decision, h.decided_at, h.owner
                    FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id ORDER BY 1$$,
    $$VALUES ('a1'::text, 1, 'to_sales'::text, 'lead'::text, 'mql'::text, true, 'mara'::text, NULL::text, NULL::timestamptz, NULL::text),
             ('a2', 1, 'to_sales', NULL, 'mql', true, 'mara', NULL, NULL, NULL), ('a3', 1, 'to_sales', 'subscriber', 'mql', true, 'mara', NULL, NULL, NULL)$$,
    'a move into the handoff stage opens an offer, and so does an entry there');
INSERT INTO crm.lead (external_id, stage) VALUES ('own', 'sal'), ('called', 'lead');
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'called';
SELECT is(ARRAY[pg_temp.handoffs('own'), pg_temp.handoffs('called')], ARRAY[NULL, NULL], 'sales'' own leads, and those they call in, are offered by nobody');

-- answered by the lead's move
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'a1';
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready', note = 'in autumn' WHERE external_id = 'a2';
UPDATE crm.lead SET stage = 'disqualified', reason = 'spam' WHERE external_id = 'a3';
SELECT is(ARRAY[pg_temp.handoffs('a1'), pg_temp.handoffs('a2'), pg_temp.handoffs('a3')],
          ARRAY['to_sales accepted', 'to_sales rejected not_ready, to_marketing open not_ready', 'to_sales rejected spam'], 'a move of the lead is the answer');
SELECT is((SELECT note FROM crm.handoff WHERE lead_id = pg_temp.id('a2') AND direction = 'to_sales'), 'in autumn', 'with its note');

-- answered by UPDATE handoff
SET smarketing.actor = 'mara';
INSERT INTO crm.lead (external_id, stage) SELECT 'u' || n, 'mql' FROM generate_series(1, 20) AS n;
SET smarketing.actor = 'saul';
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'accepted' WHERE id = pg_temp.open_handoff('u1')$$, 1, 'accepted');
SELECT results_eq($$SELECT h.decision, h.decided_by, h.decided_at = l.stage_since, l.stage FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id WHERE l.external_id = 'u1'$$,
                  $$VALUES ('accepted'::text, 'saul'::text, true, 'sal'::text)$$, 'who and when, and the lead has moved');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'rejected', reason = 'wrong_size', note = 'two people' WHERE id = pg_temp.open_handoff('u2')$$, 1, 'rejected');
SELECT results_eq($$SELECT stage, reason, note FROM crm.lead WHERE external_id = 'u2'$$, $$VALUES ('recycled'::text, 'wrong_size'::text, 'two people'::text)$$, 'goes back with its reason');
SELECT is(pg_temp.handoffs('u2'), 'to_sales rejected wrong_size, to_marketing open wrong_size', 'as an offer to marketing');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'rejected', reason = 'spam' WHERE id = pg_temp.open_handoff('u3')$$, 1, 'rejected for a reason that disqualifies');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'rejected', reason = 'duplicate' WHERE id = pg_temp.open_handoff('u4')$$, 1, 'rejected as a duplicate');
SELECT is(ARRAY[pg_temp.stage('u3'), pg_temp.handoffs('u3'), pg_temp.stage('u4'), pg_temp.handoffs('u4')],
          ARRAY['disqualified', 'to_sales rejected spam', 'disqualified', 'to_sales merged duplicate'], 'the reason''s outcome says where the lead goes');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'rejected', reason = 'wrong_territory' WHERE id = pg_temp.open_handoff('u5')$$, 0, 'rejected for a reason that reroutes: the lead stays');
SELECT is(ARRAY[pg_temp.stage('u5'), pg_temp.handoffs('u5')], ARRAY['mql', 'to_sales rerouted wrong_territory, to_sales open'], 'and is offered anew');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'rejected', reason = 'price' WHERE id = pg_temp.open_handoff('u6')$$, 1, 'the reason''s kind is not judged on a rejection');
SELECT is(pg_temp.handoffs('u6'), 'to_sales rejected price, to_marketing open price', 'its outcome is return');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'rerouted', reason = 'wrong_territory' WHERE id = pg_temp.open_handoff('u7')$$, 0, 'rerouted may be said as it is stored');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'merged', reason = 'duplicate' WHERE id = pg_temp.open_handoff('u8')$$, 1, 'and so may merged');

-- many at once, of every kind, in any order
SELECT pg_temp.recorded($$UPDATE crm.handoff AS h SET decision = v.decision, reason = v.reason
    FROM (VALUES ('u14', 'rejected', 'not_ready'), ('u13', 'accepted', NULL), ('u12', 'rejected', 'wrong_territory'), ('u11', 'rejected', 'duplicate'),
                 ('u10', 'accepted', NULL), ('u9', 'rejected', 'spam')) AS v (external_id, decision, reason)
    WHERE h.id = pg_temp.open_handoff(v.external_id)$$, 5, 'six decisions in one statement');
SELECT is((SELECT string_agg(pg_temp.stage('u' || n) || ': ' || pg_temp.handoffs('u' || n), '; ' ORDER BY n) FROM generate_series(9, 14) AS n),
          'disqualified: to_sales rejected spam; sal: to_sales accepted; disqualified: to_sales merged duplicate; mql: to_sales rerouted wrong_territory, to_sales open; '
          'sal: to_sales accepted; recycled: to_sales rejected not_ready, to_marketing open not_ready', 'each as it was decided');
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = CASE WHEN lead_id = pg_temp.id('u15') THEN 'rejected' ELSE 'accepted' END
                         WHERE id IN (pg_temp.open_handoff('u15'), pg_temp.open_handoff('u16'))$$, 'SM004', 'one without its reason takes the others with it');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = CASE external_id WHEN 'u17' THEN 'recycled' WHEN 'u18' THEN 'disqualified' ELSE 'sal' END,
                             reason = CASE external_id WHEN 'u17' THEN 'competitor' WHEN 'u18' THEN 'not_a_fit' END
                          WHERE external_id IN ('u17', 'u18', 'u19')$$, 3, 'and so do moves of many');
SELECT is((SELECT string_agg(pg_temp.handoffs('u' || n), '; ' ORDER BY n) FROM generate_series(17, 19) AS n),
          'to_sales rejected competitor, to_marketing open competitor; to_sales rejected not_a_fit; to_sales accepted', 'each with its answer');
RESET smarketing.actor;

-- impossible decisions
SELECT pg_temp.refused(format('UPDATE crm.handoff SET decision = %s WHERE lead_id = pg_temp.id(%L) AND decision IS NOT NULL', decision, 'u1'), 'SM006', 'decided already, then ' || decision)
FROM unnest(ARRAY['''rejected''', 'NULL', '''rerouted''']) AS decision;
SELECT pg_temp.refused(format('UPDATE crm.handoff SET decision = %L WHERE id = pg_temp.open_handoff(%L)', decision, 'u15'), 'SM006', 'nobody decides ' || decision)
FROM unnest(ARRAY['withdrawn', 'auto_accepted']) AS decision;
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'perhaps' WHERE id = pg_temp.open_handoff('u15')$$, '23514', 'a decision that is none');
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'rejected' WHERE id = pg_temp.open_handoff('u15')$$, 'SM004', 'rejected without a reason');
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'rejected', reason = 'bah "çã"' WHERE id = pg_temp.open_handoff('u15')$$, 'SM004', 'rejected for a reason that is none');
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'rerouted', reason = 'not_ready' WHERE id = pg_temp.open_handoff('u15')$$, 'SM004', 'rerouted for a reason that does not');
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'merged', reason = 'not_ready' WHERE id = pg_temp.open_handoff('u15')$$, 'SM004', 'merged for a reason that does not');
UPDATE crm.reason SET needs_note = true WHERE name = 'not_ready';
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'rejected', reason = 'not_ready' WHERE id = pg_temp.open_handoff('u15')$$, 'SM004', 'a reason that needs a note');
SET smarketing.actor = 'mara';
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'accepted' WHERE id = pg_temp.open_handoff('u15')$$, 'SM006', 'marketing does not accept for sales');
SET smarketing.actor = 'saul';
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'accepted' WHERE id = pg_temp.open_handoff('u2')$$, 'SM006', 'nor sales for marketing');
SET smarketing.actor = 'mara';
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'rejected', reason = 'timing' WHERE id = pg_temp.open_handoff('u2')$$, 'SM006', 'what came back can only be accepted');
RESET smarketing.actor;
SELECT pg_temp.refused($$INSERT INTO crm.handoff (lead_id, direction, to_stage) VALUES (pg_temp.id('own'), 'to_sales', 'mql')$$, 'SM006', 'an offer is made by moving the lead');
SELECT pg_temp.refused($$DELETE FROM crm.handoff WHERE lead_id = pg_temp.id('u1')$$, 'SM005', 'and what was offered stays offered');
SELECT pg_temp.refused($$TRUNCATE crm.handoff$$, 'SM005', 'all of it');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'recycled', reason = 'wrong_territory' WHERE external_id = 'u15'$$, 'SM004', 'a reason that reroutes moves no lead');

-- decide()
SELECT is(smarketing.decide('crm', pg_temp.open_handoff('u15'), 'rejected', 'not_ready', 'next year'), 'rejected', 'decide() says what is stored');
SELECT is((SELECT note FROM crm.lead WHERE external_id = 'u15'), 'next year', 'with the note');
SELECT is(smarketing.decide('crm', pg_temp.open_handoff('u16'), 'rejected', 'wrong_territory'), 'rerouted', 'also where the outcome is another');
SELECT is(smarketing.decide('crm', pg_temp.open_handoff('u16'), 'accepted'), 'accepted', 'the new offer is accepted');
SELECT pg_temp.refused($$SELECT smarketing.decide('crm', id, 'rejected', 'not_ready') FROM crm.handoff WHERE lead_id = pg_temp.id('u1')$$, 'SM006', 'decide(): decided already');
SELECT pg_temp.refused($$SELECT smarketing.decide('crm', id, 'accepted') FROM crm.handoff WHERE lead_id = pg_temp.id('u1')$$, 'SM006', 'also when it says the same');
SELECT pg_temp.refused($$SELECT smarketing.decide('crm', -1, 'accepted')$$, 'SM006', 'decide(): no such handoff');
SELECT pg_temp.refused($$SELECT smarketing.decide('crm', NULL, 'accepted')$$, 'SM006', 'decide(): null');
SELECT pg_temp.refused($$SELECT smarketing.decide('nowhere', 1, 'accepted')$$, '3F000', 'decide(): no such schema');
SELECT pg_temp.refused($$SELECT smarketing.decide('pg_catalog', 1, 'accepted')$$, 'SM010', 'decide(): no workspace');
SELECT pg_temp.refused($$SELECT smarketing.decide(NULL, 1, 'accepted')$$, '22004', 'decide(): a null for a workspace');
SELECT pg_temp.refused($$SELECT smarketing.decide('crm', pg_temp.open_handoff('u20'), NULL)$$, 'SM006', 'decide(): no decision');
SELECT pg_temp.refused($$SELECT smarketing.decide('crm', pg_temp.open_handoff('u20'), 'rejected')$$, 'SM004', 'decide(): no reason');

-- what a client may change of a handoff, and when
UPDATE crm.handoff SET rating = 5, note = 'well prepared', owner = 'mara', offered_at = '2000-01-01Z', offered_by = 'me', lead_id = 1, cycle = 9, to_stage = 'x', direction = 'to_marketing',
    decided_by = 'me', decided_at = '2000-01-01Z', routed_by = 'me', from_stage = 'x' WHERE id = (SELECT id FROM crm.handoff WHERE lead_id = pg_temp.id('u1'));
SELECT results_eq($$SELECT rating, note, owner, offered_at > 'today', offered_by, cycle, to_stage, direction, decided_by, decided_at > 'today', routed_by, from_stage FROM crm.handoff WHERE lead_id = pg_temp.id('u1')$$,
    $$VALUES (5, 'well prepared'::text, NULL::text, true, 'mara'::text, 1, 'mql'::text, 'to_sales'::text, 'saul'::text, true, NULL::text, NULL::text)$$, 'of a decided handoff only rating and note');
SELECT pg_temp.refused($$UPDATE crm.handoff SET rating = 6 WHERE lead_id = pg_temp.id('u1')$$, '23514', 'a rating is 1 to 5');

-- back to marketing: taken on by its touch or its move
SELECT is(pg_temp.handoffs('u17'), 'to_sales rejected competitor, to_marketing open competitor', 'a lead that came back');
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('u17'), 'page_view'), (pg_temp.id('u17'), 'call');
SELECT is(pg_temp.handoffs('u17'), 'to_sales rejected competitor, to_marketing open competitor', 'the lead''s own doing and sales'' calls are no touch of marketing');
INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('u17'), 'marketing_call', now() - interval '1 day');
SELECT is(pg_temp.handoffs('u17'), 'to_sales rejected competitor, to_marketing open competitor', 'nor is a call from before it came back');
SET smarketing.actor = 'mara';
BEGIN;
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('u17'), 'marketing_call'), (pg_temp.id('u17'), 'marketing_call');
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('u17'), 'newsletter');
COMMIT;
SELECT is((SELECT count(*) FROM crm.event WHERE lead_id = pg_temp.id('u17') AND kind = 'handoff_decided' AND payload ->> 'direction' = 'to_marketing'), 1::bigint, 'one event tells of it, however often it is touched');
SELECT is(pg_temp.handoffs('u17'), 'to_sales rejected competitor, to_marketing accepted competitor', 'a call of marketing is');
SELECT is((SELECT decided_by FROM crm.handoff WHERE lead_id = pg_temp.id('u17') AND direction = 'to_marketing'), 'mara', 'by the one who called');
UPDATE crm.lead SET stage = 'lead' WHERE external_id = 'u14';
SELECT is(pg_temp.handoffs('u14'), 'to_sales rejected not_ready, to_marketing accepted not_ready', 'and so is marketing''s move');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'accepted' WHERE id = pg_temp.open_handoff('u2')$$, 0, 'or its word: the lead stays where it is');
RESET smarketing.actor;
INSERT INTO crm.lead (external_id, stage) VALUES ('callback', 'sal');
UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id = 'callback';
SET smarketing.actor = 'saul';
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'callback';
RESET smarketing.actor;
SELECT is(pg_temp.handoffs('callback'), 'to_marketing withdrawn timing', 'a lead that sales calls in again was not taken on');

-- the second cycle
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'u14';
SELECT is(pg_temp.handoffs('u14'), 'to_sales rejected not_ready, to_marketing accepted not_ready, to_sales open', 'offered again');
SELECT results_eq($$SELECT h.cycle, l.cycle FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id WHERE h.id = pg_temp.open_handoff('u14')$$, $$VALUES (2, 2)$$, 'in the second cycle');
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'u14';
SELECT is((SELECT string_agg(cycle || ' ' || to_stage, ', ' ORDER BY at, id) FROM crm.stage_change WHERE lead_id = pg_temp.id('u14')), '1 mql, 1 recycled, 1 lead, 2 mql, 2 sal', 'and so does the history');

-- withdrawn
INSERT INTO crm.transition (from_stage, to_stage) VALUES ('mql', 'lead');
INSERT INTO crm.lead (external_id, stage) SELECT 'w' || n, 'mql' FROM generate_series(1, 6) AS n;
SET smarketing.actor = 'mara';
UPDATE crm.lead SET stage = 'lead' WHERE external_id = 'w1';
RESET smarketing.actor;
SELECT is(split_part(pg_temp.handoffs('w1'), ',', 1), 'to_sales withdrawn', 'marketing takes its offer back');
UPDATE crm.lead SET excluded = 'competitor' WHERE external_id = 'w2';
SELECT is(pg_temp.handoffs('w2'), 'to_sales withdrawn', 'an excluded lead is offered no longer');
UPDATE crm.lead SET excluded = NULL WHERE external_id = 'w2';
UPDATE crm.lead SET stage = 'recycled', reason = 'competitor' WHERE external_id = 'w3';
UPDATE crm.lead SET excluded = 'spam' WHERE external_id = 'w3';
SELECT is(pg_temp.handoffs('w3'), 'to_sales rejected competitor, to_marketing withdrawn competitor', 'in neither direction');
INSERT INTO crm.lead (external_id, stage, excluded) VALUES ('w7', 'mql', 'test');
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready', note = 'x' WHERE external_id = 'w7';
SELECT is(pg_temp.handoffs('w7'), NULL, 'nor is one that is excluded from the start');
SELECT pg_temp.id('w4') AS w4, pg_temp.id('w5') AS w5 \gset
DELETE FROM crm.lead WHERE external_id = 'w4';
SELECT is((SELECT decision || ' ' || (decided_at > 'today') FROM crm.handoff WHERE lead_id = :w4), 'withdrawn true', 'a deleted lead''s offer is withdrawn, and stays');

-- routing
INSERT INTO crm.team (name, department) VALUES ('north', 'sales'), ('south', 'sales'), ('desk', 'marketing');
INSERT INTO crm.member (name, department, team, weight) VALUES ('ana', 'sales', 'north', 3), ('bia', 'sales', 'north', 1), ('cai', 'sales', 'north', 7), ('dom', 'marketing', 'north', 1),
    ('eva', 'sales', 'south', 1), ('fil', 'sales', 'south', 1), ('gil', 'sales', NULL, 1);
INSERT INTO crm.routing_rule (position, condition, team, method) VALUES (10, '$.country == "BR"', 'north', 'round_robin'), (20, '$.country == "PT"', 'south', 'least_open');
CREATE FUNCTION pg_temp.owners(prefix text) RETURNS text LANGUAGE sql STABLE
AS $$SELECT string_agg(o.owner || ' ' || o.n, ', ' ORDER BY o.owner) FROM (SELECT coalesce(h.owner, 'nobody') AS owner, count(*) AS n FROM crm.handoff AS h
     JOIN crm.lead AS l ON l.id = h.lead_id WHERE starts_with(l.external_id, $1) AND l.owner IS NOT DISTINCT FROM h.owner GROUP BY 1) AS o$$;
INSERT INTO crm.lead (external_id, stage, country) SELECT 'br' || n, 'mql', 'BR' FROM generate_series(1, 1100) AS n;
SELECT is(pg_temp.owners('br'), 'ana 300, bia 100, cai 700', 'round robin: exactly by weight, in one statement; the lead has the same owner');
SELECT is((SELECT max(abs(n - 11.0 / 11 * w)) < 7 FROM (SELECT h.owner, count(*) AS n, CASE h.owner WHEN 'ana' THEN 3 WHEN 'bia' THEN 1 ELSE 7 END AS w FROM crm.handoff AS h
           JOIN crm.lead AS l ON l.id = h.lead_id WHERE l.external_id ~ '^br[1-9]$' OR l.external_id IN ('br10', 'br11') GROUP BY 1) AS x), true, 'and smoothly: also among the first eleven');
DO $$BEGIN FOR n IN 1..22 LOOP INSERT INTO crm.lead (external_id, stage, country) VALUES ('single' || n, 'mql', 'BR'); END LOOP; END$$;
SELECT is(pg_temp.owners('single'), 'ana 6, bia 2, cai 14', 'exactly by weight, lead by lead');
SELECT is((SELECT DISTINCT team FROM crm.handoff WHERE owner = 'ana'), 'north', 'the team is the rule''s');
SELECT matches((SELECT min(routed_by) FROM crm.handoff WHERE owner = 'ana'), 'north', 'and the handoff says why');
INSERT INTO crm.absence (member, during) VALUES ('cai', tstzrange(now() - interval '1 day', now() + interval '1 day')), ('ana', tstzrange(NULL, now() - interval '1 day')), ('bia', tstzrange(now() + interval '1 day', NULL));
INSERT INTO crm.lead (external_id, stage, country) SELECT 'away' || n, 'mql', 'BR' FROM generate_series(1, 8) AS n;
SELECT is(pg_temp.owners('away'), 'ana 6, bia 2', 'who is away gets none; who is back, or not away yet, does');
DELETE FROM crm.absence;
INSERT INTO crm.lead (external_id, stage, country) SELECT 'back' || n, 'mql', 'BR' FROM generate_series(1, 11) AS n;
SELECT ok((SELECT count(*) BETWEEN 7 AND 10 FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id WHERE l.external_id LIKE 'back%' AND h.owner = 'cai'), 'who comes back has not to catch up');
UPDATE crm.member SET active = false WHERE name = 'cai';
UPDATE crm.member SET capacity = 0 WHERE name = 'ana';
INSERT INTO crm.lead (external_id, stage, country) SELECT 'full' || n, 'mql', 'BR' FROM generate_series(1, 4) AS n;
SELECT is(pg_temp.owners('full'), 'bia 4', 'who has left or is full gets none');
UPDATE crm.member SET capacity = (SELECT count(*) FROM crm.lead AS l JOIN crm.stage AS s ON s.name = l.stage WHERE l.owner = 'bia' AND s.department = 'sales' AND s.kind IN ('handoff', 'inventory')) + 2 WHERE name = 'bia';
INSERT INTO crm.lead (external_id, stage, country) SELECT 'limit' || n, 'mql', 'BR' FROM generate_series(1, 4) AS n;
SELECT is(pg_temp.owners('limit'), 'bia 2, nobody 2', 'a capacity is kept within one statement; the rest waits');
SELECT is((SELECT DISTINCT team FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id WHERE l.external_id LIKE 'limit%'), 'north', 'with the team');
UPDATE crm.setting SET value = '"gil"' WHERE name = 'fallback_owner';
INSERT INTO crm.lead (external_id, stage, country) VALUES ('late1', 'mql', 'BR'), ('late2', 'mql', 'XX');
SELECT is(pg_temp.owners('late'), 'gil 2', 'the fallback owner gets what nobody can take, and what no rule matches');
UPDATE crm.member SET active = false WHERE name = 'gil';
INSERT INTO crm.lead (external_id, stage, country) VALUES ('none', 'mql', 'XX');
SELECT is(pg_temp.owners('none'), 'nobody 1', 'a fallback owner who has left gets nothing');
DELETE FROM crm.member WHERE name = 'gil';
INSERT INTO crm.lead (external_id, stage, country) VALUES ('none too', 'mql', 'XX');
SELECT is(pg_temp.owners('none'), 'nobody 2', 'nor one who is no member any more');
INSERT INTO crm.member (name, department) VALUES ('gil', 'sales');
UPDATE crm.setting SET value = 'null' WHERE name = 'fallback_owner';

INSERT INTO crm.lead (external_id, stage, owner) SELECT 'pt0' || n, 'sal', 'eva' FROM generate_series(1, 3) AS n;
INSERT INTO crm.lead (external_id, stage, owner) VALUES ('pt done', 'customer', 'fil');
INSERT INTO crm.lead (external_id, stage, country) SELECT 'ptx' || n, 'mql', 'PT' FROM generate_series(1, 7) AS n;
SELECT is(pg_temp.owners('ptx'), 'eva 2, fil 5', 'least open: who has least in work gets the next');

INSERT INTO crm.account (id, name, owner) VALUES (7001, 'Acme', 'fil'), (7002, 'Gone Ltd', 'cai'), (7003, 'Odd Inc', 'mara');
UPDATE crm.member SET capacity = NULL;
INSERT INTO crm.lead (external_id, stage, country, account_id, owner) VALUES ('acc1', 'mql', 'BR', 7001, NULL), ('acc2', 'mql', 'BR', 7001, 'gil'), ('acc3', 'mql', 'XX', 7002, NULL), ('acc4', 'mql', 'XX', 7003, NULL),
    ('acc5', 'mql', 'XX', NULL, 'mara');
SELECT results_eq($$SELECT l.external_id, h.owner, l.owner FROM crm.lead AS l JOIN crm.handoff AS h ON h.lead_id = l.id WHERE l.external_id LIKE 'acc%' ORDER BY 1$$,
    $$VALUES ('acc1'::text, 'fil'::text, 'fil'::text), ('acc2', 'gil', 'gil'), ('acc3', NULL, NULL), ('acc4', NULL, NULL), ('acc5', NULL, 'mara')$$,
    'the account''s owner first, the lead''s own before it; one who has left or is not of sales is passed over');
INSERT INTO crm.lead (external_id, stage, country) VALUES ('re', 'mql', 'PT');
SELECT owner AS first_owner FROM crm.lead WHERE external_id = 're' \gset
SELECT is(smarketing.decide('crm', pg_temp.open_handoff('re'), 'rejected', 'wrong_territory'), 'rerouted', 'wrong territory');
SELECT is((SELECT h.owner || ' ' || l.owner FROM crm.lead AS l JOIN crm.handoff AS h ON h.lead_id = l.id WHERE h.id = pg_temp.open_handoff('re')),
          CASE :'first_owner' WHEN 'eva' THEN 'fil fil' ELSE 'eva eva' END, 'is offered to the other one, whose lead it is now');
UPDATE crm.member SET active = false WHERE name = 'eva';
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 're';
SELECT is(pg_temp.handoffs('re'), 'to_sales rerouted wrong_territory, to_sales accepted', 'who accepts');

-- a rule is judged on the lead as it is stored, with the persona of this write
INSERT INTO crm.persona (name, condition) VALUES ('boss', '$.job_title == "CEO"');
INSERT INTO crm.routing_rule (position, condition, team) VALUES (1, '$.persona == "boss" && $.stage == "mql"', 'south');
INSERT INTO crm.lead (external_id, stage, job_title, country) VALUES ('ceo', 'mql', 'CEO', 'BR');
SELECT is(pg_temp.owners('ceo'), 'fil 1', 'the first rule by position');

-- truncated
SELECT throws_ok($$TRUNCATE crm.lead$$, '0A000', NULL, 'leads are not truncated without what refers to them');
TRUNCATE crm.lead CASCADE;
SELECT is((SELECT count(*) FROM crm.handoff WHERE decision IS NULL), 0::bigint, 'where they are, all that was open is withdrawn');
SELECT ok((SELECT count(*) FROM crm.stage_change) > 1000, 'and the history stays');

\ir include/end.psql
