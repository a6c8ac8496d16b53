-- The views of revenue, on a history written by hand whose figures are known; and attribution against a brute-force
-- query on random journeys.
\ir include/begin.psql
SELECT plan(61);

SELECT smarketing.create_workspace('revenue_test') \g /dev/null
SET search_path = revenue_test, pg_temp;

-- nobody there yet
CREATE FUNCTION pg_temp.rows_of(view_name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT count(q) FROM (SELECT * FROM %I OFFSET 0) AS q', view_name) INTO found;
    RETURN found;
END $$;
SELECT is(sum(pg_temp.rows_of(v)), 0::numeric, 'an empty workspace has no revenue, and no division by zero')
FROM unnest(ARRAY['deal_value', 'deal_fact', 'deal_person', 'deal_touch', 'pipeline', 'pipeline_by_campaign', 'pipeline_velocity', 'sales_cycle', 'campaign_results',
    'campaign_without_goal', 'attribution_journey', 'attribution_touch', 'attribution_period', 'attribution_channel']) AS v;

-- rates
SELECT throws_ok('INSERT INTO exchange_rate VALUES (''USD'', ''2026-01-01'', ' || rate || ')', '23514', NULL, 'no rate: ' || rate)
FROM unnest(ARRAY['0', '-1', '''NaN''', '''Infinity''']) AS rate;

-- clocks in São Paulo are three hours behind UTC
UPDATE setting SET value = '"America/Sao_Paulo"' WHERE name = 'timezone';
INSERT INTO exchange_rate (currency, day, rate) VALUES ('USD', '2026-01-01', 0.90), ('USD', '2026-02-01', 0.80), ('USD', '2999-01-01', 7), ('BRL', '2026-02-01', 0.16),
    ('EUR', '2000-01-01', 99); -- of the workspace's own currency: not read
INSERT INTO persona (name, position) VALUES ('boss', 10);
INSERT INTO campaign (name, channel, goal, budget) VALUES ('spring', 'paid_search', '200 leads', 500), ('fair', 'event', NULL, NULL), ('blank', NULL, '  ', NULL);
INSERT INTO campaign_cost (campaign, day, amount) VALUES ('spring', '2026-01-10', 100), ('spring', '2026-02-10', 200), ('fair', '2026-01-15', 50), ('fair', '2026-01-16', -10);
-- history is written as a restore writes it: without triggers
ALTER TABLE lead DISABLE TRIGGER USER;
ALTER TABLE handoff DISABLE TRIGGER USER;
ALTER TABLE activity DISABLE TRIGGER USER;
ALTER TABLE deal DISABLE TRIGGER USER;
INSERT INTO account (id, name, owner) VALUES (1, 'Acme', 'leo');
INSERT INTO lead (id, name, stage, owner, campaign, persona, origin, fit, account_id, excluded, cycle) VALUES
    (1, 'buys twice', 'customer', 'bia', 'spring', 'boss', 'inbound', 10, NULL, NULL, 2),
    (2, 'rejected, then accepted', 'opportunity', 'bia', 'fair', NULL, 'inbound', 0, NULL, NULL, 1),
    (3, 'just there', 'lead', NULL, 'spring', NULL, 'inbound', 5, NULL, NULL, 1),
    (4, 'of a campaign that nobody wrote down', 'sal', NULL, 'ghost', NULL, 'outbound', -5, NULL, NULL, 1),
    (5, 'spam', 'customer', 'bia', 'spring', NULL, 'inbound', 10, NULL, 'spam', 1),
    (6, 'has a part in a deal', 'lead', NULL, NULL, NULL, 'event', 0, 1, NULL, 1),
    (7, 'a colleague without a part', 'lead', NULL, NULL, NULL, 'event', 0, 1, NULL, 1);
INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at) VALUES
    (1, 1, NULL, 'lead', '2026-01-01 12:00Z'), (1, 1, 'lead', 'mql', '2026-01-02 12:00Z'), (1, 1, 'mql', 'opportunity', '2026-01-05 12:00Z'),
    (1, 1, 'opportunity', 'customer', '2026-02-01 01:30Z'), (1, 2, 'customer', 'opportunity', '2026-04-01 12:00Z'),
    (1, 2, 'opportunity', 'customer', '2026-04-20 12:00Z'),
    (2, 1, NULL, 'lead', '2026-01-03 12:00Z'), (2, 1, 'lead', 'mql', '2026-01-04 12:00Z'), (2, 1, 'mql', 'opportunity', '2026-01-10 12:00Z'),
    (3, 1, NULL, 'lead', '2026-02-02 01:00Z'), -- still the first in São Paulo
    (4, 1, NULL, 'lead', '2026-01-01 12:00Z'), (4, 1, 'lead', 'mql', '2026-01-02 12:00Z'), (4, 1, 'mql', 'sal', '2026-01-03 12:00Z'),
    (5, 1, NULL, 'lead', '2026-01-01 12:00Z'), (5, 1, 'lead', 'customer', '2026-01-02 12:00Z'),
    (6, 1, NULL, 'lead', '2026-01-01 12:00Z'), (7, 1, NULL, 'lead', '2026-01-01 12:00Z');
