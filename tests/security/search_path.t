#!/usr/bin/perl
# Whoever may create in a schema of the caller's search_path, even before pg_catalog, makes operators, functions and types that PostgreSQL
# would take for its own. Nothing of them may run: each operator, function and type in the SQL that is generated names its schema.
# First the SQL of each lookup, transform, expression and aggregate is read token by token, then all of it is run under such a path.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../guarantees";
use Sessions;
use Test::More;

my $database = new_database('security_search_path');
my $version = Sessions->new($database)->ask("SHOW server_version_num");
my $source = "$FindBin::Bin/../../extension";

psql_ok($database,
	'CREATE EXTENSION citext', 'CREATE EXTENSION hstore', 'CREATE EXTENSION pg_trgm', 'CREATE EXTENSION unaccent',
	'CREATE DOMAIN code AS citext', 'CREATE DOMAIN bag AS hstore',
	'CREATE TABLE parent (id int PRIMARY KEY, name varchar(20), code citext UNIQUE)',
	"INSERT INTO parent VALUES (1, 'a', 'A'), (2, 'b', 'B')",
	'CREATE TABLE item (id int PRIMARY KEY, v varchar(20), t text, c char(3), ci citext, n numeric(10, 2), i int, s smallint, b bigint, f float8, o bool,
		d date, ts timestamp, tz timestamptz, tm time, iv interval, u uuid, j jsonb, h hstore, ia int[], ta text[], r int4range, tv tsvector, parent_id int REFERENCES parent)',
	q~INSERT INTO item SELECT g, 'a' || g, 'text ' || g, 'c' || g, 'C' || g, g, g, g, g, g, true, '2020-01-01', '2020-01-01', '2020-01-01', '10:00', '1 day',
		md5(g::text)::uuid, '{"a": {"b": 1}, "l": [1]}', 'a=>1', '{1,2}', '{x,y}', '[1,5)', 'fat cat', 1 + g % 2 FROM generate_series(1, 5) g~,
	'CREATE TABLE item_tags (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item_id int REFERENCES item, tag_id int REFERENCES parent)',
	'INSERT INTO item_tags (item_id, tag_id) SELECT g, 1 + g % 2 FROM generate_series(1, 5) g',
	"SELECT bolt.register_many_to_many('item', 'item_tags', 'tags', related_name => 'items')",
	'CREATE TABLE shelf (k code PRIMARY KEY, up code REFERENCES shelf, h bag, v varchar(20))', "INSERT INTO shelf VALUES ('a', NULL, 'a=>1', 'a'), ('B', 'a', 'b=>2', 'b')",
	'CREATE TABLE shelf_items (shelf code REFERENCES shelf, item_id int REFERENCES item, PRIMARY KEY (shelf, item_id))', "INSERT INTO shelf_items VALUES ('a', 1), ('b', 2)",
	'CREATE TABLE pair (a int, b varchar(10), n int, PRIMARY KEY (a, b))',
	"INSERT INTO pair VALUES (1, 'x', 1), (2, 'y', 2)");

# ----- documents, by what they are about

my %value = (v => '"a1"', t => '"text 1"', c => '"c1"', ci => '"c1"', n => 1.5, i => 1, s => 1, b => 1, f => 1.5, o => 'true', d => '"2020-01-01"', ts => '"2020-01-01"',
	tz => '"2020-01-01"', tm => '"10:00"', iv => '"1 day"', u => '"c4ca4238-a0b9-2382-0dcc-509a6f75849b"', j => '{"a": 1}', h => '{"a": "1"}', ia => '[1]', ta => '["x"]',
	r => '"[1,2)"', tv => '"cat"');
my (@filters, @annotations, @documents);
my @texts = qw(v t c ci j i);
my @comparable = grep { !/^(tv|h)$/ } sort keys %value;

