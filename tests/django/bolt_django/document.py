"""The recorded calls of a queryset as a document.

The calls are translated to entries in the order of the calls. The chain form is those entries; the
plain form says the same in one object, where the fixed order in which bolt_orm
applies its keys leaves the meaning as it was.
"""

import dataclasses

from django.db.models import Prefetch, Q, QuerySet

from .conditions import condition, paths_of, q_of
from .expressions import expression, is_expression, ordering
from .literals import literal
from .paths import bolt_path, table_name
from .queryset import calls_of, is_unrecorded
from .untranslatable import Untranslatable


class NeedsChain(Untranslatable):
    """The plain form has another order of calls."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A key of the document and its value; q: the condition it was made of."""

    key: str
    value: object
    q: Q | None = None


@dataclasses.dataclass
class Context:
    """The model that paths begin at, and the annotations there are so far."""

    model: type
    form: str
    names: set = dataclasses.field(default_factory=set)

    def inner(self, queryset):
        """The document of a queryset inside this one."""
        return to_document(queryset, self.form)


def to_document(queryset, form="plain"):
    """A QuerySet, or the Query of one, as a document.

    form: "plain", or "chain" for the calls in their order. Raises Untranslatable where
    there are no words for it and NeedsChain where the plain form has not.
    """
    query = queryset.query if isinstance(queryset, QuerySet) else queryset
    entries = _entries(query, Context(query.model, form))
    document = {"model": table_name(query.model)}
    if form == "plain":
        return document | _fold(entries)
    return document | ({"chain": [{entry.key: entry.value} for entry in entries]} if entries else {})


def _entries(query, context):
    entries = []
    if is_unrecorded(query):
        raise Untranslatable("a queryset that no BoltManager made")
    for call in calls_of(query):
        if call.method not in TRANSLATORS:
            raise Untranslatable(call.method)
        TRANSLATORS[call.method](entries, call, context)
    return entries


def _drop(entries, *keys):
    entries[:] = [entry for entry in entries if entry.key not in keys]


# ---- one function a method ----


def _filter(entries, call, context):
    q = q_of(call.args, call.kwargs)
    translated = condition(q, context)
    if call.joined and call.method == "filter" and entries and entries[-1].key == "filter":
        earlier = entries.pop()
        q, translated = earlier.q & q, {"AND": [earlier.value, translated]}
    entries.append(Entry(call.method, translated, q))


def _complex_filter(entries, call, context):
    (argument,) = call.args
    q = argument if isinstance(argument, Q) else Q(**argument)
    entries.append(Entry("filter", condition(q, context), q))


def _annotate(entries, call, context):
    named = {node.default_alias: node for node in call.args} | call.kwargs
    translated = {}
    for name, node in named.items():
        translated[name] = expression(node, context) if is_expression(node) else {"Value": literal(node)}
        context.names.add(name)
    entries.append(Entry(call.method, translated))


def _order_by(entries, call, context):
    entries.append(Entry("order_by", [ordering(term, context) for term in call.args]))


def _flag(entries, call, context):
    entries.append(Entry(call.method, True))


def _distinct(entries, call, context):
    entries.append(Entry("distinct", [bolt_path(context.model, f, context.names) for f in call.args] or True))


def _select_related(entries, call, context):
    if call.args == (None,):
        _drop(entries, "select_related")
    else:
        entries.append(Entry("select_related", list(call.args) or True))


def _prefetch_related(entries, call, context):
    if call.args == (None,):
        _drop(entries, "prefetch_related")
        return
    entries.append(Entry("prefetch_related", [_prefetch(lookup, context) for lookup in call.args]))


def _prefetch(lookup, context):
    if not isinstance(lookup, Prefetch):
        return lookup
    result = {"lookup": lookup.prefetch_through}
    if lookup.queryset is not None:
        result["queryset"] = context.inner(lookup.queryset)
    if lookup.to_attr:
        # Django has put the path before it
        result["to_attr"] = lookup.prefetch_to.split("__")[-1] if "__" not in lookup.to_attr else lookup.to_attr
    return result


def _loading(entries, call, context):
    if call.args == (None,):
        _drop(entries, "only", "defer")
    else:
        entries.append(Entry(call.method, [bolt_path(context.model, path, context.names) for path in call.args]))


def _values(entries, call, context):
    fields = []
    expressions = {}
    for field in call.args:
        if isinstance(field, str):
            fields.append(bolt_path(context.model, field, context.names))
            continue
        name = getattr(field, "default_alias", type(field).__name__.lower())
        number = 1
        while name + str(number) in context.names | expressions.keys():
            number += 1
        expressions[name + str(number)] = field
        fields.append(name + str(number))
    options = dict(call.kwargs)
    flat = options.pop("flat", False)
    if options.pop("named", False):
        raise Untranslatable("named tuples")
    expressions |= options
    fields += options
    if expressions:
        entries.append(Entry("annotate", {name: expression(node, context) for name, node in expressions.items()}))
        context.names |= expressions.keys()
    entries.append(Entry(call.method, fields))
    if flat:
        entries.append(Entry("flat", True))


