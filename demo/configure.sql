-- configure.sql: the workspace `crm` and what this company has agreed: personas, people, campaigns, scores.  The stages,
-- transitions and reasons are those of the standard template.
SELECT smarketing.create_workspace('crm') \g /dev/null
SET search_path = crm;

UPDATE setting SET value = '"Europe/Lisbon"' WHERE name = 'timezone';
UPDATE setting SET value = '"EUR"' WHERE name = 'currency';

INSERT INTO persona (name, position, condition, description) VALUES
    ('plant_manager', 10, '$.attributes.role == "operations" && ($.attributes.seniority == "director" || $.attributes.seniority == "manager")',
        'runs the plant or its planning, and feels late orders first'),
    ('owner', 20, '$.attributes.role == "management"', 'pays for it, decides alone in a small company'),
    ('it_lead', 30, '$.attributes.role == "it" && $.attributes.seniority == "manager"', 'must connect it to what is there'),
    ('buyer', 40, '$.attributes.role == "purchasing"', 'comes in late, and asks for the price'),
    ('user', 50, '$.attributes.seniority == "specialist"', 'plans every day, decides nothing, convinces the others')
ON CONFLICT (name) DO UPDATE SET position = excluded.position, condition = excluded.condition, description = excluded.description;

INSERT INTO team (name, department, territory) SELECT name, department, territory FROM input.team;
INSERT INTO member (name, display_name, department, team) SELECT name, display_name, department, team FROM input.member;
UPDATE team SET manager = m.name
FROM input.team AS t JOIN input.member AS m ON m.display_name = t.manager
WHERE t.name = team.name;

INSERT INTO campaign (name, channel, persona, goal, offer, starts_on, ends_on, budget)
SELECT c.name, c.channel, c.persona, c.goal, c.offer, c.starts_on, c.ends_on, ceil(sum(amount) / 500) * 500
FROM input.campaign AS c JOIN input.campaign_cost ON campaign = c.name
GROUP BY c.name;
INSERT INTO campaign_cost (campaign, day, amount) SELECT campaign, day, amount FROM input.campaign_cost;

INSERT INTO activity_kind (name, department, is_touch, is_attempt, is_contact, automated, label) VALUES
    ('page_view', NULL, false, false, false, false, 'looked at a page'),
    ('pricing_view', NULL, false, false, false, false, 'looked at the prices'),
    ('email_sent', 'marketing', true, false, false, true, 'was sent the newsletter'),
    ('email_open', NULL, false, false, false, false, 'opened the newsletter'),
    ('email_click', NULL, false, false, false, false, 'clicked in the newsletter'),
    ('content_download', NULL, false, false, false, false, 'downloaded something'),
    ('form_submit', NULL, false, false, false, false, 'filled in a form'),
    ('webinar_registration', NULL, false, false, false, false, 'registered for a webinar'),
    ('webinar_attended', NULL, false, false, false, false, 'attended a webinar'),
    ('event_visit', NULL, false, false, false, false, 'visited our stand'),
    ('demo_request', NULL, false, false, false, false, 'asked for a demo'),
    ('call_attempt', 'sales', true, true, false, false, 'was called, no answer'),
    ('sales_email', 'sales', true, true, false, false, 'was written to'),
    ('call', 'sales', true, true, true, false, 'talked on the telephone'),
    ('meeting', 'sales', true, true, true, false, 'met')
ON CONFLICT (name) DO UPDATE SET department = excluded.department, is_touch = excluded.is_touch, is_attempt = excluded.is_attempt,
    is_contact = excluded.is_contact, automated = excluded.automated, label = excluded.label;

INSERT INTO routing_rule (position, condition, team)
SELECT row_number() OVER (ORDER BY name) * 10,
    (SELECT string_agg(format('$.country == "%s"', code), ' || ' ORDER BY code) FROM input.country AS c WHERE c.team = t.name)::jsonpath, name
FROM input.team AS t WHERE department = 'sales';

\ir scoring.sql

RESET search_path;
