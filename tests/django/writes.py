"""Writes: the same call by Django and by bolt_orm, each rolled back.

Compared are what the two return, the keys of the objects they have made, and the rows that they
leave, of all tables. Sequences are set back before each, so that new keys are the same.
"""

import dataclasses
import datetime
import json
from collections.abc import Callable

from django.apps import apps
from django.db import Error, connection, transaction
from django.db.models import Case, Count, F, OuterRef, Q, SmallIntegerField, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, Lower, Upper

import bolt
from bolt_django import NeedsChain
from bolt_django.conditions import condition
from bolt_django.document import Context, to_document
from bolt_django.expressions import expression, is_expression
from bolt_django.literals import literal
from bolt_django.paths import bolt_path, last_field, table_name
from outcome import SQLSTATES
from press.models import Article, Badge, Comment, Magazine, OldNote, Person, Section, Tag

MOMENT = datetime.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=datetime.timezone.utc)


@dataclasses.dataclass(frozen=True)
class Write:
    """A call of a queryset's method; its arguments are made anew for each of the two."""

    queryset: Callable
    method: str
    arguments: Callable


def call(method, queryset, **arguments):
    return Write(queryset, method, lambda: arguments)


def update(queryset, **values):
    return call("update", queryset, **values)


def create(model, **values):
    return call("create", model.objects.all, **values)


def get_or_create(queryset, **values):
    return call("get_or_create", queryset, **values)


def update_or_create(queryset, **values):
    return call("update_or_create", queryset, **values)


def bulk(method, model, objects, **options):
    return Write(model.objects.all, method, lambda: {"objs": objects(), **options})


def tags(*names, **weights):
    return lambda: [Tag(name=name) for name in names] + [Tag(name=n, weight=w) for n, w in weights.items()]


def changed(model, count, change):
    """The first objects of a model, each of them changed."""

    def objects():
        found = list(model.objects.order_by("pk")[:count])
        for number, each in enumerate(found):
            change(each, number)
        return found

    return objects


def with_(**values):
    def change(instance, number):
        for name, value in values.items():
            setattr(instance, name, value(number) if callable(value) else value)

    return change


