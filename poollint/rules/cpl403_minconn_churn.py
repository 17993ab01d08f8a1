"""A pool closes the connections that it has more than its minimum of.

## What it does
Finds pools of libraries that close a connection on its return when as many as the minimum are idle, whose minimum is
smaller than their maximum, where threads or requests use them at once.

## Why it matters
There the minimum is the size: `ThreadedConnectionPool(1, 20)` keeps one connection, and under load each of the other
19 is opened, used once and closed. It costs what no pool costs: a handshake for each use.

## Bad
```python
from flask import Flask
from psycopg2.pool import ThreadedConnectionPool

app = Flask(__name__)
pool = ThreadedConnectionPool(1, 20, "dbname=shop")


@app.get("/orders")
def orders():
    connection = pool.getconn()
    try:
        return str(connection.closed)
    finally:
        pool.putconn(connection)
```

## Good
```python
from flask import Flask
from psycopg2.pool import ThreadedConnectionPool

app = Flask(__name__)
pool = ThreadedConnectionPool(20, 20, "dbname=shop")


@app.get("/orders")
def orders():
    connection = pool.getconn()
    try:
        return str(connection.closed)
    finally:
        pool.putconn(connection)
```

## Fix
Unsafe, where the minimum is a keyword: makes it as large as the maximum. So many connections are then open all the
time, from the start where the pool is an eager one.

## Not flagged
Minimum and maximum alike; pools that no more threads use at once than the minimum; scripts; numbers that are not
known.

## References
- https://github.com/psycopg/psycopg2/issues/563
- https://www.psycopg.org/docs/pool.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.capacity import CapacityFact
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule
from poollint.rules.keywords import listed
from poollint.rules.sizes import largest, plan


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.capacities:
        if fact.kept is None or fact.limit is None or not _is_busy(fact, fact.kept):
            continue
        keywords = _kept(fact, fact.limit)
        more = fact.limit - fact.kept
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.name}` keeps {fact.kept} of {fact.limit} connections, and closes what comes back above it",
            confidence=Confidence.HIGH if largest(fact) is not None else Confidence.MEDIUM,
            steps=(Step("construct", fact.place, f"`{fact.text}`"), *_steps(fact)),
            why=f"under load the other {more} {'is' if more == 1 else 'are'} opened and closed again for each use",
            help=f"keep them all ({listed(keywords)})" if keywords else "make the minimum as large as the maximum",
            plans=plan(fact, keywords, "so many connections are then open all the time"),
        )


def _is_busy(fact: CapacityFact, kept: int) -> bool:
    """Whether more than the minimum are in use at once: by what is known, else by requests in threads."""
    demand = largest(fact)
    return demand.number > kept if demand is not None else bool(fact.served)


def _steps(fact: CapacityFact) -> tuple[Step, ...]:
    demand = largest(fact)
    return demand.steps if demand is not None else ()


def _kept(fact: CapacityFact, limit: int) -> tuple[tuple[str, str], ...]:
    idle = fact.settings["idle-size"]
    return ((idle.option.keyword, str(limit)),) if idle.is_free else ()


RULE = Rule(
    code="CPL403",
    name="minconn-churn",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    fix="U",
    silent_in=OUTSIDE_THE_APPLICATION,
)
