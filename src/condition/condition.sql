
/* ---------- conditions ---------- */

CREATE FUNCTION matches_support(internal) RETURNS internal
    LANGUAGE c STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'smk_matches_support';

COMMENT ON FUNCTION matches_support(internal) IS
$$Planner support for matches(): where the row is a table's and the condition is constant, only the columns that the condition reads are handed over.$$;

CREATE FUNCTION matches_columns("row" anyelement, condition jsonpath, VARIADIC "columns" "any") RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'smk_matches_columns';

COMMENT ON FUNCTION matches_columns(anyelement, jsonpath, "any") IS
$$What the planner makes of matches(row, condition): row is a null of the table's type, columns are the values of the columns that the condition reads, in the table's order. Seen in EXPLAIN; not meant to be called.
Errors: 42804 if row is no row or the columns are not those; 0A000 if the condition is not constant or cannot be compiled.$$;

CREATE FUNCTION matches("row" anyelement, condition jsonpath) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5
    SUPPORT matches_support
    AS 'MODULE_PATHNAME', 'smk_matches';

COMMENT ON FUNCTION matches(anyelement, jsonpath) IS
$$Does the condition hold for the row?  The row, of any table or composite type, is a JSON object whose keys are its columns; the condition is a jsonpath predicate over it, such as $.industry == "software" && $.employees >= 50.
True where jsonb_path_match(to_jsonb(row), condition, '{}', true) is true, false where that is false, unknown or fails; timestamptz is in UTC and floats in shortest form, whatever the session's settings.
Null if the row or the condition is null (a row of nulls is no null row).
Errors: 42804 if the first argument is no row. A condition that cannot be compiled (variables, datetime(), keyvalue(), **, the whole row, columns of type json or composite or of a text that depends on settings) is evaluated by PostgreSQL, slowly, and may raise what to_jsonb raises.$$;

CREATE FUNCTION condition_values("row" anyelement, condition jsonpath) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'smk_condition_values_sql';

COMMENT ON FUNCTION condition_values(anyelement, jsonpath) IS
$$What the condition reads in this row, for people: employees is 12, industry is null. Strings are in double quotes, values of more than 80 bytes are cut.
Null if an argument is null, or the condition cannot be compiled. Errors: 42804 if the first argument is no row.$$;

CREATE FUNCTION condition_problem(relation regclass, condition jsonpath) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'smk_condition_problem';

COMMENT ON FUNCTION condition_problem(regclass, jsonpath) IS
$$Why a rule over this relation's rows cannot have this condition, in a few words: a column that does not exist, is generated or cannot be read, a variable, datetime(), keyvalue(), **, the row as a whole, a regular expression of more than 1000 characters, an accessor after parentheses (which a dump would lose).
Null if it can, or if an argument is null. Error 42P01 if there is no such relation.$$;

CREATE FUNCTION check_condition(relation regclass, condition jsonpath) RETURNS void
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'smk_check_condition';

COMMENT ON FUNCTION check_condition(regclass, jsonpath) IS
$$Raises SM007, with detail, hint and column, where condition_problem() is not null; does nothing if an argument is null.$$;
