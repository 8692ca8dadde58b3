#!/usr/bin/perl
# Whoever may change a table can do it in the middle of a call of one's own: between two rows of a cursor, in a function
# that a view calls, in a trigger. A value must never be read as one of another type: that would be reading the server's
# memory. Rows or an SQLSTATE are right, and so is everything afterwards.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../guarantees";
use Sessions;
use Test::More;

my $database = new_database('sec_stale');
my $rows = 400;

my $schema = <<"SQL";
DROP SCHEMA IF EXISTS s CASCADE;
CREATE SCHEMA s;
SET search_path = s, public;
CREATE TABLE kind (code text PRIMARY KEY, label text);
CREATE TABLE parent (id int PRIMARY KEY, u uuid UNIQUE DEFAULT gen_random_uuid(), v text, big bigint);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent, kind_code text REFERENCES kind, n int, big bigint, u uuid);
CREATE TABLE tag (id int PRIMARY KEY, name text, n int);
CREATE TABLE parent_tag (id serial, parent_id int REFERENCES parent, tag_id int REFERENCES tag, a text, b text, PRIMARY KEY (parent_id, tag_id));
CREATE INDEX ON child (parent_id);
CREATE INDEX ON parent_tag (tag_id);
CREATE VIEW child_view AS SELECT id, parent_id, kind_code, n FROM child;
INSERT INTO kind SELECT 'k' || i, 'label' FROM generate_series(1, 50) i;
INSERT INTO parent SELECT i, gen_random_uuid(), 'v' || i, i FROM generate_series(1, $rows) i;
INSERT INTO child SELECT i, i, 'k' || 1 + i % 50, 5, i, gen_random_uuid() FROM generate_series(1, $rows) i;
INSERT INTO tag SELECT i, 't' || i, i FROM generate_series(1, 20) i;
INSERT INTO parent_tag (parent_id, tag_id) SELECT i, 1 + i % 20 FROM generate_series(1, $rows) i;
ANALYZE;
SQL

my $exchange = sub { my ($table, $a, $b) = @_; return "ALTER TABLE $table RENAME $a TO o_l_d; ALTER TABLE $table RENAME $b TO $a; ALTER TABLE $table RENAME o_l_d TO $b" };

# Documents over all the forms that a statement of a level has
my %documents = (
	'to many' => '"prefetch_related": ["child"]',
	'to one below' => '"prefetch_related": [{"lookup": "child", "queryset": {"select_related": ["kind_code"]}}]',
	'many to many' => '"prefetch_related": ["tags"]',
	'sliced' => '"prefetch_related": [{"lookup": "child", "queryset": {"order_by": ["-n"], "limit": 1}}]',
	'sliced many to many' => '"prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["-n"], "limit": 1}}]',
	'aggregate by key' => '"annotate": {"m": {"Max": "child__n"}}',
	'values below' => '"prefetch_related": [{"lookup": "child", "queryset": {"only": ["n", "big"]}}]',
	'through a view' => '"prefetch_related": ["seen"]',
);

my @changes = (
	$exchange->('child', 'kind_code', 'n'),
	$exchange->('child', 'id', 'kind_code'),
	$exchange->('child', 'parent_id', 'kind_code'),
	$exchange->('child', 'parent_id', 'u'),
	$exchange->('child', 'n', 'u'),
	$exchange->('parent_tag', 'tag_id', 'a'),
	'ALTER TABLE parent_tag RENAME parent_id TO x; ALTER TABLE parent_tag RENAME a TO parent_id',
	$exchange->('tag', 'id', 'name'),
	$exchange->('kind', 'code', 'label'),
	'DROP VIEW IF EXISTS child_view; ALTER TABLE child ALTER n TYPE text; ALTER TABLE child ALTER big TYPE int',
	'DROP VIEW IF EXISTS child_view; ALTER TABLE child ALTER n TYPE bigint',
	'DROP VIEW IF EXISTS child_view; ALTER TABLE child ALTER n TYPE numeric; ALTER TABLE child ALTER big TYPE text',
	'ALTER TABLE tag ALTER n TYPE text',
	'ALTER TABLE child DROP COLUMN n CASCADE; ALTER TABLE child ADD n text DEFAULT repeat(\'x\', 100)',
	'ALTER TABLE child DROP COLUMN big; ALTER TABLE child ADD big int',
	'ALTER TABLE child ADD more text DEFAULT 5',
	'DROP VIEW child_view; CREATE VIEW child_view AS SELECT n AS id, parent_id, id AS kind_code, u AS n FROM child',
	'DROP VIEW child_view; CREATE VIEW child_view AS SELECT id::text, parent_id::text, kind_code, n::text FROM child',
	'DROP VIEW child_view; CREATE TABLE child_view (id int, parent_id text, kind_code text, n text)',
	'DROP TABLE parent_tag',
	'ALTER TABLE child RENAME TO old_child; CREATE TABLE child AS SELECT n::text AS id, id AS parent_id, u AS kind_code, kind_code AS n, u AS big FROM old_child',
	'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NULL; END $f$; CREATE TRIGGER t BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION f()',
	'SET LOCAL search_path = pg_catalog',
	'SET LOCAL bolt_orm.bigint_as_string = on',
);

