#!/bin/sh
# Binary input of working_hours, good and hostile (TAP).
#
# Builds the binary format of COPY by hand, since nothing else lets a client
# send arbitrary bytes.
set -u

file=$(mktemp)
database=working_hours_binary_$$
psql -X -q -d postgres -c "CREATE DATABASE $database TEMPLATE smk_template" || exit 1
export PGDATABASE="$database"
trap 'rm -f "$file"; psql -X -q -d postgres -c "DROP DATABASE $database"' EXIT
n=0

# One value of this length and these bytes (octal escapes); the answer is the
# text that comes back, or the SQLSTATE.
receive() {
	{
		printf 'PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\001'
		printf "\\000\\000\\000\\$(printf '%03o' "$1")"
		printf "$2"
		printf '\377\377'
	} > "$file"
	psql -X -q -A -t <<-SQL 2>&1
		\\set VERBOSITY sqlstate
		SET client_encoding = 'UTF8';
		CREATE TEMP TABLE h (hours smarketing.working_hours);
		\\copy h FROM '$file' (FORMAT binary)
		SELECT hours FROM h;
	SQL
}

is() {
	n=$((n + 1))
	found=$(receive "$2" "$3")
	if [ "$found" = "$4" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "# expected: $4"
		echo "# found: $found" | sed '2,$s/^/# /'
	fi
}

echo 1..10
is 'a value as it was sent' 20 '\001UTC; Mo 09:00-10:00' 'UTC; Mo 09:00-10:00'
is 'a value in other words becomes canonical' 19 '\001utc; mo 9:00-10:00' 'UTC; Mo 09:00-10:00'
is 'another version' 4 '\002UTC' 'ERROR:  22P03'
is 'nothing at all' 0 '' 'ERROR:  08P01'
is 'a version and no text' 1 '\001' 'ERROR:  22023'
is 'a zero byte in the text' 6 '\001UTC\000;' 'ERROR:  22021'
is 'bytes that are no UTF-8' 6 '\001UTC;\377' 'ERROR:  22021'
is 'a rule that is none' 9 '\001UTC; xyz' 'ERROR:  22P02'
is 'an hour that is none' 20 '\001UTC; Mo 09:00-30:00' 'ERROR:  22007'
is 'a zone that is none' 5 '\001Nope' 'ERROR:  22023'