push @filters, map {; qq({"$_": $value{$_}}) } @comparable;
for my $field (@comparable)
{
	push @filters, map {; qq({"${field}__$_": $value{$field}}) } $field =~ /^(j|o)$/ ? () : qw(gt gte lt lte);
	push @filters, qq({"${field}__in": [$value{$field}]}), qq({"${field}__in": [{"F": "$field"}, {"F": "$field"}]}), qq({"$field": {"F": "$field"}});
	push @filters, qq({"${field}__in": [{"F": "$field"}, $value{$field}]}) unless $field =~ /^[it]a$/;
	push @filters, qq({"${field}__in": {"Subquery": {"model": "item", "values": ["$field"]}}}), qq({"$field": {"Subquery": {"model": "item", "values": ["$field"], "limit": 1}}});
	push @filters, qq({"${field}__isnull": true}), qq({"NOT": {"$field": {"F": "$field"}}});
	push @filters, qq({"${field}__range": [$value{$field}, $value{$field}]}), qq({"${field}__range": [{"F": "$field"}, {"F": "$field"}]}) unless $field =~ /^(j|o|ia|ta|r)$/;
	push @annotations, qq({"NullIf": ["$field", "$field"]}), qq({"Coalesce": ["$field", "$field"]});
	push @annotations, qq({"Case": [{"when": {"$field": $value{$field}}, "then": "$field"}], "default": {"Value": null}});
}
for my $lookup (qw(iexact contains icontains startswith istartswith endswith iendswith regex iregex))
{
	push @filters, map {; qq({"${_}__$lookup": "a"}), qq({"${_}__$lookup": {"F": "v"}}) } $lookup eq 'contains' ? grep { $_ ne 'j' } @texts : @texts;
}
push @filters, map {; qq({"tz__$_": 1}), qq({"d__${_}__gte": 1}) } qw(quarter month week week_day iso_week_day day);
push @filters, map {; qq({"tz__$_": 1}), qq({"tm__${_}__lt": 1}) } qw(hour minute second);
push @filters, '{"tz__year": 2020}', '{"d__year__gt": 2019}', '{"d__iso_year": 2020}', '{"tz__iso_year__lte": 2020}', '{"tz__date": "2020-01-01"}', '{"tz__time": "00:00"}',
	'{"t__length": 3}', '{"t__lower": "a"}', '{"t__upper": "A"}', '{"t__trim": "a"}', '{"i__abs": 1}', '{"n__abs__gt": 1}', '{"ia__len": 2}', '{"ia__0": 1}', '{"ia__0_1": [1]}', '{"ta__0__icontains": "x"}',
	'{"j__a__b": 1}', '{"j__l__0": 1}', '{"j__contains": {"a": 1}}', '{"j__contained_by": {"a": 1}}', '{"j__has_key": "a"}', '{"j__has_keys": ["a"]}', '{"j__has_any_keys": ["a"]}', '{"j__a__b__gt": 1}', '{"j__a__icontains": "b"}',
	'{"h__a": "1"}', '{"h__contains": {"a": "1"}}', '{"h__contained_by": {"a": "1"}}', '{"h__has_key": "a"}', '{"h__has_keys": ["a"]}', '{"h__has_any_keys": ["a"]}',
	'{"ia__contains": [1]}', '{"ia__contained_by": [1, 2]}', '{"ia__overlap": [1]}', '{"ta__overlap": ["x"]}', '{"r__contains": 1}', '{"r__contains": [1, 2]}', '{"r__contained_by": [0, 9]}', '{"r__overlap": [1, 2]}',
	'{"r__fully_lt": [6, 7]}', '{"r__fully_gt": [0, 1]}', '{"r__not_lt": [1, 2]}', '{"r__not_gt": [1, 2]}', '{"r__adjacent_to": [5, 6]}', '{"r__startswith": 1}', '{"r__endswith": 5}', '{"r__isempty": false}',
	'{"t__search": "text"}', '{"tv__search": "cat"}', '{"t__trigram_similar": "text"}', '{"t__unaccent": "text"}',
	'{"parent__name": "a"}', '{"parent__code": "a"}', '{"parent__in": [1]}', '{"tags__name__contains": "a"}', '{"NOT": {"tags__name": "a"}}', '{"tags__isnull": true}', '{"parent__isnull": true}',
	'{"XOR": [{"i": 1}, {"v": "a1"}]}', '{"OR": [{"i": 1}, {"v": "a1"}]}', '{"Exists": {"model": "parent", "filter": {"id": {"OuterRef": "parent_id"}, "name": {"OuterRef": "v"}}}}', '{"pk": 1}', '{"pk__in": [1, 2]}', '{"parent": {"F": "i"}}';
