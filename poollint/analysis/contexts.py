"""`with`: what entering and leaving mean for the resource."""

from __future__ import annotations

from dataclasses import dataclass, replace

from poollint.analysis.raising import may_be_caught
from poollint.analysis.render import render
from poollint.analysis.scopes import target_path
from poollint.analysis.states import (
    CARRIER,
    HELD,
    IDLE,
    OTHER,
    RELEASED,
    RESOURCE,
    UNTOLD,
    Flow,
    Kind,
    Raises,
    State,
    States,
    Thrown,
    Value,
    weakest,
)
from poollint.analysis.transfer import Transfer
from poollint.model import form
from poollint.model.framework import Swallowing
from poollint.model.meaning import External

ENTERED = "<with>"
"""Stands for the `with` itself, which keeps what it entered until it is left."""


@dataclass(slots=True)
class EnteredItem:
    """A `with` item under way. `on_leaving`: "ends" (a unit of work), "releases" or "". `releases`: what it
    entered is the resource, which it releases. `swallows` names the
    exceptions that it keeps."""

    flow: Flow
    on_leaving: str = ""
    releases: bool = False
    swallows: tuple[str, ...] = ()


class Contexts(Transfer):
    """Entering and leaving."""

    def _with(self, statement: form.With, states: States, index: int) -> Flow:
        if index == len(statement.items):
            return self.block(statement.body, states)
        item = statement.items[index]
        under_way = self._enter(item, statement, states)
        shelters = under_way.on_leaving == "releases"
        self.sheltered += shelters
        self.within += under_way.releases
        body = self._with(statement, under_way.flow.next, index + 1)
        self.sheltered -= shelters
        self.within -= under_way.releases
        left = self._leave(under_way, body)
        if under_way.releases:
            left.next = {_let_go(state, item.ordinal): trail for state, trail in left.next.items()}
        under_way.flow.next = left.next
        under_way.flow.absorb(left)
        return under_way.flow

    def _enter(self, item: form.WithItem, statement: form.With, states: States) -> EnteredItem:
        under_way = EnteredItem(Flow(), self._on_leaving(item), swallows=self._swallowed(item.value))
        flow = under_way.flow
        for (state, value), trail in self.expression(item.value, states, flow.raises).items():
            if value.kind is Kind.PENDING and statement.is_async is False and self.effects.acquire.awaited == "must":
                value = OTHER
            is_ours = value.kind in (Kind.RESOURCE, Kind.PENDING, Kind.CLOSING)
            inside = state
            bound = Value(Kind.PART) if value.kind is Kind.PART else OTHER
            if is_ours and (state.is_ours or value.kind is Kind.PENDING):
                if value.kind is Kind.PENDING:
                    ((inside, trail),) = self.acquired(state, trail, flow.raises).items()
                inside, meaning = self.entered(inside, value, item.value, item.ordinal)
                bound = RESOURCE
                under_way.releases = meaning == "releases"
                if meaning != "releases" and inside.is_ours:
                    inside = replace(inside, holders=inside.holders | {ENTERED})
            elif value.kind is Kind.CARRIER:
                bound = CARRIER
            if item.target is not None:
                inside, trail = self.bind(inside, trail, self.pairs(item.target, bound), item.ordinal)
            if statement.is_async and inside.is_live:
                self._async_entry(inside, item, flow.raises)
            flow.next.setdefault(inside, trail)
        return under_way

    def _async_entry(self, state: State, item: form.WithItem, raises: Raises) -> None:
        text = f"entering `{render(item.value)}` raises"
        self.fails(state, None, "cancelled", item.ordinal, text, raises)

    def entered(self, state: State, value: Value, expression: form.Expr, ordinal: int) -> tuple[State, str]:
        """The state inside, and what leaving means by the catalogue; mistakes are noted."""
        site = self.effects.site
        meaning = site.context_held
        if value.kind is Kind.CLOSING:
            meaning = site.acquire.closing
        elif value.kind is Kind.PENDING or _is_call(expression, site.call.ordinal):
            meaning = site.context
        if meaning == "releases":
            return state.but(RELEASED), meaning
        if meaning in ("transaction", "closes-and-leaks", "error"):
            kind = _mistake(meaning, value.kind is Kind.CLOSING, isinstance(expression, form.Await))
            return self.mistaken(state, kind, ordinal, render(expression)), meaning
        return self.escaped(state), meaning

    def _on_leaving(self, item: form.WithItem) -> str:
        """A session's `with session.begin():` ends its unit of work; leaving a pool's own block ends what is out."""
        value = item.value
        pool = item.target if item.target is not None else value
        if self.effects.releases.is_pool(pool):
            return "releases"
        if not isinstance(value, form.Call) or not isinstance(value.func, form.Attr):
            return ""
        ends = any(release.until_next_use for release in self.effects.acquire.release)
        on_it = target_path(value.func.base) in self.effects.names
        return "ends" if ends and on_it and value.func.name == "begin" else ""

    def _swallowed(self, value: form.Expr) -> tuple[str, ...]:
        if not isinstance(value, form.Call):
            return ()
        known = self._swallowing(value.func)
        if known is None:
            return ()
        if not known.listed:
            return ("BaseException",)
        return tuple((target_path(argument.value) or "").rpartition(".")[2] for argument in value.args)

    def _swallowing(self, func: form.Expr) -> Swallowing | None:
        catalogue = self.effects.linker.catalogue
        by_method = catalogue.swallowing_method(func.name) if isinstance(func, form.Attr) else None
        if by_method is not None:
            return by_method
        found = self.effects.linker.meaning(func, self.effects.scope)
        return catalogue.swallowing(found.name) if isinstance(found, External) else None

    def _leave(self, under_way: EnteredItem, body: Flow) -> Flow:
        if under_way.swallows:
            _swallow(under_way.swallows, body)
        status = {"releases": RELEASED, "ends": IDLE}.get(under_way.on_leaving, "")
        for name in ("next", "breaks", "continues", "returns"):
            states: States = getattr(body, name)
            setattr(body, name, {_left(state, status): trail for state, trail in states.items()})
        body.raises = {(_left(state, status), thrown): trail for (state, thrown), trail in body.raises.items()}
        return body


