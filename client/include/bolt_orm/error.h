/*-------------------------------------------------------------------------
 *
 * error.h
 *	  Errors as values: Django's exceptions by name, with what PostgreSQL says.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_ERROR_H
#define BOLT_ORM_ERROR_H

#include "types.h"

BOLT_BEGIN_DECLS

/**
 * What went wrong, by the name of Django's exception where Django has one.
 */
typedef enum bolt_code
{
	BOLT_OK = 0,

	/* the queryset and its result */
	BOLT_DOES_NOT_EXIST,			/**< aget, aearliest, alatest found none (P0002) */
	BOLT_MULTIPLE_OBJECTS_RETURNED, /**< aget found several (P0003) */
	BOLT_FIELD_ERROR,		  /**< no such field, relation or lookup; the hint lists them (42703, 42702) */
	BOLT_MODEL_ERROR,		  /**< no such model (42P01) */
	BOLT_TYPE_ERROR,		  /**< what Django refuses with a TypeError (0A000) */
	BOLT_VALUE_ERROR,		  /**< an argument or a value that cannot be (22023 and class 22) */
	BOLT_NOT_SUPPORTED_ERROR, /**< what is not implemented, here or in the server */
	BOLT_RELATED_NOT_FETCHED, /**< a relation that the queryset did not ask for was touched */
	BOLT_DECODE_ERROR,		  /**< JSON that does not fit the schema; the message has the path */

	/* the data */
	BOLT_INTEGRITY_ERROR,	/**< a constraint; its name is in bolt_error_constraint (class 23) */
	BOLT_PROTECTED_ERROR,	/**< a delete that on_delete PROTECT forbids (23001) */
	BOLT_RESTRICTED_ERROR,	/**< a delete that on_delete RESTRICT forbids (23001) */
	BOLT_PERMISSION_DENIED, /**< the role may not (42501) */

	/* the database */
	BOLT_DATABASE_ERROR,		/**< any other error of the server */
	BOLT_PROGRAMMING_ERROR,		/**< the extension is missing, or not of this version (class 42) */
	BOLT_OPERATIONAL_ERROR,		/**< no connection, a lost one, a server that shuts down (08, 53, 57) */
	BOLT_SERIALIZATION_FAILURE, /**< try the transaction again (40001, 40P01) */
	BOLT_TRANSACTION_MANAGEMENT_ERROR, /**< a transaction used after its end, or after an error in it */
	BOLT_CONNECTION_DOES_NOT_EXIST,	   /**< bolt_using of a name that was not configured */
	BOLT_IMPROPERLY_CONFIGURED,		   /**< a malformed conninfo */
	BOLT_POOL_TIMEOUT,				   /**< no connection came free in time */
	BOLT_POOL_EXHAUSTED,			   /**< the queue for a connection is full */

	/* the future */
	BOLT_TIMEOUT,					 /**< the future's time was up, or the server's */
	BOLT_CANCELLED,					 /**< bolt_cancel, or a cancel by somebody else */
	BOLT_SYNCHRONOUS_ONLY_OPERATION, /**< awaiting here would block the event loop */

	/* the program */
	BOLT_INTERFACE_ERROR, /**< misuse: a NULL argument, a closed database, a queryset used twice */
	BOLT_RUNTIME_ERROR,	  /**< what may not be done now */
	BOLT_MEMORY_ERROR,	  /**< out of memory */

	/* handlers */
	BOLT_VALIDATION_ERROR, /**< what came from outside does not fit its schema; the detail lists the faults (validation.h) */
	BOLT_HTTP_ERROR /**< a status of the program's own: bolt_refuse; SQLSTATE is PT and the status */
} bolt_code;

/**
 * The name of a code.
 *
 * @return "BOLT_DOES_NOT_EXIST" and so on, a constant; "BOLT_UNKNOWN" for a number that is none.
 * @threads any.
 */
BOLT_API const char *bolt_code_name(bolt_code code);

/**
 * The code of an error.
 *
 * @param error may be NULL, which is no error: BOLT_OK.
 * @threads any.
 */
BOLT_API bolt_code bolt_error_code(const bolt_exception *error);

/**
 * The SQLSTATE of an error: five characters.
 *
 * @return the server's; where the error is the client's own, the nearest of PostgreSQL's; "00000" for NULL.
 * @threads any.
 */
BOLT_API const char *bolt_error_sqlstate(const bolt_exception *error);

/**
 * The message of an error: one line, no period.
 *
 * @return UTF-8, never NULL, owned by the error.
 * @threads any.
 */
BOLT_API const char *bolt_error_message(const bolt_exception *error);

/**
 * The detail of an error: with errors of a queryset the place in its document.
 *
 * @return UTF-8, or NULL; owned by the error.
 * @threads any.
 */
BOLT_API const char *bolt_error_detail(const bolt_exception *error);

/**
 * What to do about an error: with names that do not exist, the ones that do.
 *
 * @return UTF-8, or NULL; owned by the error.
 * @threads any.
 */
BOLT_API const char *bolt_error_hint(const bolt_exception *error);

/**
 * Where in the server it happened: with bolt_arun, which operation it was.
 *
 * @return UTF-8, or NULL; owned by the error.
 * @threads any.
 */
BOLT_API const char *bolt_error_context(const bolt_exception *error);

/**
 * The constraint that an integrity error is about.
 *
 * @return its name, or NULL; owned by the error.
 * @threads any.
 */
BOLT_API const char *bolt_error_constraint(const bolt_exception *error);

/**
 * The column that an error is about: with a NOT NULL constraint.
 *
 * @return its name, or NULL; owned by the error.
 * @threads any.
 */
BOLT_API const char *bolt_error_column(const bolt_exception *error);

/**
 * Keeps an error beyond the life of the future, or the call, that gave it.
 *
 * @return the same error; to be given back with bolt_error_unref.
 * @threads any.
 */
BOLT_API bolt_exception *bolt_error_ref(const bolt_exception *error);

/**
 * Gives back what bolt_error_ref, or a call that says so, handed out.
 *
 * @param error may be NULL.
 * @threads any.
 */
BOLT_API void bolt_error_unref(bolt_exception *error);

BOLT_END_DECLS

#endif /* BOLT_ORM_ERROR_H */
