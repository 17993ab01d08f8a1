"""The everyday: blocks, raw pairs, opening, events, numbers, messages."""

from __future__ import annotations

import asyncio
import importlib
import threading
from types import ModuleType
from typing import Any

import pytest
from pool_support import Holder, Pools, TaskHolder, Tasks, Worker, eventually, kept, use, waiting


def test_the_one_used_last_is_handed_out_first(pools: Pools) -> None:
    pool = pools(max_size=2)
    first, second = Holder(pool).holds(), Holder(pool).holds()
    first.release()
    second.release()
    with pool.connection() as conn:
        assert conn is second.conn


def test_open_fills_up_to_min_size(pools: Pools, package: ModuleType) -> None:
    with pools(min_size=3, max_size=5) as pool:
        assert (pool.stats().idle, pools.driver.attempts) == (3, 3)
        pool.open()
        assert pools.driver.attempts == 3
    assert pools.driver.live == 0
    pools.driver.errors.append(ConnectionError("refused"))
    with pytest.raises(ConnectionError, match="refused"):
        pools(min_size=2).open()


def test_open_gives_up_in_time(pools: Pools, package: ModuleType) -> None:
    gate = pools.driver.gate = threading.Event()
    pool = pools(min_size=1)
    worker = Worker(lambda: pool.open(timeout=3))
    eventually(lambda: pools.driver.attempts)
    eventually(lambda: pools.clock.advance(1) or not worker.is_alive())
    with pytest.raises(package.PoolTimeout, match=r"'pool' has not opened 1 connections in 3.0 s"):
        worker.result()
    gate.set()


