/*-------------------------------------------------------------------------
 *
 * objects_catalog.c
 *	  What models and relations there are.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/objects.h"
#include "call.h"

static const bolt__statement catalog = {
	"SELECT pg_catalog.json_build_object("
	"'models', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.row_to_json(m)), '[]') FROM bolt.models() m),"
	" 'relations', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.row_to_json(r)), '[]') FROM bolt.relations() r))",
	0, BOLT__JSON, false};

bolt_future *
bolt_acatalog(bolt_database *database)
{
	bolt__call call = bolt__call_begin(bolt_objects(database, NULL), "bolt_acatalog");

	return bolt__call_end_with(&call, &catalog, NULL);
}
