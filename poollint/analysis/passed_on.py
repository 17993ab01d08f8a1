"""What a function of the project does with a value that it is given: how many calls it makes on it, and in a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.loops import Loop, is_left_after
from poollint.analysis.scopes import expressions, inner_blocks, own_expressions
from poollint.analysis.summaries import parameter_name
from poollint.model import form
from poollint.model.meaning import ClassRef, FunctionRef

DEPTH = 4
ONCE = (1, False)

Denotes = Callable[[form.Expr], bool]


def uses_of_given(linker: Linker, call: form.Call, scope: Scope, denotes: Denotes, depth: int = 0) -> tuple[int, bool]:
    """(calls made on the value that a call is given, whether a loop repeats one); what is not seen is one call."""
    callee = linker.meaning(call.func, scope)
    file = linker.project.file(callee.path) if isinstance(callee, FunctionRef) else None
    function = file.form.functions.get(callee.qualified) if file and isinstance(callee, FunctionRef) else None
    if function is None or not isinstance(callee, FunctionRef) or depth > DEPTH:
        return ONCE
    position = next((i for i, argument in enumerate(call.args) if denotes(argument.value)), None)
    name = None if position is None else parameter_name(function, call, position, 0, _is_bound(callee))
    if name is None:
        return ONCE
    return _uses_of_parameter(linker, function, Scope(callee.path, callee.qualified), name, depth)


def _is_bound(callee: FunctionRef) -> bool:
    return callee.bound is not None and not isinstance(callee.bound, ClassRef)


def _uses_of_parameter(
    linker: Linker, function: form.FunctionForm, scope: Scope, name: str, depth: int
) -> tuple[int, bool]:
    found, repeats = 0, False
    for statement, loops in with_loops(function.body):
        is_repeated = any(not is_left_after(loop, statement) for loop in loops)
        for own in own_expressions(statement):
            for call in (e for e in expressions(own) if isinstance(e, form.Call)):
                times, in_loop = _of_call(linker, call, scope, name, depth)
                found += times
                repeats = repeats or in_loop or (times > 0 and is_repeated)
    return max(found, 1), repeats


def _of_call(linker: Linker, call: form.Call, scope: Scope, name: str, depth: int) -> tuple[int, bool]:
    base = call.func.base if isinstance(call.func, form.Attr) else None
    while isinstance(base, (form.Attr, form.Subscript)):
        base = base.base
    if base == form.Name(name):
        return ONCE
    if any(argument.value == form.Name(name) for argument in call.args):
        return uses_of_given(linker, call, scope, lambda value: value == form.Name(name), depth + 1)
    return 0, False


def with_loops(block: form.Block, loops: tuple[Loop, ...] = ()) -> Iterator[tuple[form.Stmt, tuple[Loop, ...]]]:
    """Statements with the loops of the function that repeat them; a `while` asks its own test again and again."""
    for statement in block:
        inner_loops = (*loops, statement) if isinstance(statement, (form.For, form.While)) else loops
        yield statement, inner_loops if isinstance(statement, form.While) else loops
        for inner in inner_blocks(statement):
            yield from with_loops(inner, inner_loops)
