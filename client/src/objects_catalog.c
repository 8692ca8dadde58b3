/*-------------------------------------------------------------------------
 *
 * objects_catalog.c
 *	  What models and relations there are.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/objects.h"
#include "call.h"

static const bolt__statement models = {"SELECT pg_catalog.row_to_json(m) FROM bolt.models() m", 0, BOLT__ROWS, false};

static const bolt__statement relations = {
	"SELECT pg_catalog.row_to_json(r) FROM bolt.relations($1::pg_catalog.text) r", 1, BOLT__ROWS, false};

bolt_future *
bolt_amodels(bolt_database *database)
{
	bolt__call call = bolt__call_begin(bolt_objects(database, NULL), "bolt_amodels");

	return bolt__call_end_with(&call, &models, NULL);
}

bolt_future *
bolt_arelations(bolt_database *database, const char *model)
{
	bolt__call call = bolt__call_begin(bolt_objects(database, NULL), "bolt_arelations");

	bolt__add_text(&call, model);
	return bolt__call_end_with(&call, &relations, NULL);
}
