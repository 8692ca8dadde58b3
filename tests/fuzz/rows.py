"""Compares rows, which are texts of JSON: numbers as they are written, members of objects in any order."""

import json


class Number(str):
    """A number as it is written."""


def parse(text):
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


def write(tree):
    if isinstance(tree, Number):
        return str(tree)
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{write(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(write, tree)) + "]"
    return json.dumps(tree, ensure_ascii=False)


def canonical(tree):
    if isinstance(tree, dict):
        return {key: canonical(value) for key, value in sorted(tree.items())}
    if isinstance(tree, list):
        # arrays of related objects whose order is left open
        return sorted((canonical(value) for value in tree), key=lambda value: write(value))
    return tree


def plain(text):
    return write(canonical(parse(text)))


def items(text):
    """The members of an array, each as a text."""
    return [write(member) for member in parse(text)]


def member(text, name):
    value = parse(text)[name]
    return [] if value is None else [write(x) for x in (value if isinstance(value, list) else [value])]


def difference(one, other):
    """None where the rows are the same, in the same order."""
    if one == other:
        return None
    if len(one) != len(other):
        return f"{len(one)} rows and {len(other)}"
    for number, (a, b) in enumerate(zip(one, other)):
        if a != b and plain(a) != plain(b):
            return f"row {number}: {a[:400]} and {b[:400]}"
    return None


def repeated(rows):
    return len(set(rows)) != len(rows)
