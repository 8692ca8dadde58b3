/*-------------------------------------------------------------------------
 *
 * fetch.c
 *	  Runs a graph: each node's statement with the keys of the node above.
 *
 * Rows go from the executor's slot into text and are never tuples of ours: a
 * DestReceiver a node writes the columns, notes the keys that the node's children
 * will ask for, and hangs the row into its parent's list.
 *
 * Root rows come in chunks, small ones first; the rows below them are fetched,
 * stitched and forgotten chunk by chunk, so that memory does not grow with the
 * number of root rows.  Objects that many refer to (authors, tags) are kept over
 * chunks as long as they are few.
 *
 * A recursive node's statement runs once a level, before the nodes below it, which
 * so have the rows of all levels to ask for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fetch.h"
#include "graph_cache.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "result_columns.h"
#include "settings.h"
#include "statement.h"
#include "utils/memutils.h"
#include "utils/rls.h"
#include "watched_types.h"

/* The first chunk of root rows, and by how much the next ones grow. */
#define FIRST_CHUNK 64
#define CHUNK_GROWTH 4

/* Where a child's whole table is read for each chunk, chunks are so much larger. */
#define UNINDEXED_GROWTH 16

/* A chunk ends when its root rows take up so many bytes … */
#define CHUNK_BYTES (8 * 1024 * 1024)

/* … which is looked at every so many rows. */
#define CHUNK_STEP 256

/* Shared objects are kept for the next chunk up to so many bytes. */
#define KEPT_BYTES (4 * 1024 * 1024)

typedef struct RowReceiver
{
	DestReceiver pub;
	FetchRun *run;
	NodeRun *node;
} RowReceiver;

/* Room for one more in arrays that grow by doubling. */
static int
grown(int capacity)
{
	if (capacity > INT_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many rows for one chunk"),
				 errhint("Lower \"bolt_orm.chunk_size\".")));
	return Max(capacity * 2, 64);
}

static void *
grow_array(FetchRun *run, void *array, Size element, int capacity)
{
	if (array == NULL)
		return MemoryContextAllocHuge(run->context, element * capacity);
	return repalloc_huge(array, element * capacity);
}

/* ----------
 * Lists of rows by key
 * ----------
 */

/* Lists for keys up to n, the new ones empty. */
static void
lists_for_keys(FetchRun *run, RowLists *lists, int n)
{
	if (n > lists->heads_capacity)
	{
		int capacity = Max(n, lists->heads_capacity * 2);

		lists->heads = grow_array(run, lists->heads, sizeof(int), capacity);
		lists->tails = grow_array(run, lists->tails, sizeof(int), capacity);
		lists->heads_capacity = capacity;
	}
	for (; lists->nheads < n; lists->nheads++)
		lists->heads[lists->nheads] = -1;
}

static inline void
append_to_list(FetchRun *run, RowLists *lists, int key, int row)
{
	int link = lists->nlinks;

	if (link == lists->links_capacity)
	{
		lists->links_capacity = grown(lists->links_capacity);
		lists->rows = grow_array(run, lists->rows, sizeof(int), lists->links_capacity);
		lists->next = grow_array(run, lists->next, sizeof(int), lists->links_capacity);
	}
	lists->rows[link] = row;
	lists->next[link] = -1;
	if (lists->heads[key] < 0)
		lists->heads[key] = link;
	else
		lists->next[lists->tails[key]] = link;
	lists->tails[key] = link;
	lists->nlinks++;
}

static void
reset_lists(RowLists *lists)
{
	lists->nheads = 0;
	lists->nlinks = 0;
}

/* ----------
 * Receiving rows
 * ----------
 */

/*
 * Makes a column's writer, where it has none for values of this type yet.  One that
 * wrote values of another type is only replaced where nobody else is using it and
 * nothing that it wrote has been handed out.
 */
static void
prepare_writer(FetchItem *item, Oid type, uint64 types, const FetchRun *run)
{
	JsonWriter writer;

	if (item->writer.write != NULL)
	{
		if (item->writer.type == type && item->writer.types == types)
			return;
		if (item->writer.type != type && (run->returned || run->graph->users > 1))
			bolt_refuse_changed_result();
	}
	bolt_json_writer_init(&writer, type, run->graph->bigint_as_string, run->graph->context);
	item->writer = writer;
}

