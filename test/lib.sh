# shellcheck shell=bash
# lib.sh: what test/run, test/doc, demo/run and bench/run share.
#
# A script sources this file and calls `private NAME "$@"`.  That installs what is missing, copies the checkout to
# a new directory, and runs the script again there as an unprivileged user (the server refuses root, and a run by root
# must not leave root's files in the checkout).  Only that second run returns from `private`; it calls `build_private`
# and `start_server`.  The first run waits for it and stops the server and removes the directory, whatever happens.

set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
control_version() { sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$here/smarketing.control"; }

# ---- finding and installing ------------------------------------------------------------------------------------

# major_version PG_CONFIG: 15, or 0 where it does not run
major_version() { "$1" --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p' | grep . || echo 0; }

# can PG_CONFIG WHAT...: whether that installation has a server, devel (headers and PGXS), pgtap
can() {
	local config=$1 what
	shift
	[ -n "$config" ] && [ "$(major_version "$config")" -ge 15 ] || return 1
	for what in "$@"; do
		case $what in
			server) [ -x "$("$config" --bindir)/postgres" ] && [ -x "$("$config" --bindir)/initdb" ] ;;
			devel) [ -f "$("$config" --pgxs)" ] && [ -f "$("$config" --includedir-server)/postgres.h" ] ;;
			pgtap) [ -f "$("$config" --sharedir)/extension/pgtap.control" ] ;;
		esac || return 1
	done
}

