/*-------------------------------------------------------------------------
 *
 * json_out_writers.h
 *	  The functions that a JsonWriter can point to.
 *
 * Only json_out*.c include this; everybody else goes through JsonWriter.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_JSON_OUT_WRITERS_H
#define BOLT_JSON_OUT_WRITERS_H

#include "json_out.h"

/* json_out_scalar.c */
extern void bolt_json_write_bool(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_int2(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_int4(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_int8(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_float4(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_float8(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_numeric(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_oid(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_text(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_name(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_uuid(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_bytea(const JsonWriter *writer, Datum value, JsonBuffer *out);

/* json_out_datetime.c */
extern void bolt_json_write_date(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_time(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_timestamp(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_timestamptz(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_zone_refresh(void);

/* json_out_nested.c */
extern void bolt_json_write_json(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_jsonb(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_array(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern void bolt_json_write_composite(const JsonWriter *writer, Datum value, JsonBuffer *out);
extern struct Composite *bolt_json_composite_create(MemoryContext context);

/*
 * Where a value of not yet known, small length is to be composed: in the
 * buffer if the longest one fits, else in scratch (of at least that size), so
 * that a limited buffer is refused exactly when the value does not fit.
 */
static inline char *
json_compose(JsonBuffer *out, Size longest, char *scratch)
{
	if (likely(out->capacity - out->length >= longest))
		return out->data + out->length;
	return scratch;
}

/* Takes in what was composed there. */
static inline void
json_composed(JsonBuffer *out, const char *composed, Size length)
{
	if (likely(composed == out->data + out->length))
		out->length += length;
	else
		json_buffer_append(out, composed, length);
}

#endif /* BOLT_JSON_OUT_WRITERS_H */
