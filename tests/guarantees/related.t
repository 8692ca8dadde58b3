#!/usr/bin/perl
# Sessions that relate the same objects at the same time: no deadlock comes from the order
# in which the related managers lock, no pair is there twice, no mirror is missing.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $database = new_database('guar_related');

psql_ok($database, <<'SQL');
CREATE TABLE article (id int PRIMARY KEY);
CREATE TABLE tag (id int PRIMARY KEY);
CREATE TABLE article_tags (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, article_id int NOT NULL REFERENCES article,
	tag_id int NOT NULL REFERENCES tag, UNIQUE (article_id, tag_id));
CREATE INDEX ON article_tags (tag_id);
CREATE TABLE comment (id int PRIMARY KEY, article_id int REFERENCES article);
CREATE INDEX ON comment (article_id);
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE person_friends (from_id int NOT NULL REFERENCES person, to_id int NOT NULL REFERENCES person, PRIMARY KEY (from_id, to_id));
SELECT bolt.register_many_to_many('person', 'person_friends', 'friends', source_columns => '{from_id}', target_columns => '{to_id}');
INSERT INTO article SELECT generate_series(1, 8);
INSERT INTO tag SELECT generate_series(1, 8);
INSERT INTO comment SELECT generate_series(1, 12);
INSERT INTO person SELECT generate_series(1, 8);
SQL

# ----- two sessions that name the same targets in opposite order

my $first = Sessions->new($database);
my $second = Sessions->new($database);

# Runs the second call while the first one's transaction is open; returns what it gave.
sub behind
{
	my ($one, $two) = @_;

	$first->ask("BEGIN; SELECT $one");
	is($first->{state}, '00000', "works: $one") or diag($first->{error});
	$second->tell("SELECT $two");
	$first->ask(<<"SQL");
DO \$\$
BEGIN
	FOR i IN 1 .. 1000 LOOP
		EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE pid = $second->{pid}
			AND position(\$q\$$two\$q\$ IN query) > 0 AND (wait_event_type = 'Lock' OR state = 'idle'));
		PERFORM pg_stat_clear_snapshot(), pg_sleep(0.01);
	END LOOP;
END \$\$
SQL
	$first->ask('COMMIT');
	return $second->answer;
}

sub pairs
{
	return $first->ask(q[SELECT string_agg(article_id || '-' || tag_id, ' ' ORDER BY article_id, tag_id) FROM article_tags]);
}

is(behind(q[bolt.add('article', '1', 'tags', '[1, 2, 3]')], q[bolt.add('article', '1', 'tags', '[4, 3, 2, 1]')]), 1,
	'add waits for another add of the same rows, and adds the rest');
is(behind(q[bolt.add('article', '2', 'tags', '[1, 2]')], q[bolt.add('tag', '2', 'article', '[2, 3]')]), 1, '... from the other side, too');
is(pairs(), '1-1 1-2 1-3 1-4 2-1 2-2 3-2', '... and nothing is there twice');
is(behind(q[bolt.remove('article', '1', 'tags', '[1, 2]')], q[bolt.remove('article', '1', 'tags', '[3, 2, 1]')]), 1, 'remove waits for a remove');
is(behind(q[bolt.set('article', '1', 'tags', '[5, 6]')], q[bolt.clear('article', '1', 'tags')]), 0,
	'clear removes what was there when it began');
is(behind(q[bolt.set('article', '1', 'tags', '[7, 8]')], q[bolt.set('article', '1', 'tags', '[8, 7, 3]')]), 1,
	'set waits for another set and adds what that has not left');
is(pairs(), '1-3 1-7 1-8 2-1 2-2 3-2', '... so that the later one has what it was to have');
is(behind(q[bolt.add('person', '1', 'friends', '[2, 3]')], q[bolt.add('person', '2', 'friends', '[3, 1]')]), 1,
	'add to both ends of a symmetrical relation');
