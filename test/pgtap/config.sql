-- The agreement itself: who changes it is told at once when it cannot work, every change is kept, and every session
-- goes by it from its next statement on.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

INSERT INTO crm.lead (external_id, employees, attributes) VALUES ('a', 5, '{"budget": 100}'), ('b', 500, '{}');

INSERT INTO crm.member (name, department) VALUES ('saul', 'sales'), ('mara', 'marketing');

-- what cannot work is refused when it is written
SELECT pg_temp.refused(format('UPDATE crm.transition SET condition = %L WHERE from_stage = ''lead'' AND to_stage = ''mql''', condition), 'SM007', 'a condition: ' || condition)
FROM unnest(ARRAY['$.no_such_column > 1', '$.employees > $x', '$.created_at.datetime() < "2020-01-01".datetime()', '$.attributes.**.budget > 1', '$.attributes.keyvalue().key == "budget"',
    '$.Employees > 1', '$."employees " > 1', '$.xmin == 1', '$.ctid == "(0,1)"']) AS condition;
SELECT pg_temp.refused($$UPDATE crm.transition SET condition = '$.employees >' WHERE from_stage = 'lead'$$, '42601', 'a condition that is no jsonpath is what it is without us');
ALTER TABLE crm.lead ADD COLUMN size text GENERATED ALWAYS AS (CASE WHEN employees > 100 THEN 'big' END) STORED;
SELECT pg_temp.refused($$UPDATE crm.transition SET condition = '$.size == "big"' WHERE from_stage = 'lead'$$, 'SM007', 'a generated column');
SELECT pg_temp.refused($$UPDATE crm.transition SET automatic_when = '$.size == "big"' WHERE from_stage = 'lead' AND to_stage = 'mql'$$, 'SM007', 'there either');
SELECT pg_temp.refused(format('INSERT INTO crm.persona (name, condition) VALUES (''p'', ''$.%s == null'')', c), 'SM007', 'a persona is there before ' || c) FROM unnest(ARRAY['fit', 'engagement', 'score', 'band', 'persona']) AS c;
SELECT pg_temp.refused($$INSERT INTO crm.routing_rule (condition, team) VALUES ('$.nope == 1', 'x')$$, 'SM007', 'a routing rule''s condition');
SELECT pg_temp.refused($$INSERT INTO crm.member (name, department, kind) VALUES ('bot', 'sales', 'service')$$, 'SM007', 'a service without a database role');
SELECT pg_temp.refused($$INSERT INTO crm.member (name, department) VALUES ('boss', 'operations')$$, 'SM007', 'a member of operations without one');
SELECT pg_temp.refused($$UPDATE crm.transition SET automatic_when = '$.employees > 1' WHERE from_stage = 'mql' AND to_stage = 'recycled'$$, 'SM007', 'an automatic move that needs a reason');
SELECT pg_temp.refused(format('UPDATE crm.setting SET value = %L WHERE name = %L', value, name), 'SM007', name || ' ' || value)
FROM (VALUES ('transition_mode', '"strict"'), ('transition_mode', 'null'), ('transition_mode', '7'), ('transition_mode', '["step"]'), ('require_actor', '"perhaps"'), ('require_actor', 'null'), ('require_actor', '1'), ('live', '"on"'),
    ('notify', '{}'), ('on_duplicate', '"merge"'), ('handoff_policy', '"ignore"'), ('max_backdate', '"soon"'), ('max_backdate', '"-1 day"'), ('max_backdate', 'null'), ('max_backdate', '{"days": 1}'),
    ('max_backdate', '"99999999999 years"'), ('timezone', '"Mars/Olympus"'), ('timezone', 'null'), ('timezone', '3'), ('week_starts_on', '9'), ('week_starts_on', '0'), ('week_starts_on', '"monday"'),
    ('week_starts_on', 'null'), ('currency', '"euro"'), ('currency', '"eur"'), ('currency', 'null'), ('currency', '978'), ('language', '"de"'), ('language', 'null'), ('fallback_owner', '"nobody"'), ('fallback_owner', '7'),
    ('fallback_owner', '"mara"'), ('entry_stage', 'null'), ('entry_stage', '1'), ('deal_won_stage', '["customer"]'), ('transition_mode', '"enforced"'), ('max_backdate', '"1 dya"'),
    ('attribution_lookback', '"3 months"'), ('attribution_lookback', '"0 days"'), ('attribution_lookback', '"-1 day"'), ('attribution_lookback', 'null'), ('attribution_half_life', '"soon"'),
    ('attribution_half_life', '"99999999 days"'), ('attribution_half_life', '7')) AS v (name, value);
