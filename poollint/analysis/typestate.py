"""The leak interpreter: every path of a function, for one acquire site.

Structured and forward: a statement takes a set of path states to a completion map (fall through, break, continue,
return, raise); `finally` runs once per completion, so that no path is joined with one that cannot be.
"""

from __future__ import annotations

from dataclasses import replace

from poollint.analysis.branches import assume
from poollint.analysis.effects import Effects
from poollint.model.meaning import External
from poollint.analysis.scopes import target_path
from poollint.analysis.states import (
    Exit,
    Flow,
    State,
    States,
    Thrown,
    Trail,
    bounded,
    merge,
    weakest,
)
from poollint.analysis.summaries import Summaries
from poollint.analysis.transfer import Transfer
from poollint.model import form

ROUNDS = 8
CATCHES_ALL = frozenset({"BaseException"})
EXITS = frozenset({"sys.exit", "os._exit", "builtins.exit", "builtins.quit"})


class Interpreter(Transfer):
    """Runs one function for one site; `leaks` collects the exits that leave the resource held."""

    def __init__(self, effects: Effects, summaries: Summaries) -> None:
        super().__init__(effects, summaries)
        self.caught: list[Thrown] = []

    def run(self) -> list[Exit]:
        function = self.effects.function
        flow = self.block(function.body, {State(): None})
        for state, trail in flow.next.items():
            if state.is_live:
                self._leak(state, "end", -1, trail)
        for state, trail in flow.returns.items():
            if state.is_live:
                ordinal = trail.ordinal if trail is not None and trail.kind == "exit" else -1
                self._leak(state, "return", ordinal, trail)
        for (state, thrown), trail in flow.raises.items():
            if state.is_live:
                edge = weakest(edge for edge in (thrown.edge, state.via) if edge)
                self.leaks.append(Exit(edge, trail.ordinal if trail else -1, trail))
        return self.leaks

    # --- statements ---

    def block(self, block: form.Block, states: States) -> Flow:
        flow = Flow(next=states)
        for statement in block:
            if not flow.next:
                break
            step = self.statement(statement, bounded(flow.next))
            flow.next = step.next
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
                return Flow(next={state.without(statement.name): t for state, t in states.items()})
        return Flow(next=states)

    def _evaluate(self, statement: form.Evaluate, states: States) -> Flow:
        flow = self.expression(statement.value, states)
        if isinstance(statement.value, form.Call) and self._exits(statement.value):
            flow.next = {}
        kept: States = {}
        for state, trail in flow.next.items():
            kept.setdefault(*self._dropped(state, trail, statement.ordinal))
        flow.next = kept
        return flow

    def _exits(self, call: form.Call) -> bool:
        found = self.effects.linker.meaning(call.func, self.effects.scope)
        return isinstance(found, External) and found.name in EXITS

    def _bind(self, statement: form.Bind, states: States) -> Flow:
        if statement.value is None:
            return Flow(next=states)
        flow = self.expression(statement.value, states)
        pairs = _parallel(statement)
        bound: States = {}
        for state, trail in flow.next.items():
            bound.setdefault(*self.assign(state, trail, pairs, statement.ordinal))
        flow.next = bound
        return flow

    def _return(self, statement: form.Return, states: States) -> Flow:
        flow = self.expression(statement.value, states) if statement.value is not None else Flow(next=states)
        for state, trail in flow.next.items():
            after = self.leaving(state, statement.value)
            flow.returns.setdefault(after, Trail("exit", statement.ordinal, "return", trail))
        flow.next = {}
        return flow

    def _raise(self, statement: form.Raise, states: States) -> Flow:
        flow = Flow(next=states)
        for part in (statement.exception, statement.cause):
            if part is not None and not (isinstance(part, form.Call) and not part.args):
                flow = self._quiet_raise(part, flow)
        name = _exception_name(statement.exception)
        thrown = Thrown("raise", name)
        if self.caught:
            outer = self.caught[-1]
            thrown = outer if statement.exception is None else Thrown(weakest((outer.edge, "raise")), name)
        for state, trail in flow.next.items():
            flow.raises.setdefault((state, thrown), Trail("exit", statement.ordinal, "raise", trail))
        flow.next = {}
        return flow

    def _quiet_raise(self, part: form.Expr, flow: Flow) -> Flow:
        """Making the exception is not taken to fail."""
        arguments = part.args if isinstance(part, form.Call) else ()
        for argument in arguments:
            step = self.expression(argument.value, flow.next)
            flow.next = step.next
            flow.absorb(step)
        return flow

    def _assert(self, statement: form.Assert, states: States) -> Flow:
        flow = self.expression(statement.test, states)
        after: States = {}
        for state, trail in flow.next.items():
            passed = assume(statement.test, state, True, self.effects)
            failed = assume(statement.test, state, False, self.effects)
            if failed is not None:
                key = (failed, Thrown("raise", "AssertionError"))
                flow.raises.setdefault(key, Trail("exit", statement.ordinal, "assert fails", trail))
            if passed is not None:
                after.setdefault(passed, trail)
        flow.next = after
        return flow

    def _if(self, statement: form.If, states: States) -> Flow:
        flow = self.expression(statement.test, states)
        then, other = self._split(statement.test, flow.next, statement.ordinal)
        flow.next = {}
        for branch, entering in ((statement.body, then), (statement.orelse, other)):
            step = self.block(branch, entering) if entering else Flow()
            merge(flow.next, step.next)
            flow.absorb(step)
        return flow

    def _split(self, test: form.Expr, states: States, ordinal: int) -> tuple[States, States]:
        then: States = {}
        other: States = {}
        for state, trail in states.items():
            yes, no = assume(test, state, True, self.effects), assume(test, state, False, self.effects)
            both = yes is not None and no is not None and state.is_live
            if yes is not None:
                then.setdefault(yes, Trail("note", ordinal, "the condition is true", trail) if both else trail)
            if no is not None:
                other.setdefault(no, Trail("note", ordinal, "the condition is false", trail) if both else trail)
        return then, other

    # --- loops ---

    def _while(self, statement: form.While, states: States) -> Flow:
        total = Flow()
        entering, seen = dict(states), dict(states)
        leaving: States = {}
        for _ in range(ROUNDS):
            step = self.expression(statement.test, entering)
            total.absorb(step)
            then, other = self._split(statement.test, step.next, statement.ordinal)
            merge(leaving, other)
            body = self.block(statement.body, then)
            entering = self._turned(body, total, seen)
            if not entering:
                break
        return self._after_loop(statement.orelse, leaving, total)

    def _for(self, statement: form.For, states: States) -> Flow:
        total = self.expression(statement.iterable, states)
        entering, seen = dict(total.next), dict(total.next)
        leaving: States = dict(total.next)
        total.next = {}
        names = _target_names(statement.target)
        for _ in range(ROUNDS):
            bound: States = {}
            for state, trail in entering.items():
                for name in names:
                    state, trail = self.rebound(state, trail, name, statement.ordinal)
                bound.setdefault(state, trail)
            if statement.is_async:
                self.fails(bound, total, statement.ordinal, "weak", "the async iteration fails")
            body = self.block(statement.body, bound)
            merge(leaving, body.next)
            merge(leaving, body.continues)
            entering = self._turned(body, total, seen)
            if not entering:
                break
        return self._after_loop(statement.orelse, leaving, total)

    def _turned(self, body: Flow, total: Flow, seen: States) -> States:
        """The states that enter the next turn and were not seen before."""
        breaks, body_breaks = total.breaks, body.breaks
        merge(breaks, body_breaks)
        body.breaks = {}
        again: States = {}
        merge(again, body.next)
        merge(again, body.continues)
        body.continues = {}
        total.absorb(body)
        fresh = {state: trail for state, trail in bounded(again).items() if state not in seen}
        merge(seen, fresh)
        return fresh

    def _after_loop(self, orelse: form.Block, leaving: States, total: Flow) -> Flow:
        step = self.block(orelse, bounded(leaving))
        after = dict(step.next)
        merge(after, total.breaks)
        total.breaks = {}
        total.absorb(step)
        total.next = after
        return total

    # --- try ---

    def _try(self, statement: form.Try, states: States) -> Flow:
        body = self.block(statement.body, states)
        inner = Flow(breaks=body.breaks, continues=body.continues, returns=body.returns)
        otherwise = self.block(statement.orelse, body.next)
        inner.next = otherwise.next
        waiting = body.raises
        for handler in statement.handlers:
            waiting = self._handle(handler, waiting, inner)
        for key, trail in waiting.items():
            inner.raises.setdefault(key, trail)
        inner.absorb(otherwise)
        return self._finally(statement.final, inner) if statement.final else inner

    def _handle(
        self, handler: form.Handler, raised: dict[tuple[State, Thrown], Trail | None], inner: Flow
    ) -> dict[tuple[State, Thrown], Trail | None]:
        """Runs a handler for what it may catch; gives back what it may not."""
        passed: dict[tuple[State, Thrown], Trail | None] = {}
        entering: dict[Thrown, States] = {}
        for (state, thrown), trail in raised.items():
            caught, certain, weaker = self._catches(handler, thrown)
            if caught:
                via = weakest(edge for edge in (state.via, thrown.edge) if edge)
                via = "" if via == "raise" else via
                entered = replace(state, via=via)
                if handler.name:
                    entered = entered.without(handler.name)
                entering.setdefault(thrown, {}).setdefault(entered, trail)
            if not certain:
                passed.setdefault((state, weaker), trail)
        for thrown, states in entering.items():
            self.caught.append(thrown)
            step = self.block(handler.body, bounded(states))
            self.caught.pop()
            merge(inner.next, step.next)
            inner.absorb(step)
        return passed

    def _catches(self, handler: form.Handler, thrown: Thrown) -> tuple[bool, bool, Thrown]:
        """(may catch, certainly catches, what is thrown on when it does not)."""
        if not handler.types:
            return True, True, thrown
        names = {_exception_name(kind) for kind in handler.types}
        if names & CATCHES_ALL:
            return True, True, thrown
        if thrown.edge == "cancelled":
            hit = "CancelledError" in names or "GeneratorExit" in names
            return hit, hit, thrown
        if "Exception" in names:
            return True, thrown.name not in ("SystemExit", "KeyboardInterrupt", "CancelledError"), thrown
        if thrown.name and thrown.name in names:
            return True, True, thrown
        if thrown.edge == "strong" and self._of_library(handler):
            # The library's own errors are caught; what else a call on its objects raises is a guess.
            return True, False, Thrown("weak", thrown.name)
        return True, False, thrown

    def _of_library(self, handler: form.Handler) -> bool:
        roots = {root.partition(".")[0] for root in self.effects.site.library.roots}
        for kind in handler.types:
            found = self.effects.linker.meaning(kind, self.effects.scope)
            if isinstance(found, External) and found.name.partition(".")[0] in roots:
                return True
        return False

    def _finally(self, final: form.Block, inner: Flow) -> Flow:
        out = Flow()
        for name in ("next", "breaks", "continues", "returns"):
            states: States = getattr(inner, name)
            if not states:
                continue
            step = self.block(final, bounded(states))
            target: States = getattr(out, name)
            for state, trail in step.next.items():
                target.setdefault(state, trail)
            out.absorb(step)
        by_thrown: dict[Thrown, States] = {}
        for (state, thrown), trail in inner.raises.items():
            by_thrown.setdefault(thrown, {}).setdefault(state, trail)
        for thrown, states in by_thrown.items():
            step = self.block(final, bounded(states))
            for state, trail in step.next.items():
                out.raises.setdefault((state, thrown), trail)
            self._after_exception(step, thrown)
            out.absorb(step)
        return out

    def _after_exception(self, step: Flow, thrown: Thrown) -> None:
        """A `return` in `finally` swallows the exception, and the path still came by it."""
        if thrown.edge == "raise":
            return
        for name in ("returns", "breaks", "continues"):
            states: States = getattr(step, name)
            marked = {replace(s, via=weakest((s.via, thrown.edge))): t for s, t in states.items()}
            setattr(step, name, marked)

    # --- with, match, del ---

    def _with(self, statement: form.With, states: States, index: int) -> Flow:
        if index == len(statement.items):
            return self.block(statement.body, states)
        item = statement.items[index]
        entered = self.enter(item, statement.is_async, states)
        body = self._with(statement, entered.flow.next, index + 1)
        left = self.leave(item, entered, body)
        entered.flow.next = left.next
        entered.flow.absorb(left)
        return entered.flow

    def _match(self, statement: form.Match, states: States) -> Flow:
        flow = self.expression(statement.subject, states)
        entering, flow.next = flow.next, {}
        total = False
        for case in statement.cases:
            bound: States = {}
            for state, trail in entering.items():
                for name in case.names:
                    state, trail = self.rebound(state, trail, name, case.ordinal)
                bound.setdefault(state, Trail("note", case.ordinal, "this case", trail) if state.is_live else trail)
            step = self.block(case.body, bound)
            merge(flow.next, step.next)
            flow.absorb(step)
            total = total or case.is_catch_all
        if not total:
            merge(flow.next, entering)
        return flow

    def _delete(self, statement: form.Delete, states: States) -> Flow:
        after: States = {}
        for state, trail in states.items():
            for target in statement.targets:
                path = target_path(target)
                if path is not None and path in state.holders:
                    state, trail = self.lost(state.without(path), trail, "deleted", statement.ordinal)
            after.setdefault(state, trail)
        return Flow(next=after)


def _parallel(statement: form.Bind) -> list[tuple[form.Expr, form.Expr | None]]:
    """(target, value) of each part; the value is None where it is not one expression of its own."""
    assert statement.value is not None
    value = None if statement.op else statement.value
    pairs: list[tuple[form.Expr, form.Expr | None]] = []
    for target in statement.targets:
        if isinstance(target, form.Sequence) and isinstance(value, form.Sequence):
            if len(target.items) == len(value.items):
                pairs += list(zip(target.items, value.items, strict=True))
                continue
        if isinstance(target, form.Sequence):
            pairs += [(item, None) for item in target.items]
        else:
            pairs.append((target, value))
    return pairs


def _target_names(target: form.Expr) -> list[str]:
    if isinstance(target, form.Sequence):
        return [name for item in target.items for name in _target_names(item)]
    if isinstance(target, form.Starred):
        return _target_names(target.value)
    path = target_path(target)
    return [] if path is None else [path]


def _exception_name(kind: form.Expr | None) -> str:
    if isinstance(kind, form.Call):
        kind = kind.func
    if isinstance(kind, form.Attr):
        return kind.name
    return kind.id if isinstance(kind, form.Name) else ""


