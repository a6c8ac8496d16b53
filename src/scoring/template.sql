/*
 * Template: points for a company that sells to companies.  A demo request by
 * a lead that fits (20) makes it an MQL at once: it gives 50, of which 40
 * would do, so that one that is recorded some days late still counts.
 */
CREATE FUNCTION workspace_scoring_template(language text DEFAULT 'en') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
#variable_conflict use_column
DECLARE
    lang CONSTANT int := array_position(ARRAY['en', 'pt', 'es', 'it'], workspace_scoring_template.language);
BEGIN
    INSERT INTO scoring_category (name, dimension, position, min_points, max_points, half_life) VALUES
        ('company', 'fit', 10, -20, 35, NULL),
        ('person', 'fit', 20, -40, 25, NULL),
        ('interest', 'engagement', 30, 0, 40, '30 days'),
        ('intent', 'engagement', 40, 0, 80, '21 days'),
        ('disinterest', 'engagement', 50, -60, 0, '90 days');

    INSERT INTO scoring_rule (name, category, activity_kind, condition, points, description)
    SELECT name, category, kind, condition::jsonpath, points, descriptions[lang]
    FROM (VALUES
        -- what the lead's company is
        ('industry_core', 'company', NULL,
         '$.industry like_regex "^(software|saas|technology|information technology|it services)$" flag "i"', 15,
         ARRAY['An industry that we sell to first', 'Setor em que vendemos primeiro',
               'Un sector al que vendemos primero', 'Un settore a cui vendiamo per primo']),
        ('industry_near', 'company', NULL,
         '$.industry like_regex "^(manufacturing|logistics|finance|financial services|professional services|retail)$" flag "i"', 8,
         ARRAY['An industry where we have customers', 'Setor em que temos clientes',
               'Un sector donde tenemos clientes', 'Un settore in cui abbiamo clienti']),
        ('industry_far', 'company', NULL,
         '$.industry like_regex "^(education|government|non-profit|nonprofit)$" flag "i"', -10,
         ARRAY['An industry that rarely buys from us', 'Setor que raramente compra de nós',
               'Un sector que rara vez nos compra', 'Un settore che raramente compra da noi']),
        ('size_target', 'company', NULL, '$.employees >= 50 && $.employees <= 1000', 15,
         ARRAY['The size of our customers', 'O porte dos nossos clientes',
               'El tamaño de nuestros clientes', 'La dimensione dei nostri clienti']),
        ('size_large', 'company', NULL, '$.employees > 1000', 10,
         ARRAY['Large: buys slowly', 'Grande: compra devagar', 'Grande: compra despacio', 'Grande: compra lentamente']),
        ('size_tiny', 'company', NULL, '$.employees < 10', -10,
         ARRAY['Too small for us', 'Pequena demais para nós', 'Demasiado pequeña para nosotros', 'Troppo piccola per noi']),
        ('country', 'company', NULL,
         (ARRAY['$.country like_regex "^(US|CA|GB|IE|AU|NZ)$"', '$.country like_regex "^(BR|PT)$"',
                '$.country like_regex "^(ES|MX|AR|CO|CL|PE)$"', '$.country like_regex "^(IT|CH|SM)$"'])[lang], 5,
         ARRAY['A country that we sell to', 'País em que vendemos', 'Un país en el que vendemos', 'Un paese in cui vendiamo']),
        -- who the lead is
        ('title_executive', 'person', NULL,
         '$.job_title like_regex "(^|[^a-z])(c[efimost]o|chief|founder|owner|managing director|diretor executivo|sócio|director general|dueño|fundador|amministratore|titolare|fondatore)([^a-z]|$)" flag "i"', 20,
         ARRAY['Decides', 'Decide', 'Decide', 'Decide']),
        ('title_director', 'person', NULL,
         '$.job_title like_regex "(^|[^a-z])(vp|vice president|head of|director|diretora?|directora?|direttore|direttrice)([^a-z]|$)" flag "i"', 15,
         ARRAY['Has a budget', 'Tem orçamento', 'Tiene presupuesto', 'Ha un budget']),
        ('title_manager', 'person', NULL,
         '$.job_title like_regex "(^|[^a-z])(manager|team lead|gerente|coordenadora?|coordinadora?|jefe|jefa|responsabile)([^a-z]|$)" flag "i"', 8,
         ARRAY['Recommends', 'Recomenda', 'Recomienda', 'Raccomanda']),
        ('title_student', 'person', NULL,
         '$.job_title like_regex "(^|[^a-z])(student|intern|trainee|estudante|estagiári[oa]|estudiante|becari[oa]|studente|studentessa|stagista|tirocinante)([^a-z]|$)" flag "i"', -40,
         ARRAY['Studies, and buys nothing', 'Estuda e não compra', 'Estudia y no compra', 'Studia e non compra']),
        ('free_mail', 'person', NULL,
         '$.email like_regex "@(gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|aol|gmx|web|proton|protonmail|mail|uol|bol|terra|libero|virgilio)[.][a-z.]+[ ]*$" flag "i"', -10,
         ARRAY['A private mailbox', 'Caixa de e-mail pessoal', 'Un buzón personal', 'Una casella personale']),
        -- what shows interest
        ('page_view', 'interest', 'page_view', NULL, 1,
         ARRAY['Looks at us', 'Olha para nós', 'Nos mira', 'Ci guarda']),
        ('email_click', 'interest', 'email_click', NULL, 4,
         ARRAY['Reads what we send', 'Lê o que enviamos', 'Lee lo que enviamos', 'Legge quello che inviamo']),
        ('content_download', 'interest', 'content_download', NULL, 6,
         ARRAY['Learns from us', 'Aprende conosco', 'Aprende de nosotros', 'Impara da noi']),
        ('webinar', 'interest', 'webinar', NULL, 12,
         ARRAY['Gives us an hour', 'Dedica-nos uma hora', 'Nos dedica una hora', 'Ci dedica un''ora']),
        -- what shows that he wants to buy
        ('pricing_view', 'intent', 'pricing_view', NULL, 10,
         ARRAY['Compares prices', 'Compara preços', 'Compara precios', 'Confronta i prezzi']),
        ('form_submit', 'intent', 'form_submit', NULL, 8,
         ARRAY['Says who he is', 'Diz quem é', 'Dice quién es', 'Dice chi è']),
        ('email_reply', 'intent', 'email_reply', NULL, 10,
         ARRAY['Talks to us', 'Conversa conosco', 'Habla con nosotros', 'Parla con noi']),
        ('demo_request', 'intent', 'demo_request', NULL, 50,
         ARRAY['Asks for a demo', 'Pede uma demonstração', 'Pide una demo', 'Chiede una demo']),
        -- what shows that he does not
        ('unsubscribe', 'disinterest', 'unsubscribe', NULL, -25,
         ARRAY['Wants no more mail', 'Não quer mais e-mails', 'No quiere más correos', 'Non vuole più e-mail']),
        ('bounce', 'disinterest', 'bounce', NULL, -15,
         ARRAY['Cannot be reached by mail', 'Não recebe nossos e-mails', 'No recibe nuestros correos', 'Non riceve le nostre e-mail']),
        ('career_page_view', 'disinterest', 'career_page_view', NULL, -10,
         ARRAY['Looks for a job, not for us', 'Procura emprego, não a nós', 'Busca empleo, no a nosotros', 'Cerca lavoro, non noi'])
    ) AS r (name, category, kind, condition, points, descriptions);

    INSERT INTO score_band (name, position, min_fit, min_engagement) VALUES
        ('hot', 10, 20, 40),
        ('warm', 20, 20, 15),
        ('warming', 30, NULL, 15),
        ('cold', 40, NULL, NULL);
END
$body$;
COMMENT ON FUNCTION workspace_scoring_template(text) IS
'Fills the scoring tables of a new workspace, which search_path points at, with categories, rules and bands; descriptions in language (en, pt, es, it). Internal: create_workspace() calls it.';
