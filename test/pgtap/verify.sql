-- verify() finds nothing on a workspace that lived through the triggers, and every single thing that is forged behind them.
\ir include/begin.psql
SELECT plan(41);

SELECT smarketing.create_workspace('v') \g /dev/null
SET search_path = v, pg_temp;
SELECT is_empty($$SELECT * FROM smarketing.verify('v')$$, 'an empty workspace is in order');

-- a story
INSERT INTO team (name, department) VALUES ('north', 'sales'), ('growth', 'marketing');
INSERT INTO member (name, department, team) VALUES ('bia', 'sales', 'north'), ('leo', 'sales', 'north'), ('ana', 'marketing', 'growth');
INSERT INTO routing_rule (team) VALUES ('north');
INSERT INTO persona (name, condition, position)
VALUES ('boss', '$.job_title starts with "C"', 1), ('anyone', '!($.email like_regex "^$")', 2);
INSERT INTO account (name) VALUES ('acme'), ('other');
INSERT INTO lead (id, email, job_title, account_id) VALUES
    (1, 'a@x.com', 'CEO', 1), (2, 'b@x.com', NULL, 2), (3, 'c@x.com', NULL, NULL), (4, 'd@x.com', NULL, NULL), (5, 'e@x.com', NULL, NULL);
UPDATE lead SET stage = 'mql' WHERE id <= 4;
SET smarketing.actor = 'bia';
UPDATE handoff SET decision = 'accepted' WHERE lead_id = 1;
UPDATE handoff SET decision = 'rejected', reason = 'not_ready' WHERE lead_id = 2;
UPDATE handoff SET decision = 'rejected', reason = 'wrong_territory' WHERE lead_id = 3;
UPDATE lead SET stage = 'sql' WHERE id = 1;
INSERT INTO deal (lead_id, amount) VALUES (1, 1000);
UPDATE deal SET won = true;
INSERT INTO deal (lead_id, amount) VALUES (1, 1500);
SET smarketing.actor = 'ana';
UPDATE lead SET stage = 'mql' WHERE id = 2;
UPDATE lead SET excluded = 'test' WHERE id = 5;
RESET smarketing.actor;
SELECT is_empty($$SELECT * FROM smarketing.verify('v')$$, 'a workspace that lived through its triggers is in order');
SELECT is((SELECT max(cycle) FROM stage_change WHERE lead_id = 1), 2, 'the story has a second cycle');

/*
 * Does it, looks with verify, and undoes it.  The tables' triggers are off
 * while it does, so that they cannot prevent a forgery.
 */
