/*
 * The words of the page of report_html() in four languages: group `report` of
 * the labels.  What other groups have (department, state, column) is not
 * repeated.  {1}, {2}, … are places for values; thousands, decimal, percent,
 * money and date say how values are written.
 */
CREATE FUNCTION workspace_report_template(language text DEFAULT 'en') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
#variable_conflict use_column
DECLARE
    lang CONSTANT int := array_position(ARRAY['en', 'pt', 'es', 'it'], workspace_report_template.language);
BEGIN
    INSERT INTO label (name, text)
    SELECT 'report.' || name, texts[lang]
    FROM (VALUES
        ('thousands', ARRAY[',', '.', '.', '.']),
        ('decimal', ARRAY['.', ',', ',', ',']),
        ('percent', ARRAY['{1}%', '{1}%', '{1} %', '{1}%']),
        ('money', ARRAY['{2} {1}', '{2} {1}', '{1} {2}', '{1} {2}']),
        ('date', ARRAY['DD Mon YYYY', 'DD/MM/YYYY', 'DD/MM/YYYY', 'DD/MM/YYYY']),
        ('minutes', ARRAY['{1} min', '{1} min', '{1} min', '{1} min']),
        ('hours', ARRAY['{1} h', '{1} h', '{1} h', '{1} h']),
        ('days', ARRAY['{1} d', '{1} d', '{1} d', '{1} g']),
        ('yes', ARRAY['yes', 'sim', 'sí', 'sì']),
        ('no', ARRAY['no', 'não', 'no', 'no']),
        -- header and footer
        ('title', ARRAY['Marketing and sales', 'Marketing e vendas', 'Marketing y ventas', 'Marketing e vendite']),
        ('as_of', ARRAY['As of {1}, {2} ({3})', 'Situação em {1}, {2} ({3})', 'Situación al {1}, {2} ({3})', 'Situazione al {1}, {2} ({3})']),
        ('agreement', ARRAY['Agreement {1}, version {2}, signed by {3} (marketing) and {4} (sales)',
                            'Acordo {1}, versão {2}, assinado por {3} (marketing) e {4} (vendas)',
                            'Acuerdo {1}, versión {2}, firmado por {3} (marketing) y {4} (ventas)',
                            'Accordo {1}, versione {2}, firmato da {3} (marketing) e {4} (vendite)']),
        ('agreement_none', ARRAY['No agreement is in force: both departments have yet to sign one.',
                                 'Nenhum acordo em vigor: falta a assinatura dos dois departamentos.',
                                 'No hay ningún acuerdo en vigor: faltan las firmas de los dos departamentos.',
                                 'Nessun accordo in vigore: mancano le firme dei due reparti.']),
        ('next_review', ARRAY['next review {1}', 'próxima revisão em {1}', 'próxima revisión: {1}', 'prossima revisione: {1}']),
        ('drift', ARRAY['rules changed since: {1}', 'regras alteradas desde então: {1}', 'reglas cambiadas desde entonces: {1}',
                        'regole cambiate da allora: {1}']),
        ('footer', ARRAY['Excluded leads are in no figure. A dash stands where there is nothing to count yet.',
                         'Leads excluídos não entram em nenhum número. Um traço indica que ainda não há o que contar.',
                         'Los leads excluidos no cuentan en ninguna cifra. Una raya indica que aún no hay nada que contar.',
                         'I lead esclusi non contano in nessuna cifra. Un trattino indica che non c''è ancora nulla da contare.']),
        -- funnel
        ('funnel', ARRAY['Funnel', 'Funil', 'Embudo', 'Funnel']),
        ('funnel_none', ARRAY['No lead has entered yet.', 'Ainda não entrou nenhum lead.', 'Aún no ha entrado ningún lead.',
                              'Non è ancora entrato nessun lead.']),
        ('funnel_caption', ARRAY['How far the leads have got, over all time', 'Até onde os leads chegaram, em todo o período',
                                 'Hasta dónde han llegado los leads, en todo el tiempo', 'Fin dove sono arrivati i lead, in tutto il periodo']),
        ('accountable', ARRAY['Accountable', 'Responsável', 'Responsable', 'Responsabile']),
        ('stage', ARRAY['Stage', 'Etapa', 'Etapa', 'Fase']),
        ('reached', ARRAY['Leads that reached it', 'Leads que chegaram a ela', 'Leads que llegaron', 'Lead che l''hanno raggiunta']),
        ('leads', ARRAY['Leads', 'Leads', 'Leads', 'Lead']),
        ('conversion', ARRAY['From the stage before', 'Da etapa anterior', 'Desde la etapa anterior', 'Dalla fase precedente']),
        ('there_now', ARRAY['There now', 'Agora', 'Ahora', 'Ora']),
        ('median_stay', ARRAY['Median stay', 'Permanência mediana', 'Estancia mediana', 'Permanenza mediana']),
        ('funnel_bar', ARRAY['{1}: {2} leads, {3} of the stage before', '{1}: {2} leads, {3} da etapa anterior',
                             '{1}: {2} leads, {3} de la etapa anterior', '{1}: {2} lead, {3} della fase precedente']),
        ('beside', ARRAY['Beside the line: {1}', 'Fora da linha: {1}', 'Fuera de la línea: {1}', 'Fuori dalla linea: {1}']),
        -- scorecards
        ('marketing', ARRAY['What marketing owe', 'Compromissos do marketing', 'Compromisos de marketing', 'Impegni del marketing']),
        ('marketing_none', ARRAY['Nothing is agreed yet.', 'Ainda não há nada acordado.', 'Aún no hay nada acordado.', 'Non c''è ancora nulla di concordato.']),
        ('marketing_caption', ARRAY['Commitments of the agreement in force, latest period', 'Compromissos do acordo em vigor, período mais recente',
                                    'Compromisos del acuerdo en vigor, último período', 'Impegni dell''accordo in vigore, ultimo periodo']),
        ('sales', ARRAY['What sales owe', 'Compromissos de vendas', 'Compromisos de ventas', 'Impegni delle vendite']),
        ('sales_none', ARRAY['Nothing is agreed yet.', 'Ainda não há nada acordado.', 'Aún no hay nada acordado.', 'Non c''è ancora nulla di concordato.']),
        ('sales_caption', ARRAY['Commitments of the agreement in force, latest period', 'Compromissos do acordo em vigor, período mais recente',
                                'Compromisos del acuerdo en vigor, último período', 'Impegni dell''accordo in vigore, ultimo periodo']),
        ('commitment', ARRAY['Commitment', 'Compromisso', 'Compromiso', 'Impegno']),
        ('owed', ARRAY['Owed', 'Devidos', 'Debidos', 'Dovuti']),
        ('kept', ARRAY['Kept', 'Cumpridos', 'Cumplidos', 'Rispettati']),
        ('late', ARRAY['Late', 'Com atraso', 'Con retraso', 'In ritardo']),
        ('overdue', ARRAY['Overdue now', 'Vencidos agora', 'Vencidos ahora', 'Scaduti ora']),
        ('kept_rate', ARRAY['Rate', 'Taxa', 'Tasa', 'Tasso']),
        ('state_late', ARRAY['late', 'com atraso', 'con retraso', 'in ritardo']),
        -- speed to lead
        ('speed', ARRAY['Speed to lead', 'Velocidade de resposta', 'Velocidad de respuesta', 'Velocità di risposta']),
        ('speed_none', ARRAY['No lead has been offered to sales yet.', 'Nenhum lead foi oferecido a vendas ainda.',
                             'Aún no se ha ofrecido ningún lead a ventas.', 'Nessun lead è ancora stato proposto alle vendite.']),
        ('speed_working', ARRAY['Working time to the first attempt, over all time', 'Tempo útil até a primeira tentativa, em todo o período',
                                'Tiempo laborable hasta el primer intento, en todo el tiempo', 'Tempo lavorativo fino al primo tentativo, in tutto il periodo']),
        ('speed_elapsed', ARRAY['Time to the first attempt by the clock, over all time', 'Tempo corrido até a primeira tentativa, em todo o período',
                                'Tiempo transcurrido hasta el primer intento, en todo el tiempo', 'Tempo trascorso fino al primo tentativo, in tutto il periodo']),
        ('speed_summary', ARRAY['Within an hour: {1}. Never: {2}.', 'Em até uma hora: {1}. Nunca: {2}.', 'En una hora: {1}. Nunca: {2}.',
                                'Entro un''ora: {1}. Mai: {2}.']),
        ('speed_bar', ARRAY['{1}: {2} leads, {3} of all; {4} of them qualified', '{1}: {2} leads, {3} do total; {4} deles qualificados',
                            '{1}: {2} leads, {3} del total; {4} de ellos cualificados', '{1}: {2} lead, {3} del totale; {4} di questi qualificati']),
        ('first_attempt', ARRAY['First attempt', 'Primeira tentativa', 'Primer intento', 'Primo tentativo']),
        ('share_bar', ARRAY['Share of all', 'Parcela do total', 'Parte del total', 'Quota del totale']),
        ('share', ARRAY['Share', 'Parcela', 'Parte', 'Quota']),
        ('qualified', ARRAY['Qualified', 'Qualificados', 'Cualificados', 'Qualificati']),
        ('won', ARRAY['Won', 'Ganhos', 'Ganados', 'Vinti']),
        ('up_to', ARRAY['up to {1}', 'até {1}', 'hasta {1}', 'fino a {1}']),
        ('more_than', ARRAY['over {1}', 'mais de {1}', 'más de {1}', 'oltre {1}']),
        ('never', ARRAY['never', 'nunca', 'nunca', 'mai']),
        -- reasons
        ('reasons', ARRAY['Why sales send leads back', 'Por que vendas devolve leads', 'Por qué ventas devuelve leads', 'Perché le vendite restituiscono lead']),
        ('reasons_none', ARRAY['Sales have sent no lead back.', 'Vendas não devolveu nenhum lead.', 'Ventas no ha devuelto ningún lead.',
                               'Le vendite non hanno restituito nessun lead.']),
        ('reasons_caption', ARRAY['Handoffs that were sent back, over all time', 'Entregas devolvidas, em todo o período',
                                  'Entregas devueltas, en todo el tiempo', 'Consegne restituite, in tutto il periodo']),
        ('campaigns_caption', ARRAY['Campaigns whose leads are sent back most, for reasons that count', 'Campanhas com mais devoluções, por motivos que contam',
                                    'Campañas con más devoluciones, por motivos que cuentan', 'Campagne con più restituzioni, per motivi che contano']),
        ('reason', ARRAY['Reason', 'Motivo', 'Motivo', 'Motivo']),
        ('reason_bar', ARRAY['{1}: {2} handoffs, {3} of all that were sent back', '{1}: {2} entregas, {3} das devolvidas',
                             '{1}: {2} entregas, {3} de las devueltas', '{1}: {2} consegne, {3} delle restituite']),
        ('handoffs', ARRAY['Handoffs', 'Entregas', 'Entregas', 'Consegne']),
        ('counts', ARRAY['Counts against marketing', 'Conta contra o marketing', 'Cuenta contra marketing', 'Conta contro il marketing']),
        ('campaign', ARRAY['Campaign', 'Campanha', 'Campaña', 'Campagna']),
        ('decided', ARRAY['Decided', 'Decididas', 'Decididas', 'Decise']),
        ('sent_back', ARRAY['Sent back', 'Devolvidas', 'Devueltas', 'Restituite'])
    ) AS l (name, texts);
END
$body$;
COMMENT ON FUNCTION workspace_report_template(text) IS
'Fills the labels of the page of report_html() in a new workspace, which search_path points at, in language (en, pt, es, it). Internal: create_workspace() calls it.';
