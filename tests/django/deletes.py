"""Deletes: of the same rows, by Django and by bolt_orm, each rolled back.

Compared are the counts that the two return and the rows that they leave, of all tables: those
that go, those whose foreign keys become null. The foreign keys are deferrable for it, as
Django makes them: its own order of deletes does not do without.
"""

import json
import random

from django.apps import apps
from django.db import Error, NotSupportedError, connection, transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

import bolt
from bolt_django import NeedsChain
from bolt_django.document import to_document
from press.models import Article, Badge, Comment, Country, Issue, Magazine, OldNote, Person, Section, Tag

CASES = {
    "nothing": lambda: Tag.objects.none(),
    "no such row": lambda: Tag.objects.filter(pk=-1),
    "all rows of a model": lambda: Comment.objects.all(),
    "a model that nothing refers to": lambda: Badge.objects.filter(number__gt=0),
    "one object": lambda: Article.objects.order_by("pk").filter(pk__in=[1]),
    "a model that nearly everything refers to": lambda: Person.objects.all(),
    "a reference by another column than the primary key": lambda: Country.objects.filter(code__gt="B"),
    "a text and a uuid as keys": lambda: Magazine.objects.all(),
    "a model whose table is called otherwise": lambda: OldNote.objects.all(),
    "a reference to itself": lambda: Comment.objects.filter(parent=None),
    "a reference to itself that becomes null": lambda: Section.objects.filter(parent=None),
    "a filter by another model": lambda: Article.objects.filter(author__active=True),
    "a filter through a to-many relation": lambda: Article.objects.filter(comment__likes__gte=1),
    "a filter through a many-to-many relation": lambda: Tag.objects.filter(article__words__gt=100),
    "exclude": lambda: Person.objects.exclude(articles__published=True),
    "an annotation": lambda: Person.objects.annotate(n=Count("articles")).filter(n__gte=2),
    "an F": lambda: Article.objects.filter(views__gt=F("words")),
    "a window": lambda: Comment.objects.annotate(
        n=Window(RowNumber(), partition_by=F("article"), order_by="id")
    ).filter(n__gt=1),
    "a Q": lambda: Issue.objects.filter(Q(number=1) | Q(articles__words__gt=50)),
    "distinct, ordered": lambda: Article.objects.filter(tags__weight__gt=0).distinct().order_by("-title"),
    "select_related": lambda: Comment.objects.select_related("article").filter(article__section__name__gt="A"),
    "a slice": lambda: Tag.objects.all()[:3],
    "values": lambda: Tag.objects.values("name"),
    "distinct on fields": lambda: Tag.objects.order_by("name").distinct("name"),
    "a union": lambda: Tag.objects.filter(pk=1).union(Tag.objects.filter(pk=2)),
}


def run(options):
    """How many passed and failed; prints those that failed."""
    cases = list(CASES.items()) + list(_random_cases(options))
    _defer_constraints(True)
    tables = _tables()
    failed = 0
    for name, build in cases:
        django = _tried(lambda build=build: _django(build), tables)
        answer = _tried(lambda build=build: _bolt(build, options.form), tables)
        if django != answer:
            failed += 1
            print(f"\nFAILED delete: {name}\nDjango → {django[0]}\nbolt   → {answer[0]}", flush=True)
    _defer_constraints(False)
    return len(cases) - failed, failed


def _random_cases(options):
    generator = random.Random(options.seed)
    models = [model for model in apps.get_app_config("press").get_models() if model.objects.exists()]
    for number in range(options.random // 10):
        model = generator.choice(models)
        keys = sorted(model.objects.values_list("pk", flat=True), key=str)
        chosen = generator.sample(keys, generator.randint(1, len(keys)))
        yield f"random {number}, {model.__name__} {chosen}", lambda m=model, k=chosen: m.objects.filter(pk__in=k)


class _TakeBack(Exception):
    pass


def _tried(delete, tables):
    """What a delete returns and leaves, or that it fails; all is taken back."""
    result = None
    try:
        with transaction.atomic():
            result = delete()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            left = {table: _rows(table) for table in tables}
            raise _TakeBack
    except _TakeBack:
        return result, left
    except (TypeError, NotSupportedError):
        return "0A000", None
    except Error as error:
        return bolt.failure_of(error).sqlstate, None


def _django(build):
    total, models = build().delete()
    return total, {_name(label): count for label, count in models.items()}


def _bolt(build, form):
    try:
        document = to_document(build(), form)
    except NeedsChain:
        document = to_document(build(), "chain")
    with connection.cursor() as cursor:
        cursor.execute("SELECT deleted, models::text FROM bolt.delete(%s)", [json.dumps(document)])
        total, models = cursor.fetchone()
    return total, json.loads(models)


def _name(label):
    """As bolt_orm calls it: by its table, or where that is called otherwise, as it was registered."""
    model = apps.get_model(label)
    default = f"{model._meta.app_label}_{model._meta.model_name}"
    return model._meta.db_table if model._meta.auto_created or model._meta.db_table == default else model._meta.label


def _tables():
    models = apps.get_app_config("press").get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models})


def _rows(table):
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
        return cursor.fetchone()


def _defer_constraints(deferred):
    with connection.cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint WHERE contype = 'f'")
        for table, name in cursor.fetchall():
            how = "DEFERRABLE INITIALLY DEFERRED" if deferred else "NOT DEFERRABLE"
            cursor.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {name} {how}")
