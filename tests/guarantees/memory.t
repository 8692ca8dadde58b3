#!/usr/bin/perl
# Memory does not grow with the number of root rows, of calls, of shapes or of errors.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'memory is measured in /proc' unless -r "/proc/$$/status";
plan skip_all => 'AddressSanitizer keeps freed memory' if ($ENV{BOLT_TEST_SERVER} // '') eq 'asan';

my $megabyte = 1024 * 1024;
my $database = new_database('guar_memory', 50000);

# Private memory of a session's process.
sub resident
{
	my ($session) = @_;

	open(my $file, '<', "/proc/$session->{pid}/status") or BAIL_OUT("no process $session->{pid}: $!");
	my ($kilobytes) = join('', <$file>) =~ /^RssAnon:\s*(\d+) kB/m;
	close $file;
	return $kilobytes * 1024;
}

# The most that a call has while it runs, looked at every few milliseconds.
sub peak
{
	my ($session, $call) = @_;
	my $peak = resident($session);

	$session->tell($call);
	until (IO::Select->new($session->{out})->can_read(0.002))
	{
		my $now = resident($session);
		$peak = $now if $now > $peak;
	}
	my $answer = $session->answer;
	return ($peak, $answer);
}

sub in_contexts
{
	my ($session) = @_;

	return $session->ask('SELECT sum(total_bytes) FROM pg_backend_memory_contexts');
}

# ----- root rows

my $graph = '"select_related": ["author"], "prefetch_related": ["tags", "comment_set__author"]';
my %stream = (
	fetch => "SELECT count(f) FROM (SELECT bolt.fetch('{\"model\": \"blog_article\", $graph, \"limit\": %d}') f) x",
	'fetch in order' => "SELECT count(f) FROM (SELECT bolt.fetch('{\"model\": \"blog_article\", \"order_by\": [\"created_at\"], $graph, \"limit\": %d}') f) x",
	'fetch of to-one objects' => q[SELECT count(f) FROM (SELECT bolt.fetch('{"model": "blog_comment", "select_related": ["article__author"], "limit": %d}') f) x],
	'values' => q[SELECT count(f) FROM (SELECT bolt.fetch('{"model": "blog_comment", "values": ["text", "author__username"], "limit": %d}') f) x],
	'a loop' => "DO \$\$ DECLARE f json; BEGIN FOR f IN SELECT bolt.fetch('{\"model\": \"blog_article\", $graph, \"limit\": %d}') LOOP END LOOP; END \$\$",
);
for my $name (sort keys %stream)
{
	my %peak;

	for my $rows (2000, 50000)
	{
		my $session = Sessions->new($database);
		my ($peak, $answer) = peak($session, sprintf $stream{$name}, $rows);

		is($answer, $name eq 'a loop' ? '' : $rows, "$name: $rows rows");
		$peak{$rows} = $peak;
		$session->close;
	}
	my $growth = ($peak{50000} - $peak{2000}) / $megabyte;
	cmp_ok($growth, '<', 32, '... take no more memory than few');
	note(sprintf '%.0f MB, then %.0f MB', $peak{2000} / $megabyte, $peak{50000} / $megabyte);
}

# ----- calls

# Runs the body of a loop so many times, then four times as many; what the contexts have
# grown by in the second run.
sub growth
{
	my ($name, $times, $body, @settings) = @_;
	my $session = Sessions->new($database);
	my $from = sub { "DO \$\$ DECLARE object json; BEGIN FOR i IN $_[0] .. $_[1] LOOP $body END LOOP; END \$\$" };

	$session->ask($_) for @settings;
	$session->ask($from->(1, $times));
	is($session->{state}, '00000', "$name: $times times") or diag($session->{error});
	my ($before, $resident) = (in_contexts($session), resident($session));
	$session->ask($from->($times + 1, 5 * $times));
	is($session->{state}, '00000', '... and more') or diag($session->{error});
	my $growth = (in_contexts($session) - $before) / 1024;
	my $resident_growth = (resident($session) - $resident) / 1024;
	cmp_ok($growth, '<', 256, "... the contexts do not grow");
	cmp_ok($resident_growth, '<', 4096, "... nor does the process");
	note(sprintf '%.0f kB in contexts, %.0f kB of the process', $growth, $resident_growth);
	$session->close;
	return;
}

my $get = qq[bolt.get('{"model": "blog_article", $graph}', json_build_object('id', i));];
my $other = q[json_build_object('model', 'blog_article', 'filter', json_build_object('id', i), 'prefetch_related',
	json_build_array(json_build_object('lookup', 'comment_set', 'to_attr', 'attribute_' || i)))];
my @few = ('SET bolt_orm.plan_cache_size = 20');

growth('get', 1000, "PERFORM $get");
growth('fetch', 500, "PERFORM bolt.fetch(json_build_object('model', 'blog_comment', 'filter', json_build_object('article__in', json_build_array(i, i + 1))));");
growth('fetch of many', 5, qq[PERFORM bolt.fetch('{"model": "blog_article", "limit": 3000, $graph}');]);
growth('fetch that is ended early', 500, qq[FOR object IN SELECT bolt.fetch('{"model": "blog_article", $graph}') LOOP EXIT; END LOOP;]);
growth('count', 1000, q[PERFORM bolt.count(json_build_object('model', 'blog_comment', 'filter', json_build_object('article__author', i % 100)));]);
# pages of the same magnitudes in both runs: each has a graph of its own
growth('page', 500, qq[PERFORM bolt.page('{"model": "blog_article", $graph}', 1 + i % 500, 2, 'none');]);
growth('in_bulk', 1000, q[PERFORM bolt.in_bulk('{"model": "blog_tag"}', json_build_array(i, i + 1));]);
growth('explain', 200, "PERFORM bolt.explain('{\"model\": \"blog_article\", $graph}');");
growth('estimates', 500, q[PERFORM bolt.page('{"model": "blog_article"}', i, 1, 'estimated');]);
growth('different shapes', 500, "PERFORM bolt.fetch_json($other);", @few);
growth('different shapes, counted', 450, q[PERFORM bolt.count(('{"model": "blog_article", "filter": {"OR": [' || repeat('{"id": 1},', i % 50) || '{"id": 2}]}}')::json);], @few);
growth('different search paths', 200, "PERFORM set_config('search_path', 'public, path_' || i, true); PERFORM $get", @few);
growth('DDL between calls', 40, "ALTER TABLE blog_tag RENAME name TO title; PERFORM $get ALTER TABLE blog_tag RENAME title TO name;", @few);
growth('registrations between calls', 40, "PERFORM bolt.register_model('blog_tag', name => 'Tag' || i); PERFORM $get", @few);

# ----- errors

sub caught
{
	my ($condition, @calls) = @_;

	return join ' ', map { "BEGIN PERFORM $_; RAISE 'no error'; EXCEPTION WHEN $condition THEN END;" } @calls;
}

growth('bad documents', 2000, caught('SQLSTATE \'22023\'', q[bolt.fetch_json(json_build_object('model', 'blog_article', 'nosuch', i))]));
growth('unknown names', 1000, caught('undefined_column', q[bolt.fetch_json(json_build_object('model', 'blog_article', 'filter', json_build_object('nosuch' || i, i)))],
	q[bolt.count(json_build_object('model', 'blog_article', 'filter', json_build_object('author__nosuch' || i, i)))]));
# a hundred names: PostgreSQL itself remembers each that it has looked for
growth('unknown models', 1000, caught('undefined_table', q[bolt.fetch_json(json_build_object('model', 'nosuch_' || i % 100))]));
growth('values that do not fit', 1000, caught('invalid_text_representation', q[bolt.fetch_json(json_build_object('model', 'blog_article', 'filter', json_build_object('id', 'x' || i)))],
	q[bolt.fetch(json_build_object('model', 'blog_article', 'filter', json_build_object('id__in', json_build_array(1, 'x' || i))))]));
growth('no such object', 1000, caught('no_data_found', q[bolt.get(json_build_object('model', 'blog_article', 'filter', json_build_object('id', -i)))]));
growth('too many objects', 1000, caught('too_many_rows', qq[bolt.get('{"model": "blog_article", $graph}', '{"id__lt": 10}')]));
psql_ok($database, <<'SQL');
CREATE FUNCTION fail(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / ($1 % 100); END $$;
CREATE VIEW failing AS SELECT id, article_id, fail(article_id) AS f FROM blog_comment;
SELECT bolt.register_relation('failing', '{article_id}', target => 'blog_article', related_name => 'failing');
SQL
growth('errors in the midst of a graph', 40, caught('division_by_zero',
	q[bolt.fetch('{"model": "blog_article", "order_by": ["id"], "prefetch_related": ["tags", "failing", "comment_set"]}')],
	q[bolt.fetch_json('{"model": "blog_article", "limit": 200, "order_by": ["id"], "prefetch_related": ["failing"]}')]));

my $session = Sessions->new($database);
my ($before, $after);
for my $turn (1 .. 60)
{
	$session->ask('SET statement_timeout = ' . (1 + $turn % 20));
	$session->ask(qq[SELECT count(f) FROM (SELECT bolt.fetch('{"model": "blog_article", $graph}') f) x]);
	$session->ask('SET statement_timeout = 0');
	$before = in_contexts($session) if $turn == 20;
	$after = in_contexts($session);
}
cmp_ok(($after - $before) / 1024, '<', 256, 'cancelled calls leave nothing behind');

close_test();
