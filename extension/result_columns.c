/*-------------------------------------------------------------------------
 *
 * result_columns.c
 *	  Whether a statement's rows still are what they were compiled for.
 *
 * PostgreSQL plans a kept statement again, by the names in its text, when a table
 * has changed.  The same text can then give other types in the same columns.  Our
 * tables are locked from the look-up of a graph on, so that no other session can
 * do that, but the own one can: between two chunks of a cursor, or in a function
 * that the statement calls.  A value must never be taken for one of another type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "compile.h"
#include "result_columns.h"

void
bolt_refuse_changed_result(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("cached plan must not change result type"),
			 errdetail("A table or type that is read was changed while the call ran."),
			 errhint("Run the call again.")));
}

void
bolt_expect_column(TupleDesc descriptor, AttrNumber attno, Oid type)
{
	Oid actual;

	if (attno < 1 || attno > descriptor->natts)
		bolt_refuse_changed_result();
	actual = TupleDescAttr(descriptor, attno - 1)->atttypid;
	if (actual != type && bolt_comparison_type(actual) != type)
		bolt_refuse_changed_result();
}

void
bolt_expect_key(TupleDesc descriptor, const KeyType *key, const AttrNumber *attnos, int first)
{
	for (int i = 0; i < key->ncolumns; i++)
		bolt_expect_column(descriptor, attnos != NULL ? attnos[i] : first + i, key->columns[i].type);
}
