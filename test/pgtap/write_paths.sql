-- However a client writes, the agreement holds: on every path that SQL has, an illegal move is refused with SM001 and
-- leaves nothing, and its legal counterpart is in the history exactly once.
\ir include/begin.psql
\ir include/crm.psql
-- so little that what a statement has written goes to disk
SET work_mem = '64kB';
SELECT no_plan();

INSERT INTO crm.lead (external_id, email)
SELECT 'l' || n, 'l' || n || '@example.org' FROM generate_series(1, 60) AS n;
SELECT is((SELECT count(*) FROM crm.stage_change WHERE from_stage IS NULL AND to_stage = 'lead'), 60::bigint,
          'sixty leads have entered, and the history has sixty entries');

-- INSERT
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, stage) VALUES ('i1', 'closed_lost')$$, 'SM001',
                       'INSERT: a lead cannot enter as lost');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage) VALUES ('i1', 'mql')$$, 1, 'INSERT: it can as an mql');
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, stage) VALUES ('i2', 'lead'), ('i3', 'recycled'), ('i4', 'mql')$$,
                       'SM001', 'multi-row INSERT: one row that cannot enter takes the others with it');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage) VALUES ('i2', 'lead'), ('i3', 'sal'), ('i4', 'mql')$$,
                        3, 'multi-row INSERT: three entries');
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, stage) SELECT 's' || n, CASE n WHEN 400 THEN 'disqualified' ELSE 'lead' END
                         FROM generate_series(1, 500) AS n$$, 'SM001', 'INSERT ... SELECT: one of 500 cannot enter');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage) SELECT 's' || n, CASE n % 3 WHEN 0 THEN 'subscriber' ELSE 'lead' END
                         FROM generate_series(1, 500) AS n$$, 500, 'INSERT ... SELECT: 500 enter');
SELECT pg_temp.recorded($$INSERT INTO crm.lead SELECT * FROM crm.lead WHERE false$$, 0, 'INSERT ... SELECT: nobody');
SELECT pg_temp.recorded($$INSERT INTO crm.lead DEFAULT VALUES$$, 1, 'INSERT ... DEFAULT VALUES: a lead');

-- UPDATE
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'customer' WHERE external_id = 'l1'$$, 'SM001', 'UPDATE: not over three stages');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'l1'$$, 1, 'UPDATE: to the next stage');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = CASE external_id WHEN 'l3' THEN 'opportunity' ELSE 'mql' END
                         WHERE external_id IN ('l2', 'l3', 'l4')$$, 'SM001', 'UPDATE of many: the wrong one takes the others with it');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'mql' WHERE external_id IN ('l2', 'l3', 'l4')$$, 3, 'UPDATE of many');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = stage$$, 0, 'UPDATE to the stages that they are in: no move');
SELECT pg_temp.recorded($$UPDATE crm.lead SET stage = 'customer' WHERE false$$, 0, 'UPDATE of no row');
SELECT pg_temp.refused($$UPDATE crm.lead AS l SET stage = v.stage FROM (VALUES ('l5', 'mql'), ('l6', 'former_customer')) AS v (external_id, stage)
                         WHERE v.external_id = l.external_id$$, 'SM001', 'UPDATE ... FROM');
SELECT pg_temp.recorded($$UPDATE crm.lead AS l SET stage = v.stage FROM (VALUES ('l5', 'mql'), ('l6', 'sal'), ('l6', 'sal')) AS v (external_id, stage)
                         WHERE v.external_id = l.external_id$$, 2, 'UPDATE ... FROM a list that names a lead twice: once each');

