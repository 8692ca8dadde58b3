#!/usr/bin/perl
# The caller's privileges hold at every level of a graph, whoever called before with the
# same document in the same session.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $database = new_database('guar_privileges');
Sessions->new_roles(qw(guar_owner guar_reader guar_other guar_caller));

psql_ok($database, <<'SQL');
GRANT CREATE ON SCHEMA public TO guar_owner;
SET ROLE guar_owner;
CREATE TABLE author (id int PRIMARY KEY, name text, password text);
CREATE TABLE article (id int PRIMARY KEY, title text, secret_note text, author_id int REFERENCES author);
CREATE TABLE tag (id int PRIMARY KEY, name text, secret_rank int);
CREATE TABLE article_tags (article_id int REFERENCES article, tag_id int REFERENCES tag, PRIMARY KEY (article_id, tag_id));
CREATE TABLE comment (id int PRIMARY KEY, text text, secret_mail text, article_id int REFERENCES article);
CREATE TABLE vault (id int PRIMARY KEY, content text);
INSERT INTO author VALUES (1, 'ada', 'pw1'), (2, 'bob', 'pw2');
INSERT INTO article VALUES (1, 'one', 'n1', 1), (2, 'two', 'n2', 2);
INSERT INTO tag VALUES (1, 'red', 10), (2, 'blue', 20);
INSERT INTO article_tags VALUES (1, 1), (1, 2), (2, 2);
INSERT INTO comment VALUES (1, 'c1', 'm1', 1), (2, 'c2', 'm2', 1), (3, 'c3', 'm3', 2);
INSERT INTO vault VALUES (1, 'gold');
SQL

my $session = Sessions->new($database);
my $owner = Sessions->new($database);
$owner->ask('SET ROLE guar_owner');

sub run_as
{
	my ($role, $sql) = @_;

	$session->ask("SET ROLE $role");
	return $session->ask($sql);
}

sub fetch
{
	my ($document) = @_;

	return "SELECT bolt.fetch_json('$document')";
}

sub allowed
{
	my ($role, $document, $wanted, $name) = @_;

	is(run_as($role, fetch($document)), $wanted, $name);
	return;
}

sub refused
{
	my ($role, $document, $name) = @_;

	run_as($role, fetch($document));
	is($session->{state}, '42501', $name) or diag($session->{error});
	return;
}

# One function call each, the same document: the owner first, so that it is cached.
sub refused_after_owner
{
	my ($role, $document, $name) = @_;

	run_as('guar_owner', fetch($document));
	is($session->{state}, '00000', "$name: the owner may") or diag($session->{error});
	refused($role, $document, "$name: others may not");
	run_as('guar_owner', fetch($document));
	is($session->{state}, '00000', "$name: the owner still may");
	return;
}

# ----- tables without SELECT, at each level of the graph

my %graph = (
	'the root' => ['author', '{"model": "author"}'],
	'a to-one relation' => ['author', '{"model": "article", "select_related": ["author"]}'],
	'a prefetched to-one relation' => ['author', '{"model": "article", "prefetch_related": ["author"]}'],
	'a to-many relation' => ['comment', '{"model": "article", "prefetch_related": ["comment_set"]}'],
	'a junction' => ['article_tags', '{"model": "article", "prefetch_related": ["tags"]}'],
	'the far side of a junction' => ['tag', '{"model": "article", "prefetch_related": ["tags"]}'],
	'the table of a filter' => ['author', '{"model": "article", "filter": {"author__name": "ada"}}'],
	'the table of an exclude' => ['comment', '{"model": "article", "exclude": {"comment__text": "c1"}}'],
	'the table of an order' => ['author', '{"model": "article", "order_by": ["author__name"]}'],
);

