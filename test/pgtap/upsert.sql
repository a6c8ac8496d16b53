-- The CRM sync: a batch of upserts, every night, over leads in every stage.  Each legal pair of stages passes and is
-- recorded once, a pair that is no move changes nothing, and what the proposed row would have been never leaks.
\ir include/begin.psql
\ir include/crm.psql
SELECT no_plan();

INSERT INTO crm.persona (name, condition) VALUES ('boss', '$.job_title == "CEO"'), ('user', '$.job_title == "Analyst"');

-- one lead for every pair of stages, put there through a disguised import of its first stage
CREATE TEMPORARY TABLE pair AS
SELECT format('%s/%s', a.name, b.name) AS external_id, a.name AS from_stage, b.name AS to_stage,
       a.name <> b.name AND t.id IS NOT NULL AS legal,
       (SELECT min(r.name) FROM crm.reason AS r WHERE r.kind = t.reason_kind AND r.outcome <> 'reroute') AS reason
FROM crm.stage AS a CROSS JOIN crm.stage AS b
LEFT JOIN crm.transition AS t ON t.from_stage = a.name AND t.to_stage = b.name;

GRANT SELECT ON pg_temp.pair TO PUBLIC;

-- any stage may be an entry while they are set up
INSERT INTO crm.transition (from_stage, to_stage)
SELECT NULL, s.name FROM crm.stage AS s
WHERE NOT EXISTS (SELECT FROM crm.transition AS t WHERE t.from_stage IS NULL AND t.to_stage = s.name);
INSERT INTO crm.lead (external_id, stage, job_title, source, campaign, origin)
SELECT p.external_id, p.from_stage, 'CEO', 'fair', 'spring', 'event' FROM pg_temp.pair AS p;
SELECT is((SELECT count(*) FROM crm.lead), 121::bigint, 'a lead for each of the 121 pairs of stages');

-- the sync: what it writes back is what a stale copy of another system thinks
CREATE FUNCTION pg_temp.sync(external_id text, stage text, reason text) RETURNS text LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_temp.act_begins();
    INSERT INTO crm.lead AS l (external_id, stage, reason, note, job_title, fit, engagement, score, band, persona, engagement_state,
                               engagement_at, score_generation, duplicate_allowed, cycle, sales_cycle, customer_since, stage_automatic,
                               created_at, updated_at, source, campaign, origin)
    VALUES ($1, $2, $3, 'seen', 'Analyst', 77, 78, 79, 'hot', 'nobody', '{1,2}', 'yesterday', 99, true, 42, 41, '2001-01-01', true,
            '2001-01-01', '2001-01-01', 'sync', 'autumn', 'partner')
    ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage, reason = excluded.reason, note = excluded.note,
        job_title = excluded.job_title, fit = excluded.fit, engagement = excluded.engagement, score = excluded.score, band = excluded.band,
        persona = excluded.persona, engagement_state = excluded.engagement_state, engagement_at = excluded.engagement_at,
        score_generation = excluded.score_generation, duplicate_allowed = excluded.duplicate_allowed, cycle = excluded.cycle,
        sales_cycle = excluded.sales_cycle, customer_since = excluded.customer_since, stage_automatic = excluded.stage_automatic,
        stage_since = excluded.stage_since, created_at = excluded.created_at, updated_at = excluded.updated_at,
        source = excluded.source, campaign = excluded.campaign, origin = excluded.origin;
    PERFORM pg_temp.act_ends();
    RETURN 'passed';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
-- the template as it was
DELETE FROM crm.transition WHERE from_stage IS NULL
    AND to_stage NOT IN ('subscriber', 'lead', 'mql', 'sal', 'sql', 'opportunity', 'customer');
CREATE TEMPORARY TABLE before AS
SELECT l.*, l::text AS whole FROM crm.lead AS l;
CREATE TEMPORARY TABLE result AS
SELECT p.*, pg_temp.sync(p.external_id, p.to_stage, p.reason) AS got FROM pg_temp.pair AS p;

