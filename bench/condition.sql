-- Benchmark: one condition over a million leads, compiled, as plain SQL, and
-- as PostgreSQL's own jsonpath over to_jsonb(row).
--
--   psql -X -v rows=1000000 -v rounds=5 -f bench/condition.sql
--
-- The three take turns; the best turn of each counts.  Ratios are to plain
-- SQL and to jsonpath in the same run; times say little on another machine.

\set ON_ERROR_STOP on
\if :{?rows} \else \set rows 1000000 \endif
\if :{?rounds} \else \set rounds 5 \endif
\set QUIET on
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET timezone = 'UTC';
SET client_min_messages = warning;
SET temp_buffers = '1GB';

-- A lead as a workspace has it: two dozen columns, some of them empty.
CREATE TEMP TABLE bench_lead AS
SELECT i::bigint AS id, 'lead' || i || '@example.com' AS email, 'First' || i % 1000 AS first_name,
       'Last' || i % 5000 AS last_name, 'Company ' || i % 20000 AS company,
       (ARRAY['software', 'retail', 'finance', 'health', NULL])[1 + i % 5] AS industry,
       (i * 7919::bigint % 500)::int AS employees, (ARRAY['de', 'at', 'ch', 'us'])[1 + i % 4] AS country,
       NULL::text AS title, 'lead' AS stage, now() - i * interval '1 second' AS stage_since,
       (i % 100)::numeric AS score, (i % 50)::numeric AS fit, (i % 50)::numeric AS engagement,
       'warm' AS band, NULL::text AS persona, 'owner' || i % 20 AS owner, 'emea' AS team,
       'web' AS origin, NULL::text AS campaign, now() - i * interval '1 minute' AS created_at,
       now() AS updated_at, jsonb_build_object('budget', i % 20000, 'tags', jsonb_build_array('a', i % 7)) AS attributes,
       ARRAY['a', 'tag' || i % 10] AS labels
FROM generate_series(1, :rows) i;
VACUUM ANALYZE bench_lead;

CREATE TEMP TABLE contest (no int, name text, condition jsonpath, rival text);
INSERT INTO contest VALUES
(1, 'text and int', '$.industry == "software" && $.employees >= 50', $$industry = 'software' AND employees >= 50$$),
(2, 'one int', '$.employees >= 490', $$employees >= 490$$),
(3, 'numeric, last third', '$.score >= 60 && $.band == "warm"', $$score >= 60 AND band = 'warm'$$),
(4, 'timestamptz', '$.created_at < "2020-01-01T00:00:00+00:00"', $$created_at < '2020-01-01 00:00+00'$$),
(5, 'key of a jsonb', '$.attributes.budget > 10000', $$(attributes ->> 'budget')::numeric > 10000$$),
(6, 'array', '$.labels == "tag3"', $$'tag3' = ANY (labels)$$),
(7, 'like_regex', '$.email like_regex "@example[.]com$"', $$email ~ '@example[.]com$'$$);

CREATE TEMP TABLE timing (no int, way text, seconds float8, hits bigint);

CREATE PROCEDURE pg_temp.contest(rounds int) LANGUAGE plpgsql AS $$
DECLARE
    c record;
    way text;
    started timestamptz;
    hits bigint;
    query text;
BEGIN
    FOR c IN SELECT * FROM contest ORDER BY no LOOP
        FOR i IN 1 .. rounds LOOP
            FOREACH way IN ARRAY ARRAY['sql', 'compiled', 'jsonpath'] LOOP
                CONTINUE WHEN way = 'jsonpath' AND i > 2;       -- slow, and steady
                query := 'SELECT count(*) FROM bench_lead l WHERE ' || CASE way
                    WHEN 'sql' THEN c.rival
                    WHEN 'compiled' THEN format('smarketing.matches(l, %L)', c.condition)
                    ELSE format('jsonb_path_match(to_jsonb(l), %L, ''{}'', true)', c.condition) END;
                started := clock_timestamp();
                EXECUTE query INTO hits;
                INSERT INTO timing VALUES (c.no, way, extract(epoch FROM clock_timestamp() - started), hits);
            END LOOP;
        END LOOP;
    END LOOP;
    IF EXISTS (SELECT FROM timing t GROUP BY t.no HAVING count(DISTINCT t.hits) > 1) THEN
        RAISE EXCEPTION 'the contestants disagree';
    END IF;
END$$;

CALL pg_temp.contest(:rounds);

SELECT name AS condition, min(hits) AS hits,
       round(min(seconds) FILTER (WHERE way = 'compiled')::numeric, 3) AS "compiled, s",
       round(min(seconds) FILTER (WHERE way = 'sql')::numeric, 3) AS "sql, s",
       round(min(seconds) FILTER (WHERE way = 'jsonpath')::numeric, 3) AS "jsonpath, s",
       round((min(seconds) FILTER (WHERE way = 'compiled') / min(seconds) FILTER (WHERE way = 'sql'))::numeric, 2) AS "compiled / sql",
       round((min(seconds) FILTER (WHERE way = 'jsonpath') / min(seconds) FILTER (WHERE way = 'compiled'))::numeric, 1) AS "jsonpath / compiled"
FROM timing JOIN contest USING (no) GROUP BY no, name ORDER BY no;
