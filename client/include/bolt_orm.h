/*-------------------------------------------------------------------------
 *
 * bolt_orm.h
 *	  The asynchronous client of bolt_orm, the PostgreSQL extension that resolves
 *	  Django-like querysets into nested JSON.
 *
 * One header a question; a program includes this one.  The adapters for event
 * loops are headers of their own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_H
#define BOLT_ORM_H

#include "bolt_orm/types.h"
#include "bolt_orm/version.h"
#include "bolt_orm/error.h"
#include "bolt_orm/value.h"
#include "bolt_orm/q.h"
#include "bolt_orm/expression.h"
#include "bolt_orm/queryset.h"
#include "bolt_orm/future.h"
#include "bolt_orm/database.h"
#include "bolt_orm/transaction.h"
#include "bolt_orm/iterator.h"
#include "bolt_orm/coroutine.h"
#include "bolt_orm/loop.h"
#include "bolt_orm/objects.h"
#include "bolt_orm/schema.h"
#include "bolt_orm/result.h"
#include "bolt_orm/validation.h"
#include "bolt_orm/response.h"
#include "bolt_orm/viewset.h"
#include "bolt_orm/debug.h"

#ifdef __cplusplus
#include "bolt_orm/cplusplus.h"
#endif

#endif /* BOLT_ORM_H */