SELECT results_eq(
    $$SELECT legal, from_stage = to_stage, got, count(*) FROM pg_temp.result GROUP BY 1, 2, 3 ORDER BY 1, 2, 3$$,
    $$VALUES (false, false, 'SM001'::text, 76::bigint), (false, true, 'passed', 11), (true, false, 'passed', 34)$$,
    'legal pairs pass, and so does a lead that is where it was; no other pair does');
SELECT is_empty($$SELECT external_id, got FROM pg_temp.result WHERE got <> CASE WHEN legal OR from_stage = to_stage THEN 'passed' ELSE 'SM001' END$$,
                'each pair for itself');
SELECT is_empty(
    $$SELECT r.external_id, count(c.id) FROM pg_temp.result AS r JOIN crm.lead AS l USING (external_id)
      LEFT JOIN crm.stage_change AS c ON c.lead_id = l.id
      GROUP BY r.external_id, r.legal, l.stage, r.from_stage, r.to_stage
      HAVING count(c.id) <> 1 + r.legal::int OR l.stage <> CASE WHEN r.legal THEN r.to_stage ELSE r.from_stage END$$,
    'a legal pair is recorded once, after its entry, and no other is');
SELECT is_empty(
    $$SELECT c.lead_id FROM crm.stage_change AS c JOIN crm.lead AS l ON l.id = c.lead_id JOIN pg_temp.result AS r USING (external_id)
      WHERE c.from_stage IS NOT NULL AND (c.from_stage, c.to_stage, c.reason) IS DISTINCT FROM (r.from_stage, r.to_stage, r.reason)$$,
    'from its stage to its stage, with its reason');
SELECT is_empty($$SELECT external_id FROM crm.lead AS l JOIN pg_temp.before AS b USING (external_id) JOIN pg_temp.result AS r USING (external_id)
                  WHERE r.got = 'SM001' AND l::text <> b.whole$$, 'a refused one is unchanged to the last column');
SELECT is_empty($$SELECT l.external_id FROM crm.lead AS l JOIN pg_temp.result AS r USING (external_id) WHERE r.got = 'passed'
                  AND (l.fit, l.engagement, l.score) IS DISTINCT FROM (0.0::float8, 0.0::float8, 0.0::float8)$$, 'no score of the proposed row leaks');
SELECT is_empty($$SELECT l.external_id FROM crm.lead AS l JOIN pg_temp.result AS r USING (external_id) WHERE r.got = 'passed'
                  AND (l.band IS DISTINCT FROM 'cold' OR l.engagement_state IS NOT NULL OR l.engagement_at IS NOT NULL
                       OR l.score_generation IS DISTINCT FROM smarketing.scoring_generation('crm')
                       OR l.duplicate_allowed OR l.stage_automatic OR l.created_at < 'today' OR l.updated_at < 'today')$$,
                'nor any other of the guard''s columns');
SELECT is_empty($$SELECT external_id, persona FROM crm.lead JOIN pg_temp.result AS r USING (external_id)
                  WHERE persona IS DISTINCT FROM CASE r.got WHEN 'passed' THEN 'user' ELSE 'boss' END$$,
                'the persona is that of the row as it is stored');
SELECT is_empty($$SELECT l.external_id, b.cycle, l.cycle, b.customer_since, l.customer_since FROM crm.lead AS l JOIN pg_temp.before AS b USING (external_id)
                  JOIN pg_temp.result AS r USING (external_id)
                  WHERE l.cycle <> b.cycle + CASE WHEN r.got = 'passed' AND r.to_stage = 'opportunity' AND r.from_stage = 'customer'
                                                  THEN 1 ELSE 0 END$$,
                'the cycle is counted from the stored row: it rises only where a customer opens another opportunity');
