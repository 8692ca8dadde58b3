#!/usr/bin/perl
# What another session does to a table shows at the next call, also in the middle of a
# transaction.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $database = new_database('guar_ddl');
psql_ok($database, <<'SQL');
CREATE TABLE author (id int PRIMARY KEY, name text);
CREATE TABLE tag (id int PRIMARY KEY, name text);
CREATE TABLE article (id int PRIMARY KEY, title text, author_id int REFERENCES author);
CREATE TABLE comment (id int PRIMARY KEY, text text, article_id int);
CREATE TABLE article_tags (article_id int REFERENCES article, tag_id int REFERENCES tag, PRIMARY KEY (article_id, tag_id));
INSERT INTO author VALUES (1, 'ada');
INSERT INTO tag VALUES (1, 'red');
INSERT INTO article VALUES (1, 'one', 1);
INSERT INTO comment VALUES (1, 'c1', 1);
INSERT INTO article_tags VALUES (1, 1);
CREATE VIEW seen AS SELECT id, title FROM article;
SQL

# One that is idle between calls, two in transactions.
my %session = map { $_ => Sessions->new($database) } ('idle', 'READ COMMITTED', 'REPEATABLE READ');
my $other = Sessions->new($database);

my $article = q[bolt.fetch_json('{"model": "article"}')];
my $author = q[bolt.fetch_json('{"model": "article", "select_related": ["author"]}')];
my $comments = q[bolt.fetch_json('{"model": "article", "prefetch_related": ["comment_set"]}')];
my $tags = q[bolt.fetch_json('{"model": "article", "prefetch_related": ["tags"]}')];
my $seen = q[bolt.fetch_json('{"model": "seen"}')];
my $by_title = q[bolt.count('{"model": "article", "filter": {"title": "one"}}')];

