"""The parts of a random queryset: each can be written as Python and made smaller.

smaller() yields the same thing with something left out, which is how a difference is cut down
to what it needs.
"""

import dataclasses


def source(node):
    return node if isinstance(node, str) else node.source()


def smaller(node):
    return () if isinstance(node, str) else node.smaller()


def without_one(members):
    for i in range(len(members)):
        yield members[:i] + members[i + 1 :]


def with_one_smaller(members):
    for i, member in enumerate(members):
        for replacement in smaller(member):
            yield members[:i] + (replacement,) + members[i + 1 :]


@dataclasses.dataclass(frozen=True)
class Leaf:
    """One condition; the value is Python source."""

    path: str
    value: str

    def source(self):
        return f"Q({self.path}={self.value})"

    def smaller(self):
        return ()


@dataclasses.dataclass(frozen=True)
class Not:
    member: object

    def source(self):
        return f"~{source(self.member)}"

    def smaller(self):
        yield self.member
        for replacement in smaller(self.member):
            yield Not(replacement)


@dataclasses.dataclass(frozen=True)
class Joined:
    """Conditions joined by &, | or ^."""

    operator: str
    members: tuple

    def source(self):
        return "(%s)" % f" {self.operator} ".join(source(member) for member in self.members)

    def smaller(self):
        yield from self.members
        if len(self.members) > 2:
            for members in without_one(self.members):
                yield Joined(self.operator, members)
        for members in with_one_smaller(self.members):
            yield Joined(self.operator, members)


@dataclasses.dataclass(frozen=True)
class Link:
    """.method(arguments)"""

    method: str
    arguments: tuple = ()
    most: int = 0  # how many arguments have to stay

    def source(self):
        return f".{self.method}({', '.join(source(argument) for argument in self.arguments)})"

    def smaller(self):
        if len(self.arguments) > self.most:
            for arguments in without_one(self.arguments):
                yield dataclasses.replace(self, arguments=arguments)
        for arguments in with_one_smaller(self.arguments):
            yield dataclasses.replace(self, arguments=arguments)


@dataclasses.dataclass(frozen=True)
class Slice:
    start: int
    stop: int | None

    def source(self):
        return f"[{self.start or ''}:{'' if self.stop is None else self.stop}]"

    def smaller(self):
        if self.start:
            yield Slice(0, self.stop)


@dataclasses.dataclass(frozen=True)
class PrefetchOf:
    """Prefetch(path, queryset, to_attr)"""

    path: str
    chain: object = None
    to_attr: str | None = None

    def source(self):
        arguments = [repr(self.path)]
        if self.chain is not None:
            arguments.append(f"queryset={source(self.chain)}")
        if self.to_attr:
            arguments.append(f"to_attr={self.to_attr!r}")
        return f"Prefetch({', '.join(arguments)})"

    def smaller(self):
        if self.to_attr and ")[" not in source(self.chain or ""):
            yield PrefetchOf(self.path, self.chain)
        if self.chain is not None:
            yield PrefetchOf(self.path, None, self.to_attr)
            for chain in smaller(self.chain):
                yield PrefetchOf(self.path, chain, self.to_attr)


@dataclasses.dataclass(frozen=True)
class Chain:
    """Model.objects, links, and perhaps a method that ends the chain."""

    model: str
    links: tuple = ()
    terminal: object = None

    def source(self):
        links = self.links + ((self.terminal,) if self.terminal else ())
        start = f"{self.model}.objects" + (".all()" if not links or isinstance(links[0], Slice) else "")
        return start + "".join(source(link) for link in links)

    def smaller(self):
        if self.terminal:
            yield dataclasses.replace(self, terminal=None)
        for links in without_one(self.links):
            yield dataclasses.replace(self, links=links)
        for links in with_one_smaller(self.links):
            yield dataclasses.replace(self, links=links)
        for terminal in smaller(self.terminal) if self.terminal else ():
            yield dataclasses.replace(self, terminal=terminal)
