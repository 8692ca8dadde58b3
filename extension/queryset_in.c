/*-------------------------------------------------------------------------
 *
 * queryset_in.c
 *	  The keys of a queryset document.
 *
 * A key is a row of document_keys, which says what parses it and where in a chain
 * it may stand; adding one is adding a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "common/int.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "name_table.h"
#include "settings.h"

/* The table of annotations begins no larger than this: most calls are none. */
#define MAX_FIRST_SIZE 1024

typedef void (*KeyParser)(Document *document, QuerySet *queryset, JsonValue *value);

typedef struct KeyRule
{
	const char *name;
	KeyParser parse;
	const char *after_slice; /* "Cannot … once a slice has been taken" */
	bool not_after_values;	 /* may not follow values() in a chain */
	bool after_combining;	 /* may follow union() and its like … */
	bool closes;			 /* … of which it is one */
} KeyRule;

/* ----------
 * The keys of a document, one function each
 * ----------
 */
static void
parse_model(Document *document, QuerySet *queryset, JsonValue *value)
{
	bolt_expect_string(value);
	queryset->model = value;
}

static void
parse_filter(Document *document, QuerySet *queryset, JsonValue *value)
{
	bolt_parse_filter_calls(document, queryset, value, false);
}

static void
parse_exclude(Document *document, QuerySet *queryset, JsonValue *value)
{
	bolt_parse_filter_calls(document, queryset, value, true);
}

static PathTerm *
make_path(const char *path, JsonValue *value)
{
	PathTerm *term = palloc(sizeof(PathTerm));

	term->path = path;
	term->value = value;
	return term;
}

/* Behind values() an annotation is a further value, and an aggregate groups by them. */
static void
annotate_values(QuerySet *queryset, AnnotateCall *annotate)
{
	bool aggregate = bolt_has_aggregate(annotate->expression);
	ListCell *lc;

	/* each is one more column: there are never many to compare with */
	if (list_length(queryset->values) > MaxTupleAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("target lists can have at most %d entries", MaxTupleAttributeNumber),
				 bolt_errdetail_at(annotate->value)));
	foreach(lc, queryset->values)
	{
		CHECK_FOR_INTERRUPTS();
		if (strcmp(((PathTerm *) lfirst(lc))->path, annotate->name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("The annotation '%s' conflicts with a field on the model", annotate->name),
					 bolt_errdetail_at(annotate->value)));
	}

	/* the groups are those of the first aggregate; a later values() chooses what is shown */
	annotate->after_values = true;
	if (aggregate && !queryset->group_by_values)
	{
		queryset->group_by_values = true;
		queryset->groups = list_copy(queryset->values);
	}
	if (!aggregate && queryset->group_by_values && queryset->groups != NIL)
		queryset->groups = lappend(queryset->groups, make_path(annotate->name, annotate->value));
	if (queryset->values != NIL && !annotate->alias)
		queryset->values = lappend(queryset->values, make_path(annotate->name, annotate->value));
}

static void
add_annotations(Document *document, QuerySet *queryset, JsonValue *value, bool alias)
{
	bolt_expect_object(value, bolt_quoted_key(value));
	json_foreach(member, value)
	{
		QueryCall *call = palloc0(sizeof(QueryCall));
		AnnotateCall *annotate = palloc0(sizeof(AnnotateCall));

		annotate->name = member->name;
		annotate->expression = bolt_parse_expression(document, member);
		annotate->alias = alias;
		annotate->value = member;
		call->annotate = annotate;
		queryset->calls = lappend(queryset->calls, call);
		if (queryset->chained && queryset->values_kind != VALUES_NONE)
			annotate_values(queryset, annotate);
	}
}

static void
parse_annotate(Document *document, QuerySet *queryset, JsonValue *value)
{
	add_annotations(document, queryset, value, false);
}

static void
parse_alias(Document *document, QuerySet *queryset, JsonValue *value)
{
	add_annotations(document, queryset, value, true);
}

static List *
parse_paths(JsonValue *value)
{
	List *paths = NIL;

	bolt_expect_array(value);
	json_foreach(each, value)
		paths = lappend(paths, make_path(bolt_expect_string(each), each));
	return paths;
}

OrderTerm *
bolt_make_order_term(const char *path, JsonValue *value)
{
	OrderTerm *term = palloc0(sizeof(OrderTerm));

	if (path[0] == '-')
	{
		term->descending = true;
		path++;
	}
	term->random = strcmp(path, "?") == 0;
	term->path = path;
	term->value = value;
	return term;
}

