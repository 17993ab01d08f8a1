"""Who calls whom: resolved calls between the candidate files' functions, and functions passed on as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.analysis.edges import Edge, Making
from poollint.analysis.entries import Entries
from poollint.analysis.lineage import Lineage
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import PROPERTIES, Key, Mentions, last_name
from poollint.analysis.registrations import Target
from poollint.analysis.scopes import own_expressions, parts, statements
from poollint.model import form
from poollint.model.framework import HandOff
from poollint.model.meaning import ClassRef, FunctionRef, InstanceOf, Meaning
from poollint.model.span import Place

MAKING = ("__init__", "__new__", "__post_init__")
ENTERING = ("__enter__", "__exit__")
ENTERING_ASYNC = ("__aenter__", "__aexit__")
CALLING_BUILTINS = frozenset({"builtins.map", "builtins.filter", "builtins.sorted", "builtins.max", "builtins.min"})


@dataclass(frozen=True, slots=True)
class _Node:
    """An expression with the number of the nearest numbered one around it, and what its value is for."""

    expression: form.Expr
    ordinal: int
    awaited: bool = False
    is_callee: bool = False
    is_consumed: bool = False


class CallGraph:
    """Edges by caller, worked out on demand; by callee through the names that could call it."""

    def __init__(self, linker: Linker, mentions: Mentions, entries: Entries) -> None:
        self.linker = linker
        self.mentions = mentions
        self.entries = entries
        self.lineage: Lineage = entries.lineage
        self._edges: dict[Key, tuple[Edge, ...]] = {}
        self._makings: dict[Key, tuple[Making, ...]] = {}
        self._callers: dict[Key, tuple[Edge, ...]] = {}
        taking = [name for hand_off in linker.catalogue.hand_offs for name in hand_off.names]
        last_names = {name.rpartition(".")[2] for name in (*taking, *CALLING_BUILTINS)}
        self._takers = frozenset(spelling for name in last_names for spelling in mentions.spellings(name))

    def edges(self, path: str, qualified: str) -> tuple[Edge, ...]:
        """All edges out of a function, in the order of its text."""
        key = (path, qualified)
        if key not in self._edges:
            self._read(key)
        return self._edges[key]

    def makings(self, cls: ClassRef) -> list[Making]:
        """Where a class, or one derived from it, is instantiated."""
        wanted = {cls, *self.lineage.descendants(cls)}
        found: list[Making] = []
        for other in wanted:
            for spelling in (*self.mentions.spellings(other.qualified.rpartition(".")[2]), "cls"):
                for key in self.mentions.mentioning(spelling):
                    self.edges(*key)
                    found += [making for making in self._makings[key] if making.cls in wanted]
        return sorted(set(found), key=lambda making: making.place)

    def callers(self, path: str, qualified: str) -> tuple[Edge, ...]:
        """All edges into a function from the candidate files, by path, function and ordinal."""
        key = (path, qualified)
        if key not in self._callers:
            found: set[Edge] = set()
            for caller in self._possible_callers(key):
                found.update(edge for edge in self.edges(*caller) if edge.callee == key)
            self._callers[key] = tuple(sorted(found, key=lambda edge: (edge.place, edge.kind)))
        return self._callers[key]

    def _possible_callers(self, key: Key) -> set[Key]:
        path, qualified = key
        file = self.linker.project.file(path)
        function = file.form.functions.get(qualified) if file is not None else None
        if function is None:
            return set()
        if function.name in (form.LAMBDA, form.CLASS_BODY):
            return {(path, function.parent or self._body_of(function) or form.MODULE)}
        names = self.mentions.spellings(function.name)
        found: set[Key] = set()
        if function.owner is not None and function.name.startswith("__"):
            names = self._spellings_of_class(ClassRef(path, function.owner)) | {"super", "cls", function.name}
        for name in names:
            found |= self.mentions.mentioning(name)
        return found

    def _body_of(self, function: form.FunctionForm) -> str | None:
        """The class body that a lambda stands in."""
        is_lambda = function.name == form.LAMBDA and function.owner is not None
        return f"{function.owner}.{form.CLASS_BODY}" if is_lambda else None

    def _spellings_of_class(self, cls: ClassRef) -> set[str]:
        found: set[str] = set()
        for other in (cls, *self.lineage.descendants(cls)):
            found |= self.mentions.spellings(other.qualified.rpartition(".")[2])
        return found

    # --- out of one function ---

    def _read(self, key: Key) -> None:
        path, qualified = key
        file = self.linker.project.file(path)
        function = file.form.functions.get(qualified) if file is not None else None
        edges: list[Edge] = []
        makings: list[Making] = []
        if function is not None:
            scope = Scope(path, qualified)
            for statement in statements(function.body):
                number = getattr(statement, "ordinal", 0)
                for own in own_expressions(statement):
                    self._walk(_Node(own, number), scope, edges, makings)
                if isinstance(statement, form.With):
                    self._entered(statement, scope, edges)
                elif isinstance(statement, form.Define) and statement.is_class:
                    body = FunctionRef(path, f"{statement.qualified}.{form.CLASS_BODY}")
                    edges.append(Edge(Place(path, qualified, statement.ordinal), body))
        self._edges[key] = tuple(dict.fromkeys(edges))
        self._makings[key] = tuple(dict.fromkeys(makings))

    def _walk(self, first: _Node, scope: Scope, edges: list[Edge], makings: list[Making]) -> None:
        waiting = [first]
        while waiting:
            node = waiting.pop()
            expression = node.expression
            if isinstance(expression, form.Call):
                consumed = self._call(expression, node, scope, edges, makings)
                inner = [_Node(expression.func, expression.ordinal, is_callee=True)]
                inner += [
                    _Node(a.value, expression.ordinal, is_consumed=any(a.value is c for c in consumed))
                    for a in expression.args
                ]
            elif isinstance(expression, form.Await):
                inner = [_Node(expression.value, expression.ordinal, awaited=True)]
            else:
                self._value(node, scope, edges)
                consumed_too = node.is_consumed and isinstance(expression, form.Sequence)
                inner = [_Node(part, node.ordinal, is_consumed=consumed_too) for part in parts(expression)]
            waiting.extend(reversed(inner))

    def _call(
        self, call: form.Call, node: _Node, scope: Scope, edges: list[Edge], makings: list[Making]
    ) -> tuple[form.Expr, ...]:
        """Notes what a call runs; gives the arguments that are callables with a known use."""
        place = Place(scope.path, scope.function, call.ordinal)
        name = last_name(call.func)
        is_known_name = name in self.mentions.callable_names
        callee: Meaning | None = None
        if is_known_name or name == "cls":
            callee = self.linker.meaning(call.func, scope)
            base = Edge(place, FunctionRef("", ""), awaited=node.awaited)
            for target, kind in self._run_by(callee, call, scope):
                edges.append(replace(base, target=target, kind=kind))
            if isinstance(callee, ClassRef):
                makings.append(Making(place, callee))
        if isinstance(callee, FunctionRef):
            return ()
        return self._handed_on(call, place, scope, edges)

    def _run_by(self, callee: Meaning, call: form.Call, scope: Scope) -> Iterator[tuple[FunctionRef, str]]:
        if isinstance(callee, FunctionRef):
            yield callee, "call"
            yield from ((other, "override") for other in self._overrides(callee, call))
        elif isinstance(callee, ClassRef):
            for name in MAKING:
                method = self.lineage.method(callee, name)
                if method is not None:
                    yield method, "make"
        elif isinstance(callee, InstanceOf):
            method = self.lineage.method(callee.cls, "__call__")
            if method is not None:
                yield method, "call"
        elif isinstance(call.func, form.Attr) and _is_super(call.func.base):
            method = self._of_super(call.func.name, scope)
            if method is not None:
                yield method, "call"

    def _overrides(self, callee: FunctionRef, call: form.Call) -> list[FunctionRef]:
        """The subclasses' own versions of a method that an object calls on itself."""
        bound = callee.bound
        is_own = isinstance(call.func, form.Attr) and call.func.base in (form.Name("self"), form.Name("cls"))
        if not is_own or bound is None:
            return []
        cls = bound.cls if isinstance(bound, InstanceOf) else bound
        name = callee.qualified.rpartition(".")[2]
        found: list[FunctionRef] = []
        for other in self.lineage.descendants(cls):
            method = self.lineage.method(other, name)
            if method is not None and (method.path, method.qualified) != (callee.path, callee.qualified):
                found.append(method)
        return found

    def _of_super(self, name: str, scope: Scope) -> FunctionRef | None:
        file = self.linker.project.file(scope.path)
        function = file.form.functions.get(scope.function) if file is not None else None
        if function is None or function.owner is None:
            return None
        for base in self.linker.bases(ClassRef(scope.path, function.owner)):
            method = self.lineage.method(base, name) if isinstance(base, ClassRef) else None
            if method is not None:
                return method
        return None

    # --- functions as values ---

    def _handed_on(self, call: form.Call, place: Place, scope: Scope, edges: list[Edge]) -> tuple[form.Expr, ...]:
        """Arguments that a hand-off runs elsewhere, a built-in calls, or a framework registers."""
        if not call.args:
            return ()
        is_taker = last_name(call.func) in self._takers
        name = self.entries.registrar.dotted(call.func, scope) if is_taker else None
        hand_off = self.linker.catalogue.hand_off(name) if name is not None else None
        if hand_off is None and isinstance(call.func, form.Attr):
            hand_off = self.linker.catalogue.hand_off_method(call.func.name)
        if hand_off is not None:
            value = _argument(call, hand_off)
            if value is not None:
                edges += [Edge(place, t, handed_off=hand_off.where) for t in self._callables(value, scope)]
                return (value,)
        if name in CALLING_BUILTINS:
            given = tuple(a.value for a in call.args if a.keyword in (None, "key"))
            for value in given:
                if isinstance(value, form.Lambda | form.Name | form.Attr):
                    edges += [Edge(place, target) for target in self._callables(value, scope)]
            return given
        if self.entries.registrar.of_call(call, scope):
            return tuple(argument.value for argument in call.args)
        return ()

    def _callables(self, value: form.Expr, scope: Scope) -> Iterator[FunctionRef]:
        if isinstance(value, form.Call) and last_name(value.func) != "partial":
            return
        for target in self.entries.registrar.callables(value, scope):
            method = self._called_object(target)
            if method is not None:
                yield method

    def _called_object(self, target: Target) -> FunctionRef | None:
        if isinstance(target, FunctionRef):
            return target
        cls = target.cls if isinstance(target, InstanceOf) else target
        return self.lineage.method(cls, "__call__" if isinstance(target, InstanceOf) else "__init__")

    def _value(self, node: _Node, scope: Scope, edges: list[Edge]) -> None:
        """A name, attribute or lambda that is not called: a function passed on, or a property that runs."""
        expression = node.expression
        place = Place(scope.path, scope.function, node.ordinal)
        if isinstance(expression, form.Lambda):
            if not node.is_consumed:
                kind = "call" if node.is_callee else "pass"
                edges.append(Edge(place, FunctionRef(scope.path, expression.function), kind))
            return
        if isinstance(expression, form.Attr) and expression.name in self.mentions.properties:
            found = self.linker.meaning(expression.base, scope)
            method = self.lineage.method(found.cls, expression.name) if isinstance(found, InstanceOf) else None
            if method is not None and self._is_property(method):
                edges.append(Edge(place, method, "property", awaited=node.awaited))
                return
        if node.is_callee or node.is_consumed or not isinstance(expression, form.Name | form.Attr):
            return
        if last_name(expression) in self.mentions.functions:
            found = self.linker.meaning(expression, scope)
            if isinstance(found, FunctionRef):
                edges.append(Edge(place, found, "pass"))

    def _is_property(self, method: FunctionRef) -> bool:
        file = self.linker.project.file(method.path)
        function = file.form.functions.get(method.qualified) if file is not None else None
        return function is not None and any(last_name(d) in PROPERTIES for d in function.decorators)

    def _entered(self, statement: form.With, scope: Scope, edges: list[Edge]) -> None:
        for item in statement.items:
            found = self.linker.meaning(item.value, scope)
            if isinstance(found, InstanceOf):
                place = Place(scope.path, scope.function, item.ordinal)
                for name in ENTERING_ASYNC if statement.is_async else ENTERING:
                    method = self.lineage.method(found.cls, name)
                    if method is not None:
                        edges.append(Edge(place, method, "enter", awaited=statement.is_async))


def _argument(call: form.Call, hand_off: HandOff) -> form.Expr | None:
    """The callable that a hand-off is given, by keyword or position."""
    for argument in call.args:
        if hand_off.keyword and argument.keyword == hand_off.keyword:
            return argument.value
    plain = [argument for argument in call.args if argument.keyword is None and not argument.star]
    return plain[hand_off.argument].value if hand_off.argument < len(plain) else None


def _is_super(expression: form.Expr) -> bool:
    return isinstance(expression, form.Call) and expression.func == form.Name("super")
