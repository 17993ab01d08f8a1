"""What a function of the project does with a parameter that holds an acquired resource."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.borrowing import is_borrower
from poollint.analysis.link_decorators import SELF
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.quiet import ADDING, is_release_word, last_name, only_borrows
from poollint.analysis.reading import Reading
from poollint.analysis.releases import Releases
from poollint.analysis.scopes import expressions, statement_expressions, statements, target_path
from poollint.analysis.sites import Site
from poollint.analysis.wrapping import wrapped
from poollint.model import form
from poollint.model.meaning import ClassRef, FunctionRef

RELEASES, ENDS, STORES, RETURNS, BORROWS, UNRESOLVED = (
    "releases", "ends", "stores", "returns", "borrows", "unresolved",
)  # fmt: skip
DEPTH = 6


@dataclass(frozen=True, slots=True)
class Effect:
    """`kind`: "releases" on some path; "ends" a session's unit of work; "stores" it for good; "returns" it;
    "borrows" it; "unresolved". `uses`: it calls methods of the resource, which may fail."""

    kind: str
    uses: bool = False


UNKNOWN_EFFECT = Effect(UNRESOLVED)
_BORROWED = Effect(BORROWS, uses=True)


class Summaries:
    """Answers per (function, parameter, kind of resource); recursion starts at "borrows"."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self._memory: dict[tuple[str, str, str, str], Effect] = {}

    def of_call(self, call: form.Call, index: int, scope: Scope, site: Site, depth: int = 0) -> Effect:
        """What becomes of the `index`-th argument: in the callee, or in the callable that it is passed with."""
        callee = self.linker.meaning(call.func, scope)
        found = self._of_callee(callee, call, index, 0, scope, site, depth)
        if found.kind != UNRESOLVED or isinstance(callee, FunctionRef):
            return found
        for position in range(index):
            passed = self.linker.meaning(call.args[position].value, scope)
            if isinstance(passed, FunctionRef) and call.args[index].keyword is None:
                found = self._of_callee(passed, call, index, position + 1, scope, site, depth)
                return found if found.kind == RELEASES else UNKNOWN_EFFECT
        return UNKNOWN_EFFECT

    def _of_callee(
        self, callee: object, call: form.Call, index: int, skipped: int, scope: Scope, site: Site, depth: int
    ) -> Effect:
        if not isinstance(callee, FunctionRef) or depth > DEPTH:
            return UNKNOWN_EFFECT
        file = self.linker.project.file(callee.path)
        function = file.form.functions.get(callee.qualified) if file is not None else None
        if function is None or _is_abstract(function):
            return UNKNOWN_EFFECT
        if not self._is_plain(callee.path, function):
            return _BORROWED
        name = parameter_name(function, call, index, skipped, is_bound=_is_bound(callee))
        if name is None:
            return UNKNOWN_EFFECT
        return self.of_parameter(callee, function, name, site, depth)

    def _is_plain(self, path: str, function: form.FunctionForm) -> bool:
        """No decorator that might change what its parameters are."""
        return self.linker.made_of(path, function) <= SELF | {"property", "manager"}

    def of_parameter(
        self, callee: FunctionRef, function: form.FunctionForm, name: str, site: Site, depth: int = 0
    ) -> Effect:
        key = (callee.path, callee.qualified, name, site.type_id)
        if key not in self._memory:
            self._memory[key] = _BORROWED
            self._memory[key] = self._judged(callee, function, name, site, depth)
        return self._memory[key]

    def _judged(self, callee: FunctionRef, function: form.FunctionForm, name: str, site: Site, depth: int) -> Effect:
        scope = Scope(callee.path, callee.qualified)
        names = _aliases(function, name)
        kinds: set[str] = set()
        uses = False
        reading = Reading(site, self.linker)
        for statement in statements(function.body):
            kinds |= _by_statement(statement, names, site, self.linker, scope)
            if reading.in_statement(statement, names):
                kinds.add(RELEASES)
            for expression in statement_expressions(statement):
                if isinstance(expression, form.Call):
                    found = self._by_call(expression, names, scope, site, depth)
                    kinds.add(found.kind)
                    uses = uses or found.uses
        for kind in (RELEASES, STORES, ENDS, RETURNS):
            if kind in kinds:
                return Effect(kind, uses)
        return Effect(BORROWS, uses)

    def _by_call(self, call: form.Call, names: frozenset[str], scope: Scope, site: Site, depth: int) -> Effect:
        releases = Releases(site, scope, self.linker)
        base = target_path(call.func.base) if isinstance(call.func, form.Attr) else None
        if releases.by_names(call, names) is not None:
            is_end = base in names and releases.ends_use(call)
            return Effect(ENDS if is_end else RELEASES)
        uses = base in names and last_name(call.func) not in ("add", "add_all", "close")
        for index, argument in enumerate(call.args):
            if target_path(argument.value) not in names:
                continue
            found = self.of_call(call, index, scope, site, depth + 1)
            if found.kind != UNRESOLVED:
                return Effect(BORROWS if found.kind == RETURNS else found.kind, uses or found.uses)
            if is_release_word(call.func):
                return Effect(RELEASES)
            if is_borrower(self.linker, scope, call):
                return Effect(BORROWS, uses=True)
            if not self._is_borrowing(call, scope):
                return Effect(STORES, uses)
        return Effect(BORROWS, uses)

    def _is_borrowing(self, call: form.Call, scope: Scope) -> bool:
        if isinstance(call.func, form.Attr) and call.func.name in ADDING:
            return False
        return only_borrows(self.linker, scope, call)


