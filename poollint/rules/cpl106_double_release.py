"""A connection is released twice on one path.

## What it does
Finds a second release of the same acquired connection, where its library does not define that as harmless: in a
handler and in `finally`, at the end of a block and in `finally`, on each turn of a loop that acquired it once.

## Why it matters
Most pools raise at the second release, which hides the error that was on its way. Some queue the connection twice, so
that two callers share it from then on.

## Bad
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def prices():
    conn = pool.getconn()
    try:
        cursor = conn.cursor()
        cursor.execute("SELECT price FROM items")
        found = cursor.fetchall()
        pool.putconn(conn)
        return found
    finally:
        pool.putconn(conn)
```

## Good
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def prices():
    conn = pool.getconn()
    try:
        cursor = conn.cursor()
        cursor.execute("SELECT price FROM items")
        return cursor.fetchall()
    finally:
        pool.putconn(conn)
```

## Fix
None: which of the two is meant is for a person to say.

## Not flagged
Libraries in which a second release does nothing (SQLAlchemy, asyncpg, DBUtils). Releases on branches that exclude each
other, a name that is set to something else in between, a release by a helper, which may look first.

## References
- https://www.psycopg.org/docs/pool.html
- https://docs.celeryq.dev/projects/kombu/en/stable/userguide/pools.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Misuse
from poollint.model.facts import FileFacts
from poollint.model.finding import Severity, Step, Verdict
from poollint.model.rule import Rule
from poollint.rules.leaking import capped_medium, subject

WHY = {
    "raises": "the second release raises",
    "corrupts": "the pool hands it to two callers at once from then on",
}


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.acquires:
        if fact.acquire.double_release not in WHY:
            continue
        for misuse in fact.misuses:
            if misuse.kind == "double":
                yield _verdict(fact, misuse)
                break


def _verdict(fact: AcquireFact, misuse: Misuse) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=misuse.place,
        message=f"{subject(fact)} is released a second time by `{misuse.text}`",
        confidence=capped_medium(fact),
        steps=(*misuse.steps, Step("release", misuse.place, f"`{misuse.text}` again")),
        why=WHY[fact.acquire.double_release],
        help="release it in one place, the `finally`",
    )


RULE = Rule(
    code="CPL106",
    name="double-release",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
)
