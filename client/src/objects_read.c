/*-------------------------------------------------------------------------
 *
 * objects_read.c
 *	  The a-methods that read.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/objects.h"
#include "call.h"
#include "expression.h"
#include "value.h"

/* Those that take a document and no more. */
static bolt_future *
ask(bolt_queryset *queryset, const char *method, bolt__statement_name statement)
{
	bolt__call call = bolt__call_begin(queryset, method);

	bolt__add_document(&call);
	return bolt__call_end(&call, statement);
}

static bool
locks(const bolt__call *call)
{
	return call->queryset && call->queryset->locks;
}

static bolt_future *
get_by(bolt_queryset *queryset, const char *method, const bolt_argument *conditions, size_t count)
{
	bolt__call call = bolt__call_begin(queryset, method);
	bolt__writer filter = {0};

	bolt__add_document(&call);
	if (count == 0 && !locks(&call))
		bolt__add_null(&call);
	else
	{
		bolt__write(&filter, "{", 1);
		bolt__write_conditions(&filter, conditions, count);
		bolt__write(&filter, "}", 1);
		bolt__add_written(&call, &filter);
	}
	return bolt__call_end(&call, locks(&call) ? BOLT__LOCK_GET : BOLT__GET);
}

bolt_future *
bolt_aget_by(bolt_queryset *queryset, const bolt_argument *conditions, size_t count)
{
	return get_by(queryset, "bolt_aget", conditions, count);
}

bolt_future *
bolt_arefresh_from_db_of(bolt_queryset *queryset, bolt_argument pk)
{
	return get_by(
		queryset, "bolt_arefresh_from_db",
		&(bolt_argument){.kind = BOLT_ARGUMENT_KW, .value.kw = bolt_kw_add_argument(NULL, "pk", pk)}, 1);
}

bolt_future *
bolt_alist(bolt_queryset *queryset)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_alist");

	bolt__add_document(&call);
	return bolt__call_end(&call, locks(&call) ? BOLT__LOCK : BOLT__FETCH_JSON);
}

bolt_iterator *
bolt_aiterator(bolt_queryset *queryset)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_aiterator");

	bolt__add_document(&call);
	return bolt__call_iterate(&call, locks(&call) ? BOLT__LOCK : BOLT__FETCH);
}

bolt_future *
bolt_afirst(bolt_queryset *queryset)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_afirst");

	bolt__add_document(&call);
	return bolt__call_end(&call, locks(&call) ? BOLT__LOCK_FIRST : BOLT__FIRST);
}

bolt_future *
bolt_alast(bolt_queryset *queryset)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_alast");

	bolt__add_document(&call);
	return bolt__call_end(&call, locks(&call) ? BOLT__LOCK_LAST : BOLT__LAST);
}

static bolt_future *
ask_by_fields(bolt_queryset *queryset, const char *method, bolt__statement_name statement,
			  const char *const *fields, size_t count)
{
	bolt__call call = bolt__call_begin(queryset, method);
	bolt__writer names = {0};

	bolt__add_document(&call);
	bolt__write_names(&names, fields, count);
	bolt__add_written(&call, &names);
	return bolt__call_end(&call, statement);
}

bolt_future *
bolt_aearliest_by(bolt_queryset *queryset, const char *const *fields, size_t count)
{
	return ask_by_fields(queryset, "bolt_aearliest", BOLT__EARLIEST, fields, count);
}

bolt_future *
bolt_alatest_by(bolt_queryset *queryset, const char *const *fields, size_t count)
{
	return ask_by_fields(queryset, "bolt_alatest", BOLT__LATEST, fields, count);
}

bolt_future *
bolt_ain_bulk_with(bolt_queryset *queryset, const bolt_in_bulk_options *options)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_ain_bulk");

	bolt__add_document(&call);
	bolt__add_list(&call, options->ids);
	bolt__add_text(&call, options->field_name ? options->field_name : "pk");
	return bolt__call_end(&call, BOLT__IN_BULK);
}

/* ----------
 * Pages
 * ----------
 */
#define PAGE_SIZE 20

bolt_future *
bolt_apage_with(bolt_queryset *queryset, const bolt_page_options *options)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_apage");

	bolt__add_document(&call);
	bolt__add_integer(&call, options->page ? options->page : 1);
	bolt__add_integer(&call, options->page_size ? options->page_size : PAGE_SIZE);
	bolt__add_text(&call, options->total ? options->total : "exact");
	return bolt__call_end(&call, BOLT__PAGE);
}

bolt_future *
bolt_acursor_page_with(bolt_queryset *queryset, const bolt_cursor_page_options *options)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_acursor_page");

	bolt__add_document(&call);
	bolt__add_integer(&call, options->page_size ? options->page_size : PAGE_SIZE);
	bolt__add_text(&call, options->after);
	bolt__add_text(&call, options->before);
	return bolt__call_end(&call, BOLT__CURSOR_PAGE);
}

/* ----------
 * Facts
 * ----------
 */
bolt_future *
bolt_acount(bolt_queryset *queryset)
{
	return ask(queryset, "bolt_acount", BOLT__COUNT_ROWS);
}

bolt_future *
bolt_aexists(bolt_queryset *queryset)
{
	return ask(queryset, "bolt_aexists", BOLT__EXISTS);
}

bolt_future *
bolt_acontains_pk(bolt_queryset *queryset, bolt_argument pk)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_acontains");
	bolt__writer key = {0};

	bolt__add_document(&call);
	bolt__write_literal(&key, pk);
	bolt__add_written(&call, &key);
	return bolt__call_end(&call, BOLT__CONTAINS);
}

bolt_future *
bolt_aaggregate(bolt_queryset *queryset, bolt_kw *aggregates)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_aaggregate");
	bolt__writer writer = {0};

	bolt__add_document(&call);
	bolt__write(&writer, "{", 1);
	bolt__write_kw(&writer, aggregates, BOLT__KW_EXPRESSIONS);
	bolt__write(&writer, "}", 1);
	bolt__add_written(&call, &writer);
	return bolt__call_end(&call, BOLT__AGGREGATE);
}

bolt_future *
bolt_aexplain_with(bolt_queryset *queryset, const bolt_explain_options *options)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_aexplain");

	bolt__add_document(&call);
	bolt__add_boolean(&call, options->analyze);
	return bolt__call_end(&call, BOLT__EXPLAIN);
}

bolt_future *
bolt_acheck(bolt_queryset *queryset)
{
	return ask(queryset, "bolt_acheck", BOLT__CHECK);
}

bolt_future *
bolt_asql(bolt_queryset *queryset)
{
	return ask(queryset, "bolt_asql", BOLT__SQL);
}
