-- Property: a compiled condition means what PostgreSQL means by it.
--
--   psql -X -v seed=0.42 -v conditions=2500 -f test/property/condition.sql
--
-- Generated conditions over generated rows: matches(row, condition) must be
-- jsonb_path_match(to_jsonb(row), condition, '{}', true) IS TRUE, where
-- to_jsonb(row) was made under timezone UTC and extra_float_digits 1, and
-- matches() runs once under these, once under quite other settings, and once
-- more as the planner rewrites it for a table and a constant.
-- Prints what was compared and how much of it was compiled; the first
-- differences end the run with an error that shows row and condition.

\set ON_ERROR_STOP on
\if :{?seed} \else \set seed 0.42 \endif
\if :{?conditions} \else \set conditions 2500 \endif
\if :{?rows} \else \set rows 40 \endif
\set QUIET on
SET client_min_messages = warning;
SET timezone = 'UTC';
SET extra_float_digits = 1;
SET datestyle = 'ISO, MDY';
SET intervalstyle = 'postgres';
SET bytea_output = 'hex';

CREATE TEMP TABLE run AS
SELECT :'seed' AS seed, :conditions::int AS conditions, :rows::int AS rows;
SELECT setseed(seed::float8) FROM run \gset ignored_

-- ---------- rows ----------

CREATE TYPE pg_temp.mood AS ENUM ('low', 'Mid', 'hïgh', '10');
CREATE DOMAIN pg_temp.count_of AS int CHECK (VALUE > -1000);
CREATE DOMAIN pg_temp.labels AS text[];
CREATE TYPE pg_temp.pair_of AS (a timestamptz, b float8);
CREATE DOMAIN pg_temp.document AS jsonb;
CREATE DOMAIN pg_temp.counts AS pg_temp.count_of[];
CREATE TYPE pg_temp.span AS RANGE (subtype = float8);
-- types whose JSON is made by a cast of their user
CREATE TYPE pg_temp.shout AS ENUM ('low', 'high');
CREATE FUNCTION pg_temp.shouted(pg_temp.shout) RETURNS json LANGUAGE sql IMMUTABLE AS
$$SELECT to_json(upper($1::text))$$;
CREATE CAST (pg_temp.shout AS json) WITH FUNCTION pg_temp.shouted(pg_temp.shout);

CREATE TEMP TABLE thing (
    gone text, i2 int2, i4 int, i8 int8, f4 float4, f8 float8, n numeric,
    n2 numeric(12,2), b bool, t text, gone_too int, v varchar(20), c char(4),
    nm name, u uuid, e mood, d date, ts timestamp, tz timestamptz, tm time,
    ttz timetz, iv interval, ba bytea, ch "char", ip inet, o oid, vb varbit,
    r int4range, dom count_of, domt labels, ia int[], ta text[], na numeric[],
    f4a float4[], f8a float8[], tza timestamptz[], ea mood[], ja jsonb[],
    ba2 bool[], j jsonb, k jsonb, "Odd ""name" text, "naïve" int,
    bt bit(3), mac macaddr, lsn pg_lsn, tsv tsvector, nr numrange, imr int4multirange,
    jd document, doma counts, dta date[], tsa timestamp[], ua uuid[], va varchar(5)[],
    cra char(3)[], i8a int8[], tma time[], iva interval[], baa bytea[], iv2 int2vector,
    sh shout, sha shout[], sp span, x xml,
    -- long enough to stand in another table, compressed or not
    nl numeric, tl text, jl jsonb, nal numeric[],
    -- what no condition can be compiled for: PostgreSQL's own evaluation
    tr tstzrange, pt point, mo money, pair pair_of, js json);
ALTER TABLE thing ALTER nl SET STORAGE EXTERNAL, ALTER tl SET STORAGE EXTERNAL, ALTER jl SET STORAGE EXTERNAL, ALTER nal SET STORAGE EXTERNAL;
ALTER TABLE thing DROP COLUMN gone, DROP COLUMN gone_too;
ALTER TABLE thing ADD COLUMN late int DEFAULT 7;

