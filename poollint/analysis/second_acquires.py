"""A second connection of one pool, acquired while the first is held: at once, inside a method, or by a helper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.effects import Effects, effects
from poollint.analysis.failing import failure
from poollint.analysis.link_decorators import SELF
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.scopes import expressions, statement_expressions, target_path
from poollint.analysis.sites import Site, SiteFinder, call_at, calls
from poollint.analysis.summaries import Summaries
from poollint.analysis.surroundings import Standing, Surroundings, placed
from poollint.model import form
from poollint.model.acquired import Nested
from poollint.model.finding import Step
from poollint.model.identity import PoolKey
from poollint.model.meaning import External, FunctionRef, Method, Typed
from poollint.model.option import Freshness

DEPTH = 4


@dataclass(frozen=True, slots=True)
class Held:
    """The pool that a connection is out of, as seen from one function: by its key, or by the same text there."""

    site: Site
    scope: Scope
    text: str | None

    def is_of(self, expression: form.Expr, key: PoolKey | None, scope: Scope) -> bool:
        if key is not None and self.site.key is not None:
            return key == self.site.key
        return self.text is not None and scope == self.scope and target_path(expression) == self.text


class NestedReader:
    """Answers per site; which helpers acquire of which pool is remembered."""

    def __init__(self, linker: Linker, finder: SiteFinder, summaries: Summaries) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue
        self.finder = finder
        self.summaries = summaries
        self._memory: dict[tuple[str, str, PoolKey], tuple[Step, ...] | None] = {}

    def of(self, effects: Effects, surroundings: Surroundings, held: frozenset[int]) -> tuple[Nested, ...]:
        """The acquires of the same pool among the calls (ordinals) that are made while the site's is held."""
        site, scope = effects.site, effects.scope
        if site.kind == "response" or site.by is not None or site.pool is None or self._is_local(site, scope):
            return ()
        if site.acquire.held_for == "result":
            return ()
        text = target_path(site.pool) if _is_one(effects.function, site.pool) else None
        if text is None and site.key is None:
            return ()
        holding = Held(site, scope, text)
        found: list[Nested] = []
        for ordinal in sorted(held):
            standing = surroundings.by_ordinal.get(ordinal)
            if standing is None or _is_given(standing.call, effects.names | effects.parts):
                continue
            steps = self._acquires(standing, holding, scope)
            if steps is not None:
                found.append(Nested(scope.at(ordinal), render(standing.call), steps))
        return tuple(found)

    def during(self, effects: Effects, standing: Standing) -> frozenset[int]:
        """The calls of a `with` block in which its connection is held: of a session, after a statement of it."""
        entered = standing.statement
        if not isinstance(entered, form.With):
            return frozenset()
        inside = [call for statement, _ in placed(entered.body, ()) for call in _own_calls(statement)]
        if not effects.site.is_lazy:
            return frozenset(call.ordinal for call in inside)
        found: set[int] = set()
        is_held = False
        for call in sorted(inside, key=lambda call: call.ordinal):
            base = target_path(call.func.base) if isinstance(call.func, form.Attr) else None
            if base in effects.names:
                is_held = not effects.releases.ends_use(call) and (is_held or failure(effects, call) == "strong")
            elif is_held:
                found.add(call.ordinal)
        return frozenset(found)

    # --- one call ---

    def _acquires(self, standing: Standing, held: Held, scope: Scope, depth: int = DEPTH) -> tuple[Step, ...] | None:
        """The way from a call to the acquire in it, or None."""
        call = standing.call
        callee = self.linker.meaning(call.func, scope)
        if isinstance(callee, FunctionRef):
            return self._through(callee, standing, held, depth)
        other = self.finder.site(call, scope) if isinstance(callee, Method | Typed) else None
        if other is not None and other.pool is not None:
            # A keyed acquire may give the same one again.
            is_another = not (other.acquire.keyed and call.args) and other.kind != "response"
            is_same = is_another and held.is_of(other.pool, other.key, scope)
            return () if is_same and self._holds(other, scope) else None
        if not isinstance(callee, Method) or not isinstance(call.func, form.Attr):
            return None
        said = self.catalogue.implicit(callee.receiver.type_id, callee.name)
        if said is None or (said[1].awaited == "must" and not standing.is_awaited):
            return None
        return () if held.is_of(call.func.base, callee.receiver.key, scope) else None

    def _holds(self, site: Site, scope: Scope) -> bool:
        """Whether a session gets to a statement; anything else holds at once."""
        if not site.is_lazy:
            return True
        function = self._function(FunctionRef(scope.path, scope.function))
        if function is None:
            return False
        found = effects(site, scope, function, self.linker, self.summaries)
        return any(
            isinstance(call.func, form.Attr)
            and target_path(call.func.base) in found.names
            and not found.releases.ends_use(call)
            and failure(found, call) == "strong"
            for call in calls(function)
        )

    def _runs_here(self, path: str, function: form.FunctionForm, standing: Standing) -> bool:
        """Whether calling the function in this way runs its body at once, in this task."""
        made = self.linker.made_of(path, function)
        if function.is_generator:
            return "manager" in made and isinstance(standing.statement, form.With) and not standing.chain
        if not made <= SELF:
            return False
        return standing.is_awaited if function.is_async else True

    def _through(self, callee: FunctionRef, standing: Standing, held: Held, depth: int) -> tuple[Step, ...] | None:
        function = self._function(callee)
        if function is None or held.site.key is None or depth == 0:
            return None
        if not self._runs_here(callee.path, function, standing):
            return None
        key = (callee.path, callee.qualified, held.site.key)
        if key not in self._memory:
            self._memory[key] = None
            self._memory[key] = self._in_function(function, Scope(callee.path, callee.qualified), held, depth)
        return self._memory[key]

    def _in_function(
        self, function: form.FunctionForm, scope: Scope, held: Held, depth: int
    ) -> tuple[Step, ...] | None:
        surroundings = Surroundings(function)
        parameters = {parameter.name for parameter in function.parameters} - {"self", "cls"}
        for call in sorted(calls(function), key=lambda call: call.ordinal):
            standing = surroundings.by_ordinal[call.ordinal]
            if _is_optional(standing, parameters):
                continue
            steps = self._acquires(standing, held, scope, depth - 1)
            if steps is not None:
                here = Step("acquire" if not steps else "call", scope.at(call.ordinal), "")
                return (Step(here.kind, here.place, f"`{render(call)}`"), *steps)
        return None

    def _function(self, callee: FunctionRef) -> form.FunctionForm | None:
        file = self.linker.project.file(callee.path)
        return file.form.functions.get(callee.qualified) if file is not None else None

    # --- pools that cannot run empty ---

    def _is_local(self, site: Site, scope: Scope) -> bool:
        """A database in a file or in memory: its URL says so."""
        pool = self.linker.meaning(site.pool, scope) if site.pool is not None else None
        if not isinstance(pool, Typed) or pool.origin is None:
            return False
        made = call_at(self.linker, pool.origin)
        if made is None:
            return False
        there = Scope(pool.origin.path, pool.origin.function)
        callee = self.linker.meaning(made.func, there)
        known = self.catalogue.freshness_of(callee.name) if isinstance(callee, External) else None
        return known is not None and any(_is_exempt(argument.value, known[1]) for argument in made.args)


