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

sub statement
{
	my ($step) = @_;
	my $lead = 1 + below(60);
	my $what = chance();
	return new_lead(0) if $what < 0.12;
	return move_lead($lead, 0) if $what < 0.55;
	return "UPDATE lead SET stage = 'mql' WHERE stage IN ('lead', 'recycled', 'subscriber') AND id % " . (1 + below(4)) . ' = 0' if $what < 0.62;
	return "UPDATE handoff SET decision = '" . one(qw(accepted rejected rejected rerouted merged)) . "', reason = " . quoted(one(@reasons)) .
		' WHERE decision IS NULL AND lead_id % ' . (1 + below(9)) . ' = 0' if $what < 0.76;
	return 'UPDATE lead SET excluded = ' . quoted(one('spam', 'test', undef, undef)) . " WHERE id = $lead" if $what < 0.80;
	return "DELETE FROM lead WHERE id = $lead" if $what < 0.82;
	return "INSERT INTO deal (lead_id, amount) VALUES ($lead, " . below(1000) . ')' if $what < 0.86;
	return 'UPDATE deal SET won = ' . one(qw(true false NULL)) . ', reason = ' . quoted(one('price', 'no_decision', undef)) .
		' WHERE id = ' . (1 + below(1 + $step / 20)) if $what < 0.90;
	return "INSERT INTO activity (lead_id, kind) VALUES ($lead, '" . one(@kinds) . "')" if $what < 0.94;
	return 'UPDATE lead SET account_id = ' . (1 + below(5)) . ', job_title = ' . quoted(one('CTO', 'Dev', undef)) . " WHERE id = $lead" if $what < 0.96;
	return "UPDATE setting SET value = '\"" . one(qw(enforce step observe)) . "\"' WHERE name = 'transition_mode'" if $what < 0.975;
	return "UPDATE setting SET value = '" . one(qw(true false)) . "' WHERE name = 'live'" if $what < 0.985;
	return "SELECT count(*) FROM smarketing.take_events('walk', 'reader', 50)" if $what < 0.99;
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
	my @defects = grep { /ERROR:/ && /internal|cache|snapshot|unrecognized|handoff_open_key|could not|null value/ } <$errors>;
	close($errors);
	is_answer(join('', @defects), '', "seed $seed: refusals, and no other error");
	is_answer(ask($database, "SELECT check_name, object, expected, found FROM smarketing.verify('walk') LIMIT 20"), '', "seed $seed: verify finds nothing");
	is_answer(ask($database, 'SELECT count(*) > 200 AND count(violation) > 20 AND count(*) FILTER (WHERE implied) > 5' .
		' AND count(import_batch) > 5 AND max(cycle) > 2 FROM walk.stage_change'), 't', "seed $seed: it was a long walk");
	is_answer(ask($database, 'SELECT sum(now) = (SELECT count(*) FROM walk.lead WHERE excluded IS NULL) FROM walk.funnel'), 't',
		"seed $seed: every lead that counts stands in the funnel once");
	is_answer(ask($database, 'SELECT count(*) = (SELECT count(*) FROM (SELECT DISTINCT c.lead_id, c.cycle FROM walk.stage_change AS c' .
		' JOIN walk.lead AS l ON l.id = c.lead_id AND l.excluded IS NULL) AS x) FROM walk.lead_fact'), 't', "seed $seed: lead_fact has each cycle once");
	unlink $log;
}
ask('postgres', "DROP DATABASE $database");
print "1..$tests\n";
