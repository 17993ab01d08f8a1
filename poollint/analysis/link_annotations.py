"""Parameters and annotations: what a value so declared or provided is."""

from __future__ import annotations

from poollint.analysis import annotations as annotation_forms, mappings
from poollint.analysis.link_decorators import DecoratorLinking
from poollint.analysis.linking import Scope
from poollint.model import form
from poollint.model.meaning import (
    DYNAMIC,
    PARAMETER,
    Application,
    Awaitable,
    ClassRef,
    Entered,
    External,
    FileModule,
    InstanceOf,
    ListOf,
    Meaning,
    Typed,
    agree,
)
from poollint.model.value import Unknown


class AnnotationLinking(DecoratorLinking):
    """What a declaration says."""

    def parameter(self, function: form.FunctionForm, parameter: form.Parameter, scope: Scope) -> Meaning:
        """What a parameter holds, by dependency, annotation, or being a method's first."""
        provided = self._dependency(parameter, scope)
        if provided is not None:
            return provided
        is_first = bool(function.parameters) and function.parameters[0] is parameter
        if is_first and function.owner is not None and function.parent is None:
            made = self.made_of(scope.path, function)
            cls = ClassRef(scope.path, function.owner)
            if "classmethod" in made or function.name in ("__new__", "__init_subclass__"):
                return cls
            if "staticmethod" not in made:
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
