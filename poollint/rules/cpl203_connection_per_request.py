"""A driver's own connection is opened for each request, past any pool.

## What it does
Finds calls of a database driver's `connect()` in code that is proven to run per request, task, message or event: in a
handler, or in a function that a handler reaches.

## Why it matters
Opening a connection costs several round trips, TLS and a log-in, often more than the query; and nothing bounds how
many there are at once: under load the server refuses them.

## Bad
```python
import psycopg2
from flask import Flask

app = Flask(__name__)


@app.get("/orders")
def orders():
    connection = psycopg2.connect("dbname=shop")
    try:
        with connection.cursor() as cursor:
            cursor.execute("select * from orders")
            return cursor.fetchall()
    finally:
        connection.close()
```

## Good
```python
from flask import Flask
from psycopg2.pool import ThreadedConnectionPool

app = Flask(__name__)
pool = ThreadedConnectionPool(5, 5, "dbname=shop")


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
None yet: make one pool for the process, and acquire from it.

## Not flagged
Connections that are kept behind a guard; those that live long, such as one that listens for notifications in a loop;
a `connect()` that acquires from a pool by its arguments.

## References
- https://www.psycopg.org/psycopg3/docs/advanced/pool.html
- https://www.postgresql.org/docs/current/runtime-config-connection.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import ConstructFact, FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule

ENDS_WITH_THE_REQUEST = ("local", "lent", "instance", "property")
SHORT_CHAIN = 4
"""Calls from the handler down to the connection; a longer way has more branches than its story tells."""


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.constructs:
        if fact.kind != "connection" or fact.runs.frequency != "request" or not fact.runs.certain:
            continue
        if fact.lifetime not in ENDS_WITH_THE_REQUEST or fact.lives_long or fact.constructor.per_call == "tolerated":
            continue
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.text}` opens a connection for each {_unit(fact)}",
            confidence=Confidence.HIGH if len(fact.runs.chain) <= SHORT_CHAIN else Confidence.LOW,
            steps=(*fact.runs.chain, Step("construct", fact.place, f"`{fact.text}` runs each time"), *fact.through),
            why="every request pays for a new connection, and nothing bounds how many there are",
            help="make one pool for the process, and acquire from it",
        )


def _unit(fact: ConstructFact) -> str:
    return f"call of {fact.runs.what}" if fact.runs.what else "request"


RULE = Rule(
    code="CPL203",
    name="connection-per-request",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="lifetime",
    rank=3,
    silent_in=OUTSIDE_THE_APPLICATION,
)
