"""The interpreter with one row of its table broken: name -> (owner, attribute, what stands there instead)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from poollint.analysis import attempts, binding, branches, contexts, states, summaries, transfer, turns, typestate
from poollint.analysis.attempts import Attempts
from poollint.analysis.called import Called
from poollint.analysis.contexts import Contexts
from poollint.analysis.releases import Releases
from poollint.analysis.states import ESCAPED, RELEASED, Flow, Kind, Thrown, Value, states_of
from poollint.analysis.summaries import Effect, Summaries
from poollint.analysis.transfer import Transfer
from poollint.analysis.turns import Turns
from poollint.analysis.typestate import Interpreter

Break = tuple[object, str, object]


def _failing_acquire_holds(self: Any, state: Any, trail: Any, raises: Any) -> Any:
    found = _whole["acquired"](self, state, trail, raises)
    for held in found:
        raises[held, Thrown("weak")] = trail
    return found


def _second_acquire_unseen(self: Any, state: Any, trail: Any, raises: Any) -> Any:
    return _whole["acquired"](self, state.but(ESCAPED), trail, raises)


def _lost_unseen(self: Any, state: Any, *_: object) -> Any:
    return state.but(ESCAPED) if state.is_ours else state


def _targets_one_by_one(self: Any, statement: Any, value: Any, found: Any) -> Flow:
    """`held, conn = conn, None` as if `conn = None` came first."""
    flow = Flow()
    targets = [item for target in statement.targets for item in getattr(target, "items", ())]
    for state, trail in found.items():
        flow.next.setdefault(*self.bind(state, trail, [(t, Value()) for t in targets], statement.ordinal))
    return flow


def _no_cancellation(self: Any, state: Any, trail: Any, edge: str, *rest: Any) -> None:
    if edge != "cancelled":
        _whole["fails"](self, state, trail, edge, *rest)


def _no_own_failures(self: Any, state: Any, trail: Any, edge: str, *rest: Any) -> None:
    if edge != "strong":
        _whole["fails"](self, state, trail, edge, *rest)


def _no_other_failures(self: Any, state: Any, trail: Any, edge: str, *rest: Any) -> None:
    if edge != "weak":
        _whole["fails"](self, state, trail, edge, *rest)


def _with_releases(self: Any, state: Any, *_: object) -> Any:
    return state.but(RELEASED), "releases"


def _no_closers(self: Any, state: Any, name: str) -> Value:
    found = _whole["named"](self, state, name)
    return Value() if found.kind is Kind.CLOSER else found


def _nothing_borrowed(self: Any, *args: Any, **named: Any) -> Effect:
    found = _whole["of_call"](self, *args, **named)
    return Effect(summaries.STORES) if found.kind == summaries.BORROWS else found


def _no_binding(self: Any, expression: Any, found: Any, raises: Any) -> Any:
    return self.expression(expression.value, found, raises)


def _first_branch(self: Any, expression: Any, found: Any, raises: Any) -> Any:
    return self.expression(expression.body, found, raises)


def _none_cancelled_in_handlers(self: Any, handler: Any, thrown: Thrown) -> tuple[bool, bool, Thrown]:
    return (False, False, thrown) if thrown.edge == "cancelled" else _whole["_catches"](self, handler, thrown)


def _finally_but_for(completion: str) -> object:
    def broken(self: Any, final: Any, inner: Flow) -> Flow:
        kept = getattr(inner, completion)
        setattr(inner, completion, {})
        out = _whole["_finally"](self, final, inner)
        for key, trail in kept.items():
            getattr(out, completion).setdefault(key, trail)
        return out

    return broken


def _else_guarded(self: Any, statement: Any, found: Any) -> Flow:
    """`else` as if it stood at the end of the `try`."""
    return _whole["_try"](self, replace(statement, body=(*statement.body, *statement.orelse), orelse=()), found)


def _match_is_total(self: Any, statement: Any, found: Any) -> Flow:
    last = replace(statement.cases[-1], is_catch_all=True)
    return _whole["_match"](self, replace(statement, cases=(*statement.cases[:-1], last)), found)


def _first_case(self: Any, statement: Any, found: Any) -> Flow:
    return _whole["_match"](self, replace(statement, cases=statement.cases[:1]), found)


def _no_breaks(self: Any, orelse: Any, leaving: Any, total: Flow) -> Flow:
    total.breaks = {}
    return _whole["_after_loop"](self, orelse, leaving, total)


def _no_loop_else(self: Any, orelse: Any, leaving: Any, total: Flow) -> Flow:
    return _whole["_after_loop"](self, (), leaving, total)


def _no_continues(self: Any, body: Flow, total: Flow, seen: Any) -> Any:
    body.continues = {}
    return _whole["_turned"](self, body, total, seen)


def _asserted(self: Any, statement: Any, found: Any) -> Flow:
    flow = Flow()
    flow.next = states_of(self.expression(statement.test, found, flow.raises))
    return flow


def _goes_on(self: Any, statement: Any, found: Any) -> Flow:
    return Flow(next=found)


def _no_test(test: Any, state: Any, outcome: Any, effects: Any) -> Any:
    return (state,)


def _no_and_or(op: Any, values: Any, state: Any, outcome: Any, effects: Any) -> Any:
    return (state,)


def _lost_via(edges: Any) -> str:
    return ""


_whole: dict[str, Any] = {
    "acquired": Transfer.acquired,
    "fails": Called.fails,
    "named": binding.Binding.named,
    "of_call": Summaries.of_call,
    "_catches": Attempts._catches,
    "_finally": Attempts._finally,
    "_try": Attempts._try,
    "_match": Interpreter._match,
    "_after_loop": Turns._after_loop,
    "_turned": Turns._turned,
}
BREAKS: dict[str, tuple[Break, ...]] = {
    "a failed acquire holds": ((Transfer, "acquired", _failing_acquire_holds),),
    "a second acquire is not seen": ((Transfer, "acquired", _second_acquire_unseen),),
    "an overwritten name is not seen": ((binding.Binding, "lost", _lost_unseen),),
    "targets are bound one by one": ((Interpreter, "_bind_parallel", _targets_one_by_one),),
    "a release releases nothing": ((Releases, "of", lambda *_: None),),
    "closures release nothing": ((binding.Binding, "named", _no_closers),),
    "what is registered releases nothing": ((Releases, "is_returner", lambda *_: False),),
    "a transaction's with releases": ((Contexts, "entered", _with_releases),),
    "suppress lets everything through": ((Contexts, "_swallowed", lambda *_: ()),),
    "calls do not raise": ((Called, "fails", lambda *_: None),),
    "calls on the connection do not raise": ((Called, "fails", _no_own_failures),),
    "other calls do not raise": ((Called, "fails", _no_other_failures),),
    "awaits are not cancelled": ((Called, "fails", _no_cancellation),),
    "nothing ever escapes": ((binding.Binding, "escaped", lambda _, state: state),),
    "helpers are not followed": ((Summaries, "of_call", lambda *_, **__: Effect(summaries.UNRESOLVED)),),
    "helpers keep what they borrow": ((Summaries, "of_call", _nothing_borrowed),),
    "branches teach nothing": ((turns, "assume", _no_test),),
    "None is not told apart": ((branches, "_none", lambda path, state, *_: (state,)),),
    "truth is not told apart": ((branches, "_truth", lambda path, state, *_: (state,)),),
    "and, or are not looked into": ((branches, "_sequence", _no_and_or),),
    "a walrus binds nothing": ((Transfer, "_walrus", _no_binding),),
    "a ternary has one branch": ((Transfer, "_conditional", _first_branch),),
    "elements of a dict are not known": ((transfer, "_of_dict", lambda *_: states.CARRIER),),
    "every handler catches everything": ((Attempts, "_catches", lambda *args: (True, True, args[-1])),),
    "no handler catches anything": ((Attempts, "_catches", lambda *args: (False, False, args[-1])),),
    "no handler catches a cancellation": ((Attempts, "_catches", _none_cancelled_in_handlers),),
    "else is guarded by its handlers": ((Attempts, "_try", _else_guarded),),
    "finally is skipped on return": ((Attempts, "_finally", _finally_but_for("returns")),),
    "finally is skipped on break": ((Attempts, "_finally", _finally_but_for("breaks")),),
    "finally is skipped on continue": ((Attempts, "_finally", _finally_but_for("continues")),),
    "finally is skipped on an exception": ((Attempts, "_finally", _finally_but_for("raises")),),
    "finally is skipped on the straight way": ((Attempts, "_finally", _finally_but_for("next")),),
    "some case always matches": ((Interpreter, "_match", _match_is_total),),
    "only the first case matches": ((Interpreter, "_match", _first_case),),
    "break leads nowhere": ((Turns, "_after_loop", _no_breaks),),
    "a loop's else is skipped": ((Turns, "_after_loop", _no_loop_else),),
    "continue leads nowhere": ((Turns, "_turned", _no_continues),),
    "a loop always turns": ((turns, "_surely_turns", lambda _: True),),
    "a loop turns once": ((turns, "ROUNDS", 1),),
    "an assertion never fails": ((Interpreter, "_assert", _asserted),),
    "raise goes on": ((Interpreter, "_raise", _goes_on),),
    "the process does not end": ((typestate, "exits", lambda *_: False),),
    "a caught failure is forgotten": ((attempts, "weakest", _lost_via), (contexts, "weakest", _lost_via)),
    "states are merged too early": ((states, "STATE_LIMIT", 1),),
}
