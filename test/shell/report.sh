# The page of report_html(), in a browser: nothing runs off a narrow screen, everything can be read in light and in
# dark, paper is black on white, and what somebody wrote does not run.
. "$SMK_SRC/test/tap.sh"
for browser in chromium chromium-browser google-chrome; do
	command -v "$browser" >/dev/null && break
done
command -v "$browser" >/dev/null || skip_all 'no browser: install chromium'

# browse ARGUMENT...: a new browser, which starts from nothing and talks to nobody
browse() {
	timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-extensions \
		--disable-background-networking --no-first-run --hide-scrollbars --user-data-dir="$(mktemp -d "$TMPDIR/browser.XXXXXX")" "$@" 2>"$TMPDIR/browser.err"
}

like "$(browse --dump-dom 'data:text/html,<p>hello')" '<p>hello' 'the browser runs' >"$TMPDIR/probe" ||
	skip_all "$browser does not run here: $(tail -n 1 "$TMPDIR/browser.err")"
tap_count=0

new_database report >/dev/null
page() { # NAME COMMAND...: what psql prints is the page, and nothing else
	local name=$1
	shift
	psql -XqAt -v ON_ERROR_STOP=1 -d report "$@" >"$TMPDIR/$name.html" 2>"$TMPDIR/$name.err"
}
setup() { psql -XqAt -v ON_ERROR_STOP=1 -d report -v language=it -f "$SMK_SRC/test/pgtap/include/hostile.psql" 2>&1; }
is "$(setup)" '' 'a workspace full of hostile text'
sql report "SELECT smarketing.create_workspace('quiet', 'es')" >/dev/null
page quiet -c "SELECT smarketing.report_html('quiet')"
page hostile -c "SELECT smarketing.report_html('<b>\"r&d\"', '2025-03')"
like "$(head -n 1 "$TMPDIR/quiet.html") $(tail -n 1 "$TMPDIR/quiet.html")" '^<!DOCTYPE html> </html>$' 'psql prints the bare page'

# frames NAME [MEDIUM]: a copy of the page that measures itself, in frames of several widths.  The page forbids all scripts;
# its copy allows them, so that what would run without that line does run.  The rules for MEDIUM hold on the screen.
frames() {
	{
		printf '<!DOCTYPE html><body><script>alert = () => { window.alerted = true; }</script>'
		sed '1d; /Content-Security-Policy/d; /^<\/body>/,$d; s/^@media '"${2:-screen}"' /@media all /' "$TMPDIR/$1.html"
		printf '<script>\n%s\n</script></body></html>\n' "$(cat "$SMK_SRC/test/client/measure.js")"
	} >"$TMPDIR/$1.measured.html"
	{
		printf '<!DOCTYPE html><body><pre id="said"></pre><script>addEventListener("message", m => said.append(m.data, "\\n"))</script>'
		for width in 320 390 700 1280; do
			printf '<iframe src="%s.measured.html" style="width:%dpx;height:900px;border:0"></iframe>' "$1" "$width"
		done
	} >"$TMPDIR/$1.frames.html"
}
measures() { # NAME OPTION...: what the frames say, narrowest first
	browse "${@:2}" --window-size=1400,1000 --virtual-time-budget=10000 --dump-dom "file://$TMPDIR/$1.frames.html" |
		sed -n '/<pre id="said">/,/<\/pre>/p' | sed 's/.*<pre id="said">//; s/<\/pre>.*//' | grep . | sort -n
}
want() { printf "%d $1 fits inside $3 legible quiet $2\n" 320 390 700 1280; }

frames hostile
is "$(measures hostile)" "$(want light full tinted)" 'no text runs off a screen of 320 to 1280 px, each has a contrast of 4.5, none runs as a script'
is "$(measures hostile --blink-settings=preferredColorScheme=0)" "$(want dark full tinted)" 'nor in dark'
frames quiet
is "$(measures quiet)" "$(want light bare tinted)" 'an empty workspace'
is "$(measures quiet --blink-settings=preferredColorScheme=0)" "$(want dark bare tinted)" 'and in dark'

# what is on the screen, after the browser has read it, is what was written
dom=$(browse --dump-dom "file://$TMPDIR/hostile.html")
like "$dom" '<h1>Marketing e vendite</h1>' 'the page is read in its own language'
is "$(grep -c '<script' <<<"$dom")" 0 'the browser found no script in it'

# on paper
paper() { browse --no-pdf-header-footer --print-to-pdf="$TMPDIR/$1.pdf" "file://$TMPDIR/$1.html" >/dev/null; }
pages() { grep -ac '/Type */Page$' "$TMPDIR/$1.pdf" || true; }
paper quiet
is "$(pages quiet)" 1 'an empty workspace is one sheet'
paper hostile
ok 'a full one is some' test "$(pages hostile)" -ge 2 -a "$(pages hostile)" -le 8
frames hostile print
is "$(measures hostile --blink-settings=preferredColorScheme=0 | tail -n 2)" "$(want dark full white | tail -n 2)" 'paper is white, also for those whose screen is dark'
