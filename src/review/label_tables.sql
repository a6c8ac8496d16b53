/*
 * Labels: the words that reviews and reports show, in the workspace's
 * language.
 */
CREATE FUNCTION workspace_label_tables() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    -- name is <group>.<key>; the groups are listed in label_template.sql
    CREATE TABLE label (
        name    text PRIMARY KEY,
        text    text NOT NULL,
        CONSTRAINT label_name_check CHECK (name ~ '^[a-z_]+[.][^.]+$')
    );
END
$body$;
COMMENT ON FUNCTION workspace_label_tables() IS
'Creates the table of labels in a new workspace, which search_path points at. Internal: create_workspace() calls it.';
