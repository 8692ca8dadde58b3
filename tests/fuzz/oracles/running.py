"""bolt.run does what its operations do one by one."""

import json

from rows import items, difference

from . import Oracle, expect
from session import Refused


class Run(Oracle):
    kind = "run"
    weight = 25
    writes = True

    def make(self, g):
        operations = g.operations()
        return {"operations": operations, "unordered": g.unordered or g.windowed}

    def check(self, session, case):
        operations = case["operations"]
        if '"Ref"' in json.dumps(operations):
            session.call("SELECT bolt.run(%s::json)::text", operations)
            return
        session.do("SAVEPOINT one_by_one")
        single, stopped = [], None
        for operation in operations:
            try:
                single += items(session.one("SELECT bolt.run(%s::json)::text", [operation]))
            except Refused as refused:
                stopped = refused
                break
        session.do("ROLLBACK TO SAVEPOINT one_by_one")
        try:
            together = items(session.one("SELECT bolt.run(%s::json)::text", operations))
        except Refused as refused:
            expect("run is refused", stopped is None and f"{refused}, but one by one it works")
            return
        expect("run works", stopped and f"but one by one {stopped}")
        takes_keys = any(operation["op"] in ("create", "bulk_create", "save", "get_or_create", "update_or_create", "add", "set") for operation in operations)
        expect("run", not takes_keys and not case["unordered"] and difference(together, single))
