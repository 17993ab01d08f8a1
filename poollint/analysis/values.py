"""Arguments as they reach a call: keywords, positions, and what `**` of a dict, a helper or a setting brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from poollint.analysis.definitions import HOPS, DefinitionReader, Located
from poollint.analysis.linking import Scope
from poollint.analysis.scopes import statements, target_path
from poollint.model import form
from poollint.model.meaning import Exactly, External, FunctionRef
from poollint.model.value import Known, Literal, OneOf, Reason, Unknown, Value


@dataclass(slots=True)


class Entries:
    """The keys of a dict as far as they can be read.

    `values` maps a key to what may be its value (several = one of them); `certain` are the keys that are there
    on every path; `open_for` says why keys may be missing here, None when all are seen.
    """

    values: dict[str, list[Located]] = field(default_factory=dict)
    certain: set[str] = field(default_factory=set)
    open_for: Reason | None = None

    def put(self, key: str, value: Located, *, certain: bool) -> None:
        self.values.setdefault(key, []).append(value)
        if certain:
            self.certain.add(key)

    def take(self, other: Entries, *, certain: bool) -> None:
        for key, values in other.values.items():
            for value in values:
                self.put(key, value, certain=certain and key in other.certain)
        self.open_for = self.open_for or other.open_for


@dataclass(frozen=True, slots=True)


class Arguments:
    """What a call is given. `positions` ends at the first `*` argument."""

    positions: tuple[Located, ...]
    keywords: Entries

    def given(self, keyword: str, position: int | None) -> list[Located]:
        """What may be the value of an option, by keyword or position; empty when it is not seen."""
        if position is not None and position < len(self.positions):
            return [self.positions[position]]
        return self.keywords.values.get(keyword, [])


class ValueReader(DefinitionReader):
    """Reads arguments and literals through the linker."""

    # --- the arguments of a call ---

    def arguments(self, call: form.Call, scope: Scope) -> Arguments:
        positions: list[Located] = []
        entries = Entries()
        for argument in call.args:
            if argument.star == "*":
                entries.open_for = entries.open_for or Reason.DYNAMIC
            elif argument.star == "**":
                entries.take(self.entries(argument.value, scope), certain=True)
            elif argument.keyword is not None:
                entries.put(argument.keyword, Located(argument.value, scope), certain=True)
            elif entries.open_for is None:
                positions.append(Located(argument.value, scope))
        return Arguments(tuple(positions), entries)

    def entries(self, expression: form.Expr, scope: Scope, hops: int = 0) -> Entries:
        """The keys of a dict display, `dict()` call, merge, variable, setting or helper's result."""
        found = Entries()
        if hops > HOPS:
            found.open_for = Reason.CUT_OFF
            return found
        match expression:
            case form.DictDisplay(items):
                for key, value in items:
                    if key is None:
                        found.take(self.entries(value, scope, hops + 1), certain=True)
                    else:
                        self._keyed(found, key, Located(value, scope))
            case form.Binary(left, "|", right):
                found.take(self.entries(left, scope, hops + 1), certain=True)
                found.take(self.entries(right, scope, hops + 1), certain=True)
            case form.IfExp(_, body, orelse):
                found.take(self.entries(body, scope, hops + 1), certain=False)
                found.take(self.entries(orelse, scope, hops + 1), certain=False)
            case form.BoolOp("or", values):
                for value in values:
                    found.take(self.entries(value, scope, hops + 1), certain=False)
            case form.Const(None):
                pass
            case form.Call():
                return self._of_call(expression, scope, hops)
            case form.Name() | form.Attr() | form.Subscript():
                return self._of_name(expression, scope, hops)
            case _:
                found.open_for = Reason.DYNAMIC
        return found

    def _keyed(self, found: Entries, key: form.Expr, value: Located, *, certain: bool = True) -> None:
        literal = self.value(key, value.scope)
        if isinstance(literal, Known) and isinstance(literal.value, str):
            found.put(literal.value, value, certain=certain)
        else:
            found.open_for = found.open_for or Reason.DYNAMIC

    def _of_call(self, call: form.Call, scope: Scope, hops: int) -> Entries:
        callee = self.linker.meaning(call.func, scope)
        found = Entries()
        if isinstance(callee, External) and callee.name == "builtins.dict":
            for argument in call.args:
                if argument.keyword is not None:
                    found.put(argument.keyword, Located(argument.value, scope), certain=True)
                else:
                    found.take(self.entries(argument.value, scope, hops + 1), certain=True)
            return found
        if isinstance(call.func, form.Attr) and call.func.name == "copy":
            return self.entries(call.func.base, scope, hops + 1)
        if isinstance(callee, FunctionRef):
            returned = list(self.returned(callee))
            for located in returned:
                entries = self.entries(located.expression, located.scope, hops + 1)
                found.take(entries, certain=len(returned) == 1)
            if returned:
                return found
        found.open_for = Reason.DYNAMIC
        return found

    def _of_name(self, expression: form.Expr, scope: Scope, hops: int) -> Entries:
        found = Entries()
        defined = self.definitions(expression, scope)
        if defined is None:
            found.open_for = Reason.DYNAMIC
            return found
        for located in defined:
            entries = self.entries(located.expression, located.scope, hops + 1)
            found.take(entries, certain=len(defined) == 1)
        path = target_path(expression)
        if path is not None:
            self._changes(found, path, scope)
        return found

    def _changes(self, found: Entries, path: str, scope: Scope) -> None:
        """What the function does to the dict: `d["k"] = v`, `d.setdefault("k", v)`, `d.update(...)`."""
        file = self.linker.project.file(scope.path)
        function = file.form.functions.get(scope.function) if file is not None else None
        if function is None:
            return
        always = {id(statement) for statement in _unconditional(function.body)}
        for statement in statements(function.body):
            certain = id(statement) in always
            if isinstance(statement, form.Bind) and statement.value is not None:
                for target in statement.targets:
                    if isinstance(target, form.Subscript) and target_path(target.base) == path:
                        self._keyed(found, target.key, Located(statement.value, scope), certain=certain)
            elif isinstance(statement, form.Evaluate) and isinstance(statement.value, form.Call):
                self._changed_by(found, statement.value, path, scope, certain)

    def _changed_by(self, found: Entries, call: form.Call, path: str, scope: Scope, certain: bool) -> None:
        if not isinstance(call.func, form.Attr) or target_path(call.func.base) != path:
            return
        if call.func.name == "setdefault" and len(call.args) == 2:
            self._keyed(found, call.args[0].value, Located(call.args[1].value, scope), certain=certain)
        elif call.func.name == "update":
            for argument in call.args:
                if argument.keyword is not None:
                    found.put(argument.keyword, Located(argument.value, scope), certain=certain)
                else:
                    found.take(self.entries(argument.value, scope, 1), certain=certain)
        elif call.func.name in ("pop", "clear", "popitem"):
            found.certain.clear()

    # --- literals ---

    def value(self, expression: form.Expr, scope: Scope) -> Value:
        """The literal that an expression is; one of several by its branches."""
        found = self.linker.meaning(expression, scope)
        if isinstance(found, Exactly):
            return Known(found.value)
        if isinstance(expression, form.IfExp):
            return one_of([self.value(expression.body, scope), self.value(expression.orelse, scope)])
        return found if isinstance(found, Unknown) else Unknown(Reason.DYNAMIC)

    def values(self, candidates: list[Located]) -> Value:
        return one_of([self.value(located.expression, located.scope) for located in candidates])

    # --- text that starts with something known ---

    def prefix(self, expression: form.Expr, scope: Scope, hops: int = 0) -> str | None:
        """The literal beginning of a text (a URL's scheme), as far as it is written; None when it is not."""
        known = self.value(expression, scope)
        if isinstance(known, Known):
            return known.value if isinstance(known.value, str) else None
        if hops > HOPS:
            return None
        match expression:
            case form.Joined():
                return self._joined_prefix(expression.parts, scope, hops)
            case form.Binary(left, "+" | "%", _):
                return self.prefix(left, scope, hops + 1)
            case form.Call(_, form.Attr(base, "format"), _):
                return _before_field(self.prefix(base, scope, hops + 1))
            case form.Call(_, form.Attr(base, "replace" | "strip" | "rstrip"), _):
                return self.prefix(base, scope, hops + 1)
            case form.Name() | form.Attr():
                defined = self.definitions(expression, scope)
                found = {self.prefix(d.expression, d.scope, hops + 1) for d in defined or ()}
                return found.pop() if len(found) == 1 else None
            case form.Call():
                callee = self.linker.meaning(expression.func, scope)
                if isinstance(callee, FunctionRef):
                    found = {self.prefix(d.expression, d.scope, hops + 1) for d in self.returned(callee)}
                    return found.pop() if len(found) == 1 else None
        return None

    def _joined_prefix(self, pieces: tuple[form.Expr, ...], scope: Scope, hops: int) -> str | None:
        text = ""
        for piece in pieces:
            known = self.value(piece, scope)
            if not isinstance(known, Known):
                break
            text += str(known.value)
        if text:
            return text
        return self.prefix(pieces[0], scope, hops + 1) if pieces else None


def _unconditional(block: form.Block) -> Iterator[form.Stmt]:
    """The statements that run whenever their function does, as far as it comes to them."""
    for statement in block:
        yield statement
        if isinstance(statement, (form.With, form.Try)):
            yield from _unconditional(statement.body)


def _before_field(text: str | None) -> str | None:
    """What stands before the first `{}` of a format string."""
    return None if text is None else text.partition("{")[0] or None


def one_of(values: list[Value]) -> Value:
    """One value of several candidates: unknown if one is, else the literals without repeats."""
    literals: list[Literal] = []
    for value in values:
        if isinstance(value, Unknown):
            return value
        more = value.values if isinstance(value, OneOf) else (value.value,)
        literals += [literal for literal in more if not any(literal is kept or literal == kept for kept in literals)]
    if not literals:
        return Unknown(Reason.DYNAMIC)
    return Known(literals[0]) if len(literals) == 1 else OneOf(tuple(literals))


def dialect_of(url: str | None) -> str | None:
    """`mysql` of `mysql+pymysql://...`, lower case; None when the text holds no scheme."""
    if url is None:
        return None
    scheme, separator, _ = url.partition(":")
    name = scheme.partition("+")[0].strip().lower()
    return name if separator and name.isidentifier() else None
