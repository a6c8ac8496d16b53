/*
 * Template: which touches of a won deal get credit, as attribution() itself has it.
 */
CREATE FUNCTION workspace_attribution_template(language text DEFAULT 'en') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    INSERT INTO setting (name, value) VALUES
        ('attribution_lookback', '"90 days"'),
        ('attribution_half_life', '"7 days"');
END
$body$;
COMMENT ON FUNCTION workspace_attribution_template(text) IS
'Fills in the settings of attribution of a new workspace, which search_path points at. Internal: create_workspace() calls it.';
