-- Metrics: the same number for everybody, worked out by hand for a spring of 2025, and by plain queries for a random one.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

-- ---- nobody there yet ----
SELECT set_eq($$SELECT DISTINCT metric FROM crm.metric_value$$, $$SELECT name FROM crm.metric$$, 'each metric of the table is computed, and no other');
SELECT is((SELECT count(*) FROM crm.metric_value), 4 * (SELECT count(*) FROM crm.metric), 'an empty workspace has the current week, month, quarter and year');
SELECT set_eq($$SELECT DISTINCT unit FROM crm.metric AS m JOIN crm.metric_value AS v ON v.metric = m.name WHERE v.value = 0$$,
    ARRAY['leads', 'customers', 'currency'], 'sums are 0');
SELECT is((SELECT count(*) FROM crm.metric_value WHERE value IS NULL AND base = 0), 4 * 16::bigint, 'shares, averages and medians are not known');
SELECT is((SELECT count(*) FROM crm.metric_value WHERE value <> 0 OR is_over), 0::bigint, 'nothing else is said');
SELECT is((SELECT count(DISTINCT label) FROM crm.metric), (SELECT count(*) FROM crm.metric), 'each has a label of its own');

SELECT smarketing.create_workspace(l, l) FROM unnest(ARRAY['pt', 'es', 'it']) AS l \g /dev/null
SELECT is(ARRAY[(SELECT label FROM crm.metric WHERE name = 'revenue'), (SELECT label FROM pt.metric WHERE name = 'revenue'),
                (SELECT label FROM es.metric WHERE name = 'revenue'), (SELECT label FROM it.metric WHERE name = 'revenue')],
          ARRAY['Revenue', 'Receita', 'Ingresos', 'Ricavi'], 'in the workspace''s language');
SELECT is_empty($$SELECT name FROM crm.metric WHERE definition IS NULL UNION ALL SELECT name FROM pt.metric WHERE label IS NULL OR definition IS NULL
                  UNION ALL SELECT name FROM es.metric WHERE label IS NULL OR definition IS NULL
                  UNION ALL SELECT name FROM it.metric WHERE label IS NULL OR definition IS NULL$$, 'and a definition');

-- ---- spring 2025 ----
\ir include/sla.psql
INSERT INTO crm.campaign (name, channel) VALUES ('spring', 'web');
INSERT INTO crm.campaign_cost (campaign, day, amount) VALUES ('spring', '2025-02-01', 300), ('spring', '2025-03-01', 700), ('spring', now()::date + 1, 5000);
INSERT INTO crm.exchange_rate (currency, day, rate) VALUES ('USD', '2025-01-01', 0.9);
INSERT INTO crm.account (name) VALUES ('Acme');

CREATE FUNCTION pg_temp.lead(external_id text, at timestamptz, campaign text DEFAULT NULL, excluded text DEFAULT NULL) RETURNS void LANGUAGE sql
AS $$INSERT INTO crm.lead (external_id, stage, stage_since, owner, campaign, excluded) VALUES ($1, 'lead', $2, 'sam', $3, $4)$$;
CREATE FUNCTION pg_temp.deal(external_id text, opened timestamptz, closed timestamptz, won boolean, amount numeric, currency text DEFAULT NULL) RETURNS void LANGUAGE sql
AS $$
    INSERT INTO crm.deal (lead_id, account_id, opened_at, closed_at, won, amount, currency, reason)
    VALUES (pg_temp.id($1), CASE WHEN $1 IS NULL THEN (SELECT a.id FROM crm.account AS a) END, $2, $3, $4, $5, $6, CASE WHEN NOT $4 THEN 'price' END)
$$;
-- the metric's values per period, in order
CREATE FUNCTION pg_temp.values_of(metric text, per text, VARIADIC periods date[]) RETURNS text LANGUAGE sql STABLE
AS $$
    SELECT string_agg(coalesce(trim_scale(round(v.value, 4))::text, '-'), ' ' ORDER BY p.period)
    FROM unnest($3) AS p (period) LEFT JOIN crm.metric_value AS v ON v.metric = $1 AND v.per = $2 AND v.period = p.period
$$;
CREATE FUNCTION pg_temp.q1(metric text) RETURNS text LANGUAGE sql STABLE
AS $$SELECT pg_temp.values_of($1, 'month', '2025-01-01', '2025-02-01', '2025-03-01') || ' | ' || pg_temp.values_of($1, 'quarter', '2025-01-01')$$;

