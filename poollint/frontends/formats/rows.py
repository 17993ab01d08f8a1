"""Lines of a fix as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`sign` is "+", "-", "|" for what stays, or "." for what is left out. `number` is that of the new text,
    0 for what goes. `focus` is the first code point that differs from the line's counterpart; a line that stays
    `is_moved` when its indentation changes."""

    sign: str
    number: int
    text: str
    focus: int = 0
    is_moved: bool = False
