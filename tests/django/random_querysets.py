"""Random querysets over the press: whatever can be chained, in an order that Django allows.

Where rows have no order the results are compared as multisets, and slices are only taken of
rows that have one. Known differences on purpose (docs/differences.md) are not generated.
"""

import collections
import datetime
import decimal
import random
import uuid
import zoneinfo

from django.db.models import Count, F, Max, Min, Prefetch, Q, Window
from django.db.models.functions import Rank

import random_models as known
from outcome import compare, report
from press import models as press
from progress import Progress
from random_chain import Chain, Joined, Leaf, Link, Not, PrefetchOf, Slice

# A few prefetches of multiplied rows are of so many that Python is busy with them for an hour.
MOST_TEXT = 5_000_000

NAMESPACE = {
    "datetime": datetime,
    "Decimal": decimal.Decimal,
    "UUID": uuid.UUID,
    "zoneinfo": zoneinfo,
    **{each.__name__: each for each in (Count, F, Max, Min, Prefetch, Q, Rank, Window)},
    **{name: getattr(press, name) for name in dir(press) if name[0].isupper()},
}


def run(options, wanted):
    """Generates and compares until enough are compared; returns how many passed and failed."""
    verdicts = collections.Counter()
    empty = 0
    number = options.first
    form = options.form if "chain" in wanted else "plain"
    progress = Progress(options.random, "random querysets")
    while verdicts["same"] + verdicts["different"] < options.random and verdicts["different"] < options.most:
        seed = options.seed * 1_000_000 + number
        number += 1
        chain = Generator(random.Random(seed), wanted).chain()
        outcome = outcome_of(chain, form)
        verdicts[outcome.verdict] += 1
        empty += outcome.verdict == "same" and outcome.bolt in ("[]", "null", "0", "false", "{}")
        if outcome.verdict in ("same", "different"):
            progress.done(verdicts["same"] + verdicts["different"], verdicts["different"])
        if outcome.verdict == "different":
            progress.clear()
            chain = shrink(chain, form)
            print(
                f"\nFAILED random {seed}\n{chain.source()}\n{report(outcome_of(chain, form), build(chain))}", flush=True
            )
    progress.clear()
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    print(f"random querysets from seed {options.seed}: {counts}; {empty} with empty answers")
    return verdicts["same"], verdicts["different"]


def build(chain):
    text = chain.source()
    return lambda: eval(text, dict(NAMESPACE))


def outcome_of(chain, form):
    return compare(build(chain), form, function="fetch", most=MOST_TEXT)


def shrink(chain, form, most=400):
    """The smallest chain found that still makes a difference."""
    progress = True
    while progress and most > 0:
        progress = False
        for candidate in chain.smaller():
            most -= 1
            try:
                different = outcome_of(candidate, form).verdict == "different"
            except Exception:  # what is left makes no sense
                different = False
            if different:
                chain = candidate
                progress = True
                break
    return chain


class Scope:
    """One call of filter() or exclude(), and the differences on purpose that it has to keep clear of.

    A to-many relation is negated once, and no other condition goes to the same tables: see
    exclude-several and negation-same-row. Conditions that are negated together do not ask whether what a
    relation leads to is null: see negated-nulls. What is prefetched by a many-to-many relation is not
    filtered through that relation's table: see prefetch-same-relation.
    """

    def __init__(self, prefetched=None):
        self.through = prefetched.through if prefetched is not None else ""
        self.positive = set()
        self.negated = set()
        self.together = False

    def admits(self, hops, negated):
        models = {hop.model for hop in hops} | {hop.target for hop in hops}
        if self.through and any(self.through in (hop.through, hop.target) for hop in hops):
            return False
        if negated and any(hop.to_many for hop in hops):
            return not models & (self.positive | self.negated)
        return not models & self.negated

    def add(self, hops, negated):
        models = {hop.model for hop in hops} | {hop.target for hop in hops}
        if negated and any(hop.to_many for hop in hops):
            self.negated |= models
        else:
            self.positive |= models


