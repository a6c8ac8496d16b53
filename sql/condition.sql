-- Conditions: jsonpath over rows (matches, condition_problem, ...)
SET timezone = 'UTC';
SET client_min_messages = warning;

CREATE SCHEMA condition_test;
SET search_path = condition_test;

CREATE TYPE mood AS ENUM ('low', 'high');
CREATE DOMAIN headcount AS int;
CREATE TYPE address AS (city text, zip text);
CREATE TABLE lead (
    id int, gone text, industry text, employees headcount, score numeric, rate float8,
    ratio float4, created_at timestamptz, birthday date, mood mood, vip boolean,
    email text, labels text[], grid int[], attributes jsonb, address address,
    raw json, price money, stay tstzrange, note bytea, wait interval, "Odd ""name" int,
    doubled bigint GENERATED ALWAYS AS (employees::bigint * 2) STORED
);
ALTER TABLE lead DROP COLUMN gone;
INSERT INTO lead VALUES
(1, 'software', 60, 60.0, 0.1, 0.1, '2024-02-29 23:30-05', '2024-02-29', 'high', true, 'ana@acme.com',
 '{a,b}', '{{1,2},{3,4}}', '{"budget": 12000, "tags": ["x", {"deep": null}], "flag": true}', '(Wien,1010)',
 '{"a": 1}', 12.5, '[2024-01-01 00:00+00,2024-02-01 00:00+00)', '\x00ff', '1 day', 7),
