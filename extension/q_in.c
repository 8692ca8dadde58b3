/*-------------------------------------------------------------------------
 *
 * q_in.c
 *	  Q and the calls of filter() and exclude(), from JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "document.h"
#include "error.h"
#include "miscadmin.h"

static Q *
make_q(QKind kind, List *members)
{
	Q *q = palloc0(sizeof(Q));

	q->kind = kind;
	q->members = members;
	return q;
}

/* A list for in or range, in which some member is an expression. */
static bool
has_expression(const JsonValue *value)
{
	if (value->kind != JSON_ARRAY || value->data)
		return false;
	json_foreach(each, value)
	{
		CHECK_FOR_INTERRUPTS();
		if (bolt_is_expression(each))
			return true;
	}
	return false;
}

/* A string in such a list is a literal still. */
static Expression *
parse_list_member(Document *document, JsonValue *value)
{
	Expression *expression;

	if (bolt_is_expression(value))
		return bolt_parse_expression(document, value);
	expression = palloc0(sizeof(Expression));
	expression->kind = EXPRESSION_VALUE;
	expression->name = "Value";
	expression->value = value;
	expression->literal = bolt_document_add_literal(document, value);
	return expression;
}

/* path__lookup: value */
static Q *
parse_condition(Document *document, JsonValue *member)
{
	Q *q = make_q(Q_CONDITION, NIL);

	q->path = member->name;
	q->value = member;

	if (bolt_is_expression(member))
		q->expression = bolt_parse_expression(document, member);
	else if (has_expression(member))
	{
		json_foreach(each, member)
			q->expressions = lappend(q->expressions, parse_list_member(document, each));
	}
	else
		bolt_document_add_literal(document, member);
	return q;
}

Q *
bolt_parse_q(Document *document, JsonValue *value)
{
	static const struct
	{
		const char *name;
		QKind kind;
	} connectors[] = {{"AND", Q_AND}, {"OR", Q_OR}, {"XOR", Q_XOR}, {"NOT", Q_NOT}};
	List *members = NIL;

	check_stack_depth();
	bolt_expect_object(value, "a Q");
	json_foreach(member, value)
	{
		Q *q = NULL;

		for (int i = 0; i < lengthof(connectors) && q == NULL; i++)
		{
			if (strcmp(member->name, connectors[i].name) != 0)
				continue;
			q = make_q(connectors[i].kind, NIL);
			if (q->kind == Q_NOT)
			{
				q->members = list_make1(bolt_parse_q(document, member));
				continue;
			}
			bolt_expect_array(member);
			json_foreach(each, member)
				q->members = lappend(q->members, bolt_parse_q(document, each));
		}
		if (q == NULL && strcmp(member->name, "Exists") == 0)
		{
			q = make_q(Q_CONDITION, NIL);
			q->value = member;
			q->exists = bolt_parse_queryset(document, member);
		}
		if (q == NULL)
			q = parse_condition(document, member);
		members = lappend(members, q);
	}
	return list_length(members) == 1 ? linitial(members) : make_q(Q_AND, members);
}

void
bolt_add_filter_call(QuerySet *queryset, FilterCall *filter)
{
	QueryCall *call = palloc0(sizeof(QueryCall));

	call->filter = filter;
	queryset->calls = lappend(queryset->calls, call);
}

void
bolt_parse_filter_call(Document *document, QuerySet *queryset, JsonValue *value, bool exclude)
{
	FilterCall *call = palloc(sizeof(FilterCall));

	call->exclude = exclude;
	call->q = bolt_parse_q(document, value);
	bolt_add_filter_call(queryset, call);
}

/* One Q, or an array of them, each a call. */
void
bolt_parse_filter_calls(Document *document, QuerySet *queryset, JsonValue *value, bool exclude)
{
	if (value->kind == JSON_OBJECT)
	{
		bolt_parse_filter_call(document, queryset, value, exclude);
		return;
	}
	if (value->kind != JSON_ARRAY)
		bolt_wrong_kind(value, bolt_quoted_key(value), "an object or an array of objects");
	bolt_refuse_data(value);
	json_foreach(each, value)
		bolt_parse_filter_call(document, queryset, each, exclude);
}

FilterCall *
bolt_make_condition(const char *path, JsonValue *literal)
{
	FilterCall *call = palloc0(sizeof(FilterCall));

	call->q = make_q(Q_CONDITION, NIL);
	call->q->path = path;
	call->q->value = literal;
	return call;
}
