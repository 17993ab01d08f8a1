"""How a task gets a connection when none is ready, and how it comes back."""

from __future__ import annotations

import asyncio
import sys
from asyncio import current_task
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from types import CoroutineType, FrameType
from typing import Any, TypeVar

from .entry import HELD, RETURNING, Entry, Token, Waiter
from .errors import PoolError
from .events import DROPPED, OUTDATED
from .leaks import in_blocks
from .tasks import Tasks, is_awaitable

__all__ = ["AsyncLender", "AsyncWaiter"]

ConnT = TypeVar("ConnT")
CAN_UNCANCEL = sys.version_info >= (3, 11)
"""Before, a cancellation could not be taken back: a reset that must be stopped gets a task of its own."""
NEVER = float("inf")
LONGEST = 1e8
"""Seconds: timers of some loops do not take infinity."""


class AsyncWaiter(Waiter[ConnT]):
    """Sleeps on a future of its own, so that exactly the one that is served wakes. `began`: when it asked; `deadline`:
    when it gives up. Both by the pool's clock."""

    __slots__ = ("began", "deadline", "future")

    def __init__(self, loop: asyncio.AbstractEventLoop, began: float, deadline: float) -> None:
        super().__init__()
        self.began = began
        self.deadline = deadline
        self.future: asyncio.Future[None] = loop.create_future()

    def wake(self) -> None:
        if not self.future.done():
            self.future.set_result(None)


