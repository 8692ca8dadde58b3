#!/usr/bin/perl
# Eight sessions write, delete, renumber, roll back and go through views and rules, at all isolation levels, with the foreign keys checked in batches and
# not. At the end no row refers to nothing, and no session has seen an error that it should not.
#
#   BOLT_STRESS_SECONDS   how long for each setting; 8

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;
use Time::HiRes qw(time);

my $seconds = $ENV{BOLT_STRESS_SECONDS} // 8;
my $sessions = 8;
my $database = new_database('guar_foreign_keys_stress');

psql_ok($database, <<'SQL');
CREATE TABLE parent (id int PRIMARY KEY, code int UNIQUE, n int);
CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, parent_id int NOT NULL REFERENCES parent);
CREATE TABLE coded (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code int REFERENCES parent (code) ON UPDATE CASCADE);
CREATE TABLE kept (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent_id int REFERENCES parent);
CREATE TABLE grandchild (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, child_id int REFERENCES child ON DELETE CASCADE);
CREATE TABLE tree (id int PRIMARY KEY, parent_id int REFERENCES tree);
CREATE VIEW children AS SELECT parent_id, id, n FROM child;
CREATE TABLE front (x int, y int);
CREATE RULE moved AS ON INSERT TO front DO INSTEAD INSERT INTO child (n, parent_id) VALUES (new.x, new.y) RETURNING child.n, child.parent_id;
CREATE INDEX ON child (parent_id);
CREATE INDEX ON coded (code);
CREATE INDEX ON kept (parent_id);
CREATE INDEX ON grandchild (child_id);
CREATE INDEX ON tree (parent_id);
CREATE FUNCTION renumber() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF old.n = 7 THEN UPDATE parent SET code = code + 100000 WHERE id = old.parent_id; END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER renumber AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION renumber();
SELECT bolt.register_relation('child', '{parent_id}', on_delete => 'CASCADE');
SELECT bolt.register_relation('coded', '{code}', on_delete => 'SET_NULL');
SELECT bolt.register_relation('tree', '{parent_id}', on_delete => 'CASCADE');
INSERT INTO parent SELECT g, g, g FROM generate_series(1, 400) g;
SQL

# What a session may do; %a to %c are replaced by random parents.
my @calls = (
	q(SELECT count(*) FROM bolt.bulk_create('child', (SELECT json_agg(json_build_object('parent_id', 1 + (%a + g) % 400, 'n', g)) FROM generate_series(1, 20) g))),
	q(SELECT count(*) FROM bolt.bulk_create('children', (SELECT json_agg(json_build_object('n', 1 + (%a + g) % 400, 'parent_id', 1 + (%b + g) % 400)) FROM generate_series(1, 20) g))),
	q(SELECT count(*) FROM bolt.bulk_create('front', (SELECT json_agg(json_build_object('x', g, 'y', 1 + (%a + 7 * g) % 410)) FROM generate_series(1, 20) g))),
	q(SELECT count(*) FROM bolt.bulk_create('coded', (SELECT json_agg(json_build_object('code', 1 + (%a + g) % 400)) FROM generate_series(1, 25) g))),
	q(SELECT count(*) FROM bolt.bulk_create('kept', (SELECT json_agg(json_build_object('parent_id', 395 + g % 5)) FROM generate_series(1, 20) g))),
	q(SELECT count(*) FROM bolt.bulk_create('child', (SELECT json_agg(json_build_object('parent_id', 1 + (%a + g) % 400, 'n', g, 'grandchild', json_build_array(json_build_object()))) FROM generate_series(1, 5) g))),
	q(SELECT deleted FROM bolt.delete('{"model": "parent", "filter": {"id__gte": %a, "id__lt": %z}}')),
	q(SELECT deleted FROM bolt.delete('{"model": "parent", "filter": {"id__in": [%a, %b, %c]}}')),
	q(SELECT deleted FROM bolt.delete('{"model": "child", "filter": {"parent_id__gte": %a, "parent_id__lt": %z}}')),
	q(SELECT deleted FROM bolt.delete('{"model": "coded", "filter": {"code__gte": %a, "code__lt": %z}}')),
	q(SELECT count(*) FROM bolt.bulk_create('parent', (SELECT json_agg(json_build_object('id', g, 'code', g + 1000 * %b, 'n', g)) FROM generate_series(1, 400) g), ignore_conflicts => true)),
	q(SELECT bolt.update('{"model": "parent", "filter": {"id__gte": %a, "id__lt": %z}}', '{"code": {"Add": ["code", 1000000]}}')),
	q(UPDATE parent SET code = code + 2000000 WHERE id = %a),
	q(DELETE FROM parent WHERE id = %a; INSERT INTO parent VALUES (%a, 5000000 + %b, 0)),
	q(SELECT count(*) FROM bolt.bulk_create('tree', (SELECT json_agg(json_build_object('id', %a * 1000 + g, 'parent_id', CASE WHEN g > 1 THEN %a * 1000 + g / 2 END)) FROM generate_series(1, 40) g), ignore_conflicts => true)),
	q(SELECT deleted FROM bolt.delete('{"model": "tree", "filter": {"id__gte": %a000, "id__lt": %a020}}')),
	q(SELECT bolt.run('[{"op": "delete", "queryset": {"model": "child", "filter": {"parent_id": %a}}}, {"op": "create", "model": "child", "values": {"parent_id": %b, "n": 1}}]')),
);
my %expected = map { $_ => 1 } qw(00000 23503 23505 40001 40P01 23001 P0002);

