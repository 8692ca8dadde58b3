"""Django as a contestant of the benchmark: one workload, driven line by line by ../django.c.

    run 7 8 1        runs it with these numbers; "done", milliseconds
    show 7 8 1       the same; before it a line "row" and JSON for each object that it returned
    begin, rollback  around what is to be taken back; "ready"
    state SELECT …   "state" and the query's one value

The arguments are made before the clock starts; the models' instances, as in an application, are not.
"""

import datetime
import json
import os
import sys
import time

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["tables"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PGHOST"],
            "PORT": os.environ["PGPORT"],
            "USER": os.environ["PGUSER"],
            "NAME": os.environ["PGDATABASE"],
            "TIME_ZONE": "UTC",
        }
    },
    TIME_ZONE="UTC",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import F, Model  # noqa: E402
from tables.models import Account, Article, Comment, User  # noqa: E402

LOREM = 'Lorem ipsum "dolor" sit amet. ' * 10
DAY = datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc)


def article_values(number):
    return {
        "title": f"Article number {number}",
        "content": LOREM,
        "published": True,
        "created_at": DAY + datetime.timedelta(hours=12),
        "author_id": 7,
    }


def user_defaults(name):
    return {
        "email": f"{name}@example.com",
        "first_name": "First",
        "is_staff": False,
        "date_joined": DAY + datetime.timedelta(hours=12),
    }


# Each workload gets the numbers and returns what is timed.


def create(number):
    values = article_values(number)
    return lambda: Article.objects.create(**values)


def update(number):
    return lambda: Article.objects.filter(id=number).update(title=f"Another title for {number}", comment_count=9)


def get_or_create(name):
    defaults = user_defaults(name)
    return lambda: User.objects.get_or_create(username=name, defaults=defaults)[0]


def get_hit(number):
    return get_or_create(f"user{number}")


def get_miss(number):
    return get_or_create(f"new{number}")


def bulk_create():
    rows = [
        {
            **article_values(i),
            "published": i % 10 != 0,
            "created_at": DAY + datetime.timedelta(seconds=i),
            "author_id": 1 + i * 7919 % 2000,
        }
        for i in range(1, 10001)
    ]
    return lambda: Article.objects.bulk_create([Article(**row) for row in rows])


def bulk_comments():
    rows = [
        {
            "text": f"Comment {i} with some text in it",
            "created_at": DAY + datetime.timedelta(seconds=i),
            "article_id": 1 + i * 7919 % 50000,
            "author_id": 1 + i * 13 % 2000,
        }
        for i in range(1, 10001)
    ]
    return lambda: Comment.objects.bulk_create([Comment(**row) for row in rows])


def delete(most):
    return lambda: Article.objects.filter(id__lte=most).delete()


def transfer(giver, taker, amount):
    def move():
        with transaction.atomic():
            locked = Account.objects.select_for_update().filter(id__in=[giver, taker]).order_by("id")
            accounts = {account.id: account for account in locked}
            if accounts[giver].balance < amount:
                raise ValueError("not enough money")
            Account.objects.filter(id=giver).update(balance=F("balance") - amount)
            Account.objects.filter(id=taker).update(balance=F("balance") + amount)

    return move


def as_json(thing):
    if not isinstance(thing, Model):
        return json.dumps(thing)
    row = {field.attname: getattr(thing, field.attname) for field in thing._meta.concrete_fields}
    return json.dumps(row, default=lambda value: value.isoformat())


def execute(workload, numbers, show):
    call = workload(*numbers)
    start = time.perf_counter()
    result = call()
    milliseconds = (time.perf_counter() - start) * 1000
    if show:
        for thing in result if isinstance(result, list) else [result]:
            print("row", as_json(thing))
    print("done", milliseconds)


def take_command(workload, command, rest):
    if command in ("run", "show"):
        execute(workload, [int(number) for number in rest.split()], command == "show")
    elif command == "begin":
        connection.set_autocommit(False)
        print("ready")
    elif command == "rollback":
        connection.rollback()
        connection.set_autocommit(True)
        print("ready")
    elif command == "state":
        with connection.cursor() as cursor:
            cursor.execute(rest)
            print("state", cursor.fetchone()[0])


def main():
    workload = globals()[sys.argv[1]]
    connection.ensure_connection()
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, rest = line.rstrip("\n").partition(" ")
        try:
            take_command(workload, command, rest)
        except Exception as error:
            print("failed", " ".join(f"{type(error).__name__}: {error}".split()))
        sys.stdout.flush()


main()
