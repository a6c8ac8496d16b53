-- Attribution of 400,000 conversions among 5,000,000 events of 500,000 leads,
-- by all models: one pass of ours against the plain-SQL join form.  The join
-- form has six models only, in floating point, and drops conversions without a
-- touch; a second one divides exactly, as ours does; a third may use indexes
-- made for it.
-- psql -f bench/attribution.sql in a scratch database; a few minutes.
-- -v events=... -v leads=... for another size.  Trust the ratios of one run.
\set QUIET 1
\set ON_ERROR_STOP 1
\pset pager off
\if :{?events} \else \set events 5000000 \endif
\if :{?leads} \else \set leads 500000 \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET work_mem = '512MB';
CREATE EXTENSION IF NOT EXISTS smarketing;
DROP SCHEMA IF EXISTS attribution_bench CASCADE;
CREATE SCHEMA attribution_bench;
SET search_path = attribution_bench;

-- 60 % of the events are touches, 8 % are conversions, the rest is neither; a
-- lead's events lie within 60 days.
SELECT setseed(0.5) \g /dev/null
CREATE UNLOGGED TABLE event AS
	SELECT lead, at, CASE WHEN kind < 0.6 THEN (ARRAY['ads', 'e-mail', 'direct', 'organic', 'social', 'partner'])[1 + floor(random() * 6)] END AS channel,
		CASE WHEN kind > 0.92 THEN round((random() * 1000)::numeric, 2) END AS value
	FROM (SELECT lead, timestamptz '2025-01-01' + (lead * 7919::bigint % 120) * interval '1 day' + random() * interval '60 days' AS at, random() AS kind
		FROM (SELECT (random() * :leads)::int AS lead FROM generate_series(1, :events) i OFFSET 0) l) e
	ORDER BY at;
CREATE INDEX ON event(lead, at) INCLUDE (channel, value);
VACUUM ANALYZE event;
SELECT count(value) AS conversions, count(channel) AS touches FROM event;

CREATE TABLE run(form text, plan text, ms float8, answer text, n int GENERATED ALWAYS AS IDENTITY);
CREATE PROCEDURE measure(form text, plan text, query text, times int DEFAULT 3) LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz;
	answer text;
BEGIN
	FOR i IN 1..times LOOP
		began := clock_timestamp();
		EXECUTE query INTO answer;
		INSERT INTO run VALUES (form, plan, extract(epoch FROM clock_timestamp() - began) * 1000, answer);
		COMMIT;
	END LOOP;
END $$;

-- each conversion with its touches
CREATE VIEW joined AS
	SELECT *, max(pos) FILTER (WHERE channel <> 'direct') OVER w AS non_direct, count(*) OVER w AS n, sum(decay) OVER w AS total_decay
	FROM (SELECT c.lead, c.at, c.value, t.channel, row_number() OVER (PARTITION BY c.lead, c.at ORDER BY t.at, t.channel) AS pos,
			power(2, -extract(epoch FROM c.at - t.at)::float8 / 604800) AS decay
		FROM event c JOIN event t ON t.lead = c.lead AND t.channel IS NOT NULL AND t.at <= c.at AND t.at > c.at - interval '90 days'
		WHERE c.value IS NOT NULL) j
	WINDOW w AS (PARTITION BY lead, at);
CREATE VIEW join_form AS
	SELECT channel, sum(value * (pos = 1)::int) AS first_touch, sum(value * (pos = n)::int) AS last_touch,
		sum(value * (pos = coalesce(non_direct, n))::int) AS last_non_direct, sum(value / n) AS linear,
		sum(value * CASE WHEN n <= 2 THEN 1.0::float8 / n WHEN pos IN (1, n) THEN 0.4 ELSE 0.2::float8 / (n - 2) END) AS position_based,
		sum(value * decay / total_decay) AS time_decay
	FROM (SELECT lead, at, value::float8 AS value, channel, pos, decay, non_direct, n, total_decay FROM joined) k
	GROUP BY channel;
