-- The history is what happened: nobody rewrites it, and nothing that users build around their leads slips past it.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

-- append-only, to the owner too
INSERT INTO crm.lead (external_id) VALUES ('a');
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'a';
SELECT pg_temp.refused(statement, 'SM005', statement) FROM unnest(ARRAY[$$UPDATE crm.stage_change SET note = 'x'$$, $$UPDATE crm.stage_change SET note = 'x' WHERE false$$, $$DELETE FROM crm.stage_change$$,
    $$DELETE FROM crm.stage_change WHERE lead_id = -1$$, $$TRUNCATE crm.stage_change$$, $$TRUNCATE crm.stage_change, crm.activity CASCADE$$,
    $$MERGE INTO crm.stage_change AS c USING (VALUES (1)) AS v (x) ON true WHEN MATCHED THEN DELETE$$,
    $$WITH w AS (DELETE FROM crm.stage_change RETURNING 1) SELECT count(*) FROM w$$]) AS statement;
SELECT pg_temp.refused($$UPDATE crm.lead SET id = id + 1000 WHERE external_id = 'a'$$, 'SM005', 'the id of a lead does not change');
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id) VALUES ('a') ON CONFLICT (external_id) DO UPDATE SET id = 77$$, 'SM005', 'nor by an upsert');

-- times
BEGIN;
INSERT INTO crm.lead (external_id) VALUES ('t');
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 't';
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 't';
UPDATE crm.lead SET stage = 'sql' WHERE external_id = 't';
COMMIT;
SELECT is(pg_temp.history('t'), 'lead mql sal sql', 'moves of one transaction have one time and are in their order');
SELECT is((SELECT count(DISTINCT at) FROM crm.stage_change WHERE lead_id = pg_temp.id('t')), 1::bigint, 'its own');
-- another transaction, which began later, has moved the lead and committed: ours is not refused, and comes after it
SELECT format('-c role=%s', current_user) AS options \gset
\setenv PGOPTIONS :options
\setenv PGDATABASE :DBNAME
BEGIN;
SELECT now() AS began \gset
\set other `psql -XqAtc "UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'a' RETURNING stage_since" 2>&1`
UPDATE crm.lead SET stage = 'sql' WHERE external_id = 'a';
COMMIT;
SELECT ok(:'other'::timestamptz > :'began'::timestamptz, 'another session has moved a lead since this transaction began');
SELECT results_eq($$SELECT to_stage, at FROM crm.stage_change WHERE lead_id = pg_temp.id('a') AND to_stage IN ('sal', 'sql') ORDER BY at, id$$,
                  format($$VALUES ('sal'::text, %1$L::timestamptz), ('sql', %1$L)$$, :'other'), 'the default time is greatest(now(), the last change)');
SELECT is((SELECT stage_since FROM crm.lead WHERE external_id = 'a'), :'other'::timestamptz, 'and the lead has it, too');

-- a user's own triggers, BEFORE ROW and sorted after ours
CREATE FUNCTION pg_temp.rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.language = 'rewrite' THEN
        NEW.stage := NEW.company;
        NEW.cycle := 99;
        NEW.customer_since := '2001-01-01';
        NEW.stage_automatic := true;
        NEW.sales_cycle := 98;
    ELSIF NEW.language = 'skip' THEN
        RETURN NULL;
    ELSIF NEW.language = 'id' THEN
        NEW.id := NEW.id + 5000;
    ELSIF NEW.language = 'since' THEN
        NEW.stage_since := '2001-01-01';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER zz_rewrite BEFORE INSERT OR UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION pg_temp.rewrite();
INSERT INTO crm.lead (external_id) SELECT 'z' || n FROM generate_series(1, 9) AS n;
SELECT pg_temp.refused($$UPDATE crm.lead SET language = 'rewrite', company = 'customer' WHERE external_id = 'z1'$$, 'SM001', 'a trigger that rewrites the stage is judged');
SELECT pg_temp.refused($$UPDATE crm.lead SET language = 'rewrite', company = 'customer', stage = 'mql' WHERE external_id = 'z1'$$, 'SM001', 'instead of what the client wrote');
SELECT pg_temp.refused($$UPDATE crm.lead SET language = 'rewrite', company = 'no such' WHERE external_id = 'z1'$$, 'SM001', 'as anybody is');
SELECT pg_temp.recorded($$UPDATE crm.lead SET language = 'rewrite', company = 'mql' WHERE external_id = 'z1'$$, 1, 'a legal one is recorded');
SELECT results_eq($$SELECT l.stage, l.cycle, l.sales_cycle, l.customer_since, l.stage_automatic, l.stage_since = c.at AND c.at > 'today' FROM crm.lead AS l JOIN crm.stage_change AS c ON c.lead_id = l.id AND c.to_stage = l.stage
                    WHERE l.external_id = 'z1'$$, $$VALUES ('mql'::text, 1, 1, NULL::timestamptz, false, true)$$, 'and what the guard keeps is right');
