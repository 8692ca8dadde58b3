/*-------------------------------------------------------------------------
 *
 * document.h
 *	  What the files that read documents share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_DOCUMENT_H
#define BOLT_DOCUMENT_H

#include "postgres.h"

#include "queryset.h"

/* document_check.c: a value must be of this kind; 22023 names its key */

/* Error 22023 where what decides the meaning of a query is a Ref: that is data. */
extern void bolt_refuse_data(const JsonValue *value);

/* Error 54001 where a path has more steps than a document may have levels. */
extern void bolt_check_steps(const char *path, const JsonValue *value);

extern void bolt_wrong_kind(const JsonValue *value, const char *what, const char *expected);
extern char *bolt_quoted_key(const JsonValue *value);
extern const char *bolt_expect_string(const JsonValue *value);
extern bool bolt_expect_boolean(const JsonValue *value);
extern void bolt_expect_array(const JsonValue *value);
extern void bolt_expect_object(const JsonValue *value, const char *what);
extern void bolt_expect_values(const JsonValue *value, const char *what); /* which may be data */
extern void bolt_unknown_key(const JsonValue *value, const char *what, List *choices);

/* q_in.c */
extern void bolt_parse_filter_call(Document *document, QuerySet *queryset, JsonValue *value, bool exclude);
extern void bolt_parse_filter_calls(Document *document, QuerySet *queryset, JsonValue *value, bool exclude);

extern Q *bolt_parse_q(Document *document, JsonValue *value);

/* queryset_in.c */
extern void bolt_shape_slice(Document *document, int64 number);
extern QuerySet *bolt_parse_queryset(Document *document, JsonValue *value);
extern List *bolt_parse_order_terms(Document *document, JsonValue *value);

/* expression_in.c */
extern bool bolt_is_expression(const JsonValue *value);
extern bool bolt_has_aggregate(const Expression *expression);
extern bool bolt_has_window(const Expression *expression);
extern Expression *bolt_make_trunc(Document *document, JsonValue *field, const char *kind, bool date);
extern Expression *bolt_parse_expression(Document *document, JsonValue *value);

#endif /* BOLT_DOCUMENT_H */