INSERT INTO handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at, decision, decided_at, reason) VALUES
    (1, 1, 'to_sales', 'lead', 'mql', '2026-01-02 12:00Z', 'accepted', '2026-01-03 12:00Z', NULL),
    (2, 1, 'to_sales', 'lead', 'mql', '2026-01-04 12:00Z', 'rejected', '2026-01-04 13:00Z', 'not_ready'),
    (2, 1, 'to_marketing', 'mql', 'recycled', '2026-01-04 13:00Z', 'accepted', '2026-01-04 14:00Z', NULL),
    (2, 1, 'to_sales', 'lead', 'mql', '2026-01-04 15:00Z', 'accepted', '2026-01-04 16:00Z', NULL),
    (4, 1, 'to_sales', 'lead', 'mql', '2026-01-02 12:00Z', 'auto_accepted', '2026-01-03 12:00Z', NULL);
INSERT INTO deal (id, lead_id, account_id, amount, currency, probability, opened_at, expected_close, closed_at, won, owner) VALUES
    (1, 1, NULL, 1000, NULL, NULL, '2026-01-05 12:00Z', NULL, '2026-02-01 01:30Z', true, NULL),
    (2, 1, NULL, 1000, 'USD', 0.1, '2026-01-05 12:00Z', NULL, '2026-02-01 01:30Z', true, 'zoe'),
    (3, 1, NULL, 1000, 'GBP', NULL, '2026-01-05 12:00Z', NULL, '2026-02-10 12:00Z', true, NULL),
    (4, 1, NULL, 500, 'EUR', NULL, '2026-04-01 12:00Z', NULL, '2026-04-20 12:00Z', true, NULL),
    (5, 2, NULL, 2000, 'USD', 0.5, '2026-01-10 12:00Z', '2999-06-15', NULL, NULL, NULL),
    (6, 2, NULL, 300, 'GBP', 0.5, '2026-01-10 12:00Z', '2999-06-20', NULL, NULL, NULL),
    (7, 2, NULL, NULL, NULL, NULL, '2026-01-10 12:00Z', NULL, NULL, NULL, NULL),
    (8, 2, NULL, 700, 'BRL', NULL, '2026-01-10 12:00Z', NULL, '2026-01-15 12:00Z', false, NULL),
    (9, NULL, 1, 4000, NULL, NULL, '2026-02-08 12:00Z', NULL, '2026-03-10 12:00Z', true, NULL),
    (10, NULL, 1, 1000, NULL, NULL, '2026-02-01 12:00Z', '1999-01-01', NULL, NULL, NULL),
    (11, 5, NULL, 9999, NULL, NULL, '2026-01-01 12:00Z', NULL, '2026-01-02 12:00Z', true, NULL),
    (12, NULL, 1, 250.00, NULL, NULL, '2026-03-01 12:00Z', NULL, '2026-03-02 12:00Z', true, NULL),
    (13, 6, NULL, 0, NULL, NULL, '2026-03-10 12:00Z', NULL, '2026-03-10 12:00Z', true, NULL);
INSERT INTO deal_contact (deal_id, lead_id, role) VALUES (9, 6, 'champion'), (13, 6, 'the lead itself'), (12, 5, 'excluded'), (5, 1, 'reference');
INSERT INTO activity (id, lead_id, kind, at, campaign, channel) VALUES
    (1, 1, 'page_view', '2026-01-01 11:00Z', 'spring', NULL),
    (2, 1, 'webinar', '2026-01-04 12:00Z', NULL, 'social'),
    (3, 1, 'email_click', '2026-01-20 12:00Z', NULL, NULL),
    (4, 1, 'call', '2026-01-21 12:00Z', NULL, 'phone'), -- sales at work: no touch
    (5, 1, 'call', '2026-01-22 12:00Z', 'blank', NULL),
    (6, 1, 'page_view', '2026-02-05 12:00Z', NULL, NULL),
    (7, 6, 'form_submit', '2026-03-01 12:00Z', NULL, 'e-mail'),
    (8, 7, 'form_submit', '2026-03-02 12:00Z', NULL, 'organic'),
    (9, 5, 'form_submit', '2026-03-01 12:00Z', NULL, 'robots'),
    (10, 2, 'page_view', '2025-01-01 12:00Z', 'spring', NULL),
    (11, 2, 'page_view', '2026-03-01 12:00Z', 'spring', NULL),
    (12, 2, 'page_view', '2026-03-01 12:00Z', 'fair', NULL),
    -- not to marketing's credit, whatever they name
    (13, 1, 'bounce', '2026-01-19 12:00Z', 'spring', NULL),
    (14, 1, 'unsubscribe', '2026-01-30 12:00Z', NULL, 'e-mail'),
    (15, 1, 'career_page_view', '2026-01-02 12:00Z', NULL, 'social'),
    (16, 1, 'note', '2026-01-31 12:00Z', 'fair', NULL);

