# The ten questions of a weekly meeting: each is one SELECT of at most eight lines in doc/howto.md, with what it answers
# there (which test/shell/doc.sh compares) and on other data in test/pgtap/questions.sql.
. "$SMK_SRC/test/tap.sh"
cd "$SMK_SRC" || exit 1

question() { awk -v n="$1" -f test/pgtap/include/question.awk doc/howto.md; }
statements() { tr -cd ';' <<<"$1" | wc -c; }
# is the block that follows at once its output, and has it any?
shown() {
	awk -v n="$1" '/^#+ / { inside = index($0, "### " n ". ") == 1 }
		inside && /^```text$/ { text = 1; next }
		inside && /^```/ { text = 0 }
		inside && text { lines++ }
		END { exit lines < 4 }' doc/howto.md
}

section=$(sed -n '/^## The weekly meeting in ten questions$/,/^## Alerts$/p' doc/howto.md)
is "$(grep -c '^### [0-9]*\. .*?$' <<<"$section")" 10 'there are ten questions'
is "$(question 11)" '' 'and no more'
for n in 1 2 3 4 5 6 7 8 9 10; do
	sql=$(question "$n")
	is "$(head -c 7 <<<"$sql")" 'SELECT ' "question $n is a SELECT"
	is "$(statements "$sql")${sql: -1}" '1;' "question $n is one statement"
	ok "question $n has at most 8 lines" [ "$(wc -l <<<"$sql")" -le 8 ]
	ok "question $n has no line that is several" [ "$(wc -L <<<"$sql")" -le 160 ]
	ok "question $n shows its answer" shown "$n"
	ok "question $n is tested" grep -q "pg_temp.answers($n, " test/pgtap/questions.sql
done
