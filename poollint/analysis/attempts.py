"""`try`: which handlers catch what, and `finally` once per completion, so that no path is joined with another."""

from __future__ import annotations

from dataclasses import replace

from poollint.analysis.contexts import Contexts
from poollint.analysis.effects import Effects
from poollint.analysis.raising import exception_name, may_be_caught
from poollint.analysis.states import Flow, Raises, States, Thrown, bounded, merge, weakest
from poollint.analysis.summaries import Summaries
from poollint.model import form
from poollint.model.meaning import External

NOT_EXCEPTIONS = ("SystemExit", "KeyboardInterrupt", "CancelledError", "GeneratorExit", "BaseException")
ASIDE = ("cancelled", "exit")
COMPLETIONS = ("next", "breaks", "continues", "returns")


class Attempts(Contexts):
    """`caught` is the stack of exceptions whose handlers are under way."""

    def __init__(self, effects: Effects, summaries: Summaries) -> None:
        super().__init__(effects, summaries)
        self.caught: list[Thrown] = []

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

    def _handle(self, handler: form.Handler, raised: Raises, inner: Flow) -> Raises:
        """Runs a handler for what it may catch; gives back what it may not."""
        passed: Raises = {}
        entering: dict[Thrown, States] = {}
        foreseen = self._is_foreseen(handler, raised)
        for (state, thrown), trail in raised.items():
            may, surely, otherwise = self._catches(handler, thrown)
            if not surely:
                passed.setdefault((state, otherwise), trail)
            if not may:
                continue
            edge = "strong" if foreseen and thrown.edge == "weak" else thrown.edge
            via = weakest(found for found in (state.via, edge) if found)
            entered = replace(state, via="" if via == "raise" else via)
            if handler.name:
                entered = entered.without(handler.name)
            entering.setdefault(replace(thrown, edge=edge), {}).setdefault(entered, trail)
        for thrown, states in entering.items():
            self.caught.append(thrown)
            step = self.block(handler.body, bounded(states))
            self.caught.pop()
            merge(inner.next, step.next)
            inner.absorb(step)
        return passed

    def _is_foreseen(self, handler: form.Handler, raised: Raises) -> bool:
        """Whether the handler can only be entered while the resource is held: then its author expects that."""
        caught = [state for state, thrown in raised if thrown.edge not in ASIDE and self._catches(handler, thrown)[0]]
        return bool(caught) and all(state.is_live for state in caught)

    def _catches(self, handler: form.Handler, thrown: Thrown) -> tuple[bool, bool, Thrown]:
        """(may catch, surely catches, what is thrown on when it does not)."""
        if not handler.types:
            return True, True, thrown
        names = {exception_name(kind) for kind in handler.types}
        if "BaseException" in names:
            return True, True, thrown
        if thrown.edge == "exit":
            return thrown.name in names, thrown.name in names, thrown
        if thrown.edge == "cancelled":
            hit = bool(names & {"CancelledError", "GeneratorExit"})
            return hit, hit, thrown
        if "Exception" in names:
            return True, thrown.name not in NOT_EXCEPTIONS, thrown
        if thrown.name and thrown.name in names:
            return True, True, thrown
        if thrown.name:
            return may_be_caught(thrown.name, names), False, thrown
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
        for name in COMPLETIONS:
            states: States = getattr(inner, name)
            if not states:
                continue
            step = self.block(final, bounded(states))
            merge(getattr(out, name), step.next)
            out.absorb(step)
        by_thrown: dict[Thrown, States] = {}
        for (state, thrown), trail in inner.raises.items():
            by_thrown.setdefault(thrown, {}).setdefault(state, trail)
        for thrown, states in by_thrown.items():
            step = self.block(final, bounded(states))
            for state, trail in step.next.items():
                out.raises.setdefault((state, thrown), trail)
            _came_by(step, thrown)
            out.absorb(step)
        return out


def _came_by(step: Flow, thrown: Thrown) -> None:
    """A `return` in `finally` swallows the exception, and the path still came by it."""
    if thrown.edge == "raise":
        return
    for name in ("returns", "breaks", "continues"):
        states: States = getattr(step, name)
        edges = {state: weakest(edge for edge in (state.via, thrown.edge) if edge) for state in states}
        setattr(step, name, {replace(state, via=edges[state]): trail for state, trail in states.items()})
