"""One form for what Django's objects hold and what JSON says.

Numbers are Decimals, moments the text that to_json prints; two results are the same if their
texts are.
"""

import datetime
import decimal
import enum
import json
import math
import uuid

Decimal = decimal.Decimal


def parse(text):
    """JSON, with numbers as they are written and members in their order."""
    return None if text is None else json.loads(text, parse_float=Decimal, parse_int=Decimal)


def scalar(value):
    """A Python value of Django's as parse() gives it for the JSON of that column."""
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return Decimal(repr(value))
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Decimal):
        return value if value.is_finite() else "NaN"
    if isinstance(value, datetime.datetime):
        return _moment(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S") + _fraction(value)
    if isinstance(value, datetime.timedelta):
        return _interval(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dict):
        return {key: scalar(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [scalar(member) for member in value]
    raise TypeError(f"no JSON for {value!r}")


def text(value):
    """Equal texts, equal values; also an order for rows that have none."""
    if isinstance(value, Decimal):
        return "0" if value == 0 else format(value.normalize(), "f")
    if isinstance(value, dict):
        return "{%s}" % ", ".join(f"{json.dumps(key)}: {text(member)}" for key, member in value.items())
    if isinstance(value, list):
        return "[%s]" % ", ".join(text(member) for member in value)
    return json.dumps(value, ensure_ascii=False)


def _fraction(value):
    return f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""


def _moment(value):
    zone = value.strftime("%z")
    return value.strftime("%Y-%m-%dT%H:%M:%S") + _fraction(value) + (f"{zone[:3]}:{zone[3:5]}" if zone else "")


def _interval(value):
    seconds = value.seconds
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" + (
        f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    )
    if not value.days:
        return clock
    days = f"{value.days} day" + ("" if value.days == 1 else "s")
    return days if clock == "00:00:00" else f"{days} {clock}"
