"""A pool's setting fails, or has no effect.

## What it does
Finds arguments with which a pool, engine or client certainly raises, and those that quietly cancel what they seem to
set.

## Why it matters
Some of these fail only later: at the second checkout, at the first connection, in the one environment that sets the
option. Others never fail, and the pool is not what its code says.

## Bad
```python
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql://db/shop", poolclass=NullPool, pool_size=10)
```

## Good
```python
from sqlalchemy import create_engine

engine = create_engine("postgresql://db/shop", pool_size=10, pool_pre_ping=True)
```

## Fix
Safe where the call does what was meant once the argument is gone: it is removed. Otherwise the two that contradict each
other are for the author to choose from.

## Not flagged
Values that are not written in the code; arguments that are given on some paths only; what only some versions refuse.

## References
- https://docs.sqlalchemy.org/en/20/core/pooling.html
- https://docs.sqlalchemy.org/en/20/errors.html#pool-class-pcls-cannot-be-used-with-asyncio-engine-or-vice-versa
- https://requests.readthedocs.io/en/latest/user/advanced/#transport-adapters
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts, MisfitFact
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import Applicability, FixPlan, RemoveKeyword
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.misfits:
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=_message(fact),
            confidence=Confidence.HIGH,
            severity=None if fact.misfit.raises else Severity.WARNING,
            steps=(Step("construct", fact.place, f"`{fact.text}`"),),
            why=_why(fact),
            help=f"remove `{fact.misfit.keyword}`" if fact.misfit.removed else "choose values that go together",
            plans=(_plan(fact),) if fact.misfit.removed and fact.is_open else (),
        )


def _message(fact: MisfitFact) -> str:
    said = fact.misfit.says.replace("{other}", fact.other)
    return f"`{fact.argument}` of `{fact.text}` {said}"


def _why(fact: MisfitFact) -> str:
    return f"it raises {fact.misfit.raises}" if fact.misfit.raises else "nothing fails, and the setting is not in force"


def _plan(fact: MisfitFact) -> FixPlan:
    return FixPlan(
        title=f"remove `{fact.argument}`",
        applicability=Applicability.SAFE,
        verb=RemoveKeyword(fact.place, fact.misfit.keyword),
    )


RULE = Rule(
    code="CPL504",
    name="invalid-pool-config",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    fix="S",
    silent_in=OUTSIDE_THE_APPLICATION,
)
