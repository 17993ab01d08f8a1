"""Which functions of the candidate files mention a name: the first sieve for callers and registrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from poollint.analysis.annotations import unquoted
from poollint.analysis.project import Project
from poollint.analysis.scopes import own_expressions, parts, statements
from poollint.model import form

Key = tuple[str, str]
"""A function: (path, qualified name)."""


def heads(function: form.FunctionForm) -> Iterator[form.Expr]:
    """The expressions of a definition's head: decorators, defaults, annotations."""
    yield from function.decorators
    for parameter in function.parameters:
        if parameter.default is not None:
            yield parameter.default
        if parameter.annotation is not None:
            yield unquoted(parameter.annotation)


_PARTS: dict[type, Callable[..., tuple[form.Expr, ...]]] = {
    form.Attr: lambda e: (e.base,),
    form.Call: lambda e: (e.func, *[a.value for a in e.args]),
    form.Await: lambda e: (e.value,),
    form.Const: lambda e: (),
    form.Name: lambda e: (),
    form.Subscript: lambda e: (e.base, e.key),
}


def mentioned(expressions: Iterator[form.Expr]) -> set[str]:
    """The names and attribute names in these expressions."""
    found: set[str] = set()
    waiting = list(expressions)
    while waiting:
        current = waiting.pop()
        kind = type(current)
        if kind is form.Name:
            found.add(current.id)  # type: ignore[union-attr]
        elif kind is form.Attr:
            found.add(current.name)  # type: ignore[union-attr]
            waiting.append(current.base)  # type: ignore[union-attr]
        elif kind is not form.Const:
            waiting.extend(_PARTS.get(kind, parts)(current))
    return found


def last_name(expression: form.Expr | None) -> str:
    """`f` of `a.b.f` and of a call of it; "" for what has no name."""
    while isinstance(expression, (form.Call, form.Await, form.Subscript)):
        if isinstance(expression, form.Call):
            expression = expression.func
        else:
            expression = expression.value if isinstance(expression, form.Await) else expression.base
    if isinstance(expression, form.Attr):
        return expression.name
    return expression.id if isinstance(expression, form.Name) else ""


class Mentions:
    """Read once from the candidate files' forms; nothing is linked."""

    def __init__(self, project: Project, candidates: frozenset[str]) -> None:
        self.project = project
        self.candidates = candidates
        self.functions: dict[str, list[Key]] = {}
        """Functions and methods by their own name."""
        self.classes: dict[str, list[Key]] = {}
        self.decorated: set[str] = set()
        """Methods that may be read as attributes, by their own name."""
        self.callable_classes: set[str] = set()
        self._in_body: dict[str, set[Key]] = {}
        self._in_head: dict[str, set[Key]] = {}
        self._other_names: dict[str, set[str]] = {}
        self._importing: dict[str, set[str]] = {}
        self._made: list[tuple[str, str]] = []
        self._bound: list[tuple[str, str]] = []
        for path in sorted(candidates):
            file = project.file(path)
            if file is not None:
                self._read(file.form)
        for maker, name in self._made:
            if maker in self.callable_classes:
                self._note_alias(maker, name)
        imported = {other for others in self._other_names.values() for other in others}
        for value, name in self._bound:
            if value in self.functions or value in self.classes or value in imported:
                self._note_alias(value, name)

    def _read(self, file: form.FileForm) -> None:
        for qualified, cls in file.classes.items():
            self.classes.setdefault(cls.name, []).append((file.path, qualified))
            for base in cls.bases:
                self._note_alias(last_name(base), cls.name)
        for qualified, function in file.functions.items():
            key = (file.path, qualified)
            if function.name not in (form.MODULE, form.CLASS_BODY, form.LAMBDA):
                self.functions.setdefault(function.name, []).append(key)
                if function.owner is not None:
                    self._note_method(function)
            body = (e for s in statements(function.body) for e in own_expressions(s))
            for name in mentioned(body):
                self._in_body.setdefault(name, set()).add(key)
            for name in mentioned(heads(function)):
                self._in_head.setdefault(name, set()).add(key)
            is_outside = function.name in (form.MODULE, form.CLASS_BODY)
            data = frozenset() if is_outside else _data_names(function)
            for statement in statements(function.body):
                self._read_aliases(statement, is_outside, data)
                if isinstance(statement, form.Import):
                    for imported in statement.names:
                        self._importing.setdefault(imported.name or "", set()).add(file.path)

    def _note_method(self, function: form.FunctionForm) -> None:
        if function.decorators:
            self.decorated.add(function.name)
        if function.name == "__call__" and function.owner is not None:
            self.callable_classes.add(function.owner.rpartition(".")[2])

    def _read_aliases(self, statement: form.Stmt, is_outside: bool, data: frozenset[str]) -> None:
        """Other names of functions; within functions attributes and local names are left out, being data."""
        if isinstance(statement, form.Import):
            for imported in statement.names:
                if imported.alias and imported.name:
                    self._note_alias(imported.name, imported.alias)
        elif isinstance(statement, form.Bind):
            value = statement.value
            is_name = isinstance(value, form.Name) and value.id not in data
            if is_name or (is_outside and isinstance(value, form.Attr)):
                self._bound += [(last_name(value), last_name(target)) for target in statement.targets]
            elif isinstance(value, form.Call):
                self._made += [(last_name(value.func), last_name(target)) for target in statement.targets]

    def _note_alias(self, name: str, other: str) -> None:
        if name and other and name != other:
            self._other_names.setdefault(name, set()).add(other)

    def spellings(self, name: str) -> set[str]:
        """A name and what it is imported or bound as elsewhere, at most three hops on."""
        found, newest = {name}, {name}
        for _ in range(3):
            newest = {o for n in newest for o in self._other_names.get(n, ())} - found
            found |= newest
        return found

    @cached_property
    def callable_names(self) -> frozenset[str]:
        """All that may name a function or class of the candidate files."""
        found: set[str] = set()
        for name in (*self.functions, *self.classes):
            found |= self.spellings(name)
        return frozenset(found)

    def importing(self, name: str) -> set[str]:
        """Files that import something of this name from a module."""
        return self._importing.get(name, set())

    def mentioning(self, name: str) -> set[Key]:
        """Functions whose body holds the name."""
        return self._in_body.get(name, set())

    def heads_mentioning(self, name: str) -> set[Key]:
        """Functions whose decorators, defaults or annotations hold it."""
        return self._in_head.get(name, set())


def _data_names(function: form.FunctionForm) -> frozenset[str]:
    """Parameters, and what the function assigns."""
    found = {parameter.name for parameter in function.parameters}
    for statement in statements(function.body):
        if isinstance(statement, form.Bind):
            found |= {target.id for target in statement.targets if isinstance(target, form.Name)}
    return frozenset(found)
