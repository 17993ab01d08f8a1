"""The pools, engines and clients that a file constructs, and how often it acquires from which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from poollint.model.facts import ConstructFact, FileFacts
from poollint.model.finding import Confidence, Finding, Verdict
from poollint.model.library import POOL_OWNING
from poollint.model.report import PoolEntry
from poollint.model.value import Default, Known, OneOf, Unknown, Value


def acquires(facts: FileFacts) -> dict[str, int]:
    """Acquire sites by the key of their pool, "" where it is not known."""
    return dict(Counter(fact.pool.text if fact.pool else "" for fact in facts.acquires))


def pools(facts: FileFacts, locate: Callable[[Sequence[Verdict]], Sequence[Finding]]) -> tuple[PoolEntry, ...]:
    """What the file constructs, in its order; `locate` finds positions."""
    constructed = list({fact.origin: fact for fact in facts.constructs if _is_here(fact, facts.path)}.values())
    asked = [Verdict("", fact.origin, str(number), Confidence.HIGH) for number, fact in enumerate(constructed)]
    found: list[PoolEntry] = []
    for finding in locate(asked):
        fact = constructed[int(finding.message)]
        key = fact.key.text if fact.key else f"{facts.path}:{fact.origin.function}@{fact.origin.ordinal}"
        options = {keyword: shown(value) for keyword, value in sorted(fact.given.items())}
        found.append(PoolEntry(key, fact.library.name, fact.kind, finding.location, options, 0))
    return tuple(found)


def _is_here(fact: ConstructFact, path: str) -> bool:
    return fact.kind in POOL_OWNING and fact.origin.path == path


def shown(value: Value) -> str:
    """A setting's value as the inventory prints it."""
    if isinstance(value, Known):
        return repr(value.value)
    if isinstance(value, OneOf):
        return " or ".join(map(repr, value.values))
    if isinstance(value, Default):
        return f"{value.value!r} (default)"
    assert isinstance(value, Unknown)
    return f"unknown ({value.reason.value})"
