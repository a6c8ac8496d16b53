-- Attribution: which touches get the credit for a conversion, by eight models
-- at once, for any table

CREATE TYPE credit AS (
	converted_at timestamptz,
	value numeric,
	touched_at timestamptz,
	touch text,
	"position" int,
	touches int,
	first_touch numeric,
	last_touch numeric,
	last_non_direct numeric,
	linear numeric,
	position_based numeric,
	w_shaped numeric,
	full_path numeric,
	time_decay numeric
);

CREATE FUNCTION attribution_step(internal, timestamptz, text, numeric) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_attribution_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION attribution_step(internal, timestamptz, text, numeric, text, interval, interval, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_attribution_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION attribution_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_attribution_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION attribution_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'smk_attribution_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION attribution_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'smk_attribution_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION attribution_final(internal) RETURNS credit[]
	AS 'MODULE_PATHNAME', 'smk_attribution_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;

-- The final function sorts a copy of the state.  Its declared size: as for
-- window_funnel, more than a small group takes, for the sake of the plan.
CREATE AGGREGATE attribution(at timestamptz, touch text, conversion numeric) (
	SFUNC = attribution_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = attribution_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = attribution_combine, SERIALFUNC = attribution_serialize, DESERIALFUNC = attribution_deserialize,
	PARALLEL = SAFE
);
CREATE AGGREGATE attribution(at timestamptz, touch text, conversion numeric, milestone text, lookback interval, half_life interval, direct text) (
	SFUNC = attribution_step, STYPE = internal, SSPACE = 8192,
	FINALFUNC = attribution_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = attribution_combine, SERIALFUNC = attribution_serialize, DESERIALFUNC = attribution_deserialize,
	PARALLEL = SAFE
);

COMMENT ON FUNCTION attribution_step(internal, timestamptz, text, numeric) IS 'internal: one row of attribution, with the default look-back, half-life and name of a direct touch';
COMMENT ON FUNCTION attribution_step(internal, timestamptz, text, numeric, text, interval, interval, text) IS 'internal: one row of attribution';
COMMENT ON FUNCTION attribution_combine(internal, internal) IS 'internal: joins the states of two workers';
COMMENT ON FUNCTION attribution_serialize(internal) IS 'internal: a state as bytes';
COMMENT ON FUNCTION attribution_deserialize(bytea, internal) IS 'internal: a state from bytes; damaged bytes are an error (22P03)';
COMMENT ON FUNCTION attribution_final(internal) IS 'internal: the credits of a state; empty without rows';

COMMENT ON TYPE credit IS
'One touch''s credit for one conversion, by model: what attribution returns. Each model''s credits of a conversion sum to its value exactly, at the value''s own
scale (at least 2 digits; largest remainder, the earlier touch first on ties).';
COMMENT ON COLUMN credit.converted_at IS 'when the conversion happened';
COMMENT ON COLUMN credit.value IS 'the conversion''s value, as it was given';
COMMENT ON COLUMN credit.touched_at IS 'when the touch happened; null where no touch was in the window';
COMMENT ON COLUMN credit.touch IS 'the touch; (unattributed) with the whole value in every model where no touch was in the window';
COMMENT ON COLUMN credit."position" IS 'place of the touch among those of the conversion, from 1; null where there is none';
COMMENT ON COLUMN credit.touches IS 'number of touches in the conversion''s window; 0 where there is none';
COMMENT ON COLUMN credit.first_touch IS 'all to the first touch';
COMMENT ON COLUMN credit.last_touch IS 'all to the last touch';
COMMENT ON COLUMN credit.last_non_direct IS 'all to the last touch that is not direct; to the last one if all are direct';
COMMENT ON COLUMN credit.linear IS 'the same to each touch';
COMMENT ON COLUMN credit.position_based IS 'U-shaped: 40 % to the first, 40 % to the last, 20 % over those between; two touches 50/50; one all';
COMMENT ON COLUMN credit.w_shaped IS
'30 % each to the first touch and to the last touches at or before lead and opportunity creation, 10 % over the others. Shares that fall on one touch add up; a missing milestone''s share goes to
the present ones; with no other touch the 10 % go to these touches pro rata';
COMMENT ON COLUMN credit.full_path IS '22.5 % each to the touches of w_shaped and to the last touch, 10 % over the others; the rest as w_shaped';
COMMENT ON COLUMN credit.time_decay IS 'in proportion to 2^(-age / half-life); ages count from the newest touch, so that old journeys do not vanish';

COMMENT ON AGGREGATE attribution(timestamptz, text, numeric) IS
'Who gets the credit for a group''s conversions, by eight models in one pass: one credit for each conversion and touch in its window, by time. A row is a touch
(touch not null), a conversion (conversion = its value, not null) or both. Each conversion takes the touches of the 90 days before it, itself included: (converted_at - 90 days,
converted_at]; half-life 7 days; a touch named direct is direct. Touches at one instant are ordered by name (COLLATE "C"), one in the conversion''s own row last.
Rows in any order: no ORDER BY in the call. Null at: row left out. No rows, or no conversion: {}. Errors: 22003 negative, NaN or infinite conversion; 22008
infinite at; 54000 more credits than an array can hold.';
COMMENT ON AGGREGATE attribution(timestamptz, text, numeric, text, interval, interval, text) IS
'As attribution(at, touch, conversion), with milestones and rules. milestone: lead or opportunity (creation), null for a row that is none; a conversion counts the
latest of each at or before it. lookback: touches in (converted_at - lookback, converted_at] count; half_life of time_decay; direct: the name of a direct touch.
Null stands for the default of each (90 days, 7 days, direct); for no limit give a long lookback. Days count 24 hours. Errors: also 22023 for another milestone, months in an interval, a negative one, a half-life of 0, and a
lookback, half_life or direct that changes inside a group. Sources: W-shaped and full path as published by Bizible; largest remainder is Hamilton''s method.';
