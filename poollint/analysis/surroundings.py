"""Where the calls of a function stand: their statement, the blocks around it, what wraps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from poollint.analysis.scopes import expressions, inner_blocks, own_expressions, parts, statements, target_path
from poollint.model import form


@dataclass(frozen=True, slots=True)
class Standing:
    """A call's place in its function.

    `blocks` are the (block, index) pairs that lead to its statement, outermost first; `chain` the expressions
    around the call within the statement, innermost first; `in_try` whether a block on the way is a `try`'s.
    """

    call: form.Call
    statement: form.Stmt
    blocks: tuple[tuple[form.Block, int], ...]
    chain: tuple[form.Expr, ...]

    @property
    def is_awaited(self) -> bool:
        return bool(self.chain) and isinstance(self.chain[0], form.Await)

    @property
    def is_statement(self) -> bool:
        """Whether the call, awaited or not, is all of its statement."""
        return isinstance(self.statement, form.Evaluate) and all(isinstance(e, form.Await) for e in self.chain)


class Surroundings:
    """Every call of one function by ordinal."""

    def __init__(self, function: form.FunctionForm) -> None:
        self.by_ordinal: dict[int, Standing] = {}
        for statement, blocks in placed(function.body, ()):
            for own in own_expressions(statement):
                self._add(own, statement, blocks)

    def _add(self, own: form.Expr, statement: form.Stmt, blocks: tuple[tuple[form.Block, int], ...]) -> None:
        waiting: list[tuple[form.Expr, tuple[form.Expr, ...]]] = [(own, ())]
        while waiting:
            expression, chain = waiting.pop()
            if isinstance(expression, form.Call):
                self.by_ordinal[expression.ordinal] = Standing(expression, statement, blocks, chain)
            waiting += [(part, (expression, *chain)) for part in parts(expression)]


def placed(
    block: form.Block, outer: tuple[tuple[form.Block, int], ...]
) -> Iterator[tuple[form.Stmt, tuple[tuple[form.Block, int], ...]]]:
    """Every statement with the blocks that lead to it."""
    for index, statement in enumerate(block):
        here = (*outer, (block, index))
        yield statement, here
        for inner in inner_blocks(statement):
            yield from placed(inner, here)


def used_in(standing: Standing, is_closing: Callable[[form.Call], bool]) -> str:
    """What a call stands in, as `AcquireFact.used_in` says."""
    statement, chain = standing.statement, standing.chain
    outer = [e for e in chain if not isinstance(e, form.Await)]
    if any(isinstance(e, form.Call) and is_closing(e) for e in outer):
        return "closing"
    if isinstance(statement, form.With) and not outer:
        return "with-awaited" if chain else "with"
    if outer:
        return "argument" if isinstance(outer[0], form.Call) else "other"
    if isinstance(statement, form.Bind) and not statement.op:
        return "bind"
    if isinstance(statement, form.Return):
        return "return"
    return "statement" if isinstance(statement, form.Evaluate) else "other"


def outlives(standing: Standing, function: form.FunctionForm) -> bool:
    """Whether what a `with` binds is named after it, or returned out of it."""
    entered = standing.statement
    if not isinstance(entered, form.With):
        return True
    names = {target_path(item.target) for item in entered.items if item.target is not None} - {None}
    inside = {id(statement) for statement in statements(entered.body)}
    for statement in statements(function.body):
        if statement is entered:
            continue
        if id(statement) in inside:
            if isinstance(statement, form.Return) and target_path(statement.value or form.Opaque()) in names:
                return True
            continue
        if any(target_path(e) in names for own in own_expressions(statement) for e in expressions(own)):
            return True
    return False
