"""What each call of a function does to one acquired resource, worked out before paths are walked."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.model.meaning import External, FunctionRef, Method, Typed
from poollint.analysis.scopes import parts, statement_expressions, statements, target_path
from poollint.analysis.sites import Site, calls
from poollint.model import form
from poollint.model.library import Acquire, Release
from poollint.model.value import Unknown

BORROWING_BUILTINS = frozenset({
    "print", "len", "str", "repr", "isinstance", "issubclass", "type", "id", "bool", "hash", "hasattr", "getattr",
    "setattr", "vars", "dir", "callable", "int", "float", "min", "max", "sum", "any", "all", "abs", "round", "format",
    "super", "range", "enumerate", "zip", "sorted", "reversed", "map", "filter", "list", "dict", "set", "tuple",
    "frozenset", "iter",
})  # fmt: skip
QUIET_BUILTINS = frozenset({
    "len", "str", "repr", "isinstance", "issubclass", "type", "id", "bool", "hasattr", "callable", "range", "enumerate",
    "zip", "list", "dict", "set", "tuple", "frozenset", "print", "super", "getattr", "setattr",
})  # fmt: skip
QUIET_MODULES = ("logging.", "time.", "loguru.", "structlog.", "warnings.")
LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
LOGGERS = frozenset({"logger", "log", "logging", "_logger", "_log", "LOG", "LOGGER"})
QUIET_METHODS = frozenset({
    "append", "get", "items", "keys", "values", "strip", "split", "join", "format", "lower", "upper", "startswith",
    "endswith", "replace", "add", "extend", "setdefault", "copy", "encode", "time", "monotonic", "perf_counter",
})  # fmt: skip
DEFERRING = frozenset({
    "callback", "push_async_callback", "push", "push_async_exit", "enter_context", "enter_async_context",
    "addCleanup", "addfinalizer", "add_done_callback", "call_on_close", "register",
})  # fmt: skip
DEFERRING_FUNCTIONS = frozenset({"weakref.finalize", "atexit.register"})
TASKS = frozenset({"create_task", "ensure_future", "gather", "wait_for", "shield", "run_in_executor", "to_thread"})
CLOSING_FUNCTIONS = frozenset({"contextlib.closing", "contextlib.aclosing"})
RELEASE_WORDS = ("close", "release", "put_conn", "putconn", "return_conn", "give_back", "cleanup", "dispose", "teardown")


@dataclass(frozen=True, slots=True)
class Effects:
    """The site's questions answered from syntax and links; flow comes later.

    `names` may denote the resource somewhere in the function, `derived` something got from it (cursors).
    `owns` = the function itself releases the resource somewhere, so that calls only borrow it.
    """

    site: Site
    scope: Scope
    function: form.FunctionForm
    linker: Linker
    names: frozenset[str]
    derived: frozenset[str]
    owns: bool

    @property
    def acquire(self) -> Acquire:
        return self.site.acquire


def effects(site: Site, scope: Scope, function: form.FunctionForm, linker: Linker) -> Effects:
    names = _aliases(site, function)
    derived = _derived(names, site, function)
    bare = Effects(site, scope, function, linker, names, derived, owns=False)
    owns = any(release_of(bare, call, names) is not None for call in calls(function))
    owns = owns or any(_releasing_closure(bare, inner) for inner in _nested(bare))
    return Effects(site, scope, function, linker, names, derived, owns)


def _aliases(site: Site, function: form.FunctionForm) -> frozenset[str]:
    """Names and paths that are somewhere bound to the resource or to another such name."""
    names: set[str] = set()
    while True:
        before = len(names)
        for statement in statements(function.body):
            for target, value in _pairs(statement):
                path = target_path(target)
                if path is not None and value is not None and may_denote(value, site, names):
                    names.add(path)
        if len(names) == before:
            return frozenset(names)


def _pairs(statement: form.Stmt) -> list[tuple[form.Expr, form.Expr | None]]:
    if isinstance(statement, form.Bind) and not statement.op:
        found: list[tuple[form.Expr, form.Expr | None]] = []
        for target in statement.targets:
            value = statement.value
            if isinstance(target, form.Sequence) and isinstance(value, form.Sequence):
                found += list(zip(target.items, value.items, strict=False))
            else:
                found.append((target, value))
        return found
    if isinstance(statement, form.With):
        return [(item.target, item.value) for item in statement.items if item.target is not None]
    found = []
    for expression in statement_expressions(statement):
        if isinstance(expression, form.NamedExpr):
            found.append((form.Name(expression.name), expression.value))
    return found


def may_denote(value: form.Expr, site: Site, names: frozenset[str] | set[str]) -> bool:
    """Whether an expression's value may be the resource itself."""
    match value:
        case form.Call(ordinal, _, args):
            if ordinal == site.call.ordinal:
                return True
            return _is_wrapper(value) and bool(args) and may_denote(args[0].value, site, names)
        case form.Await(_, inner) | form.NamedExpr(_, inner):
            return may_denote(inner, site, names)
        case form.IfExp(_, body, orelse):
            return may_denote(body, site, names) or may_denote(orelse, site, names)
        case form.BoolOp(_, values):
            return any(may_denote(inner, site, names) for inner in values)
    path = target_path(value)
    return path is not None and path in names


