/*-------------------------------------------------------------------------
 *
 * cursor_page.c
 *	  bolt.cursor_page: a page of a queryset behind or before a cursor.
 *
 * A cursor is a place in the order: the values of the order's terms in a row, as
 * their types' output functions write them.  Nobody but us reads it, and it
 * reaches no SQL text.  It is base64url of a checksum and
 *
 *	  ["hash of the order", ">", "value", null, …]
 *
 * with "=" instead of ">" where a row at the very place lies behind the cursor,
 * too: on an empty page, which has no row to begin the next one from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/base64.h"
#include "common/hashfn.h"
#include "error.h"
#include "fetch.h"
#include "fmgr.h"
#include "graph_cache.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "read.h"
#include "result_columns.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(bolt_cursor_page);

/* An array is as deep as a cursor gets. */
#define CURSOR_DEPTH 1

/* The hash of an order, in hexadecimal digits */
#define ORDERING_LENGTH 16

/* A place in the order. */
typedef struct PageCursor
{
	char ordering[ORDERING_LENGTH + 1];
	bool inclusive;
	int nvalues;
	char **values; /* NULL for null */
} PageCursor;

/*
 * The rows that come first and last in a page, in the order in which it is read.
 * The last one counts only where one more comes behind it.
 */
typedef struct PageEdges
{
	MemoryContext context;
	const Keyset *keyset;
	int64 page_size;
	int64 nrows; /* seen so far */
	char **first;
	char **last;
} PageEdges;

/* The objects of a page, to be put in the queryset's order. */
typedef struct PageItems
{
	JsonBuffer text;
	Size *offsets; /* nitems of them, and an end */
	int64 nitems;
	int64 capacity;
} PageItems;

/* ----------
 * The text of a cursor
 * ----------
 */
static char *
encode_cursor(const PageCursor *cursor)
{
	JsonBuffer json;
	uint32 checksum = 0;
	char *text;
	int length;

	bolt_json_buffer_init(&json, CurrentMemoryContext, MaxAllocSize / 2);
	json_buffer_append(&json, (char *) &checksum, sizeof(checksum));
	json_buffer_append_char(&json, '[');
	bolt_json_write_string(&json, cursor->ordering, ORDERING_LENGTH);
	json_buffer_append(&json, cursor->inclusive ? ",\"=\"" : ",\">\"", 4);
	for (int i = 0; i < cursor->nvalues; i++)
	{
		json_buffer_append_char(&json, ',');
		if (cursor->values[i] == NULL)
			json_buffer_append(&json, "null", 4);
		else
			bolt_json_write_string(&json, cursor->values[i], strlen(cursor->values[i]));
	}
	json_buffer_append_char(&json, ']');
	checksum = hash_bytes((unsigned char *) json.data + sizeof(checksum), json.length - sizeof(checksum));
	memcpy(json.data, &checksum, sizeof(checksum));

	length = pg_b64_enc_len(json.length);
	text = palloc(length + 1);
	length = pg_b64_encode((void *) json.data, json.length, text, length);
	while (length > 0 && text[length - 1] == '=')
		length--;
	text[length] = '\0';
	for (int i = 0; i < length; i++)
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	return text;
}

/* The bytes of base64url; how many, or -1 where it is none. */
static int
decode_base64url(char *text, int length, char **bytes)
{
	char *padded = palloc(length + 4);
	int size;

	for (int i = 0; i < length; i++)
	{
		if (strchr("+/=", text[i]) != NULL)
			return -1;
		padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	}
	while (length % 4 != 0)
		padded[length++] = '=';
	size = pg_b64_dec_len(length);
	*bytes = palloc(size + 1);
	return pg_b64_decode(padded, length, (void *) *bytes, size);
}

static bool
is_cursor(const JsonValue *value)
{
	if (value->kind != JSON_ARRAY || value->count < 2 || value->first->kind != JSON_STRING ||
		value->first->length != ORDERING_LENGTH)
		return false;
	json_foreach(each, value)
	{
		if (each->kind != JSON_STRING && (each->kind != JSON_NULL || each->index < 2))
			return false;
	}
	return true;
}

