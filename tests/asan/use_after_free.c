/*
 * Reads memory that has been given back: make test-assert checks with this that the server under AddressSanitizer sees it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bolt_test_use_after_free);

Datum
bolt_test_use_after_free(PG_FUNCTION_ARGS)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm test", ALLOCSET_SMALL_SIZES);
	volatile char *text = MemoryContextAllocZero(context, 50);

	MemoryContextReset(context);
	PG_RETURN_INT32(text[3]);
}
