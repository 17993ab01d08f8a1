"""The pools, engines and clients that a file constructs, and how often it acquires from which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from poollint.model.facts import ConstructFact, FileFacts
from poollint.model.finding import Confidence, Finding, Verdict
from poollint.model.library import POOL_OWNING
from poollint.model.report import PoolEntry
from poollint.model.value import Default, Known, OneOf, Unknown, Value

NO_CODE = ""


def acquires(facts: FileFacts) -> dict[str, int]:
    """Acquire sites by the key of their pool, "" where it is not known."""
    return dict(Counter(fact.pool.text if fact.pool else "" for fact in facts.acquires))


def asked(facts: FileFacts) -> list[Verdict]:
    """What to locate for `pools`, along with the file's verdicts: one reading of positions serves both."""
    return [Verdict(NO_CODE, f.origin, str(number), Confidence.HIGH) for number, f in enumerate(_constructed(facts))]


def pools(facts: FileFacts, located: Iterable[Finding]) -> tuple[PoolEntry, ...]:
    """What the file constructs, in its order; `located` are the positions of what was `asked`."""
    constructed = _constructed(facts)
    found: list[PoolEntry] = []
    for finding in located:
        fact = constructed[int(finding.message)]
        key = fact.key.text if fact.key else f"{facts.path}:{fact.origin.function}@{fact.origin.ordinal}"
        options = {keyword: shown(value) for keyword, value in sorted(fact.given.items())}
        found.append(PoolEntry(key, fact.library.name, fact.kind, finding.location, options, 0, _made(fact)))
    return tuple(found)


def _made(fact: ConstructFact) -> str:
    """How often it is made, where that is known."""
    if fact.lifetime == "guarded":
        return "once (behind a guard)"
    often = {"once": "once", "request": "per request"}.get(fact.runs.frequency, "")
    return f"{often} ({fact.runs.what})" if often and fact.runs.what else often


def _constructed(facts: FileFacts) -> list[ConstructFact]:
    """One fact for each place of this file that makes a pool, engine or client."""
    return list({fact.origin: fact for fact in facts.constructs if _is_here(fact, facts.path)}.values())


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
