"""A connection or response is used after it went back.

## What it does
Finds a statement that is executed on a connection after its release or after the `with` that releases it, a response
that is read after it was closed unread, and a connection that is returned out of its own `with`.

## Why it matters
Where the library marks what went back, the use raises. Where it does not, the connection is in another caller's hands
by then, and two of them write on one socket and one transaction.

## Bad
```python
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db/shop", pool_pre_ping=True)


def prices():
    with engine.connect() as conn:
        items = conn.execute(text("SELECT id FROM items")).all()
    return [conn.execute(text("SELECT price FROM prices WHERE item = :id"), {"id": item.id}) for item in items]
```

## Good
```python
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db/shop", pool_pre_ping=True)


def prices():
    with engine.connect() as conn:
        items = conn.execute(text("SELECT id FROM items")).all()
        return [conn.execute(text("SELECT price FROM prices WHERE item = :id"), {"id": item.id}) for item in items]
```

## Fix
None: how far the connection is needed is for a person to say.

## Not flagged
ORM sessions that go on after `close()`. Rows and results that were read before. A response whose body was read inside
its `with`. A connection that is opened again. Questions about its state.

## References
- https://docs.sqlalchemy.org/en/20/core/connections.html
- https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.pool.Pool.release
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Misuse
from poollint.model.facts import FileFacts
from poollint.model.finding import Severity, Step, Verdict
from poollint.model.rule import Rule
from poollint.rules.leaking import capped_medium, subject


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.acquires:
        misuse = next((misuse for misuse in fact.misuses if misuse.kind in ("used", "returned")), None)
        if misuse is not None:
            yield _verdict(fact, misuse)


def _verdict(fact: AcquireFact, misuse: Misuse) -> Verdict:
    released = () if misuse.released is None else (Step("release", misuse.released, "it goes back here"),)
    return Verdict(
        code=RULE.code,
        place=misuse.place,
        message=_message(fact, misuse),
        confidence=capped_medium(fact),
        steps=(Step("acquire", fact.place, f"`{fact.text}`"), *released, Step("exit", misuse.place, _last(misuse))),
        why="it raises, or works on a connection that somebody else has by now",
        help="yield it, or acquire it in the caller" if misuse.kind == "returned" else "release it after its last use",
    )


def _message(fact: AcquireFact, misuse: Misuse) -> str:
    if misuse.kind == "returned":
        return f"{subject(fact)} is returned out of the `with` that releases it"
    return f"{subject(fact)} is used by `{misuse.text}` after it went back"


def _last(misuse: Misuse) -> str:
    return "returned here" if misuse.kind == "returned" else f"`{misuse.text}` uses it"


RULE = Rule(
    code="CPL107",
    name="use-after-release",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
)
