/*
 * SLA: the agreement as a document, and a clock's verdict explained.
 */

/* '4 hours', '10 working days' in one of the languages of the template. */
CREATE FUNCTION span_text(span interval, counted text, lang int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT string_agg(format('%s %s', p.n, CASE p.n WHEN 1 THEN p.one[lang] ELSE p.many[lang] END), ' ' ORDER BY p.ordinal)
    FROM (VALUES
        (1, CASE counted WHEN 'working_day_end' THEN extract(day FROM span) END,
         ARRAY['working day', 'dia útil', 'día laborable', 'giorno lavorativo'],
         ARRAY['working days', 'dias úteis', 'días laborables', 'giorni lavorativi']),
        (2, CASE WHEN counted <> 'working_day_end' THEN extract(day FROM span) END,
         ARRAY['day', 'dia', 'día', 'giorno'], ARRAY['days', 'dias', 'días', 'giorni']),
        (3, extract(hour FROM span),
         CASE counted WHEN 'working' THEN ARRAY['working hour', 'hora útil', 'hora laborable', 'ora lavorativa']
             ELSE ARRAY['hour', 'hora', 'hora', 'ora'] END,
         CASE counted WHEN 'working' THEN ARRAY['working hours', 'horas úteis', 'horas laborables', 'ore lavorative']
             ELSE ARRAY['hours', 'horas', 'horas', 'ore'] END),
        (4, extract(minute FROM span),
         CASE counted WHEN 'working' THEN ARRAY['working minute', 'minuto útil', 'minuto laborable', 'minuto lavorativo']
             ELSE ARRAY['minute', 'minuto', 'minuto', 'minuto'] END,
         CASE counted WHEN 'working' THEN ARRAY['working minutes', 'minutos úteis', 'minutos laborables', 'minuti lavorativi']
             ELSE ARRAY['minutes', 'minutos', 'minutos', 'minuti'] END),
        (5, trim_scale(extract(second FROM span)),
         ARRAY['second', 'segundo', 'segundo', 'secondo'], ARRAY['seconds', 'segundos', 'segundos', 'secondi'])
    ) AS p (ordinal, n, one, many)
    WHERE p.n <> 0);
COMMENT ON FUNCTION span_text(interval, text, int) IS
'A span of time in words, for agreement_text(); lang 1 to 4: en, pt, es, it. NULL if it is empty. Internal.';

