"""A pool, engine or client is made anew for each request.

## What it does
Finds pools, engines and pool-owning clients that are constructed in code which is proven to run per request, task,
message or event: in a handler, or in a function that a handler reaches with no guard between that would run it once.

## Why it matters
A pool that lives for one request pools nothing. Each request pays for a new connection (and its TLS and login), the
old ones wait for the garbage collector, and under load the server runs out of connections.

## Bad
```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()


@app.get("/orders")
def orders():
    engine = create_engine("postgresql+psycopg://db/shop", pool_pre_ping=True)
    with engine.connect() as connection:
        return connection.execute(text("select * from orders")).all()
```

## Good
```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine("postgresql+psycopg://db/shop", pool_pre_ping=True)


@app.get("/orders")
def orders():
    with engine.connect() as connection:
        return connection.execute(text("select * from orders")).all()
```

## Fix
None yet: make it once, at module level for what connects lazily, in the application's start-up for what needs a
running loop, or in a cached factory.

## Not flagged
Construction behind a guard that runs once (`if _engine is None`, a cached factory, a start-up hook); constructors
that only borrow another's pool (`Redis(connection_pool=...)`); engines that were told not to pool; in-process
transports.

## References
- https://docs.sqlalchemy.org/en/20/core/connections.html
- https://www.python-httpx.org/advanced/clients/
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import ConstructFact, FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.library import POOL_OWNING
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule

ENDS_WITH_THE_REQUEST = ("local", "lent", "instance", "property")
SHORT_CHAIN = 4
"""Calls from the handler down to the construction; a longer way has more branches than its story tells."""


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.constructs:
        if fact.kind not in POOL_OWNING or fact.runs.frequency != "request":
            continue
        if fact.lifetime not in ENDS_WITH_THE_REQUEST or fact.mocked or fact.unpooled or fact.described:
            continue
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.text}` makes a new {fact.kind} for each {_unit(fact)}",
            confidence=_confidence(fact),
            steps=(*fact.runs.chain, Step("construct", fact.place, f"`{fact.text}` runs each time"), *fact.through),
            why=_why(fact),
            help=_help(fact),
        )


def _confidence(fact: ConstructFact) -> Confidence:
    if len(fact.runs.chain) > SHORT_CHAIN:
        return Confidence.LOW
    return Confidence.HIGH if fact.runs.certain else Confidence.MEDIUM


def _unit(fact: ConstructFact) -> str:
    return f"call of {fact.runs.what}" if fact.runs.what else "request"


def _why(fact: ConstructFact) -> str:
    if fact.constructor.opens == "eager":
        return f"{fact.noun} connects when it is made: every request pays for all of its connections"
    return f"{fact.noun} that lives for one request pools nothing: every request pays for a new connection"


def _help(fact: ConstructFact) -> str:
    if fact.constructor.loop_bound:
        return f"make one `{fact.name}` in the application's start-up, keep it on the application, close it at the end"
    if fact.constructor.opens == "eager":
        return f"make one `{fact.name}` behind a cached factory, and let requests share it"
    return f"make one `{fact.name}` at module level, and let requests share it"


RULE = Rule(
    code="CPL201",
    name="pool-per-request",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="lifetime",
    rank=1,
    silent_in=OUTSIDE_THE_APPLICATION,
)