CREATE FUNCTION pg_temp.forged(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    tables CONSTANT text[] := ARRAY['lead', 'stage_change', 'handoff', 'account', 'config_change', 'transition', 'stage'];
    t text;
    s text;
    found text;
BEGIN
    BEGIN
        FOREACH t IN ARRAY tables LOOP
            EXECUTE pg_catalog.format('ALTER TABLE v.%I DISABLE TRIGGER USER', t);
        END LOOP;
        FOREACH s IN ARRAY statements LOOP
            EXECUTE s;
        END LOOP;
        SELECT pg_catalog.string_agg(DISTINCT r.check_name || ' ' || r.object, ', ') INTO found
        FROM smarketing.verify('v') AS r
        WHERE r.check_name <> 'trigger';
        RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
        RETURN found;
    END;
END
$$;
SELECT is(pg_temp.forged('SELECT 1'), NULL, 'nothing forged, nothing found');

-- the lead's row
SELECT is(pg_temp.forged('UPDATE lead SET stage = ''sal'' WHERE id = 5'), 'stage lead 5', 'a stage that no move led to');
SELECT is(pg_temp.forged('UPDATE lead SET stage_since = stage_since + interval ''1 microsecond'' WHERE id = 5'),
          'stage_since lead 5', 'a time, one microsecond off');
SELECT is(pg_temp.forged('UPDATE lead SET cycle = 3 WHERE id = 5'), 'cycle lead 5', 'a cycle');
SELECT is(pg_temp.forged('UPDATE lead SET stage_automatic = true WHERE id = 5'), 'stage_automatic lead 5', 'a move''s origin');
SELECT is(pg_temp.forged('UPDATE lead SET sales_cycle = 0 WHERE id = 1'), 'sales_cycle lead 1', 'the last cycle with sales');
SELECT is(pg_temp.forged('UPDATE lead SET customer_since = NULL WHERE id = 1'), 'customer_since lead 1, is_customer account 1',
          'the date of the first deal');
SELECT is(pg_temp.forged('UPDATE lead SET customer_since = now() WHERE id = 5'), 'customer_since lead 5', 'a customer who never was');
SELECT is(pg_temp.forged('INSERT INTO lead (id, email) VALUES (9, ''z@x.com'')'), 'persona lead 9, stage lead 9', 'a lead without a history');
SELECT is(pg_temp.forged('UPDATE lead SET persona = ''boss'' WHERE id = 2'), 'persona lead 2', 'a persona whose condition does not hold');
SELECT is(pg_temp.forged('UPDATE lead SET persona = ''anyone'' WHERE id = 1'), 'persona lead 1', 'a persona that is not the first');
SELECT is(pg_temp.forged('UPDATE account SET is_customer = true WHERE id = 2'), 'is_customer account 2', 'an account that bought nothing');

-- the history
SELECT alike(pg_temp.forged('DELETE FROM stage_change WHERE lead_id = 1 AND to_stage = ''sql'''), 'history_chain stage_change % of lead 1',
          'a move torn out of the history');
SELECT alike(pg_temp.forged('DELETE FROM stage_change WHERE lead_id = 1 AND from_stage IS NULL'),
            'history_chain stage_change % of lead 1', 'its first move torn out');
SELECT alike(pg_temp.forged('UPDATE stage_change SET cycle = 1 WHERE lead_id = 1', 'UPDATE lead SET cycle = 1, sales_cycle = 1 WHERE id = 1'),
            'history_cycle stage_change % of lead 1', 'a second cycle denied');
SELECT alike(pg_temp.forged('UPDATE stage_change SET to_stage = ''customer'' WHERE lead_id = 5', 'UPDATE lead SET stage = ''customer'' WHERE id = 5'),
            'customer_since lead 5, sales_cycle lead 5', 'an entry changed together with its lead');
SELECT alike(pg_temp.forged('INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at) VALUES (5, 1, ''lead'', ''customer'', now())',
                           'UPDATE lead SET stage = ''customer'', stage_since = now(), customer_since = now(), sales_cycle = 1 WHERE id = 5'),
            'transition stage_change % of lead 5', 'a move that the rules do not know');
SELECT is(pg_temp.forged('INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at, violation) VALUES (5, 1, ''lead'', ''customer'', now(), ''SM001'')',
                         'UPDATE lead SET stage = ''customer'', stage_since = now(), customer_since = now(), sales_cycle = 1 WHERE id = 5'),
          NULL, 'unless it says so itself');
SELECT alike(pg_temp.forged('INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at) VALUES (5, 1, ''lead'', ''recycled'', now())',
                           'UPDATE lead SET stage = ''recycled'', stage_since = now() WHERE id = 5'),
            'reason stage_change % of lead 5', 'a move without the reason that it needs');
SELECT alike(pg_temp.forged('UPDATE stage_change SET department = ''marketing'' WHERE to_stage = ''sql'' AND lead_id = 1'),
            'department stage_change % of lead 1', 'a move by the wrong department');
SELECT is(pg_temp.forged('UPDATE stage_change SET department = ''operations'' WHERE to_stage = ''sql'' AND lead_id = 1'), NULL,
          'operations may do all');

-- rules that change do not make the past wrong
SELECT is(pg_temp.forged('INSERT INTO config_change (table_name, old) SELECT ''transition'', to_jsonb(t) FROM transition AS t WHERE to_stage = ''sql''',
                         'DELETE FROM transition WHERE to_stage = ''sql'''), NULL, 'a move whose transition is gone was legal then');
SELECT is(pg_temp.forged('INSERT INTO config_change (table_name, old, new, at) VALUES (''stage'', ''{"kind": "inventory"}'', ''{"kind": "success"}'', ''infinity'')',
                         'UPDATE stage SET kind = ''success'' WHERE name = ''sal'''), NULL, 'nor are leads judged by a stage''s new kind');

-- handoffs
SELECT is(pg_temp.forged('UPDATE handoff SET decided_at = offered_at - interval ''1 s'' WHERE id = 3'), 'handoff_decided_at handoff 3 of lead 3, handoff_reroute handoff 3 of lead 3',
          'a decision before the offer');
SELECT is(pg_temp.forged('UPDATE handoff SET decided_at = NULL WHERE id = 1'), 'handoff_decided_at handoff 1 of lead 1', 'a decision without a time');
SELECT is(pg_temp.forged('UPDATE handoff SET reason = NULL WHERE id = 2'), 'handoff_reason handoff 2 of lead 2', 'a rejection without a reason');
SELECT is(pg_temp.forged('UPDATE handoff SET decision = ''rejected'', reason = ''not_ready'' WHERE id = 1'), 'handoff_decision handoff 1 of lead 1',
          'a rejection of a lead that sales took');
SELECT is(pg_temp.forged('UPDATE handoff SET decided_at = decided_at + interval ''1 s'' WHERE id = 1'), 'handoff_decision handoff 1 of lead 1',
          'a decision at another time than its move');
SELECT is(pg_temp.forged('UPDATE handoff SET decision = ''accepted'', decided_at = now() WHERE id = 4'), 'handoff_decision handoff 4 of lead 4',
          'an acceptance of a lead that did not move');
SELECT is(pg_temp.forged('DELETE FROM handoff WHERE lead_id = 4'), 'handoff_missing lead 4', 'a handoff that is gone');
SELECT alike(pg_temp.forged('DELETE FROM handoff WHERE lead_id = 3 AND decision IS NULL'),
            'handoff_reroute handoff 3 of lead 3', 'a rerouted lead that nobody got');
SELECT is(pg_temp.forged('UPDATE lead SET excluded = ''spam'' WHERE id = 4'), 'handoff_open handoff 4 of lead 4', 'an excluded lead on offer');
SELECT is(pg_temp.forged('DELETE FROM lead WHERE id = 4'), 'handoff_open handoff 4 of lead 4', 'a deleted lead on offer');

-- what no history shows
ALTER TABLE lead DISABLE TRIGGER smarketing_guard;
DROP TRIGGER smarketing_append_only ON stage_change;
ALTER TABLE stage ENABLE TRIGGER smarketing_config_changed;
SELECT results_eq($$SELECT check_name, object, found FROM smarketing.verify('v')$$,
                  $$VALUES ('trigger', 'smarketing_guard on lead', 'disabled'), ('trigger', 'smarketing_config_changed on stage', 'disabled'),
                           ('trigger', 'smarketing_append_only on stage_change', 'missing')$$,
                  'triggers that are off, gone, or not always on');
SELECT smarketing.repair_workspace('v') \g /dev/null
SELECT is_empty($$SELECT * FROM smarketing.verify('v')$$, 'repair_workspace puts them back');

ALTER TABLE lead ADD COLUMN size_class text;
UPDATE persona SET condition = '$.size_class == "big"' WHERE name = 'boss';
UPDATE lead SET size_class = 'big' WHERE id = 2;
ALTER TABLE lead RENAME size_class TO company_size;
SELECT results_eq($$SELECT check_name, object FROM smarketing.verify('v') WHERE check_name = 'condition'$$, $$VALUES ('condition', 'persona boss')$$,
                  'a rule whose column was renamed');

CREATE TABLE child () INHERITS (activity);
SELECT throws_ok($$SELECT * FROM smarketing.verify('v')$$, 'SM010', NULL, 'inheritance children are an error');
DROP TABLE child;
SET ROLE smk_stranger;
SELECT throws_ok($$SELECT * FROM smarketing.verify('v')$$, '42501', NULL, 'verify is the owner''s');
RESET ROLE;
SELECT * FROM finish();
