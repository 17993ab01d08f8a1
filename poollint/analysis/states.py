"""The interpreter's values: path states of one acquire site, and the completions of a block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

UNACQUIRED, HELD, IDLE, RELEASED, ESCAPED = "unacquired", "held", "idle", "released", "escaped"
STATE_LIMIT = 48
UNTOLD, READ = -1, -2
"""In place of the ordinal of a release: none of this function's own, or uncertain; a response that was read."""

Facts = frozenset[tuple[str, str]]


class Kind(Enum):
    """What an expression's value is to the site."""

    OTHER = "other"
    NONE = "none"
    TRUE = "true"
    FALSE = "false"
    SOME = "some"
    """Not None, and nothing of ours."""
    RESOURCE = "resource"
    PENDING = "pending"
    """The acquire before it is awaited or entered."""
    CLOSING = "closing"
    """`closing(resource)`."""
    CARRIER = "carrier"
    """Holds the resource: a display, a wrapper, a cursor, a closure."""
    PART = "part"
    """Came from the resource and does not keep it: a row, a result read to its end."""
    RETURNER = "returner"
    """A callable that releases its argument: `pool.putconn`, not yet called."""
    CLOSER = "closer"
    """A callable that releases the resource when called."""


@dataclass(frozen=True, slots=True)
class Value:
    """`index` is where the resource stands in a tuple (kind CARRIER), else -1; `parts` where things of it do;
    `key` where it stands in a list or dict, as a path writes it ("" = not known)."""

    kind: Kind = Kind.OTHER
    index: int = -1
    parts: frozenset[int] = frozenset()
    key: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether who has this value has the resource."""
        return self.kind in (Kind.RESOURCE, Kind.CARRIER, Kind.CLOSER, Kind.CLOSING)

    @property
    def fact(self) -> str:
        """What binding it teaches of the name: "none", "true", "false", "not-none" or ""."""
        return _FACTS.get(self.kind, "")


OTHER = Value()
RESOURCE = Value(Kind.RESOURCE)
CARRIER = Value(Kind.CARRIER)
PART = Value(Kind.PART)
_FACTS = {
    Kind.NONE: "none",
    Kind.TRUE: "true",
    Kind.FALSE: "false",
    Kind.SOME: "not-none",
    Kind.RESOURCE: "not-none",
    Kind.CARRIER: "not-none",
}


@dataclass(frozen=True, slots=True)
class State:
    """One class of paths. `holders` are the names that denote the resource on all of them, `carriers` those
    of things that hold it; `facts` what branches taught ("none", "not-none", "true", "false" of a path);
    `via` the weakest exception edge that the path came by and was caught on ("" = none); `mistake` the
    ordinal of something on the path that looks like a release and is not (-1 = none).

    `freed` is the ordinal of the release, where this function itself released for certain, else UNTOLD or READ.

    IDLE is a session that was made, or ended its unit of work, and holds no connection until its next use.
    """

    status: str = UNACQUIRED
    holders: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()
    facts: Facts = frozenset()
    via: str = ""
    mistake: int = -1
    freed: int = UNTOLD

    def but(self, status: str) -> State:
        """The same path with another status; what no longer concerns us holds no names."""
        if status in (HELD, IDLE):
            return replace(self, status=status)
        return replace(self, status=status, carriers=frozenset(), mistake=-1)

    def let_go(self, ordinal: int) -> State:
        """Released, here and for certain; READ for a response that was read to its end."""
        return replace(self.but(RELEASED), freed=READ if READ in (ordinal, self.freed) else ordinal)

    def without(self, name: str) -> State:
        """The name is bound to something else: it and all below it are unknown again."""
        facts, below = self.facts, (f"{name}.", f"{name}[")
        if facts:
            facts = frozenset(f for f in facts if f[0] != name and not f[0].startswith(below))
        holders = frozenset(holder for holder in self.holders if holder != name and not holder.startswith(below))
        return replace(self, holders=holders, carriers=self.carriers - {name}, facts=facts)

    def learn(self, path: str, fact: str) -> State:
        return replace(self, facts=self.facts | {(path, fact)})

    def knows(self, path: str, fact: str) -> bool:
        return (path, fact) in self.facts

    @property
    def is_live(self) -> bool:
        return self.status == HELD

    @property
    def is_ours(self) -> bool:
        """Held, or able to hold again: this function still answers for it."""
        return self.status in (HELD, IDLE)

    @property
    def is_reachable(self) -> bool:
        """Whether something here still leads to the resource."""
        return bool(self.holders or self.carriers)


@dataclass(frozen=True, slots=True)
class Trail:
    """A path's story so far, newest first: (kind, ordinal, text)."""

    kind: str
    ordinal: int
    text: str
    before: Trail | None = None

    def told(self) -> list[tuple[str, int, str]]:
        steps: list[tuple[str, int, str]] = []
        trail: Trail | None = self
        while trail is not None:
            steps.append((trail.kind, trail.ordinal, trail.text))
            trail = trail.before
        return steps[::-1]


States = dict[State, "Trail | None"]
Evaluated = dict[tuple[State, Value], "Trail | None"]


@dataclass(frozen=True, slots=True)
class Exit:
    """A way on which the resource stays behind; `kind` as in `Leak`, `mistake` as in `State`."""

    kind: str
    ordinal: int
    trail: Trail | None
    mistake: int = -1


@dataclass(frozen=True, slots=True)
class Thrown:
    """Why a path raises: `edge` is "raise", "strong", "weak", "cancelled", or "exit" (the process ends, which leaks
    nothing unless somebody holds it up); `name` the class of an explicit raise, "" when any."""

    edge: str
    name: str = ""


Raises = dict[tuple[State, Thrown], "Trail | None"]


@dataclass(slots=True)
class Flow:
    """How a block completes: states that fall through, break, continue, return, and raise (by why)."""

    next: States = field(default_factory=dict)
    breaks: States = field(default_factory=dict)
    continues: States = field(default_factory=dict)
    returns: States = field(default_factory=dict)
    raises: Raises = field(default_factory=dict)

    def absorb(self, other: Flow) -> None:
        """Adds every completion of `other` but its fall-through."""
        merge(self.breaks, other.breaks)
        merge(self.continues, other.continues)
        merge(self.returns, other.returns)
        for key, trail in other.raises.items():
            self.raises.setdefault(key, trail)


def merge(into: States, more: States) -> None:
    """Set union; the first story of a state wins."""
    for state, trail in more.items():
        into.setdefault(state, trail)


def states_of(evaluated: Evaluated) -> States:
    """The states alone, values forgotten."""
    states: States = {}
    for (state, _), trail in evaluated.items():
        states.setdefault(state, trail)
    return states


def bounded(states: States) -> States:
    """Past the limit the facts are dropped: states that differ in nothing else become one."""
    if len(states) <= STATE_LIMIT:
        return states
    coarse: States = {}
    for state, trail in states.items():
        coarse.setdefault(replace(state, facts=frozenset()), trail)
    return coarse


_ORDER = ("cancelled", "weak", "strong", "raise")


def weakest(edges: Iterable[str]) -> str:
    """Of the exception edges on one path, the one that makes it least certain."""
    found = set(edges)
    return next((edge for edge in _ORDER if edge in found), "")
