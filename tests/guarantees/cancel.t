#!/usr/bin/perl
# statement_timeout and pg_cancel_backend act at once, wherever a call is.
#
# The guarantee is 100 ms; a busy machine is given a second, and what was measured is
# printed (prove -v).

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;
use Time::HiRes qw(sleep time);

# make test-assert runs slower servers.
my $margin = $ENV{BOLT_TEST_SERVER} ? 5000 : 1000;
my $database = new_database('guar_cancel', 20000);

psql_ok($database, <<'SQL');
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent SELECT generate_series(1, 20000);
CREATE TABLE child (id int PRIMARY KEY, text text, parent_id int);
INSERT INTO child SELECT i, 'Some text', 1 FROM generate_series(1, 500000) i;
ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent;
CREATE TABLE label (id int PRIMARY KEY, text text);
INSERT INTO label SELECT i, 'Label ' || i FROM generate_series(1, 300000) i;
CREATE TABLE link (parent_id int, label_id int, PRIMARY KEY (parent_id, label_id));
INSERT INTO link SELECT 1, i FROM generate_series(1, 300000) i;
ALTER TABLE link ADD FOREIGN KEY (parent_id) REFERENCES parent, ADD FOREIGN KEY (label_id) REFERENCES label;
CREATE VIEW slow AS SELECT id, pg_sleep(0.01)::text AS s, id AS parent_id FROM parent;
SELECT bolt.register_relation('slow', '{parent_id}', target => 'parent', related_name => 'slow');
CREATE VIEW busy AS SELECT p.id, p.id AS parent_id, (SELECT sum(i * p.id) FROM generate_series(1, 20000) i) AS n FROM parent p;
SELECT bolt.register_relation('busy', '{parent_id}', target => 'parent', related_name => 'busy');
CREATE TABLE big (id int PRIMARY KEY, body text, numbers int[], document jsonb);
ALTER TABLE big ALTER body SET STORAGE EXTERNAL, ALTER numbers SET STORAGE EXTERNAL, ALTER document SET STORAGE EXTERNAL;
INSERT INTO big (id, body) SELECT i, repeat('Lorem "ipsum" ', 4000) FROM generate_series(2, 3000) i;
INSERT INTO big (id, numbers) SELECT 1, array_agg(i) FROM generate_series(1, 8000000) i;
INSERT INTO big (id, body) SELECT 0, repeat('Lorem "ipsum" ', 8000000);
INSERT INTO big (id, document) SELECT -1, jsonb_agg(i) FROM generate_series(1, 2000000) i;
CREATE TABLE document (name text, text json);
ALTER TABLE document ALTER text SET STORAGE EXTERNAL;
INSERT INTO document
SELECT 'conditions', ('{"model": "blog_article", "filter": {"OR": [' || string_agg(format('{"AND": [{"title__icontains": "a%s"}, {"id": %s}]}', i, i), ',') || ']}}')::json
FROM generate_series(1, 9000) i
UNION ALL SELECT 'ids', ('{"model": "blog_article", "filter": {"id__in": [' || string_agg(i::text, ',') || ']}}')::json FROM generate_series(1, 1300000) i
UNION ALL SELECT 'string', ('{"model": "blog_article", "filter": {"title__iregex": "' || repeat('abc', 4000000) || '"}}')::json
UNION ALL SELECT 'needle', ('{"model": "blog_article", "filter": {"title__icontains": "' || repeat(E'\\n', 5000000) || '"}}')::json
UNION ALL SELECT 'names', ('{"model": "blog_article", "only": [' || string_agg('"title"', ',') || ']}')::json FROM generate_series(1, 50000) i
UNION ALL SELECT 'too much', ('{"model": "blog_article", "filter": {"OR": [' || string_agg('{"id": 1}', ',') || ']}}')::json FROM generate_series(1, 1000000) i
UNION ALL SELECT 'nested', ('{"model": "blog_article", "filter": ' || repeat('{"NOT": ', 5000) || '{"id": 1}' || repeat('}', 5001))::json;
ANALYZE;
SQL

my $session = Sessions->new($database);
my $other = Sessions->new($database);
my $graph = '"prefetch_related": ["tags", "comment_set__author", "comment_set__article__author"], "select_related": ["author"]';

sub of_document
{
	my ($function, $name) = @_;

	return "SELECT $function(text) FROM document WHERE name = '$name'";
}

