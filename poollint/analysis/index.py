"""One project read as deeply as its questions need: a byte scan of every file, outlines of those that can matter,
LibCST's form of those that are judged."""

from __future__ import annotations

import ast
import os.path
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from poollint.analysis import outline, units
from poollint.analysis.collector import collector_paused
from poollint.analysis.hot import Hotness, Readable
from poollint.analysis.known_names import KnownNames
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.project import Project
from poollint.analysis.scan import Scanner, words
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.meaning import (
    Awaitable,
    ClassRef,
    Entered,
    External,
    FileModule,
    FunctionRef,
    InstanceOf,
    ListOf,
    Meaning,
    Method,
    TupleOf,
    Typed,
    TypedClass,
)
from poollint.model.settings import Depths
from poollint.syntax.source import Source, SourceError

if TYPE_CHECKING:
    from poollint.analysis.lowering import Lowered
    from poollint.analysis.lowering_units import Excerpt

MOST_EXCERPTS = 50
"""Kept at a time: a file is asked for while it is judged, and as a step of its neighbours."""


class Index:
    """`paths` are the project's files, from `root` with `/`; `read` gives the bytes of one.

    What it tells is a function of the files' contents alone, whichever of them are judged. A file that cannot be
    read or decoded is known by its path only.
    """

    def __init__(
        self,
        root: Path,
        paths: frozenset[str],
        catalogue: Catalogue,
        read: Callable[[str], bytes],
        sources: tuple[str, ...] = (".", "src"),
        depths: Depths | None = None,
    ) -> None:
        self.root = root
        self.catalogue = catalogue
        self.depths = depths or Depths()
        self._read = read
        self._inside = _Inside(root)
        self.paths = frozenset(path for path in paths if self._inside.holds(path))
        self.project = Project(self.paths, self._form, catalogue, sources)
        self._sources: dict[str, Source] = {}
        self._lowered: dict[str, Lowered] = {}
        self._excerpts: dict[str, Excerpt] = {}
        self._outlines: dict[str, form.FileForm | None] = {}
        self._texts: dict[str, Readable | None] = {}
        self._units: dict[str, tuple[units.Unit, ...]] = {}

    # --- contents ---

    def source(self, path: str) -> Source:
        """A file's text. `SourceError` where it lies outside, cannot be read or cannot be decoded."""
        found = self._sources.get(path)
        if found is None:
            found = self._sources[path] = self._read_source(path)
        return found

    def _read_source(self, path: str) -> Source:
        if not self._inside.holds(path):
            raise SourceError(1, "lies outside the project")
        try:
            raw = self._read(path)
        except OSError as error:
            raise SourceError(1, f"cannot be read: {error.strerror or error}") from None
        return Source(path, raw)

    def lowered(self, path: str) -> Lowered:
        """LibCST's form of a file, with its nodes; `SourceError` where it is not Python. It takes the outline's
        place in the project."""
        found = self._lowered.get(path)
        if found is None:
            from poollint.analysis.lowering import lower

            found = self._lowered[path] = lower(self.source(path).tree, path)
            self.project.replace(found.form)
        return found

    def is_lowered(self, path: str) -> bool:
        """Whether LibCST has read the file already."""
        return path in self._lowered

    def is_outlined(self, path: str) -> bool:
        """Whether the running Python's parser has read the file without complaint."""
        return self._outlines.get(path) is not None

    def excerpt(self, path: str, places: Iterable[tuple[str, int]]) -> Excerpt | None:
        """LibCST's nodes at (function, ordinal) places of a file, without reading all of it; None where it must be
        read whole. What LibCST sees in these units is what the outline says."""
        asked = set(places)
        if path in self._lowered or not (self.depths.units and self.depths.outline):
            return None
        known = self._excerpts.get(path)
        if known is not None and asked <= known.nodes.keys():
            return known
        if self._outline(path) is None:
            return None
        from poollint.analysis.lowering_units import excerpt

        found = excerpt(self.source(path), asked)
        if found is not None:
            if len(self._excerpts) >= MOST_EXCERPTS:
                self._excerpts.clear()
            self._excerpts[path] = found
        return found

    def _form(self, path: str) -> form.FileForm | None:
        if path in self._lowered:
            return self._lowered[path].form
        try:
            outlined = self._outline(path) if self.depths.outline else None
            return outlined or self.lowered(path).form
        except SourceError:
            return None

    def _outline(self, path: str) -> form.FileForm | None:
        if path not in self._outlines:
            tree = self._parsed(path)
            self._outlines[path] = None if tree is None else outline.outline_tree(tree, path)
        return self._outlines[path]

    def _parsed(self, path: str) -> ast.Module | None:
        source = self.source(path)
        return None if source.deep is not None else outline.parsed(source.text)

    # --- what can matter ---

    @cached_property
    def candidates(self) -> frozenset[str]:
        """The files that can matter to a verdict; all of them when the scan is switched off."""
        return frozenset(self._hotness.candidates) if self.depths.scan else self.paths

    def may_hold_sites(self, path: str) -> bool:
        """Whether a file may hold anything to judge."""
        return path in self._hotness.sites if self.depths.scan else path in self.paths

    @cached_property
    def _hotness(self) -> Hotness:
        with collector_paused():
            return self._grown()

    def _grown(self) -> Hotness:
        scanner = Scanner(self.catalogue.unique_methods)
        scans = {path: scanner.scan(raw) for path in sorted(self.paths) if (raw := self._bytes(path)) is not None}
        known = KnownNames(self.catalogue)
        hotness = Hotness(self.project, scans, known, self.catalogue.unique_methods, self._readable)
        for path, name in self.project.declared_symbols():
            hotness.heat(path, {name})
        hotness.grow()
        while new := self._held_names(hotness) - hotness.holders:
            hotness.hold(new, [path for path in scans if self._holds(path, new)])
            hotness.grow()
        return hotness

    def _bytes(self, path: str) -> bytes | None:
        try:
            return self._read(path)
        except OSError:
            return None

    def _readable(self, path: str) -> Readable | None:
        """A file's words, and its units when asked for."""
        if path not in self._texts:
            try:
                text = self.source(path).text
                self._texts[path] = Readable(words(text), partial(self._units_of, path))
            except SourceError:
                self._texts[path] = None
        return self._texts[path]

    def _units_of(self, path: str) -> tuple[units.Unit, ...]:
        if path not in self._units:
            text = self.source(path).text
            tree = self._parsed(path)
            self._units[path] = units.whole(text) if tree is None else units.units(tree, text)
            if self.depths.outline and path not in self._outlines:
                self._outlines[path] = None if tree is None else outline.outline_tree(tree, path)
        return self._units[path]

    def _holds(self, path: str, names: set[str]) -> bool:
        """Whether a file has one of the names behind a dot or as a string."""
        raw = self._bytes(path) or b""
        if not any(name.encode() in raw for name in names):
            return False
        readable = self._readable(path)
        return readable is not None and bool(readable.words.attributes & names or readable.words.quoted & names)

    def _held_names(self, hotness: Hotness) -> set[str]:
        """Names under which an application keeps something that matters."""
        linker = Linker(self.project, frozenset(hotness.candidates))
        return {
            name
            for name, places in linker.holders().items()
            if any(_matters(kept, hotness) for place in places for kept in _kept(linker, *place))
        }


