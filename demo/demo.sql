-- demo.sql: what `make demo` shows.  Run by demo/run in a new database; any other will do:
--     cd demo && psql -d some_empty_database < demo.sql
\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
\pset linestyle unicode
\pset border 1
\pset null ''
\pset format wrapped
\pset columns 100
SET client_min_messages = warning;
SET timezone = 'UTC';

\echo 'Half a year of a company that sells planning software, loaded through the workspace''s own tables'
\echo 'by INSERT, COPY and UPDATE, as an import with the times of then; each move checked on its way in.'
\echo
CREATE EXTENSION smarketing;
\ir generate.sql
\ir configure.sql
\ir load.sql
SELECT (SELECT count(*) FROM crm.lead) AS leads, (SELECT count(*) FROM crm.activity) AS activities,
    (SELECT count(*) FROM crm.stage_change) AS moves, (SELECT count(*) FROM crm.handoff) AS handoffs,
    (SELECT count(*) FROM crm.deal) AS deals;

\echo '1. THE FUNNEL: how far the leads got (view funnel_chart)'
\echo
SELECT stage, bar, leads, percent AS "%", now AS "there now" FROM crm.funnel_chart WHERE leads > 0;

\echo '2. ONE LEAD''S HISTORY: handed over too early, sent back with a reason, won over (view lead_timeline)'
\echo
SELECT l.id AS returned FROM crm.lead AS l
WHERE EXISTS (SELECT FROM crm.handoff AS h WHERE h.lead_id = l.id AND h.direction = 'to_sales'
        AND h.decision = 'rejected' AND h.reason = 'not_ready' AND h.note IS NOT NULL)
    AND EXISTS (SELECT FROM crm.handoff AS h WHERE h.lead_id = l.id AND h.direction = 'to_sales' AND h.decision = 'accepted')
ORDER BY l.external_id COLLATE "C" LIMIT 1 \gset
SELECT name, job_title AS title, company, country, persona, owner FROM crm.lead WHERE id = :returned;
SELECT to_char(at, 'Mon DD HH24:MI') AS at,
    CASE what WHEN 'handoff_offered' THEN 'offered ' || title WHEN 'handoff_decided' THEN 'decided: ' || title ELSE title END AS what,
    actor, CASE WHEN what NOT LIKE 'handoff%' THEN nullif(regexp_replace(detail, '(; )?import .*$', ''), '') END AS detail
FROM crm.lead_timeline
WHERE lead_id = :returned AND title NOT IN ('was sent the newsletter', 'opened the newsletter', 'looked at a page');

\echo '3. WHAT SALES SENT BACK, and why: what marketing can act on (view handoff_feedback)'
\echo
SELECT label AS reason, sum(rejections) AS handoffs, repeat('▒', round(sum(rejections) / 3.0)::int) AS " ",
    CASE WHEN counts_as_rejection THEN 'yes' ELSE 'no' END AS "counts against marketing"
FROM crm.handoff_feedback
GROUP BY reason, label, counts_as_rejection ORDER BY sum(rejections) DESC, reason COLLATE "C";
SELECT coalesce(campaign, '(none)') AS campaign, decided, sum(rejections) AS "sent back",
    round(100 * sum(share)::numeric) AS "%"
FROM crm.handoff_feedback
WHERE counts_as_rejection AND campaign IS NOT NULL
GROUP BY campaign, source, decided ORDER BY sum(share) DESC, campaign COLLATE "C" LIMIT 5;

\echo '4. LIVE: the import is over.  Leads that it left waiting are offered to sales, each to somebody.'
\echo
\set ECHO queries
SET smarketing.actor = 'ana';
SELECT smarketing.activate_leads('crm', 'export of 30 June', max_rows => 9);
SELECT name, company, owner, routed_by FROM crm.handoff_board;
\set ECHO none

\echo
\echo 'One of them rejects what he was offered; another one accepts.'
SELECT owner AS he, handoff_id AS his, lead_id AS his_lead FROM crm.handoff_board WHERE team = 'dach' LIMIT 1 \gset
SELECT owner AS she, handoff_id AS hers, lead_id AS her_lead FROM crm.handoff_board WHERE team = 'italia' LIMIT 1 \gset
\set ECHO queries
SET smarketing.actor = :'he';
UPDATE crm.handoff
SET decision = 'rejected', reason = 'wrong_title', note = 'muss den Chef fragen' WHERE id = :his;
SET smarketing.actor = :'she';
SELECT smarketing.decide('crm', :hers, 'accepted');
SELECT l.name, l.stage, h.direction, h.decision, h.decided_by, h.reason
FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id
WHERE l.id IN (:his_lead, :her_lead) ORDER BY l.id, h.id;
\set ECHO none

