#!/usr/bin/perl
# A role tries to use the registry itself against others: to register what is not its own, to
# write its tables, to speak for a table before the table is there, to crash a session or to
# make a model unusable.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $database = new_database('security_registry');
Sessions->new_roles(qw(registry_alice registry_mallory registry_group registry_dba));

psql_ok($database, <<'SQL');
GRANT registry_group TO registry_alice;
CREATE SCHEMA alice AUTHORIZATION registry_alice;
CREATE SCHEMA mallory AUTHORIZATION registry_mallory;
GRANT USAGE ON SCHEMA alice, mallory TO PUBLIC;
SET ROLE registry_alice;
CREATE TABLE alice.author (id int PRIMARY KEY, name text);
CREATE TABLE alice.article (id int PRIMARY KEY, title text, author_id int REFERENCES alice.author);
INSERT INTO alice.author VALUES (1, 'ann');
INSERT INTO alice.article VALUES (1, 'One', 1);
GRANT SELECT ON alice.article, alice.author TO registry_mallory;
SELECT bolt.register_model('alice.article', name => 'Article', ordering => '{title}');
SELECT bolt.register_relation('alice.article', '{author_id}', related_name => 'articles', on_delete => 'CASCADE');
SQL

my $alice = Sessions->new($database);
$alice->ask('SET ROLE registry_alice; SET search_path = alice, public');
my $mallory = Sessions->new($database);
$mallory->ask('SET ROLE registry_mallory; SET search_path = mallory');
$mallory->ask('CREATE TABLE mine (id int PRIMARY KEY, author_id int, other int)');

sub refused
{
	my ($session, $sql, $state, $what) = @_;

	is($session->state_of($sql), $state, $what) or diag($session->{error});
	return;
}

# 1. what is not her own

refused($mallory, "SELECT bolt.register_model('alice.article', name => 'X')", '42501', 'a model of alice\'s');
refused($mallory, "SELECT bolt.register_model('alice.article', primary_key => '{title}')", '42501', '... or its primary key');
refused($mallory, "SELECT bolt.register_relation('alice.article', '{author_id}', on_delete => 'DO_NOTHING')", '42501', 'a relation of hers');
refused($mallory, "SELECT bolt.register_relation('mine', '{author_id}', target => 'alice.author')", '42501', 'a relation to her table');
refused($mallory, "SELECT bolt.register_many_to_many('alice.article', 'mine', 'x')", '42501', 'a many-to-many relation of hers');
refused($mallory, "SELECT bolt.register_many_to_many('mine', 'alice.article', 'x')", '42501', '... or through her table');
refused($mallory, "SELECT bolt.unregister('alice.article')", '42501', 'taking back');
refused($mallory, "SELECT bolt.register_model('pg_catalog.pg_class', name => 'X')", '42501', 'a catalog');
refused($mallory, "SELECT bolt.register_model('bolt.model', name => 'X')", '42501', 'the registry itself');
$mallory->ask('CREATE TEMP TABLE tmp (id int)');
refused($mallory, "SELECT bolt.register_model('tmp', name => 'X')", '0A000', 'a temporary table');

# 2. the tables of the registry

for my $table (qw(model relation many_to_many))
{
	refused($mallory, "INSERT INTO bolt.$table SELECT * FROM bolt.$table", '42501', "inserting into bolt.$table");
	refused($mallory, "UPDATE bolt.$table SET name = 'x'", '42501', '... updating');
	refused($mallory, "DELETE FROM bolt.$table", '42501', '... deleting');
	refused($mallory, "TRUNCATE bolt.$table", '42501', '... truncating');
	refused($mallory, "CREATE TRIGGER x BEFORE INSERT ON bolt.$table FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()", '42501', '... a trigger on it');
}

# the owner of the database may insert rows: about his own tables, and with his own rights
psql_ok($database, 'ALTER DATABASE security_registry OWNER TO registry_mallory');
$mallory->ask('CREATE TABLE later_owner (value bolt.table_columns)');
$mallory->ask("SET client_min_messages = error");
my %attempts = (
	"INSERT INTO bolt.model (relation, name) VALUES ('alice.author', 'Stolen')" => 'a row about alice\'s table',
	"INSERT INTO bolt.relation (relation, target, on_delete) VALUES ('alice.article(author_id)', 'alice.author(id)', 'DO_NOTHING')" => '... about her relation',
	"INSERT INTO bolt.many_to_many (relation, source, target, name) VALUES ('mallory.mine', 'alice.article(author_id)', 'mallory.mine(id)', 'x')" => '... through her table');
my $registry = q(SELECT (SELECT count(*) FROM bolt.model), (SELECT count(*) FROM bolt.relation), (SELECT count(*) FROM bolt.many_to_many));
my $rows = $alice->ask($registry);
for my $attempt (sort keys %attempts)
{
	$mallory->ask($attempt);
	is($alice->ask($registry), $rows, "$attempts{$attempt} is left out");
}
$mallory->ask("INSERT INTO bolt.model (relation, name) VALUES ('alice.future', 'Future')");
$alice->ask('CREATE TABLE alice.future (id int)');
is($alice->ask("SELECT name FROM bolt.models() WHERE relation = 'future'::regclass"), 'future',
	'a row that came before alice\'s table does not count');
