/*-------------------------------------------------------------------------
 *
 * viewset_page.c
 *	  What the parameters of a request make of a list: conditions, order, a page.
 *
 * Only what the view set lists is taken; values go to the server as texts, and the column's type reads them.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "viewset.h"

const char *
bolt_parameter_value(const bolt_request *request, const char *name)
{
	for (size_t i = 0; i < request->parameter_count; i++)
	{
		if (strcmp(request->parameters[i].name, name) == 0)
			return request->parameters[i].value;
	}
	return NULL;
}

bool
bolt_parse_integer(const char *text, long long *value)
{
	char *end;

	if (text == NULL || (*text != '-' && (*text < '0' || *text > '9')))
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && end > text && *end == '\0' && end[-1] != '-';
}

/* A parameter that has to be an integer, at least so large. */
static long long
integer_parameter(const bolt_request *request, const char *name, long long least, long long otherwise,
				  bolt__faults *faults)
{
	const char *text = bolt_parameter_value(request, name);
	long long value;

	if (text == NULL)
		return otherwise;
	if (!bolt_parse_integer(text, &value))
		bolt__fault(faults, name, strlen(name), "A valid integer is required.");
	else if (value < least)
		bolt__fault(faults, name, strlen(name), "Ensure this value is greater than or equal to %lld.", least);
	else
		return value;
	return otherwise;
}

/* How many objects a page has: what is too much is cut, as in Django REST framework. */
static long long
size_parameter(const bolt_viewset *viewset, const bolt_request *request, const char *name,
			   bolt__faults *faults)
{
	long long size = integer_parameter(request, name, 1, viewset->options.page_size, faults);

	return size < viewset->options.max_page_size ? size : viewset->options.max_page_size;
}

/* ----------
 * Conditions and order
 * ----------
 */
static bool
ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* a,b,c */
static bolt_list *
split(const char *values)
{
	bolt_list *list = bolt_list_new(NULL, 0);

	for (;;)
	{
		size_t length = strcspn(values, ",");

		list = bolt_list_add(list, bolt_text(values, length));
		if (values[length] == '\0')
			return list;
		values += length + 1;
	}
}

static bolt_kw *
add_condition(bolt_kw *conditions, const char *name, const char *value, bolt__faults *faults)
{
	bool yes = strcmp(value, "true") == 0;

	if (ends_with(name, "__in"))
		return bolt_kw_add(conditions, name, split(value));
	if (!ends_with(name, "__isnull"))
		return bolt_kw_add(conditions, name, value);
	if (yes || strcmp(value, "false") == 0)
		return bolt_kw_add(conditions, name, yes);
	bolt__fault(faults, name, strlen(name), "Must be a valid boolean.");
	return conditions;
}

static bolt_queryset *
filtered(const bolt_viewset *viewset, bolt_queryset *queryset, const bolt_request *request,
		 bolt__faults *faults)
{
	bolt_kw *conditions = NULL;

	for (const char *const *name = viewset->options.filters; name && *name; name++)
	{
		const char *value = bolt_parameter_value(request, *name);

		if (value)
			conditions = add_condition(conditions, *name, value, faults);
	}
	return conditions ? bolt_filter(queryset, conditions) : queryset;
}

static bool
is_listed(const char *const *names, const char *name, size_t length)
{
	for (; names && *names; names++)
	{
		if (strlen(*names) == length && memcmp(*names, name, length) == 0)
			return true;
	}
	return false;
}

/* ?ordering=-created_at,id, and the primary key behind it, so that pages neither repeat nor miss anything. */
static bolt_queryset *
ordered(const bolt_viewset *viewset, bolt_queryset *queryset, const bolt_request *request,
		bolt__faults *faults)
{
	const char *terms = viewset->options.orderings ? bolt_parameter_value(request, "ordering") : NULL;
	bolt_argument names[8];
	size_t count = 0;

	while (terms && *terms)
	{
		size_t length = strcspn(terms, ",");
		size_t sign = *terms == '-';

		if (!is_listed(viewset->options.orderings, terms + sign, length - sign) || count == 7)
		{
			bolt__fault(faults, "ordering", strlen("ordering"), "Cannot order by this.");
			return queryset;
		}
		names[count++] = bolt_text(terms, length);
		terms += length + (terms[length] == ',');
	}
	if (count == 0)
		return queryset;
	names[count++] = bolt_argument_text("pk");
	return bolt_order_by_terms(queryset, names, count);
}

