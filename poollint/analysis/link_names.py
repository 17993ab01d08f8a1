"""Names, imports, attributes and annotations: what they denote, across the project's files."""

from __future__ import annotations

import builtins
from dataclasses import replace

from poollint.analysis import annotations as annotation_forms, mappings
from poollint.analysis.linking import LinkerGround, Scope
from poollint.analysis.mentions import PROPERTIES
from poollint.analysis.scopes import Binding
from poollint.model import form
from poollint.model.form import CLASS_BODY
from poollint.model.identity import PoolKey
from poollint.model.meaning import (
    DYNAMIC,
    PARAMETER,
    UNRESOLVED,
    Application,
    Awaitable,
    ClassRef,
    Entered,
    External,
    FileModule,
    FunctionRef,
    InstanceOf,
    ListOf,
    Meaning,
    Method,
    TupleOf,
    Typed,
    agree,
    is_none,
)
from poollint.model.value import Unknown

BUILTINS = frozenset(dir(builtins))


class NameLinking(LinkerGround):
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

    def parameter(self, function: form.FunctionForm, parameter: form.Parameter, scope: Scope) -> Meaning:
        """What a parameter holds, by dependency, annotation, or being a method's first."""
        provided = self._dependency(parameter, scope)
        if provided is not None:
            return provided
        is_first = bool(function.parameters) and function.parameters[0] is parameter
        if is_first and function.owner is not None and function.parent is None:
            kinds = {annotation_forms.head_name(decorator) for decorator in function.decorators}
            cls = ClassRef(scope.path, function.owner)
            if "classmethod" in kinds or function.name in ("__new__", "__init_subclass__"):
                return cls
            if "staticmethod" not in kinds:
                return InstanceOf(cls)
        if parameter.annotation is None and parameter.kind == "positional":
            return self._by_custom(function, parameter, scope)
        if parameter.kind in ("*", "**") or parameter.annotation is None:
            return PARAMETER
        found = self.annotation(parameter.annotation, scope)
        return PARAMETER if isinstance(found, Unknown) else found

    def _by_custom(self, function: form.FunctionForm, parameter: form.Parameter, scope: Scope) -> Meaning:
        """A framework's object by the name that handlers give their first parameter, where the file imports it."""
        known = self.catalogue.by_custom(parameter.name)
        file = self.project.file(scope.path)
        is_method = function.owner is not None and function.parent is None
        if not known or file is None or function.parameters[is_method : is_method + 1] != (parameter,):
            return PARAMETER
        bound = [b.imported for found in file.bindings(form.MODULE).names.values() for b in found if b.imported]
        dotted = [f"{i.module}.{i.name or ''}." for i in bound if not i.level]
        meant = {t for t, imports in known if any(d.startswith(f"{name}.") for name in imports for d in dotted)}
        return Application(meant.pop()) if len(meant) == 1 else PARAMETER

    def _dependency(self, parameter: form.Parameter, scope: Scope) -> Meaning | None:
        candidates = [*annotation_forms.metadata(self._alias(parameter.annotation, scope))]
        if parameter.default is not None:
            candidates.append(parameter.default)
        for candidate in candidates:
            if not isinstance(candidate, form.Call):
                continue
            callee = self.meaning(candidate.func, scope)
            dependency = self.catalogue.dependency(callee.name) if isinstance(callee, External) else None
            if dependency is None:
                continue
            if len(candidate.args) > dependency.argument:
                target = self.meaning(candidate.args[dependency.argument].value, scope)
                found = self.provided(self.result(target, None, None))
                if not isinstance(found, Unknown):
                    return found
            break
        return None

    def _alias(self, annotation: form.Expr | None, scope: Scope) -> form.Expr | None:
        """The expression behind a module-level alias (`SessionDep = Annotated[Session, Depends(get_db)]`)."""
        found = self.alias(annotation, scope)
        return annotation if found is None else found[0]

    def alias(self, annotation: form.Expr | None, scope: Scope) -> tuple[form.Expr, Scope] | None:
        if not isinstance(annotation, form.Name):
            return None
        path, name = scope.path, annotation.id
        for _ in range(8):
            file = self.project.file(path)
            if file is None:
                return None
            found = file.bindings(form.MODULE).names.get(name, [])
            if len(found) != 1:
                return None
            binding = found[0]
            if binding.kind == "value" and isinstance(binding.expression, (form.Subscript, form.Binary)):
                return binding.expression, Scope(path, form.MODULE)
            if binding.kind != "import" or binding.imported is None or binding.imported.name is None:
                return None
            module = self.project.module(path, binding.imported.module, binding.imported.level)
            if not isinstance(module, FileModule) or not module.path:
                return None
            path, name = module.path, binding.imported.name
        return None

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

    # --- attributes ---

    def attribute(self, base: Meaning, name: str) -> Meaning:
        if isinstance(base, External):
            return self.outside(f"{base.name}.{name}")
        if isinstance(base, FileModule):
            return self.member(base, name)
        if isinstance(base, Typed):
            return self._typed_attribute(base, name)
        if isinstance(base, (InstanceOf, ClassRef)):
            return self.class_attribute(base, name)
        if isinstance(base, Application):
            return self.held(base, name)
        # Nothing of nothing: `query = query.filter(...)` adds no other answer to where `query` came from.
        return base if isinstance(base, Unknown) or is_none(base) else DYNAMIC

    def _typed_attribute(self, base: Typed, name: str) -> Meaning:
        """An attribute that the catalogue knows, else a method; else what any name gives (a client's databases)."""
        kind = self.catalogue.attribute_type(base.type_id, name)
        if kind is None and not name.startswith("_") and not self.catalogue.is_method(base.type_id, name):
            kind = self.catalogue.attribute_type(base.type_id, "*")
        return replace(base, type_id=kind, made_by="") if kind else Method(base, name)

    def held(self, base: Application, name: str) -> Meaning:
        """An attribute of a framework's object: another of its objects, or what the project keeps there."""
        return DYNAMIC

    def class_attribute(self, found: object, name: str, scope: Scope | None = None) -> Meaning:
        assert isinstance(found, (InstanceOf, ClassRef))
        key = ("attribute", found, name)
        return self.remembered(key, lambda: self._class_attribute(found, name))

    def _class_attribute(self, found: InstanceOf | ClassRef, name: str) -> Meaning:
        cls = found.cls if isinstance(found, InstanceOf) else found
        file = self.project.file(cls.path)
        if file is None:
            return UNRESOLVED
        methods = [m for m in file.methods.get(cls.qualified, ()) if m.name == name]
        if methods:
            return self._method(methods[0], cls, found)
        bindings = self.attribute_bindings(cls, name)
        values = [self.bound(binding, Scope(cls.path, function)) for function, binding in bindings]
        if values:
            agreed = keyed(agree(values), f"{cls.path}:{cls.qualified}.{name}")
            if isinstance(agreed, Unknown) and mappings.begins_empty(b for _, b in bindings):
                own = [
                    (method.qualified, f"{method.parameters[0].name}.{name}")
                    for method in file.methods.get(cls.qualified, ())
                    if method.parameters
                ]
                return mappings.filled(file, own, self.bound)
            return agreed
        return self._inherited(cls, name, found)

    def attribute_bindings(self, cls: ClassRef, name: str) -> list[tuple[str, Binding]]:
        """(function, binding) of each assignment to an attribute in the class's own text."""
        file = self.project.file(cls.path)
        if file is None:
            return []
        body = f"{cls.qualified}.{CLASS_BODY}"
        class_level = [(body, binding) for binding in file.bindings(body).names.get(name, ())]
        typed = [pair for pair in class_level if pair[1].annotation is not None]
        if typed:
            return typed
        found = list(class_level)
        for method in file.methods.get(cls.qualified, ()):
            if method.parameters:
                path = f"{method.parameters[0].name}.{name}"
                bindings = file.bindings(method.qualified).attributes.get(path, ())
                found += [(method.qualified, binding) for binding in bindings]
        annotated = [pair for pair in found if pair[1].annotation is not None]
        return annotated or found

    def _method(self, method: form.FunctionForm, cls: ClassRef, found: InstanceOf | ClassRef) -> Meaning:
        declared = self.project.declared(cls.path, method.qualified)
        if declared is not None:
            return External(declared)
        reference = FunctionRef(cls.path, method.qualified, found)
        heads = {annotation_forms.head_name(decorator) for decorator in method.decorators}
        if heads & PROPERTIES and isinstance(found, InstanceOf):
            result = self.result(reference, None, None)
            is_cached = "cached_property" in heads
            return keyed(result, f"{cls.path}:{method.qualified}") if is_cached else result
        return reference

    def _inherited(self, cls: ClassRef, name: str, found: InstanceOf | ClassRef) -> Meaning:
        for base in self.bases(cls):
            if isinstance(base, ClassRef) and base != cls:
                inner = InstanceOf(base) if isinstance(found, InstanceOf) else base
                inherited = self.class_attribute(inner, name)
                if not isinstance(inherited, Unknown):
                    return inherited
            elif isinstance(base, External):
                kind = self.catalogue.type_of_class(base.name)
                if kind is not None:
                    return self.attribute(Typed(kind), name)
                view = self.catalogue.app_type(base.name)
                other = self.catalogue.app_attribute(view, name) if view is not None else None
                if other is not None:
                    return Application(other)
        return DYNAMIC

    def bases(self, cls: ClassRef) -> list[Meaning]:
        """What a class's bases denote; `Generic[T]` and the like by their head."""
        file = self.project.file(cls.path)
        definition = file.form.classes.get(cls.qualified) if file is not None else None
        if definition is None:
            return [UNRESOLVED]
        scope = Scope(cls.path, definition.parent or form.MODULE)
        heads = [base.base if isinstance(base, form.Subscript) else base for base in definition.bases]
        return [self.meaning(head, scope) for head in heads]

    # --- annotations ---

    def annotation(self, annotation: form.Expr, scope: Scope) -> Meaning:
        """What a value so annotated is; one member of a union must be known, the others unknown to us."""
        found = [self._annotated(member, scope) for member in annotation_forms.alternatives(annotation)]
        known = [meaning for meaning in found if not isinstance(meaning, Unknown)]
        return agree(known) if known and len(known) == len(found) else DYNAMIC

    def _annotated(self, annotation: form.Expr, scope: Scope) -> Meaning:
        alias = self.alias(annotation, scope)
        if alias is not None and isinstance(annotation, form.Name):
            return self.remembered(("alias", scope.path, annotation.id), lambda: self.annotation(*alias))
        if isinstance(annotation, form.Subscript):
            return self._generic(annotation, scope)
        target = self.meaning(annotation, scope)
        if isinstance(target, ClassRef):
            return InstanceOf(target)
        if isinstance(target, External):
            kind = self.catalogue.type_of_class(target.name)
            if kind is not None:
                return Typed(kind)
            application = self.catalogue.app_type(target.name)
            if application is not None:
                return Application(application)
        return DYNAMIC

    def _generic(self, annotation: form.Subscript, scope: Scope) -> Meaning:
        head = annotation_forms.head_name(annotation)
        if head in annotation_forms.AWAITED:
            return Awaitable(self.annotation(annotation_forms.last_key(annotation), scope))
        if head in annotation_forms.ENTERED:
            return Entered(self.annotation(annotation_forms.first_key(annotation), scope))
        if head in annotation_forms.MAPPED:
            return mappings.mapping_of(self.annotation(annotation_forms.last_key(annotation), scope))
        if head in annotation_forms.YIELDED or head in annotation_forms.LISTED:
            return ListOf(self.annotation(annotation_forms.first_key(annotation), scope))
        return self._annotated(annotation.base, scope)


def keyed(meaning: Meaning, key: str) -> Meaning:
    """The same with a lasting place, where it has none yet."""
    if isinstance(meaning, Typed) and meaning.key is None:
        return replace(meaning, key=PoolKey(key))
    if isinstance(meaning, Application) and not meaning.key:
        return replace(meaning, key=key)
    return meaning
