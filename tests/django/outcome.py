"""One expression, answered by Django and by bolt_orm: are the answers the same?"""

import dataclasses
import json

from django.core import exceptions
from django.core.paginator import Paginator
from django.db import Error, NotSupportedError, connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

import bolt
import serialize
from bolt_django import NeedsChain, Request, observing, recording_only
from canonical import text
from shape import Shape, is_ambiguous, is_totally_ordered, rows_differ_by_annotations, shape_of

# The SQLSTATEs, or their class, that stand for an exception of Django's (contract section 8).
SQLSTATES = [
    (exceptions.FieldError, ("42703", "42702", "0A000")),
    (exceptions.FieldDoesNotExist, ("42703",)),
    (exceptions.ObjectDoesNotExist, ("P0002",)),
    (exceptions.MultipleObjectsReturned, ("P0003",)),
    (exceptions.ValidationError, ("22",)),
    (NotSupportedError, ("0A000",)),
    (NotImplementedError, ("0A000",)),
    (AttributeError, ("42703",)),
    (IndexError, ("P0002",)),
    (TypeError, ("0A000", "22")),
    (ValueError, ("22", "0A000", "42703")),
]


@dataclasses.dataclass(frozen=True)
class Page:
    """Stands for a Paginator, which is no method of a queryset's."""

    queryset: QuerySet
    number: int
    size: int


@dataclasses.dataclass
class Outcome:
    """What both said of an expression.

    verdict: "same", "different", "needs chain", "ambiguous", where Django's own answer
    is one of several, or "too large"; the other fields are for a report.
    """

    verdict: str
    document: dict | None = None
    statement: bolt.Statement | None = None
    django: str = ""
    bolt: str = ""


def compare(build, form="plain", function="fetch_json", sqlstate=None, instead=None, refused=None, most=None):
    """Evaluates build() once, asks both, and compares.

    sqlstate: the error that bolt_orm is to give, where Django's exception leaves a choice.
    instead: an expression for which Django gives what bolt_orm is to give for build().
    refused: the error that bolt_orm is to give, although Django has an answer.
    most: answers of more characters are not compared.
    """
    try:
        request = _request_of(build, function)
        statement = bolt.statement_for(request, form)
    except NeedsChain:
        if form == "chain":
            raise
        return Outcome("needs chain")
    try:
        answer = bolt.run(statement, most)
    except bolt.TooLarge:
        return Outcome("too large", statement.document, statement)
    if refused is not None:
        same = isinstance(answer, bolt.Failure) and answer.sqlstate == refused
        return _outcome(same, statement, "(an answer that is not wanted)", str(answer))
    expected, shape, ambiguous = _django(instead or build, function)
    if isinstance(expected, Exception) or isinstance(answer, bolt.Failure):
        same = isinstance(answer, bolt.Failure) and _means(answer.sqlstate, expected, sqlstate)
        return _outcome(same, statement, f"{type(expected).__name__}: {expected}", str(answer))
    if ambiguous:
        return Outcome("ambiguous", statement.document, statement)
    answer = _normalised(answer, request.method, shape)
    expected = text(expected)
    return _outcome(expected == text(answer), statement, expected, text(answer))


def _outcome(same, statement, django, bolt_):
    return Outcome("same" if same else "different", statement.document, statement, django, bolt_)


def _request_of(build, function):
    """What an expression asks for, found without Django's refusing it."""
    with recording_only(), observing() as requests:
        value = build()
    if requests:
        return requests[-1]
    if isinstance(value, Page):
        return Request("page", value.queryset, (value.number, value.size))
    return Request(function, value)


def _django(build, function):
    """Django's answer in JSON's form, or its exception; the queryset's shape; whether another would do."""
    try:
        with observing() as requests:
            value = build()
        if isinstance(value, QuerySet):
            list(value)
        found = Paginator(value.queryset, value.size).page(value.number) if isinstance(value, Page) else None
    except Exception as error:
        if isinstance(error, Error) and not connection.is_usable():
            connection.close()
        return error, Shape(), False
    if isinstance(value, Page):
        shape = shape_of(value.queryset)
        return _page(found, value.queryset.model, shape), shape, not shape.ordered
    request = requests[-1] if requests else Request(function, value)
    shape = shape_of(request.queryset)
    return _answer(request, value, shape), shape, _is_ambiguous(request)


def _is_ambiguous(request):
    queryset = request.queryset
    if request.method in ("count", "exists", "aggregate") or queryset.query.is_empty():
        return False
    if request.method in ("first", "last") and queryset.ordered and not is_totally_ordered(queryset):
        return True
    if request.method == "in_bulk" and rows_differ_by_annotations(queryset.query):
        return True
    if request.method in ("earliest", "latest"):
        return not is_totally_ordered(queryset.order_by(*request.args or ["?"]))
    return is_ambiguous(queryset)


def _answer(request, value, shape):
    model = request.queryset.model
    if request.method in ("fetch", "fetch_json"):
        return serialize.rows(value, shape, model)
    if request.method == "in_bulk":
        found = {text(serialize.scalar(key)).strip('"'): serialize.row(v, shape, model) for key, v in value.items()}
        return dict(sorted(found.items()))
    if request.method == "item":
        return [serialize.row(value, shape, model)]
    return serialize.row(value, shape, None if request.method == "aggregate" else model)


def _page(found, model, shape):
    return serialize.scalar(
        {
            "items": serialize.rows(found.object_list, shape, model),
            "total": found.paginator.count,
            "page": found.number,
            "pages": found.paginator.num_pages,
            "page_size": found.paginator.per_page,
            "has_next": found.has_next(),
            "has_previous": found.has_previous(),
        }
    )


def _normalised(answer, method, shape):
    if method in ("fetch", "fetch_json"):
        return serialize.sort_unordered(answer, shape)
    if method == "in_bulk":
        return {key: serialize.sort_members(answer[key], shape) for key in sorted(answer)}
    if method == "page":
        return answer | {"items": serialize.sort_unordered(answer["items"], shape)}
    if method == "item":
        return [serialize.sort_members(member, shape) for member in answer]
    return serialize.sort_members(answer, shape)


def _means(sqlstate, error, wanted):
    """Whether an SQLSTATE is the one for an exception."""
    if not isinstance(error, Exception):
        return False
    if wanted is not None:
        return sqlstate == wanted
    if isinstance(error, Error) and error.__cause__ is not None:
        return sqlstate == getattr(error.__cause__, "sqlstate", None)
    return any(isinstance(error, kind) and sqlstate.startswith(states) for kind, states in SQLSTATES)


def report(outcome, build):
    """All that is needed to see where a difference comes from."""
    with CaptureQueriesContext(connection) as queries:
        _django(build, "fetch_json")
    lines = [f"document: {json.dumps(outcome.document, ensure_ascii=False)}"]
    lines.append(f"call:     {outcome.statement.sql} {outcome.statement.arguments[1:] or ''}")
    lines += [f"Django:   {query['sql']}" for query in queries.captured_queries[:6]]
    lines += [f"bolt:     {sql}" for sql in bolt.statements_of(outcome.document)]
    lines += _shortened("Django → ", outcome.django, "bolt   → ", outcome.bolt)
    return "\n".join(lines)


def _shortened(first_label, first, second_label, second, most=240):
    """Both texts around the place where they begin to differ."""
    start = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    start = max(start - most // 3, 0)
    lead = "…" if start else ""
    return [
        first_label + lead + first[start : start + most] + ("…" if len(first) > start + most else ""),
        second_label + lead + second[start : start + most] + ("…" if len(second) > start + most else ""),
    ]
