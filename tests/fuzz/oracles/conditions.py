"""Conditions are sets: a filter and its exclude share out the rows, NOT NOT is nothing, OR is a union."""

import json

from session import Refused

from . import KEYED, Oracle, empty, expect


class Keys(Oracle):
    kind = "conditions"

    def keys(self, session, case, **more):
        return session.fetch({"model": case["model"], "values_list": case["key"], "order_by": case["key"], **more})


class Partition(Keys):
    weight = 25

    def make(self, g):
        model = g.any_model(KEYED)
        q = g.q(model)
        return None if g.mixes_many(model, q) else {"model": model.name, "key": model.key, "q": q}

    def check(self, session, case):
        q = case["q"]
        if empty(q):
            return
        every = self.keys(session, case)
        kept = set(self.keys(session, case, filter=q))
        dropped = set(session.after("exclude", lambda: self.keys(session, case, exclude=q)))
        expect("filter and exclude", kept & dropped and f"both have {sorted(kept & dropped)[:3]}")
        expect("filter and exclude", set(every) - kept - dropped and f"none has {sorted(set(every) - kept - dropped)[:3]}")
        for name, further, wanted in (
            ("NOT NOT", {"NOT": {"NOT": q}}, kept),
            ("NOT", {"NOT": q}, dropped),
            ("OR of itself", {"OR": [q, q]}, kept),
            ("AND of itself", {"AND": [q, q]}, kept),
        ):
            got = set(session.after(name, lambda: self.keys(session, case, filter=further)))
            expect(name, got != wanted and f"{sorted(got ^ wanted)[:3]} differ")
        once = session.after("distinct", lambda: self.keys(session, case, filter=q, distinct=True))
        expect("distinct", sorted(once) != sorted(kept) and f"{len(once)}, but {len(kept)}")


class Sets(Keys):
    """OR, AND, XOR, two filters, union, intersection and difference are those of the sets."""

    weight = 14

    def make(self, g):
        model = g.any_model(KEYED)
        many = g.chance(0.4)
        qs = [g.q(model, (), 1, many) for _ in range(2)]
        # AND and XOR of conditions through one relation to many speak of one related row
        apart = ["AND", "XOR"] if any(list(g.to_many(model, q)) for q in qs) else []
        return {"model": model.name, "key": model.key, "qs": qs, "apart": apart + ["exclude"] * g.mixes_many(model, qs[1])}

    def check(self, session, case):
        if len(case["qs"]) != 2 or any(map(empty, case["qs"])):
            return
        one, other = case["qs"]
        a, b = (self.keys(session, case, filter=q) for q in (one, other))
        together = len(a) + len(b)
        a, b = set(a), set(b)
        named = {"model": case["model"], "values_list": case["key"]}
        chain = {"model": case["model"], "chain": [{"filter": one}, {"filter": other}, {"values_list": case["key"]}]}
        wanted = {
            "OR": (dict(filter={"OR": [one, other]}), a | b),
            "AND": (dict(filter={"AND": [one, other]}), a & b),
            "XOR": (dict(filter={"XOR": [one, other]}), a ^ b),
            "two filters": (dict(filter=[one, other]), a & b),
            "exclude": (dict(filter=one, exclude=other), a - b),
            "union": (dict(filter=one, union=[{"filter": other, "values_list": case["key"]}]), a | b),
            "intersection": (dict(filter=one, intersection=[{"filter": other, "values_list": case["key"]}]), a & b),
            "difference": (dict(filter=one, difference=[{"filter": other, "values_list": case["key"]}]), a - b),
        }
        for name, (keys, rows) in wanted.items():
            if name in case.get("apart", []):
                continue
            got = set(session.after(name, lambda: self.keys(session, case, **keys)))
            expect(name, got != rows and f"{sorted(got ^ rows)[:3]} differ")
        got = set(session.after("the chain of filters", session.fetch, chain))
        expect("the chain of filters", got != a & b and f"{sorted(got ^ (a & b))[:3]} differ")
        every = session.after("union_all", session.fetch, {**named, "filter": one, "union_all": [{"filter": other, "values_list": case["key"]}]})
        expect("union_all", len(every) != together and f"{len(every)}, but {together}")


class Exists(Keys):
    """Exists as a condition, as an annotation, under NOT and in exclude."""

    weight = 6

    def make(self, g):
        model = g.any_model(lambda m: m.key and g.simple_relations(m))
        return {"model": model.name, "key": model.key, "document": g.related(model)}

    def check(self, session, case):
        condition = {"Exists": case["document"]}
        every = set(self.keys(session, case))
        kept = set(self.keys(session, case, filter=condition))
        rest = every - kept
        for name, keys, wanted in (
            ("NOT Exists", dict(filter={"NOT": condition}), rest),
            ("exclude of Exists", dict(exclude=condition), rest),
            ("an annotated Exists", dict(annotate={"there": condition}, filter={"there": True}), kept),
            ("a negated annotated Exists", dict(alias={"there": condition}, filter={"there": False}), rest),
        ):
            got = set(session.after(name, lambda: self.keys(session, case, **keys)))
            expect(name, got != wanted and f"{sorted(got ^ wanted)[:3]} differ")


class Ordered(Keys):
    """An order only orders; a value is null or not; a literal in a filter finds the row that it was taken from."""

    weight = 6

    def make(self, g):
        model = g.any_model(KEYED)
        # JSON does not have the lower bound of an array, so its value may find another array; NOT in a Q is a connector
        column = g.choice([c for c in model.columns.values() if c.family != "array" and c.name != "NOT"])
        # a relation of the column's name may lead to a column that is called isnull
        leads = any("isnull" in m.columns for m in [model] + [g.models[r.target] for r in model.relations])
        return {"model": model.name, "key": model.key, "column": column.name, "order": g.order(model), "leads": leads}

    def check(self, session, case):
        name = case["column"]
        rows = session.call("SELECT x::text FROM bolt.fetch(%s::json) x", {"model": case["model"], "values_list": case["key"], "order_by": case["key"]})
        try:
            got = session.fetch({"model": case["model"], "values_list": case["key"], "order_by": case["order"]})
        except Refused:
            got = None
        if got is not None and not any("__" in term for term in case["order"] if isinstance(term, str)) and not any(isinstance(term, dict) for term in case["order"]):
            expect("order_by", sorted(got) != sorted(rows) and f"{len(got)} rows and {len(rows)}")
        null, other = (session.count({"model": case["model"], "filter": {name + "__isnull": value}}) for value in (True, False))
        expect("isnull", not case.get("leads") and null + other != len(rows) and f"{null} and {other}, but {len(rows)} rows")
        values = session.fetch({"model": case["model"], "values_list": [name], "flat": True, "distinct": True, "order_by": [name]})
        total = 0
        for value in values:
            value = json.loads(value, parse_float=str)
            q = {name: None} if value is None else {name: {"Value": value}}
            total += session.count({"model": case["model"], "filter": q})
        expect("filters by each value of a column", total != len(rows) and f"{total} rows, but {len(rows)}")