def _let_go(state: State, ordinal: int) -> State:
    is_ended = state.status == RELEASED and state.freed == UNTOLD
    return replace(state, freed=ordinal) if is_ended else state


def _left(state: State, status: str) -> State:
    if ENTERED in state.holders:
        state = replace(state, holders=state.holders - {ENTERED})
    return state.but(status) if status and state.status in (HELD, IDLE) else state


def _swallow(caught: tuple[str, ...], body: Flow) -> None:
    """What is caught falls through; everything else passes."""
    passed: Raises = {}
    for (state, thrown), trail in body.raises.items():
        if thrown.edge in ("cancelled", "exit") and "BaseException" not in caught:
            passed.setdefault((state, thrown), trail)
            continue
        names = set(caught)
        is_certain = bool(names & {"BaseException", "Exception"}) or thrown.name in names
        if thrown.name and not is_certain and not may_be_caught(thrown.name, names):
            passed.setdefault((state, thrown), trail)
            continue
        body.next.setdefault(replace(state, via=_via(state, thrown)), trail)
        if not is_certain:
            passed.setdefault((state, thrown), trail)
    body.raises = passed


def _via(state: State, thrown: Thrown) -> str:
    found = weakest(edge for edge in (state.via, thrown.edge) if edge)
    return "" if found == "raise" else found


def _mistake(meaning: str, is_closing: bool, is_awaited: bool) -> str:
    """The kind of a `with` that does not release, as `WrongRelease` has it."""
    if is_closing:
        return "closing"
    if meaning == "transaction":
        return "with-transaction"
    if is_awaited:
        return "with-awaited"
    return "with-error" if meaning == "error" else "with-closes"


def _is_call(expression: form.Expr, ordinal: int) -> bool:
    return isinstance(expression, form.Call) and expression.ordinal == ordinal
