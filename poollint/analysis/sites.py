"""Which calls of a function acquire, and by which entry of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.model.meaning import (
    Awaitable,
    Entered,
    External,
    FunctionRef,
    Meaning,
    Method,
    Typed,
)
from poollint.analysis.scopes import statement_expressions, statements
from poollint.model import form
from poollint.model.facts import PoolKey
from poollint.model.library import Acquire, Constructor, Library

HELD_KINDS = ("connection", "session")


@dataclass(frozen=True, slots=True)
class Site:
    """An acquire. `pool` is the expression it was taken from (None for a driver's own connect);
    `by` is the project's function that hands it out, when the call is one of that."""

    call: form.Call
    library: Library
    acquire: Acquire
    type_id: str
    kind: str
    pool: form.Expr | None
    key: PoolKey | None
    by: FunctionRef | None = None


def calls(function: form.FunctionForm) -> Iterator[form.Call]:
    """Every call that the function's own frame makes, outermost first within a statement."""
    for statement in statements(function.body):
        for expression in statement_expressions(statement):
            if isinstance(expression, form.Call):
                yield expression


class SiteFinder:
    """Classifies calls; remembers its answers."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue
        self._memory: dict[tuple[Scope, int], Site | None] = {}

    def site(self, call: form.Call, scope: Scope) -> Site | None:
        """The acquire that a call is, or None."""
        key = (scope, call.ordinal)
        if key not in self._memory:
            self._memory[key] = None
            self._memory[key] = self._site(call, scope)
        return self._memory[key]

    def _site(self, call: form.Call, scope: Scope) -> Site | None:
        callee = self.linker.meaning(call.func, scope)
        if isinstance(callee, Method):
            return self._acquired_by_method(callee, call, scope)
        if isinstance(callee, External):
            return self._constructed(callee.name, call)
        if isinstance(callee, Typed):
            return self._made_by_factory(callee, None, call)
        if isinstance(callee, FunctionRef):
            return self._handed_out(callee, call)
        return self._by_unique_method(call, scope) if isinstance(call.func, form.Attr) else None

    def _acquired_by_method(self, method: Method, call: form.Call, scope: Scope) -> Site | None:
        found = self.catalogue.acquire(method.receiver.type_id, method.name)
        if found is None:
            return self._made_by_factory(method.receiver, method.name, call)
        library, acquire = found
        if not self.linker.has_keywords(acquire, call, scope):
            return None
        assert isinstance(call.func, form.Attr)
        return self._made(library, acquire, call, call.func.base, method.receiver.key)

    def _by_unique_method(self, call: form.Call, scope: Scope) -> Site | None:
        """`x.getconn()`: a method name that one library alone has speaks for its receiver."""
        assert isinstance(call.func, form.Attr)
        found = self.catalogue.unique_acquire(call.func.name)
        if found is None:
            return None
        library, acquire = found
        return self._made(library, acquire, call, call.func.base, None)

    def _constructed(self, name: str, call: form.Call) -> Site | None:
        acquired = self.catalogue.acquire_function(name)
        made = self.catalogue.constructor(name)
        keywords = {argument.keyword for argument in call.args}
        if made is not None:
            library, constructor = made
            changed = {constructor.changes_kind[k] for k in keywords if k in constructor.changes_kind}
            if constructor.kind in HELD_KINDS and (not changed or changed == {"acquire"}):
                if changed and acquired is not None:
                    return self._made(*acquired, call, None, None)
                return self._made(library, as_acquire(constructor), call, None, None)
            return None
        return self._made(*acquired, call, None, None) if acquired is not None else None

    def _made_by_factory(self, receiver: Typed, method: str | None, call: form.Call) -> Site | None:
        made = self.catalogue.factory_result(receiver.type_id, method)
        constructor = self.catalogue.constructor_of_type(made) if made is not None else None
        if constructor is None or constructor[1].kind not in HELD_KINDS:
            return None
        pool = call.func if method is None else call.func.base if isinstance(call.func, form.Attr) else None
        return self._made(constructor[0], as_acquire(constructor[1]), call, pool, receiver.key)

    def _made(
        self, library: Library, acquire: Acquire, call: form.Call, pool: form.Expr | None, key: PoolKey | None
    ) -> Site | None:
        type_id = f"{library.name}:{acquire.returns}"
        kind = self.catalogue.type(type_id).kind
        return Site(call, library, acquire, type_id, kind, pool, key) if kind in HELD_KINDS else None

    def _handed_out(self, callee: FunctionRef, call: form.Call) -> Site | None:
        """A call of a function that returns what it acquired itself: its caller owns it."""
        found: Meaning = self.linker.function_result(callee)
        if isinstance(found, Awaitable):
            found = found.result
        if isinstance(found, Entered) or not isinstance(found, Typed) or found.origin is None or found.key is not None:
            return None
        file = self.linker.project.file(found.origin.path)
        function = file.form.functions.get(found.origin.function) if file is not None else None
        if function is None or function.qualified == form.MODULE or function.is_generator:
            return None
        origin = next((c for c in calls(function) if c.ordinal == found.origin.ordinal), None)
        if origin is None or origin is call:
            return None
        site = self.site(origin, Scope(found.origin.path, found.origin.function))
        if site is None:
            return None
        pool = site.pool if found.origin.path == callee.path else None
        return Site(call, site.library, site.acquire, site.type_id, site.kind, pool, site.key, callee)


def as_acquire(constructor: Constructor) -> Acquire:
    """A driver's `connect` or a session's class, in the words of an acquire."""
    return Acquire(
        returns=constructor.makes,
        names=constructor.names,
        sync=constructor.sync,
        awaited=constructor.awaited,
        context=constructor.context,
        context_awaited=constructor.context,
        closing=constructor.closing,
        bare=constructor.bare,
        dropped=constructor.dropped,
        release=constructor.release,
        not_release=constructor.not_release,
        double_release=constructor.double_release,
    )


