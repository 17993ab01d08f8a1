"""The dotted names that the catalogue's libraries are known by, to ask of an import what it may lead to."""

from __future__ import annotations

from poollint.catalogue.catalogue import Catalogue
from poollint.catalogue.tables import names_of


class KnownNames:
    """Names of constructors, classes and functions; any other name of a library can denote nothing we know."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._known: set[str] = set()
        self._next: dict[str, set[str]] = {}
        for library in catalogue.libraries:
            self._known.update(names_of(library))
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
