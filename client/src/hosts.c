/*
 * hosts.c
 *	  The servers that a conninfo names.
 *
 * Lists of host, hostaddr and port belong together as libpq has it: as many of each, or one port for all.
 */
#include "hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------
 * What libpq makes of a conninfo
 * ----------
 */

/*
 * libpq refuses this sslmode after it has read all other settings, and before it looks up a name or opens a
 * socket. What it has read can be asked from the connection that has failed.
 */
#define NO_SSLMODE "-"

static PGconn *
read_settings(const char *conninfo)
{
	const char *const keywords[] = {"dbname", "sslmode", NULL};
	const char *const values[] = {conninfo, NO_SSLMODE, NULL};

	return PQconnectStartParams(keywords, values, 1);
}

/* Its host is the one that libpq takes where none is given. */
static PGconn *
read_default_host(void)
{
	const char *const keywords[] = {"host", "hostaddr", "port", "sslmode", NULL};
	const char *const values[] = {",", ",", ",", NO_SSLMODE, NULL};

	return PQconnectStartParams(keywords, values, 0);
}

static const PQconninfoOption *
find(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options;
	return NULL;
}

/* "" where it is not set. */
static const char *
setting(const PQconninfoOption *options, const char *keyword)
{
	const PQconninfoOption *option = find(options, keyword);

	return option == NULL || option->val == NULL ? "" : option->val;
}

/* In seconds there; 0 and less: no limit. libpq ignores what is no number, too, where it does not block. */
static void
read_timeout(bolt__hosts *hosts, const char *text)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	end += strspn(end, " \t\n\r\f\v");
	if (end == text || *end != '\0' || errno != 0)
		return;
	hosts->has_timeout = true;
	hosts->timeout = seconds <= 0 ? -1 : seconds > INT_MAX / 1000 ? INT_MAX : (int) seconds * 1000;
}

/* ----------
 * The list
 * ----------
 */
static void
free_host(bolt__host *host)
{
	free(host->host);
	free(host->address);
	free(host->port);
}

void
bolt__hosts_free(bolt__hosts *hosts)
{
	for (int i = 0; i < hosts->count; i++)
		free_host(&hosts->list[i]);
	free(hosts->list);
	*hosts = (bolt__hosts){0};
}

static bool
set_host(bolt__host *to, const char *host, const char *address, const char *port)
{
	*to = (bolt__host){strdup(host), strdup(address), strdup(port), false};
	return to->host != NULL && to->address != NULL && to->port != NULL;
}

static int
count_items(const char *text)
{
	int count = 1;

	for (; *text != '\0'; text++)
		count += *text == ',';
	return count;
}

/* The item of this number, or the last; memory of malloc. */
static char *
copy_item(const char *text, int number)
{
	const char *comma;

	while (number-- > 0 && (comma = strchr(text, ',')) != NULL)
		text = comma + 1;
	return strndup(text, strcspn(text, ","));
}

static void
split(bolt__hosts *hosts, const char *host, const char *address, const char *port)
{
	int count = count_items(*address != '\0' ? address : host);

	if ((*host != '\0' && count_items(host) != count) ||
		(count_items(port) != count && count_items(port) != 1))
		return;
	hosts->list = calloc((size_t) count, sizeof(bolt__host));
	if (hosts->list == NULL)
	{
		hosts->out_of_memory = true;
		return;
	}
	hosts->count = count;
	for (int i = 0; i < count; i++)
	{
		hosts->list[i] =
			(bolt__host){copy_item(host, *host == '\0' ? 0 : i), copy_item(address, *address == '\0' ? 0 : i),
						 copy_item(port, i), false};
		if (hosts->list[i].host == NULL || hosts->list[i].address == NULL || hosts->list[i].port == NULL)
			hosts->out_of_memory = true;
	}
}

static void
fill(char **text, const char *with)
{
	if (**text == '\0')
	{
		free(*text);
		*text = strdup(with);
	}
}

/* libpq takes the port from here where a list has an empty item, and not from the environment. */
static void
fill_in_defaults(bolt__hosts *hosts, const PQconninfoOption *port)
{
	PGconn *defaults = read_default_host();

	for (int i = 0; i < hosts->count; i++)
	{
		bolt__host *host = &hosts->list[i];

		if (*host->address == '\0')
			fill(&host->host, PQhost(defaults));
		if (port != NULL && port->compiled != NULL)
			fill(&host->port, port->compiled);
		if (host->host == NULL || host->port == NULL)
			hosts->out_of_memory = true;
	}
	PQfinish(defaults);
}

static bool
has_gaps(const bolt__hosts *hosts)
{
	for (int i = 0; i < hosts->count; i++)
		if ((*hosts->list[i].host == '\0' && *hosts->list[i].address == '\0') || *hosts->list[i].port == '\0')
			return true;
	return false;
}

