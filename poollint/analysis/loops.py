"""The loop that repeats a call: which one, and whether it ends by that turn."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.analysis.scopes import expressions, inner_blocks, own_expressions, parts, statements, target_path
from poollint.model import form

Loop = form.For | form.While


def enclosing(block: form.Block, ordinal: int, around: tuple[form.Stmt, ...] = ()) -> tuple[form.Stmt, ...]:
    """The statements around the expression with this ordinal, outermost first, its own last; () if absent."""
    for statement in block:
        chain = (*around, statement)
        if any(getattr(e, "ordinal", None) == ordinal for own in own_expressions(statement) for e in expressions(own)):
            return chain
        for inner in inner_blocks(statement):
            found = enclosing(inner, ordinal, chain)
            if found:
                return found
    return ()


def repeating_loop(function: form.FunctionForm, call: form.Call) -> Loop | None:
    """The innermost loop whose every turn makes the call, unless the turn that made it ends the loop."""
    chain = enclosing(function.body, call.ordinal)
    for position in range(len(chain) - 2, -1, -1):
        loop = chain[position]
        if not isinstance(loop, (form.For, form.While)):
            continue
        inner = chain[position + 1]
        if not _stands_in(loop.body, inner):
            continue
        rest = chain[position + 1 :]
        return None if _ends_after(loop, rest) or is_made_once(rest) else loop
    return None


def repeating_comprehension(function: form.FunctionForm, call: form.Call) -> form.Comprehension | None:
    """The innermost comprehension that makes the call for each of its elements and drops what it made: an element
    that is the value itself is kept by whoever keeps the list."""
    chain = enclosing(function.body, call.ordinal)
    found = [e for own in own_expressions(chain[-1]) for e in expressions(own)] if chain else []
    around = [e for e in found if isinstance(e, form.Comprehension) and _repeats(e, call)]
    return None if not around or any(_gives(element, call) for element in around[-1].elements) else around[-1]


def _repeats(comprehension: form.Comprehension, call: form.Call) -> bool:
    """Whether each turn evaluates the call: the first iterable is evaluated once."""
    inner = [source[1] for source in comprehension.sources[1:]]
    repeated = (*comprehension.elements, *comprehension.conditions, *inner)
    return any(getattr(e, "ordinal", None) == call.ordinal for part in repeated for e in expressions(part))


def _gives(element: form.Expr, call: form.Call) -> bool:
    """Whether an element is the call's value, or a display or call that is given it."""
    if isinstance(element, form.Call) and element.ordinal != call.ordinal:
        return any(_gives(argument.value, call) for argument in element.args)
    if isinstance(element, (form.Await, form.NamedExpr, form.Sequence, form.DictDisplay, form.IfExp, form.BoolOp)):
        return any(_gives(part, call) for part in parts(element))
    return getattr(element, "ordinal", None) == call.ordinal


def turn_of_comprehension(comprehension: form.Comprehension, call: form.Call) -> bool:
    """Whether an argument of the call is made from what the comprehension's turn binds."""
    bound = {name for source in comprehension.sources for name in _names(source[0])}
    return any(_mentions(argument.value, bound) for argument in call.args)


def depends_on_turn(loop: Loop, call: form.Call, names: frozenset[str]) -> bool:
    """Whether an argument of the call, or what is set on its value later (`session.auth = ...`; `names` are the
    value's), is made from what the loop's turn binds."""
    bound = set(_bound_in(loop)) - names
    arguments = [argument.value for argument in call.args]
    return any(_mentions(expression, bound) for expression in (*arguments, *_set_on(names, loop.body)))


def _set_on(names: frozenset[str], block: form.Block) -> Iterator[form.Expr]:
    """What a block assigns to parts of a value, or updates them with (`session.headers.update(...)`)."""
    for statement in statements(block):
        if isinstance(statement, form.Bind) and statement.value is not None:
            if any(_is_part(target, names) for target in statement.targets):
                yield statement.value
        for own in own_expressions(statement):
            for call in expressions(own):
                if isinstance(call, form.Call) and isinstance(call.func, form.Attr) and call.func.name == "update":
                    if _is_part(call.func.base, names):
                        yield from (argument.value for argument in call.args)


