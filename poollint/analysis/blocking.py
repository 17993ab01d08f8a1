"""Calls that wait without `await` inside an `async def`, directly or through sync helpers of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from poollint.analysis.link_decorators import SELF
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.scopes import own_expressions, parts, statements
from poollint.analysis.startup import Startup
from poollint.model import form
from poollint.model.facts import BlockingFact
from poollint.model.finding import Step
from poollint.model.identity import Runs
from poollint.model.library import POOL_OWNING
from poollint.model.meaning import ClassRef, External, FunctionRef, Method, Typed
from poollint.model.span import Place

GO_ON = (*POOL_OWNING, "connection", "session")
"""Kinds of what a call gives whose own calls block too."""

DEPTH = 6
COROUTINE_TAKERS = frozenset({
    "gather", "create_task", "ensure_future", "wait_for", "shield", "as_completed", "wait", "start_soon",
    "run_until_complete", "run_coroutine_threadsafe",
})  # fmt: skip


class ThreadKnowledge(Protocol):
    """What this asks about where code runs."""

    def runs(self, path: str, qualified: str) -> Runs: ...

    def is_threaded(self, path: str, qualified: str) -> bool: ...

    @property
    def startup(self) -> Startup: ...

    def once_guard(self, path: str, qualified: str, ordinal: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """A blocking call: what is waited for, and the library's name of the call."""

    what: str
    target: str


class BlockingReader:
    """Finds them in one function at a time; remembers which helpers block."""

    def __init__(self, linker: Linker, threads: ThreadKnowledge) -> None:
        self.linker = linker
        self.catalogue = linker.catalogue
        self.threads = threads
        self._helpers: dict[tuple[str, str], tuple[Wait, tuple[Step, ...]] | None] = {}

    def facts(self, function: form.FunctionForm, path: str) -> list[BlockingFact]:
        if not function.is_async or self.threads.is_threaded(path, function.qualified):
            return []
        scope = Scope(path, function.qualified)
        found = [fact for call in own_calls(function) if (fact := self._fact(call, scope)) is not None]
        if found and self.threads.startup.holds(path, function.qualified):
            return []
        runs = self.threads.runs(path, function.qualified) if found else Runs("unknown")
        return [replace(fact, runs=runs) for fact in found]

    def _fact(self, call: form.Call, scope: Scope) -> BlockingFact | None:
        wait = self.wait(call, scope)
        chain: tuple[Step, ...] = ()
        if wait is None:
            through = self._through(call, scope) or self._handed_on(call, scope)
            if through is None:
                return None
            wait, chain = through
        return BlockingFact(
            place=scope.at(call.ordinal),
            text=render(call),
            what=wait.what,
            target=wait.target,
            receiver=self._receiver(call, scope),
            function=scope.function,
            runs=Runs("unknown"),
            chain=chain,
            makes_more=self._makes_more(call, scope),
        )

    def _makes_more(self, call: form.Call, scope: Scope) -> bool:
        made = self.linker.meaning(call, scope)
        return isinstance(made, Typed) and self.catalogue.type(made.type_id).kind in GO_ON

    def _receiver(self, call: form.Call, scope: Scope) -> str:
        """The object that a method is called on; "" for a function of a module."""
        is_function = isinstance(self.linker.callee(call, scope), External)
        return "" if is_function else _root(call.func)

    def wait(self, call: form.Call, scope: Scope) -> Wait | None:
        """What a call waits for, when the catalogue says that it blocks."""
        callee = self.linker.callee(call, scope)
        if isinstance(callee, Method):
            blocking = self.catalogue.blocking(callee.receiver.type_id, callee.name)
            if blocking is None:
                return None
            owner = callee.receiver.made_by or callee.receiver.type_id.replace(":", " ").replace("_", " ")
            return Wait(blocking[1].what, f"{owner}.{callee.name}" if callee.receiver.made_by else owner)
        if isinstance(callee, Typed):
            return None
        if isinstance(callee, External):
            return self._outside(callee.name, call)
        return None

    def _outside(self, dotted: str, call: form.Call) -> Wait | None:
        """A blocking function, or a constructor that connects at once and is not told to borrow."""
        name = self.catalogue.canonical(dotted)
        blocking = self.catalogue.blocking_function(dotted)
        if blocking is not None:
            return Wait(blocking[1].what, name)
        made = self.catalogue.constructor(dotted)
        if made is None or not (made[1].blocks and made[1].sync):
            return None
        keywords = {argument.keyword for argument in call.args}
        return None if keywords & set(made[1].changes_kind) else Wait(f"opening a {made[1].kind}", name)

    # --- through helpers ---

    def _through(self, call: form.Call, scope: Scope) -> tuple[Wait, tuple[Step, ...]] | None:
        callee = self._called(call, scope)
        if callee is None:
            return None
        return self.helper(callee.path, callee.qualified, 0)

    def _handed_on(self, call: form.Call, scope: Scope) -> tuple[Wait, tuple[Step, ...]] | None:
        """A blocking function or method that a call gives to a plain helper which calls it (`retried(client.get)`)."""
        given = [a for a in call.args if isinstance(a.value, (form.Name, form.Attr)) and not a.star]
        callee = self._called(call, scope) if given else None
        file = self.linker.project.file(callee.path) if callee is not None else None
        function = file.form.functions.get(callee.qualified) if file is not None and callee is not None else None
        if callee is None or function is None or function.is_async or function.is_generator:
            return None
        if function.decorators and self._is_wrapped(callee.path, function):
            return None
        for argument in given:
            wait = self.wait(form.Call(call.ordinal, argument.value, ()), scope)
            name = _parameter_of(function, call, argument, callee.bound is not None)
            made = next((c for c in own_calls(function) if c.func == form.Name(name)), None) if wait else None
            if wait is not None and made is not None:
                text = f"`{render(made)}` waits for {wait.what}"
                return wait, (Step("call", Place(callee.path, callee.qualified, made.ordinal), text),)
        return None

    def _called(self, call: form.Call, scope: Scope) -> FunctionRef | None:
        """The project's function that a call runs in this frame; a class runs its `__init__`."""
        callee = self.linker.callee(call, scope)
        if isinstance(callee, ClassRef):
            callee = self.linker.class_attribute(callee, "__init__")
        return callee if isinstance(callee, FunctionRef) else None

    def helper(self, path: str, qualified: str, depth: int) -> tuple[Wait, tuple[Step, ...]] | None:
        """The first blocking call that a sync function makes each time, with the steps to it; None if none is known."""
        key = (path, qualified)
        if key not in self._helpers and depth <= DEPTH:
            self._helpers[key] = None
            self._helpers[key] = self._searched(path, qualified, depth)
        return self._helpers.get(key)

    def _searched(self, path: str, qualified: str, depth: int) -> tuple[Wait, tuple[Step, ...]] | None:
        file = self.linker.project.file(path)
        function = file.form.functions.get(qualified) if file is not None else None
        if function is None or function.is_async or function.is_generator:
            return None
        if function.decorators and self._is_wrapped(path, function):
            return None
        scope = Scope(path, qualified)
        made = list(own_calls(function))
        for call in made:
            wait = self.wait(call, scope)
            if wait is not None and not self.threads.once_guard(path, qualified, call.ordinal):
                text = f"`{render(call)}` waits for {wait.what}"
                return wait, (Step("call", Place(path, qualified, call.ordinal), text),)
        for call in made:
            callee = self._called(call, scope)
            inner = self.helper(callee.path, callee.qualified, depth + 1) if callee is not None else None
            if inner is None or callee is None or self.threads.once_guard(path, qualified, call.ordinal):
                continue
            text = f"`{render(call)}` is called"
            return inner[0], (Step("call", Place(path, qualified, call.ordinal), text), *inner[1])
        return None

    def _is_wrapped(self, path: str, function: form.FunctionForm) -> bool:
        """Decorators that are not known to leave the function as it is may move it to a thread, or run it once."""
        names = self.linker.decorator_names(path, function)
        is_kept = any(self.linker.catalogue.cached(name) for name in names)
        return is_kept or not self.linker.made_of(path, function) <= SELF | {"property"}


