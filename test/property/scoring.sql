-- Property: scores are what their definition says, however the leads came by them.
--
--   psql -X -v seed=0.42 -v worlds=25 -f test/property/scoring.sql
--
-- Random rules, leads and activities.  In each world a workspace lives through inserts, updates and deletes of leads
-- and activities (late ones, wrong ones, moved from lead to lead), leads that are excluded and let in again, changes of
-- rules, rescores and purges, in transactions of their own.  Beside it stands a definition in plain SQL, which evaluates
-- conditions with jsonb_path_match() over to_jsonb(row) and knows nothing of any state.  After each step:
--   the stored scores = the definition at the instant of the write, for leads that are not stale;
--   lead_score(lead, t) = the definition at t = the sum of explain_score(lead, t), past, now and future, stale or not;
-- and at the end of a world:
--   rescored from scratch = incremental; order of arrival does not matter; insert then delete restores;
--   a purge changes no score from its last activity on; verify has nothing to say.
\ir ../pgtap/include/begin.psql
\if :{?seed} \else \set seed 0.42 \endif
\if :{?worlds} \else \set worlds 25 \endif
SET extra_float_digits = 1;
SELECT setseed(:seed) \gset ignored_
SELECT plan(9);

SELECT smarketing.create_workspace('w') \gset ignored_
UPDATE w.transition SET automatic_when = NULL, automatic_on = NULL;
ALTER TABLE w.lead ADD tags text[];
SET search_path = w;

CREATE TEMPORARY TABLE tally (property text, cases bigint, worst float8);
CREATE TEMPORARY TABLE failure (world int, property text, object text, want float8, got float8, at timestamptz);

CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE plpgsql VOLATILE AS
$$BEGIN RETURN choices[1 + floor(random() * cardinality(choices))::int]; END$$;

-- from a millisecond to three years
CREATE FUNCTION pg_temp.span() RETURNS interval LANGUAGE plpgsql VOLATILE AS
$$BEGIN RETURN make_interval(secs => 0.001 * exp(random() * ln(1e11))); END$$;

-- ---------- the definition ----------

CREATE FUNCTION pg_temp.holds(doc jsonb, condition jsonpath) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$SELECT condition IS NULL OR jsonb_path_match(doc, condition, '{}', true) IS TRUE$$;

CREATE FUNCTION pg_temp.clamp(value float8, low float8, high float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$SELECT least(greatest(value, coalesce(low, '-infinity')), coalesce(high, 'infinity'))$$;

CREATE FUNCTION pg_temp.true_fit(lead jsonb) RETURNS float8 LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(pg_temp.clamp(coalesce(s.points, 0), c.min_points, c.max_points)), 0)
    FROM scoring_category AS c
    LEFT JOIN LATERAL (SELECT sum(r.points) AS points FROM scoring_rule AS r
                       WHERE r.category = c.name AND r.active AND pg_temp.holds(lead, r.condition)) AS s ON true
    WHERE c.dimension = 'fit'
$$;

-- what is left of a point; underflow is 0, as in any arithmetic but power()'s
CREATE FUNCTION pg_temp.rest(at timestamptz, t timestamptz, half_life interval) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN half_life IS NULL THEN 1
                WHEN extract(epoch FROM t - at) / extract(epoch FROM half_life) > 1000 THEN 0
                ELSE power(2::float8, (-extract(epoch FROM t - at) / extract(epoch FROM half_life))::float8) END
$$;

CREATE FUNCTION pg_temp.true_engagement(id bigint, t timestamptz) RETURNS float8 LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(pg_temp.clamp(coalesce(s.points, 0), c.min_points, c.max_points)), 0)
    FROM scoring_category AS c
    LEFT JOIN LATERAL (SELECT sum(r.points * pg_temp.rest(a.at, t, c.half_life)) AS points
                       FROM activity AS a
                       JOIN scoring_rule AS r ON r.activity_kind = a.kind AND r.category = c.name AND r.active
                       WHERE a.lead_id = true_engagement.id AND a.at <= t AND pg_temp.holds(to_jsonb(a) - 'points', r.condition)) AS s ON true
    WHERE c.dimension = 'engagement'
