"""Calls that stand for one of their arguments: `wait_for(x)`, `closing(x)`, `stack.enter_context(x)`."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.model import form
from poollint.model.framework import Wrapper
from poollint.model.meaning import External


@dataclass(frozen=True, slots=True)
class Wrapped:
    """`gives` as in the catalogue's `Wrapper`; `position` is the argument's among those of the call."""

    gives: str
    position: int


def wrapped(linker: Linker, scope: Scope, call: form.Call) -> Wrapped | None:
    """Which argument a call stands for, and how; None for any other call."""
    found = _wrapper(linker, scope, call.func)
    if found is None or found.argument >= len(call.args) or call.args[found.argument].star:
        return None
    return Wrapped(found.gives, found.argument)


def _wrapper(linker: Linker, scope: Scope, func: form.Expr) -> Wrapper | None:
    if isinstance(func, form.Attr):
        by_method = linker.catalogue.wrapper_method(func.name)
        if by_method is not None:
            return by_method
    callee = linker.meaning(func, scope)
    return linker.catalogue.wrapper(callee.name) if isinstance(callee, External) else None
