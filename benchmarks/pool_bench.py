"""The reference pool beside others, in one run: `python benchmarks/pool_bench.py [--quick] [--no-write]`.

Writes its tables into docs/pool.md, between two marks, and a chart into docs/pool.svg. Connections are fakes that do
nothing, so that only the pools are measured; a pool that is not installed is left out, and said to be.

Everything is measured in many short rounds, in each of which all pools have their turn, one after the other: what else
the machine does then meets all of them alike. A ratio is the median of those of the rounds. Ratios mean something,
nanoseconds of different runs do not.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pool_peers import REAL, TASKS, THREADS, Contender
from pool_report import Contention, Results, Round, Uncontended, write

WORKERS = 32
PAIRS = 250
"""In a round of one pool, where nobody waits."""


def pairs(contender: Contender, count: int) -> float:
    acquire, release, block = contender.acquire, contender.release, contender.block
    began = time.perf_counter_ns()
    if block is not None:
        for _ in range(count):
            with block():
                pass
    else:
        for _ in range(count):
            release(acquire())
    return (time.perf_counter_ns() - began) / count


def contend(contender: Contender, hold: float, seconds: float) -> Round:
    waits: list[list[int]] = [[] for _ in range(WORKERS)]
    start, limit = threading.Barrier(WORKERS + 1), [0.0]

    def work(own: list[int]) -> None:
        start.wait()
        while time.monotonic() < limit[0]:
            began = time.perf_counter_ns()
            conn = contender.acquire()
            own.append(time.perf_counter_ns() - began)
            if hold:
                time.sleep(hold)
            contender.release(conn)

    threads = [threading.Thread(target=work, args=(own,)) for own in waits]
    for thread in threads:
        thread.start()
    limit[0] = time.monotonic() + seconds
    cpu, began = time.process_time(), time.monotonic()
    start.wait()
    for thread in threads:
        thread.join()
    return Round.of(time.monotonic() - began, time.process_time() - cpu, waits)


async def async_pairs(contender: Contender, count: int) -> float:
    acquire, release, block = contender.acquire, contender.release, contender.block
    began = time.perf_counter_ns()
    if block is not None:
        for _ in range(count):
            async with block():
                pass
    else:
        for _ in range(count):
            await release(await acquire())
    return (time.perf_counter_ns() - began) / count


async def async_contend(contender: Contender, hold: float, seconds: float) -> Round:
    waits: list[list[int]] = [[] for _ in range(WORKERS)]
    limit = time.monotonic() + seconds

    async def work(own: list[int]) -> None:
        while time.monotonic() < limit:
            began = time.perf_counter_ns()
            conn = await contender.acquire()
            own.append(time.perf_counter_ns() - began)
            await asyncio.sleep(hold)
            await contender.release(conn)

    cpu, began = time.process_time(), time.monotonic()
    await asyncio.gather(*(work(own) for own in waits))
    return Round.of(time.monotonic() - began, time.process_time() - cpu, waits)


# --- the run ---------------------------------------------------------------------------------------


@contextmanager
def told_if_missing(make: Any) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        print(f"left out: {getattr(make, '__name__', make)}: {error}")


@dataclass(frozen=True)
class Length:
    """How much is measured: rounds of pairs where nobody waits, rounds of contention, and seconds of one of these."""

    pairs: int
    contended: int
    seconds: float


def run_threads(length: Length) -> Results:
    contenders: list[Contender] = []
    for make in THREADS:
        with told_if_missing(make):
            contenders.append(make())
    names = [one.name for one in contenders]
    costs = Uncontended.of(names, [[pairs(one, PAIRS) for one in contenders] for _ in range(length.pairs)])
    waiting = [one for one in contenders if one.can_wait and one.block is None]
    found = []
    for hold in (0, 0.001):
        rounds = [[contend(one, hold, length.seconds) for one in waiting] for _ in range(length.contended)]
        found += Contention.of([one.name for one in waiting], hold, rounds)
    for one in contenders:
        one.close()
    return costs, found


async def run_tasks(length: Length) -> Results:
    contenders: list[Contender] = []
    for make in TASKS:
        with told_if_missing(make):
            contenders.append(await make())
    costs = await async_costs(contenders, length.pairs, PAIRS)
    waiting = [one for one in contenders if one.block is None]
    found = await async_contention(waiting, 0, length) + await async_contention(waiting, 0.001, length)
    for one in contenders:
        answer = one.close()
        if answer is not None:
            await answer
    return costs, found


async def async_costs(contenders: list[Contender], rounds: int, count: int) -> list[Uncontended]:
    times = [[await async_pairs(one, count) for one in contenders] for _ in range(rounds)]
    return Uncontended.of([one.name for one in contenders], times)


async def async_contention(contenders: list[Contender], hold: float, length: Length) -> list[Contention]:
    rounds = [[await async_contend(one, hold, length.seconds) for one in contenders] for _ in range(length.contended)]
    return Contention.of([one.name for one in contenders], hold, rounds)


async def run_real(length: Length) -> Results:
    """asyncpg's own pool cannot be used without a server."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "pool"))
    from pool_servers import Postgres

    server = Postgres()
    try:
        arguments = {"host": str(server.folder), "user": "postgres", "database": "postgres"}
        contenders = [await make(arguments) for make in REAL]
        costs = await async_costs(contenders, length.pairs // 10, PAIRS // 5)
        found = await async_contention(contenders, 0.001, length)
        for one in contenders:
            await one.close()
        return costs, found
    finally:
        server.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the time, for a look")
    parser.add_argument("--no-write", action="store_true", help="prints only")
    arguments = parser.parse_args()
    length = Length(30, 3, 0.1) if arguments.quick else Length(300, 11, 0.25)
    threads = run_threads(length)
    tasks = asyncio.run(run_tasks(length))
    real = asyncio.run(run_real(length))
    names = ("SQLAlchemy", "psycopg-pool", "DBUtils", "psycopg2-binary", "aiomysql", "asyncpg")
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    python = f"{platform.python_implementation()} {platform.python_version()}"
    where = f"{python}, {platform.system()}; {', '.join(versions)}"
    write(threads, tasks, real, where, None if arguments.no_write else Path(__file__).parent.parent / "docs")


if __name__ == "__main__":
    main()
