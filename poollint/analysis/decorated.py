"""What a function's decorators do to it: cache it, move it to a thread, leave it as it is, or who knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.entries import body_calls, outer_scope
from poollint.analysis.guards import once_guard
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import Key
from poollint.analysis.registrations import Registrar
from poollint.analysis.scopes import statements
from poollint.model import form
from poollint.model.meaning import FunctionRef

ACCESSORS = frozenset({"setter", "getter", "deleter"})


@dataclass(frozen=True, slots=True)
class Decoration:
    """`cache`: "once" (the body runs once), "instance" (once an object), or "". `is_opaque`: some decorator is not
    known, so callers do not tell how often the body runs."""

    cache: str = ""
    is_threaded: bool = False
    is_opaque: bool = False


PLAIN = Decoration()


class Decorations:
    """Reads decorators, remembered by function."""

    def __init__(self, linker: Linker, registrar: Registrar) -> None:
        self.linker = linker
        self.registrar = registrar
        self._told: dict[Key, Decoration] = {}
        self._passing: dict[Key, bool] = {}

    def of(self, path: str, function: form.FunctionForm) -> Decoration:
        if not function.decorators:
            return PLAIN
        key = (path, function.qualified)
        if key not in self._told:
            self._told[key] = self._read(path, function)
        return self._told[key]

    def _read(self, path: str, function: form.FunctionForm) -> Decoration:
        catalogue, outer = self.linker.catalogue, outer_scope(path, function)
        cache, is_threaded, is_opaque = "", False, False
        for decorator in function.decorators:
            head = decorator.func if isinstance(decorator, form.Call) else decorator
            name = self.registrar.dotted(head, outer)
            cached = catalogue.cached(name) if name is not None else None
            if cached is not None:
                cache = "instance" if cached.per_instance else cache or "once"
            elif name is not None and catalogue.thread_decorator(name):
                is_threaded = True
            elif not self._leaves_alone(decorator, head, outer):
                is_opaque = True
        return Decoration(cache, is_threaded, is_opaque)

    def _leaves_alone(self, decorator: form.Expr, head: form.Expr, outer: Scope) -> bool:
        if isinstance(head, form.Attr) and head.name in ACCESSORS:
            return True
        if self.registrar.decorator(decorator, outer) or self.registrar.likely(decorator, outer):
            return True
        if not isinstance(head, form.Name | form.Attr):
            return False
        found = self.linker.meaning(head, outer)
        return isinstance(found, FunctionRef) and self._passes_on(found)

    def _passes_on(self, decorator: FunctionRef) -> bool:
        """Whether a decorator of the project calls what it wraps each time, with no once-guard before."""
        key = (decorator.path, decorator.qualified)
        if key not in self._passing:
            file = self.linker.project.file(decorator.path)
            functions = file.form.functions if file is not None else {}
            self._passing[key] = any(_calls_parameter(functions, function) for function in _inside(functions, key[1]))
        return self._passing[key]


def _inside(functions: dict[str, form.FunctionForm], qualified: str) -> Iterator[form.FunctionForm]:
    """The functions that stand in another, at any depth."""
    for name, function in functions.items():
        if name.startswith(f"{qualified}.") and function.name != form.CLASS_BODY:
            yield function


def _calls_parameter(functions: dict[str, form.FunctionForm], function: form.FunctionForm) -> bool:
    """Whether a wrapper calls, or hands on, a parameter of a function around it, and keeps nothing of what that gives:
    a result that is put by may be given again in place of the next call."""
    outer: set[str] = set()
    parent = function.parent
    while parent is not None and parent in functions:
        outer |= {parameter.name for parameter in functions[parent].parameters}
        parent = functions[parent].parent
    outer -= {parameter.name for parameter in function.parameters}
    for call in body_calls(function):
        used = [call.func, *(argument.value for argument in call.args)]
        if not any(isinstance(e, form.Name) and e.id in outer for e in used):
            continue
        if once_guard(function, call.ordinal) is None and not _keeps_result(function, call):
            return True
    return False


def _keeps_result(function: form.FunctionForm, call: form.Call) -> bool:
    """`memory[key] = call(...)`, `self.value = ...`, a name of an outer scope, or `store.set(key, result)`."""
    outside = {n for s in statements(function.body) if isinstance(s, form.Declare) for n in s.names}
    names: set[str] = set()
    for statement in statements(function.body):
        if isinstance(statement, form.Bind) and _is_result(statement.value, call, names):
            for target in statement.targets:
                if not isinstance(target, form.Name) or target.id in outside:
                    return True
                names.add(target.id)
        elif isinstance(statement, form.Evaluate):
            asked = statement.value.value if isinstance(statement.value, form.Await) else statement.value
            given = asked.args[1:] if isinstance(asked, form.Call) and isinstance(asked.func, form.Attr) else ()
            if any(_is_result(argument.value, call, names) for argument in given):
                return True
    return False


def _is_result(value: form.Expr | None, call: form.Call, names: set[str]) -> bool:
    while isinstance(value, form.Await):
        value = value.value
    if isinstance(value, form.Name):
        return value.id in names
    return isinstance(value, form.Call) and value.ordinal == call.ordinal
