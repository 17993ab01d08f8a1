"""A pool has fewer connections than there are who use it at once.

## What it does
Finds pools whose limit is smaller than the number of threads or tasks that use them at once, where both numbers are
written down: executors, threads started in a counted loop, gathered coroutines, semaphores, the threads of the server
(its command line or configuration in the project), those in which a framework runs plain handlers, and what
`[tool.poollint.concurrency]` says. A pool with a load in `[tool.poollint.load]` is compared with that.

## Why it matters
What comes beyond the limit fails at once, waits, or opens connections that are thrown away, depending on the library:
the message says which. It shows under load only, and then for all users together.

## Bad
```python
from concurrent.futures import ThreadPoolExecutor

from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(5, 5, "dbname=shop")


def load(order):
    connection = pool.getconn()
    try:
        return connection.cursor().execute("select %s", (order,))
    finally:
        pool.putconn(connection)


def load_all(orders):
    with ThreadPoolExecutor(max_workers=20) as executor:
        return list(executor.map(load, orders))
```

## Good
```python
from concurrent.futures import ThreadPoolExecutor

from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(20, 20, "dbname=shop")


def load(order):
    connection = pool.getconn()
    try:
        return connection.cursor().execute("select %s", (order,))
    finally:
        pool.putconn(connection)


def load_all(orders):
    with ThreadPoolExecutor(max_workers=20) as executor:
        return list(executor.map(load, orders))
```

## Fix
Unsafe: gives the pool as many connections as are wanted, where that is a keyword of its constructor and the library
allows so many. The database must bear them for every process: `poollint size` computes both.

## Not flagged
Numbers that come from the environment or a caller; pools that what runs at once does not use; uses behind a semaphore
that lets no more through; pools larger than their concurrency; databases without a server; pools whose class or
connections are chosen elsewhere. The number of hosts that an HTTP adapter keeps connections for is no concurrency.

## References
- https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r
- https://www.psycopg.org/docs/pool.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.capacity import CapacityFact, Demand
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule
from poollint.model.sizing import Load, smallest
from poollint.rules.keywords import listed
from poollint.rules.sizes import fate, largest, plan, room, severity, told

SHARE = 0.05
"""The share of acquires that may have to wait under a declared load."""


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.capacities:
        if fact.limit is None:
            continue
        demand = largest(fact)
        if demand is not None and demand.number > fact.limit:
            yield _exceeded(fact, demand, fact.limit)
        elif fact.load is not None:
            yield from _overloaded(fact, fact.load, fact.limit)


def _exceeded(fact: CapacityFact, demand: Demand, limit: int) -> Verdict:
    keywords = room(fact, demand.number)
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"`{fact.name}` gives {told(fact)} at most, and {demand.number} {demand.noun} use it at once: "
        f"{demand.source}",
        confidence=Confidence.MEDIUM if demand.kind == "handlers" else Confidence.HIGH,
        severity=severity(fact, demand),
        steps=(Step("construct", fact.place, f"{limit} at most"), *demand.steps),
        why=fate(fact, demand.number - limit),
        help=f"give it room ({listed(keywords)})" if keywords else "give it room, or run fewer at once",
        plans=plan(fact, keywords, "the server must bear so many connections for each process"),
    )


def _overloaded(fact: CapacityFact, load: Load, limit: int) -> Iterator[Verdict]:
    try:
        needed = smallest(load, SHARE)
    except OverflowError:
        return
    if needed <= limit:
        return
    busy = f"{load.rate:g} acquires a second of {load.hold * 1000:g} ms keep {load.busy:.3g} connections busy"
    never = limit <= load.busy
    keywords = room(fact, needed)
    yield Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"`{fact.name}` gives {told(fact)} at most, and its declared load needs {needed}: {busy}",
        confidence=Confidence.HIGH,
        severity=Severity.ERROR if never else Severity.WARNING,
        steps=(Step("construct", fact.place, f"{limit} at most"),),
        why="it never keeps up, and the queue grows" if never else f"more than {SHARE * 100:g} % of the acquires wait",
        help=f"give it room ({listed(keywords)})" if keywords else f"give it room for {needed}",
        plans=plan(fact, keywords, "the server must bear so many connections for each process"),
    )


RULE = Rule(
    code="CPL401",
    name="size-mismatch",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    fix="U",
    silent_in=OUTSIDE_THE_APPLICATION,
)
