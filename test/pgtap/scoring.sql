-- Scores: exact at any instant, explained, and in the same statement as what changes them.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

-- equal to the ninth digit; to the fifth where transactions lie between
CREATE FUNCTION pg_temp.near(got float8, want float8, description text, tolerance float8 DEFAULT 1e-9) RETURNS text LANGUAGE plpgsql
AS $$
BEGIN
    RETURN ok(coalesce(abs(got - want) <= tolerance * greatest(1, abs(want)), false), format('%s (%s, should be %s)', description, got, want));
END
$$;
CREATE FUNCTION pg_temp.score(external_id text, at timestamptz DEFAULT now()) RETURNS float8 LANGUAGE sql STABLE
AS $$SELECT smarketing.lead_score(l, $2) FROM crm.lead AS l WHERE l.external_id = $1$$;
CREATE FUNCTION pg_temp.explained(external_id text, at timestamptz DEFAULT now()) RETURNS float8 LANGUAGE sql STABLE
AS $$SELECT coalesce(sum(e.contribution), 0) FROM crm.lead AS l, smarketing.explain_score(l, $2) AS e WHERE l.external_id = $1$$;

-- ---------- the standard template ----------

SELECT cmp_ok(count(*), '>=', 20::bigint, 'the template has some twenty rules') FROM crm.scoring_rule;
SELECT cmp_ok(points, '>=', 40::float8, 'a demo request gives 40 points at least') FROM crm.scoring_rule WHERE activity_kind = 'demo_request';
SELECT is(string_agg(name, ' ' ORDER BY position), 'hot warm warming cold', 'its bands') FROM crm.score_band;
INSERT INTO crm.lead (external_id, email, job_title, industry, employees, country) VALUES
    ('fits', 'ana@acme.example', 'Head of Operations', 'Software', 200, 'US'),
    ('barely', 'ben@acme.example', NULL, 'SaaS', NULL, 'US'),
    ('student', 'eva@gmail.com', 'Student', 'Education', 3, 'FR');
SELECT results_eq($$SELECT external_id, fit, engagement, score, band FROM crm.lead ORDER BY fit DESC$$,
                  $$VALUES ('fits'::text, 50::float8, 0::float8, 50::float8, 'cold'::text), ('barely', 20, 0, 20, 'cold'), ('student', -60, 0, -60, 'cold')$$,
                  'fit is known on entry');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('barely'), 'demo_request'), (pg_temp.id('student'), 'demo_request')$$, 1,
                        'a demo request by a lead that fits makes it an MQL at once');
SELECT is(ARRAY[pg_temp.history('barely'), pg_temp.history('student')], ARRAY['lead mql!', 'lead'], 'a fit of 20 is enough, and needed');
SELECT results_eq($$SELECT fit, engagement, score FROM crm.stage_change WHERE lead_id = pg_temp.id('barely') AND to_stage = 'mql'$$,
                  $$VALUES (20::float8, 50::float8, 70::float8)$$, 'the history keeps the scores of that instant');
SELECT is((SELECT band FROM crm.lead WHERE external_id = 'barely'), 'hot', 'it is hot');

-- ---------- a set of rules of our own ----------

DELETE FROM crm.scoring_rule;
DELETE FROM crm.scoring_category;
DELETE FROM crm.score_band;
UPDATE crm.transition SET automatic_when = NULL, automatic_on = NULL;
INSERT INTO crm.scoring_category (name, dimension, min_points, max_points, half_life, position) VALUES
    ('firm', 'fit', NULL, 30, NULL, 1), ('reads', 'engagement', 0, 20, '30 days', 2),
    ('buys', 'engagement', NULL, NULL, '1 day', 3), ('forever', 'engagement', -5, NULL, NULL, 4);
SELECT is(array_agg(slot ORDER BY slot), ARRAY[6, 7, 8, 9]::smallint[], 'slots are not used again') FROM crm.scoring_category;
INSERT INTO crm.scoring_rule (name, category, activity_kind, condition, points) VALUES
    ('big', 'firm', NULL, '$.employees >= 100', 20), ('rich', 'firm', NULL, '$.annual_revenue > 1e6', 20),
    ('boss', 'firm', NULL, '$.persona == "boss"', 5),
    ('click', 'reads', 'email_click', NULL, 10), ('jobs', 'reads', 'page_view', '$.properties.path == "/jobs"', -8),
    ('page', 'reads', 'page_view', NULL, 1), ('price', 'buys', 'pricing_view', NULL, 16),
    ('reply', 'forever', 'email_reply', '$.direction == "in"', 7), ('bounce', 'forever', 'bounce', NULL, -20),
    ('off', 'forever', 'webinar', NULL, 1000);
