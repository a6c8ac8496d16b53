-- report_html(): one page for the meeting.  What it shows is what the views say, in the workspace's language, whoever
-- wrote it, and for a reader who may do nothing but read.
\ir include/begin.psql
SELECT no_plan();
SELECT current_setting('search_path') AS path \gset

-- how values are written
CREATE FUNCTION pg_temp.labels(language text) RETURNS jsonb LANGUAGE plpgsql
AS $$
DECLARE
    page jsonb;
BEGIN
    PERFORM smarketing.create_workspace('words', language);
    PERFORM set_config('search_path', 'words, pg_temp', true);
    page := smarketing.report_page('words', NULL);
    DROP SCHEMA words CASCADE;
    RETURN page;
END
$$;
SELECT pg_temp.labels('en') AS en, pg_temp.labels('pt') AS pt, pg_temp.labels('es') AS es, pg_temp.labels('it') AS it \gset
SELECT set_config('search_path', :'path', false) \g /dev/null
SELECT is(smarketing.report_number(:'en', 1234567.891, 2), '1,234,567.89', 'a number in English');
SELECT is(smarketing.report_number(:'pt', 1234567.891, 2), '1.234.567,89', 'in Portuguese');
SELECT is(smarketing.report_number(:'it', -1234), '−1.234', 'a negative one in Italian');
SELECT is(smarketing.report_number(:'es', -0.4), '0', 'no minus before a zero');
SELECT is(smarketing.report_number(:'en', 999.5), '1,000', 'rounded first');
SELECT is(smarketing.report_number(:'en', n), '–', 'no number: ' || coalesce(n::text, 'null'))
FROM unnest(ARRAY[NULL, 'NaN', 'Infinity', '-Infinity']::numeric[]) AS n;
SELECT is(smarketing.report_percent(:'es', 0.1234), U&'12,3\00A0%', 'a rate in Spanish');
SELECT is(smarketing.report_percent(:'en', 'NaN'), '–', 'no rate');
SELECT is(smarketing.report_money(:'en', 1234.5), U&'EUR\00A01,235', 'an amount in English');
SELECT is(smarketing.report_money(:'it', 1234.4), U&'1.234\00A0EUR', 'in Italian');
SELECT is(replace(smarketing.report_duration(:'en', d), U&'\00A0', ' '), w, 'a duration: ' || w)
FROM (VALUES (interval '0', '0 min'), ('59 minutes 29 seconds', '59 min'), ('1 hour', '1 h'), ('5 hours 20 minutes', '5 h 20 min'),
             ('23 hours 59 minutes 40 seconds', '1 d'), ('3 days 4 hours 50 minutes', '3 d 4 h'), ('12 days 4 hours', '12 d'),
             ('2000 days', '2,000 d'), (NULL, '–')) AS v (d, w);
SELECT is(smarketing.report_date(:'en', '2026-02-03'), '<time datetime="2026-02-03">3 Feb 2026</time>', 'a day in English');
SELECT is(smarketing.report_date(:'pt', '2026-02-03'), '<time datetime="2026-02-03">03/02/2026</time>', 'in Portuguese');
SELECT is(smarketing.report_date(:'pt', 'infinity') || smarketing.report_date(:'pt', NULL), '––', 'no day');
SELECT is(smarketing.report_value(:'en', v, u), w, 'a value in ' || u)
FROM (VALUES (0.25, 'share', '25.0%'), (1.5, 'ratio', '150.0%'), (90, 'minutes', U&'1\00A0h 30\00A0min'), (12.25, 'days', U&'12.3\00A0d'),
             (7, 'leads', '7'), (7.25, 'apples', '7.3'), (NULL, 'share', '–')) AS x (v, u, w);
SELECT is(smarketing.report_label(:'en', 'report.before', '{1}'), 'before: {1}', 'what is put into a label is not read as one');
SELECT is(smarketing.report_label('{"labels": {"report.x": "{<{1}>} {9}{x} {1"}}', 'report.x', 'A'), '{&lt;A&gt;} {x} {1', 'a label with braces');
SELECT is(smarketing.report_label('{}', 'report.not_there', 'A'), 'not there', 'a label that is missing shows its key');
SELECT is(smarketing.report_escape(U&'<a href="x" title=''y''>&\0001\000B\FFFF\0009'), '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;���' || chr(9),
          'markup, quotes, and what XML cannot hold');
