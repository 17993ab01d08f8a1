"""The resource among the arguments of a call: what the callee does with it, as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.borrowing import is_borrower
from poollint.analysis.failing import runs_when_read
from poollint.analysis.quiet import (
    ADDING,
    is_release_word,
    makes_an_object,
    only_borrows,
    reads_its_argument,
)
from poollint.analysis.responses import Responses
from poollint.analysis.scopes import target_path
from poollint.analysis.states import (
    CARRIER,
    HELD,
    IDLE,
    OTHER,
    READ,
    RELEASED,
    RESOURCE,
    Kind,
    State,
    Value,
)
from poollint.analysis.summaries import BORROWS, ENDS, RELEASES, RETURNS, STORES, UNRESOLVED, Effect
from poollint.model import form


@dataclass(frozen=True, slots=True)
class Done:
    """What a call came to: the state after it, its value, its exception edge ("" = none), and the state in which
    it raises when that is another one."""

    state: State
    value: Value = OTHER
    edge: str = "weak"
    raising: State | None = None


class Handed(Responses):
    """Calls that are given the resource, or something that holds it."""

    def is_wrapper(self, expression: form.Expr) -> bool:
        return target_path(expression) in self.effects.aliases.wrappers

    def taken_out(self, state: State, container: form.Expr) -> State:
        """Whatever takes elements out of a container of our own may release them: no claim is left."""
        is_ours = state.is_ours and target_path(container) in self.effects.aliases.containers
        return self.escaped(state) if is_ours and target_path(container) in state.carriers else state

    def is_read_by(self, call: form.Call, args: tuple[Value, ...]) -> bool:
        """`list(query)`: a builtin that iterates what it is given."""
        kinds = [value.kind for value in args]
        if Kind.CARRIER not in kinds or not reads_its_argument(self.effects.linker, self.effects.scope, call):
            return False
        given = zip(call.args, kinds, strict=True)
        return any(k is Kind.CARRIER and runs_when_read(self.effects, a.value, "__iter__") for a, k in given)

    def handed(self, call: form.Call, state: State, args: tuple[Value, ...]) -> Done:
        kept = [index for index, value in enumerate(args) if value.kind in (Kind.RESOURCE, Kind.CARRIER)]
        if not kept:
            return Done(state)
        linker, scope = self.effects.linker, self.effects.scope
        read = self.effects.reading.by_function(call, scope)
        if read:
            return Done(state.let_go(READ), raising=state) if read == "reads" else Done(state, CARRIER, edge="")
        if only_borrows(linker, scope, call):
            return Done(state, edge="weak")
        if is_borrower(linker, scope, call):
            return self._resolved(Effect(BORROWS, uses=True), call, state)
        if isinstance(call.func, form.Attr) and call.func.name in ADDING:
            return Done(self.escaped(state))
        if args[kept[0]].kind is Kind.RESOURCE:
            effect = self.summaries.of_call(call, kept[0], scope, self.effects.site)
            if effect.kind != UNRESOLVED:
                return self._resolved(effect, call, state)
        given = call.args[kept[0]].value
        if target_path(given) in self.effects.aliases.containers:
            return Done(self.escaped(state), raising=state)
        if is_release_word(call.func) and (args[kept[0]].kind is Kind.RESOURCE or self.is_wrapper(given)):
            return Done(state.but(RELEASED), edge="")
        return self._unknown(call, state)

    def _resolved(self, effect: Effect, call: form.Call, state: State) -> Done:
        """The callee is a function of the project."""
        edge = "strong" if effect.uses else "weak"
        used = state.but(HELD) if state.status == IDLE and effect.uses else state
        if effect.kind == RELEASES:
            return Done(state.but(RELEASED), edge="")
        if effect.kind == ENDS:
            return Done(state.but(IDLE), edge=edge, raising=used)
        if effect.kind == STORES:
            return Done(self.escaped(state), edge=edge, raising=used)
        if effect.kind == RETURNS:
            return Done(used, RESOURCE, edge)
        assert effect.kind == BORROWS
        return Done(used, OTHER, edge)

    def _unknown(self, call: form.Call, state: State) -> Done:
        """Out of sight: whoever does not release elsewhere gives it away here."""
        self.handed_as_a_file(call, state)
        if not self.effects.owns:
            return Done(self.escaped(state), raising=state)
        return Done(state, CARRIER if makes_an_object(self.effects.linker, self.effects.scope, call) else OTHER)
