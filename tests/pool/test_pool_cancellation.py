"""Hard cases 1 to 13: cancellation at every wait, and no slot lost by it."""

from __future__ import annotations

import ast
import asyncio
import gc
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pool_support import (
    PATIENCE,
    FakeClock,
    Holder,
    Pools,
    TaskHolder,
    Tasks,
    Worker,
    check,
    eventually,
    steps,
    use,
    waiting,
)


async def all_of(pool: Any, size: int) -> None:
    """The pool can hand out all of its connections at once: no slot is lost."""
    holders = [await TaskHolder(pool, timeout=5).holds() for _ in range(size)]
    assert pool.stats().held == size
    for holder in holders:
        await holder.release()


def test_case_01_cancelled_while_queued(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        holder = await TaskHolder(pool).holds()
        queued = asyncio.ensure_future(use(pool))
        await steps(3)
        assert pool.stats().waiting == 1
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        assert pool.stats().waiting == 0
        await holder.release()
        await all_of(pool, 1)

    tasks.run(main)


def test_case_02_cancelled_after_the_hand_off(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1, reset=None)
        conn = await pool.acquire()
        first, second = asyncio.ensure_future(use(pool)), asyncio.ensure_future(use(pool))
        await steps(3)
        await pool.release(conn)  # it is the first one's now, which has not run yet
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await second is conn
        await all_of(pool, 1)

    tasks.run(main)


def test_case_03_cancelled_while_connecting(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=2)
        gate = tasks.driver.gates["connect"] = asyncio.Event()
        caller = asyncio.ensure_future(use(pool))
        await steps(5)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        gate.set()
        await steps(5)
        assert pool.stats().idle == 1, "the connect goes on for the pool"
        await use(pool)
        assert (tasks.driver.attempts, tasks.driver.live) == (1, 1)

    tasks.run(main)


def test_case_04_cancelled_in_check(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1, check_after=0)
        conn = await use(pool)
        tasks.driver.gates["ping"] = asyncio.Event()
        tasks.clock.time += 1
        caller = asyncio.ensure_future(use(pool))
        await steps(5)
        assert pool.stats().held == 1
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await steps(5)
        assert conn.is_closed, "nobody knows in which state the check has left it"
        assert pool.stats().size == 0
        await all_of(pool, 1)

    tasks.run(main)


def test_case_05_cancelled_in_reset(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        holder = await TaskHolder(pool).holds()
        tasks.driver.gates["rollback"] = asyncio.Event()
        holder.let_go.set()
        await steps(5)
        holder.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder.task
        await steps(5)
        assert holder.conn.is_closed
        assert pool.stats().size == 0
        tasks.driver.gates.clear()
        await all_of(pool, 1)

    tasks.run(main)


def test_case_06_cancelled_at_every_wait(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        holder = await TaskHolder(pool).holds()
        while not holder.task.done():  # as the cancel scopes of anyio do it
            holder.task.cancel()
            await asyncio.sleep(0)
        assert holder.task.cancelled()
        await steps(10)
        assert pool.stats().idle == 1, "a task of the pool's own has reset it"
        assert holder.conn.resets == 1
        await all_of(pool, 1)

    tasks.run(main)


async def cancel_after(tasks: Tasks, holders: int, count: int, is_double: bool) -> None:
    pool = tasks.pool(max_size=3, check_after=0, timeout=50)
    tasks.driver.steps = 3
    held = [TaskHolder(pool) for _ in range(holders)]
    for holder in held:
        await holder.holds()
    tasks.clock.time += 1
    victims = [asyncio.ensure_future(use(pool)) for _ in range(4)]
    for step in range(count):
        if step == count // 2:
            for holder in held:
                holder.let_go.set()
        await asyncio.sleep(0)
        check(pool)
    were_done = [victim.done() for victim in victims]
    for _ in range(1 + is_double):
        for victim in victims:
            victim.cancel()
        await asyncio.sleep(0)
        check(pool)
    for holder in held:
        holder.let_go.set()
    results = await asyncio.gather(*victims, return_exceptions=True)
    for was_done, result in zip(were_done, results, strict=True):
        assert was_done or isinstance(result, asyncio.CancelledError), "a cancellation was swallowed"
    await asyncio.gather(*(holder.task for holder in held))
    await all_of(pool, 3)
    assert tasks.driver.most <= 3
    check(pool)
    await tasks.finish()


@pytest.mark.parametrize("holders", [0, 2, 3])
@pytest.mark.parametrize("is_double", [False, True])
def test_case_07_cancelled_at_each_step(tasks: Tasks, holders: int, is_double: bool) -> None:
    async def main() -> None:
        for count in range(26):
            await cancel_after(tasks, holders, count, is_double)

    tasks.run(main)


FORBIDDEN = {"wait_for", "Condition", "Event", "Queue", "LifoQueue", "Semaphore"}
"""asyncio.wait_for loses cancellations before Python 3.12; the others wake whom they like."""


def test_case_08_timeouts_around_acquire(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        holder = await TaskHolder(pool).holds()
        began = tasks.clock.time
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(use(pool, timeout=20), 7)
        assert tasks.clock.time == began + 7
        if sys.version_info >= (3, 11):
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(2):
                    await use(pool, timeout=20)
            assert not isinstance(caught.value, package.PoolTimeout)
            assert tasks.clock.time == began + 9
        await holder.release()
        await all_of(pool, 1)

    tasks.run(main)
    for path in Path(package.__file__ or "").parent.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert used & FORBIDDEN == set(), path.name


def test_case_09_close_cancelled_midway(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=3)
        holders = [await TaskHolder(pool).holds() for _ in range(3)]
        await holders[0].release()
        closing = asyncio.ensure_future(pool.close(timeout=30))
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        again = asyncio.ensure_future(pool.close(timeout=30))
        await steps(3)
        assert not again.done(), "two are held"
        for holder in holders[1:]:
            await holder.release()
        await again
        assert (tasks.driver.live, pool.stats().size) == (0, 0)
        assert [conn.closes for conn in tasks.driver.made] == [1, 1, 1]

    tasks.run(main)


def interrupt_when(condition: Callable[[], bool]) -> Worker:
    main = threading.main_thread().ident
    assert main is not None

    def work() -> None:
        eventually(condition)
        signal.pthread_kill(main, signal.SIGINT)

    return Worker(work)


def test_case_10_keyboard_interrupt_while_waiting(pools: Pools) -> None:
    pool = pools(max_size=1, clock=pools.package.options.Clock(), timeout=PATIENCE)
    holder = Holder(pool).holds()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background
    try:
        worker = interrupt_when(lambda: pool.stats().waiting == 1)
        with pytest.raises(KeyboardInterrupt), pool.connection():
            pytest.fail("it was held")
        worker.result()
    finally:
        signal.signal(signal.SIGINT, before)
    assert pool.stats().waiting == 0
    holder.release()
    with pool.connection(timeout=5):
        pass


class Interrupting(FakeClock):
    """The main thread is interrupted in the instant in which it is served."""

    def __init__(self) -> None:
        super().__init__()
        self.main_waits = threading.Event()

    def wait(self, lock: Any, seconds: float) -> bool:
        if threading.current_thread() is not threading.main_thread():
            return super().wait(lock, seconds)
        self.main_waits.set()
        assert super().wait(lock, seconds)
        raise KeyboardInterrupt


def test_case_10_keyboard_interrupt_just_after_the_hand_off(pools: Pools) -> None:
    clock = Interrupting()
    pool = pools(max_size=1, clock=clock)
    holder = Holder(pool).holds()

    def serve_main() -> Holder:
        assert clock.main_waits.wait(PATIENCE)
        second = Holder(pool)
        waiting(pool, 2)
        holder.release()
        return second

    worker = Worker(serve_main)
    with pytest.raises(KeyboardInterrupt), pool.connection():
        pytest.fail("it was interrupted")
    assert worker.result().holds().release() is holder.conn, "the next in the queue has it"


class TimedOutJustServed(FakeClock):
    """The wait of `victim` ends without success, though the connection was given to it in that instant."""

    def __init__(self) -> None:
        super().__init__()
        self.serve: Callable[[], None] | None = None

    def wait(self, lock: Any, seconds: float) -> bool:
        if self.serve is not None and threading.current_thread() is threading.main_thread():
            serve, self.serve = self.serve, None
            serve()
            self.advance(10)
            return False
        return super().wait(lock, seconds)


def test_case_11_timeout_at_the_hand_off_in_threads(pools: Pools, package: ModuleType) -> None:
    clock = TimedOutJustServed()
    pool = pools(max_size=1, clock=clock, check=None)
    conn = pool.acquire()
    clock.serve = lambda: pool.release(conn)
    assert pool.acquire(timeout=5) is conn, "it was given to this caller, which therefore has it"
    assert pool.stats().timeouts == 0
    check(pool)
    clock.serve = lambda: None
    with pytest.raises(package.PoolTimeout):
        pool.acquire(timeout=5)
    pool.release(conn)
    assert (pool.stats().idle, pool.stats().timeouts) == (1, 1), "it was given to nobody"


@pytest.mark.parametrize("is_first", [True, False])
def test_case_11_timeout_at_the_hand_off_in_tasks(tasks: Tasks, package: ModuleType, is_first: bool) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1, reset=None, check=None)
        conn = await pool.acquire()
        loop = asyncio.get_running_loop()
        give = lambda: loop.create_task(pool.release(conn))  # noqa: E731
        if is_first:
            loop.call_at(loop.time() + 5, give)
        caller = asyncio.ensure_future(pool.acquire(timeout=5))
        await steps(2)
        if not is_first:
            loop.call_at(loop.time() + 5, give)
        try:
            assert await caller is conn
            assert pool.stats().held == 1
            await pool.release(conn)
        except package.PoolTimeout:
            await steps(3)
            assert pool.stats().held == 0
        assert pool.stats().idle == 1

    tasks.run(main)


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, KeyboardInterrupt, ValueError])
def test_case_12_any_exception_in_the_block_in_threads(pools: Pools, error: type[BaseException]) -> None:
    pool = pools(max_size=1)
    with pytest.raises(error), pool.connection() as conn:
        raise error
    assert (pool.stats().idle, conn.resets) == (1, 1)


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, KeyboardInterrupt, ValueError])
def test_case_12_any_exception_in_the_block_in_tasks(tasks: Tasks, error: type[BaseException]) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        with pytest.raises(error):
            async with pool.connection() as conn:
                raise error
        await steps(6)
        assert (pool.stats().idle, conn.resets) == (1, 1)

    tasks.run(main)


def test_case_13_task_destroyed_with_its_loop(package: ModuleType) -> None:
    tasks = Tasks(package)
    pool = tasks.pool(max_size=1)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # asyncio's own words about the destroyed task
    holder: list[Any] = []

    async def leave_it_held() -> None:
        holder.append(await TaskHolder(pool).holds())

    loop.run_until_complete(leave_it_held())
    loop.close()
    with pytest.warns(ResourceWarning, match=r"dropped without being released, .*pool_support.py:\d+ in _hold"):
        holder.clear()
        gc.collect()

    async def main() -> None:
        await all_of(pool, 1)

    tasks.run(main)