SELECT is(smarketing.report_name(' '), '–', 'a name of blanks');
SELECT matches(smarketing.report_bar(s, 'plain', 'x'), 'class="fill" width="' || w || '"', 'a bar of ' || coalesce(s::text, 'nothing'))
FROM (VALUES (0.5, '50.00'), (-1, '0.00'), (7, '100.00'), ('NaN', '0.00'), ('Infinity', '100.00'), (NULL, '0.00')) AS v (s, w);
SELECT matches(smarketing.report_bar(0.5, 'plain', 'x', 1), '<rect class="mark" x="99.00"', 'its mark stays inside');
SELECT is((SELECT string_agg(DISTINCT k.key, ' ')
           FROM (VALUES (:'pt'::jsonb -> 'labels'), (:'es'::jsonb -> 'labels'), (:'it'::jsonb -> 'labels')) AS o (labels)
           CROSS JOIN LATERAL (SELECT e.key FROM jsonb_object_keys(:'en'::jsonb -> 'labels') AS e (key)
                               WHERE NOT o.labels ? e.key
                                  OR (SELECT array_agg(m ORDER BY m) FROM regexp_matches(o.labels ->> e.key, '\{\d\}', 'g') AS m)
                                     IS DISTINCT FROM
                                     (SELECT array_agg(m ORDER BY m) FROM regexp_matches(:'en'::jsonb -> 'labels' ->> e.key, '\{\d\}', 'g') AS m)) AS k),
          NULL, 'every label is there in every language, with the same places');

-- a workspace in which nothing has happened
SELECT smarketing.create_workspace('quiet', 'it') \g /dev/null
SELECT smarketing.report_html('quiet') AS quiet \gset
SELECT xml_is_well_formed_document('<a/>') IS NOT NULL AS has_xml \gset
SELECT ok(xml_is_well_formed_document(:'quiet'), 'the page of an empty workspace is well-formed');
SELECT matches(:'quiet'::text, '<html lang="it">', 'in its language');
SELECT ok(strpos(:'quiet', w) > 0, 'it says: ' || w)
FROM unnest(ARRAY['Non è ancora entrato nessun lead.', 'Nessun accordo in vigore', 'Non c&#39;è ancora nulla di concordato.',
                  'Nessun lead è ancora stato proposto alle vendite.', 'Le vendite non hanno restituito nessun lead.',
                  'Non è ancora stato vinto nulla.', 'Nessuna azione aperta.', 'Nessun obiettivo']) AS w;
SELECT doesnt_match(:'quiet'::text, '<svg', 'and draws nothing');
SELECT doesnt_match(:'quiet'::text, 'NaN|Infinity', 'nor says NaN');

-- what the page says is what the views say
SELECT 'en' AS language \gset
\ir include/hostile.psql
SELECT set_config('search_path', :'path', false) \g /dev/null
SELECT smarketing.report_html(:'hostile', '2025-03') AS page \gset
SELECT ok(xml_is_well_formed_document(:'page'), 'a page of hostile text is well-formed');
SELECT is((SELECT string_agg(DISTINCT m[1], ' ' ORDER BY m[1]) FROM regexp_matches(:'page'::text, '<([a-zA-Z!][^ >/]*)', 'g') AS m),
          '!DOCTYPE b bdi body caption dd div dl dt footer h1 h2 head header html main meta p rect section span style svg table tbody td th thead time title tr',
          'it has the elements that it is made of, and no other');
SELECT is((SELECT string_agg(DISTINCT a[1], ' ' ORDER BY a[1])
           FROM regexp_matches(:'page'::text, '<[a-zA-Z][^>]*>', 'g') AS t, regexp_matches(regexp_replace(t[1], '"[^"]*"', '""', 'g'), ' ([a-zA-Z:-]+)=', 'g') AS a),
          'aria-labelledby charset class content data-label datetime height http-equiv id lang name preserveAspectRatio role scope style viewBox width x',
          'and no other attributes: none loads or runs anything');
SELECT doesnt_match(:'page'::text, 'url\(|@import|javascript:|https?:', 'nothing comes from elsewhere');
SELECT ok(strpos(:'page', '&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;amp; ') > 0, 'hostile text is shown as it was written');
SELECT ok(strpos(:'page', '&lt;b&gt;&quot;r&amp;d&quot;') > 0, 'so is the workspace''s name');
SELECT ok(strpos(:'page', '>1,200</span>') > 0, 'new leads of the month');
SELECT ok(strpos(:'page', U&'B&amp;R\00A014,814,810') > 0, 'what was won, in the workspace''s currency: 12 times 1,234,567.5');
SELECT matches(:'page'::text, '<td role="cell" class="n" data-label="Leads">1,200</td><td role="cell" class="n" data-label="Conversion">–</td>', 'the funnel''s first stage');
SELECT matches(:'page'::text, 'data-label="Leads">12</td><td role="cell" class="n" data-label="Conversion">1\.0%</td>', 'and the next one: 12 of 1,200');
SELECT matches(:'page'::text, 'data-label="Owed">1,200</td><td role="cell" class="n" data-label="Kept">400</td>', 'first attempts owed, and made in time');
SELECT matches(:'page'::text, 'First attempt|up to 5', 'speed to lead');
SELECT matches(:'page'::text, '<span class="state bad">overdue</span>', 'a state is said in words');
SELECT matches(:'page'::text, '<rect class="fill" width="49.38" height="10"/><rect class="mark" x="99.00"', 'a goal''s bar: 14,814,810 of 30,000,000, and all of it by now');
SELECT matches(:'page'::text, U&'data-label="Reached">10.0%</td><td role="cell" class="n" data-label="Target">≤ 5.0%</td>', 'a goal of a share, at most');
SELECT matches(:'page'::text, 'Overdue: 0, of 14 open actions', 'actions that are not late yet are a number');
SELECT is((SELECT count(*) FROM regexp_matches(:'page'::text, '<h1>', 'g')), 1::bigint, 'one heading of the page');
SELECT is((SELECT count(*) FROM regexp_matches(:'page'::text, '<table', 'g')), (SELECT count(*) FROM regexp_matches(:'page'::text, '<caption>[^<]', 'g')),
          'every table has a caption');
