"""Libraries that are nothing but a record of what is done with them, for running a fixture before and after its fix.

Whatever a fixture imports, but for the standard library, is a `Fake`. Each call of one is an operation; the n-th
raises. Acquires and releases are no operations: they are what a fix may change; they count what is held.
"""

from __future__ import annotations

import asyncio
import builtins
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import cache
from typing import Any

from poollint.catalogue.catalogue import load_catalogue

OPERATIONS = 9
"""Faults are tried at so many operations."""


class Fault(Exception):
    """What the n-th operation raises."""


@cache
def words() -> tuple[frozenset[str], frozenset[str]]:
    """Names of calls that acquire, and of calls that release or only end things."""
    acquires = {"borrow", "aborrow"}
    releases = {"closing", "aclosing", "close", "aclose", "remove"}
    catalogue = load_catalogue()
    for library in catalogue.libraries:
        for acquire in library.acquires:
            if catalogue.type(catalogue.joined(library, acquire.returns)).kind == "cursor":
                continue
            acquires.update(acquire.methods)
            acquires.update(name.rpartition(".")[2] for name in acquire.names)
            releases.update(release.method for release in acquire.release)
        for made in library.constructors:
            if made.kind in ("connection", "session"):
                acquires.update(name.rpartition(".")[2] for name in made.names)
            releases.update(made.close)
    return frozenset(acquires), frozenset(releases - acquires)


class World:
    def __init__(self, fault_at: int, error: type[BaseException]) -> None:
        self.fault_at, self.error = fault_at, error
        self.trace: list[str] = []
        self.held: set[int] = set()
        self.kept: list[Fake] = []

    def step(self, what: str) -> None:
        self.trace.append(what)
        if len(self.trace) == self.fault_at:
            raise self.error(what)

    def called(self, fake: Fake, arguments: tuple[Any, ...]) -> Fake:
        acquires, releases = words()
        name = fake.path.rpartition(".")[2]
        if name in releases:
            for other in (fake.owner, *arguments):
                self.let_go(other)
            return arguments[0] if name in ("closing", "aclosing") else Fake(self, "nothing")
        if name in acquires:
            made = Fake(self, "acquired")
            self.kept.append(made)
            self.held.add(id(made))
            return made
        self.step(fake.path)
        return Fake(self, f"{fake.path}()")

    def let_go(self, fake: object) -> None:
        self.held.discard(id(fake))


class Fake:
    def __init__(self, world: World, path: str, owner: Fake | None = None) -> None:
        self.world, self.path, self.owner = world, path, owner

    def __getattr__(self, name: str) -> Fake:
        if name.startswith("__"):
            raise AttributeError(name)
        return Fake(self.world, f"{self.path}.{name}", self)

    def __call__(self, *arguments: Any, **_: Any) -> Fake:
        return self.world.called(self, arguments)

    def __getitem__(self, key: object) -> Fake:
        return Fake(self.world, f"{self.path}[]")

    def keys(self) -> list[str]:
        """For `**fake`."""
        return []

    def __await__(self) -> Generator[Any, Any, Fake]:
        yield from asyncio.sleep(0).__await__()
        return self

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        self.world.let_go(self)

    async def __aenter__(self) -> Fake:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.world.let_go(self)

    def __iter__(self) -> Iterator[Fake]:
        yield from (Fake(self.world, f"{self.path}[]") for _ in range(2))

    async def __aiter__(self) -> AsyncIterator[Fake]:
        for item in self:
            yield item

    def __contains__(self, item: object) -> bool:
        return False

    def __or__(self, other: object) -> Fake:
        return self

    __ror__ = __or__


def module(text: str, world: World) -> dict[str, Any]:
    """The names of a fixture, run over fakes."""

    def imported(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if name.partition(".")[0] in sys.stdlib_module_names:
            return builtins.__import__(name, globals, locals, fromlist, level)
        return Fake(world, name if fromlist else name.partition(".")[0])

    names: dict[str, Any] = {"__name__": "fixture", "__builtins__": {**vars(builtins), "__import__": imported}}
    exec(compile(text, "fixture.py", "exec", dont_inherit=True), names)
    world.trace.clear()
    world.held.clear()
    return names


Outcome = tuple[str, tuple[str, ...], int]
"""(result or error, operations, how many are still held)"""


def outcome(text: str, function: str, fault_at: int, error: type[BaseException], number: int) -> Outcome:
    world = World(0, error)
    called = module(text, world)[function]
    world.fault_at = fault_at
    arguments = [_argument(world, parameter, number) for parameter in inspect.signature(called).parameters.values()]
    try:
        result = _shown(_run(called, arguments, world))
    except BaseException as raised:
        result = f"{type(raised).__name__}: {raised}"
    return result, tuple(world.trace), len(world.held)


def _argument(world: World, parameter: inspect.Parameter, number: int) -> Any:
    annotation = str(parameter.annotation)
    if "int" in annotation or "float" in annotation:
        return number if parameter.name != "limit" else 3
    if "set" in annotation:
        return {number} if number > 3 else set()
    return str(number) if "str" in annotation else Fake(world, parameter.name)


def _run(called: Callable[..., Any], arguments: list[Any], world: World) -> Any:
    result = called(*arguments)
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if inspect.isgenerator(result):
        return [_shown(item) for item in result]
    if hasattr(type(result), "__enter__") and not isinstance(result, Fake):
        with result as given:
            world.step("the block")
            return given
    return result


def _shown(result: object) -> str:
    if isinstance(result, Fake):
        return result.path
    if isinstance(result, (list, tuple)):
        return f"[{', '.join(map(_shown, result))}]"
    return repr(result) if isinstance(result, (int, str, float, bool, type(None))) else type(result).__name__
