"""Calls: what a constructor, a method, or a function of the project gives."""

from __future__ import annotations

from poollint.analysis import annotations as annotation_forms, mappings
from poollint.analysis.link_names import NameLinking
from poollint.analysis.linking import Scope, keyed
from poollint.analysis.scopes import statement_expressions, statements
from poollint.model import form
from poollint.model.library import Acquire, Constructor
from poollint.model.meaning import (
    DYNAMIC,
    UNRESOLVED,
    Application,
    Awaitable,
    ClassRef,
    Entered,
    Exactly,
    External,
    FunctionRef,
    InstanceOf,
    ListOf,
    MapOf,
    Meaning,
    Method,
    Typed,
    agree,
    is_none,
)
from poollint.model.span import Place
from poollint.model.value import Reason, Unknown

FIRST_ARGUMENT = frozenset({"asyncio.wait_for", "asyncio.shield", "asyncio.create_task", "asyncio.ensure_future"})
CLOSING = frozenset({"contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext"})
ENVIRONMENT = frozenset({"os.getenv", "os.environ.get", "os.environ"})
CALLED_WITH_REST = frozenset({"asyncio.to_thread"})

class CallLinking(NameLinking):
    """What calling something gives."""

    def _call(self, call: form.Call, scope: Scope) -> Meaning:
        by_method = self.catalogue.wrapper_method(call.func.name) if isinstance(call.func, form.Attr) else None
        if by_method is not None and by_method.gives == "entered" and call.args:
            return self._entering(call, scope)
        if isinstance(call.func, form.Attr) and call.func.name in mappings.TAKING:
            base = self.meaning(call.func.base, scope)
            if isinstance(base, MapOf):
                return ListOf(base.value) if call.func.name == "values" else base.value
        return self.result(self.meaning(call.func, scope), call, scope)

    def _entering(self, call: form.Call, scope: Scope) -> Meaning:
        assert isinstance(call.func, form.Attr)
        is_async = call.func.name == "enter_async_context"
        inner = self.entered(self.meaning(call.args[0].value, scope), is_async)
        return Awaitable(inner) if is_async else inner

    def result(self, callee: Meaning, call: form.Call | None, scope: Scope | None) -> Meaning:
        if isinstance(callee, External):
            return self._external_result(callee.name, call, scope)
        if isinstance(callee, FunctionRef):
            return self.function_result(callee)
        if isinstance(callee, ClassRef):
            return self._instance(callee)
        if isinstance(callee, Method):
            return self._method_result(callee, call, scope)
        if isinstance(callee, Typed):
            made = self.catalogue.factory_result(callee.type_id, None)
            return Typed(made, callee.key, _place(call, scope)) if made else DYNAMIC
        if isinstance(callee, InstanceOf):
            method = self.class_attribute(callee, "__call__")
            return self.function_result(method) if isinstance(method, FunctionRef) else DYNAMIC
        return callee if isinstance(callee, Unknown) or is_none(callee) else DYNAMIC

    def _instance(self, cls: ClassRef) -> Meaning:
        return InstanceOf(cls)

    def _external_result(self, name: str, call: form.Call | None, scope: Scope | None) -> Meaning:
        catalogue = self.catalogue
        made = catalogue.constructor(name)
        if made is not None:
            library, constructor = made
            full = catalogue.made_type(library, constructor, self._named_values(constructor, call, scope))
            thing = Typed(full, None, _place(call, scope), catalogue.canonical(name))
            return Awaitable(thing) if constructor.awaited == "must" else thing
        acquired = catalogue.acquire_function(name)
        if acquired is not None:
            library, acquire = acquired
            return _acquired(Typed(f"{library.name}:{acquire.returns}", None, _place(call, scope)), acquire)
        application = catalogue.app_type(name)
        if application is not None:
            return Application(application)
        kind = catalogue.type_of_class(name)
        if kind is not None:
            return Typed(kind, None, _place(call, scope))
        if call is None or scope is None or not call.args:
            return Unknown(Reason.ENVIRONMENT) if name in ENVIRONMENT else UNRESOLVED
        return self._wrapped(name, call, scope)

    def _named_values(self, constructor: Constructor, call: form.Call | None, scope: Scope | None) -> dict[str, str]:
        """keyword -> dotted name of its value, for those keywords that decide what is made."""
        if call is None or scope is None or not constructor.makes_when:
            return {}
        given = {a.keyword: self.meaning(a.value, scope) for a in call.args if a.keyword in constructor.makes_when}
        return {k: found.name for k, found in given.items() if k is not None and isinstance(found, External)}

    def _wrapped(self, name: str, call: form.Call, scope: Scope) -> Meaning:
        """Calls of the standard library whose result is made from an argument."""
        first = call.args[0].value
        if name in FIRST_ARGUMENT:
            return self.meaning(first, scope)
        if name in CLOSING:
            return Entered(self.meaning(first, scope))
        if name == "typing.cast" and len(call.args) > 1:
            return self.annotation(first, scope)
        if name == "asyncio.run":
            return self.awaited(self.meaning(first, scope))
        if name in ("builtins.next", "builtins.anext"):
            return self.element(self.meaning(first, scope))
        if name in ("builtins.list", "builtins.tuple", "builtins.iter", "builtins.sorted"):
            return self.meaning(first, scope)
        if name in CALLED_WITH_REST:
            return Awaitable(self.result(self.meaning(first, scope), None, None))
        if name in ("builtins.int", "builtins.float", "builtins.str"):
            found = self.meaning(first, scope)
            return _converted(name, found) if isinstance(found, Exactly) else found
        return Unknown(Reason.ENVIRONMENT) if name in ENVIRONMENT else UNRESOLVED

    def _method_result(self, method: Method, call: form.Call | None, scope: Scope | None) -> Meaning:
        receiver, place = method.receiver, _place(call, scope)
        acquired = self.catalogue.acquire(receiver.type_id, method.name)
        if acquired is not None:
            library, acquire = acquired
            if call is None or self.has_keywords(acquire, call, scope):
                return _acquired(Typed(f"{library.name}:{acquire.returns}", receiver.key, place), acquire)
        derived = self.catalogue.derive(receiver.type_id, method.name)
        if derived is not None:
            kind = derived.returns
            if not kind:
                return DYNAMIC
            full = kind if ":" in kind else f"{receiver.type_id.partition(':')[0]}:{kind}"
            thing = Typed(full, receiver.key, receiver.origin)
            return Awaitable(thing) if derived.awaited != "no" else thing
        made = self.catalogue.factory_result(receiver.type_id, method.name)
        if made is not None:
            return Typed(made, receiver.key, place)
        return DYNAMIC

    def has_keywords(self, acquire: Acquire, call: form.Call, scope: Scope | None) -> bool:
        """Whether the call has the keywords without which the method acquires nothing (`stream=True`)."""
        for keyword, wanted in acquire.needs_keywords.items():
            given = next((a.value for a in call.args if a.keyword == keyword), None)
            if given is None or scope is None:
                return False
            found = self.meaning(given, scope)
            if not isinstance(found, Exactly) or found.value != wanted:
                return False
        return True

    def asks_for(self, acquire: Acquire, call: form.Call, scope: Scope | None) -> bool:
        """Whether the call acquires because of the keywords that it is given."""
        return bool(acquire.needs_keywords) and self.has_keywords(acquire, call, scope)

    # --- functions of the project ---

    def function_result(self, reference: FunctionRef) -> Meaning:
        key = ("result", reference.path, reference.qualified)
        return self.remembered(key, lambda: self._function_result(reference))

    def _function_result(self, reference: FunctionRef) -> Meaning:
        file = self.project.file(reference.path)
        function = file.form.functions.get(reference.qualified) if file is not None else None
        if function is None:
            return UNRESOLVED
        scope = Scope(reference.path, reference.qualified)
        names = self.decorator_names(reference.path, function)
        found = self._declared_result(function, scope)
        if isinstance(found, Unknown) or (isinstance(found, Typed) and found.key is None):
            worked = self._worked_out_result(function, scope)
            found = found if isinstance(worked, Unknown) and not isinstance(found, Unknown) else worked
        if "manager" in self.made_of(reference.path, function):
            return Entered(self.provided(found))
        if any(self.catalogue.cached(name) for name in names):
            found = keyed(found, f"{reference.path}:{reference.qualified}()")
        is_lazy = function.is_async and not function.is_generator and not isinstance(found, Awaitable)
        return Awaitable(found) if is_lazy else found

    def _declared_result(self, function: form.FunctionForm, scope: Scope) -> Meaning:
        if function.returns is None:
            return DYNAMIC
        found = self.annotation(function.returns, scope)
        if isinstance(found, InstanceOf) and self._is_abstract(found):
            return DYNAMIC
        return found

    def _is_abstract(self, found: InstanceOf) -> bool:
        names = {annotation_forms.head_name(b) for b in self._base_expressions(found.cls)}
        return bool(names & {"Protocol", "ABC"})

    def _base_expressions(self, cls: ClassRef) -> tuple[form.Expr, ...]:
        file = self.project.file(cls.path)
        definition = file.form.classes.get(cls.qualified) if file is not None else None
        return definition.bases if definition is not None else ()

    def _worked_out_result(self, function: form.FunctionForm, scope: Scope) -> Meaning:
        if function.is_generator:
            yields = [
                self.meaning(expression.value, scope)
                for statement in statements(function.body)
                for expression in statement_expressions(statement)
                if isinstance(expression, form.Yield) and expression.value is not None and not expression.is_from
            ]
            return ListOf(agree(yields)) if yields else DYNAMIC
        returns = [
            self.meaning(statement.value, scope) if statement.value is not None else Exactly(None)
            for statement in statements(function.body)
            if isinstance(statement, form.Return)
        ]
        return agree(returns) if returns else Exactly(None)


def _place(call: form.Call | None, scope: Scope | None) -> Place | None:
    return scope.at(call.ordinal) if call is not None and scope is not None else None


def _acquired(thing: Typed, acquire: Acquire) -> Meaning:
    if acquire.awaited in ("must", "optional"):
        return Awaitable(thing)
    return Entered(thing) if acquire.bare == "context-manager" else thing


def _converted(name: str, found: Exactly) -> Meaning:
    value = found.value
    if name == "builtins.str":
        return Exactly(str(value))
    try:
        number = float(value) if isinstance(value, (str, int, float)) else None
    except ValueError:
        return DYNAMIC
    if number is None:
        return DYNAMIC
    return Exactly(int(number)) if name == "builtins.int" else Exactly(number)