SELECT is((SELECT count(*) FROM regexp_matches(:'page'::text, '<th (?!scope=)', 'g')), 0::bigint, 'every heading of a table has a scope');
SELECT is((SELECT count(*) FROM regexp_matches(:'page'::text, '<svg', 'g')), (SELECT count(*) FROM regexp_matches(:'page'::text, '<svg [^>]*role="img"><title>[^<]', 'g')),
          'every bar is an image with a title');
SELECT matches(smarketing.report_html(:'hostile', '2025-02'), '<time datetime="2025-02-01">', 'the month before is another page');
SELECT matches(smarketing.report_html(:'hostile', '2025-03-12'), '<time datetime="2025-03-10">[^<]*</time> – <time datetime="2025-03-16">', 'so is a week');
SELECT matches(smarketing.report_html(:'hostile'), 'so far', 'the page of today is that of a month which still runs');

-- whoever reads it, whatever his session is set to
SELECT volatility_is('smarketing', 'report_html', ARRAY['text'], 'stable', 'reading writes nothing');
SET timezone = 'Pacific/Auckland'; SET datestyle = 'SQL, DMY'; SET intervalstyle = 'sql_standard'; SET extra_float_digits = -10;
SELECT is(regexp_replace(smarketing.report_html(:'hostile', '2025-03'), '\d\d:\d\d', '', 'g'), regexp_replace(:'page'::text, '\d\d:\d\d', '', 'g'),
          'it is the same page whatever the session''s settings');
SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; RESET extra_float_digits;
SELECT is(current_setting('search_path'), :'path', 'and leaves search_path alone');
SELECT format('GRANT USAGE ON SCHEMA %1$I TO smk_marketing; GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO smk_marketing; GRANT USAGE ON SCHEMA %1$I TO smk_stranger;',
              :'hostile') \gexec
SET ROLE smk_marketing;
SELECT is(regexp_replace(smarketing.report_html(:'hostile', '2025-03'), '\d\d:\d\d', '', 'g'), regexp_replace(:'page'::text, '\d\d:\d\d', '', 'g'),
          'a role that may read the tables gets it');
SET ROLE smk_stranger;
SELECT throws_ok(format('SELECT smarketing.report_html(%L)', :'hostile'), '42501', NULL, 'one that may not does not');
RESET ROLE;
SELECT throws_ok($$SELECT smarketing.report_html('nowhere')$$, '3F000', NULL, 'there must be such a schema');
SELECT throws_ok($$SELECT smarketing.report_html('pg_catalog')$$, 'SM010', NULL, 'that is a workspace');
SELECT throws_ok($$SELECT smarketing.report_html(NULL)$$, '22004', NULL, 'and has a name');
SELECT throws_ok($$SELECT smarketing.report_html('quiet', 'soon')$$, '22023', '"soon" is no period', 'a period is named as for open_review()');
SELECT throws_ok($$SELECT smarketing.report_html('quiet', '[2026-03-02,2026-03-05)')$$, '22023', 'no report can be of [2026-03-02,2026-03-05)', 'and is a whole one');

-- row security is the reader's
ALTER TABLE quiet.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON quiet.lead FOR SELECT TO smk_marketing USING (owner = 'sam');
INSERT INTO quiet.lead (name, owner) VALUES ('a', 'sam'), ('b', NULL), ('c', NULL);
GRANT USAGE ON SCHEMA quiet TO smk_marketing;
GRANT SELECT ON ALL TABLES IN SCHEMA quiet TO smk_marketing;
SELECT matches(smarketing.report_html('quiet'), 'data-label="Lead">3</td>', 'the owner sees three leads');
SET ROLE smk_marketing;
SELECT matches(smarketing.report_html('quiet'), 'data-label="Lead">1</td>', 'a reader with row security his own one');
RESET ROLE;

-- labels are yours; the page can do without
UPDATE quiet.label SET text = 'Noi & voi' WHERE name = 'report.title';
DELETE FROM quiet.label WHERE name <> 'report.title';
SELECT matches(smarketing.report_html('quiet'), '<h1>Noi &amp; voi</h1>', 'a label that was changed');
SELECT matches(smarketing.report_html('quiet'), 'data-label="leads">3</td>', 'and a page without any other');
SELECT * FROM finish();
