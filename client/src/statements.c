/*-------------------------------------------------------------------------
 *
 * statements.c
 *	  Which SQL each a-method is.
 *
 * Names are qualified and parameters cast, so that neither a search_path nor an
 * overload changes the meaning.  Functions that return a set of json stand in the select list,
 * where they stream; lists of names are JSON arrays here as everywhere.
 *
 *-------------------------------------------------------------------------
 */
#include "statements.h"

#define JSON(n) "$" #n "::pg_catalog.json"
#define TEXT(n) "$" #n "::pg_catalog.text"
#define BIGINT(n) "$" #n "::pg_catalog.int8"
#define BOOLEAN(n) "$" #n "::pg_catalog.bool"

/* A JSON array of names as an array of texts; null stays null. */
#define NAMES(n) \
	"CASE WHEN " JSON(n) " IS NOT NULL THEN ARRAY(SELECT pg_catalog.json_array_elements_text(" JSON( \
		n) ")) END"

/* The functions that only read cannot lock; the same as operations of bolt.run can.  No object is null here, too. */
#define RUN_ONE(operation) \
	"SELECT NULLIF((bolt.run(pg_catalog.json_build_array(pg_catalog.json_build_object(" operation \
	"))) OPERATOR(pg_catalog.->) 0)::pg_catalog.text, 'null')"

#define READ(parameters, kind, sql) \
	{ \
		sql, parameters, kind, false \
	}
#define WRITE(parameters, kind, sql) \
	{ \
		sql, parameters, kind, true \
	}

