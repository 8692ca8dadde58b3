#!/usr/bin/perl
# A session that has compiled a document answers as a session that has just been opened, whatever has become of the
# types, casts, operators, functions, collations, extensions and schemas that the document speaks of. So does one that
# made the changes itself, and one that has rolled them back.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $database = new_database('guar_stale');
psql_ok($database, <<'SQL');
CREATE SCHEMA first;
CREATE SCHEMA other;
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION unaccent;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TYPE spot AS (x int, m mood);
CREATE DOMAIN amount AS int;
CREATE DOMAIN label AS mood;
CREATE TABLE word (id int PRIMARY KEY, c citext UNIQUE, h hstore, t text, m mood, l label, a mood[], s spot, ss spot[], n amount);
CREATE TABLE entry (id int PRIMARY KEY, c citext REFERENCES word (c));
CREATE TABLE person (id int PRIMARY KEY, m text, n int);
INSERT INTO word VALUES (1, 'Ab', 'a=>1', 'é', 'glad', 'sad', '{sad,glad}', (7, 'sad'), ARRAY[(8, 'glad')::spot], 5);
INSERT INTO entry VALUES (1, 'aB');
INSERT INTO person VALUES (1, 'sad', 3), (2, 'glad', 4);
CREATE FUNCTION mood_json(mood) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.json_build_object('v', 1) $$;
CREATE FUNCTION spot_json(spot) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT '"spot"'::pg_catalog.json $$;
CREATE FUNCTION int_mood(int) RETURNS mood LANGUAGE sql IMMUTABLE AS $$ SELECT 'sad'::public.mood $$;
CREATE FUNCTION int_mood_2(int) RETURNS mood LANGUAGE sql IMMUTABLE AS $$ SELECT 'glad'::public.mood $$;
CREATE FUNCTION moods_are_one(mood, mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$;
SQL

my @calls = (
	q[fetch_json('{"model": "word"}')],
	q[fetch_json('{"model": "word", "prefetch_related": ["entry"], "filter": {"c": "AB", "h__a": "1", "t__unaccent": "e"}}')],
	q[fetch_json('{"model": "entry", "select_related": ["c"], "filter": {"c__id": 1}}')],
	q[fetch_json('{"model": "word", "filter": {"m": "glad", "a__contains": ["sad"], "n": 5}}')],
	q[fetch_json('{"model": "person", "alias": {"x": {"Cast": "m", "type": "mood"}}, "filter": {"x": "sad"}}')],
	q[fetch_json('{"model": "person", "annotate": {"x": {"Cast": "n", "type": "amount"}}, "order_by": ["id"]}')],
	q[fetch_json('{"model": "person", "annotate": {"x": {"Cast": {"Cast": "n", "type": "mood"}, "type": "text"}}, "order_by": ["id"]}')],
	q[fetch_json('{"model": "person", "annotate": {"x": {"Cast": {"Value": "{1,2}"}, "type": "amount[]"}}}')],
	q[count('{"model": "word", "filter": {"m__in": ["glad"]}}')],
	q[aggregate('{"model": "word"}', '{"m": {"Max": "m"}, "c": {"Max": "c"}}')],
	q[cursor_page('{"model": "word", "order_by": ["m"]}', 1)],
);

my @changes = (
	'CREATE CAST (mood AS json) WITH FUNCTION mood_json(mood)',
	'CREATE CAST (spot AS json) WITH FUNCTION spot_json(spot)',
	q[CREATE OR REPLACE FUNCTION mood_json(mood) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT '"w"'::pg_catalog.json $$],
	'ALTER FUNCTION mood_json RENAME TO json_of_mood',
	'ALTER FUNCTION json_of_mood SET SCHEMA other',
	'DROP CAST (mood AS json)',
	'DROP FUNCTION other.json_of_mood',
	'DROP FUNCTION spot_json CASCADE',
	'CREATE CAST (int AS mood) WITH FUNCTION int_mood(int)',
	'DROP CAST (int AS mood); CREATE CAST (int AS mood) WITH FUNCTION int_mood_2(int)',
	'DROP CAST (int AS mood)',
	'ALTER TYPE mood RENAME TO temper',
	'ALTER TYPE temper SET SCHEMA other',
	'ALTER TYPE other.temper SET SCHEMA public; ALTER TYPE temper RENAME TO mood',
	"ALTER TYPE mood RENAME VALUE 'glad' TO 'happy'",
	"ALTER TYPE mood RENAME VALUE 'happy' TO 'glad'",
	"CREATE TYPE first.mood AS ENUM ('glad', 'sad', 'so so')",
	'CREATE DOMAIN first.amount AS numeric(10, 2)',
	'DROP TYPE first.mood; DROP DOMAIN first.amount',
	"CREATE TYPE first.mood AS ENUM ('sad')",
	'ALTER TYPE first.mood SET SCHEMA other',
	'DROP TYPE other.mood',
	'ALTER DOMAIN amount RENAME TO sum',
	'ALTER DOMAIN sum RENAME TO amount',
	'ALTER DOMAIN amount ADD CONSTRAINT small CHECK (VALUE < 4) NOT VALID',
	'ALTER DOMAIN amount DROP CONSTRAINT small',
	'ALTER EXTENSION citext SET SCHEMA other',
	'ALTER EXTENSION hstore SET SCHEMA first; ALTER EXTENSION unaccent SET SCHEMA other',
	'ALTER SCHEMA other RENAME TO another',
	'ALTER SCHEMA first RENAME TO second',
	'ALTER SCHEMA another RENAME TO other; ALTER SCHEMA second RENAME TO first',
	'ALTER EXTENSION citext SET SCHEMA public; ALTER EXTENSION hstore SET SCHEMA public; ALTER EXTENSION unaccent SET SCHEMA public',
	'DROP EXTENSION unaccent',
	'CREATE EXTENSION unaccent SCHEMA other',
	'ALTER TYPE spot ADD ATTRIBUTE y int CASCADE',
	'ALTER TYPE spot RENAME ATTRIBUTE x TO z CASCADE',
	'ALTER TYPE spot DROP ATTRIBUTE y CASCADE',
	'ALTER TABLE word ALTER COLUMN m TYPE text; ALTER TABLE word ALTER COLUMN a TYPE text[]',
	'ALTER TABLE word ALTER COLUMN m TYPE mood USING m::mood; ALTER TABLE word ALTER COLUMN a TYPE mood[] USING a::mood[]',
	'CREATE FUNCTION moods_below(mood, mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT false $$; CREATE OPERATOR public.= (LEFTARG = mood, RIGHTARG = mood, FUNCTION = moods_are_one)',
	'DROP OPERATOR public.= (mood, mood)',
	'CREATE COLLATION backwards (provider = icu, locale = \'und\'); ALTER TABLE person ALTER COLUMN m TYPE text COLLATE backwards',
	'ALTER COLLATION backwards RENAME TO forwards',
	'ALTER COLLATION forwards SET SCHEMA other',
	"ALTER TABLE word DROP COLUMN m; ALTER TABLE word DROP COLUMN l; ALTER TABLE word DROP COLUMN a; ALTER TABLE word DROP COLUMN s; ALTER TABLE word DROP COLUMN ss;"
	  . "DROP TYPE mood CASCADE; CREATE TYPE mood AS ENUM ('glad', 'sad'); ALTER TABLE word ADD m mood DEFAULT 'sad'",
	'DROP DOMAIN amount CASCADE; CREATE DOMAIN amount AS bigint',
);

sub answers
{
	my ($session) = @_;
	my @answers;

	foreach my $call (@calls)
	{
		my $answer = $session->ask("SELECT bolt.$call");
		push @answers, $session->{state} eq '00000' ? $answer : $session->{state};
	}
	return \@answers;
}

my $path = "SET search_path = first, public, other";
my @settings = ('idle', 'in a transaction', 'custom plans', 'generic plans');
my %session;
foreach my $name (@settings, 'own', 'back')
{
	$session{$name} = Sessions->new($database);
	$session{$name}->ask($path);
	$session{$name}->ask('BEGIN') if $name eq 'in a transaction';
	$session{$name}->ask("SET plan_cache_mode = force_$1_plan") if $name =~ /^(custom|generic)/;
	answers($session{$name});
}
my $begun = Sessions->new($database);
$begun->ask($path);
my $before = answers($begun);
$begun->close;
is((grep { /^\W|^1\z/ } @$before), 10, 'all but one of the calls succeed to begin with') or diag(explain($before));

foreach my $change (@changes)
{
	# the locks of a transaction would be in the way
	$session{'in a transaction'}->ask('COMMIT; BEGIN');

	# changed, seen and taken back
	$session{back}->ask("BEGIN; $change");
	if ($session{back}{state} eq '00000')
	{
		$session{back}->ask("SAVEPOINT s; SELECT bolt.$_; ROLLBACK TO s") foreach @calls;
	}
	$session{back}->ask('ROLLBACK');
	is_deeply(answers($session{back}), $before, "$change: rolled back");

	$session{own}->ask("BEGIN; $change; COMMIT");
	is($session{own}{state}, '00000', $change) or diag($session{own}{error});
	my $fresh = Sessions->new($database);
	$fresh->ask($path);
	my $right = answers($fresh);
	$fresh->close;
	is_deeply([grep { /^XX/ } @$right], [], '... no internal error');
	$session{'in a transaction'}->ask('COMMIT; BEGIN');
	is_deeply(answers($session{own}), $right, '... in the session that did it');
	foreach my $name (@settings)
	{
		# a failed call ends the transaction
		my $warm = $name eq 'in a transaction' ?
		  [map { my $call = $_; $session{$name}->ask('SAVEPOINT s'); my $answer = $session{$name}->ask("SELECT bolt.$call");
				my $state = $session{$name}{state}; $session{$name}->ask('ROLLBACK TO s'); $state eq '00000' ? $answer : $state } @calls] :
		  answers($session{$name});

		is_deeply($warm, $right, "... $name");
	}
	$before = $right;
}

# ----- what concerns none of the documents

my $quiet = Sessions->new($database);
$quiet->ask("$path; SET debug_print_plan = on; SET client_min_messages = log");

# How many statements are planned for the calls, their own SELECTs left out
sub plans
{
	my $plans = 0;

	foreach my $call (@calls)
	{
		my $answer = $quiet->ask("SELECT bolt.$call");
		my $of_call = () = $answer =~ /^LOG:  plan:/mg;

		$plans += $of_call - 1;
	}
	return $plans;
}

cmp_ok(plans(), '>', 5, 'statements are planned');

# a backend's first makes a schema, after which PostgreSQL itself plans everything anew
my $scratch = Sessions->new($database);
$scratch->ask('CREATE TEMP TABLE first (id int)');
plans();
is($scratch->ask('CREATE TEMP TABLE scratch (id int PRIMARY KEY, t text); SELECT 1'), 1, 'a temporary table is made');
is(plans(), 0, '... and nothing is compiled anew');
$scratch->close;
foreach my $change (
	'nothing',
	'CREATE TABLE unrelated (id int PRIMARY KEY, w word)',
	'DROP TABLE unrelated',
	"CREATE TYPE colour AS ENUM ('red')",
	"ALTER TYPE colour ADD VALUE 'blue'",
	'CREATE DOMAIN shade AS colour',
	'CREATE FUNCTION unrelated(int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
	'CREATE OR REPLACE FUNCTION unrelated(int) RETURNS int LANGUAGE sql AS $$ SELECT 2 $$',
	'DROP FUNCTION unrelated',
	'DROP DOMAIN shade; DROP TYPE colour')
{
	my $other = Sessions->new($database);

	$other->ask($change) unless $change eq 'nothing';
	$other->close;
	is(plans(), 0, "nothing is compiled anew after: $change");
}

close_test();