/* Are the columns what the node was compiled for? */
static void
receiver_startup(DestReceiver *self, int operation, TupleDesc descriptor)
{
	RowReceiver *receiver = (RowReceiver *) self;
	FetchRun *run = receiver->run;
	const FetchNode *node = receiver->node->node;
	uint64 types = bolt_watched_types_refresh();

	if (node->parent != NULL)
		bolt_expect_key(descriptor, &node->key, node->own_attnos, 0);
	for (int i = 0; i < node->nchildren; i++)
	{
		const NodeRun *child = &run->nodes[node->children[i]->child->number];

		bolt_expect_key(descriptor, child->asks->type, child->node->parent_attnos, 0);
	}
	for (int i = 0; i < node->nitems; i++)
	{
		FetchItem *item = &node->items[i];

		if (item->child != NULL)
			continue;
		if (item->attno > descriptor->natts)
			bolt_refuse_changed_result();
		prepare_writer(item, TupleDescAttr(descriptor, item->attno - 1)->atttypid, types, run);
	}
	if (node->parent == NULL && run->watch_start != NULL)
		run->watch_start(run->watch_argument, descriptor);
	bolt_json_out_begin();
}

static void
receiver_startup_pairs(DestReceiver *self, int operation, TupleDesc descriptor)
{
	const FetchNode *node = ((RowReceiver *) self)->node->node;

	bolt_expect_key(descriptor, &node->junction_key, NULL, 1);
	bolt_expect_key(descriptor, &node->key, NULL, 1 + node->junction_key.ncolumns);
}

static void
receiver_shutdown(DestReceiver *self)
{
}

static void
receiver_destroy(DestReceiver *self)
{
}

/* The key that stands in these columns of a row; false where one is null. */
static inline bool
read_key(TupleTableSlot *slot, const KeyType *type, const AttrNumber *attnos, Datum *key)
{
	for (int i = 0; i < type->ncolumns; i++)
	{
		if (slot->tts_isnull[attnos[i] - 1])
			return false;
		key[i] = slot->tts_values[attnos[i] - 1];
	}
	return true;
}

/* Notes what a child will ask for on behalf of the row that is being received. */
static inline void
note_child_key(FetchRun *run, NodeRun *child, TupleTableSlot *slot, int row)
{
	KeyTable *keys = child->asks;
	Datum key[INDEX_MAX_KEYS];

	if (row >= child->parent_capacity)
	{
		child->parent_capacity = grown(child->parent_capacity);
		child->parent_keys = grow_array(run, child->parent_keys, sizeof(int), child->parent_capacity);
	}
	child->parent_keys[row] = read_key(slot, keys->type, child->node->parent_attnos, key) ?
		bolt_key_number(keys, key, true) :
		NO_KEY;
}

static inline void
write_columns(const FetchNode *node, RowStore *store, TupleTableSlot *slot)
{
	JsonBuffer *out = &store->text;
	Size *offsets = &store->offsets[(Size) store->nrows * store->stride];
	int nsplits = 0;

	offsets[0] = out->length;
	if (node->nitems == 0)
		json_buffer_append(out, node->open, strlen(node->open));
	for (int i = 0; i < node->nitems; i++)
	{
		const FetchItem *item = &node->items[i];

		if (item->child != NULL)
		{
			if (nsplits < node->nsplits)
				offsets[++nsplits] = out->length;
			continue;
		}
		json_buffer_append(out, item->prefix, item->prefix_length);
		if (slot->tts_isnull[item->attno - 1])
			json_buffer_append(out, "null", 4);
		else
			item->writer.write(&item->writer, slot->tts_values[item->attno - 1], out);
	}
	if (node->nchildren == 0)
		json_buffer_append(out, node->close, node->close_length);
	offsets[store->stride] = out->length;
}

