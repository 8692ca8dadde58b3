#!/usr/bin/perl
# An ordinary role has its own functions exchange tables, views and types in the middle of a call, so that a statement finds something else by the
# name of its model: values of other types, a table of somebody else, a place that is not there. The call is refused; the server lives.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../guarantees";
use Sessions;
use Test::More;

my $database = new_database('security_changed_names');
Sessions->new_roles('bolt_mallory', 'bolt_victim', 'bolt_target');
my $observer = Sessions->new($database);
my $started = $observer->ask("SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'");

psql_ok($database, 'CREATE SCHEMA m AUTHORIZATION bolt_mallory', 'CREATE SCHEMA v AUTHORIZATION bolt_victim', 'CREATE SCHEMA g AUTHORIZATION bolt_target', 'GRANT USAGE ON SCHEMA v, g TO public',
	'CREATE TABLE v.secret (id int PRIMARY KEY, a text UNIQUE DEFERRABLE INITIALLY DEFERRED)', "INSERT INTO v.secret VALUES (1, 'hidden')");

sub mallory
{
	my $session = Sessions->new($database);

	$session->ask('SET ROLE bolt_mallory; SET search_path = m, public');
	return $session;
}

# Everything of mallory's is dropped, whatever kind it has become.
sub new_schema
{
	psql_ok($database, 'DROP SCHEMA m CASCADE', 'CREATE SCHEMA m AUTHORIZATION bolt_mallory');
	return;
}

sub lives
{
	my ($name) = @_;

	is($observer->ask("SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'"), $started, "$name: the server lives");
	return;
}

# ----- a row that is looked for by its place, for its deferred key

