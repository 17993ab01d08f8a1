"""What a function's text calls and passes on, before linking: each use of a name with the call around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.mentions import last_name
from poollint.analysis.scopes import own_expressions, parts, statements
from poollint.model import form

WITH = "<with>"
PARTIAL = "partial"


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use of a name. `kind`: "call" (`expression` is the call), "value" (a name, attribute or lambda that is
    not called), "with" (what a `with` enters) or "class" (a class body that runs here, `qualified`).

    `ordinal` is that of the call, or of the nearest numbered expression around. A value's `holder` is the call that
    it is an argument of, `argument` that argument (`partial(f, x)` and displays are looked through).
    """

    kind: str
    name: str
    ordinal: int
    expression: form.Expr
    awaited: bool = False
    is_called: bool = False
    holder: form.Call | None = None
    argument: form.Expr | None = None
    qualified: str = ""


@dataclass(frozen=True, slots=True)
class _Node:
    expression: form.Expr
    ordinal: int
    awaited: bool = False
    is_called: bool = False
    holder: form.Call | None = None
    argument: form.Expr | None = None


def uses(function: form.FunctionForm) -> Iterator[Use]:
    """All uses in a function's own body, in the order of its text."""
    for statement in statements(function.body):
        for own in own_expressions(statement):
            yield from _in_expression(_Node(own, getattr(statement, "ordinal", 0)))
        if isinstance(statement, form.With):
            for item in statement.items:
                yield Use("with", WITH, item.ordinal, item.value, awaited=statement.is_async)
        elif isinstance(statement, form.Define) and statement.is_class:
            body = f"{statement.qualified}.{form.CLASS_BODY}"
            yield Use("class", form.CLASS_BODY, statement.ordinal, form.Opaque(), qualified=body)


def _in_expression(first: _Node) -> Iterator[Use]:
    waiting = [first]
    while waiting:
        node = waiting.pop()
        expression = node.expression
        kind = type(expression)
        if kind is form.Const:
            continue
        if isinstance(expression, form.Call):
            name = last_name(expression.func)
            yield Use("call", name, expression.ordinal, expression, awaited=node.awaited)
            waiting.extend(reversed(_of_call(expression, name, node)))
            continue
        if isinstance(expression, form.Name | form.Attr | form.Lambda):
            name = form.LAMBDA if isinstance(expression, form.Lambda) else last_name(expression)
            yield Use(
                "value", name, node.ordinal, expression, node.awaited, node.is_called, node.holder, node.argument
            )
        if isinstance(expression, form.Await):
            waiting.append(_Node(expression.value, expression.ordinal, awaited=True))
            continue
        is_display = isinstance(expression, form.Sequence)
        holder, argument = (node.holder, node.argument) if is_display else (None, None)
        inner = [_Node(part, node.ordinal, holder=holder, argument=argument) for part in parts(expression)]
        waiting.extend(reversed(inner))


def _of_call(call: form.Call, name: str, node: _Node) -> list[_Node]:
    found = [_Node(call.func, call.ordinal, is_called=True)]
    is_partial = name == PARTIAL and node.holder is not None
    for argument in call.args:
        if is_partial:
            found.append(_Node(argument.value, call.ordinal, holder=node.holder, argument=node.argument))
        else:
            found.append(_Node(argument.value, call.ordinal, holder=call, argument=argument.value))
    return found
