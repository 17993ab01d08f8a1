"""Which part of a numbered node a finding or a step is drawn on.

A compound statement is shown by its header, a definition by its name. A finding's own place is one expression
within one statement, so a statement is reduced to the expression that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from poollint.model.span import Span

_KEYWORDS = {cst.Try: "try", cst.TryStar: "try"}


@dataclass(frozen=True, slots=True)
class Extent:
    """From the start of `first` to the end of `last`; `keyword` when only that word of `first` is meant."""

    first: cst.CSTNode
    last: cst.CSTNode
    keyword: str = ""

    def span(self, spans: Mapping[int, Span]) -> Span:
        start = spans[id(self.first)].start
        return Span(start, start + len(self.keyword)) if self.keyword else Span(start, spans[id(self.last)].end)


def of_step(node: cst.CSTNode) -> Extent:
    """A statement in its own words, a compound one by its header."""
    if isinstance(node, cst.Expr):
        return Extent(node.value, node.value)
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        return Extent(node.name, node.name)
    if type(node) in _KEYWORDS:
        return Extent(node, node, _KEYWORDS[type(node)])
    end = _header_end(node)
    return Extent(node, node, "except") if end is None else Extent(node, end)


def _header_end(node: cst.CSTNode) -> cst.CSTNode | None:
    if isinstance(node, (cst.If, cst.While)):
        return node.test
    if isinstance(node, cst.For):
        return node.iter
    if isinstance(node, cst.With):
        item = node.items[-1]
        return item.asname.name if item.asname else item.item
    if isinstance(node, (cst.ExceptHandler, cst.ExceptStarHandler)):
        return node.name.name if node.name else node.type
    if isinstance(node, cst.Match):
        return node.subject
    if isinstance(node, cst.MatchCase):
        return node.guard or node.pattern
    return node


def of_finding(node: cst.CSTNode) -> Extent:
    """One expression within one statement."""
    inner = _expression(node)
    return of_step(node) if inner is None else Extent(inner, inner)


def _expression(node: cst.CSTNode) -> cst.CSTNode | None:
    if isinstance(node, (cst.Assign, cst.AugAssign)):
        return node.value
    if isinstance(node, cst.AnnAssign):
        return node.value or node.target
    if isinstance(node, cst.Return):
        return node.value
    if isinstance(node, cst.Raise):
        return node.exc
    if isinstance(node, cst.Del):
        return node.target
    if isinstance(node, (cst.If, cst.While, cst.Assert)):
        return node.test
    if isinstance(node, cst.For):
        return node.iter
    if isinstance(node, cst.With):
        return node.items[0].item
    if isinstance(node, cst.Match):
        return node.subject
    return None