-- upsert
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, stage) VALUES ('l7', 'mql'), ('l8', 'customer')
                         ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage$$, 'SM001', 'ON CONFLICT DO UPDATE');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage) VALUES ('l7', 'mql'), ('u1', 'subscriber'), ('l8', 'sal')
                         ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage$$, 3, 'ON CONFLICT DO UPDATE: two moves, one entry');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (email, stage) VALUES (' L9@Example.org ', 'mql')
                         ON CONFLICT (lower(btrim(email))) WHERE NOT duplicate_allowed DO UPDATE SET stage = excluded.stage$$,
                        1, 'ON CONFLICT on the address');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage) VALUES ('l10', 'closed_lost') ON CONFLICT DO NOTHING$$,
                        0, 'ON CONFLICT DO NOTHING: what is not inserted is not judged');
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, stage) VALUES ('u2', 'closed_lost') ON CONFLICT DO NOTHING$$,
                       'SM001', 'ON CONFLICT DO NOTHING: what is inserted is');
SELECT throws_ok($$INSERT INTO crm.lead (external_id, stage) VALUES ('u3', 'lead'), ('u3', 'mql')
                   ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage$$, '21000', NULL,
                 'one row twice in an upsert is what it is without us');

-- MERGE
SELECT pg_temp.refused($$MERGE INTO crm.lead AS l USING (VALUES ('l11', 'mql'), ('l12', 'customer'), ('m1', 'lead')) AS v (external_id, stage)
                         ON l.external_id = v.external_id WHEN MATCHED THEN UPDATE SET stage = v.stage
                         WHEN NOT MATCHED THEN INSERT (external_id, stage) VALUES (v.external_id, v.stage)$$, 'SM001', 'MERGE: an illegal update');
SELECT pg_temp.refused($$MERGE INTO crm.lead AS l USING (VALUES ('l11', 'mql'), ('m1', 'recycled')) AS v (external_id, stage)
                         ON l.external_id = v.external_id WHEN MATCHED THEN UPDATE SET stage = v.stage
                         WHEN NOT MATCHED THEN INSERT (external_id, stage) VALUES (v.external_id, v.stage)$$, 'SM001', 'MERGE: an illegal insert');
SELECT pg_temp.recorded($$MERGE INTO crm.lead AS l
                         USING (VALUES ('l11', 'mql'), ('l12', 'sal'), ('m1', 'lead'), ('l13', 'gone'), ('l14', 'idle')) AS v (external_id, stage)
                         ON l.external_id = v.external_id WHEN MATCHED AND v.stage = 'gone' THEN DELETE
                         WHEN MATCHED AND v.stage = 'idle' THEN DO NOTHING WHEN MATCHED THEN UPDATE SET stage = v.stage
                         WHEN NOT MATCHED THEN INSERT (external_id, stage) VALUES (v.external_id, v.stage)$$,
                        3, 'MERGE: two moves and an entry, with a delete and nothing beside them');
SELECT ok(pg_temp.id('l13') IS NULL, 'MERGE: the deleted one is gone');

-- COPY.  psql forgets the SQLSTATE of a COPY that fails, so another session of the same role says it.  Neither \copy
-- nor a program takes psql's variables: they go through the environment.
\set copy_file `mktemp "${TMPDIR:-/tmp}/smk_copy.XXXXXX"`
\setenv SMK_COPY_FILE :copy_file
SELECT format('-c role=%s', current_user) AS options \gset
\setenv PGOPTIONS :options
\setenv PGDATABASE :DBNAME
SELECT pg_temp.fingerprint() AS before \gset
\set state `printf 'c1\tlead\nc2\tlead_for_life\nc3\tmql\n' | psql -Xqv VERBOSITY=sqlstate -c '\copy crm.lead (external_id, stage) from stdin' 2>&1`
SELECT is(:'state'::text, 'ERROR:  SM001', 'COPY, text: one of three cannot enter');
SELECT is(pg_temp.fingerprint(), :'before'::text, 'COPY, text: and nobody has');
\copy crm.lead (external_id, stage) from program 'printf "c1\\tlead\\nc2\\tcustomer\\nc3\\tmql\\nc4\\t\\\\N\\n"'
SELECT is((SELECT string_agg(pg_temp.history('c' || n), ', ' ORDER BY n) FROM generate_series(1, 4) AS n),
          'lead, customer, mql, lead', 'COPY, text: each once; a null stage is where leads enter');

