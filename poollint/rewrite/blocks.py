"""Blocks as lines: moving them one step to the right, and taking statements out without losing a comment."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from poollint.model.fix import Edit
from poollint.model.span import Place, Span
from poollint.rewrite.ground import SMALL, Ground, Statement, every_node
from poollint.rewrite.items import insert
from poollint.rewrite.refusal import Refused

_STRINGS = (cst.SimpleString, cst.FormattedString, cst.TemplatedString)
_PRAGMA = re.compile(r"#\s*(?:noqa|type:|pragma|pylint:|nosec|fmt:|mypy:|pyright:|ruff:|poollint:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Region:
    """Neighbouring statements of one block, by their lines (1-based, both included) and indentation."""

    statements: tuple[Statement, ...]
    first: int
    last: int
    indent: str


def region(ground: Ground, first: Statement, last: Statement) -> Region:
    """From `first` to `last`, which are of one block; the comments that belong to `last`'s body come along."""
    suite = ground.suite(first)
    body = list(suite.body)
    if ground.suite(last) is not suite or body.index(last) < body.index(first):
        raise Refused("the two statements are not in one block")
    chosen = tuple(statements(body[body.index(first) : body.index(last) + 1]))
    indent = ground.indent(first)
    line = ground.line(ground.start(first))
    end = _with_trailing_comments(ground, ground.line(ground.span(last).end), indent)
    if ";" in ground.text[ground.span(last).end : ground.line_end(ground.span(last).end)].partition("#")[0]:
        raise Refused("several statements share the line")
    ground.must_be_formatted(line, end)
    return Region(chosen, line, end, indent)


def _with_trailing_comments(ground: Ground, line: int, indent: str) -> int:
    """The last of the comment lines behind `line` that are deeper than `indent`."""
    end = line
    for following in range(line + 1, ground.line(len(ground.text)) + 1):
        text = ground.source.line_text(following)
        is_deeper = text.startswith(indent) and text[len(indent) : len(indent) + 1] in (" ", "\t")
        if is_deeper and text.lstrip(" \t").startswith("#"):
            end = following
        elif text.strip():
            break
    return end


def statements(nodes: Iterable[cst.CSTNode]) -> Iterator[Statement]:
    """Those of `nodes` that are statements of a block: all that a block holds."""
    for node in nodes:
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            yield node


def beginning(ground: Ground, place: Place) -> Statement:
    """The statement at `place`; one that stands behind another of its line is refused: that may be the acquire."""
    node = ground.node(place, cst.CSTNode, "a statement")
    statement = ground.statement(node)
    if isinstance(statement, cst.SimpleStatementLine) and any(small is node for small in statement.body[1:]):
        raise Refused("several statements share the line")
    return statement


