-- The funnel's views: a small history whose figures are worked out by hand, then random ones against plain queries.
\ir include/begin.psql
SELECT plan(50);

SELECT smarketing.create_workspace('fv') \g /dev/null
SET search_path = fv, pg_temp;

-- nobody there yet
SELECT results_eq($$SELECT step_label FROM funnel LIMIT 2$$, $$VALUES ('01 Subscriber'), ('02 Lead')$$, 'labels sort as text');
SELECT results_eq($$SELECT count(*), count(median_seconds), count(period_start), bool_and(period_end = timezone('UTC', now())::date) FROM funnel$$,
                  $$VALUES (11::bigint, 0::bigint, 0::bigint, true)$$, 'empty: the funnel has no median and begins nowhere');
SELECT results_eq($$SELECT period, count(*), sum(cohort + reached + still_open), count(conversion), count(conversion_from_previous), bool_and(is_mature) FROM funnel_cohort GROUP BY 1$$,
                  $$VALUES (date_trunc('month', timezone('UTC', now()))::date, 11::bigint, 0::numeric, 0::bigint, 0::bigint, true)$$,
                  'empty: this month''s cohort has nobody in it');
SELECT results_eq($$SELECT dimension, per, count(*), sum(reached + now), count(conversion) FROM funnel_by GROUP BY 1, 2 ORDER BY 1, 2$$,
                  $$VALUES ('all', 'month', 11::bigint, 0::numeric, 0::bigint), ('all', 'quarter', 11, 0, 0), ('all', 'week', 11, 0, 0)$$,
                  'empty: funnel_by has this period''s zeros');
SELECT results_eq($$SELECT per, count(*), sum(entered + open + departed), count(conversion), count(median_seconds) FROM stage_velocity GROUP BY 1$$,
                  $$VALUES ('all', 11::bigint, 0::numeric, 0::bigint, 0::bigint)$$, 'empty: stage_velocity has zeros');
SELECT results_eq($$SELECT persona, leads, share, unknown_traits, mql_conversion FROM persona_coverage$$,
                  $$VALUES ('(none)', 0::bigint, NULL::float8, NULL::float8, NULL::float8)$$, 'empty: no lead without a persona');
SELECT is((SELECT count(*) FROM recycle_outcome) + (SELECT count(*) FROM work_queue) + (SELECT count(*) FROM stage_entry)
          + (SELECT count(*) FROM stage_stay), 0::bigint, 'empty: nothing came back, nothing to do');

-- months begin in São Paulo, three hours after they do in UTC; weeks on Sunday
UPDATE setting SET value = '"America/Sao_Paulo"' WHERE name = 'timezone';
UPDATE setting SET value = '7' WHERE name = 'week_starts_on';
INSERT INTO team (name, department) VALUES ('north', 'sales'), ('south', 'sales');
INSERT INTO member (name, department, team) VALUES ('bia', 'sales', 'north'), ('leo', 'sales', 'south');
DELETE FROM scoring_rule;
INSERT INTO scoring_rule (name, category, condition, points, active) VALUES
    ('seats', 'company', '$.attributes.seats > 3 && $.persona == "big"', 5, true), ('off', 'company', '$.region == "x"', 5, false);
INSERT INTO persona (name, position, condition) VALUES
    ('big', 10, '$.employees > 500'), ('odd', 20, '$.industry == "so-called \"$.phone\" $." && !($.employees > 500)');
