# What README.md and doc/*.md show is what the server says.
cd "$SMK_SRC" || exit 1
mapfile -t documents < <(ls README.md doc/*.md 2>/dev/null)
if [ ${#documents[@]} = 0 ]; then
	echo "1..0 # SKIP no document"
	exit 0
fi
exec perl test/doc.pl "${documents[@]}"
