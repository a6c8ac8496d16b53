/*
 * Comments on the plumbing: settings, audit, outbox.
 */
CREATE FUNCTION workspace_plumbing_comments() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    COMMENT ON TABLE setting IS
        'Settings of the workspace, one row each; a missing row means the default.';
    COMMENT ON COLUMN setting.name IS
        'Name of the setting.';
    COMMENT ON COLUMN setting.value IS
        'Its value as JSON; JSON null means none.';

    COMMENT ON TABLE config_change IS
        'Every change of the configuration: what it was, what it is, who did it and why. Append-only.';
    COMMENT ON COLUMN config_change.id IS
        'Number of the change.';
    COMMENT ON COLUMN config_change.table_name IS
        'The configuration table that was changed.';
    COMMENT ON COLUMN config_change.key IS
        'The primary key of the row that was changed, as text.';
    COMMENT ON COLUMN config_change.old IS
        'The row before; null when it was inserted.';
    COMMENT ON COLUMN config_change.new IS
        'The row after; null when it was deleted.';
    COMMENT ON COLUMN config_change.at IS
        'When the change was made.';
    COMMENT ON COLUMN config_change.actor IS
        'Member who made it; null if unknown.';
    COMMENT ON COLUMN config_change.reason IS
        'Why, from the parameter smarketing.change_reason; null if not said.';

    COMMENT ON TABLE event IS
        'Outbox: what happened, for other systems; read it with smarketing.take_events().';
    COMMENT ON COLUMN event.id IS
        'Number of the event; gaps are normal.';
    COMMENT ON COLUMN event.at IS
        'When it happened.';
    COMMENT ON COLUMN event.kind IS
        'What happened, such as stage_changed or handoff_opened.';
    COMMENT ON COLUMN event.lead_id IS
        'The lead it happened to; null if to none. Without a foreign key: an event outlives its lead.';
    COMMENT ON COLUMN event.payload IS
        'The particulars as JSON.';

    COMMENT ON TABLE event_consumer IS
        'Who reads events. A consumer gets the events from its creation on.';
    COMMENT ON COLUMN event_consumer.name IS
        'Name that the consumer calls take_events() with.';
    COMMENT ON COLUMN event_consumer.kinds IS
        'Kinds of event it wants; null means all.';
    COMMENT ON COLUMN event_consumer.created_at IS
        'When it was created.';

    COMMENT ON TABLE event_delivery IS
        'One row per consumer and event that it is to get, or has got.';
    COMMENT ON COLUMN event_delivery.consumer IS
        'The consumer.';
    COMMENT ON COLUMN event_delivery.event_id IS
        'The event.';
    COMMENT ON COLUMN event_delivery.delivered_at IS
        'When take_events() handed it out; null while it waits.';
END
$body$;
COMMENT ON FUNCTION workspace_plumbing_comments() IS
'Comments on the tables and columns of a workspace, which search_path points at. Internal.';
COMMENT ON FUNCTION workspace_plumbing_tables() IS
'Creates the tables of the plumbing in a new workspace, which search_path points at. Internal: create_workspace() calls it.';
