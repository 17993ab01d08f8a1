"""What a look at a pool finds to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .core import Ledger
from .entry import HELD, IDLE, Entry

__all__ = ["Chores", "look"]

ConnT = TypeVar("ConnT")


@dataclass
class Chores(Generic[ConnT]):
    expired: list[Entry[ConnT]] = field(default_factory=list)
    """Idle for too long, or too old: closing now."""
    lost: list[Entry[ConnT]] = field(default_factory=list)
    """Out of reach since an interruption: closing now."""
    overdue: list[Entry[ConnT]] = field(default_factory=list)
    """Their reset took too long: closing now."""
    abandoned: list[Entry[ConnT]] = field(default_factory=list)
    """Their close took too long: their slots are free."""
    leaked: list[Entry[ConnT]] = field(default_factory=list)
    """Held for longer than leak_after, and not yet reported."""


def look(ledger: Ledger[ConnT], now: float) -> Chores[ConnT]:
    found: Chores[ConnT] = Chores()
    mend(ledger, now, found)
    expire(ledger, now, found)
    for entry in list(ledger.entries.values()):
        if entry.state == HELD and entry.token:
            note_a_leak(ledger, entry, now, found)
        elif entry.state != IDLE:
            give_up_a_return(ledger, entry, now, found)
    for opening in [one for one in ledger.connects if not one.has_begun]:
        if opening.noted is None:
            opening.noted = now
        elif now - opening.noted >= ledger.options.hook_timeout:
            ledger.cancel_opening(opening, now)
    for entry in list(ledger.closing):
        if now - entry.since < ledger.options.hook_timeout:
            continue
        if entry.is_being_closed:
            ledger.closed_one(entry)
            found.abandoned.append(entry)
        else:
            found.lost.append(entry)
    return found


def mend(ledger: Ledger[ConnT], now: float, found: Chores[ConnT]) -> None:
    """What an interruption between two steps has left: callers that wait beside idle connections, and idle ones that
    are out of reach."""
    while ledger.idle and ledger.waiters:
        ledger.serve(ledger.idle.pop(), now)
    for entry in {one for one in ledger.entries.values() if one.state == IDLE}.difference(ledger.idle):
        ledger.retire(entry, now)
        found.lost.append(entry)


def expire(ledger: Ledger[ConnT], now: float, found: Chores[ConnT]) -> None:
    max_idle = ledger.options.max_idle
    spare = len(ledger.entries) + ledger.opening - ledger.min_size
    for entry in list(ledger.idle):  # the one that rests longest is first
        is_spare = spare > 0 and max_idle is not None and now - entry.since >= max_idle
        if is_spare or entry.expires <= now:
            ledger.idle.remove(entry)
            ledger.retire(entry, now)
            found.expired.append(entry)
            spare -= 1


def give_up_a_return(ledger: Ledger[ConnT], entry: Entry[ConnT], now: float, found: Chores[ConnT]) -> None:
    """Claimed and not back yet: reset hangs, or the one who claimed it was interrupted. The time runs from the first
    look that saw it, so that a release needs no clock for it."""
    if entry.noted is None or entry.noted[0] is not entry.token:
        entry.noted = (entry.token, now)
    elif now - entry.noted[1] >= ledger.options.hook_timeout and ledger.retire(entry, now):
        found.overdue.append(entry)


def note_a_leak(ledger: Ledger[ConnT], entry: Entry[ConnT], now: float, found: Chores[ConnT]) -> None:
    limit = ledger.options.leak_after
    if limit is not None and now - entry.since >= limit and entry.reported is not entry.token:
        entry.reported = entry.token
        found.leaked.append(entry)