class AsyncLender(Tasks[ConnT]):
    def _prepare(self) -> None:
        super()._prepare()
        self._asleep: dict[AsyncWaiter[ConnT], None] = {}
        """Who waits, until it is awake again: also one that is out of the queue, and not yet served."""
        self._alarm: asyncio.TimerHandle | None = None
        """One timer for all of them, while there are any. It may ring for one that has been served."""
        self._alarm_at = NEVER

    def _at(self, deadline: float, work: Callable[..., object], *arguments: Any) -> asyncio.TimerHandle:
        """By the pool's clock, whatever the loop's says."""
        seconds = max(0.0, min(deadline - self._now(), LONGEST))
        return asyncio.get_running_loop().call_later(seconds, work, *arguments)

    def _is_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    # --- the slow way to a connection -------------------------------------------------------------

    async def _acquire_slowly(self, token: Token, timeout: float | None, began: float, frame: FrameType) -> Token:
        """`token` is empty, or that of an idle connection which needs a look."""
        deadline = self._deadline(timeout, began)
        place: float | None = None
        while True:
            if token:
                entry: Entry[ConnT] = token[0]
                if await self._is_good(entry, deadline):
                    return token
                place = entry.place if place is None else place
                self._stop_using(entry, "stale")
                if self._now() >= deadline:
                    raise self._timeout(began)
            if self._dropped:
                for dropped in self._sweep():
                    self._retire(dropped, DROPPED)
            if not self._ledger.idle and self._ledger.size >= self._ledger.max_size:
                self._look_for_deadlock(frame, in_blocks(self._ledger.entries.values()))
            now = self._now()
            token = self._ledger.acquire(now)
            if not token:
                break
        waiter: AsyncWaiter[ConnT] = AsyncWaiter(self._loop or self._bind(), began, deadline)
        try:
            self._ledger.enqueue(waiter, now, place)
            self._asleep[waiter] = None
            if deadline < self._alarm_at:
                self._set_alarm(deadline)
            self._grow()
            await waiter.future
        except BaseException:
            self._give_up(waiter)
            raise
        finally:
            self._wakes(waiter)
        if waiter.error is not None:
            try:
                raise waiter.error
            finally:
                waiter.error = None  # it holds this frame, and this frame the waiter
        assert waiter.token, "a waiter is woken with a connection or with an error"
        return waiter.token

    def _give_up(self, waiter: AsyncWaiter[ConnT]) -> None:
        """It is cancelled, or destroyed with its loop: in the queue still, or served already."""
        token = self._ledger.withdraw(waiter, self._now())
        if token and self._is_here():
            entry: Entry[ConnT] = token.pop()
            entry.state = RETURNING
            self._give_back(entry)
        elif token:
            self._drop(token)

    def _wakes(self, waiter: AsyncWaiter[ConnT]) -> None:
        self._asleep.pop(waiter, None)
        if not self._asleep and self._alarm is not None:
            self._alarm.cancel()
            self._alarm, self._alarm_at = None, NEVER

    def _set_alarm(self, deadline: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = deadline
        self._alarm = self._at(deadline, self._expire)

    def _expire(self) -> None:
        """Ends the waiting of those whose time is over, and sets the alarm for the next."""
        self._alarm, self._alarm_at = None, NEVER
        now = self._now()
        try:
            for waiter in [one for one in self._asleep if one.deadline <= now]:
                if not self._ledger.withdraw(waiter, now) and waiter.error is None:
                    waiter.error = self._timeout(waiter.began)
                waiter.wake()
        finally:
            deadline = min((one.deadline for one in self._asleep if not one.future.done()), default=NEVER)
            if deadline < self._alarm_at:
                self._set_alarm(deadline)

    async def _is_good(self, entry: Entry[ConnT], deadline: float) -> bool:
        """Whether an idle connection may be handed out, after a check if it has rested for long."""
        now = self._now()
        if entry.fresh_until > now:
            return True
        check = self._options.check
        if entry.expires <= now or check is None:
            return False
        error: Exception | None = None
        try:
            answer: Any = check(entry.conn)
            if is_awaitable(answer):
                answer = await self._bounded(entry, answer, deadline)
            if answer is not False:
                return True
        except Exception as problem:
            error = problem
        except BaseException:
            self._stop_using(entry, "check was cancelled")
            raise
        self._emit("check-failed", error=error)
        return False

    async def _bounded(self, entry: Entry[ConnT], answer: Awaitable[object], deadline: float) -> object:
        """In a task of the pool's own, which outlives the caller for as long as it takes to end in order."""
        over: asyncio.Future[None] = self._bind().create_future()

        def end() -> None:
            if not over.done():
                over.set_result(None)

        task = entry.returner = self._spawn(awaited(answer), end)
        timer = self._at(deadline, end)
        try:
            await over
        except BaseException:
            with suppress(RuntimeError):  # the loop is closed
                task.cancel()
            raise
        finally:
            timer.cancel()
        if not task.done():
            task.cancel()
            raise asyncio.TimeoutError
        entry.returner = None
        if task.cancelled():
            raise PoolError("the hook was cancelled")
        return task.result()

    def _stop_using(self, entry: Entry[ConnT], reason: str) -> None:
        """Claims it and closes it, after the hook that is under way, if one is: many drivers refuse to close before."""
        entry.token.clear()
        if entry.state == HELD:  # and not given up by the keeper meanwhile
            entry.state = RETURNING
        hook = entry.returner
        if hook is None or hook.done():
            self._retire(entry, reason)
        else:
            hook.add_done_callback(lambda _: self._retire(entry, reason))

    # --- the way back -----------------------------------------------------------------------------

    async def _release(self, entry: Entry[ConnT]) -> None:
        """The caller has claimed it: nobody else can hand it out, close or reset it."""
        if entry.state != HELD:
            return  # of the parent process, or of a loop that is closed
        entry.state = RETURNING
        if self._is_closed is not None and self._was_closed(entry):
            return
        if self._reset is not None:
            task: asyncio.Task[Any] | None = None
            try:
                answer: Any = self._reset(entry.conn)
                if answer is not None and (answer.__class__ is CoroutineType or hasattr(answer, "__await__")):
                    if CAN_UNCANCEL:  # in the holder's own task, which costs nothing; the keeper cancels what hangs
                        task = entry.returner = current_task(self._loop)
                        await answer
                    else:
                        await self._reset_in_task(entry, answer)
            except BaseException as error:
                if self._take_back(entry, task) or isinstance(error, Exception):
                    self._reset_failed(entry, error)
                    return
                self._stop_using(entry, "reset was cancelled")
                raise
            if task is not None:
                if entry.returner is not task:
                    uncancel(task)
                entry.returner = None
        now = self._now()
        if self._is_watched:
            self._note_release(entry, now - entry.since)
        if not self._ledger.release(entry, now):
            self._retire(entry, OUTDATED)

    async def _reset_in_task(self, entry: Entry[ConnT], answer: Awaitable[object]) -> None:
        try:
            await self._bounded(entry, answer, self._now() + self._options.hook_timeout)
        except asyncio.TimeoutError:
            if entry.returner is not None:  # it goes on, so the time is not one of its own
                self._emit("overdue")
            raise

    def _take_back(self, entry: Entry[ConnT], task: asyncio.Task[Any] | None) -> bool:
        """Whether the keeper, and nobody else, has cancelled the task for the reset's sake; then it is taken back."""
        if entry.returner is task:
            entry.returner = None
            return False
        return task is not None and uncancel(task) == 0

    def _reset_failed(self, entry: Entry[ConnT], error: BaseException) -> None:
        """The caller's own error is never replaced by reset's."""
        self._emit("reset-failed", error=error)
        self._stop_using(entry, "reset failed")

    def _was_closed(self, entry: Entry[ConnT]) -> bool:
        assert self._is_closed is not None
        try:
            is_closed = self._is_closed(entry.conn)
        except Exception:
            is_closed = True
        if is_closed:
            self._retire(entry, "closed by its holder, or by the server")
        return bool(is_closed)

    def _release_in_task(self, token: Token) -> None:
        """The holder was cancelled, and must not wait again: at every wait it could be cancelled once more. Or its task
        is destroyed from outside of the loop."""
        if self._is_here():
            entry: Entry[ConnT] = token.pop()
            self._spawn(self._release(entry), partial(self._return_is_over, entry, token))
        else:
            self._drop(token, warn=True)

    def _return_is_over(self, entry: Entry[ConnT], token: Token) -> None:
        if entry.token is token and entry.state in (HELD, RETURNING):
            self._retire(entry, "reset was cancelled")


def uncancel(task: asyncio.Task[Any]) -> int:
    if sys.version_info >= (3, 11):
        return task.uncancel()
    return 0


async def awaited(answer: Awaitable[object]) -> object:
    return await answer
