/*
 * Removal: what DROP EXTENSION smarketing CASCADE would take beside our own
 * objects, as SQL.
 */

/*
 * Everything that hangs, directly or not, on a member of the extension.  A
 * view hangs on its rewrite rule, a column's default and a generated column
 * on their pg_attrdef row; a whole object stands for its columns.
 */
CREATE FUNCTION removal_objects(OUT classid oid, OUT objid oid, OUT objsubid int, OUT depth int) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE member AS (
        SELECT d.classid, d.objid
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_extension AS e ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
        WHERE e.extname = 'smarketing' AND d.deptype = 'e'
        UNION ALL
        SELECT 'pg_catalog.pg_extension'::regclass, e.oid
        FROM pg_catalog.pg_extension AS e
        WHERE e.extname = 'smarketing'
    ), part (classid, objid) AS (
        -- of a member: array and row types, the entries of an operator family
        SELECT m.classid, m.objid FROM member AS m
        UNION
        SELECT d.classid, d.objid
        FROM part AS t
        JOIN pg_catalog.pg_depend AS d ON d.refclassid = t.classid AND d.refobjid = t.objid AND d.deptype IN ('i', 'a')
            AND d.classid IN ('pg_catalog.pg_type'::regclass, 'pg_catalog.pg_class'::regclass,
                              'pg_catalog.pg_amop'::regclass, 'pg_catalog.pg_amproc'::regclass)
    ), taken (classid, objid, objsubid, depth) AS (
        SELECT m.classid, m.objid, 0, 0 FROM part AS m
        UNION
        SELECT found.classid, found.objid, found.objsubid, t.depth + 1
        FROM taken AS t
        JOIN pg_catalog.pg_depend AS d ON d.refclassid = t.classid AND d.refobjid = t.objid
            AND (t.objsubid = 0 OR d.refobjsubid = t.objsubid) AND d.deptype IN ('n', 'a', 'i', 'x')
        LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
        CROSS JOIN LATERAL (SELECT
            CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::regclass::oid END AS classid,
            coalesce(r.ev_class, d.objid) AS objid,
            CASE WHEN r.oid IS NULL THEN d.objsubid ELSE 0 END AS objsubid) AS found
        WHERE (found.classid, found.objid) <> (t.classid, t.objid)
          AND NOT EXISTS (SELECT FROM part AS m WHERE m.classid = found.classid AND m.objid = found.objid)
          AND t.depth < 100
    )
    SELECT t.classid, t.objid, t.objsubid, max(t.depth)
    FROM taken AS t
    WHERE (t.classid, t.objid) NOT IN (SELECT m.classid, m.objid FROM part AS m)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                      WHERE t.classid = 'pg_catalog.pg_class'::regclass AND c.oid = t.objid
                        AND c.relnamespace = 'pg_toast'::regnamespace)
      -- a constraint trigger's constraint: the trigger stands for it
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                      WHERE t.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = t.objid AND k.contype = 't')
    GROUP BY t.classid, t.objid, t.objsubid;
END;
COMMENT ON FUNCTION removal_objects() IS
'Objects that are no members of the extension and would go with it under CASCADE; depth is their distance from it. Internal.';

/* Triggers that call our functions, and our views in a workspace: repair_workspace() makes them again. */
CREATE FUNCTION removal_is_own(classid oid, objid oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (SELECT
                   FROM pg_catalog.pg_trigger AS t
                   JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                   JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = t.tgfoid
                       AND d.deptype = 'e'
                   JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
                   WHERE removal_is_own.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = removal_is_own.objid
                     AND pg_catalog.starts_with(t.tgname::text, 'smarketing_')
                     AND e.extname = 'smarketing'
                     AND n.nspname::text IN (SELECT w.workspace FROM workspaces() AS w))
        OR EXISTS (SELECT
                   FROM pg_catalog.pg_class AS c
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                   WHERE removal_is_own.classid = 'pg_catalog.pg_class'::regclass AND c.oid = removal_is_own.objid
                     AND c.relkind = 'v' AND c.relname::text = ANY (workspace_view_names())
                     AND n.nspname::text IN (SELECT w.workspace FROM workspaces() AS w));
END;
COMMENT ON FUNCTION removal_is_own(oid, oid) IS
'Is this one of the triggers and views that repair_workspace() makes? Internal.';

/* One object as the statement that would make it again. */
CREATE FUNCTION removal_statement(classid oid, objid oid, objsubid int) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    kind CONSTANT text := classid::regclass::text;
    relation pg_class;
BEGIN
    IF kind = 'pg_class' AND objsubid = 0 THEN
        SELECT c.* INTO relation FROM pg_class AS c WHERE c.oid = objid;
        RETURN CASE
            WHEN relation.relkind = 'v' THEN format('CREATE VIEW %s%s AS%s%s', objid::regclass,
                ' WITH (' || array_to_string(relation.reloptions, ', ') || ')', chr(10), pg_get_viewdef(objid))
            WHEN relation.relkind = 'm' THEN format('CREATE MATERIALIZED VIEW %s AS%s%s',
                objid::regclass, chr(10), pg_get_viewdef(objid))
            WHEN relation.relkind IN ('i', 'I') THEN pg_get_indexdef(objid) || ';'
            ELSE '-- make again by hand: ' || pg_describe_object(classid, objid, objsubid)
        END;
    ELSIF kind = 'pg_class' THEN
        RETURN (SELECT format(CASE c.relkind WHEN 'c' THEN 'ALTER TYPE %s ADD ATTRIBUTE %I %s;'
                                             ELSE 'ALTER TABLE %s ADD COLUMN %I %s; -- its values go: copy them as text first' END,
                              a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod))
                FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
                WHERE a.attrelid = objid AND a.attnum = objsubid);
    ELSIF kind = 'pg_attrdef' THEN
        RETURN (SELECT CASE a.attgenerated
                WHEN '' THEN format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s;',
                                    d.adrelid::regclass, a.attname, pg_get_expr(d.adbin, d.adrelid))
                ELSE format('ALTER TABLE %s ADD COLUMN %I %s GENERATED ALWAYS AS (%s) STORED;',
                            d.adrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                            pg_get_expr(d.adbin, d.adrelid)) END
                FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                WHERE d.oid = objid);
    ELSIF kind = 'pg_trigger' THEN
        RETURN pg_get_triggerdef(objid) || ';';
    ELSIF kind = 'pg_constraint' THEN
        RETURN (SELECT format('ALTER %s %s ADD CONSTRAINT %I %s;',
                              CASE WHEN c.conrelid = 0 THEN 'DOMAIN' ELSE 'TABLE' END,
                              coalesce(nullif(c.conrelid, 0)::regclass::text, c.contypid::regtype::text),
                              c.conname, pg_get_constraintdef(c.oid))
                FROM pg_constraint AS c WHERE c.oid = objid);
    ELSIF kind = 'pg_policy' THEN
        RETURN (SELECT format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s;', p.polname, p.polrelid::regclass,
                CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                              WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ')
                 FROM unnest(p.polroles) AS r),
                ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
                FROM pg_policy AS p WHERE p.oid = objid);
    ELSIF kind = 'pg_proc' AND (SELECT p.prokind IN ('f', 'p', 'w') FROM pg_proc AS p WHERE p.oid = objid) THEN
        RETURN pg_get_functiondef(objid) || ';';
    END IF;
    RETURN '-- make again by hand: ' || pg_describe_object(classid, objid, objsubid);