/* ----------
 * Pages
 * ----------
 */

/* Which page is asked for. */
typedef struct Page
{
	long long size;
	long long number;  /* of BOLT_PAGE_NUMBER */
	long long offset;  /* of BOLT_LIMIT_OFFSET */
	const char *after; /* of BOLT_CURSOR, as before */
	const char *before;
} Page;

static Page
read_page(const bolt_viewset *viewset, const bolt_request *request, bolt__faults *faults)
{
	Page page = {0};

	switch (viewset->options.pagination)
	{
		case BOLT_PAGE_NUMBER:
			page.size = size_parameter(viewset, request, "page_size", faults);
			page.number = integer_parameter(request, "page", 1, 1, faults);
			break;
		case BOLT_LIMIT_OFFSET:
			page.size = size_parameter(viewset, request, "limit", faults);
			page.offset = integer_parameter(request, "offset", 0, 0, faults);
			break;
		case BOLT_CURSOR:
			page.size = size_parameter(viewset, request, "page_size", faults);
			page.after = bolt_parameter_value(request, "after");
			page.before = bolt_parameter_value(request, "before");
			if (page.after && page.before)
				bolt__fault(faults, "before", strlen("before"), "Give either \"after\" or \"before\".");
			break;
	}
	return page;
}

/* The objects and their number in one statement and one snapshot; the texts are joined there, for nobody has to parse them. */
static const bolt__statement limit_offset = {
	"SELECT pg_catalog.concat('{\"items\":', bolt.fetch_json($1::pg_catalog.json), ',\"total\":',"
	" bolt.count($2::pg_catalog.json), ',\"limit\":', $3::pg_catalog.int8, ',\"offset\":', $4::pg_catalog.int8, '}')",
	4, BOLT__JSON, false};

static bolt_future *
limit_offset_page(bolt_queryset *queryset, const Page *page)
{
	bolt_queryset *slice = bolt_limit(bolt_offset(bolt_ref(queryset), page->offset), page->size);
	bolt__call call = bolt__call_begin(queryset, "bolt_viewset_list");
	bolt__writer document = {0};

	bolt__write_queryset(&document, slice, "bolt_viewset_list", true);
	bolt__add_written(&call, &document);
	bolt__add_document(&call);
	bolt__add_integer(&call, page->size);
	bolt__add_integer(&call, page->offset);
	return bolt__call_end_with(&call, &limit_offset, NULL);
}

static bolt_future *
fetch_page(const bolt_viewset *viewset, bolt_queryset *queryset, const Page *page)
{
	switch (viewset->options.pagination)
	{
		case BOLT_LIMIT_OFFSET:
			return limit_offset_page(queryset, page);
		case BOLT_CURSOR:
			return bolt_acursor_page(queryset, .page_size = page->size, .after = page->after,
									 .before = page->before);
		default:
			return bolt_apage(queryset, .page = page->number, .page_size = page->size,
							  .total = viewset->options.total);
	}
}

bolt_future *
bolt__viewset_page(const bolt_viewset *viewset, bolt_queryset *queryset, const bolt_request *request)
{
	bolt__faults faults = {0};
	Page page = read_page(viewset, request, &faults);
	bolt_exception *error;
	bolt_future *refused;

	queryset = filtered(viewset, queryset, request, &faults);
	queryset = ordered(viewset, queryset, request, &faults);
	error = bolt__faults_finish(&faults);
	if (error == NULL)
		return fetch_page(viewset, queryset, &page);
	refused = bolt_fail_with(queryset->database, error);
	bolt_unref(queryset);
	return refused;
}
