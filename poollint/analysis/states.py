"""The interpreter's values: path states of one acquire site, and the completions of a block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

UNACQUIRED, HELD, IDLE, RELEASED, ESCAPED = "unacquired", "held", "idle", "released", "escaped"
RESULT = "<result>"
STATE_LIMIT = 48

Facts = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class State:
    """One class of paths. `holders` are the names and dotted paths that denote the resource on all of them;
    `facts` what branches taught ("none", "not-none", "true", "false" of a path); `via` the weakest exception
    edge that the path has come by ("" = none).

    IDLE is a session that was made, or ended its unit of work, and holds no connection until its next use.
    """

    status: str = UNACQUIRED
    holders: frozenset[str] = frozenset()
    facts: Facts = frozenset()
    via: str = ""

    def holding(self, *names: str) -> State:
        return replace(self, holders=self.holders.union(names))

    def without(self, name: str) -> State:
        """The name is bound to something else: it and all below it denote the resource no more."""
        kept = frozenset(h for h in self.holders if h != name and not h.startswith((f"{name}.", f"{name}[")))
        facts = frozenset(f for f in self.facts if f[0] != name and not f[0].startswith(f"{name}."))
        return replace(self, holders=kept, facts=facts)

    def learn(self, path: str, fact: str) -> State:
        return replace(self, facts=self.facts | {(path, fact)})

    def knows(self, path: str, fact: str) -> bool:
        return (path, fact) in self.facts

    @property
    def is_live(self) -> bool:
        return self.status == HELD


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


@dataclass(frozen=True, slots=True)
class Exit:
    """A way on which the resource stays behind; `kind` as in `Leak`."""

    kind: str
    ordinal: int
    trail: Trail | None


@dataclass(frozen=True, slots=True)
class Thrown:
    """Why a path raises: `edge` is "raise", "strong", "weak" or "cancelled"; `name` the class of an explicit
    raise, "" when any."""

    edge: str
    name: str = ""


@dataclass(slots=True)
class Flow:
    """How a block completes: states that fall through, break, continue, return, and raise (by why)."""

    next: States = field(default_factory=dict)
    breaks: States = field(default_factory=dict)
    continues: States = field(default_factory=dict)
    returns: States = field(default_factory=dict)
    raises: dict[tuple[State, Thrown], Trail | None] = field(default_factory=dict)

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


def bounded(states: States) -> States:
    """Past the limit the facts are dropped: states that differ in nothing else become one."""
    if len(states) <= STATE_LIMIT:
        return states
    coarse: States = {}
    for state, trail in states.items():
        coarse.setdefault(replace(state, facts=frozenset()), trail)
    return coarse


def weakest(edges: Iterable[str]) -> str:
    """Of the exception edges on one path, the one that makes it least certain."""
    order = ("cancelled", "weak", "strong", "raise")
    found = set(edges)
    return next((edge for edge in order if edge in found), "")
