"""Django's results as the JSON that contract section 7 asks for."""

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model

from bolt_django.paths import bolt_path
from canonical import scalar, text


def rows(values, shape, model):
    return in_order([row(value, shape, model) for value in values], shape.ordered)


def row(value, shape, model):
    """A model object, or what values() and values_list() give."""
    if isinstance(value, Model):
        return _object(value, shape)
    if isinstance(value, dict):
        return {bolt_path(model, name): scalar(member) for name, member in value.items()}
    return scalar(value)


def in_order(values, ordered):
    """Rows whose order nothing decides are put into one."""
    return values if ordered else sorted(values, key=text)


def sort_unordered(value, shape):
    """Does to a result of bolt_orm's what rows() does to Django's."""
    if isinstance(value, list):
        return in_order([sort_members(member, shape) for member in value], shape.ordered)
    return sort_members(value, shape)


def sort_members(value, shape):
    if not isinstance(value, dict):
        return value
    inner = {name: prefetched.shape for name, prefetched in shape.prefetched.items()} | shape.selected
    return {
        name: sort_unordered(member, inner[name]) if name in inner else member for name, member in value.items()
    }


def _object(instance, shape):
    result = {}
    for field in instance._meta.concrete_fields:
        if shape.loaded is None or field.attname in shape.loaded:
            result[field.column] = scalar(getattr(instance, field.attname))
        elif field.column in shape.selected or field.column in shape.prefetched:
            result[field.column] = None  # the place of the object of that name
    for name in shape.annotations:
        result[name] = scalar(getattr(instance, name))
    for name, inner in shape.selected.items():
        result[name] = _to_one(instance, name, inner)
    for name, prefetched in shape.prefetched.items():
        value = getattr(instance, name, None) if prefetched.to_attr else None
        if prefetched.to_attr and isinstance(value, list):
            result[name] = rows(value, prefetched.shape, None)
        elif prefetched.to_attr:
            result[name] = value and _object(value, prefetched.shape)
        elif _is_to_many(instance, name):
            result[name] = rows(getattr(instance, name).all(), prefetched.shape, None)
        else:
            result[name] = _to_one(instance, name, prefetched.shape)
    return result


def _is_to_many(instance, name):
    # only the descriptors of to-many relations make managers
    return hasattr(getattr(type(instance), name), "related_manager_cls")


def _to_one(instance, name, shape):
    try:
        value = getattr(instance, name)
    except ObjectDoesNotExist:
        return None
    return None if value is None else _object(value, shape)
