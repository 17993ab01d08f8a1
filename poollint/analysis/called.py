"""What calls do to path states: acquires, releases, uses, and handing the resource on."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from poollint.analysis.failing import failure, gives_itself, keeps_resource, runs_when_read
from poollint.analysis.handed import Done, Handed
from poollint.analysis.quiet import (
    ADDING,
    is_quiet,
    is_release_word,
    only_borrows,
)
from poollint.analysis.render import render
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
from poollint.analysis.wrapping import wrapped
from poollint.model import form

OURS = (Kind.RESOURCE, Kind.PART, Kind.CARRIER)


class Called(Handed):
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
        if self.is_read_by(call, args):
            return Done(state.but(HELD), PART, "strong")
        return self.handed(call, state, args)

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
        if base.kind is Kind.CARRIER and is_release_word(call.func) and self.is_wrapper(call.func.base):
            return Done(state.but(RELEASED), edge="")
        if base.kind is Kind.CARRIER and call.func.name not in ADDING:
            state = self.taken_out(state, call.func.base)
        is_on_it = base.kind is Kind.RESOURCE
        edge = failure(self.effects, call, is_on_it)
        if state.status == IDLE and edge:
            state = state.but(HELD)
        if any(value.is_kept for value in args):
            passed = self.handed(call, state, args)
            state = passed.state
        if is_on_it and gives_itself(self.effects, call):
            return Done(state, RESOURCE, edge)
        keeps = base.kind is not Kind.PART and keeps_resource(self.effects, call, is_on_it)
        gives_back = is_on_it and self.effects.reading.gives_back_failing(call.func.name)
        return Done(state, CARRIER if keeps else PART, edge, state.but(RELEASED) if gives_back else None)

    # --- the resource among the arguments ---
