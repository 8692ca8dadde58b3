"""Tells bolt_orm what Django's models know and the catalogs do not."""

from django.db import connections, models

from .paths import table_name

ACTIONS = {
    models.CASCADE: "CASCADE",
    models.SET_NULL: "SET_NULL",
    models.SET_DEFAULT: "SET_DEFAULT",
    models.PROTECT: "PROTECT",
    models.RESTRICT: "RESTRICT",
    models.DO_NOTHING: "DO_NOTHING",
}


def register(models_, using="default"):
    """Registers every name that is not bolt_orm's default; registering again replaces."""
    with connections[using].cursor() as cursor:
        for model in models_:
            for statement, arguments in statements(model):
                cursor.execute(statement, arguments)


def statements(model):
    """The calls of bolt.register_… that a model needs."""
    yield from _model(model)
    for field in model._meta.local_fields:
        if field.is_relation and field.remote_field is not None:
            yield from _foreign_key(model, field)
    for field in model._meta.local_many_to_many:
        yield from _many_to_many(model, field)


def _call(function, **arguments):
    arguments = {name: value for name, value in arguments.items() if value is not None}
    casts = {"relation": "::regclass", "through": "::regclass", "target": "::regclass"}
    given = ", ".join(f"{name} => %s{casts.get(name, '')}" for name in arguments)
    return f"SELECT bolt.{function}({given})", list(arguments.values())


def _has_default_table(model):
    return model._meta.db_table == f"{model._meta.app_label}_{model._meta.model_name}"


def _model(model):
    ordering = list(model._meta.ordering) or None
    name = None if _has_default_table(model) else model._meta.label
    if ordering or name:
        yield _call("register_model", relation=table_name(model), name=name, ordering=ordering)


def _reverse_name(model, field):
    """None where bolt_orm's default is Django's."""
    if field.remote_field.related_name is not None:
        return "+" if field.remote_field.hidden else field.remote_field.related_name
    return None if _has_default_table(model) else model._meta.model_name


def _foreign_key(model, field):
    yield _call(
        "register_relation",
        relation=table_name(model),
        columns=[field.column],
        name=None if field.name == field.column.removesuffix("_id") else field.name,
        related_name=_reverse_name(model, field),
        on_delete=ACTIONS.get(field.remote_field.on_delete),
    )


def _through_cascades(through):
    """The rows of a table that Django made go with the objects at either end."""
    for key in through._meta.local_fields:
        if key.is_relation:
            yield _call("register_relation", relation=table_name(through), columns=[key.column], on_delete="CASCADE")


def _many_to_many(model, field):
    through = field.remote_field.through
    if through._meta.auto_created:
        yield from _through_cascades(through)
    to_itself = field.related_model is model
    default = through._meta.auto_created and through._meta.db_table == f"{model._meta.db_table}_{field.name}"
    if default and not to_itself and field.remote_field.related_name is None:
        return
    yield _call(
        "register_many_to_many",
        relation=table_name(model),
        through=table_name(through),
        name=field.name,
        related_name=None if field.remote_field.hidden else field.remote_field.related_name,
        source_columns=[field.m2m_column_name()],
        target_columns=[field.m2m_reverse_name()],
    )
