"""A driver without a server, a clock that stands still, a loop whose time jumps, and the invariants."""

from __future__ import annotations

import asyncio
import os
import selectors
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = float(os.environ.get("POOLLINT_POOL_PATIENCE", "60"))
"""Real seconds after which a test that waits for other threads gives up: never a measure of speed."""


def eventually(condition: Callable[[], object]) -> None:
    """Waits for what other threads do."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.001)


def kept(pool: Any, condition: Callable[[], object]) -> None:
    """Waits for what the keeper does; wakes it, as the fake clock may have advanced while it looked."""
    eventually(lambda: pool._poke() or condition())


def look(pool: Any) -> None:
    """Until the keeper has looked, from the beginning to the end."""
    looks: list[int] = []
    tend = pool._tend

    def counted() -> bool:
        goes_on: bool = tend()
        looks.append(1)
        return goes_on

    pool._tend = counted
    kept(pool, lambda: len(looks) > 1)
    del pool._tend


class FakeClock:
    """Stands still until it is told to advance. Waits of pools end by their lock, or when this clock says so."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def wait(self, lock: Any, seconds: float) -> bool:
        deadline = self.time + seconds
        while True:
            if lock.acquire(True, 0.02 if seconds else 0):
                return True
            if self.time >= deadline:
                return False

    def advance(self, seconds: float) -> None:
        self.time += seconds


class Connection:
    """One of the fake driver's. `used_by` catches two holders at once."""

    def __init__(self, driver: Driver, number: int) -> None:
        self.driver = driver
        self.number = number
        self.is_dead = False
        self.is_closed = False
        self.in_transaction = False
        self.closes = 0
        self.resets = 0
        self.pings = 0
        self.holders = 0

    def __repr__(self) -> str:
        return f"<connection {self.number}>"

    def close(self) -> None:
        if self.driver.close_takes:
            time.sleep(self.driver.close_takes)
        with self.driver.lock:
            self.closes += 1
            if not self.is_closed:
                self.is_closed = True
                self.driver.live -= 1

    def ping(self) -> None:
        self.pings += 1
        if self.is_dead or self.is_closed:
            raise ConnectionError(f"{self!r} is dead")

    def rollback(self) -> None:
        self.resets += 1
        if self.is_dead or self.is_closed:
            raise ConnectionError(f"{self!r} is dead")
        self.in_transaction = False

    @contextmanager
    def use(self) -> Iterator[None]:
        """Says so if two hold it."""
        self.holders += 1
        assert self.holders == 1, f"{self!r} was handed out twice"
        assert not self.is_closed, f"{self!r} was handed out closed"
        try:
            yield
        finally:
            self.holders -= 1


class Driver:
    """Makes fake connections and counts them. `gate`: connects wait for it; `errors`: the next ones fail so."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made: list[Connection] = []
        self.attempts = 0
        self.live = 0
        self.most = 0
        self.errors: list[BaseException] = []
        self.error: BaseException | None = None
        self.gate: threading.Event | None = None
        self.close_takes = 0.0

    def connect(self) -> Connection:
        with self.lock:
            self.attempts += 1
            error = self.errors.pop(0) if self.errors else self.error
        if self.gate is not None:
            assert self.gate.wait(PATIENCE)
        if error is not None:
            raise error
        with self.lock:
            self.live += 1
            self.most = max(self.most, self.live)
            self.made.append(Connection(self, len(self.made) + 1))
            return self.made[-1]


class AsyncConnection(Connection):
    """Its calls take some steps of the loop, and may be told to wait."""

    async def close(self) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().close()

    async def ping(self) -> None:  # type: ignore[override]
        await self.driver.pause("ping")
        super().ping()

    async def rollback(self) -> None:  # type: ignore[override]
        await self.driver.pause("rollback")
        super().rollback()


class AsyncDriver(Driver):
    """`gates`: names of calls ("connect", "ping", "rollback") that wait for an event."""

    def __init__(self) -> None:
        super().__init__()
        self.gates: dict[str, asyncio.Event] = {}
        self.steps = 2

    async def pause(self, name: str) -> None:
        for _ in range(self.steps):
            await asyncio.sleep(0)
        if name in self.gates:
            await self.gates[name].wait()

    async def connect(self) -> AsyncConnection:  # type: ignore[override]
        self.attempts += 1
        error = self.errors.pop(0) if self.errors else self.error
        await self.pause("connect")
        if error is not None:
            raise error
        self.live += 1
        self.most = max(self.most, self.live)
        self.made.append(AsyncConnection(self, len(self.made) + 1))
        return self.made[-1]  # type: ignore[return-value]


HOOKS = {
    "check": lambda conn: conn.ping(),
    "reset": lambda conn: conn.rollback(),
    "is_closed": lambda conn: conn.is_closed,
}


class Pools:
    """Makes sync pools, and at the end closes them and looks at the books."""

    def __init__(self, package: ModuleType, driver: Driver, clock: FakeClock) -> None:
        self.package, self.driver, self.clock = package, driver, clock
        self.made: list[Any] = []

    def __call__(self, **options: Any) -> Any:
        options = {"clock": self.clock, **HOOKS, **options}
        pool = self.package.Pool(options.pop("connect", self.driver.connect), **options)
        self.made.append(pool)
        return pool

    def finish(self) -> None:
        for pool in self.made:
            check(pool)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)  # some tests end with a connection held
                pool.close(timeout=0)
            eventually(lambda pool=pool: pool.stats().size == pool.stats().held)
            check(pool)


def check(pool: Any) -> None:
    """The invariants of the ledger (the numbers are those of core.py)."""
    entry = import_module(f"{type(pool).__module__.rpartition('.')[0]}.entry")
    with pool._guard:
        ledger = pool._ledger
        assert not (ledger.idle and ledger.waiters), "1: idle connections and callers that wait"
        states = [one.state for one in ledger.entries.values()]
        assert ledger.size == len(states) + ledger.opening + len(ledger.closing), "2: size"
        assert ledger.opening >= 0
        assert ledger.is_trimming or ledger.size <= ledger.max_size, "2: too many"
        if not ledger.closed and not ledger.is_trimming:
            assert not (ledger.opening < len(ledger.waiters) and ledger.size < ledger.max_size), "3: a slot nobody uses"
        assert all(state in (entry.IDLE, entry.HELD, entry.RETURNING) for state in states), "4: state"
        assert sorted(map(id, ledger.idle)) == sorted(
            id(one) for one in ledger.entries.values() if one.state == entry.IDLE
        ), "4: idle ones"
        assert all(one.state == entry.CLOSING for one in ledger.closing), "4: closing ones"
        assert all(one.conn is not None and key == id(one.conn) for key, one in ledger.entries.items())
        assert not any(one.token for one in ledger.idle), "5: an idle connection that somebody may release"
        places = [waiter.place for waiter in ledger.waiters]
        assert places == sorted(places), "6: order"


# --- threads ---------------------------------------------------------------------------------------


class Worker(threading.Thread):
    """A thread whose result or error is told by `result()`."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.value: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.value = self.work()
        except BaseException as error:
            self.error = error

    def result(self) -> Any:
        self.join(PATIENCE)
        assert not self.is_alive(), "the thread is stuck"
        if self.error is not None:
            raise self.error
        return self.value


