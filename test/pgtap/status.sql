-- workspace_status(): what to look at, at a glance.
\ir include/begin.psql
SELECT plan(14);

SELECT is_empty($$SELECT * FROM smarketing.workspace_status()$$, 'no workspace, no row');
SELECT smarketing.create_workspace('s1') \g /dev/null
SELECT smarketing.create_workspace('Ünïted "2"', 'pt') \g /dev/null
SELECT results_eq($$SELECT workspace, schema_version, extension_version, transition_mode, live, missing_triggers, broken_conditions,
                           leads, leads_without_owner, open_handoffs, unread_events, violations, bytes > 0 FROM smarketing.workspace_status()$$,
                  $$SELECT w.name, '0.1', '$$ || :'version' || $$', 'enforce', true, '{}'::text[], '{}'::text[],
                           0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, true
                    FROM (VALUES (1, 's1'), (2, 'Ünïted "2"')) AS w (n, name) ORDER BY w.n$$,
                  'a row per workspace, all well and empty');
SELECT is((SELECT owner FROM smarketing.workspace_status() WHERE workspace = 's1'), current_user::text, 'with its owner');

INSERT INTO s1.event_consumer (name) VALUES ('c');
INSERT INTO s1.lead (email, stage, owner) VALUES ('a@x.com', 'lead', NULL), ('b@x.com', 'mql', NULL), ('c@x.com', 'sal', 'bia'), ('d@x.com', 'sql', NULL);
INSERT INTO s1.lead (email, stage, excluded) VALUES ('x@x.com', 'mql', 'spam');
UPDATE s1.setting SET value = '"observe"' WHERE name = 'transition_mode';
UPDATE s1.setting SET value = 'false' WHERE name = 'live';
UPDATE s1.lead SET stage = 'customer' WHERE email = 'a@x.com';
SELECT results_eq($$SELECT transition_mode, live, leads, leads_without_owner, open_handoffs, unread_events, violations
                    FROM smarketing.workspace_status() WHERE workspace = 's1'$$,
                  $$VALUES ('observe', false, 4::bigint, 2::bigint, 1::bigint,
                            (SELECT count(*) FROM s1.event), 1::bigint)$$,
                  'leads, those without an owner, open handoffs, unread events, violations');
SELECT is((SELECT oldest_handoff FROM smarketing.workspace_status() WHERE workspace = 's1'), (SELECT offered_at FROM s1.handoff), 'the oldest handoff');
SELECT is((SELECT leads FROM smarketing.workspace_status() WHERE workspace <> 's1'), 0::bigint, 'each workspace by itself');
SELECT smarketing.take_events('s1', 'c') \g /dev/null
SELECT is((SELECT unread_events FROM smarketing.workspace_status() WHERE workspace = 's1'), 0::bigint, 'events that were read are no longer unread');

ALTER TABLE s1.deal DISABLE TRIGGER smarketing_record_update;
DROP TRIGGER smarketing_begin ON s1.handoff;
ALTER TABLE s1.lead ADD COLUMN plan text;
UPDATE s1.transition SET condition = '$.plan == "pro"' WHERE from_stage = 'sql' AND to_stage = 'opportunity';
ALTER TABLE s1.lead DROP COLUMN plan;
SELECT results_eq($$SELECT missing_triggers FROM smarketing.workspace_status() ORDER BY workspace DESC$$,
                  $$VALUES ('{}'::text[]), (ARRAY['deal.smarketing_record_update: disabled', 'handoff.smarketing_begin: missing'])$$,
                  'triggers that are missing or disabled');
SELECT alike((SELECT broken_conditions[1] FROM smarketing.workspace_status() WHERE workspace = 's1'), 'transition %plan%', 'conditions that read a column that is gone');
SELECT smarketing.repair_workspace('s1') \g /dev/null
SELECT is((SELECT missing_triggers FROM smarketing.workspace_status() WHERE workspace = 's1'), '{}'::text[], 'until they are repaired');

-- what others see
SET ROLE smk_stranger;
SELECT is_empty($$SELECT * FROM smarketing.workspace_status()$$, 'who may not use the schema sees no row');
RESET ROLE;
GRANT USAGE ON SCHEMA s1 TO smk_stranger;
SET ROLE smk_stranger;
SELECT results_eq($$SELECT workspace, missing_triggers, leads, schema_version FROM smarketing.workspace_status()$$,
                  $$VALUES ('s1', '{}'::text[], NULL::bigint, NULL::text)$$, 'who may not read the tables sees what the catalogs say');
RESET ROLE;
GRANT SELECT ON ALL TABLES IN SCHEMA s1 TO smk_stranger;
SET ROLE smk_stranger;
SELECT is((SELECT leads FROM smarketing.workspace_status()), 4::bigint, 'who may read them sees it all');
SELECT is((SELECT count(*) FROM smarketing.workspaces()), 2::bigint, 'workspaces() lists all of them');
RESET ROLE;
SELECT * FROM finish();
