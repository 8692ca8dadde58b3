/*-------------------------------------------------------------------------
 *
 * graph_cache.h
 *	  Compiled graphs, kept by the shape of their documents.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_GRAPH_CACHE_H
#define BOLT_GRAPH_CACHE_H

#include "postgres.h"

#include "fetch_graph.h"

/*
 * The graph of a document: a kept one, or compiled now.  It stays until the next
 * call of this function; who runs it longer counts itself among its users.
 */
extern FetchGraph *bolt_graph_for(Document *document, FetchPurpose purpose);

/* One user less; frees a graph that the cache has given up. */
extern void bolt_graph_release(FetchGraph *graph);

#endif /* BOLT_GRAPH_CACHE_H */
