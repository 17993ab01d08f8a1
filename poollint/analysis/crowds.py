"""Where the program itself runs code many times at once: executors, threads in a loop, gathered coroutines,
semaphores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from poollint.analysis.definitions import Located
from poollint.analysis.linking import Scope
from poollint.analysis.loops import enclosing
from poollint.analysis.mentions import last_name
from poollint.analysis.render import render
from poollint.analysis.scopes import expressions, own_expressions, statement_expressions, statements
from poollint.analysis.sites import calls
from poollint.analysis.values import ValueReader
from poollint.model import form
from poollint.model.declared import ServerFact
from poollint.model.meaning import External, FunctionRef
from poollint.model.server import Crowd
from poollint.model.span import Place
from poollint.model.value import Known, Unknown

UNKNOWN_NUMBER = 0
MAPPING = ("map", "imap", "starmap")
STARTING = ("create_task", "ensure_future")


@dataclass(frozen=True, slots=True)
class Gathering:
    """`number` times at once `target` runs; `place` is the call that starts it, `source` the text that has the
    number."""

    number: int
    noun: str
    place: Place
    source: str
    source_place: Place
    target: FunctionRef


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands in a `with` on it runs at most `number` times at once (`UNKNOWN_NUMBER`: so many)."""

    number: int
    noun: str
    place: Place
    source: str