# DDL of another session; then calls with what they give, or their SQLSTATE.
my @steps = (
	['nothing yet',
		$article => '[{"id":1,"title":"one","author_id":1}]',
		$author => '[{"id":1,"title":"one","author_id":1,"author":{"id":1,"name":"ada"}}]',
		$comments => '42703', $tags => '[{"id":1,"title":"one","author_id":1,"tags":[{"id":1,"name":"red"}]}]',
		$seen => '[{"id":1,"title":"one"}]', $by_title => 1],
	['ALTER TABLE article ADD COLUMN words int DEFAULT 5',
		$article => '[{"id":1,"title":"one","author_id":1,"words":5}]',
		$author => '[{"id":1,"title":"one","author_id":1,"words":5,"author":{"id":1,"name":"ada"}}]',
		$seen => '[{"id":1,"title":"one"}]'],
	['ALTER TABLE author ADD COLUMN born date', $author => '[{"id":1,"title":"one","author_id":1,"words":5,"author":{"id":1,"name":"ada","born":null}}]'],
	['ALTER TABLE article DROP COLUMN words; ALTER TABLE author DROP COLUMN born',
		$article => '[{"id":1,"title":"one","author_id":1}]',
		$author => '[{"id":1,"title":"one","author_id":1,"author":{"id":1,"name":"ada"}}]'],
	['ALTER TABLE comment ADD FOREIGN KEY (article_id) REFERENCES article',
		$comments => '[{"id":1,"title":"one","author_id":1,"comment_set":[{"id":1,"text":"c1","article_id":1}]}]'],
	['CREATE INDEX comment_article ON comment (article_id)',
		$comments => '[{"id":1,"title":"one","author_id":1,"comment_set":[{"id":1,"text":"c1","article_id":1}]}]'],
	['DROP INDEX comment_article',
		$comments => '[{"id":1,"title":"one","author_id":1,"comment_set":[{"id":1,"text":"c1","article_id":1}]}]'],
	['ALTER TABLE comment DROP CONSTRAINT comment_article_id_fkey', $comments => '42703'],
	["SELECT bolt.register_relation('comment', '{article_id}', target => 'article')",
		$comments => '[{"id":1,"title":"one","author_id":1,"comment_set":[{"id":1,"text":"c1","article_id":1}]}]'],
	["SELECT bolt.register_relation('comment', '{article_id}', target => 'article', related_name => 'remarks')",
		$comments => '42703',
		q[bolt.fetch_json('{"model": "article", "prefetch_related": ["remarks"]}')] =>
			'[{"id":1,"title":"one","author_id":1,"remarks":[{"id":1,"text":"c1","article_id":1}]}]'],
	['ALTER TABLE comment RENAME article_id TO about',
		q[bolt.fetch_json('{"model": "comment"}')] => '[{"id":1,"text":"c1","about":1}]',
		q[bolt.fetch_json('{"model": "article", "prefetch_related": ["remarks"]}')] =>
			'[{"id":1,"title":"one","author_id":1,"remarks":[{"id":1,"text":"c1","about":1}]}]'],
	["SELECT bolt.unregister('comment')", q[bolt.fetch_json('{"model": "comment"}')] => '[{"id":1,"text":"c1","about":1}]'],
	['ALTER TABLE comment RENAME about TO article_id', $comments => '42703',
		q[bolt.fetch_json('{"model": "article", "prefetch_related": ["remarks"]}')] => '42703'],
	['ALTER TABLE article RENAME title TO headline',
		$article => '[{"id":1,"headline":"one","author_id":1}]', $by_title => '42703', $seen => '[{"id":1,"title":"one"}]',
		q[bolt.count('{"model": "article", "filter": {"headline": "one"}}')] => 1],
	['ALTER TABLE article RENAME headline TO title', $by_title => 1],
	['DROP VIEW seen', $seen => '42P01'],
	['CREATE VIEW seen AS SELECT id, upper(title) AS shout FROM article', $seen => '[{"id":1,"shout":"ONE"}]'],
	['CREATE OR REPLACE VIEW seen AS SELECT id, lower(title) AS shout, 1 AS more FROM article', $seen => '[{"id":1,"shout":"one","more":1}]'],
	['DROP VIEW seen; CREATE MATERIALIZED VIEW seen AS SELECT id FROM article', $seen => '[{"id":1}]'],
	['DROP MATERIALIZED VIEW seen; CREATE TABLE seen (id int PRIMARY KEY, fresh text)', $seen => '[]'],
	["ALTER TABLE article ALTER title TYPE json USING '[1]'", $article => '[{"id":1,"title":[1],"author_id":1}]'],
	["ALTER TABLE article ALTER title TYPE text USING 'one'", $article => '[{"id":1,"title":"one","author_id":1}]', $by_title => 1],
	['DROP TABLE article_tags', $tags => '42703'],
	['CREATE TABLE article_tags (id int PRIMARY KEY, article_id int REFERENCES article, tag_id int REFERENCES tag); INSERT INTO article_tags VALUES (1, 1, 1)',
		$tags => '[{"id":1,"title":"one","author_id":1,"tags":[{"id":1,"name":"red"}]}]'],
	['ALTER TABLE article_tags ADD COLUMN since date',
		$tags => '[{"id":1,"title":"one","author_id":1,"tags":[{"id":1,"article_id":1,"tag_id":1,"since":null}]}]'],
	["SELECT bolt.register_many_to_many('article', 'article_tags', 'tags')",
		$tags => '[{"id":1,"title":"one","author_id":1,"tags":[{"id":1,"name":"red"}]}]'],
	["SELECT bolt.register_model('article', name => 'Story', ordering => '{-id}')",
		q[bolt.count('{"model": "Story"}')] => 1, $article => '[{"id":1,"title":"one","author_id":1}]'],
	['INSERT INTO article VALUES (2, NULL, 1)', q[bolt.fetch_json('{"model": "Story", "values": ["id"]}')] => '[{"id":2},{"id":1}]'],
	["SELECT bolt.register_model('article', name => 'Story', ordering => '{id}')",
		q[bolt.fetch_json('{"model": "Story", "values": ["id"]}')] => '[{"id":1},{"id":2}]'],
	["SELECT bolt.unregister('article'); DELETE FROM article WHERE id = 2", q[bolt.count('{"model": "Story"}')] => '42P01'],
	['ALTER TABLE author RENAME TO writer',
		$author => '[{"id":1,"title":"one","author_id":1,"author":{"id":1,"name":"ada"}}]',
		q[bolt.fetch_json('{"model": "writer"}')] => '[{"id":1,"name":"ada"}]', q[bolt.count('{"model": "author"}')] => '42P01'],
	['ALTER TABLE writer RENAME TO author', q[bolt.count('{"model": "author"}')] => 1, q[bolt.count('{"model": "writer"}')] => '42P01'],
	['CREATE SCHEMA library; ALTER TABLE author SET SCHEMA library', q[bolt.count('{"model": "author"}')] => '42P01',
		q[bolt.count('{"model": "library.author"}')] => 1, $author => '[{"id":1,"title":"one","author_id":1,"author":{"id":1,"name":"ada"}}]'],
	['ALTER SCHEMA library RENAME TO shelf', q[bolt.count('{"model": "library.author"}')] => '42P01', q[bolt.count('{"model": "shelf.author"}')] => 1,
		$author => '[{"id":1,"title":"one","author_id":1,"author":{"id":1,"name":"ada"}}]'],
	['ALTER TABLE shelf.author SET SCHEMA public', q[bolt.count('{"model": "author"}')] => 1],
	["CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE tag ADD COLUMN mood mood DEFAULT 'sad'",
		q[bolt.fetch_json('{"model": "tag", "filter": {"mood": "sad"}}')] => '[{"id":1,"name":"red","mood":"sad"}]',
		q[bolt.count('{"model": "tag", "filter": {"mood": "glad"}}')] => '22P02'],
	["ALTER TYPE mood ADD VALUE 'glad'", q[bolt.count('{"model": "tag", "filter": {"mood": "glad"}}')] => 0],
	["ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", q[bolt.fetch_json('{"model": "tag", "filter": {"mood": "blue"}}')] => '[{"id":1,"name":"red","mood":"blue"}]'],
	['DROP TABLE comment', q[bolt.count('{"model": "comment"}')] => '42P01'],
	['CREATE TABLE comment (id bigint, other text, PRIMARY KEY (other, id))', q[bolt.fetch_json('{"model": "comment", "order_by": ["pk"]}')] => '[]'],
	['ALTER TABLE comment DROP CONSTRAINT comment_pkey', q[bolt.fetch_json('{"model": "comment", "order_by": ["pk"]}')] => '42703'],
	['CREATE TABLE part (id int) PARTITION BY RANGE (id); CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10); INSERT INTO part VALUES (1)',
		q[bolt.fetch_json('{"model": "part"}')] => '[{"id":1}]'],
	['CREATE TABLE part_2 (id int); INSERT INTO part_2 VALUES (12); ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (10) TO (20)',
		q[bolt.count('{"model": "part"}')] => 2],
	['ALTER TABLE part DETACH PARTITION part_1', q[bolt.count('{"model": "part"}')] => 1],
	['DROP TABLE article CASCADE', $article => '42P01', $author => '42P01', $comments => '42P01', $tags => '42P01'],
	["CREATE TABLE article (id int PRIMARY KEY, title text, author_id int REFERENCES author); INSERT INTO article VALUES (9, 'nine', 1)",
		$article => '[{"id":9,"title":"nine","author_id":1}]', $author => '[{"id":9,"title":"nine","author_id":1,"author":{"id":1,"name":"ada"}}]',
		$tags => '42703', $by_title => 0],
	['ALTER TABLE author DROP CONSTRAINT author_pkey CASCADE', $author => '42703'],
);

