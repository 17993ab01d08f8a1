"""Tables of the catalogue's entries: by (type id, method), by dotted name, and which names are one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from poollint.model.library import FactoryCall, Library


class OnMethods(Protocol):
    """An entry about methods of types."""

    @property
    def on(self) -> tuple[str, ...]: ...

    @property
    def methods(self) -> tuple[str, ...]: ...


class Named(Protocol):
    """An entry about dotted names."""

    @property
    def names(self) -> tuple[str, ...]: ...


T = TypeVar("T")
M = TypeVar("M", bound=OnMethods)
N = TypeVar("N", bound=Named)
Said = tuple[Library, T]
ByMethod = dict[tuple[str, str], Said[T]]
CALLED = ""
"""In place of a method: calling the object itself."""


def by_method(libraries: Iterable[Library], entries: Callable[[Library], Sequence[M]]) -> ByMethod[M]:
    """(type id, method) -> who says what; the first that says it holds."""
    found: ByMethod[M] = {}
    for library in libraries:
        for entry in entries(library):
            methods = entry.methods
            if not methods and isinstance(entry, FactoryCall):
                methods = (CALLED,)
            for kind in entry.on:
                for method in methods:
                    found.setdefault((full_id(library.name, kind), method), (library, entry))
    return found


def by_name(libraries: Iterable[Library], entries: Callable[[Library], Sequence[N]]) -> dict[str, Said[N]]:
    """Dotted name -> who says what."""
    found: dict[str, Said[N]] = {}
    for library in libraries:
        for entry in entries(library):
            for name in entry.names:
                found.setdefault(name, (library, entry))
    return found


def names_of(library: Library) -> Iterator[str]:
    """The dotted names that a library is known by: of its constructors, classes and functions."""
    named: tuple[Named, ...] = (*library.types, *library.constructors, *library.acquires, *library.blocking)
    for entry in named:
        yield from entry.names
    for freshness in library.freshness:
        yield from freshness.constructors
    for option in library.options:
        yield from option.constructors
    for re_export in library.re_exports:
        yield from (re_export.name, re_export.target)


def canonical_names(libraries: Iterable[Library]) -> dict[str, str]:
    found: dict[str, str] = {}
    for library in libraries:
        for constructor in library.constructors:
            first: dict[tuple[str, str], str] = {}
            for name in constructor.names:
                known = first.setdefault(_last_words(name), name)
                if known != name:
                    found[name] = known
        for re_export in library.re_exports:
            found[re_export.name] = re_export.target
    return {name: _followed(name, found) for name in found}


def _last_words(name: str) -> tuple[str, str]:
    """(root, own name with its class): equal for one object listed under two modules."""
    words = name.split(".")
    own = 2 if len(words) > 2 and words[-2][:1].isupper() else 1
    return words[0], ".".join(words[-own:])


def _followed(name: str, found: dict[str, str]) -> str:
    for _ in range(8):
        if name not in found:
            break
        name = found[name]
    return name


def full_id(library: str, name: str) -> str:
    return name if ":" in name else f"{library}:{name}"


def short_id(type_id: str) -> str:
    """`mine:sqlalchemy:engine`, a type of another library as an entry's owner joined it, by its own id."""
    return type_id if type_id.count(":") < 2 else ":".join(type_id.rsplit(":", 2)[1:])
