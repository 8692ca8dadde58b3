"""A role with few rights gets what it may see, or 42501, and hears of nothing else."""

import json

from rows import difference
from session import Fault, Refused

from . import Oracle, expect


def secret(text, asked):
    """Whether an answer tells what the role may not read; a name that it asked with is known to it."""
    return "hush" in text and "hush" not in asked


class Seen(Oracle):
    """In the guarded schema as fuzz_reader = in the plain one, which has only what fuzz_reader may see."""

    kind = "rights"
    weight = 30

    def make(self, g):
        models = g.models
        g.models = {name: model for name, model in models.items() if name.startswith("plain.")}
        document = g.document()
        g.models = models
        text = json.dumps(document).replace("plain.", "")
        return {"document": json.loads(text), "unordered": g.unordered}

    def check(self, session, case):
        document = case["document"]
        session.do("SET search_path = plain, public")
        try:
            wanted = session.fetch(document)
        finally:
            session.do("RESET search_path")
        session.do("SET search_path = guarded, public; SET ROLE fuzz_reader")
        try:
            rows = session.fetch(document)
            count = session.count(document)
        except Refused as refused:
            expect("an error tells a secret", secret(refused.text, json.dumps(document)) and refused.text)
            expect("fuzz_reader is refused", refused.state != "42501" and refused)
            return
        finally:
            if not session.connection.closed:
                session.do("RESET ROLE; RESET search_path")
        expect("a row tells a secret", any(secret(row, "") for row in rows) and "hush")
        expect("fuzz_reader sees other rows", not case["unordered"] and difference(rows, wanted))


class Told(Oracle):
    """Whatever fuzz_reader asks of the guarded schema, no answer and no error has what it may not read."""

    kind = "rights"
    weight = 20
    writes = True

    def make(self, g):
        models = g.models
        g.models = {name: model for name, model in models.items() if name.startswith("guarded.")}
        g.wild = 0.1
        kind = g.integer(0, 3)
        if kind < 2:
            calls = [(f"SELECT (bolt.{name}(%s::json))::text", [g.document()]) for name in ("fetch", "count", "page", "sql", "explain", "check", "first", "get", "delete", "in_bulk")]
            calls = [g.choice(calls)]
        elif kind == 2:
            model = g.any_model()
            calls = [("SELECT (bolt.create(%s, %s::json))::text", [model.name, g.row(model)])]
        else:
            calls = [("SELECT (bolt.run(%s::json))::text", [g.operations()])]
        g.models = models
        return {"calls": calls}

    def check(self, session, case):
        session.do("SET LOCAL search_path = guarded, public; SET LOCAL ROLE fuzz_reader")
        for sql, arguments in case["calls"]:
            asked = json.dumps(arguments)
            # A new row's own values come back, and a name that was asked with; values that it may not see say "hush" and a number.
            try:
                text = json.dumps(session.call(sql, *arguments))
            except Refused as refused:
                text = refused.text
            expect("an answer tells a secret", secret(text, asked) and text[:500])


class Forbidden(Oracle):
    """Of public's tables fuzz_reader may read some: the same rows as a superuser, or 42501."""

    kind = "rights"
    weight = 15

    def make(self, g):
        model = g.any_model(lambda m: m.name.startswith("press_") or m.name in ("zoo", "place", "ev", "shop", "town"))
        document = g.document(model)
        return {"document": document, "unordered": g.unordered}

    def check(self, session, case):
        document = case["document"]
        wanted = session.fetch(document)
        session.do("SET ROLE fuzz_reader")
        try:
            rows = session.fetch(document)
            session.count(document)
            session.call("SELECT bolt.page(%s::json, 1, 2, 'estimated')::text", document)
        except Refused as refused:
            # a level to which no row leads is looked at by its rights only
            below = "prefetch_related" in document and refused.state[:3] in ("428", "42P")
            expect("fuzz_reader is refused", refused.state not in ("42501", "0A000") and not below and not refused.of_data and refused)
            for sql in ("SELECT bolt.sql(%s::json)", "SELECT bolt.explain(%s::json)", "SELECT bolt.check(%s::json)", "SELECT bolt.page(%s::json, 1000, 1, 'estimated')"):
                try:
                    session.call(sql, document)
                except Refused:
                    continue
                expect("planned without permission", refused.state == "42501" and "count" not in str(refused) and f"{sql} works, fetch says {refused}")
            return
        finally:
            if not session.connection.closed:
                session.do("RESET ROLE")
        expect("fuzz_reader sees other rows", not case["unordered"] and difference(rows, wanted))
