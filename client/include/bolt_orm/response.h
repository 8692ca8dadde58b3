/*-------------------------------------------------------------------------
 *
 * response.h
 *	  What an HTTP client is told of a future: a status and a JSON body.
 *
 * There is no HTTP library in here.  A handler returns a future; when it has settled, whoever
 * speaks HTTP (adapters/bolt_evhttp.h) sends bolt_http_status and bolt_http_body.
 *
 * The body of an error says it as a whole, and each fault with its place:
 *
 *	   {"error": {"code": "VALIDATION_ERROR", "message": "title: This field is required. (and 1 more)", "sqlstate": "22023"},
 *		"errors": [{"path": "title", "message": "This field is required."}, {"path": "tags[1]", "message": "A valid integer is required."}]}
 *
 * with "detail", "hint" and "constraint" in "error" where the database gave them. What went wrong inside (status 500 and above) is not told to
 * the client.
 *
 * | error                                                              | status |
 * | ------------------------------------------------------------------ | ------ |
 * | BOLT_VALIDATION_ERROR, BOLT_VALUE_ERROR, NOT NULL and CHECK         |        |
 * | constraints                                                         | 400    |
 * | BOLT_PERMISSION_DENIED, a write where the connection only reads     | 403    |
 * | BOLT_DOES_NOT_EXIST                                                 | 404    |
 * | BOLT_INTEGRITY_ERROR, BOLT_PROTECTED_ERROR, BOLT_RESTRICTED_ERROR   | 409    |
 * | BOLT_HTTP_ERROR: bolt_refuse, RAISE SQLSTATE 'PT402' in a function  | nnn    |
 * | BOLT_OPERATIONAL_ERROR, BOLT_POOL_…, BOLT_SERIALIZATION_FAILURE,    |        |
 * | BOLT_CANCELLED                                                      | 503    |
 * | BOLT_TIMEOUT                                                        | 504    |
 * | all others: a fault of the program                                  | 500    |
 *
 * What is wrong with a queryset (BOLT_FIELD_ERROR, BOLT_MODEL_ERROR, BOLT_TYPE_ERROR and so on) is the program's fault, and its text and
 * hints, which name tables and columns, are for its log only. Where the client has sent the queryset, bolt_blame_client says so.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_RESPONSE_H
#define BOLT_ORM_RESPONSE_H

#include "error.h"
#include "future.h"

BOLT_BEGIN_DECLS

/**
 * The status for an error.
 *
 * @param error may be NULL: 200.
 * @threads any.
 */
BOLT_API int bolt_error_status(const bolt_exception *error);

/**
 * The body for an error, as above.
 *
 * @return JSON text to be freed with free(); NULL without memory.
 * @threads any.
 */
BOLT_API char *bolt_error_body(const bolt_exception *error);

/**
 * Says which status it has where it succeeds: `return bolt_with_status(bolt_acreate(…), 201)`.
 *
 * @return the same future.
 */
BOLT_API bolt_future *bolt_with_status(bolt_future *future, int status);

/**
 * Says that the HTTP client has sent the queryset, or the document: what is wrong with it is 400 then, with the whole text and hints.
 * return bolt_blame_client(bolt_alist(bolt_from_document(db, body, length))).
 *
 * @return the same future.
 */
BOLT_API bolt_future *bolt_blame_client(bolt_future *future);

/**
 * The status of a settled future: that of its error; else that of bolt_with_status; else 200, or 204 where there is no JSON.
 */
BOLT_API int bolt_http_status(const bolt_future *future);

/**
 * The body of a settled future: its JSON, which is lent by the future, or that of its error.
 *
 * @param length set to its length in bytes.
 * @param made set to what has to be freed with free() after use, or NULL.
 * @return NULL where there is none.
 */
BOLT_API const char *bolt_http_body(const bolt_future *future, size_t *length, char **made);

/**
 * A future that has failed: what a handler, or the body of bolt_atomic, returns when it finds that it cannot go on.
 * bolt_fail(transaction, BOLT_DOES_NOT_EXIST, "there is no account %d", id).
 *
 * @param database may be NULL.
 * @return the caller's; never NULL.
 */
BOLT_API bolt_future *bolt_fail(bolt_database *database, bolt_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * The same for a status of the program's own: bolt_refuse(transaction, 402, "the balance is %s", balance).
 *
 * @param status from 400 to 599.
 */
BOLT_API bolt_future *bolt_refuse(bolt_database *database, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * The same for an error that there is already, of bolt_validate for instance.
 *
 * @param error taken over; NULL is a BOLT_INTERFACE_ERROR.
 */
BOLT_API bolt_future *bolt_fail_with(bolt_database *database, bolt_exception *error);

/**
 * What comes in the place of an error.
 *
 * @return a future, whose reference is given away and whose value or error becomes that of bolt_catch; NULL: the error stays.
 */
typedef bolt_future *(*bolt_catcher)(const bolt_exception *error, void *arg);

/**
 * A future with the value of another one; where that fails, `catcher` says what comes instead: Python's except.
 *
 * Ownership: takes the reference.
 *
 * @return the caller's; never NULL.
 */
BOLT_API bolt_future *bolt_catch(bolt_future *future, bolt_catcher catcher, void *arg);

/** As bolt_catch, with a destructor: `destroy(arg)` is called once, after the catcher, or where the catcher will not be called. */
BOLT_API bolt_future *bolt_catch_with(bolt_future *future, bolt_catcher catcher, void *arg,
									  void (*destroy)(void *arg));

BOLT_END_DECLS

#endif /* BOLT_ORM_RESPONSE_H */
