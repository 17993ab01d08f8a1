"""What a test says of lasting places: which of them are empty on which outcome."""

from __future__ import annotations

from poollint.analysis.kept import Kept, attribute_named
from poollint.model import form

CLOSED = frozenset({"closed", "is_closed", "_closed", "is_closing"})


def empty(kept: Kept, test: form.Expr, outcome: bool) -> frozenset[str]:
    """The lasting places that are empty (or may be, in an `or`) when `test` is true, or false, by `outcome`."""
    if isinstance(test, form.Not):
        return empty(kept, test.value, not outcome)
    if isinstance(test, form.BoolOp):
        found: set[str] = set()
        for value in test.values:
            found |= empty(kept, value, outcome)
        return frozenset(found)
    if isinstance(test, form.Compare):
        return _empty_by_comparison(kept, test, outcome)
    if isinstance(test, form.Call):
        return _empty_by_call(kept, test, outcome)
    if isinstance(test, form.Attr) and test.name in CLOSED and outcome:
        return kept.read(test.base)
    return frozenset() if outcome else kept.read(test)


def _empty_by_comparison(kept: Kept, test: form.Compare, outcome: bool) -> frozenset[str]:
    is_negated = test.op in ("is not", "!=", "not in")
    if test.op in ("in", "not in"):
        return _entry(kept, test, is_negated == outcome)
    if test.op not in ("is", "==", "is not", "!=") or is_negated == outcome:
        return frozenset()
    if isinstance(test.right, form.Const) and not test.right.value:
        return kept.read(test.left)
    is_sentinel = isinstance(test.right, form.Name) and test.right.id.isupper()
    return kept.read(test.left) if is_sentinel else frozenset()


def _entry(kept: Kept, test: form.Compare, is_absent: bool) -> frozenset[str]:
    container = test.right
    if isinstance(container, form.Call) and isinstance(container.func, form.Attr) and container.func.name == "keys":
        container = container.func.base
    place = kept.place(form.Subscript(container, test.left)) if is_absent else None
    return frozenset() if place is None else frozenset({place})


def _empty_by_call(kept: Kept, test: form.Call, outcome: bool) -> frozenset[str]:
    named = attribute_named(test, "hasattr")
    if named is not None:
        place = kept.place(form.Attr(*named))
        return frozenset() if outcome or place is None else frozenset({place})
    if isinstance(test.func, form.Attr) and test.func.name in CLOSED and outcome:
        return kept.read(test.func.base)
    return frozenset() if outcome else kept.read(test)
