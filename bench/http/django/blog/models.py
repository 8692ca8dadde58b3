"""The tables of examples/blog.sql and examples/blog/schema.sql."""

from django.db import models
from django.utils import timezone


class User(models.Model):
    username = models.TextField(unique=True)
    email = models.TextField()
    first_name = models.TextField()
    is_staff = models.BooleanField()
    date_joined = models.DateTimeField()

    class Meta:
        managed = False
        db_table = 'auth_user'


class Tag(models.Model):
    name = models.TextField(unique=True)

    class Meta:
        managed = False
        db_table = 'blog_tag'


class Article(models.Model):
    title = models.TextField()
    content = models.TextField()
    published = models.BooleanField(default=False)
    draft = models.BooleanField(default=False)
    comment_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    author = models.ForeignKey(User, models.CASCADE)
    tags = models.ManyToManyField(Tag, db_table='blog_article_tags')

    class Meta:
        managed = False
        db_table = 'blog_article'


class Comment(models.Model):
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    article = models.ForeignKey(Article, models.CASCADE, related_name='comments')
    author = models.ForeignKey(User, models.CASCADE)

    class Meta:
        managed = False
        db_table = 'blog_comment'


class Account(models.Model):
    owner = models.TextField()
    balance = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = 'blog_account'
