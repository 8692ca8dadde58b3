"""Q objects, and the arguments of filter() and exclude()."""

from django.db.models import Exists, Q, QuerySet
from django.db.models.expressions import NegatedExpression
from django.db.models.sql import Query

from .expressions import EXPRESSION_KEYS, expression, is_expression
from .literals import literal
from .paths import bolt_path, last_field
from .untranslatable import Untranslatable


def q_of(args, kwargs):
    """What filter(*args, **kwargs) makes of its arguments."""
    return args[0] if len(args) == 1 and not kwargs and isinstance(args[0], Q) else Q(*args, **kwargs)


def condition(q, context):
    """A Q as the document writes it."""
    members = [_member(child, context) for child in q.children]
    if q.connector == Q.AND or len(members) < 2:
        result = _all_of(members)
    else:
        result = {q.connector: members}
    return {"NOT": result} if q.negated else result


def paths_of(q):
    """The paths that a Q names."""
    for child in q.children:
        if isinstance(child, Q):
            yield from paths_of(child)
        elif isinstance(child, tuple):
            yield child[0]


def _all_of(members):
    keys = [key for member in members for key in member]
    if len(keys) == len(set(keys)):
        return {key: value for member in members for key, value in member.items()}
    return {"AND": members}


def _member(child, context):
    if isinstance(child, Q):
        return condition(child, context)
    if isinstance(child, tuple):
        path, value = child
        return {bolt_path(context.model, path, context.names): _value(path, value, context)}
    if isinstance(child, NegatedExpression):
        return {"NOT": _member(child.get_source_expressions()[0], context)}
    if isinstance(child, Exists):
        return expression(child, context)
    raise Untranslatable(f"a condition of type {type(child).__name__}")


def _value(path, value, context):
    if isinstance(value, (QuerySet, Query)):
        return {"Subquery": context.inner(value)}
    if is_expression(value):
        return expression(value, context)
    if isinstance(value, (list, tuple)) and any(is_expression(member) for member in value):
        return [expression(v, context) if is_expression(v) else literal(v) for v in value]
    result = literal(value, last_field(context.model, path))
    if isinstance(result, dict) and result and next(iter(result)) in EXPRESSION_KEYS:
        return {"Value": result}
    return result
