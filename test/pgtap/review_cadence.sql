-- Do both departments meet every week?  Weeks held, one-sided, late and missed; zones, first days of the week, rights,
-- and the four languages.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();
INSERT INTO crm.member (name, department, db_role) VALUES ('mia', 'marketing', NULL), ('max', 'marketing', NULL), ('sam', 'sales', 'smk_sales'), ('oto', 'operations', 'smk_service');

-- ---- an empty workspace has its review, too ----
SELECT smarketing.open_review('crm') AS empty \gset
SELECT is((SELECT period FROM crm.review WHERE id = :empty), daterange(date_trunc('week', now())::date - 7, date_trunc('week', now())::date), 'the last week that is over');
SELECT is((SELECT string_agg(DISTINCT section_key, ' ' ORDER BY section_key) FROM crm.weekly_review), 'actions feedback funnel metrics rejections review', 'a page without figures');
SELECT ok(NOT EXISTS (SELECT FROM crm.weekly_review WHERE value <> 0 OR label IS NULL OR section IS NULL), 'and without a hole');
SELECT is((SELECT count(*) FROM crm.weekly_review WHERE section_key = 'funnel'), 11::bigint, 'each stage has its line');
SELECT results_eq($$SELECT week, state, held, missing, is_late FROM crm.review_cadence$$, $$VALUES (date_trunc('week', now())::date - 7, 'due', false, NULL::text[], false)$$,
    'it was opened, but nobody came yet');
INSERT INTO crm.review_attendance (review_id, member) VALUES (:empty, 'mia');
SELECT results_eq($$SELECT state, held, missing FROM crm.review_cadence$$, $$VALUES ('one_sided', true, ARRAY['sales'])$$, 'sales is missing');
INSERT INTO crm.review_attendance (review_id, member) VALUES (:empty, 'sam');
SELECT results_eq($$SELECT state, held, missing FROM crm.review_cadence$$, $$VALUES ('held', true, '{}'::text[])$$, 'now both are there');
DELETE FROM crm.review_attendance WHERE member = 'sam';

-- ---- what was before is imported: 2025-03-03 is a Monday ----
BEGIN;
SET LOCAL smarketing.import = 'calendar';
INSERT INTO crm.review (id, period, opened_at, opened_by, closed_at) VALUES
    (101, '[2025-03-03,2025-03-10)', '2025-03-10 09:00', 'mia', '2025-03-10 10:00'),
    (102, '[2025-03-10,2025-03-17)', '2025-03-17 09:00', 'mia', NULL),
    (104, '[2025-03-24,2025-03-31)', '2025-04-08 09:00', 'sam', NULL),
    (105, '[2025-03-31,2025-04-07)', '2025-04-07 09:00', 'sam', NULL),
    (106, '[2025-04-07,2025-04-14)', '2025-04-14 09:00', 'sam', NULL),
    (107, '[2025-03-01,2025-04-01)', '2025-04-01 09:00', 'sam', NULL);
INSERT INTO crm.review_attendance (review_id, member) VALUES (101, 'mia'), (101, 'max'), (101, 'sam'), (102, 'max'), (104, 'mia'), (104, 'sam'), (105, 'sam'), (106, 'oto'), (107, 'mia'), (107, 'sam');
INSERT INTO crm.review_decision (review_id, body, at) VALUES (101, 'Call sooner', '2025-03-10 09:30'), (101, 'Fewer fairs', '2025-03-10 09:40'), (102, 'As before', '2025-03-17 09:30');
INSERT INTO crm.action_item (review_id, body, owner, due, created_at, done) VALUES
    (101, 'In time', 'sam', '2025-03-14', '2025-03-10 09:30', '2025-03-14 23:00'),
    (101, 'Late', 'mia', '2025-03-14', '2025-03-10 09:40', '2025-03-20 09:00'),
    (102, 'Never', 'max', '2025-03-21', '2025-03-17 09:30', NULL);
