/*
 * Attribution: what its tables and columns mean.
 */
CREATE FUNCTION workspace_attribution_comments() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
    COMMENT ON TABLE exchange_rate IS
        'Rates at which amounts in other currencies are converted. A rate holds from its day until the next one of the currency; before its first day a currency has none. Rows of setting currency itself are not read.';
    COMMENT ON COLUMN exchange_rate.currency IS 'The other currency, written as deals write it.';
    COMMENT ON COLUMN exchange_rate.day IS 'First day of the rate, in setting timezone.';
    COMMENT ON COLUMN exchange_rate.rate IS 'Units of setting currency for one unit of currency.';
END
$body$;
COMMENT ON FUNCTION workspace_attribution_comments() IS
'Comments on the tables of revenue in the workspace that search_path points at. Internal.';