/* Error 22023 for whatever has not been a cursor. */
static JsonValue *
decode_cursor(text *argument)
{
	char *bytes = NULL;
	int length = decode_base64url(VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument), &bytes);
	uint32 checksum;
	JsonValue *value;

	if (length <= (int) sizeof(checksum))
		bolt_invalid_cursor();
	memcpy(&checksum, bytes, sizeof(checksum));
	bytes += sizeof(checksum);
	length -= sizeof(checksum);
	if (checksum != hash_bytes((unsigned char *) bytes, length) ||
		!pg_verify_mbstr(GetDatabaseEncoding(), bytes, length, true))
		bolt_invalid_cursor();
	value = bolt_json_parse(bytes, length, CURSOR_DEPTH);
	if (!is_cursor(value))
		bolt_invalid_cursor();
	return value;
}

/* Makes the document that of the rows behind or before the cursor. */
static void
set_place(Document *document, PageCursor *cursor, KeysetPage *page, const JsonValue *value)
{
	JsonValue *member = value->first;

	strlcpy(cursor->ordering, member->text, sizeof(cursor->ordering));
	member = member->next;
	cursor->inclusive = page->inclusive = json_is_string(member, "=");
	cursor->values = palloc(sizeof(char *) * value->count);
	page->from_cursor = true;
	bolt_document_add_shape(document, cursor->inclusive ? "=" : ">");
	while ((member = member->next) != NULL)
	{
		bool null = member->kind == JSON_NULL;

		member->parent = NULL; /* for messages: it stands in no document */
		page->values = lappend(page->values, bolt_document_add_literal(document, member));
		bolt_document_add_shape(document, null ? "null" : "value");
		cursor->values[cursor->nvalues++] = null ? NULL : unconstify(char *, member->text);
	}
}

/* ----------
 * What the order is
 * ----------
 */
static uint64
hash_text(uint64 hash, const char *text, int length)
{
	return hash_combine64(hash, hash_bytes_extended((const unsigned char *) text, length, length));
}

/* Without white space */
static uint64
hash_json(uint64 hash, const JsonValue *value)
{
	check_stack_depth();
	hash = hash_combine64(hash, value->kind);
	if (value->kind == JSON_STRING || value->kind == JSON_NUMBER)
		hash = hash_text(hash, value->text, value->length);
	json_foreach(member, value)
	{
		if (member->name != NULL)
			hash = hash_text(hash, member->name, member->name_length);
		hash = hash_json(hash, member);
	}
	return hash_combine64(hash, value->count);
}

/*
 * What orders a page, in hexadecimal: the terms that have been compiled, and what
 * the document says that those are, literals and annotations included.
 */
static void
hash_ordering(char *text, const Document *document, const Keyset *keyset)
{
	const QuerySet *queryset = document->queryset;
	uint64 hash = keyset->ordering;
	bool by_annotation = false;
	const struct NameTable *annotations = bolt_annotation_names(queryset->calls);
	ListCell *lc;

	foreach(lc, queryset->order_by)
	{
		const OrderTerm *term = lfirst(lc);

		if (term->path != NULL)
			hash = hash_text(hash, term->path, strlen(term->path));
		else
			hash = hash_json(hash, term->value);
		by_annotation |= term->path == NULL || bolt_names_annotation(term->path, annotations);
	}
	foreach(lc, queryset->calls)
	{
		const AnnotateCall *annotate = ((QueryCall *) lfirst(lc))->annotate;

		if (by_annotation && annotate != NULL)
			hash = hash_json(hash_text(hash, annotate->name, strlen(annotate->name)), annotate->value);
	}
	snprintf(text, ORDERING_LENGTH + 1, "%08x%08x", (uint32) (hash >> 32), (uint32) hash);
}

/* ----------
 * The rows at the edges
 * ----------
 */

