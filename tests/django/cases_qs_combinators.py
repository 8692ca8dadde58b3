"""union, intersection and difference."""

from case import Case
from press.models import Article, Person, Tag

NEEDS = ("union",)

CASES = {
    "union": lambda: Tag.objects.filter(pk__lt=4).union(Tag.objects.filter(pk__gt=2)),
    "union of all": lambda: Tag.objects.filter(pk__lt=4).union(Tag.objects.filter(pk__gt=2), all=True),
    "union of three": lambda: Tag.objects.filter(pk=1).union(Tag.objects.filter(pk=2), Tag.objects.filter(pk=3)),
    "intersection": lambda: Tag.objects.filter(pk__lt=4).intersection(Tag.objects.filter(pk__gt=2)),
    "difference": lambda: Tag.objects.filter(pk__lt=4).difference(Tag.objects.filter(pk=2)),
    "union of values of two models": lambda: Tag.objects.values_list("name").union(Person.objects.values_list("name")),
    "union, ordered": lambda: Tag.objects.filter(pk__lt=4).union(Tag.objects.filter(pk__gt=2)).order_by("-name"),
    "union, counted": lambda: Tag.objects.filter(pk__lt=4).union(Tag.objects.filter(pk__gt=2)).count(),
    "union, exists": lambda: Tag.objects.filter(pk=-1).union(Tag.objects.filter(pk=1)).exists(),
    "union with none": lambda: Tag.objects.none().union(Tag.objects.filter(pk__lt=3)),
    "union of articles, values": lambda: Article.objects.filter(words=100)
    .values("pk")
    .union(Article.objects.filter(words=200).values("pk")),
    "error: filter of a union": Case(
        lambda: Tag.objects.filter(pk=1).union(Tag.objects.filter(pk=2)).filter(name="red"), sqlstate="0A000"
    ),
}
