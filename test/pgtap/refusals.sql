-- What a client is told when it is refused: a stable SQLSTATE, a message for people, what to do about it, and the
-- diagnostics that a program reads.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

-- 'SM001 crm.lead.stage lead_transition' and, below, what people read
CREATE FUNCTION pg_temp.told(statement text, OUT told text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
    schema_name text;
    table_name text;
    column_name text;
    constraint_name text;
BEGIN
    EXECUTE statement;
    told := 'passed';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS schema_name = SCHEMA_NAME, table_name = TABLE_NAME, column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME,
        message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    told := concat_ws(' ', SQLSTATE, concat_ws('.', nullif(schema_name, ''), nullif(table_name, ''), nullif(column_name, '')), nullif(constraint_name, ''));
END
$$;
CREATE FUNCTION pg_temp.is_told(statement text, expected text, message text, detail text, description text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    got record;
    before text := pg_temp.fingerprint();
BEGIN
    SELECT * INTO got FROM pg_temp.told(statement);
    RETURN NEXT is(got.told, expected, description);
    RETURN NEXT is(got.message, message, description || ': the message');
    IF detail IS NOT NULL THEN
        RETURN NEXT is(got.detail, detail, description || ': the detail');
    END IF;
    RETURN NEXT ok(got.message !~ '^[[:upper:]]' AND got.message !~ '[.]$', description || ': the message has no capital and no full stop');
    RETURN NEXT ok((got.detail = '' OR got.detail ~ '^[^[:lower:]].*[.]$') AND got.hint ~ '^[^[:lower:]].*[.…]$',
                   description || ': detail and hint are sentences');
    IF pg_temp.fingerprint() <> before THEN
        RETURN NEXT fail(description || ': nothing is changed');
    END IF;
END
$$;

INSERT INTO crm.lead (id, external_id) VALUES (1001, 'one'), (1002, 'two');
INSERT INTO crm.member (name, department) VALUES ('mara', 'marketing'), ('saul', 'sales');

-- SM001
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'customer' WHERE id = 1001$$, 'SM001 crm.lead.stage lead_transition',
    'lead 1001 cannot move from stage "lead" to "customer"', 'From "lead" it may move to: mql, sal, recycled, disqualified.', 'a stage too far');
SELECT pg_temp.is_told($$INSERT INTO crm.lead (stage) VALUES ('closed_lost')$$, 'SM001 crm.lead.stage lead_transition',
    'a lead cannot enter at stage "closed_lost"', 'A lead may enter at: subscriber, lead, mql, sal, sql, opportunity, customer.', 'no entry');
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'MQL' WHERE id = 1001$$, 'SM001 crm.lead.stage lead_transition',
    'lead 1001 cannot move from stage "lead" to "MQL"', 'From "lead" it may move to: mql, sal, recycled, disqualified.', 'a stage in another case');
SELECT is((SELECT hint FROM pg_temp.told($$UPDATE crm.lead SET stage = 'MQL' WHERE id = 1001$$)), 'There is no stage "MQL": see table stage.',
          'the hint says that it does not exist');
SELECT is((SELECT told FROM pg_temp.told(format('UPDATE crm.lead SET stage = %L WHERE id = 1001', stage))), 'SM001 crm.lead.stage lead_transition',
          'no stage: ' || left(to_json(stage)::text, 30))
FROM unnest(ARRAY['', ' ', 'mql ', 'm', 'ação', '"; DROP TABLE crm.lead; --', '%s %n', E'line\nfeed', repeat('x', 10000), 'mql' || chr(1), '🙂']) AS stage;
SELECT is((SELECT message FROM pg_temp.told($$UPDATE crm.lead SET stage = 'ação "%s" ''🙂''' WHERE id = 1001$$)),
          'lead 1001 cannot move from stage "lead" to "ação "%s" ''🙂''"', 'the name comes back as it was written');
