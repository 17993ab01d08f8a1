"""What the rules about sizes share: which demand counts, what its excess meets, and how more room is given."""

from __future__ import annotations

from poollint.model.capacity import CapacityFact, Demand
from poollint.model.finding import Severity
from poollint.model.fix import FixPlan
from poollint.model.value import Default, Known
from poollint.rules.keywords import Keywords, listed, set_keywords


def largest(fact: CapacityFact) -> Demand | None:
    """The demand that wants most connections at once, what somebody said before what a framework does."""
    return max(fact.demands, key=lambda demand: (demand.number, not demand.is_default), default=None)


def severity(fact: CapacityFact, demand: Demand) -> Severity:
    """By what an acquire meets when all connections are in use: an error at once, a wait, or a detour. Where nobody
    chose either number, and the pool waits, it is worth knowing only."""
    if demand.is_default and _is_default(fact) and fact.exhausted == "waits":
        return Severity.INFO
    if fact.exhausted == "raises":
        return Severity.ERROR
    if fact.exhausted == "waits-forever" and demand.kind == "handlers":
        return Severity.ERROR
    return Severity.INFO if fact.exhausted in ("grows", "discards") else Severity.WARNING


def _is_default(fact: CapacityFact) -> bool:
    """Whether the pool has the size that the library gives it."""
    sizes = [fact.settings[role] for role in ("size", "overflow") if role in fact.settings]
    return all(isinstance(setting.value, Default) for setting in sizes)


def fate(fact: CapacityFact, excess: int) -> str:
    """What happens to those that find no connection."""
    some = "one" if excess == 1 else str(excess)
    if fact.exhausted == "raises":
        return f"when all are in use, an acquire raises at once: {some} of them {'fails' if excess == 1 else 'fail'}"
    if fact.exhausted in ("grows", "discards"):
        return f"{some} more {'is' if excess == 1 else 'are'} opened beside the pool and closed after one use"
    waits = f"when all are in use, {some} of them {'waits' if excess == 1 else 'wait'}"
    if fact.exhausted == "waits-forever":
        return f"{waits}, with no limit of time"
    return f"{waits}, and raise after {fact.wait:g} s" if fact.wait is not None else f"{waits} until their time is up"


def room(fact: CapacityFact, number: int) -> Keywords:
    """The keywords that give the pool so many connections; empty where they cannot be given."""
    size = fact.settings.get("size")
    if size is None or not size.is_free:
        return ()
    overflow = fact.settings.get("overflow")
    more = 0
    if overflow is not None:
        if not isinstance(overflow.value, (Known, Default)) or not isinstance(overflow.value.value, int):
            return ()
        more = overflow.value.value
    if size.option.maximum is not None and number - more > size.option.maximum:
        return ()
    given = [(size.option.keyword, str(number - more))]
    idle = fact.settings.get("idle-size")
    if idle is not None and idle.option.closes_above:
        if not idle.is_free:
            return ()
        given.insert(0, (idle.option.keyword, str(number)))
    return tuple(given)


def plan(fact: CapacityFact, keywords: Keywords, reason: str) -> tuple[FixPlan, ...]:
    """The unsafe fix that sets them."""
    if not keywords:
        return ()
    return (set_keywords(fact.place, keywords, f"set {listed(keywords)}", reason),)


def told(fact: CapacityFact) -> str:
    """`15 connections (5 and 10 more)`: the limit with its sum."""
    connections = "1 connection" if fact.limit == 1 else f"{fact.limit} connections"
    size, overflow = fact.settings.get("size"), fact.settings.get("overflow")
    if size is None or overflow is None:
        return connections
    assert isinstance(size.value, (Known, Default)) and isinstance(overflow.value, (Known, Default))
    if not overflow.value.value:
        return connections
    return f"{connections} ({size.value.value} and {overflow.value.value} of overflow)"
