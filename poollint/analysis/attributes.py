"""Connections that an object keeps on `self` and that no method of its class ever gives back."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.analysis.linker import Linker
from poollint.analysis.quiet import is_release_word, last_name
from poollint.analysis.scopes import own_expressions, parts, statements, target_path
from poollint.analysis.sites import Site
from poollint.model import form
from poollint.model.meaning import ClassRef, External

PLAIN_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})


class AttributeReader:
    """Answers for one class and attribute; a base that is out of sight may release anything."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker

    def is_never_released(self, site: Site, function: form.FunctionForm, path: str, holder: str) -> bool:
        """Whether `self.x`, bound in a method to the site's resource, is only ever worked with."""
        own, _, name = holder.partition(".")
        if function.owner is None or own != _first(function) or "." in name or "[" in name:
            return False
        methods = self._methods(ClassRef(path, function.owner))
        if methods is None or any(name == a for f in self._others(path, methods) for a in _attributes(f)):
            return False
        closing = {release.method for release in site.acquire.release if release.on == "self"}
        return all(_only_works_with(method, f"{_first(method)}.{name}", closing) for method in methods)

    def _methods(self, cls: ClassRef, depth: int = 6) -> list[form.FunctionForm] | None:
        """All functions of the class and its bases; None where a base is out of sight."""
        file = self.linker.project.file(cls.path)
        found = file.form.classes.get(cls.qualified) if file is not None else None
        if file is None or found is None or depth == 0 or found.decorators:
            return None
        prefix = f"{cls.qualified}."
        methods = [f for qualified, f in file.form.functions.items() if qualified.startswith(prefix)]
        for base in self.linker.bases(cls):
            if isinstance(base, External) and base.name in PLAIN_BASES:
                continue
            inherited = self._methods(base, depth - 1) if isinstance(base, ClassRef) else None
            if inherited is None:
                return None
            methods += inherited
        return methods

    def _others(self, path: str, methods: list[form.FunctionForm]) -> Iterator[form.FunctionForm]:
        """The functions of the file outside the class and its bases."""
        file = self.linker.project.file(path)
        own = {id(method) for method in methods}
        for function in file.form.functions.values() if file is not None else ():
            if id(function) not in own:
                yield function


def _first(function: form.FunctionForm) -> str:
    return function.parameters[0].name if function.parameters else "self"


def _attributes(function: form.FunctionForm) -> Iterator[str]:
    """The attributes that a function touches, but for those of its own object."""
    own = form.Name(_first(function)) if function.owner is not None else None
    for statement in statements(function.body):
        waiting = list(own_expressions(statement))
        while waiting:
            expression = waiting.pop()
            if isinstance(expression, form.Attr) and expression.base != own:
                yield expression.name
            waiting += parts(expression)


def _only_works_with(method: form.FunctionForm, path: str, closing: set[str]) -> bool:
    """Whether a method binds the attribute or calls methods of it, none of which ends it, and no more."""
    for statement in statements(method.body):
        targets = statement.targets if isinstance(statement, form.Bind) else ()
        for own in own_expressions(statement):
            if any(own is target for target in targets):
                continue
            if not _is_worked_with(own, path, closing):
                return False
    return True


def _is_worked_with(expression: form.Expr, path: str, closing: set[str]) -> bool:
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        if target_path(current) == path:
            return False
        if isinstance(current, form.Attr) and target_path(current.base) == path:
            if current.name in closing or is_release_word(form.Name(last_name(current))):
                return False
            continue
        if isinstance(current, form.Not | form.Compare) and any(target_path(p) == path for p in parts(current)):
            continue
        waiting += parts(current)
    return True
