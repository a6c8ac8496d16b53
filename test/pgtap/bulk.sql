-- One session writes one row at a time, then everything at once: what it has planned for the one must serve the other.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

INSERT INTO crm.lead (external_id, stage) SELECT 'p' || n, 'lead' FROM generate_series(1, 20001) AS n;
-- statistics of tables that are almost empty, plans made for one row
ANALYZE crm.lead, crm.stage_change, crm.handoff, crm.event, crm.activity, crm.deal, crm.sla_clock;
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'p1';
ANALYZE crm.lead, crm.stage_change, crm.handoff, crm.event, crm.activity, crm.deal, crm.sla_clock;
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'p1';
UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id = 'p1';

-- a plan that compares each row with each other one would take many times that long
SET statement_timeout = '30s';
SELECT lives_ok($$UPDATE crm.lead SET stage = 'mql' WHERE external_id <> 'p1'$$, '20,000 leads are offered in one statement');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'sal' WHERE external_id <> 'p1'$$, 'and accepted');
SELECT lives_ok($$UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id <> 'p1'$$, 'and given back');
RESET statement_timeout;

\ir include/end.psql
