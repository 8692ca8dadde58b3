"""All functions that read speak of the same rows."""

import json

from querysets import as_chain
from rows import difference, items, member, parse, plain, repeated
from session import Fault, Refused

from . import KEYED, Oracle, expect


class Document(Oracle):
    def make(self, g):
        document = g.document()
        return {"document": document, "unordered": g.unordered}


def distinct_values(document):
    """count() and exists() leave out the order, whose columns DISTINCT counts: as in Django."""
    return "distinct" in document and ("values" in document or "values_list" in document)


def many_in_order(document):
    """An order through a to-many relation multiplies rows, and count() leaves it out: as in Django."""
    return "__" in json.dumps(document.get("order_by", [])) or "when" in json.dumps(document.get("order_by", []))


class SameRows(Document):
    """fetch = fetch_json, and count, exists, first, last, aggregate(Count *) agree with it."""

    weight = 30

    def check(self, session, case):
        document = case["document"]
        try:
            rows = session.fetch(document)
        except Refused as refused:
            if refused.of_data:
                return
            try:
                session.one("SELECT bolt.fetch_json(%s::json)::text", document)
            except Refused as other:
                expect("fetch_json is refused otherwise", refused.state != other.state and f"{refused} | {other}")
                return
            raise Fault("fetch is refused, fetch_json is not", refused) from None
        whole = items(session.after("fetch_json", session.one, "SELECT bolt.fetch_json(%s::json)::text", document))
        expect("fetch and fetch_json", not case["unordered"] and difference(rows, whole))
        if distinct_values(document) or many_in_order(document):
            return
        count = session.after("count", session.count, document)
        expect("count", count != len(rows) and f"{count}, but {len(rows)} rows")
        exists = session.after("exists", session.one, "SELECT bolt.exists(%s::json)", document)
        expect("exists", exists != bool(rows) and f"{exists}, but {len(rows)} rows")


class Cached(Document):
    """A second run, from the cache, gives the same; so does a new shape's in between."""

    weight = 8

    def check(self, session, case):
        rows = session.fetch(case["document"])
        again = session.after("the second fetch", session.fetch, case["document"])
        expect("the second fetch", not case["unordered"] and difference(rows, again))
        session.do("DISCARD PLANS")
        again = session.after("fetch after DISCARD PLANS", session.fetch, case["document"])
        expect("fetch after DISCARD PLANS", not case["unordered"] and difference(rows, again))


class Looked(Document):
    """sql, explain and check work for whatever fetch works for."""

    weight = 6

    def check(self, session, case):
        document = case["document"]
        rows = session.fetch(document)
        for call in ("SELECT bolt.sql(%s::json)", "SELECT message FROM bolt.check(%s::json)", "SELECT bolt.explain(%s::json)::text"):
            try:
                session.call(call, document)
            except Refused as refused:
                # fetch plans no level to which no row leads
                expect(call + " is refused", "prefetch_related" not in document and not refused.of_data and refused)
                return
        tree = json.loads(session.after("explain(analyze)", session.one, "SELECT bolt.explain(%s::json, true)::text", document))
        expect("explain's rows", tree.get("rows", len(rows)) != len(rows) and not repeated(rows) and f"{tree['rows']}, but {len(rows)}")


class Total(Oracle):
    """A document with a total order and no slice, of a model with a key."""

    weight = 6

    def make(self, g):
        model = g.any_model(KEYED)
        document = g.document(model, depth=1)
        if g.unordered or not document.get("order_by"):
            return None
        # a window over rows that a relation to many has multiplied leaves open which of the equal ones is first
        if g.windowed and any(list(g.to_many(model, {path: None})) for path in g.paths):
            return None
        for key in ("limit", "offset", "none"):
            document.pop(key, None)
        return self.further(g, model, {"document": document, "key": model.key, "windowed": g.windowed})

    def further(self, g, model, case):
        return case


class Ends(Total):
    """first and last are the first and the last row."""

    def check(self, session, case):
        document = case["document"]
        rows = session.fetch(document)
        for name, wanted in (("first", rows[:1]), ("last", rows[-1:])):
            if name == "last" and repeated(rows):
                continue
            got = session.after(name, session.one, f"SELECT bolt.{name}(%s::json)::text", document)
            expect(name, difference([got] if got is not None else [], wanted))


class Reversed(Total):
    def check(self, session, case):
        document = case["document"]
        if isinstance(document.get("distinct"), list):
            return
        rows = session.fetch(document)
        back = session.after("reverse", session.fetch, {**document, "reverse": not document.get("reverse", False)})
        expect("reverse", not repeated(rows) and not many_in_order(document) and difference(rows[::-1], back))