def _is_wrapper(call: form.Call) -> bool:
    name = call.func.name if isinstance(call.func, form.Attr) else getattr(call.func, "id", "")
    return name in ("wait_for", "shield", "closing", "aclosing", "enter_context", "enter_async_context", "cast")


def _derived(names: frozenset[str], site: Site, function: form.FunctionForm) -> frozenset[str]:
    """Names bound to what a method of the resource, or of something derived, gave."""
    found: set[str] = set()
    while True:
        before = len(found)
        for statement in statements(function.body):
            for target, value in _pairs(statement):
                path = target_path(target)
                if path is None or path in names or value is None:
                    continue
                root = receiver_root(value, site)
                if root is not None and (root in names or root in found or root == "<site>"):
                    found.add(path)
        if len(found) == before:
            return frozenset(found)


def receiver_root(value: form.Expr, site: Site) -> str | None:
    """The path at the bottom of a chain of method calls: `c` of `await c.cursor().execute(q)`."""
    called = False
    while True:
        if isinstance(value, form.Await):
            value = value.value
        elif isinstance(value, form.Call):
            if value.ordinal == site.call.ordinal:
                return "<site>" if called else None
            if not isinstance(value.func, form.Attr):
                return None
            called, value = True, value.func.base
        elif isinstance(value, (form.Name, form.Attr, form.Subscript)):
            path = target_path(value)
            if path is None or not called:
                return None
            return path
        else:
            return None


def release_of(effects: Effects, call: form.Call, holders: frozenset[str]) -> Release | None:
    """The catalogue's release that a call is for one of `holders`, or None."""
    if not isinstance(call.func, form.Attr):
        return None
    method, receiver = call.func.name, target_path(call.func.base)
    for release in effects.acquire.release:
        if release.method != method or release.when or release.until_next_use:
            continue
        if release.on == "self" and receiver is not None and receiver in holders:
            return release
        if release.on == "pool" and any(_names(argument.value, holders) for argument in call.args):
            return release
    return None


def ends_use(effects: Effects, call: form.Call, holders: frozenset[str]) -> bool:
    """A call after which the resource holds nothing until its next use (a session's commit)."""
    if not isinstance(call.func, form.Attr) or target_path(call.func.base) not in holders:
        return False
    return any(r.until_next_use and r.method == call.func.name for r in effects.acquire.release)


def _names(value: form.Expr, holders: frozenset[str]) -> bool:
    path = target_path(value)
    return path is not None and path in holders


