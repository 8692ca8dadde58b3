/*
 * hosts.h
 *	  The servers that a conninfo names, in the order in which one attempt to connect tries them.
 *
 * libpq goes from one to the next by itself, except where a server does not answer: connect_timeout works in its
 * blocking calls only. Then the attempt is made anew with the rest of the list.
 */
#ifndef BOLT__HOSTS_H
#define BOLT__HOSTS_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "resolver.h"

/* As in the conninfo; "": the default, or in `address`: to be looked up. */
typedef struct bolt__host
{
	char *host;
	char *address;
	char *port;
	bool passed_over; /* in this attempt */
} bolt__host;

typedef struct bolt__hosts
{
	bolt__host *list;
	int count;
	bool whole;	   /* the list is as the conninfo says: libpq needs none from us */
	bool has_host; /* the conninfo says something in `host`, in `hostaddr` */
	bool has_address;
	bool prefers_standby; /* target_session_attrs: libpq goes through the list twice */
	bool shuffled;		  /* load_balance_hosts */
	bool can_shuffle;	  /* libpq knows that setting: from 16 on */
	int timeout;		  /* ms for each of them; -1: no limit; only where has_timeout */
	bool has_timeout;	  /* the conninfo has a connect_timeout, or the environment or the service has */
	bool out_of_memory;
} bolt__hosts;

/*
 * What libpq makes of a conninfo, the environment and a service file. Where that is an error, the list is empty
 * and `whole`: libpq is to tell of it.
 */
void bolt__hosts_read(bolt__hosts *hosts, const char *conninfo, unsigned int *random);
void bolt__hosts_free(bolt__hosts *hosts);

/* Whether the host's name is to be looked up. */
bool bolt__host_has_name(const bolt__host *host);

/* Puts one server for each address in the place of a name. */
void bolt__hosts_resolved(bolt__hosts *hosts, int place, const bolt__addresses *addresses,
						  unsigned int *random);

/* The servers that are left, for libpq. A connection that has failed, or NULL without memory. */
PGconn *bolt__hosts_connect(const bolt__hosts *hosts, const char *conninfo);
int bolt__hosts_left(const bolt__hosts *hosts);

/* Where libpq is, looked for from `place` on: its place in the list. */
int bolt__hosts_place(const bolt__hosts *hosts, int place, const PGconn *pq);

/* libpq's message with the names beside their addresses, of which alone it speaks; memory of malloc, or NULL. */
char *bolt__hosts_named(const bolt__hosts *hosts, const char *message);

/* The server at this place did not answer. */
void bolt__hosts_pass_over(bolt__hosts *hosts, int place);

#endif
