"""What must hold. An oracle makes a case, which is JSON, and checks it.

make() uses the generator and nothing else; check() uses the case and the session and nothing else, so that a case
that was saved can be checked again. check() raises Fault where something is wrong. A queryset that the server refuses
with an SQLSTATE that may be (Refused) ends the case: that is right for most documents that break.
"""

from session import Fault

KEYED = lambda model: bool(model.key)


class Oracle:
    kind = "read"  # FUZZ_KINDS chooses by it
    weight = 10
    role = False  # as a role with few rights
    writes = False  # in a transaction that is rolled back

    def make(self, g):
        raise NotImplementedError

    def check(self, session, case):
        raise NotImplementedError


def expect(what, wrong):
    if wrong:
        raise Fault(what, wrong)


def empty(q):
    """Whether there is an empty Q in it: filter({}) keeps all and exclude({}) too."""
    if not isinstance(q, dict):
        return False
    return not q or any(
        key in ("AND", "OR", "XOR") and (not value or any(map(empty, value))) or key == "NOT" and empty(value) for key, value in q.items()
    )


def all_oracles():
    from . import breaking, conditions, graphs, paging, reading, rights, running, settings, writing

    modules = (breaking, conditions, graphs, paging, reading, rights, running, settings, writing)
    found = {}
    for module in modules:
        for thing in vars(module).values():
            ours = isinstance(thing, type) and issubclass(thing, Oracle) and thing.__module__ == module.__name__
            if ours and thing.make is not Oracle.make and thing.check is not Oracle.check:
                found[thing.__name__] = thing()
    return found
