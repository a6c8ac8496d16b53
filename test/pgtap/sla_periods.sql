-- What is owed per week, month and quarter, where the days are New York's and its clocks change on 9 March and on
-- 2 November 2025; a week begins on Sunday or on Monday.
\ir include/begin.psql
\ir include/crm.psql
\ir include/sla.psql
SELECT no_plan();

UPDATE crm.setting SET value = '"America/New_York"' WHERE name = 'timezone';
UPDATE crm.setting SET value = '7' WHERE name = 'week_starts_on';
UPDATE crm.calendar SET hours = 'America/New_York; Mo-Fr 09:00-18:00' WHERE name = 'office';
-- 2024-12-04 is a Wednesday, 2025-01-01 too, and so is 2025-03-12
INSERT INTO crm.agreement (name, valid) VALUES ('winter', '[2024-12-04,2025-01-01)') RETURNING id AS winter \gset
INSERT INTO crm.commitment (agreement_id, key, department, kind, stage, basis_stage, ends_on, target, direction, per, calendar, accepted_only) VALUES
    (:winter, 'mqls a week', 'marketing', 'volume', 'mql', NULL, NULL, 10, NULL, 'week', 'office', false),
    (:winter, 'mqls a month', 'marketing', 'volume', 'mql', NULL, NULL, 44, NULL, 'month', 'office', false);
SELECT pg_temp.sign(:winter) \g /dev/null
BEGIN;
ALTER TABLE crm.agreement DISABLE TRIGGER smarketing_guard;
ALTER TABLE crm.commitment DISABLE TRIGGER smarketing_guard;
DELETE FROM crm.agreement WHERE name = 'standard';
ALTER TABLE crm.agreement ENABLE TRIGGER smarketing_guard;
ALTER TABLE crm.commitment ENABLE TRIGGER smarketing_guard;
COMMIT;
INSERT INTO crm.agreement (name, valid) VALUES ('first', '[2025-01-01,2025-03-12)') RETURNING id AS first \gset
INSERT INTO crm.agreement (name, valid) VALUES ('second', '[2025-03-12,2026-01-01)') RETURNING id AS second \gset
INSERT INTO crm.commitment (agreement_id, key, department, kind, stage, basis_stage, ends_on, target, direction, per, accepted_only)
SELECT a, c.* FROM unnest(ARRAY[:first, :second]::bigint[]) AS a, (VALUES
    ('weekly', 'marketing', 'volume', 'mql', NULL, NULL, 167, NULL, 'week', false),
    ('quarterly', 'marketing', 'volume', 'mql', NULL, NULL, 2, NULL, 'quarter', true),
    ('rejected', 'marketing', 'rate', NULL, 'mql', 'handoff:rejected', 0.5, 'at_most', 'week', false),
    ('to sql', 'sales', 'rate', 'sql', 'mql', NULL, 0.5, 'at_least', 'quarter', false)) AS c;
INSERT INTO crm.commitment (agreement_id, key, department, starts_on, ends_on, within, counted, per)
SELECT a, 'answer', 'sales', 'handoff:offered', 'attempt', '1 hour', 'around_the_clock', 'week' FROM unnest(ARRAY[:first, :second]::bigint[]) AS a;
SELECT pg_temp.sign(:first), pg_temp.sign(:second) \g /dev/null

-- 'weekly 2025-03-09 3 of 71.00 met': each period of a commitment in which there are entries
CREATE FUNCTION pg_temp.progress(key text, from_day date, to_day date) RETURNS text LANGUAGE sql STABLE
AS $$SELECT string_agg(concat_ws(' ', p.period_start, p.delivered, 'of', p.target, p.state), ', ' ORDER BY p.period_start, p.agreement)
     FROM crm.commitment_progress AS p WHERE p.commitment = $1 AND p.period_start BETWEEN $2 AND $3$$;

-- ---- a week that begins on Sunday ----
SELECT pg_temp.offer(x, at) FROM (VALUES
    ('sat 8 Mar, last instant', timestamptz '2025-03-09 04:59:59.999999Z'), ('sun 9 Mar, first', '2025-03-09 05:00Z'), ('sun 9 Mar, at the jump', '2025-03-09 07:00Z'),
    ('tue 11 Mar, last', '2025-03-12 03:59:59.999999Z'), ('wed 12 Mar, first', '2025-03-12 04:00Z'), ('sat 15 Mar, last', '2025-03-16 03:59:59.999999Z'),
    ('sun 16 Mar, first', '2025-03-16 04:00Z'), ('mon 31 Mar, last', '2025-04-01 03:59:59.999999Z'), ('tue 1 Apr, first', '2025-04-01 04:00Z'),
    ('sat 1 Nov, last', '2025-11-02 03:59:59.999999Z'), ('sun 2 Nov, first', '2025-11-02 04:00Z'), ('sun 2 Nov, the hour twice', '2025-11-02 06:30Z'),
    ('sat 8 Nov, last', '2025-11-09 04:59:59.999999Z'), ('sun 9 Nov, first', '2025-11-09 05:00Z')) AS v (x, at) \g /dev/null
