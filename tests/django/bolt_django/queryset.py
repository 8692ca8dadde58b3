"""A QuerySet that remembers the calls it was built by.

The calls are kept on the Query, because Django copies a Query's attributes with it: into
clones, into prefetches and into Subquery and Exists, which throw the QuerySet away.
Nothing is translated before a document is asked for.
"""

import contextlib
import contextvars
import dataclasses
import functools

from django.db import models

CHAINED = (
    "filter exclude complex_filter annotate alias order_by reverse distinct select_related prefetch_related "
    "only defer values values_list dates datetimes none union intersection difference select_for_update extra"
).split()
TERMINAL = "get first last earliest latest count exists contains in_bulk aggregate".split()


@dataclasses.dataclass(frozen=True)
class Call:
    """One link of a chain.

    joined: Django lets it share the joins of the call before it, as it does after the
    condition that a many-to-many manager adds.
    """

    method: str
    args: tuple = ()
    kwargs: dict = dataclasses.field(default_factory=dict)
    joined: bool = False


@dataclasses.dataclass(frozen=True)
class Request:
    """A method that answers something else than a queryset, and what it was called with."""

    method: str
    queryset: "BoltQuerySet"
    args: tuple = ()
    kwargs: dict = dataclasses.field(default_factory=dict)


_recording_only = contextvars.ContextVar("recording_only", default=False)
_observer = contextvars.ContextVar("observer", default=None)


@contextlib.contextmanager
def recording_only():
    """Within it Django does not see the calls: for chains that it would refuse."""
    token = _recording_only.set(True)
    try:
        yield
    finally:
        _recording_only.reset(token)


@contextlib.contextmanager
def observing():
    """Collects the Requests made within it, less those that Django makes of its own."""
    requests = []
    token = _observer.set(requests)
    try:
        yield requests
    finally:
        _observer.reset(token)


def calls_of(query):
    """The calls that a Query was built by."""
    return getattr(query, "bolt_calls", ())


def is_unrecorded(query):
    """Whether a Query was built by calls that nobody recorded: its manager is not a BoltManager."""
    built = (
        query.where.children, query.annotations, query.is_sliced, query.order_by, query.extra_order_by,
        query.distinct, query.select_related, query.values_select, query.combinator, query.is_empty(),
    )
    return not calls_of(query) and any(built)


def _recorded(queryset, call, build):
    if _recording_only.get():
        result = queryset._clone()
    else:
        result = build()
    result.query.bolt_calls = calls_of(queryset.query) + (call,)
    return result


def _chained(name):
    django_method = getattr(models.QuerySet, name)

    @functools.wraps(django_method)
    def method(self, *args, **kwargs):
        call = Call(name, args, kwargs, joined=self.query.filter_is_sticky)
        return _recorded(self, call, lambda: django_method(self, *args, **kwargs))

    return method


def _terminal(name):
    django_method = getattr(models.QuerySet, name)

    @functools.wraps(django_method)
    def method(self, *args, **kwargs):
        observer = _observer.get()
        if observer is None:
            return django_method(self, *args, **kwargs)
        observer.append(Request(name, self, args, kwargs))
        if _recording_only.get():
            return None
        token = _observer.set(None)
        try:
            return django_method(self, *args, **kwargs)
        finally:
            _observer.reset(token)

    return method


class BoltQuerySet(models.QuerySet):
    """Django's QuerySet, with document()."""

    def __getitem__(self, key):
        if not isinstance(key, slice):
            observer = _observer.get()
            if observer is not None:
                observer.append(Request("item", self[key : key + 1]))
                if _recording_only.get():
                    return None
            return super().__getitem__(key)
        call = Call("slice", (key.start, key.stop, key.step))
        if _recording_only.get():
            return _recorded(self, call, None)
        result = super().__getitem__(key)
        if isinstance(result, BoltQuerySet):
            result.query.bolt_calls = calls_of(self.query) + (call,)
        return result

    def __or__(self, other):
        return self._combined(other, super().__or__)

    def __and__(self, other):
        return self._combined(other, super().__and__)

    def __xor__(self, other):
        return self._combined(other, super().__xor__)

    def _combined(self, other, django_method):
        return _recorded(self, Call("a combination of querysets by an operator"), lambda: django_method(other))

    def document(self, form="plain"):
        """The queryset as a bolt_orm document; see to_document."""
        from .document import to_document

        return to_document(self, form)


for _name in CHAINED:
    setattr(BoltQuerySet, _name, _chained(_name))
for _name in TERMINAL:
    setattr(BoltQuerySet, _name, _terminal(_name))

BoltManager = models.Manager.from_queryset(BoltQuerySet, "BoltManager")
