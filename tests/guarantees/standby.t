#!/usr/bin/perl
# Reading needs nothing that a hot standby, a READ ONLY transaction or a parallel query
# does not allow.
#
# Runs two servers of its own in a temporary folder: a primary and its standby.

use strict;
use warnings;
use File::Path 'remove_tree';
use File::Temp 'mkdtemp';
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;
use Time::HiRes 'sleep';

chomp(my $bin = `"\${PG_CONFIG:-pg_config}" --bindir`);
my $folder = mkdtemp('/tmp/bolt_standby.XXXXXX');
my $user = getpwuid($>);
my @as_server;

# The server refuses to run as root: as the user of the cluster that is there.
if ($> == 0)
{
	$user = getpwuid((stat $ENV{PGHOST})[4]);
	$user = 'postgres' if $user eq 'root';
	chown((getpwnam $user)[2, 3], $folder);
	@as_server = ('runuser', '-u', $user, '--');
}
chdir '/';

sub server
{
	my ($program, @arguments) = @_;

	return system(@as_server, 'sh', '-c', 'exec "$0" "$@" </dev/null >>' . "$folder/output 2>&1", "$bin/$program", @arguments) == 0;
}

sub configure
{
	my ($name, $port) = @_;

	open(my $file, '>>', "$folder/$name/postgresql.conf") or die $!;
	print $file "listen_addresses = ''\nunix_socket_directories = '$folder'\nport = $port\nfsync = off\nmax_connections = 20\n";
	close $file;
	return;
}

my @running;

sub start
{
	my ($name) = @_;

	server('pg_ctl', '-D', "$folder/$name", '-l', "$folder/$name.log", '-w', 'start') or BAIL_OUT("$name does not start: " . `cat $folder/$name.log`);
	push @running, $name;
	return;
}

END
{
	my $status = $?;

	Sessions::close_all();
	server('pg_ctl', '-D', "$folder/$_", '-m', 'immediate', '-w', 'stop') for reverse @running;
	remove_tree($folder);
	$? = $status;
}