$owner->ask('GRANT SELECT ON author, article, tag, article_tags, comment TO guar_reader');
for my $place (sort keys %graph)
{
	my ($table, $document) = @{ $graph{$place} };

	run_as('guar_reader', fetch($document));
	is($session->{state}, '00000', "$place: allowed where SELECT is granted") or diag($session->{error});
	$owner->ask("REVOKE SELECT ON $table FROM guar_reader");
	refused_after_owner('guar_reader', $document, $place);
	$owner->ask("GRANT SELECT ON $table TO guar_reader");
}
for my $function (qw(count exists get first last in_bulk page))
{
	my $argument = '{"model": "vault"}';

	run_as('guar_owner', "SELECT bolt.$function('$argument')");
	is($session->{state}, '00000', "$function: the owner may") or diag($session->{error});
	run_as('guar_reader', "SELECT bolt.$function('$argument')");
	is($session->{state}, '42501', "$function: others may not");
}
run_as('guar_reader', q[SELECT bolt.explain('{"model": "vault"}', true)]);
is($session->{state}, '42501', 'explain analyze: others may not');
run_as('guar_reader', q[SELECT bolt.page('{"model": "vault"}', 1, 20, 'estimated')]);
is($session->{state}, '42501', 'an estimate of a table that the caller may not read is refused');
run_as('guar_reader', q[SELECT bolt.page('{"model": "vault", "filter": {"content": "gold"}}', 1, 20, 'estimated')]);
is($session->{state}, '42501', 'also with a filter, whose selectivity tells values');

# ----- grants of columns

$owner->ask('REVOKE ALL ON author, article, tag, article_tags, comment FROM guar_reader');
$owner->ask('GRANT SELECT (id, name) ON author TO guar_reader; GRANT SELECT (id, title, author_id) ON article TO guar_reader;'
	  . 'GRANT SELECT (id, name) ON tag TO guar_reader; GRANT SELECT ON article_tags TO guar_reader;'
	  . 'GRANT SELECT (id, text, article_id) ON comment TO guar_reader');

refused_after_owner('guar_reader', '{"model": "author"}', 'all columns of the root');
refused_after_owner('guar_reader', '{"model": "article", "only": ["author"], "select_related": ["author"]}', 'all columns of a to-one relation');
refused_after_owner('guar_reader', '{"model": "author", "only": ["name"], "filter": {"password": "pw1"}}', 'a filter of an ungranted column');
refused_after_owner('guar_reader', '{"model": "author", "only": ["name"], "order_by": ["password"]}', 'an order by an ungranted column');
refused_after_owner('guar_reader', '{"model": "article", "only": ["title"], "filter": {"author__password__startswith": "p"}}',
	'a filter of an ungranted column across a relation');
refused_after_owner('guar_reader', '{"model": "tag", "only": ["name"], "defer": ["name"], "filter": {"secret_rank__gt": 1}}',
	'a comparison of an ungranted column');

my @only = (
	['the root', '{"model": "author", "only": ["name"], "order_by": ["id"]}', '[{"id":1,"name":"ada"},{"id":2,"name":"bob"}]'],
	['defer', '{"model": "author", "defer": ["password"], "filter": {"id": 1}}', '[{"id":1,"name":"ada"}]'],
	['values', '{"model": "author", "values": ["name"], "filter": {"id": 1}}', '[{"name":"ada"}]'],
	['select_related', '{"model": "article", "only": ["title", "author__name"], "select_related": ["author"], "filter": {"id": 1}}',
		'[{"id":1,"title":"one","author_id":1,"author":{"id":1,"name":"ada"}}]'],
	['prefetch_related', '{"model": "article", "only": ["title"], "filter": {"id": 1}, "prefetch_related": [
		{"lookup": "comment_set", "queryset": {"only": ["text"], "order_by": ["id"]}}]}',
		'[{"id":1,"title":"one","comment_set":[{"id":1,"text":"c1"},{"id":2,"text":"c2"}]}]'],
	['the far side of a junction', '{"model": "article", "only": ["title"], "filter": {"id": 1}, "prefetch_related": [
		{"lookup": "tags", "queryset": {"only": ["name"], "order_by": ["id"]}}]}',
		'[{"id":1,"title":"one","tags":[{"id":1,"name":"red"},{"id":2,"name":"blue"}]}]']);

