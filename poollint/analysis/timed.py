"""Acquires and releases under a timer from outside, which cancels them halfway."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.sites import HELD_KINDS, SiteFinder, calls
from poollint.analysis.surroundings import Standing, Surroundings
from poollint.model import form
from poollint.model.facts import TimedFact
from poollint.model.meaning import External, Method
from poollint.model.span import Place


class TimedReader:
    """Finds them in one coroutine at a time."""

    def __init__(self, linker: Linker, finder: SiteFinder) -> None:
        self.linker = linker
        self.finder = finder
        self._releases = frozenset(_pool_releases(finder))

    def facts(self, function: form.FunctionForm, path: str) -> list[TimedFact]:
        scope = Scope(path, function.qualified)
        if not function.is_async or not any(self._is_timer(call, scope) for call in calls(function)):
            return []
        found: list[TimedFact] = []
        for ordinal, standing in sorted(Surroundings(function).by_ordinal.items()):
            does = self._does(standing, scope)
            timer = self._timer(standing, does, scope) if does else ""
            if timer:
                place = Place(path, function.qualified, ordinal)
                found.append(TimedFact(place, render(standing.call), does, timer))
        return found

    def _does(self, standing: Standing, scope: Scope) -> str:
        """ "acquire", "release" (of a coroutine) or ""."""
        callee = self.linker.meaning(standing.call.func, scope)
        if not isinstance(callee, Method):
            return ""
        site = self.finder.site(standing.call, scope)
        if site is not None:
            return "acquire" if site.is_pending and site.kind == "connection" and not site.acquire.sync else ""
        lineage = self.linker.catalogue.lineage(callee.receiver.type_id)
        return "release" if any((kind, callee.name) in self._releases for kind in lineage) else ""

    def _timer(self, standing: Standing, does: str, scope: Scope) -> str:
        """The timer around, as text. What a `with` enters is released by it; what is shielded runs on."""
        for outer in standing.chain:
            if not isinstance(outer, form.Call):
                continue
            return f"{render(outer.func)}(...)" if self._is_timer(outer, scope) else ""
        if does != "acquire" or isinstance(standing.statement, form.With):
            return ""
        for block, index in reversed(standing.blocks[:-1]):
            outer_statement = block[index]
            if isinstance(outer_statement, form.With):
                return next((text for item in outer_statement.items if (text := self._timing(item, scope))), "")
        return ""

    def _timing(self, item: form.WithItem, scope: Scope) -> str:
        value = item.value
        return render(value) if isinstance(value, form.Call) and self._is_timer(value, scope) else ""

    def _is_timer(self, call: form.Call, scope: Scope) -> bool:
        found = self.linker.callee(call, scope)
        return isinstance(found, External) and self.linker.catalogue.deadline(found.name) is not None


def _pool_releases(finder: SiteFinder) -> Iterator[tuple[str, str]]:
    """(type, method) of the pools' releases that are coroutines."""
    for library in finder.catalogue.libraries:
        kinds = {kind.name: kind.kind for kind in library.types}
        for acquire in library.acquires:
            for release in acquire.release:
                if release.on == "pool" and release.awaited == "must" and kinds.get(acquire.returns) in HELD_KINDS:
                    for kind in acquire.on:
                        yield finder.catalogue.joined(library, kind), release.method
