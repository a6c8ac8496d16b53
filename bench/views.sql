-- The funnel's views at 1,000,000 leads and 3,000,000 moves: seconds, and where they go.  psql -f bench/views.sql in a
-- scratch database; some minutes.  -v leads=... for another size.  Rows are written as a restore writes them, without
-- triggers.  Each view is read whole, with work_mem = 256MB and with 4MB.  The pieces come first, so that one sees where
-- the time goes: stage_entry is in funnel_cohort and funnel_by, stage_stay in stage_velocity, both sorts in funnel.
-- Trust the multiples of one run.
\set QUIET 1
\set ON_ERROR_STOP 1
\pset pager off
\if :{?leads} \else \set leads 1000000 \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET synchronous_commit = off;
CREATE EXTENSION IF NOT EXISTS smarketing;
SELECT smarketing.create_workspace('views_bench') \g /dev/null
SET search_path = views_bench, pg_temp;
SELECT setseed(0.5) \g /dev/null

INSERT INTO team (name, department) SELECT 'team ' || i, 'sales' FROM generate_series(1, 5) AS i;
INSERT INTO member (name, department, team, calendar) SELECT 'rep ' || i, 'sales', 'team ' || 1 + i % 5, 'office' FROM generate_series(1, 50) AS i;
INSERT INTO persona (name, position, condition) VALUES
    ('big', 10, '$.employees > 500'), ('small', 20, '$.employees <= 500 && $.industry == "software"');
INSERT INTO campaign (name, channel, persona)
SELECT 'campaign ' || i, (ARRAY['search', 'social', 'event', 'email'])[1 + i % 4], CASE WHEN i % 3 = 0 THEN 'big' END
FROM generate_series(1, 40) AS i;
SET session_replication_role = replica;
-- a lead's story: one of these ways through the stages, each with its share; * begins the next cycle
CREATE TEMPORARY TABLE way AS
SELECT w.ordinal AS id, w.path, sum(w.share) OVER (ORDER BY w.ordinal) AS up_to
FROM (VALUES
    (1, '{lead}'::text[], 0.18), (2, '{subscriber}', 0.06), (3, '{subscriber,lead}', 0.10), (4, '{lead,disqualified}', 0.08),
    (5, '{lead,mql}', 0.12), (6, '{lead,mql,sal}', 0.08), (7, '{lead,mql,recycled}', 0.08), (8, '{lead,mql,sal,sql}', 0.06),
    (9, '{lead,mql,recycled,*mql,sal}', 0.04), (10, '{lead,mql,sal,sql,opportunity}', 0.05),
    (11, '{subscriber,lead,mql,sal,sql,opportunity,customer}', 0.04), (12, '{lead,mql,sal,sql,opportunity,closed_lost}', 0.04),
    (13, '{lead,sal,disqualified}', 0.03), (14, '{lead,mql,sal,recycled,*mql,sal,sql,opportunity,customer}', 0.02),
    (15, '{lead,mql,sal,sql,opportunity,customer,*opportunity,customer}', 0.02)) AS w (ordinal, path, share);
CREATE TEMPORARY TABLE story AS
SELECT i AS id, random() AS draw, timestamptz '2025-01-01' + random() * interval '500 days' AS begins, random() * random() * 12 AS pace
FROM generate_series(1, :leads) AS i;
INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at, recorded_at)
SELECT m.lead_id, m.cycle, lag(m.stage) OVER w, m.stage, m.at, m.at
FROM (SELECT s.id AS lead_id, 1 + count(*) FILTER (WHERE starts_with(p.stage, '*')) OVER (PARTITION BY s.id ORDER BY p.ordinal) AS cycle,
             ltrim(p.stage, '*') AS stage, s.begins + (p.ordinal - 1) * (s.pace + 0.01) * interval '1 day' AS at, p.ordinal
      FROM story AS s
      JOIN way AS w ON w.id = (SELECT min(v.id) FROM way AS v WHERE v.up_to >= s.draw)
      CROSS JOIN unnest(w.path) WITH ORDINALITY AS p (stage, ordinal)) AS m
WINDOW w AS (PARTITION BY m.lead_id ORDER BY m.ordinal)
ORDER BY m.at;
ANALYZE stage_change;
INSERT INTO lead (id, external_id, email, name, company, country, industry, employees, origin, source, campaign, persona, stage,
                  stage_since, cycle, owner, excluded, fit, score, band)
SELECT c.lead_id, 'X-' || c.lead_id, 'p' || c.lead_id || '@example.com', 'Person ' || c.lead_id, 'Company ' || c.lead_id / 7,
       (ARRAY['BR', 'PT', 'ES', 'IT', 'DE', NULL])[1 + c.lead_id % 6], (ARRAY['software', 'textiles', 'food', NULL])[1 + c.lead_id % 4],
       CASE WHEN c.lead_id % 5 > 0 THEN c.lead_id % 900 END, (ARRAY['inbound', 'outbound', 'partner'])[1 + c.lead_id % 3],
       (ARRAY['google', 'linkedin', 'fair', NULL])[1 + c.lead_id / 3 % 4], 'campaign ' || 1 + c.lead_id % 50,
       (ARRAY['big', 'small', NULL])[1 + c.lead_id / 5 % 3], c.to_stage, c.at, c.cycle,
       CASE WHEN c.to_stage NOT IN ('lead', 'subscriber') THEN 'rep ' || 1 + c.lead_id % 50 END,
       CASE WHEN c.lead_id % 100 = 0 THEN 'test' END, c.lead_id % 60, c.lead_id % 120,
       CASE WHEN c.lead_id % 120 > 90 THEN 'hot' ELSE 'cold' END
