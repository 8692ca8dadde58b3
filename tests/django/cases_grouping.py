"""Aggregates as annotations: over a row's relations, and over groups of values."""

from django.contrib.postgres.aggregates import ArrayAgg, BoolAnd, BoolOr, StringAgg
from django.db.models import Count, Max, Q, Sum

from case import Case
from press.models import Article, Magazine, Person, Section, Tag

NEEDS = ("aggregates",)
CHAIN = ("chain",)

CASES = {
    "by row: count of a relation": lambda: Person.objects.annotate(n=Count("articles")),
    "by row: count of many to many": lambda: Article.objects.annotate(n=Count("tags")),
    "by row: sum": lambda: Person.objects.annotate(n=Sum("articles__words")),
    "by row: sum with a default": lambda: Person.objects.annotate(n=Sum("articles__words", default=0)),
    "by row: two steps": lambda: Person.objects.annotate(n=Count("articles__comment")),
    "by row: with a condition": lambda: Person.objects.annotate(
        n=Count("articles", filter=Q(articles__published=True))
    ),
    "by row: distinct": lambda: Person.objects.annotate(n=Count("articles__tags", distinct=True)),
    "by row: filtered by": lambda: Person.objects.annotate(n=Count("articles")).filter(n__gte=3),
    "by row: ordered by": lambda: Person.objects.annotate(n=Count("articles")).order_by("-n", "pk"),
    "by row: with Meta.ordering": lambda: Section.objects.annotate(n=Count("article")),
    "by row: with select_related": lambda: Article.objects.select_related("author").annotate(n=Count("tags")),
    "by row: counted": lambda: Person.objects.annotate(n=Count("articles")).filter(n__gt=1).count(),
    "by row: a filter before": lambda: Person.objects.filter(articles__published=True).annotate(n=Count("articles")),
    "by value": Case(lambda: Article.objects.values("words").annotate(n=Count("pk")), CHAIN),
    "by value, ordered": Case(lambda: Article.objects.values("words").annotate(n=Count("pk")).order_by("words"), CHAIN),
    "by value of a relation": Case(lambda: Article.objects.values("author__name").annotate(n=Sum("words")), CHAIN),
    "by several values": Case(lambda: Article.objects.values("words", "published").annotate(n=Count("pk")), CHAIN),
    "by value, having": Case(
        lambda: Article.objects.values("words").annotate(n=Count("pk")).filter(n__gt=5).values_list("words", "n"), CHAIN
    ),
    "array": lambda: Article.objects.filter(tags__isnull=False).annotate(
        a=ArrayAgg("tags__name", order_by="tags__name")
    ),
    "array without nulls": lambda: Article.objects.annotate(
        a=ArrayAgg("tags__name", filter=Q(tags__isnull=False), order_by="-tags__name")
    ),
    "text": lambda: Article.objects.annotate(a=StringAgg("tags__name", delimiter=", ", order_by="tags__name")),
    "booleans": lambda: Person.objects.annotate(all=BoolAnd("articles__published"), any=BoolOr("articles__published")),
    "tags and how often": lambda: Tag.objects.annotate(n=Count("article")).order_by("-n", "name"),
    "magazines and their latest issue": lambda: Magazine.objects.annotate(n=Max("issues__number")),
    "error: of an unknown field": lambda: Article.objects.annotate(n=Sum("nothing")),
}