for (@only)
{
	my ($place, $document, $wanted) = @$_;

	allowed('guar_reader', $document, $wanted, "$place: granted columns alone may be read");
}
is(run_as('guar_reader', q[SELECT bolt.count('{"model": "author"}')]), 2, 'count needs no more than some column');
is(run_as('guar_reader', q[SELECT bolt.exists('{"model": "author"}')]), 't', 'so does exists');
$owner->ask('REVOKE SELECT ON article_tags FROM guar_reader; GRANT SELECT (article_id) ON article_tags TO guar_reader');
refused('guar_reader', $only[5][1], 'a junction of which only one column is granted');
$owner->ask('GRANT SELECT (tag_id) ON article_tags TO guar_reader');
allowed('guar_reader', $only[5][1], $only[5][2], 'a junction of which both columns are granted');

# ----- error messages

for my $document ('{"model": "author", "filter": {"nosuch": 1}}', '{"model": "article", "filter": {"author__nosuch": 1}}',
	'{"model": "article", "order_by": ["nosuch"]}', '{"model": "comment", "only": ["nosuch"]}',
	'{"model": "article", "select_related": ["nosuch"]}', '{"model": "article", "prefetch_related": ["tags__nosuch"]}',
	'{"model": "nosuch"}', '{"model": "tag", "values": ["nosuch"]}', '{"model": "tag", "filter": {"name__nosuch": 1}}')
{
	my $answer = run_as('guar_reader', fetch($document));

	like($session->{state}, qr/^42(703|P01)$/, "an unknown name is an error: $document");
	unlike($answer, qr/secret|password|vault/, '... that names nothing unreadable');
}
unlike(run_as('guar_reader', "SELECT string_agg(m::text, ' ') FROM bolt.models() m"), qr/secret|password|vault/,
	'models() lists nothing unreadable');
$owner->ask('CREATE TABLE vault_access (id int PRIMARY KEY, vault_id int REFERENCES vault, article_id int REFERENCES article)');
unlike(run_as('guar_reader', "SELECT string_agg(r::text, ' ') FROM bolt.relations() r"), qr/vault/,
	'relations() lists nothing unreadable');
unlike(run_as('guar_reader', fetch('{"model": "article", "prefetch_related": ["nosuch"]}')), qr/vault/,
	'nor does the hint for an unknown relation');

# ----- schemas

$owner->ask('RESET ROLE; CREATE SCHEMA closed AUTHORIZATION guar_owner; SET ROLE guar_owner;'
	  . 'CREATE TABLE closed.box (id int PRIMARY KEY, article_id int REFERENCES article); INSERT INTO closed.box VALUES (1, 1);'
	  . 'GRANT SELECT ON closed.box TO guar_reader');
refused_after_owner('guar_reader', '{"model": "closed.box"}', 'a schema without USAGE');
refused_after_owner('guar_reader', '{"model": "article", "only": ["title"], "prefetch_related": ["box_set"]}',
	'a relation into a schema without USAGE');
$owner->ask('GRANT USAGE ON SCHEMA closed TO guar_reader');
allowed('guar_reader', '{"model": "closed.box"}', '[{"id":1,"article_id":1}]', 'with USAGE it is there');
$owner->ask('REVOKE USAGE ON SCHEMA closed FROM guar_reader');
refused('guar_reader', '{"model": "closed.box"}', 'and gone once USAGE is revoked');

# One name, two meanings: the schemas of a search_path that a role may not use are not searched.
$owner->ask('RESET ROLE; CREATE TABLE closed.shelf (id int); INSERT INTO closed.shelf VALUES (1); ALTER TABLE closed.shelf OWNER TO guar_owner;'
	  . 'CREATE TABLE public.shelf (id int); INSERT INTO public.shelf VALUES (2); GRANT SELECT ON public.shelf TO PUBLIC; SET ROLE guar_owner');
