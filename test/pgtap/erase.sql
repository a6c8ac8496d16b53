-- A person is forgotten; what was counted stays counted.
\ir include/begin.psql
SELECT plan(25);

SELECT smarketing.create_workspace('f') \g /dev/null
SET search_path = f, pg_temp;
ALTER TABLE lead ADD COLUMN linkedin text, ADD COLUMN budget numeric, ADD COLUMN nickname text NOT NULL DEFAULT '',
    ADD COLUMN shouted text GENERATED ALWAYS AS (upper(linkedin)) STORED;
ALTER TABLE activity ADD COLUMN transcript jsonb;
INSERT INTO account (name) VALUES ('acme');
INSERT INTO lead (id, external_id, email, name, account_id, company, job_title, phone, country, industry, employees, source, attributes,
                  follow_up_on, linkedin, budget)
VALUES (1, 'crm-1', 'ze@x.com', 'Zé', 1, 'Zé & Filhos', 'CEO', '+55 11 5555', 'BR', 'retail', 12, 'fair', '{"shoe": 42}',
        '2030-01-01', 'in/ze', 900),
       (2, 'crm-2', 'b@x.com', 'Bo', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"shoe": 43}', NULL, 'in/bo', 100);
UPDATE lead SET stage = 'mql';
UPDATE handoff SET decision = 'rejected', reason = 'not_ready', note = 'Zé is on holiday' WHERE lead_id = 1;
UPDATE handoff SET decision = 'rejected', reason = 'not_ready', note = 'Bo said no' WHERE lead_id = 2;
INSERT INTO activity (lead_id, kind, properties, transcript, campaign)
VALUES (1, 'form_submit', '{"name": "Zé"}', '["oi"]', 'fair'), (2, 'form_submit', '{"name": "Bo"}', '["hi"]', 'fair');
INSERT INTO deal (lead_id, name, amount) VALUES (1, 'Zé buys', 500);
INSERT INTO feedback (lead_id, kind, body) VALUES (1, 'praise', 'Zé is nice'), (2, 'praise', 'Bo is nice');
INSERT INTO event (kind, lead_id, payload) VALUES ('mine', 1, '{"name": "Zé", "amount": 5, "from": "lead", "deep": {"mail": "ze@x.com"}}'),
    ('mine', 1, '"Zé"'), ('mine', 2, '{"name": "Bo"}');
CREATE TEMPORARY TABLE funnel_before AS SELECT * FROM funnel;
CREATE TEMPORARY TABLE fact_before AS SELECT * FROM lead_fact;

-- who may, and what it takes
SET ROLE smk_stranger;
SELECT throws_ok($$SELECT smarketing.erase_lead('f', 1, 'request')$$, '42501', NULL, 'only the owner may');
RESET ROLE;
SELECT throws_ok($$SELECT smarketing.erase_lead('f', 1, NULL)$$, '22023', NULL, 'not without a basis');
SELECT throws_ok($$SELECT smarketing.erase_lead('f', 1, ' ')$$, '22023', NULL, 'nor with a blank one');
SELECT throws_ok($$SELECT smarketing.erase_lead('f', 99, 'request')$$, 'P0002', NULL, 'no such lead');
SELECT throws_ok($$SELECT smarketing.erase_lead('f', NULL, 'request')$$, 'P0002', NULL, 'no lead');
SELECT throws_ok($$UPDATE stage_change SET note = NULL$$, 'SM005', NULL, 'nobody else may touch the history');

SET client_min_messages = error;
SELECT lives_ok($$SELECT smarketing.erase_lead('f', 1, 'request of 2026-03-01')$$, 'the owner erases a lead');
SET client_min_messages = warning;
SELECT results_eq($$SELECT external_id, email, name, company, job_title, phone, note, attributes, follow_up_on, linkedin, shouted
                    FROM lead WHERE id = 1$$,
                  $$SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::jsonb, NULL::date, NULL::text, NULL::text$$,
                  'what identifies the person is gone, also from columns that were added');
