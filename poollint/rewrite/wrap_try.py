"""Statements into `try:`, their release into `finally:`."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from poollint.model.fix import Edit, WrapInTry
from poollint.model.span import Span
from poollint.rewrite import blocks
from poollint.rewrite.blocks import Region, Removal
from poollint.rewrite.calls import filled
from poollint.rewrite.ground import Ground, Statement
from poollint.rewrite.items import insert
from poollint.rewrite.refusal import Refused


def wrap_in_try(ground: Ground, verb: WrapInTry, imports: Mapping[str, str]) -> list[Edit]:
    """Comments directly above a statement go with it; blank lines in front of the release go. Where all of it is one
    `try` already, that gets the `finally`."""
    first = blocks.beginning(ground, verb.first)
    suite = ground.suite(first)
    last = blocks.siblings(ground, ground.node(verb.last, cst.CSTNode, "a statement"), suite)
    release = _release(ground, verb, suite)
    if release is not None:
        last = _in_front_of(suite, release, last)
    body = blocks.region(ground, first, last)
    _must_keep_blocks(ground, verb, body)
    if release is None and not verb.others and _takes_finally(body.statements):
        return [written_finally(ground, body, filled(verb.text, imports))]
    unit = ground.unit(body.indent)
    gone = [_removal(ground, line, unit) for line in blocks.release_lines(ground, verb.others)]
    out = {line for removal in gone for line in removal.lines}
    top = blocks.comment_lines_above(ground, body.first, body.indent)
    newline = ground.newline(body.first)
    edits = [insert(ground.source.offset(top, 1), f"{body.indent}try:{newline}")]
    edits += blocks.indented(ground, body.statements, range(top, body.last + 1), body.indent, out)
    edits += [removal.edit(ground) for removal in gone]
    if release is None:
        return [*edits, written_finally(ground, body, filled(verb.text, imports))]
    return [*edits, *_moved(ground, body, release)]


def _takes_finally(statements: tuple[Statement, ...]) -> bool:
    """A lone `try` that has handlers and no `finally` gets one: no other around it is needed."""
    attempt = statements[0]
    return len(statements) == 1 and isinstance(attempt, cst.Try) and attempt.finalbody is None


def _removal(ground: Ground, line: cst.SimpleStatementLine, unit: str) -> Removal:
    """A release's lines; of a `finally` beside handlers that holds nothing else, the whole of it."""
    final = ground.parents.get(id(ground.suite(line)))
    if not isinstance(final, cst.Finally) or not _is_alone_beside_handlers(ground, line):
        return blocks.removal(ground, line, unit)
    gone = blocks.removal(ground, line)
    start = ground.line(ground.span(final).start)
    if ground.source.line_text(start).strip() != "finally:" or gone.first != start + 1 or gone.text:
        raise Refused("a comment would be lost")
    return Removal(start, gone.last)


def _is_alone_beside_handlers(ground: Ground, line: cst.SimpleStatementLine) -> bool:
    suite = ground.suite(line)
    attempt = ground.parents.get(id(ground.parents.get(id(suite))))
    return len(suite.body) == 1 and isinstance(attempt, cst.Try) and bool(attempt.handlers)


def _release(ground: Ground, verb: WrapInTry, suite: cst.CSTNode) -> Statement | None:
    if verb.release is None:
        return None
    (line,) = blocks.release_lines(ground, [verb.release])
    if ground.suite(line) is not suite:
        raise Refused("the release is not in the same block")
    return line


def _in_front_of(suite: cst.Module | cst.IndentedBlock, release: Statement, last: Statement) -> Statement:
    """The last statement that is tried: the release is the end of the range, or follows it."""
    body = list(blocks.statements(suite.body))
    at = body.index(release)
    if at == 0 or (body.index(last) not in (at, at - 1)):
        raise Refused("the release is not the last statement")
    return body[at - 1]


def _must_keep_blocks(ground: Ground, verb: WrapInTry, body: Region) -> None:
    lines = blocks.release_lines(ground, verb.others)
    for line in lines:
        if _is_alone_beside_handlers(ground, line) and isinstance(ground.parents[id(ground.suite(line))], cst.Finally):
            continue
        if all(statement in lines for statement in ground.suite(line).body):
            raise Refused("a block would be left empty")
    if all(statement in lines for statement in body.statements):
        raise Refused("nothing is done between acquire and release")


def _moved(ground: Ground, body: Region, release: Statement) -> list[Edit]:
    span = ground.span(release)
    start, end = ground.line(span.start), ground.line(span.end)
    top = max(blocks.comment_lines_above(ground, start, body.indent), body.last + 1)
    ground.must_be_formatted(top, end)
    at = ground.source.offset(top, 1)
    blanks = at
    while blanks > 0 and not ground.source.line_text(ground.line(blanks) - 1).strip() and ground.line(blanks) > 1:
        blanks = ground.source.offset(ground.line(blanks) - 1, 1)
    header = Edit(Span(blanks, at), f"{body.indent}finally:{ground.newline(body.last)}")
    return [header, *blocks.indented(ground, [release], range(top, end + 1), body.indent, ())]


def written_finally(ground: Ground, body: Region, text: str) -> Edit:
    """`finally:` with the one statement `text`, behind the region."""
    newline = ground.newline(body.last)
    at = ground.next_line(body.last)
    begins = "" if ground.text[:at].endswith(("\n", "\r")) else newline
    ends = newline if not begins else ""
    inner = body.indent + ground.unit(body.indent)
    return insert(at, f"{begins}{body.indent}finally:{newline}{inner}{text}{ends}")
