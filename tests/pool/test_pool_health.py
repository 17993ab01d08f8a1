"""Hard cases 27 to 35: how long connections live, and how they are found dead."""

from __future__ import annotations

import ast
import asyncio
import itertools
import sqlite3
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pool_support import (
    PATIENCE,
    Connection,
    Holder,
    Pools,
    TaskHolder,
    Tasks,
    Worker,
    eventually,
    kept,
    look,
    steps,
    use,
    waiting,
)


def test_case_27_lifetimes_are_spread(package: ModuleType) -> None:
    options = package.options.Options(min_size=10, max_size=10, max_lifetime=1800)
    for _ in range(20):  # each ledger begins at random
        ledger = package.core.Ledger(options)
        ends = sorted(ledger.opened(opening, object(), 100.0).expires - 100 for opening in ledger.fill())
        assert ends[0] >= 1620 and ends[-1] <= 1800
        assert min(later - earlier for earlier, later in itertools.pairwise(ends)) > options.tick


def test_case_27_an_old_connection_is_not_handed_out(pools: Pools) -> None:
    pool = pools(max_size=1, max_lifetime=100, max_idle=None)
    holder = Holder(pool).holds()
    pools.clock.advance(100)
    old = holder.release()
    eventually(lambda: old.is_closed)  # too old when it came back
    with pool.connection() as young:
        pass
    pools.clock.advance(100)
    with pool.connection() as conn:
        assert conn is not young
    assert pools.driver.most == 1


def test_case_28_the_reaper_in_threads(pools: Pools) -> None:
    pool = pools(min_size=1, max_size=4, max_idle=100, max_lifetime=None)
    holders = [Holder(pool).holds() for _ in range(4)]
    for holder in holders[:3]:
        holder.release()
        pools.clock.advance(20)
    used_last, held = holders[2].conn, holders[3]
    pools.clock.advance(60)  # the first has rested for 120 seconds, the second for 100, the third for 80
    kept(pool, lambda: holders[0].conn.is_closed and holders[1].conn.is_closed)
    assert not used_last.is_closed
    pools.clock.advance(1000)
    kept(pool, lambda: used_last.is_closed)
    assert not held.conn.is_closed, "it is held"
    assert held.release() is held.conn
    pools.clock.advance(1000)
    look(pool)
    assert pool.stats().idle == 1, "min_size"
    assert not held.conn.is_closed


def test_case_28_the_reaper_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(min_size=1, max_size=4, max_idle=100, max_lifetime=None)
        holders = [await TaskHolder(pool).holds() for _ in range(4)]
        for holder in holders[:3]:
            await holder.release()
            await asyncio.sleep(20)
        await asyncio.sleep(66)
        assert [holder.conn.is_closed for holder in holders] == [True, True, False, False]
        await asyncio.sleep(1000)
        assert [holder.conn.is_closed for holder in holders] == [True, True, True, False]
        await holders[3].release()
        await asyncio.sleep(1000)
        assert pool.stats().idle == 1
        assert not holders[3].conn.is_closed

    tasks.run(main)


def test_case_29_check_only_after_a_rest(pools: Pools) -> None:
    seen: list[int] = []

    def hook(conn: Connection) -> None:
        seen.append(pool.stats().size)  # would hang under the lock
        conn.ping()

    pool = pools(max_size=1, check=hook, check_after=0.5, configure=hook, reset=hook)
    with pool.connection() as conn:
        pass
    assert conn.pings == 2  # configure, reset
    pools.clock.advance(0.4)
    with pool.connection():
        assert conn.pings == 2
    pools.clock.advance(0.5)
    with pool.connection():
        assert conn.pings == 4
    assert seen == [1] * 5


def test_case_29_no_hook_runs_under_the_lock(pools: Pools) -> None:
    def hook(*_: Any) -> None:
        assert pool._lock.acquire(timeout=PATIENCE), "the lock is held"
        pool._lock.release()
        hooks.append(1)

    hooks: list[int] = []

    def connect() -> Connection:
        hook()
        return pools.driver.connect()

    def close(conn: Connection) -> None:
        hook()
        conn.close()

    pool = pools(
        max_size=1, connect=connect, close=close, check=hook, reset=hook, configure=hook, on_event=hook, is_closed=hook
    )
    with pool.connection():
        pass
    pools.clock.advance(1)
    with pool.connection():
        pass
    pool.evict_all()
    assert len(hooks) >= 10


def test_case_30_reset_raises_in_threads(pools: Pools) -> None:
    pool = pools(max_size=1)
    with pytest.raises(ValueError, match="mine"), pool.connection() as conn:
        conn.is_dead = True
        raise ValueError("mine")
    assert conn.is_closed
    with pool.connection() as conn:
        conn.is_dead = True  # reset fails after a block that did not
    assert conn.is_closed
    assert pool.stats().reset_errors == 2
    with pool.connection():
        pass


def test_case_30_reset_raises_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        with pytest.raises(ValueError, match="mine"):
            async with pool.connection() as conn:
                conn.is_dead = True
                raise ValueError("mine")
        async with pool.connection() as conn:
            conn.is_dead = True
        await steps(3)
        assert [conn.is_closed for conn in tasks.driver.made] == [True, True]
        await use(pool)

    tasks.run(main)


