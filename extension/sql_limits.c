/*-------------------------------------------------------------------------
 *
 * sql_limits.c
 *	  How much SQL a document may become.
 *
 * An alias is written out wherever it is named, so that a document of a kilobyte can
 * say gigabytes.  What is written is therefore counted while it is written.
 *
 * PostgreSQL reads, analyses and begins to plan a statement without looking for a
 * cancel.  How long that takes depends on more than the statement's length: the bounds
 * below are what PostgreSQL 15 does in about 200 ms on an ordinary machine.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "compile.h"
#include "error.h"
#include "miscadmin.h"
#include "settings.h"

/* Tables of one statement: what belongs to outer joins is compared each with each. */
#define MAX_TABLES 250

/* Conditions of one statement: columns that equal something are compared each with each. */
#define MAX_CONDITIONS 2500

/* Alternatives of one statement: those of indexed columns make an index scan each, and are compared each with each. */
#define MAX_ALTERNATIVES 5000

/* Windows of one statement: the order of each is compared with that of each. */
#define MAX_WINDOWS 100

/* Statements of one document */
#define MAX_STATEMENTS 1000

/*
 * All that is written on the way to a statement, by max_sql_size: an expression in an
 * expression is copied into it.
 */
#define MAX_COPIES 16

pg_noreturn static void
too_much_sql(void)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
		 errmsg("the SQL of the queryset document is longer than %d bytes", bolt_max_sql_size),
		 errhint("\"bolt_orm.max_sql_size\" is the limit. An alias is written out wherever it is named.")));
}

void
bolt_limit_sql(Size length)
{
	CHECK_FOR_INTERRUPTS();
	if (length > (Size) bolt_max_sql_size)
		too_much_sql();
}

void
bolt_wrote_sql(Statement *statement, Size length)
{
	bolt_limit_sql(length);
	statement->written += length;
	if (statement->written > (Size) bolt_max_sql_size * MAX_COPIES)
		too_much_sql();
}

void
bolt_limit_tables(const Statement *statement)
{
	if (statement->naliases >= MAX_TABLES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the queryset document joins more than %d tables in one statement", MAX_TABLES)));
}

void
bolt_limit_conditions(Statement *statement, const JsonValue *value)
{
	if (++statement->nconditions > MAX_CONDITIONS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d conditions must hold together", MAX_CONDITIONS),
				 bolt_errdetail_at(value), errhint("Give many values to one \"in\" lookup.")));
}

void
bolt_limit_alternatives(Statement *statement, const JsonValue *value)
{
	if (++statement->nalternatives > MAX_ALTERNATIVES)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the queryset document has more than %d alternatives in one statement", MAX_ALTERNATIVES),
			 bolt_errdetail_at(value), errhint("Give many values to one \"in\" lookup.")));
}

void
bolt_limit_windows(Statement *statement, const JsonValue *value)
{
	if (++statement->nwindows > MAX_WINDOWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the queryset document has more than %d windows in one statement", MAX_WINDOWS),
				 bolt_errdetail_at(value)));
}

void
bolt_limit_statements(int n)
{
	if (n > MAX_STATEMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the queryset document fetches more than %d relations", MAX_STATEMENTS)));
}

void
bolt_limit_columns(int n)
{
	if (n > MaxTupleAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("target lists can have at most %d entries", MaxTupleAttributeNumber)));
}