-- deals
SELECT results_eq(
    $$SELECT deal_id, state, owner, month, currency, rate, amount, unconverted, weighted, round(cycle_days::numeric, 4), campaign, channel, persona, origin
      FROM deal_fact ORDER BY deal_id$$,
    $$VALUES (1::bigint, 'won', 'bia', '2026-01-01'::date, 'EUR', 1::numeric, 1000::numeric, false, NULL::numeric, 26.5625, 'spring', 'paid_search', 'boss', 'inbound'),
             (2, 'won', 'zoe', '2026-01-01', 'USD', 0.90, 900, false, NULL, 26.5625, 'spring', 'paid_search', 'boss', 'inbound'),
             (3, 'won', 'bia', '2026-02-01', 'GBP', NULL, NULL, true, NULL, 36, 'spring', 'paid_search', 'boss', 'inbound'),
             (4, 'won', 'bia', '2026-04-01', 'EUR', 1, 500, false, NULL, 19, 'spring', 'paid_search', 'boss', 'inbound'),
             (5, 'open', 'bia', '2999-06-01', 'USD', 0.80, 1600, false, 800, NULL, 'fair', 'event', NULL, 'inbound'),
             (6, 'open', 'bia', '2999-06-01', 'GBP', NULL, NULL, true, NULL, NULL, 'fair', 'event', NULL, 'inbound'),
             (7, 'open', 'bia', NULL, 'EUR', 1, NULL, false, NULL, NULL, 'fair', 'event', NULL, 'inbound'),
             (8, 'lost', 'bia', '2026-01-01', 'BRL', NULL, NULL, true, NULL, 5, 'fair', 'event', NULL, 'inbound'),
             (9, 'won', 'leo', '2026-03-01', 'EUR', 1, 4000, false, NULL, 30, NULL, NULL, NULL, NULL),
             (10, 'open', 'leo', '1999-01-01', 'EUR', 1, 1000, false, NULL, NULL, NULL, NULL, NULL, NULL),
             (12, 'won', 'leo', '2026-03-01', 'EUR', 1, 250, false, NULL, 1, NULL, NULL, NULL, NULL),
             (13, 'won', NULL, '2026-03-01', 'EUR', 1, 0, false, NULL, 0, NULL, NULL, NULL, 'event')$$,
    'each deal in one currency, at the rate of the day on which it closed there; without a rate it is listed; excluded leads have none');
SELECT is((SELECT count(*) FROM deal_value), 13::bigint, 'deal_value has those of excluded leads too');
SELECT results_eq($$SELECT lead_id, cycle, open_amount, won_amount FROM lead_fact WHERE lead_id <= 2 ORDER BY 1, 2$$,
                  $$VALUES (1::bigint, 1, NULL::numeric, 1900::numeric), (1, 2, NULL, 500), (2, 1, 1600, NULL)$$,
                  'lead_fact sums what has a rate, each cycle for itself');
SELECT results_eq('SELECT open_deals, open_amount FROM lead_board WHERE lead_id = 2', 'VALUES (3::bigint, 1600::numeric)', 'and so does lead_board');
SELECT is((SELECT sum(won_amount) FROM lead_fact), (SELECT sum(amount) FROM deal_fact WHERE state = 'won' AND lead_id IS NOT NULL),
          'leads and deals agree on what was won');
UPDATE setting SET value = '"USD"' WHERE name = 'currency';
SELECT results_eq('SELECT deal_id, amount, unconverted FROM deal_fact WHERE deal_id IN (2, 4) ORDER BY 1', 'VALUES (2::bigint, 1000::numeric, false), (4, 49500, false)',
                  'the currency is a setting: what it is needs no rate, the others do');
UPDATE setting SET value = '"EUR"' WHERE name = 'currency';

-- pipeline
SELECT results_eq('SELECT month, owner, origin, deals, amount, weighted, unconverted, without_amount, without_probability, overdue FROM pipeline',
    $$VALUES ('1999-01-01'::date, 'leo', NULL::text, 1::bigint, 1000::numeric, NULL::numeric, 0::bigint, 0::bigint, 1::bigint, 1::bigint),
             ('2999-06-01', 'bia', 'inbound', 2, 1600, 800, 1, 0, 0, 0),
             (NULL, 'bia', 'inbound', 1, NULL, NULL, 0, 1, 1, 0)$$,
    'the pipeline by month, owner and origin, with what is not in its sums');
-- June has 30 of the quarter's 91 days: 3,000 of its 9,100; 1,000 are won, and 1,600 are open
ALTER TABLE goal DISABLE TRIGGER USER;
INSERT INTO goal (name, metric, direction, target, unit, starts_on, ends_on, marketing_signed_at, sales_signed_at) VALUES
    ('year', 'revenue', 'at_least', 1000000, 'EUR', '2999-01-01', '2999-12-31', now(), now()), ('quarter', 'revenue', 'at_least', 9100, 'EUR', '2999-04-01', '2999-06-30', now(), now()),
    ('a week', 'revenue', 'at_least', 1, 'EUR', '2999-06-01', '2999-06-07', now(), now()), ('a draft', 'revenue', 'at_least', 1, 'EUR', '2999-06-01', '2999-06-30', now(), NULL),
    ('dollars', 'revenue', 'at_least', 1, 'USD', '2999-06-01', '2999-06-30', now(), now()), ('leads', 'leads', 'at_least', 1, 'leads', '2999-06-01', '2999-06-30', now(), now());
INSERT INTO deal (id, account_id, amount, opened_at, closed_at, won) VALUES (99, 1, 1000, '2026-01-01Z', '2999-06-02 12:00Z', true);
SELECT results_eq('SELECT month, goal, to_win, coverage FROM pipeline',
                  $$VALUES ('1999-01-01'::date, NULL::numeric, NULL::numeric, NULL::float8), ('2999-06-01', 3000, 2000, 0.8), (NULL, NULL, NULL, NULL)$$,
                  'coverage: what is open over what is still to win of the month''s part of the goal');
UPDATE deal SET amount = 5000 WHERE id = 99;
SELECT results_eq($$SELECT to_win, coverage FROM pipeline WHERE month = '2999-06-01'$$, 'VALUES (0::numeric, NULL::float8)', 'a goal that is reached leaves nothing to cover');
DELETE FROM deal WHERE id = 99;
SELECT results_eq('SELECT * FROM pipeline_by_campaign',
    $$VALUES ('1999-01-01'::date, NULL::text, NULL::text, 1::bigint, 1000::numeric, NULL::numeric, 0::bigint, NULL::numeric, NULL::numeric, 0::bigint),
             ('2999-06-01', 'blank', NULL, 0, NULL, NULL, 1, 1600, 800, 0),
             ('2999-06-01', 'fair', 'event', 2, 1600, 800, 2, 1600, 800, 1),
             ('2999-06-01', 'spring', 'paid_search', 0, NULL, NULL, 2, 1600, 800, 1),
             (NULL, 'fair', 'event', 1, NULL, NULL, 1, NULL, NULL, 0),
             (NULL, 'spring', 'paid_search', 0, NULL, NULL, 1, NULL, NULL, 0)$$,
    'sourced by the first campaign, influenced by each that touched somebody in the deal, once');
