"""aggregate(): numbers over all rows of a queryset."""

from django.db.models import Avg, Count, F, Max, Min, Q, StdDev, Sum, Variance

from press.models import Article, Comment, Person

NEEDS = ("aggregates", "aggregate()")

CASES = {
    "count of rows": lambda: Article.objects.aggregate(n=Count("*")),
    "count of a column leaves out nulls": lambda: Article.objects.aggregate(n=Count("rating")),
    "count, distinct": lambda: Article.objects.aggregate(n=Count("words", distinct=True)),
    "several": lambda: Article.objects.aggregate(Sum("words"), Min("words"), Max("words"), Avg("words")),
    "sum of a bigint": lambda: Article.objects.aggregate(n=Sum("views")),
    "sum of a decimal": lambda: Article.objects.aggregate(n=Sum("price")),
    "average of nulls and numbers": lambda: Article.objects.aggregate(n=Avg("rating")),
    "minimum of a text": lambda: Person.objects.aggregate(n=Min("name")),
    "maximum of a moment": lambda: Comment.objects.aggregate(n=Max("created")),
    "standard deviation": lambda: Article.objects.aggregate(n=StdDev("words")),
    "variance": lambda: Article.objects.aggregate(n=Variance("words")),
    "sum of no rows is null": lambda: Article.objects.filter(pk=-1).aggregate(n=Sum("words")),
    "sum of no rows with a default": lambda: Article.objects.filter(pk=-1).aggregate(n=Sum("words", default=0)),
    "of a filter": lambda: Article.objects.filter(published=True).aggregate(n=Sum("words")),
    "of a relation": lambda: Article.objects.aggregate(n=Max("author__level")),
    "of a to-many relation": lambda: Article.objects.aggregate(n=Count("comment")),
    "with a condition": lambda: Article.objects.aggregate(n=Count("pk", filter=Q(words__gt=200))),
    "of a slice": lambda: Article.objects.order_by("pk")[:10].aggregate(n=Sum("words")),
    "of distinct values": lambda: Article.objects.values("words").distinct().aggregate(n=Sum("words")),
    "of an expression": lambda: Article.objects.aggregate(n=Sum(F("words") * 2)),
    "of an annotation": lambda: Person.objects.annotate(n=Count("articles")).aggregate(most=Max("n")),
    "of rows that meet an OR and a condition beside it": lambda: Article.objects.filter(
        Q(comment__likes=1) | Q(words=100), comment__text="yes"
    ).aggregate(n=Count("pk", distinct=True)),
    "of rows that meet two ORs": lambda: Article.objects.filter(
        Q(comment__likes=1) | Q(words=100), Q(comment__text="yes") | Q(words=200)
    ).aggregate(n=Count("pk", distinct=True)),
    "of rows that meet two ORs over two relations": lambda: Article.objects.filter(
        Q(comment__likes=1) | Q(review__grade=5), Q(comment__text="yes") | Q(review__note="good")
    ).aggregate(n=Count("pk", distinct=True)),
    "of rows that meet an XOR": lambda: Article.objects.filter(Q(comment__likes=1) ^ Q(words=100)).aggregate(
        n=Count("pk", distinct=True)
    ),
    "of rows that are compared with related ones": lambda: Article.objects.filter(
        words__gt=F("comment__likes"), comment__text="yes"
    ).aggregate(n=Count("pk", distinct=True)),
    "of rows that an annotation of the filter's relation joins": lambda: Article.objects.filter(comment__likes__lt=4)
    .annotate(x=F("comment__text"))
    .filter(x="yes")
    .aggregate(n=Count("pk"), m=Max("x")),
    "of distinct rows, whatever order they had": lambda: Article.objects.order_by("comment__likes")
    .distinct()
    .aggregate(n=Count("pk")),
    "error: of an unknown field": lambda: Article.objects.aggregate(n=Sum("nothing")),
}