UPDATE crm.scoring_rule SET active = false WHERE name = 'off';
INSERT INTO crm.score_band (name, position, min_fit, min_engagement, min_score) VALUES
    ('hot', 1, 20, 20, NULL), ('warm', 2, NULL, NULL, 20), ('rest', 3, NULL, NULL, NULL);
INSERT INTO crm.persona (name, condition) VALUES ('boss', '$.job_title == "CEO"');
DELETE FROM crm.lead;

-- fit
BEGIN;
INSERT INTO crm.lead (external_id, employees) VALUES ('a', 100), ('b', NULL), ('c', 99);
SELECT is(fit, 20::float8, 'a fit rule holds') FROM crm.lead WHERE external_id = 'a';
UPDATE crm.lead SET annual_revenue = 2e6 WHERE external_id IN ('a', 'b');
SELECT is(array_agg(fit ORDER BY external_id), '{30,20,0}'::float8[], 'a change of a column that a rule reads, and the cap') FROM crm.lead;
UPDATE crm.lead SET job_title = 'CEO' WHERE external_id = 'c';
SELECT is(row(persona, fit)::text, '(boss,5)', 'the persona comes before the fit') FROM crm.lead WHERE external_id = 'c';
UPDATE crm.lead SET fit = 99, score = 99, engagement = 99, band = 'hot', engagement_state = '{99}', score_generation = 1 WHERE external_id = 'c';
SELECT is(row(fit, engagement, score, band, engagement_state)::text, '(5,0,5,rest,)', 'a client''s value for a score is ignored') FROM crm.lead WHERE external_id = 'c';
SELECT is(smarketing.stale_scores('crm'), 0::bigint, 'nobody is stale');

-- half-life: 10 points, 30 days, read after 45 days
INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('b'), 'email_click', now());
SELECT pg_temp.near(smarketing.engagement_score(l, now() + '45 days'), 3.5355339059327378, 'ten points after one and a half half-lives')
FROM crm.lead AS l WHERE external_id = 'b';
SELECT is(smarketing.engagement_score(l), 10::float8, 'and at once') FROM crm.lead AS l WHERE external_id = 'b';
SELECT is(smarketing.engagement_score(l, now() - '1 second'::interval), 0::float8, 'and before it was there') FROM crm.lead AS l WHERE external_id = 'b';
SELECT is(smarketing.engagement_score(l, 'infinity'), 0::float8, 'nothing is left in the end') FROM crm.lead AS l WHERE external_id = 'b';
SELECT is(smarketing.engagement_score(l, '-infinity'), 0::float8, 'and nothing was there in the beginning') FROM crm.lead AS l WHERE external_id = 'b';
SELECT is(points, '{0,0,0,0,0,0,10}'::float8[], 'the activity knows what it gave') FROM crm.activity WHERE kind = 'email_click';

-- a historical activity counts at its own time; decay before the cap, per category
INSERT INTO crm.activity (lead_id, kind, at) SELECT pg_temp.id('b'), 'email_click', now() - d * interval '30 days' FROM generate_series(1, 4) AS d;
SELECT pg_temp.near(smarketing.engagement_score(l), 19.375, 'late ones are added at their own time') FROM crm.lead AS l WHERE external_id = 'b';
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('b'), 'email_click');
SELECT is(smarketing.engagement_score(l), 20::float8, 'the cap') FROM crm.lead AS l WHERE external_id = 'b';
SELECT pg_temp.near(smarketing.engagement_score(l, now() + '30 days'), 14.6875, 'is one of the decayed sum') FROM crm.lead AS l WHERE external_id = 'b';
SELECT is((SELECT contribution::numeric(9, 4) FROM crm.lead AS l, smarketing.explain_score(l) WHERE external_id = 'b' AND rule = '(cap)' AND dimension = 'engagement'), -9.375, 'and has a row of its own');
SELECT pg_temp.near(pg_temp.explained('b'), pg_temp.score('b'), 'the explanation adds up');
SELECT pg_temp.near(pg_temp.explained('b', now() - '50 days'::interval), pg_temp.score('b', now() - '50 days'::interval), 'in the past as well');
SELECT pg_temp.near(pg_temp.score('b', now() - '60 days'::interval), 20 + 17.5, 'a read of the past is that of the activities');

-- conditions over the activity, inactive rules, kinds without rules
INSERT INTO crm.activity (lead_id, kind, direction, properties) VALUES
    (pg_temp.id('c'), 'email_reply', 'out', NULL), (pg_temp.id('c'), 'webinar', NULL, NULL), (pg_temp.id('c'), 'note', NULL, NULL);
