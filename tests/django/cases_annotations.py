"""annotate and alias: what may follow them, and in which order."""

from django.db.models import Count, F, IntegerField, Q, Value

from case import Case
from press.models import Article, Comment, Person, Section, Tag

NEEDS = ("annotate",)

CASES = {
    "of a value": lambda: Tag.objects.annotate(one=Value(1)),
    "of a text": lambda: Tag.objects.annotate(kind=Value("tag")),
    "of null": lambda: Tag.objects.annotate(nothing=Value(None, output_field=IntegerField())),
    "of a column": lambda: Tag.objects.annotate(title=F("name")),
    "of a column of a relation": lambda: Article.objects.annotate(by=F("author__name")),
    "of a column of a nullable relation": lambda: Article.objects.annotate(by=F("editor__name")),
    "of a to-many relation repeats the rows": lambda: Article.objects.annotate(tag=F("tags__name")),
    "of another annotation": lambda: Article.objects.annotate(a=F("words")).annotate(b=F("a") + 1),
    "several, in order": lambda: Tag.objects.annotate(b=Value(2), a=Value(1)),
    "filtered by": lambda: Article.objects.annotate(total=F("words") + F("priority")).filter(total__gt=200),
    "excluded by": lambda: Article.objects.annotate(total=F("words") + F("views")).exclude(total=200),
    "filtered by with another": lambda: Article.objects.annotate(by=F("author__name")).filter(
        Q(by__startswith="A") | Q(words=100)
    ),
    "ordered by": lambda: Article.objects.annotate(neg=0 - F("words")).order_by("neg", "pk"),
    "ordered by downwards": lambda: Article.objects.annotate(by=F("editor__name")).order_by("-by", "pk"),
    "with values": lambda: Article.objects.annotate(by=F("author__name")).values("title", "by"),
    "with values of all": lambda: Tag.objects.annotate(one=Value(1)).values(),
    "with values_list flat": lambda: Article.objects.annotate(by=F("author__name")).values_list("by", flat=True),
    "values with an expression": lambda: Tag.objects.values("pk", other=F("name")),
    "with only": lambda: Article.objects.annotate(twice=F("words") * 2).only("title"),
    "with select_related": lambda: Article.objects.annotate(twice=F("words") * 2).select_related("author"),
    "with prefetch_related": lambda: Article.objects.annotate(twice=F("words") * 2).prefetch_related("tags"),
    "with distinct": lambda: Article.objects.annotate(by=F("author__name")).values("by").distinct(),
    "with first": lambda: Article.objects.annotate(twice=F("words") * 2).order_by("-twice", "pk").first(),
    "with count": lambda: Article.objects.annotate(twice=F("words") * 2).filter(twice__gt=400).count(),
    "alias": lambda: Article.objects.alias(twice=F("words") * 2).filter(twice=200),
    "alias, annotated later": lambda: Article.objects.alias(twice=F("words") * 2).annotate(four=F("twice") * 2),
    "alias, ordered by": lambda: Article.objects.alias(by=F("author__name")).order_by("by", "pk"),
    "the name hides a lookup's path": lambda: Article.objects.annotate(author_name=F("author__name")).filter(
        author_name="Ada"
    ),
    "filter before": Case(
        lambda: Person.objects.filter(articles__words=100).annotate(n=Count("articles")), ("aggregates",)
    ),
    "error: of an unknown field": lambda: Tag.objects.annotate(x=F("nothing")),
    "error: a field's name": Case(lambda: Tag.objects.annotate(name=Value(1))),
    "error: alias in values": lambda: Tag.objects.alias(x=Value(1)).values("x"),
    "sections and their parents": lambda: Section.objects.annotate(above=F("parent__parent__name")),
    "comments and their articles' authors": lambda: Comment.objects.annotate(writer=F("article__author__name")),
}