INSERT INTO campaign (name, channel, persona) VALUES ('fair', 'event', 'big'), ('ads', 'search', NULL);
-- as a restore writes it: without triggers
ALTER TABLE lead DISABLE TRIGGER USER;
ALTER TABLE handoff DISABLE TRIGGER USER;
ALTER TABLE activity DISABLE TRIGGER USER;
ALTER TABLE deal DISABLE TRIGGER USER;
INSERT INTO lead (id, name, stage, stage_since, cycle, owner, campaign, persona, employees, attributes, excluded) VALUES
    (1, 'sent back, comes again, buys', 'customer', '2025-03-20 01:30Z', 2, 'bia', 'fair', 'big', 900, '{"seats": 5}', NULL),
    (2, 'disqualified', 'disqualified', '2025-01-16 12:00Z', 1, NULL, 'ads', NULL, NULL, NULL, NULL),
    (3, 'offered', 'mql', '2025-02-05 02:00Z', 1, 'bia', 'ads', 'big', 600, '{"seats": null}', NULL),
    (4, 'stepped over', 'opportunity', '2025-02-14 12:00Z', 1, 'leo', NULL, NULL, 10, NULL, NULL),
    (5, 'spam', 'mql', '2025-01-12 12:00Z', 1, NULL, 'fair', NULL, NULL, NULL, 'spam'),
    (7, 'came just now', 'lead', now() - interval '1 hour', 1, NULL, NULL, NULL, NULL, NULL, NULL),
    (8, 'accepted', 'sal', '2025-01-26 12:00Z', 1, 'bia', 'fair', 'odd', 20, NULL, NULL),
    (9, 'nurtured', 'lead', '2025-02-20 12:00Z', 1, NULL, NULL, NULL, NULL, NULL, NULL),
    (10, 'put aside', 'recycled', '2025-02-04 12:00Z', 1, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at, reason, implied) VALUES
    (1, 1, NULL, 'lead', '2025-01-10 12:00Z', NULL, false), (1, 1, 'lead', 'mql', '2025-01-12 12:00Z', NULL, false),
    (1, 1, 'mql', 'sal', '2025-01-13 12:00Z', NULL, false), (1, 1, 'sal', 'recycled', '2025-01-20 12:00Z', 'timing', false),
    (1, 2, 'recycled', 'mql', '2025-03-01 01:30Z', NULL, false), (1, 2, 'mql', 'sal', '2025-03-02 01:30Z', NULL, false),
    (1, 2, 'sal', 'sql', '2025-03-05 01:30Z', NULL, false), (1, 2, 'sql', 'opportunity', '2025-03-09 01:30Z', NULL, false),
    (1, 2, 'opportunity', 'customer', '2025-03-20 01:30Z', NULL, false),
    (2, 1, NULL, 'lead', '2025-01-15 12:00Z', NULL, false), (2, 1, 'lead', 'disqualified', '2025-01-16 12:00Z', 'spam', false),
    (3, 1, NULL, 'lead', '2025-02-01 02:00Z', NULL, false), (3, 1, 'lead', 'mql', '2025-02-05 02:00Z', NULL, false),
    (4, 1, NULL, 'lead', '2025-02-10 12:00Z', NULL, false), (4, 1, 'lead', 'mql', '2025-02-14 12:00Z', NULL, true),
    (4, 1, 'mql', 'sal', '2025-02-14 12:00Z', NULL, true), (4, 1, 'sal', 'sql', '2025-02-14 12:00Z', NULL, true),
    (4, 1, 'sql', 'opportunity', '2025-02-14 12:00Z', NULL, false),
    (5, 1, NULL, 'lead', '2025-01-11 12:00Z', NULL, false), (5, 1, 'lead', 'mql', '2025-01-12 12:00Z', NULL, false),
    (6, 1, NULL, 'lead', '2025-01-11 12:00Z', NULL, false), -- deleted since
    (7, 1, NULL, 'lead', now() - interval '1 hour', NULL, false),
    (8, 1, NULL, 'lead', '2025-01-20 12:00Z', NULL, false), (8, 1, 'lead', 'mql', '2025-01-24 12:00Z', NULL, false),
    (8, 1, 'mql', 'sal', '2025-01-26 12:00Z', NULL, false),
    (9, 1, NULL, 'lead', '2025-02-20 12:00Z', NULL, false),
    (10, 1, NULL, 'lead', '2025-02-03 12:00Z', NULL, false), (10, 1, 'lead', 'recycled', '2025-02-04 12:00Z', 'no_budget', false);
INSERT INTO handoff (id, lead_id, cycle, direction, from_stage, to_stage, offered_at, team, owner, decision, decided_at) VALUES
    (1, 1, 1, 'to_sales', 'lead', 'mql', '2025-01-12 12:00Z', 'south', 'leo', 'accepted', '2025-01-13 12:00Z'),
    (2, 1, 2, 'to_sales', 'recycled', 'mql', '2025-03-01 01:30Z', 'north', 'bia', 'accepted', '2025-03-02 01:30Z'),
    (3, 3, 1, 'to_sales', 'lead', 'mql', '2025-02-05 02:00Z', 'north', 'bia', NULL, NULL);
INSERT INTO activity (lead_id, kind, at) VALUES
    (1, 'newsletter', '2025-01-15 12:00Z'), -- before the return
    (1, 'newsletter', '2025-01-25 12:00Z'), (1, 'call', '2025-03-02 12:00Z'),
    (8, 'call', '2025-01-27 12:00Z'), (8, 'call', '2025-01-28 12:00Z'), (8, 'newsletter', '2025-01-29 12:00Z');
INSERT INTO deal (lead_id, amount, currency, opened_at, closed_at, won) VALUES
    (1, 1000, NULL, '2025-03-09 01:30Z', '2025-03-20 01:30Z', true), (1, 50, 'EUR', '2025-01-14 01:30Z', '2025-01-18 01:30Z', true);

-- the line
SELECT results_eq($$SELECT stage, on_line, previous_stage, next_stage FROM stage_line WHERE stage IN ('subscriber', 'lead', 'mql', 'customer', 'recycled')$$,
                  $$VALUES ('subscriber', true, NULL, NULL), ('lead', true, NULL, 'mql'), ('mql', true, 'lead', 'sal'),
                           ('customer', true, 'opportunity', NULL), ('recycled', false, NULL, NULL)$$,
                  'the line leaves out what nobody has reached');
