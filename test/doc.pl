#!/usr/bin/perl
# doc.pl [--accept] DOCUMENT.md...: runs the SQL blocks of documents, speaks TAP.
#
#	```sql            followed at once by a block with the info string `text` or none: psql runs the first, and what it
#	                  prints must be the second, exactly but for blanks at the ends of lines and of the block
#	```sql            followed by anything else: it is run and must not fail
#	```sql no-test    is not run; it is counted
#	```text demo N    is section N of what `make demo` shows
#	<!-- columns crm.lead -->       up to <!-- end -->: a table's, view's or type's comment and those of its columns
#	<!-- function smarketing.x -->  up to <!-- end -->: signature and comment of each function of that name
#
# The blocks of one document run in order, in one psql session in a new database that has the extension.  Time zone
# UTC, ISO dates; no command tags and no CONTEXT.  A document that needs stable times pins them itself.  --accept rewrites the second blocks.
use strict;
use warnings;

my $accept = @ARGV && $ARGV[0] eq '--accept' ? shift : 0;
my ($tests, $failures) = (0, 0);

# Lines of a document -> its fenced blocks: first and last line of the content, info string, indentation.
sub blocks
{
	my ($lines) = @_;
	my (@blocks, $open);
	for my $i (0 .. $#$lines)
	{
		if (!$open && $lines->[$i] =~ /^( *)(`{3,}) *([^`]*?)\s*$/)
		{
			$open = { indent => $1, fence => $2, info => $3, first => $i + 1 };
		}
		elsif ($open && $lines->[$i] =~ /^ *$open->{fence}\s*$/)
		{
			push @blocks, { %$open, last => $i - 1 };
			undef $open;
		}
	}
	die "a block is not closed\n" if $open;
	return @blocks;
}