SELECT is(pg_temp.handoffs('z1'), 'to_sales open', 'with its handoff');
SELECT pg_temp.recorded($$UPDATE crm.lead SET language = 'rewrite', company = 'lead' WHERE external_id = 'z2'$$, 0, 'one that rewrites no stage');
SELECT results_eq($$SELECT stage, cycle, sales_cycle, customer_since, stage_automatic FROM crm.lead WHERE external_id = 'z2'$$, $$VALUES ('lead'::text, 1, 0, NULL::timestamptz, false)$$, 'cannot move the guard''s columns either');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, language, company, stage) VALUES ('z20', 'rewrite', 'sal', 'closed_lost')$$, 1, 'what is judged is the row that is stored');
SELECT is((SELECT stage || cycle || coalesce(customer_since::text, '') || stage_automatic FROM crm.lead WHERE external_id = 'z20'), 'sal1false', 'on INSERT, too');
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, language, company) VALUES ('z21', 'rewrite', 'disqualified')$$, 'SM001', 'and refused');
SELECT pg_temp.recorded($$UPDATE crm.lead SET language = 'skip', stage = 'customer' WHERE external_id = 'z3'$$, 0, 'a row that a trigger skips is not written, and not judged');
SELECT pg_temp.refused($$UPDATE crm.lead SET language = 'id' WHERE external_id = 'z3'$$, 'SM005', 'a trigger cannot change the id');
SELECT pg_temp.recorded($$UPDATE crm.lead SET language = 'since' WHERE external_id = 'z5'$$, 0, 'a trigger that sets the time of no move');
SELECT is((SELECT stage_since > 'today' FROM crm.lead WHERE external_id = 'z5'), true, 'sets nothing');
SELECT pg_temp.refused($$UPDATE crm.lead SET language = 'since', stage = 'recycled', reason = 'timing' WHERE external_id = 'z4'$$, 'SM011', 'the time of a move is judged');
DROP TRIGGER zz_rewrite ON crm.lead;

-- a user's AFTER ROW trigger that writes to the lead again
CREATE FUNCTION pg_temp.enrich() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.industry IS NULL THEN
        UPDATE crm.lead SET industry = 'software', employees = 500 WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER aa_enrich AFTER INSERT ON crm.lead FOR EACH ROW EXECUTE FUNCTION pg_temp.enrich();
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id) VALUES ('e1'), ('e2')$$, 2, 'a trigger that enriches new leads');
SELECT is((SELECT industry FROM crm.lead WHERE external_id = 'e2'), 'software', 'works');
UPDATE crm.transition SET automatic_when = '$.employees >= 100' WHERE automatic_when IS NOT NULL;
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id) VALUES ('e3'), ('e4')$$, 4, 'what it adds may move the lead');
SELECT is(ARRAY[pg_temp.history('e3'), pg_temp.handoffs('e3')], ARRAY['lead mql!', 'to_sales open'], 'after its entry, as the history says');
DROP TRIGGER aa_enrich ON crm.lead;
CREATE FUNCTION pg_temp.go_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage = 'mql' AND OLD.stage <> 'mql' THEN
        UPDATE crm.lead SET stage = 'sal' WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER aa_go_on AFTER UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION pg_temp.go_on();
INSERT INTO crm.lead (external_id) VALUES ('g1'), ('g2'), ('g3');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'mql' WHERE external_id IN ('g1', 'g2')$$, 4, 'a trigger that moves the lead on');
SELECT is(ARRAY[pg_temp.history('g1'), pg_temp.handoffs('g1')], ARRAY['lead mql sal', 'to_sales accepted'], 'the moves are in their order, and the handoff is answered');
DROP TRIGGER aa_go_on ON crm.lead;
CREATE TRIGGER zz_go_on AFTER UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION pg_temp.go_on();
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'g3'$$, 2, 'whatever its name is');
SELECT is(ARRAY[pg_temp.history('g3'), pg_temp.handoffs('g3')], ARRAY['lead mql sal', 'to_sales accepted'], 'the same');
DROP TRIGGER zz_go_on ON crm.lead;
CREATE FUNCTION pg_temp.call_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO crm.activity (lead_id, kind) SELECT id, 'demo_request' FROM new_rows;
    INSERT INTO crm.deal (lead_id) SELECT id FROM new_rows WHERE note = 'deal';
    RETURN NULL;