/* Room for one more row. */
static inline void
make_room(FetchRun *run, const FetchNode *node, RowStore *store)
{
	if (store->nrows < store->capacity)
		return;
	store->capacity = grown(store->capacity);
	store->offsets = grow_array(run, store->offsets, sizeof(Size) * store->stride, store->capacity + 1);
	if (node->ordered)
		store->row_keys = grow_array(run, store->row_keys, sizeof(int), store->capacity);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	FetchRun *run = receiver->run;
	NodeRun *state = receiver->node;
	const FetchNode *node = state->node;
	RowStore *store = &state->store;
	int row = store->nrows;
	MemoryContext old = MemoryContextSwitchTo(run->row_context);

	slot_getallattrs(slot);
	if (node->parent != NULL)
	{
		Datum key[INDEX_MAX_KEYS];
		int number = NO_KEY;

		/* a range with gaps also reads rows of keys that were asked before */
		if (read_key(slot, &node->key, node->own_attnos, key))
			number = bolt_key_number(&store->keys, key, false);
		if (number < store->asked || number >= store->by_key.nheads)
		{
			MemoryContextSwitchTo(old);
			return true;
		}
		append_to_list(run, &store->by_key, number, row);
		make_room(run, node, store);
		if (node->ordered)
			store->row_keys[row] = number;
	}
	else
		make_room(run, node, store);
	for (int i = 0; i < node->nchildren; i++)
		note_child_key(run, &run->nodes[node->children[i]->child->number], slot, row);
	write_columns(node, store, slot);
	store->nrows++;
	MemoryContextSwitchTo(old);
	MemoryContextReset(run->row_context);
	return true;
}

/* A root row that the caller looks at first. */
static bool
receive_watched_row(TupleTableSlot *slot, DestReceiver *self)
{
	FetchRun *run = ((RowReceiver *) self)->run;

	slot_getallattrs(slot);
	run->watch(run->watch_argument, slot);
	return receive_row(slot, self);
}

/* A pair of the through table: the near object's key, then the far one's. */
static bool
receive_pair(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	FetchRun *run = receiver->run;
	NodeRun *state = receiver->node;
	const FetchNode *node = state->node;
	JunctionPairs *pairs = &state->junction;
	int n = node->junction_key.ncolumns;
	int near_key = NO_KEY;
	AttrNumber attnos[INDEX_MAX_KEYS * 2];
	Datum key[INDEX_MAX_KEYS];

	slot_getallattrs(slot);
	for (int i = 0; i < n + node->key.ncolumns; i++)
		attnos[i] = i + 1;
	if (read_key(slot, &node->junction_key, attnos, key))
		near_key = bolt_key_number(&pairs->keys, key, false);
	if (near_key == NO_KEY || !read_key(slot, &node->key, attnos + n, key))
		return true;
	if (pairs->npairs == pairs->capacity)
	{
		pairs->capacity = grown(pairs->capacity);
		pairs->near = grow_array(run, pairs->near, sizeof(int), pairs->capacity);
		pairs->far = grow_array(run, pairs->far, sizeof(int), pairs->capacity);
	}
	pairs->near[pairs->npairs] = near_key;
	pairs->far[pairs->npairs] = bolt_key_number(&state->shares->store.keys, key, true);
	pairs->npairs++;
	return true;
}

static void
init_receiver(RowReceiver *receiver, FetchRun *run, NodeRun *node,
			  bool (*receive)(TupleTableSlot *slot, DestReceiver *self))
{
	memset(receiver, 0, sizeof(RowReceiver));
	receiver->pub.receiveSlot = receive;
	receiver->pub.rStartup = receiver_startup;
	receiver->pub.rShutdown = receiver_shutdown;
	receiver->pub.rDestroy = receiver_destroy;
	receiver->pub.mydest = DestTuplestore; /* what SPI takes for a SELECT that keeps its rows elsewhere */
	receiver->run = run;
	receiver->node = node;
}

/* ----------
 * The nodes below the root
 * ----------
 */

/*
 * How the statement is to look the keys up.  With one row a key at the most, a
 * range with gaps reads a row too many for each of them, which nobody asks for
 * and the receiver drops; with many rows a key there is no telling how many that were.
 */
static PlanKind
plan_kind(const FetchStatement *statement, const KeyTable *keys, int first, bool unique)
{
	if (!statement->keyed_by_index)
		return PLAN_MANY;
	if (keys->count - first <= FEW_KEYS)
		return PLAN_FEW;
	if (statement->range_sql != NULL && bolt_keys_are_dense(keys, first, unique ? 1 : 0))
		return PLAN_RANGE;
	return PLAN_MANY;
}

static void
set_keys(const FetchStatement *statement, PlanKind kind, ParamListInfo params, const KeyTable *keys,
		 int first)
{
	for (int i = 0; i < statement->nparams; i++)
	{
		if (statement->params[i].bind != NULL)
			continue;
		params->params[i].value = kind == PLAN_RANGE ?
			bolt_key_bounds(keys, first) :
			bolt_key_array(keys, statement->params[i].key_column, first);
		params->params[i].isnull = false;
	}
}

