"""Which parts of the contract the installed extension has.

Cases and random links that need one it has not are left out, and said to be. A feature is a row:
its name and a document, or the call of a function, that only works with it.
"""

import json

from django.db import Error, connection

PROBES = {
    "chain": {"model": "press_tag", "chain": []},
    "annotate": {"model": "press_tag", "annotate": {"x": {"Value": 1}}},
    "expressions": {"model": "press_tag", "filter": {"name": {"F": "name"}}},
    "subquery": {"model": "press_tag", "filter": {"id__in": {"Subquery": {"model": "press_tag", "values": ["id"]}}}},
    "exists": {
        "model": "press_tag",
        "filter": {"Exists": {"model": "press_tag", "filter": {"id": {"OuterRef": "id"}}}},
    },
    "functions": {"model": "press_tag", "annotate": {"x": {"Lower": "name"}}},
    "aggregates": {"model": "press_tag", "annotate": {"x": {"Count": "article"}}},
    "aggregate()": """SELECT bolt.aggregate('{"model": "press_tag"}', '{"n": {"Count": "*"}}')""",
    "window": {"model": "press_tag", "annotate": {"x": {"Window": {"RowNumber": []}, "order_by": ["id"]}}},
    "date lookups": {"model": "press_article", "filter": {"created__year": 2024}},
    "json lookups": {"model": "press_article", "filter": {"data__kind": "long"}},
    "array lookups": {"model": "press_article", "filter": {"labels__len": 1}},
    "transforms": {"model": "press_tag", "filter": {"name__length": 3}},
    "dates": {"model": "press_article", "dates": ["released", "year"]},
    "union": {"model": "press_tag", "union": [{"model": "press_tag"}]},
    "page": {"model": "press_tag"},
    "write": """SELECT bolt.update('{"model": "press_tag", "none": true}', '{}')""",
    "delete": """SELECT bolt.delete('{"model": "press_tag", "none": true}')""",
    "related managers": """SELECT bolt.add('press_article', (SELECT to_json(min(id)) FROM press_article), 'tags', '[]')""",
}


def available():
    """The names of the features that are there."""
    return {name for name, probe in PROBES.items() if _works(probe)}


def _works(probe):
    try:
        with connection.cursor() as cursor:
            if isinstance(probe, str):
                cursor.execute(probe)
            else:
                cursor.execute("SELECT bolt.fetch_json(%s)", [json.dumps(probe)])
    except Error:
        return False
    return True