END
$body$;
COMMENT ON FUNCTION removal_statement(oid, oid, int) IS
'The statement that makes an object again; a comment with its description where there is none. Internal.';

/* The schema that an object stands in; a trigger, policy, default or constraint stands where its table does. */
CREATE FUNCTION removal_schema(classid oid, objid oid, objsubid int) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(n.nspname::text, i.schema)
    FROM pg_catalog.pg_identify_object(classid, objid, objsubid) AS i
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = CASE classid
        WHEN 'pg_catalog.pg_trigger'::regclass THEN (SELECT t.tgrelid FROM pg_catalog.pg_trigger AS t WHERE t.oid = objid)
        WHEN 'pg_catalog.pg_policy'::regclass THEN (SELECT p.polrelid FROM pg_catalog.pg_policy AS p WHERE p.oid = objid)
        WHEN 'pg_catalog.pg_attrdef'::regclass THEN (SELECT d.adrelid FROM pg_catalog.pg_attrdef AS d WHERE d.oid = objid)
        WHEN 'pg_catalog.pg_constraint'::regclass THEN (SELECT k.conrelid FROM pg_catalog.pg_constraint AS k WHERE k.oid = objid)
        END
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace;
END;
COMMENT ON FUNCTION removal_schema(oid, oid, int) IS
'The schema of an object, or of the table that it belongs to; null if it has none. Internal.';

/* Grants on a relation to others than its owner, and its comment. */
CREATE FUNCTION removal_grants(relation oid) RETURNS SETOF text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.format('GRANT %s%s ON %s TO %s%s;', g.privilege_type, g.columns, relation::pg_catalog.regclass,
                  CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END,
                  CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM (SELECT a.grantee, a.privilege_type, a.is_grantable, '' AS columns, c.relowner
          FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
          WHERE c.oid = relation
          UNION ALL
          SELECT a.grantee, a.privilege_type, a.is_grantable, pg_catalog.format(' (%I)', t.attname), c.relowner
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_attribute AS t ON t.attrelid = c.oid
          CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) AS a
          WHERE c.oid = relation) AS g
    WHERE g.grantee <> g.relowner
    ORDER BY g.grantee::pg_catalog.regrole::text COLLATE "C", g.privilege_type COLLATE "C", g.columns COLLATE "C";
END;
COMMENT ON FUNCTION removal_grants(oid) IS
'The grants on a relation as GRANT statements. Internal.';

CREATE FUNCTION removal_report(workspace text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    taken record;
BEGIN
    PERFORM smarketing.workspace_check_owner(workspace);
    FOR taken IN
        SELECT o.classid, o.objid, o.objsubid, smarketing.removal_is_own(o.classid, o.objid) AS own
        FROM smarketing.removal_objects() AS o
        CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, o.objsubid) AS i
        WHERE NOT EXISTS (SELECT FROM smarketing.workspaces() AS w
                          WHERE w.workspace = smarketing.removal_schema(o.classid, o.objid, o.objsubid)
                            AND w.workspace <> removal_report.workspace)
          AND o.classid NOT IN ('pg_type'::regclass, 'pg_rewrite'::regclass)
        ORDER BY o.depth, i.type COLLATE "C", i.identity COLLATE "C"
    LOOP
        IF NOT taken.own THEN
            RETURN NEXT smarketing.removal_statement(taken.classid, taken.objid, taken.objsubid);
        END IF;
        IF taken.classid = 'pg_class'::regclass THEN
            RETURN QUERY SELECT g FROM smarketing.removal_grants(taken.objid) AS g;
        END IF;
    END LOOP;
END
$body$;
COMMENT ON FUNCTION removal_report(text) IS
'What DROP EXTENSION smarketing CASCADE would take beside the workspace''s own triggers and views, which repair_workspace() puts back: users'' views, functions, indexes, policies, constraints and columns that use ours, and the grants on what goes, as the SQL that makes them again, in an order in which it can be run. Objects in other workspaces are left to their own reports. No row: nothing but our own goes. Only the owner of the workspace''s tables (42501).';