END
$$;
CREATE TRIGGER aa_call AFTER INSERT ON crm.lead REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.call_first();
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, employees, note) VALUES ('h1', 50, NULL), ('h2', 500, NULL), ('h3', 5, 'deal')$$, 3 + 1 + 3, 'a statement trigger that records activities and deals of new leads');
SELECT is(ARRAY[pg_temp.history('h1'), pg_temp.history('h2'), pg_temp.history('h3')], ARRAY['lead', 'lead mql!', 'lead sal~ sql~ opportunity'], 'after their entry');
DROP TRIGGER aa_call ON crm.lead;

-- the same with whatever a trigger may do
CREATE FUNCTION pg_temp.try_things() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.note = 'take back' THEN
        BEGIN
            UPDATE crm.lead SET stage = 'mql' WHERE id = NEW.id;
            RAISE EXCEPTION 'no';
        EXCEPTION WHEN raise_exception THEN
            UPDATE crm.lead SET stage = 'sal' WHERE id = NEW.id;
        END;
    ELSIF NEW.note = 'illegal' THEN
        UPDATE crm.lead SET stage = 'customer' WHERE id = NEW.id AND stage <> 'customer';
    ELSIF NEW.note = 'delete' THEN
        DELETE FROM crm.lead WHERE id = NEW.id;
    ELSIF NEW.note = 'twice' AND NEW.stage = 'lead' THEN
        UPDATE crm.lead SET stage = 'mql' WHERE id = NEW.id;
        UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE id = NEW.id;
    ELSIF NEW.note = 'exclude' THEN
        UPDATE crm.lead SET excluded = 'spam' WHERE id = NEW.id AND excluded IS NULL;
    ELSIF NEW.note = 'another' THEN
        INSERT INTO crm.lead (external_id, stage) VALUES (NEW.external_id || '''', 'mql');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER aa_things AFTER INSERT OR UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION pg_temp.try_things();
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, note) VALUES ('x1', 'take back')$$, 2, 'a trigger that takes something back');
SELECT is(pg_temp.history('x1'), 'lead sal', 'what it took back was never there');
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, note) VALUES ('x2', 'illegal')$$, 'SM001', 'a trigger that makes an illegal move');
INSERT INTO crm.lead (external_id) VALUES ('x3');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, note) VALUES ('x3', 'twice'), ('x4', 'twice') ON CONFLICT (external_id) DO UPDATE SET note = excluded.note$$, 1 + 2 * 2, 'a trigger that moves twice, in an upsert');
SELECT is((SELECT string_agg(pg_temp.history(e) || ': ' || pg_temp.handoffs(e), '; ') FROM unnest(ARRAY['x3', 'x4']) AS e),
          'lead mql recycled: to_sales rejected not_ready, to_marketing open not_ready; lead mql recycled: to_sales rejected not_ready, to_marketing open not_ready', 'all of it in its order');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, note, stage) VALUES ('x5', 'exclude', 'mql'), ('x6', 'another', 'lead')$$, 3, 'one that excludes, one that brings another lead');
SELECT is(pg_temp.handoffs('x5') || ', ' || pg_temp.handoffs('x6'''), 'to_sales withdrawn, to_sales open', 'what was offered before is withdrawn');
SELECT coalesce(max(id), 0) AS last FROM crm.handoff \gset
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, note, stage) VALUES ('x7', 'delete', 'mql')$$, 1, 'one that deletes what comes in');
SELECT is((SELECT string_agg(decision, ' ') FROM crm.handoff WHERE id > :last), 'withdrawn', 'its offer is withdrawn');
DROP TRIGGER aa_things ON crm.lead;
-- a trigger of ours that is off, while its statement's inner ones go on
CREATE TRIGGER aa_go_on AFTER UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION pg_temp.go_on();
INSERT INTO crm.lead (external_id) VALUES ('x8');
ALTER TABLE crm.lead DISABLE TRIGGER smarketing_record_update;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'x8'$$, 'a workspace whose recorder is off records nothing, and verify says so');
SELECT ok((SELECT count(*) > 0 FROM smarketing.verify('crm')), 'it does');
ALTER TABLE crm.lead ENABLE TRIGGER smarketing_record_update;
DROP TRIGGER aa_go_on ON crm.lead;
DELETE FROM crm.lead WHERE external_id = 'x8';

