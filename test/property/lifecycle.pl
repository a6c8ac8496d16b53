# A workspace is driven by chance: whatever clients do to it, in whatever mode, verify() finds nothing wrong.
#	SMK_SEED=n   that seed only;  SMK_STEPS=n   statements per seed
use strict;
use warnings;

my @stages = qw(subscriber lead mql sal sql opportunity customer recycled disqualified closed_lost former_customer);
my @reasons = (qw(not_ready wrong_size wrong_territory duplicate no_response timing spam not_a_fit price left), undef);
my @actors = (qw(bia leo max ana), undef, undef);
my @kinds = qw(demo_request call conversation marketing_call page_view newsletter);
my @seeds = defined $ENV{SMK_SEED} ? ($ENV{SMK_SEED}) : (1 .. 4);
my $steps = $ENV{SMK_STEPS} || 3000;

# a generator of our own: the same walk on every machine
my $state;
sub chance { $state = ($state * 1103515245 + 12345) % 2147483648; return $state / 2147483648 }
sub below { return int(chance() * $_[0]) }
sub one { return $_[below(scalar @_)] }
sub quoted { return defined $_[0] ? "'$_[0]'" : 'NULL' }

my $setup = <<'SQL';
SELECT smarketing.create_workspace('walk');
SET search_path = walk, pg_temp;
INSERT INTO team (name, department) VALUES ('north', 'sales'), ('south', 'sales'), ('growth', 'marketing');
INSERT INTO member (name, department, team) VALUES ('bia', 'sales', 'north'), ('max', 'sales', 'north'), ('leo', 'sales', 'south'),
    ('ana', 'marketing', 'growth');
INSERT INTO routing_rule (team, condition, position) VALUES ('south', '$.country == "BR"', 1), ('north', NULL, 2);
INSERT INTO persona (name, condition, position) VALUES ('boss', '$.job_title starts with "C"', 1), ('known', '$.id > 5', 2);
INSERT INTO account (name) SELECT 'account ' || i FROM generate_series(1, 5) AS i;
INSERT INTO event_consumer (name) VALUES ('reader');
INSERT INTO commitment (agreement_id, key, department, starts_on, ends_on, released_on, min_count, within, counted, calendar, calendar_of)
SELECT a.id, c.* FROM agreement AS a, (VALUES
    ('worked', 'sales', 'stage:sal', 'stage:sql', '{stage:disqualified,stage:recycled,deal:lost}'::text[], 1, '50 ms'::interval, 'around_the_clock', NULL, 'owner'),
    ('won', 'sales', 'stage:opportunity', 'deal:won', '{deal:lost,stage:closed_lost}', 1, '0', 'around_the_clock', NULL, 'commitment'),
    ('talked', 'sales', 'attempt', 'contact', '{stage:disqualified}', 2, '200 ms', 'around_the_clock', NULL, 'team'),
    ('called', 'sales', 'handoff:accepted', 'activity:call', '{activity:page_view,handoff:returned}', 3, '4 hours', 'working', 'office', 'owner'),
    ('told', 'sales', 'handoff:rejected', 'feedback', '{handoff:offered}', 1, NULL, 'working_day_end', 'office', 'commitment'),
    ('touched', 'marketing', 'stage:recycled', 'touch', '{handoff:offered,contact}', 2, '1 day', 'around_the_clock', NULL, 'commitment'),
    ('twice', 'marketing', 'handoff:offered', 'stage:mql', '{stage:sql}', 2, '100 ms', 'around_the_clock', NULL, 'commitment'),
    ('reminded', 'sales', 'activity:demo_request', 'follow_up_due', '{deal:won}', 1, '1 day', 'around_the_clock', NULL, 'commitment'),
    ('returned', 'sales', 'follow_up_due', 'touch', '{stage:closed_lost}', 1, '1 day', 'around_the_clock', NULL, 'commitment'),
    ('learnt', 'marketing', 'feedback', 'handoff:accepted', '{deal:won,handoff:decided}', 1, '100 ms', 'around_the_clock', NULL, 'commitment')
    ) AS c (key, department, starts_on, ends_on, released_on, min_count, within, counted, calendar, calendar_of);
UPDATE agreement SET marketing_signed_by = 'ana', sales_signed_by = 'max';
SQL

