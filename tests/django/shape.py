"""What a queryset asks for around its objects: related ones, and whether in a certain order."""

import dataclasses

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Prefetch

from bolt_django.paths import walk

SELECT_RELATED_DEPTH = 5


@dataclasses.dataclass
class Shape:
    """A node of the graph.

    loaded: the attributes of the columns that only() and defer() leave, None for all;
    selected: the relations of select_related; prefetched: name of the member → Prefetched;
    ordered: the rows' order is decided, down to the last row.
    """

    loaded: frozenset | None = None
    selected: dict = dataclasses.field(default_factory=dict)
    prefetched: dict = dataclasses.field(default_factory=dict)
    annotations: tuple = ()
    ordered: bool = True


@dataclasses.dataclass
class Prefetched:
    relation: str
    to_attr: bool
    shape: Shape


def shape_of(queryset):
    """The shape of a QuerySet that Django has accepted."""
    query = queryset.query
    mask = query.get_select_mask()
    shape = Shape(_loaded(mask), ordered=is_totally_ordered(queryset), annotations=tuple(query.annotation_select))
    if query.select_related is True:
        _select_all(shape, query.model, mask, 1)
    elif query.select_related:
        _select(shape, query.model, query.select_related, mask)
    for lookup in queryset._prefetch_related_lookups:
        _prefetch(shape, queryset.model, lookup)
    return shape


def _loaded(mask):
    """From Django's own reckoning: a mask has the fields to load, none meaning all."""
    return frozenset(field.attname for field in mask if hasattr(field, "attname")) if mask else None


def _select(shape, model, names, mask):
    for name, inner in names.items():
        field = model._meta.get_field(name)
        inner_mask = mask.get(field, {})
        shape.selected[name] = Shape(_loaded(inner_mask))
        _select(shape.selected[name], field.related_model, inner, inner_mask)


def _select_all(shape, model, mask, depth):
    if depth > SELECT_RELATED_DEPTH:
        return
    for field in model._meta.fields:
        if field.remote_field is not None and not field.null:
            inner_mask = mask.get(field, {})
            shape.selected[field.name] = Shape(_loaded(inner_mask))
            _select_all(shape.selected[field.name], field.related_model, inner_mask, depth + 1)


def _prefetch(shape, model, lookup):
    if not isinstance(lookup, Prefetch):
        lookup = Prefetch(lookup)
    through = lookup.prefetch_through.split("__")
    names = lookup.prefetch_to.split("__")
    for level, (relation, name) in enumerate(zip(through, names, strict=True)):
        if name in shape.prefetched:
            relation = shape.prefetched[name].relation
        model_of_relation = _target(model, relation)
        last = level == len(names) - 1
        if name in shape.selected:
            shape = shape.selected[name]
        elif name in shape.prefetched and not (last and lookup.queryset is not None):
            shape = shape.prefetched[name].shape
        else:
            if last and lookup.queryset is not None:
                inner = shape_of(lookup.queryset)
            else:
                inner = Shape(ordered=is_totally_ordered(model_of_relation._default_manager.all()))
            shape.prefetched[name] = Prefetched(relation, name != relation, inner)
            shape = inner
        model = model_of_relation


def _target(model, accessor):
    """The model that a relation's attribute leads to."""
    try:
        return model._meta.get_field(accessor).related_model
    except FieldDoesNotExist:
        for relation in model._meta.related_objects:
            if relation.get_accessor_name() == accessor:
                return relation.related_model
        raise


def is_totally_ordered(queryset):
    """Whether the terms of the ordering name a unique column, so that no two rows are equal."""
    query = queryset.query
    if query.combinator or any(_is_to_many(query.model, path) for path in query.values_select):
        return False
    if rows_differ_by_annotations(query):
        return False
    # Django does not use Meta.ordering for what it groups
    by_default = query.default_ordering and query.group_by is None and query.get_meta().ordering
    terms = query.order_by or by_default or ()
    return any(isinstance(term, str) and _is_unique(query.model, term.lstrip("-+")) for term in terms)


def rows_differ_by_annotations(query):
    """Whether rows may repeat, and then differ by their annotations alone."""
    return bool(query.annotation_select) and query.group_by is None and _joins_many(query)


def _joins_many(query):
    fields = [getattr(join, "join_field", None) for join in query.alias_map.values()]
    return any(field is not None and (field.one_to_many or field.many_to_many) for field in fields)


def _is_unique(model, name):
    if name == "pk":
        return True
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return field.concrete and field.unique and not field.null and not field.many_to_many


def _is_to_many(model, path):
    return any(field is not None and (field.one_to_many or field.many_to_many) for _, field in walk(model, path))


def is_ambiguous(queryset):
    """Whether which rows there are depends on an order that nothing decides."""
    query = queryset.query
    choosing = query.is_sliced or query.distinct_fields
    if choosing and not is_totally_ordered(queryset):
        return True
    lookups = [lookup for lookup in queryset._prefetch_related_lookups if isinstance(lookup, Prefetch)]
    return any(lookup.queryset is not None and is_ambiguous(lookup.queryset) for lookup in lookups)