SELECT results_eq($$SELECT stage, entered_at, implied, previous_stage, next_stage, is_last_cycle FROM stage_entry WHERE lead_id = 1 AND cycle = 1 ORDER BY entered_at$$,
                  $$VALUES ('lead', '2025-01-10 12:00Z'::timestamptz, false, NULL, 'mql', false), ('mql', '2025-01-12 12:00Z', false, 'lead', 'sal', false),
                           ('sal', '2025-01-13 12:00Z', false, 'mql', 'recycled', false), ('recycled', '2025-01-20 12:00Z', false, 'sal', NULL, false)$$,
                  'entries of one cycle');
SELECT is((SELECT count(*) FROM stage_entry WHERE lead_id IN (5, 6)) + (SELECT count(*) FROM stage_stay WHERE lead_id IN (5, 6)), 0::bigint,
          'no entry and no stay of excluded and deleted leads');

-- funnel
SELECT results_eq($$SELECT stage, now, reached, round(conversion::numeric, 3), median_seconds / 86400 FROM funnel WHERE reached > 0$$,
    $$VALUES ('lead', 2::bigint, 8::bigint, NULL::numeric, 3::float8), ('mql', 1, 4, 0.5, 1), ('sal', 1, 3, 0.75, 5), ('sql', 0, 2, 0.667, 4),
             ('opportunity', 1, 2, 1, 11), ('customer', 1, 1, 0.5, NULL), ('recycled', 1, 2, NULL, 39.5625), ('disqualified', 1, 1, NULL, NULL)$$,
    'funnel: a lead that comes again counts once');
SELECT results_eq($$SELECT DISTINCT period_start FROM funnel$$, $$VALUES ('2025-01-10'::date)$$, 'funnel: since the first entry');

-- cohorts
SELECT results_eq($$SELECT period, cycles, cohort FROM funnel_cohort WHERE stage = 'lead' AND period < '2025-04-01'$$,
                  $$VALUES ('2025-01-01'::date, 'first', 4::bigint), ('2025-02-01', 'first', 3), ('2025-02-01', 'later', 1)$$,
                  'cohorts by local month; a second cycle is a cohort of its own');
SELECT results_eq($$SELECT stage, reached, conversion, round(conversion_from_previous::numeric, 3), still_open, median_seconds / 86400, p90_seconds / 86400
                    FROM funnel_cohort WHERE period = '2025-01-01' AND (reached > 0 OR stage = 'sql')$$,
    $$VALUES ('lead', 4::bigint, 1::float8, NULL::numeric, 0::bigint, 0::float8, 0::float8), ('mql', 3, 0.75, 0.75, 0, 4, 4),
             ('sal', 2, 0.5, 0.667, 1, 4.5, 5.7), ('sql', 0, 0, 0, 2, NULL, NULL),
             ('recycled', 1, 0.25, NULL, 2, 10, 10), ('disqualified', 1, 0.25, NULL, 2, 1, 1)$$,
    'January: who got how far, and who still could');
SELECT results_eq($$SELECT stage, reached, still_open, median_seconds / 86400 FROM funnel_cohort
                    WHERE period = '2025-02-01' AND cycles = 'first' AND stage IN ('mql', 'opportunity', 'customer')$$,
                  $$VALUES ('mql', 1::bigint, 1::bigint, NULL::float8), ('opportunity', 1, 1, 4), ('customer', 0, 2, NULL)$$,
                  'stages stepped over are reached and count in no median');
SELECT results_eq($$SELECT conversion, conversion_from_previous, median_seconds / 86400 FROM funnel_cohort WHERE cycles = 'later' AND stage = 'customer'$$,
                  $$VALUES (1::float8, 1::float8, 19::float8)$$, 'a later cycle is timed from its own entry');
SELECT results_eq($$SELECT period = '2025-01-01', period = '2025-02-01', is_mature, usual_seconds / 86400 FROM funnel_cohort
                    WHERE cycles = 'first' AND stage = 'mql' AND cohort > 0 ORDER BY period$$,
                  $$VALUES (true, false, true, NULL::float8), (false, true, true, 4), (false, false, false, 4)$$,
                  'mature: nobody could still come; or the youngest is older than it usually takes; the young cohort is not');
SELECT is((SELECT bool_or(is_mature) FROM funnel_cohort WHERE period = '2025-01-01' AND stage IN ('sal', 'sql')), false,
          'not mature: some could still come, and there is no older cohort to say how long it takes');

-- by dimension
SELECT results_eq($$SELECT value, period, stage, reached, now, converted, conversion, median_seconds / 86400 FROM funnel_by
                    WHERE dimension = 'channel' AND per = 'month' AND reached > 0 AND period < '2025-04-01' AND next_stage IS NOT NULL$$,
    $$VALUES ('(none)', '2025-02-01'::date, 'lead', 3::bigint, 1::bigint, 1::bigint, 1 / 3::float8, NULL::float8),
             ('(none)', '2025-02-01', 'mql', 1, 0, 1, 1, NULL), ('(none)', '2025-02-01', 'sal', 1, 0, 1, 1, NULL),
             ('(none)', '2025-02-01', 'sql', 1, 0, 1, 1, NULL), ('(none)', '2025-02-01', 'opportunity', 1, 1, 0, 0, NULL),
             ('event', '2025-01-01', 'lead', 2, 0, 2, 1, 3), ('event', '2025-01-01', 'mql', 2, 0, 2, 1, 1.5), ('event', '2025-01-01', 'sal', 2, 1, 0, 0, NULL),
             ('event', '2025-02-01', 'mql', 1, 0, 1, 1, 1),
             ('event', '2025-03-01', 'sal', 1, 0, 1, 1, 3), ('event', '2025-03-01', 'sql', 1, 0, 1, 1, 4), ('event', '2025-03-01', 'opportunity', 1, 0, 1, 1, 11),
             ('search', '2025-01-01', 'lead', 2, 0, 1, 0.5, 4), ('search', '2025-02-01', 'mql', 1, 1, 0, 0, NULL)$$,
    'by channel and month');
