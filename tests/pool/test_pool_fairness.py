"""Hard cases 21 to 26: who is served when."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from pool_support import PATIENCE, Holder, Pools, TaskHolder, Tasks, Worker, steps, use, waiting


def served_in_order(pools: Pools) -> None:
    pool = pools(max_size=1, timeout=600, clock=pools.package.options.Clock())
    conn = pool.acquire()
    served: list[int] = []

    def work(number: int) -> None:
        with pool.connection():
            served.append(number)

    workers = []
    for number in range(200):
        workers.append(Worker(partial(work, number)))
        waiting(pool, number + 1)
    pool.release(conn)
    for worker in workers:
        worker.result()
    assert served == list(range(200))


def test_case_21_two_hundred_threads_in_order(pools: Pools) -> None:
    served_in_order(pools)


def test_case_22_two_thousand_tasks_in_order(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=3, timeout=600)
        holders = [await TaskHolder(pool).holds() for _ in range(3)]
        served: list[int] = []

        async def work(number: int) -> None:
            async with pool.connection():
                served.append(number)
                await asyncio.sleep(0)

        queued = [asyncio.ensure_future(work(number)) for number in range(2000)]
        await steps(3)
        for task in queued[::3]:
            task.cancel()
        for holder in holders:
            await holder.release()
        await asyncio.gather(*queued, return_exceptions=True)
        assert served == [number for number in range(2000) if number % 3]

    tasks.run(main)


def test_case_23_no_thread_starves(pools: Pools) -> None:
    """32 threads on 8 connections. Measured in turns, not in seconds: the machine may be busy."""
    pool = pools(max_size=8, timeout=600, clock=pools.package.options.Clock())
    counts = [0] * 32
    turns: list[int] = []
    start = threading.Barrier(32)
    is_over = threading.Event()

    def work(number: int) -> None:
        start.wait(PATIENCE)
        while not is_over.is_set():
            before = sum(counts)
            with pool.connection():
                turns.append(sum(counts) - before)
                counts[number] += 1
                time.sleep(0.0005)
                if sum(counts) >= 3200:
                    is_over.set()

    workers = [Worker(partial(work, number)) for number in range(32)]
    for worker in workers:
        worker.result()
    assert min(counts) / max(counts) >= 0.5
    few = len(turns) // 100  # threads that the system stopped for long before they asked
    assert sorted(turns)[-1 - few] <= 5 * 32, "turns that others had while one waited"


def test_case_24_whoever_comes_back_goes_to_the_end(pools: Pools) -> None:
    pool = pools(max_size=1)
    conn = pool.acquire()
    holders = []
    for number in range(3):
        holders.append(Holder(pool))
        waiting(pool, number + 1)
    served: list[str] = []

    def again() -> None:
        pool.release(conn)
        with pool.connection():
            served.append("again")

    worker = Worker(again)
    for holder in holders:
        holder.holds()
        served.append("waiter")
        waiting(pool, 3 - len(served) + 1)
        holder.release()
    worker.result()
    assert served == ["waiter", "waiter", "waiter", "again"]


def test_case_24_whoever_comes_back_goes_to_the_end_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        served: list[str] = []

        async def work(name: str) -> None:
            async with pool.connection():
                served.append(name)
                await asyncio.sleep(0)

        conn = await pool.acquire()
        waiters = [asyncio.ensure_future(work(name)) for name in "abc"]
        await steps(2)
        await pool.release(conn)
        await asyncio.gather(work("again"), *waiters)
        assert served == ["a", "b", "c", "again"]

    tasks.run(main)


def test_case_25_a_stale_connection_costs_no_place(pools: Pools, package: ModuleType) -> None:
    in_check, answer = threading.Event(), threading.Event()

    def check(conn: Any) -> None:
        in_check.set()
        assert answer.wait(PATIENCE)
        conn.ping()

    pool = pools(max_size=2, check=check)
    suspect = Holder(pool).holds()
    busy = Holder(pool).holds()
    suspect.release().is_dead = True
    pools.clock.advance(1)
    pools.driver.gate = threading.Event()  # the replacement does not come
    first = Holder(pool, timeout=10)
    assert in_check.wait(PATIENCE)
    second = Holder(pool, timeout=10)
    waiting(pool, 1)
    answer.set()
    waiting(pool, 2)
    busy.release()
    assert first.holds().conn is busy.conn, "it came first"
    assert second.conn is None
    pools.driver.gate.set()
    first.release()
    second.holds().release()


def test_case_25_a_stale_connection_extends_no_deadline(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        async def check(conn: Any) -> bool:
            await asyncio.sleep(6)
            return False

        pool = tasks.pool(max_size=1, check=check)
        await use(pool)
        tasks.clock.time += 1
        tasks.driver.gates["connect"] = asyncio.Event()
        began = tasks.clock.time
        with pytest.raises(package.PoolTimeout):
            await use(pool, timeout=10)
        assert tasks.clock.time == pytest.approx(began + 10)
        tasks.driver.gates["connect"].set()

    tasks.run(main)


def test_case_25_a_stale_connection_costs_no_place_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        answers = asyncio.Event()

        async def check(conn: Any) -> bool:
            await answers.wait()
            return False

        pool = tasks.pool(max_size=1, check=check)
        await use(pool)
        tasks.clock.time += 1
        served: list[str] = []

        async def work(name: str) -> None:
            async with pool.connection():
                served.append(name)

        first = asyncio.ensure_future(work("first"))
        await steps(3)
        second = asyncio.ensure_future(work("second"))
        await steps(3)
        assert pool.stats().waiting == 1
        answers.set()
        await asyncio.gather(first, second)
        assert served == ["first", "second"]

    tasks.run(main)


def test_case_26_a_full_queue_refuses_at_once(pools: Pools, package: ModuleType) -> None:
    pool = pools(max_size=1, max_waiting=2)
    holder = Holder(pool).holds()
    queued = []
    for number in range(2):
        queued.append(Holder(pool))
        waiting(pool, number + 1)
    with pytest.raises(package.PoolFull, match="max_waiting=2"):
        pool.acquire()
    assert pool.stats().waiting == 2
    holder.release()
    for waiter in queued:
        waiter.holds().release()
    strict = pools(max_size=1, max_waiting=0)
    holder = Holder(strict).holds()  # a connect of its own is not waiting for others
    with pytest.raises(package.PoolFull):
        strict.acquire()
    holder.release()


def test_case_26_a_full_queue_refuses_at_once_in_tasks(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1, max_waiting=1)
        holder = await TaskHolder(pool).holds()
        queued = asyncio.ensure_future(use(pool))
        await steps(2)
        with pytest.raises(package.PoolFull):
            await use(pool)
        await holder.release()
        await queued

    tasks.run(main)


