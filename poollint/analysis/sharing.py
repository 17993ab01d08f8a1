"""Who uses a lasting object: code that several threads run at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from poollint.analysis.edges import Edge, step
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import Key
from poollint.analysis.reach import MOST_VISITED, Reach
from poollint.analysis.render import render
from poollint.analysis.scopes import statements, target_path
from poollint.analysis.sites import calls
from poollint.model import form
from poollint.model.facts import ConstructFact, SharedFact, ThreadedUse
from poollint.model.finding import Step
from poollint.model.meaning import Meaning, Method, Typed
from poollint.model.span import Place

LASTING = ("lasting", "guarded")


class SharingReader:
    """Asked about constructions of what does not bear to be used by several threads."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.linker = reach.linker
        self._ways: dict[Key, ThreadedUse | None] = {}

    @cached_property
    def _threaded(self) -> frozenset[int]:
        """The entries whose plain functions run in several threads, by identity."""
        told = self.linker.catalogue.entries
        return frozenset(id(e) for f, e in told if e.runs == "request" and (f.threaded or e.threaded_when_sync))

    def threads(self, fact: ConstructFact) -> ThreadedUse | None:
        """The first use of what a construction makes in code that threads run, by path, function and ordinal."""
        if fact.constructor.thread_safe or fact.lifetime not in LASTING or fact.key is None:
            return None
        name = fact.key.text.rpartition(":")[2].rpartition(".")[2]
        return self._first_use(name, fact.place, fact.origin)

    def sessions(self, function: form.FunctionForm, path: str) -> list[SharedFact]:
        """Sessions that a module or class body makes for everybody, and that threads use."""
        if function.name not in (form.MODULE, form.CLASS_BODY):
            return []
        found: list[SharedFact] = []
        scope = Scope(path, function.qualified)
        for statement in statements(function.body):
            value = statement.value if isinstance(statement, form.Bind) else None
            if not isinstance(statement, form.Bind) or not isinstance(value, form.Call):
                continue
            place = Place(path, function.qualified, value.ordinal)
            kind = self._session(self.linker.meaning(value, scope), place)
            for target in statement.targets if kind else ():
                name = (target_path(target) or "").rpartition(".")[2]
                threads = self._first_use(name, place, place) if name else None
                if threads is not None:
                    found.append(SharedFact(place, render(value), kind, threads))
        return found

    def _session(self, found: Meaning, place: Place) -> str:
        """The kind of a session that was made at `place` and is for one thread only, else ""."""
        if not isinstance(found, Typed) or found.origin != place:
            return ""
        made = self.linker.catalogue.constructor_of_type(found.type_id)
        is_for_one = made is not None and made[1].kind == "session" and not made[1].thread_safe
        return made[1].kind if made is not None and is_for_one else ""

    def _first_use(self, name: str, place: Place, origin: Place) -> ThreadedUse | None:
        """The first threaded use of what was made at `origin` and is kept under a name."""
        spellings = self.reach.mentions.spellings(name)
        users = {key for spelling in spellings for key in self.reach.mentions.mentioning(spelling)}
        for key in sorted(users | set(self._callers_of(place))):
            use = self._use(key, origin)
            found = self._way(key) if use is not None else None
            if use is not None and found is not None:
                return ThreadedUse(found.what, (*found.steps, use))
        return None

    def _callers_of(self, place: Place) -> Iterator[Key]:
        """Callers of a function that makes it behind a guard and gives it out."""
        for edge in self.reach.callers(place.path, place.function):
            yield edge.caller

    def _use(self, key: Key, origin: Place) -> Step | None:
        """A call in a function on the object that was made at `origin`."""
        file = self.linker.project.file(key[0])
        function = file.form.functions.get(key[1]) if file is not None else None
        if function is None or function.is_async or key[1] == form.MODULE:
            return None
        for call in calls(function):
            found = self.linker.meaning(call.func, Scope(*key))
            receiver = found.receiver if isinstance(found, Method) else None
            if isinstance(receiver, Typed) and receiver.origin == origin and receiver.key is not None:
                return Step("note", Place(*key, call.ordinal), f"`{render(call)}` runs in each thread")
        return None

    def _way(self, key: Key) -> ThreadedUse | None:
        """How threads come to run a function: from a handler, through plain functions."""
        if key not in self._ways:
            self._ways[key] = self._search(key)
        return self._ways[key]

    def _search(self, key: Key) -> ThreadedUse | None:
        frontier: dict[Key, tuple[Edge, ...]] = {key: ()}
        seen = {key}
        while frontier and len(seen) < MOST_VISITED:
            following: dict[Key, tuple[Edge, ...]] = {}
            for reached in sorted(frontier):
                chain = frontier[reached]
                what = self._handler(reached)
                if what:
                    return ThreadedUse(what, tuple(step(edge) for edge in chain))
                for edge in self.reach.callers(*reached):
                    is_plain = edge.kind != "override" and not edge.handed_off
                    if is_plain and edge.caller not in seen and not self._is_async(edge.caller):
                        following[edge.caller] = (edge, *chain)
                        seen.add(edge.caller)
            frontier = following
        return None

    def _handler(self, key: Key) -> str:
        """What kind of handler that runs in threads a function is, or ""."""
        file = self.linker.project.file(key[0])
        function = file.form.functions.get(key[1]) if file is not None else None
        if function is None or function.is_async:
            return ""
        found = self.reach.entries.of(key[0], function)
        return next((f.entry.what for f in found if f.certain and id(f.entry) in self._threaded), "")

    def _is_async(self, key: Key) -> bool:
        file = self.linker.project.file(key[0])
        function = file.form.functions.get(key[1]) if file is not None else None
        return function is None or function.is_async
