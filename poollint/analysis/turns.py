"""Branches and loops: the states of either side, and turns until nothing new comes."""

from __future__ import annotations

from poollint.analysis.attempts import Attempts
from poollint.analysis.branches import assume
from poollint.analysis.render import render
from poollint.analysis.states import Flow, Kind, States, Trail, bounded, merge, states_of
from poollint.model import form

ROUNDS = 8
UNROLLED = 6


class Turns(Attempts):
    """`while` and `for`; a loop over a short display is unrolled."""

    def _split(self, test: form.Expr, states: States, ordinal: int) -> tuple[States, States]:
        """The states of either branch; where a held path may take both, the story tells which."""
        then: States = {}
        other: States = {}
        text = render(test)
        for state, trail in states.items():
            yes, no = assume(test, state, True, self.effects), assume(test, state, False, self.effects)
            told = bool(yes) and bool(no) and state.is_live
            for found in yes:
                then.setdefault(found, Trail("note", ordinal, f"`{text}` is true", trail) if told else trail)
            for found in no:
                other.setdefault(found, Trail("note", ordinal, f"`{text}` is false", trail) if told else trail)
        return then, other

    def _while(self, statement: form.While, states: States) -> Flow:
        total = Flow()
        entering, seen = dict(states), dict(states)
        leaving: States = {}
        self.turning += 1
        for _ in range(ROUNDS):
            tested = states_of(self.expression(statement.test, entering, total.raises))
            then, other = self._split(statement.test, tested, statement.ordinal)
            merge(leaving, other)
            entering = self._turned(self.block(statement.body, bounded(then)), total, seen)
            if not entering:
                break
        self.turning -= 1
        return self._after_loop(statement.orelse, leaving, total)

    def _for(self, statement: form.For, states: States) -> Flow:
        iterable = statement.iterable
        if isinstance(iterable, form.Sequence) and 0 < len(iterable.items) <= UNROLLED and not statement.is_async:
            return self._unrolled(statement, iterable.items, states)
        total = Flow()
        entering: States = {}
        evaluated = self.expression(iterable, states, total.raises)
        is_read = self.is_read_by_turns(evaluated)
        for (state, value), trail in evaluated.items():
            if value.kind is Kind.CARRIER and state.is_ours and not state.is_reachable:
                state = self.escaped(state)
            state, _ = self.read(state, value, iterable, "__iter__", trail, total.raises)
            state = self.taken_out(state, iterable)
            entering.setdefault(state, trail)
        seen, leaving = dict(entering), {} if _surely_turns(iterable) else dict(entering)
        names = target_names(statement.target)
        self.turning += 1
        for _ in range(ROUNDS):
            bound = self.rebound(entering, names, statement.ordinal)
            if statement.is_async and not is_read:
                for state, trail in bound.items():
                    text = "the next item raises"
                    self.fails(state, trail, "weak", statement.ordinal, text, total.raises)
                    self.fails(state, trail, "cancelled", statement.ordinal, text, total.raises)
            body = self.block(statement.body, bounded(bound))
            merge(leaving, body.next)
            merge(leaving, body.continues)
            entering = self._turned(body, total, seen)
            if not entering:
                break
        self.turning -= 1
        return self._after_loop(statement.orelse, self.read_out(leaving) if is_read else leaving, total)

    def _unrolled(self, statement: form.For, items: tuple[form.Expr, ...], states: States) -> Flow:
        """`for c in (a, b):` turn by turn."""
        total = Flow()
        entering = states
        for item in items:
            bound: States = {}
            for (state, value), trail in self.expression(item, entering, total.raises).items():
                bound.setdefault(*self.bind(state, trail, self.pairs(statement.target, value), statement.ordinal))
            body = self.block(statement.body, bounded(bound))
            entering = dict(body.next)
            merge(entering, body.continues)
            body.continues = {}
            total.absorb(body)
        return self._after_loop(statement.orelse, entering, total)

    def _turned(self, body: Flow, total: Flow, seen: States) -> States:
        """The states that enter the next turn and were not seen before."""
        again = dict(body.next)
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


def target_names(target: form.Expr) -> list[str]:
    """The names that a target binds."""
    if isinstance(target, form.Sequence):
        return [name for item in target.items for name in target_names(item)]
    if isinstance(target, form.Starred):
        return target_names(target.value)
    return [target.id] if isinstance(target, form.Name) else []


def _surely_turns(iterable: form.Expr) -> bool:
    """`range(3)`: a loop that runs at least once."""
    match iterable:
        case form.Call(_, form.Name("range"), (form.Argument(form.Const(int() as count), None, ""),)):
            return count > 0
    return False
