/*
 * Workspace: what every feature stands on - settings, the audit of the
 * configuration, the outbox.  The bodies are plain, unqualified DDL: the
 * caller has put the workspace's schema first in search_path.
 */
CREATE FUNCTION workspace_plumbing_tables() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    CREATE TABLE setting (
        name    text PRIMARY KEY,
        value   jsonb
    );

    CREATE TABLE config_change (
        id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        table_name  text NOT NULL,
        key         text,
        old         jsonb,
        new         jsonb,
        at          timestamptz NOT NULL DEFAULT now(),
        actor       text,
        reason      text
    );
    CREATE INDEX config_change_at_idx ON config_change (at);

    CREATE TABLE event (
        id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at          timestamptz NOT NULL DEFAULT now(),
        kind        text NOT NULL,
        lead_id     bigint,
        payload     jsonb
    );

    CREATE TABLE event_consumer (
        name        text PRIMARY KEY,
        kinds       text[],
        created_at  timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE event_delivery (
        consumer        text NOT NULL REFERENCES event_consumer ON UPDATE CASCADE ON DELETE CASCADE,
        event_id        bigint NOT NULL,
        delivered_at    timestamptz,
        PRIMARY KEY (consumer, event_id)
    );
    CREATE INDEX event_delivery_waiting_idx ON event_delivery (consumer, event_id)
        WHERE delivered_at IS NULL;
END
$body$;
