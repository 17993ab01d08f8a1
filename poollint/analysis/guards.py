"""Once-guards: a call that runs once though its function runs often, behind a check or in a cache's miss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from poollint.analysis.emptiness import empty
from poollint.analysis.kept import ENTRY, Kept, PerRequest, dies_with_request
from poollint.analysis.loops import enclosing
from poollint.analysis.render import render
from poollint.analysis.scopes import (
    Bindings,
    bindings,
    inner_blocks,
    own_expressions,
    parts,
    statement_expressions,
    statements,
)
from poollint.model import form

MISSES = frozenset({"KeyError", "AttributeError", "NameError", "LookupError", "IndexError", "UnboundLocalError"})
Stores = Callable[[form.Call], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Guard:
    """`text` names it for messages. `per_instance`: it holds for one object, and each new one runs it again."""

    text: str
    per_instance: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Where a call is reached, these lasting places are empty: `text` is the check that says so, `at` its statement."""

    places: frozenset[str]
    text: str
    at: form.Stmt | None = None


def stores_nothing(call: form.Call) -> frozenset[str]:
    return frozenset()


def once_guard(
    function: form.FunctionForm,
    ordinal: int,
    is_per_request: PerRequest = dies_with_request,
    stores: Stores = stores_nothing,
) -> Guard | None:
    """The guard that makes the call with this ordinal run once, or None."""
    return Guards(function, bindings(function.body), is_per_request, stores).of(ordinal)


class Guards:
    """The once-guards of one function.

    The check must be of a lasting place that is then filled: in this function, or by the guarded call itself
    (`stores` tells the last names of the places that a call's function fills).
    """

    def __init__(
        self,
        function: form.FunctionForm,
        bound: Bindings,
        is_per_request: PerRequest = dies_with_request,
        stores: Stores = stores_nothing,
    ) -> None:
        self.body = function.body
        self.kept = Kept(function, bound, is_per_request)
        self.stores = stores

    @cached_property
    def _written(self) -> frozenset[str]:
        return self.kept.all_written()

    def of(self, ordinal: int) -> Guard | None:
        """What guards the call with this ordinal, or None."""
        chain = enclosing(self.body, ordinal)
        if not chain:
            return None
        for check in checks(self.kept, self.body, chain, ordinal):
            for place in sorted(check.places):
                is_filled = self._is_filled(place, chain[-1], ordinal)
                if is_filled and not _bound_before(self.kept, self.body, chain, check, place):
                    return Guard(check.text, self.kept.is_of_instance(place))
        return self._recovery(chain, ordinal)

    def _recovery(self, chain: tuple[form.Stmt, ...], ordinal: int) -> Guard | None:
        """A thing made anew after a failure, and kept: an `except` that writes a lasting place, or whose call does."""
        for position, statement in enumerate(chain[:-1]):
            handlers = statement.handlers if isinstance(statement, form.Try) else ()
            block = next((h.body for h in handlers if any(s is chain[position + 1] for s in h.body)), None)
            if block is None:
                continue
            places = [place for inner in statements(block) for place in self.kept.written(inner)]
            if places:
                return Guard("an `except`", all(self.kept.is_of_instance(place) for place in places))
            if any(self.stores(call) for call in _calls_at(chain[-1], ordinal)):
                return Guard("an `except`", bool(self.kept.own))
        return None

    def _is_filled(self, place: str, statement: form.Stmt, ordinal: int) -> bool:
        if any(_same(place, other) for other in self._written):
            return True
        stored = [name for call in _calls_at(statement, ordinal) for name in self.stores(call)]
        return any(f".{place}".endswith(f".{name}") for name in stored)


def _calls_at(statement: form.Stmt, ordinal: int) -> Iterator[form.Call]:
    for expression in statement_expressions(statement):
        if isinstance(expression, form.Call) and expression.ordinal == ordinal:
            yield expression


def _same(checked: str, written: str) -> bool:
    """`"db" in cache` is answered by `cache["db"] = ...`, and for objects by `cache.db = ...`."""
    return checked == written or (checked.endswith(ENTRY) and written.startswith(f"{checked[:-2]}."))


def _bound_before(kept: Kept, body: form.Block, chain: tuple[form.Stmt, ...], check: Check, place: str) -> bool:
    """Whether the function has always filled the place itself before the check (`self.x = x; if self.x is None`)."""
    block: form.Block = body
    for inner in chain:
        position = next(i for i, statement in enumerate(block) if statement is inner)
        for statement in block[:position]:
            if statement is check.at:
                return False
            if isinstance(statement, form.Bind) and place in kept.written(statement):
                return True
        if inner is check.at:
            return False
        block = next((b for b in inner_blocks(inner) if any(s is o for s in b for o in chain)), ())
    return False


# --- the checks that lead to a call --------------------------------------------------------------


