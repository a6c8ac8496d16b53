# Roles: what a plain role may do, and what a hostile one cannot.
. "$SMK_SRC/test/tap.sh"
export PGOPTIONS='-c client_min_messages=warning'

as() { # ROLE STATEMENTS: their output; the SQLSTATE of an error
	printf '%s\n' '\set VERBOSITY sqlstate' "SET SESSION AUTHORIZATION $1;" "$2;" | psql -XqAt -d roles 2>&1 | sed 's/^.*ERROR:  */error /'
}
history() { sql roles "SELECT string_agg(coalesce(from_stage, '') || '>' || to_stage, ' ' ORDER BY at, id) FROM crm.stage_change WHERE lead_id = $1"; }

new_database roles template1
sql roles 'CREATE EXTENSION smarketing; REVOKE CREATE ON DATABASE roles FROM PUBLIC; GRANT CREATE ON SCHEMA public TO smk_stranger' >/dev/null

# ---- creating ----
before=$(sql roles "SELECT count(*) FROM pg_class; SELECT count(*) FROM pg_proc")
is "$(as smk_owner "SELECT smarketing.create_workspace('crm')")" 'error 42501' 'without CREATE on the database there is no workspace'
is "$(sql roles "SELECT count(*) FROM pg_class; SELECT count(*) FROM pg_proc")" "$before" 'and nothing half-made'
sql roles 'GRANT CREATE ON DATABASE roles TO smk_owner' >/dev/null
is "$(as smk_owner "SET search_path = ''; SELECT smarketing.create_workspace('crm')")" crm 'with it a plain role creates one, under an empty search_path'
is "$(sql roles "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'crm'::regnamespace")" smk_owner 'and owns all of it'
as smk_owner "
	INSERT INTO crm.team (name, department) VALUES ('north', 'sales');
	INSERT INTO crm.member (name, kind, department, team, db_role) VALUES
		('ana', 'person', 'sales', 'north', 'smk_sales'), ('mia', 'person', 'marketing', NULL, 'smk_marketing'),
		('sync', 'service', 'operations', NULL, 'smk_service'), ('eve', 'person', 'sales', NULL, NULL);
	INSERT INTO crm.routing_rule (team) VALUES ('north');
	INSERT INTO crm.account (name) VALUES ('acme');
	INSERT INTO crm.event_consumer (name) VALUES ('mail');
	INSERT INTO crm.lead (name) SELECT 'lead ' || i FROM generate_series(1, 50) AS i;
	GRANT USAGE ON SCHEMA crm TO smk_marketing, smk_sales, smk_service, smk_stranger;
	GRANT SELECT, INSERT, UPDATE ON crm.lead, crm.activity, crm.deal TO smk_marketing, smk_sales, smk_service, smk_stranger;
	GRANT SELECT, UPDATE ON crm.handoff TO smk_marketing, smk_sales, smk_service, smk_stranger" >/dev/null

# ---- a client: rights on lead, activity, deal and handoff are enough ----
is "$(as smk_marketing "SET search_path = ''; UPDATE crm.lead SET stage = 'mql' WHERE id = 1; SELECT owner FROM crm.handoff WHERE lead_id = 1")" ana 'marketing hands over'
is "$(as smk_marketing "UPDATE crm.lead SET stage = 'sal' WHERE id = 1")" 'error SM003' 'but may not accept'
is "$(as smk_marketing "UPDATE crm.handoff SET decision = 'accepted'")" 'error SM006' 'nor decide'
is "$(as smk_sales "SET search_path = ''; SELECT smarketing.decide('crm', (SELECT id FROM crm.handoff WHERE lead_id = 1), 'accepted')")" accepted 'sales accept'
as smk_sales "SET search_path = ''; INSERT INTO crm.activity (lead_id, kind) VALUES (1, 'call');
	INSERT INTO crm.deal (lead_id, amount) VALUES (1, 10); UPDATE crm.deal SET won = true" >/dev/null
