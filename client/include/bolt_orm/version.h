/*-------------------------------------------------------------------------
 *
 * version.h
 *	  The version of the client, and what it promises.
 *
 * The ABI rule.  The soname is libbolt_orm.so.N, where N is BOLT_ABI.  Within one N
 *
 * - exported functions stay, with their arguments and their meaning;
 * - types that are only declared may change in any way;
 * - structs that macros fill in and hand over by pointer (the *_options) may grow
 *	 at their end: each begins with its size, so that an older program's is understood;
 * - structs that are defined here without a size (bolt_argument, bolt_member, bolt_schema)
 *	 and the numbers of enumerators do not change; new enumerators are added at the end.
 *
 * N changes when one of these has to be broken, and with it the major version,
 * or the minor one as long as that is 0.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_VERSION_H
#define BOLT_ORM_VERSION_H

#include "types.h"

BOLT_BEGIN_DECLS

/* The Makefile reads these four lines. */
#define BOLT_VERSION_MAJOR 0
#define BOLT_VERSION_MINOR 1
#define BOLT_VERSION_PATCH 0
#define BOLT_ABI 0

#define BOLT_VERSION_NUMBER (BOLT_VERSION_MAJOR * 10000 + BOLT_VERSION_MINOR * 100 + BOLT_VERSION_PATCH)

/**
 * The version of the library that is loaded.
 *
 * @return "0.1.0", a constant.
 * @threads any.
 */
BOLT_API const char *bolt_version(void);

/**
 * The version of the library that is loaded, as a number.
 *
 * @return to be compared with BOLT_VERSION_NUMBER, that of the headers.
 * @threads any.
 */
BOLT_API int bolt_version_number(void);

BOLT_END_DECLS

#endif /* BOLT_ORM_VERSION_H */
