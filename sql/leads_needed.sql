-- leads_needed(): how many leads a revenue goal takes
-- 500,000 x 40 % / 10,000 = 20 customers
SELECT smarketing.leads_needed(500000, 0.4, 10000, 0.025) AS on_average,
       smarketing.leads_needed(500000, 0.4, 10000, 0.025, 0.8) AS at_80_percent,
       smarketing.leads_needed(500000, 0.4, 10000, 0.025, 0.9) AS at_90_percent;
-- shares in floating point, as views have them, are no different
SELECT smarketing.leads_needed(500000, 0.4::float8, 10000, 0.025::float8) AS on_average,
       smarketing.leads_needed(500000, 0.4::float8, 10000, 0.025::float8, confidence => 0.8::float8) AS at_80_percent,
       smarketing.leads_needed(revenue_goal => 500000, marketing_share => 0.4, average_deal => 10000,
                               lead_to_customer_rate => 0.025::float8, confidence => 0.9) AS at_90_percent;
-- whole customers, whole leads: 20.0001 customers are 21, 3 customers at a third less a hair are 10 leads
SELECT smarketing.leads_needed(500002.5, 0.4, 10000, 0.025) AS "840",
       smarketing.leads_needed(3, 1, 1, 0.3333333333333333333333333) AS "10",
       smarketing.leads_needed(0.01, 0.01, 1000000, 1) AS "1",
       smarketing.leads_needed(9e18, 1, 1, 1) AS big;
-- ties: exactly the confidence is enough
SELECT smarketing.leads_needed(1, 1, 1, 0.5, 0.5) AS "1", smarketing.leads_needed(1, 1, 1, 0.5, 0.75) AS "2",
       smarketing.leads_needed(1, 1, 1, 0.5, 0.7500001) AS "3",
       smarketing.leads_needed(5, 1, 1, 0.5, 0.5) AS "9", smarketing.leads_needed(1000000, 1, 1, 0.5, 0.5) AS "1999999";
-- all of them become customers
SELECT smarketing.leads_needed(7, 1, 1, 1, 0.999) AS "7";
-- the ends of the range
SELECT smarketing.leads_needed(20, 1, 1, 0.025, 0.000001) AS hardly, smarketing.leads_needed(20, 1, 1, 0.025, 0.999999999) AS surely,
       smarketing.leads_needed(1, 1, 1, 0.000001, 0.9) AS rarely, smarketing.leads_needed(20000000, 1, 1, 0.025, 0.9) AS many;
-- null is not known; of the confidence, none
SELECT smarketing.leads_needed(NULL, 0.4, 10000, 0.025) IS NULL AND smarketing.leads_needed(500000, NULL, 10000, 0.025, 0.8) IS NULL
       AND smarketing.leads_needed(500000, 0.4, NULL, 0.025) IS NULL AND smarketing.leads_needed(500000, 0.4, 10000, NULL, 0.8) IS NULL AS unknown;
-- what is no amount, no share, no confidence
\set VERBOSITY terse
SELECT smarketing.leads_needed(0, 0.4, 10000, 0.025);
SELECT smarketing.leads_needed(-1, 0.4, 10000, 0.025);
SELECT smarketing.leads_needed('NaN', 0.4, 10000, 0.025);
SELECT smarketing.leads_needed('Infinity', 0.4, 10000, 0.025);
SELECT smarketing.leads_needed(500000, 0, 10000, 0.025);
SELECT smarketing.leads_needed(500000, 40, 10000, 0.025);
SELECT smarketing.leads_needed(500000, 'NaN'::numeric, 10000, 0.025);
SELECT smarketing.leads_needed(500000, 0.4, 0, 0.025);
SELECT smarketing.leads_needed(500000, 0.4, 'NaN', 0.025);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 0);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 2.5);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 'NaN'::float8);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 0.025, 0);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 0.025, 1);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 0.025, 80);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 0.025, 'NaN'::numeric);
-- more than there are
SELECT smarketing.leads_needed(1e19, 1, 1, 1);
SELECT smarketing.leads_needed(1, 1, 1, 1e-30);
SELECT smarketing.leads_needed(1e13, 1, 1, 0.5, 0.5);
SELECT smarketing.leads_needed(1, 1, 1, 1e-13, 0.5);
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT smarketing.leads_needed(500000, 0.4, 10000, 2.5);
SELECT smarketing.leads_needed(500000, 0.4, 10000, 0.025, 1);
SELECT smarketing.leads_needed(500000, 0.4, -10000, 0.025);
-- the function below it, with what its callers keep from it
SELECT smarketing.binomial_trials(0, 0.5, 0.5);
SELECT smarketing.binomial_trials(1, 'NaN', 0.5);
SELECT smarketing.binomial_trials(1, 0.5, 'NaN');