is "$(history 1)" '>lead lead>mql mql>sal sal>sql sql>opportunity opportunity>customer' 'win, and all of it is history'
is "$(sql roles "SELECT DISTINCT actor FROM crm.stage_change WHERE to_stage = 'customer'")" ana 'in the name of who did it'
for table in stage_change config_change event setting transition; do
	is "$(as smk_sales "DELETE FROM crm.$table")" 'error 42501' "a client cannot write $table"
done
is "$(as smk_sales "SELECT smarketing.repair_workspace('crm')")" 'error 42501' 'nor repair the workspace'
is "$(as smk_sales "SELECT smarketing.activate_leads('crm', 'x')")" 'error 42501' 'nor activate leads'
is "$(as smk_sales "SELECT smarketing.erase_history('crm', 1, '{}')")" 'error 42501' 'nor erase history'
is "$(as smk_stranger "SET smarketing.actor = 'ana'; UPDATE crm.lead SET stage = 'mql' WHERE id = 2")" 'error SM009' 'a name that belongs to a role cannot be claimed'
is "$(as smk_stranger "SET smarketing.actor = 'eve'; UPDATE crm.lead SET stage = 'mql' WHERE id = 2")" 'error SM003' 'one that belongs to none can, with its rights'
is "$(as smk_stranger "BEGIN; SET LOCAL smarketing.import = 'x'; UPDATE crm.lead SET stage = 'mql' WHERE id = 2")" 'error 42501' 'nobody but the owner and services may import'
is "$(as smk_stranger "SET smarketing.import = 'x'; INSERT INTO crm.lead (name) VALUES ('x')")" 'error 42501' 'not by an INSERT either'
is "$(as smk_service "BEGIN; SET LOCAL smarketing.import = 'x'; UPDATE crm.lead SET stage = 'mql', stage_since = '2099-01-01' WHERE id = 2")" 'error SM011' 'the past of an import lies in the past'
sql roles "CREATE FUNCTION public.move() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'UPDATE crm.lead SET stage = ''mql'' WHERE id = 3'" >/dev/null
as smk_marketing 'SELECT public.move()' >/dev/null
is "$(sql roles "SELECT actor FROM crm.stage_change WHERE lead_id = 3 AND to_stage = 'mql'")" mia 'behind a SECURITY DEFINER function the actor is who called it'

# ---- the trigger functions are open to all, and of no use to anybody else ----
is "$(as smk_stranger 'SELECT smarketing.lead_recorder()')" 'error 39P01' 'a trigger function cannot be called'
sql roles 'GRANT CREATE ON SCHEMA crm TO smk_stranger; GRANT CREATE ON DATABASE roles TO smk_stranger' >/dev/null
changes=$(sql roles 'SELECT count(*) FROM crm.stage_change')
for shape in '(id int, stage text)' '(LIKE crm.lead INCLUDING DEFAULTS)'; do
	is "$(as smk_stranger "BEGIN; CREATE TABLE crm.evil $shape;
		CREATE TRIGGER t AFTER INSERT ON crm.evil REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION smarketing.lead_recorder();
		INSERT INTO crm.evil (id, stage) VALUES (4, 'customer'); COMMIT")" 'error SM010' "a stranger's table $shape cannot write history"
	is "$(as smk_stranger "BEGIN; CREATE TABLE crm.evil $shape;
		CREATE TRIGGER t BEFORE INSERT ON crm.evil FOR EACH ROW EXECUTE FUNCTION smarketing.lead_guard();
		INSERT INTO crm.evil (id, stage) VALUES (4, 'customer'); COMMIT")" 'error SM010' 'nor use the guard'
done
is "$(as smk_stranger "BEGIN; CREATE TABLE crm.evil (name text);
	CREATE TRIGGER t AFTER INSERT ON crm.evil FOR EACH ROW EXECUTE FUNCTION smarketing.config_audit();
	INSERT INTO crm.evil VALUES ('x'); COMMIT")" 'error SM010' 'nor the audit'