SELECT is(pg_temp.progress('weekly', '2025-03-02', '2025-03-16'),
          '2025-03-02 1 of 167 missed, 2025-03-09 3 of 71.00 missed, 2025-03-09 2 of 96.00 missed, 2025-03-16 1 of 167 missed',
          'the week of the jump has 167 hours: 71 are the first agreement''s, 96 the second one''s');
SELECT results_eq($$SELECT agreement, entries, period_end FROM crm.commitment_progress WHERE commitment = 'weekly' AND period_start = '2025-03-09' ORDER BY 1$$,
                  $$VALUES ('first'::text, 3::bigint, '2025-03-15'::date), ('second', 2, '2025-03-15')$$, 'entries are those of the part, the period is the whole week');
SELECT is(pg_temp.progress('weekly', '2025-10-26', '2025-11-09'), '2025-10-26 1 of 167 missed, 2025-11-02 3 of 167 missed, 2025-11-09 1 of 167 missed', 'and the week of 169 hours is a week');
SELECT results_eq($$SELECT DISTINCT extract(isodow FROM period_start)::int, period_end - period_start FROM crm.commitment_progress WHERE per = 'week'$$, $$VALUES (7, 6)$$, 'each begins on a Sunday and ends on a Saturday');
SELECT is((SELECT count(*) FROM crm.commitment_progress WHERE commitment = 'weekly'), 54::bigint, '53 weeks touch the year 2025, one of them twice');

-- ---- quarters and months ----
SELECT is(pg_temp.progress('quarterly', '2025-01-01', '2025-12-31'),
          '2025-01-01 4 of 1.56 met, 2025-01-01 4 of 0.44 met, 2025-04-01 1 of 2 missed, 2025-07-01 0 of 2 missed, 2025-10-01 5 of 2 met',
          'the first quarter has 70 days of the one and 20 days less an hour of the other');
SELECT is((SELECT array_agg(period_end ORDER BY period_start) FROM crm.commitment_progress WHERE commitment = 'quarterly' AND agreement = 'second'), '{2025-03-31,2025-06-30,2025-09-30,2025-12-31}'::date[], 'ends of quarters');
SELECT is(pg_temp.progress('mqls a week', '2024-12-01', '2025-12-31'),
          '2024-12-01 0 of 6.00 missed, 2024-12-08 0 of 10 missed, 2024-12-15 0 of 10 missed, 2024-12-22 0 of 10 missed, 2024-12-29 0 of 4.00 missed',
          'working time shares a target out: three days of five, and two of five');
SELECT is(pg_temp.progress('mqls a month', '2024-12-01', '2025-12-31'), '2024-12-01 0 of 40.00 missed', 'twenty days of the month''s twenty-two');

-- ---- the same weeks from Monday on ----
UPDATE crm.setting SET value = '1' WHERE name = 'week_starts_on';
SELECT is(pg_temp.progress('weekly', '2025-03-03', '2025-03-10'), '2025-03-03 3 of 167 missed, 2025-03-10 1 of 47.71 missed, 2025-03-10 3 of 119.29 missed', 'Sunday belongs to the week that it ends; 48 and 120 of 168 hours');
UPDATE crm.setting SET value = '7' WHERE name = 'week_starts_on';

-- ---- a rate, by the week of the entry ----
SELECT pg_temp.move('sun 9 Mar, first', 'recycled', '2025-03-20 12:00Z', 'wrong_size'), pg_temp.move('sun 9 Mar, at the jump', 'recycled', '2025-03-09 12:00Z', 'competitor'),
       pg_temp.move('wed 12 Mar, first', 'recycled', '2025-03-12 12:00Z', 'no_answer'), pg_temp.move('sat 15 Mar, last', 'recycled', '2025-03-16 12:00Z', 'not_ready') \g /dev/null
