-- Scores: fit of a million leads, a million activities, and rescore, each beside its rivals in the same run.
-- SMK_LEADS and SMK_ACTIVITIES in the environment change the sizes (activities by COPY; rescore has ten a lead).
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
\set leads `echo ${SMK_LEADS:-1000000}`
\set activities `echo ${SMK_ACTIVITIES:-1000000}`

SELECT smarketing.create_workspace('b') \gset ignored_
DELETE FROM b.scoring_rule;
DELETE FROM b.scoring_category;
INSERT INTO b.scoring_category (name, dimension, position, min_points, max_points, half_life) VALUES
    ('firm', 'fit', 1, -40, 60, NULL), ('person', 'fit', 2, -40, 40, NULL),
    ('reads', 'engagement', 3, 0, 40, '30 days'), ('buys', 'engagement', 4, 0, 80, '14 days');

-- twenty fit rules, as conditions and as the same in SQL
CREATE TABLE b.fit_rule (name text, category text, condition jsonpath, points float8, sql text);
INSERT INTO b.fit_rule VALUES
    ('r01', 'firm', '$.industry == "software"', 15, 'industry = ''software'''),
    ('r02', 'firm', '$.industry == "finance" || $.industry == "retail"', 8, 'industry IN (''finance'', ''retail'')'),
    ('r03', 'firm', '$.industry == "education"', -10, 'industry = ''education'''),
    ('r04', 'firm', '$.employees >= 50 && $.employees <= 1000', 15, 'employees BETWEEN 50 AND 1000'),
    ('r05', 'firm', '$.employees > 1000', 10, 'employees > 1000'),
    ('r06', 'firm', '$.employees < 10', -10, 'employees < 10'),
    ('r07', 'firm', '$.annual_revenue >= 5000000', 5, 'annual_revenue >= 5000000'),
    ('r08', 'firm', '$.annual_revenue < 100000', -5, 'annual_revenue < 100000'),
    ('r09', 'firm', '$.country == "US" || $.country == "CA"', 5, 'country IN (''US'', ''CA'')'),
    ('r10', 'firm', '$.country == "BR"', 3, 'country = ''BR'''),
    ('r11', 'firm', '$.region == "south"', 1, 'region = ''south'''),
    ('r12', 'firm', '$.attributes.plan == "pro"', 6, 'attributes ->> ''plan'' = ''pro'''),
    ('r13', 'firm', '$.attributes.seats > 20', 4, '(attributes ->> ''seats'')::int > 20'),
    ('r14', 'person', '$.job_title like_regex "^(ceo|cto|founder)"', 20, 'job_title ~ ''^(ceo|cto|founder)'''),
    ('r15', 'person', '$.job_title starts with "head"', 15, 'starts_with(job_title, ''head'')'),
    ('r16', 'person', '$.job_title starts with "manager"', 8, 'starts_with(job_title, ''manager'')'),
    ('r17', 'person', '$.job_title == "student"', -40, 'job_title = ''student'''),
    ('r18', 'person', '$.email like_regex "@(gmail|yahoo|hotmail)[.]com$"', -10, 'email ~ ''@(gmail|yahoo|hotmail)[.]com$'''),
    ('r19', 'person', '$.language == "en"', 2, 'language = ''en'''),
    ('r20', 'person', '$.do_not_contact == true', -20, 'do_not_contact');
INSERT INTO b.scoring_rule (name, category, condition, points) SELECT name, category, condition, points FROM b.fit_rule;
INSERT INTO b.scoring_rule (name, category, activity_kind, condition, points) VALUES
    ('page', 'reads', 'page_view', NULL, 1), ('jobs', 'reads', 'page_view', '$.properties.path == "/jobs"', -5),
    ('click', 'reads', 'email_click', NULL, 4), ('price', 'buys', 'pricing_view', '$.properties.seconds >= 20', 10);

CREATE TABLE b.input AS
SELECT n AS id, (ARRAY['software', 'finance', 'retail', 'education', 'mining', 'health'])[1 + n % 6] AS industry, (n::bigint * 7919 % 3000)::int AS employees,
       ((n::bigint * 104729) % 20000000)::numeric AS annual_revenue, (ARRAY['US', 'CA', 'BR', 'PT', 'IT'])[1 + n % 5] AS country,
       (ARRAY['ceo', 'head of it', 'manager', 'student', 'clerk', 'founder and cto', 'engineer'])[1 + n % 7] AS job_title,
       'u' || n || (ARRAY['@gmail.com', '@acme.example', '@corp.example'])[1 + n % 3] AS email, (ARRAY['en', 'pt'])[1 + n % 2] AS language,
       jsonb_build_object('plan', (ARRAY['pro', 'free'])[1 + n % 2], 'seats', n % 40) AS attributes
