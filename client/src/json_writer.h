/*-------------------------------------------------------------------------
 *
 * json_writer.h
 *	  Writing JSON text.
 *
 * A writer that has failed keeps its first error and ignores what follows, so
 * that only the end has to be checked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_JSON_WRITER_H
#define BOLT_SRC_JSON_WRITER_H

#include <jansson.h>
#include <string.h>

#include "error.h"

/* Levels of a json_t that are written: what the stack of a coroutine has room for. */
#define BOLT__DEEPEST_WRITTEN 500

typedef struct bolt__writer
{
	char *text; /* not terminated before bolt__writer_finish */
	size_t length;
	size_t size;
	bolt_exception *error; /* owned; NULL while all is well */
} bolt__writer;

extern void bolt__writer_free(bolt__writer *writer);

/* Takes the error over, or drops it where there is one already. */
extern void bolt__writer_fail(bolt__writer *writer, bolt_exception *error);

/* Moves what one writer has written, and its error, behind the other's, and empties it. */
extern void bolt__write_move(bolt__writer *writer, bolt__writer *from);

/* Room that the caller fills in; the text is then at writer->text + writer->length - length. */
extern void bolt__write_room(bolt__writer *writer, size_t length);

extern void bolt__write(bolt__writer *writer, const char *text, size_t length);
extern void bolt__write_string(bolt__writer *writer, const char *text, size_t length);
extern void bolt__write_integer(bolt__writer *writer, long long value);
extern void bolt__write_unsigned(bolt__writer *writer, unsigned long long value);
extern void bolt__write_double(bolt__writer *writer, double value);
extern void bolt__write_json(bolt__writer *writer, const json_t *value);

/*
 * The text, terminated and malloc'ed, which is the caller's from here on; or
 * NULL, and then *error, which is the caller's too.
 */
extern char *bolt__writer_finish(bolt__writer *writer, bolt_exception **error);

static inline void
bolt__write_text(bolt__writer *writer, const char *text)
{
	bolt__write(writer, text, strlen(text));
}

/* A comma, unless what has been written begins here. */
static inline void
bolt__write_comma(bolt__writer *writer, size_t beginning)
{
	if (writer->length > beginning)
		bolt__write(writer, ",", 1);
}

#endif /* BOLT_SRC_JSON_WRITER_H */
