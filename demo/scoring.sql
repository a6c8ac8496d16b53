-- scoring.sql: the points that marketing and sales have agreed on: who somebody is (fit) and what he does (engagement).
-- In place of the template's.  Run by configure.sql.
DELETE FROM scoring_rule;
DELETE FROM scoring_category;
INSERT INTO scoring_category (name, dimension, position, min_points, max_points, half_life) VALUES
    ('person', 'fit', 110, -40, 35, NULL),
    ('company', 'fit', 120, -10, 25, NULL),
    ('reading', 'engagement', 130, 0, 30, '21 days'),
    ('buying', 'engagement', 140, 0, 60, '14 days')
ON CONFLICT (name) DO NOTHING;
INSERT INTO scoring_rule (name, category, activity_kind, condition, points) VALUES
    ('decides', 'person', NULL, '$.attributes.seniority == "director"', 20),
    ('manages', 'person', NULL, '$.attributes.seniority == "manager"', 15),
    ('plans', 'person', NULL, '$.attributes.role == "operations" || $.attributes.role == "management"', 15),
    ('studies', 'person', NULL, '$.attributes.seniority == "student"', -40),
    ('right size', 'company', NULL, '$.employees >= 40 && $.employees <= 800', 20),
    ('too small', 'company', NULL, '$.employees < 10', -10),
    ('makes things', 'company', NULL, '$.industry != "education" && $.industry != "logistics"', 5),
    ('reads a page', 'reading', 'page_view', NULL, 1),
    ('looks for a job', 'reading', 'page_view', '$.properties.path == "/jobs"', -5),
    ('opens a letter', 'reading', 'email_open', NULL, 1),
    ('clicks in a letter', 'reading', 'email_click', NULL, 3),
    ('downloads', 'reading', 'content_download', NULL, 6),
    ('registers for a webinar', 'reading', 'webinar_registration', NULL, 6),
    ('attends a webinar', 'buying', 'webinar_attended', NULL, 12),
    ('visits the stand', 'buying', 'event_visit', NULL, 15),
    ('fills in a form', 'buying', 'form_submit', NULL, 8),
    ('studies the prices', 'buying', 'pricing_view', '$.properties.seconds >= 20', 10),
    ('asks for a demo', 'buying', 'demo_request', NULL, 40)
ON CONFLICT (name) DO NOTHING;
