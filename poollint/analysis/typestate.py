"""The leak interpreter: every path of a function, for one acquire site.

Structured and forward: a statement takes a set of path states to a completion map (fall through, break, continue,
return, raise). Sets are joined by union; a path state carries the branch facts that tell it from the others.
"""

from __future__ import annotations

from poollint.analysis.branches import assume
from poollint.analysis.effects import Effects
from poollint.analysis.quiet import exits
from poollint.analysis.raising import exception_name
from poollint.analysis.scopes import target_path
from poollint.analysis.states import (
    OTHER,
    RELEASED,
    Evaluated,
    Exit,
    Flow,
    Kind,
    State,
    States,
    Thrown,
    Trail,
    Value,
    bounded,
    merge,
    states_of,
    weakest,
)
from poollint.analysis.summaries import Summaries
from poollint.analysis.turns import Turns
from poollint.model import form


class Interpreter(Turns):
    """Runs one function for one site.

    `leaks` collects the exits that leave the resource held, `mistakes` what looked like a release on the way,
    `returned` what the function gave its caller: (value, whether it is ours) per way.
    """

    def __init__(self, effects: Effects, summaries: Summaries) -> None:
        super().__init__(effects, summaries)
        self.returned: set[tuple[Value, bool, form.Expr | None]] = set()
        self.lends_resource = False
        kind = generator_kind(effects)
        self.yield_edge = {"manager": "strong", "fixture": "", "lender": "strong"}.get(kind, "cancelled")
        self.lends = kind in ("manager", "fixture")

    def run(self) -> list[Exit]:
        flow = self.block(self.effects.function.body, {State(): None})
        last = _last_ordinal(self.effects.function.body)
        for state, trail in flow.next.items():
            self.returned.add((Value(Kind.NONE), False, None))
            if state.is_live:
                self.leak(state, "end", last, Trail("exit", last, "the function ends", trail))
        for state, trail in flow.returns.items():
            if state.is_live:
                self.leak(state, "return", trail.ordinal if trail else last, trail)
        for (state, thrown), trail in flow.raises.items():
            if state.is_live and thrown.edge != "exit":
                edge = weakest(edge for edge in (thrown.edge, state.via) if edge)
                self.leaks.append(Exit(edge, trail.ordinal if trail else last, trail, state.mistake))
        return self.leaks

    def lent(self, state: State, value: Value) -> None:
        self.lends_resource = self.lends_resource or value.kind is Kind.RESOURCE

    # --- statements ---

    def block(self, block: form.Block, states: States) -> Flow:
        flow = Flow(next=states)
        for statement in block:
            if not flow.next:
                break
            self.at = getattr(statement, "ordinal", -1)
            step = self.statement(statement, bounded(flow.next))
            flow.next = self.settled(step.next, getattr(statement, "ordinal", -1))
            flow.absorb(step)
        return flow

    def statement(self, statement: form.Stmt, states: States) -> Flow:
        match statement:
            case form.Evaluate():
                return self._evaluate(statement, states)
            case form.Bind():
                return self._bind(statement, states)
            case form.Return():
                return self._return(statement, states)
            case form.Raise():
                return self._raise(statement, states)
            case form.Assert():
                return self._assert(statement, states)
            case form.If():
                return self._if(statement, states)
            case form.While():
                return self._while(statement, states)
            case form.For():
                return self._for(statement, states)
            case form.Try():
                return self._try(statement, states)
            case form.With():
                return self._with(statement, states, 0)
            case form.Match():
                return self._match(statement, states)
            case form.Delete():
                return self._delete(statement, states)
            case form.Break():
                return Flow(breaks=states)
            case form.Continue():
                return Flow(continues=states)
            case form.Define():
                return Flow(next=self._defined(statement, self.rebound(states, [statement.name], statement.ordinal)))
        return Flow(next=states)

    def _defined(self, statement: form.Define, states: States) -> States:
        """A decorator that hands a nested function on registers what it does."""
        does = self.effects.registered.get(statement.qualified, "")
        if not does:
            return states
        after: States = {}
        for state, trail in states.items():
            if state.is_ours:
                state = state.but(RELEASED) if does == "releases" else self.escaped(state)
            after.setdefault(state, trail)
        return after

    def _evaluate(self, statement: form.Evaluate, states: States) -> Flow:
        flow = Flow()
        value = statement.value
        if isinstance(value, form.Call):
            self.unawaited = value.ordinal
        flow.next = states_of(self.expression(value, states, flow.raises))
        if isinstance(value, form.Call) and exits(self.effects.linker, self.effects.scope, value):
            leaving = {(state, Thrown("exit", "SystemExit")): trail for state, trail in flow.next.items()}
            flow.next, flow.raises = {}, dict(leaving)
        return flow

    def _bind(self, statement: form.Bind, states: States) -> Flow:
        flow = Flow()
        value = statement.value
        if value is None:
            flow.next = states
            return flow
        if isinstance(value, form.Sequence) and any(_matches(target, value) for target in statement.targets):
            return self._bind_parallel(statement, value, states)
        for (state, given), trail in self.expression(value, states, flow.raises).items():
            if statement.op:
                kept = self.escaped(state) if given.is_kept and state.is_ours else state
                flow.next.setdefault(self._augmented(kept, statement), trail)
                continue
            pairs = [pair for target in statement.targets for pair in self.pairs(target, given)]
            flow.next.setdefault(*self.bind(state, trail, pairs, statement.ordinal))
        return flow

    def _augmented(self, state: State, statement: form.Bind) -> State:
        for target in statement.targets:
            path = target_path(target)
            if path is not None and path not in state.holders | state.carriers:
                state = state.without(path)
        return state

    def _bind_parallel(self, statement: form.Bind, value: form.Sequence, states: States) -> Flow:
        """`conn, self.conn = self.conn, None`: all values are taken before any target is bound."""
        flow = Flow()
        for (state, values), trail in self.operands(value.items, states, flow.raises).items():
            pairs = []
            for target in statement.targets:
                if isinstance(target, form.Sequence) and _matches(target, value):
                    for item, given in zip(target.items, values, strict=True):
                        pairs += self.pairs(item, given)
                else:
                    pairs += self.pairs(target, OTHER)
            flow.next.setdefault(*self.bind(state, trail, pairs, statement.ordinal))
        return flow

    def _return(self, statement: form.Return, states: States) -> Flow:
        flow = Flow()
        found: Evaluated = {(state, Value(Kind.NONE)): trail for state, trail in states.items()}
        if statement.value is not None:
            found = self.expression(statement.value, states, flow.raises)
        for (state, value), trail in found.items():
            self.returned.add((value, state.is_ours, statement.value))
            self.given_back(state, value, trail, statement.ordinal)
            if value.is_kept and state.is_ours:
                state = self.escaped(state)
            elif state.is_ours and not state.is_reachable:
                state = self.lost(state, trail, "dropped", statement.ordinal)
            told = Trail("exit", statement.ordinal, "returns here", trail) if state.is_live else None
            flow.returns.setdefault(state, told)
        return flow

    def _raise(self, statement: form.Raise, states: States) -> Flow:
        flow = Flow()
        after = states
        for part in (statement.exception, statement.cause):
            # Making the exception is not taken to fail, what it is made of may.
            arguments = tuple(a.value for a in part.args) if isinstance(part, form.Call) else ()
            found = self.operands(arguments, after, flow.raises)
            after = {}
            for (state, given), trail in found.items():
                # The exception takes along what it is made of.
                is_taken = state.is_ours and any(value.is_kept for value in given)
                after.setdefault(self.escaped(state) if is_taken else state, trail)
        thrown = Thrown("raise", exception_name(statement.exception))
        if self.caught:
            outer = self.caught[-1]
            thrown = outer if statement.exception is None else Thrown(weakest((outer.edge, "raise")), thrown.name)
        for state, trail in after.items():
            told = Trail("exit", statement.ordinal, "raises here", trail) if state.is_live else None
            flow.raises.setdefault((state, thrown), told)
        return flow

    def _assert(self, statement: form.Assert, states: States) -> Flow:
        flow = Flow()
        for state, trail in states_of(self.expression(statement.test, states, flow.raises)).items():
            for failed in assume(statement.test, state, False, self.effects):
                told = Trail("exit", statement.ordinal, "the assertion fails", trail) if state.is_live else None
                flow.raises.setdefault((failed, Thrown("raise", "AssertionError")), told)
            for passed in assume(statement.test, state, True, self.effects):
                flow.next.setdefault(passed, trail)
        return flow

    def _if(self, statement: form.If, states: States) -> Flow:
        flow = Flow()
        entering = states_of(self.expression(statement.test, states, flow.raises))
        then, other = self._split(statement.test, entering, statement.ordinal)
        for branch, chosen in ((statement.body, then), (statement.orelse, other)):
            step = self.block(branch, bounded(chosen)) if chosen else Flow()
            merge(flow.next, step.next)
            flow.absorb(step)
        return flow

    # --- match, del ---

    def _match(self, statement: form.Match, states: States) -> Flow:
        flow = Flow()
        entering = states_of(self.expression(statement.subject, states, flow.raises))
        is_total = False
        for case in statement.cases:
            bound = self.rebound(entering, list(case.names), case.ordinal)
            if case.guard is not None:
                tested = states_of(self.expression(case.guard, bound, flow.raises))
                bound, _ = self._split(case.guard, tested, case.ordinal)
            told = {
                state: Trail("note", case.ordinal, "this case", trail) if state.is_live else trail
                for state, trail in bound.items()
            }
            step = self.block(case.body, told)
            merge(flow.next, step.next)
            flow.absorb(step)
            is_total = is_total or case.is_catch_all
        if not is_total:
            merge(flow.next, entering)
        return flow

    def _delete(self, statement: form.Delete, states: States) -> Flow:
        after: States = {}
        for state, trail in states.items():
            was_reachable = state.is_reachable
            for target in statement.targets:
                path = target_path(target)
                state = state if path is None else state.without(path)
            if state.is_ours and was_reachable and not state.is_reachable:
                state = self.lost(state, trail, "deleted", statement.ordinal)
            after.setdefault(state, trail)
        return Flow(next=after)


def generator_kind(effects: Effects) -> str:
    """What a generator function is to those who use it: "manager", "fixture", "lender" (it takes back what it
    yields), or ""."""
    function = effects.function
    if not function.is_generator:
        return ""
    made = effects.linker.made_of(effects.scope.path, function)
    for kind in ("manager", "fixture"):
        if kind in made:
            return kind
    return "lender" if effects.owns else ""


def _matches(target: form.Expr, value: form.Sequence) -> bool:
    if not isinstance(target, form.Sequence) or len(target.items) != len(value.items):
        return False
    return not any(isinstance(item, form.Starred) for item in (*target.items, *value.items))


def _last_ordinal(block: form.Block) -> int:
    """The last statement of a body that has an ordinal."""
    for statement in reversed(block):
        ordinal = getattr(statement, "ordinal", -1)
        if isinstance(ordinal, int) and ordinal >= 0:
            return ordinal
    return -1
