#!/usr/bin/perl
# FORCE ROW LEVEL SECURITY holds for a table's owner, but not for what is done to its rows because others are deleted: PostgreSQL's
# own cascades work like that, too. What a session did first must not decide which of the two applies.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../guarantees";
use Sessions;
use Test::More;

my $database = new_database('security_row_security');
Sessions->new_roles('bolt_vera', 'bolt_group', 'bolt_member');

psql_ok($database, 'CREATE SCHEMA rl AUTHORIZATION bolt_vera', 'SET ROLE bolt_vera', <<'SQL');
SET search_path = rl, public;
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE v (id int PRIMARY KEY, t_id int REFERENCES t);
CREATE TABLE w (id int PRIMARY KEY, v_id int REFERENCES v);
SELECT bolt.register_relation('v', '{t_id}', on_delete => 'CASCADE');
SELECT bolt.register_relation('w', '{v_id}', on_delete => 'CASCADE');
INSERT INTO t SELECT generate_series(1, 60);
INSERT INTO v SELECT g, g FROM generate_series(1, 60) g;
ALTER TABLE v ENABLE ROW LEVEL SECURITY;
ALTER TABLE v FORCE ROW LEVEL SECURITY;
CREATE POLICY s ON v FOR SELECT USING (true);
CREATE POLICY d ON v FOR DELETE USING (false);
CREATE POLICY u ON v FOR UPDATE USING (false);
CREATE TABLE s (id int PRIMARY KEY, secret text);
INSERT INTO s VALUES (1, 'hidden');
ALTER TABLE s ENABLE ROW LEVEL SECURITY;
ALTER TABLE s FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON s USING (false);
CREATE TABLE seen (what text);
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO seen VALUES (bolt.fetch_json('{"model": "s"}') || ' ' || (bolt.count('{"model": "s"}')));
	RETURN old;
END $$;
CREATE TRIGGER look BEFORE DELETE ON v FOR EACH ROW EXECUTE FUNCTION look();
SQL

sub vera
{
	my $session = Sessions->new($database);
	$session->ask('SET ROLE bolt_vera');
	$session->ask('SET search_path = rl, public');
	return $session;
}

my $observer = Sessions->new($database);
my $next = 1;
my %call = (
	'the row itself' => [ sub { qq(SELECT bolt.delete('{"model": "v", "filter": {"id": $_[0]}}')) }, '42501', 'is refused' ],
	'the row by a query' => [ sub { qq(SELECT bolt.delete('{"model": "v", "filter": {"t__id": $_[0]}}')) }, '42501', 'is refused' ],
	'what it refers to' => [ sub { qq(SELECT bolt.delete('{"model": "t", "filter": {"id": $_[0]}}')) }, '00000', 'takes it along' ],
	'the row by SQL' => [ sub { qq(DELETE FROM v WHERE id = $_[0]) }, '00000', 'deletes nothing' ],
);
my @names = sort keys %call;

# each order of two calls, in a session of its own
for my $first (@names)
{
	for my $second (@names)
	{
		my $session = vera();
		for my $name ($first, $second)
		{
			my ($sql, $state, $is) = @{ $call{$name} };
			my $id = $next++;
			$session->ask($sql->($id));
			is($session->{state}, $state, "deleting $name: $is ($first, then $second)") or diag($session->{error});
			my $left = $observer->ask("SELECT count(*) FROM rl.v WHERE id = $id");
			is($left, $name eq 'what it refers to' ? 0 : 1, "... and the row is " . ($left ? 'there' : 'gone'));
		}
	}
}

# a trigger within a cascade is the owner's, without FORCE; what it has read is not kept for what is read with it
for my $first (0, 1)
{
	my $session = vera();
	if ($first)
	{
		is($session->ask(q(SELECT bolt.fetch_json('{"model": "s"}'))), '[]', 'the policy of a table holds');
		is($session->ask(q(SELECT bolt.count('{"model": "s"}'))), '0', '... for a count as well');
	}
	my $id = $next++;
	$session->ask(qq(SELECT bolt.delete('{"model": "t", "filter": {"id": $id}}')));
	is($session->{state}, '00000', 'a row is deleted, and a trigger reads') or diag($session->{error});
	is($session->ask(q(SELECT bolt.fetch_json('{"model": "s"}'))), '[]', 'afterwards the policy of the table read holds');
	is($session->ask(q(SELECT bolt.count('{"model": "s"}'))), '0', '... for a count as well');
}
like($observer->ask('SELECT string_agg(DISTINCT what, $$, $$) FROM rl.seen'), qr/^\[\{"id":1,"secret":"hidden"\}\] 1$/,
	'within the cascade it did not');


# what a role may see changes with its memberships and attributes, also for what a session has read before
psql_ok($database, <<'SQL');
CREATE TABLE public.c (id int PRIMARY KEY);
INSERT INTO public.c SELECT generate_series(1, 6);
GRANT SELECT, DELETE ON public.c TO bolt_member;
ALTER TABLE public.c ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON public.c USING (id <= 2);
CREATE POLICY members ON public.c TO bolt_group USING (true);
SQL
my $member = Sessions->new($database);
$member->ask('SET ROLE bolt_member');
my $administrator = Sessions->new($database);
for my $change (
	[ '', 2 ],
	[ 'GRANT bolt_group TO bolt_member', 6 ],
	[ 'REVOKE bolt_group FROM bolt_member', 2 ],
	[ 'ALTER ROLE bolt_member BYPASSRLS', 6 ],
	[ 'ALTER ROLE bolt_member NOBYPASSRLS', 2 ],
	[ 'ALTER ROLE bolt_member SUPERUSER', 6 ],
	[ 'ALTER ROLE bolt_member NOSUPERUSER', 2 ],
	[ 'ALTER TABLE public.c OWNER TO bolt_group; GRANT bolt_group TO bolt_member', 6 ],
	[ 'REVOKE bolt_group FROM bolt_member', 2 ])
{
	my ($sql, $rows) = @$change;
	$administrator->ask($sql) if $sql;
	is($member->ask(q(SELECT bolt.count('{"model": "c"}'))), $rows, "a count sees $rows: $sql");
	is($member->ask(q(SELECT json_array_length(bolt.fetch_json('{"model": "c"}')))), $rows, '... so does a fetch');
	is($member->ask('SELECT count(*) FROM public.c'), $rows, '... and SQL');
}

# a cascade within the model finds rows that the caller does not see: they must not be left, referring to nothing
psql_ok($database, <<'SQL');
CREATE TABLE public.tree (id int PRIMARY KEY, parent int, owner text);
INSERT INTO public.tree VALUES (1, NULL, 'member'), (2, 1, 'other'), (3, 2, 'member'), (4, 3, 'other'), (5, NULL, 'member'), (6, 5, 'member');
GRANT SELECT, DELETE, UPDATE ON public.tree TO bolt_member;
SELECT bolt.register_relation('public.tree', '{parent}', name => 'above', related_name => 'below', on_delete => 'CASCADE', target => 'public.tree');
ALTER TABLE public.tree ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.tree USING (owner = 'member');
SQL
is($member->state_of(q(SELECT bolt.delete('{"model": "tree", "filter": {"id": 1}}'))), '42501', 'hidden rows below those that are deleted: the delete is refused');
is($observer->ask('SELECT count(*) FROM public.tree'), 6, '... and all rows are there');
is($member->ask(q(SELECT deleted FROM bolt.delete('{"model": "tree", "filter": {"id": 5}}'))), 2, 'without hidden rows it is done') or diag($member->{error});
close_test();