-- What a column's values are drawn from; an absent one is null.
CREATE TEMP TABLE draw (col name PRIMARY KEY, choices text[]);
INSERT INTO draw
SELECT v.*
FROM (SELECT string_agg((1 + floor(random() * 9))::int::text, '') AS digits, string_agg(chr(97 + floor(random() * 26)::int), '') AS text
      FROM generate_series(1, 9000)) AS long, LATERAL (VALUES
('i2', '{0,1,-1,5,32767,-32768}'),
('i4', '{0,1,2,-1,50,2147483647,-2147483648}'),
('i8', '{0,1,50,9007199254740993,9223372036854775807,-9223372036854775808}'),
('f4', '{0,-0,1,0.1,0.3,-2.5,16777217,3.4e38,1e-45,NaN,Infinity,-Infinity}'),
('f8', '{0,-0,1,0.1,0.30000000000000004,-2.5,9007199254740993,1e20,1.7e308,5e-324,NaN,Infinity,-Infinity}'),
('n', '{0,1,1.0,1.000,0.1,-1.5,50,1e-20,123456789012345678901234567890.5,9223372036854775808,1e400,NaN,Infinity,-Infinity}'),
('n2', '{0,1,1.50,-0.01,50,9999999999.99,NaN}'),
('b', '{t,f}'),
('t', ARRAY['', 'a', 'A', 'ab', 'b', 'é', E'e\u0301', '日本', 'K', E'\u212A', 'i', E'\u0130', 'I', 'a"b', E'a\\b', E'a\nb', 'NaN', '1', ' 1.5 ', '1e400', 'true', 'null', '😀', E'\uFFFD', 'software', repeat('xy', 3000), repeat('é', 1500)]),
('v', ARRAY['', 'a', 'ab', 'Software', 'ß', '10']),
('c', ARRAY['', 'a', 'ab', 'abcd', 'é']),
('nm', ARRAY['', 'a', 'ab', 'Naïve']),
('u', '{00000000-0000-0000-0000-000000000000,A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11,ffffffff-ffff-ffff-ffff-ffffffffffff}'),
('e', '{low,Mid,hïgh,10}'),
('d', '{2024-02-29,1999-12-31,0001-01-02,infinity,-infinity,0001-01-01,9999-12-31,"0044-03-15 BC",10000-01-01,5874897-12-31,"4713-01-01 BC"}'),
('ts', '{"2024-02-29 12:34:56.789","1999-12-31 23:59:59.999999",infinity,-infinity,"0001-01-01 00:00","9999-12-31 23:59:59","0044-03-15 01:02:03 BC","294276-12-31 23:59:59.999999","2024-03-10 02:30"}'),
('tz', '{"2024-02-29 12:34:56.789+02","2024-03-31 02:30+01","2024-10-27 01:30+00",infinity,-infinity,"0001-01-01 00:00+00","9999-12-31 23:59:59+00","0044-03-15 01:02:03+00 BC","1900-01-01 00:00+00"}'),
('tm', '{00:00,12:34:56.789,23:59:59.999999,24:00}'),
('ttz', '{00:00+00,12:34:56.789+05:30,23:59:59-11,01:02:03+00:00:30}'),
('iv', '{0,"1 day","-1 day +02:03:04.5","1 year 2 mons","-1 mon","100000 hours"}'),
('ba', ARRAY['\x', '\x00', '\x616263', '\xff00']),
('ch', '{a,"",Z}'),
('ip', '{10.0.0.1,10.0.0.0/8,::1}'),
('o', '{0,4294967295}'),
('vb', '{"",0,101}'),
('r', '{empty,"[1,5)","(,)","[3,]"}'),
('dom', '{0,1,50,-999}'),
('domt', '{"{}","{a,b}","{a,NULL}"}'),
('ia', '{"{}","{1}","{1,2,3}","{NULL,5}","{{1,2},{3,4}}","{{{1}},{{NULL}}}","[5:6]={7,8}","{50,50}"}'),
('ta', ARRAY['{}', '{a}', '{a,b,ab}', '{NULL}', '{"",NULL,é}', '{{a,b},{c,d}}', '{software}']),
('na', '{"{}","{1,1.0,2.5}","{NaN,1}","{NULL,Infinity}","{{1},{50}}"}'),
('f4a', '{"{0.1,1}","{NaN}","{-0,0.3}"}'),
('f8a', '{"{0.1,1}","{NaN}","{-0,Infinity}","{}"}'),
('tza', '{"{}","{2024-02-29 12:34:56.789+02,infinity}","{NULL}"}'),
('ea', '{"{}","{low}","{Mid,NULL}"}'),
('ja', ARRAY['{}', '{"1","\"a\""}', '{"{\"a\": 1}","[1, 2]"}', '{NULL,"null"}', '{{"1","2"},{"[3]","{}"}}']),
('ba2', '{"{t,f}","{}","{NULL,t}"}'),
('j', ARRAY['1', '"a"', 'null', 'true', '[]', '{}', '[1,2,3]', '{"a":1,"b":"x"}', '{"a":null}', '{"a":{"b":{"c":5}}}',
  '{"a":[1,"1",null,true,{"b":2},[3,[4]]],"b":[]}', '[{"a":1},{"a":2,"b":1},{"b":"ab"}]', '[[1,2],[3],[]]', '{"a":[{"b":1},{"b":[2,3]}],"c":"1.5"}',
  '1.50', '-0.0', '"NaN"', '{"a":1e400,"b":-1}', '{"a":["a","ab","é"],"b":{"a":"A"}}', '[null]', '[true]', '{"a":true}', '{"b":[{"a":true},{}]}',
  '[[{"a":1,"b":true}],{"a":[{"b":1},[{"b":2}]]}]', '[true,"a"]', '[{"a":true},{"a":false}]', '{"a":[{"b":true},1],"b":[[{"a":true}],{"a":1}]}']),
('k', ARRAY['50', '"ab"', 'false', '{"a":50,"b":[50,"50"]}', '{"a":{"a":{"a":[]}}}', '[0,"",{"a":[]}]', '{"a":"software","b":null,"c":[[1],[2,[3]]]}', 'null', '{"x":1}']),
('Odd "name', '{a,x,""}'),
('naïve', '{1,2}'),
('bt', '{000,101}'),
('mac', '{08:00:2b:01:02:03}'),
('lsn', '{0/0,16/B374D848}'),
('tsv', ARRAY['', '''a'':1 ''b'':2A']),
('nr', '{empty,"[1.50,2)","(,0]"}'),
('imr', ARRAY['{}', '{[1,3),[5,7)}']),
('jd', ARRAY['1', '{"a":1}', '[1,"a"]', 'null']),
('doma', '{"{}","{1,50}","{NULL,-1}"}'),
('dta', '{"{}","{2024-02-29,infinity}","{\"0044-03-15 BC\",10000-01-01}"}'),
('tsa', '{"{\"2024-02-29 12:34:56.789\",-infinity}"}'),
('ua', '{"{00000000-0000-0000-0000-000000000000,NULL,A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"}'),
('va', ARRAY['{}', '{a,"",ab}', '{{é},{b}}']),
('cra', ARRAY['{a,NULL,abc}', '{""}']),
('i8a', '{"{9223372036854775807,-9223372036854775808,0}","{NULL}"}'),
('tma', '{"{24:00,12:34:56.789}"}'),
('iva', '{"{1 day,-1 mon}","{NULL,0}"}'),
('baa', ARRAY[E'{"\\\\x00","\\\\x"}']),
('iv2', '{"","1 2 50"}'),
('sh', '{low,high}'),
('sha', '{"{low,NULL}","{high}"}'),
('sp', '{"[0.1,0.30000000000000004)",empty}'),
('x', '{"<a>1</a>"}'),
('nl', ARRAY[long.digits, '-' || long.digits, '0.' || long.digits, '50']),
('tl', ARRAY[long.text, 'a', left(long.text, 7000)]),
('jl', ARRAY[format('{"a": [1, %s], "b": %s}', long.digits, to_json(long.text)), to_json(long.text)::text, long.digits, '50']),
('nal', ARRAY[format('{1,%s,NULL}', long.digits), '{50}']),
('tr', '{empty,"[2024-02-29 12:00+00,2024-03-01 12:00+00)"}'),
('pt', '{"(0.1,0.30000000000000004)"}'),
('mo', '{1.50,-1000}'),
('pair', ARRAY['("2024-02-29 12:00+00",0.30000000000000004)']),
('js', ARRAY['{"a": [1, 1.50]}', '"x"']),
('late', '{7,1}')) AS v;

CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE plpgsql AS
$$BEGIN RETURN choices[1 + floor(random() * cardinality(choices))::int]; END$$;

DO $$
DECLARE columns text; v text; types text;
BEGIN
    FOR i IN 1 .. (SELECT rows FROM run) LOOP
        SELECT string_agg(quote_ident(a.attname), ',' ORDER BY attnum),
               string_agg(CASE WHEN random() < 0.12 THEN 'NULL'
                               ELSE format('%L::%s', CASE WHEN a.attname = 'ta' OR w.col IS NOT NULL THEN pg_temp.pick(VARIADIC w.choices) END,
                                           format_type(a.atttypid, a.atttypmod)) END, ',' ORDER BY attnum)
        INTO columns, v
        FROM pg_attribute a LEFT JOIN draw w ON w.col = a.attname
        WHERE a.attrelid = 'thing'::regclass AND a.attnum > 0 AND NOT a.attisdropped
          AND (a.attname <> 'late' OR i > 5);
        EXECUTE format('INSERT INTO thing (%s) VALUES (%s)', columns, v);
    END LOOP;
    INSERT INTO thing (i4) VALUES (NULL);
END$$;

CREATE TEMP TABLE doc AS
SELECT row_number() OVER (ORDER BY ctid) AS id, thing AS "row", to_jsonb(thing) AS j FROM thing;

-- ---------- conditions ----------

-- Literals: what the rows hold, in JSON, and some more.
CREATE TEMP TABLE literal AS
SELECT DISTINCT v::text AS v
FROM doc, jsonb_path_query(j, 'strict $.**') v
WHERE jsonb_typeof(v) NOT IN ('array', 'object') AND length(v::text) < 100
UNION
SELECT unnest('{0,1,-1,1.5,50,"null",true,false,"\"\"","\"a\"","\"NaN\"","\"Infinity\"","\"2024\"","\"99\"",0.1,1e-46,1e39,1e-400,1e400,16777216.5,9223372036854775807.5,9223372036854775808,-9223372036854775808.5,-9223372036854775809,0.10000000000000000555,1.6e308,"\"\\u00e9\"","\"\\ud83d\\ude00\""}'::text[]);

-- The commonest first: a few shapes find what a broad draw would miss.
CREATE TEMP TABLE pool AS
SELECT (SELECT array_agg(v ORDER BY v COLLATE "C") FROM literal) AS literals,
       (SELECT array_agg(v ORDER BY v COLLATE "C") FROM literal WHERE v LIKE '"%') AS strings,
       (SELECT array_agg('.' || CASE WHEN attname ~ '^[a-z0-9_]+$' THEN attname::text ELSE to_jsonb(attname::text)::text END ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = 'thing'::regclass AND attnum > 0 AND NOT attisdropped) AS columns;

CREATE FUNCTION pg_temp.literal() RETURNS text LANGUAGE plpgsql AS
$$BEGIN RETURN pg_temp.pick(VARIADIC literals) FROM pool; END$$;

CREATE FUNCTION pg_temp.col() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.35 THEN
        RETURN pg_temp.pick('.j', '.j', '.k', '.ja', '.ia', '.ta', '.na');
    END IF;
    RETURN pg_temp.pick(VARIADIC columns) FROM pool;
END$$;

-- Literals that a column's own values make likely to meet: one of them, or a
-- neighbour of one.
CREATE TEMP TABLE own AS
SELECT key AS col, array_agg(DISTINCT v::text) AS literals
FROM doc, jsonb_each(j) e, jsonb_path_query(value, 'strict $.**') v
WHERE jsonb_typeof(v) IN ('number', 'string', 'boolean') AND length(v::text) < 100
GROUP BY key;

CREATE FUNCTION pg_temp.own(path text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    SELECT pg_temp.pick(VARIADIC literals) INTO result FROM own
    WHERE path = '.' || CASE WHEN col ~ '^[a-z0-9_]+$' THEN col ELSE to_jsonb(col)::text END;
    IF result IS NULL OR random() < 0.15 THEN RETURN pg_temp.literal(); END IF;
    IF random() < 0.7 THEN RETURN result; END IF;
    IF result LIKE '"%' THEN
        RETURN CASE WHEN random() < 0.5 THEN to_jsonb(left(result::jsonb #>> '{}', -1)) ELSE to_jsonb((result::jsonb #>> '{}') || pg_temp.pick(' ', '0', 'é')) END;
    ELSIF result ~ '^[-0-9]' THEN
        RETURN result::numeric + pg_temp.pick('1', '-1', '0.5', '-0.5', '1e-9', '-1e-30', '0.0')::numeric;
    END IF;
    RETURN result;
END$$;

-- Where a path starts: the row, or in a filter mostly the filter's item.
-- (Scope: r = nothing but the row, f = in a filter on items, s = also in a
-- subscript, where last has a meaning.)
CREATE FUNCTION pg_temp.head(scope text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF scope ~ 'f' AND random() < 0.75 THEN RETURN '@'; END IF;
    IF scope ~ 's' AND random() < 0.3 THEN RETURN 'last'; END IF;
    IF random() < 0.06 THEN
        RETURN format('$ ? (@%s %s %s)%s', pg_temp.col(), pg_temp.pick('==', '!=', '<', '>='), pg_temp.literal(), pg_temp.col());
    END IF;
    RETURN '$' || pg_temp.col();
END$$;

CREATE FUNCTION pg_temp.subscript(scope text, depth int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF depth > 0 AND random() < 0.2 THEN
        RETURN pg_temp.expression(scope || 's', depth - 1);
    END IF;
    RETURN pg_temp.pick('0', '0', '1', '2', 'last', 'last - 1', '-1', '1.9', 'last / 2', '$.i2', '$.i4', '3000000000', '"a"');
END$$;

CREATE FUNCTION pg_temp.step(scope text, depth int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE k float8 := random();
BEGIN
    IF k < 0.30 THEN RETURN pg_temp.pick('.a', '.a', '.b', '.b', '.c', '.x', '."a"', '."é"'); END IF;
    IF k < 0.42 THEN RETURN '[*]'; END IF;
    IF k < 0.48 THEN RETURN '.*'; END IF;
    IF k < 0.58 THEN RETURN '[' || pg_temp.subscript(scope, depth) || ']'; END IF;
    IF k < 0.62 THEN RETURN '[' || pg_temp.subscript(scope, depth) || ' to ' || pg_temp.subscript(scope, depth) || ']'; END IF;
    IF k < 0.65 THEN RETURN '[' || pg_temp.subscript(scope, depth) || ', ' || pg_temp.subscript(scope, depth) || ']'; END IF;
    IF k < 0.80 AND depth > 0 THEN RETURN ' ? (' || pg_temp.predicate(scope || 'f', depth - 1) || ')'; END IF;
    RETURN pg_temp.pick('.size()', '.type()', '.double()', '.double()', '.abs()', '.ceiling()', '.floor()');
END$$;

CREATE FUNCTION pg_temp.path(scope text, depth int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text := pg_temp.head(scope);
BEGIN
    WHILE random() < 0.42 LOOP
        result := result || pg_temp.step(scope, depth);
    END LOOP;
    IF result !~ 'last$' AND random() < 0.1 THEN      -- far enough to fail half-way
        result := result || pg_temp.pick('[*].a', '.a[*].b', '.b[*].a', '[*].a[*].b', '[0 to last].a', '.b.a');
    END IF;
    RETURN result;
END$$;

CREATE FUNCTION pg_temp.expression(scope text, depth int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE k float8 := random();
BEGIN
    IF k < 0.02 THEN        -- last, after another array was subscripted
        RETURN format(pg_temp.pick('$.ia[$.na[0] + last]', '$.ta[last - $.ia[last]]', '$.j[$.ia[0].abs() to last].a',
                                   '$.ta[($.i2 ? (exists($.ia[1]))) + last]', '$.ta[($.late ? (exists($.ia[9] ? (@ > 0)) || @ > 0)) - 7 + last]',
                                   '$.ia[($.i2 ? (exists($.ta[0].size()))) + last]'));
    ELSIF depth > 0 AND k < 0.04 THEN   -- @, after a filter within the filter
        RETURN format('$%s ? (exists(@%s ? (%s)) %s %s)', pg_temp.pick('.j', '.j', '.k', '.ja', '.ta'), pg_temp.pick('.a', '[*]', '.b'), pg_temp.predicate('f', 0),
                      pg_temp.pick('&&', '||'), pg_temp.predicate('f', 0));
    ELSIF depth > 0 AND k < 0.12 THEN
        RETURN format('(%s %s %s)', pg_temp.expression(scope, depth - 1), pg_temp.pick('+', '-', '*', '/', '%'), pg_temp.expression(scope, depth - 1));
    ELSIF depth > 0 AND k < 0.17 THEN
        RETURN format('(%s %s)', pg_temp.pick('-', '+'), pg_temp.path(scope, depth - 1));
    ELSIF depth > 0 AND k < 0.21 THEN
        RETURN format('(%s)%s', pg_temp.expression(scope, depth - 1), pg_temp.step(scope, depth - 1));
    ELSIF depth > 0 AND k < 0.23 THEN
        RETURN format('(%s)%s', pg_temp.predicate(scope, depth - 1), pg_temp.step(scope, depth - 1));
    ELSIF k < 0.35 THEN
        RETURN pg_temp.literal();
    END IF;
    RETURN pg_temp.path(scope, depth);
END$$;

CREATE FUNCTION pg_temp.predicate(scope text, depth int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    k float8 := random();
    c text;
BEGIN
    IF depth > 0 THEN
        IF k < 0.12 THEN RETURN format('(%s) && (%s)', pg_temp.predicate(scope, depth - 1), pg_temp.predicate(scope, depth - 1)); END IF;
        IF k < 0.24 THEN RETURN format('(%s) || (%s)', pg_temp.predicate(scope, depth - 1), pg_temp.predicate(scope, depth - 1)); END IF;
        IF k < 0.31 THEN RETURN format('!(%s)', pg_temp.predicate(scope, depth - 1)); END IF;
        IF k < 0.37 THEN RETURN format('(%s) is unknown', pg_temp.predicate(scope, depth - 1)); END IF;
        IF k < 0.40 THEN RETURN format('exists($ ? (%s))', replace(pg_temp.predicate('r', depth - 1), '$.', '@.')); END IF;
    END IF;
    IF k < 0.47 THEN RETURN format('exists(%s)', pg_temp.expression(scope, depth)); END IF;
    IF k < 0.52 THEN RETURN format('%s starts with %s', pg_temp.path(scope, depth), (SELECT pg_temp.pick(VARIADIC strings) FROM pool)); END IF;
    IF k < 0.57 THEN
        RETURN format('%s like_regex "%s" flag "%s"', pg_temp.path(scope, depth), pg_temp.pick('^a', 'b$', 'A', '.', '^.$', 'é', '[0-9]+', '^$', '(x|y)+', 'a.b', '(a)\\\\1', 'N', '10',
                '^(A|ab|K|i)$', '^a$', '^(é|a)$', '^a|b$', '^(a|)$', '^(1|10|abc)$', '^(I)$'), pg_temp.pick('', 'i', 's', 'm', 'q', 'is'));
    END IF;
    IF k < 0.80 THEN        -- the short cut: column, operator, literal
        c := pg_temp.col();
        IF scope ~ 'f' AND random() < 0.7 THEN
            RETURN format('@%s %s %s', pg_temp.pick('', '', '.a', '.b', '.type()'), pg_temp.pick('==', '!=', '<', '<=', '>', '>='),
                          pg_temp.pick('1', '"a"', '2', 'true', 'null', '"array"', '5', '"zz"'));
        END IF;
        IF random() < 0.3 THEN
            RETURN format('%s %s $%s', pg_temp.own(c), pg_temp.pick('==', '!=', '<', '<=', '>', '>='), c);
        END IF;
        RETURN format('$%s%s %s %s', c, pg_temp.pick('', '', '', '', '[*]'), pg_temp.pick('==', '!=', '<>', '<', '<=', '>', '>='), pg_temp.own(c));
    END IF;
    RETURN format('%s %s %s', pg_temp.expression(scope, depth), pg_temp.pick('==', '!=', '<>', '<', '<=', '>', '>='), pg_temp.expression(scope, depth));
END$$;

-- The text is kept: not every jsonpath that PostgreSQL prints can be read back.
CREATE TEMP TABLE cond (id int, draft text, c jsonpath, compiled boolean);

DO $$
DECLARE
    text_of text;
    parsed jsonpath;
    invalid int := 0;
    wanted int := (SELECT conditions FROM run);
BEGIN
    FOR i IN 1 .. wanted LOOP
        text_of := pg_temp.pick('', '', '', 'strict ') ||
            CASE WHEN random() < 0.02 THEN pg_temp.pick('$.**.a == 1', '$.nowhere != 1', '!($.nowhere == 1)', '$.t.datetime() > "2024".datetime()', 'exists($.j.keyvalue())', '$[*].t == "a"', '$.* == "a"', '$.gone == "a"', 'exists($)')
                 WHEN random() < 0.04 THEN pg_temp.pick('$.j', '$.k', '$.ja') || pg_temp.pick('', '[*]', '.a', '.*') || pg_temp.pick('', '[*].a', '.b[*].a', '.a[*].b', '.b', '[0]')
                 WHEN random() < 0.07 THEN pg_temp.expression('r', 2) ELSE pg_temp.predicate('r', floor(random() * 4)::int) END;
        IF random() < 0.01 THEN     -- fails after it has yielded an item
            text_of := pg_temp.pick('strict $.j.b[*].a', 'strict $.j.a[*].b', 'strict $.j[*].a', 'strict $.j[*]', 'strict $.k.*');
        END IF;
        BEGIN
            parsed := text_of::jsonpath;
            INSERT INTO cond VALUES (i, text_of, parsed, smarketing.condition_problem('thing', parsed) IS NULL);
        EXCEPTION WHEN syntax_error OR invalid_regular_expression OR numeric_value_out_of_range THEN
            invalid := invalid + 1;
        END;
    END LOOP;
    -- each column with each literal in turn
    INSERT INTO cond
    SELECT wanted + row_number() OVER (), c, c::jsonpath, smarketing.condition_problem('thing', c::jsonpath) IS NULL
    FROM (SELECT format('$%s %s %s', col, pg_temp.pick('==', '!=', '<', '<=', '>', '>='), lit) AS c
          FROM pool, unnest(columns) col, unnest(literals) lit
          WHERE random() < wanted / 8000.0) s;
    RAISE INFO '% conditions, % drafts were no jsonpath', (SELECT count(*) FROM cond), invalid;
    IF (SELECT avg(compiled::int) FROM cond) < 0.8 THEN
        RAISE EXCEPTION 'too few conditions are compiled: %', (SELECT avg(compiled::int) FROM cond);
    END IF;
END$$;

-- ---------- the property ----------

-- Reference results, on documents made once, under the settings above.
CREATE TEMP TABLE expected AS
SELECT doc.id AS doc, cond.id AS cond, jsonb_path_match(j, c, '{}', true) IS TRUE AS holds
FROM doc, cond;

CREATE FUNCTION pg_temp.hold(settings text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
    failures int := 0;
BEGIN
    FOR wrong IN
        SELECT cond.c, doc.j, cond.compiled, expected.holds,
               smarketing.matches("row", c) AS got
        FROM cond JOIN expected ON expected.cond = cond.id JOIN doc ON doc.id = expected.doc
        WHERE smarketing.matches("row", c) IS DISTINCT FROM expected.holds
        ORDER BY length(c::text) LIMIT 5
    LOOP
        failures := failures + 1;
        RAISE INFO E'% (compiled: %) should be %, is %\non %', wrong.c, wrong.compiled, wrong.holds, wrong.got, left(wrong.j::text, 3000);
    END LOOP;
    IF failures > 0 THEN
        RAISE EXCEPTION 'conditions differ from PostgreSQL''s own evaluation, under % (seed %)', settings, (SELECT seed FROM run);
    END IF;
END$$;

-- The same for what the planner makes of matches(table, constant).
CREATE FUNCTION pg_temp.hold_planned() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
    got boolean[];
BEGIN
    FOR one IN
        SELECT cond.draft, e.holds
        FROM cond JOIN (SELECT expected.cond, array_agg(expected.holds ORDER BY doc) AS holds
                        FROM expected GROUP BY expected.cond) e ON e.cond = cond.id
    LOOP
        EXECUTE format('SELECT array_agg(smarketing.matches(thing, %L) ORDER BY ctid) FROM thing', one.draft) INTO got;
        IF got <> one.holds THEN
            RAISE EXCEPTION 'planned, % should be %, is % (seed %)', one.draft, one.holds, got, (SELECT seed FROM run);
        END IF;
    END LOOP;
END$$;

SELECT pg_temp.hold('the settings of the definition') \gset ignored_
SET timezone = 'America/St_Johns';
SET extra_float_digits = -15;
SET datestyle = 'German, DMY';
SET intervalstyle = 'sql_standard';
SET bytea_output = 'escape';
SELECT pg_temp.hold('other settings') \gset ignored_
SELECT pg_temp.hold_planned() \gset ignored_

-- Expressions that only list words are compared with them: each one on each string.
CREATE TEMP TABLE word AS
SELECT t FROM unnest(ARRAY['', 'a', 'A', 'ab', 'AB', 'aB', 'abc', 'a b', 'b', 'K', 'k', E'\u212A', 'i', 'I', E'\u0130', E'\u0131', 'é', 'É',
    E'a\n', E'\na', E'a\nb', '(a)', 'a|b', '^a$', '^(a)$', '1', '10', 's', E'\u017F']) AS t;
DO $$
DECLARE
    wrong record;
BEGIN
    SELECT word.t, c, smarketing.matches(word, c) AS got INTO wrong
    FROM word, unnest(ARRAY['^a$', '^(a)$', '^(A|ab|K|i)$', '^(I|S)$', '^(é|a)$', '^a|b$', '^(a|)$', '^(a b|ab)$', '^(1|10)$', '^(a)|(b)$',
            '^((a))$', '^(a.)$', '^(ab|a)$', '^ab', 'ab$', '^$', '^()$']) AS pattern, unnest(ARRAY['', 'i', 's', 'm', 'q', 'is', 'im', 'iq']) AS flag,
        LATERAL (SELECT format('$.t like_regex "%s" flag "%s"', pattern, flag)::jsonpath AS c) AS x
    WHERE smarketing.matches(word, c) IS DISTINCT FROM (jsonb_path_match(to_jsonb(word), c, '{}', true) IS TRUE)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% on "%" is %', wrong.c, wrong.t, wrong.got;
    END IF;
END$$;

\pset format unaligned
\pset tuples_only on
SELECT format('ok: %s pairs of %s rows and %s conditions, three times; %s pairs compiled (%s %%), %s hold; seed %s',
    count(*), count(DISTINCT doc), count(DISTINCT cond), count(*) FILTER (WHERE compiled),
    round(100.0 * count(*) FILTER (WHERE compiled) / count(*), 1), count(*) FILTER (WHERE holds), (SELECT seed FROM run))
FROM expected JOIN cond ON cond.id = expected.cond;
SELECT '1..1';