SELECT results_eq($$SELECT value, stage, reached FROM funnel_by WHERE dimension = 'owner' AND per = 'quarter' AND period = '2025-01-01' AND stage IN ('mql', 'sal') AND reached > 0$$,
                  $$VALUES ('bia', 'mql', 3::bigint), ('bia', 'sal', 2), ('leo', 'mql', 2), ('leo', 'sal', 2)$$,
                  'by owner: each cycle is that of whom it was handed to');
SELECT results_eq($$SELECT value, sum(reached) FROM funnel_by WHERE dimension = 'team' AND per = 'quarter' AND stage = 'mql' GROUP BY 1 ORDER BY 1$$,
                  $$VALUES ('(none)', 0::numeric), ('north', 3), ('south', 2)$$, 'by team');
SELECT results_eq($$SELECT period, stage, reached FROM funnel_by WHERE dimension = 'all' AND per = 'week' AND period IN ('2025-01-26', '2025-02-23') AND reached > 0$$,
                  $$VALUES ('2025-01-26'::date, 'lead', 1::bigint), ('2025-01-26', 'sal', 1), ('2025-02-23', 'mql', 1), ('2025-02-23', 'sal', 1)$$,
                  'weeks begin on Sunday');
SELECT is((SELECT count(DISTINCT reached) FROM (SELECT dimension, per, sum(reached) AS reached FROM funnel_by GROUP BY 1, 2) AS x), 1::bigint,
          'every dimension and kind of period has the same sum');

-- velocity
SELECT results_eq($$SELECT stage, entered, open, departed, converted, returned, lost, median_seconds / 86400, round(p90_seconds::numeric / 86400, 2)
                    FROM stage_velocity WHERE per = 'all' AND stage IN ('lead', 'mql', 'sal', 'opportunity', 'recycled')$$,
    $$VALUES ('lead', 8::bigint, 2::bigint, 6::bigint, 4::bigint, 1::bigint, 1::bigint, 3::float8, 4.00), ('mql', 5, 1, 4, 4, 0, 0, 1, 1.80),
             ('sal', 4, 1, 3, 2, 1, 0, 5, 6.60), ('opportunity', 2, 1, 1, 1, 0, 0, 11, 11.00), ('recycled', 2, 1, 1, 1, 0, 0, 39.5625, 39.56)$$,
    'stays: where they went and how long they took');
SELECT results_eq($$SELECT median_working, median_working_seconds, calendar FROM stage_velocity WHERE per = 'all' AND stage = 'mql'$$,
                  $$VALUES ('03:00'::interval, 10800::float8, 'office')$$, 'of 0, 3 and 6 hours of office time the median is 3');
SELECT results_eq($$SELECT period, entered, departed, median_seconds / 86400, oldest_open_age_seconds IS NULL FROM stage_velocity WHERE per = 'month' AND stage = 'mql' AND period < '2025-04-01'$$,
                  $$VALUES ('2025-01-01'::date, 2::bigint, 2::bigint, 1.5::float8, true), ('2025-02-01', 3, 1, NULL, false), ('2025-03-01', 0, 1, 1, true)$$,
                  'a stay begins in one month and ends in another; an open one has an age and is in no median');

-- what became of them
SELECT results_eq($$SELECT period, returned_by, reason, campaign, returned, touched, median_time_to_touch, requalified, median_time_to_requalify_seconds / 86400,
                           accepted, opportunities, won, won_amount, lost, disqualified, waiting
                    FROM recycle_outcome WHERE per = 'month'$$,
    $$VALUES ('2025-01-01'::date, 'sales', 'timing', 'fair', 1::bigint, 1::bigint, '5 days'::interval, 1::bigint, 39.5625::float8, 1::bigint, 1::bigint, 1::bigint, 1000::numeric, 0::bigint, 0::bigint, 0::bigint),
             ('2025-02-01', 'marketing', 'no_budget', '(none)', 1, 0, NULL, 0, NULL, 0, 0, 0, NULL, 0, 0, 1)$$,
    'a lead that sales returned was touched, qualified again, and won; the deal before the return is not its merit');