SELECT throws_ok($$UPDATE crm.lead SET stage = NULL WHERE id = 1001$$, '23502', NULL, 'a null stage is no stage, as the column says');
SELECT throws_ok($$INSERT INTO crm.lead (id, stage) VALUES (1001, 'lead')$$, '23505', NULL, 'a key that is there is what it is without us');

-- SM002
UPDATE crm.transition SET condition = '$.employees >= 10 && $.attributes.budget > 5000 && $.country == "Brasil"' WHERE from_stage = 'lead' AND to_stage = 'mql';
UPDATE crm.lead SET employees = 3, attributes = '{"budget": "o''clock \"quoted\" 🙂", "secret": 1}', email = 'one@example.org' WHERE id = 1001;
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1001$$)), 'SM002 crm.lead.stage transition_condition',
          'a condition that does not hold');
SELECT is((SELECT message FROM pg_temp.told($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1001$$)), 'lead 1001 does not meet the condition for stage "mql"',
          'a condition that does not hold: the message');
SELECT ok(detail LIKE '%"employees" >= 10%' AND detail LIKE '%employees%3%' AND detail LIKE '%🙂%' AND detail LIKE '%country%null%' AND detail NOT LIKE '%one@example.org%',
          'the detail shows the condition and the values that it read, and no others: ' || detail)
FROM pg_temp.told($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1001$$);
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql', employees = 10, attributes = '{"budget": 5000.01}', country = 'Brasil' WHERE id = 1001$$,
                'it reads the lead as it will be stored, so one statement may complete and move it');
UPDATE crm.transition SET condition = '$.stage == "lead"' WHERE from_stage IS NULL AND to_stage = 'lead';
SELECT lives_ok($$INSERT INTO crm.lead (external_id, stage) VALUES ('three', 'lead')$$, 'a condition of an entry sees the stage that it goes to');
UPDATE crm.transition SET condition = '$.email like_regex "@example[.]org$"' WHERE from_stage IS NULL AND to_stage = 'lead';
SELECT is((SELECT told FROM pg_temp.told($$INSERT INTO crm.lead (email) VALUES ('ana@elsewhere.org')$$)), 'SM002 crm.lead.stage transition_condition', 'an entry has a condition, too');
UPDATE crm.transition SET condition = NULL;

-- SM003
SET smarketing.actor = 'saul';
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1002$$, 'SM003 crm.lead.stage transition_department',
    'sales may not make the move to stage "mql"', 'The move is made by marketing; "saul" belongs to sales.', 'another department''s move');
SELECT is((SELECT told FROM pg_temp.told($$INSERT INTO crm.lead (stage) VALUES ('mql')$$)), 'SM003 crm.lead.stage transition_department', 'an entry is a department''s, too');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1002$$, 'sales call a lead in');
SET smarketing.actor = 'mara';
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1001$$)), 'SM003 crm.lead.stage transition_department', 'marketing accepts nothing for sales');
SELECT lives_ok($$INSERT INTO crm.lead (external_id, stage) VALUES ('four', 'mql')$$, 'marketing offers');
SET smarketing.actor = 'nobody we know';
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sql' WHERE id = 1002$$, 'an unknown actor passes');
SELECT is((SELECT c.actor FROM crm.stage_change AS c WHERE c.lead_id = 1002 ORDER BY c.id DESC LIMIT 1), NULL, 'and is recorded as unknown');
RESET smarketing.actor;

