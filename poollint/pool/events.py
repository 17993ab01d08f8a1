"""What `on_event` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .leaks import LeakReport

__all__ = ["COUNTED", "DROPPED", "EXPIRED", "LOST", "OUTDATED", "OVERDUE", "EventKind", "PoolEvent"]

EventKind = Literal[
    "opened",  # a connection was made; seconds: how long it took
    "connect-failed",  # error: why
    "acquired",  # seconds: how long the caller waited
    "released",  # seconds: how long it was held
    "closed",  # a connection was closed; reason
    "timeout",  # a caller got none in time; seconds: how long it waited
    "check-failed",  # an idle connection was dead; error, or None if check returned False
    "reset-failed",  # error: why; the connection is closed
    "close-failed",  # error: why; the connection counts as closed
    "overdue",  # reset or close took longer than hook_timeout, and the slot is free again
    "leak",  # report: a connection is held for longer than leak_after
    "leak-returned",  # seconds: a reported one came back after all, and how long it was held
    "dropped",  # report: a `with` block's owner was garbage collected without leaving the block
    "nested",  # report: the code that waits holds this one already
]


@dataclass(frozen=True)
class PoolEvent:
    """One thing that happened. `on_event` runs outside the pool's lock, in the thread or task that it happened in;
    what it raises is logged and goes no further."""

    kind: EventKind
    pool: str
    seconds: float | None = None
    reason: str = ""
    error: BaseException | None = None
    report: LeakReport | None = None


COUNTED: dict[str, str] = {
    "opened": "opened", "closed": "closed", "timeout": "timeouts", "connect-failed": "connect_errors",
    "check-failed": "check_failures", "reset-failed": "reset_errors", "overdue": "overdue", "leak": "leaked",
    "dropped": "dropped",
}  # fmt: skip
"""Kinds of events and the counters of PoolStats that they move."""
DROPPED = "its holder was dropped"
EXPIRED = "idle for too long, or too old"
OUTDATED = "too old, evicted, or one too many"
OVERDUE = "reset took too long"
LOST = "an interruption left it out of reach"
