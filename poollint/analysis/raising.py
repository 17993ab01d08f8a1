"""Exceptions by name: what an expression names, and which names may catch which."""

from __future__ import annotations

import builtins

from poollint.model import form


def exception_name(kind: form.Expr | None) -> str:
    """`ValueError` of `ValueError`, `errors.ValueError` or `ValueError("x")`; "" when it has none."""
    if isinstance(kind, form.Call):
        kind = kind.func
    if isinstance(kind, form.Attr):
        return kind.name
    return kind.id if isinstance(kind, form.Name) else ""


def may_be_caught(thrown: str, names: set[str]) -> bool:
    """Whether one of `names` may be a base of an exception; two builtin classes tell for certain."""
    raised = getattr(builtins, thrown, None)
    for name in names:
        base = getattr(builtins, name, None)
        if not (isinstance(raised, type) and isinstance(base, type)):
            return True
        if issubclass(raised, base):
            return True
    return False
