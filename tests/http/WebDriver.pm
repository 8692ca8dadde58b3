# Drives a headless Chromium through chromedriver, by the W3C's WebDriver protocol.
package WebDriver;

use strict;
use warnings;
use File::Temp;
use HTTP::Tiny;
use JSON::PP;

# Starts chromedriver on a port of its choosing, and a browser.
sub new
{
	my ($class) = @_;
	my $self = bless { http => HTTP::Tiny->new(timeout => 60), profile => File::Temp->newdir }, $class;
	my $line;

	$self->{pid} = open my $out, '-|', 'chromedriver', '--port=0'
	  or die "chromedriver: $!";
	while (defined($line = <$out>))
	{
		last if $line =~ /successfully on port (\d+)/ and $self->{base} = "http://127.0.0.1:$1";
	}
	$self->{out} = $out;
	die 'chromedriver did not say its port' unless $self->{base};

	# the network that it would look for is not there; root may not use its sandbox
	my $session = $self->call(
		POST => '/session',
		{   capabilities => {
				alwaysMatch => {
					browserName => 'chrome',
					'goog:chromeOptions' => {
						args => [
							qw(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage),
							qw(--disable-background-networking --disable-component-update --disable-sync),
							'--window-size=1300,900', "--user-data-dir=$self->{profile}"
						]
					},
					'goog:loggingPrefs' => { browser => 'ALL' },
				}
			}
		});
	$self->{session} = "/session/$session->{sessionId}";
	return $self;
}

sub call
{
	my ($self, $method, $path, $body) = @_;
	my $response = $self->{http}->request(
		$method,
		$self->{base} . $path,
		{   headers => { 'Content-Type' => 'application/json' },
			$method eq 'POST' ? (content => encode_json($body // {})) : ()
		});
	my $value = eval { decode_json($response->{content})->{value} };

	die "$method $path: $response->{status} " . ($value->{message} // $response->{content}) unless $response->{success};
	return $value;
}

sub go
{
	my ($self, $url) = @_;

	$self->call(POST => "$self->{session}/url", { url => $url });
	return;
}

# The elements that a CSS selector finds.
sub find
{
	my ($self, $selector) = @_;
	my $found = $self->call(POST => "$self->{session}/elements", { using => 'css selector', value => $selector });

	return map { values %$_ } @$found;
}

sub element
{
	my ($self, $selector) = @_;
	my ($element) = $self->find($selector);

	die "no element $selector" unless defined $element;
	return "$self->{session}/element/$element";
}

sub click
{
	my ($self, $selector) = @_;

	$self->call(POST => $self->element($selector) . '/click');
	return;
}

sub type
{
	my ($self, $selector, $text) = @_;

	$self->call(POST => $self->element($selector) . '/value', { text => $text });
	return;
}

sub text
{
	my ($self, $selector) = @_;

	return $self->call(GET => $self->element($selector) . '/text');
}

# What a JavaScript function's body returns.
sub script
{
	my ($self, $body) = @_;

	return $self->call(POST => "$self->{session}/execute/sync", { script => $body, args => [] });
}

# Waits for a condition in JavaScript; false if it has not come true in ten seconds.
sub wait_for
{
	my ($self, $condition) = @_;

	for (1 .. 100)
	{
		return 1 if $self->script("return $condition");
		select undef, undef, undef, 0.1;
	}
	return 0;
}

# The console's messages that are errors.
sub errors
{
	my ($self) = @_;

	return map { $_->{message} } grep { $_->{level} eq 'SEVERE' } @{ $self->call(POST => "$self->{session}/se/log", { type => 'browser' }) };
}

sub close
{
	my ($self) = @_;

	$self->call(DELETE => $self->{session}) if $self->{session};
	kill TERM => $self->{pid};
	CORE::close $self->{out};
	return;
}

1;