\echo
\echo '5. THE AGREEMENT IS THE LAW: three writes that the database refuses, each on another path'
\set ON_ERROR_STOP off
SELECT id AS fresh FROM crm.lead WHERE stage = 'lead' ORDER BY external_id COLLATE "C" LIMIT 1 \gset
\echo
\echo '-- marketing makes a lead a customer, by UPDATE'
SET smarketing.actor = 'chiara';
\set ECHO queries
UPDATE crm.lead SET stage = 'customer' WHERE id = :fresh;
\set ECHO none
\echo '-- SQLSTATE' :SQLSTATE
\echo
\echo '-- a file in which somebody enters as recycled, by COPY; its good line is not kept either'
\set ECHO queries
COPY crm.lead (email, name, stage) FROM STDIN;
zoe@oficina.example	Zoë Conceição	lead
otto@werkstatt.example	Otto Mühlbauer	recycled
\.
\set ECHO none
\echo '-- SQLSTATE' :SQLSTATE
\echo
SET smarketing.actor = 'niccolo';
\echo '-- a sales rep gives up a lead without saying why, through a BI tool''s view'
CREATE VIEW italian_leads AS SELECT id, name, company, stage, owner FROM crm.lead WHERE country = 'IT';
SELECT min(id) AS silent FROM italian_leads WHERE stage = 'sal' \gset
\set ECHO queries
UPDATE italian_leads SET stage = 'recycled' WHERE id = :silent;
\set ECHO none
\echo '-- SQLSTATE' :SQLSTATE
RESET smarketing.actor;
\set ON_ERROR_STOP on

\echo
\echo '6. THE SERVICE LEVEL AGREEMENT: both departments sign, and what they owe runs from then on'
\echo
-- the demo's days are those of June, so its moves may be entered late; the application's own times are now()
UPDATE crm.setting SET value = '"10 years"' WHERE name = 'max_backdate';
UPDATE crm.calendar SET hours = 'Europe/Rome; Mo-Fr 09:00-13:00,14:00-18:00; 2026-06-29 off' WHERE name = 'office';
SELECT array_agg(l.id ORDER BY l.id) AS late_leads
FROM (SELECT id FROM crm.lead WHERE stage = 'lead' AND excluded IS NULL AND stage_since < '2026-06-01' ORDER BY id LIMIT 4) AS l \gset
UPDATE crm.agreement SET valid = '[2026-06-01,)';
\set ECHO queries
SET smarketing.actor = 'ana';
UPDATE crm.agreement SET marketing_signed_by = 'ana';
SET smarketing.actor = 'beatrice';
UPDATE crm.agreement SET sales_signed_by = 'beatrice';
\set ECHO none
\echo
\echo 'Four leads qualify on Friday, 26 June, at 15:30 in Rome; sales calls one of them the same day,'
\echo 'and on Tuesday sends another one back, whom marketing takes up again within three days.'
SET smarketing.actor = 'ana';
UPDATE crm.lead SET stage = 'mql', stage_since = '2026-06-26 13:30Z' WHERE id = ANY (:'late_leads');
SET smarketing.actor = 'beatrice';
INSERT INTO crm.activity (lead_id, kind, at) VALUES ((:'late_leads'::bigint[])[1], 'call', '2026-06-26 15:00Z');
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready', stage_since = '2026-06-30 08:00Z' WHERE id = (:'late_leads'::bigint[])[4];
SET smarketing.actor = 'ana';
INSERT INTO crm.activity (lead_id, kind, at) VALUES ((:'late_leads'::bigint[])[4], 'marketing_call', '2026-07-02 09:00Z');
\echo
\echo 'What is owed, most urgent first (view sla_board); due times are Rome''s'
SELECT b.commitment, b.name, b.owner, b.state, to_char(b.due_at AT TIME ZONE 'Europe/Rome', 'Dy DD Mon HH24:MI') AS due
FROM crm.sla_board AS b WHERE b.lead_id = ANY (:'late_leads') ORDER BY b.due_at, b.commitment, b.lead_id LIMIT 7;
\echo
\echo 'Why one of them is late: the hours that count, on Tuesday at 12:00 (Monday was a holiday)'
SELECT b.clock_id AS argued FROM crm.sla_board AS b
WHERE b.lead_id = (:'late_leads'::bigint[])[2] AND b.commitment = 'handoff_decision' \gset
\set ECHO queries
SELECT to_char(from_at AT TIME ZONE 'Europe/Rome', 'Dy DD Mon HH24:MI') AS "from",
    to_char(to_at AT TIME ZONE 'Europe/Rome', 'Dy HH24:MI') AS "to", kind, counted
FROM smarketing.explain_sla('crm', :argued, '2026-06-30 10:00Z');
\set ECHO none
\echo
\echo 'Both departments in one table (view sla_scorecard), June'
SELECT department, commitment, sum(owed) AS owed, sum(met) AS met, sum(late) AS "met late", sum(breached_open) AS "late and open"
FROM crm.sla_scorecard WHERE period_start = '2026-06-01' AND per = 'month'
GROUP BY department, commitment ORDER BY department, commitment;
RESET smarketing.actor;

