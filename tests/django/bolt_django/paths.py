"""Django's paths as bolt_orm's: a field is called by its column there."""

from django.core.exceptions import FieldDoesNotExist


def table_name(model):
    """The model's table, as SQL writes it."""
    table = model._meta.db_table
    if table.replace("_", "a").isalnum() and table == table.lower():
        return table
    return '"%s"' % table.replace('"', '""')


def walk(model, path):
    """Yields (segment, field) along a path; field is None where Django knows none.

    After the first segment that is no relation nothing is a field any more: it is a
    transform, a key of JSON or a lookup.
    """
    for segment in path.split("__"):
        field = None
        if model is not None and segment == "pk":
            field, model = model._meta.pk, None
        elif model is not None:
            try:
                field = model._meta.get_field(segment)
            except FieldDoesNotExist:
                model = None
            else:
                # author_id is the column, author the way on
                ends = not field.is_relation or segment == getattr(field, "attname", None) != field.name
                model = None if ends else field.related_model
        yield segment, field


def bolt_path(model, path, names=()):
    """A path of fields, transforms and lookups; names are annotations, which hide fields."""
    if path.split("__")[0] in names:
        return path
    segments = []
    for segment, field in walk(model, path):
        is_column = field is not None and segment != "pk" and (not field.is_relation or segment != field.name)
        segments.append(getattr(field, "column", None) or segment if is_column else segment)
    return "__".join(segments)


def last_field(model, path):
    """The field that a condition's path compares, if Django knows one."""
    found = None
    for _, field in walk(model, path):
        if field is None:
            break
        found = field
    return found
