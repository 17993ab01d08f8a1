"""A second connection of one pool is acquired while the first is held.

## What it does
Finds acquires from the pool whose connection the function holds already: a second `with pool.connection()` inside the
first, a method that acquires by itself (`pool.fetchval()` inside `async with pool.acquire()`), and helpers of the
project, in other files too, that acquire from that pool.

## Why it matters
When as many callers as the pool has connections stand at this point, each holds one and waits for another: nobody goes
on until the timeouts. It never shows under light load.

## Bad
```python
import asyncpg


async def order(pool: asyncpg.Pool, item: int):
    async with pool.acquire() as conn:
        price = await pool.fetchval("SELECT price FROM items WHERE id = $1", item)
        await conn.execute("INSERT INTO orders (item, price) VALUES ($1, $2)", item, price)
```

## Good
```python
import asyncpg


async def order(pool: asyncpg.Pool, item: int):
    async with pool.acquire() as conn:
        price = await conn.fetchval("SELECT price FROM items WHERE id = $1", item)
        await conn.execute("INSERT INTO orders (item, price) VALUES ($1, $2)", item, price)
```

## Fix
None: pass the connection down, or release it first.

## Not flagged
Two pools. A helper that gets the connection, or that acquires only when it was given none. What runs in another task or
thread. A session that holds nothing at that point: not used yet, or committed, or one that holds only while a result is
read. SQLite. Tests: nobody else waits there.

## References
- https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r
- https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing#pool-locking
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Nested
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import TESTS, Rule
from poollint.rules.leaking import capped_medium, subject


def check(facts: FileFacts) -> Iterator[Verdict]:
    told: set[object] = set()
    for fact in facts.acquires:
        for nested in fact.nested:
            if nested.place not in told:
                told.add(nested.place)
                yield _verdict(fact, nested)
                break


def _verdict(fact: AcquireFact, nested: Nested) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=nested.place,
        message=f"`{nested.text}` acquires from the same pool while {subject(fact)} is held",
        confidence=min(capped_medium(fact), Confidence.MEDIUM) if nested.steps else capped_medium(fact),
        steps=_steps(fact, nested),
        why=_why(fact),
        help=f"use `{fact.holder or 'the connection'}` for it, or pass it down",
    )


def _steps(fact: AcquireFact, nested: Nested) -> tuple[Step, ...]:
    acquired = Step("acquire", fact.place, f"`{fact.text}`")
    return (acquired, Step("call", nested.place, f"`{nested.text}`"), *nested.steps)


def _why(fact: AcquireFact) -> str:
    if fact.acquire.exhausted == "raises":
        return "with all connections out at this point, each caller's second acquire raises"
    return "with as many callers at this point as the pool has connections, each waits for another one's"


RULE = Rule(
    code="CPL110",
    name="nested-acquire",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    silent_in=TESTS,
)
