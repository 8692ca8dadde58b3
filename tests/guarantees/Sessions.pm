# Databases and psql sessions for the tests of this folder.
#
# Needs the PG* environment of a superuser, and nothing that perl does not bring along.
# A session is a psql in the background: several can be in the middle of something at
# once. Whatever a session is told by a WARNING fails the test: the server reports
# leaked resources that way.

package Sessions;

use strict;
use warnings;
use Exporter 'import';
use FindBin;
use IO::Select;
use IPC::Open2;
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(new_database psql_ok close_test);

# A test that hangs is one that failed: seconds.
my $patience = 120;
my @databases;
my @roles;
my @warnings;
my @open;

# Makes a database with the extension and, with a number of articles, the blog.
sub new_database
{
	my ($name, $articles) = @_;

	psql_ok('postgres', "DROP DATABASE IF EXISTS $name WITH (FORCE)");
	psql_ok('postgres', "CREATE DATABASE $name");
	push @databases, $name;
	psql_ok($name, 'CREATE EXTENSION bolt_orm');
	if ($articles)
	{
		system("psql -X -q -d $name -v articles=$articles -f '$FindBin::Bin/../../examples/blog.sql' >/dev/null") == 0
		  or BAIL_OUT('the blog could not be loaded');
	}
	return $name;
}

# Runs statements in a psql of their own, each by itself; all of them must succeed.
sub psql_ok
{
	my ($database, @statements) = @_;

	system('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', $database,
		'-c', 'SET client_min_messages = warning', map { ('-c', $_) } @statements) == 0
	  or BAIL_OUT("this must work: @statements");
	return;
}

# Makes roles that are dropped with their databases.
sub new_roles
{
	my ($class, @names) = @_;

	psql_ok('postgres', map { ("DROP ROLE IF EXISTS $_", "CREATE ROLE $_") } @names);
	push @roles, @names;
	return;
}

# Opens a session; further arguments are options of psql.
sub new
{
	my ($class, $database, @options) = @_;
	my $self = bless { marks => 0, waiting => [], text => '' }, $class;

	$self->{process} = open2($self->{out}, $self->{in},
		'sh', '-c', 'exec psql -X -q -A -t "$@" 2>&1', 'psql', '-d', $database, @options);
	push @open, $self;
	$self->{pid} = $self->ask("SET client_min_messages = warning; SELECT pg_backend_pid()");
	return $self;
}

# Sends statements without waiting for their end.
sub tell
{
	my ($self, $sql) = @_;
	my $mark = 'mark-' . ++$self->{marks};

	push @{ $self->{waiting} }, $mark;
	$sql .= q(;) unless $sql =~ /(?:;|^\\\.)\s*\z/m;
	print { $self->{in} } "$sql\n\\echo $mark :SQLSTATE\n";
	$self->{in}->flush;
	return;
}

# Waits for the end of the first that was sent; returns what it printed. Its SQLSTATE
# is {state} then, and what went wrong {error}.
sub answer
{
	my ($self) = @_;
	my $mark = shift @{ $self->{waiting} };
	my $end = time + $patience;

	my $answer;
	until (defined $answer)
	{
		if ($self->{text} =~ /^\Q$mark\E (\S+)\n/m)
		{
			$self->{state} = $1;
			$answer = substr($self->{text}, 0, $-[0], '');
			$self->{text} =~ s/^.*\n//;
			last;
		}
		IO::Select->new($self->{out})->can_read($end - time)
		  or BAIL_OUT("no answer in $patience s");
		sysread($self->{out}, $self->{text}, 1 << 20, length $self->{text})
		  or BAIL_OUT("the session ended: $self->{text}");
	}
	push @warnings, $answer =~ /^(.*WARNING:.*)$/mg;
	$answer =~ s/\n\z//;
	$self->{error} = $answer =~ /^(?:psql:.*?)?(?:ERROR|FATAL|PANIC):.*/ms ? $& : '';
	return $answer;
}

sub ask
{
	my ($self, $sql) = @_;

	$self->tell($sql);
	return $self->answer;
}

# The SQLSTATE of a statement: 00000 where it succeeds.
sub state_of
{
	my ($self, $sql) = @_;

	$self->ask($sql);
	return $self->{state};
}

# Milliseconds that a statement takes.
sub milliseconds
{
	my ($self, $sql) = @_;
	my $start = time;

	$self->ask($sql);
	return 1000 * (time - $start);
}

sub is_alive
{
	my ($self) = @_;

	return $self->ask('SELECT pg_backend_pid()') eq $self->{pid};
}

sub close
{
	my ($self) = @_;

	return unless $self->{process};
	close $self->{in};
	close $self->{out};
	waitpid $self->{process}, 0;
	$self->{process} = undef;
	return;
}

sub close_all
{
	$_->close for splice @open;
	return;
}

# The last test, and the plan.
sub close_test
{
	ok(!@warnings, 'no session was warned') or diag(@warnings[0 .. ($#warnings > 9 ? 9 : $#warnings)]);
	done_testing();
	return;
}

END
{
	my $status = $?;

	close_all();
	if (@databases || @roles)
	{
		system('psql', '-X', '-q', '-d', 'postgres', '-c', 'SET client_min_messages = error',
			map { ('-c', $_) } (map { "DROP DATABASE IF EXISTS $_ WITH (FORCE)" } @databases),
			map { "DROP ROLE IF EXISTS $_" } @roles);
	}
	$? = $status;
}

1;