push @annotations, map {; qq({"$_": ["i", "n"]}) } qw(Add Sub Mul Div Pow);
push @annotations, '{"Mod": ["i", 2]}', '{"Greatest": ["v", "t"]}', '{"Least": ["i", "n"]}', (map {; qq({"$_": "t"}) } qw(Lower Upper Length Trim)), '{"Concat": ["v", "t", "i"]}', '{"Substr": ["t", 1, 2]}',
	'{"Left": ["t", 2]}', '{"Right": ["t", 2]}', '{"Replace": ["t", {"Value": "a"}, {"Value": "b"}]}', '{"Round": "n"}', '{"Ceil": "n"}', '{"Floor": "n"}', '{"Abs": "i"}', '{"Now": []}', '{"Random": []}',
	'{"Cast": "i", "type": "pg_catalog.text"}', '{"Cast": "v", "type": "varchar(5)"}', '{"Extract": "tz", "kind": "year"}', '{"Extract": "d", "kind": "iso_week_day"}', '{"Trunc": "tz", "kind": "month"}', '{"Trunc": "d", "kind": "week"}',
	'{"Subquery": {"model": "parent", "filter": {"id": {"OuterRef": "parent_id"}}, "values": ["name"]}}', '{"Exists": {"model": "parent", "filter": {"name": {"OuterRef": "v"}}}}', '{"Value": 1}', '{"F": "parent__name"}';
push @annotations, map {; qq({"$_": "tags__id"}) } qw(Count Sum Avg Min Max StdDev Variance ArrayAgg JSONAgg);
push @annotations, '{"StringAgg": ["tags__name", {"Value": ","}]}', '{"BoolAnd": "parent__item__o"}', '{"BoolOr": "parent__item__o"}', '{"Count": "tags", "distinct": true, "filter": {"tags__name": "a"}}', '{"Max": "tags__name", "default": {"Value": "x"}}';
push @annotations, map {; qq({"Window": {"$_": []}, "partition_by": ["v"], "order_by": ["t", "-n"]}) } qw(RowNumber Rank DenseRank);
push @annotations, map {; qq({"Window": {"$_": "v"}, "partition_by": ["c"], "order_by": ["ci"]}) } qw(Lag Lead FirstValue LastValue Max Count);
push @annotations, '{"Window": {"NTile": 2}, "order_by": ["v"]}', '{"Window": {"Sum": "n"}, "partition_by": ["parent__name"]}';

push @documents, map {; qq({"model": "item", "filter": $_}), qq({"model": "item", "exclude": $_}) } @filters;
push @documents, map {; qq({"model": "item", "annotate": {"x": $_}}), qq({"model": "item", "annotate": {"x": $_}, "order_by": ["x", "-v"]}) } @annotations;
push @documents, map {; qq({"model": "item", "annotate": {"x": $_}, "filter": {"x__isnull": false}, "distinct": true}) } grep { !/"Value"/ } @annotations;
push @documents,
	map {; qq({"model": "item", "chain": [{"values": ["v", "parent__name"]}, {"annotate": {"a": {"$_": "n"}, "b": {"$_": "tags__id"}}}, {"filter": {"a__gt": 1}}, {"order_by": ["-a", "v"]}]}) } qw(Count Sum Avg Min Max);
push @documents, '{"model": "item", "select_related": ["parent"], "prefetch_related": ["tags", {"lookup": "parent__item", "queryset": {"order_by": ["-v"], "limit": 1}}, {"lookup": "item_tags", "queryset": {"filter": {"tag__name": "a"}}}]}',
	'{"model": "parent", "prefetch_related": [{"lookup": "items", "queryset": {"order_by": ["v"], "limit": 2, "offset": 1}}, "item"]}',
	'{"model": "item", "dates": ["tz", "month"]}', '{"model": "item", "datetimes": ["tz", "hour", "DESC"]}', '{"model": "item", "distinct": ["v"], "order_by": ["v", "-t"]}', '{"model": "item", "order_by": ["?"]}',
	'{"model": "item", "filter": {"i": 1}, "union": [{"model": "item", "filter": {"v": "a2"}}], "order_by": ["v"]}', '{"model": "item", "values": ["v"], "intersection": [{"model": "item", "values": ["v"]}]}',
	'{"model": "item", "values": ["v"], "difference": [{"model": "item", "values": ["t"]}]}', '{"model": "item", "order_by": ["-v"], "limit": 2, "offset": 1}',
	'{"model": "pair", "filter": {"pk": [1, "x"]}}', '{"model": "pair", "filter": {"pk__in": [[1, "x"], [2, "y"]]}}', '{"model": "item", "annotate": {"w": {"Window": {"RowNumber": []}, "order_by": ["v"]}}, "filter": {"w__lte": 2}}';