SELECT pg_temp.lead('ana', '2025-01-10 10:00Z', 'spring'), pg_temp.lead('bob', '2025-01-15 10:00Z', 'spring'), pg_temp.lead('cid', '2025-02-03 10:00Z'),
       pg_temp.lead('dan', '2025-02-05 10:00Z'), pg_temp.lead('eva', '2025-03-01 10:00Z'), pg_temp.lead('fay', '2025-03-02 10:00Z'),
       pg_temp.lead('tom', '2025-03-03 10:00Z', 'spring', 'test') \g /dev/null
-- Monday; called within 30 minutes; won after 52 days
SELECT pg_temp.move('ana', 'mql', '2025-01-20 10:00Z'), pg_temp.did('ana', 'call', '2025-01-20 10:30Z'), pg_temp.move('ana', 'sal', '2025-01-20 11:00Z'),
       pg_temp.move('ana', 'sql', '2025-01-25 10:00Z'), pg_temp.move('ana', 'opportunity', '2025-02-01 10:00Z'),
       pg_temp.move('ana', 'customer', '2025-03-03 10:00Z'), pg_temp.deal('ana', '2025-02-01 10:00Z', '2025-03-03 10:00Z', true, 6000) \g /dev/null
-- Monday; called within the hour; lost
SELECT pg_temp.move('bob', 'mql', '2025-02-10 10:00Z'), pg_temp.did('bob', 'call', '2025-02-10 11:00Z'), pg_temp.move('bob', 'sal', '2025-02-10 11:30Z'),
       pg_temp.move('bob', 'sql', '2025-02-20 10:00Z'), pg_temp.move('bob', 'opportunity', '2025-02-25 10:00Z'),
       pg_temp.move('bob', 'closed_lost', '2025-03-10 10:00Z', 'price'), pg_temp.deal('bob', '2025-02-25 10:00Z', '2025-03-10 10:00Z', false, 2000) \g /dev/null
-- called after two hours and rejected; never called and sent back, for no fault of marketing's
SELECT pg_temp.move('cid', 'mql', '2025-02-12 10:00Z'), pg_temp.did('cid', 'call', '2025-02-12 12:00Z'), pg_temp.move('cid', 'recycled', '2025-02-13 10:00Z', 'wrong_size'),
       pg_temp.move('dan', 'mql', '2025-02-12 10:00Z'), pg_temp.move('dan', 'recycled', '2025-02-13 10:00Z', 'no_answer') \g /dev/null
-- ten minutes before closing time; called ten minutes after opening
SELECT pg_temp.move('fay', 'mql', '2025-03-05 17:50Z'), pg_temp.did('fay', 'call', '2025-03-06 09:10Z'), pg_temp.move('fay', 'sal', '2025-03-06 09:30Z') \g /dev/null
-- a test lead is in no figure
SELECT pg_temp.move('tom', 'mql', '2025-03-04 10:00Z'), pg_temp.move('tom', 'sal', '2025-03-04 11:00Z') \g /dev/null
-- an old customer buys, also in dollars; a year ago he did too
SELECT pg_temp.deal(NULL, '2025-03-01 10:00Z', '2025-03-20 10:00Z', true, 1000), pg_temp.deal(NULL, '2025-03-01 10:00Z', '2025-03-21 10:00Z', true, 1000, 'USD'),
       pg_temp.deal(NULL, '2025-03-01 10:00Z', '2025-03-22 10:00Z', true, 1000, 'XXX'),
       pg_temp.deal(NULL, '2024-03-01 10:00Z', '2024-03-15 10:00Z', true, 4000) \g /dev/null