SELECT is(pg_temp.progress('rejected', '2025-03-02', '2025-03-23'),
          '2025-03-02 0.0000 of 0.5 met, 2025-03-09 0.6667 of 0.5 missed, 2025-03-09 0.5000 of 0.5 met, 2025-03-16 0.0000 of 0.5 met, 2025-03-23 of 0.5 met',
          'two of three, one of two (nobody answered: that is no rejection that counts), and a week without entries');
SELECT is(pg_temp.progress('quarterly', '2025-01-01', '2025-01-01'), '2025-01-01 2 of 1.56 met, 2025-01-01 3 of 0.44 met', 'who is rejected is not accepted');
SELECT pg_temp.move(x, 'sal', '2025-11-10 12:00Z'), pg_temp.move(x, 'sql', '2025-12-31 12:00Z') FROM unnest(ARRAY['sun 9 Nov, first', 'sun 2 Nov, first', 'sat 1 Nov, last']) AS x \g /dev/null
SELECT is(pg_temp.progress('to sql', '2025-04-01', '2025-12-31'), '2025-04-01 0.0000 of 0.5 missed, 2025-07-01 of 0.5 met, 2025-10-01 0.6000 of 0.5 met', 'three of five went on, whenever it was');
UPDATE crm.lead SET excluded = 'internal' WHERE external_id = 'sat 1 Nov, last';
SELECT is(pg_temp.progress('to sql', '2025-10-01', '2025-10-01'), '2025-10-01 0.5000 of 0.5 met', 'at least a half is a half');

-- ---- the scorecard cuts its periods likewise ----
SELECT pg_temp.did('sat 8 Mar, last instant', 'call', '2025-03-09 05:30Z'), pg_temp.did('sun 9 Mar, first', 'call', '2025-03-09 06:00:00.000001Z'), pg_temp.did('sun 9 Mar, at the jump', 'call', '2025-03-09 08:00Z') \g /dev/null
SELECT results_eq($$SELECT period_start, period_end, agreement, owed, met, late, open, breached_open FROM crm.sla_scorecard
                    WHERE commitment = 'answer' AND period_start BETWEEN '2025-03-02' AND '2025-03-09' ORDER BY 1, 3$$,
                  $$VALUES ('2025-03-02'::date, '2025-03-08'::date, 'first'::text, 1::numeric, 1::numeric, 0::numeric, 0::numeric, 0::numeric),
                           ('2025-03-09', '2025-03-15', 'first', 3, 1, 1, 1, 1), ('2025-03-09', '2025-03-15', 'second', 2, 0, 0, 2, 2)$$,
                  'a clock belongs to the week of its start');

-- ---- the same, counted in another way ----
INSERT INTO crm.lead (external_id, stage, stage_since, owner, origin)
SELECT 'x' || n, 'mql', timestamptz '2025-01-01 05:00Z' + n * interval '21 hours 7 minutes 13 seconds', 'sam', 'inbound' FROM generate_series(0, 413) AS n;
CREATE FUNCTION pg_temp.differences(starts_on int) RETURNS TABLE (key text, period date, want bigint, got bigint) LANGUAGE sql STABLE
AS $$
    WITH entry AS (
        SELECT timezone('America/New_York', c.at)::date AS day, CASE WHEN timezone('America/New_York', c.at) < '2025-03-12' THEN 'first' ELSE 'second' END AS agreement
        FROM crm.stage_change AS c JOIN crm.lead AS l ON l.id = c.lead_id WHERE c.to_stage = 'mql' AND l.excluded IS NULL
    ), want AS (
        SELECT 'weekly' AS key, agreement, day - (extract(isodow FROM day)::int - $1 + 7) % 7 AS period, count(*) AS n FROM entry GROUP BY 1, 2, 3
        UNION ALL
        SELECT 'quarterly', agreement, make_date(extract(year FROM day)::int, (extract(month FROM day)::int - 1) / 3 * 3 + 1, 1), count(*) FROM entry GROUP BY 1, 2, 3
    ), got AS (
        SELECT p.commitment AS key, p.agreement, p.period_start AS period, p.entries AS n FROM crm.commitment_progress AS p WHERE p.commitment IN ('weekly', 'quarterly') AND p.entries > 0
    )
    SELECT key, period, want.n, got.n FROM want FULL JOIN got USING (key, agreement, period) WHERE want.n IS DISTINCT FROM got.n
$$;
SELECT is_empty('SELECT * FROM pg_temp.differences(7)', 'weeks and quarters as a calendar on the wall has them');
UPDATE crm.setting SET value = '4' WHERE name = 'week_starts_on';
SELECT is_empty('SELECT * FROM pg_temp.differences(4)', 'also where weeks begin on Thursday');

\ir include/end.psql