class Generator:
    """One random queryset. features: what may be used of what is not always there."""

    def __init__(self, chance, features):
        self.chance = chance
        self.features = features
        self.focus = None
        self.aggregating = False
        self.windowing = False
        self.avoided = ""  # the many-to-many table by which these rows are prefetched

    def sometimes(self, probability):
        return self.chance.random() < probability

    def pick(self, members):
        return self.chance.choice(members)

    def relation(self, relations):
        """Rather the one in focus, if there is one: joins are where paths meet."""
        return self.focus if self.focus in relations and self.sometimes(0.8) else self.pick(relations)

    # ---- the chain ----

    def chain(self):
        name = self.pick(["Article", "Person", *known.model_names()])
        to_many = [relation for relation in known.relations(name) if relation.to_many]
        if to_many and "aggregates" in self.features and self.sometimes(0.1):
            self.aggregating = True
        elif to_many and self.sometimes(0.3):
            self.focus = self.pick(to_many)
        links = self.conditions(name, 3) + self.annotations(name)
        terminal = None
        if self.sometimes(0.2):
            links += self.order(name, total=self.sometimes(0.7))
            links += self.values(name) if self.sometimes(0.6) else ()
            # Django's distinct comes before a window's filter: difference window-distinct
            links += (Link("distinct"),) if self.sometimes(0.3) and not self.windowing else ()
        else:
            selected = self.to_one_paths(name) if self.sometimes(0.35) else []
            if selected:
                links += (Link("select_related", tuple(map(repr, selected)), 1),)
            links += self.loading(name, selected)
            if self.sometimes(0.35):
                links += self.prefetches(name, 2, selected)
            links += self.order_and_slice(name)
        if self.sometimes(0.2):
            terminal = self.terminal(name, links)
        if self.sometimes(0.3) and not any(link.method == "annotate" for link in links if isinstance(link, Link)):
            links = self.shuffled(links)
        return Chain(name, links, terminal)

    def shuffled(self, links):
        """In another order, but for what has to be last; values() must come after select_related()."""
        last = [link for link in links if isinstance(link, Slice)]
        first = [link for link in links if not isinstance(link, Slice)]
        self.chance.shuffle(first)
        return tuple(first + last)

    def order_and_slice(self, name):
        choice = self.chance.random()
        if choice < 0.3:
            return ()
        if choice < 0.5:
            return self.order(name, total=False)
        links = self.order(name, total=True)
        if choice < 0.6 and not self.aggregating and not self.windowing:
            terms = [term for term in links[0].arguments if "__" not in term]
            distinct = [term.replace("-", "") for term in terms[: self.chance.randint(1, 2)]]
            rest = tuple(term for term in terms if term.replace("-", "") not in distinct)
            links = (Link("order_by", tuple(terms[: len(distinct)]) + rest, 1), Link("distinct", tuple(distinct), 1))
        elif choice < 0.7:
            links += (Link("reverse"),)
        if self.sometimes(0.5):
            start = self.pick([0, 0, 1, 3])
            links += (Slice(start, self.pick([start + 1, start + 4, start + 10, None])),)
        return links

    def order(self, name, total):
        terms = []
        for _ in range(self.chance.randint(0 if total else 1, 2)):
            path = self.pick(self.column_paths(name, 2, to_many=self.sometimes(0.2)))
            if path not in [term.replace("-", "") for term in terms]:
                terms.append("-" * self.sometimes(0.4) + path)
        if total and "pk" not in terms:
            terms.append(self.pick(["pk", "-pk"]))
        return (Link("order_by", tuple(map(repr, terms)), 1),) if terms else ()

    def values(self, name):
        paths = [self.pick(self.column_paths(name, 2, to_many=self.sometimes(0.35))) for _ in range(3)]
        # of a column that is named twice a window's filter leaves one: difference window-column
        paths = list(dict.fromkeys(paths))[: 1 if self.windowing else self.chance.randint(1, 3)]
        arguments = tuple(map(repr, paths))
        choice = self.chance.random()
        if choice < 0.5:
            return (Link("values", arguments, 1),)
        if choice < 0.8:
            return (Link("values_list", arguments, 1),)
        return (Link("values_list", (arguments[0], "flat=True"), 2),)

    def terminal(self, name, links):
        changed = {getattr(link, "method", "slice") for link in links} & {"values", "values_list", "distinct", "slice"}
        if "aggregate()" in self.features and not changed and self.sometimes(0.2):
            # objects, whatever joins do to their rows: difference aggregates
            return Link("aggregate", ("n=Count('pk', distinct=True)",), 1)
        method = self.pick(["count", "count", "exists", "first", "last", "earliest", "latest", "in_bulk", "get"])
        if self.aggregating and method in ("first", "last"):
            # Django has no Meta.ordering there: difference aggregates-ordering
            return Link("count")
        if method in ("earliest", "latest"):
            field = self.pick(known.fields(name)).name
            return Link(method, (repr(field), repr("pk")), 2)
        if method == "in_bulk":
            pks = known.values(name, "pk")
            return Link(method, ("[%s]" % ", ".join(self.pick(pks) for _ in range(3)),), 1)
        if method == "get" and self.sometimes(0.7):
            return Link(method, (f"pk={self.pick(known.values(name, 'pk'))}",), 0)
        return Link(method)

    def annotations(self, name):
        """Columns under other names, arithmetic, and one aggregate, each perhaps filtered by."""
        links = ()
        self.windowing = "window" in self.features and not self.aggregating and self.sometimes(0.1)
        if "annotate" in self.features and self.sometimes(0.2) and not self.windowing:
            # beside a window's filter Django loses the column: difference window-column
            path = self.pick(self.column_paths(name, 2))
            links += (Link("annotate", (f"x_column=F({path!r})",), 1),)
            links += (Link("filter", (f"x_column__isnull={self.sometimes(0.3)}",), 1),) if self.sometimes(0.4) else ()
        numbers = [field.name for field in known.fields(name) if field.kind == "number"]
        if "annotate" in self.features and numbers and self.sometimes(0.2):
            operator = self.pick(["+", "-", "*"])
            links += (Link("annotate", (f"x_number=F({self.pick(numbers)!r}) {operator} 2",), 1),)
            links += (Link("filter", ("x_number__gt=3",), 1),) if self.sometimes(0.4) else ()
        if self.windowing:
            partition = self.pick(["", "", *(f"partition_by={field.name!r}, " for field in known.fields(name))])
            links += (Link("annotate", (f"x_window=Window(Rank(), {partition}order_by='pk')",), 1),)
            links += (Link("filter", self.window_filter(name), 1),) if self.sometimes(0.8) else ()
        to_many = [relation for relation in known.relations(name) if relation.to_many]
        if self.aggregating:
            # with no other to-many relation beside it: difference aggregates
            relation = self.pick(to_many)
            field = self.pick([each.name for each in known.fields(relation.target) if each.kind in ("number", "date")])
            aggregate = self.pick(["Count", "Max", "Min"])
            links += (Link("annotate", (f"x_aggregate={aggregate}({relation.name + '__' + field!r})",), 1),)
            links += (Link("filter", ("x_aggregate__isnull=False",), 1),) if self.sometimes(0.4) else ()
        return links

    def window_filter(self, name):
        """A condition on the window, perhaps joined to another."""
        leaf = Leaf("x_window__lte", str(self.pick([1, 2, 3, 10])))
        leaf = Not(leaf) if self.sometimes(0.2) else leaf
        if self.sometimes(0.5):
            return (leaf,)
        other = self.leaf(name, False, Scope())
        while "year" in other.path:
            other = self.leaf(name, False, Scope())  # difference window-year
        return (Joined("^" if self.sometimes(0.2) else self.pick("&|"), (leaf, other)),)

    # ---- conditions ----

    def conditions(self, name, most, prefetched=None):
        """prefetched: the relation by which these rows are prefetched."""
        links = ()
        for _ in range(self.chance.randint(0, most)):
            if self.sometimes(0.7):
                links += (Link("filter", self.call(name, False, prefetched), 1),)
            else:
                links += (Link("exclude", self.call(name, True, prefetched), 1),)
        return links

    def call(self, name, negated, prefetched):
        """The arguments of one call."""
        scope = Scope(prefetched)
        count = self.pick([1, 1, 2])
        scope.together = negated and count > 1
        return tuple(self.q(name, 2 if not negated or count == 1 else 0, negated, scope) for _ in range(count))

    def q(self, name, depth, negated, scope):
        choice = self.chance.random()
        if depth == 0 or choice < 0.5:
            return self.leaf(name, negated, scope)
        if choice < 0.7 and not negated:
            # no negation of a negation: difference double-negation
            return Not(self.q(name, depth - 1, True, scope))
        operator = self.pick(["&", "&", "|", "|", "|", "^"])
        if operator == "^":
            # Django joins too little for what stands deeper in an XOR, or in a negated one: difference xor
            members = tuple(self.leaf(name, negated, scope, 0 if negated else 2) for _ in range(2))
        else:
            # nor is Django right about nulls of relations in an OR in a negated AND: difference negated-nulls
            depth = 0 if negated else depth - 1
            scope.together |= negated and operator == "&"
            members = tuple(self.q(name, depth, negated, scope) for _ in range(self.pick([2, 2, 3])))
        return Joined(operator, members)

    def leaf(self, name, negated, scope, depth=2):
        for _ in range(10):
            hops = self.hops(name, depth)
            if scope.admits(hops, negated):
                break
        else:
            hops = []
        scope.add(hops, negated)
        path = "".join(relation.name + "__" for relation in hops)
        target = hops[-1].target if hops else name
        without_null = negated and scope.together and bool(hops)
        if hops and not without_null and self.sometimes(0.15):
            *before, relation = hops
            return self.relation_leaf("".join(hop.name + "__" for hop in before), relation)
        fields = [each for each in known.fields(target) if each.kind != "json" or not without_null]
        if not fields:
            return Leaf(path + "pk", self.pick(known.values(target, "pk")))
        field = self.pick(fields)
        lookup = self.pick([each for each in self.lookups(field.kind) if each != "isnull" or not without_null])
        # Django takes an F under a negation for one of the rows outside: difference negated-f
        whole = not (negated and any(hop.to_many for hop in hops))
        if "expressions" in self.features and lookup in known.COMPARISONS[:4] and whole and self.sometimes(0.3):
            others = [other.name for other in known.fields(target) if other.kind == field.kind]
            return Leaf(f"{path}{field.name}__{lookup}", f"F({path + self.pick(others)!r})")
        suffix = "" if lookup == "exact" and self.sometimes(0.7) else "__" + lookup
        value = self.value(target, field, lookup)
        while without_null and value == "None":
            value = self.value(target, field, lookup)
        return Leaf(path + field.name + suffix, value)

    def hops(self, name, depth):
        hops = []
        for _ in range(min(self.pick([0, 0, 1, 1, 2]), depth)):
            relations = [r for r in known.relations(name) if not (self.aggregating and r.to_many)]
            if not relations:
                break
            hops.append(self.relation(relations))
            name = hops[-1].target
        return hops

    def lookups(self, kind):
        further = [known.FURTHER_LOOKUPS[name].get(kind, []) for name in known.FURTHER_LOOKUPS if name in self.features]
        return known.LOOKUPS[kind] + sum(further, [])

    def relation_leaf(self, path, relation):
        pks = known.values(relation.target, "pk")
        choice = self.pick(["exact", "in", "isnull", "gt"])
        if choice == "isnull":
            return Leaf(path + relation.name + "__isnull", str(self.sometimes(0.5)))
        if choice == "in":
            return Leaf(path + relation.name + "__in", "[%s]" % ", ".join(self.pick(pks) for _ in range(3)))
        if choice == "gt" and not relation.to_many:
            return Leaf(path + relation.name + "__gt", self.pick(pks))
        return Leaf(path + relation.name, self.pick(pks) if self.sometimes(0.9) else "None")

    def value(self, name, field, lookup):
        there = known.values(name, field.name)
        if lookup.split("__")[0] in (*known.DATE_PARTS, *known.TIME_PARTS, "len"):
            return str(self.pick([2023, 2024] if "year" in lookup else [0, 1, 2, 3, 6, 12]))
        if lookup == "isnull":
            return str(self.sometimes(0.5))
        if lookup == "in":
            members = [self.pick(there) for _ in range(self.chance.randint(0, 4))]
            if field.kind != "array" and self.sometimes(0.1):
                members.append("None")
            return "[%s]" % ", ".join(members)
        if lookup == "range":
            return f"({self.pick(there)}, {self.pick(there)})"
        if lookup in ("regex", "iregex"):
            return repr(self.pick(known.EXPRESSIONS))
        if lookup in known.TEXTS and lookup != "iexact":
            if field.kind != "text":
                return repr(self.pick(["1", "2", "-", "5"]))
            return repr(self.pick(known.PATTERNS))
        if lookup == "exact" and field.nullable and self.sometimes(0.1):
            return "None"
        return self.pick(there)

    # ---- paths ----

    def column_paths(self, name, depth, to_many=False):
        """Paths that end at a column."""
        path, target = "", name
        for _ in range(self.chance.randint(0, depth)):
            to_many = (to_many or self.focus is not None) and not self.aggregating
            relations = [r for r in known.relations(target) if to_many or not r.to_many]
            relations = [r for r in relations if not self.avoided or self.avoided not in (r.through, r.target)]
            if not relations:
                break
            relation = self.relation(relations)
            path += relation.name + "__"
            target = relation.target
        names = [field.name for field in known.fields(target) if field.kind != "json"]
        return [path + each for each in [*names, *known.foreign_keys(target), "pk"]]

    def to_one_paths(self, name):
        paths = []
        for _ in range(self.chance.randint(1, 2)):
            path, target = [], name
            for _ in range(self.chance.randint(1, 3)):
                relations = [r for r in known.relations(target) if not r.to_many]
                if not relations:
                    break
                relation = self.pick(relations)
                path.append(relation.name)
                target = relation.target
            if path:
                paths.append("__".join(path))
        return list(dict.fromkeys(paths))

    def loading(self, name, selected):
        if not self.sometimes(0.3):
            return ()
        own = [field.name for field in known.fields(name)] + known.foreign_keys(name)
        paths = self.chance.sample(own, self.chance.randint(1, min(3, len(own))))
        method = self.pick(["only", "defer"])
        if method == "only":
            # Django refuses to follow a relation whose column it has not read
            paths += [path.split("__")[0] for path in selected if path.split("__")[0] not in paths]
        return (Link(method, tuple(map(repr, paths)), 1),)

    def prefetches(self, name, depth, selected, back=""):
        """Neither of what select_related() has nor back to where the objects come from.

        See the differences selected-and-prefetched and prefetch-back.
        """
        taken = {path.split("__")[0] for path in selected} | {back}
        lookups = []
        for _ in range(self.chance.randint(1, 2)):
            relation = self.pick(known.relations(name))
            if relation.accessor in taken:
                continue
            taken.add(relation.accessor)
            lookups.append(self.prefetch(relation, depth, len(lookups)))
        return (Link("prefetch_related", tuple(lookups), 1),) if lookups else ()

    def prefetch(self, relation, depth, number):
        path = relation.accessor
        if self.sometimes(0.4):
            following = self.pick(known.relations(relation.target) or [None])
            if following is not None:
                return repr(f"{path}__{following.accessor}")
        if self.sometimes(0.3):
            return repr(path)
        target = relation.target
        links = self.conditions(target, 2, relation)
        selected = self.to_one_paths(target) if self.sometimes(0.2) else []
        if selected:
            links += (Link("select_related", tuple(map(repr, selected)), 1),)
        if depth and self.sometimes(0.3):
            links += self.prefetches(target, depth - 1, selected, relation.back)
        if self.sometimes(0.5):
            self.avoided = relation.through
            links += self.order(target, total=True)
            self.avoided = ""
            if relation.to_many and self.sometimes(0.5):
                start = self.pick([0, 0, 1])
                links += (Slice(start, self.pick([start + 1, start + 2, None])),)
        # Django needs a name for what it slices: difference sliced-prefetch
        sliced = any(isinstance(link, Slice) for link in links)
        to_attr = f"found_{number}" if sliced or self.sometimes(0.4) else None
        return PrefetchOf(path, Chain(target, links), to_attr)
