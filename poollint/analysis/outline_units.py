"""A file cut into units: the statements of the module and of its classes, each with what its numbering starts from,
so that LibCST can read one unit alone and number its nodes as it would in the whole file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from poollint.analysis.outline import Outline, parsed
from poollint.analysis.outline_expressions import NotOutlined
from poollint.model import form

_NEWLINE = re.compile(r"\r\n|\n")
_UNCUT = re.compile(r"\f|\r(?!\n)")
"""What makes the lines of `ast` and of LibCST differ."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Whole lines of a file, `start` to `end` in its text, and what the outline makes of them.

    `frame` is the block that it is a statement of (the module, a class body), `scopes` the classes around it; its
    numbers in that block are `first` up to `beyond`. `lambdas` and `taken` are the counts before it, the latter of
    the names that it defines.
    """

    start: int
    end: int
    frame: str
    scopes: tuple[tuple[str, bool], ...]
    first: int
    beyond: int
    lambdas: int
    taken: dict[str, int]
    statements: form.Block
    functions: dict[str, form.FunctionForm]
    classes: dict[str, form.ClassForm]


def units_of(text: str, path: str) -> tuple[Unit, ...] | None:
    """The units of a text, those of classes after the class that they are in; None where it cannot be cut."""
    tree = None if _UNCUT.search(text) else parsed(text)
    if tree is None:
        return None
    cutter = _Cutter(text)
    try:
        cutter.read(tree, path)
    except (NotOutlined, RecursionError):
        return None
    return tuple(cutter.units)


class _Counts(dict[str, int]):
    """Counts that go on from others, which they leave as they are."""

    def __init__(self, outer: dict[str, int]) -> None:
        super().__init__()
        self.outer = outer

    def get(self, key: str, default: int = 0) -> int:  # type: ignore[override]
        return self[key] if key in self else self.outer.get(key, default)


class _Cutter(Outline):
    """Outlines a file and notes the counts at each statement of the module and of the classes in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(text)), len(text)]
        self.units: list[Unit] = []
        self._cut: list[ast.stmt] | None = None
        self._direct: ast.stmt | None = None

    def read(self, tree: ast.Module, path: str) -> form.FileForm:
        self._cut = tree.body
        return super().read(tree, path)

    def _class(self, node: ast.ClassDef) -> form.Stmt:
        if node is self._direct and self._starts_its_line(node.body[0]):
            self._cut = node.body
        return super()._class(node)

    def block(self, nodes: list[ast.stmt]) -> form.Block:
        if nodes is not self._cut:
            return super().block(nodes)
        found: list[form.Stmt] = []
        last = -1
        for node in nodes:
            at = len(self.units)
            unit = self._unit(node)
            found += unit.statements
            if last >= 0 and unit.start < self.units[last].end:
                del self.units[at:]
                self.units[last] = _joined(self.units[last], unit)
                continue
            self.units.insert(at, unit)
            last = at
        return tuple(found)

    def _unit(self, node: ast.stmt) -> Unit:
        first, lambdas = self.frame.count, self.lambdas
        frame = f"{self.scopes[-1][0]}.{form.CLASS_BODY}" if self.scopes else form.MODULE
        outer = (self.functions, self.classes, self.taken)
        self.functions, self.classes, self.taken = {}, {}, _Counts(self.taken)
        self._direct, self._cut = node, None
        statements = super().block([node])
        functions, classes, counts = self.functions, self.classes, self.taken
        self.functions, self.classes, self.taken = outer
        taken = {name: self.taken.get(name, 0) for name in counts}
        self.functions.update(functions)
        self.classes.update(classes)
        self.taken.update(counts)
        start, end = self._lines(node)
        scopes = tuple(self.scopes)
        return Unit(
            start, end, frame, scopes, first, self.frame.count, lambdas, taken, statements, functions, classes
        )

    def _lines(self, node: ast.stmt) -> tuple[int, int]:
        """From the start of a statement's first line to the end of its last; a line that a backslash continues
        belongs to what follows."""
        decorators = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        while first > 1 and self._line(first - 1).endswith("\\"):
            first -= 1
        return self.starts[first - 1], self.starts[node.end_lineno or node.lineno]

    def _line(self, number: int) -> str:
        return self.text[self.starts[number - 1] : self.starts[number]].rstrip("\r\n")

    def _starts_its_line(self, node: ast.stmt) -> bool:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if self._line(first - 1).endswith("\\"):
            return False
        return first < node.lineno or not self._line(first).encode()[: node.col_offset].strip()


def _joined(one: Unit, other: Unit) -> Unit:
    """Two statements that share a line."""
    return replace(
        one,
        end=max(one.end, other.end),
        beyond=other.beyond,
        statements=one.statements + other.statements,
        taken={**other.taken, **one.taken},
        functions={**one.functions, **other.functions},
        classes={**one.classes, **other.classes},
    )


def wanted(units: Iterable[Unit], places: Iterable[tuple[str, int]]) -> list[Unit] | None:
    """The smallest units that hold all the places, or None where one is in none."""
    inside: dict[str, Unit] = {}
    between: dict[tuple[str, int], Unit] = {}
    for unit in units:
        # inner units come after the class that they are in, and are smaller
        inside.update(dict.fromkeys(unit.functions, unit))
        between.update(dict.fromkeys([(unit.frame, number) for number in range(unit.first, unit.beyond)], unit))
    found: dict[tuple[int, int], Unit] = {}
    for place in places:
        unit_there = between.get(place) or inside.get(place[0])
        if unit_there is None:
            return None
        found[unit_there.start, unit_there.end] = unit_there
    return list(found.values())
