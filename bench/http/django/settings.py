"""As Django-Bolt's guide to deployment has it: no debugging, no signals, psycopg's pool."""

import os

DEBUG = False
SECRET_KEY = 'of a benchmark'
ALLOWED_HOSTS = ['*']
ROOT_URLCONF = 'urls'
DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'
USE_TZ = True
TIME_ZONE = 'UTC'
INSTALLED_APPS = ['django_bolt', 'blog']
MIDDLEWARE = []

CONNECTIONS = int(os.environ.get('HTTP_CONNECTIONS', '4'))
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.postgresql',
        'NAME': os.environ['PGDATABASE'],
        'USER': os.environ.get('PGUSER', ''),
        'HOST': os.environ.get('PGHOST', ''),
        'PORT': os.environ.get('PGPORT', ''),
        'OPTIONS': {
            'pool': {'min_size': CONNECTIONS, 'max_size': CONNECTIONS},
            'options': os.environ.get('PGOPTIONS', ''),
        },
    }
}

LOGGING = {
    'version': 1,
    'disable_existing_loggers': False,
    'handlers': {'stderr': {'class': 'logging.StreamHandler'}},
    'root': {'handlers': ['stderr'], 'level': 'ERROR'},
    'loggers': {'django.server': {'level': 'ERROR'}},  # no line a request: the servers in C write none either
}