/* {"expr": expression, "desc": true, "nulls": "first" or "last"} */
static OrderTerm *
parse_order_object(Document *document, JsonValue *value)
{
	OrderTerm *term = palloc0(sizeof(OrderTerm));

	bolt_expect_object(value, "a member of \"order_by\"");
	term->value = value;
	json_foreach(member, value)
	{
		if (strcmp(member->name, "expr") == 0)
		{
			if (member->kind != JSON_STRING && member->kind != JSON_OBJECT)
				bolt_wrong_kind(member, "\"expr\"", "a field's name or an expression");
			term->expression = bolt_parse_expression(document, member);
			if (term->expression->kind == EXPRESSION_F)
				term->path = term->expression->path;
		}
		else if (strcmp(member->name, "desc") == 0)
			term->descending = bolt_expect_boolean(member);
		else if (strcmp(member->name, "nulls") == 0)
		{
			if (json_is_string(member, "first"))
				term->nulls = NULLS_FIRST_ORDER;
			else if (json_is_string(member, "last"))
				term->nulls = NULLS_LAST_ORDER;
			else
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("\"nulls\" must be \"first\" or \"last\""), bolt_errdetail_at(member)));
		}
		else
			bolt_unknown_key(member, "an ordering", list_make3("expr", "desc", "nulls"));
	}
	if (term->expression == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an ordering object needs the key \"expr\""), bolt_errdetail_at(value)));
	if (term->path != NULL)
		term->expression = NULL;
	return term;
}

List *
bolt_parse_order_terms(Document *document, JsonValue *value)
{
	List *terms = NIL;

	bolt_expect_array(value);
	json_foreach(each, value)
	{
		OrderTerm *term = each->kind == JSON_OBJECT ? parse_order_object(document, each) :
													  bolt_make_order_term(bolt_expect_string(each), each);

		terms = lappend(terms, term);
	}
	return terms;
}

static void
parse_order_by(Document *document, QuerySet *queryset, JsonValue *value)
{
	queryset->ordered = true;
	queryset->order_by = bolt_parse_order_terms(document, value);
}

static void
parse_reverse(Document *document, QuerySet *queryset, JsonValue *value)
{
	if (bolt_expect_boolean(value))
		queryset->reverse = !queryset->reverse;
}

static void
parse_distinct(Document *document, QuerySet *queryset, JsonValue *value)
{
	if (value->kind == JSON_ARRAY)
	{
		queryset->distinct = true;
		queryset->distinct_on = parse_paths(value);
	}
	else if (value->kind == JSON_TRUE || value->kind == JSON_FALSE)
		queryset->distinct = value->kind == JSON_TRUE;
	else
		bolt_wrong_kind(value, "\"distinct\"", "true, false or an array of fields");
}

static void
parse_select_related(Document *document, QuerySet *queryset, JsonValue *value)
{
	if (value->kind == JSON_ARRAY)
		queryset->select_related = list_concat(queryset->select_related, parse_paths(value));
	else if (value->kind == JSON_TRUE || value->kind == JSON_FALSE)
		queryset->select_related_all = value->kind == JSON_TRUE;
	else
		bolt_wrong_kind(value, "\"select_related\"", "true, false or an array of paths");
}

static int
parse_depth(const JsonValue *value)
{
	char *end;
	long number;

	if (value->kind != JSON_NUMBER)
		bolt_wrong_kind(value, bolt_quoted_key(value), "a positive integer");
	errno = 0;
	number = strtol(value->text, &end, 10);
	if (*end != '\0' || value->text[0] == '-' || number == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a positive integer, not %s", bolt_quoted_key(value), value->text),
				 bolt_errdetail_at(value)));
	if (errno != 0 || number > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range for type integer", bolt_quoted_key(value)),
				 bolt_errdetail_at(value)));
	return number;
}