is "$(as smk_owner "BEGIN; CREATE TABLE crm.other (id int, stage text);
	CREATE TRIGGER t BEFORE INSERT ON crm.other FOR EACH ROW EXECUTE FUNCTION smarketing.lead_guard();
	INSERT INTO crm.other VALUES (4, 'customer')")" 'error SM010' "the owner's own table is not lead either"
is "$(sql roles 'SELECT count(*) FROM crm.stage_change')" "$changes" 'nothing of it is history'
sql roles 'REVOKE CREATE ON SCHEMA crm FROM smk_stranger' >/dev/null
is "$(sql roles "BEGIN; ALTER TABLE crm.stage_change OWNER TO smk_sales; SET ROLE smk_marketing;" >/dev/null
	as postgres "BEGIN; ALTER TABLE crm.event_delivery OWNER TO smk_sales; UPDATE crm.lead SET stage = 'mql' WHERE id = 4")" 'error SM010' 'a table of the workspace that belongs to somebody else stops it'

# ---- temporary tables with our names capture nothing ----
is "$(as smk_marketing "
	CREATE TEMPORARY TABLE lead (LIKE crm.lead);
	CREATE TEMPORARY TABLE handoff (LIKE crm.handoff);
	CREATE TEMPORARY TABLE activity (LIKE crm.activity);
	CREATE TEMPORARY TABLE stage_change (LIKE crm.lead);
	CREATE TEMPORARY TABLE setting (name text, value jsonb);
	CREATE TEMPORARY TABLE transition (name text);
	CREATE TEMPORARY TABLE event (name text);
	CREATE TEMPORARY TABLE smk_move (lead_id bigint);
	CREATE TEMPORARY TABLE smk_decision (lead_id bigint);
	CREATE TEMPORARY TABLE smk_offer (lead_id bigint);
	UPDATE crm.lead SET stage = 'mql' WHERE id = 5;
	UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE id = 6;
	INSERT INTO crm.activity (lead_id, kind) VALUES (5, 'email');
	SELECT count(*) FROM lead; SELECT count(*) FROM handoff; SELECT count(*) FROM stage_change; SELECT count(*) FROM event")" "$(printf '0\n0\n0\n0')" 'temporary tables stay empty'
is "$(history 5), $(history 6)" '>lead lead>mql, >lead lead>recycled' 'and history is written where it belongs'

# ---- operators, functions, types and casts of a hostile schema run as who put them first in search_path, or not at all ----
as smk_stranger "
	CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC;
	CREATE TABLE evil.log (what text, who name); GRANT INSERT, SELECT ON evil.log TO PUBLIC" >/dev/null
