"""One pool for all who ask: made by the first call, once, whoever else calls at the same time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import CoroutineType
from typing import Any, Generic, ParamSpec, TypeVar

from .shell import Shell

__all__ = ["Shared", "shared"]

P = ParamSpec("P")
T = TypeVar("T")


class Cell:
    """One value to come. `maker` is the thread that makes it."""

    __slots__ = ("is_made", "lock", "maker", "process", "value")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process = os.getpid()
        self.maker: int | None = None
        self.is_made = False
        self.value: Any = None


class Shared(Generic[P, T]):
    """Call it like the factory. Arguments must be hashable; each combination has one value per process."""

    def __init__(self, factory: Callable[P, T]) -> None:
        self._factory = factory
        self._cells: dict[Any, Cell] = {}
        self._parents: list[Cell] = []
        """What the parent process made: not ours to use, nor to let go of."""
        self.__wrapped__ = factory
        self.__doc__ = factory.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (args, frozenset(kwargs.items())) if kwargs else args
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells.setdefault(key, Cell())
        if cell.process != os.getpid():
            cell = self._in_child(key, cell)
        if cell.is_made:
            value: T = cell.value
            return value
        return self._make(cell, *args, **kwargs)

    def _make(self, cell: Cell, *args: P.args, **kwargs: P.kwargs) -> T:
        if cell.maker == threading.get_ident():
            raise RuntimeError(f"the factory {self._factory!r} asks for what it is making")
        with cell.lock:
            if not cell.is_made:
                cell.maker = threading.get_ident()
                try:
                    value = self._factory(*args, **kwargs)
                finally:
                    cell.maker = None
                if isinstance(value, CoroutineType):
                    value.close()
                    raise TypeError("shared() is for factories that return the pool, not a coroutine")
                cell.value, cell.is_made = value, True
            made: T = cell.value
            return made

    def _in_child(self, key: Any, cell: Cell) -> Cell:
        """After a fork: this package's own pools look after themselves, others are made anew."""
        fresh = Cell()
        if cell.is_made and isinstance(cell.value, Shell):
            fresh.value, fresh.is_made = cell.value, True
        self._parents.append(cell)
        if self._cells.get(key) is cell:
            self._cells[key] = fresh
        return self._cells.setdefault(key, fresh)

    def clear(self) -> list[T]:
        """Forgets what was made, and returns it: close it. For tests."""
        made = [cell.value for cell in self._cells.values() if cell.is_made and cell.process == os.getpid()]
        self._cells = {}
        return made


def shared(factory: Callable[P, T]) -> Shared[P, T]:
    """`get_pool = shared(make_pool)`: `get_pool()` makes the pool at the first call, and returns it ever after.

    A factory that raises is asked again by the next call. Calls that come while it works wait for it."""
    return Shared(factory)
