#!/usr/bin/perl
# A trusted extension is created by roles that are no superusers. Neither they nor whoever has made a schema of its name before can
# put functions beside ours that fit a call better, and so run their code as whoever calls.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../guarantees";
use Sessions;
use Test::More;

my $database = new_database('security_installation');
Sessions->new_roles('bolt_installer');
psql_ok($database, 'DROP EXTENSION bolt_orm', "GRANT CREATE ON DATABASE $database TO bolt_installer", 'CREATE TABLE public.article (id int PRIMARY KEY)',
	'INSERT INTO public.article VALUES (1)', 'GRANT SELECT ON public.article TO PUBLIC');
my $installer = Sessions->new($database);
my $superuser = Sessions->new($database);
$installer->ask('SET ROLE bolt_installer');

my $overload = q(CREATE FUNCTION bolt.fetch(queryset text) RETURNS SETOF json LANGUAGE sql AS $$ SELECT '"taken"'::json $$);
my $fetch = q(SELECT bolt.fetch('{"model": "article"}'));

is($superuser->ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'bolt'"), 0, 'DROP EXTENSION leaves no schema');
is($installer->state_of('CREATE EXTENSION bolt_orm'), '00000', 'who may create in the database creates the extension') or diag($installer->{error});
is($superuser->ask("SELECT rolsuper FROM pg_roles JOIN pg_namespace ON nspowner = pg_roles.oid WHERE nspname = 'bolt'"), 't', "its schema is a superuser's");
is($installer->state_of($overload), '42501', '... and nobody else creates in it');
is($installer->state_of('ALTER SCHEMA bolt RENAME TO other'), '42501', '... or renames it');
$installer->ask('SET client_min_messages = error; GRANT CREATE ON SCHEMA bolt TO PUBLIC');
is($superuser->ask("SELECT has_schema_privilege('bolt_installer', 'bolt', 'CREATE')"), 'f', '... or lets others');
is($installer->state_of('DROP SCHEMA bolt CASCADE'), '42501', '... or drops it');
isnt($installer->state_of('ALTER EXTENSION bolt_orm SET SCHEMA public'), '00000', '... or moves the extension');
is($superuser->ask("SELECT count(*) FROM pg_proc JOIN pg_roles ON proowner = pg_roles.oid WHERE pronamespace = 'bolt'::regnamespace AND NOT rolsuper"), 0,
	"all functions are a superuser's");
is($superuser->ask($fetch), '{"id":1}', 'a call is what it says');

# closed to all others, it can still be dumped by whoever has created it
psql_ok($database, 'REVOKE USAGE ON SCHEMA bolt FROM PUBLIC', 'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA bolt FROM PUBLIC',
	'CREATE TABLE public.named (id int PRIMARY KEY)', 'GRANT SELECT ON public.named TO PUBLIC', 'SELECT bolt.register_model($$public.named$$, $$Named$$)');
my $dump = qx(pg_dump -d $database --role=bolt_installer 2>&1);
is($?, 0, 'its creator dumps the database, from whose schema bolt PUBLIC is kept') or diag($dump);
like($dump, qr/COPY bolt\.model .*\n.*Named/, '... with the registrations');
is($installer->state_of('DROP EXTENSION bolt_orm'), '00000', 'who has created it drops it');
is($superuser->ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'bolt'"), 0, '... with its schema');

for my $with ('', $overload, 'GRANT ALL ON SCHEMA bolt TO PUBLIC', 'ALTER DEFAULT PRIVILEGES IN SCHEMA bolt GRANT ALL ON TABLES TO PUBLIC')
{
	$installer->ask('CREATE SCHEMA bolt');
	$installer->ask($with) if $with;
	is($superuser->state_of('CREATE EXTENSION bolt_orm'), '42P06', "a schema that was there before is not taken: $with");
	is($installer->state_of('CREATE EXTENSION bolt_orm'), '42P06', '... by nobody');
	$installer->ask('DROP SCHEMA bolt CASCADE');
}
is($superuser->state_of('CREATE EXTENSION bolt_orm'), '00000', 'without it the extension is created');
is($superuser->ask($fetch), '{"id":1}', '... and answers');
close_test();
