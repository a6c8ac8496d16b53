-- The agreement: a draft, two signatures, in force, immutable, amended in the middle of a month, drifting.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();
INSERT INTO crm.member (name, display_name, department, active) VALUES
    ('mia', 'Mia Moreno', 'marketing', true), ('max', NULL, 'marketing', true), ('sam', 'Sam Soto', 'sales', true), ('old', NULL, 'sales', false);

-- ---- the draft ----
SELECT is((SELECT state FROM crm.agreement_status), 'draft', 'a workspace begins with a draft');
SELECT results_eq($$SELECT commitments, owed_by_marketing, owed_by_sales FROM crm.agreement_status$$, $$VALUES (7::bigint, 3::bigint, 4::bigint)$$,
    'in which both departments owe something');
SELECT pg_temp.walk('early', 'mql') \g /dev/null
SELECT is((SELECT count(*) FROM crm.sla_clock), 0::bigint, 'a draft starts no clock');
SELECT is((SELECT count(*) FROM crm.commitment_progress), 0::bigint, 'and measures nothing');
UPDATE crm.commitment SET target = 80 WHERE key = 'accepted_mqls';
SELECT throws_ok($$UPDATE crm.commitment SET ends_on = 'activity:prayer' WHERE key = 'first_attempt'$$, 'SM007', NULL, 'an event that no clock knows');
SELECT throws_ok($$UPDATE crm.calendar SET hours = 'UTC; Mo-Fr 9:00-25:00'$$, 'SM007', NULL, 'hours that do not exist');
SELECT throws_ok($$UPDATE crm.commitment SET condition = '$.budget > 1' WHERE key = 'hot_lead'$$, 'SM007', NULL, 'a condition on a column that is not there');

-- ---- signatures ----
SELECT throws_ok($$UPDATE crm.agreement SET marketing_signed_by = 'sam'$$, 'SM003', NULL, 'sales cannot sign for marketing');
SELECT throws_ok($$UPDATE crm.agreement SET sales_signed_by = 'old'$$, 'SM003', NULL, 'nor somebody who has left');
SELECT throws_ok($$UPDATE crm.agreement SET sales_signed_by = 'nobody'$$, 'SM003', NULL, 'nor somebody unknown');
SET smarketing.actor = 'max';
SELECT throws_ok($$UPDATE crm.agreement SET marketing_signed_by = 'mia'$$, 'SM003', NULL, 'nobody signs in the name of another');
SET smarketing.actor = 'mia';
UPDATE crm.agreement SET marketing_signed_by = 'mia', marketing_signed_at = '2001-01-01';
SELECT ok((SELECT marketing_signed_at > now() - interval '1 hour' FROM crm.agreement), 'the time of a signature is not the signer''s to choose');
SELECT is((SELECT state FROM crm.agreement_status), 'draft', 'one signature has no effect');
SELECT pg_temp.walk('early 2', 'mql') \g /dev/null
SELECT is((SELECT count(*) FROM crm.sla_clock), 0::bigint, 'none at all');
UPDATE crm.agreement SET marketing_signed_by = NULL;
SELECT is((SELECT marketing_signed_at FROM crm.agreement), NULL, 'the first one may be withdrawn');
UPDATE crm.agreement SET marketing_signed_by = 'mia', valid = daterange((date_trunc('month', now()) - interval '2 months')::date, NULL);
SET smarketing.actor = 'sam';
UPDATE crm.agreement SET sales_signed_by = 'sam';
RESET smarketing.actor;
SELECT is((SELECT state FROM crm.agreement_status), 'in_force', 'two signatures: in force');
SELECT ok((SELECT next_review > now()::date FROM crm.agreement_status), 'with a day for its review');

-- ---- immutable ----
SELECT throws_ok($$UPDATE crm.agreement SET valid = '[2020-01-01,2020-02-01)'$$, 'SM008', NULL, 'its term cannot change');
SELECT throws_ok($$UPDATE crm.agreement SET valid = daterange(lower(valid), '2100-01-01')$$, 'SM008', NULL, 'it cannot even be cut short, but by the next version');
SELECT throws_ok($$UPDATE crm.agreement SET sales_signed_by = NULL$$, 'SM008', NULL, 'nor its signatures');
SELECT throws_ok($$DELETE FROM crm.agreement$$, 'SM008', NULL, 'nor can it be deleted');
SELECT throws_ok($$UPDATE crm.commitment SET target = 1 WHERE key = 'accepted_mqls'$$, 'SM008', NULL, 'nor its commitments be changed');
SELECT throws_ok($$DELETE FROM crm.commitment WHERE key = 'accepted_mqls'$$, 'SM008', NULL, 'or deleted');
SELECT throws_ok($$INSERT INTO crm.commitment (agreement_id, key, department, kind, stage, target, per) SELECT id, 'more', 'marketing', 'volume', 'mql', 1, 'week' FROM crm.agreement$$,
    'SM008', NULL, 'or added');
