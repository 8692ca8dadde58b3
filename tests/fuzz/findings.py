"""What was found: made small, saved so that it can be run again, by us and by hand."""

import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))


def quoted(text):
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"


def as_sql(calls):
    """The calls of a case for psql."""
    lines = []
    for sql, arguments in calls:
        for argument in arguments:
            sql = sql.replace("%s", quoted(argument), 1)
        lines.append(sql + ";")
    return "\n".join(lines)


def save(folder, seed, number, oracle, case, fault, calls):
    os.makedirs(folder, exist_ok=True)
    kind = re.sub(r"[^A-Za-z0-9]+", "-", fault.kind).strip("-")[:40]
    path = os.path.join(folder, f"{seed}-{number}-{oracle}-{kind}")
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump({"oracle": oracle, "seed": seed, "number": number, "fault": str(fault)[:2000], "case": case}, file, indent=1, ensure_ascii=False)
    with open(path + ".sql", "w", encoding="utf-8", errors="replace") as file:
        file.write(f"-- {str(fault)[:1000]}".replace("\n", "\n-- ") + "\n" + as_sql(calls) + "\n")
    return path + ".json"


# What a case may lose parts of. The rest is what its oracle relies on, as an order is that leaves nothing open.
PARTS = "document q qs queryset filter values rows operations calls lookup defaults targets".split()
WHOLE = ("order_by", "model", "op")


def removable(tree):
    waiting = [(tree, key) for key in PARTS if key in tree]
    while waiting:
        container, key = waiting.pop(0)
        value = container[key]
        if container is not tree and key not in WHOLE:
            yield container, key
        if key not in WHOLE:
            waiting += [(value, below) for below in (value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ())]


def smaller(case):
    """The case with one member of its documents left out, or put in its parent's place, for each member."""
    text = json.dumps(case)
    for number in range(len(list(removable(case)))):
        copy = json.loads(text)
        container, key = list(removable(copy))[number]
        del container[key]
        yield copy
    for number in range(len(list(removable(case)))):
        copy = json.loads(text)
        container, key = list(removable(copy))[number]
        value = container[key]
        if isinstance(value, (list, dict)) and len(value) == 1:
            container[key] = value[0] if isinstance(value, list) else next(iter(value.values()))
            yield copy


def shrink(case, fails, patience=300):
    """The smallest case that fails still, as far as patience goes."""
    going = True
    while going and patience > 0:
        going = False
        for candidate in smaller(case):
            patience -= 1
            if patience <= 0:
                break
            if fails(candidate):
                case, going = candidate, True
                break
    return case