CREATE VIEW exact_form AS
	SELECT channel, sum(first_touch) AS first_touch, sum(last_touch) AS last_touch, sum(last_non_direct) AS last_non_direct,
		sum((div(a, 1) + (rank_a <= left_a)::int) / 100) AS linear, sum((div(b, 1) + (rank_b <= left_b)::int) / 100) AS position_based,
		sum((div(c, 1) + (rank_c <= left_c)::int) / 100) AS time_decay
	FROM (SELECT *, row_number() OVER (PARTITION BY lead, at ORDER BY a - div(a, 1) DESC, pos) AS rank_a, units - sum(div(a, 1)) OVER w AS left_a,
			row_number() OVER (PARTITION BY lead, at ORDER BY b - div(b, 1) DESC, pos) AS rank_b, units - sum(div(b, 1)) OVER w AS left_b,
			row_number() OVER (PARTITION BY lead, at ORDER BY c - div(c, 1) DESC, pos) AS rank_c, units - sum(div(c, 1)) OVER w AS left_c
		FROM (SELECT lead, at, channel, pos, value * (pos = 1)::int AS first_touch, value * (pos = n)::int AS last_touch,
				value * (pos = coalesce(non_direct, n))::int AS last_non_direct, value * 100 AS units, value * 100 / n AS a,
				value * 100 * CASE WHEN n <= 2 THEN 1.0 / n WHEN pos IN (1, n) THEN 0.4 ELSE 0.2 / (n - 2) END AS b,
				value * 100 * (decay / total_decay)::numeric AS c FROM joined) u
		WINDOW w AS (PARTITION BY lead, at)) v
	GROUP BY channel;
CREATE VIEW per_lead AS
	SELECT lead, smarketing.attribution(at, channel, value, NULL, '90 days', '7 days', 'direct') AS credits
	FROM event WHERE channel IS NOT NULL OR value IS NOT NULL GROUP BY lead;
CREATE VIEW ours AS
	SELECT touch AS channel, sum(first_touch) AS first_touch, sum(last_touch) AS last_touch, sum(last_non_direct) AS last_non_direct, sum(linear) AS linear,
		sum(position_based) AS position_based, sum(w_shaped) AS w_shaped, sum(full_path) AS full_path, sum(time_decay) AS time_decay
	FROM per_lead, unnest(credits) GROUP BY touch;
CREATE VIEW floor AS
	SELECT lead, count(channel) AS touches, sum(value) AS value FROM event WHERE channel IS NOT NULL OR value IS NOT NULL GROUP BY lead;
-- the answer to compare: what each channel gets by two models, in thousands
\set totals 'SELECT string_agg(channel || '' '' || round(linear / 1000) || ''/'' || round(time_decay / 1000), '', '' ORDER BY channel) FROM '

SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT * FROM per_lead;
-- the floor must be that of the same plan
SET enable_hashagg = off;
CALL measure('floor: sum(value) per lead', 'one worker', 'SELECT sum(value) FROM floor');
RESET enable_hashagg;
CALL measure('attribution, credits only', 'one worker', 'SELECT sum(cardinality(credits)) FROM per_lead');
CALL measure('attribution, 8 models by channel', 'one worker', :'totals' || 'ours');
CALL measure('SQL join, 6 models by channel', 'one worker', :'totals' || 'join_form', 2);
CALL measure('SQL join, 6 models, exact', 'one worker', :'totals' || 'exact_form', 1);
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET enable_hashagg = off;
CALL measure('floor: sum(value) per lead', 'two workers', 'SELECT sum(value) FROM floor');
RESET enable_hashagg;
CALL measure('attribution, credits only', 'two workers', 'SELECT sum(cardinality(credits)) FROM per_lead');
CALL measure('attribution, 8 models by channel', 'two workers', :'totals' || 'ours');
CALL measure('SQL join, 6 models by channel', 'two workers', :'totals' || 'join_form', 2);
SET max_parallel_workers_per_gather = 0;
CREATE INDEX touch ON event(lead, at) INCLUDE (channel) WHERE channel IS NOT NULL;
CREATE INDEX conversion ON event(lead, at) INCLUDE (value) WHERE value IS NOT NULL;
ANALYZE event;
CALL measure('SQL join, 6 models, two partial indexes', 'one worker', :'totals' || 'join_form', 2);

\echo Times are the best of the runs; the totals of the channels must be equal
WITH best AS (SELECT plan, form, min(ms) AS ms, min(n) AS n, min(answer) AS answer FROM run GROUP BY plan, form),
	base AS (SELECT plan, max(ms) FILTER (WHERE form ~ '8 models') AS ours, max(ms) FILTER (WHERE form ~ 'floor') AS floor FROM best GROUP BY plan)
SELECT plan, form, round(ms) AS ms, round((ms / ours)::numeric, 2) AS "times ours", round((ms / floor)::numeric, 2) AS "times floor", answer
FROM best JOIN base USING (plan) ORDER BY min(n) OVER (PARTITION BY plan), n;
DROP SCHEMA attribution_bench CASCADE;