psql -XqAt -v ON_ERROR_STOP=1 -d roles >/dev/null <<'SQL'
SET SESSION AUTHORIZATION smk_stranger;
CREATE FUNCTION evil.note(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO evil.log VALUES (what, current_user);
	RETURN true;
END $$;
-- each operator of the catalogs on these types, in evil
DO $do$
DECLARE
	o record;
BEGIN
	FOR o IN
		SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r, oprresult::regtype AS result,
			'f' || row_number() OVER () AS f
		FROM pg_operator
		WHERE oprkind = 'b' AND oprleft IN ('text'::regtype, 'int'::regtype, 'bigint'::regtype, 'timestamptz'::regtype, 'jsonb'::regtype,
			'boolean'::regtype, 'float8'::regtype, 'text[]'::regtype, 'anyarray'::regtype, 'interval'::regtype, 'name'::regtype, 'jsonpath'::regtype, 'tstzrange'::regtype, 'tstzmultirange'::regtype)
			AND oprright <> 'anyelement'::regtype
	LOOP
		EXECUTE format('CREATE FUNCTION evil.%s(a %s, b %s) RETURNS %s LANGUAGE plpgsql AS $f$
			BEGIN PERFORM evil.note(%L); RETURN a OPERATOR(pg_catalog.%s) b; END $f$',
			o.f, o.l, o.r, o.result, 'operator ' || o.oprname, o.oprname);
		EXECUTE format('CREATE OPERATOR evil.%s (leftarg = %s, rightarg = %s, function = evil.%s)', o.oprname, o.l, o.r, o.f);
	END LOOP;
	FOR o IN
		SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS args, p.prorettype::regtype AS result,
			(SELECT string_agg('$' || i, ', ') FROM generate_series(1, p.pronargs) AS i) AS list
		FROM pg_proc AS p
		WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND NOT proretset AND provariadic = 0 AND pronargs <= 3
			AND prorettype <> 'internal'::regtype AND 'internal'::regtype <> ALL (proargtypes)
			AND proname IN ('now', 'lower', 'upper', 'upper_inf', 'format', 'jsonb_build_object', 'coalesce', 'greatest', 'btrim', 'least',
				'to_jsonb', 'clock_timestamp', 'current_setting', 'set_config', 'array_length', 'range_merge', 'tstzrange', 'date_trunc', 'timezone')
	LOOP
		EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$
			BEGIN PERFORM evil.note(%L); RETURN pg_catalog.%I(%s); END $f$', o.proname, o.args, o.result, 'function ' || o.proname, o.proname, o.list);
	END LOOP;
	FOREACH o.proname IN ARRAY ARRAY['text', 'int4', 'int8', 'timestamptz', 'jsonb', 'float8', 'bool', 'jsonpath', 'json', 'interval', 'date'] LOOP
		EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.%I CHECK (evil.note(%L))', o.proname, o.proname, 'type ' || o.proname);
	END LOOP;
END $do$;
SQL
like "$(sql roles "SELECT count(*) FROM pg_operator WHERE oprnamespace = 'evil'::regnamespace")" '^[0-9]{3}$' 'a hostile schema with each operator there is'
hostile() { # ROLE STATEMENTS
	as "$1" "SET search_path = evil, pg_catalog, crm; $2" | grep -v '^$'
}
is "$(hostile smk_marketing "UPDATE crm.lead SET stage = 'mql' WHERE id BETWEEN 10 AND 14;
	INSERT INTO crm.activity (lead_id, kind) VALUES (10, 'email'), (20, 'demo_request'), (20, 'email');
	INSERT INTO crm.lead (name, email, stage) VALUES ('x', 'x@y', 'mql') ON CONFLICT (external_id) DO NOTHING;
	UPDATE crm.lead SET stage = 'recycled', reason = 'timing' WHERE id = 21")" '' 'marketing works with it in its search_path'
is "$(hostile smk_sales "UPDATE crm.handoff SET decision = 'accepted' WHERE lead_id = 10;
	UPDATE crm.handoff SET decision = 'rejected', reason = 'not_ready' WHERE lead_id = 11;
	UPDATE crm.handoff SET decision = 'rejected', reason = 'wrong_territory' WHERE lead_id = 12;
	UPDATE crm.lead SET stage = 'recycled', reason = 'duplicate' WHERE id = 13;
	INSERT INTO crm.deal (lead_id, amount) VALUES (10, 10), (14, 5);
	UPDATE crm.deal SET won = false, reason = 'price' WHERE lead_id = 10;
	UPDATE crm.deal SET won = true WHERE lead_id = 14")" '' 'sales work with it'
is "$(hostile smk_service "BEGIN; SET LOCAL smarketing.import = 'old';
	INSERT INTO crm.lead (id, name, stage, stage_since) OVERRIDING SYSTEM VALUE VALUES (100, 'old', 'mql', '2020-01-01'), (101, 'old', 'mql', '2020-01-01');
	UPDATE crm.lead SET stage = 'sal', stage_since = '2020-02-01' WHERE id = 100;
	INSERT INTO crm.deal (lead_id, amount, opened_at) VALUES (100, 1, '2020-03-01'); COMMIT")" '' 'a service imports with it'
is "$(hostile smk_service "SELECT count(*) FROM smarketing.take_events('crm', 'mail', 3)")" 'error 42501' 'and needs its own rights for the outbox'
is "$(hostile smk_owner "SELECT smarketing.activate_leads('crm', 'old'); UPDATE crm.setting SET value = 'true' WHERE name = 'require_actor';
	UPDATE crm.setting SET value = 'false' WHERE name = 'require_actor'; DELETE FROM crm.absence; SELECT smarketing.erase_history('crm', 30)" >/dev/null
	sql roles "SELECT count(*) > 0 FROM evil.log WHERE who <> 'smk_owner'")" t 'its operators run for the clients themselves'
