"""Django, set up for the database of the PG* environment.

Import this before any model. The session's time zone is one with summer time, so that
conversions that are off by an hour are seen.
"""

import os

import django
from django.conf import settings

TIME_ZONE = "America/New_York"

if not settings.configured:
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.postgres", "press"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": os.environ["PGHOST"],
                "PORT": os.environ["PGPORT"],
                "USER": os.environ["PGUSER"],
                "NAME": os.environ["PGDATABASE"],
                "TIME_ZONE": TIME_ZONE,
            }
        },
        TIME_ZONE=TIME_ZONE,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
