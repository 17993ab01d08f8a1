"""Hard cases 43 to 47: what is held for too long, dropped, waited for in vain, released twice, and the pool's end."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import warnings
from types import ModuleType
from typing import Any

import pytest
from pool_support import (
    PATIENCE,
    Holder,
    Pools,
    TaskHolder,
    Tasks,
    Worker,
    check,
    eventually,
    kept,
    look,
    steps,
    use,
    waiting,
)


def line_of(function: Any, offset: int) -> str:
    return f"{function.__code__.co_filename}:{function.__code__.co_firstlineno + offset} in {function.__code__.co_name}"


def test_case_43_a_leak_is_reported_once_with_its_site(pools: Pools, caplog: pytest.LogCaptureFixture) -> None:
    events: list[Any] = []
    pool = pools(max_size=2, leak_after=10, on_event=events.append)

    def handler() -> None:
        with pool.connection():  # one line after the def
            held.set()
            assert let_go.wait(PATIENCE)

    held, let_go = threading.Event(), threading.Event()
    caplog.set_level(logging.WARNING)
    worker = Worker(handler)
    assert held.wait(PATIENCE)
    pools.clock.advance(9)
    assert pool.leaks() == []
    pools.clock.advance(1)
    [leak] = pool.leaks()
    assert (leak.seconds, leak.pool) == (10, "pool")
    assert leak.site[0] == line_of(handler, 1)
    assert leak.site[1].endswith("in run"), "its callers, too"
    kept(pool, lambda: pool.stats().leaked)
    for _ in range(3):
        pools.clock.advance(10)
        look(pool)
    assert [event.report.site for event in events if event.kind == "leak"] == [leak.site], "once"
    let_go.set()
    worker.result()
    assert [event.seconds for event in events if event.kind == "leak-returned"] == [40]
    said = [record.getMessage() for record in caplog.records]
    assert [text.split(",")[0] for text in said] == [
        "a connection of 'pool' has been held for 10.0 s",
        "a connection of 'pool' came back after all: held for 40.0 s",
    ]
    assert all(line_of(handler, 1) in text for text in said)
    assert pool.leaks() == []


def test_case_43_a_leak_is_reported_once_in_tasks(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=2, leak_after=10)
        conn = await pool.acquire()
        await asyncio.sleep(9)
        assert pool.leaks() == []
        await asyncio.sleep(30)
        [leak] = pool.leaks()
        assert leak.site[0].endswith("in main")
        assert pool.stats().leaked == 1
        await pool.release(conn)
        assert pool.leaks() == []

    tasks.run(main)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2


def test_case_43_the_environment_watches_for_leaks(
    package: ModuleType, pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOLLINT_LEAK_AFTER", "7")
    pool = pools()
    conn = pool.acquire()
    pools.clock.advance(7)
    assert len(pool.leaks()) == 1
    pool.release(conn)
    monkeypatch.setenv("POOLLINT_LEAK_AFTER", "soon")
    with pytest.raises(ValueError, match="POOLLINT_LEAK_AFTER must be a number of seconds, not 'soon'"):
        pools()


def test_case_44_a_dropped_block_gives_its_slot_back(pools: Pools) -> None:
    pool = pools(max_size=1)
    block = pool.connection()
    conn = block.__enter__()
    waiter = Holder(pool)
    waiting(pool, 1)
    with pytest.warns(ResourceWarning, match=r"dropped without being released, acquired at .*_gives_its_slot_back"):
        del block
    assert waiter.holds().release() is not conn
    eventually(lambda: conn.is_closed)
    assert pool.stats().dropped == 1


def test_case_44_a_dropped_block_under_the_lock(pools: Pools) -> None:
    """The garbage collector runs where it likes: within the pool, too."""
    pool = pools(max_size=1)
    blocks = [pool.connection()]
    conn = blocks[0].__enter__()
    with pytest.warns(ResourceWarning), pool._lock:
        blocks.clear()
    with pool.connection(timeout=600) as other:
        assert other is not conn


def test_case_44_a_dropped_block_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        block = pool.connection()
        conn = await block.__aenter__()
        waiter = asyncio.ensure_future(use(pool))
        await steps(2)
        with pytest.warns(ResourceWarning, match="dropped without being released"):
            del block
            gc.collect()
        assert await waiter is not conn
        assert conn.is_closed

    tasks.run(main)


def test_case_45_one_thread_holds_all(pools: Pools, package: ModuleType) -> None:
    pool = pools(max_size=2)
    before = pools.clock.now()
    with pool.connection(), warnings.catch_warnings():
        warnings.simplefilter("error")
        with pool.connection(), pytest.raises(package.PoolDeadlock, match="holds all 2 itself"):
            pool.acquire()
    assert pools.clock.now() == before
    assert pool.stats().waiting == 0


def test_case_45_one_thread_holds_some_and_waits(pools: Pools) -> None:
    pool = pools(max_size=2)
    with pool.connection():
        other = Holder(pool).holds()

    def nested() -> None:
        with pool.connection(), pool.connection():
            pass

    for number in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            worker = Worker(nested)
            waiting(pool, 1)
            other.release()
            worker.result()
        other = Holder(pool).holds()
        assert len(caught) == 1 - number, "once"
        if caught:
            assert str(caught[0].message).count(line_of(nested, 1)) == 2, "both sites"
            assert caught[0].category is RuntimeWarning
            assert caught[0].filename == __file__
    other.release()


def test_case_45_one_task_holds_all(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        async with pool.connection():
            await asyncio.sleep(0)
            with pytest.raises(package.PoolDeadlock, match="holds all 1 itself"):
                await inner(pool)

    async def inner(pool: Any) -> None:
        async with pool.connection():
            pytest.fail("it was held")

    tasks.run(main)


def test_case_45_a_block_that_another_thread_will_leave_is_no_deadlock(pools: Pools, package: ModuleType) -> None:
    """As frameworks do it that run the two halves of a generator in whichever thread is free."""
    pool = pools(max_size=1)

    def dependency() -> Any:
        with pool.connection() as conn:
            yield conn

    first, second = dependency(), dependency()
    next(first)
    worker = Worker(lambda: waiting(pool, 1) or next(first, None))
    assert next(second).number == 1  # waits until the other thread has left the first one's block
    worker.result()
    assert next(second, None) is None


def test_case_46_close_in_threads(pools: Pools, package: ModuleType) -> None:
    pool = pools(max_size=3)
    held = [Holder(pool).holds(), Holder(pool).holds()]
    with pool.connection() as idle:
        pass
    held.append(Holder(pool).holds())
    waiter = Holder(pool)
    waiting(pool, 1)
    held[0].release()
    waiter.holds()
    refused = Worker(pool.acquire)
    waiting(pool, 1)
    closers = [Worker(lambda: pool.close(timeout=1000)) for _ in range(2)]
    with pytest.raises(package.PoolClosed, match="was closed"):
        refused.result()
    with pytest.raises(package.PoolClosed, match="is closed"):
        pool.acquire()
    with pytest.raises(package.PoolClosed):
        pool.open()
    assert all(closer.is_alive() for closer in closers)
    for holder in (*held[1:], waiter):
        assert holder.release().is_closed
    for closer in closers:
        closer.result()
    pool.close()
    assert idle.closes == 1
    assert [conn.closes for conn in pools.driver.made] == [1, 1, 1]
    assert "closed Pool" in repr(pool)


def test_case_46_close_does_not_wait_for_ever(pools: Pools) -> None:
    pool = pools(max_size=1)
    holder = Holder(pool).holds()
    with pytest.warns(ResourceWarning, match=r"was closed while connections are held: .*pool_support.py:\d+ in _hold"):
        closer = Worker(lambda: pool.close(timeout=5))
        eventually(lambda: pool._drains)
        pools.clock.advance(5)
        closer.result()
    assert not holder.conn.is_closed
    assert holder.release().is_closed, "when it comes back"


def test_case_46_close_in_tasks(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=2)
        held = [await TaskHolder(pool).holds() for _ in range(2)]
        waiter = asyncio.ensure_future(use(pool))
        await steps(2)
        closers = [asyncio.ensure_future(pool.close(timeout=1000)) for _ in range(2)]
        with pytest.raises(package.PoolClosed, match="was closed"):
            await waiter
        with pytest.raises(package.PoolClosed, match="is closed"):
            await use(pool)
        with pytest.raises(package.PoolClosed):
            await pool.open()
        for holder in held:
            await holder.release()
        await asyncio.gather(*closers)
        await pool.close()
        assert [conn.closes for conn in tasks.driver.made] == [1, 1]
        slow = tasks.pool(max_size=1)
        late = await TaskHolder(slow).holds()
        began = tasks.clock.time
        with pytest.warns(ResourceWarning, match="was closed while connections are held"):
            await slow.close(timeout=5)
        assert tasks.clock.time == began + 5
        await late.release()
        await steps(3)
        assert late.conn.is_closed

    tasks.run(main)


def test_case_47_released_twice_in_threads(pools: Pools, package: ModuleType) -> None:
    pool = pools(max_size=2)
    conn = pool.acquire()
    pool.release(conn)
    resets = conn.resets
    for wrong in (pool.release, pool.discard):
        with pytest.raises(package.PoolError, match="released twice"):
            wrong(conn)
        with pytest.raises(package.PoolError, match="does not belong to"):
            wrong(pools.driver.connect())
    assert conn.resets == resets, "it may be somebody else's by now"
    with pytest.raises(package.PoolError, match="before its block ended"), pool.connection() as conn:
        pool.release(conn)
        other = pool.acquire()
        assert other is conn
    assert pool.stats().held == 1, "the block has not released what is somebody else's now"
    pool.release(other)
    with pool.connection() as conn:
        pool.discard(conn)
    assert conn.closes == 1
    block = pool.connection()
    with block, pytest.raises(package.PoolError, match="entered already"), block:
        pass
    with block:
        pass


def test_case_47_a_release_claims_before_it_resets(pools: Pools, package: ModuleType) -> None:
    errors: list[Exception] = []

    def reset(conn: Any) -> None:
        try:
            pool.release(conn)
        except package.PoolError as error:
            errors.append(error)

    pool = pools(max_size=1, reset=reset)
    with pool.connection():
        pass
    assert len(errors) == 1
    assert pool.stats().idle == 1


def test_case_47_released_twice_in_tasks(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=2)
        conn = await pool.acquire()
        await pool.release(conn)
        for wrong in (pool.release, pool.discard):
            with pytest.raises(package.PoolError, match="released twice"):
                await wrong(conn)
            with pytest.raises(package.PoolError, match="does not belong to"):
                await wrong(await tasks.driver.connect())
        with pytest.raises(package.PoolError, match="before its block ended"):
            async with pool.connection() as conn:
                await pool.release(conn)
        async with pool.connection() as conn:
            await pool.discard(conn)
        await steps(3)
        assert conn.closes == 1

    tasks.run(main)


def test_case_47_resize_in_threads(pools: Pools) -> None:
    pool = pools(max_size=1)
    first = Holder(pool).holds()
    second = Holder(pool)
    waiting(pool, 1)
    pool.resize(0, 2)
    second.holds()  # at once
    pool.resize(0, 1)
    check(pool)
    assert first.release().is_closed, "one too many"
    assert not second.release().is_closed
    pool.resize(2, 3)
    kept(pool, lambda: pool.stats().idle == 2)
    pool.resize(0, 1)
    assert pool.stats().idle == 1
    with pytest.raises(ValueError, match="min_size"):
        pool.resize(3, 1)


def test_case_47_resize_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        first = await TaskHolder(pool).holds()
        second = TaskHolder(pool)
        await steps(3)
        pool.resize(0, 2)
        await second.holds()
        pool.resize(0, 1)
        await first.release()
        await steps(3)
        assert (first.conn.is_closed, second.conn.is_closed) == (True, False)
        await second.release()
        assert pool.stats().size == 1

    tasks.run(main)
