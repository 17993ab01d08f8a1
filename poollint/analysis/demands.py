"""Who wants connections of a pool at once: the program's own threads and tasks, and those that serve requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from poollint.analysis.crowds import UNKNOWN_NUMBER, CrowdReader, Guard
from poollint.analysis.edges import step
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import Key
from poollint.analysis.pools import PoolFinder, PoolUse
from poollint.analysis.reach import Reach
from poollint.analysis.values import ValueReader
from poollint.model.capacity import Demand
from poollint.model.declared import Declared, ServerFact
from poollint.model.finding import Step
from poollint.model.framework import Framework
from poollint.model.span import Place

DEEPEST = 8
MOST_VISITED = 300


@dataclass(frozen=True, slots=True)
class Served:
    """Handlers draw on a pool. `how`: "async" or "sync"."""

    how: str
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class _Reached:
    """A pool's use that is reached from some function, the tightest guard on the way, and the way."""

    use: PoolUse
    guard: Guard | None
    steps: tuple[Step, ...]


class DemandReader:
    """Reads the candidate files of the application once, when a pool is first asked about: what tests and examples
    do at once says nothing of it."""

    def __init__(
        self, reader: ValueReader, reach: Reach, declared: Declared, is_application: Callable[[str], bool]
    ) -> None:
        self.reach = reach
        self.is_application = is_application
        self.linker = reader.linker
        self.declared = declared
        self.pools = PoolFinder(reader.linker)
        self.crowds = CrowdReader(reader, lambda scope: self._is_request((scope.path, scope.function)))
        self._served: dict[Key, Served | None] = {}

    # --- questions ---

    def batches(self, pool: Place) -> tuple[Demand, ...]:
        """What the program itself runs at once on a pool."""
        return tuple(self._batches.get(pool, ()))

    def uses(self, pool: Place) -> tuple[PoolUse, ...]:
        """The calls in the candidate files that draw on a pool."""
        return tuple(self._uses.get(pool, ()))

    def is_guarded(self, pool: Place) -> bool:
        """Whether it is used, and only behind semaphores."""
        uses = self.uses(pool)
        return bool(uses) and all(self._guard(use.place) is not None for use in uses)

    def served(self, pool: Place) -> Served | None:
        """The handlers that draw on a pool: those of which more may do so at once."""
        found: list[Served] = []
        for use in self.uses(pool):
            served = self._handled(use)
            if served is not None:
                found.append(served)
        if not found:
            return None
        best = max(found, key=lambda served: max((d.number for d in served.demands), default=0))
        how = "async" if any(served.how == "async" for served in found) else "sync"
        return Served(how, best.demands)

    # --- all uses ---

    @cached_property
    def _keys(self) -> list[Key]:
        found: list[Key] = []
        for path in filter(self.is_application, sorted(self.reach.candidates)):
            file = self.linker.project.file(path)
            found += [(path, qualified) for qualified in sorted(file.form.functions)] if file is not None else []
        return found

    @cached_property
    def _uses(self) -> dict[Place, list[PoolUse]]:
        found: dict[Place, list[PoolUse]] = {}
        for key in self._keys:
            for use in self.pools.uses(key):
                found.setdefault(use.pool, []).append(use)
        return found

    @cached_property
    def servers(self) -> tuple[ServerFact, ...]:
        """What the files that start the service say, and the code that runs a server."""
        forms = [(file.form.functions[q], path) for path, q in self._keys if (file := self.linker.project.file(path))]
        return (*self.declared.servers, *(fact for form, path in forms for fact in self.crowds.served(form, path)))

    def _guard(self, place: Place) -> Guard | None:
        return self.crowds.guard(Scope(place.path, place.function), place.ordinal)

    # --- batches ---

    @cached_property
    def _batches(self) -> dict[Place, list[Demand]]:
        found: dict[Place, list[Demand]] = {}
        for key in self._keys:
            for pool, demand in (*self._gathered(key), *self._behind_guards(key)):
                found.setdefault(pool, []).append(demand)
        return found

    def _gathered(self, key: Key) -> Iterator[tuple[Place, Demand]]:
        """By what a function starts many times at once."""
        file = self.linker.project.file(key[0])
        for gathering in self.crowds.gatherings(file.form.functions[key[1]], key[0]) if file is not None else ():
            source = Step("note", gathering.source_place, f"{gathering.number} {gathering.noun}")
            started = Step("call", gathering.place, f"starts `{gathering.target.qualified}()`")
            first = (source,) if gathering.source_place == gathering.place else (source, started)
            for reached in self._reached((gathering.target.path, gathering.target.qualified)):
                if reached.guard is None and gathering.number > 1:
                    steps = (*first, *reached.steps)
                    demand = Demand("batch", gathering.number, gathering.noun, f"`{gathering.source}`", steps)
                    yield reached.use.pool, demand

    def _behind_guards(self, key: Key) -> Iterator[tuple[Place, Demand]]:
        """By a semaphore that lets so many through to a pool."""
        if not self.crowds.has_guards(Scope(*key)):
            return
        uses = [(self._guard(use.place), _Reached(use, None, (_acquired(use),))) for use in self.pools.uses(key)]
        for edge in self.reach.callees(*key):
            guard = self._guard(edge.place)
            if guard is not None and not edge.handed_off and edge.kind != "override":
                uses += [(guard, replace(r, steps=(step(edge), *r.steps))) for r in self._reached(edge.callee)]
        for guard, reached in uses:
            if guard is not None and guard.number > 1 and reached.guard is None:
                source = Step("note", guard.place, f"{guard.number} {guard.noun}")
                steps = (source, *reached.steps)
                yield reached.use.pool, Demand("batch", guard.number, guard.noun, f"`{guard.source}`", steps)

    def _reached(self, start: Key) -> Iterator[_Reached]:
        """The pool uses in a function and in what it calls in its own frame, each pool once by its tightest way."""
        waiting: list[tuple[Key, Guard | None, tuple[Step, ...]]] = [(start, None, ())]
        seen = {start}
        told: set[Place] = set()
        while waiting and len(seen) < MOST_VISITED:
            key, outer, steps = waiting.pop(0)
            for use in self.pools.uses(key):
                if use.pool not in told:
                    told.add(use.pool)
                    guard = _tighter(outer, self._guard(use.place))
                    yield _Reached(use, guard, (*steps, _acquired(use)))
            for edge in self.reach.callees(*key) if len(steps) < DEEPEST else ():
                if not edge.handed_off and edge.kind != "override" and edge.callee not in seen:
                    seen.add(edge.callee)
                    waiting.append((edge.callee, _tighter(outer, self._guard(edge.place)), (*steps, step(edge))))

    # --- handlers ---

    def _handled(self, use: PoolUse) -> Served | None:
        """What serves requests by a function that draws on a pool; None where no handler is known to lead there."""
        key = (use.place.path, use.place.function)
        if key not in self._served:
            self._served[key] = self._worked_out(use, key)
        return self._served[key]

    def _is_request(self, key: Key) -> bool:
        runs = self.reach.runs(*key)
        return runs.frequency == "request" and runs.certain

    def _worked_out(self, use: PoolUse, key: Key) -> Served | None:
        runs = self.reach.runs(*key)
        if runs.frequency != "request" or not runs.certain:
            return None
        handler = (runs.chain[0].place.path, runs.chain[0].place.function) if runs.chain else key
        file = self.linker.project.file(handler[0])
        function = file.form.functions.get(handler[1]) if file is not None else None
        if function is None or any(self._guard(s.place) is not None for s in runs.chain):
            return None
        catalogue = self.linker.catalogue
        entries = self.reach.entries.of(handler[0], function)
        frameworks = [catalogue.framework_of(e.entry) for e in entries if e.entry.runs == "request"]
        steps = (*runs.chain, Step("acquire", use.place, f"`{use.text}` in {runs.what}"))
        guard = self._guard(use.place)
        how = "async" if function.is_async else "sync"
        demands = self._of_handlers(frameworks, how, self.reach.is_threaded(*handler), steps)
        return Served(how, tuple(demand for demand in demands if guard is None or demand.number <= guard.number))

    def _of_handlers(
        self, frameworks: Iterable[Framework], how: str, is_threaded: bool, steps: tuple[Step, ...]
    ) -> Iterator[Demand]:
        said = self.declared.concurrency
        if how == "async":
            if said.tasks is not None:
                yield Demand("handlers", said.tasks, "tasks", "`tasks` of [tool.poollint.concurrency]", steps)
            return
        if said.threads is not None:
            yield Demand("handlers", said.threads, "threads", "`threads` of [tool.poollint.concurrency]", steps)
            return
        for framework in frameworks:
            if is_threaded and framework.thread_limit and not self._is_changed(framework):
                source = f"{framework.title} runs plain functions in {framework.thread_limit} threads"
                yield Demand("handlers", framework.thread_limit, "threads", source, steps, is_default=True)
                return
            of_servers = [s for s in self.servers if s.role == "threads" and framework.name in s.frameworks]
            if of_servers:
                server = min(of_servers, key=lambda server: server.number)
                yield Demand("handlers", server.number, server.noun, server.source, steps)
                return

    def _is_changed(self, framework: Framework) -> bool:
        """Whether the project sets the number of threads itself, to whatever."""
        return bool(self.reach.mentions.mentioning(framework.thread_limit_name))


def _acquired(use: PoolUse) -> Step:
    return Step("acquire", use.place, f"`{use.text}`")


def _tighter(one: Guard | None, other: Guard | None) -> Guard | None:
    """The guard that lets fewer through; one of unknown number lets none through, so that nothing is claimed."""
    if one is None or other is None:
        return one or other
    return one if one.number <= other.number or one.number == UNKNOWN_NUMBER else other