SELECT pg_temp.refused($$UPDATE crm.setting SET value = NULL WHERE name = 'transition_mode'$$, 'SM007', 'no value at all');
SELECT pg_temp.refused($$INSERT INTO crm.setting (name, value) VALUES ('week_start', '7')$$, 'SM007', 'a setting that is not there');
SELECT pg_temp.refused($$UPDATE crm.setting SET name = 'transition-mode' WHERE name = 'transition_mode'$$, 'SM007', 'nor by another name');
SELECT pg_temp.refused($$INSERT INTO crm.setting (name, value) VALUES ('timezone', '"CET"'), ('Currency', '"EUR"') ON CONFLICT (name) DO UPDATE SET value = excluded.value$$, 'SM007', 'nor by an upsert, with the others beside it');
SELECT lives_ok($$UPDATE crm.setting SET value = value$$, 'what a workspace begins with is all known');
SELECT pg_temp.refused($$DELETE FROM crm.setting WHERE name = 'notify'$$, 'SM007', 'and none of it is deleted');
ALTER TABLE crm.setting DISABLE TRIGGER smarketing_config_guard;
INSERT INTO crm.setting (name, value) VALUES ('of an older version', '1');
DELETE FROM crm.setting WHERE name = 'notify';
ALTER TABLE crm.setting ENABLE TRIGGER smarketing_config_guard;
SELECT lives_ok($$INSERT INTO crm.setting (name, value) VALUES ('notify', 'false')$$, 'one that was lost can be put back');
SELECT pg_temp.refused($$UPDATE crm.setting SET value = '2' WHERE name = 'of an older version'$$, 'SM007', 'one that nobody knows any more cannot be changed');
SELECT lives_ok($$DELETE FROM crm.setting WHERE name = 'of an older version'$$, 'it can go');
SELECT lives_ok(format('UPDATE crm.setting SET value = %L WHERE name = %L', value, name), name || ' ' || value)
FROM (VALUES ('max_backdate', '"36 hours"'), ('max_backdate', '"P1DT2H"'), ('fallback_owner', '"saul"'), ('fallback_owner', 'null'), ('currency', '"BRL"'), ('currency', '"EUR"'), ('language', '"pt"'), ('language', '"en"'),
    ('week_starts_on', '7'), ('week_starts_on', '1'), ('on_duplicate', '"allow"'), ('on_duplicate', '"refuse"'), ('require_actor', 'false'), ('entry_stage', '"lead"'), ('timezone', '"America/Sao_Paulo"'), ('timezone', '"UTC"'), ('max_backdate', '"1 day"'), ('transition_mode', '"step"'), ('transition_mode', '"enforce"'), ('live', 'true'), ('attribution_lookback', '"36 hours"'), ('attribution_half_life', '"14 days"')) AS v (name, value);
SELECT pg_temp.refused('TRUNCATE crm.' || t || ' CASCADE', 'SM007', 'no change may go unrecorded: TRUNCATE ' || t) FROM unnest(ARRAY['setting', 'reason', 'transition', 'routing_rule', 'persona', 'absence']) AS t;

