"""An acquire or release is a coroutine here and is never awaited.

## What it does
Finds calls that only make a coroutine: `pool.release(conn)` without `await` where the library's release is one
(asyncpg, psycopg's async pool, redis.asyncio, oracledb), the close of an async client, pool or session, a coroutine
function of the project that does so, and an acquire whose result is used as if it were the connection.

## Why it matters
Nothing of it runs. The connection stays acquired, the pool stays open, and all that tells is a warning at garbage
collection: "coroutine was never awaited".

## Bad
```python
import asyncpg


async def price(pool: asyncpg.Pool, item: int):
    conn = await pool.acquire()
    try:
        return await conn.fetchval("SELECT price FROM items WHERE id = $1", item)
    finally:
        pool.release(conn)
```

## Good
```python
import asyncpg


async def price(pool: asyncpg.Pool, item: int):
    conn = await pool.acquire()
    try:
        return await conn.fetchval("SELECT price FROM items WHERE id = $1", item)
    finally:
        await pool.release(conn)
```

## Fix
Safe, in a coroutine: the `await` is put in front of the call. Not for an acquire that nothing releases.

## Not flagged
A release that does its work when it is called (aiomysql, asyncmy, aiopg, aiohttp's responses). A coroutine that is
returned, kept, or handed to `create_task`, `gather`, `wait_for`, `shield` or anything else. Objects whose type is not
known to be an async one.

## References
- https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines
- https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.pool.Pool.release
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts, UnawaitedFact
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import Applicability, FixPlan, InsertAwait
from poollint.model.rule import Rule
from poollint.model.span import Place

WHAT = {"release": "nothing is released", "close": "nothing is closed", "acquire": "nothing is acquired"}
WHY = {
    "release": "the connection stays acquired, and with each one the pool has one less",
    "close": "its connections stay open until the process ends",
    "acquire": "what is used here is a coroutine, not the connection",
}


def check(facts: FileFacts) -> Iterator[Verdict]:
    sites = {place: fact.place for fact in facts.acquires for place in fact.unawaited}
    for fact in facts.unawaited:
        yield _verdict(fact, sites.get(fact.place))


def _verdict(fact: UnawaitedFact, site: Place | None) -> Verdict:
    acquired = () if site is None else (Step("acquire", site, "acquired here"),)
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"`{fact.text}` is a coroutine and is never awaited: {WHAT[fact.does]}",
        confidence=Confidence.HIGH,
        steps=(*acquired, Step("note", fact.place, f"`{fact.text}` only makes a coroutine")),
        why=WHY[fact.does],
        help=f"write `await {fact.text}`" if fact.is_async_function else "await it in a coroutine",
        plans=_plans(fact),
        site=site,
    )


def _plans(fact: UnawaitedFact) -> tuple[FixPlan, ...]:
    # An acquire that nothing releases would then be a leak.
    if not fact.is_async_function or (fact.does == "acquire" and not fact.is_released):
        return ()
    return (FixPlan("await it", Applicability.SAFE, InsertAwait(fact.place)),)


RULE = Rule(
    code="CPL105",
    name="missing-await",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="acquire-release",
    rank=1,
    fix="S",
)
