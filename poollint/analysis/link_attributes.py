"""Attributes: of the catalogue's types, of the project's classes and their bases."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from poollint.analysis import mappings
from poollint.analysis.link_annotations import AnnotationLinking
from poollint.analysis.link_decorators import ATTRIBUTES, DESCRIPTOR
from poollint.analysis.linking import Scope, keyed
from poollint.analysis.project import FileScope
from poollint.analysis.scopes import Binding
from poollint.model import form
from poollint.model.form import CLASS_BODY
from poollint.model.meaning import (
    DYNAMIC,
    UNRESOLVED,
    Application,
    ClassRef,
    External,
    FileModule,
    FunctionRef,
    InstanceOf,
    Meaning,
    Method,
    Typed,
    agree,
    is_none,
)
from poollint.model.value import Unknown


class AttributeLinking(AnnotationLinking):
    """What `base.name` denotes."""

    @abstractmethod
    def bound(self, binding: Binding, scope: Scope) -> Meaning:
        """What one binding gives its name."""

    @abstractmethod
    def member(self, module: FileModule, name: str) -> Meaning:
        """A name of a file of the project."""

    @abstractmethod
    def outside(self, dotted: str) -> Meaning:
        """A name outside the project."""

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
        made = self._made_later(cls, name, bindings)
        if made is not None:
            return made
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
        found = [*class_level, *self._assigned(file, cls, name)]
        annotated = [pair for pair in found if pair[1].annotation is not None]
        return annotated or found

    def _assigned(self, file: FileScope, cls: ClassRef, name: str) -> list[tuple[str, Binding]]:
        """What the methods of a class assign to an attribute of their object."""
        found: list[tuple[str, Binding]] = []
        for method in file.methods.get(cls.qualified, ()):
            if method.parameters:
                path = f"{method.parameters[0].name}.{name}"
                bindings = file.bindings(method.qualified).attributes.get(path, ())
                found += [(method.qualified, binding) for binding in bindings]
        return found

    def _made_later(self, cls: ClassRef, name: str, declared: list[tuple[str, Binding]]) -> Meaning | None:
        """What an attribute holds that is declared (`self.maker: Maker | None = None`) and made elsewhere in the
        class: whatever the declaration says. None where that is not known."""
        file = self.project.file(cls.path)
        if file is None or not all(b.annotation is not None and _is_nothing(b.expression) for _, b in declared):
            return None
        others = [pair for pair in self._assigned(file, cls, name) if pair[1].annotation is None]
        made = agree([self.bound(b, Scope(cls.path, function)) for function, b in others]) if others else DYNAMIC
        return keyed(made, f"{cls.path}:{cls.qualified}.{name}") if isinstance(made, Typed) else None

    def _method(self, method: form.FunctionForm, cls: ClassRef, found: InstanceOf | ClassRef) -> Meaning:
        declared = self.project.declared(cls.path, method.qualified)
        if declared is not None:
            return External(declared)
        reference = FunctionRef(cls.path, method.qualified, found)
        made = self.made_of(cls.path, method)
        if made & ATTRIBUTES and isinstance(found, InstanceOf):
            result = self.result(reference, None, None)
            names = self.decorator_names(cls.path, method)
            is_kept = DESCRIPTOR in made or any(self.catalogue.cached(name) for name in names)
            return keyed(result, f"{cls.path}:{method.qualified}") if is_kept else result
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


def _is_nothing(value: form.Expr | None) -> bool:
    return value is None or (isinstance(value, form.Const) and value.value is None)
