/*
 * Template: the standard process that a new workspace starts with.  Rows run
 * before the triggers are there, so they are no changes in config_change.
 *
 * Labels and definitions come in the languages en, pt, es, it, in this order;
 * names are the same everywhere, since conditions and clients use them.
 */
CREATE FUNCTION workspace_template(language text DEFAULT 'en') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
#variable_conflict use_column
DECLARE
    lang CONSTANT int := array_position(ARRAY['en', 'pt', 'es', 'it'], workspace_template.language);
BEGIN
    IF lang IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('there is no template in language "%s"', workspace_template.language),
            HINT = 'Languages are en, pt, es and it.';
    END IF;

    INSERT INTO setting (name, value) VALUES
        ('schema_version', '"0.1"'),
        ('timezone', '"UTC"'),
        ('week_starts_on', '1'),
        ('currency', '"EUR"'),
        ('transition_mode', '"enforce"'),
        ('require_actor', 'false'),
        ('max_backdate', '"1 day"'),
        ('on_duplicate', '"refuse"'),
        ('language', to_jsonb(workspace_template.language)),
        ('live', 'true'),
        ('fallback_owner', 'null'),
        ('entry_stage', '"lead"'),
        ('deal_open_stage', '"opportunity"'),
        ('deal_won_stage', '"customer"'),
        ('deal_lost_stage', '"closed_lost"'),
        ('handoff_policy', '"escalate"'),
        ('notify', 'false');

    INSERT INTO stage (name, position, department, kind, label, definition)
    SELECT name, position, department, kind, labels[lang], definitions[lang]
    FROM (VALUES
        ('subscriber', 10, 'marketing', 'inventory',
         ARRAY['Subscriber', 'Assinante', 'Suscriptor', 'Iscritto'],
         ARRAY['Has agreed to hear from us; has shown no interest in buying yet.',
               'Aceitou receber nossas mensagens; ainda não mostrou interesse em comprar.',
               'Ha aceptado recibir nuestros mensajes; aún no ha mostrado interés en comprar.',
               'Ha accettato di ricevere i nostri messaggi; non ha ancora mostrato interesse all''acquisto.']),
        ('lead', 20, 'marketing', 'inventory',
         ARRAY['Lead', 'Lead', 'Lead', 'Lead'],
         ARRAY['Has shown interest; marketing works on it until it qualifies.',
               'Mostrou interesse; o marketing cuida dele até que se qualifique.',
               'Ha mostrado interés; marketing lo trabaja hasta que se cualifique.',
               'Ha mostrato interesse; il marketing lo segue finché non si qualifica.']),
        ('mql', 30, 'sales', 'handoff',
         ARRAY['Marketing qualified', 'Qualificado pelo marketing', 'Cualificado por marketing', 'Qualificato dal marketing'],
         ARRAY['Fits and is engaged enough: marketing offers it to sales, who accept or reject it in time.',
               'Tem perfil e interesse suficientes: o marketing o oferece a vendas, que aceita ou recusa no prazo.',
               'Tiene perfil e interés suficientes: marketing lo ofrece a ventas, que lo acepta o rechaza a tiempo.',
               'Ha profilo e interesse sufficienti: il marketing lo propone alle vendite, che lo accettano o rifiutano in tempo.']),
        ('sal', 40, 'sales', 'inventory',
         ARRAY['Sales accepted', 'Aceito por vendas', 'Aceptado por ventas', 'Accettato dalle vendite'],
         ARRAY['Sales have accepted the lead and are trying to reach it.',
               'Vendas aceitou o lead e está tentando contato.',
               'Ventas ha aceptado el lead y trata de contactarlo.',
               'Le vendite hanno accettato il lead e cercano di contattarlo.']),
        ('sql', 50, 'sales', 'inventory',
         ARRAY['Sales qualified', 'Qualificado por vendas', 'Cualificado por ventas', 'Qualificato dalle vendite'],
         ARRAY['Sales have spoken with the lead: there is a need, a budget and a date.',
               'Vendas conversou com o lead: há necessidade, orçamento e prazo.',
               'Ventas ha hablado con el lead: hay necesidad, presupuesto y fecha.',
               'Le vendite hanno parlato con il lead: ci sono bisogno, budget e tempi.']),
        ('opportunity', 60, 'sales', 'inventory',
         ARRAY['Opportunity', 'Oportunidade', 'Oportunidad', 'Opportunità'],
         ARRAY['There is an open deal with an amount and an expected closing date.',
               'Há um negócio aberto, com valor e data prevista de fechamento.',
               'Hay un negocio abierto, con importe y fecha prevista de cierre.',
               'C''è una trattativa aperta, con un importo e una data di chiusura prevista.']),
        ('customer', 70, 'sales', 'success',
         ARRAY['Customer', 'Cliente', 'Cliente', 'Cliente'],
         ARRAY['Has bought.', 'Comprou.', 'Ha comprado.', 'Ha acquistato.']),
        ('recycled', 80, 'marketing', 'detour',
         ARRAY['Recycled', 'Reciclado', 'Reciclado', 'Riciclato'],
         ARRAY['Not now: sent back to marketing, with a reason, to be nurtured and offered again.',
               'Agora não: devolvido ao marketing, com um motivo, para ser nutrido e oferecido de novo.',
               'Ahora no: devuelto a marketing, con un motivo, para nutrirlo y ofrecerlo de nuevo.',
               'Non ora: restituito al marketing, con un motivo, per essere coltivato e riproposto.']),
        ('disqualified', 90, 'sales', 'exit',
         ARRAY['Disqualified', 'Desqualificado', 'Descalificado', 'Squalificato'],
         ARRAY['Will never buy from us; the reason says why.',
               'Nunca vai comprar de nós; o motivo diz por quê.',
               'Nunca nos comprará; el motivo dice por qué.',
               'Non comprerà mai da noi; il motivo dice perché.']),
        ('closed_lost', 95, 'sales', 'exit',
         ARRAY['Closed lost', 'Perdido', 'Perdido', 'Perso'],
         ARRAY['The deal was lost; the reason says why.',
               'O negócio foi perdido; o motivo diz por quê.',
               'El negocio se perdió; el motivo dice por qué.',
               'La trattativa è persa; il motivo dice perché.']),
        ('former_customer', 99, 'sales', 'exit',
         ARRAY['Former customer', 'Ex-cliente', 'Antiguo cliente', 'Ex cliente'],
         ARRAY['Was a customer and has left; the reason says why.',
               'Foi cliente e saiu; o motivo diz por quê.',
               'Fue cliente y se marchó; el motivo dice por qué.',
               'Era cliente e se n''è andato; il motivo dice perché.'])
    ) AS s (name, position, department, kind, labels, definitions);

    -- moves out of a stage are made by the department accountable for it; where
    -- sales call a lead in from marketing, by sales
    INSERT INTO transition (from_stage, to_stage, department, reason_kind, automatic_when, automatic_on)
    SELECT from_stage, to_stage, department, reason_kind,
           CASE WHEN automatic THEN '$.score >= 60 && $.fit >= 20'::jsonpath END,
           CASE WHEN automatic THEN ARRAY['demo_request'] END
    FROM (VALUES
        (NULL, 'subscriber', 'marketing', NULL, false),
        (NULL, 'lead', 'marketing', NULL, false),
        (NULL, 'mql', 'marketing', NULL, false),
        (NULL, 'sal', 'sales', NULL, false),
        (NULL, 'sql', 'sales', NULL, false),
        (NULL, 'opportunity', 'sales', NULL, false),
        (NULL, 'customer', 'sales', NULL, false),
        ('subscriber', 'lead', 'marketing', NULL, false),
        ('subscriber', 'mql', 'marketing', NULL, false),
        ('subscriber', 'sal', 'sales', NULL, false),
        ('subscriber', 'disqualified', 'marketing', 'disqualify', false),
        ('lead', 'mql', 'marketing', NULL, true),
        ('lead', 'sal', 'sales', NULL, false),
        ('lead', 'recycled', 'marketing', 'recycle', false),
        ('lead', 'disqualified', 'marketing', 'disqualify', false),
        ('mql', 'sal', 'sales', NULL, false),
        ('mql', 'recycled', 'sales', 'reject', false),
        ('mql', 'disqualified', 'sales', 'disqualify', false),
        ('sal', 'sql', 'sales', NULL, false),
        ('sal', 'recycled', 'sales', 'recycle', false),
        ('sal', 'disqualified', 'sales', 'disqualify', false),
        ('sql', 'opportunity', 'sales', NULL, false),
        ('sql', 'recycled', 'sales', 'recycle', false),
        ('sql', 'disqualified', 'sales', 'disqualify', false),
        ('opportunity', 'customer', 'sales', NULL, false),
        ('opportunity', 'closed_lost', 'sales', 'lost', false),
        ('opportunity', 'sql', 'sales', NULL, false),
        ('opportunity', 'recycled', 'sales', 'recycle', false),
        ('recycled', 'lead', 'marketing', NULL, false),
        ('recycled', 'mql', 'marketing', NULL, true),
        ('recycled', 'sal', 'sales', NULL, false),
        ('recycled', 'disqualified', 'marketing', 'disqualify', false),
        ('disqualified', 'lead', 'sales', NULL, false),
        ('disqualified', 'recycled', 'sales', 'recycle', false),
        ('closed_lost', 'recycled', 'sales', 'recycle', false),
        ('closed_lost', 'sql', 'sales', NULL, false),
        ('closed_lost', 'opportunity', 'sales', NULL, false),
        ('customer', 'opportunity', 'sales', NULL, false),
        ('customer', 'former_customer', 'sales', 'churn', false),
        ('former_customer', 'opportunity', 'sales', NULL, false),
        ('former_customer', 'recycled', 'sales', 'recycle', false)
    ) AS t (from_stage, to_stage, department, reason_kind, automatic);

    INSERT INTO reason (name, kind, label, outcome, counts_as_rejection, recycle_after)
    SELECT name, kind, labels[lang], outcome, counts, after::interval
    FROM (VALUES
        ('wrong_size', 'reject', 'return', true, NULL,
         ARRAY['Wrong company size', 'Porte inadequado', 'Tamaño inadecuado', 'Dimensione non adatta']),
        ('wrong_title', 'reject', 'return', true, NULL,
         ARRAY['Wrong role', 'Cargo inadequado', 'Cargo inadecuado', 'Ruolo non adatto']),
        ('not_ready', 'reject', 'return', true, '90 days',
         ARRAY['Not ready to buy', 'Ainda não está pronto', 'Aún no está listo', 'Non ancora pronto']),
        ('bad_contact_data', 'reject', 'return', true, NULL,
         ARRAY['Bad contact data', 'Dados de contato errados', 'Datos de contacto erróneos', 'Dati di contatto errati']),
        ('existing_customer', 'reject', 'return', true, NULL,
         ARRAY['Already a customer', 'Já é cliente', 'Ya es cliente', 'Già cliente']),
        ('competitor', 'reject', 'return', true, NULL,
         ARRAY['Competitor', 'Concorrente', 'Competidor', 'Concorrente']),
        ('wrong_territory', 'reject', 'reroute', false, NULL,
         ARRAY['Wrong territory', 'Território errado', 'Territorio equivocado', 'Territorio sbagliato']),
        ('duplicate', 'reject', 'merge', false, NULL,
         ARRAY['Duplicate', 'Duplicado', 'Duplicado', 'Duplicato']),
        ('no_answer', 'reject', 'return', false, '30 days',
         ARRAY['Nobody answered in time', 'Ninguém respondeu a tempo', 'Nadie respondió a tiempo', 'Nessuno ha risposto in tempo']),
        ('no_response', 'recycle', 'return', false, '60 days',
         ARRAY['Does not respond', 'Não responde', 'No responde', 'Non risponde']),
        ('no_budget', 'recycle', 'return', false, '180 days',
         ARRAY['No budget', 'Sem orçamento', 'Sin presupuesto', 'Nessun budget']),
        ('timing', 'recycle', 'return', false, '90 days',
         ARRAY['Not the right time', 'Não é o momento', 'No es el momento', 'Non è il momento']),
        ('spam', 'disqualify', 'disqualify', false, NULL,
         ARRAY['Spam', 'Spam', 'Spam', 'Spam']),
        ('not_a_fit', 'disqualify', 'disqualify', false, NULL,
         ARRAY['Not a fit', 'Sem perfil', 'No encaja', 'Profilo non adatto']),
        ('price', 'lost', 'return', false, NULL,
         ARRAY['Price', 'Preço', 'Precio', 'Prezzo']),
        ('product_gap', 'lost', 'return', false, NULL,
         ARRAY['Product lacks something', 'Falta algo no produto', 'Al producto le falta algo', 'Al prodotto manca qualcosa']),
        ('chose_competitor', 'lost', 'return', false, NULL,
         ARRAY['Chose a competitor', 'Escolheu um concorrente', 'Eligió a un competidor', 'Ha scelto un concorrente']),
        ('no_decision', 'lost', 'return', false, NULL,
         ARRAY['No decision', 'Sem decisão', 'Sin decisión', 'Nessuna decisione']),
        ('left', 'churn', 'return', false, NULL,
         ARRAY['Left', 'Saiu', 'Se marchó', 'Se n''è andato']),
        ('shut_down', 'churn', 'return', false, NULL,
         ARRAY['Shut down', 'Encerrou as atividades', 'Cerró', 'Ha chiuso'])
    ) AS r (name, kind, outcome, counts, after, labels);

    -- leaving, what comes back undelivered, looking for a job, and a note bring nobody nearer to buying
    INSERT INTO activity_kind (name, department, is_touch, is_attempt, is_contact, automated, label, credited)
    SELECT name, department, touch, attempt, contact, automated, labels[lang],
           name NOT IN ('unsubscribe', 'bounce', 'career_page_view', 'note')
    FROM (VALUES
        -- what the lead does
        ('page_view', 'marketing', false, false, false, false,
         ARRAY['Page view', 'Visita à página', 'Visita a la página', 'Visita alla pagina']),
        ('pricing_view', 'marketing', false, false, false, false,
         ARRAY['Pricing page view', 'Visita à página de preços', 'Visita a la página de precios', 'Visita alla pagina dei prezzi']),
        ('career_page_view', 'marketing', false, false, false, false,
         ARRAY['Career page view', 'Visita à página de vagas', 'Visita a la página de empleo', 'Visita alla pagina lavora con noi']),
        ('form_submit', 'marketing', false, false, false, false,
         ARRAY['Form sent', 'Formulário enviado', 'Formulario enviado', 'Modulo inviato']),
        ('content_download', 'marketing', false, false, false, false,
         ARRAY['Content download', 'Download de conteúdo', 'Descarga de contenido', 'Download di contenuti']),
        ('email_open', 'marketing', false, false, false, false,
         ARRAY['E-mail opened', 'E-mail aberto', 'Correo abierto', 'E-mail aperta']),
        ('email_click', 'marketing', false, false, false, false,
         ARRAY['E-mail clicked', 'Clique no e-mail', 'Clic en el correo', 'Clic nell''e-mail']),
        ('webinar', 'marketing', false, false, false, false,
         ARRAY['Webinar attended', 'Participou do webinar', 'Asistió al webinar', 'Ha seguito il webinar']),
        ('demo_request', 'marketing', false, false, false, false,
         ARRAY['Demo request', 'Pedido de demonstração', 'Solicitud de demo', 'Richiesta di demo']),
        ('unsubscribe', 'marketing', false, false, false, false,
         ARRAY['Unsubscribed', 'Descadastrou-se', 'Baja de la lista', 'Disiscritto']),
        ('bounce', 'marketing', false, false, false, false,
         ARRAY['E-mail bounced', 'E-mail devolvido', 'Correo rebotado', 'E-mail respinta']),
        ('email_reply', NULL, false, false, true, false,
         ARRAY['E-mail reply', 'Resposta ao e-mail', 'Respuesta al correo', 'Risposta all''e-mail']),
        -- what marketing does
        ('email_sent', 'marketing', true, false, false, true,
         ARRAY['E-mail sent (automated)', 'E-mail enviado (automático)', 'Correo enviado (automático)', 'E-mail inviata (automatica)']),
        ('newsletter', 'marketing', true, false, false, true,
         ARRAY['Newsletter sent', 'Newsletter enviada', 'Boletín enviado', 'Newsletter inviata']),
        ('marketing_call', 'marketing', true, true, false, false,
         ARRAY['Call by marketing', 'Ligação do marketing', 'Llamada de marketing', 'Chiamata del marketing']),
        ('marketing_email', 'marketing', true, true, false, false,
         ARRAY['Personal e-mail by marketing', 'E-mail pessoal do marketing', 'Correo personal de marketing', 'E-mail personale del marketing']),
        -- what sales do
        ('call', 'sales', true, true, false, false,
         ARRAY['Call', 'Ligação', 'Llamada', 'Chiamata']),
        ('email', 'sales', true, true, false, false,
         ARRAY['E-mail', 'E-mail', 'Correo', 'E-mail']),
        ('linkedin_message', 'sales', true, true, false, false,
         ARRAY['LinkedIn message', 'Mensagem no LinkedIn', 'Mensaje de LinkedIn', 'Messaggio su LinkedIn']),
        ('voicemail', 'sales', true, true, false, false,
         ARRAY['Voicemail left', 'Recado na caixa postal', 'Mensaje de voz', 'Messaggio in segreteria']),
        ('conversation', 'sales', true, true, true, false,
         ARRAY['Conversation', 'Conversa', 'Conversación', 'Conversazione']),
        ('meeting', 'sales', true, true, true, false,
         ARRAY['Meeting', 'Reunião', 'Reunión', 'Incontro']),
        ('demo', 'sales', true, true, true, false,
         ARRAY['Demo given', 'Demonstração feita', 'Demo realizada', 'Demo svolta']),
        -- neither
        ('note', NULL, false, false, false, false,
         ARRAY['Note', 'Nota', 'Nota', 'Nota'])
    ) AS k (name, department, touch, attempt, contact, automated, labels);
END
$body$;
COMMENT ON FUNCTION workspace_template(text) IS
'Fills the tables of a new workspace, which search_path points at, with the standard settings, stages, transitions, reasons and kinds of activity; labels in language (en, pt, es, it). Internal: create_workspace() calls it.';
