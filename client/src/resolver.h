/*
 * resolver.h
 *	  The addresses of host names, looked up in threads: getaddrinfo blocks, and the loop must not.
 *
 * There is one lookup, and one thread, for each name of a client, however many connections wait for it. A
 * lookup that nobody waits for any more goes on until its thread has the answer, and the next who ask for
 * this name join it: a name server that is silent does not cost more and more threads.
 */
#ifndef BOLT__RESOLVER_H
#define BOLT__RESOLVER_H

#include "client.h"

typedef struct bolt__lookup bolt__lookup;

/* Addresses as numbers in text, each once, in the order in which they are to be tried. */
typedef struct bolt__addresses
{
	int count;
	char **texts;
} bolt__addresses;

/* One who waits for a lookup. Lives where the waiting one keeps it. */
typedef struct bolt__wanted
{
	bolt__link link;
	bolt__lookup *lookup; /* NULL: it waits for none, or has been told */

	/* Told from the loop, once: the addresses, of which there is at least one, or what is wrong. Both are lent. */
	void (*told)(struct bolt__wanted *wanted, const bolt__addresses *addresses, const char *problem);
} bolt__wanted;

/* Whether it takes a lookup to connect to this host: not where it is a socket's folder or a number. */
bool bolt__is_host_name(const char *host);

/* Asks for a name. False: there is no memory, or no thread to be had; then nobody is told. */
bool bolt__lookup_begin(bolt__client *client, const char *host, bolt__wanted *wanted);

/* No longer wants to know. Also where it has been told, or has never asked. */
void bolt__lookup_leave(bolt__wanted *wanted);

/* The client is closed: it forgets all lookups, for which nobody waits any more. Their threads end by themselves. */
void bolt__lookups_forget(bolt__client *client);

#endif
