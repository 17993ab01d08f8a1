"""What is done with a resource after its release: a second release, a use, a return out of its own `with`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from poollint.analysis.binding import Binding
from poollint.analysis.effects import Effects
from poollint.analysis.render import render
from poollint.analysis.states import READ, RELEASED, UNTOLD, Kind, State, Trail, Value
from poollint.analysis.summaries import Summaries
from poollint.model import form

USING = frozenset({
    "execute", "executemany", "cursor", "commit", "rollback", "begin", "fetch", "fetchrow", "fetchval", "query",
    "transaction", "callproc", "send_command", "read_response", "scalar", "scalars",
    "channel", "fetchall", "fetchone",
})  # fmt: skip
REOPENING = frozenset({"ping", "connect", "reconnect", "open", "reopen", "ensure_connection"})


@dataclass(frozen=True, slots=True)
class After:
    """`kind` as in `Misuse`; `freed` is the ordinal of the release."""

    kind: str
    ordinal: int
    freed: int
    text: str
    trail: Trail | None


class Afterwards(Binding):
    """Collects them in `after`, one of a kind and place. `within` counts the blocks around that release the resource
    when they are left; `trail` is the story of the state under way."""

    def __init__(self, effects: Effects, summaries: Summaries) -> None:
        super().__init__(effects, summaries)
        self.after: dict[tuple[str, int], After] = {}
        self.within = 0
        self.trail: Trail | None = None

    def released_before(self, call: form.Call, state: State, base: Value, args: tuple[Value, ...]) -> State:
        """A call in a state in which the resource is not ours: at fault where it still is about the resource."""
        if state.status != RELEASED:
            return state
        given = {id(a.value): v.kind is Kind.RESOURCE for a, v in zip(call.args, args, strict=True)}
        is_it = base.kind is Kind.RESOURCE
        found = self.effects.releases.of(call, is_it, lambda value: given.get(id(value), False))
        if found is not None and not found.reads:
            self._note(state, "double", call.ordinal, render(call))
            return state
        if not is_it or not isinstance(call.func, form.Attr):
            return state
        if self.effects.reading.is_asked:
            is_read = found is not None or self.effects.reading.leads_on(call.func.name)
            return self._read_on(state, call.ordinal, render(call)) if is_read else state
        if call.func.name in REOPENING:
            return replace(state, freed=UNTOLD)
        if call.func.name in USING and self.effects.site.kind == "connection":
            self._note(state, "used", call.ordinal, render(call))
        return state

    def looked_at(self, state: State, name: str, ordinal: int) -> State:
        """An attribute of the resource is taken: of a response it may read the body."""
        if not self.effects.reading.by_attribute(name):
            return state
        if state.is_ours:
            return state.let_go(READ)
        return self._read_on(state, ordinal, f".{name}") if state.status == RELEASED else state

    def given_back(self, state: State, value: Value, trail: Trail | None, ordinal: int) -> None:
        """`return conn` inside the `with` that releases it."""
        is_in = self.within > 0 and state.status == RELEASED and state.freed == UNTOLD
        if is_in and value.kind is Kind.RESOURCE and state.via == "" and not self.effects.function.is_generator:
            self.after.setdefault(("returned", ordinal), After("returned", ordinal, -1, "returns here", trail))

    def _read_on(self, state: State, ordinal: int, text: str) -> State:
        """Reading a response that was closed unread fails; one that is still open is read."""
        if state.freed == UNTOLD:
            return replace(state, freed=READ)
        self._note(state, "used", ordinal, text)
        return state

    def _note(self, state: State, kind: str, ordinal: int, text: str) -> None:
        if state.freed >= 0 and state.via not in ("weak", "cancelled") and ordinal >= 0:
            self.after.setdefault((kind, ordinal), After(kind, ordinal, state.freed, text, self.trail))
