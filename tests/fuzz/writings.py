"""What is written: the values of a row, with related rows in it, and the operations of bolt.run."""


class Writings:
    def row(self, model, nested=True):
        """Values for create. Integer keys are new ones, mostly."""
        out = {}
        for column in model.columns.values():
            if column.computed or self.chance(0.15):
                continue
            if column.name in model.key and column.type in ("int2", "int4", "int8", "posint"):
                out[column.name] = self.integer(100, 30000)
            else:
                out[column.name] = self.literal(column)
        for relation in model.relations if nested else []:
            if not self.chance(0.08):
                continue
            target = self.models[relation.target]
            if relation.many:
                rows = self.chance(0.6) or not target.key
                out[relation.name] = [self.row(target, self.chance(0.2)) if rows else self.key_of(target) for _ in range(self.integer(0, 2))]
            elif self.chance(0.7):
                for name in relation.columns:
                    out.pop(name, None)
                out[relation.name] = self.row(target, self.chance(0.2))
        if out and self.chance(0.1):
            out[self.choice(list(out))] = self.expression(model, 1)
        return out

    def changes(self, model):
        """Values for update: a few columns."""
        out = {}
        for column in self.sample(model.columns.values(), self.integer(1, 3)):
            out[column.name] = self.expression(model, 1) if self.chance(0.25) else self.literal(column)
        return out

    def rows(self, model, sizes=(0, 1, 2, 5, 20, 60)):
        rows = [self.row(model, self.chance(0.1)) for _ in range(self.choice(sizes))]
        if len(model.key) == 1 and model.columns[model.key[0]].type in ("int4", "int8") and not model.columns[model.key[0]].computed:
            for number, row in enumerate(rows):
                row[model.key[0]] = 40000 + number
        return rows

    def operation(self, earlier):
        """An operation of bolt.run; one may refer to the results of earlier ones."""
        model = self.any_model()
        op = self.choice(
            "fetch get first last count exists contains in_bulk aggregate page cursor_page create bulk_create update update_returning "
            "delete save get_or_create update_or_create bulk_update add remove set clear select_for_update".split()
        )
        out = {"op": op}
        if op in ("create", "save"):
            out.update(model=model.name, values=self.row(model))
        elif op in ("bulk_create", "bulk_update"):
            out.update(model=model.name, rows=self.rows(model, (1, 2, 3)))
            if op == "bulk_update":
                out["fields"] = self.sample(model.columns, 2)
        elif op in ("add", "remove", "set", "clear"):
            relations = [r for r in model.relations if r.many]
            if not relations or not model.key:
                return self.operation(earlier)
            relation = self.choice(relations)
            target = self.models[relation.target]
            out.update(model=model.name, pk=self.key_of(model), relation=relation.name)
            if op != "clear":
                out["targets"] = [self.key_of(target) for _ in range(self.integer(0, 3))] if target.key else []
        elif op in ("update", "update_returning"):
            out.update(queryset={"model": model.name, "filter": self.q(model, (), 1)}, values=self.changes(model))
        elif op == "delete":
            out["queryset"] = {"model": model.name, "filter": self.q(model, (), 1)}
        elif op in ("get_or_create", "update_or_create"):
            values = list(self.row(model, False).items())
            cut = self.integer(0, 2)
            out.update(queryset={"model": model.name}, lookup=dict(values[:cut]), defaults=dict(values[cut:]))
        else:
            out["queryset"] = self.document(model, depth=1)
            if op == "aggregate":
                out["aggregates"] = {"n": {"Count": "*"}}
            elif op in ("page", "cursor_page"):
                out["page_size"] = 2
            elif op == "contains":
                out["pk"] = self.key_of(model) if model.key else 1
        if earlier and self.chance(0.3):
            self.refer(out, earlier)
        return out

    def refer(self, operation, earlier):
        """Puts a Ref somewhere into the operation."""
        reference = {"Ref": [self.integer(0, earlier), self.choice(["id", 0, "n", "k", "items"])]}
        for part in ("values", "lookup", "filter"):
            place = operation["queryset"].get("filter") if part == "filter" and "queryset" in operation else operation.get(part)
            if isinstance(place, dict) and place:
                place[self.choice(list(place))] = {"Value": reference} if self.chance(0.2) else reference
                return
        operation[self.choice([key for key in operation if key != "op"])] = reference

    def operations(self):
        out = []
        for number in range(self.integer(1, 5)):
            out.append(self.operation(number))
        return out