SELECT is(engagement, 0::float8, 'what gives nothing is nothing') FROM crm.lead WHERE external_id = 'c';
INSERT INTO crm.activity (lead_id, kind, direction, properties) VALUES
    (pg_temp.id('c'), 'email_reply', 'in', NULL), (pg_temp.id('c'), 'page_view', NULL, '{"path": "/jobs"}'), (pg_temp.id('c'), 'page_view', NULL, '{"path": "/"}');
SELECT is(engagement, 7::float8, 'a floor: reading about jobs is worth -6, and the category never less than 0') FROM crm.lead WHERE external_id = 'c';
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('c'), 'bounce'), (pg_temp.id('c'), 'bounce');
SELECT is(engagement, -5::float8, 'and a floor below 0') FROM crm.lead WHERE external_id = 'c';

-- an activity that does nothing does not touch its lead
CREATE TEMPORARY TABLE version AS SELECT ctid::text AS c, xmin::text AS x FROM crm.lead WHERE external_id = 'a';
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('a'), 'note'), (pg_temp.id('a'), 'webinar');
UPDATE crm.activity SET actor = 'x', properties = '{}' WHERE lead_id = pg_temp.id('a');
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('a');
SELECT is((SELECT ctid::text || xmin FROM crm.lead WHERE external_id = 'a'), (SELECT c || x FROM pg_temp.version), 'an activity that gives nothing leaves the lead''s row alone');

-- UPDATE and DELETE
INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('a'), 'pricing_view', now() - '1 day'::interval);
SELECT pg_temp.near(pg_temp.score('a'), 38, 'a price seen yesterday');
UPDATE crm.activity SET at = now() - '3 days'::interval WHERE lead_id = pg_temp.id('a');
SELECT pg_temp.near(pg_temp.score('a'), 32, 'no, three days ago');
UPDATE crm.activity SET kind = 'email_reply', direction = 'in' WHERE lead_id = pg_temp.id('a');
SELECT pg_temp.near(pg_temp.score('a'), 37, 'no, a reply');
UPDATE crm.activity SET lead_id = pg_temp.id('c') WHERE lead_id = pg_temp.id('a');
SELECT is(ARRAY[pg_temp.score('a'), pg_temp.score('c')], '{30,0}'::float8[], 'no, by somebody else');
UPDATE crm.activity SET lead_id = pg_temp.id('a') WHERE lead_id = pg_temp.id('c') AND kind IN ('email_reply', 'bounce');
SELECT is(ARRAY[pg_temp.score('a'), pg_temp.score('c')], '{25,5}'::float8[], 'several at once, from one lead to another');
UPDATE crm.activity SET points = '{1,2,3,1000}' WHERE lead_id = pg_temp.id('a');
SELECT is(pg_temp.score('a'), 25::float8, 'a client''s value for points is ignored');
DELETE FROM crm.activity WHERE kind = 'bounce';
SELECT pg_temp.near(pg_temp.score('a'), 44, 'a deleted activity gave nothing');
DELETE FROM crm.activity WHERE lead_id = pg_temp.id('a');
SELECT is((SELECT row(engagement, engagement_state)::text FROM crm.lead WHERE external_id = 'a'), '(0,)', 'and all of them nothing at all');
COMMIT;
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');

-- ---------- moves ----------

UPDATE crm.transition SET automatic_when = '$.score >= 40 && $.fit >= 20' WHERE from_stage IN ('lead', 'recycled') AND to_stage = 'mql';
INSERT INTO crm.lead (external_id, employees) VALUES ('m', 100), ('n', 5), ('o', 100);
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('m'), 'pricing_view', now() - '1 day'::interval)$$, 0, 'not enough yet');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('m'), 'pricing_view'), (pg_temp.id('n'), 'pricing_view'), (pg_temp.id('n'), 'pricing_view')$$, 1,
                        'an activity makes an MQL in the same statement');
