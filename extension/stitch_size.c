/*-------------------------------------------------------------------------
 *
 * stitch_size.c
 *	  How large will objects be, once their parts are joined?
 *
 * What many objects refer to is written into each of them, so that a few megabytes of
 * rows can become any number of gigabytes: the tags of an article, their articles, the
 * tags of these.  The size of an object follows from the lengths of its parts; it is added
 * up before anything is copied.
 *
 * Mostly a rough bound shows that there is nothing to fear.  A recursive prefetch goes
 * ways that only stitching finds: its objects are counted without what is nested in them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fetch.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static inline Size
own_size(const NodeRun *state, int row)
{
	const RowStore *store = &state->store;

	return store->offsets[(Size) (row + 1) * store->stride] - store->offsets[(Size) row * store->stride];
}

/* Objects that have no sizes of their own: no children, or none that can be counted. */
static inline bool
is_simple(const NodeRun *state)
{
	return state->node->nchildren == 0 || state->node->recursive;
}

/* ----------
 * A bound
 * ----------
 */
static double
largest_object(const NodeRun *state, double total)
{
	Size largest = 0;

	if (!is_simple(state))
		return total;
	for (int row = 0; row < state->store.nrows; row++)
		largest = Max(largest, own_size(state, row));
	return largest;
}

/* All objects of a child node, as often as the rows of its parent have them. */
static double
bound_of_child(const NodeRun *child, int nparents, const double *totals)
{
	const NodeRun *objects = child->shares;
	double total = totals[objects->node->number];

	/* rows with the same key have the same list */
	double repeated = Max(1, nparents - child->asks->count + 1);

	if (!child->node->to_many)
		return nparents * largest_object(objects, total);
	if (child->node->junction == NULL)
		return repeated * (total + child->rows_of->nlinks);
	return repeated * child->rows_of->nlinks * (largest_object(objects, total) + 1);
}

/* Can anything become more than what is kept as a whole? */
static bool
may_be_much(const FetchRun *run)
{
	int n = run->graph->nnodes;
	double *totals = palloc0(sizeof(double) * n);
	bool much = false;

	/* children come behind their parents */
	for (int i = n - 1; i >= 0 && !much; i--)
	{
		const NodeRun *state = &run->nodes[i];
		int nrows = state->store.nrows;

		totals[i] = state->store.text.length + nrows;
		for (int c = 0; c < state->node->nchildren && !is_simple(state); c++)
		{
			const FetchItem *item = state->node->children[c];

			totals[i] += (double) nrows * (item->prefix_length + 4) +
				bound_of_child(&run->nodes[item->child->number], nrows, totals);
		}
		much = totals[i] > WHOLE_BYTES;
	}
	pfree(totals);
	return much;
}

/* ----------
 * Exactly
 * ----------
 */
static void
too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("an object would be larger than %zu bytes", (Size) MaxAllocSize),
			 errdetail("What several objects refer to is written into each of them."),
			 errhint("Prefetch fewer levels, or slice or filter the prefetched querysets.")));
}

static Size
size_of_child(const NodeRun *child, int parent_row)
{
	const NodeRun *objects = child->shares;
	const RowLists *lists = child->rows_of;
	int key = child->parent_keys[parent_row];
	Size size = 2;

	if (key == NO_KEY || lists->heads[key] < 0)
		return child->node->to_many ? size : child->node->missing_length;
	for (int link = lists->heads[key]; link >= 0 && size <= MaxAllocSize; link = lists->next[link])
	{
		int row = lists->rows[link];

		CHECK_FOR_INTERRUPTS();
		size += 1 + (objects->sizes != NULL ? objects->sizes[row] : own_size(objects, row));
		if (!child->node->to_many)
			break;
	}
	return size;
}

static void
fill_sizes(FetchRun *run, NodeRun *state)
{
	int nrows = state->store.nrows;

	state->sizes = MemoryContextAllocHuge(run->call_context, sizeof(Size) * Max(nrows, 1));
	for (int row = 0; row < nrows; row++)
	{
		Size size = own_size(state, row) + state->node->close_length;

		for (int c = 0; c < state->node->nchildren; c++)
		{
			const FetchItem *item = state->node->children[c];

			size += item->prefix_length + size_of_child(&run->nodes[item->child->number], row);
			if (size > MaxAllocSize)
				too_large();
		}
		state->sizes[row] = size;
	}
}

void
bolt_stitch_sizes(FetchRun *run)
{
	bool much = may_be_much(run);

	for (int i = run->graph->nnodes - 1; i >= 0; i--)
	{
		NodeRun *state = &run->nodes[i];

		/* those of the chunk before went with its context */
		state->sizes = NULL;
		if (much && !is_simple(state))
			fill_sizes(run, state);
	}
}