my %places = (
	'a view as the table' => q(SELECT 1 AS id, 'x'::text AS a, 'm.other'::regclass::oid AS tableoid, '(0,1)'::tid AS ctid),
	'a table of somebody else' => q(SELECT 1 AS id, 'x'::text AS a, 'v.secret'::regclass::oid AS tableoid, '(0,1)'::tid AS ctid),
	'a number as the place' => q(SELECT 1 AS id, 'x'::text AS a, 'm.moved'::regclass::oid AS tableoid, 123456789::bigint AS ctid),
	'a text as the table' => q(SELECT 1 AS id, 'x'::text AS a, 'x'::text AS tableoid, '(0,1)'::tid AS ctid),
	'a place behind the end' => q(SELECT 1 AS id, 'x'::text AS a, 'm.moved'::regclass::oid AS tableoid, '(4000000000,1)'::tid AS ctid),
	'no place of a row' => q(SELECT 1 AS id, 'x'::text AS a, 'm.moved'::regclass::oid AS tableoid, '(0,0)'::tid AS ctid),
	'a great place' => q(SELECT 1 AS id, 'x'::text AS a, 'm.moved'::regclass::oid AS tableoid, '(0,60000)'::tid AS ctid),
	'nulls' => q(SELECT 1 AS id, 'x'::text AS a, NULL::oid AS tableoid, NULL::tid AS ctid),
);
for my $name (sort keys %places)
{
	new_schema();

	my $session = mallory();

	$session->ask(<<"SQL");
CREATE TABLE item (id int PRIMARY KEY, a text UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE n (id int PRIMARY KEY, item_id int REFERENCES item);
CREATE VIEW other AS SELECT 1 AS x;
CREATE OR REPLACE FUNCTION exchange() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
	ALTER TABLE m.item RENAME TO moved;
	CREATE VIEW m.item AS $places{$name};
	RETURN NULL;
END \$\$;
CREATE TRIGGER exchange AFTER INSERT ON n FOR EACH STATEMENT EXECUTE FUNCTION exchange();
SQL
	is($session->{error}, '', "$name: set up");
	for my $call (q(SELECT created FROM bolt.get_or_create('{"model": "item"}', '{"id": 1}', '{"a": "x", "n": [{"id": 5}]}')),
		q(SELECT created FROM bolt.update_or_create('{"model": "item"}', '{"id": 1}', '{"a": "x", "n": [{"id": 5}]}')))
	{
		like($session->state_of($call), qr/^(?!XX)(?!00000)/, "$name: refused") or diag($session->{error});
	}
	lives($name);
}

# ----- links by the primary key, of a key that has become another type

my %keys = (
	'a name as a text' => q(SELECT 'PPPP'::name AS id, 7 AS code),
	'a number as a text' => q(SELECT 123456789::bigint AS id, 7 AS code),
	'a text as a number' => q(SELECT 'PPPP'::text AS id, repeat('x', 100) AS code),
	'a null' => q(SELECT NULL::text AS id, 7 AS code),
);
for my $name (sort keys %keys)
{
	new_schema();

	my $session = mallory();

	$session->ask(<<"SQL");
CREATE OR REPLACE FUNCTION exchange_key(t text) RETURNS bool LANGUAGE plpgsql AS \$\$ BEGIN
	IF current_setting('m.armed', true) = '1' THEN
		SET m.armed = '0';
		ALTER TABLE m.z RENAME TO z_old;
		CREATE VIEW m.z AS $keys{$name};
	END IF;
	RETURN true;
END \$\$;
CREATE DOMAIN watched AS text CHECK (m.exchange_key(value));
CREATE TABLE owner (id int PRIMARY KEY, a text);
CREATE TABLE z (id watched PRIMARY KEY, code int UNIQUE);
CREATE TABLE w (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, z_code int REFERENCES z (code), owner_id int REFERENCES owner);
INSERT INTO z VALUES ('PPPP', 7);
SELECT bolt.register_many_to_many('owner', 'w', 'zs');
SQL
	is($session->{error}, '', "$name: set up");
	for my $call (q(SELECT bolt.create('owner', '{"id": 1, "zs": ["PPPP"]}')), q(SELECT bolt.save('owner', '{"id": 2, "zs": ["PPPP"]}')), q(SELECT bolt.add('owner', '2', 'zs', '["PPPP"]')),
		q(SELECT bolt.bulk_create('owner', '[{"id": 3, "zs": ["PPPP"]}]')))
	{
		$session->ask('BEGIN; SET m.armed = 1');
		unlike($session->state_of($call), qr/^XX/, "$name: no internal error") or diag($session->{error});
		$session->ask('ROLLBACK');
	}
	lives($name);
}

# ----- a cast that the owner of the referenced table has made, where rows are deleted as the owner of the referring one

my $victim = Sessions->new($database);
my $target = Sessions->new($database);

$target->ask(<<'SQL');
SET ROLE bolt_target; SET search_path = g, public;
CREATE TABLE loot (who text); GRANT INSERT ON loot TO public;
CREATE TABLE t (id text PRIMARY KEY, n int); INSERT INTO t SELECT chr(96 + g), g FROM generate_series(1, 6) g; GRANT REFERENCES, SELECT ON t TO bolt_victim;
CREATE TYPE e AS ENUM ('a', 'b', 'c', 'd', 'e', 'f');
SQL
$victim->ask(<<'SQL');
SET ROLE bolt_victim; SET search_path = v, public;
CREATE TABLE cascaded (id int PRIMARY KEY, t_id text); CREATE TABLE nulled (id int PRIMARY KEY, t_id text); CREATE TABLE protecting (id int PRIMARY KEY, t_id text);
INSERT INTO cascaded SELECT g, chr(96 + g) FROM generate_series(1, 6) g; INSERT INTO nulled SELECT g, chr(96 + g) FROM generate_series(1, 6) g;
SELECT bolt.register_relation('cascaded', '{t_id}', name => 't', on_delete => 'CASCADE', target => 'g.t');
SELECT bolt.register_relation('nulled', '{t_id}', name => 't', on_delete => 'SET_NULL', target => 'g.t');
SELECT bolt.register_relation('protecting', '{t_id}', name => 't', on_delete => 'PROTECT', target => 'g.t');
SQL
is($victim->{error}, '', 'the victim registers') or diag($victim->{error});
is($target->ask(q(SELECT deleted FROM bolt.delete('{"model": "t", "filter": {"pk": "f"}}'))), 2, 'as long as the types are the same the delete cascades') or diag($target->{error});
$target->ask(<<'SQL');
CREATE FUNCTION back(text) RETURNS e LANGUAGE plpgsql AS $$ BEGIN INSERT INTO g.loot VALUES (current_user); RETURN (enum_range(null::g.e))[ascii($1) - 96]; END $$;
CREATE CAST (text AS e) WITH FUNCTION back(text) AS IMPLICIT;
ALTER TABLE t ALTER id TYPE e USING id::e;
SQL
$target->ask(q(TRUNCATE loot));
is($target->state_of(q(SELECT bolt.delete('{"model": "t", "filter": {"n": 1}}'))), '0A000', "a cast of the target owner's is not run as the victim") or diag($target->{error});
is($observer->ask("SELECT count(*) FROM g.loot WHERE who <> 'bolt_target'"), 0, '... its function has not run as anybody else');
is($observer->ask('SELECT count(*) FROM v.cascaded'), 5, '... and nothing of the victim is deleted');
lives('a cast');
close_test();
