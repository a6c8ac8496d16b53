-- The views of revenue over 1,000,000 leads, 3,000,000 moves, 100,000 deals and 5,000,000 activities: seconds of each,
-- and the parts that they stand on in the same run, so that one sees where the time goes.
-- SMK_LEADS in the environment changes the size; the rest follows it.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
\set leads `echo ${SMK_LEADS:-1000000}`

SELECT smarketing.create_workspace('b') \gset ignored_
-- written as a restore writes it: without triggers
SET session_replication_role = replica;
INSERT INTO b.campaign (name, channel, goal) SELECT 'c' || i, (ARRAY['paid_search', 'social', 'e-mail', 'event', 'referral'])[1 + i % 5], 'leads' FROM generate_series(1, 200) AS i;
INSERT INTO b.campaign_cost (campaign, day, amount) SELECT name, date '2025-01-01' + i, 100 FROM b.campaign, generate_series(0, 364) AS i;
INSERT INTO b.exchange_rate (currency, day, rate) SELECT 'USD', date '2024-12-01' + i, 0.9 + (i % 10) / 100.0 FROM generate_series(0, 700) AS i;
INSERT INTO b.member (name, department) SELECT 'rep' || i, 'sales' FROM generate_series(1, 50) AS i;
INSERT INTO b.lead (id, stage, campaign, owner, origin, fit)
SELECT i, CASE WHEN i % 20 = 0 THEN 'customer' WHEN i % 10 = 0 THEN 'opportunity' WHEN i % 2 = 0 THEN 'sal' ELSE 'lead' END,
       CASE WHEN i % 5 > 0 THEN 'c' || 1 + i % 200 END, 'rep' || 1 + i % 50, 'inbound', i % 30
FROM generate_series(1, :leads) AS i;
-- every lead enters; each second one qualifies and is accepted; each tenth goes on, each twentieth buys
INSERT INTO b.stage_change (lead_id, cycle, from_stage, to_stage, at)
SELECT i, 1, s.from_stage, s.to_stage, timestamptz '2025-01-01' + (i * 7919::bigint % 250) * interval '1 day' + s.n * interval '9 days'
FROM generate_series(1, :leads) AS i
JOIN (VALUES (0, 1, NULL, 'lead'), (1, 2, 'lead', 'mql'), (2, 2, 'mql', 'sal'), (3, 5, 'sal', 'sql'), (4, 10, 'sql', 'opportunity'),
             (9, 20, 'opportunity', 'customer')) AS s (n, each, from_stage, to_stage) ON i % s.each = 0;
INSERT INTO b.stage_change (lead_id, cycle, from_stage, to_stage, at)
SELECT i, 1, 'mql', 'lead', timestamptz '2025-01-01' + (i * 7919::bigint % 250) * interval '1 day' + n * interval '10 hours'
FROM generate_series(1, :leads) AS i, generate_series(1, 2) AS n WHERE i % 3 = 0;
INSERT INTO b.handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at, owner, decision, decided_at)
SELECT c.lead_id, 1, 'to_sales', 'lead', 'mql', c.at, 'rep1', CASE WHEN c.lead_id % 3 > 0 THEN 'accepted' ELSE 'rejected' END, c.at + interval '1 hour'
FROM b.stage_change AS c WHERE c.to_stage = 'mql';
INSERT INTO b.deal (lead_id, amount, currency, probability, opened_at, expected_close, closed_at, won, owner)
SELECT c.lead_id, 1000 + c.lead_id % 9000, CASE WHEN c.lead_id % 30 = 0 THEN 'USD' END, 0.4, c.at, (c.at + interval '60 days')::date,
       CASE WHEN c.lead_id % 20 = 0 THEN c.at + interval '45 days' END, CASE WHEN c.lead_id % 20 = 0 THEN true END, 'rep' || 1 + c.lead_id % 50
FROM b.stage_change AS c WHERE c.to_stage = 'opportunity';
-- buyers do more than others: up to 15 activities in the 150 days from entry on
INSERT INTO b.activity (lead_id, kind, at, campaign, channel)
SELECT c.lead_id, (ARRAY['page_view', 'email_click', 'webinar', 'call', 'content_download'])[1 + n % 5],
       c.at + (hashint8(c.lead_id * 31 + n) & 1023) * interval '211 minutes',
       CASE WHEN n % 3 = 0 THEN 'c' || 1 + (c.lead_id + n) % 200 END, CASE WHEN n % 4 = 0 THEN 'organic' END
FROM b.stage_change AS c
CROSS JOIN LATERAL generate_series(1, CASE WHEN c.lead_id % 20 = 0 THEN 15 ELSE 4 + (c.lead_id % 2)::int END) AS n
WHERE c.from_stage IS NULL;
SET session_replication_role = origin;
VACUUM ANALYZE;
SELECT (SELECT count(*) FROM b.lead) AS leads, (SELECT count(*) FROM b.stage_change) AS moves, (SELECT count(*) FROM b.activity) AS activities,
       (SELECT count(*) FROM b.deal) AS deals, (SELECT count(*) FROM b.deal WHERE won) AS won;

CREATE TABLE b.figure (n int GENERATED ALWAYS AS IDENTITY, what text, seconds numeric, rows bigint, note text);
CREATE PROCEDURE b.measure(what text, query text, note text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    started timestamptz;
    best float8 := 'infinity';
    found bigint;
BEGIN
    FOR i IN 1..2 LOOP
        started := clock_timestamp();
        EXECUTE 'SELECT count(q) FROM (' || query || ' OFFSET 0) AS q' INTO found;
        best := least(best, extract(epoch FROM clock_timestamp() - started));
    END LOOP;
    INSERT INTO b.figure (what, seconds, rows, note) VALUES (what, round(best::numeric, 2), found, note);
END
$$;
SET search_path = b;
CALL measure('lead_fact, all columns', 'SELECT * FROM lead_fact', 'the base, in full');
CALL measure('lead_fact, moves only', 'SELECT lead_id, campaign, entered_at, mql_at, won_at FROM lead_fact', 'what of it the views below need');
CALL measure('lead_fact, moves and decision', 'SELECT lead_id, campaign, entered_at, mql_at, won_at, decision FROM lead_fact', 'and the handoffs');
CALL measure('deal_fact', 'SELECT * FROM deal_fact');
CALL measure('campaign_results', 'SELECT * FROM campaign_results');
CALL measure('campaign_without_goal', 'SELECT * FROM campaign_without_goal');
CALL measure('pipeline', 'SELECT * FROM pipeline');
CALL measure('pipeline_by_campaign', 'SELECT * FROM pipeline_by_campaign');
CALL measure('pipeline_velocity', 'SELECT * FROM pipeline_velocity');
CALL measure('sales_cycle', 'SELECT * FROM sales_cycle');
CALL measure('sales_cycle, all time', $$SELECT * FROM sales_cycle WHERE per = 'all'$$);
CALL measure('the touches of won deals', $$SELECT t.* FROM deal_fact AS f JOIN LATERAL (SELECT * FROM deal_touch AS t WHERE t.deal_id = f.deal_id) AS t ON true WHERE f.state = 'won'$$, 'of attribution: finding them');
CALL measure('attribution_journey', 'SELECT * FROM attribution_journey', 'and milestones, and dividing');
CALL measure('attribution_touch', 'SELECT * FROM attribution_touch', 'and a row per touch');
CALL measure('attribution_touch of one deal', 'SELECT * FROM attribution_touch WHERE deal_id = 10');
CALL measure('attribution_channel', 'SELECT * FROM attribution_channel', 'and summed up by channel');
SELECT what, seconds, rows, note FROM figure ORDER BY n;
