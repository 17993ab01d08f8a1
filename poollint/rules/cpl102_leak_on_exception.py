"""An exception skips the release of a connection.

## What it does
Finds connections and ORM sessions that are released on the way without errors only. What leaves them acquired is an
explicit `raise` or `assert`, a call on the connection or on something got from it (a query, a fetch, a commit), or the
code inside the `with` of a `@contextmanager` function that yields without `try`. Other calls that might raise are told
only with `--min-confidence low`.

## Why it matters
Queries do fail: a constraint, a deadlock, a timeout, a server that restarts. Each failure then costs the pool one
connection, so that the trouble grows while the database is in trouble already.

## Bad
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def rename(item, name):
    conn = pool.getconn()
    cursor = conn.cursor()
    cursor.execute("UPDATE items SET name = %s WHERE id = %s", (name, item))
    conn.commit()
    pool.putconn(conn)
```

## Good
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def rename(item, name):
    conn = pool.getconn()
    try:
        cursor = conn.cursor()
        cursor.execute("UPDATE items SET name = %s WHERE id = %s", (name, item))
        conn.commit()
    finally:
        pool.putconn(conn)
```

## Fix
Safe: what lies between acquire and release moves into `with`, where the library's `with` releases and does nothing
else, or into `try`, and the release into `finally`.

## Not flagged
Calls that do not fail in practice: making a cursor, closing one, logging, plain container and string methods. The
release itself. A rollback that fails on a connection that no pool counts. Whatever a handler catches and releases.
Tests: where an exception means that the test has failed.

## References
- https://docs.python.org/3/reference/compound_stmts.html#finally-clause
- https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Leak
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Verdict
from poollint.model.rule import TESTS, Rule
from poollint.rules.leaking import capped, connections, cure, first, plans, raising_step, runs_once, subject, why

KINDS = ("raise", "strong", "weak")
CONFIDENCE = {"raise": Confidence.HIGH, "strong": Confidence.MEDIUM, "weak": Confidence.LOW}


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in connections(facts):
        leak = first(fact, KINDS)
        if leak is not None:
            yield _verdict(fact, leak, facts)


def _verdict(fact: AcquireFact, leak: Leak, facts: FileFacts) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"{subject(fact)} is not released {_when(leak)}",
        confidence=_confidence(fact, leak),
        steps=leak.steps,
        why=why(fact),
        help=cure(fact),
        plans=plans(fact, facts.pool_import),
    )


def _confidence(fact: AcquireFact, leak: Leak) -> Confidence:
    """An error in what runs once a process mostly ends the process."""
    return Confidence.LOW if runs_once(fact) else capped(fact, CONFIDENCE[leak.kind])


def _when(leak: Leak) -> str:
    """ "if `cursor.execute(...)` raises", by the last thing of the story that went wrong."""
    raising = raising_step(leak)
    if raising:
        return f"if {raising}"
    return "when an assertion fails" if "assertion" in (leak.steps[-1].text if leak.steps else "") else "on a `raise`"


RULE = Rule(
    code="CPL102",
    name="leak-on-exception",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="acquire-release",
    rank=3,
    silent_in=TESTS,
    fix="S",
)
