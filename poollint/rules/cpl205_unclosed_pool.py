"""A pool or client that must be closed never is.

## What it does
Finds pools, engines and clients that a function makes, uses and drops without closing them; and classes that keep one
which must be closed (aiohttp, asyncpg, psycopg_pool, async MongoDB, ...) and have no way to close it.

## Why it matters
What is dropped open keeps its connections until the garbage collector comes, if they are closed even then: the
server counts them, aiohttp complains of an `Unclosed client session`, and a pool's background tasks live on.

## Bad
```python
import aiohttp


class Weather:
    def __init__(self) -> None:
        self.session = aiohttp.ClientSession()

    async def of(self, city: str) -> str:
        async with self.session.get("https://weather.example.com/" + city) as answer:
            return await answer.text()
```

## Good
```python
import aiohttp


class Weather:
    def __init__(self) -> None:
        self.session = aiohttp.ClientSession()

    async def of(self, city: str) -> str:
        async with self.session.get("https://weather.example.com/" + city) as answer:
            return await answer.text()

    async def close(self) -> None:
        await self.session.close()
```

## Fix
None yet: enter it by `async with`, or give its owner a `close()` and call that at the end.

## Not flagged
What is handed on, returned or given to something else, which may close it; classes of which any method, base or
subclass closes something of the kind; sync pools that live as long as the process.

## References
- https://docs.aiohttp.org/en/stable/client_reference.html
- https://magicstack.github.io/asyncpg/current/api/index.html#connection-pools
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import ConstructFact, FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.library import POOL_OWNING
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.constructs:
        if fact.kind not in POOL_OWNING or fact.mocked or fact.unpooled or not fact.constructor.close:
            continue
        if fact.unclosed:
            message = f"`{fact.text}` is kept as `{fact.unclosed}`, and nothing closes it"
        elif _is_dropped(fact):
            message = f"`{fact.text}` is used and dropped without being closed"
        else:
            continue
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=message,
            confidence=Confidence.HIGH,
            steps=(Step("construct", fact.place, f"`{fact.text}`"), *fact.through),
            why=f"{fact.noun} that is dropped open leaves its connections to the garbage collector",
            help=_help(fact),
        )


def _is_dropped(fact: ConstructFact) -> bool:
    if fact.lifetime != "local" or fact.managed or fact.closed or fact.lends or not fact.uses:
        return False
    if fact.constructor.must_close == "when-made-per-call":
        return fact.runs.frequency != "once" and fact.constructor.per_call == "fault"
    return fact.constructor.must_close == "always"


def _help(fact: ConstructFact) -> str:
    close = f"{'await ' if fact.constructor.close_awaited else ''}{fact.constructor.close[0]}()"
    if fact.unclosed:
        return f"give `{fact.unclosed.rpartition('.')[0]}` a method that does `{close}` on it, and call that at the end"
    if fact.constructor.sync:
        return f"enter it by `with`, or `{close}` it in a `finally`"
    return f"enter it by `async with`, or `{close}` it in a `finally`"


RULE = Rule(
    code="CPL205",
    name="unclosed-pool",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="lifetime",
    rank=5,
    silent_in=OUTSIDE_THE_APPLICATION,
)
