-- ---------------------------------------------------------------------------
-- Working hours: a value type, and the arithmetic of working time
-- ---------------------------------------------------------------------------

CREATE TYPE working_hours;

CREATE FUNCTION working_hours_in(cstring) RETURNS working_hours
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'smk_working_hours_in';

CREATE FUNCTION working_hours_out(working_hours) RETURNS cstring
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'smk_working_hours_out';

CREATE FUNCTION working_hours_recv(internal) RETURNS working_hours
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'smk_working_hours_recv';

CREATE FUNCTION working_hours_send(working_hours) RETURNS bytea
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'smk_working_hours_send';

CREATE TYPE working_hours (
	INPUT = working_hours_in,
	OUTPUT = working_hours_out,
	RECEIVE = working_hours_recv,
	SEND = working_hours_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = main
);

COMMENT ON TYPE working_hours IS
'When somebody works: a time zone of the time zone database, then rules separated by ";".
A rule is DAYS off | DAYS TIMES | DAYS extra TIMES | DAYS closed TIMES | 24/7.
DAYS: Mo Tu We Th Fr Sa Su in ranges and lists (Mo-We,Fr), YYYY-MM-DD, FROM/TO (inclusive), or MM-DD (every year).
TIMES: HH:MM-HH:MM, seconds allowed, several separated by commas, up to 24:00; an end before its start runs into the next day.
Layers, later wins: weekdays, yearly dates, dates, extra, closed; inside a layer the rule written later. A dated or yearly rule first closes its local day from midnight to midnight.
Output is canonical: equal hours of dated rules print alike, whatever the order in which they were written. A zone alone is never open.
Errors: 22P02 (syntax), 22007 (a time or date that does not exist), 22023 (time zone), 54000 (too many dated times).';

CREATE FUNCTION working_hours_eq(working_hours, working_hours) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_eq';

CREATE FUNCTION working_hours_ne(working_hours, working_hours) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_ne';

CREATE FUNCTION working_hours_lt(working_hours, working_hours) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_lt';

CREATE FUNCTION working_hours_le(working_hours, working_hours) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_le';

CREATE FUNCTION working_hours_gt(working_hours, working_hours) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_gt';

CREATE FUNCTION working_hours_ge(working_hours, working_hours) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_ge';

CREATE FUNCTION working_hours_cmp(working_hours, working_hours) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_cmp';

CREATE FUNCTION working_hours_hash(working_hours) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_hash';

CREATE FUNCTION working_hours_hash_extended(working_hours, bigint) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'smk_working_hours_hash_extended';