-- deleted leads
INSERT INTO crm.lead (external_id, stage) VALUES ('d1', 'mql'), ('d2', 'sql'), ('d3', 'sal');
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('d1'), 'call'), (pg_temp.id('d3'), 'call');
INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('d2'));
UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id = 'd3';
SELECT pg_temp.id('d1') AS d1, pg_temp.id('d3') AS d3 \gset
SELECT pg_temp.refused($$DELETE FROM crm.lead WHERE external_id IN ('d1', 'd2')$$, '23503', 'a lead with deals is not deleted, nor are those beside it');
DELETE FROM crm.lead WHERE external_id IN ('d1', 'd3');
SELECT is((SELECT count(*) FROM crm.activity WHERE lead_id IN (:d1, :d3)), 0::bigint, 'activities go with their leads');
SELECT is((SELECT count(*) FROM crm.stage_change WHERE lead_id IN (:d1, :d3)), 3::bigint, 'the history stays');
SELECT is((SELECT string_agg(direction || ' ' || decision, ', ' ORDER BY id) FROM crm.handoff WHERE lead_id IN (:d1, :d3)), 'to_sales withdrawn, to_marketing withdrawn', 'handoffs are withdrawn');

-- cycles
CREATE FUNCTION pg_temp.walked(external_id text, VARIADIC stages text[]) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.walk($1, VARIADIC $2);
    RETURN (SELECT l.cycle FROM crm.lead AS l WHERE l.external_id = $1);
END
$$;
SELECT is(pg_temp.walked('y1', 'lead', 'mql', 'sal', 'recycled', 'lead'), 1, 'back in marketing it is the same cycle');
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'y1';
SELECT is((SELECT cycle FROM crm.lead WHERE external_id = 'y1'), 2, 'qualified again it is another');
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id = 'y1';
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'y1';
SELECT is((SELECT cycle FROM crm.lead WHERE external_id = 'y1'), 3, 'and another');
SELECT is((SELECT string_agg(cycle::text, ' ' ORDER BY at, id) FROM crm.stage_change WHERE lead_id = pg_temp.id('y1')), '1 1 1 1 1 2 2 3', 'each row of the history has its own');
SELECT is(pg_temp.walked('y2', 'lead', 'recycled', 'lead', 'mql'), 1, 'marketing''s own detour is no cycle');
SELECT is(pg_temp.walked('y3', 'sql', 'opportunity', 'customer', 'opportunity', 'customer', 'former_customer', 'opportunity'), 3, 'each further opportunity of a customer is one');
SELECT is(pg_temp.walked('y4', 'sql', 'opportunity', 'closed_lost', 'opportunity', 'sql', 'opportunity'), 1, 'a lost one that is taken up again is not');
SELECT is(pg_temp.walked('y5', 'opportunity', 'closed_lost', 'recycled', 'sal'), 2, 'a lead that sales calls in again is');

-- personas: the first by position, kept with the row
INSERT INTO crm.persona (name, condition, position) VALUES ('boss', '$.job_title like_regex "(?i)ceo|chief"' , 10), ('big boss', '$.job_title == "CEO" && $.employees > 1000', 5), ('anyone', '$.job_title != ""', 100), ('never', NULL, 1);
INSERT INTO crm.lead (external_id, job_title, employees, persona) VALUES ('p1', 'CEO', 10, 'liar'), ('p2', 'CEO', 5000, NULL), ('p3', 'Clerk', 1, NULL), ('p4', '', 1, NULL), ('p5', NULL, NULL, NULL), ('p6', 'Chief Ação Officer', NULL, NULL);
SELECT is((SELECT string_agg(external_id || ' ' || coalesce(persona, '-'), ', ' ORDER BY external_id) FROM crm.lead WHERE external_id ~ '^p[0-9]$'), 'p1 boss, p2 big boss, p3 anyone, p4 -, p5 anyone, p6 boss',
          'the first persona by position whose condition holds; $.a != "x" holds for a null');
UPDATE crm.lead SET employees = 5000 WHERE external_id = 'p1';
UPDATE crm.lead SET persona = 'anyone' WHERE external_id = 'p2';
UPDATE crm.lead SET job_title = '' WHERE external_id = 'p3';
SELECT is((SELECT string_agg(external_id || ' ' || coalesce(persona, '-'), ', ' ORDER BY external_id) FROM crm.lead WHERE external_id ~ '^p[1-3]$'), 'p1 big boss, p2 big boss, p3 -', 'it follows the row, and no client');