def _parameter_of(function: form.FunctionForm, call: form.Call, argument: form.Argument, is_bound: bool) -> str:
    """The parameter that gets an argument; "" where that is not plain."""
    if argument.keyword is not None:
        return argument.keyword
    before = call.args[: next(i for i, a in enumerate(call.args) if a is argument)]
    names = [p.name for p in function.parameters if p.kind == "positional"][is_bound:]
    is_plain = len(before) < len(names) and not any(a.star or a.keyword is not None for a in before)
    return names[len(before)] if is_plain else ""


def own_calls(function: form.FunctionForm) -> Iterator[form.Call]:
    """The calls that a function makes in its own frame and does not await, nor give to what awaits them."""
    for statement in statements(function.body):
        if isinstance(statement, (form.With, form.For)) and statement.is_async:
            continue
        for own in own_expressions(statement):
            yield from _unawaited(own)


def _unawaited(expression: form.Expr) -> Iterator[form.Call]:
    if isinstance(expression, form.Await):
        # What is awaited is a coroutine's call, whatever its name; its arguments are evaluated here.
        inner = expression.value
        yield from (call for part in parts(inner) for call in _unawaited(part))
        return
    if isinstance(expression, form.Call):
        if not _takes_coroutines(expression):
            yield expression
        else:
            for argument in expression.args:
                yield from (call for part in parts(argument.value) for call in _unawaited(part))
            return
    for part in parts(expression):
        yield from _unawaited(part)


def _takes_coroutines(call: form.Call) -> bool:
    name = call.func.name if isinstance(call.func, form.Attr) else getattr(call.func, "id", "")
    return name in COROUTINE_TAKERS


def _root(callee: form.Expr) -> str:
    """`db` of `db.query(User).filter(...).first` and `db["users"].find`: the object at the bottom of the chain."""
    while True:
        if isinstance(callee, form.Name):
            return callee.id
        if isinstance(callee, form.Attr):
            if callee.base == form.Name("self"):
                return f"self.{callee.name}"
            callee = callee.base
        elif isinstance(callee, form.Call):
            callee = callee.func
        elif isinstance(callee, (form.Subscript, form.Await)):
            callee = callee.base if isinstance(callee, form.Subscript) else callee.value
        else:
            return ""
