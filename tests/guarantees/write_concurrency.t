#!/usr/bin/perl
# Many sessions that write the same rows at once: nobody sees an error, nothing comes twice,
# no update is lost, and nobody waits for one who waits for him.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $twins = 32;
my $database = new_database('guar_write_concurrency');

psql_ok($database,
	'CREATE TABLE counter (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, n int NOT NULL DEFAULT 0)',
	'CREATE TABLE late (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE DEFERRABLE, n int NOT NULL DEFAULT 0)',
	'CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE DEFERRABLE INITIALLY DEFERRED, n int NOT NULL DEFAULT 0)',
	'CREATE TABLE slot (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, n int NOT NULL DEFAULT 0,
		EXCLUDE USING btree (name WITH =) DEFERRABLE INITIALLY DEFERRED)',
	'CREATE TABLE spelt (k uuid PRIMARY KEY, n int, m int)',
	'CREATE VIEW counter_view AS SELECT * FROM counter',
	"SELECT bolt.register_model('counter_view', primary_key => '{id}')",
	'CREATE TABLE owner (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE)',
	'CREATE TABLE owned (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL UNIQUE, owner_id int REFERENCES owner)',
	'CREATE TABLE item (id int PRIMARY KEY, code text NOT NULL UNIQUE, n int NOT NULL DEFAULT 0)',
	"INSERT INTO item SELECT g, 'code ' || g FROM generate_series(1, 200) g",
	'CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL CHECK (balance >= 0))',
	'INSERT INTO account SELECT g, 100 FROM generate_series(1, 8) g');

