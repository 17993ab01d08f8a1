"""Decorators: what they are, and what they make of a function."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.analysis.linking import LinkerGround, Scope
from poollint.analysis.project import Project
from poollint.analysis.scopes import statements
from poollint.model import form
from poollint.model.meaning import ClassRef, External, FunctionRef, Meaning

UNKNOWN = ""
DESCRIPTOR = "descriptor"
"""A class of the project whose objects stand for the attribute (`__get__`); whether it keeps the value is not known."""
ACCESSORS = frozenset({"setter", "getter", "deleter"})
ATTRIBUTES = frozenset({"property", DESCRIPTOR})
"""The name is read, not called."""
SELF = frozenset({"itself", "staticmethod", "classmethod"})
"""Calls reach the function as it stands there, and give what it returns."""


class DecoratorLinking(LinkerGround):
    """Answers by function, remembered."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._made: dict[tuple[str, str], frozenset[str]] = {}

    def heads(self, path: str, function: form.FunctionForm) -> list[Meaning]:
        """What each decorator denotes; of one with arguments, what is called."""
        outer = Scope(path, function.parent or form.MODULE)
        return [self.meaning(d.func if isinstance(d, form.Call) else d, outer) for d in function.decorators]

    def decorator_names(self, path: str, function: form.FunctionForm) -> frozenset[str]:
        """Dotted names of the decorators that come from outside the project."""
        return frozenset(found.name for found in self.heads(path, function) if isinstance(found, External))

    def made_of(self, path: str, function: form.FunctionForm) -> frozenset[str]:
        """What its decorators make of a function, in the words of the catalogue's `Decorator`, with `DESCRIPTOR` and
        `UNKNOWN`; nothing where it has none."""
        if not function.decorators:
            return frozenset()
        key = (path, function.qualified)
        if key not in self._made:
            self._made[key] = frozenset({UNKNOWN})  # what a decorator asks of its own function
            self._made[key] = frozenset(self._makes(path, function))
        return self._made[key]

    def _makes(self, path: str, function: form.FunctionForm) -> Iterator[str]:
        for decorator, head in zip(function.decorators, self.heads(path, function), strict=True):
            if isinstance(decorator, form.Attr) and decorator.name in ACCESSORS:
                yield "itself"
            elif isinstance(head, External):
                yield self.catalogue.made_by_decorator(head.name)
            elif isinstance(head, ClassRef):
                yield DESCRIPTOR if isinstance(self.class_attribute(head, "__get__"), FunctionRef) else UNKNOWN
            elif isinstance(head, FunctionRef):
                yield "itself" if self._hands_through(head) else UNKNOWN
            else:
                yield UNKNOWN

    def _hands_through(self, decorator: FunctionRef) -> bool:
        """Whether what it returns is a wrapper that gives all it gets to what it wraps, and returns the answer."""
        file = self.project.file(decorator.path)
        functions = file.form.functions if file is not None else {}
        prefix = f"{decorator.qualified}."
        inside = [function for name, function in functions.items() if name.startswith(prefix)]
        return any(_returns_what_it_calls(function, functions) for function in inside)


def _returns_what_it_calls(wrapper: form.FunctionForm, functions: dict[str, form.FunctionForm]) -> bool:
    stars = {p.name for p in wrapper.parameters if p.kind in ("*", "**")}
    around: set[str] = set()
    parent = wrapper.parent
    while parent is not None and parent in functions:
        around |= {parameter.name for parameter in functions[parent].parameters}
        parent = functions[parent].parent
    answers = [s.value for s in statements(wrapper.body) if isinstance(s, form.Return) and s.value is not None]
    return bool(answers) and len(stars) == 2 and all(_is_call_of(value, around, stars) for value in answers)


def _is_call_of(value: form.Expr, callees: set[str], stars: set[str]) -> bool:
    while isinstance(value, form.Await):
        value = value.value
    if not isinstance(value, form.Call) or not isinstance(value.func, form.Name) or value.func.id not in callees:
        return False
    return {a.value.id for a in value.args if a.star and isinstance(a.value, form.Name)} == stars
