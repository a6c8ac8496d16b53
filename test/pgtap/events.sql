-- The outbox: each event to each consumer once.
\ir include/begin.psql
SELECT plan(23);

SELECT smarketing.create_workspace('e') \g /dev/null
SET search_path = e, pg_temp;

INSERT INTO lead (email) VALUES ('before@x.com');
INSERT INTO event_consumer (name) VALUES ('all');
INSERT INTO event_consumer (name, kinds) VALUES ('offers', '{handoff_offered}'), ('nothing', '{}');
SELECT is_empty($$SELECT * FROM smarketing.take_events('e', 'all')$$, 'a consumer does not get what happened before it was there');

INSERT INTO lead (email) VALUES ('a@x.com'), ('b@x.com');
UPDATE lead SET stage = 'mql' WHERE email = 'a@x.com';
SELECT results_eq($$SELECT kind, payload ->> 'to' FROM smarketing.take_events('e', 'offers')$$, $$VALUES ('handoff_offered', 'mql')$$,
                  'a consumer gets the kinds that it asked for');
SELECT is_empty($$SELECT * FROM smarketing.take_events('e', 'nothing')$$, 'no kinds, no events');
SELECT results_eq($$SELECT kind FROM smarketing.take_events('e', 'all', 2)$$, $$VALUES ('stage_changed'), ('stage_changed')$$, 'at most n, the oldest first');
SELECT results_eq($$SELECT kind, payload ->> 'to' FROM smarketing.take_events('e', 'all')$$,
                  $$VALUES ('stage_changed', 'mql'), ('handoff_offered', 'mql')$$, 'then the rest');
SELECT is_empty($$SELECT * FROM smarketing.take_events('e', 'all')$$, 'and none twice');
SELECT is((SELECT count(*) FROM event), 5::bigint, 'the events stay');

-- a consumer that fails gets them again
BEGIN;
INSERT INTO event (kind) VALUES ('mine');
SELECT is((SELECT count(*) FROM smarketing.take_events('e', 'all')), 1::bigint, 'one''s own event, at once');
ROLLBACK;
INSERT INTO event (kind, payload) VALUES ('mine', '[1]');
BEGIN;
SELECT is((SELECT count(*) FROM smarketing.take_events('e', 'all')), 1::bigint, 'taken');
ROLLBACK;
SELECT results_eq($$SELECT kind, payload FROM smarketing.take_events('e', 'all')$$, $$VALUES ('mine', '[1]'::jsonb)$$, 'and taken again after a rollback');

-- an event that has been deleted is not handed out, and holds nothing up
INSERT INTO event (kind) VALUES ('first'), ('second');
DELETE FROM event WHERE kind = 'first';
SELECT results_eq($$SELECT kind FROM smarketing.take_events('e', 'all', 10)$$, $$VALUES ('second')$$, 'a purged event is skipped');

-- errors
SELECT throws_ok($$SELECT * FROM smarketing.take_events('e', 'nobody')$$, '42704', 'event consumer "nobody" does not exist', 'an unknown consumer');
SELECT throws_ok($$SELECT * FROM smarketing.take_events('e', NULL)$$, '42704', 'event consumer null does not exist', 'no consumer');
SELECT throws_ok($$SELECT * FROM smarketing.take_events('e', 'all', 0)$$, '22023', NULL, 'none');
SELECT throws_ok($$SELECT * FROM smarketing.take_events('e', 'all', -1)$$, '22023', NULL, 'fewer than none');
SELECT throws_ok($$SELECT * FROM smarketing.take_events('e', 'all', NULL)$$, '22023', NULL, 'nobody knows how many');
SELECT throws_ok($$SELECT * FROM smarketing.take_events('E', 'all')$$, '3F000', NULL, 'no such schema');
SELECT throws_ok($$SELECT * FROM smarketing.take_events('pg_catalog', 'all')$$, 'SM010', NULL, 'no workspace');
SELECT throws_ok($$SELECT * FROM smarketing.take_events(NULL, 'all')$$, '22004', NULL, 'nothing');

-- a consumer needs rights on three tables, and no more
GRANT USAGE ON SCHEMA e TO smk_service;
GRANT SELECT ON event, event_consumer TO smk_service;
INSERT INTO event (kind) VALUES ('granted');
SET ROLE smk_service;
SELECT throws_ok($$SELECT * FROM smarketing.take_events('e', 'all')$$, '42501', NULL, 'not without a right on the deliveries');
RESET ROLE;
GRANT SELECT, UPDATE ON event_delivery TO smk_service;
SET ROLE smk_service;
SELECT results_eq($$SELECT kind FROM smarketing.take_events('e', 'all')$$, $$VALUES ('granted')$$, 'with it, it gets its events');
RESET ROLE;
DELETE FROM event_consumer WHERE name = 'all';
SELECT is((SELECT count(*) FROM event_delivery WHERE consumer = 'all'), 0::bigint, 'a consumer goes with its deliveries');
SELECT is_empty($$SELECT * FROM smarketing.verify('e')$$, 'all is well');
SELECT * FROM finish();
