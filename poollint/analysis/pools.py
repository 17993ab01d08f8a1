"""Which pool something draws on: an engine behind a session's factory, a pool that a client was given, itself."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import Key
from poollint.analysis.render import render
from poollint.analysis.sites import call_at, calls
from poollint.model import form
from poollint.model.library import POOL_OWNING
from poollint.model.meaning import External, Method, Typed
from poollint.model.span import Place

HOPS = 6


@dataclass(frozen=True, slots=True)
class PoolUse:
    """A call that draws on the pool constructed at `pool`."""

    pool: Place
    place: Place
    text: str


class PoolFinder:
    """Answers for one project; remembers them. A pool is known by the place of its construction."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue
        self._pools: dict[Place, Place | None] = {}
        self._uses: dict[Key, tuple[PoolUse, ...]] = {}

    def uses(self, key: Key) -> tuple[PoolUse, ...]:
        """The calls of a function's own frame that draw on known pools."""
        if key not in self._uses:
            file = self.linker.project.file(key[0])
            function = file.form.functions.get(key[1]) if file is not None else None
            found = [] if function is None else [self._use(call, Scope(*key)) for call in calls(function)]
            self._uses[key] = tuple(use for use in found if use is not None)
        return self._uses[key]

    def _use(self, call: form.Call, scope: Scope) -> PoolUse | None:
        if not isinstance(call.func, form.Attr) or call.func.name not in self.catalogue.method_names:
            return None
        callee = self.linker.meaning(call.func, scope)
        is_drawing = isinstance(callee, Method) and self._draws(callee)
        receiver = callee.receiver if isinstance(callee, Method) and is_drawing else self._commanded(call.func, scope)
        pool = None if receiver is None else self.pool_of(receiver)
        return None if pool is None else PoolUse(pool, scope.at(call.ordinal), render(call))

    def _commanded(self, func: form.Attr, scope: Scope) -> Typed | None:
        """A client whose own methods each borrow a connection, known or not."""
        base = self.linker.meaning(func.base, scope)
        if not isinstance(base, Typed) or self.catalogue.type(base.type_id).kind != "client":
            return None
        made = self.catalogue.constructor_of_type(base.type_id)
        return None if func.name.startswith("_") or (made is not None and func.name in made[1].close) else base

    def _draws(self, method: Method) -> bool:
        """Whether the method takes a connection, or works on one that is taken."""
        type_id, name = method.receiver.type_id, method.name
        if self.catalogue.acquire(type_id, name) or self.catalogue.implicit(type_id, name):
            return True
        if self.catalogue.type(type_id).kind in ("pool", "engine"):
            return False
        made = self.catalogue.constructor_of_type(type_id)
        if made is not None and name in (*made[1].close, *(release.method for release in made[1].release)):
            return False
        derived = self.catalogue.derive(type_id, name)
        return self.catalogue.blocking(type_id, name) is not None or (derived is not None and derived.may_raise)

    # --- behind a name ---

    def pool_of(self, thing: Typed, hops: int = 0) -> Place | None:
        """Where the pool is constructed that an object draws on; None when that is out of sight."""
        if thing.origin is None or hops > HOPS:
            return None
        if thing.origin not in self._pools:
            self._pools[thing.origin] = None
            self._pools[thing.origin] = self._of_origin(thing, thing.origin, hops)
        return self._pools[thing.origin]

    def _of_origin(self, thing: Typed, origin: Place, hops: int) -> Place | None:
        call = call_at(self.linker, origin)
        if call is None:
            return None
        scope = Scope(origin.path, origin.function)
        callee = self.linker.meaning(call.func, scope)
        if isinstance(callee, Method):
            return self.pool_of(callee.receiver, hops + 1)
        if isinstance(callee, Typed):
            return self.pool_of(callee, hops + 1)
        if not isinstance(callee, External):
            return None
        known = self.catalogue.constructor(callee.name)
        changes = known[1].changes_kind if known is not None else {}
        is_own = known is not None and known[1].kind in POOL_OWNING
        for argument in call.args:
            if is_own and argument.keyword not in changes:
                continue
            given = self.linker.meaning(argument.value, scope)
            if isinstance(given, Typed) and self.catalogue.type(given.type_id).kind in (*POOL_OWNING, "factory"):
                return self.pool_of(given, hops + 1)
            if is_own:
                return None
        return origin if is_own else None