def _nested(effects: Effects) -> list[form.FunctionForm]:
    file = effects.linker.project.file(effects.scope.path)
    assert file is not None
    prefix = f"{effects.function.qualified}."
    return [f for name, f in file.form.functions.items() if name.startswith(prefix)]


def _releasing_closure(effects: Effects, inner: form.FunctionForm) -> bool:
    """Whether a nested function or lambda releases one of the names it closes over."""
    free = effects.names - {parameter.name for parameter in inner.parameters}
    return any(release_of(effects, call, free) is not None for call in calls(inner))


def releases_when_called(effects: Effects, callee: form.Expr, holders: frozenset[str]) -> bool:
    """Whether calling `callee` releases: a bound release, or a closure of this function that releases."""
    if isinstance(callee, form.Attr):
        receiver = target_path(callee.base)
        own = any(r.on == "self" and r.method == callee.name for r in effects.acquire.release)
        return own and receiver is not None and receiver in holders
    file = effects.linker.project.file(effects.scope.path)
    assert file is not None
    name = callee.function if isinstance(callee, form.Lambda) else None
    if isinstance(callee, form.Name):
        found = effects.linker.name(callee.id, effects.scope)
        if isinstance(found, FunctionRef) and found.path == effects.scope.path:
            name = found.qualified
    inner = file.form.functions.get(name) if name is not None else None
    if inner is None or not inner.qualified.startswith(f"{effects.function.qualified}."):
        return False
    return _releasing_closure(effects, inner)


def is_pool_release(effects: Effects, callee: form.Expr) -> bool:
    """`pool.putconn` as a value: the callable that releases its argument."""
    methods = {release.method for release in effects.acquire.release if release.on == "pool"}
    return isinstance(callee, form.Attr) and callee.name in methods


def is_quiet(effects: Effects, call: form.Call) -> bool:
    """Calls that do not raise in practice: logging, builtins, methods of plain containers and strings."""
    func = call.func
    if isinstance(func, form.Attr) and func.name in LOG_METHODS:
        root = target_path(func.base) or ""
        if root.rpartition(".")[2] in LOGGERS:
            return True
    found = effects.linker.meaning(func, effects.scope)
    if isinstance(found, External):
        name = found.name.removeprefix("builtins.")
        return name in QUIET_BUILTINS or name.startswith(QUIET_MODULES)
    return isinstance(found, Unknown) and isinstance(func, form.Attr) and func.name in QUIET_METHODS


def is_borrowing_builtin(linker: Linker, scope: Scope, call: form.Call) -> bool:
    found = linker.meaning(call.func, scope)
    if isinstance(found, External):
        return found.name.removeprefix("builtins.") in BORROWING_BUILTINS or found.name.startswith(QUIET_MODULES)
    return isinstance(call.func, form.Attr) and call.func.name in LOG_METHODS


def raises_in_practice(effects: Effects, call: form.Call) -> bool:
    """Whether a method call on the resource, or on something of it, can fail: not `cursor()`, not `close()`."""
    if not isinstance(call.func, form.Attr):
        return True
    found = effects.linker.meaning(call.func, effects.scope)
    if isinstance(found, Method):
        derived = effects.linker.catalogue.derive(found.receiver.type_id, found.name)
        if derived is not None:
            return derived.may_raise
    return call.func.name not in ("close", "cursor", "fetchone_buffered", "add", "add_all", "expunge", "expire_all")


def contains(expression: form.Expr, names: frozenset[str]) -> bool:
    """Whether a value holds one of the names directly (in a display, a call's arguments, a tuple)."""
    path = target_path(expression)
    if path is not None:
        return path in names
    if isinstance(expression, form.Call):
        return any(contains(argument.value, names) for argument in expression.args)
    if isinstance(expression, (form.Compare, form.Not, form.Joined)):
        return False
    return any(contains(part, names) for part in parts(expression))


def receiver_type(effects: Effects, call: form.Call) -> Typed | None:
    found = effects.linker.meaning(call.func, effects.scope)
    return found.receiver if isinstance(found, Method) else None