static PrefetchLookup *
parse_prefetch(Document *document, JsonValue *value)
{
	PrefetchLookup *lookup = palloc0(sizeof(PrefetchLookup));

	lookup->value = value;
	if (value->kind == JSON_STRING)
	{
		lookup->path = bolt_expect_string(value);
		return lookup;
	}
	if (value->kind != JSON_OBJECT)
		bolt_wrong_kind(value, "a member of \"prefetch_related\"", "a path or an object");
	bolt_expect_object(value, "a prefetch");
	json_foreach(member, value)
	{
		if (strcmp(member->name, "lookup") == 0)
			lookup->path = bolt_expect_string(member);
		else if (strcmp(member->name, "queryset") == 0)
		{
			if (member->kind != JSON_NULL)
				lookup->queryset = bolt_parse_queryset(document, member);
		}
		else if (strcmp(member->name, "to_attr") == 0)
		{
			if (member->kind != JSON_NULL)
				lookup->to_attr = bolt_expect_string(member);
			if (lookup->to_attr && lookup->to_attr[0] == '\0')
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"to_attr\" must not be empty"),
						 bolt_errdetail_at(member)));
		}
		else if (strcmp(member->name, "recurse") == 0)
			lookup->recurse = bolt_expect_boolean(member);
		else if (strcmp(member->name, "depth") == 0)
		{
			if (member->kind != JSON_NULL)
				lookup->depth = parse_depth(member);
		}
		else
			bolt_unknown_key(member, "a prefetch",
							 list_make5("lookup", "queryset", "to_attr", "recurse", "depth"));
	}
	if (lookup->path == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a prefetch object needs the key \"lookup\""), bolt_errdetail_at(value)));
	if (lookup->depth > 0 && !lookup->recurse)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"depth\" is valid only with \"recurse\""),
				 bolt_errdetail_at(bolt_json_member(value, "depth")), errhint("Add \"recurse\": true.")));
	return lookup;
}

static void
parse_prefetch_related(Document *document, QuerySet *queryset, JsonValue *value)
{
	bolt_expect_array(value);
	json_foreach(each, value)
		queryset->prefetch_related = lappend(queryset->prefetch_related, parse_prefetch(document, each));
}

static void
parse_only(Document *document, QuerySet *queryset, JsonValue *value)
{
	queryset->only = parse_paths(value);
}

static void
parse_defer(Document *document, QuerySet *queryset, JsonValue *value)
{
	queryset->defer = list_concat(queryset->defer, parse_paths(value));
}

static void
set_values(QuerySet *queryset, JsonValue *value, ValuesKind kind)
{
	if (queryset->values_kind != VALUES_NONE && !queryset->chained)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"values\" and \"values_list\" cannot be given together"),
				 bolt_errdetail_at(value)));
	queryset->values_kind = kind;
	queryset->values = parse_paths(value);
	if (queryset->chained && queryset->values != NIL)
	{
		QueryCall *call = palloc0(sizeof(QueryCall));

		call->values = list_copy(queryset->values);
		queryset->calls = lappend(queryset->calls, call);
	}
}

static void
parse_values(Document *document, QuerySet *queryset, JsonValue *value)
{
	set_values(queryset, value, VALUES_OBJECTS);
}

static void
parse_values_list(Document *document, QuerySet *queryset, JsonValue *value)
{
	set_values(queryset, value, VALUES_LISTS);
}

/* Taken after the other keys: its meaning is values_list's. */
static void
parse_flat(Document *document, QuerySet *queryset, JsonValue *value)
{
	if (!bolt_expect_boolean(value))
		return;
	if (queryset->values_kind != VALUES_LISTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"flat\" is valid only with \"values_list\""), bolt_errdetail_at(value)));
	if (list_length(queryset->values) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("'flat' is not valid when values_list is called with more than one field"),
				 bolt_errdetail_at(value)));
	queryset->values_kind = VALUES_FLAT;
}

/*
 * The plan is made for a slice of about this size: a shape covers the limits
 * between one power of four and the next.
 */
void
bolt_shape_slice(Document *document, int64 number)
{
	int magnitude = 0;

	for (; number > 0; number >>= 2)
		magnitude++;
	appendStringInfoCharMacro(&document->shape, 'A' + magnitude);
}

static JsonValue *
parse_slice_bound(Document *document, JsonValue *value)
{
	char *end;
	int64 number;

	if (value->kind != JSON_NUMBER)
		bolt_wrong_kind(value, bolt_quoted_key(value), "a non-negative integer");
	if (value->text[0] == '-')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("Negative indexing is not supported"),
				 bolt_errdetail_at(value)));
	errno = 0;
	number = strtoll(value->text, &end, 10);
	if (*end != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a non-negative integer, not %s", bolt_quoted_key(value), value->text),
				 bolt_errdetail_at(value)));
	if (errno != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range for type bigint", bolt_quoted_key(value)),
				 bolt_errdetail_at(value)));
	bolt_shape_slice(document, number);
	return bolt_document_add_literal(document, value);
}

static int64
slice_number(const JsonValue *literal)
{
	return literal ? strtoll(literal->text, NULL, 10) : 0;
}

