"""What of a function's expressions outlives the call: globals, attributes, caches, and reads of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from poollint.analysis.scopes import Bindings, statement_expressions, statements
from poollint.model import form

PER_REQUEST_ROOTS = frozenset({
    "g", "request", "req", "ctx", "context", "info", "scope", "environ", "websocket", "ws", "event", "interaction",
})  # fmt: skip
LASTING_BELOW_REQUEST = frozenset({
    "app", "application", "bot", "client", "registry", "config_dict", "application_context",
})  # fmt: skip
CLASS_ATTRIBUTES = frozenset({"__class__"})
ENTRY = "[]"
FILLING = frozenset({"setdefault", "update", "set", "__setitem__"})
ADDING = frozenset({"append", "add"})

PerRequest = Callable[[form.Expr], bool]


def dies_with_request(expression: form.Expr) -> bool:
    """By its name alone, whether an expression is kept by a request (`request.state.db`, `g.db`)."""
    names = _names(expression)
    if names and names[0] in ("self", "cls"):
        names = names[1:]
    return bool(names) and names[0] in PER_REQUEST_ROOTS and not (len(names) > 1 and names[1] in LASTING_BELOW_REQUEST)


def _names(expression: form.Expr) -> list[str]:
    found: list[str] = []
    while isinstance(expression, (form.Attr, form.Subscript)):
        if isinstance(expression, form.Attr):
            found.append(expression.name)
        expression = expression.base
    return [expression.id, *reversed(found)] if isinstance(expression, form.Name) else []


class Kept:
    """The lasting places that one function reads and writes, as texts: `_pool`, `self._client`, `_cache[]`."""

    def __init__(self, function: form.FunctionForm, bound: Bindings, is_per_request: PerRequest) -> None:
        self.function = function
        self.is_per_request = is_per_request
        self.bound = bound
        self.parameters = frozenset(parameter.name for parameter in function.parameters)
        first = function.parameters[0].name if function.parameters else ""
        self.own = first if function.owner is not None and first != "cls" else ""

    def is_of_instance(self, place: str) -> bool:
        """Whether a place is an attribute of the method's own object, not of its class."""
        head, _, rest = place.partition(".")
        return bool(self.own) and head == self.own and rest.partition(".")[0] not in CLASS_ATTRIBUTES

    def place(self, expression: form.Expr) -> str | None:
        """The lasting place that an expression is, or None."""
        text = self._text(expression, 0)
        return None if text is None or self.is_per_request(expression) else text

    def _text(self, expression: form.Expr, depth: int) -> str | None:
        if depth > 6:
            return None
        if isinstance(expression, form.Name):
            return expression.id if self._is_lasting_name(expression.id) else None
        if isinstance(expression, form.Attr):
            base = self._base(expression.base, depth)
            return None if base is None else f"{base}.{expression.name}"
        if isinstance(expression, form.Subscript):
            base = self._base(expression.base, depth)
            return None if base is None else f"{base}{ENTRY}"
        return None

    def _is_lasting_name(self, name: str) -> bool:
        if name in self.bound.globals or name in self.bound.nonlocals:
            return True
        return name not in self.parameters and name not in self.bound.names

    def _base(self, expression: form.Expr, depth: int) -> str | None:
        """The object that an attribute or entry is of: also a parameter, or a local name for something lasting."""
        if isinstance(expression, form.Name) and not self._is_lasting_name(expression.id):
            if expression.id in self.parameters and expression.id not in self.bound.names:
                return expression.id
            found = self.bound.names.get(expression.id, [])
            value = found[0].expression if len(found) == 1 and found[0].kind == "value" else None
            if value is None or self.is_per_request(value):
                return None
            return self._text(value, depth + 1)
        if isinstance(expression, form.Call):
            return "type(self)" if expression.func == form.Name("type") and len(expression.args) == 1 else None
        return self._text(expression, depth + 1)

    # --- reads ---

    def read(self, expression: form.Expr, depth: int = 0) -> frozenset[str]:
        """The lasting places whose content an expression's value is."""
        if depth > 6:
            return frozenset()
        if isinstance(expression, (form.Await, form.NamedExpr)):
            return self.read(expression.value, depth + 1)
        if isinstance(expression, form.BoolOp):
            return self.read(expression.values[0], depth + 1)
        if isinstance(expression, form.Call):
            return self._read_call(expression)
        place = self.place(expression)
        if place is not None:
            return frozenset({place})
        if isinstance(expression, form.Name) and expression.id in self.bound.names:
            found: set[str] = set()
            for binding in self.bound.names[expression.id]:
                if binding.kind == "value" and binding.expression is not None and binding.expression != expression:
                    found |= self.read(binding.expression, depth + 1)
            return frozenset(found)
        return frozenset()

    def _read_call(self, call: form.Call) -> frozenset[str]:
        named = attribute_named(call, "getattr")
        if named is not None:
            base = self._base(named[0], 0)
            is_lasting = base is not None and not self.is_per_request(form.Attr(*named))
            return frozenset({f"{base}.{named[1]}"}) if is_lasting else frozenset()
        if isinstance(call.func, form.Attr) and call.func.name in ("get", "pop") and call.args:
            place = self.place(form.Subscript(call.func.base, call.args[0].value))
            return frozenset() if place is None else frozenset({place})
        return frozenset()

    # --- writes ---

    def written(self, statement: form.Stmt) -> Iterator[str]:
        """The lasting places that one statement itself writes."""
        if isinstance(statement, form.Bind):
            for target in statement.targets:
                yield from self._targets(target)
        for expression in statement_expressions(statement):
            if isinstance(expression, form.NamedExpr) and self._is_lasting_name(expression.name):
                yield expression.name
            if isinstance(expression, form.Call):
                yield from self._stored(expression)

    def _targets(self, target: form.Expr) -> Iterator[str]:
        if isinstance(target, form.Sequence):
            for item in target.items:
                yield from self._targets(item)
            return
        place = self.place(target)
        if place is not None:
            yield place

    def _stored(self, call: form.Call) -> Iterator[str]:
        named = attribute_named(call, "setattr")
        if named is not None:
            place = self.place(form.Attr(*named))
            if place is not None:
                yield place
        elif isinstance(call.func, form.Attr) and call.func.name in FILLING | ADDING:
            place = self.place(call.func.base)
            if place is not None:
                # A key that is added to a set marks work in progress: nothing is kept under it.
                yield from (place,) if call.func.name in ADDING else (place, f"{place}{ENTRY}")

    def all_written(self) -> frozenset[str]:
        """Every lasting place that the function writes, nested blocks included."""
        return frozenset(place for statement in statements(self.function.body) for place in self.written(statement))


def attribute_named(call: form.Call, function: str) -> tuple[form.Expr, str] | None:
    """(object, name) of `getattr(object, "name", ...)` and its like."""
    if not isinstance(call.func, form.Name) or call.func.id != function or len(call.args) < 2:
        return None
    name = call.args[1].value
    is_text = isinstance(name, form.Const) and isinstance(name.value, str)
    return (call.args[0].value, name.value) if is_text else None  # type: ignore[union-attr,return-value]