SELECT throws_ok($$TRUNCATE crm.commitment CASCADE$$, 'SM007', NULL, 'or swept away');
INSERT INTO crm.agreement (name, valid) VALUES ('another', '[2020-01-01,)') RETURNING id AS another \gset
UPDATE crm.agreement SET marketing_signed_by = 'mia' WHERE id = :another;
SELECT throws_ok(format($$UPDATE crm.agreement SET sales_signed_by = 'sam' WHERE id = %s$$, :another), '23P01',
    'agreement "another" version 1 would be in force beside agreement "standard" version 1', 'one agreement is in force on each day');
UPDATE crm.agreement SET valid = daterange('2020-01-01', (SELECT lower(a.valid) FROM crm.agreement AS a WHERE a.name = 'standard')) WHERE id = :another;
UPDATE crm.agreement SET marketing_signed_by = 'mia', sales_signed_by = 'sam' WHERE id = :another;
SELECT is((SELECT state FROM crm.agreement_status WHERE agreement = 'another'), 'ended', 'on days of its own it may be, up to the last day before');
BEGIN;
ALTER TABLE crm.agreement DISABLE TRIGGER smarketing_guard;
DELETE FROM crm.agreement WHERE id = :another;
ALTER TABLE crm.agreement ENABLE TRIGGER smarketing_guard;
COMMIT;

-- ---- nobody is bound to what he has not read ----
CREATE FUNCTION pg_temp.signatures(agreed bigint) RETURNS text LANGUAGE sql STABLE
AS $$SELECT concat_ws(' ', a.marketing_signed_by, CASE WHEN a.marketing_signed_at IS NULL THEN '-' ELSE '+' END,
                      a.sales_signed_by, CASE WHEN a.sales_signed_at IS NULL THEN '-' ELSE '+' END) FROM crm.agreement AS a WHERE a.id = $1$$;
INSERT INTO crm.agreement (name, valid) VALUES ('draft', '[2020-01-01,2020-02-01)') RETURNING id AS draft \gset
INSERT INTO crm.commitment (agreement_id, key, department, kind, stage, target, per) VALUES (:draft, 'mqls', 'marketing', 'volume', 'mql', 10, 'month') RETURNING id AS mqls \gset
UPDATE crm.agreement SET marketing_signed_by = 'mia' WHERE id = :draft;
UPDATE crm.commitment SET target = 10 WHERE id = :mqls;
SELECT is(pg_temp.signatures(:draft), 'mia + -', 'a write that changes nothing leaves the first signature');
UPDATE crm.commitment SET target = 100 WHERE id = :mqls;
SELECT is(pg_temp.signatures(:draft), '- -', 'a commitment that changes after it voids it');
SELECT is((SELECT c.old ->> 'marketing_signed_by' FROM crm.config_change AS c WHERE c.table_name = 'agreement' ORDER BY c.id DESC LIMIT 1), 'mia', 'which is on record');
UPDATE crm.agreement SET sales_signed_by = 'sam' WHERE id = :draft;
INSERT INTO crm.commitment (agreement_id, key, department, kind, stage, target, per) VALUES (:draft, 'sals', 'marketing', 'volume', 'sal', 1, 'month');
SELECT is(pg_temp.signatures(:draft), '- -', 'so does one that is added');
UPDATE crm.agreement SET sales_signed_by = 'sam' WHERE id = :draft;
DELETE FROM crm.commitment WHERE agreement_id = :draft AND key = 'sals';
SELECT is(pg_temp.signatures(:draft), '- -', 'or taken away');
UPDATE crm.agreement SET marketing_signed_by = 'mia' WHERE id = :draft;
INSERT INTO crm.agreement (name, valid, sales_signed_by) VALUES ('other draft', '[2020-03-01,2020-04-01)', 'sam') RETURNING id AS other \gset
UPDATE crm.commitment SET agreement_id = :other WHERE id = :mqls;
SELECT is(ARRAY[pg_temp.signatures(:draft), pg_temp.signatures(:other)], ARRAY['- -', '- -'], 'or given to another draft: both are other drafts then');
UPDATE crm.agreement SET marketing_signed_by = 'mia' WHERE id = :other;
UPDATE crm.agreement SET sales_signed_by = 'sam', valid = '[2020-03-01,2021-04-01)' WHERE id = :other;
SELECT is(pg_temp.signatures(:other), '- sam +', 'a term that the second one writes beside his signature voids the first');
UPDATE crm.agreement SET review_every = '1 month' WHERE id = :other;
SELECT is(pg_temp.signatures(:other), '- -', 'so does another review');
UPDATE crm.agreement SET marketing_signed_by = 'mia' WHERE id = :other;
UPDATE crm.agreement SET sales_signed_by = 'sam' WHERE id = :other;
SELECT is(pg_temp.signatures(:other), 'mia + sam +', 'the second signature itself changes nothing of what the first is under');
SELECT throws_ok(format($$UPDATE crm.commitment SET agreement_id = %s WHERE id = %s$$, :draft, :mqls), 'SM008', NULL, 'what is signed gives none away');
BEGIN;
ALTER TABLE crm.agreement DISABLE TRIGGER smarketing_guard;
ALTER TABLE crm.commitment DISABLE TRIGGER smarketing_guard;
DELETE FROM crm.agreement WHERE id IN (:draft, :other);
ALTER TABLE crm.agreement ENABLE TRIGGER smarketing_guard;
ALTER TABLE crm.commitment ENABLE TRIGGER smarketing_guard;
COMMIT;

