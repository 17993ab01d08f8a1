"""What a pool does in threads of its own: connects, closes that callers must not wait for, the keeper."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from .chores import look
from .core import Ledger
from .entry import Entry, Opening
from .errors import PoolError
from .events import DROPPED, EXPIRED, LOST, OUTDATED, OVERDUE
from .keeper import keep
from .process import silence
from .shell import Shell

__all__ = ["Threads"]

ConnT = TypeVar("ConnT")


class Threads(Shell[ConnT, ConnT]):
    def _prepare(self) -> None:
        self._lock = self._guard = threading.Lock()
        self._alarm = threading.Lock()
        self._alarm.acquire()
        self._keeper: threading.Thread | None = None
        self._drains: list[threading.Lock] = []
        """Callers of close(), each asleep on its lock."""
        self._late: deque[Entry[ConnT]] = deque()
        """Claimed by those who could not release them where they were."""

    def _poke(self) -> None:
        with suppress(RuntimeError):  # it rings already
            self._alarm.release()

    def _spawn(self, work: Callable[..., None], *arguments: Any) -> None:
        """In a thread of the pool's own; where none can be had (a limit, or the interpreter's end), here and now."""
        try:
            threading.Thread(target=work, args=arguments, name=f"{self.name}-worker", daemon=True).start()
        except RuntimeError:
            work(*arguments)

    def _left(self, deadline: float) -> float:
        """Seconds to wait, as locks take them."""
        return max(0.0, min(deadline - self._now(), threading.TIMEOUT_MAX))

    def _release(self, entry: Entry[ConnT]) -> None:
        raise NotImplementedError

    # --- connects ---------------------------------------------------------------------------------

    def _start(self, openings: list[Opening]) -> None:
        """Begins every connect. Interrupted, it gives back the slots of those that it has not begun."""
        if not openings:
            return
        ledger = self._ledger
        waiting = list(openings)
        try:
            self._ensure_keeper()
            if self._options.connect_in_caller:
                self._open_all(ledger, waiting)
            while waiting:
                self._spawn(self._open_all, ledger, [waiting[-1]])
                waiting.pop()
        except BaseException:
            with self._lock:
                for opening in openings:
                    if not opening.has_begun:
                        ledger.cancel_opening(opening, self._now())
            self._poke()  # the keeper begins others for those who wait
            raise

    def _open_all(self, ledger: Ledger[ConnT], openings: list[Opening]) -> None:
        """One after the other, with those that become due by a failure."""
        while openings:
            openings += self._open(ledger, openings.pop())

    def _open(self, ledger: Ledger[ConnT], opening: Opening) -> list[Opening]:
        with self._lock:
            if not ledger.begin(opening):
                return []
        try:
            return self._open_begun(ledger, opening)
        finally:
            if opening.watcher is not None:
                opening.watcher.wake()

    def _open_begun(self, ledger: Ledger[ConnT], opening: Opening) -> list[Opening]:
        began = self._now()
        try:
            conn = self._make()
            self._emit("opened", seconds=self._now() - began)  # before anybody can have it
            with self._lock:  # once: in between, its waiter would seem to need a connect
                entry = ledger.opened(opening, conn, self._now())
                is_kept = entry is not None and ledger.release(entry, self._now())
        except BaseException as error:
            return self._open_failed(ledger, opening, error)
        if entry is None:  # the process was forked meanwhile
            self._foreign.append(conn)
            return []
        if is_kept:
            return []
        with self._lock:
            is_begun = self._ledger.retire(entry, self._now())
            openings = self._ledger.reserve(self._now())  # its waiter need not wait for the close
        self._start(openings)
        return self._finish(entry, OUTDATED) if is_begun else []

    def _make(self) -> ConnT:
        conn = self._connect()
        if self._options.configure is not None:
            try:
                self._options.configure(conn)
            except BaseException:
                self._close_quietly(conn)
                raise
        return conn

    def _open_failed(self, ledger: Ledger[ConnT], opening: Opening, error: BaseException) -> list[Opening]:
        told = error
        if not isinstance(error, Exception):
            told = PoolError(f"the connect of {self.name!r} was ended by {type(error).__name__}")
            told.__cause__ = error
        with self._lock:
            ledger.open_failed(opening, told, self._now())
            openings = ledger.reserve(self._now())
        self._emit("connect-failed", error=told)
        self._wake_drains()
        if told is not error and self._options.connect_in_caller:
            with self._lock:
                for other in openings:
                    ledger.cancel_opening(other, self._now())
            self._poke()
            raise error
        return openings

    # --- closes -----------------------------------------------------------------------------------

    def _retire(self, entry: Entry[ConnT], reason: str) -> list[Opening]:
        """Closes a claimed connection here and now; returns the connects that have become due."""
        with self._lock:
            is_begun = self._ledger.retire(entry, self._now())
        return self._finish(entry, reason) if is_begun else []

    def _finish(self, entry: Entry[ConnT], reason: str) -> list[Opening]:
        entry.is_being_closed = True
        try:
            self._close_quietly(entry.conn)
        finally:
            with self._lock:
                self._ledger.closed_one(entry)
                openings = self._ledger.reserve(self._now())
        self._emit("closed", reason=reason)
        self._wake_drains()
        return openings

    def _close_quietly(self, conn: Any) -> None:
        try:
            if self._options.close is None:
                conn.close()
            else:
                self._options.close(conn)
        except Exception as error:
            self._emit("close-failed", error=error)

    def _finish_all(self, entries: Iterable[Entry[ConnT]], reason: str) -> None:
        """Closes what is closing. For threads of the pool's own."""
        for entry in entries:
            self._start(self._finish(entry, reason))

    def _retire_all(self, entries: Iterable[Entry[ConnT]], reason: str) -> None:
        for entry in entries:
            self._start(self._retire(entry, reason))

    def _retire_dropped(self) -> None:
        self._retire_all(self._sweep(), DROPPED)

    def _wake_drains(self) -> None:
        if self._ledger.closed:
            with self._lock:
                if self._ledger.size:
                    return
                while self._drains:
                    self._drains.pop().release()
            self._poke()  # the keeper has nothing to do any more

    # --- the keeper -------------------------------------------------------------------------------

    def _ensure_keeper(self) -> None:
        keeper: threading.Thread | None = None
        try:
            with self._lock:
                if self._keeper is not None:
                    return
                arguments = (weakref.ref(self), self._alarm, self._options.clock.wait, self._options.tick)
                keeper = threading.Thread(target=keep, args=arguments, name=f"{self.name}-keeper", daemon=True)
                self._keeper = keeper
            keeper.start()
        except BaseException as error:
            with self._lock:
                if self._keeper is keeper:
                    self._keeper = None
            if not isinstance(error, RuntimeError):
                raise

    def _tend(self) -> bool:
        """What the keeper does each time."""
        now = self._now()
        if self._dropped:
            self._spawn(self._retire_dropped)
        while self._late:
            self._spawn(self._release, self._late.popleft())
        with self._lock:
            found = look(self._ledger, now)
            openings = self._ledger.reserve(now)
        for _ in (*found.overdue, *found.abandoned):
            self._emit("overdue")
        if found.lost:
            self._spawn(self._finish_all, found.lost, LOST)
        if found.expired:
            self._spawn(self._finish_all, found.expired, EXPIRED)
        if found.overdue:
            self._spawn(self._finish_all, found.overdue, OVERDUE)
        for entry in found.leaked:
            self._report_leak(entry, now)
        self._start(openings)
        self._wake_drains()
        with self._lock:
            is_over = self._ledger.size == 0 and (self._ledger.min_size == 0 or self._ledger.closed)
            if is_over:
                self._keeper = None
        return not is_over

    # --- fork -------------------------------------------------------------------------------------

    def _after_fork(self) -> None:
        foreign = self._start_anew()
        self._foreign += foreign
        self._counts.clear()
        self._prepare()
        silence(foreign)