$$;

CREATE FUNCTION pg_temp.compare(world int, property text, object text, want float8, got float8, at timestamptz DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    error float8 := abs(want - got) / greatest(1, abs(want));
BEGIN
    INSERT INTO tally VALUES (property, 1, error);
    IF error > 1e-9 OR error IS NULL THEN
        INSERT INTO failure VALUES (world, property, object, want, got, at);
    END IF;
END
$$;

-- ---------- a world ----------

CREATE FUNCTION pg_temp.lead_condition() RETURNS jsonpath LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN CASE WHEN random() < 0.1 THEN NULL ELSE format(pg_temp.pick('$.employees >= %1$s', '$.employees < %1$s && $.country == "US"', '$.industry == "a" || $.industry == "b"',
        '$.job_title like_regex "ceo|cto" flag "i"', '$.attributes.budget > %1$s', '!($.country == "IT")', '$.industry != "a"',
        'exists($.tags[*] ? (@ == "x"))', '$.tags.size() > 1', '$.annual_revenue / 2 > %1$s', '$.stage == "lead"', '$.persona == "p"',
        '$.email like_regex "@b[.]com$"', '$.attributes.list[*] > %1$s', '($.employees > 3) is unknown', '$.attributes.city starts with "L"'), floor(random() * 100)) END::jsonpath;
END$$;

CREATE FUNCTION pg_temp.activity_condition() RETURNS jsonpath LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN CASE WHEN random() < 0.4 THEN NULL ELSE format(pg_temp.pick('$.properties.path == "/a"', '$.properties.seconds >= %s', '$.direction == "in"', '$.campaign != "c1"',
        '$.channel == "web" || $.properties.path starts with "/b"', '!exists($.properties.path)', '$.actor == null', '$.at > "2024-06-01"'), floor(random() * 100)) END::jsonpath;
END$$;

CREATE PROCEDURE pg_temp.make_rules() LANGUAGE plpgsql AS $$
DECLARE
    n int;
BEGIN
    DELETE FROM scoring_rule;
    DELETE FROM scoring_category;
    FOR i IN 1 .. 2 + floor(random() * 5)::int LOOP
        INSERT INTO scoring_category (name, dimension, position, min_points, max_points, half_life)
        SELECT 'c' || i, d, floor(random() * 3), CASE WHEN random() < 0.4 THEN floor(random() * 40 - 30) END, CASE WHEN random() < 0.4 THEN floor(random() * 60 + 11) END,
               CASE WHEN d = 'engagement' THEN pg_temp.pick(NULL, '20 milliseconds', '3 seconds', '1 hour', '1 day', '30 days', '9999 days') END::interval
        FROM (SELECT CASE WHEN i = 1 OR random() < 0.65 THEN 'engagement' ELSE 'fit' END AS d) AS x;
    END LOOP;
    n := 4 + floor(random() * 12);
    INSERT INTO scoring_rule (name, category, activity_kind, condition, points, active)
    SELECT 'r' || i, c.name, CASE WHEN c.dimension = 'engagement' THEN pg_temp.pick('page_view', 'webinar', 'email_click', 'bounce') END,
           CASE WHEN c.dimension = 'engagement' THEN pg_temp.activity_condition() ELSE pg_temp.lead_condition() END,
           CASE WHEN random() < 0.3 THEN -1 ELSE 1 END * pg_temp.pick('1', '10', '0.1', '7.25', '0', '1e6', '33.333333333')::float8, random() < 0.9
    FROM generate_series(1, n) AS i
    CROSS JOIN LATERAL (SELECT * FROM scoring_category WHERE i > 0 ORDER BY random() LIMIT 1) AS c;
END
$$;

CREATE PROCEDURE pg_temp.change_rules() LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.5 THEN
        UPDATE scoring_rule SET points = round((random() * 40 - 10)::numeric, 2), active = random() < 0.8 WHERE name = (SELECT name FROM scoring_rule ORDER BY random() LIMIT 1);
    ELSE
        UPDATE scoring_category SET half_life = pg_temp.pick(NULL, '1 second', '2 hours', '90 days')::interval, max_points = pg_temp.pick(NULL, '25', '50')::float8
        WHERE name = (SELECT name FROM scoring_category WHERE dimension = 'engagement' ORDER BY random() LIMIT 1);
    END IF;
END
$$;

CREATE FUNCTION pg_temp.some_leads(n int) RETURNS SETOF bigint LANGUAGE sql VOLATILE AS
$$SELECT id FROM lead ORDER BY random() LIMIT n$$;

CREATE PROCEDURE pg_temp.write_leads() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lead SET employees = floor(random() * 120), country = pg_temp.pick('US', 'IT', NULL), industry = pg_temp.pick('a', 'b', 'c', NULL), job_title = pg_temp.pick('CEO', 'clerk', NULL),
        annual_revenue = pg_temp.pick('10', '150', NULL, '0.5')::numeric, tags = pg_temp.pick('{}', '{x}', '{x,y}', NULL)::text[],
        attributes = pg_temp.pick(NULL, '{"budget": 50, "city": "Lisbon"}', '{"budget": "50", "list": [1, 99]}', '{"list": 60}')::jsonb,
        score = 17, fit = 3, engagement_state = '{1,2,3}'
    WHERE id IN (SELECT pg_temp.some_leads(3));
END
$$;

CREATE PROCEDURE pg_temp.write_activities() LANGUAGE plpgsql AS $$
DECLARE
    k float8 := random();
BEGIN
    IF k < 0.55 THEN
        INSERT INTO activity (lead_id, kind, at, direction, campaign, channel, properties, points)
        SELECT l.id, pg_temp.pick('page_view', 'webinar', 'email_click', 'bounce', 'note', 'call'), CASE WHEN random() < 0.2 THEN now() ELSE clock_timestamp() - pg_temp.span() END,
               pg_temp.pick('in', 'out', NULL), pg_temp.pick('c1', 'c2', NULL), pg_temp.pick('web', 'mail', NULL),
               pg_temp.pick(NULL, '{"path": "/a", "seconds": 30}', '{"path": "/b/c", "seconds": 80}', '{"seconds": "x"}')::jsonb, '{9,9}'
        FROM pg_temp.some_leads(1 + floor(random() * 4)::int) AS l (id), generate_series(1, (1 + floor(random() * 3))::int);
    ELSIF k < 0.7 THEN
        UPDATE activity SET at = at - pg_temp.span(), kind = pg_temp.pick(kind, 'webinar', 'bounce') WHERE id IN (SELECT id FROM activity ORDER BY random() LIMIT 3);
    ELSIF k < 0.8 THEN
        UPDATE activity SET properties = '{"path": "/a", "seconds": 99}', points = NULL WHERE id IN (SELECT id FROM activity ORDER BY random() LIMIT 3);
    ELSIF k < 0.9 THEN
        UPDATE activity SET lead_id = (SELECT pg_temp.some_leads(1)) WHERE id IN (SELECT id FROM activity ORDER BY random() LIMIT 2);
    ELSE
        DELETE FROM activity WHERE id IN (SELECT id FROM activity ORDER BY random() LIMIT 3);
    END IF;
END
$$;

-- ---------- what must hold ----------

CREATE PROCEDURE pg_temp.check_leads(world int) LANGUAGE plpgsql AS $$
DECLARE
    l lead;
    t timestamptz;
    want float8;
    generation bigint := smarketing.scoring_generation('w');
BEGIN
    FOR l IN SELECT * FROM lead WHERE excluded IS NULL LOOP
        IF l.score_generation = generation THEN
            t := greatest(l.updated_at, l.engagement_at);
            PERFORM pg_temp.compare(world, 'stored fit', l.id::text, pg_temp.true_fit(to_jsonb(l)), l.fit, t);
            PERFORM pg_temp.compare(world, 'stored engagement', l.id::text, pg_temp.true_engagement(l.id, t), l.engagement, t);
        END IF;
        FOREACH t IN ARRAY ARRAY[now(), now() + pg_temp.span(), now() - pg_temp.span()] LOOP
            want := pg_temp.true_fit(to_jsonb(l)) + pg_temp.true_engagement(l.id, t);
            PERFORM pg_temp.compare(world, 'lead_score', l.id::text, want, smarketing.lead_score(l, t), t);
            PERFORM pg_temp.compare(world, 'explain_score', l.id::text, want, (SELECT coalesce(sum(e.contribution), 0) FROM smarketing.explain_score(l, t) AS e), t);
        END LOOP;
    END LOOP;
END
$$;

-- The activities of a lead once more, one by one, in another order; then out again.
CREATE PROCEDURE pg_temp.check_order(world int) LANGUAGE plpgsql AS $$
DECLARE
    l lead;
    twin lead;
    a activity;
BEGIN
    SELECT * INTO l FROM lead WHERE excluded IS NULL ORDER BY random() LIMIT 1;
    INSERT INTO lead (employees, country, industry, job_title, annual_revenue, tags, attributes)
    SELECT l.employees, l.country, l.industry, l.job_title, l.annual_revenue, l.tags, l.attributes RETURNING * INTO twin;
    FOR a IN SELECT * FROM activity WHERE lead_id = l.id ORDER BY random() LOOP
        INSERT INTO activity (lead_id, kind, at, actor, direction, campaign, channel, properties) VALUES (twin.id, a.kind, a.at, a.actor, a.direction, a.campaign, a.channel, a.properties);
        IF random() < 0.3 THEN
            COMMIT;
        END IF;
    END LOOP;
    SELECT * INTO twin FROM lead WHERE id = twin.id;
    PERFORM pg_temp.compare(world, 'order of arrival', l.id::text, smarketing.engagement_score(l, now()), smarketing.engagement_score(twin, now()));
    -- into the first lead, and out again
    UPDATE activity SET lead_id = l.id WHERE lead_id = twin.id;
    COMMIT;
    DELETE FROM activity WHERE id IN (SELECT DISTINCT ON (kind, at, actor, direction, campaign, channel, properties) id FROM activity WHERE lead_id = l.id
                                      ORDER BY kind, at, actor, direction, campaign, channel, properties, id DESC)
        AND lead_id = l.id AND (SELECT count(*) FROM activity WHERE lead_id = l.id) % 2 = 0;
    DELETE FROM lead WHERE id = twin.id;
END
$$;

CREATE PROCEDURE pg_temp.check_restored(world int) LANGUAGE plpgsql AS $$
DECLARE
    before lead;
    last bigint := (SELECT coalesce(max(id), 0) FROM activity);
BEGIN
    SELECT * INTO before FROM lead WHERE excluded IS NULL ORDER BY random() LIMIT 1;
    FOR i IN 1 .. 3 LOOP
        INSERT INTO activity (lead_id, kind, at, properties)
        SELECT before.id, pg_temp.pick('page_view', 'webinar', 'email_click', 'bounce'), clock_timestamp() - pg_temp.span(), '{"path": "/a", "seconds": 90}' FROM generate_series(1, 5);
        COMMIT;
    END LOOP;
    DELETE FROM activity WHERE id > last;
    PERFORM pg_temp.compare(world, 'insert then delete', before.id::text, smarketing.lead_score(before, now()), smarketing.lead_score(l, now())) FROM lead AS l WHERE l.id = before.id;
END
$$;

-- a = rescored, b = incremental
CREATE PROCEDURE pg_temp.check_rescored(world int) LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMPORARY TABLE incremental AS SELECT l.id, smarketing.engagement_score(l, now()) AS e, l.score_generation = smarketing.scoring_generation('w') AS current FROM lead AS l WHERE l.excluded IS NULL;
    PERFORM smarketing.rescore('w');
    PERFORM pg_temp.compare(world, 'rescored', l.id::text, i.e, l.engagement) FROM lead AS l JOIN incremental AS i USING (id);
    DROP TABLE incremental;
END
$$;

CREATE PROCEDURE pg_temp.check_purged(world int) LANGUAGE plpgsql AS $$
DECLARE
    horizon timestamptz := now() - pg_temp.span();
    t timestamptz;
BEGIN
    FOREACH t IN ARRAY ARRAY[now(), now() + pg_temp.span(), horizon + (now() - horizon) * random()] LOOP
        INSERT INTO unpurged SELECT l.id, t, smarketing.lead_score(l, t) FROM lead AS l;
    END LOOP;
    PERFORM smarketing.purge_activities('w', horizon);
    PERFORM pg_temp.compare(world, 'purge', l.id::text, u.score, smarketing.lead_score(l, u.at), u.at) FROM lead AS l JOIN unpurged AS u USING (id);
    COMMIT;
    PERFORM smarketing.rescore('w');
    PERFORM pg_temp.compare(world, 'purge', l.id::text, u.score, smarketing.lead_score(l, u.at), u.at) FROM lead AS l JOIN unpurged AS u USING (id);
    PERFORM pg_temp.compare(world, 'purge', l.id::text, u.score, (SELECT coalesce(sum(e.contribution), 0) FROM smarketing.explain_score(l, u.at) AS e), u.at) FROM lead AS l JOIN unpurged AS u USING (id);
    DELETE FROM unpurged;
END
$$;
CREATE TEMPORARY TABLE unpurged (id bigint, at timestamptz, score float8);

CREATE PROCEDURE pg_temp.live(world int) LANGUAGE plpgsql AS $$
DECLARE
    problem record;
    k float8;
BEGIN
    DELETE FROM lead;
    CALL pg_temp.make_rules();
    INSERT INTO lead (email) SELECT pg_temp.pick('x', 'y') || i || '@' || pg_temp.pick('a.com', 'b.com') FROM generate_series(1, 6) AS i;
    COMMIT;
    FOR step IN 1 .. 14 LOOP
        k := random();
        IF k < 0.2 THEN CALL pg_temp.write_leads();
        ELSIF k < 0.28 THEN CALL pg_temp.change_rules();
        ELSIF k < 0.31 THEN PERFORM smarketing.rescore('w');
        ELSIF k < 0.35 THEN UPDATE lead SET excluded = CASE WHEN excluded IS NULL THEN 'test' END WHERE id IN (SELECT pg_temp.some_leads(1));
        ELSE CALL pg_temp.write_activities();
        END IF;
        COMMIT;
        CALL pg_temp.check_leads(world);
        COMMIT;
    END LOOP;
    CALL pg_temp.check_restored(world);
    COMMIT;
    CALL pg_temp.check_order(world);
    COMMIT;
    CALL pg_temp.check_leads(world);
    COMMIT;
    CALL pg_temp.check_rescored(world);
    COMMIT;
    FOR problem IN SELECT * FROM smarketing.verify('w') LOOP
        INSERT INTO failure VALUES (world, 'verify', format('%s of %s: %s, not %s', problem.check_name, problem.object, problem.found, problem.expected), NULL, NULL, NULL);
    END LOOP;
    CALL pg_temp.check_purged(world);
    COMMIT;
    FOR problem IN SELECT * FROM smarketing.verify('w') LOOP
        INSERT INTO failure VALUES (world, 'verify', format('%s of %s: %s, not %s', problem.check_name, problem.object, problem.found, problem.expected), NULL, NULL, NULL);
    END LOOP;
END
$$;

SELECT format('CALL pg_temp.live(%s)', n) FROM generate_series(1, :worlds) AS n \gexec

SELECT ok(NOT EXISTS (SELECT FROM failure AS f WHERE f.property = p.property) AND (p.property = 'verify' OR EXISTS (SELECT FROM tally AS t WHERE t.property = p.property)),
          format('%s: %s cases, worst error %s', p.property, (SELECT count(*) FROM tally AS t WHERE t.property = p.property),
                 (SELECT coalesce(max(t.worst), 0) FROM tally AS t WHERE t.property = p.property)))
FROM unnest('{stored fit,stored engagement,lead_score,explain_score,order of arrival,insert then delete,rescored,purge,verify}'::text[]) AS p (property);
SELECT diag(format('seed %s, world %s: %s of %s should be %s, is %s at %s', :seed, world, property, object, want, got, at))
FROM failure ORDER BY world LIMIT 20;
SELECT * FROM finish();
