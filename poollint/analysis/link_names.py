"""Names, imports, attributes and annotations: what they denote, across the project's files."""

from __future__ import annotations

import builtins

from poollint.analysis import mappings
from poollint.analysis.link_attributes import AttributeLinking
from poollint.analysis.linking import Scope, keyed
from poollint.analysis.scopes import Binding
from poollint.model import form
from poollint.model.identity import PoolKey
from poollint.model.meaning import (
    DYNAMIC,
    UNRESOLVED,
    Application,
    ClassRef,
    External,
    FileModule,
    FunctionRef,
    ListOf,
    Meaning,
    TupleOf,
    Typed,
    agree,
)
from poollint.model.value import Unknown

BUILTINS = frozenset(dir(builtins))


class NameLinking(AttributeLinking):
    """Everything but calls."""

    # --- names ---

    def name(self, name: str, scope: Scope) -> Meaning:
        return self.remembered(("name", scope, name), lambda: self._name(name, scope))

    def _name(self, name: str, scope: Scope) -> Meaning:
        file = self.project.file(scope.path)
        if file is None:
            return UNRESOLVED
        current: str | None = scope.function
        while current is not None and current != form.MODULE:
            function = file.form.functions[current]
            bound = file.bindings(current)
            if name in bound.globals:
                break
            here = Scope(scope.path, current)
            if name not in bound.nonlocals:
                parameter = next((p for p in function.parameters if p.name == name), None)
                found = bound.names.get(name, [])
                if parameter is not None:
                    first = self.parameter(function, parameter, here)
                    return agree([first, *(self.bound(binding, here) for binding in found)])
                if found:
                    return agree([self.bound(binding, here) for binding in found])
            current = function.parent
        return self.global_name(scope.path, name)

    def global_name(self, path: str, name: str) -> Meaning:
        return self.remembered(("global", path, name), lambda: self._global_name(path, name))

    def _global_name(self, path: str, name: str) -> Meaning:
        file = self.project.file(path)
        if file is None:
            return UNRESOLVED
        scope = Scope(path, form.MODULE)
        module = file.bindings(form.MODULE)
        found = [self.bound(binding, scope) for binding in module.names.get(name, ())]
        for function in file.global_writers(name):
            inner = Scope(path, function)
            found += [self.bound(binding, inner) for binding in file.bindings(function).names.get(name, ())]
        if found:
            agreed = keyed(agree(found), f"{path}:{name}")
            if isinstance(agreed, Unknown) and mappings.begins_empty(module.names.get(name, ())):
                return mappings.filled(file, [("", name)], self.bound)
            return agreed
        for star in module.stars:
            target = self.project.module(path, star.module, star.level)
            if isinstance(target, FileModule) and target.path != path:
                inherited = self.member(target, name)
                if not isinstance(inherited, Unknown):
                    return inherited
            elif isinstance(target, External) and target.name.partition(".")[0] in self.catalogue.library_roots:
                dotted = f"{target.name}.{name}"
                if self.catalogue.constructor(dotted) or self.catalogue.type_of_class(dotted):
                    return External(dotted)
        return External(f"builtins.{name}") if name in BUILTINS else UNRESOLVED

    def bound(self, binding: Binding, scope: Scope) -> Meaning:
        """What one binding gives its name."""
        expression = binding.expression
        if binding.kind == "import" and binding.imported is not None:
            return self.imported(binding.imported, scope.path)
        if binding.kind in ("function", "class"):
            return self.defined(binding, scope.path)
        if binding.annotation is not None:
            found = self.annotation(binding.annotation, scope)
            if not isinstance(found, Unknown):
                value = self.meaning(expression, scope) if expression is not None else found
                return value if isinstance(value, Typed) else found
        if expression is None:
            return DYNAMIC
        if binding.kind == "value":
            return self.meaning(expression, scope)
        if binding.kind in ("with", "async-with"):
            return self.entered(self.meaning(expression, scope), binding.kind == "async-with")
        if binding.kind == "for":
            return self.element(self.meaning(expression, scope))
        if binding.kind == "item":
            whole = self.meaning(expression, scope)
            if isinstance(whole, TupleOf) and binding.index < len(whole.items):
                return whole.items[binding.index]
            return whole.element if isinstance(whole, ListOf) else DYNAMIC
        return DYNAMIC

    def defined(self, binding: Binding, path: str) -> Meaning:
        """A function or class of the project; by its dotted name where the user's settings describe it."""
        declared = self.project.declared(path, binding.qualified)
        if declared is not None:
            return External(declared)
        if binding.kind == "class":
            return ClassRef(path, binding.qualified)
        return self._decorated(path, binding.qualified) or FunctionRef(path, binding.qualified)

    def _decorated(self, path: str, qualified: str) -> Application | None:
        """The framework's object that a decorator makes of a function (a command line's group)."""
        file = self.project.file(path)
        function = file.form.functions.get(qualified) if file is not None else None
        if function is None:
            return None
        scope = Scope(path, function.parent or form.MODULE)
        for decorator in function.decorators:
            head = decorator.func if isinstance(decorator, form.Call) else decorator
            found = self.meaning(head, scope)
            if isinstance(found, Application) and isinstance(head, form.Attr):
                return found
            kind = self.catalogue.app_type(found.name) if isinstance(found, External) else None
            if kind is not None:
                return Application(kind)
        return None

    # --- imports ---

    def imported(self, imported: form.ImportedName, path: str) -> Meaning:
        if imported.name is None and imported.alias is None:
            head = imported.module.partition(".")[0]
            return self.project.module(path, head, 0)
        module = self.project.module(path, imported.module, imported.level)
        if imported.name is None:
            return module
        if isinstance(module, FileModule):
            # `from . import part` in a package's own `__init__`: the package has no other `part` yet.
            own = self.project.submodule(module, imported.name) if module.path == path else None
            return own or self.member(module, imported.name)
        return self.outside(f"{module.name}.{imported.name}") if isinstance(module, External) else UNRESOLVED

    def outside(self, dotted: str) -> Meaning:
        """A name outside the project; an object where the catalogue knows it as one."""
        application = self.catalogue.app_instance(dotted)
        if application is not None:
            return Application(application)
        kind = self.catalogue.type_of_instance(dotted)
        return External(dotted) if kind is None else Typed(kind, PoolKey(dotted))

    def member(self, module: FileModule, name: str) -> Meaning:
        """`module.name`: a name of the file, else a module below the package."""
        if module.path:
            declared = self.project.declared(module.path, name)
            if declared is not None:
                return External(declared)
            found = self.global_name(module.path, name)
            if not isinstance(found, Unknown) and found != External(f"builtins.{name}"):
                return found
        below = self.project.submodule(module, name)
        return below if below is not None else UNRESOLVED
