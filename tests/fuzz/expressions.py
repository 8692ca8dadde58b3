"""Expressions: what stands in annotate, order_by and updates."""


class Expressions:
    def field(self, model, many=False):
        """A path to a column, with a transform now and then."""
        names, model_here = self.path(model, 2 if self.chance(0.3) else 0, many)
        self.unordered |= many and bool(names)  # the rows that it multiplies are in no order
        column = self.choice(list(model_here.columns.values()))
        path = "__".join(names + [column.name])
        if self.chance(0.1):
            transforms = {"timestamp": ["year", "month", "date", "hour"], "date": ["year", "quarter"], "text": ["length", "lower"], "json": ["a", "b__c"], "array": ["len", "0"]}
            if column.family in transforms:
                path += "__" + self.choice(transforms[column.family])
        return path

    def number(self, model):
        columns = [c.name for c in model.columns.values() if c.type in ("int2", "int4", "numeric", "posint")]
        return self.choice(columns) if columns else 1

    def text(self, model):
        columns = model.of_family("text")
        return self.choice(columns).name if columns else {"Value": "t"}

    def value_like(self, model, path):
        column = model.columns.get(path)
        if column is None:
            return {"Value": 1}
        value = self.literal(column)
        if isinstance(value, dict) and "Value" in value or isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        return {"Value": value}

    def operand_of(self, model, depth):
        kind = self.random.random()
        if kind < 0.5:
            return self.number(model)
        return self.choice([1, 2, 10]) if kind < 0.75 else self.expression(model, depth - 1)

    def expression(self, model, depth=2, annotations=()):
        kind = self.random.random() if depth > 0 else 0
        if kind < 0.2:
            return {"F": self.choice(annotations) if annotations and self.chance(0.2) else self.field(model)}
        if kind < 0.3:
            return {"Value": self.choice([1, "x", None, True, 1.5, "é", [1], {"a": 1}])}
        if kind < 0.42:
            operator = self.choice("Add Sub Mul Mod Div Pow".split() if self.chance(0.15) else "Add Sub Mul".split())
            return {operator: [self.operand_of(model, depth) for _ in range(self.choice([2, 2, 2, 3]))]}
        if kind < 0.5:
            return {self.choice("Lower Upper Trim Length".split()): self.text(model)}
        if kind < 0.55:
            return {"Concat": [self.text(model), {"Value": "-"}, self.number(model)]}
        if kind < 0.62:
            path = self.field(model)
            return {self.choice("Coalesce Greatest Least NullIf".split()): [path, path if self.chance(0.5) else self.value_like(model, path)]}
        if kind < 0.7:
            return {"Case": [{"when": self.q(model, annotations, 1, False), "then": {"Value": self.choice([1, 2])}}], "default": {"Value": 0}}
        if kind < 0.74:
            return {"Cast": self.number(model), "type": self.choice(["text", "numeric", "float8", "bigint", "varchar(3)", "boolean", "numeric(4,1)", "int[]", "nope"])}
        if kind < 0.78 and model.of_family("date", "timestamp"):
            name = self.choice(model.of_family("date", "timestamp")).name
            return {self.choice(["Trunc", "Extract"]): name, "kind": self.choice(["year", "month", "week", "day", "quarter", "hour"])}
        if kind < 0.81:
            return {self.choice("Round Ceil Floor Abs".split()): self.number(model)}
        if kind < 0.84:
            return {self.choice(["Left", "Right"]): [self.text(model), self.integer(-1, 3)]}
        if kind < 0.86:
            return {"Replace": [self.text(model), {"Value": "a"}, {"Value": "bb"}]}
        if kind < 0.88:
            return {"Substr": [self.text(model), self.integer(-1, 2), 2]}
        if kind < 0.93 and self.simple_relations(model):
            return {"Exists": self.related(model)}
        if kind < 0.98 and self.simple_relations(model):
            document = self.related(model)
            target = self.models[document["model"]]
            document["values"] = [self.choice(list(target.columns))]
            document["order_by"] = [document["values"][0]] + target.key
            document["limit"] = 1
            return {"Subquery": document}
        return {"F": self.field(model)}

    def aggregate(self, model):
        """An aggregate over a relation, or of the model itself where it has none."""
        relations = [r for r in model.relations if r.many] or model.relations
        if not relations:
            return {"Count": "pk" if len(model.key) == 1 else "*"}
        relation = self.choice(relations)
        target = self.models[relation.target]
        column = self.choice(list(target.columns))
        path = f"{relation.name}__{column}"
        numbers = [c.name for c in target.columns.values() if c.type in ("int2", "int4", "numeric")]
        keys = [f"{relation.name}__{name}" for name in target.key]
        kind = self.random.random()
        if kind < 0.4:
            out = {"Count": relation.name if len(target.key) == 1 and self.chance(0.7) else path}
        elif kind < 0.65 and numbers:
            out = {self.choice("Sum Avg Min Max StdDev".split()): f"{relation.name}__{self.choice(numbers)}"}
        elif kind < 0.8:
            out = {self.choice(["Min", "Max"]): path}
        elif kind < 0.88:
            out = {self.choice(["ArrayAgg", "JSONAgg"]): path, "order_by": [path] + keys}
            self.unordered |= not keys
        elif kind < 0.92:
            out = {"StringAgg": [{"Cast": path, "type": "text"}, {"Value": ","}], "order_by": keys or [path]}
            self.unordered |= not keys
        else:
            out = {"Count": path, "distinct": True}
        if self.chance(0.25):
            out["filter"] = {f"{relation.name}__{name}": value for name, value in self.condition(target, (), False).items()}
        if "Sum" in out and self.chance(0.15):
            out["default"] = 0
        return out

    def window(self, model):
        self.windowed = True
        self.unordered |= not model.key
        name = self.choice("RowNumber Rank DenseRank NTile Lag Lead FirstValue LastValue Sum Count".split())
        operand = {"NTile": [3], "Count": "*", "Sum": self.number(model)}.get(name, [])
        if name in ("Lag", "Lead", "FirstValue", "LastValue"):
            operand = [self.choice(list(model.columns))]
        out = {"Window": {name: operand}, "order_by": self.order(model)}
        if self.chance(0.5):
            out["partition_by"] = [self.field(model)]
        return out

    def order(self, model, annotations=()):
        """An order that leaves nothing open; where the model has no key, unordered says so."""
        out = []
        for _ in range(self.integer(0, 2)):
            path = self.choice(annotations) if annotations and self.chance(0.3) else self.field(model)
            if self.chance(0.15):
                term = path if self.chance(0.6) else self.expression(model, 1)
                out.append({"expr": term, "desc": self.chance(0.5), "nulls": self.choice(["first", "last"])})
            else:
                out.append(("-" if self.chance(0.4) else "") + path)
        self.unordered |= not model.key
        return out + [("-" if self.chance(0.3) else "") + name for name in model.key or model.columns]
