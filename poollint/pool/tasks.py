"""What an asynchronous pool does in tasks of its own: connects, resets after a cancellation, closes, the keeper."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext, suppress
from functools import partial
from threading import get_ident
from typing import Any, TypeVar

from .chores import look
from .core import Ledger
from .entry import CLOSING, Entry, Opening
from .errors import PoolError
from .events import DROPPED, EXPIRED, LOST, OUTDATED, OVERDUE
from .process import silence
from .shell import Shell, logger

__all__ = ["Tasks", "is_awaitable"]

ConnT = TypeVar("ConnT")


def is_awaitable(answer: object) -> bool:
    return answer is not None and hasattr(answer, "__await__")


class Tasks(Shell[ConnT, Awaitable[ConnT]]):
    def _prepare(self) -> None:
        self._guard = nullcontext()  # everything happens in the loop's thread
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._is_running: Callable[[], bool] = bool
        """That of the loop."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._drains: list[asyncio.Future[None]] = []
        """Callers of close(), each waiting for its future."""
        self._timer: asyncio.TimerHandle | None = None

    def _bind(self) -> asyncio.AbstractEventLoop:
        """The running loop, which the pool belongs to from its first use on, until that loop is closed."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            if self._loop is not None:
                if not self._loop.is_closed():
                    raise PoolError(f"{self.name!r} belongs to another event loop, which is open: make one for each")
                self._start_anew()
                self._prepare()
            self._loop = loop
            self._is_running = loop.is_running
        self._thread = get_ident()
        return loop

    def _poke(self) -> None:
        """Safe in any thread, and in a finalizer."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(tend, weakref.ref(self))

    def _spawn(self, work: Coroutine[Any, Any, Any], over: Callable[[], object] | None = None) -> asyncio.Task[Any]:
        """A task that nobody else waits for. `over` runs at its end, even if it is cancelled before it begins."""
        try:
            task = self._bind().create_task(work)
        except BaseException:
            work.close()
            raise
        self._tasks.add(task)
        task.add_done_callback(partial(self._is_over, over=over))
        with suppress(AttributeError):  # a loop that ends before it is no fault of the program's
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        return task

    def _is_over(self, task: asyncio.Task[Any], over: Callable[[], object] | None) -> None:
        self._tasks.discard(task)
        if over is not None:
            over()
        if not task.cancelled():
            task.exception()  # who waits for it has it, too

    # --- connects ---------------------------------------------------------------------------------

    def _grow(self) -> None:
        if self._ledger.size < self._ledger.max_size:
            self._start(self._ledger.reserve(self._now()))

    def _start(self, openings: list[Opening]) -> None:
        for opening in openings:
            self._spawn(self._open(self._ledger, opening), partial(self._opening_is_over, self._ledger, opening))
        if self._timer is None and self._ledger.size:
            self._timer = self._bind().call_later(self._options.tick, tend, weakref.ref(self))

    def _opening_is_over(self, ledger: Ledger[ConnT], opening: Opening) -> None:
        """Also for a connect that was stopped, or never began. What it then leaves undone is begun again a tick later,
        when a loop that is shutting down has ended those who would want it."""
        if ledger.cancel_opening(opening, self._now()):
            if opening.watcher is not None:
                opening.watcher.error = PoolError(f"the connect of {self.name!r} was cancelled")
            if ledger is self._ledger:
                self._grow()
                self._wake_drains()
        if opening.watcher is not None:
            opening.watcher.wake()

    async def _open(self, ledger: Ledger[ConnT], opening: Opening) -> None:
        if not ledger.begin(opening):
            return
        began = self._now()
        try:
            conn = await self._make()
            entry = ledger.opened(opening, conn, self._now())
        except Exception as error:
            ledger.open_failed(opening, error, self._now())
            self._emit("connect-failed", error=error)
            self._grow()
            self._wake_drains()
            return
        if entry is None:  # the process was forked meanwhile
            self._foreign.append(conn)
            return
        self._emit("opened", seconds=self._now() - began)
        self._give_back(entry)
        self._grow()  # if it was outdated, its waiter need not wait for the close

    async def _make(self) -> ConnT:
        made: Any = self._connect()
        conn: ConnT = await made if is_awaitable(made) else made
        if self._options.configure is not None:
            try:
                answer: Any = self._options.configure(conn)
                if is_awaitable(answer):
                    await answer
            except BaseException as error:
                closing = self._close_quietly(conn)
                if closing is not None:
                    task = self._spawn(self._settle(closing))
                    if isinstance(error, Exception):
                        await task
                raise
        return conn

    # --- closes -----------------------------------------------------------------------------------

    def _give_back(self, entry: Entry[ConnT]) -> None:
        if not self._ledger.release(entry, self._now()):
            self._retire(entry, OUTDATED)

    def _retire(self, entry: Entry[ConnT], reason: str) -> None:
        if self._ledger.retire(entry, self._now()):
            self._finish(entry, reason)

    def _finish(self, entry: Entry[ConnT], reason: str) -> None:
        """Closes what is closing: now, or in a task if that has to wait."""
        entry.is_being_closed = True
        closing = self._close_quietly(entry.conn)
        over = partial(self._is_closed_now, entry, reason)
        if closing is None:
            over()
        else:
            entry.returner = self._spawn(self._settle(closing), over)

    def _close_quietly(self, conn: Any) -> Awaitable[object] | None:
        try:
            answer: Any = conn.close() if self._options.close is None else self._options.close(conn)
        except Exception as error:
            self._emit("close-failed", error=error)
            return None
        return answer if is_awaitable(answer) else None

    async def _settle(self, closing: Awaitable[object]) -> None:
        try:
            await closing
        except Exception as error:
            self._emit("close-failed", error=error)

    def _is_closed_now(self, entry: Entry[ConnT], reason: str) -> None:
        self._emit("closed", reason=reason)
        if entry.state == CLOSING:
            self._ledger.closed_one(entry)
            self._grow()
            self._wake_drains()

    def _wake_drains(self) -> None:
        if self._ledger.size == 0:
            for drained in self._drains:
                if not drained.done():
                    drained.set_result(None)

    # --- the keeper -------------------------------------------------------------------------------

    def _tend(self) -> None:
        """What the keeper does each time."""
        for entry in self._sweep():
            self._retire(entry, DROPPED)
        now = self._now()
        found = look(self._ledger, now)
        for entry in found.lost:
            self._finish(entry, LOST)
        for entry in found.expired:
            self._finish(entry, EXPIRED)
        for entry in (*found.overdue, *found.abandoned):
            self._emit("overdue")
            self._stop_hook(entry)
        for entry in found.overdue:
            self._spawn(self._finish_soon(entry))
        for entry in found.leaked:
            self._report_leak(entry, now)
        self._grow()
        self._wake_drains()

    def _stop_hook(self, entry: Entry[ConnT]) -> None:
        stuck, entry.returner = entry.returner, None
        if stuck is None:
            return
        if stuck in self._tasks or not stuck.cancelling():  # a holder that is being cancelled needs no second one
            stuck.cancel()

    async def _finish_soon(self, entry: Entry[ConnT]) -> None:
        await asyncio.sleep(0)  # first the reset hears that it is cancelled: many drivers refuse to close before
        self._finish(entry, OVERDUE)

    # --- fork -------------------------------------------------------------------------------------

    def _after_fork(self) -> None:
        foreign = self._start_anew()
        self._foreign += foreign
        self._counts.clear()
        self._prepare()
        silence(foreign)


def tend(reference: weakref.ReferenceType[Tasks[Any]]) -> None:
    """From the timer, or from a finalizer; holds no reference to the pool in between, so that it can be collected."""
    pool = reference()
    if pool is None or pool._loop is None:
        return
    if pool._timer is not None:
        pool._timer.cancel()
        pool._timer = None
    try:
        pool._tend()
    except Exception:
        logger.exception("a look at %r failed", pool.name)
    wants_more = pool._ledger.size or (pool._ledger.min_size and not pool._ledger.closed)
    if wants_more and pool._timer is None:
        pool._timer = pool._loop.call_later(pool._options.tick, tend, reference)