/* One commitment: what it says, and the numbers that it is measured by. */
CREATE FUNCTION commitment_text(commitment jsonb, lang int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    m CONSTANT jsonb := commitment;
    label CONSTANT text[] := (ARRAY[
        ARRAY['from', 'to', 'count', 'within', 'the same working day', 'received after', 'counts for the next working day', 'released by',
              'calendar', 'of the owner', 'of the team', 'only leads with', 'warning at', 'target', 'per week', 'per month', 'per quarter',
              'entries of', 'rejections', 'of', 'rejected ones do not count', 'at most', 'at least', 'around the clock'],
        ARRAY['de', 'até', 'quantidade', 'prazo', 'o mesmo dia útil', 'recebido depois das', 'conta para o dia útil seguinte', 'dispensado por',
              'calendário', 'do responsável', 'da equipe', 'somente leads com', 'aviso em', 'meta', 'por semana', 'por mês', 'por trimestre',
              'entradas em', 'recusas', 'de', 'recusados não contam', 'no máximo', 'no mínimo', 'hora corrida'],
        ARRAY['desde', 'hasta', 'cantidad', 'plazo', 'el mismo día laborable', 'recibido después de las', 'cuenta para el siguiente día laborable', 'liberado por',
              'calendario', 'del responsable', 'del equipo', 'solo leads con', 'aviso al', 'objetivo', 'por semana', 'por mes', 'por trimestre',
              'entradas en', 'rechazos', 'de', 'los rechazados no cuentan', 'como máximo', 'como mínimo', 'sin interrupción'],
        ARRAY['da', 'a', 'numero', 'entro', 'lo stesso giorno lavorativo', 'ricevuto dopo le', 'conta per il giorno lavorativo successivo', 'liberato da',
              'calendario', 'del responsabile', 'del team', 'solo lead con', 'avviso al', 'obiettivo', 'alla settimana', 'al mese', 'al trimestre',
              'ingressi in', 'rifiuti', 'di', 'i rifiutati non contano', 'al massimo', 'almeno', 'senza interruzione']]);
    part text[];
    span text := smarketing.span_text((m ->> 'within')::interval, m ->> 'counted', lang);
BEGIN
    IF m ->> 'kind' = 'response' THEN
        part := ARRAY[format('%s %s %s %s', label[lang][1], m ->> 'starts_on', label[lang][2], m ->> 'ends_on'),
            CASE WHEN (m ->> 'min_count')::int > 1 THEN format('%s %s', label[lang][3], m ->> 'min_count') END,
            CASE WHEN m ->> 'counted' = 'working_day_end' AND span IS NULL THEN label[lang][5]
                ELSE format('%s %s', label[lang][4], coalesce(span, '0')) END,
            CASE m ->> 'counted' WHEN 'around_the_clock' THEN label[lang][24] END,
            CASE WHEN m ->> 'cutoff' IS NOT NULL THEN format('%s %s %s', label[lang][6], to_char((m ->> 'cutoff')::time, 'HH24:MI'), label[lang][7]) END,
            CASE WHEN m -> 'released_on' <> 'null' THEN label[lang][8] || ' '
                || (SELECT string_agg(r, ', ' ORDER BY n) FROM jsonb_array_elements_text(m -> 'released_on') WITH ORDINALITY AS t (r, n)) END,
            CASE WHEN m ->> 'calendar' IS NOT NULL THEN format('%s %s', label[lang][9], m ->> 'calendar') END
                || CASE m ->> 'calendar_of' WHEN 'owner' THEN format(' (%s)', label[lang][10]) WHEN 'team' THEN format(' (%s)', label[lang][11]) ELSE '' END,
            CASE WHEN m ->> 'warn_at' IS NOT NULL THEN format('%s %s %%', label[lang][13], round((m ->> 'warn_at')::numeric * 100)) END];
    ELSE
        part := ARRAY[
            CASE m ->> 'kind' WHEN 'volume'
                THEN format('%s %s %s', label[lang][14], trim_scale((m ->> 'target')::numeric), label[lang][array_position(ARRAY['week', 'month', 'quarter'], m ->> 'per') + 14])
                ELSE format('%s %s %s %% %s', label[lang][14], label[lang][CASE m ->> 'direction' WHEN 'at_most' THEN 22 ELSE 23 END],
                    trim_scale((m ->> 'target')::numeric * 100), label[lang][array_position(ARRAY['week', 'month', 'quarter'], m ->> 'per') + 14]) END,
            CASE WHEN m ->> 'ends_on' = 'handoff:rejected' AND m ->> 'kind' = 'rate' THEN format('%s %s %s', label[lang][19], label[lang][20], m ->> 'basis_stage')
                WHEN m ->> 'kind' = 'rate' THEN format('%s %s %s %s', label[lang][18], m ->> 'stage', label[lang][20], m ->> 'basis_stage')
                ELSE format('%s %s', label[lang][18], m ->> 'stage') END,
            CASE WHEN (m ->> 'accepted_only')::boolean THEN label[lang][21] END,
            CASE WHEN m ->> 'calendar' IS NOT NULL THEN format('%s %s', label[lang][9], m ->> 'calendar') END];
    END IF;
    IF m ->> 'condition' IS NOT NULL THEN
        part := part || format('%s %s', label[lang][12], m ->> 'condition');
    END IF;
    RETURN array_to_string(part, '; ');
END
$body$;
COMMENT ON FUNCTION commitment_text(jsonb, int) IS
'What a commitment (its row as JSON) is measured by, in words; lang 1 to 4: en, pt, es, it. Part of agreement_text().';

CREATE FUNCTION agreement_text(workspace text, name text, version int DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    zone text;
    lang int;
    a record;
    label text[];
    page text;
    list text;
    side text;
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    EXECUTE format('SELECT coalesce(max(s.value #>> ''{}'') FILTER (WHERE s.name = ''timezone''), ''UTC''),
            coalesce(array_position(ARRAY[''en'', ''pt'', ''es'', ''it''], max(s.value #>> ''{}'') FILTER (WHERE s.name = ''language'')), 1)
        FROM %I.setting AS s', workspace) INTO zone, lang;
    EXECUTE format('SELECT a.* FROM %I.agreement AS a WHERE a.name = $1 AND ($2 IS NULL OR a.version = $2)
        ORDER BY a.version DESC LIMIT 1', workspace) INTO a USING agreement_text.name, agreement_text.version;
    IF a.id IS NULL THEN
        RAISE EXCEPTION 'agreement "%"% does not exist', coalesce(agreement_text.name, 'null'),
            coalesce(' version ' || agreement_text.version, '')
            USING ERRCODE = 'undefined_object', SCHEMA = workspace, TABLE = 'agreement',
            HINT = format('SELECT agreement, version, state FROM %I.agreement_status; lists them.', workspace);
    END IF;
    label := (ARRAY[
        ARRAY['Agreement between marketing and sales', 'version', 'Valid', 'from', 'to', 'without end', 'from the signatures on', 'Review every', 'next on',
              'What marketing owes', 'What sales owe', 'Measured', 'What the stages mean', 'Working hours', 'Signatures', 'marketing', 'sales',
              'not signed', 'nothing', 'A draft: it binds nobody until both departments have signed.'],
        ARRAY['Acordo entre marketing e vendas', 'versão', 'Vigência', 'de', 'até', 'sem prazo final', 'a partir das assinaturas', 'Revisão a cada', 'próxima em',
              'O que o marketing deve', 'O que vendas deve', 'Medição', 'O que significam as etapas', 'Horário de trabalho', 'Assinaturas', 'marketing', 'vendas',
              'sem assinatura', 'nada', 'Minuta: não obriga ninguém até que os dois departamentos assinem.'],
        ARRAY['Acuerdo entre marketing y ventas', 'versión', 'Vigencia', 'desde', 'hasta', 'sin fecha final', 'desde las firmas', 'Revisión cada', 'próxima el',
              'Lo que debe marketing', 'Lo que debe ventas', 'Medición', 'Qué significan las etapas', 'Horario laboral', 'Firmas', 'marketing', 'ventas',
              'sin firmar', 'nada', 'Borrador: no obliga a nadie hasta que firmen los dos departamentos.'],
        ARRAY['Accordo tra marketing e vendite', 'versione', 'Validità', 'dal', 'al', 'senza scadenza', 'dalle firme', 'Revisione ogni', 'prossima il',
              'Che cosa deve il marketing', 'Che cosa devono le vendite', 'Misura', 'Che cosa significano le fasi', 'Orario di lavoro', 'Firme', 'marketing', 'vendite',
              'non firmato', 'nulla', 'Bozza: non obbliga nessuno finché entrambi i reparti non hanno firmato.']]);

    page := format(E'%s: %s, %s %s\n', label[lang][1], a.name, label[lang][2], a.version);
    page := page || repeat('=', char_length(page) - 1) || E'\n\n';
    IF a.marketing_signed_at IS NULL OR a.sales_signed_at IS NULL THEN
        page := page || label[lang][20] || E'\n\n';
    END IF;
    page := page || label[lang][3] || ': ' || CASE WHEN lower_inf(a.valid) THEN label[lang][7] ELSE format('%s %s', label[lang][4], lower(a.valid)) END
        || ', ' || CASE WHEN upper_inf(a.valid) THEN label[lang][6] ELSE format('%s %s', label[lang][5], upper(a.valid) - 1) END || E'\n';
    IF a.review_every IS NOT NULL THEN
        page := page || format('%s %s', label[lang][8], smarketing.review_text(a.review_every, lang))
            || coalesce(', ' || label[lang][9] || ' ' || a.next_review, '') || E'\n';
    END IF;

    FOREACH side IN ARRAY ARRAY['marketing', 'sales'] LOOP
        EXECUTE format($sql$
            SELECT string_agg(format(E'%%s. %%s\n   %%s: %%s\n', x.n, x.description,
                                     $3, smarketing.commitment_text(x.row, $4)), '' ORDER BY x.n)
            FROM (SELECT row_number() OVER (ORDER BY m.id) AS n, coalesce(m.description, m.key) AS description, to_jsonb(m) AS row
                  FROM %1$I.commitment AS m WHERE m.agreement_id = $1 AND m.department = $2) AS x $sql$, workspace)
            INTO list USING a.id, side, label[lang][12], lang;
        page := page || E'\n' || label[lang][CASE side WHEN 'marketing' THEN 10 ELSE 11 END] || E'\n'
            || coalesce(list, '   ' || label[lang][19] || E'\n');
    END LOOP;

    EXECUTE format($sql$
        SELECT string_agg(format(E'   %%s (%%s): %%s\n', coalesce(s.label, s.name), s.name, coalesce(s.definition, '-')), '' ORDER BY s.position, s.name)
        FROM %1$I.stage AS s $sql$, workspace) INTO list;
    page := page || E'\n' || label[lang][13] || E'\n' || coalesce(list, '');
    EXECUTE format($sql$
        SELECT string_agg(format(E'   %%s: %%s\n', c.name, c.hours), '' ORDER BY c.name COLLATE "C")
        FROM %1$I.calendar AS c
        WHERE c.name IN (SELECT m.calendar FROM %1$I.commitment AS m WHERE m.agreement_id = $1) $sql$, workspace) INTO list USING a.id;
    page := page || coalesce(E'\n' || label[lang][14] || E'\n' || list, '');
    page := page || E'\n' || label[lang][15] || E'\n'
        || format(E'   %s: %s\n', label[lang][16], smarketing.signature_text(workspace, a.marketing_signed_by, a.marketing_signed_at, zone, label[lang][18]))
        || format(E'   %s: %s\n', label[lang][17], smarketing.signature_text(workspace, a.sales_signed_by, a.sales_signed_at, zone, label[lang][18]));
    RETURN page;
END
$body$;
COMMENT ON FUNCTION agreement_text(text, text, int) IS
'An agreement as a document that both departments can print and read: term, what each of them owes in words and in numbers, what the stages mean, working hours, signatures; in setting language (en, pt, es, it), times in setting timezone. version NULL: the latest one. Needs SELECT on the workspace''s tables. Errors: 42704 no such agreement or version; SM010 no workspace.';

CREATE FUNCTION review_text(every interval, lang int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN concat_ws(' ',
    CASE extract(month FROM every) + 12 * extract(year FROM every) WHEN 0 THEN NULL
        WHEN 1 THEN '1 ' || (ARRAY['month', 'mês', 'mes', 'mese'])[lang]
        ELSE extract(month FROM every) + 12 * extract(year FROM every) || ' ' || (ARRAY['months', 'meses', 'meses', 'mesi'])[lang] END,
    smarketing.span_text(every - make_interval(months => (extract(month FROM every) + 12 * extract(year FROM every))::int), 'around_the_clock', lang));
COMMENT ON FUNCTION review_text(interval, int) IS
'The interval of the reviews in words, for agreement_text(); lang 1 to 4: en, pt, es, it. Internal.';

CREATE FUNCTION signature_text(workspace text, signer text, signed_at timestamptz, zone text, otherwise text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    full_name text;
BEGIN
    IF signer IS NULL THEN
        RETURN otherwise;
    END IF;
    EXECUTE format('SELECT m.display_name FROM %I.member AS m WHERE m.name = $1', workspace) INTO full_name USING signer;
    RETURN format('%s, %s %s', coalesce(full_name || ' (' || signer || ')', signer),
        to_char(timezone(zone, signed_at), 'YYYY-MM-DD HH24:MI'), zone);
END
$body$;
COMMENT ON FUNCTION signature_text(text, text, timestamptz, text, text) IS
'A signature as agreement_text() prints it. Internal.';

/*
 * Pauses first, then the calendar between them; what is past the due time
 * stands on lines of its own.
 */
CREATE FUNCTION explain_sla(workspace text, clock_id bigint, as_of timestamptz DEFAULT now())
RETURNS TABLE (from_at timestamptz, to_at timestamptz, kind text, reason text, counted interval)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    c record;
    hours smarketing.working_hours;
    until timestamptz;
    span tstzmultirange;
    resting tstzmultirange;
BEGIN
    PERFORM smarketing.workspace_check(workspace);
    EXECUTE format('SELECT c.*, coalesce(v.hours, ''UTC; 24/7'') AS hours, v.calendar FROM %1$I.sla_clock AS c
        LEFT JOIN %1$I.calendar_version AS v ON v.id = c.calendar_version WHERE c.id = $1', workspace) INTO c USING clock_id;
    IF c.id IS NULL THEN
        RAISE EXCEPTION 'clock % does not exist', coalesce(clock_id::text, 'null')
            USING ERRCODE = 'no_data_found', SCHEMA = workspace, TABLE = 'sla_clock';
    END IF;
    until := coalesce(c.ended_at, c.cancelled_at, as_of);
    IF until <= c.started_at OR until IS NULL THEN
        RETURN;
    END IF;
    hours := c.hours::smarketing.working_hours;
    span := tstzmultirange(tstzrange(c.started_at, until));
    resting := span * c.paused;
    RETURN QUERY EXECUTE format($sql$
        WITH paused AS (
            SELECT lower(r) AS f, upper(r) AS t FROM unnest($2) AS r
        ), open AS (
            SELECT greatest(lower(w), lower(g)) AS f, least(upper(w), upper(g)) AS t
            FROM unnest($1 - $2) AS g CROSS JOIN LATERAL smarketing.working_periods($3, lower(g), upper(g)) AS w
        ), open_range AS (
            SELECT coalesce(range_agg(tstzrange(o.f, o.t)), '{}') AS r FROM open AS o WHERE o.f < o.t
        ), piece AS (
            SELECT p.f, p.t, 'paused' AS kind,
                   coalesce((SELECT 'stage ' || s.name FROM %1$I.stage_change AS x JOIN %1$I.stage AS s ON s.name = x.to_stage
                             WHERE x.lead_id = $4 AND x.at <= p.f AND s.pauses_clocks
                               AND NOT EXISTS (SELECT FROM %1$I.stage_change AS n WHERE n.lead_id = $4 AND n.at <= p.f
                                                 AND (n.at, n.id) > (x.at, x.id))
                             ORDER BY x.at DESC, x.id DESC LIMIT 1), 'follow-up planned') AS reason
            FROM paused AS p
            UNION ALL
            SELECT lower(w), upper(w), 'open', coalesce('calendar ' || $5, 'around the clock')
            FROM open_range AS o CROSS JOIN LATERAL unnest(o.r) AS w
            UNION ALL
            SELECT lower(w), upper(w), 'closed', coalesce('calendar ' || $5, 'around the clock')
            FROM open_range AS o CROSS JOIN LATERAL unnest($1 - $2 - o.r) AS w
        ), cut AS (
            SELECT p.kind, p.reason, b.f, b.t, b.late
            FROM piece AS p
            CROSS JOIN LATERAL (VALUES (p.f, least(p.t, greatest(p.f, coalesce($6, p.t))), false),
                                       (greatest(p.f, coalesce($6, p.t)), p.t, true)) AS b (f, t, late)
            WHERE b.f < b.t
        )
        SELECT k.f, k.t, k.kind, k.reason || CASE WHEN k.late THEN ', past due' ELSE '' END,
               CASE k.kind WHEN 'open' THEN smarketing.working_time($3, k.f, k.t) ELSE interval '0' END
        FROM cut AS k ORDER BY k.f $sql$, workspace)
        USING span, resting, hours, c.lead_id, c.calendar, c.due_at;
END
$body$;
COMMENT ON FUNCTION explain_sla(text, bigint, timestamptz) IS
'How a clock''s verdict comes about: the intervals from its start to its end (or to as_of while it is open), in order and without gaps: open (working time, counted), closed (outside of it) or paused (by a stage or a planned follow-up), and what is past due. The sum of counted is the elapsed time, to the microsecond. No row before the start. Needs SELECT on the workspace''s tables. Errors: P0002 no such clock; 22023 where the calendar''s time zone is unknown to this server.';
