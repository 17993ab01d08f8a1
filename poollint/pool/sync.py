"""The pool for threads."""

from __future__ import annotations

import threading
from sys import _getframe
from typing import Any, Generic, TypeVar

from .entry import CLOSING, GONE, Entry, Token
from .errors import PoolClosed, PoolError
from .lending import Lender, ThreadWaiter, Unguarded

__all__ = ["Hold", "Pool"]

ConnT = TypeVar("ConnT")
PoolT = TypeVar("PoolT", bound="Pool[Any]")


class Hold(Generic[ConnT]):
    """What a `with pool.connection()` block holds. It may be entered again once it is left."""

    __slots__ = ("_entry", "_pool", "_timeout", "_token")

    def __init__(self, pool: Lender[ConnT], timeout: float | None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._token: Token | None = None

    def __enter__(self) -> ConnT:
        pool = self._pool
        if self._token:
            raise PoolError("this block is entered already: call connection() once for each block")
        frame = _getframe(1)
        now = pool._now()
        with pool._lock:  # the token is noted before anything can interrupt
            token = self._token = pool._ledger.acquire(now)
        if not token or token[0].fresh_until <= now:
            token = self._token = pool._acquire_slowly(token, self._timeout, now, frame, self)
        entry: Entry[ConnT] = token[0]
        self._entry = entry
        entry.code = frame.f_code
        entry.offset = frame.f_lasti
        entry.frame = id(frame)
        if pool._is_watched:
            pool._note_acquire(entry, frame, now)
        return entry.conn

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        token = self._token
        if token:
            try:
                entry = token.pop()
            except IndexError:
                pass  # another thread was faster
            else:
                self._pool._release(entry)
                return
        if token is not None and error is None and self._entry.state not in (CLOSING, GONE):
            raise PoolError(f"the connection was released to {self._pool.name!r} before its block ended")

    def __del__(self) -> None:
        if self._token:
            self._pool._drop(self._token, warn=True)


class Pool(Lender[ConnT]):
    """Lends connections to threads, in the order in which they ask. All methods may be called from any thread."""

    def connection(self, timeout: float | None = None) -> Hold[ConnT]:
        """For a `with` block: the connection is released at its end, whatever happens.

        `timeout`: seconds, instead of the pool's. Raises PoolTimeout, PoolClosed, PoolFull, PoolDeadlock, and what
        `connect` raised."""
        return Hold(self, timeout)

    def acquire(self, timeout: float | None = None) -> ConnT:
        """A connection that the caller must `release` or `discard`; prefer `connection()`, which cannot forget it."""
        frame = _getframe(1)
        now = self._now()
        token: Token | None = None
        hold: Unguarded | None = None
        try:
            with self._lock:
                token = self._ledger.acquire(now)
            if not token or token[0].fresh_until <= now:
                hold = Unguarded(token)
                token = self._acquire_slowly(token, timeout, now, frame, hold)
            entry: Entry[ConnT] = token[0]
            entry.code = frame.f_code
            entry.offset = frame.f_lasti
            if self._is_watched:
                self._note_acquire(entry, frame, now)
            return entry.conn
        except BaseException:
            self._release_unused(hold._token if hold is not None else token)
            raise

    def release(self, conn: ConnT) -> None:
        """Resets it and gives it to the next caller. Raises PoolError if it is not acquired from this pool now."""
        entry = self._claim(conn)
        if entry is not None:
            self._release(entry)

    def discard(self, conn: ConnT) -> None:
        """Closes it instead of giving it back."""
        entry = self._claim(conn)
        if entry is not None:
            self._start(self._retire(entry, "discarded"))

    def open(self: PoolT, timeout: float = 30.0) -> PoolT:
        """Opens `min_size` connections now, where the first call would do so in the background. Raises what `connect`
        raised, or PoolTimeout; the connections that were opened by then stay."""
        deadline = self._now() + timeout
        with self._lock:
            if self._ledger.closed:
                raise PoolClosed(f"{self.name!r} is closed")
            openings = self._ledger.fill()
            watchers = [ThreadWaiter(self) for _ in openings]
            for opening, watcher in zip(openings, watchers, strict=True):
                opening.watcher = watcher
        self._start(openings)
        for watcher in watchers:
            if not self._options.clock.wait(watcher.lock, self._left(deadline)):
                raise self._open_timeout(len(watchers), timeout)
            if watcher.error is not None:
                raise watcher.error
        return self

    def close(self, timeout: float = 5.0) -> None:
        """Refuses callers, fails those that wait, closes idle connections, and waits for the held ones for `timeout`
        seconds; those that come later are closed when they come. May be called again."""
        with self._lock:
            idle = self._ledger.close(self._now())
        if idle:
            self._spawn(self._finish_all, idle, "the pool was closed")
        self._poke()
        drained = threading.Lock()
        drained.acquire()
        with self._lock:
            if self._ledger.size == 0:
                return
            self._drains.append(drained)
        try:
            self._options.clock.wait(drained, self._left(self._now() + timeout))
        finally:
            with self._lock:
                if drained in self._drains:
                    self._drains.remove(drained)
        self._warn_if_held()

    def evict_all(self) -> None:
        """Replaces every connection: idle ones are closed now, held ones when they come back."""
        with self._lock:
            idle = self._ledger.evict_all(self._now())
        self._finish_all(idle, "evicted")

    def resize(self, min_size: int, max_size: int) -> None:
        """Takes effect at once for those that wait, and on their return for connections that are held."""
        self._options.check_sizes(min_size, max_size)
        with self._lock:
            idle = self._ledger.resize(min_size, max_size, self._now())
            openings = self._ledger.reserve(self._now())
        self._start(openings)
        self._finish_all(idle, "resized")

    def __enter__(self: PoolT) -> PoolT:
        return self.open()

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._warn_if_open()
        if hasattr(self, "_alarm"):
            self._poke()
