"""Hard cases 14 to 20: how many connections there are, whatever connects and connections do."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from pool_support import (
    Driver,
    FakeClock,
    Holder,
    Pools,
    TaskHolder,
    Tasks,
    Worker,
    check,
    eventually,
    steps,
    tight_switching,
    use,
    waiting,
)


def never_more_than_allowed(pools: Pools) -> None:
    """32 threads, short timeouts, short lives, dead connections, and connects that fail."""
    driver = pools.driver
    driver.close_takes = 0.002
    clock = pools.package.options.Clock()
    pool = pools(max_size=5, clock=clock, max_lifetime=0.01, check_after=0)
    tight_switching()

    def work(seed: int) -> None:
        own = random.Random(seed)
        for _ in range(50):
            try:
                with pool.connection(timeout=own.choice([0, 0.001, 0.02])) as conn, conn.use():
                    if own.random() < 0.2:
                        time.sleep(0.001)
                    conn.is_dead = own.random() < 0.1
            except (pools.package.PoolTimeout, ConnectionError):
                pass
            if own.random() < 0.05:
                driver.errors.append(ConnectionError("refused"))
            if own.random() < 0.2:
                check(pool)

    workers = [Worker(partial(work, seed)) for seed in range(32)]
    for worker in workers:
        worker.result()
    driver.errors.clear()
    eventually(lambda: pool.stats().held == pool.stats().opening == pool.stats().closing == 0)
    assert driver.most <= 5
    assert driver.live == pool.stats().idle == pool.stats().size
    assert all(conn.closes <= 1 for conn in driver.made)
    stats = pool.stats()
    assert stats.opened == len(driver.made)
    eventually(lambda: pool.stats().opened - pool.stats().closed == driver.live)


def test_case_14_never_more_than_max_size(pools: Pools) -> None:
    never_more_than_allowed(pools)


def test_case_15_connect_fails_in_threads(pools: Pools) -> None:
    gate = pools.driver.gate = threading.Event()
    pools.driver.error = ConnectionError("refused")
    pool = pools(max_size=2)
    workers = [Worker(pool.acquire) for _ in range(5)]
    waiting(pool, 5)
    gate.set()
    for worker in workers:
        with pytest.raises(ConnectionError, match="refused"):
            worker.result()
    assert pools.driver.attempts == 5, "each has an attempt of its own"
    assert pool.stats().size == 0
    pools.driver.error = None
    with pool.connection(), pool.connection():
        pass


def test_case_15_connect_fails_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        tasks.driver.error = ConnectionError("refused")
        pool = tasks.pool(max_size=2)
        results = await asyncio.gather(*(use(pool) for _ in range(5)), return_exceptions=True)
        assert [type(result) for result in results] == [ConnectionError] * 5
        assert tasks.driver.attempts == 5
        assert pool.stats().size == 0
        tasks.driver.error = None
        await use(pool)

    tasks.run(main)


def test_case_16_connect_hangs_in_threads(pools: Pools, package: ModuleType) -> None:
    gate = pools.driver.gate = threading.Event()
    pool = pools(max_size=1)
    worker = Worker(lambda: pool.acquire(timeout=3))
    waiting(pool, 1)
    pools.clock.advance(3)
    with pytest.raises(package.PoolTimeout, match="1 opening"):
        worker.result()
    later = Holder(pool)
    waiting(pool, 1)
    gate.set()
    assert later.holds().release() is pools.driver.made[0], "the connection that came too late serves the next caller"
    assert pools.driver.attempts == 1


def test_case_16_connect_hangs_in_tasks(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        gate = tasks.driver.gates["connect"] = asyncio.Event()
        pool = tasks.pool(max_size=1)
        began = tasks.clock.time
        with pytest.raises(package.PoolTimeout, match="1 opening"):
            await use(pool, timeout=3)
        assert tasks.clock.time == began + 3
        gate.set()
        await steps(5)
        assert pool.stats().idle == 1
        await use(pool)
        assert tasks.driver.attempts == 1

    tasks.run(main)


def test_case_17_connect_returns_the_same_connection_twice(pools: Pools, package: ModuleType) -> None:
    same = pools.driver.connect()
    pool = pools(max_size=2, connect=lambda: same)
    with pool.connection() as conn:
        with pytest.raises(package.PoolError, match="that the pool has already"):
            pool.acquire()
        assert not conn.is_closed, "it is the first holder's"
        assert pool.stats().size == 1


def test_case_17_connect_returns_the_same_connection_twice_in_tasks(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        same = await tasks.driver.connect()

        async def connect() -> Any:
            return same

        pool = tasks.pool(max_size=2, connect=connect)
        async with pool.connection() as conn:
            with pytest.raises(package.PoolError, match="that the pool has already"):
                await pool.acquire()
            assert not conn.is_closed
            assert pool.stats().size == 1

    tasks.run(main)


def test_case_18_dead_connections_do_not_starve_callers(pools: Pools) -> None:
    pool = pools(max_size=5)
    for holder in [Holder(pool).holds() for _ in range(5)]:
        holder.release().is_dead = True
    pools.clock.advance(1)
    first = Holder(pool, timeout=5).holds()  # meets five in a row
    assert not first.conn.is_dead
    assert pool.stats().check_failures == 5
    for holder in [first, *(Holder(pool).holds() for _ in range(4))]:
        holder.release().is_dead = True
    pools.clock.advance(1)
    holders = [Holder(pool, timeout=5) for _ in range(5)]
    fresh = [holder.holds().conn for holder in holders]
    assert [conn.is_dead for conn in fresh] == [False] * 5
    assert pool.stats().check_failures == 10
    for holder in holders:
        holder.release()
    assert pools.driver.most <= 5


def test_case_18_dead_connections_do_not_starve_callers_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=5)
        for holder in [await TaskHolder(pool).holds() for _ in range(5)]:
            (await holder.release()).is_dead = True
        tasks.clock.time += 1
        assert not (await use(pool, timeout=5)).is_dead
        assert pool.stats().check_failures == 5, "in a row"
        for holder in [await TaskHolder(pool).holds() for _ in range(5)]:
            (await holder.release()).is_dead = True
        tasks.clock.time += 1
        fresh = await asyncio.gather(*(use(pool, timeout=5) for _ in range(5)))
        assert not any(conn.is_dead for conn in fresh)
        assert tasks.driver.most <= 5

    tasks.run(main)


def test_case_19_release_of_a_dead_one_wakes_the_waiter(pools: Pools) -> None:
    pool = pools(max_size=1)
    holder = Holder(pool).holds()
    waiter = Holder(pool, timeout=5)
    waiting(pool, 1)
    holder.conn.is_dead = True  # so that reset fails
    holder.release()
    assert waiter.holds().release() is not holder.conn
    assert (pools.driver.live, pools.driver.most) == (1, 1)


def test_case_19_release_of_a_dead_one_wakes_the_waiter_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        holder = await TaskHolder(pool).holds()
        waiter = asyncio.ensure_future(use(pool, timeout=5))
        await steps(2)
        holder.conn.is_dead = True
        await holder.release()
        assert await waiter is not holder.conn
        assert (tasks.driver.live, tasks.driver.most) == (1, 1)

    tasks.run(main)


def test_case_20_attempts_in_the_background_are_spaced(package: ModuleType) -> None:
    options = package.options.Options(min_size=1, max_size=1)
    ledger = package.core.Ledger(options)
    now, waits = 0.0, []
    for _ in range(14):
        [opening] = ledger.reserve(now)
        assert ledger.reserve(now) == []
        ledger.open_failed(opening, ConnectionError(), now)
        waits.append(ledger.refill_at - now)
        assert ledger.reserve(ledger.refill_at - 0.001) == []
        now = ledger.refill_at
    for number, wait in enumerate(waits):
        whole = min(30.0, 0.1 * 2**number)
        assert whole / 2 <= wait <= whole
    shares = [wait / min(30.0, 0.1 * 2**number) for number, wait in enumerate(waits)]
    assert len({round(share, 3) for share in shares}) == len(shares), "jitter"
    [opening] = ledger.reserve(now)
    ledger.opened(opening, object(), now)
    assert (ledger.failures, ledger.refill_at) == (0, 0.0)


def test_case_20_server_down_and_up_again(driver: Driver, clock: FakeClock, pools: Pools, package: ModuleType) -> None:
    pool = pools(min_size=2, max_size=2).open()
    driver.error = ConnectionError("down")
    for conn in driver.made:
        conn.is_dead = True
    clock.advance(1)
    for _ in range(2):
        with pytest.raises(ConnectionError, match="down"), pool.connection():
            pytest.fail("the server is down")
    driver.error = None
    with pool.connection() as conn:
        assert not conn.is_dead
    eventually(lambda: clock.advance(1) or pool.stats().idle == 2)  # without a caller, too


def test_case_20_server_down_and_up_again_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = await tasks.pool(min_size=2, max_size=2).open()
        tasks.driver.error = ConnectionError("down")
        for conn in tasks.driver.made:
            conn.is_dead = True
        tasks.clock.time += 1
        for _ in range(2):
            with pytest.raises(ConnectionError, match="down"):
                await use(pool)
        tasks.driver.error = None
        await asyncio.sleep(60)
        assert pool.stats().idle == 2

    tasks.run(main)
