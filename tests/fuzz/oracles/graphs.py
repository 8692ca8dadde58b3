"""Related objects in a graph are those that a fetch of their own gives."""

import json

from rows import difference, member, parse
from session import Refused

from . import KEYED, Oracle, expect


class Prefetched(Oracle):
    """A prefetched list = a fetch by the parent's key."""

    kind = "graph"
    weight = 30

    def make(self, g):
        model = g.any_model(lambda m: m.key and any(g.models[r.target].key for r in m.relations))
        relation = g.choice([r for r in model.relations if g.models[r.target].key])
        target = g.models[relation.target]
        queryset = g.document(target, depth=g.choice([0, 0, 1]), nested=True)
        if g.windowed:
            return None
        for key in ("model", "only", "defer"):
            queryset.pop(key, None)
        case = {"model": model.name, "key": model.key, "target": target.name, "relation": relation.name, "many": relation.many, "queryset": queryset}
        if relation.kind == "many-to-many":
            back = [b for b in target.relations if b.kind == "many-to-many" and b.through == relation.through and b.target == model.name]
            back = [b for b in back if target.name != model.name or b.name != relation.name]
            if not back or len(model.key) != 1 or back[0].name in json.dumps(queryset):
                return None
            case["by"] = {back[0].name + "__pk": model.key[0]}
        else:
            case["by"] = dict(zip(relation.target_columns, relation.columns))
            case["columns"] = relation.columns
        return case

    def check(self, session, case):
        queryset = case["queryset"]
        document = {"model": case["model"], "order_by": case["key"], "prefetch_related": [{"lookup": case["relation"], "queryset": queryset, "to_attr": "zz"}]}
        alone = session.fetch({"model": case["target"], **queryset})
        try:
            rows = session.fetch(document)
        except Refused as refused:
            expect("the prefetch is refused, its queryset is not", alone and refused)
            return
        if not case["many"] and ("limit" in queryset or "offset" in queryset):
            return
        filters = queryset.get("filter", [])
        filters = filters if isinstance(filters, list) else [filters]
        for row in rows[:: max(1, len(rows) // 4)]:
            parent = json.loads(row, parse_float=str)
            if any(parent[column] is None for column in case.get("columns", [])):
                wanted = []
            else:
                key = {there: {"Value": parent[here]} for there, here in case["by"].items()}
                try:
                    wanted = session.fetch({"model": case["target"], **queryset, "filter": filters + [key]})
                except Refused as refused:
                    # as 22003: the key of the parent does not fit the narrower column that refers to it
                    expect("a fetch of its own is refused", not refused.of_data and refused)
                    continue
            got = member(row, "zz")
            if not case["many"]:
                wanted = wanted[:1]
            expect("prefetch", (wrong := difference(got, wanted)) and f"of {row[:200]}: {wrong}")


class Selected(Oracle):
    """select_related = prefetch_related of a to-one relation = a filter by its key."""

    kind = "graph"
    weight = 8

    def make(self, g):
        fits = lambda m: m.key and [r for r in m.relations if not r.many and g.models[r.target].key]
        model = g.any_model(fits)
        relation = g.choice(fits(model))
        return {"model": model.name, "key": model.key, "relation": relation.name, "filter": g.q(model, (), 1)}

    def check(self, session, case):
        document = {"model": case["model"], "order_by": case["key"], "filter": case["filter"]}
        selected = session.fetch({**document, "select_related": [case["relation"]]})
        prefetched = session.after("prefetch_related", session.fetch, {**document, "prefetch_related": [case["relation"]]})
        expect("select_related and prefetch_related", difference(selected, prefetched))


class Counts(Oracle):
    """Count of a relation = the length of its prefetched list; isnull = whether it is empty."""

    kind = "graph"
    weight = 8

    def make(self, g):
        fits = lambda m: m.key and [r for r in m.relations if r.many and g.models[r.target].key]
        model = g.any_model(fits)
        relation = g.choice(fits(model))
        target = g.models[relation.target]
        counted = relation.name if len(target.key) == 1 else f"{relation.name}__{target.key[0]}"
        return {"model": model.name, "key": model.key, "relation": relation.name, "counted": counted}

    def check(self, session, case):
        relation = case["relation"]
        document = {
            "model": case["model"], "order_by": case["key"],
            "annotate": {"nn": {"Count": case["counted"]}}, "prefetch_related": [{"lookup": relation, "to_attr": "zz"}],
        }  # fmt: skip
        rows = [json.loads(row) for row in session.fetch(document)]
        for row in rows:
            expect("Count of a relation", row["nn"] != len(row["zz"]) and f"{row['nn']}, but {len(row['zz'])} in {str(row)[:200]}")
        there = session.fetch({"model": case["model"], "filter": {relation + "__isnull": False}, "distinct": True, "values_list": case["key"], "order_by": case["key"]})
        wanted = sum(1 for row in rows if row["zz"])
        expect("isnull of a relation", len(there) != wanted and f"{len(there)}, but {wanted}")


class Recursed(Oracle):
    """A tree to a depth = the same prefetch written out."""

    kind = "graph"
    weight = 4

    def make(self, g):
        fits = lambda m: m.key and [r for r in m.relations if r.target == m.name and r.kind != "many-to-many"]
        model = g.any_model(fits)
        relation = g.choice(fits(model))
        return {"model": model.name, "key": model.key, "relation": relation.name, "depth": g.integer(1, 3), "filter": g.q(model, (), 1, False)}

    def check(self, session, case):
        relation, order = case["relation"], case["key"]
        inner = {"order_by": order}
        document = {"model": case["model"], "order_by": order}
        tree = session.fetch({**document, "prefetch_related": [{"lookup": relation, "recurse": True, "depth": case["depth"], "queryset": inner}]})
        written = {}
        for _ in range(case["depth"]):
            written = {"prefetch_related": [{"lookup": relation, "queryset": {**inner, **written}}]}
        wanted = session.after("the tree written out", session.fetch, {**document, **written})
        cut = lambda row: json.dumps(pruned(json.loads(row, parse_float=str), relation, case["depth"]), sort_keys=True)
        expect("recurse", [cut(row) for row in tree] != [cut(row) for row in wanted] and "the trees differ")


def pruned(node, relation, depth):
    """Leaves out what stands below the last level: an empty list there, or nothing."""
    if not isinstance(node, dict):
        return node
    below = node.get(relation)
    rest = {key: value for key, value in node.items() if key != relation}
    if depth > 0 and isinstance(below, list):
        rest[relation] = [pruned(child, relation, depth - 1) for child in below]
    elif depth > 0:
        rest[relation] = pruned(below, relation, depth - 1)
    return rest
