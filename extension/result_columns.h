/*-------------------------------------------------------------------------
 *
 * result_columns.h
 *	  Whether a statement's rows still are what they were compiled for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_RESULT_COLUMNS_H
#define BOLT_RESULT_COLUMNS_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "compat.h"
#include "fetch_graph.h"

/*
 * To be called at each start of a statement, before a column of its rows is
 * read as a value of this type, or of one that is compared in it (varchar as text,
 * a domain as its base type).
 * Error 0A000 where the column is gone or has another type.
 */
extern void bolt_expect_column(TupleDesc descriptor, AttrNumber attno, Oid type);

/* The same for the columns of a key; attnos NULL: they stand from number first on. */
extern void bolt_expect_key(TupleDesc descriptor, const KeyType *key, const AttrNumber *attnos, int first);

/* The error itself. */
pg_noreturn extern void bolt_refuse_changed_result(void);

#endif /* BOLT_RESULT_COLUMNS_H */
