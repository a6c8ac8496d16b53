/*
 * The page of report_html(): what its sections are made of.
 *
 * A function that takes text which a user wrote returns it escaped; what is
 * called html below is escaped already.  `page` is what report_page() made:
 * the workspace's labels and the settings that say how values are written.
 */

-- Any text as the content of an element or the value of an attribute, in HTML and in XML.
CREATE FUNCTION report_escape(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(replace(replace(replace(replace(
    regexp_replace(value, '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]', chr(65533), 'g'),
    '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
COMMENT ON FUNCTION report_escape(text) IS
'Text as it may stand in HTML: markup and quotes as entities, control characters, which XML has no way to write, as U+FFFD. Internal.';

-- What somebody named: kept apart, so that right-to-left text turns nothing around it.
CREATE FUNCTION report_name(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce('<bdi>' || smarketing.report_escape(nullif(btrim(value), '')) || '</bdi>', '–');
COMMENT ON FUNCTION report_name(text) IS 'A name that a user gave as html; a dash for none. Internal.';

-- A label's text may hold places {1} to {9} for what the page puts there.
CREATE FUNCTION report_label(page jsonb, name text, VARIADIC html text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    label CONSTANT text := coalesce(page #>> ARRAY['labels', name], replace(substr(name, strpos(name, '.') + 1), '_', ' '));
    result text;
    part text;
BEGIN
    IF array_length(html, 1) IS NULL OR strpos(label, '{') = 0 THEN
        RETURN smarketing.report_escape(label);
    END IF;
    FOREACH part IN ARRAY string_to_array(label, '{') LOOP
        result := CASE WHEN result IS NULL THEN smarketing.report_escape(part)
                       WHEN part ~ '^[1-9]\}' THEN result || coalesce(html[left(part, 1)::int], '') || smarketing.report_escape(substr(part, 3))
                       ELSE result || '{' || smarketing.report_escape(part) END;
    END LOOP;
    RETURN result;
END
$body$;
COMMENT ON FUNCTION report_label(jsonb, text, text[]) IS
'A label of the workspace as html, with html in its places {1}, {2}, …; as label_of() the key where the workspace has no such label. Internal.';

CREATE FUNCTION report_number(page jsonb, value numeric, digits int DEFAULT 0) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    figures CONSTANT text := round(abs(value), digits)::text;
    result text := split_part(figures, '.', 1);
BEGIN
    IF value IS NULL OR value IN ('NaN', 'Infinity', '-Infinity') THEN
        RETURN '–';
    END IF;
    IF length(result) > 3 THEN
        result := regexp_replace(result, '(\d)(?=(\d{3})+$)', '\1' || replace(smarketing.report_label(page, 'report.thousands'), '\', ''), 'g');
    END IF;
    IF digits > 0 THEN
        result := result || smarketing.report_label(page, 'report.decimal') || split_part(figures, '.', 2);
    END IF;
    RETURN CASE WHEN round(value, digits) < 0 THEN '−' ELSE '' END || result;
END
$body$;
COMMENT ON FUNCTION report_number(jsonb, numeric, int) IS
'A number as html, rounded, with the separators of the workspace''s language; a dash for null. Internal.';

CREATE FUNCTION report_percent(page jsonb, rate float8, digits int DEFAULT 1) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF rate IS NULL OR rate IN ('NaN', 'Infinity', '-Infinity') THEN
        RETURN '–';
    END IF;
    RETURN smarketing.report_label(page, 'report.percent', smarketing.report_number(page, (100 * rate)::numeric, digits));
END
$body$;
COMMENT ON FUNCTION report_percent(jsonb, float8, int) IS 'A rate (1 is all) as percent; a dash for null. Internal.';

CREATE FUNCTION report_money(page jsonb, amount numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF amount IS NULL OR amount IN ('NaN', 'Infinity', '-Infinity') THEN
        RETURN '–';
    END IF;
    RETURN smarketing.report_label(page, 'report.money', smarketing.report_number(page, amount), smarketing.report_escape(page ->> 'currency'));
END
$body$;
COMMENT ON FUNCTION report_money(jsonb, numeric) IS 'An amount in setting currency, without decimals; a dash for null. Internal.';

-- In days and hours or in hours and minutes: 12 d, 3 d 4 h, 5 h 20 min, 12 min.
CREATE FUNCTION report_duration(page jsonb, duration interval) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    minutes CONSTANT bigint := round(extract(epoch FROM duration) / 60);
    days CONSTANT bigint := minutes / (24 * 60);
    hours CONSTANT bigint := minutes / 60 % 24;
BEGIN
    IF minutes IS NULL THEN
        RETURN '–';
    END IF;
    RETURN concat_ws(' ',
        CASE WHEN days > 0 THEN smarketing.report_label(page, 'report.days', smarketing.report_number(page, days)) END,
        CASE WHEN hours > 0 AND days < 10 THEN smarketing.report_label(page, 'report.hours', hours::text) END,
        CASE WHEN days = 0 AND (minutes % 60 > 0 OR minutes = 0) THEN smarketing.report_label(page, 'report.minutes', (minutes % 60)::text) END);
END
$body$;
COMMENT ON FUNCTION report_duration(jsonb, interval) IS 'A duration as html, in days and hours or in hours and minutes; a dash for null. Internal.';

-- A value of a metric, in its unit; what has another unit is a number.
CREATE FUNCTION report_value(page jsonb, value numeric, unit text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RETURN CASE WHEN value IS NULL THEN '–'
                WHEN unit = 'currency' THEN smarketing.report_money(page, value)
                WHEN unit IN ('share', 'ratio') THEN smarketing.report_percent(page, value::float8)
                WHEN unit = 'minutes' THEN smarketing.report_duration(page, make_interval(secs => 60 * value::float8))
                WHEN unit = 'days' THEN smarketing.report_label(page, 'report.days', smarketing.report_number(page, value, 1))
                ELSE smarketing.report_number(page, value, CASE WHEN value = trunc(value) THEN 0 ELSE 1 END) END;
END
$body$;
COMMENT ON FUNCTION report_value(jsonb, numeric, text) IS
'A value as html in the unit of its metric; a dash for null. Internal.';

CREATE FUNCTION report_date(page jsonb, day date) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF day IS NULL OR NOT isfinite(day) THEN
        RETURN '–';
    END IF;
    RETURN format('<time datetime="%s">%s</time>', to_char(day::timestamp, 'YYYY-MM-DD'),
                  smarketing.report_escape(to_char(day::timestamp, page #>> '{labels,report.date}')));
END
$body$;
COMMENT ON FUNCTION report_date(jsonb, date) IS 'A day as html, as the label report.date says; a dash for null. Internal.';

CREATE FUNCTION report_days(page jsonb, first_day date, last_day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN last_day = first_day THEN smarketing.report_date(page, first_day)
            ELSE smarketing.report_date(page, first_day) || ' – ' || smarketing.report_date(page, last_day) END;
COMMENT ON FUNCTION report_days(jsonb, date, date) IS 'A span of days as html. Internal.';

-- A bar: `share` of its track, and a mark at `mark`.  The title is what a screen reader says of it.
CREATE FUNCTION report_bar(share float8, kind text, title_html text, mark float8 DEFAULT NULL) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    width CONSTANT numeric := round((100 * least(greatest(coalesce(nullif(share, 'NaN'), 0), 0), 1))::numeric, 2);
    place CONSTANT numeric := round((99 * least(greatest(nullif(mark, 'NaN'), 0), 1))::numeric, 2);
BEGIN
    RETURN format('<svg class="bar %s" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"><title>%s</title>', kind, title_html)
        || format('<rect class="track" width="100" height="10"/><rect class="fill" width="%s" height="10"/>', width)
        || CASE WHEN mark IS NULL THEN '' ELSE format('<rect class="mark" x="%s" width="1" height="10"/>', place) END || '</svg>';
END
$body$;
COMMENT ON FUNCTION report_bar(float8, text, text, float8) IS
'A bar as inline SVG: a share from 0 to 1, its kind (marketing, sales, plain, good, warn, bad), its title in html, and where a mark stands. Internal.';

-- The colour says nothing that the words do not.
CREATE FUNCTION report_state(kind text, html text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce('<span class="state ' || kind || '">' || html || '</span>', '–');
COMMENT ON FUNCTION report_state(text, text) IS
'A state in words, coloured: good, warn, bad or plain; a dash for null. Internal.';

/*
 * A table.  `columns` are names of labels, `kinds` has a letter for each: h
 * heads the row, t is text, n a number, b a bar.  On a phone a narrow table
 * keeps its columns, with the bars below; of a wide one each row is a card
 * whose values carry their labels.  The roles are those that the elements have
 * anyway, said again because that layout takes them away.
 */
CREATE FUNCTION report_table(page jsonb, caption text, columns text[], kinds text, cells text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    head text := '';
    body text := '';
    labels text[];
    cell_row text[];
    width CONSTANT int := length(translate(kinds, 'hb', ''));
BEGIN
    IF cells IS NULL OR array_length(cells, 1) IS NULL THEN
        RETURN NULL;
    END IF;
    FOR i IN 1 .. array_length(columns, 1) LOOP
        labels[i] := smarketing.report_label(page, columns[i]);
        head := head || format('<th scope="col" role="columnheader" class="%s">%s</th>', substr(kinds, i, 1), labels[i]);
    END LOOP;
    FOREACH cell_row SLICE 1 IN ARRAY cells LOOP
        body := body || '<tr role="row">';
        FOR i IN 1 .. array_length(columns, 1) LOOP
            body := body || CASE substr(kinds, i, 1)
                WHEN 'h' THEN format('<th scope="row" role="rowheader" class="h">%s</th>', cell_row[i])
                ELSE format('<td role="cell" class="%s" data-label="%s">%s</td>', substr(kinds, i, 1), labels[i],
                            coalesce(cell_row[i], '–')) END;
        END LOOP;
        body := body || E'</tr>\n';
    END LOOP;
    RETURN format(E'<table role="table" class="%s" style="--columns: %s"><caption>%s</caption>\n<thead role="rowgroup"><tr role="row">%s</tr></thead>\n<tbody role="rowgroup">\n%s</tbody></table>\n',
                  CASE WHEN width <= 4 AND kinds !~ 't.*t' THEN 'narrow' ELSE 'cards' END, width, smarketing.report_label(page, caption), head, body);
END
$body$;
COMMENT ON FUNCTION report_table(jsonb, text, text[], text, text[]) IS
'A table as html: label of its caption, labels of its columns, kind of each (h heads the row, t text, n number, b bar), and cells as an array of rows. Null without rows. Internal.';

CREATE FUNCTION report_section(page jsonb, name text, kind text, body text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '<section class="card ' || kind || '" aria-labelledby="' || name || '"><h2 id="' || name || '">'
    || smarketing.report_label(page, 'report.' || name) || E'</h2>\n'
    || coalesce(body, '<p class="none">' || smarketing.report_label(page, 'report.' || name || '_none') || E'</p>\n') || E'</section>\n';
COMMENT ON FUNCTION report_section(jsonb, text, text, text) IS
'A section as html: labels report.<name> (its heading) and report.<name>_none (what it says where there is nothing to show). Internal.';
