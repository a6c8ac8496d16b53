-- demo.sql: what `make demo` shows.  Run by demo/run in a new database; any other will do:
--     cd demo && psql -d some_empty_database < demo.sql
\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
\pset linestyle unicode
\pset border 1
\pset null ''
SET client_min_messages = warning;
SET timezone = 'UTC';

\echo 'Half a year of a company that sells planning software: loading it through the workspace''s own tables ...'
CREATE EXTENSION smarketing;
\ir generate.sql
\ir configure.sql
SELECT clock_timestamp() AS started \gset
\ir load.sql
\pset tuples_only on
SELECT format('%s leads, %s activities, %s moves, %s handoffs, %s deals, loaded and checked in %s s',
    (SELECT count(*) FROM crm.lead), (SELECT count(*) FROM crm.activity), (SELECT count(*) FROM crm.stage_change),
    (SELECT count(*) FROM crm.handoff), (SELECT count(*) FROM crm.deal),
    round(extract(epoch FROM clock_timestamp() - :'started'), 1));
\pset tuples_only off

\echo
\echo '1. THE FUNNEL: how far the leads got that entered from January to June'
\echo
WITH reached AS (
    SELECT to_stage AS stage, count(DISTINCT lead_id) AS leads FROM crm.stage_change GROUP BY to_stage
), funnel AS (
    SELECT coalesce(s.label, s.name) AS stage, s.position, leads,
        lag(leads) OVER (ORDER BY s.position) AS before, max(leads) OVER () AS most
    FROM reached JOIN crm.stage AS s ON s.name = stage
    WHERE s.name IN ('lead', 'mql', 'sal', 'sql', 'opportunity', 'customer')
)
SELECT stage, leads, repeat('█', round(44.0 * leads / most)::int) AS " ",
    coalesce(round(100.0 * leads / before) || ' %', '') AS "of those before"
FROM funnel ORDER BY position;

\echo '2. WHAT SALES SENT BACK, and why: the reasons marketing can act on'
\echo
SELECT coalesce(r.label, r.name) AS reason, count(*) AS handoffs, repeat('▒', round(count(*) / 2.0)::int) AS " "
FROM crm.handoff AS h JOIN crm.reason AS r ON r.name = h.reason
WHERE h.direction = 'to_sales' AND h.decision = 'rejected'
GROUP BY r.name, r.label ORDER BY count(*) DESC, r.name COLLATE "C";

\echo '3. ONE REJECTED HANDOFF'
\echo
SELECT l.id AS lead, l.name, l.job_title, l.company, l.country,
    h.offered_at::timestamp(0), h.offered_by, h.decided_at::timestamp(0), h.decided_by, h.decision, h.reason, h.note
FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id
WHERE h.direction = 'to_sales' AND h.decision = 'rejected' AND h.note = 'a settembre'
ORDER BY l.external_id LIMIT 1
\gx

\echo '4. ONE LEAD''S HISTORY, from the first click to the contract'
\echo
SELECT l.id AS lead FROM crm.lead AS l
WHERE l.stage = 'customer' AND l.campaign IS NOT NULL
    AND (SELECT count(*) FROM crm.stage_change WHERE lead_id = l.id) >= 6
ORDER BY l.external_id LIMIT 1 \gset
SELECT name, job_title, company, country, campaign, owner FROM crm.lead WHERE id = :lead;
SELECT at::timestamp(0), what, who, coalesce(detail, '') AS detail FROM (
    SELECT at, 1 AS kind, id, '→ ' || to_stage AS what, actor AS who, concat_ws(': ', reason, note) AS detail
    FROM crm.stage_change WHERE lead_id = :lead
    UNION ALL
    SELECT at, 0, id, coalesce((SELECT label FROM crm.activity_kind WHERE name = kind), kind), actor,
        coalesce(properties ->> 'document', properties ->> 'path', properties ->> 'topic', campaign)
    FROM crm.activity WHERE lead_id = :lead AND kind NOT IN ('email_sent', 'email_open', 'page_view')
) AS history
ORDER BY history.at, kind, id;

\echo '5. THE AGREEMENT IS THE LAW: three writes that the database refuses, each on another path'
\set ON_ERROR_STOP off
SELECT id AS fresh FROM crm.lead WHERE stage = 'lead' ORDER BY external_id LIMIT 1 \gset
\echo
\echo 'UPDATE: marketing makes a lead a customer.'
\echo '    UPDATE crm.lead SET stage = ''customer'' WHERE id = …'
UPDATE crm.lead SET stage = 'customer' WHERE id = :fresh;
\echo '    SQLSTATE' :SQLSTATE
\echo
\echo 'COPY: a file in which somebody enters as recycled; the good line beside it is not kept either.'
\echo '    COPY crm.lead (email, name, stage) FROM STDIN'
COPY crm.lead (email, name, stage) FROM STDIN;
zoe@oficina.example	Zoë Conceição	lead
otto@werkstatt.example	Otto Mühlbauer	recycled
\.
\echo '    SQLSTATE' :SQLSTATE
\echo
\echo 'A VIEW: a BI tool''s view over the leads of one country, and a rejection without a reason.'
\echo '    UPDATE italian_leads SET stage = ''recycled'' WHERE …'
CREATE VIEW italian_leads AS SELECT id, name, company, stage, owner FROM crm.lead WHERE country = 'IT';
UPDATE italian_leads SET stage = 'recycled' WHERE id = (SELECT id FROM italian_leads WHERE stage = 'sal' ORDER BY id LIMIT 1);
\echo '    SQLSTATE' :SQLSTATE
\set ON_ERROR_STOP on

\echo
\echo 'To look around in it yourself: CREATE EXTENSION smarketing in a database of your own, then demo/demo.sql.'