PERSON = {"name": "New", "active": True, "level": 1}
CASES = {
    "update: all rows": update(Tag.objects.all, weight="1.5"),
    "update: a filter": update(lambda: Article.objects.filter(views__gt=5), priority=3, body=None),
    "update: exclude": update(lambda: Article.objects.exclude(priority=3), priority=3),
    "update: no row": update(lambda: Tag.objects.filter(pk=-1), weight=1),
    "update: none": update(lambda: Tag.objects.none(), weight=1),
    "update: nothing": update(Tag.objects.all),
    "update: F": update(Article.objects.all, views=F("views") + 1, words=F("words") * 2 + F("views")),
    "update: F of one column into another": update(Article.objects.all, body=F("title"), title=F("slug")),
    "update: an F of a relation": update(Article.objects.all, editor=F("author")),
    "update: an F through a relation": update(Article.objects.all, body=F("author__name")),
    "update: a function": update(Article.objects.all, title=Upper(Concat(F("title"), Value("!")))),
    "update: Case": update(Article.objects.all, priority=Case(When(views__gt=10, then=Value(1)), default=F("priority"), output_field=SmallIntegerField())),
    "update: Coalesce": update(Article.objects.all, body=Coalesce("body", "title")),
    "update: a subquery": update(
        Person.objects.all, level=Subquery(Article.objects.filter(author=OuterRef("pk")).order_by("-views", "pk").values("priority")[:1])
    ),
    "update: a subquery that may not be null": update(
        Person.objects.filter(articles__isnull=False).all,
        level=Coalesce(Subquery(Article.objects.filter(author=OuterRef("pk")).order_by("-views", "pk").values("priority")[:1]), 0),
    ),
    "update: an aggregate": update(Person.objects.all, level=Count("articles")),
    "update: null": update(Person.objects.all, country=None, mentor=None),
    "update: a relation by number": update(Article.objects.all, editor=2),
    "update: a relation by column": update(Article.objects.all, editor_id=2),
    "update: a relation by object": update(Article.objects.all, editor=Person(pk=2)),
    "update: a field of another model": update(Article.objects.all, author__name="x"),
    "update: a many-to-many field": update(Article.objects.all, tags=1),
    "update: no such field": update(Article.objects.all, nope=1),
    "update: a filter by another model": update(lambda: Article.objects.filter(author__active=True), views=0),
    "update: a filter through a to-many relation": update(lambda: Article.objects.filter(comment__likes__gte=0), views=F("views") + 1),
    "update: two filters through a to-many relation": update(
        lambda: Article.objects.filter(tags__weight__gt=0).filter(tags__name__gt="a"), views=F("views") + 1
    ),
    "update: exclude through a to-many relation": update(lambda: Person.objects.exclude(articles__published=True), level=F("level") + 1),
    "update: an annotation": update(
        lambda: Person.objects.annotate(n=Count("articles")).filter(n__gte=1), level=F("level") + 1
    ),
    "update: by an annotation": update(lambda: Article.objects.annotate(sum=F("views") + F("words")), views=F("sum")),
    "update: distinct": update(lambda: Article.objects.filter(tags__weight__gt=0).distinct(), views=F("views") + 1),
    "update: a slice": update(lambda: Tag.objects.all()[:3], weight=1),
    "update: a union": update(lambda: Tag.objects.filter(pk=1).union(Tag.objects.filter(pk=2)), weight=1),
    "update: ordered, reversed": update(lambda: Tag.objects.order_by("name").reverse(), weight=1),
    "update: values": update(lambda: Tag.objects.values("name").filter(pk__gt=1), weight=1),
    "update: only, select_related": update(lambda: Article.objects.select_related("author").only("title"), views=1),
    "update: a filter by Q and subquery": update(
        lambda: Article.objects.filter(Q(views=1) | Q(author__in=Person.objects.filter(active=True))), views=1
    ),
    "update: a table that is called otherwise": update(lambda: OldNote.objects.filter(text__contains="a"), text=Concat(F("text"), Value("?"))),
    "update: JSON, arrays, times": update(
        Article.objects.all, data={"a": [1, None]}, labels=["x", "y"], scores=None, created=MOMENT, slot=datetime.time(1, 2)
    ),
    "update: a unique column": update(Tag.objects.all, name="same"),
    "update: null where there may be none": update(Tag.objects.all, name=None),
    "update: a reference to nothing": update(Article.objects.all, section_id=-1),

    "create: an object": create(Tag, name="new", weight="1.25"),
    "create: a primary key": create(Tag, pk=-5, name="new"),
    "create: a null primary key": create(Tag, id=None, name="new"),
    "create: a relation by object": create(Section, name="new", parent=Section(pk=1)),
    "create: a relation by column": create(Section, name="new", parent_id=1),
    "create: null": create(Section, name="new", parent=None),
    "create: a key of text": create(Magazine, code="new", title="New", chief_id=1),
    "create: an expression": create(Tag, name=Lower(Value("NEW"))),
    "create: an F": create(Tag, name=F("weight")),
    "create: no such field": create(Tag, name="new", nope=1),
    "create: a key that is there": create(Tag, pk=1, name="new"),
    "create: a name that is there": create(Section, name="News"),

    "get_or_create: found": get_or_create(Section.objects.all, name="News"),
    "get_or_create: created": get_or_create(Tag.objects.all, name="new", defaults={"weight": "2.5"}),
    "get_or_create: a lookup": get_or_create(Section.objects.all, name__iexact="NEWS", defaults={"name": "other"}),
    "get_or_create: a lookup that finds nothing": get_or_create(Tag.objects.all, name__iexact="new", defaults={"name": "NEW"}),
    "get_or_create: defaults contradict": get_or_create(Tag.objects.all, name="new", weight=1, defaults={"weight": 2}),
    "get_or_create: by pk": get_or_create(Tag.objects.all, pk=-1, defaults={"name": "new"}),
    "get_or_create: by a relation": get_or_create(Section.objects.all, parent=Section(pk=1), name="new"),
    "get_or_create: through a relation": get_or_create(Section.objects.all, parent__name="no such", defaults={"name": "new"}),
    "get_or_create: several": get_or_create(Article.objects.all, published=True),
    "get_or_create: in a filtered queryset": get_or_create(lambda: Tag.objects.filter(weight__lt=-100), name="new"),
    "get_or_create: a conflict that the lookup does not find": get_or_create(lambda: Section.objects.filter(pk=-1), name="News"),
    "get_or_create: a slice": get_or_create(lambda: Tag.objects.all()[:2], name="new"),
    "get_or_create: no such field": get_or_create(Tag.objects.all, nope=1),
    "get_or_create: no such field in the defaults": get_or_create(Tag.objects.all, name="new", defaults={"nope": 1}),

    "update_or_create: found": update_or_create(Section.objects.all, name="News", defaults={"parent_id": None}),
    "update_or_create: created": update_or_create(Tag.objects.all, name="new", defaults={"weight": 3}),
    "update_or_create: F": update_or_create(Person.objects.all, pk=1, defaults={"level": F("level") + 1}),
    "update_or_create: create_defaults, found": update_or_create(
        Person.objects.all, pk=1, defaults={"level": F("level") + 1}, create_defaults={**PERSON}
    ),
    "update_or_create: create_defaults, created": update_or_create(
        Person.objects.all, pk=-1, defaults={"level": F("level") + 1}, create_defaults={**PERSON}
    ),
    "update_or_create: nothing to set": update_or_create(Section.objects.all, name="News"),
    "update_or_create: the key it has": update_or_create(Section.objects.all, pk=1, defaults={"id": 1, "name": "renamed"}),
    "update_or_create: several": update_or_create(Article.objects.all, published=True, defaults={"views": 1}),
    "update_or_create: no such field": update_or_create(Tag.objects.all, name="new", defaults={"nope": 1}),

    "bulk_create: objects": bulk("bulk_create", Tag, tags("n1", "n2", n3="1.5")),
    "bulk_create: none": bulk("bulk_create", Tag, tags()),
    "bulk_create: keys given and not": bulk("bulk_create", Tag, lambda: [Tag(name="n1"), Tag(pk=-5, name="n2"), Tag(name="n3")]),
    "bulk_create: a one-to-one key": bulk("bulk_create", Badge, lambda: [Badge(person_id=p.pk, number=-p.pk) for p in Person.objects.filter(badge=None)]),
    "bulk_create: an expression": bulk("bulk_create", Tag, lambda: [Tag(name=Lower(Value("N1"))), Tag(name="n2")]),
    "bulk_create: a name twice": bulk("bulk_create", Tag, tags("n1", "n1")),
    "bulk_create: ignore_conflicts": bulk("bulk_create", Tag, tags("n1", "n1", "n2"), ignore_conflicts=True),
    "bulk_create: update_conflicts": bulk(
        "bulk_create",
        Section,
        lambda: [Section(name="News", parent_id=2), Section(name="new", parent_id=1)],
        update_conflicts=True,
        update_fields=["parent"],
        unique_fields=["name"],
    ),
    "bulk_create: both flags": bulk("bulk_create", Tag, tags("n1"), ignore_conflicts=True, update_conflicts=True, update_fields=["name"], unique_fields=["id"]),
    "bulk_create: no unique_fields": bulk("bulk_create", Tag, tags("n1"), update_conflicts=True, update_fields=["name"]),
    "bulk_create: no update_fields": bulk("bulk_create", Tag, tags("n1"), update_conflicts=True, unique_fields=["name"]),
    "bulk_create: the primary key in update_fields": bulk(
        "bulk_create", Tag, tags("n1"), update_conflicts=True, update_fields=["id"], unique_fields=["name"]
    ),
    "bulk_create: a relation to many in unique_fields": bulk(
        "bulk_create", Person, lambda: [Person(**PERSON)], update_conflicts=True, update_fields=["level"], unique_fields=["friends"]
    ),
    "bulk_create: unique_fields that are not": bulk(
        "bulk_create", Tag, tags("n1"), update_conflicts=True, update_fields=["name"], unique_fields=["weight"]
    ),

    "bulk_update: a field": bulk("bulk_update", Article, changed(Article, 9, with_(views=lambda n: n * 7)), fields=["views"]),
    "bulk_update: several fields": bulk(
        "bulk_update",
        Article,
        changed(Article, 9, with_(views=lambda n: n, body=None, created=MOMENT, labels=["x"], price="1.10")),
        fields=["views", "body", "created", "labels", "price"],
    ),
    "bulk_update: an expression": bulk("bulk_update", Article, changed(Article, 5, with_(views=F("views") + 1)), fields=["views"]),
    "bulk_update: a relation": bulk("bulk_update", Comment, changed(Comment, 5, with_(author_id=2)), fields=["author"]),
    "bulk_update: objects that are gone": bulk("bulk_update", Tag, lambda: [Tag(pk=-1, name="x"), Tag(pk=1, name="y")], fields=["name"]),
    "bulk_update: a key of text": bulk("bulk_update", Magazine, changed(Magazine, 3, with_(title=lambda n: f"title {n}")), fields=["title"]),
    "bulk_update: a table that is called otherwise": bulk("bulk_update", OldNote, changed(OldNote, 3, with_(text="new")), fields=["text"]),
    "bulk_update: none": bulk("bulk_update", Tag, lambda: [], fields=["name"]),
    "bulk_update: no fields": bulk("bulk_update", Tag, changed(Tag, 2, with_(name="x")), fields=[]),
    "bulk_update: the primary key": bulk("bulk_update", Tag, changed(Tag, 2, with_(name="x")), fields=["id"]),
    "bulk_update: an object without a key": bulk("bulk_update", Tag, lambda: [Tag(name="x")], fields=["name"]),
    "bulk_update: a relation to many": bulk("bulk_update", Article, changed(Article, 2, with_(views=1)), fields=["tags"]),
    "bulk_update: no such field": bulk("bulk_update", Tag, changed(Tag, 2, with_(name="x")), fields=["nope"]),
    "bulk_update: a unique column": bulk("bulk_update", Tag, changed(Tag, 2, with_(name="same")), fields=["name"]),
}

