/*-------------------------------------------------------------------------
 *
 * objects_run.c
 *	  Many operations at once, whose answer is that of the last one.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/objects.h"
#include "call.h"
#include "future_state.h"
#include "json_reader.h"
#include "value.h"

typedef struct Element
{
	const char *begin; /* NULL: there is none */
	const char *end;
} Element;

static bool
is_null(const Element *element)
{
	return element->end - element->begin == 4 && memcmp(element->begin, "null", 4) == 0;
}

/* The bracket behind the last element, or the comma behind the one before it, makes room for its end. */
static void
take_last(bolt_future *future, bool but_null)
{
	bolt__reader reader = {.begin = future->json,
						   .at = future->json,
						   .end = future->json + future->json_length,
						   .skips_deep = true};
	Element before = {0};
	Element last = {0};
	bool more = false;

	if (future->json == NULL || !bolt__enter(&reader, '[', &more))
		more = false;
	while (more)
	{
		before = last;
		bolt__peek(&reader);
		last.begin = reader.at;
		last.end = NULL;
		if (!bolt__skip(&reader))
			break;
		last.end = reader.at;
		if (!bolt__next(&reader, '[', &more))
			break;
	}
	if (last.end != NULL && !more && but_null && is_null(&last))
		last = before;
	if (last.end == NULL || more)
	{
		bolt__future_fail(future,
						  bolt__error_new(BOLT_DECODE_ERROR, NULL,
										  "the answer of bolt.run has not the expected form"));
		return;
	}
	*(char *) last.end = '\0'; /* in the PGresult, which is the future's own */
	future->json = last.begin;
	future->json_length = (size_t) (last.end - last.begin);
}

void
bolt__take_last(bolt_future *future, void *data)
{
	(void) data;
	take_last(future, false);
}

void
bolt__take_last_but_null(bolt_future *future, void *data)
{
	(void) data;
	take_last(future, true);
}

bolt_future *
bolt_arun_last(bolt_database *database, bolt_list *operations)
{
	bolt__request_options options = {.decode = bolt__take_last};
	bolt__call call = bolt__call_begin(bolt_objects(database, NULL), "bolt_arun_last");
	bolt__writer writer = {0};

	if (operations == NULL)
		bolt__writer_fail(&writer, bolt__error_new(BOLT_TYPE_ERROR, NULL, "the operations are NULL"));
	else
		bolt__write_list(&writer, operations);
	bolt__add_written(&call, &writer);
	return bolt__call_end_with(&call, &bolt__statements[BOLT__RUN], &options);
}
