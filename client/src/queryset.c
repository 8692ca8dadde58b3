/*-------------------------------------------------------------------------
 *
 * queryset.c
 *	  The life of querysets, and the document that one means.
 *
 * A chain is a list from its last call to its first, whose tails are shared: a
 * call adds a link and copies nothing, however often and wherever it is forked.
 * A link goes when neither a caller nor another link has it any more.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>

#include "json_reader.h"
#include "queryset.h"
#include "request.h"

#define ALIVE 0x60173571u
#define FREED 0xdeadb017u

static bolt_queryset without_memory = {
	.magic = ALIVE,
	.method = "bolt_objects",
};

#ifdef BOLT_DEBUG

/*
 * The last ones to go are kept for a while, so that the use of one of them can be
 * told from that of any memory.
 */
#define GRAVES 256

static __thread bolt_queryset *graves[GRAVES];
static __thread unsigned next_grave;

static void
bury(bolt_queryset *queryset)
{
	free(graves[next_grave % GRAVES]);
	graves[next_grave++ % GRAVES] = queryset;
}

/* Not the library's unloading, but what a leak checker takes for the program's end. */
static void __attribute__((destructor)) empty_graves(void)
{
	for (int i = 0; i < GRAVES; i++)
	{
		free(graves[i]);
		graves[i] = NULL;
	}
}

#else

static void
bury(bolt_queryset *queryset)
{
	free(queryset);
}

#endif

bolt_exception *
bolt__queryset_misused(const bolt_queryset *queryset, const char *method)
{
	if (queryset == NULL)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "%s(): the queryset is NULL", method);
	if (queryset == &without_memory)
		return bolt__out_of_memory();
	if (queryset->magic == ALIVE && queryset->handles > 0)
		return NULL;
#ifdef BOLT_DEBUG
	fprintf(
		stderr, "bolt_orm: %s(): the queryset was consumed by %s(): bolt_ref keeps one that is used twice\n",
		method,
		queryset->magic == ALIVE || queryset->magic == FREED ? queryset->consumed_by : "nobody, or is none");
	abort();
#else
	return bolt__error_hint(
		bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "%s(): the queryset was consumed by %s()", method,
						queryset->magic == ALIVE ? queryset->consumed_by : "another call"),
		"bolt_ref keeps a queryset that is used twice.");
#endif
}

static void
free_queryset(bolt_queryset *queryset)
{
	if (queryset->previous == NULL)
		bolt__database_unref(queryset->database);
	bolt_error_unref(queryset->error);
	free(queryset->text);
	queryset->magic = FREED;
	bury(queryset);
}

/* Frees what neither a caller nor a successor has, back to where one does. */
static void
free_unused(bolt_queryset *queryset)
{
	while (queryset && queryset->handles == 0 && queryset->successors == 0)
	{
		bolt_queryset *previous = queryset->previous;

		if (previous)
			previous->successors--;
		free_queryset(queryset);
		queryset = previous;
	}
}

bolt_queryset *
bolt_ref(bolt_queryset *queryset)
{
	bolt_exception *misused = queryset ? bolt__queryset_misused(queryset, "bolt_ref") : NULL;

	if (queryset && misused == NULL)
		queryset->handles++;
	bolt_error_unref(misused);
	return queryset;
}

void
bolt_unref(bolt_queryset *queryset)
{
	bolt_exception *misused = queryset ? bolt__queryset_misused(queryset, "bolt_unref") : NULL;

	if (queryset && misused == NULL)
	{
		queryset->handles--;
		queryset->consumed_by = "bolt_unref";
		free_unused(queryset);
	}
	bolt_error_unref(misused);
}

/* ----------
 * Making them
 * ----------
 */