$session->ask('SET search_path = closed, public');
allowed('guar_owner', '{"model": "shelf"}', '[{"id":1}]', 'a name means the first table of the search path');
allowed('guar_reader', '{"model": "shelf"}', '[{"id":2}]', '... that the caller may see');
allowed('guar_owner', '{"model": "shelf"}', '[{"id":1}]', '... whoever asked before');
$session->ask('SET search_path = public');
allowed('guar_owner', '{"model": "shelf"}', '[{"id":2}]', '... or the path that is set now');
$session->ask('RESET search_path');

# ----- SECURITY DEFINER

$owner->ask(<<'SQL');
CREATE FUNCTION read_vault() RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
	AS $$ SELECT bolt.fetch_json('{"model": "vault"}') $$;
CREATE FUNCTION stream_vault() RETURNS SETOF json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
	AS $$ SELECT bolt.fetch('{"model": "vault"}') $$;
CREATE FUNCTION loop_vault() RETURNS SETOF json LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE object json;
BEGIN
	FOR object IN SELECT bolt.fetch('{"model": "vault"}') LOOP RETURN NEXT object; END LOOP;
END $$;
SQL
for my $function (qw(read_vault stream_vault loop_vault))
{
	like(run_as('guar_reader', "SELECT $function()"), qr/^\[?\{"id":1,"content":"gold"\}\]?$/, "$function, SECURITY DEFINER, reads what its owner may");
}
refused('guar_reader', '{"model": "vault"}', 'its caller may not, after it');
run_as('guar_reader', q[SELECT read_vault(), bolt.fetch_json('{"model": "vault"}')]);
is($session->{state}, '42501', 'nor beside it in one statement');
psql_ok($database, <<'SQL');
CREATE FUNCTION read_as_reader() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT bolt.count('{"model": "vault"}') $$;
ALTER FUNCTION read_as_reader() OWNER TO guar_reader;
SQL
run_as('guar_owner', 'SELECT read_as_reader()');
is($session->{state}, '42501', 'a definer who may not read it lends nothing');

# ----- views

$owner->ask(<<'SQL');
CREATE VIEW vault_view AS SELECT id, content FROM vault;
CREATE VIEW vault_invoker WITH (security_invoker) AS SELECT id, content FROM vault;
GRANT SELECT ON vault_view, vault_invoker TO guar_reader;
SQL
allowed('guar_reader', '{"model": "vault_view"}', '[{"id":1,"content":"gold"}]', 'a view reads with the rights of its owner');
refused_after_owner('guar_reader', '{"model": "vault_invoker"}', 'a security_invoker view');

# ----- row-level security

psql_ok($database, <<'SQL');
GRANT SELECT ON author, article, tag, article_tags, comment TO guar_reader, guar_other, guar_caller;
SQL