# in an import a move lies a minute after the one before, but not in the future
my $minute_later = "least(stage_since + interval '1 minute', greatest(now(), stage_since))";

sub move_lead
{
	my ($lead, $import) = @_;
	my $where = chance() < 0.8 ? "id = $lead" : "id BETWEEN $lead AND $lead + 5";
	my $since = $import ? ", stage_since = $minute_later" :
		chance() < 0.15 ? ", stage_since = greatest(stage_since, now() - interval '" . below(4) . " s')" : '';
	return "UPDATE lead SET stage = '" . one(@stages) . "', reason = " . quoted(one(@reasons)) . "$since WHERE $where";
}

sub new_lead
{
	my ($import) = @_;
	my ($column, $value) = $import ? (', stage_since', ", '2020-01-01'::timestamptz + interval '1 hour' * " . below(1000)) : ('', '');
	return "INSERT INTO lead (stage, job_title, country, account_id$column) VALUES ('" . one('lead', 'lead', 'lead', @stages) . "', " .
		quoted(one('CEO', 'Dev', undef)) . ', ' . quoted(one('BR', 'IT', undef)) . ', ' . one('NULL', 1 .. 5) . "$value)";
}

# told at once or late, for one lead or some; changed, taken back
sub activity
{
	my ($lead) = @_;
	my $what = chance();
	my $at = 'now()' . (chance() < 0.3 ? " - interval '" . below(3000) . " ms'" : chance() < 0.1 ? " - interval '" . (1 + below(90)) . " hours'" : '');
	my $kind = one(@kinds);
	return "UPDATE activity SET kind = '$kind', at = $at WHERE id % 7 = 0 AND lead_id % 9 = " . below(9) if $what < 0.10;
	return "UPDATE activity SET lead_id = $lead WHERE id % 11 = 0 AND lead_id % 9 = " . below(9) if $what < 0.13;
	return 'DELETE FROM activity WHERE id % 5 = ' . below(5) . ' AND lead_id % 9 = ' . below(9) if $what < 0.20;
	return "INSERT INTO activity (lead_id, kind, at) SELECT l.id, '$kind', $at FROM lead AS l WHERE l.id BETWEEN $lead AND $lead + " . one(0, 0, 5, 60);
}

sub deal
{
	my ($step, $lead) = @_;
	my $what = chance();
	my $some = 'WHERE id = ' . (1 + below(1 + $step / 20));
	my $closed = chance() < 0.3 ? ", closed_at = greatest(opened_at, now() - interval '" . below(900) . " ms')" : '';
	return "INSERT INTO deal (lead_id, amount) VALUES ($lead, " . below(1000) . ')' if $what < 0.5;
	return "UPDATE deal SET amount = amount + 1 $some" if $what < 0.53;
	return "UPDATE deal SET lead_id = $lead $some" if $what < 0.56;
	return "DELETE FROM deal $some" if $what < 0.58;
	return 'UPDATE deal SET won = ' . one(qw(true false NULL)) . ', reason = ' . quoted(one('price', 'no_decision', undef)) . "$closed $some";
}

# what only the agreement's clocks take notice of
sub promise
{
	my ($step, $lead) = @_;
	my $what = chance();
	my $at = 'now()' . (chance() < 0.3 ? " - interval '" . below(900) . " ms'" : '');
	return "INSERT INTO feedback (lead_id, body, at) VALUES ($lead, 'x', $at)" if $what < 0.30;
	return 'UPDATE lead SET do_not_contact = ' . one(qw(true false false)) . " WHERE id = $lead" if $what < 0.37;
	return 'UPDATE lead SET follow_up_on = ' . one('NULL', 'current_date', 'current_date - 1', 'current_date + 1') . " WHERE id = $lead" if $what < 0.47;
	return 'UPDATE stage SET pauses_clocks = ' . one(qw(true false)) . " WHERE name = 'sql'" if $what < 0.49;
	return "UPDATE calendar SET hours = 'UTC; Mo-Su " . one('08:00', '09:00', '00:00') . '-' . one('17:00', '24:00') . "' WHERE name = 'office'" if $what < 0.52;
	return "SELECT count(*) FROM smarketing.purge_activities('walk', now() - interval '" . (80 + below(20)) . " hours')" if $what < 0.56;
	return "RESET smarketing.actor; SELECT smarketing.amend_agreement('walk', 'standard'); UPDATE agreement SET marketing_signed_by = 'ana', sales_signed_by = 'max' WHERE marketing_signed_by IS NULL"
		if $what < 0.58;
	return "SELECT count(*) FROM smarketing.tick('walk')";
}

