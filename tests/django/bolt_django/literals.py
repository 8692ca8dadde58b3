"""Python values as JSON literals of a document."""

import datetime
import decimal
import enum
import math
import uuid

from django.db import models
from django.utils.duration import duration_iso_string
from django.utils.functional import Promise

from .untranslatable import Untranslatable


def key_of(instance, field=None):
    """What a condition on a relation compares an object by."""
    target = getattr(field, "target_field", None) if field is not None and not field.auto_created else None
    if target is not None and isinstance(instance, target.model):
        return literal(getattr(instance, target.attname))
    return literal(instance.pk)


def literal(value, field=None):
    """A JSON value; numbers that JSON would round are strings, which the server reads."""
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (decimal.Decimal, uuid.UUID, Promise)):
        return str(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return duration_iso_string(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, models.Model):
        return key_of(value, field)
    if isinstance(value, dict):
        return {str(key): literal(member) for key, member in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [literal(member, field) for member in value]
    raise Untranslatable(f"a value of type {type(value).__name__}: {value!r}")
