-- The lifecycle's and the handoff's views, on a history written by hand whose figures are known.
\ir include/begin.psql
SELECT plan(32);

SELECT smarketing.create_workspace('views_test') \g /dev/null
SET search_path = views_test, pg_temp;

-- nobody there yet: no row, no division by zero
SELECT is((SELECT count(*) FROM funnel), 11::bigint, 'the funnel of an empty workspace has a row per stage');
SELECT is((SELECT sum(now + reached) FROM funnel), 0::numeric, 'and nobody in it');
SELECT is((SELECT count(*) FROM funnel WHERE conversion IS NOT NULL OR median_time IS NOT NULL), 0::bigint,
          'with no rate and no median');
SELECT is((SELECT string_agg(bar, '') || count(percent) FROM funnel_chart), '0', 'its chart has empty bars and no percent');
SELECT is((SELECT count(*) FROM lead_fact) + (SELECT count(*) FROM lead_board) + (SELECT count(*) FROM lead_timeline)
          + (SELECT count(*) FROM handoff_board) + (SELECT count(*) FROM handoff_feedback) + (SELECT count(*) FROM violations),
          0::bigint, 'the other views have no row');

INSERT INTO team (name, department) VALUES ('north', 'sales'), ('south', 'sales');
INSERT INTO member (name, department, team) VALUES ('bia', 'sales', 'north'), ('leo', 'sales', 'south');
INSERT INTO absence (member, during) VALUES ('leo', '[-infinity,infinity]');
INSERT INTO campaign (name, channel) VALUES ('fair', 'event');
-- history is written as a restore writes it: without triggers
ALTER TABLE lead DISABLE TRIGGER USER;
ALTER TABLE handoff DISABLE TRIGGER USER;
ALTER TABLE activity DISABLE TRIGGER USER;
ALTER TABLE deal DISABLE TRIGGER USER;
INSERT INTO lead (id, name, stage, stage_since, cycle, owner, campaign, source, excluded) VALUES
    (1, 'won, and buys again', 'opportunity', '2026-02-01 09:00Z', 2, 'bia', 'fair', 'booth', NULL),
    (2, 'sent back, comes back', 'mql', '2026-01-20 09:00Z', 2, NULL, 'fair', 'booth', NULL),
    (3, 'called in by sales', 'sal', '2026-01-04 09:00Z', 1, 'leo', NULL, NULL, NULL),
    (4, 'stepped over', 'opportunity', '2026-01-02 09:00Z', 1, NULL, NULL, NULL, NULL),
    (5, 'spam', 'disqualified', '2026-01-01 10:00Z', 1, NULL, 'fair', 'booth', 'spam'),
    (7, 'rerouted', 'sal', '2026-01-06 09:00Z', 1, 'leo', NULL, 'web', NULL);
INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at, actor, reason, implied, violation) VALUES
    (1, 1, NULL, 'lead', '2026-01-01 09:00Z', NULL, NULL, false, NULL),
    (1, 1, 'lead', 'mql', '2026-01-03 09:00Z', NULL, NULL, false, NULL),
    (1, 1, 'mql', 'sal', '2026-01-03 11:00Z', 'bia', NULL, false, NULL),
    (1, 1, 'sal', 'sql', '2026-01-05 11:00Z', 'bia', NULL, false, NULL),
    (1, 1, 'sql', 'opportunity', '2026-01-06 11:00Z', 'bia', NULL, false, NULL),
    (1, 1, 'opportunity', 'customer', '2026-01-16 11:00Z', 'bia', NULL, false, NULL),
    (1, 2, 'customer', 'opportunity', '2026-02-01 09:00Z', 'bia', NULL, false, NULL),
    (2, 1, NULL, 'lead', '2026-01-01 09:00Z', NULL, NULL, false, NULL),
    (2, 1, 'lead', 'mql', '2026-01-02 09:00Z', NULL, NULL, false, NULL),
    (2, 1, 'mql', 'recycled', '2026-01-02 12:00Z', 'bia', 'not_ready', false, NULL),
    (2, 2, 'recycled', 'mql', '2026-01-20 09:00Z', NULL, NULL, false, NULL),
    (3, 1, NULL, 'lead', '2026-01-01 09:00Z', NULL, NULL, false, NULL),
    (3, 1, 'lead', 'sal', '2026-01-04 09:00Z', 'leo', NULL, false, 'SM003'),
    (4, 1, NULL, 'lead', '2026-01-01 09:00Z', NULL, NULL, false, NULL),
    (4, 1, 'lead', 'mql', '2026-01-02 09:00Z', NULL, NULL, true, NULL),
    (4, 1, 'mql', 'sal', '2026-01-02 09:00Z', NULL, NULL, true, NULL),
    (4, 1, 'sal', 'sql', '2026-01-02 09:00Z', NULL, NULL, true, NULL),
    (4, 1, 'sql', 'opportunity', '2026-01-02 09:00Z', NULL, NULL, false, NULL),
    (5, 1, NULL, 'lead', '2026-01-01 09:00Z', NULL, NULL, false, NULL),
    (5, 1, 'lead', 'disqualified', '2026-01-01 10:00Z', NULL, 'spam', false, NULL),
    (6, 1, NULL, 'lead', '2026-01-01 09:00Z', NULL, NULL, false, NULL), -- deleted since
    (7, 1, NULL, 'lead', '2026-01-01 09:00Z', NULL, NULL, false, NULL),
    (7, 1, 'lead', 'mql', '2026-01-05 09:00Z', NULL, NULL, false, NULL),
    (7, 1, 'mql', 'sal', '2026-01-06 09:00Z', 'leo', NULL, false, NULL);
