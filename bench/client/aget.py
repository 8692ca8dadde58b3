"""Requests a second in Python, as requests.c measures them in C: asyncpg with the prepared LATERAL
statement, and Django's aget with select_related and prefetch_related, its objects rendered as JSON.

    aget.py <the statement's file> <seconds a turn> <rounds>
"""

import asyncio
import json
import os
import random
import resource
import statistics
import sys
import time

import asyncpg
import django
from django.conf import settings

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PGDATABASE"],
            "USER": os.environ.get("PGUSER", ""),
            "HOST": os.environ.get("PGHOST", ""),
            "PORT": os.environ.get("PGPORT", ""),
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["blog"],
    USE_TZ=True,
)
django.setup()

from django.core.serializers.json import DjangoJSONEncoder  # noqa: E402
from django.db import connection  # noqa: E402
from django.forms.models import model_to_dict  # noqa: E402

from blog.models import Article  # noqa: E402


ARTICLES = 0
POSTS = Article.objects.select_related("author").prefetch_related("tags", "comments__author")


def render(article):
    document = model_to_dict(article, exclude=["tags", "author"])
    document["author"] = model_to_dict(article.author)
    document["tags"] = [model_to_dict(tag) for tag in article.tags.all()]
    document["comments"] = [
        {**model_to_dict(comment, exclude=["author"]), "author": model_to_dict(comment.author)}
        for comment in article.comments.all()
    ]
    return json.dumps(document, cls=DjangoJSONEncoder)


async def keep_in_flight(in_flight, seconds, ask):
    """How many were answered."""
    end = time.monotonic() + seconds
    answers = 0

    async def one_after_another():
        nonlocal answers
        while time.monotonic() < end:
            await ask(random.randint(1, ARTICLES))
            answers += 1

    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    return answers


async def with_asyncpg(connections, in_flight, seconds, statement):
    pool = await asyncpg.create_pool(
        host=os.environ.get("PGHOST"),
        port=os.environ.get("PGPORT"),
        user=os.environ.get("PGUSER"),
        database=os.environ["PGDATABASE"],
        min_size=connections,
        max_size=connections,
    )

    async def ask(number):
        if not await pool.fetchval(statement, number):
            raise SystemExit("no article")

    await keep_in_flight(in_flight, seconds / 4, ask)
    measured = await measure(in_flight, seconds, ask)
    await pool.close()
    return measured


async def with_django(connections, in_flight, seconds, statement):
    async def ask(number):
        render(await POSTS.aget(id=number))

    await keep_in_flight(in_flight, seconds / 4, ask)
    return await measure(in_flight, seconds, ask)


async def measure(in_flight, seconds, ask):
    start, used = time.monotonic(), processor_time()
    answers = await keep_in_flight(in_flight, seconds, ask)
    return answers / (time.monotonic() - start), (processor_time() - used) * 1e6 / answers


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    global ARTICLES
    with open(sys.argv[1]) as file:
        statement = file.read().rstrip().rstrip(";")
    seconds, rounds = float(sys.argv[2]), int(sys.argv[3])
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM blog_article")
        (ARTICLES,) = cursor.fetchone()
    connection.close()
    for connections in 1, 2, 4:
        for in_flight in 1, 16, 256:
            for name, contestant in ("asyncpg, LATERAL", with_asyncpg), ("Django aget", with_django):
                if contestant is with_django and connections > 1:
                    continue  # its asynchronous methods run in one thread, which has one connection
                turns = [asyncio.run(contestant(connections, in_flight, seconds, statement)) for _ in range(rounds)]
                requests = statistics.median(turn[0] for turn in turns)
                used = statistics.median(turn[1] for turn in turns)
                print(f"{name}\t{connections}\t{in_flight}\t{requests:.0f}\t{used:.1f}", flush=True)


main()
