#!/usr/bin/perl
# A call reads its whole graph under one snapshot: what others commit meanwhile shows in
# none of its objects or in all of them.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;
use Time::HiRes qw(sleep);

my $database = new_database('guar_snapshot');
my $articles = 60;

# Every row carries the version of the transaction that last changed them all. Reading the
# gated views waits for whoever holds the gate.
psql_ok($database, <<"SQL");
CREATE TABLE author (id int PRIMARY KEY, version int NOT NULL);
CREATE TABLE tag (id int PRIMARY KEY, version int NOT NULL);
CREATE TABLE article (id int PRIMARY KEY, version int NOT NULL, amount int NOT NULL, author_id int REFERENCES author);
CREATE TABLE article_tags (article_id int REFERENCES article, tag_id int REFERENCES tag, PRIMARY KEY (article_id, tag_id));
CREATE TABLE comment (id int PRIMARY KEY, version int NOT NULL, amount int NOT NULL, article_id int REFERENCES article);
CREATE INDEX ON comment (article_id);
INSERT INTO author SELECT i, 0 FROM generate_series(1, 5) i;
INSERT INTO tag SELECT i, 0 FROM generate_series(1, 5) i;
INSERT INTO article SELECT i, 0, 100, 1 + i % 5 FROM generate_series(1, $articles) i;
INSERT INTO article_tags SELECT i, 1 + (i + k) % 5 FROM generate_series(1, $articles) i, generate_series(0, 1) k;
INSERT INTO comment SELECT i, 0, 0, 1 + i % $articles FROM generate_series(1, $articles * 3) i;
CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql VOLATILE AS \$\$
BEGIN PERFORM pg_advisory_lock_shared(1); PERFORM pg_advisory_unlock_shared(1); RETURN true; END \$\$;
CREATE VIEW gated_comment AS SELECT * FROM comment WHERE gate();
CREATE VIEW gated_article AS SELECT * FROM article WHERE gate();
SELECT bolt.register_relation('gated_comment', '{article_id}', target => 'article', related_name => 'gated_comments');
SELECT bolt.register_model('gated_article', primary_key => '{id}');
-- a version further, with the amounts of all articles given to one of their comments and back
CREATE PROCEDURE next_version() LANGUAGE plpgsql AS \$\$
BEGIN
	UPDATE author SET version = version + 1;
	UPDATE article SET version = version + 1, amount = 100 - amount;
	UPDATE tag SET version = version + 1;
	UPDATE comment c SET version = version + 1,
		amount = CASE WHEN id <= $articles THEN 100 - amount ELSE 0 END;
END \$\$;
CREATE TABLE enough ();
CREATE PROCEDURE next_versions() LANGUAGE plpgsql AS \$\$
BEGIN
	WHILE NOT EXISTS (SELECT FROM enough) LOOP CALL next_version(); COMMIT; END LOOP;
END \$\$;
SQL

my $reader = Sessions->new($database);
my $writer = Sessions->new($database);

my $branches = '"select_related": ["author"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}},'
  . '{"lookup": "comment_set", "queryset": {"order_by": ["id"]}}, "comment_set__article__author"]';
my $graph = qq({"model": "article", "order_by": ["id"], $branches});

# The versions that occur in a text.
sub versions
{
	my ($text) = @_;
	my %versions = map { $_ => 1 } $text =~ /"version":(\d+)/g;

	return join ',', sort { $a <=> $b } keys %versions;
}

# ----- while versions rush by

$reader->ask('SET bolt_orm.chunk_size = 7');
$writer->tell('CALL next_versions()');
my %calls = (
	fetch => "SELECT bolt.fetch('$graph')",
	fetch_json => "SELECT bolt.fetch_json('$graph')",
	get => "SELECT bolt.get('$graph', '{\"id\": 3}')",
	first => "SELECT bolt.first('$graph')",
	in_bulk => "SELECT bolt.in_bulk('{\"model\": \"article\", $branches}', '[1, 2, 3, 4, 5, 6, 7, 8, 9]')",
	page => "SELECT bolt.page('$graph', 2, 20)",
	'two calls in one statement' => "SELECT bolt.get('$graph', '{\"id\": 3}'), bolt.fetch_json('$graph')",
	'a lateral join' => "SELECT a.version, json FROM article a,"
	  . " LATERAL bolt.get(bolt.queryset('article', select_related => '{author}', prefetch_related => '{tags}', filter => json_build_object('id', a.id))) json",
);
for my $function (sort keys %calls)
{
	my (%seen, @mixed);

	# on a busy machine the writer may need some time for its next version
	for (my $i = 0; $i < 25 || (keys %seen < 2 && $i < 5000); $i++)
	{
		my $versions = versions($reader->ask($calls{$function}));

		$seen{$versions} = 1;
		push @mixed, $versions if $versions !~ /^\d+$/;
	}
	is(@mixed, 0, "$function: one version in a result") or diag("mixed: $mixed[0]");
	cmp_ok(keys %seen, '>', 1, '... and another in the next');
}
my @sums;
for (1 .. 25)
{
	my $sum = 0;

	$sum += $_ for $reader->ask(qq[SELECT bolt.fetch('{"model": "article", "prefetch_related": ["comment_set"]}')]) =~ /"amount":(\d+)/g;
	push @sums, $sum;
}
is_deeply([grep { $_ != 100 * $articles } @sums], [], 'no amount is seen twice or not at all while it moves between parent and child');
$reader->ask('INSERT INTO enough DEFAULT VALUES');
$writer->answer;
$reader->ask('RESET bolt_orm.chunk_size');

