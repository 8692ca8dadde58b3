"""What a random queryset can be made of: the models' fields, relations and values."""

import dataclasses
import functools

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

KINDS = [
    (ArrayField, "array"),
    (models.JSONField, "json"),
    (models.BooleanField, "boolean"),
    (models.DecimalField, "number"),
    (models.FloatField, "number"),
    (models.IntegerField, "number"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.TimeField, "time"),
    (models.UUIDField, "uuid"),
    (models.CharField, "text"),
    (models.TextField, "text"),
]
PLAIN = ["exact", "exact", "in", "isnull"]
COMPARISONS = ["gt", "gte", "lt", "lte", "range"]
TEXTS = "iexact contains icontains startswith istartswith endswith iendswith regex iregex".split()
LOOKUPS = {
    "array": PLAIN,
    "json": ["isnull"],
    "boolean": PLAIN,
    "number": PLAIN + COMPARISONS + ["contains", "startswith"],
    "moment": PLAIN + COMPARISONS,
    "date": PLAIN + COMPARISONS + ["endswith"],
    "time": PLAIN + COMPARISONS,
    "uuid": PLAIN,
    "text": PLAIN + COMPARISONS + TEXTS + TEXTS,
}
DATE_PARTS = "year iso_year quarter month week week_day iso_week_day day".split()
TIME_PARTS = "hour minute second".split()
PARTS = {"moment": DATE_PARTS + TIME_PARTS, "date": DATE_PARTS, "time": TIME_PARTS}
# What a feature adds to the lookups of a kind.
FURTHER_LOOKUPS = {
    "date lookups": {kind: [part + end for part in parts for end in ("", "__gte")] for kind, parts in PARTS.items()},
    "array lookups": {"array": ["len", "len__gt"]},
}
PATTERNS = ["the", "a", "E", "100%", "_", "\\\\", "o'", "Ü", "ss", ""]
EXPRESSIONS = ["^t", "[aeiou]{2}", "s$", "e .*e"]


@dataclasses.dataclass(frozen=True)
class Field:
    name: str
    kind: str
    nullable: bool


@dataclasses.dataclass(frozen=True)
class Relation:
    """name: in the paths of conditions; accessor: the attribute, for prefetch_related."""

    model: str
    name: str
    accessor: str
    target: str
    to_many: bool
    nullable: bool
    through: str = ""  # the many-to-many relation's own table
    back: str = ""  # the attribute in which Django's prefetch keeps the object that it came from


def model(name):
    return apps.get_model("press", name)


@functools.cache
def model_names():
    return [each.__name__ for each in apps.get_app_config("press").get_models()]


@functools.cache
def fields(name):
    return [
        Field(field.name, kind_of(field), field.null)
        for field in model(name)._meta.concrete_fields
        if not field.is_relation
    ]


@functools.cache
def foreign_keys(name):
    """The columns of relations, as fields."""
    return [field.attname for field in model(name)._meta.concrete_fields if field.is_relation]


def kind_of(field):
    return next(kind for django_class, kind in KINDS if isinstance(field, django_class))


@functools.cache
def relations(name):
    meta = model(name)._meta
    found = [
        Relation(
            name,
            field.name,
            field.name,
            field.related_model.__name__,
            field.many_to_many,
            field.null,
            through(field),
            field.remote_field.get_accessor_name() if field.one_to_one else "",
        )
        for field in [*meta.fields, *meta.many_to_many]
        if field.is_relation
    ]
    for relation in meta.related_objects:
        if "+" in relation.name:
            continue
        to_many = relation.one_to_many or relation.many_to_many
        accessor = relation.get_accessor_name()
        back = "" if relation.many_to_many else relation.field.name
        target = relation.related_model.__name__
        found.append(Relation(name, relation.name, accessor, target, to_many, True, through(relation), back))
    return found


def through(relation):
    if not relation.many_to_many:
        return ""
    return (relation.remote_field if relation.concrete else relation).through.__name__


@functools.cache
def values(name, field_name):
    """The values that are there, as Python source."""
    found = model(name).objects.exclude(**{f"{field_name}__isnull": True}).values_list(field_name, flat=True)
    return sorted({repr(value) for value in found[:200]}) or ["None"]