\echo
\echo '7. A SCORE EXPLAINED: the rows add up to it, at any instant; here on the evening of 30 June'
SELECT l.id AS scored, l.name AS scored_name FROM crm.lead AS l
WHERE l.stage = 'lead' AND l.job_title IS NOT NULL
ORDER BY round(smarketing.engagement_score(l, '2026-06-30 18:00Z')) DESC, l.external_id COLLATE "C" LIMIT 1 \gset
\echo :scored_name
\set ECHO queries
SELECT e.dimension, e.category, e.rule, count(e.activity_id) AS activities, round(sum(e.points)::numeric, 1) AS points,
    round(sum(e.contribution)::numeric, 1) AS "left of them"
FROM crm.lead AS l, smarketing.explain_score(l, '2026-06-30 18:00Z') AS e
WHERE l.id = :scored GROUP BY e.dimension, e.category, e.rule ORDER BY e.dimension DESC, e.category, e.rule;
SELECT round(smarketing.lead_score(l, '2026-06-30 18:00Z')::numeric, 1) AS score, smarketing.lead_band(l, '2026-06-30 18:00Z') AS band,
    round(smarketing.lead_score(l, '2026-07-30 18:00Z')::numeric, 1) AS "if he does no more for a month"
FROM crm.lead AS l WHERE l.id = :scored;
\set ECHO none
\echo
\echo 'What if who decides were worth 40 and not 20?  A transaction that is rolled back.'
\set ECHO queries
BEGIN;
UPDATE crm.scoring_rule SET points = 40 WHERE name = 'decides';
UPDATE crm.scoring_category SET max_points = 55 WHERE name = 'person';
SELECT count(*) AS leads, round(avg(new_score - old_score)::numeric, 1) AS "points more", count(*) FILTER (WHERE would_move) AS "would become MQL"
FROM smarketing.score_diff('crm');
ROLLBACK;
SELECT count(*) AS "different now" FROM smarketing.score_diff('crm');
\set ECHO none

\echo
\echo '8. ONE PAGE FOR THE MEETING: figures, funnel, both scorecards, goals, channels (function report_html)'
\echo
SET smarketing.actor = 'ana';
INSERT INTO crm.goal (id, name, metric, target, unit, starts_on, ends_on, marketing_owner, sales_owner, parent, rationale) VALUES
    (1, 'Revenue of the half-year', 'revenue', 600000, 'EUR', '2026-01-01', '2026-06-30', 'ana', 'beatrice', NULL, 'two reps more than last year');
INSERT INTO crm.goal (id, name, metric, target, unit, starts_on, ends_on, marketing_owner, sales_owner, parent, rationale) VALUES
    (2, 'Qualified leads of the quarter', 'accepted_mqls', 550, 'leads', '2026-04-01', '2026-06-30', 'ana', NULL, 1, 'the fair of Hannover is in it'),
    (3, 'Fewer leads sent back', 'rejected_share', 0.15, 'share', '2026-04-01', '2026-06-30', 'ana', NULL, 1, 'the form asks for the role now'),
    (4, 'Deals won of those decided', 'win_rate', 0.4, 'share', '2026-06-01', '2026-06-30', NULL, 'beatrice', 1, 'the pilot shortens decisions');
RESET smarketing.actor;
BEGIN;
SET LOCAL smarketing.import = 'minutes of the meetings in June';
INSERT INTO crm.action_item (body, owner, due) VALUES
    ('Ask for the size of the plant in the webinar''s form', 'ana', '2026-06-12'),
    ('Call the leads of Expomafe that were sent back', 'beatrice', '2026-06-26');
COMMIT;
SELECT goal, round(actual, 2) AS actual, target, trim_scale(expected) AS "by now", state FROM crm.goal_progress;
\set ECHO queries
\o review.html
\pset format unaligned
\pset tuples_only on
SELECT smarketing.report_html('crm', '2026-06');
\o
\set ECHO none
\pset format wrapped
\pset tuples_only off
\echo 'It is review.html in this directory: open it in a browser, print it, mail it.'

SELECT to_regproc('smarketing.verify') IS NOT NULL AS verifies \gset
\if :verifies
    \echo
    \echo '9. EVERY STORED FACT, derived again from the history: what differs (nothing)'
    \set ECHO queries
    SELECT * FROM smarketing.verify('crm');
    \set ECHO none
\endif

\echo
\echo 'WHERE TO GO FROM HERE'
\echo '    a database of your own      make && sudo make install; in psql: CREATE EXTENSION smarketing;'
\echo '    a workspace in it           SELECT smarketing.create_workspace(''crm'');'
\echo '    the rules, which are rows   TABLE crm.stage;  TABLE crm.transition;  TABLE crm.reason;'
\echo '    the boards                  \\dv crm.*  and what each column means: \\d+ crm.lead_fact'
\echo '    this company to play with   cd demo && psql -d your_empty_database < demo.sql'