def siblings(ground: Ground, node: cst.CSTNode, suite: cst.CSTNode) -> Statement:
    """The statement of `suite` that holds `node`."""
    for current in (node, *ground.above(node)):
        if ground.parents.get(id(current)) is suite:
            if isinstance(current, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
                return current
            break
    raise Refused("the two statements are not in one block")


def is_used_behind(ground: Ground, statement: Statement, name: str) -> bool:
    """Whether `name` may be read after `statement`, before it gets another value in a statement of its block or of
    one around it; what a loop runs again and what a function defined elsewhere reads counts too."""
    current: cst.CSTNode = statement
    for holder in ground.above(statement):
        if isinstance(holder, (cst.Module, cst.IndentedBlock)):
            body = list(holder.body)
            for following in body[body.index(current) + 1 :]:  # type: ignore[arg-type]
                if binds_at_once(following, name):
                    return False
                if mentions(following, name):
                    return True
        elif isinstance(holder, (cst.For, cst.While)):
            return mentions(holder, name) > mentions(statement, name)
        elif isinstance(holder, (cst.Try, cst.TryStar)):
            if mentions(holder, name) > mentions(statement, name):
                return True
        elif isinstance(holder, cst.FunctionDef):
            return False
        current = holder
    return False


def binds_at_once(statement: cst.CSTNode, name: str) -> bool:
    """`name = ...` and `with ... as name:`, of which nothing reads the old value."""
    if isinstance(statement, cst.SimpleStatementLine) and statement.body:
        small = statement.body[0]
        is_bound = isinstance(small, cst.Assign) and any(_is_name(target.target, name) for target in small.targets)
        return is_bound and mentions(small, name) == 1
    if isinstance(statement, cst.With):
        first = statement.items[0]
        return first.asname is not None and _is_name(first.asname.name, name) and not mentions(first.item, name)
    return False


def mentions(node: cst.CSTNode, name: str) -> int:
    return sum(_is_name(found, name) for found in every_node(node))


def _is_name(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def comment_lines_above(ground: Ground, line: int, indent: str) -> int:
    """The first of the comment lines that stand directly above `line` with the same indentation."""
    while line > 1 and ground.source.line_text(line - 1).startswith(indent + "#"):
        line -= 1
    return line


# --- to the right --------------------------------------------------------------------------------


def indented(
    ground: Ground, nodes: Iterable[cst.CSTNode], lines: range, indent: str, out: Collection[int]
) -> list[Edit]:
    """One step more for each of `lines` but those in `out`; the insides of strings and blank lines stay."""
    kept = _string_lines(ground, nodes)
    unit = ground.unit(indent)
    edits: list[Edit] = []
    for line in lines:
        text = ground.source.line_text(line)
        if line in out or line in kept or not text.strip():
            continue
        if "\f" in text[: len(text) - len(text.lstrip())]:
            raise Refused("a form feed stands in front of a line")
        is_comment_elsewhere = text.lstrip(" \t").startswith("#") and not text.startswith(indent)
        if not is_comment_elsewhere:
            at = len(indent) if text.startswith(indent) else 0
            edits.append(insert(ground.source.offset(line, 1) + at, unit))
    return edits


def _string_lines(ground: Ground, nodes: Iterable[cst.CSTNode]) -> set[int]:
    """The lines that begin inside a string."""
    found: set[int] = set()
    for root in nodes:
        for node in every_node(root):
            if isinstance(node, _STRINGS):
                span = ground.span(node)
                found.update(range(ground.line(span.start) + 1, ground.line(span.end) + 1))
    return found


# --- taking statements out -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Removal:
    """Whole lines that go (`first` to `last`), with `text` in their place."""

    first: int
    last: int
    text: str = ""

    @property
    def lines(self) -> range:
        return range(self.first, self.last + 1)

    def edit(self, ground: Ground) -> Edit:
        return Edit(Span(ground.source.offset(self.first, 1), ground.next_line(self.last)), self.text)


def release_lines(ground: Ground, places: Sequence[Place]) -> list[cst.SimpleStatementLine]:
    """The lines of the statements at `places`, each alone on its own."""
    return [ground.alone(ground.node(place, SMALL, "a statement")) for place in places]


def removal(ground: Ground, line: cst.SimpleStatementLine, deeper: str = "", text: str = "") -> Removal:
    """A statement's lines, with `text` in their place; its own comment stays as a line (a word to a tool goes
    with the statement). `deeper` is the step by which the lines around it move."""
    span = ground.span(line)
    first, last = ground.line(span.start), ground.line(span.end)
    comment = ground.text[span.end : ground.line_end(span.end)].strip()
    inner = ground.code(span)
    if first != last and "#" in inner:
        raise Refused("a comment would be lost")
    indent, newline = ground.indent(line) + deeper, ground.newline(last)
    kept = f"{indent}{comment}{newline}" if comment.startswith("#") and not _PRAGMA.match(comment) else ""
    return Removal(first, last, f"{indent}{text}{newline}{kept}" if text else kept)


def with_blank_lines_above(ground: Ground, gone: Removal) -> Removal:
    """The removal with the blank lines directly above it: for the last statement of a block."""
    first = gone.first
    while first > 1 and not ground.source.line_text(first - 1).strip():
        first -= 1
    return Removal(first, gone.last, gone.text)
