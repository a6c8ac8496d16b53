# The manual leaves nothing out, and what README.md and the manual point at is there.
. "$SMK_SRC/test/tap.sh"
cd "$SMK_SRC" || exit 1
new_database manual >/dev/null
sql manual "SELECT smarketing.create_workspace('crm')" >/dev/null

# all_in_manual WHAT FORMAT QUERY: printf FORMAT of each name that the query gives stands in the manual
all_in_manual() {
	local names name missing=''
	names=$(sql manual "$3")
	while read -r name; do
		# shellcheck disable=SC2059
		grep -qF -- "$(printf "$2" "$name")" doc/smarketing.md || missing+=" $name"
	done <<<"$names"
	ok "$1: there are some" [ -n "$names" ]
	is "$missing" '' "the manual has all of them: $1"
}

all_in_manual tables '<!-- columns crm.%s -->' "SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind IN ('r', 'p')"
all_in_manual views '<!-- columns crm.%s -->' "SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind IN ('v', 'm')"
# in_examples: the SQL that the manual shows, and has run
in_examples() { sed -n '/^```sql/,/^```/p' doc/smarketing.md; }
missing=''
for view in $(sql manual "SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind IN ('v', 'm')"); do
	in_examples | grep -qwF -- "$view" || missing+=" $view"
done
is "$missing" '' 'the manual shows each view at work'
all_in_manual settings "\`%s\`" "SELECT name FROM crm.setting"
all_in_manual types 'smarketing.%s' "SELECT typname FROM pg_type WHERE typnamespace = 'smarketing'::regnamespace AND typelem = 0 AND typtype IN ('b', 'c')"
all_in_manual 'public functions' 'smarketing.%s' "
	SELECT DISTINCT p.proname FROM pg_proc AS p
	WHERE p.pronamespace = 'smarketing'::regnamespace AND p.prorettype <> 'trigger'::regtype
		AND coalesce(obj_description(p.oid, 'pg_proc'), '') !~* 'internal[.:]|part of [a-z_]+\(\)|''s (checks|part) '
		AND p.proname !~ '^working_hours_'"
# a session knows the parameters only once the library is loaded
all_in_manual parameters "\`%s\`" "LOAD '\$libdir/smarketing'; SELECT name FROM pg_settings WHERE name LIKE 'smarketing.%'"
sqlstates=$(sed -n "s/^#define[[:space:]]*ERRCODE_SMK_.*'\(.\)', *'\(.\)', *'\(.\)').*/SM\1\2\3/p" src/smarketing.h)
for state in $sqlstates; do
	ok "$state is in README.md" grep -q "^| .$state. |" README.md
	ok "$state is in the manual" grep -q "^| .$state. |" doc/smarketing.md
done

# the targets that a reader is told to make
can_make() { make -n PG_CONFIG="$SMK_PG_CONFIG" with_llvm=no "$1" >/dev/null; }
for target in $(grep -ohE '(^|[ `])make( [a-z]+)?' README.md doc/*.md | sed -n 's/.*make \([a-z]*\)$/\1/p' | sort -u); do
	grep -qE "(\`|^|sudo )make $target" README.md doc/*.md || continue
	ok "make $target" can_make "$target"
done

# links inside the documents
slugs() { # FILE: GitHub's anchors of its headings
	sed -n '/^```/,/^```/d; s/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}
for file in README.md CHANGELOG.md doc/*.md; do
	broken=''
	for link in $(grep -oE '\]\([^)]*\)' "$file" | sed 's/^](//; s/)$//' | grep -v '^https\?:'); do
		path=${link%%#*}
		target=${path:+$(dirname "$file")/$path}
		target=${target:-$file}
		if [ ! -f "$target" ]; then
			broken+=" $link"
		elif [ "$link" != "$path" ] && ! slugs "$target" | grep -qx -- "${link#*#}"; then
			broken+=" $link"
		fi
	done
	is "$broken" '' "the links of $file lead somewhere"
done
