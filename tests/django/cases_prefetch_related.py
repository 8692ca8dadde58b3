"""prefetch_related: to-many and to-one, nested, with querysets, slices and names."""

from django.db.models import Prefetch

from case import Case
from press.models import (
    Article,
    Badge,
    Comment,
    Country,
    Issue,
    Magazine,
    OldNote,
    Person,
    Profile,
    Review,
    Section,
    Tag,
)

CASES = {
    "to many": lambda: Article.objects.prefetch_related("comment_set"),
    "to many by related_name": lambda: Person.objects.prefetch_related("articles", "edited"),
    "many to many": lambda: Article.objects.prefetch_related("tags"),
    "many to many, backwards": lambda: Tag.objects.prefetch_related("article_set"),
    "many to many with a through table": lambda: Article.objects.prefetch_related("reviewers"),
    "many to many with a through table, backwards": lambda: Person.objects.prefetch_related("reviewed"),
    "many to many with itself": lambda: Person.objects.prefetch_related("friends"),
    "many to many with itself, of one direction": lambda: Person.objects.prefetch_related("follows"),
    "many to many with itself, both directions": lambda: Person.objects.prefetch_related("follows", "followers"),
    "many to many by uuid": lambda: Issue.objects.prefetch_related("articles"),
    "to one": lambda: Article.objects.prefetch_related("author"),
    "to one, nullable": lambda: Article.objects.prefetch_related("editor", "section"),
    "to one to a column that is not the key": lambda: Profile.objects.prefetch_related("office__country"),
    "to many from a column that is not the key": lambda: Country.objects.prefetch_related("office_set"),
    "to one by a key of text": lambda: Issue.objects.prefetch_related("magazine"),
    "to one whose column has its name": lambda: OldNote.objects.prefetch_related("writer"),
    "one to one": lambda: Profile.objects.prefetch_related("person"),
    "one to one, backwards": lambda: Person.objects.prefetch_related("profile", "badge"),
    "one to one that is the key": lambda: Badge.objects.prefetch_related("person"),
    "to itself": lambda: Section.objects.prefetch_related("parent", "section_set"),
    "to itself, three levels": lambda: Section.objects.prefetch_related("section_set__section_set__section_set"),
    "nested": lambda: Person.objects.prefetch_related("articles__comment_set__author"),
    "nested through many to many": lambda: Tag.objects.prefetch_related("article_set__tags"),
    "nested with shared beginnings": lambda: Person.objects.prefetch_related("articles__tags", "articles__comment_set"),
    "the longer path first": lambda: Person.objects.prefetch_related("articles__tags", "articles"),
    "twice the same": lambda: Article.objects.prefetch_related("tags", "tags"),
    "several calls add up": lambda: Article.objects.prefetch_related("tags").prefetch_related("comment_set"),
    "None takes all back": lambda: Article.objects.prefetch_related("tags").prefetch_related(None),
    "order of the members": lambda: Article.objects.prefetch_related("tags", "author", "comment_set"),
    "the target's Meta.ordering": lambda: Magazine.objects.prefetch_related("issues"),
    "of no rows": lambda: Article.objects.filter(pk=-1).prefetch_related("tags__article_set"),
    "of a slice": lambda: Article.objects.order_by("pk")[3:6].prefetch_related("tags"),
    "of repeated rows": lambda: Article.objects.filter(tags__in=[1, 2]).prefetch_related("tags"),
    "with get": lambda: Article.objects.prefetch_related("tags", "comment_set").get(slug="article-7"),
    "with first": lambda: Article.objects.prefetch_related("tags").order_by("-slug").first(),
    "with in_bulk": lambda: Article.objects.prefetch_related("tags").in_bulk([3, 4]),
    "Prefetch without a queryset": lambda: Article.objects.prefetch_related(Prefetch("tags")),
    "Prefetch with all": lambda: Article.objects.prefetch_related(Prefetch("tags", queryset=Tag.objects.all())),
    "Prefetch with a filter": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.filter(likes__gt=1))
    ),
    "Prefetch with a filter through to many": lambda: Person.objects.prefetch_related(
        Prefetch("articles", queryset=Article.objects.filter(tags__name="red"))
    ),
    "Prefetch with exclude": lambda: Article.objects.prefetch_related(
        Prefetch("tags", queryset=Tag.objects.exclude(name__icontains="blue"))
    ),
    "Prefetch with an order": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.order_by("-likes", "pk"))
    ),
    "Prefetch with an order of a relation": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.order_by("author__name", "-pk"))
    ),
    "Prefetch of many to many with an order": lambda: Article.objects.prefetch_related(
        Prefetch("tags", queryset=Tag.objects.order_by("-name"))
    ),
    "Prefetch with select_related": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.select_related("author__country"))
    ),
    "Prefetch with prefetch_related": lambda: Person.objects.prefetch_related(
        Prefetch("articles", queryset=Article.objects.prefetch_related("tags"))
    ),
    "Prefetch with only": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.only("text", "article"))
    ),
    "Prefetch with defer": lambda: Article.objects.prefetch_related(
        Prefetch("tags", queryset=Tag.objects.defer("weight"))
    ),
    "Prefetch with distinct": lambda: Article.objects.prefetch_related(
        Prefetch("tags", queryset=Tag.objects.filter(article__isnull=False).distinct())
    ),
    "Prefetch with none": lambda: Article.objects.prefetch_related(Prefetch("tags", queryset=Tag.objects.none())),
    "Prefetch of a to-one relation with a filter": lambda: Article.objects.prefetch_related(
        Prefetch("author", queryset=Person.objects.filter(active=True))
    ),
    "Prefetch of a one-to-one relation backwards": lambda: Person.objects.prefetch_related(
        Prefetch("profile", queryset=Profile.objects.filter(karma__gt=0))
    ),
    "Prefetch with a slice": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.order_by("-likes", "pk")[:2], to_attr="best")
    ),
    "Prefetch with a slice from the second": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.order_by("pk")[1:3], to_attr="some")
    ),
    "Prefetch with a slice without end": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.order_by("pk")[1:], to_attr="rest")
    ),
    "Prefetch of many to many with a slice": lambda: Tag.objects.prefetch_related(
        Prefetch("article_set", queryset=Article.objects.order_by("-words", "pk")[:3], to_attr="longest")
    ),
    "Prefetch of many to many with itself and a slice": lambda: Person.objects.prefetch_related(
        Prefetch("follows", queryset=Person.objects.order_by("name", "pk")[:1], to_attr="one")
    ),
    "Prefetch with a slice and a filter": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.filter(likes__gt=0).order_by("pk")[:1], to_attr="liked")
    ),
    "Prefetch with a slice inside a slice": lambda: Person.objects.prefetch_related(
        Prefetch(
            "articles",
            queryset=Article.objects.order_by("pk").prefetch_related(
                Prefetch("comment_set", queryset=Comment.objects.order_by("-pk")[:1], to_attr="last_comment")
            )[:2],
            to_attr="first_articles",
        )
    ),
    "to_attr": lambda: Article.objects.prefetch_related(Prefetch("tags", to_attr="labels_of_tags")),
    "to_attr of a to-one relation": lambda: Article.objects.prefetch_related(
        Prefetch("editor", queryset=Person.objects.filter(active=True), to_attr="active_editor")
    ),
    "to_attr several times": lambda: Article.objects.prefetch_related(
        Prefetch("comment_set", queryset=Comment.objects.filter(likes=0), to_attr="unliked"),
        Prefetch("comment_set", queryset=Comment.objects.filter(likes__gt=0), to_attr="liked"),
        "comment_set",
    ),
    "to_attr, and on from it": lambda: Person.objects.prefetch_related(
        Prefetch("articles", queryset=Article.objects.filter(published=True), to_attr="shown"), "shown__tags"
    ),
    "a Prefetch of a longer path": lambda: Person.objects.prefetch_related(
        "articles", Prefetch("articles__comment_set", queryset=Comment.objects.filter(likes=2))
    ),
    "a Prefetch of a longer path with to_attr": lambda: Person.objects.prefetch_related(
        Prefetch("articles__tags", queryset=Tag.objects.order_by("name"), to_attr="sorted_tags")
    ),
    "behind select_related": lambda: Comment.objects.select_related("article").prefetch_related("article__tags"),
    "behind a nullable select_related": lambda: Article.objects.select_related("editor").prefetch_related(
        "editor__articles"
    ),
    "through to one to many": lambda: Comment.objects.prefetch_related("article__tags"),
    "a filter on the rows does not touch what is prefetched": lambda: Article.objects.filter(
        comment__likes=3
    ).prefetch_related("comment_set"),
    "of a related manager": lambda: Person(pk=2).articles.prefetch_related("tags"),
    "count does not fetch": lambda: Article.objects.prefetch_related("tags").count(),
    "to_attr several times, the second beside a slice": lambda: Review.objects.prefetch_related(
        Prefetch("article", to_attr="piece"), "person__country"
    ),
    "error: unknown relation": lambda: Article.objects.prefetch_related("nothing"),
    "error: unknown relation further on": lambda: Article.objects.prefetch_related("tags__nothing"),
    "error: a column": lambda: Article.objects.prefetch_related("title"),
    "error: twice with querysets": Case(
        lambda: Article.objects.prefetch_related("tags", Prefetch("tags", queryset=Tag.objects.filter(pk=1))),
        sqlstate="22023",
    ),
    "error: values in a Prefetch": lambda: Article.objects.prefetch_related(
        Prefetch("tags", queryset=Tag.objects.values("name"))
    ),
}
