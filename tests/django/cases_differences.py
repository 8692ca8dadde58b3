"""Where bolt_orm answers otherwise than Django, on purpose: each is in docs/differences.md by its name here."""

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Prefetch, Q, Window
from django.db.models.functions import Rank, RowNumber

from case import Case
from press.models import Article, Badge, Comment, Issue, Person, Review, Section, Tag

FIRST_COMMENTS = Comment.objects.order_by("article", "pk").distinct("article").values("pk")

FIRST_ARTICLES = Article.objects.order_by("pk").values("pk")[:5]

ACTIVE = Person.objects.filter(active=True)


def with_active_only(people, name, related):
    """People whose related objects, which were prefetched, lead back to those that are active only."""
    for person in people:
        for each in [] if person.active else related(person):
            each._state.fields_cache[name] = None
    return people


def badges(person):
    return [person.badge] if hasattr(person, "badge") else []


CASES = {
    "exclude-several": Case(
        lambda: Article.objects.exclude(comment__likes=1, comment__text="yes"),
        instead=lambda: Article.objects.exclude(pk__in=Comment.objects.filter(likes=1, text="yes").values("article")),
    ),
    "exclude-several, as a Q": Case(
        lambda: Article.objects.filter(~Q(review__grade=5, review__note="good")),
        instead=lambda: Article.objects.exclude(pk__in=Review.objects.filter(grade=5, note="good").values("article")),
    ),
    "negation-same-row": Case(
        lambda: Article.objects.filter(Q(comment__likes=1), ~Q(comment__text="yes")),
        instead=lambda: Article.objects.filter(Q(comment__likes=1)).filter(~Q(comment__text="yes")),
    ),
    "negation-same-row, of another relation to that table": Case(
        lambda: Badge.objects.filter(Q(person__reviewed__published=True), ~Q(person__edited__body__icontains="E")),
        instead=lambda: Badge.objects.filter(Q(person__reviewed__published=True)).filter(
            ~Q(person__edited__body__icontains="E")
        ),
    ),
    "double-negation": Case(
        lambda: Article.objects.exclude(~Q(editor__level__gt=1), Q(words__gt=0)),
        instead=lambda: Article.objects.filter(Q(editor__level__gt=1) | Q(words__lte=0)),
    ),
    "xor": Case(
        lambda: Article.objects.filter(Q(words=100) ^ (Q(editor__active=True) & Q(published=True))),
        instead=lambda: Article.objects.filter(
            Q(words=100, published=False)
            | Q(words=100, editor=None)
            | Q(words=100, editor__active=False)
            | Q(~Q(words=100), editor__active=True, published=True)
        ),
    ),
    "negated-nulls": Case(
        lambda: Article.objects.exclude((Q(editor__born__isnull=True) | Q(words=100)) & Q(editor__level__gte=1)),
        instead=lambda: Article.objects.filter(
            Q(editor=None) | Q(editor__level__lt=1) | (Q(editor__born__isnull=False) & ~Q(words=100))
        ),
    ),
    "negated-nulls, without an OR": Case(
        lambda: Article.objects.exclude(section__id__isnull=True, section__name__startswith="Ü"),
        instead=lambda: Article.objects.all(),
    ),
    "negated-nulls, behind an AND in an OR": Case(
        lambda: Article.objects.filter((Q(editor__level=5) & Q(words=3)) | ~Q(editor__name="Ada lee")),
        instead=lambda: Article.objects.filter(~Q(editor__name="Ada lee") | (Q(editor__level=5) & Q(words=3))),
    ),
    "negated-nulls, behind a negated null in an OR": Case(
        lambda: Comment.objects.filter(~Q(parent__parent=None) | ~Q(parent__created__hour=6)),
        instead=lambda: Comment.objects.filter(~Q(parent__created__hour=6) | ~Q(parent__parent=None)),
    ),
    "negated-nulls, of a transform": Case(
        lambda: Comment.objects.exclude(Q(parent__id__isnull=True) | Q(likes=1), parent__created__month=3),
        instead=lambda: Comment.objects.filter(
            Q(parent=None) | ~Q(parent__created__month=3) | (Q(parent__isnull=False) & ~Q(likes=1))
        ),
    ),
    "negated-expression": Case(
        lambda: Article.objects.annotate(total=F("words") + F("priority")).exclude(total=200),
        needs=("annotate",),
        instead=lambda: Article.objects.annotate(total=F("words") + F("priority")).filter(
            ~Q(total=200) | Q(total__isnull=True)
        ),
    ),
    "negated-expression, of a key of JSON": Case(
        lambda: Article.objects.exclude(data__kind="long"),
        needs=("json lookups",),
        instead=lambda: Article.objects.filter(~Q(data__kind="long") | Q(data__kind__isnull=True)),
    ),
    "negated-f": Case(
        lambda: Article.objects.exclude(review__grade__lt=F("review__person__level")),
        needs=("expressions",),
        instead=lambda: Article.objects.exclude(
            pk__in=Review.objects.filter(grade__lt=F("person__level")).values("article")
        ),
    ),
    "aggregates": Case(
        lambda: Article.objects.annotate(c=Count("comment"), t=Count("tags")),
        needs=("aggregates",),
        instead=lambda: Article.objects.annotate(c=Count("comment", distinct=True), t=Count("tags", distinct=True)),
    ),
    "aggregates, filtered afterwards": Case(
        lambda: Person.objects.annotate(n=Count("articles")).filter(articles__words=100),
        needs=("aggregates", "chain"),
        instead=lambda: Person.objects.annotate(n=Count("articles", distinct=True)).filter(articles__words=100),
    ),
    "aggregates, of what a filter over two relations leaves": Case(
        lambda: Article.objects.filter(Q(comment__likes=1) | Q(tags__name__contains="a")).annotate(n=Count("comment")),
        needs=("aggregates", "chain"),
        instead=lambda: Article.objects.filter(Q(comment__likes=1) | Q(tags__name__contains="a")).annotate(
            n=Count("comment", distinct=True)
        ),
    ),
    "aggregates-ordering": Case(
        lambda: Section.objects.annotate(n=Count("article")).last(),
        needs=("aggregates",),
        instead=lambda: Section.objects.annotate(n=Count("article")).order_by("name").last(),
    ),
    "array-of-none": Case(
        lambda: Article.objects.annotate(a=ArrayAgg("tags__name", order_by="tags__name")),
        needs=("aggregates",),
        instead=lambda: Article.objects.annotate(
            a=ArrayAgg("tags__name", order_by="tags__name", filter=Q(tags__isnull=False))
        ),
    ),
    "json-null": Case(
        lambda: Article.objects.filter(data=None), instead=lambda: Article.objects.filter(data__isnull=True)
    ),
    "sliced-prefetch": Case(
        lambda: Article.objects.prefetch_related(Prefetch("comment_set", queryset=Comment.objects.order_by("pk")[:1])),
        instead=lambda: Article.objects.prefetch_related(
            Prefetch("comment_set", queryset=Comment.objects.order_by("pk").filter(pk__in=FIRST_COMMENTS))
        ),
    ),
    "prefetch-back, of a one-to-one relation": Case(
        lambda: Person.objects.prefetch_related("badge", Prefetch("badge__person", queryset=ACTIVE)),
        instead=lambda: with_active_only(Person.objects.prefetch_related("badge__person"), "person", badges),
    ),
    "prefetch-back, below a Prefetch": Case(
        lambda: Person.objects.prefetch_related(
            Prefetch("badge", queryset=Badge.objects.prefetch_related(Prefetch("person", queryset=ACTIVE)))
        ),
        instead=lambda: with_active_only(Person.objects.prefetch_related("badge__person"), "person", badges),
    ),
    "prefetch-back, of many": Case(
        lambda: Person.objects.prefetch_related("articles", Prefetch("articles__author", queryset=ACTIVE)),
        instead=lambda: with_active_only(
            Person.objects.prefetch_related("articles__author"), "author", lambda person: person.articles.all()
        ),
    ),
    "prefetch-same-relation": Case(
        lambda: Article.objects.prefetch_related(
            Prefetch("tags", queryset=Tag.objects.filter(article__slug="article-1"))
        ),
        instead=lambda: Article.objects.prefetch_related(
            Prefetch(
                "tags", queryset=Tag.objects.filter(pk__in=Article.objects.filter(slug="article-1").values("tags"))
            )
        ),
    ),
    "selected-and-prefetched": Case(
        lambda: Badge.objects.select_related("person").prefetch_related(
            Prefetch("person", queryset=Person.objects.filter(active=True))
        ),
        refused="22023",
    ),
    "to-attr-taken": Case(
        lambda: Article.objects.prefetch_related(Prefetch("tags", to_attr="author")), refused="22023"
    ),
    "to-attr-taken, by a column": Case(
        lambda: Article.objects.prefetch_related(Prefetch("tags", to_attr="title")), refused="22023"
    ),
    "deferred-and-followed": Case(
        lambda: Issue.objects.select_related("magazine").defer("magazine_id").distinct("pk")[1:].exists(),
        instead=lambda: Issue.objects.distinct("pk")[1:].exists(),
    ),
    "empty-unasked": Case(
        lambda: Tag.objects.filter(name__in=[]).distinct("id").latest("weight", "pk"), sqlstate="42P10"
    ),
    "window-column": Case(
        lambda: Article.objects.annotate(length=F("words"), n=Window(RowNumber(), order_by="pk")).filter(
            Q(n__lte=3) | Q(author__active=True)
        ),
        needs=("window",),
        instead=lambda: Article.objects.annotate(length=F("words") + 0, n=Window(RowNumber(), order_by="pk")).filter(
            Q(n__lte=3) | Q(author__active=True)
        ),
    ),
    "window-year": Case(
        lambda: Article.objects.annotate(n=Window(RowNumber(), order_by="pk")).filter(
            Q(n__lte=3) | Q(released__year=2023)
        ),
        needs=("window",),
        instead=lambda: Article.objects.annotate(n=Window(RowNumber(), order_by="pk")).filter(
            Q(n__lte=3) | Q(released__range=("2023-01-01", "2023-12-31"))
        ),
    ),
    "window-distinct": Case(
        lambda: Article.objects.alias(n=Window(RowNumber(), order_by="pk")).filter(n__lte=5).values("words").distinct(),
        needs=("window",),
        instead=lambda: Article.objects.filter(pk__in=FIRST_ARTICLES).values("words").distinct(),
    ),
    "window-sliced-prefetch": Case(
        lambda: Person.objects.prefetch_related(
            Prefetch(
                "articles",
                queryset=Article.objects.alias(n=Window(RowNumber(), order_by="pk"))
                .filter(n__lte=5)
                .order_by("-pk")[:1],
                to_attr="latest",
            )
        ),
        needs=("window",),
        instead=lambda: Person.objects.prefetch_related(
            Prefetch(
                "articles",
                queryset=Article.objects.filter(pk__in=FIRST_ARTICLES).order_by("-pk")[:1],
                to_attr="latest",
            )
        ),
    ),
    "window-many-to-many": Case(
        lambda: Article.objects.prefetch_related(
            Prefetch("tags", queryset=Tag.objects.alias(n=Window(RowNumber(), order_by="pk")).filter(n__lte=2))
        ),
        needs=("window",),
        instead=lambda: Article.objects.prefetch_related(
            Prefetch(
                "tags",
                queryset=Tag.objects.filter(
                    pk__in=Tag.objects.filter(article__isnull=False).order_by("pk").distinct().values("pk")[:2]
                ),
            )
        ),
    ),
    "window-groups": Case(
        lambda: Article.objects.values("words").annotate(c=Count("pk"), n=Window(Rank(), order_by="words")),
        needs=("window", "aggregates", "chain"),
        instead=lambda: Article.objects.values("words")
        .annotate(c=Count("pk"))
        .annotate(n=Window(Rank(), order_by="words")),
    ),
    "values-and-prefetch": Case(lambda: Tag.objects.values("name").prefetch_related("article_set"), refused="0A000"),
    "values-and-prefetch, of a flat list": Case(
        lambda: Tag.objects.values_list("name", flat=True).prefetch_related("article_set"), refused="0A000"
    ),
}
