"""The tables of examples/blog.sql."""

from django.db import models


class Table(models.Model):
    class Meta:
        abstract = True
        managed = False


class User(Table):
    username = models.TextField()
    email = models.TextField()
    first_name = models.TextField()
    is_staff = models.BooleanField()
    date_joined = models.DateTimeField()

    class Meta(Table.Meta):
        db_table = "auth_user"


class Tag(Table):
    name = models.TextField()

    class Meta(Table.Meta):
        db_table = "blog_tag"


class Article(Table):
    title = models.TextField()
    content = models.TextField()
    published = models.BooleanField()
    draft = models.BooleanField()
    comment_count = models.IntegerField()
    created_at = models.DateTimeField()
    author = models.ForeignKey(User, models.DO_NOTHING)
    tags = models.ManyToManyField(Tag, db_table="blog_article_tags")

    class Meta(Table.Meta):
        db_table = "blog_article"


class Comment(Table):
    article = models.ForeignKey(Article, models.DO_NOTHING, related_name="comments")
    author = models.ForeignKey(User, models.DO_NOTHING)
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta(Table.Meta):
        db_table = "blog_comment"