-- SM004
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'recycled' WHERE id = 1002$$, 'SM004 crm.lead.reason transition_reason_kind',
    'lead 1002 needs a reason to move to stage "recycled"', 'Reasons of kind recycle: no_budget, no_response, timing.', 'no reason');
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'recycled', reason = 'não sei "por quê"' WHERE id = 1002$$, 'SM004 crm.lead.reason transition_reason_kind',
    'reason "não sei "por quê"" does not exist', 'Reasons of kind recycle: no_budget, no_response, timing.', 'an unknown reason');
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'recycled', reason = 'price' WHERE id = 1002$$, 'SM004 crm.lead.reason transition_reason_kind',
    'reason "price" is of kind lost, the move to stage "recycled" needs one of kind recycle', NULL, 'a reason of another kind');
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'recycled', reason = 'wrong_territory' WHERE id = 1001$$, 'SM004 crm.lead.reason transition_reason_kind',
    'reason "wrong_territory" reroutes a handoff and moves no lead', NULL, 'a reason that reroutes, on a move');
UPDATE crm.reason SET needs_note = true WHERE name = 'timing';
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE id = 1002$$, 'SM004 crm.lead.reason transition_reason_kind',
    'reason "timing" needs a note', NULL, 'a reason that needs a note');
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.lead SET stage = 'recycled', reason = 'timing', note = E' \t\n' WHERE id = 1002$$)),
          'SM004 crm.lead.reason transition_reason_kind', 'a note of blanks is none');
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.lead SET reason = 'because' WHERE id = 1002$$)), 'SM004 crm.lead.reason', 'an unknown reason without a move');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'recycled', reason = 'timing', note = 'maybe in autumn 🍂' WHERE id = 1002$$, 'with a reason and its note');
SELECT results_eq($$SELECT reason, note FROM crm.stage_change WHERE lead_id = 1002 ORDER BY id DESC LIMIT 1$$, $$VALUES ('timing'::text, 'maybe in autumn 🍂'::text)$$,
                  'both are in the history');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'lead', reason = 'timing', note = 'old' WHERE id = 1002$$, 'a move into a stage that needs none');
SELECT results_eq($$SELECT reason, note FROM crm.lead WHERE id = 1002$$, $$VALUES (NULL::text, NULL::text)$$, 'clears them');

-- SM009
UPDATE crm.setting SET value = 'true' WHERE name = 'require_actor';
SELECT pg_temp.is_told($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1002$$, 'SM009 crm.lead setting_require_actor',
    'workspace "crm" requires every write to name its actor', 'Neither smarketing.actor nor the session''s role names a member.', 'who are you?');
SELECT is(split_part((SELECT told FROM pg_temp.told(statement)), ' ', 1), 'SM009', 'an actor is required: ' || statement)
FROM unnest(ARRAY[
    $$INSERT INTO crm.lead DEFAULT VALUES$$,
    $$UPDATE crm.lead SET name = 'Ada' WHERE id = 1002$$,
    $$DELETE FROM crm.lead WHERE id = 1002$$,
    $$INSERT INTO crm.activity (lead_id, kind) VALUES (1002, 'call')$$,
    $$INSERT INTO crm.deal (lead_id) VALUES (1002)$$,
    $$UPDATE crm.handoff SET decision = 'accepted' WHERE decision IS NULL$$]) AS statement;
SET smarketing.actor = 'maria';
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1002$$)), 'SM009 crm.lead setting_require_actor', 'a name that is no member''s');
SET smarketing.actor = 'mara';
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1002$$, 'mara');
UPDATE crm.setting SET value = 'false' WHERE name = 'require_actor';
RESET smarketing.actor;

INSERT INTO crm.member (name, department, db_role, kind, active) VALUES ('sync', 'operations', 'smk_service', 'service', true),
    ('ana', 'sales', 'smk_sales', 'person', true), ('gone', 'sales', NULL, 'person', false), ('ghost', 'sales', 'smk_no_such_role', 'person', true);