def test_open_in_tasks(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        async with tasks.pool(min_size=3, max_size=5) as pool:
            assert (pool.stats().idle, tasks.driver.attempts) == (3, 3)
        assert tasks.driver.live == 0
        tasks.driver.errors.append(ConnectionError("refused"))
        with pytest.raises(ConnectionError, match="refused"):
            await tasks.pool(min_size=2).open()
        tasks.driver.gates["connect"] = asyncio.Event()
        with pytest.raises(package.PoolTimeout, match="has not opened 1 connections"):
            await tasks.pool(min_size=1).open(timeout=3)
        tasks.driver.gates["connect"].set()

    tasks.run(main)


def test_the_first_caller_has_the_pool_filled_in_the_background(pools: Pools) -> None:
    pool = pools(min_size=3, max_size=5)
    with pool.connection():
        kept(pool, lambda: pool.stats().size == 3)


def test_configure_runs_once_on_each_new_connection(pools: Pools) -> None:
    configured: list[Any] = []
    pool = pools(configure=configured.append, max_size=1)
    for _ in range(2):
        with pool.connection() as conn:
            assert configured == [conn]


def test_configure_fails(pools: Pools) -> None:
    def refuse(conn: Any) -> None:
        raise ValueError("no")

    pool = pools(configure=refuse, max_size=1)
    with pytest.raises(ValueError, match="no"):
        pool.acquire()
    assert (pools.driver.live, pool.stats().size) == (0, 0)


def test_configure_fails_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        async def refuse(conn: Any) -> None:
            raise ValueError("no")

        pool = tasks.pool(configure=refuse, max_size=1)
        with pytest.raises(ValueError, match="no"):
            await pool.acquire()
        await asyncio.sleep(1)
        assert (tasks.driver.live, pool.stats().size) == (0, 0)

    tasks.run(main)


def test_a_timeout_says_who_has_the_connections(pools: Pools, package: ModuleType) -> None:
    pool = pools(max_size=1, name="shop")
    holder = Holder(pool).holds()
    pools.clock.advance(12)
    with pytest.raises(package.PoolTimeout) as caught:
        pool.acquire(timeout=0)
    text = str(caught.value)
    assert text.startswith("no connection from 'shop' in 0.0 s: 1 of 1 held, 0 idle, 0 opening, 0 closing, 0 waiting; ")
    assert "the longest is held for 12.0 s, acquired at " in text
    assert text.endswith("in _hold")
    assert caught.value.__cause__ is None
    assert pool.stats().timeouts == 1
    holder.release()


def test_a_timeout_has_the_failed_connect_as_its_cause(pools: Pools, package: ModuleType) -> None:
    pool = pools(max_size=1)
    pools.driver.errors.append(ConnectionError("refused"))
    with pytest.raises(ConnectionError):
        pool.acquire()
    gate = pools.driver.gate = threading.Event()
    with pytest.raises(package.PoolTimeout) as caught:
        pool.acquire(timeout=0)
    assert isinstance(caught.value.__cause__, ConnectionError)
    gate.set()


def test_events_and_numbers(pools: Pools) -> None:
    events: list[Any] = []
    pool = pools(max_size=1, on_event=events.append)
    with pool.connection():
        pools.clock.advance(3)
    pool.evict_all()
    assert [(event.kind, event.seconds) for event in events] == [
        ("opened", 0), ("acquired", 0), ("released", 3), ("closed", None),
    ]  # fmt: skip
    assert events[-1].reason == "evicted"
    stats = pool.stats()
    assert (stats.acquired, stats.waited, stats.use_seconds, stats.opened, stats.closed) == (1, 1, 3, 1, 1)
    holder = Holder(pool).holds()
    second = Holder(pool)
    waiting(pool, 1)
    pools.clock.advance(5)
    holder.release()
    second.holds().release()
    assert pool.stats().wait_seconds == 5
    assert [event.seconds for event in events if event.kind == "acquired"][-1] == 5


def test_an_event_handler_that_fails_harms_nobody(pools: Pools, caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: Any) -> None:
        raise ValueError("broken")

    pool = pools(max_size=1, on_event=fail)
    with pool.connection():
        pass
    assert pool.stats().idle == 1
    assert "on_event of 'pool' failed" in caplog.text


def test_connects_in_the_callers_thread(pools: Pools) -> None:
    made_in: list[Any] = []

    def connect() -> Any:
        made_in.append(threading.current_thread())
        return pools.driver.connect()

    pool = pools(max_size=1, connect=connect, connect_in_caller=True)
    with pool.connection():
        pass
    assert made_in == [threading.current_thread()]


def test_a_hook_of_threads_may_be_given_to_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        closed: list[Any] = []
        pool = tasks.pool(max_size=1, reset=lambda conn: None, check=lambda conn: True, close=closed.append)
        conn = await use(pool)
        tasks.clock.time += 1
        assert await use(pool) is conn
        await pool.close()
        assert closed == [conn]

    tasks.run(main)


def test_a_caller_behind_many_is_served_by_whoever_releases(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=2)
        holders = [await TaskHolder(pool).holds() for _ in range(2)]
        callers = [asyncio.ensure_future(use(pool)) for _ in range(20)]
        await holders[1].release()
        await asyncio.gather(*callers)
        await holders[0].release()
        assert pool.stats().idle == 2

    tasks.run(main)


# --- interrupted at the worst of times --------------------------------------------------------------


def test_a_connect_that_nobody_began_is_given_up(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pools(max_size=1, timeout=1000)
    Holder(pool).holds().release()  # so that there is a keeper
    pool.evict_all()
    begin = pool._start

    def interrupted(openings: list[Any]) -> None:
        pool._start = begin
        raise KeyboardInterrupt

    pool._start = interrupted
    with pytest.raises(KeyboardInterrupt):
        pool.acquire()
    assert pool.stats().opening == 1
    holder = Holder(pool)
    eventually(lambda: pools.clock.advance(1) or holder.has_it.is_set())
    holder.release()


def test_a_claim_that_nobody_went_on_with_is_given_up(pools: Pools) -> None:
    pool = pools(max_size=1, timeout=1000)
    conn = pool.acquire()
    pool._ledger.entries[id(conn)].token.pop()  # the releasing thread was interrupted just here
    holder = Holder(pool)
    eventually(lambda: pools.clock.advance(1) or holder.has_it.is_set())
    assert holder.release() is not conn
    assert conn.is_closed


def test_a_starter_that_is_interrupted_gives_its_slot_back(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pools(max_size=1)

    def interrupted(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(threading.Thread, "start", interrupted)
        pool.acquire()
    assert pool.stats().size == 0
    with pool.connection(timeout=1000):
        pass


def test_the_keeper_outlives_its_failures(pools: Pools, caplog: pytest.LogCaptureFixture) -> None:
    pool = pools(min_size=1, max_size=1).open()
    tend, pool._tend = pool._tend, lambda: 1 / 0
    kept(pool, lambda: "a look at" in caplog.text)
    pool._tend = tend
    for conn in pools.driver.made:
        conn.is_dead = True
    pools.clock.advance(2000)
    kept(pool, lambda: len(pools.driver.made) == 2)


# --- before Python 3.11 a cancellation cannot be taken back -----------------------------------------


@pytest.fixture
def older(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module(f"{package.__name__}.alending"), "CAN_UNCANCEL", False)


@pytest.mark.usefixtures("older")
def test_a_hanging_reset_the_older_way(tasks: Tasks) -> None:
    async def main() -> None:
        async def hang(conn: Any) -> None:
            await asyncio.sleep(1e6)

        pool = tasks.pool(max_size=1, reset=hang, hook_timeout=4)
        began = tasks.clock.time
        async with pool.connection() as conn:
            pass
        assert tasks.clock.time == pytest.approx(began + 4)
        await asyncio.sleep(1)
        assert conn.is_closed
        assert (pool.stats().size, pool.stats().overdue) == (0, 1)

    tasks.run(main)


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize("count", range(12))
def test_cancelled_in_reset_the_older_way(tasks: Tasks, count: int) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        holder = await TaskHolder(pool).holds()
        holder.let_go.set()
        for _ in range(count):
            await asyncio.sleep(0)
        if holder.task.done():
            return
        holder.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder.task
        await use(pool, timeout=20)
        assert tasks.driver.most == 1

    tasks.run(main)
