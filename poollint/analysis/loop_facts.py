"""What rules are told of the loop or comprehension that repeats a construction."""

from __future__ import annotations

from poollint.analysis.linking import Scope
from poollint.analysis.loops import (
    Loop,
    depends_on_turn,
    repeating_comprehension,
    repeating_loop,
    turn_of_comprehension,
)
from poollint.analysis.render import render
from poollint.model import form
from poollint.model.facts import LoopFact


def turns_of(
    function: form.FunctionForm, call: form.Call, scope: Scope, names: frozenset[str]
) -> tuple[LoopFact | None, bool]:
    """The loop or comprehension that repeats a call, and whether the call, or what is set on its value later
    (`names` are the value's), changes with the turn."""
    inside = repeating_comprehension(function, call)
    if inside is not None:
        target, iterable, _ = inside.sources[0]
        text = f"for {render(target)} in {render(iterable)}"
        place = scope.at(call.ordinal)
        return LoopFact(place, text, "comprehension"), turn_of_comprehension(inside, call)
    loop = repeating_loop(function, call)
    if loop is None:
        return None, False
    kind = "while" if isinstance(loop, form.While) else "for"
    place = scope.at(loop.ordinal)
    return LoopFact(place, _text(loop), kind), depends_on_turn(loop, call, names)


def _text(loop: Loop) -> str:
    if isinstance(loop, form.For):
        return f"for {render(loop.target)} in {render(loop.iterable)}"
    return f"while {render(loop.test)}"