def _kept(linker: Linker, path: str, function: str, target: str) -> list[Meaning]:
    """What the assignments to one target of a function keep there."""
    file = linker.project.file(path)
    found = file.bindings(function).attributes.get(target, []) if file is not None else []
    return [linker.bound(binding, Scope(path, function)) for binding in found]


def _matters(meaning: Meaning, hotness: Hotness) -> bool:
    """Whether what is kept under a name could be, hold or lead to something that the rules judge."""
    match meaning:
        case Awaitable(inner) | Entered(inner) | ListOf(inner):
            return _matters(inner, hotness)
        case TupleOf(items):
            return any(_matters(item, hotness) for item in items)
        case FunctionRef(path, qualified) | ClassRef(path, qualified) | InstanceOf(ClassRef(path, qualified)):
            return qualified.partition(".")[0].partition("@")[0] in hotness.hot.get(path, ())
        case External(name):
            return hotness.leads(name)
        case Typed() | TypedClass() | Method() | FileModule():
            return True
    return False


class _Inside:
    """Whether a path, links followed, stays below the root; folders are looked at once."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._folders: dict[str, bool] = {}

    def holds(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            self._folders[folder] = self._is_below(os.path.join(self._root, folder))
        full = os.path.join(self._root, path)
        return self._folders[folder] and (not os.path.islink(full) or self._is_below(full))

    def _is_below(self, path: str) -> bool:
        found = os.path.realpath(path)
        return found == self._root or found.startswith(self._root.rstrip(os.sep) + os.sep)
