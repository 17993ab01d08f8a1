"""An acquired connection is not released on some path.

## What it does
Follows every connection and ORM session from where it is acquired along all paths of the function, and finds the ones
on which it stays acquired: the end of the function, a `return`, the next turn of a loop, a name that is overwritten or
deleted, an acquire whose result nothing keeps.

## Why it matters
A pool counts what it hands out. What does not come back is lost to every other caller: once the pool is empty,
acquiring raises, waits for its timeout, or waits for ever, long after the code that lost the connections has run.

## Bad
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def price(item):
    conn = pool.getconn()
    cursor = conn.cursor()
    cursor.execute("SELECT price FROM items WHERE id = %s", (item,))
    return cursor.fetchone()
```

## Good
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def price(item):
    conn = pool.getconn()
    try:
        cursor = conn.cursor()
        cursor.execute("SELECT price FROM items WHERE id = %s", (item,))
        return cursor.fetchone()
    finally:
        pool.putconn(conn)
```

## Fix
Where the function releases on its straight way, all that lies between moves into `with`, where the library's `with`
releases and does nothing else, or into `try` with the release in `finally`: safe. Where nothing releases, the same is
offered as an unsafe fix, since rows that are read lazily later on would find the connection gone.

## Not flagged
What leaves the function: returned, yielded, stored on an object, in a container or a global, handed to code out of
sight by a function that releases nothing itself. Releases through helpers of the project, in other files too, through
closures, exit stacks, finalizers and callbacks. A session that holds nothing: never used, or committed last. Objects
whose type is not known to be of a pool.

## References
- https://www.psycopg.org/docs/pool.html
- https://docs.sqlalchemy.org/en/20/core/connections.html
- https://magicstack.github.io/asyncpg/current/usage.html#connection-pools
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Leak
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Verdict
from poollint.model.rule import Rule
from poollint.rules.leaking import LOSSLESS, capped, connections, cure, first, plans, subject, why

KINDS = ("dropped", "overwritten", "deleted", "loop", "return", "end")


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in connections(facts):
        leak = first(fact, KINDS)
        if leak is not None:
            yield _verdict(fact, leak, facts)


def _verdict(fact: AcquireFact, leak: Leak, facts: FileFacts) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=_message(fact, leak),
        confidence=_confidence(fact, leak),
        steps=leak.steps,
        why=why(fact),
        help=cure(fact),
        plans=plans(fact, facts.pool_import) if leak.kind in ("return", "end") else (),
    )


def _message(fact: AcquireFact, leak: Leak) -> str:
    what, name = subject(fact), f"`{fact.holder}`" if fact.holder else "its name"
    match leak.kind:
        case "dropped":
            return f"{what} is dropped: nothing is left to release it by"
        case "overwritten":
            return f"{what} is lost when {name} gets another value"
        case "deleted":
            return f"{what} is lost when {name} is deleted"
        case "loop":
            return f"{what} is still held when the loop acquires the next one"
    if not fact.releases:
        return f"{what} is never released"
    return f"{what} is not released on {'an early return' if leak.kind == 'return' else 'one way to the end'}"


def _confidence(fact: AcquireFact, leak: Leak) -> Confidence:
    by_reference_count = fact.acquire.dropped in LOSSLESS and leak.kind in ("return", "end")
    return capped(fact, Confidence.MEDIUM if by_reference_count else Confidence.HIGH)


RULE = Rule(
    code="CPL101",
    name="leak",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="acquire-release",
    rank=2,
    fix="S",
)