# What Django lets pass and bolt_orm refuses, with the SQLSTATE.
REFUSED = {
    "update: distinct on fields": (update(lambda: Article.objects.order_by("title").distinct("title"), views=1), "0A000"),
    "update_or_create: no such field of the object found": (
        update_or_create(Section.objects.all, pk=1, defaults={"nope": 1}),
        "42703",
    ),
}


def run(options):
    """How many passed and failed; prints those that failed."""
    tables = _tables()
    sequences = _sequences()
    failed = 0
    for name, write in CASES.items():
        django = _tried(lambda write=write: _django(write), tables, sequences)
        answer = _tried(lambda write=write: _bolt(write, options.form), tables, sequences)
        if not _same(django, answer):
            failed += 1
            print(f"\nFAILED {name}\nDjango → {django}\nbolt   → {answer}", flush=True)
    for name, (write, sqlstate) in REFUSED.items():
        answer = _tried(lambda write=write: _bolt(write, options.form), tables, sequences)
        if not isinstance(answer, bolt.Failure) or answer.sqlstate != sqlstate:
            failed += 1
            print(f"\nFAILED {name}\nwanted → {sqlstate}\nbolt   → {answer}", flush=True)
    return len(CASES) + len(REFUSED) - failed, failed


# ----- by Django