SELECT is((SELECT sum(sourced_amount) FROM pipeline_by_campaign), (SELECT sum(amount) FROM pipeline), 'what is sourced adds up to the pipeline');

-- sales cycle
SELECT results_eq(
    $$SELECT dimension, value, from_step, step_label, won, average_seconds, median_seconds, p90_seconds, average = make_interval(secs => average_seconds)
      FROM sales_cycle WHERE per = 'all' AND dimension IN ('all', 'persona')$$,
    $$VALUES ('all', NULL::text, 'entry', '01 Entry', 2::bigint, 2141100::float8, 2141100::float8, 2540700::float8, true),
             ('all', NULL, 'mql', '02 MQL', 1, 2554200, 2554200, 2554200, true),
             ('all', NULL, 'opportunity', '03 Opportunity', 2, 1968300, 1968300, 2229660, true),
             ('persona', 'boss', 'entry', '01 Entry', 2, 2141100, 2141100, 2540700, true),
             ('persona', 'boss', 'mql', '02 MQL', 1, 2554200, 2554200, 2554200, true),
             ('persona', 'boss', 'opportunity', '03 Opportunity', 2, 1968300, 1968300, 2229660, true)$$,
    'from entry, MQL and opportunity to the win; two cycles are two wins');
SELECT results_eq($$SELECT period, won, average_seconds FROM sales_cycle WHERE per = 'month' AND dimension = 'campaign' AND value = 'spring' AND from_step = 'entry'$$,
                  $$VALUES ('2026-01-01'::date, 1::bigint, 2640600::float8), ('2026-04-01', 1, 1641600)$$,
                  'per month of the win, by the clock of the workspace');

