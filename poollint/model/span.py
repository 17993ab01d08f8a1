"""Where something stands: in a text, and in a function's numbered form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points in a source's text (decoded, without BOM, newlines as read)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A numbered node of a lowered function.

    `path` is relative to the project root with `/`; `function` is the qualified name in the file
    (`<module>` for statements outside functions); `ordinal` counts the nodes of that function's form.
    Places stay valid while the function's own text does, whatever moves around it.
    """

    path: str
    function: str
    ordinal: int