my %dangling = (
	child => 'SELECT count(*) FROM child c WHERE NOT EXISTS (SELECT FROM parent p WHERE p.id = c.parent_id)',
	coded => 'SELECT count(*) FROM coded c WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM parent p WHERE p.code = c.code)',
	kept => 'SELECT count(*) FROM kept c WHERE NOT EXISTS (SELECT FROM parent p WHERE p.id = c.parent_id)',
	grandchild => 'SELECT count(*) FROM grandchild c WHERE child_id IS NOT NULL AND NOT EXISTS (SELECT FROM child p WHERE p.id = c.child_id)',
	tree => 'SELECT count(*) FROM tree c WHERE parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM tree p WHERE p.id = c.parent_id)',
);

srand($ENV{BOLT_STRESS_SEED} // 20261201);

sub a_call
{
	my $call = $calls[ rand @calls ];
	my ($a, $b, $c) = map { 1 + int rand 400 } 1 .. 3;
	my $z = $a + 5 + int rand 40;

	$call =~ s/%a/$a/g;
	$call =~ s/%b/$b/g;
	$call =~ s/%c/$c/g;
	$call =~ s/%z/$z/g;
	return $call;
}

# A transaction: a level, perhaps a savepoint that is given up, and its end.
sub a_transaction
{
	my $level = ('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')[ rand 4 ];
	my @statements = ("BEGIN ISOLATION LEVEL $level");

	push @statements, a_call();
	push @statements, 'SAVEPOINT s', a_call(), (rand() < 0.6 ? 'ROLLBACK TO s' : 'RELEASE s') if rand() < 0.4;
	push @statements, a_call() if rand() < 0.3;
	push @statements, rand() < 0.9 ? 'COMMIT' : 'ROLLBACK';
	return @statements;
}

my $observer = Sessions->new($database);
for my $setting ('off', 'on')
{
	my @all = map { Sessions->new($database) } 1 .. $sessions;
	my (%states, %unexpected);
	my $transactions = 0;
	my $end = time + $seconds;

	$_->ask("SET bolt_orm.batch_foreign_keys = $setting; SET deadlock_timeout = '200ms'") for @all;
	while (time < $end)
	{
		for my $session (@all)
		{
			my @statements = rand() < 0.5 ? a_transaction() : a_call();

			$session->tell($_) for @statements;
			$session->{told} = [@statements];
			$transactions++;
		}
		for my $session (@all)
		{
			while (@{ $session->{waiting} })
			{
				$session->answer;
				my $state = $session->{state} // '00000';

				$states{$state}++;
				next if $expected{$state} || $state eq '25P02' || $state eq '3B001';
				$unexpected{"$state: " . ($session->{error} // '')} = join '; ', @{ $session->{told} };
			}
		}
	}
	is_deeply([ keys %unexpected ], [], "batch_foreign_keys $setting: $transactions transactions raise nothing unexpected") or diag(join "\n", map { "$_\n$unexpected{$_}" } keys %unexpected);
	note(join ', ', map { "$_ $states{$_}" } sort keys %states);
	cmp_ok($states{'00000'}, '>', $transactions / 2, '... and most of them succeed');
	is($observer->ask($dangling{$_}), 0, "... no row of $_ dangles") for sort keys %dangling;
	is(scalar(grep { !$_->is_alive } @all), 0, '... and all sessions are there');
	$_->close for @all;
}
cmp_ok($observer->ask('SELECT count(*) FROM child'), '>', 0, 'rows are there');
close_test();
