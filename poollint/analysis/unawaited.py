"""Acquires, releases and closes that are coroutines and that nothing awaits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.handouts import HandOuts
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.quiet import is_release_word
from poollint.analysis.render import render
from poollint.analysis.scopes import expressions, own_expressions, statements
from poollint.analysis.sites import HELD_KINDS, as_acquire
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.facts import UnawaitedFact
from poollint.model.meaning import FunctionRef, Method, Typed
from poollint.model.span import Place

DEPTH = 4
OF_THE_AWAITABLE = frozenset({
    "start", "send", "throw", "close", "__aenter__", "__aexit__", "__await__", "add_done_callback", "cancel",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Uses:
    """The methods called on a name; `is_all`: nothing else is done with it, but that a pool takes it back;
    `is_released`: it does so in a `finally`."""

    methods: frozenset[str]
    is_all: bool
    is_released: bool


class UnawaitedReader:
    """Finds them in one function at a time; remembers which functions of the project end something."""

    def __init__(self, linker: Linker, hand_outs: HandOuts) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue
        self.finder = hand_outs.finder
        self._enders: dict[tuple[str, str], bool] = {}
        self._releases = _releases(self.catalogue)

    def facts(self, function: form.FunctionForm, path: str) -> list[UnawaitedFact]:
        scope = Scope(path, function.qualified)
        found: list[UnawaitedFact] = []
        for statement in statements(function.body):
            value = getattr(statement, "value", None)
            if not isinstance(value, form.Call):
                continue
            does, is_released = "", False
            if isinstance(statement, form.Evaluate):
                does = self._does(value, scope)
            elif isinstance(statement, form.Bind) and not statement.op and len(statement.targets) == 1:
                uses = self._uses_unawaited(statement.targets[0], value, function, scope)
                does, is_released = ("acquire", uses.is_released) if uses is not None else ("", False)
            if does:
                place = Place(path, function.qualified, value.ordinal)
                found.append(UnawaitedFact(place, render(value), does, function.is_async, is_released))
        return found

    # --- a call that is a statement of its own ---

    def _does(self, call: form.Call, scope: Scope) -> str:
        """ "release", "close" or "acquire" of a call that must be awaited to do anything, else ""."""
        callee = self.linker.meaning(call.func, scope)
        if isinstance(callee, FunctionRef):
            is_ending = is_release_word(call.func) and self._ends(callee, DEPTH)
            return "close" if is_ending else ""
        if not isinstance(callee, Method):
            return ""
        site = self.finder.site(call, scope)
        if site is not None:
            return "acquire" if site.acquire.awaited == "must" else ""
        return self._by_catalogue(callee.receiver, callee.name)

    def _by_catalogue(self, receiver: Typed, name: str) -> str:
        made = self.catalogue.constructor_of_type(receiver.type_id)
        if made is not None and made[1].close_awaited and name in made[1].close:
            return "" if name in made[1].close_at_once else "close"
        return "release" if self._must_await_release(receiver.type_id, name) else ""

    def _must_await_release(self, type_id: str, name: str) -> bool:
        """Whether every release of this name, on such an object, is a coroutine; a read is no release meant."""
        found = {word for kind in self.catalogue.lineage(type_id) for word in self._releases.get((kind, name), ())}
        return found == {"must"}

    def _ends(self, callee: FunctionRef, depth: int) -> bool:
        """Whether a coroutine function of the project awaits a release or close."""
        key = (callee.path, callee.qualified)
        if key not in self._enders:
            self._enders[key] = False
            self._enders[key] = depth > 0 and self._awaits_an_end(callee, depth)
        return self._enders[key]

    def _awaits_an_end(self, callee: FunctionRef, depth: int) -> bool:
        file = self.linker.project.file(callee.path)
        function = file.form.functions.get(callee.qualified) if file is not None else None
        if function is None or not function.is_async or function.is_generator or function.decorators:
            return False
        scope = Scope(callee.path, callee.qualified)
        for call in _awaited(function):
            found = self.linker.meaning(call.func, scope)
            if isinstance(found, Method) and self._by_catalogue(found.receiver, found.name):
                return True
            if isinstance(found, FunctionRef) and self._ends(found, depth - 1):
                return True
        return False

    # --- a call whose result is used as if it were the connection ---

    def _uses_unawaited(
        self, target: form.Expr, call: form.Call, function: form.FunctionForm, scope: Scope
    ) -> Uses | None:
        site = self.finder.site(call, scope)
        if site is None or not site.is_pending or site.acquire.bare == "context-manager":
            return None
        if not isinstance(target, form.Name) or _mentions_elsewhere(self.linker, scope, function, target.id):
            return None
        taking = {release.method for release in site.acquire.release if release.on == "pool"}
        uses = _uses(function, target.id, taking)
        is_certain = uses.is_all and bool(uses.methods) and not uses.methods & OF_THE_AWAITABLE
        return uses if is_certain else None


def _releases(catalogue: Catalogue) -> dict[tuple[str, str], set[str]]:
    """(type, method) -> whether that releases un-awaited, as the catalogue says of each acquire."""
    found: dict[tuple[str, str], set[str]] = {}
    for library in catalogue.libraries:
        made = (as_acquire(c) for c in library.constructors if c.kind in HELD_KINDS)
        for acquire in (*library.acquires, *made):
            for release in acquire.release:
                on = (acquire.returns,) if release.on == "self" else acquire.on
                for kind in () if release.reads else on:
                    found.setdefault((catalogue.joined(library, kind), release.method), set()).add(release.awaited)
    return found


def _awaited(function: form.FunctionForm) -> Iterator[form.Call]:
    for statement in statements(function.body):
        for own in own_expressions(statement):
            for expression in expressions(own):
                if isinstance(expression, form.Await) and isinstance(expression.value, form.Call):
                    yield expression.value


def _uses(function: form.FunctionForm, name: str, taking: set[str]) -> Uses:
    """What is done with a name; `taking` are the pool's methods that take a connection back."""
    methods: set[str] = set()
    total = allowed = given = 0
    is_released = False
    last = {id(s) for t in statements(function.body) if isinstance(t, form.Try) for s in statements(t.final)}
    for statement in statements(function.body):
        for own in own_expressions(statement):
            for expression in expressions(own):
                total += isinstance(expression, form.Name) and expression.id == name
                if not isinstance(expression, form.Call) or not isinstance(expression.func, form.Attr):
                    continue
                if expression.func.base == form.Name(name):
                    methods.add(expression.func.name)
                    allowed += 1
                elif expression.func.name in taking:
                    taken = sum(argument.value == form.Name(name) for argument in expression.args)
                    given += taken
                    is_released = is_released or (taken > 0 and id(statement) in last)
    return Uses(frozenset(methods), total == allowed + given, is_released)


def _mentions_elsewhere(linker: Linker, scope: Scope, function: form.FunctionForm, name: str) -> bool:
    """Whether the name is bound more than once, or a nested function may see it."""
    file = linker.project.file(scope.path)
    if file is None or len(file.bindings(function.qualified).names.get(name, ())) != 1:
        return True
    prefix = f"{function.qualified}."
    return any(
        isinstance(expression, form.Name) and expression.id == name
        for qualified, inner in file.form.functions.items()
        if qualified.startswith(prefix)
        for statement in statements(inner.body)
        for own in own_expressions(statement)
        for expression in expressions(own)
    )