/* A slice of a slice lies within it. */
static void
parse_limit(Document *document, QuerySet *queryset, JsonValue *value)
{
	JsonValue *limit = parse_slice_bound(document, value);

	if (queryset->limit == NULL || slice_number(limit) < slice_number(queryset->limit))
		queryset->limit = limit;
	else
		bolt_shape_slice(document, slice_number(queryset->limit));
}

static void
parse_offset(Document *document, QuerySet *queryset, JsonValue *value)
{
	JsonValue *offset = parse_slice_bound(document, value);
	int64 more = slice_number(offset);

	if (queryset->chained && queryset->limit != NULL)
		queryset->limit = bolt_document_add_literal(
			document, bolt_json_number(Max(slice_number(queryset->limit) - more, 0)));
	if (queryset->offset != NULL)
	{
		int64 sum;

		if (pg_add_s64_overflow(slice_number(queryset->offset), more, &sum))
			sum = PG_INT64_MAX;
		offset = bolt_document_add_literal(document, bolt_json_number(sum));
	}
	queryset->offset = offset;
}

static void
parse_none(Document *document, QuerySet *queryset, JsonValue *value)
{
	queryset->none = bolt_expect_boolean(value);
}

/* true, or {"nowait", "skip_locked", "no_key", "of"} */
static void
parse_select_for_update(Document *document, QuerySet *queryset, JsonValue *value)
{
	Locking *locking = palloc0(sizeof(Locking));

	locking->value = value;
	if (value->kind != JSON_OBJECT)
	{
		queryset->locking = bolt_expect_boolean(value) ? locking : NULL;
		return;
	}
	bolt_expect_object(value, "\"select_for_update\"");
	json_foreach(member, value)
	{
		if (strcmp(member->name, "nowait") == 0)
			locking->nowait = bolt_expect_boolean(member);
		else if (strcmp(member->name, "skip_locked") == 0)
			locking->skip_locked = bolt_expect_boolean(member);
		else if (strcmp(member->name, "no_key") == 0)
			locking->no_key = bolt_expect_boolean(member);
		else if (strcmp(member->name, "of") == 0)
			locking->of = parse_paths(member);
		else
			bolt_unknown_key(member, "\"select_for_update\"",
							 list_make4("nowait", "skip_locked", "no_key", "of"));
	}
	if (locking->nowait && locking->skip_locked)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("The nowait option cannot be used with skip_locked"), bolt_errdetail_at(value)));
	queryset->locking = locking;
}

/* [field, kind] or [field, kind, "ASC" or "DESC"] */
static void
parse_truncated(Document *document, QuerySet *queryset, JsonValue *value, const char *const *kinds,
				int nkinds, bool date)
{
	JsonValue *kind;
	List *choices = NIL;
	bool known = false;

	bolt_expect_array(value);
	if (value->count < 2 || value->count > 3 || value->first->kind != JSON_STRING)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s takes [field, kind] or [field, kind, order]", bolt_quoted_key(value)),
				 bolt_errdetail_at(value)));
	bolt_expect_string(value->first);
	kind = value->first->next;
	for (int i = 0; i < nkinds; i++)
	{
		known |= json_is_string(kind, kinds[i]);
		choices = lappend(choices, unconstify(char *, kinds[i]));
	}
	if (!known)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("'kind' must be one of the choices"),
				 bolt_errdetail_at(kind), bolt_errhint_choices(choices)));
	if (kind->next != NULL && !json_is_string(kind->next, "ASC") && !json_is_string(kind->next, "DESC"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("'order' must be either 'ASC' or 'DESC'"),
				 bolt_errdetail_at(kind->next)));
	if (queryset->dates != NULL || (queryset->values_kind != VALUES_NONE && !queryset->chained))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"dates\", \"datetimes\" and \"values\" cannot be given together"),
				 bolt_errdetail_at(value)));
	queryset->dates = bolt_make_trunc(document, value->first, kind->text, date);
	queryset->dates_descending = kind->next != NULL && json_is_string(kind->next, "DESC");
	queryset->values_kind = VALUES_FLAT;
	queryset->values = NIL;
	queryset->distinct = true;
}

static void
parse_dates(Document *document, QuerySet *queryset, JsonValue *value)
{
	static const char *const kinds[] = {"year", "month", "week", "day"};

	parse_truncated(document, queryset, value, kinds, lengthof(kinds), true);
}

static void
parse_datetimes(Document *document, QuerySet *queryset, JsonValue *value)
{
	static const char *const kinds[] = {"year", "month", "week", "day", "hour", "minute", "second"};

	parse_truncated(document, queryset, value, kinds, lengthof(kinds), false);
}

