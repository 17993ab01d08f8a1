"""What a function of the project does with a parameter that holds an acquired resource."""

from __future__ import annotations

from poollint.analysis.effects import is_borrowing_builtin
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.model.meaning import ClassRef, FunctionRef
from poollint.analysis.scopes import (
    expressions,
    statement_expressions,
    statements,
    target_path,
)
from poollint.analysis.sites import Site
from poollint.model import form

RELEASES, STORES, BORROWS, UNRESOLVED = "releases", "stores", "borrows", "unresolved"
DEPTH = 6


class Summaries:
    """Answers per (function, parameter, kind of resource); recursion starts at "borrows"."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self._memory: dict[tuple[str, str, str, str], str] = {}

    def of_argument(self, call: form.Call, index: int, scope: Scope, site: Site, depth: int = 0) -> str:
        """What the callee does with the `index`-th argument of `call`."""
        callee = self.linker.meaning(call.func, scope)
        if isinstance(callee, ClassRef):
            return STORES
        if not isinstance(callee, FunctionRef) or depth > DEPTH:
            return UNRESOLVED
        file = self.linker.project.file(callee.path)
        function = file.form.functions.get(callee.qualified) if file is not None else None
        if function is None:
            return UNRESOLVED
        name = parameter_name(function, call, index, is_bound=callee.bound is not None)
        if name is None:
            return UNRESOLVED
        return self.of_parameter(callee, function, name, site, depth)

    def of_parameter(
        self, callee: FunctionRef, function: form.FunctionForm, name: str, site: Site, depth: int = 0
    ) -> str:
        key = (callee.path, callee.qualified, name, site.type_id)
        if key not in self._memory:
            self._memory[key] = BORROWS
            self._memory[key] = self._judged(callee, function, name, site, depth)
        return self._memory[key]

    def _judged(self, callee: FunctionRef, function: form.FunctionForm, name: str, site: Site, depth: int) -> str:
        scope = Scope(callee.path, callee.qualified)
        stores = False
        for statement in statements(function.body):
            for expression in statement_expressions(statement):
                if isinstance(expression, form.Call):
                    found = self._by_call(expression, name, scope, site, depth)
                    if found == RELEASES:
                        return RELEASES
                    stores = stores or found == STORES
            stores = stores or _stores(statement, name)
        return STORES if stores else BORROWS

    def _by_call(self, call: form.Call, name: str, scope: Scope, site: Site, depth: int) -> str:
        if isinstance(call.func, form.Attr):
            receiver = target_path(call.func.base)
            for release in site.acquire.release:
                if release.method != call.func.name or release.until_next_use:
                    continue
                if release.on == "self" and receiver == name:
                    return RELEASES
                if release.on == "pool" and any(target_path(a.value) == name for a in call.args):
                    return RELEASES
        for index, argument in enumerate(call.args):
            if target_path(argument.value) != name:
                continue
            found = self.of_argument(call, index, scope, site, depth + 1)
            if found != UNRESOLVED:
                return found
            if not is_borrowing_builtin(self.linker, scope, call):
                return STORES
        return BORROWS


def parameter_name(function: form.FunctionForm, call: form.Call, index: int, is_bound: bool) -> str | None:
    """The parameter that receives an argument; None when stars hide it."""
    argument = call.args[index]
    if argument.star or any(a.star for a in call.args[:index]):
        return None
    if argument.keyword is not None:
        return next((p.name for p in function.parameters if p.name == argument.keyword), None)
    positional = [p for p in function.parameters if p.kind == "positional"]
    kinds = {getattr(d, "id", "") for d in function.decorators}
    offset = 1 if is_bound and "staticmethod" not in kinds else 0
    place = index + offset
    return positional[place].name if place < len(positional) else None


def _stores(statement: form.Stmt, name: str) -> bool:
    if isinstance(statement, form.Return) and statement.value is not None:
        return _holds(statement.value, name)
    if isinstance(statement, form.Bind) and statement.value is not None and _holds(statement.value, name):
        return any(not isinstance(target, form.Name) for target in statement.targets)
    return any(
        isinstance(expression, form.Yield) and expression.value is not None and _holds(expression.value, name)
        for expression in statement_expressions(statement)
    )


def _holds(value: form.Expr, name: str) -> bool:
    if isinstance(value, (form.Sequence, form.DictDisplay)):
        return any(isinstance(e, form.Name) and e.id == name for e in expressions(value))
    return isinstance(value, form.Name) and value.id == name
