"""A case: an expression that Django and bolt_orm are to answer alike.

Each cases_*.py has a table CASES of name → expression, which is a function without arguments, or
a Case where there is more to say. The name says the behaviour.
"""

import dataclasses
import importlib
import pathlib
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Case:
    """needs: features without which it is left out; sqlstate: the error bolt_orm is to give.

    For a difference on purpose (docs/differences.md), instead: what Django answers as bolt_orm does;
    refused: the SQLSTATE of what Django answers and bolt_orm does not.
    """

    build: Callable
    needs: tuple = ()
    sqlstate: str | None = None
    instead: Callable | None = None
    refused: str | None = None


def all_cases():
    """Yields (id, Case) of every topic, in the order they are written."""
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        module = importlib.import_module(path.stem)
        topic = path.stem.removeprefix("cases_")
        for name, case in module.CASES.items():
            if not isinstance(case, Case):
                case = Case(case)
            needs = tuple(getattr(module, "NEEDS", ())) + tuple(case.needs)
            yield f"{topic}: {name}", dataclasses.replace(case, needs=needs)
