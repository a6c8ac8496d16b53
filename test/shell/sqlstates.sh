# Each SQLSTATE of our own that the source raises is expected by some test.
. "$SMK_SRC/test/tap.sh"
cd "$SMK_SRC" || exit 1

raised() { # NAME CODE
	grep -rqw --include='*.c' "$1" src || grep -rq --include='*.sql' "'$2'" src
}
expected() { # CODE
	grep -rq --exclude=sqlstates.sh "$1" sql expected test
}

defined=0
while read -r name a b c; do
	defined=$((defined + 1))
	code=SM$a$b$c
	if raised "$name" "$code"; then
		ok "$code ($name) is raised and expected by a test" expected "$code"
	else
		ok "$code ($name) is not raised yet" true
	fi
done < <(sed -n "s/^#define[[:space:]]*\(ERRCODE_SMK_[A-Z_]*\)[[:space:]]*MAKE_SQLSTATE('S', *'M', *'\(.\)', *'\(.\)', *'\(.\)').*/\1 \2 \3 \4/p" src/smarketing.h)
is "$defined" 11 'SM001 to SM011 are defined'