-- what cannot work as a whole is refused when the transaction is complete
CREATE FUNCTION pg_temp.at_commit(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN 'passed';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.at_commit($$INSERT INTO crm.stage (name, department) VALUES ('demo', 'sales')$$), 'SM007 nothing leads to stage "demo"', 'a stage that nothing leads to');
SELECT is(pg_temp.at_commit($$INSERT INTO crm.stage (name, department) VALUES ('demo', 'sales')$$, $$INSERT INTO crm.transition (from_stage, to_stage) VALUES ('demo', 'sql')$$), 'SM007 nothing leads to stage "demo"', 'though it leads on');
SELECT is(pg_temp.at_commit($$INSERT INTO crm.stage (name, department) VALUES ('x', 'sales'), ('y', 'sales')$$, $$INSERT INTO crm.transition (from_stage, to_stage) VALUES ('x', 'y'), ('y', 'x')$$),
          'SM007 nothing leads to stage "x"', 'two that lead to each other');
SELECT is(pg_temp.at_commit($$DELETE FROM crm.transition WHERE to_stage = 'sql'$$), 'SM007 nothing leads to stage "sql"', 'a stage that has lost its last way in');
SELECT is(pg_temp.at_commit($$DELETE FROM crm.reason WHERE kind = 'churn'$$), 'SM007 no reason is of kind churn, which the move from "customer" to "former_customer" needs', 'a kind of reason without reasons');
SELECT is(pg_temp.at_commit($$UPDATE crm.transition SET automatic_on = '{dream}' WHERE from_stage = 'lead' AND to_stage = 'mql'$$), 'SM007 automatic_on names activity kind "dream", which does not exist', 'an unknown kind of activity');
SELECT is(pg_temp.at_commit($$UPDATE crm.setting SET value = '"won"' WHERE name = 'deal_won_stage'$$), 'SM007 setting deal_won_stage names stage "won", which does not exist', 'a setting that names no stage');
SELECT is(pg_temp.at_commit($$INSERT INTO crm.stage (name, department) VALUES ('demo', 'sales')$$, $$INSERT INTO crm.transition (from_stage, to_stage) VALUES ('sql', 'demo')$$, $$DELETE FROM crm.transition WHERE to_stage = 'demo'$$,
                            $$DELETE FROM crm.stage WHERE name = 'demo'$$), 'passed', 'what is put right before the end');
BEGIN;
INSERT INTO crm.stage (name, department) VALUES ('nowhere', 'sales');
\set ON_ERROR_STOP off
\set VERBOSITY sqlstate
COMMIT;
\set state :SQLSTATE
\set VERBOSITY default
\set ON_ERROR_STOP on
SELECT is(:'state'::text, 'SM007', 'COMMIT itself refuses it');
SELECT is((SELECT count(*) FROM crm.stage WHERE name = 'nowhere'), 0::bigint, 'and nothing is kept');

-- stages in use
SELECT pg_temp.refused($$UPDATE crm.stage SET name = 'prospect' WHERE name = 'lead'$$, 'SM007', 'a stage that leads stand in keeps its name');
SELECT pg_temp.refused($$DELETE FROM crm.stage WHERE name = 'lead'$$, 'SM007', 'and stays');
SELECT lives_ok($$UPDATE crm.stage SET label = 'Prospect ☎', position = 21, definition = 'x' WHERE name = 'lead'$$, 'all else may change');
SELECT lives_ok($$UPDATE crm.stage SET name = 'sqo' WHERE name = 'sql'$$, 'a stage that nobody stands in may be renamed');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage) VALUES ('c', 'sal'), ('d', 'sqo')$$, 2, 'and its moves go by the new name');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sqo' WHERE external_id = 'c'$$, 'at once');

