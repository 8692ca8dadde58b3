"""F, arithmetic, Case, Subquery, Exists, OuterRef and window expressions."""

from django.db.models import Case as When_
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value, When, Window
from django.db.models.functions import DenseRank, Lag, Rank, RowNumber

from case import Case
from press.models import Article, Comment, Person, Section, Tag

NEEDS = ("annotate", "expressions")
LATEST = Comment.objects.filter(article=OuterRef("pk")).order_by("-created", "pk")

CASES = {
    "F compares columns": lambda: Article.objects.filter(views__lt=F("words")),
    "F of a relation": lambda: Article.objects.filter(author__level=F("priority")),
    "F in exclude": lambda: Article.objects.exclude(priority=F("author__level")),
    "F in a text lookup": lambda: Article.objects.filter(body__icontains=F("title")),
    "F in a list": lambda: Article.objects.filter(words__in=[F("views"), 100]),
    "F in a range": lambda: Article.objects.filter(words__range=(F("views"), 300)),
    "add": lambda: Article.objects.annotate(x=F("words") + 1),
    "subtract, multiply": lambda: Article.objects.annotate(x=(F("words") - F("priority")) * 2),
    "divide integers": lambda: Article.objects.annotate(x=F("words") / 7),
    "modulo": lambda: Article.objects.annotate(x=F("words") % 7),
    "power": lambda: Article.objects.annotate(x=F("priority") ** 2),
    "arithmetic in a filter": lambda: Article.objects.filter(words__gt=F("priority") * 100 + 50),
    "Case": lambda: Article.objects.annotate(
        size=When_(When(words__lt=200, then=Value("short")), When(words__lt=400, then=Value("middle")), default=Value("long"))
    ),
    "Case without a default": lambda: Article.objects.annotate(x=When_(When(published=True, then=F("words")))),
    "Case with a Q": lambda: Article.objects.annotate(
        x=When_(When(Q(published=True) | Q(words=0), then=Value(1)), default=Value(0))
    ),
    "Case in order_by": lambda: Article.objects.order_by(When_(When(published=True, then=Value(0)), default=Value(1)), "pk"),
    "Exists": Case(lambda: Article.objects.filter(Exists(Comment.objects.filter(article=OuterRef("pk"), likes=3))), ("exists",)),
    "not Exists": Case(lambda: Article.objects.filter(~Exists(Comment.objects.filter(article=OuterRef("pk")))), ("exists",)),
    "Exists, annotated": Case(
        lambda: Article.objects.annotate(seen=Exists(Comment.objects.filter(article=OuterRef("pk")))), ("exists",)
    ),
    "Subquery": Case(lambda: Article.objects.annotate(last=Subquery(LATEST.values("text")[:1])), ("subquery",)),
    "in a queryset": Case(
        lambda: Article.objects.filter(author__in=Person.objects.filter(active=True)), ("subquery",)
    ),
    "in a queryset of values": Case(
        lambda: Article.objects.filter(words__in=Article.objects.filter(views=1).values("words")), ("subquery",)
    ),
    "excluded by a queryset": Case(
        lambda: Tag.objects.exclude(pk__in=Article.objects.filter(tags__isnull=False).values("tags")), ("subquery",)
    ),
    "row number": Case(
        lambda: Article.objects.annotate(n=Window(RowNumber(), partition_by=["words"], order_by=["pk"])), ("window",)
    ),
    "rank": Case(lambda: Article.objects.annotate(n=Window(Rank(), order_by="words")), ("window",)),
    "dense rank downwards": Case(lambda: Article.objects.annotate(n=Window(DenseRank(), order_by="-words")), ("window",)),
    "lag": Case(lambda: Article.objects.annotate(n=Window(Lag("words"), order_by="pk")), ("window",)),
    "running sum": Case(lambda: Article.objects.annotate(n=Window(Sum("words"), order_by="pk")), ("window",)),
    "error: F of an unknown field": lambda: Section.objects.filter(name=F("nothing")),
}
