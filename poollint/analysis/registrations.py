"""Calls and decorators by which a framework is given a function: routes, hooks, dependencies, tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.lineage import Lineage
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.scopes import statements
from poollint.catalogue.tables import full_id
from poollint.model import form
from poollint.model.framework import Entry, Framework
from poollint.model.meaning import Application, ClassRef, External, FileModule, FunctionRef, InstanceOf, Meaning
from poollint.model.value import Unknown

ANY = "*"
LONGEST_PATH = 3
Target = FunctionRef | ClassRef | InstanceOf
Told = tuple[Framework, Entry]


@dataclass(frozen=True, slots=True)
class Registered:
    """`target` is what a call or decorator hands to the framework, to run as `entry` says."""

    framework: Framework
    entry: Entry
    target: Target


class Registrar:
    """Matches one call or decorator at a time against the catalogue's entries."""

    def __init__(self, linker: Linker, lineage: Lineage) -> None:
        self.linker = linker
        self.lineage = lineage
        self.catalogue = linker.catalogue
        self._by_decorator_name: dict[str, list[Told]] = {}
        self._by_decorator: dict[str, list[tuple[str, Told]]] = {}
        self._by_call_name: dict[str, list[tuple[object, Told]]] = {}
        self._by_method: dict[str, list[tuple[str, object, Told]]] = {}
        self._by_keyword: dict[str, list[Told]] = {}
        self._app_types: dict[str, str] = {}
        self._asked: set[tuple[str, str]] = set()
        for framework, entry in self.catalogue.entries:
            self._index(framework, entry)
        triggers = [*self._by_call_name, *self._by_method, *self._app_types]
        self.triggers = frozenset(name.rpartition(".")[2] for name in triggers)
        """Last names of every call that may register something."""

    def _index(self, framework: Framework, entry: Entry) -> None:
        told = (framework, entry)
        types = [on if on == ANY else full_id(framework.name, on) for on in entry.on]
        for name in entry.decorator_names:
            self._by_decorator_name.setdefault(name, []).append(told)
        for name, argument in entry.call_names.items():
            self._by_call_name.setdefault(name, []).append((argument, told))
        for on in types:
            for path in entry.decorators:
                self._by_decorator.setdefault(path, []).append((on, told))
            for path, argument in entry.registers.items():
                self._by_method.setdefault(path, []).append((on, argument, told))
            if entry.keywords and not entry.class_names:
                self._by_keyword.setdefault(on, []).append(told)
        if entry.keywords:
            for kind in framework.types:
                type_id = full_id(framework.name, kind.name)
                if type_id in types:
                    self._app_types.update(dict.fromkeys((*kind.names, *kind.calls), type_id))

    # --- decorators ---

    def decorator(self, decorator: form.Expr, outer: Scope, depth: int = 0) -> list[Told]:
        """What the catalogue says of a decorator, written in `outer`."""
        head = decorator.func if isinstance(decorator, form.Call) else decorator
        found: list[Told] = []
        for base, path in _split(head):
            if path in self._by_decorator:
                types = self.types_of(self.linker.meaning(base, outer), outer)
                found += [told for on, told in self._by_decorator[path] if _fits(on, types, told)]
        if found:
            return found
        name = self.dotted(head, outer)
        if name:
            return self._by_decorator_name.get(name, [])
        return self._of_factory(head, outer, depth) if depth < LONGEST_PATH else []

    def _of_factory(self, head: form.Expr, outer: Scope, depth: int) -> list[Told]:
        """What a function of the project that returns a framework's decorator (`return app.route(path)`) is."""
        made = self.linker.meaning(head, outer) if isinstance(head, form.Name | form.Attr) else None
        file = self.linker.project.file(made.path) if isinstance(made, FunctionRef) else None
        if not isinstance(made, FunctionRef) or file is None or made.qualified not in file.form.functions:
            return []
        scope = Scope(made.path, made.qualified)
        for statement in statements(file.form.functions[made.qualified].body):
            if isinstance(statement, form.Return) and isinstance(statement.value, form.Call):
                found = self.decorator(statement.value, scope, depth + 1)
                if found:
                    return found
        return []

    def likely(self, decorator: form.Expr, outer: Scope) -> list[Told]:
        """Routes of a framework that the file imports, on an object whose type is not known (`app: Any`)."""
        if not isinstance(decorator, form.Call) or not isinstance(decorator.func, form.Attr) or not decorator.args:
            return []
        first = decorator.args[0].value
        is_route = isinstance(first, form.Const) and isinstance(first.value, str) and first.value.startswith("/")
        known = self._by_decorator.get(decorator.func.name, [])
        if not is_route or not known or not isinstance(self.linker.meaning(decorator.func.base, outer), Unknown):
            return []
        imported = self.imported_roots(outer.path)
        return [told for _, told in known if imported & set(told[0].roots)]

    def dotted(self, head: form.Expr, scope: Scope) -> str | None:
        """The dotted name of what comes from outside the project; no attribute of an application is asked for."""
        if isinstance(head, form.Name):
            found = self.linker.meaning(head, scope)
            return found.name if isinstance(found, External) else None
        if isinstance(head, form.Attr):
            base = self.linker.meaning(head.base, scope)
            if isinstance(base, External):
                return f"{base.name}.{head.name}"
            if isinstance(base, FileModule):
                found = self.linker.attribute(base, head.name)
                return found.name if isinstance(found, External) else None
        return None

    def imported_roots(self, path: str) -> frozenset[str]:
        """The first parts of all that a file imports at module level."""
        file = self.linker.project.file(path)
        if file is None:
            return frozenset()
        names = file.bindings(form.MODULE).names.values()
        imported = [b.imported for bound in names for b in bound if b.imported is not None and not b.imported.level]
        return frozenset(i.module.partition(".")[0] for i in imported)

    # --- calls ---

    def of_call(self, call: form.Call, scope: Scope) -> list[Registered]:
        """What a call registers; cheap for calls that cannot."""
        last = call.func.name if isinstance(call.func, form.Attr) else getattr(call.func, "id", "")
        if last not in self.triggers:
            return []
        found: list[Registered] = []
        for base, path in _split(call.func):
            if path in self._by_method:
                types = self.types_of(self.linker.meaning(base, scope), scope)
                for on, argument, told in self._by_method[path]:
                    if _fits(on, types, told):
                        found += self._given(call, argument, told, scope)
        name = self.dotted(call.func, scope)
        if name is not None:
            for argument, told in self._by_call_name.get(name, ()):
                found += self._given(call, argument, told, scope)
        type_id = self._app_types.get(name or "") or self._derived_app(call, scope)
        for told in self._by_keyword.get(type_id or "", ()):
            for keyword in told[1].keywords:
                found += self._given(call, keyword, told, scope)
        return found

    def _derived_app(self, call: form.Call, scope: Scope) -> str | None:
        found = self.linker.meaning(call.func, scope) if isinstance(call.func, form.Name) else None
        return next(iter(sorted(self.types_of(found, scope))), None) if isinstance(found, ClassRef) else None

    def _given(self, call: form.Call, argument: object, told: Told, scope: Scope) -> Iterator[Registered]:
        value: form.Expr | None = None
        if isinstance(argument, str):
            value = next((a.value for a in call.args if a.keyword == argument), None)
        elif isinstance(argument, int):
            plain = [a for a in call.args if a.keyword is None and not a.star]
            value = plain[argument].value if argument < len(plain) else None
        if value is not None:
            for target in self.callables(value, scope):
                yield Registered(*told, target)

    def callables(self, value: form.Expr, scope: Scope, depth: int = 0) -> Iterator[Target]:
        """The project's functions, classes and objects that an argument stands for, wrappers looked through."""
        if depth > 4:
            return
        if isinstance(value, form.Sequence):
            for item in value.items:
                yield from self.callables(item, scope, depth + 1)
            return
        found = self.linker.meaning(value, scope)
        if isinstance(found, FunctionRef | ClassRef | InstanceOf):
            yield found
        elif isinstance(value, form.Call):
            if isinstance(value.func, form.Attr) and not value.args:
                base = self.linker.meaning(value.func.base, scope)
                if isinstance(base, ClassRef):
                    yield base
                    return
            for argument in value.args:
                yield from self.callables(argument.value, scope, depth + 1)

    # --- objects ---

    def types_of(self, found: Meaning | None, scope: Scope) -> frozenset[str]:
        """The framework types of an object; `framework:*` for a function that the framework's decorator wraps."""
        if isinstance(found, Application):
            return frozenset({found.type_id})
        if isinstance(found, InstanceOf | ClassRef):
            cls = found.cls if isinstance(found, InstanceOf) else found
            known = [self.catalogue.app_type(name) for name in self.lineage.outside(cls)]
            return frozenset(type_id for type_id in known if type_id is not None)
        if isinstance(found, FunctionRef):
            return self._wrapped(found)
        return frozenset()

    def _wrapped(self, found: FunctionRef) -> frozenset[str]:
        file = self.linker.project.file(found.path)
        function = file.form.functions.get(found.qualified) if file is not None else None
        if function is None:
            return frozenset()
        key = (found.path, found.qualified)
        if key in self._asked:
            return frozenset()  # its own decorator is an attribute of it: `@app.get("/")` on `def app()`
        outer = Scope(found.path, function.parent or form.MODULE)
        self._asked.add(key)
        try:
            told = [t for decorator in function.decorators for t in self.decorator(decorator, outer)]
        finally:
            self._asked.discard(key)
        return frozenset(f"{framework.name}:{ANY}" for framework, entry in told if entry.runs != "called")


def _fits(on: str, types: frozenset[str], told: Told) -> bool:
    return on == ANY or on in types or f"{told[0].name}:{ANY}" in types


def _split(head: form.Expr) -> Iterator[tuple[form.Expr, str]]:
    """(object, dotted path below it) of `app.cli.command`, shortest path first."""
    path = ""
    for _ in range(LONGEST_PATH):
        if not isinstance(head, form.Attr):
            return
        path = f"{head.name}.{path}" if path else head.name
        head = head.base
        yield head, path