-- ---- in the middle of the month it is amended ----
SELECT throws_ok($$SELECT smarketing.amend_agreement('crm', 'none')$$, '42704', NULL, 'there must be one');
SELECT smarketing.amend_agreement('crm', 'standard') AS second \gset
SELECT throws_ok($$SELECT smarketing.amend_agreement('crm', 'standard')$$, '55000', NULL, 'one draft at a time');
UPDATE crm.agreement SET valid = '[2020-01-01,2020-06-01)' WHERE id = :second;
SELECT throws_ok(format($$UPDATE crm.agreement SET marketing_signed_by = 'mia', sales_signed_by = 'sam' WHERE id = %s$$, :second), 'SM007', NULL, 'a version that is over before it is signed cannot be signed');
UPDATE crm.agreement SET valid = '[2020-01-01,)' WHERE id = :second;
SELECT is((SELECT count(*) FROM crm.commitment WHERE agreement_id = :second), 7::bigint, 'the draft has the commitments of the version before');
UPDATE crm.commitment SET target = 200 WHERE agreement_id = :second AND key = 'accepted_mqls';
SELECT pg_temp.walk('before', 'mql') \g /dev/null
SET smarketing.actor = 'mia';
UPDATE crm.agreement SET marketing_signed_by = 'mia' WHERE id = :second;
SET smarketing.actor = 'sam';
UPDATE crm.agreement SET sales_signed_by = 'sam' WHERE id = :second;
RESET smarketing.actor;
SELECT results_eq($$SELECT version, state, first_day, last_day FROM crm.agreement_status$$,
    $$VALUES (1, 'ended', (date_trunc('month', now()) - interval '2 months')::date, now()::date - 1), (2, 'in_force', now()::date, NULL)$$,
    'the second version begins today, the first one ends the day before');
SELECT pg_temp.walk('after', 'mql') \g /dev/null
SELECT results_eq($$SELECT a.version, count(*) FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id JOIN crm.agreement AS a ON a.id = m.agreement_id
                    WHERE c.lead_id IN (pg_temp.id('before'), pg_temp.id('after')) GROUP BY 1 ORDER BY 1$$,
                  $$VALUES (1, 3::bigint), (2, 3::bigint)$$, 'a clock belongs to the version of its day');
UPDATE crm.lead SET owner = 'sam' WHERE external_id = 'before';
SELECT results_eq($$SELECT version, count(*) FROM crm.sla_scorecard WHERE commitment = 'handoff_decision' GROUP BY 1 ORDER BY 1$$,
                  $$VALUES (1, 1::bigint), (2, 1::bigint)$$, 'both are on the scorecard');
SELECT ok((SELECT abs(sum(target / CASE version WHEN 1 THEN 80 ELSE 200 END) - 1) < 0.001 AND count(*) = 2
           FROM crm.commitment_progress WHERE commitment = 'accepted_mqls' AND period_start = date_trunc('month', now())::date)
       OR extract(day FROM now()) = 1, 'the month''s target is shared out by working time');