def _django(write):
    result = getattr(write.queryset(), write.method)(**write.arguments())
    match write.method:
        case "create":
            return str(result.pk)
        case "get_or_create" | "update_or_create":
            return str(result[0].pk), result[1]
        case "bulk_create":
            return len(result)
    return result


# ----- by bolt_orm


def _bolt(write, form):
    queryset = write.queryset()
    context = Context(queryset.model, form)
    return METHODS[write.method](queryset, context, **write.arguments())


def _values(model, values, context):
    """An object of column or relation → value."""
    return {_name_of(model, name): _value(model, name, value, context) for name, value in values.items()}


def _name_of(model, name):
    try:
        return bolt_path(model, name)
    except Exception:  # no such field: bolt_orm is to say so
        return name


def _value(model, name, value, context):
    if is_expression(value):
        return expression(value, context)
    try:
        return literal(value, last_field(model, name))
    except Exception:
        return literal(value)


def _document(queryset, form):
    try:
        return to_document(queryset, form)
    except NeedsChain:
        return to_document(queryset, "chain")


def _asked(select, *arguments):
    places = ", ".join(place for place, _ in arguments)
    with connection.cursor() as cursor:
        cursor.execute(f"{select}({places})", [value for _, value in arguments])
        return cursor.fetchall()


