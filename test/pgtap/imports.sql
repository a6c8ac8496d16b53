-- Moving in: the old CRM's leads with their histories, then the leads that wait are offered to sales in portions.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

INSERT INTO crm.member (name, department) VALUES ('mara', 'marketing'), ('ana', 'sales'), ('rui', 'sales');
INSERT INTO crm.team (name, department) VALUES ('field', 'sales');
UPDATE crm.member SET team = 'field' WHERE department = 'sales';
INSERT INTO crm.routing_rule (team) VALUES ('field');
INSERT INTO crm.member (name, department, kind, db_role) VALUES ('sync', 'operations', 'service', 'smk_service');
INSERT INTO crm.member (name, department, db_role) VALUES ('pia', 'sales', 'smk_sales');
UPDATE crm.transition SET automatic_when = '$.employees >= 100', automatic_on = '{demo_request}' WHERE automatic_when IS NOT NULL;
INSERT INTO crm.event_consumer (name) VALUES ('mailer');

-- without an import, old times are refused
SELECT pg_temp.refused($$INSERT INTO crm.lead (stage, stage_since) VALUES ('lead', '2020-02-29 12:00Z')$$, 'SM011', 'an old lead outside an import');

-- the old CRM keeps its ids
ALTER TABLE crm.lead ALTER COLUMN id RESTART WITH 1000;

-- a history, told move by move with its own times
BEGIN;
SET LOCAL smarketing.import = 'old crm "2024"';
INSERT INTO crm.lead (id, external_id, stage, stage_since, employees, email)
    VALUES (1, 'won', 'lead', '2020-02-29 12:00Z', 300, 'won@example.org'), (2, 'back', 'mql', '2020-02-29 12:00Z', 300, 'back@example.org'),
           (3, 'waits', 'lead', '2020-03-01 12:00Z', 3, 'waits@example.org'), (4, 'sub', 'subscriber', '0001-01-01 00:00Z', NULL, NULL);
UPDATE crm.lead SET stage = 'mql', stage_since = '2020-03-02 12:00Z' WHERE id IN (1, 3);
UPDATE crm.lead SET stage = 'sal', stage_since = '2020-03-03 12:00Z' WHERE id = 1;
UPDATE crm.lead SET stage = 'recycled', stage_since = '2020-03-04 12:00Z', reason = 'not_ready', note = 'in autumn' WHERE id = 2;
UPDATE crm.lead SET stage = 'mql', stage_since = '2020-09-04 12:00Z' WHERE id = 2;
UPDATE crm.lead SET stage = 'sal', stage_since = '2020-09-04 12:00Z' WHERE id = 2;
INSERT INTO crm.deal (lead_id, opened_at, amount) VALUES (1, '2020-04-01 12:00Z', 100);
UPDATE crm.deal SET won = true, closed_at = '2020-05-01 12:00Z' WHERE lead_id = 1;
INSERT INTO crm.activity (lead_id, kind, at) VALUES (3, 'demo_request', '2020-03-01 13:00Z'), (1, 'call', '2020-03-02 13:00Z'), (4, 'demo_request', '2020-01-01 00:00Z');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'customer', stage_since = '2020-10-01Z' WHERE id = 3$$, 'SM001', 'in an import moves are checked as always');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'sal', stage_since = '2020-03-02 11:59Z' WHERE id = 3$$, 'SM011', 'so is their order');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'sal', stage_since = now() + interval '1 day' WHERE id = 3$$, 'SM011', 'and the future');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'recycled', stage_since = '2020-10-01Z' WHERE id = 3$$, 'SM004', 'and reasons');
COMMIT;

