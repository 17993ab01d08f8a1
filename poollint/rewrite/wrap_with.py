"""`name = acquire()` ... `release(name)` becomes `with acquire() as name:`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from poollint.model.fix import Edit, WrapInWith
from poollint.model.span import Span
from poollint.rewrite import blocks
from poollint.rewrite.blocks import Region, Removal
from poollint.rewrite.calls import filled, keeps_comments, pieces
from poollint.rewrite.ground import Ground, every_node, rendered
from poollint.rewrite.refusal import Refused

_SUITES = (cst.Module, cst.IndentedBlock)


def wrap_in_with(ground: Ground, verb: WrapInWith, imports: Mapping[str, str]) -> list[Edit]:
    """The header replaces the binding; what follows moves one step to the right, but for the inside of strings."""
    bind = ground.node(verb.bind, cst.Assign, "an assignment")
    line = ground.alone(bind)
    if verb.is_async and not ground.in_async_function(bind):
        raise Refused("the function around it is not async")
    suite = ground.suite(line)
    last = blocks.siblings(ground, ground.node(verb.last, cst.CSTNode, "a statement"), suite)
    whole = blocks.region(ground, line, last)
    header = _header(ground, bind, verb, imports)
    _must_end_there(ground, bind, whole, suite)
    removed = _Removed(ground, whole, blocks.release_lines(ground, verb.releases))
    removed.work_out()
    below = range(ground.line(ground.span(bind).end) + 1, whole.last + 1)
    header = _with_blank_lines_below(ground, header, removed.lines)
    edits = [header, *(gone.edit(ground) for gone in removed.removals)]
    if removed.unwrapped is None:
        inner = whole.statements[1:]
        edits += blocks.indented(ground, inner, below, whole.indent, removed.lines)
    return edits


def _with_blank_lines_below(ground: Ground, header: Edit, gone: set[int]) -> Edit:
    """A block does not begin with the blank lines that stood behind the binding."""
    line = ground.line(header.span.end)
    if ground.text[header.span.end : ground.line_end(header.span.end)].strip():
        return header
    last, final = line, ground.line(len(ground.text))
    while last < final and last + 1 not in gone and not ground.source.line_text(last + 1).strip():
        last += 1
    end = ground.source.offset(last, 1) + len(ground.source.line_text(last))
    return header if last == line else Edit(Span(header.span.start, end), header.text)


def _header(ground: Ground, bind: cst.Assign, verb: WrapInWith, imports: Mapping[str, str]) -> Edit:
    target = bind.targets[0].target
    if len(bind.targets) != 1 or not isinstance(target, cst.Name):
        raise Refused("it is not bound to one plain name")
    value = bind.value
    call = value.expression if isinstance(value, cst.Await) else value
    if not isinstance(call, cst.Call):
        raise Refused("what is bound is not a call")
    span = ground.outer(value)
    drops_await = isinstance(value, cst.Await) and verb.is_async and not verb.keeps_await
    entered = ground.code(ground.outer(call) if drops_await else span)
    if verb.entered:
        entered = filled(verb.entered, {**pieces(ground, call), **imports})
    keeps_comments(ground, Span(ground.span(bind).start, span.end), entered)
    word = "async with" if verb.is_async else "with"
    return Edit(Span(ground.span(bind).start, span.end), f"{word} {entered} as {target.value}:")


def _must_end_there(ground: Ground, bind: cst.Assign, whole: Region, suite: cst.Module | cst.IndentedBlock) -> None:
    """Refuses a block in which the name gets another value, or behind which its value is still used."""
    name = rendered(bind.targets[0].target)
    for statement in whole.statements[1:]:
        if any(_binds(node, name) for node in every_node(statement)):
            raise Refused(f"`{name}` gets another value in between")
    body = list(blocks.statements(suite.body))
    for statement in body[body.index(whole.statements[-1]) + 1 :]:
        names = [node for node in every_node(statement) if isinstance(node, cst.Name) and node.value == name]
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Assign) and _binds(small.targets[0], name) and len(names) == 1:
            return
        if names:
            raise Refused(f"`{name}` is still used behind the block")


def _binds(node: cst.CSTNode, name: str) -> bool:
    """Whether the node itself gives `name` a value."""
    if isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For)):
        return any(isinstance(n, cst.Name) and n.value == name for n in _targets(node.target))
    if isinstance(node, cst.AsName):
        return any(isinstance(n, cst.Name) and n.value == name for n in _targets(node.name))
    return False


def _targets(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The single targets of one that may be a tuple."""
    if isinstance(node, (cst.Tuple, cst.List)):
        for element in node.elements:
            yield from _targets(element.value)
    else:
        yield node


@dataclass
class _Removed:
    """What falls away: the releases, and a `try` and `finally` that only they were there for."""

    ground: Ground
    whole: Region
    releases: list[cst.SimpleStatementLine]
    removals: list[Removal] = field(default_factory=list)
    unwrapped: cst.Try | None = None

    @property
    def lines(self) -> set[int]:
        return {line for gone in self.removals for line in gone.lines}

    def work_out(self) -> None:
        rest = [s for s in self.whole.statements[1:] if s not in self.releases]
        if not rest:
            raise Refused("nothing is done between acquire and release")
        for release in self.releases:
            self._release(release, is_only=len(rest) == 1)

    def _release(self, release: cst.SimpleStatementLine, is_only: bool) -> None:
        ground = self.ground
        suite = ground.suite(release)
        blocks.siblings(ground, release, ground.suite(self.whole.statements[0]))
        others = [s for s in suite.body if s not in self.releases]
        if release is self.whole.statements[-1]:
            self.removals.append(blocks.with_blank_lines_above(ground, blocks.removal(ground, release)))
        elif others or release is not suite.body[0]:
            self.removals.append(blocks.removal(ground, release, self._step()))
        else:
            self._emptied(release, suite, is_only)

    def _step(self) -> str:
        return self.ground.unit(self.whole.indent)

    def _emptied(self, release: cst.SimpleStatementLine, suite: cst.CSTNode, is_only: bool) -> None:
        """The block has nothing left: a `finally` goes as a whole, a handler keeps a `pass`."""
        holder = self.ground.parents.get(id(suite))
        if isinstance(holder, cst.Finally):
            self._finally(holder, release, is_only)
        elif isinstance(holder, (cst.ExceptHandler, cst.ExceptStarHandler)):
            self.removals.append(blocks.removal(self.ground, release, self._step(), "pass"))
        else:
            raise Refused("the release stands behind a check of its own")

    def _finally(self, holder: cst.Finally, release: cst.SimpleStatementLine, is_only: bool) -> None:
        ground = self.ground
        attempt = ground.parents[id(holder)]
        gone = blocks.removal(ground, release)
        start = ground.line(ground.span(holder).start)
        if ground.source.line_text(start).strip() != "finally:" or gone.first != start + 1:
            raise Refused("a comment would be lost")
        gone = blocks.with_blank_lines_above(ground, Removal(start, gone.last, gone.text))
        if not isinstance(attempt, cst.Try):
            raise Refused("the release stands in a `try` of exception groups")
        self.removals.append(gone)
        if attempt.handlers:
            return
        if not is_only or attempt not in self.whole.statements:
            raise Refused("the `try` around it would be left without `finally`")
        first = ground.line(ground.span(attempt).start)
        if ground.source.line_text(first).strip() != "try:":
            raise Refused("a comment would be lost")
        self.removals.append(Removal(first, first))
        self.unwrapped = attempt