GRANT USAGE ON SCHEMA crm TO smk_sales, smk_stranger, smk_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON crm.lead, crm.activity, crm.handoff, crm.deal TO smk_sales, smk_stranger, smk_service;
INSERT INTO crm.lead (id, stage) VALUES (1003, 'mql'), (1004, 'mql'), (1005, 'mql'), (1006, 'lead');
-- helpers are in pg_temp of the session's role
GRANT USAGE ON SCHEMA crm TO PUBLIC;
SET ROLE smk_stranger;
SET smarketing.actor = 'ana';
SELECT throws_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1003$$, 'SM009', 'this session may not act as "ana"', 'a name that belongs to another role');
SET smarketing.actor = 'gone';
SELECT throws_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1003$$, 'SM009', 'this session may not act as "gone"', 'a member who is not active');
SET smarketing.actor = 'ghost';
SELECT throws_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1003$$, 'SM009', 'this session may not act as "ghost"', 'a member of a role that does not exist');
SET smarketing.actor = 'sync';
SELECT throws_ok($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1006$$, 'SM009', 'this session may not act as "sync"', 'the name of a service');
SET smarketing.actor = 'saul';
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1003$$, 'a name without a role is a label, and anybody''s');
RESET ROLE;
SET ROLE smk_sales;
RESET smarketing.actor;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1004$$, 'a role that is a member''s');
SET smarketing.actor = 'ana';
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1005$$, 'may name the member, too');
RESET smarketing.actor;
SELECT throws_ok($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1006$$, 'SM003', NULL, 'a member by role is judged by its department');
SET ROLE smk_service;
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql' WHERE id = 1006$$, 'operations may do all');
RESET ROLE;
SELECT results_eq($$SELECT lead_id, actor, department FROM crm.stage_change WHERE lead_id BETWEEN 1003 AND 1006 AND from_stage IS NOT NULL ORDER BY 1$$,
                  $$VALUES (1003::bigint, 'saul'::text, 'sales'::text), (1004, 'ana', 'sales'), (1005, 'ana', 'sales'), (1006, 'sync', 'operations')$$, 'the history says who');
SET smarketing.actor = 'gone';
SELECT ok(told LIKE 'SM009 crm.%' AND hint <> '', 'a name that may not be claimed: the diagnostics name the workspace: ' || told)
FROM pg_temp.told($$UPDATE crm.lead SET stage = 'sal' WHERE id = 1006$$);
RESET smarketing.actor;

-- SM011
INSERT INTO crm.lead (id, stage, stage_since) VALUES (1010, 'lead', now() - interval '2 hours');
SELECT is((SELECT told FROM pg_temp.told(format('UPDATE crm.lead SET stage = ''mql'', stage_since = %L WHERE id = 1010', at))), told, 'at ' || at)
FROM (VALUES ('infinity', 'SM011 crm.lead.stage_since lead_stage_since'), ('-infinity', 'SM011 crm.lead.stage_since lead_stage_since'),
    ((now() + interval '1 hour')::text, 'SM011 crm.lead.stage_since lead_stage_since'), ((now() - interval '3 hours')::text, 'SM011 crm.lead.stage_since lead_stage_since'),
    ('294276-12-31 23:59Z', 'SM011 crm.lead.stage_since lead_stage_since'), ('4713-01-01 00:00Z BC', 'SM011 crm.lead.stage_since lead_stage_since')) AS t (at, told);
SELECT is((SELECT told FROM pg_temp.told(format('INSERT INTO crm.lead (stage, stage_since) VALUES (''lead'', %L)', at))), 'SM011 crm.lead.stage_since lead_stage_since', 'an entry at ' || what)
FROM (VALUES ('infinity', 'infinity'), ('-infinity', '-infinity'), ((now() + interval '1 hour')::text, 'an hour from now'), ((now() - interval '25 hours')::text, '25 hours ago')) AS t (at, what);
SELECT matches(detail, '^Its last change was at ', 'before the last change: the detail says when that was')
FROM pg_temp.told(format('UPDATE crm.lead SET stage = ''mql'', stage_since = %L WHERE id = 1010', now() - interval '3 hours'));
SELECT lives_ok(format('UPDATE crm.lead SET stage = ''mql'', stage_since = %L WHERE id = 1010', now() - interval '1 hour'), 'an hour ago');
SELECT is((SELECT at::text || recorded_at::text FROM crm.stage_change WHERE lead_id = 1010 AND to_stage = 'mql'),
          (SELECT stage_since::text || updated_at::text FROM crm.lead WHERE id = 1010), 'at that hour, recorded now');