$alice->ask("SELECT bolt.register_model('future', name => 'Hers')");
is($alice->ask("SELECT name FROM bolt.models() WHERE relation = 'future'::regclass"), 'Hers', '... nor stand in her way');

# a value that alice has made is worth no more in mallory's hands
$mallory->ask('GRANT ALL ON later_owner TO PUBLIC');
$alice->ask("INSERT INTO mallory.later_owner VALUES ('alice.tomorrow')");
$mallory->ask("INSERT INTO bolt.model (relation, name) SELECT value, 'Tomorrow' FROM later_owner");
$alice->ask('CREATE TABLE alice.tomorrow (id int)');
is($alice->ask("SELECT name FROM bolt.models() WHERE relation = 'tomorrow'::regclass"), 'tomorrow', 'a value says nothing of who registers');

# what a forward reference of mallory's gives to alice's table needs the privilege
$mallory->ask("INSERT INTO bolt.relation (relation, target, related_name, on_delete) VALUES ('mallory.mine(author_id)', 'alice.author(id)', 'forged', 'PROTECT')");
$mallory->ask('INSERT INTO mine VALUES (1, 1); GRANT SELECT ON mine TO PUBLIC');
is($alice->ask("SELECT count(*) FROM bolt.relations('author') WHERE name = 'forged'"), '0', 'no way back without REFERENCES');
is($alice->ask(q(BEGIN; SELECT deleted FROM bolt.delete('{"model": "author"}'); ROLLBACK)), '2', '... and no protection of her rows');

# junk
for my $value ('mallory.mine(id', 'a.b.c', '', ' ', '(', ')', '()', 'mallory.mine()', 'mallory.mine(,)', 'mallory."mine', '"', '""."".""', 'mallory.mine(ctid)', '-(id)',
	'mallory.mine(' . join(',', ('id') x 33) . ')')
{
	my $state = $mallory->state_of("INSERT INTO bolt.model (relation, name) VALUES (\$x\$$value\$x\$, 'Junk')");

	like($state, qr/^(?:00000|22P02|42\w\d\d)$/, "as a table: $value");
}
$mallory->ask("INSERT INTO bolt.model (relation, name, ordering, ordering_columns, primary_key) VALUES ('mallory.mine', 'Mine', '{id,nothing}', '{mallory.mine}', 'alice.author(id)')");
$mallory->ask("INSERT INTO bolt.model (relation, name, ordering, ordering_columns, primary_key) VALUES ('mallory.mine', '', '{id,NULL,\"\",-,+,__,-__id,id__}', '{mallory.mine(other),NULL,alice.author(id)}', 'mallory.mine')");
$mallory->ask("INSERT INTO bolt.relation (relation, target, name) VALUES ('mallory.mine', 'alice.author', 'x'), ('mallory.mine(id)', 'mallory.mine(id, other)', 'y'), ('mallory.mine(id)', 'mallory.mine(id)', ''), ('mallory.mine(other)', 'mallory.mine(id)', 'pk')");
$mallory->ask("INSERT INTO bolt.many_to_many (relation, source, target, name) VALUES ('mallory.mine', 'mallory.mine(id)', 'mallory.mine(id)', 'a__b'), ('mallory.mine', 'mallory.mine(id)', 'mallory.mine(other)', '')");
$mallory->ask(q(SELECT bolt.fetch('{"model": "mine"}')));
unlike($mallory->{state}, qr/^XX/, 'junk rows of her own do no harm to a session');
$mallory->ask('SELECT count(*) FROM bolt.relations(), bolt.models()');
is($mallory->{state}, '00000', '... nor to the lists');
is($alice->ask(q(SELECT bolt.fetch_json('{"model": "Article"}'))), '[{"id":1,"title":"One","author_id":1}]', '... and none to others');
psql_ok($database, "ALTER DATABASE security_registry OWNER TO CURRENT_USER", "DELETE FROM bolt.relation WHERE relation = 'mallory.mine'::regclass",
	"DELETE FROM bolt.model WHERE relation = 'mallory.mine'::regclass OR NOT name = ANY ('{Article,Hers}')", "TRUNCATE bolt.many_to_many");
refused($mallory, "INSERT INTO bolt.model (relation, name) VALUES ('mallory.mine', 'M')", '42501', 'who owns the database no longer may not insert');

# 3. names that are no names

