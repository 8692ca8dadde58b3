/*-------------------------------------------------------------------------
 *
 * stitch.c
 *	  Joins fragments to objects: bytes are copied, nothing is parsed again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fetch.h"
#include "miscadmin.h"

static void stitch_object(FetchRun *run, NodeRun *state, int row, JsonBuffer *out);

static inline void
append_fragment(const RowStore *store, int row, int fragment, JsonBuffer *out)
{
	const Size *offsets = &store->offsets[(Size) row * store->stride + fragment];

	json_buffer_append(out, store->text.data + offsets[0], offsets[1] - offsets[0]);
}

/* What a child node fetched for a row of its parent: an array, an object, null. */
static void
stitch_child(FetchRun *run, NodeRun *state, int parent_row, JsonBuffer *out)
{
	const RowLists *lists = state->rows_of;
	int key = state->parent_keys[parent_row];
	int link = key == NO_KEY ? -1 : lists->heads[key];
	bool level = state->path != NULL && link >= 0;

	if (level)
		bolt_recursion_enter(state, key);
	if (state->node->to_many)
	{
		json_buffer_append_char(out, '[');
		while (link >= 0)
		{
			CHECK_FOR_INTERRUPTS();
			stitch_object(run, state->shares, lists->rows[link], out);
			link = lists->next[link];
			if (link >= 0)
				json_buffer_append_char(out, ',');
		}
		json_buffer_append_char(out, ']');
	}
	else if (link >= 0)
		stitch_object(run, state->shares, lists->rows[link], out);
	else
		json_buffer_append(out, state->node->missing, state->node->missing_length);
	if (level)
		bolt_recursion_leave(state);
}

/* The recursion at the last level that was asked for: what lies there is not known. */
static inline const FetchNode *
left_out_child(const NodeRun *state)
{
	if (state->path != NULL && state->path->level == state->path->depth)
		return state->node->recursion;
	return NULL;
}

/* Opens an object without its first member: the next one begins with a comma. */
static void
open_without_first(const FetchNode *node, Size start, JsonBuffer *out)
{
	if (out->length == start)
		json_buffer_append_char(out, node->open[0]);
	else
		out->data[start] = node->open[0];
}

/* A row's own fragments with its children between and behind them. */
static void
stitch_row(FetchRun *run, NodeRun *state, int row, JsonBuffer *out)
{
	const FetchNode *node = state->node;
	const FetchNode *left_out = left_out_child(state);
	Size start = out->length;
	int child = 0;

	check_stack_depth();
	for (int fragment = 0; fragment < state->store.stride; fragment++)
	{
		append_fragment(&state->store, row, fragment, out);
		for (; child < node->nchildren && (child <= fragment || fragment == node->nsplits); child++)
		{
			const FetchItem *item = node->children[child];

			if (item->child == left_out)
				continue;
			json_buffer_append(out, item->prefix, item->prefix_length);
			stitch_child(run, &run->nodes[item->child->number], row, out);
		}
	}
	if (left_out != NULL && node->items[0].child == left_out)
		open_without_first(node, start, out);
	json_buffer_append(out, node->close, node->close_length);
}

static void
stitch_object(FetchRun *run, NodeRun *state, int row, JsonBuffer *out)
{
	if (state->node->nchildren == 0)
		append_fragment(&state->store, row, 0, out);
	else if (row < state->whole_rows)
		json_buffer_append(out, state->whole.data + state->whole_offsets[row],
						   state->whole_offsets[row + 1] - state->whole_offsets[row]);
	else
		stitch_row(run, state, row, out);
}

/*
 * An object with children that several rows may refer to.  Not a tree: what is
 * written at each of its places may be far more than what one asks for.
 */
static bool
is_shared(const FetchNode *node)
{
	return node->parent != NULL && node->nchildren > 0 && !node->recursive &&
		(node->junction != NULL || !node->to_many);
}

void
bolt_stitch_shared(FetchRun *run)
{
	bolt_stitch_sizes(run);

	/* children come behind their parents: from the last node on */
	for (int i = run->graph->nnodes - 1; i > 0; i--)
	{
		NodeRun *state = &run->nodes[i];
		int nrows = state->store.nrows;

		if (!is_shared(state->node) || nrows == 0)
			continue;
		if (state->whole.context == NULL)
			bolt_json_buffer_init(&state->whole, run->context, 0);
		if (nrows + 1 > state->whole_capacity)
		{
			Size size = sizeof(Size) * (Size) (nrows + 1) * 2;

			state->whole_capacity = (nrows + 1) * 2;
			state->whole_offsets = state->whole_offsets == NULL ? MemoryContextAllocHuge(run->context, size) :
																  repalloc_huge(state->whole_offsets, size);
		}
		for (int row = 0; row < nrows; row++)
		{
			CHECK_FOR_INTERRUPTS();

			/* what is more than that is joined anew wherever it is referred to */
			if (state->sizes != NULL && state->whole.length + state->sizes[row] > WHOLE_BYTES)
				break;
			state->whole_offsets[row] = state->whole.length;
			stitch_row(run, state, row, &state->whole);
			state->whole_rows = row + 1;
		}
		state->whole_offsets[state->whole_rows] = state->whole.length;
	}
}

void
bolt_stitch_check(const FetchRun *run, int nrows, const JsonBuffer *out)
{
	const NodeRun *root = &run->nodes[0];
	Size size = 0;

	if (root->sizes == NULL || out->limit == 0)
		return;
	for (int row = 0; row < nrows && size <= out->limit; row++)
		size += root->sizes[row] + 1;
	if (size > out->limit - out->length)
		bolt_json_buffer_refuse(out->limit);
}

void
bolt_stitch_row(FetchRun *run, int row, JsonBuffer *out)
{
	const NodeRun *root = &run->nodes[0];

	if (root->sizes != NULL && out->limit > 0 && root->sizes[row] > out->limit - out->length)
		bolt_json_buffer_refuse(out->limit);
	stitch_object(run, &run->nodes[0], row, out);
}