CREATE OPERATOR = (
	LEFTARG = working_hours, RIGHTARG = working_hours,
	FUNCTION = working_hours_eq, COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR <> (
	LEFTARG = working_hours, RIGHTARG = working_hours,
	FUNCTION = working_hours_ne, COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);

CREATE OPERATOR < (
	LEFTARG = working_hours, RIGHTARG = working_hours,
	FUNCTION = working_hours_lt, COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR <= (
	LEFTARG = working_hours, RIGHTARG = working_hours,
	FUNCTION = working_hours_le, COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR > (
	LEFTARG = working_hours, RIGHTARG = working_hours,
	FUNCTION = working_hours_gt, COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR >= (
	LEFTARG = working_hours, RIGHTARG = working_hours,
	FUNCTION = working_hours_ge, COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR CLASS working_hours_ops
	DEFAULT FOR TYPE working_hours USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 working_hours_cmp(working_hours, working_hours);

CREATE OPERATOR CLASS working_hours_ops
	DEFAULT FOR TYPE working_hours USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 working_hours_hash(working_hours),
	FUNCTION 2 working_hours_hash_extended(working_hours, bigint);

COMMENT ON FUNCTION working_hours_in(cstring) IS 'Input of the type working_hours.';
COMMENT ON FUNCTION working_hours_out(working_hours) IS 'Output of the type working_hours: canonical text.';
COMMENT ON FUNCTION working_hours_recv(internal) IS 'Binary input of the type working_hours: a version byte and the text, checked like any text.';
COMMENT ON FUNCTION working_hours_send(working_hours) IS 'Binary output of the type working_hours: a version byte and the canonical text.';
COMMENT ON FUNCTION working_hours_eq(working_hours, working_hours) IS 'Is the canonical text the same?';
COMMENT ON FUNCTION working_hours_ne(working_hours, working_hours) IS 'Is the canonical text different?';
COMMENT ON FUNCTION working_hours_lt(working_hours, working_hours) IS 'Order of working_hours: total and stable, by zone and rules, without further meaning.';
COMMENT ON FUNCTION working_hours_le(working_hours, working_hours) IS 'Order of working_hours: total and stable, by zone and rules, without further meaning.';
COMMENT ON FUNCTION working_hours_gt(working_hours, working_hours) IS 'Order of working_hours: total and stable, by zone and rules, without further meaning.';
COMMENT ON FUNCTION working_hours_ge(working_hours, working_hours) IS 'Order of working_hours: total and stable, by zone and rules, without further meaning.';
COMMENT ON FUNCTION working_hours_cmp(working_hours, working_hours) IS 'Order of working_hours for btree: -1, 0 or 1.';
COMMENT ON FUNCTION working_hours_hash(working_hours) IS 'Hash of working_hours.';
COMMENT ON FUNCTION working_hours_hash_extended(working_hours, bigint) IS 'Hash of working_hours with a seed.';
COMMENT ON OPERATOR FAMILY working_hours_ops USING btree IS 'Sorting and grouping working_hours.';
COMMENT ON OPERATOR CLASS working_hours_ops USING btree IS 'Sorting and grouping working_hours.';
COMMENT ON OPERATOR FAMILY working_hours_ops USING hash IS 'Hashing working_hours.';
COMMENT ON OPERATOR CLASS working_hours_ops USING hash IS 'Hashing working_hours.';
COMMENT ON OPERATOR = (working_hours, working_hours) IS 'equal';
COMMENT ON OPERATOR <> (working_hours, working_hours) IS 'not equal';
COMMENT ON OPERATOR < (working_hours, working_hours) IS 'less than';
COMMENT ON OPERATOR <= (working_hours, working_hours) IS 'less than or equal';
COMMENT ON OPERATOR > (working_hours, working_hours) IS 'greater than';
COMMENT ON OPERATOR >= (working_hours, working_hours) IS 'greater than or equal';

-- The functions are immutable for a value, as timezone(text, timestamptz) is:
-- what they answer changes only when the server's time zone database does.

CREATE FUNCTION working_time(hours working_hours, from_at timestamptz, to_at timestamptz)
	RETURNS interval
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_working_time';
COMMENT ON FUNCTION working_time(working_hours, timestamptz, timestamptz) IS
'Working time between two instants, as an interval of microseconds only; negative if to_at is earlier; additive. Null if an argument is null. Errors: 22008 for an infinite timestamp or more than an interval holds.';

CREATE FUNCTION add_working_time(hours working_hours, at timestamptz, amount interval)
	RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_add_working_time';
COMMENT ON FUNCTION add_working_time(working_hours, timestamptz, interval) IS
'The earliest instant by which this much working time has passed since `at` (so an amount used up at closing gives that closing); for a negative amount the latest one before; for 0 `at` itself. Null if it is never reached. Errors: 22023 for months or days in the amount, 22008 for an infinite timestamp or a result out of range.';

CREATE FUNCTION add_working_days(hours working_hours, at timestamptz, days integer)
	RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_add_working_days';
COMMENT ON FUNCTION add_working_days(working_hours, timestamptz, integer) IS
'The days-th local date with open time after that of `at` (before it, if negative), at the same clock reading: the first instant that reads it or later. 0 gives `at`. Null if there is no such date. Errors: 22008 for an infinite timestamp or a result out of range.';

CREATE FUNCTION is_working(hours working_hours, at timestamptz)
	RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_is_working';
COMMENT ON FUNCTION is_working(working_hours, timestamptz) IS
'Is `at` in open time? The opening is, the closing is not. Errors: 22008 for an infinite timestamp.';

CREATE FUNCTION next_opening(hours working_hours, at timestamptz)
	RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_next_opening';
COMMENT ON FUNCTION next_opening(working_hours, timestamptz) IS
'The first open instant at or after `at`: `at` itself if open, null if it never opens again. Errors: 22008 for an infinite timestamp or a result out of range.';

CREATE FUNCTION next_closing(hours working_hours, at timestamptz)
	RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_next_closing';
COMMENT ON FUNCTION next_closing(working_hours, timestamptz) IS
'The end of the open stretch that holds `at` or is the next after it; null if it never opens again, or never closes (24/7). Errors: 22008 for an infinite timestamp or a result out of range.';

CREATE FUNCTION previous_closing(hours working_hours, at timestamptz)
	RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_previous_closing';
COMMENT ON FUNCTION previous_closing(working_hours, timestamptz) IS
'The latest closing at or before `at`; `at` itself inside an open stretch (at an opening: the closing before it); null if it was never open before. Errors: 22008 for an infinite timestamp or a result out of range.';

CREATE FUNCTION working_day_end(hours working_hours, at timestamptz, days integer DEFAULT 0)
	RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'smk_working_day_end_sql';
COMMENT ON FUNCTION working_day_end(working_hours, timestamptz, integer) IS
'The last closing of the local date that `at` counts for, its own while something is still open in it, else the next working date; then so many working days on (back, if negative). A date ends at midnight, also where a shift goes on. Null if there is no such date. Errors: 22008 for an infinite timestamp or a result out of range.';

CREATE FUNCTION working_periods(hours working_hours, from_at timestamptz, to_at timestamptz)
	RETURNS SETOF tstzrange
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2 ROWS 250
	AS 'MODULE_PATHNAME', 'smk_working_periods';
COMMENT ON FUNCTION working_periods(working_hours, timestamptz, timestamptz) IS
'The open stretches from from_at to to_at, cut there, in order, as ranges [opening, closing); none if to_at is not later. Errors: 22008 for an infinite timestamp.';
