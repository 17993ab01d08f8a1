"""The dotted names that the catalogue's libraries are known by, to ask of an import what it may lead to."""

from __future__ import annotations

from poollint.catalogue.catalogue import Catalogue


class KnownNames:
    """Names of constructors, classes and functions; any other name of a library can denote nothing we know."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._known: set[str] = set()
        self._next: dict[str, set[str]] = {}
        for library in catalogue.libraries:
            self._known.update(name for kind in library.types for name in kind.names)
            self._known.update(name for constructor in library.constructors for name in constructor.names)
            self._known.update(name for acquire in library.acquires for name in acquire.names)
            self._known.update(name for blocking in library.blocking for name in blocking.names)
            self._known.update(name for f in library.freshness for name in f.constructors)
            self._known.update(name for o in library.options for name in o.constructors)
            for re_export in library.re_exports:
                self._known.update((re_export.name, re_export.target))
        for name in self._known:
            parts = name.split(".")
            for count in range(1, len(parts)):
                self._next.setdefault(".".join(parts[:count]), set()).add(parts[count])

    def is_known(self, dotted: str) -> bool:
        """Whether the name itself denotes something."""
        return dotted in self._known

    def below(self, dotted: str) -> frozenset[str]:
        """The names that lead on from a module or class to something known."""
        return frozenset(self._next.get(dotted, ()))
