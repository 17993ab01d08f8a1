"""A pool, engine or client is made anew on each turn of a loop.

## What it does
Finds pools, engines and pool-owning clients that are constructed and dropped within one turn of a loop, with the same
arguments each time.

## Why it matters
Every turn opens new connections and throws the last ones away, which is what a pool is there to avoid. A loop that
polls or works off a queue does so for as long as the process runs.

## Bad
```python
import asyncio

import aiohttp


async def poll(url: str) -> None:
    while True:
        async with aiohttp.ClientSession() as session:
            await session.post(url)
        await asyncio.sleep(5)
```

## Good
```python
import asyncio

import aiohttp


async def poll(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            await session.post(url)
            await asyncio.sleep(5)
```

## Fix
None yet: move the construction in front of the loop.

## Not flagged
A retry loop that ends by `break` or `return` once the construction has worked; a construction whose arguments change
with the turn; a client that is itself used in an inner loop (a reconnect loop around a long-lived client).

## References
- https://docs.aiohttp.org/en/stable/client_quickstart.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.library import POOL_OWNING
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.constructs:
        if fact.kind not in POOL_OWNING or fact.loop is None or fact.by_turn or fact.uses_in_loop:
            continue
        if fact.lifetime != "local" or fact.mocked or fact.unpooled:
            continue
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.text}` makes a new {fact.kind} on each turn of `{fact.loop.text}`",
            confidence=Confidence.HIGH,
            steps=(
                Step("note", fact.loop.place, "the loop"),
                Step("construct", fact.place, f"`{fact.text}` runs on each turn"),
                *fact.through,
            ),
            why=f"each turn pays for a new connection and throws the {fact.kind} of the last one away",
            help="make it in front of the loop",
        )


RULE = Rule(
    code="CPL202",
    name="pool-in-loop",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="lifetime",
    rank=2,
    silent_in=OUTSIDE_THE_APPLICATION,
)