SELECT results_eq($$SELECT lead_id, to_stage, at, implied, cycle, recorded_at > 'today', import_batch FROM crm.stage_change ORDER BY lead_id, at, id$$,
    $$VALUES (1::bigint, 'lead'::text, '2020-02-29 12:00Z'::timestamptz, false, 1, true, 'old crm "2024"'::text), (1, 'mql', '2020-03-02 12:00Z', false, 1, true, 'old crm "2024"'),
        (1, 'sal', '2020-03-03 12:00Z', false, 1, true, 'old crm "2024"'), (1, 'sql', '2020-04-01 12:00Z', true, 1, true, 'old crm "2024"'),
        (1, 'opportunity', '2020-04-01 12:00Z', false, 1, true, 'old crm "2024"'), (1, 'customer', '2020-05-01 12:00Z', false, 1, true, 'old crm "2024"'),
        (2, 'mql', '2020-02-29 12:00Z', false, 1, true, 'old crm "2024"'), (2, 'recycled', '2020-03-04 12:00Z', false, 1, true, 'old crm "2024"'),
        (2, 'mql', '2020-09-04 12:00Z', false, 2, true, 'old crm "2024"'), (2, 'sal', '2020-09-04 12:00Z', false, 2, true, 'old crm "2024"'),
        (3, 'lead', '2020-03-01 12:00Z', false, 1, true, 'old crm "2024"'), (3, 'mql', '2020-03-02 12:00Z', false, 1, true, 'old crm "2024"'),
        (4, 'subscriber', '0001-01-01 00:00Z', false, 1, true, 'old crm "2024"')$$,
    'the histories, each at its times, under the batch''s name; no rule has moved anybody');
SELECT results_eq($$SELECT id, stage, stage_since, stage_automatic, cycle, customer_since, origin, owner FROM crm.lead ORDER BY id$$,
    $$VALUES (1::bigint, 'customer'::text, '2020-05-01 12:00Z'::timestamptz, false, 1, '2020-05-01 12:00Z'::timestamptz, 'import'::text, NULL::text),
        (2, 'sal', '2020-09-04 12:00Z', false, 2, NULL, 'import', NULL), (3, 'mql', '2020-03-02 12:00Z', false, 1, NULL, 'import', NULL),
        (4, 'subscriber', '0001-01-01 00:00Z', false, 1, NULL, 'import', NULL)$$, 'the leads; origin is import, nobody is routed');
SELECT results_eq($$SELECT lead_id, cycle, direction, from_stage, to_stage, offered_at, decision, decided_at, reason, note FROM crm.handoff ORDER BY lead_id, offered_at, id$$,
    $$VALUES (1::bigint, 1, 'to_sales'::text, 'lead'::text, 'mql'::text, '2020-03-02 12:00Z'::timestamptz, 'accepted'::text, '2020-03-03 12:00Z'::timestamptz, NULL::text, NULL::text),
        (2, 1, 'to_sales', NULL, 'mql', '2020-02-29 12:00Z', 'rejected', '2020-03-04 12:00Z', 'not_ready', 'in autumn'),
        (2, 1, 'to_marketing', 'mql', 'recycled', '2020-03-04 12:00Z', 'accepted', '2020-09-04 12:00Z', 'not_ready', 'in autumn'),
        (2, 2, 'to_sales', 'recycled', 'mql', '2020-09-04 12:00Z', 'accepted', '2020-09-04 12:00Z', NULL, NULL)$$,
    'handoffs that the import both opens and decides are recorded as decided; the one that waits is not open');
SELECT is((SELECT count(*) FROM crm.event), 0::bigint, 'no event tells of it');

-- an unchanged time is the time of the move, and outside an import it means now
BEGIN;
SET LOCAL smarketing.import = 'b';
UPDATE crm.lead SET stage = 'sql' WHERE id = 2;
COMMIT;
SELECT is((SELECT row(stage, stage_since)::text FROM crm.lead WHERE id = 2), '(sql,"2020-09-04 12:00:00+00")', 'in an import an unchanged stage_since is the instant of the move');
UPDATE crm.lead SET stage = 'recycled', reason = 'timing', stage_since = stage_since WHERE id = 2;
SELECT is((SELECT stage_since > 'today' FROM crm.lead WHERE id = 2), true, 'outside it means now');
SELECT is((SELECT import_batch FROM crm.stage_change WHERE lead_id = 2 ORDER BY id DESC LIMIT 1), NULL, 'SET LOCAL has ended with its transaction');
SELECT is(current_setting('smarketing.import'), '', 'and the setting is empty again');
BEGIN;
SET LOCAL smarketing.import = 'taken back';
ROLLBACK;
SELECT pg_temp.refused($$INSERT INTO crm.lead (stage, stage_since) VALUES ('lead', '2020-02-29 12:00Z')$$, 'SM011', 'an import that was rolled back is over');

