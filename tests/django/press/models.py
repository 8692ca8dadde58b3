"""The models of the tables in schema.sql, which makes them: none is managed here.

Fields stand in the order of the columns, because that is the order of an object's members.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from bolt_django import BoltManager

CASCADE, SET_NULL, DO_NOTHING = models.CASCADE, models.SET_NULL, models.DO_NOTHING


class Model(models.Model):
    objects = BoltManager()

    class Meta:
        abstract = True
        managed = False


class Country(Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=60)
    code = models.CharField(max_length=2, unique=True)
    area = models.FloatField(null=True)

    class Meta(Model.Meta):
        db_table = "press_country"


class Office(Model):
    id = models.AutoField(primary_key=True)
    city = models.CharField(max_length=60)
    country = models.ForeignKey(Country, CASCADE, to_field="code", db_column="country_code")
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)

    class Meta(Model.Meta):
        db_table = "press_office"


class Person(Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=60)
    email = models.TextField(null=True, unique=True)
    born = models.DateField(null=True)
    height = models.FloatField(null=True)
    active = models.BooleanField()
    level = models.SmallIntegerField()
    country = models.ForeignKey(Country, SET_NULL, null=True)
    mentor = models.ForeignKey("self", SET_NULL, null=True, related_name="students")
    friends = models.ManyToManyField("self")
    follows = models.ManyToManyField(
        "self",
        symmetrical=False,
        through="Follow",
        through_fields=("follower", "followed"),
        related_name="followers",
    )

    class Meta(Model.Meta):
        db_table = "press_person"


class Follow(Model):
    id = models.AutoField(primary_key=True)
    follower = models.ForeignKey(Person, CASCADE, related_name="following_set")
    followed = models.ForeignKey(Person, CASCADE, related_name="followed_set")
    since = models.DateField()

    class Meta(Model.Meta):
        db_table = "press_follow"


class Profile(Model):
    id = models.AutoField(primary_key=True)
    person = models.OneToOneField(Person, CASCADE)
    bio = models.TextField()
    karma = models.SmallIntegerField(null=True)
    settings = models.JSONField()
    office = models.ForeignKey(Office, SET_NULL, null=True, related_name="staff")

    class Meta(Model.Meta):
        db_table = "press_profile"


class Badge(Model):
    person = models.OneToOneField(Person, CASCADE, primary_key=True)
    number = models.IntegerField(unique=True)
    colour = models.CharField(max_length=20, null=True)

    class Meta(Model.Meta):
        db_table = "press_badge"


class Section(Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)
    parent = models.ForeignKey("self", SET_NULL, null=True)

    class Meta(Model.Meta):
        db_table = "press_section"
        ordering = ["name"]


class Tag(Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=30, unique=True)
    weight = models.DecimalField(max_digits=6, decimal_places=3, null=True)

    class Meta(Model.Meta):
        db_table = "press_tag"


class Article(Model):
    id = models.BigAutoField(primary_key=True)
    title = models.CharField(max_length=120)
    slug = models.TextField(unique=True)
    body = models.TextField(null=True)
    author = models.ForeignKey(Person, CASCADE, related_name="articles")
    editor = models.ForeignKey(Person, SET_NULL, null=True, related_name="edited")
    section = models.ForeignKey(Section, SET_NULL, null=True)
    rating = models.FloatField(null=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    words = models.IntegerField()
    views = models.BigIntegerField()
    priority = models.SmallIntegerField(null=True)
    published = models.BooleanField()
    released = models.DateField(null=True)
    created = models.DateTimeField()
    modified = models.DateTimeField(null=True)
    slot = models.TimeField(null=True)
    token = models.UUIDField(unique=True)
    data = models.JSONField(null=True)
    labels = ArrayField(models.TextField())
    scores = ArrayField(models.IntegerField(), null=True)
    tags = models.ManyToManyField(Tag)
    reviewers = models.ManyToManyField(Person, through="Review", related_name="reviewed")

    class Meta(Model.Meta):
        db_table = "press_article"


class Review(Model):
    id = models.BigAutoField(primary_key=True)
    article = models.ForeignKey(Article, CASCADE)
    person = models.ForeignKey(Person, CASCADE)
    grade = models.SmallIntegerField(null=True)
    note = models.TextField()
    written = models.DateTimeField()

    class Meta(Model.Meta):
        db_table = "press_review"
        get_latest_by = "written"


class Comment(Model):
    id = models.BigAutoField(primary_key=True)
    article = models.ForeignKey(Article, CASCADE)
    author = models.ForeignKey(Person, SET_NULL, null=True)
    parent = models.ForeignKey("self", CASCADE, null=True, related_name="replies")
    text = models.TextField()
    likes = models.IntegerField()
    created = models.DateTimeField()

    class Meta(Model.Meta):
        db_table = "press_comment"


class Magazine(Model):
    code = models.CharField(max_length=10, primary_key=True)
    title = models.CharField(max_length=80)
    founded = models.DateField(null=True)
    chief = models.ForeignKey(Person, SET_NULL, null=True, related_name="+")

    class Meta(Model.Meta):
        db_table = "press_magazine"
        ordering = ["-founded", "code"]


class Issue(Model):
    id = models.UUIDField(primary_key=True)
    magazine = models.ForeignKey(Magazine, CASCADE, related_name="issues")
    number = models.IntegerField()
    printed = models.DateTimeField(null=True)
    articles = models.ManyToManyField(Article, related_name="printed_in")

    class Meta(Model.Meta):
        db_table = "press_issue"
        ordering = ["magazine", "number"]


class OldNote(Model):
    number = models.IntegerField(primary_key=True, db_column="NoteNo")
    text = models.CharField(max_length=200, db_column="Text")
    writer = models.ForeignKey(Person, SET_NULL, null=True, db_column="writer", related_name="notes")
    written = models.DateTimeField(null=True, db_column="Written At")

    class Meta(Model.Meta):
        db_table = "Old Notes"
