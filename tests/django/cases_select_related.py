"""select_related, and only and defer along its paths."""

from case import Case
from press.models import Article, Badge, Comment, Issue, OldNote, Office, Person, Profile, Section

CASES = {
    "one": lambda: Article.objects.select_related("author"),
    "several": lambda: Article.objects.select_related("author", "editor", "section"),
    "several to one table": lambda: Article.objects.select_related("author__country", "editor__country"),
    "nullable": lambda: Article.objects.select_related("editor"),
    "nested": lambda: Comment.objects.select_related("article__author__country"),
    "nested behind a null": lambda: Article.objects.select_related("editor__mentor__country"),
    "calls add up": lambda: Article.objects.select_related("author").select_related("section"),
    "None takes all back": lambda: Article.objects.select_related("author").select_related(None),
    "all that are never null": lambda: Comment.objects.select_related(),
    "all that are never null, nested": lambda: Badge.objects.select_related(),
    "to itself": lambda: Section.objects.select_related("parent__parent"),
    "one to one": lambda: Profile.objects.select_related("person"),
    "one to one, backwards": lambda: Person.objects.select_related("profile"),
    "one to one, backwards, several": lambda: Person.objects.select_related("profile__office", "badge"),
    "one to one that is the key": lambda: Badge.objects.select_related("person__country"),
    "to a column that is not the key": lambda: Office.objects.select_related("country"),
    "a key of text": lambda: Issue.objects.select_related("magazine__chief"),
    "a relation whose column has its name": lambda: OldNote.objects.select_related("writer"),
    "with a filter on the same relation": lambda: Article.objects.select_related("author").filter(author__active=True),
    "with an order on the same relation": lambda: Article.objects.select_related("author").order_by("author__name", "pk"),
    "with a slice": lambda: Article.objects.select_related("author").order_by("pk")[5:9],
    "with distinct": lambda: Article.objects.select_related("author").filter(tags__in=[1, 2]).distinct(),
    "with get": lambda: Article.objects.select_related("author").get(pk=5),
    "with last": lambda: Article.objects.select_related("section").last(),
    "with repeated rows": lambda: Article.objects.select_related("author").filter(tags__in=[1, 2]),
    "with prefetch_related": lambda: Article.objects.select_related("author").prefetch_related("tags"),
    "order of the members": lambda: Article.objects.select_related("section", "author"),
    "only": lambda: Article.objects.only("title", "words"),
    "only of the key": lambda: Article.objects.only("pk"),
    "only, the last call holds": lambda: Article.objects.only("title").only("words"),
    "only with a relation": lambda: Article.objects.only("title", "author"),
    "only with a column of its own and of a relation": lambda: Article.objects.select_related("author").only(
        "title", "author__name"
    ),
    "only of a relation's columns": lambda: Comment.objects.select_related("article__author").only(
        "text", "article__title", "article__author__name"
    ),
    "only of a whole relation": lambda: Article.objects.select_related("author").only("title", "author"),
    "only one of two relations": lambda: Article.objects.select_related("author", "section").only(
        "author__name", "section"
    ),
    "only of a one-to-one relation backwards": lambda: Person.objects.select_related("profile").only(
        "name", "profile__bio"
    ),
    "only, prefetched": lambda: Article.objects.only("title").prefetch_related("tags"),
    "defer": lambda: Article.objects.defer("body", "data"),
    "defer, calls add up": lambda: Article.objects.defer("body").defer("data"),
    "defer None takes all back": lambda: Article.objects.defer("body").defer(None),
    "defer of the key changes nothing": lambda: Article.objects.defer("id", "body"),
    "defer of a relation": lambda: Article.objects.defer("author"),
    "defer of a relation's columns": lambda: Article.objects.select_related("author").defer(
        "author__email", "author__born"
    ),
    "defer of columns here and there": lambda: Article.objects.select_related("author").defer("body", "author__email"),
    "defer of a one-to-one relation's columns backwards": lambda: Person.objects.select_related("profile").defer(
        "profile__settings"
    ),
    "defer after only": lambda: Article.objects.only("title", "words").defer("words"),
    "only after defer": lambda: Article.objects.defer("words").only("title", "words"),
    "only and defer that cancel": lambda: Article.objects.only("title").defer("title"),
    "error: unknown relation": lambda: Article.objects.select_related("nothing"),
    "error: unknown relation further on": lambda: Article.objects.select_related("author__nothing"),
    "error: to many": lambda: Article.objects.select_related("tags"),
    "error: to many, backwards": lambda: Person.objects.select_related("articles"),
    "error: a column": lambda: Article.objects.select_related("title"),
    "error: deferred and followed": Case(
        lambda: Article.objects.select_related("author").only("title"), sqlstate="0A000"
    ),
    "error: only of an unknown field": lambda: Article.objects.only("nothing"),
    "error: only of an unknown field of a relation": lambda: Article.objects.select_related("author").only(
        "author__nothing"
    ),
}
