"""A connection is held across a slow await that does not use it.

## What it does
Finds HTTP requests and sleeps that are awaited while a coroutine holds a connection, or a session that has begun to
work, directly or in a helper of the project.

## Why it matters
For the whole time of the wait the connection serves nobody. A pool of ten and a service that answers in a second give
ten requests a second, however fast the database is; when that service hangs, so does everything that needs the pool.

## Bad
```python
import asyncpg
import httpx


async def order(pool: asyncpg.Pool, client: httpx.AsyncClient, item: int):
    async with pool.acquire() as conn:
        name = await conn.fetchval("SELECT name FROM items WHERE id = $1", item)
        answer = await client.post("https://shipping.example", json={"name": name})
        await conn.execute("INSERT INTO orders (item, code) VALUES ($1, $2)", item, answer.text)
```

## Good
```python
import asyncpg
import httpx


async def order(pool: asyncpg.Pool, client: httpx.AsyncClient, item: int):
    name = await pool.fetchval("SELECT name FROM items WHERE id = $1", item)
    answer = await client.post("https://shipping.example", json={"name": name})
    await pool.execute("INSERT INTO orders (item, code) VALUES ($1, $2)", item, answer.text)
```

## Fix
None: whether the two halves may be two transactions is for a person to say.

## Not flagged
Awaits that use the connection, or something of it. `sleep(0)`. A session that holds nothing at that point: not used
yet, or committed. A task that is started and awaited after the release.

## References
- https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it
- https://magicstack.github.io/asyncpg/current/usage.html#connection-pools
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Nested
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import Rule
from poollint.rules.leaking import connections, subject


def check(facts: FileFacts) -> Iterator[Verdict]:
    told: set[object] = set()
    for fact in connections(facts):
        for wait in fact.slow_waits:
            if wait.place not in told:
                told.add(wait.place)
                yield _verdict(fact, wait)
                break


def _verdict(fact: AcquireFact, wait: Nested) -> Verdict:
    acquired = Step("acquire", fact.place, f"`{fact.text}`")
    return Verdict(
        code=RULE.code,
        place=wait.place,
        message=f"{subject(fact)} is held while `{wait.text}` is awaited",
        confidence=Confidence.MEDIUM,
        steps=(acquired, Step("await", wait.place, f"`{wait.text}`"), *wait.steps),
        why="all the while nobody else can use it; when the other side hangs, the pool runs empty",
        help="read what is needed, release, then await",
    )


RULE = Rule(
    code="CPL111",
    name="held-across-await",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    on=False,
)