SELECT pg_temp.recorded($$UPDATE crm.lead SET employees = 1000 WHERE external_id = 'n'$$, 1, 'and so does a lead''s edit, with the engagement of that instant');
SELECT pg_temp.recorded($$UPDATE crm.activity SET lead_id = pg_temp.id('o') WHERE lead_id = pg_temp.id('m')$$, 1, 'an activity that goes to another lead moves that one');
SELECT is(ARRAY[pg_temp.stage('m'), pg_temp.stage('n'), pg_temp.stage('o')], '{mql,mql,mql}', 'a score that falls moves nobody back');
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('m'), 'bounce');
UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE external_id IN ('m', 'n');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('n'), 'email_click')$$, 0, 'a lead sent back does not bounce on its old score');
SELECT pg_temp.recorded($$UPDATE crm.lead SET name = 'N' WHERE external_id = 'n'$$, 0, 'nor on an edit');
INSERT INTO crm.activity (lead_id, kind) SELECT pg_temp.id('m'), 'email_reply' FROM generate_series(1, 2);
SELECT pg_temp.recorded($$DELETE FROM crm.activity WHERE kind = 'bounce'$$, 0, 'the bounce was a mistake, but it takes more');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind, direction) SELECT pg_temp.id('m'), 'email_reply', 'in' FROM generate_series(1, 3)$$, 1, 'a new edge of a recycled lead');
INSERT INTO crm.lead (external_id, employees, annual_revenue) VALUES ('d', 100, 0);
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('d'), 'pricing_view'), (pg_temp.id('d'), 'bounce');
SELECT pg_temp.recorded($$DELETE FROM crm.activity WHERE lead_id = pg_temp.id('d') AND kind = 'pricing_view'$$, 0, 'less is no more');
INSERT INTO crm.activity (lead_id, kind, direction) SELECT pg_temp.id('d'), 'email_reply', 'in' FROM generate_series(1, 5);
SELECT is(engagement, 15::float8, 'the bounce holds it back') FROM crm.lead WHERE external_id = 'd';
SELECT pg_temp.recorded($$DELETE FROM crm.activity WHERE lead_id = pg_temp.id('d') AND kind = 'bounce'$$, 1, 'to take a penalty away can qualify a lead');

-- imports: scores, but no move
BEGIN;
SET LOCAL smarketing.import = 'old';
INSERT INTO crm.lead (external_id, employees, stage_since) VALUES ('import', 500, '2020-01-01');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind, at, direction) SELECT pg_temp.id('import'), 'email_reply', '2021-01-01', 'in' FROM generate_series(1, 9)$$, 0, 'an import moves nobody');
SELECT is(score, 83::float8, 'but scores are computed') FROM crm.lead WHERE external_id = 'import';
COMMIT;
SELECT pg_temp.recorded($$UPDATE crm.lead SET name = 'x' WHERE external_id = 'import'$$, 0, 'and it is no edge afterwards');

-- excluded leads
UPDATE crm.lead SET excluded = 'spam' WHERE external_id = 'd';
SELECT is((SELECT row(fit, engagement, score, band)::text FROM crm.lead WHERE external_id = 'd'), '(0,0,0,)', 'an excluded lead has no score');
SELECT is(ARRAY[pg_temp.score('d'), pg_temp.explained('d')], '{0,0}'::float8[], 'for functions either');
INSERT INTO crm.activity (lead_id, kind, direction) VALUES (pg_temp.id('d'), 'email_reply', 'in');
SELECT is((SELECT row(engagement, engagement_state)::text FROM crm.lead WHERE external_id = 'd'), '(0,)', 'nor does it get any');
UPDATE crm.lead SET excluded = NULL WHERE external_id = 'd';
SELECT is((SELECT row(fit, engagement)::text FROM crm.lead WHERE external_id = 'd'), '(20,42)', 'until it is one of us again, with all it has done');
INSERT INTO crm.lead (external_id, employees, excluded) VALUES ('e', 100, 'test');
INSERT INTO crm.activity (lead_id, kind, direction) SELECT pg_temp.id('e'), 'email_reply', 'in' FROM generate_series(1, 3);
SELECT pg_temp.recorded($$UPDATE crm.lead SET excluded = NULL WHERE external_id = 'e'$$, 1, 'one that was excluded by mistake qualifies when it is let in');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');

-- ---------- rules change ----------

