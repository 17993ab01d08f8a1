"""Where nodes stand in the text: one code generation that notes only the nodes asked for."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager

import libcst as cst
from libcst._nodes.internal import CodegenState

from poollint.model.span import Span
from poollint.syntax.source import Source


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
    tree = source.tree
    state = _Noting({id(node) for node in nodes}, tree.default_indent, tree.default_newline)
    tree._codegen(state)
    code = "".join(state.tokens)
    dropped = len(source.text) - len(code)
    if dropped < 0 or not source.text.endswith(code):
        raise ValueError(f"{source.path}: the tree does not give the text back")
    return {key: Span(start + dropped, end + dropped) for key, (start, end) in state.spans.items()}
