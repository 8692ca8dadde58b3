#!/usr/bin/perl
# Mallory may refer to Alice's table and registers what is to become of his rows. Whatever his triggers, defaults, policies, rules, views
# and domains do then, they do as mallory, never as whoever deletes Alice's rows; and nobody is kept from deleting for want of
# privileges on mallory's tables.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../guarantees";
use Sessions;
use Test::More;

my $database = new_database('security_on_delete');
Sessions->new_roles('bolt_mallory', 'bolt_alice');

psql_ok($database,
	'CREATE SCHEMA m AUTHORIZATION bolt_mallory',
	'CREATE SCHEMA a AUTHORIZATION bolt_alice',
	'GRANT USAGE ON SCHEMA m TO public',
	'GRANT USAGE ON SCHEMA a TO bolt_mallory',
	'SET ROLE bolt_alice',
	'CREATE TABLE a.parent (id int PRIMARY KEY, n int)',
	'INSERT INTO a.parent SELECT g, g FROM generate_series(1, 100) g',
	'GRANT REFERENCES, SELECT ON a.parent TO bolt_mallory');
my $mallory = Sessions->new($database);
my $alice = Sessions->new($database);
my $observer = Sessions->new($database);
$mallory->ask('SET ROLE bolt_mallory');
$alice->ask('SET ROLE bolt_alice');