BEGIN;
INSERT INTO crm.lead (external_id, employees) VALUES ('r', 5), ('s', 100), ('t', 5);
INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('r'), 'email_click', now() - '30 days'::interval), (pg_temp.id('s'), 'email_click', now()), (pg_temp.id('t'), 'note', now());
COMMIT;
CREATE TEMPORARY TABLE before AS SELECT external_id, stage, score FROM crm.lead;
BEGIN;
UPDATE crm.scoring_rule SET points = 40 WHERE name = 'click';
UPDATE crm.scoring_category SET max_points = NULL WHERE name = 'reads';
SELECT is(smarketing.stale_scores('crm'), (SELECT count(*) FROM crm.lead), 'a change of rules makes scores stale');
SELECT is((SELECT stale_scores FROM smarketing.workspace_status() WHERE workspace = 'crm'), (SELECT count(*) FROM crm.lead), 'and workspace_status says so');
SELECT is((SELECT array_agg(external_id ORDER BY 1) FROM (SELECT external_id FROM crm.lead AS l JOIN pg_temp.before AS b USING (external_id) WHERE l.score <> b.score) AS x), NULL, 'it changes no lead');
SELECT pg_temp.near(pg_temp.score('r'), 20, 'a function reads by the rules of now', 1e-5);
SELECT pg_temp.near(pg_temp.explained('r'), 20, 'and explains by them', 1e-5);
SELECT results_eq($$SELECT external_id, round(old_score::numeric, 2), round(new_score::numeric, 2), old_band, new_band, would_move, d.to_stage
                    FROM smarketing.score_diff('crm') AS d JOIN crm.lead AS l ON l.id = d.lead_id WHERE external_id IN ('r', 's', 't') ORDER BY 1$$,
                  $$VALUES ('r'::text, 5.00, 20.00, 'rest'::text, 'warm'::text, false, NULL::text), ('s', 30.00, 60.00, 'warm', 'hot', true, 'mql')$$,
                  'score_diff: who changes, and who would move');
CREATE TEMPORARY TABLE diff AS SELECT * FROM smarketing.score_diff('crm');
SELECT pg_temp.recorded($$SELECT smarketing.rescore('crm')$$, 0, 'rescore moves nobody');
SELECT results_eq($$SELECT l.id, round(l.score::numeric, 4) FROM crm.lead AS l WHERE l.external_id IN ('r', 's', 't') ORDER BY 1$$,
                  $$SELECT l.id, coalesce(round(d.new_score::numeric, 4), 0) FROM crm.lead AS l LEFT JOIN pg_temp.diff AS d ON d.lead_id = l.id WHERE l.external_id IN ('r', 's', 't') ORDER BY 1$$,
                  'and makes the scores what score_diff said');
SELECT results_eq($$SELECT lead_id, round(new_score::numeric, 4) FROM smarketing.score_diff('crm') ORDER BY 1$$,
                  $$SELECT lead_id, round(new_score::numeric, 4) FROM pg_temp.diff ORDER BY 1$$, 'score_diff compares with what was before the transaction');
SELECT is(smarketing.stale_scores('crm'), 0::bigint, 'nobody is stale');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');
SELECT is_empty($$SELECT id FROM crm.activity WHERE kind = 'email_click' AND points IS DISTINCT FROM '{0,0,0,0,0,0,40}'$$, 'activities know what they give now');
DELETE FROM crm.activity WHERE lead_id IN (pg_temp.id('r'), pg_temp.id('s'));
SELECT is((SELECT array_agg(engagement ORDER BY 1) FROM crm.lead WHERE external_id IN ('r', 's')), '{0,0}'::float8[], 'a deletion takes away what it gave by the rules of now');
ROLLBACK;
SELECT is_empty($$SELECT external_id FROM crm.lead AS l JOIN pg_temp.before AS b USING (external_id) WHERE (l.score, l.stage) IS DISTINCT FROM (b.score, b.stage)$$, 'the what-if is rolled back');
SELECT is(smarketing.stale_scores('crm'), 0::bigint, 'and nobody is stale');
SELECT is_empty($$SELECT * FROM smarketing.score_diff('crm')$$, 'nothing differs');

