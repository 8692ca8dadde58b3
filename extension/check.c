/*-------------------------------------------------------------------------
 *
 * check.c
 *	  bolt.check: what will make a queryset slow, and what to do about it.
 *
 * Nothing of the document is run.  It is compiled, so that a document that fetch
 * refuses is refused here with the same error, and the planner is asked how many
 * rows it expects; everything else comes from the catalogs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "check.h"
#include "explain_plan.h"
#include "fmgr.h"
#include "funcapi.h"
#include "read.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(bolt_check);

/*
 * bolt.check(queryset json) → table (level, code, message, hint): the
 * performance checklist.  No row: nothing was found.
 */
Datum
bolt_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result_info = (ReturnSetInfo *) fcinfo->resultinfo;
	Document *document = bolt_document_argument(fcinfo, 0);
	double expected_rows;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	expected_rows = bolt_estimate_rows(document);

	bolt_model_pin();
	foreach(lc, bolt_check_run_rules(bolt_check_querysets(document, expected_rows)))
	{
		const CheckFinding *finding = lfirst(lc);
		Datum values[] = {CStringGetTextDatum(finding->level), CStringGetTextDatum(finding->code),
						  CStringGetTextDatum(finding->message), CStringGetTextDatum(finding->hint)};
		bool nulls[lengthof(values)] = {false};

		tuplestore_putvalues(result_info->setResult, result_info->setDesc, values, nulls);
	}
	bolt_model_unpin();
	return (Datum) 0;
}
