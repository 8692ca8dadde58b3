"""Values: of columns, of parts of columns, and some that fit nowhere."""

import json

ODD = [
    None, True, 0, -1, 1e308, 99999999999999999999, "", "x", "\u0000", "\U0001f600", [], {}, [None], [[1]], {"F": "id"}, {"Value": 1},
    {"Ref": [0, "id"]}, {"Value": {"F": "id"}}, "9" * 400, 1.5, -0.0, {"a": {"b": 1}}, "NaN", "infinity", "2024-02-30", 2**63, -(2**63),
    "1e400", "\\", "%", "__", "pk", {"OuterRef": "id"}, {"Q": {}}, "0x10", " 1 ", {"": 1},
]  # fmt: skip


class Literals:
    def literal(self, column):
        """A value that stands in the column, or rarely one that does not."""
        if self.chance(self.wild):
            return self.choice(ODD)
        value = self.choice(column.samples or [0])
        return {"Value": value} if isinstance(value, dict) else value

    def literal_of(self, columns):
        """A key: a value, or an array where there are several columns."""
        values = [self.literal(column) for column in columns]
        return values[0] if len(values) == 1 else values

    def key_of(self, model):
        return self.literal_of([model.columns[name] for name in model.key])

    def element(self, column):
        """What is in a value of the column: an element of an array, a bound of a range."""
        value = self.choice(column.samples or [1]) or 1
        if isinstance(value, list):
            return self.choice(value) if value else 1
        if isinstance(value, str):
            return next((part.strip('"') for part in value.strip("[]()").split(",") if part), 1)
        return 1

    def piece(self, column):
        """A few letters of a value's text."""
        value = self.literal(column)
        text = value if isinstance(value, str) else json.dumps(value)
        start = self.integer(0, max(0, len(text) - 1))
        return text[start : start + 3]
