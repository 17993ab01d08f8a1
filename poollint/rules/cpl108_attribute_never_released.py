"""A connection is kept on `self`, and no method of the class ever releases it.

## What it does
Finds connections and sessions that a method binds to an attribute of its object, where no method of the class or of its
bases closes it, gives it back, enters it by `with`, hands it on or returns it.

## Why it matters
The object can only be dropped: its connection stays out of the pool, or open on the server, as long as the object
lives, and often until the process ends.

## Bad
```python
import psycopg2


class Prices:
    def __init__(self):
        self.conn = psycopg2.connect("dbname=shop")

    def of(self, item):
        with self.conn.cursor() as cursor:
            cursor.execute("SELECT price FROM items WHERE id = %s", (item,))
            return cursor.fetchone()
```

## Good
```python
import psycopg2


class Prices:
    def __init__(self):
        self.conn = psycopg2.connect("dbname=shop")

    def of(self, item):
        with self.conn.cursor() as cursor:
            cursor.execute("SELECT price FROM items WHERE id = %s", (item,))
            return cursor.fetchone()

    def close(self):
        self.conn.close()
```

## Fix
None: when the object has served is for a person to say.

## Not flagged
Classes with a base that is out of sight. Attributes that other code of the file touches.

## References
- https://docs.python.org/3/library/contextlib.html#contextlib.closing
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import Rule
from poollint.rules.leaking import connections, subject


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in connections(facts):
        if fact.is_kept_for_good and not _is_factory(fact):
            yield _verdict(fact)


def _is_factory(fact: AcquireFact) -> bool:
    """Whether what is kept makes sessions where they are asked for (a registry of one for each thread)."""
    return any(c.kind == "factory" and c.makes == fact.acquire.returns for c in fact.library.constructors)


def _verdict(fact: AcquireFact) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=f"{subject(fact)} is kept as `{fact.holder}`, and no method of the class releases it",
        confidence=Confidence.MEDIUM,
        steps=(Step("acquire", fact.place, f"`{fact.text}`"),),
        why="it stays acquired as long as the object lives, and nobody can end it",
        help="give the class a `close()` that releases it, or acquire it where it is used",
    )


RULE = Rule(
    code="CPL108",
    name="attribute-never-released",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    on=False,
)
