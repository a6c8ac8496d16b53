# Internal statements run as the owner under the caller's search_path: what PostgreSQL looks up by a bare name in them
# could be the caller's own.
. "$SMK_SRC/test/tap.sh"
cd "$SMK_SRC" || exit 1

# The string literals of C that read like SQL: one that names the workspace's schema, and the ones around it.
literals() {
	find src -name '*.c' | LC_ALL=C sort | xargs grep -nE '^[^/*]*"[^"]*"' |
		grep -vE 'errmsg|strcmp|errdetail|errhint|psprintf|elog\(|"It |\bhint\b|#include'
}

none() { # NAME REGEX: what it matches
	is "$(literals | grep -E "\"[^\"]*($2)[^\"]*\"" | head -n 10)" '' "no internal statement has $1"
}
ok 'there are statements to look at' test "$(literals | grep -c 'OPERATOR(pg_catalog')" -gt 20
none 'IS DISTINCT FROM' 'IS (NOT )?DISTINCT FROM'
none 'CASE x WHEN' 'CASE [a-z_.$0-9]+ WHEN'
none 'IN (…)' '[a-z0-9_)] (NOT )?IN \('
none 'BETWEEN, LIKE or SIMILAR' ' (NOT )?(BETWEEN|I?LIKE|SIMILAR) '
none 'JOIN … USING' ' USING \('
none 'NATURAL JOIN or NULLIF' 'NATURAL|NULLIF\('
none 'an unqualified collation' 'COLLATE \\"'
none 'an unqualified operator' '[a-z0-9_)] (<>|!=|<=|>=|<|>|\|\||->>?|#>>?|@>|<@|&&|[-+*/%]) [a-z($'"'"']|(WHERE|AND|ON|OR|WHEN|NOT) [a-z_]+\.[a-z_]+ = '
none 'an unqualified cast' '::[a-z0-9]+([^a-z0-9._]|$)'
