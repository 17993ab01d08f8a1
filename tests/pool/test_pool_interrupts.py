"""KeyboardInterrupt wherever CPython may raise it inside the pool: no slot is lost, nothing is handed out twice."""

from __future__ import annotations

import dis
import gc
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest
from pool_support import Driver, FakeClock, Holder, Pools, Worker, check, eventually, kept, waiting

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="older interpreters may stop before any instruction")
traced = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="3.12 and 3.13 do not tell a tracer of every instruction"
)

ASKING = frozenset({"RESUME", "JUMP_BACKWARD", "CALL", "CALL_FUNCTION_EX", "CALL_KW"})
"""Instructions at whose end the interpreter looks for signals; a call only if it was not one of a Python function."""


class Interrupter:
    """Raises KeyboardInterrupt at the instruction of the given number that could be reached by a real one."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = str(folder)
        self.left = number
        self.place = ""
        self.before: dict[FrameType, str] = {}
        self.names: dict[CodeType, dict[int, str]] = {}

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        """For sys.settrace. Functions of the standard library that the pool calls count as one instruction."""
        caller = frame.f_back
        if caller in self.before:
            self.before[caller] = ""  # the call was one of a Python function, which has asked itself
        if not frame.f_code.co_filename.startswith(self.folder) or frame.f_code.co_name == "__del__":
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self.step

    def step(self, frame: FrameType, event: str, argument: object) -> Any:
        if event != "opcode":
            return self.step
        before = self.before.get(frame, "")
        self.before[frame] = self.name_of(frame)
        if before in ASKING:
            self.left -= 1
            if self.left < 0:
                self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self.step

    def name_of(self, frame: FrameType) -> str:
        names = self.names.get(frame.f_code)
        if names is None:
            names = self.names[frame.f_code] = {one.offset: one.opname for one in dis.get_instructions(frame.f_code)}
        return names[frame.f_lasti]


Story = Callable[[Any, Driver, FakeClock], Callable[[], None]]
"""Prepares the pool, and returns what is then interrupted."""


def use(pool: Any) -> None:
    with pool.connection() as conn, conn.use():
        pass


def idle(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    use(pool)
    return lambda: use(pool)


def cold(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    return lambda: use(pool)


def refused(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    driver.errors.append(ConnectionError("refused"))

    def work() -> None:
        with pytest.raises(ConnectionError):
            use(pool)

    return work


def stale(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    use(pool)
    driver.made[0].is_dead = True
    clock.advance(1)
    return lambda: use(pool)


def unresettable(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    def work() -> None:
        with pool.connection() as conn:
            conn.is_dead = True

    use(pool)
    return work


def queued(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    holders = [Holder(pool).holds(), Holder(pool).holds()]

    def serve() -> None:
        eventually(lambda: pool.stats().waiting or is_over.is_set())
        for holder in holders:
            holder.release()

    is_over = threading.Event()
    worker = Worker(serve)

    def work() -> None:
        try:
            use(pool)
        finally:
            is_over.set()
            worker.result()

    return work


def timed_out(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    holders = [Holder(pool).holds(), Holder(pool).holds()]

    def work() -> None:
        try:
            with pytest.raises(TimeoutError), pool.connection(timeout=0):
                pass
        finally:
            for holder in holders:
                holder.release()

    return work


def served(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    """The one who is interrupted gives to one who waits."""
    holder = Holder(pool).holds()

    def work() -> None:
        waiter = None
        try:
            with pool.connection():
                waiter = Holder(pool)
                waiting(pool, 1)
        finally:
            for one in (holder, waiter):
                if one is not None:
                    one.let_go.set()
            if waiter is not None:
                kept(pool, lambda: clock.advance(1) or not waiter.worker.is_alive())
                waiter.worker.result()
            holder.worker.result()

    return work


def discarded(pool: Any, driver: Driver, clock: FakeClock) -> Callable[[], None]:
    use(pool)

    def work() -> None:
        with pool.connection() as conn:
            conn.is_closed = True
            driver.live -= 1
        pool.evict_all()
        pool.resize(0, 1)
        pool.resize(0, 2)
        pool.stats()

    return work


@pytest.fixture
def quick_collections() -> Iterator[None]:
    """What other tests have left is not looked at each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


STORIES: tuple[Story, ...] = (idle, cold, refused, stale, unresettable, queued, timed_out, served, discarded)


@traced
@pytest.mark.usefixtures("quick_collections")
@pytest.mark.parametrize("story", STORIES)
def test_interrupted_at_each_instruction(package: ModuleType, story: Story) -> None:
    folder = Path(package.__file__ or "").parent
    number = 0
    while True:
        driver, clock = Driver(), FakeClock()
        pools = Pools(package, driver, clock)
        pool = pools(max_size=2, timeout=10_000.0)
        work = story(pool, driver, clock)
        interrupter = Interrupter(folder, number)
        is_interrupted = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            before = sys.gettrace()
            sys.settrace(interrupter)
            try:
                work()
            except KeyboardInterrupt:
                is_interrupted = True
            finally:
                sys.settrace(before)
            interrupter.before.clear()  # the frames, and what they hold
            gc.collect()
        assert_nothing_is_lost(pool, driver, clock, interrupter.place)
        pools.finish()
        if not is_interrupted:
            break
        number += 1
    assert number > 5


def assert_nothing_is_lost(pool: Any, driver: Driver, clock: FakeClock, place: str) -> None:
    """What nobody goes on with is seen by one look of the keeper, and given up by a later one."""
    driver.errors.clear()
    pool.resize(0, 2)
    worker = Worker(lambda: [pool.acquire(), pool.acquire()])
    try:
        kept(pool, lambda: clock.advance(1) or not worker.is_alive())
        one, other = worker.result()
        with one.use(), other.use():
            pool.release(one)
        pool.release(other)
        kept(pool, lambda: clock.advance(1) or pool.stats().size == pool.stats().idle)
        check(pool)
    except BaseException as error:
        raise AssertionError(f"interrupted at {place}: {pool.stats()}") from error
    assert driver.most <= 2


class WatchedLock:
    """Says so where a thread would wait for itself."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.owner = 0

    def locked(self) -> bool:
        return self.lock.locked()

    def __enter__(self) -> None:
        assert self.owner != threading.get_ident(), "this thread has the lock"
        self.lock.acquire()
        self.owner = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self.owner = 0
        self.lock.release()


@pytest.mark.parametrize("is_reset_slow", [False, True])
def test_a_block_that_ends_in_the_midst_of_the_pool(pools: Pools, is_reset_slow: bool) -> None:
    """A generator that nobody ended is closed by the garbage collector, which may run while this very thread has the
    pool's lock: its block must not wait for that."""

    def rows() -> Iterator[int]:
        with pool.connection():
            yield 1

    class Clock(FakeClock):
        def now(self) -> float:
            if abandoned and pool._lock.locked():  # as in the allocation of a queue's new member
                abandoned.pop().close()
            return super().now()

    abandoned: list[Any] = []
    pool = pools(max_size=2, clock=Clock(), reset=(lambda conn: pool.stats()) if is_reset_slow else None)
    pool._lock = pool._guard = WatchedLock()
    generator = rows()
    next(generator)
    abandoned.append(generator)
    pool.evict_all()
    assert not abandoned
    eventually(lambda: pool.stats().held == pool.stats().closing == 0)
    assert (pool.stats().size, pool.stats().dropped) == (0, 0)
    with pool.connection(), pool.connection():
        pass
