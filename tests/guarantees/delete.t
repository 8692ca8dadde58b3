#!/usr/bin/perl
# Deletes at the same time: no deadlock of our own making, and what another session does
# meanwhile is neither missed nor counted twice.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;
use Time::HiRes 'sleep';

my $database = new_database('guar_delete', 1000);
my @sessions = map { Sessions->new($database) } 0 .. 1;
my ($one, $two) = @sessions;

psql_ok($database, map { "SELECT bolt.register_relation($_)" }
	"'blog_comment', '{article_id}', on_delete => 'CASCADE', related_name => 'comments'",
	"'blog_comment', '{author_id}', on_delete => 'CASCADE', related_name => 'comments'",
	"'blog_article_tags', '{article_id}', on_delete => 'CASCADE'",
	"'blog_article_tags', '{tag_id}', on_delete => 'CASCADE'",
	"'blog_article', '{author_id}', on_delete => 'CASCADE'");

sub delete_of
{
	my ($model, $filter, $more) = @_;

	$more //= '';
	return qq[SELECT deleted FROM bolt.delete('{"model": "$model", "filter": $filter$more}')];
}

# Waits until a session waits for a lock.
sub wait_for_lock
{
	my ($session) = @_;

	for (1 .. 2000)
	{
		return 1
		  if $one->{pid} != $session->{pid} && $one->ask("SELECT cardinality(pg_blocking_pids($session->{pid}))") > 0;
		sleep 0.005;
	}
	BAIL_OUT('the session does not wait');
	return;
}

# ----- the same rows in other orders

# So that no scan finds rows in the order of their primary keys by chance.
for my $table ('blog_article', 'blog_comment', 'blog_article_tags')
{
	psql_ok($database, "CREATE INDEX shuffled ON $table (md5(id::text))", "CLUSTER $table USING shuffled", 'DROP INDEX shuffled', "ANALYZE $table");
}

# Deletes and takes it back, in one statement.
psql_ok($database, <<'SQL');
CREATE FUNCTION try_delete(document json) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	SELECT deleted INTO n FROM bolt.delete(document);
	RAISE EXCEPTION 'take it back';
EXCEPTION WHEN raise_exception THEN
	RETURN n;
END $$
SQL

for my $case (
	['the same objects, ordered otherwise', ['blog_article', '{"id__lte": 600}', ', "order_by": ["id"]'], ['blog_article', '{"id__lte": 600}', ', "order_by": ["-id"]']],
	['objects and those that refer to them', ['blog_article', '{"id__lte": 600}'], ['blog_comment', '{"article__title__startswith": "Article"}']],
	['objects that the same rows refer to', ['blog_article', '{"id__lte": 600}'], ['blog_tag', '{"id__lte": 120}']],
	['several ways to the same rows', ['auth_user', '{"id__lte": 20}'], ['blog_article', '{"id__gt": 300}']],
	['a filter by another table', ['blog_comment', '{"author__id__lte": 30}'], ['blog_article', '{"author__username__startswith": "user1"}']])
{
	my ($name, @deletes) = @$case;
	my $failed = 0;

	for (1 .. 30)
	{
		$sessions[$_]->tell(delete_of(@{ $deletes[$_] }) =~ s/deleted FROM bolt.delete/try_delete/r) for 0, 1;
		for (@sessions)
		{
			$_->answer;
			$failed++ if $_->{state} ne '00000';
		}
	}
	is($failed, 0, "no deadlock: $name");
}

# ----- what the other session does meanwhile

$one->ask('BEGIN');
is($one->ask(delete_of('blog_comment', '{"article__in": [998, 999]}')), 16, 'sixteen are deleted');
$two->tell(delete_of('blog_comment', '{"article__in": [997, 998]}'));
wait_for_lock($two);
$one->ask('COMMIT');
is($two->answer, 8, '... and are not counted by another delete of them');

$one->ask('BEGIN');
is($one->ask(delete_of('blog_article', '{"id": 1}')), 12, 'an object with all that refers to it');
$two->tell(delete_of('blog_article', '{"id__in": [1, 2]}'));
wait_for_lock($two);
$one->ask('COMMIT');
is($two->answer, 12, '... is not counted, either');

