"""Who calls whom: resolved calls between the candidate files' functions, and functions passed on as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from poollint.analysis.edges import Edge, Making
from poollint.analysis.entries import Entries
from poollint.analysis.lineage import Lineage
from poollint.analysis.link_decorators import ATTRIBUTES
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import Key, Mentions
from poollint.analysis.uses import WITH, Use, uses
from poollint.model import form
from poollint.model.framework import HandOff
from poollint.model.meaning import ClassRef, FunctionRef, InstanceOf, Meaning
from poollint.model.span import Place

MAKING = ("__init__", "__new__", "__post_init__")
ENTERING = ("__enter__", "__exit__")
ENTERING_ASYNC = ("__aenter__", "__aexit__")
CALLING_BUILTINS = frozenset({"builtins.map", "builtins.filter", "builtins.sorted", "builtins.max", "builtins.min"})
CLASS_ITSELF = "cls"


class CallGraph:
    """Edges by caller, and by callee through the names that could call it. A function's text is read once; a use
    of a name is linked when a question comes to it."""

    def __init__(self, linker: Linker, mentions: Mentions, entries: Entries) -> None:
        self.linker = linker
        self.mentions = mentions
        self.entries = entries
        self.lineage: Lineage = entries.lineage
        self._uses: dict[Key, dict[str, list[Use]]] = {}
        self._linked: dict[Use, tuple[Edge, ...]] = {}
        self._callers: dict[Key, tuple[Edge, ...]] = {}

    # --- questions ---

    def edges(self, path: str, qualified: str) -> tuple[Edge, ...]:
        """All edges out of a function, in the order of its text."""
        named = self._named((path, qualified))
        found = [edge for used in named.values() for use in used for edge in self._edges(use, Scope(path, qualified))]
        return tuple(sorted(dict.fromkeys(found), key=lambda edge: edge.place))

    def callers(self, path: str, qualified: str) -> tuple[Edge, ...]:
        """All edges into a function from the candidate files, by path, function and ordinal."""
        key = (path, qualified)
        if key not in self._callers:
            found = {
                edge
                for name, caller in self._possible_callers(key)
                for use in self._named(caller).get(name, ())
                for edge in self._edges(use, Scope(*caller))
                if edge.callee == key
            }
            self._callers[key] = tuple(sorted(found, key=lambda edge: (edge.place, edge.kind)))
        return self._callers[key]

    def makings(self, cls: ClassRef) -> list[Making]:
        """Where a class, or one derived from it, is instantiated."""
        wanted = {cls, *self.lineage.descendants(cls)}
        found: set[Making] = set()
        for name in (*self._spellings_of_class(cls), CLASS_ITSELF):
            for path, qualified in self.mentions.mentioning(name):
                scope = Scope(path, qualified)
                for use in self._named((path, qualified)).get(name, ()):
                    if isinstance(use.expression, form.Call):
                        made = self.linker.meaning(use.expression.func, scope)
                        if isinstance(made, ClassRef) and made in wanted:
                            found.add(Making(Place(path, qualified, use.ordinal), made))
        return sorted(found, key=lambda making: making.place)

    # --- by name ---

    def _named(self, key: Key) -> dict[str, list[Use]]:
        """The uses in a function by their names."""
        if key not in self._uses:
            file = self.linker.project.file(key[0])
            function = file.form.functions.get(key[1]) if file is not None else None
            found: dict[str, list[Use]] = {}
            for use in uses(function) if function is not None else ():
                found.setdefault(use.name, []).append(use)
            self._uses[key] = found
        return self._uses[key]

    def _possible_callers(self, key: Key) -> Iterable[tuple[str, Key]]:
        """(name, function that uses it): where a call of the function may stand."""
        path, qualified = key
        file = self.linker.project.file(path)
        function = file.form.functions.get(qualified) if file is not None else None
        if function is None:
            return []
        if function.name == form.CLASS_BODY:
            return [(form.CLASS_BODY, (path, function.parent or form.MODULE))]
        if function.name == form.LAMBDA:
            outer = f"{function.owner}.{form.CLASS_BODY}" if function.owner is not None else form.MODULE
            return [(form.LAMBDA, (path, function.parent or outer))]
        if function.owner is None or not function.name.startswith("__"):
            names = self.mentions.spellings(function.name)
            return [(name, caller) for name in names for caller in self.mentions.mentioning(name)]
        of_class = self._spellings_of_class(ClassRef(path, function.owner))
        found = [(name, caller) for name in (*of_class, CLASS_ITSELF) for caller in self.mentions.mentioning(name)]
        found += [(WITH, caller) for _, caller in found]
        return [*found, *((function.name, caller) for caller in self.mentions.mentioning(function.name))]

    def _spellings_of_class(self, cls: ClassRef) -> set[str]:
        found: set[str] = set()
        for other in (cls, *self.lineage.descendants(cls)):
            found |= self.mentions.spellings(other.qualified.rpartition(".")[2])
        return found

    # --- one use ---

    def _edges(self, use: Use, scope: Scope) -> tuple[Edge, ...]:
        if use not in self._linked:
            self._linked[use] = tuple(self._of(use, scope.at(use.ordinal), scope))
        return self._linked[use]

    def _of(self, use: Use, place: Place, scope: Scope) -> Iterator[Edge]:
        if use.kind == "class":
            yield Edge(place, FunctionRef(scope.path, use.qualified))
        elif use.kind == "with":
            yield from self._entered(use, place, scope)
        elif isinstance(use.expression, form.Call):
            if use.name in self.mentions.callable_names or use.name == CLASS_ITSELF:
                callee = self.linker.callee(use.expression, scope)
                for target, kind in self._run_by(callee, use.expression, scope):
                    yield Edge(place, target, kind, use.awaited)
        else:
            yield from self._value(use, place, scope)

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

    def _value(self, use: Use, place: Place, scope: Scope) -> Iterator[Edge]:
        """A name, attribute or lambda: a property that runs, or a function that is handed over."""
        expression = use.expression
        if isinstance(expression, form.Attr) and use.name in self.mentions.decorated:
            method = self._property(expression, scope)
            if method is not None:
                yield Edge(place, method, "property", use.awaited)
                return
        if use.is_called and not isinstance(expression, form.Lambda):
            return
        target = self._function_of(use, scope)
        if target is not None:
            kind, where = ("call", "") if use.is_called else self._use_of(use, scope)
            if kind:
                yield Edge(place, target, kind, handed_off=where)

    def _function_of(self, use: Use, scope: Scope) -> FunctionRef | None:
        if isinstance(use.expression, form.Lambda):
            return FunctionRef(scope.path, use.expression.function)
        if use.name not in self.mentions.callable_names:
            return None
        found = self.linker.meaning(use.expression, scope)
        if isinstance(found, InstanceOf) and use.holder is not None:
            return self.lineage.method(found.cls, "__call__")
        return found if isinstance(found, FunctionRef) else None

    def _use_of(self, use: Use, scope: Scope) -> tuple[str, str]:
        """(kind of edge, where it runs) of a function that is an argument; ("", "") where a framework takes it."""
        holder = use.holder
        if holder is None:
            return "pass", ""
        hand_off = self._hand_off(holder, scope)
        if hand_off is not None and _argument(holder, hand_off) is use.argument:
            return "call", hand_off.where
        if self.entries.registrar.dotted(holder.func, scope) in CALLING_BUILTINS:
            return "call", ""
        return ("", "") if self.entries.registrar.of_call(holder, scope) else ("pass", "")

    def _hand_off(self, call: form.Call, scope: Scope) -> HandOff | None:
        catalogue = self.linker.catalogue
        name = self.entries.registrar.dotted(call.func, scope)
        found = catalogue.hand_off(name) if name is not None else None
        if found is not None or not isinstance(call.func, form.Attr):
            return found
        by_method = catalogue.hand_off_method(call.func.name)
        if by_method is None or isinstance(self.linker.meaning(call.func, scope), FunctionRef):
            return None
        return by_method

    def _property(self, expression: form.Attr, scope: Scope) -> FunctionRef | None:
        found = self.linker.meaning(expression.base, scope)
        method = self.lineage.method(found.cls, expression.name) if isinstance(found, InstanceOf) else None
        file = self.linker.project.file(method.path) if method is not None else None
        if method is None or file is None:
            return None
        made = self.linker.made_of(method.path, file.form.functions[method.qualified])
        return method if made & ATTRIBUTES else None

    def _entered(self, use: Use, place: Place, scope: Scope) -> Iterator[Edge]:
        found = self.linker.meaning(use.expression, scope)
        if isinstance(found, InstanceOf):
            for name in ENTERING_ASYNC if use.awaited else ENTERING:
                method = self.lineage.method(found.cls, name)
                if method is not None:
                    yield Edge(place, method, "enter", use.awaited)


def _argument(call: form.Call, hand_off: HandOff) -> form.Expr | None:
    """The callable that a hand-off is given, by keyword or position."""
    for argument in call.args:
        if hand_off.keyword and argument.keyword == hand_off.keyword:
            return argument.value
    plain = [argument for argument in call.args if argument.keyword is None and not argument.star]
    return plain[hand_off.argument].value if hand_off.argument < len(plain) else None


def _is_super(expression: form.Expr) -> bool:
    return isinstance(expression, form.Call) and expression.func == form.Name("super")