const bolt__statement bolt__statements[] = {
	[BOLT__FETCH] = READ(1, BOLT__ROWS, "SELECT bolt.fetch(" JSON(1) ")"),
	[BOLT__FETCH_JSON] = READ(1, BOLT__JSON, "SELECT bolt.fetch_json(" JSON(1) ")"),
	[BOLT__GET] = READ(2, BOLT__JSON, "SELECT bolt.get(" JSON(1) ", " JSON(2) ")"),
	[BOLT__FIRST] = READ(1, BOLT__JSON, "SELECT bolt.first(" JSON(1) ")"),
	[BOLT__LAST] = READ(1, BOLT__JSON, "SELECT bolt.last(" JSON(1) ")"),
	[BOLT__EARLIEST] = READ(2, BOLT__JSON, "SELECT bolt.earliest(" JSON(1) ", VARIADIC " NAMES(2) ")"),
	[BOLT__LATEST] = READ(2, BOLT__JSON, "SELECT bolt.latest(" JSON(1) ", VARIADIC " NAMES(2) ")"),
	[BOLT__COUNT_ROWS] = READ(1, BOLT__INTEGER, "SELECT bolt.count(" JSON(1) ")"),
	[BOLT__EXISTS] = READ(1, BOLT__BOOLEAN, "SELECT bolt.exists(" JSON(1) ")"),
	[BOLT__CONTAINS] = READ(2, BOLT__BOOLEAN, "SELECT bolt.contains(" JSON(1) ", " JSON(2) ")"),
	[BOLT__IN_BULK] = READ(3, BOLT__JSON, "SELECT bolt.in_bulk(" JSON(1) ", " JSON(2) ", " TEXT(3) ")"),
	[BOLT__AGGREGATE] = READ(2, BOLT__JSON, "SELECT bolt.aggregate(" JSON(1) ", " JSON(2) ")"),
	[BOLT__PAGE] =
		READ(4, BOLT__JSON, "SELECT bolt.page(" JSON(1) ", " BIGINT(2) ", " BIGINT(3) ", " TEXT(4) ")"),
	[BOLT__CURSOR_PAGE] =
		READ(4, BOLT__JSON, "SELECT bolt.cursor_page(" JSON(1) ", " BIGINT(2) ", " TEXT(3) ", " TEXT(4) ")"),
	[BOLT__EXPLAIN] = READ(2, BOLT__JSON, "SELECT bolt.explain(" JSON(1) ", " BOOLEAN(2) ")"),
	[BOLT__CHECK] = READ(1, BOLT__ROWS, "SELECT pg_catalog.row_to_json(c) FROM bolt.check(" JSON(1) ") c"),
	[BOLT__SQL] = READ(1, BOLT__ROWS, "SELECT pg_catalog.to_json(bolt.sql(" JSON(1) "))"),

	[BOLT__LOCK] = WRITE(1, BOLT__ROWS, "SELECT bolt.select_for_update(" JSON(1) ")"),
	[BOLT__LOCK_GET] =
		WRITE(2, BOLT__JSON, RUN_ONE("'op', 'get', 'queryset', " JSON(1) ", 'filter', " JSON(2))),
	[BOLT__LOCK_FIRST] = WRITE(1, BOLT__JSON, RUN_ONE("'op', 'first', 'queryset', " JSON(1))),
	[BOLT__LOCK_LAST] = WRITE(1, BOLT__JSON, RUN_ONE("'op', 'last', 'queryset', " JSON(1))),

	[BOLT__CREATE] = WRITE(2, BOLT__JSON, "SELECT bolt.create(" TEXT(1) ", " JSON(2) ")"),
	[BOLT__SAVE] = WRITE(2, BOLT__JSON, "SELECT bolt.save(" TEXT(1) ", " JSON(2) ")"),
	[BOLT__GET_OR_CREATE] =
		WRITE(3, BOLT__OBJECT_CREATED,
			  "SELECT r.object, r.created FROM bolt.get_or_create(" JSON(1) ", " JSON(2) ", " JSON(3) ") r"),
	[BOLT__UPDATE_OR_CREATE] = WRITE(4, BOLT__OBJECT_CREATED,
									 "SELECT r.object, r.created FROM bolt.update_or_create(" JSON(
										 1) ", " JSON(2) ", " JSON(3) ", " JSON(4) ") r"),
	[BOLT__BULK_CREATE] = WRITE(6, BOLT__ROWS,
								"SELECT bolt.bulk_create(" TEXT(1) ", " JSON(2) ", " BOOLEAN(3) ", " BOOLEAN(
									4) ", " NAMES(5) ", " NAMES(6) ")"),
	[BOLT__BULK_UPDATE] =
		WRITE(3, BOLT__INTEGER, "SELECT bolt.bulk_update(" TEXT(1) ", " JSON(2) ", " NAMES(3) ")"),
	[BOLT__UPDATE] = WRITE(2, BOLT__INTEGER, "SELECT bolt.update(" JSON(1) ", " JSON(2) ")"),
	[BOLT__UPDATE_RETURNING] = WRITE(2, BOLT__ROWS, "SELECT bolt.update_returning(" JSON(1) ", " JSON(2) ")"),
	[BOLT__DELETE] = WRITE(1, BOLT__DELETED, "SELECT r.deleted, r.models FROM bolt.delete(" JSON(1) ") r"),
	[BOLT__ADD] = WRITE(5, BOLT__INTEGER,
						"SELECT bolt.add(" TEXT(1) ", " JSON(2) ", " TEXT(3) ", " JSON(4) ", " JSON(5) ")"),
	[BOLT__REMOVE] =
		WRITE(4, BOLT__INTEGER, "SELECT bolt.remove(" TEXT(1) ", " JSON(2) ", " TEXT(3) ", " JSON(4) ")"),
	[BOLT__SET] = WRITE(5, BOLT__INTEGER,
						"SELECT bolt.set(" TEXT(1) ", " JSON(2) ", " TEXT(3) ", " JSON(4) ", " JSON(5) ")"),
	[BOLT__CLEAR] = WRITE(3, BOLT__INTEGER, "SELECT bolt.clear(" TEXT(1) ", " JSON(2) ", " TEXT(3) ")"),
	[BOLT__RUN] = WRITE(1, BOLT__JSON, "SELECT bolt.run(" JSON(1) ")"),
};