$one->ask("BEGIN; UPDATE blog_article SET title = 'other' WHERE id = 3");
$two->tell(delete_of('blog_article', '{"id__in": [3, 4], "title__startswith": "Article"}'));
wait_for_lock($two);
$one->ask('COMMIT');
is($two->answer, 12, 'a row that no longer meets the filter stays');
is($one->ask('SELECT count(*) FROM blog_comment WHERE article_id = 3'), 8, '... with what refers to it');

$one->ask("BEGIN; INSERT INTO blog_comment (text, article_id, author_id) VALUES ('late', 5, 1)");
$two->tell(delete_of('blog_article', '{"id": 5}'));
wait_for_lock($two);
$one->ask('COMMIT');
is($two->answer, 13, 'a row that comes to refer to it while the delete waits goes, too');
is($two->{state}, '00000', '... without an error');

$two->ask('BEGIN');
is($two->ask(delete_of('blog_article', '{"id": 6}')), 12, 'an object is deleted');
$one->tell(q[INSERT INTO blog_comment (text, article_id, author_id) VALUES ('too late', 6, 1)]);
sleep 0.1;
$two->ask('COMMIT');
$one->answer;
is($one->{state}, '23503', '... and nothing can refer to it any more');

# ----- isolation levels

for my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	my $id = $level eq 'SERIALIZABLE' ? 7 : 8;

	$two->ask("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM blog_tag");
	psql_ok($database, "UPDATE blog_article SET title = 'changed' WHERE id = $id");
	is($two->state_of(delete_of('blog_article', qq({"id": $id}))), '40001', "$level: a row that has changed is an error");
	$two->ask('ROLLBACK');
	$two->ask("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM blog_tag");
	psql_ok($database, "INSERT INTO blog_comment (text, article_id, author_id) VALUES ('unseen', $id, 1)");
	like($two->state_of(delete_of('blog_article', qq({"id": $id}))), qr/^(40001|23503)$/, '... one that cannot be seen still refers')
	  or diag($two->{error});
	$two->ask('ROLLBACK');
	is($two->ask(delete_of('blog_article', qq({"id": $id}))), 13, '... and the next try deletes it all');
}

# ----- statements, and an end in the middle

psql_ok($database, 'CREATE EXTENSION pg_stat_statements');
SKIP:
{
	$one->ask("SET pg_stat_statements.track = 'all'");
	skip 'pg_stat_statements is not preloaded', 2 if $one->state_of('SELECT count(*) FROM pg_stat_statements') ne '00000';
	my %calls;
	for my $filter ('{"id": 20}', '{"id__lte": 400, "id__gt": 20}')
	{
		$one->ask('SELECT pg_stat_statements_reset()');
		$one->ask(delete_of('blog_article', $filter));
		$calls{$filter} = $one->ask(q[SELECT string_agg(calls::text, ' ') FROM pg_stat_statements WHERE NOT toplevel AND query NOT LIKE '%FOR KEY SHARE%' AND query ~ 'blog']);
	}
	is($calls{'{"id": 20}'}, '1 1 1 1', 'a statement a model, and one to find the objects');
	is($calls{'{"id__lte": 400, "id__gt": 20}'}, '1 1 1 1', '... however many they are');
}

psql_ok($database, 'CREATE TABLE chain (id int PRIMARY KEY, next_id int REFERENCES chain)',
	'INSERT INTO chain SELECT i, nullif(i - 1, 0) FROM generate_series(1, 30000) i', 'CREATE INDEX ON chain (next_id)',
	"SELECT bolt.register_relation('chain', '{next_id}', on_delete => 'CASCADE')");
$two->ask("SET statement_timeout = '100ms'");
my $time = $two->milliseconds(delete_of('chain', '{"id": 1}'));
is($two->{state}, '57014', 'a delete of 30,000 levels ends at its timeout');
cmp_ok($time, '<', $ENV{BOLT_TEST_SERVER} ? 10000 : 1000, '... soon');
is($two->ask('RESET statement_timeout; SELECT count(*) FROM chain'), 30000, '... and has deleted nothing');
is($two->ask(delete_of('chain', '{"id": 1}')), 30000, '... and all of them without one');
ok($two->is_alive, 'the session lives');

close_test();
