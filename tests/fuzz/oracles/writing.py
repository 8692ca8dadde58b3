"""Writes do what they say: all of it, to the rows that count counts, and leave no reference without its row."""

import json

import psycopg

from rows import difference, parse
from session import Fault, Refused

from . import KEYED, Oracle, empty, expect

# Foreign keys as SQL that counts the rows which refer to nothing.
DANGLING = """
    SELECT conname, format('SELECT count(*) FROM %%s a WHERE %%s AND NOT EXISTS (SELECT FROM %%s b WHERE %%s)', conrelid::regclass,
        (SELECT string_agg(format('a.%%I IS NOT NULL', attname), ' AND ') FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)),
        confrelid::regclass,
        (SELECT string_agg(format('a.%%I = b.%%I', n.attname, f.attname), ' AND ')
         FROM unnest(conkey, confkey) AS k (near, far)
         JOIN pg_attribute n ON n.attrelid = conrelid AND n.attnum = near JOIN pg_attribute f ON f.attrelid = confrelid AND f.attnum = far))
    FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace AND conrelid <> 0
"""


class Write(Oracle):
    kind = "write"
    writes = True
    weight = 10

    def no_dangling(self, session):
        checks = getattr(session, "foreign_keys", None)
        if checks is None:
            checks = session.foreign_keys = session.connection.execute(DANGLING.replace("%%", "%")).fetchall()
        together = " UNION ALL ".join(f"SELECT '{name}', ({sql})" for name, sql in checks)
        for name, count in session.connection.execute(together).fetchall():
            expect("dangling rows", count and f"{count} of {name}")

    def settle(self, session):
        """Deferred constraints may refuse the whole; then there is nothing more to check."""
        session.do("SAVEPOINT settle")
        try:
            session.do("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.IntegrityError as error:
            raise Refused(error) from None
        self.no_dangling(session)


def simple_table(model):
    return model.kind in ("table", "partitioned table")


class Create(Write):
    """What create returns is what a fetch gives."""

    weight = 20

    def make(self, g):
        model = g.any_model(lambda m: m.key)
        function = g.choice(["create", "create", "save"])
        return {"model": model.name, "key": model.key, "columns": list(model.columns), "values": g.row(model), "function": function, "view": not simple_table(model)}

    def check(self, session, case):
        text = session.one(f"SELECT bolt.{case['function']}(%s, %s::json)::text", case["model"], case["values"])
        self.settle(session)
        if text is None:
            return  # a trigger wanted no row
        got = parse(text)
        if case["view"]:
            return
        key = {name: {"Value": json.loads(json.dumps(got[name]))} for name in case["key"]} if all(name in got and not isinstance(got[name], dict) for name in case["key"]) else None
        if key is None:
            return
        document = {"model": case["model"], "filter": {name: {"Value": str(got[name]) if not isinstance(got[name], (list, dict)) else got[name]} for name in case["key"]}}
        rows = session.after("the fetch of what was created", session.fetch, document)
        expect("what was created is there", len(rows) != 1 and f"{len(rows)} rows for {key}")
        row = parse(rows[0])
        for name in case["columns"]:
            if name in got and not (isinstance(got[name], dict) and not isinstance(row[name], dict)):
                expect("create returns", got[name] != row[name] and f"{name}: {got[name]}, but {row[name]} is stored")


class BulkCreate(Write):
    weight = 20

    def make(self, g):
        model = g.any_model(simple_table)
        keep = g.sample(model.columns, g.integer(1, len(model.columns)))
        rows = [{name: value for name, value in row.items() if name in keep or name in model.key or name not in model.columns} for row in g.rows(model)]
        return {"model": model.name, "key": model.key, "rows": rows, "ignore": g.chance(0.3), "trigger": model.name == "stamped", "batch": g.chance(0.5)}

    def check(self, session, case):
        session.do(f"SET LOCAL bolt_orm.batch_foreign_keys = {'on' if case['batch'] else 'off'}")
        counted = f"SELECT count(*) FROM {case['model']}"
        before = session.one(counted)
        nested = any(isinstance(value, (dict, list)) for row in case["rows"] for value in row.values())
        got = session.call("SELECT bolt.bulk_create(%s, %s::json, ignore_conflicts => %s)::text", case["model"], case["rows"], case["ignore"])
        self.settle(session)
        if case["trigger"] or nested:
            return
        after = session.one(counted)
        expect("bulk_create's rows", after - before != len(got) and f"{len(got)} returned, {after - before} stored")
        expect("bulk_create's rows", not case["ignore"] and len(got) != len(case["rows"]) and f"{len(got)} of {len(case['rows'])}")
        for row in map(parse, got[:: max(1, len(got) // 3)] if case["key"] else []):
            stored = {"model": case["model"], "filter": {name: {"Value": row[name] if isinstance(row[name], (list, dict)) else str(row[name])} for name in case["key"]}}
            rows = [parse(text) for text in session.after("the fetch of what was created", session.fetch, stored)]
            expect("bulk_create returns", rows != [row] and f"{row}, but {rows} is stored")


class Update(Write):
    """update and update_returning touch what count counts."""

    weight = 20

    def make(self, g):
        model = g.any_model(lambda m: m.key and m.kind != "view")
        q = g.q(model, (), 1)
        return {"model": model.name, "key": model.key, "q": q, "values": g.changes(model), "function": g.choice(["update", "update_returning"]), "trigger": model.name == "stamped"}

    def check(self, session, case):
        document = {"model": case["model"], "filter": case["q"]}
        if empty(case["q"]):
            return
        wanted = session.count({**document, "distinct": True, "values": case["key"]})
        got = session.call(f"SELECT bolt.{case['function']}(%s::json, %s::json)::text", document, case["values"])
        got = int(got[0]) if case["function"] == "update" else len(got)
        expect(case["function"], got != wanted and not case["trigger"] and f"{got}, but count says {wanted}")
        self.settle(session)


class Delete(Write):
    weight = 20

    def make(self, g):
        model = g.any_model(lambda m: m.key and simple_table(m))
        q = g.q(model, (), 1)
        return {"model": model.name, "key": model.key, "q": q, "batch": g.chance(0.5)}

    def check(self, session, case):
        session.do(f"SET LOCAL bolt_orm.batch_foreign_keys = {'on' if case['batch'] else 'off'}")
        document = {"model": case["model"], "filter": case["q"]}
        keys = {"model": case["model"], "filter": case["q"], "values_list": case["key"], "distinct": True, "order_by": case["key"]}
        before = session.fetch(keys)
        every = session.count({"model": case["model"]})
        deleted, models = session.one("SELECT deleted, models::text FROM bolt.delete(%s::json)", document)
        models = json.loads(models)
        expect("delete's sum", sum(models.values()) != deleted and f"{deleted}, but {models}")
        gone = every - session.count({"model": case["model"]})
        expect("delete", gone < len(before) and f"{gone} rows are gone, {len(before)} were asked for")
        self.settle(session)
        left = set(session.fetch({"model": case["model"], "values_list": case["key"], "order_by": case["key"]}))
        expect("delete", left & set(before) and f"{sorted(left & set(before))[:3]} are left")


class Batched(Write):
    """With foreign keys checked together: the same rows, or refused as well."""

    weight = 6

    def make(self, g):
        model = g.any_model(lambda m: m.key and simple_table(m))
        if g.chance(0.5):
            return {"model": model.name, "key": model.key, "q": g.q(model, (), 1)}
        # keys that are given, since those of a sequence differ the second time
        return {"model": model.name, "key": model.key, "rows": [{**row, **{name: g.literal(model.columns[name]) for name in model.key if name not in row}} for row in g.rows(model)], "ignore": g.chance(0.3)}

    def one_way(self, session, case, batch):
        session.do(f"SAVEPOINT way; SET LOCAL bolt_orm.batch_foreign_keys = {batch}")
        try:
            if "q" in case:
                got = session.call("SELECT deleted, models::text FROM bolt.delete(%s::json)", {"model": case["model"], "filter": case["q"]})
            else:
                got = len(session.call("SELECT bolt.bulk_create(%s, %s::json, ignore_conflicts => %s)::text", case["model"], case["rows"], case["ignore"]))
            self.settle(session)
            return got, session.fetch({"model": case["model"], "order_by": case["key"], "values_list": case["key"]})
        except Refused as refused:
            return refused
        finally:
            if not session.connection.closed:
                session.do("ROLLBACK TO SAVEPOINT way")

    def check(self, session, case):
        one, other = (self.one_way(session, case, batch) for batch in ("off", "on"))
        if isinstance(one, Refused) or isinstance(other, Refused):
            expect("batch_foreign_keys", (not isinstance(one, Refused) or not isinstance(other, Refused)) and f"off: {str(one)[:200]}; on: {str(other)[:200]}")
            return
        expect("batch_foreign_keys", one[0] != other[0] and f"off: {one[0]}; on: {other[0]}")
        expect("batch_foreign_keys", set(one[1]) != set(other[1]) and f"{sorted(set(one[1]) ^ set(other[1]))[:3]} differ")


class SaveAgain(Write):
    """save of a fetched row changes nothing."""

    weight = 10

    def make(self, g):
        model = g.any_model(lambda m: m.key and simple_table(m) and m.name != "stamped")
        return {"model": model.name, "key": model.key, "computed": [c.name for c in model.columns.values() if c.computed and c.name not in model.key], "which": g.integer(0, 20)}

    def check(self, session, case):
        document = {"model": case["model"], "order_by": case["key"]}
        rows = session.fetch(document)
        if not rows:
            return
        row = parse(rows[case["which"] % len(rows)])
        members = ",".join(f"{json.dumps(k)}:{{\"Value\":{_text(v)}}}" for k, v in row.items() if k not in case["computed"])
        session.after("save of a row that was fetched", session.one, "SELECT bolt.save(%s, %s::json)::text", case["model"], "{" + members + "}")
        expect("save of a row that was fetched", difference(rows, session.fetch(document)))


def _text(value):
    from rows import write

    return write(value)


class BulkUpdate(Write):
    weight = 8

    def make(self, g):
        model = g.any_model(lambda m: m.key and simple_table(m))
        columns = [c for c in model.columns.values() if not c.computed]
        fields = g.sample(columns, 2)
        return {
            "model": model.name, "key": model.key, "fields": [c.name for c in fields], "size": g.choice([1, 3, 30]),
            "values": [{c.name: g.literal(c) for c in fields} for _ in range(30)], "trigger": model.name == "stamped",
        }  # fmt: skip

    def check(self, session, case):
        keys = session.fetch({"model": case["model"], "order_by": case["key"], "values": case["key"], "limit": case["size"]})
        rows = [{**{k: v for k, v in values.items()}, **{k: {"Value": v} for k, v in json.loads(key, parse_float=str).items()}} for key, values in zip(keys, case["values"])]
        if not rows:
            return
        got = session.one("SELECT bolt.bulk_update(%s, %s::json, %s)", case["model"], json.dumps(rows), "{" + ",".join('"%s"' % f.replace('"', '\\"') for f in case["fields"]) + "}")
        expect("bulk_update", got != len(rows) and not case["trigger"] and f"{got} of {len(rows)}")
        self.settle(session)


class GetOrCreate(Write):
    """The second call finds what the first made."""

    weight = 10

    def make(self, g):
        model = g.any_model(lambda m: simple_table(m) and m.name != "stamped")
        values = list(g.row(model, False).items())
        cut = g.integer(1, 3)
        return {"model": model.name, "lookup": dict(values[:cut]), "defaults": dict(values[cut:]), "function": g.choice(["get_or_create", "update_or_create"])}

    def check(self, session, case):
        call = lambda: session.one(f"SELECT object::text, created FROM bolt.{case['function']}(%s::json, %s::json, %s::json)", {"model": case["model"]}, case["lookup"], case["defaults"])
        call()
        self.settle(session)
        if any(isinstance(value, (dict, list, float)) or value is None or isinstance(value, str) for value in case["lookup"].values()):
            return  # what is stored may not be what was asked with: blanks of a char, a rounded number, an expression
        try:
            again = call()
        except Refused as refused:
            expect("the second call is refused", refused.state not in ("P0003", "23503", "23505", "23514") and refused)
            return
        expect("the second call creates", again[1] and again[0][:200])


class Related(Write):
    """add, remove, set, clear of related objects."""

    weight = 15

    def make(self, g):
        fits = lambda m: m.key and [r for r in m.relations if r.many and g.models[r.target].key]
        model = g.any_model(fits)
        relation = g.choice(fits(model))
        target = g.models[relation.target]
        return {
            "model": model.name, "key": model.key, "pk": g.key_of(model), "relation": relation.name, "kind": relation.kind,
            "targets": [g.key_of(target) for _ in range(g.integer(0, 3))], "function": g.choice(["add", "remove", "set", "clear"]),
        }  # fmt: skip

    def check(self, session, case):
        arguments = [case["model"], json.dumps(case["pk"]), case["relation"]] + ([json.dumps(case["targets"])] if case["function"] != "clear" else [])
        session.one(f"SELECT bolt.{case['function']}(%s, %s::json, %s{', %s::json' if len(arguments) == 4 else ''})", *arguments)
        self.settle(session)
        rows = session.fetch({"model": case["model"], "filter": {"pk": case["pk"]}, "order_by": case["key"], "prefetch_related": [{"lookup": case["relation"], "to_attr": "zz"}]})
        if len(rows) != 1:
            return
        left = len(json.loads(rows[0])["zz"])
        expect("clear", case["function"] == "clear" and left and f"{left} are left")
        wanted = len({json.dumps(target) for target in case["targets"]})
        # set of a foreign key that may not be null removes nothing, as in Django
        expect("set", case["function"] == "set" and case["kind"] == "many-to-many" and left > wanted and f"{left}, but {wanted} were set")


class Lock(Write):
    """select_for_update gives the rows of the fetch."""

    weight = 8

    def make(self, g):
        document = g.document(depth=1)
        how = g.choice([True, {"skip_locked": True}, {"nowait": True}, {"no_key": True}, {"of": ["self"]}])
        return {"document": document, "how": how, "unordered": g.unordered}

    def check(self, session, case):
        rows = session.call("SELECT x::text FROM bolt.select_for_update(%s::json) x", {**case["document"], "select_for_update": case["how"]})
        wanted = session.fetch(case["document"])
        expect("select_for_update", not case["unordered"] and difference(rows, wanted))
