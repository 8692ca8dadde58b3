"""Conditions: what stands in filter, exclude, NOT, when."""

import json

from literals import ODD

LOOKUPS = {
    "text": "exact iexact contains icontains startswith istartswith endswith iendswith regex iregex gt gte lt lte in range isnull "
    "search length lower upper trim length__gt lower__contains unaccent trigram_similar length__in upper__in lower__isnull",
    "number": "exact gt gte lt lte in range isnull abs contains abs__gt iexact abs__in startswith",
    "date": "exact gt gte lt lte in range isnull year month day week week_day iso_week_day quarter iso_year year__gte year__in "
    "month__lt year__range iso_year__lte contains",
    "timestamp": "exact gt gte lt lte in range isnull year month day week week_day iso_week_day quarter iso_year hour minute second "
    "date time date__gt year__lte hour__in time__lt date__in date__year iso_year__gt year__isnull",
    "time": "exact gt lt in range isnull hour minute second hour__gte",
    "boolean": "exact in isnull gt icontains",
    "json": "exact isnull contains contained_by has_key has_keys has_any_keys a b__c a__gt a__isnull b__0 kind a__icontains in a__in "
    "b__c__iexact 0 1__a a__b__c__d",
    "array": "exact contains contained_by overlap len len__gte 0 0_1 isnull in 1__gt 0_2__len 0_1__contains",
    "range": "exact contains contained_by overlap fully_lt fully_gt not_lt not_gt adjacent_to startswith endswith isempty isnull "
    "startswith__gt endswith__isnull",
    "hstore": "exact a contains has_key has_keys has_any_keys isnull contained_by a__icontains a__in",
    "other": "exact in isnull gt lt contains icontains range iexact startswith",
}
LOOKUPS = {family: lookups.split() for family, lookups in LOOKUPS.items()}
PARTS = "length len year month day week week_day iso_week_day quarter iso_year hour minute second".split()


