/*-------------------------------------------------------------------------
 *
 * delete_graph.h
 *	  Which models a delete of one model's rows reaches, and what there is to do.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_DELETE_GRAPH_H
#define BOLT_DELETE_GRAPH_H

#include "postgres.h"

#include "model.h"

/* What becomes of the rows that refer to deleted ones, where it is ours to do. */
typedef enum DeleteAction
{
	DELETE_CASCADE,
	DELETE_SET_NULL,
	DELETE_SET_DEFAULT,
	DELETE_PROTECT,
	DELETE_RESTRICT
} DeleteAction;

typedef struct DeleteTarget DeleteTarget;

/* A relation from a model to one that refers to it. */
typedef struct DeleteEdge
{
	const ModelRelation *relation; /* of from */
	DeleteAction action;
	DeleteTarget *from;
	DeleteTarget *to; /* of the model that refers: NULL where nothing cascades to it */
} DeleteEdge;

/* A model whose rows are deleted by us. */
struct DeleteTarget
{
	const Model *model;
	int number;			 /* its place in the graph */
	List *edges;		 /* of DeleteEdge *: what its rows' deletion entails */
	List *cascades;		 /* of DeleteEdge *: what cascades to it */
	bool collected;		 /* its rows are deleted by their keys, else by those that they refer to */
	int ncolumns;		 /* columns that are needed of its rows: */
	AttrNumber *columns; /* the primary key's, and behind them what else is referred to */
};

typedef struct DeleteGraph
{
	List *targets;	/* of DeleteTarget *, each behind those that cascade to it,
						 * but for cycles; the first is the model itself */
	List *deletion; /* of DeleteTarget *, each before those that its table refers to;
						 * NIL where they do so in a circle */
} DeleteGraph;

/*
 * The graph of a model, in CurrentMemoryContext.
 * Error 0A000 where keys are needed of a model without a primary key.
 */
extern DeleteGraph *bolt_delete_graph(const Model *model);

/* The name of an edge's foreign key, as the model that refers has it: blog_comment.article. */
extern char *bolt_delete_edge_name(const DeleteEdge *edge);

#endif /* BOLT_DELETE_GRAPH_H */