# Which table, the document, and what a role sees whose policy shows it the rows of id 1 or 2.
my %rows = (
	'the root' => ['article', '{"model": "article", "only": ["title"], "order_by": ["id"]}',
		'[{"id":1,"title":"one"}]', '[{"id":2,"title":"two"}]', '[{"id":1,"title":"one"},{"id":2,"title":"two"}]'],
	'a to-one relation' => ['author', '{"model": "article", "only": ["author__name"], "select_related": ["author"], "order_by": ["id"]}',
		'[{"id":1,"author_id":1,"author":{"id":1,"name":"ada"}},{"id":2,"author_id":2,"author":null}]',
		'[{"id":1,"author_id":1,"author":null},{"id":2,"author_id":2,"author":{"id":2,"name":"bob"}}]',
		'[{"id":1,"author_id":1,"author":{"id":1,"name":"ada"}},{"id":2,"author_id":2,"author":{"id":2,"name":"bob"}}]'],
	'a to-many relation' => ['comment', '{"model": "article", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [
			{"lookup": "comment_set", "queryset": {"only": ["text"], "order_by": ["id"]}}]}',
		'[{"id":1,"comment_set":[{"id":1,"text":"c1"}]}]', '[{"id":1,"comment_set":[{"id":2,"text":"c2"}]}]',
		'[{"id":1,"comment_set":[{"id":1,"text":"c1"},{"id":2,"text":"c2"}]}]'],
	'the far side of a junction' => ['tag', '{"model": "article", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [
			{"lookup": "tags", "queryset": {"only": ["name"], "order_by": ["id"]}}]}',
		'[{"id":1,"tags":[{"id":1,"name":"red"}]}]', '[{"id":1,"tags":[{"id":2,"name":"blue"}]}]',
		'[{"id":1,"tags":[{"id":1,"name":"red"},{"id":2,"name":"blue"}]}]'],
	'the far side, without an order' => ['tag', '{"model": "article", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [
			{"lookup": "tags", "queryset": {"only": ["name"]}}]}',
		'[{"id":1,"tags":[{"id":1,"name":"red"}]}]', '[{"id":1,"tags":[{"id":2,"name":"blue"}]}]',
		'[{"id":1,"tags":[{"id":1,"name":"red"},{"id":2,"name":"blue"}]}]'],
	'a junction' => ['article_tags', '{"model": "article", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [
			{"lookup": "tags", "queryset": {"only": ["name"], "order_by": ["id"]}}]}',
		'[{"id":1,"tags":[{"id":1,"name":"red"}]}]', '[{"id":1,"tags":[{"id":2,"name":"blue"}]}]',
		'[{"id":1,"tags":[{"id":1,"name":"red"},{"id":2,"name":"blue"}]}]'],
	'the table of a filter' => ['author', '{"model": "article", "only": ["id"], "filter": {"author__name__gt": ""}, "order_by": ["id"]}',
		'[{"id":1}]', '[{"id":2}]', '[{"id":1},{"id":2}]'],
	'the table of a to-many exclude' => ['comment', '{"model": "article", "only": ["id"], "exclude": {"comment__id__lte": 2}, "order_by": ["id"]}',
		'[{"id":2}]', '[{"id":2}]', '[{"id":2}]'],
);
for my $place (sort keys %rows)
{
	my ($table, $document, $first, $second, $all) = @{ $rows{$place} };
	my $key = $table eq 'article_tags' ? 'tag_id' : 'id';

	psql_ok($database, "CREATE POLICY of_reader ON $table TO guar_reader USING ($key = 1)",
		"CREATE POLICY of_other ON $table TO guar_other USING ($key = 2)", "ALTER TABLE $table ENABLE ROW LEVEL SECURITY");
	for my $turn (1 .. 2)
	{
		allowed('guar_owner', $document, $all, "policies at $place, turn $turn: the owner sees all");
		allowed('guar_reader', $document, $first, "policies at $place, turn $turn: one role its rows");
		allowed('guar_other', $document, $second, "policies at $place, turn $turn: another role others");
	}
	$session->ask('SET row_security = off');
	refused('guar_reader', $document, "policies at $place: an error where row_security is off");
	allowed('guar_owner', $document, $all, "policies at $place: but not for the owner");
	$session->ask('RESET row_security');
	allowed('guar_reader', $document, $first, "policies at $place: on again");
	psql_ok($database, "ALTER TABLE $table DISABLE ROW LEVEL SECURITY", "DROP POLICY of_reader ON $table", "DROP POLICY of_other ON $table");
	allowed('guar_reader', $document, $all, "policies at $place: none, all is seen at the next call");
}

my $titles = '{"model": "article", "values_list": ["title"], "flat": true, "order_by": ["id"]}';
psql_ok($database, 'ALTER TABLE article ENABLE ROW LEVEL SECURITY', 'ALTER TABLE article FORCE ROW LEVEL SECURITY');
allowed('guar_owner', $titles, '[]', 'FORCE ROW LEVEL SECURITY holds for the owner');
psql_ok($database, 'ALTER TABLE article NO FORCE ROW LEVEL SECURITY');
allowed('guar_owner', $titles, '["one","two"]', 'and ends at once');
allowed('guar_other', $titles, '[]', 'without a policy nothing is seen');