# Does something many times over, in one transaction.
psql_ok($database, <<'SQL');
CREATE FUNCTION repeat_call(call text, times int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	done int := 0;
BEGIN
	FOR i IN 1 .. times LOOP
		EXECUTE replace(call, '%i', i::text);
		done := done + 1;
	END LOOP;
	RETURN done;
END $$
SQL

my @sessions = map { Sessions->new($database) } 1 .. $twins;
my $observer = Sessions->new($database);

# Each session is told its statements, all at once; returns the errors that there were.
sub all_at_once
{
	my ($statements, $n) = @_;
	my @errors;
	my @some = @sessions[0 .. ($n // $twins) - 1];

	for my $i (0 .. $#some)
	{
		$some[$i]->tell($_) for $statements->($i);
	}
	for my $session (@some)
	{
		while (@{ $session->{waiting} })
		{
			$session->answer;
			push @errors, $session->{error} if $session->{error};
		}
	}
	return @errors;
}

sub nobody_fails
{
	my ($name, @errors) = @_;

	is(scalar @errors, 0, "$name: no error") or diag(@errors[0 .. ($#errors > 2 ? 2 : $#errors)]);
	return;
}

# Quotes a text for SQL.
sub quoted
{
	my ($text) = @_;

	$text =~ s/'/''/g;
	return "'$text'";
}

# ----- get_or_create: 32 sessions, the same 50 keys, each call its own transaction

for my $model ('counter', 'late', 'later', 'slot')
{
	my $each = join "\n",
	  map { qq(SELECT created FROM bolt.get_or_create('{"model": "$model"}', '{"name": "key $_"}', '{"n": 1}');) } 1 .. 50;
	nobody_fails("get_or_create of $model", all_at_once(sub { $each }));
	is($observer->ask("SELECT count(*), count(DISTINCT name), sum(n) FROM $model"), '50|50|50', '... each key once');
}
$observer->ask('TRUNCATE counter');
nobody_fails('get_or_create of a view',
	all_at_once(sub { map { qq(SELECT bolt.get_or_create('{"model": "counter_view"}', '{"name": "key $_"}');) } 1 .. 20 }));
is($observer->ask('SELECT count(*) FROM counter'), 20, '... each key once');

# one of them has created each
$observer->ask('TRUNCATE counter');
my $created = 0;
$_->tell(q(SELECT count(*) FILTER (WHERE (bolt.get_or_create('{"model": "counter"}', json_build_object('name', 'key ' || g))).created) FROM generate_series(1, 50) g))
  for @sessions;
$created += $_->answer for @sessions;
is($created, 50, 'each object was created for one session, and got by the others');

# objects with others nested in them: no duplicate, and none that belong to nothing
nobody_fails(
	'get_or_create with nested objects',
	all_at_once(
		sub {
			map { qq(SELECT bolt.get_or_create('{"model": "owned"}', '{"title": "title $_"}', '{"owner": {"name": "owner $_"}}');) } 1 .. 20;
		}));
is($observer->ask('SELECT (SELECT count(*) FROM owned), (SELECT count(*) FROM owner)'), '20|20', '... each once, with what is nested in it');

# ----- update_or_create: no update is lost

$observer->ask('TRUNCATE counter');
my $count = q(SELECT bolt.update_or_create('{"model": "%s"}', '{"name": "key %d"}', '{"n": {"Add": ["n", 1]}}', '{"n": 1}'));
for my $model ('counter', 'late')
{
	$observer->ask("TRUNCATE $model");
	nobody_fails("update_or_create of $model", all_at_once(sub { map { sprintf "$count;", $model, $_ % 5 } 1 .. 25 }));
	is($observer->ask("SELECT count(*), sum(n), min(n) FROM $model"), '5|' . ($twins * 25) . '|' . ($twins * 5), '... each of them is counted');
}

# several in one transaction, in one order
$observer->ask('TRUNCATE counter');
nobody_fails('update_or_create of several in a transaction',
	all_at_once(sub { ('BEGIN', (map { sprintf "$count;", 'counter', $_ } 1 .. 10), 'COMMIT') }));
is($observer->ask('SELECT count(*), sum(n) FROM counter'), '10|' . ($twins * 10), '... each of them is counted');

# ----- opposite orders do not deadlock

psql_ok('postgres', "ALTER DATABASE $database SET deadlock_timeout = '100ms'");
$_->ask("SET deadlock_timeout = '100ms'") for @sessions;

my $up = join ',', 1 .. 200;
my $down = join ',', reverse 1 .. 200;
my %orders = (
	'bulk_update' => [
		map {
			my $order = $_;
			'SELECT repeat_call('
			  . quoted("SELECT bolt.bulk_update('item', (SELECT json_agg(json_build_object('id', g, 'n', %i) ORDER BY place) FROM unnest('{$order}'::int[]) WITH ORDINALITY u(g, place)), '{n}')")
			  . ', 10)'
		} $up, $down
	],
	'bulk_update of expressions' => [
		map {
			my $order = $_;
			'SELECT repeat_call('
			  . quoted("SELECT bolt.bulk_update('item', (SELECT json_agg(json_build_object('id', g, 'n', json_build_object('Add', json_build_array('n', 1))) ORDER BY place) FROM unnest('{$order}'::int[]) WITH ORDINALITY u(g, place)), '{n}')")
			  . ', 2)'
		} $up, $down
	],
	'bulk_create with update_conflicts' => [
		map {
			my $order = $_;
			'SELECT repeat_call('
			  . quoted("SELECT count(*) FROM bolt.bulk_create('item', (SELECT json_agg(json_build_object('id', 1000 * %i + g, 'code', 'code ' || g, 'n', %i) ORDER BY place) FROM unnest('{$order}'::int[]) WITH ORDINALITY u(g, place)), update_conflicts => true, update_fields => '{n}', unique_fields => '{code}')")
			  . ', 10)'
		} $up, $down
	],
	'bulk_create with update_conflicts, rows of different columns' => [
		map {
			my $order = $_;
			'SELECT repeat_call('
			  . quoted("SELECT count(*) FROM bolt.bulk_create('item', (SELECT json_agg(CASE WHEN (g + %i) % 3 = 0 THEN json_build_object('id', 1000 * %i + g, 'code', 'code ' || g, 'n', %i) ELSE json_build_object('id', 1000 * %i + g, 'code', 'code ' || g) END ORDER BY place) FROM unnest('{$order}'::int[]) WITH ORDINALITY u(g, place)), update_conflicts => true, update_fields => '{n}', unique_fields => '{code}')")
			  . ', 5)'
		} $up, $down
	],
	'bulk_create with update_conflicts, new keys in other spellings' => [
		map {
			my ($order, $spelling) = @$_;
			'SELECT repeat_call('
			  . quoted("SELECT count(*) FROM bolt.bulk_create('spelt', (SELECT json_agg(CASE WHEN g % 3 = 0 THEN json_build_object('k', $spelling, 'n', %i) ELSE json_build_object('k', $spelling, 'm', %i) END ORDER BY place) FROM unnest('{$order}'::int[]) WITH ORDINALITY u(g, place)), update_conflicts => true, update_fields => '{n,m}', unique_fields => '{k}')")
			  . ', 5)'
		} [ $up, "md5(g::text)" ], [ $down, "upper(md5(g::text))" ]
	],
	'update of a queryset' => [
		map { 'SELECT repeat_call(' . quoted(qq(SELECT bolt.update('{"model": "item", "filter": {"id__in": [$_]}}', '{"n": %i}'))) . ', 10)' } $up, $down
	],
	'update_returning of a queryset' => [
		map { 'SELECT repeat_call(' . quoted(qq(SELECT count(*) FROM bolt.update_returning('{"model": "item", "filter": {"id__in": [$_]}, "order_by": ["-id"]}', '{"n": %i}'))) . ', 10)' }
		  $up, $down
	],
);
for my $name (sort keys %orders)
{
	nobody_fails("$name in opposite orders", all_at_once(sub { $orders{$name}[ $_[0] % 2 ] }, 8));
}
# ... and among each other
my @calls = map { @{ $orders{$_} } } sort keys %orders;
nobody_fails('all of them among each other', all_at_once(sub { $calls[ $_[0] % @calls ] }, 10));

# ----- a deferred key is checked for the call, and stays deferred

my ($first, $second) = @sessions[0, 1];
$observer->ask('TRUNCATE later');
my $call = q(SELECT created FROM bolt.get_or_create('{"model": "later"}', '{"name": "x"}'));
$first->ask('BEGIN');
is($first->ask($call), 't', 'the first session creates the object');
$second->tell($call);
select undef, undef, undef, 0.5;
$first->ask("INSERT INTO later (name) VALUES ('twice')");
$first->ask("INSERT INTO later (name) VALUES ('twice')");
is($first->{error} // '', '', 'the constraint is deferred as before');
$first->ask("DELETE FROM later WHERE name = 'twice'");
$first->ask('COMMIT');
is($second->answer, 'f', 'the second one has waited, and gets it');
$first->ask('BEGIN; SET CONSTRAINTS later_name_key IMMEDIATE');
$first->ask(q(SELECT created FROM bolt.get_or_create('{"model": "later"}', '{"name": "y"}')));
is($first->state_of("INSERT INTO later (name) VALUES ('y')"), '23505', 'an immediate one stays immediate');
$first->ask('ROLLBACK');

# ----- what the isolation levels raise is the caller's

for my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	my ($one, $two) = @sessions[0, 1];
	my %calls = (
		update => q(SELECT bolt.update('{"model": "item", "filter": {"id": 1}}', '{"n": {"Add": ["n", 1]}}')),
		bulk_update => q(SELECT bolt.bulk_update('item', '[{"id": 1, "n": 5}, {"id": 2, "n": 5}]', '{n}')),
		update_or_create => q(SELECT bolt.update_or_create('{"model": "item"}', '{"id": 1}', '{"n": 7}')),
		save => q(SELECT bolt.save('item', '{"id": 1, "n": 8}')),
		run => q(SELECT bolt.run('[{"op": "update", "queryset": {"model": "item", "filter": {"id": 1}}, "values": {"n": 9}}]')),
		get_or_create => q(SELECT bolt.get_or_create('{"model": "item"}', '{"id": 5000}', '{"code": "new"}')),
	);
	for my $call (sort keys %calls)
	{
		$observer->ask('DELETE FROM item WHERE id = 5000');
		$one->ask("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM item");
		$two->ask('UPDATE item SET n = n + 1 WHERE id = 1');
		$two->ask("INSERT INTO item VALUES (5000, 'new')");
		is($one->state_of($calls{$call}), '40001', "$call: 40001 at $level");
		$one->ask('ROLLBACK');
		is($one->state_of($calls{$call}), '00000', '... and the next time it succeeds');
	}
}
is($observer->ask("SELECT count(*) FROM item WHERE id = 5000"), 1, 'the object that was in the way is the one that was got');

# ----- the transfer, from 16 sessions at once

my $transfer = <<'SQL';
CREATE FUNCTION transfer(source int, target int, amount int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM bolt.run(format('[
		{"op": "select_for_update", "queryset": {"model": "account", "filter": {"id__in": [%1$s, %2$s]}, "order_by": ["id"]}},
		{"op": "get", "queryset": {"model": "account"}, "filter": {"id": %1$s, "balance__gte": %3$s}},
		{"op": "update", "queryset": {"model": "account", "filter": {"id": %1$s}}, "values": {"balance": {"Sub": ["balance", %3$s]}}},
		{"op": "update", "queryset": {"model": "account", "filter": {"id": %2$s}}, "values": {"balance": {"Add": ["balance", %3$s]}}}]', source, target, amount)::json);
	RETURN 'moved';
EXCEPTION WHEN no_data_found THEN
	RETURN 'too little';
END $$
SQL
psql_ok($database, $transfer);
nobody_fails(
	'transfers',
	all_at_once(
		sub {
			my ($i) = @_;
			map { sprintf 'SELECT transfer(%d, %d, %d);', 1 + ($i + $_) % 8, 1 + ($i + 3 * $_ + 1) % 8 == 1 + ($i + $_) % 8 ? 1 + ($i + $_ + 4) % 8 : 1 + ($i + 3 * $_ + 1) % 8, 1 + 7 * $_ % 60 } 1 .. 25;
		},
		16));
is($observer->ask('SELECT sum(balance), bool_and(balance >= 0) FROM account'), '800|t', '... and nothing is lost or made');
isnt($observer->ask('SELECT count(*) FROM account WHERE balance <> 100'), 0, '... though much has moved');

is(scalar(grep { !$_->is_alive } @sessions), 0, 'all sessions are there');
close_test();