CREATE TEMPORARY TABLE outgoing (external_id text, stage text);
INSERT INTO pg_temp.outgoing SELECT 'b' || n, CASE n WHEN 7 THEN 'former_customer' ELSE 'lead' END FROM generate_series(1, 10) AS n;
\copy pg_temp.outgoing to program 'cat >"$SMK_COPY_FILE"' (format binary)
SELECT pg_temp.fingerprint() AS before \gset
\set state `psql -Xqv VERBOSITY=sqlstate -c '\copy crm.lead (external_id, stage) from stdin (format binary)' <"$SMK_COPY_FILE" 2>&1`
SELECT is(:'state'::text, 'ERROR:  SM001', 'COPY, binary: one of ten cannot enter');
SELECT is(pg_temp.fingerprint(), :'before'::text, 'COPY, binary: and nobody has');
UPDATE pg_temp.outgoing SET stage = 'mql' WHERE external_id = 'b7';
\copy pg_temp.outgoing to program 'cat >"$SMK_COPY_FILE"' (format binary)
\copy crm.lead (external_id, stage) from program 'cat "$SMK_COPY_FILE"; rm "$SMK_COPY_FILE"' (format binary)
SELECT is((SELECT count(*) || ' ' || count(DISTINCT lead_id) FROM crm.stage_change WHERE lead_id IN (SELECT id FROM crm.lead WHERE external_id ~ '^b\d+$')),
          '10 10', 'COPY, binary: each once');

-- an updatable view
CREATE VIEW crm.my_leads AS SELECT id, external_id, email, stage, reason FROM crm.lead WHERE email LIKE '%@example.org'
    WITH CHECK OPTION;
GRANT SELECT, INSERT, UPDATE ON crm.my_leads TO PUBLIC;
SELECT pg_temp.refused($$UPDATE crm.my_leads SET stage = 'sql' WHERE external_id = 'l15'$$, 'SM001', 'updatable view: UPDATE');
SELECT pg_temp.recorded($$UPDATE crm.my_leads SET stage = 'mql' WHERE external_id = 'l15'$$, 1, 'updatable view: a legal UPDATE');
SELECT pg_temp.refused($$INSERT INTO crm.my_leads (external_id, email, stage) VALUES ('v1', 'v1@example.org', 'recycled')$$, 'SM001',
                       'updatable view: INSERT');
SELECT pg_temp.recorded($$INSERT INTO crm.my_leads (external_id, email, stage) VALUES ('v1', 'v1@example.org', 'lead')$$, 1,
                        'updatable view: a legal INSERT');

-- PREPARE, more often than a generic plan needs
PREPARE move(text, text) AS UPDATE crm.lead SET stage = $2 WHERE external_id = $1;
SELECT pg_temp.refused($$EXECUTE move('l16', 'opportunity')$$, 'SM001', 'EXECUTE');
SELECT pg_temp.recorded(format('EXECUTE move(%L, %L)', 'l' || n, 'mql'), 1, 'EXECUTE, time ' || n - 15) FROM generate_series(16, 23) AS n;
SELECT pg_temp.refused($$EXECUTE move('l16', 'opportunity')$$, 'SM001', 'EXECUTE with a generic plan');
DEALLOCATE move;