-- campaigns
SELECT results_eq(
    $$SELECT campaign, is_described, leads, fitting, mqls, accepted, rejected, sqls, opportunities, customers, deals_won, pipeline, revenue, unconverted, cost, roi, first_day, last_day
      FROM campaign_results$$,
    $$VALUES ('blank', true, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::numeric, 0::bigint, NULL::numeric, NULL::float8, NULL::date, NULL::date),
             ('fair', true, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1600, 0, 1, 40, -1, '2026-01-03', '2026-01-03'),
             ('ghost', false, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-01-01', '2026-01-01'),
             ('spring', true, 2, 2, 1, 1, 0, 0, 1, 1, 4, 0, 2400, 1, 300, 7, '2026-01-01', '2026-02-01')$$,
    'what came of each campaign; those that only leads name too; without a cost no ROI');
SELECT results_eq(
    $$SELECT cost_per_lead, cost_per_mql, cost_per_sql, cost_per_opportunity, cost_per_customer FROM campaign_results WHERE campaign IN ('ghost', 'spring') ORDER BY campaign$$,
    $$VALUES (NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric), (150, 300, NULL, 300, 300)$$,
    'cost per step, null where there is no cost or nobody there');
DELETE FROM goal;
SELECT results_eq('SELECT campaign, is_described, leads, cost, goal FROM campaign_without_goal',
                  $$VALUES ('blank', true, 0::bigint, NULL::numeric, '  '), ('fair', true, 1, 40, NULL), ('ghost', false, 1, NULL, NULL)$$,
                  'campaigns that do not say what they are for');
INSERT INTO goal (name, metric, direction, target, unit, starts_on, ends_on) VALUES ('200 Leads', 'leads', 'at_least', 200, 'leads', '2026-01-01', '2026-12-31');
SELECT results_eq('SELECT campaign, goal FROM campaign_without_goal', $$VALUES ('blank', '  '), ('fair', NULL), ('ghost', NULL), ('spring', '200 leads')$$,
                  'once there are goals, words that name none of them are none');
UPDATE campaign SET goal = '200 Leads' WHERE name IN ('spring', 'fair');
SELECT results_eq('SELECT campaign FROM campaign_without_goal', $$VALUES ('blank'), ('ghost')$$, 'who names one is not listed');
UPDATE goal SET name = '300 leads';
SELECT results_eq('SELECT campaign FROM campaign_without_goal', $$VALUES ('blank'), ('fair'), ('ghost'), ('spring')$$, 'and is again when the goal is another one');
DELETE FROM goal;
UPDATE campaign SET goal = NULL WHERE name = 'fair';

-- attribution
SELECT results_eq(
    $$SELECT touched_at, channel, campaign, "position", first_touch, last_touch, last_non_direct, linear, position_based, w_shaped, full_path
      FROM attribution_touch WHERE deal_id = 1 ORDER BY "position"$$,
    $$VALUES ('2026-01-01 11:00Z'::timestamptz, 'paid_search', 'spring', 1, 1000::numeric, 0::numeric, 0::numeric, 250::numeric, 400::numeric, 600::numeric, 450::numeric),
             ('2026-01-04 12:00Z', 'social', NULL, 2, 0, 0, 0, 250, 100, 300, 225),
             ('2026-01-20 12:00Z', 'direct', NULL, 3, 0, 0, 0, 250, 100, 50, 100),
             ('2026-01-22 12:00Z', '(unknown)', 'blank', 4, 0, 1000, 1000, 250, 400, 50, 225)$$,
    'a deal''s touches: marketing''s kinds and whatever names a campaign; milestones are the lead''s entry and the deal''s opening');
SELECT results_eq($$SELECT name FROM activity_kind WHERE NOT credited ORDER BY 1$$, $$VALUES ('bounce'), ('career_page_view'), ('note'), ('unsubscribe')$$,
                  'no credit for what comes back, says good-bye, looks for a job, or is a note');
UPDATE activity_kind SET credited = name <> 'email_click' WHERE name IN ('bounce', 'email_click');
SELECT results_eq('SELECT kind, campaign FROM deal_touch WHERE deal_id = 1 ORDER BY at', $$VALUES ('page_view', 'spring'), ('webinar', NULL), ('bounce', 'spring'), ('call', 'blank')$$,
                  'which kinds may get it is a row''s to say');
UPDATE activity_kind SET credited = name = 'email_click' WHERE name IN ('bounce', 'email_click');
UPDATE deal SET opened_at = '2026-01-21 12:00Z' WHERE id = 1;
SELECT results_eq('SELECT w_shaped FROM attribution_touch WHERE deal_id = 1 ORDER BY "position"', 'VALUES (600::numeric), (50), (300), (50)', 'the opening is the deal''s own');
UPDATE deal SET opened_at = closed_at WHERE id = 1;
SELECT results_eq('SELECT w_shaped FROM attribution_touch WHERE deal_id = 1 ORDER BY "position"', 'VALUES (600::numeric), (300), (50), (50)',
                  'of a deal that was written down when it was closed, the lead''s entry into the stage');
UPDATE deal SET opened_at = '2026-01-05 12:00Z' WHERE id = 1;
SELECT results_eq(
    $$SELECT deal_id, channel, linear, last_non_direct, touches, value, unconverted FROM attribution_touch WHERE deal_id IN (3, 4, 9, 12, 13) ORDER BY deal_id, "position"$$,
    $$VALUES (3::bigint, 'paid_search', NULL::numeric, NULL::numeric, 5, NULL::numeric, true),
             (3, 'social', NULL, NULL, 5, NULL, true), (3, 'direct', NULL, NULL, 5, NULL, true),
             (3, '(unknown)', NULL, NULL, 5, NULL, true), (3, 'direct', NULL, NULL, 5, NULL, true),
             (4, '(unknown)', 250, 500, 2, 500, false), (4, 'direct', 250, 0, 2, 500, false),
             (9, 'e-mail', 4000, 4000, 1, 4000, false),
             (12, '(unattributed)', 250.00, 250.00, 0, 250.00, false),
             (13, 'e-mail', 0, 0, 1, 0, false)$$,
    'no rate, no credit; 90 days back and no more; people in the deal count, colleagues and excluded ones do not; without a touch (unattributed)');
SELECT results_eq(
    $$SELECT channel, conversions, value, round(share::numeric, 4), cost, round(roas::numeric, 4) FROM attribution_channel WHERE model = 'first_touch'$$,
    $$VALUES ('e-mail', 2::bigint, 4000::numeric, 0.6015, NULL::numeric, NULL::numeric),
             ('paid_search', 3, 1900, 0.2857, 300, 6.3333),
             ('(unknown)', 1, 500, 0.0752, NULL, NULL),
             ('(unattributed)', 1, 250, 0.0376, NULL, NULL),
             ('direct', 0, 0, 0, NULL, NULL), ('event', 0, 0, 0, 40, 0), ('social', 0, 0, 0, NULL, NULL)$$,
    'by channel: deals, those too that are worth nothing or nobody knows what; value, its share, and what it cost');
SELECT is((SELECT count(*) FROM (SELECT model FROM attribution_channel GROUP BY model
                                 HAVING sum(value) = (SELECT sum(amount) FROM deal_fact WHERE state = 'won') AND sum(cost) = 340) AS m), 8::bigint,
          'each of the eight models sums to all that was won, and to all that was spent');
SELECT results_eq($$SELECT period, channel, conversions, value, cost FROM attribution_period WHERE per = 'month' AND model = 'linear' AND channel IN ('paid_search', 'event') ORDER BY 1, 2$$,
                  $$VALUES ('2026-01-01'::date, 'event', 0::bigint, 0::numeric, 40::numeric), ('2026-01-01', 'paid_search', 2, 475, 100), ('2026-02-01', 'paid_search', 1, 0, 200)$$,
                  'per month: a deal where it was won, a cost where its day is');
SELECT is((SELECT count(*) FROM (SELECT per, model FROM attribution_period GROUP BY per, model HAVING sum(value) = 6650) AS m), 24::bigint,
          'weeks, months and quarters sum to the same');
UPDATE setting SET value = '"10 days"' WHERE name = 'attribution_lookback';
SELECT results_eq('SELECT channel FROM attribution_touch WHERE deal_id = 1', $$VALUES ('(unknown)')$$, 'how far back touches count is a setting');
UPDATE setting SET value = '"90 days"' WHERE name = 'attribution_lookback';
UPDATE setting SET value = '"1 day"' WHERE name = 'attribution_half_life';
SELECT is((SELECT round(time_decay) FROM attribution_touch WHERE deal_id = 1 AND channel = 'direct'), 200::numeric, 'and so is the half-life: 2 days older, 1 : 4');

-- what goes with the extension
SELECT results_eq(
    $$SELECT DISTINCT c.relname::text COLLATE "default" FROM smarketing.removal_objects() AS o JOIN pg_class AS c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
      WHERE c.relkind = 'v' AND c.relnamespace = 'revenue_test'::regnamespace AND c.relname ~ '^(deal|pipeline|sales_cycle|campaign|attribution|lead)' ORDER BY 1$$,
    $$VALUES ('attribution_channel'), ('attribution_journey'), ('attribution_period'), ('attribution_touch')$$,
    'DROP EXTENSION takes the views of attribution and no other');

-- whose the rows are
GRANT USAGE ON SCHEMA revenue_test TO smk_sales, smk_stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA revenue_test TO smk_sales;
GRANT SELECT ON campaign_results, attribution_channel TO smk_stranger;
ALTER TABLE lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON lead FOR SELECT TO smk_sales USING (owner = 'bia' AND id <> 1);
SET ROLE smk_sales;
SELECT results_eq('SELECT deal_id FROM revenue_test.deal_fact ORDER BY 1', 'VALUES (5::bigint), (6), (7), (8), (9), (10), (12)',
                  'who may not see a lead does not see its deals');
SELECT results_eq('SELECT campaign, leads, revenue FROM revenue_test.campaign_results', $$VALUES ('blank', 0::bigint, 0::numeric), ('fair', 1, 0), ('spring', 0, 0)$$,
                  'nor what its campaign has brought');
SELECT results_eq($$SELECT channel, value FROM revenue_test.attribution_channel WHERE model = 'linear' AND value > 0$$, $$VALUES ('(unattributed)', 4250.00::numeric)$$,
                  'nor whose touches they were');
SELECT results_eq('SELECT * FROM revenue_test.pipeline_velocity WHERE per = ''all'' AND dimension = ''owner'' AND value = ''zoe''',
                  'SELECT * FROM revenue_test.pipeline_velocity WHERE false', 'nor how fast they were');
SET ROLE smk_stranger;
SELECT throws_ok('SELECT * FROM revenue_test.' || v, '42501', NULL, 'a view is no way around the tables'' rights: ' || v) FROM unnest(ARRAY['campaign_results', 'attribution_channel']) AS v;
RESET ROLE;

-- the formula of velocity: 18 x 42,000 x 24 % / 78
SELECT smarketing.create_workspace('velocity_test') \g /dev/null
SET search_path = velocity_test, pg_temp;
ALTER TABLE deal DISABLE TRIGGER USER;
ALTER TABLE lead DISABLE TRIGGER USER;
INSERT INTO account (id, name) VALUES (1, 'Acme');
INSERT INTO deal (account_id, owner, amount, opened_at) SELECT 1, CASE WHEN i % 2 = 0 THEN 'bia' ELSE 'leo' END, 1, '2025-01-01 12:00Z' FROM generate_series(1, 17) AS i;
INSERT INTO deal (account_id, owner, amount, currency, opened_at) VALUES (1, 'bia', 1000000, 'GBP', '2025-01-01 12:00Z');
INSERT INTO deal (account_id, owner, amount, opened_at, closed_at, won)
SELECT 1, 'bia', 30000, timestamptz '2025-01-01 12:00Z', timestamptz '2025-03-12 12:00Z', true FROM generate_series(1, 3) -- 70 days
UNION ALL SELECT 1, 'leo', 54000, timestamptz '2025-01-01 12:00Z', timestamptz '2025-03-28 12:00Z', true FROM generate_series(1, 3) -- 86 days
UNION ALL SELECT 1, CASE WHEN i <= 9 THEN 'bia' ELSE 'leo' END, 77777, timestamptz '2025-01-01 12:00Z', timestamptz '2025-05-01 12:00Z', false FROM generate_series(1, 19) AS i;
INSERT INTO lead (id, stage, excluded) VALUES (1, 'customer', 'test');
INSERT INTO deal (lead_id, amount, opened_at, closed_at, won) VALUES (1, 1, '2025-01-01 12:00Z', '2025-01-01 12:00Z', true);
SELECT results_eq(
    $$SELECT opportunities, average_value, win_rate, cycle_days, round(velocity::numeric, 2), won, lost FROM pipeline_velocity WHERE per = 'all' AND dimension = 'all'$$,
    'VALUES (18::bigint, 42000::numeric, 0.24::float8, 78::float8, 2326.15, 6::bigint, 19::bigint)',
    '18 opportunities x 42,000 x 24 % / 78 days = 2,326.15 a day');
SELECT results_eq($$SELECT value, opportunities, average_value, win_rate, cycle_days, round(velocity::numeric, 2) FROM pipeline_velocity WHERE per = 'all' AND dimension = 'owner'$$,
                  $$VALUES ('bia', 9::bigint, 30000::numeric, 0.25::float8, 70::float8, 964.29), ('leo', 9, 54000, 3 / 13::float8, 86, 1304.11)$$,
                  'by owner');
SELECT results_eq(
    $$SELECT period, opportunities, average_value, win_rate, cycle_days, velocity IS NULL, won, lost FROM pipeline_velocity
      WHERE per = 'quarter' AND dimension = 'all' AND period < '2025-10-01'$$,
    $$VALUES ('2025-01-01'::date, 37::bigint, 42000::numeric, 1::float8, 78::float8, false, 6::bigint, 0::bigint),
             ('2025-04-01', 18, NULL, 0, NULL, true, 0, 19), ('2025-07-01', 18, NULL, NULL, NULL, true, 0, 0)$$,
    'per quarter: what is open at its end, what was won and lost in it; null where nothing was');
SELECT is((SELECT array_agg(period ORDER BY period) FROM pipeline_velocity WHERE per = 'month' AND dimension = 'all'),
          (SELECT array_agg(m::date ORDER BY m) FROM generate_series('2025-01-01', timezone('UTC', now()), interval '1 month') AS m),
          'no month up to now is missing');
SELECT is((SELECT count(*) FROM (SELECT per, period FROM pipeline_velocity GROUP BY per, period
                                 HAVING sum(opportunities) FILTER (WHERE dimension = 'all') <> sum(opportunities) FILTER (WHERE dimension = 'owner')) AS x), 0::bigint,
          'owners add up to all');
UPDATE deal SET won = NULL, closed_at = NULL WHERE won = false;
SELECT results_eq($$SELECT opportunities, win_rate FROM pipeline_velocity WHERE per = 'all' AND dimension = 'all'$$, 'VALUES (37::bigint, 1::float8)', 'a deal that is open again is open');

-- ROI: three wins of 1,000 on a cost of 300 are 900 %, however many days the cost is spread over
INSERT INTO campaign (name) VALUES ('three');
INSERT INTO campaign_cost (campaign, day, amount) SELECT 'three', date '2025-01-01' + i, 100 FROM generate_series(1, 3) AS i;
INSERT INTO lead (id, stage, campaign) SELECT i, 'customer', 'three' FROM generate_series(11, 13) AS i;
INSERT INTO stage_change (lead_id, cycle, to_stage, at) SELECT i, 1, 'customer', timestamptz '2025-02-01Z' FROM generate_series(11, 13) AS i;
INSERT INTO deal (lead_id, amount, opened_at, closed_at, won) SELECT i, 1000, timestamptz '2025-01-01Z', timestamptz '2025-02-01Z', true FROM generate_series(11, 13) AS i;
SELECT results_eq('SELECT cost, revenue, roi, customers, cost_per_customer FROM campaign_results', 'VALUES (300::numeric, 3000::numeric, 9::float8, 3::bigint, 100::numeric)',
                  'three wins of 1,000 on a cost of 300 are an ROI of 900 %');
INSERT INTO deal (lead_id, amount, opened_at, closed_at, won) VALUES (11, 1, '2025-01-01Z', '2025-02-01Z', false), (12, 5, '2025-01-01Z', NULL, NULL);
SELECT results_eq('SELECT cost, revenue, pipeline, deals_won, customers FROM campaign_results', 'VALUES (300::numeric, 3000::numeric, 5::numeric, 3::bigint, 3::bigint)',
                  'more deals of a lead are no more cost and no more leads');

-- times without end are in a table sooner or later: they stop no view
INSERT INTO deal (lead_id, amount, opened_at, closed_at, won) VALUES (11, 7, '-infinity', NULL, NULL), (12, 7, '2025-01-01Z', 'infinity', true), (13, 7, '-infinity', '2025-02-01Z', true);
INSERT INTO stage_change (lead_id, cycle, to_stage, at) VALUES (11, 1, 'lead', '-infinity');
SELECT ok(sum(pg_temp.rows_of(v)) > 0, 'infinite times stop no view')
FROM unnest(ARRAY['deal_fact', 'pipeline', 'pipeline_by_campaign', 'pipeline_velocity', 'sales_cycle', 'campaign_results', 'attribution_touch', 'attribution_channel']) AS v;

-- attribution on random journeys, against a query that shares no code with it
SELECT smarketing.create_workspace('random_test') \g /dev/null
SET search_path = random_test, pg_temp;
ALTER TABLE lead DISABLE TRIGGER USER;
ALTER TABLE activity DISABLE TRIGGER USER;
ALTER TABLE deal DISABLE TRIGGER USER;
SELECT setseed(0.42) \g /dev/null
INSERT INTO exchange_rate VALUES ('USD', '2025-03-01', 0.873), ('USD', '2025-06-01', 0.911111);
INSERT INTO campaign (name, channel) VALUES ('a', 'ads'), ('b', 'mail'), ('é ü', NULL);
INSERT INTO account (id) VALUES (1);
INSERT INTO lead (id, excluded) SELECT i, CASE WHEN i % 11 = 0 THEN 'test' END FROM generate_series(1, 60) AS i;
INSERT INTO stage_change (lead_id, cycle, to_stage, at) SELECT i, 1, 'lead', timestamptz '2025-01-01Z' + random() * interval '50 days' FROM generate_series(1, 60) AS i;
INSERT INTO stage_change (lead_id, cycle, to_stage, at) SELECT i, 1, 'opportunity', timestamptz '2025-03-01Z' + random() * interval '50 days' FROM generate_series(1, 60) AS i WHERE random() < 0.7;
-- whole days, so that many touches happen at one instant, some at that of the deal, some 90 days before it
INSERT INTO activity (lead_id, kind, at, campaign, channel)
SELECT 1 + floor(random() * 60)::int, (ARRAY['page_view', 'call', 'webinar'])[1 + floor(random() * 3)::int], timestamptz '2025-01-01Z' + floor(random() * 200) * interval '1 day',
       (ARRAY['a', 'b', 'é ü', 'nowhere', NULL, NULL])[1 + floor(random() * 6)::int], (ARRAY['ads', 'social', NULL, NULL])[1 + floor(random() * 4)::int]
FROM generate_series(1, 1500);
INSERT INTO deal (id, lead_id, account_id, amount, currency, opened_at, closed_at, won)
SELECT i, CASE WHEN i % 10 > 0 THEN 1 + floor(random() * 60)::int END, 1, CASE WHEN i % 17 = 0 THEN NULL WHEN i % 13 = 0 THEN 0 ELSE round((random() * 10000)::numeric, i % 4) END,
       (ARRAY['USD', 'GBP', 'EUR', NULL, NULL])[1 + floor(random() * 5)::int], timestamptz '2025-01-01Z', timestamptz '2025-01-10Z' + floor(random() * 200) * interval '1 day', random() < 0.8
FROM generate_series(1, 150) AS i;
INSERT INTO deal_contact (deal_id, lead_id) SELECT i, 1 + floor(random() * 60)::int FROM generate_series(1, 150) AS i WHERE random() < 0.4;

CREATE TEMPORARY VIEW touch AS
SELECT d.id AS deal_id, a.id AS activity_id, a.at,
       CASE WHEN a.channel IS NOT NULL THEN a.channel WHEN a.campaign = 'a' THEN 'ads' WHEN a.campaign = 'b' THEN 'mail' WHEN a.campaign IS NOT NULL THEN '(unknown)' ELSE 'direct' END AS channel, a.campaign
FROM deal AS d, activity AS a
WHERE d.won AND (a.campaign IS NOT NULL OR a.kind <> 'call') AND a.at <= d.closed_at AND a.at > d.closed_at - interval '90 days'
  AND a.lead_id % 11 <> 0 AND (a.lead_id = d.lead_id OR EXISTS (SELECT FROM deal_contact AS c WHERE c.deal_id = d.id AND c.lead_id = a.lead_id))
  AND (d.lead_id % 11 = 0) IS NOT TRUE;
CREATE TEMPORARY VIEW worth AS
SELECT d.id AS deal_id, CASE WHEN coalesce(d.currency, 'EUR') = 'EUR' THEN d.amount WHEN d.currency = 'USD' AND d.closed_at >= '2025-06-01Z' THEN d.amount * 0.911111
                             WHEN d.currency = 'USD' AND d.closed_at >= '2025-03-01Z' THEN d.amount * 0.873 END AS value
FROM deal AS d WHERE d.won AND (d.lead_id % 11 = 0) IS NOT TRUE;
CREATE TEMPORARY VIEW expected AS
SELECT w.deal_id, w.value, coalesce(t.channel, '(unattributed)') AS channel, coalesce(t.is_first, true) AS is_first, coalesce(t.is_last, true) AS is_last
FROM worth AS w
LEFT JOIN (SELECT u.deal_id, u.channel, row_number() OVER (PARTITION BY u.deal_id ORDER BY u.at, u.channel COLLATE "C", u.campaign COLLATE "C" NULLS FIRST) = 1 AS is_first,
                  row_number() OVER (PARTITION BY u.deal_id ORDER BY u.at DESC, u.channel COLLATE "C" DESC, u.campaign COLLATE "C" DESC NULLS LAST) = 1 AS is_last
           FROM touch AS u) AS t ON t.deal_id = w.deal_id;
SELECT results_eq($$SELECT model, channel, conversions, value FROM attribution_channel WHERE model IN ('first_touch', 'last_touch') ORDER BY model, channel COLLATE "C"$$,
                  $$SELECT m.model, e.channel, count(DISTINCT e.deal_id) FILTER (WHERE m.has), coalesce(sum(e.value) FILTER (WHERE m.has), 0)
                    FROM expected AS e CROSS JOIN LATERAL (VALUES ('first_touch', e.is_first), ('last_touch', e.is_last)) AS m (model, has)
                    GROUP BY m.model, e.channel ORDER BY m.model, e.channel COLLATE "C"$$,
                  'first and last touch of random journeys are what brute force finds');
SELECT is((SELECT count(*) FROM attribution_touch AS t FULL JOIN (SELECT deal_id, count(*) AS touches FROM touch GROUP BY deal_id) AS e USING (deal_id)
           WHERE t.touches IS DISTINCT FROM coalesce(e.touches, 0)), 0::bigint, 'each has its touches, no more and no less');
SELECT is((SELECT count(*) FROM (SELECT deal_id, value FROM attribution_touch GROUP BY deal_id, value
                                 HAVING NOT (value = ALL (ARRAY[sum(first_touch), sum(last_touch), sum(last_non_direct), sum(linear), sum(position_based), sum(w_shaped), sum(full_path), sum(time_decay)]))) AS x),
          0::bigint, 'each model''s credits of a deal sum to its value exactly');
SELECT is((SELECT count(*) FROM (SELECT model FROM attribution_channel GROUP BY model HAVING sum(value) = (SELECT sum(value) FROM worth)) AS m), 8::bigint,
          'and the channels to all that was won');
SELECT is((SELECT count(*) FROM attribution_touch WHERE abs(linear - value / nullif(touches, 0)) > 0.01), 0::bigint, 'linear is a fair share, to the cent');
SELECT cmp_ok((SELECT count(*) FROM expected), '>', 400::bigint, 'there was something to compare');
SELECT ok((SELECT bool_or(value IS NULL) AND bool_or(value = 0) AND bool_or(scale(value) > 6) FROM worth) AND EXISTS (SELECT FROM expected WHERE channel = '(unattributed)'),
          'deals without a value, of value zero, converted ones, ones without a touch');
SELECT is((SELECT count(*) FROM (SELECT t.at FROM touch AS t GROUP BY t.deal_id, t.at HAVING count(*) > 1) AS x) > 20, true, 'and touches at one instant');

SELECT is((SELECT count(*) FROM pg_class WHERE relnamespace IN ('revenue_test'::regnamespace) AND relkind = 'v'
           AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)), 0::bigint, 'every view has security_invoker');
SELECT * FROM finish();
