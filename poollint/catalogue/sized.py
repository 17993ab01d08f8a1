"""The keyword arguments that give a library's pool a size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from poollint.model.library import Library
from poollint.model.option import Option


@dataclass(frozen=True, slots=True)
class Sized:
    """`constructor(**arguments)` has room for exactly as many connections as were asked for. `maximum`: the library
    refuses more than that."""

    constructor: str
    arguments: tuple[tuple[str, int | bool], ...]
    maximum: int | None = None

    @property
    def text(self) -> str:
        return f"{self.constructor}({', '.join(f'{keyword}={value}' for keyword, value in self.arguments)})"


def sizable(libraries: Sequence[Library]) -> tuple[Library, ...]:
    """The libraries whose pools can be told a size."""
    return tuple(library for library in libraries if _leading(library) is not None)


def sized(library: Library, size: int) -> Sized:
    """How a pool of a `sizable` library is told to have `size` connections, and to wait when they are all in use
    where the library leaves that open."""
    leading = _leading(library)
    assert leading is not None
    constructor = _constructor(library, leading)
    arguments: dict[str, int | bool] = {}
    for option in library.options:
        if (option.constructors and constructor not in option.constructors) or option.on_call:
            continue
        value = _value(option, leading, size)
        if value is not None:
            arguments.setdefault(option.keyword, value)
    maximum = None if leading.maximum is None else int(leading.maximum)
    return Sized(constructor, tuple(arguments.items()), maximum)


def _leading(library: Library) -> Option | None:
    """The option that limits a pool, or what it keeps for one host where nothing limits all."""
    for role in ("size", "per-host"):
        for option in library.options:
            if option.role == role and not option.through:
                return option
    return None


def _constructor(library: Library, leading: Option) -> str:
    """Its name as users write it; of several the one that threads may share."""
    if leading.constructors:
        return leading.constructors[0]
    owning = [made for made in library.constructors if made.kind in ("pool", "engine", "client")]
    return next((made for made in owning if made.thread_safe), owning[0]).names[0]


def _value(option: Option, leading: Option, size: int) -> int | bool | None:
    if option is leading:
        return size
    if option.role == "overflow":
        return 0
    if option.role == "blocking":
        return True
    if option.role == "idle-size":
        return _kept(option, size)
    return None


def _kept(option: Option, size: int) -> int | None:
    """How many to keep idle: all, where others would be closed or forgotten; no more than the size anywhere."""
    default = option.default[0].value if option.default else None
    if option.closes_above or option.required or default is None:
        return size
    return size if isinstance(default, int) and default > size else None
