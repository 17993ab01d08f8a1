"""The linker: what any expression of the project denotes. Literals and what an application keeps here; calls in
`link_calls`, names in `link_names`, attributes and annotations below those."""

from __future__ import annotations

import re
from dataclasses import replace

from poollint.analysis import mappings
from poollint.analysis.link_calls import ENVIRONMENT, CallLinking
from poollint.analysis.linking import Scope, keyed
from poollint.analysis.project import Project
from poollint.model import form
from poollint.model.meaning import (
    DYNAMIC,
    Application,
    Exactly,
    External,
    FunctionRef,
    ListOf,
    MapOf,
    Meaning,
    TupleOf,
    Typed,
    agree,
)
from poollint.model.value import Reason, Unknown

HELD_NAME = re.compile(r"(?:\.(\w+)|\[(\w+)\])$")


class Linker(CallLinking):
    """Answers for one project; asks the files only as far as the questions lead."""

    def __init__(self, project: Project, candidates: frozenset[str]) -> None:
        super().__init__(project)
        self.candidates = candidates
        self._holders: dict[str, list[tuple[str, str, str]]] = {}
        self._callees: dict[tuple[Scope, int], tuple[form.Expr, Meaning]] = {}

    def meaning(self, expression: form.Expr, scope: Scope) -> Meaning:
        match expression:
            case form.Name(name):
                return self.name(name, scope)
            case form.Attr(base, name):
                return self.attribute(self.meaning(base, scope), name)
            case form.Const(value):
                return Exactly(value)
            case form.Call():
                key = ("call", scope, expression.ordinal)
                return self.remembered(key, lambda: self._call(expression, scope))
            case form.Await(_, value):
                return self.awaited(self.meaning(value, scope))
            case form.IfExp(_, body, orelse):
                return agree([self.meaning(body, scope), self.meaning(orelse, scope)])
            case form.BoolOp("or", values):
                return agree([self.meaning(value, scope) for value in values])
            case form.BoolOp(_, values):
                return self.meaning(values[-1], scope)
            case form.NamedExpr(_, value):
                return self.meaning(value, scope)
            case form.Sequence("tuple", items):
                return TupleOf(tuple(self.meaning(item, scope) for item in items))
            case form.Sequence(_, items):
                return ListOf(agree([self.meaning(item, scope) for item in items])) if items else DYNAMIC
            case form.DictDisplay(items) if 0 < len(items) <= mappings.LARGEST:
                return mappings.mapping_of(agree([self.meaning(value, scope) for _, value in items]))
            case form.Subscript():
                return self._subscript(expression, scope)
            case form.Lambda(function):
                return FunctionRef(scope.path, function)
            case form.Joined(pieces):
                return self._joined(pieces, scope)
            case form.Binary():
                return self._binary(expression, scope)
            case form.Comprehension(kind, (element,), _, _) if kind != "dict":
                return ListOf(self.meaning(element, scope))
        return DYNAMIC

    def callee(self, call: form.Call, scope: Scope) -> Meaning:
        """What a call of a function's own body calls: several readers ask that of every call."""
        if self._depth:
            return self.meaning(call.func, scope)
        key = (scope, call.ordinal)
        found = self._callees.get(key)
        if found is None or found[0] is not call.func:
            # a reader may ask for a call that it has made up, under the number of one that stands there
            found = self._callees[key] = (call.func, self.meaning(call.func, scope))
        return found[1]

    def _subscript(self, expression: form.Subscript, scope: Scope) -> Meaning:
        base, key = self.meaning(expression.base, scope), expression.key
        index = key.value if isinstance(key, form.Const) else None
        if isinstance(base, TupleOf) and isinstance(index, int) and -len(base.items) <= index < len(base.items):
            return base.items[index]
        if isinstance(base, ListOf):
            return base.element
        if isinstance(base, MapOf):
            return base.value
        if isinstance(base, Application) and isinstance(index, str):
            return self.kept(index)
        if isinstance(base, Typed):
            kind = self.catalogue.attribute_type(base.type_id, "*")
            return replace(base, type_id=kind, made_by="") if kind else DYNAMIC
        if isinstance(base, External) and base.name in ENVIRONMENT:
            return Unknown(Reason.ENVIRONMENT)
        return base if isinstance(base, Unknown) else DYNAMIC

    def _joined(self, pieces: tuple[form.Expr, ...], scope: Scope) -> Meaning:
        texts: list[str] = []
        for piece in pieces:
            found = self.meaning(piece, scope)
            if not isinstance(found, Exactly):
                return found if isinstance(found, Unknown) else DYNAMIC
            texts.append(str(found.value))
        return Exactly("".join(texts))

    def _binary(self, expression: form.Binary, scope: Scope) -> Meaning:
        left, right = self.meaning(expression.left, scope), self.meaning(expression.right, scope)
        for side in (left, right):
            if not isinstance(side, Exactly):
                return side if isinstance(side, Unknown) else DYNAMIC
        assert isinstance(left, Exactly) and isinstance(right, Exactly)
        one, other = left.value, right.value
        if isinstance(one, str) and isinstance(other, str) and expression.op == "+":
            return Exactly(one + other)
        if isinstance(one, (int, float)) and isinstance(other, (int, float)):
            if expression.op == "+":
                return Exactly(one + other)
            if expression.op == "-":
                return Exactly(one - other)
            if expression.op == "*":
                return Exactly(one * other)
        return DYNAMIC

    # --- what the application keeps ---

    def held(self, base: Application, name: str) -> Meaning:
        kind = self.catalogue.app_attribute(base.type_id, name)
        if kind is not None:
            return Application(kind, base.key)
        if name in self.catalogue.holder_paths(base.type_id):
            return Application(base.type_id, f"{base.key}.{name}")
        return self.kept(name)

    def kept(self, name: str) -> Meaning:
        """What the project stores under `app.state.NAME` or `app["NAME"]`."""
        return self.remembered(("kept", name), lambda: self._kept(name))

    def _kept(self, name: str) -> Meaning:
        found: list[Meaning] = []
        for path, function, target in self.holders().get(name, ()):
            file = self.project.file(path)
            assert file is not None
            for binding in file.bindings(function).attributes[target]:
                found.append(self.bound(binding, Scope(path, function)))
        return keyed(agree(found), f"app:{name}") if found else DYNAMIC

    def holders(self) -> dict[str, list[tuple[str, str, str]]]:
        """name -> (file, function, target path) of each assignment to an application's pseudo-attribute."""
        if not self._holders:
            self._holders = {"": []}
            for path in sorted(self.candidates):
                file = self.project.file(path)
                if file is None:
                    continue
                for function in file.form.functions:
                    for target in file.bindings(function).attributes:
                        self._note_holder(path, function, target)
        return self._holders

    def _note_holder(self, path: str, function: str, target: str) -> None:
        match = HELD_NAME.search(target)
        if match is None or (target.startswith(("self.", "cls.")) and target.count(".") + target.count("[") < 2):
            return
        base = self._path_meaning(target[: match.start()], Scope(path, function))
        if isinstance(base, Application):
            name = match.group(1) or match.group(2)
            self._holders.setdefault(name, []).append((path, function, target))

    def _path_meaning(self, path: str, scope: Scope) -> Meaning:
        head, *rest = path.split(".")
        found = self.name(head, scope) if head.isidentifier() else DYNAMIC
        for name in rest:
            found = self.attribute(found, name) if name.isidentifier() else DYNAMIC
        return found
