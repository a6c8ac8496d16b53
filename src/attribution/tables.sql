/*
 * Attribution: the rates at which amounts in other currencies are summed.
 * Data and no rule, like a campaign's cost: not audited.
 */
CREATE FUNCTION workspace_attribution_tables() RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    CREATE TABLE exchange_rate (
        currency    text NOT NULL,
        day         date NOT NULL,
        rate        numeric NOT NULL,
        PRIMARY KEY (currency, day),
        CONSTRAINT exchange_rate_rate_check CHECK (rate > 0 AND rate < 'Infinity')
    );
END
$body$;
COMMENT ON FUNCTION workspace_attribution_tables() IS
'Creates the tables of revenue in the workspace that search_path points at. Internal.';