static void
shuffle(bolt__host *list, int count, unsigned int *random)
{
	for (int i = count - 1; i > 0; i--)
	{
		int other = rand_r(random) % (i + 1);
		bolt__host swap = list[i];

		list[i] = list[other];
		list[other] = swap;
	}
}

static void
read_list(bolt__hosts *hosts, const PQconninfoOption *options, unsigned int *random)
{
	const char *host = setting(options, "host");
	const char *address = setting(options, "hostaddr");

	split(hosts, host, address, setting(options, "port"));
	if (hosts->out_of_memory)
		return;
	hosts->has_host = *host != '\0';
	hosts->has_address = *address != '\0';
	if ((hosts->count > 1 || (hosts->count == 1 && bolt__host_has_name(&hosts->list[0]))) && has_gaps(hosts))
		fill_in_defaults(hosts, find(options, "port"));
	hosts->can_shuffle = find(options, "load_balance_hosts") != NULL;
	hosts->shuffled = strcmp(setting(options, "load_balance_hosts"), "random") == 0;
	if (hosts->shuffled && hosts->count > 1 && !hosts->out_of_memory)
	{
		shuffle(hosts->list, hosts->count, random);
		hosts->whole = false;
	}
}

void
bolt__hosts_read(bolt__hosts *hosts, const char *conninfo, unsigned int *random)
{
	PGconn *pq = read_settings(conninfo);
	PQconninfoOption *options = PQconninfo(pq);

	*hosts = (bolt__hosts){.whole = true};
	if (options != NULL)
	{
		read_list(hosts, options, random);
		read_timeout(hosts, setting(options, "connect_timeout"));
		hosts->prefers_standby = strcmp(setting(options, "target_session_attrs"), "prefer-standby") == 0;
	}
	PQconninfoFree(options);
	PQfinish(pq);
}

bool
bolt__host_has_name(const bolt__host *host)
{
	return *host->address == '\0' && bolt__is_host_name(host->host);
}

void
bolt__hosts_resolved(bolt__hosts *hosts, int place, const bolt__addresses *addresses, unsigned int *random)
{
	int count = hosts->count - 1 + addresses->count;
	bolt__host *list = calloc((size_t) count, sizeof(bolt__host));
	bolt__host *old = &hosts->list[place];
	bool done = list != NULL;

	hosts->whole = false;
	for (int i = 0; done && i < addresses->count; i++)
		done = set_host(&list[place + i], old->host, addresses->texts[i], old->port);
	if (!done)
	{
		for (int i = 0; list != NULL && i < addresses->count; i++)
			free_host(&list[place + i]);
		free(list);
		hosts->out_of_memory = true;
		return;
	}
	if (hosts->shuffled)
		shuffle(list + place, addresses->count, random);
	free_host(old);
	memcpy(list, hosts->list, (size_t) place * sizeof(bolt__host));
	memcpy(list + place + addresses->count, old + 1,
		   (size_t) (hosts->count - place - 1) * sizeof(bolt__host));
	free(hosts->list);
	hosts->list = list;
	hosts->count = count;
}

/* ----------
 * Connecting
 * ----------
 */
int
bolt__hosts_left(const bolt__hosts *hosts)
{
	int left = 0;

	for (int i = 0; i < hosts->count; i++)
		left += !hosts->list[i].passed_over;
	return left;
}

static const char *
member_of(const bolt__host *host, size_t member)
{
	return *(char *const *) ((const char *) host + member);
}

/* The items of those that are left, with commas; memory of malloc. `twice`: where only one is left. */
static char *
join(const bolt__hosts *hosts, size_t member, bool twice)
{
	size_t size = 2;
	char *joined;
	char *end;

	for (int i = 0; i < hosts->count; i++)
		size += 2 * (strlen(member_of(&hosts->list[i], member)) + 1);
	joined = end = malloc(size);
	if (joined == NULL)
		return NULL;
	for (int round = 0; round < (twice ? 2 : 1); round++)
		for (int i = 0; i < hosts->count; i++)
			if (!hosts->list[i].passed_over)
				end = stpcpy(stpcpy(end, member_of(&hosts->list[i], member)), ",");
	*(end > joined ? end - 1 : end) = '\0';
	return joined;
}

/*
 * An empty item that is alone does not replace the conninfo's list, which is longer. There have to be two.
 */
static bool
needs_two(const bolt__hosts *hosts)
{
	const bolt__host *host = hosts->list;

	if (bolt__hosts_left(hosts) != 1)
		return false;
	while (host->passed_over)
		host++;
	return (hosts->has_host && *host->host == '\0') || (hosts->has_address && *host->address == '\0');
}

