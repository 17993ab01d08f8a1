"""What expressions, assignments and `with` do to path states; statements are in `typestate`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace

from poollint.analysis.branches import assume, constant_fact
from poollint.analysis.effects import (
    CLOSING_FUNCTIONS,
    DEFERRING,
    DEFERRING_FUNCTIONS,
    TASKS,
    Effects,
    contains,
    ends_use,
    is_borrowing_builtin,
    is_pool_release,
    is_quiet,
    may_denote,
    raises_in_practice,
    receiver_root,
    release_of,
    releases_when_called,
)
from poollint.model.meaning import External
from poollint.analysis.render import render
from poollint.analysis.scopes import parts, target_path
from poollint.analysis.states import (
    ESCAPED,
    HELD,
    IDLE,
    RELEASED,
    RESULT,
    UNACQUIRED,
    Exit,
    Flow,
    State,
    States,
    Thrown,
    Trail,
    merge,
    weakest,
)
from poollint.analysis.summaries import BORROWS, RELEASES, STORES, Summaries
from poollint.model import form


@dataclass(slots=True)
class EnteredItem:
    """A `with` item under way. `meaning` is what leaving it does: "releases", "suppresses" or ""."""

    flow: Flow
    meaning: str = ""
    caught: tuple[str, ...] = ()
    names: frozenset[str] = field(default_factory=frozenset)


class Transfer(ABC):
    def __init__(self, effects: Effects, summaries: Summaries) -> None:
        self.effects = effects
        self.summaries = summaries
        self.leaks: list[Exit] = []
        function = effects.function
        self.local_globals = frozenset(
            name for statement in function.body if isinstance(statement, form.Declare) for name in statement.names
        )

    @abstractmethod
    def block(self, block: form.Block, states: States) -> Flow:
        """All completions of a block."""

    # --- expressions ---

    def expression(self, expression: form.Expr, states: States) -> Flow:
        """Evaluates in order; calls, awaits and yields have their effects and raise edges."""
        if not states:
            return Flow()
        match expression:
            case form.BoolOp(op, values):
                return self._short_circuit(op, values, states)
            case form.IfExp(test, body, orelse):
                return self._conditional(test, body, orelse, states)
            case form.Lambda() | form.Name() | form.Const():
                return Flow(next=states)
        flow = Flow(next=states)
        for part in parts(expression):
            step = self.expression(part, flow.next)
            flow.next = step.next
            flow.absorb(step)
        if isinstance(expression, form.Call):
            self._call(expression, flow)
        elif isinstance(expression, form.Await):
            self._await(expression, flow)
        elif isinstance(expression, form.Yield):
            self._yield(expression, flow)
        elif isinstance(expression, form.NamedExpr):
            bound: States = {}
            for state, trail in flow.next.items():
                pair = [(form.Name(expression.name), expression.value)]
                after, told = self.assign(state, trail, pair, -1)
                # The walrus is the value as well: what holds the result holds it under both names.
                bound.setdefault(after, told)
            flow.next = bound
        return flow

    def _short_circuit(self, op: str, values: tuple[form.Expr, ...], states: States) -> Flow:
        total, entering = Flow(), states
        for position, value in enumerate(values):
            step = self.expression(value, entering)
            total.absorb(step)
            if position == len(values) - 1:
                merge(total.next, step.next)
                break
            entering = {}
            for state, trail in step.next.items():
                goes_on = assume(value, state, op == "and", self.effects)
                stops = assume(value, state, op != "and", self.effects)
                if goes_on is not None:
                    entering.setdefault(goes_on, trail)
                if stops is not None:
                    total.next.setdefault(stops, trail)
        return total

    def _conditional(self, test: form.Expr, body: form.Expr, orelse: form.Expr, states: States) -> Flow:
        flow = self.expression(test, states)
        entering, flow.next = flow.next, {}
        for branch, outcome in ((body, True), (orelse, False)):
            chosen: States = {}
            for state, trail in entering.items():
                found = assume(test, state, outcome, self.effects)
                if found is not None:
                    chosen.setdefault(found, trail)
            step = self.expression(branch, chosen)
            merge(flow.next, step.next)
            flow.absorb(step)
        return flow

    # --- calls ---

    def _call(self, call: form.Call, flow: Flow) -> None:
        if call.ordinal == self.effects.site.call.ordinal:
            self._acquire(call, flow)
            return
        after: States = {}
        for state, trail in flow.next.items():
            if state.status in (UNACQUIRED, RELEASED, ESCAPED):
                changed = state
                edge = "" if state.status == RELEASED and self._is_release(call, state) else "weak"
            else:
                changed, edge = self._effect(call, state)
            if changed.status == RELEASED and state.status == HELD:
                trail = Trail("release", call.ordinal, f"`{render(call)}`", trail)
            if edge and not (edge == "weak" and is_quiet(self.effects, call)):
                self._fail_one(changed, trail, flow, call, edge)
            after.setdefault(changed, trail)
        flow.next = after

    def _is_release(self, call: form.Call, state: State) -> bool:
        return release_of(self.effects, call, state.holders | self.effects.names) is not None

    def _fail_one(self, state: State, trail: Trail | None, flow: Flow, call: form.Call, edge: str) -> None:
        told = Trail("may-raise", call.ordinal, f"`{render(call)}` raises", trail)
        flow.raises.setdefault((state, Thrown(edge)), told)

    def fails(self, states: States, flow: Flow, ordinal: int, edge: str, text: str) -> None:
        """A raise edge out of every state."""
        for state, trail in states.items():
            flow.raises.setdefault((state, Thrown(edge)), Trail("may-raise", ordinal, text, trail))

    def _acquire(self, call: form.Call, flow: Flow) -> None:
        """A failed acquire holds nothing; a second one while the first is held loses it."""
        after: States = {}
        starts_idle = self.effects.acquire.bare == "lazy"
        for state, trail in flow.next.items():
            self._fail_one(replace(state, status=UNACQUIRED, holders=frozenset()), None, flow, call, "weak")
            if state.is_live and not self._keyed(call):
                self._leak(state, "loop", call.ordinal, trail)
            fresh = replace(state, status=IDLE if starts_idle else HELD, holders=frozenset({RESULT}), via="")
            after.setdefault(fresh, Trail("acquire", call.ordinal, f"`{render(call)}`"))
        flow.next = after

    def _keyed(self, call: form.Call) -> bool:
        keyed = self.effects.acquire.keyed
        return bool(keyed) and any(a.keyword == keyed or a.keyword is None for a in call.args)

    def _effect(self, call: form.Call, state: State) -> tuple[State, str]:
        """(state after the call, its raise edge)."""
        effects = self.effects
        if release_of(effects, call, state.holders) is not None or releases_when_called(
            effects, call.func, state.holders
        ):
            return replace(state, status=RELEASED), ""
        if ends_use(effects, call, state.holders):
            return replace(state, status=IDLE), "strong" if state.status == HELD else ""
        deferred = self._deferred(call, state)
        if deferred is not None:
            return deferred, ""
        if isinstance(call.func, form.Attr):
            base = target_path(call.func.base)
            is_result = RESULT in state.holders and may_denote(call.func.base, effects.site, frozenset())
            if base in state.holders or is_result:
                return self._used(call, state)
            root = receiver_root(call, effects.site)
            if root is not None and (root in effects.derived or root in state.holders or root == "<site>"):
                passed = self._passed(call, state)
                return passed, "strong" if raises_in_practice(effects, call) and passed.is_live else "weak"
        return self._passed(call, state), "weak"

    def _used(self, call: form.Call, state: State) -> tuple[State, str]:
        """A method of the resource itself: an idle session begins to hold."""
        raises = raises_in_practice(self.effects, call)
        status = HELD if state.status == IDLE and raises else state.status
        return replace(self._passed(call, state), status=status), "strong" if raises else ""

    def _deferred(self, call: form.Call, state: State) -> State | None:
        """The release is registered for later, or runs elsewhere: `stack.callback(pool.putconn, conn)`."""
        effects = self.effects
        name = call.func.name if isinstance(call.func, form.Attr) else getattr(call.func, "id", "")
        found = effects.linker.meaning(call.func, effects.scope)
        dotted = found.name if isinstance(found, External) else ""
        if name not in DEFERRING and name not in TASKS and dotted not in DEFERRING_FUNCTIONS and name != "partial":
            return None
        values = [argument.value for argument in call.args]
        for value in values:
            if releases_when_called(effects, value, state.holders):
                return replace(state, status=RELEASED)
            is_given = any(contains(other, state.holders) for other in values if other is not value)
            if is_pool_release(effects, value) and is_given:
                return replace(state, status=RELEASED)
            if name in TASKS and isinstance(value, form.Call) and self._is_release(value, state):
                return replace(state, status=RELEASED)
        if name.startswith("enter_") and values and self._denotes(values[0], state):
            return replace(state, status=RELEASED if effects.acquire.context == "releases" else ESCAPED)
        return None

    def _passed(self, call: form.Call, state: State) -> State:
        """The resource among the arguments: borrowed, released, or handed on for good."""
        effects = self.effects
        for index, argument in enumerate(call.args):
            direct = self._denotes(argument.value, state)
            if not direct and not self._inside(argument.value, state):
                continue
            if direct:
                found = self.summaries.of_argument(call, index, effects.scope, effects.site)
                if found == RELEASES:
                    return replace(state, status=RELEASED)
                if found == STORES:
                    return replace(state, status=ESCAPED)
                if found == BORROWS:
                    continue
            if is_borrowing_builtin(effects.linker, effects.scope, call) and RESULT not in state.holders:
                continue
            if not effects.owns or RESULT in state.holders:
                return replace(state, status=ESCAPED)
        return state

    def _inside(self, value: form.Expr, state: State) -> bool:
        """Held within a display or a wrapper that is not a call of its own."""
        if isinstance(value, form.Lambda):
            return False
        if isinstance(value, (form.Sequence, form.DictDisplay, form.Starred)):
            return contains(value, state.holders)
        return False

    def _denotes(self, value: form.Expr, state: State) -> bool:
        path = target_path(value)
        if path is not None:
            return path in state.holders
        return RESULT in state.holders and may_denote(value, self.effects.site, frozenset())

    def _await(self, expression: form.Await, flow: Flow) -> None:
        """Awaiting a call fails as the call does; other awaits may fail on their own."""
        if isinstance(expression.value, form.Call):
            return
        text = f"`{render(expression)}` raises"
        self.fails(flow.next, flow, expression.ordinal, "weak", text)

    def _yield(self, expression: form.Yield, flow: Flow) -> None:
        """The consumer's failure comes back here in a context manager; else only a closed generator does."""
        effects = self.effects
        after: States = {}
        for state, trail in flow.next.items():
            lends = expression.value is not None and (
                self._denotes(expression.value, state) or contains(expression.value, state.holders)
            )
            if state.is_live and lends and not effects.owns:
                state = replace(state, status=ESCAPED)
            edge = self.yield_edge
            if edge and state.is_live:
                told = Trail("may-raise", expression.ordinal, "the body of the `with` raises here", trail)
                flow.raises.setdefault((state, Thrown(edge)), told)
            after.setdefault(state, trail)
        flow.next = after

    yield_edge = "cancelled"

    # --- binding ---

    def assign(
        self, state: State, trail: Trail | None, pairs: list[tuple[form.Expr, form.Expr | None]], ordinal: int
    ) -> tuple[State, Trail | None]:
        """All values are taken before any target is bound."""
        held = [value is not None and self._denotes(value, state) for _, value in pairs]
        stored = [value is not None and not h and self._kept_in(value, state) for (_, value), h in zip(pairs, held)]
        lasting = any(
            (is_held or is_kept) and self._is_lasting(target)
            for (target, _), is_held, is_kept in zip(pairs, held, stored)
        )
        before = state
        if any(stored) and state.status in (HELD, IDLE):
            state = replace(state, status=ESCAPED)
        for (target, _), is_held in zip(pairs, held):
            path = target_path(target)
            if path is not None and is_held:
                state = replace(state.without(path), holders=state.without(path).holders | {path})
        for (target, value), is_held in zip(pairs, held):
            path = target_path(target)
            if path is not None and not is_held:
                state = state.without(path)
                fact = constant_fact(value)
                state = state.learn(path, fact) if fact else state
        if any(held):
            state = replace(state, holders=state.holders - {RESULT})
        elif RESULT in state.holders:
            return self._dropped(state, trail, ordinal)
        if lasting and state.status in (HELD, IDLE):
            return replace(state, status=ESCAPED), trail
        if before.is_live and before.holders and not state.holders and state.is_live:
            return self.lost(state, trail, "overwritten", ordinal)
        return state, trail

    def _kept_in(self, value: form.Expr, state: State) -> bool:
        """The resource goes into a display, or into an object made of it, that is bound."""
        if isinstance(value, (form.Sequence, form.DictDisplay)):
            return contains(value, state.holders) or (
                RESULT in state.holders
                and any(may_denote(part, self.effects.site, frozenset()) for part in parts(value))
            )
        if isinstance(value, form.Comprehension):
            return RESULT in state.holders
        return False

    def _is_lasting(self, target: form.Expr) -> bool:
        return not isinstance(target, form.Name) or target.id in self.local_globals

    def rebound(self, state: State, trail: Trail | None, name: str, ordinal: int) -> tuple[State, Trail | None]:
        """`name` takes a value that is not the resource."""
        after = state.without(name)
        if state.is_live and name in state.holders and not after.holders:
            return self.lost(after, trail, "overwritten", ordinal)
        return after, trail

    def lost(self, state: State, trail: Trail | None, kind: str, ordinal: int) -> tuple[State, Trail | None]:
        """The last name is gone while the resource is held."""
        if state.is_live and not state.holders:
            self._leak(state, kind, ordinal, trail)
            return replace(state, status=ESCAPED), trail
        return state, trail

    def _dropped(self, state: State, trail: Trail | None, ordinal: int) -> tuple[State, Trail | None]:
        """The statement ends and nothing has kept the result of the acquire."""
        if RESULT not in state.holders:
            return state, trail
        if state.is_live and self.effects.acquire.dropped not in ("returned", "closed"):
            self._leak(state, "dropped", ordinal, trail)
        return replace(state, status=ESCAPED, holders=frozenset()), trail

    def leaving(self, state: State, value: form.Expr | None) -> State:
        """`return value`: what goes out with it is the caller's."""
        if value is None or state.status not in (HELD, IDLE):
            return replace(state, holders=state.holders - {RESULT})
        goes = self._denotes(value, state) or self._returned_inside(value, state)
        is_derived = target_path(value) in self.effects.derived
        if goes or is_derived:
            return replace(state, status=ESCAPED)
        if RESULT in state.holders:
            returned, _ = self._dropped(state, None, -1)
            return returned
        return state

    def _returned_inside(self, value: form.Expr, state: State) -> bool:
        """In a tuple, or as an argument of what is returned (a wrapper that owns it now)."""
        if isinstance(value, (form.Sequence, form.DictDisplay)):
            return contains(value, state.holders) or any(self._returned_inside(v, state) for v in parts(value))
        if isinstance(value, (form.IfExp, form.BoolOp, form.Await)):
            return any(self._denotes(v, state) or self._returned_inside(v, state) for v in parts(value))
        if isinstance(value, form.Call):
            return any(self._denotes(argument.value, state) for argument in value.args)
        return False

    # --- with ---

    def enter(self, item: form.WithItem, is_async: bool, states: States) -> EnteredItem:
        flow = self.expression(item.value, states)
        closing = self._closed_by(item.value)
        entered = EnteredItem(flow, caught=self._suppressed(item.value))
        after: States = {}
        for state, trail in flow.next.items():
            subject = closing if closing is not None else item.value
            if state.status in (HELD, IDLE) and self._denotes(subject, state):
                context = self._context(item.value, closing is not None)
                entered.names = entered.names | state.holders
                if context == "releases":
                    entered.meaning = "releases"
                    state = replace(state, status=RELEASED)
                elif context == "none" or context == "error":
                    state = replace(state, status=ESCAPED)
                state = replace(state, holders=state.holders - {RESULT})
                path = target_path(item.target) if item.target is not None else None
                if path is not None:
                    state = state.holding(path)
            elif item.target is not None:
                path = target_path(item.target)
                if path is not None:
                    state, trail = self.rebound(state, trail, path, item.ordinal)
                if RESULT in state.holders:
                    state, trail = self._dropped_in_with(state, trail, item.ordinal)
            after.setdefault(state, trail)
        flow.next = after
        return entered

    def _dropped_in_with(self, state: State, trail: Trail | None, ordinal: int) -> tuple[State, Trail | None]:
        """`with pool.getconn().cursor() as cur`: the cursor is managed, the connection is not."""
        return self._dropped(state, trail, ordinal)

    def _closed_by(self, value: form.Expr) -> form.Expr | None:
        if isinstance(value, form.Call) and value.args:
            found = self.effects.linker.meaning(value.func, self.effects.scope)
            if isinstance(found, External) and found.name in CLOSING_FUNCTIONS:
                return value.args[0].value
        return None

    def _context(self, value: form.Expr, is_closing: bool) -> str:
        acquire = self.effects.acquire
        if is_closing:
            return acquire.closing
        return acquire.context_awaited if isinstance(value, form.Await) else acquire.context

    def _suppressed(self, value: form.Expr) -> tuple[str, ...]:
        if not isinstance(value, form.Call):
            return ()
        found = self.effects.linker.meaning(value.func, self.effects.scope)
        if not isinstance(found, External) or found.name != "contextlib.suppress":
            return ()
        return tuple(target_path(argument.value) or "" for argument in value.args)

    def leave(self, item: form.WithItem, entered: EnteredItem, body: Flow) -> Flow:
        """What `suppress` catches falls through; everything else passes."""
        if not entered.caught:
            return body
        passed: dict[tuple[State, Thrown], Trail | None] = {}
        for (state, thrown), trail in body.raises.items():
            names = {name.rpartition(".")[2] for name in entered.caught}
            certain = bool(names & {"BaseException", "Exception"}) or bool(thrown.name and thrown.name in names)
            via = weakest(edge for edge in (state.via, thrown.edge) if edge and edge != "raise")
            body.next.setdefault(replace(state, via=via), trail)
            if not certain:
                passed.setdefault((state, thrown), trail)
        body.raises = passed
        return body

    # --- verdicts ---

    def _leak(self, state: State, kind: str, ordinal: int, trail: Trail | None) -> None:
        self.leaks.append(Exit(state.via or kind, ordinal, trail))
