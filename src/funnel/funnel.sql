-- Funnel: how far a group of rows got in a chain of steps, for any table

CREATE FUNCTION funnel_step(internal, interval, timestamptz, boolean[]) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_funnel_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION funnel_step(internal, interval, text, timestamptz, boolean[]) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_funnel_mode_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION funnel_step(internal, interval, timestamptz, bigint) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_funnel_coded_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION funnel_step(internal, interval, timestamptz, text, boolean[]) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_funnel_entry_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION funnel_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_funnel_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION funnel_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'smk_funnel_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION funnel_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_funnel_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE funnel_chain AS (level int, times timestamptz[], attribute text);

CREATE FUNCTION funnel_level_final(internal) RETURNS int
	AS 'MODULE_PATHNAME', 'smk_funnel_level_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
CREATE FUNCTION funnel_times_final(internal) RETURNS timestamptz[]
	AS 'MODULE_PATHNAME', 'smk_funnel_times_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
CREATE FUNCTION funnel_entry_final(internal) RETURNS funnel_chain
	AS 'MODULE_PATHNAME', 'smk_funnel_entry_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

-- The final functions sort the state and change nothing that the next row, or
-- the next call, could see: READ_ONLY, so window frames and shared states work.
-- The state is declared larger than it is for a small group (128 bytes, and 8
-- to 16 an event beyond 11): with the true size the planner prefers a hash
-- table, which misses the processor's cache on every row, to an index in order
-- or a sort, and takes up to twice as long (bench/funnel.sql).
CREATE AGGREGATE window_funnel(within interval, at timestamptz, VARIADIC steps boolean[]) (
	SFUNC = funnel_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = funnel_level_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = funnel_combine, SERIALFUNC = funnel_serialize, DESERIALFUNC = funnel_deserialize,
	PARALLEL = SAFE
);
CREATE AGGREGATE window_funnel(within interval, mode text, at timestamptz, VARIADIC steps boolean[]) (
	SFUNC = funnel_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = funnel_level_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = funnel_combine, SERIALFUNC = funnel_serialize, DESERIALFUNC = funnel_deserialize,
	PARALLEL = SAFE
);
CREATE AGGREGATE window_funnel_step(within interval, at timestamptz, step bigint) (
	SFUNC = funnel_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = funnel_level_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = funnel_combine, SERIALFUNC = funnel_serialize, DESERIALFUNC = funnel_deserialize,
	PARALLEL = SAFE
);
CREATE AGGREGATE funnel_times(within interval, at timestamptz, VARIADIC steps boolean[]) (
	SFUNC = funnel_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = funnel_times_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = funnel_combine, SERIALFUNC = funnel_serialize, DESERIALFUNC = funnel_deserialize,
	PARALLEL = SAFE
);
CREATE AGGREGATE funnel_times(within interval, mode text, at timestamptz, VARIADIC steps boolean[]) (
	SFUNC = funnel_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = funnel_times_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = funnel_combine, SERIALFUNC = funnel_serialize, DESERIALFUNC = funnel_deserialize,
	PARALLEL = SAFE
);
CREATE AGGREGATE funnel_entry(within interval, at timestamptz, attribute text, VARIADIC steps boolean[]) (
	SFUNC = funnel_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = funnel_entry_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = funnel_combine, SERIALFUNC = funnel_serialize, DESERIALFUNC = funnel_deserialize,
	PARALLEL = SAFE
);

