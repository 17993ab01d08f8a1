"""Which files can matter: hot symbols, followed from file to file by name until nothing new is hot.

A top-level function, class or global is hot when its text mentions a known name of a library, a method that one
library alone has, or another hot symbol. Whatever the linker could follow is followed here, by words alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from poollint.analysis.import_links import File, links_of, modules_by_package
from poollint.analysis.known_names import KnownNames
from poollint.analysis.project import Project
from poollint.analysis.scan import Scanned, Words, words
from poollint.analysis.units import Unit

Read = Callable[[str], "Readable | None"]


@dataclass(frozen=True, slots=True)
class Readable:
    """What a file's text tells: the words of all of it, and its units on demand."""

    words: Words
    units: Callable[[], tuple[Unit, ...]]


class Hotness:
    """Grows until it is complete: `candidates` can matter, `sites` may hold something to judge."""

    def __init__(
        self, project: Project, scans: dict[str, Scanned], known: KnownNames, methods: frozenset[str], read: Read
    ) -> None:
        self.project = project
        self.scans = scans
        self.known = known
        self.methods = methods
        self.read = read
        self.candidates: set[str] = set()
        self.sites: set[str] = set()
        self.hot: dict[File, set[str]] = {}
        self.holders: set[str] = set()
        self.links = {path: links_of(project, path, scanned) for path, scanned in scans.items()}
        self.children = modules_by_package(scans)
        self._users: dict[File, set[str]] = {}
        self._dirty: set[str] = set()
        self._method_words: dict[str, Words] = {}
        self._note_users()
        self._start()

    # --- who asks whom ---

    def _note_users(self) -> None:
        """For each module the files whose answer may change with it: importers, and importers of what holds it."""
        holders: dict[File, set[File]] = {}
        for path, links in self.links.items():
            for targets in links.modules.values():
                for target in targets:
                    holders.setdefault(target, set()).add(path)
            for target in links.stars:
                holders.setdefault(target, set()).add(path)
        for package, named in self.children.items():
            for targets in named.values():
                for target in targets:
                    holders.setdefault(target, set()).add(package)
        self._holding = holders
        for path, links in self.links.items():
            for target, _, _ in links.names:
                self._users.setdefault(target, set()).add(path)
            for targets in links.modules.values():
                for target in targets:
                    self._users.setdefault(target, set()).add(path)
            for target in links.stars:
                self._users.setdefault(target, set()).add(path)

    def _mark_users(self, path: File) -> None:
        seen, waiting = {path}, [path]
        while waiting:
            current = waiting.pop()
            self._dirty |= self._users.get(current, set())
            for holder in self._holding.get(current, ()):
                if holder not in seen:
                    seen.add(holder)
                    waiting.append(holder)

    # --- growing ---

    def _start(self) -> None:
        for path, scanned in self.scans.items():
            links = self.links[path]
            dotted = [d for many in links.outside.values() for d in many] + list(links.outside_stars)
            if scanned.has_method or scanned.is_odd or any(self.leads(name) for name in dotted):
                self._dirty.add(path)
                self._mark_users(path)

    def leads(self, dotted: str) -> bool:
        """Whether an outside name is, or leads to, something known."""
        return self.known.is_known(dotted) or bool(self.known.below(dotted))

    def grow(self) -> None:
        """Follows hot names until nothing changes."""
        while self._dirty:
            self._look_at(self._dirty.pop())

    def hold(self, names: set[str], paths: Iterable[str]) -> None:
        """Takes in names that the application keeps; `paths` are the files that have one of them."""
        self.holders |= names
        self._dirty.update(paths)

    def heat(self, path: File, names: set[str]) -> None:
        """Makes symbols of a file hot."""
        known = self.hot.setdefault(path, set())
        if not names <= known:
            known |= names
            self._mark_users(path)
            if path in self.scans:
                self._dirty.add(path)

    def _look_at(self, path: str) -> None:
        view = _View(self, path)
        readable = self.read(path)
        if readable is None or not view.may_use(readable.words):
            return
        self.candidates.add(path)
        changed = True
        while changed:
            changed = False
            for unit in readable.units():
                if view.uses(unit.words):
                    new = unit.names - view.bare
                    changed = changed or bool(new)
                    view.bare |= unit.names
                    view.own |= unit.names
                    if not unit.is_import:
                        self.sites.add(path)
        self.heat(path, view.own | view.passed_on)
        self._heat_bases(readable.units(), view)

    def _heat_bases(self, units: tuple[Unit, ...], view: _View) -> None:
        """A base whose own text calls a hot method of a derived class is hot."""
        for unit in units:
            if not unit.methods or not unit.bases or not unit.names <= view.own:
                continue
            methods = {
                name
                for name, text in unit.methods.items()
                if not name.startswith("__") and view.uses(self._words(text))
            }
            for base in unit.bases:
                self._heat_base(view, base, methods)

    def _words(self, method: str) -> Words:
        found = self._method_words.get(method)
        if found is None:
            found = self._method_words[method] = words(method)
        return found

    def _heat_base(self, view: _View, base: str, methods: set[str]) -> None:
        for path, name in view.definitions(base):
            readable = self.read(path)
            if readable is None or not readable.words.attributes & methods:
                continue
            for unit in readable.units():
                if name in unit.names and unit.words.attributes & methods:
                    self.heat(path, {name})
                    self.candidates.add(path)


