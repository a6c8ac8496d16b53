-- One session writes one row at a time, then everything at once: what it has planned for the one must serve the other.
\ir include/begin.psql
SELECT plan(4);

SELECT smarketing.create_workspace('b') \g /dev/null
SET search_path = b, pg_temp;

INSERT INTO lead (email, stage) SELECT 'p' || i || '@x.com', 'lead' FROM generate_series(1, 20001) AS i;
-- statistics of tables that are almost empty, plans made for one row
ANALYZE lead, stage_change, handoff, event, activity, deal, sla_clock;
UPDATE lead SET stage = 'mql' WHERE id = 1;
ANALYZE lead, stage_change, handoff, event, activity, deal, sla_clock;
UPDATE lead SET stage = 'sal' WHERE id = 1;
UPDATE lead SET stage = 'recycled', reason = 'timing' WHERE id = 1;

-- a plan that compares each row with each other one would take many times that long
SET statement_timeout = '30s';
SELECT lives_ok($$UPDATE lead SET stage = 'mql' WHERE id > 1$$, '20,000 leads are offered in one statement');
SELECT lives_ok($$UPDATE lead SET stage = 'sal' WHERE id > 1$$, 'and accepted');
SELECT lives_ok($$UPDATE lead SET stage = 'recycled', reason = 'timing' WHERE id > 1$$, 'and given back');
RESET statement_timeout;
SELECT is_empty($$SELECT * FROM smarketing.verify('b')$$, 'and all is well');
SELECT * FROM finish();
