"""Where pools, engines and clients are made: by a constructor, or by a function of the project that returns one."""

from __future__ import annotations

from typing import Protocol

from poollint.analysis.followed import Maker
from poollint.analysis.freshness import FreshnessReader
from poollint.analysis.lifetimes import Life, LifeReader
from poollint.analysis.linking import Scope
from poollint.analysis.loop_facts import turns_of
from poollint.analysis.makings import Made, MakingReader
from poollint.analysis.render import render
from poollint.analysis.scopes import statements, target_path
from poollint.analysis.settings import SettingReader
from poollint.analysis.sites import calls
from poollint.model import form
from poollint.model.facts import ConstructFact
from poollint.model.finding import Step
from poollint.model.identity import PoolKey, Runs
from poollint.model.meaning import Awaitable, Entered, External, FunctionRef, Meaning, Typed
from poollint.model.span import Place

MOST_WORK = 40_000
"""Constructions in one function times its calls, from which on no more are followed: each is followed through all of
the function, so that a made-up table of thousands would take for ever."""
MAKING_WHOLE = ("returned", "property")


class Reachability(Protocol):
    """What constructions ask about where code runs."""

    def runs_at(self, path: str, qualified: str, ordinal: int) -> Runs: ...

    def once_guard(self, path: str, qualified: str, ordinal: int) -> str: ...

    def is_made_by_framework(self, path: str, qualified: str) -> bool: ...


