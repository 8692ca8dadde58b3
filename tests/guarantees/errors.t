#!/usr/bin/perl
# Whatever a document holds, the error is one of its own: never an internal one, never
# SQL that does not parse, never the end of the session.
#
# Takes valid documents and spoils them at random, the same way every time. More of it:
#   BOLT_DOCUMENTS=100000 BOLT_SEED=7 tests/guarantees/errors.t

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Sessions;
use Test::More;

my $documents = $ENV{BOLT_DOCUMENTS} // 12000;
my $state = $ENV{BOLT_SEED} // 1;
my $json = JSON::PP->new->canonical->allow_nonref->ascii;

my @valid = map { $json->decode($_) } (
	'{"model": "blog_article"}',
	'{"model": "blog.Article", "filter": {"id": 1}}',
	'{"model": "blog_article", "filter": {"title__icontains": "number", "author__username__in": ["user1", "user2"]}}',
	'{"model": "blog_article", "filter": [{"id__gte": 1}, {"OR": [{"id": 2}, {"NOT": {"comment__text__startswith": "C"}}]}]}',
	'{"model": "blog_article", "exclude": {"comment__author__username": "user3"}, "order_by": ["-created_at", "id"]}',
	'{"model": "blog_article", "filter": {"created_at__year__gte": 2024, "created_at__range": ["2024-01-01", "2025-01-01T00:00:00Z"]}}',
	'{"model": "blog_article", "select_related": ["author"], "limit": 3, "offset": 1}',
	'{"model": "blog_comment", "select_related": true, "only": ["text", "article__title", "author__username"], "limit": 2}',
	'{"model": "blog_article", "prefetch_related": ["tags", "comment_set__author"], "limit": 2}',
	'{"model": "blog_article", "prefetch_related": [{"lookup": "comment_set", "queryset": {"model": "blog_comment", "filter": {"id__gt": 1},
		"order_by": ["-id"], "limit": 2, "select_related": ["author"]}, "to_attr": "newest"}], "limit": 2}',
	'{"model": "blog_tag", "prefetch_related": [{"lookup": "article_set", "queryset": {"defer": ["content"], "limit": 1}}], "limit": 2}',
	'{"model": "blog_article", "values": ["id", "author__username"], "limit": 2}',
	'{"model": "blog_article", "values_list": ["title"], "flat": true, "limit": 2}',
	'{"model": "blog_article", "distinct": true, "reverse": true, "order_by": ["author__username", "?"], "limit": 2}',
	'{"model": "blog_article", "distinct": ["author"], "order_by": ["author", {"expr": {"F": "id"}, "desc": true, "nulls": "last"}]}',
	'{"model": "everything", "filter": {"j__a__0__b": 1, "j__has_keys": ["a"], "a__contains": [1], "a__0": 1, "r__contains": 3}}',
	'{"model": "everything", "filter": {"n__gt": 1.5, "b": true, "u": "9f1b2c3d-0000-0000-0000-000000000000", "i__lte": "1 day", "d__week_day": 2}}',
	'{"model": "everything", "filter": {"t__regex": "^a", "t__iexact": null, "n__isnull": false, "c": "x", "e__in": ["red", null]}}',
	'{"model": "tree", "prefetch_related": [{"lookup": "children", "recurse": true, "depth": 3}], "filter": {"parent__isnull": true}}',
	'{"model": "\"Odd \\\\\" name\"", "filter": {"a \\\\\" column__gt": 1}, "order_by": ["select"]}',
	'{"model": "blog_article", "chain": [{"filter": {"id__gt": 1}}, {"order_by": ["id"]}, {"limit": 2}]}',
	'{"model": "blog_article", "annotate": {"n": {"Count": "comment"}, "u": {"Upper": "title"}}, "filter": {"n__gt": 2}, "limit": 2}',
	'{"model": "blog_article", "none": true, "union": [{"model": "blog_article", "filter": {"id": 3}}]}',
	'{"model": "blog_article", "dates": ["created_at", "month", "DESC"], "alias": {"x": {"Value": 1}}}',
	'{"model": "pair", "filter": {"pk": [1, 2], "pk__in": [[1, 2], [3, 4]]}, "prefetch_related": ["pair_child"]}',
);

# A generator of our own: rand differs between perls.
sub random
{
	my ($n) = @_;

	$state = ($state * 1103515245 + 12345) % 2147483648;
	return int($state / 65536) % $n;
}

sub one_of
{
	return $_[random(scalar @_)];
}

