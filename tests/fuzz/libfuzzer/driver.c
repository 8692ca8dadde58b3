/*
 * driver.c
 *	  fuzz(target, arguments): libFuzzer in a backend, on one of the targets.
 *
 * The module is the whole extension, compiled with coverage and sanitizers, and is
 * called in a backend of its own, so that palloc, errors and encodings are the
 * server's.  It ends the backend when it is done.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "fuzz.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(fuzz);

extern int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

static const struct
{
	const char *name;
	FuzzTarget function;
} targets[] = {{"document", fuzz_document}, {"cursor", fuzz_cursor}};

static FuzzTarget target;
static MemoryContext context;

static int
run_one(const uint8_t *data, size_t size)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	bool failed = false;

	PG_TRY();
	{
		target(data, size);
	}
	PG_CATCH();
	{
		/* an internal error is as bad as a crash */
		failed = geterrcode() == ERRCODE_INTERNAL_ERROR || geterrcode() == ERRCODE_DATA_CORRUPTED;
		MemoryContextSwitchTo(context);
		if (failed)
			fprintf(stderr, "internal error: %s\n", CopyErrorData()->message);
		FlushErrorState();
	}
	PG_END_TRY();
	if (failed)
		abort();
	MemoryContextSwitchTo(old);
	MemoryContextReset(context);
	return 0;
}

/* fuzz(target text, arguments text[]): the arguments are libFuzzer's. */
Datum
fuzz(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Datum *values;
	int argc;
	char **argv;

	for (int i = 0; i < lengthof(targets); i++)
	{
		if (strcmp(targets[i].name, name) == 0)
			target = targets[i].function;
	}
	if (target == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there is no target \"%s\"", name)));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &values, NULL, &argc);
	argv = palloc0(sizeof(char *) * (argc + 2));
	argv[0] = name;
	for (int i = 0; i < argc; i++)
		argv[i + 1] = TextDatumGetCString(values[i]);
	argc++;
	context = fuzz_guarded_context(TopMemoryContext);
	LLVMFuzzerRunDriver(&argc, &argv, run_one);
	PG_RETURN_VOID();
}
