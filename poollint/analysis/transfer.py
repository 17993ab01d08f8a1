"""What expressions do to path states: evaluation in order, awaits, yields, short circuits."""

from __future__ import annotations

from dataclasses import replace

from poollint.analysis.branches import assume
from poollint.analysis.called import Called
from poollint.analysis.render import render
from poollint.analysis.scopes import parts, target_path
from poollint.analysis.states import (
    CARRIER,
    HELD,
    IDLE,
    OTHER,
    PART,
    READ,
    RESOURCE,
    UNACQUIRED,
    UNTOLD,
    Evaluated,
    Kind,
    Raises,
    State,
    States,
    Thrown,
    Trail,
    Value,
    states_of,
)
from poollint.model import form

_CONSTANTS = {None: Kind.NONE, True: Kind.TRUE, False: Kind.FALSE}


class Transfer(Called):
    """Expressions; `yield_edge` is the exception that a consumer's failure raises at a `yield` ("" = none)."""

    yield_edge = "cancelled"
    lends = False

    def expression(self, expression: form.Expr, states: States, raises: Raises) -> Evaluated:
        if not states:
            return {}
        match expression:
            case form.Name(name):
                return {(state, self.named(state, name)): trail for state, trail in states.items()}
            case form.Const():
                return _given(states, _constant(expression))
            case form.Call():
                return self.call(expression, states, raises)
            case form.Await():
                return self._await(expression, states, raises)
            case form.Yield():
                return self._yield(expression, states, raises)
            case form.Lambda(function):
                return self._lambda(function, states)
            case form.BoolOp(op, values):
                return self._short_circuit(op, values, states, raises)
            case form.IfExp():
                return self._conditional(expression, states, raises)
            case form.NamedExpr():
                return self._walrus(expression, states, raises)
            case form.Comprehension():
                return self._comprehension(expression, states, raises)
        evaluated: Evaluated = {}
        for (state, taken), trail in self.operands(parts(expression), states, raises).items():
            if isinstance(expression, form.Subscript):
                state, base = self.read(state, taken[0], expression.base, "__getitem__", trail, raises)
                taken = (base, *taken[1:])
                if not isinstance(expression.key, form.Const):
                    state = self.taken_out(state, expression.base)
            value = self._composed(expression, state, taken)
            if isinstance(expression, form.Attr) and taken[0].kind is Kind.RESOURCE:
                self.trail = trail
                state = self.looked_at(state, expression.name, self.at)
            evaluated.setdefault((state, value), trail)
        return evaluated

    def _composed(self, expression: form.Expr, state: State, values: tuple[Value, ...]) -> Value:
        """The value of an expression without effects of its own."""
        match expression:
            case form.Attr():
                return self._attribute(expression, state, values[0])
            case form.Subscript(_, key):
                base_value = values[0]
                if target_path(expression) in state.holders:
                    return RESOURCE
                if base_value.kind is Kind.CARRIER and base_value.index >= 0:
                    is_it = isinstance(key, form.Const) and key.value == base_value.index
                    return RESOURCE if is_it else OTHER
                return PART if base_value.kind in (Kind.RESOURCE, Kind.PART, Kind.CARRIER) else OTHER
            case form.Sequence(kind, _):
                if not any(value.is_kept for value in values):
                    return Value(Kind.SOME)
                places = [index for index, value in enumerate(values) if value.kind is Kind.RESOURCE]
                if kind != "tuple" or len(places) != 1:
                    return Value(Kind.CARRIER, key=str(places[0]) if kind == "list" and len(places) == 1 else "")
                beside = (index for index, value in enumerate(values) if value.kind in (Kind.CARRIER, Kind.PART))
                return Value(Kind.CARRIER, places[0], frozenset(beside))
            case form.DictDisplay():
                return _of_dict(expression, values)
            case form.Starred():
                return CARRIER if any(value.is_kept for value in values) else Value(Kind.SOME)
            case form.Joined():
                return Value(Kind.SOME)
        return OTHER

    def _attribute(self, expression: form.Attr, state: State, base: Value) -> Value:
        releases = self.effects.releases
        if base.kind is Kind.RESOURCE:
            if self.effects.reading.leads_on(expression.name):
                return CARRIER
            return Value(Kind.CLOSER) if releases.is_closer(expression.name) and state.is_ours else PART
        if base.kind in (Kind.PART, Kind.CARRIER, Kind.CLOSING):
            return PART
        if state.is_ours and releases.is_returner(expression):
            return Value(Kind.RETURNER)
        path = target_path(expression)
        return Value(Kind.NONE) if path is not None and state.knows(path, "none") else OTHER

    def _lambda(self, function: str, states: States) -> Evaluated:
        evaluated: Evaluated = {}
        for state, trail in states.items():
            does = self.effects.captures(function, state.holders | state.carriers) if state.is_ours else ""
            kind = {"releases": Kind.CLOSER, "uses": Kind.CARRIER}.get(does, Kind.SOME)
            evaluated[state, Value(kind)] = trail
        return evaluated

    def _await(self, expression: form.Await, states: States, raises: Raises) -> Evaluated:
        """Awaiting a pending acquire acquires; every await may be cancelled, and fails as its call does."""
        evaluated: Evaluated = {}
        is_call = isinstance(expression.value, form.Call)
        for (state, value), trail in self.expression(expression.value, states, raises).items():
            if value.kind is Kind.PENDING and self.effects.acquire.bare != "context-manager":
                for after, told in self.acquired(state, trail, raises).items():
                    evaluated.setdefault((after, self.given()), told)
                continue
            if not is_call:
                self.fails(state, trail, "weak", expression.ordinal, f"`{render(expression)}` raises", raises)
            if state.is_live:
                self.fails(state, trail, "cancelled", expression.ordinal, "the task is cancelled here", raises)
            evaluated.setdefault((state, value), trail)
        return evaluated

    def _yield(self, expression: form.Yield, states: States, raises: Raises) -> Evaluated:
        """What is yielded is lent where the function takes it back or is a context manager, else given away."""
        value = expression.value
        inner = {(state, OTHER): trail for state, trail in states.items()}
        if value is not None:
            inner = self.expression(value, states, raises)
        evaluated: Evaluated = {}
        for (state, given), trail in inner.items():
            if state.is_ours and given.is_kept:
                if not (self.effects.owns or self.lends):
                    state = self.escaped(state)
                else:
                    self.lent(state, given)
                    if state.status == IDLE and self.yield_edge and given.kind is Kind.RESOURCE:
                        # Whoever borrows a session runs statements on it.
                        state = state.but(HELD)
            is_lent = given.is_kept or self.lends
            edge = self.yield_edge if is_lent or self.yield_edge == "" else "cancelled"
            if edge and state.is_live:
                text = "the code that uses it raises here" if edge == "strong" else "the generator is closed here"
                self.fails(state, trail, edge, expression.ordinal, text, raises)
                self.fails(state, trail, "cancelled", expression.ordinal, "the generator is closed here", raises)
            evaluated.setdefault((state, OTHER), trail)
        return evaluated

    def lent(self, state: State, value: Value) -> None:
        """The resource itself goes to a consumer for a while."""

    def _short_circuit(self, op: str, values: tuple[form.Expr, ...], states: States, raises: Raises) -> Evaluated:
        total: Evaluated = {}
        entering = states
        for value in values[:-1]:
            going: States = {}
            for (state, found), trail in self.expression(value, entering, raises).items():
                if found.kind is Kind.RESOURCE and (op == "or"):
                    total.setdefault((state, found), trail)
                    continue
                for after in assume(value, state, op == "and", self.effects):
                    going.setdefault(after, trail)
                for after in assume(value, state, op != "and", self.effects):
                    total.setdefault((after, found if op == "or" else OTHER), trail)
            entering = going
        for key, trail in self.expression(values[-1], entering, raises).items():
            total.setdefault(key, trail)
        return total

    def _conditional(self, expression: form.IfExp, states: States, raises: Raises) -> Evaluated:
        total: Evaluated = {}
        entering = states_of(self.expression(expression.test, states, raises))
        for branch, outcome in ((expression.body, True), (expression.orelse, False)):
            chosen: States = {}
            for state, trail in entering.items():
                for after in assume(expression.test, state, outcome, self.effects):
                    chosen.setdefault(after, trail)
            for key, trail in self.expression(branch, chosen, raises).items():
                total.setdefault(key, trail)
        return total

    def _walrus(self, expression: form.NamedExpr, states: States, raises: Raises) -> Evaluated:
        total: Evaluated = {}
        target = form.Name(expression.name)
        for (state, value), trail in self.expression(expression.value, states, raises).items():
            after, told = self.bind(state, trail, [(target, value)], -1)
            total.setdefault((after, value), told)
        return total

    def _comprehension(self, expression: form.Comprehension, states: States, raises: Raises) -> Evaluated:
        """Each turn or none: what is acquired in it goes into the container."""
        first = expression.sources[0][1] if expression.sources else form.Opaque()
        evaluated = self.expression(first, states, raises)
        is_read = self.is_read_by_turns(evaluated)
        before: States = {}
        for (state, value), trail in evaluated.items():
            state, _ = self.read(state, value, first, "__iter__", trail, raises)
            before.setdefault(state, trail)
        if is_read and expression.kind != "generator":
            before = self.read_out(before)
        rest = [source[1] for source in expression.sources[1:]]
        inside = (*rest, *expression.conditions, *expression.elements)
        given = CARRIER if is_read and expression.kind == "generator" else Value(Kind.SOME)
        total: Evaluated = {(state, given): trail for state, trail in before.items()}
        for (state, values), trail in self.operands(inside, before, raises).items():
            if state.is_ours and any(value.is_kept for value in values) and not state.is_reachable:
                state = self.escaped(state)
            total.setdefault((state, given), trail)
        return total

    def is_read_by_turns(self, evaluated: Evaluated) -> bool:
        """Whether a loop's turns read a response."""
        kinds = (Kind.RESOURCE, Kind.CARRIER)
        return self.effects.reading.is_asked and any(v.kind in kinds and s.is_ours for s, v in evaluated)

    def read_out(self, states: States) -> States:
        """What was iterated to its end is released."""
        return {state.let_go(READ) if state.is_ours else state: trail for state, trail in states.items()}

    # --- shared by calls and statements ---

    def operands(
        self, expressions: tuple[form.Expr, ...], states: States, raises: Raises
    ) -> dict[tuple[State, tuple[Value, ...]], Trail | None]:
        """Several expressions, left to right: the values of all, by the state after the last."""
        current: dict[tuple[State, tuple[Value, ...]], Trail | None] = {
            (state, ()): trail for state, trail in states.items()
        }
        for expression in expressions:
            after: dict[tuple[State, tuple[Value, ...]], Trail | None] = {}
            for (state, values), trail in current.items():
                for (found, value), told in self.expression(expression, {state: trail}, raises).items():
                    after.setdefault((found, (*values, value)), told)
            current = after
        return current

    def acquired(self, state: State, trail: Trail | None, raises: Raises) -> States:
        """The acquire takes place. When it fails nothing is held; a second one while it is held loses the first."""
        site = self.effects.site
        nothing = replace(state, status=UNACQUIRED, holders=frozenset(), carriers=frozenset(), mistake=-1, freed=UNTOLD)
        ordinal, text = site.call.ordinal, render(site.call)
        raises.setdefault((nothing, Thrown("weak")), None)
        if state.is_live and not self.effects.denoting.is_keyed and not self.is_sheltered:
            self.leak(state, "loop", ordinal, Trail("exit", ordinal, f"`{text}` runs again", trail))
        status = "idle" if site.is_lazy else "held"
        fresh = replace(nothing, status=status, via="")
        return {fresh: Trail("acquire", ordinal, f"`{text}`")}

    def given(self) -> Value:
        """The value of the acquire: the resource, or a tuple that holds it."""
        site = self.effects.site
        return RESOURCE if site.index < 0 else Value(Kind.CARRIER, site.index, site.parts)


def _given(states: States, value: Value) -> Evaluated:
    return {(state, value): trail for state, trail in states.items()}


def _of_dict(expression: form.DictDisplay, values: tuple[Value, ...]) -> Value:
    """`values` come key and value by turns, as `parts` gives them."""
    if not any(value.is_kept for value in values):
        return Value(Kind.SOME)
    keys: list[form.Expr | None] = []
    place = 0
    for key, _ in expression.items:
        place += 0 if key is None else 1
        if values[place].kind is Kind.RESOURCE:
            keys.append(key)
        place += 1
    is_known = len(keys) == 1 and isinstance(keys[0], form.Const)
    return Value(Kind.CARRIER, key=str(keys[0].value) if is_known and isinstance(keys[0], form.Const) else "")


def _constant(expression: form.Const) -> Value:
    value = expression.value
    if value is None or isinstance(value, bool):
        return Value(_CONSTANTS[value])
    return Value(Kind.TRUE if value else Kind.FALSE)
