"""What assignments do to path states, and where a resource gets lost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from poollint.analysis.effects import Effects
from poollint.analysis.scopes import target_path
from poollint.analysis.states import (
    CARRIER,
    ESCAPED,
    HELD,
    OTHER,
    RESOURCE,
    Evaluated,
    Exit,
    Flow,
    Kind,
    Raises,
    State,
    States,
    Trail,
    Value,
)
from poollint.analysis.summaries import Summaries
from poollint.model import form

_LOST = {
    "overwritten": "its name gets another value here",
    "deleted": "its name is deleted here",
    "dropped": "nothing keeps it",
}
LOSSLESS = ("returned", "closed")
Pair = tuple[form.Expr, Value]


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that looks like a release; `kind` as in `WrongRelease`."""

    kind: str
    ordinal: int
    text: str


class Binding(ABC):
    """The ground of the interpreter: its findings, and names taking values."""

    def __init__(self, effects: Effects, summaries: Summaries) -> None:
        self.effects = effects
        self.summaries = summaries
        self.leaks: list[Exit] = []
        self.mistakes: dict[int, Mistake] = {}
        self.released_at: dict[int, bool] = {}
        self.escapes = False
        self.sheltered = 0
        """How many blocks around end what was acquired from the pool that they are of."""
        self.unawaited = -1
        self.at = -1
        """The ordinal of the statement under way."""
        self.unawaited_at: set[int] = set()
        self.during: set[int] = set()
        """The calls that are made while it is held, on some way that does not begin with a guess."""

    @abstractmethod
    def expression(self, expression: form.Expr, states: States, raises: Raises) -> Evaluated:
        """The values that an expression may have, by state; its exceptions go to `raises`."""

    @abstractmethod
    def block(self, block: form.Block, states: States) -> Flow:
        """All completions of a block."""

    # --- names ---

    def named(self, state: State, name: str) -> Value:
        """What a name stands for in a state."""
        if name in state.holders:
            return RESOURCE
        if state.is_ours and name in self.effects.closers:
            return Value(Kind.CLOSER)
        if name in state.carriers:
            return _of_elements(state, name)
        if state.is_ours and (name in self.effects.captors or name in self.effects.keepers):
            return CARRIER
        if state.knows(name, "none"):
            return Value(Kind.NONE)
        return Value(Kind.PART) if name in self.effects.parts else OTHER

    def is_lasting(self, target: form.Expr) -> bool:
        """Whether what is bound there outlives the function's names."""
        if not isinstance(target, form.Name):
            return True
        lasting = self.effects.lasting
        return "*" in lasting or target.id in lasting

    def bind(self, state: State, trail: Trail | None, pairs: list[Pair], ordinal: int) -> tuple[State, Trail | None]:
        """Binds all targets of one statement; the values were taken before."""
        before = state
        for target, value in pairs:
            if value.is_kept and state.is_ours and self.is_lasting(target):
                state = self.escaped(state)
        state = self._bind_kept(state, pairs)
        state = self._bind_others(state, pairs)
        if before.is_live and before.is_reachable and state.is_live and not state.is_reachable:
            # `conn = conn.options(...)`: what is made of the resource stands for it.
            made = [target.id for target, value in pairs if value.kind is Kind.PART and isinstance(target, form.Name)]
            if made:
                return replace(state, carriers=frozenset(made)), trail
            return self.lost(state, trail, "overwritten", ordinal), trail
        return state, trail

    def _bind_kept(self, state: State, pairs: list[Pair]) -> State:
        for target, value in pairs:
            if not value.is_kept or not isinstance(target, form.Name):
                continue
            state = state.without(target.id)
            if value.kind is Kind.RESOURCE:
                state = replace(state, holders=state.holders | {target.id})
            elif state.is_ours:
                key = value.key or (str(value.index) if value.index >= 0 else "")
                element = {f"{target.id}[{key}]"} if key else set()
                carriers = state.carriers | {target.id}
                state = replace(state, carriers=carriers, holders=state.holders | element)
        return state

    def _bind_others(self, state: State, pairs: list[Pair]) -> State:
        for target, value in pairs:
            path = target_path(target)
            if path is None or (value.is_kept and isinstance(target, form.Name)):
                continue
            state = state.without(path)
            if value.fact and path in self.effects.tested:
                state = state.learn(path, value.fact)
        return state

    def pairs(self, target: form.Expr, value: Value) -> list[Pair]:
        """What each name of a target takes from one value."""
        if isinstance(target, form.Starred):
            return self.pairs(target.value, CARRIER if value.is_kept else OTHER)
        if not isinstance(target, form.Sequence):
            return [(target, value)]
        found: list[Pair] = []
        for index, item in enumerate(target.items):
            taken = OTHER
            if value.kind is Kind.CARRIER:
                taken = CARRIER if value.index < 0 else RESOURCE if value.index == index else OTHER
                taken = Value(Kind.PART) if index in value.parts else taken
            elif value.kind in (Kind.RESOURCE, Kind.PART):
                taken = Value(Kind.PART)
            found += self.pairs(item, taken)
        return found

    def rebound(self, states: States, names: list[str], ordinal: int) -> States:
        """The names take values that are not the resource (a loop's target, a pattern's names)."""
        if not names:
            return states
        after: States = {}
        for state, trail in states.items():
            pairs: list[Pair] = [(form.Name(name), OTHER) for name in names]
            after.setdefault(*self.bind(state, trail, pairs, ordinal))
        return after

    # --- the end of a claim ---

    def escaped(self, state: State) -> State:
        self.escapes = self.escapes or state.is_ours
        return state.but(ESCAPED)

    def lost(self, state: State, trail: Trail | None, kind: str, ordinal: int) -> State:
        """Nothing here leads to the resource any more."""
        if not state.is_ours:
            return state
        is_safe = kind == "dropped" and self.effects.acquire.dropped in LOSSLESS
        # A response that is dropped frees its place; its client's end closes the rest.
        is_safe = is_safe or self.is_sheltered
        if state.status == HELD and not is_safe:
            self.leak(state, kind, ordinal, Trail("exit", ordinal, _LOST[kind], trail))
        return state.but(ESCAPED)

    @property
    def is_sheltered(self) -> bool:
        """A response that its client's own block ends."""
        return self.effects.reading.is_asked and self.sheltered > 0

    def settled(self, states: States, ordinal: int) -> States:
        """A statement has ended: an acquire that nothing keeps was dropped."""
        if not any(state.is_ours and not state.is_reachable for state in states):
            return states
        kept: States = {}
        for state, trail in states.items():
            if state.is_ours and not state.is_reachable:
                state = self.lost(state, trail, "dropped", ordinal)
            kept.setdefault(state, trail)
        return kept

    def leak(self, state: State, kind: str, ordinal: int, trail: Trail | None) -> None:
        self.leaks.append(Exit(state.via or kind, ordinal, trail, state.mistake))

    def mistaken(self, state: State, kind: str, ordinal: int, text: str) -> State:
        """The path passes what looks like a release and is none."""
        self.mistakes.setdefault(ordinal, Mistake(kind, ordinal, text))
        return replace(state, mistake=ordinal)


def _of_elements(state: State, name: str) -> Value:
    """A name that holds the resource: at which place of a tuple, if that is known."""
    prefix = f"{name}["
    keys = [holder[len(prefix) : -1] for holder in state.holders if holder.startswith(prefix)]
    return Value(Kind.CARRIER, int(keys[0])) if len(keys) == 1 and keys[0].isdigit() else CARRIER