FROM generate_series(1, :leads) AS n;

CREATE TABLE b.figure (step text, way text, seconds float8, note text);
CREATE PROCEDURE b.measure(step text, way text, query text, note text DEFAULT NULL, repeat int DEFAULT 3) LANGUAGE plpgsql AS $$
DECLARE
    started timestamptz;
    best float8 := 'infinity';
BEGIN
    FOR i IN 1 .. repeat LOOP
        started := clock_timestamp();
        EXECUTE query;
        best := least(best, extract(epoch FROM clock_timestamp() - started));
    END LOOP;
    INSERT INTO b.figure VALUES (step, way, best, note);
    RAISE INFO '% | % | % s', step, way, round(best::numeric, 3);
END
$$;

CALL b.measure('leads in', 'INSERT, scored', 'INSERT INTO b.lead (external_id, industry, employees, annual_revenue, country, job_title, email, language, attributes)
    SELECT id, industry, employees, annual_revenue, country, job_title, email, language, attributes FROM b.input', repeat => 1);
VACUUM ANALYZE b.lead;

-- ---------- fit ----------

SELECT string_agg(format('least(greatest(0 %s, %s), %s)', terms, low, high), ' + ') AS case_of_all
FROM (SELECT c.min_points AS low, c.max_points AS high, string_agg(format('+ CASE WHEN %s THEN %s ELSE 0 END', r.sql, r.points), ' ' ORDER BY r.name) AS terms
      FROM b.fit_rule AS r JOIN b.scoring_category AS c ON c.name = r.category GROUP BY c.name, c.min_points, c.max_points) AS x \gset
-- the rival that reads the table of rules, one lead at a time
CREATE FUNCTION b.plpgsql_fit(l b.lead) RETURNS float8 LANGUAGE plpgsql STABLE AS $$
DECLARE
    r record;
    c record;
    points float8;
    total float8 := 0;
    doc jsonb := to_jsonb(l);
BEGIN
    FOR c IN SELECT name, min_points, max_points FROM b.scoring_category WHERE dimension = 'fit' LOOP
        points := 0;
        FOR r IN SELECT condition, s.points FROM b.scoring_rule AS s WHERE category = c.name AND active LOOP
            IF doc @@ r.condition THEN
                points := points + r.points;
            END IF;
        END LOOP;
        total := total + least(greatest(points, c.min_points), c.max_points);
    END LOOP;
    RETURN total;
END
$$;
SELECT max(abs(smarketing.fit_score(l) - (:case_of_all))) AS fit_differs, max(abs(smarketing.fit_score(l) - b.plpgsql_fit(l))) AS plpgsql_differs FROM b.lead AS l WHERE id % 1000 = 1;
SET max_parallel_workers_per_gather = 0;
CALL b.measure('fit', 'fit_score()', 'SELECT sum(smarketing.fit_score(l)) FROM b.lead AS l');
SELECT format($$CALL b.measure('fit', 'hand-written CASE', 'SELECT sum(%s) FROM b.lead AS l')$$, replace(:'case_of_all', '''', '''''')) \gexec
CALL b.measure('fit', 'jsonpath per rule', 'SELECT sum(x.p) FROM b.lead AS l, LATERAL (SELECT to_jsonb(l) AS doc OFFSET 0) AS d, LATERAL (SELECT sum(r.points) AS p FROM b.fit_rule AS r WHERE d.doc @@ r.condition) AS x WHERE id % 10 = 1', 'a tenth of the leads', 1);
CALL b.measure('fit', 'PL/pgSQL over the rules', 'SELECT sum(b.plpgsql_fit(l)) FROM b.lead AS l WHERE id % 10 = 1', 'a tenth of the leads', 1);

-- ---------- activities by COPY ----------

CREATE TABLE b.feed AS
SELECT 1 + (n * 7919::bigint) % :leads AS lead_id, (ARRAY['page_view', 'page_view', 'page_view', 'email_click', 'pricing_view', 'note', 'call'])[1 + n % 7] AS kind,
       now() - (n % 100000) * interval '10 seconds' AS at, CASE WHEN n % 3 = 0 THEN jsonb_build_object('path', '/jobs', 'seconds', n % 60) END AS properties
FROM generate_series(1, :activities) AS n;
\set file `mktemp -u`

COPY b.feed TO :'file';
CREATE TEMPORARY TABLE file AS SELECT :'file'::text AS name;
-- the same table without our triggers: keys, indexes and foreign key are there
CREATE TABLE b.bare_activity (LIKE b.activity INCLUDING ALL);
ALTER TABLE b.bare_activity ADD FOREIGN KEY (lead_id) REFERENCES b.lead ON DELETE CASCADE;
SELECT format($$CALL b.measure('activities', 'no triggers', $q$COPY b.bare_activity (lead_id, kind, at, properties) FROM %L$q$, repeat => 1)$$, name) FROM file \gexec
SELECT format($$CALL b.measure('activities', 'all on', $q$COPY b.activity (lead_id, kind, at, properties) FROM %L$q$, repeat => 1)$$, name) FROM file \gexec
-- the rival: what a developer would write, with the rules in a table
CREATE TABLE b.plpgsql_lead AS SELECT id, 0::float8 AS reads, 0::float8 AS buys, now() AS at FROM b.lead;
ALTER TABLE b.plpgsql_lead ADD PRIMARY KEY (id), ALTER reads SET STATISTICS 0;
ALTER TABLE b.plpgsql_lead SET (fillfactor = 80);
VACUUM ANALYZE b.plpgsql_lead;
CREATE TABLE b.plpgsql_activity (LIKE b.activity INCLUDING ALL);
ALTER TABLE b.plpgsql_activity ADD FOREIGN KEY (lead_id) REFERENCES b.lead ON DELETE CASCADE;
CREATE FUNCTION b.plpgsql_score() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r record;
    l b.plpgsql_lead;
BEGIN
    FOR r IN SELECT s.category, s.condition, s.points, extract(epoch FROM c.half_life) AS h FROM b.scoring_rule AS s JOIN b.scoring_category AS c ON c.name = s.category
             WHERE s.activity_kind = NEW.kind AND s.active LOOP
        IF r.condition IS NULL OR to_jsonb(NEW) @@ r.condition THEN
            SELECT * INTO l FROM b.plpgsql_lead WHERE id = NEW.lead_id FOR UPDATE;
            IF r.category = 'reads' THEN
                UPDATE b.plpgsql_lead SET reads = l.reads * power(2, -extract(epoch FROM now() - l.at) / r.h) + r.points * power(2, -extract(epoch FROM now() - NEW.at) / r.h), at = now() WHERE id = NEW.lead_id;
            ELSE
                UPDATE b.plpgsql_lead SET buys = l.buys * power(2, -extract(epoch FROM now() - l.at) / r.h) + r.points * power(2, -extract(epoch FROM now() - NEW.at) / r.h), at = now() WHERE id = NEW.lead_id;
            END IF;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER score AFTER INSERT ON b.plpgsql_activity FOR EACH ROW EXECUTE FUNCTION b.plpgsql_score();
SELECT format($$CALL b.measure('activities', 'PL/pgSQL trigger', $q$COPY b.plpgsql_activity (lead_id, kind, at, properties) FROM %L$q$, repeat => 1)$$, name) FROM file \gexec
SELECT count(*) AS differ FROM b.lead AS l JOIN b.plpgsql_lead AS p USING (id) WHERE abs(coalesce(l.engagement_state[(SELECT slot FROM b.scoring_category WHERE name = 'reads')], 0) * power(2, -extract(epoch FROM p.at - coalesce(l.engagement_at, p.at)) / 2592000) - p.reads) > 1e-3;
DROP TABLE b.bare_activity, b.plpgsql_activity, b.plpgsql_lead;

-- ---------- rescore ----------

-- nine times as many again, without triggers, as a restore brings them
ALTER TABLE b.activity DISABLE TRIGGER USER;
INSERT INTO b.activity (lead_id, kind, at, properties) SELECT lead_id, kind, at - m * interval '7 days', properties FROM b.feed, generate_series(1, (9.0 * :leads / :activities)::int) AS m;
ALTER TABLE b.activity ENABLE TRIGGER USER;
VACUUM ANALYZE b.activity, b.lead;
SELECT count(*) AS activities_to_rescore FROM b.activity;
CALL b.measure('rescore', 'all points new', $$SELECT smarketing.rescore('b')$$, repeat => 1);
VACUUM b.activity, b.lead;
UPDATE b.scoring_category SET half_life = '10 days' WHERE name = 'buys';
CALL b.measure('rescore', 'after a half-life has changed', $$SELECT smarketing.rescore('b')$$, repeat => 1);
-- the rival: one statement made for these rules and no others
CREATE TABLE b.sql_lead (LIKE b.lead INCLUDING ALL) WITH (fillfactor = 80);
INSERT INTO b.sql_lead SELECT * FROM b.lead;
VACUUM ANALYZE b.sql_lead;
SELECT format($call$CALL b.measure('rescore', 'one UPDATE in SQL, made for the rules', $q$
    UPDATE b.sql_lead AS l SET fit = %s, engagement = coalesce(s.reads, 0) + coalesce(s.buys, 0), engagement_state = ARRAY[s.reads, s.buys], engagement_at = now(), updated_at = now()
    FROM b.lead AS k LEFT JOIN (
        SELECT a.lead_id,
               sum((CASE kind WHEN 'page_view' THEN 1 + CASE WHEN a.properties ->> 'path' = '/jobs' THEN -5 ELSE 0 END WHEN 'email_click' THEN 4 ELSE 0 END)
                   * power(2::float8, -(extract(epoch FROM now() - a.at) / 2592000)::float8)) AS reads,
               sum(CASE WHEN kind = 'pricing_view' AND (a.properties ->> 'seconds')::int >= 20 THEN 10 ELSE 0 END
                   * power(2::float8, -(extract(epoch FROM now() - a.at) / 864000)::float8)) AS buys
        FROM b.activity AS a GROUP BY a.lead_id) AS s ON s.lead_id = k.id
    WHERE l.id = k.id$q$, repeat => 1)$call$,
    regexp_replace(:'case_of_all', '\m(industry|employees|annual_revenue|country|region|attributes|job_title|email|language|do_not_contact)\M', 'l.\1', 'g')) \gexec
SELECT count(*) AS differ FROM b.lead AS l JOIN b.sql_lead AS s USING (id) WHERE abs(l.fit - s.fit) > 1e-9;
DROP TABLE b.sql_lead;
UPDATE b.scoring_rule SET points = 12 WHERE name = 'price';
CALL b.measure('rescore', 'score_diff of one rule', $$SELECT count(*) FROM smarketing.score_diff('b')$$, repeat => 1);

SELECT step, way, round(seconds::numeric, 3) AS seconds, note FROM b.figure;
SELECT 'fit: against a hand-written CASE (aim <= 2)' AS ratio, round((f.fit_score / f.case_of)::numeric, 2) AS value FROM
    (SELECT max(seconds) FILTER (WHERE way = 'fit_score()') AS fit_score, max(seconds) FILTER (WHERE way = 'hand-written CASE') AS case_of FROM b.figure) AS f
UNION ALL SELECT 'fit: faster than PL/pgSQL over the rules (aim >= 20)', round((10 * max(seconds) FILTER (WHERE way LIKE 'PL/pgSQL over%') / max(seconds) FILTER (WHERE way = 'fit_score()'))::numeric, 1) FROM b.figure
UNION ALL SELECT 'fit: faster than jsonpath per rule', round((10 * max(seconds) FILTER (WHERE way = 'jsonpath per rule') / max(seconds) FILTER (WHERE way = 'fit_score()'))::numeric, 1) FROM b.figure
UNION ALL SELECT 'activities: against no triggers (aim <= 3)', round((max(seconds) FILTER (WHERE way = 'all on') / max(seconds) FILTER (WHERE way = 'no triggers'))::numeric, 2) FROM b.figure
UNION ALL SELECT 'activities: faster than PL/pgSQL (aim >= 5)', round((max(seconds) FILTER (WHERE way = 'PL/pgSQL trigger') / max(seconds) FILTER (WHERE way = 'all on'))::numeric, 2) FROM b.figure
UNION ALL SELECT 'rescore: against one UPDATE in SQL made for the rules', round((max(seconds) FILTER (WHERE way LIKE 'after a half-life%') / max(seconds) FILTER (WHERE way LIKE 'one UPDATE%'))::numeric, 2) FROM b.figure;
DROP SCHEMA b CASCADE;
\setenv FILE :file
\! rm -f "$FILE"
