"""`with acquire() as name:` that does not release: the block stays, a `finally` around it releases."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from poollint.model.fix import Edit, ReleaseAround
from poollint.model.span import Span
from poollint.rewrite import blocks
from poollint.rewrite.calls import called, filled, keeps_comments, pieces
from poollint.rewrite.ground import Ground, rendered
from poollint.rewrite.refusal import Refused
from poollint.rewrite.wrap_try import written_finally


def release_around(ground: Ground, verb: ReleaseAround, imports: Mapping[str, str]) -> list[Edit]:
    """The acquire gets its own line, `try:` and `with name:` follow, and the block moves one step to the right."""
    call = called(ground, verb.place)
    statement = ground.statement(call)
    if not isinstance(statement, cst.With) or not isinstance(statement.body, cst.IndentedBlock):
        raise Refused("it does not stand in a `with` block")
    item = statement.items[0]
    named = item.asname.name if item.asname else None
    if len(statement.items) != 1 or item.item is not call:
        raise Refused("the `with` enters more than the acquire")
    if not isinstance(named, cst.Name):
        raise Refused("it is not bound to one plain name")
    name = rendered(named)
    if blocks.is_used_behind(ground, statement, name):
        raise Refused(f"`{name}` is still used behind the block")
    body = blocks.region(ground, statement, statement)
    newline, unit = ground.newline(body.first), ground.unit(body.indent)
    value = ground.code(ground.outer(call))
    header = Span(ground.span(statement).start, ground.span(named).end + _closing(statement))
    keeps_comments(ground, header, value)
    word = "async with" if statement.asynchronous else "with"
    lines = (f"{name} = {value}", f"{body.indent}try:", f"{body.indent}{unit}{word} {name}")
    below = range(ground.line(header.end) + 1, body.last + 1)
    release = filled(verb.release, {"name": name, **pieces(ground, call), **imports})
    return [
        Edit(header, newline.join(lines)),
        *blocks.indented(ground, [statement.body], below, body.indent, ()),
        written_finally(ground, body, release),
    ]


def _closing(statement: cst.With) -> int:
    """How much the parentheses around the items (`with (a as b):`) take behind the last one."""
    last = statement.items[-1]
    comma = rendered(last.comma) if isinstance(last.comma, cst.Comma) else ""
    return len(comma) + len(rendered(statement.rpar)) if isinstance(statement.rpar, cst.RightParen) else 0
