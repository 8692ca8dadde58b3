/*-------------------------------------------------------------------------
 *
 * error.h
 *	  What every error of bolt_orm carries: SQLSTATE, Django's words, the path
 *	  at fault in the DETAIL, the choices in the HINT.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ERROR_H
#define BOLT_ERROR_H

#include "postgres.h"

#include "compat.h"
#include "json_in.h"

/*
 * errdetail of the place in the document: "At filter.author__name in the
 * queryset document.", or of another argument that it names.  A NULL value, for faults that have no place, adds nothing.
 */
extern int bolt_errdetail_at(const JsonValue *value);

/*
 * errhint "Choices are: a, b, c.", sorted as given, or nothing where the list
 * of C strings is empty.
 */
extern int bolt_errhint_choices(List *choices);

/* A cursor of a page that is damaged, or of another ordering. */
pg_noreturn extern void bolt_invalid_cursor(void);

#endif /* BOLT_ERROR_H */