/* Order and slice before union() are the first queryset's, not the combination's. */
static void
keep_first(QuerySet *queryset)
{
	if (queryset->limit != NULL || queryset->offset != NULL)
	{
		queryset->first = palloc(sizeof(QuerySet));
		*queryset->first = *queryset;
	}
	queryset->limit = queryset->offset = NULL;
	queryset->ordered = true;
	queryset->order_by = NIL;
	queryset->reverse = false;
}

/* union and its like: an array of documents, or of one */
static void
combine(Document *document, QuerySet *queryset, JsonValue *value, const char *method, const char *opname)
{
	CombineCall *call = palloc0(sizeof(CombineCall));

	bolt_expect_array(value);
	call->method = method;
	call->opname = opname;
	json_foreach(each, value)
		call->querysets = lappend(call->querysets, bolt_parse_queryset(document, each));
	if (queryset->chained)
		keep_first(queryset);
	queryset->combined = lappend(queryset->combined, call);
}

static void
parse_union(Document *document, QuerySet *queryset, JsonValue *value)
{
	combine(document, queryset, value, "union", "UNION");
}

static void
parse_union_all(Document *document, QuerySet *queryset, JsonValue *value)
{
	combine(document, queryset, value, "union", "UNION ALL");
}

static void
parse_intersection(Document *document, QuerySet *queryset, JsonValue *value)
{
	combine(document, queryset, value, "intersection", "INTERSECT");
}

static void
parse_difference(Document *document, QuerySet *queryset, JsonValue *value)
{
	combine(document, queryset, value, "difference", "EXCEPT");
}

static void parse_chain(Document *document, QuerySet *queryset, JsonValue *value);

/* In the order in which they are taken, whatever their order in the text. */
static const KeyRule document_keys[] = {
	{"model", parse_model},
	{"filter", parse_filter, "filter a query"},
	{"exclude", parse_exclude, "filter a query"},
	{"annotate", parse_annotate},
	{"alias", parse_alias},
	{"order_by", parse_order_by, "reorder a query", .after_combining = true},
	{"reverse", parse_reverse, "reverse a query", .after_combining = true},
	{"distinct", parse_distinct, "create distinct fields"},
	{"select_related", parse_select_related, .not_after_values = true},
	{"prefetch_related", parse_prefetch_related},
	{"only", parse_only, .not_after_values = true},
	{"defer", parse_defer, .not_after_values = true},
	{"values", parse_values, .after_combining = true},
	{"values_list", parse_values_list, .after_combining = true},
	{"flat", parse_flat, .after_combining = true},
	{"limit", parse_limit, .after_combining = true},
	{"offset", parse_offset, .after_combining = true},
	{"none", parse_none, .after_combining = true},
	{"select_for_update", parse_select_for_update},
	{"dates", parse_dates},
	{"datetimes", parse_datetimes},
	{"union", parse_union, .closes = true},
	{"union_all", parse_union_all, .closes = true},
	{"intersection", parse_intersection, .closes = true},
	{"difference", parse_difference, .closes = true},
	{"chain", parse_chain},
};

static const KeyRule *
find_key(const JsonValue *member, const char *what)
{
	List *choices = NIL;

	for (int i = 0; i < lengthof(document_keys); i++)
	{
		if (strcmp(member->name, document_keys[i].name) == 0)
			return &document_keys[i];
		choices = lappend(choices, unconstify(char *, document_keys[i].name));
	}
	bolt_unknown_key(member, what, choices);
	return NULL; /* not reached */
}

/* What Django refuses once a slice has been taken, or querysets combined. */
static void
check_chain_order(const QuerySet *queryset, const KeyRule *rule, const JsonValue *value)
{
	bool sliced = queryset->limit != NULL || queryset->offset != NULL;

	if (sliced && rule->after_slice != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot %s once a slice has been taken", rule->after_slice),
				 bolt_errdetail_at(value)));
	if (queryset->values_kind != VALUES_NONE && rule->not_after_values)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot call %s() after .values() or .values_list()", rule->name),
				 bolt_errdetail_at(value)));
	if (queryset->combined != NIL && !rule->closes && !rule->after_combining)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Calling QuerySet.%s() after %s() is not supported", rule->name,
						((CombineCall *) llast(queryset->combined))->method),
				 bolt_errdetail_at(value)));
}