my @strings = ('', ' ', 'x', 'id', 'pk', 'injected', "'; DROP TABLE blog_article; --", '"; SELECT 1; --', 'id"; injected', "id' injected",
	'$1', '$$injected$$', '%s %n', '\\', "\\'", "E'\\x00'", "\x{1F600}", "\x{ff21}\x{301}\x{202e}", "\x{0}", "a\x{0}b", "\x{d800}", "\x{7f}\x{1}",
	'__', '___', 'a__', '__a', 'id____exact', 'author__', 'author__author__author', 'comment__article__comment__article__author', '-', '--id', '-?', '?',
	'*', 'id::text', 'id; injected', 'pg_catalog.pg_class', 'pg_authid', 'bolt.model', 'public.blog_article', 'nosuch.table', 'a.b.c.d', '"', '""',
	'"a', 'a"b', '.', '..', 'blog.', '.Article', 'information_schema.tables', 'tableoid', 'ctid', 'xmin', 'constructor', 'x' x 63, 'y' x 64,
	"\x{e9}" x 40, 'z' x 5000, 'true', 'null', '1', '1e400', '-1', 'infinity', 'NaN', '2024-02-30', '294277-01-01', '0000-00-00', '{1,2', '{}', '[1,3)',
	'(1,2)', '{"a": 1}', '9' x 400, 'exact', 'in', 'isnull', 'range', 'AND', 'NOT', 'Exists', 'F', 'Value', 'OuterRef', 'Subquery', 'children', 'parent',
	'(', '[a', '(?<', '*a', 'a{99999}', '\\m', "\n", "\t", '0x10', 'author_id', 'author', 'tags', 'comment_set', 'comment_set__id', 'select', 'filter');
my @lookups = qw(exact iexact contains icontains startswith istartswith endswith iendswith regex iregex gt gte lt lte in range isnull
	date time year iso_year quarter month week week_day iso_week_day day hour minute second contained_by has_key has_keys has_any_keys
	overlap len fully_lt not_gt adjacent_to isempty search length lower upper trim abs 0 1_2 unaccent trigram_similar nosuch);
my @fields = qw(id title created_at author author__username comment comment__text tags tags__name published n b u i d t j a r c e x pk parent children);
my @keys = qw(model filter exclude annotate alias order_by reverse distinct select_related prefetch_related only defer values values_list flat
	dates datetimes limit offset none union union_all intersection difference select_for_update chain lookup queryset to_attr recurse depth
	AND OR XOR NOT Exists F Value OuterRef Subquery Count Sum Case when then expr desc nulls);
my @numbers = (0, 1, -1, 2, 21, 1.5, -0.0, 1e10, 2147483647, 2147483648, -2147483649, '9223372036854775807', '9223372036854775808',
	'-9223372036854775809', '1e400', '1E-400', '1e308', '123456789012345678901234567890', '0.1e-7', '1e131072', '1e999999999');

sub leaf
{
	my $kind = random(8);

	return JSON::PP::null if $kind == 0;
	return one_of(JSON::PP::true, JSON::PP::false) if $kind == 1;
	return \'number' if $kind == 2;
	return one_of(@strings) if $kind < 6;
	return one_of(@fields) . '__' . one_of(@lookups) if $kind == 6;
	return one_of(@fields);
}

sub tree
{
	my ($depth) = @_;
	my $kind = random(6);

	return leaf() if $depth == 0 || $kind < 2;
	return [ map { tree($depth - 1) } 1 .. random(4) ] if $kind < 4;
	return { map { (key() => tree($depth - 1)) } 1 .. random(4) };
}

sub key
{
	my $kind = random(4);

	return one_of(@keys) if $kind == 0;
	return one_of(@fields) . '__' . one_of(@lookups) if $kind == 1;
	return one_of(@fields) if $kind == 2;
	return one_of(@strings);
}

# A copy that is spoilt at some places.
sub spoil
{
	my ($value, $often) = @_;

	return leaf() if random($often * 2) == 0;
	return tree(3) if random($often * 4) == 0;
	if (ref $value eq 'HASH')
	{
		my %copy;

		for my $key (sort keys %$value)
		{
			my $kind = random($often * 3);
			my $spoilt = spoil($value->{$key}, $often);

			next if $kind == 0;
			$copy{ $kind == 1 ? key() : $key } = $spoilt;
			$copy{ key() } = spoil($value->{$key}, $often) if $kind == 2;
			$copy{"$key\__" . one_of(@lookups)} = $spoilt if $kind == 3;
		}
		$copy{ key() } = tree(2) if random($often * 2) == 0;
		return \%copy;
	}
	if (ref $value eq 'ARRAY')
	{
		my @copy = map { random($often * 3) == 0 ? () : spoil($_, $often) } @$value;

		push @copy, @copy if random($often * 3) == 0;
		push @copy, tree(2) if random($often * 3) == 0;
		return \@copy;
	}
	return $value;
}

