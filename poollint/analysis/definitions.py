"""Where the value of a name is written: the expressions that it is bound to, across files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.scopes import Binding, statements
from poollint.model import form
from poollint.model.meaning import ClassRef, FileModule, FunctionRef, InstanceOf

HOPS = 8


@dataclass(frozen=True, slots=True)
class Located:
    """An expression and where it stands."""

    expression: form.Expr
    scope: Scope


class DefinitionReader:
    """Reads bindings through the linker."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker

    def returned(self, callee: FunctionRef) -> Iterator[Located]:
        file = self.linker.project.file(callee.path)
        function = file.form.functions.get(callee.qualified) if file is not None else None
        if function is None or function.is_generator:
            return
        for statement in statements(function.body):
            if isinstance(statement, form.Return) and statement.value is not None:
                yield Located(statement.value, Scope(callee.path, callee.qualified))

    def definitions(self, expression: form.Expr, scope: Scope) -> list[Located] | None:
        """The expressions that a name or attribute is bound to, across files; None when not all are seen."""
        if isinstance(expression, form.Name):
            return self._name_definitions(expression.id, scope)
        if isinstance(expression, form.Attr):
            base = self.linker.meaning(expression.base, scope)
            if isinstance(base, FileModule) and base.path:
                return self._global_definitions(base.path, expression.name)
            if isinstance(base, (InstanceOf, ClassRef)):
                cls = base.cls if isinstance(base, InstanceOf) else base
                bindings = self.linker.attribute_bindings(cls, expression.name)
                return _located([(binding, Scope(cls.path, function)) for function, binding in bindings])
        return None

    def _name_definitions(self, name: str, scope: Scope) -> list[Located] | None:
        file = self.linker.project.file(scope.path)
        current: str | None = scope.function
        while file is not None and current is not None and current != form.MODULE:
            function = file.form.functions[current]
            bound = file.bindings(current)
            if name in bound.globals:
                break
            parameter = next((p for p in function.parameters if p.name == name), None)
            if parameter is not None:
                return None
            if name in bound.names:
                return self._followed(bound.names[name], Scope(scope.path, current))
            current = function.parent
        return self._global_definitions(scope.path, name)

    def _global_definitions(self, path: str, name: str, hops: int = 0) -> list[Located] | None:
        file = self.linker.project.file(path)
        if file is None or hops > HOPS:
            return None
        found = list(file.bindings(form.MODULE).names.get(name, ()))
        scoped = [(binding, Scope(path, form.MODULE)) for binding in found]
        for writer in file.global_writers(name):
            scoped += [(binding, Scope(path, writer)) for binding in file.bindings(writer).names.get(name, ())]
        if len(scoped) == 1 and scoped[0][0].kind == "import":
            return self._imported(scoped[0][0], path, hops)
        return _located(scoped)

    def _followed(self, bindings: list[Binding], scope: Scope) -> list[Located] | None:
        if len(bindings) == 1 and bindings[0].kind == "import":
            return self._imported(bindings[0], scope.path, 0)
        return _located([(binding, scope) for binding in bindings])

    def _imported(self, binding: Binding, path: str, hops: int) -> list[Located] | None:
        imported = binding.imported
        if imported is None or imported.name is None:
            return None
        module = self.linker.project.module(path, imported.module, imported.level)
        if isinstance(module, FileModule) and module.path:
            return self._global_definitions(module.path, imported.name, hops + 1)
        return None

    def written(self, located: Located, hops: int = 0) -> list[Located]:
        """The expression itself, or what its name is bound to, through names alone."""
        if hops < HOPS and isinstance(located.expression, (form.Name, form.Attr)):
            defined = self.definitions(located.expression, located.scope)
            if defined:
                return [each for one in defined for each in self.written(one, hops + 1)]
        return [located]


def _located(bindings: list[tuple[Binding, Scope]]) -> list[Located] | None:
    """Every binding as an expression; None if one of them is none."""
    found: list[Located] = []
    for binding, scope in bindings:
        if binding.kind == "annotation":
            continue
        if binding.kind != "value" or binding.expression is None:
            return None
        found.append(Located(binding.expression, scope))
    return found or None