bolt_queryset *
bolt_objects(bolt_database *database, const char *model)
{
	bolt_queryset *queryset = calloc(1, sizeof(bolt_queryset));
	bolt__writer text = {0};

	if (queryset == NULL)
		return &without_memory;
	queryset->magic = ALIVE;
	queryset->handles = 1;
	queryset->method = "bolt_objects";
	queryset->database = bolt__database_ref(database);
	if (model == NULL)
		return queryset;

	/* to see whether it can be written */
	bolt__write_string(&text, model, strlen(model));
	queryset->error = text.error;
	text.error = NULL;
	bolt__writer_free(&text);
	queryset->text = strdup(model);
	if (queryset->error)
		queryset->error = bolt__error_prefix(queryset->error, "objects(): ");
	else if (queryset->text == NULL)
		queryset->error = bolt__out_of_memory();
	queryset->model = queryset->text;
	return queryset;
}

/* What could not go on from another. */
static bolt_queryset *
failed_queryset(const char *method, bolt_exception *error)
{
	bolt_queryset *queryset = bolt_objects(NULL, NULL);

	if (queryset == &without_memory)
	{
		bolt_error_unref(error);
		return queryset;
	}
	bolt_error_unref(queryset->error);
	queryset->method = method;
	queryset->error = error;
	return queryset;
}

bolt_queryset *
bolt_from_document(bolt_database *database, const char *document, size_t length)
{
	bolt_queryset *queryset = bolt_objects(database, NULL);
	bolt__writer text = {0};
	bolt__reader reader = {.begin = document, .at = document, .end = document + length};

	if (queryset == &without_memory)
		return queryset;
	queryset->method = "bolt_from_document";
	queryset->verbatim = true;
	if (document == NULL || bolt__peek(&reader) != '{')
		bolt__writer_fail(&text, bolt__error_new(BOLT_VALUE_ERROR, NULL, "the document is no JSON object"));
	else if (!bolt__skip(&reader) || !bolt__read_end(&reader))
		bolt__writer_fail(&text,
						  bolt__error_new(BOLT_VALUE_ERROR, NULL, "the document is no JSON: %s at byte %zu",
										  reader.fault, (size_t) (reader.at - reader.begin)));
	bolt__write(&text, document, document ? length : 0);
	queryset->length = text.length;
	queryset->text = bolt__writer_finish(&text, &queryset->error);
	return queryset;
}

/* Django's name of the method: without bolt_. */
static bolt_exception *
prefix_method(bolt_exception *error, const char *method)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%s(): ", method + strlen("bolt_"));
	return bolt__error_prefix(error, prefix);
}

bolt_queryset *
bolt__queryset_step(bolt_queryset *queryset, const char *method, bolt__writer *step)
{
	bolt_exception *misused = bolt__queryset_misused(queryset, method);
	bolt_queryset *next;

	if (misused)
	{
		bolt__writer_free(step);
		return failed_queryset(method, misused);
	}
	next = calloc(1, sizeof(bolt_queryset));
	if (next == NULL)
	{
		bolt__writer_free(step);
		bolt_unref(queryset);
		return &without_memory;
	}
	next->magic = ALIVE;
	next->handles = 1;
	next->method = method;
	next->previous = queryset;
	next->database = queryset->database;
	next->using = queryset->using;
	next->locks = queryset->locks;
	next->model = queryset->model;
	next->length = step->length;
	next->chain_length = queryset->chain_length + (step->length > 0 ? step->length + 1 : 0);
	next->verbatim = queryset->verbatim;
	if (queryset->verbatim && step->length > 0)
		bolt__writer_fail(step,
						  bolt__error_new(BOLT_NOT_SUPPORTED_ERROR, NULL,
										  "only a-methods can follow bolt_from_document"));
	next->text = bolt__writer_finish(step, &next->error);
	if (next->error)
		next->error = prefix_method(next->error, method);
	if (queryset->error)
	{
		bolt_error_unref(next->error);
		next->error = bolt_error_ref(queryset->error);
	}

	/* the caller's handle becomes the link */
	queryset->handles--;
	queryset->successors++;
	queryset->consumed_by = method;
	return next;
}