-- a stale lead's next activity
UPDATE crm.scoring_rule SET points = 30 WHERE name = 'click';
UPDATE crm.scoring_category SET max_points = 50 WHERE name = 'reads';
SELECT pg_temp.recorded($$UPDATE crm.lead SET name = 'S' WHERE external_id = 's'$$, 0, 'a change of rules moves nobody, not at the next edit');
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('s'), 'page_view')$$, 0, 'nor at the next activity');
SELECT is(engagement > 30 AND score_generation = smarketing.scoring_generation('crm'), true, 'but that one computes the lead from its activities') FROM crm.lead WHERE external_id = 's';
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('t'), 'note');
SELECT is(score_generation, smarketing.scoring_generation('crm'), 'even one that gives nothing') FROM crm.lead WHERE external_id = 't';
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('r'), 'email_click')$$, 0, 'a stale lead that does not fit');
SELECT pg_temp.near(engagement, 45, 'old and new activities by the rules of now', 1e-5) FROM crm.lead WHERE external_id = 'r';
DELETE FROM crm.lead WHERE external_id = 'u';
INSERT INTO crm.lead (external_id, employees) VALUES ('u', 100);
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('u'), 'page_view');
UPDATE crm.scoring_rule SET points = 2 WHERE name = 'page';
SELECT pg_temp.recorded($$INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('u'), 'email_click')$$, 1, 'a stale lead that qualifies by its activity, and not by the change of rules');
UPDATE crm.scoring_rule SET points = 3 WHERE name = 'page';
INSERT INTO crm.lead (external_id, employees) VALUES ('v', 100);
INSERT INTO crm.activity (lead_id, kind, direction) VALUES (pg_temp.id('v'), 'bounce', NULL), (pg_temp.id('v'), 'email_reply', 'in'), (pg_temp.id('v'), 'email_reply', 'in'), (pg_temp.id('v'), 'email_reply', 'in');
UPDATE crm.scoring_rule SET points = 4 WHERE name = 'page';
SELECT pg_temp.recorded($$DELETE FROM crm.activity WHERE lead_id = pg_temp.id('v') AND kind = 'bounce'$$, 1, 'a deletion that qualifies a stale lead');
UPDATE crm.scoring_rule SET points = 5 WHERE name = 'page';
UPDATE crm.activity SET kind = 'page_view' WHERE lead_id = pg_temp.id('v');
SELECT pg_temp.near(engagement, 15, 'an UPDATE of a stale lead''s activities', 1e-5) FROM crm.lead WHERE external_id = 'v';
SELECT cmp_ok(smarketing.rescore('crm', 0, pg_temp.id('m')), '<', smarketing.rescore('crm'), 'rescore by a range of ids');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');
UPDATE crm.scoring_rule SET active = false WHERE name = 'click';
UPDATE crm.scoring_rule SET active = true WHERE name = 'click';
SELECT is(smarketing.stale_scores('crm'), 0::bigint, 'rules that say again what they said make nobody stale');
UPDATE crm.scoring_rule SET description = 'why' WHERE name = 'click';
SELECT is(smarketing.stale_scores('crm'), 0::bigint, 'nor does a description');
SELECT cmp_ok(count(*), '>', 20::bigint, 'each change is kept') FROM crm.config_change WHERE table_name LIKE 'scor%';

-- ---------- purge ----------

INSERT INTO crm.lead (external_id) VALUES ('p'), ('q');
INSERT INTO crm.activity (lead_id, kind, at, direction) SELECT pg_temp.id('p'), k, now() - d * interval '20 days', 'in' FROM generate_series(0, 5) AS d, unnest('{email_click,pricing_view,email_reply,note}'::text[]) AS k;
INSERT INTO crm.activity (lead_id, kind, at) VALUES (pg_temp.id('q'), 'email_click', now());
-- read at fixed instants: the first of them is still to come when the last of these tests reads it
CREATE TEMPORARY TABLE unpurged AS SELECT l.external_id, now() AS at, smarketing.lead_score(l, now() + '1 hour') AS soon, smarketing.lead_score(l, now() + '1 year') AS later, smarketing.lead_score(l, now() - '50 days'::interval) AS past FROM crm.lead AS l;
SELECT is(smarketing.purge_activities('crm', now() - '55 days'::interval), count(*), 'old activities are purged') FROM crm.activity WHERE at < now() - '55 days'::interval;
SELECT is(count(*), 12::bigint, 'and no others') FROM crm.activity WHERE lead_id = pg_temp.id('p');
SELECT is(smarketing.purge_activities('crm', now() - '55 days'::interval), 0::bigint, 'once');
SELECT is_empty($$SELECT external_id FROM crm.lead AS l JOIN pg_temp.unpurged AS u USING (external_id) CROSS JOIN LATERAL
    (VALUES (u.soon, smarketing.lead_score(l, u.at + '1 hour')), (u.later, smarketing.lead_score(l, u.at + '1 year')), (u.past, smarketing.lead_score(l, u.at - '50 days'::interval))) AS v (a, b)
    WHERE abs(a - b) > 1e-9 * greatest(1, abs(a))$$, 'no score has changed, nor will it, nor had it');
