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

# ----- a schema's owner exchanges the schema while a row of somebody else's table in it is deleted as its owner

psql_ok($database, "GRANT CREATE ON DATABASE $database TO bolt_mallory", 'CREATE SCHEMA shared AUTHORIZATION bolt_mallory', 'GRANT USAGE, CREATE ON SCHEMA shared TO public');
my %stand_ins = (
	'a view with a trigger' => 'CREATE VIEW shared.child AS SELECT id, t_id FROM (VALUES (1, 1), (2, 2)) AS x (id, t_id); CREATE TRIGGER p INSTEAD OF DELETE ON shared.child FOR EACH ROW EXECUTE FUNCTION gone.take()',
	'a view of the table' => 'CREATE VIEW shared.child AS SELECT * FROM gone.child; CREATE TRIGGER p INSTEAD OF DELETE ON shared.child FOR EACH ROW EXECUTE FUNCTION gone.take()',
	'a table' => 'CREATE TABLE shared.child (id int PRIMARY KEY, t_id int); INSERT INTO shared.child VALUES (1, 1), (2, 2); CREATE TRIGGER p BEFORE DELETE ON shared.child FOR EACH ROW EXECUTE FUNCTION gone.take()',
);
for my $on_delete ('CASCADE', 'SET_NULL')
{
	for my $name (sort keys %stand_ins)
	{
		my $event = $on_delete eq 'CASCADE' ? 'DELETE' : 'UPDATE';
		(my $stand_in = $stand_ins{$name}) =~ s/ DELETE / $event /;
		my $session = mallory();
		psql_ok($database, 'DROP SCHEMA IF EXISTS gone, shared CASCADE', 'CREATE SCHEMA shared AUTHORIZATION bolt_mallory', 'GRANT USAGE, CREATE ON SCHEMA shared TO public');
		$session->ask(<<'SQL');
CREATE TABLE shared.loot (who text); GRANT INSERT ON shared.loot TO public;
CREATE TABLE shared.t (id int PRIMARY KEY); INSERT INTO shared.t SELECT generate_series(1, 5); GRANT ALL ON shared.t TO public;
SQL
		$victim->ask(<<"SQL");
CREATE TABLE shared.child (id int PRIMARY KEY, t_id int REFERENCES shared.t); INSERT INTO shared.child SELECT g, g FROM generate_series(1, 5) g;
SELECT bolt.register_relation('shared.child', '{t_id}', on_delete => '$on_delete');
SQL
		$session->ask(<<"SQL");
CREATE FUNCTION shared.take() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN INSERT INTO gone.loot VALUES (current_user); RETURN old; END \$\$;
CREATE FUNCTION shared.turn() RETURNS bool LANGUAGE plpgsql AS \$\$
BEGIN
	IF current_setting('k.armed', true) = '1' THEN
		SET k.armed = '0';
		EXECUTE 'ALTER SCHEMA shared RENAME TO gone; CREATE SCHEMA shared; GRANT USAGE ON SCHEMA shared TO public; CREATE TABLE shared.t (id int PRIMARY KEY); $stand_in; GRANT ALL ON shared.child TO public';
	END IF;
	RETURN true;
END \$\$;
ALTER TABLE shared.t ENABLE ROW LEVEL SECURITY; ALTER TABLE shared.t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON shared.t USING (shared.turn());
SET k.armed = 1;
SQL
		is($session->{error}, '', "$on_delete, $name: is set up");
		is($session->state_of(q(SELECT bolt.delete('{"model": "shared.t", "filter": {"id": 1}}'))), '0A000', '... the call is refused') or diag($session->{error});
		is($observer->ask('SELECT count(*) FROM shared.loot'), 0, '... and nothing has run as the victim');
		is($observer->ask('SELECT count(t_id) FROM shared.child'), 5, '... whose rows are as they were');
	}
}

# ----- two columns exchange their names between the text of a statement and its run, where keys are checked together

