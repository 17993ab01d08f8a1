"""The pool for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from sys import _getframe
from threading import get_ident
from typing import Any, Generic, TypeVar

from .alending import AsyncLender, AsyncWaiter
from .entry import CLOSING, GONE, Entry, Token
from .errors import PoolClosed, PoolError

__all__ = ["AsyncHold", "AsyncPool"]

ConnT = TypeVar("ConnT")
AsyncPoolT = TypeVar("AsyncPoolT", bound="AsyncPool[Any]")


class AsyncHold(Generic[ConnT]):
    """What an `async with pool.connection()` block holds. It may be entered again once it is left."""

    __slots__ = ("_entry", "_pool", "_timeout", "_token")

    def __init__(self, pool: AsyncLender[ConnT], timeout: float | None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._token: Token | None = None

    async def __aenter__(self) -> ConnT:
        pool = self._pool
        if self._token:
            raise PoolError("this block is entered already: call connection() once for each block")
        if get_ident() != pool._thread or not pool._is_running():
            pool._bind()  # the short way to ask whether this is the running loop
        frame = _getframe(1)
        now = pool._now()
        token = pool._ledger.acquire(now)
        if not token or token[0].fresh_until <= now:
            token = await pool._acquire_slowly(token, self._timeout, now, frame)
        self._token = token
        entry: Entry[ConnT] = token[0]
        self._entry = entry
        entry.code = frame.f_code
        entry.offset = frame.f_lasti
        entry.frame = id(frame)
        if pool._is_watched:
            pool._note_acquire(entry, frame, now)
        return entry.conn

    def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> Awaitable[None]:
        token = self._token
        if token:
            if error is None or isinstance(error, Exception):
                return self._pool._release(token.pop())
            self._token = None
            self._pool._release_in_task(token)
        elif token is not None and error is None and self._entry.state not in (CLOSING, GONE):
            raise PoolError(f"the connection was released to {self._pool.name!r} before its block ended")
        return nothing()

    def __del__(self) -> None:
        if self._token:
            self._pool._drop(self._token, warn=True)


async def nothing() -> None:
    pass


def finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class AsyncPool(AsyncLender[ConnT]):
    """Lends connections to tasks, in the order in which they ask. It belongs to the loop of its first use."""

    def connection(self, timeout: float | None = None) -> AsyncHold[ConnT]:
        """For an `async with` block: the connection is released at its end, whatever happens.

        `timeout`: seconds, instead of the pool's. Raises PoolTimeout, PoolClosed, PoolFull, PoolDeadlock, and what
        `connect` raised."""
        return AsyncHold(self, timeout)

    async def acquire(self, timeout: float | None = None) -> ConnT:
        """A connection that the caller must `release` or `discard`; prefer `connection()`, which cannot forget it."""
        if get_ident() != self._thread or not self._is_running():
            self._bind()
        frame = _getframe(1)
        now = self._now()
        token = self._ledger.acquire(now)
        if not token or token[0].fresh_until <= now:
            token = await self._acquire_slowly(token, timeout, now, frame)
        entry: Entry[ConnT] = token[0]
        entry.code = frame.f_code
        entry.offset = frame.f_lasti
        if self._is_watched:
            self._note_acquire(entry, frame, now)
        return entry.conn

    def release(self, conn: ConnT) -> Coroutine[Any, Any, None]:
        """Resets it and gives it to the next caller. Raises PoolError if it is not acquired from this pool now."""
        if get_ident() != self._thread:  # that its loop is the running one was asked when it was acquired
            self._bind()
        entry = self._ledger.entries.get(id(conn))
        if entry is not None and entry.conn is conn and entry.token:  # what _claim does, and the usual case
            return self._release(entry.token.pop())
        entry = self._claim(conn)
        return nothing() if entry is None else self._release(entry)

    async def discard(self, conn: ConnT) -> None:
        """Closes it instead of giving it back."""
        self._bind()
        entry = self._claim(conn)
        if entry is not None:
            self._retire(entry, "discarded")

    async def open(self: AsyncPoolT, timeout: float = 30.0) -> AsyncPoolT:
        """Opens `min_size` connections now, where the first call would do so in the background. Raises what `connect`
        raised, or PoolTimeout; the connections that were opened by then stay."""
        loop, began = self._bind(), self._now()
        if self._ledger.closed:
            raise PoolClosed(f"{self.name!r} is closed")
        openings = self._ledger.fill()
        watchers: list[AsyncWaiter[ConnT]] = [AsyncWaiter(loop, began, began + timeout) for _ in openings]
        for opening, watcher in zip(openings, watchers, strict=True):
            opening.watcher = watcher
        self._start(openings)
        timer = self._at(began + timeout, self._stop_watching, watchers, timeout)
        try:
            for watcher in watchers:
                await watcher.future
                if watcher.error is not None:
                    raise watcher.error
        finally:
            timer.cancel()
        return self

    def _stop_watching(self, watchers: list[AsyncWaiter[ConnT]], timeout: float) -> None:
        for watcher in watchers:
            if not watcher.future.done():
                watcher.error = self._open_timeout(len(watchers), timeout)
                watcher.wake()

    async def close(self, timeout: float = 5.0) -> None:
        """Refuses callers, fails those that wait, closes idle connections, and waits for the held ones for `timeout`
        seconds; those that come later are closed when they come. May be called again."""
        loop = self._bind()
        for entry in self._ledger.close(self._now()):
            self._finish(entry, "the pool was closed")
        if self._ledger.size:
            drained: asyncio.Future[None] = loop.create_future()
            self._drains.append(drained)
            timer = self._at(self._now() + timeout, finish, drained)
            try:
                await drained
            finally:
                timer.cancel()
                self._drains.remove(drained)
        if self._ledger.size:
            for task in list(self._tasks):
                task.cancel()
        self._warn_if_held()

    def evict_all(self) -> None:
        """Replaces every connection: idle ones are closed now, held ones when they come back."""
        if self._loop is not None:
            self._bind()
        for entry in self._ledger.evict_all(self._now()):
            self._finish(entry, "evicted")

    def resize(self, min_size: int, max_size: int) -> None:
        """Takes effect at once for those that wait, and on their return for connections that are held."""
        self._options.check_sizes(min_size, max_size)
        if self._loop is not None:
            self._bind()
        idle = self._ledger.resize(min_size, max_size, self._now())
        if self._loop is not None:
            self._grow()
        for entry in idle:
            self._finish(entry, "resized")

    async def __aenter__(self: AsyncPoolT) -> AsyncPoolT:
        return await self.open()

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __del__(self) -> None:
        self._warn_if_open()
