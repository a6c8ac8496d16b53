/*
 * SLA: the agreement that a new workspace starts with, as a draft: it binds
 * nobody until both departments have signed.  Rows run before the triggers are
 * there, so the first version of the calendar is written here.
 */
CREATE FUNCTION workspace_sla_template(language text DEFAULT 'en') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
#variable_conflict use_column
DECLARE
    lang CONSTANT int := array_position(ARRAY['en', 'pt', 'es', 'it'], workspace_sla_template.language);
    draft bigint;
BEGIN
    INSERT INTO calendar (name, hours) VALUES ('office', 'UTC; Mo-Fr 09:00-18:00');
    INSERT INTO calendar_version (calendar, hours) SELECT name, hours FROM calendar;
    INSERT INTO agreement (name, version, review_every) VALUES ('standard', 1, '3 months') RETURNING id INTO draft;

    INSERT INTO commitment (agreement_id, key, department, condition, starts_on, ends_on, released_on, min_count,
                            within, counted, cutoff, calendar, calendar_of, description)
    SELECT draft, key, department, condition, starts_on, ends_on, released_on, min_count,
           within, counted, cutoff, 'office', calendar_of, descriptions[lang]
    FROM (VALUES
        (1, 'handoff_decision', 'sales', NULL::jsonpath, 'handoff:offered', 'handoff:decided', NULL::text[], 1,
         interval '4 hours', 'working', NULL::time, 'owner',
         ARRAY['Sales accept or reject every lead that marketing hand over within 4 working hours; a rejection names its reason.',
               'Vendas aceita ou recusa cada lead entregue pelo marketing em até 4 horas úteis; a recusa indica o motivo.',
               'Ventas acepta o rechaza cada lead que le entrega marketing en 4 horas laborables; el rechazo indica el motivo.',
               'Le vendite accettano o rifiutano ogni lead consegnato dal marketing entro 4 ore lavorative; il rifiuto indica il motivo.']),
        (2, 'first_attempt', 'sales', NULL, 'handoff:offered', 'attempt', ARRAY['handoff:rejected', 'stage:disqualified'], 1,
         NULL, 'working_day_end', '16:00', 'owner',
         ARRAY['Sales make the first contact attempt by the end of the working day in which they received the lead. A lead received after 16:00 counts for the next working day.',
               'Vendas faz a primeira tentativa de contato até o fim do dia útil em que recebeu o lead. Um lead recebido depois das 16:00 conta para o dia útil seguinte.',
               'Ventas hace el primer intento de contacto antes del fin del día laborable en que recibió el lead. Un lead recibido después de las 16:00 cuenta para el siguiente día laborable.',
               'Le vendite fanno il primo tentativo di contatto entro la fine del giorno lavorativo in cui hanno ricevuto il lead. Un lead ricevuto dopo le 16:00 conta per il giorno lavorativo successivo.']),
        (3, 'hot_lead', 'sales', '$.band == "hot"', 'handoff:offered', 'attempt', ARRAY['handoff:rejected', 'stage:disqualified'], 1,
         '5 minutes', 'working', NULL, 'owner',
         ARRAY['Sales make the first contact attempt on a hot lead within 5 working minutes.',
               'Vendas faz a primeira tentativa de contato com um lead quente em até 5 minutos úteis.',
               'Ventas hace el primer intento de contacto con un lead caliente en 5 minutos laborables.',
               'Le vendite fanno il primo tentativo di contatto con un lead caldo entro 5 minuti lavorativi.']),
        (4, 'six_attempts', 'sales', NULL, 'handoff:offered', 'attempt',
         ARRAY['contact', 'handoff:rejected', 'stage:sql', 'stage:disqualified'], 6,
         '10 days', 'working_day_end', '16:00', 'owner',
         ARRAY['Sales make at least 6 contact attempts within 10 working days, unless there is contact before.',
               'Vendas faz pelo menos 6 tentativas de contato em até 10 dias úteis, a menos que haja contato antes.',
               'Ventas hace al menos 6 intentos de contacto en 10 días laborables, salvo que haya contacto antes.',
               'Le vendite fanno almeno 6 tentativi di contatto entro 10 giorni lavorativi, salvo contatto avvenuto prima.']),
        (5, 'returned_touch', 'marketing', NULL, 'handoff:returned', 'touch', ARRAY['handoff:offered', 'stage:disqualified'], 1,
         '3 days', 'working_day_end', NULL, 'commitment',
         ARRAY['Marketing take a lead that sales give back up again: its next touch comes within 3 working days.',
               'O marketing retoma o lead devolvido por vendas: o próximo contato acontece em até 3 dias úteis.',
               'Marketing retoma el lead devuelto por ventas: el siguiente contacto llega en 3 días laborables.',
               'Il marketing riprende il lead restituito dalle vendite: il contatto successivo avviene entro 3 giorni lavorativi.'])
    ) AS c (ordinal, key, department, condition, starts_on, ends_on, released_on, min_count,
            within, counted, cutoff, calendar_of, descriptions)
    ORDER BY ordinal;

    INSERT INTO commitment (agreement_id, key, department, kind, condition, stage, ends_on, basis_stage, target, direction,
                            per, accepted_only, calendar, description)
    SELECT draft, key, 'marketing', kind, '$.origin == "inbound"', stage, ends_on, basis_stage, target, direction,
           'month', accepted_only, 'office', descriptions[lang]
    FROM (VALUES
        (1, 'accepted_mqls', 'volume', 'mql', NULL, NULL, 100, NULL, true,
         ARRAY['Marketing deliver 100 inbound leads a month that are marketing qualified and that sales do not reject.',
               'O marketing entrega por mês 100 leads inbound qualificados que vendas não recusa.',
               'Marketing entrega al mes 100 leads inbound cualificados que ventas no rechaza.',
               'Il marketing consegna ogni mese 100 lead inbound qualificati che le vendite non rifiutano.']),
        (2, 'rejected_share', 'rate', NULL, 'handoff:rejected', 'mql', 0.2, 'at_most', false,
         ARRAY['Marketing keep the share of these leads that sales reject for lack of quality at or below 20 %.',
               'O marketing mantém em no máximo 20 % a parcela desses leads que vendas recusa por falta de qualidade.',
               'Marketing mantiene en un 20 % como máximo la parte de esos leads que ventas rechaza por falta de calidad.',
               'Il marketing mantiene al massimo al 20 % la quota di questi lead che le vendite rifiutano per scarsa qualità.'])
    ) AS c (ordinal, key, kind, stage, ends_on, basis_stage, target, direction, accepted_only, descriptions)
    ORDER BY ordinal;
END
$body$;
COMMENT ON FUNCTION workspace_sla_template(text) IS
'Gives a new workspace, which search_path points at, the calendar office (Monday to Friday, 9 to 18, UTC: to be edited) and the draft of an agreement, standard, described in language (en, pt, es, it). Internal: create_workspace() calls it.';
