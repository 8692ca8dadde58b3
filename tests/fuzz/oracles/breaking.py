"""Whatever comes, the answer is rows or an error of the reference: the session judges that."""

import json

from broken import break_text, break_tree
from querysets import as_chain

from . import Oracle

FUNCTIONS = [
    "fetch(%s::json)", "fetch_json(%s::json)", "count(%s::json)", "exists(%s::json)", "first(%s::json)", "last(%s::json)", "get(%s::json)",
    "page(%s::json, 1, 3)", "page(%s::json, 2, 2, 'estimated')", "cursor_page(%s::json, 3)", "sql(%s::json)", "explain(%s::json)",
    "explain(%s::json, true)", "check(%s::json)", "in_bulk(%s::json)", "latest(%s::json, 'id')", "contains(%s::json, '1')",
    """aggregate(%s::json, '{"n": {"Count": "*"}}')""", "select_for_update(%s::json)", "delete(%s::json)", """update(%s::json, '{"id": 1}')""",
]  # fmt: skip


class Broken(Oracle):
    kind = "broken"
    writes = True

    def call(self, session, case):
        session.call(f"SELECT (bolt.{case['function']})::text", case["text"])

    check = lambda self, session, case: self.call(session, case)


class BrokenDocument(Broken):
    weight = 60

    def make(self, g):
        g.wild = 0.1
        document = g.document()
        if g.chance(0.2):
            document = as_chain(document) or document
            g.random.shuffle(document.get("chain", []))
        text = json.dumps(break_tree(g, document))
        return {"function": g.choice(FUNCTIONS), "text": break_text(g, text) if g.chance(0.1) else text}


class BrokenText(Broken):
    weight = 15

    def make(self, g):
        return {"function": g.choice(FUNCTIONS), "text": break_text(g, json.dumps(g.document(), ensure_ascii=g.chance(0.5)))}


class BrokenWrite(Broken):
    """The values of writes, operations, and the other arguments."""

    weight = 25

    def make(self, g):
        model = g.any_model()
        function, value = g.choice(
            [
                ("create(%s, %s::json)", g.row(model)), ("bulk_create(%s, %s::json)", g.rows(model, (1, 3))), ("save(%s, %s::json)", g.row(model)),
                ("run(%s::json)", g.operations()), ("update(%s, %s::json)", g.changes(model)), ("aggregate(%s, %s::json)", {"n": g.aggregate(model)}),
                ("in_bulk(%s, %s::json)", [g.key_of(model)] if model.key else [1]), ("get(%s, %s::json)", g.q(model)),
                ("get_or_create(%s, %s::json)", g.row(model, False)), ("update_or_create(%s, %s::json)", g.row(model, False)),
            ]
        )  # fmt: skip
        text = json.dumps(break_tree(g, value))
        named = function.startswith(("create", "bulk_create", "save"))
        first = model.name if named else json.dumps({"model": model.name, "filter": g.q(model, (), 1)})
        return {"function": function if named else function.replace("%s,", "%s::json,"), "arguments": [text] if function.startswith("run") else [first, text]}

    def check(self, session, case):
        session.call(f"SELECT (bolt.{case['function']})::text", *case["arguments"])
