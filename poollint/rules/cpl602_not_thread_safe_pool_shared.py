"""A pool or connection that only one thread may use is shared by several.

## What it does
Finds pools, clients, connections and sessions that their library does not make safe for threads (psycopg2's
`SimpleConnectionPool`, one MySQL connection, one ORM session, ...), kept for the whole process and used by handlers
that several threads run at once.

## Why it matters
Two threads are given the same connection, or read each other's answers: wrong results, `Packet sequence number
wrong`, a pool whose count is off for good. It happens under load only.

## Bad
```python
from flask import Flask
from psycopg2.pool import SimpleConnectionPool

app = Flask(__name__)
pool = SimpleConnectionPool(1, 10, "dbname=shop")


@app.get("/orders")
def orders():
    connection = pool.getconn()
    try:
        with connection.cursor() as cursor:
            cursor.execute("select * from orders")
            return cursor.fetchall()
    finally:
        pool.putconn(connection)
```

## Good
```python
from flask import Flask
from psycopg2.pool import ThreadedConnectionPool

app = Flask(__name__)
pool = ThreadedConnectionPool(10, 10, "dbname=shop")


@app.get("/orders")
def orders():
    connection = pool.getconn()
    try:
        with connection.cursor() as cursor:
            cursor.execute("select * from orders")
            return cursor.fetchall()
    finally:
        pool.putconn(connection)
```

## Fix
None yet: use the library's pool for threads, or a pool in place of the one connection.

## Not flagged
Objects that are made for each request or thread; those that only coroutines use, which share one thread; uses that no
handler is known to reach.

## References
- https://www.psycopg.org/docs/pool.html
- https://peps.python.org/pep-0249/#threadsafety
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import ConstructFact, FileFacts, SharedFact, ThreadedUse
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.constructs:
        if fact.threads is not None:
            help = "use the library's pool for threads, or a pool in place of the one connection"
            yield _verdict(fact, fact.threads, help)
    for session in facts.shared:
        yield _verdict(session, session.threads, "make a session for each request, or use the library's scoped one")


def _verdict(fact: ConstructFact | SharedFact, threads: ThreadedUse, help: str) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"`{fact.text}` is not safe for threads, and the threads of {threads.what} share it",
        confidence=Confidence.HIGH,
        steps=(Step("construct", fact.place, f"`{fact.text}` is made once"), *threads.steps),
        why=f"two threads that use the {fact.kind} at once get in each other's way",
        help=help,
    )


RULE = Rule(
    code="CPL602",
    name="not-thread-safe-pool-shared",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="sharing",
    rank=1,
    silent_in=OUTSIDE_THE_APPLICATION,
)
