#!/usr/bin/perl
# The examples of docs/queryset.md, docs/writing.md and docs/security.md are what happens: each is run, on
# the blog, and gives the result that the page shows.
#
# In the page
# - a block of sql with a block of json or text behind it is an example and its result,
#   where … stands for whatever has been left out;
# - a block of sql with … in it and a table behind it is an example for each row: what
#   stands under "example" in the place of …, the last column the result;
# - any other block of sql has to work, but for those with … in them, which are not run.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Sessions;
use Test::More;

my $ellipsis = "\xe2\x80\xa6";
# The page's examples, each with the line it begins at, its SQL and the result it shows.
sub examples
{
	my ($page) = @_;
	my @examples;
	my ($line, @lines) = (0);

	open my $file, '<', "$FindBin::Bin/../../docs/$page" or BAIL_OUT("$page: $!");
	chomp(@lines = <$file>);

	# lines of a fenced block that begins here, or nothing
	my $block = sub {
		my ($kinds) = @_;
		my @block;

		return unless $line < @lines && $lines[$line] =~ /^```(?:$kinds)$/;
		push @block, $lines[$line] while ++$line < @lines && $lines[$line] ne q(```);
		$line++;
		return join "\n", @block;
	};
	my $skip_empty = sub { $line++ while $line < @lines && $lines[$line] eq ''; };
	my $cells = sub {
		my ($row) = @_;

		$row =~ s/^\|\s*|\s*\|$//g;
		return map { s/^`+ ?(.*?) ?`+$/$1/r =~ s/\\\|/|/gr } split /\s*(?<!\\)\|\s*/, $row, -1;
	};

	while ($line < @lines)
	{
		my $first = $line + 1;
		my $sql = $block->('sql');

		if (!defined $sql)
		{
			$line++;
			next;
		}
		$skip_empty->();
		my $result = $block->('json|text');
		if (defined $result)
		{
			push @examples, { line => $first, sql => $sql, result => $result };
		}
		elsif ($sql =~ /$ellipsis/ && $line < @lines && $lines[$line] =~ /^\|.*\bexample\b/)
		{
			my @names = $cells->($lines[$line]);
			my ($column) = grep { $names[$_] eq 'example' } 0 .. $#names;

			for ($line += 2; $line < @lines && $lines[$line] =~ /^\|/; $line++)
			{
				my @row = $cells->($lines[$line]);

				push @examples, { line => $line + 1, sql => $sql =~ s/$ellipsis/$row[$column]/r, result => $row[-1] };
			}
		}
		elsif ($sql !~ /$ellipsis/)
		{
			push @examples, { line => $first, sql => $sql };
		}
	}
	return @examples;
}

# What a result has to match: … is anything.
sub pattern
{
	my ($result) = @_;

	return join '.*?', map { quotemeta } split /$ellipsis/, $result, -1;
}

sub run_page
{
	my ($page, $least, $articles, @before) = @_;
	my @examples = examples($page);
	my $session = Sessions->new(new_database("guar_docs_$least", $articles));

	cmp_ok(scalar @examples, '>', $least, "$page has examples");
	$session->ask($_) foreach @before;
	for my $example (@examples)
	{
		my $answer = $session->ask($example->{sql});

		if (defined $example->{result})
		{
			my $pattern = pattern($example->{result});

			ok($answer =~ /\A$pattern\z/s, "$page, line $example->{line}")
			  or diag("$example->{sql}\ngives  $answer\nnot    $example->{result}");
		}
		else
		{
			is($session->{state}, '00000', "$page, line $example->{line} works")
			  or diag("$example->{sql}\n$answer");
		}
	}
	$session->close;
	return;
}

run_page('queryset.md', 100, 50000,
	"SELECT bolt.register_relation('blog_comment', ARRAY['article_id'], related_name => 'comments')");
run_page('writing.md', 20, 1000);

# The page makes this role; dropped when all is done.
Sessions->new_roles('bolt_web');
run_page('security.md', 12, 1000, 'DROP ROLE bolt_web');

close_test();
