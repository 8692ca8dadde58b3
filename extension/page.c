/*-------------------------------------------------------------------------
 *
 * page.c
 *	  bolt.page: a page of a queryset and how many there are, in one call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "explain_plan.h"
#include "fmgr.h"
#include "read.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(bolt_page);

typedef enum TotalKind
{
	TOTAL_EXACT,
	TOTAL_ESTIMATED,
	TOTAL_NONE
} TotalKind;

/* A slice of the caller's, within which the pages lie. */
typedef struct Slice
{
	int64 offset;
	int64 limit; /* -1: none */
} Slice;

static TotalKind
total_argument(FunctionCallInfo fcinfo, int argument)
{
	static const char *const names[] = {"exact", "estimated", "none"};
	char *name;

	bolt_refuse_null(fcinfo, argument, "total");
	name = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	for (int i = 0; i < lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return (TotalKind) i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown total \"%s\"", name),
			 errhint("Choices are: exact, estimated, none.")));
}

static Slice
slice_of(const Document *document)
{
	const QuerySet *queryset = document->queryset;
	Slice slice;

	slice.offset = queryset->offset ? strtoll(queryset->offset->text, NULL, 10) : 0;
	slice.limit = queryset->limit ? strtoll(queryset->limit->text, NULL, 10) : -1;
	return slice;
}

/* The planner's guess of a queryset's rows. */
static int64
estimated_rows(Document *document, const Slice *slice)
{
	double rows;

	bolt_document_set_slice(document, slice->limit, slice->offset > 0 ? slice->offset : -1);
	rows = bolt_estimate_rows(document);
	return rows > (double) (PG_INT64_MAX / 2) ? PG_INT64_MAX / 2 : (int64) rows;
}

/* {"items": …, of page_size + 1 rows where has_next is to be found out that way */
static bool
append_items(FunctionCallInfo fcinfo, const Slice *slice, int64 page, int64 page_size, bool look_ahead,
			 JsonBuffer *out)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	int64 offset;
	int64 limit = page_size;
	bool beyond = pg_mul_s64_overflow(page - 1, page_size, &offset) ||
		(slice->limit >= 0 && offset >= slice->limit) || pg_add_s64_overflow(offset, slice->offset, &offset);

	/* no row can be there, but the document is compiled and the caller's rights are checked */
	if (beyond)
		limit = offset = 0;
	else if (slice->limit >= 0)
		limit = Min(limit, slice->limit - (page - 1) * page_size);
	look_ahead = look_ahead && !beyond && limit == page_size && limit < PG_INT64_MAX &&
		(slice->limit < 0 || page * page_size < slice->limit);
	bolt_document_set_slice(document, look_ahead ? limit + 1 : limit, offset > 0 ? offset : -1);
	document->queryset->page_order = true;
	bolt_document_add_shape(document, "page");
	return bolt_append_array(document, look_ahead ? limit : PG_INT64_MAX, out);
}

static void
append_member(JsonBuffer *out, const char *name, const char *value)
{
	json_buffer_append(out, name, strlen(name));
	json_buffer_append(out, value, strlen(value));
}

static void
append_number(JsonBuffer *out, const char *name, int64 number)
{
	append_member(out, name, psprintf(INT64_FORMAT, number));
}

/*
 * bolt.page(queryset json, page bigint, page_size bigint, total text) → json:
 * Paginator's page with its count, under one snapshot.
 *
 * A queryset without an order is ordered by its primary key: pages of an
 * unordered one would overlap.
 * Errors: 22023 page or page_size below 1, unknown total.
 */
Datum
bolt_page(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	int64 page = bolt_positive_argument(fcinfo, 1, "page number");
	int64 page_size = bolt_positive_argument(fcinfo, 2, "page size");
	TotalKind kind = total_argument(fcinfo, 3);
	Slice slice = slice_of(document);
	int64 total = -1;
	int64 pages = -1;
	bool has_next;
	JsonBuffer out;

	if (kind == TOTAL_EXACT)
		total = bolt_run_count(document);
	else if (kind == TOTAL_ESTIMATED)
		total = estimated_rows(document, &slice);
	if (total >= 0)
		pages = Max(total / page_size + (total % page_size != 0), 1);

	bolt_begin_result(&out);
	append_member(&out, "{\"items\":", "");
	has_next = append_items(fcinfo, &slice, page, page_size, kind != TOTAL_EXACT, &out);
	if (kind == TOTAL_EXACT)
		has_next = page < pages;
	if (total >= 0)
	{
		append_number(&out, ",\"total\":", total);
		append_number(&out, ",\"page\":", page);
		append_number(&out, ",\"pages\":", pages);
	}
	else
	{
		append_member(&out, ",\"total\":", "null");
		append_number(&out, ",\"page\":", page);
		append_member(&out, ",\"pages\":", "null");
	}
	append_number(&out, ",\"page_size\":", page_size);
	append_member(&out, ",\"has_next\":", has_next ? "true" : "false");
	append_member(&out, ",\"has_previous\":", page > 1 ? "true" : "false");
	if (kind == TOTAL_ESTIMATED)
		append_member(&out, ",\"estimated\":", "true");
	json_buffer_append_char(&out, '}');
	PG_RETURN_DATUM(bolt_end_result(&out));
}