sub statement
{
	my ($step) = @_;
	my $lead = 1 + below(60);
	my $what = chance();
	return new_lead(0) if $what < 0.11;
	return move_lead($lead, 0) if $what < 0.50;
	return "UPDATE lead SET stage = 'mql' WHERE stage IN ('lead', 'recycled', 'subscriber') AND id % " . (1 + below(4)) . ' = 0' if $what < 0.57;
	return "UPDATE handoff SET decision = '" . one(qw(accepted rejected rejected rerouted merged)) . "', reason = " . quoted(one(@reasons)) .
		' WHERE decision IS NULL AND lead_id % ' . (1 + below(9)) . ' = 0' if $what < 0.70;
	return 'UPDATE lead SET excluded = ' . quoted(one('spam', 'test', undef, undef)) . " WHERE id = $lead" if $what < 0.73;
	return "DELETE FROM lead WHERE id = $lead" if $what < 0.75;
	return deal($step, $lead) if $what < 0.81;
	return activity($lead) if $what < 0.88;
	return promise($step, $lead) if $what < 0.94;
	return 'UPDATE lead SET account_id = ' . (1 + below(5)) . ', job_title = ' . quoted(one('CTO', 'Dev', undef)) . " WHERE id = $lead" if $what < 0.955;
	return "UPDATE setting SET value = '\"" . one(qw(enforce step observe)) . "\"' WHERE name = 'transition_mode'" if $what < 0.97;
	return "UPDATE setting SET value = '" . one(qw(true false)) . "' WHERE name = 'live'" if $what < 0.98;
	return "SELECT count(*) FROM smarketing.take_events('walk', 'reader', 50)" if $what < 0.985;
	return "INSERT INTO lead (id, stage) VALUES ($lead, 'lead')";
}

sub walk
{
	my $sql = $setup;
	for my $step (1 .. $steps)
	{
		my $actor = one(@actors);
		my $statement = statement($step);
		my $import = chance() < 0.08;
		$statement = chance() < 0.3 ? new_lead(1) : move_lead(1 + below(60), 1) if $import;
		$sql .= defined $actor ? "SET smarketing.actor = '$actor';\n" : "RESET smarketing.actor;\n";
		$sql .= $import ? "BEGIN; SET LOCAL smarketing.import = 'batch $step'; $statement; COMMIT;\n" : "$statement;\n";
	}
	return $sql;
}

# an event for each breach and warning on a clock, and none without
my $told_once = <<'SQL';
SELECT k.kind, k.clock, count(e.id)
FROM (SELECT 'sla_breached' AS kind, id AS clock, breach_recorded_at AS at FROM walk.sla_clock
      UNION ALL SELECT 'sla_at_risk', id, warn_recorded_at FROM walk.sla_clock) AS k
LEFT JOIN walk.event AS e ON e.kind = k.kind AND (e.payload ->> 'clock')::bigint = k.clock
GROUP BY k.kind, k.clock, k.at HAVING count(e.id) <> count(k.at) LIMIT 20
SQL

# Clocks as if nothing had happened to them, and an activity before them all that was none: what becomes of them?
my $fresh = <<'SQL';
SET session_replication_role = replica;
DROP INDEX walk.sla_clock_open_key;
CREATE TEMPORARY TABLE kept AS
SELECT c.id, c.lead_id, m.key, ROW(c.counted_events, c.ended_at, c.cancelled_at, c.cancel_reason)::text AS outcome
FROM walk.sla_clock AS c
JOIN walk.commitment AS m ON m.id = c.commitment_id
JOIN walk.lead AS l ON l.id = c.lead_id AND l.excluded IS NULL AND NOT l.do_not_contact AND l.engagement_purged_at IS NULL
    AND (c.ended_recorded_at < l.created_at) IS NOT TRUE