SELECT results_eq($$SELECT country, industry, employees, source, budget, account_id, stage, do_not_contact FROM lead WHERE id = 1$$,
                  $$VALUES ('BR', 'retail', 12, 'fair', 900::numeric, 1::bigint, 'opportunity', true)$$,
                  'what counts it stays, and nobody may write to it');
SELECT results_eq($$SELECT kind, properties, transcript, campaign FROM activity WHERE lead_id = 1$$,
                  $$VALUES ('form_submit', NULL::jsonb, NULL::jsonb, 'fair')$$, 'activities stay, without their particulars');
SELECT results_eq($$SELECT name, amount FROM deal WHERE lead_id = 1$$, $$VALUES (NULL::text, 500::numeric)$$, 'deals lose their name and keep their amount');
SELECT is((SELECT count(note) FROM stage_change WHERE lead_id = 1) + (SELECT count(note) FROM handoff WHERE lead_id = 1), 0::bigint,
          'the history has no note');
SELECT is((SELECT count(reason) FROM stage_change WHERE lead_id = 1), 1::bigint, 'but its reasons');
SELECT results_eq($$SELECT payload FROM event WHERE kind = 'mine' AND lead_id = 1 ORDER BY id$$,
                  $$VALUES ('{"amount": 5, "from": "lead"}'::jsonb), (NULL)$$, 'events keep numbers and names of stages');
SELECT is((SELECT count(*) FROM event WHERE lead_id = 1 AND kind = 'stage_changed' AND payload ? 'to'), (SELECT count(*) FROM stage_change WHERE lead_id = 1),
          'the workspace''s own events are whole');
SELECT results_eq($$SELECT lead_id, payload ->> 'basis' FROM event WHERE kind = 'lead_erased'$$, $$VALUES (1::bigint, 'request of 2026-03-01')$$,
                  'the basis is on record');
SELECT results_eq($$SELECT lead_id, kind, body FROM feedback ORDER BY lead_id$$, $$VALUES (1::bigint, 'praise', NULL::text), (2, 'praise', 'Bo is nice')$$,
                  'feedback keeps its kind');
SELECT is((SELECT count(*) FROM lead WHERE lead::text LIKE '%Z%') + (SELECT count(*) FROM activity WHERE activity::text LIKE '%Z_"%')
          + (SELECT count(*) FROM event WHERE event::text LIKE '%Zé%' OR event::text LIKE '%ze@%'), 0::bigint, 'no trace is left');
SELECT results_eq($$SELECT email, name, attributes, linkedin FROM lead WHERE id = 2$$,
                  $$VALUES ('b@x.com', 'Bo', '{"shoe": 43}'::jsonb, 'in/bo')$$, 'other people are as they were');
SELECT is((SELECT count(note) FROM handoff WHERE lead_id = 2) + (SELECT count(*) FROM event WHERE payload = '{"name": "Bo"}'), 3::bigint, 'in every table');
SELECT results_eq($$SELECT stage, now, reached, conversion FROM funnel$$, $$SELECT stage, now, reached, conversion FROM pg_temp.funnel_before$$,
                  'the funnel is the same');
SELECT set_eq($$SELECT lead_id, cycle, mql_at, decided_at, recycled_at, opportunity_at, open_amount, attempts FROM lead_fact$$,
              $$SELECT lead_id, cycle, mql_at, decided_at, recycled_at, opportunity_at, open_amount, attempts FROM pg_temp.fact_before$$,
              'so are the facts');

-- a deleted lead has left notes in the history
DELETE FROM activity WHERE lead_id = 2;
DELETE FROM lead WHERE id = 2;
SET client_min_messages = error;
SELECT smarketing.erase_lead('f', 2, 'request') \g /dev/null
SET client_min_messages = warning;
SELECT is((SELECT count(note) FROM stage_change WHERE lead_id = 2) + (SELECT count(note) FROM handoff WHERE lead_id = 2), 0::bigint,
          'what a deleted lead has left can be erased too');
SET client_min_messages = error;
SELECT lives_ok($$SELECT smarketing.erase_lead('f', 1, 'again')$$, 'erasing twice does no harm');
SET client_min_messages = warning;
SELECT is_empty($$SELECT * FROM smarketing.verify('f')$$, 'all is well');
SELECT * FROM finish();