bolt_queryset *
bolt_using(bolt_queryset *queryset, const char *alias)
{
	bolt__writer nothing = {0};
	char *text = alias ? strdup(alias) : NULL;
	bolt_queryset *next;

	if (alias == NULL)
		bolt__writer_fail(&nothing, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the alias is NULL"));
	else if (text == NULL)
		bolt__writer_fail(&nothing, bolt__out_of_memory());
	next = bolt__queryset_step(queryset, "bolt_using", &nothing);
	if (next == &without_memory || next->previous == NULL)
	{
		free(text);
		return next;
	}
	free(next->text);
	next->text = text;
	next->using = text;
	return next;
}

bolt_queryset *
bolt__queryset_locking(bolt_queryset *queryset)
{
	if (queryset != &without_memory)
		queryset->locks = true;
	return queryset;
}

bolt_exception *
bolt__queryset_take(bolt_queryset *queryset, const char *method)
{
	bolt_exception *misused = bolt__queryset_misused(queryset, method);

	if (misused == NULL)
		queryset->consumed_by = method;
	return misused;
}

void
bolt__queryset_release(bolt_queryset *queryset)
{
	queryset->handles--;
	free_unused(queryset);
}

/* ----------
 * The document
 * ----------
 */

/* {"model":M,"chain":[…]}: from the end, where the list begins. */
void
bolt__write_document(bolt__writer *writer, const bolt_queryset *queryset, bool needs_model)
{
	bool has_model = queryset->model != NULL;
	size_t end;

	if (queryset->error)
	{
		bolt__writer_fail(writer, bolt_error_ref(queryset->error));
		return;
	}
	if (queryset->verbatim)
	{
		while (queryset->previous != NULL)
			queryset = queryset->previous;
		bolt__write(writer, queryset->text, queryset->length);
		return;
	}
	if (needs_model && !has_model)
		bolt__writer_fail(writer,
						  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "objects(): the model is NULL"));
	bolt__write(writer, "{", 1);
	if (has_model)
	{
		bolt__write_text(writer, "\"model\":");
		bolt__write_string(writer, queryset->model, strlen(queryset->model));
	}
	if (queryset->chain_length > 0)
	{
		bolt__write_text(writer, has_model ? ",\"chain\":[" : "\"chain\":[");
		end = writer->length + queryset->chain_length;
		bolt__write_room(writer, queryset->chain_length);
		if (writer->error)
			return;
		for (const bolt_queryset *step = queryset; step->previous != NULL; step = step->previous)
		{
			if (step->length == 0)
				continue;
			writer->text[--end] = ',';
			end -= step->length;
			memcpy(writer->text + end, step->text, step->length);
		}

		/* in the place of the last comma */
		writer->text[writer->length - 1] = ']';
	}
	bolt__write(writer, "}", 1);
}

void
bolt__write_queryset(bolt__writer *writer, bolt_queryset *queryset, const char *method, bool needs_model)
{
	bolt_exception *misused = bolt__queryset_take(queryset, method);

	if (misused)
	{
		bolt__writer_fail(writer, misused);
		return;
	}
	/* The server reads what it says and locks nothing; only an operation's queryset is a whole one. */
	if (queryset->locks && strcmp(method, "bolt_op") != 0)
		bolt__writer_fail(
			writer,
			bolt__error_hint(
				bolt__error_new(BOLT_NOT_SUPPORTED_ERROR, NULL,
								"%s(): a queryset with select_for_update cannot be part of another one",
								method + strlen("bolt_")),
				"Its rows would not be locked: lock them by a call of their own, in the same block."));
	else
		bolt__write_document(writer, queryset, needs_model);
	bolt__queryset_release(queryset);
}

char *
bolt_document(const bolt_queryset *queryset, bolt_exception **error)
{
	bolt__writer writer = {0};
	bolt_exception *wrong = bolt__queryset_misused(queryset, "bolt_document");
	char *text = NULL;

	if (wrong == NULL)
	{
		bolt__write_document(&writer, queryset, false);
		text = bolt__writer_finish(&writer, &wrong);
	}
	if (error)
		*error = wrong;
	else
		bolt_error_unref(wrong);
	return text;
}
