"""What an object that keeps a pool owes it: some way to close it."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.analysis.linking import Scope
from poollint.analysis.reach import Reach
from poollint.analysis.scopes import own_expressions, parts, statements, target_path
from poollint.analysis.sites import calls
from poollint.model import form
from poollint.model.facts import ConstructFact
from poollint.model.meaning import ClassRef, InstanceOf, Typed
from poollint.model.value import Unknown

OWN = ("instance", "kept", "guarded")
LEAVING = frozenset({"__exit__", "__aexit__", "__del__"})


class ObligationReader:
    """Asked about constructions that a class keeps as an attribute of its objects."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.linker = reach.linker

    def unclosed(self, fact: ConstructFact) -> str:
        """The attribute (`Api.session`) that keeps what must be closed, where nothing in the class, its bases or what
        derives from it closes it or lets anybody else have it; else ""."""
        place = fact.place
        file = self.linker.project.file(place.path)
        function = file.form.functions.get(place.function) if file is not None else None
        if fact.lifetime not in OWN or fact.key is None or function is None or function.owner is None:
            return ""
        prefix = f"{place.path}:{function.owner}."
        name = fact.key.text.removeprefix(prefix)
        if not fact.key.text.startswith(prefix) or not name.isidentifier():
            return ""
        cls = ClassRef(place.path, function.owner)
        lineage = self.reach.entries.lineage
        if any(isinstance(base, Unknown) for member in lineage.ancestors(cls) for base in self.linker.bases(member)):
            return ""
        family = {*lineage.ancestors(cls), *lineage.descendants(cls)}
        closing = {*fact.constructor.close, *LEAVING}
        if any(not self._keeps_to_itself(member, name, closing, fact) for member in sorted(family, key=_place)):
            return ""
        return "" if self._is_closed_elsewhere(family, name, closing) else f"{function.owner}.{name}"

    def _keeps_to_itself(self, cls: ClassRef, name: str, closing: set[str], fact: ConstructFact) -> bool:
        """Whether no method of a class closes the attribute, or gives it away."""
        file = self.linker.project.file(cls.path)
        for method in file.methods.get(cls.qualified, ()) if file is not None else ():
            own = method.parameters[0].name if method.parameters else "self"
            for statement in statements(method.body):
                if isinstance(statement, form.With) and any(_is(item.value, own, name) for item in statement.items):
                    return False
                if any(_leaves(expression, own, name) for expression in _read_by(statement)):
                    return False
            if any(self._may_close(call, Scope(cls.path, method.qualified), closing, fact) for call in calls(method)):
                return False
        return True

    def _may_close(self, call: form.Call, scope: Scope, closing: set[str], fact: ConstructFact) -> bool:
        """Whether a closing method is called on what is, or may be, of the same kind."""
        if not isinstance(call.func, form.Attr) or call.func.name not in closing:
            return False
        owner = self.linker.meaning(call.func.base, scope)
        return not isinstance(owner, Typed) or owner.origin is None or owner.origin == fact.origin

    def _is_closed_elsewhere(self, family: set[ClassRef], name: str, closing: set[str]) -> bool:
        """Whether code that knows one of the classes calls a closing method on that attribute of what may be one."""
        mentions = self.reach.mentions
        users = mentions.mentioning(name) & {key for word in closing for key in mentions.mentioning(word)}
        knowing = {path for cls in family for path in self.reach.knowing.of(cls)} if users else set()
        for path, qualified in users:
            file = self.linker.project.file(path)
            for call in calls(file.form.functions[qualified]) if file is not None else ():
                func = call.func
                if not isinstance(func, form.Attr) or func.name not in closing or not isinstance(func.base, form.Attr):
                    continue
                owner = self.linker.meaning(func.base.base, Scope(path, qualified))
                is_one = owner.cls in family if isinstance(owner, InstanceOf) else path in knowing
                if func.base.name == name and is_one and not isinstance(owner, Typed):
                    return True
        return False


def _place(cls: ClassRef) -> tuple[str, str]:
    return (cls.path, cls.qualified)


def _is(expression: form.Expr, own: str, name: str) -> bool:
    return target_path(expression) == f"{own}.{name}"


def _read_by(statement: form.Stmt) -> tuple[form.Expr, ...]:
    """What a statement evaluates and goes on with; a test only looks."""
    if isinstance(statement, form.Bind):
        return () if statement.value is None else (statement.value,)
    if isinstance(statement, (form.If, form.While)) and not isinstance(statement.test, form.Call):
        return (form.Not(statement.test),)
    return own_expressions(statement)


def _leaves(expression: form.Expr, own: str, name: str) -> bool:
    """Whether an expression gives the attribute away: as an argument, a result, another name. Asking it for
    something, calling its methods and testing it do not."""
    return any(_is(given, own, name) for given in _given(expression))


def _given(expression: form.Expr) -> Iterator[form.Expr]:
    """The sub-expressions whose own value goes on somewhere."""
    waiting = [(expression, True)]
    while waiting:
        current, is_given = waiting.pop()
        if is_given:
            yield current
        asks = isinstance(current, (form.Attr, form.Compare, form.Not, form.Subscript))
        asks = asks or (isinstance(current, form.BoolOp) and not is_given)
        waiting.extend((part, not asks) for part in parts(current))
