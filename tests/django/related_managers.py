"""Related managers, called at random by Django and by bolt_orm: do they leave the same rows?

Each call is made twice on the same rows, each time undone. What bolt_orm returns must be how
many rows of the relation differ then, as the object sees them.
"""

import collections
import contextlib
import json
import random
import uuid

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, models, transaction

from bolt import failure_of
from bolt_django.literals import literal
from bolt_django.paths import table_name
from press import models as press

REVIEW = {"note": "as told", "grade": 3, "written": "2024-05-01T12:00:00Z"}

# model, Django's manager and what a row of its through table needs
RELATIONS = [
    (press.Article, "tags", None),
    (press.Tag, "article_set", None),
    (press.Person, "friends", None),
    (press.Person, "follows", {"since": "2024-05-01"}),
    (press.Person, "followers", {"since": "2024-05-01"}),
    (press.Article, "reviewers", REVIEW),
    (press.Person, "reviewed", REVIEW),
    (press.Issue, "articles", None),
    (press.Article, "printed_in", None),
    (press.Person, "students", None),
    (press.Person, "articles", None),
    (press.Person, "edited", None),
    (press.Country, "office_set", None),
    (press.Country, "person_set", None),
    (press.Comment, "replies", None),
    (press.Section, "section_set", None),
    (press.Magazine, "issues", None),
]
NOWHERE = [(models.IntegerField, 999999), (models.UUIDField, uuid.UUID(int=0)), (models.CharField, "nowhere")]


class Undone(Exception):
    """Ends a transaction."""


class Relation:
    """One of RELATIONS, its rows and who is related by it."""

    def __init__(self, model, name, defaults):
        self.model, self.name, self.defaults = model, name, defaults
        manager = getattr(model.objects.first(), name)
        self.through = getattr(manager, "through", None)
        self.target = manager.model
        if self.through is None:
            self.rows_of, self.far, self.near = self.target, self.target._meta.pk, manager.field
            self.near_attribute = manager.field.target_field.attname
        else:
            self.rows_of, self.far, self.near = self.through, manager.target_field, manager.source_field
            self.near_attribute = "pk"

    def rows(self):
        """All rows that the manager may write, but for their surrogate keys."""
        key = self.rows_of._meta.pk
        columns = [field.attname for field in self.rows_of._meta.fields if self.through is None or field is not key]
        return collections.Counter(repr(row) for row in self.rows_of.objects.values_list(*columns))

    def related(self, instance):
        found = self.rows_of.objects.filter(**{self.near.attname: getattr(instance, self.near_attribute)})
        return collections.Counter(found.order_by().values_list(self.far.attname, flat=True))

    def pick(self, chance):
        """An object, a method and targets, of which many are related already and some are nowhere."""
        instance = chance.choice(list(self.model.objects.order_by("pk")))
        method = chance.choice(["add", "remove", "set", "clear"])
        everyone = list(self.target.objects.order_by("pk").values_list("pk", flat=True))
        related = [pk for pk in self.related(instance) if pk is not None]
        targets = [] if method == "clear" else chance.choices(everyone, k=chance.randrange(4))
        if related and method != "clear":
            targets += chance.choices(related, k=chance.randrange(4))
        if method == "remove" and self.through is None and chance.random() < 0.7:
            targets = [pk for pk in targets if pk in related]
        if self.through is not None and method != "clear" and chance.random() < 0.05:
            targets.append(next(value for kind, value in NOWHERE if isinstance(self.target._meta.pk, kind)))
        chance.shuffle(targets)
        return instance, method, targets

    def by_django(self, instance, method, targets):
        manager = getattr(instance, self.name)
        if self.through is None:
            targets = [self.target.objects.get(pk=pk) for pk in targets]
        options = {"through_defaults": self.defaults} if self.defaults and method in ("add", "set") else {}
        if method == "set":
            manager.set(targets, **options)
        else:
            getattr(manager, method)(*targets, **options)

    def by_bolt(self, instance, method, targets):
        arguments = [table_name(self.model), json.dumps(literal(instance.pk)), self.name]
        if method != "clear":
            arguments.append(json.dumps(literal(targets)))
        if self.defaults and method in ("add", "set"):
            arguments.append(json.dumps(self.defaults))
        places = ", ".join("%s::json" if place in (1, 3, 4) else "%s" for place in range(len(arguments)))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT bolt.{method}({places})", arguments)
            return cursor.fetchone()[0]

    def outcome(self, call, instance, method, targets):
        """The rows that a call leaves, who is related then, and its result; or its error's SQLSTATE."""
        try:
            with undone():
                result = call(instance, method, targets)
                return self.rows(), self.related(instance), result
        except ObjectDoesNotExist:
            return "P0002"
        except AttributeError:
            return "0A000"
        except DatabaseError as error:
            return failure_of(error).sqlstate


@contextlib.contextmanager
def undone():
    """A transaction that is rolled back."""
    with contextlib.suppress(Undone), transaction.atomic():
        yield
        raise Undone


def run(options):
    """Calls each relation's managers; returns how many outcomes were the same, and how many not."""
    relations = [Relation(*each) for each in RELATIONS]
    chance = random.Random(options.seed)
    passed = failed = errors = 0
    for number in range(max(options.random, 340)):
        relation = relations[number % len(relations)]
        call = relation.pick(chance)
        before = relation.related(call[0])
        django = relation.outcome(relation.by_django, *call)
        bolt = relation.outcome(relation.by_bolt, *call)
        if isinstance(django, str) or isinstance(bolt, str):
            same = django == bolt
            errors += 1
        else:
            changed = ((before - bolt[1]) + (bolt[1] - before)).total()
            same = django[:2] == bolt[:2] and bolt[2] == changed
        passed += same
        failed += not same
        if not same:
            instance, method, targets = call
            print(
                f"\nFAILED related manager: {relation.model.__name__} {instance.pk} {relation.name}.{method}({targets})\n"
                f"Django → {summary(django, before)}\nbolt   → {summary(bolt, before)}",
                flush=True,
            )
    print(f"related managers from seed {options.seed}: {passed} same, {failed} different; {errors} with errors")
    return passed, failed


def summary(outcome, before):
    if isinstance(outcome, str):
        return outcome
    return f"added {dict(outcome[1] - before)}, removed {dict(before - outcome[1])}, result {outcome[2]}"
