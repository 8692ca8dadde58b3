"""Filtering by window expressions, which a query around the one that computes them does."""

from django.db.models import Case as Choice
from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q, Subquery, Sum, When, Window
from django.db.models.functions import Lag, Rank, RowNumber

from case import Case
from outcome import Page
from press.models import Article, Comment, Person, Section

NEEDS = ("window",)


def numbered():
    return Article.objects.annotate(n=Window(RowNumber(), order_by="pk"))


def ranked():
    """The same number for each row of an article, where joins multiply them."""
    return Article.objects.annotate(n=Window(Rank(), order_by="pk"))


def of_sections():
    return Article.objects.alias(n=Window(RowNumber(), partition_by=["section"], order_by="pk"))


def grouped():
    return Article.objects.values("words").annotate(c=Count("pk")).annotate(n=Window(Rank(), order_by="-c"))


def comments(**conditions):
    numbers = Comment.objects.alias(n=Window(RowNumber(), order_by="pk"))
    return numbers.filter(article=OuterRef("pk"), **conditions)


CASES = {
    # ---- conditions ----
    "equal": lambda: numbered().filter(n=1),
    "in a list": lambda: numbered().filter(n__in=[1, 3, None]),
    "in a range": lambda: Article.objects.annotate(n=Window(Lag("words"), order_by="pk")).filter(n__range=(100, 200)),
    "null": lambda: Article.objects.annotate(n=Window(Lag("words"), order_by="pk")).filter(n=None),
    "a text": lambda: Article.objects.annotate(n=Window(Max("title"), partition_by="section")).filter(n__icontains="a"),
    "an alias": lambda: of_sections().filter(n=1),
    "of an expression": lambda: numbered().annotate(m=F("n") + 1).filter(m=4),
    "in CASE": lambda: numbered().annotate(m=Choice(When(n=2, then=1), default=0)).filter(m=1),
    "a result of CASE": lambda: Article.objects.annotate(
        n=Choice(When(words__gt=100, then=Window(RowNumber(), order_by="pk")), default=0)
    ).filter(n=3),
    "compared with a column": lambda: numbered().filter(n=F("pk")),
    "compared with an expression": lambda: numbered().filter(n__gt=F("words") / 100),
    "a column compared with it": lambda: numbered().filter(pk=F("n")),
    "not annotated": lambda: Article.objects.filter(pk=Window(RowNumber(), order_by="pk")),
    "excluded": lambda: numbered().exclude(n__gt=5),
    "negated": lambda: numbered().filter(~Q(n__gt=5)),
    "negated with another condition": lambda: numbered().filter(~Q(n__gt=5, words=100)),
    "excluded with another condition or by it": lambda: ranked().exclude(Q(n__lte=3) | Q(comment__likes=1)),
    # ---- what comes before the windows and what behind ----
    "and another condition": lambda: numbered().filter(n__lte=5, published=True),
    "and another call": lambda: numbered().filter(n__lte=5).filter(published=True),
    "or another condition": lambda: numbered().filter(Q(n__lte=3) | Q(words=100)),
    "or a window": lambda: Article.objects.annotate(n=Window(Sum("words"), order_by="pk")).filter(
        Q(n__lt=1000) | Q(n__gt=9000)
    ),
    "or an AND": lambda: numbered().filter(Q(n=1) | (Q(words=100) & ~Q(published=True))),
    "and an OR": lambda: numbered().filter(Q(n__lt=5) & (Q(words=100) | Q(published=True))),
    "xor another condition": lambda: numbered().filter(Q(n__lte=3) ^ Q(words=100)),
    "and a relation": lambda: Article.objects.annotate(n=Window(Rank(), order_by="author__name")).filter(
        n__lt=9, author__active=True
    ),
    "and a to-many relation": lambda: ranked().filter(n__lte=9, comment__likes=1),
    "and a to-many relation in another call": lambda: ranked().filter(n__lte=9).filter(comment__likes=1),
    "and none of a to-many relation": lambda: ranked().filter(n__lte=9).exclude(comment__likes=1),
    "or a to-many relation": lambda: ranked().filter(Q(n__lte=3) | Q(comment__likes=1)),
    "or a to-many relation, and the same": lambda: ranked().filter(
        Q(comment__likes=1) & (Q(n__lt=9) | Q(comment__text="yes"))
    ),
    "over a to-many relation": lambda: Article.objects.annotate(
        n=Window(RowNumber(), order_by=["comment__likes", "comment__pk"])
    )
    .filter(n__lt=9)
    .values("pk", "comment__pk"),
    # ---- what is done with the rows ----
    "ordered": lambda: of_sections().filter(n=1).order_by("-words", "pk"),
    "ordered by it": lambda: numbered().filter(n__lte=3).order_by(F("n").desc()),
    "ordered by a relation": lambda: numbered().filter(n__lte=9).order_by("author__name", "pk"),
    "sliced": lambda: of_sections().filter(n=1).order_by("-words", "pk")[1:5],
    "reversed": lambda: numbered().filter(n__lte=5).order_by("pk").reverse(),
    "distinct": lambda: ranked().filter(n__lte=25, comment__isnull=False).distinct(),
    "distinct on": lambda: numbered().filter(n__lte=25).order_by("words", "pk").distinct("words"),
    "only": lambda: numbered().filter(n__lte=5).only("title"),
    "none": lambda: numbered().filter(n__lte=5).none(),
    "values": lambda: of_sections().filter(n=1).values("pk", "words"),
    "values with it": lambda: numbered().filter(n__lte=5).values("n", "words"),
    "a flat list of a relation": lambda: of_sections().filter(n=1).values_list("section__name", flat=True),
    "select_related and prefetch_related": lambda: of_sections()
    .filter(n__lte=2)
    .select_related("author")
    .prefetch_related("tags", "comment_set"),
    "get": lambda: numbered().get(n=5),
    "get by another condition comes before": lambda: numbered().filter(n=1).get(pk=7),
    "first": lambda: numbered().filter(n__gt=5).first(),
    "last": lambda: numbered().filter(n__lte=5).last(),
    "latest": lambda: numbered().filter(n__lte=5).latest("words", "pk"),
    "count": lambda: numbered().filter(n__lte=5).count(),
    "count of distinct rows": lambda: ranked().filter(n__lte=25, comment__isnull=False).distinct().count(),
    "count of a slice": lambda: numbered().filter(n__lte=25)[3:9].count(),
    "count of values through a to-many relation": lambda: ranked().filter(n__lte=9).values("comment__likes").count(),
    "exists": lambda: numbered().filter(n__gt=1000).exists(),
    "contains": lambda: numbered().filter(n=1).contains(Article(pk=2)),
    "in_bulk": lambda: numbered().filter(n__lte=2).in_bulk([1, 5, 10]),
    "page": lambda: Page(numbered().filter(n__lt=20).order_by("pk"), 2, 3),
    "aggregate": Case(lambda: numbered().filter(n__lte=5).aggregate(s=Sum("words"), m=Max("n")), ("aggregate()",)),
    "aggregate, whatever order there was": Case(
        lambda: numbered().filter(n__lte=5).order_by("comment__likes").aggregate(n=Count("pk")), ("aggregate()",)
    ),
    "aggregate of a relation": Case(
        lambda: numbered().filter(n__lte=5).aggregate(s=Sum("author__level")), ("aggregate()",)
    ),
    # ---- inside others ----
    "in a subquery": lambda: Article.objects.filter(pk__in=of_sections().filter(n=1).values("pk")),
    "in Exists": lambda: Article.objects.filter(Exists(comments(n=3))),
    "in a Subquery": lambda: Article.objects.annotate(x=Subquery(comments(n=2).values("text"))),
    "in a union": lambda: numbered()
    .filter(n__lte=2)
    .union(Article.objects.annotate(n=Window(RowNumber(), order_by="-pk")).filter(n__lte=2)),
    "in a prefetch": lambda: Section.objects.prefetch_related(
        Prefetch("article_set", numbered().filter(n__lte=7).order_by("pk"), to_attr="early")
    ),
    "in a prefetch, of each parent": lambda: Article.objects.prefetch_related(
        Prefetch(
            "comment_set",
            Comment.objects.annotate(n=Window(RowNumber(), partition_by="article", order_by="-pk")).filter(n=1),
        )
    ),
    "in a prefetch of one": lambda: Article.objects.prefetch_related(
        Prefetch("author", Person.objects.annotate(n=Window(Rank(), order_by="pk")).filter(n__lte=5))
    ),
    "a window in a sliced prefetch is over all rows": lambda: Article.objects.prefetch_related(
        Prefetch(
            "comment_set",
            Comment.objects.annotate(n=Window(RowNumber(), order_by="pk")).order_by("pk")[:1],
            to_attr="first",
        )
    ),
    # ---- aggregates ----
    "of an aggregate": Case(
        lambda: Article.objects.annotate(c=Count("comment"))
        .annotate(n=Window(Rank(), order_by=[F("c").desc(), "pk"]))
        .filter(n__lte=5, c__gt=1),
        ("aggregates",),
    ),
    "or an aggregate": Case(
        lambda: ranked().annotate(c=Count("comment")).filter(Q(n=2) | Q(c=3)), ("aggregates", "chain")
    ),
    "error: or another condition beside an aggregate": Case(
        lambda: ranked().annotate(c=Count("comment")).filter(Q(n=2) | Q(words=100)), ("aggregates", "chain")
    ),
    "error: excluded with another condition beside an aggregate": Case(
        lambda: ranked().annotate(c=Count("comment")).exclude(n=2, words=100), ("aggregates", "chain")
    ),
    "of groups": Case(lambda: grouped().filter(n__lte=2), ("aggregates", "chain")),
    "of groups and by their size": Case(lambda: grouped().filter(n__lte=2, c__gt=8), ("aggregates", "chain")),
    "of groups, by what they are not": Case(
        lambda: Article.objects.values("words")
        .annotate(c=Count("pk"))
        .annotate(n=Window(Rank(), partition_by="section", order_by=["-c", "published"]))
        .filter(n=1),
        ("aggregates", "chain"),
    ),
}
