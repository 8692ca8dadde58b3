/*-------------------------------------------------------------------------
 *
 * version.c
 *	  The version of the library.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/version.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *
bolt_version(void)
{
	return TEXT(BOLT_VERSION_MAJOR) "." TEXT(BOLT_VERSION_MINOR) "." TEXT(BOLT_VERSION_PATCH);
}

int
bolt_version_number(void)
{
	return BOLT_VERSION_NUMBER;
}
