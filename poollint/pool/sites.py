"""Where a connection was acquired: remembered for the price of three reads, put into words only in a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import CodeType, FrameType

__all__ = ["DEPTH", "Site", "Stack", "callers", "describe", "frames", "place"]

DEPTH = 8
"""Frames that a site has when leaks are watched; one frame otherwise."""

Site = tuple[CodeType, int]
"""A code object and the offset of an instruction in it."""

Stack = Sequence[Site]


def frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def callers(frame: FrameType) -> Stack:
    """The frame's callers, nearest first, without the frame itself. A plain loop: it runs at every acquire."""
    found: list[Site] = []
    outer = frame.f_back
    while outer is not None and len(found) < DEPTH - 1:
        found.append((outer.f_code, outer.f_lasti))
        outer = outer.f_back
    return found


def place(site: Site) -> str:
    """`path:line in name`."""
    code, offset = site
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= offset < end and number is not None:
            line = number
            break
    return f"{code.co_filename}:{line} in {code.co_name}"


def describe(stack: Stack) -> str:
    """One line for a message."""
    return " < ".join(place(site) for site in stack) if stack else "an unknown place"
