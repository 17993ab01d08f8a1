"""Dictionaries that the project fills as it goes: `pools = {}`, then `pools[name] = make_pool(name)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from poollint.analysis.linking import Scope
from poollint.analysis.project import FileScope
from poollint.analysis.scopes import Binding, target_path
from poollint.model import form
from poollint.model.meaning import DYNAMIC, InstanceOf, MapOf, Meaning, Typed, agree, is_none

EMPTY_MAKERS = frozenset({
    "dict", "OrderedDict", "collections.OrderedDict", "WeakValueDictionary", "weakref.WeakValueDictionary",
    "WeakKeyDictionary", "weakref.WeakKeyDictionary",
})  # fmt: skip
TAKING = frozenset({"get", "pop", "setdefault", "values"})
"""Methods that give one of the values, or all of them."""
LARGEST = 20
"""Displays with more items are tables of something else."""

Bound = Callable[[Binding, Scope], Meaning]


def mapping_of(value: Meaning) -> Meaning:
    """A dictionary of things that the catalogue or the project knows; unknown for one of anything else."""
    return MapOf(value) if isinstance(value, (Typed, InstanceOf)) else DYNAMIC


def begins_empty(bindings: Iterable[Binding]) -> bool:
    """Whether all that is bound to a name are empty dictionaries (and None)."""
    values = [binding.expression for binding in bindings if binding.expression is not None]
    kept = [value for value in values if not (isinstance(value, form.Const) and value.value is None)]
    return bool(kept) and all(map(_is_empty, kept))


def filled(file: FileScope, bases: Iterable[tuple[str, str]], bound: Bound) -> Meaning:
    """The dictionary that assignments to its subscripts make; `bases` are (function, how it is called there), with
    "" for any function."""
    found: list[Meaning] = []
    for function, base in bases:
        for place, target in file.fillers.get(base, ()):
            if function in ("", place):
                scope = Scope(file.path, place)
                found += [bound(binding, scope) for binding in file.bindings(place).attributes[target]]
    agreed = agree(found) if found else DYNAMIC
    return DYNAMIC if is_none(agreed) else mapping_of(agreed)


def _is_empty(value: form.Expr) -> bool:
    if isinstance(value, form.Call):
        return not value.args and target_path(value.func) in EMPTY_MAKERS
    return isinstance(value, form.DictDisplay) and not value.items