ALTER TABLE crm.review ALTER COLUMN id RESTART WITH 200;
SELECT throws_ok($$INSERT INTO crm.review (period, opened_at) VALUES ('[2025-05-05,2025-05-12)', '2025-05-04 23:59')$$, 'SM011', NULL, 'no meeting about a week before the week');
SELECT throws_ok($$INSERT INTO crm.review (period, opened_at) VALUES ('[2025-05-05,2025-05-12)', now() + interval '1 day')$$, 'SM011', NULL, 'nor tomorrow');
SELECT throws_ok($$UPDATE crm.action_item SET done = '2025-03-01' WHERE body = 'Never'$$, 'SM011', NULL, 'nor is anything done before it was asked for');
COMMIT;
SELECT results_eq($$SELECT week, state, review_id, days_after, is_late, marketing_present, sales_present, decisions, actions, overdue_actions FROM crm.review_cadence WHERE week < '2025-04-21'$$,
    $$VALUES ('2025-03-03'::date, 'held', 101::bigint, 1, false, 2::bigint, 1::bigint, 2::bigint, 2::bigint, 0::bigint),
             ('2025-03-10', 'one_sided', 102, 1, false, 1, 0, 1, 1, 1),
             ('2025-03-17', 'missed', NULL, NULL, NULL, 0, 0, 0, 0, 1),
             ('2025-03-24', 'held', 104, 9, true, 1, 1, 0, 0, 1),
             ('2025-03-31', 'one_sided', 105, 1, false, 0, 1, 0, 0, 1),
             ('2025-04-07', 'one_sided', 106, 1, false, 0, 0, 0, 0, 1),
             ('2025-04-14', 'missed', NULL, NULL, NULL, 0, 0, 0, 0, 1)$$, 'held, without sales, missed, late, without marketing, without both; what was overdue when the week was over');
SELECT results_eq($$SELECT week, missing FROM crm.review_cadence WHERE state = 'one_sided' AND week < now() - interval '1 month'$$,
    $$VALUES ('2025-03-10'::date, ARRAY['sales']), ('2025-03-31', ARRAY['marketing']), ('2025-04-07', ARRAY['marketing', 'sales'])$$, 'who was missing');
SELECT is((SELECT count(*) FROM crm.review_cadence), (SELECT (date_trunc('week', now())::date - date '2025-03-03') / 7)::bigint, 'one row per week, to the last one that is over');
SELECT is((SELECT count(*) FROM crm.review_cadence WHERE state = 'missed' AND week >= '2025-04-14'), (SELECT (date_trunc('week', now())::date - date '2025-04-14') / 7 - 1)::bigint,
    'all others were missed');
SELECT results_eq($$SELECT note FROM crm.review_line WHERE review_id = 101 AND section_key = 'review' UNION ALL SELECT label FROM crm.review_line WHERE review_id = 101 AND section_key = 'decisions'$$,
    $$VALUES ('week 2025-03-03 – 2025-03-09'), ('2025-03-10 09:00, mia'), ('max, mia'), ('sam'), ('Call sooner'), ('Fewer fairs')$$, 'what the page says of a meeting');
SELECT is((SELECT review_id FROM crm.weekly_review LIMIT 1), :empty::bigint, 'what is imported is not the current review');

-- from now on weeks begin on Sunday
BEGIN;
UPDATE crm.setting SET value = '7' WHERE name = 'week_starts_on';
SELECT results_eq($$SELECT week, state, review_id, days_after FROM crm.review_cadence WHERE week < '2025-03-30'$$,
    $$VALUES ('2025-03-02'::date, 'held', 101::bigint, 2), ('2025-03-09', 'one_sided', 102, 2), ('2025-03-16', 'missed', NULL, NULL), ('2025-03-23', 'held', 104, 10)$$, 'reviews of other weeks count for those that they are most of');
ROLLBACK;

-- a week is owed from the day on which the agreement came into force
SELECT smarketing.create_workspace('agreed') \g /dev/null
INSERT INTO agreed.member (name, department) VALUES ('mia', 'marketing'), ('sam', 'sales');
UPDATE agreed.agreement SET marketing_signed_by = 'mia', sales_signed_by = 'sam', valid = '[2020-01-01,)';
SELECT is((SELECT count(*) FROM agreed.review_cadence), 0::bigint, 'signed today: no week is over since');
ALTER TABLE agreed.agreement DISABLE TRIGGER USER;
UPDATE agreed.agreement SET marketing_signed_at = now() - interval '21 days', sales_signed_at = now() - interval '15 days';
ALTER TABLE agreed.agreement ENABLE TRIGGER USER;
SELECT results_eq($$SELECT count(*) - count(*) FILTER (WHERE state = 'missed'), bool_and(state IN ('missed', 'due')), min(week) FROM agreed.review_cadence$$,
    $$VALUES (1::bigint, true, date_trunc('week', now() - interval '15 days')::date)$$, 'weeks without a meeting since the second signature; the last one may still be held');

