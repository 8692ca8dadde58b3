"""The rows that the cases read: the same ones for the same seed.

Few values, many repetitions and many nulls: a comparison is worth most where rows are alike.
"""

import datetime
import random
import uuid
from decimal import Decimal

from django.db import connection

from press import models as press

UTC = datetime.timezone.utc
WORDS = "the sun rose over harbour and city while Nobody looked at 100% of it_all Ünder Straße \\ back".split()
NAMES = ["Ada", "Bo", "Cleo", "dora", "Émile", "O'Brien", "100%"]


class Rows:
    """Makes rows of each model from one source of chance."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def maybe(self, value, chance=0.3):
        return None if self.random.random() < chance else value

    def moment(self):
        # some on midnight and around the change to summer time
        base = self.random.choice(
            [
                datetime.datetime(2023, 12, 31, 23, 0, tzinfo=UTC),
                datetime.datetime(2024, 3, 10, 5, 30, tzinfo=UTC),
                datetime.datetime(2024, 7, 1, 0, 0, tzinfo=UTC),
            ]
        )
        return base + datetime.timedelta(
            hours=self.random.randrange(0, 96), microseconds=self.random.choice([0, 0, 500000, 123456])
        )

    def day(self):
        return datetime.date(2024, 1, 1) + datetime.timedelta(days=self.random.randrange(-400, 400))

    def time(self):
        return datetime.time(self.random.randrange(24), self.random.choice([0, 30]))

    def words(self, count):
        return " ".join(self.random.choice(WORDS) for _ in range(count))

    def json(self):
        return self.random.choice(
            [
                {},
                {"a": 1, "b": {"c": [1, 2, {"d": "x"}]}},
                {"a": None, "kind": "long"},
                {"kind": "short", "size": self.random.randrange(5)},
                [1, "two", None],
                "text",
                7,
                True,
            ]
        )

    def uuid(self):
        return uuid.UUID(int=self.random.getrandbits(128))

    def pick(self, objects):
        return self.random.choice(objects)

    def some(self, objects, most):
        return self.random.sample(objects, self.random.randrange(0, min(most, len(objects)) + 1))


def load(seed, articles=60):
    """Fills the empty tables."""
    rows = Rows(seed)
    pick, maybe = rows.pick, rows.maybe

    countries = press.Country.objects.bulk_create(
        press.Country(name=name, code=code, area=area)
        for name, code, area in [
            ("Norway", "NO", 385207.0),
            ("Chile", "CL", 756102.5),
            ("Japan", "JP", None),
            ("Åland", "AX", 1580.25),
        ]
    )
    offices = press.Office.objects.bulk_create(
        press.Office(city=city, country=pick(countries), opens=maybe(rows.time()), closes=maybe(rows.time()))
        for city in ["Oslo", "Bergen", "Santiago", "Osaka", "Kyoto"]
    )
    people = []
    for number in range(24):
        person = press.Person(
            name=NAMES[number % len(NAMES)] + pick(["", "", " Lee", " lee"]),
            email=maybe(f"p{number}@example.org"),
            born=maybe(rows.day()),
            height=maybe(pick([1.5, 1.62, 1.8])),
            active=number % 3 > 0,
            level=number % 5 - 1,
            country=maybe(pick(countries)),
            mentor=maybe(pick(people)) if people else None,
        )
        person.save()
        people.append(person)
    for person in people:
        person.friends.add(*[friend for friend in rows.some(people, 3) if friend != person])
        for followed in rows.some(people, 3):
            press.Follow.objects.create(follower=person, followed=followed, since=rows.day())
        if rows.random.random() < 0.6:
            press.Profile.objects.create(
                person=person,
                bio=rows.words(3),
                karma=maybe(rows.random.randrange(-3, 4)),
                settings=rows.json(),
                office=maybe(pick(offices)),
            )
        if rows.random.random() < 0.4:
            press.Badge.objects.create(person=person, number=1000 - person.pk, colour=maybe(pick(["red", "blue"])))
    sections = []
    for name in ["News", "Sport", "Arts", "Local", "World", "Football", "Film", "Junior football"]:
        section = press.Section(name=name, parent=maybe(pick(sections)) if sections else None)
        section.save()
        sections.append(section)
    tags = press.Tag.objects.bulk_create(
        press.Tag(name=name, weight=maybe(Decimal(rows.random.randrange(5000)) / 1000))
        for name in ["red", "green", "Blue", "blue sky", "a_b", "100%", "empty"]
    )
    pieces = press.Article.objects.bulk_create(
        press.Article(
            title=rows.words(rows.random.randrange(1, 4)),
            slug=f"article-{number}",
            body=maybe(pick(["", rows.words(8)])),
            author=pick(people[:12]),
            editor=maybe(pick(people)),
            section=maybe(pick(sections)),
            rating=maybe(pick([0.0, 0.1, 2.5, 4.75])),
            price=maybe(pick([Decimal("0.00"), Decimal("9.90"), Decimal("12.50"), Decimal("99999999.99")])),
            words=rows.random.randrange(0, 6) * 100,
            views=pick([0, 1, 2**31, 2**53 + 1]),
            priority=maybe(rows.random.randrange(-1, 3)),
            published=rows.random.random() < 0.7,
            released=maybe(rows.day()),
            created=rows.moment(),
            modified=maybe(rows.moment()),
            slot=maybe(rows.time()),
            token=rows.uuid(),
            data=maybe(rows.json()),
            labels=rows.some(["x", "y", "z", 'q"{,}', "NULL"], 3),
            scores=maybe(rows.some([1, 2, 3, None], 3)),
        )
        for number in range(articles)
    )
    for article in pieces:
        article.tags.add(*rows.some(tags[:-1], 4))
        for person in rows.some(people, 3):
            press.Review.objects.create(
                article=article,
                person=person,
                grade=maybe(rows.random.randrange(1, 6)),
                note=pick(["", "good", "Good", "bad"]),
                written=rows.moment(),
            )
        comments = []
        for _ in range(pick([0, 0, 1, 2, 5])):
            comment = press.Comment(
                article=article,
                author=maybe(pick(people)),
                parent=maybe(pick(comments), 0.5) if comments else None,
                text=pick(["yes", "No", "why?", "100% so", "it_all"]),
                likes=rows.random.randrange(4),
                created=rows.moment(),
            )
            comment.save()
            comments.append(comment)
    for code, founded in [("sun", True), ("moon", True), ("dusk", False)]:
        magazine = press.Magazine.objects.create(
            code=code, title=code.title(), founded=rows.day() if founded else None, chief=maybe(pick(people))
        )
        for number in range(1, 4 if founded else 1):
            issue = press.Issue.objects.create(
                id=rows.uuid(), magazine=magazine, number=number, printed=maybe(rows.moment())
            )
            issue.articles.add(*rows.some(pieces, 5))
    for number in range(1, 7):
        press.OldNote.objects.create(
            number=number * 10, text=rows.words(2), writer=maybe(pick(people)), written=maybe(rows.moment())
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