(2, NULL, NULL, 'NaN', 'NaN', 'Infinity', 'infinity', '0044-03-15 BC', NULL, NULL, '',
 '{}', NULL, '[1, "1", null]', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(3, 'Société', 2147483647, 'Infinity', '-0', 1e-45, '0001-01-01 00:00+00', '10000-01-01', 'low', false, '日本@例え.jp',
 '{NULL,b}', '{}', '"scalar"', NULL, '[]', -1, 'empty', '', '-1 mon', 1);

-- How three values look: holds where true, not where false or unknown.
CREATE FUNCTION holds(condition jsonpath) RETURNS text LANGUAGE sql AS
$$SELECT string_agg(id::text, ' ' ORDER BY id) FROM lead WHERE smarketing.matches(lead, condition)$$;

SELECT c AS condition, holds(c::jsonpath) AS rows FROM unnest(ARRAY[
    '$.industry == "software" && $.employees >= 50',
    '$.industry != "software"',
    '$.industry == null',
    '!($.industry == "software")',
    '($.industry < 5) is unknown',
    '($.industry > "a") is unknown',
    '$.employees < 60.5 && 59.5 < $.employees',
    '$.employees == 60.0',
    '$.employees <= 2147483646.9999',
    '$.score == "NaN"',
    '$.score > 1',
    '$.score == "Infinity"',
    '$.rate == 0.1',
    '$.rate == 0.1000000000000000055511151231257827',
    '$.rate == 0',
    '$.ratio == 0.1',
    '$.ratio > 1e-46',
    '$.ratio == "Infinity"',
    '$.created_at == "2024-03-01T04:30:00+00:00"',
    '$.created_at < "2024"',
    '$.created_at > "a"',
    '$.birthday >= "2024-02-29"',
    '$.birthday == "0044-03-15 BC"',
    '$.mood == "high"',
    '$.mood < "low"',
    '$.vip == true',
    '$.vip',
    '$.vip == true || $.id == 2',
    '$.wait == "1 day"',
    '$.note == "\\x00ff"',
    '$.email starts with "ana@"',
    '$.email like_regex "@ACME[.]com$" flag "i"',
    '$.email like_regex "^.+@.+[.]jp$"',
    '$."Odd \"name" == 7',
    '$.labels == "b"',
    '$.labels[*] == null',
    '$.labels[0] == "a"',
    '$.labels.size() == 0',
    'strict $.labels[1] == "b"',
    'strict $.labels == "b"',
    '$.grid == 4',
    '$.grid[*][1] == 4',
    '$.grid[last][last] == 4',
    '$.attributes.budget > 10000',
    '$.attributes.budget / 0 > 1',
    '($.attributes.budget / 0 > 1) is unknown',
    '$.attributes.tags[*].deep == null',
    '$.attributes.tags ? (@ == "x") starts with "x"',
    '$.attributes.flag',
    '$.attributes.none != 1',
    'exists($.attributes.none)',
    '!exists($.attributes.none)',
    'strict exists($.attributes.none)',
    'strict (exists($.attributes.none)) is unknown',
    '$.attributes == 1',
    '$.attributes[*] == "1"',
    '$.attributes.type() == "string"',
    '$.attributes.* == true',
    '$.employees.type() == "number"',
    '$.email.type() == "null"',
    '($.score - 50) * 2 == 20',
    '-$.id == -2',
    '$.rate.double().ceiling() == 1',
    'exists($ ? (@.id == 2 && @.vip == null))',
    '$ ? (@.id > 1).vip == false',
    'true', 'null', '1', '"true"', '1 == 1'
]) WITH ORDINALITY AS t(c, n) ORDER BY n;

-- PostgreSQL's own evaluation steps in for the rest, whatever the settings.
SELECT smarketing.condition_problem('lead', c::jsonpath) AS problem, c AS condition, holds(c::jsonpath) AS rows
FROM unnest(ARRAY[
    '$.nowhere == 1', '$.nowhere != 1', '!($.nowhere == 1)', '$.gone == "a"', '$.industri == "a"', '$.Industry == "a"',
    '$."........pg.dropped.2........" == null', '$.ctid == 1',
    '$.** == 12000', '$.* == "software"', '$[*].id == 1', '$ == 1', '$.type() == "object"', 'exists($)', 'exists($ ? (@ == 1))',
    '$.birthday.datetime() > "2023-01-01".datetime()', 'exists($.attributes.keyvalue())',
    '$.address.city == "Wien"', '$.raw.a == 1', '$.price == "$12.50"', '$.stay starts with "[\"2024-01-01 00:00:00+00\""',
    '$.doubled == 120', '($.id - 3).abs() == 2', '$.labels ? (exists((@ == "a").type()))', '$.score ? ((-@).abs() > 0) == 60', '(1).abs() == $.id'
]) WITH ORDINALITY AS t(c, n) ORDER BY n;
SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = -10; SET bytea_output = 'escape';
SELECT holds('$.stay starts with "[\"2024-01-01 00:00:00+00\""') AS range, holds('$.created_at == "2024-03-01T04:30:00+00:00"') AS timestamptz,
       holds('$.birthday == "2024-02-29"') AS date, holds('$.wait == "1 day"') AS "interval", holds('$.note == "\\x00ff"') AS bytea,
       holds('$.rate == 0.1') AS float, current_setting('timezone') AS timezone, current_setting('datestyle') AS datestyle;
RESET datestyle; RESET intervalstyle; RESET extra_float_digits; RESET bytea_output; SET timezone = 'UTC';
SELECT smarketing.matches(lead, '$x == 1') FROM lead;

-- Stored conditions are checked: SM007, with the column.
\set SHOW_CONTEXT never
DO $$
DECLARE c text; state text; message text; detail text; hint text; col text;
BEGIN
    FOREACH c IN ARRAY ARRAY['$.industri == 1', '$.doubled > 1', '$.price > 1', '$budget > 1', '$[*] == 1', '$.id.datetime() == 1',
                             '$.address.city == "x"', '$.zzzzzzzz == 1', '$.attributes.**.a == 1'] LOOP
        BEGIN
            PERFORM smarketing.check_condition('lead', c::jsonpath);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, col = COLUMN_NAME;
            RAISE WARNING '%: % | % | % | %', state, message, detail, hint, col;
        END;
    END LOOP;
END$$;
SELECT smarketing.check_condition('lead', '$.industry == 1');
SELECT smarketing.condition_problem('lead', format('$.email like_regex "%s"', repeat('a', 1000))::jsonpath) AS "1000",
       smarketing.condition_problem('lead', format('$.email like_regex "%s"', repeat('é', 1001))::jsonpath) AS "1001";
SELECT smarketing.condition_problem(1, '$.a == 1');
SELECT smarketing.condition_problem(NULL, '$.a == 1') IS NULL AS no_relation, smarketing.condition_problem('lead', NULL) IS NULL AS no_condition;

-- What was read, for people.
SELECT id, smarketing.condition_values(lead, '$.industry == 1 || $.employees > 1 || $.labels == 1 || $.created_at == 1 || $.vip == 1 || $.attributes == 1 || $.score == 1') FROM lead ORDER BY id;
SELECT smarketing.condition_values(r, '$.t == "é"'), smarketing.condition_values(r, '1 == 1') AS nothing, smarketing.condition_values(r, '$.x == 1') AS none
FROM (SELECT repeat('é', 100) || E'\n"' AS t) r;

-- Any row: records, domains, null rows, rows of nulls, no rows.
SELECT smarketing.matches(r, '$.a == 1 && $.b == "x"') FROM (VALUES (1, 'x'), (1, NULL), (2, 'x')) r(a, b);
SELECT smarketing.matches(ROW(1, 'x'::text), '$.f1 == 1 && $.f2 == "x"');
SELECT smarketing.matches(NULL::lead, '$.id == null') AS null_row, smarketing.matches(ROW(NULL, NULL)::address, '$.city == null') AS row_of_nulls,
       smarketing.matches(ROW(1), NULL) AS null_condition;
CREATE DOMAIN home AS address CHECK ((VALUE).city <> '');
SELECT smarketing.matches(ROW('Wien', '1010')::home, '$.city == "Wien"');
SELECT smarketing.matches(1, '$.a == 1');
SELECT smarketing.matches(ARRAY[ROW(1)], '$.a == 1');

-- The condition may vary from row to row, and the row type too.
SELECT n, count(*), count(*) FILTER (WHERE smarketing.matches(r, format('$.a == %s', n)::jsonpath)) AS hits
FROM generate_series(1, 60) n, (SELECT a FROM generate_series(1, 60) a) r
GROUP BY n HAVING count(*) FILTER (WHERE smarketing.matches(r, format('$.a == %s', n)::jsonpath)) <> 1;
CREATE FUNCTION by_variable() RETURNS text LANGUAGE plpgsql AS $$
DECLARE r lead; c jsonpath; result text := '';
BEGIN
    SELECT * INTO r FROM lead WHERE id = 1;
    FOREACH c IN ARRAY ARRAY['$.id == 1', '$.id == 2', '$.id == 1', '$.nowhere == 1', '$.id >= 1']::jsonpath[] LOOP
        result := result || ' ' || smarketing.matches(r, c)::text;
    END LOOP;
    RETURN result;
END$$;
SELECT by_variable();
CREATE FUNCTION same_call_site(lead) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RETURN smarketing.matches($1, '$.late == 5'); END$$;
SELECT same_call_site(lead) FROM lead WHERE id = 1;
ALTER TABLE lead ADD COLUMN late int DEFAULT 5;
SELECT same_call_site(lead) FROM lead WHERE id = 1;
ALTER TABLE lead ALTER COLUMN late TYPE text;
SELECT same_call_site(lead) FROM lead WHERE id = 1;
ALTER TABLE lead RENAME late TO later;
SELECT same_call_site(lead) FROM lead WHERE id = 1;

CREATE FUNCTION changed_under_way() RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record; result text := '';
BEGIN
    FOR i IN 1 .. 3 LOOP
        EXECUTE 'SELECT lead AS l FROM lead WHERE id = 1' INTO r;
        result := result || ' ' || smarketing.matches(r.l, '$.later == "5"')::text;
        IF i = 1 THEN ALTER TABLE lead RENAME later TO latest;
        ELSIF i = 2 THEN ALTER TABLE lead RENAME latest TO later; END IF;
    END LOOP;
    RETURN result;
END$$;
SELECT changed_under_way();
ALTER TABLE lead RENAME later TO latest;

-- The planner hands over the columns alone where it can, and only there.
CREATE FUNCTION plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; result text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF, VERBOSE) ' || query LOOP result := result || line; END LOOP;
    RETURN CASE WHEN result ~ 'matches_columns\(' THEN 'columns' WHEN result ~ 'matches\(' THEN 'row' ELSE 'neither' END;