# what the owner says himself with such a search_path is his own affair: count only what the clients caused
sql roles "DELETE FROM evil.log" >/dev/null
hostile smk_marketing "UPDATE crm.lead SET stage = 'mql' WHERE id OPERATOR(pg_catalog.=) 30;
	INSERT INTO crm.activity (lead_id, kind) VALUES (30, 'email')" >/dev/null
hostile smk_service "BEGIN; SET LOCAL smarketing.import = 'old2';
	INSERT INTO crm.lead (id, name, stage, stage_since) OVERRIDING SYSTEM VALUE VALUES (110, 'old', 'lead', '2020-01-01');
	UPDATE crm.lead SET stage = 'mql', stage_since = '2020-01-02' WHERE id OPERATOR(pg_catalog.=) 110;
	UPDATE crm.lead SET stage = 'sal', stage_since = '2020-02-01' WHERE id OPERATOR(pg_catalog.=) 110;
	UPDATE crm.lead SET stage = 'recycled', reason = 'timing', stage_since = '2020-02-02' WHERE id OPERATOR(pg_catalog.=) 110;
	UPDATE crm.lead SET stage = 'lead', stage_since = '2020-02-03' WHERE id OPERATOR(pg_catalog.=) 110; COMMIT" >/dev/null
hostile smk_sales "UPDATE crm.handoff SET decision = 'rejected', reason = 'not_ready' WHERE lead_id OPERATOR(pg_catalog.=) 30;
	UPDATE crm.deal SET won = NULL WHERE lead_id OPERATOR(pg_catalog.=) 14" >/dev/null
is "$(history 110)" '>lead lead>mql mql>sal sal>recycled recycled>lead' 'the import has gone through'
is "$(sql roles "SELECT DISTINCT what FROM evil.log WHERE who = 'smk_owner'")" '' 'and nothing hostile has run as the owner'
sql roles "DELETE FROM evil.log" >/dev/null
is "$(hostile smk_owner "SELECT smarketing.activate_leads('crm', 'old2'), smarketing.activate_leads('crm', 'old');
	SELECT smarketing.erase_history('crm', 30)" >/dev/null; sql roles "SELECT DISTINCT what FROM evil.log")" '' 'nor when the owner administers with such a search_path'
is "$(sql roles "SELECT string_agg(DISTINCT check_name, ' ') FROM smarketing.verify('crm')")" '' 'verify finds nothing'

# ---- row level security holds for clients and not for the law ----
as smk_owner "ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY; ALTER TABLE crm.handoff ENABLE ROW LEVEL SECURITY; ALTER TABLE crm.stage_change FORCE ROW LEVEL SECURITY;
	ALTER TABLE crm.stage_change ENABLE ROW LEVEL SECURITY; ALTER TABLE crm.lead FORCE ROW LEVEL SECURITY;
	CREATE POLICY mine ON crm.lead TO smk_marketing USING (id > 40)" >/dev/null
is "$(as smk_marketing "UPDATE crm.lead SET stage = 'mql' WHERE id IN (7, 41) RETURNING id")" 41 'a client moves the rows that it sees'
is "$(history 41)" '>lead lead>mql' 'and the law sees all it needs'
is "$(sql roles 'SELECT count(*) FROM crm.handoff WHERE lead_id = 41')" 1 'and writes all it must'

sql postgres 'DROP DATABASE roles WITH (FORCE)' >/dev/null
