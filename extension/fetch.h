/*-------------------------------------------------------------------------
 *
 * fetch.h
 *	  One run of a graph: the rows of its nodes, chunk by chunk.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_FETCH_H
#define BOLT_FETCH_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "fetch_graph.h"
#include "json_out.h"
#include "key_table.h"

/* Lists of row numbers, one a key, in the order of arrival. */
typedef struct RowLists
{
	int *heads; /* per key: first link, or -1 */
	int *tails;
	int nheads; /* how many are set */
	int heads_capacity;
	int *rows; /* per link: its row … */
	int *next; /* … and the next link, or -1 */
	int nlinks;
	int links_capacity;
} RowLists;

/*
 * The rows of a node's statement, as text.  A row's own columns are one fragment
 * cut where children stand before columns: fragments of row r are
 * offsets[r * stride + i] up to the next offset.
 */
typedef struct RowStore
{
	JsonBuffer text;
	Size *offsets;
	int stride; /* fragments a row */
	int nrows;
	int capacity; /* rows that offsets has room for */

	KeyTable keys; /* what the rows are looked up by */
	int asked;	   /* keys whose rows have been fetched */
	RowLists by_key;
	int *row_keys; /* per row: its key; only where pairs follow
								 * the order of the rows */
} RowStore;

/* The pairs that a through table's statement gave, by key number. */
typedef struct JunctionPairs
{
	KeyTable keys; /* of the near objects */
	int asked;	   /* keys whose pairs have been fetched */
	int npairs;
	int capacity;
	int *near;
	int *far;
} JunctionPairs;

/*
 * The levels that the stitching of a recursive node is inside of, each known by
 * the key that its objects were looked up by.
 */
typedef struct RecursionPath
{
	int depth;	   /* levels at the most; 0: all */
	int level;	   /* how many it is inside of */
	int *keys;	   /* per level: its key */
	bool *entered; /* per key: it is one of those */
	int capacity;  /* of both */
} RecursionPath;

typedef struct NodeRun
{
	const FetchNode *node;
	struct NodeRun *shares;	 /* whose store holds the objects; often this one */
	bool fetches;			 /* the last node to ask for those objects */
	KeyTable *asks;			 /* where the keys in its parent's rows are entered … */
	const RowLists *rows_of; /* … and the rows that belong to each of them */
	RecursionPath *path;	 /* of a recursive node and its recursion, else NULL */
	RowStore store;
	JunctionPairs junction;
	RowLists joined; /* many-to-many: rows by the near objects' keys */

	int *parent_keys; /* per row of the parent: number of its key, or NO_KEY */
	int parent_capacity;

	JsonBuffer whole;	 /* objects with their children, written once … */
	Size *whole_offsets; /* … whole_rows of them, and an end */
	int whole_rows;
	int whole_capacity;
	Size *sizes; /* of each row with its children, or NULL where all of it is little */

	ParamListInfo params;
	ParamListInfo junction_params;

	/* for explain */
	PlanKind kind; /* that ran last */
	PlanKind junction_kind;
	int64 rows;
	double milliseconds;
} NodeRun;

/* Looks at a root row before it is written; what they will look like, before the first. */
typedef void (*RootWatcher)(void *argument, TupleTableSlot *slot);
typedef void (*RootWatcherStart)(void *argument, TupleDesc descriptor);

typedef struct FetchRun
{
	FetchGraph *graph;
	const Document *document;
	MemoryContext context;			/* everything of the run */
	MemoryContext row_context;		/* what writing one row leaves behind */
	MemoryContext call_context;		/* arrays of keys; emptied when a next chunk has rows */
	NodeRun *nodes;					/* as the graph's */
	struct StatementCursor *cursor; /* of the root, or NULL */
	Oid role;						/* whose run it is */
	bool row_security;				/* as it was at its start */
	bool noforce_rls;				/* as well: FORCE ROW LEVEL SECURITY did not count */
	bool locks;						/* rows are locked: each statement sees the latest */
	bool done;						/* no root rows are left */
	bool returned;					/* some rows have been handed out */
	bool instrument;				/* measure the nodes */
	int chunk;						/* root rows to fetch next */
	int largest_chunk;
	Size chunk_bytes;  /* a chunk ends when its root rows are so long */
	RootWatcher watch; /* NULL: nobody looks */
	RootWatcherStart watch_start;
	void *watch_argument;
	const struct StatementWatcher *watcher; /* of a root statement that writes, or NULL */
} FetchRun;

/*
 * Begins a run in a context of its own below CurrentMemoryContext; the graph
 * is in use until that context goes.
 */
extern FetchRun *bolt_run_begin(FetchGraph *graph, const Document *document);

/*
 * Fetches the next root rows and all that belongs to them.  Returns how many;
 * 0: there are none left.  Between SPI_connect and SPI_finish.
 */
extern int bolt_run_chunk(FetchRun *run);

/* Closes what a run has open. */
extern void bolt_run_end(FetchRun *run);

/* The single value of this type of a graph that was compiled for count or exists. */
extern Datum bolt_run_scalar(FetchRun *run, Oid type);

/* recursion.c */

/* Makes a path that has room for all the keys that were asked. */
extern void bolt_recursion_prepare(FetchRun *run, NodeRun *state);

/*
 * Goes a level down, to the rows that belong to a key, and up again.
 * Error 22023 where the path is inside of that key already.
 */
extern void bolt_recursion_enter(const NodeRun *state, int key);
extern void bolt_recursion_leave(const NodeRun *state);

/* stitch.c */

/* Writes each shared object with its children once; before the rows of a chunk. */
extern void bolt_stitch_shared(FetchRun *run);

/*
 * Error 54000 where the first rows of a chunk, stitched, would pass the limit of out.
 */
extern void bolt_stitch_check(const FetchRun *run, int nrows, const JsonBuffer *out);

/* stitch_size.c */

/*
 * Fills in the sizes of what is to be stitched, where that could be much.  Error 54000
 * where an object is more than a value can be.
 */
extern void bolt_stitch_sizes(FetchRun *run);

/* How many bytes of a node's objects are written once and kept, to be copied. */
#define WHOLE_BYTES ((Size) 64 * 1024 * 1024)

/* Writes a root row with all that belongs to it. */
extern void bolt_stitch_row(FetchRun *run, int row, JsonBuffer *out);

#endif /* BOLT_FETCH_H */
