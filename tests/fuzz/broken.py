"""Breaks documents: as trees, as text, as bytes."""

import copy
import json

from literals import ODD

KEYS = (
    "filter limit model chain NOT OR AND XOR Exists annotate alias pk union __ values values_list distinct Value F Ref OuterRef select_for_update "
    "recurse lookup queryset depth order_by expr desc when then default type Window partition_by Subquery to_attr flat none dates only defer "
    "select_related prefetch_related reverse exclude offset"
).split()
PIECES = ['"', "{", "}", "[", "]", ",", ":", "\\u0000", "\\ud800", "1e999", "null", "true", " ", "-", "\\", "\t", "0", '{"F":"id"}', "[[[[", '""', "\u202e", "'"]


def places(tree):
    """Every member of every object and array: its container and key."""
    found, waiting = [], [tree]
    while waiting:
        here = waiting.pop()
        for key in here if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ():
            found.append((here, key))
            waiting.append(here[key])
    return found


def break_tree(g, tree):
    tree = copy.deepcopy(tree)
    for _ in range(g.choice([1, 1, 2, 4])):
        spots = places(tree)
        if not spots:
            break
        container, key = g.choice(spots)
        change = g.integer(0, 7)
        if change == 0:
            container[key] = copy.deepcopy(g.choice(ODD))
        elif change == 1:
            del container[key]
        elif change == 2:
            container[key] = [container[key]]
        elif change == 3 and isinstance(container, dict):
            container[g.choice(KEYS)] = container.pop(key)
        elif change == 4 and isinstance(container[key], str):
            container[key] += g.choice(["__", "__pk", "__in", "x", "\u0001", "'", '"', ";--", "\\", "__isnull", "__0"])
        elif change == 5:
            for _ in range(g.choice([2, 20, 120])):
                container[key] = {g.choice(["NOT", "AND", "OR", "Add", "filter"]): container[key]} if g.chance(0.7) else [container[key]]
        elif change == 6:
            other, there = g.choice(spots)
            if len(json.dumps(other)) < 4000:
                container[key] = copy.deepcopy(other.get(there) if isinstance(other, dict) else other[min(there, len(other) - 1)]) if len(other) else None
        elif isinstance(container, dict):
            container[g.choice(KEYS)] = copy.deepcopy(g.choice(ODD))
    return tree


def break_text(g, text):
    for _ in range(g.choice([1, 1, 2, 5])):
        place = g.integer(0, max(0, len(text) - 1))
        text = text[:place] + g.choice(PIECES) * g.choice([1, 1, 1, 50]) + text[place + g.integer(0, 3) :]
    return text
