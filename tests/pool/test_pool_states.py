"""Anything in any order: the ledger alone, and the pool for tasks on a loop whose time jumps."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pool_support import HOOKS, AsyncDriver, JumpingClock, JumpingLoop, check

STEPS = settings(
    max_examples=100, stateful_step_count=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


class Shelf:
    """What `check` asks of a pool."""

    def __init__(self, package: ModuleType, ledger: Any) -> None:
        self._guard = nullcontext()
        self._ledger = ledger
        self.__class__ = type("Shelf", (Shelf,), {"__module__": f"{package.__name__}.shell"})


def ledger_machine(package: ModuleType) -> type[RuleBasedStateMachine]:
    names = ("core", "entry", "chores", "options")
    core, entry, chores, options = (importlib.import_module(f"{package.__name__}.{name}") for name in names)

    class Waiter(entry.Waiter):  # type: ignore[misc, name-defined]
        __slots__ = ()

        def wake(self) -> None:
            machine.awake.append(self)

    class Machine(RuleBasedStateMachine):
        @initialize(size=st.integers(1, 4), least=st.integers(0, 2))
        def begin(self, size: int, least: int) -> None:
            nonlocal machine
            machine = self
            self.ledger = core.Ledger(
                options.Options(min_size=min(least, size), max_size=size, max_idle=30, max_lifetime=100, hook_timeout=5)
            )
            self.ledger.spread.phase = 0.5  # hypothesis wants to see the same twice
            self.now = 0.0
            self.awake: list[Any] = []
            self.queue: list[Any] = []
            self.held: list[Any] = []
            self.opening: list[Any] = []
            self.closing: list[Any] = []

        def settle(self) -> None:
            """What a shell does after each change: starts connects, and looks at who was woken."""
            self.opening += [one for one in self.ledger.reserve(self.now) if self.ledger.begin(one)]
            for waiter in self.awake:
                assert (waiter.token is None) != (waiter.error is None), "served, or told why not"
                if waiter.token is not None:
                    assert waiter is self.queue[0], "in the order of their arrival"
                    self.hold(waiter.token)
                self.queue.remove(waiter)
            self.awake.clear()

        def hold(self, token: Any) -> None:
            assert all(token[0] is not other[0] for other in self.held), "handed out twice"
            self.held.append(token)

        def give(self, one: Any) -> None:
            if not self.ledger.release(one, self.now):
                self.retire(one)
            self.settle()

        def retire(self, one: Any) -> None:
            if self.ledger.retire(one, self.now):
                self.closing.append(one)
            self.settle()

        @rule()
        def acquire(self) -> None:
            if self.ledger.closed:
                return
            token = self.ledger.acquire(self.now)
            if token:
                assert not self.queue, "past those who wait"
                self.hold(token)
            else:
                waiter = Waiter()
                self.ledger.enqueue(waiter, self.now)
                self.queue.append(waiter)
            self.settle()

        @precondition(lambda self: self.held)
        @rule(data=st.data(), is_stale=st.booleans())
        def comes_back_stale(self, data: st.DataObject, is_stale: bool) -> None:
            """An idle one that a check found dead: its caller queues again, before all who came later."""
            token = data.draw(st.sampled_from(self.held))
            self.held.remove(token)
            one = token.pop()
            place = one.place
            self.retire(one)
            if self.ledger.closed or not is_stale:
                return
            again = self.ledger.acquire(self.now)
            if again:
                self.hold(again)
            else:
                waiter = Waiter()
                self.ledger.enqueue(waiter, self.now, place)
                self.queue.append(waiter)
                self.queue.sort(key=lambda other: other.place)
            self.settle()

        @precondition(lambda self: self.held)
        @rule(data=st.data())
        def release(self, data: st.DataObject) -> None:
            token = data.draw(st.sampled_from(self.held))
            self.held.remove(token)
            one = token.pop()
            one.state = entry.RETURNING
            self.give(one)

        @precondition(lambda self: self.queue)
        @rule(data=st.data())
        def leave(self, data: st.DataObject) -> None:
            waiter = data.draw(st.sampled_from(self.queue))
            assert not self.ledger.withdraw(waiter, self.now)
            self.queue.remove(waiter)
            self.settle()

        @precondition(lambda self: self.opening)
        @rule(data=st.data(), end=st.sampled_from(["opens", "fails", "stops"]))
        def connect(self, data: st.DataObject, end: str) -> None:
            opening = data.draw(st.sampled_from(self.opening))
            self.opening.remove(opening)
            if end == "opens":
                self.give(self.ledger.opened(opening, object(), self.now))
            elif end == "fails":
                self.ledger.open_failed(opening, ConnectionError(), self.now)
            else:
                self.ledger.cancel_opening(opening, self.now)
            self.settle()

        @precondition(lambda self: self.closing)
        @rule(data=st.data())
        def finish(self, data: st.DataObject) -> None:
            one = data.draw(st.sampled_from(self.closing))
            self.closing.remove(one)
            self.ledger.closed_one(one)
            self.settle()

        @rule(seconds=st.sampled_from([0.1, 1, 10, 40, 200]))
        def time_passes(self, seconds: float) -> None:
            self.now += seconds
            found = chores.look(self.ledger, self.now)
            self.closing += [*found.expired, *found.overdue]
            self.settle()

        @rule()
        def evict(self) -> None:
            self.closing += self.ledger.evict_all(self.now)
            self.settle()

        @rule(size=st.integers(1, 4), least=st.integers(0, 2))
        def resize(self, size: int, least: int) -> None:
            self.closing += self.ledger.resize(min(least, size), size, self.now)
            self.settle()

        @precondition(lambda self: self.now > 150)
        @rule()
        def close(self) -> None:
            self.closing += self.ledger.close(self.now)
            self.settle()

        @invariant()
        def books_balance(self) -> None:
            if hasattr(self, "ledger"):
                check(Shelf(package, self.ledger))
                assert list(self.ledger.waiters) == self.queue
                assert len(self.opening) == self.ledger.opening
                assert len(self.ledger.entries) - len(self.ledger.idle) == len(self.held)

    machine: Any = None
    return Machine


def pool_machine(package: ModuleType) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        @initialize(size=st.integers(1, 3), least=st.integers(0, 1))
        def begin(self, size: int, least: int) -> None:
            self.clock = JumpingClock()
            self.loop = JumpingLoop(self.clock)
            self.trouble: list[Any] = []
            self.loop.set_exception_handler(lambda _, context: self.trouble.append(context))
            self.driver = AsyncDriver()
            self.most = size
            self.pool = package.AsyncPool(
                self.driver.connect, min_size=least, max_size=size, timeout=20, max_idle=30, max_lifetime=100,
                clock=self.clock, **HOOKS
            )  # fmt: skip
            self.pool._ledger.spread.phase = 0.5
            self.tasks: list[Any] = []
            self.events: list[asyncio.Event] = []

        async def hold(self, let_go: asyncio.Event) -> None:
            async with self.pool.connection() as conn:
                with conn.use():
                    await let_go.wait()

        def run(self, count: int = 1) -> None:
            async def steps() -> None:
                for _ in range(count):
                    await asyncio.sleep(0)
                    check(self.pool)

            self.loop.run_until_complete(steps())

        @rule(count=st.integers(0, 6))
        def caller(self, count: int) -> None:
            self.events.append(asyncio.Event())
            self.tasks.append(self.loop.create_task(self.hold(self.events[-1])))
            self.run(count)

        @precondition(lambda self: self.tasks)
        @rule(data=st.data(), count=st.integers(0, 6))
        def let_go(self, data: st.DataObject, count: int) -> None:
            data.draw(st.sampled_from(self.events)).set()
            self.run(count)

        @precondition(lambda self: self.tasks)
        @rule(data=st.data(), count=st.integers(0, 6), times=st.integers(1, 3))
        def cancel(self, data: st.DataObject, count: int, times: int) -> None:
            task = data.draw(st.sampled_from(self.tasks))
            for _ in range(times):
                task.cancel()
                self.run(1)
            self.run(count)

        @precondition(lambda self: self.driver.made)
        @rule(data=st.data())
        def die(self, data: st.DataObject) -> None:
            data.draw(st.sampled_from(self.driver.made)).is_dead = True

        @rule(seconds=st.sampled_from([0.3, 1, 10, 40]))
        def time_passes(self, seconds: float) -> None:
            self.loop.run_until_complete(asyncio.sleep(seconds))

        @rule(is_down=st.booleans())
        def server(self, is_down: bool) -> None:
            self.driver.error = ConnectionError("down") if is_down else None

        @rule(size=st.integers(1, 3))
        def resize(self, size: int) -> None:
            self.most = max(self.most, size)

            async def work() -> None:
                self.pool.resize(0, size)

            self.loop.run_until_complete(work())
            self.run(3)

        @rule()
        def evict(self) -> None:
            async def work() -> None:
                self.pool.evict_all()

            self.loop.run_until_complete(work())

        @invariant()
        def books_balance(self) -> None:
            if hasattr(self, "pool"):
                check(self.pool)
                assert self.driver.live <= self.driver.most <= self.most
                assert self.trouble == []

        def teardown(self) -> None:
            if not hasattr(self, "pool"):
                return
            self.driver.error = None
            for event in self.events:
                event.set()

            async def end() -> None:
                results = await asyncio.gather(*self.tasks, return_exceptions=True)
                allowed = (asyncio.CancelledError, ConnectionError, package.PoolTimeout)
                assert all(result is None or isinstance(result, allowed) for result in results), results
                size = self.pool.stats().max_size
                blocks = [self.pool.connection(timeout=30) for _ in range(size)]
                for block in blocks:
                    await block.__aenter__()
                for block in blocks:
                    await block.__aexit__(None, None, None)
                await self.pool.close()

            self.loop.run_until_complete(end())
            self.run(5)
            self.loop.close()
            assert self.driver.live == 0
            assert all(conn.closes == 1 for conn in self.driver.made)
            assert self.trouble == []

    return Machine


@pytest.mark.parametrize("machine", [ledger_machine, pool_machine])
def test_anything_in_any_order(package: ModuleType, machine: Any) -> None:
    run_state_machine_as_test(machine(package), settings=STEPS)
