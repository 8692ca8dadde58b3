/*
 * lateral.h
 *	  The parts of the blog's server with hand-written SQL: examples/blog, in which bare libpq has the place of the client and LATERAL that of
 *	  the extension. HTTP, routes, schemas of bodies and everything else are the same objects.
 */
#ifndef LATERAL_H
#define LATERAL_H

#include <bolt_evhttp.h>
#include <libpq-fe.h>

#define LATERAL_PARAMETERS 6

/* A prepared statement. Its one row has the answer, a JSON text, in its first column. */
typedef struct lateral_statement
{
	const char *name;
	const char *sql;
} lateral_statement;

/* All there are, each prepared on each connection; ends with a NULL name. */
extern const lateral_statement lateral_article_statements[];
extern const lateral_statement lateral_transfer_statements[];

/*
 * What becomes of an answer: its status, and in *refusal what is said instead of a body (NULL: the body is the first column). A row's
 * first column may be NULL.
 */
typedef int (*lateral_judge)(const PGresult *result, const char **refusal);

/*
 * Sends a statement for a request, which is answered with its result: with `status`, or as `judge` says where there is one.
 * To be returned by handlers.
 */
extern bolt_future *lateral_answer(bolt_evhttp_request *request, const char *statement, int parameters,
								   const char *const *values, int status, lateral_judge judge);

#endif