sub string
{
	my ($text) = @_;

	# bytes and escapes as they come: \u0000 and lone surrogates, which no encoder would write
	$text =~ s/([\\"])/\\$1/g;
	$text =~ s/([^ -~])/ord($1) > 0xffff ? sprintf('\\u%04x\\u%04x', 0xd7c0 + (ord($1) >> 10), 0xdc00 + (ord($1) & 0x3ff)) : sprintf('\\u%04x', ord($1))/ge;
	return qq("$text");
}

sub encode
{
	my ($value) = @_;

	return '{' . join(', ', map { string($_) . ': ' . encode($value->{$_}) } sort keys %$value) . '}' if ref $value eq 'HASH';
	return '[' . join(', ', map { encode($_) } @$value) . ']' if ref $value eq 'ARRAY';
	return one_of(@numbers) if ref $value eq 'SCALAR';
	return $json->encode($value) if ref $value || !defined $value || $json->encode($value) !~ /^"/;
	return string($value);
}

# Text that is not even JSON, now and then: the json type lets none of it through, but
# keys twice and deep nesting are valid.
sub text
{
	my $text = encode(spoil(one_of(@valid), one_of(4, 12, 24, 60)));

	$text =~ s/^\{/'{' . string(key()) . ': 1, '/e if random(40) == 0 && $text =~ /^\{"/;
	$text =~ s/^\{(.*)\}$/{$1, $1}/s if random(40) == 0 && length $text > 2;
	$text = ('[' x 200) . (']' x 200) if random(1000) == 0;
	$text = '{"model": "blog_article", "filter": ' . ('{"NOT": ' x 90) . '{"id": 1}' . ('}' x 90) . '}' if random(500) == 0;
	return $text;
}

my $database = new_database('guar_errors', 40);
psql_ok($database, <<'SQL');
CREATE TYPE colour AS ENUM ('red', 'blue');
CREATE TYPE two AS (one int, two text);
CREATE TABLE everything (id int PRIMARY KEY, n numeric, b boolean, u uuid, i interval, d date, t text, j jsonb, a int[], r int4range,
	c "char", e colour, x two, k json, y bytea, p point, m money, ts timestamp, tm time, f float8, s tsvector, v varchar(3), o oid, net inet, bits bit(3), z xml);
INSERT INTO everything VALUES (1, 1.5, true, '9f1b2c3d-0000-0000-0000-000000000000', '1 day', '2024-02-29', 'abc', '{"a": [{"b": 1}]}', '{1,2}', '[1,5)',
	'x', 'red', '(1,a)', '{"a":  1}', '\x00ff', '(1,2)', '1.5', now(), '12:00', 'NaN', 'a b', 'abc', 1, '10.0.0.1/8', '101', '<a/>');
INSERT INTO everything (id) VALUES (2);
CREATE TABLE tree (id int PRIMARY KEY, parent_id int REFERENCES tree, name text);
INSERT INTO tree VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c');
SELECT bolt.register_relation('tree', '{parent_id}', related_name => 'children', on_delete => 'CASCADE');
SELECT bolt.register_relation('blog_comment', '{article_id}', on_delete => 'CASCADE');
SELECT bolt.register_relation('blog_article_tags', '{article_id}', on_delete => 'CASCADE');
CREATE TABLE "Odd "" name" ("a "" column" int PRIMARY KEY, "select" text, "x__y" int);
INSERT INTO "Odd "" name" VALUES (1, 'a', 1), (2, 'b', 2);
CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE pair_child (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES pair);
INSERT INTO pair VALUES (1, 2), (3, 4);
INSERT INTO pair_child VALUES (1, 1, 2), (2, 3, 4), (3, NULL, 4);
CREATE TABLE document (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL);
CREATE TABLE outcome (id int, call text, state text, message text);
CREATE FUNCTION sql_of(text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT string_agg(s, E'\n') FROM bolt.sql($1::json) s); EXCEPTION WHEN OTHERS THEN RETURN ''; END $$;
CREATE FUNCTION try_document(document, n int) RETURNS SETOF outcome LANGUAGE plpgsql AS $$
DECLARE
	calls text[] := '{"count(bolt.fetch($1))","bolt.fetch_json($1)","bolt.count($1)","bolt.exists($1)","bolt.get($1)","bolt.first($1)","bolt.last($1)",
		"bolt.get($1, $2)","bolt.contains($1, $2)","bolt.in_bulk($1)","bolt.in_bulk($1, $2)","bolt.in_bulk($1, $2, $3)","bolt.page($1)",
		"bolt.page($1, $4, 2, ''estimated'')","bolt.page($1, $4, $4, ''none'')","count(bolt.sql($1))","bolt.explain($1)","bolt.explain($1, true)",
		"bolt.earliest($1, $3)","bolt.latest($1, $3, $3)"}';
	others json[] := '{1,2.5,"[1, 2, 3]","{\"id\": 1}","\"x\"","[\"x\", null]","null","true","{}","[]","[[1, 2]]","99999999999999999999","\"\\u0000\"","[{}]","{\"a\": \"id\"}"}';
	names text[] := '{id,pk,title,"",nosuch,author,author__username,t,"a\"b",comment,tags,"id\"; injected",x}';
	call text;
	result json;
	ignored text;
	message text;
BEGIN
	-- each document through the one that fetches and three more
	FOREACH call IN ARRAY ARRAY[calls[2], calls[1 + n % 20], calls[1 + (n / 3) % 20], calls[1 + (n / 7) % 20]] LOOP
		BEGIN
			IF call LIKE '%count(bolt.%' THEN
				EXECUTE format('SELECT count(x) FROM (SELECT %s x) y', substr(call, 7, length(call) - 7)) INTO ignored USING $1.text::json;
			ELSE
				EXECUTE 'SELECT ' || call INTO ignored USING $1.text::json, others[1 + n % 15], names[1 + n % 13], (n % 4)::bigint;
			END IF;
			RETURN NEXT ($1.id, call, '00000', NULL)::outcome;
		EXCEPTION WHEN OTHERS OR assert_failure THEN
			GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
			RETURN NEXT ($1.id, call, SQLSTATE, message)::outcome;
		END;
	END LOOP;
	-- a delete, taken back
	BEGIN
		PERFORM bolt.delete($1.text::json);
		RAISE SQLSTATE 'ZZ000';
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		RETURN NEXT ($1.id, 'bolt.delete($1)', CASE SQLSTATE WHEN 'ZZ000' THEN '00000' ELSE SQLSTATE END, message)::outcome;
	END;
END $$;
SQL

my $session = Sessions->new($database);
my $before = $session->ask('SELECT count(*) FROM pg_class');
my $copy = "COPY document (text) FROM STDIN;\n";
for (1 .. $documents)
{
	my $text = text();

	$text =~ s/\\/\\\\/g;
	$copy .= "$text\n";
}
$session->ask("$copy\\.\n");
is($session->{state}, '00000', "$documents documents") or BAIL_OUT($session->{error});
# plans are kept of few, so that graphs are dropped as well as made
$session->ask("SET bolt_orm.plan_cache_size = 20; SET statement_timeout = '100s'");
$session->ask('INSERT INTO outcome SELECT o.* FROM document d, try_document(d, d.id) o ORDER BY d.id');
is($session->{state}, '00000', 'the session went through all of them') or diag($session->{error});
ok($session->is_alive, '... and lives');

sub none_of
{
	my ($condition, $name) = @_;
	my $found = $session->ask("SELECT state, call, message, text FROM outcome JOIN document USING (id) WHERE $condition ORDER BY length(text) LIMIT 10");

	ok($found eq '', $name) or diag(substr($found, 0, 8000));
	return;
}

none_of("state LIKE 'XX%'", 'no internal error');
none_of("state LIKE '57%' OR state LIKE '58%' OR state LIKE '53%'", 'no cancellation, crash or want of resources');
none_of("state IN ('42601', '42622', '34000', '26000')", 'no SQL that does not parse');
is($session->ask("SELECT text || ' ' || sql_of(text) FROM document WHERE sql_of(text) ~ 'injected|DROP' LIMIT 1"), '',
	'no text of a document reaches SQL');
cmp_ok($session->ask("SELECT count(*) FROM document WHERE text ~ 'injected|DROP' AND sql_of(text) <> ''"), '>', 0, '... though some are valid that hold it');
# what PostgreSQL would say of a statement that is not right: our own errors come first, but for the types of expressions, which are PostgreSQL's to find
none_of("state IN ('42P02', '42P10', '42P18', '42803', '42804', '42883', '42P09', '42702') AND message NOT LIKE 'SELECT DISTINCT ON expressions must match%' AND text !~ 'annotate|alias'", 'no SQL that PostgreSQL refuses');
none_of("message ~ '\\mt[0-9]+\\.'", 'no name of our SQL shows in a message');
is($session->ask('SELECT count(*) FROM pg_class'), $before, 'no table went');
cmp_ok($session->ask("SELECT count(*) FROM outcome WHERE state = '00000'"), '>', $documents / 4, 'many documents are valid still');
cmp_ok($session->ask("SELECT count(DISTINCT state) FROM outcome"), '>=', 10, 'and many errors were met');
diag($session->ask("SELECT string_agg(state || ': ' || n, ', ' ORDER BY n DESC) FROM (SELECT state, count(*) n FROM outcome GROUP BY 1) s"))
  if $ENV{BOLT_DOCUMENTS};
like($session->ask(q[SELECT bolt.first('{"model": "blog_article", "prefetch_related": ["tags"]}')]), qr/"tags":\[\{"id"/, 'the session still fetches');

close_test();
