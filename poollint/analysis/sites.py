"""Which calls of a function acquire, and by which entry of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from poollint.analysis.forwarding import Passed, passed
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.scopes import overview
from poollint.model import form
from poollint.model.identity import PoolKey
from poollint.model.library import Acquire, Constructor, Library
from poollint.model.meaning import External, FunctionRef, Method, Typed
from poollint.model.span import Place

LENDER = "bind"
HELD_KINDS = ("connection", "session", "response")
REGISTRY = "factory"
"""The kind of a maker of sessions; with releases of its own it keeps the session that it made."""


@dataclass(frozen=True, slots=True)
class Site:
    """A call that acquires.

    `pool` is the expression it was taken from (None for a driver's own connect, or where it stands elsewhere).
    `is_pending`: the call alone holds nothing, until it is awaited or entered. `context` is what `with <call>`
    means, `context_held` what `with` on the resource itself means. `index` is the resource's place in the tuple
    that the call gives, -1 for the call's own value; `parts` those of things got from it. `by` is the project's
    function that hands it out; `may_be_none`: on some paths it gives None instead. `is_registry`: a maker that keeps
    its session, so that calling it gives the same one.
    """

    call: form.Call
    library: Library
    acquire: Acquire
    type_id: str
    kind: str
    pool: form.Expr | None
    key: PoolKey | None
    is_pending: bool
    context: str
    context_held: str
    index: int = -1
    parts: frozenset[int] = frozenset()
    by: FunctionRef | None = None
    may_be_none: bool = False
    is_registry: bool = False

    @property
    def is_lazy(self) -> bool:
        """A session: it holds nothing before its first statement."""
        return self.acquire.bare == "lazy"


@dataclass(frozen=True, slots=True)
class HandOut:
    """A function gives its caller what it acquired at `site`: as its result, as the `index`-th of a tuple, or
    (`is_lent`) as what its generator yields. `is_pending`: not yet awaited or entered."""

    site: Site
    index: int = -1
    parts: frozenset[int] = frozenset()
    is_pending: bool = False
    is_lent: bool = False
    may_be_none: bool = False


HandedOut = Callable[[FunctionRef, Passed], "HandOut | None"]


def calls(function: form.FunctionForm) -> tuple[form.Call, ...]:
    """Every call that the function's own frame makes, outermost first within a statement."""
    return overview(function).calls


def call_at(linker: Linker, place: Place) -> form.Call | None:
    """The call that stands at a place of the project."""
    file = linker.project.file(place.path)
    function = file.form.functions.get(place.function) if file is not None else None
    if function is None:
        return None
    return next((call for call in calls(function) if call.ordinal == place.ordinal), None)


class SiteFinder:
    """Classifies calls; remembers its answers. `handed_out` says what functions of the project give away, also by
    keywords that they hand on."""

    def __init__(self, linker: Linker, handed_out: HandedOut) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue
        self.handed_out = handed_out
        self._memory: dict[tuple[Scope, int], Site | None] = {}
        self._asking = frozenset(
            keyword
            for library in linker.catalogue.libraries
            for acquire in library.acquires
            for keyword in acquire.needs_keywords
        )

    def site(self, call: form.Call, scope: Scope) -> Site | None:
        """The acquire that a call is, or None."""
        key = (scope, call.ordinal)
        if key not in self._memory:
            self._memory[key] = None
            self._memory[key] = self._site(call, scope)
        return self._memory[key]

    def made_up(self, call: form.Call, scope: Scope) -> Site | None:
        """The same for a call that stands there with other arguments."""
        return self._site(call, scope)

    def _site(self, call: form.Call, scope: Scope) -> Site | None:
        callee = self.linker.callee(call, scope)
        if isinstance(callee, Method):
            return self._acquired_by_method(callee, call, scope)
        if isinstance(callee, External):
            return self._first_of_generator(callee, call, scope) or self._constructed(callee.name, call, scope)
        if isinstance(callee, Typed):
            return self._made_by_factory(callee, None, call)
        if isinstance(callee, FunctionRef):
            return self._handed_out(callee, call, scope)
        return self._by_unique_method(call) if isinstance(call.func, form.Attr) else None

    def _acquired_by_method(self, method: Method, call: form.Call, scope: Scope) -> Site | None:
        found = self.catalogue.acquire(method.receiver.type_id, method.name)
        if found is None:
            return self._made_by_factory(method.receiver, method.name, call)
        library, acquire = found
        if not self.linker.has_keywords(acquire, call, scope):
            return None
        assert isinstance(call.func, form.Attr)
        return self._made(library, acquire, call, call.func.base, method.receiver.key)

    def _by_unique_method(self, call: form.Call) -> Site | None:
        """`x.getconn()`: a method name that one library alone has speaks for its receiver."""
        assert isinstance(call.func, form.Attr)
        found = self.catalogue.unique_acquire(call.func.name)
        if found is None:
            return None
        library, acquire = found
        return self._made(library, acquire, call, call.func.base, None)

    def _constructed(self, name: str, call: form.Call, scope: Scope) -> Site | None:
        acquired = self.catalogue.acquire_function(name)
        if acquired is not None and self.linker.asks_for(acquired[1], call, scope):
            return self._made(*acquired, call, None, None)
        made = self.catalogue.constructor(name)
        if made is None:
            return self._made(*acquired, call, None, None) if acquired is not None else None
        library, constructor = made
        keywords = {argument.keyword for argument in call.args}
        changed = {kind for keyword, kind in constructor.changes_kind.items() if keyword in keywords}
        is_site = constructor.kind in HELD_KINDS or (constructor.kind == REGISTRY and constructor.release)
        if not is_site or (changed and changed != {"acquire"}):
            return None
        if changed and acquired is not None:
            return self._made(*acquired, call, None, None)
        if constructor.rides_on and self._rides(library, constructor, call, scope):
            return None
        if constructor.kind == REGISTRY and self._is_of_lent(call, scope):
            return None
        return self._made(library, as_acquire(constructor), call, None, None)

    def _is_of_lent(self, call: form.Call, scope: Scope) -> bool:
        """Whether the factory behind a registry was bound to a connection, or is out of sight."""
        given = self.linker.meaning(call.args[0].value, scope) if call.args else None
        if not isinstance(given, Typed) or given.origin is None:
            return True
        made = call_at(self.linker, given.origin)
        constructor = self.catalogue.constructor_of_type(self.catalogue.factory_result(given.type_id, None) or "")
        if made is None or constructor is None:
            return True
        inside = Scope(given.origin.path, given.origin.function)
        bound = [a.value for i, a in enumerate(made.args) if a.keyword == LENDER or (i == 0 and a.keyword is None)]
        found = [self.linker.meaning(value, inside) for value in bound]
        return not all(isinstance(one, Typed) for one in found) or self._rides(*constructor, made, inside)

    def _rides(self, library: Library, constructor: Constructor, call: form.Call, scope: Scope) -> bool:
        """Whether the call is given a connection to work on (a session in a migration)."""
        lending = {self.catalogue.joined(library, name) for name in constructor.rides_on}
        for position, argument in enumerate(call.args):
            if argument.keyword == LENDER or (position == 0 and argument.keyword is None and not argument.star):
                given = self.linker.meaning(argument.value, scope)
                return isinstance(given, Typed) and given.type_id in lending
        return False

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
        type_id = self.catalogue.joined(library, acquire.returns)
        made = self.catalogue.type(type_id)
        is_registry = made.kind == REGISTRY and bool(acquire.release)
        kind = "session" if is_registry else made.kind
        if kind not in HELD_KINDS or made.endless:
            return None
        is_awaited = acquire.awaited != "no"
        is_pending = is_awaited or acquire.bare in ("holds-when-awaited", "context-manager")
        held = acquire.context_awaited if is_awaited else acquire.context
        meant = (acquire.context, held)
        return Site(call, library, acquire, type_id, kind, pool, key, is_pending, *meant, is_registry=is_registry)

    def _handed_out(self, callee: FunctionRef, call: form.Call, scope: Scope) -> Site | None:
        """A call of a function that returns what it acquired: its caller owns it."""
        given = self.handed_out(callee, ())
        if given is None:
            options = self._passed(callee, call)
            given = self.handed_out(callee, options) if options else None
        if given is None or given.is_lent or given.site.is_registry:
            return None
        site = given.site
        pool = site.pool if callee.path == scope.path and _is_global(site.pool) else None
        is_sure = not (given.may_be_none or site.may_be_none)
        passed = replace(
            site, call=call, pool=pool, index=given.index, parts=given.parts, by=callee, may_be_none=not is_sure
        )
        if self._is_async(callee):
            return replace(passed, is_pending=True, context="none")
        if given.is_pending:
            return passed
        return replace(passed, is_pending=False, context=site.context_held)

    def _passed(self, callee: FunctionRef, call: form.Call) -> Passed:
        function = self._function(callee)
        return () if function is None else passed(call, function, self._asking)

    def _is_async(self, callee: FunctionRef) -> bool:
        function = self._function(callee)
        return function is not None and function.is_async

    def _function(self, callee: FunctionRef) -> form.FunctionForm | None:
        file = self.linker.project.file(callee.path)
        return file.form.functions.get(callee.qualified) if file is not None else None

    def _first_of_generator(self, callee: External, call: form.Call, scope: Scope) -> Site | None:
        """`next(get_db())`: the generator is dropped at once, so nobody ever runs what follows its `yield`."""
        if callee.name not in ("builtins.next", "builtins.anext") or not call.args:
            return None
        made = call.args[0].value
        if not isinstance(made, form.Call):
            return None
        maker = self.linker.meaning(made.func, scope)
        given = self.handed_out(maker, ()) if isinstance(maker, FunctionRef) else None
        if given is None or not given.is_lent:
            return None
        is_async = callee.name == "builtins.anext"
        return replace(
            given.site, call=call, pool=None, is_pending=is_async, context=given.site.context_held, index=-1, by=None
        )


def _is_global(pool: form.Expr | None) -> bool:
    return isinstance(pool, form.Name)


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