def _json(value):
    return ("%s::json", json.dumps(value))


def _update(queryset, context, **values):
    document = _document(queryset, context.form)
    annotated = Context(context.model, context.form, set(queryset.query.annotations))
    return _asked("SELECT bolt.update", _json(document), _json(_values(context.model, values, annotated)))[0][0]


def _create(queryset, context, **values):
    (row,) = _asked("SELECT bolt.create", ("%s", table_name(context.model)), _json(_values(context.model, values, context)))
    return _key(context.model, row[0])


def _or_create(function):
    def build(queryset, context, defaults=None, create_defaults=None, **lookup):
        arguments = [_json(_document(queryset, context.form)), _json(condition(Q(**lookup), context))]
        for values in [defaults, create_defaults]:
            if values is not None:
                arguments.append(_json(_values(context.model, values, context)))
        ((object_, created),) = _asked(f"SELECT * FROM bolt.{function}", *arguments)
        return _key(context.model, object_), created

    return build


def _bulk_create(queryset, context, objs, **options):
    model = context.model
    rows = [
        {
            field.column: _value(model, field.name, getattr(each, field.attname), context)
            for field in model._meta.concrete_fields
            if field.attname != model._meta.pk.attname or each.pk is not None
        }
        for each in objs
    ]
    arguments = [("%s", table_name(model)), _json(rows)]
    for name, value in options.items():
        if isinstance(value, list):
            value = [_name_of(model, field) for field in value]
        arguments.append((f"{name} => %s", value))
    created = _asked("SELECT count(*) FROM bolt.bulk_create", *arguments)[0][0]
    return len(objs) if options.get("ignore_conflicts") else created


def _bulk_update(queryset, context, objs, fields):
    model = context.model
    known = {field.name: field for field in model._meta.concrete_fields}
    rows = []
    for each in objs:
        row = {} if each.pk is None else {"pk": literal(each.pk)}
        for name in fields:
            if name in known and name != model._meta.pk.name:
                row[known[name].column] = _value(model, name, getattr(each, known[name].attname), context)
        rows.append(row)
    return _asked("SELECT bolt.bulk_update", ("%s", table_name(model)), _json(rows), ("%s::text[]", [_name_of(model, name) for name in fields]))[0][0]


METHODS = {
    "update": _update,
    "create": _create,
    "get_or_create": _or_create("get_or_create"),
    "update_or_create": _or_create("update_or_create"),
    "bulk_create": _bulk_create,
    "bulk_update": _bulk_update,
}


def _key(model, text):
    return str((text if isinstance(text, dict) else json.loads(text))[model._meta.pk.column])


# ----- both


class _TakeBack(Exception):
    pass


def _tried(write, tables, sequences):
    """What a write returns and leaves, or the error; all is taken back."""
    with connection.cursor() as cursor:
        for sequence in sequences:
            cursor.execute("SELECT setval(%s, 100000)", [sequence])
    try:
        with transaction.atomic():
            result = write()
            left = [_rows(table) for table in tables]
            raise _TakeBack
    except _TakeBack:
        return result, left
    except Error as error:
        return bolt.failure_of(error) if error.__cause__ is not None else error
    except Exception as error:
        return error


def _same(django, answer):
    if not isinstance(answer, bolt.Failure):
        return django == answer
    if isinstance(django, bolt.Failure):
        return django.sqlstate == answer.sqlstate
    return any(
        isinstance(django, exception) and answer.sqlstate.startswith(states)
        for exception, states in [*SQLSTATES, (TypeError, ("42703",))]
    )


def _tables():
    models = apps.get_app_config("press").get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models})


def _sequences():
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace")
        return [name for (name,) in cursor.fetchall()]


def _rows(table):
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
        return table, *cursor.fetchone()