SELECT is(pg_temp.q1('leads'), '2 2 2 | 6', 'leads');
SELECT is(pg_temp.q1('mqls'), '1 3 1 | 5', 'mqls');
SELECT is(pg_temp.q1('accepted_mqls'), '1 2 1 | 4', 'one was rejected; one that nobody answered was not');
SELECT is(pg_temp.q1('sals'), '1 1 1 | 3', 'sals');
SELECT is(pg_temp.q1('sqls'), '1 1 0 | 2', 'sqls: none in March is 0');
SELECT is(pg_temp.q1('opportunities'), '0 2 0 | 2', 'opportunities');
SELECT is(pg_temp.q1('customers'), '0 0 1 | 1', 'customers');
SELECT is(pg_temp.q1('mql_to_sal'), '1 0.3333 1 | 0.6', 'MQL to SAL: of the period''s MQLs, not a mean of means');
SELECT is(pg_temp.q1('sal_to_sql'), '1 1 0 | 0.6667', 'SAL to SQL');
SELECT is(pg_temp.q1('sql_to_opportunity'), '1 1 - | 1', 'SQL to opportunity: not known where there was no SQL');
SELECT is(pg_temp.q1('lead_to_customer'), '0.5 0 0 | 0.1667', 'lead to customer, by the lead''s own entry');
SELECT is(pg_temp.q1('rejected_share'), '0 0.3333 0 | 0.2', 'rejected');
SELECT is(pg_temp.q1('win_rate'), '- - 0.8 | 0.8', 'four deals won, one lost');
SELECT is(pg_temp.q1('revenue'), '0 0 7900 | 7900', '6,000 + 1,000 + 1,000 dollars at 0.9; what has no rate is not summed');
SELECT is(pg_temp.q1('pipeline'), '0 8000 1900 | 9900', 'opened, whatever became of them');
SELECT is(pg_temp.q1('average_deal'), '- - 2633.3333 | 2633.3333', 'of three that have an amount');
SELECT is(pg_temp.q1('cost'), '- 300 700 | 1000', 'cost: nothing is known before the first one');
SELECT is(pg_temp.q1('cost_per_mql'), '- 100 700 | 200', 'cost per MQL: not known where no cost is');
SELECT is(pg_temp.q1('cost_per_customer'), '- - 700 | 1000', 'cost per customer');
SELECT is(pg_temp.q1('roi'), '- -1 7.5714 | 5', 'return: 6,000 of the campaign''s leads on a cost of 1,000 are 500 %');
SELECT is(pg_temp.q1('median_response_minutes'), '30 90 20 | 45', 'medians of 30; 60 and 120; 20 minutes over night; all four');
SELECT is(pg_temp.q1('sales_cycle_days'), '- - 52 | 52', '21 + 28 + 3 days');
SELECT is(pg_temp.q1('first_response_in_time'), '1 0.6667 1 | 0.8', 'first calls: one never came before the deadline');
SELECT is(pg_temp.values_of('revenue_growth', 'year', '2024-01-01', '2025-01-01'), '- 0.975', '7,900 over 4,000, and nothing before');
SELECT is(pg_temp.values_of('revenue_growth', 'month', '2025-02-01', '2025-03-01'), '- 0.975', 'against the same month');
SELECT is(pg_temp.values_of('revenue', 'year', '2023-01-01', '2024-01-01', '2025-01-01'), '- 4000 7900', 'no row before there was anything');
SELECT is((SELECT base FROM crm.metric_value WHERE metric = 'mql_to_sal' AND per = 'quarter' AND period = '2025-01-01'), 5::numeric, 'a share says of how many');
SELECT is((SELECT base FROM crm.metric_value WHERE metric = 'median_response_minutes' AND per = 'quarter' AND period = '2025-01-01'), 4::numeric, 'so does a median');
SELECT is((SELECT base FROM crm.metric_value WHERE metric = 'mqls' AND per = 'quarter' AND period = '2025-01-01'), NULL, 'a sum has no base');
SELECT is((SELECT sum(value) FROM crm.metric_value WHERE metric = 'cost' AND per = 'year'), 1000::numeric, 'what is booked for tomorrow has not been spent');

-- the scorecard says the same
SELECT results_eq(
    $$SELECT v.period, v.value::float8 FROM crm.metric_value AS v WHERE v.metric = 'sla_kept_sales' AND v.per = 'month' AND v.base > 0 ORDER BY 1$$,
    $$SELECT s.period_start, sum(s.met)::float8 / sum(s.met + s.late + s.breached_open)::float8 FROM crm.sla_scorecard AS s
      WHERE s.kind = 'response' AND s.department = 'sales' GROUP BY 1 HAVING sum(s.met + s.late + s.breached_open) > 0 ORDER BY 1$$, 'sales'' answers are those of the scorecard');
SELECT results_eq(
    $$SELECT v.period, v.value::float8 FROM crm.metric_value AS v WHERE v.metric = 'sla_kept_marketing' AND v.per = 'month' AND v.base > 0 ORDER BY 1$$,
    $$SELECT s.period_start, sum(s.met)::float8 / sum(s.met + s.late + s.breached_open)::float8 FROM crm.sla_scorecard AS s
      WHERE s.kind = 'response' AND s.department = 'marketing' GROUP BY 1 HAVING sum(s.met + s.late + s.breached_open) > 0 ORDER BY 1$$, 'marketing''s too');

