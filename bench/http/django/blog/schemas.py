"""What is shown and what may be written, as msgspec Structs: examples/blog/models.h in Python."""

from datetime import datetime

import msgspec


class Author(msgspec.Struct):
    id: int
    username: str
    email: str

    @classmethod
    def of(cls, user):
        return cls(id=user.id, username=user.username, email=user.email)


class Tag(msgspec.Struct):
    id: int
    name: str

    @classmethod
    def of_all(cls, article):
        return [cls(id=tag.id, name=tag.name) for tag in article.tags.all()]


class Comment(msgspec.Struct):
    id: int
    text: str
    created_at: datetime
    author_id: int
    author: Author

    @classmethod
    def of(cls, comment):
        return cls(
            id=comment.id,
            text=comment.text,
            created_at=comment.created_at,
            author_id=comment.author_id,
            author=Author.of(comment.author),
        )


class ArticleSummary(msgspec.Struct):
    id: int
    title: str
    published: bool
    comment_count: int
    created_at: datetime
    author_id: int
    author: Author
    tags: list[Tag]

    @classmethod
    def of(cls, article):
        return cls(
            id=article.id,
            title=article.title,
            published=article.published,
            comment_count=article.comment_count,
            created_at=article.created_at,
            author_id=article.author_id,
            author=Author.of(article.author),
            tags=Tag.of_all(article),
        )


class ArticleDetail(msgspec.Struct):
    id: int
    title: str
    content: str
    published: bool
    draft: bool
    comment_count: int
    created_at: datetime
    author_id: int
    author: Author
    tags: list[Tag]
    comments: list[Comment]

    @classmethod
    def of(cls, article):
        return cls(
            id=article.id,
            title=article.title,
            content=article.content,
            published=article.published,
            draft=article.draft,
            comment_count=article.comment_count,
            created_at=article.created_at,
            author_id=article.author_id,
            author=Author.of(article.author),
            tags=Tag.of_all(article),
            comments=[Comment.of(comment) for comment in article.comments.all()],
        )


class ArticleInput(msgspec.Struct):
    title: str
    content: str
    author_id: int
    published: bool = False
    draft: bool = False
    tags: list[int] = []


class CursorPage(msgspec.Struct):
    items: list[ArticleSummary]
    next: str | None


class Page(msgspec.Struct):
    items: list[ArticleSummary]
    total: int
    page: int
    pages: int
    page_size: int
    has_next: bool
    has_previous: bool


class Stats(msgspec.Struct):
    total: int
    published: int
    average_comment_count: float | None


class Order(msgspec.Struct):
    """Of money, from one account to another."""

    source: int = msgspec.field(name='from')
    target: int = msgspec.field(name='to')
    amount: int = 0


class Account(msgspec.Struct):
    id: int
    owner: str
    balance: int