/* The calls of a chain, one a member, in the order written. */
static void
parse_chain(Document *document, QuerySet *queryset, JsonValue *value)
{
	bolt_expect_array(value);
	queryset->chained = true;
	json_foreach(each, value)
	{
		const KeyRule *rule;

		bolt_expect_object(each, "a member of \"chain\"");
		if (each->count != 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a member of \"chain\" must have one key, not %d", each->count),
					 bolt_errdetail_at(each)));
		rule = find_key(each->first, "a chain");
		if (rule->parse == parse_model || rule->parse == parse_chain)
			bolt_unknown_key(each->first, "a chain", NIL);
		check_chain_order(queryset, rule, each->first);
		rule->parse(document, queryset, each->first);
	}
}

NameTable *
bolt_annotation_names(List *calls)
{
	NameTable *names = bolt_name_table_create(Min(list_length(calls), MAX_FIRST_SIZE));
	ListCell *lc;

	foreach(lc, calls)
	{
		AnnotateCall *annotate = ((QueryCall *) lfirst(lc))->annotate;

		CHECK_FOR_INTERRUPTS();
		if (annotate != NULL)
			bolt_name_table_add(names, annotate->name, strlen(annotate->name), annotate);
	}
	return names;
}

bool
bolt_names_annotation(const char *path, const NameTable *names)
{
	const char *end = path;

	/* a path with more steps is refused where it is followed */
	for (int steps = 0; end != NULL && steps <= bolt_max_depth; steps++)
	{
		const char *next = strstr(end, "__");

		if (bolt_name_table_find(names, path, next != NULL ? next - path : strlen(path)) != NULL)
			return true;
		end = next != NULL ? next + 1 : NULL;
	}
	return false;
}

static bool expression_names_annotation(const Expression *expression, const NameTable *names);

static bool
q_names_annotation(const Q *q, const NameTable *names)
{
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (q->kind == Q_CONDITION)
		return (q->path != NULL && bolt_names_annotation(q->path, names)) ||
			(q->expression != NULL && expression_names_annotation(q->expression, names));
	foreach(lc, q->members)
	{
		if (q_names_annotation(lfirst(lc), names))
			return true;
	}
	return false;
}

static bool
expression_names_annotation(const Expression *expression, const NameTable *names)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_F)
		return bolt_names_annotation(expression->path, names);
	foreach(lc, expression->operands)
	{
		if (expression_names_annotation(lfirst(lc), names))
			return true;
	}
	return false;
}

/* annotate and alias count in the order of the text. */
static int
compare_annotations(const ListCell *a, const ListCell *b)
{
	const AnnotateCall *first = ((QueryCall *) lfirst(a))->annotate;
	const AnnotateCall *second = ((QueryCall *) lfirst(b))->annotate;

	if (first == NULL || second == NULL)
		return (first != NULL) - (second != NULL);
	if (first->value->parent->index != second->value->parent->index)
		return first->value->parent->index - second->value->parent->index;
	return first->value->index - second->value->index;
}

/* Without chain: filters that name no annotation, annotations, the other filters. */
static void
sort_calls(QuerySet *queryset)
{
	List *sorted = NIL;
	List *annotations = NIL;
	NameTable *names;
	ListCell *each;

	foreach(each, queryset->calls)
	{
		if (((QueryCall *) lfirst(each))->annotate != NULL)
			annotations = lappend(annotations, lfirst(each));
	}
	if (annotations == NIL)
		return;
	list_sort(annotations, compare_annotations);
	names = bolt_annotation_names(annotations);

	for (int named = 0; named <= 1; named++)
	{
		if (named)
			sorted = list_concat(sorted, annotations);
		foreach(each, queryset->calls)
		{
			QueryCall *call = lfirst(each);

			if (call->filter != NULL && q_names_annotation(call->filter->q, names) == named)
				sorted = lappend(sorted, call);
		}
	}
	queryset->calls = sorted;
}

QuerySet *
bolt_parse_queryset(Document *document, JsonValue *value)
{
	QuerySet *queryset = palloc0(sizeof(QuerySet));
	JsonValue *values[lengthof(document_keys)] = {NULL};

	check_stack_depth();
	bolt_expect_object(value, "a queryset document");
	queryset->source = value;
	json_foreach(member, value)
		values[find_key(member, "a queryset document") - document_keys] = member;
	for (int key = 0; key < lengthof(document_keys); key++)
	{
		if (document_keys[key].parse == parse_chain)
			sort_calls(queryset);
		if (values[key])
			document_keys[key].parse(document, queryset, values[key]);
	}
	return queryset;
}
