"""Runs what Django was asked on bolt_orm."""

import dataclasses
import json

from django.db import Error, connection

from bolt_django import Untranslatable
from bolt_django.conditions import condition, q_of
from bolt_django.document import Context, to_document
from bolt_django.expressions import expression
from bolt_django.literals import literal
from bolt_django.paths import bolt_path
from canonical import parse


@dataclasses.dataclass(frozen=True)
class Failure:
    """An error of the server's."""

    sqlstate: str
    message: str

    def __str__(self):
        return f"{self.sqlstate} {self.message}"


class TooLarge(Exception):
    """An answer of more text than was wanted."""


@dataclasses.dataclass(frozen=True)
class Statement:
    sql: str
    arguments: list
    document: dict


def statement_for(request, form="plain"):
    """The call of a bolt function that a Request means; raises Untranslatable."""
    queryset = request.queryset
    document = to_document(queryset, form)
    context = Context(queryset.model, form)
    build = FUNCTIONS.get(request.method)
    if build is None:
        raise Untranslatable(request.method)
    function, *arguments = build(request, context)
    places = ", ".join(["%s", *(place for place, _ in arguments)])
    if function == "fetch":
        sql = f"SELECT o::text FROM bolt.fetch({places}) AS o"
    else:
        sql = f"SELECT (bolt.{function}({places}))::text"
    return Statement(sql, [json.dumps(document), *(value for _, value in arguments)], document)


def run(statement, most=None):
    """The parsed result, or a Failure; raises TooLarge for one of more than so many characters."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.arguments)
            texts = [text for (text,) in cursor]
    except Error as error:
        return failure_of(error)
    if most is not None and sum(len(text or "") for text in texts) > most:
        raise TooLarge
    answers = [parse(text) if text not in ("true", "false") else text == "true" for text in texts]
    return answers if "bolt.fetch(" in statement.sql else answers[0]


def failure_of(error):
    """What the server said; without a connection there is no SQLSTATE, and a new one is made."""
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    if sqlstate is None or not connection.is_usable():
        connection.close()
        return Failure(sqlstate or "08006", f"{error} (connection lost)")
    diagnostic = error.__cause__.diag
    parts = [diagnostic.message_primary, diagnostic.message_detail, diagnostic.message_hint]
    return Failure(sqlstate, " / ".join(part for part in parts if part))


def statements_of(document):
    """The SQL that a fetch of a document runs."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM bolt.sql(%s)", [json.dumps(document)])
            return [sql for (sql,) in cursor]
    except Error as error:
        return [f"bolt.sql: {failure_of(error)}"]


# ---- one function a method: the function's name, then places and values ----


def _json(value):
    return ("%s::json", json.dumps(value))


def _plain(function):
    return lambda request, context: (function,)


def _get(request, context):
    if not request.args and not request.kwargs:
        return ("get",)
    return ("get", _json(condition(q_of(request.args, request.kwargs), context)))


def _by_fields(function):
    def build(request, context):
        fields = request.args
        if not fields:
            latest = request.queryset.model._meta.get_latest_by or ()
            fields = (latest,) if isinstance(latest, str) else latest
        if not fields:
            return (function,)
        paths = ["-" * path.startswith("-") + bolt_path(context.model, path.lstrip("-")) for path in fields]
        return (function, ("VARIADIC %s::text[]", paths))

    return build


def _contains(request, context):
    (instance,) = request.args
    return ("contains", _json(literal(instance)))


def _in_bulk(request, context):
    def arguments(id_list=None, *, field_name="pk"):
        return id_list, field_name

    ids, field_name = arguments(*request.args, **request.kwargs)
    field_name = bolt_path(context.model, field_name)
    return ("in_bulk", ("%s::json", None if ids is None else json.dumps(literal(ids))), ("%s::text", field_name))


def _aggregate(request, context):
    named = {node.default_alias: node for node in request.args} | request.kwargs
    return ("aggregate", _json({name: expression(node, context) for name, node in named.items()}))


def _page(request, context):
    return ("page", ("%s::bigint", request.args[0]), ("%s::bigint", request.args[1]))


FUNCTIONS = {
    "fetch": _plain("fetch"),
    "fetch_json": _plain("fetch_json"),
    "item": _plain("fetch_json"),
    "get": _get,
    "first": _plain("first"),
    "last": _plain("last"),
    "earliest": _by_fields("earliest"),
    "latest": _by_fields("latest"),
    "count": _plain("count"),
    "exists": _plain("exists"),
    "contains": _contains,
    "in_bulk": _in_bulk,
    "aggregate": _aggregate,
    "page": _page,
}