psql_ok($database, <<'SQL');
CREATE FUNCTION may_see(article) RETURNS boolean LANGUAGE plpgsql STABLE COST 10000 AS $$
BEGIN RETURN $1.id = current_setting('guar.id')::int; END $$;
CREATE POLICY by_function ON article USING (may_see(article));
SQL
for my $id (1, 2, 1)
{
	$session->ask("SET guar.id = $id");
	allowed('guar_other', $titles, $id == 1 ? '["one"]' : '["two"]', "a policy's function that reads a setting is asked at each call");
}
$session->ask("SET guar.id = 1");
is(run_as('guar_other', q[SELECT bolt.count('{"model": "article"}')]), 1, 'count is that of the visible rows');
is(run_as('guar_other', q[SELECT bolt.contains('{"model": "article"}', '2')]), 'f', 'an invisible object is not contained');
run_as('guar_other', q[SELECT bolt.get('{"model": "article"}', '{"id": 2}')]);
is($session->{state}, 'P0002', 'get: an invisible object does not exist');
is(run_as('guar_other', q[SELECT bolt.in_bulk('{"model": "article", "only": ["title"]}', '[1, 2]')]),
	'{"1":{"id":1,"title":"one"}}', 'in_bulk leaves it out');
like(run_as('guar_other', q[SELECT bolt.page('{"model": "article", "only": ["id"]}')]), qr/"items":\[\{"id":1\}\],"total":1,/, 'page counts without it');

# What a condition of the caller's looks at must not be a row that the policy hides: the
# operator of this type says what it has seen.
psql_ok($database, <<'SQL');
CREATE TYPE loud AS (word text);
CREATE FUNCTION loud_order(loud, loud) RETURNS int LANGUAGE plpgsql IMMUTABLE COST 0.0001 AS $$
BEGIN RAISE NOTICE 'saw %', $1.word; RETURN pg_catalog.bttextcmp($1.word, $2.word); END $$;
CREATE FUNCTION loud_equal(loud, loud) RETURNS boolean LANGUAGE sql IMMUTABLE COST 0.0001 RETURN loud_order($1, $2) = 0;
CREATE OPERATOR = (FUNCTION = loud_equal, LEFTARG = loud, RIGHTARG = loud);
CREATE OPERATOR CLASS loud_ops DEFAULT FOR TYPE loud USING btree AS OPERATOR 3 =, FUNCTION 1 loud_order(loud, loud);
CREATE TABLE note (id int PRIMARY KEY, body text, word loud);
INSERT INTO note VALUES (1, 'visible', '(visible)'), (2, 'hidden treasure', '(hidden)');
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON note USING (id % 2 = 1);
GRANT SELECT ON note TO guar_other;
SQL
for my $lookup (qw(body body__iregex body__icontains body__iexact))
{
	allowed('guar_other', qq({"model": "note", "filter": {"$lookup": "hidden treasure"}}), '[]', "$lookup finds nothing hidden");
}
$session->ask('SET client_min_messages = notice');
my $seen = run_as('guar_other', q[SELECT bolt.count('{"model": "note", "filter": {"word": "(hidden)"}}')]);
like($seen, qr/saw visible/, 'an operator sees the visible rows');
unlike($seen, qr/saw hidden/, 'and no hidden one');
$session->ask('SET client_min_messages = warning');

# ----- roles within one statement and transaction

psql_ok($database, 'DROP POLICY by_function ON article', 'ALTER TABLE article DISABLE ROW LEVEL SECURITY',
	'REVOKE ALL ON article FROM guar_other');