$ENV{PGHOST} = $folder;
$ENV{PGPORT} = 54330;
server('initdb', '-D', "$folder/primary", '-U', $ENV{PGUSER} // $user, '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8')
  or BAIL_OUT('no cluster: ' . `cat $folder/output`);
configure('primary', 54330);
start('primary');
psql_ok('postgres', 'CREATE EXTENSION bolt_orm');
system("psql -X -q -d postgres -v articles=1000 -f '$FindBin::Bin/../../examples/blog.sql' >/dev/null") == 0 or BAIL_OUT('no blog');
server('pg_basebackup', '-D', "$folder/standby", '-h', $folder, '-p', 54330, '-U', $ENV{PGUSER} // $user, '-R', '-X', 'stream', '-c', 'fast', '--no-sync')
  or BAIL_OUT('no standby: ' . `cat $folder/output`);
configure('standby', 54331);
start('standby');

my $primary = Sessions->new('postgres');
my $standby = Sessions->new('postgres', '-p', 54331);

sub catch_up
{
	my $position = $primary->ask('SELECT pg_current_wal_lsn()');

	for (1 .. 1000)
	{
		return if $standby->ask("SELECT pg_last_wal_replay_lsn() >= '$position'") eq 't';
		sleep 0.01;
	}
	fail('the standby caught up');
	return;
}

my $graph = '{"model": "blog_article", "filter": {"id__lte": 300}, "order_by": ["id"], "select_related": ["author"], "prefetch_related": ['
  . '{"lookup": "tags", "queryset": {"order_by": ["id"]}}, {"lookup": "comment_set", "queryset": {"order_by": ["id"], "select_related": ["author"]}}]}';
my @calls = (
	"count(f) FROM bolt.fetch('$graph') f", "md5(string_agg(f::text, '')) FROM (SELECT bolt.fetch('$graph') f) x", "md5(bolt.fetch_json('$graph')::text)",
	"bolt.get('$graph', '{\"id\": 3}')", "bolt.first('$graph')", "bolt.last('$graph')", "bolt.earliest('$graph', 'created_at')",
	"bolt.latest('$graph', 'created_at', 'id')", "bolt.count('$graph')", "bolt.exists('$graph')", "bolt.contains('$graph', '7')",
	q[bolt.in_bulk('{"model": "blog_tag"}', '[1, 2]')], "bolt.page('$graph', 2, 5)", "bolt.page('$graph', 2, 5, 'estimated')",
	"count(s) FROM bolt.sql('$graph') s", "bolt.explain('$graph') IS NOT NULL", "bolt.explain('$graph', true) IS NOT NULL",
	"count(m) FROM bolt.models() m", "count(r) FROM bolt.relations('blog_article') r", "bolt.version()",
	"bolt.count(bolt.queryset('blog_article', filter => '{\"id\": 1}', prefetch_related => ARRAY[bolt.prefetch('tags', '{}')]))");

sub short
{
	my ($call) = @_;

	return $call =~ /bolt\.(\w+)(?!.*bolt\.fetch\()/ ? "bolt.$1" : $call;
}

# ----- a hot standby

is($standby->ask('SELECT pg_is_in_recovery()'), 't', 'the standby is one');
for my $call (@calls)
{
	my $wanted = $primary->ask("SELECT $call");

	is($primary->{state}, '00000', short($call) . ': works on the primary') or diag($primary->{error});
	is($standby->ask("SELECT $call"), $wanted, '... and gives the same on the standby');
}
$standby->ask("BEGIN; DECLARE c CURSOR FOR SELECT bolt.fetch('$graph')");
is(() = $standby->ask('FETCH 100 FROM c; FETCH ALL FROM c') =~ /^\{/mg, 300, 'a cursor on the standby');
$standby->ask('COMMIT');
is($standby->state_of("SELECT bolt.register_model('blog_tag', name => 'Label')"), '25006', 'registering is refused there');

$primary->ask('ALTER TABLE blog_tag ADD COLUMN colour text');
catch_up();
is($standby->ask(q[SELECT bolt.get('{"model": "blog_tag"}', '{"id": 1}')]), '{"id":1,"name":"tag-1","colour":null}', 'DDL on the primary shows on the standby');
is($standby->state_of(q[SELECT bolt.count('{"model": "Label"}')]), '42P01', 'a name that is not registered');
$primary->ask("SELECT bolt.register_model('blog_tag', name => 'Label')");
catch_up();
is($standby->ask(q[SELECT bolt.count('{"model": "Label"}')]), '200', '... shows on the standby once it is on the primary');
$primary->ask('DROP TABLE blog_comment');
catch_up();
is($standby->state_of("SELECT bolt.fetch_json('$graph')"), '42703', 'so does the end of a table');
$primary->ask('DROP EXTENSION bolt_orm; CREATE EXTENSION bolt_orm');
catch_up();
is($standby->ask(q[SELECT bolt.count('{"model": "blog_article"}')]), 1000, 'the extension made anew on the primary works on the standby');

# ----- READ ONLY

$primary->ask('CREATE TABLE blog_comment (id int PRIMARY KEY, text text, article_id int REFERENCES blog_article, author_id int REFERENCES auth_user);'
	  . q[INSERT INTO blog_comment SELECT i, 'text ' || i, 1 + i % 1000, 1 + i % 40 FROM generate_series(1, 5000) i; CREATE INDEX ON blog_comment (article_id); ANALYZE]);
my %wanted = map { $_ => $primary->ask("SELECT $_") } @calls;
for my $mode ('READ ONLY', 'ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE')
{
	$primary->ask("START TRANSACTION $mode");
	for my $call (@calls)
	{
		is($primary->ask("SELECT $call"), $wanted{$call}, "$mode: " . short($call));
	}
	is($primary->state_of("SELECT bolt.register_model('blog_tag', name => 'Label')"), '25006', "$mode: registering is refused");
	$primary->ask('ROLLBACK');
}
my $fresh = Sessions->new('postgres');
$fresh->ask('SET default_transaction_read_only = on');
is($fresh->ask("SELECT $calls[1]"), $wanted{ $calls[1] }, 'the first call of a session is READ ONLY');

# ----- parallel queries

my $force = $primary->ask('SHOW server_version_num') >= 160000 ? 'debug_parallel_query' : 'force_parallel_mode';
$primary->ask("SET $force = on; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
	  . 'SET min_parallel_index_scan_size = 0; SET max_parallel_workers_per_gather = 2');
$primary->ask('DISCARD PLANS');
for my $call (@calls)
{
	is($primary->ask("SELECT $call"), $wanted{$call}, "$force: " . short($call)) unless $call =~ /estimated/;
}
is($primary->ask(q[SELECT sum(bolt.count('{"model": "blog_tag"}')) FROM blog_comment WHERE length(text) > 3 AND id <= 100]), 20000, 'beside a parallel scan');
is($primary->ask(q[SELECT count(*) FROM blog_comment WHERE length(text) > 3 AND id BETWEEN 151 AND 250 AND bolt.exists(json_build_object('model', 'blog_tag', 'filter', json_build_object('id', id)))]),
	50, 'in the condition of one');
is($primary->ask(q[SELECT count(f) FROM (SELECT id FROM blog_comment WHERE length(text) > 3 AND id <= 20) c,
	LATERAL bolt.fetch(json_build_object('model', 'blog_comment', 'filter', json_build_object('article', c.id), 'prefetch_related', json_build_array('article__tags'))) f]),
	100, 'a fetch for each row of one');
is($primary->ask(q[SELECT count(*) FROM (SELECT bolt.fetch('{"model": "blog_comment", "prefetch_related": ["article__tags", "author"]}')) f]), 5000, 'a large fetch');
is($primary->ask(q[SELECT string_agg(DISTINCT proparallel, '') FROM pg_proc WHERE pronamespace = 'bolt'::regnamespace AND provolatile = 's' AND proname ~ '^(fetch|get|count)']), 'r',
	'what reads is PARALLEL RESTRICTED');

close_test();
