"""Django's expressions as those of contract section 5.

An expression is found by the name of its class, its bases' names after its own; adding one is
adding a row to a table.
"""

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import OrderBy, Star, Value

from .literals import literal
from .paths import bolt_path
from .untranslatable import Untranslatable

OPERATORS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "%%": "Mod", "^": "Pow"}
AGGREGATES = {
    "Count": "Count",
    "Sum": "Sum",
    "Avg": "Avg",
    "Min": "Min",
    "Max": "Max",
    "StdDev": "StdDev",
    "Variance": "Variance",
    "ArrayAgg": "ArrayAgg",
    "StringAgg": "StringAgg",
    "JSONBAgg": "JSONAgg",
    "BoolAnd": "BoolAnd",
    "BoolOr": "BoolOr",
}
FUNCTIONS = {
    "Coalesce": "Coalesce",
    "Greatest": "Greatest",
    "Least": "Least",
    "NullIf": "NullIf",
    "Lower": "Lower",
    "Upper": "Upper",
    "Length": "Length",
    "Trim": "Trim",
    "Substr": "Substr",
    "Left": "Left",
    "Right": "Right",
    "Replace": "Replace",
    "Round": "Round",
    "Ceil": "Ceil",
    "Floor": "Floor",
    "Abs": "Abs",
    "Now": "Now",
    "Random": "Random",
    "RowNumber": "RowNumber",
    "Rank": "Rank",
    "DenseRank": "DenseRank",
    "Lag": "Lag",
    "Lead": "Lead",
    "Ntile": "NTile",
    "FirstValue": "FirstValue",
    "LastValue": "LastValue",
}
KEYED = "F Value OuterRef Subquery Exists Case Window Cast Concat Trunc Extract".split()
EXPRESSION_KEYS = frozenset([*OPERATORS.values(), *AGGREGATES.values(), *FUNCTIONS.values(), *KEYED])


def is_expression(value):
    return hasattr(value, "resolve_expression") and not isinstance(value, Q)


def expression(node, context):
    """An expression object; a plain string is a field's name, as in Django's functions."""
    if isinstance(node, str):
        return bolt_path(context.model, node, context.names)
    for base in type(node).__mro__:
        if base.__name__ in TRANSLATORS:
            return TRANSLATORS[base.__name__](node, context)
        if base.__name__ in AGGREGATES:
            return _aggregate(AGGREGATES[base.__name__], node, context)
        if base.__name__ in FUNCTIONS:
            return _function(FUNCTIONS[base.__name__], node.get_source_expressions(), context)
    raise Untranslatable(f"an expression of type {type(node).__name__}")


def ordering(node, context):
    """A member of order_by."""
    if isinstance(node, str):
        sign = "-" if node.startswith("-") else ""
        name = node.lstrip("-+")
        return sign + (name if name == "?" else bolt_path(context.model, name, context.names))
    if not isinstance(node, OrderBy):
        node = node.asc()
    result = {"expr": expression(node.expression, context)}
    if node.descending:
        result["desc"] = True
    if node.nulls_first:
        result["nulls"] = "first"
    elif node.nulls_last:
        result["nulls"] = "last"
    return result


def _function(name, operands, context):
    operands = [_operand(operand, context) for operand in operands]
    return {name: operands[0] if len(operands) == 1 else operands}


def _operand(node, context):
    """An operand: fields by their bare names."""
    result = expression(node, context)
    return result["F"] if isinstance(result, dict) and list(result) == ["F"] else result


def _f(node, context):
    return {"F": bolt_path(context.model, node.name, context.names)}


def _outer_ref(node, context):
    # OuterRef(OuterRef("x")) means the query outside the one outside
    return {"OuterRef": _outer_ref(node.name, context) if not isinstance(node.name, str) else node.name}


def _combined(node, context):
    if node.connector not in OPERATORS:
        raise Untranslatable(f"the operator {node.connector!r}")
    return {OPERATORS[node.connector]: [_operand(node.lhs, context), _operand(node.rhs, context)]}


def _subquery(node, context):
    return {"Subquery": context.inner(node.query)}


def _exists(node, context):
    return {"Exists": context.inner(node.query)}


def _case(node, context):
    from .conditions import condition

    cases = [
        {"when": condition(when.condition, context), "then": expression(when.result, context)} for when in node.cases
    ]
    result = {"Case": cases}
    if not (isinstance(node.default, Value) and node.default.value is None):
        result["default"] = expression(node.default, context)
    return result


def _concat(node, context):
    # Django nests pairs
    operands = list(node.get_source_expressions())
    while type(operands[-1]).__name__ == "ConcatPair":
        operands[-1:] = operands[-1].get_source_expressions()
    return _function("Concat", operands, context)


def _cast(node, context):
    return {
        "Cast": _operand(node.get_source_expressions()[0], context),
        "type": node.output_field.cast_db_type(connection),
    }


def _value(node, context):
    return {"Value": literal(node.value)}


def _of_kind(name):
    def translate(node, context):
        kind = getattr(node, "lookup_name", None) if name == "Extract" else node.kind
        result = {name: _operand(node.get_source_expressions()[0], context), "kind": kind}
        if getattr(node, "tzinfo", None) is not None:
            raise Untranslatable(f"{name} in another time zone than the session's")
        return result

    return translate


def _window(node, context):
    result = {"Window": expression(node.source_expression, context)}
    if node.frame is not None:
        raise Untranslatable("a window frame")
    if node.partition_by is not None:
        result["partition_by"] = [_operand(e, context) for e in node.partition_by.get_source_expressions()]
    if node.order_by is not None:
        terms = node.order_by.get_source_expressions()
        result["order_by"] = [ordering(term, context) for term in terms]
    return result


def _aggregate(name, node, context):
    from .conditions import condition

    sources = [e for e in node.get_source_expressions() if e is not None]
    filter_ = node.filter
    sources = [e for e in sources if e is not filter_ and type(e).__name__ not in ("OrderByList", "AggregateFilter")]
    operand = "*" if sources and isinstance(sources[0], Star) else _operand(sources[0], context)
    if len(sources) > 1:
        operand = [operand, *(_operand(e, context) for e in sources[1:])]
    result = {name: operand}
    if filter_ is not None:
        filter_ = getattr(filter_, "condition", filter_)
        result["filter"] = condition(filter_, context)
    if node.distinct:
        result["distinct"] = True
    if node.default is not None:
        default = node.default
        result["default"] = expression(default, context) if is_expression(default) else {"Value": literal(default)}
    order_by = getattr(node, "order_by", None)
    if order_by is not None:
        result["order_by"] = [ordering(term, context) for term in order_by.get_source_expressions()]
    if getattr(node, "function", "").endswith("_SAMP"):
        result["sample"] = True
    return result


TRANSLATORS = {
    "OuterRef": _outer_ref,
    "F": _f,
    "Value": _value,
    "CombinedExpression": _combined,
    "Exists": _exists,
    "Subquery": _subquery,
    "Case": _case,
    "Cast": _cast,
    "TruncBase": _of_kind("Trunc"),
    "Extract": _of_kind("Extract"),
    "Window": _window,
    "Concat": _concat,
}
