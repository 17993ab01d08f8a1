"""Calls that wait without end: none of the options that would bound them is given, here or to what they are made on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.analysis.definitions import Located
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.loops import enclosing
from poollint.analysis.reach import Reach
from poollint.analysis.render import render
from poollint.analysis.scopes import statement_expressions, statements, target_path
from poollint.analysis.settings import SettingReader, surely_among
from poollint.analysis.sites import call_at, calls
from poollint.analysis.values import Arguments
from poollint.model import form
from poollint.model.facts import UnboundedFact
from poollint.model.finding import Step
from poollint.model.library import POOL_OWNING, Library
from poollint.model.meaning import External, FunctionRef, Meaning, Method, Typed
from poollint.model.option import Option, Unbounded
from poollint.model.value import Default, Known, Reason, Unknown, Value

TIMEOUT_ROLES = ("timeout", "connect-timeout", "acquire-timeout")
SOCKET_DEFAULT = "socket.setdefaulttimeout"
MOUNT = "mount"
NOTHING = Known(None)
"""An object of timeouts that bounds nothing; known by identity, since a plain None may mean the default."""


class UnboundedReader:
    """Finds them in one function at a time."""

    def __init__(self, settings: SettingReader, reach: Reach) -> None:
        self.settings = settings
        self.reader = settings.reader
        self.linker: Linker = settings.reader.linker
        self.catalogue = self.linker.catalogue
        self.reach = reach

    def facts(self, function: form.FunctionForm, path: str) -> list[UnboundedFact]:
        scope = Scope(path, function.qualified)
        found: list[UnboundedFact] = []
        for call in calls(function):
            callee = self.linker.meaning(call.func, scope)
            fact = None
            handed = self._handed_off(call, callee, scope)
            if handed is not None:
                inner = self.linker.meaning(handed.func, scope)
                fact = self._function(handed, inner.name, scope) if isinstance(inner, External) else None
                fact = None if fact is None or fact.is_construction else replace(fact, is_open=False)
            elif isinstance(callee, External):
                fact = self._function(call, callee.name, scope)
            elif isinstance(callee, Method):
                fact = self._method(call, callee, scope)
            if fact is not None and not self._is_ended(call, function, scope):
                found.append(fact)
        return found

    def _handed_off(self, call: form.Call, callee: Meaning, scope: Scope) -> form.Call | None:
        """`requests.get(url)` of `asyncio.to_thread(requests.get, url)`: what runs elsewhere, as if it stood here."""
        by_name = self.catalogue.hand_off(callee.name) if isinstance(callee, External) else None
        is_project_s = isinstance(callee, FunctionRef)
        by_method = self.catalogue.hand_off_method(call.func.name) if isinstance(call.func, form.Attr) else None
        hand_off = by_name or (None if is_project_s else by_method)
        plain = [argument for argument in call.args if argument.keyword is None]
        if hand_off is None or len(plain) < hand_off.argument + 2:
            return None
        target = plain[hand_off.argument]
        if target.star or not isinstance(target.value, (form.Name, form.Attr)):
            return None
        named = [argument for argument in call.args if argument.keyword is not None]
        return form.Call(call.ordinal, target.value, (*plain[hand_off.argument + 1 :], *named))

    # --- functions and constructors ---

    def _function(self, call: form.Call, dotted: str, scope: Scope) -> UnboundedFact | None:
        known = self.catalogue.unbounded_function(dotted)
        made = self.catalogue.constructor(dotted)
        if known is None or made is None or self._is_borrowed(call, made[1].changes_kind):
            return None
        _, entry = known
        arguments = self.reader.arguments(call, scope)
        options = {o.keyword: o for o in self.catalogue.options_of(dotted) if o.keyword in entry.any_of}
        values = {k: self._value(dotted, option, arguments) for k, option in options.items()}
        if not self._are_off(values, {k: o.off for k, o in options.items()}):
            return None
        if entry.only_off and all(isinstance(value, Default) for value in values.values()):
            return None
        is_likely = not entry.sized_by or bool(arguments.given(entry.sized_by, None))
        version = self.settings.version_of(dotted) if any(len(o.default) > 1 for o in options.values()) else ""
        given = self._off_text(arguments, {k: o.position for k, o in options.items()})
        if not given:
            given = next((f"{k}={v.value!r}" for k, v in values.items() if isinstance(v, Known)), "")
        fact = self._fact(call, scope, known, given, version=version)
        is_construction = made[1].kind in POOL_OWNING
        return None if fact is None else replace(fact, is_likely=is_likely, is_construction=is_construction)

    def _is_borrowed(self, call: form.Call, changes_kind: dict[str, str]) -> bool:
        """Whether the pool, and so its settings, are another's."""
        return any(argument.keyword in changes_kind for argument in call.args)

    def _value(self, dotted: str, option: Option, arguments: Arguments) -> Value:
        """An option's value; an object made of timeouts that are all off is none itself."""
        given = arguments.given(option.keyword, option.position)
        if len(given) == 1:
            inner = self._made_of_timeouts(given[0])
            if inner is not None:
                return inner
        return self.settings.value(dotted, option, arguments)

    def _made_of_timeouts(self, located: Located) -> Value | None:
        """`NOTHING` for `Timeout(None)`; unknown for one that bounds something; None for any other value."""
        for each in self.reader.written(located):
            if not isinstance(each.expression, form.Call):
                continue
            callee = self.linker.meaning(each.expression.func, each.scope)
            made = self.catalogue.constructor(callee.name) if isinstance(callee, External) else None
            if made is None or not isinstance(callee, External):
                continue
            options = [o for o in self.catalogue.options_of(callee.name) if o.role in TIMEOUT_ROLES]
            arguments = self.reader.arguments(each.expression, each.scope)
            values = {o.keyword: self.settings.value(callee.name, o, arguments) for o in options}
            is_off = bool(values) and self._are_off(values, {o.keyword: o.off for o in options})
            return NOTHING if is_off else Unknown(Reason.DYNAMIC)
        return None

    def _are_off(self, values: dict[str, Value], off: dict[str, tuple[object, ...]]) -> bool:
        return bool(values) and all(_is_off(value, off[keyword]) for keyword, value in values.items())

    def _off_text(self, arguments: Arguments, positions: dict[str, int | None]) -> str:
        """`timeout=None` as the call gives it; "" where it gives nothing."""
        for keyword, position in positions.items():
            given = arguments.given(keyword, position)
            if given:
                return f"{keyword}={render(given[0].expression)}"
        return ""

    # --- methods ---

    def _method(self, call: form.Call, callee: Method, scope: Scope) -> UnboundedFact | None:
        for known in self.catalogue.unbounded(callee.receiver.type_id, callee.name):
            fact = self._by_entry(call, callee, scope, known)
            if fact is not None:
                return fact
        return None

    def _by_entry(
        self, call: form.Call, callee: Method, scope: Scope, known: tuple[Library, Unbounded]
    ) -> UnboundedFact | None:
        _, entry = known
        arguments = self.reader.arguments(call, scope)
        values = self._given(entry, callee.name, arguments)
        if values is None:
            return None
        made: Step | None = None
        if not values and entry.only_off:
            return None
        if not values and not entry.per_request:
            maker = self._maker(callee.receiver)
            if maker is None or not self._is_made_without(entry, callee.receiver.made_by, *maker, scope):
                return None
            made = Step("construct", callee.receiver.origin or scope.at(call.ordinal), f"`{render(maker[0])}`")
        given = self._off_text(arguments, {k: entry.positions.get(f"{callee.name}.{k}") for k in entry.any_of})
        return self._fact(call, scope, known, given, made=made)

    def _given(self, entry: Unbounded, method: str, arguments: Arguments) -> dict[str, Value] | None:
        """The options that the call is given, all of them off; {} if none is; None if one bounds it, or may."""
        values: dict[str, Value] = {}
        for keyword in entry.any_of:
            position = entry.positions.get(f"{method}.{keyword}")
            given = arguments.given(keyword, position)
            if given:
                inner = self._made_of_timeouts(given[0]) if len(given) == 1 else None
                values[keyword] = inner if inner is not None else self.reader.values(given)
        if arguments.keywords.open_for is not None or not all(_is_off(v, entry.off) for v in values.values()):
            return None
        return values

    def _maker(self, receiver: Typed) -> tuple[form.Call, Arguments, Scope] | None:
        """The construction of what a method is called on, where it is one that can be read."""
        made = call_at(self.linker, receiver.origin) if receiver.origin is not None and receiver.made_by else None
        if made is None or receiver.origin is None:
            return None
        scope = Scope(receiver.origin.path, receiver.origin.function)
        callee = self.linker.meaning(made.func, scope)
        if not isinstance(callee, External) or self.catalogue.canonical(callee.name) != receiver.made_by:
            return None
        return made, self.reader.arguments(made, scope), scope

    def _is_made_without(
        self, entry: Unbounded, dotted: str, made: form.Call, arguments: Arguments, where: Scope, scope: Scope
    ) -> bool:
        """Whether its constructor bounds nothing either, and nobody changes it afterwards."""
        options = {o.keyword: o for o in self.catalogue.options_of(dotted)}
        bounding = {k: options[k] for k in entry.any_of if k in options}
        values = {k: self._value(dotted, option, arguments) for k, option in bounding.items()}
        if values and not self._are_off(values, {k: o.off for k, o in bounding.items()}):
            return False
        if arguments.keywords.open_for is not None:
            return False
        for keyword, wanted in entry.when.items():
            option = options.get(keyword)
            if option is None or not surely_among(self.settings.value(dotted, option, arguments), wanted):
                return False
        return not any(self._is_changed(entry, path) for path in {where.path, scope.path})

    def _is_changed(self, entry: Unbounded, path: str) -> bool:
        """Whether a file puts something else in the place of the methods: `session.request = partial(...)`, an
        adapter of the project's own; or sets the process's default."""
        file = self.linker.project.file(path)
        for function in file.form.functions.values() if file is not None else ():
            scope = Scope(path, function.qualified)
            for statement in statements(function.body):
                if isinstance(statement, form.Bind) and any(_is_method(t, entry.methods) for t in statement.targets):
                    return True
            if any(self._changes(call, entry, scope) for call in calls(function)):
                return True
        return False

    def _changes(self, call: form.Call, entry: Unbounded, scope: Scope) -> bool:
        if not isinstance(call.func, form.Attr):
            return False
        if call.func.name == MOUNT and call.args:
            given = self.linker.meaning(call.args[-1].value, scope)
            return not isinstance(given, Typed) or not given.made_by
        if entry.socket_default and call.func.name == SOCKET_DEFAULT.rpartition(".")[2]:
            callee = self.linker.meaning(call.func, scope)
            return isinstance(callee, External) and callee.name == SOCKET_DEFAULT
        return False

    # --- surroundings ---

    def _is_ended(self, call: form.Call, function: form.FunctionForm, scope: Scope) -> bool:
        """Whether a deadline stands around it: `with gevent.Timeout(5)`, `asyncio.wait_for(..., 5)`."""
        around = enclosing(function.body, call.ordinal)
        items = [item.value for statement in around if isinstance(statement, form.With) for item in statement.items]
        for value in (*items, *_wrappers(call, function)):
            head = value.func if isinstance(value, form.Call) else value
            callee = self.linker.meaning(head, scope)
            deadline = self.catalogue.deadline(callee.name) if isinstance(callee, External) else None
            if deadline is not None and (deadline.sync or function.is_async):
                return True
        return False

    # --- the fact ---

    def _fact(
        self,
        call: form.Call,
        scope: Scope,
        known: tuple[Library, Unbounded],
        given: str,
        made: Step | None = None,
        version: str = "",
    ) -> UnboundedFact | None:
        library, entry = known
        runs = self.reach.runs_at(scope.path, scope.function, call.ordinal)
        if entry.per_request and runs.frequency != "request":
            return None
        return UnboundedFact(
            place=scope.at(call.ordinal),
            library=library,
            text=render(call),
            unbounded=entry,
            keyword=entry.any_of[0] if entry.any_of else "",
            given=given,
            runs=runs,
            version="" if given else version,
            made=made,
            is_open=not given or given.partition("=")[0] in {argument.keyword for argument in call.args},
        )


def _is_off(value: Value, off: tuple[object, ...]) -> bool:
    return value is NOTHING or surely_among(value, off)


def _is_method(target: form.Expr, methods: tuple[str, ...]) -> bool:
    return isinstance(target, form.Attr) and target.name in methods and target_path(target) is not None


def _wrappers(call: form.Call, function: form.FunctionForm) -> Iterator[form.Call]:
    """The calls of which it is an argument."""
    for statement in statements(function.body):
        for expression in statement_expressions(statement):
            if isinstance(expression, form.Call) and any(_is_call(a.value, call) for a in expression.args):
                yield expression


def _is_call(value: form.Expr, call: form.Call) -> bool:
    while isinstance(value, form.Await):
        value = value.value
    return isinstance(value, form.Call) and value.ordinal == call.ordinal