COMMENT ON FUNCTION funnel_step(internal, interval, timestamptz, boolean[]) IS 'internal: one row of window_funnel and funnel_times';
COMMENT ON FUNCTION funnel_step(internal, interval, text, timestamptz, boolean[]) IS 'internal: one row of window_funnel and funnel_times with a mode';
COMMENT ON FUNCTION funnel_step(internal, interval, timestamptz, bigint) IS 'internal: one row of window_funnel_step';
COMMENT ON FUNCTION funnel_step(internal, interval, timestamptz, text, boolean[]) IS 'internal: one row of funnel_entry';
COMMENT ON FUNCTION funnel_combine(internal, internal) IS 'internal: joins the states of two workers';
COMMENT ON FUNCTION funnel_serialize(internal) IS 'internal: a state as bytes';
COMMENT ON FUNCTION funnel_deserialize(bytea, internal) IS 'internal: a state from bytes; damaged bytes are an error (22P03)';
COMMENT ON FUNCTION funnel_level_final(internal) IS 'internal: the level of a state; 0 without rows';
COMMENT ON FUNCTION funnel_times_final(internal) IS 'internal: the chain of a state; empty without rows';
COMMENT ON FUNCTION funnel_entry_final(internal) IS 'internal: level, chain and attribute of a state';

COMMENT ON TYPE funnel_chain IS
'How far a group got in a funnel: what funnel_entry returns.';
COMMENT ON COLUMN funnel_chain.level IS 'steps reached, 0 to n';
COMMENT ON COLUMN funnel_chain.times IS 'when each step of the chain happened; as many as level';
COMMENT ON COLUMN funnel_chain.attribute IS 'the attribute in the row of the chain''s step 1; null at level 0';

COMMENT ON AGGREGATE window_funnel(interval, timestamptz, VARIADIC boolean[]) IS
'How far the group got: the length, 0 to n (at most 63), of the longest chain of the steps 1..n in time order that begins at any row of step 1 and lies
within the window of it (inclusive; null: no limit; days count 24 hours). A row fills one step. Rows at one instant may follow each other, in the order of
their sets of steps read as a bit mask, step 1 lowest. Rows in any order: no ORDER BY in the call. Null at: row left out. Null step: false. No rows: 0.
Errors: 22008 infinite at; 22023 months in the window or a negative one, no step or more than 63, number of steps or window changing inside a group;
22004 null array of steps. Source: windowFunnel of ClickHouse with each row used once.';
COMMENT ON AGGREGATE window_funnel(interval, text, timestamptz, VARIADIC boolean[]) IS
'How far the group got, by mode. ordered: as without a mode. increase: each step strictly later than the one before. strict: consecutive rows of the group
only, where repeats of the current step are allowed and any other row ends the chain; it begins again at the next step 1. unique: a step already reached
(also step 1) that fires again ends the chain, which begins again at the next step 1; the rows of one instant advance the chain before they can end it.
The rest as without a mode; also 22023 for an unknown mode or one that changes inside a group, 22004 for a null one.
Sources: ClickHouse (increase), PostHog (strict), Doris (unique).';
COMMENT ON AGGREGATE window_funnel_step(interval, timestamptz, bigint) IS
'How far the group got, where the rows say which step they are: 1 to 63 = the one step of the row (as from CASE), 0 or null = none. The level is the length
of the longest chain 1, 2, 3, ..., so the number of steps need not be known. Mode ordered; nulls and errors as window_funnel, and 22023 for another value.';
COMMENT ON AGGREGATE funnel_times(interval, timestamptz, VARIADIC boolean[]) IS
'When each step of the chain that window_funnel finds happened; its cardinality is the level, {} if 0. Of chains of equal length the one completed first,
with the latest entry and then the earliest steps between. Nulls and errors as window_funnel.';
COMMENT ON AGGREGATE funnel_times(interval, text, timestamptz, VARIADIC boolean[]) IS
'When each step of the chain that window_funnel finds in this mode happened; its cardinality is the level, {} if 0. Of chains of equal length the one
completed first, with the latest entry and then the earliest steps between. Nulls and errors as window_funnel.';
COMMENT ON AGGREGATE funnel_entry(interval, timestamptz, text, VARIADIC boolean[]) IS
'Level and times of the chain that window_funnel finds, and the attribute''s value in the row of its step 1: a breakdown that does not split the chain.
Rows of step 1 at one instant count in the order of their sets of steps, then of the attribute (COLLATE "C", null last). Null attribute: allowed. No
rows: level 0, {} and null. Errors as window_funnel.';
