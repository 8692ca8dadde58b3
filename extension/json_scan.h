/*-------------------------------------------------------------------------
 *
 * json_scan.h
 *	  Where the members of an array or object stand in its text.
 *
 * For texts of which only little is looked at: nothing is allocated and nothing is
 * decoded.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_JSON_SCAN_H
#define BOLT_JSON_SCAN_H

#include "postgres.h"

typedef struct JsonScan
{
	const char *at;
	const char *end;
	bool object;
	/* the member that the scan has come to */
	const char *name; /* of an object: as written, between its quotes */
	Size name_length;
	const char *value;
	Size length;
} JsonScan;

/* Begins with a JSON text.  False where it is no array or object. */
extern bool bolt_json_scan_begin(JsonScan *scan, const char *text, Size length);

/* Goes on to the next member.  False where there is none. */
extern bool bolt_json_scan_next(JsonScan *scan);

/* The name of the member, decoded, in CurrentMemoryContext; or as it stands in the text. */
extern const char *bolt_json_scan_name(const JsonScan *scan, int *length);

#endif /* BOLT_JSON_SCAN_H */