def parameter_name(
    function: form.FunctionForm, call: form.Call, index: int, skipped: int, is_bound: bool
) -> str | None:
    """The parameter that receives an argument, the first `skipped` ones being no arguments of it; None when
    stars hide it."""
    argument = call.args[index]
    if argument.star or any(a.star for a in call.args[:index]):
        return None
    if argument.keyword is not None:
        return next((p.name for p in function.parameters if p.name == argument.keyword), None)
    positional = [p for p in function.parameters if p.kind == "positional"]
    place = index - skipped + (1 if is_bound else 0)
    return positional[place].name if place < len(positional) else None


def _is_bound(callee: FunctionRef) -> bool:
    """Whether the call gives the function's first parameter by itself."""
    return callee.bound is not None and not isinstance(callee.bound, ClassRef)


def _is_abstract(function: form.FunctionForm) -> bool:
    """Nothing but `pass`, `...`, a docstring or `raise NotImplementedError`: a subclass says what it does."""
    return all(
        isinstance(statement, form.Raise)
        or (isinstance(statement, form.Evaluate) and isinstance(statement.value, (form.Const, form.Opaque)))
        for statement in function.body
    )


def _aliases(function: form.FunctionForm, name: str) -> frozenset[str]:
    """The parameter and the names that it is plainly bound to."""
    names = {name}
    for statement in statements(function.body):
        if isinstance(statement, form.Bind) and target_path(statement.value or form.Opaque()) in names:
            names.update(target.id for target in statement.targets if isinstance(target, form.Name))
    return frozenset(names)


def _by_statement(
    statement: form.Stmt, names: frozenset[str], site: Site, linker: Linker, scope: Scope
) -> set[str]:
    found: set[str] = set()
    if isinstance(statement, form.Return) and statement.value is not None:
        if target_path(statement.value) in names:
            found.add(RETURNS)
        elif _holds(statement.value, names):
            found.add(STORES)
    elif isinstance(statement, form.Bind) and statement.value is not None and _holds(statement.value, names):
        if any(not isinstance(target, form.Name) for target in statement.targets):
            found.add(STORES)
    elif isinstance(statement, form.With):
        found |= {RELEASES for item in statement.items if _is_released_by(item.value, names, site, linker, scope)}
    for expression in statement_expressions(statement):
        if isinstance(expression, form.Yield) and expression.value is not None and _holds(expression.value, names):
            found.add(STORES)
    return found


def _is_released_by(entered: form.Expr, names: frozenset[str], site: Site, linker: Linker, scope: Scope) -> bool:
    if target_path(entered) in names:
        return site.context_held == "releases"
    found = wrapped(linker, scope, entered) if isinstance(entered, form.Call) else None
    if found is None or found.gives != "closing" or not isinstance(entered, form.Call):
        return False
    return site.acquire.closing == "releases" and target_path(entered.args[found.position].value) in names


def _holds(value: form.Expr, names: frozenset[str]) -> bool:
    if isinstance(value, (form.Sequence, form.DictDisplay)):
        return any(isinstance(e, form.Name) and e.id in names for e in expressions(value))
    return target_path(value) in names