INSERT INTO handoff (id, lead_id, cycle, direction, from_stage, to_stage, offered_at, team, owner, decision, decided_at, reason, rating) VALUES
    (1, 1, 1, 'to_sales', 'lead', 'mql', '2026-01-03 09:00Z', 'north', 'bia', 'accepted', '2026-01-03 11:00Z', NULL, 5),
    (2, 2, 1, 'to_sales', 'lead', 'mql', '2026-01-02 09:00Z', 'north', 'bia', 'rejected', '2026-01-02 12:00Z', 'not_ready', 2),
    (3, 2, 1, 'to_marketing', 'mql', 'recycled', '2026-01-02 12:00Z', NULL, NULL, 'accepted', '2026-01-10 09:00Z', NULL, NULL),
    (4, 2, 2, 'to_sales', 'recycled', 'mql', '2026-01-20 09:00Z', 'south', 'leo', NULL, NULL, NULL, NULL),
    (5, 7, 1, 'to_sales', 'lead', 'mql', '2026-01-05 09:00Z', 'north', 'bia', 'rerouted', '2026-01-05 12:00Z', 'wrong_territory', NULL),
    (6, 7, 1, 'to_sales', 'lead', 'mql', '2026-01-05 12:00Z', 'south', 'leo', 'accepted', '2026-01-06 09:00Z', NULL, NULL),
    (7, 5, 1, 'to_sales', 'lead', 'mql', '2026-01-01 09:30Z', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO activity (id, lead_id, kind, at, actor) VALUES
    (1, 1, 'marketing_call', '2026-01-02 09:00Z', NULL),
    (2, 1, 'call', '2026-01-02 10:00Z', 'bia'), -- before the offer
    (3, 1, 'call', '2026-01-03 10:00Z', 'bia'),
    (4, 1, 'newsletter', '2026-01-03 10:30Z', NULL),
    (5, 1, 'conversation', '2026-01-04 09:00Z', 'bia'),
    (6, 1, 'call', '2026-02-02 09:00Z', 'bia'), -- in cycle 2
    (7, 3, 'call', '2025-12-31 09:00Z', 'leo'), -- before its first move
    (8, 3, 'email_reply', '2026-01-05 09:00Z', NULL),
    (9, 3, 'unknown kind', '2026-01-05 10:00Z', NULL),
    (10, 1, 'marketing_call', '2026-01-03 09:30Z', NULL);
INSERT INTO deal (id, lead_id, amount, currency, opened_at, closed_at, won, reason) VALUES
    (1, 1, 5000, NULL, '2026-01-06 11:00Z', '2026-01-16 11:00Z', true, NULL),
    (2, 1, 250.50, 'EUR', '2026-01-06 11:00Z', '2026-01-15 11:00Z', true, NULL),
    (3, 1, 999, 'USD', '2026-01-06 11:00Z', '2026-01-15 11:00Z', true, NULL),
    (4, 1, 80, NULL, '2026-01-07 11:00Z', '2026-01-08 11:00Z', false, 'price'),
    (5, 1, 700, NULL, '2026-01-30 11:00Z', NULL, NULL, NULL),
    (6, 4, NULL, NULL, '2026-01-02 09:00Z', NULL, NULL, NULL);

-- funnel
SELECT results_eq(
    $$SELECT stage, now, reached, previous_stage, round(conversion::numeric, 4) FROM funnel WHERE reached > 0$$,
    $$VALUES ('lead', 0::bigint, 5::bigint, NULL::text, NULL::numeric),
             ('mql', 1, 4, 'lead', 0.8),
             ('sal', 2, 4, 'mql', 0.75),
             ('sql', 0, 2, 'sal', 0.5),
             ('opportunity', 2, 2, 'sql', 1),
             ('customer', 0, 1, 'opportunity', 0.5),
             ('recycled', 0, 1, NULL, NULL)$$,
    'funnel: who is there, who was ever there, and what part got on');
SELECT is((SELECT now FROM funnel WHERE stage = 'disqualified'), 0::bigint, 'an excluded lead stands nowhere');
SELECT results_eq(
    $$SELECT stage, extract(epoch FROM median_time)::int / 3600 FROM funnel WHERE median_time IS NOT NULL$$,
    $$VALUES ('lead', 48), ('mql', 3), ('sal', 48), ('sql', 24), ('opportunity', 240), ('customer', 382), ('recycled', 429)$$,
    'median stays, in hours: ended ones, and none of the stages stepped over');
SELECT is((SELECT sum(now) FROM funnel), (SELECT count(*) FROM lead WHERE excluded IS NULL)::numeric,
          'every lead that counts stands in one row of the funnel');

-- chart
SELECT results_eq(
    $$SELECT stage, bar, leads, percent FROM funnel_chart WHERE leads > 0$$,
    $$VALUES ('Lead', repeat('█', 40), 5::bigint, 100.0),
             ('Marketing qualified', repeat('█', 32), 4, 80.0),
             ('Sales accepted', repeat('█', 32), 4, 80.0),
             ('Sales qualified', repeat('█', 16), 2, 40.0),
             ('Opportunity', repeat('█', 16), 2, 40.0),
             ('Customer', repeat('█', 8), 1, 20.0),
             ('Recycled', repeat('█', 8), 1, 20.0)$$,
    'the chart draws the funnel');

-- lead_fact
SELECT results_eq($$SELECT lead_id, cycle FROM lead_fact ORDER BY 1, 2$$,
                  $$VALUES (1::bigint, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1), (7, 1)$$,
                  'lead_fact has a row per lead and cycle; excluded and deleted leads have none');
SELECT results_eq(
    $$SELECT channel, owner, team, entered_at, mql_at, offered_at, decided_at, decision, sal_at, sql_at, opportunity_at, won_at,
             lost_at, recycled_at, is_open FROM lead_fact WHERE lead_id = 1 AND cycle = 1$$,
    $$VALUES ('event', 'bia', 'north', '2026-01-01 09:00Z'::timestamptz, '2026-01-03 09:00Z'::timestamptz,
              '2026-01-03 09:00Z'::timestamptz, '2026-01-03 11:00Z'::timestamptz, 'accepted', '2026-01-03 11:00Z'::timestamptz,
              '2026-01-05 11:00Z'::timestamptz, '2026-01-06 11:00Z'::timestamptz, '2026-01-16 11:00Z'::timestamptz,
              NULL::timestamptz, NULL::timestamptz, false)$$,
    'the milestones of a won lead');
SELECT results_eq(
    $$SELECT first_attempt_at, first_contact_at, attempts FROM lead_fact WHERE lead_id = 1 ORDER BY cycle$$,
    $$VALUES ('2026-01-03 10:00Z'::timestamptz, '2026-01-04 09:00Z'::timestamptz, 2::bigint),
             ('2026-02-02 09:00Z', NULL, 1)$$,
    'attempts are those of sales, from the offer on, each in its cycle');
SELECT results_eq(
    $$SELECT open_amount, won_amount FROM lead_fact WHERE lead_id = 1 ORDER BY cycle$$,
    $$VALUES (NULL::numeric, 5250.50), (700, NULL)$$,
    'amounts: won ones where they were closed, open ones in the last cycle, no other currency');
SELECT results_eq(
    $$SELECT decision, reject_reason, mql_at, recycled_at, owner, team, is_open FROM lead_fact WHERE lead_id = 2 ORDER BY cycle$$,
    $$VALUES ('rejected', 'not_ready', '2026-01-02 09:00Z'::timestamptz, '2026-01-02 12:00Z'::timestamptz, 'bia', 'north', false),
             (NULL, NULL, '2026-01-20 09:00Z', NULL, 'leo', 'south', true)$$,
    'a lead that was sent back and qualified again has a second cycle with an open handoff');
SELECT results_eq(
    $$SELECT first_attempt_at, first_contact_at, attempts, offered_at, is_open FROM lead_fact WHERE lead_id = 3$$,
    $$VALUES ('2025-12-31 09:00Z'::timestamptz, '2026-01-05 09:00Z'::timestamptz, 1::bigint, NULL::timestamptz, true)$$,
    'without an offer, what came before the first move is in the first cycle');
SELECT results_eq(
    $$SELECT mql_at, sal_at, sql_at, opportunity_at, attempts, open_amount FROM lead_fact WHERE lead_id = 4$$,
    $$VALUES ('2026-01-02 09:00Z'::timestamptz, '2026-01-02 09:00Z'::timestamptz, '2026-01-02 09:00Z'::timestamptz,
              '2026-01-02 09:00Z'::timestamptz, 0::bigint, NULL::numeric)$$,
    'stages stepped over are reached');
SELECT results_eq(
    $$SELECT offered_at, decided_at, decision, reject_reason, owner, team FROM lead_fact WHERE lead_id = 7$$,
    $$VALUES ('2026-01-05 09:00Z'::timestamptz, '2026-01-06 09:00Z'::timestamptz, 'accepted', NULL::text, 'leo', 'south')$$,
    'a rerouted lead: offered first, decided last');

-- lead_board
SELECT results_eq($$SELECT lead_id FROM lead_board$$, $$VALUES (2::bigint), (3), (7), (4), (1)$$,
                  'lead_board goes by stage, longest there first');
SELECT results_eq($$SELECT stage_label, team, open_handoff, last_activity, open_deals, open_amount FROM lead_board WHERE lead_id IN (1, 2)
                    ORDER BY lead_id$$,
                  $$VALUES ('Opportunity', 'north', NULL::bigint, 'call', 1::bigint, 700::numeric),
                           ('Marketing qualified', NULL, 4, NULL, 0, NULL)$$,
                  'with team, open handoff, last activity and open deals');

-- lead_timeline
SELECT results_eq(
    $$SELECT what, title, detail, cycle FROM lead_timeline WHERE lead_id = 2$$,
    $$VALUES ('move', 'Lead', NULL, 1),
             ('move', 'Lead → Marketing qualified', NULL, 1),
             ('handoff_offered', 'to_sales', 'north, bia', 1),
             ('move', 'Marketing qualified → Recycled', 'Not ready to buy', 1),
             ('handoff_decided', 'rejected', 'Not ready to buy', 1),
             ('handoff_offered', 'to_marketing', NULL, 1),
             ('handoff_decided', 'accepted', NULL, 1),
             ('move', 'Recycled → Marketing qualified', NULL, 2),
             ('handoff_offered', 'to_sales', 'south, leo', 2)$$,
    'lead_timeline tells a lead''s story in order');
SELECT results_eq(
    $$SELECT what, title FROM lead_timeline WHERE lead_id = 1 AND at BETWEEN '2026-01-06Z' AND '2026-01-17Z'$$,
    $$VALUES ('deal_opened', 'deal 1'), ('deal_opened', 'deal 2'), ('deal_opened', 'deal 3'), ('move', 'Sales qualified → Opportunity'),
             ('deal_opened', 'deal 4'), ('deal_lost', 'deal 4'), ('deal_won', 'deal 2'), ('deal_won', 'deal 3'), ('deal_won', 'deal 1'),
             ('move', 'Opportunity → Customer')$$,
    'a deal stands before the move that it caused');
SELECT is((SELECT count(*) FROM lead_timeline WHERE lead_id = 6), 1::bigint, 'what is left of a deleted lead is shown');
SELECT is((SELECT detail FROM lead_timeline WHERE lead_id = 3 AND cycle IS NOT NULL ORDER BY at DESC LIMIT 1), 'violation SM003',
          'and what a move violated');
SELECT is((SELECT count(*) FROM lead_timeline),
          (SELECT count(*) FROM stage_change) + (SELECT count(*) FROM activity)
          + (SELECT count(*) + count(decided_at) FROM handoff) + (SELECT count(*) + count(closed_at) FROM deal),
          'nothing is left out, nothing shown twice');

-- handoffs
SELECT results_eq($$SELECT handoff_id, owner, owner_away, campaign FROM handoff_board$$,
                  $$VALUES (4::bigint, 'leo', true, 'fair')$$,
                  'handoff_board shows what waits, and that its owner is away; no excluded lead');
SELECT results_eq(
    $$SELECT reason, label, campaign, source, rejections, decided, round(share::numeric, 2), counts_as_rejection, average_rating
      FROM handoff_feedback$$,
    $$VALUES ('not_ready', 'Not ready to buy', 'fair', 'booth', 1::bigint, 2::bigint, 0.50, true, 3.50),
             ('wrong_territory', 'Wrong territory', NULL, 'web', 1, 2, 0.50, false, NULL)$$,
    'handoff_feedback says why leads come back, by campaign and source');
SELECT results_eq($$SELECT lead_id, violation, meaning FROM violations$$,
                  $$VALUES (3::bigint, 'SM003', 'not by this department')$$, 'violations lists what observe let through');

-- a bar of one in a thousand is still a bar
INSERT INTO lead (id, stage) SELECT 1000 + i, 'subscriber' FROM generate_series(1, 999) AS i;
INSERT INTO stage_change (lead_id, cycle, to_stage, at)
SELECT 1000 + i, 1, 'subscriber', '2026-03-01Z'::timestamptz FROM generate_series(1, 999) AS i;
SELECT results_eq($$SELECT stage, bar, percent FROM funnel_chart WHERE leads > 0 AND stage IN ('Subscriber', 'Lead', 'Recycled')$$,
                  $$VALUES ('Subscriber', repeat('█', 40), 99.5), ('Lead', '▎', 0.5), ('Recycled', '▏', 0.1)$$,
                  'short bars are drawn in eighths');
SELECT is((SELECT conversion FROM funnel WHERE stage = 'lead'), 0::float8, 'leads that never were subscribers convert none of them');

-- the views are the reader's, not the owner's
GRANT USAGE ON SCHEMA views_test TO smk_stranger;
GRANT SELECT ON funnel TO smk_stranger;
SELECT is((SELECT count(*) FROM pg_class WHERE relnamespace = 'views_test'::regnamespace AND relkind = 'v'
           AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)), 0::bigint, 'every view has security_invoker');
SET ROLE smk_stranger;
SELECT throws_ok('SELECT * FROM views_test.funnel', '42501', NULL, 'so that a reader needs rights on the tables');
RESET ROLE;
SELECT * FROM finish();