-- who changed what, and why
INSERT INTO crm.member (name, department, db_role) VALUES ('olga', 'operations', 'smk_service');
SELECT coalesce(max(id), 0) AS last FROM crm.config_change \gset
BEGIN;
SET LOCAL smarketing.actor = 'mara';
SET LOCAL smarketing.change_reason = 'quarterly review: "bigger" companies';
UPDATE crm.transition SET condition = '$.employees >= 50' WHERE from_stage = 'lead' AND to_stage = 'mql';
INSERT INTO crm.reason (name, kind) VALUES ('too far', 'reject');
DELETE FROM crm.reason WHERE name = 'too far';
COMMIT;
SELECT results_eq(format('SELECT table_name, key, old ->> ''condition'', new ->> ''condition'', coalesce(new ->> ''name'', old ->> ''name''), old IS NULL, new IS NULL, actor, reason FROM crm.config_change WHERE id > %s ORDER BY id', :last),
    $$VALUES ('transition'::text, 'lead -> mql'::text, NULL::text, '($."employees" >= 50)'::text, NULL::text, false, false, 'mara'::text, 'quarterly review: "bigger" companies'::text),
        ('reason', 'too far', NULL, NULL, 'too far', true, false, 'mara', 'quarterly review: "bigger" companies'), ('reason', 'too far', NULL, NULL, 'too far', false, true, 'mara', 'quarterly review: "bigger" companies')$$,
    'each change with its actor and its reason');
SELECT coalesce(max(id), 0) AS last FROM crm.config_change \gset
UPDATE crm.setting SET value = '"USD"' WHERE name = 'currency';
SELECT results_eq(format('SELECT key, new -> ''value'', actor, reason FROM crm.config_change WHERE id > %s', :last), $$VALUES ('currency'::text, '"USD"'::jsonb, NULL::text, NULL::text)$$, 'an unknown actor without a reason');
SELECT pg_temp.refused($$UPDATE crm.config_change SET reason = 'nicer'$$, 'SM005', 'the record is append-only');
SELECT pg_temp.refused($$DELETE FROM crm.config_change WHERE false$$, 'SM005', 'to everybody');
SELECT pg_temp.refused($$TRUNCATE crm.config_change$$, 'SM005', 'and as a whole');

-- the next statement goes by the new rule
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'a'$$, 'SM002', 'the rule of the review holds');
CREATE FUNCTION pg_temp.relax_and_move(external_id text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text := '';
BEGIN
    BEGIN
        UPDATE crm.lead AS l SET stage = 'mql' WHERE l.external_id = $1;
    EXCEPTION WHEN SQLSTATE 'SM002' THEN
        told := 'refused, ';
    END;
    UPDATE crm.transition SET condition = '$.employees >= 5' WHERE from_stage = 'lead' AND to_stage = 'mql';
    UPDATE crm.lead AS l SET stage = 'mql' WHERE l.external_id = $1;
    RETURN told || (SELECT l.stage FROM crm.lead AS l WHERE l.external_id = $1);
END
$$;
SELECT is(pg_temp.relax_and_move('a'), 'refused, mql', 'a rule that is changed in a function holds for the function''s next statement');
BEGIN;
SAVEPOINT here;
UPDATE crm.transition SET condition = '$.employees >= 5000' WHERE from_stage = 'lead' AND to_stage = 'mql';
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'b'$$, 'SM002', 'a rule inside a savepoint');
ROLLBACK TO here;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'b'$$, 'is gone with it');
ROLLBACK;
SELECT is(pg_temp.stage('b'), 'lead', 'and the move with its transaction');
BEGIN;
DELETE FROM crm.transition WHERE from_stage = 'lead' AND to_stage = 'mql';
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'b'$$, 'SM001', 'a transition that is gone');
ROLLBACK;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'b'$$, 'is back after ROLLBACK');
-- a statement goes by the rules that it began with, whatever happens in it
CREATE FUNCTION pg_temp.tighten(stage text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE crm.transition SET condition = '$.employees > 100000' WHERE from_stage = 'lead' AND to_stage = 'mql';
    RETURN stage;
END
$$;
INSERT INTO crm.lead (external_id, employees) VALUES ('e', 50), ('f', 50);
SELECT lives_ok($$/* the owner */ UPDATE crm.lead SET stage = pg_temp.tighten('mql') WHERE external_id = 'e'$$, 'one statement, one generation of rules');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'f'$$, 'SM002', 'the next statement has the next one');
UPDATE crm.transition SET condition = NULL;