# ----- at a known point in the middle of a call

sub wait_at_gate
{
	for (1 .. 1000)
	{
		return if $writer->ask("SELECT count(*) FROM pg_stat_activity WHERE pid = $reader->{pid} AND wait_event = 'advisory'") == 1;
		sleep 0.01;
	}
	fail('the reader is at the gate');
	return;
}

# What a call gives in whose middle other versions and rows are committed.
sub overtaken
{
	my ($call) = @_;

	$writer->ask('SELECT pg_advisory_lock(1)');
	$reader->tell($call);
	wait_at_gate();
	$writer->ask('CALL next_version(); INSERT INTO article SELECT max(id) + 1, max(version), 100, 1 FROM article;'
		  . 'INSERT INTO comment SELECT max(id) + 1, max(version), 0, 3 FROM comment');
	$writer->ask('SELECT pg_advisory_unlock(1)');
	return $reader->answer;
}

my $gated_branches = '"select_related": ["author"], "prefetch_related": ["gated_comments", "tags"]';
my $gated = qq({"model": "article", "order_by": ["id"], $gated_branches});
for my $call ("fetch('$gated')", "fetch_json('$gated')", "get('$gated', '{\"id\": 3}')", "first('$gated')", "page('$gated')",
	"in_bulk('{\"model\": \"article\", $gated_branches}', '[3, 4]')")
{
	my ($function) = $call =~ /^(\w+)/;
	my $before = versions($reader->ask('SELECT bolt.fetch_json(\'{"model": "article"}\')'));

	is(versions(overtaken("SELECT bolt.$call")), $before, "$function: what was committed between two of its statements is not seen");
}
my $rows = $reader->ask('SELECT count(*) FROM article');
my $page = overtaken(q[SELECT bolt.page('{"model": "gated_article", "order_by": ["id"]}', 1, 1000)]);
like($page, qr/"total":$rows,/, 'page: the total is of the snapshot');
is(() = $page =~ /"id":/g, $rows, '... and the items are of the same');

# ----- a cursor that is read slowly

for my $hold ('', 'WITH HOLD')
{
	my $before = $reader->ask("SELECT bolt.fetch('$graph')");
	my $text;

	$reader->ask('SET bolt_orm.chunk_size = 5');
	$reader->ask("BEGIN; DECLARE slow CURSOR $hold FOR SELECT bolt.fetch('$graph')");
	$text = $reader->ask('FETCH 7 FROM slow') . "\n";
	$writer->ask('CALL next_version(); INSERT INTO article SELECT max(id) + 1, max(version), 100, 1 FROM article;'
		  . 'DELETE FROM comment WHERE id % 3 = 0; DELETE FROM article_tags WHERE tag_id = 2');
	$text .= $reader->ask('FETCH 20 FROM slow') . "\n";
	$writer->ask('CALL next_version()');
	isnt(versions($reader->ask(qq[SELECT bolt.fetch_json('{"model": "article"}')])), versions($before), 'another statement of the transaction sees the new version');
	$reader->ask('COMMIT') if $hold;
	$text .= $reader->ask('FETCH ALL FROM slow');
	$text .= "\n";
	is(versions($text), versions($before), "a cursor $hold sees the version that was there when it was opened");
	ok($text eq "$before\n", '... and all that belonged to it');
	$reader->ask($hold ? 'CLOSE slow' : 'COMMIT');
}

# ----- the caller's own changes

my $own = versions($reader->ask(qq[SELECT bolt.fetch_json('$graph')]));
$reader->ask('BEGIN; CALL next_version()');
is(versions($reader->ask("SELECT bolt.fetch_json('$graph')")), $own + 1, 'the next call sees the changes of its own transaction');
$reader->ask('ROLLBACK');
is(versions($reader->ask("SELECT bolt.fetch_json('$graph')")), $own, 'and no longer once they are rolled back');
is($reader->ask(<<"SQL"), $own, 'a loop over fetch does not see what its body changes');
CREATE FUNCTION pg_temp.loop() RETURNS SETOF text LANGUAGE plpgsql AS \$\$
DECLARE object json;
BEGIN
	FOR object IN SELECT bolt.fetch('$graph') LOOP
		CALL next_version();
		RETURN QUERY SELECT DISTINCT match[1] FROM regexp_matches(object::text, '"version":(\\d+)', 'g') match;
	END LOOP;
END \$\$;
BEGIN;
SELECT DISTINCT version FROM pg_temp.loop() version;
ROLLBACK;
SQL
is($reader->ask(<<"SQL"), ($own + 1) . "\n" . ($own + 2), 'calls of a volatile function each see the changes before them');
CREATE FUNCTION pg_temp.calls() RETURNS SETOF text LANGUAGE plpgsql AS \$\$
BEGIN
	FOR i IN 1 .. 2 LOOP
		CALL next_version();
		RETURN NEXT bolt.first('{"model": "article", "only": ["version"], "order_by": ["id"]}')->>'version';
	END LOOP;
END \$\$;
BEGIN;
SELECT pg_temp.calls();
ROLLBACK;
SQL

$reader->ask('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
my $fixed = versions($reader->ask("SELECT bolt.fetch_json('$graph')"));
$writer->ask('CALL next_version()');
is(versions($reader->ask("SELECT bolt.fetch_json('$graph')")), $fixed, 'REPEATABLE READ: all calls of a transaction see one version');
$reader->ask('COMMIT');

close_test();
