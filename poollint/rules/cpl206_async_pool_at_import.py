"""A pool or session that needs a running event loop is made at import.

## What it does
Finds pools and client sessions of asynchronous libraries that are made by a module's own statements, or in a class
body, where the library needs a running event loop to make one.

## Why it matters
At import no loop runs: the library raises, or ties the pool to a loop that will never run, and the first request
fails with `attached to a different loop`.

## Bad
```python
import aiohttp

session = aiohttp.ClientSession()


async def weather(city: str) -> str:
    async with session.get("https://weather.example.com/" + city) as answer:
        return await answer.text()
```

## Good
```python
import aiohttp


async def weather(session: aiohttp.ClientSession, city: str) -> str:
    async with session.get("https://weather.example.com/" + city) as answer:
        return await answer.text()


async def main() -> None:
    async with aiohttp.ClientSession() as session:
        print(await weather(session, "Kiel"))
```

## Fix
None: make it in the application's start-up, in `async def`, and keep it on the application.

## Not flagged
Libraries that find their loop at the first use (httpx, redis, motor, SQLAlchemy); pools that are told to open later
(`open=False`); what is awaited at the top of a notebook, or handed to a loop there.

## References
- https://docs.aiohttp.org/en/stable/faq.html
- https://www.psycopg.org/psycopg3/docs/api/pool.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.library import POOL_OWNING
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.constructs:
        if not fact.at_import or fact.kind not in POOL_OWNING:
            continue
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.text}` is made at import, where no event loop runs",
            confidence=Confidence.HIGH,
            steps=(Step("construct", fact.place, f"`{fact.text}`"),),
            why=f"{fact.noun} of {fact.library.title} needs a running loop when it is made",
            help="make it in the application's start-up, in an `async def`, and keep it on the application",
        )


RULE = Rule(
    code="CPL206",
    name="async-pool-at-import",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="lifetime",
    rank=6,
    silent_in=OUTSIDE_THE_APPLICATION,
)