def _dates(entries, call, context):
    def arguments(field_name, kind, order="ASC", tzinfo=None):
        if tzinfo is not None:
            raise Untranslatable("datetimes() in another time zone than the session's")
        return [bolt_path(context.model, field_name), kind] + ([order] if order != "ASC" else [])

    entries.append(Entry(call.method, arguments(*call.args, **call.kwargs)))


def _combinator(entries, call, context):
    key = "union_all" if call.kwargs.get("all") else call.method
    entries.append(Entry(key, [context.inner(other) for other in call.args]))


def _select_for_update(entries, call, context):
    options = {key: list(value) if key == "of" else value for key, value in call.kwargs.items() if value}
    entries.append(Entry(call.method, options or True))


def _slice(entries, call, context):
    start, stop, step = call.args
    if step is not None:
        raise Untranslatable("a step, which makes a list")
    # a slice of a slice counts within it
    earlier = {entry.key: entry.value for entry in entries}
    offset, limit = earlier.get("offset", 0), earlier.get("limit")
    start = start or 0
    count = None if stop is None else max(stop - start, 0)
    if limit is not None:
        count = max(limit - start, 0) if count is None else max(min(count, limit - start), 0)
    _drop(entries, "limit", "offset")
    if offset + start:
        entries.append(Entry("offset", offset + start))
    if count is not None:
        entries.append(Entry("limit", count))


TRANSLATORS = {
    "filter": _filter,
    "exclude": _filter,
    "complex_filter": _complex_filter,
    "annotate": _annotate,
    "alias": _annotate,
    "order_by": _order_by,
    "reverse": _flag,
    "none": _flag,
    "distinct": _distinct,
    "select_related": _select_related,
    "prefetch_related": _prefetch_related,
    "only": _loading,
    "defer": _loading,
    "values": _values,
    "values_list": _values,
    "dates": _dates,
    "datetimes": _dates,
    "union": _combinator,
    "intersection": _combinator,
    "difference": _combinator,
    "select_for_update": _select_for_update,
    "slice": _slice,
}

# ---- the plain form ----

AFTER_SLICE = frozenset("select_related prefetch_related only defer values values_list flat limit offset none".split())
COMBINATORS = frozenset("union union_all intersection difference".split())


def _fold(entries):
    """One object of entries; Django's rules for a method that is called twice."""
    result = {}
    names = set()
    for entry in entries:
        key, value = entry.key, entry.value
        if key in COMBINATORS and result:
            raise NeedsChain(f"{key} after other calls")
        if result.keys() & COMBINATORS and key not in ("order_by", "limit", "offset"):
            raise NeedsChain(f"{key} after a combination")
        if result.keys() & {"limit", "offset"} and key not in AFTER_SLICE:
            raise NeedsChain(f"{key} after a slice")
        if key in ("select_related", "only", "defer") and result.keys() & {"values", "values_list"}:
            raise NeedsChain(f"{key} after values")
        if key in ("filter", "exclude"):
            if any("__" in path for name in ("values", "values_list") for path in result.get(name, ())):
                raise NeedsChain(f"{key} after values of relations, whose joins it does not share")
            if names and not any(path.split("__")[0] in names for path in paths_of(entry.q)):
                raise NeedsChain(f"{key} after an annotation that it does not name")
            result.setdefault(key, []).append(value)
        elif key in ("annotate", "alias"):
            if result.keys() & {"values", "values_list"}:
                raise NeedsChain(f"{key} after values")
            names |= value.keys()
            result[key] = result.get(key, {}) | value
        elif key == "reverse":
            result[key] = not result.get(key, False)
        elif key == "select_related":
            earlier = result.get(key)
            result[key] = earlier + value if isinstance(earlier, list) and isinstance(value, list) else value
        elif key == "prefetch_related":
            result[key] = result.get(key, []) + value
        elif key in ("only", "defer"):
            _fold_loading(result, key, value)
        elif key in ("values", "values_list"):
            for other in ("values", "values_list", "flat", "select_related"):
                result.pop(other, None)
            result[key] = value
        else:
            result[key] = value
    for key in ("filter", "exclude"):
        if len(result.get(key, ())) == 1:
            result[key] = result[key][0]
    return result


def _fold_loading(result, key, paths):
    """What is left of only() and defer() in turns; see Django's Query.add_deferred_loading."""
    deferred, immediate = result.pop("defer", []), result.pop("only", None)
    if key == "only":
        immediate = [path for path in paths if path not in deferred]
        deferred = []
    elif immediate is None:
        deferred = deferred + [path for path in paths if path not in deferred]
    else:
        left = [path for path in immediate if path not in paths]
        deferred = [] if left else [path for path in paths if path not in immediate]
        immediate = left
    if immediate:
        result["only"] = immediate
    if deferred:
        result["defer"] = deferred
