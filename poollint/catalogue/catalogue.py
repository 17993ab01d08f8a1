"""Everything that the analysis may ask of the catalogue, by dotted name or by (type id, method).

A type id is `library:type` (`framework:type` for applications). A type has the methods and attributes of its
`bases` too, nearest first. Answers about libraries name the library that says so, since types within an
entry are named within that library.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

from poollint.catalogue.applications import Applications
from poollint.catalogue.load import CatalogueError, files, load_framework, load_library
from poollint.catalogue.tables import CALLED, Said, by_method, by_name, canonical_names, full_id, names_of, short_id
from poollint.model.framework import Framework
from poollint.model.library import POOL_OWNING, Acquire, Blocking, Constructor, Derive, Implicit, Library, Type
from poollint.model.option import Freshness, Misfit, Option, Unbounded

T = TypeVar("T")
UNKNOWN_TYPE = Type(name="", kind="other")


class Catalogue(Applications):
    """The look-ups, precomputed; nothing in it changes after it is built."""

    def __init__(
        self, libraries: Sequence[Library], frameworks: Sequence[Framework], declared: Sequence[Library] = ()
    ) -> None:
        super().__init__(frameworks)
        self.libraries = tuple(libraries)
        self.library_roots = frozenset(root for library in libraries for root in library.roots)
        self.roots = self.library_roots | self.framework_roots
        told = [library for library in libraries if library.file_role]
        self.file_roles = {root: library.file_role for library in told for root in library.roots}
        """Import root -> the part that files play which import it."""
        self._types = {f"{library.name}:{kind.name}": kind for library in libraries for kind in library.types}
        self._lineage = {type_id: tuple(self._ancestors(type_id, ())) for type_id in self._types}
        self._canonical = canonical_names(libraries)
        self.declared = frozenset(name for library in declared for name in names_of(library))
        """Names that users describe: they may stand in the project itself."""
        self._index_libraries()

    def _index_libraries(self) -> None:
        self._constructors: dict[str, Said[Constructor]] = {}
        self._makers: dict[str, Said[Constructor]] = {}
        self._closers: set[tuple[str, str]] = set()
        self._classes: dict[str, str] = {}
        self._instances: dict[str, str] = {}
        self._options: dict[str, tuple[Option, ...]] = {}
        self._freshness: dict[str, Said[Freshness]] = {}
        for library in self.libraries:
            for kind in library.types:
                self._classes.update(dict.fromkeys(kind.names, f"{library.name}:{kind.name}"))
                self._instances.update(dict.fromkeys(kind.instances, f"{library.name}:{kind.name}"))
            for constructor in library.constructors:
                self._index_constructor(library, constructor)
            for freshness in library.freshness:
                for name in freshness.constructors:
                    self._freshness.setdefault(self.canonical(name), (library, freshness))
        self._acquires = by_method(self.libraries, lambda library: library.acquires)
        self._derives = {
            key: replace(derive, returns=full_id(library.name, derive.returns)) if derive.returns else derive
            for key, (library, derive) in by_method(self.libraries, lambda library: library.derives).items()
        }
        self._blocking = by_method(self.libraries, lambda library: library.blocking)
        self._implicit = by_method(self.libraries, lambda library: library.implicit)
        self._factories = by_method(self.libraries, lambda library: library.factories)
        self._unbounded: dict[tuple[str, str], list[Said[Unbounded]]] = {}
        for library in self.libraries:
            for unbounded in library.unbounded:
                for on in unbounded.on:
                    for method in unbounded.methods:
                        key = (full_id(library.name, on), method)
                        self._unbounded.setdefault(key, []).append((library, unbounded))
        self._unbounded_functions = {
            self.canonical(name): said
            for name, said in by_name(self.libraries, lambda library: library.unbounded).items()
        }
        self._misfits: dict[str, list[Said[Misfit]]] = {}
        self._misfits_of_methods: dict[tuple[str, str], list[Said[Misfit]]] = {}
        for library in self.libraries:
            for misfit in library.misfits:
                for name in misfit.constructors:
                    self._misfits.setdefault(self.canonical(name), []).append((library, misfit))
                for on in misfit.on:
                    for method in misfit.methods:
                        key = (full_id(library.name, on), method)
                        self._misfits_of_methods.setdefault(key, []).append((library, misfit))
        self._acquire_functions = by_name(self.libraries, lambda library: library.acquires)
        self._blocking_functions = by_name(self.libraries, lambda library: library.blocking)
        self._unique = {
            method: (library, acquire)
            for library in self.libraries
            for acquire in library.acquires
            if acquire.unique_method
            for method in acquire.methods
        }
        self.unique_methods = frozenset(self._unique)
        spoken_of = (self._acquires, self._derives, self._blocking, self._implicit)
        self.method_names = frozenset(method for table in spoken_of for _, method in table)
        """Names of all methods that work on a connection, of whatever type."""

    def _index_constructor(self, library: Library, constructor: Constructor) -> None:
        made = self.joined(library, constructor.makes)
        self._makers.setdefault(made, (library, constructor))
        self._closers.update((made, method) for method in constructor.close)
        for name in constructor.names:
            self._constructors.setdefault(name, (library, constructor))
            if name.rpartition(".")[2][:1].isupper():
                self._classes.setdefault(name, made)

    # --- names ---

    def canonical(self, dotted: str) -> str:
        """The catalogue's own name of a re-exported or doubly listed one; other names stay."""
        return self._canonical.get(dotted, dotted)

    def constructor(self, dotted: str) -> Said[Constructor] | None:
        return self._constructors.get(dotted) or self._constructors.get(self.canonical(dotted))

    def constructor_of_type(self, type_id: str) -> Said[Constructor] | None:
        """The first constructor that makes objects of exactly this type."""
        return self._makers.get(short_id(type_id))

    def made_type(self, library: Library, constructor: Constructor, given: Mapping[str, str]) -> str:
        """The type id that a construction makes; `given`: keyword -> dotted name of its value, where it is one."""
        for keyword, made in constructor.makes_when.items():
            named = {self.canonical(name): kind for name, kind in made.items()}
            kind = named.get(self.canonical(given.get(keyword, "")))
            if kind is not None:
                return self.joined(library, kind)
        return self.joined(library, constructor.makes)

    def acquire_function(self, dotted: str) -> Said[Acquire] | None:
        return self._acquire_functions.get(dotted) or self._acquire_functions.get(self.canonical(dotted))

    def blocking_function(self, dotted: str) -> Said[Blocking] | None:
        """A function that waits. Constructors that connect at once say so by `blocks` instead."""
        return self._blocking_functions.get(dotted) or self._blocking_functions.get(self.canonical(dotted))

    def type_of_class(self, dotted: str) -> str | None:
        """The type of a class's instances, for annotations, bases and `isinstance`."""
        return self._classes.get(dotted) or self._classes.get(self.canonical(dotted))

    def type_of_instance(self, dotted: str) -> str | None:
        """The type of a ready-made object of a module."""
        return self._instances.get(dotted)

    def classes(self) -> dict[str, str]:
        """Class -> type id of its instances."""
        return dict(self._classes)

    def options_of(self, dotted: str) -> tuple[Option, ...]:
        """The settings that a constructor, by any of its names, takes."""
        name = self.canonical(dotted)
        if name not in self._options:
            made = self.constructor(name)
            self._options[name] = () if made is None else tuple(self._options_of(name, *made))
        return self._options[name]

    def _options_of(self, name: str, library: Library, constructor: Constructor) -> Iterator[Option]:
        for option in library.options:
            named = {self.canonical(other) for other in option.constructors}
            if name in named or (not named and constructor.kind in POOL_OWNING):
                yield option

    def freshness_of(self, dotted: str) -> Said[Freshness] | None:
        return self._freshness.get(self.canonical(dotted))

    def unbounded_function(self, dotted: str) -> Said[Unbounded] | None:
        return self._unbounded_functions.get(self.canonical(dotted))

    def misfits(self, dotted: str) -> Sequence[Said[Misfit]]:
        """What may be wrong with the settings of a constructor."""
        return self._misfits.get(self.canonical(dotted), ())

    def unique_acquire(self, method: str) -> Said[Acquire] | None:
        """The acquire of a method name that one library alone has."""
        return self._unique.get(method)

    # --- types of libraries ---

    def type(self, type_id: str) -> Type:
        return self._types.get(short_id(type_id), UNKNOWN_TYPE)

    def lineage(self, type_id: str) -> tuple[str, ...]:
        """The type and its bases, nearest first."""
        return self._lineage.get(short_id(type_id), ())

    def acquire(self, type_id: str, method: str) -> Said[Acquire] | None:
        return self._inherited(type_id, lambda kind: self._acquires.get((kind, method)))

    def derive(self, type_id: str, method: str) -> Derive | None:
        """`returns` of the answer is a full type id, or ""."""
        return self._inherited(type_id, lambda kind: self._derives.get((kind, method)))

    def blocking(self, type_id: str, method: str) -> Said[Blocking] | None:
        return self._inherited(type_id, lambda kind: self._blocking.get((kind, method)))

    def implicit(self, type_id: str, method: str) -> Said[Implicit] | None:
        return self._inherited(type_id, lambda kind: self._implicit.get((kind, method)))

    def unbounded(self, type_id: str, method: str) -> Sequence[Said[Unbounded]]:
        """The ways in which a method may wait without end."""
        return self._inherited(type_id, lambda kind: self._unbounded.get((kind, method))) or ()

    def misfits_of_method(self, type_id: str, method: str) -> Sequence[Said[Misfit]]:
        return self._inherited(type_id, lambda kind: self._misfits_of_methods.get((kind, method))) or ()

    def factory_result(self, type_id: str, method: str | None) -> str | None:
        """The type id of what calling the object (None), or this method of it, makes."""
        found = self._inherited(type_id, lambda kind: self._factories.get((kind, method or CALLED)))
        return None if found is None else self.joined(found[0], found[1].makes)

    def attribute_type(self, type_id: str, name: str) -> str | None:
        """The type id of an attribute; "*" asks for what subscripts and attributes of any name give."""
        for kind in self._lineage.get(short_id(type_id), ()):
            found = self._types[kind].attributes.get(name)
            if found is not None:
                return full_id(kind.partition(":")[0], found)
        return None

    def is_method(self, type_id: str, name: str) -> bool:
        """Whether any entry speaks of a method of this name on such objects."""
        tables: tuple[Container[tuple[str, str]], ...] = (
            self._acquires, self._derives, self._blocking, self._implicit, self._factories, self._closers,
        )  # fmt: skip
        return any((kind, name) in table for kind in self._lineage.get(short_id(type_id), ()) for table in tables)

    def is_data(self, type_id: str, name: str) -> bool:
        """Whether an attribute only describes the object."""
        return any(name in self._types[kind].data for kind in self._lineage.get(short_id(type_id), ()))

    def joined(self, library: Library, name: str) -> str:
        """The full id of a type that an entry of `library` names."""
        return full_id(library.name, name)

    def _inherited(self, type_id: str, ask: Callable[[str], T | None]) -> T | None:
        for kind in self._lineage.get(short_id(type_id), ()):
            found = ask(kind)
            if found is not None:
                return found
        return None

    def _ancestors(self, type_id: str, seen: tuple[str, ...]) -> Iterator[str]:
        if type_id in seen or type_id not in self._types:
            return
        yield type_id
        library = type_id.partition(":")[0]
        for base in self._types[type_id].bases:
            yield from self._ancestors(full_id(library, base), (*seen, type_id))


# --- building ------------------------------------------------------------------------------------


def load_catalogue(extra: Iterable[Library] = ()) -> Catalogue:
    """The bundled files, and the libraries that a user declares (`load.user_library`).

    Raises CatalogueError where two of them have one name.
    """
    libraries, frameworks = _bundled()
    added = tuple(extra)
    names = {library.name for library in libraries}
    for library in added:
        if library.name in names:
            raise CatalogueError(f"library `{library.name}`: the name is in use already; give it a `name` of its own")
        names.add(library.name)
    return Catalogue((*libraries, *added), frameworks, added)


@cache
def _bundled() -> tuple[tuple[Library, ...], tuple[Framework, ...]]:
    libraries = tuple(load_library(text, name) for name, text in files("libraries"))
    frameworks = tuple(load_framework(text, name) for name, text in files("frameworks"))
    owner: dict[str, str] = {}
    for library in libraries:
        for root in library.roots:
            if root in owner:
                raise CatalogueError(f"{library.name}: the root `{root}` is also of {owner[root]}")
            owner[root] = library.name
    return libraries, frameworks