# ... and domains over the types of extensions
push @documents, map {; qq({"model": "shelf", "filter": $_}), qq({"model": "shelf", "exclude": $_}) } '{"k": "A"}', '{"pk": "A"}', '{"k__in": ["A", "b"]}', '{"k__in": [{"F": "up"}, "a"]}', '{"k__in": [{"F": "v"}, {"F": "up"}]}', '{"k__gt": "a"}',
	'{"k__range": ["a", "c"]}', '{"k__range": [{"F": "k"}, {"F": "up"}]}', '{"k": {"F": "up"}}', '{"k": {"F": "v"}}', '{"v": {"F": "k"}}', '{"k": {"Coalesce": ["v", "v"]}}', '{"up__k": "A"}', '{"up__up__v": "a"}', '{"k__icontains": "a"}',
	'{"k__in": {"Subquery": {"model": "shelf", "values": ["up"]}}}', '{"k__in": {"Subquery": {"model": "shelf", "values": ["v"]}}}', '{"v__in": {"Subquery": {"model": "shelf", "values": ["k"]}}}', '{"k__in": {"Subquery": {"model": "parent", "values": ["code"]}}}',
	'{"h__a": "1"}', '{"h__a": {"F": "v"}}', '{"h__contains": {"a": "1"}}', '{"h__contains": {"F": "h"}}', '{"h__has_key": "a"}', '{"h__has_key": {"F": "v"}}', '{"h__has_keys": ["a"]}', '{"h__has_any_keys": ["a"]}', '{"h": {"F": "h"}}',
	'{"v__unaccent": "a"}', '{"v__trigram_similar": "a"}', '{"v__trigram_similar": {"F": "v"}}', '{"k__unaccent": "a"}', '{"k__trigram_similar": "a"}', '{"NOT": {"shelf__v": "a"}}', '{"shelf__k": "b"}';
push @documents, map {; qq({"model": "shelf", "annotate": {"x": $_}, "order_by": ["x"]}) } '{"NullIf": ["k", "up"]}', '{"NullIf": ["k", "v"]}', '{"NullIf": ["v", "k"]}', '{"NullIf": ["k", {"Value": "a"}]}', '{"Case": [{"when": {"k": "A"}, "then": "v"}]}',
	'{"Max": "shelf__k"}', '{"Count": "shelf", "filter": {"shelf__k": "b"}}', '{"Subquery": {"model": "shelf", "filter": {"k": {"OuterRef": "up"}}, "values": ["v"]}}';
push @documents, '{"model": "shelf", "chain": [{"values": ["v"]}, {"annotate": {"m": {"Max": "k"}}}, {"filter": {"m__gte": "A"}}]}', '{"model": "shelf", "select_related": ["up"], "prefetch_related": ["shelf", "shelf_items__item"]}', '{"model": "shelf", "prefetch_related": [{"lookup": "shelf", "queryset": {"limit": 1, "order_by": ["k"]}}]}',
	'{"model": "item", "prefetch_related": ["shelf_items__shelf"]}', '{"model": "item", "filter": {"t__unaccent__icontains": "a"}}', '{"model": "item", "annotate": {"x": {"Cast": "i", "type": "int8"}, "y": {"Cast": "i", "type": "text"}, "z": {"Cast": "v", "type": "json"}}, "none": true}',
	'{"model": "item", "filter": {"v__unaccent": "a1"}}', '{"model": "item", "filter": {"v__trigram_similar": {"F": "v"}}}', '{"model": "item", "filter": {"h__a": {"F": "v"}}}', '{"model": "item", "filter": {"h__has_key": {"F": "v"}}}', '{"model": "item", "filter": {"ci": {"F": "v"}}}',
	'{"model": "item", "chain": [{"values": ["v"]}, {"annotate": {"m": {"Max": "ci"}}}, {"filter": {"m": "C1"}}]}';

# ----- every row of the tables is spoken of