/* unique: the keys are of rows that have them for themselves. */
static void
run_keyed(FetchRun *run, FetchStatement *statement, ParamListInfo params, const KeyTable *keys, int first,
		  bool unique, RowReceiver *receiver, PlanKind *kind_run)
{
	PlanKind kind = plan_kind(statement, keys, first, unique);
	MemoryContext old = MemoryContextSwitchTo(run->call_context);

	set_keys(statement, kind, params, keys, first);
	MemoryContextSwitchTo(old);
	*kind_run = kind;
	bolt_statement_run(statement, kind, params, 0, !run->locks, &receiver->pub);
	MemoryContextSwitchTo(old);
}

/*
 * The rows of each near object, from the pairs and the far rows: in the order of
 * the far rows, those from number first on, where their statement has one, else in
 * that of the pairs.
 */
static void
join_pairs(FetchRun *run, NodeRun *state, int first)
{
	const JunctionPairs *pairs = &state->junction;
	const RowStore *store = &state->shares->store;
	RowLists pairs_of = {0};

	lists_for_keys(run, &state->joined, pairs->keys.count);
	if (!state->node->ordered)
	{
		for (int i = 0; i < pairs->npairs; i++)
		{
			CHECK_FOR_INTERRUPTS();
			for (int link = store->by_key.heads[pairs->far[i]]; link >= 0; link = store->by_key.next[link])
				append_to_list(run, &state->joined, pairs->near[i], store->by_key.rows[link]);
		}
		return;
	}

	lists_for_keys(run, &pairs_of, store->keys.count);
	for (int i = 0; i < pairs->npairs; i++)
		append_to_list(run, &pairs_of, pairs->far[i], i);
	for (int row = first; row < store->nrows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int link = pairs_of.heads[store->row_keys[row]]; link >= 0; link = pairs_of.next[link])
			append_to_list(run, &state->joined, pairs->near[pairs_of.rows[link]], row);
	}
	if (pairs_of.heads != NULL)
	{
		pfree(pairs_of.heads);
		pfree(pairs_of.tails);
	}
	if (pairs_of.rows != NULL)
	{
		pfree(pairs_of.rows);
		pfree(pairs_of.next);
	}
}

/*
 * Runs a node's statements for the keys that are new.  Objects that several nodes
 * share wait for the last of them, so that one statement fetches them all.
 */
static void
run_statements(FetchRun *run, NodeRun *state)
{
	const FetchNode *node = state->node;
	NodeRun *shared = state->shares;
	RowStore *store = &shared->store;
	RowReceiver receiver;

	if (node->junction != NULL && state->junction.asked < state->junction.keys.count)
	{
		init_receiver(&receiver, run, state, receive_pair);
		receiver.pub.rStartup = receiver_startup_pairs;
		run_keyed(run, node->junction, state->junction_params, &state->junction.keys, state->junction.asked,
				  false, &receiver, &state->junction_kind);
		state->junction.asked = state->junction.keys.count;
	}
	if (!state->fetches)
		return;
	lists_for_keys(run, &store->by_key, store->keys.count);
	if (store->asked < store->keys.count)
	{
		/* the rows of a recursive node bring more keys */
		int count = store->keys.count;

		init_receiver(&receiver, run, shared, receive_row);
		run_keyed(run, shared->node->statement, shared->params, &store->keys, store->asked,
				  shared->node->unique_key, &receiver, &shared->kind);
		store->asked = count;
	}
}

/*
 * Runs a recursive node level by level: the rows of one hold the keys that the next
 * asks for.  A key is asked for once, at whatever levels it is met, so that this
 * ends even where the rows lead back to themselves.
 */
static void
run_levels(FetchRun *run, NodeRun *state)
{
	const FetchNode *node = state->node;
	RowStore *store = &state->store;
	const int *asked = node->junction ? &state->junction.asked : &store->asked;

	for (int level = 0; *asked < state->asks->count && (node->depth == 0 || level < node->depth); level++)
	{
		int first = store->nrows;

		run_statements(run, state);
		if (node->junction == NULL)
			continue;

		/*
		 * The order of a list is that of one statement: far objects of this level
		 * that are met at the next are fetched again.
		 */
		join_pairs(run, state, first);
		state->junction.npairs = 0;
		store->asked = 0;
		bolt_key_table_reset(&store->keys);
		reset_lists(&store->by_key);
	}
	bolt_recursion_prepare(run, state);
}

static void
run_node(FetchRun *run, NodeRun *state)
{
	if (state->node->recursion != NULL)
		run_levels(run, state);
	else
		run_statements(run, state);
}

