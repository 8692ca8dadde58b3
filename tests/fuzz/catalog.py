"""What there is to ask for: the models, columns and relations of a database, with values that stand in it."""

import json
from dataclasses import dataclass, field

FAMILIES = {
    "number": "int2 int4 int8 float4 float8 numeric oid posint",
    "text": "text varchar bpchar name char citext shorttext",
    "date": "date",
    "time": "time timetz",
    "timestamp": "timestamp timestamptz",
    "boolean": "bool",
    "json": "json jsonb",
    "hstore": "hstore",
    "range": "int4range int8range numrange daterange tsrange tstzrange",
}
FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names.split()}


@dataclass
class Column:
    name: str
    type: str
    family: str
    required: bool
    computed: bool  # generated, or an identity that takes no value
    samples: list = field(default_factory=list)


@dataclass
class Relation:
    name: str
    kind: str
    target: str
    columns: list
    target_columns: list
    through: str

    @property
    def many(self):
        return self.kind in ("one-to-many", "many-to-many")


@dataclass
class Model:
    name: str
    kind: str
    key: list
    columns: dict
    relations: list = field(default_factory=list)

    @property
    def table(self):
        return self.name

    def of_family(self, *families):
        return [c for c in self.columns.values() if c.family in families]


COLUMNS = """
    SELECT attname, typname, attnotnull, attgenerated <> '' OR attidentity = 'a'
    FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid
    WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


def distinct(values):
    """Values once each, in the order of their texts, so that every run sees the same."""
    return [json.loads(text, parse_float=str) for text in sorted({json.dumps(v) for v in values if v is not None})][:12]


def load(connection, schemas):
    """The models of schemas, by name; names as bolt.models() gives them."""
    models = {}
    for name, oid, kind, key in connection.execute(
        "SELECT name, relation::oid, kind, primary_key FROM bolt.models() m JOIN pg_class c ON c.oid = m.relation "
        "WHERE relnamespace::regnamespace::text = ANY (%s) ORDER BY name",
        [schemas],
    ).fetchall():
        columns = {
            column: Column(column, type_, FAMILY_OF.get(type_) or ("array" if type_[0] == "_" else "other"), required, computed)
            for column, type_, required, computed in connection.execute(COLUMNS, [oid]).fetchall()
        }
        table = connection.execute("SELECT %s::regclass::text", [oid]).fetchone()[0]
        if columns:
            rows = connection.execute(f"SELECT to_json(t)::text FROM (SELECT * FROM {table} LIMIT 60) t").fetchall()
            rows = [json.loads(row, parse_float=str) for (row,) in rows]
            for column in columns.values():
                column.samples = distinct(row[column.name] for row in rows)
            models[name] = Model(name, kind, key or [], columns)
    found = {}
    for model, *relation in connection.execute(
        "SELECT model, name, kind, target, columns, target_columns, through FROM bolt.relations() ORDER BY 1, 2, 3, 4, 5"
    ).fetchall():
        found.setdefault((model, relation[0]), []).append(relation)
    for (model, _), several in found.items():
        # one of several of one name would be refused as ambiguous
        if len(several) == 1 and model in models and several[0][2] in models:
            models[model].relations.append(Relation(*several[0]))
    return models
