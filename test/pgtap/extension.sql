-- The extension as a whole: one version everywhere, a comment on each object, and no table.
\ir include/begin.psql
\set meta `cat META.json`
\set changelog `sed -n 's/^## \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1`

SELECT plan(8);

SELECT is(extversion, :'version'::text, 'the installed version is that of the control file')
FROM pg_catalog.pg_extension WHERE extname = 'smarketing';
SELECT is(:'meta'::jsonb ->> 'version', :'version', 'META.json names that version');
SELECT is(:'meta'::jsonb #>> '{provides,smarketing,version}', :'version', 'and provides it');
SELECT is(:'changelog', :'version'::text, 'the newest entry of CHANGELOG.md is that version');
SELECT is(:'meta'::jsonb ->> 'abstract', comment, 'META.json says what the control file says')
FROM pg_catalog.pg_available_extensions WHERE name = 'smarketing';

CREATE TEMPORARY VIEW member AS
SELECT classid, objid, objsubid, type, identity
FROM pg_catalog.pg_depend,
    LATERAL pg_catalog.pg_identify_object(classid, objid, objsubid)
WHERE deptype = 'e'
    AND refclassid = 'pg_catalog.pg_extension'::regclass
    AND refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'smarketing');

-- Functions of types (input, output, cast) and of triggers have a comment too; array types and the like cannot.
SELECT is_empty($$
    SELECT type, identity FROM pg_temp.member
    WHERE type IN ('function', 'procedure', 'aggregate', 'type', 'composite type', 'domain', 'view', 'operator')
        AND pg_catalog.obj_description(objid, classid::pg_catalog.regclass::pg_catalog.name) IS NULL
        AND identity NOT LIKE '%[]'
    ORDER BY 1, 2
$$, 'every function, aggregate, type, operator and view has a comment');
SELECT is_empty($$
    SELECT identity FROM pg_temp.member
    WHERE type IN ('table', 'foreign table', 'sequence', 'materialized view')
$$, 'the extension owns no table');
SELECT is_empty($$
    SELECT type, identity FROM pg_temp.member
    WHERE type NOT IN ('schema', 'cast')
        AND identity !~ '^"?smarketing"?\.'
        AND type NOT LIKE 'operator %'
$$, 'and nothing outside its schema');

SELECT * FROM finish();
