"""A blocking call stands directly in an `async def`.

## What it does
Finds calls that wait for a database, a pool or the network without `await` in the body of an `async def`: acquiring
from a sync pool, statements of a sync ORM session or driver, `requests`, commands of a sync client.

## Why it matters
While the call waits the event loop stands still: no other request, task or timer of the process moves. With a pool in
play the task that would give a connection back may be one of those that cannot run.

## Bad
```python
import requests


async def weather(city: str) -> str:
    answer = requests.get("https://weather.example.com/" + city, timeout=5)
    return answer.text
```

## Good
```python
import asyncio

import requests


async def weather(city: str) -> str:
    answer = await asyncio.to_thread(requests.get, "https://weather.example.com/" + city, timeout=5)
    return answer.text
```

## Fix
Unsafe: `await asyncio.to_thread(function, ...)` where the call is that of a plain function. Calls on an object that
belongs to one thread (a session, a connection), and those that make one, are left to you: move the whole helper, or
use the library's async twin.

## Not flagged
What runs in a thread: arguments of `to_thread` and the like, nested functions and lambdas that are handed on, plain
`def` routes. Constructors that connect lazily. Reading a result that an awaited call has buffered.
Startup hooks and lifespans, which run before the first request and after the last. Tests: one that blocks its own event
loop makes nobody wait.

## References
- https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code
- https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import BlockingFact, FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import Applicability, CallThrough, FixPlan
from poollint.model.rule import TESTS, Rule


def check(facts: FileFacts) -> Iterator[Verdict]:
    """One finding for all calls on one object in one function: they are one fault with one repair."""
    waits: dict[tuple[str, str], list[BlockingFact]] = {}
    for fact in facts.blocking:
        if not fact.chain:
            object_or_place = fact.receiver or str(fact.place.ordinal)
            waits.setdefault((fact.function, object_or_place), []).append(fact)
    for group in waits.values():
        yield _verdict(group)


def _verdict(group: list[BlockingFact]) -> Verdict:
    first = group[0]
    others = tuple(Step("note", fact.place, f"`{fact.text}` blocks as well") for fact in group[1:])
    return Verdict(
        code=RULE.code,
        place=first.place,
        message=f"`{first.text}` blocks the event loop in `async def {_short(first.function)}`: {first.what}",
        confidence=Confidence.HIGH,
        steps=(
            *first.runs.chain,
            Step("call", first.place, f"`{first.text}` waits without `await` ({first.target})"),
            *others,
        ),
        why="while it waits, no other task of this process runs",
        help="use the library's async twin, or run the work in a thread with `asyncio.to_thread`",
        plans=() if first.receiver or first.makes_more else (_hop(first),),
    )


def _hop(fact: BlockingFact) -> FixPlan:
    return FixPlan(
        title="run it in a thread with `asyncio.to_thread`",
        applicability=Applicability.UNSAFE,
        verb=CallThrough(fact.place, "{asyncio}.to_thread"),
        reason="the call moves to another thread",
        imports=("asyncio",),
    )


def _short(function: str) -> str:
    return function.rpartition(".")[2].partition("@")[0]


RULE = Rule(
    code="CPL301",
    name="sync-in-async",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="blocking",
    rank=1,
    silent_in=TESTS,
    fix="U",
)
