"""Calls that do not fail in practice, and calls that take nothing for themselves: what every program calls.

Names of the language, its standard library, and of habits that all libraries share; never of one library.
"""

from __future__ import annotations

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.scopes import target_path
from poollint.model import form
from poollint.model.meaning import ClassRef, External, FunctionRef, TypedClass
from poollint.model.value import Unknown

BORROWING_BUILTINS = frozenset({
    "print", "len", "str", "repr", "isinstance", "issubclass", "type", "id", "bool", "hash", "hasattr", "getattr",
    "setattr", "vars", "dir", "callable", "int", "float", "min", "max", "sum", "any", "all", "abs", "round", "format",
    "super", "range", "next", "anext",
})  # fmt: skip
QUIET_BUILTINS = frozenset({
    "len", "str", "repr", "isinstance", "issubclass", "type", "id", "bool", "hasattr", "callable", "range", "enumerate",
    "zip", "list", "dict", "set", "tuple", "frozenset", "print", "super", "getattr", "setattr", "locals", "globals",
    "vars", "dir", "sorted", "reversed", "map", "filter", "min", "max", "sum", "any", "all", "object",
})  # fmt: skip
READING_BUILTINS = frozenset({
    "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all", "enumerate", "zip",
    "iter", "reversed", "map", "filter",
})  # fmt: skip
KEEPING_BUILTINS = frozenset({
    "functools.partial", "builtins.iter", "builtins.list", "builtins.tuple", "builtins.set", "builtins.dict",
})  # fmt: skip
QUIET_MODULES = ("logging.", "time.", "warnings.", "traceback.", "contextlib.", "functools.partial", "uuid.")
QUIET_METHODS = frozenset({
    "append", "get", "items", "keys", "values", "strip", "split", "join", "format", "lower", "upper", "startswith",
    "endswith", "replace", "add", "extend", "setdefault", "copy", "encode", "time", "monotonic", "perf_counter",
    "isoformat", "total_seconds", "rstrip", "lstrip", "update", "now", "utcnow", "cursor", "close", "timestamp",
})  # fmt: skip
ADDING = frozenset({
    "append", "add", "put", "put_nowait", "appendleft", "insert", "setdefault", "update", "extend", "push",
})  # fmt: skip
RELEASE_WORDS = (
    "close", "release", "putconn", "put_conn", "put_back", "return_conn", "return_to", "give_back", "giveback",
    "cleanup", "clean_up", "dispose", "teardown", "recycle", "free_", "checkin", "check_in", "disconnect",
)  # fmt: skip
EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})


def last_name(func: form.Expr) -> str:
    """`acquire` of `self.pool.acquire`; "" of what has no name."""
    if isinstance(func, form.Attr):
        return func.name
    return func.id if isinstance(func, form.Name) else ""


def is_quiet(linker: Linker, scope: Scope, call: form.Call) -> bool:
    """Whether a call does not raise in practice: logging, builtins, methods of plain containers and strings."""
    func = call.func
    if is_logging(linker, scope, func):
        return True
    found = linker.meaning(func, scope)
    if isinstance(found, External):
        name = found.name.removeprefix("builtins.")
        return name in QUIET_BUILTINS or name.startswith(QUIET_MODULES)
    return isinstance(found, Unknown) and isinstance(func, form.Attr) and func.name in QUIET_METHODS


def is_logging(linker: Linker, scope: Scope, func: form.Expr) -> bool:
    """A method of what makes logs or is one; of what nobody knows, by the name that programs give to their loggers."""
    if not isinstance(func, form.Attr) or func.name not in linker.catalogue.log_methods:
        return False
    made = func.base.func if isinstance(func.base, form.Call) else func.base
    found = linker.meaning(made, scope)
    if isinstance(found, External):
        known = any(found.name in log.makers and func.name in log.methods for log in linker.catalogue.loggings)
        if known:
            return True
    if not isinstance(found, (External, Unknown)):
        return False
    name = (target_path(func.base) or "").rpartition(".")[2]
    return any(name in log.customary and func.name in log.methods for log in linker.catalogue.loggings)


def only_borrows(linker: Linker, scope: Scope, call: form.Call) -> bool:
    """Whether a call of the language or of logging keeps nothing that it is given."""
    if is_logging(linker, scope, call.func):
        return True
    found = linker.meaning(call.func, scope)
    if not isinstance(found, External):
        return False
    name = found.name.removeprefix("builtins.")
    return name in BORROWING_BUILTINS or found.name.startswith(QUIET_MODULES[:4])


def reads_its_argument(linker: Linker, scope: Scope, call: form.Call) -> bool:
    """Whether a builtin iterates what it is given."""
    found = linker.meaning(call.func, scope)
    return isinstance(found, External) and found.name.removeprefix("builtins.") in READING_BUILTINS


def is_release_word(func: form.Expr) -> bool:
    """A callee out of sight that, by its name, takes things back."""
    name = last_name(func).lower()
    return any(word in name for word in RELEASE_WORDS)


def exits(linker: Linker, scope: Scope, call: form.Call) -> bool:
    """Whether the process ends here."""
    found = linker.meaning(call.func, scope)
    return isinstance(found, External) and found.name in EXITS


def makes_an_object(linker: Linker, scope: Scope, call: form.Call) -> bool:
    """Whether a call constructs an object, which may keep what it is given; what is out of sight by its name's case."""
    found = linker.meaning(call.func, scope)
    if isinstance(found, (ClassRef, TypedClass)):
        return True
    if isinstance(found, FunctionRef):
        return False
    name = found.name if isinstance(found, External) else last_name(call.func)
    return name in KEEPING_BUILTINS or name.rpartition(".")[2].lstrip("_")[:1].isupper()