# Locks of the open transactions would stand in the way of DDL: each step has one of its own,
# which has called something else before.
sub begin
{
	for my $mode ('READ COMMITTED', 'REPEATABLE READ')
	{
		$session{$mode}->ask("COMMIT") if $session{$mode}{open}++;
		$session{$mode}->ask("BEGIN ISOLATION LEVEL $mode");
	}
	return;
}

my $elsewhere = q[SELECT bolt.count('{"model": "pg_am"}')];
for my $step (@steps)
{
	my ($ddl, @calls) = @$step;

	begin();
	$session{$_}->ask($elsewhere) for 'READ COMMITTED', 'REPEATABLE READ';
	$other->ask($ddl) if $ddl ne 'nothing yet';
	is($other->{state}, '00000', "$ddl") or diag($other->{error});
	while (my ($call, $wanted) = splice @calls, 0, 2)
	{
		for my $which ('idle', 'READ COMMITTED', 'REPEATABLE READ')
		{
			# rows that came with the DDL are not in an older snapshot
			next if $which eq 'REPEATABLE READ' && $ddl =~ /INSERT|TYPE|DEFAULT|DROP COLUMN|MATERIALIZED|DELETE/;
			my $got = $session{$which}->ask("SAVEPOINT s; SELECT $call");
			my $state = $session{$which}{state};

			$session{$which}->ask('ROLLBACK TO s') if $which ne 'idle' && $state ne '00000';
			$got =~ s/^ERROR:  SAVEPOINT can only.*\n?//;
			is($state eq '00000' ? $got : $state, $wanted, "... $which: $call") or diag($got);
		}
	}
}
$session{$_}->ask('COMMIT') for 'READ COMMITTED', 'REPEATABLE READ';

