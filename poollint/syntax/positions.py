"""Where nodes stand in the text: one code generation that notes only the nodes asked for."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

import libcst as cst
from libcst._nodes.internal import CodegenState

from poollint.model.span import Span
from poollint.syntax.source import Source

BLANK = " \t\f\r\n"
STACK = 10_000
"""Frames: a depth of 300 takes some 2,000."""


class _Noting(CodegenState):
    """Counts the characters written; notes begin and end of the wanted nodes, whitespace left out."""

    def __init__(self, wanted: set[int], indent: str, newline: str) -> None:
        super().__init__(default_indent=indent, default_newline=newline)
        self.wanted = wanted
        self.written = 0
        self.begun: dict[int, int] = {}
        self.spans: dict[int, tuple[int, int]] = {}

    def add_token(self, value: str) -> None:
        super().add_token(value)
        self.written += len(value)

    def add_indent_tokens(self) -> None:
        super().add_indent_tokens()
        self.written += sum(len(token) for token in self.indent_tokens)

    def before_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self.wanted:
            self.begun[id(node)] = self.written

    def after_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self.wanted and id(node) not in self.spans:
            self.spans[id(node)] = (self.begun[id(node)], self.written)

    @contextmanager
    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> Generator[None, None, None]:
        if id(node) not in self.wanted:
            yield
            return
        edges = [id(edge) for edge in (start_node, end_node) if edge is not None]
        self.wanted.update(edges)
        start = self.written
        yield
        end = self.written
        if start_node is not None and id(start_node) in self.spans:
            start = self.spans[id(start_node)][0]
        if end_node is not None and id(end_node) in self.spans:
            end = self.spans[id(end_node)][1]
        self.spans[id(node)] = (start, end)


def spans_of(source: Source, nodes: Iterable[cst.CSTNode]) -> dict[int, Span]:
    """The span of each node, by `id(node)`; the nodes are of `source.tree`."""
    return spans_by_id(source, frozenset(id(node) for node in nodes))


def spans_by_id(source: Source, asked: frozenset[int]) -> dict[int, Span]:
    """The same for the identities of nodes, of which some may be of other trees that are alive."""
    tree = source.tree
    state = _Noting(set(asked), tree.default_indent, tree.default_newline)
    with deeper_stack():
        tree._codegen(state)
    place = _alignment(source, "".join(state.tokens))
    return {key: Span(place(start), place(end)) for key, (start, end) in state.spans.items() if key in asked}


@contextmanager
def deeper_stack() -> Generator[None, None, None]:
    """Lets LibCST's code generation, which calls itself per level, reach whatever depth the guard lets through."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, STACK))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _dropped(text: str, offset: int) -> int:
    """How many characters LibCST may have dropped there: a blank, a backslash with its newline, or none."""
    if text[offset] in BLANK:
        return 1
    if text.startswith("\\\r\n", offset):
        return 3
    return 2 if text.startswith(("\\\n", "\\\r"), offset) else 0


def _alignment(source: Source, code: str) -> Callable[[int], int]:
    """From an offset in what the tree gives back to one in the text.

    LibCST drops form feeds, blanks and lines of a lone backslash in front of a statement, and the last newline when
    it is a lone CR.
    """
    text = source.text
    if code == text:
        return lambda offset: offset
    starts, shifts = [0], [0]
    read = 0
    for written, character in enumerate(code):
        while read < len(text) and text[read] != character and (dropped := _dropped(text, read)):
            read += dropped
        if read == len(text) or text[read] != character:
            raise ValueError(f"{source.path}: the tree does not give the text back")
        if read - written != shifts[-1]:
            starts.append(written)
            shifts.append(read - written)
        read += 1
    if text[read:].strip(BLANK):
        raise ValueError(f"{source.path}: the tree does not give the text back")
    return lambda offset: offset + shifts[bisect_right(starts, offset) - 1]