-- an open clock goes on under the version in which it began
UPDATE crm.handoff SET decision = 'rejected', reason = 'wrong_territory' WHERE lead_id = pg_temp.id('before') AND decision IS NULL;
SELECT is((SELECT count(*) FROM crm.sla_clock AS c JOIN crm.commitment AS m ON m.id = c.commitment_id AND m.key = 'first_attempt'
           WHERE c.lead_id = pg_temp.id('before')), 1::bigint, 'a reroute under the second version does not start the first one''s call again');

-- ---- drift ----
UPDATE crm.stage SET label = label;
SELECT is((SELECT count(*) FROM crm.agreement_drift), 0::bigint, 'nothing has changed since');
SET smarketing.change_reason = 'as we discussed';
UPDATE crm.stage SET definition = 'anybody' WHERE name = 'mql';
UPDATE crm.transition SET condition = '$.employees > 1' WHERE from_stage = 'lead' AND to_stage = 'mql';
UPDATE crm.setting SET value = '"USD"' WHERE name = 'currency';
SELECT results_eq($$SELECT version, table_name, key, change, columns, reason FROM crm.agreement_drift$$,
    $$VALUES (2, 'stage', 'mql', 'changed', ARRAY['definition'], 'as we discussed'), (2, 'transition', 'lead -> mql', 'changed', ARRAY['condition'], 'as we discussed')$$,
    'the definition of a qualified lead has, and the move to it; a currency is no part of the agreement');
SELECT is((SELECT drift FROM crm.agreement_status WHERE version = 2), 2::bigint, 'the status counts it');

-- ---- its review ----
SELECT smarketing.amend_agreement('crm', 'standard') AS third \gset
UPDATE crm.agreement SET next_review = now()::date WHERE id = :third;
SET smarketing.actor = 'mia';
UPDATE crm.agreement SET marketing_signed_by = 'mia' WHERE id = :third;
SELECT is((SELECT next_review FROM crm.agreement_status WHERE version = 3), now()::date, 'the day of a review is shown on that day');
RESET smarketing.actor;
DELETE FROM crm.agreement WHERE id = :third;

-- ---- one that is still to come ----
BEGIN;
INSERT INTO crm.agreement (name) VALUES ('a draft for all times');
SELECT smarketing.amend_agreement('crm', 'standard') AS third \gset
UPDATE crm.agreement SET valid = daterange(now()::date + 60, NULL), review_every = '1 month' WHERE id = :third;
UPDATE crm.agreement SET marketing_signed_by = 'mia', sales_signed_by = 'sam' WHERE id = :third;
SELECT results_eq($$SELECT version, state, first_day - now()::date, last_day - now()::date, next_review FROM crm.agreement_status WHERE agreement = 'standard' AND version > 1$$,
    $$VALUES (2, 'in_force'::text, 0, 59, (SELECT next_review FROM crm.agreement WHERE version = 2)), (3, 'not_yet', 60, NULL, (now()::date + 60 + interval '1 month')::date)$$,
    'it begins on its day, the one before ends the day before, and its review comes a month after it begins; a draft is beside nothing');
SELECT smarketing.amend_agreement('crm', 'standard') AS fourth \gset
UPDATE crm.agreement SET valid = daterange(now()::date + 30, NULL) WHERE id = :fourth;
SELECT throws_ok(format($$UPDATE crm.agreement SET marketing_signed_by = 'mia', sales_signed_by = 'sam' WHERE id = %s$$, :fourth), '23P01', NULL, 'a version cannot begin before one that has not begun');
ROLLBACK;

-- ---- the document ----
SELECT alike(smarketing.agreement_text('crm', 'standard', 1), '%Sam Soto (sam)%', 'the document names who signed');
SELECT alike(smarketing.agreement_text('crm', 'standard'), '%version 2%target 200 per month%', 'the latest version, if none is named');
SELECT throws_ok($$SELECT smarketing.agreement_text('crm', 'standard', 9)$$, '42704', NULL, 'a version that does not exist');
SELECT throws_ok($$SELECT * FROM smarketing.explain_sla('crm', -1)$$, 'P0002', NULL, 'nor does such a clock');
SELECT results_eq($$SELECT agreement_in_force, last_tick, open_clocks = (SELECT count(*) FROM crm.sla_board) FROM smarketing.workspace_status()$$,
    $$VALUES ('standard, version 2', NULL::timestamptz, true)$$, 'the status of the workspace knows');

\ir include/end.psql