-- addresses
INSERT INTO crm.lead (external_id, email) VALUES ('m1', 'Ana@Example.org');
SELECT pg_temp.refused(format('INSERT INTO crm.lead (email) VALUES (%L)', email), '23505', 'one address, one lead: ' || email) FROM unnest(ARRAY['Ana@Example.org', 'ana@example.ORG', '  ana@example.org ']) AS email;
SELECT lives_ok($$INSERT INTO crm.lead (email) VALUES (NULL), (NULL), ('ana@example.com')$$, 'no address is not the same address');
SELECT pg_temp.refused($$INSERT INTO crm.lead (email, duplicate_allowed) VALUES ('ana@example.org', true)$$, '23505', 'a client cannot allow itself a duplicate');
UPDATE crm.setting SET value = '"allow"' WHERE name = 'on_duplicate';
SELECT lives_ok($$INSERT INTO crm.lead (external_id, email) VALUES ('m2', 'ana@example.org'), ('m3', 'ana@example.org')$$, 'the workspace may');
UPDATE crm.setting SET value = '"refuse"' WHERE name = 'on_duplicate';
SELECT lives_ok($$UPDATE crm.lead SET name = 'Ana' WHERE external_id IN ('m1', 'm2', 'm3')$$, 'those that are there stay');
SELECT pg_temp.refused($$UPDATE crm.lead SET email = 'ana@example.com' WHERE external_id = 'm2'$$, '23505', 'a new address is judged anew');
SELECT pg_temp.refused($$INSERT INTO crm.lead (email) VALUES ('ana@example.org')$$, '23505', 'and so is a new lead');

-- where a lead came from
INSERT INTO crm.lead (external_id, origin, source, campaign) VALUES ('o1', 'event', 'fair', 'spring'), ('o2', NULL, NULL, NULL);
UPDATE crm.lead SET origin = 'partner', source = 'web', campaign = 'summer' WHERE external_id IN ('o1', 'o2');
UPDATE crm.lead SET origin = NULL, source = NULL, campaign = NULL WHERE external_id IN ('o1', 'o2');
SELECT results_eq($$SELECT external_id, origin, source, campaign, latest_campaign FROM crm.lead WHERE external_id IN ('o1', 'o2') ORDER BY 1$$,
                  $$VALUES ('o1'::text, 'event'::text, 'fair'::text, 'spring'::text, 'summer'::text), ('o2', 'inbound', 'web', 'summer', 'summer')$$, 'origin, source and campaign are the first ones, the latest campaign the latest');
SELECT pg_temp.refused($$INSERT INTO crm.lead (origin) VALUES ('moon')$$, '23514', 'an origin that is none');

-- events: one for each move and each handoff, to each consumer
INSERT INTO crm.event_consumer (name, kinds) VALUES ('all', NULL), ('moves', '{stage_changed}');
SELECT coalesce(max(id), 0) AS last FROM crm.event \gset
INSERT INTO crm.lead (external_id, stage) VALUES ('v1', 'mql');
UPDATE crm.lead SET name = 'V' WHERE external_id = 'v1';
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id = 'v1';
SELECT results_eq(format($$SELECT kind, coalesce(payload ->> 'to', payload ->> 'decision'), lead_id = pg_temp.id('v1') FROM crm.event WHERE id > %s ORDER BY id$$, :last),
    $$VALUES ('stage_changed'::text, 'mql'::text, true), ('handoff_offered', 'mql', true), ('handoff_decided', 'rejected', true), ('stage_changed', 'recycled', true), ('handoff_offered', 'recycled', true)$$, 'what happened, in its order');
SELECT results_eq(format($$SELECT consumer, count(*) FROM crm.event_delivery WHERE event_id > %s GROUP BY 1 ORDER BY 1$$, :last), $$VALUES ('all'::text, 5::bigint), ('moves', 2)$$, 'each consumer gets what it wants');
UPDATE crm.setting SET value = 'false' WHERE name = 'live';
SELECT coalesce(max(id), 0) AS last FROM crm.event \gset
INSERT INTO crm.lead (external_id, stage) VALUES ('v2', 'mql');
SELECT is((SELECT count(*) FROM crm.event WHERE id > :last), 0::bigint, 'a staging copy tells nobody');
SELECT is(pg_temp.handoffs('v2'), 'to_sales open', 'and works');
UPDATE crm.setting SET value = 'true' WHERE name = 'live';

-- replica: what a restore or a subscriber writes is not judged again
SELECT is((SELECT count(*) FROM crm.lead), (SELECT count(DISTINCT lead_id) FROM crm.stage_change AS c WHERE EXISTS (SELECT FROM crm.lead AS l WHERE l.id = c.lead_id)), 'every lead has a history');

\ir include/end.psql
