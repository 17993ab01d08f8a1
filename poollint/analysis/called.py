"""What calls do to path states: acquires, releases, uses, and handing the resource on."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

from poollint.analysis.borrowing import is_borrower
from poollint.analysis.failing import failure, gives_itself, keeps_resource, runs_when_read
from poollint.analysis.quiet import (
    ADDING,
    is_quiet,
    is_release_word,
    makes_an_object,
    only_borrows,
    reads_its_argument,
)
from poollint.analysis.render import render
from poollint.analysis.responses import Responses
from poollint.analysis.scopes import target_path
from poollint.analysis.states import (
    CARRIER,
    HELD,
    IDLE,
    OTHER,
    PART,
    READ,
    RELEASED,
    RESOURCE,
    UNTOLD,
    Evaluated,
    Kind,
    Raises,
    State,
    States,
    Thrown,
    Trail,
    Value,
)
from poollint.analysis.summaries import BORROWS, ENDS, RELEASES, RETURNS, STORES, UNRESOLVED, Effect
from poollint.analysis.wrapping import wrapped
from poollint.model import form

OURS = (Kind.RESOURCE, Kind.PART, Kind.CARRIER)


@dataclass(frozen=True, slots=True)
class Done:
    """What a call came to: the state after it, its value, its exception edge ("" = none), and the state in which
    it raises when that is another one."""

    state: State
    value: Value = OTHER
    edge: str = "weak"
    raising: State | None = None


class Called(Responses):
    """Calls, by what their parts are in a state."""

    @abstractmethod
    def operands(
        self, expressions: tuple[form.Expr, ...], states: States, raises: Raises
    ) -> dict[tuple[State, tuple[Value, ...]], Trail | None]:
        """Several expressions, left to right."""

    @abstractmethod
    def acquired(self, state: State, trail: Trail | None, raises: Raises) -> States:
        """The acquire takes place."""

    @abstractmethod
    def given(self) -> Value:
        """The value of the acquire."""

    @abstractmethod
    def entered(self, state: State, value: Value, expression: form.Expr, ordinal: int) -> tuple[State, str]:
        """The state inside a `with` on the value, and what leaving it means."""

    def call(self, call: form.Call, states: States, raises: Raises) -> Evaluated:
        func = call.func.base if isinstance(call.func, form.Attr) else call.func
        expressions = (func, *(argument.value for argument in call.args))
        evaluated: Evaluated = {}
        for (state, values), trail in self.operands(expressions, states, raises).items():
            if call.ordinal == self.effects.site.call.ordinal:
                for key, told in self._acquire(state, trail, raises).items():
                    evaluated.setdefault(key, told)
                continue
            if self.effects.denoting.is_same_again(call):
                again = {state: trail} if state.is_ours else self.acquired(state, trail, raises)
                for after, told in again.items():
                    evaluated.setdefault((after, self.given()), told)
                continue
            self.trail = trail
            if state.is_live and state.via in ("", "strong"):
                self.during.add(call.ordinal)
            done = self._done(call, state, values[0], values[1:])
            if done.state.status == RELEASED and state.is_ours:
                self.released_at[call.ordinal] = True
                trail = Trail("release", call.ordinal, f"`{render(call)}`", trail)
            raising = done.raising or done.state
            if done.edge and not (done.edge == "weak" and is_quiet(self.effects.linker, self.effects.scope, call)):
                self.fails(raising, trail, done.edge, call.ordinal, f"`{render(call)}` raises", raises)
            evaluated.setdefault((done.state, done.value), trail)
        return evaluated

    def fails(self, state: State, trail: Trail | None, edge: str, ordinal: int, text: str, raises: Raises) -> None:
        """An exception edge out of a state."""
        told = Trail("may-raise", ordinal, text, trail) if state.is_live else None
        if state.freed >= 0 and edge in ("weak", "cancelled"):
            # Released already when something else fails: a second release is likely foreseen.
            state = replace(state, freed=UNTOLD)
        raises.setdefault((state, Thrown(edge)), told)

    def _acquire(self, state: State, trail: Trail | None, raises: Raises) -> Evaluated:
        if self.effects.site.is_pending:
            return {(state, Value(Kind.PENDING)): trail}
        return {(after, self.given()): told for after, told in self.acquired(state, trail, raises).items()}

    # --- one call in one state ---

    def _done(self, call: form.Call, state: State, base: Value, args: tuple[Value, ...]) -> Done:
        passing = self._passed_through(call, state, args)
        if passing is not None:
            return passing
        if self.effects.site.is_registry and base.kind is Kind.RESOURCE and not isinstance(call.func, form.Attr):
            return Done(state, RESOURCE, edge="")
        if not state.is_ours:
            state = self.released_before(call, state, base, args)
            is_back = state.status == RELEASED and self._looks_like_release(call, base, args)
            return Done(state, edge="" if is_back else "weak")
        released = self._released(call, state, base, args)
        if released is not None:
            return released
        if isinstance(call.func, form.Attr) and base.kind in OURS:
            return self._used(call, state, base, args)
        if self._is_read_by(call, args):
            return Done(state.but(HELD), PART, "strong")
        return self._handed(call, state, args)

    def _passed_through(self, call: form.Call, state: State, args: tuple[Value, ...]) -> Done | None:
        """`wait_for(pool.acquire(), 5)`, `closing(conn)`: the same thing, or the same in a wrapper."""
        if not any(value.kind in (Kind.RESOURCE, Kind.PENDING, Kind.CLOSING) for value in args):
            return None
        found = wrapped(self.effects.linker, self.effects.scope, call)
        inner = args[found.position] if found is not None else OTHER
        if found is None or inner.kind not in (Kind.RESOURCE, Kind.PENDING, Kind.CLOSING):
            return None
        if found.gives == "entered":
            # `stack.enter_context(conn)`: the stack leaves it later, on every path.
            after, _ = self.entered(state, inner, call.args[found.position].value, call.ordinal)
            return Done(after, RESOURCE)
        if found.gives == "closing":
            return Done(state, Value(Kind.CLOSING)) if inner.kind is not Kind.PENDING else None
        return Done(state, inner)

    def _looks_like_release(self, call: form.Call, base: Value, args: tuple[Value, ...]) -> bool:
        return self.effects.releases.by_names(call, self.effects.names) is not None

    def _released(self, call: form.Call, state: State, base: Value, args: tuple[Value, ...]) -> Done | None:
        by_hand = self._by_hand(call, state, base)
        if by_hand is not None:
            return by_hand
        releases = self.effects.releases
        given = {id(a.value): v.kind is Kind.RESOURCE for a, v in zip(call.args, args, strict=True)}
        found = releases.of(call, base.kind is Kind.RESOURCE, lambda value: given.get(id(value), False))
        if found is not None:
            if found.reads and self.reads_some(call):
                return Done(state, PART, edge="")
            if found.awaited == "must" and call.ordinal == self.unawaited:
                self.unawaited_at.add(call.ordinal)
                return Done(state, edge="")
            if found.on == "pool" and releases.is_other_pool(call):
                return Done(self.mistaken(state, "other-pool", call.ordinal, render(call)), edge="")
            return Done(state.let_go(READ if found.reads else call.ordinal), edge="")
        if releases.is_of_factory(call):
            return Done(self.mistaken(state, "factory", call.ordinal, render(call)), edge="")
        if isinstance(call.func, form.Attr) and base.kind is Kind.RESOURCE:
            if releases.ends_use(call):
                return self._ended(call, state)
            if releases.is_mistaken(call.func.name):
                return Done(self.mistaken(state, "method", call.ordinal, render(call)), edge="")
        return self._released_indirectly(call, state, args)

    def _by_hand(self, call: form.Call, state: State, base: Value) -> Done | None:
        """`cm.__enter__()`: whoever calls the protocol by hand leaves it elsewhere, or here by `__exit__`."""
        if not isinstance(call.func, form.Attr) or base.kind is not Kind.RESOURCE:
            return None
        if call.func.name in ("__enter__", "__aenter__"):
            return Done(self.escaped(state), RESOURCE)
        return Done(state.but(RELEASED)) if call.func.name in ("__exit__", "__aexit__", "__del__") else None

    def _released_indirectly(self, call: form.Call, state: State, args: tuple[Value, ...]) -> Done | None:
        """By a closure, by what is registered or run elsewhere, or with the whole pool."""
        name = call.func.id if isinstance(call.func, form.Name) else ""
        if self.named(state, name).kind is Kind.CLOSER:
            return Done(state.but(RELEASED))
        if name in self.effects.keepers:
            return Done(self.escaped(state))
        kinds = [value.kind for value in args]
        is_given = any(value.kind in (Kind.RESOURCE, Kind.CARRIER) for value in args)
        if name in self.effects.generators:
            return Done(state, CARRIER, edge="")
        if only_borrows(self.effects.linker, self.effects.scope, call):
            return None
        if Kind.CLOSER in kinds or (Kind.RETURNER in kinds and is_given):
            return Done(state.but(RELEASED), Value(Kind.SOME), edge="")
        if self.effects.releases.closes_pool(call):
            return Done(state.but(RELEASED), edge="")
        return None

    def _ended(self, call: form.Call, state: State) -> Done:
        """A session's commit or rollback: a commit sends what was added, and holds a connection when that fails."""
        edge = failure(self.effects, call, is_on_it=True)
        if state.status == IDLE:
            edge = "strong" if edge == "strong" and self.effects.closes else ""
        return Done(state.but(IDLE), edge=edge, raising=state.but(HELD))

    def read(
        self, state: State, value: Value, expression: form.Expr, how: str, trail: Trail | None, raises: Raises
    ) -> tuple[State, Value]:
        """What is iterated or indexed: a query that was only built runs now."""
        if not (state.is_ours and value.kind is Kind.CARRIER and runs_when_read(self.effects, expression, how)):
            return state, value
        state = state.but(HELD)
        self.fails(state, trail, "strong", self.at, f"reading `{render(expression)}` raises", raises)
        return state, PART

    def _used(self, call: form.Call, state: State, base: Value, args: tuple[Value, ...]) -> Done:
        """A method of the resource or of something of it: an idle session begins to hold."""
        assert isinstance(call.func, form.Attr)
        read = self.read_on(call, state, base)
        if read is not None:
            return Done(*read, edge="")
        if base.kind is Kind.CARRIER and is_release_word(call.func) and self._is_wrapper(call.func.base):
            return Done(state.but(RELEASED), edge="")
        if base.kind is Kind.CARRIER and call.func.name not in ADDING:
            state = self.taken_out(state, call.func.base)
        is_on_it = base.kind is Kind.RESOURCE
        edge = failure(self.effects, call, is_on_it)
        if state.status == IDLE and edge:
            state = state.but(HELD)
        if any(value.is_kept for value in args):
            passed = self._handed(call, state, args)
            state = passed.state
        if is_on_it and gives_itself(self.effects, call):
            return Done(state, RESOURCE, edge)
        keeps = base.kind is not Kind.PART and keeps_resource(self.effects, call, is_on_it)
        gives_back = is_on_it and self.effects.reading.gives_back_failing(call.func.name)
        return Done(state, CARRIER if keeps else PART, edge, state.but(RELEASED) if gives_back else None)

    def _is_wrapper(self, expression: form.Expr) -> bool:
        return target_path(expression) in self.effects.aliases.wrappers

    def taken_out(self, state: State, container: form.Expr) -> State:
        """Whatever takes elements out of a container of our own may release them: no claim is left."""
        is_ours = state.is_ours and target_path(container) in self.effects.aliases.containers
        return self.escaped(state) if is_ours and target_path(container) in state.carriers else state

    # --- the resource among the arguments ---

    def _is_read_by(self, call: form.Call, args: tuple[Value, ...]) -> bool:
        """`list(query)`: a builtin that iterates what it is given."""
        kinds = [value.kind for value in args]
        if Kind.CARRIER not in kinds or not reads_its_argument(self.effects.linker, self.effects.scope, call):
            return False
        given = zip(call.args, kinds, strict=True)
        return any(k is Kind.CARRIER and runs_when_read(self.effects, a.value, "__iter__") for a, k in given)

    def _handed(self, call: form.Call, state: State, args: tuple[Value, ...]) -> Done:
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
        if is_release_word(call.func) and (args[kept[0]].kind is Kind.RESOURCE or self._is_wrapper(given)):
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