-- functions
CREATE FUNCTION pg_temp.move_twice(external_id text, first text, second text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE crm.lead AS l SET stage = first WHERE l.external_id = $1;
    UPDATE crm.lead AS l SET stage = second WHERE l.external_id = $1;
END
$$;
CREATE FUNCTION pg_temp.try_moves(external_id text, VARIADIC stages text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    goal text;
    told text := '';
BEGIN
    PERFORM pg_temp.act_begins();
    FOREACH goal IN ARRAY stages LOOP
        BEGIN
            UPDATE crm.lead AS l SET stage = goal WHERE l.external_id = $1;
        EXCEPTION WHEN SQLSTATE 'SM001' THEN
            told := told || goal || ' refused, ';
        END;
    END LOOP;
    PERFORM pg_temp.act_ends();
    RETURN told || (SELECT l.stage FROM crm.lead AS l WHERE l.external_id = $1);
END
$$;
SELECT pg_temp.refused($$SELECT pg_temp.move_twice('l24', 'mql', 'customer')$$, 'SM001', 'plpgsql: the second move is illegal, the first goes too');
SELECT pg_temp.recorded($$SELECT pg_temp.move_twice('l24', 'mql', 'sal')$$, 2, 'plpgsql: two moves in one statement of the client');
SELECT is(pg_temp.history('l24'), 'lead mql sal', 'plpgsql: in their order');
SELECT is(pg_temp.try_moves('l25', 'customer', 'mql', 'lead', 'sal', 'mql', 'sql'), 'customer refused, lead refused, mql refused, sql',
          'plpgsql: refusals that are caught leave the rest working');
SELECT is(pg_temp.history('l25'), 'lead mql sal sql', 'plpgsql: and are not in the history');
CREATE FUNCTION pg_temp.move_by_sql(text, text) RETURNS bigint LANGUAGE sql
    AS $$UPDATE crm.lead SET stage = $2 WHERE external_id = $1 RETURNING id$$;
SELECT pg_temp.refused($$SELECT pg_temp.move_by_sql('l26', 'sql')$$, 'SM001', 'an SQL function');
SELECT pg_temp.recorded($$SELECT pg_temp.move_by_sql('l' || n, 'mql') FROM generate_series(26, 29) AS n$$, 4, 'an SQL function, once per row');

-- writable CTEs
SELECT pg_temp.refused($$WITH w AS (UPDATE crm.lead SET stage = 'customer' WHERE external_id = 'l30' RETURNING id) SELECT count(*) FROM w$$,
                       'SM001', 'a writable CTE');
SELECT pg_temp.recorded($$WITH w AS (UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'l30' RETURNING id) SELECT count(*) FROM w$$,
                        1, 'a legal writable CTE');
SELECT pg_temp.recorded($$WITH a AS (UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'l31' RETURNING id),
                               b AS (INSERT INTO crm.lead (external_id, stage) VALUES ('w1', 'sal') RETURNING id),
                               c AS (DELETE FROM crm.lead WHERE external_id = 'l32' RETURNING id)
                          UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'l33'$$,
                        3, 'two UPDATEs, an INSERT and a DELETE in one statement');
SELECT is(ARRAY[pg_temp.history('l31'), pg_temp.history('w1'), pg_temp.history('l33')], ARRAY['lead mql', 'sal', 'lead sal'],
          'each row with its own old and new stage');
SELECT pg_temp.refused($$WITH a AS (UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'l34' RETURNING id),
                              b AS (INSERT INTO crm.lead (external_id, stage) VALUES ('w2', 'recycled') RETURNING id)
                         UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'l35'$$, 'SM001', 'the INSERT among them is illegal');

-- SELECT FOR UPDATE and a cursor
BEGIN;
DECLARE picked CURSOR FOR SELECT id FROM crm.lead WHERE external_id IN ('l36', 'l37') ORDER BY id FOR UPDATE;
FETCH NEXT FROM picked \gset
UPDATE crm.lead SET stage = 'mql' WHERE CURRENT OF picked;
FETCH NEXT FROM picked \gset
UPDATE crm.lead SET stage = 'sal' WHERE CURRENT OF picked;
COMMIT;
SELECT is(ARRAY[pg_temp.history('l36'), pg_temp.history('l37')], ARRAY['lead mql', 'lead sal'], 'WHERE CURRENT OF a cursor');

-- savepoints
BEGIN;
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'l38';
SAVEPOINT here;
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'l38';
ROLLBACK TO here;
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id = 'l38';
COMMIT;
SELECT is(pg_temp.history('l38'), 'lead mql recycled', 'what a savepoint takes back was never there');

-- a deal moves its lead
INSERT INTO crm.lead (external_id) VALUES ('d1');
INSERT INTO crm.lead (external_id, stage) VALUES ('d2', 'sql'), ('d3', 'customer');
UPDATE crm.transition SET condition = '$.employees > 10' WHERE from_stage = 'sql' AND to_stage = 'opportunity';
SELECT pg_temp.refused($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('d2'))$$, 'SM002', 'a deal whose lead may not become an opportunity');
UPDATE crm.lead SET employees = 50 WHERE external_id IN ('d1', 'd2');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('d2'))$$, 1, 'a deal');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id) VALUES (pg_temp.id('d1'))$$, 3, 'a deal over two stages');
SELECT is(pg_temp.history('d1'), 'lead sal~ sql~ opportunity', 'with the stages between');