-- personas
SELECT results_eq($$SELECT persona, leads, share, traits, unknown_traits, mql, sql, customers, customer_conversion, campaign_names FROM persona_coverage$$,
    $$VALUES ('big', 2::bigint, 0.25::float8, 3::bigint, 1.5::float8, 2::bigint, 1::bigint, 1::bigint, 0.5::float8, ARRAY['fair']),
             ('odd', 1, 0.125, 3, 2, 1, 0, 0, 0, '{}'), ('(none)', 5, 0.625, 3, 2.8, 1, 1, 0, 0, ARRAY['ads'])$$,
    'traits are what conditions read: not what is in a string, nor inactive, nor the persona itself');

-- the queue
INSERT INTO lead (id, name, stage, stage_since, owner, score, band, follow_up_on, do_not_contact) VALUES
    (21, 'hot', 'sal', '2025-05-01Z', 'bia', 80, 'hot', NULL, false),
    (22, 'hotter', 'sal', '2025-05-01Z', 'bia', 90, 'hot', NULL, false),
    (23, 'promised', 'sql', '2025-05-01Z', 'bia', 10, 'warm', '2025-06-01', false),
    (24, 'later', 'sql', '2025-05-01Z', 'bia', 99, 'hot', '2999-01-01', false),
    (25, 'leave me alone', 'sql', '2025-05-01Z', 'bia', 99, 'hot', NULL, true),
    (26, 'breached', 'sal', '2025-05-01Z', 'bia', 1, 'cold', NULL, false),
    (27, 'due', 'sal', '2025-05-01Z', 'bia', 1, 'cold', NULL, false),
    (28, 'marketing''s clock', 'sal', '2025-05-01Z', 'bia', 2, 'cold', NULL, false),
    (29, 'paused', 'sal', '2025-05-01Z', 'bia', 3, 'cold', NULL, false),
    (30, 'routed', 'mql', '2025-05-01Z', NULL, 50, 'warm', NULL, false);
INSERT INTO handoff (id, lead_id, cycle, direction, to_stage, offered_at, owner) VALUES (30, 30, 1, 'to_sales', 'mql', '2025-05-01Z', 'leo');
INSERT INTO sla_clock (commitment_id, lead_id, cycle, started_at, due_at, warn_due_at)
SELECT m.id, c.lead_id, 1, '2025-05-01Z', c.due_at::timestamptz, c.warn_due_at::timestamptz
FROM (VALUES (26, 'handoff_decision', '2025-05-02 15:00Z', '2025-05-02 14:00Z'), (27, 'first_attempt', '2999-01-01 15:00Z', '2998-01-01Z'),
             (27, 'handoff_decision', '2999-01-02 15:00Z', '2998-01-01Z'), (28, 'returned_touch', '2025-05-02 15:00Z', '2025-05-02Z'),
             (29, 'handoff_decision', NULL, NULL)) AS c (lead_id, key, due_at, warn_due_at)
JOIN commitment AS m ON m.key = c.key;

SELECT results_eq($$SELECT owner, rank, lead_id, priority, state FROM work_queue$$,
    $$VALUES ('bia', 1::bigint, 26::bigint, 1, 'breached'), ('bia', 2, 27, 1, 'running'), ('bia', 3, 3, 2, NULL), ('bia', 4, 22, 3, NULL), ('bia', 5, 21, 3, NULL),
             ('bia', 6, 23, 4, NULL), ('bia', 7, 29, 5, 'paused'), ('bia', 8, 28, 5, NULL), ('bia', 9, 8, 5, NULL), ('leo', 1, 30, 2, NULL), ('leo', 2, 4, 5, NULL)$$,
    'the queue: clocks, handoffs, the best band, promises, the rest; nobody who may not be called, or not yet');
SELECT results_eq($$SELECT lead_id, commitment, why FROM work_queue WHERE owner = 'bia' AND lead_id IN (26, 27, 3, 22, 23, 8)$$,
    $$VALUES (26::bigint, 'handoff_decision', 'handoff_decision overdue since 2025-05-02 12:00; no attempt yet'),
             (27, 'first_attempt', 'first_attempt due 2999-01-01 12:00; no attempt yet'),
             (3, NULL, 'to be decided since 2025-02-04 23:00; no attempt yet'), (22, NULL, 'hot; no attempt yet'),
             (23, NULL, 'follow-up due 2025-06-01; no attempt yet'), (8, NULL, 'last attempt 2025-01-28')$$,
    'and says why, in local time');
SELECT smarketing.create_workspace('fv_pt', 'pt') \g /dev/null
UPDATE label AS l SET text = p.text FROM fv_pt.label AS p WHERE p.name = l.name AND l.name LIKE 'why.%';
SELECT results_eq($$SELECT lead_id, why FROM work_queue WHERE owner = 'bia' AND lead_id IN (26, 27, 3, 22, 23, 8)$$,
    $$VALUES (26::bigint, 'handoff_decision em atraso desde 2025-05-02 12:00; nenhuma tentativa ainda'),
             (27, 'first_attempt até 2999-01-01 12:00; nenhuma tentativa ainda'),
             (3, 'por avaliar desde 2025-02-04 23:00; nenhuma tentativa ainda'), (22, 'hot; nenhuma tentativa ainda'),
             (23, 'retomar em 2025-06-01; nenhuma tentativa ainda'), (8, 'última tentativa em 2025-01-28')$$,
    'in the words of the workspace');
