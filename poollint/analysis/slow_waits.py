"""Awaits that take long and have nothing to do with the connection that is held meanwhile: HTTP calls, sleeps."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.analysis.effects import Effects
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.scopes import expressions, target_path
from poollint.analysis.sites import calls
from poollint.analysis.surroundings import Standing, Surroundings
from poollint.model import form
from poollint.model.acquired import Nested
from poollint.model.finding import Step
from poollint.model.meaning import External, FunctionRef, Method

DEPTH = 3
SLEEPS = frozenset({"asyncio.sleep"})


class SlowReader:
    """Answers per site; which coroutine functions of the project wait is remembered."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue
        self._memory: dict[tuple[str, str], tuple[Step, ...] | None] = {}
        self._answering = frozenset(
            library.name for library in self.catalogue.libraries if any(t.kind == "response" for t in library.types)
        )

    def of(self, effects: Effects, surroundings: Surroundings, held: frozenset[int]) -> tuple[Nested, ...]:
        """The slow awaits among the calls (ordinals) that are made while the site's resource is held."""
        site, scope = effects.site, effects.scope
        if site.kind == "response" or not effects.function.is_async:
            return ()
        found: list[Nested] = []
        for ordinal in sorted(held):
            standing = surroundings.by_ordinal.get(ordinal)
            if standing is None or self._has_to_do_with(standing.call, effects):
                continue
            steps = self._waits(standing, scope, DEPTH)
            if steps is not None:
                found.append(Nested(scope.at(ordinal), render(standing.call), steps))
        return tuple(found)

    def _has_to_do_with(self, call: form.Call, effects: Effects) -> bool:
        """Whether the connection is among what the call is made of; for a helper, something of it counts alike."""
        is_helper = isinstance(self.linker.meaning(call.func, effects.scope), FunctionRef)
        names = effects.names | effects.parts if is_helper else effects.names
        return any(target_path(e) in names for e in expressions(call))

    def _waits(self, standing: Standing, scope: Scope, depth: int) -> tuple[Step, ...] | None:
        """The way from an awaited call to what takes long, or None."""
        call = standing.call
        is_entered = isinstance(standing.statement, form.With) and standing.statement.is_async and not standing.chain
        if not (standing.is_awaited or is_entered):
            return None
        callee = self.linker.meaning(call.func, scope)
        if isinstance(callee, External):
            return () if callee.name in SLEEPS and not _is_instant(call) else None
        if isinstance(callee, Method):
            return () if self._asks_a_server(callee) else None
        return self._through(callee, depth) if isinstance(callee, FunctionRef) else None

    def _asks_a_server(self, method: Method) -> bool:
        """An HTTP request: a client's method that answers with a response."""
        type_id = method.receiver.type_id
        if type_id.partition(":")[0] not in self._answering:
            return False
        acquire = self.catalogue.acquire(type_id, method.name)
        return acquire is not None or self.catalogue.implicit(type_id, method.name) is not None

    def _through(self, callee: FunctionRef, depth: int) -> tuple[Step, ...] | None:
        key = (callee.path, callee.qualified)
        if key not in self._memory:
            self._memory[key] = None
            self._memory[key] = next(self._in_function(callee, depth), None)
        return self._memory[key]

    def _in_function(self, callee: FunctionRef, depth: int) -> Iterator[tuple[Step, ...]]:
        file = self.linker.project.file(callee.path)
        function = file.form.functions.get(callee.qualified) if file is not None else None
        if function is None or depth == 0 or not function.is_async or function.is_generator or function.decorators:
            return
        scope = Scope(callee.path, callee.qualified)
        surroundings = Surroundings(function)
        for call in calls(function):
            steps = self._waits(surroundings.by_ordinal[call.ordinal], scope, depth - 1)
            if steps is not None:
                yield (Step("await", scope.at(call.ordinal), f"`{render(call)}`"), *steps)


def _is_instant(call: form.Call) -> bool:
    """`sleep(0)`: only lets others run."""
    return bool(call.args) and call.args[0].value == form.Const(0)
