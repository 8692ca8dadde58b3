"""Queryset documents, from all keys that there are."""

COMBINATIONS = "union union_all intersection difference".split()


class Querysets:
    def prefetches(self, model, depth):
        out, taken = [], set()
        for _ in range(self.choice([1, 1, 2, 3])):
            if not model.relations:
                break
            relation = self.choice(model.relations)
            if relation.name in taken:
                continue
            taken.add(relation.name)
            target = self.models[relation.target]
            if self.chance(0.35):
                names = [relation.name]
                while target.relations and len(names) < 3 and self.chance(0.3):
                    further = self.choice(target.relations)
                    names.append(further.name)
                    target = self.models[further.target]
                out.append("__".join(names))
                continue
            member = {"lookup": relation.name}
            if self.chance(0.85):
                member["queryset"] = self.document(target, depth - 1, nested=True)
            if self.chance(0.3):
                member["to_attr"] = self.new_name("p")
            if relation.target == model.name and self.chance(0.4):
                member["recurse"] = True
                if self.chance(0.6):
                    member["depth"] = self.integer(1, 3)
            out.append(member)
        return out

    def to_one_paths(self, model):
        out = []
        for _ in range(self.integer(1, 2)):
            names, here = [], model
            while len(names) < 3:
                relations = [r for r in here.relations if not r.many]
                if not relations:
                    break
                relation = self.choice(relations)
                names.append(relation.name)
                here = self.models[relation.target]
                if self.chance(0.5):
                    break
            if names:
                out.append("__".join(names))
        return out

    def annotations(self, model, document, key, nested):
        made = {}
        known = list(document.get("annotate", {}))
        for _ in range(self.integer(1, 2)):
            kind = self.random.random()
            if kind < 0.5:
                made[self.new_name("a")] = self.expression(model, 2, known + list(made))
            elif kind < 0.9 or nested:
                made[self.new_name("a")] = self.aggregate(model)
            else:
                made[self.new_name("a")] = self.window(model)
        document[key] = made
        return list(made)

    def document(self, model=None, depth=2, nested=False):
        """A document; a nested one is the queryset of a prefetch."""
        model = model or self.any_model()
        document = {} if nested and self.chance(0.7) else {"model": model.name}
        known = []
        if self.chance(0.25 if nested else 0.3):
            known += self.annotations(model, document, "annotate", nested)
        if self.chance(0.08):
            known += self.annotations(model, document, "alias", nested)
        if self.chance(0.5):
            document["filter"] = self.q(model, known) if self.chance(0.8) else [self.q(model, (), 1), self.q(model, known, 1)]
        if self.chance(0.2):
            document["exclude"] = self.q(model, known, 1)
        document["order_by"] = self.order(model, known)
        if self.chance(0.15):
            document["reverse"] = True
        if self.chance(0.12):
            document["distinct"] = True
        if self.chance(0.25):
            document["limit"] = self.choice([0, 1, 2, 3, 10])
        if self.chance(0.12):
            document["offset"] = self.choice([0, 1, 2, 10])
        if not nested and self.chance(0.15):
            self.valued(model, document)
        else:
            self.loaded(model, document, depth)
        if not nested and self.chance(0.06):
            self.combined(model, document)
        if not nested and self.chance(0.03) and model.of_family("date", "timestamp"):
            column = self.choice(model.of_family("date", "timestamp")).name
            document = {"model": model.name, self.choice(["dates", "datetimes"]): [column, self.choice(["year", "month", "week", "day"])]}
        if self.chance(0.01):
            document["none"] = True
        if not nested and self.chance(0.05) and document.pop("order_by", None):
            self.unordered = True
        return document

    def valued(self, model, document):
        fields = [self.field(model, many=self.chance(0.2)) for _ in range(self.integer(1, 3))] + list(document.get("annotate", {}))
        fields = list(dict.fromkeys(fields))
        if self.chance(0.5):
            document["values"] = fields
        else:
            document["values_list"] = fields
            if len(fields) == 1 and self.chance(0.7):
                document["flat"] = True

    def loaded(self, model, document, depth):
        if self.chance(0.3):
            paths = self.to_one_paths(model)
            if paths:
                document["select_related"] = paths if self.chance(0.9) else True
        if self.chance(0.15):
            document[self.choice(["only", "defer"])] = [self.choice(list(model.columns)) for _ in range(self.integer(0, 3))]
        if depth > 0 and self.chance(0.45):
            members = self.prefetches(model, depth)
            if members:
                document["prefetch_related"] = members

    def combined(self, model, document):
        name = document["model"]
        document.clear()
        document["model"] = name
        document["filter"] = self.q(model, (), 1)
        document[self.choice(COMBINATIONS)] = [{"filter": self.q(model, (), 1)} for _ in range(self.integer(1, 2))]
        document["order_by"] = list(model.key)
        self.unordered |= not model.key


def as_chain(document):
    """The same document as a chain, in the order in which keys apply without one; None where that is not one's meaning."""
    if any(key in document for key in COMBINATIONS + ["dates", "datetimes", "none", "alias", "values", "values_list"]):
        return None
    known = document.get("annotate", {})
    if any(f'"{name}' in str(document.get(key)).replace("'", '"') for name in known for key in ("filter", "exclude")):
        return None
    chain = []
    for key in ("filter", "exclude"):
        value = document.get(key, [])
        chain += [{key: q} for q in (value if isinstance(value, list) else [value])]
    chain += [{"annotate": {name: expression}} for name, expression in known.items()]
    for key in ("select_related", "prefetch_related", "only", "defer", "order_by", "reverse", "distinct", "offset", "limit"):
        if key in document:
            chain.append({key: document[key]})
    return {"model": document["model"], "chain": chain}