def checks(kept: Kept, body: form.Block, chain: tuple[form.Stmt, ...], ordinal: int) -> Iterator[Check]:
    """Innermost first."""
    own = [check for e in own_expressions(chain[-1]) for check in _in_expression(kept, e, ordinal)]
    outer: list[Check] = []
    block: form.Block = body
    for position, statement in enumerate(chain):
        outer += _before(kept, block, statement)
        inner = chain[position + 1] if position + 1 < len(chain) else None
        if inner is None:
            break
        block = next((b for b in inner_blocks(statement) if any(s is inner for s in b)), ())
        outer += [replace(check, at=statement) for check in _around(kept, statement, block)]
    yield from reversed(own)
    yield from reversed(outer)


def _around(kept: Kept, statement: form.Stmt, block: form.Block) -> list[Check]:
    """What a compound statement says of the block that the call stands in."""
    if isinstance(statement, (form.If, form.While)):
        is_body = block is statement.body
        word = "if" if isinstance(statement, form.If) else "while"
        places = empty(kept, statement.test, is_body)
        return [Check(places, f"`{word} {render(statement.test)}`")] if places else []
    if isinstance(statement, form.Try):
        handler = next((h for h in statement.handlers if block is h.body), None)
        if handler is not None and _misses(handler):
            return [Check(_looked_up(kept, statement.body), "a cache that is asked first")]
    return []


def _misses(handler: form.Handler) -> bool:
    return any(isinstance(kind, form.Name) and kind.id in MISSES for kind in handler.types)


def _looked_up(kept: Kept, block: form.Block) -> frozenset[str]:
    found: set[str] = set()
    for statement in statements(block):
        for expression in statement_expressions(statement):
            found |= kept.read(expression)
    return frozenset(found)


def _before(kept: Kept, block: form.Block, until: form.Stmt) -> list[Check]:
    """Earlier statements that leave the function when the thing is there already."""
    found: list[Check] = []
    for statement in block:
        if statement is until:
            break
        found += [replace(check, at=statement) for check in _leaving(kept, statement)]
    return found


def _leaving(kept: Kept, statement: form.Stmt) -> list[Check]:
    if isinstance(statement, form.If) and not statement.orelse and _leaves(statement.body):
        places = empty(kept, statement.test, False)
        return [Check(places, f"`if {render(statement.test)}`")] if places else []
    if isinstance(statement, form.If) and statement.orelse and _leaves(statement.orelse):
        places = empty(kept, statement.test, True)
        return [Check(places, f"`if {render(statement.test)}`")] if places else []
    if isinstance(statement, form.With):
        if _leaves(statement.body) and any(_suppresses(item.value) for item in statement.items):
            return [Check(_looked_up(kept, statement.body), "a cache that is asked first")]
        return [check for inner in statement.body for check in _leaving(kept, inner)]
    if isinstance(statement, form.Try) and any(_misses(h) and not _leaves(h.body) for h in statement.handlers):
        if _leaves(statement.body) or _leaves(statement.orelse):
            return [Check(_looked_up(kept, statement.body), "a cache that is asked first")]
    return []


def _leaves(block: form.Block) -> bool:
    return bool(block) and isinstance(block[-1], (form.Return, form.Raise))


def _suppresses(value: form.Expr) -> bool:
    if not isinstance(value, form.Call):
        return False
    name = value.func.name if isinstance(value.func, form.Attr) else getattr(value.func, "id", "")
    return name == "suppress" and any(isinstance(a.value, form.Name) and a.value.id in MISSES for a in value.args)


def _in_expression(kept: Kept, expression: form.Expr, ordinal: int) -> list[Check]:
    """`x or make()`, `make() if x is None else x`, `cache.setdefault(key, make())`."""
    found: list[Check] = []
    while getattr(expression, "ordinal", None) != ordinal:
        inner = next((part for part in parts(expression) if _holds(part, ordinal)), None)
        if inner is None:
            break
        found += _of_expression(kept, expression, inner)
        expression = inner
    return found


def _of_expression(kept: Kept, expression: form.Expr, inner: form.Expr) -> list[Check]:
    places: frozenset[str] = frozenset()
    text = f"`{render(expression)}`"
    if isinstance(expression, form.IfExp) and inner is not expression.test:
        places = empty(kept, expression.test, inner is expression.body)
        text = f"`if {render(expression.test)}`"
    elif isinstance(expression, form.BoolOp):
        for value in expression.values:
            if value is inner:
                break
            places |= empty(kept, value, expression.op == "and")
        text = f"`{render(expression.values[0])} {expression.op} ...`"
    elif isinstance(expression, form.Call) and isinstance(expression.func, form.Attr):
        place = kept.place(expression.func.base) if expression.func.name == "setdefault" else None
        places = frozenset() if place is None else frozenset({f"{place}{ENTRY}"})
    return [Check(places, text)] if places else []


def _holds(expression: form.Expr, ordinal: int) -> bool:
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        if getattr(current, "ordinal", None) == ordinal:
            return True
        waiting.extend(parts(current))
    return False