class Conditions:
    def path(self, model, length=2, many=True):
        """A path of relations: its names, and the model at its end."""
        names = []
        while length > 0 and model.relations and self.chance(0.4):
            relation = self.choice(model.relations)
            if relation.many and not many:
                break
            names.append(relation.name)
            model = self.models[relation.target]
            length -= 1
        return names, model

    def condition(self, model, annotations=(), many=True):
        """One member of a Q."""
        if annotations and self.chance(0.3):
            lookup, value = self.choice(
                [("", self.choice([0, 1, 2, "a", None])), ("__gt", 0), ("__lte", 1), ("__isnull", True), ("__isnull", False), ("__in", [0, 1, 2]), ("__exact", 1)]
            )
            return {self.choice(annotations) + lookup: value}
        names, model_here = self.path(model, 2, many)
        path = "__".join(names)
        self.paths.append(path)
        prefix = path + "__" if path else ""
        relations = [r for r in model_here.relations if many or not r.many]
        if path and self.chance(0.07):
            return {prefix + "isnull": self.chance(0.5)}
        if model_here.key and self.chance(0.06):
            if self.chance(0.5):
                return {prefix + "pk": self.key_of(model_here)}
            return {prefix + "pk__in": [self.key_of(model_here) for _ in range(self.integer(0, 3))]}
        if relations and self.chance(0.06):
            relation = self.choice(relations)
            target = self.models[relation.target]
            if target.key:
                if self.chance(0.5):
                    return {prefix + relation.name: self.key_of(target)}
                return {prefix + relation.name + "__in": [self.key_of(target) for _ in range(self.integer(0, 3))]}
        return self.comparison(model, model_here, prefix)

    def comparison(self, model, model_here, prefix):
        column = self.choice(list(model_here.columns.values()))
        base = prefix + column.name
        if self.chance(self.wild):
            return {base + self.choice(["__", "__nope", "__exact__exact", "__in", "__F", "__pk", "__isnull__in", ""]): self.choice(ODD)}
        if self.chance(0.06):
            alike = [c.name for c in model.of_family(column.family)] or list(model.columns)
            other = {"F": self.choice(alike)} if self.chance(0.8) else self.expression(model, 2)
            lookup = self.choice(["", "__gt", "__lte", "__in", "__range"])
            return {base + lookup: [other, other] if lookup in ("__in", "__range") else other}
        lookup = self.choice(LOOKUPS[column.family])
        value = None if lookup == "exact" and self.chance(0.08) else self.operand(column, lookup)
        return {base + ("" if lookup == "exact" and self.chance(0.6) else "__" + lookup): value}

    def operand(self, column, lookup):
        """A value for the lookup of a column, mostly one that means something."""
        first, _, rest = lookup.partition("__")
        last = lookup.split("__")[-1]
        if last in ("isnull", "isempty"):
            return self.chance(0.5)
        if last == "in":
            values = [self.literal(column) if lookup == "in" else self.choice([0, 1, 12, 2023, 2024, "1", "2024-01-01"]) for _ in range(self.integer(0, 3))]
            return values + [None] if self.chance(0.2) else values
        if last == "range":
            values = [self.literal(column), self.literal(column)] if lookup == "range" else [2023, 2024]
            return sorted(values, key=str) if self.chance(0.6) else values
        if first in PARTS:
            return self.choice([0, 1, 2, 3, 4, 12, 31, 2023, 2024])
        if first == "date":
            return 2024 if rest == "year" else self.choice(["2024-01-01", "2023-12-31"])
        if first == "time":
            return "10:00"
        if last == "has_key":
            return self.choice(["a", "b", "zz"])
        if last in ("has_keys", "has_any_keys"):
            return [self.choice(["a", "b", "c"]) for _ in range(self.integer(0, 2))]
        if last in ("regex", "iregex"):
            return self.choice(["^a", "b$", "[0-9]+", ".", "(", "e|r", "\\"] if self.chance(0.3) else ["^a", "b$", "."])
        if column.family in ("text", "number", "other", "date", "boolean") and last in (
            "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith",
        ):  # fmt: skip
            return self.piece(column)
        if column.family == "range" and first in ("startswith", "endswith"):
            return self.element(column)
        if column.family == "array" and first not in ("exact", "contains", "contained_by", "overlap", "0_1", "0_2"):
            return self.element(column)
        if column.family == "json" and lookup in ("contains", "contained_by"):
            return self.choice([{"a": 1}, {}, [1], {"a": None}, "text", {"b": {"c": "x"}}])
        if column.family == "json" and lookup not in ("exact", "in"):
            return self.choice([1, "x", "long", None, [1, 2], True, "a", 0])
        if column.family == "hstore":
            return self.choice(["1", "2", None]) if first == "a" else self.choice([{"a": "1"}, {}, "a=>1"])
        return self.literal(column)

    def q(self, model, annotations=(), depth=2, many=True):
        """A Q: conditions, and Qs of Qs."""
        out = {}
        for _ in range(self.choice([1, 1, 1, 2, 2, 3])):
            inner = lambda least, most: [self.q(model, annotations, depth - 1, many) for _ in range(self.integer(least, most))]
            kind = self.random.random() if depth > 0 else 1
            if kind < 0.12:
                out["OR"] = inner(1, 3)
            elif kind < 0.2:
                out["NOT"] = self.q(model, annotations, depth - 1, many)
            elif kind < 0.25:
                out["AND"] = inner(0, 2)
            elif kind < 0.29:
                out["XOR"] = inner(1, 2)
            elif kind < 0.34 and self.simple_relations(model):
                out["Exists"] = self.related(model)
            else:
                out.update(self.condition(model, annotations, many))
        return out

    def mixes_many(self, model, q):
        """
        Whether several conditions go through relations to many, joined by more than AND: then a negated one speaks of any related row, and
        the same one not negated of the row that the others speak of (docs/differences.md, negation-same-row and exclude-several).
        """
        several = list(self.to_many(model, q))
        connected = any(key in q for key in ("AND", "OR", "XOR", "NOT")) or self.meet(model, several)
        return connected and len(several) > 1 or len(several) > 0 and '"XOR"' in json.dumps(q)

    def meet(self, model, paths):
        """Whether two paths of different relations join one table, for instance that of the links and that by which it is a relation itself."""
        joined = {}
        for path in paths:
            here, tables = model, set()
            for name in path.split("__"):
                relation = next((r for r in here.relations if r.name == name), None)
                if relation is None:
                    break
                tables |= {relation.through, relation.target} - {None}
                here = self.models[relation.target]
            joined.setdefault(path.partition("__")[0], set()).update(tables)
        return len(joined) > 1 and len(set().union(*joined.values())) < sum(map(len, joined.values()))

    def to_many(self, model, q):
        for key, value in q.items() if isinstance(q, dict) else ():  # a column may be called NOT
            if key in ("AND", "OR", "XOR"):
                for member in value if isinstance(value, list) else ():
                    yield from self.to_many(model, member)
            elif key == "NOT":
                yield from self.to_many(model, value)
            elif key != "Exists":
                here = model
                for name in key.split("__"):
                    relation = next((r for r in here.relations if r.name == name), None)
                    if relation is None:
                        break
                    if relation.many:
                        yield key
                        break
                    here = self.models[relation.target]

    def simple_relations(self, model):
        return [r for r in model.relations if r.kind != "many-to-many"]

    def related(self, model):
        """A document of the rows that are related to the outer one."""
        relation = self.choice(self.simple_relations(model))
        target = self.models[relation.target]
        document = {"model": target.name, "filter": {there: {"OuterRef": here} for here, there in zip(relation.columns, relation.target_columns)}}
        if self.chance(0.4):
            document["exclude"] = self.q(target, (), 1)
        return document