def _is_exempt(value: form.Expr, freshness: Freshness) -> bool:
    texts = [part.value for part in expressions(value) if isinstance(part, form.Const) and isinstance(part.value, str)]
    return any(text.startswith(tuple(freshness.exempt_dialects)) for text in texts if freshness.exempt_dialects)


def _own_calls(statement: form.Stmt) -> Iterator[form.Call]:
    for expression in statement_expressions(statement):
        if isinstance(expression, form.Call):
            yield expression


def _is_one(function: form.FunctionForm, pool: form.Expr) -> bool:
    """Whether a name means one object all through the function: it is never bound anew there."""
    path = target_path(pool)
    return path is not None and not any(
        isinstance(statement, form.Bind) and any(target_path(target) == path for target in statement.targets)
        for statement, _ in placed(function.body, ())
    )


def _is_given(call: form.Call, names: frozenset[str]) -> bool:
    """Whether a call gets the connection, or something of it, to work with."""
    return any(target_path(e) in names for argument in call.args for e in expressions(argument.value))


def _is_optional(standing: Standing, parameters: set[str]) -> bool:
    """Whether what the caller gave decides if the call is made (`if conn is None:`), or a handler makes it."""
    if any(isinstance(e, form.Lambda | form.IfExp | form.BoolOp | form.Comprehension) for e in standing.chain):
        return True
    for block, index in standing.blocks[:-1]:
        outer = block[index]
        if isinstance(outer, form.If | form.While):
            if any(isinstance(e, form.Name) and e.id in parameters for e in expressions(outer.test)):
                return True
        if isinstance(outer, form.Try) and not _is_in(standing, outer.body):
            return True
    return False


def _is_in(standing: Standing, block: form.Block) -> bool:
    return any(found is block for found, _ in standing.blocks)