-- a handoff's decision moves its lead
INSERT INTO crm.lead (external_id, stage) VALUES ('h1', 'mql'), ('h2', 'mql'), ('h3', 'mql');
UPDATE crm.transition SET condition = '$.employees > 10' WHERE from_stage = 'mql' AND to_stage = 'sal';
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'accepted' WHERE lead_id = pg_temp.id('h1')$$, 'SM002',
                       'a handoff whose lead may not be accepted');
SELECT pg_temp.refused($$SELECT smarketing.decide('crm', id, 'accepted') FROM crm.handoff WHERE lead_id = pg_temp.id('h1')$$, 'SM002',
                       'nor by decide()');
UPDATE crm.lead SET employees = 50 WHERE external_id IN ('h1', 'h2');
SELECT pg_temp.recorded($$UPDATE crm.handoff SET decision = 'accepted' WHERE lead_id = pg_temp.id('h1')$$, 1, 'a decision');
SELECT pg_temp.recorded($$SELECT smarketing.decide('crm', id, 'accepted') FROM crm.handoff WHERE lead_id = pg_temp.id('h2')$$, 1,
                        'a decision by decide()');
DELETE FROM crm.transition WHERE from_stage = 'mql' AND to_stage = 'recycled';
SELECT pg_temp.refused($$UPDATE crm.handoff SET decision = 'rejected', reason = 'not_ready' WHERE lead_id = pg_temp.id('h3')$$, 'SM006',
                       'a rejection where no transition leads back');
UPDATE crm.transition SET condition = NULL;

-- many rows at once, on every table
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage, note) SELECT 'x' || n, 'mql', repeat('x', 100) FROM generate_series(1, 2000) AS n$$, 2000, 'two thousand entries');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind, properties) SELECT l.id, 'call', jsonb_build_object('text', l.note) FROM crm.lead AS l$$, 0, 'a call to everybody');
INSERT INTO crm.transition (from_stage, to_stage, department, reason_kind) VALUES ('mql', 'recycled', 'sales', 'reject');
SELECT pg_temp.recorded($$UPDATE crm.handoff AS h SET decision = 'rejected', reason = 'not_ready', note = repeat('y', 100) FROM crm.lead AS l
                          WHERE l.id = h.lead_id AND h.decision IS NULL AND l.external_id ~ '^x1?[0-9]{3}$'$$, 1900, 'decisions by the hundred');
SELECT pg_temp.recorded($$INSERT INTO crm.deal (lead_id, name) SELECT l.id, repeat('z', 100) FROM crm.lead AS l WHERE l.external_id ~ '^x1?[0-9]{3}$' AND l.stage = 'recycled'$$,
                        3 * 1900, 'deals by the hundred, each over three stages');
SELECT pg_temp.recorded($$DELETE FROM crm.lead AS l WHERE l.external_id ~ '^x[0-9]{1,2}$'$$, 0, 'and away with the rest');

-- no statement above has left a rule pinned or a flag set
SELECT is(pg_temp.stage('l1'), 'mql', 'a last look');
SELECT pg_temp.refused($$UPDATE crm.lead SET stage = 'customer', cycle = 7, score = 99 WHERE external_id = 'l1'$$, 'SM001', 'and a last try');
SELECT is_empty($$SELECT l.id FROM crm.lead AS l WHERE l.stage IS DISTINCT FROM
                  (SELECT c.to_stage FROM crm.stage_change AS c WHERE c.lead_id = l.id ORDER BY c.at DESC, c.id DESC LIMIT 1)$$,
                'every lead stands where its history ends');

\ir include/end.psql
