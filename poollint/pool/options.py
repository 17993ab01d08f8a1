"""What a pool can be told, with the defaults and their units: the one place that lists them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from .events import PoolEvent

__all__ = ["LEAK_AFTER", "Clock", "Lock", "Options"]

ConnT = TypeVar("ConnT")
INFINITE = float("inf")
LEAK_AFTER = "POOLLINT_LEAK_AFTER"
"""The environment variable that stands in for `leak_after`."""


class Lock(Protocol):
    """What `threading.Lock()` makes."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


class Clock:
    """Where a pool reads the time and waits. Tests give a clock of their own; the wall clock is never read."""

    now: Callable[[], float] = staticmethod(time.monotonic)

    @staticmethod
    def wait(lock: Lock, seconds: float) -> bool:
        """Acquires the lock within `seconds`, or returns False."""
        return lock.acquire(True, seconds)


@dataclass(frozen=True)
class Options(Generic[ConnT]):
    """Hooks get the connection, and never run under the pool's lock; an `AsyncPool` awaits what they return."""

    name: str = "pool"
    """Stands in messages, reports and thread names."""
    min_size: int = 0
    """Connections that are kept open, once the pool is in use or `open()` was called."""
    max_size: int = 10
    """Connections at most, whatever they are doing. There is no overflow."""
    timeout: float = 30.0
    """Seconds to wait in `acquire` and `connection`, whatever `connect` does."""
    max_waiting: int | None = None
    """Callers that may wait for others to release; one more gets `PoolFull` at once. None: any number."""
    max_lifetime: float | None = 1800.0
    """Seconds after which a connection is closed, less up to 10 % so that they do not all go at once. None: never."""
    max_idle: float | None = 600.0
    """Seconds after which an idle connection above `min_size` is closed. None: never."""
    check: Callable[[ConnT], object] | None = None
    """Asks an idle connection whether it lives: dead if it raises or returns False."""
    check_after: float = 0.5
    """Seconds for which an idle connection is believed to live without `check`."""
    configure: Callable[[ConnT], object] | None = None
    """Runs once on a new connection; if it raises, the connect has failed."""
    reset: Callable[[ConnT], object] | None = None
    """Runs when a connection comes back; if it raises, the connection is closed."""
    close: Callable[[ConnT], object] | None = None
    """Closes a connection. None: its own `close()`."""
    is_closed: Callable[[ConnT], object] | None = None
    """Whether the user has closed it, or the driver lost it: asked when it comes back. Must not wait."""
    hook_timeout: float = 5.0
    """Seconds for `reset` and for `close`; then the connection is given up and its slot is free."""
    leak_after: float | None = None
    """Seconds after which a held connection is reported with the place of its acquire. None: the environment
    variable POOLLINT_LEAK_AFTER, or never."""
    on_event: Callable[[PoolEvent], object] | None = None
    """Is told what happens, for metrics and logs. Must not wait."""
    connect_in_caller: bool = False
    """`Pool` only: connect in the calling thread, for drivers whose connections are bound to a thread. `timeout` does
    not hold while such a connect hangs."""
    clock: Clock = Clock()
    """For tests."""

    def __post_init__(self) -> None:
        self.check_sizes(self.min_size, self.max_size)
        if self.max_waiting is not None and not (isinstance(self.max_waiting, int) and self.max_waiting >= 0):
            raise ValueError(f"max_waiting must be a whole number from 0, or None, not {self.max_waiting!r}")
        for name in ("timeout", "check_after"):
            self._need(name, getattr(self, name), at_least_zero=True)
        for name in ("max_lifetime", "max_idle", "leak_after"):
            if getattr(self, name) is not None:
                self._need(name, getattr(self, name))
        self._need("hook_timeout", self.hook_timeout)

    @staticmethod
    def check_sizes(min_size: int, max_size: int) -> None:
        if not (isinstance(max_size, int) and max_size >= 1):
            raise ValueError(f"max_size must be a whole number from 1, not {max_size!r}")
        if not (isinstance(min_size, int) and 0 <= min_size <= max_size):
            raise ValueError(f"min_size must be a whole number from 0 to max_size ({max_size}), not {min_size!r}")

    def _need(self, name: str, value: Any, at_least_zero: bool = False) -> None:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not (value >= 0 if at_least_zero else value > 0):
            raise ValueError(f"{name} must be {'0 or more' if at_least_zero else 'more than 0'} seconds, not {value!r}")

    @property
    def tick(self) -> float:
        """Seconds between two looks at the pool, while it has connections."""
        spans = (self.hook_timeout, self.max_lifetime, self.max_idle, self.leak_after)
        return max(0.01, min(5.0, *(span / 4 for span in spans if span is not None)))

    @property
    def unchecked(self) -> float:
        return INFINITE if self.check is None else self.check_after


def leak_after_from_environment() -> float | None:
    value = os.environ.get(LEAK_AFTER, "").strip()
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{LEAK_AFTER} must be a number of seconds, not {value!r}") from None
