"""What a branch teaches about a path state, and which branches a state cannot take."""

from __future__ import annotations

from poollint.analysis.effects import Effects, may_denote
from poollint.analysis.scopes import target_path
from poollint.analysis.states import State
from poollint.model import form


def assume(test: form.Expr, state: State, outcome: bool, effects: Effects) -> State | None:
    """The state in which `test` came out as `outcome`; None when it cannot."""
    match test:
        case form.Const(value):
            return state if bool(value) == outcome else None
        case form.Not(inner):
            return assume(inner, state, not outcome, effects)
        case form.NamedExpr(name, value):
            return _truth(name, state, outcome) if not may_denote(value, effects.site, frozenset()) else (
                state if outcome else None
            )
        case form.BoolOp(op, values):
            return _sequence(op, values, state, outcome, effects)
        case form.Compare(left, op, form.Const(None)) if op in ("is", "is not", "==", "!="):
            return _none(left, state, (op in ("is", "==")) == outcome)
        case form.Compare(left, op, form.Const(bool() as wanted)) if op in ("is", "=="):
            path = target_path(left)
            return state if path is None else _truth(path, state, wanted == outcome)
    path = target_path(test)
    return state if path is None else _truth(path, state, outcome)


def _sequence(
    op: str, values: tuple[form.Expr, ...], state: State, outcome: bool, effects: Effects
) -> State | None:
    """`and` is true when all are; `or` false when none is. The mixed outcome stays undecided."""
    if (op == "and") == outcome:
        current: State | None = state
        for value in values:
            current = None if current is None else assume(value, current, outcome, effects)
        return current
    possible = [assume(value, state, outcome, effects) for value in values]
    reachable = [found for found in possible if found is not None]
    if not reachable:
        return None
    return reachable[0] if len(values) == 1 else state


def _none(left: form.Expr, state: State, is_none: bool) -> State | None:
    path = target_path(left)
    if path is None:
        return state
    if path in state.holders:
        return None if is_none else state
    if state.knows(path, "none"):
        return state if is_none else None
    if state.knows(path, "not-none") or state.knows(path, "true"):
        return None if is_none else state
    return state.learn(path, "none" if is_none else "not-none")


def _truth(path: str, state: State, outcome: bool) -> State | None:
    if path in state.holders:
        return state if outcome else None
    if state.knows(path, "none") or state.knows(path, "false"):
        return None if outcome else state
    if state.knows(path, "true"):
        return state if outcome else None
    return state.learn(path, "true" if outcome else "false")


def constant_fact(value: form.Expr | None) -> str:
    """What assigning a value teaches: "none", "true", "false", "not-none" or ""."""
    if isinstance(value, form.Const):
        if value.value is None:
            return "none"
        return "true" if value.value else "false"
    if isinstance(value, (form.Sequence, form.DictDisplay, form.Lambda, form.Joined)):
        return "not-none"
    return ""