class CrowdReader:
    """Reads one function at a time. `is_request` says whether a function runs per request."""

    def __init__(self, reader: ValueReader, is_request: Callable[[Scope], bool]) -> None:
        self.reader = reader
        self.is_request = is_request
        self.linker = reader.linker
        self.catalogue = reader.linker.catalogue
        self._guards: dict[Scope, dict[int, Guard]] = {}

    # --- what starts many ---

    def gatherings(self, function: form.FunctionForm, path: str) -> Iterator[Gathering]:
        scope = Scope(path, function.qualified)
        for call in calls(function):
            if last_name(call.func) in self.catalogue.crowd_words:
                yield from self._gathered(call, function, scope)

    def _gathered(self, call: form.Call, function: form.FunctionForm, scope: Scope) -> Iterator[Gathering]:
        crowd = self._crowd(call, scope)
        if crowd is not None and crowd.shape == "gather":
            yield from self._coroutines(call, crowd, scope)
        elif crowd is not None and crowd.shape == "single":
            number = self._turns(function, call, scope)
            target = self._function(_argument(call, crowd.keyword, crowd.position), scope)
            if number and target is not None:
                place = scope.at(call.ordinal)
                yield Gathering(number, crowd.noun, place, render(call), place, target)
        elif crowd is None and isinstance(call.func, form.Attr):
            yield from self._submitted(call, call.func, function, scope)

    def _submitted(
        self, call: form.Call, func: form.Attr, function: form.FunctionForm, scope: Scope
    ) -> Iterator[Gathering]:
        """`executor.map(work, ...)`, `loop.run_in_executor(executor, work)`."""
        for base, is_given in ((func.base, False), (_argument(call, "", 0), True)):
            made = None if base is None else self._maker(base, scope)
            if made is None:
                continue
            crowd, maker, maker_scope = made
            index = (crowd.given_to if is_given else crowd.methods).get(func.name)
            target = None if index is None else self._function(_argument(call, "fn", index), scope)
            number = self._number(crowd, maker, maker_scope)
            items = _argument(call, "iterable", index + 1) if index is not None and _maps(func.name) else None
            length = 0 if items is None else self._length(items, scope)
            number = min(number, length) if length else number
            if target is None or not number or not self._is_repeated(call, func.name, function, scope):
                continue
            text = render(maker)
            yield Gathering(number, crowd.noun, scope.at(call.ordinal), text, maker_scope.at(maker.ordinal), target)

    def _is_repeated(self, call: form.Call, method: str, function: form.FunctionForm, scope: Scope) -> bool:
        """Whether more than one is started at once: by its method, in a loop, or by each request."""
        if _maps(method) or self._stands_in_loop(call, function):
            return True
        return self.is_request(scope)

    def _stands_in_loop(self, call: form.Call, function: form.FunctionForm) -> bool:
        chain = enclosing(function.body, call.ordinal)
        if any(isinstance(statement, (form.For, form.While)) for statement in chain[:-1]):
            return True
        return bool(chain) and any(
            isinstance(e, form.Comprehension) and _holds(e, call)
            for own in own_expressions(chain[-1])
            for e in expressions(own)
        )

    def _coroutines(self, call: form.Call, crowd: Crowd, scope: Scope) -> Iterator[Gathering]:
        for argument in call.args:
            for located in self.reader.written(Located(argument.value, scope)) if argument.star == "*" else ():
                made = located.expression
                if not isinstance(made, form.Comprehension) or len(made.sources) != 1 or made.conditions:
                    continue
                number = self._length(made.sources[0][1], located.scope)
                started = made.elements[0]
                if isinstance(started, form.Call) and last_name(started.func) in STARTING and started.args:
                    started = started.args[0].value
                target = self._function(started.func if isinstance(started, form.Call) else None, located.scope)
                if number and target is not None:
                    place = scope.at(call.ordinal)
                    yield Gathering(number, crowd.noun, place, render(call), place, target)

    # --- servers that the program runs itself ---

    def served(self, function: form.FunctionForm, path: str) -> Iterator[ServerFact]:
        """The numbers that a function gives a server which it runs."""
        scope = Scope(path, function.qualified)
        words = {name.rpartition(".")[2] for name in self.catalogue.server_calls}
        for call in calls(function):
            callee = self.linker.meaning(call.func, scope) if last_name(call.func) in words else None
            server = self.catalogue.server_calls.get(callee.name) if isinstance(callee, External) else None
            for role in ("threads", "processes") if server is not None else ():
                assert server is not None
                for name in (server.threads if role == "threads" else server.processes).names:
                    given = next((a.value for a in call.args if a.keyword == name), None)
                    number = None if given is None else self._whole(given, scope)
                    if number:
                        source = f"`{name}={number}` of `{render(call)}` in {path}"
                        yield ServerFact(server.frameworks, role, number, server.noun, source)

    # --- numbers ---

    def _turns(self, function: form.FunctionForm, call: form.Call, scope: Scope) -> int:
        """How often the loops around a call make it, as far as all of them are counted; 0 unknown or once."""
        chain = enclosing(function.body, call.ordinal)
        turns = 1
        for statement in chain[:-1]:
            if isinstance(statement, (form.For, form.While)):
                turns *= self._length(statement.iterable, scope) if isinstance(statement, form.For) else 0
        for own in own_expressions(chain[-1]) if chain else ():
            for e in expressions(own):
                if isinstance(e, form.Comprehension) and _holds(e, call):
                    turns *= self._length(e.sources[0][1], scope) if len(e.sources) == 1 else 0
        return turns if turns > 1 else 0

    def _length(self, iterable: form.Expr, scope: Scope) -> int:
        """How many turns a loop over it makes; 0 unknown."""
        if isinstance(iterable, form.Sequence):
            return 0 if any(isinstance(item, form.Starred) for item in iterable.items) else len(iterable.items)
        if not isinstance(iterable, form.Call) or not iterable.args:
            return 0
        callee = self.linker.meaning(iterable.func, scope)
        if not isinstance(callee, External) or callee.name != "builtins.range":
            return 0
        numbers = [self._whole(argument.value, scope) for argument in iterable.args]
        if len(numbers) == 1:
            return numbers[0] or 0
        start, stop = numbers[0], numbers[1]
        return 0 if start is None or stop is None or len(numbers) > 2 else max(stop - start, 0)

    def _whole(self, expression: form.Expr, scope: Scope) -> int | None:
        value = self.reader.value(expression, scope)
        number = value.value if isinstance(value, Known) else None
        return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None

    def _number(self, crowd: Crowd, maker: form.Call, scope: Scope) -> int:
        if crowd.number:
            return crowd.number
        given = _argument(maker, crowd.keyword, crowd.position)
        return UNKNOWN_NUMBER if given is None else self._whole(given, scope) or UNKNOWN_NUMBER

    # --- what is meant ---

    def _crowd(self, call: form.Call, scope: Scope) -> Crowd | None:
        callee = self.linker.meaning(call.func, scope)
        return self.catalogue.crowd(callee.name) if isinstance(callee, External) else None

    def _maker(self, expression: form.Expr, scope: Scope) -> tuple[Crowd, form.Call, Scope] | None:
        """The construction of an executor or semaphore that an expression is, if there is one only."""
        found = []
        for located in self._sources(expression, scope):
            made = located.expression
            if isinstance(made, form.Call):
                crowd = self._crowd(made, located.scope)
                if crowd is not None:
                    found.append((crowd, made, located.scope))
                    continue
            if not (isinstance(made, form.Const) and made.value is None):
                return None
        return found[0] if len(found) == 1 else None

    def _sources(self, expression: form.Expr, scope: Scope) -> list[Located]:
        if isinstance(expression, form.Name):
            file = self.linker.project.file(scope.path)
            current: str | None = scope.function
            while file is not None and current is not None and current in file.form.functions:
                bound = file.bindings(current).names.get(expression.id, ())
                entered = [b.expression for b in bound if b.kind in ("with", "async-with") and b.expression is not None]
                if entered and len(entered) == len(bound):
                    return [Located(e, Scope(scope.path, current)) for e in entered]
                if bound:
                    break
                current = file.form.functions[current].parent
        return self.reader.written(Located(expression, scope))

    def _function(self, expression: form.Expr | None, scope: Scope) -> FunctionRef | None:
        """The project's function that a callable is; `partial(f, ...)` looked through."""
        if isinstance(expression, form.Call) and last_name(expression.func) == "partial" and expression.args:
            expression = expression.args[0].value
        if isinstance(expression, form.Lambda):
            return FunctionRef(scope.path, expression.function)
        if expression is None:
            return None
        found = self.linker.meaning(expression, scope)
        return found if isinstance(found, FunctionRef) else None

    # --- semaphores ---

    def guard(self, scope: Scope, ordinal: int) -> Guard | None:
        """The innermost semaphore or lock that the expression with this ordinal stands behind, in its function."""
        return self._all_guarded(scope).get(ordinal)

    def has_guards(self, scope: Scope) -> bool:
        return bool(self._all_guarded(scope))

    def _all_guarded(self, scope: Scope) -> dict[int, Guard]:
        if scope not in self._guards:
            file = self.linker.project.file(scope.path)
            function = file.form.functions.get(scope.function) if file is not None else None
            self._guards[scope] = {} if function is None else self._guarded(function, scope)
        return self._guards[scope]

    def _guarded(self, function: form.FunctionForm, scope: Scope) -> dict[int, Guard]:
        found: dict[int, Guard] = {}
        for statement in statements(function.body):
            if not isinstance(statement, form.With):
                continue
            for item in statement.items:
                guard = self._guard_of(item.value, scope)
                if guard is not None:
                    for inner in statements(statement.body):
                        ordinals = [getattr(e, "ordinal", None) for e in statement_expressions(inner)]
                        found.update({ordinal: guard for ordinal in ordinals if ordinal is not None})
        return found

    def _guard_of(self, entered: form.Expr, scope: Scope) -> Guard | None:
        made = self._maker(entered, scope)
        if made is None and isinstance(entered, (form.Name, form.Attr)):
            is_unknown = isinstance(self.linker.meaning(entered, scope), Unknown)
            # a parameter, say: it may be a semaphore of whatever size
            return Guard(UNKNOWN_NUMBER, "tasks", scope.at(0), "") if is_unknown else None
        if made is None or made[0].shape != "guard":
            return None
        crowd, maker, maker_scope = made
        place = maker_scope.at(maker.ordinal)
        return Guard(self._number(crowd, maker, maker_scope), crowd.noun, place, render(maker))


def _maps(method: str) -> bool:
    return any(word in method for word in MAPPING)


def _argument(call: form.Call, keyword: str, position: int) -> form.Expr | None:
    for argument in call.args:
        if keyword and argument.keyword == keyword:
            return argument.value
    plain = [argument for argument in call.args if argument.keyword is None]
    if position < len(plain) and not any(argument.star for argument in plain[: position + 1]):
        return plain[position].value
    return None


def _holds(comprehension: form.Comprehension, call: form.Call) -> bool:
    return any(
        getattr(e, "ordinal", None) == call.ordinal for part in comprehension.elements for e in expressions(part)
    )
