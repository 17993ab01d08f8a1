"""What both shells are: options, counters, events, and words for what goes wrong."""

from __future__ import annotations

import logging
import warnings
import weakref
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any, Generic, TypeVar

from .core import Ledger
from .entry import HELD, Entry, Token
from .errors import PoolDeadlock, PoolError, PoolTimeout
from .events import COUNTED, EventKind, PoolEvent
from .leaks import LeakReport, held_by, report, site_of
from .options import Clock, Options, leak_after_from_environment
from .sites import callers, describe
from .stats import PoolStats

__all__ = ["Shell"]

ConnT = TypeVar("ConnT")
MadeT = TypeVar("MadeT")
Hook = Callable[[ConnT], object]
logger = logging.getLogger(__name__.rpartition(".")[0])
pools: weakref.WeakSet[Shell[Any, Any]] = weakref.WeakSet()
"""All that this process must hand over after a fork."""


class Shell(ABC, Generic[ConnT, MadeT]):
    """The constructor and everything that needs neither threads nor a loop. `MadeT` is what `connect` returns."""

    _guard: AbstractContextManager[object]

    def __init__(
        self,
        connect: Callable[[], MadeT],
        *,
        min_size: int = Options.min_size,
        max_size: int = Options.max_size,
        timeout: float = Options.timeout,
        max_waiting: int | None = Options.max_waiting,
        max_lifetime: float | None = Options.max_lifetime,
        max_idle: float | None = Options.max_idle,
        check: Hook[ConnT] | None = None,
        check_after: float = Options.check_after,
        configure: Hook[ConnT] | None = None,
        reset: Hook[ConnT] | None = None,
        close: Hook[ConnT] | None = None,
        is_closed: Hook[ConnT] | None = None,
        hook_timeout: float = Options.hook_timeout,
        leak_after: float | None = Options.leak_after,
        on_event: Callable[[PoolEvent], object] | None = None,
        connect_in_caller: bool = Options.connect_in_caller,
        clock: Clock = Options.clock,
        name: str = Options.name,
    ) -> None:
        """Does no input or output, starts no thread and needs no loop. The options are told at `Options`."""
        self._options: Options[ConnT] = Options(
            name=name, min_size=min_size, max_size=max_size, timeout=timeout, max_waiting=max_waiting,
            max_lifetime=max_lifetime, max_idle=max_idle, check=check, check_after=check_after, configure=configure,
            reset=reset, close=close, is_closed=is_closed, hook_timeout=hook_timeout,
            leak_after=leak_after_from_environment() if leak_after is None else leak_after, on_event=on_event,
            connect_in_caller=connect_in_caller, clock=clock,
        )  # fmt: skip
        self._connect = connect
        self._now = clock.now
        self._reset = reset
        self._is_closed = is_closed
        self._on_event = on_event
        self._is_watched = on_event is not None or self._options.leak_after is not None
        self._ledger: Ledger[ConnT] = Ledger(self._options)
        self._counts: Counter[str] = Counter()
        self._dropped: deque[Token] = deque()
        """What finalizers left."""
        self._nested: set[str] = set()
        self._has_warned = False
        self._foreign: list[ConnT] = []
        """Connections of the parent process: kept from the garbage collector, never closed."""
        self._prepare()
        pools.add(self)

    @abstractmethod
    def _prepare(self) -> None:
        """The shell's own locks and lists: at construction, and again in the child of a fork."""

    @abstractmethod
    def connection(self, timeout: float | None = None) -> Any:
        """For a block that holds a connection."""

    @abstractmethod
    def _after_fork(self) -> None: ...

    def _start_anew(self) -> list[ConnT]:
        """A new ledger. What the old one has belongs to another process or to a closed loop, and stays there."""
        old = self._ledger
        self._ledger = Ledger(self._options)
        self._ledger.min_size, self._ledger.max_size = old.min_size, old.max_size
        if old.closed:
            self._ledger.close(self._now())
        self._dropped = deque()
        return [entry.conn for entry in old.forget()]

    def _claim(self, conn: ConnT) -> Entry[ConnT] | None:
        """For whoever holds a bare connection. None: it is the parent process's."""
        entry = self._ledger.entries.get(id(conn))
        if entry is None or entry.conn is not conn:
            if any(conn is other for other in self._foreign):
                return None
            raise PoolError(f"this connection does not belong to {self.name!r}, or is closed")
        try:
            entry.token.pop()
        except IndexError:
            raise PoolError(f"this connection of {self.name!r} is not acquired now: released twice?") from None
        return entry

    # --- what it says of itself -------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._options.name

    def __repr__(self) -> str:
        now = self.stats()
        state = "closed " if self._ledger.closed else ""
        return f"<{state}{type(self).__name__} {now.name!r}: {now.held} held, {now.idle} idle of {now.max_size}>"

    def stats(self) -> PoolStats:
        """The pool in numbers, now."""
        with self._guard:
            ledger, counts = self._ledger, self._counts
            return PoolStats(
                name=self.name, min_size=ledger.min_size, max_size=ledger.max_size, size=ledger.size,
                idle=len(ledger.idle), held=len(ledger.entries) - len(ledger.idle), opening=ledger.opening,
                closing=len(ledger.closing), waiting=len(ledger.waiters), acquired=ledger.acquired,
                waited=ledger.waited, wait_seconds=ledger.wait_seconds, use_seconds=ledger.use_seconds,
                **{name: counts[kind] for kind, name in COUNTED.items()},
            )  # fmt: skip

    def leaks(self) -> list[LeakReport]:
        """Connections that are held for longer than `leak_after` now, the longest first. None if that is not set."""
        limit, now = self._options.leak_after, self._now()
        if limit is None:
            return []
        late = [entry for entry in self._held() if now - entry.since >= limit]
        return [report(self.name, entry, now) for entry in sorted(late, key=lambda entry: entry.since)]

    def _held(self) -> list[Entry[ConnT]]:
        with self._guard:
            return [entry for entry in self._ledger.entries.values() if entry.state == HELD and entry.token]

    # --- what happens -----------------------------------------------------------------------------

    def _emit(
        self,
        kind: EventKind,
        *,
        seconds: float | None = None,
        reason: str = "",
        error: BaseException | None = None,
        report: LeakReport | None = None,
    ) -> None:
        """Counts it and tells `on_event`. Never under the lock."""
        if kind in COUNTED:
            with self._guard:
                self._counts[kind] += 1
        if self._on_event is None:
            return
        try:
            self._on_event(PoolEvent(kind, self.name, seconds, reason, error, report))
        except Exception:
            logger.exception("on_event of %r failed", self.name)

    def _note_acquire(self, entry: Entry[ConnT], frame: FrameType, began: float) -> None:
        if self._options.leak_after is not None:
            entry.callers = callers(frame)
        if self._on_event is not None:
            self._emit("acquired", seconds=max(0.0, self._now() - began))

    def _note_release(self, entry: Entry[ConnT], held_for: float) -> None:
        if entry.reported is entry.token:
            logger.warning("a connection of %r came back after all: held for %.1f s, acquired at %s",
                           self.name, held_for, describe(site_of(entry)))  # fmt: skip
            self._emit("leak-returned", seconds=held_for)
        if self._on_event is not None:
            self._emit("released", seconds=held_for)

    def _report_leak(self, entry: Entry[ConnT], now: float) -> None:
        found = report(self.name, entry, now)
        logger.warning("%s", found)
        self._emit("leak", report=found)

    # --- what goes wrong --------------------------------------------------------------------------

    def _deadline(self, timeout: float | None, began: float) -> float:
        return began + (self._options.timeout if timeout is None else timeout)

    def _timeout(self, began: float) -> PoolTimeout:
        """Call it outside the lock."""
        now, waited = self.stats(), self._now() - began
        text = (
            f"no connection from {self.name!r} in {waited:.1f} s: {now.held} of {now.max_size} held, {now.idle} idle, "
            f"{now.opening} opening, {now.closing} closing, {now.waiting} waiting"
        )
        longest = min(self._held(), key=lambda entry: entry.since, default=None)
        if longest is not None:
            held_for = self._now() - longest.since
            text += f"; the longest is held for {held_for:.1f} s, acquired at {describe(site_of(longest))}"
        error = PoolTimeout(text)
        error.__cause__ = self._ledger.last_error
        self._emit("timeout", seconds=waited, error=error)
        return error

    def _look_for_deadlock(self, frame: FrameType | None, held: list[Entry[ConnT]]) -> None:
        """Before waiting for one of those that blocks hold: does the code at `frame` wait for itself?"""
        mine = held_by(frame, held)
        if not mine:
            return
        sites = " and ".join(describe(site_of(entry)) for entry in mine)
        here = describe(((frame.f_code, frame.f_lasti),)) if frame is not None else describe(())
        if len(mine) >= self._ledger.max_size:
            raise PoolDeadlock(f"{here} asks {self.name!r} for a connection, and holds all {len(mine)} itself: {sites}")
        key = f"{here} {sites}"
        if key in self._nested or frame is None:
            return
        self._nested.add(key)
        self._emit("nested", report=report(self.name, mine[0], self._now()))
        warnings.warn_explicit(
            f"{here} waits for another connection of {self.name!r} while it holds one, acquired at {sites}: "
            f"enough such callers at once wait for each other",
            RuntimeWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
        )

    def _open_timeout(self, count: int, timeout: float) -> PoolTimeout:
        return PoolTimeout(f"{self.name!r} has not opened {count} connections in {timeout:.1f} s")

    # --- what is left behind ----------------------------------------------------------------------

    def _drop(self, token: Token, warn: bool = False) -> None:
        """From finalizers, which may run anywhere, within the pool's own lock too: write it down, wake the keeper."""
        try:
            entry: Entry[ConnT] = token[0]
        except IndexError:
            return
        if entry.state != HELD:
            return
        self._dropped.append(token)
        self._poke()
        if warn:
            self._warn_dropped(entry)

    @abstractmethod
    def _poke(self) -> None: ...

    def _sweep(self) -> list[Entry[ConnT]]:
        """What finalizers wrote down, claimed: the caller retires it."""
        found: list[Entry[ConnT]] = []
        while self._dropped:
            try:
                entry: Entry[ConnT] = self._dropped.popleft().pop()
            except IndexError:
                continue  # another thread was faster
            if entry.state == HELD:
                self._emit("dropped", report=report(self.name, entry, self._now()))
                found.append(entry)
        return found

    def _warn_dropped(self, entry: Entry[ConnT]) -> None:
        warnings.warn(
            f"a connection of {self.name!r} was dropped without being released, acquired at {describe(site_of(entry))}",
            ResourceWarning,
            stacklevel=3,
        )

    def _warn_if_held(self) -> None:
        held = self._held()
        if held:
            sites = "; ".join(describe(site_of(entry)) for entry in held)
            text = f"{self.name!r} was closed while connections are held: {sites}"
            warnings.warn(text, ResourceWarning, stacklevel=3)

    def _warn_if_open(self) -> None:
        """From finalizers; says it once."""
        ledger = getattr(self, "_ledger", None)  # none if the constructor raised
        if ledger is not None and ledger.entries and not ledger.closed and not self._has_warned:
            self._has_warned = True
            text = f"{self.name!r} was never closed: {len(ledger.entries)} connections"
            warnings.warn(text, ResourceWarning, stacklevel=3, source=self)
