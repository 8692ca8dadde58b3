/*-------------------------------------------------------------------------
 *
 * error.h
 *	  Making errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_ERROR_H
#define BOLT_SRC_ERROR_H

#include <libpq-fe.h>

#include "bolt_orm/error.h"

/* The one error that needs no memory. */
extern bolt_exception *bolt__out_of_memory(void);

/*
 * None of these returns NULL: where there is no memory for an error they return
 * that of bolt__out_of_memory.  SQLSTATE may be NULL: the code's own.
 */
extern bolt_exception *bolt__error_new(bolt_code code, const char *sqlstate, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
extern bolt_exception *bolt__error_from_result(const PGresult *result);
extern bolt_exception *bolt__error_from_connection(const PGconn *connection);

/* Adds the hint, and returns the error. */
extern bolt_exception *bolt__error_hint(bolt_exception *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the detail, and returns the error. */
extern bolt_exception *bolt__error_detail(bolt_exception *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts words in front of the message, "filter(): ", and returns the error. */
extern bolt_exception *bolt__error_prefix(bolt_exception *error, const char *prefix);

#endif /* BOLT_SRC_ERROR_H */