SELECT results_eq($$SELECT attempts, last_attempt_at, last_activity_at, team FROM work_queue WHERE lead_id = 8$$,
                  $$VALUES (2::bigint, '2025-01-28 12:00Z'::timestamptz, '2025-01-29 12:00Z'::timestamptz, 'north')$$,
                  'marketing''s newsletter is an activity and no attempt');
DELETE FROM score_band;
SELECT is((SELECT count(*) FROM work_queue), 11::bigint, 'without bands the queue is there too');

-- a reader sees the figures of the leads that he may see
GRANT USAGE ON SCHEMA fv TO smk_sales;
GRANT SELECT ON ALL TABLES IN SCHEMA fv TO smk_sales;
GRANT SELECT ON ALL TABLES IN SCHEMA fv TO smk_stranger;
ALTER TABLE lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON lead FOR SELECT TO smk_sales USING (owner = 'bia');
SET ROLE smk_sales;
SET search_path = '';
SELECT is((SELECT reached FROM fv.funnel WHERE stage = 'mql'), 3::bigint, 'under row-level security: funnel');
SELECT is((SELECT sum(cohort) FROM fv.funnel_cohort WHERE stage = 'lead' AND cycles = 'first'), 3::numeric, 'funnel_cohort');
SELECT is((SELECT sum(reached) FROM fv.funnel_by WHERE dimension = 'all' AND per = 'week' AND stage = 'mql'), 4::numeric, 'funnel_by');
SELECT is((SELECT entered FROM fv.stage_velocity WHERE per = 'all' AND stage = 'mql'), 4::bigint, 'stage_velocity');
SELECT is((SELECT sum(returned) FROM fv.recycle_outcome WHERE per = 'week'), 1::numeric, 'recycle_outcome');
SELECT results_eq('SELECT persona, unknown_traits FROM fv.persona_coverage WHERE leads > 0', $$VALUES ('big', 1.5::float8), ('odd', 2), ('(none)', 3)$$, 'persona_coverage');
SELECT is((SELECT count(DISTINCT owner) FROM fv.work_queue), 1::bigint, 'work_queue');
RESET ROLE;
SET ROLE smk_stranger;
SELECT throws_ok('SELECT * FROM fv.funnel_cohort', '42501', NULL, 'a reader needs rights on the schema');
RESET ROLE;

-- random histories, every figure against a plain query of its own
SELECT smarketing.create_workspace('rnd') \g /dev/null
SET search_path = rnd, pg_temp;
UPDATE setting SET value = '"America/New_York"' WHERE name = 'timezone';
UPDATE setting SET value = '3' WHERE name = 'week_starts_on';
BEGIN;
INSERT INTO stage (name, position, department, kind) VALUES ('Prüfung ✓', 45, 'sales', 'inventory');
INSERT INTO transition (from_stage, to_stage) VALUES ('sal', 'Prüfung ✓'), ('Prüfung ✓', 'sql');
COMMIT;
INSERT INTO campaign (name, channel) VALUES ('a', 'x'), ('b', NULL);
INSERT INTO member (name, department) VALUES ('ann', 'sales'), ('bob', 'sales');
ALTER TABLE lead DISABLE TRIGGER USER;
ALTER TABLE handoff DISABLE TRIGGER USER;
ALTER TABLE activity DISABLE TRIGGER USER;
-- two queries give the same rows, and some
CREATE FUNCTION pg_temp.same(have text, want text, description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    have_rows text[];
    want_rows text[];
BEGIN
    EXECUTE format('SELECT array_agg(r::text ORDER BY r::text) FROM (%s) AS r', have) INTO have_rows;
    EXECUTE format('SELECT array_agg(r::text ORDER BY r::text) FROM (%s) AS r', want) INTO want_rows;
    RETURN ok(have_rows = want_rows, description) || coalesce((SELECT E'\n' || diag(string_agg(d, E'\n'))
        FROM (SELECT CASE WHEN h IS NULL THEN 'missing ' || w ELSE 'extra ' || h END AS d
              FROM unnest(have_rows) AS h FULL JOIN unnest(want_rows) AS w ON w = h WHERE h IS NULL OR w IS NULL LIMIT 10) AS x), '');
END
$$;
SELECT setseed(0.42) \g /dev/null
CREATE TEMPORARY TABLE name AS SELECT array_agg(name ORDER BY position) || 'gone'::text AS names FROM stage;
INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at, implied)
SELECT m.lead_id, 1 + sum(m.again) OVER w, lag(m.names[1 + floor(m.draw * 13)]) OVER w, m.names[1 + floor(m.draw * 13)], m.at, m.implied
FROM (SELECT l AS lead_id, n, timestamptz '2025-01-01' + floor(random() * 2000) * interval '1 hour' AS at, random() AS draw, names,
             (n > 1 AND random() < 0.2)::int AS again, random() < 0.2 AS implied
      FROM name, generate_series(1, 300) AS l, generate_series(1, 9) AS n WHERE random() < 0.6) AS m
