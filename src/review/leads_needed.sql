/*
 * How many leads a revenue goal takes.
 */
CREATE FUNCTION binomial_trials(successes bigint, rate float8, confidence float8) RETURNS bigint
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'smk_binomial_trials';
COMMENT ON FUNCTION binomial_trials(bigint, float8, float8) IS
'The smallest n for which P(Binomial(n, rate) >= successes) >= confidence. 22023 unless successes >= 1, 0 < rate <= 1, 0 < confidence < 1; 22003 for more than 10^12. Part of leads_needed().';

CREATE FUNCTION check_share(name text, value numeric, with_one boolean) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF value <= 0 OR value > 1 OR value = 1 AND NOT with_one THEN  -- NaN is above every number
        RAISE EXCEPTION '% cannot be %', name, value
            USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is a share, above 0 and ' || CASE WHEN with_one THEN 'at most 1' ELSE 'below 1' END || ': 2.5 % is 0.025.';
    END IF;
END
$body$;
COMMENT ON FUNCTION check_share(text, numeric, boolean) IS
'Raises 22023 unless value is a share above 0 and below 1, or 1 itself with_one. Part of leads_needed().';

CREATE FUNCTION check_amount(name text, value numeric) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF value <= 0 OR value >= 'Infinity' THEN
        RAISE EXCEPTION '% cannot be %', name, value
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It is an amount above 0.';
    END IF;
END
$body$;
COMMENT ON FUNCTION check_amount(text, numeric) IS
'Raises 22023 unless value is a number above 0. Part of leads_needed().';

/* div() and % are exact, so that 20 customers at 2.5 % are 800 leads and not 801. */
CREATE FUNCTION leads_needed(revenue_goal numeric, marketing_share numeric, average_deal numeric, lead_to_customer_rate numeric,
                             confidence numeric DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    customers numeric;
BEGIN
    PERFORM smarketing.check_amount('revenue_goal', revenue_goal), smarketing.check_share('marketing_share', marketing_share, true),
            smarketing.check_amount('average_deal', average_deal),
            smarketing.check_share('lead_to_customer_rate', lead_to_customer_rate, true),
            smarketing.check_share('confidence', confidence, false);
    customers := div(revenue_goal * marketing_share, average_deal)
        + CASE WHEN revenue_goal * marketing_share % average_deal > 0 THEN 1 ELSE 0 END;
    IF confidence IS NOT NULL THEN
        RETURN smarketing.binomial_trials(customers::bigint, lead_to_customer_rate::float8, confidence::float8);
    END IF;
    RETURN div(customers, lead_to_customer_rate) + CASE WHEN customers % lead_to_customer_rate > 0 THEN 1 ELSE 0 END;
END
$body$;
COMMENT ON FUNCTION leads_needed(numeric, numeric, numeric, numeric, numeric) IS
'How many leads it takes for marketing''s share of a revenue goal: so many whole customers as that share is worth at the average deal, and so many leads as become so many customers on average; with a confidence, the smallest number of leads of which at least so many become customers with at least that probability, each independently at that rate. Null if an argument but confidence is. 22023 for amounts that are not above 0, shares that are not above 0 and at most 1, a confidence that is not between 0 and 1; 22003 where it is more than a bigint holds, or with a confidence more than 10^12.';

CREATE FUNCTION leads_needed(revenue_goal numeric, marketing_share float8, average_deal numeric, lead_to_customer_rate float8,
                             confidence float8 DEFAULT NULL) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000
RETURN leads_needed(revenue_goal, marketing_share::numeric, average_deal, lead_to_customer_rate::numeric, confidence::numeric);
COMMENT ON FUNCTION leads_needed(numeric, float8, numeric, float8, float8) IS
'The same for shares in floating point, as views have them; each is taken at 15 digits.';
