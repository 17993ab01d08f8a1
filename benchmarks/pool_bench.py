"""The reference pool beside others, in one run: `python benchmarks/pool_bench.py [--quick] [--no-write]`.

Writes its tables into docs/pool.md, between two marks, and a chart into docs/pool.svg. Connections are fakes that do
nothing, so that only the pools are measured; a pool that is not installed is left out, and said to be. Ratios within
one run mean something, nanoseconds of different runs do not.
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
from pathlib import Path
from typing import Any

from pool_peers import REAL, TASKS, THREADS, Contender
from pool_report import Contention, Uncontended, write

WORKERS = 32


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


def contend(contender: Contender, hold: float, seconds: float) -> Contention:
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
    start.wait()
    for thread in threads:
        thread.join()
    return Contention.of(contender.name, hold, seconds, waits)


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


async def async_contend(contender: Contender, hold: float, seconds: float) -> Contention:
    waits: list[list[int]] = [[] for _ in range(WORKERS)]
    limit = time.monotonic() + seconds

    async def work(own: list[int]) -> None:
        while time.monotonic() < limit:
            began = time.perf_counter_ns()
            conn = await contender.acquire()
            own.append(time.perf_counter_ns() - began)
            await asyncio.sleep(hold)
            await contender.release(conn)

    await asyncio.gather(*(work(own) for own in waits))
    return Contention.of(contender.name, hold, seconds, waits)


# --- the run ---------------------------------------------------------------------------------------


@contextmanager
def told_if_missing(make: Any) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        print(f"left out: {getattr(make, '__name__', make)}: {error}")


def best(rounds: list[list[float]], names: list[str]) -> list[Uncontended]:
    return [Uncontended(name, min(times)) for name, times in zip(names, zip(*rounds, strict=True), strict=True)]


def middle(found: list[Contention]) -> Contention:
    return sorted(found, key=lambda one: one.rate)[len(found) // 2]


def run_threads(rounds: int, seconds: float) -> tuple[list[Uncontended], list[Contention]]:
    contenders: list[Contender] = []
    for make in THREADS:
        with told_if_missing(make):
            contenders.append(make())
    costs = best([[pairs(one, 1000) for one in contenders] for _ in range(rounds)], [one.name for one in contenders])
    waiting = [one for one in contenders if one.can_wait and one.block is None]
    found = [middle([contend(one, hold, seconds) for _ in range(3)]) for hold in (0, 0.001) for one in waiting]
    for one in contenders:
        one.close()
    return costs, found


async def run_tasks(rounds: int, seconds: float) -> tuple[list[Uncontended], list[Contention]]:
    contenders: list[Contender] = []
    for make in TASKS:
        with told_if_missing(make):
            contenders.append(await make())
    times = [[await async_pairs(one, 1000) for one in contenders] for _ in range(rounds)]
    costs = best(times, [one.name for one in contenders])
    waiting = [one for one in contenders if one.block is None]
    found = []
    for hold in (0, 0.001):
        found += [middle([await async_contend(one, hold, seconds) for _ in range(3)]) for one in waiting]
    for one in contenders:
        answer = one.close()
        if answer is not None:
            await answer
    return costs, found


async def run_real(rounds: int, seconds: float) -> tuple[list[Uncontended], list[Contention]]:
    """asyncpg's own pool cannot be used without a server."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "pool"))
    from pool_servers import Postgres

    server = Postgres()
    try:
        arguments = {"host": str(server.folder), "user": "postgres", "database": "postgres"}
        contenders = [await make(arguments) for make in REAL]
        times = [[await async_pairs(one, 100) for one in contenders] for _ in range(rounds)]
        found = [middle([await async_contend(one, 0.001, seconds) for _ in range(3)]) for one in contenders]
        for one in contenders:
            await one.close()
        return best(times, [one.name for one in contenders]), found
    finally:
        server.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the time, for a look")
    parser.add_argument("--no-write", action="store_true", help="prints only")
    arguments = parser.parse_args()
    rounds, seconds = (6, 0.1) if arguments.quick else (60, 0.5)
    threads = run_threads(rounds, seconds)
    tasks = asyncio.run(run_tasks(rounds, seconds))
    real = asyncio.run(run_real(max(3, rounds // 4), seconds))
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