is(behind(q[bolt.add('article', '1', 'comment', '[1, 2, 3]')], q[bolt.add('article', '2', 'comment', '[3, 2, 1]')]), 3,
	'add to a reverse relation takes the objects that another has just taken');
is(behind(q[bolt.add('article', '1', 'comment', '[1]')], q[bolt.set('article', '2', 'comment', '[3, 2]')]), 0,
	'set leaves alone what another has taken away before');
is(behind(q[bolt.clear('article', '2', 'comment')], q[bolt.remove('article', '2', 'comment', '[3]')]) =~ /comment 3 is not related to article 2/ ? $second->{state} : 'x', 'P0002',
	'remove sees that another has taken it away');

# ----- what isolation levels raise reaches the caller

$second->ask('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM article_tags');
$first->ask(q[SELECT bolt.add('article', '8', 'tags', '[1]')]);
is($second->state_of(q[SELECT bolt.add('article', '8', 'tags', '[1]')]), '40001', 'REPEATABLE READ: a row that another has added meanwhile');
$second->ask('ROLLBACK');

# ----- many sessions, many calls

psql_ok($database, <<'SQL');
CREATE FUNCTION any_of(most int) RETURNS json LANGUAGE sql VOLATILE
	RETURN (SELECT coalesce(json_agg(i), '[]') FROM (SELECT i FROM generate_series(1, most) i WHERE random() < 0.5 ORDER BY random()) s);
CREATE PROCEDURE relate(calls int) LANGUAGE plpgsql AS $$
DECLARE object json; what int;
BEGIN
	FOR i IN 1 .. calls LOOP
		object := to_json(1 + floor(random() * 3)::int);
		what := floor(random() * 14);
		CASE what
			WHEN 0 THEN PERFORM bolt.add('article', object, 'tags', any_of(8));
			WHEN 1 THEN PERFORM bolt.set('article', object, 'tags', any_of(8));
			WHEN 2 THEN PERFORM bolt.remove('article', object, 'tags', any_of(8));
			WHEN 3 THEN PERFORM bolt.clear('article', object, 'tags');
			WHEN 4 THEN PERFORM bolt.add('tag', object, 'article', any_of(8));
			WHEN 5 THEN PERFORM bolt.set('tag', object, 'article', any_of(8));
			WHEN 6 THEN PERFORM bolt.add('person', object, 'friends', any_of(8));
			WHEN 7 THEN PERFORM bolt.set('person', object, 'friends', any_of(8));
			WHEN 8 THEN PERFORM bolt.remove('person', object, 'friends', any_of(8));
			WHEN 9 THEN PERFORM bolt.clear('person', object, 'friends');
			WHEN 10 THEN PERFORM bolt.add('article', object, 'comment', any_of(12));
			WHEN 11 THEN PERFORM bolt.set('article', object, 'comment', any_of(12));
			WHEN 12 THEN PERFORM bolt.clear('article', object, 'comment');
			ELSE PERFORM bolt.set('article', object, 'comment', any_of(12));
		END CASE;
		COMMIT;
	END LOOP;
END $$;
SQL
my @sessions = map { Sessions->new($database) } 1 .. 12;
$_->ask("SET deadlock_timeout = '10ms'") for @sessions;
$_->tell('CALL relate(400)') for @sessions;
$_->answer for @sessions;
is_deeply([map { $_->{state} } @sessions], [('00000') x @sessions], '12 sessions that add, set, remove and clear at random: no error')
  or diag(map { "$_->{error}\n" } @sessions);
is($first->ask('SELECT count(*) FROM person_friends f WHERE NOT EXISTS (SELECT FROM person_friends m WHERE (m.from_id, m.to_id) = (f.to_id, f.from_id))'),
	0, '... and every friend is a friend');

# ----- statements, not one a row

psql_ok($database, 'CREATE EXTENSION pg_stat_statements');

