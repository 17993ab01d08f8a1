"""Units of a file read by LibCST alone, in place of the whole file: parsing is what costs most.

A unit's form must be the outline's, number for number; else, and where a unit cannot be read alone, the whole file
is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import libcst as cst

from poollint.analysis.lower_strings import Frame
from poollint.analysis.lowering import Lowering
from poollint.analysis.outline_units import Unit, units_of, wanted
from poollint.model.span import Span
from poollint.syntax.positions import spans_by_id
from poollint.syntax.source import Source, SourceError
from poollint.syntax.walker import walk

WORTH_CUTTING = 0.7
"""The share of a file beyond which it is read whole: each unit has a price of its own."""
HEADER = "if 1:\n"
"""What makes indented lines a text of its own."""


@dataclass(slots=True)
class Excerpt:
    """The nodes at the places asked for, as read in some units of a file."""

    nodes: dict[tuple[str, int], cst.CSTNode] = field(default_factory=dict)
    _parts: list[tuple[Source, int]] = field(default_factory=list)

    def take(self, source: Source, shift: int, numbered: dict[str, list[cst.CSTNode]]) -> None:
        """Adds a unit; its text stands in the file `shift` further on."""
        self._parts.append((source, shift))
        for function, nodes in numbered.items():
            self.nodes.update(((function, ordinal), node) for ordinal, node in enumerate(nodes))

    def spans(self, nodes: Sequence[cst.CSTNode]) -> dict[int, Span]:
        """Where nodes of it stand in the file, by `id(node)`."""
        found: dict[int, Span] = {}
        asked = frozenset(id(node) for node in nodes)
        for source, shift in self._parts:
            for key, span in spans_by_id(source, asked).items():
                found[key] = Span(span.start + shift, span.end + shift)
        return found


def excerpt(source: Source, places: Iterable[tuple[str, int]]) -> Excerpt | None:
    """The nodes at (function, ordinal) places of a file, by reading no more of it than their units; None where
    that cannot be done, or LibCST sees something else there than the outline."""
    units = units_of(source.text, source.path) if source.deep is None else None
    chosen = wanted(units, places) if units is not None else None
    if chosen is None or sum(unit.end - unit.start for unit in chosen) > WORTH_CUTTING * len(source.text):
        return None
    found = Excerpt()
    for unit in chosen:
        if not _read(found, source, unit):
            return None
    return found


def _read(found: Excerpt, source: Source, unit: Unit) -> bool:
    header = HEADER if unit.scopes else ""
    try:
        alone = Source(source.path, (header + source.text[unit.start : unit.end]).encode())
        body: Sequence[cst.CSTNode] = alone.tree.body
    except (SourceError, UnicodeEncodeError):
        return False
    if header:
        outer = body[0]
        assert isinstance(outer, cst.If)
        if len(body) > 1 or not isinstance(outer.body, cst.IndentedBlock):
            return False
        body = outer.body.body
    visitor = Lowering(source.path)
    visitor.scopes, visitor.lambdas, visitor.taken = list(unit.scopes), unit.lambdas, dict(unit.taken)
    frame = Frame(unit.frame)
    visitor.frames.append(frame)
    # numbers start where the statements before it end
    frame.nodes += [alone.tree] * unit.first
    for statement in body:
        walk(statement, visitor)
    if not _is_the_same(visitor, frame, body, unit):
        return False
    found.take(alone, unit.start - len(header), visitor.numbered)
    own = enumerate(frame.nodes[unit.first :], unit.first)
    found.nodes.update(((unit.frame, ordinal), node) for ordinal, node in own)
    return True


def _is_the_same(visitor: Lowering, frame: Frame, body: Sequence[cst.CSTNode], unit: Unit) -> bool:
    return (
        len(frame.nodes) == unit.beyond
        and visitor.flat(body) == unit.statements
        and visitor.functions == unit.functions
        and visitor.classes == unit.classes
    )
