-- Property: binomial_trials() finds the smallest number of trials that is enough, as a direct sum of exact numbers says.
--
--   psql -X -v seed=0.42 -v cases=300 -f test/property/leads_needed.sql
--
-- Random k, rate a/100 and confidence c/1000.  P(X < k) is the sum of C(n, i) a^i b^(n - i) for i < k over 100^n, b being
-- 100 - a: integers, so that nothing is rounded.
\ir ../pgtap/include/begin.psql
\if :{?seed} \else \set seed 0.42 \endif
\if :{?cases} \else \set cases 300 \endif
SELECT setseed(:seed) \gset ignored_
SELECT plan(5);

CREATE FUNCTION pg_temp.power(base numeric, exponent int) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS
$$
DECLARE
    half numeric;
BEGIN
    IF exponent = 0 THEN
        RETURN 1;
    END IF;
    half := pg_temp.power(base, exponent / 2);
    RETURN half * half * CASE exponent % 2 WHEN 1 THEN base ELSE 1 END;
END
$$;

-- Is P(Binomial(n, a/100) >= k) >= c/1000?
CREATE FUNCTION pg_temp.is_enough(n int, k int, a int, c int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
$$
DECLARE
    b CONSTANT int := 100 - a;
    term numeric := pg_temp.power(b, n);
    below numeric := term;
BEGIN
    FOR i IN 1 .. least(k - 1, n) LOOP
        term := div(term * (n - i + 1) * a, i * b);
        below := below + term;
    END LOOP;
    RETURN below * 1000 <= (1000 - c) * pg_temp.power(100, n);
END
$$;

CREATE TEMPORARY TABLE tried AS
SELECT k, a, c, smarketing.binomial_trials(k, a / 100.0::float8, c / 1000.0::float8)::int AS n
FROM (SELECT 1 + floor(random() ^ 2 * 30)::int AS k, 2 + floor(random() * 97)::int AS a, 1 + floor(random() * 999)::int AS c
      FROM generate_series(1, :cases) AS i) AS r;

SELECT is_empty($$SELECT * FROM tried WHERE NOT pg_temp.is_enough(n, k, a, c)$$, 'what it finds is enough');
SELECT is_empty($$SELECT * FROM tried WHERE n > k AND pg_temp.is_enough(n - 1, k, a, c)$$, 'one less is not');
SELECT is_empty($$SELECT * FROM tried WHERE n < k$$, 'nor fewer than are to succeed');
-- ties, where rounding would tell: at one half, 2k - 1 trials bring k successes with a probability of exactly one half
SELECT is_empty($$SELECT k FROM generate_series(1, 2000) AS k WHERE smarketing.binomial_trials(k, 0.5, 0.5) <> 2 * k - 1$$, 'ties count as enough');
SELECT is_empty($$SELECT e FROM generate_series(1, 11) AS e CROSS JOIN LATERAL (SELECT (10 ^ e)::bigint AS k) AS x
                  WHERE smarketing.binomial_trials(k, 0.5, 0.5) <> 2 * k - 1$$, 'also of many');
SELECT * FROM finish();