sub content
{
	my ($lines, $block) = @_;
	return map { s/^$block->{indent}//r } @$lines[ $block->{first} .. $block->{last} ];
}

# Is the second block the first one's output, that is, is there nothing but empty lines between them?
sub follows
{
	my ($lines, $block, $next) = @_;
	return 0 unless $next && ($next->{info} eq '' || $next->{info} eq 'text');
	return !grep { /\S/ } @$lines[ $block->{last} + 2 .. $next->{first} - 2 ];
}

# Without blanks at the ends: psql pads its columns, editors strip them.
sub bare
{
	return $_[0] =~ s/[ \t]+$//mgr =~ s/\s*\z//r;
}

# Runs the blocks in one session; returns the output of each.
sub run_blocks
{
	my ($database, @sql) = @_;
	my $mark = "-- end of block $$ --";
	my $dir = $ENV{TMPDIR} || '/tmp';
	my $file = "$dir/doc.$$";
	open my $script, '>', "$file.sql" or die "$file.sql: $!";
	print $script map { "$_\n\\echo $mark\n" } @sql;
	close $script;
	my $admin = 'psql -qX -v ON_ERROR_STOP=1 -d postgres -c';
	system("$admin 'DROP DATABASE IF EXISTS $database' 2>/dev/null");
	system("$admin 'CREATE DATABASE $database TEMPLATE smk_template'") == 0 or die "no database\n";
	local $ENV{PGOPTIONS} = '-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=postgres -c client_min_messages=notice';
	# standard input and not -f: messages then do not begin with the file's name
	system("psql -qX -v SHOW_CONTEXT=never -P pager=off -d $database < $file.sql > $file.out 2>&1");
	system("$admin 'DROP DATABASE $database WITH (FORCE)'");
	open my $out, '<', "$file.out" or die "$file.out: $!";
	my $all = do { local $/; <$out> };
	unlink "$file.sql", "$file.out";
	my @outputs = split /\Q$mark\E\n/, $all // '', -1;
	pop @outputs;
	return map { bare($_) } @outputs;
}

sub result
{
	my ($passed, $name, @comment) = @_;
	$tests++;
	$failures++ unless $passed;
	print $passed ? '' : 'not ', "ok $tests - $name\n";
	print map { "# $_\n" } map { split /\n/ } @comment unless $passed;
}

sub difference
{
	my ($shown, $got) = @_;
	my $file = ($ENV{TMPDIR} || '/tmp') . "/doc.$$";
	for ([ shown => $shown ], [ got => $got ])
	{
		open my $fh, '>', "$file.$_->[0]" or die "$file: $!";
		print $fh $_->[1], "\n";
	}
	my $diff = `diff -U3 --label document --label server $file.shown $file.got`;
	unlink "$file.shown", "$file.got";
	return $diff;
}

# The demo's output by the numbers of its sections; it runs once, and only where a document shows it.
my %demo;
sub demo_section
{
	my ($number) = @_;
	return $demo{$number} if %demo;
	my $database = "demo_$$";
	my $dir = ($0 =~ s,[^/]*$,,r || './') . '../demo';
	my $admin = 'psql -qX -v ON_ERROR_STOP=1 -d postgres -c';
	system("$admin 'CREATE DATABASE $database'") == 0 or die "no database\n";
	my $all = `cd $dir && psql -qX -v ON_ERROR_STOP=1 -d $database <demo.sql 2>&1`;
	system("$admin 'DROP DATABASE $database WITH (FORCE)'");
	for (split /\n(?=\d+\. [A-Z]{2}|WHERE TO GO)/, $all)
	{
		$demo{$1} = bare($_) if /^(\d+)\. /;
	}
	die "the demo has no sections:\n$all" unless %demo;
	return $demo{$number};
}

# What the catalogs say of an object, as Markdown, in a database with the workspace crm.
my %reference_query = (
	columns => q{
		WITH r AS (SELECT c.*, coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')) AS comment
			FROM pg_class AS c WHERE c.oid = 'NAME'::regclass)
		SELECT 0, regexp_replace(comment, '\s*\n\s*', ' ', 'g') FROM r
		UNION ALL SELECT 1, E'\n| column | type | meaning |\n|---|---|---|'
		UNION ALL SELECT a.attnum + 1, format('| `%s` | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod),
				regexp_replace(replace(col_description(a.attrelid, a.attnum), '|', '\|'), '\s*\n\s*', ' ', 'g'))
			FROM r JOIN pg_attribute AS a ON a.attrelid = r.oid
			WHERE a.attnum > 0 AND NOT a.attisdropped
		ORDER BY 1},
	function => q{
		SELECT row_number() OVER (ORDER BY pronargs, oid), concat(CASE WHEN row_number() OVER (ORDER BY pronargs, oid) > 1 THEN E'\n' END,
			'**`', proname, '(', pg_get_function_arguments(oid), ')',
			CASE WHEN prokind IN ('f', 'a') THEN ' → ' || pg_get_function_result(oid) END, '`**',
			CASE prokind WHEN 'a' THEN ' (aggregate)' END, E'\n\n', regexp_replace(obj_description(oid, 'pg_proc'), '\s*\n\s*', ' ', 'g'))
		FROM pg_proc WHERE pronamespace::regnamespace::text || '.' || proname = 'NAME' ORDER BY 1});
my $reference;
sub reference
{
	my ($kind, $name) = @_;
	my $admin = 'psql -qX -v ON_ERROR_STOP=1 -d postgres -c';
	if (!$reference)
	{
		$reference = "reference_$$";
		system("$admin 'CREATE DATABASE $reference TEMPLATE smk_template'") == 0 or die "no database\n";
		system(qq{psql -qXAt -d $reference -c "SELECT smarketing.create_workspace('crm')" >/dev/null}) == 0 or die "no workspace\n";
	}
	my $query = $reference_query{$kind} =~ s/NAME/$name/gr;
	open my $psql, '-|', 'psql', '-qXAt', '-d', $reference, '-c', "SELECT q.text FROM ($query) AS q (n, text) ORDER BY q.n" or die;
	my $text = do { local $/; <$psql> } // '';
	close $psql;
	# Markdown would take these for markup
	$text =~ s/([*<])/\\$1/g if $kind eq 'columns';
	$text =~ s/^(?!\*\*`)(.*)$/$1 =~ s,([*<]),\\$1,gr/gme if $kind eq 'function';
	return bare($text) || "(no $kind $name)";
}

END
{
	my $status = $?;
	system("psql -qX -d postgres -c 'DROP DATABASE $reference WITH (FORCE)'") if $reference;
	$? = $status;
}

# The parts of a document that the catalogs write.
sub references
{
	my ($lines) = @_;
	my (@found, $open);
	for my $i (0 .. $#$lines)
	{
		if ($lines->[$i] =~ /^<!-- (columns|function) (\S+) -->$/)
		{
			$open = { kind => $1, name => $2, first => $i + 1, indent => '' };
		}
		elsif ($open && $lines->[$i] eq '<!-- end -->')
		{
			push @found, { %$open, last => $i - 1 };
			undef $open;
		}
	}
	die "<!-- $open->{kind} $open->{name} --> has no end\n" if $open;
	return @found;
}

sub test_document
{
	my ($path) = @_;
	open my $in, '<', $path or die "$path: $!";
	chomp(my @lines = <$in>);
	close $in;
	my @blocks = blocks(\@lines);
	my $skipped = grep { $_->{info} eq 'sql no-test' } @blocks;
	my @sql = grep { $blocks[$_]{info} eq 'sql' } 0 .. $#blocks;
	my @outputs = @sql ? run_blocks("doc_$$", map { join "\n", content(\@lines, $blocks[$_]) } @sql) : ();
	my ($compared, @edits) = (0);
	for my $n (0 .. $#sql)
	{
		my ($block, $next) = @blocks[ $sql[$n], $sql[$n] + 1 ];
		my $got = $outputs[$n];
		my $name = "$path:$block->{first}";
		if (!defined $got)
		{
			result(0, $name, 'the session ended before this block');
		}
		elsif (follows(\@lines, $block, $next))
		{
			my $shown = bare(join "\n", content(\@lines, $next));
			$compared++;
			push @edits, [ $next, $got ] if $shown ne $got;
			result($accept || $shown eq $got, $name, difference($shown, $got));
		}
		else
		{
			result($got !~ /^(ERROR|FATAL|PANIC):/m, "$name (no output shown)", $got);
		}
	}
	for my $block (@blocks)
	{
		next unless $block->{info} =~ /^text demo (\d+)$/;
		my $got = demo_section($1) // '(the demo has no such section)';
		my $shown = bare(join "\n", content(\@lines, $block));
		$compared++;
		push @edits, [ $block, $got ] if $shown ne $got;
		result($accept || $shown eq $got, "$path:$block->{first} (demo, section $1)", difference($shown, $got));
	}
	for my $part (references(\@lines))
	{
		my $got = reference($part->{kind}, $part->{name});
		my $shown = bare(join "\n", content(\@lines, $part));
		$compared++;
		push @edits, [ $part, $got ] if $shown ne $got;
		result(($accept || $shown eq $got) && $got !~ /^\(no /, "$path:$part->{first} $part->{kind} $part->{name}", difference($shown, $got));
	}
	@edits = sort { $a->[0]{first} <=> $b->[0]{first} } @edits;
	printf "# %s: %d blocks run, %d of them compared with what is shown; %d marked no-test\n",
		$path, scalar @sql, $compared, $skipped;
	return unless $accept && @edits;
	for (reverse @edits)
	{
		my ($block, $got) = @$_;
		splice @lines, $block->{first}, $block->{last} - $block->{first} + 1,
			map { ($block->{indent} . $_) =~ s/\s+$//r } split /\n/, $got;
	}
	open my $out, '>', $path or die "$path: $!";
	print $out map { "$_\n" } @lines;
}

test_document($_) for @ARGV;
print "1..$tests\n";
exit($failures ? 1 : 0);