WINDOW w AS (PARTITION BY m.lead_id ORDER BY m.at, m.n)
ORDER BY m.at, m.lead_id, m.n;
INSERT INTO lead (id, stage, cycle, campaign, owner, excluded)
SELECT c.lead_id, CASE c.to_stage WHEN 'gone' THEN 'lead' ELSE c.to_stage END, c.cycle, (ARRAY['a', 'b', 'c', NULL])[1 + c.lead_id % 4],
       (ARRAY['ann', 'bob', NULL])[1 + c.lead_id % 3], CASE WHEN c.lead_id % 17 = 0 THEN 'test' END
FROM (SELECT DISTINCT ON (x.lead_id) x.* FROM stage_change AS x ORDER BY x.lead_id, x.at DESC, x.id DESC) AS c
WHERE c.lead_id % 13 > 0;
INSERT INTO handoff (lead_id, cycle, direction, to_stage, offered_at, owner, decision)
SELECT lead_id, cycle, 'to_sales', 'mql', at, (ARRAY['ann', 'bob', NULL])[1 + id % 3], 'accepted' FROM stage_change WHERE to_stage = 'mql';
INSERT INTO activity (lead_id, kind, at)
SELECT l.id, (ARRAY['call', 'newsletter', 'conversation'])[1 + n % 3], timestamptz '2025-01-01' + random() * interval '80 days' FROM lead AS l, generate_series(1, 6) AS n;

CREATE TEMPORARY VIEW first_entry AS
SELECT c.lead_id, c.cycle, c.to_stage AS stage, min(c.at) AS at, (array_agg(c.implied ORDER BY c.at, c.id))[1] AS implied,
       (SELECT min(x.at) FROM stage_change AS x WHERE x.lead_id = c.lead_id AND x.cycle = c.cycle) AS cycle_at, l.campaign, l.stage AS lead_stage, l.cycle AS last_cycle
FROM stage_change AS c JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
WHERE c.to_stage <> 'gone' GROUP BY c.lead_id, c.cycle, c.to_stage, l.campaign, l.stage, l.cycle;
CREATE TEMPORARY TABLE line (stage text, next text);
INSERT INTO line VALUES ('subscriber', 'lead'), ('lead', 'mql'), ('mql', 'sal'), ('sal', 'Prüfung ✓'), ('Prüfung ✓', 'sql'), ('sql', 'opportunity'), ('opportunity', 'customer'), ('customer', NULL);

SELECT pg_temp.same($$SELECT stage, now, reached, round(conversion::numeric, 6), round(median_seconds::numeric, 3) FROM funnel$$,
    $$SELECT s.name, (SELECT count(*) FROM lead AS l WHERE l.stage = s.name AND l.excluded IS NULL),
             (SELECT count(DISTINCT e.lead_id) FROM first_entry AS e WHERE e.stage = s.name),
             (SELECT round(avg((e.lead_id IN (SELECT lead_id FROM first_entry WHERE stage = s.name))::int), 6)
              FROM (SELECT DISTINCT lead_id FROM first_entry JOIN line USING (stage) WHERE next = s.name) AS e),
             (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.at - c.at))::numeric, 3)
              FROM stage_change AS c JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
              JOIN LATERAL (SELECT x.at FROM stage_change AS x WHERE x.lead_id = c.lead_id AND (x.at, x.id) > (c.at, c.id) ORDER BY x.at, x.id LIMIT 1) AS n ON true
              WHERE c.to_stage = s.name AND NOT c.implied)
      FROM stage AS s$$, 'random: funnel');
SELECT pg_temp.same($$SELECT value, period, stage, reached, now, converted, round(median_seconds::numeric, 3) FROM funnel_by WHERE dimension = 'campaign' AND per = 'week' AND reached > 0$$,
    $$SELECT coalesce(e.campaign, '(none)'), d.day - (extract(isodow FROM d.day)::int - 3 + 7) % 7, e.stage, count(*),
             count(*) FILTER (WHERE e.cycle = e.last_cycle AND e.stage = e.lead_stage), CASE WHEN max(n.next) IS NOT NULL THEN count(x.at) END,
             round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM x.at - e.at)) FILTER (WHERE NOT e.implied AND NOT x.implied)::numeric, 3)
      FROM first_entry AS e
      CROSS JOIN LATERAL (SELECT (e.at AT TIME ZONE 'America/New_York')::date AS day) AS d
      LEFT JOIN line AS n ON n.stage = e.stage
      LEFT JOIN first_entry AS x ON x.lead_id = e.lead_id AND x.cycle = e.cycle AND x.stage = n.next AND x.at >= e.at
      GROUP BY 1, 2, 3$$, 'random: funnel_by campaign and week');
SELECT pg_temp.same($$SELECT value, sum(reached) FROM funnel_by WHERE dimension = 'owner' AND per = 'month' GROUP BY 1$$,
    $$SELECT coalesce(f.owner, '(none)'), count(*)::numeric FROM first_entry AS e JOIN lead_fact AS f USING (lead_id, cycle) GROUP BY 1$$, 'random: funnel_by owner');
