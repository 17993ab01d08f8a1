"""A frame: lines of one file with the places that matter underlined, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from poollint.frontends.formats.lines import Lines
from poollint.frontends.formats.story import Label
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import cells, clean, width, wrapped

GAP = 3
"""Lines between two that are shown, up to which they are shown as well."""
SPREAD = 3
"""Lines of an expression that are shown from its beginning."""
LABEL = 30
"""Columns that a label gets at least."""
_SCOPE = re.compile(r"(?:async\s+def|def|class)\b")


class Frame:
    """Draws frames whose numbers all take `digits` columns."""

    def __init__(self, digits: int, style: Style, colour: str) -> None:
        self.digits = digits
        self.style = style
        self.colour = colour
        self.room = style.width - digits - 3

    def head(self, arrow: str, label: Label) -> str:
        """`  --> path:line:column`."""
        at = label.location
        place = f"{clean(at.path)}:{at.line}:{at.column}"
        return f"{' ' * self.digits}{self.style.paint(arrow, 'gutter')} {place}"

    def bar(self) -> str:
        """An empty line of the frame."""
        return f"{' ' * self.digits} {self.style.paint('|', 'gutter')}"

    def row(self, number: int, code: str, sign: str = "|", colour: str = "") -> str:
        """A numbered line; 0 is no number."""
        shown = f"{number or '':>{self.digits}}"
        body = self.style.paint(code, colour) if colour else code
        return f"{self.style.paint(shown, 'gutter')} {self.style.paint(sign, colour or 'gutter')} {body}".rstrip()

    def body(self, lines: Lines, labels: Sequence[Label]) -> Iterator[str]:
        """The lines with their labels, from bar to bar."""
        yield self.bar()
        previous = 0
        for number in shown_lines(lines, labels):
            if previous and number > previous + 1:
                yield self.style.paint("...", "gutter")
            previous = number
            here = [label for label in labels if label.location.line == number]
            yield from self._line(number, lines.line(number), here)
        yield self.bar()

    def _line(self, number: int, text: str, labels: Sequence[Label]) -> Iterator[str]:
        """One line of code and its underlines."""
        drawn = cells(text)
        columns = [0]
        for cell in drawn:
            columns.append(columns[-1] + width(cell))
        spans = [_columns(label, columns, len(text.rstrip())) for label in labels]
        code, offset = self._cropped(drawn, columns, spans)
        yield self.row(number, code.rstrip())
        told: set[tuple[int, int]] = set()
        for label, span in zip(labels, spans, strict=True):
            start, end = (max(0, min(column - offset, self.room)) for column in span)
            yield from self._underlined(label, start, max(end, start + 1), is_drawn=span not in told)
            told.add(span)

    def _cropped(
        self, drawn: Sequence[str], columns: Sequence[int], spans: Sequence[tuple[int, int]]
    ) -> tuple[str, int]:
        """What of a long line is shown, and the column of the line that stands at its left edge."""
        if columns[-1] <= self.room:
            return "".join(drawn), 0
        dots = 3
        start, end = spans[0] if spans else (0, 0)
        offset = 0
        if min(end, start + self.room // 2) > self.room - dots:
            offset = max(0, start - self.room // 4)
        kept = [
            cell
            for cell, column, after in zip(drawn, columns, columns[1:], strict=False)
            if column >= offset + (dots if offset else 0) and after <= offset + self.room - dots
        ]
        first = next((c for c in columns if c >= offset + (dots if offset else 0)), offset)
        head = " " * (first - offset - dots) + "..." if offset else ""
        is_cut = columns[-1] > offset + self.room - dots
        return head + "".join(kept) + ("..." if is_cut else ""), offset

    def _underlined(self, label: Label, start: int, end: int, is_drawn: bool) -> Iterator[str]:
        """The underline with its text beside it, or below where there is no room."""
        colour = self.colour if label.is_primary else "step"
        sign = "^" if label.is_primary else "-"
        line = sign * (end - start) if is_drawn else " " * (end - start)
        text = clean(label.text)
        beside = self.room - end - 1
        if width(text) <= beside or (beside >= LABEL and is_drawn):
            parts = wrapped(text, beside, beside)
            yield self._beside(" " * start, f"{line} {parts[0]}".rstrip(), colour)
            yield from (self._beside(" " * (end + 1), part, colour) for part in parts[1:])
            return
        if is_drawn:
            yield self._beside(" " * start, line, colour)
        indent = max(0, min(start, self.room - 2 * LABEL))
        for part in wrapped(text, self.room - indent, self.room - indent):
            yield self._beside(" " * indent, part, colour)

    def _beside(self, blanks: str, text: str, colour: str) -> str:
        painted = self.style.paint(text.lstrip(" "), colour)
        blanks += " " * (len(text) - len(text.lstrip(" ")))
        return f"{self.bar()} {blanks}{painted}"


def _columns(label: Label, columns: Sequence[int], end_of_text: int) -> tuple[int, int]:
    """Where a label's underline starts and ends on its first line, in columns."""
    at = label.location
    last = len(columns) - 1
    start = min(at.column - 1, last)
    end = min(at.end_column - 1, last) if at.end_line == at.line else max(end_of_text, start)
    return columns[start], columns[max(end, start)]


# --- which lines -----------------------------------------------------------------------------------


def shown_lines(lines: Lines, labels: Sequence[Label]) -> list[int]:
    """The numbers of the lines to show: of the labels, what stands around the primary one, the heads of their
    functions, and what lies between when it is short."""
    wanted: set[int] = set()
    for label in labels:
        at = label.location
        wanted |= {at.line, *range(at.line, min(at.end_line, at.line + SPREAD - 1) + 1), at.end_line}
        wanted |= set(_scope(lines, at.line))
        if label.is_primary:
            around = (at.line - 1, at.end_line + 1)
            wanted |= {number for number in around if lines.line(number).strip()}
    found = sorted(number for number in wanted if number >= 1)
    return [*_filled(found)]


def _filled(numbers: Sequence[int]) -> Iterable[int]:
    previous = None
    for number in numbers:
        if previous is not None and number - previous - 1 <= GAP:
            yield from range(previous + 1, number)
        yield number
        previous = number


def _scope(lines: Lines, line: int) -> Iterable[int]:
    """The head of the function or class that a line stands in, as far as indentation tells."""
    indent = _indent(lines.line(line))
    for number in range(line - 1, 0, -1):
        text = lines.line(number)
        if not text.strip() or _indent(text) >= indent:
            continue
        if _SCOPE.match(text.strip()):
            return (number,)
        indent = _indent(text)
        if not indent:
            break
    return ()


def _indent(text: str) -> int:
    expanded = text.expandtabs()
    return len(expanded) - len(expanded.lstrip())
