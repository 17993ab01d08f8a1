"""Connections that are held for too long: the report, and what the stack says of who holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from .entry import HELD, Entry
from .sites import Stack, describe, frames, place

__all__ = ["LeakReport", "held_by", "in_blocks", "report", "site_of"]


@dataclass(frozen=True)
class LeakReport:
    """A connection that has been held for longer than `leak_after`."""

    pool: str
    seconds: float
    """How long it has been held."""
    site: tuple[str, ...]
    """Where it was acquired: `path:line in function`, the acquiring frame first, then its callers."""

    def __str__(self) -> str:
        site = " < ".join(self.site)
        return f"a connection of {self.pool!r} has been held for {self.seconds:.1f} s, acquired at {site}"


def site_of(entry: Entry[Any]) -> Stack:
    """Where it was acquired, nearest frame first; empty in the instant before that is noted."""
    return () if entry.code is None else ((entry.code, entry.offset), *entry.callers)


def in_blocks(entries: Iterable[Entry[Any]]) -> list[Entry[Any]]:
    """Those that `with` blocks hold."""
    return [entry for entry in entries if entry.frame and entry.state == HELD and entry.token]


def report(pool: str, entry: Entry[Any], now: float) -> LeakReport:
    places = tuple(place(site) for site in site_of(entry)) or (describe(()),)
    return LeakReport(pool, now - entry.since, places)


def held_by(frame: FrameType | None, entries: Iterable[Entry[Any]]) -> list[Entry[Any]]:
    """Those of the entries that are held by `with` blocks which the code at `frame` is inside of.

    A thread or task is not asked who it is: a framework may enter a block in one thread and leave it in another.
    What counts is that the block's frame is on the stack, so that the block cannot end before `frame` returns. A
    frame that stands at the very instruction that acquired is another one, at the address of a dead one.
    """
    by_frame: dict[int, list[Entry[Any]]] = {}
    for entry in entries:
        if entry.frame:
            by_frame.setdefault(entry.frame, []).append(entry)
    return [
        entry
        for outer in (frames(frame) if by_frame else ())
        for entry in by_frame.get(id(outer), ())
        if entry.code is outer.f_code and entry.offset != outer.f_lasti
    ]
