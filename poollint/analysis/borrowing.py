"""Calls that use a pool, connection or cursor which they are given, and keep nothing of it."""

from __future__ import annotations

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.model import form
from poollint.model.meaning import External
from poollint.model.value import Unknown


def is_borrower(linker: Linker, scope: Scope, call: form.Call) -> bool:
    """Whether the catalogue says so; of a method, when its receiver is nothing that the project or another entry of
    the catalogue explains."""
    callee = linker.meaning(call.func, scope)
    found = None
    if isinstance(callee, External):
        found = linker.catalogue.borrower(callee.name)
    if found is None and isinstance(call.func, form.Attr) and isinstance(callee, (External, Unknown)):
        found = linker.catalogue.borrower_method(call.func.name)
    return found is not None and not any(argument.keyword in found.unless for argument in call.args)
