"""A pool, engine or client is made, used and dropped within one call of a function.

## What it does
Finds functions that build a client (or engine, or pool) of their own, make a call or two on it and drop it; functions
that send one-shot requests (`requests.get`) to one host in a loop; and properties that build a new client at each
access.

## Why it matters
Every call pays for a new connection: name look-up, TCP, TLS, log-in. Kept-alive connections, the point of a client, are
thrown away each time.

## Bad
```python
import httpx


async def summary(text: str) -> str:
    async with httpx.AsyncClient() as client:
        answer = await client.post("https://api.example.com/summary", json={"text": text})
    return answer.text
```

## Good
```python
import httpx


class Summaries:
    def __init__(self) -> None:
        self.client = httpx.AsyncClient(timeout=10)

    async def summary(self, text: str) -> str:
        answer = await self.client.post("https://api.example.com/summary", json={"text": text})
        return answer.text

    async def aclose(self) -> None:
        await self.client.aclose()
```

## Fix
None yet: keep one client where the calls are made from, and close it with its owner.

## Not flagged
Functions that are proven to run once (a command, start-up, a fixture); a client that makes several calls, or calls in a
loop, within its block; engines that are disposed of by the function; in-process transports; clients that are handed on;
clients that differ with the turn of a loop; libraries whose own idiom is a short-lived client, unless it is made per
request.

## References
- https://www.python-httpx.org/advanced/clients/
- https://docs.aiohttp.org/en/stable/client_reference.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import ConstructFact, FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.library import POOL_OWNING
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule

MANY_CALLS = 3


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.constructs:
        if fact.runs.frequency == "once" or fact.mocked or fact.unpooled:
            continue
        if fact.constructor.per_call == "tolerated":
            continue
        if fact.kind == "one-shot":
            yield from _one_shot(fact)
        elif fact.kind in POOL_OWNING and (fact.lifetime == "property" or _lives_for_one_call(fact)):
            yield Verdict(
                code=RULE.code,
                place=fact.place,
                message=_message(fact),
                confidence=Confidence.HIGH,
                steps=(Step("construct", fact.place, f"`{fact.text}`"), *fact.through),
                why=f"{fact.noun} of its own means that every call pays for a new connection",
                help=f"keep one {fact.kind} where the calls are made from, and close it with its owner",
            )


def _lives_for_one_call(fact: ConstructFact) -> bool:
    if fact.lifetime != "local" or fact.uses_in_loop or fact.by_turn or fact.uses >= MANY_CALLS:
        return False
    if fact.kind in ("engine", "pool") and (fact.closed or fact.managed):
        return False
    return fact.uses > 0


def _message(fact: ConstructFact) -> str:
    if fact.lifetime == "property":
        return f"`{fact.text}` makes a new {fact.kind} at each access of the property"
    return f"`{fact.text}` makes {fact.noun} for one call and drops it"


def _one_shot(fact: ConstructFact) -> Iterator[Verdict]:
    """One-shot requests to one host in a loop: each turn connects anew."""
    if fact.loop is None or not fact.fixed_host or fact.loop.kind == "while":
        return
    yield Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"`{fact.text}` connects to `{fact.fixed_host}` anew on each turn of `{fact.loop.text}`",
        confidence=Confidence.HIGH,
        steps=(Step("note", fact.loop.place, "the loop"), Step("construct", fact.place, f"`{fact.text}`")),
        why="a one-shot request opens a connection and closes it again",
        help="make one session in front of the loop and send the requests through it",
    )


RULE = Rule(
    code="CPL204",
    name="client-per-call",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="lifetime",
    rank=4,
    silent_in=OUTSIDE_THE_APPLICATION,
)