# How many statements it takes to set three relations to so many objects.
sub statements
{
	my ($targets) = @_;
	my $ids = "(SELECT json_agg(i) FROM generate_series(1, $targets) i)";

	$first->ask(q[SELECT bolt.clear('article', '4', 'tags'), bolt.clear('person', '4', 'friends'), bolt.clear('article', '4', 'comment')]);
	$first->ask(q[INSERT INTO article_tags (article_id, tag_id) VALUES (4, 7), (4, 8)]);
	$first->ask('SELECT pg_stat_statements_reset()');
	$first->ask("SELECT bolt.set('article', '4', 'tags', $ids), bolt.set('person', '4', 'friends', $ids), bolt.set('article', '4', 'comment', $ids)");
	return $first->ask(<<'SQL');
SELECT sum(calls) FROM pg_stat_statements s JOIN pg_database d ON d.oid = dbid
WHERE datname = current_database() AND NOT toplevel AND query NOT LIKE '%FOR KEY SHARE%'
SQL
}

SKIP:
{
	skip 'pg_stat_statements is not preloaded', 1 if $first->state_of('SELECT count(*) FROM pg_stat_statements') ne '00000';
	$first->ask(q[SET pg_stat_statements.track = 'all']);
	my $few = statements(1);
	is(statements(6), $few, "as many statements for 6 targets as for 1: $few");
}

# ----- many targets, which a nested loop over keys and rows would take minutes for

psql_ok($database, 'INSERT INTO tag SELECT generate_series(9, 30000)', 'INSERT INTO person SELECT generate_series(9, 30000)',
	'INSERT INTO comment SELECT generate_series(13, 30000)', 'ANALYZE');
$first->ask("SET statement_timeout = '20s'");
for my $relation (q['article', '5', 'tags'], q['person', '5', 'friends'], q['article', '5', 'comment'])
{
	my $ids = sub { "(SELECT json_agg(i) FROM generate_series(1, 30000, $_[0]) i)" };

	is($first->ask("SELECT bolt.clear($relation) * 0, bolt.set($relation, " . $ids->(1) . "), bolt.set($relation, " . $ids->(2)
		. "), bolt.remove($relation, " . $ids->(4) . "), bolt.clear($relation)"), '0|30000|15000|7500|7500', "30,000 targets of $relation")
	  or diag($first->{error});
}

# ----- keys that a collation takes for one

SKIP:
{
	skip 'no ICU', 4
	  if $first->state_of(q[CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)]) ne '00000';
	psql_ok($database, 'CREATE TABLE shelf (id int PRIMARY KEY)', 'CREATE TABLE word (k text COLLATE anycase PRIMARY KEY, shelf_id int REFERENCES shelf)',
		'CREATE TABLE shelf_words (shelf_id int REFERENCES shelf, word text COLLATE anycase REFERENCES word)',
		q[SELECT bolt.register_many_to_many('shelf', 'shelf_words', 'words')],
		q[INSERT INTO shelf VALUES (1), (2)], q[INSERT INTO word VALUES ('a', 1), ('b', 1), ('c', 2)]);
	is($first->ask(q[SELECT bolt.add('shelf', '1', 'words', '["a", "A", "B"]'), bolt.set('shelf', '1', 'words', '["A", "b", "B"]')]),
		'2|0', 'add and set of links: two spellings are one key');
	$first->ask(q[SELECT bolt.create('shelf', '{"id": 3, "words": ["a", "A"]}'), bolt.save('shelf', '{"id": 3, "words": ["A", "b", "B"]}')]);
	is($first->ask('SELECT count(*) FROM shelf_words WHERE shelf_id = 3'), 2, '... nested ones, too');
	is($first->ask(q[SELECT bolt.set('shelf', '1', 'word', '["A", "B", "C"]'), bolt.remove('shelf', '1', 'word', '["A", "a"]')]), '1|1',
		'set and remove of rows that refer to the object');
	is($first->ask('SELECT string_agg(k, chr(44) ORDER BY k) FROM word WHERE shelf_id = 1'), 'b,c', '... leave those that were named');
}

close_test();