-- ---- periods ----
SELECT is_empty($$SELECT v.metric, v.per, v.period, n.period FROM (SELECT w.*, lead(w.period) OVER (PARTITION BY w.metric, w.per ORDER BY w.period) AS next FROM crm.metric_value AS w) AS v
                  CROSS JOIN LATERAL (SELECT (v.period + crm.period_length(v.per))::date AS period) AS n WHERE v.next <> n.period$$, 'there are no gaps');
SELECT is((SELECT count(*) FROM (SELECT metric, per FROM crm.metric_value GROUP BY 1, 2 HAVING max(period) = crm.period_of(per, timezone('UTC', now()), 1)) AS c),
          4 * (SELECT count(*) FROM crm.metric), 'all go on to the current period');
SELECT is(pg_temp.values_of('mqls', 'week', '2025-02-03', '2025-02-10', '2025-02-17'), '0 3 0', 'weeks begin on Monday');
UPDATE crm.setting SET value = '7' WHERE name = 'week_starts_on';
SELECT is(pg_temp.values_of('mqls', 'week', '2025-02-02', '2025-02-09', '2025-02-16'), '0 3 0', 'or on Sunday');
SELECT pg_temp.lead('gus', '2025-04-01 01:00Z') \g /dev/null
SELECT is(pg_temp.values_of('leads', 'month', '2025-03-01', '2025-04-01'), '2 1', 'an hour past midnight');
UPDATE crm.setting SET value = '"America/Sao_Paulo"' WHERE name = 'timezone';
SELECT is(pg_temp.values_of('leads', 'month', '2025-03-01', '2025-04-01'), '3 0', 'is the evening before in São Paulo');
SELECT is(pg_temp.values_of('leads', 'year', '2025-01-01'), '7', 'and the same year');
SET timezone = 'Asia/Tokyo';
SELECT is(pg_temp.values_of('leads', 'month', '2025-03-01', '2025-04-01'), '3 0', 'whatever the session''s zone is');
SET timezone = 'UTC';

-- ---- several cycles ----
SELECT pg_temp.move('cid', 'mql', '2025-04-07 12:00Z'), pg_temp.move('cid', 'sal', '2025-04-07 13:00Z') \g /dev/null
SELECT is(ARRAY[pg_temp.values_of('mqls', 'month', '2025-02-01', '2025-04-01'), pg_temp.values_of('leads', 'month', '2025-02-01', '2025-04-01'),
                pg_temp.values_of('rejected_share', 'month', '2025-02-01', '2025-04-01'), pg_temp.values_of('mql_to_sal', 'month', '2025-02-01', '2025-04-01')],
          ARRAY['3 1', '2 0', '0.3333 0', '0.3333 1'], 'who comes back qualifies once more, in its own cycle, and is no new lead');

-- ---- at random: plain queries on the history say the same ----
SELECT setseed(0.42) \g /dev/null
BEGIN;
SET LOCAL smarketing.import = 'random';
INSERT INTO crm.lead (external_id, stage, stage_since, excluded)
SELECT 'r' || i, 'lead', timestamptz '2024-06-01Z' + random() * interval '500 days', CASE WHEN i % 17 = 0 THEN 'spam' END FROM generate_series(1, 400) AS i;
DO $$
DECLARE
    step text;
BEGIN
    FOREACH step IN ARRAY ARRAY['mql', 'sal', 'sql', 'opportunity', 'customer'] LOOP
        UPDATE crm.lead AS l SET stage = step, stage_since = l.stage_since + random() * interval '20 days'
        WHERE l.external_id LIKE 'r%' AND random() < 0.6
          AND l.stage = (ARRAY['lead', 'mql', 'sal', 'sql', 'opportunity'])[array_position(ARRAY['mql', 'sal', 'sql', 'opportunity', 'customer'], step)];
    END LOOP;
END $$;
INSERT INTO crm.deal (lead_id, opened_at, closed_at, won, amount)
SELECT l.id, l.stage_since - interval '1 hour', l.stage_since, true, round((random() * 1000)::numeric, 2) FROM crm.lead AS l WHERE l.external_id LIKE 'r%' AND l.stage = 'customer';
COMMIT;

CREATE FUNCTION pg_temp.period(per text, at timestamptz) RETURNS date LANGUAGE sql STABLE
AS $$SELECT CASE $1 WHEN 'week' THEN (date_trunc('week', timezone('America/Sao_Paulo', $2) + interval '1 day') - interval '1 day')::date
                    ELSE date_trunc($1, timezone('America/Sao_Paulo', $2))::date END$$;
