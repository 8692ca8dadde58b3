/*-------------------------------------------------------------------------
 *
 * fetch_graph.h
 *	  What a queryset document compiles to: a tree of nodes, each with the
 *	  statement that fetches its rows for all the rows of the node above.
 *
 * A graph holds no value of the document and no state of a run, so that it is
 * kept and used again for every document of the same shape.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_FETCH_GRAPH_H
#define BOLT_FETCH_GRAPH_H

#include "postgres.h"

#include "access/attnum.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "json_in.h"
#include "json_out.h"
#include "queryset.h"

typedef struct StatementParam StatementParam;

/* Makes a parameter of a literal; false where it is NULL. */
typedef bool (*BindFunction)(const StatementParam *param, const JsonValue *literal, Datum *value);

/* How $n comes by its value at run time. */
struct StatementParam
{
	Oid type;		   /* of $n */
	BindFunction bind; /* NULL: an array of the keys of the level above */
	int literal;	   /* number of the document's literal */
	int key_column;	   /* keys: which column of them */
	int member;		   /* which member of the literal, for those that
								 * take an array apart */
	int members;	   /* how many it must have */
	bool estimate;	   /* the planner may look at its first value:
								 * LIMIT and OFFSET */
	Oid value_type;	   /* of a value, or of the elements */
	int32 typmod;
	Oid io_param;
	FmgrInfo input;	  /* value_type's input function */
	const char *what; /* the lookup or column, for messages */
	bool assigned;	  /* it is a column's new value … */
	bool structured;  /* … of a composite type or an array of one … */
	bool plain;		  /* … whose type reads a JSON scalar as its text … */
	bool checks_null; /* … and, a domain, may refuse null */
};

/* A keyed statement is planned for few keys, for many, and for all between two. */
typedef enum PlanKind
{
	PLAN_MANY,
	PLAN_FEW,
	PLAN_RANGE
} PlanKind;

#define PLAN_KINDS (PLAN_RANGE + 1)

/* One SQL statement, planned when it first runs. */
typedef struct FetchStatement
{
	char *sql;
	char *range_sql; /* the same for the keys between two, or NULL */
	int nparams;
	StatementParam *params;
	bool generic_plan;			  /* one plan serves all values */
	bool keyed_by_index;		  /* an index serves its keys: never scan it all */
	bool hashed;				  /* joins by hashing, however few rows are expected */
	bool parallel;				  /* may run on parallel workers */
	SPIPlanPtr plans[PLAN_KINDS]; /* NULL until it first runs */

	uint64 watched; /* bolt_watched_types_refresh when its text was written */
	int ntables;	/* the tables that its text names; none: it is not compared with them */
	Oid *tables;
	bool as_owner; /* it is run with the rights of the owner of what it names */

	Oid ordered_table; /* an UPDATE or DELETE of this table … */
	int norder;		   /* … takes its rows in the order of so many columns */
	AttrNumber *order;
} FetchStatement;

/* A key of one or several columns, compared on both sides in the same types. */
typedef struct KeyColumn
{
	Oid type;
	bool by_value;
	int16 length;
	Oid collation;
	bool
		image; /* values that are equal are so byte by byte: without a hash function their bytes are hashed */
	FmgrInfo hash; /* fn_oid invalid: no hash function */
	FmgrInfo equal;
} KeyColumn;

typedef struct KeyType
{
	int ncolumns;
	KeyColumn *columns;
	bool integer; /* one column of int2, int4, int8 or oid */
} KeyType;

/* The order of a page by cursor: what the page's cursors hold of a row. */
typedef struct Keyset
{
	uint64 ordering; /* a hash of what it orders by */
	int nkeys;
	AttrNumber *attnos; /* in the statement's result */
	Oid *types;			/* in which they are compared, and written */
} Keyset;

typedef struct FetchNode FetchNode;

/* A member of an object: a column of the row, or what a child node fetched. */
typedef struct FetchItem
{
	char *prefix; /* what stands before it: ,"name": */
	int prefix_length;
	AttrNumber attno;  /* in the statement's result; 0: a child */
	Oid type;		   /* of the column */
	JsonWriter writer; /* made when the statement first runs */
	FetchNode *child;
} FetchItem;

struct FetchNode
{
	int number;			 /* in the graph's nodes; parents come first */
	FetchNode *parent;	 /* NULL: the root */
	char *name;			 /* the lookup's own segment, or to_attr */
	char *path;			 /* "comments.author", "" for the root */
	char *model;		 /* for messages */
	bool to_many;		 /* an array, not an object or null */
	bool unique_key;	 /* no two rows of its table share a key */
	const char *missing; /* to-one: what stands for no row; "null" */
	int missing_length;

	FetchStatement *statement; /* its rows */
	KeyType key;			   /* what its rows are looked up by */
	AttrNumber *parent_attnos; /* that key in the rows of the parent … */
	AttrNumber *own_attnos;	   /* … and in its own; of a statement that
								* writes, all columns of the model, in order */

	FetchStatement *junction; /* many-to-many: pairs of the parent's key and
								 * of this node's, else NULL; parent_attnos is junction_key then */
	KeyType junction_key;
	bool ordered;		  /* the statement, not the junction, says the order */
	FetchNode *shares;	  /* an earlier node with the same objects, or itself */
	bool locks;			  /* its rows, FOR UPDATE */
	FetchNode *recursion; /* the child that is this node again, a level
								 * deeper, without a statement; or NULL */
	int depth;			  /* levels of it at the most; 0: all */
	bool recursive;		  /* it or a node below has a recursion */
	bool keep;			  /* its objects may serve the next chunk, too */
	Keyset *keyset;		  /* the root of a page by cursor, else NULL */

	const char *open; /* "{", "[" or "": part of the first item's prefix */
	const char *close;
	int close_length;
	int nitems;
	FetchItem *items;
	int nsplits; /* children before the last column */
	int nchildren;
	FetchItem **children; /* the items that are children */
};

typedef struct CacheEntry CacheEntry;

typedef struct FetchGraph
{
	MemoryContext context;
	CacheEntry *entry; /* graph_cache's, or NULL */
	int nnodes;
	FetchNode **nodes; /* nodes[0]: the root */
	int ntables;	   /* tables that the statements name */
	Oid *tables;
	bool bigint_as_string; /* the setting, as it was when the call began */
	bool all_indexed;	   /* no child scans its whole table for its keys */
	int users;			   /* calls that run it now */
	bool dropped;		   /* free it when the last of them ends */
} FetchGraph;

/* What the calling function wants of the queryset. */
typedef enum FetchPurpose
{
	FETCH_OBJECTS,
	FETCH_COUNT,
	FETCH_AGGREGATES,
	FETCH_LOCKED, /* objects, FOR UPDATE */
	FETCH_EXISTS,
	FETCH_WRITE,		  /* the document's WriteStatement */
	FETCH_DELETE,		  /* the rows' keys, or where these are not needed, their DELETE */
	FETCH_DELETE_UNLOCKED /* the same where the caller may not lock rows */
} FetchPurpose;

#endif /* BOLT_FETCH_GRAPH_H */
