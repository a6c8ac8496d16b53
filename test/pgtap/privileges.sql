-- Who may what: a client needs rights on lead, activity, deal and handoff, and on nothing else; what follows from its
-- writes is written by the workspace's owner.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

-- what the stories look at is the owner's
CREATE FUNCTION pg_temp.as_client(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
    back text := current_setting('role');
BEGIN
    BEGIN
        PERFORM set_config('role', role, true);
        EXECUTE statement;
        told := 'passed';
    EXCEPTION WHEN OTHERS THEN
        told := SQLSTATE;
    END;
    PERFORM set_config('role', back, true);
    RETURN told;
END
$$;

INSERT INTO crm.team (name, department) VALUES ('field', 'sales');
INSERT INTO crm.member (name, department, team, db_role) VALUES ('mara', 'marketing', NULL, 'smk_marketing'), ('ana', 'sales', 'field', 'smk_sales');
INSERT INTO crm.member (name, department, kind, db_role) VALUES ('sync', 'operations', 'service', 'smk_service');
INSERT INTO crm.routing_rule (team) VALUES ('field');
INSERT INTO crm.account (id, name) VALUES (1, 'Acme');
INSERT INTO crm.event_consumer (name) VALUES ('mailer');
UPDATE crm.transition SET automatic_when = '$.employees >= 100', automatic_on = '{demo_request}' WHERE automatic_when IS NOT NULL;
GRANT USAGE ON SCHEMA crm TO smk_marketing, smk_sales, smk_service, smk_stranger;
GRANT SELECT, INSERT, UPDATE, DELETE ON crm.lead, crm.activity, crm.deal, crm.handoff TO smk_marketing, smk_sales, smk_service, smk_stranger;

-- marketing's and sales' day, each in its own role
SELECT is(pg_temp.as_client('smk_marketing', statement), 'passed', 'marketing: ' || statement)
FROM unnest(ARRAY[
    $$INSERT INTO crm.lead (external_id, account_id) VALUES ('a', 1), ('b', 1), ('c', NULL), ('d', NULL)$$,
    $$INSERT INTO crm.lead (external_id, employees) VALUES ('auto', 500)$$,
    $$UPDATE crm.lead SET stage = 'mql' WHERE external_id IN ('a', 'b', 'c')$$,
    $$INSERT INTO crm.activity (lead_id, kind) SELECT id, 'newsletter' FROM crm.lead$$,
    $$INSERT INTO crm.lead (external_id, stage) VALUES ('a', 'mql'), ('e', 'lead') ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage$$]) AS statement;
SELECT is(pg_temp.as_client('smk_sales', statement), 'passed', 'sales: ' || statement)
FROM unnest(ARRAY[
    $$UPDATE crm.handoff SET decision = 'accepted' WHERE lead_id = (SELECT id FROM crm.lead WHERE external_id = 'a')$$,
    $$SELECT smarketing.decide('crm', (SELECT h.id FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id WHERE l.external_id = 'b' AND h.decision IS NULL), 'rejected', 'not_ready')$$,
    $$UPDATE crm.handoff SET decision = 'rejected', reason = 'wrong_territory' WHERE lead_id = (SELECT id FROM crm.lead WHERE external_id = 'c')$$,
    $$INSERT INTO crm.activity (lead_id, kind) SELECT id, 'call' FROM crm.lead$$,
    $$INSERT INTO crm.deal (lead_id, amount) SELECT id, 10 FROM crm.lead WHERE external_id IN ('a', 'd')$$,
    $$UPDATE crm.deal SET won = true$$,
    $$UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'auto'$$,
    $$DELETE FROM crm.lead WHERE external_id = 'e'$$]) AS statement;
SELECT results_eq($$SELECT l.external_id, l.stage, l.owner, pg_temp.history(l.external_id), pg_temp.handoffs(l.external_id) FROM crm.lead AS l ORDER BY 1$$,
    $$VALUES ('a'::text, 'customer'::text, 'ana'::text, 'lead mql sal sql~ opportunity customer'::text, 'to_sales accepted'::text),
        ('auto', 'sal', 'ana', 'lead mql! sal', 'to_sales accepted'), ('b', 'recycled', 'ana', 'lead mql recycled', 'to_sales rejected not_ready, to_marketing open not_ready'),
        ('c', 'mql', 'ana', 'lead mql', 'to_sales rerouted wrong_territory, to_sales open'), ('d', 'customer', NULL, 'lead sal~ sql~ opportunity customer', NULL)$$,
    'all that follows is there: history, handoffs, owners');
SELECT is((SELECT string_agg(DISTINCT coalesce(actor, '?'), ' ' ORDER BY coalesce(actor, '?')) FROM crm.stage_change), 'ana mara', 'each move has its actor, by role');
SELECT is((SELECT is_customer FROM crm.account WHERE id = 1), true, 'the account is a customer, though nobody of them may write accounts');
SELECT ok((SELECT count(*) > 10 FROM crm.event_delivery), 'and events wait for their consumer');

-- and nothing else
SELECT is(pg_temp.as_client('smk_sales', statement), '42501', 'not theirs: ' || statement)
FROM unnest(ARRAY[
    $$SELECT * FROM crm.stage_change$$, $$INSERT INTO crm.stage_change (lead_id, cycle, to_stage, at) VALUES (1, 1, 'customer', now())$$, $$UPDATE crm.stage_change SET note = 'x'$$,
    $$DELETE FROM crm.stage_change$$, $$TRUNCATE crm.stage_change$$, $$TRUNCATE crm.lead CASCADE$$, $$TRUNCATE crm.handoff$$,
    $$UPDATE crm.setting SET value = '"observe"' WHERE name = 'transition_mode'$$, $$INSERT INTO crm.transition (from_stage, to_stage) VALUES ('lead', 'customer')$$,
    $$UPDATE crm.member SET department = 'operations'$$, $$INSERT INTO crm.event (kind) VALUES ('x')$$, $$DELETE FROM crm.config_change$$, $$UPDATE crm.account SET is_customer = true$$,
    $$ALTER TABLE crm.lead DISABLE TRIGGER ALL$$, $$DROP TRIGGER smarketing_guard ON crm.lead$$, $$SELECT smarketing.repair_workspace('crm')$$, $$SELECT smarketing.activate_leads('crm', 'x')$$,
    $$SELECT * FROM crm.routing_turn$$, $$SELECT smarketing.erase_lead('crm', 1, 'request')$$, $$SET session_replication_role = replica$$]) AS statement;
SELECT is(pg_temp.as_client('smk_sales', statement), told, 'nor this: ' || statement)
FROM (VALUES ($$INSERT INTO crm.handoff (lead_id, direction, to_stage) VALUES (1, 'to_sales', 'mql')$$, 'SM006'), ($$DELETE FROM crm.handoff$$, 'SM005'),
    ($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'b'$$, 'SM003')) AS v (statement, told);
SET smarketing.actor = 'mara';
SELECT is(pg_temp.as_client('smk_sales', $$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'b'$$), 'SM009', 'nor under marketing''s name');
RESET smarketing.actor;

-- the trigger functions cannot be called, nor put on other tables to some purpose
SELECT is(pg_temp.as_client('smk_stranger', format('SELECT smarketing.%s()', f)), '39P01', f || '() is no function to call')
FROM unnest(ARRAY['lead_guard', 'lead_recorder', 'handoff_guard', 'handoff_recorder', 'deal_recorder', 'activity_recorder', 'config_audit', 'event_recorder', 'statement_begins']) AS f;
GRANT CREATE ON SCHEMA crm TO smk_stranger;
SELECT is(pg_temp.as_client('smk_stranger', $$CREATE TABLE crm.mine (LIKE crm.lead INCLUDING ALL);
    CREATE TRIGGER smarketing_begin BEFORE INSERT ON crm.mine FOR EACH STATEMENT EXECUTE FUNCTION smarketing.statement_begins();
    CREATE TRIGGER t AFTER INSERT ON crm.mine REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION smarketing.lead_recorder();
    INSERT INTO crm.mine (id, stage) VALUES (1, 'customer')$$), 'SM010', 'a table of one''s own in the workspace, with our trigger, writes no history');
SELECT is(pg_temp.as_client('smk_stranger', $$CREATE TEMPORARY TABLE lead (LIKE crm.lead INCLUDING ALL);
    CREATE TRIGGER t AFTER INSERT ON pg_temp.lead REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION smarketing.lead_recorder();
    INSERT INTO pg_temp.lead (id, stage) VALUES (1, 'customer')$$), 'SM010', 'nor does a temporary one');
REVOKE CREATE ON SCHEMA crm FROM smk_stranger;
SELECT is((SELECT count(*) FROM crm.stage_change AS c WHERE NOT EXISTS (SELECT FROM crm.lead AS l WHERE l.id = c.lead_id)), 1::bigint, 'only the deleted lead''s entry has no lead');

-- a search_path full of traps: what runs as the owner looks nothing up in it
CREATE SCHEMA trap AUTHORIZATION smk_service;
SET ROLE smk_service;
CREATE FUNCTION trap.texteq(text, text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> 'smk_service' THEN
        RAISE EXCEPTION 'captured %', current_user USING ERRCODE = 'P0666';
    END IF;
    RETURN pg_catalog.texteq($1, $2);
END
$$;
CREATE FUNCTION trap.inteq(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> 'smk_service' THEN
        RAISE EXCEPTION 'captured %', current_user USING ERRCODE = 'P0666';
    END IF;
    RETURN pg_catalog.int8eq($1, $2);
END
$$;
CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'captured %', current_user USING ERRCODE = 'P0666'; END$$;
CREATE FUNCTION trap.count(bigint) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'captured %', current_user USING ERRCODE = 'P0666'; END$$;
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.texteq);
CREATE OPERATOR trap.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.texteq);
CREATE OPERATOR trap.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = trap.inteq);
CREATE TABLE trap.lead (id int);
CREATE TABLE trap.handoff (id int);
CREATE TABLE trap.smk_move (id int);
CREATE FUNCTION trap.day() RETURNS void LANGUAGE plpgsql SET search_path = trap, pg_catalog AS $$
BEGIN
    INSERT INTO crm.lead (external_id, stage, account_id, employees) VALUES ('s1', 'mql', 1, 5), ('s2', 'mql', NULL, 5), ('s3', 'lead', NULL, 500), ('s4', 'mql', 1, 5);
    UPDATE crm.handoff SET decision = 'accepted' WHERE lead_id OPERATOR(pg_catalog.=) (SELECT id FROM crm.lead WHERE external_id OPERATOR(pg_catalog.=) 's1');
    UPDATE crm.handoff SET decision = 'rejected', reason = 'wrong_territory' WHERE lead_id OPERATOR(pg_catalog.=) (SELECT id FROM crm.lead WHERE external_id OPERATOR(pg_catalog.=) 's2');
    UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id OPERATOR(pg_catalog.=) ANY (ARRAY['s3', 's4']);
    INSERT INTO crm.activity (lead_id, kind) SELECT id, 'newsletter' FROM crm.lead;
    INSERT INTO crm.activity (lead_id, kind) SELECT id, 'demo_request' FROM crm.lead;
    INSERT INTO crm.deal (lead_id) SELECT id FROM crm.lead WHERE external_id OPERATOR(pg_catalog.=) ANY (ARRAY['s1', 's3']);
    UPDATE crm.deal SET won = false, reason = 'price' WHERE won IS NULL;
    UPDATE crm.lead SET excluded = 'test' WHERE external_id OPERATOR(pg_catalog.=) 's4';
    DELETE FROM crm.lead WHERE external_id OPERATOR(pg_catalog.=) 's4';
    PERFORM pg_catalog.set_config('smarketing.import', 'trap', true);
    INSERT INTO crm.lead (external_id, stage, stage_since) VALUES ('s5', 'mql', '2020-01-01');
    UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready', stage_since = '2020-01-02' WHERE external_id OPERATOR(pg_catalog.=) 's5';
    UPDATE crm.lead SET stage = 'mql', stage_since = '2020-01-03' WHERE external_id OPERATOR(pg_catalog.=) 's5';
    PERFORM pg_catalog.set_config('smarketing.import', '', true);