CREATE TEMPORARY TABLE brute AS
SELECT p.per, m.metric, pg_temp.period(p.per, m.at) AS period, m.amount, m.base
FROM (VALUES ('week'), ('month'), ('quarter'), ('year')) AS p (per)
CROSS JOIN (
    SELECT CASE c.to_stage WHEN 'lead' THEN 'leads' WHEN 'opportunity' THEN 'opportunities' WHEN 'customer' THEN 'customers' ELSE c.to_stage || 's' END AS metric,
           c.at, 1::numeric AS amount, NULL::numeric AS base
    FROM crm.stage_change AS c JOIN crm.lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
    WHERE c.to_stage IN ('mql', 'sal', 'sql', 'opportunity', 'customer') OR c.from_stage IS NULL
    UNION ALL
    SELECT 'mql_to_sal', c.at, EXISTS (SELECT FROM crm.stage_change AS n WHERE n.lead_id = c.lead_id AND n.cycle = c.cycle AND n.to_stage = 'sal')::int, 1
    FROM crm.stage_change AS c JOIN crm.lead AS l ON l.id = c.lead_id AND l.excluded IS NULL WHERE c.to_stage = 'mql'
    UNION ALL
    SELECT 'lead_to_customer', c.at, EXISTS (SELECT FROM crm.stage_change AS n WHERE n.lead_id = c.lead_id AND n.to_stage = 'customer')::int, 1
    FROM crm.stage_change AS c JOIN crm.lead AS l ON l.id = c.lead_id AND l.excluded IS NULL WHERE c.from_stage IS NULL
    UNION ALL
    SELECT 'revenue', d.closed_at, d.amount * CASE d.currency WHEN 'USD' THEN 0.9 ELSE 1 END, NULL
    FROM crm.deal AS d LEFT JOIN crm.lead AS l ON l.id = d.lead_id WHERE d.won AND l.excluded IS NULL AND d.currency IS DISTINCT FROM 'XXX') AS m;
CREATE TEMPORARY TABLE brute_value AS
SELECT b.metric, b.per, b.period, CASE WHEN count(b.base) = 0 THEN sum(b.amount) ELSE sum(b.amount) / sum(b.base) END AS value FROM brute AS b GROUP BY 1, 2, 3;
CREATE TEMPORARY TABLE seen AS SELECT * FROM crm.metric_value;
SELECT cmp_ok((SELECT count(*) FROM brute_value), '>', 600::bigint, 'there is something to compare');
SELECT is_empty($$
    SELECT coalesce(b.metric, v.metric), coalesce(b.per, v.per), coalesce(b.period, v.period), b.value, v.value
    FROM brute_value AS b
    FULL JOIN (SELECT * FROM seen WHERE metric IN (SELECT metric FROM brute)) AS v USING (metric, per, period)
    WHERE v.metric IS NULL OR coalesce(b.value, CASE WHEN v.base IS NULL THEN 0 END) IS DISTINCT FROM v.value$$, 'plain queries on the history say the same');
SELECT is_empty($$
    SELECT s.metric FROM (SELECT v.metric, v.per, sum(v.value) AS value FROM seen AS v GROUP BY 1, 2 HAVING count(v.base) = 0) AS s
    GROUP BY 1 HAVING count(DISTINCT s.value) <> 1$$,
    'sums add up to the same, however they are cut');

-- ---- who may see what ----
SELECT format('GRANT USAGE ON SCHEMA crm TO smk_stranger; GRANT SELECT ON ALL TABLES IN SCHEMA crm TO smk_stranger') \gexec
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON crm.lead FOR SELECT TO smk_stranger USING (external_id IN ('ana', 'bob'));
SET ROLE smk_stranger;
SELECT is((SELECT sum(value) FROM crm.metric_value WHERE metric = 'leads' AND per = 'year'), 2::numeric, 'under row-level security the figures are those of the rows that one sees');
RESET ROLE;
REVOKE SELECT ON crm.lead FROM smk_stranger;
SET ROLE smk_stranger;
SELECT throws_ok($$SELECT * FROM crm.metric_value WHERE metric = 'leads'$$, '42501', NULL, 'and nobody sees them without a right on the leads');
RESET ROLE;
ALTER TABLE crm.lead DISABLE ROW LEVEL SECURITY;

\ir include/end.psql