sub as_mallory
{
	$mallory->ask($_) for @_;
	is($mallory->{error} // '', '', 'mallory is set up') or diag($mallory->{error});
	return;
}

as_mallory(<<'SQL');
CREATE TABLE m.loot (who text, what text);
GRANT INSERT ON m.loot TO public;
CREATE FUNCTION m.grab() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO m.loot VALUES (current_user, TG_TABLE_NAME || ' ' || TG_OP);
	RETURN CASE WHEN TG_OP = 'DELETE' THEN old ELSE new END;
END $$;
CREATE FUNCTION m.peek(int, text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO m.loot VALUES (current_user, $2); RETURN $1; END $$;
CREATE FUNCTION m.default_parent() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO m.loot VALUES (current_user, 'default'); RETURN null; END $$;
CREATE FUNCTION m.policy(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO m.loot VALUES (current_user, 'policy'); RETURN true; END $$;
CREATE FUNCTION m.indexed(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1; END $$;
CREATE TABLE m.cascaded (id int PRIMARY KEY, parent_id int REFERENCES a.parent);
CREATE TABLE m.below (id int PRIMARY KEY, cascaded_id int REFERENCES m.cascaded);
CREATE TABLE m.nulled (id int PRIMARY KEY, parent_id int REFERENCES a.parent);
CREATE TABLE m.defaulted (id int PRIMARY KEY, parent_id int DEFAULT m.default_parent() REFERENCES a.parent);
CREATE TABLE m.ruled (id int PRIMARY KEY, parent_id int REFERENCES a.parent);
CREATE RULE noted AS ON DELETE TO m.ruled DO ALSO SELECT m.peek(old.id, 'rule');
CREATE TABLE m.protecting (id int PRIMARY KEY, parent_id int);
CREATE VIEW m.watching AS SELECT id, m.peek(parent_id, 'view') AS parent_id FROM m.protecting;
ALTER TABLE m.below ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON m.below USING (m.policy(id));
SQL
for my $table (qw(cascaded below nulled defaulted ruled))
{
	as_mallory("CREATE TRIGGER before BEFORE UPDATE OR DELETE ON m.$table FOR EACH ROW EXECUTE FUNCTION m.grab()",
		"CREATE TRIGGER after AFTER UPDATE OR DELETE ON m.$table FOR EACH ROW EXECUTE FUNCTION m.grab()");
}
as_mallory(
	'INSERT INTO m.cascaded SELECT g, g FROM generate_series(1, 20) g',
	'INSERT INTO m.below SELECT g, g FROM generate_series(1, 20) g',
	'INSERT INTO m.nulled SELECT g, g FROM generate_series(1, 20) g',
	'INSERT INTO m.defaulted SELECT g, g FROM generate_series(1, 20) g',
	'INSERT INTO m.ruled SELECT g, g FROM generate_series(1, 20) g',
	'INSERT INTO m.protecting VALUES (1, 99)',
	"SELECT bolt.register_relation('m.cascaded', '{parent_id}', on_delete => 'CASCADE')",
	"SELECT bolt.register_relation('m.below', '{cascaded_id}', on_delete => 'CASCADE')",
	"SELECT bolt.register_relation('m.nulled', '{parent_id}', on_delete => 'SET_NULL')",
	"SELECT bolt.register_relation('m.defaulted', '{parent_id}', on_delete => 'SET_DEFAULT')",
	"SELECT bolt.register_relation('m.ruled', '{parent_id}', on_delete => 'CASCADE')",
	"SELECT bolt.register_relation('m.protecting', '{parent_id}', on_delete => 'PROTECT', target => 'a.parent')",
	"SELECT bolt.register_relation('m.watching', '{parent_id}', on_delete => 'RESTRICT', target => 'a.parent')");

# Alice has no privilege on any of mallory's tables, then all of them.
for my $grants ('none', 'all')
{
	as_mallory('GRANT ALL ON ALL TABLES IN SCHEMA m TO public') if $grants eq 'all';
	my $first = $grants eq 'none' ? 1 : 6;
	is($alice->ask(sprintf q(SELECT deleted FROM bolt.delete('{"model": "a.parent", "filter": {"id__gte": %d, "id__lt": %d}}')), $first, $first + 5),
		20, "privileges $grants: alice deletes her rows, with what refers to them") or diag($alice->{error});
	is($alice->ask(sprintf q(SELECT (bolt.run('[{"op": "delete", "queryset": {"model": "a.parent", "filter": {"id": %d}}}]')->0->>'deleted')), 50 + $first), 1, '... in bolt.run as well');
}
is($observer->ask('SELECT count(*), (SELECT count(*) FROM m.below), (SELECT count(parent_id) FROM m.nulled), (SELECT count(parent_id) FROM m.defaulted) FROM m.cascaded'),
	'10|10|10|10', 'what was registered has been done');
is($observer->ask("SELECT string_agg(DISTINCT who, ',') FROM m.loot"), 'bolt_mallory', 'all of his code ran as mallory');
is($observer->ask("SELECT string_agg(DISTINCT what, ', ') FROM m.loot"), 'below DELETE, cascaded DELETE, default, defaulted UPDATE, nulled UPDATE, rule, ruled DELETE, view', '... and it did run');
is($observer->ask("SELECT current_user = 'postgres' OR current_user = session_user"), 't', 'the session is who it was');
is($alice->ask('SELECT current_user'), 'bolt_alice', "alice's session is hers");

# A row that protects is said, but not what alice may not read of it.
as_mallory('INSERT INTO m.protecting VALUES (123456, 70)', 'REVOKE ALL ON ALL TABLES IN SCHEMA m FROM public');
is($alice->state_of(q(SELECT bolt.delete('{"model": "a.parent", "filter": {"id": 70}}'))), '23001', 'a row protects hers');
unlike($alice->{error}, qr/123456/, '... but its key is not told');
as_mallory('GRANT SELECT ON m.protecting TO public');
is($alice->state_of(q(SELECT bolt.delete('{"model": "a.parent", "filter": {"id": 70}}'))), '23001', 'a row protects hers');
like($alice->{error}, qr/123456/, '... and its key is told to those who may read it');
as_mallory('DELETE FROM m.protecting', 'REVOKE ALL ON ALL TABLES IN SCHEMA m FROM public');

# The hint of a foreign key that is in the way names columns to those only who could register it.
as_mallory('CREATE TABLE m.plain (id int PRIMARY KEY, hidden_column int REFERENCES a.parent)', 'INSERT INTO m.plain VALUES (1, 71)');
is($alice->state_of(q(SELECT bolt.delete('{"model": "a.parent", "filter": {"id": 71}}'))), '23503', 'a foreign key is in the way');
unlike($alice->{error}, qr/register_relation/, '... which is not for alice to register');
as_mallory('DELETE FROM m.plain');

# Who may not delete the rows themselves deletes nothing through them.
psql_ok($database, 'GRANT USAGE ON SCHEMA a TO public', 'GRANT SELECT, UPDATE ON a.parent TO public');
my $before = $observer->ask('SELECT count(*) FROM m.loot');
is($mallory->state_of(q(SELECT bolt.delete('{"model": "a.parent", "filter": {"id": 12}}'))), '42501', "mallory may not delete alice's rows");
is($observer->ask('SELECT count(*) FROM m.loot'), $before, '... and nothing of what refers to them is touched');

# His code cannot become somebody else from there.
as_mallory(<<'SQL');
CREATE OR REPLACE FUNCTION m.grab() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
	BEGIN EXECUTE 'SET ROLE bolt_alice'; EXCEPTION WHEN OTHERS THEN NULL; END;
	INSERT INTO m.loot VALUES (current_user, 'escape');
	RETURN CASE WHEN TG_OP = 'DELETE' THEN old ELSE new END;
END $$;
SQL
is($alice->ask(q(SELECT deleted FROM bolt.delete('{"model": "a.parent", "filter": {"id": 13}}'))), 4, 'alice deletes another row') or diag($alice->{error});
is($observer->ask("SELECT string_agg(DISTINCT who, ',') FROM m.loot WHERE what = 'escape'"), 'bolt_mallory', 'his code stays what it is');

# Nor does it leave anything in alice's session that acts when he is gone.
as_mallory('DROP TABLE m.cascaded, m.below, m.nulled, m.defaulted, m.ruled CASCADE', 'DROP VIEW m.watching', 'DROP TABLE m.protecting, m.plain', 'TRUNCATE m.loot',
	'CREATE TABLE m.left_behind (id int PRIMARY KEY, parent_id int REFERENCES a.parent)', 'INSERT INTO m.left_behind SELECT g, g FROM generate_series(21, 40) g',
	"SELECT bolt.register_relation('m.left_behind', '{parent_id}', on_delete => 'CASCADE')",
	'CREATE FUNCTION m.leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE (SELECT string_agg(what, $x$;$x$) FROM m.loot); RETURN old; END $$',
	'CREATE TRIGGER leave BEFORE DELETE ON m.left_behind FOR EACH ROW EXECUTE FUNCTION m.leave()');
$alice->ask("PREPARE kept AS SELECT 'hers'; SET search_path = a, public; SET row_security = on; SET bolt_orm.chunk_size = 7");
my $id = 21;
for my $attempt (
	[ 'a temporary view', 'CREATE TEMP VIEW parent AS SELECT 1 AS id', '42501' ],
	[ 'a temporary table', 'CREATE TEMP TABLE parent (id int)', '42501' ],
	[ 'a temporary type', 'CREATE TYPE pg_temp.other AS (a int)', '42501' ],
	[ 'a prepared statement', 'PREPARE other AS SELECT 1', '42501' ],
	[ 'another prepared statement', 'DEALLOCATE kept; PREPARE kept AS SELECT 1', '42501' ],
	[ 'a cursor', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1', '42501' ],
	[ 'an ear', 'LISTEN mallory', '42501' ],
	[ 'a search path', 'SET search_path = m, public', '00000' ],
	[ 'a setting', 'SET row_security = off; SET bolt_orm.chunk_size = 9', '00000' ],
	[ 'a setting of the transaction', q(SELECT set_config('search_path', 'm', true)), '00000' ])
{
	my ($name, $what, $state) = @$attempt;
	as_mallory('TRUNCATE m.loot', "INSERT INTO m.loot VALUES (NULL, \$x\$$what\$x\$)");
	is($alice->state_of(qq(SELECT bolt.delete('{"model": "a.parent", "filter": {"id": $id}}'))), $state, "mallory leaves $name") or diag($alice->{error});
	$id++;
	is($alice->ask('EXECUTE kept'), 'hers', "$name: the prepared statement is hers");
	is($alice->ask("SELECT current_setting('search_path'), current_setting('row_security'), current_setting('bolt_orm.chunk_size')"), 'a, public|on|7', '... her settings are hers');
	is($alice->ask("SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()"), 0, '... and nothing temporary is there');
}

# What waits for the end of the transaction would run as alice then. Within one owner's tables it is as always.
as_mallory('TRUNCATE m.loot', "INSERT INTO m.loot VALUES (NULL, 'SELECT')",
	'CREATE FUNCTION m.later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO m.loot VALUES (current_user, tg_name); RETURN null; END $$',
	'CREATE CONSTRAINT TRIGGER later AFTER DELETE ON m.left_behind DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION m.later()');
is($alice->state_of(q(SELECT bolt.delete('{"model": "a.parent", "filter": {"id": 35}}'))), '42501', 'a deferred trigger is refused');
is($observer->ask("SELECT count(*) FROM m.loot WHERE who IS NOT NULL"), 0, '... and has not run');
as_mallory('CREATE TABLE m.own (id int PRIMARY KEY)', 'INSERT INTO m.own VALUES (1), (2)', 'GRANT SELECT, DELETE ON m.own TO bolt_alice', 'GRANT USAGE ON SCHEMA m TO bolt_alice',
	'CREATE TABLE m.of_own (id int PRIMARY KEY, own_id int REFERENCES m.own DEFERRABLE INITIALLY DEFERRED)', 'INSERT INTO m.of_own VALUES (1, 1), (2, 2)',
	'CREATE TABLE m.below_own (id int PRIMARY KEY, of_own_id int REFERENCES m.of_own DEFERRABLE INITIALLY DEFERRED)', 'INSERT INTO m.below_own VALUES (1, 1), (2, 2)',
	"SELECT bolt.register_relation('m.of_own', '{own_id}', on_delete => 'CASCADE')", "SELECT bolt.register_relation('m.below_own', '{of_own_id}', on_delete => 'SET_NULL')");
is($alice->ask(q(SELECT deleted FROM bolt.delete('{"model": "m.own", "filter": {"id": 1}}'))), 2, "deferred constraints between one owner's tables are no matter") or diag($alice->{error});
close_test();