-- ---- which periods there are ----
SELECT results_eq($$SELECT t.period, smarketing.review_period('crm', t.period) FROM unnest(ARRAY['2025-W01', '2024-12-30', '2026-W53', '2025-02', '2024-Q1', '[2025-01-01,2025-01-05)']) WITH ORDINALITY AS t (period, n) ORDER BY n$$,
    $$VALUES ('2025-W01', '[2024-12-30,2025-01-06)'::daterange), ('2024-12-30', '[2024-12-30,2025-01-06)'), ('2026-W53', '[2026-12-28,2027-01-04)'), ('2025-02', '[2025-02-01,2025-03-01)'),
             ('2024-Q1', '[2024-01-01,2024-04-01)'), ('[2025-01-01,2025-01-05)', '[2025-01-01,2025-01-05)')$$, 'what a text names');
SELECT throws_ok(format('SELECT smarketing.review_period(''crm'', %L)', t), '22023', NULL, format('"%s" is no period', t)) FROM unnest(ARRAY['', 'W12', '2025', '2025-W54', '2025-W00', '2025-Q5', 'week', '2025-1-1']) AS t;
SELECT throws_ok($$SELECT smarketing.review_period('crm', '2025-02-30')$$, '22008', NULL, 'nor is a day that does not exist');
SELECT throws_ok(format('SELECT smarketing.open_review(''crm'', %L::daterange)', t), '22023', NULL, t || ' is no week, month or quarter')
FROM unnest(ARRAY['[2025-01-01,2025-01-08)', '[2025-01-06,2025-01-12)', '[2025-01-06,)', '(,)', 'empty', '[2025-01-01,2026-01-01)']) AS t;
SELECT throws_ok(format('SELECT smarketing.open_review(''crm'', %L::date)', now()::date + 7), 'SM011', NULL, 'next week is not there yet');
SELECT lives_ok(format('SELECT smarketing.open_review(''crm'', %L::date)', now()::date), 'this one is');
SELECT ok((SELECT NOT (pack #>> '{period,is_over}')::boolean FROM crm.review ORDER BY id DESC LIMIT 1), 'and its pack says that it is not over');
SELECT is((SELECT max(week) FROM crm.review_cadence), date_trunc('week', now())::date, 'it has its row');
SELECT lives_ok($$SELECT smarketing.open_review('crm', date '2025-05-08')$$, 'a day');
SELECT throws_ok($$SELECT smarketing.open_review('crm', '2025-W19')$$, '23505', NULL, 'its week was reviewed already');
SELECT throws_ok($$SELECT smarketing.open_review('crm', '[2025-05-05,2025-05-12)')$$, '23505', NULL, 'whatever it is called');
SELECT lives_ok($$SELECT smarketing.open_review('crm', '2025-Q2')$$, 'a quarter');
SELECT throws_ok($$SELECT smarketing.open_review('nowhere')$$, '3F000', NULL, 'no such workspace');
SELECT throws_ok($$SELECT smarketing.open_review('public', daterange('2025-05-05', '2025-05-12'))$$, 'SM010', NULL, 'no workspace');

-- ---- New Zealand, where weeks begin on Sunday ----
SELECT smarketing.create_workspace('nz') \g /dev/null
UPDATE nz.setting SET value = '"Pacific/Auckland"' WHERE name = 'timezone';
UPDATE nz.setting SET value = '7' WHERE name = 'week_starts_on';
UPDATE nz.setting SET value = '"10000 days"' WHERE name = 'max_backdate';
-- 23:30 on Saturday the 15th; 00:30 on Sunday the 16th; the last hour of Saturday the 5th of April, in which the clock
-- has not gone back yet; 23:30 on the 12th
INSERT INTO nz.lead (external_id, stage_since) VALUES ('sat', '2025-03-15 10:30'), ('sun', '2025-03-15 11:30'), ('dst', '2025-04-05 10:30'), ('after', '2025-04-12 11:30');
SELECT is(smarketing.review_period('nz', '2025-03-16'), '[2025-03-16,2025-03-23)', 'Sunday begins a week');
SELECT is(smarketing.review_period('nz', '2025-W12'), '[2025-03-16,2025-03-23)', 'ISO week 12 is the one with its Thursday');
SELECT throws_ok($$SELECT smarketing.open_review('nz', daterange('2025-03-17', '2025-03-24'))$$, '22023', NULL, 'Monday does not');
SELECT smarketing.open_review('nz', '2025-03-22') AS march, smarketing.open_review('nz', '2025-04-06') AS april \gset
SELECT results_eq(format($$SELECT value, previous FROM nz.review_line WHERE review_id IN (%s, %s) AND section_key = 'funnel' AND key = 'lead' ORDER BY review_id$$, :march, :april),
    $$VALUES (1::numeric, 1::numeric), (1, 1)$$, 'midnight is that of Auckland, also when its clock goes back');
SELECT results_eq($$SELECT week, last_day, state FROM nz.review_cadence WHERE week < '2025-03-30'$$,
    $$VALUES ('2025-03-16'::date, '2025-03-22'::date, 'missed'), ('2025-03-23', '2025-03-29', 'missed')$$, 'and the weeks are its own');
SET timezone = 'Asia/Tokyo';
SELECT smarketing.open_review('nz', '2025-05-08') AS may \gset
SELECT ok((SELECT r.pack #>> '{period,frozen_at}' LIKE '%+00:00' FROM nz.review AS r WHERE r.id = :may), 'times in a pack are those of UTC');
SELECT is((SELECT count(*) FROM nz.review AS r WHERE r.pack_hash <> smarketing.review_pack_hash(r.pack)), 0::bigint, 'whatever the zone in which it is read');
SET timezone = 'UTC';
SET datestyle = 'SQL, DMY';
SELECT is(smarketing.review_period('nz', '2025-03-04'), daterange('2025-03-02', '2025-03-09'), 'nor how dates are written');
SELECT is((SELECT note FROM nz.review_line WHERE review_id = :march AND key = 'period'), 'week 2025-03-16 – 2025-03-22', 'or how they are read');
SELECT is_empty($$SELECT * FROM smarketing.verify('nz')$$, 'or whether they are right');
SET datestyle = 'ISO, YMD';

-- ---- in other words ----
SELECT smarketing.create_workspace('pt', 'pt'), smarketing.create_workspace('es', 'es'), smarketing.create_workspace('it', 'it') \g /dev/null
SELECT smarketing.open_review('pt', '2025-05-08'), smarketing.open_review('es', '2025-05-08'), smarketing.open_review('it', '2025-05-08') \g /dev/null
CREATE TEMPORARY VIEW words AS
    SELECT l.lang, l.name, l.text FROM (SELECT 'en' AS lang, l.* FROM crm.label AS l UNION ALL SELECT 'pt', l.* FROM pt.label AS l
                                        UNION ALL SELECT 'es', l.* FROM es.label AS l UNION ALL SELECT 'it', l.* FROM it.label AS l) AS l;
SELECT is_empty($$SELECT name FROM pg_temp.words GROUP BY name HAVING count(*) <> 4$$, 'every label has its word in four languages');
SELECT is_empty($$SELECT w.lang, w.name FROM pg_temp.words AS w JOIN pg_temp.words AS e ON e.lang = 'en' AND e.name = w.name
                  WHERE (SELECT array_agg(m ORDER BY m) FROM regexp_matches(w.text, '{[a-z]+}', 'g') AS m) IS DISTINCT FROM
                        (SELECT array_agg(m ORDER BY m) FROM regexp_matches(e.text, '{[a-z]+}', 'g') AS m)$$, 'with the same numbers in them');
SELECT results_eq($$SELECT lang, text FROM pg_temp.words WHERE name = 'section.rejections' ORDER BY 1$$,
    $$VALUES ('en', 'Why sales send leads back'), ('es', 'Por qué ventas devuelve leads'), ('it', 'Perché le vendite restituiscono lead'), ('pt', 'Por que vendas devolve leads')$$, 'the right ones');
SELECT results_eq($$SELECT w.section, w.label, w.note FROM pt.weekly_review AS w WHERE w.section_key || ' ' || w.key IN ('review period', 'metrics mqls', 'funnel sql', 'feedback given', 'actions done') ORDER BY w.ordinal$$,
    $$VALUES ('A reunião', 'Período', 'semana 2025-05-05 – 2025-05-11'), ('Métricas', 'MQLs', NULL), ('Funil: leads que chegaram à etapa', 'Qualificado por vendas', '0 estão lá agora'),
             ('Feedback', 'Recebidos', NULL), ('Ações em aberto', 'Ações concluídas', NULL)$$, 'a page in Portuguese');
SELECT results_eq($$SELECT string_agg(DISTINCT w.section, ', ' ORDER BY w.section) FROM es.weekly_review AS w UNION ALL SELECT string_agg(DISTINCT w.section, ', ' ORDER BY w.section) FROM it.weekly_review AS w$$,
    $$VALUES ('Acciones abiertas, Comentarios, Embudo: leads que llegaron a la etapa, La reunión, Métricas, Por qué ventas devuelve leads'),
             ('Azioni aperte, Feedback, Funnel: lead arrivati alla fase, La riunione, Metriche, Perché le vendite restituiscono lead')$$, 'in Spanish, in Italian');
UPDATE pt.label SET text = 'Lacunas' WHERE name = 'section.rejections';
DELETE FROM pt.label WHERE name = 'row.given';
SELECT results_eq($$SELECT section FROM pt.weekly_review WHERE key = 'decided' UNION ALL SELECT label FROM pt.weekly_review WHERE key = 'given'$$, $$VALUES ('Lacunas'), ('given')$$,
    'a word may be another one; one that is missing is its key');
SELECT throws_ok($$INSERT INTO crm.label VALUES ('nogroup', 'x')$$, '23514', NULL, 'a label has a group');

-- ---- who may ----
SET ROLE smk_stranger;
SELECT throws_ok($$SELECT smarketing.open_review('crm', '2025-06-05')$$, '42501', NULL, 'a stranger opens nothing');
RESET ROLE;
GRANT USAGE ON SCHEMA crm TO smk_sales, smk_marketing;
GRANT SELECT ON ALL TABLES IN SCHEMA crm TO smk_sales, smk_marketing;
GRANT INSERT ON crm.review, crm.review_attendance, crm.review_decision, crm.action_item, crm.feedback TO smk_sales;
SET ROLE smk_marketing;
SELECT throws_ok($$SELECT smarketing.open_review('crm', '2025-06-05')$$, '42501', NULL, 'who only reads opens none either');
SET ROLE smk_sales;
SELECT lives_ok($$SELECT smarketing.open_review('crm', '2025-06-05')$$, 'who may insert does');
SELECT lives_ok($$INSERT INTO crm.review_decision (review_id, body) SELECT max(id), 'Because we can' FROM crm.review$$, 'and decides');
SELECT lives_ok($$INSERT INTO crm.feedback (body) VALUES ('Good leads')$$, 'and speaks, and has no right on events');
SELECT throws_ok($$UPDATE crm.review SET notes = 'x'$$, '42501', NULL, 'but does not write minutes without the right to');
SET smarketing.import = 'forged';
SELECT throws_ok($$INSERT INTO crm.review (period, opened_at) VALUES ('[2025-06-09,2025-06-16)', '2025-06-16')$$, '42501', NULL, 'nor the past');
SELECT throws_ok($$INSERT INTO crm.review_decision (review_id, body) VALUES (101, 'x')$$, '42501', NULL, 'not into a review that is closed either');
SELECT throws_ok($$INSERT INTO crm.feedback (body, actor, resolution, resolved_at) VALUES ('x', 'mia', 'y', '2020-01-01')$$, '42501', NULL, 'nor is anything settled long ago');
RESET smarketing.import;
RESET ROLE;
GRANT USAGE ON SCHEMA crm TO smk_stranger;
GRANT INSERT ON crm.feedback TO smk_stranger;
SET ROLE smk_stranger;
SELECT lives_ok($$INSERT INTO crm.feedback (kind) VALUES ('nothing')$$, 'who may only speak needs no other right');
RESET ROLE;
SELECT is((SELECT opened_by FROM crm.review ORDER BY id DESC LIMIT 1), 'sam', 'opened by the member of the role');
SELECT results_eq($$SELECT actor FROM crm.review_decision WHERE body = 'Because we can' UNION ALL SELECT actor FROM crm.feedback WHERE body = 'Good leads'$$, $$VALUES ('sam'), ('sam')$$, 'who decided, and spoke');
SELECT is((SELECT count(*) FROM crm.event WHERE kind = 'feedback_given'), 2::bigint, 'the events are there');
UPDATE crm.setting SET value = 'true' WHERE name = 'require_actor';
SELECT throws_ok($$SELECT smarketing.open_review('crm', '2025-07-10')$$, 'SM009', NULL, 'where everybody says who he is');
SELECT throws_ok($$INSERT INTO crm.action_item (body, owner, due) VALUES ('x', 'sam', '2030-01-01')$$, 'SM009', NULL, 'so does who gives work');
SELECT throws_ok($$INSERT INTO crm.feedback (body) VALUES ('x')$$, 'SM009', NULL, 'and who speaks');
SELECT throws_ok($$INSERT INTO crm.feedback (body, actor) VALUES ('x', 'mia')$$, 'SM009', NULL, 'a name in the row is not enough');
UPDATE crm.setting SET value = 'false' WHERE name = 'require_actor';
UPDATE crm.setting SET value = 'false' WHERE name = 'live';
SELECT smarketing.open_review('crm', '2025-07-10') \g /dev/null
SELECT is((SELECT count(*) FROM crm.event WHERE kind = 'review_opened'), (SELECT count(*) - 7 FROM crm.review), 'no event of imports, or of a copy');

\ir include/end.psql
