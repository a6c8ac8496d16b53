-- ---------------------------------------------------------------------------
-- The status of an SLA clock
-- ---------------------------------------------------------------------------

CREATE TYPE sla_status AS (
	commitment text,
	department text,
	state text,
	started_at timestamptz,
	due_at timestamptz,
	ended_at timestamptz,
	target interval,
	elapsed interval,
	remaining interval,
	progress float8
);

COMMENT ON TYPE sla_status IS 'How a clock of the agreement stands at an instant.';
COMMENT ON COLUMN sla_status.commitment IS 'Key of the commitment; null from the pure function.';
COMMENT ON COLUMN sla_status.department IS 'Department that owes it; null from the pure function.';
COMMENT ON COLUMN sla_status.state IS 'running, at_risk, paused, breached (open and late), met, met_late, or cancelled (of clocks; never from the pure function).';
COMMENT ON COLUMN sla_status.started_at IS 'When the clock started.';
COMMENT ON COLUMN sla_status.due_at IS 'The earliest instant by which the target has passed; null while an open pause keeps it from being known, or if it is never reached.';
COMMENT ON COLUMN sla_status.ended_at IS 'When it ended; null while it is open. On time means ended_at <= due_at.';
COMMENT ON COLUMN sla_status.target IS 'Working time that the answer may take.';
COMMENT ON COLUMN sla_status.elapsed IS 'Unpaused working time from the start to the end, or to the instant of the question while open; never clamped, so it may exceed the target.';
COMMENT ON COLUMN sla_status.remaining IS 'target - elapsed; negative when it has been exceeded.';
COMMENT ON COLUMN sla_status.progress IS 'elapsed / target; null for a target of zero.';

CREATE FUNCTION sla_status(
	hours working_hours,
	started_at timestamptz,
	target interval,
	ended_at timestamptz DEFAULT NULL,
	paused tstzmultirange DEFAULT '{}',
	warn_at float8 DEFAULT 0.8,
	as_of timestamptz DEFAULT now())
	RETURNS sla_status
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'smk_sla_status';

COMMENT ON FUNCTION sla_status(working_hours, timestamptz, interval, timestamptz, tstzmultirange, float8, timestamptz) IS
'The status of one clock, on any table. An open clock is judged at as_of: breached after due_at, else paused inside a pause, else at_risk from warn_at (a share of the target; null: never) on, else running. A clock with ended_at is met up to due_at and met_late after it, whatever as_of is. Pauses may be unbounded and reach outside working time; their infinite bounds count as unbounded. A target of zero is due at the start. Null if hours, started_at, target or as_of is null; a null paused means no pause. Errors: 22023 for months, days or a negative target, NaN in warn_at; 22008 for an infinite timestamp or a result out of range.';