psql_ok($database, "ALTER DATABASE $database SET bolt_orm.batch_foreign_keys = on");
new_schema();
my $batching = mallory();
$batching->ask(<<'SQL');
CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 2000);
CREATE TABLE x (id int PRIMARY KEY, a int REFERENCES p, b int, d int);
CREATE FUNCTION turn(v int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('k.armed', true) = '1' THEN
		SET k.armed = '0';
		ALTER TABLE m.x RENAME a TO c; ALTER TABLE m.x RENAME b TO a; ALTER TABLE m.x RENAME c TO b;
	END IF;
	RETURN true;
END $$;
CREATE DOMAIN turning AS int CHECK (m.turn(VALUE));
ALTER TABLE x ALTER d TYPE turning;
SET k.armed = 1;
SQL
is($batching->state_of(q(SELECT bolt.bulk_create('x', (SELECT json_agg(json_build_object('id', g, 'a', g, 'b', 100000 + g, 'd', 1)) FROM generate_series(1, 1500) g)))),
	'23503', 'columns exchanged before an insert: the foreign key holds') or diag($batching->{error});
is($observer->ask('SELECT count(*) FROM m.x'), 0, '... and nothing is inserted');
$batching->ask(<<'SQL');
CREATE TABLE t (id int PRIMARY KEY, code int UNIQUE); INSERT INTO t SELECT g, 2001 - g FROM generate_series(1, 2000) g;
CREATE TABLE l (id int PRIMARY KEY, t_id int REFERENCES t); INSERT INTO l SELECT g, g FROM generate_series(1, 1500) g;
CREATE TABLE n (id int PRIMARY KEY, t_id int REFERENCES t); INSERT INTO n SELECT g, g FROM generate_series(1, 50) g;
SELECT bolt.register_relation('l', '{t_id}', on_delete => 'CASCADE');
CREATE FUNCTION turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	ALTER TABLE m.t RENAME id TO c; ALTER TABLE m.t RENAME code TO id; ALTER TABLE m.t RENAME c TO code;
	RETURN null;
END $$;
CREATE TRIGGER turn AFTER DELETE ON l FOR EACH STATEMENT EXECUTE FUNCTION turn();
SQL
$batching->ask(q(SELECT bolt.delete('{"model": "t", "filter": {"id__gt": 100, "id__lte": 1500}}')));
is($observer->ask("SELECT count(*) FROM m.n WHERE t_id NOT IN (SELECT (to_json(t)->>(SELECT attname FROM pg_attribute WHERE attrelid = 'm.t'::regclass AND attnum = 1))::int FROM m.t)"),
	0, 'columns exchanged before a delete: no row dangles');
lives('columns exchanged');

# ----- another session renames the schema of an extension, or of tables, while somebody fetches chunk by chunk

psql_ok($database, 'DROP SCHEMA IF EXISTS gone, shared, m CASCADE', 'CREATE SCHEMA m AUTHORIZATION bolt_mallory', 'GRANT USAGE ON SCHEMA m TO PUBLIC');
my $renaming = mallory();
$renaming->ask('CREATE TABLE m.loot (who text); GRANT INSERT ON m.loot TO PUBLIC');
my %schemas = (
	'an operator of an extension' => [
		'CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; GRANT USAGE ON SCHEMA ext TO PUBLIC; SET SESSION AUTHORIZATION DEFAULT',
		'CREATE TABLE v.p (id ext.citext PRIMARY KEY, n int); CREATE TABLE v.q (id int PRIMARY KEY, p_id ext.citext REFERENCES v.p)',
		'ALTER SCHEMA ext RENAME TO gone; CREATE SCHEMA ext; GRANT USAGE ON SCHEMA ext TO PUBLIC',
		'CREATE FUNCTION ext.pwn(gone.citext, gone.citext) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO m.loot VALUES (current_user); RETURN true; END $$',
		'CREATE OPERATOR ext.= (LEFTARG = gone.citext, RIGHTARG = gone.citext, PROCEDURE = ext.pwn)',
		'v' ],
	'a table' => [
		'CREATE SCHEMA ext; GRANT USAGE, CREATE ON SCHEMA ext TO PUBLIC; SET SESSION AUTHORIZATION DEFAULT',
		'CREATE TABLE ext.p (id text PRIMARY KEY, n int); CREATE TABLE ext.q (id int PRIMARY KEY, p_id text REFERENCES ext.p)',
		'ALTER SCHEMA ext RENAME TO gone; CREATE SCHEMA ext; GRANT USAGE ON SCHEMA ext TO PUBLIC',
		'CREATE FUNCTION ext.pwn(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO m.loot VALUES (current_user); RETURN $1; END $$',
		q(CREATE VIEW ext.q AS SELECT ext.pwn(g) AS id, 'k' || g AS p_id FROM generate_series(1, 300) g; GRANT SELECT ON ext.q TO PUBLIC),
		'ext' ]);
for my $name (sort keys %schemas)
{
	my ($theirs, $tables, $rename, $function, $operator, $schema) = @{ $schemas{$name} };
	my $reader = Sessions->new($database);
	for my $order ('n', 'id')
	{
		$renaming->ask('SET ROLE bolt_mallory; TRUNCATE m.loot');
		$renaming->ask($theirs);
		$renaming->ask('SET ROLE bolt_mallory');
		psql_ok($database, "SET search_path = $schema, public", $tables, "INSERT INTO p SELECT 'k' || g, g FROM generate_series(1, 300) g",
			"INSERT INTO q SELECT g, 'k' || g FROM generate_series(1, 300) g");
		$reader->ask(qq(SET bolt_orm.chunk_size = 1; SET search_path = $schema, public; BEGIN; DECLARE c CURSOR FOR SELECT bolt.fetch('{"model": "p", "prefetch_related": ["q"], "order_by": ["$order"]}'); FETCH 2 FROM c));
		is($reader->{error}, '', "$name renamed by another session: some rows are read") or diag($reader->{error});
		for my $statement ($rename, $function, $operator)
		{
			is($renaming->state_of($statement), '00000', '... mallory puts his in its place') or diag($renaming->{error});
		}
		$reader->ask('CREATE TEMP TABLE anything (a int)');
		my $state = $reader->state_of('FETCH ALL FROM c');
		like($state, qr/^(?:00000|0A000|3F000|42P01|42883)$/, "... and the rest is read or refused: $state");
		$reader->ask('ROLLBACK');
		is($observer->ask("SELECT count(*) FROM m.loot"), 0, '... and nothing has run as whoever reads');
		psql_ok($database, 'DROP SCHEMA IF EXISTS gone, ext CASCADE', 'DROP TABLE IF EXISTS v.q, v.p');
	}
}
lives('schemas renamed');
close_test();
