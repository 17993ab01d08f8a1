"""Which names and expressions of a function may be the acquired resource, hold it, or come from it.

Read from the text alone, whatever the order: an over-estimate, which the paths then make exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.quiet import makes_an_object
from poollint.analysis.scopes import named_expressions, statements, target_path
from poollint.analysis.sites import Site
from poollint.analysis.wrapping import wrapped
from poollint.model import form

Pair = tuple[form.Expr, form.Expr]
Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Aliases:
    """`names` may denote the resource (`conn`, `state[conn]`); `containers` are names bound to a display that holds
    it, `wrappers` to an object that was made of it, `parts` to what it, or something of it, gave."""

    names: Names = frozenset()
    containers: Names = frozenset()
    wrappers: Names = frozenset()
    parts: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Denoting:
    """Answers for one site in one function."""

    site: Site
    scope: Scope
    linker: Linker

    def may_be(self, value: form.Expr, names: Names | set[str]) -> bool:
        """Whether an expression's value may be the resource itself."""
        match value:
            case form.Call():
                return self._called(value, names)
            case form.Await(_, inner) | form.NamedExpr(_, inner):
                return self.may_be(inner, names)
            case form.IfExp(_, body, orelse):
                return self.may_be(body, names) or self.may_be(orelse, names)
            case form.BoolOp(_, values):
                return any(self.may_be(inner, names) for inner in values)
            case form.Subscript(base, _) if self.site.index >= 0 and self.may_be(base, frozenset()):
                return True
        path = target_path(value)
        return path is not None and path in names

    def _called(self, call: form.Call, names: Names | set[str]) -> bool:
        if call.ordinal == self.site.call.ordinal or self.is_same_again(call):
            return True
        if self.site.is_registry and target_path(call.func) in names:
            return True
        if not call.args:
            return False
        found = wrapped(self.linker, self.scope, call)
        return found is not None and self.may_be(call.args[found.position].value, names)

    def is_same_again(self, call: form.Call) -> bool:
        """`pool.getconn(key=k)` once more: the same key gives the same connection."""
        own = self.site.call
        return self.is_keyed and call.ordinal != own.ordinal and call.func == own.func and call.args == own.args

    @property
    def is_keyed(self) -> bool:
        keyed = self.site.acquire.keyed
        return bool(keyed) and any(a.keyword in (keyed, None) for a in self.site.call.args)


def aliases(denoting: Denoting, function: form.FunctionForm) -> Aliases:
    """Until nothing new comes: an alias may be bound before what it is bound to."""
    pairs = tuple(all_pairs(function))
    loops = tuple(_loops(function))
    names: set[str] = set()
    containers: set[str] = set()
    while True:
        before = (len(names), len(containers))
        for target, value in pairs:
            _one(denoting, target, value, names, containers)
        for target, iterable in loops:
            if _container_of(iterable) in containers and (path := target_path(target)) is not None:
                names.add(path)
        if before == (len(names), len(containers)):
            break
    known = frozenset(names)
    wrappers = frozenset(
        path for target, value in pairs if _wraps(denoting, value, known) and (path := target_path(target)) is not None
    )
    found = _parts(denoting, pairs, known)
    return Aliases(known, frozenset(containers), wrappers, found - known - containers)


def _one(denoting: Denoting, target: form.Expr, value: form.Expr, names: set[str], containers: set[str]) -> None:
    path = target_path(target)
    if denoting.may_be(value, names):
        if isinstance(target, form.Sequence) and denoting.site.index >= 0:
            target = target.items[denoting.site.index] if denoting.site.index < len(target.items) else target
            path = target_path(target)
        if path is not None:
            names.add(path)
        return
    elements = tuple(elements_of(value))
    if path is not None and any(denoting.may_be(element, names) for _, element in elements):
        containers.add(path)
        names.update(f"{path}[{key}]" for key, element in elements if key and denoting.may_be(element, names))
    base = _container_of(value)
    if base in containers and isinstance(target, form.Sequence):
        for index, item in enumerate(target.items):
            if f"{base}[{index}]" in names and (inner := target_path(item)) is not None:
                names.add(inner)
    elif base in containers and base != target_path(value) and path is not None:
        names.add(path)


