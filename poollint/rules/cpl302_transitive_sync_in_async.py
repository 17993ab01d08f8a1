"""A sync helper that blocks is called in an `async def`.

## What it does
Finds calls in an `async def` of functions of the project that wait for a database, a pool or the network further down,
across files, and tells the whole chain.

## Why it matters
The event loop stands still for as long as the helper waits, and nothing in the coroutine's own text shows it.

## Bad
```python
import requests


def fetch(city: str) -> str:
    return requests.get("https://weather.example.com/" + city, timeout=5).text


async def weather(city: str) -> str:
    return fetch(city)
```

## Good
```python
import asyncio

import requests


def fetch(city: str) -> str:
    return requests.get("https://weather.example.com/" + city, timeout=5).text


async def weather(city: str) -> str:
    return await asyncio.to_thread(fetch, city)
```

## Fix
None: hand the whole helper to a thread, or make it async.

## Not flagged
Chains of more than four calls, by default (low confidence). Helpers that are handed to a thread rather than called;
helpers behind a decorator that is not known to leave them as they are; callees that cannot be resolved.
Startup hooks and lifespans, which run before the first request and after the last. Tests: one that blocks its own event
loop makes nobody wait.

## References
- https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import TESTS, Rule

SHORT_CHAIN = 4
"""Calls from the coroutine down to the wait; beyond, one deep helper would be told at dozens of calls of others."""


def check(facts: FileFacts) -> Iterator[Verdict]:
    """One finding for each helper that a function calls, at its first call."""
    told: set[tuple[str, str]] = set()
    for fact in facts.blocking:
        if not fact.chain or (fact.function, fact.text) in told:
            continue
        told.add((fact.function, fact.text))
        function = fact.function.rpartition(".")[2].partition("@")[0]
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.text}` blocks the event loop in `async def {function}`: it comes to {fact.what}",
            confidence=Confidence.HIGH if len(fact.chain) <= SHORT_CHAIN else Confidence.LOW,
            steps=(*fact.runs.chain, Step("call", fact.place, f"`{fact.text}` runs on the event loop"), *fact.chain),
            why="while the helper waits, no other task of this process runs",
            help="hand the helper to a thread with `asyncio.to_thread`, or make it async",
        )


RULE = Rule(
    code="CPL302",
    name="transitive-sync-in-async",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="blocking",
    rank=2,
    silent_in=TESTS,
)