# What is rolled back has never been.
$other->ask("BEGIN; ALTER TABLE tag ADD COLUMN brief int; SELECT bolt.register_model('tag', name => 'Label'); ROLLBACK");
unlike($session{idle}->ask(q[SELECT bolt.fetch_json('{"model": "tag"}')]), qr/brief/, 'DDL that is rolled back does not show');
is($session{idle}->state_of(q[SELECT bolt.count('{"model": "Label"}')]), '42P01', 'nor does a registration');

# Between the calls of one function.
$session{idle}->tell(<<'SQL');
DO $$
BEGIN
	ASSERT bolt.first('{"model": "tag"}')->'late' IS NULL;
	PERFORM pg_advisory_lock(1);
	COMMIT;
	FOR i IN 1 .. 1000 LOOP
		EXIT WHEN bolt.first('{"model": "tag"}')->>'late' = '3';
		COMMIT;
		PERFORM pg_sleep(0.01);
	END LOOP;
	ASSERT bolt.first('{"model": "tag"}')->>'late' = '3';
END $$
SQL
$other->ask('SELECT pg_sleep(0.1); ALTER TABLE tag ADD COLUMN late int DEFAULT 3');
$session{idle}->answer;
is($session{idle}{state}, '00000', 'between two calls of one procedure') or diag($session{idle}{error});

# While DDL goes on, calls give the old or the new, and no other error than that of a name.
$other->tell(<<'SQL');
DO $$
BEGIN
	FOR i IN 1 .. 150 LOOP
		ALTER TABLE tag ADD COLUMN busy int DEFAULT 7; COMMIT;
		ALTER TABLE tag RENAME busy TO lazy; COMMIT;
		ALTER TABLE tag DROP COLUMN lazy; COMMIT;
	END LOOP;
END $$
SQL
my %results;
until (IO::Select->new($other->{out})->can_read(0))
{
	my $result = $session{idle}->ask(q[SELECT bolt.fetch_json('{"model": "tag", "filter": {"id": 1}}')]);

	$results{ $session{idle}{state} eq '00000' ? $result =~ s/.*"late":3//r : $session{idle}{state} . $session{idle}{error} }++;
}
$other->answer;
is_deeply([grep { !/^(,"(busy|lazy)":7)?\}\]$/ } keys %results], [], 'calls during DDL give the one or the other');
cmp_ok(keys %results, '>', 1, '... both were met');

close_test();
