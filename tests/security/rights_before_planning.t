#!/usr/bin/perl
# Whoever may not read a table or column learns nothing of it from what is only planned: estimates, the checklist,
# SQL and plans. The right answer is 42501 every time, and no function of the caller's may have seen a value.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../guarantees";
use Sessions;
use Test::More;

my $database = new_database('sec_rights');
Sessions->new_roles(qw(sec_owner sec_mallory));

psql_ok($database, <<'SQL');
CREATE SCHEMA hidden;
CREATE TABLE team (id int PRIMARY KEY, name text);
CREATE TABLE secret (id int PRIMARY KEY, salary int, note text, team_id int REFERENCES team);
CREATE TABLE badge (id int PRIMARY KEY, secret_id int REFERENCES secret, name text);
CREATE TABLE skill (id int PRIMARY KEY, name text);
CREATE TABLE team_skill (id int PRIMARY KEY, team_id int REFERENCES team, skill_id int REFERENCES skill, level int);
CREATE TABLE hidden.vault (id int PRIMARY KEY, team_id int REFERENCES team, content text);
CREATE TABLE part (id int PRIMARY KEY, salary int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (1000000);
INSERT INTO team SELECT i, 'team' || i FROM generate_series(1, 20) i;
INSERT INTO secret SELECT i, CASE WHEN i % 10 = 0 THEN 9000 ELSE i % 1000 END, 'note' || i, 1 + i % 20 FROM generate_series(1, 10000) i;
INSERT INTO part SELECT id, salary FROM secret;
INSERT INTO badge SELECT i, i, 'b' || i FROM generate_series(1, 100) i;
INSERT INTO skill VALUES (1, 'c');
INSERT INTO team_skill VALUES (1, 1, 1, 9);
INSERT INTO hidden.vault VALUES (1, 1, 'gold');
CREATE VIEW open_view AS SELECT id, salary FROM secret WHERE salary < 9000;
CREATE VIEW barrier_view WITH (security_barrier) AS SELECT id, salary FROM secret WHERE salary < 9000;
CREATE VIEW invoker_view WITH (security_invoker) AS SELECT id, salary FROM secret;
CREATE VIEW closed_view AS SELECT id FROM secret;
CREATE MATERIALIZED VIEW stored_view AS SELECT id, salary FROM secret;
CREATE TABLE policed (id int PRIMARY KEY, salary int, owner name);
INSERT INTO policed SELECT i, i % 100, 'sec_owner' FROM generate_series(1, 10000) i;
ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON policed USING (owner = current_user);
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
CREATE FOREIGN TABLE far (id int, salary int) SERVER nowhere;
ANALYZE team, secret, badge, part, policed, stored_view;
GRANT SELECT ON team, skill, policed, open_view, barrier_view, invoker_view TO sec_mallory;
GRANT SELECT (id, team_id) ON secret TO sec_mallory;
GRANT SELECT (id) ON part TO sec_mallory;
GRANT SELECT (id, team_id, skill_id) ON team_skill TO sec_mallory;
GRANT SELECT ON hidden.vault TO sec_mallory;

-- what runs with a caller's statement, and tells of it
CREATE FUNCTION tell(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0001 AS 'BEGIN RAISE WARNING ''ran''; RETURN true; END';
SQL

my $mallory = Sessions->new($database);
$mallory->ask('SET ROLE sec_mallory');

my @calls = (
	[ 'page, estimated, far behind', q(bolt.page('%s', 9223372036854775807, 20, 'estimated')) ],
	[ 'page, estimated, first', q(bolt.page('%s', 1, 20, 'estimated')) ],
	[ 'page, none, far behind', q(bolt.page('%s', 9223372036854775807, 20, 'none')) ],
	[ 'page, none, behind', q(bolt.page('%s', 100000, 20, 'none')) ],
	[ 'page, exact, far behind', q(bolt.page('%s', 9223372036854775807, 20)) ],
	[ 'check', q((SELECT pg_catalog.count(*) FROM bolt.check('%s'))) ],
	[ 'sql', q((SELECT pg_catalog.count(*) FROM bolt.sql('%s'))) ],
	[ 'explain', q(bolt.explain('%s')) ],
);

sub refused
{
	my ($name, $document, $pattern) = @_;
	my @wrong;

	foreach my $call (@calls)
	{
		my $sql = 'SELECT ' . sprintf $call->[1], $document;
		my $answer = $mallory->ask($sql);

		push @wrong, "$call->[0]: $mallory->{state} $answer"
		  if $mallory->{state} ne '42501' || $answer !~ /permission denied for/ || ($pattern && $answer =~ $pattern);
	}
	ok(!@wrong, "$name: 42501 from everything that plans") or diag(join "\n", @wrong);
	return;
}

sub answered
{
	my ($name, $document) = @_;
	my @wrong;

	foreach my $call (@calls)
	{
		my $sql = 'SELECT ' . sprintf $call->[1], $document;
		my $answer = $mallory->ask($sql);

		push @wrong, "$call->[0]: $mallory->{state} $answer" if $mallory->{state} ne '00000';
	}
	ok(!@wrong, "$name: may be planned") or diag(join "\n", @wrong);
	return;
}

# A table of which nothing may be read.
refused('whole table', '{"model": "badge", "filter": {"name": "b1"}}');
refused('nothing would be read of it: limit 0', '{"model": "badge", "limit": 0, "order_by": ["id"]}');
refused('nothing would be read of it: none', '{"model": "badge", "none": true}');
refused('a table in a schema that may not be used', '{"model": "hidden.vault", "filter": {"content": "gold"}}', qr/gold/);

# A column beside those that may be read.
refused('all columns', '{"model": "secret"}');
answered('the columns that may be read', '{"model": "secret", "only": ["id", "team_id"], "order_by": ["id"]}');
foreach my $part (
	'"filter": {"salary": 9000}',
	'"filter": {"salary": 9000}, "none": true',
	'"filter": {"salary__in": [1, 2]}',
	'"filter": {"NOT": {"salary": 42}}',
	'"exclude": {"salary": 42}',
	'"order_by": ["salary"]',
	'"order_by": [{"expr": {"Abs": "salary"}}]',
	'"annotate": {"s": {"Add": ["salary", 1]}}',
	'"alias": {"s": {"Add": ["salary", 1]}}, "filter": {"s": 3}',
	'"annotate": {"c": {"Case": [{"when": {"salary": 9000}, "then": 1}]}}',
	'"annotate": {"r": {"Window": {"Rank": []}, "order_by": ["salary"]}}',
	'"annotate": {"b": {"Count": "badge"}}',
	'"annotate": {"x": {"Subquery": {"model": "badge", "filter": {"secret_id": {"OuterRef": "id"}}, "values": ["name"], "limit": 1}}}',
	'"filter": {"Exists": {"model": "badge", "filter": {"secret_id": {"OuterRef": "id"}}}}',
	'"filter": {"id__in": {"Subquery": {"model": "secret", "filter": {"salary": 9000}, "values": ["id"]}}}',
	'"filter": {"badge__name": "b1"}',
	'"filter": {"team__vault__content": "gold"}',
	'"prefetch_related": ["badge"]',
	'"distinct": ["salary"], "order_by": ["salary"]')
{
	refused($part, qq({"model": "secret", "only": ["id"], $part}));
}
refused('values of it', '{"model": "secret", "values": ["salary"]}');
refused('a union of it',
	'{"model": "secret", "values": ["id"], "union": [{"model": "secret", "filter": {"salary": 9000}, "values": ["id"]}]}');
refused('a group of it', '{"model": "secret", "chain": [{"values": ["team_id"]}, {"annotate": {"m": {"Max": "salary"}}}]}');

# Nodes that would be reached from rows only, and none is there.
refused('a prefetch, of no row', '{"model": "team", "none": true, "prefetch_related": ["secret"]}');
refused('a prefetch in a prefetch', '{"model": "team", "filter": {"id": -1}, "prefetch_related": [{"lookup": "secret", "queryset": {"only": ["id"], "prefetch_related": ["badge"]}}]}');
refused('a prefetch in another schema', '{"model": "team", "filter": {"id": -1}, "prefetch_related": ["vault"]}');
refused('a prefetch by a condition', '{"model": "team", "filter": {"id": -1}, "prefetch_related": [{"lookup": "secret", "queryset": {"only": ["id"], "filter": {"salary": 1}}}]}');
answered('a prefetch of what may be read', '{"model": "team", "filter": {"id": -1}, "order_by": ["id"], "prefetch_related": [{"lookup": "secret", "queryset": {"only": ["id", "team_id"]}}]}');
refused('a link of a table that may not be read', '{"model": "team", "filter": {"team_skill__level": 9}}');

# Views: the caller's right on the view, the view owner's on what it reads.
answered('a view', '{"model": "open_view", "filter": {"salary": 1}}');
answered('a view with a barrier', '{"model": "barrier_view", "filter": {"salary": 1}}');
refused('a view that reads as its caller', '{"model": "invoker_view", "filter": {"salary": 1}}');
refused('a view without a right', '{"model": "closed_view"}');
refused('a materialised view', '{"model": "stored_view", "filter": {"salary": 9000}}');
refused('a foreign table', '{"model": "far", "filter": {"salary": 9000}}');
refused('a column of a partitioned table', '{"model": "part", "only": ["id"], "filter": {"salary": 9000}}');
refused('a partition', '{"model": "part_1", "only": ["id"], "filter": {"salary": 9000}}');

# The same document, planned before by one who may.
my $owner = Sessions->new($database);
foreach my $call (@calls)
{
	my $sql = 'SELECT ' . sprintf $call->[1], '{"model": "badge", "filter": {"name": "b1"}}';

	$owner->ask('RESET ROLE');
	$owner->ask($sql);
	my $before = $owner->{state};
	$owner->ask('SET ROLE sec_mallory');
	is("$before " . $owner->state_of($sql), '00000 42501', "$call->[0]: a kept graph is the role's who made it");
}
$owner->ask('RESET ROLE');
foreach my $call (@calls)
{
	my $sql = 'SELECT ' . sprintf $call->[1], '{"model": "team", "filter": {"name": "team1"}}';

	$owner->ask('RESET ROLE; GRANT SELECT ON team TO sec_mallory; SET ROLE sec_mallory');
	my $before = $owner->state_of($sql);
	$owner->ask('RESET ROLE; REVOKE SELECT ON team FROM sec_mallory; SET ROLE sec_mallory');
	is("$before " . $owner->state_of($sql), '00000 42501', "$call->[0]: a right that is taken away is gone");
	$owner->ask('RESET ROLE; GRANT SELECT ON team TO sec_mallory');
}

# Planning runs functions on constants: not those of a table that may not be read.
psql_ok($database, <<'SQL');
CREATE DOMAIN told AS int CHECK (tell(VALUE));
CREATE TABLE trap (id int PRIMARY KEY, v told);
CREATE INDEX ON trap (id) WHERE tell(5);
SQL
foreach my $call (@calls)
{
	my $sql = 'SELECT ' . sprintf $call->[1], '{"model": "trap", "filter": {"id": 1}}';
	my $answer = $mallory->ask($sql);

	ok($mallory->{state} eq '42501' && $answer !~ /ran/, "$call->[0]: nothing is planned that is not permitted")
	  or diag($answer);
}
$mallory->close;

# Estimates under row security are those of the planner with the policy.
$owner->ask('SET ROLE sec_mallory');
my $estimate = $owner->ask(q(SELECT bolt.page('{"model": "policed", "filter": {"salary": 7}}', 1, 5, 'estimated') ->> 'total'));
my $plain = $owner->ask(q(EXPLAIN (FORMAT JSON) SELECT * FROM policed WHERE salary = 7));
my ($rows) = $plain =~ /"Plan Rows": (\d+)/;
is($estimate, $rows, 'an estimate under row security is what EXPLAIN says');

# What errors say.
my $answer = $owner->ask(q(SELECT bolt.check('{"model": "secret", "filter": {"nothing": 1}}')));
unlike($answer, qr/salary|note|badge/, 'choices name no column and no relation that may not be read');
$answer = $owner->ask(q(SELECT bolt.fetch('{"model": "team", "filter": {"nothing": 1}}')));
like($answer, qr/Choices are: /, 'there are choices');
unlike($answer, qr/vault/, 'nor a relation in a schema that may not be used');
close_test();
