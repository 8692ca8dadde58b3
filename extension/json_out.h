/*-------------------------------------------------------------------------
 *
 * json_out.h
 *	  Scalars written as JSON, byte for byte as to_json of the same server
 *	  renders them.
 *
 * A JsonWriter is made once a column when a statement's result type is known;
 * writing a value is then one call through a pointer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_JSON_OUT_H
#define BOLT_JSON_OUT_H

#include "postgres.h"

#include "fmgr.h"

/*
 * A growing run of bytes.  May pass 1 GB unless limited.
 *
 * With a limit, error 54000 comes when more is reserved than the limit has
 * room for: reserve what will be written, not a guess above it.
 */
typedef struct JsonBuffer
{
	char *data;
	Size length;
	Size capacity;		   /* never above limit */
	Size limit;			   /* 0: none */
	MemoryContext context; /* where data lives */
} JsonBuffer;

extern void bolt_json_buffer_init(JsonBuffer *buffer, MemoryContext context, Size limit);
extern void bolt_json_buffer_grow(JsonBuffer *buffer, Size more);

/* The error 54000 of a buffer that is full. */
extern void bolt_json_buffer_refuse(Size limit);

/* Room for so many bytes more; returns where they go. */
static inline char *
json_buffer_reserve(JsonBuffer *buffer, Size more)
{
	if (unlikely(buffer->capacity - buffer->length < more))
		bolt_json_buffer_grow(buffer, more);
	return buffer->data + buffer->length;
}

static inline void
json_buffer_append(JsonBuffer *buffer, const char *bytes, Size length)
{
	memcpy(json_buffer_reserve(buffer, length), bytes, length);
	buffer->length += length;
}

static inline void
json_buffer_append_char(JsonBuffer *buffer, char byte)
{
	*json_buffer_reserve(buffer, 1) = byte;
	buffer->length++;
}

typedef struct JsonWriter JsonWriter;
typedef void (*JsonWriteFunction)(const JsonWriter *writer, Datum value, JsonBuffer *out);

struct JsonWriter
{
	JsonWriteFunction write; /* never called with a null */
	Oid type;				 /* of the values, as declared */
	Oid base_type;			 /* domains looked through */
	bool allocates;			 /* leaves garbage in CurrentMemoryContext */
	bool bigint_as_string;	 /* as asked for, for what is nested */
	FmgrInfo function;		 /* output function, where one is used */
	Oid cast;				 /* function of a cast to json, where one is */
	uint64 types;			 /* bolt_watched_types_refresh when it was chosen */
	JsonWriter *element;	 /* arrays: of their elements */
	int16 element_length;	 /* arrays: how elements are stored */
	bool element_by_value;
	char element_align;
	struct Composite *composite; /* composites: their members */
};

/*
 * Chooses how values of a type are written.
 *
 * bigint_as_string: int8 and numeric become strings at every depth, those inside
 * arrays, composites, ranges' and domains' base types included.  What the
 * writer needs is allocated in context.
 */
extern void bolt_json_writer_init(JsonWriter *writer, Oid type, bool bigint_as_string, MemoryContext context);

/* A string in quotes, escaped as escape_json of the same server does. */
extern void bolt_json_write_string(JsonBuffer *out, const char *string, Size length);

/*
 * To be called before a statement's first row.  What writers keep of the
 * session's settings is brought up to date; one that changes between two rows
 * is noticed as well.
 */
extern void bolt_json_out_begin(void);

#endif /* BOLT_JSON_OUT_H */
