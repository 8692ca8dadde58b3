#!/usr/bin/perl
# Calls within savepoints, loops, cursors and each other: they end where their caller ends
# them, and leave nothing open.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $database = new_database('guar_transactions', 500);
my $session = Sessions->new($database);
my $graph = '{"model": "blog_article", "only": ["id"], "order_by": ["id"], "prefetch_related": ['
  . '{"lookup": "tags", "queryset": {"only": ["id"], "order_by": ["id"]}},'
  . '{"lookup": "comment_set", "queryset": {"only": ["id"], "order_by": ["id"]}}]}';
my $fetch = "bolt.fetch('$graph')";
my $all = $session->ask("SELECT $fetch");

is(() = $all =~ /^\{"id"/mg, 500, 'all objects are there');

# Short, so that a cursor over 500 objects is in the middle of its chunks.
$session->ask('SET bolt_orm.chunk_size = 50');

sub nothing_open
{
	my ($name) = @_;

	is($session->ask('SELECT count(*) FROM pg_cursors'), 0, "$name: no cursor is left open");
	is($session->ask("SELECT $fetch") eq $all, 1, '... and the next call gives all objects');
	return;
}

# ----- early ends

$session->ask('BEGIN');
is(() = $session->ask("SELECT $fetch LIMIT 3") =~ /^\{/mg, 3, 'LIMIT above a fetch');
nothing_open('LIMIT');
is($session->ask("SELECT count(*) FROM (SELECT $fetch LIMIT 120) f"), 120, 'LIMIT in a subquery');
nothing_open('LIMIT in a subquery');
is($session->ask("SELECT EXISTS (SELECT $fetch)"), 't', 'EXISTS over a fetch');
nothing_open('EXISTS');
is($session->ask("SELECT count(*) FROM generate_series(1, 20) i, LATERAL (SELECT $fetch LIMIT i) f"), 210, 'LIMIT again and again');
nothing_open('LIMIT again and again');
is($session->ask("SELECT count(*) FROM generate_series(1, 20) i WHERE (SELECT ($fetch)->>'id' LIMIT 1)::int < i"), 19, 'a subquery that is rescanned');
nothing_open('rescans');
$session->ask(<<"SQL");
CREATE FUNCTION pg_temp.exit_loop(n int) RETURNS int LANGUAGE plpgsql AS \$\$
DECLARE object json; seen int := 0;
BEGIN
	FOR object IN SELECT $fetch LOOP
		seen := seen + 1;
		EXIT WHEN seen = n;
	END LOOP;
	RETURN seen;
END \$\$
SQL
is($session->ask('SELECT pg_temp.exit_loop(1), pg_temp.exit_loop(77), pg_temp.exit_loop(1000)'), '1|77|500', 'EXIT from a loop');
nothing_open('EXIT');
$session->ask('COMMIT');

# ----- savepoints and errors

$session->ask("BEGIN; SAVEPOINT a; DECLARE c CURSOR FOR SELECT $fetch; FETCH 60 FROM c; ROLLBACK TO a");
nothing_open('ROLLBACK TO SAVEPOINT in the middle of a cursor');
$session->ask("DECLARE c CURSOR FOR SELECT $fetch; FETCH 10 FROM c; SAVEPOINT b; FETCH 100 FROM c; ROLLBACK TO b");
is(() = $session->ask('FETCH ALL FROM c') =~ /^\{/mg, 390, 'a cursor that a rolled back savepoint read from goes on')
  or diag($session->{error});
$session->ask('ROLLBACK');
$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT $fetch; SAVEPOINT b; FETCH 110 FROM c; ROLLBACK TO b");
my $rest = () = $session->ask('FETCH ALL FROM c') =~ /^\{/mg;
ok($session->{state} eq '34000' || $rest == 390, '... where it began there, too, or says that it cannot') or diag("$rest rows, $session->{error}");
$session->ask('ROLLBACK');
nothing_open('after it');
$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT $fetch; FETCH 10 FROM c; SAVEPOINT b; FETCH 100 FROM c; RELEASE b");
is(() = $session->ask('FETCH ALL FROM c') =~ /^\{/mg, 390, 'a cursor that a released savepoint read from goes on');
$session->ask('COMMIT');
$session->ask('BEGIN');
$session->ask(<<"SQL");
CREATE FUNCTION pg_temp.errors() RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE object json; n int; caught int := 0; rows int := 0;
BEGIN
	FOR i IN 1 .. 60 LOOP
		BEGIN
			n := 0;
			FOR object IN SELECT $fetch LOOP
				n := n + 1;
				rows := rows + 1;
				IF n = i THEN PERFORM 1 / 0; END IF;
			END LOOP;
		EXCEPTION WHEN division_by_zero THEN
			caught := caught + 1;
		END;
		BEGIN
			PERFORM bolt.fetch_json(json_build_object('model', 'blog_article', 'filter', json_build_object('id', 'x' || i)));
		EXCEPTION WHEN invalid_text_representation THEN
			caught := caught + 1;
		END;
	END LOOP;
	RETURN caught || ' of ' || rows;
END \$\$
SQL
is($session->ask('SELECT pg_temp.errors()'), '120 of 1830', 'errors in the middle of a loop, caught');
nothing_open('caught errors');
$session->ask(<<'SQL');
CREATE FUNCTION failing(int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF $1 = current_setting('guar.fail')::int THEN RAISE 'as told'; END IF;
	RETURN true;
END $$;
CREATE VIEW failing_comment AS SELECT * FROM blog_comment WHERE failing(article_id);
SELECT bolt.register_relation('failing_comment', '{article_id}', target => 'blog_article', related_name => 'failing');
SQL
is($session->ask(<<"SQL"), '25|500', 'an error inside the statement of a child, caught; then the whole again');
CREATE FUNCTION pg_temp.fail() RETURNS record LANGUAGE plpgsql AS \$\$
DECLARE caught int := 0; n int; result record;
BEGIN
	FOR i IN 1 .. 25 LOOP
		BEGIN
			PERFORM set_config('guar.fail', (i * 20)::text, true);
			PERFORM bolt.fetch('{"model": "blog_article", "order_by": ["id"], "prefetch_related": ["failing"]}');
		EXCEPTION WHEN raise_exception THEN
			caught := caught + 1;
		END;
	END LOOP;
	PERFORM set_config('guar.fail', '0', true);
	SELECT count(f) INTO n FROM bolt.fetch('{"model": "blog_article", "order_by": ["id"], "prefetch_related": ["failing"]}') f;
	SELECT caught, n INTO result;
	RETURN result;
END \$\$;
SELECT caught || '|' || n FROM pg_temp.fail() AS f(caught int, n int);
SQL
nothing_open('an error in a child');
$session->ask('ROLLBACK');

# ----- procedures

psql_ok($database, <<"SQL");
CREATE TABLE result (id int, n int);
CREATE PROCEDURE commits() LANGUAGE plpgsql AS \$\$
DECLARE object json;
BEGIN
	FOR object IN SELECT $fetch LOOP
		INSERT INTO result VALUES ((object->>'id')::int, json_array_length(object->'comment_set'));
		IF (object->>'id')::int % 9 = 0 THEN COMMIT; END IF;
	END LOOP;
	COMMIT;
	FOR i IN 1 .. 20 LOOP
		INSERT INTO result VALUES (1000 + i, bolt.count('{"model": "blog_article"}'));
		IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
	END LOOP;
	COMMIT;
	FOR i IN 1 .. 5 LOOP
		PERFORM bolt.get('{"model": "blog_article"}', json_build_object('id', i));
		ROLLBACK;
	END LOOP;
END \$\$;
SQL
is($session->state_of('CALL commits()'), '00000', 'COMMIT and ROLLBACK in loops of a procedure') or diag($session->{error});
is($session->ask('SELECT count(*), sum(n) FROM result WHERE id < 1000'), '500|4000', '... the loop saw all objects');
is($session->ask('SELECT count(*), sum(n) FROM result WHERE id > 1000'), '10|5000', '... what was rolled back is not there');
nothing_open('COMMIT in a loop');

# ----- cursors

$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT $fetch");
is($session->ask('FETCH 60 FROM c; FETCH ALL FROM c') eq $all, 1, 'a cursor gives what a statement gives');
$session->ask('COMMIT');
$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT $fetch; FETCH 60 FROM c");
is($session->state_of('CLOSE c'), '00000', 'CLOSE in the middle');
nothing_open('CLOSE');
$session->ask("DECLARE c CURSOR FOR SELECT $fetch; DECLARE d CURSOR FOR SELECT $fetch; FETCH 60 FROM c; FETCH 5 FROM d");
is($session->state_of('CLOSE ALL'), '00000', 'CLOSE ALL in the middle of two');
nothing_open('CLOSE ALL');
$session->ask('COMMIT');
$session->ask('BEGIN');
like($session->state_of(<<"SQL"), qr/^(00000|34000|24000|55006)$/, 'CLOSE ALL in the loop over a fetch is an error of its own, or none');
DO \$\$
DECLARE object json;
BEGIN
	FOR object IN SELECT $fetch LOOP
		EXECUTE 'CLOSE ALL';
	END LOOP;
END \$\$
SQL
$session->ask('ROLLBACK');
nothing_open('CLOSE ALL in a loop');
$session->ask('BEGIN');
$session->ask("DECLARE hold_$_ CURSOR WITH HOLD FOR SELECT $fetch; MOVE 3 IN hold_$_") for 1 .. 8;
is($session->state_of('COMMIT'), '00000', 'cursors WITH HOLD in the middle of a fetch: COMMIT') or diag($session->{error});
is(() = $session->ask("FETCH ALL FROM hold_$_; CLOSE hold_$_") =~ /^\{/mg, 497, "... and the rest of number $_ comes after it") for 1 .. 8;
$session->ask("BEGIN; DECLARE c SCROLL CURSOR FOR SELECT ($fetch)->>'id'; MOVE 70 IN c");
is($session->ask('FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH FIRST FROM c'), "69\n68\n500\n1", 'a SCROLL cursor goes back');
$session->ask('COMMIT');
nothing_open('cursors');
is($session->ask('SELECT count(*) FROM pg_prepared_statements'), 0, 'no prepared statement of ours shows');

$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT $fetch; DECLARE d CURSOR FOR SELECT $fetch");
my ($c, $d) = ('', '');
for (1 .. 9)
{
	$c .= $session->ask('FETCH 63 FROM c') . "\n";
	$d .= $session->ask('FETCH 62 FROM d') . "\n";
}
s/\n+\z// for $c, $d;
is($c eq $all && $d eq $all, 1, 'two cursors over the same graph, read in turns, do not disturb each other');
$session->ask('COMMIT');

# ----- calls beside and within calls

is($session->ask("SELECT count(*), count(*) FILTER (WHERE a = b) FROM (SELECT ($fetch)::text a, ($fetch)::text b) x"), '500|500',
	'two fetches in one target list');
is($session->ask("SELECT count(*), count(a), count(b) FROM (SELECT $fetch a, bolt.fetch('{\"model\": \"blog_tag\"}') b) x"), '500|500|200',
	'... of different lengths');
is($session->ask(<<'SQL'), "1|8|3\n2|8|3\n3|8|3", 'a lateral join whose document changes with the row');
SELECT i, json_array_length(f->'comment_set'), json_array_length(f->'tags') FROM generate_series(1, 3) i,
	LATERAL bolt.fetch(bolt.queryset('blog_article', filter => json_build_object('id', i), prefetch_related => '{tags,comment_set}')) f
SQL
is($session->ask(<<'SQL'), "blog_article|500\nblog_tag|200\nauth_user|20", '... and whose shape does');
SELECT m, count(f) FROM unnest('{blog_article,blog_tag,auth_user}'::text[]) WITH ORDINALITY u(m, n),
	LATERAL bolt.fetch(json_build_object('model', m)) f GROUP BY n, m ORDER BY n
SQL
is($session->ask(<<'SQL'), '1000', 'a fetch for each object of a fetch');
SELECT sum((SELECT count(*) FROM bolt.fetch(json_build_object('model', 'blog_comment', 'filter',
	json_build_object('article', f->'id'), 'limit', 2)))) FROM bolt.fetch('{"model": "blog_article", "only": ["id"]}') f
SQL
psql_ok($database, <<'SQL');
CREATE VIEW counted_article AS
	SELECT id, title, bolt.count(json_build_object('model', 'blog_comment', 'filter', json_build_object('article', id))) AS comments
	FROM blog_article;
CREATE FUNCTION is_a_user(text) RETURNS boolean LANGUAGE sql STABLE
	RETURN bolt.exists(json_build_object('model', 'auth_user', 'filter', json_build_object('username', $1)));
CREATE DOMAIN user_name AS text CHECK (is_a_user(VALUE));
CREATE TABLE login (id int PRIMARY KEY, name user_name);
CREATE VIEW itself AS SELECT 1 AS id, bolt.first('{"model": "itself"}') AS n;
SQL
is($session->ask(q[SELECT bolt.fetch_json('{"model": "counted_article", "filter": {"id__lte": 2}, "order_by": ["id"]}')]),
	'[{"id":1,"title":"Article number 1","comments":8},{"id":2,"title":"Article number 2","comments":8}]',
	'a fetch of a view that counts');
is($session->ask(q[SELECT count(*), sum((f->>'comments')::int) FROM (SELECT bolt.fetch('{"model": "counted_article"}') f) x]), '500|4000',
	'... over several chunks');
is($session->state_of("INSERT INTO login VALUES (1, 'user1'), (2, 'user2')"), '00000', 'a domain that asks exists: a valid value');
is($session->state_of("INSERT INTO login VALUES (3, 'nobody')"), '23514', '... and an invalid one');
is($session->ask(q[SELECT bolt.fetch_json('{"model": "login", "filter": {"name": "user2"}}')]), '[{"id":2,"name":"user2"}]',
	'a filter on such a domain');
like($session->state_of(q[SELECT bolt.fetch_json('{"model": "login", "filter": {"name": "nobody"}}')]), qr/^(00000|23514)$/,
	'... by an invalid value');
is($session->state_of(q[SELECT bolt.fetch_json('{"model": "itself"}')]), '54001', 'a view that fetches itself ends at the depth of the stack');
ok($session->is_alive, '... and the session lives');
nothing_open('calls within calls');

# ----- DDL in the same transaction

for my $ddl ('ALTER TABLE blog_comment DROP COLUMN text', 'DROP TABLE blog_comment', 'ALTER TABLE blog_article ALTER COLUMN id TYPE bigint',
	'DROP TABLE blog_article CASCADE', 'TRUNCATE blog_article CASCADE', 'ALTER TABLE blog_comment RENAME COLUMN article_id TO a',
	'CREATE INDEX ON blog_comment (text)', 'DROP INDEX blog_comment_article_id_idx', 'DROP EXTENSION bolt_orm CASCADE')
{
	my $star = '{"model": "blog_article", "order_by": ["id"], "prefetch_related": ["tags", "comment_set"]}';
	my $direct = 'SELECT c.* FROM blog_article a JOIN blog_comment c ON c.article_id = a.id';

	$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT bolt.fetch('$star'); FETCH 60 FROM c");
	my $state = $session->state_of($ddl);
	if ($state eq '00000')
	{
		$state = $session->state_of('FETCH ALL FROM c');
		ok($state !~ /^(XX|57|42601)/, "$ddl during a cursor: then FETCH gives $state") or diag($session->{error});
	}
	else
	{
		is($state, '55006', "$ddl during a cursor: refused by PostgreSQL") or diag($session->{error});
	}
	$session->ask('ROLLBACK');
	nothing_open($ddl);
}
$session->ask('BEGIN; ALTER TABLE blog_article ADD COLUMN extra int DEFAULT 7');
like($session->ask(q[SELECT bolt.first('{"model": "blog_article", "order_by": ["id"]}')]), qr/"extra":7/, 'a column added in the transaction is there');
$session->ask('ROLLBACK');
unlike($session->ask(q[SELECT bolt.first('{"model": "blog_article", "order_by": ["id"]}')]), qr/"extra"/, 'and gone after its rollback');
$session->ask('BEGIN; SAVEPOINT a; CREATE TABLE fresh (id int PRIMARY KEY, article_id int REFERENCES blog_article); INSERT INTO fresh VALUES (1, 1)');
like($session->ask(q[SELECT bolt.get('{"model": "blog_article", "prefetch_related": ["fresh_set"]}', '{"id": 1}')]),
	qr/"fresh_set":\[\{"id":1,"article_id":1\}\]/, 'so is a relation that was made in it');
$session->ask('ROLLBACK TO a');
is($session->state_of(q[SELECT bolt.get('{"model": "blog_article", "prefetch_related": ["fresh_set"]}', '{"id": 1}')]), '42703',
	'and gone after its rollback');
$session->ask('ROLLBACK');
is($session->state_of(<<'SQL'), '00000', 'a loop of DDL and calls') or diag($session->{error});
DO $$
BEGIN
	FOR i IN 1 .. 50 LOOP
		EXECUTE format('ALTER TABLE blog_tag ADD COLUMN c%s int DEFAULT %s', i, i);
		ASSERT (bolt.first('{"model": "blog_tag"}')->>('c' || i))::int = i;
		EXECUTE format('ALTER TABLE blog_tag DROP COLUMN c%s', i);
		ASSERT bolt.first('{"model": "blog_tag"}')->>('c' || i) IS NULL;
	END LOOP;
END $$
SQL

# ----- ways to call

is($session->ask(<<'SQL'), '8|8', 'as bodies of SQL functions, inlined or not');
CREATE FUNCTION comments_of(int) RETURNS SETOF json LANGUAGE sql STABLE
	AS $$ SELECT bolt.fetch(json_build_object('model', 'blog_comment', 'filter', json_build_object('article', $1))) $$;
CREATE FUNCTION count_of(int) RETURNS bigint LANGUAGE sql STABLE
	RETURN bolt.count(json_build_object('model', 'blog_comment', 'filter', json_build_object('article', $1)));
SELECT (SELECT count(*) FROM comments_of(3)), count_of(4)
SQL
is($session->ask('SELECT count(*) FROM (SELECT comments_of(a) FROM generate_series(1, 5) a LIMIT 20) f'), 20, '... and ended early');
$session->ask(q[PREPARE p(json) AS SELECT bolt.count($1); PREPARE q(int) AS SELECT count(*) FROM bolt.fetch(bolt.queryset('blog_comment', filter => json_build_object('article', $1)))]);
is($session->ask("EXECUTE p('{\"model\": \"blog_tag\"}'); EXECUTE q($_)"), "200\n8", "prepared, execution $_") for 1 .. 8;
$session->ask('ALTER TABLE blog_comment ADD COLUMN more int');
is($session->ask('EXECUTE q(1)'), 8, '... after DDL');
is($session->ask(q[SELECT count(DISTINCT f::text) FROM generate_series(1, 3) i, bolt.fetch_json('{"model": "blog_tag"}') f]), 1, 'in FROM beside others');
is($session->ask(q[CREATE TEMP TABLE made AS SELECT bolt.fetch('{"model": "blog_tag"}') AS tag; SELECT count(*) FROM made]), 200, 'in CREATE TABLE AS');
is($session->ask(q[WITH f AS MATERIALIZED (SELECT bolt.fetch('{"model": "blog_tag"}') AS tag) SELECT count(*) FROM f a, f b WHERE a.tag->>'id' = b.tag->>'id']), 200, 'in WITH');
is($session->ask(q[SELECT string_agg(f->>'id', ',') FROM (SELECT bolt.fetch('{"model": "blog_tag", "order_by": ["id"]}') f OFFSET 197) x]), '198,199,200', 'with OFFSET');
$session->ask(q[COPY (SELECT bolt.fetch('{"model": "blog_tag"}')) TO '/dev/null']);
is($session->{state}, '00000', 'in COPY');
is($session->ask(<<'SQL'), '3', 'in a trigger');
CREATE TABLE log (n bigint);
CREATE FUNCTION log_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO log SELECT bolt.count('{"model": "login"}'); RETURN NULL; END $$;
CREATE TRIGGER t AFTER INSERT ON login FOR EACH ROW EXECUTE FUNCTION log_count();
INSERT INTO login VALUES (3, 'user3');
SELECT n FROM log
SQL
is($session->ask(q[SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p WHERE pronamespace = 'bolt'::regnamespace AND provolatile <> 's'
	AND proname IN ('fetch', 'fetch_json', 'get', 'first', 'last', 'earliest', 'latest', 'count', 'exists', 'contains', 'in_bulk', 'page', 'sql', 'queryset', 'prefetch', 'models', 'relations')]),
	'', 'all reading functions are STABLE');

# ----- the extension goes and comes

my $other = Sessions->new($database);
$other->ask("SELECT $fetch");
$other->ask("BEGIN; DECLARE c CURSOR FOR SELECT $fetch; FETCH 5 FROM c; COMMIT");
psql_ok($database, 'DROP EXTENSION bolt_orm CASCADE');
like($other->state_of("SELECT $fetch"), qr/^(3F000|42883)$/, 'DROP EXTENSION in another session while all is cached');
psql_ok($database, 'CREATE EXTENSION bolt_orm');
is($other->ask("SELECT $fetch") eq $all, 1, '... and made again');
$other->ask('DROP EXTENSION bolt_orm CASCADE');
like($other->state_of("SELECT $fetch"), qr/^(3F000|42883)$/, 'DROP EXTENSION in the same session');
$other->ask('CREATE EXTENSION bolt_orm');
is($other->ask("SELECT $fetch") eq $all, 1, '... and made again');
$other->ask('DISCARD ALL');
is($other->ask("SELECT $fetch") eq $all, 1, 'DISCARD ALL');
$other->ask('DISCARD PLANS');
is($other->ask("SELECT $fetch") eq $all, 1, 'DISCARD PLANS');

close_test();
