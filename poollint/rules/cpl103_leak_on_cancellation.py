"""Only a cancellation, a closed generator or an outside timeout skips the release.

## What it does
Finds connections and sessions that are released on every way but one: the task is cancelled at an `await` between, the
generator that holds it is closed at its `yield`. And acquires and releases under a timer from outside: `wait_for`
around either, a `timeout()` block around an acquire that is not entered by `async with`.

## Why it matters
Clients hang up, servers stop, `wait_for` gives up: each of them cancels. Where the release stands behind an `except
Exception`, a cancellation passes it by; where a timer ends the release itself, the connection is neither held nor given
back.

## Bad
```python
import asyncpg


async def price(pool: asyncpg.Pool, item: int):
    conn = await pool.acquire()
    try:
        found = await conn.fetchval("SELECT price FROM items WHERE id = $1", item)
    except Exception:
        await pool.release(conn)
        raise
    await pool.release(conn)
    return found
```

## Good
```python
import asyncpg


async def price(pool: asyncpg.Pool, item: int):
    async with pool.acquire() as conn:
        return await conn.fetchval("SELECT price FROM items WHERE id = $1", item)
```

## Fix
Safe, where the release stands in one place: into `with`, or into `finally`.

## Not flagged
`async with` on the acquire, also under a timer. A release that is shielded, or in a `finally`. A timeout that the
acquire is given itself.

## References
- https://docs.python.org/3/library/asyncio-task.html#task-cancellation
- https://github.com/MagicStack/asyncpg/issues/467
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Leak
from poollint.model.facts import FileFacts, TimedFact
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import Rule
from poollint.rules.leaking import capped, connections, cure, first, plans, raising_step, subject, why


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in connections(facts):
        leak = first(fact, ("cancelled",))
        if leak is not None:
            yield _verdict(fact, leak)
    for timed in facts.timed:
        yield _timed(timed)


def _verdict(fact: AcquireFact, leak: Leak) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"{subject(fact)} is not released if {raising_step(leak) or 'the task is cancelled'}",
        confidence=capped(fact, Confidence.MEDIUM),
        steps=leak.steps,
        why=why(fact),
        help=cure(fact),
        plans=plans(fact),
    )


def _timed(timed: TimedFact) -> Verdict:
    how = "may be lost on its way" if timed.does == "acquire" else "may never come back"
    return Verdict(
        code=RULE.code,
        place=timed.place,
        message=f"`{timed.text}` is cancelled when `{timed.timer}` runs out: the connection {how}",
        confidence=Confidence.MEDIUM,
        steps=(Step("await", timed.place, f"`{timed.text}` under `{timed.timer}`"),),
        why="what a timer from outside cancels halfway belongs to nobody",
        help="give the acquire its own timeout" if timed.does == "acquire" else "shield the release from the timer",
    )


RULE = Rule(
    code="CPL103",
    name="leak-on-cancellation",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    on=False,
    ladder="acquire-release",
    rank=4,
    fix="S",
)