PGconn *
bolt__hosts_connect(const bolt__hosts *hosts, const char *conninfo)
{
	/* The conninfo goes in as a database name, which libpq expands; what follows it has the last word. */
	const char *keywords[8] = {"fallback_application_name", "dbname", "client_encoding"};
	const char *values[8] = {"bolt_orm", conninfo, "UTF8"};
	bool two = !hosts->whole && needs_two(hosts);
	char *host = NULL;
	char *address = NULL;
	char *port = NULL;
	PGconn *pq = NULL;

	if (!hosts->whole)
	{
		host = join(hosts, offsetof(bolt__host, host), two);
		address = join(hosts, offsetof(bolt__host, address), two);
		port = join(hosts, offsetof(bolt__host, port), two);
		keywords[3] = "host";
		values[3] = host;
		keywords[4] = "hostaddr";
		values[4] = address;
		keywords[5] = "port";
		values[5] = port;
		keywords[6] = hosts->can_shuffle ? "load_balance_hosts" : NULL;
		values[6] = "disable"; /* the list is shuffled already */
	}
	if (hosts->whole || (host != NULL && address != NULL && port != NULL))
		pq = PQconnectStartParams(keywords, values, 1);
	free(host);
	free(address);
	free(port);
	return pq;
}

/* ----------
 * Where libpq is
 * ----------
 */

/* Spelt in different ways, perhaps; libpq leaves the zone of an IPv6 address out. */
static bool
same_address(const char *one, const char *other)
{
	char one_text[INET6_ADDRSTRLEN];
	char other_text[INET6_ADDRSTRLEN];
	unsigned char one_number[16];
	unsigned char other_number[16];
	size_t one_length = strcspn(one, "%");
	size_t other_length = strcspn(other, "%");
	int family = strchr(one, ':') == NULL ? AF_INET : AF_INET6;

	if (one_length >= sizeof(one_text) || other_length >= sizeof(other_text))
		return false;
	memcpy(one_text, one, one_length);
	one_text[one_length] = '\0';
	memcpy(other_text, other, other_length);
	other_text[other_length] = '\0';
	if (inet_pton(family, one_text, one_number) != 1 || inet_pton(family, other_text, other_number) != 1)
		return strcmp(one, other) == 0;
	return memcmp(one_number, other_number, family == AF_INET ? 4 : 16) == 0;
}

static bool
is_at(const bolt__host *host, const PGconn *pq)
{
	const char *address = PQhostaddr(pq);

	if (strcmp(PQhost(pq), *host->host != '\0' ? host->host : host->address) != 0 ||
		strcmp(PQport(pq), host->port) != 0)
		return false;
	return *host->address == '\0' || *address == '\0' || same_address(address, host->address);
}

int
bolt__hosts_place(const bolt__hosts *hosts, int place, const PGconn *pq)
{
	for (int i = 0; i < hosts->count; i++)
	{
		int here = (place + i) % hosts->count; /* round: it may go through the list twice */

		if (!hosts->list[here].passed_over && is_at(&hosts->list[here], pq))
			return here;
	}
	return place;
}

/*
 * Those before it have failed, so that they are not tried again, unless libpq would come back to them in its second
 * round: they are servers without hot standby.
 */
void
bolt__hosts_pass_over(bolt__hosts *hosts, int place)
{
	if (place >= hosts->count)
		return;
	hosts->whole = false;
	for (int i = hosts->prefers_standby ? place : 0; i <= place; i++)
		hosts->list[i].passed_over = true;
}

/* Puts one text in the place of another, each time that it comes; memory of malloc, or NULL. Frees the text. */
static char *
replace(char *text, const char *old, const char *with)
{
	size_t count = 0;
	char *replaced;
	char *end;
	const char *from = text;
	const char *found;

	for (found = strstr(text, old); found != NULL; found = strstr(found + strlen(old), old))
		count++;
	replaced = end = count == 0 ? NULL : malloc(strlen(text) + count * strlen(with) + 1);
	if (replaced == NULL)
		return text;
	for (; (found = strstr(from, old)) != NULL; from = found + strlen(old))
		end = stpcpy(mempcpy(end, from, (size_t) (found - from)), with);
	strcpy(end, from);
	free(text);
	return replaced;
}

char *
bolt__hosts_named(const bolt__hosts *hosts, const char *message)
{
	char *named = strdup(message);

	for (int i = 0; i < hosts->count && named != NULL; i++)
	{
		const bolt__host *host = &hosts->list[i];
		char *old;
		char *with;

		if (*host->host == '\0' || *host->host == '/' || *host->address == '\0')
			continue;
		if (asprintf(&old, "server at \"%s\", port %s ", host->address, host->port) < 0)
			continue;
		if (asprintf(&with, "server at \"%s\" (%s), port %s ", host->host, host->address, host->port) >= 0)
		{
			named = replace(named, old, with);
			free(with);
		}
		free(old);
	}
	return named;
}