END
$$;
RESET ROLE;
-- plans of this session are made already; the trap is laid in one that has none
DISCARD PLANS;
SET ROLE smk_service;
SELECT lives_ok($$SELECT trap.day()$$, 'a day with a search_path full of traps');
RESET ROLE;
\setenv PGOPTIONS '-c role=smk_service'
\setenv PGDATABASE :DBNAME
\set other `psql -XqAt -v VERBOSITY=terse -c "UPDATE crm.lead SET external_id = external_id || '''' WHERE external_id ~ '^s'" -c "SELECT 'passed' FROM trap.day()" 2>&1`
SELECT is(:'other'::text, 'passed', 'and in a session whose plans are all made under it');
CREATE TEMPORARY TABLE handoff (LIKE crm.handoff);
CREATE TEMPORARY TABLE stage_change (LIKE crm.stage_change);
SELECT lives_ok($$INSERT INTO crm.lead (external_id, stage) VALUES ('temp', 'mql')$$, 'temporary tables of the same names');
SELECT is((SELECT count(*) FROM pg_temp.handoff) + (SELECT count(*) FROM pg_temp.stage_change), 0::bigint, 'capture nothing');
DROP TABLE pg_temp.handoff, pg_temp.stage_change;

-- row-level security: a client writes its own leads, and all that follows is written
INSERT INTO crm.lead (external_id, stage, region, account_id) VALUES ('north 1', 'mql', 'north', 1), ('south 1', 'mql', 'south', 1), ('north 2', 'lead', 'north', NULL);
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY north ON crm.lead TO smk_stranger USING (region = 'north');
SELECT is(pg_temp.as_client('smk_stranger', $$UPDATE crm.lead SET stage = 'sal' WHERE external_id IN ('north 1', 'south 1')$$), 'passed', 'row-level security');
SELECT is(ARRAY[pg_temp.history('north 1'), pg_temp.handoffs('north 1'), pg_temp.history('south 1')], ARRAY['mql sal', 'to_sales accepted', 'mql'], 'moves the visible lead, and its handoff');
SELECT is(pg_temp.as_client('smk_stranger', $$INSERT INTO crm.lead (external_id, region) VALUES ('south 2', 'south')$$), '42501', 'a lead that it may not see cannot be written');
SELECT is(pg_temp.as_client('smk_stranger', $$INSERT INTO crm.lead (external_id, region, employees) VALUES ('north 3', 'north', 500)$$), 'passed', 'one that it may');
SELECT is(pg_temp.history('north 3'), 'lead mql!', 'also moves by itself');
SELECT is(pg_temp.as_client('smk_stranger', $$INSERT INTO crm.activity (lead_id, kind) SELECT id, 'call' FROM crm.lead$$), 'passed', 'its activities');
SELECT is((SELECT count(*) FROM crm.activity WHERE actor IS NULL AND kind = 'call' AND lead_id = pg_temp.id('south 1')), 0::bigint, 'are those of leads that it sees');
ALTER TABLE crm.lead FORCE ROW LEVEL SECURITY;
ALTER TABLE crm.handoff ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.handoff FORCE ROW LEVEL SECURITY;
CREATE POLICY everything ON crm.handoff TO smk_stranger USING (true);
SELECT is(pg_temp.as_client('smk_stranger', $$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'north 2'$$), 'passed', 'forced row-level security');
SELECT is(pg_temp.as_client('smk_stranger', $$UPDATE crm.handoff SET decision = 'rejected', reason = 'spam' WHERE lead_id = (SELECT id FROM crm.lead WHERE external_id = 'north 2')$$), 'passed', 'does not bind what follows');
ALTER TABLE crm.lead NO FORCE ROW LEVEL SECURITY;
ALTER TABLE crm.handoff NO FORCE ROW LEVEL SECURITY;
SELECT is(ARRAY[pg_temp.history('north 2'), pg_temp.handoffs('north 2')], ARRAY['lead mql disqualified', 'to_sales rejected spam'], 'all of it');

-- columns: a client that may only move leads
REVOKE ALL ON crm.lead, crm.handoff FROM smk_stranger;
GRANT SELECT, UPDATE (stage, reason, note) ON crm.lead TO smk_stranger;
SELECT is(pg_temp.as_client('smk_stranger', $$UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id = 'north 1'$$), 'passed', 'rights on three columns are enough');
SELECT is(pg_temp.as_client('smk_stranger', $$UPDATE crm.lead SET owner = 'me' WHERE external_id = 'north 1'$$), '42501', 'for these three');

-- a role of its own cannot be the owner by the way of a trigger of its own
SELECT is((SELECT count(*) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = 'smarketing' AND p.prosecdef
           AND NOT coalesce(array_to_string(p.proconfig, ',') LIKE '%search_path=%', false)), 0::bigint, 'no function is SECURITY DEFINER without a fixed search_path');

\ir include/end.psql