def _is_part(expression: form.Expr, names: frozenset[str]) -> bool:
    """`session.auth`, `session.headers["Authorization"]`."""
    if isinstance(expression, form.Subscript):
        return _is_part(expression.base, names)
    return isinstance(expression, form.Attr) and target_path(expression.base) in names


def _mentions(expression: form.Expr, names: set[str]) -> bool:
    return any(isinstance(inner, form.Name) and inner.id in names for inner in expressions(expression))


def is_made_once(chain: tuple[form.Stmt, ...]) -> bool:
    """Whether the call in the last of these statements is bound to a name behind a check that the name has no value
    yet: later turns of a loop around it find what it made."""
    *around, last = chain or (None,)
    names = {path for target in getattr(last, "targets", ()) if (path := target_path(target)) is not None}
    return any(isinstance(statement, form.If) and _asks_for_none(statement.test, names) for statement in around)


def _asks_for_none(test: form.Expr, names: set[str]) -> bool:
    match test:
        case form.Compare(left, "is" | "==", form.Const(None)) | form.Not(left):
            return target_path(left) in names
        case form.BoolOp(_, values):
            return any(_asks_for_none(value, names) for value in values)
    return False


def _stands_in(block: form.Block, statement: form.Stmt) -> bool:
    return any(inner is statement for inner in block)


def _ends_after(loop: Loop, chain: tuple[form.Stmt, ...]) -> bool:
    """Whether the statements after the call, on its own path, leave the loop (a retry loop)."""
    block = loop.body
    for statement in chain:
        index = next((i for i, s in enumerate(block) if s is statement), None)
        if index is None:
            return False
        rest = block[index:]
        if any(_leaves(later) for later in rest):
            return True
        holder = next((b for b in inner_blocks(statement) if _holds_any(b, chain)), None)
        if holder is None:
            return False
        block = holder
    return False


def is_left_after(loop: Loop, statement: form.Stmt) -> bool:
    """Whether a turn that gets through a statement ends the loop: it is tried again only when it failed."""
    return isinstance(loop, form.For) and _ends_after(loop, _chain_to(loop.body, statement))


def _chain_to(block: form.Block, statement: form.Stmt) -> tuple[form.Stmt, ...]:
    """The statements of a block around one of those in it, outermost first, itself last; () if it is not in it."""
    for own in block:
        if own is statement:
            return (own,)
        for inner in inner_blocks(own):
            chain = _chain_to(inner, statement)
            if chain:
                return (own, *chain)
    return ()


def _holds_any(block: form.Block, chain: tuple[form.Stmt, ...]) -> bool:
    return any(inner is statement for inner in block for statement in chain)


def _leaves(statement: form.Stmt) -> bool:
    """Whether a statement, run to its end, breaks or returns (a `try` by its body, a `with` by its block)."""
    if isinstance(statement, (form.Break, form.Return)):
        return True
    if isinstance(statement, form.With):
        return any(_leaves(inner) for inner in statement.body)
    if isinstance(statement, form.Try):
        return any(_leaves(inner) for inner in (*statement.body, *statement.orelse, *statement.final))
    if isinstance(statement, form.If):
        has_both = any(_leaves(s) for s in statement.body) and any(_leaves(s) for s in statement.orelse)
        return has_both
    return False


def _bound_in(loop: Loop) -> Iterator[str]:
    if isinstance(loop, form.For):
        yield from _names(loop.target)
    yield from _bound_in_block(loop.body)


def _bound_in_block(block: form.Block) -> Iterator[str]:
    for statement in block:
        if isinstance(statement, form.Bind):
            for target in statement.targets:
                yield from _names(target)
        elif isinstance(statement, form.For):
            yield from _names(statement.target)
        for inner in inner_blocks(statement):
            yield from _bound_in_block(inner)


def _names(target: form.Expr) -> Iterator[str]:
    for expression in expressions(target):
        if isinstance(expression, form.Name):
            yield expression.id