SELECT is_empty($$SELECT l.external_id FROM crm.lead AS l JOIN pg_temp.before AS b USING (external_id) JOIN pg_temp.result AS r USING (external_id)
                  WHERE (l.customer_since IS NOT NULL) <> (r.from_stage = 'customer' OR (r.got = 'passed' AND r.to_stage = 'customer'))
                     OR l.customer_since < 'today'$$, 'customer_since is that of the lead');
SELECT is_empty($$SELECT l.external_id FROM crm.lead AS l WHERE (l.source, l.campaign, l.origin) IS DISTINCT FROM ('fair', 'spring', 'event')$$,
                'the first source, campaign and origin stay');
SELECT is_empty($$SELECT l.external_id FROM crm.lead AS l JOIN pg_temp.result AS r USING (external_id)
                  WHERE l.latest_campaign IS DISTINCT FROM CASE r.got WHEN 'passed' THEN 'autumn' ELSE 'spring' END$$, 'the latest campaign is the latest');
SELECT is_empty($$SELECT l.external_id FROM crm.lead AS l JOIN pg_temp.before AS b USING (external_id) JOIN pg_temp.result AS r USING (external_id)
                  WHERE NOT r.legal AND l.stage_since <> b.stage_since$$, 'who does not move stays since when he was');
SELECT is_empty($$SELECT l.external_id, l.reason, r.reason FROM crm.lead AS l JOIN pg_temp.result AS r USING (external_id)
                  WHERE r.legal AND (l.reason IS DISTINCT FROM r.reason OR l.note IS DISTINCT FROM CASE WHEN r.reason IS NOT NULL THEN 'seen' END)$$,
                'a move into a stage that needs no reason clears reason and note');

-- all legal pairs in one statement, too
SELECT is(pg_temp.sync('new one', 'mql', NULL), 'passed', 'a lead that the sync brings');
SELECT is((SELECT row(cycle, sales_cycle, customer_since, score, band, persona, stage, stage_automatic, duplicate_allowed)::text
           FROM crm.lead WHERE external_id = 'new one'), '(1,1,,0,cold,user,mql,f,f)', 'a new row of the sync gets the guard''s values, too');
SELECT pg_temp.recorded($$INSERT INTO crm.lead (external_id, stage)
    SELECT v.external_id, 'mql' FROM (VALUES ('lead/lead'), ('recycled/recycled'), ('subscriber/subscriber'), ('mql/mql'), ('another')) AS v (external_id)
    ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage$$, 4, 'a batch: three moves, one lead that was there, one entry');
SELECT pg_temp.refused($$INSERT INTO crm.lead (external_id, stage)
    SELECT v.external_id, 'sql' FROM (VALUES ('sal/sal'), ('lead/mql'), ('yet another')) AS v (external_id)
    ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage$$, 'SM001', 'a batch with one illegal pair, nothing of it');

-- WHERE of DO UPDATE, DO NOTHING, and a row that is locked
SELECT pg_temp.recorded($$INSERT INTO crm.lead AS l (external_id, stage) VALUES ('lead/lead', 'customer')
    ON CONFLICT (external_id) DO UPDATE SET stage = excluded.stage WHERE l.stage = 'opportunity'$$, 0, 'DO UPDATE ... WHERE leaves it alone');
-- the proposed row has values that no column would take
SELECT pg_temp.recorded($$INSERT INTO crm.lead AS l (external_id, stage, stage_since) VALUES ('lead/lead', 'no such stage', 'infinity')
    ON CONFLICT (external_id) DO UPDATE SET name = 'Ada'$$, 0, 'a proposed row that is not inserted is not judged');