# What is cancelled: a name, the call, and after how many milliseconds. The results are not
# turned into text, for PostgreSQL does that without looking up.
my @calls = (
	['a large graph as one value', qq[SELECT pg_column_size(bolt.fetch_json('{"model": "blog_article", $graph}'))], 5, 50, 100, 150],
	['a large graph, row by row', qq[SELECT count(f) FROM bolt.fetch('{"model": "blog_article", $graph}') f], 50, 150],
	['a large page', qq[SELECT pg_column_size(bolt.page('{"model": "blog_article", $graph}', 1, 20000))], 150],
	['a large in_bulk', qq[SELECT pg_column_size(bolt.in_bulk('{"model": "blog_article", $graph}'))], 150],
	['children without an index', q[SELECT pg_column_size(bolt.fetch_json('{"model": "parent", "prefetch_related": ["child_set"]}'))], 50, 100, 150, 250],
	['children without an index, a row each', q[SELECT count(bolt.get('{"model": "parent", "prefetch_related": [{"lookup": "child_set", "queryset": {"limit": 1}}]}',
		json_build_object('id', i))) FROM generate_series(2, 1000) i], 100],
	['one parent with 500,000 children', q[SELECT pg_column_size(bolt.get('{"model": "parent", "prefetch_related": ["child_set"]}', '{"id": 1}'))], 50, 100, 150, 200],
	['... in order', q[SELECT pg_column_size(bolt.get('{"model": "parent", "prefetch_related": [{"lookup": "child_set", "queryset": {"order_by": ["-text", "-id"]}}]}', '{"id": 1}'))],
		50, 150, 250],
	['one parent with 300,000 over a junction', q[SELECT pg_column_size(bolt.get('{"model": "parent", "prefetch_related": ["label_set"]}', '{"id": 1}'))], 30, 60, 100, 200],
	['... in order', q[SELECT pg_column_size(bolt.get('{"model": "parent", "prefetch_related": [{"lookup": "label_set", "queryset": {"order_by": ["-text"]}}]}', '{"id": 1}'))],
		60, 150, 300],
	['500,000 references to one object', q[SELECT pg_column_size(bolt.fetch_json('{"model": "child", "select_related": ["parent"]}'))], 50, 150],
	['a sleeping view', q[SELECT bolt.fetch_json('{"model": "slow"}')], 50],
	['a sleeping view as children', q[SELECT bolt.fetch_json('{"model": "parent", "prefetch_related": ["slow"]}')], 50],
	['a busy view', q[SELECT bolt.fetch_json('{"model": "busy"}')], 50],
	['a busy view as children', q[SELECT count(f) FROM bolt.fetch('{"model": "parent", "prefetch_related": ["busy"]}') f], 50],
	['a count', q[SELECT bolt.count('{"model": "busy", "filter": {"n__gt": 1}}')], 50],
	['explain analyze', q[SELECT bolt.explain('{"model": "busy"}', true)], 50],
	['large texts', q[SELECT count(f) FROM bolt.fetch('{"model": "big", "only": ["body"], "filter": {"id__gt": 1}}') f], 50, 150],
	['a text of 110 MB', q[SELECT pg_column_size(bolt.get('{"model": "big", "only": ["body"]}', '{"id": 0}'))], 30, 60, 100],
	['an array of 8,000,000 numbers', q[SELECT pg_column_size(bolt.get('{"model": "big", "only": ["numbers"]}', '{"id": 1}'))], 20, 60, 120],
	['a jsonb of 2,000,000', q[SELECT pg_column_size(bolt.get('{"model": "big", "only": ["document"]}', '{"id": -1}'))], 20, 60, 120],
	['9,000 conditions', of_document('bolt.exists', 'conditions'), 5, 20, 100, 500],
	['their sql', of_document('bolt.sql', 'conditions'), 5, 20, 50],
	['10 MB of ids', of_document('bolt.count', 'ids'), 10, 30, 60, 100, 150, 200],
	['... fetched', of_document('bolt.fetch_json', 'ids'), 30, 100, 200],
	['a pattern of 12 MB', of_document('bolt.count', 'string'), 5, 20, 50],
	['an escaped string of 10 MB', of_document('bolt.count', 'needle'), 5, 20, 50],
	['50,000 names', of_document('bolt.first', 'names'), 5, 20, 50],
	['more conditions than may be', of_document('bolt.count', 'too much'), 5, 20, 50],
	['more levels than may be', of_document('bolt.count', 'nested'), 1],
);

my $slowest = 0;

sub is_cancelled
{
	my ($name, $late, $state) = @_;

	# what is not cancelled was done before
	ok($state =~ /^(57014|00000|54\d\d\d)$/ && $late < $margin, $name) or diag("$state, $late ms late");
	note(sprintf '%.0f ms late, %s', $late, $state);
	$slowest = $late if $late > $slowest && $state eq '57014';
	return;
}

for (@calls)
{
	my ($name, $call, @timeouts) = @$_;

	for my $timeout (@timeouts)
	{
		$session->ask("SET statement_timeout = $timeout");
		my $late = $session->milliseconds($call) - $timeout;
		my $state = $session->{state};

		$session->ask('SET statement_timeout = 0');
		is_cancelled("$name: statement_timeout of $timeout ms", $late, $state);
	}
}
for (@calls[0 .. 16])
{
	my ($name, $call, @timeouts) = @$_;

	$session->tell($call);
	sleep $timeouts[0] / 1000;
	my $start = time;
	$other->ask("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $session->{pid} AND state = 'active'");
	$session->answer;
	is_cancelled("$name: pg_cancel_backend after $timeouts[0] ms", 1000 * (time - $start), $session->{state});
}
diag(sprintf 'the slowest to act took %.0f ms', $slowest);

ok($session->is_alive, 'the session lives');
like($session->ask(qq[SELECT bolt.get('{"model": "blog_article", $graph}', '{"id": 1}')]), qr/"tags":\[\{/, 'and fetches the graphs that were cancelled');
is($session->ask('SELECT count(*) FROM pg_cursors'), 0, 'nothing is open');

close_test();