# all pg_configs of this machine, the one in PATH first, then the newest
candidates() {
	command -v pg_config
	ls -d /usr/lib/postgresql/*/bin/pg_config /usr/local/pgsql/bin/pg_config 2>/dev/null | sort -rV
}

# find_server WHAT...: sets PG_CONFIG to the first installation that has it all
find_server() {
	local config
	if [ -n "${PG_CONFIG:-}" ]; then
		command -v "$PG_CONFIG" >/dev/null || die "no such program: PG_CONFIG=$PG_CONFIG"
		can "$PG_CONFIG" "$@"
		return
	fi
	for config in $(candidates); do
		if can "$config" "$@"; then
			PG_CONFIG=$config
			return 0
		fi
	done
	return 1
}

has_compiler() { echo '#include <stdlib.h>' | gcc -E -x c - >/dev/null 2>&1; }

# has_tool NAME: gcc (with the C library's headers), prove, or any command
has_tool() {
	case $1 in
		gcc) has_compiler ;;
		*) command -v "$1" >/dev/null ;;
	esac
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "to install what is missing, run this as root or install sudo: $*"
	fi
}

apt_updated=
apt_update() {
	command -v apt-get >/dev/null || die "missing, and there is no apt-get to install it: $*"
	if [ -z "$apt_updated" ]; then
		as_root apt-get -qq update </dev/null || die "apt-get update failed"
		apt_updated=yes
	fi
}

apt_install() {
	local log
	apt_update "$@"
	say "installing: $*"
	log=$(mktemp)
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" \
		</dev/null >"$log" 2>&1 || { cat "$log"; rm -f "$log"; die "could not install: $*"; }
	rm -f "$log"
}

# The version to install: that of PG_CONFIG or of the newest server here, else the distribution's own.
version_to_install() {
	local config version=0
	for config in ${PG_CONFIG:-$(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -V | tail -n 1)}; do
		version=$(major_version "$config")
	done
	if [ "$version" -lt 15 ]; then
		version=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
	fi
	[ "${version:-0}" -ge 15 ] || die "PostgreSQL 15 or later is needed, see https://apt.postgresql.org"
	echo "$version"
}

# A package that starts a database server on a machine that had none would be a surprise.
no_main_cluster() {
	if [ ! -d /etc/postgresql-common ]; then
		as_root mkdir -p /etc/postgresql-common
		printf '%s\n' '# Written when smarketing installed PostgreSQL for a private, temporary server.' \
			'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
	fi
}

# need WHAT...: installs what is missing among server, devel, pgtap and commands
need() {
	local what tools=() server=() packages=() version
	for what in "$@"; do
		case $what in
			server | devel | pgtap) server+=("$what") ;;
			*) has_tool "$what" || tools+=("$what") ;;
		esac
	done
	for what in ${tools[@]+"${tools[@]}"}; do
		case $what in
			gcc) packages+=(gcc libc6-dev) ;;
			prove) packages+=(perl) ;;
			*) packages+=("$what") ;;
		esac
	done
	[ ${#packages[@]} = 0 ] || apt_install "${packages[@]}"
	if [ ${#server[@]} -gt 0 ] && ! find_server "${server[@]}"; then
		apt_update "${server[@]}"
		version=$(version_to_install) || exit 1
		packages=("postgresql-$version" "postgresql-server-dev-$version")
		case " ${server[*]} " in *" pgtap "*) packages+=("postgresql-$version-pgtap") ;; esac
		no_main_cluster
		apt_install "${packages[@]}"
		find_server "${server[@]}" || die "${PG_CONFIG:-pg_config} still lacks one of: ${server[*]}"
	fi
}

# nice_to_have COMMAND...: installs, without asking anybody, what the tests can do without
nice_to_have() {
	local what
	for what in "$@"; do
		if ! has_tool "$what" && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
			(apt_install "$what") || say "going on without $what"
		fi
	done
}

# ---- the first run ---------------------------------------------------------------------------------------------

inner=
stop_postmasters() {
	local pidfile
	for pidfile in "$SMK_TMP"/data*/postmaster.pid "$SMK_TMP"/tmp/*/postmaster.pid; do
		[ ! -f "$pidfile" ] || kill -QUIT "$(head -n 1 "$pidfile")" 2>/dev/null
	done
}

leave() {
	trap - EXIT INT TERM HUP
	[ -z "$inner" ] || kill -TERM -- "-$inner" 2>/dev/null
	stop_postmasters
	cd / || exit 1
	if [ -n "${SMK_KEEP:-}" ]; then
		say "kept: $SMK_TMP"
	else
		# a dying server may still write a last file
		rm -rf "$SMK_TMP" 2>/dev/null || { sleep 1; rm -rf "$SMK_TMP"; }
	fi
	exit "$1"
}

# The user that the server runs as: ourselves, or for root one that the server accepts.
unprivileged_user() {
	if [ "$(id -u)" != 0 ]; then
		id -un
	elif id postgres >/dev/null 2>&1; then
		echo postgres
	else
		echo nobody
	fi
}

copy_checkout() {
	mkdir "$SMK_TMP/smarketing" "$SMK_TMP/tmp"
	tar -C "$here" --exclude=./.git --exclude='*.o' --exclude='*.bc' --exclude='*.so' --exclude=./results \
		--exclude="./smarketing--$(control_version).sql" --exclude='./tmp_*' --exclude='./smarketing-*.zip' -cf - . |
		tar -C "$SMK_TMP/smarketing" -xf - || die "cannot copy the checkout"
	[ ! -d "$here/../shared" ] || cp -a "$(cd "$here/../shared" && pwd -P)" "$SMK_TMP/shared"
}

# private SCRIPT ARGUMENTS...: see the head of this file; SCRIPT is relative to the checkout
private() {
	local script=$1 user
	shift
	[ -z "${SMK_INNER:-}" ] || return 0
	SMK_TMP=$(mktemp -d /tmp/smk.XXXXXX) || die "cannot make a directory in /tmp"
	trap 'leave 130' INT
	trap 'leave 143' TERM HUP
	trap 'leave $?' EXIT
	user=$(unprivileged_user)
	copy_checkout
	[ "$user" = "$(id -un)" ] || chown -R "$user" "$SMK_TMP"
	chmod 700 "$SMK_TMP"
	cd "$SMK_TMP/smarketing" || exit 1
	export SMK_PG_CONFIG=$PG_CONFIG
	# variables that would reach into the build, the server or its clients
	unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR CFLAGS CPPFLAGS LDFLAGS PERL5LIB ${!PG@}
	export SMK_TMP SMK_USER=$user SMK_INNER=yes HOME=$SMK_TMP TMPDIR=$SMK_TMP/tmp LC_ALL=C.UTF-8
	if [ "$user" = "$(id -un)" ]; then
		setsid env --default-signal bash "$script" "$@" &
	else
		setsid setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups \
			env --default-signal bash "$script" "$@" &
	fi
	inner=$!
	wait "$inner"
	leave_with=$?
	inner=
	if declare -F bring_back >/dev/null; then bring_back; fi
	leave "$leave_with"
}

# ---- the second run --------------------------------------------------------------------------------------------

# A copy of the server, each file under its full path: a server that is moved as a whole finds its files relative to
# its own program, and `make install DESTDIR=` puts the extension there and not into the system.
copy_server() {
	local dir
	for dir in --bindir --pkglibdir --sharedir; do
		dir=$("$SMK_PG_CONFIG" "$dir")
		mkdir -p "$SMK_TMP/pg$dir"
		tar -C "$dir" --exclude=./bitcode --exclude='./*smarketing*' --exclude='./extension/smarketing*' -cf - . |
			tar -C "$SMK_TMP/pg$dir" -xf - || die "cannot copy $dir"
	done
}

# build_private LOGFILE: builds the copy of the checkout and installs it into the copy of the server
build_private() {
	copy_server
	make -C "$SMK_TMP/smarketing" -j2 PG_CONFIG="$SMK_PG_CONFIG" with_llvm=no all >"$1" 2>&1 &&
		make -C "$SMK_TMP/smarketing" PG_CONFIG="$SMK_PG_CONFIG" with_llvm=no DESTDIR="$SMK_TMP/pg" install >>"$1" 2>&1
}

# start_server [SETTING=VALUE...]: a new cluster on a Unix socket only; sets what libpq needs to reach it
start_server() {
	local setting
	PATH=$SMK_TMP/pg$("$SMK_PG_CONFIG" --bindir):$PATH
	export PATH PGHOST=$SMK_TMP PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PSQLRC=/dev/null PAGER=cat
	initdb -D "$SMK_TMP/data" -U postgres -A trust -N -E UTF8 --locale=C.UTF-8 >"$SMK_TMP/initdb.log" 2>&1 ||
		initdb -D "$SMK_TMP/data" -U postgres -A trust -N -E UTF8 --locale=C >"$SMK_TMP/initdb.log" 2>&1 || {
		cat "$SMK_TMP/initdb.log"
		die "initdb failed"
	}
	{
		say "listen_addresses = ''"
		say "unix_socket_directories = '$SMK_TMP'"
		say "fsync = off"
		say "full_page_writes = off"
		say "synchronous_commit = off"
		say "jit = off"
		say "timezone = 'UTC'"
		say "log_timezone = 'UTC'"
		say "lc_messages = 'C'"
		say "wal_level = logical"
		say "max_prepared_transactions = 10"
		for setting in "$@"; do say "${setting%%=*} = '${setting#*=}'"; done
	} >>"$SMK_TMP/data/postgresql.conf"
	pg_ctl -s -w -D "$SMK_TMP/data" -l "$SMK_TMP/server.log" start || {
		cat "$SMK_TMP/server.log"
		die "the server did not start"
	}
}