sub rows_of
{
	my ($file, $table) = @_;
	my $text = do { local $/; open my $in, '<', "$source/$file" or die "$file: $!"; <$in> };

	$text =~ /\b\Q$table\E\[\] = \{\n(.*?)^\};/ms or die "no $table in $file";
	return $1 =~ /^\t\{"(\w+)"/gm;
}

my $all = join "\n", @documents;
for (['lookup.c', 'lookups', '__%s"|"exact"'], ['transform.c', 'transforms', '__%s(__\w+)?"'], ['expression.c', 'expressions', '"%s":'], ['expression.c', 'window_functions', '"%s":'], ['aggregate.c', 'aggregates', '"%s":'])
{
	my ($file, $table, $pattern) = @$_;
	my @missing = grep { my $name = $_; my $expected = sprintf $pattern, $name; $name ne 'exact' && $all !~ /$expected/ } rows_of($file, $table);

	is("@missing", '', "all of $table are tried");
}

# ----- reading the SQL

my $operator = qr/[-+*\/<>=~!@#%^&|`?]+/;
my %keyword = map { $_ => 1 } qw(select from where and or not any all some exists coalesce greatest least case when then else end over filter array row rows on as by
	lateral distinct union intersect except operator limit offset having is within group values with join);

# What in the SQL does not name its schema.
sub unqualified
{
	my ($sql) = @_;
	my @tokens;
	my @found;

	while ($sql =~ /\G\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|\d+(?:\.\d+)?|\w+|::|$operator|[.,()\[\]:;])/gc)
	{
		push @tokens, $1;
	}
	push @found, 'unread: ' . substr $sql, pos($sql) // 0, 20 if (pos($sql) // 0) < length($sql =~ s/\s+$//r);
	for my $i (0 .. $#tokens)
	{
		my $token = $tokens[$i];
		my $before = $i > 0 ? $tokens[ $i - 1 ] : '';
		my $behind = $tokens[ $i + 1 ] // '';

		push @found, "keyword $token" if lc $token =~ /^(in|between|nullif|like|ilike|similar|overlaps)$/ && $before ne '.';
		push @found, 'IS DISTINCT FROM' if lc $token eq 'distinct' && lc($before) =~ /^(is|not)$/;
		if ($token =~ /^$operator$/ && $before ne '.' && !($token eq '*' && $before eq '('))
		{
			push @found, "operator $token" unless $token eq '-' && $behind =~ /^\d/;
		}
		push @found, "operator in schema $tokens[$i - 2]" if $token =~ /^$operator$/ && $before eq '.' && $token ne '*' && $tokens[ $i - 2 ] !~ /^(pg_catalog|public)$/;
		push @found, "function $token" if $behind eq '(' && $token =~ /^\w+$/ && $token !~ /^\d/ && $before ne '.' && lc $before ne 'as' && !$keyword{ lc $token } && !($token =~ /^(varying|character|bit|numeric|time|timestamp|interval)$/ && $behind eq '(' && $before =~ /^(::|character|bit)$/);

		# SQL's own names of types are the catalog's by grammar; json is one from PostgreSQL 17 on
		push @found, "type $behind" if $token eq '::' && ($tokens[ $i + 2 ] // '') ne '.' && $behind !~ /^(smallint|integer|bigint|real|double|numeric|boolean|character|bit|time|timestamp|interval)$/
		  && !($behind eq 'json' && $version >= 170000);
	}
	return @found;
}

is_deeply([ unqualified('SELECT t0."a = b" FROM s.t t0 WHERE (t0.x OPERATOR(pg_catalog.=) ANY ($1)) AND pg_catalog.lower(t0.y)::pg_catalog.text IS NOT NULL') ], [], 'qualified SQL is');
is(scalar(my @bad = unqualified($_)), 1, "unqualified is: $_") for 'SELECT 1 = 1', 'SELECT a IN (1)', 'SELECT lower(a)', 'SELECT a::text', 'SELECT NULLIF(a, b)', 'SELECT a IS DISTINCT FROM b', 'SELECT a OPERATOR(evil.=) b';

my $reader = Sessions->new($database);
my $read = 0;
for my $document (@documents)
{
	my $sql = $reader->ask("SELECT string_agg(s, E'\\n') FROM bolt.sql(\$d\$$document\$d\$) s");
	my @found;

	if ($reader->{error})
	{
		fail("has SQL: $document");
		diag($reader->{error});
		next;
	}
	$read++;
	@found = map { unqualified($_) } split /\n/, $sql;
	fail("$document: @found") && diag($sql) if @found;
}
cmp_ok($read, '>', 700, "the SQL of $read documents was read");

# ----- the attack

Sessions->new_roles('bolt_evil');
psql_ok($database, 'CREATE SCHEMA evil AUTHORIZATION bolt_evil', 'SET ROLE bolt_evil', 'CREATE TABLE evil.loot (what text)', 'GRANT USAGE ON SCHEMA evil TO public', 'GRANT INSERT, SELECT ON evil.loot TO public', <<'SQL');
DO $$
DECLARE
	t text;
	name text;
	made int := 0;
BEGIN
	FOREACH t IN ARRAY '{varchar,text,bpchar,int2,int4,int8,numeric,float8,bool,date,timestamp,timestamptz,time,interval,uuid,jsonb,int4[],text[],int4range,tsvector,public.citext,public.hstore}'::text[]
	LOOP
		EXECUTE format('CREATE FUNCTION evil.compares(%1$s, %1$s) RETURNS bool LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO evil.loot VALUES (%1$L); RETURN true; END $f$', t, t);
		EXECUTE format('CREATE FUNCTION evil.computes(%1$s, %1$s) RETURNS %1$s LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO evil.loot VALUES (%1$L); RETURN $1; END $f$', t, t);
		FOREACH name IN ARRAY '{=,<>,<,>,<=,>=,~~,!~~,~,~*,@>,<@,&&,?,%,<<,>>,@@}'::text[]
		LOOP
			EXECUTE format('CREATE OPERATOR evil.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = evil.compares)', name, t);
			made := made + 1;
		END LOOP;
		FOREACH name IN ARRAY '{+,-,*,/,||,^,#>,->}'::text[]
		LOOP
			EXECUTE format('CREATE OPERATOR evil.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = evil.computes)', name, t);
		END LOOP;
		FOREACH name IN ARRAY '{lower,upper,length,char_length,btrim,abs,round,ceil,floor,max,min,sum,count,avg,date_part,date_trunc,unnest,similarity,unaccent,to_tsvector,isempty,array_length}'::text[]
		LOOP
			EXECUTE format('CREATE FUNCTION evil.%1$I(%2$s) RETURNS %2$s LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO evil.loot VALUES (%1$L); RETURN $1; END $f$', name, t);
		END LOOP;
	END LOOP;
	FOREACH name IN ARRAY '{int4,int8,text,varchar,date,time,json,jsonb,bool,numeric,regconfig}'::text[]
	LOOP
		EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.text CHECK (false)', name);
	END LOOP;
	ASSERT made > 300;
END $$
SQL

for my $path ('evil, pg_catalog, public', 'public, evil')
{
	my $caller = Sessions->new($database);
	my $failed = 0;

	$caller->ask("SET search_path = $path");
	is($caller->ask('SELECT pg_catalog.count(*) FROM public.item WHERE v = v; SELECT pg_catalog.count(*) FROM evil.loot'), "5\n5", "$path: what is not qualified runs evil's operator");
	psql_ok($database, 'TRUNCATE evil.loot');
	for my $document (@documents)
	{
		$caller->ask("SELECT bolt.fetch_json(\$d\$$document\$d\$)");
		next unless $caller->{error};
		$failed++;
		diag("$document: $caller->{error}") if $failed <= 3;
	}
	is($failed, 0, '... all documents are answered');
	for my $call (
		q(SELECT bolt.create('parent', '{"id": 50, "name": "n", "code": "N", "items": [1, 2]}')), q(SELECT bolt.save('parent', '{"id": 50, "name": "m", "items": [1]}')),
		q(SELECT bolt.bulk_create('parent', '[{"id": 51, "code": "O"}, {"id": 52, "code": "P"}]', update_conflicts => true, update_fields => '{code}', unique_fields => '{id}')),
		q(SELECT bolt.bulk_update('parent', '[{"id": 51, "name": "x"}, {"id": 52, "name": "y"}]', '{name}')), q(SELECT bolt.update('{"model": "parent", "filter": {"name": "x"}}', '{"name": {"Concat": ["name", "code"]}}')),
		q(SELECT bolt.update_returning('{"model": "parent", "filter": {"item__v": "a1"}}', '{"name": {"Lower": "name"}}')), q(SELECT bolt.get_or_create('{"model": "parent"}', '{"code": "q"}', '{"id": 53}')),
		q(SELECT bolt.update_or_create('{"model": "parent"}', '{"code": "q"}', '{"name": "z"}')), q(SELECT bolt.add('item', '1', 'tags', '[51]')), q(SELECT bolt.set('item', '1', 'tags', '[51, 52]')), q(SELECT bolt.remove('item', '1', 'tags', '[51]')), q(SELECT bolt.clear('item', '1', 'tags')),
		q(SELECT bolt.page('{"model": "item", "order_by": ["v"]}', 1, 2)), q(SELECT bolt.page('{"model": "item", "filter": {"v": "a1"}}', 1, 2, 'estimated')), q(SELECT bolt.cursor_page('{"model": "item", "order_by": ["v", "-t"]}', 2, (bolt.cursor_page('{"model": "item", "order_by": ["v", "-t"]}', 2))::jsonb OPERATOR(pg_catalog.->>) 'next')),
		q(SELECT bolt.count('{"model": "item", "filter": {"v": "a1"}}')), q(SELECT bolt.aggregate('{"model": "item"}', '{"a": {"Avg": "n"}, "b": {"Max": "v"}}')), q(SELECT bolt.in_bulk('{"model": "item"}', '[1, 2]')), q(SELECT bolt.contains('{"model": "item"}', '1')),
		q(SELECT bolt.explain('{"model": "item", "filter": {"v": "a1"}}')), q(SELECT bolt.check('{"model": "item", "filter": {"v__contains": "a1"}}')), q(SELECT bolt.delete('{"model": "parent", "filter": {"id__gte": 50}}')),
		q(SELECT bolt.register_relation('public.item', '{parent_id}', on_delete => 'CASCADE')), q(SELECT bolt.delete('{"model": "parent", "filter": {"name": "nobody"}}')), q(SELECT bolt.unregister('public.item_tags')))
	{
		my $text = $call =~ s/::jsonb/::pg_catalog.jsonb/gr;

		$caller->ask("BEGIN; $text");
		is($caller->{error} // '', '', "... $text");
		$caller->ask('COMMIT');
	}
	is($caller->ask('SELECT pg_catalog.count(*) FROM evil.loot'), 0, '... and nothing of evil has run') or diag($caller->ask('SELECT what, pg_catalog.count(*) FROM evil.loot GROUP BY 1'));
	$caller->ask(q(SELECT bolt.register_many_to_many('public.item', 'public.item_tags', 'tags', related_name => 'items')));
}
# ----- the same from within the schema of the extensions, for types that their own operators and functions do not name

psql_ok($database, 'GRANT CREATE ON SCHEMA public TO bolt_evil', 'TRUNCATE evil.loot', 'SET ROLE bolt_evil', <<'SQL');
DO $$
DECLARE
	types text[] = '{pg_catalog.varchar,pg_catalog.text,pg_catalog.bpchar,public.citext,public.code,public.hstore,public.bag,pg_catalog.text[]}';
	l text;
	r text;
	name text;
	made int := 0;
BEGIN
	FOREACH l IN ARRAY types
	LOOP
		FOREACH r IN ARRAY types
		LOOP
			BEGIN
				EXECUTE format('CREATE FUNCTION evil.fits(%1$s, %2$s) RETURNS bool LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO evil.loot VALUES (%1$L); RETURN true; END $f$', l, r);
				EXECUTE format('CREATE FUNCTION evil.takes(%1$s, %2$s) RETURNS pg_catalog.text LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO evil.loot VALUES (%1$L); RETURN $f2$x$f2$; END $f$', l, r);
			EXCEPTION WHEN invalid_function_definition OR invalid_parameter_value OR feature_not_supported THEN CONTINUE;
			END;
			FOREACH name IN ARRAY '{=,<>,<,>,<=,>=,~~,~,@>,<@,?,?&,?|,%,->}'::text[]
			LOOP
				BEGIN
					EXECUTE format('CREATE OPERATOR public.%1$s (LEFTARG = %2$s, RIGHTARG = %3$s, FUNCTION = evil.%4$s)', name, l, r, CASE name WHEN '->' THEN 'takes' ELSE 'fits' END);
					made := made + 1;
				EXCEPTION WHEN duplicate_function OR insufficient_privilege OR invalid_function_definition THEN NULL;
				END;
			END LOOP;
		END LOOP;
		FOREACH name IN ARRAY '{unaccent,similarity,lower,upper,max,min}'::text[]
		LOOP
			BEGIN
				EXECUTE format('CREATE FUNCTION public.%1$I(%2$s) RETURNS %2$s LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO evil.loot VALUES (%1$L); RETURN $1; END $f$', name, l);
			EXCEPTION WHEN duplicate_function OR insufficient_privilege OR invalid_function_definition OR invalid_parameter_value THEN NULL;
			END;
		END LOOP;
	END LOOP;
	ASSERT made > 300, made;
END $$
SQL

my $caller = Sessions->new($database);
$caller->ask('SET search_path = public');
is($caller->ask('SELECT pg_catalog.count(*) FROM shelf WHERE k = k; SELECT pg_catalog.count(*) > 0 FROM evil.loot'), "2\nt", 'public: an operator for a domain beats the extension\'s');
psql_ok($database, 'TRUNCATE evil.loot');
for my $document (@documents)
{
	$caller->ask("SELECT bolt.fetch_json(\$d\$$document\$d\$)");
	fail("$document: $caller->{error}") if $caller->{error};
	my $loot = $caller->ask('SELECT pg_catalog.string_agg(DISTINCT what, \', \') FROM evil.loot');
	next if $loot eq '';
	fail("$document runs $loot");
	psql_ok($database, 'TRUNCATE evil.loot');
}
for my $call (
	q(SELECT bolt.create('shelf', '{"k": "n", "up": "A", "h": {"a": "1"}, "v": "n"}')), q(SELECT bolt.save('shelf', '{"k": "N", "v": "m"}')),
	q(SELECT bolt.bulk_create('shelf', '[{"k": "o", "v": "1"}, {"k": "p", "v": "2"}]', update_conflicts => true, update_fields => '{v}', unique_fields => '{k}')),
	q(SELECT bolt.bulk_update('shelf', '[{"k": "O", "v": "x"}, {"k": "P", "v": "y"}]', '{v}')), q(SELECT bolt.update('{"model": "shelf", "filter": {"k": "o"}}', '{"v": {"Lower": "v"}}')),
	q(SELECT bolt.update('{"model": "shelf", "filter": {"up__k": "a"}}', '{"v": "q"}')), q(SELECT bolt.update_returning('{"model": "shelf", "filter": {"k": "P"}}', '{"v": "q"}')),
	q(SELECT bolt.get_or_create('{"model": "shelf"}', '{"k": "q"}')), q(SELECT bolt.update_or_create('{"model": "shelf"}', '{"k": "Q"}', '{"v": "z"}')),
	q(SELECT bolt.add('shelf', '"A"', 'shelf', '["o", "P"]')), q(SELECT bolt.remove('shelf', '"a"', 'shelf', '["O"]')), q(SELECT bolt.set('shelf', '"a"', 'shelf', '["o"]')),
	q(SELECT bolt.cursor_page('{"model": "shelf", "order_by": ["up", "k"]}', 2, (bolt.cursor_page('{"model": "shelf", "order_by": ["up", "k"]}', 2))::pg_catalog.jsonb OPERATOR(pg_catalog.->>) 'next')),
	q(SELECT bolt.in_bulk('{"model": "shelf"}', '["A", "b"]')), q(SELECT bolt.contains('{"model": "shelf"}', '"A"')), q(SELECT bolt.page('{"model": "shelf", "filter": {"k": "A"}}', 1, 2)),
	q(SELECT bolt.register_relation('shelf', '{up}', on_delete => 'SET_NULL')), q(SELECT bolt.delete('{"model": "shelf", "filter": {"v": "z"}}')), q(SELECT bolt.delete('{"model": "shelf", "filter": {"k__in": ["O", "n", "p"]}}')),
	q(SELECT bolt.register_many_to_many('shelf', 'shelf_items', 'items', related_name => 'shelves')), q(SELECT bolt.add('shelf', '"A"', 'items', '[2, 3]')), q(SELECT bolt.remove('shelf', '"A"', 'items', '[3]')), q(SELECT bolt.set('item', '3', 'shelves', '["a", "B"]')), q(SELECT bolt.clear('shelf', '"b"', 'items')))
{
	$caller->ask($call);
	is($caller->{error} // '', '', "public: $call");
	my $loot = $caller->ask('SELECT pg_catalog.string_agg(DISTINCT what, \', \') FROM evil.loot');
	next if $loot eq '';
	fail("$call runs $loot");
	psql_ok($database, 'TRUNCATE evil.loot');
}
is($caller->ask('SELECT pg_catalog.count(*) FROM evil.loot'), 0, 'public: nothing of evil has run');
close_test();