my $attacker = Sessions->new($database);

# What a session said of a cursor whose tables were changed behind its first row
sub changed_between
{
	my ($document, $change) = @_;

	return $attacker->ask(<<"SQL");
DO \$\$
DECLARE
	objects refcursor;
	object json;
BEGIN
	OPEN objects FOR SELECT bolt.fetch('{"model": "parent", "order_by": ["id"], $document}');
	FETCH objects INTO object;
	$change;
	MOVE FORWARD ALL FROM objects;
END \$\$
SQL
}

sub prepare
{
	$attacker->ask($schema);
	$attacker->ask("SELECT bolt.register_many_to_many('parent', 'parent_tag', 'tags'); SELECT bolt.register_relation('child_view', '{parent_id}', target => 'parent', related_name => 'seen')");
	return;
}

prepare();
is($attacker->{state}, '00000', 'the schema is there') or diag($attacker->{error});
foreach my $mode ('auto', 'force_custom_plan')
{
	$attacker->ask("SET plan_cache_mode = $mode");
	foreach my $change (@changes)
	{
		my %states;

		foreach my $name (sort keys %documents)
		{
			$attacker->ask('BEGIN');
			changed_between($documents{$name}, $change);
			push @{ $states{ $attacker->{state} } }, $name;
			$attacker->ask('ROLLBACK');
			my $after = $attacker->ask(qq[SELECT count(*) FROM bolt.fetch('{"model": "parent", $documents{$name}}')]);
			is($after, $rows, "$mode, $name: right afterwards") or diag($change);
		}
		is_deeply([grep { !/^(?:00000|0A000|42[0-9P].*|55006)$/ } keys %states], [], "$mode: $change") or diag(explain(\%states));
		note(join ', ', map { "$_: @{$states{$_}}" } sort keys %states);
	}
}
ok($attacker->is_alive, 'no session has died');

# ----- in a function that the statement itself calls

foreach my $change (grep { !/SET LOCAL/ } @changes)
{
	prepare();
	$attacker->ask(<<"SQL");
CREATE FUNCTION s.change(i int) RETURNS int LANGUAGE plpgsql AS \$\$
BEGIN
	IF i = 250 THEN
		SET LOCAL search_path = s, public;
		$change;
	END IF;
	RETURN i;
END \$\$;
CREATE VIEW s.sly AS SELECT s.change(id) AS id, v, big FROM s.parent ORDER BY 1;
SELECT bolt.register_model('sly', primary_key => '{id}');
SELECT bolt.register_relation('child', '{parent_id}', target => 'sly', related_name => 'children', name => 'sly');
SQL
	is($attacker->{state}, '00000', 'prepared') or diag($attacker->{error});
	my $state = $attacker->state_of(q[SELECT count(*) FROM bolt.fetch('{"model": "sly", "prefetch_related": [{"lookup": "children", "queryset": {"select_related": ["kind_code"]}}]}')]);
	like($state, qr/^(?:00000|0A000|42...|55006)$/, "in a view's function: $change");
}
ok($attacker->is_alive, 'no session has died');

# ----- in triggers of what is written

foreach my $change ($exchange->('tag', 'id', 'name'), $exchange->('tag', 'n', 'name'), 'ALTER TABLE tag ALTER n TYPE text', 'ALTER TABLE child ALTER n TYPE text')
{
	foreach my $call (
		q[bulk_create('tag', '[{"id": 101, "name": "x"}, {"id": 102, "name": "y"}]')],
		q[create('tag', '{"id": 101, "name": "x", "n": 4}')],
		q[update_returning('{"model": "tag", "filter": {"id__lt": 9}}', '{"name": "x"}')],
		q[get_or_create('{"model": "tag", "filter": {"name": "zz"}}', '{"id": 101}')],
		q[save('tag', '{"id": 3, "name": "x"}')],
		q[bulk_update('tag', '[{"id": 3, "name": "x"}, {"id": 4, "name": "y"}]', '{name}')],
		q[delete('{"model": "tag", "filter": {"id__lt": 9}}')],
		q["set"('parent', '1', 'tags', '[1, 5]')],
		q[add('parent', '1', 'tags', '[1, 5]')])
	{
		foreach my $timing ('BEFORE', 'AFTER')
		{
			prepare();
			$attacker->ask(<<"SQL");
CREATE FUNCTION s.change() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
	IF current_setting('changed', true) IS DISTINCT FROM 'yes' THEN
		SET LOCAL changed.now = yes;
		BEGIN $change; EXCEPTION WHEN OTHERS THEN END;
	END IF;
	IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
	RETURN NEW;
END \$\$;
CREATE TRIGGER change $timing INSERT OR UPDATE OR DELETE ON s.tag FOR EACH ROW EXECUTE FUNCTION s.change();
CREATE TRIGGER change $timing INSERT OR UPDATE OR DELETE ON s.parent_tag FOR EACH ROW EXECUTE FUNCTION s.change();
SQL
			my $state = $attacker->state_of("SELECT bolt.$call");
			like($state, qr/^(?:00000|0A000|2[1-3]...|42...|55006|P0002)$/, "$timing trigger of $call: $change") or diag($attacker->{error});
		}
	}
}
ok($attacker->is_alive, 'no session has died');

close_test();