SELECT is((SELECT count(*) FROM crm.lead AS l, smarketing.explain_score(l) AS e WHERE l.external_id = 'p' AND e.rule = '(purged)'), 3::bigint, 'explained by one row per category');
SELECT pg_temp.near(pg_temp.explained('p'), pg_temp.score('p'), 'which adds up');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');
SELECT is(smarketing.purge_activities('crm', now() - '15 days'::interval) > 0, true, 'and again');
SELECT cmp_ok(smarketing.rescore('crm'), '>', 0::bigint, 'rescore');
SELECT is_empty($$SELECT external_id FROM crm.lead AS l JOIN pg_temp.unpurged AS u USING (external_id) WHERE abs(u.soon - smarketing.lead_score(l, u.at + '1 hour')) > 1e-9 * greatest(1, abs(u.soon))$$, 'leaves what was purged in');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');
UPDATE crm.lead SET excluded = 'spam' WHERE external_id = 'p';
UPDATE crm.lead SET excluded = NULL WHERE external_id = 'p';
SELECT is_empty($$SELECT external_id FROM crm.lead AS l JOIN pg_temp.unpurged AS u USING (external_id) WHERE abs(u.soon - smarketing.lead_score(l, u.at + '1 hour')) > 1e-9 * greatest(1, abs(u.soon))$$, 'so does an exclusion that is taken back');
TRUNCATE crm.activity;
SELECT is_empty($$SELECT external_id FROM crm.lead WHERE engagement_purged IS NULL AND engagement <> 0$$, 'TRUNCATE takes all points but those that were purged');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');
DELETE FROM crm.lead WHERE external_id IN ('p', 'q');

-- ---------- what is missing ----------

UPDATE crm.transition SET condition = '$.email like_regex "@" && $.stage == "mql"', automatic_on = '{demo_request}' WHERE from_stage = 'lead' AND to_stage = 'mql';
INSERT INTO crm.lead (external_id, employees) VALUES ('w', 100), ('x', NULL);
INSERT INTO crm.activity (lead_id, kind) VALUES (pg_temp.id('w'), 'bounce');
SELECT results_eq($$SELECT m.* FROM crm.lead AS l, smarketing.missing_for(l, 'mql') AS m WHERE l.external_id = 'w'$$,
    $$VALUES ('$."score" >= 40'::text, 'score'::text, '15'::text, '>= 40 (25 points short)'::text), ('$."email" like_regex "@"', 'email', 'null', 'like_regex "@"')$$,
    'missing_for: each part that does not hold, and what it takes');
SELECT results_eq($$SELECT m.column_name, m.found FROM crm.lead AS l, smarketing.missing_for(l, 'mql') AS m WHERE l.external_id = 'x' ORDER BY 1$$,
    $$VALUES ('email'::text, 'null'::text), ('fit', '0'), ('score', '0')$$, 'and of another one');
SELECT results_eq($$SELECT m.* FROM crm.lead AS l, smarketing.missing_for(l, 'customer') AS m WHERE l.external_id = 'x'$$,
    $$VALUES (NULL::text, 'stage'::text, 'lead'::text, 'one of: opportunity'::text)$$, 'there is no such move');
SELECT results_eq($$SELECT m.* FROM crm.lead AS l, smarketing.missing_for(l, 'sal') AS m WHERE l.external_id = 'x'$$,
    $$VALUES (NULL::text, 'stage'::text, 'lead'::text, 'a move by hand, by sales'::text)$$, 'a move that is made by hand');
SELECT throws_ok($$SELECT m.* FROM crm.lead AS l, smarketing.missing_for(l, 'nowhere') AS m$$, '22023', NULL::text, 'a stage that there is not');
UPDATE crm.lead SET email = 'w@example.org' WHERE external_id = 'w';
INSERT INTO crm.activity (lead_id, kind, direction) SELECT pg_temp.id('w'), 'email_reply', 'in' FROM generate_series(1, 6);
SELECT is(pg_temp.stage('w'), 'mql', 'once nothing is missing, it moves');
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'verify finds it all right');

-- ---------- back-test ----------