$session->ask("RESET ROLE; BEGIN; SET LOCAL ROLE guar_owner");
is($session->ask(fetch($titles)), '["one","two"]', 'SET LOCAL ROLE: the owner');
$session->ask('SAVEPOINT s; SET LOCAL ROLE guar_other');
is($session->state_of(fetch($titles)), '42501', 'SET LOCAL ROLE: another');
$session->ask('ROLLBACK TO s');
is($session->ask(fetch($titles)), '["one","two"]', 'the role is back with the savepoint');
$session->ask('ROLLBACK');
psql_ok($database, 'GRANT SELECT ON article TO guar_other');
is(run_as('guar_other', fetch($titles)), '["one","two"]', 'a grant shows at the next call');
psql_ok($database, 'REVOKE SELECT ON article FROM guar_other');
refused('guar_other', $titles, 'so does its end');
psql_ok($database, 'GRANT guar_owner TO guar_other');
is(run_as('guar_other', fetch($titles)), '["one","two"]', 'so does a membership');
psql_ok($database, 'REVOKE guar_owner FROM guar_other');
refused('guar_other', $titles, '... and its end');

# A cursor whose role changes in the middle: the graph of one call is of one role, or there is none.
psql_ok($database, <<'SQL');
CREATE TABLE shelf_row (id int PRIMARY KEY);
CREATE TABLE shelf_book (id int PRIMARY KEY, row_id int REFERENCES shelf_row);
CREATE INDEX ON shelf_book (row_id);
INSERT INTO shelf_row SELECT generate_series(1, 60);
INSERT INTO shelf_book SELECT i, i FROM generate_series(1, 60) i;
GRANT SELECT ON shelf_row, shelf_book TO guar_reader, guar_other;
ALTER TABLE shelf_book ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON shelf_book TO guar_reader USING (true);
SQL
my $shelf = '{"model": "shelf_row", "order_by": ["id"], "prefetch_related": ["shelf_book_set"]}';
$session->ask('SET bolt_orm.chunk_size = 5');
for my $change ('SET ROLE guar_other', 'SET row_security = off')
{
	my $whole = run_as('guar_reader', "SELECT bolt.fetch('$shelf')");
	$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT bolt.fetch('$shelf')");
	my $read = $session->ask('FETCH 2 FROM c');
	$session->ask($change);
	$read .= "\n" . $session->ask('FETCH ALL FROM c');
	ok($session->{state} ne '00000' || $read eq $whole, "$change in the middle of a cursor: the rest is of the role it began with, or an error");
	unlike($session->{state}, qr/^XX/, '... and no internal one');
	$session->ask('ROLLBACK; RESET row_security');
}
$session->ask('RESET bolt_orm.chunk_size');

# ----- registering

for (
	"bolt.register_model('article', name => 'Mine')", "bolt.register_relation('article', '{author_id}', name => 'writer')",
	"bolt.register_relation('article', '{author_id}', related_name => 'works')",
	"bolt.register_relation('article', '{author_id}', on_delete => 'CASCADE')",
	"bolt.register_many_to_many('article', 'article_tags', name => 'labels')", "bolt.unregister('article')")
{
	run_as('guar_reader', "SELECT $_");
	is($session->{state}, '42501', "needs the table's owner: $_");
	run_as('guar_owner', "SELECT $_");
	is($session->{state}, '00000', "its owner may: $_") or diag($session->{error});
}
run_as('guar_owner', "CREATE TABLE own_note (id int PRIMARY KEY, author_id int)");
psql_ok($database, 'CREATE TABLE own_list (id int PRIMARY KEY, author_id int)', 'ALTER TABLE own_list OWNER TO guar_caller');
run_as('guar_caller', "SELECT bolt.register_relation('own_list', '{author_id}', target => 'vault')");
is($session->{state}, '42501', 'a relation to a table that the caller may not read cannot be made up');
for my $table (qw(model relation many_to_many))
{
	run_as('guar_owner', "DELETE FROM bolt.$table");
	is($session->{state}, '42501', "nobody writes bolt.$table by hand");
}

$session->ask('RESET ROLE');
psql_ok($database, "DROP OWNED BY guar_$_ CASCADE") for qw(owner reader other caller);
close_test();