-- COPY and upsert
BEGIN;
SET LOCAL smarketing.import = 'copied';
\copy crm.lead (external_id, stage, stage_since, owner, excluded) from program 'printf "c1\\tmql\\t2021-01-01 00:00Z\\tana\\t\\\\N\\nc2\\tmql\\t2021-01-01 00:00Z\\t\\\\N\\ttest\\nc3\\tmql\\t2021-01-02 00:00Z\\t\\\\N\\t\\\\N\\n"'
INSERT INTO crm.lead (external_id, stage, stage_since) SELECT 'many' || n, 'mql', '2021-02-01 00:00Z'::timestamptz + n * interval '1 minute' FROM generate_series(1, 5) AS n;
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('c1', 'sal', '2021-01-05 00:00Z'), ('c5', 'sal', '2021-01-05 00:00Z')
    ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage, stage_since = excluded.stage_since;
COMMIT;
SELECT is(pg_temp.handoffs('c1'), 'to_sales accepted', 'a later upsert of the import decides what its copy opened');
SELECT results_eq($$SELECT offered_at, decided_at FROM crm.handoff WHERE lead_id = pg_temp.id('c1')$$, $$VALUES ('2021-01-01Z'::timestamptz, '2021-01-05Z'::timestamptz)$$, 'at its times');
SELECT is((SELECT origin FROM crm.lead WHERE external_id = 'c5'), 'import', 'origin');
BEGIN;
SET LOCAL smarketing.import = 'with origin';
INSERT INTO crm.lead (external_id, origin) VALUES ('partner', 'partner');
COMMIT;
SELECT is((SELECT origin FROM crm.lead WHERE external_id = 'partner'), 'partner', 'an origin that the row names stays');

-- the leads that wait are offered in portions
SELECT is((SELECT count(*) FROM crm.handoff WHERE decision IS NULL AND direction = 'to_sales'), 0::bigint, 'nothing is offered yet');
SELECT is(smarketing.activate_leads('crm', 'copied', 2), 2::bigint, 'two of them');
SELECT is((SELECT string_agg(l.external_id, ' ' ORDER BY l.id) FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id WHERE h.decision IS NULL AND h.direction = 'to_sales'),
          'c3 many1', 'in id order; one is decided, one excluded');
SELECT is(smarketing.activate_leads('crm', 'copied', 3), 3::bigint, 'three more');
SELECT is(smarketing.activate_leads('crm', 'copied', 3), 1::bigint, 'the last');
SELECT is(smarketing.activate_leads('crm', 'copied', 3), 0::bigint, 'and no more');
SELECT is(smarketing.activate_leads('crm', 'no such batch'), 0::bigint, 'a batch that is none');
SELECT is(smarketing.activate_leads('crm', 'old crm "2024"'), 1::bigint, 'a batch with quotes in its name');
SELECT is(smarketing.activate_leads('crm', NULL), NULL::bigint, 'null');
SELECT throws_ok($$SELECT smarketing.activate_leads('crm', 'copied', 0)$$, '22023', NULL, 'none at a time');
SELECT throws_ok($$SELECT smarketing.activate_leads('nowhere', 'copied')$$, '3F000', NULL, 'no workspace');
SELECT results_eq($$SELECT h.owner, count(*), bool_and(h.offered_at > 'today'), bool_and(h.team = 'field'), bool_and(l.owner = h.owner) FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id
                    WHERE h.decision IS NULL AND h.direction = 'to_sales' GROUP BY 1 ORDER BY 1$$, $$VALUES ('ana'::text, 4::bigint, true, true, true), ('rui', 3, true, true, true)$$,
                  'they are routed as always, and offered now');
