#!/usr/bin/perl
# How many statements a call runs depends on the shape of its graph and the number of
# chunks, never on the number of rows; and a shape that comes again is not planned again.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use POSIX 'ceil';
use Sessions;
use Test::More;

my $database = new_database('guar_statements', 2000);
psql_ok($database, 'CREATE EXTENSION pg_stat_statements');

my $session = Sessions->new($database);
$session->ask("SET pg_stat_statements.track = 'all'; SET pg_stat_statements.track_planning = on; SET pg_stat_statements.track_utility = off");
$session->state_of('SELECT count(*) FROM pg_stat_statements') eq '00000' or plan skip_all => 'pg_stat_statements is not preloaded';

# How many statements a call runs inside, and how many it plans.
sub statements
{
	my ($call) = @_;

	$session->ask("SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()");
	$session->ask("SELECT $call");
	is($session->{state}, '00000', "works: $call") or diag($session->{error});
	my ($calls, $plans) = split /\|/, $session->ask(<<'SQL');
SELECT coalesce(sum(calls), 0), coalesce(sum(plans), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = dbid
WHERE datname = current_database() AND NOT toplevel
SQL
	return wantarray ? ($calls, $plans) : $calls;
}

my %graphs = (
	'no relation' => '',
	'a to-one relation' => ', "select_related": ["author"]',
	'a to-many relation' => ', "prefetch_related": ["comment_set"]',
	'a many-to-many relation' => ', "prefetch_related": ["tags"]',
	'four relations' => ', "select_related": ["author"], "prefetch_related": ["tags", "comment_set__author"]',
	'a way there and back' => ', "prefetch_related": ["comment_set__article__author", "tags__article_set__author"]',
	'three of each' => ', "prefetch_related": [{"lookup": "comment_set", "queryset": {"order_by": ["-id"], "limit": 3}}, "author"]',
);
for my $name (sort keys %graphs)
{
	my $document = sub { qq('{"model": "blog_article", "order_by": ["id"]$graphs{$name}$_[0]}') };
	my $call = sub { my ($function, $more) = @_; return "bolt.$function(" . $document->('') . ($more // '') . ')' };
	my $shape = $session->ask('SELECT count(*) FROM bolt.sql(' . $document->('') . ')');

	$session->ask('SET bolt_orm.chunk_size = 100000');
	for my $rows (1, 64, 2000)
	{
		my $limited = $document->(qq(, "limit": $rows));

		# there and back again from each of 200 tags: a small amount of them is enough
		next if $name eq 'a way there and back' && $rows > 64;
		is(statements("count(f) FROM bolt.fetch($limited) f"), $shape, "$name: $rows rows take a statement for each of its nodes");
		is(statements("pg_column_size(bolt.fetch_json($limited))"), $shape, '... so does fetch_json');
	}
	is(statements($call->('first')), $shape, "$name: so does first");
	is(statements($call->('get', q(, '{"id": 7}'))), $shape, "$name: so does get");
	is(statements($call->('in_bulk', q(, '[1, 2, 3, 4, 5]'))), $shape, "$name: so does in_bulk");
	is(statements($call->('page', ', 3, 50')), $shape + 1, "$name: page takes one more");
	is(statements($call->('count')), 1, "$name: count takes one");
	is(statements($call->('exists')), 1, "$name: exists takes one");
	is(statements($call->('contains', q(, '7'))), 1, "$name: contains takes one");

	# without a limit the first chunks are small: a few more
	for my $chunk (2000, 500, 100, 20)
	{
		$session->ask("SET bolt_orm.chunk_size = $chunk");
		my $calls = statements('count(f) FROM bolt.fetch(' . $document->('') . ') f');
		my $chunks = ceil(2000 / $chunk) + 4;

		cmp_ok($calls, '<=', 1 + ($shape - 1) * $chunks, "$name: 2000 rows in chunks of $chunk: no more statements than chunks and nodes");
	}
	$session->ask('RESET bolt_orm.chunk_size');
}

# Ten times the children: not one statement more.
my $parents = q[bolt.fetch_json('{"model": "blog_article", "order_by": ["id"], "limit": 50, "prefetch_related": ["comment_set__author", "tags"]}')];
my $few = statements("pg_column_size($parents)");
psql_ok($database, q[INSERT INTO blog_comment (text, article_id, author_id) SELECT 'more', 1 + i % 50, 1 + i % 80 FROM generate_series(1, 30000) i]);
is(statements("pg_column_size($parents)"), $few, 'no more statements for more children');

# Recursive prefetch: a statement a level and one that finds nothing below the last; what else
# each object has is fetched for all levels at once.
psql_ok($database, <<'SQL');
CREATE TABLE tree (id int PRIMARY KEY, parent_id int REFERENCES tree, author_id int REFERENCES auth_user);
CREATE INDEX ON tree (parent_id);
CREATE TABLE tree_link (source_id int REFERENCES tree, target_id int REFERENCES tree, PRIMARY KEY (source_id, target_id));
SELECT bolt.register_relation('tree', '{parent_id}', 'parent', 'children');
SELECT bolt.register_many_to_many('tree', 'tree_link', 'targets', 'sources', '{source_id}', '{target_id}');
SQL
for my $width (2, 10)
{
	# ids 1, then $width a level of the levels 1 to 5, each below the first of the level above
	psql_ok($database, "TRUNCATE tree CASCADE; INSERT INTO tree SELECT i, CASE WHEN i > 1 THEN greatest(1, ((i - 2) / $width - 1) * $width + 2) END, 1 + i % 2 FROM generate_series(1, 1 + 5 * $width) i; "
		  . 'INSERT INTO tree_link SELECT parent_id, id FROM tree WHERE parent_id IS NOT NULL');
	my $of = sub { qq[pg_column_size(bolt.fetch_json('{"model": "tree", "filter": {"id": $_[0]}, "prefetch_related": [{"lookup": "$_[1]", "recurse": true$_[2]}]}'))] };
	my $last = 1 + 5 * $width;

	is(statements($of->(1, 'children', '')), 1 + 5 + 1, "$width children a level: five levels and a look below them");
	is(statements($of->(1, 'children', ', "depth": 3')), 1 + 3, '... three levels');
	is(statements($of->(1, 'children', ', "depth": 9')), 1 + 5 + 1, '... all where depth is more than there are');
	is(statements($of->(1, 'children', ', "queryset": {"prefetch_related": ["author", "targets"]}')), 1 + 5 + 1 + 1 + 2, '... further relations once for all levels');
	is(statements($of->($last, 'parent', '')), 1 + 5, '... up: what is above the root is known to be nothing');
	is(statements($of->(1, 'targets', '')), 1 + 2 * 5 + 1, '... many-to-many: two a level');
}

# ----- plans

for my $name (sort keys %graphs)
{
	my $call = sub { qq[count(f) FROM bolt.fetch('{"model": "blog_article", "filter": {"id__gt": $_[0], "title__startswith": "Article number $_[0]"}$graphs{$name}, "limit": 5}') f] };

	# few keys and many have plans of their own: all of them are met
	statements($call->($_)) for 1 .. 6;
	my ($calls, $plans) = statements($call->(3));
	cmp_ok($plans, '<=', 1, "$name: only a pattern is planned again") or diag("$plans plans of $calls statements");
	my $get = sub { qq[bolt.get('{"model": "blog_article", "filter": {"author__id__gt": $_[0]}$graphs{$name}}', '{"id": $_[1]}')] };
	statements($get->(0, $_)) for 1 .. 3;
	($calls, $plans) = statements($get->(0, 9));
	is($plans, 0, "$name: the same shape with other values is not planned again") or diag("$plans plans of $calls statements");
}

close_test();
