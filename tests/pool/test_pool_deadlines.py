"""Tasks that wait share one timer: each is ended at its own time, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref
from types import ModuleType
from typing import Any

import pytest
from pool_support import JumpingLoop, Tasks, check, steps


def timers(loop: Any, pool: Any) -> list[Any]:
    """Those of the pool that are set, without its keeper's."""
    return [one for one in loop._scheduled if not one.cancelled() and one is not pool._timer]


async def outcome(pool: Any, timeout: float) -> tuple[str, float]:
    """How it ended, and after how many seconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        conn = await pool.acquire(timeout=timeout)
    except Exception as error:
        return type(error).__name__, loop.time() - began
    await pool.release(conn)
    return "served", loop.time() - began


@pytest.mark.parametrize("seed", range(5))
def test_each_gives_up_at_its_own_time(tasks: Tasks, seed: int) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        conn = await pool.acquire()
        spans = [0.0, 0.001, 0.5, 0.5, 1.0, 3.0, 20.0, 500.0]
        random.Random(seed).shuffle(spans)
        callers = [asyncio.ensure_future(outcome(pool, span)) for span in spans]
        await steps(4)
        assert len(timers(asyncio.get_running_loop(), pool)) == 1
        for span, caller in zip(spans, callers, strict=True):
            how, seconds = await caller
            assert how == "PoolTimeout"
            assert seconds == pytest.approx(span, abs=1e-3)
        assert timers(asyncio.get_running_loop(), pool) == []
        check(pool)
        await pool.release(conn)

    tasks.run(main)


def test_one_that_is_served_does_not_stop_the_timer_of_the_others(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        conn = await pool.acquire()
        first = asyncio.ensure_future(pool.acquire(timeout=1))
        await steps(2)
        second = asyncio.ensure_future(outcome(pool, 2))
        await steps(2)
        await pool.release(conn)
        assert await first is conn
        assert await second == ("PoolTimeout", pytest.approx(2, abs=1e-3))
        await pool.release(conn)

    tasks.run(main)


def test_no_timer_is_left_when_nobody_waits(tasks: Tasks) -> None:
    async def main() -> None:
        pool, loop = tasks.pool(max_size=1), asyncio.get_running_loop()
        conn = await pool.acquire()
        callers = [asyncio.ensure_future(outcome(pool, span)) for span in (30, 20, 40)]
        await steps(2)
        callers[1].cancel()
        await steps(2)
        assert len(timers(loop, pool)) == 1
        await pool.release(conn)
        assert [(await caller)[0] for caller in (callers[0], callers[2])] == ["served", "served"]
        assert timers(loop, pool) == []
        assert not pool._asleep

    tasks.run(main)


def test_without_a_limit_there_is_no_timer(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        conn = await pool.acquire()
        caller = asyncio.ensure_future(outcome(pool, float("inf")))
        await steps(2)
        assert timers(asyncio.get_running_loop(), pool) == []
        await pool.release(conn)
        assert await caller == ("served", 0)

    tasks.run(main)


def test_a_timer_that_rings_early_rings_again(tasks: Tasks) -> None:
    """Timers of loops are coarser than clocks."""

    async def main() -> None:
        pool = tasks.pool(max_size=1)
        conn = await pool.acquire()
        caller = asyncio.ensure_future(outcome(pool, 5))
        await steps(2)
        pool._expire()
        await steps(2)
        assert not caller.done()
        assert await caller == ("PoolTimeout", pytest.approx(5, abs=1e-3))
        await pool.release(conn)

    tasks.run(main)


def test_one_who_fell_out_of_the_queue_gives_up_in_time(tasks: Tasks) -> None:
    """Whoever took it out was interrupted before it could serve it, or before it could wake it."""

    async def main() -> None:
        pool = tasks.pool(max_size=1)
        conn = await pool.acquire()
        lost = asyncio.ensure_future(outcome(pool, 5))
        await steps(2)
        pool._ledger._leave(pool._now())
        assert await lost == ("PoolTimeout", pytest.approx(5, abs=1e-3))
        served = asyncio.ensure_future(outcome(pool, 5))
        await steps(2)
        waiter = next(iter(pool._asleep))
        waiter.future, future = asyncio.get_running_loop().create_future(), waiter.future
        await pool.release(conn)  # wakes nobody
        waiter.future = future
        assert await served == ("served", pytest.approx(5, abs=1e-3))

    tasks.run(main)


def test_an_interrupted_look_at_the_time_is_made_up_for(tasks: Tasks) -> None:
    """By a signal, while the first of three is told that its time is over."""
    events: list[str] = []

    def on_event(event: Any) -> None:
        if event.kind == "timeout":
            events.append(event.kind)
            if len(events) == 1:
                raise KeyboardInterrupt

    async def main() -> list[tuple[str, float]]:
        pool = tasks.pool(max_size=1, on_event=on_event)
        conn = await pool.acquire()
        found = await asyncio.gather(*(outcome(pool, 5) for _ in range(3)))
        await pool.release(conn)
        await tasks.finish()
        return found

    loop = JumpingLoop(tasks.clock)
    task = loop.create_task(main())
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(task)
    assert loop.run_until_complete(task) == [("PoolTimeout", pytest.approx(5, abs=1e-3))] * 3
    loop.close()


def test_a_pool_is_not_collected_while_tasks_wait_for_it(package: ModuleType) -> None:
    """Loops hold tasks weakly: two that nobody else knows, and that wait for each other, still end by their time."""
    found: list[str] = []

    async def wait_for_each_other() -> None:
        one, other = (package.AsyncPool(make, max_size=1, timeout=0.05) for _ in range(2))
        for first, second in ((one, other), (other, one)):
            asyncio.ensure_future(hold(first, second))  # noqa: RUF006
        await steps(8)

    async def make() -> Any:
        return Connection()

    async def hold(first: Any, second: Any) -> None:
        async with first.connection():
            await asyncio.sleep(0)
            found.append((await outcome(second, 0.05))[0])
        await first.close()

    class Connection:
        def close(self) -> None: ...

    async def main() -> None:
        await wait_for_each_other()
        gc.collect()
        for _ in range(200):
            await asyncio.sleep(0.01)
            if len(found) == 2:
                break

    asyncio.run(main())
    assert "PoolTimeout" in found
    assert len(found) == 2


def test_a_pool_that_nobody_waits_for_can_be_collected(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        conn = await pool.acquire()
        caller = asyncio.ensure_future(outcome(pool, 30))
        await steps(2)
        await pool.release(conn)
        await caller
        await pool.close()
        tasks.made.clear()
        reference = weakref.ref(pool)
        del pool, caller
        gc.collect()
        assert reference() is None

    tasks.run(main)