SELECT is((SELECT count(*) FROM crm.event WHERE kind = 'handoff_offered' AND payload ->> 'direction' = 'to_sales'), 7::bigint, 'with an event each');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'many1'$$, 'sales takes one');
SELECT is(pg_temp.handoffs('many1'), 'to_sales accepted', 'which decides its offer');
SELECT is((SELECT stage_since FROM crm.lead WHERE external_id = 'many2'), '2021-02-01 00:02Z', 'since when a lead is an mql does not change with the offer');

-- a batch that was imported into a handoff stage by sales' own hands is not marketing's offer
BEGIN;
SET LOCAL smarketing.import = 'from sales';
INSERT INTO crm.stage (name, position, department, kind) VALUES ('second look', 45, 'sales', 'handoff');
INSERT INTO crm.transition (from_stage, to_stage) VALUES ('sal', 'second look');
INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('looked', 'sal', '2021-01-01Z');
UPDATE crm.lead SET stage = 'second look', stage_since = '2021-01-02Z' WHERE external_id = 'looked';
COMMIT;
SELECT is(smarketing.activate_leads('crm', 'from sales'), 0::bigint, 'a lead that sales moved into a handoff stage');

-- who may
GRANT USAGE ON SCHEMA crm TO smk_service, smk_sales, smk_stranger;
GRANT SELECT, INSERT, UPDATE ON crm.lead TO smk_service, smk_sales, smk_stranger;
SET ROLE smk_sales;
SET smarketing.import = 'mine';
SELECT throws_ok($$INSERT INTO crm.lead (external_id) VALUES ('no')$$, '42501', NULL, 'a person may not import');
SELECT throws_ok($$UPDATE crm.lead SET name = 'x' WHERE id = 1$$, '42501', NULL, 'nor write at all while he says so');
SET ROLE smk_stranger;
SELECT throws_ok($$INSERT INTO crm.lead (external_id) VALUES ('no')$$, '42501', NULL, 'nor a stranger');
SET smarketing.actor = 'sync';
SELECT throws_ok($$INSERT INTO crm.lead (external_id) VALUES ('no')$$, 'SM009', NULL, 'nor one who says that he is the service');
RESET smarketing.actor;
SET ROLE smk_service;
SELECT lives_ok($$INSERT INTO crm.lead (external_id, stage_since, stage) VALUES ('by sync', '2019-01-01Z', 'sal')$$, 'a service may');
RESET smarketing.import;
SELECT throws_ok($$SELECT smarketing.activate_leads('crm', 'mine')$$, '42501', NULL, 'activate_leads is the owner''s');
RESET ROLE;
SELECT results_eq($$SELECT actor, import_batch, at FROM crm.stage_change WHERE lead_id = pg_temp.id('by sync')$$, $$VALUES ('sync'::text, 'mine'::text, '2019-01-01Z'::timestamptz)$$, 'under its name');

-- an import of what is there already records nothing
BEGIN;
SET LOCAL smarketing.import = 'again';
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = stage, stage_since = '2000-01-01Z', name = 'again' WHERE id = 1$$, 0, 'no move');
SELECT is((SELECT stage_since FROM crm.lead WHERE id = 1), '2020-05-01 12:00Z', 'and no new time for none');
COMMIT;

-- a long import, in one statement: more rows than are written out together
BEGIN;
SET LOCAL smarketing.import = 'big';
INSERT INTO crm.lead (external_id, stage, stage_since) SELECT 'big' || n, 'mql', '2022-01-01Z' FROM generate_series(1, 21000) AS n;
UPDATE crm.lead SET stage = 'sal', stage_since = '2022-01-02Z' WHERE external_id LIKE 'big%';
COMMIT;
SELECT is((SELECT count(*) || ' ' || count(DISTINCT lead_id) FROM crm.stage_change WHERE import_batch = 'big'), '42000 21000', 'twenty-one thousand leads, two moves each');
SELECT is((SELECT count(*) FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id WHERE l.external_id LIKE 'big%' AND h.decision = 'accepted' AND h.decided_at = '2022-01-02Z'),
          21000::bigint, 'and their handoffs, decided');

\ir include/end.psql
