"""Statements between an acquire and the `try` whose `finally` releases it, moved into that `try`."""

from __future__ import annotations

import libcst as cst

from poollint.model.fix import Edit, PullIntoTry
from poollint.model.span import Span
from poollint.rewrite import blocks
from poollint.rewrite.ground import Ground
from poollint.rewrite.items import insert
from poollint.rewrite.refusal import Refused


def pull_into_try(ground: Ground, verb: PullIntoTry) -> list[Edit]:
    """The `try:` line moves up; comments directly above the first statement go with it."""
    first = blocks.beginning(ground, verb.first)
    attempt = ground.node(verb.into, cst.Try, "a `try`")
    suite = ground.suite(first)
    body = list(blocks.statements(suite.body))
    if ground.suite(attempt) is not suite or body.index(attempt) <= body.index(first):
        raise Refused("the two statements are not in one block")
    if attempt.handlers:
        raise Refused("the handlers of the `try` would catch more")
    whole = blocks.region(ground, first, body[body.index(attempt) - 1])
    header = ground.line(ground.span(attempt).start)
    if ground.source.line_text(header).strip() != "try:":
        raise Refused("a comment would be lost")
    ground.must_be_formatted(whole.first, header)
    top = blocks.comment_lines_above(ground, whole.first, whole.indent)
    start = ground.source.offset(header, 1)
    return [
        insert(ground.source.offset(top, 1), f"{whole.indent}try:{ground.newline(header)}"),
        *blocks.indented(ground, whole.statements, range(top, header), whole.indent, ()),
        Edit(Span(start, ground.next_line(header)), ""),
    ]
