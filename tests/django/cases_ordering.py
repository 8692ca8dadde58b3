"""order_by, reverse, Meta.ordering and distinct."""

from django.db.models import F

from case import Case
from press.models import Article, Badge, Comment, Issue, Magazine, OldNote, Person, Section, Tag

CASES = {
    "by a column": lambda: Article.objects.order_by("slug"),
    "downwards": lambda: Article.objects.order_by("-slug"),
    "by several": lambda: Article.objects.order_by("-words", "slug"),
    "by pk": lambda: Person.objects.order_by("-pk"),
    "the last call holds": lambda: Article.objects.order_by("-slug").order_by("slug"),
    "nulls come last": lambda: Article.objects.order_by("rating", "pk"),
    "nulls come first downwards": lambda: Article.objects.order_by("-rating", "pk"),
    "nulls first": lambda: Article.objects.order_by(F("rating").asc(nulls_first=True), "pk"),
    "nulls last downwards": lambda: Article.objects.order_by(F("rating").desc(nulls_last=True), "pk"),
    "nulls, reversed": lambda: Article.objects.order_by(F("rating").desc(nulls_last=True), "pk").reverse(),
    "by text as the database sorts it": lambda: Person.objects.order_by("name", "pk"),
    "by a boolean": lambda: Person.objects.order_by("active", "-pk"),
    "by an array": lambda: Article.objects.order_by("labels", "pk"),
    "by a uuid": lambda: Article.objects.order_by("token"),
    "by a column of a relation": lambda: Article.objects.order_by("author__name", "pk"),
    "by a column of a nullable relation": lambda: Article.objects.order_by("editor__name", "pk"),
    "by a column two relations away": lambda: Comment.objects.order_by("-article__author__name", "pk"),
    "by a relation to one without an ordering": lambda: Article.objects.order_by("author", "pk"),
    "by a relation to one with an ordering": lambda: Article.objects.order_by("section", "pk"),
    "by a relation downwards": lambda: Article.objects.order_by("-section", "pk"),
    "by a relation's column": lambda: Article.objects.order_by("section_id", "pk"),
    "by a relation's key": lambda: Article.objects.order_by("section__pk", "pk"),
    "by a relation with an ordering of several": lambda: Issue.objects.order_by("magazine", "number", "pk"),
    "by a to-many relation repeats the rows": lambda: Article.objects.order_by("tags__name", "pk"),
    "by a one-to-one relation backwards": lambda: Person.objects.order_by("badge__number", "pk"),
    "by a column with a space in its name": lambda: OldNote.objects.order_by("-written", "pk"),
    "Meta.ordering": lambda: Section.objects.all(),
    "Meta.ordering of several": lambda: Magazine.objects.all(),
    "Meta.ordering through a relation that has one": lambda: Issue.objects.order_by("magazine", "number", "pk"),
    "Meta.ordering, reversed": lambda: Section.objects.reverse(),
    "Meta.ordering, cleared": lambda: Section.objects.order_by(),
    "reverse": lambda: Article.objects.order_by("words", "-pk").reverse(),
    "reverse twice": lambda: Article.objects.order_by("words", "-pk").reverse().reverse(),
    "reverse before order_by": lambda: Article.objects.reverse().order_by("words", "-pk"),
    "reverse without an order": lambda: Tag.objects.reverse(),
    "at random, then counted": lambda: Article.objects.order_by("?").count(),
    "distinct": lambda: Person.objects.filter(articles__words__gt=0).distinct(),
    "distinct of values": lambda: Person.objects.values("name").distinct(),
    "distinct of values, ordered": lambda: Person.objects.values_list("name").distinct().order_by("name"),
    "distinct of values, ordered by another": lambda: (
        Person.objects.values_list("name").distinct().order_by("level", "pk")
    ),
    "distinct, ordered through a relation": lambda: Article.objects.distinct().order_by("author__name", "pk"),
    "distinct, counted": lambda: Person.objects.values("name").distinct().count(),
    "distinct on": lambda: Article.objects.distinct("words").order_by("words", "pk"),
    "distinct on, the other way": lambda: Article.objects.distinct("words").order_by("words", "-pk"),
    "distinct on several": lambda: Article.objects.distinct("words", "published").order_by("words", "published", "pk"),
    "distinct on a nullable column": lambda: Article.objects.distinct("rating").order_by("-rating", "pk"),
    "distinct on a column of a relation": lambda: Article.objects.distinct("author__name").order_by(
        "author__name", "pk"
    ),
    "distinct on a relation": lambda: Article.objects.distinct("author").order_by("author", "pk"),
    "distinct on, counted": lambda: Article.objects.distinct("words").order_by("words").count(),
    "distinct on, sliced": lambda: Article.objects.distinct("words").order_by("words", "pk")[1:4],
    "distinct on with values": lambda: (
        Article.objects.distinct("words").order_by("words", "pk").values("words", "slug")
    ),
    "error: distinct on another than the order": lambda: Article.objects.distinct("words").order_by("pk"),
    "error: unknown field": lambda: Article.objects.order_by("nothing"),
    "error: unknown field of a relation": lambda: Article.objects.order_by("author__nothing"),
    "error: a lookup is no field": lambda: Article.objects.order_by("title__contains"),
    "error: distinct on an unknown field": lambda: Article.objects.distinct("nothing").order_by("nothing"),
    "error: ordering after a slice": Case(lambda: Article.objects.all()[:2].order_by("pk"), sqlstate="0A000"),
    "error: reverse after a slice": Case(lambda: Article.objects.order_by("pk")[:2].reverse(), sqlstate="0A000"),
    "error: distinct after a slice": Case(lambda: Article.objects.order_by("pk")[:2].distinct(), sqlstate="0A000"),
    "badges by what they belong to": lambda: Badge.objects.order_by("person__name", "pk"),
}