/*
 * Settings under which the values' texts mean the same in every session, as
 * postgres_fdw sends them.  To be ended with AtEOXact_GUC.
 */
static int
begin_portable_output(void)
{
	int level = NewGUCNestLevel();

	if (DateStyle != USE_ISO_DATES)
		(void) set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	if (IntervalStyle != INTSTYLE_POSTGRES)
		(void) set_config_option("intervalstyle", "postgres", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	if (extra_float_digits < 3)
		(void) set_config_option("extra_float_digits", "3", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								 0, false);
	return level;
}

static char **
key_texts(const PageEdges *edges, const TupleTableSlot *slot)
{
	const Keyset *keyset = edges->keyset;
	MemoryContext old = MemoryContextSwitchTo(edges->context);
	char **texts = palloc0(sizeof(char *) * Max(keyset->nkeys, 1));
	int level = begin_portable_output();

	for (int i = 0; i < keyset->nkeys; i++)
	{
		int column = keyset->attnos[i] - 1;
		Oid output;
		bool is_varlena;

		if (slot->tts_isnull[column])
			continue;
		getTypeOutputInfo(keyset->types[i], &output, &is_varlena);
		texts[i] = OidOutputFunctionCall(output, slot->tts_values[column]);
	}
	AtEOXact_GUC(true, level);
	MemoryContextSwitchTo(old);
	return texts;
}

static void
expect_keys(void *argument, TupleDesc descriptor)
{
	const Keyset *keyset = ((const PageEdges *) argument)->keyset;

	for (int i = 0; i < keyset->nkeys; i++)
		bolt_expect_column(descriptor, keyset->attnos[i], keyset->types[i]);
}

static void
note_edges(void *argument, TupleTableSlot *slot)
{
	PageEdges *edges = argument;

	if (edges->nrows == 0)
		edges->first = key_texts(edges, slot);
	if (edges->nrows == edges->page_size - 1)
		edges->last = edges->nrows == 0 ? edges->first : key_texts(edges, slot);
	edges->nrows++;
}

/* ----------
 * The page
 * ----------
 */
static void
add_item(PageItems *items, FetchRun *run, int row)
{
	if (items->nitems + 1 >= items->capacity)
	{
		items->capacity = Max(items->capacity * 2, 64);
		items->offsets = items->offsets == NULL ?
			palloc(sizeof(Size) * items->capacity) :
			repalloc_huge(items->offsets, sizeof(Size) * items->capacity);
	}
	items->offsets[items->nitems++] = items->text.length;
	bolt_stitch_row(run, row, &items->text);
	items->offsets[items->nitems] = items->text.length;
}

static void
append_items(const PageItems *items, bool backward, JsonBuffer *out)
{
	json_buffer_append_char(out, '[');
	for (int64 i = 0; i < items->nitems; i++)
	{
		int64 item = backward ? items->nitems - 1 - i : i;

		if (i > 0)
			json_buffer_append_char(out, ',');
		json_buffer_append(out, items->text.data + items->offsets[item],
						   items->offsets[item + 1] - items->offsets[item]);
	}
	json_buffer_append_char(out, ']');
}

/* Runs the document to its end: the page's items, and the rows at its edges. */
static void
run_page(FetchRun *run, PageEdges *edges, PageItems *items)
{
	MemoryContext context = CurrentMemoryContext;
	int nrows;

	run->watch = note_edges;
	run->watch_start = expect_keys;
	run->watch_argument = edges;
	SPI_connect();
	MemoryContextSwitchTo(context);
	while ((nrows = bolt_run_chunk(run)) > 0)
	{
		for (int row = 0; row < nrows; row++)
		{
			CHECK_FOR_INTERRUPTS();
			if (items->nitems < edges->page_size)
				add_item(items, run, row);
		}
	}
	bolt_run_end(run);
	SPI_finish();
	MemoryContextSwitchTo(context);
}

static void
append_cursor(JsonBuffer *out, const char *name, const PageCursor *cursor, char **values, bool inclusive)
{
	PageCursor at = *cursor;
	char *text;

	json_buffer_append(out, name, strlen(name));
	if (values == NULL)
	{
		json_buffer_append(out, "null", 4);
		return;
	}
	at.values = values;
	at.inclusive = inclusive;
	text = encode_cursor(&at);
	bolt_json_write_string(out, text, strlen(text));
	pfree(text);
}

/*
 * The cursors of both ends.  Behind the page, as it has been read, there is more
 * where a row has been left over.  Before it there is what the cursor was made
 * from; an empty page gives that cursor back, from the other side.
 */
static void
append_cursors(JsonBuffer *out, const KeysetPage *page, const PageCursor *given, const PageEdges *edges)
{
	PageCursor cursor = *given;
	char **behind = edges->nrows > edges->page_size ? edges->last : NULL;
	char **before = NULL;
	bool inclusive = false;

	cursor.nvalues = edges->keyset->nkeys;
	if (page->from_cursor)
	{
		before = edges->nrows > 0 ? edges->first : given->values;
		inclusive = edges->nrows == 0 && !given->inclusive;
	}
	append_cursor(out, ",\"next\":", &cursor, page->backward ? before : behind, page->backward && inclusive);
	append_cursor(out, ",\"previous\":", &cursor, page->backward ? behind : before,
				  !page->backward && inclusive);
}

/*
 * bolt.cursor_page(queryset json, page_size bigint, after text, before text) → json:
 * DRF's CursorPagination, of any order.
 *
 * "next" is null where no row follows the page, "previous" where none precedes
 * it; on the side that the caller comes from, that is taken for granted.
 * Errors: 22023 page_size below 1, both cursors, a cursor of another order or none at all.
 */
Datum
bolt_cursor_page(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	Document *document = bolt_document_argument(fcinfo, 0);
	int64 page_size = bolt_positive_argument(fcinfo, 1, "page size");
	KeysetPage page = {.backward = !PG_ARGISNULL(3)};
	PageCursor given = {.ordering = ""};
	char ordering[ORDERING_LENGTH + 1];
	PageEdges edges = {.context = context, .page_size = page_size};
	PageItems items = {.nitems = 0};
	FetchGraph *graph;
	FetchRun *run;
	JsonBuffer out;

	if (document->queryset->combined != NIL || document->queryset->dates != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cursor_page() is not supported after union() and its like, or dates()"),
				 errhint("Use bolt.page.")));
	if (!PG_ARGISNULL(2) && !PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("after and before cannot be given together")));
	bolt_refuse_slice(document, "Cannot filter a query once a slice has been taken");
	document->queryset->keyset = &page;
	bolt_document_add_shape(document, page.backward ? "cursor_page before" : "cursor_page after");
	if (!PG_ARGISNULL(2) || !PG_ARGISNULL(3))
		set_place(document, &given, &page, decode_cursor(PG_GETARG_TEXT_PP(page.backward ? 3 : 2)));
	bolt_document_set_slice(document, Min(page_size, PG_INT64_MAX - 1) + 1, -1);

	graph = bolt_graph_for(document, FETCH_OBJECTS);
	edges.keyset = graph->nodes[0]->keyset;
	hash_ordering(ordering, document, edges.keyset);
	if (page.from_cursor && strcmp(ordering, given.ordering) != 0)
		bolt_invalid_cursor();
	strlcpy(given.ordering, ordering, sizeof(given.ordering));
	run = bolt_run_begin(graph, document);

	bolt_json_buffer_init(&items.text, context, 0);
	run_page(run, &edges, &items);
	bolt_begin_result(&out);
	json_buffer_append(&out, "{\"items\":", 9);
	append_items(&items, page.backward, &out);
	append_cursors(&out, &page, &given, &edges);
	json_buffer_append_char(&out, '}');
	MemoryContextDelete(run->context);
	PG_RETURN_DATUM(bolt_end_result(&out));
}
