"""Adding items to a bracketed list: arguments of a call, entries of a dict, names of an import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from poollint.model.fix import Edit
from poollint.model.span import Span
from poollint.rewrite.ground import Ground, rendered


@dataclass(frozen=True, slots=True)
class Item:
    """`end` is behind its comma, if it has one."""

    span: Span
    end: int
    has_comma: bool


def item(node: cst.CSTNode, span: Span) -> Item:
    """An `Arg`, `DictElement` or `ImportAlias` that stands at `span` (its comma left out)."""
    comma = getattr(node, "comma", None)
    if not isinstance(comma, cst.Comma):
        return Item(span, span.end, False)
    return Item(span, span.end + len(rendered(comma.whitespace_before)) + 1, True)


def insert(at: int, text: str) -> Edit:
    return Edit(Span(at, at), text)


def add_before(ground: Ground, following: Span, new: Sequence[str]) -> list[Edit]:
    """`new` in front of the item at `following`, on lines of their own if that one has its own."""
    indent = own_line(ground, following.start)
    joint = ", " if indent is None else f",{ground.newline(ground.line(following.start))}{indent}"
    return [insert(following.start, "".join(text + joint for text in new))]


def add_last(ground: Ground, items: Sequence[Item], opening: int, closing: int, new: Sequence[str]) -> list[Edit]:
    """`new` behind all `items`, written as the last one is: on its own line or not, with a last comma or not.

    `opening` is behind the opening bracket, `closing` in front of the closing one.
    """
    if not items:
        return [insert(opening, ", ".join(new))]
    last = items[-1]
    indent = own_line(ground, last.span.start)
    if indent is None:
        return [insert(last.end, "".join(f" {text}," if last.has_comma else f", {text}" for text in new))]
    joint = ground.newline(ground.line(last.span.start)) + indent
    line_end = min(ground.line_end(last.end), closing)
    behind = line_end if "#" in ground.text[last.end : line_end] else last.end
    if last.has_comma:
        return [insert(behind, "".join(f"{joint}{text}," for text in new))]
    if behind == last.end:
        return [insert(behind, "".join(f",{joint}{text}" for text in new))]
    return [insert(last.end, ","), insert(behind, joint + f",{joint}".join(new))]


def own_line(ground: Ground, offset: int) -> str | None:
    """The indentation, if only that stands in front of `offset` on its line."""
    before = ground.text[ground.line_start(offset) : offset]
    return None if before.strip(" \t") else before
