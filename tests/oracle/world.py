"""A pool of our own on which generated programs run, under every failure and, where they await, every cancellation."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

RUNS = 4000
TURNS = 4


class Boom(Exception):
    """A failure that no program expects by name."""


class OutOfBudget(Exception):
    """More ways through a program than are worth running."""


class TooManyTurns(Exception):
    """A loop that a run has had enough of."""


@dataclass
class Choices:
    """Decisions of one run: a prefix that is replayed, then always the first; `limits` counts the alternatives."""

    prefix: list[int]
    taken: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    def choose(self, count: int) -> int:
        at = len(self.taken)
        found = self.prefix[at] if at < len(self.prefix) else 0
        self.taken.append(found)
        self.limits.append(count)
        return found

    def following(self) -> list[int] | None:
        """The next prefix in order, None after the last."""
        taken = list(self.taken)
        while taken:
            if taken[-1] + 1 < self.limits[len(taken) - 1]:
                taken[-1] += 1
                return taken
            taken.pop()
        return None


class Connection:
    def __init__(self, world: World) -> None:
        self.world = world

    def commit(self) -> None:
        self.world.may_fail()

    async def execute(self, query: str) -> None:
        await self.world.may_fail_awaited()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc: object) -> None:
        return None


class World:
    """The names that programs use; each call may fail in two ways, each question has two answers."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.out: set[Connection] = set()
        self.has_failed = False
        self.is_cancelled = False
        self.left = TURNS

    # --- what fails ---

    def may_fail(self) -> None:
        kind = self.choices.choose(3)
        if kind:
            self.has_failed = self.has_failed or bool(self.out)
            raise (Boom if kind == 1 else ValueError)

    async def may_fail_awaited(self) -> None:
        kind = self.choices.choose(4)
        if kind == 3:
            self.is_cancelled = self.is_cancelled or bool(self.out)
            raise asyncio.CancelledError
        if kind:
            self.has_failed = self.has_failed or bool(self.out)
            raise (Boom if kind == 1 else ValueError)

    # --- the pool, as psycopg2 and asyncpg have it ---

    def getconn(self) -> Connection:
        self.may_fail()
        return self._given()

    def putconn(self, conn: Connection) -> None:
        self.out.discard(conn)

    async def acquire(self) -> Connection:
        await self.may_fail_awaited()
        return self._given()

    async def release(self, conn: Connection) -> None:
        self.out.discard(conn)

    def _given(self) -> Connection:
        conn = Connection(self)
        self.out.add(conn)
        return conn

    # --- the rest of the programs' world ---

    def asked(self) -> bool:
        self.may_fail()
        return self.choices.choose(2) == 1

    def picked(self) -> int:
        self.may_fail()
        return self.choices.choose(3)

    def turns(self) -> range:
        self.may_fail()
        return range(self.choices.choose(4))

    def append(self, conn: Connection) -> None:
        """A list that lives on: whatever is in it is somebody else's."""
        self.out.discard(conn)

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooManyTurns

    def names(self) -> dict[str, Any]:
        return {
            "pool": self, "asked": self.asked, "picked": self.picked, "turns": self.turns, "work": self.may_fail,
            "awork": self.may_fail_awaited, "step": self.step, "kept": self, "suppress": suppress,
            "ExitStack": ExitStack, "sys": sys, "asyncio": asyncio,
        }  # fmt: skip


def observed(text: str) -> set[str]:
    """How the connection stays out over all runs: "normal", "exceptional", "cancelled"; OutOfBudget when there are
    too many."""
    code = compile(text, "program", "exec")
    found: set[str] = set()
    prefix: list[int] | None = []
    for _ in range(RUNS):
        assert prefix is not None
        world = World(Choices(prefix))
        is_normal = _ran(code, world)
        if world.out and world.is_cancelled:
            found.add("cancelled")
        elif world.out:
            found.add("normal" if is_normal and not world.has_failed else "exceptional")
        prefix = world.choices.following()
        if prefix is None:
            return found
    raise OutOfBudget


def _ran(code: Any, world: World) -> bool:
    """Whether the program ended without an exception; one that enters what is None, or never ends, shows nothing."""
    space = world.names()
    exec(code, space)
    program: Callable[[World], object] = space["f"]
    try:
        result = program(world)
        if isinstance(result, Coroutine):
            result = _driven(result)
        if isinstance(result, Connection):
            world.out.discard(result)
    except (TypeError, TooManyTurns, SystemExit):
        world.out.clear()
    except (Exception, asyncio.CancelledError):
        return False
    return True


def _driven(program: Coroutine[Any, Any, object]) -> object:
    """Nothing in this world waits, so that one push is enough."""
    try:
        program.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a program waits for something")