/* Adds to what explain reports of a node. */
static void
measure(NodeRun *state, instr_time start, int rows_before)
{
	instr_time duration;

	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	state->milliseconds += INSTR_TIME_GET_MILLISEC(duration);
	state->rows += state->shares->store.nrows - rows_before;
}

/* ----------
 * The run
 * ----------
 */
static void
forget_graph(void *graph)
{
	bolt_graph_release(graph);
}

static inline bool
is_recursion(const FetchNode *node)
{
	return node->parent != NULL && node->parent->recursion == node;
}

/* What a recursion asks and gets is its parent's. */
static void
init_node(FetchRun *run, NodeRun *state, const FetchNode *node)
{
	state->node = node;
	state->shares = &run->nodes[node->shares->number];
	if (is_recursion(node))
	{
		state->asks = state->shares->asks;
		state->rows_of = state->shares->rows_of;
		state->path = state->shares->path;
		return;
	}
	state->store.stride = 1 + node->nsplits;
	bolt_json_buffer_init(&state->store.text, run->context, 0);
	state->asks = &state->shares->store.keys;
	state->rows_of = &state->shares->store.by_key;
	if (node->parent != NULL)
		bolt_key_table_init(&state->store.keys, &node->key);
	if (node->junction != NULL)
	{
		state->asks = &state->junction.keys;
		state->rows_of = &state->joined;
		bolt_key_table_init(&state->junction.keys, &node->junction_key);
		state->junction_params = bolt_statement_params(node->junction, run->document);
	}
	state->params = bolt_statement_params(node->statement, run->document);
	if (node->recursion != NULL)
	{
		state->path = palloc0(sizeof(RecursionPath));
		state->path->depth = node->depth;
	}
}

FetchRun *
bolt_run_begin(FetchGraph *graph, const Document *document)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm run", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	FetchRun *run = palloc0(sizeof(FetchRun));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	run->graph = graph;
	run->document = document;
	run->role = GetUserId();
	run->row_security = row_security;
	run->noforce_rls = InNoForceRLSOperation();
	run->context = context;
	run->row_context = AllocSetContextCreate(context, "bolt_orm row", ALLOCSET_SMALL_SIZES);
	run->call_context = AllocSetContextCreate(context, "bolt_orm chunk", ALLOCSET_DEFAULT_SIZES);
	run->largest_chunk = graph->all_indexed ? bolt_chunk_size : bolt_chunk_size * UNINDEXED_GROWTH;
	run->chunk = graph->all_indexed ? Min(FIRST_CHUNK, bolt_chunk_size) : run->largest_chunk;
	run->chunk_bytes = CHUNK_BYTES;
	callback->func = forget_graph;
	callback->arg = graph;
	graph->users++;
	MemoryContextRegisterResetCallback(context, callback);

	run->nodes = palloc0(sizeof(NodeRun) * graph->nnodes);
	for (int i = 0; i < graph->nnodes; i++)
		init_node(run, &run->nodes[i], graph->nodes[i]);
	for (int i = graph->nnodes - 1; i > 0; i--)
	{
		bool later = is_recursion(graph->nodes[i]);

		for (int j = i + 1; j < graph->nnodes; j++)
			later |= run->nodes[j].shares == run->nodes[i].shares && !is_recursion(graph->nodes[j]);
		run->nodes[i].fetches = !later;
	}
	MemoryContextSwitchTo(old);
	return run;
}

/* Makes room for the next chunk; what many refer to stays, as long as it is little. */
static void
reset_nodes(FetchRun *run)
{
	for (int i = 0; i < run->graph->nnodes; i++)
	{
		NodeRun *state = &run->nodes[i];
		RowStore *store = &state->store;

		if (state->node->junction != NULL)
		{
			bolt_key_table_reset(&state->junction.keys);
			state->junction.asked = 0;
			state->junction.npairs = 0;
			reset_lists(&state->joined);
		}
		state->whole_rows = 0;
		state->whole.length = 0;
		if (state->node->keep && store->text.length < KEPT_BYTES)
			continue;
		store->text.length = 0;
		store->nrows = 0;
		store->asked = 0;
		reset_lists(&store->by_key);
		if (state->node->parent != NULL)
			bolt_key_table_reset(&store->keys);
	}
}

