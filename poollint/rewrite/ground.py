"""The file that a plan is carried out on: its text, its nodes by place, where they stand, and what holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeVar

import libcst as cst

from poollint.analysis.lowering import Lowered
from poollint.model.span import Place, Span
from poollint.rewrite.refusal import Refused
from poollint.syntax.source import Source
from poollint.syntax.walker import children

Node = TypeVar("Node", bound=cst.CSTNode)
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Suite = cst.Module | cst.IndentedBlock

SMALL: type[cst.BaseSmallStatement] = cst.BaseSmallStatement  # type: ignore[type-abstract]
_BLANK = cst.Module([])
_OFF = re.compile(r"\s*#\s*(?:fmt:\s*off|yapf:\s*disable)\b")
_ON = re.compile(r"\s*#\s*(?:fmt:\s*on|yapf:\s*enable)\b")


def rendered(node: cst.CSTNode) -> str:
    """The text of a detached piece, such as a parenthesis with its whitespace."""
    return _BLANK.code_for_node(node)


def every_node(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """`root` and all code nodes below it, outermost first."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


class Ground:
    """One parsed file. `spans` gives the span of each code node of it by `id(node)`, parentheses left out."""

    def __init__(self, source: Source, lowered: Lowered, spans: Mapping[int, Span]) -> None:
        self.source = source
        self.text = source.text
        self.tree = source.tree
        self.lowered = lowered
        self.spans = spans

    # --- nodes ---

    def node(self, place: Place, kind: type[Node] | tuple[type[Node], ...], what: str) -> Node:
        """The node at `place`, which must be of `kind`; `what` names that for the refusal."""
        numbered = self.lowered.nodes.get(place.function, [])
        if place.path != self.lowered.form.path:
            raise Refused("the change belongs into another file")
        if not 0 <= place.ordinal < len(numbered):
            raise Refused("the file has changed")
        found = numbered[place.ordinal]
        if not isinstance(found, kind):
            raise Refused(f"what stands there is not {what}")
        return found

    def span(self, node: cst.CSTNode) -> Span:
        return self.spans[id(node)]

    def start(self, statement: cst.CSTNode) -> int:
        """Where a statement starts, its decorators included."""
        decorators = getattr(statement, "decorators", ())
        return self.span(decorators[0] if decorators else statement).start

    def outer(self, node: cst.CSTNode) -> Span:
        """The span with the node's own parentheses."""
        span = self.span(node)
        before = sum(len(rendered(paren)) for paren in getattr(node, "lpar", ()))
        after = sum(len(rendered(paren)) for paren in getattr(node, "rpar", ()))
        return Span(span.start - before, span.end + after)

    def code(self, span: Span) -> str:
        return self.text[span.start : span.end]

    @cached_property
    def parents(self) -> dict[int, cst.CSTNode]:
        return {id(child): node for node in every_node(self.tree) for child in children(node)}

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What holds `node`, innermost first."""
        current = self.parents.get(id(node))
        while current is not None:
            yield current
            current = self.parents.get(id(current))

    def suite(self, statement: cst.CSTNode) -> Suite:
        """The block of which `statement` is a line; a suite on its header's line is refused."""
        holder = self.parents.get(id(statement))
        if isinstance(holder, (cst.Module, cst.IndentedBlock)):
            return holder
        raise Refused("the statement shares a line with its block's header")

    def statement(self, node: cst.CSTNode) -> Statement:
        """The innermost statement that holds `node`, compound or a whole line."""
        for current in (node, *self.above(node)):
            if isinstance(current, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
                return current
            if isinstance(current, cst.SimpleStatementSuite):
                break
        raise Refused("the statement shares a line with its block's header")

    def alone(self, small: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
        """The line that holds `small` and nothing else."""
        line = self.statement(small)
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or ";" in self._tail(small):
            raise Refused("several statements share the line")
        return line

    def _tail(self, small: cst.BaseSmallStatement) -> str:
        code = self.text[self.span(small).end : self.line_end(self.span(small).end)]
        return code.partition("#")[0]

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | None:
        """The innermost function around `node`."""
        return next((n for n in self.above(node) if isinstance(n, (cst.FunctionDef, cst.Lambda))), None)

    def in_async_function(self, node: cst.CSTNode) -> bool:
        function = self.function(node)
        return isinstance(function, cst.FunctionDef) and function.asynchronous is not None

    def not_in_string(self, node: cst.CSTNode) -> None:
        """Refuses a node inside an f-string, whose quotes new text could break."""
        if any(isinstance(n, (cst.FormattedString, cst.TemplatedString)) for n in self.above(node)):
            raise Refused("it stands inside an f-string")

    # --- lines, 1-based ---

    def line(self, offset: int) -> int:
        return self.source.line_column(offset)[0]

    def line_start(self, offset: int) -> int:
        return self.source.offset(self.line(offset), 1)

    def line_end(self, offset: int) -> int:
        """Where the line's newline begins."""
        line = self.line(offset)
        return self.source.offset(line, 1) + len(self.source.line_text(line))

    def next_line(self, line: int) -> int:
        """Where the line after `line` starts; the end of the text after the last one."""
        start = self.source.offset(line, 1)
        end = start + len(self.source.line_text(line))
        return end + len(re.compile(r"(?:\r\n|\r|\n)?").match(self.text, end).group())  # type: ignore[union-attr]

    def newline(self, line: int) -> str:
        """The newline that ends `line`, or the file's usual one."""
        end = self.source.offset(line, 1) + len(self.source.line_text(line))
        return self.text[end : self.next_line(line)] or self.tree.default_newline

    def indent(self, statement: cst.CSTNode) -> str:
        """The whitespace in front of a statement that starts its line."""
        start = self.start(statement)
        before = self.text[self.line_start(start) : start]
        if before.strip(" \t"):
            raise Refused("the statement does not start its line")
        return before

    def unit(self, indent: str) -> str:
        """One step of indentation below a block that is indented by `indent`."""
        usual: str = self.tree.default_indent
        if "\t" in indent:
            return "\t"
        return "    " if indent and "\t" in usual else usual

    def must_be_formatted(self, first: int, last: int) -> None:
        """Refuses lines that a `# fmt: off` keeps as they are."""
        is_off = False
        for line in range(1, last + 1):
            text = self.source.line_text(line)
            if _OFF.match(text):
                is_off = True
            elif _ON.match(text):
                is_off = False
            if is_off and line >= first:
                raise Refused("`# fmt: off` holds the text as it is")