class _View:
    """What is hot as seen from one file."""

    def __init__(self, hotness: Hotness, path: str) -> None:
        self.hotness = hotness
        self.path = path
        self.links = hotness.links[path]
        self.is_odd = hotness.scans[path].is_odd
        self.bare: set[str] = set()
        self.own: set[str] = set()
        self.passed_on: set[str] = set()
        self._modules: dict[str, list[File]] = {}
        self._outside: dict[str, set[str]] = {}
        self._gather()
        own = hotness.hot.get(path, set())
        self.bare |= own

    def _gather(self) -> None:
        hot = self.hotness.hot
        for module, name, here in self.links.names:
            if name in hot.get(module, ()):
                self.passed_on.add(here)
            self._through(module, name, here, set())
        self._whole(self.links.stars, set())
        for here, modules in self.links.modules.items():
            self._modules.setdefault(here, []).extend(modules)
        for here, dotted in self.links.outside.items():
            self._outside.setdefault(here, set()).update(dotted)
        for star in self.links.outside_stars:
            self.passed_on |= self.hotness.known.below(star)
        for here, many in self._outside.items():
            if any(self.hotness.known.is_known(dotted) for dotted in many):
                self.passed_on.add(here)
        self.bare |= self.passed_on

    def _whole(self, modules: Iterable[File], seen: set[File]) -> None:
        """Modules imported with a star: their hot names, and whatever modules they import."""
        for module in modules:
            links = self.hotness.links.get(module)
            self.passed_on |= self.hotness.hot.get(module, set())
            if links is None or module in seen:
                continue
            seen.add(module)
            for here, inner in links.modules.items():
                self._modules.setdefault(here, []).extend(inner)
            for here, dotted in links.outside.items():
                self._outside.setdefault(here, set()).update(dotted)
            for star in links.outside_stars:
                self.passed_on |= self.hotness.known.below(star)
            for other, there, here in links.names:
                self._through(other, there, here, set())
            self._whole(links.stars, seen)

    def _through(self, module: File, name: str, here: str, seen: set[tuple[File, str]]) -> None:
        """A name of another file that is a module there: of the project or of a library."""
        links = self.hotness.links.get(module)
        if links is None or (module, name) in seen:
            return
        seen.add((module, name))
        self._modules.setdefault(here, []).extend(links.modules.get(name, ()))
        self._outside.setdefault(here, set()).update(links.outside.get(name, ()))
        for star in links.stars:
            self._through(star, name, here, seen)
        for other, there, alias in links.names:
            if alias == name:
                self._through(other, there, here, seen)

    def may_use(self, words: Words) -> bool:
        """Whether the file uses anything hot, or passes a hot name on to its importers."""
        return bool(self.passed_on or self.hotness.hot.get(self.path)) or self.uses(words)

    def uses(self, words: Words) -> bool:
        """Whether a piece of text of this file may mention something hot."""
        if self.is_odd or not self.bare.isdisjoint(words.bare):
            return True
        attributes, hotness = words.attributes, self.hotness
        if not hotness.methods.isdisjoint(attributes) or not hotness.holders.isdisjoint(attributes):
            return True
        if not hotness.holders.isdisjoint(words.quoted):
            return True
        for here, dotted in self._outside.items():
            if here in words.bare and any(not hotness.known.below(d).isdisjoint(attributes) for d in dotted):
                return True
        return any(
            here in words.bare and any(self._leads(module, attributes, set()) for module in modules)
            for here, modules in self._modules.items()
        )

    def _leads(self, module: File, attributes: frozenset[str], seen: set[File]) -> bool:
        """Whether attributes of a module may reach something hot."""
        if module in seen:
            return False
        seen.add(module)
        hotness = self.hotness
        if not hotness.hot.get(module, set()).isdisjoint(attributes):
            return True
        links = hotness.links.get(module)
        if links is not None:
            if any(self._leads(star, attributes, seen) for star in links.stars):
                return True
            for here, dotted in links.outside.items():
                if here in attributes and any(not hotness.known.below(d).isdisjoint(attributes) for d in dotted):
                    return True
            for here, modules in links.modules.items():
                if here in attributes and any(self._leads(inner, attributes, seen) for inner in modules):
                    return True
        for stem, modules in hotness.children.get(module, {}).items():
            if stem in attributes and any(self._leads(inner, attributes, seen) for inner in modules):
                return True
        return False

    def definitions(self, name: str) -> list[tuple[File, str]]:
        """Where a name that this file mentions may be defined: here, or in the files it comes from."""
        found = {(self.path, name)}
        waiting = [(self.path, name)]
        while waiting:
            module, wanted = waiting.pop()
            links = self.hotness.links.get(module)
            if links is None:
                continue
            others = [(other, there) for other, there, here in links.names if here == wanted]
            others += [(star, wanted) for star in links.stars]
            others += [
                (inner, wanted) for modules in links.modules.values() for inner in modules if module == self.path
            ]
            for other in others:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return sorted(found)
