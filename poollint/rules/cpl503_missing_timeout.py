"""A call waits without end.

## What it does
Finds requests, commands and acquires that nothing bounds: no timeout is given, or the library's own is switched off.

## Why it matters
A server that accepts a connection and never answers, or a network that drops packets in silence, holds the caller for
ever. One such peer is enough to use up all threads, workers or connections of a service, without a line in its log.

## Bad
```python
import requests


def rates() -> dict[str, float]:
    return requests.get("https://rates.example.com/latest").json()
```

## Good
```python
import requests


def rates() -> dict[str, float]:
    return requests.get("https://rates.example.com/latest", timeout=10).json()
```

## Fix
Unsafe: adds a timeout in seconds to the call, or puts one in the place of `None`. How long is right, the caller knows.

## Not flagged
Calls whose options come from outside (`**kwargs`, a parameter); libraries that have a default of their own (httpx,
aiohttp, redis from version 8), unless it is switched off; sessions on which an adapter of the project is mounted or
whose methods are replaced; what stands in a deadline (`gevent.Timeout`, `asyncio.wait_for`). Waiting for a slot of a
large pool, and acquires that only an exhausted pool delays, are told with low confidence.

## References
- https://requests.readthedocs.io/en/latest/user/advanced/#timeouts
- https://www.python-httpx.org/advanced/timeouts/
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts, UnboundedFact
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import FixPlan
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule
from poollint.rules.keywords import listed, set_keywords


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.unbounded:
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"{_who(fact)} for {fact.unbounded.waits_for} without end{_missing(fact)}",
            confidence=_confidence(fact),
            steps=_steps(fact),
            why=fact.unbounded.why,
            help=f"add {listed(tuple(fact.unbounded.fix.items()))}" if fact.unbounded.fix else "bound the wait",
            plans=(_plan(fact),) if fact.unbounded.fix and fact.is_open else (),
        )


def _who(fact: UnboundedFact) -> str:
    return f"every call on `{fact.text}` waits" if fact.is_construction else f"`{fact.text}` waits"


def _missing(fact: UnboundedFact) -> str:
    if fact.given:
        return f": `{fact.given}`"
    if not fact.keyword:
        return ""
    version = f" and {fact.version} has no default" if fact.version else ""
    return f": `{fact.keyword}` is not set{version}"


def _confidence(fact: UnboundedFact) -> Confidence:
    """An acquire, or a large pool, waits only when every connection is in use."""
    return Confidence.LOW if fact.unbounded.per_request or not fact.is_likely else Confidence.HIGH


def _steps(fact: UnboundedFact) -> tuple[Step, ...]:
    made = () if fact.made is None else (fact.made,)
    chain = fact.runs.chain if fact.runs.frequency == "request" else ()
    return (*made, *chain, Step("call", fact.place, f"`{fact.text}`"))


def _plan(fact: UnboundedFact) -> FixPlan:
    keywords = tuple(fact.unbounded.fix.items())
    reason = "a call that takes longer now fails; how long is right, the caller knows"
    return set_keywords(fact.place, keywords, f"add {listed(keywords)}", reason)


RULE = Rule(
    code="CPL503",
    name="missing-timeout",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    fix="U",
    silent_in=OUTSIDE_THE_APPLICATION,
)
