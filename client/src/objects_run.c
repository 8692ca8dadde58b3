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

/* The bracket behind the last element makes room for its end. */
void
bolt__take_last(bolt_future *future, void *data)
{
	bolt__reader reader = {
		.begin = future->json, .at = future->json, .end = future->json + future->json_length};
	const char *begin = NULL;
	const char *end = NULL;
	bool more = false;

	(void) data;
	if (future->json == NULL || !bolt__enter(&reader, '[', &more))
		more = false;
	while (more)
	{
		bolt__peek(&reader);
		begin = reader.at;
		if (!bolt__skip(&reader))
			break;
		end = reader.at;
		if (!bolt__next(&reader, '[', &more))
			break;
	}
	if (begin == NULL || end == NULL || more)
	{
		bolt__future_fail(future,
						  bolt__error_new(BOLT_DECODE_ERROR, NULL,
										  "the answer of bolt.run has not the expected form"));
		return;
	}
	*(char *) end = '\0'; /* in the PGresult, which is the future's own */
	future->json = begin;
	future->json_length = (size_t) (end - begin);
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