-- an application that saves whole rows: read, think for a while, write every column back
INSERT INTO crm.account (name) VALUES ('Acme');
INSERT INTO crm.lead (external_id, employees, job_title, email) VALUES ('orm', 10, 'CEO', 'orm@example.org');
CREATE TEMPORARY TABLE stale AS SELECT * FROM crm.lead WHERE external_id = 'orm';
GRANT SELECT ON pg_temp.stale TO PUBLIC;
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'orm';
UPDATE crm.lead SET stage = 'sal' WHERE external_id = 'orm';
UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE external_id = 'orm';
UPDATE crm.lead SET stage = 'mql' WHERE external_id = 'orm';
CREATE TEMPORARY TABLE fresh AS SELECT * FROM crm.lead WHERE external_id = 'orm';
SELECT is((SELECT row(cycle, sales_cycle)::text FROM pg_temp.fresh), '(2,2)', 'a lead in its second cycle');
UPDATE pg_temp.stale SET stage = 'mql', name = 'Grace', fit = -1, engagement = 'NaN', score = 'infinity', band = 'x', persona = 'x', engagement_state = '{}',
    engagement_purged = '{}', engagement_at = '-infinity', score_generation = -1, duplicate_allowed = true, stage_automatic = true,
    customer_since = 'infinity', cycle = -3, sales_cycle = 12, created_at = '-infinity', updated_at = 'infinity';
SELECT pg_temp.recorded($$UPDATE crm.lead AS l SET (email, name, account_id, company, origin, source, campaign, latest_campaign, persona, stage, stage_since,
        stage_automatic, reason, note, cycle, sales_cycle, customer_since, owner, follow_up_on, do_not_contact, attributes, fit, engagement, score, band,
        engagement_state, engagement_purged, engagement_at, score_generation, duplicate_allowed, created_at, updated_at)
    = (SELECT s.email, s.name, s.account_id, s.company, s.origin, s.source, s.campaign, s.latest_campaign, s.persona, s.stage, s.stage_since,
        s.stage_automatic, s.reason, s.note, s.cycle, s.sales_cycle, s.customer_since, s.owner, s.follow_up_on, s.do_not_contact, s.attributes, s.fit, s.engagement,
        s.score, s.band, s.engagement_state, s.engagement_purged, s.engagement_at, s.score_generation, s.duplicate_allowed, s.created_at, s.updated_at
       FROM pg_temp.stale AS s) WHERE l.external_id = 'orm'$$, 0, 'a whole row is written back');
SELECT results_eq($$SELECT name, stage, stage_since, stage_automatic, cycle, sales_cycle, customer_since, persona, fit, engagement, score, band, engagement_state,
                      engagement_purged, engagement_at, score_generation, duplicate_allowed, created_at FROM crm.lead WHERE external_id = 'orm'$$,
                  $$SELECT 'Grace'::text, stage, stage_since, stage_automatic, cycle, sales_cycle, customer_since, persona, fit, engagement, score, band, engagement_state,
                      engagement_purged, engagement_at, score_generation, duplicate_allowed, created_at FROM pg_temp.fresh$$,
                  'of the guard''s own columns nothing is changed');
SELECT ok((SELECT updated_at <= clock_timestamp() AND updated_at > 'today' FROM crm.lead WHERE external_id = 'orm'), 'and it was updated just now');
SELECT pg_temp.recorded($$INSERT INTO crm.lead SELECT (s).* FROM (SELECT s FROM pg_temp.stale AS s) AS x
    ON CONFLICT (id) DO UPDATE SET (stage, stage_since, cycle, sales_cycle, customer_since, score, created_at, persona, stage_automatic)
        = (excluded.stage, excluded.stage_since, excluded.cycle, excluded.sales_cycle, excluded.customer_since, excluded.score, excluded.created_at,
           excluded.persona, excluded.stage_automatic)$$, 0, 'and by an upsert of the whole row');
SELECT results_eq($$SELECT stage, stage_since, stage_automatic, cycle, sales_cycle, customer_since, persona, score, created_at FROM crm.lead WHERE external_id = 'orm'$$,
                  $$SELECT stage, stage_since, stage_automatic, cycle, sales_cycle, customer_since, persona, score, created_at FROM pg_temp.fresh$$,
                  'as before');

\ir include/end.psql