def elements_of(value: form.Expr) -> Iterator[tuple[str, form.Expr]]:
    """(key as in a path, element) of a display; "" where no literal says which."""
    if isinstance(value, form.Sequence):
        is_plain = value.kind != "set" and not any(isinstance(item, form.Starred) for item in value.items)
        for index, item in enumerate(value.items):
            yield (str(index) if is_plain else ""), item
    elif isinstance(value, form.DictDisplay):
        for key, item in value.items:
            yield (str(key.value) if isinstance(key, form.Const) else ""), item


def _container_of(value: form.Expr) -> str | None:
    """`held` of `held`, `held[i]`, `held.pop()` and `held.values()`."""
    if isinstance(value, form.Call) and isinstance(value.func, form.Attr):
        return target_path(value.func.base)
    if isinstance(value, form.Subscript):
        return target_path(value.base)
    return target_path(value)


def _wraps(denoting: Denoting, value: form.Expr, names: Names) -> bool:
    """`Database(conn)`."""
    while isinstance(value, form.Await):
        value = value.value
    if not isinstance(value, form.Call) or not makes_an_object(denoting.linker, denoting.scope, value):
        return False
    return any(target_path(argument.value) in names for argument in value.args)


# --- what is bound to what -----------------------------------------------------------------------


def all_pairs(function: form.FunctionForm) -> Iterator[Pair]:
    """(target, value) of every binding."""
    for statement in statements(function.body):
        yield from _pairs(statement)


def _pairs(statement: form.Stmt) -> Iterator[Pair]:
    if isinstance(statement, form.Bind) and not statement.op and statement.value is not None:
        value = statement.value
        for target in statement.targets:
            if isinstance(target, form.Sequence) and isinstance(value, form.Sequence):
                yield from zip(target.items, value.items, strict=False)
            else:
                yield target, value
    elif isinstance(statement, form.With):
        for entered in statement.items:
            if entered.target is not None:
                yield entered.target, entered.value
    elif isinstance(statement, form.For) and isinstance(statement.iterable, form.Sequence):
        for item in statement.iterable.items:
            yield statement.target, item
    for walrus in named_expressions(statement):
        yield form.Name(walrus.name), walrus.value


def _loops(function: form.FunctionForm) -> Iterator[Pair]:
    for statement in statements(function.body):
        if isinstance(statement, form.For):
            yield statement.target, statement.iterable


# --- what comes from it --------------------------------------------------------------------------


def _parts(denoting: Denoting, pairs: tuple[Pair, ...], names: Names) -> Names:
    """Names bound to what the resource, or something of it, gave: cursors, rows, results."""
    site = denoting.site
    found: set[str] = set()
    while True:
        before = len(found)
        for target, value in pairs:
            items = target.items if isinstance(target, form.Sequence) else (target,)
            if site.parts and denoting.may_be(value, frozenset()):
                items = tuple(item for index, item in enumerate(items) if index in site.parts)
            elif denoting.may_be(value, names) or not _comes_from(value, site, names | found):
                continue
            found.update(path for item in items if (path := target_path(item)) is not None)
        if len(found) == before:
            return frozenset(found)


def _comes_from(value: form.Expr, site: Site, names: Names | set[str]) -> bool:
    """Whether a chain of calls, attributes and subscripts begins at one of the names, or at the site."""
    is_chained = False
    while True:
        match value:
            case form.Await(_, inner):
                value = inner
            case form.Call(ordinal, func, _):
                if ordinal == site.call.ordinal:
                    return is_chained
                if not isinstance(func, form.Attr):
                    return False
                is_chained, value = True, func.base
            case form.Attr(base, _) | form.Subscript(base, _):
                if target_path(value) in names:
                    return is_chained
                is_chained, value = True, base
            case form.Name(name):
                return is_chained and name in names
            case _:
                return False
