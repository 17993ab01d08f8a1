"""What a branch teaches about a path state, and which branches a state cannot take."""

from __future__ import annotations

from poollint.analysis.effects import Effects
from poollint.analysis.scopes import target_path
from poollint.analysis.states import RELEASED, State
from poollint.model import form

OPEN_WORDS = frozenset({"is_connected", "open", "is_open", "connected", "is_valid", "is_usable", "is_active", "in_use"})
CLOSED_WORDS = frozenset({"closed", "is_closed", "is_closing", "invalidated", "broken", "expired"})
NAMESPACES = frozenset({"locals", "vars", "dir", "globals"})


def assume(test: form.Expr, state: State, outcome: bool, effects: Effects) -> tuple[State, ...]:
    """The states in which `test` came out as `outcome`; none when it cannot."""
    match test:
        case form.Const(value):
            return (state,) if bool(value) == outcome else ()
        case form.Not(inner):
            return assume(inner, state, not outcome, effects)
        case form.NamedExpr(name, value):
            if effects.denoting.may_be(value, effects.names) and name in state.holders:
                return (state,) if outcome else ()
            return _truth(name, state, outcome, effects)
        case form.BoolOp(op, values):
            return _sequence(op, values, state, outcome, effects)
        case form.Compare(left, "is" | "is not" | "==" | "!=" as op, form.Const(None)):
            return _none(_subject(left), state, (op in ("is", "==")) == outcome, effects)
        case form.Compare(left, "is" | "==", form.Const(bool() as wanted)):
            return assume(left, state, wanted == outcome, effects)
        case form.Compare(form.Attr() as left, "==" | "!=" as op, form.Const(0)):
            return assume(left, state, (op == "!=") == outcome, effects)
        case form.Compare(form.Const(str() as name), "in" | "not in" as op, form.Call(_, form.Name(space), ())):
            is_there = space in NAMESPACES and name in state.holders
            return () if is_there and (op == "in") != outcome else (state,)
    liveness = _liveness(test, state, outcome)
    if liveness is not None:
        return liveness
    path = target_path(test)
    return (state,) if path is None else _truth(path, state, outcome, effects)


def _sequence(
    op: str, values: tuple[form.Expr, ...], state: State, outcome: bool, effects: Effects
) -> tuple[State, ...]:
    """`and` is true when all are; false at the first that is false, the ones before it being true. `or` mirrors."""
    through = op == "and"
    entering: tuple[State, ...] = (state,)
    stopped: tuple[State, ...] = ()
    for value in values:
        stopped += tuple(found for one in entering for found in assume(value, one, not through, effects))
        entering = tuple(found for one in entering for found in assume(value, one, through, effects))
    chosen = entering if outcome == through else stopped
    return tuple(dict.fromkeys(chosen))


def _subject(left: form.Expr) -> str | None:
    return left.name if isinstance(left, form.NamedExpr) else target_path(left)


def _none(path: str | None, state: State, is_none: bool, effects: Effects) -> tuple[State, ...]:
    if path is None:
        return (state,)
    if path in state.holders or path in state.carriers:
        return () if is_none else (state,)
    if state.knows(path, "none"):
        return (state,) if is_none else ()
    if state.knows(path, "not-none") or state.knows(path, "true"):
        return () if is_none else (state,)
    return (_learnt(state, path, "none" if is_none else "not-none", effects),)


def _truth(path: str, state: State, outcome: bool, effects: Effects) -> tuple[State, ...]:
    if path in state.holders or (path in state.carriers and path in effects.aliases.containers):
        return (state,) if outcome else ()
    if state.knows(path, "none") or state.knows(path, "false"):
        return () if outcome else (state,)
    if state.knows(path, "true"):
        return (state,) if outcome else ()
    return (_learnt(state, path, "true" if outcome else "false", effects),)


def _learnt(state: State, path: str, fact: str, effects: Effects) -> State:
    return state.learn(path, fact) if path in effects.tested else state


def _liveness(test: form.Expr, state: State, outcome: bool) -> tuple[State, ...] | None:
    """`if conn.is_connected():`, `if not conn.closed:` - what is closed already needs no release."""
    asked = test.func if isinstance(test, form.Call) else test
    if not isinstance(asked, form.Attr) or target_path(asked.base) not in state.holders:
        return None
    if asked.name in OPEN_WORDS:
        is_open = outcome
    elif asked.name in CLOSED_WORDS:
        is_open = not outcome
    else:
        return None
    return (state,) if is_open or not state.is_ours else (state.but(RELEASED),)