class ConstructReader:
    """Finds them in one function at a time."""

    def __init__(self, settings: SettingReader, reach: Reachability, freshness: FreshnessReader) -> None:
        self.settings = settings
        self.reader = reader = settings.reader
        self.makings = MakingReader(reader, freshness)
        self.linker = reader.linker
        self.catalogue = reader.linker.catalogue
        self.lives = LifeReader(reader.linker)
        self.reach = reach

    def facts(self, function: form.FunctionForm, path: str) -> list[ConstructFact]:
        scope = Scope(path, function.qualified)
        found: list[ConstructFact] = []
        made_here = calls(function)
        for call in made_here:
            if len(found) * len(made_here) > MOST_WORK:
                break
            callee = self.linker.callee(call, scope)
            made = self.makings.made_by(call, callee)
            if made is not None:
                found.append(self._direct(made, function, scope))
            elif isinstance(callee, FunctionRef):
                fact = self._through(call, callee, function, scope)
                if fact is not None:
                    found.append(fact)
        return found

    # --- by the constructor itself ---

    def _direct(self, made: Made, function: form.FunctionForm, scope: Scope) -> ConstructFact:
        life = self.lives.life(Maker(made.call, function, scope, made.constructor.close))
        place = scope.at(made.call.ordinal)
        lifetime = self._lifetime(life, function, scope, made.call)
        if lifetime == "returned" and self._is_called_by_framework(made.call, scope):
            lifetime = "lent"
        return self._fact(made, function, scope, life, place, place, lifetime)

    def _is_called_by_framework(self, call: form.Call, scope: Scope) -> bool:
        """Whether what the function returns goes to a framework that asked for it for this request."""
        runs = self.reach.runs_at(scope.path, scope.function, call.ordinal)
        return runs.frequency == "request" and runs.certain and not runs.chain

    def _lifetime(self, life: Life, function: form.FunctionForm, scope: Scope, call: form.Call) -> str:
        if self.reach.once_guard(scope.path, scope.function, call.ordinal):
            return "guarded"
        names = self.linker.decorator_names(scope.path, function)
        if any(self.catalogue.cached(name) for name in names):
            return "guarded"
        if life.lifetime == "returned" and "property" in self.linker.made_of(scope.path, function):
            return "property"
        if life.lifetime == "instance" and not self._owner_is_dropped(call, function, scope):
            return "kept"
        return life.lifetime

    def _owner_is_dropped(self, call: form.Call, function: form.FunctionForm, scope: Scope) -> bool:
        """Whether the object that keeps it is made per request and dropped again: by its framework, by the function
        that calls its class, or by one further up that it is returned to."""
        if self.reach.is_made_by_framework(scope.path, scope.function):
            return True
        if function.name != "__init__":
            return False
        for step in reversed(self.reach.runs_at(scope.path, scope.function, call.ordinal).chain):
            maker = self._function(step.place)
            made = None if maker is None else next((c for c in calls(maker) if c.ordinal == step.place.ordinal), None)
            if maker is None or made is None:
                return False
            owner = self.lives.life(Maker(made, maker, Scope(step.place.path, step.place.function), ()))
            if owner.lifetime != "returned":
                return owner.lifetime == "local"
        return False

    # --- by a function of the project ---

    def _through(
        self, call: form.Call, callee: FunctionRef, function: form.FunctionForm, scope: Scope
    ) -> ConstructFact | None:
        """A call that gives a new pool each time, because the function it calls returns what it makes."""
        found = _bare(self.linker.function_result(callee))
        is_lent = isinstance(found, Entered)
        found = found.result if isinstance(found, Entered) else found
        if not isinstance(found, Typed) or found.key is not None or found.origin is None:
            return None
        origin = found.origin
        made = self._made_at(origin)
        if made is None or origin == scope.at(call.ordinal):
            return None
        maker_function = self._function(origin)
        if maker_function is None:
            return None
        maker_scope = Scope(origin.path, origin.function)
        maker_life = self.lives.life(Maker(made.call, maker_function, maker_scope, made.constructor.close))
        makes = ("lent",) if is_lent else MAKING_WHOLE
        if self._lifetime(maker_life, maker_function, maker_scope, made.call) not in makes:
            return None
        if is_lent and self.reach.runs_at(origin.path, origin.function, origin.ordinal).frequency == "request":
            # It is told where it is made.
            return None
        life = self.lives.life(Maker(call, function, scope, made.constructor.close))
        place = scope.at(call.ordinal)
        step = Step("construct", origin, f"`{render(made.call)}` makes it, on each call")
        lifetime = self._lifetime(life, function, scope, call)
        return self._fact(made, function, scope, life, place, origin, lifetime, (step,), call)

    def _made_at(self, origin: Place) -> Made | None:
        """The construction at a place; of what borrows another's pool, or makes sessions of one, that of the pool."""
        function, scope = self._function(origin), Scope(origin.path, origin.function)
        call = None if function is None else next((c for c in calls(function) if c.ordinal == origin.ordinal), None)
        if call is None:
            return None
        callee = self.linker.meaning(call.func, scope)
        made = self.makings.made_by(call, callee)
        if made is not None or not isinstance(callee, External):
            return made
        known = self.catalogue.constructor(callee.name)
        if known is None:
            return None
        lent = [a for a in call.args if known[1].kind == "factory" or a.keyword in known[1].changes_kind]
        for argument in lent:
            pool = self.linker.meaning(argument.value, scope)
            if isinstance(pool, Typed) and pool.key is None and pool.origin is not None and pool.origin != origin:
                return self._made_at(pool.origin)
        return None

    def _function(self, place: Place) -> form.FunctionForm | None:
        file = self.linker.project.file(place.path)
        return file.form.functions.get(place.function) if file is not None else None

    # --- the fact ---

    def _fact(
        self,
        made: Made,
        function: form.FunctionForm,
        scope: Scope,
        life: Life,
        place: Place,
        origin: Place,
        lifetime: str,
        through: tuple[Step, ...] = (),
        call: form.Call | None = None,
    ) -> ConstructFact:
        call = call or made.call
        arguments = self.reader.arguments(made.call, Scope(origin.path, origin.function))
        turns = turns_of(function, call, scope, life.names)
        return ConstructFact(
            place=place,
            origin=origin,
            library=made.library,
            constructor=made.constructor,
            name=render(made.call.func),
            kind=made.constructor.kind,
            text=render(call),
            runs=self.reach.runs_at(scope.path, scope.function, call.ordinal),
            lifetime=lifetime,
            managed=life.managed,
            closed=life.closed,
            loop=turns[0],
            uses=life.uses,
            uses_in_loop=life.uses_in_loop,
            lives_long=life.lives_long,
            key=_key(call, function, scope),
            through=through,
            given=self.settings.all(made.name, arguments),
            mocked=self.makings.is_off_network(made, arguments),
            by_turn=turns[1],
            unpooled=self.makings.is_unpooled(made, arguments),
            fixed_host=self.makings.fixed_host(made, arguments),
            dotted=made.name,
            described=life.described,
            lends=life.lends,
            at_import=self.makings.is_at_import(made, function, arguments),
        )


def _bare(meaning: Meaning) -> Meaning:
    while isinstance(meaning, (Awaitable, Entered)):
        if isinstance(meaning, Entered):
            return meaning
        meaning = meaning.result
    return meaning


def _key(call: form.Call, function: form.FunctionForm, scope: Scope) -> PoolKey:
    """The lasting place that the value reaches in this function, else the call itself."""
    for statement in statements(function.body):
        if isinstance(statement, form.Bind) and _is_value(statement.value, call):
            for target in statement.targets:
                path = target_path(target)
                if path is None:
                    continue
                if function.name == form.CLASS_BODY:
                    return PoolKey(f"{scope.path}:{function.qualified.rpartition('.')[0]}.{path}")
                if function.qualified == form.MODULE:
                    return PoolKey(f"{scope.path}:{path}")
                if path.startswith("self.") and function.owner is not None:
                    return PoolKey(f"{scope.path}:{function.owner}.{path.removeprefix('self.')}")
    return PoolKey(f"{scope.path}:{scope.function}@{call.ordinal}")


def _is_value(value: form.Expr | None, call: form.Call) -> bool:
    while isinstance(value, form.Await):
        value = value.value
    return isinstance(value, form.Call) and value.ordinal == call.ordinal