-- columns of the user's own
ALTER TABLE crm.lead ADD COLUMN "Größe ""x""" numeric, ADD COLUMN plan text DEFAULT 'free';
UPDATE crm.transition SET condition = '$."Größe \"x\"" > 1.5 && $.plan == "free"' WHERE from_stage = 'lead' AND to_stage = 'mql';
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'f'$$, 'SM002', 'a condition reads a new column at once');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql', "Größe ""x""" = 1.6 WHERE external_id = 'f'$$, 'its value and its default');
INSERT INTO crm.lead (external_id, "Größe ""x""") VALUES ('g', 9), ('h', 9);
ALTER TABLE crm.lead RENAME COLUMN plan TO tariff;
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'g'$$, 'SM002', 'a column that was renamed is no match');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'g'$$, 1, 'and stops no other move');
ALTER TABLE crm.lead RENAME COLUMN tariff TO plan;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'h'$$, 'renamed back, it matches again');
ALTER TABLE crm.lead DROP COLUMN plan;
INSERT INTO crm.lead (external_id, "Größe ""x""") VALUES ('i', 9);
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'i'$$, 'SM002', 'a column that was dropped is no match');
UPDATE crm.transition SET condition = NULL;
ALTER TABLE crm.lead DROP COLUMN size;
UPDATE crm.transition SET condition = '$."Größe \"x\"" == 7.5' WHERE from_stage = 'lead' AND to_stage = 'mql';
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'i'$$, 'SM002', 'a condition on a number');
ALTER TABLE crm.lead ALTER COLUMN "Größe ""x""" TYPE float4;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql', "Größe ""x""" = 7.5 WHERE external_id = 'i'$$, 'whose column has another type now');
UPDATE crm.transition SET condition = NULL;

-- workspaces beside each other
SELECT smarketing.create_workspace('My "Brand"') AS brand, smarketing.create_workspace('vendas ação', 'pt') AS vendas, smarketing.create_workspace('100%s') AS percent \gset
UPDATE "My ""Brand""".transition SET condition = '$.employees > 10', department = NULL WHERE to_stage = 'mql' AND from_stage = 'lead';
DELETE FROM "vendas ação".transition WHERE to_stage = 'mql' AND from_stage = 'lead';
INSERT INTO "My ""Brand""".lead (external_id, employees) VALUES ('x', 5), ('y', 50);
INSERT INTO "vendas ação".lead (external_id) VALUES ('x');
INSERT INTO "100%s".lead (external_id, stage) VALUES ('x', 'mql');
SELECT throws_ok($$UPDATE "My ""Brand""".lead SET stage = 'mql' WHERE external_id = 'x'$$, 'SM002', NULL, 'one workspace has a condition');
SELECT throws_ok($$UPDATE "vendas ação".lead SET stage = 'mql'$$, 'SM001', NULL, 'another no such move');
SELECT lives_ok($$UPDATE "100%s".lead SET stage = 'sal'$$, 'and the third goes by the template');
SELECT lives_ok($$/* the owner */ WITH a AS (UPDATE "My ""Brand""".lead SET stage = 'mql' WHERE external_id = 'y'), b AS (UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'e')
                  UPDATE "vendas ação".lead SET stage = 'sal'$$, 'three of them in one statement');