for my $name ('pk', 'a__b', '', 'x' x 64)
{
	my $quoted = $mallory->state_of("SELECT bolt.register_relation('mine', '{other}', name => '$name', target => 'mine')");

	like($quoted, qr/^42/, "a relation cannot be called \"$name\"");
}
for my $name ('exact', 'in', 'isnull', 'a.b', 'a"b', q(a''b), 'Count', 'F', '*', '$1', '?', '-x', ' ')
{
	is($mallory->state_of("SELECT bolt.register_relation('mine', '{other}', name => '$name', related_name => 'r$name', target => 'mine')"), '00000', "one may be called \"$name\"");
	is($mallory->state_of(q(SELECT bolt.fetch_json('{"model": "mine", "filter": {"other__isnull": true, "other__in": [1]}}'))), '00000', '... which changes nothing for columns');
	is($mallory->state_of("SELECT bolt.register_model('mine', name => '$name')"), '00000', '... or a model');
	unlike($mallory->state_of("SELECT name FROM bolt.models(); SELECT name FROM bolt.relations()"), qr/^[^0]/, '... and lists take it');
}
$mallory->ask("SELECT bolt.unregister('mine')");

# 4. owners change

psql_ok($database, 'ALTER TABLE alice.article OWNER TO registry_group');
is($alice->ask(q(SELECT bolt.count('{"model": "author", "filter": {"articles__title": "One"}}'))), '1', 'registrations outlive a change of owner');
is($alice->state_of("SELECT bolt.register_model('article', name => 'Article', ordering => '{title}')"), '42501',
	'a name needs the right of its table\'s owner to create in the schema');
psql_ok($database, 'GRANT CREATE ON SCHEMA alice TO registry_group');
is($alice->state_of("SELECT bolt.register_model('article', name => 'Article', ordering => '{title}')"), '00000', '... which a member of the owning role can register then');
psql_ok($database, 'REVOKE registry_group FROM registry_alice');
is($alice->state_of("SELECT bolt.register_model('article', name => 'Other')"), '42501', '... not when no member any more');
psql_ok($database, 'ALTER TABLE alice.article OWNER TO registry_alice');

# 5. transactions

$alice->ask('BEGIN');
$alice->ask("SAVEPOINT a; SELECT bolt.register_model('article', name => 'Undone'); SELECT bolt.register_relation('article', '{author_id}', related_name => 'undone')");
is($alice->ask(q(SELECT bolt.count('{"model": "Undone"}'))), '1', 'a registration counts in its own transaction');
$alice->ask('ROLLBACK TO a');
is($alice->state_of(q(SELECT bolt.count('{"model": "Undone"}'))), '42P01', '... and no longer when the subtransaction has failed');
$alice->ask('ROLLBACK');
is($alice->ask(q(SELECT bolt.count('{"model": "author", "filter": {"articles__title": "One"}}'))), '1', 'and all is as it was');

$alice->ask("BEGIN; SELECT bolt.register_model('article', name => 'First')");
$mallory->tell("SET lock_timeout = '200ms'; SELECT bolt.register_model('mine', name => 'Second')");
$mallory->answer;
is($mallory->{state}, '55P03', 'registrations wait for one another');
$alice->ask('COMMIT');
is($mallory->state_of("SELECT bolt.register_model('mine', name => 'Second')"), '00000', '... to the end of the transaction');
$alice->ask("BEGIN; SELECT bolt.register_model('article', name => 'Article'); ALTER TABLE article RENAME title TO headline");
is($alice->ask(q(SELECT bolt.fetch_json('{"model": "Article"}'))), '[{"id":1,"headline":"One","author_id":1}]', 'with DDL in one transaction');
$alice->ask('ROLLBACK');
is($alice->ask(q(SELECT bolt.fetch_json('{"model": "First"}'))), '[{"id":1,"title":"One","author_id":1}]', '... undone together');

# 6. numbers of dropped tables

$mallory->ask("CREATE TABLE doomed (id int PRIMARY KEY); SELECT bolt.register_model('doomed', name => 'Doomed')");
$mallory->ask('DROP TABLE doomed');
is($alice->ask("SELECT count(*) FROM bolt.model WHERE name = 'Doomed' AND bolt.is_there(relation)"), '0', 'a row of a dropped table speaks of nothing');
$mallory->ask("SELECT bolt.unregister('mine')");
is($alice->ask("SELECT count(*) FROM bolt.model WHERE name = 'Doomed'"), '0', '... and goes at the next registration');

# 7. many

$mallory->ask('DO $$BEGIN FOR i IN 1 .. 400 LOOP EXECUTE format($x$CREATE TABLE t%s (id int PRIMARY KEY, p int)$x$, i); '
	. 'PERFORM bolt.register_model(format($x$t%s$x$, i), name => format($x$Model %s$x$, i)); '
	. 'PERFORM bolt.register_relation(format($x$t%s$x$, i), $x${p}$x$, target => $x$t1$x$, related_name => format($x$r%s$x$, i)); END LOOP; END$$');
is($mallory->{state}, '00000', '800 registrations in one transaction') or diag($mallory->{error});
cmp_ok($alice->milliseconds(q(SELECT bolt.fetch_json('{"model": "First"}'))), '<', $ENV{BOLT_TEST_SERVER} ? 10000 : 2000, 'others do not wait for them');
is($mallory->ask(q(SELECT bolt.count('{"model": "Model 7", "filter": {"p": 1}}'))), '0', 'they are there');

close_test();