class Counted(Total):
    """aggregate(Count *) = count."""

    def check(self, session, case):
        document = case["document"]
        if distinct_values(document) or many_in_order(document):
            return
        rows = session.fetch(document)
        try:
            got = json.loads(session.one("SELECT bolt.aggregate(%s::json, %s::json)::text", document, {"n": {"Count": "*"}}))
        except Refused as refused:
            expect("aggregate is refused", refused.state != "0A000" and refused)
            return
        expect("aggregate", got["n"] != len(rows) and not repeated(rows) and f"{got['n']}, but {len(rows)} rows")


class Chained(Total):
    """The keys in their order, as a chain."""

    weight = 8

    def further(self, g, model, case):
        case["chain"] = as_chain(case["document"])
        return case if case["chain"] else None

    def check(self, session, case):
        rows = session.fetch(case["document"])
        expect("chain", difference(rows, session.after("the chain", session.fetch, case["chain"])))


class Valued(Total):
    """values and values_list are the members of the rows."""

    def further(self, g, model, case):
        document = case["document"]
        for key in ("only", "defer", "prefetch_related", "select_related", "distinct", "values", "values_list", "flat", "dates", "datetimes"):
            document.pop(key, None)
        if any(key in document for key in ("union", "union_all", "intersection", "difference")) or "order_by" not in document:
            return None
        case["fields"] = g.sample(model.columns, 3)
        return case

    def check(self, session, case):
        document, fields = case["document"], case["fields"]
        rows = [parse(row) for row in session.fetch(document)]
        values = [parse(row) for row in session.after("values", session.fetch, {**document, "values": fields})]
        lists = [parse(row) for row in session.after("values_list", session.fetch, {**document, "values_list": fields})]
        wanted = [[row[name] for name in fields] for row in rows]
        expect("values", [[row[name] for name in fields] for row in values] != wanted and f"{values[:2]} and {rows[:2]}")
        expect("values_list", lists != wanted and f"{lists[:2]} and {rows[:2]}")
        every = [parse(row) for row in session.after("values of all", session.fetch, {**document, "values": []})]
        expect("values of all", every != rows and f"{every[:1]} and {rows[:1]}")


class InBulk(Total):
    def check(self, session, case):
        document = case["document"]
        if len(case["key"]) != 1 or any(key in document for key in ("values", "values_list", "distinct", "union", "union_all", "intersection", "difference", "dates", "datetimes")):
            return
        rows = session.fetch(document)
        got = session.after("in_bulk", session.one, "SELECT bolt.in_bulk(%s::json)::text", document)
        wanted = sorted({plain(row) for row in rows})
        expect("in_bulk", sorted({plain(row) for row in member_values(got)}) != wanted and f"{got[:300]} and {rows[:2]}")


def member_values(text):
    from rows import write

    return [write(value) for value in parse(text).values()]


class Contains(Oracle):
    """contains() = there is a row with that key."""

    weight = 4

    def make(self, g):
        model = g.any_model(KEYED)
        return {"document": {"model": model.name, "filter": g.q(model, (), 1), "order_by": model.key}, "pk": g.key_of(model)}

    def check(self, session, case):
        document = case["document"]
        got = session.one("SELECT bolt.contains(%s::json, %s::json)", document, json.dumps(case["pk"]))
        document = {**document, "filter": [document["filter"], {"pk": case["pk"]}]}
        rows = session.after("the filter by the key", session.fetch, document)
        expect("contains", got != bool(rows) and f"{got}, but {rows[:1]}")


class Got(Oracle):
    """get, earliest, latest."""

    weight = 4

    def make(self, g):
        model = g.any_model(KEYED)
        document = {"model": model.name, "filter": g.q(model, (), 1)}
        return {"document": document, "key": model.key}

    def check(self, session, case):
        document = case["document"]
        rows = session.fetch({**document, "order_by": case["key"]})
        try:
            got = session.one("SELECT bolt.get(%s::json)::text", document)
        except Refused as refused:
            expect("get", refused.state != ("P0003" if rows else "P0002") and f"{refused}, but {len(rows)} rows")
        else:
            expect("get", len(rows) != 1 and f"{got[:200]}, but {len(rows)} rows")
            expect("get", difference([got], rows))
        for name, wanted in (("earliest", rows[:1]), ("latest", rows[-1:])):
            if not rows or repeated(rows):
                break
            got = session.after(name, session.one, f"SELECT bolt.{name}(%s::json, VARIADIC %s::text[])::text", document, "{" + ",".join('"%s"' % k for k in case["key"]) + "}")
            expect(name, difference([got], wanted))
