/*
 * Labels: the words of reviews and reports in four languages.
 *
 * A label's name is <group>.<key>.  Groups:
 *   section     parts of the weekly review
 *   column      headings of its columns
 *   row         rows of it that no metric, goal, commitment, stage or reason names
 *   department  marketing, sales, operations
 *   state       states of commitments, goals, actions, feedback and reviews
 *   unit        what a value is counted in
 *   per         week, month, quarter
 *   why         reasons in the work queue, with words in braces
 *   note        sentences with words in braces, which stand for numbers
 * What has a label of its own (metric, stage, reason, activity_kind) is not
 * repeated here.  Features add groups of their own; label_of() reads them all.
 */
CREATE FUNCTION workspace_label_template(language text DEFAULT 'en') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
#variable_conflict use_column
DECLARE
    lang CONSTANT int := array_position(ARRAY['en', 'pt', 'es', 'it'], workspace_label_template.language);
BEGIN
    INSERT INTO label (name, text)
    SELECT name, texts[lang]
    FROM (VALUES
        ('section.review', ARRAY['The review', 'A reunião', 'La reunión', 'La riunione']),
        ('section.metrics', ARRAY['Metrics', 'Métricas', 'Métricas', 'Metriche']),
        ('section.goals', ARRAY['Goals', 'Metas', 'Objetivos', 'Obiettivi']),
        ('section.marketing', ARRAY['What marketing owe', 'Compromissos do marketing', 'Compromisos de marketing', 'Impegni del marketing']),
        ('section.sales', ARRAY['What sales owe', 'Compromissos de vendas', 'Compromisos de ventas', 'Impegni delle vendite']),
        ('section.funnel', ARRAY['Funnel: leads that reached the stage', 'Funil: leads que chegaram à etapa',
                                 'Embudo: leads que llegaron a la etapa', 'Funnel: lead arrivati alla fase']),
        ('section.rejections', ARRAY['Why sales send leads back', 'Por que vendas devolve leads', 'Por qué ventas devuelve leads',
                                     'Perché le vendite restituiscono lead']),
        ('section.breaches', ARRAY['Overdue now', 'Atrasado agora', 'Vencido ahora', 'Scaduto ora']),
        ('section.feedback', ARRAY['Feedback', 'Feedback', 'Comentarios', 'Feedback']),
        ('section.actions', ARRAY['Open actions', 'Ações em aberto', 'Acciones abiertas', 'Azioni aperte']),
        ('section.decisions', ARRAY['Decisions', 'Decisões', 'Decisiones', 'Decisioni']),
        ('section.attendance', ARRAY['Attendance', 'Presença', 'Asistencia', 'Presenze']),
        ('column.label', ARRAY['What', 'O quê', 'Qué', 'Cosa']),
        ('column.value', ARRAY['Value', 'Valor', 'Valor', 'Valore']),
        ('column.previous', ARRAY['Before', 'Antes', 'Antes', 'Prima']),
        ('column.change', ARRAY['Change', 'Variação', 'Cambio', 'Variazione']),
        ('column.unit', ARRAY['Unit', 'Unidade', 'Unidad', 'Unità']),
        ('column.note', ARRAY['Note', 'Observação', 'Nota', 'Nota']),
        ('column.owner', ARRAY['Owner', 'Responsável', 'Responsable', 'Responsabile']),
        ('column.department', ARRAY['Department', 'Departamento', 'Departamento', 'Reparto']),
        ('column.due', ARRAY['Due', 'Prazo', 'Plazo', 'Scadenza']),
        ('column.days_late', ARRAY['Days late', 'Dias de atraso', 'Días de retraso', 'Giorni di ritardo']),
        ('column.target', ARRAY['Target', 'Meta', 'Meta', 'Obiettivo']),
        ('column.state', ARRAY['State', 'Situação', 'Estado', 'Stato']),
        ('row.period', ARRAY['Period', 'Período', 'Período', 'Periodo']),
        ('row.opened', ARRAY['Opened', 'Aberta', 'Abierta', 'Aperta']),
        ('row.given', ARRAY['Given', 'Recebidos', 'Recibidos', 'Ricevuti']),
        ('row.resolved', ARRAY['Resolved', 'Resolvidos', 'Resueltos', 'Risolti']),
        ('row.open', ARRAY['Still open', 'Ainda abertos', 'Aún abiertos', 'Ancora aperti']),
        ('row.decided', ARRAY['Handoffs decided', 'Leads avaliados por vendas', 'Leads evaluados por ventas', 'Lead valutati dalle vendite']),
        ('row.nobody', ARRAY['nobody', 'ninguém', 'nadie', 'nessuno']),
        ('row.done', ARRAY['Actions done', 'Ações concluídas', 'Acciones terminadas', 'Azioni concluse']),
        ('note.answers', ARRAY['{met} of {owed} in time, {late} late, {open} open', '{met} de {owed} no prazo, {late} com atraso, {open} em aberto',
                               '{met} de {owed} a tiempo, {late} tarde, {open} pendientes', '{met} su {owed} in tempo, {late} in ritardo, {open} aperte']),
        ('note.oldest_due', ARRAY['oldest due {at}', 'mais antigo: {at}', 'el más antiguo: {at}', 'la più vecchia: {at}']),
        ('note.now', ARRAY['{now} there now', '{now} estão lá agora', '{now} están ahí ahora', '{now} sono lì ora']),
        ('why.overdue', ARRAY['{commitment} overdue since {at}', '{commitment} em atraso desde {at}', '{commitment} vencido desde {at}',
                              '{commitment} scaduto dal {at}']),
        ('why.due', ARRAY['{commitment} due {at}', '{commitment} até {at}', '{commitment} hasta {at}', '{commitment} entro {at}']),
        ('why.to_decide', ARRAY['to be decided since {at}', 'por avaliar desde {at}', 'por decidir desde {at}', 'da valutare dal {at}']),
        ('why.follow_up', ARRAY['follow-up due {at}', 'retomar em {at}', 'retomar el {at}', 'da ricontattare il {at}']),
        ('why.no_attempt', ARRAY['no attempt yet', 'nenhuma tentativa ainda', 'sin intentos aún', 'ancora nessun tentativo']),
        ('why.last_attempt', ARRAY['last attempt {at}', 'última tentativa em {at}', 'último intento el {at}', 'ultimo tentativo il {at}']),
        ('department.marketing', ARRAY['Marketing', 'Marketing', 'Marketing', 'Marketing']),
        ('department.sales', ARRAY['Sales', 'Vendas', 'Ventas', 'Vendite']),
        ('department.operations', ARRAY['Operations', 'Operações', 'Operaciones', 'Operazioni']),
        ('state.not_yet', ARRAY['not yet', 'ainda não', 'todavía no', 'non ancora']),
        ('state.on_track', ARRAY['on track', 'no ritmo', 'al ritmo', 'in linea']),
        ('state.at_risk', ARRAY['at risk', 'em risco', 'en riesgo', 'a rischio']),
        ('state.met', ARRAY['met', 'cumprido', 'cumplido', 'rispettato']),
        ('state.missed', ARRAY['missed', 'não cumprido', 'incumplido', 'mancato']),
        ('state.held', ARRAY['held', 'realizada', 'celebrada', 'tenuta']),
        ('state.one_sided', ARRAY['one department missing', 'faltou um departamento', 'faltó un departamento', 'mancava un reparto']),
        ('state.due', ARRAY['due', 'pendente', 'pendiente', 'da tenere']),
        ('state.open', ARRAY['open', 'aberto', 'abierto', 'aperto']),
        ('state.in_work', ARRAY['in work', 'em andamento', 'en curso', 'in corso']),
        ('state.resolved', ARRAY['resolved', 'resolvido', 'resuelto', 'risolto']),
        ('state.done', ARRAY['done', 'feito', 'hecho', 'fatto']),
        ('state.overdue', ARRAY['overdue', 'atrasado', 'vencido', 'scaduto']),
        ('unit.customers', ARRAY['customers', 'clientes', 'clientes', 'clienti']),
        ('unit.deals', ARRAY['deals', 'negócios', 'negocios', 'trattative']),
        ('unit.minutes', ARRAY['minutes', 'minutos', 'minutos', 'minuti']),
        ('unit.leads', ARRAY['leads', 'leads', 'leads', 'lead']),
        ('unit.share', ARRAY['%', '%', '%', '%']),
        ('unit.ratio', ARRAY['%', '%', '%', '%']),
        ('unit.count', ARRAY['', '', '', '']),
        ('unit.days', ARRAY['days', 'dias', 'días', 'giorni']),
        ('unit.people', ARRAY['people', 'pessoas', 'personas', 'persone']),
        ('unit.answers', ARRAY['answers', 'respostas', 'respuestas', 'risposte']),
        ('per.week', ARRAY['week', 'semana', 'semana', 'settimana']),
        ('per.month', ARRAY['month', 'mês', 'mes', 'mese']),
        ('per.quarter', ARRAY['quarter', 'trimestre', 'trimestre', 'trimestre'])
    ) AS l (name, texts);
END
$body$;
COMMENT ON FUNCTION workspace_label_template(text) IS
'Fills the labels of a new workspace, which search_path points at, in language (en, pt, es, it). Internal: create_workspace() calls it.';
