"""The pool in numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PoolStats"]


@dataclass(frozen=True)
class PoolStats:
    """One instant: `size == idle + held + opening + closing <= max_size`. Counters run from the pool's construction."""

    name: str
    min_size: int
    max_size: int
    size: int
    """Slots in use, whatever for."""
    idle: int
    held: int
    """Acquired and not yet back, with those that are being reset."""
    opening: int
    closing: int
    waiting: int
    """Callers in the queue."""
    acquired: int
    waited: int
    """Acquires that found no idle connection."""
    wait_seconds: float
    """Time that callers have spent in the queue."""
    use_seconds: float
    """Time for which connections were held, counted when they come back."""
    timeouts: int
    opened: int
    closed: int
    connect_errors: int
    check_failures: int
    reset_errors: int
    overdue: int
    """Resets and closes that took longer than hook_timeout."""
    leaked: int
    """Leak reports."""
    dropped: int
    """Connections that a garbage-collected `with` block left behind."""