SELECT pg_temp.same($$SELECT period, cycles, stage, cohort, reached, still_open, round(conversion_from_previous::numeric, 6), round(p90_seconds::numeric, 3) FROM funnel_cohort WHERE cohort > 0$$,
    $$WITH member AS (SELECT DISTINCT lead_id, cycle, date_trunc('month', cycle_at AT TIME ZONE 'America/New_York')::date AS period,
                             CASE WHEN cycle = 1 THEN 'first' ELSE 'later' END AS cycles, last_cycle, lead_stage FROM first_entry)
      SELECT m.period, m.cycles, s.name, count(*), count(e.at),
             count(*) FILTER (WHERE e.at IS NULL AND m.cycle = m.last_cycle AND o.kind IN ('inventory', 'handoff') AND o.position < s.position),
             round(avg((e.at IS NOT NULL)::int) FILTER (WHERE b.at IS NOT NULL), 6),
             round(percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM e.at - e.cycle_at)) FILTER (WHERE NOT e.implied)::numeric, 3)
      FROM member AS m CROSS JOIN stage AS s JOIN stage AS o ON o.name = m.lead_stage
      LEFT JOIN first_entry AS e ON e.lead_id = m.lead_id AND e.cycle = m.cycle AND e.stage = s.name
      LEFT JOIN first_entry AS b ON b.lead_id = m.lead_id AND b.cycle = m.cycle AND b.stage = (SELECT n.stage FROM line AS n WHERE n.next = s.name)
      GROUP BY 1, 2, 3$$, 'random: funnel_cohort');
CREATE TEMPORARY VIEW stay AS
SELECT c.to_stage AS stage, c.at, n.at AS left_at, n.to_stage AS left_to, c.implied
FROM stage_change AS c JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
LEFT JOIN LATERAL (SELECT x.at, x.to_stage FROM stage_change AS x WHERE x.lead_id = c.lead_id AND (x.at, x.id) > (c.at, c.id) ORDER BY x.at, x.id LIMIT 1) AS n ON true;
SELECT pg_temp.same($$SELECT stage, entered, open, departed, converted, lost, returned, round(p90_seconds::numeric, 3), round(median_working_seconds::numeric, 3) FROM stage_velocity WHERE per = 'all'$$,
    $$SELECT s.name, count(y.at), count(y.at) - count(y.left_at), count(y.left_at),
             count(*) FILTER (WHERE t.kind IN ('inventory', 'handoff', 'success') AND (t.position > s.position OR s.kind IN ('detour', 'exit'))),
             count(*) FILTER (WHERE t.kind = 'exit'),
             count(y.left_at) FILTER (WHERE y.left_to = 'gone' OR t.kind = 'detour' OR t.kind <> 'exit' AND t.position <= s.position AND s.kind NOT IN ('detour', 'exit')),
             round(percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM y.left_at - y.at)) FILTER (WHERE NOT y.implied)::numeric, 3),
             round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM response_working('UTC; Mo-Fr 09:00-18:00', y.at, y.left_at))) FILTER (WHERE NOT y.implied)::numeric, 3)
      FROM stage AS s LEFT JOIN stay AS y ON y.stage = s.name LEFT JOIN stage AS t ON t.name = y.left_to GROUP BY s.name$$, 'random: stage_velocity');
SELECT pg_temp.same($$SELECT per, sum(entered), sum(departed), sum(open) FROM stage_velocity WHERE per <> 'all' GROUP BY 1$$,
    $$SELECT p, sum(entered), sum(departed), sum(open) FROM stage_velocity CROSS JOIN unnest(ARRAY['week', 'month', 'quarter']) AS p WHERE per = 'all' GROUP BY 1$$,
    'random: stage_velocity has each stay once per kind of period');
SELECT is((SELECT sum(returned) FROM recycle_outcome WHERE per = 'month'),
          (SELECT count(DISTINCT (c.lead_id, c.cycle, f.department))::numeric FROM stage_change AS c JOIN lead AS l ON l.id = c.lead_id AND l.excluded IS NULL
           JOIN stage AS f ON f.name = c.from_stage JOIN stage AS t ON t.name = c.to_stage
           WHERE t.department = 'marketing' AND (f.department = 'sales' OR (t.kind = 'detour' AND f.kind <> 'detour'))), 'random: recycle_outcome');
SELECT is_empty($$SELECT q.lead_id, q.attempts, q.owner FROM work_queue AS q EXCEPT SELECT f.lead_id, f.attempts, f.owner FROM lead_fact AS f JOIN lead AS l ON l.id = f.lead_id AND l.cycle = f.cycle$$,
                'random: work_queue counts attempts as lead_fact does');
SELECT is((SELECT count(*) FROM work_queue), (SELECT count(*) FROM lead_fact WHERE is_open AND owner IS NOT NULL AND lead_id IN (SELECT id FROM lead WHERE owner IS NOT NULL)), 'random: work_queue has each open lead of an owner');
SELECT * FROM finish();