FROM (SELECT DISTINCT ON (x.lead_id) x.* FROM stage_change AS x ORDER BY x.lead_id, x.at DESC, x.id DESC) AS c;
INSERT INTO handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at, team, owner, decision, decided_at, reason)
SELECT c.lead_id, c.cycle, 'to_sales', c.from_stage, c.to_stage, c.at, 'team ' || 1 + c.lead_id % 5, 'rep ' || 1 + c.lead_id % 50,
       CASE n.to_stage WHEN 'recycled' THEN 'rejected' WHEN 'sal' THEN 'accepted' END, n.at, CASE n.to_stage WHEN 'recycled' THEN 'not_ready' END
FROM stage_change AS c
LEFT JOIN LATERAL (SELECT x.to_stage, x.at FROM stage_change AS x WHERE x.lead_id = c.lead_id AND x.at > c.at ORDER BY x.at LIMIT 1) AS n ON true
WHERE c.to_stage = 'mql';
INSERT INTO handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at)
SELECT c.lead_id, c.cycle, 'to_marketing', c.from_stage, c.to_stage, c.at FROM stage_change AS c WHERE c.to_stage = 'recycled';
INSERT INTO activity (lead_id, kind, at, recorded_at)
SELECT c.lead_id, (ARRAY['call', 'newsletter', 'conversation', 'page_view'])[1 + c.id % 4], c.at + interval '3 hours', c.at FROM stage_change AS c;
INSERT INTO deal (lead_id, amount, opened_at, closed_at, won)
SELECT c.lead_id, 1000 + c.lead_id % 9000, c.at, n.at, CASE n.to_stage WHEN 'customer' THEN true WHEN 'closed_lost' THEN false END
FROM stage_change AS c
LEFT JOIN LATERAL (SELECT x.to_stage, x.at FROM stage_change AS x WHERE x.lead_id = c.lead_id AND x.at > c.at ORDER BY x.at LIMIT 1) AS n ON true
WHERE c.to_stage = 'opportunity';
INSERT INTO sla_clock (commitment_id, lead_id, cycle, owner, started_at, target, due_at, warn_due_at)
SELECT (SELECT min(id) FROM commitment), l.id, l.cycle, l.owner, l.stage_since, '4 hours', l.stage_since + interval '4 hours', l.stage_since + interval '3 hours'
FROM lead AS l WHERE l.stage = 'mql';
RESET session_replication_role;
VACUUM ANALYZE;
SELECT (SELECT count(*) FROM lead) AS leads, (SELECT count(*) FROM stage_change) AS moves, (SELECT count(*) FROM handoff) AS handoffs,
       (SELECT count(*) FROM activity) AS activities;

CREATE TEMPORARY TABLE run (what text, memory text, ms float8, n int GENERATED ALWAYS AS IDENTITY);
CREATE PROCEDURE pg_temp.measure(what text, query text) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    memory text;
BEGIN
    FOREACH memory IN ARRAY ARRAY['256MB', '4MB'] LOOP
        PERFORM set_config('work_mem', memory, true);
        began := clock_timestamp();
        EXECUTE query;
        INSERT INTO run VALUES (what, memory, extract(epoch FROM clock_timestamp() - began) * 1000);
    END LOOP;
END
$$;
SET max_parallel_workers_per_gather = 0;
CALL pg_temp.measure('floor: moves, grouped by lead and cycle', 'SELECT count(*) FROM (SELECT min(at) FROM stage_change GROUP BY lead_id, cycle) AS x');
CALL pg_temp.measure('piece: stage_entry', 'SELECT count(next_at), count(campaign) FROM stage_entry');
CALL pg_temp.measure('piece: stage_stay', 'SELECT count(left_at) FROM stage_stay');
CALL pg_temp.measure('piece: lead_fact, no column of handoffs', 'SELECT count(channel) FROM lead_fact');
CALL pg_temp.measure('piece: lead_fact, with the owner', 'SELECT count(owner) FROM lead_fact');
CALL pg_temp.measure('funnel', 'SELECT count(conversion) FROM funnel');
CALL pg_temp.measure('funnel_cohort', 'SELECT count(conversion) FROM funnel_cohort');
CALL pg_temp.measure('funnel_by: channel, month', $$SELECT count(conversion) FROM funnel_by WHERE dimension = 'channel' AND per = 'month'$$);
CALL pg_temp.measure('funnel_by: owner, quarter', $$SELECT count(conversion) FROM funnel_by WHERE dimension = 'owner' AND per = 'quarter'$$);
CALL pg_temp.measure('stage_velocity: all', $$SELECT count(conversion) FROM stage_velocity WHERE per = 'all'$$);
CALL pg_temp.measure('stage_velocity: month', $$SELECT count(conversion) FROM stage_velocity WHERE per = 'month'$$);
CALL pg_temp.measure('recycle_outcome', 'SELECT count(won) FROM recycle_outcome');
CALL pg_temp.measure('persona_coverage', 'SELECT count(mql) FROM persona_coverage');
CALL pg_temp.measure('work_queue: one owner', $$SELECT count(why) FROM work_queue WHERE owner = 'rep 7'$$);
SELECT what, memory, round(ms) AS ms, round((ms / min(ms) FILTER (WHERE n <= 2) OVER (PARTITION BY memory))::numeric, 2) AS "times the floor"
FROM run ORDER BY n;
\echo funnel_by of one dimension and one kind of period: the moves are read once
EXPLAIN (COSTS OFF) SELECT * FROM funnel_by WHERE dimension = 'channel' AND per = 'month';
DROP SCHEMA views_bench CASCADE;
