/*-------------------------------------------------------------------------
 *
 * delete.c
 *	  bolt.delete: QuerySet.delete.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect.h"
#include "delete.h"
#include "error.h"
#include "fmgr.h"
#include "funcapi.h"
#include "model.h"
#include "read.h"
#include "utils/builtins.h"
#include "utils/json.h"

PG_FUNCTION_INFO_V1(bolt_delete);

/* In Django's order, and its words. */
static void
refuse(const Document *document)
{
	const QuerySet *queryset = document->queryset;

	if (queryset->combined != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Calling QuerySet.delete() after %s() is not supported",
						((CombineCall *) linitial(queryset->combined))->method)));
	bolt_refuse_slice(document, "Cannot use 'limit' or 'offset' with delete()");
	if (queryset->distinct_on != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot call delete() after .distinct(*fields)"),
				 bolt_errdetail_at(((PathTerm *) linitial(queryset->distinct_on))->value)));
	if (queryset->values_kind != VALUES_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot call delete() after .values() or .values_list()")));
}

/* Django leaves out models of which no row was deleted. */
static char *
models_object(List *counts)
{
	StringInfoData json;
	ListCell *lc;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	foreach(lc, counts)
	{
		const DeleteCount *count = lfirst(lc);
		const char *name;

		if (count->rows == 0)
			continue;
		name = bolt_model_name_of(count->table);
		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		escape_json(&json, name != NULL ? name : "");
		appendStringInfo(&json, ": " INT64_FORMAT, count->rows);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

void
bolt_delete_queryset(Document *document, int64 *deleted, char **models)
{
	List *counts;
	ListCell *lc;

	refuse(document);

	/* the rows are locked anyway */
	document->queryset->locking = NULL;
	counts = bolt_collect_and_delete(document);
	*deleted = 0;
	foreach(lc, counts)
		*deleted += ((DeleteCount *) lfirst(lc))->rows;
	*models = models_object(counts);
}

/* bolt.delete(queryset json) → (deleted bigint, models json): QuerySet.delete. */
Datum
bolt_delete(PG_FUNCTION_ARGS)
{
	TupleDesc descriptor;
	Datum values[2];
	bool nulls[2] = {false, false};
	int64 deleted;
	char *models;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function returning record called in context that cannot accept type record")));
	bolt_delete_queryset(bolt_document_argument(fcinfo, 0), &deleted, &models);
	values[0] = Int64GetDatum(deleted);
	values[1] = CStringGetTextDatum(models);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