def test_case_30_reset_hangs_in_threads(pools: Pools) -> None:
    hangs = threading.Event()
    pool = pools(max_size=1, reset=lambda conn: hangs.wait(PATIENCE), hook_timeout=4)
    holder = Holder(pool).holds()
    holder.let_go.set()
    waiter = Holder(pool, timeout=1000)
    waiting(pool, 1)
    eventually(lambda: pools.clock.advance(1) or waiter.has_it.is_set())
    assert holder.conn.is_closed
    assert pool.stats().overdue == 1
    hangs.set()
    holder.worker.result()
    waiter.release()
    assert pools.driver.most == 1
    assert pool.stats().size == 1, "the late one does not come back"


def test_case_30_reset_hangs_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        async def hang(conn: Any) -> None:
            await asyncio.sleep(1e6)

        pool = tasks.pool(max_size=1, reset=hang, hook_timeout=4)
        began = tasks.clock.time
        async with pool.connection() as conn:
            pass
        assert 4 <= tasks.clock.time - began <= 8, "the holder goes on"
        assert asyncio.current_task() is not None
        if hasattr(asyncio.Task, "cancelling"):
            assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
        await steps(5)
        assert conn.is_closed
        assert (pool.stats().overdue, pool.stats().size) == (1, 0)
        pool._reset = None
        await use(pool)

    tasks.run(main)


def test_case_30_close_hangs_in_threads(pools: Pools) -> None:
    hangs = threading.Event()
    pool = pools(max_size=1, hook_timeout=4, close=lambda conn: hangs.wait(PATIENCE))
    with pool.connection():
        pass
    pools.clock.advance(1)
    pools.driver.made[0].is_dead = True
    waiter = Holder(pool, timeout=1000)
    waiting(pool, 1)
    eventually(lambda: pools.clock.advance(1) or waiter.has_it.is_set())
    waiter.release()
    hangs.set()
    assert pool.stats().overdue == 1


def test_case_31_the_next_user_sees_no_transaction(pools: Pools, package: ModuleType, tmp_path: Path) -> None:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "data", check_same_thread=False)

    pool = pools(connect=connect, max_size=1, is_closed=None, **package.dbapi(sqlite3))
    with pool.connection() as conn:
        conn.execute("create table numbers (number)")
        conn.commit()
        conn.execute("insert into numbers values (1)")
        assert conn.in_transaction
    with pool.connection() as again:
        assert again is conn
        assert not again.in_transaction
        assert again.execute("select count(*) from numbers").fetchone() == (0,)


def test_case_31_the_next_user_sees_no_transaction_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        async with pool.connection() as conn:
            conn.in_transaction = True
        async with pool.connection() as again:
            assert (again, again.in_transaction) == (conn, False)

    tasks.run(main)


def test_case_32_closed_by_its_holder(pools: Pools) -> None:
    pool = pools(max_size=1, reset=None)
    with pool.connection() as conn:
        conn.close()
    with pool.connection() as other:
        assert not other.is_closed
    assert pool.stats().reset_errors == 0


def test_case_32_closed_by_its_holder_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1, reset=None)
        async with pool.connection() as conn:
            await conn.close()
        assert not (await use(pool)).is_closed

    tasks.run(main)


WALL_CLOCKS = {"time", "time_ns", "gmtime", "localtime", "now", "utcnow", "today"}


def test_case_33_the_wall_clock_is_never_read(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in Path(package.__file__ or "").parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {(m, n) for m in ("time", "datetime") for n in WALL_CLOCKS}
    assert package.options.Clock.now is time.monotonic
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with package.Pool(lambda: Connection_of_its_own(), max_size=1) as pool:
        with pool.connection() as conn:
            pass
        monkeypatch.setattr(time, "time", lambda: 1e12)
        with pool.connection() as again:
            assert again is conn


class Connection_of_its_own:
    def close(self) -> None:
        pass


def test_case_34_the_server_kills_all(pools: Pools) -> None:
    pool = pools(max_size=5)
    for holder in [Holder(pool).holds() for _ in range(5)]:
        holder.release()
    pools.clock.advance(1)
    for conn in pools.driver.made:
        conn.is_dead = True

    def use() -> Connection:
        with pool.connection(timeout=5) as conn, conn.use():
            assert not conn.is_dead
        return conn

    use()  # past all five
    for worker in [Worker(use) for _ in range(10)]:
        worker.result()
    assert pools.driver.most <= 5


def test_case_34_evict_all_in_threads(pools: Pools) -> None:
    pool = pools(max_size=3)
    held = Holder(pool).holds()
    with pool.connection() as idle:
        pass
    pool.evict_all()
    assert idle.is_closed
    assert not held.conn.is_closed
    assert held.release().is_closed, "when it comes back"
    gate = pools.driver.gate = threading.Event()
    caller = Holder(pool)
    waiting(pool, 1)
    pool.evict_all()  # the connect under way may still be to the old server
    gate.set()
    assert caller.holds().release() is pools.driver.made[-1]
    eventually(lambda: [conn.is_closed for conn in pools.driver.made] == [True, True, True, False])


def test_case_34_evict_all_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=3)
        held = await TaskHolder(pool).holds()
        idle = await use(pool)
        pool.evict_all()
        await steps(3)
        assert (idle.is_closed, held.conn.is_closed) == (True, False)
        await held.release()
        await steps(3)
        assert held.conn.is_closed
        assert pool.stats().size == 0

    tasks.run(main)


def test_case_35_credentials_are_asked_for_each_time(pools: Pools) -> None:
    tokens = iter(["old", "new"])
    used: list[str] = []

    def connect() -> Connection:
        used.append(next(tokens))
        return pools.driver.connect()

    pool = pools(connect=connect, max_size=1)
    with pool.connection():
        pass
    pool.evict_all()
    with pool.connection():
        pass
    assert used == ["old", "new"]