-- A published table: ranges of 45, 30, 18 and 7 leads with 5, 15, 35 and 60 per cent of success; times twenty.
SELECT smarketing.create_workspace('past') AS past \gset
ALTER TABLE past.lead DISABLE TRIGGER USER;
ALTER TABLE past.stage_change DISABLE TRIGGER USER;
ALTER TABLE past.handoff DISABLE TRIGGER USER;
INSERT INTO past.lead (id, stage) SELECT n, 'mql' FROM generate_series(1, 2000) AS n;
INSERT INTO past.stage_change (lead_id, cycle, to_stage, at, score)
SELECT n, 1, 'mql', now(), CASE WHEN n <= 900 THEN 10 WHEN n <= 1500 THEN 31 WHEN n <= 1860 THEN 51 ELSE 71 END FROM generate_series(1, 2000) AS n;
INSERT INTO past.stage_change (lead_id, cycle, to_stage, at)
SELECT n, 1, 'customer', now() FROM generate_series(1, 2000) AS n
WHERE n <= 45 OR n BETWEEN 901 AND 990 OR n BETWEEN 1501 AND 1626 OR n BETWEEN 1861 AND 1944;
INSERT INTO past.handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at, decision, decided_at, reason)
SELECT n, 1, 'to_sales', 'lead', 'mql', now(), 'rejected', now(), CASE WHEN n % 2 = 0 THEN 'wrong_size' ELSE 'no_answer' END FROM generate_series(46, 445) AS n;
SELECT results_eq(
    $$SELECT threshold, volume, customers, round("precision"::numeric, 4), round(recall::numeric, 4), round(lift::numeric, 2), rejected, round(rejection_rate::numeric, 4), rejection_recall, round(rejection_lift::numeric, 2)
      FROM smarketing.score_backtest('past', '{51,31,71,0,100}')$$,
    $$VALUES (51::numeric, 500::bigint, 210::bigint, 0.4200, 0.6087, 2.43, 0::bigint, 0.0000, 0::float8, 0.00),
             (31, 1100, 300, 0.2727, 0.8696, 1.58, 0, 0.0000, 0, 0.00),
             (71, 140, 84, 0.6000, 0.2435, 3.48, 0, 0.0000, 0, 0.00),
             (0, 2000, 345, 0.1725, 1.0000, 1.00, 200, 0.1000, 1, 1.00),
             (100, 0, 0, NULL, 0.0000, NULL, 0, NULL, 0, NULL)$$,
    'volume, precision, recall and lift of thresholds, against customers and against rejections that count');

-- ---------- who may ----------

GRANT USAGE ON SCHEMA crm TO smk_sales, smk_stranger;
GRANT SELECT ON crm.lead TO smk_sales, smk_stranger;
GRANT SELECT ON crm.activity TO smk_sales;
SET ROLE smk_sales;
SELECT is((SELECT count(*) FROM crm.lead AS l WHERE smarketing.lead_score(l) IS NULL), 0::bigint, 'whoever reads leads reads scores');
SELECT cmp_ok((SELECT count(*) FROM crm.lead AS l, smarketing.explain_score(l)), '>', 0::bigint, 'and has them explained, if he reads activities');
SELECT throws_ok($$SELECT smarketing.rescore('crm')$$, '42501', NULL::text, 'rescore is the owner''s');
SELECT throws_ok($$SELECT smarketing.purge_activities('crm', now())$$, '42501', NULL::text, 'and so is purge_activities');
SELECT throws_ok($$SELECT * FROM smarketing.score_diff('crm')$$, '42501', NULL::text, 'and score_diff');
RESET ROLE;
SET ROLE smk_stranger;
SELECT throws_ok($$SELECT e.* FROM crm.lead AS l, smarketing.explain_score(l) AS e$$, '42501', NULL::text, 'nobody is told of activities that he may not see');
RESET ROLE;

-- ---------- a trigger of one's own, after ours; a number of many digits ----------

BEGIN;
INSERT INTO crm.scoring_rule (name, category, condition, points) VALUES ('five', 'firm', '$.employees == 55555', 5);
CREATE FUNCTION pg_temp.grow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.employees := 55555; RETURN NEW; END$$;
CREATE TRIGGER zz_grow BEFORE INSERT ON crm.lead FOR EACH ROW EXECUTE FUNCTION pg_temp.grow();
INSERT INTO crm.lead (external_id, employees) VALUES ('grown', 1);
DROP TRIGGER zz_grow ON crm.lead;
SELECT is((SELECT string_agg(v.check_name, ' ' ORDER BY v.check_name) FROM smarketing.verify('crm') AS v WHERE v.object = 'lead ' || pg_temp.id('grown')), 'fit score',
          'what a trigger changes after the scores are computed is found by verify');
SELECT smarketing.rescore('crm') \g /dev/null
SELECT is_empty($$SELECT * FROM smarketing.verify('crm')$$, 'and put right by rescore');
ROLLBACK;
ALTER TABLE crm.lead ADD COLUMN budget numeric;
ALTER TABLE crm.lead ALTER COLUMN budget SET STORAGE EXTERNAL;
INSERT INTO crm.scoring_rule (name, category, condition, points) VALUES ('budget', 'firm', '$.budget > 1000000', 3);
INSERT INTO crm.lead (external_id, budget) VALUES ('zillions', repeat('123456789', 1000)::numeric);
UPDATE crm.lead SET name = 'Z', employees = 1 WHERE external_id = 'zillions';
SELECT is((SELECT fit FROM crm.lead WHERE external_id = 'zillions'), 3::float8, 'a number that stands in the TOAST table is read from there');

\ir include/end.psql
