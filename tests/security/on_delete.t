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
close_test();
