"""Database functions, and the lookups that are transforms."""

import datetime

from django.db.models import CharField, F, IntegerField, Value
from django.db.models.functions import (
    Abs,
    Cast,
    Ceil,
    Coalesce,
    Concat,
    ExtractYear,
    Floor,
    Greatest,
    Least,
    Left,
    Length,
    Lower,
    NullIf,
    Replace,
    Right,
    Round,
    Substr,
    Trim,
    TruncDay,
    TruncMonth,
    Upper,
)

from case import Case
from press.models import Article, Comment, Person, Profile

FUNCTIONS = ("annotate", "functions")


def of(build):
    return Case(build, FUNCTIONS)


def date(build):
    return Case(build, ("date lookups",))


CASES = {
    "lower, upper": of(lambda: Person.objects.annotate(a=Lower("name"), b=Upper("name"))),
    "length": of(lambda: Person.objects.annotate(a=Length("name"))),
    "length of a text outside ascii": of(
        lambda: Person.objects.filter(name__startswith="É").annotate(a=Length("name"))
    ),
    "trim": of(lambda: Person.objects.annotate(a=Trim(Value("  x ")))),
    "concat": of(lambda: Person.objects.annotate(a=Concat("name", Value(" <"), "country__code", Value(">")))),
    "substr": of(lambda: Person.objects.annotate(a=Substr("name", 2, 3))),
    "left, right": of(lambda: Person.objects.annotate(a=Left("name", 2), b=Right("name", 2))),
    "replace": of(lambda: Person.objects.annotate(a=Replace("name", Value("e"), Value("_")))),
    "coalesce": of(lambda: Person.objects.annotate(a=Coalesce("country__name", "name"))),
    "coalesce with a value": of(lambda: Article.objects.annotate(a=Coalesce("rating", Value(0.5)))),
    "greatest, least": of(
        lambda: Article.objects.annotate(a=Greatest("words", Value(150)), b=Least("words", Value(150)))
    ),
    "nullif": of(lambda: Person.objects.annotate(a=NullIf("name", Value("Ada")))),
    "abs, ceil, floor, round": of(
        lambda: Article.objects.annotate(a=Abs("priority"), b=Ceil("rating"), c=Floor("rating"), d=Round("price", 1))
    ),
    "cast": of(lambda: Article.objects.annotate(a=Cast("words", CharField()), b=Cast("rating", IntegerField()))),
    "nested": of(lambda: Person.objects.annotate(a=Upper(Left(Lower("name"), 3)))),
    "of a relation": of(lambda: Article.objects.annotate(a=Lower("author__name"))),
    "filtered by": of(lambda: Person.objects.annotate(a=Lower("name")).filter(a="ada")),
    "ordered by": of(lambda: Person.objects.order_by(Lower("name"), "pk")),
    "extract": of(lambda: Comment.objects.annotate(a=ExtractYear("created"))),
    "trunc": of(lambda: Comment.objects.annotate(a=TruncMonth("created"), b=TruncDay("created"))),
    "in arithmetic": of(lambda: Person.objects.annotate(a=Length("name") * 2 + F("level"))),
    "year": date(lambda: Comment.objects.filter(created__year=2024)),
    "year at the border": date(lambda: Comment.objects.filter(created__year=2023)),
    "year compared": date(lambda: Article.objects.filter(released__year__gte=2024)),
    "month": date(lambda: Comment.objects.filter(created__month=3)),
    "day": date(lambda: Comment.objects.filter(created__day__in=[1, 10])),
    "week": date(lambda: Article.objects.filter(released__week__lt=20)),
    "week_day": date(lambda: Article.objects.filter(released__week_day=1)),
    "iso_week_day": date(lambda: Article.objects.filter(released__iso_week_day=7)),
    "iso_year": date(lambda: Article.objects.filter(released__iso_year=2024)),
    "quarter": date(lambda: Article.objects.filter(released__quarter=2)),
    "hour": date(lambda: Comment.objects.filter(created__hour__gte=20)),
    "hour of a time": date(lambda: Article.objects.filter(slot__hour=12)),
    "minute": date(lambda: Article.objects.filter(slot__minute=30)),
    "second": date(lambda: Comment.objects.filter(created__second=0)),
    "date": date(lambda: Comment.objects.filter(created__date=datetime.date(2024, 3, 10))),
    "date compared": date(lambda: Comment.objects.filter(created__date__gt=datetime.date(2024, 3, 10))),
    "time": date(lambda: Comment.objects.filter(created__time__lt=datetime.time(6))),
    "date of a relation": date(lambda: Article.objects.filter(comment__created__date=datetime.date(2024, 3, 10))),
    "not a year": date(lambda: Article.objects.exclude(released__year=2024)),
    "dates": Case(lambda: Article.objects.filter(released__isnull=False).dates("released", "month"), ("dates",)),
    "dates downwards": Case(lambda: Article.objects.dates("released", "year", order="DESC"), ("dates",)),
    "datetimes": Case(lambda: Comment.objects.datetimes("created", "day"), ("dates",)),
    "key of json": Case(lambda: Article.objects.filter(data__kind="long"), ("json lookups",)),
    "path of json": Case(lambda: Article.objects.filter(data__b__c__0=1), ("json lookups",)),
    "json contains": Case(lambda: Article.objects.filter(data__contains={"kind": "long"}), ("json lookups",)),
    "json has_key": Case(lambda: Profile.objects.filter(settings__has_key="a"), ("json lookups",)),
    "key of json is null": Case(lambda: Article.objects.filter(data__a__isnull=True), ("json lookups",)),
    "array contains": Case(lambda: Article.objects.filter(labels__contains=["x"]), ("array lookups",)),
    "array contained by": Case(lambda: Article.objects.filter(labels__contained_by=["x", "y"]), ("array lookups",)),
    "array overlap": Case(lambda: Article.objects.filter(scores__overlap=[1, 2]), ("array lookups",)),
    "array length": Case(lambda: Article.objects.filter(labels__len=2), ("array lookups",)),
    "array index": Case(lambda: Article.objects.filter(labels__0="x"), ("array lookups",)),
    "array slice": Case(lambda: Article.objects.filter(labels__0_2=["x", "y"]), ("array lookups",)),
}