END$$;
SELECT plan($$SELECT FROM lead WHERE smarketing.matches(lead, '$.id == 1')$$) AS "table",
       plan($$SELECT FROM lead WHERE smarketing.matches(lead, '$.nowhere == 1')$$) AS fallback,
       plan($$SELECT smarketing.matches(b, '$.id != 7') FROM lead a LEFT JOIN lead b ON a.id = b.id + 1$$) AS outer_join,
       plan($$SELECT FROM lead WHERE smarketing.matches(lead, format('$.id == %s', id)::jsonpath)$$) AS varying,
       plan($$SELECT FROM lead a WHERE EXISTS (SELECT FROM lead b WHERE smarketing.matches(a, '$.id == 1') OFFSET 0)$$) AS sublink,
       plan($$SELECT FROM (SELECT * FROM lead OFFSET 0) s WHERE smarketing.matches(s, '$.id == 1')$$) AS subquery;
SELECT a.id, b.id, smarketing.matches(b, '$.id != 7') FROM lead a LEFT JOIN lead b ON a.id = b.id + 1 ORDER BY a.id;
SELECT id FROM lead WHERE smarketing.matches(lead, '1 == 1') AND smarketing.matches(lead, '$.labels == "b" && $.doubled != 1 && $.labels == "a"');
PREPARE by_condition(jsonpath) AS SELECT count(*) FROM lead WHERE smarketing.matches(lead, $1);
SET plan_cache_mode = force_generic_plan;
EXECUTE by_condition('$.id > 1');
EXECUTE by_condition('$.id > 2');
RESET plan_cache_mode;
EXECUTE by_condition('$.id > 0');
EXECUTE by_condition(NULL);
CREATE TABLE part (id int, t text) PARTITION BY RANGE (id);
CREATE TABLE part_1 (t text, gone int, id int);
ALTER TABLE part_1 DROP COLUMN gone;
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (0) TO (10);
INSERT INTO part VALUES (1, 'a'), (2, 'b');
SELECT part FROM part WHERE smarketing.matches(part, '$.t == "b" && $.id == 2');
SELECT smarketing.matches_columns(NULL::lead, '$.id == 1', 'a'::text);
\set VERBOSITY terse
SELECT smarketing.matches_columns(NULL::lead, '$.id == 1');
\set VERBOSITY default
SELECT smarketing.matches_columns(1, '$.id == 1', 1);
SELECT smarketing.matches_columns(NULL::lead, '$.nowhere == 1', 1);

SET client_min_messages = error;
DROP SCHEMA condition_test CASCADE;