UPDATE crm.setting SET value = '"30 minutes"' WHERE name = 'max_backdate';
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.lead SET stage = 'sal', stage_since = now() - interval '31 minutes' WHERE id = 1010$$)),
          'SM011 crm.lead.stage_since lead_stage_since', 'further back than the workspace allows');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal', stage_since = now() - interval '29 minutes' WHERE id = 1010$$, 'not that far');
UPDATE crm.setting SET value = '"0"' WHERE name = 'max_backdate';
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sql', stage_since = now() WHERE id = 1010$$, 'now, where nothing else is allowed');
SELECT is((SELECT told FROM pg_temp.told($$INSERT INTO crm.activity (lead_id, kind, at) VALUES (1010, 'call', now() + interval '1 minute')$$)), 'SM011 crm.activity.at',
          'an activity that has not happened yet');
SELECT is((SELECT told FROM pg_temp.told($$INSERT INTO crm.activity (lead_id, kind, at) VALUES (1010, 'call', '-infinity')$$)), 'SM011 crm.activity.at', 'one without a beginning');
SELECT is((SELECT told FROM pg_temp.told($$INSERT INTO crm.activity (lead_id, kind) VALUES (1010, 'carrier pigeon "🕊"')$$)), '23503 crm.activity.kind', 'a kind of activity that nobody knows');

-- SM005 and SM006 have diagnostics, too
SELECT is((SELECT told FROM pg_temp.told($$DELETE FROM crm.stage_change$$)), 'SM005 crm.stage_change', 'history is append-only');
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.lead SET id = 1 WHERE id = 1010$$)), 'SM005 crm.lead.id', 'the id of a lead is its history''s');
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.handoff SET decision = 'rejected' WHERE lead_id = 1001$$)), 'SM004 crm.handoff.reason', 'a rejection without a reason');
SELECT is((SELECT told FROM pg_temp.told($$UPDATE crm.handoff SET decision = 'withdrawn' WHERE lead_id = 1001$$)), 'SM006 crm.handoff.decision', 'a decision that is ours');

-- the first refusal is the first that the table of SQLSTATEs names
SELECT is((SELECT told FROM pg_temp.told($$INSERT INTO crm.lead (stage, stage_since) VALUES ('closed_lost', 'infinity')$$)), 'SM001 crm.lead.stage lead_transition',
          'what is wrong in two ways is refused for the first');

-- settings
SELECT pg_temp.is_told($$INSERT INTO crm.setting (name, value) VALUES ('week_start', '7')$$, 'SM007 crm.setting.name',
    'setting "week_start" does not exist', NULL, 'a misspelt setting');
SELECT is((SELECT hint FROM pg_temp.told($$INSERT INTO crm.setting (name, value) VALUES ('week_start', '7')$$)),
    'Settings are: ' || (SELECT string_agg(name, ', ' ORDER BY name COLLATE "C") FROM crm.setting) || '.', 'the hint names those that there are, and every workspace has them all');
SELECT pg_temp.is_told($$UPDATE crm.setting SET value = '"nobody \"here\""' WHERE name = 'fallback_owner'$$, 'SM007 crm.setting.value',
    'setting fallback_owner names "nobody "here"", who is no member of sales', NULL, 'a fallback owner who is no member');
SELECT pg_temp.is_told($$UPDATE crm.setting SET value = '"enforced"' WHERE name = 'transition_mode'$$, 'SM007 crm.setting.value',
    'setting transition_mode cannot be enforced', NULL, 'a mode that is none');

\ir include/end.psql
