/*
 * report_html(): one page for the meeting of both departments.  No script, no
 * picture, no font and no style from anywhere else; it is well-formed XML, too.
 */

-- Colours are named once for light, dark and paper; each text has a contrast of at least 4.5 to its ground.
CREATE FUNCTION report_style() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $css$
:root { color-scheme: light dark; --ground: #f5f6f8; --card: #ffffff; --ink: #1b212c; --soft: #5a6373; --line: #dde1e8;
  --track: #e8ebf0; --marketing: #6b46a3; --sales: #0c6b85; --plain: #7b8494; --good: #17683a; --warn: #835200; --bad: #b3261e;
  --good-ground: #e4f3e9; --warn-ground: #fbf0d5; --bad-ground: #fce8e6; --plain-ground: #eceef2; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #11141a; --card: #191e27; --ink: #e7eaf0; --soft: #a5aebd; --line: #2d3441; --track: #2a303c;
    --marketing: #b698ea; --sales: #58b6d0; --plain: #8b95a6; --good: #7bd399; --warn: #e6b94f; --bad: #ff958c;
    --good-ground: #17321f; --warn-ground: #352a10; --bad-ground: #3d1d1b; --plain-ground: #272d38; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
.page { max-width: 1120px; margin: 0 auto; padding: 28px 20px 40px; }
header { margin-bottom: 22px; }
header p { margin: 2px 0; color: var(--soft); }
header .workspace { font-weight: 600; letter-spacing: .02em; }
h1 { margin: 0 0 8px; font-size: 30px; line-height: 1.15; letter-spacing: -.01em; }
h2 { margin: 0 0 4px; font-size: 18px; line-height: 1.3; }
.grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; }
.card { min-width: 0; padding: 18px 20px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.wide { grid-column: 1 / -1; }
.card.marketing { border-top: 4px solid var(--marketing); }
.card.sales { border-top: 4px solid var(--sales); }
.card.bare { padding: 0; border: 0; background: none; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
table + table { margin-top: 18px; }
caption { padding: 0 0 6px; text-align: start; color: var(--soft); font-size: 13.5px; }
th, td { overflow-wrap: break-word; padding: 6px 0; padding-inline-start: 14px; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; font-weight: 400; }
th:first-child, td:first-child { padding-inline-start: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-size: 12.5px; vertical-align: bottom; }
tbody th { min-width: 7.5em; font-weight: 500; overflow-wrap: anywhere; }
.n { text-align: end; white-space: nowrap; }
.b { width: 34%; }
.half .b { width: 26%; }
.cards .b { width: 20%; }
.bar { display: block; width: 100%; min-width: 50px; height: 12px; margin-top: 5px; }
.track { fill: var(--track); }
.bar .fill { fill: var(--plain); }
.bar.marketing .fill { fill: var(--marketing); }
.bar.sales .fill { fill: var(--sales); }
.bar.good .fill { fill: var(--good); }
.bar.warn .fill { fill: var(--warn); }
.bar.bad .fill { fill: var(--bad); }
.bar .mark { fill: var(--ink); }
.dot { display: inline-block; width: 9px; height: 9px; margin-inline-end: 7px; border-radius: 50%; background: var(--plain); }
.dot.marketing { background: var(--marketing); }
.dot.sales { background: var(--sales); }
.legend .dot { margin-inline-start: 8px; margin-inline-end: 5px; }
.period, .target { display: block; color: var(--soft); font-size: 12.5px; font-weight: 400; }
.below { display: block; padding-inline-start: calc(1.2em * var(--level)); }
.legend, .note, .none, footer { color: var(--soft); font-size: 13.5px; }
.legend, .note, .none { margin: 6px 0; }
.lead { margin: 2px 0 10px; }
.state { display: inline-block; padding: 1px 8px; border-radius: 10px; font-size: 12.5px; font-weight: 600; white-space: nowrap; color: var(--soft); background: var(--plain-ground); }
.state.good { color: var(--good); background: var(--good-ground); }
.state.warn { color: var(--warn); background: var(--warn-ground); }
.state.bad { color: var(--bad); background: var(--bad-ground); }
.figures { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 12px; margin: 8px 0 0; }
.figures > div { padding: 12px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 2px 0 0; font-variant-numeric: tabular-nums; }
.figures .value { font-size: 24px; font-weight: 600; line-height: 1.25; }
.figures .before { display: block; color: var(--soft); font-size: 12.5px; }
footer { margin-top: 18px; }
@media (max-width: 700px) {
  .page { padding: 18px 12px 28px; }
  .grid { grid-template-columns: minmax(0, 1fr); gap: 12px; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .figures > div { padding: 10px 12px; }
  .figures .value { font-size: 20px; }
  .card { padding: 14px; }
  h1 { font-size: 24px; }
  table, tbody, caption { display: block; }
  tr { display: grid; gap: 2px 6px; padding: 7px 0; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tr > th, tr > td { min-width: 0; padding: 0; border: 0; font-size: 13.5px; }
  .narrow thead { display: block; }
  .narrow tr { grid-template-columns: minmax(0, 1.5fr) repeat(var(--columns), minmax(0, 1fr)); }
  .narrow thead th { font-size: 10px; white-space: normal; hyphens: auto; align-self: end; overflow-wrap: anywhere; }
  tbody .dot { display: none; }
  .narrow thead .b { display: none; }
  .narrow tbody .b { grid-row: 2; grid-column: 1 / -1; }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards tr { grid-template-columns: repeat(auto-fill, minmax(94px, 1fr)); }
  .cards tbody th, .cards .b { grid-column: 1 / -1; }
  .cards td { text-align: start; white-space: normal; }
  .cards td:not(.b)::before { content: attr(data-label); display: block; color: var(--soft); font-size: 11px; }
  .grid .b { width: auto; }
  .bar { height: 8px; margin-top: 2px; }
}
@media print {
  :root { color-scheme: light; --ground: #ffffff; --card: #ffffff; --ink: #000000; --soft: #3d434d; --line: #b9bfc9; --track: #e8ebf0;
    --marketing: #6b46a3; --sales: #0c6b85; --plain: #7b8494; --good: #17683a; --warn: #835200; --bad: #b3261e; }
  @page { margin: 12mm; }
  body { font-size: 8.5pt; line-height: 1.35; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .page { max-width: none; padding: 0; }
  header { margin-bottom: 8pt; }
  .grid { gap: 10pt 16pt; }
  .figures { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 4pt 12pt; margin: 4pt 0 0; }
  .card, .figures > div { padding: 0; border-radius: 0; border-width: 0; }
  .card { padding-top: 5pt; border-top: .5pt solid var(--line); }
  .card.marketing, .card.sales { border-top-width: 2pt; }
  .state.state { padding: 0; font-size: inherit; background: none; }
  .bar { height: 7pt; margin-top: 2pt; }
  th, td { padding-top: 2.2pt; padding-bottom: 2.2pt; padding-inline-start: 9pt; }
  h1 { margin-bottom: 4pt; font-size: 18pt; }
  h2 { font-size: 12pt; }
  .figures .value { font-size: 14pt; }
  thead th, caption, .period, .target, .legend, .note, .none, footer, .figures dt, .figures .before { font-size: 7.5pt; }
  h2, caption, .legend, .lead { break-after: avoid; }
  .card, tr, .figures > div { break-inside: avoid; }
}
$css$;
COMMENT ON FUNCTION report_style() IS 'The style sheet of the page. Internal.';

CREATE FUNCTION report_body(page jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN smarketing.report_header(page)
    || E'<main class="grid">\n'
    || smarketing.report_section(page, 'figures', 'wide bare', smarketing.report_figures(page))
    || smarketing.report_section(page, 'funnel', 'wide', smarketing.report_stages(page))
    || smarketing.report_section(page, 'marketing', 'wide marketing', smarketing.report_scorecard(page, 'marketing'))
    || smarketing.report_section(page, 'sales', 'wide sales', smarketing.report_scorecard(page, 'sales'))
    || smarketing.report_section(page, 'goals', 'wide', smarketing.report_goals(page))
    || smarketing.report_section(page, 'actions', 'wide', smarketing.report_actions(page))
    || smarketing.report_section(page, 'speed', 'half', smarketing.report_speed(page))
    || smarketing.report_section(page, 'reasons', 'half', smarketing.report_reasons(page))
    || smarketing.report_section(page, 'channels', 'wide', smarketing.report_channels(page))
    || E'</main>\n<footer>' || smarketing.report_label(page, 'report.footer') || E'</footer>\n';
COMMENT ON FUNCTION report_body(jsonb) IS 'All that is seen of the page, as html. Internal.';

CREATE FUNCTION report_html(workspace text, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    days daterange;
    page jsonb;
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    IF period IS NOT NULL THEN
        days := smarketing.review_period(workspace, period);
    END IF;
    PERFORM set_config('search_path', format('%I, pg_temp', workspace), true);
    page := smarketing.report_page(workspace, days);
    RETURN format(E'<!DOCTYPE html>\n<html lang="%s">\n<head>\n<meta charset="utf-8" />\n<title>%s</title>\n'
                  '<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
                  '<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''" />\n'
                  '<style>%s</style>\n</head>\n<body>\n<div class="page">\n%s</div>\n</body>\n</html>',
                  smarketing.report_escape(page ->> 'language'),
                  smarketing.report_escape(workspace) || ': ' || smarketing.report_label(page, 'report.title'),
                  smarketing.report_style(), smarketing.report_body(page));
END
$body$;
COMMENT ON FUNCTION report_html(text, text) IS
'The same, of the period that a text names: 2026-W47, 2026-11, 2026-Q4, or a day of the week that is meant; see review_period(). NULL: the current month. Key figures, scorecards and goals are those of the period; what counts over all time, and what is overdue, is as of now. 22023 for another text.';

CREATE FUNCTION report_html(workspace text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
RETURN smarketing.report_html(workspace, NULL);
COMMENT ON FUNCTION report_html(text) IS
'One page on a workspace as self-contained HTML: key figures of this month, funnel, scorecards of both departments, goals, overdue actions, speed to lead, reasons for rejection, channels by attribution model; in the workspace''s language, time zone and currency, for screens light and dark, phones and paper. It holds no script and loads nothing; what users wrote is escaped. Reads the workspace''s views as the caller, who needs SELECT on them and on their tables. 3F000 if there is no such schema, SM010 if it is no workspace.';
