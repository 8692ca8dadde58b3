#!/usr/bin/perl
# A click through the graph explorer in a real browser: choose, run, see.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Test::More;
use WebDriver;

my $root = "$FindBin::Bin/../..";
my $server = $ENV{BLOG_SERVER} // "$root/examples/blog/build/blog-server";

$ENV{PGDATABASE} = 'bolt_orm_http_browser';
system("dropdb --if-exists --force $ENV{PGDATABASE} 2>/dev/null; createdb $ENV{PGDATABASE}") == 0 or BAIL_OUT('no database');
for my $command ("-c 'CREATE EXTENSION bolt_orm'", "-v articles=1000 -f $root/examples/blog.sql", "-f $root/examples/blog/schema.sql")
{
	system("PGOPTIONS='-c client_min_messages=warning' psql -X -q -v ON_ERROR_STOP=1 $command >/dev/null") == 0 or BAIL_OUT($command);
}
my $pid = open my $out, '-|', $server, '--port', 0, '--static', "$root/examples/blog/static" or BAIL_OUT("$server: $!");
my ($url) = (readline($out) // '') =~ m{^(http://[^/]+)} or BAIL_OUT('the server did not start');
my $browser = WebDriver->new;

sub choose_tab
{
	my ($name) = @_;

	$browser->script("[...document.querySelectorAll('#tabs button')].find((b) => b.textContent === '$name').click()");
	return $browser->wait_for("document.getElementById('panel').getAttribute('aria-busy') === 'false'"
		  . " && document.querySelector('#tabs [aria-selected=true]').textContent === '$name'");
}

$browser->go("$url/");
ok($browser->wait_for("document.querySelectorAll('#model option').length >= 5"), 'the models are listed');
ok($browser->wait_for("document.querySelector('.summary')?.textContent.startsWith('10 objects')"), 'ten objects are shown at once');
is($browser->script("return document.getElementById('model').value"), 'blog_article', 'of the articles');

$browser->click('input[name=author]');
ok($browser->wait_for("document.querySelector('.tree').textContent.includes('author {6}')"), 'a ticked relation is fetched');

# whatever name the relation has been registered by
my $comments = $browser->script(
	"return [...document.querySelectorAll('#relations label')].find((l) => l.textContent.includes('many blog_comment')).querySelector('input').name");
$browser->click("input[name=$comments]");
ok($browser->wait_for("document.querySelector('input[name=${comments}__author]')"), 'what lies below it can be ticked');
$browser->click("input[name=${comments}__author]");

$browser->click('#add-filter');
$browser->script(q{
	const [field, lookup] = document.querySelectorAll('.filter select');
	field.value = 'id';
	lookup.value = 'in';
});
$browser->type('.filter input', '7, 8');
$browser->click('#run');
ok($browser->wait_for("document.querySelector('.summary')?.textContent.startsWith('2 objects')"), 'a filter limits them');

ok(choose_tab('Document'), 'the document');
my $document = $browser->script("return JSON.parse(document.getElementById('panel').textContent)");
is_deeply(
	$document,
	{   model            => 'blog_article',
		filter           => { id__in => [ 7, 8 ] },
		select_related   => ['author'],
		prefetch_related => ["${comments}__author"],
		order_by         => ['id'],
		limit            => 10
	},
	'is what was chosen');

choose_tab('C');
like($browser->text('#panel'), qr/bolt_prefetch_related\(objects, "${comments}__author"\);.*bolt_alist/s, 'the C that means it');
choose_tab('Python');
like($browser->text('#panel'), qr/Article\.objects.*\.select_related\("author"\)/s, 'the Python that means it');

choose_tab('Nodes');
is($browser->script("return document.querySelectorAll('#panel tbody tr').length"), 4, 'a row a node');
like($browser->text('#panel tbody tr'), qr/blog_article\s+2\s/, 'with its rows');

choose_tab('Checklist');
ok($browser->text('#panel') ne '', 'the checklist has something to say');

choose_tab('Models');
cmp_ok($browser->script("return document.querySelectorAll('#panel svg .model').length"), '>=', 5, 'the diagram has the models');
is($browser->script("return document.querySelectorAll('#panel svg path.chosen').length"), 3, 'and the ticked relations are marked');
$browser->script(q{
	[...document.querySelectorAll('#panel svg .model')].find((g) => g.querySelector('text').textContent === 'blog_tag')
		.dispatchEvent(new MouseEvent('click', { bubbles: true }));
});
is($browser->script("return document.getElementById('model').value"), 'blog_tag', 'a model of the diagram can be chosen');

# a value that its column refuses: the server's words
$browser->click('#add-filter');
$browser->type('.filter input', 'no number');
$browser->click('#run');
ok($browser->wait_for("!document.getElementById('error').hidden"), 'an error is shown');
like($browser->text('#error'), qr/invalid input syntax for type integer.*22P02/s, 'with its message and SQLSTATE');

is_deeply([ grep { !/ 400 / } $browser->errors ], [], 'the browser has no complaints');
is($browser->script("return performance.getEntriesByType('resource').filter((e) => !e.name.startsWith(location.origin)).length"),
	0, 'nothing comes from another host');
$browser->close;
kill TERM => $pid;
close $out;

done_testing();
