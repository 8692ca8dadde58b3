/*-------------------------------------------------------------------------
 *
 * bolt_orm.c
 *	  Loads the module: its settings and its hook.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "compat.h"
#include "fmgr.h"
#include "settings.h"
#include "statement.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

#define BOLT_VERSION "0.1.0"

int bolt_chunk_size;
int bolt_plan_cache_size;
int bolt_plan_cache_memory;
int bolt_max_depth;
int bolt_max_sql_size;
int bolt_max_operations;
bool bolt_bigint_as_string;
bool bolt_batch_foreign_keys;

PG_FUNCTION_INFO_V1(bolt_version);

void _PG_init(void);

/*
 * Defines the settings.  Runs once a backend, at the first call of any of the
 * extension's functions.
 */
void
_PG_init(void)
{
	DefineCustomIntVariable(
		"bolt_orm.chunk_size", "Sets how many root objects are fetched at a time.",
		"Each chunk of root objects has its relations fetched, is returned and freed before "
		"the next one. Larger chunks run fewer statements and hold more memory.",
		&bolt_chunk_size, 500, 1, 1000000, PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"bolt_orm.plan_cache_size", "Sets how many compiled graphs each session keeps.",
		"A graph is kept with the plans of its statements under the shape of its document. "
		"Past this number the least recently used one is dropped.",
		&bolt_plan_cache_size, 500, 1, INT_MAX, PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"bolt_orm.plan_cache_memory", "Sets how much memory compiled graphs may take in each session.",
		"The plans of their statements count, too. Past this the least recently used graphs are dropped.",
		&bolt_plan_cache_memory, 16 * 1024, 64, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);

	DefineCustomIntVariable("bolt_orm.max_depth", "Sets how many levels a queryset document may be nested.",
							"Counts arrays and objects of the JSON text. A deeper document is refused with "
							"SQLSTATE 54001.",
							&bolt_max_depth, 100, 4, 1000, PGC_USERSET, 0, NULL, NULL, NULL);

	/* a bound that any role could lift would bound nobody */
	DefineCustomIntVariable(
		"bolt_orm.max_sql_size", "Sets how long the SQL of one statement may become.",
		"A document whose statement would be longer is refused with SQLSTATE 54000, before "
		"it is written to its end.",
		&bolt_max_sql_size, 1024 * 1024, 16 * 1024, 64 * 1024 * 1024, PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL,
		NULL);

	DefineCustomIntVariable("bolt_orm.max_operations",
							"Sets how many operations one call of bolt.run may have.",
							"A longer list is refused with SQLSTATE 54000 before any of it is run.",
							&bolt_max_operations, 100000, 1, 10000000, PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomBoolVariable("bolt_orm.bigint_as_string", "Writes bigint and numeric values as JSON strings.",
							 "For callers whose numbers are doubles, which lose digits past 2^53.",
							 &bolt_bigint_as_string, false, PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomBoolVariable("bolt_orm.batch_foreign_keys", "Checks the foreign keys of many rows together.",
							 "bulk_create and delete then ask for all the keys of a foreign key at once what "
							 "its trigger would ask for each row. Off, the triggers ask.",
							 &bolt_batch_foreign_keys, false, PGC_SUSET, 0, NULL, NULL, NULL);

	MarkGUCPrefixReserved("bolt_orm");
	bolt_statement_init();
}

/*
 * bolt.version() → text: the version of the loaded library.
 */
Datum
bolt_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(BOLT_VERSION));
}