SELECT lives_ok($$INSERT INTO "My ""Brand""".deal (lead_id) SELECT id FROM "My ""Brand""".lead WHERE external_id = 'x'$$, 'a deal beside quotes');
SELECT is((SELECT stage FROM "My ""Brand""".lead WHERE external_id = 'x'), 'opportunity', 'moves its lead');
SELECT is(smarketing.decide('My "Brand"', (SELECT id FROM "My ""Brand""".handoff WHERE decision IS NULL), 'accepted'), 'accepted', 'decide() takes the name as it is');
ALTER SCHEMA "My ""Brand""" RENAME TO "Our Brand";
SELECT lives_ok($$UPDATE "Our Brand".lead SET stage = 'sql' WHERE external_id = 'y'$$, 'a workspace that was renamed goes on');
SELECT is((SELECT count(*) FROM "Our Brand".stage_change WHERE to_stage = 'sql'), 2::bigint, 'in the same session, with its history');
ALTER SCHEMA "100%s" RENAME TO "My ""Brand""";
SELECT lives_ok($$UPDATE "My ""Brand""".lead SET stage = 'sql'$$, 'also where another one takes its name');
SELECT is((SELECT string_agg(name || ' ' || n, ', ' ORDER BY name) FROM (SELECT 'brand' AS name, count(*) AS n FROM "My ""Brand""".stage_change UNION ALL SELECT 'our', count(*) FROM "Our Brand".stage_change) AS x), 'brand 3, our 8', 'each writes its own history');
SELECT results_eq(format('SELECT count(*) FROM smarketing.verify(%L)', w), 'VALUES (0::bigint)', w || ' is sound') FROM unnest(ARRAY['My "Brand"', 'Our Brand', 'vendas ação']) AS w;

