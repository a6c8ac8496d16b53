/*
 * Labels: how they are read.  A function of the workspace, so that views that
 * use it outlive DROP EXTENSION.
 */
CREATE FUNCTION workspace_label_views() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    CREATE OR REPLACE FUNCTION label_of(name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE COST 10
    RETURN coalesce((SELECT l.text FROM label AS l WHERE l.name = label_of.name),
                    replace(substr(name, strpos(name, '.') + 1), '_', ' '));
    COMMENT ON FUNCTION label_of(text) IS
        'The label of this name, <group>.<key>; where there is none, the key with blanks for underscores. Null for null.';
END
$body$;
COMMENT ON FUNCTION workspace_label_views() IS
'Makes or replaces the function that reads the labels of the workspace that search_path points at. Internal.';

CREATE FUNCTION workspace_label_comments() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    COMMENT ON TABLE label IS
        'The words that reviews, reports and the work queue show, in the workspace''s language; yours to change. What has a label of its own (metric, stage, reason, activity_kind) is not here.';
    COMMENT ON COLUMN label.name IS
        'What it is the label of: <group>.<key>, such as section.funnel, state.met or unit.leads.';
    COMMENT ON COLUMN label.text IS
        'The label.';
END
$body$;
COMMENT ON FUNCTION workspace_label_comments() IS
'Comments on the labels of a workspace, which search_path points at. Internal.';