def waiting(pool: Any, count: int) -> None:
    eventually(lambda: pool.stats().waiting == count)


class Holder:
    """A thread that holds a connection in a `with` block until it is told to let go."""

    def __init__(self, pool: Any, timeout: float | None = None) -> None:
        self.pool, self.timeout = pool, timeout
        self.conn: Any = None
        self.let_go = threading.Event()
        self.has_it = threading.Event()
        self.worker = Worker(self._hold)

    def _hold(self) -> Any:
        with self.pool.connection(self.timeout) as self.conn:
            self.has_it.set()
            assert self.let_go.wait(PATIENCE)
        return self.conn

    def holds(self) -> Holder:
        eventually(lambda: self.has_it.is_set() or not self.worker.is_alive())
        if not self.has_it.is_set():
            self.worker.result()
        return self

    def release(self) -> Any:
        self.let_go.set()
        return self.worker.result()


# --- tasks -----------------------------------------------------------------------------------------


class JumpingSelector(selectors.SelectSelector):
    """Does not wait: time jumps to the next timer."""

    def __init__(self, clock: JumpingClock) -> None:
        super().__init__()
        self.clock = clock
        self.jumps = self.turns = 0

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        self.turns += 1
        assert self.turns < 500_000, "the loop goes on for ever"
        if not events and timeout is None:
            raise AssertionError("the loop would wait for ever")
        if not events and timeout:
            self.jumps += 1
            assert self.jumps < 50_000, "the loop goes on for ever"
            self.clock.time += timeout
        return events


class JumpingClock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def wait(self, lock: Any, seconds: float) -> bool:
        raise AssertionError("a pool for tasks waits for no lock")


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: JumpingClock) -> None:
        self.clock = clock
        super().__init__(JumpingSelector(clock))

    def time(self) -> float:
        return self.clock.time


class Tasks:
    """What an asynchronous test gets: the package, a driver, a clock, and pools that are closed at its end."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package
        self.driver = AsyncDriver()
        self.clock = JumpingClock()
        self.made: list[Any] = []

    def pool(self, **options: Any) -> Any:
        options = {"clock": self.clock, **HOOKS, **options}
        pool = self.package.AsyncPool(options.pop("connect", self.driver.connect), **options)
        self.made.append(pool)
        return pool

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """In a loop of its own, whose end is as asyncio.run's. Unhandled errors of tasks fail the test."""
        loop = JumpingLoop(self.clock)
        trouble: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: trouble.append(context))
        try:
            result = loop.run_until_complete(self._whole(work))
            rest = asyncio.all_tasks(loop)
            for task in rest:
                task.cancel()
            if rest:
                loop.run_until_complete(asyncio.wait(rest))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
        assert trouble == []
        return result

    async def _whole(self, work: Callable[[], Awaitable[T]]) -> T:
        result = await work()
        await self.finish()
        return result

    async def finish(self) -> None:
        for pool in self.made:
            check(pool)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                await pool.close(timeout=1)
            await steps(4)
            check(pool)
            assert pool._ledger.size == pool.stats().held
        self.made.clear()


async def steps(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def use(pool: Any, timeout: float | None = None) -> Any:
    async with pool.connection(timeout) as conn:
        with conn.use():
            await asyncio.sleep(0)
    return conn


class TaskHolder:
    """A task that holds a connection in an `async with` block until it is told to let go."""

    def __init__(self, pool: Any, timeout: float | None = None) -> None:
        self.conn: Any = None
        self.let_go = asyncio.Event()
        self.pool, self.timeout = pool, timeout
        self.task = asyncio.ensure_future(self._hold())

    async def _hold(self) -> Any:
        async with self.pool.connection(self.timeout) as self.conn:
            await self.let_go.wait()
        return self.conn

    async def holds(self) -> TaskHolder:
        for step in range(1000):
            if self.conn is not None or self.task.done():
                break
            await asyncio.sleep(0 if step < 100 else 0.01)
        assert self.conn is not None or self.task.done(), "waited in vain"
        if self.task.done():
            self.task.result()
        return self

    async def release(self) -> Any:
        self.let_go.set()
        return await self.task


def tight_switching() -> None:
    """Lets threads alternate as often as they can."""
    sys.setswitchinterval(1e-6)
