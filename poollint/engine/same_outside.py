"""Whether two texts are the same program outside the ranges that were changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from poollint.model.span import Span


def same_outside(before: str, changed: Sequence[Span], after: str, changed_after: Sequence[Span]) -> bool:
    """Compares, in order, every statement and header that no changed range touches.

    Import lines are left out: a merged one is changed in the new text only. True where the running Python cannot read
    `before`: newer syntax than its own, which LibCST has read.
    """
    try:
        old = ast.parse(before)
    except (SyntaxError, ValueError, RecursionError):
        return True
    try:
        new = ast.parse(after)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return list(_untouched(old, before, changed)) == list(_untouched(new, after, changed_after))


def _untouched(tree: ast.AST, text: str, changed: Sequence[Span]) -> Iterator[str]:
    lines = _Lines(text)
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        span = lines.span(node)
        if span is not None and not any(_meets(span, other) for other in changed):
            yield ast.dump(node)
        elif not isinstance(node, ast.expr):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _meets(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


class _Lines:
    """Offsets in code points of `ast`'s positions, which count bytes of UTF-8 within a line."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines(keepends=True) if not _odd_breaks(text) else _split(text)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.AST) -> Span | None:
        """None for nodes without a position, such as `arguments` or an operator."""
        if not isinstance(node, (ast.stmt, ast.expr, ast.excepthandler, ast.keyword, ast.arg)):
            return None
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return Span(self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column))

    def offset(self, line: int, column: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return self.starts[line - 1] + len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))


def _odd_breaks(text: str) -> bool:
    return any(mark in text for mark in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


def _split(text: str) -> list[str]:
    """Lines as Python counts them: `splitlines` knows more breaks than the language."""
    import re

    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
