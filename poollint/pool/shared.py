"""One pool for all who ask: made by the first call, once, whoever else calls at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import CoroutineType
from typing import Any, Generic, ParamSpec, TypeVar

from .process import generation
from .shell import Shell

__all__ = ["Shared", "shared"]

P = ParamSpec("P")
T = TypeVar("T")


class Cell:
    """One value to come. `maker` is the thread that makes it."""

    __slots__ = ("is_made", "lock", "maker", "value")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.maker: int | None = None
        self.is_made = False
        self.value: Any = None


class Shared(Generic[P, T]):
    """Call it like the factory. Arguments must be hashable; each combination has one value per process."""

    def __init__(self, factory: Callable[P, T]) -> None:
        self._factory = factory
        self._cells: dict[Any, Cell] = {}
        """By the arguments and the process's generation: what the parent made stays here, out of use."""
        self.__wrapped__ = factory
        self.__doc__ = factory.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (len(generation), args, frozenset(kwargs.items()))
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells.setdefault(key, Cell())  # one for all who come at once
        if cell.is_made:
            value: T = cell.value
            return value
        if cell.maker == threading.get_ident():
            raise RuntimeError(f"the factory {self._factory!r} asks for what it is making")
        with cell.lock:
            if not cell.is_made:
                cell.maker = threading.get_ident()
                try:
                    cell.value = self._inherited(key) or self._made(*args, **kwargs)
                    cell.is_made = True
                finally:
                    cell.maker = None
            made: T = cell.value
            return made

    def _made(self, *args: P.args, **kwargs: P.kwargs) -> T:
        value = self._factory(*args, **kwargs)
        if isinstance(value, CoroutineType):
            value.close()
            raise TypeError("shared() is for factories that return the pool, not a coroutine")
        return value

    def _inherited(self, key: tuple[int, Any, Any]) -> Any:
        """This package's own pools look after themselves when a process forks; others are made anew."""
        forks, args, kwargs = key
        for earlier in range(forks):
            cell = self._cells.get((earlier, args, kwargs))
            if cell is not None and cell.is_made and isinstance(cell.value, Shell):
                return cell.value
        return None

    def clear(self) -> list[T]:
        """Forgets what was made, and returns it: close it. For tests."""
        made = [cell.value for key, cell in self._cells.items() if cell.is_made and key[0] == len(generation)]
        self._cells = {key: cell for key, cell in self._cells.items() if key[0] != len(generation)}
        return made


def shared(factory: Callable[P, T]) -> Shared[P, T]:
    """`get_pool = shared(make_pool)`: `get_pool()` makes the pool at the first call, and returns it ever after.

    A factory that raises is asked again by the next call. Calls that come while it works wait for it."""
    return Shared(factory)
