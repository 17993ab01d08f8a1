"""What the linker adds to once-guards: which objects die with a request, and what a call stores."""

from __future__ import annotations

from poollint.analysis.entries import body_calls
from poollint.analysis.kept import dies_with_request
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.model import form
from poollint.model.meaning import Application, External, FunctionRef


class Keepers:
    """Answers about expressions of one function at a time."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue

    def dies_with_request(self, expression: form.Expr, scope: Scope) -> bool:
        """Whether what an expression names is kept for one request only (`g.db`, `request.state.db`)."""
        names, root = _path(expression)
        if root is None:
            return False
        found = self.linker.name(root, scope)
        if isinstance(found, External):
            holder = self.catalogue.holder(found.name) or self.catalogue.holder(f"{found.name}.{names[0]}")
            return holder.per_request if holder is not None else False
        if isinstance(found, Application):
            return self._in_request(found.type_id, names)
        return dies_with_request(expression)

    def _in_request(self, type_id: str, names: list[str]) -> bool:
        for name in names:
            following = self.catalogue.app_attribute(type_id, name)
            if following is None:
                return any(h.per_request for h in self.catalogue.holders_of(type_id) if h.path in (name, ""))
            type_id = following
        return False

    def stored_by(self, call: form.Call, scope: Scope, depth: int = 0) -> frozenset[str]:
        """Last names of the attributes and globals that a call's function binds, itself or by what it calls."""
        callee = self.linker.meaning(call.func, scope)
        file = self.linker.project.file(callee.path) if isinstance(callee, FunctionRef) else None
        if not isinstance(callee, FunctionRef) or file is None or callee.qualified not in file.form.functions:
            return frozenset()
        bound = file.bindings(callee.qualified)
        found = {path.rpartition(".")[2] for path in bound.attributes} | {n for n in bound.globals if n in bound.names}
        if depth < 1:
            for inner in body_calls(file.form.functions[callee.qualified]):
                found |= self.stored_by(inner, Scope(callee.path, callee.qualified), depth + 1)
        return frozenset(found)


def _path(expression: form.Expr) -> tuple[list[str], str | None]:
    """(names below the root, the root); a subscript's literal key is a name, any other is ""."""
    names: list[str] = []
    while isinstance(expression, form.Attr | form.Subscript):
        if isinstance(expression, form.Attr):
            names.append(expression.name)
        else:
            names.append(str(expression.key.value) if isinstance(expression.key, form.Const) else "")
        expression = expression.base
    names.reverse()
    return (names or [""]), (expression.id if isinstance(expression, form.Name) else None)
