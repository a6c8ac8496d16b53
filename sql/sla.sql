-- The agreement: what its functions say, word by word.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SELECT smarketing.create_workspace('sla_en'), smarketing.create_workspace('sla_pt', 'pt'), smarketing.create_workspace('sla_es', 'es'), smarketing.create_workspace('sla_it', 'it');

-- the document, in all languages
\pset format unaligned
\pset tuples_only on
SELECT smarketing.agreement_text('sla_en', 'standard');
SELECT smarketing.agreement_text('sla_pt', 'standard');
SELECT smarketing.agreement_text('sla_es', 'standard');
SELECT smarketing.agreement_text('sla_it', 'standard');
-- one with the other kinds of commitments in it
INSERT INTO sla_en.agreement (id, name, version, valid, review_every) VALUES (100, 'odd', 3, '[2030-01-01,2031-01-01)', '1 month');
INSERT INTO sla_en.commitment (agreement_id, key, department, starts_on, ends_on, min_count, within, counted, calendar_of, warn_at, released_on, condition) VALUES
    (100, 'bare', 'sales', 'follow_up_due', 'contact', 1, '1 day 2 hours 30 minutes 1.5 seconds', 'around_the_clock', 'team', NULL, NULL, NULL),
    (100, 'day', 'marketing', 'feedback', 'touch', 2, '1 day', 'working_day_end', 'commitment', 0.5, '{deal:won}', '$.employees >= 50 && $.country == "BR"');
INSERT INTO sla_en.commitment (agreement_id, key, department, kind, stage, basis_stage, target, direction, per) VALUES
    (100, 'rate', 'sales', 'rate', 'sql', 'sal', 0.125, 'at_least', 'quarter'), (100, 'weekly', 'sales', 'volume', 'sql', NULL, 7.50, NULL, 'week');
SELECT smarketing.agreement_text('sla_en', 'odd', 3);
SELECT smarketing.agreement_text('sla_en', 'odd', 2);
SELECT smarketing.agreement_text('sla_en', NULL);
SELECT smarketing.agreement_text('no_such', 'x');
SELECT smarketing.agreement_text('pg_catalog', 'x');
\pset tuples_only off
\pset format aligned

-- periods
SELECT per, w, sla_en.period_of(per, '2026-05-17 13:00', w), sla_en.period_length(per)
FROM unnest(ARRAY['week', 'month', 'quarter', 'year', NULL]) AS per, unnest(ARRAY[1, 7]) AS w;

-- what is refused, and how
INSERT INTO sla_en.member (name, department) VALUES ('mia', 'marketing'), ('sam', 'sales');
UPDATE sla_en.agreement SET marketing_signed_by = 'mia', valid = '[2026-01-01,)' WHERE name = 'standard';
UPDATE sla_en.agreement SET sales_signed_by = 'sam' WHERE name = 'standard';
CREATE FUNCTION pg_temp.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE m text; d text; h text; t text; c text;
BEGIN
    EXECUTE statement;
    RETURN 'passed';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT, t = TABLE_NAME, c = COLUMN_NAME;
    RETURN concat_ws(' | ', SQLSTATE, m, regexp_replace(d, '\d{4}-\d\d-\d\d [0-9:.+]+', '(time)', 'g'), h, t, c);
END $$;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.attempt($$UPDATE sla_en.agreement SET marketing_signed_by = 'sam' WHERE name = 'odd'$$);
SELECT pg_temp.attempt($$UPDATE sla_en.agreement SET review_every = '1 year' WHERE name = 'standard'$$);
SELECT pg_temp.attempt($$UPDATE sla_en.commitment SET within = '5 hours' WHERE key = 'handoff_decision'$$);
SELECT pg_temp.attempt($$UPDATE sla_en.calendar SET hours = 'UTC; Mo-Fr 9:00-25:00' WHERE name = 'office'$$);
SELECT pg_temp.attempt($$UPDATE sla_en.calendar SET hours = 'Mars/Olympus; Mo-Fr 9:00-17:00' WHERE name = 'office'$$);
SELECT pg_temp.attempt($$INSERT INTO sla_en.commitment (agreement_id, key, department, starts_on, ends_on) VALUES (100, 'a', 'sales', 'stage:nowhere', 'contact')$$);
SELECT pg_temp.attempt($$INSERT INTO sla_en.commitment (agreement_id, key, department, starts_on, ends_on) VALUES (100, 'a', 'sales', 'stage:mql', 'contact')$$);
SELECT pg_temp.attempt($$INSERT INTO sla_en.commitment (agreement_id, key, department, starts_on, ends_on, within) VALUES (100, 'a', 'sales', 'stage:mql', 'contact', '1 month')$$);
SELECT pg_temp.attempt($$INSERT INTO sla_en.commitment (agreement_id, key, department, starts_on, ends_on, within) VALUES (100, 'a', 'sales', 'stage:mql', 'contact', '2 days')$$);
SELECT pg_temp.attempt($$INSERT INTO sla_en.commitment (agreement_id, key, department, starts_on, ends_on, released_on, within) VALUES (100, 'a', 'sales', 'stage:mql', 'contact', '{nothing}', '2 hours')$$);
SELECT pg_temp.attempt($$INSERT INTO sla_en.commitment (agreement_id, key, department, kind, target, per) VALUES (100, 'a', 'sales', 'volume', 3, 'week')$$);
SELECT pg_temp.attempt($$INSERT INTO sla_en.commitment (agreement_id, key, department, kind, target, per, stage) VALUES (100, 'a', 'sales', 'rate', 3, 'week', 'sql')$$);
SELECT pg_temp.attempt($$SELECT smarketing.amend_agreement('sla_en', 'odd')$$);
SELECT pg_temp.attempt($$SELECT smarketing.amend_agreement('sla_en', 'none')$$);
SELECT pg_temp.attempt($$SELECT smarketing.explain_sla('sla_en', 77)$$);
SELECT pg_temp.attempt($$SELECT smarketing.tick('sla_en', 'infinity')$$);
\pset format aligned
\pset tuples_only off
-- each object of ours has a comment
SELECT c.relname, a.attname
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'sla_en'::regnamespace AND c.relname IN ('sla_board', 'sla_scorecard', 'commitment_progress', 'agreement_status', 'agreement_drift', 'speed_to_lead', 'lead_fact')
  AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL);
DROP SCHEMA sla_en, sla_pt, sla_es, sla_it CASCADE;