WHERE c.cancelled_at IS NULL OR c.cancel_reason = 'superseded' OR c.cancel_reason = ANY (m.released_on);
UPDATE walk.sla_clock AS c SET counted_events = 0, ended_at = NULL, cancelled_at = NULL, cancel_reason = NULL FROM kept AS k WHERE c.id = k.id;
RESET session_replication_role;
INSERT INTO walk.activity (lead_id, kind, at) SELECT l.id, 'page_view', '2020-01-01' FROM walk.lead AS l;
DELETE FROM walk.activity WHERE at = '2020-01-01';
SELECT k.id, k.lead_id, k.key, k.outcome, ROW(c.counted_events, c.ended_at, c.cancelled_at, c.cancel_reason)
FROM kept AS k JOIN walk.sla_clock AS c ON c.id = k.id
WHERE k.outcome <> ROW(c.counted_events, c.ended_at, c.cancelled_at, c.cancel_reason)::text ORDER BY k.id LIMIT 20
SQL

sub ask
{
	my ($database, $query) = @_;
	open(my $psql, '-|', 'psql', '-XqAt', '-d', $database, '-c', $query) or die "psql: $!";
	local $/;
	my $answer = <$psql> // '';
	close($psql) or $answer .= 'psql failed';
	$answer =~ s/\n\z//;
	return $answer;
}

$ENV{PGOPTIONS} = '-c client_min_messages=warning';
my $tests = 0;
sub is_answer
{
	my ($got, $want, $name) = @_;
	$tests++;
	print $got eq $want ? '' : 'not ', "ok $tests - $name\n";
	print map { "# $_\n" } split /\n/, "got:  $got\nwant: $want" if $got ne $want;
}

my $database = "walk_$$";
for my $seed (@seeds)
{
	$state = $seed * 7919 + 17;
	my $log = ($ENV{TMPDIR} || '/tmp') . "/$database.log";
	ask('postgres', "DROP DATABASE IF EXISTS $database");
	ask('postgres', "CREATE DATABASE $database TEMPLATE smk_template");
	open(my $psql, '|-', "psql -XqAt -d $database >$log 2>&1") or die "psql: $!";
	print $psql walk();
	close($psql);
	open(my $errors, '<', $log) or die "$log: $!";
	# a refusal of ours and a broken key are answers; anything else is a defect
	my @defects = grep { /ERROR:/ && /internal|cache|snapshot|unrecognized|handoff_open_key|sla_clock_open_key|could not|null value/ } <$errors>;
	close($errors);
	is_answer(join('', @defects), '', "seed $seed: refusals, and no other error");
	is_answer(ask($database, "SELECT check_name, object, expected, found FROM smarketing.verify('walk') LIMIT 20"), '', "seed $seed: verify finds nothing");
	is_answer(ask($database, 'SELECT count(*) > 200 AND count(violation) > 20 AND count(*) FILTER (WHERE implied) > 5' .
		' AND count(import_batch) > 5 AND max(cycle) > 2 FROM walk.stage_change'), 't', "seed $seed: it was a long walk");
	is_answer(ask($database, 'SELECT sum(now) = (SELECT count(*) FROM walk.lead WHERE excluded IS NULL) FROM walk.funnel'), 't',
		"seed $seed: every lead that counts stands in the funnel once");
	is_answer(ask($database, 'SELECT count(*) = (SELECT count(*) FROM (SELECT DISTINCT c.lead_id, c.cycle FROM walk.stage_change AS c' .
		' JOIN walk.lead AS l ON l.id = c.lead_id AND l.excluded IS NULL) AS x) FROM walk.lead_fact'), 't', "seed $seed: lead_fact has each cycle once");
	is_answer(ask($database, "SELECT count(*) FILTER (WHERE ended_at IS NOT NULL) > 100, count(*) FILTER (WHERE cancel_reason LIKE '%:%') > 50," .
		" count(*) FILTER (WHERE cancel_reason = 'superseded') > 5, count(*) FILTER (WHERE ended_at < ended_recorded_at) > 5," .
		" count(breach_recorded_at) > 5, count(*) FILTER (WHERE paused <> '{}') > 0, count(DISTINCT commitment_id) > 15 FROM walk.sla_clock"),
		't|t|t|t|t|t|t', "seed $seed: clocks of all kinds have ended");
	is_answer(ask($database, $told_once), '', "seed $seed: each breach and each warning was told once");
	is_answer(ask($database, $fresh), '', "seed $seed: what was derived step by step is what comes out at once");
	unlink $log;
}
ask('postgres', "DROP DATABASE $database");
print "1..$tests\n";
