# shellcheck shell=bash
# tap.sh: for the shell tests.  `. "$SMK_SRC/test/tap.sh"`, then ok, is, like, skip_all; the plan is printed at the end.
# The environment has the running server (PGHOST, PGPORT, PGUSER, its programs in PATH), SMK_SRC (the repository),
# SMK_PG_CONFIG, SMK_VERSION, and SMK_SHARED where reference data is there.  Files go to $TMPDIR.
set -u
tap_count=0

# ok NAME COMMAND...: passes if the command succeeds
ok() {
	local name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $name"
	else
		echo "not ok $tap_count - $name"
		return 1
	fi
}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

# is GOT WANT NAME
is() { ok "$3" [ "$1" = "$2" ] || { note "got:  $1"; note "want: $2"; return 1; }; }

# like GOT REGEX NAME
like() { ok "$3" grep -Eq -e "$2" <<<"$1" || { note "got:  $1"; note "want: /$2/"; return 1; }; }

skip_all() { echo "1..0 # SKIP $*"; trap - EXIT; exit 0; }

# sql DATABASE TEXT: its bare output, errors included
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -c "$2" 2>&1; }

# new_database NAME [TEMPLATE]: smk_template has the extension and pgTAP
new_database() {
	sql postgres "DROP DATABASE IF EXISTS $1 WITH (FORCE)" >/dev/null
	sql postgres "CREATE DATABASE $1 TEMPLATE ${2:-smk_template}"
}

trap 'echo "1..$tap_count"' EXIT