/* How many root rows there can be at the most, by the slice; -1: not known. */
static int64
slice_bound(const FetchRun *run)
{
	const QuerySet *queryset = run->document->queryset;

	if (queryset->constant_limit > 0 || queryset->row_limit > 0)
		return Max(queryset->constant_limit, queryset->row_limit);
	if (queryset->limit != NULL)
		return strtoll(queryset->limit->text, NULL, 10);
	return -1;
}

/* Few root rows are fetched at once; for others a cursor stays open. */
static void
run_root(FetchRun *run)
{
	NodeRun *root = &run->nodes[0];
	RowReceiver receiver;
	MemoryContext old = CurrentMemoryContext;

	init_receiver(&receiver, run, root, run->watch ? receive_watched_row : receive_row);
	if (run->cursor == NULL)
	{
		int64 bound = slice_bound(run);

		if (run->locks || (bound >= 0 && bound <= Max(run->largest_chunk, FIRST_CHUNK)))
		{
			if (run->watcher != NULL)
				bolt_statement_write(root->node->statement, root->params, &receiver.pub, run->watcher);
			else
				bolt_statement_run(root->node->statement, PLAN_MANY, root->params,
								   run->document->queryset->row_limit, !run->locks, &receiver.pub);
			run->done = true;
			MemoryContextSwitchTo(old);
			return;
		}
		MemoryContextSwitchTo(run->context);
		run->cursor = bolt_cursor_open(root->node->statement, root->params);
	}
	while (!run->done && root->store.nrows < run->chunk && root->store.text.length < run->chunk_bytes)
	{
		int count = Min(run->chunk - root->store.nrows, CHUNK_STEP);

		if (bolt_cursor_fetch(run->cursor, count, &receiver.pub) < count)
			run->done = true;
	}
	run->chunk = Min(run->chunk * CHUNK_GROWTH, run->largest_chunk);
	MemoryContextSwitchTo(old);
}

/* A graph is one role's: chunks read as different ones would not fit together. */
static void
check_role(const FetchRun *run)
{
	if (run->role != GetUserId() || run->row_security != row_security ||
		run->noforce_rls != InNoForceRLSOperation())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the role or \"row_security\" has changed during a fetch")));
}

int
bolt_run_chunk(FetchRun *run)
{
	if (run->done)
		return 0;
	check_role(run);
	if (run->nodes[0].store.nrows > 0)
		reset_nodes(run);
	for (int i = 0; i < run->graph->nnodes; i++)
	{
		NodeRun *state = &run->nodes[i];
		int rows = state->shares->store.nrows;
		instr_time start;

		if (run->instrument)
			INSTR_TIME_SET_CURRENT(start);
		if (i == 0)
			run_root(run);
		else
			run_node(run, state);
		if (run->instrument)
			measure(state, start, rows);
		if (run->nodes[0].store.nrows == 0)
			return 0;

		/* parameters still point to the last chunk's keys, which explain shows at the end */
		if (i == 0)
			MemoryContextReset(run->call_context);
	}
	for (int i = 1; i < run->graph->nnodes; i++)
	{
		if (run->nodes[i].node->junction != NULL && run->nodes[i].node->recursion == NULL)
			join_pairs(run, &run->nodes[i], 0);
	}
	bolt_stitch_shared(run);
	run->returned = true;
	return run->nodes[0].store.nrows;
}

void
bolt_run_end(FetchRun *run)
{
	if (run->cursor != NULL)
		bolt_cursor_close(run->cursor);
	run->cursor = NULL;
	run->done = true;
}

/* ----------
 * One value
 * ----------
 */
typedef struct ScalarReceiver
{
	DestReceiver pub;
	Oid type;
	Datum value;
} ScalarReceiver;

static void
scalar_startup(DestReceiver *self, int operation, TupleDesc descriptor)
{
	bolt_expect_column(descriptor, 1, ((ScalarReceiver *) self)->type);
}

static bool
receive_scalar(TupleTableSlot *slot, DestReceiver *self)
{
	bool isnull;

	((ScalarReceiver *) self)->value = slot_getattr(slot, 1, &isnull);
	return true;
}

Datum
bolt_run_scalar(FetchRun *run, Oid type)
{
	ScalarReceiver receiver = {.pub = {.receiveSlot = receive_scalar,
									   .rStartup = scalar_startup,
									   .rShutdown = receiver_shutdown,
									   .rDestroy = receiver_destroy,
									   .mydest = DestTuplestore},
							   .type = type};

	bolt_statement_run(run->nodes[0].node->statement, PLAN_MANY, run->nodes[0].params, 0, true,
					   &receiver.pub);
	return receiver.value;
}
