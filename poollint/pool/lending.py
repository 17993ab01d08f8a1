"""How a thread gets a connection when none is ready, and how it comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from sys import _getframe
from types import FrameType
from typing import Any, Protocol, TypeVar

from .entry import HELD, RETURNING, Entry, Opening, Token, Waiter
from .events import OUTDATED
from .leaks import in_blocks
from .shell import Shell
from .sites import frames
from .threads import Threads

__all__ = ["Lender", "ThreadWaiter", "Unguarded"]

ConnT = TypeVar("ConnT")
LOOK = 1.0
"""Seconds after which one who waits looks whether the queue has it still."""


class Holds(Protocol):
    """Keeps a token, from before the one who waits for it can be interrupted."""

    _token: Token | None


class Unguarded:
    """Stands for a block where there is none."""

    __slots__ = ("_token",)

    def __init__(self, token: Token) -> None:
        self._token: Token | None = token


class ThreadWaiter(Waiter[ConnT]):
    """Sleeps on a lock of its own, so that exactly the one that is served wakes."""

    __slots__ = ("lock", "pool")

    def __init__(self, pool: Shell[ConnT, Any]) -> None:
        super().__init__()
        self.pool = pool
        self.lock = threading.Lock()
        self.lock.acquire()

    def wake(self) -> None:
        self.lock.release()

    def __del__(self) -> None:
        token = getattr(self, "token", None)  # none if the constructor was interrupted
        if token:  # served, then interrupted before it could give it on
            self.pool._drop(token)


def is_inside(frame: FrameType) -> bool:
    """Whether the code at `frame` interrupts a pool, whose lock it might wait for in vain: a block ends because the
    garbage collector, or a signal's handler, closes its generator, and it ran in the midst of a call to a pool."""
    has_left = False
    for outer in frames(frame):
        if outer.f_globals.get("__package__") != __package__:
            has_left = True
        elif has_left:
            return True
    return False


class Lender(Threads[ConnT]):
    # --- the slow way to a connection -------------------------------------------------------------

    def _acquire_slowly(
        self, token: Token, timeout: float | None, began: float, frame: FrameType, hold: Holds
    ) -> Token:
        """`token` is empty, or that of an idle connection which needs a look. `hold` has it before this returns."""
        deadline = self._deadline(timeout, began)
        place: float | None = None
        while True:
            if token:
                entry: Entry[ConnT] = token[0]
                if self._is_good(entry):
                    return token
                place = entry.place if place is None else place
                token.pop()
                self._spawn(self._retire_all, [entry], "stale")
                if self._now() >= deadline:
                    raise self._timeout(began)
            if self._dropped:
                self._spawn(self._retire_dropped)
            waiter = ThreadWaiter(self)
            openings: list[Opening] = []
            held: list[Entry[ConnT]] = []
            with self._lock:
                now = self._now()
                token = hold._token = self._ledger.acquire(now)
                if not token:
                    self._ledger.enqueue(waiter, now, place)
                    if self._ledger.size >= self._ledger.max_size:  # no connect of its own is coming
                        held = in_blocks(self._ledger.entries.values())
                    openings = self._ledger.reserve(now)
            if not token:
                return self._wait(waiter, partial(self._begin, openings, frame, held), began, deadline, hold)

    def _begin(self, openings: list[Opening], frame: FrameType, held: list[Entry[ConnT]]) -> None:
        self._start(openings)
        if self._keeper is None:  # whoever reserved the connect that this one waits for was interrupted
            self._ensure_keeper()
        if held:
            self._look_for_deadlock(frame, held)

    def _is_good(self, entry: Entry[ConnT]) -> bool:
        """Whether an idle connection may be handed out, after a check if it has rested for long."""
        now = self._now()
        if entry.fresh_until > now:
            return True
        check = self._options.check
        if entry.expires <= now or check is None:
            return False
        try:
            error, is_alive = None, check(entry.conn) is not False
        except Exception as problem:
            error, is_alive = problem, False
        except BaseException:
            entry.token.clear()
            self._spawn(self._retire_all, [entry], "check was interrupted")
            raise
        if not is_alive:
            self._emit("check-failed", error=error)
        return is_alive

    def _wait(
        self, waiter: ThreadWaiter[ConnT], begin: Callable[[], None], began: float, deadline: float, hold: Holds
    ) -> Token:
        """`begin` is called when the queue will be left in order whatever it raises."""
        try:
            begin()
            while not waiter.token and waiter.error is None:
                if self._options.clock.wait(waiter.lock, min(self._left(deadline), LOOK)):
                    continue
                with self._lock:
                    if self._now() < deadline:
                        self._ledger.requeue(waiter, self._now())
                        continue
                    token = self._ledger.withdraw(waiter, self._now())
                    if not token and waiter.error is None:
                        break
                    waiter.token = token
        except BaseException:
            with self._lock:
                token = self._ledger.withdraw(waiter, self._now())
            self._release_unused(token)
            raise
        if waiter.error is not None:
            try:
                raise waiter.error
            finally:
                waiter.error = None  # it holds this frame, and this frame the waiter
        if not waiter.token:
            raise self._timeout(began)
        token = hold._token = waiter.token
        waiter.token = None
        return token

    # --- the way back -----------------------------------------------------------------------------

    def _release(self, entry: Entry[ConnT]) -> None:
        """The caller has claimed it: nobody else can hand it out, close or reset it."""
        if entry.state != HELD:
            return  # the parent process's
        if self._lock.locked() and is_inside(_getframe(1)):
            self._late.append(entry)
            self._poke()
            return
        entry.state = RETURNING
        if self._is_closed is not None and self._was_closed(entry):
            return
        if self._reset is not None:
            try:
                self._reset(entry.conn)
            except BaseException as error:
                self._reset_failed(entry, error)
                return
        now = self._now()
        if self._is_watched:
            self._note_release(entry, now - entry.since)
        with self._lock:
            is_kept = self._ledger.release(entry, now)
        if not is_kept:
            self._start(self._retire(entry, OUTDATED))

    def _reset_failed(self, entry: Entry[ConnT], error: BaseException) -> None:
        """The caller's own error is never replaced by reset's."""
        if isinstance(error, Exception):
            self._emit("reset-failed", error=error)
            self._start(self._retire(entry, "reset failed"))
            return
        self._start(self._retire(entry, "reset was interrupted"))
        raise error

    def _was_closed(self, entry: Entry[ConnT]) -> bool:
        assert self._is_closed is not None
        try:
            is_closed = self._is_closed(entry.conn)
        except Exception:
            is_closed = True
        if is_closed:
            self._start(self._retire(entry, "closed by its holder, or by the server"))
        return bool(is_closed)

    def _release_unused(self, token: Token | None) -> None:
        """For one who was interrupted with a connection that nobody has used."""
        try:
            entry: Entry[ConnT] = (token or []).pop()
        except IndexError:
            return
        entry.state = RETURNING
        with self._lock:
            is_kept = self._ledger.release(entry, self._now())
        if not is_kept:
            self._start(self._retire(entry, OUTDATED))