-- a workspace that is not what it should be takes no writes
CREATE FUNCTION pg_temp.broken(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    RAISE EXCEPTION 'passed';
EXCEPTION WHEN OTHERS THEN
    RETURN CASE SQLERRM WHEN 'passed' THEN SQLERRM ELSE SQLSTATE END;
END
$$;
SELECT is(pg_temp.broken($$INSERT INTO crm.member (name, department, weight) VALUES ('feather', 'sales', 1e-400)$$), 'SM007', 'a weight that nobody can compute with');
SELECT is(pg_temp.broken($$UPDATE crm.setting SET value = '"100000000 years"' WHERE name = 'max_backdate'$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'passed', 'a span longer than time is long enough');
SELECT is(pg_temp.broken($$UPDATE crm.setting SET value = '"9.9"' WHERE name = 'schema_version'$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'SM010', 'a workspace of a newer version');
SELECT is(pg_temp.broken($$UPDATE crm.setting SET value = '"soon"' WHERE name = 'schema_version'$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'SM010', 'of no version');
SELECT is(pg_temp.broken($$DROP TABLE crm.absence CASCADE$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'SM010', 'one that lacks a table');
SELECT is(pg_temp.broken($$ALTER TABLE crm.stage_change RENAME TO history$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'SM010', 'one whose history has another name');
SELECT is(pg_temp.broken($$ALTER TABLE crm.lead DROP COLUMN reason CASCADE$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'SM010', 'one whose leads lack a column');
SELECT is(pg_temp.broken($$GRANT CREATE, USAGE ON SCHEMA crm TO smk_stranger$$, $$ALTER TABLE crm.handoff OWNER TO smk_stranger$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'SM010', 'one of two owners');
SELECT is(pg_temp.broken($$CREATE TABLE crm.big_lead (extra int) INHERITS (crm.lead)$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'SM010', 'leads with inheritance children');
SELECT is(pg_temp.broken($$CREATE TABLE crm.big_activity (extra int) INHERITS (crm.activity)$$, $$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('h'), 'call')$$), 'SM010', 'activities with them');
SELECT is(pg_temp.broken($$CREATE TABLE crm.child (extra int) INHERITS (crm.lead)$$, $$ALTER TABLE crm.child NO INHERIT crm.lead$$, $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'passed', 'children that are gone do not matter');
SELECT is(pg_temp.broken($$ALTER TABLE crm.lead ALTER id DROP IDENTITY$$, $$CREATE TABLE crm.parted (LIKE crm.lead INCLUDING DEFAULTS) PARTITION BY RANGE (id)$$, $$ALTER TABLE crm.parted ATTACH PARTITION crm.lead DEFAULT$$, $$INSERT INTO crm.parted (id, external_id) VALUES (1000000, 'part')$$),
          'SM010', 'leads that are a partition of another table');
SELECT is(pg_temp.broken($$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'h'$$), 'passed', 'and none of it has stayed');

-- a partitioned activity: partitions are armed by repair_workspace
BEGIN;
ALTER TABLE crm.activity RENAME TO activity_old;
CREATE TABLE crm.activity (LIKE crm.activity_old INCLUDING DEFAULTS INCLUDING GENERATED, id2 bigint) PARTITION BY RANGE (at);
ALTER TABLE crm.activity ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START 1000);
DROP TABLE crm.activity_old CASCADE;
GRANT SELECT, INSERT ON crm.activity TO PUBLIC;
CREATE TABLE crm.activity_2026 PARTITION OF crm.activity FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
SELECT smarketing.repair_workspace('crm') AS repaired \gset
COMMIT;
UPDATE crm.transition SET automatic_when = NULL, automatic_on = '{demo_request}' WHERE from_stage = 'lead' AND to_stage = 'mql';
INSERT INTO crm.lead (external_id) VALUES ('p1'), ('p2'), ('p3');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('p1'), 'demo_request')$$, 1, 'an activity through the parent');
SELECT pg_temp.recorded($$INSERT INTO crm.activity_2026 (id, lead_id, kind) VALUES (1, pg_temp.id('p2'), 'demo_request')$$, 1, 'or into the partition itself');
CREATE TABLE crm.activity_2010 PARTITION OF crm.activity FOR VALUES FROM ('2010-01-01') TO ('2020-01-01');
SELECT pg_temp.refused($$INSERT INTO crm.activity_2010 (id, lead_id, kind, at) VALUES (2, pg_temp.id('p3'), 'demo_request', '2015-01-01')$$, 'SM010', 'a partition that is not armed');
SELECT pg_temp.refused($$INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('p3'), 'demo_request', '2015-01-01')$$, 'SM010', 'refuses rows through the parent, too');
SELECT smarketing.repair_workspace('crm') AS repaired \gset
SELECT pg_temp.recorded($$INSERT INTO crm.activity_2010 (id, lead_id, kind, at) VALUES (2, pg_temp.id('p3'), 'demo_request', '2015-01-01')$$, 1, 'armed by repair_workspace');

-- and so are the partitions of event and config_change
BEGIN;
DROP TABLE crm.event CASCADE;
CREATE TABLE crm.event (id bigint GENERATED BY DEFAULT AS IDENTITY (START 100000), at timestamptz NOT NULL DEFAULT now(), kind text NOT NULL, lead_id bigint, payload jsonb) PARTITION BY RANGE (at);
CREATE TABLE crm.event_all PARTITION OF crm.event DEFAULT;
ALTER TABLE crm.config_change RENAME TO config_change_old;
CREATE TABLE crm.config_change (LIKE crm.config_change_old INCLUDING DEFAULTS) PARTITION BY RANGE (at);
ALTER TABLE crm.config_change ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START 100000);
ALTER TABLE crm.config_change_old ALTER COLUMN id DROP IDENTITY;
SELECT smarketing.repair_workspace('crm') AS repaired \gset
CREATE TABLE crm.config_change_all PARTITION OF crm.config_change DEFAULT;
COMMIT;
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'p1'$$, 1, 'events go into an armed partition');
SELECT ok((SELECT count(*) > 0 FROM crm.event_all WHERE kind = 'stage_changed'), 'they are there');
SELECT pg_temp.refused($$INSERT INTO crm.reason (name, kind) VALUES ('r', 'lost')$$, 'SM010', 'a change of the rules has no armed partition to go to');
SELECT smarketing.repair_workspace('crm') AS repaired \gset
SELECT lives_ok($$INSERT INTO crm.reason (name, kind) VALUES ('r', 'lost')$$, 'until it is repaired');
SELECT pg_temp.refused($$DELETE FROM crm.config_change_all$$, 'SM005', 'and then its partition is append-only, too');
CREATE TABLE crm.event_2001 PARTITION OF crm.event FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
SELECT pg_temp.refused($$INSERT INTO crm.event_2001 (id, at, kind) VALUES (1, '2001-02-03', 'x')$$, 'SM010', 'an event partition that is not armed');
DROP TABLE crm.config_change_old;
SELECT smarketing.repair_workspace('crm') AS repaired \gset

\ir include/end.psql
