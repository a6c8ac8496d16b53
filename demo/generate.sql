-- generate.sql: half a year of a company that sells planning software to workshops and plants, 5 January to 30 June
-- 2026, as plain tables in the schema `input`: what happened, with nothing of smarketing in it.  load.sql brings it in.
--
-- It is the same on every machine: the dice are a hash of what is thrown and for whom, not random().  Companies and
-- people are invented, their domains end in .example, their telephone numbers are no one's.
CREATE SCHEMA input;
SET search_path = input;
SET timezone = 'UTC';

-- A number in [0, 1) for one thing of one lead (or company, or activity).
CREATE FUNCTION dice(n bigint, what text) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN ('x' || left(encode(sha256(convert_to(what || ' ' || n, 'UTF8')), 'hex'), 8))::bit(32)::bigint / 4294967296.0;

-- Normally distributed around 0 with deviation 1.
CREATE FUNCTION bell(n bigint, what text) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN sqrt(-2 * ln(1 - dice(n, what))) * cos(2 * pi() * dice(n, what || ' angle'));

CREATE FUNCTION pick(choices text[], throw float8) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN choices[1 + floor(throw * cardinality(choices))::int];

CREATE FUNCTION plain(name text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN regexp_replace(
    translate(replace(replace(replace(replace(lower(name), 'ß', 'ss'), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'),
        'áàâãåéèêëíìîóòôõøúùûçñńłśżźćęąýšč', 'aaaaaeeeeiiiooooouuucnnlszzceaysc'), '[^a-z0-9]+', '-', 'g');

-- The first instant at or after `at` on a working day between nine and six, local time.
CREATE FUNCTION office(at timestamptz, zone text) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE
    WHEN extract(isodow FROM at AT TIME ZONE zone) < 6 AND (at AT TIME ZONE zone)::time BETWEEN '09:00' AND '17:59' THEN at
    ELSE (date_trunc('day', at AT TIME ZONE zone)
        + CASE
            WHEN extract(isodow FROM at AT TIME ZONE zone) = 7 THEN interval '1 day'
            WHEN extract(isodow FROM at AT TIME ZONE zone) = 6 THEN interval '2 days'
            WHEN (at AT TIME ZONE zone)::time < '09:00' THEN interval '0'
            WHEN extract(isodow FROM at AT TIME ZONE zone) = 5 THEN interval '3 days'
            ELSE interval '1 day'
        END
        -- not everybody at nine sharp
        + interval '9 hours' + interval '100 minutes' * dice(extract(epoch FROM at)::bigint, 'morning')) AT TIME ZONE zone
END;

------------------------------------------------------------------------------------------------------------------------
-- People

CREATE TABLE team (name text PRIMARY KEY, department text, manager text, territory text, zone text);
INSERT INTO team VALUES
    ('demand', 'marketing', 'Ana Sofia Ribeiro', NULL, 'Europe/Lisbon'),
    ('brasil', 'sales', 'João Batista Araújo', 'BR, AR, MX', 'America/Sao_Paulo'),
    ('iberia', 'sales', 'Begoña Iñíguez', 'ES, PT', 'Europe/Madrid'),
    ('italia', 'sales', 'Niccolò Ferraris', 'IT, GR', 'Europe/Rome'),
    ('dach', 'sales', 'Jürgen Groß', 'DE, FR, NL, PL, SE, JP', 'Europe/Berlin');

CREATE TABLE member (name text PRIMARY KEY, display_name text, department text, team text);
INSERT INTO member VALUES
    ('ana', 'Ana Sofia Ribeiro', 'marketing', 'demand'),
    ('mateus', 'Mateus Conceição', 'marketing', 'demand'),
    ('chiara', 'Chiara D''Amico', 'marketing', 'demand'),
    ('joao', 'João Batista Araújo', 'sales', 'brasil'),
    ('thais', 'Thaís Guimarães', 'sales', 'brasil'),
    ('caua', 'Cauã Gonçalves', 'sales', 'brasil'),
    ('begona', 'Begoña Iñíguez', 'sales', 'iberia'),
    ('ines', 'Inês Magalhães', 'sales', 'iberia'),
    ('niccolo', 'Niccolò Ferraris', 'sales', 'italia'),
    ('beatrice', 'Beatrice Scafò', 'sales', 'italia'),
    ('juergen', 'Jürgen Groß', 'sales', 'dach'),
    ('lukasz', 'Łukasz Żak', 'sales', 'dach');

CREATE TABLE country (code text PRIMARY KEY, zone text, language text, team text, prefix text, share int,
    regions text[], first_names text[], last_names text[]);
-- A name that is not written in Latin letters carries its transcription for the address after a bar.
INSERT INTO country VALUES
('BR', 'America/Sao_Paulo', 'pt', 'brasil', '+55 11 5550', 30, '{São Paulo,Paraná,Minas Gerais,Goiás,Ceará,Rio Grande do Sul}',
    '{João,Conceição,Antônio,Luísa,Tainá,Cauê,Letícia,José Otávio,Fabrício,Débora,Ícaro,Rosângela,Estêvão,Mônica,Vinícius}',
    '{Araújo,Gonçalves,Assunção,Brandão,Sá,Magalhães,Simões,Paixão,Falcão,Bittencourt,Antunes,Guimarães,dos Anjos,Peçanha}'),
('ES', 'Europe/Madrid', 'es', 'iberia', '+34 910 55', 18, '{Madrid,Cataluña,Aragón,País Vasco,Castilla y León,Galicia}',
    '{Begoña,Íñigo,José María,Nuria,Álvaro,Sofía,Andrés,Montserrat,Iñaki,Rocío,Martín,Ángela,Óscar,Belén}',
    '{Núñez,Ibáñez,Muñoz,Peña,Güell,Echeverría,Cabañas,Garzón,Zubizarreta,Alarcón,Vilanova,Ordóñez,Castaño}'),
('IT', 'Europe/Rome', 'it', 'italia', '+39 02 5550', 14, '{Lombardia,Emilia-Romagna,Piemonte,Veneto,Puglia,Valle d''Aosta}',
    '{Niccolò,Chiara,Giosuè,Beatrice,Noè,Ludovica,Gianmaria,Mosè,Alessandra,Ruggero,Fabiola,Tommaso}',
    '{D''Amico,Dell''Orto,Cantù,Morandi,Pavanello,Scafò,Sanfilippo,Cavallò,De Sanctis,Boccaccio,Zanón,Forlì}'),
('PT', 'Europe/Lisbon', 'pt', 'iberia', '+351 21 555', 12, '{Lisboa,Porto,Aveiro,Évora,Setúbal}',
    '{Inês,Gonçalo,Catarina,Simão,Leonor,Estêvão,Assunção,Tomé,Mafalda,Américo,Brígida}',
    '{Magalhães,Leitão,Simões,Vasconcelos,Patrício,Guimarães,Pêra,Serrão,Quintão,Lopes da Conceição,Frazão}'),
('DE', 'Europe/Berlin', 'de', 'dach', '+49 30 5550', 14, '{Bayern,Baden-Württemberg,Nordrhein-Westfalen,Thüringen,Sachsen,Niedersachsen}',
    '{Jürgen,Käthe,Björn,Sören,Anneliese,Götz,Wiebke,Jörg,Ursula,Hülya,Matthäus,Änne,Rüdiger}',
    '{Groß,Müllenbach,Schäfer-Brandt,Weißgerber,Köstlin,Hübsch,Straßner,Bärlocher,Fröhlich,Yıldız,Nußbaum,von der Höhe}'),
('FR', 'Europe/Paris', 'fr', 'dach', '+33 1 55 50', 6, '{Île-de-France,Auvergne-Rhône-Alpes,Bretagne,Occitanie}',
    '{François,Hélène,Anaïs,Gaël,Cédric,Noémie,Zoé,Jérôme}', '{Lefèvre,Béranger,Châtelain,Maçon,Noël,D''Hérouville,Guérin}'),
('NL', 'Europe/Amsterdam', 'nl', 'dach', '+31 20 555', 4, '{Noord-Brabant,Gelderland,Zuid-Holland}',
    '{Daniëlle,Joël,Maaike,Sjoerd,Renée,Thijs}', '{van ''t Hoff,De Graaf,Hoeksema,van der Meij,Coëlho,IJsbrandy}'),
('PL', 'Europe/Warsaw', 'pl', 'dach', '+48 22 555', 4, '{Śląskie,Małopolskie,Łódzkie}',
    '{Łukasz,Małgorzata,Paweł,Agnieszka,Stanisław,Róża}', '{Żak,Wójcik,Śliwa,Gołębiowska,Kończyk,Jędrzejczak}'),
('SE', 'Europe/Stockholm', 'sv', 'dach', '+46 8 555', 3, '{Skåne,Västra Götaland,Östergötland}',
    '{Åsa,Björn,Märta,Håkan,Göran}', '{Sjöström,Åkerblad,Höglund,Nyström,Öberg}'),
('MX', 'America/Mexico_City', 'es', 'brasil', '+52 55 5550', 6, '{Nuevo León,Querétaro,Jalisco,Ciudad de México}',
    '{Guadalupe,Raúl,Ximena,José Ángel,Itzel,Héctor}', '{Treviño,Cárdenas,Zúñiga,Ocampo,Villaseñor,Xicoténcatl}'),
('AR', 'America/Argentina/Buenos_Aires', 'es', 'brasil', '+54 11 5550', 4, '{Córdoba,Santa Fe,Tucumán,Buenos Aires}',
    '{Facundo,Belén,Joaquín,Agustina,Martín,Lucía}', '{Etchegaray,Bossi,Núñez,Agüero,Pagliarini,Ibarlucía}'),
('GR', 'Europe/Athens', 'el', 'italia', '+30 21 0555', 2, '{Αττική,Μακεδονία}',
    '{Γιώργος|giorgos,Ελένη|eleni,Δημήτρης|dimitris,Σοφία|sofia}',
    '{Παπαδάκης|papadakis,Καραγιάννης|karagiannis,Μαυρίδου|mavridou}'),
('JP', 'Asia/Tokyo', 'ja', 'dach', '+81 3 5550', 2, '{東京都,愛知県}',
    '{健太|kenta,美咲|misaki,大輔|daisuke}', '{高橋|takahashi,渡邊|watanabe,山﨑|yamazaki}');

------------------------------------------------------------------------------------------------------------------------
-- Companies: country, name, industry (each country's list ends with a domain's last part)

CREATE TABLE company (id int PRIMARY KEY, name text, domain text, country text, region text, industry text,
    employees int, annual_revenue numeric, weight numeric);
WITH named (country, tld, industry, names) AS (VALUES
    ('BR', 'br', 'machinery', '{Metalúrgica São Bento,Usinagem Três Irmãos,Fundição Araçá,Ferramentaria Ipê-Amarelo,Tornearia João de Barro}'::text[]),
    ('BR', 'br', 'food', '{Laticínios Serra da Canastra,Café Pé-de-Moça,Moinho Açaí,Doces Vovó Conceição,Frigorífico Avaré}'),
    ('BR', 'br', 'automotive', '{Autopeças Tatuapé,Retífica Paranaguá,Chassis Itajubá,Freios Goitacá}'),
    ('BR', 'br', 'furniture', '{Móveis Jacarandá,Marcenaria Pau-Brasil,Estofados Conceição}'),
    ('BR', 'br', 'textiles', '{Tecelagem Santo Antônio,Malharia Maçarico,Confecções Iracê}'),
    ('BR', 'br', 'education', '{Colégio Técnico Anísio,Instituto Cecília}'),
    ('ES', 'es', 'machinery', '{Talleres Ibáñez,Mecanizados Peñalara,Forjas del Ebro,Herramientas Muñoz}'),
    ('ES', 'es', 'food', '{Aceites Sierra Mágina,Conservas Cariño,Bodegas Peña Ñora,Turrones Güell}'),
    ('ES', 'es', 'automotive', '{Frenos Nájera,Carrocerías Cataluña,Componentes Iruña}'),
    ('ES', 'es', 'ceramics', '{Cerámicas La Vall,Azulejos Castellón Añejo,Porcelanas Alcañiz}'),
    ('ES', 'es', 'logistics', '{Transportes Begoña,Almacenes Zúñiga}'),
    ('IT', 'it', 'machinery', '{Officine Cantù,Meccanica dell''Adda,Torneria Forlì,Utensileria Pò}'),
    ('IT', 'it', 'food', '{Pastificio Nonnò,Caseificio Sant''Agata,Caffè Gesù e Maria,Torrefazione Lunedì}'),
    ('IT', 'it', 'furniture', '{Arredamenti Brianza Più,Cucine Libertà,Falegnameria Noè}'),
    ('IT', 'it', 'textiles', '{Filatura Città Bassa,Seterie Comò,Maglificio Virtù}'),
    ('PT', 'pt', 'machinery', '{Metalomecânica Águeda,Serralharia São João,Moldes Marinhão}'),
    ('PT', 'pt', 'ceramics', '{Cerâmica Conímbriga,Azulejaria Viúva Pêra,Louças Alcobaça-a-Nova}'),
    ('PT', 'pt', 'textiles', '{Têxtil Guimarães,Confecções Ave,Fiação Covilhã}'),
    ('PT', 'pt', 'food', '{Conservas Matosinhos,Queijos Évora Monte,Pastéis Simão}'),
    ('DE', 'de', 'machinery', '{Maschinenbau Groß,Zahnradwerk Köstlin,Fräserei Müllenbach,Härterei Süd,Drehteile Weißgerber}'),
    ('DE', 'de', 'automotive', '{Federn Bärlocher,Stoßdämpfer Thüringen,Getriebe Nußbaum,Kühlerbau Überlingen}'),
    ('DE', 'de', 'food', '{Brauerei Zum Löwen,Mühle Fröhlich,Käserei Allgäu-Höhe,Großbäckerei Hübsch}'),
    ('DE', 'de', 'logistics', '{Spedition Straßner,Lagerhaus Lüneburg,Fördertechnik Jörgens}'),
    ('FR', 'fr', 'machinery', '{Ateliers Lefèvre,Mécanique du Léman,Forges de l''Écluse}'),
    ('FR', 'fr', 'food', '{Biscuiterie Noël,Fromagerie Béranger,Pâtes Châtelain}'),
    ('FR', 'fr', 'textiles', '{Tissages Maçon,Soieries d''Hérouville}'),
    ('NL', 'nl', 'food', '{Kaasmakerij De Graaf,Bakkerij Coëlho}'),
    ('NL', 'nl', 'logistics', '{Scheepvaart IJsbrandy,Opslag ''t Hoff,Transport Hoeksema}'),
    ('PL', 'pl', 'machinery', '{Zakłady Mechaniczne Śliwa,Odlewnia Żak,Narzędzia Wójcik}'),
    ('PL', 'pl', 'furniture', '{Meble Gołębiowska,Stolarnia Jędrzejczak,Tapicernia Łódź}'),
    ('SE', 'se', 'machinery', '{Verkstad Sjöström,Gjuteriet Åkerblad}'),
    ('SE', 'se', 'furniture', '{Möbler Höglund,Snickeri Öberg}'),
    ('MX', 'mx', 'automotive', '{Arneses Querétaro,Troquelados Treviño,Autopartes Zúñiga}'),
    ('MX', 'mx', 'food', '{Tortillería La Güera,Chocolates Xicoténcatl,Mezcal Peñafiel Viejo}'),
    ('AR', 'ar', 'machinery', '{Tornería Agüero,Implementos Núñez}'),
    ('AR', 'ar', 'food', '{Yerbatera Ibarlucía,Dulces Pagliarini}'),
    ('GR', 'gr', 'food', '{Ελαιουργία Παπαδάκης|elaiourgia-papadakis,Τυροκομία Μαυρίδου|tyrokomia-mavridou}'),
    ('JP', 'jp', 'machinery', '{高橋精密工業|takahashi-seimitsu,渡邊製作所|watanabe-seisakusho}')
), numbered AS (
    SELECT row_number() OVER (ORDER BY n.country COLLATE "C", n.industry, name COLLATE "C")::int AS id, n.*, name
    FROM named AS n, unnest(n.names) AS name
), sized AS (
    SELECT *, greatest(4, round(exp(4.2 + 1.35 * bell(id, 'employees'))))::int AS employees FROM numbered
)
INSERT INTO company
SELECT id, split_part(name, '|', 1),
    btrim(plain(coalesce(nullif(split_part(name, '|', 2), ''), name)), '-') || '.' || tld || '.example',
    country, pick(regions, dice(id, 'region')), industry, employees,
    round((employees * (60 + 120 * dice(id, 'revenue')))::numeric) * 1000,
    ((0.3 + dice(id, 'weight')) * share / count(*) OVER (PARTITION BY country))::numeric
FROM sized JOIN country ON code = country;

------------------------------------------------------------------------------------------------------------------------
-- What people are: role and seniority, and the title in their language (English where the list has none)

CREATE TABLE title (language text, role text, seniority text, title text);
INSERT INTO title VALUES
    ('pt', 'operations', 'director', 'Diretor de Operações'), ('pt', 'operations', 'manager', 'Gerente de Produção'),
    ('pt', 'operations', 'specialist', 'Analista de PCP'), ('pt', 'it', 'manager', 'Coordenadora de TI'),
    ('pt', 'it', 'specialist', 'Analista de Sistemas'), ('pt', 'management', 'director', 'Sócio-Diretor'),
    ('pt', 'purchasing', 'manager', 'Comprador Sênior'), ('pt', 'other', 'student', 'Estagiária'),
    ('es', 'operations', 'director', 'Director de Operaciones'), ('es', 'operations', 'manager', 'Jefa de Producción'),
    ('es', 'operations', 'specialist', 'Técnico de Planificación'), ('es', 'it', 'manager', 'Responsable de Informática'),
    ('es', 'it', 'specialist', 'Analista Programador'), ('es', 'management', 'director', 'Dueña y Gerente'),
    ('es', 'purchasing', 'manager', 'Jefe de Compras'), ('es', 'other', 'student', 'Becario'),
    ('it', 'operations', 'director', 'Direttrice di Stabilimento'), ('it', 'operations', 'manager', 'Responsabile di Produzione'),
    ('it', 'operations', 'specialist', 'Addetto alla Programmazione'), ('it', 'it', 'manager', 'Responsabile IT'),
    ('it', 'management', 'director', 'Titolare'), ('it', 'purchasing', 'manager', 'Responsabile Acquisti'),
    ('it', 'other', 'student', 'Tirocinante'),
    ('de', 'operations', 'director', 'Werksleiter'), ('de', 'operations', 'manager', 'Leiterin Fertigungsplanung'),
    ('de', 'operations', 'specialist', 'Arbeitsvorbereiter'), ('de', 'it', 'manager', 'Leiter IT'),
    ('de', 'it', 'specialist', 'Anwendungsbetreuerin'), ('de', 'management', 'director', 'Geschäftsführer'),
    ('de', 'purchasing', 'manager', 'Einkaufsleiterin'), ('de', 'other', 'student', 'Werkstudent'),
    ('fr', 'operations', 'director', 'Directrice d''usine'), ('fr', 'operations', 'manager', 'Responsable de la planification'),
    ('fr', 'management', 'director', 'Gérant'), ('fr', 'other', 'student', 'Étudiante'),
    ('pl', 'operations', 'manager', 'Kierownik Produkcji'), ('pl', 'management', 'director', 'Właścicielka'),
    ('en', 'operations', 'director', 'Plant Director'), ('en', 'operations', 'manager', 'Production Manager'),
    ('en', 'operations', 'specialist', 'Production Planner'), ('en', 'it', 'manager', 'Head of IT'),
    ('en', 'it', 'specialist', 'Systems Analyst'), ('en', 'management', 'director', 'Managing Director'),
    ('en', 'purchasing', 'manager', 'Purchasing Manager'), ('en', 'other', 'student', 'Student');

------------------------------------------------------------------------------------------------------------------------
-- Campaigns; weight = how many leads it brings while it runs, quality = how good they are

CREATE TABLE campaign (name text PRIMARY KEY, channel text, source text, origin text, persona text, goal text, offer text,
    starts_on date, ends_on date, daily numeric, countries text[], weight float8, quality float8);
INSERT INTO campaign VALUES
    ('search-planning-software', 'paid_search', 'google', 'inbound', NULL, 'demo requests', 'free trial',
        '2026-01-05', '2026-06-30', 118, NULL, 5, 0.6),
    ('search-brand', 'paid_search', 'google', 'inbound', NULL, 'demo requests', 'free trial',
        '2026-01-05', '2026-06-30', 21, NULL, 2, 0.9),
    ('linkedin-plant-managers', 'paid_social', 'linkedin', 'inbound', 'plant_manager', 'qualified leads', 'guide: changeovers',
        '2026-01-12', '2026-03-31', 95, NULL, 4, 0.5),
    ('linkedin-it', 'paid_social', 'linkedin', 'inbound', 'it_lead', 'qualified leads', 'guide: integration',
        '2026-04-01', '2026-06-15', 88, NULL, 3, 0.3),
    ('webinar-planning-in-a-day', 'webinar', 'webinar', 'inbound', 'plant_manager', '200 registrations', 'webinar',
        '2026-02-10', '2026-02-26', 60, NULL, 14, 0.55),
    ('webinar-energia', 'webinar', 'webinar', 'inbound', 'plant_manager', '150 registrations', 'webinar em português',
        '2026-05-05', '2026-05-21', 55, '{BR,PT}', 24, 0.5),
    ('messe-hannover', 'event', 'fair', 'event', 'plant_manager', '20 conversations', 'shared stand, live demo',
        '2026-04-20', '2026-04-24', 720, '{DE,NL,PL,SE,FR,JP}', 130, 0.7),
    ('feira-expomafe', 'event', 'fair', 'event', 'owner', '20 conversations', 'estande, demonstração',
        '2026-05-12', '2026-05-16', 540, '{BR,AR,MX}', 90, 0.6),
    ('newsletter', 'email', 'newsletter', 'inbound', NULL, 'recycled leads back', 'monthly letter',
        '2026-01-05', '2026-06-30', 9, NULL, 2, 0.25),
    ('white-paper-setup-times', 'content', 'organic', 'inbound', 'plant_manager', 'subscribers', 'white paper',
        '2026-03-02', '2026-06-30', 14, NULL, 3, 0.35),
    ('partner-erp', 'partner', 'partner', 'partner', 'it_lead', 'joint customers', 'integration',
        '2026-01-05', '2026-06-30', 25, NULL, 1, 1),
    ('outbound-top-60', 'outbound', 'outbound', 'outbound', 'owner', '60 named accounts', 'visit',
        '2026-02-02', '2026-06-30', 40, NULL, 1, 0.8);

CREATE TABLE campaign_cost (campaign text, day date, amount numeric);
INSERT INTO campaign_cost
SELECT name, day::date, round((daily * (0.7 + 0.6 * dice(extract(epoch FROM day)::bigint, name)))::numeric, 2)
FROM campaign, generate_series(starts_on, ends_on, '1 day') AS day
WHERE channel IN ('event', 'paid_social', 'email') OR extract(isodow FROM day) < 6;

------------------------------------------------------------------------------------------------------------------------
-- Leads

CREATE TABLE lead (id int PRIMARY KEY, external_id text, email text, name text, company int, job_title text, role text,
    seniority text, phone text, country text, zone text, language text, born timestamptz, campaign text, source text,
    origin text, channel text, team text, rep text, marketer text, quality float8);

-- Companies in proportion to their weights; `born` grows denser towards the summer, and fewer come at weekends.
CREATE TABLE arrival AS
SELECT n, company.id AS company, company.country, zone, language, team, date_trunc('second', born) AS born
FROM (SELECT n, dice(n, 'company')::numeric AS throw FROM generate_series(1, 3000) AS n OFFSET 0) AS n
JOIN (
    SELECT id, country, numrange(sum(weight) OVER up - weight, sum(weight) OVER up) AS share,
        sum(weight) OVER () AS total
    FROM company WINDOW up AS (ORDER BY id)
) AS company ON throw * total <@ share
JOIN country ON code = company.country
CROSS JOIN LATERAL (SELECT date '2026-01-05' + floor(172 * power(dice(n, 'born'), 0.85))::int AS day) AS d
CROSS JOIN LATERAL (SELECT (CASE WHEN extract(isodow FROM day) > 5 AND dice(n, 'weekend') < 0.7
    THEN day - 2 - floor(3 * dice(n, 'weekday'))::int ELSE day END
    + interval '7 hours' + interval '15 hours' * power(dice(n, 'hour'), 1.3)) AT TIME ZONE zone AS born) AS b;
UPDATE arrival SET born = born + interval '7 days' WHERE born < '2026-01-05';

INSERT INTO lead
SELECT n, 'L-' || lpad(n::text, 5, '0'),
    mailbox || CASE WHEN row_number() OVER (PARTITION BY mailbox, domain ORDER BY n) > 1
        THEN row_number() OVER (PARTITION BY mailbox, domain ORDER BY n)::text ELSE '' END || '@' || domain,
    CASE WHEN a.country = 'JP' THEN last || ' ' || first ELSE first || ' ' || last END,
    a.company, t.title, t.role, t.seniority,
    CASE WHEN dice(n, 'has phone') < 0.6 THEN prefix || '-' || lpad(floor(10000 * dice(n, 'phone'))::text, 4, '0') END,
    a.country, a.zone, a.language, a.born, c.name, coalesce(c.source, CASE WHEN dice(n, 'direct') < 0.35 THEN 'direct' ELSE 'organic' END),
    coalesce(c.origin, CASE WHEN dice(n, 'referred') < 0.06 THEN 'referral' ELSE 'inbound' END),
    coalesce(c.channel, CASE WHEN dice(n, 'direct') < 0.35 THEN 'direct' ELSE 'organic_search' END),
    a.team, rep, pick('{ana,mateus,chiara}', dice(n, 'marketer')),
    0.30 * CASE t.seniority WHEN 'director' THEN 1 WHEN 'manager' THEN 0.8 WHEN 'specialist' THEN 0.35 ELSE 0 END
        + 0.15 * CASE t.role WHEN 'operations' THEN 1 WHEN 'management' THEN 0.9 WHEN 'it' THEN 0.5 ELSE 0.2 END
        + 0.25 * CASE WHEN employees BETWEEN 40 AND 800 THEN 1 WHEN employees > 15 THEN 0.5 ELSE 0.1 END
        + 0.30 * coalesce(c.quality, 0.4)
FROM arrival AS a
JOIN company AS co ON co.id = a.company
JOIN country ON code = a.country
-- a third finds us on their own, the others through a campaign that runs that day in their country
LEFT JOIN LATERAL (
    SELECT * FROM campaign AS c
    WHERE dice(n, 'own way') > 0.3 AND (born AT TIME ZONE a.zone)::date BETWEEN starts_on AND ends_on
        AND (countries IS NULL OR a.country = ANY (countries))
    ORDER BY -ln(1 - dice(n, 'campaign ' || c.name)) / weight LIMIT 1
) AS c ON true
CROSS JOIN LATERAL (
    SELECT * FROM title AS t
    WHERE t.language = CASE WHEN a.language IN (SELECT title.language FROM title) THEN a.language ELSE 'en' END
    ORDER BY -ln(1 - dice(n, 'title ' || t.role || t.seniority))
        / CASE t.seniority WHEN 'student' THEN 0.4 WHEN 'director' THEN 0.8 ELSE 1 END LIMIT 1
) AS t
CROSS JOIN LATERAL (SELECT pick(first_names, dice(n, 'first name')) AS f, pick(last_names, dice(n, 'last name')) AS l) AS names
CROSS JOIN LATERAL (SELECT split_part(f, '|', 1) AS first, split_part(l, '|', 1) AS last,
    btrim(plain(coalesce(nullif(split_part(f, '|', 2), ''), f)), '-') || '.'
    || btrim(plain(coalesce(nullif(split_part(l, '|', 2), ''), l)), '-') AS mailbox) AS latin
CROSS JOIN LATERAL (SELECT name AS rep FROM member WHERE member.team = a.team ORDER BY dice(n, 'rep ' || name) LIMIT 1) AS r;
DROP TABLE arrival;

------------------------------------------------------------------------------------------------------------------------
-- What becomes of each.  Ranks and not thresholds: so the rates are what they should be.  Instants after 30 June
-- have not come yet.

CREATE TABLE fate AS
WITH qualified AS (
    SELECT *, origin = 'outbound' AND dice(id, 'sales own') < 0.6 AS sales_own,
        percent_rank() OVER (ORDER BY quality + 0.35 * dice(id, 'interest')) AS rank
    FROM lead
), marketed AS (
    SELECT *,
        CASE WHEN NOT sales_own AND dice(id, 'subscriber') < 0.15 THEN 'subscriber'
            WHEN sales_own THEN 'sal' ELSE 'lead' END AS entry,
        NOT sales_own AND rank > 0.62 AS qualifies,
        -- some ask for a demo at once, the others ripen for one to six weeks
        dice(id, 'demo') < 0.35 AS asks
    FROM qualified
), offered AS (
    SELECT *,
        CASE WHEN sales_own THEN NULL WHEN qualifies AND asks THEN born + interval '1 minute' * (3 + 200 * dice(id, 'asks at'))
            WHEN qualifies THEN born + interval '1 day' * least(exp(1.9 + 0.8 * bell(id, 'ripens')), 75) END AS mql_at,
        percent_rank() OVER (PARTITION BY qualifies ORDER BY quality + 0.5 * dice(id, 'handoff')) AS handoff_rank,
        -- the teams differ in how fast they call: hours until the first attempt
        CASE team WHEN 'iberia' THEN 0.9 WHEN 'brasil' THEN 1.6 WHEN 'italia' THEN 2.6 ELSE 3.4 END
            * exp(0.9 * bell(id, 'answer')) AS answer
    FROM marketed
), decided AS (
    SELECT *,
        office(office(mql_at + interval '4 minutes', team_zone) + interval '1 hour' * least(answer, 8), team_zone) AS attempt_at,
        CASE WHEN handoff_rank > 0.40 THEN 'sal' WHEN handoff_rank > 0.19 THEN 'recycled'
            WHEN handoff_rank > 0.14 THEN 'disqualified' END AS decision
    FROM (SELECT offered.*, t.zone AS team_zone FROM offered JOIN team AS t ON t.name = team) AS offered
), answered AS (
    SELECT *,
        CASE WHEN sales_own THEN born WHEN decision = 'sal' THEN decided_at END AS sal_at,
        CASE WHEN decision <> 'sal' THEN decided_at END AS refused_at
    FROM decided, LATERAL (SELECT CASE WHEN decision IS NOT NULL
        THEN greatest(office(attempt_at + interval '1 hour' * (0.2 + 30 * power(dice(id, 'decides'), 2)), team_zone),
            attempt_at + interval '12 minutes') END AS decided_at) AS d
), worked AS (
    SELECT *,
        CASE WHEN worth > 0.36 THEN office(sal_at + interval '1 day' * (2 + 9 * dice(id, 'sql')), team_zone) END AS sql_at,
        CASE WHEN worth <= 0.26 THEN office(sal_at + interval '1 day' * (9 + 14 * dice(id, 'gives up')), team_zone) END AS given_up_at
    FROM (SELECT *, CASE WHEN sal_at IS NOT NULL
        THEN percent_rank() OVER (PARTITION BY sal_at IS NULL ORDER BY quality + 0.6 * dice(id, 'worth')) END AS worth
        FROM answered) AS answered
), opened AS (
    SELECT *,
        CASE WHEN need > 0.28 THEN office(sql_at + interval '1 day' * (3 + 14 * dice(id, 'opportunity')), team_zone) END AS opportunity_at,
        CASE WHEN need <= 0.16 THEN office(sql_at + interval '1 day' * (6 + 20 * dice(id, 'no need')), team_zone) END AS no_need_at
    FROM (SELECT *, CASE WHEN sql_at IS NOT NULL
        THEN percent_rank() OVER (PARTITION BY sql_at IS NULL ORDER BY quality + 0.7 * dice(id, 'need')) END AS need
        FROM worked) AS worked
), closed AS (
    SELECT *,
        CASE WHEN opportunity_at IS NOT NULL THEN dice(id, 'wins') + 0.5 * (quality - 0.7) > 0.66 END AS wins,
        CASE WHEN opportunity_at IS NOT NULL
            THEN office(opportunity_at + interval '1 day' * (10 + 50 * dice(id, 'closes')), team_zone) END AS closed_at
    FROM opened
)
SELECT *,
    least(CASE WHEN decision = 'recycled' THEN refused_at END, CASE WHEN worth > 0.07 THEN given_up_at END, no_need_at) AS recycled_at,
    CASE WHEN dice(id, 'comes back') < 0.35
        THEN least(CASE WHEN decision = 'recycled' THEN refused_at END, CASE WHEN worth > 0.07 THEN given_up_at END, no_need_at)
            + interval '1 day' * (15 + 40 * dice(id, 'back after')) END AS back_at
FROM closed;

------------------------------------------------------------------------------------------------------------------------
-- The moves, in order; the first of each lead (seq 0) is its entry

CREATE TABLE move (lead int, seq int, at timestamptz, from_stage text, to_stage text, actor text, reason text, note text,
    PRIMARY KEY (lead, seq));
WITH step (lead, at, to_stage, actor, reason, note) AS (
    SELECT id, born, entry, CASE entry WHEN 'sal' THEN rep ELSE marketer END, NULL, NULL FROM fate
    UNION ALL
    -- subscribers who want more; those who qualify are leads for at least a moment
    SELECT id, coalesce(born + (mql_at - born) / 2, born + interval '1 day' * (1 + 20 * dice(id, 'wants more'))), 'lead', marketer, NULL, NULL
    FROM fate WHERE entry = 'subscriber' AND (mql_at IS NOT NULL OR dice(id, 'stays subscriber') < 0.6)
    UNION ALL
    SELECT id, mql_at, 'mql', marketer, NULL, NULL FROM fate
    UNION ALL
    SELECT id, sal_at, 'sal', rep, NULL, NULL FROM fate WHERE NOT sales_own
    UNION ALL
    SELECT id, refused_at, 'recycled', rep, reason,
        -- in the language of the one who rejects
        CASE WHEN dice(id, 'note') < 0.7 THEN (CASE reason
            WHEN 'wrong_title' THEN '{decide o dono,no decide compras,"decide il capo, non compra",hat keine Budgetverantwortung}'
            WHEN 'wrong_size' THEN '{três funcionários,taller de dos personas,sono in quattro,"Einmannbetrieb, nett"}'
            WHEN 'bad_contact_data' THEN '{número errado,el número no existe,numero inesistente,"Nummer stimmt nicht, Mail kommt zurück"}'
            WHEN 'competitor' THEN '{trabalha na concorrência,es de la competencia,lavora per la concorrenza,arbeitet beim Wettbewerb}'
            ELSE '{só no próximo ano,"después del verano, quizás",a settembre,erst nach dem Umzug}' END::text[])
            [array_position('{brasil,iberia,italia,dach}', team)] END
    FROM (SELECT *, CASE WHEN seniority IN ('student', 'specialist') AND dice(id, 'why') < 0.6 THEN 'wrong_title'
        WHEN employees < 15 OR employees > 2000 THEN 'wrong_size'
        ELSE pick('{not_ready,not_ready,not_ready,bad_contact_data,wrong_title,competitor}', dice(id, 'why not')) END AS reason
        FROM fate JOIN (SELECT id AS company_id, employees FROM company) AS c ON company_id = company) AS fate
    WHERE decision = 'recycled'
    UNION ALL
    SELECT id, refused_at, 'disqualified', rep, pick('{not_a_fit,not_a_fit,spam}', dice(id, 'why disqualified')), NULL
    FROM fate WHERE decision = 'disqualified'
    UNION ALL
    SELECT id, sql_at, 'sql', rep, NULL, NULL FROM fate
    UNION ALL
    SELECT id, given_up_at, CASE WHEN worth > 0.07 THEN 'recycled' ELSE 'disqualified' END, rep,
        CASE WHEN worth > 0.07 THEN pick('{no_response,no_response,timing,no_budget}', dice(id, 'why given up')) ELSE 'not_a_fit' END, NULL
    FROM fate
    UNION ALL
    SELECT id, no_need_at, 'recycled', rep, pick('{timing,no_budget,no_response}', dice(id, 'why no need')), NULL FROM fate
    UNION ALL
    SELECT id, opportunity_at, 'opportunity', rep, NULL, NULL FROM fate
    UNION ALL
    SELECT id, closed_at, CASE WHEN wins THEN 'customer' ELSE 'closed_lost' END, rep,
        CASE WHEN NOT wins THEN pick('{price,no_decision,no_decision,chose_competitor,product_gap}', dice(id, 'why lost')) END, NULL
    FROM fate
    UNION ALL
    -- the second time round
    SELECT id, back_at, 'mql', marketer, NULL, NULL FROM fate
    UNION ALL
    SELECT id, office(back_at + interval '1 hour' * (1 + 30 * dice(id, 'decides again')), team_zone), 'sal', rep, NULL, NULL
    FROM fate WHERE dice(id, 'accepted again') < 0.6
    UNION ALL
    -- addresses that were never anybody's
    SELECT id, born + interval '1 day' * (1 + 5 * dice(id, 'found out')), 'disqualified', marketer, 'spam', NULL
    FROM fate WHERE NOT qualifies AND entry = 'lead' AND dice(id, 'spam') < 0.04
)
INSERT INTO move
SELECT lead, row_number() OVER chain - 1, date_trunc('second', at), lag(to_stage) OVER chain, to_stage, actor, reason, note
FROM step WHERE at < '2026-06-30 18:00'
WINDOW chain AS (PARTITION BY lead ORDER BY at);

------------------------------------------------------------------------------------------------------------------------
-- Deals

CREATE TABLE deal (external_id text, lead int, name text, amount numeric, opened_at timestamptz, expected_close date,
    closed_at timestamptz, won boolean, reason text, owner text, probability float8);
INSERT INTO deal
SELECT 'D-' || lpad(o.lead::text, 5, '0'), o.lead, 'Planning, ' || c.name,
    round((2400 + c.employees * (14 + 22 * dice(o.lead, 'per seat')))::numeric / 100) * 100,
    o.at, o.at::date + 45, e.at, CASE e.to_stage WHEN 'customer' THEN true WHEN 'closed_lost' THEN false END, e.reason, o.actor,
    CASE WHEN e.at IS NULL THEN round((0.2 + 0.6 * dice(o.lead, 'probability'))::numeric, 1) END
FROM move AS o JOIN lead AS l ON l.id = o.lead JOIN company AS c ON c.id = l.company
LEFT JOIN move AS e ON e.lead = o.lead AND e.seq = o.seq + 1
WHERE o.to_stage = 'opportunity';

------------------------------------------------------------------------------------------------------------------------
-- Activities: what leads did, and what we did

CREATE TABLE activity (lead int, kind text, at timestamptz, actor text, campaign text, channel text, direction text, properties jsonb);

-- The first touch is what brought the lead in.
INSERT INTO activity
SELECT id, CASE channel WHEN 'webinar' THEN 'webinar_registration' WHEN 'event' THEN 'event_visit' WHEN 'content' THEN 'content_download'
        WHEN 'outbound' THEN 'sales_email' ELSE 'form_submit' END,
    born, CASE channel WHEN 'outbound' THEN rep END, campaign, channel, CASE channel WHEN 'outbound' THEN 'out' ELSE 'in' END, NULL
FROM lead;

-- Then visits, letters and downloads, more of them from those who are interested, thinning out with time.
WITH interest AS (
    SELECT f.*, coalesce(least(opportunity_at, back_at + interval '5 days', born + interval '80 days'), born + interval '60 days') AS last_at,
        2 + floor(17 * power(quality, 2) * (0.25 + dice(id, 'busy')) * CASE WHEN qualifies THEN 1.6 ELSE 0.75 END)::int AS visits
    FROM fate AS f
), visit AS (
    SELECT i.*, v, i.id * 1000 + v AS n,
        born + (last_at - born) * power(dice(i.id * 1000 + v, 'when'), 1.6) AS at
    FROM interest AS i, generate_series(1, visits) AS v
), kind AS (
    SELECT *, CASE
        WHEN k < 0.40 THEN 'page_view' WHEN k < 0.56 THEN 'email_sent' WHEN k < 0.74 THEN 'email_open' WHEN k < 0.82 THEN 'email_click'
        WHEN k < 0.88 THEN 'content_download' WHEN k < 0.95 THEN 'pricing_view' WHEN k < 0.985 THEN 'form_submit'
        ELSE 'webinar_attended' END AS what
    FROM visit, LATERAL (SELECT dice(n, 'kind') AS k OFFSET 0) AS k
)
INSERT INTO activity
SELECT id, what, date_trunc('second', at), NULL,
    CASE WHEN what LIKE 'email%' THEN 'newsletter' WHEN what = 'page_view' AND dice(n, 'ad') < 0.15 THEN 'search-brand' END,
    CASE WHEN what LIKE 'email%' THEN 'email' WHEN what = 'webinar_attended' THEN 'webinar'
        WHEN dice(n, 'ad') < 0.15 AND what = 'page_view' THEN 'paid_search'
        ELSE pick('{direct,organic_search,organic_search,direct,referral}', dice(n, 'channel')) END,
    CASE what WHEN 'email_sent' THEN 'out' ELSE 'in' END,
    CASE what WHEN 'page_view' THEN jsonb_build_object('path', pick('{/,/product,/product/planning,/customers,/blog/setup-times,/jobs}', dice(n, 'path')))
        WHEN 'pricing_view' THEN jsonb_build_object('path', '/pricing', 'seconds', floor(5 + 170 * power(dice(n, 'seconds'), 2)))
        WHEN 'content_download' THEN jsonb_build_object('document', pick('{setup-times.pdf,energia.pdf,checkliste.pdf}', dice(n, 'document'))) END
FROM kind WHERE at < '2026-06-30 18:00';

INSERT INTO activity
SELECT id, 'demo_request', date_trunc('second', mql_at) - interval '2 seconds', NULL, NULL, 'direct', 'in',
    jsonb_build_object('seats', 1 + floor(40 * dice(id, 'seats')))
FROM fate WHERE asks AND mql_at < '2026-06-30 18:00';

-- Sales: attempts until somebody answers, the conversation, and what follows it.
INSERT INTO activity
SELECT f.id, kind, date_trunc('second', office(at, team_zone)), rep, NULL, s.channel, 'out', properties
FROM fate AS f, LATERAL (
    SELECT 'call_attempt' AS kind, attempt_at AS at, 'phone' AS channel, jsonb_build_object('result', 'no answer') AS properties
    WHERE dice(f.id, 'answers at once') < 0.55
    UNION ALL
    SELECT 'sales_email', attempt_at + (decided_at - attempt_at) * (0.2 + 0.5 * dice(f.id, 'writes')), 'email', NULL
    WHERE dice(f.id, 'answers at once') < 0.4
    UNION ALL
    SELECT 'call', CASE WHEN dice(f.id, 'answers at once') < 0.55 THEN decided_at - interval '10 minutes' ELSE attempt_at END, 'phone',
        jsonb_build_object('minutes', 2 + floor(20 * dice(f.id, 'minutes')))
    WHERE decision = 'sal' OR (decision = 'recycled' AND dice(f.id, 'spoke') < 0.7)
    UNION ALL
    SELECT 'meeting', sql_at - interval '50 minutes', 'video', jsonb_build_object('people', 1 + floor(4 * dice(f.id, 'people')))
    UNION ALL
    SELECT 'sales_email', sql_at + interval '1 hour', 'email', NULL
    UNION ALL
    SELECT 'meeting', opportunity_at - interval '90 minutes', 'video', jsonb_build_object('topic', 'demo')
    UNION ALL
    SELECT 'sales_email', opportunity_at + interval '2 hours', 'email', jsonb_build_object('topic', 'offer')
    UNION ALL
    SELECT 'call', opportunity_at + (closed_at - opportunity_at) * w / 4, 'phone', jsonb_build_object('minutes', 3 + w)
    FROM generate_series(1, 3) AS w
    UNION ALL
    SELECT pick('{call_attempt,sales_email}', dice(f.id * 10 + w, 'follow up')), sal_at + (coalesce(sql_at, given_up_at, sal_at + interval '20 days') - sal_at) * w / 4,
        pick('{phone,email}', dice(f.id * 10 + w, 'follow up')), NULL
    FROM generate_series(1, 3) AS w
) AS s
WHERE office(at, team_zone) < '2026-06-30 18:00';

ANALYZE company, lead, move, activity, deal;
RESET search_path;
