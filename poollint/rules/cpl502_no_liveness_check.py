"""A pool hands out connections without a look at them.

## What it does
Finds pools that renew their connections after some time, and hand out between times what the server may have closed.

## Why it matters
Renewal helps against what cuts connections after a known time. When a server restarts or fails over, or a proxy is
redeployed, every pooled connection is dead at once, and each of them fails one request.

## Bad
```python
from sqlalchemy import create_engine

engine = create_engine("postgresql://db/shop", pool_recycle=1800)
```

## Good
```python
from sqlalchemy import create_engine

engine = create_engine("postgresql://db/shop", pool_recycle=1800, pool_pre_ping=True)
```

## Fix
Unsafe: adds the check. It costs a round trip for each acquire.

## Not flagged
A pool that renews and reaps by itself (psycopg_pool) is told with low confidence.
Pools that neither renew nor check (`missing-recycle` tells those); libraries that replace dead connections by
themselves; databases without a server; options that come from outside.

## References
- https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic
- https://www.psycopg.org/psycopg3/docs/advanced/pool.html#connection-quality
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.model.facts import FileFacts, FreshnessFact
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import AddKeywords, Applicability, FixPlan
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule

_IMPORTED = re.compile(r"\{([\w.]+)\}")


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.freshness:
        if fact.fault != "unchecked":
            continue
        option = fact.freshness.check
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.text}` hands out connections without a look at them: `{option}` is not set",
            confidence=_confidence(fact),
            steps=(Step("construct", fact.place, f"`{fact.text}`"),),
            why="after a restart or failover of the server every pooled connection fails once",
            help=f"add `{option}={_shown(fact)}`",
            plans=() if option in fact.spread else (_plan(fact),),
        )


def _confidence(fact: FreshnessFact) -> Confidence:
    """A pool that renews and reaps by itself seldom holds a dead connection, unless its check is taken away."""
    if fact.freshness.only_check:
        return Confidence.HIGH if fact.is_given else Confidence.LOW
    return Confidence.HIGH if fact.dialect is not None else Confidence.MEDIUM


def _shown(fact: FreshnessFact) -> str:
    """The value as a reader writes it: names without their modules."""
    text = fact.freshness.fix[fact.freshness.check]
    return _IMPORTED.sub(lambda match: match.group(1).rpartition(".")[2], text)


def _plan(fact: FreshnessFact) -> FixPlan:
    option, text = fact.freshness.check, fact.freshness.fix[fact.freshness.check]
    return FixPlan(
        title=f"add `{option}={_shown(fact)}`",
        applicability=Applicability.UNSAFE,
        verb=AddKeywords(fact.place, ((option, text),)),
        reason="connections are checked, which costs a round trip at each acquire",
        imports=tuple(_IMPORTED.findall(text)),
    )


RULE = Rule(
    code="CPL502",
    name="no-liveness-check",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    on=False,
    ladder="freshness",
    rank=2,
    fix="U",
    silent_in=OUTSIDE_THE_APPLICATION,
)
